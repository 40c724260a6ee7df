#!/bin/sh
# http.sh BUILD SECONDS: the platform over HTTP beside nginx, on the demo country.
#
# Both serve from the first core, wrk asks from the second. A page of the guide is
# compared with the same bytes as a static file; latency is read at half of the rate
# reached, by letting each connection wait. A write is a reader's note on a card: a
# form with its token, decided, journalled and durable before it is answered.
set -u
build=$1
seconds=${2:-3}
work=$(mktemp -d)
front=
stop() {
	[ -s "$work/pid" ] && kill "$(cat "$work/pid")" 2>/dev/null && sleep 0.5
	[ -n "$front" ] && kill "$front" 2>/dev/null
	rm -rf "$work"
}
trap stop EXIT INT TERM

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
now() { date +%s%N; }

start() { # how many milliseconds until it is ready
	begun=$(now)
	taskset -c 0 "$build/diwan" serve --demo --pack=packs/bahrain --data-dir="$work/data" \
		--listen=127.0.0.1:"$port" --request-log=no >"$work/out" 2>"$work/err" &
	echo $! >"$work/pid"
	until curl -sf "http://127.0.0.1:$port/readyz" >/dev/null; do sleep 0.005; done
	echo $((($(now) - begun) / 1000000))
}

rate() { sed -n 's/^Requests\/sec: *\([0-9]*\).*/\1/p' "$1"; }
p99() { sed -n 's/^ *99% *//p' "$1"; }
ask() { # URL CONNECTIONS [WRK WORDS...]
	url=$1
	c=$2
	shift 2
	taskset -c 1 wrk -t1 -c"$c" -d"${seconds}s" --latency "$@" "$url" >"$work/wrk" 2>&1
}
half() { # URL RATE: at half of it, over 128 connections that wait after each answer
	micros=$((128 * 2000000 / $2))
	for turn in 1 2 3; do # an answer takes a while, too: what the wait was is corrected
		cat >"$work/wait.lua" <<LUA
function delay() return math.floor($micros / 1000 + math.random()) end
LUA
		ask "$1" 128 -s "$work/wait.lua"
		micros=$((micros * $(rate "$work/wrk") * 2 / $2))
	done
}

port=$(free_port)
start >/dev/null
kill "$(cat "$work/pid")"
while kill -0 "$(cat "$work/pid")" 2>/dev/null; do sleep 0.05; done
echo "start to ready on the demo database: $(start) ms"

base=http://127.0.0.1:$port
mkdir -p "$work/www"
curl -s "$base/ar/services/idcard-replace-lost" >"$work/www/page.html"
static=$(free_port)
cat >"$work/nginx.conf" <<CONF
daemon off; pid $work/nginx.pid; error_log $work/nginx.err; worker_processes 1;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 100000000;
  server { listen 127.0.0.1:$static; root $work/www; } }
CONF
taskset -c 0 nginx -c "$work/nginx.conf" -p "$work" &
front=$!
sleep 0.5

ask "$base/ar/services/idcard-replace-lost" 32
ours=$(rate "$work/wrk")
ask "http://127.0.0.1:$static/page.html" 32
theirs=$(rate "$work/wrk")
bytes=$(wc -c <"$work/www/page.html")
half "$base/ar/services/idcard-replace-lost" "$ours"
echo "a card of the guide, $bytes bytes: $ours/s; nginx, the same bytes: $theirs/s; ratio $((100 * ours / theirs)) %"
echo "  at $(rate "$work/wrk")/s: p99 $(p99 "$work/wrk")"

ask "$base/en/guide?q=lost+card" 32
echo "a search: $(rate "$work/wrk")/s, kept pages"
cat >"$work/words.lua" <<'LUA'
local words = {"lost+card", "renew", "licence", "birth", "school", "identtity", "permit", "%D9%87%D9%88%D9%8A%D9%87", "%D8%B1%D8%AE%D8%B5%D8%A9", "%D8%A8%D8%B7%D8%A7%D9%82%D8%A9"}
local n = 0
function request()
	n = n + 1
	return wrk.format("GET", "/ar/guide?q=" .. words[n % #words + 1] .. "+" .. n)
end
LUA
ask "$base" 8 -s "$work/words.lua"
echo "searches no two alike: $(rate "$work/wrk")/s, p99 $(p99 "$work/wrk")"

form=$(curl -s -c "$work/jar" "$base/en/services/idcard-replace-lost/feedback")
csrf=$(printf %s "$form" | sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p' | head -1)
cookie=$(awk '$6 == "diwan" {print $7}' "$work/jar")
cat >"$work/note.lua" <<LUA
local n, run = 0, "$(now)"
function request()
	n = n + 1
	return wrk.format("POST", "/en/services/idcard-replace-lost/feedback", {
		["Content-Type"] = "application/x-www-form-urlencoded",
		["Cookie"] = "diwan=$cookie"},
		"csrf=$csrf&helped=yes&idempotency_key=" .. run .. n)
end
LUA
ask "$base" 64 -s "$work/note.lua"
bad=$(sed -n 's/.*Non-2xx or 3xx responses: //p' "$work/wrk")
echo "durable writes, 64 clients: $(rate "$work/wrk")/s, p99 $(p99 "$work/wrk")${bad:+, $bad refused}"
ask "$base" 1 -s "$work/note.lua"
echo "  one client at a time, so one commit a request: $(rate "$work/wrk")/s"

asked=$(curl -s "$base/metrics" | awk '/^diwan_http_requests_total|^diwan_requests_total/ {n += $2} END {print n}')
echo "resident after $asked requests: $(awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$(cat "$work/pid")/status") MiB"

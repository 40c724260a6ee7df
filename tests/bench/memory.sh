#!/bin/sh
# memory.sh BUILD [REQUESTS]: what the platform keeps in memory after 100,000 requests.
#
# The demo country; 64 connections ask for cards and searches (no two alike, in both
# languages), kept pages, lists by letter, JSON, the style sheet, pages that need a session,
# addresses that are not there, and one request in ten writes a note, durable before it is
# answered. "Resident" is VmRSS; of it, what is the process's own (RssAnon) is the memory
# that a second one would need again, and RssFile is the program and its libraries, which
# the system takes back when it likes. "At most" is VmHWM, since the process began.
set -u
build=$1
requests=${2:-100000}
work=$(mktemp -d)
load=
stop() {
	[ -n "$load" ] && kill "$load" 2>/dev/null
	[ -s "$work/pid" ] && kill "$(cat "$work/pid")" 2>/dev/null && sleep 0.5
	rm -rf "$work"
}
trap stop EXIT INT TERM

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
asked() { curl -s "$base/metrics" | awk '/^diwan_http_requests_total/ {n += $2} END {print n}'; }
memory() {
	awk -v what="$1" '/^(VmHWM|VmRSS|RssAnon|RssFile)/ {v[$1] = $2 / 1024}
		END {printf "%s: resident %.1f MiB (own %.1f, of files %.1f), at most %.1f\n",
		            what, v["VmRSS:"], v["RssAnon:"], v["RssFile:"], v["VmHWM:"]}' \
		"/proc/$(cat "$work/pid")/status"
}

confined() { # its confined processes, which link the same program
	for child in $(pgrep -P "$(cat "$work/pid")" -f '^diwan confined '); do
		cat "/proc/$child/status"
	done | awk '/^VmRSS/ {n++; rss += $2 / 1024} END {printf "  and %d confined processes: resident %.1f MiB\n", n, rss}'
}

port=$(free_port)
base=http://127.0.0.1:$port
python3 tests/bench/search_cards.py packs/bahrain "$work" 0 7 12000 || exit 1
"$build/diwan" serve --demo --pack=packs/bahrain --data-dir="$work/data" \
	--listen=127.0.0.1:"$port" --request-log=no >"$work/out" 2>"$work/err" &
echo $! >"$work/pid"
until curl -sf "$base/readyz" >/dev/null; do
	kill -0 "$(cat "$work/pid")" 2>/dev/null || { cat "$work/err"; exit 1; }
	sleep 0.05
done
memory "just started"

form=$(curl -s -c "$work/jar" "$base/en/services/idcard-replace-lost/feedback")
csrf=$(printf %s "$form" | sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p' | head -1)
cookie=$(awk '$6 == "diwan" {print $7}' "$work/jar")
cat >"$work/mix.lua" <<LUA
local paths, services, n = {}, {}, 0
for _, lang in ipairs({"ar", "en"}) do
	for line in io.lines("$work/queries." .. lang) do
		local id, words = line:match("(.*)\t(.*)")
		words = words:gsub("[^%w]", function(c) return c == " " and "+" or string.format("%%%02X", c:byte()) end)
		paths[#paths + 1] = "/" .. lang .. "/guide?q=" .. words
		services[#services + 1] = id
	end
end
local rest = {"/ar/", "/en/guide/az", "/api/services", "/en/statistics", "/ar/inbox", "/en/nothing-there", "/assets/diwan.css"}
local gzip = {["Accept-Encoding"] = "gzip, br"}
function request()
	n = n + 1
	local kind = n % 10
	local i = (n * 7919) % #paths + 1
	if kind == 0 then
		return wrk.format("POST", "/en/services/idcard-replace-lost/feedback", {
			["Content-Type"] = "application/x-www-form-urlencoded", ["Cookie"] = "diwan=$cookie"},
			"csrf=$csrf&helped=no&note=Number+" .. n .. "&idempotency_key=memory" .. n)
	elseif kind < 5 then
		return wrk.format("GET", paths[i], n % 3 == 0 and gzip or nil)
	elseif kind < 8 then
		return wrk.format("GET", (n % 2 == 0 and "/ar" or "/en") .. "/services/" .. services[i], n % 3 == 0 and gzip or nil)
	end
	return wrk.format("GET", rest[n % #rest + 1], gzip)
end
LUA
wrk -t1 -c64 -d600s -s "$work/mix.lua" "$base" >"$work/wrk" 2>&1 &
load=$!
while [ "$(asked)" -lt "$requests" ] && kill -0 $load 2>/dev/null; do sleep 0.2; done
kill $load 2>/dev/null
wait $load 2>/dev/null
memory "after $(asked) requests"
confined
sleep 12 # what is free goes back to the system every ten seconds
memory "a moment later"
if [ -n "${MEMORY_MAPS:-}" ]; then cp "/proc/$(cat "$work/pid")/smaps" "$MEMORY_MAPS"; fi
curl -s "$base/metrics" | awk '/^diwan_(page_cache|search)_(bytes|entries)/ {printf "  %s %s\n", $1, $2}'

#!/bin/sh
# search.sh BUILD SECONDS: searches over 1,300 cards by HTTP, no two alike, in each language.
#
# The cards and what readers type are invented from a seed (search_cards.py): words with a
# letter wrong, hamza and article more or less, one to four words. The server runs on the
# first core and wrk on the second. First as many as it can; then latency at half of that
# rate over 32 connections. The processor's time for a search says what the wall clock of a
# busy machine does not. At last: of 500 searches, how many show the card that was meant.
set -u
build=$1
seconds=${2:-3}
cards=${SEARCH_CARDS:-1300}
seed=${SEARCH_SEED:-2026}
work=$(mktemp -d)
stop() {
	[ -s "$work/pid" ] && kill "$(cat "$work/pid")" 2>/dev/null && sleep 0.5
	rm -rf "$work"
}
trap stop EXIT INT TERM

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
ticks() { awk '{print $14 + $15}' "/proc/$(cat "$work/pid")/stat"; }
asked() { curl -s "$base/metrics" | awk '/^diwan_http_requests_total/ {n += $2} END {print n}'; }
kept() { curl -s "$base/metrics" | awk '/^diwan_page_cache_hits_total/ {print $2}'; }

python3 tests/bench/search_cards.py packs/bahrain "$work" "$cards" "$seed" 120000 || exit 1
port=$(free_port)
base=http://127.0.0.1:$port
taskset -c 0 "$build/diwan" serve --demo --pack="$work/pack" --data-dir="$work/data" \
	--listen=127.0.0.1:"$port" --request-log=no >"$work/out" 2>"$work/err" &
echo $! >"$work/pid"
for _ in $(seq 1200); do
	curl -sf "$base/readyz" >/dev/null && break
	kill -0 "$(cat "$work/pid")" 2>/dev/null || { cat "$work/err"; exit 1; }
	sleep 0.1
done

cat >"$work/ask.lua" <<'LUA'
local lang, from, each, file = os.getenv("ASK_LANG"), tonumber(os.getenv("ASK_FROM")), tonumber(os.getenv("ASK_WAIT")), os.getenv("ASK_FILE")
local paths, n, last = {}, from, 0
for line in io.lines(file) do
	local words = line:match("\t(.*)"):gsub("[^%w]", function(c) return c == " " and "+" or string.format("%%%02X", c:byte()) end)
	paths[#paths + 1] = "/" .. lang .. "/guide?q=" .. words
end
function request()
	n = n + 1
	return wrk.format("GET", paths[(n - 1) % #paths + 1])
end
if each > 0 then
	function delay() return math.floor(each + math.random()) end
end
LUA
ask() { # LANGUAGE FROM WAIT CONNECTIONS
	ASK_LANG=$1 ASK_FROM=$2 ASK_WAIT=$3 ASK_FILE=$work/queries.$1 taskset -c 1 \
		wrk -t1 -c"$4" -d"${seconds}s" --latency -s "$work/ask.lua" "$base" >"$work/wrk" 2>&1
	grep -q 'Non-2xx' "$work/wrk" && cat "$work/wrk"
}
rate() { sed -n 's/^Requests\/sec: *\([0-9]*\).*/\1/p' "$work/wrk"; }
part() { sed -n "s/^ *$1% *//p" "$work/wrk"; }

for lang in ar en; do
	was=$(ticks) had=$(asked) hits=$(kept)
	ask $lang 0 0 8
	full=$(rate) did=$(($(asked) - had))
	echo "$cards cards, searches in $lang, no two alike: $full/s, $((($(ticks) - was) * 10000 / did)) us of processor time each"
	ask $lang 60000 $((32 * 2000000 / full / 1000)) 32
	echo "  at $(rate)/s: p50 $(part 50), p99 $(part 99); answered from kept pages: $(($(kept) - hits))"
done

python3 - "$base" "$work" <<'PY'
import json, random, sys, urllib.parse, urllib.request
base, work = sys.argv[1:]
for lang in ("ar", "en"):
    lines = [l.rstrip("\n").split("\t") for l in open(f"{work}/queries.{lang}", encoding="utf-8")]
    first = page = 0
    wanted = random.Random(1).sample(lines, 500)
    for meant, words in wanted:
        r = urllib.request.Request(f"{base}/{lang}/guide?q=" + urllib.parse.quote_plus(words), headers={"Accept": "application/json"})
        ids = [s["id"] for s in json.load(urllib.request.urlopen(r))["services"]]
        first += ids[:1] == [meant]
        page += meant in ids
    print(f"of 500 searches in {lang}, the card meant is first in {first}, on the first page in {page}")
PY

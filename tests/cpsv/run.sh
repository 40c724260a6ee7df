#!/bin/sh
# Checks the checker (a sample that is right, one with faults), then the whole guide as a
# server of its own serves it, in Turtle and in JSON-LD: every card, no violation, and the
# same triples in both.
#   run.sh [FILE [SERVICES]]   checks that export instead of the server's
# Needs node; fetches the packages of package.json into a folder of its own.
# Exit 77 (skipped) without node or without the shapes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${DIWAN_SHARED:=$here/../../../shared}"
export DIWAN_SHARED
command -v npm >/dev/null || { echo "skipped: no npm" >&2; exit 77; }
[ -e "$DIWAN_SHARED/data/cpsv-ap" ] || { echo "skipped: no $DIWAN_SHARED/data/cpsv-ap" >&2; exit 77; }

work=${CPSV_WORK:-${XDG_CACHE_HOME:-$HOME/.cache}/diwan-cpsv}
mkdir -p "$work"
cp "$here/package.json" "$here/validate.mjs" "$work/"
[ -d "$work/node_modules/rdf-validate-shacl" ] || (cd "$work" && npm install --silent --no-audit --no-fund)

node "$work/validate.mjs" "$here/sample.ttl" --services 2
node "$work/validate.mjs" "$here/faults.ttl" --violations 6
if [ $# -gt 0 ]; then
	exec node "$work/validate.mjs" "$1" ${2:+--services "$2"}
fi

own=$(mktemp -d)
pid=
stop() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	[ -z "$pid" ] || wait "$pid" 2>/dev/null || true
	rm -rf "$own"
}
trap stop EXIT
"${DIWAN:-$here/../../build/diwan}" serve --demo --pack="$here/../../packs/bahrain" \
	--data-dir="$own/data" --listen=127.0.0.1:0 \
	--public-url=https://services.example >"$own/out" 2>"$own/err" &
pid=$!
for _ in $(seq 600); do
	port=$(sed -n 's/.*"server.ready","port":\([0-9]*\).*/\1/p' "$own/err")
	[ -z "$port" ] || break
	kill -0 $pid || { cat "$own/err"; exit 1; }
	sleep 0.1
done
for form in ttl jsonld; do
	curl -sSf -o "$own/guide.$form" "http://127.0.0.1:$port/api/guide.$form"
done
cards=$(find "$here/../../packs/bahrain/services" -name card.json | wc -l)
node "$work/validate.mjs" "$own/guide.ttl" --services "$cards"
node "$work/validate.mjs" "$own/guide.jsonld" --services "$cards" --same "$own/guide.ttl"

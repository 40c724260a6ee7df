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

if [ $# -gt 0 ]; then
	exec node "$work/validate.mjs" "$1" ${2:+--services "$2"}
fi

n=0
bad=0
# check NAME COMMAND...: a line of TAP; what the command says follows as remarks.
check() {
	name=$1
	shift
	n=$((n + 1))
	if said=$("$@" 2>&1); then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		bad=1
	fi
	printf '%s\n' "$said" | sed 's/^/# /'
}
check "the checker finds nothing wrong in a sample that is right" \
	node "$work/validate.mjs" "$here/sample.ttl" --services 2
check "the checker finds the faults of a sample that is wrong" \
	node "$work/validate.mjs" "$here/faults.ttl" --violations 6

own=$(mktemp -d)
pid=
stop() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	[ -z "$pid" ] || wait "$pid" 2>/dev/null || true
	rm -rf "$own"
}
trap stop EXIT
: >"$own/err" # read below before the server has made it
"${DIWAN:-$here/../../build/diwan}" serve --demo --pack="$here/../../packs/bahrain" \
	--data-dir="$own/data" --listen=127.0.0.1:0 \
	--public-url=https://services.example >"$own/out" 2>"$own/err" &
pid=$!
for _ in $(seq 3000); do
	port=$(sed -n 's/.*"server.ready","port":\([0-9]*\).*/\1/p' "$own/err")
	[ -z "$port" ] || break
	kill -0 $pid || { cat "$own/err"; exit 1; }
	sleep 0.1
done
for form in ttl jsonld csv; do
	curl -sSf -o "$own/guide.$form" "http://127.0.0.1:$port/api/guide.$form"
done
cards=$(find "$here/../../packs/bahrain/services" -name card.json | wc -l)
diwan=${DIWAN:-$here/../../build/diwan}
# proves: CAT-09
check "the whole guide in Turtle passes the validator" \
	node "$work/validate.mjs" "$own/guide.ttl" --services "$cards"
# proves: CAT-09
check "the whole guide in JSON-LD passes it with the same triples" \
	node "$work/validate.mjs" "$own/guide.jsonld" --services "$cards" --same "$own/guide.ttl"

# What a server gave out, another platform that is empty takes in and gives out the same.
taken() {
	"$diwan" guide import "$own/guide.$1" --pack="$here/../../packs/empty" \
		--data-dir="$own/$1" 2>"$own/err.$1" | grep -q "^$cards cards" || { cat "$own/err.$1"; return 1; }
	"$diwan" guide export --format="$1" "$own/again.$1" --data-dir="$own/$1" \
		--public-url=https://services.example 2>>"$own/err.$1" || return 1
	cmp "$own/guide.$1" "$own/again.$1"
}
# proves: CAT-09
check "an empty instance takes the Turtle in and gives the same out" taken ttl
# proves: CAT-09
check "an empty instance takes the JSON-LD in and gives the same out" taken jsonld

# proves: CAT-09
check "an empty instance takes the table in and gives the same out" taken csv
# What came by a table is the same guide: the validator finds the same triples.
by_table() {
	"$diwan" guide export --format=ttl "$own/table.ttl" --data-dir="$own/csv" \
		--public-url=https://services.example 2>"$own/err.table" || return 1
	node "$work/validate.mjs" "$own/table.ttl" --services "$cards"
}
# proves: CAT-09
check "what a table brought passes the validator" by_table

# On paper: each card of the guide by its title, in both languages; a body's are its own.
on_paper() {
	"$diwan" guide export --format=pdf "$own/guide.pdf" --data-dir="$own/csv" \
		--public-url=https://services.example 2>"$own/err.pdf" || return 1
	"$diwan" guide export --format=pdf --entity=iga "$own/iga.pdf" --data-dir="$own/csv" \
		--public-url=https://services.example 2>>"$own/err.pdf" || return 1
	python3 - "$here/../../packs/bahrain/services" "$own/guide.pdf" "$own/iga.pdf" <<-'END'
	import glob, json, re, subprocess, sys
	def letters(s):  # lines are broken, marks of direction stand between
	    return re.sub(r"[\W_]+", "", s)
	def paper(name):
	    return letters(subprocess.run(["pdftotext", name, "-"], capture_output=True, text=True, check=True).stdout)
	whole, iga = paper(sys.argv[2]), paper(sys.argv[3])
	cards = [json.load(open(f, encoding="utf-8")) for f in glob.glob(sys.argv[1] + "/*/card.json")]
	bad = 0
	for card in cards:
	    for text in (card["description"]["en"], card["description"]["ar"]):
	        if letters(text) not in whole:
	            bad += 1
	            print(card["id"], "is not on paper:", text)
	        if (letters(text) in iga) != (card["provider"] == "iga"):
	            bad += 1
	            print(card["id"], "of", card["provider"], "in the paper of iga")
	print(len(cards), "cards")
	sys.exit(bad > 0 or len(cards) == 0)
	END
}
# proves: CAT-09
check "the guide on paper has each card in both languages" on_paper

# What other programs wrote comes in with as many cards as it has services, and goes out so
# that the validator finds nothing wrong: the example of the profile's own authors, and two
# cards by the rules of packs/CPSV-AP.md.
foreign() { # FILE SERVICES
	name=$(basename "$1" .ttl)
	"$diwan" guide import "$1" --pack="$here/../../packs/empty" --data-dir="$own/$name" \
		2>"$own/err.$name" | grep -q "^$2 cards" || { cat "$own/err.$name"; return 1; }
	"$diwan" guide export --format=ttl "$own/$name.ttl" --data-dir="$own/$name" \
		--public-url=https://services.example 2>>"$own/err.$name" || return 1
	node "$work/validate.mjs" "$own/$name.ttl" --services "$2"
}
# proves: CAT-09
check "the example of the profile's authors is taken in" \
	foreign "$DIWAN_SHARED/data/cpsv-ap/example-rdf_public_service.ttl" 1
# proves: CAT-09
check "two cards without records are taken in" foreign "$here/sample.ttl" 2

# A file with a mistake leaves nothing behind.
refused() {
	sed 's/"@graph":\[/"@graph":[,/' "$own/guide.jsonld" >"$own/wrong.jsonld"
	if "$diwan" guide import "$own/wrong.jsonld" --pack="$here/../../packs/empty" \
		--data-dir="$own/none" >"$own/out.none" 2>"$own/err.none"; then
		return 1
	fi
	grep -q "wrong.jsonld:2:" "$own/err.none" || return 1
	"$diwan" pack show --data-dir="$own/none" 2>/dev/null | grep -q "No pack is in force"
}
# proves: CAT-09
check "a file with a mistake is refused by its line and leaves nothing behind" refused
echo "1..$n"
exit $bad

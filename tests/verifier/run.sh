#!/bin/sh
# run.sh: makes journals of several sizes, and has another implementation (Go's
# sumdb packages, from Debian's golang-golang-x-mod-dev) check checkpoints, tiles,
# inclusion and consistency. Needs $DIWAN and $DIWAN_BUILD. Prints TAP.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
diwan=${DIWAN:-build/diwan} build=${DIWAN_BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -d /usr/share/gocode/src/golang.org/x/mod/sumdb ] || {
	echo "skipped: golang-golang-x-mod-dev is not installed"
	exit 77
}
ninja -C "$build" makelog >"$work/ninja" 2>&1 || { cat "$work/ninja" >&2; exit 1; }

# No module, no network: the packages stand below GOPATH.
export GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' GOPROXY=off GOTOOLCHAIN=local
export GOCACHE="${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/diwan-go" CGO_ENABLED=0
go build -o "$work/verify" "$here/verify.go"

plan=0 status=0
for records in 1 2 255 256 257 600; do
	log="$work/$records"
	"$build/makelog" "$log" "$records"
	"$diwan" journal verify --data-dir="$log/data" >"$log/said" ||
		{ echo "not ok - diwan journal verify, $records records"; cat "$log/said" >&2; exit 1; }
	"$diwan" journal tiles "$log/log" --entries --data-dir="$log/data" >/dev/null
	mkdir "$log/proofs"
	for n in 1 $((records / 2 + 1)) "$records"; do
		"$diwan" journal prove "$n" --data-dir="$log/data" >"$log/proofs/$n.json"
	done
	"$work/verify" "$log/log" "$("$diwan" journal vkey --data-dir="$log/data")" \
		"$log/checkpoints" "$log/proofs" >"$log/tap" || status=1
	grep -v '^1\.\.' "$log/tap" | sed -E "s/^((not )?ok) [0-9]+ - /\1 - $records records: /"
	plan=$((plan + $(grep -cE '^(not )?ok ' "$log/tap")))
done
echo "1..$plan"
exit $status

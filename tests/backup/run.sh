#!/bin/sh
# run.sh: back up, restore on either database, compare; damage is refused. TAP.
set -u
diwan=${DIWAN:-build/diwan}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0
failed=0

check() { # NAME COMMAND...: the command succeeds
	name=$1
	shift
	n=$((n + 1))
	if "$@" >"$work/out" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$work/out"
		failed=1
	fi
}

refused() { # WORDS COMMAND...: exits with 1 and says so
	words=$1
	shift
	"$@" >"$work/said" 2>&1
	code=$?
	cat "$work/said"
	[ $code -eq 1 ] && grep -q "$words" "$work/said"
}

person() { # NUMBER
	printf 'a long pass phrase\n' | "$diwan" user add "$1" --name-en="Layla Example" \
		--name-ar="ليلى مثال" --email=layla@example.com --data-dir="$work/a"
}

same() { # FOLDER FOLDER: the same tables to the byte
	cmp "$1/dump" "$2/dump"
}

"$diwan" migrate --data-dir="$work/a" >/dev/null 2>&1
"$diwan" pack load packs/bahrain --data-dir="$work/a" >/dev/null 2>&1
person 900101001 >/dev/null 2>&1
person 900101002 >/dev/null 2>&1
mkdir -p "$work/a/files/ab"
echo sealed >"$work/a/files/ab/cdef"

check "everything is kept in a folder" "$diwan" backup "$work/plain" --data-dir="$work/a"
check "with the keys when asked" "$diwan" backup "$work/keys" --with-keys --data-dir="$work/a"
check "keys are left out otherwise" test ! -e "$work/plain/keys"
check "without keys nothing is put back" refused "has no keys" \
	"$diwan" restore "$work/plain" --data-dir="$work/b"
check "an empty SQLite database takes all of it" "$diwan" restore "$work/keys" --data-dir="$work/b"
check "files come back" cmp "$work/a/files/ab/cdef" "$work/b/files/ab/cdef"
"$diwan" backup "$work/again" --data-dir="$work/b" >/dev/null 2>&1
check "the same tables to the byte" same "$work/keys" "$work/again"
check "the journal verifies there" "$diwan" journal verify --data-dir="$work/b"
check "derived tables are what the journal gives" "$diwan" journal rebuild --data-dir="$work/b"
check "a database with rows is refused" refused "has rows already" \
	"$diwan" restore "$work/keys" --data-dir="$work/b"

if [ -n "${DIWAN_TEST_PG:-}" ]; then
	psql "$DIWAN_TEST_PG" -qc 'CREATE DATABASE moved' >/dev/null
	url=${DIWAN_TEST_PG%/*}/moved
	check "PostgreSQL takes it too" \
		"$diwan" restore "$work/keys" --data-dir="$work/c" --database="$url"
	"$diwan" backup "$work/pg" --data-dir="$work/c" --database="$url" >/dev/null 2>&1
	check "the same tables to the byte after the move" same "$work/keys" "$work/pg"
	check "the journal verifies after the move" \
		"$diwan" journal verify --data-dir="$work/c" --database="$url"
	psql "$DIWAN_TEST_PG" -qc 'CREATE DATABASE money' >/dev/null
	url=${DIWAN_TEST_PG%/*}/money
	"$diwan" demo year 2018 --scale=0.001 --quiet --data-dir="$work/m" >/dev/null 2>&1
	"$diwan" backup "$work/year" --with-keys --data-dir="$work/m" >/dev/null 2>&1
	check "a year of payments moves, whatever refers to what" \
		"$diwan" restore "$work/year" --data-dir="$work/n" --database="$url"
	"$diwan" backup "$work/moved" --data-dir="$work/n" --database="$url" >/dev/null 2>&1
	check "its tables are the same to the byte" same "$work/year" "$work/moved"
	check "what it derives is what the journal gives" \
		"$diwan" journal rebuild --data-dir="$work/n" --database="$url"
fi

python3 - "$work/keys/dump" <<'PY'
import sys
f = open(sys.argv[1], 'r+b')
f.seek(5000)
b = f.read(1)
f.seek(5000)
f.write(bytes([b[0] ^ 1]))
PY
check "one changed bit in the dump is refused" refused "dump" \
	"$diwan" restore "$work/keys" --data-dir="$work/d"
rm "$work/plain/manifest.json"
check "a backup that did not end is refused" refused "not a whole backup" \
	"$diwan" restore "$work/plain" --data-dir="$work/e"
echo "1..$n"
exit $failed

#!/bin/sh
# check_deps.sh [FOLDER]: holds the includes of src/ (or FOLDER) against DEPS. A room
# includes only rooms that DEPS allows it; systems never include each other; the
# engine has no SQL, HTTP or clock; a database's or server's header stays in its room.
# Prints TAP; a breach is named by file and line.
set -u
cd "$(dirname "$0")/.." || exit 1
src=${1:-src}
faults=$(mktemp)
trap 'rm -f "$faults"' EXIT
count=0 failed=0

report() { # NAME: not ok if $faults has lines
	count=$((count + 1))
	if [ -s "$faults" ]; then
		failed=1
		echo "not ok $count - $1"
		sed 's/^/# /' "$faults"
	else
		echo "ok $count - $1"
	fi
}

includes() { # file:line, room of the file, room included, path included
	grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"[a-z_]+/' "$src" --include='*.c' --include='*.h' |
		sed -E 's@^([^:]*:[0-9]+):[^"]*"([^"]*)".*@\1 \2@' |
		awk -v n=$((${#src} + 2)) '{
			split(substr($1, n), at, "/"); split($2, to, "/")
			print $1, at[1], to[1], $2
		}'
}

includes | awk 'FNR == NR { if (/^[a-z]+:/) { room = $1; sub(":", "", room); ok[room, room] = known[room] = 1
			for (i = 2; i <= NF; i++) ok[room, $i] = 1 } ; next }
	known[$3] && !(($2, $3) in ok) { print $1 ": " $2 " may not include " $4 " (DEPS)" }
	!known[$2] { print $1 ": the room " $2 " is not in DEPS" }' DEPS - >"$faults"
report 'rooms include only what DEPS allows'

includes | awk -v n=$((${#src} + 2)) '$2 == "systems" && $3 == "systems" {
		split(substr($1, n), at, "/"); split($4, to, "/")
		if (at[2] != to[2]) print $1 ": system " at[2] " may not include " $4 ": meet through events or the kernel"
	}' >"$faults"
report 'systems never include each other'

grep -rnE '#[[:space:]]*include[[:space:]]+"(\.\.|[a-z_0-9]+\.h")' "$src" --include='*.c' --include='*.h' |
	sed 's/$/: say the whole path from src/' >"$faults"
report 'includes say their room'

grep -rnE '#[[:space:]]*include[[:space:]]*<(sqlite3|libpq-fe|microhttpd|curl/curl|sys/socket|netinet/in|time|sys/time)\.h>|\<(clock_gettime|gettimeofday|time_now)\(' \
	"$src/engine" --include='*.c' --include='*.h' >"$faults" 2>/dev/null
report 'the engine is pure: no SQL, no HTTP, no clock'

{
	grep -rnE '<(sqlite3|libpq-fe)\.h>' "$src" --include='*.c' --include='*.h' | grep -v "^$src/db/"
	grep -rn '<microhttpd\.h>' "$src" --include='*.c' --include='*.h' | grep -v "^$src/web/"
	grep -rn '<expat\.h>' "$src" --include='*.c' --include='*.h' | grep -vE "^$src/engine/"
} | sed 's/$/: only its own room talks to it/' >"$faults"
report 'a library is spoken to by one room'

echo "1..$count"
exit $failed

#!/bin/sh
# with_pg.sh COMMAND...: runs COMMAND with DIWAN_TEST_PG naming a PostgreSQL
# server of its own, on a free port in a folder of its own; stops it afterwards.
set -u
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || { echo "PostgreSQL is not installed" >&2; exit 1; }
dir=$(mktemp -d /tmp/diwan-pg.XXXXXX)
mkfifo "$dir/port"
"$(dirname "$0")/hold_ports" 1 >"$dir/port" &
holder=$!
read -r port <"$dir/port"
if [ "$(id -u)" = 0 ]; then
	chown postgres "$dir"
	as() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }
else
	as() { "$@"; }
fi
stop() {
	as "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1
	kill $holder 2>/dev/null
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT TERM
as "$bin/initdb" -D "$dir/data" -U diwan -A trust -E UTF8 --no-locale >"$dir.log" 2>&1 &&
	as "$bin/pg_ctl" -D "$dir/data" -w -t 300 -l "$dir/log" \
		-o "-p $port -k $dir -c listen_addresses=127.0.0.1 -c max_connections=200" start >>"$dir.log" 2>&1 ||
	{ cat "$dir.log" >&2; exit 1; }
rm -f "$dir.log"
PATH="$bin:$PATH" DIWAN_TEST_PG="postgresql://diwan@127.0.0.1:$port/postgres" "$@"

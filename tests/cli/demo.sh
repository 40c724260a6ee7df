#!/bin/sh
# demo.sh: a demonstration with cases is made in a new database, its books and its journal
# stand up to the auditor's commands, it is made once, and it is served afterwards. TAP.
set -u
diwan=${DIWAN:-build/diwan}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
where="--data-dir=$work/data --pack=packs/bahrain"
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
		failed=1
		sed 's/^/# /' "$work/out"
	fi
}

refused() {
	"$diwan" demo cases $where
	[ $? = 1 ]
}

nothing_more() {
	before=$("$diwan" journal verify $where | head -1)
	"$diwan" demo cases --if-new $where && [ "$before" = "$("$diwan" journal verify $where | head -1)" ]
}

served() {
	"$diwan" serve --demo $where --listen=127.0.0.1:0 >"$work/log" 2>&1 &
	pid=$!
	for _ in $(seq 1800); do # seconds on an idle machine
		grep -q '"server.ready","port":[0-9]*,\|"server.ready","port":[0-9]*}' "$work/log" && break
		kill -0 "$pid" || break
		sleep 0.1
	done
	port=$(sed -n 's/.*"server.ready","port":\([0-9]*\).*/\1/p' "$work/log")
	curl -fsS "http://127.0.0.1:$port/en/statistics" >"$work/page"
	good=$?
	kill "$pid"
	wait "$pid"
	[ "$good" = 0 ] && grep -q 'Applications' "$work/page"
}

check 'a demonstration is made' "$diwan" demo cases --count=40 --days=90 $where
check 'the books are right' "$diwan" audit payments $where
check 'the ledger is in balance' "$diwan" ledger check $where
check 'the journal is intact' "$diwan" journal verify $where
check 'the journal gives the same tables again' "$diwan" journal rebuild $where
check 'a database in use is refused' refused
check 'or left as it is' nothing_more
check 'it is served with the same people' served
echo "1..$n"
exit $failed

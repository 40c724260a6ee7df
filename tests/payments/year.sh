#!/bin/sh
# year.sh SCALE: the year 2018 of payments at a scale (1: all 1.3 million of them), in a
# database of its own: exact totals, a ledger in balance, reconciliation clean but for
# what was put in, and books that an auditor with code of its own finds nothing wrong
# with. Then one figure is changed, and has to be noticed. TAP.
set -u
diwan=${DIWAN:-build/diwan}
scale=${1:-0.01}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
db=--database=sqlite:$work/year.db
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
	fi
	sed 's/^/# /' "$work/out"
}

no_difference() {
	"$diwan" ledger check "$db" --data-dir="$work" | tee "$work/ledger"
	grep -q 'difference 0$' "$work/ledger" && ! grep -q 'faults' "$work/ledger"
}

noticed() { # a fils more on one account
	python3 -c "import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.execute('UPDATE ledger_account SET debits = debits + 1 WHERE id = (SELECT min(id) FROM ledger_account)')
c.commit()" "$work/year.db" || return 1
	"$diwan" ledger check "$db" --data-dir="$work"
	[ $? -eq 1 ]
}

refused() {
	"$diwan" demo year 2018 --scale=0.001 "$db" --data-dir="$work"
	[ $? -eq 1 ]
}

replay() {
	"$diwan" demo year 2018 --scale="$scale" "$db" --data-dir="$work"
}

if [ "$scale" = 1 ]; then
	check 'a year of 1.3 million payments is exact' replay
	check 'the ledger of 1.3 million orders has no difference' no_difference
else
	check "the year at scale $scale is exact" replay
	check "the ledger at scale $scale has no difference" no_difference
fi
check 'a second year in the same books is refused' refused
check 'one fils too much on an account is noticed' noticed
echo "1..$n"
exit $failed

#!/bin/sh
# brief.sh [SECONDS]: every fuzz target on its seeds, then for some seconds (5) on
# inputs of its own. Prints TAP; what crashed is named and kept.
cd "$(dirname "$0")/../.." || exit 1
seconds=${1:-5} n=0 status=0 log=$(mktemp)
trap 'rm -f "$log"' EXIT
tests/fuzz/run.sh --build >"$log" 2>&1 || { tail -n 30 "$log" >&2; exit 1; }
for target in tests/fuzz/fuzz_*.c; do
	name=${target##*/fuzz_} name=${name%.c} n=$((n + 1))
	if tests/fuzz/run.sh "$name" "$seconds" >"$log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: //p' "$log")
		echo "ok $n - $name"
		echo "# $runs inputs in $seconds s"
	else
		echo "not ok $n - $name"
		grep -aE 'ERROR|SUMMARY|runtime error|Test unit|^ *#[0-9]+ ' "$log" | head -n 25 | sed 's/^/# /'
		status=1
	fi
done
echo "1..$n"
exit $status

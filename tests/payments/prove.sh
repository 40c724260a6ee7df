#!/bin/sh
# prove.sh: the arithmetic of money (src/base/exact.h) does what its contracts say and
# never overflows, for all numbers: proved by Frama-C's WP with Z3. Then each of some
# small faults is put in, and must not be provable. TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/base"
n=0
failed=0

proved() { # FILE: every goal
	frama-c -wp -wp-rte -wp-prover z3 -wp-timeout 20 -cpp-extra-args="-I$work -Isrc" "$1" >"$work/said" 2>&1
	grep -E 'Proved goals|Failed|Timeout|Unknown' "$work/said" | sed 's/^/# /'
	grep 'Proved goals' "$work/said" | awk '{ exit !($4 == $6 && $4 > 50) }'
}

tell() { # NAME STATUS
	n=$((n + 1))
	said=ok
	[ "$2" -eq 0 ] || { said='not ok'; failed=1; }
	echo "$said $n - $1"
}

cp src/base/exact.h "$work/base/exact.h"
proved src/base/exact.c
tell 'adding, subtracting, rates, rounding and digits are proved' $?

fault() { # NAME SED: the changed code must not be provable
	sed "$2" src/base/exact.c >"$work/exact.c"
	cmp -s src/base/exact.c "$work/exact.c" && { tell "$1: nothing was changed" 1; return; }
	proved "$work/exact.c"
	[ $? -ne 0 ]
	tell "not provable: $1" $?
}
fault 'a sum that may overflow' 's/x > INT64_MAX - y/x > INT64_MAX - y + 1/'
fault 'halves rounded down' 's/bool up = rest >= den - rest/bool up = rest > den - rest/'
fault 'a rest that is lost' 's/\*rest = m;/*rest = 0;/'
echo "1..$n"
exit $failed

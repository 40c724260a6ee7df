#!/bin/bash
# every_call.sh BUILD [sqlite|postgres] [MODE...]: runs a workload again and again,
# each time with another of its durable system calls going wrong, until every call
# was reached; after each run the database is opened again and compared with what
# the workload was told. Needs a build without sanitizers. PostgreSQL: under
# tools/with_pg.sh, with every send of the connection.
#
# Prints TAP, one test for each mode; it fails if anything was lost, kept though
# refused, or made twice. FAULT_STEP=n takes only every nth call.
set -u
build=$(cd "$1" && pwd) kind=${2:-sqlite}
shift 2 2>/dev/null || shift 1
dir=$(mktemp -d "${TMPDIR:-/tmp}/diwan-faults.XXXXXX")
trap 'rm -rf "$dir"' EXIT
threads=4 count=8 step=${FAULT_STEP:-1}
if [ "$kind" = sqlite ]; then
	modes=${*:-kill after eio enospc eintr short eio+ enospc+}
else
	modes=${*:-cut lost}
fi

fresh() { # a new, empty database: sets $url
	if [ "$kind" = sqlite ]; then
		rm -f "$dir"/test.db*
		url="sqlite:$dir/test.db"
	else
		psql -q "$DIWAN_TEST_PG" -c 'SET client_min_messages = warning' \
			-c 'DROP SCHEMA IF EXISTS faults CASCADE' -c 'CREATE SCHEMA faults' || exit 2
		url="$DIWAN_TEST_PG?options=-csearch_path%3Dfaults"
	fi
}

workload() { # MODE N: the status of the workload
	local stick=0
	case $1 in *+) stick=1 ;; esac
	( # the subshell keeps the shell's word about a killed child to itself
		timeout 120 env FAULT_MODE="${1%+}" FAULT_N="$2" FAULT_STICK=$stick \
			FAULT_COUNT="$dir/count" LD_PRELOAD="$build/libfault.so" \
			"$build/payments" run "$url" $threads $count >"$dir/said" 2>"$dir/log"
		exit $?
	) 2>/dev/null
}

ninja -C "$build" libfault.so payments >"$dir/ninja" || { cat "$dir/ninja" >&2; exit 2; }
tests=0 failed=0
for mode in $modes; do
	bad=0 runs=0 acks=0 unknown=0 n=1 missed=0
	# Batches form differently each time, and so the number of calls: the end is
	# where three runs in a row did not get as far.
	while [ $missed -lt 3 ]; do
		fresh
		rm -f "$dir/count"
		workload "$mode" $n
		status=$?
		runs=$((runs + 1))
		[ $status -eq 124 ] && { echo "# $mode $n: HANGS"; bad=$((bad + 1)); }
		acks=$((acks + $(grep -c ack "$dir/said")))
		unknown=$((unknown + $(grep -c unk "$dir/said")))
		"$build/payments" check "$url" <"$dir/said" >"$dir/verdict" 2>&1 || {
			sed "s/^/# $mode $n (status $status): /" "$dir/verdict" "$dir/log" | head -5
			bad=$((bad + 1))
		}
		if [ -f "$dir/count" ] && [ "$(cat "$dir/count")" -lt $n ]; then
			missed=$((missed + 1))
		else
			missed=0
		fi
		n=$((n + step))
	done
	tests=$((tests + 1)) said=ok
	[ $bad -eq 0 ] || { failed=1; said='not ok'; }
	echo "$said $tests - $kind $mode at every durable call"
	echo "# $runs runs, $acks acknowledged, $unknown of unknown fate, $bad wrong"
done
echo "1..$tests"
exit $failed

#!/bin/bash
# every_order.sh BUILD [sqlite|postgres] [MODE...]: like every_call.sh, with money going
# through the real rooms (orders.c): ordered, paid, refunded, settled, reconciled, closed,
# again and again, each time with another durable system call going wrong. FAULT_STEP=n
# takes only every nth call. With FAULT_FORGET=1 a step that was never made is said to be
# acknowledged, to show that a loss is noticed. TAP.
set -u
build=$(cd "$1" && pwd) kind=${2:-sqlite}
shift 2 2>/dev/null || shift 1
dir=$(mktemp -d "${TMPDIR:-/tmp}/diwan-orders.XXXXXX")
trap 'rm -rf "$dir"' EXIT
step=${FAULT_STEP:-1}
if [ "$kind" = sqlite ]; then
	modes=${*:-kill after eio enospc short eio+ enospc+}
	url="sqlite:$dir/now/test.db"
else
	modes=${*:-cut lost}
	url="$DIWAN_TEST_PG?options=-csearch_path%3Dorders"
fi

fresh() { # books that are open and have nothing in them
	rm -rf "$dir/now"
	if [ "$kind" = sqlite ]; then
		cp -r "$dir/empty" "$dir/now"
		return
	fi
	mkdir "$dir/now"
	psql -q "$DIWAN_TEST_PG" -c 'SET client_min_messages = warning' \
		-c 'DROP SCHEMA IF EXISTS orders CASCADE' -c 'CREATE SCHEMA orders' || exit 2
	"$build/orders" init "$url" "$dir/now" || exit 2
}

ninja -C "$build" libfault.so orders >"$dir/ninja" || { cat "$dir/ninja" >&2; exit 2; }
if [ "$kind" = sqlite ]; then
	mkdir "$dir/now" && "$build/orders" init "$url" "$dir/now" && mv "$dir/now" "$dir/empty" || exit 2
fi
tests=0 failed=0
for mode in $modes; do
	bad=0 runs=0 acks=0 n=1 missed=0 stick=0
	case $mode in *+) stick=1 ;; esac
	while [ $missed -lt 2 ]; do
		fresh
		rm -f "$dir/count"
		( timeout 60 env FAULT_MODE="${mode%+}" FAULT_N=$n FAULT_STICK=$stick FAULT_COUNT="$dir/count" \
			LD_PRELOAD="$build/libfault.so" "$build/orders" run "$url" "$dir/now" 2 \
			>"$dir/said" 2>"$dir/log"; exit $? ) 2>/dev/null
		status=$?
		runs=$((runs + 1))
		[ $status -eq 124 ] && { echo "# $mode $n: HANGS"; bad=$((bad + 1)); }
		[ "${FAULT_FORGET:-}" = 1 ] && echo 'ack create 1' >>"$dir/said"
		acks=$((acks + $(grep -c ack "$dir/said")))
		"$build/orders" check "$url" "$dir/now" <"$dir/said" >"$dir/verdict" 2>&1 || {
			[ $bad -lt 3 ] && sed "s/^/# $mode $n (status $status): /" "$dir/verdict" "$dir/log" | cut -c1-300 | head -4
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
	echo "$said $tests - $kind $mode at every durable call of orders, refunds and settlement"
	echo "# $runs runs, $acks steps acknowledged, $bad wrong"
done
echo "1..$tests"
exit $failed

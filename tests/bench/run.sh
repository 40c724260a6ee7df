#!/bin/sh
# run.sh [NAME...]: the measurements, each beside its peer in the same run; all of them,
# or some of: writer postgres payments captures year bpmn form feel http search replay
# submit tasks timers confined cases. BENCH_SECONDS (2) is how long each figure lasts.
# `make bench` sets up what it needs.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${DIWAN_BUILD:-build} seconds=${BENCH_SECONDS:-2}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
peers=tests/bench/node_modules

wanted() { # NAME ...: whether the first word is among the chosen
	name=$1
	shift
	[ $# -eq 0 ] && return 0
	for w; do [ "$w" = "$name" ] && return 0; done
	return 1
}

for b in tests/bench/bench_*.c; do
	b=${b##*/}
	ninja -C "$build" "${b%.c}" >"$work/ninja" || { cat "$work/ninja"; exit 1; }
done

if wanted writer "$@"; then
	echo "== durable commands a second, SQLite, on the disk of ${TMPDIR:-/tmp}"
	"$build/bench_writer" "sqlite:$work/bench.db" "$seconds"
fi
if wanted postgres "$@"; then
	echo "== durable commands a second, PostgreSQL"
	tools/with_pg.sh sh -c "$build/bench_writer \"\$DIWAN_TEST_PG\" $seconds"
fi
if wanted payments "$@"; then
	echo "== durable orders and captures a second, SQLite; one client is one commit a payment"
	mkdir "$work/pay" && "$build/bench_payments" "sqlite:$work/pay/pay.db" "$work/pay" "$seconds"
	echo "== the same, PostgreSQL, beside pgbench's TPC-B"
	mkdir "$work/paypg"
	tools/with_pg.sh sh -c "$build/bench_payments \"\$DIWAN_TEST_PG\" $work/paypg $seconds
		PATH=\$PATH:\$(ls -d /usr/lib/postgresql/*/bin | tail -1)
		pgbench -q -i -s 10 \"\$DIWAN_TEST_PG\" 2>/dev/null
		for c in 1 8 64; do pgbench -n -M prepared -c \$c -j 2 -T $seconds \"\$DIWAN_TEST_PG\" 2>/dev/null |
			awk -v c=\$c '/^tps/ { printf \"%-28s %2d clients %10.0f/s\\n\", \"pgbench TPC-B\", c, \$3 }'; done"
fi
if wanted captures "$@"; then
	echo "== payments over HTTP, each answered after its commit, SQLite"
	"$build/bench_captures"
fi
if wanted year "$@"; then
	n=${BENCH_YEAR:-130000} # a tenth of the whole year; BENCH_YEAR=1300000 takes minutes and 6 GB
	echo "== a year of $n payments, orders to reconciliation, SQLite"
	mkdir "$work/year" && "$build/bench_year" "$work/year" "$n" "$((n * 92308))"
fi
if wanted bpmn "$@"; then
	echo "== process instances a second, one core, in memory, beside bpmn-engine"
	"$build/bench_bpmn" "$seconds"
	if [ -d $peers/bpmn-engine ]; then
		node tests/bench/bpmn.mjs "$seconds"
	else
		echo "bpmn-engine is not there (tools/setup.sh bench)"
	fi
fi
if wanted form "$@"; then
	echo "== validations a second of an application of 40 fields, beside ajv"
	if [ -d $peers/ajv ]; then
		node tests/bench/form.mjs "$work/form.json" "$seconds" && "$build/bench_form" "$work/form.json" "$seconds"
	else
		echo "skipped: its document is made by a script that needs ajv (tools/setup.sh bench)"
	fi
fi
if wanted feel "$@"; then
	echo "== expressions and decision tables a second, one core, beside feelin"
	FEELIN=$(pwd)/$peers/.. "$build/bench_feel" "$seconds"
fi
if wanted http "$@"; then
	echo "== the platform over HTTP, beside nginx"
	tests/bench/http.sh "$build" "$seconds"
fi
if wanted tasks "$@"; then
	echo "== user tasks completed, each durable when answered, in process"
	"$build/bench_tasks" 2>/dev/null
fi
if wanted timers "$@"; then
	n=${BENCH_TIMERS:-100000}
	ninja -C "$build" test_case_timers >"$work/ninja" || { cat "$work/ninja"; exit 1; }
	echo "== $n timers of cases due in one minute, killed twice: SQLite, PostgreSQL"
	CASE_TIMERS=$n "$build/test_case_timers" 2>&1 | grep -E "^#|ERROR|FAILED"
	CASE_TIMERS=$n tools/with_pg.sh "$build/test_case_timers" 2>&1 | grep -E "^#|ERROR|FAILED"
fi
if wanted cases "$@"; then
	n=${BENCH_CASES:-1000000}
	echo "== the desk over $n open cases, over HTTP: SQLite, PostgreSQL"
	mkdir "$work/cases"
	"$build/bench_cases" "" "$n" "$work/cases" 2>/dev/null
	# The same cases, carried over as an operator would.
	"$build/diwan" backup "$work/backup" --with-keys --data-dir="$work/cases" \
		--database="sqlite:$work/cases/bench.db" 2>/dev/null && rm -rf "$work/cases"
	tools/with_pg.sh sh -c "$build/diwan restore $work/backup --data-dir=$work/carried \
		--database=\"\$DIWAN_TEST_PG\" 2>/dev/null &&
		$build/bench_cases \"\$DIWAN_TEST_PG\" $n $work/carried 2>/dev/null"
fi
if wanted search "$@"; then
	echo "== searches of the guide over HTTP, 1,300 cards"
	tests/bench/search.sh "$build" "$seconds"
fi
if wanted replay "$@"; then
	echo "== past cases decided again a second, by two versions of a table, SQLite"
	"$build/bench_replay"
fi
if wanted submit "$@"; then
	echo "== applications sent over HTTP, each answered after its commit"
	"$build/bench_submit"
fi
if wanted confined "$@"; then
	echo "== files looked into, and signatures made, in a confined process and in this one"
	"$build/bench_examine" tests/fuzz/seeds/image/* "$seconds" 2>/dev/null
	"$build/bench_signer" "$seconds" 2>/dev/null
fi

#!/bin/sh
# run.sh NAME [SECONDS [RUNS [LENGTH]]]: builds tests/fuzz/fuzz_NAME.c with clang's fuzzer,
# ASan and UBSan, linked with the whole core, and runs it on its seeds (30 seconds; 0: without
# end), until RUNS inputs at most, of at most LENGTH bytes. Inputs found are kept in
# build-fuzz/corpus_NAME; what crashes is written beside them.
# run.sh --build: only builds, all targets.
set -e
cd "$(dirname "$0")/../.."
dir=build-fuzz
[ -f $dir/build.ninja ] || CC=clang meson setup $dir -Dfuzz=true -Dbuildtype=debug \
	-Doptimization=1 -Db_sanitize=address,undefined -Db_lundef=false -Dwerror=false >$dir.log ||
	{ cat $dir.log; exit 1; }
rm -f $dir.log
# Meson finds sources when it configures.
find src tests/fuzz -name '*.c' | sort >$dir/.sources.new
if ! cmp -s $dir/.sources.new $dir/.sources; then
	meson setup --reconfigure $dir >/dev/null
	mv $dir/.sources.new $dir/.sources
fi
if [ "$1" = --build ]; then
	exec ninja -C $dir fuzzers diwan # the platform runs parts of itself confined
fi
name=$1 seconds=${2:-30} runs=${3:--1} length=${4:-0}
ninja -C $dir "fuzz_$name" diwan >$dir/.ninja || { cat $dir/.ninja; exit 1; }
mkdir -p "$dir/corpus_$name"
seeds=tests/fuzz/seeds/$name more=tests/unit/data/$name
# The scheduling by rare features (-entropic) took half the time of targets this small.
exec "$dir/fuzz_$name" -max_total_time="$seconds" -runs="$runs" -entropic=0 -max_len="$length" \
	-timeout=60 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$dir/found_${name}_" \
	"$dir/corpus_$name" $([ -d "$seeds" ] && echo "$seeds") $([ -d "$more" ] && echo "$more")

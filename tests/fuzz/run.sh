#!/bin/sh
# run.sh NAME [seconds]: build tests/fuzz/fuzz_NAME.c with clang's fuzzer, ASan and
# UBSan over src/base and src/engine, and run it on its seeds (30 seconds).
set -e
cd "$(dirname "$0")/../.."
name=$1 seconds=${2:-30} out=${FUZZ_OUT:-build/fuzz}
mkdir -p "$out/corpus_$name"
[ -f build/embedded.c ] || { echo "build the project first (meson setup build; ninja -C build)"; exit 2; }
clang -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
	-D_GNU_SOURCE -Isrc $(pkg-config --cflags libpng libjpeg libpcre2-8 libutf8proc expat) \
	"tests/fuzz/fuzz_$name.c" src/base/*.c $(find src/engine -name '*.c') build/embedded.c \
	-o "$out/fuzz_$name" \
	$(pkg-config --libs libpng libjpeg libpcre2-8 libutf8proc zlib expat libcrypto) -lm
seeds=tests/fuzz/seeds/$name
exec "$out/fuzz_$name" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 \
	"$out/corpus_$name" $([ -d "$seeds" ] && echo "$seeds")

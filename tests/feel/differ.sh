#!/bin/sh
# Random expressions, by `diwan feel` and by feelin (npm): every difference must have an
# explanation. Prints TAP. Exit 77 (skipped) without npm.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
command -v npm >/dev/null || { echo "no npm"; exit 77; }
work=${FEEL_WORK:-${XDG_CACHE_HOME:-$HOME/.cache}/diwan-feel}
mkdir -p "$work"
cp "$here/package.json" "$here/differ.mjs" "$work/"
[ -d "$work/node_modules/feelin" ] || (cd "$work" && npm install --silent --no-audit --no-fund >&2)
DIWAN=${DIWAN:-$here/../../build/diwan} node "$work/differ.mjs" "$@"

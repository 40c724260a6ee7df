#!/bin/sh
# Checks the checker and, when an export is named, the export:
#   run.sh [FILE [SERVICES]]
# Needs node; fetches the packages of package.json into a folder of its own.
# Exit 77 (skipped) without node or without the shapes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${DIWAN_SHARED:=$here/../../../shared}"
export DIWAN_SHARED
command -v npm >/dev/null || { echo "skipped: no npm" >&2; exit 77; }
[ -e "$DIWAN_SHARED/data/cpsv-ap" ] || { echo "skipped: no $DIWAN_SHARED/data/cpsv-ap" >&2; exit 77; }

work=${CPSV_WORK:-${XDG_CACHE_HOME:-$HOME/.cache}/diwan-cpsv}
mkdir -p "$work"
cp "$here/package.json" "$here/validate.mjs" "$work/"
[ -d "$work/node_modules/rdf-validate-shacl" ] || (cd "$work" && npm install --silent --no-audit --no-fund)

node "$work/validate.mjs" "$here/sample.ttl" --services 2
node "$work/validate.mjs" "$here/faults.ttl" --violations 6
if [ $# -gt 0 ]; then
	node "$work/validate.mjs" "$1" ${2:+--services "$2"}
fi

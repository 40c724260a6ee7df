#!/bin/sh
# editors.sh [FOLDER]: fetches the drawing editors bpmn-js and dmn-js from npm, checks them
# against tools/editors/package-lock.json, and puts what a browser needs, with their
# licences, into FOLDER (var/editors). Then: diwan serve --editors=FOLDER. Optional:
# without them rules and processes are edited as text. Their licence asks that the mark
# of bpmn.io stays on the drawing; nothing here removes it.
set -eu
cd "$(dirname "$0")/.."
to=${1:-var/editors}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp tools/editors/package.json tools/editors/package-lock.json "$work/"
(cd "$work" && npm ci --ignore-scripts --silent --no-audit --no-fund)

mkdir -p "$work/out"
for kind in bpmn dmn; do
	from=$work/node_modules/$kind-js
	into=$work/out/$kind
	mkdir -p "$into"
	cp "$from/LICENSE" "$into/LICENSE.txt"
	cp "$from/dist/$kind-modeler.production.min.js" "$into/modeler.js"
	cp "$from"/dist/assets/*.css "$into/"
	mkdir -p "$into/css" "$into/font"
	cp "$from/dist/assets/$kind-font/css/$kind.css" "$into/css/font.css"
	cp "$from/dist/assets/$kind-font/font/$kind.woff2" "$into/font/"
	# Browsers that run the editors read woff2: one form of the font is enough.
	sed -i '/^  src: url/d; s/^       url(\(.*woff2[^)]*)\) format(.woff2.),/  src: url(\1 format("woff2");/; /^       url(/d' \
		"$into/css/font.css"
done
if [ -e "$to" ] && ! [ -f "$to/bpmn/LICENSE.txt" ]; then
	echo "editors: $to is there and holds something else: name another folder" >&2
	exit 1
fi
mkdir -p "$(dirname "$to")"
rm -rf "$to"
mv "$work/out" "$to"
echo "editors: $to holds bpmn-js and dmn-js; serve with --editors=$to"

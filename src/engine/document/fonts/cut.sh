#!/bin/sh
# Cuts and joins Noto Sans and Noto Sans Arabic (OFL-1.1, ui/fonts/OFL.txt) into the two
# weights that documents are set in. One font for both scripts: a line is then one run
# of text in the file, and readers keep it together. Run only when letters change.
# Needs: apt-get install fonts-noto-core python3-fonttools
set -eu
here=$(cd "$(dirname "$0")" && pwd)
from=/usr/share/fonts/truetype/noto
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
arabic="U+0600-06FF,U+0750-077F,U+200C-200F,U+2066-2069,U+25CC,U+FDFC,U+FDFA,U+FDF2"
latin="U+0020-007E,U+00A0-024F,U+0300-036F,U+0370-03FF,U+0400-045F,U+1E00-1EFF,U+2010-2027"
latin="$latin,U+2030-203A,U+20A0-20BF,U+2116,U+2122,U+2190-2193,U+2212,U+25CC,U+FFFD"
features=ccmp,locl,init,medi,fina,isol,rlig,mark,mkmk,kern

cut() { # source file, target file, characters
	/usr/bin/python3 -m fontTools.subset "$from/$1" --unicodes="$3" --layout-features=$features \
		--no-hinting --glyph-names --output-file="$work/$2"
}
for weight in Regular:400 Bold:700; do
	name=${weight%:*}
	cut "NotoSans-$name.ttf" latin.ttf "$latin"
	cut "NotoSansArabic-$name.ttf" arabic.ttf "$arabic"
	(cd "$work" && /usr/bin/python3 -m fontTools.merge latin.ttf arabic.ttf --output-file=both.ttf)
	# The joiner becomes our empty glyph, without its bar. It gets a width of one unit:
	# PDF.js keeps no place for codes of none.
	/usr/bin/python3 - "$work/both.ttf" "$here/document-${weight#*:}.ttf" <<'PY'
import sys
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph
f = TTFont(sys.argv[1], recalcTimestamp=False)
empty = f.getBestCmap()[0x200C]
f["glyf"][empty] = Glyph()
f["hmtx"][empty] = (1, 0)
f["head"].created = f["head"].modified = 0
f.save(sys.argv[2])
PY
done
ls -l "$here"

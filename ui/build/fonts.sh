#!/bin/sh
# Cuts the two weights of Noto Sans (Arabic and Latin) down to what the pages use.
# Needs: apt-get install fonts-noto-core python3-fonttools python3-brotli
set -eu
here=$(cd "$(dirname "$0")" && pwd)
from=/usr/share/fonts/truetype/noto
to=$here/../fonts
arabic="U+060C,U+061B,U+061F,U+0621-063A,U+0640-0652,U+0660-066C,U+0670,U+0671,U+067E,U+0686"
arabic="$arabic,U+06A9,U+06AF,U+06CC,U+06F0-06F9,U+200C-200F,U+2066-2069"
latin="U+0020-007E,U+00A0,U+00AB,U+00B0,U+00B2,U+00B7,U+00BB,U+00C0-00FF,U+2013,U+2014,U+2018"
latin="$latin,U+2019,U+201C,U+201D,U+2022,U+2026,U+2190-2193,U+2212,U+25B2,U+25BC"
features=ccmp,locl,init,medi,fina,isol,rlig,mark,mkmk,kern

cut() { # source file, target name, characters
	/usr/bin/python3 -m fontTools.subset "$from/$1" --unicodes="$3" --layout-features=$features \
		--no-hinting --flavor=woff2 --output-file="$to/$2.woff2"
}
cut NotoSansArabic-Regular.ttf arabic-400 "$arabic"
cut NotoSansArabic-Bold.ttf arabic-700 "$arabic"
cut NotoSans-Regular.ttf latin-400 "$latin"
cut NotoSans-Bold.ttf latin-700 "$latin"
ls -l "$to"

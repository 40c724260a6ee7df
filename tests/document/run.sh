#!/bin/sh
# run.sh: documents judged by others: poppler's pdftotext, pdfsig and pdftoppm, qpdf, the
# engines of Firefox (pdfjs-dist) and Chrome (PDFium) where npm can fetch them. Prints
# TAP. Needs $DIWAN and $DIWAN_BUILD.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
diwan=${DIWAN:-build/diwan} build=${DIWAN_BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ninja -C "$build" makedoc >"$work/ninja" 2>&1 || { cat "$work/ninja" >&2; exit 1; }

n=0 status=0
result() { # status, name
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; status=1; fi
}
expect() { # name, command...
	name=$1
	shift
	if "$@" >"$work/out" 2>&1; then result 0 "$name"; else
		result 1 "$name"
		sed 's/^/# /' "$work/out"
	fi
}
says() { # word, command...: the command prints it, whatever its status
	word=$1
	shift
	"$@" >"$work/out" 2>&1 || true
	grep -q "$word" "$work/out" || { cat "$work/out"; return 1; }
}

spec=packs/bahrain/services/idcard-replace-lost/document.json
"$build/makedoc" "$work/made" "$spec" "$here/idcard.view.json" 2>"$work/log" || {
	cat "$work/log" >&2
	exit 1
}
pdf=$work/made/issued.pdf key=@$work/made/vkey
export DIWAN_DATA_DIR="$work/nowhere"

# proves: CORE-06
expect "diwan verify: intact, without a network" "$diwan" verify "$pdf" --key="$key"
expect "diwan verify says so in both languages" says 'سليمة' "$diwan" verify "$pdf" --key="$key"
expect "the register of the installation is asked" \
	says '"revoked":null' "$diwan" verify "$pdf" --json --data-dir="$work/made/data"
expect "qpdf: no errors of syntax" qpdf --check "$pdf"
expect "pdfsig: the signature is valid" says 'Signature is Valid' pdfsig "$pdf"
expect "pdfsig: it covers the whole document" says 'Total document signed' pdfsig "$pdf"
expect "pdfsig: its type is CAdES detached" says 'ETSI.CAdES.detached' pdfsig "$pdf"
expect "pdfinfo: tagged, of the language it begins with" says 'Tagged: *yes' pdfinfo "$pdf"
expect "pdfinfo: its title in Arabic" says 'شهادة استبدال بطاقة هوية' pdfinfo "$pdf"
expect "every font is embedded, a part of it, with ToUnicode" sh -c \
	"pdffonts '$pdf' | awk 'NR > 2 && (\$(NF-4) != \"yes\" || \$(NF-3) != \"yes\" || \$(NF-2) != \"yes\") { bad = 1 } END { exit bad }'"

# One byte of the first page's content, where the eye would not see it.
python3 - "$pdf" "$work/flipped.pdf" <<'PY'
import sys
b = bytearray(open(sys.argv[1], "rb").read())
b[len(b) // 3] ^= 1
open(sys.argv[2], "wb").write(b)
PY
expect "one flipped byte: pdfsig sees another digest" says 'Digest Mismatch' pdfsig "$work/flipped.pdf"
expect "one flipped byte: diwan verify says altered" \
	says '"altered"' "$diwan" verify "$work/flipped.pdf" --key="$key" --json
cp "$pdf" "$work/longer.pdf"
echo "% more" >>"$work/longer.pdf"
expect "something added: diwan verify says altered" \
	says '"altered"' "$diwan" verify "$work/longer.pdf" --key="$key" --json
"$diwan" document render "$spec" "$here/idcard.view.json" "$work/draft.pdf" --date=2026-11-24T09:12:00Z 2>/dev/null ||
	"$diwan" document render "$spec" "$here/idcard.view.json" "$work/draft.pdf"
expect "a draft is unknown" says '"no_signature"' "$diwan" verify "$work/draft.pdf" --key="$key" --json

expect "an issued document is revoked by its number" says 'is revoked' \
	"$diwan" document revoke "IDC-$(date -u +%Y)-000001" --reason=error --data-dir="$work/made/data"
expect "diwan verify tells of it where the register is" says 'أُلغيت الوثيقة' \
	"$diwan" verify "$pdf" --data-dir="$work/made/data"

# The code is drawn as it was meant: read back from the page, if a reader is here.
if command -v zbarimg >/dev/null; then
	pdftoppm -r 150 -png "$work/draft.pdf" "$work/draft"
	expect "the QR code leads to the verify page" says 'verify/7K3F-9QZX-M2TD' zbarimg -q "$work"/draft*.png
fi

modules=${DOCUMENT_WORK:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/diwan-document}
if command -v npm >/dev/null; then
	mkdir -p "$modules"
	cp "$here/package.json" "$here/extract.mjs" "$modules/"
	[ -d "$modules/node_modules/pdfjs-dist" ] ||
		(cd "$modules" && npm install --silent --no-audit --no-fund --ignore-scripts) >&2 || true
	ln -s "$modules/node_modules" "$work/node_modules"
	cp "$here/extract.mjs" "$work/"
fi
if command -v node >/dev/null; then
	node "$here/judge.mjs" "$work" >"$work/tap" || status=1
	sed -E "/^1\.\./d; s/^((not )?ok) [0-9]+ - /\1 - /" "$work/tap"
	n=$((n + $(grep -cE '^(not )?ok ' "$work/tap")))
fi
echo "1..$n"
exit $status

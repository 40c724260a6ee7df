// extract.mjs ENGINE FILE...: the text of PDFs as the engine of Firefox (pdfjs) or of
// Chrome (pdfium) reads it; files are parted by a form feed.
import { readFileSync } from 'node:fs'

async function pdfjs(file) {
	const { getDocument } = await import('pdfjs-dist/legacy/build/pdf.mjs')
	const doc = await getDocument({ data: new Uint8Array(readFileSync(file)), verbosity: 0 }).promise
	let out = ''
	for (let i = 1; i <= doc.numPages; i++) {
		const { items } = await (await doc.getPage(i)).getTextContent()
		out += items.map(x => x.str + (x.hasEOL ? '\n' : '')).join('') + '\n'
	}
	return out
}

let lib
async function pdfium(file) {
	if (!lib) {
		const { init } = await import('@embedpdf/pdfium')
		const wasm = import.meta.resolve('@embedpdf/pdfium').replace(/[^/]*$/, 'pdfium.wasm')
		lib = await init({ wasmBinary: readFileSync(new URL(wasm)) })
		lib.PDFiumExt_Init()
	}
	const bytes = readFileSync(file), { malloc } = lib.pdfium.wasmExports
	const at = malloc(bytes.length)
	lib.pdfium.HEAPU8.set(bytes, at)
	const doc = lib.FPDF_LoadMemDocument(at, bytes.length, '')
	let out = ''
	for (let i = 0; i < lib.FPDF_GetPageCount(doc); i++) {
		const text = lib.FPDFText_LoadPage(lib.FPDF_LoadPage(doc, i))
		const n = lib.FPDFText_CountChars(text), to = malloc((n + 1) * 2)
		lib.FPDFText_GetText(text, 0, n, to)
		out += lib.pdfium.UTF16ToString(to) + '\n'
	}
	return out
}

const engines = { pdfjs, pdfium }
for (const file of process.argv.slice(3))
	process.stdout.write(await engines[process.argv[2]](file) + '\f')

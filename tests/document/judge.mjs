// judge.mjs WORK: the texts of texts.json are set one a document, in both layouts, and
// read back with each engine that is here. What must be equal is the text without
// direction marks (U+200E, U+200F, U+202A-E, U+2066-9), in NFC, with white space
// counted as one space: a line's end is no part of the text. Prints TAP.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'

const work = process.argv[2], here = import.meta.dirname
const diwan = process.env.DIWAN ?? 'build/diwan'
const texts = JSON.parse(readFileSync(join(here, 'texts.json'), 'utf8'))
const plain = s => s.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '').normalize('NFC')
	.replace(/\s+/g, ' ').trim()

let count = 0, failed = 0
function result(good, name, why) {
	console.log(`${good ? 'ok' : 'not ok'} ${++count} - ${name}`)
	if (!good) failed++, console.log(why.split('\n').map(l => `# ${l}`).join('\n'))
}

const readers = {
	poppler: files => files.map(f => execFileSync('pdftotext', [f, '-'], { encoding: 'utf8' })),
}
if (existsSync(join(work, 'node_modules')))
	for (const engine of ['pdfjs', 'pdfium'])
		readers[engine] = files => execFileSync(process.execPath,
			[join(work, 'extract.mjs'), engine, ...files], { encoding: 'utf8' }).split('\f')

// A title that no engine can mistake stands above each text.
const title = { en: 'Title', ar: 'عنوان' }
const set = []
for (const lang of ['ar', 'en'])
	texts[lang].forEach((t, i) => {
		const spec = join(work, 'spec.json'), view = join(work, 'view.json')
		const file = join(work, `${lang}-${i}.pdf`)
		writeFileSync(spec, JSON.stringify({ id: 't', version: 1, title, layout: lang,
			blocks: [{ block: 'paragraph', text: '{{t}}' }] }))
		writeFileSync(view, JSON.stringify({ t: t.text }))
		execFileSync(diwan, ['document', 'render', spec, view, file])
		set.push({ ...t, lang, file })
	})

for (const [engine, read] of Object.entries(readers)) {
	const got = read(set.map(s => s.file))
	for (const lang of ['ar', 'en']) {
		const wrong = set.map((s, i) => ({ ...s, got: plain(got[i]), want: plain(`${title[s.lang]} ${s.text}`) }))
			.filter(s => s.lang === lang && !s.except?.includes(engine) && s.got !== s.want)
		result(!wrong.length, `${engine} reads every text in ${lang} as it was written`,
			wrong.map(s => `want ${s.want}\ngot  ${s.got}`).join('\n'))
	}
}

// A whole certificate, both languages side by side: each value is there to be found.
const view = JSON.parse(readFileSync(join(here, 'idcard.view.json'), 'utf8'))
const values = [view.applicant.name.en, view.applicant.name.ar, view.applicant.number,
	view.document.number, view.document.code, 'Law 46 of 2006 on the identity card.',
	'القانون رقم (46) لسنة 2006 بشأن بطاقة الهوية.', 'تاريخ فقدان البطاقة السابقة', '20 نوفمبر 2026']
const certificate = join(work, 'certificate.pdf')
execFileSync(diwan, ['document', 'render',
	'packs/bahrain/services/idcard-replace-lost/document.json', join(here, 'idcard.view.json'), certificate])
for (const [engine, read] of Object.entries(readers)) {
	const text = plain(read([certificate])[0]), missing = values.filter(v => !text.includes(plain(v)))
	// proves: CORE-06
	result(!missing.length, `${engine} finds every value of a certificate`,
		`missing: ${missing.join(' | ')}\nin: ${text}`)
}
console.log(`1..${count}`)
process.exit(failed ? 1 : 0)

// Answers put into whatever form a page shows, as a person would: by the kind of each field.
import { picture } from './picture.mjs'

const photo = { name: 'photo.png', mimeType: 'image/png', buffer: picture(600, 800, [168, 168, 168]) }
const paper = {
	name: 'document.pdf', mimeType: 'application/pdf', buffer: Buffer.from(
		'%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n' +
		'3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>endobj\nxref\n0 4\n0000000000 65535 f \n' +
		'0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\n' +
		'startxref\n164\n%%EOF\n')
}
const DATE = /^(.*)-(day|month|year)$/

const lookUp = (answers, name) => name.split('.').reduce((v, part) => v?.[part], answers)

// A date's parts stand in fields of their own.
function answerTo(answers, name) {
	const whole = lookUp(answers, name), part = name.match(DATE)
	if (whole !== undefined || !part)
		return whole
	const [year, month, day] = String(lookUp(answers, part[1]) ?? '').split('-')
	return { year, month, day }[part[2]]
}

const chosen = (answer, kind, value) => Array.isArray(answer) ? answer.includes(value)
	: answer === true && kind === 'checkbox' || String(answer) === value

async function put(field, { kind, accept, value }, answer) {
	if (kind === 'file')
		await field.setInputFiles(/png/.test(accept) && !/pdf/.test(accept) ? photo : paper)
	else if (kind === 'radio' || kind === 'checkbox')
		await (chosen(answer, kind, value) ? field.check() : kind === 'checkbox' && field.uncheck())
	else if (kind === 'select-one')
		await field.selectOption(String(answer))
	else
		await field.fill(String(answer))
}

// Fills the form that `form` locates; fields without an answer stay as they are.
export async function fill(form, answers) {
	const fields = form.locator('input:not([type=hidden]),select,textarea')
	const described = await fields.evaluateAll(all => all.map(f =>
		({ name: f.name, kind: f.type, value: f.value, accept: f.accept ?? '', open: !f.readOnly && !f.disabled })))
	for (const [i, about] of described.entries()) {
		const answer = about.name && about.open ? answerTo(answers, about.name) : undefined
		if (answer !== undefined && answer !== null)
			await put(fields.nth(i), about, answer)
	}
}

// A call of the interface, whose every answer has to be as the platform's own /openapi.json
// says; and what is sent.
import { call, facts as read } from '../lib/calls.mjs'
import { Contract } from '../lib/contract.mjs'

const facts = read(), prefix = new URL(facts.base).pathname
const own = new Contract((await call('GET', `${facts.address}/openapi.json`)).body)

export async function asked(method, path, more) {
	const answer = await call(method, facts.base + path, more), described = own.pathOf(prefix + path)
	if (!described)
		throw new Error(`/openapi.json does not know ${path}`)
	if (answer.body !== undefined)
		own.check(method, described, answer.status, answer.body, answer.headers.get('content-type'))
	return answer
}

export const answers = title => ({ kind: { value: 'enquiry' }, subject: { value: 'other' }, title: { value: title },
	body: { value: 'The lamp in front of the house is out.' }, phone: { value: '+97336000000' }, declaration: { value: true } })

export const pdf = '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n' +
	'3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>endobj\nxref\n0 4\n0000000000 65535 f \n' +
	'0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n164\n%%EOF\n'

export function document(type, name = 'certificate.pdf') {
	const form = new FormData()
	form.set('file', new Blob([pdf], { type }), name)
	return form
}

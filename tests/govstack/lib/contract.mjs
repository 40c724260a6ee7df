// An OpenAPI description (3.0 or 3.1), asked whether an answer is as it says.
import { readFileSync } from 'node:fs'
import Ajv from 'ajv'
import Ajv2020 from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { parse } from 'yaml'

const pointer = (...parts) =>
	parts.map(p => `/${encodeURIComponent(String(p).replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')

export class Contract {
	// `from`: a file, or the document itself.
	constructor(from) {
		const text = typeof from === 'string' ? readFileSync(from, 'utf8') : ''
		this.doc = !text ? from : from.endsWith('.json') ? JSON.parse(text) : parse(text)
		this.ajv = new (this.doc.openapi.startsWith('3.1') ? Ajv2020 : Ajv)({ strict: false, allErrors: true })
		formats(this.ajv)
		this.ajv.addFormat('int32', true).addFormat('base64', true)
		this.ajv.addSchema(this.doc, 'api')
	}

	// The described path that a real one is of: fixed parts win over parameters.
	pathOf(real) {
		const parts = real.split('?')[0].split('/')
		const fits = Object.keys(this.doc.paths).filter(p => p.split('/').length === parts.length &&
			p.split('/').every((x, i) => x.startsWith('{') ? parts[i] : x === parts[i]))
		return fits.sort((x, y) => x.split('{').length - y.split('{').length)[0]
	}

	// Where the description keeps the schema of an answer; throws when it has none.
	place(method, path, status, sent) {
		const answers = this.doc.paths[path]?.[method.toLowerCase()]?.responses
		const key = [status, `${String(status)[0]}XX`].find(k => answers?.[k])
		if (!key)
			throw new Error(`${method} ${path} is not described to answer ${status}`)
		let at = ['paths', path, method.toLowerCase(), 'responses', key]
		if (answers[key].$ref)
			at = answers[key].$ref.replace('#/', '').split('/')
		const answer = at.reduce((o, k) => o[k], this.doc)
		const types = Object.keys(answer.content ?? {}), type = types.find(t => t === sent?.split(';')[0]) ?? types[0]
		if (!type)
			throw new Error(`${method} ${path} ${status} is described without a body`)
		return pointer(...at, 'content', type, 'schema')
	}

	// Throws what is wrong with the body of an answer; `sent` is its content type, where the
	// description knows several.
	check(method, path, status, body, sent) {
		const schema = { $ref: `api#${this.place(method, path, status, sent)}` }
		const valid = this.ajv.compile(schema)
		if (!valid(body))
			throw new Error(valid.errors.map(e => `${e.instancePath || '/'} ${e.message}`).join('; ') +
				`: ${JSON.stringify(body).slice(0, 400)}`)
	}
}

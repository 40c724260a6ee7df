// A published OpenAPI 3.0 description, asked whether an answer is as it says.
import { readFileSync } from 'node:fs'
import Ajv from 'ajv'
import formats from 'ajv-formats'
import { parse } from 'yaml'

const pointer = (...parts) =>
	parts.map(p => `/${encodeURIComponent(String(p).replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')

export class Contract {
	constructor(path) {
		const text = readFileSync(path, 'utf8')
		this.doc = path.endsWith('.json') ? JSON.parse(text) : parse(text)
		this.ajv = new Ajv({ strict: false, allErrors: true })
		formats(this.ajv)
		this.ajv.addFormat('int32', true).addFormat('base64', true)
		this.ajv.addSchema(this.doc, 'api')
	}

	// Where the description keeps the schema of an answer; throws when it has none.
	place(method, path, status) {
		const answers = this.doc.paths[path]?.[method.toLowerCase()]?.responses
		if (!answers?.[status])
			throw new Error(`${method} ${path} is not described to answer ${status}`)
		let at = ['paths', path, method.toLowerCase(), 'responses', status]
		if (answers[status].$ref)
			at = answers[status].$ref.replace('#/', '').split('/')
		const answer = at.reduce((o, k) => o[k], this.doc)
		const type = Object.keys(answer.content ?? {})[0]
		if (!type)
			throw new Error(`${method} ${path} ${status} is described without a body`)
		return pointer(...at, 'content', type, 'schema')
	}

	// Throws what is wrong with the body of an answer.
	check(method, path, status, body) {
		const schema = { $ref: `api#${this.place(method, path, status)}` }
		const valid = this.ajv.compile(schema)
		if (!valid(body))
			throw new Error(valid.errors.map(e => `${e.instancePath || '/'} ${e.message}`).join('; ') +
				`: ${JSON.stringify(body).slice(0, 400)}`)
	}
}

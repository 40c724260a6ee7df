// One call of a program, and what came back.
import { readFileSync } from 'node:fs'

// What prepare.mjs handed over.
export const facts = () => JSON.parse(readFileSync(process.env.GOVSTACK_FACTS, 'utf8'))

// {status, headers, text, body, ms}: `body` is the JSON of the answer, or undefined.
// An object as `body` is sent as JSON; a FormData or a text as it is.
export async function call(method, url, { headers = {}, body } = {}) {
	const json = body !== undefined && typeof body !== 'string' && !(body instanceof FormData)
	const begun = performance.now()
	const answer = await fetch(url, {
		method,
		headers: { ...json ? { 'Content-Type': 'application/json' } : {}, ...headers },
		body: json ? JSON.stringify(body) : body,
		redirect: 'manual'
	})
	const text = await answer.text()
	const ms = performance.now() - begun
	let value
	try {
		value = JSON.parse(text)
	} catch {
		value = undefined
	}
	return { status: answer.status, headers: answer.headers, text, body: value, ms }
}

// Somebody at the pages of the platform, without JavaScript: forms are read and sent.
const unescape = s => s.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<')
	.replaceAll('&gt;', '>').replaceAll('&amp;', '&')

export class Visitor {
	constructor(address) {
		this.address = address
		this.cookies = new Map()
	}

	async take(path, body) {
		const answer = await fetch(this.address + path, {
			method: body ? 'POST' : 'GET',
			body,
			redirect: 'manual',
			headers: {
				Cookie: [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; '),
				...body ? { Origin: this.address } : {}
			}
		})
		for (const line of answer.headers.getSetCookie()) {
			const [name, value] = line.split(';')[0].split('=')
			this.cookies.set(name, value)
		}
		const to = answer.headers.get('location')
		if ([302, 303, 308].includes(answer.status))
			return this.take(to.replace(this.address, ''))
		this.page = await answer.text()
		if (answer.status !== 200)
			throw new Error(`${path}: ${answer.status} ${this.page.match(/error-message[^>]*>([^<]*)/)?.[1] ?? ''}`)
		return this.page
	}

	// Fills the form of the last page whose action ends so, and sends it.
	send(action, fields) {
		const form = this.page.match(new RegExp(`<form[^>]*action="([^"]*${action})"[^>]*>(.*?)</form>`, 's')) ??
			this.page.match(/<form[^>]*method="post"()[^>]*>(.*?)<\/form>/s)
		const body = new URLSearchParams()
		for (const [tag] of form[2].matchAll(/<input[^>]*type="hidden"[^>]*>/g))
			body.set(tag.match(/name="([^"]*)"/)[1], unescape(tag.match(/value="([^"]*)"/)?.[1] ?? ''))
		for (const [name, value] of Object.entries(fields))
			body.set(name, value)
		return this.take(form[1], body)
	}

	// The value of the choice of a select whose text has these words.
	choice(name, ...words) {
		const select = this.page.match(new RegExp(`<select[^>]*name="${name}".*?</select>`, 's'))[0]
		for (const [, value, text] of select.matchAll(/<option[^>]*value="([^"]*)"[^>]*>(.*?)<\/option>/gs))
			if (words.every(w => (value + text).includes(w)))
				return value
		throw new Error(`no choice ${words} of ${name}`)
	}

	async signIn(number, password) {
		await this.take('/en/sign-in')
		await this.send('/sign-in', { number, password })
		const [, code] = this.page.split('<main')[1].replace(/<[^>]*>/g, ' ').match(/\b(\d{6})\b/)
		await this.send('/sign-in/code', { code })
		return this
	}
}

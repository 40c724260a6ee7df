// One person at one browser, with or without scripts, in one language.
import { join } from 'node:path'
import { context, follow } from './browser.mjs'
import { checkPage } from './check.mjs'
import { report } from './tap.mjs'

export const PASSWORD = 'demo-only-password'
export const is = (what, got, wanted) => got === wanted ? [] : [`${what}: ${got}, not ${wanted}`]
export const has = (what, yes) => yes ? [] : [`${what} is missing`]

export class Walker {
	static pictures = null // a folder for pictures of every page
	brief = false // other suites look at these pages: only that they work

	constructor(site, browser, lang, script, who) {
		Object.assign(this, { site, browser, lang, script, who })
	}
	async begin() {
		this.context = await context(this.browser, {
			javaScriptEnabled: this.script,
			locale: this.lang === 'ar' ? 'ar-BH' : 'en-GB', acceptDownloads: true
		})
		this.page = await this.context.newPage()
		this.page.on('framenavigated', frame => this.meets(frame))
		this.complaints = []
		// A form with errors is answered 422, which the browser tells as an error.
		this.page.on('console', m => m.type() === 'error' && !/status of 422/.test(m.text()) && this.complaints.push(`console: ${m.text()}`))
		this.page.on('pageerror', e => this.complaints.push(`script: ${e.message}`))
		return this
	}
	end() { return this.context.close() }
	meets(frame) {
		const { origin } = new URL(frame.url())
		if (!frame.parentFrame() && origin.startsWith('http') && origin !== this.site.address)
			this.site.providers.add(origin)
	}
	// The page of an address, at rest: with all that came of what was done before.
	async to(path) {
		await this.site.rest()
		return this.page.goto(`${this.site.address}/${this.lang}${path}`)
	}
	// The page that is shown, at rest: after a press it may be older than what the press set going.
	async again() {
		await this.site.rest()
		return this.page.reload()
	}
	path() { return new URL(this.page.url()).pathname.replace(/^\/(ar|en)/, '') }
	press(selector) { return follow(this.page.locator(selector)) }
	// The page's own form: the first button of the main part that is not secondary.
	async send() {
		await follow(this.page.locator('main form button[type=submit]:not(.govuk-button--secondary):not(.govuk-button--warning)').first())
	}
	// A picture of the page that is shown, wide and narrow, when pictures are wanted.
	async keep(name) {
		if (!Walker.pictures)
			return
		const n = String(Walker.kept = (Walker.kept ?? 0) + 1).padStart(3, '0')
		const file = `${n}-${this.lang}-${this.script ? 'script' : 'plain'}-${name}`
		const size = this.page.viewportSize()
		for (const [end, box] of [['', size], ['-320', { width: 320, height: 700 }]]) {
			await this.page.setViewportSize(box)
			await this.page.screenshot({ path: join(Walker.pictures, `${file}${end}.png`), fullPage: true })
		}
		await this.page.setViewportSize(size)
	}
	// Reports the page that is shown, with what is wrong about it.
	async look(name, more = []) {
		const faults = [...more, ...this.complaints.splice(0)]
		if (this.script && !this.brief)
			faults.push(...await checkPage(this.page)) // in the dark and so on: pages.mjs
		else if (await this.page.locator('h1').count() !== 1)
			faults.push('not exactly one h1')
		await this.keep(name)
		this.faulty = (this.faulty ?? 0) + (faults.length > 0)
		report(`${this.lang} ${this.script ? 'script' : 'plain'} ${this.who}: ${name}`, faults)
	}
	async signIn(number) {
		await this.page.fill('#number', number)
		await this.page.fill('#password', PASSWORD)
		await this.send()
		const code = await this.page.locator('main code').first().textContent()
		await this.page.fill('#code', code)
	}
}


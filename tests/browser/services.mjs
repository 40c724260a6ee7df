// Lives through the services of the pack by their pages, in a real browser: the first
// scenario of each that ends with an outcome, in both languages, with and without scripts.
// The application, the payment at the provider that only plays, the officers' desks, the
// answers, the document. In English without scripts also the passing of time; elsewhere a life
// ends before its first wait.
//     node services.mjs [--pictures FOLDER] [--every] [en|ar] [script|plain] [SERVICE...]
// With --pictures every page on the way is kept, at 1280 and at 320 px, to be looked at;
// with --every also the other scenarios are lived, and time passes in both languages.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launch } from './lib/browser.mjs'
import { root } from './lib/diwan.mjs'
import { fill } from './lib/form.mjs'
import { platform } from './lib/platform.mjs'
import { finish, report } from './lib/tap.mjs'
import { is, Walker } from './lib/walker.mjs'

const PAGES_MAX = 40, DAY = 86400
const BETWEEN = 11 * 60 // seconds: the country's rule counts the payments of ten minutes
const folder = join(root, 'packs', 'bahrain')
const load = (...path) => JSON.parse(readFileSync(join(folder, ...path), 'utf8'))
const demo = load('demo.json')

// [service, scenario] of each; those that let time pass last.
function lives(only) {
	const waits = s => s.steps?.some(step => step.wait) ? 1 : 0
	return readdirSync(join(folder, 'services')).sort()
		.filter(s => (!only.length || only.includes(s)) && existsSync(join(folder, 'services', s, 'scenario.json')))
		.flatMap(s => load('services', s, 'scenario.json').scenarios.filter(x => !('refused' in x))
			.slice(0, every ? undefined : 1).map(x => [s, x]))
		.sort((x, y) => waits(x[1]) - waits(y[1]))
}

// The user tasks of a process by their ids: {role, entity, fourEyes}.
function tasksOf(service, definition) {
	const tasks = {}, text = readFileSync(join(folder, 'services', service, definition.process), 'utf8')
	if (definition.process.endsWith('.json')) // stages, one after the other
		return Object.fromEntries(JSON.parse(text).stages.map(s => [s.stage, { role: s.who, entity: definition.entity }]))
	for (const [tag] of text.matchAll(/<[^<>]*userTask\s[^>]*>/g)) {
		const of = name => tag.match(new RegExp(`[:\\s]${name}="([^"]*)"`))?.[1]
		tasks[of('id')] = { role: of('role'), entity: of('entity') ?? definition.entity, fourEyes: of('fourEyes') }
	}
	return tasks
}

// A platform whose clock stands where the scenario does, and the people at it.
class Trial {
	constructor(browser, lang, script) {
		Object.assign(this, { browser, lang, script, at: mkdtempSync(join(tmpdir(), 'diwan-lives-')), people: {} })
	}
	async begin(at) {
		this.tell(Math.round((Date.parse(at) - Date.now()) / 1000))
		this.site = await platform({ words: [`--clock_offset_file=${join(this.at, 'offset')}`] })
		return this
	}
	tell(offset) {
		this.offset = offset
		// Changed as a whole: a clock read halfway would go back to today.
		writeFileSync(join(this.at, 'next'), String(offset))
		renameSync(join(this.at, 'next'), join(this.at, 'offset'))
	}
	async person(account) {
		if (!this.people[account]) {
			const w = await new Walker(this.site, this.browser, this.lang, this.script, account).begin()
			w.brief = this.lang !== 'ar' // each template is looked at in both languages elsewhere
			await w.to('/sign-in')
			await w.signIn(demo.accounts.find(a => a.id === account).national_number)
			await w.send()
			this.people[account] = w
		}
		return this.people[account]
	}
	// A week at a time, so that what one timer sets in motion another may follow.
	async wait(text) {
		await this.site.rest()
		for (let left = parseInt(text.replace(/\D/g, '')) * (text.endsWith('D') ? DAY : 3600); left > 0; left -= 7 * DAY) {
			this.tell(this.offset + Math.min(left, 7 * DAY))
			await this.site.rest()
		}
		await this.leave() // sessions have ended meanwhile
	}
	async leave() {
		for (const w of Object.values(this.people))
			await w.end()
		this.people = {}
	}
	async end() {
		await this.leave()
		await this.site.stop()
		rmSync(this.at, { recursive: true, force: true })
	}
}

const errors = async w => {
	const summary = w.page.locator('.govuk-error-summary')
	return await summary.count() ? (await summary.first().innerText()).replace(/\s+/g, ' ') : ''
}

// Fills page after page until the path is one of the ends. What the button on the last page
// says of paying is what happens.
async function goThrough(w, answers, ends) {
	for (let n = 0, promised = false; n < PAGES_MAX; n++) {
		if (ends.test(w.path())) {
			if (promised !== w.path().endsWith('/pay'))
				throw new Error(`${w.path()}: sending promised ${promised ? 'a' : 'no'} payment at once`)
			return
		}
		const wrong = await errors(w)
		if (wrong)
			throw new Error(`${w.path()}: ${wrong}`)
		await fill(w.page.locator('main form').first(), answers)
		await w.keep(w.path().split('/').slice(-2).join('-'))
		promised = w.path().endsWith('/check') && await w.page.getByRole('button', { name: /send and pay|وسداد/ }).count() > 0
		await w.send()
	}
	throw new Error(`still at ${w.path()} after ${PAGES_MAX} pages`)
}

class Life {
	constructor(trial, service, scenario) {
		Object.assign(this, { trial, service, scenario, answers: { ...scenario.answers }, doneBy: {} })
		this.definition = load('services', service, 'service.json')
		this.tasks = tasksOf(service, this.definition)
	}
	applicant() { return this.trial.person(this.scenario.applicant) }

	async apply() {
		const w = await this.applicant()
		await w.to(`/services/${this.service}`)
		await w.keep(`${this.service}-card`)
		await w.to(`/services/${this.service}/apply`)
		await w.keep(`${this.service}-apply`)
		await w.send()
		await goThrough(w, this.answers, /\/(confirmation|pay)$/)
		await w.look(`${this.service}-sent`)
		this.reference = w.path().split('/')[2]
	}

	async pay() {
		const w = await this.applicant()
		await w.to(`/applications/${this.reference}/pay`)
		await w.keep(`${this.service}-pay`)
		await w.send()
		await w.page.waitForSelector('#card')
		await w.page.fill('#card', '4242 4242 4242 4242')
		await w.page.locator('input[name=outcome][value=succeed]').check()
		await w.keep(`${this.service}-provider`)
		await w.send()
		await w.page.waitForURL(`${w.site.address}/**`)
		await w.keep(`${this.service}-paid`)
	}

	// The applicant's own page of the case, as it stands now.
	async keepOwn() {
		if (!Walker.pictures)
			return
		const w = await this.applicant()
		await w.to(`/applications/${this.reference}`)
		await w.keep(`${this.service}-own`)
	}

	officer(element) {
		const { role, entity, fourEyes } = this.tasks[element], other = this.doneBy[fourEyes]
		const may = a => a.roles.some(r => r.role === role && r.entity === entity)
		return demo.accounts.find(a => may(a) && a.id !== other && a.id !== this.scenario.applicant)?.id
	}

	async shown(w, path, selector) {
		await w.to(path)
		if (!await w.page.locator(selector).count())
			throw new Error(`${path} does not show ${selector}`)
	}

	async task(step) {
		const who = this.officer(step.task)
		if (!who)
			throw new Error(`nobody may do ${step.task}`)
		this.doneBy[step.task] = who
		const w = await this.trial.person(who), at = `/desk/cases/${this.reference}`
		await this.shown(w, at, 'form[action$="/claim"] button')
		await w.keep(`${this.service}-${step.task}-case`)
		await w.press('form[action$="/claim"] button')
		await fill(w.page.locator('form[action$="/decide"]'), { ...step.vars, outcome: step.outcome, reason: step.reason })
		await w.look(`${this.service}-${step.task}`)
		await w.press('form[action$="/decide"] button[type=submit]')
		const wrong = await errors(w)
		if (wrong)
			throw new Error(`${step.task}: ${wrong}`)
		await w.keep(`${this.service}-${step.task}-done`)
	}

	async answer(changes) {
		Object.assign(this.answers, changes)
		const w = await this.applicant(), own = `/applications/${this.reference}`
		await this.shown(w, own, '.dw-status--action a, .dw-status--action button')
		await w.to(`${own}/continue`)
		await goThrough(w, this.answers, new RegExp(`${own}(/confirmation)?/?$`))
	}

	async step(step) {
		if (step.work?.startsWith('payment'))
			await this.pay()
		else if (step.task)
			await this.task(step)
		else if (step.wait)
			await this.trial.wait(step.wait)
		else if (step.answer)
			await this.answer(step.answer)
	}

	// True when all of it was lived; false before a wait that is left out.
	async live(waits) {
		await this.apply()
		await this.keepOwn()
		for (const step of this.scenario.steps ?? []) {
			if (step.wait && !waits)
				return false
			await this.step(step)
			await this.keepOwn()
		}
		return true
	}

	// The applicant's own page tells how it ended, and has the document.
	async ended() {
		const w = await this.applicant(), own = `/applications/${this.reference}`
		const issued = this.scenario.steps.some(s => s.work?.startsWith('issue'))
		await this.shown(w, own, issued ? 'main a[href*="/documents/"]' : 'main')
		const ends = this.definition.ends ?? {}, { outcome } = this.scenario
		const named = ['approved', 'rejected', 'withdrawn'].includes(outcome) ? undefined : ends[outcome]
		const called = named ?? ends[issued ? 'issued' : outcome]
		const tag = (await w.page.locator('main .govuk-tag').first().innerText()).trim()
		await w.look(`${this.service}-ended`, called ? is('the state', tag, called[this.trial.lang]) : [])
	}
}

async function lived(trial, service, scenario, waits) {
	const name = `${trial.lang} ${trial.script ? 'script' : 'plain'}: ${service}`
	try {
		const life = new Life(trial, service, scenario)
		if (await life.live(waits))
			await life.ended()
		report(`${name} is lived through ${life.reference}`, [])
	} catch (e) {
		report(`${name} is lived through`, [e.message.split('\n')[0]])
	}
}

async function walk(browser, lang, script, only) {
	const waits = every || lang === 'en' && !script
	let shared = null
	for (const [service, scenario] of lives(only)) {
		const own = every || waits && scenario.steps?.some(s => s.wait)
		const trial = own || !shared ? await new Trial(browser, lang, script).begin(scenario.at) : shared
		await lived(trial, service, scenario, waits)
		await trial.leave()
		trial.tell(trial.offset + BETWEEN)
		if (own)
			await trial.end()
		else
			shared = trial
	}
	await shared?.end()
}

const args = process.argv.slice(2).filter(a => a !== '--every'), at = args.indexOf('--pictures')
const every = process.argv.includes('--every')
if (at >= 0)
	mkdirSync(Walker.pictures = args.splice(at, 2)[1], { recursive: true })
const pick = all => all.filter(x => !all.some(y => args.includes(y)) || args.includes(x))
const only = args.filter(a => !['en', 'ar', 'script', 'plain'].includes(a))
const browser = await launch()
for (const lang of pick(['en', 'ar']))
	for (const mode of pick(['script', 'plain']))
		await walk(browser, lang, mode === 'script', only)
await browser.close()
finish()

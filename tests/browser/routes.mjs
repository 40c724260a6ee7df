// Every page that the platform has, on a running one, in both languages: no violation of
// axe, right to left, at 1280 and 320 pixels. The list is the program's own (`diwan routes`):
// a page that nobody is led to, and that is not named below with its reason, is a fault.
//     node routes.mjs [PART-OF-A-PATH...]
// First people do what makes pages: one applies, pays, is decided upon; another leaves a
// draft. Then each demo account follows the links it is shown, and every route is looked at
// where it was first met.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { launch } from './lib/browser.mjs'
import { checkPage } from './lib/check.mjs'
import { root } from './lib/diwan.mjs'
import { SERVICE, applies, decidesByHand, pays } from './lib/idcard.mjs'
import { platform } from './lib/platform.mjs'
import { finish, report } from './lib/tap.mjs'
import { Walker } from './lib/walker.mjs'

const VISITS = 4 // of one route by one account: another case may show other links

// Where an account begins beside the first page: what no link on a page leads to.
const starts = {
	nobody: [`/embed/services/${SERVICE}`],
	officer: ['/desk/selected?do=claim'],
	operator: ['/admin/erasures']
}
// Routes that are not looked at here, and why.
const left = {
	'/applications/:reference/continue': 'it leads on to a page of the form',
	'/id/service/:id': 'it leads to the card',
	'/applications/:reference/confirmation': 'of a service without a fee; the sample of its template is looked at',
	'/files/:id': 'a file that its owner sent',
	'/openapi.json': 'for programs',
	'/services/:id/pdf': 'a file',
	'/entities/:id/pdf': 'a file',
	'/operator/cases/:id': 'the operator is led to cases that failed, and none did; the sample of its template is looked at',
	'/operator/cases/:id/diagram.svg': 'the same, and a picture',
	'/operator/cases/:id/migrate': 'the same, and of a service that has two versions',
	'/payments/:reference/pay': 'of an order that another system made; its template is that of /applications/:reference/pay',
	'/pay/:reference': 'the same',
	'/lead/:attempt': 'it leads on to the provider as soon as there is an address; the sample of its template is looked at',
	'/pay-link/:token': 'only in a notice to the payer; the journeys of payments open it, and its samples are looked at',
	'/wallet/:attempt': 'of a payment by wallet under way; the sample of its template is looked at',
	'/payments-desk/payouts/:id': 'of a batch that a program handed over; the sample of its template is looked at',
	'/payments-desk/vouchers/:id': 'of a voucher that a program made; the sample of its template is looked at',
	'/disputes/:id/bundle': 'a file, of a disputed payment',
	'/policy/changes/:id/editor': 'only where an operator fetched the editors (tools/editors.sh)'
}

const wanted = process.argv.slice(2)
const accounts = JSON.parse(readFileSync(join(root, 'packs/bahrain/demo.json'), 'utf8')).accounts
	.map(a => ({ id: a.id, number: a.national_number }))

function routes() {
	const run = spawnSync(process.env.DIWAN ?? join(root, 'build', 'diwan'), ['routes', '--json'],
		{ encoding: 'utf8', cwd: root, maxBuffer: 64 << 20 })
	const all = JSON.parse(run.stdout)
	return (all.routes ?? all).filter(r => r.method === 'GET' && !r.path.startsWith('/api/'))
		.map(r => ({ ...r, parts: r.path.split('/') }))
}

// The route of a path: a fixed part wins over a parameter.
function routeOf(all, path) {
	const parts = path.split('/')
	const fits = all.filter(r => r.parts.length === parts.length &&
		r.parts.every((p, i) => p.startsWith(':') ? parts[i] : p === parts[i]))
	return fits.sort((x, y) => x.path.split(':').length - y.path.split(':').length)[0]
}

class Quiet extends Walker {
	async look() {}
}

// Pages that people came by, of each account: they begin there, too.
const walked = new Map()

function note(who, site, frame) {
	const url = new URL(frame.url())
	if (frame.parentFrame() || url.origin !== site.address || !url.pathname.startsWith('/en/'))
		return
	walked.set(who, [...walked.get(who) ?? [], url.pathname.slice(3)])
}

async function person(site, browser, who) {
	const w = await new Quiet(site, browser, 'en', true, who).begin()
	w.page.on('framenavigated', frame => note(who, site, frame))
	const number = accounts.find(a => a.id === who)?.number
	if (number) {
		await w.to('/sign-in')
		await w.signIn(number)
		await w.send()
	}
	return w
}

async function apply(site, browser, who) {
	const w = await person(site, browser, who)
	await w.to(`/services/${SERVICE}/apply`)
	await w.send()
	await applies(w)
	return w
}

async function paid(site, browser, who) {
	const w = await apply(site, browser, who)
	await w.send()
	const reference = w.path().split('/')[2]
	await pays(w)
	await w.end()
	return reference
}

// One was approved and began another application, one was rejected, one has paid and waits,
// one has not paid; an author began changes of a rule, of a process and of a card.
async function live(site, browser) {
	const approved = await paid(site, browser, 'citizen'), rejected = await paid(site, browser, 'senior')
	const officer = await person(site, browser, 'officer')
	await officer.to('/desk')
	await decidesByHand(officer, approved)
	await officer.to(`/desk/cases/${rejected}`)
	await officer.press(`form[action$="/${rejected}/claim"] button`)
	await officer.page.check('input[name=outcome][value=reject]')
	await officer.page.fill('#reason', 'The photograph is of somebody else.')
	await officer.press(`form[action$="/${rejected}/decide"] button[type=submit]`)
	await officer.end()
	await paid(site, browser, 'resident')
	const waits = await apply(site, browser, 'worker')
	await waits.send()
	await waits.end()
	await (await apply(site, browser, 'citizen')).end()
	const author = await person(site, browser, 'policy-author')
	for (const model of ['fee', 'process']) {
		await author.to(`/policy/services/${SERVICE}/${model}`)
		await author.send()
	}
	await author.to('/cards/of/idcard-issue')
	await author.press('form[action$="/cards/of/idcard-issue"] button')
	await author.end()
}

async function halfSignedIn(site, browser) {
	const w = await person(site, browser, 'half signed in')
	await w.to('/sign-in')
	await w.page.fill('#number', accounts[0].number)
	await w.page.fill('#password', 'demo-only-password')
	await w.send()
	return w
}

// Follows links from page to page; tells the first address of each route.
async function crawl(site, w, who, all, met) {
	await site.rest()
	const queue = ['/', ...starts[who] ?? [], ...walked.get(who) ?? []], seen = new Set(queue), visits = new Map()
	while (queue.length) {
		const path = queue.shift(), route = routeOf(all, path.split('?')[0])
		if (!route || (visits.get(route.path) ?? 0) >= VISITS)
			continue
		const answer = await w.context.request.get(`${site.address}/en${path}`, { maxRedirects: 0 })
		if (answer.status() !== 200)
			continue
		visits.set(route.path, (visits.get(route.path) ?? 0) + 1)
		const html = (answer.headers()['content-type'] ?? '').startsWith('text/html')
		if (!met.has(route.path))
			met.set(route.path, { who, path, html })
		if (!html)
			continue
		for (const [, href] of (await answer.text()).matchAll(/(?:href|src)="\/en(\/[^"#]*)/g)) {
			const to = href.replaceAll('&amp;', '&')
			if (!seen.has(to)) {
				seen.add(to)
				queue.push(to)
			}
		}
	}
}

async function check(w, lang, path) {
	w.complaints.splice(0)
	w.lang = lang
	const answer = await w.to(path)
	const faults = answer.status() === 200 ? [] : [`status ${answer.status()}`]
	const there = new URL(w.page.url()).pathname
	if (there !== `/${lang}${path.split('?')[0]}`)
		faults.push(`led to ${there}`)
	// The switch of languages leads to the same page, with what was asked of it; a card in
	// the frame of another site has none.
	const other = lang === 'ar' ? 'en' : 'ar'
	const leads = await w.page.locator(`a[hreflang=${other}]`).first().getAttribute('href').catch(() => null)
	if (leads !== (path.startsWith('/embed/') ? null : `/${other}${path}`))
		faults.push(`the other language is at ${leads}`)
	// In the dark, on paper and so on the same templates are looked at by pages.mjs.
	return [...faults, ...w.complaints, ...await checkPage(w.page)]
}

const site = await platform()
const browser = await launch()
const all = routes(), met = new Map()
await live(site, browser)

// The one whose password alone was given keeps that; the others sign in when it is their turn.
const begin = who => who === 'half signed in' ? halfSignedIn(site, browser) : person(site, browser, who)

const people = ['nobody', 'half signed in', ...accounts.map(a => a.id)]
for (const who of people) {
	const w = await begin(who)
	await crawl(site, w, who, all, met)
	await w.end()
}
const asked = all.filter(r => !wanted.length || wanted.some(p => r.path.includes(p)))
for (const who of people) {
	const theirs = asked.filter(r => met.get(r.path)?.who === who && met.get(r.path).html && !left[r.path])
	const w = theirs.length ? await begin(who) : null
	for (const r of theirs)
		for (const lang of ['ar', 'en'])
			// proves: POR-01 POR-02
			report(`${lang} ${who} ${r.path}`, await check(w, lang, met.get(r.path).path))
	await w?.end()
}
for (const r of asked) {
	const at = met.get(r.path)
	if (left[r.path] && at?.html)
		report(`${r.path}: not looked at (${left[r.path]})`, [`but it can be, at ${at.path}`])
	else if (!at && !left[r.path])
		report(r.path, ['no link leads here, and no reason is given not to look'])
	else if (!at?.html)
		console.log(`# ${r.path}: ${left[r.path] ?? `no page but a file, as ${at.who} at ${at.path}`}`)
}
await browser.close()
await site.stop()
finish()

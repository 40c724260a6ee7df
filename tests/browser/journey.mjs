// A citizen's journey on a running platform, in a real browser: both languages, with
// and without scripts. Finds a service, signs in, applies with a photograph, leaves and
// resumes, checks, sends, pays at the provider's, an officer decides, the certificate is
// verified by a stranger, the service is rated.
//     node journey.mjs [--pictures FOLDER] [en|ar] [script|plain]
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { follow, launch } from './lib/browser.mjs'
import { platform } from './lib/platform.mjs'
import { finish, report } from './lib/tap.mjs'
import { SERVICE, applies, decidesByHand, pays } from './lib/idcard.mjs'
import { Walker, has, is } from './lib/walker.mjs'

const args = process.argv.slice(2)
const at = args.indexOf('--pictures')
const folder = at >= 0 ? args.splice(at, 2)[1] : null
if (folder)
	mkdirSync(folder, { recursive: true })
Walker.pictures = folder

// The code of an issued document, as its page shows it.
function code(pdf) {
	const run = spawnSync('pdftotext', ['-', '-'], { input: pdf, encoding: 'utf8' })
	return run.stdout?.match(/[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/)?.[0] ?? 'none'
}


async function journey(site, browser, lang, script, citizen) {
	const w = await new Walker(site, browser, lang, script, 'citizen').begin()
	await w.to('/')
	await w.look('home')
	await w.page.fill('#q', lang === 'ar' ? 'بطاقه مفقوده' : 'lost card')
	await follow(w.page.locator('form[role=search] button').first())
	await w.look('search', has('the service', await w.page.locator(`main a[href$="/services/${SERVICE}"]`).count() > 0))
	await follow(w.page.locator(`main a[href$="/services/${SERVICE}"]`).first())
	await w.look('card')
	await follow(w.page.locator('main a[role=button], main .govuk-button--start').first())
	await w.look('sign-in', is('where the start leads', w.path(), '/sign-in'))
	await w.page.fill('#number', citizen)
	await w.page.fill('#password', 'wrong')
	await w.send()
	await w.look('sign-in-wrong', is('errors', await w.page.locator('.govuk-error-summary').count(), 1))
	await w.signIn(citizen)
	await w.look('code')
	await w.send()
	await w.look('start', is('after signing in', w.path(), `/services/${SERVICE}/apply`))
	await w.send()
	const pages = await applies(w)
	report(`${lang} ${script ? 'script' : 'plain'} citizen: pages of the form`,
		has('a page', ['who', 'what', 'when', 'photograph', 'declaration'].every(p => pages.includes(p))))
	await w.look('check', has('the fee', /\d+\.000/.test(await w.page.locator('main').textContent())))
	await w.send()
	await w.look('pay', is('after sending', w.path().split('/').pop(), 'pay'))
	const reference = w.path().split('/')[2]
	await pays(w)
	await w.look('confirmation', has('the reference', (await w.page.locator('main').textContent()).includes(reference)))
	await w.to(`/applications/${reference}`)
	const receipt = w.page.locator('.dw-timeline', { hasText: { ar: 'إيصال سداد', en: 'Receipt' }[w.lang] })
	await w.look('application', has('the receipt in the story', await receipt.count()))
	return [w, reference]
}

// The keys can be turned off for good: then a page leaves each of them to the browser, and
// they come back when they are turned on. None does anything where one types.
async function keysAreAChoice(w, reference) {
	const toggle = w.page.locator('[data-dw-keys-off]')
	const focused = () => w.page.evaluate(() => document.activeElement?.closest('[data-dw-keys]') ? 'a case' : 'none')
	const checked = () => w.page.locator('[data-dw-keys] tbody input:checked').count()
	const faults = []
	await w.page.focus('#q')
	await w.page.keyboard.type('jxoc')
	faults.push(...is('typed', await w.page.inputValue('#q'), 'jxoc'), ...is('selected while typing', await checked(), 0))
	await toggle.click()
	await w.page.reload()
	for (const k of ['j', 'x', 'k', 'o', 'c', 'd'])
		await w.page.keyboard.press(k)
	faults.push(...is('where the focus went', await focused(), 'none'), ...is('selected', await checked(), 0),
		...is('page', w.path(), '/desk'))
	await w.to(`/desk/cases/${reference}`)
	await w.page.evaluate(() => document.addEventListener('submit', () => { document.body.dataset.sent = 'yes' }))
	await w.page.keyboard.press('c')
	faults.push(...is('forms sent by c', await w.page.locator('[data-sent]').count(), 0), ...is('forms to take the case, after c', await w.page.locator('form[data-dw-key=c]').count(), 1))
	await w.to('/desk')
	await toggle.click()
	await w.page.reload()
	await w.page.keyboard.press('j')
	await w.page.keyboard.press('x')
	faults.push(...is('selected when they are on', await checked(), 1), ...is('focus', await focused(), 'a case'))
	await w.page.keyboard.press('x')
	report(`${w.lang} officer: keys j k x o c are a choice`, faults)
	await w.to('/desk')
}

// The keyboard alone: from the list to the decision, in at most twelve keystrokes.
async function decidesByKeys(w, reference) {
	let strokes = 0
	const key = k => { strokes++; return w.page.keyboard.press(k) }
	const leads = async k => { await Promise.all([w.page.waitForNavigation(), key(k)]) }
	const there = () => w.page.evaluate(() => document.activeElement?.getAttribute('href') ?? '')
	for (let rows = 0; rows < 6 && !(await there()).endsWith(reference); rows++)
		await key('j')
	await leads('o')
	await w.look('desk-case')
	await leads('c')
	await w.look('desk-decide') // before: looking moves the focus
	await key('d')
	await key('Space')
	await leads('Enter')
	report(`${w.lang} officer: keystrokes from the list to the decision`, strokes <= 12 ? [] : [`${strokes}`])
}

// An officer of the entity: the work list, the case, the decision.
async function decides(site, browser, lang, script, reference) {
	const w = await new Walker(site, browser, lang, script, 'officer').begin()
	await w.to('/sign-in')
	await w.signIn('800599905')
	await w.send()
	await w.look('desk', has('the case', await w.page.locator(`main a[href$="/desk/cases/${reference}"]`).count()))
	if (script) {
		await keysAreAChoice(w, reference)
		await decidesByKeys(w, reference)
	} else
		await decidesByHand(w, reference)
	await w.look('desk-decided')
	await w.end()
}

// An officer of another entity is not told that there is such a case.
async function refused(site, browser, lang, script, reference) {
	const w = await new Walker(site, browser, lang, script, 'stranger').begin()
	await w.to('/sign-in')
	await w.signIn('820799906')
	await w.send()
	const listed = await w.page.locator(`main a[href$="/desk/cases/${reference}"]`).count()
	const answer = await w.to(`/desk/cases/${reference}`)
	report(`${lang} ${script ? 'script' : 'plain'} stranger: the case is not there`,
		[...is('listed', listed, 0), ...is('status', answer.status(), 404)])
	await w.end()
}

async function certificate(w, reference) {
	await w.to(`/applications/${reference}`)
	const link = w.page.locator('main .dw-files a').filter({ hasText: /^IDC-/ })
	await w.look('decided', has('the certificate', await link.count()))
	const answer = await w.context.request.get(new URL(await link.first().getAttribute('href'), w.site.address).href)
	const pdf = await answer.body()
	report(`${w.lang} ${w.script ? 'script' : 'plain'} citizen: the certificate`,
		[...is('status', answer.status(), 200), ...is('type', pdf.subarray(0, 5).toString(), '%PDF-')])
	return pdf
}

// A stranger reads the code on the paper and asks whether it stands.
async function verifies(site, browser, lang, script, pdf) {
	const w = await new Walker(site, browser, lang, script, 'stranger').begin()
	await w.to('/verify')
	await w.look('verify')
	await w.page.fill('#code', code(pdf))
	await w.send()
	await w.look('verified', [...is('verdicts', await w.page.locator('.dw-verdict:not(.dw-verdict--bad)').count(), 1),
		...has('only initials', !/Maryam|مريم/.test(await w.page.locator('main').textContent()))])
	await w.page.fill('#code', '0000-0000-0000')
	await w.send()
	await w.look('not-verified', is('verdicts', await w.page.locator('.dw-verdict--bad').count(), 1))
	await w.end()
}

async function rates(w, reference) {
	await w.to(`/applications/${reference}`)
	await w.page.locator('input[name=rating][value="5"]').check()
	await follow(w.page.locator(`form[action$="/${reference}/rating"] button`))
	await w.look('rated', is('asked again', await w.page.locator('input[name=rating]').count(), 0))
	await w.to('/track')
	await w.page.fill('#reference', reference.toLowerCase())
	await w.send()
	await w.look('track', has('the state', await w.page.locator('main .govuk-tag').count()))
	await w.to('/documents')
	await w.look('documents')
	await w.to('/inbox')
	// Received, paid, approved, ready: the receipt is told with the payment.
	await w.look('inbox', is('notices', await w.page.locator('main a[href*="/inbox/"]').count(), 4))
	await w.to('/profile')
	await w.look('profile', has('who read it', (await w.page.locator('#access ~ ul').first().textContent()).includes(reference)))
}

const site = await platform()
const browser = await launch()
// Each walks once: a citizen, one of 61, a resident, a domestic worker.
const citizens = { en: { true: '850199901', false: '650699902' }, ar: { true: '900399903', false: '930899904' } }
for (const lang of ['en', 'ar'].filter(l => !args.some(a => /^(en|ar)$/.test(a)) || args.includes(l)))
	for (const script of [true, false].filter(s => !args.some(a => /^(script|plain)$/.test(a)) || args.includes(s ? 'script' : 'plain'))) {
		const [w, reference] = await journey(site, browser, lang, script, citizens[lang][script])
		await refused(site, browser, lang, script, reference)
		await decides(site, browser, lang, script, reference)
		await verifies(site, browser, lang, script, await certificate(w, reference))
		await rates(w, reference)
		const way = `${lang} ${script ? 'with scripts' : 'without scripts'}`
		// proves: POR-02
		report(`${way}: an application is completed, every page clean`, is('pages with faults', w.faulty, 0))
		await w.end()
	}
await browser.close()
await site.stop()
finish()

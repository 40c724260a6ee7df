// Four people and a bill, on a running platform in a real browser, in both languages:
// a payer pays a bill, keeps the receipt and finds it again; a cashier takes cash, asks
// for a refund, and sends a link to a payer on the telephone, who pays by it elsewhere;
// a reconciler approves it, resolves what a statement has too much, and closes the day;
// an auditor sees all of it and may change nothing.
//     node payments.mjs [--pictures FOLDER] [en|ar]
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { follow, launch } from './lib/browser.mjs'
import { root } from './lib/diwan.mjs'
import { platform } from './lib/platform.mjs'
import { finish, report } from './lib/tap.mjs'
import { Walker, has, is } from './lib/walker.mjs'

const args = process.argv.slice(2)
const at = args.indexOf('--pictures')
const folder = at >= 0 ? args.splice(at, 2)[1] : null
if (folder)
	mkdirSync(folder, { recursive: true })
Walker.pictures = folder

// A payer for each language: too many payments of one in ten minutes are blocked.
const PAYER = { en: '850199901', ar: '650699902' }, CASHIER = '800599905', RECONCILER = '770699915', AUDITOR = '760999909'
const data = mkdtempSync(join(tmpdir(), 'diwan-payments-'))
const program = process.env.DIWAN ?? join(root, 'build', 'diwan')

function command(...words) {
	const run = spawnSync(program, [...words, `--data-dir=${data}`], { cwd: root, encoding: 'utf8' })
	return [0, 1].includes(run.status) ? run.stdout : `${words[0]} ${words[1]}: ${run.status} ${run.stderr}`
}

async function signedIn(site, browser, lang, who, number) {
	const w = await new Walker(site, browser, lang, true, who).begin()
	await w.to('/sign-in')
	await w.signIn(number)
	await w.send()
	return w
}

const text = w => w.page.locator('main').innerText()
const reference = w => w.path().match(/^\/payments\/([^/]+)/)?.[1] ?? 'none'

// Chooses a bill by its number and goes to its payment.
async function chooses(w, number) {
	await w.to('/bills')
	await w.look('bills')
	await w.page.locator('tr', { hasText: number }).locator('input[type=checkbox]').check()
	await w.send()
	return reference(w)
}

async function payer(site, browser, lang) {
	const w = await signedIn(site, browser, lang, 'payer', PAYER[lang])
	const paid = await chooses(w, `W-${lang}`)
	await w.look('pay', has('the rounding', (await text(w)).length > 50))
	await w.send()
	await w.page.fill('#card', '4000 0000 0000 0002')
	await follow(w.page.locator('main form button').first())
	await w.to(`/payments/${paid}`)
	await w.look('paid', has('a receipt', await w.page.locator('main a[href*="/receipts/"]').count() > 0))
	await w.to('/payments')
	await w.look('history', has('the payment', (await text(w)).includes('4.000')))
	await w.page.fill('#q', paid.toLowerCase())
	await follow(w.page.locator('form.dw-filters button'))
	await w.look('history found', has('the payment', (await text(w)).includes(paid)))
	const open = await chooses(w, `C-${lang}`)
	const called = await chooses(w, `T-${lang}`)
	await w.end()
	return { paid, open, called }
}

// An officer sends a link; the payer reads it in the inbox and pays, as nobody who is
// signed in, on another device; a third device gets nothing out of it.
async function telephone(site, browser, lang, order) {
	const officer = await signedIn(site, browser, lang, 'telephone officer', CASHIER)
	await officer.to(`/payments/${order}`)
	await follow(officer.page.locator('form[action$="/link"] button'))
	await officer.look('link sent', has('no link', !(await officer.page.content()).includes('/pay-link/')))
	const payer = await signedIn(site, browser, lang, 'telephone payer', PAYER[lang])
	await payer.to('/inbox')
	await follow(payer.page.locator('.dw-inbox a').first())
	const link = await payer.page.locator('main a[href*="/pay-link/"]').getAttribute('href')
	await payer.look('link in the inbox', has('the amount', (await text(payer)).includes('3.000')))
	await payer.end()
	const path = new URL(link, site.address).pathname.replace(/^\/(en|ar)/, '')
	const device = await new Walker(site, browser, lang, true, 'telephone device').begin()
	await device.to(path)
	await device.look('what to pay', is('a card number', await device.page.locator('input[autocomplete^=cc]').count(), 0))
	await device.send()
	const other = await new Walker(site, browser, lang, true, 'telephone stranger').begin()
	await other.to(path)
	await other.send()
	await other.look('refused elsewhere', is('where', other.path(), path))
	await other.end()
	await device.page.fill('#card', '4000 0000 0000 0002')
	await follow(device.page.locator('main form button').first())
	await device.to(path)
	await device.look('paid', has('the amount', (await text(device)).includes('3.000')))
	await device.end()
	await officer.to(`/payments/${order}`)
	await officer.look('payment of the call', is('links and notices', await officer.page.locator('main table').count() > 5, true))
	await officer.end()
}

async function cashier(site, browser, lang, order) {
	const w = await signedIn(site, browser, lang, 'cashier', CASHIER)
	await w.to(`/payments/${order}`)
	await w.look('payment', has('the counter', await w.page.locator('form[action$="/counter"]').count() === 1))
	await follow(w.page.locator('form[action$="/counter"] button'))
	await w.to(`/payments/${order}`)
	await w.page.fill('#amount', '1.000')
	await w.page.fill('#reason', lang === 'ar' ? 'دُفع أكثر من المطلوب' : 'Paid too much')
	await follow(w.page.locator('form[action$="/refund"] button'))
	await w.to(`/payments/${order}`)
	await w.look('refund asked', is('who may approve it', await w.page.locator('form[action*="/refunds/"]').count(), 0))
	await w.end()
}

// What the provider says, with an entry that nobody here knows.
function statement(lang) {
	const file = join(data, `${lang}.csv`)
	writeFileSync(file, 'kind,payment,reference,order,amount,currency,at\n' +
		`payment,77,SIM-${lang},P0,5.000,BHD,2026-01-01T10:00:00Z\n`)
	return command('payments', 'settle', 'gateway', file, '--from=2020-01-01', '--to=2020-01-02')
}

// `cash`: what the till has taken so far, in both languages.
async function reconciler(site, browser, lang, order, cash) {
	const w = await signedIn(site, browser, lang, 'reconciler', RECONCILER)
	const said = statement(lang)
	await w.to('/payments-desk')
	await w.look('desk', [...has('the refund', (await text(w)).includes('1.000')),
		...has(`the exception (${said})`, (await text(w)).includes('77 P0'))])
	await w.page.locator('form[action*="/exceptions/"] input[name=resolution]').first().fill('A stranger')
	await follow(w.page.locator('form[action*="/exceptions/"] button').first())
	await w.look('resolved', is('exceptions', await w.page.locator('form[action*="/exceptions/"]').count(), 0))
	await w.to(`/payments/${order}`)
	await follow(w.page.locator('form[action*="/refunds/"] button[value=approve]'))
	await w.look('refund approved')
	await w.to('/payments-desk/close')
	await w.page.selectOption('#entity', 'ewa')
	await follow(w.page.locator('form.dw-filters button'))
	await w.look('close', has('cash', (await text(w)).includes(cash)))
	await w.to('/payments-desk/treasury')
	await w.look('treasury')
	await w.end()
}

async function auditor(site, browser, lang, orders) {
	const w = await signedIn(site, browser, lang, 'auditor', AUDITOR)
	for (const order of orders) {
		await w.to(`/payments/${order}`)
		await w.look('payment', [...has('the ledger', (await text(w)).includes('income/fees/4310')),
			...is('forms', await w.page.locator('main form[method=post]').count(), 0)])
	}
	await w.to(`/payments-desk?q=${orders[0]}`)
	await w.look('found', has('the payment', (await text(w)).includes('4.000')))
	await w.to('/payments-desk/providers')
	await w.look('providers', is('forms', await w.page.locator('main form[method=post]').count(), 0))
	await w.end()
}

const site = await platform({ data })
const browser = await launch()
let taken = 0
try {
	for (const [number, role] of [[CASHIER, 'cashier'], [RECONCILER, 'finance_officer']])
		command('user', 'grant', number, `--role=${role}`, '--entity=*')
	for (const lang of ['en', 'ar'].filter(l => !args.length || args.includes(l))) {
		command('payments', 'bill', 'ewa', `W-${lang}`, '4.000', `--payer=${PAYER[lang]}`, '--gl=4310')
		command('payments', 'bill', 'ewa', `C-${lang}`, '2.000', `--payer=${PAYER[lang]}`, '--gl=4310')
		command('payments', 'bill', 'ewa', `T-${lang}`, '3.000', `--payer=${PAYER[lang]}`, '--gl=4310')
		const { paid, open, called } = await payer(site, browser, lang)
		await cashier(site, browser, lang, open)
		await telephone(site, browser, lang, called)
		taken += 2
		await reconciler(site, browser, lang, open, taken.toFixed(3))
		await auditor(site, browser, lang, [paid, open])
	}
	report('the auditor of the command line finds nothing',
		/ 0 findings/.test(command('audit', 'payments')) ? [] : [command('audit', 'payments')])
} catch (e) {
	report('the journey ends', [String(e.stack ?? e)])
} finally {
	await browser.close()
	await site.stop()
	rmSync(data, { recursive: true, force: true })
}
finish()

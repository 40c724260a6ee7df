// The path of a rule on a running platform, in a real browser: both languages, with and
// without scripts. An author edits a fee, is refused by the check, corrects it, looks at
// last year's cases and proposes; another person publishes; everybody sees the new fee,
// also after a restart. With scripts, and the optional editors, the table and a process
// are opened and saved there, with the mark of bpmn.io in sight.
//     node policy.mjs [--pictures FOLDER] [en|ar] [script|plain]
// The editors are fetched by tools/editors.sh, or stand in the folder DIWAN_EDITORS.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { follow, launch } from './lib/browser.mjs'
import { root } from './lib/diwan.mjs'
import { platform } from './lib/platform.mjs'
import { finish, report } from './lib/tap.mjs'
import { Walker, has, is } from './lib/walker.mjs'

const args = process.argv.slice(2)
const at = args.indexOf('--pictures')
Walker.pictures = at >= 0 ? args.splice(at, 2)[1] : null
if (Walker.pictures)
	mkdirSync(Walker.pictures, { recursive: true })

const AUTHOR = '790199916', PUBLISHER = '730699917'
const RULE = '/policy/services/idcard-replace-lost/fee'
const words = {
	en: { good: 'No errors.', open: 'Draft', waits: 'Waits for a decision', done: 'Published', own: 'Somebody else publishes it' },
	ar: { good: 'لا أخطاء', open: 'مسودة', waits: 'بانتظار القرار', done: 'منشور', own: 'فيتولى شخص آخر نشره' }
}

async function walker(site, browser, lang, script, who, number) {
	const w = await new Walker(site, browser, lang, script, who).begin()
	await w.to('/sign-in')
	await w.signIn(number)
	await w.send()
	return w
}

const main = w => w.page.locator('main').textContent()
const press = async (w, action) => {
	await follow(w.page.locator(`form[action$="${action}"] button[type=submit]`).first())
}

// The fee of a citizen's lost card, in the table and in its examples.
const inTable = (text, to) =>
	text.replace(/(<rule id="base_rule3">[^]*?<outputEntry[^>]*>\s*<text>)[\d.]+/, `$1${to}.000`)
function inExamples(text, to) {
	for (const id of ['004', '006', '007', '025'])
		text = text.replace(new RegExp(`<testCase id="${id}">[^]*?</testCase>`), one => one
			.replace(/(name="amount"><value[^>]*>)[\d.]+/, `$1${id === '007' ? to + 10 : to}.000`)
			.replace(/(name="base"><value[^>]*>)[\d.]+/, `$1${to}.000`))
	return text
}

async function writes(w, fee) {
	await w.to('/policy')
	await w.look('home', has('the service', await w.page.locator(`main a[href$="${RULE}"]`).count()))
	await follow(w.page.locator(`main a[href$="${RULE}"]`).first())
	await w.look('rule')
	await press(w, RULE)
	const change = w.path()
	await w.look('begun', has('a draft', (await main(w)).includes(words[w.lang].open)))
	// Only the table: its examples expect the old fee.
	await w.page.fill('#text', inTable(await w.page.inputValue('#text'), fee))
	await press(w, change)
	await w.look('refused', [...is('no error', (await main(w)).includes(words[w.lang].good), false),
		...has('a line', /fee\.tests\.xml/.test(await main(w)))])
	await w.page.fill('#tests', inExamples(await w.page.inputValue('#tests'), fee))
	await press(w, change)
	await w.look('checked', has('that all is well', (await main(w)).includes(words[w.lang].good)))
	return change
}

// What the console says, breaches of the policy among it; not that dmn-js ships a library
// as it is developed.
const complaints = w => w.complaints.splice(0).filter(c => !c.includes('development build of Inferno'))

async function draws(w, change) {
	await w.to(`${change}/editor`)
	await w.page.waitForSelector('.dw-editor-views button')
	const mark = w.page.locator('.dw-canvas a[href*="bpmn.io"]:visible')
	report(`${w.lang} ${w.who}: the table in the editor`, [...complaints(w),
		...has('the mark of bpmn.io', await mark.count()),
		...has('the rules', (await w.page.locator('.dw-canvas').textContent()).includes('"citizen"'))])
	if (Walker.pictures)
		await w.page.screenshot({ path: join(Walker.pictures, `${w.lang}-editor-table.png`) })
	await press(w, change)
	await w.look('drawn', has('that all is well', (await main(w)).includes(words[w.lang].good)))
}

async function drawsProcess(w) {
	await w.to('/policy/services/complaint/process')
	await press(w, '/policy/services/complaint/process')
	const change = w.path()
	await w.look('process')
	await w.to(`${change}/editor`)
	await w.page.waitForSelector('.dw-canvas .djs-element')
	report(`${w.lang} ${w.who}: the process in the editor`, [...complaints(w),
		...has('the mark of bpmn.io', await w.page.locator('.dw-canvas a[href*="bpmn.io"]:visible').count()),
		...has('the steps', await w.page.locator('.dw-canvas .djs-shape').count() > 10)])
	if (Walker.pictures)
		await w.page.screenshot({ path: join(Walker.pictures, `${w.lang}-editor-process.png`) })
	await press(w, change)
	await w.look('process-drawn', has('that all is well', (await main(w)).includes(words[w.lang].good)))
	await w.to(`${change}/preview`)
	await w.look('process-preview')
	await w.to(change)
	await press(w, `${change}/withdraw`)
}

async function proposes(w, change) {
	await w.to(`${change}/preview`)
	await w.look('preview')
	await w.to(change)
	await w.page.fill('#reason', '')
	await press(w, `${change}/propose`)
	await w.look('no-reason', is('errors', await w.page.locator('.govuk-error-summary').count(), 1))
	await w.page.fill('#reason', w.lang === 'ar' ? 'قرار مجلس الوزراء' : 'The Cabinet decided so')
	await w.page.fill('#from', new Date(Date.now() + 3 * 3600e3).toISOString().slice(0, 10))
	await press(w, `${change}/propose`)
	await w.look('proposed', [...has('that it waits', (await main(w)).includes(words[w.lang].waits)),
		...has('why not me', (await main(w)).includes(words[w.lang].own)),
		...is('buttons to publish', await w.page.locator('form[action$="/publish"]').count(), 0)])
}

async function publishes(w, change, fee) {
	await w.to(change)
	await w.look('to-decide', is('buttons to publish', await w.page.locator('form[action$="/publish"]').count(), 1))
	await press(w, `${change}/publish`)
	await w.look('published', has('that it is', (await main(w)).includes(words[w.lang].done)))
	await w.to(RULE)
	await w.look('versions')
	await shown(w, fee)
}

const shown = async (w, fee) => {
	await w.to('/services/idcard-replace-lost/fee')
	await w.look(`fee-${fee}`, has(`${fee}.000`, (await main(w)).includes(`${fee}.000`)))
}

// ---- the walk ----

const data = mkdtempSync(join(tmpdir(), 'diwan-policy-'))
let editors = process.env.DIWAN_EDITORS
if (!editors && spawnSync(join(root, 'tools', 'editors.sh'), [join(data, 'editors')], { encoding: 'utf8' }).status === 0)
	editors = join(data, 'editors')
if (!editors)
	console.log('# the editors could not be fetched: the pages without them are looked at')
const settings = { words: editors ? [`--editors=${editors}`] : [], data: join(data, 'var') }
let site = await platform(settings), fee = 4
const browser = await launch()
for (const lang of ['en', 'ar'].filter(l => !args.some(a => /^(en|ar)$/.test(a)) || args.includes(l)))
	for (const script of [true, false].filter(s => !args.some(a => /^(script|plain)$/.test(a)) || args.includes(s ? 'script' : 'plain'))) {
		const author = await walker(site, browser, lang, script, 'author', AUTHOR)
		const change = await writes(author, ++fee)
		if (script && editors) {
			await draws(author, change)
			await drawsProcess(author)
		}
		await proposes(author, change)
		const publisher = await walker(site, browser, lang, script, 'publisher', PUBLISHER)
		await publishes(publisher, change, fee)
		report(`${lang} ${script ? 'with scripts' : 'without scripts'}: a rule is published, every page clean`,
			is('pages with faults', author.faulty + publisher.faulty, 0))
		await author.end()
		await publisher.end()
	}
await site.stop()
// At the command line: the record is whole, and its replay gives what is there.
const program = process.env.DIWAN ?? join(root, 'build', 'diwan')
for (const words of [['journal', 'verify'], ['journal', 'rebuild'], ['dmn', 'replay', '--service=idcard-replace-lost', '--json']]) {
	const run = spawnSync(program, [...words, `--data-dir=${settings.data}`], { cwd: root, encoding: 'utf8' })
	report(`diwan ${words.slice(0, 2).join(' ')}`, is('exit code', run.status, 0))
}
site = await platform(settings)
const after = await new Walker(site, browser, 'en', true, 'anyone after a restart').begin()
await shown(after, fee)
await after.end()
await browser.close()
await site.stop()
rmSync(data, { recursive: true, force: true })
finish()

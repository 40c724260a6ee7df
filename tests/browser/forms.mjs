// Every page of every form of the pack, in both languages, in a real browser.
//     node forms.mjs [--pictures FOLDER] [SERVICE...]
import { mkdirSync, readFileSync, readdirSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { follow, launch } from './lib/browser.mjs'
import { checkPage } from './lib/check.mjs'
import { root } from './lib/diwan.mjs'
import { platform } from './lib/platform.mjs'
import { finish, report, skip } from './lib/tap.mjs'
import { Walker } from './lib/walker.mjs'

const args = process.argv.slice(2)
const at = args.indexOf('--pictures')
const folder = at >= 0 ? args.splice(at, 2)[1] : null
if (folder)
	mkdirSync(folder, { recursive: true })

const services = join(root, 'packs', 'bahrain', 'services')
const forms = readdirSync(services).filter(s => existsSync(join(services, s, 'form.json')))
	.filter(s => !args.length || args.includes(s)).sort()
const pages = service => JSON.parse(readFileSync(join(services, service, 'form.json'), 'utf8')).layout
	.elements.map(page => page.id)

// Shows a page, or its complaints when it is sent empty; a rule may hide it.
async function look(page, name) {
	const faults = await checkPage(page)
	if (folder)
		await page.screenshot({ path: join(folder, `${name.replaceAll(' ', '-')}.png`), fullPage: true })
	report(name, faults)
}

const site = await platform()
const browser = await launch()
const w = await new Walker(site, browser, 'en', true, 'citizen').begin(), { page } = w
await w.to('/sign-in')
await w.signIn('850199901')
await w.send()
for (const service of forms) {
	w.lang = 'en'
	await w.to(`/services/${service}/apply`)
	const button = page.locator(`form[action$="/${service}/apply"] button`)
	if (!await button.count()) {
		skip(`${service}: the form`, 'this citizen may not apply')
		continue
	}
	await follow(button)
	const draft = new URL(page.url()).pathname.split('/')[3]
	for (const id of pages(service))
		for (const lang of ['ar', 'en']) {
			const there = `/applications/${draft}/form/${id}`
			w.lang = lang
			await w.to(there)
			if (w.path() !== there)
				continue
			await look(page, `${lang} ${service} ${id}`)
		}
}
await browser.close()
await site.stop()
finish()

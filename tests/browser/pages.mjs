// Every page of the kit with its sample view, in both languages, in a real browser.
//     node pages.mjs [--pictures FOLDER] [PART-OF-A-NAME...]
import { mkdirSync } from 'node:fs'
import { launch, open } from './lib/browser.mjs'
import { WEIGHT, checkPage, weight } from './lib/check.mjs'
import { officer, samples, serve } from './lib/samples.mjs'
import { finish, report } from './lib/tap.mjs'

const args = process.argv.slice(2)
const at = args.indexOf('--pictures')
const pictures = at >= 0 ? args.splice(at, 2)[1] : null
if (pictures)
	mkdirSync(pictures, { recursive: true })

async function picture(page, name) {
	const size = page.viewportSize()
	await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true })
	await page.setViewportSize({ width: 320, height: 700 })
	await page.screenshot({ path: `${pictures}/${name}-320.png`, fullPage: true })
	await page.setViewportSize(size)
}

const site = await serve()
const browser = await launch()
// The drawing tools are installed apart (tools/editors.sh): the journey of a rule visits them.
const elsewhere = ['policy/editor']
const wanted = samples().filter(s => !elsewhere.includes(s.key) && (!args.length || args.some(a => s.key.includes(a))))
let heaviest = 0
for (const { key } of wanted)
	for (const lang of ['ar', 'en']) {
		const seen = await open(browser, `${site.address}/${lang}/${key}`)
		const limit = officer(key) ? WEIGHT.officer : WEIGHT[lang]
		heaviest = Math.max(heaviest, seen.bytes)
		const faults = [...weight(seen, limit), ...await checkPage(seen.page, { spacing: true, modes: lang === 'ar' })]
		if (pictures)
			await picture(seen.page, `${lang}-${key.replaceAll('/', '-')}`)
		report(`${lang} ${key} (${seen.bytes} bytes, ${seen.requests} requests)`, faults)
		await seen.page.context().close()
	}
console.log(`# heaviest page: ${heaviest} bytes`)
await browser.close()
site.close()
finish()

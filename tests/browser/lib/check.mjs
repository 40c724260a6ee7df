// What every page must satisfy, whoever made it. Each function takes a page (of
// lib/browser.mjs or of playwright) and returns its faults, one line each.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { direction } from './direction.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

// Bytes over the wire at a first visit. An officer's page may be heavier.
export const WEIGHT = { ar: 70 * 1024, en: 60 * 1024, officer: 90 * 1024 }
export const REQUESTS_MAX = 8

export async function accessibility(page, only = tags) {
	// Evaluated through the protocol, so that the page's own policy need not allow it. Only of
	// violations is it told which elements they are: to tell it of the rest takes most of the time.
	if (!await page.evaluate(() => Boolean(window.axe)))
		await page.evaluate(axe)
	const violations = await page.evaluate(some => window.axe.run({ runOnly: some, resultTypes: ['violations'] })
		.then(found => found.violations), only)
	return violations.flatMap(v => v.nodes.slice(0, 3).map(n =>
		`${v.id}: ${v.help}: ${n.html.slice(0, 140)} ${n.any[0]?.message ?? ''}`))
}

export const rightToLeft = page => page.evaluate(direction)

// No line runs out of a 320 pixel screen, and no table has to be scrolled sideways; only
// pictures of processes may.
export async function reflow(page) {
	const size = page.viewportSize()
	await page.setViewportSize({ width: 320, height: 700 })
	const faults = await page.evaluate(() => {
		const width = document.documentElement.clientWidth
		const scrolled = [...document.querySelectorAll('.dw-scroll')]
			.filter(e => e.scrollWidth > e.clientWidth + 1 && !e.querySelector('svg.bpmn,img'))
			.map(e => `${e.getAttribute('aria-label')} is ${e.scrollWidth} wide at 320, in ${e.clientWidth}`)
		if (document.documentElement.scrollWidth <= width)
			return scrolled
		const wide = [...document.querySelectorAll('body *')].filter(e => {
			const r = e.getBoundingClientRect()
			return !e.closest('.dw-scroll,.govuk-visually-hidden') && r.width &&
				(r.right > width + 1 || r.left < -1)
		})
		return [...scrolled, `the page is ${document.documentElement.scrollWidth} wide at 320: ` +
			wide.slice(0, 3).map(e => e.outerHTML.slice(0, 100)).join(' | ')]
	})
	await page.setViewportSize(size)
	return faults
}

// The frame of every page: one h1, a language, the other language, a way past the head.
export const frame = page => page.evaluate(() => {
	const faults = []
	const one = (selector, what) => {
		const n = document.querySelectorAll(selector).length
		if (n !== 1)
			faults.push(`${n} ${what}`)
	}
	one('h1', 'headings of the first level')
	one('main#main-content', 'main parts')
	const first = document.querySelector('a,button,input')
	if (first?.getAttribute('href') !== '#main-content')
		faults.push('the skip link is not first')
	const { lang, dir } = document.documentElement
	if (dir !== (lang === 'ar' ? 'rtl' : 'ltr'))
		faults.push(`language ${lang} with direction ${dir}`)
	if (document.querySelector('[style],style,script:not([src]),[onclick],[onchange]'))
		faults.push('style or script stands in the page')
	const summary = document.querySelector('.govuk-error-summary')
	if (summary && !/^(Error:|خطأ:) /.test(document.title))
		faults.push('the title does not begin with the error')
	for (const a of summary?.querySelectorAll('a[href^="#"]') ?? [])
		if (!document.getElementById(a.hash.slice(1)))
			faults.push(`the error summary points to ${a.hash}, which is not there`)
	const ids = [...document.querySelectorAll('[id]')].map(e => e.id)
	for (const id of new Set(ids.filter((x, i) => ids.indexOf(x) !== i)))
		faults.push(`id ${id} is there twice`)
	return faults
})

// A reader may set wider spacing than ours (WCAG 1.4.12): nothing may be cut.
export async function spacing(page) {
	const style = await page.evaluateHandle(() => {
		const sheet = new CSSStyleSheet()
		sheet.replaceSync('*{line-height:1.5!important;letter-spacing:.12em!important;' +
			'word-spacing:.16em!important}p{margin-bottom:2em!important}')
		document.adoptedStyleSheets = [sheet]
		return sheet
	})
	const faults = (await reflow(page)).map(f => `with wide spacing ${f}`)
	await page.evaluate(() => { document.adoptedStyleSheets = [] })
	await style.dispose()
	return faults
}

// What axe finds by looking at colours; its other rules read the same document.
const colours = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }

// In the dark and in forced colours as well; on paper without the furniture.
export async function modes(page) {
	const faults = []
	for (const [name, media] of [['dark', { colorScheme: 'dark' }],
		['forced colours', { forcedColors: 'active' }]]) {
		await page.emulateMedia(media)
		faults.push(...(await accessibility(page, colours)).map(f => `${name}: ${f}`))
		await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none' })
	}
	await page.emulateMedia({ media: 'print' })
	faults.push(...await page.evaluate(() => {
		const shown = [...document.querySelectorAll('.dw-nav,.dw-filter,.govuk-button,.govuk-skip-link')]
			.filter(e => e.offsetHeight)
		const text = document.querySelector('main')?.innerText.trim()
		return [...shown.map(e => `print: ${e.className} is on paper`), ...text ? [] : ['print: empty']]
	}))
	await page.emulateMedia({ media: 'screen' })
	return faults
}

export function weight(seen, limit) {
	const faults = seen.complaints.slice()
	if (seen.bytes > limit)
		faults.push(`${seen.bytes} bytes over the wire, at most ${limit}`)
	if (seen.requests > REQUESTS_MAX)
		faults.push(`${seen.requests} requests, at most ${REQUESTS_MAX}`)
	return faults
}

// What a page says and how it lies, at 1280 and 320 px. `ways` are the ways of showing it
// that depend on its template alone: `spacing` of text, and `modes` (the dark, forced
// colours, paper). Leaves the page as it was.
export async function checkPage(page, ways = {}) {
	const size = page.viewportSize()
	const faults = [...await frame(page), ...await accessibility(page), ...await rightToLeft(page),
		...await reflow(page), ...ways.spacing ? await spacing(page) : [],
		...ways.modes ? await modes(page) : []]
	await page.setViewportSize({ width: 320, height: 700 })
	faults.push(...[...await accessibility(page), ...await rightToLeft(page)].map(f => `at 320: ${f}`))
	await page.setViewportSize(size)
	return faults
}

// A browser, and a page of it that remembers what it loaded and complained of.
import { chromium } from 'playwright-core'

const WAIT = 120000 // milliseconds for what takes one second on an idle machine

// Chromium without its windows: the same engine for a third of the processor's time.
export function launch() {
	return chromium.launch({
		timeout: WAIT,
		executablePath: process.env.DIWAN_CHROMIUM ?? '/usr/bin/chromium-headless-shell',
		args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking',
			'--disable-component-update', '--disable-sync', '--no-first-run']
	})
}

// A context in which nothing is given up because the machine is busy.
export async function context(browser, options = {}) {
	const one = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
	one.setDefaultTimeout(WAIT)
	return one
}

// Opens `url` in a context of its own. {page, bytes, requests, complaints}: bytes as
// they came over the wire, complaints of the console (policy violations among them)
// and requests that failed. Close with page.context().close().
export async function open(browser, url, options = {}) {
	const own = await context(browser, options)
	const page = await own.newPage()
	const seen = { page, bytes: 0, requests: 0, complaints: [] }
	const wire = await own.newCDPSession(page)
	await wire.send('Network.enable')
	wire.on('Network.loadingFinished', e => { seen.bytes += e.encodedDataLength })
	page.on('request', () => { seen.requests++ })
	page.on('console', m => m.type() === 'error' && seen.complaints.push(`console: ${m.text()}`))
	page.on('requestfailed', r => seen.complaints.push(`failed: ${r.url()}`))
	page.on('pageerror', e => seen.complaints.push(`script: ${e.message}`))
	let underWay = 0
	page.on('request', () => { underWay++ })
	for (const ended of ['requestfinished', 'requestfailed'])
		page.on(ended, () => { underWay-- })
	await page.goto(url, { waitUntil: 'load' })
	await page.evaluate(() => document.fonts.ready.then(() => 0))
	while (underWay > 0)
		await new Promise(done => setTimeout(done, 10))
	return seen
}

// Clicks what leads to another page, and waits until that one has loaded: until then the page
// before it answers whatever is asked.
export function follow(locator) {
	return Promise.all([locator.page().waitForNavigation({ waitUntil: 'load' }), locator.click()])
}

// A browser, and a page of it that remembers what it loaded and complained of.
import { chromium } from 'playwright-core'

export function launch() {
	return chromium.launch({
		executablePath: process.env.DIWAN_CHROMIUM ?? '/usr/bin/chromium',
		args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking',
			'--disable-component-update', '--disable-sync', '--no-first-run']
	})
}

// Opens `url` in a context of its own. {page, bytes, requests, complaints}: bytes as
// they came over the wire, complaints of the console (policy violations among them)
// and requests that failed. Close with page.context().close().
export async function open(browser, url, options = {}) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
	const page = await context.newPage()
	const seen = { page, bytes: 0, requests: 0, complaints: [] }
	const wire = await context.newCDPSession(page)
	await wire.send('Network.enable')
	wire.on('Network.loadingFinished', e => { seen.bytes += e.encodedDataLength })
	page.on('request', () => { seen.requests++ })
	page.on('console', m => m.type() === 'error' && seen.complaints.push(`console: ${m.text()}`))
	page.on('requestfailed', r => seen.complaints.push(`failed: ${r.url()}`))
	page.on('pageerror', e => seen.complaints.push(`script: ${e.message}`))
	await page.goto(url, { waitUntil: 'networkidle' })
	return seen
}

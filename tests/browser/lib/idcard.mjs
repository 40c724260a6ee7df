// The service of a lost identity card, as people walk through it: the form, the payment,
// an officer's approval. What is seen on the way is given to the walker's `look`.
import { follow } from './browser.mjs'
import { picture } from './picture.mjs'
import { has, is } from './walker.mjs'

export const SERVICE = 'idcard-replace-lost'
const photo = { name: 'photo.png', mimeType: 'image/png', buffer: picture(600, 800, [168, 168, 168]) }

// The other language shows the same page, and leads back.
async function switches(w) {
	const before = w.path(), other = w.lang === 'ar' ? 'en' : 'ar'
	await follow(w.page.locator(`a[hreflang=${other}]`).first())
	const there = new URL(w.page.url()).pathname
	const faults = is('the other language', there, `/${other}${before}`)
	await follow(w.page.locator(`a[hreflang=${w.lang}]`).first())
	return [...faults, ...is('and back', new URL(w.page.url()).pathname, `/${w.lang}${before}`)]
}

// Answers of the pages that ask something.
const fill = {
	what: p => p.check('#how'),
	when: async p => {
		await p.fill('#lost_on-day', '1')
		await p.fill('#lost_on-month', '3')
		await p.fill('#lost_on-year', '2026')
		await p.fill('#place', 'Manama')
	},
	speed: p => p.locator('input[name=fast_track][value=false]').check(),
	collection: p => p.locator('input[name=collect][value=isa-town]').check(),
	permit: p => p.locator('input[name=permit_changed][value=false]').check(),
	passport: p => p.setInputFiles('#passport', { ...photo, name: 'passport.png' }),
	photograph: p => p.setInputFiles('#photograph', photo),
	declaration: p => p.locator('input[name=declaration]').first().check()
}

export async function applies(w) {
	const seen = []
	for (let guard = 0; guard < 20 && !w.path().endsWith('/check'); guard++) {
		const name = w.path().split('/').pop()
		seen.push(name)
		await w.look(`form-${name}`, name === 'when' ? await switches(w) : [])
		if (name === 'what') {
			await w.send()
			await w.look('form-what-empty', [...is('errors', await w.page.locator('.govuk-error-summary').count(), 1),
				...has('Error in the title', /^(Error|خطأ):/.test(await w.page.title()))])
		}
		await fill[name]?.(w.page)
		if (name === 'collection') { // leaves, and comes back
			await follow(w.page.locator('main form button[name=later]'))
			await w.look('form-left', is('after leaving', w.path(), '/applications'))
			await follow(w.page.locator('main .dw-results a').first())
			await follow(w.page.locator('main .dw-status a, main .dw-status button').first())
			continue
		}
		await w.send()
	}
	return seen
}

// At the provider's own pages: declined first, then paid.
export async function pays(w) {
	const reference = w.path()
	for (const outcome of ['decline', 'succeed']) {
		if (w.path() !== reference)
			await w.to(reference)
		await w.send()
		await w.page.waitForSelector('#card')
		if (outcome === 'succeed')
			await w.look('provider')
		await w.page.fill('#card', '4242 4242 4242 4242')
		await w.page.locator(`input[name=outcome][value=${outcome}]`).check()
		await w.send()
		await w.page.waitForURL(`${w.site.address}/**`)
		await w.again() // the payer may be back before the provider's word is
		if (outcome === 'decline')
			await w.look('declined', has('what happened', await w.page.locator('.dw-status--action').count()))
	}
}

// An officer takes the case from the list and approves it.
export async function decidesByHand(w, reference) {
	await follow(w.page.locator(`main a[href$="/desk/cases/${reference}"]`).first())
	await w.look('desk-case')
	await follow(w.page.locator(`form[action$="/${reference}/claim"] button`))
	await w.page.locator('input[name=outcome][value=approve]').check()
	await w.look('desk-decide')
	await follow(w.page.locator(`form[action$="/${reference}/decide"] button[type=submit]`).first())
}

// Faults of right-to-left pages that accessibility checkers do not see. The function
// runs inside the page and returns one line a fault.
export function direction() {
	const faults = new Set()
	const rtl = document.documentElement.dir === 'rtl'
	const arabic = document.documentElement.lang === 'ar'
	const what = e => `<${e.tagName.toLowerCase()}${e.className ? ' ' + e.getAttribute('class') : ''}>`
	const hidden = e => {
		const r = e.getBoundingClientRect()
		return r.width <= 1 || r.height <= 1 || getComputedStyle(e).visibility === 'hidden'
	}
	function *texts() {
		const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
		for (let n; (n = walker.nextNode());)
			if (n.data.trim() && !/^(SCRIPT|STYLE|OPTION)$/.test(n.parentElement.tagName))
				yield n
	}

	// Numbers, addresses and references run left to right, on every page.
	for (const e of document.querySelectorAll('input[type=tel],input[type=email],input[type=url],' +
			'input[inputmode=numeric],input[inputmode=decimal]'))
		if (getComputedStyle(e).direction !== 'ltr')
			faults.add(`field ${e.id || e.name} is not left to right`)

	// A token's characters must stand in order: a date or a telephone number that is
	// not isolated is shown back to front in an Arabic line.
	const token = new RegExp(['[A-Z]{1,4}-\\d{2,}[-\\dA-Z]*', '\\+\\d[\\d ]{5,}\\d', '[\\w.*]+@[\\w.]+',
		'\\d{4}-\\d{2}(?:-\\d{2})?(?!\\d)', '[+-]?\\d[\\d,]*\\.\\d+%?', '\\b\\d{1,3}(?:,\\d{3})+\\b',
		'(?<!\\w)[+-]\\d+%?', '\\d+%', '\\d+ [KM]B'].join('|'), 'g')
	for (const n of texts()) {
		if (hidden(n.parentElement))
			continue
		for (const m of n.data.matchAll(token)) {
			let last = null
			for (let i = m.index; i < m.index + m[0].length; i++) {
				const range = document.createRange()
				range.setStart(n, i)
				range.setEnd(n, i + 1)
				const box = range.getBoundingClientRect()
				if (!box.width)
					continue
				if (last && Math.abs(last.top - box.top) < 3 && box.left < last.left - 0.5) {
					faults.add(`"${m[0]}" is shown out of order in ${what(n.parentElement)}`)
					break
				}
				last = box
			}
		}
	}

	// What points somewhere is mirrored; what does not is not.
	if (rtl)
		for (const e of document.querySelectorAll('.govuk-pagination__icon,.govuk-button__start-icon'))
			if (!getComputedStyle(e).transform.startsWith('matrix(-1'))
				faults.add(`${what(e)} is not mirrored`)
	for (const e of document.querySelectorAll('.govuk-checkboxes__label'))
		if (parseFloat(getComputedStyle(e, '::after').borderRightWidth) > 0)
			faults.add(`the tick of ${e.htmlFor} is mirrored`)

	for (const n of arabic ? texts() : []) {
		const e = n.parentElement
		const words = n.data.replace(/\b(JPG|JPEG|PNG|GIF|PDF|CSV|JSON|SHA)\b/g, '') // names of formats and sums stay
		if (!e.closest('[lang=en],bdi,code,svg') && /[A-Za-z]{3,}/.test(words))
			faults.add(`"${n.data.trim().slice(0, 40)}" is not translated`)
		if (/\[[a-z_]+(\.[a-z_0-9]+)+\]/.test(n.data))
			faults.add(`"${n.data.trim()}" is a key`)
		if (!/[\u0600-\u06ff]/.test(n.data) || hidden(e) || e.closest('svg'))
			continue
		const style = getComputedStyle(e)
		if (style.letterSpacing !== 'normal' && style.letterSpacing !== '0px')
			faults.add(`letters are spaced in ${what(e)}`)
		if (style.fontStyle === 'italic')
			faults.add(`letters are slanted in ${what(e)}`)
		if (style.textAlign === 'justify')
			faults.add(`text is justified in ${what(e)}`)
		const leading = parseFloat(style.lineHeight) / parseFloat(style.fontSize)
		if (leading < (parseFloat(style.fontSize) >= 24 ? 1.4 : 1.5))
			faults.add(`lines are ${leading.toFixed(2)} high in ${what(e)}`)
	}
	return [...faults]
}

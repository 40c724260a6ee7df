// What the scripts add to pages that already work without them: the character
// count, a guard against pressing a button twice, and focus on the error summary.
import {
	Button, CharacterCount, Checkboxes, ErrorSummary, PasswordInput, Radios, SkipLink, createAll
} from 'govuk-frontend'

document.body.classList.add('js-enabled', 'govuk-frontend-supported')
// The catalogue writes %count, the component library wants %{count}.
for (const field of document.querySelectorAll('.govuk-character-count'))
	for (const { name, value } of field.attributes)
		if (name.startsWith('data-i18n.'))
			field.setAttribute(name, value.replace('%count', '%{count}'))

// A radio button may not be "expanded" (ARIA 1.2); that it controls a part suffices.
class PlainRadios extends Radios {
	syncConditionalRevealWithInputState(input) {
		super.syncConditionalRevealWithInputState(input)
		input.removeAttribute('aria-expanded')
	}
}

for (const component of [Button, CharacterCount, Checkboxes, ErrorSummary, PasswordInput, PlainRadios,
	SkipLink])
	createAll(component)

// A form marked so warns before unsaved answers are left.
for (const form of document.querySelectorAll('form[data-dw-guard]')) {
	const warn = event => event.preventDefault()
	form.addEventListener('input', () => addEventListener('beforeunload', warn), { once: true })
	form.addEventListener('submit', () => removeEventListener('beforeunload', warn))
}

// The box above a column of check boxes; without scripts it is not there.
for (const all of document.querySelectorAll('[data-dw-all]')) {
	const boxes = all.closest('form').querySelectorAll(`input[name="${all.dataset.dwAll}"]`)
	all.closest('[hidden]').hidden = false
	all.addEventListener('change', () => boxes.forEach(box => { box.checked = all.checked }))
}

// Filters stand open where there is room beside the results.
if (matchMedia('(min-width: 64em)').matches)
	document.querySelectorAll('[data-dw-open]').forEach(part => { part.open = true })

// The file chooser in our words: the browser's own speaks the browser's language.
for (const box of document.querySelectorAll('.dw-upload')) {
	const [input, own] = box.children
	const name = own.querySelector('.dw-upload__name')
	own.hidden = false
	box.classList.add('dw-upload--own')
	input.addEventListener('change', () => {
		name.textContent = Array.from(input.files, f => f.name).join(', ')
	})
}

for (const button of document.querySelectorAll('[data-dw-print]')) {
	button.hidden = false
	button.addEventListener('click', () => print())
}

// Keys of the desk: j and k walk the list, x selects, o opens, c takes the case, d
// goes to the decision. They stay out of the way where one types, and can be turned
// off for good (WCAG 2.1.4).
const help = document.querySelector('[data-dw-keys-help]')
const keysOff = () => localStorage.getItem('dw-keys') === 'off'
if (help) {
	const button = help.querySelector('[data-dw-keys-off]')
	const say = () => { button.textContent = keysOff() ? button.dataset.on : button.dataset.off }
	help.hidden = false
	say()
	button.addEventListener('click', () => {
		localStorage.setItem('dw-keys', keysOff() ? 'on' : 'off')
		say()
	})
}
const rows = Array.from(document.querySelectorAll('[data-dw-keys] tbody tr'))
let at = -1
const walk = step => {
	at = Math.max(0, Math.min(rows.length - 1, at + step))
	rows[at].querySelector('a').focus()
}
const press = {
	j: () => walk(1),
	k: () => walk(-1),
	x: () => at >= 0 && rows[at].querySelector('input').click(),
	o: () => at >= 0 && rows[at].querySelector('a').click(),
	c: () => {
		const form = document.querySelector('form[data-dw-key="c"]')
		const take = document.querySelector('[data-dw-keys] button[value="claim"]')
		if (form)
			form.requestSubmit()
		else if (take && at >= 0) {
			rows[at].querySelector('input').checked = true
			take.click()
		}
	},
	d: () => document.querySelector('input[name="outcome"]')?.focus()
}
addEventListener('keydown', event => {
	const typing = event.target.closest('input:not([type=checkbox]):not([type=radio]), textarea, select')
	const own = rows.length || document.querySelector('form[data-dw-key], input[name="outcome"]')
	if (event.ctrlKey || event.altKey || event.metaKey || typing || !own || keysOff())
		return
	if (press[event.key]) {
		event.preventDefault()
		press[event.key]()
	}
})

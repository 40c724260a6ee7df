// From the options of a component of govuk-frontend to the arguments of our partial.
// What a partial does not offer is thrown as the reason.
export class NotOffered extends Error {}

const refuse = why => { throw new NotOffered(why) }

// The options of `o` named in `known`; any other that is set is not offered.
function only(o, known, where = '') {
	for (const [name, value] of Object.entries(o ?? {})) {
		const idle = value == null || value === false ||
			(typeof value === 'object' && !Object.keys(value).length)
		if (idle || known.includes(name))
			continue
		if (/html$/i.test(name))
			refuse('markup as a value')
		refuse(name === 'attributes' ? 'free attributes' : `option ${where}${name}`)
	}
	return o ?? {}
}

const words = o => only(o, ['text', 'classes']).text ?? ''

function group(o) {
	const g = only(o.formGroup, ['classes'], 'formGroup.')
	const error = only(o.errorMessage, ['text', 'classes'], 'errorMessage.')
	return { group_classes: g.classes, error: error.text, error_classes: error.classes,
		hint: words(o.hint), hint_classes: o.hint?.classes, described_by: o.describedBy,
		classes: o.classes }
}

const common = ['id', 'name', 'hint', 'errorMessage', 'classes', 'formGroup', 'describedBy']

function labelled(o, more) {
	only(o, [...common, 'label', ...more])
	const l = only(o.label, ['text', 'classes', 'isPageHeading', 'for'], 'label.')
	return { ...group(o), id: o.id || o.name, name: o.name, label: l.text, label_classes: l.classes,
		label_heading: l.isPageHeading }
}

function legend(o) {
	const f = only(o.fieldset, ['legend', 'describedBy'], 'fieldset.')
	const l = only(f.legend, ['text', 'classes', 'isPageHeading'], 'legend.')
	return { label: l.text ?? '', label_classes: l.classes, label_heading: l.isPageHeading,
		described_by: f.describedBy ?? o.describedBy }
}

function choices(o, chosen) {
	const prefix = o.idPrefix ?? o.name
	return (o.items ?? []).map((item, i) => {
		if (!item)
			return null
		only(item, ['value', 'text', 'id', 'hint', 'checked', 'disabled', 'divider', 'name', 'behaviour'],
			'item.')
		if (!item.text && !item.divider)
			refuse('an item without a text')
		only(item.hint, ['text'], 'item.hint.')
		return { id: item.id ?? (i ? `${prefix}-${i + 1}` : prefix), value: item.value, text: item.text,
			hint: item.hint?.text, divider: item.divider, disabled: item.disabled, item_name: item.name,
			behaviour: item.behaviour, checked: item.checked ?? chosen(item.value) }
	}).filter(Boolean)
}

const widths = { day: 2, month: 2, year: 4 }

function dates(o) {
	only(o, ['id', 'hint', 'errorMessage', 'classes', 'formGroup', 'fieldset', 'items', 'namePrefix',
		'values', ...Object.keys(widths)])
	const parts = o.items?.length ? o.items.filter(Boolean) : Object.keys(widths)
		.filter(name => o[name] !== false).map(name => ({ name, ...o[name] }))
	const marked = i => i.error || i.classes?.includes('govuk-input--error')
	const prefix = o.namePrefix ? `${o.namePrefix}-` : ''
	return { ...group(o), ...legend(o), id: o.id, items: parts.map(i => {
		only(i, ['name', 'label', 'classes', 'value', 'id', 'autocomplete', 'error'], 'item.')
		const rest = (i.classes ?? '').split(' ').filter(c => !/--error$|--width-\d+$/.test(c)).join(' ')
		return { id: i.id ?? `${o.id}-${i.name}`, name: prefix + i.name, classes: rest,
			width: i.classes?.match(/--width-(\d+)/)?.[1] ?? String(widths[i.name] ?? 2),
			value: i.value ?? o.values?.[prefix + i.name] ?? o.values?.[i.name],
			autocomplete: i.autocomplete, text: i.label ?? i.name[0].toUpperCase() + i.name.slice(1),
			error: marked(i) || Boolean(i.error !== false && o.errorMessage && !parts.some(marked)) }
	}) }
}

const plain = (o, names, map = x => x) => map(only(o, names))

export const mappers = {
	'button': o => plain(o, ['text', 'classes', 'disabled', 'href', 'isStartButton', 'name', 'type', 'value',
		'preventDoubleClick', 'id'], b => ({ ...b, start: b.isStartButton, once: b.preventDoubleClick })),
	'input': o => ({ ...labelled(o, ['prefix', 'suffix', 'value', 'type', 'inputmode', 'autocomplete',
		'pattern', 'spellcheck', 'autocapitalize', 'disabled']), value: o.value, input_type: o.type,
	inputmode: o.inputmode, autocomplete: o.autocomplete, pattern: o.pattern, disabled: o.disabled,
	spellcheck: o.spellcheck?.toString(), autocapitalize: o.autocapitalize,
	prefix: only(o.prefix, ['text'], 'prefix.').text, suffix: only(o.suffix, ['text'], 'suffix.').text }),
	'textarea': o => ({ ...labelled(o, ['value', 'rows', 'autocomplete', 'spellcheck', 'disabled']),
		value: o.value, rows: o.rows, autocomplete: o.autocomplete, spellcheck: o.spellcheck?.toString() }),
	'character-count': o => ({ ...labelled(o, ['value', 'rows', 'maxlength']), value: o.value, rows: o.rows,
		maxlength: o.maxlength ?? refuse('a count without a limit') }),
	'select': o => ({ ...labelled(o, ['items', 'value', 'disabled']), disabled: o.disabled,
		items: (o.items ?? []).filter(Boolean).map(i => ({ ...only(i, ['value', 'text', 'selected', 'disabled'],
			'item.'), value: i.value ?? i.text, selected: i.selected ?? (o.value != null && i.value === o.value) })) }),
	'radios': o => (only(o, [...common, 'fieldset', 'items', 'idPrefix', 'value']), { ...group(o), ...legend(o),
		id: o.idPrefix ?? o.name, name: o.name, items: choices(o, v => o.value != null && v === o.value) }),
	'checkboxes': o => (only(o, [...common, 'fieldset', 'items', 'idPrefix', 'values']), { ...group(o),
		...legend(o), id: o.idPrefix ?? o.name, name: o.name, items: choices(o, v => o.values?.includes(v)) }),
	'date-input': dates,
	'file-upload': o => ({ ...labelled(o, ['multiple', 'disabled']), multiple: o.multiple, disabled: o.disabled }),
	'password-input': o => labelled(o, ['autocomplete']),
	'error-summary': o => plain(o, ['titleText', 'errorList', 'descriptionText', 'classes'], e => ({
		errors: (e.errorList ?? []).map(x => only(x, ['text', 'href'], 'error.')), classes: e.classes,
		error_summary_text: e.descriptionText })),
	'summary-list': o => plain(o, ['rows', 'classes'], s => ({ classes: s.classes ?? '', base: '',
		actions: s.rows.some(r => r?.actions?.items?.length) ? '1' : '', rows: s.rows.filter(Boolean).map(r => {
			only(r, ['key', 'value', 'actions'], 'row.')
			const [action, second] = only(r.actions, ['items'], 'actions.').items ?? []
			if (second || (action && (action.text ?? 'Change') !== 'Change'))
				refuse('actions other than one «Change»')
			return { key: words(r.key), value: only(r.value, ['text'], 'value.').text, change: action?.href,
				change_hidden: only(action, ['href', 'text', 'visuallyHiddenText'], 'action.').visuallyHiddenText }
		}) })),
	'table': o => plain(o, ['rows', 'head', 'caption', 'captionClasses', 'firstCellIsHeader'], t => ({
		caption: t.caption ?? refuse('a table without a caption'), caption_classes: t.captionClasses,
		head: (t.head ?? refuse('a table without a head')).map(h => ({ text: h.text, numeric: h.format })),
		rows: t.rows.map(r => ({ cells: r.map(c => ({ text: c.text, numeric: c.format === 'numeric' })) })) })),
	'fieldset': o => plain(o, ['legend', 'describedBy'], f => ({ ...legend({ fieldset: f }), hint: '' })),
	'tag': o => plain(o, ['text', 'classes']),
	'details': o => plain(o, ['summaryText', 'text', 'id', 'open', 'classes'], d => ({ ...d, summary: d.summaryText })),
	'inset-text': o => plain(o, ['text', 'classes', 'id']),
	'warning-text': o => plain(o, ['text', 'classes', 'iconFallbackText'], w => w),
	'notification-banner': o => plain(o, ['text', 'type', 'titleText'], n => ({ text: n.text, kind: n.type,
		heading: n.titleText ?? (n.type === 'success' ? 'Success' : 'Important') })),
	'panel': o => plain(o, ['titleText', 'text', 'classes'], p => ({ heading: p.titleText, text: p.text, classes: p.classes })),
	'phase-banner': o => plain(o, ['text', 'tag', 'classes'], p => ({ text: p.text, classes: p.classes,
		tag: only(p.tag, ['text'], 'tag.').text })),
	'back-link': o => plain(o, ['text', 'href'], b => ({ href: b.href ?? '#' })),
	'breadcrumbs': o => plain(o, ['items', 'classes'], b => ({ classes: b.classes,
		crumbs: b.items.map(i => only(i, ['text', 'href'], 'item.')) })),
	'skip-link': o => plain(o, ['text', 'href', 'classes'], s => ({ ...s, href: s.href ?? '#content' })),
	'hint': o => plain(o, ['text', 'id', 'classes'], h => ({ text: h.text, hint_classes: h.classes,
		id: h.id?.replace(/-hint$/, '') })),
	'label': o => plain(o, ['text', 'classes', 'isPageHeading', 'for'], l => ({ text: l.text, classes: l.classes,
		heading: l.isPageHeading, for: l.for })),
	'error-message': o => plain(o, ['text', 'id', 'classes'], e => ({ text: e.text, error_classes: e.classes,
		id: e.id?.replace(/-error$/, '') })),
	'pagination': o => plain(o, ['previous', 'next', 'items'], p => ({ pages: {
		previous: only(p.previous, ['href'], 'previous.').href, next: only(p.next, ['href'], 'next.').href,
		items: (p.items ?? []).map(i => only(i, ['number', 'href', 'current', 'ellipsis'], 'item.')) } })),
	'task-list': o => plain(o, ['items', 'classes', 'idPrefix'], t => ({ classes: t.classes,
		tasks: t.items.filter(Boolean).map((i, n) => {
			const tag = only(only(i.status, ['text', 'tag', 'classes'], 'status.').tag, ['text', 'classes'], 'tag.')
			const status = { 'Completed': 'done', 'Incomplete': 'new', 'Not started': 'new', 'In progress': 'started',
				'Cannot start yet': 'blocked', 'There is a problem': 'problem' }[tag.text ?? i.status?.text]
			return { id: `${t.idPrefix ?? 'task-list'}-${n + 1}`, text: words(i.title), hint: words(i.hint),
				href: i.href, status: status ?? refuse('a status of its own') }
		}) }))
}

// The element of our partial that is the component, where we put something around it.
export const inside = { 'back-link': 'govuk-back-link', 'table': 'govuk-table' }

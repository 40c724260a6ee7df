// Markup reduced to what matters for comparing two pieces of it: elements, sorted
// attributes and classes, text with its spaces collapsed.
//
// Left out, because we add it on purpose: <bdi> and dir (isolation of values), classes
// dw-* and elements that have no other, and data-i18n.* (texts of the scripts, from our
// catalogue).
import { parseFragment } from 'parse5'

// Spaces collapsed; without the marks that isolate a value where no element can.
const plain = text => text.replace(/[\u2066-\u2069]/g, '').replace(/\s+/g, ' ').trim()

const ours = name => name === 'dir' || name.startsWith('data-i18n.')

// An element that is wholly ours: its content counts, unless it is only for the eye.
const onlyOurs = node => node.tagName === 'bdi' ||
	/^(dw-\S+\s*)+$/.test(node.attrs.find(a => a.name === 'class')?.value ?? '')

function attributes(node) {
	return node.attrs.filter(a => !ours(a.name)).map(({ name, value }) => {
		if (name === 'class')
			value = value.split(/\s+/).filter(c => c && !c.startsWith('dw-')).sort().join(' ')
		return name === 'class' && !value ? '' : ` ${name}="${plain(value)}"`
	}).sort().join('')
}

function pieces(node, depth, out) {
	for (const child of node.childNodes ?? []) {
		if (child.nodeName === '#text') {
			const text = plain(child.value)
			const last = out.length - 1
			if (text && out[last]?.text && out[last].depth === depth)
				out[last].line += ` ${text}`
			else if (text)
				out.push({ depth, text: true, line: text })
		} else if (child.tagName && onlyOurs(child)) {
			if (!child.attrs.some(a => a.name === 'aria-hidden'))
				pieces(child, depth, out)
		} else if (child.tagName) {
			out.push({ depth, line: `<${child.tagName}${attributes(child)}>` })
			pieces(child, depth + 1, out)
		}
	}
	return out
}

const withClass = (node, name) => node.attrs?.some(a => a.name === 'class' &&
	a.value.split(/\s+/).includes(name)) ? node
	: (node.childNodes ?? []).reduce((found, c) => found ?? withClass(c, name), null)

// Lines of the markup; with `inside`, of the first element of that class only (our
// landmark or scroller around a component is not part of it).
export function lines(html, inside) {
	let root = parseFragment(html)
	if (inside)
		root = { childNodes: [withClass(root, inside)].filter(Boolean) }
	return pieces(root, 0, []).map(p => ' '.repeat(p.depth) + p.line)
}

// Our partials against the fixtures that ship with govuk-frontend.
//     node fixtures.mjs [--show COMPONENT]
// Passes as long as no fewer are equal than FLOOR: raise it, never lower it.
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { render } from './lib/diwan.mjs'
import { lines } from './lib/markup.mjs'
import { NotOffered, inside, mappers } from './lib/options.mjs'
import { finish, report } from './lib/tap.mjs'

const FLOOR = 343
const show = process.argv[2] === '--show' ? process.argv[3] : null
const kit = join(dirname(createRequire(import.meta.url).resolve('govuk-frontend/package.json')),
	'dist', 'govuk', 'components')

// '' if equal, else why not.
function compare(component, fixture) {
	const map = mappers[component]
	if (!map)
		return 'component not used'
	let view
	try {
		view = map(structuredClone(fixture.options ?? fixture.context))
	} catch (e) {
		if (e instanceof NotOffered)
			return `not offered: ${e.message}`
		throw e
	}
	const our = lines(render(`partials/${component}`, view, 'en'), inside[component]).join('\n')
	const theirs = lines(fixture.html).join('\n')
	if (our !== theirs && show === component)
		console.log(`# ---- ${fixture.name}\n${theirs}\n# ---- ours\n${our}`)
	return our === theirs ? '' : 'different'
}

const reasons = new Map()
let equal = 0, total = 0
for (const component of readdirSync(kit, { withFileTypes: true }).filter(d => d.isDirectory()).map(d => d.name)) {
	const { fixtures } = JSON.parse(readFileSync(join(kit, component, 'fixtures.json'), 'utf8'))
	const unlike = []
	for (const fixture of show && show !== component ? [] : fixtures) {
		const why = compare(component, fixture)
		total++
		equal += !why
		reasons.set(why, (reasons.get(why) ?? 0) + 1)
		if (why === 'different')
			unlike.push(fixture.name)
	}
	if (unlike.length)
		console.log(`# ${component}: ${unlike.length} different: ${unlike.join(', ')}`)
}
for (const [why, n] of [...reasons].sort((a, b) => b[1] - a[1]))
	console.log(`# ${String(n).padStart(4)} ${why || 'equal'}`)
report(`${equal} of ${total} fixtures equal, at least ${FLOOR}`,
	equal < FLOOR ? [`${equal} are equal now`] : [])
finish()

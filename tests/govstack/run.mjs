// Runs GovStack's features of one building block against a platform: README.md.
//     node run.mjs BLOCK [pg]
// Exit 77: skipped, the reason is the last line.
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { finish, report } from '../browser/lib/tap.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const [block, on] = process.argv.slice(2)
const shared = resolve(process.env.DIWAN_SHARED ?? join(here, '..', '..', '..', 'shared'), 'data', 'govstack', block)

function skip(why) {
	console.log(`skipped: ${why}`)
	process.exit(77)
}

// The packages, in a folder that stays: only what package.json names, at its versions.
function packages() {
	const cache = process.env.GOVSTACK_WORK ??
		join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'diwan-govstack')
	const wanted = readFileSync(join(here, 'package.json'), 'utf8')
	const have = join(cache, 'package.json')
	mkdirSync(cache, { recursive: true })
	if (existsSync(join(cache, 'complete')) && existsSync(have) && readFileSync(have, 'utf8') === wanted)
		return cache
	writeFileSync(have, wanted)
	const got = spawnSync('npm', ['install', '--ignore-scripts', '--silent', '--no-audit', '--no-fund'],
		{ cwd: cache, stdio: 'inherit' })
	if (got.status !== 0)
		skip('the packages cannot be fetched')
	writeFileSync(join(cache, 'complete'), '')
	return cache
}

// A schema of its own in the server of DIWAN_TEST_PG.
function database() {
	if (on !== 'pg')
		return []
	const url = process.env.DIWAN_TEST_PG ?? skip('no DIWAN_TEST_PG')
	const schema = `govstack_${block}`
	const made = spawnSync('psql', ['-q', url, '-c', 'SET client_min_messages = warning', '-c',
		`DROP SCHEMA IF EXISTS ${schema} CASCADE`, '-c', `CREATE SCHEMA ${schema}`], { stdio: 'inherit' })
	if (made.status !== 0)
		throw new Error('the schema cannot be made')
	return [`--database=${url}${url.includes('?') ? '&' : '?'}options=-csearch_path%3D${schema}`]
}

const featuresIn = folder => readdirSync(folder).filter(n => n.endsWith('.feature')).sort().map(n => join(folder, n))

// Beside us, not instead of us: the platform's log is read meanwhile, or it would wait.
function beside(words, options) {
	return new Promise(ended => {
		const child = spawn(process.execPath, words, options)
		let told = ''
		for (const stream of [child.stdout, child.stderr])
			stream.on('data', text => { told += text })
		child.on('close', () => ended(told))
	})
}

async function cucumber(work, facts, features) {
	writeFileSync(join(work, 'facts.json'), JSON.stringify(facts))
	const out = join(work, 'result.json')
	const told = await beside(['node_modules/@cucumber/cucumber/bin/cucumber.js', ...features,
		'--import', `${block}/*.steps.mjs`, '--format', `json:${out}`, '--format', 'summary:summary.txt'],
	{ cwd: work, env: { ...process.env, GOVSTACK_FACTS: join(work, 'facts.json'),
		CUCUMBER_PUBLISH_ENABLED: 'false', CUCUMBER_PUBLISH_QUIET: 'true' } })
	if (!existsSync(out))
		throw new Error(`Cucumber did not run: ${told}`)
	return JSON.parse(readFileSync(out, 'utf8'))
}

function faultsOf(scenario) {
	const bad = scenario.steps.filter(s => !['passed', 'skipped'].includes(s.result.status))
	const faults = bad.map(s => `${s.keyword}${s.name}: ${s.result.error_message ?? s.result.status}`)
	if (!faults.length && scenario.steps.some(s => s.result.status === 'skipped'))
		faults.push('a step was skipped')
	return faults.flatMap(f => f.split('\n').slice(0, 6))
}

function tell(results, features) {
	for (const feature of results)
		for (const scenario of feature.elements)
			report(`${feature.uri.split('/').at(-1).replace('.feature', '')}:${scenario.line} ${scenario.name}`,
				faultsOf(scenario))
	const ran = results.length
	report(`all ${features.length} features ran`, ran === features.length ? [] : [`${ran} did`])
}

if (!existsSync(join(shared, 'features')))
	skip(`no ${shared}`)
const features = [...featuresIn(join(shared, 'features')), ...featuresIn(join(here, block))]
const cache = packages()
const work = mkdtempSync(join(tmpdir(), 'govstack-'))
let made
try {
	cpSync(here, work, { recursive: true })
	symlinkSync(join(cache, 'node_modules'), join(work, 'node_modules'))
	const { prepare } = await import(pathToFileURL(join(here, block, 'prepare.mjs')))
	made = await prepare({ shared, work, database: database() })
	tell(await cucumber(work, made.facts, features), features)
	await made.stop()
	made.after?.(report)
} finally {
	await made?.stop()
	rmSync(work, { recursive: true, force: true })
}
finish()

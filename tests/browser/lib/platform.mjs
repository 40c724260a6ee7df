// A platform of its own for a test: a fresh folder, the pack of Bahrain, invented people.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './diwan.mjs'

const REST_SECONDS = 120, LOOK_EVERY = 10 // milliseconds
const pause = ms => new Promise(done => setTimeout(done, ms))

// Until nothing is due and nothing under way: what was done before has had all its effects,
// however busy the machine is. What is due later (a timer, a second attempt) is not waited for.
async function atRest(address, until) {
	for (;; await pause(LOOK_EVERY)) {
		const figures = await (await fetch(`${address}/metrics`)).text()
		const [due, running] = ['due', 'running'].map(name =>
			figures.match(new RegExp(`^diwan_jobs_${name} (\\d+)$`, 'm'))?.[1])
		if (due === '0' && running === '0')
			return
		if (Date.now() > until)
			throw new Error(`after ${REST_SECONDS} seconds ${due} jobs of ${address} are due and ${running} under way`)
	}
}

// `providers`: addresses of the programs that it waits for, as the payers came to know them.
// They first: what they send is done when they are told that it was taken.
function at(address) {
	const providers = new Set()
	return { address, providers, async rest() {
		const until = Date.now() + REST_SECONDS * 1000
		for (const one of [...providers, address])
			await atRest(one, until)
	} }
}

// Resolves to {address, providers, rest, stop} once it is ready. DIWAN_AT names one that runs already.
// `words`: more settings; `data`: a folder that stays when it stops, to start there again.
export function platform({ words = [], data: kept } = {}) {
	if (process.env.DIWAN_AT)
		return Promise.resolve({ ...at(process.env.DIWAN_AT), stop: () => {} })
	const data = kept ?? mkdtempSync(join(tmpdir(), 'diwan-'))
	const program = process.env.DIWAN ?? join(root, 'build', 'diwan')
	const child = spawn(program, ['serve', '--demo', '--pack=packs/bahrain', `--data-dir=${data}`,
		'--listen=127.0.0.1:0', ...words], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
	let told = ''
	return new Promise((resolve, reject) => {
		const ended = new Promise(over => child.on('exit', over))
		const stop = async () => {
			child.kill('SIGTERM')
			await ended
			if (!kept)
				rmSync(data, { recursive: true, force: true })
		}
		child.stderr.on('data', text => { told = (told + text).slice(-4000) })
		child.stdout.on('data', text => {
			const ready = String(text).match(/ready at (\S+?)\/?\s/)
			if (ready)
				resolve({ ...at(ready[1]), stop })
		})
		ended.then(code => reject(new Error(`the platform ended with ${code}: ${told}`)))
	})
}

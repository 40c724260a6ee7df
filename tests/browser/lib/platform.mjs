// A platform of its own for a test: a fresh folder, the pack of Bahrain, invented people.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './diwan.mjs'

// Resolves to {address, stop} once it is ready. DIWAN_AT names one that runs already.
// `words`: more settings; `data`: a folder that stays when it stops, to start there again.
export function platform({ words = [], data: kept } = {}) {
	if (process.env.DIWAN_AT)
		return Promise.resolve({ address: process.env.DIWAN_AT, stop: () => {} })
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
				resolve({ address: ready[1], stop })
		})
		ended.then(code => reject(new Error(`the platform ended with ${code}: ${told}`)))
	})
}

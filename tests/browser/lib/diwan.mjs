// The binary's own renderer, asked for one template at a time.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')
const binary = process.env.DIWAN ?? join(root, 'build', 'diwan')

export function render(template, view, lang) {
	const run = spawnSync(binary, ['template', 'render', template, '--data', '-', '--lang', lang],
		{ input: JSON.stringify(view), encoding: 'utf8', maxBuffer: 64 << 20, cwd: root })
	if (run.error || run.status !== 0)
		throw new Error(`${template}: ${run.error?.message ?? run.stderr}`)
	return run.stdout
}

// A platform whose body "iga" may pay out: its programs under the names the features call
// themselves, money, kinds of vouchers, merchants; a second body; a bank.
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../browser/lib/diwan.mjs'
import { platform } from '../../browser/lib/platform.mjs'

const program = process.env.DIWAN ?? join(root, 'build', 'diwan')

// The names that programs have in the features, but for those that none has.
function names(folder) {
	const texts = readdirSync(folder).map(n => readFileSync(join(folder, n), 'utf8')).join('\n')
	const found = [...texts.matchAll(/"([^"]+)" as (?:SourceBBID|Gov_Stack_BB)\b/g)].map(m => m[1])
	return [...new Set(found)].filter(n => n !== 'invalid')
}

export async function prepare({ shared, database }) {
	const data = mkdtempSync(join(tmpdir(), 'diwan-'))
	const file = (name, text) => {
		writeFileSync(join(data, name), text, { mode: 0o600 })
		return join(data, name)
	}
	const clock = file('clock', '0\n')
	const site = await platform({ words: [...database, `--clock_offset_file=${clock}`], data })
	const diwan = (...words) => execFileSync(program, [...words, `--data-dir=${data}`, ...database],
		{ cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
	for (const name of names(join(shared, 'features')))
		diwan('payouts', 'program', 'iga', name)
	diwan('payouts', 'program', 'moh', 'OtherBBID001')
	for (const [code, sum] of [['AED', '5000.00'], ['USD', '20000.00'], ['BHD', '1000.000']])
		diwan('payouts', 'fund', 'iga', `BUDGET-${code}`, sum, `--currency=${code}`)
	diwan('payouts', 'group', 'iga', 'string', '--most=1000')
	diwan('payouts', 'group', 'iga', 'two', '--most=2')
	diwan('payouts', 'group', 'iga', 'short', '--most=1000', '--days=1')
	for (const [name, account] of [['Melissa Stephenson', 'Citizen Service Banks'], ['Ronan Oliver', 'Vigor Bank Group']])
		diwan('payouts', 'merchant', 'iga', name, account)
	diwan('payouts', 'merchant', 'iga', 'Closed Shop', 'No Bank', '--closed')
	const secret = file('bank.secret', 'whsec_c2ltdWxhdGVkIHNlY3JldCBmb3IgdGVzdHM=\n')
	diwan('payments', 'provider', 'bank-one', '--url=http://127.0.0.1:1', `--secret=${secret}`, '--weight=0')
	const facts = {
		at: `${site.address}/api/govstack/payments`,
		site: site.address,
		key: diwan('payouts', 'key', 'iga'),
		other: diwan('payouts', 'key', 'moh'),
		bank: diwan('payouts', 'key', 'bank-one', '--bank'),
		ordinary: diwan('payments', 'key', 'iga'),
		program, root, clock, secret,
		settings: [`--data-dir=${data}`, ...database]
	}
	return {
		facts,
		stop: async () => {
			await site.stop()
			rmSync(data, { recursive: true, force: true })
		}
	}
}

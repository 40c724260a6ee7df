// What the steps of payments have in common: calls with the body's key, the books before
// and after, vouchers made for a scenario.
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { call, facts } from '../lib/calls.mjs'
import { Contract } from '../lib/contract.mjs'

export const F = facts()
export const MERCHANT = { merchant_name: 'Melissa Stephenson', merchant_bank_details: 'Citizen Service Banks' }
export const BB = 'bb-digital-registries'

export const id = n => randomUUID().replaceAll('-', '').slice(0, n)
export const is = (what, got, wanted) => {
	const [g, w] = [JSON.stringify(got), JSON.stringify(wanted)]
	if (g !== w)
		throw new Error(`${what}: ${g}, not ${w}`)
}

// Every answer has to be as the platform's own /openapi.json says.
const own = new Contract((await call('GET', `${F.site}/openapi.json`)).body)

export async function asked(method, path, more) {
	const answer = await call(method, F.at + path, more), real = new URL(F.at).pathname + path
	const described = own.pathOf(real)
	if (!described)
		throw new Error(`/openapi.json does not know ${real}`)
	own.check(method, described, answer.status, answer.body, answer.headers.get('content-type'))
	return answer
}

export const ask = (method, path, body, headers = {}) =>
	asked(method, path, { headers: { Authorization: `Bearer ${F.key}`, ...headers }, body })

export const diwan = (...words) => execFileSync(F.program, [...words, ...F.settings],
	{ cwd: F.root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()

// {"AED asset/funding": 500000}: minor units, debits minus credits, of one body.
export function books(entity = 'iga') {
	const lines = diwan('ledger', 'balance', entity).split('\n').filter(l => l)
	return Object.fromEntries(lines.map(l => l.split('\t')).map(([, code, account, sum]) =>
		[`${code} ${account}`, Number(sum.replace('.', ''))]))
}

// What the books gained, without what stayed.
export function gained(before, after) {
	const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
	return Object.fromEntries(keys.map(k => [k, (after[k] ?? 0) - (before[k] ?? 0)])
		.filter(([, v]) => v).sort())
}

export async function until(what, look, wanted, seconds = 120) {
	const end = Date.now() + seconds * 1000
	for (;;) {
		const got = await look()
		if (JSON.stringify(got) === JSON.stringify(wanted))
			return
		if (Date.now() > end)
			is(what, got, wanted)
		await new Promise(next => setTimeout(next, 100))
	}
}

// Changed as a whole: a clock read halfway would go back to today.
export function clock(seconds) {
	const now = Number(readFileSync(F.clock, 'utf8'))
	writeFileSync(`${F.clock}.next`, `${now + seconds}\n`)
	renameSync(`${F.clock}.next`, F.clock)
}

// ---- vouchers ----

export async function make({ amount = '15.21', currency = 'AED', group = 'string' } = {}) {
	const made = await ask('POST', '/vouchers/voucher_preactivation', {
		voucher_amount: amount, voucher_currency: currency, voucher_group: group, Gov_Stack_BB: BB })
	is('preactivation', made.status, 200)
	return { number: made.body.voucher_number, serial: made.body.voucher_serial_number, amount }
}

export const activate = v => ask('PATCH', '/vouchers/voucher_activation',
	{ voucher_serial_number: v.serial, Gov_Stack_BB: BB })
export const redeem = (v, more = {}) => ask('POST', '/vouchers/voucher_redemption',
	{ voucher_number: v.number, Gov_Stack_BB: BB, ...MERCHANT, override: true, ...more })
export const cancel = v => ask('PATCH', `/vouchers/voucherstatuscheck/${v.serial}`,
	{ voucher_serial_number: v.serial, Gov_Stack_BB: BB })
export const status = v => ask('GET', `/vouchers/voucherstatuscheck/${v.serial}`)
export async function word(v) {
	const got = await status(v)
	return got.status === 200 ? got.body.voucher_status : got.status
}

export async function active(more) {
	const v = await make(more)
	is('activation', (await activate(v)).status, 200)
	return v
}

// ---- payees ----

export const IBAN = 'LI4808800751423444466'

export async function payee(number, more = { PaymentModality: '01', FinancialAddress: IBAN }) {
	return ask('POST', '/register-beneficiary', { RequestID: id(12), SourceBBID: 'SourceBBID11',
		Beneficiaries: [{ PayeeFunctionalID: number, ...more }] })
}
export const lookup = async number =>
	(await ask('GET', `/beneficiary?requestId=${id(12)}&payeeIdentity=${encodeURIComponent(number)}`))
		.body.paymentModalityList
export const batch = reference => ask('GET', `/batch?batchId=${reference}`)
export const detail = (reference, more = '') => ask('GET', `/batch/detail?batchId=${reference}${more}`)

// GovStack's own features of payments. The numbers that features give vouchers stand for
// vouchers that are made for the scenario: a voucher's real number is the platform's own.
// Beside what a step says, each checks what an answer did to the platform: what became of
// the voucher or payee, and what the body's books gained.
import { Before, Given, Then, When } from '@cucumber/cucumber'
import { check } from './schemas.mjs'
import * as w from './world.mjs'

Before(function () {
	Object.assign(this, { headers: {}, vouchers: {} })
})

// "a" as X, 100 as Y, an empty array as Z -> {X: 'a', Y: 100, Z: []}
function given(words) {
	const out = {}
	for (const [, text, number, name] of words.matchAll(/(?:"([^"]*)"|(\d+)) as (?:invalid )?(\w+)/g))
		out[name] = text ?? Number(number)
	for (const [, name] of words.matchAll(/an empty array as (\w+)/g))
		out[name] = []
	return out
}

// What goes out when the features say that an answer is received.
function send(world, method, path, body, shape, effect) {
	Object.assign(world, { method, path, body, shape, effect, answer: undefined })
}

async function received(world) {
	world.before = w.books()
	world.answer = await w.ask(world.method, world.path, world.body, world.headers)
}

const gained = world => w.gained(world.before, w.books())

// ---- what all features say of answers ----

Given(/^(?:Source BB|Information Mediator BB|Wants to|Non Payment|A non|The user wants).*$/, () => {})

Then(/^(?:The response from (?:the )?.*|Receives? a response from .*?)(?: is received| endpoint)$/, async function () {
	await received(this)
})

Then(/^The .*?(?:response|re-cancellation) should be returned in a timely manner (\d+) ?ms$/, function (ms) {
	if (this.answer.ms > Number(ms))
		throw new Error(`it took ${this.answer.ms} ms`)
})

Then(/^The .*?(?:response|re-cancellation) should have status (\d+)$/, async function (status) {
	if (this.answer.status !== Number(status))
		throw new Error(`${this.answer.status}: ${this.answer.text}`)
	if (this.answer.status === 200 && this.effect)
		await this.effect(this)
	else
		w.is('what a refusal books', gained(this), {})
})

Then(/^The .*?response should have "content-type": "([^"]*)" header$/, function (type) {
	w.is('content-type', this.answer.headers.get('content-type').split(';')[0], type)
})

Then(/^The .*?(?:response|re-cancellation) should match json (error )?schema$/, function (error) {
	check(error || (this.shape.error && this.answer.status !== 200) ? this.shape.error : this.shape.good,
		this.answer.body)
})

Then(/^The .*?response should have a "(\w+)" property$/, function (name) {
	if (!this.answer.body[name])
		throw new Error(this.answer.text)
})

Then(/^The .*?response (\w+) field should be "([^"]*)"$/, function (name, value) {
	w.is(name, this.answer.body[name], value)
})

// ---- vouchers ----

const MESSAGE = 'message'
const MADE = { good: 'made', error: MESSAGE }
const RESULT = { good: 'result', error: MESSAGE }

When(/^(?:And )?(?:Provides|Send with|The request contains) optional (X-[\w-]+) header$/, function (name) {
	const values = { 'X-Callback-URL': 'https://program.example/callback', 'X-Channel': 'Web',
		'X-Date': new Date().toISOString(), 'X-CorrelationID': crypto.randomUUID() }
	this.headers[name] = values[name]
})

async function madeEffect(world) {
	w.is('a preactivated voucher', await w.word({ serial: world.answer.body.voucher_serial_number }), 'Pre-Activated')
	w.is('what it books', gained(world), {})
}

function makes(world, more) {
	const { voucher_amount, voucher_currency, voucher_group, Gov_Stack_BB } = more
	send(world, 'POST', '/vouchers/voucher_preactivation',
		{ voucher_amount, voucher_currency, voucher_group, Gov_Stack_BB }, MADE, madeEffect)
}

When(/^Send POST \/vouchers\/voucher_preactivation with required body with given (.*)$/, function (words) {
	makes(this, given(words))
})

When(/^Send POST \/vouchers\/voucher_preactivation request with an invalid (.*?) and (.*)$/, function (what, words) {
	const invalid = { 'voucher amount': { voucher_amount: '-15.21' }, 'voucher currency': { voucher_currency: 'XYZ' },
		'voucher_group': { voucher_group: 'no such group' }, 'Gov_Stack_BB': { Gov_Stack_BB: 'no such program' } }
	makes(this, { ...given(words), ...invalid[what] })
})

When('Send POST \\/vouchers\\/voucher_preactivation request an empty payload', function () {
	send(this, 'POST', '/vouchers/voucher_preactivation', {}, MADE)
})

const activated = voucher => async world => {
	w.is('the voucher', await w.word(voucher), 'Activated')
	w.is('what is owed', gained(world), { 'AED expense/vouchers': 1521, 'AED liability/vouchers': -1521 })
}

function activates(world, body, voucher) {
	send(world, 'PATCH', '/vouchers/voucher_activation', body, RESULT, voucher && activated(voucher))
}

When(/^Sends PATCH \/vouchers\/voucher_activation request with valid payload where voucher_serial_number = (\d+) and "([^"]*)" as Gov_Stack_BB$/,
	async function (number, program) {
		const voucher = this.vouchers[number] = await w.make()
		activates(this, { voucher_serial_number: Number(voucher.serial), Gov_Stack_BB: program }, voucher)
	})

When('Sends PATCH \\/vouchers\\/voucher_activation request without payload', function () {
	activates(this)
})

When('Sends PATCH \\/vouchers\\/voucher_activation request with an invalid voucher_serial_number and {string} as Gov_Stack_BB',
	function (program) {
		activates(this, { voucher_serial_number: 42, Gov_Stack_BB: program })
	})

When(/^Sends PATCH \/vouchers\/voucher_activation request with an invalid Gov_Stack_BB and valid voucher_serial_number = \d+$/,
	async function () {
		activates(this, { voucher_serial_number: Number((await w.make()).serial), Gov_Stack_BB: 'no such program' })
	})

const redeemed = voucher => async world => {
	w.is('the voucher', await w.word(voucher), 458)
	w.is('what was paid', gained(world), { 'AED asset/funding': -1521, 'AED liability/vouchers': 1521 })
}

function redeems(world, body, voucher) {
	send(world, 'POST', '/vouchers/voucher_redemption', body, RESULT, voucher && redeemed(voucher))
}

When(/^Sends POST request to redeem a voucher with (\d+) as voucher_number, (.*?), true as override ?$/, async function (number, words) {
	const voucher = await w.active()
	redeems(this, { voucher_number: voucher.number, ...given(words), override: true }, voucher)
})

When('Sends POST request without payload to redeem a voucher', function () {
	redeems(this)
})

When(/^Sends POST request with invalid Gov_Stack_BB, (\d+) as voucher_number, (.*?), true as override in the payload to redeem a voucher$/,
	async function (number, words) {
		redeems(this, { voucher_number: (await w.active()).number, ...given(words), Gov_Stack_BB: 'no such program',
			override: true })
	})

When(/^Sends POST request with invalid voucher_number, (.*?), true as override in the payload to redeem a voucher$/, function (words) {
	redeems(this, { ...given(words), voucher_number: '123456789012345678', override: true })
})

// A voucher of more than the body was given.
When(/^Sends POST request to redeem a voucher with insufficient funds in funding a\/c, (\d+) as voucher_number, (.*?), true as override$/,
	async function (number, words) {
		const voucher = await w.active({ amount: '9999999.00' })
		redeems(this, { voucher_number: voucher.number, ...given(words), override: true })
		this.cleared = voucher
	})

When(/^Sends POST request to redeem a voucher with merchant that cannot be credited, (\d+) as voucher_number, (.*?), true as override$/,
	async function (number, words) {
		redeems(this, { voucher_number: (await w.active()).number, ...given(words), merchant_name: 'Closed Shop',
			merchant_bank_details: 'No Bank', override: true })
	})

const STATUS = { good: 'status', error: MESSAGE }

// 6001 was used, 6002 has expired; what is no number is sent as it is.
When(/^GET request to check the status of the voucher with voucherserialnumer = "([^"]*)" is sent$/, async function (number) {
	let serial = number
	if (number === '6001') {
		const voucher = await w.active()
		w.is('redemption', (await w.redeem(voucher)).status, 200)
		serial = voucher.serial
	} else if (number === '6002') {
		const before = w.books()
		serial = (await w.active({ group: 'short' })).serial
		w.clock(2 * 86400)
		// A job releases what it was worth: not while the answer's own books are looked at.
		await w.until('the books', () => w.gained(before, w.books()), {})
	} else if (/^\d+$/.test(number))
		serial = (await w.active()).serial
	send(this, 'GET', `/vouchers/voucherstatuscheck/${serial}`, undefined, STATUS, world => {
		w.is('the voucher', [world.answer.body.voucher_status, world.answer.body.voucher_amount], ['Activated', '15.21'])
	})
})

When(/^GET request to check the status of the voucher is sent with invalid characters as "([^"]*)"$/, function (text) {
	send(this, 'GET', `/vouchers/voucherstatuscheck/${encodeURIComponent(text)}`, undefined, STATUS)
})

const CANCELLED = { good: MESSAGE, error: MESSAGE }
const cancelled = voucher => async world => {
	w.is('the voucher', await w.word(voucher), 'Purged')
	w.is('what is owed no more', gained(world), { 'AED expense/vouchers': -1521, 'AED liability/vouchers': 1521 })
}

function cancels(world, serial, body, voucher) {
	send(world, 'PATCH', `/vouchers/voucherstatuscheck/${serial}`, body, CANCELLED, voucher && cancelled(voucher))
}

const named = serial => ({ voucher_serial_number: serial, Gov_Stack_BB: w.BB })

When(/^A PATCH request to cancel the voucher with voucherserialnumber = "\d+" is sent$/, async function () {
	this.voucher = await w.active()
	cancels(this, this.voucher.serial, named(this.voucher.serial), this.voucher)
})

When('A PATCH request to cancel the same voucher is sent second time', function () {
	cancels(this, this.voucher.serial, named(this.voucher.serial))
})

When('A PATCH request to cancel the voucher with invalid voucherserialnumber = {string} is sent', function (serial) {
	cancels(this, serial, named(serial))
})

When('A PATCH request to cancel the voucher with invalid Gov Stack Building Block = {string} is sent', async function (program) {
	const { serial } = await w.active()
	cancels(this, serial, { voucher_serial_number: serial, Gov_Stack_BB: program })
})

When('A PATCH request to cancel the voucher is sent with missing voucherserialnumber in the payload', async function () {
	cancels(this, (await w.active()).serial, { Gov_Stack_BB: w.BB })
})

When('A PATCH request to cancel the voucher is sent with missing Gov Stack Building Block in the payload', async function () {
	const { serial } = await w.active()
	cancels(this, serial, { voucher_serial_number: serial })
})

When('A PATCH request to cancel the voucher is sent without payload', async function () {
	cancels(this, (await w.active()).serial)
})

// ---- beneficiaries ----

const CODE = { good: 'code', error: 'code' }

function beneficiary(words) {
	const { RequestID, SourceBBID, PayeeFunctionalID, PaymentModality, FinancialAddress } = given(words)
	return { RequestID, SourceBBID, Beneficiaries: [{ PayeeFunctionalID, PaymentModality, FinancialAddress }] }
}

const mapped = body => async () => {
	const { PayeeFunctionalID, PaymentModality = '', FinancialAddress = '' } = body.Beneficiaries[0]
	const [found] = await w.lookup(PayeeFunctionalID)
	w.is('what the mapper knows', [found?.payeeIdentity, found?.paymentModality, found?.financialAddress],
		[PayeeFunctionalID, PaymentModality, FinancialAddress])
}

When(/^POST request to register a beneficiary with given (.*) is sent$/, function (words) {
	const body = beneficiary(words)
	send(this, 'POST', '/register-beneficiary', body, CODE, mapped(body))
})

When(/^POST request to update beneficiary details with given (.*) is sent$/, async function (words) {
	const body = beneficiary(words), number = body.Beneficiaries[0].PayeeFunctionalID
	if (number?.length === 20)
		await w.payee(number, {})
	send(this, 'POST', '/update-beneficiary-details', body, CODE, mapped(body))
})

// ---- batches ----

const WHOLE = { RequestID: 'abcdef123456', SourceBBID: 'sourceBBID12', BatchID: 'batchID12345',
	InstructionID: 'instructionID123', PayeeFunctionalID: 'PayeeFunctionalID123', Amount: 100, Currency: 'USD',
	Narration: 'Narration' }

function instructions(of) {
	const { RequestID, SourceBBID, BatchID, CreditInstructions, ...one } = of
	return { RequestID, SourceBBID, BatchID, CreditInstructions: CreditInstructions ?? [one] }
}

When(/^POST \/prepayment-validation request with required body with given (.*) is sent$/, async function (words) {
	const one = words.includes('as invalid') ? { ...WHOLE, ...given(words) } : given(words)
	if (one.PayeeFunctionalID?.length === 20)
		await w.payee(one.PayeeFunctionalID)
	send(this, 'POST', '/prepayment-validation', instructions(one), CODE, async world => {
		const good = world.answer.body.ResponseCode === '00'
		w.is('who cannot be paid', world.answer.body.FailedAccounts, good ? [] : undefined)
		w.is('what a validation books', gained(world), {})
	})
})

When(/^POST \/prepayment-validation-response request with required body with given (.*) is sent$/, function (words) {
	send(this, 'POST', '/prepayment-validation-response', given(words), { good: 'validation' })
})

When(/^POST request to bulk-payments with given (.*) is sent$/, async function (words) {
	const one = given(words)
	if (one.PayeeFunctionalID?.length === 20)
		await w.payee(one.PayeeFunctionalID)
	send(this, 'POST', '/bulk-payment', instructions(one), CODE, async world => {
		await w.until('the batch', async () => (await w.batch(one.BatchID)).body.completed, 1)
		const [transfer] = (await w.detail(one.BatchID)).body
		w.is('the transfer', [transfer.instructionId, transfer.status, transfer.amount, transfer.currency],
			[one.InstructionID, 'COMPLETED', 100, 'USD'])
		w.is('what was paid', gained(world), { 'USD asset/funding': -10000, 'USD expense/payouts': 10000 })
	})
})

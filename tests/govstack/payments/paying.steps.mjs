// Our own scenarios of paying out.
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import { After, Before, Given, setDefaultTimeout, Then, When } from '@cucumber/cucumber'
import * as w from './world.mjs'

const PAYER = '850199901' // of the pack's demonstration

setDefaultTimeout(180000)

Before(function () {
	this.start = w.books()
})

After(function () {
	this.server?.close()
})

Then("the body's books gained", function (table) {
	const wanted = Object.fromEntries(table.raw().map(([k, v]) => [k, Number(v)]).filter(([, v]) => v).sort())
	w.is('the books', w.gained(this.start, w.books()), wanted)
})

When('{int} days pass', function (days) {
	w.clock(days * 86400)
})

// ---- vouchers ----

Given(/^an activated voucher of (\d\S*) (\w+)$/, async function (amount, currency) {
	this.voucher = await w.active({ amount, currency })
})

Given('a voucher of {word} {word}', async function (amount, currency) {
	this.voucher = await w.make({ amount, currency })
})

Given('an activated voucher of group {string}', async function (group) {
	this.voucher = await w.active({ group })
})

When('it is redeemed {int} times at once', async function (times) {
	this.answers = await Promise.all(Array.from({ length: times }, () => w.redeem(this.voucher)))
})

Then('one redemption is answered {int} and the others {int}', function (one, others) {
	const got = this.answers.map(a => a.status).sort((x, y) => x - y)
	w.is('statuses', got, [one, ...Array(got.length - 1).fill(others)])
})

When('it is cancelled', async function () {
	w.is('cancellation', (await w.cancel(this.voucher)).status, 200)
})

const DOES = { redemption: w.redeem, status: w.status, cancellation: w.cancel, activation: w.activate }

Then(/^its (redemption|status|cancellation|activation) is answered (\d+)$/, async function (what, status) {
	w.is(what, (await DOES[what](this.voucher)).status, Number(status))
})

Then("the body's books gain nothing once its time is seen to be over", async function () {
	await w.until('the books', async () => w.gained(this.start, w.books()), {})
})

Then('vouchers of group {string} are answered {int}, {int}, {int}', async function (group, one, two, three) {
	const got = [], statuses = [one, two, three]
	for (let i = 0; i < statuses.length; i++)
		got.push((await w.ask('POST', '/vouchers/voucher_preactivation', { voucher_amount: '1.00',
			voucher_currency: 'AED', voucher_group: group, Gov_Stack_BB: w.BB })).status)
	w.is('statuses', got, statuses)
})

const order = (n, groupCode, amount) => ({ requestID: w.id(12), batchID: w.id(12),
	voucherInstructions: Array.from({ length: n }, () => ({ instructionID: w.id(16), groupCode, currency: 'AED', amount })) })

When('{int} vouchers of {float} AED are made together', async function (n, amount) {
	this.order = order(n, 'string', amount)
	const got = await w.ask('POST', '/vouchers', this.order)
	w.is('the answer', [got.status, got.body.ResponseCode, got.body.voucherInstructions.length], [200, '00', n])
	this.made = got.body.voucherInstructions.map(v => ({ serial: v.serialNumber, number: v.voucherNumber }))
	w.is('serials', new Set(this.made.map(v => v.serial)).size, n)
})

Then('the same request tells the same serials, and no numbers', async function () {
	const { body } = await w.ask('POST', '/vouchers', this.order)
	w.is('again', body.voucherInstructions.map(v => [v.serialNumber, v.voucherNumber]),
		this.made.map(v => [v.serial, undefined]))
})

Then('another request of the same id is refused', async function () {
	const got = await w.ask('POST', '/vouchers', { ...order(1, 'string', 1), requestID: this.order.requestID })
	w.is('another', [got.status, got.body.ResponseCode], [400, '01'])
})

const listOf = made => ({ requestID: w.id(12), batchID: w.id(12),
	voucherInstructions: made.map(v => ({ serialNumber: v.serial })) })

When('they are activated together with one that is not there', async function () {
	const got = await w.ask('PUT', '/vouchers?command=activate', listOf([...this.made, { serial: '42' }]))
	w.is('the answer', got.status, 200)
	this.failed = got.body.failedCases
})

Then('only the one that is not there failed', async function () {
	w.is('failures', this.failed.map(f => f.serialNumber), ['42'])
	for (const v of this.made)
		w.is('the voucher', await w.word(v), 'Activated')
})

Then('the first of them is redeemed', async function () {
	w.is('redemption', (await w.redeem(this.made[0])).status, 200)
})

When('they are cancelled together', async function () {
	this.failed = (await w.ask('POST', '/vouchers?command=cancel', listOf(this.made))).body.failedCases
})

Then('only the first of them failed', async function () {
	w.is('failures', this.failed.map(f => f.serialNumber), [this.made[0].serial])
	w.is('the others', [await w.word(this.made[1]), await w.word(this.made[2])], ['Purged', 'Purged'])
})

Then('{int} vouchers of group {string} together are refused', async (n, group) => {
	const got = await w.ask('POST', '/vouchers', order(n, group, 1))
	w.is('the answer', [got.status, got.body.ResponseCode], [400, '01'])
})

Then('two preactivations with one Idempotency-Key tell one voucher', async () => {
	const body = { voucher_amount: '1.00', voucher_currency: 'AED', voucher_group: 'string', Gov_Stack_BB: w.BB }
	const key = { 'Idempotency-Key': w.id(20) }
	const one = await w.ask('POST', '/vouchers/voucher_preactivation', body, key)
	const two = await w.ask('POST', '/vouchers/voucher_preactivation', body, key)
	w.is('statuses', [one.status, two.status], [200, 200])
	w.is('the second', two.text, one.text)
})

// ---- whose it is ----

const other = (method, path, body) => w.ask(method, path, body, { Authorization: `Bearer ${w.F.other}` })

Then(/^for another body its (redemption|status) is answered (\d+)$/, async function (what, status) {
	const path = `/vouchers/voucherstatuscheck/${this.voucher.serial}`
	const got = what === 'status' ? await other('GET', path)
		: await other('POST', '/vouchers/voucher_redemption', { voucher_number: this.voucher.number,
			Gov_Stack_BB: 'OtherBBID001', ...w.MERCHANT })
	w.is(what, got.status, Number(status))
})

Given('a payee', async function () {
	this.payee = w.id(20)
	w.is('registration', (await w.payee(this.payee)).status, 200)
})

Then('for another body the payee is not known', async function () {
	const path = `/beneficiary?requestId=1&payeeIdentity=${this.payee}`
	w.is('the list', (await other('GET', path)).body.paymentModalityList, [])
	w.is("the body's own", (await w.ask('GET', path)).body.paymentModalityList.length, 1)
})

const CALLS = [['POST', '/vouchers/voucher_preactivation'], ['PATCH', '/vouchers/voucher_activation'],
	['POST', '/vouchers/voucher_redemption'], ['GET', '/vouchers/voucherstatuscheck/1'],
	['PATCH', '/vouchers/voucherstatuscheck/1'], ['POST', '/vouchers'], ['PUT', '/vouchers?command=activate'],
	['POST', '/register-beneficiary'],
	['POST', '/update-beneficiary-details'], ['GET', '/beneficiary'], ['PUT', '/beneficiary'],
	['POST', '/identityAccountMapper/beneficiary'], ['PUT', '/identityAccountMapper/beneficiary'], ['POST', '/prepayment-validation'],
	['GET', '/vouchers/1?fields=status'], ['POST', '/vouchers?command=redeem'], ['POST', '/batchtransactions?type=raw'],
	['POST', '/beneficiaries?command=validate'], ['GET', '/api/v1/batch/detail?batchId=x'],
	['POST', '/prepayment-validation-response'], ['POST', '/bulk-payment'], ['GET', '/batch?batchId=x'],
	['GET', '/batch/detail?batchId=x'], ['POST', '/rtpRequest'], ['GET', '/transferRequests/1']]
const BANK_CALLS = [['GET', '/bills/1'], ['POST', '/billTransferRequests'], ['POST', '/rtpResponse']]

Then(/^all calls are answered (\d+) to (.*)$/, async function (status, who) {
	const headers = {
		'nobody': {},
		'a wrong key': { Authorization: 'Bearer api_wrong' },
		'a key that only asks': { Authorization: `Bearer ${w.F.ordinary}` },
		'another name': { Authorization: `Bearer ${w.F.key}`, 'X-Registering-Institution-ID': 'moh' }
	}[who]
	for (const [method, path] of [...CALLS, ...who === 'another name' ? [] : BANK_CALLS])
		w.is(`${method} ${path}`, (await w.asked(method, path,
			{ headers, body: method === 'GET' ? undefined : {} })).status, Number(status))
	if (who === 'a wrong key')
		for (const [method, path] of BANK_CALLS)
			w.is(`${method} ${path} with a body's key`,
				(await w.ask(method, path, method === 'GET' ? undefined : {})).status, Number(status))
})

// ---- batches ----

// A payee of each kind, by its number.
async function payee(kind) {
	const number = w.id(20)
	const kinds = {
		'good': { PaymentModality: '00', FinancialAddress: w.IBAN },
		'no address': {},
		'inactive': { PaymentModality: '01', FinancialAddress: w.IBAN },
		'by voucher': { PaymentModality: '02' }
	}
	if (kind === 'unknown')
		return number
	w.is(kind, (await w.payee(number, kinds[kind])).status, 200)
	const change = kind === 'inactive' ? { status: '0' } : undefined
	if (change)
		w.is('a change', (await w.ask('POST', '/update-beneficiary-details', { RequestID: w.id(12),
			SourceBBID: 'SourceBBID11', Beneficiaries: [{ PayeeFunctionalID: number, ...change }] })).status, 200)
	return number
}

Then('a payee with a wrong account number is refused as {string}', async why => {
	const number = w.id(20)
	const got = await w.payee(number, { PaymentModality: '00', FinancialAddress: w.IBAN.replace('48', '49') })
	w.is('the refusal', [got.status, got.body.ResponseCode, got.body.failedCases[0].failureReason], [400, '01', why])
	w.is('what the mapper knows', await w.lookup(number), [])
})

// ---- the account mapper ----

const mapper = (method, Beneficiaries) => w.ask(method, '/identityAccountMapper/beneficiary',
	{ requestID: w.id(10), beneficiaries: Beneficiaries }, { 'X-Registering-Institution-ID': 'iga' })

When('the mapper registers {int} payees', async function (n) {
	this.payees = Array.from({ length: n }, () => w.id(18))
	const got = await mapper('POST', this.payees.map(payeeIdentity =>
		({ payeeIdentity, paymentModality: '01', financialAddress: '97336000001' })))
	w.is('the answer', [got.status, got.body.numberFailedCases], [200, 0])
})

Then('the mapper finds both, and not a third', async function () {
	const { body } = await w.ask('PUT', '/beneficiary', { requestId: w.id(12), payeePartyIds: [...this.payees, w.id(18)] })
	w.is('the list', body.paymentModalityList.map(p => [p.payeeIdentity, p.financialAddress]),
		this.payees.map(p => [p, '97336000001']))
})

When('the mapper changes the first and one that is not there', async function () {
	this.missing = w.id(18)
	const got = await mapper('PUT', [this.payees[0], this.missing].map(payeeIdentity =>
		({ payeeIdentity, financialAddress: '97336000002' })))
	w.is('the answer', got.status, 200)
	this.failed = got.body.failedCases
})

Then('only the one that is not there is told as failed', function () {
	w.is('failures', this.failed.map(f => [f.payeeIdentity, f.failureReason]), [[this.missing, 'unknown']])
})

Then('the first is paid at its new address', async function () {
	w.is('the payee', (await w.lookup(this.payees[0])).map(p => [p.paymentModality, p.financialAddress]),
		[['01', '97336000002']])
})

async function batchOf(table) {
	const list = []
	for (const { payee: kind, amount } of table.hashes())
		list.push({ InstructionID: w.id(16), PayeeFunctionalID: await payee(kind), Amount: Number(amount),
			Currency: 'USD', Narration: 'Allowance' })
	return { RequestID: w.id(12), SourceBBID: 'SourceBBID11', BatchID: w.id(12), CreditInstructions: list }
}

async function handOver(world, batch, headers) {
	world.batch = batch
	const got = await w.ask('POST', '/bulk-payment', batch, headers)
	w.is('the answer', [got.status, got.body.ResponseCode], [200, '00'])
	world.answer = got
}

When('a batch is handed over for', async function (table) {
	await handOver(this, await batchOf(table))
})

When('a batch is handed over {int} times at once for', async function (times, table) {
	this.batch = await batchOf(table)
	const got = await Promise.all(Array.from({ length: times }, () => w.ask('POST', '/bulk-payment', this.batch)))
	w.is('the answers', [...new Set(got.map(g => g.text))].length, 1)
})

When('a batch of {int} instructions of {word} is handed over', async function (n, amount) {
	const number = await payee('good')
	const list = Array.from({ length: n }, () => ({ InstructionID: w.id(16), PayeeFunctionalID: number,
		Amount: Number(amount), Currency: 'USD', Narration: 'Allowance' }))
	await handOver(this, { RequestID: w.id(12), SourceBBID: 'SourceBBID11', BatchID: w.id(12), CreditInstructions: list })
	await w.until('the batch', async () => (await w.batch(this.batch.BatchID)).body.ongoing, 0)
})

When('a batch of {int} instructions for nobody is validated and handed over', async function (n) {
	const list = Array.from({ length: n }, () => ({ InstructionID: w.id(16), PayeeFunctionalID: w.id(20),
		Amount: 1, Currency: 'USD', Narration: '"'.repeat(100) }))
	const batch = { RequestID: w.id(12), SourceBBID: 'SourceBBID11', BatchID: w.id(12), CreditInstructions: list }
	this.validated = await w.ask('POST', '/prepayment-validation', batch)
	await handOver(this, batch)
	await w.until('the batch', async () => (await w.batch(batch.BatchID)).body.ongoing, 0)
})

Then('the validation counts {int}', function (n) {
	const { body } = this.validated
	w.is('the validation', [body.ResponseCode, body.NumberFailedCases, body.FailedAccounts.length], ['00', n, n])
})

Then('its instructions end as', async function (table) {
	await w.until('the instructions', async () => (await w.detail(this.batch.BatchID)).body
		.map(t => [t.status, t.errorInformation]), table.raw())
})

Then(/^the batch tells (\d+) completed, (\d+) failed, (\S+) paid of (\S+)$/, async function (completed, failed, paid, total) {
	const { body: b } = await w.batch(this.batch.BatchID)
	w.is('the batch', [b.completed, b.failed, b.completed_amount, b.totalAmount, b.ongoing],
		[completed, failed, paid, total, 0].map(Number))
	const pages = []
	for (let page = 0; pages.length < b.TotalTransactions; page++)
		pages.push(...(await w.detail(this.batch.BatchID, `&pageNo=${page}&pageSize=100`)).body)
	w.is('its pages', [pages.length, new Set(pages.map(t => t.instructionId)).size],
		[b.TotalTransactions, b.TotalTransactions])
	w.is('the paid ones', (await w.detail(this.batch.BatchID, '&status=paid')).body.length, Math.min(100, b.completed))
})

Then('the same request is answered {string} and the same', async function (code) {
	const again = await w.ask('POST', '/bulk-payment', this.batch)
	w.is('again', [again.body.ResponseCode, again.text], [code, this.answer.text])
})

Then('the same batch by another request is answered {string}', async function (code) {
	const got = await w.ask('POST', '/bulk-payment', { ...this.batch, RequestID: w.id(12) })
	w.is('another request', [got.status, got.body.ResponseCode], [400, code])
})

Then('the same request for another batch is answered {string}', async function (code) {
	const got = await w.ask('POST', '/bulk-payment', { ...this.batch, BatchID: w.id(12) })
	w.is('another batch', [got.status, got.body.ResponseCode], [400, code])
})

When('the first instruction comes back because of {string}', function (reason) {
	w.diwan('payouts', 'returned', 'iga', this.batch.BatchID, this.batch.CreditInstructions[0].InstructionID,
		`--reason=${reason}`)
})

Then('it does not come back again', function () {
	let refused = false
	try {
		w.diwan('payouts', 'returned', 'iga', this.batch.BatchID, this.batch.CreditInstructions[0].InstructionID,
			'--reason=again')
	} catch {
		refused = true
	}
	w.is('refused', refused, true)
})

When('a batch is validated for', async function (table) {
	this.batch = await batchOf(table)
	w.is('the answer', (await w.ask('POST', '/prepayment-validation', this.batch)).body.ResponseCode, '00')
})

Then('the validation names', async function (table) {
	const { body } = await w.ask('POST', '/prepayment-validation-response',
		{ RequestID: this.batch.RequestID, Source_BatchID: this.batch.BatchID })
	const wanted = table.raw().map(([no, why]) =>
		({ instructionID: this.batch.CreditInstructions[Number(no) - 1].InstructionID, failureReason: why }))
	w.is('the validation', [body.NumberFailedCases, body.FailedAccounts], [wanted.length, wanted])
})

// ---- callbacks ----

const listens = () => new Promise(ready => {
	const took = []
	const server = createServer((request, answer) => {
		let text = ''
		request.on('data', part => { text += part })
		request.on('end', () => {
			took.push({ path: request.url, headers: request.headers, text })
			answer.end('{}')
		})
	}).listen(0, '127.0.0.1', () => ready({ server, took, at: `http://127.0.0.1:${server.address().port}` }))
})

async function paidOne(world, callback) {
	const table = { hashes: () => [{ payee: 'good', amount: '1.00' }] }
	await handOver(world, await batchOf(table), { 'X-Callback-URL': callback })
	await w.until('the batch', async () => (await w.batch(world.batch.BatchID)).body.completed, 1)
}

When("a batch with a callback to the body's own address is handed over", async function () {
	Object.assign(this, await listens())
	w.diwan('payments', 'webhook', 'iga', `--url=${this.at}/told`, `--secret=${w.F.secret}`)
	await paidOne(this, `${this.at}/batches?of=me`)
})

const signature = (headers, text) => `v1,${createHmac('sha256', Buffer.from('c2ltdWxhdGVkIHNlY3JldCBmb3IgdGVzdHM=', 'base64'))
	.update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`).digest('base64')}`

Then('a signed message tells of it', async function () {
	await w.until('a message', () => this.took.length, 1)
	const [{ path, headers, text }] = this.took, body = JSON.parse(text)
	w.is('the message', [path, headers['webhook-signature'], body.batchId, body.completed, body.completed_amount],
		['/batches?of=me', signature(headers, text), this.batch.BatchID, 1, 1])
})

When('a batch with a callback to another address is handed over', async function () {
	this.server.close()
	Object.assign(this, await listens())
	await paidOne(this, `${this.at}/told`)
})

Then('no message comes there', async function () {
	await new Promise(next => setTimeout(next, 1500))
	w.is('messages', this.took, [])
})

// ---- batches as credit and debit parties ----

const party = (payeeNumber, amount, payer = 'iga') => ({ requestId: w.id(16),
	creditParty: [{ key: 'payeeFunctionalID', value: payeeNumber }], debitParty: [{ key: 'institution', value: payer }],
	paymentMode: 'GOVSTACK', amount, currency: 'USD', descriptionText: 'Allowance' })

const hand = (world, parties, headers = {}) => w.ask('POST', '/batchtransactions?type=raw', parties,
	{ 'X-CorrelationID': world.correlation, 'Platform-TenantId': 'iga', ...headers })

When('parties are handed over for', async function (table) {
	this.correlation = w.id(20)
	this.parties = []
	for (const { payee: kind, amount } of table.hashes())
		this.parties.push(party(await payee(kind), Number(amount)))
	const got = await hand(this, this.parties)
	w.is('the answer', got.status, 202)
	this.batch = { BatchID: got.body.batchId }
})

Then('the same parties again are the same batch', async function () {
	const got = await hand(this, this.parties)
	w.is('again', [got.status, got.body.batchId], [202, this.batch.BatchID])
})

Then('other parties under the same id are refused', async function () {
	w.is('others', (await hand(this, [party(w.id(20), 1)])).status, 400)
})

Then('parties that another body would pay are refused', async function () {
	w.is('another payer', (await hand(this, [party(w.id(20), 1, 'moh')], { 'X-CorrelationID': w.id(20) })).status, 400)
})

Then('parties without a payee of the account mapper are refused', async function () {
	const one = { ...party('', 1), creditParty: [{ key: 'accountNumber', value: w.IBAN }] }
	w.is('an account', (await hand(this, [one], { 'X-CorrelationID': w.id(20) })).status, 400)
})

Then("GovStack's own address tells the same instructions", async function () {
	const path = `/batch/detail?batchId=${this.batch.BatchID}`
	w.is('the instructions', (await w.ask('GET', `/api/v1${path}`)).text, (await w.ask('GET', path)).text)
})

// ---- addresses ----

When('addresses are sent to be looked at', async function (table) {
	Object.assign(this, await listens())
	w.diwan('payments', 'webhook', 'iga', `--url=${this.at}/told`, `--secret=${w.F.secret}`)
	this.correlation = w.id(12)
	this.addresses = { batchId: w.id(12), destinationDFSPID: 'BANKBHBM',
		creditInstructions: table.hashes().map(({ address }) => ({ instructionID: w.id(16), financialAddress: address })) }
	const got = await w.ask('POST', '/beneficiaries?command=validate', this.addresses,
		{ 'X-Client-Correlation-ID': this.correlation, 'X-Callback-URL': `${this.at}/addresses` })
	w.is('the answer', [got.status, got.body.ResponseCode], [202, '00'])
})

Then('the 2nd and the 4th are told as {string}', async function (why) {
	const { body } = await w.ask('POST', '/prepayment-validation-response',
		{ RequestID: this.correlation, Source_BatchID: this.addresses.batchId })
	this.failures = [1, 3].map(i => ({ instructionID: this.addresses.creditInstructions[i].instructionID, failureReason: why }))
	w.is('the validation', [body.NumberFailedCases, body.FailedAccounts], [2, this.failures])
})

Then('a signed message tells the same', async function () {
	await w.until('a message', () => this.took.length, 1)
	const [{ path, headers, text }] = this.took
	w.is('the signature', headers['webhook-signature'], signature(headers, text))
	w.is('the message', [path, JSON.parse(text)], ['/addresses', { clientCorrelationId: this.correlation,
		batchId: this.addresses.batchId, numberOfFailedCases: 2, failedAccountLookups: this.failures }])
})

// ---- one voucher, by its serial ----

When('it is activated', async function () {
	w.is('activation', (await w.activate(this.voucher)).status, 200)
})

const numberOf = serial => w.ask('GET', `/vouchers/${serial}?fields=status`)

Then('its number of status is {int}', async function (number) {
	const { status, body } = await numberOf(this.voucher.serial)
	w.is('the status', [status, body.status, body.serialNumber, body.value], [200, number, this.voucher.serial, 20])
})

Then('the number of status of a voucher that is not there is {int}', async function (number) {
	const { status, body } = await numberOf('42')
	w.is('the status', [status, body.status, body.value], [400, number, 0])
})

const taken = (voucher, more = {}) => w.ask('POST', '/vouchers?command=redeem', { requestID: w.id(12),
	voucherSerialNumber: voucher.serial, voucherSecretNumber: voucher.number, agentID: w.MERCHANT.merchant_name, ...more })

const refusedWith = (got, word) =>
	w.is('the refusal', [got.status, got.body.status, got.body.message, got.body.value], [200, 0, word, 0])

Then('with another secret it is told {string}', async function (word) {
	refusedWith(await taken(this.voucher, { voucherSecretNumber: '123456789012345678' }), word)
})

Then('by an unknown agent it is told {string}', async function (word) {
	refusedWith(await taken(this.voucher, { agentID: 'Nobody' }), word)
})

When('it is redeemed by its serial and its secret', async function () {
	this.request = w.id(12)
	this.answer = await taken(this.voucher, { requestID: this.request })
	w.is('the redemption', [this.answer.status, this.answer.body.status, this.answer.body.value], [200, 1, 20])
})

Then('the same request tells the same redemption', async function () {
	w.is('again', (await taken(this.voucher, { requestID: this.request })).text, this.answer.text)
})

Then('by another request it is told {string}', async function (word) {
	refusedWith(await taken(this.voucher), word)
})

// ---- bills ----

let bills = 0

const bank = (method, path, body, headers = {}) => w.ask(method, path, body,
	{ 'Authorization': `Bearer ${w.F.bank}`, 'Platform-TenantId': 'iga', 'X-CorrelationID': 'c-1', ...headers })

Given('a bill of {word} BHD', function (amount) {
	this.bill = `G-${++bills}`
	this.amount = Number(amount.replace('.', ''))
	w.diwan('payments', 'bill', 'iga', this.bill, amount, `--payer=${PAYER}`, '--gl=4310')
})

Then('the bank is told that {int} is to be paid of it', async function (sum) {
	const got = await bank('GET', `/bills/${this.bill}?fields=inquiry`)
	w.is('the inquiry', [got.status, got.body.responseCode, got.body.billId, got.body.billDetails.amountonDueDate],
		[202, '00', this.bill, sum])
})

When('the bank says that it took the money', async function () {
	this.told = { requestId: w.id(12), billInquiryRequestId: 'c-1', billId: this.bill, paymentReferenceID: w.id(20) }
	const got = await bank('POST', '/billTransferRequests', this.told)
	w.is('the answer', [got.status, got.body.status], [202, 'ACK'])
})

Then('the same message of the bank is answered {string}', async function (status) {
	w.is('again', (await bank('POST', '/billTransferRequests', this.told)).body.status, status)
})

Then('another message of the bank for it is refused as {string}', async function (why) {
	const got = await bank('POST', '/billTransferRequests',
		{ ...this.told, requestId: w.id(12), paymentReferenceID: w.id(20) })
	w.is('another', [got.status, got.body.status, got.body.rejectReason], [400, 'RJC', why])
})

When('the body asks the bank to have it paid', async function () {
	this.rtp = Math.floor(Math.random() * 1e9) + 1
	const body = { requestId: w.id(12), rtpId: this.rtp, billID: this.bill, requestType: '00',
		payerFiDetails: { payerFIBIC: 'bank-one', financialAddress: w.IBAN },
		billDetails: { billerName: 'iGA', amount: this.amount } }
	const wrong = await w.ask('POST', '/rtpRequest', { ...body, billDetails: { amount: this.amount + 1 } })
	w.is('another amount', wrong.status, 400)
	const got = await w.ask('POST', '/rtpRequest', { ...body, requestId: w.id(12) })
	w.is('the answer', [got.status, got.body.responseCode], [200, '00'])
	this.transfer = got.body.transferRequestId
})

Then('the request to pay is {string}', async function (status) {
	const got = await w.ask('GET', `/transferRequests/${this.transfer}`)
	w.is('the status', [got.status, got.body.rtpId, got.body.requestStatus], [202, this.rtp, status])
})

const payerAnswers = (world, rtpStatus, rejectReason) => bank('POST', '/rtpResponse',
	{ RequestId: w.id(12), rtpId: world.rtp, billId: world.bill, rtpStatus, rejectReason })

When('the payer answers {string} because of {string}', async function (status, why) {
	w.is('the answer', (await payerAnswers(this, status, why)).status, 200)
})

Then('the payer cannot answer again', async function () {
	w.is('again', (await payerAnswers(this, '00', '')).status, 400)
})

// ---- at the end ----

Then('{string} finds nothing', words => {
	w.diwan(...words.split(' '))
})

Then('the tables are rebuilt to the same', () => {
	const told = w.diwan('journal', 'rebuild')
	if (!told.includes('Identical'))
		throw new Error(told)
})

Then('the record shows none of them', () => {
	const record = w.diwan('journal', 'export')
	for (const secret of [w.IBAN, 'PayeeFunctionalID123', '2d042389-6410-4ec7-8', 'Melissa Stephenson', 'Allowance'])
		w.is(`${secret} in the record`, record.includes(secret), false)
})

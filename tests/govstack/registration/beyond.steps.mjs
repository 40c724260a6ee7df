// Steps of beyond.feature.
import { Given, Then, When } from '@cucumber/cucumber'
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { facts as read } from '../lib/calls.mjs'
import { Visitor } from '../lib/visitor.mjs'
import { answers, asked, document, pdf } from './asked.mjs'

const facts = read(), { clients, numbers, made } = facts
const by = name => ({ 'Information-Mediator-Client': clients[name], 'Accept-Language': 'en' })
const ask = (who, method, path, body, more = {}) => asked(method, path, { headers: { ...by(who), ...more }, body })
const good = answer => {
	assert.equal(answer.status, 200, answer.text)
	return answer.body
}
const whose = number => ({ applicantId: number, applicationName: 'Beyond', formData: { data: answers('A lamp') } })

async function apply(world, service, body) {
	const file = good(await ask('filer', 'POST', `/services/${service}/applications`, body))
	world.file = file.fileId
	world.task = good(await ask('handler', 'GET', `/tasks?fileId=${file.fileId}`))[0].taskId
	return file
}

const today = () => new Date(Date.now() + 3 * 3600e3).toISOString().slice(0, 10)
async function counts() {
	const of = new URLSearchParams({ registrationName: 'MCTS', operator: 'Ingmar Vali', role: 'Handler', timeframe: 'day' })
	const [first, ...rest] = good(await ask('handler', 'GET', `/data/statistics/1.0?${of}`))
	assert.equal(rest.length, 0)
	assert.deepEqual([first.references.startDate, first.references.endDate], [today(), today()])
	return first
}

Given(/^the citizen applied for (MCTS|the complaint)$/, async function (name) {
	this.before = await counts()
	await apply(this, name === 'MCTS' ? 'mcts' : made.services.complaint, whose(numbers.citizen))
})

Given('the citizen applied for MCTS with a document', async function () {
	const sent = good(await ask('filer', 'POST', '/documents?additionalMetadata=of%20the%20lamp', document('application/pdf', 'lamp.pdf')))
	const body = whose(numbers.citizen)
	body.formData.data.file = { value: sent.url }
	body.documentUrls = [sent.url]
	this.sent = sent.url
	this.application = await apply(this, 'mcts', body)
})

When(/^the (handler|filer) completes its task with "([^"]*)"$/, async function (who, outcome) {
	this.answer = await ask(who, 'POST', `/tasks/${this.task}/complete`,
		{ data: { outcome: { value: outcome }, reason: { value: 'Because of the lamp.' } } })
	if (this.answer.status === 200)
		assert.deepEqual([this.answer.body.taskId, this.answer.body.fileId, this.answer.body.variables.decision.data.outcome],
			[this.task, this.file, { value: outcome }])
})

Then('the task is gone', async function () {
	assert.deepEqual(good(await ask('handler', 'GET', `/tasks?fileId=${this.file}`)), [])
	assert.equal((await ask('handler', 'GET', `/tasks/${this.task}`)).status, 404)
	assert.equal((await ask('handler', 'POST', `/tasks/${this.task}/complete`, { data: { outcome: 'answer' } })).status, 404)
})

const file = async world => good(await ask('handler', 'GET', `/applications/${world.file}`))

Then(/^the file is (\w+)$/, async function (code) {
	const now = await file(this)
	assert.equal(now.status.code, code)
	assert.equal(now.ended, ['APPROVED', 'REJECTED'].includes(code))
	const [line] = good(await ask('handler', 'GET', '/applications?maxResult=1&sortBy=created&sortOrder=desc'))
	assert.deepEqual([line.fileId, line.status.code], [this.file, code])
})

Then(/^the handler's statistics of today count one more (\w+)$/, async function (what) {
	const now = await counts()
	for (const name of ['processed', 'approved', 'sentBack', 'rejected'])
		assert.equal(now[name], this.before[name] + (name === what || name === 'processed'), name)
})

When(/^the (handler|filer) answers in the applicant's place$/, async function (who) {
	const body = { applicantId: numbers.citizen, formData: { data: { body: { value: 'It is the lamp on the east side.' } } } }
	this.answer = await ask(who, 'PUT', `/applications/${this.file}`, body)
})

When("the filer completes the applicant's task", async function () {
	const [task] = good(await ask('filer', 'GET', `/tasks?fileId=${this.file}`))
	assert.equal(task.roleId, 'applicant')
	good(await ask('filer', 'POST', `/tasks/${task.taskId}/complete`, { data: { body: 'It is the lamp on the east side.' } }))
})

Then('the answer is kept', async function () {
	const { data } = (await file(this)).applicationData.formData
	assert.deepEqual(data.body, { value: 'It is the lamp on the east side.' })
	assert.deepEqual(data.title, { value: 'A lamp' })
})

Then(/^it is refused with (\d+)$/, function (status) {
	assert.equal(this.answer.status, Number(status), this.answer.text)
})

// The same answer, but for the trace of the request.
const shape = a => JSON.stringify([a.status, a.headers.get('content-type'), { ...a.body, traceId: '', instance: '' }])

Then('the stranger is answered about it as about what is not there', async function () {
	const [document] = this.application.applicationData.documentUrls.map(u => u.split('/').at(-1))
	const none = { file: 'MCT-2026-999999', task: '999', document: 'f'.repeat(64) }
	const real = { file: this.file, task: this.task, document }
	const body = { applicantId: numbers.citizen, formData: { data: {} } }
	const all = async of => Promise.all([
		ask('stranger', 'GET', `/applications/${of.file}`), ask('stranger', 'PUT', `/applications/${of.file}`, body),
		ask('stranger', 'GET', `/tasks/${of.task}`), ask('stranger', 'POST', `/tasks/${of.task}/complete`, { data: { outcome: 'answer' } }),
		ask('stranger', 'GET', `/documents/${of.document}`), ask('stranger', 'GET', `/tasks?fileId=${of.file}`),
		ask('stranger', 'GET', `/tasks?mainTaskId=${of.task}`), ask('stranger', 'GET', `/applications?applicantId=${numbers.citizen}`)])
	const there = await all(real), absent = await all(none)
	assert.deepEqual(there.map(shape), absent.map(shape))
	assert.deepEqual(there.map(a => a.status), [404, 404, 404, 404, 404, 200, 200, 200])
	assert.deepEqual(there.slice(5).map(a => a.body), [[], [], []])
	const [none1] = good(await ask('stranger', 'GET', '/data/statistics/1.0?registrationName=MCTS'))
	assert.equal(none1.processed, 0)
})

Then('nothing of it changed', async function () {
	assert.deepEqual(await file(this), this.application)
})

const applies = (who, number) => ask(who, 'POST', '/services/mcts/applications', whose(number))
When(/^the (\w+) applies for the (\w+)$/, async function (who, whom) {
	this.answer = await applies(who, numbers[whom])
})

Then('both are told the same as of a number that nobody has', async function () {
	const told = [await applies('filer', numbers.senior), await applies('handler', numbers.citizen), await applies('filer', '000000000')]
	assert.equal(new Set(told.map(shape)).size, 1)
})

Given('the worker ended the mandate', async () => {
	const worker = await new Visitor(facts.address).signIn(numbers.worker, facts.admin.password)
	await worker.take('/en/profile/mandates')
	await worker.send('/profile/mandates/end', {})
})

Then('the handler reads the document', async function () {
	const [url] = (await file(this)).applicationData.documentUrls
	const got = await ask('handler', 'GET', `/documents/${url.split('/').at(-1)}`)
	assert.deepEqual([got.status, got.headers.get('content-type'), got.text], [200, 'application/pdf', pdf])
})

Then('it is in the answers, under an address of its own', function () {
	const { documentUrls: [url], formData: { data } } = this.application.applicationData
	assert.notEqual(url, this.sent)
	assert.deepEqual([data.file.value.name, data.file.value.file], ['lamp.pdf', url.split('/').at(-1)])
})

When('the filer names a document that answers nothing', async function () {
	this.answer = await ask('filer', 'POST', '/services/mcts/applications', { ...whose(numbers.citizen), documentUrls: [this.sent] })
})

When("the stranger names the filer's document", async function () {
	const body = { applicantId: numbers.resident, documentUrls: [this.sent], formData: { data: { ...answers('x'), file: this.sent } } }
	const health = await new Visitor(facts.address).signIn(numbers.resident, facts.admin.password)
	await health.take('/en/profile/mandates')
	await health.send('/profile/mandates', { number: numbers['second-officer'], service: 'mcts', span: '30' })
	this.answer = await ask('stranger', 'POST', '/services/mcts/applications', body)
})

When(/^the handler puts "([^"]*)" as "([^"]*)"$/, async function (name, value) {
	this.put = { ...this.put, [name]: { value } }
	good(await ask('handler', 'PUT', `/applications/${this.file}`,
		{ applicantId: numbers.citizen, formData: { data: { [name]: value } } }))
})

Then("the task holds both, and the applicant's answers are as they were", async function () {
	const task = good(await ask('handler', 'GET', `/tasks/${this.task}`))
	assert.deepEqual(task.data, this.put)
	assert.deepEqual(task.formVariables.title, { value: 'A lamp' })
	assert.equal('checked' in (await file(this)).applicationData.formData.data, false)
})

When('the filer applies for the citizen twice under one key', async function () {
	this.key = { 'Idempotency-Key': `"once-${Date.now()}"` }
	const twice = [1, 2].map(() => ask('filer', 'POST', '/services/mcts/applications', whose(numbers.citizen), this.key))
	this.files = (await Promise.all(twice)).map(a => good(a).fileId)
})

Then('there is one file of it', async function () {
	assert.equal(this.files[0], this.files[1])
	const newest = good(await ask('handler', 'GET', '/applications?maxResult=2&sortBy=created&sortOrder=desc'))
	assert.equal(newest.filter(l => l.fileId === this.files[0]).length, 1)
})

When('the same key names another request', async function () {
	this.answer = await ask('filer', 'POST', '/services/mcts/applications', whose(numbers.resident), this.key)
})

Then('pages of two give every file once, in the order asked for', async () => {
	const page = async (first, max) => good(await ask('handler', 'GET',
		`/applications?firstResult=${first}&maxResult=${max}&sortBy=created&sortOrder=asc`)).map(l => l.fileId)
	const all = await page(0, 200), paged = []
	for (let n = 0; n < all.length; n += 2)
		paged.push(...await page(n, 2))
	assert.deepEqual(paged, all)
	assert.equal(new Set(all).size, all.length)
	const back = good(await ask('handler', 'GET', '/applications?maxResult=200&sortBy=created&sortOrder=desc')).map(l => l.fileId)
	assert.deepEqual(back.reverse(), all)
	assert.ok(made.files.every(f => all.includes(f.fileId)))
})

When(/^the handler asks (\w+) "([^"]*)" with ?(.*)$/, async function (method, path, body) {
	this.answer = await ask('handler', method, path, body ? JSON.parse(body) : undefined)
})

Then('the error has a code, a message and a trace', function () {
	assert.ok(['code', 'message', 'localizedMessage', 'traceId'].every(n => this.answer.body[n]))
})

const closed = [['GET', '/applications'], ['GET', '/applications/MCT-2026-000001'], ['PUT', '/applications/MCT-2026-000001'],
	['GET', '/tasks'], ['GET', '/tasks/1'], ['POST', '/tasks/1/complete'], ['POST', '/services/mcts/applications'],
	['GET', '/documents/x'], ['GET', '/data/statistics'], ['GET', '/data/statistics/1.0']]
const statuses = headers => Promise.all(closed.map(async ([method, path]) => {
	const { status } = await asked(method, path, { headers, body: method === 'GET' ? undefined : {} })
	return status
}))

Then('every address but services and forms asks an unknown client to prove itself', async () => {
	for (const name of ['eGovStack/GOV/90000009/other', 'egovstack/gov/90000009/eregistrations-dev'])
		assert.deepEqual(await statuses({ 'Information-Mediator-Client': name }), closed.map(() => 401))
	assert.equal((await asked('POST', '/documents', { headers: { 'Information-Mediator-Client': 'a/b/c/d' }, body: document('x/y') })).status, 401)
	assert.equal((await asked('GET', '/services')).status, 200)
	assert.equal((await asked('GET', '/eForms/mcts.application')).status, 200)
})

Then('a key opens them without the mediator', async () => {
	const got = await statuses({ 'Information-Mediator-Client': 'a/b/c/d', Authorization: `Bearer ${facts.keys.handler}` })
	assert.deepEqual(got, [200, 200, 400, 200, 404, 404, 400, 404, 200, 200])
})

Then('a wrong key is not helped by the mediator', async () => {
	assert.deepEqual(await statuses({ ...by('handler'), Authorization: 'Bearer dk_wrong' }), closed.map(() => 401))
})

const lines = readFileSync(facts.file, 'utf8')
When("the operator takes the stranger's line away", () =>
	writeFileSync(facts.file, lines.split('\n').filter(l => !l.startsWith(clients.stranger)).join('\n')))
When('the operator writes the line again', () => writeFileSync(facts.file, lines))
When("its administrator ends the stranger's key", async () => {
	const admin = await new Visitor(facts.address).signIn(facts.admin.number, facts.admin.password)
	await admin.take('/en/admin/keys')
	const [, hash] = lines.match(new RegExp(`${clients.stranger}\\s+(\\w+)`))
	await admin.send('/admin/keys/end', { hash })
})
Then(/^the stranger is (not )?known$/, async function (not) {
	assert.equal((await ask('stranger', 'GET', '/tasks')).status, not ? 401 : 200)
})

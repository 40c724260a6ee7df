// The steps of GovStack's features. Identifiers that the platform gives itself (of files,
// tasks, services, forms, people) are in the features as examples: each stands for one that
// prepare.mjs made, by the tables below. What is named n0t-ex1st1ng-... is sent as it is.
// Calls carry no credential: the platform believes the Information Mediator, which calls
// from this machine, who the client is.
import { When, Then, Given, setDefaultTimeout } from '@cucumber/cucumber'
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { facts as read } from '../lib/calls.mjs'
import { Contract } from '../lib/contract.mjs'
import { answers, asked, document } from './asked.mjs'

setDefaultTimeout(180000)

const facts = read(), { made, numbers } = facts, [first, held, third, fourth] = made.files
const description = name => new Contract(join(facts.shared, 'api', name))
const contract = description('GovStack_Registration_BB_API.json')
const statistics = description('GovStack_Registration_BB_API_statistics.json')

const stands = {
	service: {
		'f7d33db0-2809-484e-a780-76b7ccd4ecbf': made.services.mcts, 'P2c9280957e579ad7017e58a3399f0068': made.services.mcts,
		'0b4e529c-fe1a-11ed-be56-0242ac120002': made.services.complaint, '99be529c-fe1a-11ed-be56-0242ac120555': made.services.mcts
	},
	form: { 'd98a205a-679b-485b-823d-7a32a391e744': 'mcts.application' },
	file: {
		'81c4445c-bff6-11ed-afa1-0242ac120002': first.fileId, '99be529c-fe1a-11ed-be56-0242ac120555': held.fileId,
		'b8508d35-c2f3-442b-88a1-267ca25e85c0': third.fileId
	},
	task: {
		'81c4445c-bff6-11ed-afa1-0242ac120002': made.tasks[first.fileId],
		'd1e33d56-c5c7-4272-aeb6-bc2732cce1f2': made.tasks[fourth.fileId],
		'42962de0-bdb2-11ed-9397-0242ac120004': made.tasks[held.fileId]
	},
	assignee: { '42962de0-bdb2-11ed-9397-0242ac120022': made.assignee },
	applicant: {
		'42962de0-bdb2-11ed-9397-0242ac120004': numbers.citizen, 'sgh123h5-bdb2-11ed-9397-fdae352dfa10': numbers.resident,
		'fdae352d-9397-bdb2-11ed-11ed9397bdb2': numbers.worker, '11ed9397-11ed-9397-bdb2-sgh123h511ed': numbers.citizen,
		'23qwef41-bdb2-11ed-qwef-efg4345aqwef': numbers.citizen, '11962de0-11b2-11cc-9390-0242ac121114': numbers.resident,
		'99b62de0-11b2-11cc-9390-0242ac121555': numbers.citizen
	}
}

function real(kind, name) {
	if (name.startsWith('n0t-ex1st1ng'))
		return name
	assert.ok(stands[kind][name], `no ${kind} stands for ${name}`)
	return stands[kind][name]
}

const handler = facts.clients.handler, filer = facts.clients.filer

// What a scenario has put together so far is sent when the first Then looks at the answer.
const begin = (world, method, path, more = {}) =>
	Object.assign(world, { method, path, query: {}, headers: { 'Accept-Language': 'en' }, ...more })
const client = name => ({ headers: { 'Accept-Language': 'en', 'Information-Mediator-Client': name } })

async function send(world) {
	const query = new URLSearchParams(world.query).toString()
	return world.answer = await asked(world.method, `${world.path}${query && '?'}${query}`,
		{ headers: world.headers, body: world.body })
}

for (const what of ['all the information about the service', 'the list of services', 'eForm information', 'an application file',
	'the list of all e-service forms with schema', 'all application files', 'all tasks', 'the service statistics'])
	Given(new RegExp(`^User wants to (?:retrieve|get) ${what}$`), () => {})
Given('User wants to get task information', () => {})
Given('User wants to complete the task', () => {})
Given('User wants to update service application file', () => {})
Given('An applicant wants to submit an application', () => {})
Given('Wants to upload a document', () => {})
// "All media types": whatever it takes is told apart by its bytes, whatever it is called.
Given('The API supports all media types for document upload', async () => {
	for (const type of ['application/pdf', 'application/octet-stream', 'image/png']) {
		const { status, body } = await asked('POST', '/documents', { body: document(type) })
		assert.deepEqual([status, body.type], [200, 'application/pdf'])
	}
})

/* ---- services and forms ---- */

When('GET request to retrieve a list of services is sent', function () {
	begin(this, 'GET', '/services')
})
When(/^User sends GET \/services request with given "([^"]*)" as name$/, function (name) {
	begin(this, 'GET', '/services', { query: { name } })
})
When('GET request to retrieve the information of single service with given {string} as serviceId', function (id) {
	begin(this, 'GET', `/services/${real('service', id)}`)
})
When(/^User sends GET \/services\/\{serviceId\}\/eForms request with given "([^"]*)" as serviceId$/, function (id) {
	begin(this, 'GET', `/services/${real('service', id)}/eForms`)
})
When('GET request to get eForm is sent with given {string} as eFormId parameter', function (id) {
	begin(this, 'GET', `/eForms/${encodeURIComponent(real('form', id))}`)
})

/* ---- application files ---- */

When('POST request to submit an application is sent with given Information-Mediator-Client header and {string} as serviceId parameter',
	function (id) {
		begin(this, 'POST', `/services/${real('service', id)}/applications`, client(filer))
	})
When('The request contains a payload with {string} as applicantId', function (id) {
	if (this.method === 'GET')
		this.query.applicantId = real('applicant', id)
	else
		this.body = { applicantId: real('applicant', id), formData: { data: answers('A matter') } }
})
When('The request contains a payload with {string} as applicationName, {string} as applicantId and {string} as created',
	function (applicationName, applicant, created) {
		this.body = { applicationName, applicantId: real('applicant', applicant), created, formData: { data: answers(applicationName) } }
	})
const listed = path => function () {
	begin(this, 'GET', path, client(handler))
}
const filtered = path => function (id, name) {
	begin(this, 'GET', path, client(handler))
	this.query[name] = real({ mainTaskId: 'task' }[name] ?? name.replace('Id', ''), id)
}
When('GET request to get all application files is sent with given Information-Mediator-Client header', listed('/applications'))
When(/^GET request to get all application files is sent with given Information-Mediator-Client header and a payload with "([^"]*)" as (\w+) parameter$/,
	filtered('/applications'))
When('GET request to get all tasks is sent with given Information-Mediator-Client header', listed('/tasks'))
When(/^GET request to get all tasks is sent with given Information-Mediator-Client header and a payload with "([^"]*)" as (\w+) parameter$/,
	filtered('/tasks'))
When(/^The request contains a payload with "([^"]*)" as (\w+) parameter$/, function (id, name) {
	this.query[name] = real({ mainTaskId: 'task' }[name] ?? name.replace('Id', ''), id)
})
When(/^The (?:\/applications )?request contains a payload with (\d+) as firstResult, (\d+) as maxResult, "([^"]*)" as sortBy and "([^"]*)" as sortOrder$/,
	function (firstResult, maxResult, sortBy, sortOrder) {
		Object.assign(this.query, { firstResult, maxResult, sortBy, sortOrder })
	})
When('GET request to get an application file is sent with given Information-Mediator-Client header and {string} as fileId parameter',
	function (id) {
		begin(this, 'GET', `/applications/${encodeURIComponent(real('file', id))}`, client(handler))
	})
When(/^PUT request to update service application file is sent with given Information-Mediator-Client header, "([^"]*)" as a fileId parameter and body containing applicantId: "([^"]*)"$/,
	function (id, applicant) {
		begin(this, 'PUT', `/applications/${encodeURIComponent(real('file', id))}`, client(handler))
		this.body = { applicantId: real('applicant', applicant), applicationName: 'Seen by the handler', formData: { data: {} } }
	})

/* ---- documents ---- */

When('POST request with given document is sent', function () {
	begin(this, 'POST', '/documents', { body: document('application/pdf') })
})
When('The request contains {string} as additionalMetadata', function (additionalMetadata) {
	this.query = { additionalMetadata }
})
When('POST request to upload a document is sent without payload', function () {
	begin(this, 'POST', '/documents')
})

/* ---- tasks ---- */

When('GET request to get task is sent with given {string} as taskId parameter', function (id) {
	begin(this, 'GET', `/tasks/${encodeURIComponent(real('task', id))}`)
})
When('POST request to completes the task is sent with given {string} as a taskId parameter and body', function (id) {
	begin(this, 'POST', `/tasks/${encodeURIComponent(real('task', id))}/complete`)
	this.body = { data: { outcome: { value: 'answer' }, reason: { value: 'The lamp was mended.' } } }
})

/* ---- statistics ---- */

When('User sends GET request with given {string} as Information-Mediator-Client header', function (name) {
	begin(this, 'GET', '/data/statistics/1.0', client(name))
})
When('User sends GET request without Information-Mediator-Client header', function () {
	begin(this, 'GET', '/data/statistics/1.0')
})
When('User provides query parameter {string} as registrationName', function (registrationName) {
	this.query = { registrationName }
})
When(/^User provides optional query parameters "([^"]*)" as startDate "([^"]*)" as endDate "([^"]*)" as registrationName "([^"]*)" as operator "([^"]*)" as role "([^"]*)" as timeframe$/,
	function (startDate, endDate, registrationName, operator, role, timeframe) {
		this.query = { startDate, endDate, registrationName, operator, role, timeframe }
	})

/* ---- the answer ---- */

// The feature's own name of the call: "GET /services/{serviceId}/eForms".
const path = words => words.match(/\/\S*/)[0]

Then(/^(?:The response from the \S+(?: \S+)? endpoint is received|User receives a response)$/, async function () {
	assert.ok((await send(this)).status)
})
Then(/^The (\S+(?: \S+)?) response should be returned in a timely manner (\d+)ms$/, function (_, most) {
	assert.ok(this.answer.ms <= Number(most), `${this.answer.ms} ms`)
})
Then('The response should be returned in a timely manner', function () {
	assert.ok(this.answer.ms <= 15000, `${this.answer.ms} ms`)
})
Then(/^The (?:\S+ |\S+ \S+ )?response should have status (\d+)$/, function (status) {
	assert.equal(this.answer.status, Number(status), this.answer.text)
})
Then(/^The \S+ response should have "content-type": "([^"]*)" header$/, function (type) {
	assert.equal(this.answer.headers.get('content-type'), type)
})
Then('The response header content-type should be {string}', function (type) {
	assert.equal(this.answer.headers.get('content-type'), type)
})
Then(/^The (\S+(?: \S+)?) response should match json schema$/, function (words) {
	contract.check(this.method, path(words), 200, this.answer.body)
	stored(this)
})
Then('The response should match json schema', function () {
	statistics.check('GET', '/data/statistics', 200, this.answer.body)
	told(this)
})
Then(/^The (\S+) response should match bad request json schema$/, function (words) {
	contract.check(this.method, path(words), 400, this.answer.body)
	assert.ok(this.answer.body.message && this.answer.body.traceId)
})
Then(/^The \S+ response should contains empty array$/, function () {
	assert.deepEqual(this.answer.body, [])
})
Then('The name field in the response matches with {string} provided as name in the query parameter', function (name) {
	assert.deepEqual(this.answer.body.map(s => s.name), [name])
})
Then(/^The (?:PUT )?(\S+) response's (fileId|taskId|serviceId|eFormId) should be equal to the \w+ from the request "([^"]*)"$/,
	function (_, member, id) {
		assert.equal(this.answer.body[member], real({ eFormId: 'form' }[member] ?? member.replace('Id', ''), id))
	})
Then(/^The \S+ response's applicantId should be equal to the applicantId from the request "([^"]*)"$/, function (id) {
	assert.equal(this.answer.body.applicantId, real('applicant', id))
	assert.deepEqual(this.answer.body.applicationData.applicationName, this.body.applicationName)
	assert.equal(Date.parse(this.answer.body.applicationData.created), Date.parse(this.body.created))
	assert.deepEqual(this.answer.body.applicationData.formData.data.title, this.body.formData.data.title)
})

// Beyond the schema: what was made is what is answered.
function stored(world) {
	const { body } = world.answer, known = new Map(made.files.map(f => [f.fileId, f]))
	if (!Array.isArray(body)) {
		const file = known.get(body.fileId)
		if (file) {
			assert.equal(body.serviceId, file.serviceId)
			assert.equal(body.status.code, world.method === 'POST' ? 'APPROVED' : 'PENDING')
		}
		return
	}
	const { serviceId, applicantId, fileId, mainTaskId, assigneeId, firstResult } = world.query
	assert.ok(body.length || firstResult, 'the list is empty')
	for (const line of body) {
		const file = known.get(line.fileId)
		if (file && world.path === '/applications')
			assert.deepEqual([line.serviceId, line.applicantId], [file.serviceId, file.applicantId])
		for (const [name, wanted] of Object.entries({ serviceId, applicantId, fileId, mainTaskId, assigneeId }))
			assert.ok(!wanted || line[name] === wanted, `${name} is ${line[name]}, not ${wanted}`)
	}
	const all = made.files.filter(f => (!serviceId || f.serviceId === serviceId) && (!applicantId || f.applicantId === applicantId))
	if (world.path === '/applications' && !firstResult)
		for (const file of all)
			assert.ok(body.some(l => l.fileId === file.fileId), `${file.fileId} is missing`)
}

function told(world) {
	const { body } = world.answer, { startDate, endDate, registrationName, timeframe } = world.query
	assert.ok(body.length)
	for (const x of body)
		assert.equal(x.processed, x.approved + x.sentBack + x.rejected)
	if (!timeframe)
		return
	assert.deepEqual([body[0].references.startDate, body.at(-1).references.endDate], [startDate, endDate])
	assert.equal(body[0].references.registrationName, registrationName)
	assert.equal(body[0].references[`timeframe${timeframe[0].toUpperCase()}${timeframe.slice(1)}`], true)
}

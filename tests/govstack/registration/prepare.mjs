// A platform with the pack of Bahrain, and beside it the services and the officer that
// GovStack's features name; people who let an officer act for them; keys of two bodies'
// programs, and the clients of an Information Mediator that act by them. All of it is made
// as everybody makes it: files of a pack, pages, the interface itself.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { platform } from '../../browser/lib/platform.mjs'
import { root } from '../../browser/lib/diwan.mjs'
import { call } from '../lib/calls.mjs'
import { Visitor } from '../lib/visitor.mjs'

const client = 'eGovStack/GOV/90000009/eregistrations-dev' // as in data_statistics.feature
const filer = 'eGovStack/GOV/7002/Registration'
const stranger = 'eGovStack/GOV/7003/Health'

const edit = (path, change) => {
	const value = JSON.parse(readFileSync(path, 'utf8'))
	change(value)
	writeFileSync(path, JSON.stringify(value, null, 2))
}

// A copy of the complaint under another name; the contact centre's task is a handler's.
function service(pack, id, title, reference) {
	const to = join(pack, 'services', id)
	cpSync(join(pack, 'services', 'complaint'), to, { recursive: true })
	for (const name of readdirSync(to)) {
		const text = readFileSync(join(to, name), 'utf8')
			.replaceAll('"id": "complaint"', `"id": "${id}"`)
			.replaceAll('"start": "complaint"', `"start": "${id}"`)
			.replaceAll('<process id="complaint"', `<process id="${id}"`)
			.replaceAll('"reference": "CMP"', `"reference": "${reference}"`)
			.replace(/(<userTask id="other"[^>]*diwan:role=")id_officer/, '$1handler')
		writeFileSync(join(to, name), text)
	}
	edit(join(to, 'card.json'), card => { card.title.en = title })
	edit(join(to, 'service.json'), s => { s.roles.other = 'handler' })
}

function makePack(work) {
	const pack = join(work, 'pack')
	cpSync(join(root, 'packs', 'bahrain'), pack, { recursive: true })
	service(pack, 'mcts', 'MCTS', 'MCT')
	service(pack, 'goal-health', 'Good Health and Well-Being', 'GHW')
	service(pack, 'goal-industry', 'Industry and Infrastructure', 'INI')
	service(pack, 'goal-hunger', 'Zero Hunger', 'ZHU')
	edit(join(pack, 'roles.json'), r => r.roles.push({
		id: 'handler', name: { en: 'Handler', ar: 'معالج الطلبات' }, permissions: ['case.read', 'case.work'] }))
	edit(join(pack, 'demo.json'), demo => {
		const officer = demo.accounts.find(a => a.id === 'officer')
		demo.accounts.push({ ...officer, id: 'handler', national_number: '800599935',
			name: { en: 'Ingmar Vali', ar: 'إنغمار فالي' },
			email: 'handler@example.com', roles: [{ role: 'handler', entity: 'iga' }, { role: 'id_officer', entity: 'iga' }] })
		demo.accounts.find(a => a.id === 'agency-admin').roles.push({ role: 'entity_admin', entity: 'moh' })
	})
	return pack
}

// A key on the administrator's page, for the officer of that name and body.
async function makeKey(admin, name, officer, body) {
	await admin.take('/en/admin/keys')
	await admin.send('/admin/keys', { name, officer: admin.choice('officer', officer, ` ${body}`) })
	return admin.page.match(/dk_[A-Za-z0-9_-]+/)[0]
}

export async function prepare({ shared, work, database }) {
	const pack = makePack(work), clients = join(work, 'clients'), data = join(work, 'data')
	writeFileSync(clients, '')
	const site = await platform({ data, words: [...database, `--pack=${pack}`, '--request-log=no', '--mediator-addresses=192.0.2.7, 127.0.0.1',
		`--mediator-clients=${clients}`] })
	try {
		const facts = { shared, ...await people(site.address, pack, clients) }
		return { facts, stop: site.stop, after: report => rebuilt(report, [`--data-dir=${data}`, ...database],
			[facts.numbers.resident, facts.numbers.officer]) }
	} catch (e) {
		await site.stop()
		throw e
	}
}

// What is derived of the journal comes out the same when it is derived anew, also once an
// applicant and the officer who sent files are erased.
function rebuilt(report, words, people) {
	const run = (name, ...more) => {
		const got = spawnSync(process.env.DIWAN ?? join(root, 'build', 'diwan'), [...more, ...words], { encoding: 'utf8' })
		report(name, got.status === 0 ? [] : (got.stdout + got.stderr).split('\n').slice(0, 10))
	}
	run('the journal verifies afterwards', 'journal', 'verify')
	run('and gives the same tables anew', 'journal', 'rebuild')
	for (const number of people)
		run(`${number} is erased`, 'user', 'erase', number)
	run('the journal still verifies', 'journal', 'verify')
	run('and gives the same tables', 'journal', 'rebuild')
}

async function people(address, pack, clients) {
	const demo = JSON.parse(readFileSync(join(pack, 'demo.json'), 'utf8'))
	const numberOf = id => demo.accounts.find(a => a.id === id).national_number
	const signedIn = id => new Visitor(address).signIn(numberOf(id), demo.password)
	for (const id of ['citizen', 'resident', 'worker']) {
		const person = await signedIn(id)
		await person.take('/en/profile/mandates')
		await person.send('/profile/mandates', { number: numberOf('officer'), service: '*', span: '30' })
	}
	const admin = await signedIn('agency-admin')
	const keys = {
		filer: await makeKey(admin, 'Filing', 'Fatima', 'iga'),
		handler: await makeKey(admin, 'Handling', 'Ingmar', 'iga'),
		stranger: await makeKey(admin, 'Health', 'Huda', 'moh')
	}
	const hash = key => createHash('sha256').update(key).digest('hex')
	writeFileSync(clients, `# who calls, and the key they act by\n${client} ${hash(keys.handler)}\n` +
		`${filer} ${hash(keys.filer)}\n${stranger}  ${hash(keys.stranger)}\n- ${hash(keys.handler)}\n`)
	const base = `${address}/api/govstack/registration`
	const facts = { address, base, keys, clients: { handler: client, filer, stranger }, file: clients,
		admin: { number: numberOf('agency-admin'), password: demo.password },
		numbers: Object.fromEntries(demo.accounts.map(a => [a.id, a.national_number])) }
	return { ...facts, made: await files(facts) }
}

const as = name => ({ 'Information-Mediator-Client': name, 'Accept-Language': 'en' })

async function good(promise) {
	const answer = await promise
	if (answer.status !== 200)
		throw new Error(`${answer.status} ${answer.text}`)
	return answer.body
}

// Six application files of two services and two applicants; one is held by the handler.
async function files({ address, base, keys, clients, numbers }) {
	const services = await good(call('GET', `${base}/services`, { headers: as(clients.filer) }))
	const id = name => services.find(s => s.name.startsWith(name)).id
	const made = { services: { mcts: id('MCTS'), complaint: id('Complaint') }, files: [], tasks: {} }
	for (let i = 0; i < 6; i++) {
		const applicantId = numbers[i % 2 ? 'resident' : 'citizen']
		const body = { applicationName: `Prepared ${i}`, applicantId, created: `2022-10-2${i}T00:00:00.000Z`,
			formData: { data: { kind: { value: 'enquiry' }, subject: { value: 'other' }, title: { value: `Matter ${i}` },
				body: { value: 'A lamp is out.' }, phone: { value: '+97336000000' }, declaration: { value: true } } } }
		const file = await good(call('POST', `${base}/services/${made.services[i < 4 ? 'mcts' : 'complaint']}/applications`,
			{ headers: as(clients.filer), body }))
		made.files.push({ fileId: file.fileId, applicantId, serviceId: file.serviceId, name: body.applicationName, created: body.created })
		const tasks = await good(call('GET', `${base}/tasks?fileId=${file.fileId}`, { headers: as(clients.handler) }))
		made.tasks[file.fileId] = tasks[0].taskId
	}
	const [, held] = made.files
	await good(call('POST', `${address}/api/v1/cases/${held.fileId}/claim`,
		{ headers: { Authorization: `Bearer ${keys.handler}`, 'Idempotency-Key': '"held"' }, body: {} }))
	const [task] = await good(call('GET', `${base}/tasks?fileId=${held.fileId}`, { headers: as(clients.handler) }))
	return { ...made, assignee: task.assigneeId }
}

// Reads {"secret", "messages": [{"headers", "body"}]} and checks each with the library of
// the Standard Webhooks project; then what must be refused. Writes TAP lines without a plan.
import { readFileSync } from 'node:fs'
import { Webhook } from 'standardwebhooks'

const { secret, messages, from } = JSON.parse(readFileSync(0, 'utf8'))
let n = from
const report = (name, fault) =>
	console.log(`${fault ? 'not ok' : 'ok'} ${++n} - ${name}${fault ? `\n# ${fault}` : ''}`)
const verdict = (key, body, headers) => {
	try {
		new Webhook(key).verify(body, headers)
		return ''
	} catch (e) {
		return String(e.message)
	}
}

for (const m of messages)
	report(`its library takes ${JSON.parse(m.body).type}`, verdict(secret, m.body, m.headers))
const [m] = messages
const other = 'whsec_' + Buffer.alloc(32, 7).toString('base64')
const refused = (name, ...how) => report(name, verdict(...how) ? '' : 'it was taken')
refused('a changed body is refused', secret, m.body.replace('"type"', '"kind"'), m.headers)
refused('another secret is refused', other, m.body, m.headers)
refused('an old message is refused', secret, m.body, {
	...m.headers, 'webhook-timestamp': String(Number(m.headers['webhook-timestamp']) - 3600) })
refused('another id is refused', secret, m.body, { ...m.headers, 'webhook-id': 'evt_0' })

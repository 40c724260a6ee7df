// Makes the document of bench_form (an application of 40 fields) and measures ajv on
// it: node form.mjs FILE [seconds]. Needs ajv and ajv-formats (npm) where node finds them.
import { writeFileSync } from 'node:fs'
import Ajv from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

const file = process.argv[2], seconds = Number(process.argv[3] ?? 3)
const properties = {}, data = {}, bad = {}
const kinds = [
  [{ type: 'string', minLength: 2, maxLength: 80 }, 'Maryam Ali Hasan', 'x'],
  [{ type: 'string', pattern: '^[0-9]{9}$' }, '850199901', '85019990'],
  [{ type: 'string', format: 'date' }, '1985-01-15', '1985-02-30'],
  [{ type: 'string', format: 'email' }, 'citizen@example.com', 'citizen@'],
  [{ type: 'integer', minimum: 0, maximum: 120 }, 41, 121],
  [{ type: 'number', multipleOf: 0.5 }, 12.5, 12.3],
  [{ enum: ['citizen', 'gcc', 'resident'] }, 'resident', 'nobody'],
  [{ type: 'boolean' }, true, 'yes'],
]
for (let i = 0; i < 40; i++) {
  const [schema, good, wrong] = kinds[i % kinds.length]
  properties[`field_${i}`] = schema
  data[`field_${i}`] = good
  bad[`field_${i}`] = i % 10 === 9 ? wrong : good
}
const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object',
  properties, required: Object.keys(properties), additionalProperties: false,
}
writeFileSync(file, JSON.stringify({ schema, data, bad }))

const make = allErrors => { const ajv = new Ajv({ allErrors }); addFormats(ajv); return ajv.compile(schema) }
const first = make(false), all = make(true), text = JSON.stringify(data)
const measure = (name, work, expected) => {
  for (let i = 0; i < 20000; i++) work()
  const start = performance.now(), end = start + seconds * 1000
  let n = 0, now = start
  while (now < end) {
    for (let i = 0; i < 200; i++) if (work() !== expected) throw new Error(name)
    n += 200
    now = performance.now()
  }
  console.log(`ajv   ${name.padEnd(28)} ${String(Math.round(n / (now - start) * 1000)).padStart(10)} a second`)
}
measure('valid', () => first(data), true)
measure('valid, parsed each time', () => first(JSON.parse(text)), true)
measure('invalid, first fault', () => first(bad), false)
measure('invalid, all faults', () => all(bad), false)

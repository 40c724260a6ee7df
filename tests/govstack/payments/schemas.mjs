// The shapes of answers that the features speak of, written down from GovStack's
// descriptions of the interface the features are of (vouchers 1.0.3, bulk payments 1.0).
import Ajv from 'ajv'
import formats from 'ajv-formats'

const ajv = formats(new Ajv({ allErrors: true }))
const object = (properties, more = {}) => ({ type: 'object', required: Object.keys(properties), properties, ...more })
const text = { type: 'string', minLength: 1 }

const code = object({
	ResponseCode: { enum: ['00', '01'] },
	ResponseDescription: { type: 'string', minLength: 1, maxLength: 200 },
	RequestID: { type: 'string', maxLength: 12 }
})

export const schemas = Object.fromEntries(Object.entries({
	code,
	validation: { allOf: [code, object({
		Source_BatchID: { type: 'string', minLength: 12, maxLength: 12 },
		NumberFailedCases: { type: 'integer', minimum: 0 },
		FailedAccounts: { type: 'array', items: object({
			instructionID: { type: 'string', minLength: 16, maxLength: 16 }, failureReason: text }) }
	})] },
	message: object({ message: text }, { additionalProperties: false }),
	made: object({
		voucher_number: { type: 'string', pattern: '^[0-9]{16,25}$' },
		voucher_serial_number: { type: 'string', pattern: '^[0-9]{16,25}$' },
		expiry_date_time: { type: 'string', format: 'date-time' }
	}, { additionalProperties: false }),
	result: object({ result_status: text }),
	status: object({
		voucher_status: { enum: ['Not Pre-Activated', 'Pre-Activated', 'Activated', 'Suspended', 'Blocked',
			'Purged', 'Not Existing'] },
		voucher_amount: { type: 'string', pattern: '^[0-9]+([.][0-9]+)?$' }
	})
}).map(([name, schema]) => [name, ajv.compile(schema)]))

export function check(name, value) {
	const valid = schemas[name]
	if (!valid(value))
		throw new Error(`${ajv.errorsText(valid.errors)}: ${JSON.stringify(value)}`)
}

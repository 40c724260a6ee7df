// A PNG of one colour, with a darker oval in its middle: a portrait for tests.
import { crc32, deflateSync } from 'node:zlib'

function chunk(type, body) {
	const out = Buffer.alloc(12 + body.length)
	out.writeUInt32BE(body.length, 0)
	out.write(type, 4, 'latin1')
	body.copy(out, 8)
	out.writeUInt32BE(crc(out.subarray(4, 8 + body.length)), 8 + body.length)
	return out
}

function crc(bytes) {
	if (crc32)
		return crc32(bytes)
	let c = ~0
	for (const b of bytes) {
		c ^= b
		for (let i = 0; i < 8; i++)
			c = c >>> 1 ^ (c & 1 ? 0xEDB88320 : 0)
	}
	return ~c >>> 0
}

export function picture(width, height, [red, green, blue]) {
	const rows = Buffer.alloc(height * (width * 3 + 1))
	for (let y = 0, at = 0; y < height; y++) {
		rows[at++] = 0
		for (let x = 0; x < width; x++) {
			const dx = (x - width / 2) / (width * 0.3), dy = (y - height * 0.55) / (height * 0.36)
			const face = dx * dx + dy * dy < 1
			rows[at++] = face ? 190 : red
			rows[at++] = face ? 140 : green
			rows[at++] = face ? 110 : blue
		}
	}
	const head = Buffer.alloc(13)
	head.writeUInt32BE(width, 0)
	head.writeUInt32BE(height, 4)
	head.set([8, 2, 0, 0, 0], 8)
	return Buffer.concat([Buffer.from([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
		chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))])
}

// Serves every page of ui/templates with its sample view, as the platform would:
// /LANG/ROOM/PAGE, the assets below /assets/, and the same security policy.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { render, root } from './diwan.mjs'

const templates = join(root, 'ui', 'templates')
const types = { css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml', woff2: 'font/woff2' }
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; " +
	"img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// [{key: "errors/error.503", template: "errors/error", view}]; what follows a point tells
// several samples of one page apart.
export function samples() {
	return readdirSync(templates, { recursive: true }).filter(f => f.endsWith('.sample.json')).sort()
		.map(file => {
			const key = file.replace('.sample.json', '')
			return { key, template: key.replace(/\.\w+$/, ''),
				view: JSON.parse(readFileSync(join(templates, file), 'utf8')) }
		})
}

export const officer = key => /^(desk|operator|notify\/mail|report\/records|portal\/accounts)/.test(key)

function frame(lang, key) {
	const other = lang === 'ar' ? 'en' : 'ar'
	const item = (name, href, more) => ({ key: `web.nav.${name}`, href: `/${lang}${href}`, ...more })
	return {
		lang, dir: lang === 'ar' ? 'rtl' : 'ltr', other_lang: other, other_url: `/${other}/${key}`,
		path: `/${key}`, csrf: 'token', now: '2026-11-24T10:00:00Z',
		...!/^errors|sign-in/.test(key) && { user: { name: { en: 'Maryam Ali', ar: 'مريم علي' }, roles: [] } },
		nav: officer(key)
			? [item('desk', '/desk', { current: true }), item('statistics', '/statistics')]
			: [item('home', '/'), item('guide', '/guide', { current: true }), item('inbox', '/inbox', { count: 2 })]
	}
}

// Compressed once, as the program has its own.
const assets = new Map()

function asset(name) {
	const plain = name.replace(/\.[0-9a-f]{12}(?=\.\w+$)/, '')
	const file = ['dist', 'fonts'].map(d => join(root, 'ui', d, plain)).find(f => existsSync(f))
	if (file && !assets.has(file)) {
		const type = types[plain.split('.').pop()], body = readFileSync(file)
		assets.set(file, { type, sent: type === types.woff2 ? body : brotliCompressSync(body) })
	}
	return assets.get(file)
}

// Resolves to {address, close}.
export function serve() {
	const known = new Map(samples().map(s => [s.key, s]))
	const server = createServer((request, answer) => {
		const { pathname } = new URL(request.url, 'http://localhost')
		const [, lang, key] = pathname.match(/^\/(ar|en)\/(.+)$/) ?? []
		const sample = known.get(key)
		const found = pathname.startsWith('/assets/') ? asset(pathname.slice(8))
			: sample && { type: 'text/html; charset=utf-8', sent: brotliCompressSync(
				Buffer.from(render(sample.template, { ...frame(lang, key), ...sample.view }, lang))) }
		if (!found) {
			answer.statusCode = 404
			return answer.end()
		}
		answer.writeHead(200, { 'content-type': found.type, 'content-security-policy': policy,
			...found.type !== types.woff2 && { 'content-encoding': 'br' } })
		answer.end(found.sent)
	})
	return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve({
		address: `http://127.0.0.1:${server.address().port}`, close: () => server.close()
	})))
}

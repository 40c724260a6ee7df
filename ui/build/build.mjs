// Builds ui/dist from govuk-frontend and our own layer: see README.md beside this.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { buildSync } from 'esbuild'
import { transform } from 'lightningcss'
import * as sass from 'sass'

const require = createRequire(import.meta.url)
const postcss = createRequire(require.resolve('rtlcss'))('postcss')
const rtlcss = require('rtlcss')

const here = dirname(fileURLToPath(import.meta.url))
const dist = join(here, '..', 'dist')
const fonts = join(here, '..', 'fonts')
const JS_MAX_BYTES = 8 * 1024 // brotli
const targets = { chrome: 70 << 16, safari: 12 << 16, ios_saf: 12 << 16, firefox: 68 << 16,
	samsung: 10 << 16 }

// Arabic letters reach higher and lower than Latin ones: the package's 1.1 to 1.3
// would let a descender touch the line below.
const leading = {
	postcssPlugin: 'arabic-leading',
	Declaration: {
		'line-height': decl => {
			const v = /^[\d.]+$/.test(decl.value) ? Number(decl.value) : 0
			if (v >= 1 && v < 1.2)
				decl.value = '1.45'
			else if (v >= 1.2 && v < 1.5)
				decl.value = '1.65'
		},
		'letter-spacing': decl => { decl.value = 'normal' }
	}
}

// A font's address carries its content's hash, so that it can be kept for ever.
function withFonts(css) {
	return css.replace(/url\(\/assets\/([\w-]+\.woff2)\)/g, (all, name) => {
		const hash = createHash('sha256').update(readFileSync(join(fonts, name))).digest('hex')
		return `url(/assets/${name}?v=${hash.slice(0, 12)})`
	})
}

// The package shuts old browsers out with a media query that is invalid on purpose;
// recovery drops just that block.
function minify(name, css) {
	const { code, warnings } = transform({ filename: name, code: Buffer.from(css), minify: true, targets,
		errorRecovery: true })
	for (const w of warnings)
		console.warn(`${name}: ${w.message} at line ${w.loc?.line}`)
	return code
}

function write(name, bytes) {
	writeFileSync(join(dist, name), bytes)
	const gzip = gzipSync(bytes, { level: 9 }).length, br = brotliCompressSync(bytes).length
	console.log(`${name.padEnd(16)} ${String(bytes.length).padStart(7)} B  gzip ${gzip}  brotli ${br}`)
	return br
}

mkdirSync(dist, { recursive: true })
const kit = sass.compile(join(here, 'diwan.scss'), {
	importers: [new sass.NodePackageImporter(here)], style: 'expanded', quietDeps: true
}).css
	// The crest belongs to one government and is on none of our pages.
	.replace(/url\("[^"]*govuk-crest[^"]*"\)/g, 'none')
const own = withFonts(readFileSync(join(here, 'app.css'), 'utf8'))
// Only the package is mirrored: our own layer has logical properties, and a mirror
// would turn its `direction: ltr` (telephone numbers) into the fault it prevents.
const mirrored = postcss([leading]).process(rtlcss.process(kit), { from: undefined }).css

write('favicon.svg', readFileSync(join(here, 'favicon.svg')))
write('diwan.ltr.css', minify('diwan.ltr.css', kit + own))
write('diwan.rtl.css', minify('diwan.rtl.css', mirrored + own))
const js = buildSync({ entryPoints: [join(here, 'main.js')], bundle: true, minify: true, write: false,
	format: 'esm', target: 'es2019', legalComments: 'none' }).outputFiles[0].contents
if (write('diwan.js', Buffer.from(js)) > JS_MAX_BYTES)
	throw new Error(`diwan.js is over ${JS_MAX_BYTES} bytes compressed`)

// The page of the optional editors alone carries these.
write('editor.css', minify('editor.css', readFileSync(join(here, 'editor.css'), 'utf8')))
write('editor.js', Buffer.from(buildSync({ entryPoints: [join(here, 'editor.js')], bundle: true, minify: true,
	write: false, format: 'esm', target: 'es2019', legalComments: 'none' }).outputFiles[0].contents))

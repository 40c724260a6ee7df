/*
 * validate.mjs FILE [--services N] [--violations N] [--same FILE]
 *
 * Checks an export of the guide (Turtle, N-Triples or JSON-LD, by the file's
 * name) against the SHACL shapes of CPSV-AP 3.2, and that it is not empty: at
 * least one public service (or exactly N), each with a title and a description
 * in Arabic and in English, and no reference to a node the file does not
 * describe. --violations N is for files with faults in them: exactly N must be
 * found. --same names another form of the same export: their triples must be the same.
 * The shapes are read from $DIWAN_SHARED/data/cpsv-ap, or from ../shared
 * beside the checkout.
 *
 * Exit: 0 as expected, 1 not, 2 bad usage or unreadable file, 77 no shapes.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import rdf from '@zazuko/env';
import jsonld from 'jsonld';
import { Parser } from 'n3';
import SHACLValidator from 'rdf-validate-shacl';

const CPSV = 'http://purl.org/vocab/cpsv#';
const CV = 'http://data.europa.eu/m8g/';
const DCT = 'http://purl.org/dc/terms/';
const TYPE = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type';
const LANGUAGES = ['ar', 'en'];
const SHOWN = 20; /* violations printed */

/* Properties whose objects the export must describe itself. */
const LINKS = [
	CV + 'hasCompetentAuthority', CV + 'hasCost', CV + 'hasChannel', CV + 'hasInputType',
	CV + 'holdsRequirement', CV + 'hasLegalResource', CV + 'hasParticipation',
	CV + 'isGroupedBy', CV + 'contactPoint', CPSV + 'hasInput', CPSV + 'produces',
	CPSV + 'follows', DCT + 'audience',
];

function die(code, text) {
	console.error(text);
	process.exit(code);
}

function shapesFolder() {
	const here = path.dirname(fileURLToPath(import.meta.url));
	const shared = process.env.DIWAN_SHARED ?? path.join(here, '../../../shared');
	return path.join(shared, 'data/cpsv-ap');
}

function turtle(text, name) {
	return rdf.dataset(new Parser({ baseIRI: 'file:///' + name }).parse(text));
}

async function load(file, folder) {
	const text = fs.readFileSync(file, 'utf8');
	if (!/\.json(ld)?$/.test(file))
		return turtle(text, path.basename(file));
	/* The vocabulary's own context may be named; nothing is fetched. */
	const documentLoader = async (url) => {
		const name = path.join(folder, path.basename(url));
		if (!url.endsWith('.jsonld') || !fs.existsSync(name))
			throw new Error(`unknown context ${url}`);
		return { documentUrl: url, document: JSON.parse(fs.readFileSync(name, 'utf8')) };
	};
	const quads = await jsonld.toRDF(JSON.parse(text), { format: 'application/n-quads', documentLoader });
	return turtle(quads, path.basename(file));
}

function objects(data, subject, property) {
	return [...data.match(subject, rdf.namedNode(property))].map((q) => q.object);
}

function services(data) {
	return [...data.match(null, rdf.namedNode(TYPE), rdf.namedNode(CPSV + 'PublicService'))]
		.map((q) => q.subject);
}

/* What the shapes do not ask for and readers need. */
function ownRules(data) {
	const bad = [];
	for (const s of services(data)) {
		for (const property of ['title', 'description']) {
			const got = objects(data, s, DCT + property).map((o) => o.language);
			for (const language of LANGUAGES)
				if (!got.includes(language))
					bad.push(`${s.value}: no ${property} in ${language}`);
		}
		for (const property of LINKS)
			for (const o of objects(data, s, property))
				if (data.match(o, rdf.namedNode(TYPE)).size === 0)
					bad.push(`${s.value}: ${o.value} is not described`);
	}
	return bad;
}

function violations(report) {
	return report.results.map((r) => [
		r.focusNode?.value,
		r.path?.value ?? '',
		r.sourceConstraintComponent?.value.split('#').pop() ?? '',
		r.value?.value ?? '',
	].join(' '));
}

/* Takes `name VALUE` out of args. */
function option(args, name, otherwise) {
	const at = args.indexOf(name);
	return at < 0 ? otherwise : args.splice(at, 2)[1];
}

/* No node of an export is without a name, so triples can be compared one by one; a
 * reader of JSON-LD may write a double otherwise. */
function lines(data) {
	const value = (o) => o.datatype?.value.endsWith('#double') ? Number(o.value) : o.value;
	return new Set([...data].map((q) => [q.subject.value, q.predicate.value, value(q.object),
		q.object.datatype?.value ?? '', q.object.language ?? ''].join(' ')));
}

function differences(data, other) {
	const x = lines(data), y = lines(other);
	return [...[...x].filter((l) => !y.has(l)).map((l) => `not in the other form: ${l}`),
		...[...y].filter((l) => !x.has(l)).map((l) => `only in the other form: ${l}`)];
}

async function main() {
	const args = process.argv.slice(2);
	const count = option(args, '--services', null), want = count === null ? null : Number(count);
	const allowed = Number(option(args, '--violations', 0));
	const same = option(args, '--same', null);
	if (args.length !== 1 || Number.isNaN(want) || Number.isNaN(allowed))
		die(2, 'usage: node validate.mjs FILE [--services N] [--violations N] [--same FILE]');
	const folder = shapesFolder();
	const shapesFile = path.join(folder, 'cpsv-ap-SHACL.ttl');
	if (!fs.existsSync(shapesFile))
		die(77, `skipped: no shapes in ${folder}; set DIWAN_SHARED`);

	const shapes = turtle(fs.readFileSync(shapesFile, 'utf8'), 'shapes.ttl');
	let data;
	try {
		data = await load(args[0], folder);
	} catch (e) {
		die(2, `${args[0]}: ${e.message}`);
	}
	const bad = same ? differences(data, await load(same, folder)) : [];
	const report = await new SHACLValidator(shapes, { factory: rdf }).validate(data);
	const n = services(data).length;
	bad.push(...violations(report), ...ownRules(data));
	if (n === 0 || (want !== null && n !== want))
		bad.push(`${n} services, expected ${want ?? 'at least one'}`);
	for (const line of bad.slice(0, SHOWN))
		console.log(line);
	console.log(`${args[0]}: ${data.size} triples, ${n} services, ${bad.length} violations`);
	process.exit(bad.length === allowed ? 0 : 1);
}

await main();

/*
 * rdf.c - Turtle, N-Triples (both by serd) and plain JSON-LD of any program (CAT-09), in the
 * shape that import.c and foreign.c read: {ID: {"@id", "@type": [..], "dct:title": [{"@value",
 * "@language"} | {"@id"}]}}, each node with the line where it was first spoken of. Names of
 * our vocabularies are shortened as everywhere here, whatever the file calls them.
 *
 * Of JSON-LD that is: terms and prefixes of a context in the file itself, @graph, nested
 * nodes, @list and @set, @value with its language, terms whose values are addresses
 * ("@type": "@id") or of one language. A context that is only an address is not fetched.
 */
#include "systems/guide/guide_in.h"

#include <serd/serd.h>
#include <stdio.h>

#define STATEMENTS_MAX 2000000

struct rdf {
	arena *a;
	struct diags *d;
	SerdEnv *env;
	str rest; /* of the file */
	uint32_t line;
	json *graph;
	size_t statements;
	bool good;
};

/* One byte at a time, so that the line is known whenever serd tells of something. */
static size_t next_byte(void *to, size_t size, size_t n, void *ctx)
{
	struct rdf *r = ctx;
	if (!r->rest.n || size * n == 0)
		return 0;
	*(char *)to = r->rest.p[0];
	r->line += r->rest.p[0] == '\n';
	r->rest = str_sub(r->rest, 1, r->rest.n);
	return 1;
}

static int no_fault(void *ctx)
{
	(void)ctx;
	return 0;
}

static void wrong(struct rdf *r, uint32_t line, uint32_t col, str what)
{
	if (r->good) /* what follows the first fault says nothing */
		diags_add(r->d, DIAG_ERROR, "guide.import.syntax", line, col, "%.*s", STRF(str_trim(what)));
	r->good = false;
}

static SerdStatus fault(void *ctx, const SerdError *e)
{
	struct rdf *r = ctx;
	char what[256];
	vsnprintf(what, sizeof what, e->fmt, *e->args);
	wrong(r, e->line ? e->line : r->line, e->col, str_of(what));
	return SERD_SUCCESS;
}

static str shortened(arena *a, str iri)
{
	static const struct {
		const char *name, *iri;
	} all[] = {
#define VOCABULARY(name, iri) {name, iri},
#include "systems/guide/vocabularies.def"
#undef VOCABULARY
	};
	for (size_t i = 0; i < COUNT(all); i++)
		if (str_starts(iri, str_of(all[i].iri)))
			return str_fmt(a, "%s:%.*s", all[i].name,
			               STRF(str_sub(iri, strlen(all[i].iri), iri.n)));
	return iri;
}

static str bytes_of(struct rdf *r, const SerdNode *n)
{
	return str_dup(r->a, (str){(const char *)n->buf, n->n_bytes});
}

/* The whole address; "_:b1" of a node without one. */
static str address(struct rdf *r, const SerdNode *n)
{
	if (n->type == SERD_BLANK)
		return str_cat(r->a, STR("_:"), bytes_of(r, n));
	SerdNode whole = serd_env_expand_node(r->env, n);
	str s = whole.buf ? bytes_of(r, &whole) : bytes_of(r, n);
	if (!whole.buf && n->type == SERD_CURIE)
		wrong(r, r->line, 0, str_fmt(r->a, "the prefix of %.*s is not declared", STRF(s)));
	serd_node_free(&whole);
	return s;
}

static json *node_of(struct rdf *r, str id)
{
	json *node = json_get_str(r->graph, id);
	if (node)
		return node;
	node = json_set_key(r->a, r->graph, id, json_object(r->a));
	node->line = r->line;
	json_set_str(r->a, node, "@id", id);
	return node;
}

static SerdStatus prefix(void *ctx, const SerdNode *name, const SerdNode *uri)
{
	return serd_env_set_prefix(((struct rdf *)ctx)->env, name, uri);
}

static SerdStatus base(void *ctx, const SerdNode *uri)
{
	return serd_env_set_base_uri(((struct rdf *)ctx)->env, uri);
}

static SerdStatus statement(void *ctx, SerdStatementFlags flags, const SerdNode *graph,
                            const SerdNode *subject, const SerdNode *predicate,
                            const SerdNode *object, const SerdNode *type, const SerdNode *lang)
{
	struct rdf *r = ctx;
	(void)flags, (void)graph, (void)type;
	if (++r->statements > STATEMENTS_MAX)
		wrong(r, r->line, 0, STR("the file has too many statements"));
	if (!r->good)
		return SERD_FAILURE;
	json *node = node_of(r, address(r, subject));
	str name = shortened(r->a, address(r, predicate));
	bool types = str_eq(name, STR("rdf:type"));
	if (types)
		name = STR("@type");
	json *list = json_get_str(node, name);
	if (!list)
		list = json_set_key(r->a, node, name, json_array(r->a));
	if (types) {
		json_push(list, json_string(r->a, shortened(r->a, address(r, object))));
		return SERD_SUCCESS;
	}
	json *value = json_push(list, json_object(r->a));
	value->line = r->line;
	if (object->type != SERD_LITERAL) {
		json_set_str(r->a, value, "@id", address(r, object));
		return SERD_SUCCESS;
	}
	json_set_str(r->a, value, "@value", bytes_of(r, object))->line = r->line;
	if (lang && lang->buf)
		json_set_str(r->a, value, "@language", bytes_of(r, lang));
	return SERD_SUCCESS;
}

json *guide_rdf(arena *a, str text, struct diags *d)
{
	struct rdf r = {.a = a, .d = d, .rest = text, .line = 1, .graph = json_object(a), .good = true};
	r.env = serd_env_new(NULL);
	SerdReader *reader = serd_reader_new(SERD_TURTLE, &r, NULL, base, prefix, statement, NULL);
	serd_reader_set_strict(reader, true);
	serd_reader_set_error_sink(reader, fault, &r);
	SerdStatus end =
	    serd_reader_read_source(reader, next_byte, no_fault, &r, (const uint8_t *)"the file", 1);
	if (end > SERD_FAILURE)
		wrong(&r, r.line, 0, str_of((const char *)serd_strerror(end)));
	serd_reader_free(reader);
	serd_env_free(r.env);
	return r.good ? r.graph : NULL;
}

/* ---- JSON-LD ---- */

#define DEPTH_MAX 32

static const json *term_of(const json *context, str name)
{
	return json_is(context, JSON_OBJECT) ? json_get_str(context, name) : NULL;
}

/* The address that a name of the file stands for. */
static str expanded(arena *a, const json *context, str name, int depth)
{
	const json *term = term_of(context, name);
	str iri = json_is(term, JSON_OBJECT) ? json_str(term, "@id") : json_text(term);
	if (iri.n && !str_eq(iri, name) && depth < DEPTH_MAX)
		return expanded(a, context, iri, depth + 1);
	ptrdiff_t colon = str_chr(name, ':');
	str prefix_name = colon > 0 ? str_sub(name, 0, (size_t)colon) : (str){0};
	const json *stem = prefix_name.n ? term_of(context, prefix_name) : NULL;
	str whole = json_is(stem, JSON_OBJECT) ? json_str(stem, "@id") : json_text(stem);
	if (whole.n)
		return str_cat(a, whole, str_sub(name, (size_t)colon + 1, name.n));
	str vocabulary = json_str(context, "@vocab");
	return colon < 0 && vocabulary.n && !str_starts(name, STR("@")) ? str_cat(a, vocabulary, name)
	                                                                : name;
}

static str take_object(struct rdf *r, const json *context, const json *object, int depth);

static void add_value(struct rdf *r, const json *context, json *list, const json *term,
                      const json *v, int depth)
{
	const json *many = json_is(v, JSON_ARRAY) ? v : json_get(v, "@list");
	many = many ? many : json_get(v, "@set");
	if (many && depth < DEPTH_MAX) {
		for (const json *i = many->first; i; i = i->next)
			add_value(r, context, list, term, i, depth + 1);
		return;
	}
	const json *text = json_is(v, JSON_OBJECT) ? json_get(v, "@value") : v;
	if (json_is(text, JSON_NULL))
		return; /* as if it were not there */
	json *out = json_push(list, json_object(r->a));
	out->line = v->line;
	if (!text) {
		json_set_str(r->a, out, "@id", take_object(r, context, v, depth + 1));
		return;
	}
	bool is_address = str_eq(json_str(term, "@type"), STR("@id")) && !json_is(v, JSON_OBJECT);
	str said = json_is(text, JSON_STRING) ? text->s : json_print(r->a, text);
	json_set_str(r->a, out, is_address ? "@id" : "@value",
	             is_address ? expanded(r->a, context, said, 0) : said)
	    ->line = text->line;
	str lang = json_str(v, "@language");
	lang = lang.n ? lang : json_str(term, "@language");
	lang = lang.n ? lang : json_str(context, "@language");
	if (lang.n && json_is(text, JSON_STRING))
		json_set_str(r->a, out, "@language", lang);
}

/* A node with what is said of it; its id. */
static str take_object(struct rdf *r, const json *context, const json *object, int depth)
{
	str id = json_str(object, "@id");
	id = id.n ? expanded(r->a, context, id, 0) : str_fmt(r->a, "_:n%u", r->graph->count);
	if (depth > DEPTH_MAX || !json_is(object, JSON_OBJECT) ||
	    (object->count == 1 && json_get(object, "@id")))
		return id;
	r->line = object->line;
	json *node = node_of(r, id);
	for (const json *m = object->first; m; m = m->next) {
		str key = expanded(r->a, context, m->key, 0);
		bool types = str_eq(key, STR("@type"));
		if (str_starts(key, STR("@")) && !types)
			continue;
		key = types ? key : shortened(r->a, key);
		json *list = json_get_str(node, key);
		if (!list)
			list = json_set_key(r->a, node, key, json_array(r->a));
		if (!types) {
			add_value(r, context, list, term_of(context, m->key), m, depth);
			continue;
		}
		const json *first = json_is(m, JSON_ARRAY) ? m->first : m;
		for (const json *t = first; t; t = json_is(m, JSON_ARRAY) ? t->next : NULL)
			json_push(list,
			          json_string(r->a, shortened(r->a, expanded(r->a, context, json_text(t), 0))));
	}
	return id;
}

/* Several contexts as one: later ones win. */
static json *context_of(struct rdf *r, const json *given)
{
	json *all = json_object(r->a);
	const json *first = json_is(given, JSON_ARRAY) ? given->first : given;
	for (const json *c = first; c; c = json_is(given, JSON_ARRAY) ? c->next : NULL) {
		if (json_is(c, JSON_STRING))
			wrong(r, c->line, c->col,
			      str_fmt(r->a,
			              "the context %.*s is not in the file: convert it to Turtle, or "
			              "to JSON-LD with its context",
			              STRF(c->s)));
		for (const json *m = json_is(c, JSON_OBJECT) ? c->first : NULL; m; m = m->next)
			json_set_key(r->a, all, m->key, json_share(r->a, m));
	}
	return all;
}

json *guide_json_graph(arena *a, str text, struct diags *d)
{
	struct rdf r = {.a = a, .d = d, .line = 1, .graph = json_object(a), .good = true};
	json_error e = {0};
	const json *file = json_parse(a, text, &e);
	if (!file)
		wrong(&r, e.line, e.col, e.what);
	const json *context = context_of(&r, json_get(file, "@context"));
	const json *graph = json_get(file, "@graph"), *list = json_is(file, JSON_ARRAY) ? file : graph;
	if (!json_is(list, JSON_ARRAY) && file)
		take_object(&r, context, file, 0);
	for (const json *o = json_is(list, JSON_ARRAY) ? list->first : NULL; o && r.good; o = o->next)
		take_object(&r, context, o, 0);
	return r.good ? r.graph : NULL;
}

/*
 * From documents to nodes: every $id and anchor is found first, then subschemas
 * are compiled from the root on as references reach them.
 */
#include "engine/form/schema_in.h"

#include "base/embed.h"
#include "engine/form/uri.h"

#include <stdio.h>
#include <string.h>

#define META_PREFIX  "https://json-schema.org/draft/2020-12/"
#define VOCAB_PREFIX "https://json-schema.org/draft/2020-12/vocab/"
#define DEFAULT_BASE "urn:diwan:schema"

struct diag *schema_fault(struct compiler *c, const json *at, const char *rule, const char *fmt,
                          ...)
{
	va_list ap;
	va_start(ap, fmt);
	char text[400];
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return diags_add(c->d, DIAG_ERROR, rule, at ? at->line : 0, at ? at->col : 0, "%s", text);
}

/* ---- places ---- */

static size_t place_hash(const json *at, size_t cap)
{
	uint64_t x = (uint64_t)(uintptr_t)at * 0x9E3779B97F4A7C15u;
	return (size_t)(x >> 32) & (cap - 1);
}

struct place *schema_place(const struct schema_places *p, const json *at)
{
	if (!p->cap)
		return NULL;
	for (size_t i = place_hash(at, p->cap); p->slot[i].at; i = (i + 1) & (p->cap - 1))
		if (p->slot[i].at == at)
			return &p->slot[i];
	return NULL;
}

static void place_grow(struct compiler *c)
{
	struct schema_places old = c->places;
	c->places.cap = old.cap ? old.cap * 2 : 256;
	c->places.slot = NEWN(c->a, struct place, c->places.cap);
	for (size_t k = 0; k < old.cap; k++) {
		if (!old.slot[k].at)
			continue;
		size_t i = place_hash(old.slot[k].at, c->places.cap);
		while (c->places.slot[i].at)
			i = (i + 1) & (c->places.cap - 1);
		c->places.slot[i] = old.slot[k];
	}
}

static struct place *place_add(struct compiler *c, const json *at)
{
	struct place *found = schema_place(&c->places, at);
	if (found)
		return found;
	if (c->places.n * 2 >= c->places.cap)
		place_grow(c);
	size_t i = place_hash(at, c->places.cap);
	while (c->places.slot[i].at)
		i = (i + 1) & (c->places.cap - 1);
	c->places.slot[i].at = at;
	c->places.n++;
	return &c->places.slot[i];
}

/* ---- resources ---- */

str schema_child_path(arena *a, str path, str token)
{
	buf b = buf_make(a, path.n + 2 * token.n + 2);
	buf_put(&b, path);
	buf_putc(&b, '/');
	for (size_t i = 0; i < token.n; i++) {
		if (token.p[i] == '~')
			buf_puts(&b, "~0");
		else if (token.p[i] == '/')
			buf_puts(&b, "~1");
		else
			buf_putc(&b, token.p[i]);
	}
	return buf_str(&b);
}

static struct resource *resource_find(struct compiler *c, str uri)
{
	for (struct resource *r = c->resources; r; r = r->next)
		if (str_eq(r->uri, uri))
			return r;
	return NULL;
}

static void anchor_add(struct compiler *c, struct resource *r, const json *name, const json *at,
                       bool dynamic)
{
	if (!json_is(name, JSON_STRING) || !name->s.n) {
		schema_fault(c, name, "schema.anchor", "an anchor is a name");
		return;
	}
	struct anchor *n = NEW(c->a, struct anchor);
	*n = (struct anchor){.name = name->s, .at = at, .dynamic = dynamic, .next = r->anchors};
	r->anchors = n;
}

static struct resource *resource_add(struct compiler *c, str uri, const json *root, str path,
                                     enum draft draft)
{
	struct resource *r = NEW(c->a, struct resource);
	*r = (struct resource){.uri = uri, .root = root, .root_path = path, .draft = draft};
	r->next = c->resources;
	c->resources = r;
	place_add(c, root)->resource = r;
	return r;
}

static const json *document_find(struct compiler *c, str uri)
{
	const struct resource *known = resource_find(c, uri);
	if (known)
		return known->root;
	for (const struct schema_doc *d = c->docs ? c->docs->first : NULL; d; d = d->next) {
		str fragment, bare = uri_without_fragment(d->uri, &fragment);
		if (str_eq(bare, uri))
			return d->document;
	}
	str text;
	if (!str_starts(uri, STR(META_PREFIX)))
		return NULL;
	str name = str_sub(uri, sizeof META_PREFIX - 1, uri.n);
	if (str_starts(name, STR("meta/")))
		name = str_sub(name, 5, name.n);
	if (!embed_find(str_fmt(c->a, "src/engine/form/meta/%.*s.json", STRF(name)), &text))
		return NULL;
	return json_parse(c->a, text, NULL);
}

/* What a meta-schema of the author's own switches on and off. */
static void read_vocabularies(struct compiler *c, struct resource *r, const json *named)
{
	str fragment, uri = uri_without_fragment(named->s, &fragment);
	if (str_starts(uri, STR(META_PREFIX)))
		return;
	const json *list = json_get(document_find(c, uri), "$vocabulary");
	if (!json_is(list, JSON_OBJECT))
		return;
	r->no_validation = !json_get(list, VOCAB_PREFIX "validation");
	r->assert_formats = json_get(list, VOCAB_PREFIX "format-assertion") != NULL;
	for (const json *v = list->first; v; v = v->next)
		if (json_is(v, JSON_BOOL) && v->b && !str_starts(v->key, STR(VOCAB_PREFIX)))
			schema_fault(c, named, "schema.vocabulary", "vocabulary %.*s is required and not known",
			             STRF(v->key));
}

static enum draft draft_of(str uri, enum draft otherwise)
{
	if (str_find(uri, STR("draft/2020-12")) >= 0)
		return DRAFT_2020;
	if (str_find(uri, STR("draft/2019-09")) >= 0)
		return DRAFT_2019;
	if (str_find(uri, STR("draft-07")) >= 0)
		return DRAFT_7;
	return otherwise;
}

struct scan {
	struct compiler *c;
	struct resource *r;
};

static void scan_child(void *ctx, const json *v, str path);

/* A subschema with an $id of its own begins a resource. */
static struct resource *scan_identity(struct scan *s, const json *v, str path)
{
	struct compiler *c = s->c;
	const json *id = json_get(v, "$id"), *named = json_get(v, "$schema");
	struct place *known = schema_place(&c->places, v);
	struct resource *r = known && known->resource ? known->resource : s->r;
	bool old_ref = r && r->draft == DRAFT_7 && json_get(v, "$ref");
	if (json_is(id, JSON_STRING) && !old_ref && (!known || !known->resource)) {
		str fragment, uri = uri_without_fragment(uri_resolve(c->a, r->uri, id->s), &fragment);
		if (fragment.n && r->draft != DRAFT_7)
			schema_fault(c, id, "schema.id", "$id cannot have a fragment; use $anchor");
		else if (fragment.n)
			anchor_add(c, r, json_string(c->a, fragment), v, false);
		if (!fragment.n) {
			struct resource *made = resource_add(c, uri, v, path, r->draft);
			made->no_validation = r->no_validation;
			made->assert_formats = r->assert_formats;
			r = made;
		}
	}
	if (json_is(named, JSON_STRING) && r->root == v) {
		r->draft = draft_of(named->s, r->draft);
		read_vocabularies(c, r, named);
	}
	return r;
}

static void scan_value(struct scan *s, const json *v, str path)
{
	if (!json_is(v, JSON_OBJECT))
		return;
	struct scan inner = {.c = s->c, .r = scan_identity(s, v, path)};
	const json *anchor = json_get(v, "$anchor"), *dynamic = json_get(v, "$dynamicAnchor");
	if (anchor)
		anchor_add(s->c, inner.r, anchor, v, false);
	if (dynamic)
		anchor_add(s->c, inner.r, dynamic, v, true);
	schema_children(s->c->a, v, path, scan_child, &inner);
}

static void scan_child(void *ctx, const json *v, str path)
{
	scan_value(ctx, v, path);
}

static struct resource *scan_document(struct compiler *c, const json *document, str uri)
{
	struct place *known = schema_place(&c->places, document);
	if (known && known->resource)
		return known->resource;
	const json *id = json_get(document, "$id");
	str fragment;
	if (json_is(id, JSON_STRING))
		uri = uri_resolve(c->a, uri, id->s);
	struct resource *r =
	    resource_add(c, uri_without_fragment(uri, &fragment), document, (str){0}, DRAFT_2020);
	struct scan s = {.c = c, .r = r};
	scan_value(&s, document, (str){0});
	return r;
}

/* ---- references ---- */

struct node *schema_node(struct compiler *c, const json *at, struct resource *r, str path)
{
	struct place *p = place_add(c, at);
	if (p->node)
		return p->node;
	if (p->resource) {
		r = p->resource;
		path = str_cat(c->a, r->uri, STR("#"));
	}
	if (++c->n_nodes > SCHEMA_MAX_NODES) {
		if (c->n_nodes == SCHEMA_MAX_NODES + 1)
			schema_fault(c, at, "schema.size", "more than %zu subschemas", SCHEMA_MAX_NODES);
	}
	struct node *n = NEW(c->a, struct node);
	*n = (struct node){.source = at, .resource = r, .path = path};
	r->used = true;
	if (json_is(at, JSON_BOOL))
		n->kind = at->b ? NODE_TRUE : NODE_FALSE;
	else if (!json_is(at, JSON_OBJECT))
		schema_fault(c, at, "schema.type", "a schema is an object, true or false");
	else if (c->n_nodes <= SCHEMA_MAX_NODES) {
		n->pending = c->pending;
		c->pending = n;
	}
	p = place_add(c, at);
	p->node = n;
	return n;
}

static str token_unescape(arena *a, str token)
{
	if (str_chr(token, '~') < 0)
		return token;
	buf b = buf_make(a, token.n + 1);
	for (size_t i = 0; i < token.n; i++) {
		char next = i + 1 < token.n ? token.p[i + 1] : 0;
		if (token.p[i] == '~' && (next == '0' || next == '1'))
			buf_putc(&b, token.p[++i] == '0' ? '~' : '/');
		else
			buf_putc(&b, token.p[i]);
	}
	return buf_str(&b);
}

/* Follows a JSON pointer; *r becomes the innermost resource on the way. */
static const json *follow(struct compiler *c, const json *v, str pointer, struct resource **r)
{
	str part, rest = pointer.n ? str_sub(pointer, 1, pointer.n) : (str){0};
	if (!pointer.n)
		return v;
	while (v && str_cut(&rest, '/', &part)) {
		int64_t i;
		if (json_is(v, JSON_ARRAY))
			v = str_i64(part, &i) && i >= 0 ? json_at(v, (size_t)i) : NULL;
		else
			v = json_get_str(v, token_unescape(c->a, part));
		struct place *p = v ? schema_place(&c->places, v) : NULL;
		if (p && p->resource)
			*r = p->resource;
	}
	return v;
}

static struct resource *resource_at(struct compiler *c, str uri)
{
	struct resource *r = resource_find(c, uri);
	if (r)
		return r;
	const json *document = document_find(c, uri);
	if (!document)
		return NULL;
	struct resource *made = scan_document(c, document, uri);
	return str_eq(made->uri, uri) ? made : resource_find(c, uri) ? resource_find(c, uri) : made;
}

struct node *schema_target(struct compiler *c, struct resource *from, const json *ref,
                           bool *dynamic)
{
	str fragment, uri = uri_without_fragment(uri_resolve(c->a, from->uri, ref->s), &fragment);
	fragment = uri_unescape(c->a, fragment);
	*dynamic = false;
	struct resource *r = resource_at(c, uri);
	if (!r) {
		struct diag *d = schema_fault(c, ref, "schema.ref.document", "no document %.*s", STRF(uri));
		if (d)
			d->hint = STR("references are not fetched: give the document beside this one");
		return NULL;
	}
	const json *at = NULL;
	if (!fragment.n || fragment.p[0] == '/') {
		at = follow(c, r->root, fragment, &r);
	} else {
		for (const struct anchor *n = r->anchors; n && !at; n = n->next)
			if (str_eq(n->name, fragment)) {
				at = n->at;
				*dynamic = n->dynamic;
			}
	}
	if (!at || (at->type != JSON_OBJECT && at->type != JSON_BOOL)) {
		schema_fault(c, ref, "schema.ref.target", "nothing to refer to at %.*s", STRF(ref->s));
		return NULL;
	}
	str path = str_fmt(c->a, "%.*s#%.*s", STRF(r->uri), STRF(fragment));
	return schema_node(c, at, r, path);
}

/* ---- the whole ---- */

/* A $dynamicRef may lead to any dynamic anchor of a resource that is in use. */
static bool settle_anchors(struct compiler *c)
{
	bool found = false;
	for (struct resource *r = c->resources; r; r = r->next) {
		if (!r->used || r->settled)
			continue;
		r->settled = found = true;
		for (struct anchor *n = r->anchors; n; n = n->next) {
			str path = str_fmt(c->a, "%.*s#%.*s", STRF(r->uri), STRF(n->name));
			if (n->dynamic)
				n->node = schema_node(c, n->at, r, path);
		}
	}
	return found;
}

static void fill_pending(struct compiler *c)
{
	do {
		while (c->pending) {
			struct node *n = c->pending;
			c->pending = n->pending;
			schema_fill(c, n);
		}
	} while (settle_anchors(c) || c->pending);
}

struct schema *schema_compile(arena *a, const json *document, const struct schema_docs *others,
                              struct diags *d)
{
	struct compiler c = {.a = a, .d = d, .docs = others};
	size_t before = d->errors;
	if (!json_is(document, JSON_OBJECT) && !json_is(document, JSON_BOOL)) {
		schema_fault(&c, document, "schema.type", "a schema is an object, true or false");
		return NULL;
	}
	struct resource *r = scan_document(&c, document, STR(DEFAULT_BASE));
	for (const struct schema_doc *o = others ? others->first : NULL; o; o = o->next)
		if (json_is(o->document, JSON_OBJECT))
			scan_document(&c, o->document, o->uri);
	struct node *root = schema_node(&c, document, r, str_cat(a, r->uri, STR("#")));
	fill_pending(&c);
	if (d->errors > before)
		return NULL;
	struct schema *s = NEW(a, struct schema);
	struct schema_places *places = NEW(a, struct schema_places);
	*places = c.places;
	*s = (struct schema){.root = root, .places = places};
	return s;
}

const struct schema *schema_at(arena *a, const struct schema *s, str pointer)
{
	struct compiler c = {.a = a, .places = *s->places};
	struct resource *r = s->root->resource;
	const json *at = follow(&c, s->root->source, pointer, &r);
	struct place *p = at ? schema_place(s->places, at) : NULL;
	if (!p || !p->node)
		return NULL;
	struct schema *sub = NEW(a, struct schema);
	*sub = (struct schema){.root = p->node, .places = s->places};
	return sub;
}

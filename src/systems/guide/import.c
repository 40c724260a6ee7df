/* import.c - an export read back, or CPSV-AP of another program (exchange.h). */
#include "systems/guide/exchange.h"
#include "systems/guide/guide_in.h"

#define FILE_BYTES_MAX ((size_t)8 * 1024 * 1024)

str guide_export(arena *a, const struct pack *p, str base_url, str format)
{
	if (str_eq(format, STR("csv")))
		return guide_table(a, p);
	str turtle = guide_turtle(a, p, base_url);
	if (str_eq(format, STR("jsonld")))
		return turtle.n ? guide_json_ld(a, turtle) : turtle;
	return str_eq(format, STR("ttl")) ? turtle : (str){0};
}

/* What addresses and rows of a table name, and the list of the pack that it is an item of. */
static const struct list {
	const char *kind, *file, *member;
} lists[] = {
    {"organisation", "entities.json", "entities"},
    {"event", "life-events.json", "life_events"},
    {"channel", "channels.json", "channels"},
    {"centre", "centres.json", "centres"},
    {"legal", "legal.json", "legal"},
    {"evidence-type", "evidence-types.json", "evidence_types"},
    {"audience", "audiences.json", "audiences"},
    {"payment", "payment-methods.json", "payment_methods"},
};

struct reading {
	arena *a;
	struct diags *d;
	json *items[COUNT(lists)];
	struct pack_source *out;
	const json *meta; /* of pack.json */
	size_t services;
};

static void wrong(struct reading *g, const json *at, const char *rule, str field, const char *what)
{
	struct diag *d =
	    diags_add(g->d, DIAG_ERROR, rule, at ? at->line : 1, at ? at->col : 1, "%s", what);
	d->element = field;
}

static str pretty(arena *a, const json *v)
{
	buf b = buf_make(a, FILE_BYTES_MAX);
	json_write(&b, v, 2);
	buf_putc(&b, '\n');
	return buf_str(&b);
}

/* The value of dw:record of a node; NULL when it has none, or after telling. */
static json *record_of(struct reading *g, const json *node, bool *told)
{
	const json *values = json_get(node, "dw:record"),
	           *first = json_is(values, JSON_ARRAY) ? values->first : values;
	str id = json_str(node, "@id");
	json_error e;
	if (!first)
		return NULL;
	const json *text = json_is(first, JSON_OBJECT) ? json_get(first, "@value") : first;
	json *v = json_parse(g->a, json_text(text), &e);
	*told = !json_is(v, JSON_OBJECT);
	if (*told)
		wrong(g, text ? text : first, "guide.import.record", str_cat(g->a, id, STR(" dw:record")),
		      "the record is not an object of JSON");
	return *told ? NULL : v;
}

static bool is_a(const json *node, str type)
{
	const json *types = json_get(node, "@type");
	for (const json *t = json_is(types, JSON_ARRAY) ? types->first : NULL; t; t = t->next)
		if (str_eq(json_text(t), type))
			return true;
	return str_eq(json_text(types), type);
}

static void take_card(struct reading *g, const json *node, const json *card)
{
	str id = json_str(card, "id");
	bool good = id.n && id.n <= 64;
	for (size_t i = 0; i < id.n && good; i++)
		good = (id.p[i] >= 'a' && id.p[i] <= 'z') || (id.p[i] >= '0' && id.p[i] <= '9') ||
		       id.p[i] == '-';
	if (!good) {
		wrong(g, node, "guide.import.id", STR("/id"), "a service has an id of lower-case words");
		return;
	}
	str path = str_fmt(g->a, "services/%.*s/card.json", STRF(id));
	for (size_t i = 0; i < g->out->n; i++)
		if (str_eq(g->out->files[i].path, path))
			wrong(g, node, "guide.import.twice", STR("/id"), "this service stands here twice");
	source_put(g->a, g->out, path, pretty(g->a, card));
	g->services++;
}

/* False when no list has items of this kind. */
static bool take_item(struct reading *g, str kind, json *record)
{
	for (size_t i = 0; i < COUNT(lists); i++)
		if (str_eq(kind, str_of(lists[i].kind))) {
			json_push(g->items[i], record);
			return true;
		}
	return false;
}

static void take_node(struct reading *g, const json *node)
{
	str id = json_str(node, "@id");
	bool told = false;
	json *record = record_of(g, node, &told);
	ptrdiff_t at = str_find(id, STR("/id/"));
	str rest = at < 0 ? (str){0} : str_sub(id, (size_t)at + 4, id.n);
	if (is_a(node, STR("cpsv:PublicService"))) {
		if (record)
			take_card(g, node, record);
		else if (!told)
			wrong(g, node, "guide.import.bare", str_cat(g->a, id, STR(" dw:record")),
			      "this service has no record (dw:record), while others of the file have one");
		return;
	}
	if (record && str_starts(rest, STR("catalogue/")))
		g->meta = record;
	ptrdiff_t last = str_starts(rest, STR("concept/")) ? 8 : 0;
	ptrdiff_t name = record ? str_chr(str_sub(rest, (size_t)last, rest.n), '/') : -1;
	if (name > 0)
		take_item(g, str_sub(rest, (size_t)last, (size_t)(last + name)), record);
}

static str file_of(const struct pack_source *s, const char *path)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->files[i].path, str_of(path)))
			return s->files[i].bytes;
	return (str){0};
}

/* Rows {"kind", "record"}, of a table or of a file of another program. */
static void take_rows(struct reading *g, const json *all)
{
	json *sources = json_array(g->a), *meta = NULL;
	for (const json *row = all->first; row; row = row->next) {
		json *record = json_get(row, "record");
		str kind = json_str(row, "kind");
		bool known = true;
		if (str_eq(kind, STR("service")))
			take_card(g, record, record);
		else if (str_eq(kind, STR("source")))
			json_push(sources, record);
		else if (str_eq(kind, STR("catalogue")))
			meta = record;
		else
			known = take_item(g, kind, record);
		if (!known)
			wrong(g, record, "guide.import.kind", kind, "there are no rows of this kind");
	}
	if (meta)
		json_set(g->a, meta, "sources", sources);
	g->meta = meta;
}

/* Services, and none of them has a record: another program wrote them. */
static bool is_foreign(const json *graph)
{
	size_t services = 0;
	for (const json *node = graph->first; node; node = node->next) {
		services += is_a(node, STR("cpsv:PublicService"));
		if (json_get(node, "dw:record"))
			return false;
	}
	return services > 0;
}

/* The items that the base has in its lists stay, as the file knows nothing of them. */
static void keep_items(struct reading *g, const struct pack_source *base)
{
	for (size_t i = 0; i < COUNT(lists); i++) {
		const json *doc = json_parse(g->a, file_of(base, lists[i].file), NULL);
		const json *own = json_get(doc, lists[i].member);
		for (const json *v = own ? own->first : NULL; v; v = v->next)
			json_push(g->items[i], json_copy(g->a, v));
	}
}

/* The nodes of JSON-LD or of Turtle; false after telling. */
static bool take_graph(struct reading *g, str file, str text, const struct pack_source *base)
{
	str first = str_sub(str_trim(text), 0, 1);
	bool is_json = str_eq(first, STR("{")) || str_eq(first, STR("["));
	const json *graph = is_json ? guide_json_graph(g->a, text, g->d) : guide_rdf(g->a, text, g->d);
	if (!graph)
		return false;
	if (is_foreign(graph)) {
		const json *meta = json_parse(g->a, file_of(base, "pack.json"), NULL);
		keep_items(g, base);
		take_rows(g, guide_foreign(g->a, graph, json_str(meta, "currency"), file));
		return true;
	}
	for (const json *node = graph->first; node; node = node->next)
		take_node(g, node);
	return true;
}

/* A table, or a graph; false after telling. */
static bool take_file(struct reading *g, str file, str text, const struct pack_source *base)
{
	if (!guide_is_table(text))
		return take_graph(g, file, text, base);
	const json *table = guide_table_read(g->a, text, g->d);
	if (table)
		take_rows(g, table);
	return table != NULL;
}

static bool has_source(const json *list, str id)
{
	for (const json *s = list ? list->first : NULL; s; s = s->next)
		if (str_eq(json_str(s, "id"), id))
			return true;
	return false;
}

/* Members of the base stay; those that the export takes along take their place, but for
 * sources, which the calendar and the numbers of the base name, too. */
static void put_meta(struct reading *g, const struct pack_source *base)
{
	json *meta = json_parse(g->a, file_of(base, "pack.json"), NULL);
	if (!json_is(meta, JSON_OBJECT))
		meta = json_object(g->a);
	json *own = json_get(meta, "sources"), *kept = own ? json_copy(g->a, own) : json_array(g->a);
	for (const json *m = g->meta->first; m; m = m->next)
		json_set_key(g->a, meta, m->key, json_copy(g->a, m));
	json *all = json_get(meta, "sources");
	for (const json *s = kept->first; s && all; s = s->next)
		if (!has_source(all, json_str(s, "id")))
			json_push(all, json_copy(g->a, s));
	source_put(g->a, g->out, STR("pack.json"), pretty(g->a, meta));
}

bool guide_import(arena *a, str file, str text, const struct pack_source *base,
                  struct pack_source *out, struct diags *d)
{
	struct reading g = {.a = a, .d = d, .out = out};
	d->file = file;
	*out = (struct pack_source){0};
	for (size_t i = 0; i < base->n; i++)
		if (!str_starts(base->files[i].path, STR("services/")))
			source_put(a, out, base->files[i].path, base->files[i].bytes);
	for (size_t i = 0; i < COUNT(lists); i++)
		g.items[i] = json_array(a);
	if (!take_file(&g, file, text, base))
		return false;
	if (!g.meta)
		wrong(&g, NULL, "guide.import.catalogue", STR("catalogue"),
		      "the catalogue is missing: where the cards are from, their currency and sources");
	else
		put_meta(&g, base);
	for (size_t i = 0; i < COUNT(lists); i++) {
		json *doc = json_object(a);
		json_set(a, doc, lists[i].member, g.items[i]);
		source_put(a, out, str_of(lists[i].file), pretty(a, doc));
	}
	return d->errors == 0;
}

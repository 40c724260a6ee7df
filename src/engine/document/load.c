/* load.c - a spec checked, so that rendering meets nothing unexpected. */
#include "engine/document/model.h"

#include <string.h>

struct known {
	const char *name, *members;
};

static const struct known kinds[] = {
#define BLOCK(name, members) {#name, members},
#include "engine/document/blocks.def"
#undef BLOCK
};

#define VALID_DAYS_MAX 36500

#define TEXTS "text label value shown caption name role alt empty title issuer footer mark"

static bool listed(const char *words, str word)
{
	str rest = str_of(words), w;
	while (str_cut(&rest, ' ', &w))
		if (w.n && str_eq(w, word))
			return true;
	return false;
}

static void wrong(struct diags *d, const json *at, const char *rule, const char *what, str name)
{
	diags_add(d, DIAG_ERROR, rule, at->line, at->col, "%s: %.*s", what, STRF(name));
}

static void check_text(struct diags *d, const json *t, str name)
{
	const char *why = NULL;
	if (json_is(t, JSON_STRING)) {
		why = fill_check(t->s);
	} else if (json_is(t, JSON_OBJECT)) {
		for (int i = 0; i < 2 && !why; i++) {
			const json *one = json_get(t, i ? "ar" : "en");
			why = json_is(one, JSON_STRING) && one->s.n ? fill_check(one->s)
			                                            : "the text lacks one of its languages";
		}
	} else {
		why = "a text is {\"en\", \"ar\"} or a string";
	}
	if (why)
		wrong(d, t, "document.text", why, name);
}

static void check_rows(struct diags *d, const json *rows, const char *members, const char *needed)
{
	if (!json_is(rows, JSON_ARRAY) || !rows->count) {
		wrong(d, rows, "document.rows", "must be a list that is not empty", rows->key);
		return;
	}
	for (const json *row = rows->first; row; row = row->next) {
		for (const json *m = row->first; m; m = m->next) {
			if (!m->key.p || !listed(members, m->key))
				wrong(d, m, "document.member", "unknown member", m->key);
			else if (listed("label value", m->key))
				check_text(d, m, m->key);
		}
		str rest = str_of(needed), w;
		while (str_cut(&rest, ' ', &w))
			if (!json_get_str(row, w))
				wrong(d, row, "document.missing", "missing member", w);
	}
}

static void check_choice(struct diags *d, const json *block, const char *member, const char *words)
{
	const json *v = json_get(block, member);
	if (v && !listed(words, json_text(v)))
		wrong(d, v, "document.choice", "must be one of", str_of(words));
}

static void check_measure(struct diags *d, const json *block, const char *member, int64_t max)
{
	const json *v = json_get(block, member);
	int64_t n;
	if (v && (!json_i64(v, &n) || n < 1 || n > max))
		wrong(d, v, "document.measure", "must be whole millimetres, and fit the page", v->key);
}

static void check_members(struct diags *d, const json *spec, enum block_kind kind)
{
	for (const json *m = spec->first; m; m = m->next) {
		if (listed("block if", m->key))
			continue;
		if (!listed(kinds[kind].members, m->key))
			wrong(d, m, "document.member", "unknown member", m->key);
		else if (listed(TEXTS, m->key))
			check_text(d, m, m->key);
	}
}

static void need(struct diags *d, const json *spec, const char *members)
{
	str rest = str_of(members), w;
	while (str_cut(&rest, ' ', &w))
		if (w.n && !json_get_str(spec, w))
			wrong(d, spec, "document.missing", "missing member", w);
}

static void check_total(struct diags *d, const json *spec)
{
	const json *total = json_get(spec, "total"), *columns = json_get(spec, "columns");
	if (!total)
		return;
	if (!json_is(total, JSON_ARRAY) || !columns || total->count != columns->count)
		wrong(d, total, "document.total", "must have one text for each column", STR("total"));
	for (const json *t = total->first; t; t = t->next)
		check_text(d, t, STR("total"));
}

static void check_block(struct diags *d, const json *spec, enum block_kind kind)
{
	static const char *const needed[] = {
	    [BLOCK_heading] = "text",
	    [BLOCK_paragraph] = "text",
	    [BLOCK_fields] = "rows",
	    [BLOCK_table] = "rows columns",
	    [BLOCK_bars] = "rows label value",
	    [BLOCK_picture] = "name alt",
	    [BLOCK_qr] = "value",
	    [BLOCK_sign] = "name",
	    [BLOCK_rule] = "",
	    [BLOCK_space] = "mm",
	    [BLOCK_page] = "",
	};
	check_members(d, spec, kind);
	need(d, spec, needed[kind]);
	check_choice(d, spec, "style", "plain small lead");
	check_measure(d, spec, "width", 180);
	check_measure(d, spec, "height", 240);
	check_measure(d, spec, "size", 100);
	check_measure(d, spec, "mm", 200);
	const json *rows = json_get(spec, "rows");
	if (kind == BLOCK_fields && rows)
		check_rows(d, rows, "label value if", "label value");
	else if (rows && !json_is(rows, JSON_STRING))
		wrong(d, rows, "document.rows", "must be the path of a list", rows->key);
	if (kind == BLOCK_table && json_get(spec, "columns")) {
		check_rows(d, json_get(spec, "columns"), "label value align width", "label value");
		for (const json *c = json_get(spec, "columns")->first; c; c = c->next)
			check_choice(d, c, "align", "start end centre");
		check_total(d, spec);
	}
}

static bool kind_of(str name, enum block_kind *kind)
{
	for (size_t i = 0; i < BLOCK_KINDS; i++)
		if (str_eq(name, str_of(kinds[i].name))) {
			*kind = (enum block_kind)i;
			return true;
		}
	return false;
}

static void load_blocks(arena *a, struct document *doc, const json *blocks, struct diags *d)
{
	if (!json_is(blocks, JSON_ARRAY) || !blocks->count || blocks->count > DOCUMENT_MAX_BLOCKS) {
		wrong(d, blocks ? blocks : doc->spec, "document.blocks", "must be a list of 1 to 500",
		      STR("blocks"));
		return;
	}
	doc->blocks = NEWN(a, struct block, blocks->count);
	for (const json *b = blocks->first; b; b = b->next) {
		struct block *out = &doc->blocks[doc->n];
		if (!json_is(b, JSON_OBJECT) || !kind_of(json_str(b, "block"), &out->kind)) {
			wrong(d, b, "document.block", "unknown kind of block", json_str(b, "block"));
			continue;
		}
		out->spec = b;
		out->condition = json_str(b, "if");
		check_block(d, b, out->kind);
		doc->n++;
	}
}

struct document *document_load(arena *a, const json *spec, struct diags *d)
{
	struct document *doc = NEW(a, struct document);
	static const char *const layouts[] = {"columns", "stacked", "ar", "en"};
	size_t before = d->errors;
	if (!json_is(spec, JSON_OBJECT)) {
		diags_add(d, DIAG_ERROR, "document.object", 0, 0, "a document is a JSON object");
		return NULL;
	}
	doc->spec = spec;
	doc->layout = LAYOUT_COLUMNS;
	for (size_t i = 0; i < 4; i++)
		if (str_eq(json_str(spec, "layout"), str_of(layouts[i])))
			doc->layout = (enum document_layout)(i + 1);
	check_choice(d, spec, "layout", "columns stacked ar en");
	need(d, spec, "title blocks");
	for (const json *m = spec->first; m; m = m->next) {
		if (listed("title issuer footer", m->key))
			check_text(d, m, m->key);
		else if (str_eq(m->key, STR("mark")))
			check_text(d, json_get(m, "text") ? json_get(m, "text") : m, m->key);
		else if (!listed("id version layout blocks $schema prefix kind valid_days", m->key))
			wrong(d, m, "document.member", "unknown member", m->key);
	}
	const json *days = json_get(spec, "valid_days");
	int64_t n;
	if (days && (!json_i64(days, &n) || n < 1 || n > VALID_DAYS_MAX))
		wrong(d, days, "document.measure", "must be a whole number of days", days->key);
	load_blocks(a, doc, json_get(spec, "blocks"), d);
	return d->errors == before ? doc : NULL;
}

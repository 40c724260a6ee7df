/*
 * table.c - the whole guide as one table for spreadsheets, out and in (CAT-09).
 *
 * The first column, record, says what a row is: a card ("service"), or an item of a list
 * that cards name ("organisation", "legal", ...). The others are fields by their paths:
 * title.en, fees.0.amount_minor. A list of words has one column, its name followed by [],
 * with a word a line. A cell that is empty is a field that is not there. A text that would
 * be read as a number, a truth value or something empty stands in quotation marks of its
 * own. So what is read is what was written, to the last field, and what somebody changed in
 * between is what they typed. A list's numbers only give the order: a fee that was taken out
 * leaves no hole.
 */
#include "systems/guide/guide_in.h"

#include <stdlib.h>

#define TABLE_BYTES_MAX ((size_t)24 * 1024 * 1024)
#define COLUMNS_MAX     4000
#define DEPTH_MAX       12

/* ---- out ---- */

/* Would this text be read as something else? */
static bool needs_quotes(arena *a, str s)
{
	if (!s.n || s.p[0] == '"' || str_eq(s, STR("{}")) || str_eq(s, STR("[]")))
		return true;
	const json *v = json_parse(a, s, NULL);
	return v && !json_is(v, JSON_OBJECT) && !json_is(v, JSON_ARRAY);
}

static str scalar(arena *a, const json *v)
{
	if (json_is(v, JSON_STRING))
		return needs_quotes(a, v->s) ? json_print(a, v) : v->s;
	return json_print(a, v); /* a number, true, null, {} or [] */
}

/* Words that can stand one a line. */
static bool is_lines(const json *v)
{
	for (const json *i = v->first; i; i = i->next)
		if (!json_is(i, JSON_STRING) || !i->s.n || str_chr(i->s, '\n') >= 0 ||
		    str_chr(i->s, '\r') >= 0 || str_eq(i->s, STR("[]")))
			return false;
	return true;
}

static str lines(arena *a, const json *v)
{
	buf b = buf_make(a, TABLE_BYTES_MAX);
	for (const json *i = v->first; i; i = i->next) {
		buf_put(&b, i->s);
		buf_puts(&b, i->next ? "\n" : "");
	}
	return v->first ? buf_str(&b) : STR("[]");
}

/* The fields of a record as members of `row`: path and cell. */
static void flatten(arena *a, json *row, str path, const json *v)
{
	if (json_is(v, JSON_ARRAY) && is_lines(v)) {
		json_set_key(a, row, str_cat(a, path, STR("[]")), json_string(a, lines(a, v)));
		return;
	}
	if ((!json_is(v, JSON_ARRAY) && !json_is(v, JSON_OBJECT)) || !v->first) {
		json_set_key(a, row, path, json_string(a, scalar(a, v)));
		return;
	}
	size_t n = 0;
	for (const json *i = v->first; i; i = i->next, n++) {
		str name = json_is(v, JSON_ARRAY) ? str_fmt(a, "%zu", n) : i->key;
		flatten(a, row, path.n ? str_fmt(a, "%.*s.%.*s", STRF(path), STRF(name)) : name, i);
	}
}

static void add(arena *a, json *table, const char *kind, const json *record)
{
	json *row = json_push(table, json_object(a));
	json_set_str(a, row, "record", str_of(kind));
	flatten(a, row, (str){0}, record);
}

static void add_list(arena *a, json *table, const char *kind, const json *first)
{
	for (const json *i = first; i; i = i->next)
		add(a, table, kind, i);
}

static json *all_rows(arena *a, const struct pack *p)
{
	json *table = json_array(a);
	for (size_t i = 0; i < p->n_services; i++)
		add(a, table, "service", p->services[i].card);
	add_list(a, table, "organisation", guide_first(p->entities));
	add_list(a, table, "event", guide_first(p->life_events));
	add_list(a, table, "audience", guide_first(p->audiences));
	add_list(a, table, "channel", guide_first(p->channels));
	add_list(a, table, "centre", guide_first(p->centres));
	add_list(a, table, "payment", guide_first(p->payment_methods));
	add_list(a, table, "legal", guide_first(p->legal));
	add_list(a, table, "evidence-type", guide_first(p->evidence_types));
	json *meta = guide_catalogue(a, p);
	add_list(a, table, "source", json_get(meta, "sources")->first);
	json_remove(meta, STR("sources"));
	add(a, table, "catalogue", meta);
	return table;
}

struct column {
	str name;
	size_t group; /* columns of one field stand together, as fields come first */
};

static str next_part(str *rest)
{
	str part;
	return str_cut(rest, '.', &part) ? part : (str){0};
}

static int rank(str part)
{
	return str_eq(part, STR("en")) ? 0 : str_eq(part, STR("ar")) ? 1 : 2;
}

/* English before Arabic, as everywhere; numbers by value. */
static int part_cmp(str x, str y)
{
	int64_t m, n;
	bool numbers = str_i64(x, &m) && str_i64(y, &n);
	if (numbers && m != n)
		return m < n ? -1 : 1;
	return rank(x) != rank(y) ? rank(x) - rank(y) : str_cmp(x, y);
}

static int column_cmp(const void *x, const void *y)
{
	const struct column *c = x, *d = y;
	if (c->group != d->group)
		return c->group < d->group ? -1 : 1;
	str p = c->name, q = d->name;
	while (p.p && q.p) {
		int order = part_cmp(next_part(&p), next_part(&q));
		if (order)
			return order;
	}
	return p.p ? 1 : q.p ? -1 : 0;
}

/* The columns that some row has, in their order; how many. */
static size_t columns_of(arena *a, const json *table, struct column *out)
{
	static const char *const first[] = {"record", "id", "title"};
	json *seen = json_object(a), *groups = json_object(a);
	size_t n = 0;
	for (size_t i = 0; i < COUNT(first); i++)
		json_set_int(a, groups, first[i], (int64_t)i);
	for (const json *row = table->first; row; row = row->next)
		for (const json *cell = row->first; cell; cell = cell->next) {
			if (n == COLUMNS_MAX || json_get_str(seen, cell->key))
				continue;
			str rest = cell->key, top = next_part(&rest);
			json *group = json_get_str(groups, top);
			if (!group)
				group = json_set_key(a, groups, top, json_int_new(a, (int64_t)groups->count));
			int64_t no = 0;
			json_i64(group, &no);
			json_set_key(a, seen, cell->key, json_bool(a, true));
			out[n++] = (struct column){cell->key, (size_t)no};
		}
	qsort(out, n, sizeof *out, column_cmp);
	return n;
}

/* One cell (RFC 4180); a leading =, +, - or @ would be a formula in a spreadsheet. */
static void cell(buf *b, str s)
{
	static const char formula[] = "=+-@\t\r'";
	if (!s.n)
		return;
	buf_putc(b, '"');
	if (memchr(formula, s.p[0], sizeof formula - 1))
		buf_putc(b, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_putc(b, '"');
		buf_putc(b, s.p[i]);
	}
	buf_putc(b, '"');
}

str guide_table(arena *a, const struct pack *p)
{
	json *table = all_rows(a, p);
	struct column *columns = NEWN(a, struct column, COLUMNS_MAX);
	size_t n = columns_of(a, table, columns);
	buf b = buf_make(a, TABLE_BYTES_MAX);
	buf_puts(&b, "\xEF\xBB\xBF");
	for (size_t i = 0; i < n; i++) {
		buf_puts(&b, i ? "," : "");
		buf_put(&b, columns[i].name);
	}
	for (const json *row = table->first; row; row = row->next) {
		buf_puts(&b, "\r\n");
		for (size_t i = 0; i < n; i++) {
			buf_puts(&b, i ? "," : "");
			cell(&b, json_text(json_get_str(row, columns[i].name)));
		}
	}
	buf_puts(&b, "\r\n");
	return b.over || n == COLUMNS_MAX ? (str){0} : buf_str(&b);
}

/* ---- in ---- */

struct reader {
	arena *a;
	struct diags *d;
	str rest;
	char sep; /* some spreadsheets write a semicolon */
	uint32_t line;
};

static struct diag *wrong(struct reader *r, const char *rule, str field, const char *what)
{
	struct diag *d = diags_add(r->d, DIAG_ERROR, rule, r->line, 1, "%s", what);
	d->element = field;
	return d;
}

static char peek(const struct reader *r)
{
	return r->rest.n ? r->rest.p[0] : '\0';
}

static char take(struct reader *r)
{
	char c = peek(r);
	r->rest = str_sub(r->rest, 1, r->rest.n);
	r->line += c == '\n';
	return c;
}

/* The next cell; *last when its row ends behind it. False after telling. */
static bool take_cell(struct reader *r, str *out, bool *last)
{
	buf b = buf_make(r->a, TABLE_BYTES_MAX);
	bool quoted = peek(r) == '"', open = quoted;
	if (quoted)
		take(r);
	while (r->rest.n) {
		char c = peek(r);
		if (open && c == '"') {
			take(r);
			if (peek(r) == '"')
				buf_putc(&b, take(r));
			else
				open = false;
		} else if (!open && (c == r->sep || c == '\r' || c == '\n')) {
			break;
		} else if (quoted && !open) {
			wrong(r, "guide.import.quote", (str){0}, "text stands behind a closing quotation mark");
			return false;
		} else {
			buf_putc(&b, take(r));
		}
	}
	if (open) {
		wrong(r, "guide.import.quote", (str){0}, "a quotation mark is not closed");
		return false;
	}
	*last = peek(r) != r->sep || !r->rest.n;
	if (!*last || peek(r) == '\r')
		take(r);
	if (*last && peek(r) == '\n')
		take(r);
	str s = buf_str(&b);
	*out = s.n && s.p[0] == '\'' ? str_sub(s, 1, s.n) : s; /* what keeps a formula from being one */
	return true;
}

static json *value_of(arena *a, str s)
{
	if (str_eq(s, STR("{}")))
		return json_object(a);
	if (str_eq(s, STR("[]")))
		return json_array(a);
	json *v = json_parse(a, s, NULL);
	return v && !json_is(v, JSON_OBJECT) && !json_is(v, JSON_ARRAY) ? v : json_string(a, s);
}

static json *value_of_lines(arena *a, str s)
{
	json *list = json_array(a);
	str rest = str_eq(s, STR("[]")) ? (str){0} : s, line;
	while (str_cut(&rest, '\n', &line))
		if (str_trim(line).n)
			json_push(list, json_string(a, str_trim(line)));
	return list;
}

/* A cell at its place; numbers of lists are names until the row is whole. */
static bool place(arena *a, json *record, str path, str s)
{
	bool is_list = str_ends(path, STR("[]"));
	json *at = record, *v = is_list ? value_of_lines(a, s) : value_of(a, s);
	str rest = is_list ? str_sub(path, 0, path.n - 2) : path, part;
	for (int depth = 0; depth < DEPTH_MAX && str_cut(&rest, '.', &part) && part.n; depth++) {
		json *old = json_get_str(at, part);
		if (!rest.p)
			return !old && json_set_key(a, at, part, v) != NULL;
		at = old ? old : json_set_key(a, at, part, json_object(a));
		if (!json_is(at, JSON_OBJECT))
			return false;
	}
	return false;
}

static bool is_numbered(const json *v)
{
	int64_t n;
	for (const json *i = v->first; i; i = i->next)
		if (!str_i64(i->key, &n) || n < 0)
			return false;
	return v->first != NULL;
}

/* Objects whose members are numbers are lists, in the order of the numbers. */
static json *with_lists(arena *a, const json *v)
{
	if (!json_is(v, JSON_OBJECT))
		return json_copy(a, v);
	bool list = is_numbered(v);
	json *out = list ? json_array(a) : json_object(a);
	if (!list)
		for (const json *i = v->first; i; i = i->next)
			json_set_key(a, out, i->key, with_lists(a, i));
	for (int64_t below = -1; list;) { /* the smallest number above the last */
		const json *next = NULL;
		int64_t least = INT64_MAX, n = 0;
		for (const json *i = v->first; i; i = i->next)
			if (str_i64(i->key, &n) && n > below && n < least)
				least = n, next = i;
		if (!next)
			break;
		json_push(out, with_lists(a, next));
		below = least;
	}
	return out;
}

/* The names of the columns, from the first row; NULL after telling. */
static json *take_header(struct reader *r)
{
	json *header = json_array(r->a);
	bool last = false;
	str name;
	while (!last) {
		if (!take_cell(r, &name, &last))
			return NULL;
		json_push(header, json_string(r->a, str_trim(name)));
	}
	return header;
}

static bool take_row(struct reader *r, const json *header, json *table)
{
	json *fields = json_object(r->a);
	uint32_t line = r->line, end = line;
	const json *column = header->first;
	bool last = false, good = true, empty = true;
	str s;
	while (!last) {
		if (!take_cell(r, &s, &last))
			return false;
		end = r->line;
		r->line = line; /* mistakes are told by the line on which the row begins */
		empty = empty && !s.n;
		if (s.n && !column) {
			wrong(r, "guide.import.column", (str){0},
			      "the row has more cells than there are columns");
			good = false;
		} else if (s.n && !place(r->a, fields, column->s, s)) {
			wrong(r, "guide.import.column", column->s, "this column stands twice, or is no field");
			good = false;
		}
		r->line = end;
		column = column ? column->next : NULL;
	}
	if (empty || !good)
		return good;
	json *row = json_push(table, json_object(r->a)), *record = with_lists(r->a, fields);
	str kind = json_str(record, "record");
	json_remove(record, STR("record"));
	json_set_str(r->a, row, "kind", kind);
	json_set(r->a, row, "record", record)->line = line;
	return true;
}

bool guide_is_table(str text)
{
	if (str_starts(text, STR("\xEF\xBB\xBF")))
		text = str_sub(text, 3, text.n);
	return str_starts(text, STR("record")) || str_starts(text, STR("\"record\""));
}

json *guide_table_read(arena *a, str text, struct diags *d)
{
	struct reader r = {.a = a, .d = d, .rest = text, .sep = ',', .line = 1};
	if (str_starts(text, STR("\xEF\xBB\xBF")))
		r.rest = str_sub(text, 3, text.n);
	str head = str_sub(r.rest, 0, sizeof "\"record\"");
	if (str_chr(head, ';') > 0)
		r.sep = ';';
	json *header = take_header(&r), *table = json_array(a);
	while (header && r.rest.n)
		if (!take_row(&r, header, table))
			return NULL;
	return header ? table : NULL;
}

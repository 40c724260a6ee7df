/* card_read.c - a card as the form sent it, and what is wrong at which field. */
#include "systems/policy/card_in.h"

#include "web/server.h"

#include <string.h>

#define LINES_MAX 100

static str typed(struct req *r, str id)
{
	return str_trim(req_field(r, str_c(r->a, id)));
}

/* Set unless it is empty and may be left out. */
static void set_pair(struct req *r, json *o, const char *name, str id, bool optional)
{
	str en = typed(r, str_fmt(r->a, "%.*s.en", STRF(id)));
	str ar = typed(r, str_fmt(r->a, "%.*s.ar", STRF(id)));
	if (optional && !en.n && !ar.n) {
		json_remove(o, str_of(name));
		return;
	}
	json_set(r->a, o, name, text_pair(r->a, en, ar));
}

static size_t lines_of(struct req *r, const char *name, const char *lang, str *out)
{
	str rest = req_field(r, str_c(r->a, str_fmt(r->a, "%s.%s", name, lang))), line;
	size_t n = 0;
	while (n < LINES_MAX && str_cut(&rest, '\n', &line))
		if (str_trim(line).n)
			out[n++] = str_trim(line);
	return n;
}

/* A line of one language without its fellow stays, empty on the other side: the check
 * then says so, and nothing that was typed is lost. */
static void set_lines(struct req *r, json *card, const char *name)
{
	str en[LINES_MAX], ar[LINES_MAX];
	size_t n = lines_of(r, name, "en", en), m = lines_of(r, name, "ar", ar);
	json *list = json_set(r->a, card, name, json_array(r->a));
	for (size_t i = 0; i < n || i < m; i++)
		json_push(list, text_pair(r->a, i < n ? en[i] : (str){0}, i < m ? ar[i] : (str){0}));
}

static void set_words(struct req *r, json *card, const char *name)
{
	static const char *const langs[] = {"en", "ar"};
	json *o = json_set(r->a, card, name, json_object(r->a));
	for (size_t i = 0; i < COUNT(langs); i++) {
		str line[LINES_MAX];
		size_t n = lines_of(r, name, langs[i], line);
		json *list = json_set(r->a, o, langs[i], json_array(r->a));
		for (size_t k = 0; k < n; k++)
			json_push(list, json_string(r->a, line[k]));
	}
}

static void set_ids(struct req *r, json *card, const char *name)
{
	str id[LINES_MAX];
	size_t n = req_field_all(r, name, id, LINES_MAX);
	json *list = json_set(r->a, card, name, json_array(r->a));
	for (size_t i = 0; i < n; i++)
		json_push(list, json_string(r->a, id[i]));
}

static void set_day(struct req *r, json *o, const char *name, str id, bool optional)
{
	str day = typed(r, id);
	if (optional && !day.n)
		json_remove(o, str_of(name));
	else
		json_set_str(r->a, o, name, day);
}

static json *whole_number(struct req *r, str text)
{
	int64_t n;
	return str_i64(text, &n) ? json_int_new(r->a, n) : json_string(r->a, text);
}

/* ---- entries ---- */

static json *money_read(struct req *r, const struct pack *p, str text)
{
	currency c;
	money m;
	if (currency_find(str_of(p->currency), &c) && money_parse(text, c, &m))
		return json_int_new(r->a, m.minor);
	return json_string(r->a, text);
}

static bool may_lack(const struct row_member *m)
{
	static const char *const optional[] = {"when",     "condition", "legal",
	                                       "valid_to", "variable",  "proposed"};
	for (size_t i = 0; i < COUNT(optional); i++)
		if (str_eq(str_of(m->name), str_of(optional[i])))
			return true;
	return false;
}

static void set_member(struct req *r, const struct pack *p, json *o, const struct row_member *m,
                       str id)
{
	str text = typed(r, id);
	bool optional = may_lack(m);
	if (m->kind == ROW_PAIR || m->kind == ROW_AREA)
		set_pair(r, o, m->name, id, optional);
	else if (m->kind == ROW_FLAG && (text.n || !optional))
		json_set_bool(r->a, o, m->name, text.n > 0);
	else if (m->kind == ROW_MONEY)
		json_set(r->a, o, m->name, money_read(r, p, text));
	else if (m->kind != ROW_FLAG && (text.n || !optional))
		json_set_str(r->a, o, m->name, text);
	if (m->kind == ROW_MONEY)
		json_set_str(r->a, o, "currency", str_of(p->currency));
}

/* Nothing was written into it: a unit stands chosen by itself. */
static bool blank(struct req *r, const char *field, str row)
{
	static const char *const parts[] = {"", ".en", ".ar"};
	for (size_t k = 0; k < n_card_rows; k++)
		for (size_t i = 0; i < COUNT(parts); i++)
			if (str_eq(str_of(card_rows[k].field), str_of(field)) &&
			    card_rows[k].kind != ROW_WORD &&
			    typed(r, str_fmt(r->a, "%.*s.%s%s", STRF(row), card_rows[k].name, parts[i])).n)
				return false;
	return true;
}

static void set_rows(struct req *r, const struct pack *p, json *card, const char *name)
{
	json *list = json_set(r->a, card, name, json_array(r->a));
	for (size_t i = 0; i < CARD_ROWS_MAX; i++) {
		str row = str_fmt(r->a, "%s.%zu", name, i);
		if (blank(r, name, row))
			continue;
		json *o = json_push(list, json_object(r->a));
		for (size_t k = 0; k < n_card_rows; k++)
			if (str_eq(str_of(card_rows[k].field), str_of(name)))
				set_member(r, p, o, &card_rows[k],
				           str_fmt(r->a, "%.*s.%s", STRF(row), card_rows[k].name));
	}
	if (!list->count && str_eq(str_of(name), STR("questions")))
		json_remove(card, str_of(name));
}

static bool field_optional(const char *name)
{
	return str_eq(str_of(name), STR("presence_required")) || str_eq(str_of(name), STR("terms")) ||
	       str_eq(str_of(name), STR("valid_to"));
}

json *card_read(struct req *r, const struct pack *p, const json *before)
{
	json *card = json_copy(r->a, before);
	for (size_t i = 0; i < n_card_fields; i++) {
		const struct card_field *d = &card_fields[i];
		if (d->kind == CARD_LINE || d->kind == CARD_AREA)
			set_pair(r, card, d->name, str_of(d->name), field_optional(d->name));
		else if (d->kind == CARD_LINES)
			set_lines(r, card, d->name);
		else if (d->kind == CARD_WORDS)
			set_words(r, card, d->name);
		else if (d->kind == CARD_IDS)
			set_ids(r, card, d->name);
		else if (d->kind == CARD_CHOICE)
			json_set_str(r->a, card, d->name, typed(r, str_of(d->name)));
		else if (d->kind == CARD_DAY)
			set_day(r, card, d->name, str_of(d->name), field_optional(d->name));
		else if (d->kind == CARD_TIME) {
			json *o = json_set(r->a, card, d->name, json_object(r->a));
			json_set(r->a, o, "value", whole_number(r, typed(r, STR("process_time.value"))));
			json_set_str(r->a, o, "unit", typed(r, STR("process_time.unit")));
		} else
			set_rows(r, p, card, d->name);
	}
	return card;
}

str card_print(arena *a, const json *card)
{
	buf b = buf_make(a, JSON_MAX_BYTES);
	json_write(&b, card, 2);
	buf_putc(&b, '\n');
	return buf_str(&b);
}

/* ---- what is wrong ---- */

/* The field that a JSON pointer leads to: entries of rows have fields of their own, those
 * of lists share the box of their language. */
static str field_at(struct req *r, str pointer)
{
	str part[4] = {{0}}, rest = str_sub(pointer, 1, pointer.n), one;
	size_t n = 0;
	int64_t i;
	while (n < COUNT(part) && str_cut(&rest, '/', &one))
		part[n++] = one;
	for (size_t k = 0; k < n_card_fields; k++) {
		const struct card_field *d = &card_fields[k];
		if (!str_eq(str_of(d->name), part[0]))
			continue;
		if (d->kind == CARD_IDS || d->kind == CARD_CHOICE || d->kind == CARD_DAY)
			return part[0];
		if (d->kind == CARD_TIME)
			return str_fmt(r->a, "process_time.%.*s", STRF(part[1].n ? part[1] : STR("value")));
		if (d->kind == CARD_LINES) /* .../2/ar */
			return str_fmt(r->a, "%s.%.*s", d->name, STRF(part[2].n ? part[2] : STR("en")));
		if (d->kind == CARD_WORDS || d->kind != CARD_ROWS)
			return str_fmt(r->a, "%s.%.*s", d->name, STRF(part[1].n ? part[1] : STR("en")));
		if (n < 3 || !str_i64(part[1], &i))
			return n > 1 ? str_fmt(r->a, "%s.%.*s", d->name, STRF(part[1])) : part[0];
		return str_fmt(r->a, "%s.%.*s.%.*s%s%.*s", d->name, STRF(part[1]), STRF(part[2]),
		               part[3].n ? "." : "", STRF(part[3]));
	}
	return STR("check");
}

/* The pointer of the value that stands in a line of the card as it was checked. */
static str pointer_at(struct req *r, const json *v, str at, uint32_t line, uint32_t col)
{
	str best = at;
	int64_t i = 0;
	for (const json *k = json_is(v, JSON_OBJECT) || json_is(v, JSON_ARRAY) ? v->first : NULL; k;
	     k = k->next, i++) {
		if (k->line > line || (k->line == line && k->col > col))
			break;
		str here = json_is(v, JSON_ARRAY) ? str_fmt(r->a, "%.*s/%lld", STRF(at), (long long)i)
		                                  : str_fmt(r->a, "%.*s/%.*s", STRF(at), STRF(k->key));
		best = pointer_at(r, k, here, line, col);
	}
	return best;
}

static str told(struct req *r, const struct diag *g)
{
	const struct messages *t = server_settings(r->server)->texts;
	str keys[] = {str_fmt(r->a, "cards.error.%.*s", STRF(g->rule)),
	              str_fmt(r->a, "diag.%.*s", STRF(g->rule))};
	for (size_t i = 0; i < COUNT(keys); i++)
		if (message_known(t, keys[i]))
			return req_text(r, str_c(r->a, keys[i]));
	return g->what;
}

/* A missing member is told at the object: its name stands in quotes. */
static str missing(struct req *r, const struct diag *g)
{
	ptrdiff_t from = str_chr(g->what, '"');
	str rest = from < 0 ? (str){0} : str_sub(g->what, (size_t)from + 1, g->what.n);
	ptrdiff_t to = str_chr(rest, '"');
	return to < 0
	           ? g->element
	           : str_fmt(r->a, "%.*s/%.*s", STRF(g->element), STRF(str_sub(rest, 0, (size_t)to)));
}

json *card_errors(struct req *r, const struct checked *k, json *list)
{
	json *by = json_object(r->a);
	str file = k->file;
	const json *card = NULL;
	for (size_t i = 0; i < k->files.n; i++)
		if (str_eq(k->files.files[i].path, file))
			card = json_parse(r->a, k->files.files[i].bytes, NULL);
	for (const struct diag *g = k->d.first; g; g = g->next) {
		if (g->severity != DIAG_ERROR)
			continue;
		bool mine = str_eq(g->file, file);
		str pointer = !mine ? STR("/")
		              : g->element.n && g->element.p[0] == '/'
		                  ? g->element
		                  : pointer_at(r, card, (str){0}, g->line, g->col);
		if (str_eq(g->rule, STR("pack.service.promise"))) /* told at service.json */
			pointer = STR("/process_time/value");
		if (mine && str_ends(g->rule, STR("schema.required")))
			pointer = missing(r, g);
		str id = field_at(r, pointer), text = told(r, g);
		if (json_get_str(by, id))
			continue;
		json_set_key(r->a, by, id, json_string(r->a, text));
		json *e = json_push(list, json_object(r->a));
		json_set_str(r->a, e, "text", text);
		json_set_str(r->a, e, "href", str_fmt(r->a, "#%.*s", STRF(id)));
	}
	return by;
}

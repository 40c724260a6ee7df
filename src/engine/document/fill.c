/* fill.c - placeholders of a text, and conditions. */
#include "engine/document/model.h"

#include "base/utf8.h"

#include <string.h>

static const char *const filters[] = {"date",   "datetime", "time",  "hijri",
                                      "number", "money",    "phone", "digits"};

/* Splits "path | filter" of a placeholder. */
static void split(str inside, str *path, str *filter)
{
	*filter = (str){0};
	str rest = inside;
	str_cut(&rest, '|', path);
	*path = str_trim(*path);
	if (rest.p)
		*filter = str_trim(rest);
}

/* The next placeholder of *rest: what stands before it, and what is inside. */
static bool next_hole(str *rest, str *before, str *inside, const char **wrong)
{
	ptrdiff_t at = str_find(*rest, STR("{{"));
	*wrong = NULL;
	if (at < 0) {
		*before = *rest;
		return false;
	}
	*before = str_sub(*rest, 0, (size_t)at);
	*rest = str_sub(*rest, (size_t)at + 2, rest->n);
	ptrdiff_t end = str_find(*rest, STR("}}"));
	if (end < 0) {
		*wrong = "a placeholder is opened with {{ and not closed";
		return false;
	}
	*inside = str_sub(*rest, 0, (size_t)end);
	*rest = str_sub(*rest, (size_t)end + 2, rest->n);
	return true;
}

const char *fill_check(str text)
{
	str before, inside, path, filter;
	const char *wrong;
	while (next_hole(&text, &before, &inside, &wrong)) {
		split(inside, &path, &filter);
		if (!path.n || str_find(path, STR("{")) >= 0 || str_chr(path, ' ') >= 0)
			return "a placeholder must be {{path}} or {{path | filter}}";
		bool known = !filter.n;
		for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
			known |= str_eq(filter, str_of(filters[i]));
		if (!known)
			return "unknown filter; there are date, datetime, time, hijri, number, money, phone, "
			       "digits";
	}
	return wrong;
}

static const json *walk(const json *v, str path)
{
	str part;
	while (v && str_cut(&path, '.', &part)) {
		int64_t i;
		if (v->type == JSON_ARRAY)
			v = str_i64(part, &i) && i >= 0 ? json_at(v, (size_t)i) : NULL;
		else
			v = json_get_str(v, part);
	}
	return v;
}

const json *fill_path(const struct rendering *r, const json *row, str path)
{
	const json *v = row ? walk(row, path) : NULL;
	return v ? v : walk(r->view, path);
}

static bool truth(const json *v)
{
	if (!v || v->type == JSON_NULL)
		return false;
	switch (v->type) {
	case JSON_BOOL:
		return v->b;
	case JSON_STRING:
		return v->s.n > 0;
	case JSON_NUMBER:
		return !str_eq(v->s, STR("0"));
	default:
		return v->count > 0;
	}
}

bool fill_holds(const struct rendering *r, str condition, const json *row)
{
	if (!condition.n)
		return true;
	bool not = condition.p[0] == '!';
	return truth(fill_path(r, row, not ? str_sub(condition, 1, condition.n) : condition)) != not ;
}

static void tell(const struct rendering *r, const char *rule, str path)
{
	if (r->env->diags)
		diags_add(r->env->diags, DIAG_WARNING, rule, 0, 0, "the view has no text at \"%.*s\"",
		          STRF(path));
}

/* A value as text; a dash where there is none, so that nobody reads a gap. */
static str value_text(struct rendering *r, str path, str filter, const json *row, bool arabic)
{
	const json *v = fill_path(r, row, path);
	if (json_is(v, JSON_OBJECT) && (json_get(v, "en") || json_get(v, "ar")))
		v = json_get(v, arabic ? "ar" : "en");
	str s = {0};
	if (v && (filter.n || v->type == JSON_NUMBER || v->type == JSON_BOOL) && r->env->format)
		s = r->env->format(r->env->ctx, r->a, arabic, filter, v);
	else
		s = json_text(v);
	if (s.n)
		return s;
	tell(r, "document.value.missing", path);
	return STR("–");
}

/* A value stands as a unit of its own direction; its own controls are left out. An
 * amount or a number is not parted at the end of a line. */
static void put_isolated(buf *b, str s, bool whole)
{
	buf_puts(b, "\u2068");
	while (s.n) {
		str at = s;
		uint32_t c = utf8_next(&s);
		bool control = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
		               c == 0x200e || c == 0x200f || c == 0x61c;
		if (c == ' ' && whole)
			buf_puts(b, "\u00a0");
		else if (!control)
			buf_put(b, (str){at.p, at.n - s.n});
	}
	buf_puts(b, "\u2069");
}

static str fill_in(struct rendering *r, const json *text, const json *row, bool arabic, bool bare)
{
	if (json_is(text, JSON_OBJECT))
		text = json_get(text, arabic ? "ar" : "en");
	str rest = json_text(text), before, inside, path, filter;
	const char *wrong;
	if (str_find(rest, STR("{{")) < 0)
		return rest;
	buf b = buf_make(r->a, DOCUMENT_MAX_TEXT + 16);
	while (next_hole(&rest, &before, &inside, &wrong)) {
		buf_put(&b, before);
		split(inside, &path, &filter);
		str value = value_text(r, path, filter, row, arabic);
		if (bare)
			buf_put(&b, value);
		else
			put_isolated(&b, value, str_eq(filter, STR("money")) || str_eq(filter, STR("phone")));
	}
	buf_put(&b, before);
	if (b.over)
		r->error = ERR_document_too_large;
	return buf_str(&b);
}

str fill(struct rendering *r, const json *text, const json *row, bool arabic)
{
	return fill_in(r, text, row, arabic, false);
}

str fill_bare(struct rendering *r, const json *text, const json *row)
{
	return fill_in(r, text, row, false, true);
}

#include "base/utf8.h"
#include "engine/feel/builtin.h"
#include "engine/feel/regex.h"

#include <utf8proc.h>

/* Strings (table 71) and conversions (table 69 in part). */

static bool texts(const feel_value *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].kind != FEEL_STRING)
			return false;
	return true;
}

feel_value bi_substring(struct env *e, const feel_value *v, size_t n)
{
	int64_t from, len = INT64_MAX;
	if (v[0].kind != FEEL_STRING || !bi_int(v[1], &from) ||
	    (n > 2 && v[2].kind != FEEL_NULL && !bi_int(v[2], &len)))
		return bi_wrong(e, "substring");
	int64_t total = (int64_t)utf8_length(v[0].s);
	if (from < 0)
		from += total + 1;
	if (from < 1 || from > total || len < 1)
		return env_fail(e, "substring: a position outside the text");
	int64_t to = len > total - from + 1 ? total : from - 1 + len;
	return feel_string(utf8_sub(v[0].s, (size_t)from - 1, (size_t)to));
}

feel_value bi_string_length(struct env *e, const feel_value *v, size_t n)
{
	return texts(v, n) ? feel_int((int64_t)utf8_length(v[0].s)) : bi_wrong(e, "string length");
}

static feel_value mapped(struct env *e, feel_value v, utf8proc_int32_t (*map)(utf8proc_int32_t),
                         bool upper)
{
	buf b = buf_make(e->a, v.s.n * 4 + 8);
	for (str rest = v.s; rest.n;) {
		char out[4];
		uint32_t c = utf8_next(&rest);
		if (upper && c == 0xDF) {
			buf_puts(&b, "SS");
			continue;
		}
		uint32_t m = c == UTF8_BAD ? '?' : (uint32_t)map((utf8proc_int32_t)c);
		buf_put(&b, (str){out, utf8_encode(m, out)});
	}
	return feel_string(buf_str(&b));
}

feel_value bi_upper(struct env *e, const feel_value *v, size_t n)
{
	return texts(v, n) ? mapped(e, v[0], utf8proc_toupper, true) : bi_wrong(e, "upper case");
}

feel_value bi_lower(struct env *e, const feel_value *v, size_t n)
{
	return texts(v, n) ? mapped(e, v[0], utf8proc_tolower, false) : bi_wrong(e, "lower case");
}

feel_value bi_before_text(struct env *e, const feel_value *v, size_t n)
{
	if (!texts(v, n))
		return bi_wrong(e, "substring before");
	ptrdiff_t at = str_find(v[0].s, v[1].s);
	return feel_string(at < 0 ? (str){0} : str_sub(v[0].s, 0, (size_t)at));
}

feel_value bi_after_text(struct env *e, const feel_value *v, size_t n)
{
	if (!texts(v, n))
		return bi_wrong(e, "substring after");
	ptrdiff_t at = str_find(v[0].s, v[1].s);
	return feel_string(at < 0 ? (str){0} : str_sub(v[0].s, (size_t)at + v[1].s.n, v[0].s.n));
}

feel_value bi_contains(struct env *e, const feel_value *v, size_t n)
{
	return texts(v, n) ? feel_bool(str_find(v[0].s, v[1].s) >= 0) : bi_wrong(e, "contains");
}

feel_value bi_starts(struct env *e, const feel_value *v, size_t n)
{
	return texts(v, n) ? feel_bool(str_starts(v[0].s, v[1].s)) : bi_wrong(e, "starts with");
}

feel_value bi_ends(struct env *e, const feel_value *v, size_t n)
{
	return texts(v, n) ? feel_bool(str_ends(v[0].s, v[1].s)) : bi_wrong(e, "ends with");
}

static bool flags_of(const feel_value *v, size_t n, size_t at, str *out)
{
	*out = (str){0};
	if (n <= at || v[at].kind == FEEL_NULL)
		return true;
	*out = v[at].s;
	return v[at].kind == FEEL_STRING;
}

feel_value bi_matches(struct env *e, const feel_value *v, size_t n)
{
	str flags;
	if (!texts(v, 2) || !flags_of(v, n, 2, &flags))
		return bi_wrong(e, "matches");
	return regex_run(e, REGEX_MATCH, v[0].s, v[1].s, (str){0}, flags);
}

feel_value bi_replace(struct env *e, const feel_value *v, size_t n)
{
	str flags;
	if (!texts(v, 3) || !flags_of(v, n, 3, &flags))
		return bi_wrong(e, "replace");
	return regex_run(e, REGEX_REPLACE, v[0].s, v[1].s, v[2].s, flags);
}

feel_value bi_split(struct env *e, const feel_value *v, size_t n)
{
	if (!texts(v, n))
		return bi_wrong(e, "split");
	return regex_run(e, REGEX_SPLIT, v[0].s, v[1].s, (str){0}, (str){0});
}

feel_value bi_join(struct env *e, const feel_value *v, size_t n)
{
	struct feel_list l;
	str delimiter = {0};
	if (!bi_list(e, v[0], &l) || (n > 1 && v[1].kind != FEEL_STRING && v[1].kind != FEEL_NULL))
		return bi_wrong(e, "string join");
	if (n > 1 && v[1].kind == FEEL_STRING)
		delimiter = v[1].s;
	buf b = buf_make(e->a, FEEL_MAX_TEXT * 8);
	bool any = false;
	for (size_t i = 0; i < l.n; i++) {
		if (l.v[i].kind == FEEL_NULL)
			continue;
		if (l.v[i].kind != FEEL_STRING)
			return bi_wrong(e, "string join");
		if (any)
			buf_put(&b, delimiter);
		any = true;
		buf_put(&b, l.v[i].s);
	}
	if (b.over)
		env_stop(e, ERR_budget);
	return feel_string(buf_str(&b));
}

feel_value bi_string(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	if (v[0].kind == FEEL_NULL)
		return env_fail(e, "string of null");
	str out = feel_print(e->a, v[0]);
	env_step(e, out.n / 64);
	return feel_string(out);
}

/* The sign between groups or before the fraction: a single character or null. */
static bool separator(feel_value v, const char *allowed, char *out)
{
	*out = 0;
	if (v.kind == FEEL_NULL)
		return true;
	if (v.kind != FEEL_STRING || v.s.n != 1)
		return false;
	*out = v.s.p[0];
	for (; *allowed; allowed++)
		if (*allowed == *out)
			return true;
	return false;
}

feel_value bi_number(struct env *e, const feel_value *v, size_t n)
{
	char group = 0, point = 0;
	decimal d;
	if (v[0].kind != FEEL_STRING || (n > 1 && !separator(v[1], " .,", &group)) ||
	    (n > 2 && !separator(v[2], ".,", &point)) || (group && group == point))
		return bi_wrong(e, "number");
	buf b = buf_make(e->a, v[0].s.n + 1);
	for (size_t i = 0; i < v[0].s.n; i++) {
		char c = v[0].s.p[i];
		if (group && c == group)
			continue;
		buf_putc(&b, point && c == point ? '.' : point && c == '.' ? 'x' : c);
	}
	if (!dec_parse(buf_str(&b), &d))
		return env_fail(e, "number: \"%.*s\" is none", STRF(v[0].s));
	return feel_number(d);
}

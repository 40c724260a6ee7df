/*
 * expr.c - the part of FEEL that processes need most: comparisons, and/or/not,
 * sums, paths, lists and the text functions. Decimals to six places.
 */
#include "engine/bpmn/expr.h"

#include <stdio.h>
#include <string.h>

#define EXPR_MAX_DEPTH 32
#define SCALE          1000000

struct bpmn_expr {
	str text;
};

struct parser {
	arena *a;
	str rest;
	const json *vars; /* NULL: only check the syntax */
	const char *why;
	int depth;
};

static json *either(struct parser *p);

static void skip(struct parser *p)
{
	while (p->rest.n && strchr(" \t\r\n", p->rest.p[0]))
		p->rest = str_sub(p->rest, 1, p->rest.n);
}

static json *bad(struct parser *p, const char *why)
{
	if (!p->why)
		p->why = why;
	return json_null(p->a);
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static str word(struct parser *p)
{
	size_t n = 0;

	skip(p);
	if (!p->rest.n || !letter(p->rest.p[0]))
		return (str){0};
	while (n < p->rest.n && (letter(p->rest.p[n]) || digit(p->rest.p[n])))
		n++;
	return str_sub(p->rest, 0, n);
}

static bool take(struct parser *p, const char *token)
{
	str t = str_of(token);

	skip(p);
	if (!str_starts(p->rest, t) || (letter(token[0]) && word(p).n != t.n))
		return false;
	p->rest = str_sub(p->rest, t.n, p->rest.n);
	return true;
}

static bool number(const json *v, int64_t *out)
{
	int64_t sign = 1, n = 0, scale = SCALE;
	bool point = false;

	if (!json_is(v, JSON_NUMBER))
		return false;
	for (size_t i = 0; i < v->s.n; i++) {
		char c = v->s.p[i];
		if (c == '-' && i == 0)
			sign = -1;
		else if (c == '.' && !point)
			point = true;
		else if (!digit(c) || n > INT64_MAX / 10 / SCALE)
			return false;
		else if (!point)
			n = n * 10 + (c - '0');
		else if (scale > 1) {
			n = n * 10 + (c - '0');
			scale /= 10;
		}
	}
	*out = sign * n * scale;
	return true;
}

static json *number_new(struct parser *p, int64_t v)
{
	char frac[8];
	int64_t u = v < 0 ? -v : v;
	size_t n = 6;

	if (v % SCALE == 0)
		return json_int_new(p->a, v / SCALE);
	snprintf(frac, sizeof frac, "%06d", (int)(u % SCALE));
	while (n && frac[n - 1] == '0')
		n--;
	return json_number(
	    p->a, str_fmt(p->a, "%s%lld.%.*s", v < 0 ? "-" : "", (long long)(u / SCALE), (int)n, frac));
}

static json *text_literal(struct parser *p)
{
	size_t n = 1;

	while (n < p->rest.n && p->rest.p[n] != '"')
		n += p->rest.p[n] == '\\' ? 2 : 1;
	if (n >= p->rest.n)
		return bad(p, "a text without closing quote");
	json *v = json_parse(p->a, str_sub(p->rest, 0, n + 1), NULL);
	p->rest = str_sub(p->rest, n + 1, p->rest.n);
	return v ? v : bad(p, "a malformed text");
}

static json *list(struct parser *p, const char *close)
{
	json *v = json_array(p->a);

	if (take(p, close))
		return v;
	do
		json_push(v, json_copy(p->a, either(p)));
	while (!p->why && take(p, ","));
	return take(p, close) ? v : bad(p, "a bracket is not closed");
}

static json *call(struct parser *p, str name, json *args)
{
	const json *x = json_at(args, 0), *y = json_at(args, 1);

	if (str_eq(name, STR("not")))
		return json_is(x, JSON_BOOL) ? json_bool(p->a, !x->b) : json_null(p->a);
	if (str_eq(name, STR("contains")) && json_is(x, JSON_STRING) && json_is(y, JSON_STRING))
		return json_bool(p->a, str_find(x->s, y->s) >= 0);
	if (str_eq(name, STR("count")))
		return json_int_new(p->a, x ? (int64_t)x->count : 0);
	return p->vars ? json_null(p->a) : json_null(p->a);
}

static json *primary(struct parser *p)
{
	skip(p);
	if (!p->rest.n)
		return bad(p, "the expression ends too early");
	char c = p->rest.p[0];
	if (c == '"')
		return text_literal(p);
	if (take(p, "["))
		return list(p, "]");
	if (take(p, "(")) {
		json *v = either(p);
		return take(p, ")") ? v : bad(p, "a parenthesis is not closed");
	}
	if (digit(c)) {
		size_t n = 0;
		while (n < p->rest.n && (digit(p->rest.p[n]) || p->rest.p[n] == '.'))
			n++;
		str text = str_sub(p->rest, 0, n);
		p->rest = str_sub(p->rest, n, p->rest.n);
		return json_number(p->a, text);
	}
	str name = word(p);
	if (!name.n)
		return bad(p, "an unexpected sign");
	p->rest = str_sub(p->rest, name.n, p->rest.n);
	if (str_eq(name, STR("true")) || str_eq(name, STR("false")))
		return json_bool(p->a, name.n == 4);
	if (str_eq(name, STR("null")))
		return json_null(p->a);
	if (take(p, "("))
		return call(p, name, list(p, ")"));
	json *v = json_get_str(p->vars, name);
	while (take(p, ".")) {
		str member = word(p);
		p->rest = str_sub(p->rest, member.n, p->rest.n);
		v = json_get_str(v, member);
	}
	return v ? v : json_null(p->a);
}

static json *product(struct parser *p)
{
	int64_t x, y;

	if (take(p, "-")) {
		json *v = primary(p);
		return number(v, &x) ? number_new(p, -x) : json_null(p->a);
	}
	json *v = primary(p);
	while (!p->why && take(p, "*")) {
		json *w = primary(p);
		v = number(v, &x) && number(w, &y) ? number_new(p, x * (y / SCALE)) : json_null(p->a);
	}
	return v;
}

static json *sum(struct parser *p)
{
	json *v = product(p);

	for (int64_t x, y; !p->why;) {
		int sign = take(p, "+") ? 1 : take(p, "-") ? -1 : 0;
		if (!sign)
			break;
		json *w = product(p);
		if (sign > 0 && json_is(v, JSON_STRING) && json_is(w, JSON_STRING))
			v = json_string(p->a, str_cat(p->a, v->s, w->s));
		else
			v = number(v, &x) && number(w, &y) ? number_new(p, x + sign * y) : json_null(p->a);
	}
	return v;
}

static json *compare(struct parser *p)
{
	static const char *const ops[] = {"<=", ">=", "!=", "<", ">", "="};
	json *v = sum(p);

	for (int i = 0; i < 6 && !p->why; i++) {
		if (!take(p, ops[i]))
			continue;
		json *w = sum(p);
		int64_t x, y;
		bool nums = number(v, &x) && number(w, &y);
		bool equal = nums ? x == y : json_equal(v, w);
		if (i == 2 || i == 5)
			return json_bool(p->a, equal == (i == 5));
		if (!nums)
			return json_null(p->a);
		return json_bool(p->a, i == 0 ? x <= y : i == 1 ? x >= y : i == 3 ? x < y : x > y);
	}
	return v;
}

static json *both(struct parser *p)
{
	json *v = compare(p);

	while (!p->why && take(p, "and")) {
		json *w = compare(p);
		v = json_bool(p->a, json_is(v, JSON_BOOL) && v->b && json_is(w, JSON_BOOL) && w->b);
	}
	return v;
}

static json *either(struct parser *p)
{
	if (++p->depth > EXPR_MAX_DEPTH)
		return bad(p, "too deeply nested");
	json *v = both(p);
	while (!p->why && take(p, "or")) {
		json *w = both(p);
		v = json_bool(p->a, (json_is(v, JSON_BOOL) && v->b) || (json_is(w, JSON_BOOL) && w->b));
	}
	p->depth--;
	return v;
}

static json *run(struct parser *p)
{
	json *v = either(p);

	skip(p);
	if (p->rest.n)
		bad(p, "something stands behind the expression");
	return v;
}

struct bpmn_expr *bpmn_expr_parse(arena *a, str text, str *why)
{
	text = str_trim(text);
	if (text.n && text.p[0] == '=')
		text = str_sub(text, 1, text.n);
	struct parser p = {.a = a, .rest = text};
	run(&p);
	if (p.why) {
		*why = str_of(p.why);
		return NULL;
	}
	struct bpmn_expr *e = NEW(a, struct bpmn_expr);
	e->text = text;
	return e;
}

json *bpmn_expr_eval(const struct bpmn_expr *e, arena *a, const json *vars, str *why)
{
	struct parser p = {.a = a, .rest = e->text, .vars = vars};
	json *v = run(&p);

	if (p.why)
		*why = str_of(p.why);
	return p.why ? NULL : json_copy(a, v);
}

#include "engine/feel/value.h"
#include "base/buf.h"
#include "engine/feel/node.h"

#include <string.h>

#define PRINT_MAX   ((size_t)16 * 1024 * 1024) /* bytes of one printed value */
#define NEST_MAX    256                        /* levels that are compared or printed */
#define EQUAL_PARTS 1000000                    /* parts compared where no budget is at hand */

feel_value feel_list_of(arena *a, const feel_value *v, size_t n)
{
	struct feel_list *l = NEW(a, struct feel_list);
	l->n = n;
	l->v = NEWN(a, feel_value, n);
	if (n)
		memcpy(l->v, v, n * sizeof *v);
	return (feel_value){.kind = FEEL_LIST, .list = l};
}

const feel_value *feel_get(feel_value c, str key)
{
	if (c.kind != FEEL_CONTEXT)
		return NULL;
	for (size_t i = 0; i < c.ctx->n; i++)
		if (str_eq(c.ctx->e[i].key, key))
			return &c.ctx->e[i].v;
	return NULL;
}

feel_value feel_put(arena *a, feel_value c, str key, feel_value v)
{
	size_t n = c.kind == FEEL_CONTEXT ? c.ctx->n : 0;
	struct feel_context *out = NEW(a, struct feel_context);
	out->e = NEWN(a, struct feel_entry, n + 1);
	out->n = n;
	bool found = false;
	for (size_t i = 0; i < n; i++) {
		out->e[i] = c.ctx->e[i];
		if (str_eq(out->e[i].key, key)) {
			out->e[i].v = v;
			found = true;
		}
	}
	if (!found)
		out->e[out->n++] = (struct feel_entry){key, v};
	return (feel_value){.kind = FEEL_CONTEXT, .ctx = out};
}

const char *feel_kind_name(enum feel_kind k)
{
	static const char *const names[] = {"null",
	                                    "boolean",
	                                    "number",
	                                    "string",
	                                    "date",
	                                    "time",
	                                    "date and time",
	                                    "days and time duration",
	                                    "years and months duration",
	                                    "list",
	                                    "context",
	                                    "range",
	                                    "function"};
	return names[k];
}

/* --- equality and order ---------------------------------------------------------- */

struct within {
	uint64_t parts; /* that may still be looked at */
	int depth;
};

static int equal_deep(feel_value x, feel_value y, struct within *w);

static int equal_item(feel_value x, feel_value y, struct within *w)
{
	if (w->parts == 0)
		return 0;
	w->parts--;
	return equal_deep(x, y, w);
}

static int equal_lists(const struct feel_list *x, const struct feel_list *y, struct within *w)
{
	if (x == y || x->n != y->n)
		return x == y;
	for (size_t i = 0; i < x->n; i++)
		if (equal_item(x->v[i], y->v[i], w) != 1)
			return 0;
	return 1;
}

static int equal_contexts(feel_value x, feel_value y, struct within *w)
{
	if (x.ctx == y.ctx || x.ctx->n != y.ctx->n)
		return x.ctx == y.ctx;
	uint64_t scan = (uint64_t)x.ctx->n * x.ctx->n / 16; /* members are looked for in order */
	w->parts = w->parts > scan ? w->parts - scan : 0;
	for (size_t i = 0; i < x.ctx->n; i++) {
		const feel_value *v = feel_get(y, x.ctx->e[i].key);
		if (!v || equal_deep(x.ctx->e[i].v, *v, w) != 1)
			return 0;
	}
	return 1;
}

static int equal_ranges(const struct feel_range *x, const struct feel_range *y, struct within *w)
{
	return x->op == y->op && x->lo_closed == y->lo_closed && x->hi_closed == y->hi_closed &&
	       x->lo_none == y->lo_none && x->hi_none == y->hi_none &&
	       equal_deep(x->lo, y->lo, w) == 1 && equal_deep(x->hi, y->hi, w) == 1;
}

/* Their properties are compared (table 50), and "second" is a whole number: what
 * is beyond it makes no difference for "=", only for the order. */
static int equal_points(feel_value x, feel_value y)
{
	i128 a = feel_nanos(x), b = feel_nanos(y);
	a -= x.t.nanos % FEEL_NANOS;
	b -= y.t.nanos % FEEL_NANOS;
	return !x.t.zone == !y.t.zone && a == b;
}

static int equal_parts(feel_value x, feel_value y, struct within *w)
{
	if (w->parts == 0 || w->depth > NEST_MAX)
		return 0;
	w->parts--;
	w->depth++;
	int r = x.kind == FEEL_LIST      ? equal_lists(x.list, y.list, w)
	        : x.kind == FEEL_CONTEXT ? equal_contexts(x, y, w)
	                                 : equal_ranges(x.range, y.range, w);
	w->depth--;
	return r;
}

static int equal_deep(feel_value x, feel_value y, struct within *w)
{
	if (x.kind == FEEL_NULL || y.kind == FEEL_NULL)
		return x.kind == y.kind;
	if (x.kind != y.kind)
		return -1;
	switch ((enum feel_kind)x.kind) {
	case FEEL_BOOL:
		return x.b == y.b;
	case FEEL_NUMBER:
		return dec_cmp(x.num, y.num) == 0;
	case FEEL_STRING:
		return str_eq(x.s, y.s);
	case FEEL_DATE:
		return x.t.days == y.t.days;
	case FEEL_TIME:
	case FEEL_DATETIME:
		return equal_points(x, y);
	case FEEL_DAYS:
		return x.dur.secs == y.dur.secs && x.dur.nanos == y.dur.nanos;
	case FEEL_MONTHS:
		return x.months == y.months;
	case FEEL_LIST:
	case FEEL_CONTEXT:
	case FEEL_RANGE:
		return equal_parts(x, y, w);
	case FEEL_FUNCTION:
		return x.fn == y.fn;
	case FEEL_NULL:
		break;
	}
	return 1;
}

int feel_equal_within(feel_value x, feel_value y, uint64_t *parts)
{
	struct within w = {.parts = *parts};
	int r = equal_deep(x, y, &w);
	*parts = w.parts;
	return r;
}

int feel_equal(feel_value x, feel_value y)
{
	uint64_t parts = EQUAL_PARTS;
	return feel_equal_within(x, y, &parts);
}

bool feel_same(feel_value x, feel_value y)
{
	return feel_equal(x, y) == 1;
}

bool feel_compare(feel_value x, feel_value y, int *out)
{
	if (x.kind != y.kind)
		return false;
	switch ((enum feel_kind)x.kind) {
	case FEEL_NUMBER:
		*out = dec_cmp(x.num, y.num);
		return true;
	case FEEL_STRING:
		*out = str_cmp(x.s, y.s);
		*out = *out < 0 ? -1 : *out > 0;
		return true;
	case FEEL_TIME:
	case FEEL_DATETIME:
		if (!x.t.zone != !y.t.zone)
			return false;
		/* fall through */
	case FEEL_DATE:
	case FEEL_DAYS: {
		i128 a = feel_nanos(x), b = feel_nanos(y);
		*out = a < b ? -1 : a > b;
		return true;
	}
	case FEEL_MONTHS:
		*out = x.months < y.months ? -1 : x.months > y.months;
		return true;
	case FEEL_NULL:
	case FEEL_BOOL:
	case FEEL_LIST:
	case FEEL_CONTEXT:
	case FEEL_RANGE:
	case FEEL_FUNCTION:
		break;
	}
	return false;
}

int feel_in_range(feel_value x, const struct feel_range *r)
{
	int c;
	if (r->op != RANGE_ENDS) {
		c = feel_equal(x, r->lo);
		return c < 0 || r->op == RANGE_EQUAL ? c : !c;
	}
	if (!r->lo_none) {
		if (!feel_compare(x, r->lo, &c))
			return -1;
		if (c < 0 || (c == 0 && !r->lo_closed))
			return 0;
	}
	if (!r->hi_none) {
		if (!feel_compare(x, r->hi, &c))
			return -1;
		if (c > 0 || (c == 0 && !r->hi_closed))
			return 0;
	}
	return 1;
}

/* --- text ---------------------------------------------------------------------------- */

static void print(buf *b, arena *a, feel_value v, int depth);

static void print_quoted(buf *b, str s)
{
	buf_putc(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_putc(b, '\\');
		buf_putc(b, s.p[i]);
	}
	buf_putc(b, '"');
}

static void print_context(buf *b, arena *a, const struct feel_context *c, int depth)
{
	buf_putc(b, '{');
	for (size_t i = 0; i < c->n; i++) {
		if (i)
			buf_puts(b, ", ");
		bool plain = true;
		for (size_t k = 0; k < c->e[i].key.n; k++) {
			char ch = c->e[i].key.p[k];
			plain &= ch != '"' && ch != ':' && ch != '{' && ch != '}' && ch != ',';
		}
		if (plain && c->e[i].key.n)
			buf_put(b, c->e[i].key);
		else
			print_quoted(b, c->e[i].key);
		buf_puts(b, ": ");
		print(b, a, c->e[i].v, depth);
	}
	buf_putc(b, '}');
}

static void print_range(buf *b, arena *a, const struct feel_range *r, int depth)
{
	if (r->op != RANGE_ENDS) {
		buf_puts(b, r->op == RANGE_EQUAL ? "=" : "!=");
		print(b, a, r->lo, depth);
		return;
	}
	if (r->lo_none || r->hi_none) {
		buf_puts(b, r->lo_none ? (r->hi_closed ? "<=" : "<") : (r->lo_closed ? ">=" : ">"));
		print(b, a, r->lo_none ? r->hi : r->lo, depth);
		return;
	}
	buf_putc(b, r->lo_closed ? '[' : '(');
	print(b, a, r->lo, depth);
	buf_puts(b, "..");
	print(b, a, r->hi, depth);
	buf_putc(b, r->hi_closed ? ']' : ')');
}

static void print(buf *b, arena *a, feel_value v, int depth)
{
	if (b->over)
		return;
	if (depth > NEST_MAX) {
		buf_puts(b, "...");
		return;
	}
	switch ((enum feel_kind)v.kind) {
	case FEEL_NULL:
		buf_puts(b, "null");
		break;
	case FEEL_BOOL:
		buf_puts(b, v.b ? "true" : "false");
		break;
	case FEEL_NUMBER:
		buf_put(b, dec_print(a, v.num));
		break;
	case FEEL_STRING:
		if (depth)
			print_quoted(b, v.s);
		else
			buf_put(b, v.s);
		break;
	case FEEL_DATE:
	case FEEL_TIME:
	case FEEL_DATETIME:
	case FEEL_DAYS:
	case FEEL_MONTHS:
		feel_print_time(b, v);
		break;
	case FEEL_LIST:
		buf_putc(b, '[');
		for (size_t i = 0; i < v.list->n && !b->over; i++) {
			if (i)
				buf_puts(b, ", ");
			print(b, a, v.list->v[i], depth + 1);
		}
		buf_putc(b, ']');
		break;
	case FEEL_CONTEXT:
		print_context(b, a, v.ctx, depth + 1);
		break;
	case FEEL_RANGE:
		print_range(b, a, v.range, depth + 1);
		break;
	case FEEL_FUNCTION:
		buf_puts(b, "function");
		break;
	}
}

str feel_print(arena *a, feel_value v)
{
	buf b = buf_make(a, PRINT_MAX);
	print(&b, a, v, 0);
	return buf_str(&b);
}

/* --- JSON ------------------------------------------------------------------------------ */

static json *to_json(arena *a, feel_value v, int depth, uint64_t *parts)
{
	json *out;
	if (depth > JSON_MAX_DEPTH || *parts == 0)
		return json_null(a);
	--*parts;
	switch ((enum feel_kind)v.kind) {
	case FEEL_BOOL:
		return json_bool(a, v.b);
	case FEEL_NUMBER:
		return json_number(a, dec_print(a, v.num));
	case FEEL_LIST:
		out = json_array(a);
		for (size_t i = 0; i < v.list->n && *parts; i++)
			json_push(out, to_json(a, v.list->v[i], depth + 1, parts));
		return out;
	case FEEL_CONTEXT:
		out = json_object(a);
		for (size_t i = 0; i < v.ctx->n && *parts; i++)
			json_set_key(a, out, v.ctx->e[i].key, to_json(a, v.ctx->e[i].v, depth + 1, parts));
		return out;
	case FEEL_NULL:
	case FEEL_FUNCTION:
		return json_null(a);
	case FEEL_STRING:
	case FEEL_DATE:
	case FEEL_TIME:
	case FEEL_DATETIME:
	case FEEL_DAYS:
	case FEEL_MONTHS:
	case FEEL_RANGE:
		break;
	}
	return json_string(a, feel_print(a, v));
}

json *feel_to_json(arena *a, feel_value v)
{
	uint64_t parts = FEEL_JSON_PARTS;
	return to_json(a, v, 0, &parts);
}

static bool count_parts(feel_value v, uint64_t *parts, int depth)
{
	if (*parts == 0)
		return false;
	--*parts;
	bool fits = true;
	if (depth > JSON_MAX_DEPTH)
		return true;
	for (size_t i = 0; v.kind == FEEL_LIST && fits && i < v.list->n; i++)
		fits = count_parts(v.list->v[i], parts, depth + 1);
	for (size_t i = 0; v.kind == FEEL_CONTEXT && fits && i < v.ctx->n; i++)
		fits = count_parts(v.ctx->e[i].v, parts, depth + 1);
	return fits;
}

bool feel_exceeds(feel_value v, uint64_t parts)
{
	return !count_parts(v, &parts, 0);
}

static feel_value of_json(arena *a, const json *v, int depth)
{
	decimal d;
	if (!v || depth > JSON_MAX_DEPTH)
		return feel_null();
	switch (v->type) {
	case JSON_NULL:
		return feel_null();
	case JSON_BOOL:
		return feel_bool(v->b);
	case JSON_NUMBER:
		return dec_parse(v->s, &d) ? feel_number(d) : feel_null();
	case JSON_STRING:
		return feel_string(v->s);
	case JSON_ARRAY: {
		struct feel_list *l = NEW(a, struct feel_list);
		l->v = NEWN(a, feel_value, v->count);
		for (const json *k = v->first; k; k = k->next)
			l->v[l->n++] = of_json(a, k, depth + 1);
		return (feel_value){.kind = FEEL_LIST, .list = l};
	}
	case JSON_OBJECT:
		break;
	}
	struct feel_context *c = NEW(a, struct feel_context);
	c->e = NEWN(a, struct feel_entry, v->count);
	for (const json *k = v->first; k; k = k->next)
		c->e[c->n++] = (struct feel_entry){k->key, of_json(a, k, depth + 1)};
	return (feel_value){.kind = FEEL_CONTEXT, .ctx = c};
}

feel_value feel_of_json(arena *a, const json *v)
{
	return of_json(a, v, 0);
}

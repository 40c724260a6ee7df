#include "engine/feel/builtin.h"

/* Allen's relations between points and ranges (tables 78), and contexts. A point
 * is taken as the range [p..p]; two ends are ordered by value, then by whether
 * they belong to the range. */

static bool as_range(feel_value v, struct feel_range *r, bool *point)
{
	*point = v.kind != FEEL_RANGE;
	if (v.kind == FEEL_NULL || v.kind == FEEL_LIST || v.kind == FEEL_CONTEXT ||
	    v.kind == FEEL_FUNCTION || v.kind == FEEL_BOOL)
		return false;
	*r = *point ? (struct feel_range){.lo = v, .hi = v, .lo_closed = true, .hi_closed = true}
	            : *v.range;
	return r->op != RANGE_UNEQUAL;
}

/* Order of two ends; an end that is not there lies beyond all others. */
static bool order(feel_value x, int x_beyond, feel_value y, int y_beyond, int *out)
{
	if (!x_beyond && !y_beyond)
		return feel_compare(x, y, out);
	*out = x_beyond < y_beyond ? -1 : x_beyond > y_beyond;
	return true;
}

struct pair {
	struct feel_range x, y;
	bool x_point, y_point;
	int lo_lo, lo_hi, hi_lo, hi_hi; /* end of x against end of y */
};

static bool pair_of(const feel_value *v, struct pair *p)
{
	if (!as_range(v[0], &p->x, &p->x_point) || !as_range(v[1], &p->y, &p->y_point))
		return false;
	int xl = -p->x.lo_none, xh = p->x.hi_none, yl = -p->y.lo_none, yh = p->y.hi_none;
	return order(p->x.lo, xl, p->y.lo, yl, &p->lo_lo) &&
	       order(p->x.lo, xl, p->y.hi, yh, &p->lo_hi) &&
	       order(p->x.hi, xh, p->y.lo, yl, &p->hi_lo) && order(p->x.hi, xh, p->y.hi, yh, &p->hi_hi);
}

static bool is_before(const struct pair *p)
{
	return p->hi_lo < 0 || (p->hi_lo == 0 && !(p->x.hi_closed && p->y.lo_closed));
}

static bool is_after(const struct pair *p)
{
	return p->lo_hi > 0 || (p->lo_hi == 0 && !(p->x.lo_closed && p->y.hi_closed));
}

/* y lies wholly within x */
static bool holds(const struct pair *p)
{
	return (p->lo_lo < 0 || (p->lo_lo == 0 && (p->x.lo_closed || !p->y.lo_closed))) &&
	       (p->hi_hi > 0 || (p->hi_hi == 0 && (p->x.hi_closed || !p->y.hi_closed)));
}

static bool is_within(const struct pair *p)
{
	return (p->lo_lo > 0 || (p->lo_lo == 0 && (p->y.lo_closed || !p->x.lo_closed))) &&
	       (p->hi_hi < 0 || (p->hi_hi == 0 && (p->y.hi_closed || !p->x.hi_closed)));
}

static bool is_meets(const struct pair *p)
{
	return p->hi_lo == 0 && p->x.hi_closed && p->y.lo_closed;
}

static bool is_met_by(const struct pair *p)
{
	return p->lo_hi == 0 && p->x.lo_closed && p->y.hi_closed;
}

static bool is_overlaps(const struct pair *p)
{
	return !is_before(p) && !is_after(p);
}

static bool is_overlaps_before(const struct pair *p)
{
	return (p->lo_lo < 0 || (p->lo_lo == 0 && p->x.lo_closed && !p->y.lo_closed)) &&
	       !is_before(p) &&
	       (p->hi_hi < 0 || (p->hi_hi == 0 && (!p->x.hi_closed || p->y.hi_closed)));
}

static bool is_overlaps_after(const struct pair *p)
{
	return (p->lo_lo > 0 || (p->lo_lo == 0 && p->y.lo_closed && !p->x.lo_closed)) && !is_after(p) &&
	       (p->hi_hi > 0 || (p->hi_hi == 0 && (!p->y.hi_closed || p->x.hi_closed)));
}

static bool is_finishes(const struct pair *p)
{
	return p->hi_hi == 0 && p->x.hi_closed == p->y.hi_closed && is_within(p);
}

static bool is_finished_by(const struct pair *p)
{
	return p->hi_hi == 0 && p->x.hi_closed == p->y.hi_closed && holds(p);
}

static bool is_starts(const struct pair *p)
{
	return p->lo_lo == 0 && p->x.lo_closed == p->y.lo_closed && is_within(p);
}

static bool is_started_by(const struct pair *p)
{
	return p->lo_lo == 0 && p->x.lo_closed == p->y.lo_closed && holds(p);
}

static bool is_coincides(const struct pair *p)
{
	return p->lo_lo == 0 && p->hi_hi == 0 && p->x.lo_closed == p->y.lo_closed &&
	       p->x.hi_closed == p->y.hi_closed;
}

enum shape { ANY_ANY, RANGES, ANY_RANGE, RANGE_ANY, ALIKE };

static feel_value relation(struct env *e, const feel_value *v, enum shape shape,
                           bool (*holds_for)(const struct pair *), const char *what)
{
	struct pair p;
	bool x = v[0].kind == FEEL_RANGE, y = v[1].kind == FEEL_RANGE;
	bool fits = shape == ANY_ANY || (shape == RANGES && x && y) || (shape == ANY_RANGE && y) ||
	            (shape == RANGE_ANY && x) || (shape == ALIKE && x == y);
	if (!fits || !pair_of(v, &p))
		return bi_wrong(e, what);
	return feel_bool(holds_for(&p));
}

#define RELATION(fn, shape, test, name)                                                            \
	feel_value fn(struct env *e, const feel_value *v, size_t n)                                    \
	{                                                                                              \
		(void)n;                                                                                   \
		return relation(e, v, shape, test, name);                                                  \
	}

RELATION(bi_before, ANY_ANY, is_before, "before")
RELATION(bi_after, ANY_ANY, is_after, "after")
RELATION(bi_meets, RANGES, is_meets, "meets")
RELATION(bi_met_by, RANGES, is_met_by, "met by")
RELATION(bi_overlaps, RANGES, is_overlaps, "overlaps")
RELATION(bi_overlaps_before, RANGES, is_overlaps_before, "overlaps before")
RELATION(bi_overlaps_after, RANGES, is_overlaps_after, "overlaps after")
RELATION(bi_finishes, ANY_RANGE, is_finishes, "finishes")
RELATION(bi_finished_by, RANGE_ANY, is_finished_by, "finished by")
RELATION(bi_includes, RANGE_ANY, holds, "includes")
RELATION(bi_during, ANY_RANGE, is_within, "during")
RELATION(bi_starts_range, ANY_RANGE, is_starts, "starts")
RELATION(bi_started_by, RANGE_ANY, is_started_by, "started by")
RELATION(bi_coincides, ALIKE, is_coincides, "coincides")

/* range("[1..3]"): the text of a range whose ends are literals; "date(...)" and
 * the like of literals count (grammar rule 62). */
static bool literal(const struct node *n)
{
	if (!n || n->eval == eval_const)
		return true;
	if (n->eval == eval_negate)
		return n->kid[0]->eval == eval_const;
	if (n->eval != eval_builtin)
		return n->n == 0 && n->eval != eval_global && n->eval != eval_unknown;
	const struct builtin *b = n->data;
	bool time =
	    b->fn == bi_date || b->fn == bi_time || b->fn == bi_datetime || b->fn == bi_duration;
	for (uint32_t i = 0; i < n->n; i++)
		time = time && n->kid[i]->eval == eval_const;
	return time;
}

feel_value bi_range(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	if (v[0].kind != FEEL_STRING)
		return bi_wrong(e, "range");
	str text = str_trim(v[0].s);
	struct scope s = {.a = e->a, .plain = true};
	struct node *r = text.n && text.n < 1024 ? feel_parse(&s, str_dup(e->a, text)) : NULL;
	if (!r || r->eval != eval_range || !literal(r->kid[0]) || !literal(r->kid[1]) ||
	    r->slot != RANGE_ENDS || s.n_slots)
		return env_fail(e, "range: \"%.*s\" is none", STRF(text));
	return node_run(r, e);
}

/* --- contexts --------------------------------------------------------------------------- */

feel_value bi_get_value(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	feel_value at = v[0];
	if (at.kind != FEEL_CONTEXT)
		return bi_wrong(e, "get value");
	const feel_value *m;
	if (v[1].kind == FEEL_STRING) {
		m = feel_get(at, v[1].s);
		return m ? *m : env_fail(e, "get value: no '%.*s'", STRF(v[1].s));
	}
	if (v[1].kind != FEEL_LIST || v[1].list->n == 0)
		return bi_wrong(e, "get value");
	for (size_t i = 0; i < v[1].list->n; i++) {
		feel_value key = v[1].list->v[i];
		m = key.kind == FEEL_STRING ? feel_get(at, key.s) : NULL;
		if (!m)
			return env_fail(e, "get value: no such path");
		at = *m;
	}
	return at;
}

feel_value bi_get_entries(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	if (v[0].kind != FEEL_CONTEXT)
		return bi_wrong(e, "get entries");
	feel_value *out = NEWN(e->a, feel_value, v[0].ctx->n);
	for (size_t i = 0; i < v[0].ctx->n; i++) {
		feel_value c = feel_put(e->a, feel_null(), STR("key"), feel_string(v[0].ctx->e[i].key));
		out[i] = feel_put(e->a, c, STR("value"), v[0].ctx->e[i].v);
	}
	return bi_give_list(e, out, v[0].ctx->n);
}

static feel_value put_path(struct env *e, feel_value c, const struct feel_list *keys, size_t at,
                           feel_value v)
{
	feel_value key = keys->v[at];
	if ((c.kind != FEEL_CONTEXT && at) || key.kind != FEEL_STRING || at > FEEL_DEPTH)
		return env_fail(e, "context put: no such path");
	if (at + 1 == keys->n)
		return feel_put(e->a, c, key.s, v);
	const feel_value *m = feel_get(c, key.s);
	if (!m || m->kind != FEEL_CONTEXT)
		return env_fail(e, "context put: no such path");
	feel_value inner = put_path(e, *m, keys, at + 1, v);
	return inner.kind == FEEL_NULL ? inner : feel_put(e->a, c, key.s, inner);
}

feel_value bi_context_put(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	if (v[0].kind != FEEL_CONTEXT)
		return bi_wrong(e, "context put");
	env_step(e, v[0].ctx->n);
	if (v[1].kind == FEEL_STRING)
		return feel_put(e->a, v[0], v[1].s, v[2]);
	if (v[1].kind != FEEL_LIST || v[1].list->n == 0)
		return bi_wrong(e, "context put");
	return put_path(e, v[0], v[1].list, 0, v[2]);
}

feel_value bi_context_merge(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	struct feel_list l;
	struct feel_context *none = NEW(e->a, struct feel_context);
	feel_value out = {.kind = FEEL_CONTEXT, .ctx = none};
	if (!bi_list(e, v[0], &l))
		return bi_wrong(e, "context merge");
	for (size_t i = 0; i < l.n; i++) {
		if (l.v[i].kind != FEEL_CONTEXT)
			return bi_wrong(e, "context merge");
		for (size_t k = 0; k < l.v[i].ctx->n; k++) {
			env_step(e, 1 + out.ctx->n / 8);
			out = feel_put(e->a, out, l.v[i].ctx->e[k].key, l.v[i].ctx->e[k].v);
		}
	}
	return out;
}

feel_value bi_context(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	struct feel_list l;
	struct feel_context *none = NEW(e->a, struct feel_context);
	feel_value out = {.kind = FEEL_CONTEXT, .ctx = none};
	if (!bi_list(e, v[0], &l))
		return bi_wrong(e, "context");
	for (size_t i = 0; i < l.n; i++) {
		const feel_value *key = feel_get(l.v[i], STR("key"));
		const feel_value *value = feel_get(l.v[i], STR("value"));
		if (!key || !value || key->kind != FEEL_STRING || feel_get(out, key->s))
			return env_fail(e, "context: an entry needs its own key and a value");
		env_step(e, 1 + out.ctx->n / 8);
		out = feel_put(e->a, out, key->s, *value);
	}
	return out;
}

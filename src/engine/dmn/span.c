#include "engine/dmn/span.h"

#include <stdlib.h>

static bool ordered(enum feel_kind k)
{
	return k == FEEL_NUMBER || k == FEEL_STRING || (k >= FEEL_DATE && k <= FEEL_MONTHS);
}

static bool end_ordered(bool none, feel_value v)
{
	return none || ordered((enum feel_kind)v.kind);
}

bool span_cell(const struct cell *c)
{
	bool fits =
	    c->kind == CELL_EQUAL || c->kind == CELL_RANGE || (c->kind == CELL_SET && !c->negated);
	for (uint32_t i = 0; fits && i < c->n_parts; i++) {
		feel_value v = c->parts[i];
		const struct feel_range *g = v.kind == FEEL_RANGE ? v.range : NULL;
		fits = g ? g->op == RANGE_ENDS && end_ordered(g->lo_none, g->lo) &&
		               end_ordered(g->hi_none, g->hi)
		         : ordered((enum feel_kind)v.kind);
	}
	return fits && c->n_parts > 0;
}

static int by_value(const void *x, const void *y)
{
	int c = 0;
	return feel_compare(*(const feel_value *)x, *(const feel_value *)y, &c) ? c : 0;
}

static bool is_point(enum feel_kind k)
{
	return k == FEEL_TIME || k == FEEL_DATETIME;
}

bool span_fits(const struct spans *s, feel_value v)
{
	return (enum feel_kind)v.kind == s->kind &&
	       (!is_point(s->kind) || (v.t.zone != NULL) == s->zoned);
}

static size_t cell_bounds(const struct cell *c, feel_value *b)
{
	size_t n = 0;
	for (uint32_t i = 0; i < c->n_parts; i++) {
		const struct feel_range *g = c->parts[i].kind == FEEL_RANGE ? c->parts[i].range : NULL;
		if (!g)
			b[n++] = c->parts[i];
		if (g && !g->lo_none)
			b[n++] = g->lo;
		if (g && !g->hi_none)
			b[n++] = g->hi;
	}
	return n;
}

bool spans_make(arena *a, const struct cell *const *cells, size_t n_cells, struct spans *s)
{
	size_t n = 0;
	for (size_t i = 0; i < n_cells; i++)
		n += 2 * cells[i]->n_parts;
	feel_value *b = NEWN(a, feel_value, n);
	n = 0;
	for (size_t i = 0; i < n_cells; i++)
		if (span_cell(cells[i]))
			n += cell_bounds(cells[i], b + n);
	if (!n)
		return false;
	*s = (struct spans){.kind = (enum feel_kind)b[0].kind, .bound = b};
	s->zoned = is_point(s->kind) && b[0].t.zone;
	for (size_t i = 1; i < n; i++)
		if (!span_fits(s, b[i]))
			return false;
	qsort(b, n, sizeof *b, by_value);
	for (size_t i = 0; i < n; i++)
		if (s->n == 0 || by_value(&b[s->n - 1], &b[i]) != 0)
			b[s->n++] = b[i];
	return true;
}

size_t span_of(const struct spans *s, feel_value v)
{
	size_t lo = 0, hi = s->n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = by_value(&v, &s->bound[mid]);
		if (c == 0)
			return 2 * mid + 1;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return 2 * lo;
}

void span_part(const struct spans *s, feel_value part, size_t *from, size_t *to)
{
	const struct feel_range *g = part.kind == FEEL_RANGE ? part.range : NULL;
	if (!g) {
		*from = *to = span_of(s, part);
		return;
	}
	*from = g->lo_none ? 0 : span_of(s, g->lo) + !g->lo_closed;
	*to = g->hi_none ? 2 * s->n : span_of(s, g->hi) - !g->hi_closed;
}

/* --- samples ----------------------------------------------------------------------- */

static bool moved(arena *a, feel_value v, int by, feel_value *out)
{
	*out = v;
	switch ((enum feel_kind)v.kind) {
	case FEEL_NUMBER:
		return dec_add(v.num, dec_of_i64(by), &out->num);
	case FEEL_DATE:
	case FEEL_DATETIME:
		out->t.days += by;
		return true;
	case FEEL_TIME:
		out->t.nanos += by * 60 * FEEL_NANOS;
		return out->t.nanos >= 0 && out->t.nanos < FEEL_DAY_NANOS;
	case FEEL_DAYS:
		out->dur.secs += by * 3600;
		out->dur.nanos = 0;
		return true;
	case FEEL_MONTHS:
		out->months += by;
		return true;
	case FEEL_STRING:
		out->s = by < 0 ? (str){0} : str_cat(a, v.s, STR(" "));
		return by > 0 || v.s.n > 0;
	default:
		return false;
	}
}

/* Between two bounds; a whole number if one lies there. */
static bool halfway(arena *a, feel_value x, feel_value y, feel_value *out)
{
	decimal sum, half, whole;
	*out = x;
	switch ((enum feel_kind)x.kind) {
	case FEEL_NUMBER:
		if (!dec_add(x.num, y.num, &sum) || !dec_div(sum, dec_of_i64(2), &half))
			return false;
		whole = dec_integral(half, DEC_FLOOR);
		out->num = dec_cmp(whole, x.num) > 0 ? whole : half;
		return true;
	case FEEL_DATE:
		out->t.days = x.t.days + (y.t.days - x.t.days) / 2;
		return out->t.days != x.t.days;
	case FEEL_MONTHS:
		out->months = x.months + (y.months - x.months) / 2;
		return out->months != x.months;
	case FEEL_STRING:
		out->s = str_cat(a, x.s, STR(" "));
		return str_cmp(out->s, y.s) < 0;
	case FEEL_DAYS:
		return feel_of_nanos((feel_nanos(x) + feel_nanos(y)) / 2, out) && by_value(&x, out) < 0;
	case FEEL_TIME:
		out->t.nanos = x.t.nanos + (int64_t)((feel_nanos(y) - feel_nanos(x)) / 2);
		return out->t.nanos < FEEL_DAY_NANOS && by_value(&x, out) < 0;
	case FEEL_DATETIME: {
		int64_t half_ns = (int64_t)((feel_nanos(y) - feel_nanos(x)) / 2 % FEEL_DAY_NANOS);
		out->t.days += (y.t.days - x.t.days) / 2;
		if (out->t.days == x.t.days)
			out->t.nanos = x.t.nanos + half_ns;
		return out->t.nanos < FEEL_DAY_NANOS && by_value(&x, out) < 0 && by_value(out, &y) < 0;
	}
	default:
		return false;
	}
}

bool span_sample(arena *a, const struct spans *s, size_t span, feel_value *out)
{
	size_t i = span / 2;
	if (span % 2) {
		*out = s->bound[i];
		return true;
	}
	if (i == 0)
		return moved(a, s->bound[0], -1, out);
	if (i == s->n)
		return moved(a, s->bound[s->n - 1], 1, out);
	return halfway(a, s->bound[i - 1], s->bound[i], out);
}

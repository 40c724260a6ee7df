#include "engine/feel/builtin.h"

#include <string.h>

feel_value bi_not(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	return v[0].kind == FEEL_BOOL ? feel_bool(!v[0].b) : bi_wrong(e, "not");
}

feel_value bi_list_contains(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	struct feel_list l;
	if (!bi_list(e, v[0], &l))
		return bi_wrong(e, "list contains");
	for (size_t i = 0; i < l.n; i++)
		if (env_equal(e, l.v[i], v[1]) == 1)
			return feel_bool(true);
	return feel_bool(false);
}

feel_value bi_count(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	struct feel_list l;
	return bi_list(e, v[0], &l) ? feel_int((int64_t)l.n) : bi_wrong(e, "count");
}

static feel_value extreme(struct env *e, const feel_value *v, size_t n, int sign, const char *what)
{
	struct feel_list l;
	if (!bi_items(e, v, n, &l))
		return bi_wrong(e, what);
	if (l.n == 0)
		return env_fail(e, "%s of an empty list", what);
	size_t best = 0;
	for (size_t i = 0; i < l.n; i++) {
		int c;
		if (!feel_compare(l.v[i], l.v[best], &c))
			return bi_wrong(e, what);
		if (c * sign > 0)
			best = i;
	}
	return l.v[best];
}

feel_value bi_min(struct env *e, const feel_value *v, size_t n)
{
	return extreme(e, v, n, -1, "min");
}

feel_value bi_max(struct env *e, const feel_value *v, size_t n)
{
	return extreme(e, v, n, 1, "max");
}

/* All items of one list of numbers (or, for sums and means, durations). */
static bool numbers(struct env *e, const feel_value *v, size_t n, struct feel_list *l)
{
	if (!bi_items(e, v, n, l))
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].kind != FEEL_NUMBER)
			return false;
	return true;
}

static feel_value total(struct env *e, const struct feel_list *l, char op)
{
	feel_value sum = l->v[0];
	if (sum.kind != FEEL_NUMBER && sum.kind != FEEL_DAYS && sum.kind != FEEL_MONTHS)
		return bi_wrong(e, op == '*' ? "product" : "sum");
	for (size_t i = 1; i < l->n && sum.kind != FEEL_NULL; i++)
		sum = l->v[i].kind == sum.kind ? feel_arith(e, op, sum, l->v[i]) : bi_wrong(e, "sum");
	return sum;
}

feel_value bi_sum(struct env *e, const feel_value *v, size_t n)
{
	struct feel_list l;
	if (!bi_items(e, v, n, &l))
		return bi_wrong(e, "sum");
	return l.n ? total(e, &l, '+') : env_fail(e, "sum of an empty list");
}

feel_value bi_product(struct env *e, const feel_value *v, size_t n)
{
	struct feel_list l;
	if (!numbers(e, v, n, &l))
		return bi_wrong(e, "product");
	return l.n ? total(e, &l, '*') : env_fail(e, "product of an empty list");
}

feel_value bi_mean(struct env *e, const feel_value *v, size_t n)
{
	struct feel_list l;
	if (!bi_items(e, v, n, &l))
		return bi_wrong(e, "mean");
	if (!l.n)
		return env_fail(e, "mean of an empty list");
	feel_value sum = total(e, &l, '+');
	return sum.kind == FEEL_NULL ? sum : feel_arith(e, '/', sum, feel_int((int64_t)l.n));
}

static feel_value truth(struct env *e, const feel_value *v, size_t n, bool stop)
{
	struct feel_list l;
	bool null = false;
	if (!bi_items(e, v, n, &l))
		return bi_wrong(e, stop ? "any" : "all");
	for (size_t i = 0; i < l.n; i++) {
		if (l.v[i].kind == FEEL_BOOL && l.v[i].b == stop)
			return feel_bool(stop);
		null |= l.v[i].kind != FEEL_BOOL;
	}
	return null ? bi_wrong(e, stop ? "any" : "all") : feel_bool(!stop);
}

feel_value bi_all(struct env *e, const feel_value *v, size_t n)
{
	return truth(e, v, n, false);
}

feel_value bi_any(struct env *e, const feel_value *v, size_t n)
{
	return truth(e, v, n, true);
}

/* A position counted from 1, or from the end if negative; as an index. */
static bool position(feel_value v, size_t n, size_t *out)
{
	int64_t i;
	if (!bi_int(v, &i) || i == 0)
		return false;
	if (i < 0)
		i += (int64_t)n + 1;
	if (i < 1 || (uint64_t)i > n)
		return false;
	*out = (size_t)i - 1;
	return true;
}

feel_value bi_sublist(struct env *e, const feel_value *v, size_t n)
{
	struct feel_list l;
	size_t from;
	int64_t len;
	if (!bi_list(e, v[0], &l))
		return bi_wrong(e, "sublist");
	if (!position(v[1], l.n, &from))
		return env_fail(e, "sublist: a position outside the list");
	len = (int64_t)(l.n - from);
	if (n > 2 && v[2].kind != FEEL_NULL && (!bi_int(v[2], &len) || len < 1))
		return env_fail(e, "sublist: a length that is not positive");
	if ((uint64_t)len > l.n - from)
		return env_fail(e, "sublist: a length beyond the list");
	return feel_list_of(e->a, l.v + from, (size_t)len);
}

feel_value bi_append(struct env *e, const feel_value *v, size_t n)
{
	struct feel_list l;
	if (!bi_list(e, v[0], &l))
		return bi_wrong(e, "append");
	feel_value *out = NEWN(e->a, feel_value, l.n + n);
	if (l.n)
		memcpy(out, l.v, l.n * sizeof *out);
	memcpy(out + l.n, v + 1, (n - 1) * sizeof *out);
	return bi_give_list(e, out, l.n + n - 1);
}

static feel_value joined(struct env *e, const feel_value *v, size_t n, bool once, const char *what)
{
	struct feel_list l;
	size_t total_n = 0, k = 0;
	for (size_t i = 0; i < n; i++) {
		if (!bi_list(e, v[i], &l))
			return bi_wrong(e, what);
		total_n += l.n;
	}
	feel_value *out = NEWN(e->a, feel_value, total_n);
	for (size_t i = 0; i < n; i++) {
		bi_list(e, v[i], &l);
		for (size_t j = 0; j < l.n; j++) {
			bool seen = false;
			for (size_t m = 0; once && m < k && !seen; m++)
				seen = env_equal(e, out[m], l.v[j]) == 1;
			if (once)
				env_step(e, k / 8);
			if (!seen)
				out[k++] = l.v[j];
		}
	}
	return bi_give_list(e, out, k);
}

feel_value bi_concatenate(struct env *e, const feel_value *v, size_t n)
{
	return joined(e, v, n, false, "concatenate");
}

feel_value bi_union(struct env *e, const feel_value *v, size_t n)
{
	return joined(e, v, n, true, "union");
}

feel_value bi_distinct(struct env *e, const feel_value *v, size_t n)
{
	return joined(e, v, n, true, "distinct values");
}

feel_value bi_insert_before(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	struct feel_list l;
	size_t at;
	if (!bi_list(e, v[0], &l))
		return bi_wrong(e, "insert before");
	if (!position(v[1], l.n, &at))
		return env_fail(e, "insert before: a position outside the list");
	feel_value *out = NEWN(e->a, feel_value, l.n + 1);
	memcpy(out, l.v, at * sizeof *out);
	out[at] = v[2];
	memcpy(out + at + 1, l.v + at, (l.n - at) * sizeof *out);
	return bi_give_list(e, out, l.n + 1);
}

feel_value bi_remove(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	struct feel_list l;
	size_t at;
	if (!bi_list(e, v[0], &l))
		return bi_wrong(e, "remove");
	if (!position(v[1], l.n, &at))
		return env_fail(e, "remove: a position outside the list");
	feel_value *out = NEWN(e->a, feel_value, l.n);
	memcpy(out, l.v, at * sizeof *out);
	memcpy(out + at, l.v + at + 1, (l.n - at - 1) * sizeof *out);
	return bi_give_list(e, out, l.n - 1);
}

feel_value bi_list_replace(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	struct feel_list l;
	size_t at;
	if (!bi_list(e, v[0], &l))
		return bi_wrong(e, "list replace");
	feel_value out = feel_list_of(e->a, l.v, l.n);
	if (v[1].kind == FEEL_FUNCTION) {
		for (size_t i = 0; i < l.n; i++) {
			feel_value hit = env_call(e, v[1], (feel_value[]){l.v[i], v[2]}, 2);
			if (hit.kind != FEEL_BOOL)
				return env_fail(e, "list replace: the match function must give a boolean");
			if (hit.b)
				out.list->v[i] = v[2];
		}
		return out;
	}
	if (!position(v[1], l.n, &at))
		return env_fail(e, "list replace: a position outside the list");
	out.list->v[at] = v[2];
	return out;
}

feel_value bi_reverse(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	struct feel_list l;
	if (!bi_list(e, v[0], &l))
		return bi_wrong(e, "reverse");
	feel_value *out = NEWN(e->a, feel_value, l.n);
	for (size_t i = 0; i < l.n; i++)
		out[i] = l.v[l.n - 1 - i];
	return bi_give_list(e, out, l.n);
}

feel_value bi_index_of(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	struct feel_list l;
	if (!bi_list(e, v[0], &l))
		return bi_wrong(e, "index of");
	feel_value *out = NEWN(e->a, feel_value, l.n);
	size_t k = 0;
	for (size_t i = 0; i < l.n; i++)
		if (env_equal(e, l.v[i], v[1]) == 1)
			out[k++] = feel_int((int64_t)i + 1);
	return bi_give_list(e, out, k);
}

static size_t flat_count(struct env *e, feel_value v, feel_value *out, size_t at, size_t depth)
{
	if (v.kind != FEEL_LIST) {
		if (out)
			out[at] = v;
		return at + 1;
	}
	if (depth > e->depth_max)
		env_stop(e, ERR_budget);
	env_step(e, v.list->n);
	for (size_t i = 0; i < v.list->n; i++)
		at = flat_count(e, v.list->v[i], out, at, depth + 1);
	return at;
}

feel_value bi_flatten(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	if (v[0].kind == FEEL_NULL)
		return bi_wrong(e, "flatten");
	size_t count = flat_count(e, v[0], NULL, 0, 0);
	feel_value *out = NEWN(e->a, feel_value, count);
	flat_count(e, v[0], out, 0, 0);
	return bi_give_list(e, out, count);
}

/* --- sorting and what needs it -------------------------------------------------------- */

static bool precedes(struct env *e, feel_value fn, feel_value x, feel_value y)
{
	int c;
	env_step(e, 1);
	if (fn.kind == FEEL_NULL)
		return feel_compare(x, y, &c) && c < 0;
	return feel_is_true(env_call(e, fn, (feel_value[]){x, y}, 2));
}

static void merge_sort(struct env *e, feel_value fn, feel_value *v, feel_value *t, size_t n)
{
	if (n < 2)
		return;
	size_t half = n / 2, i = 0, j = half, k = 0;
	merge_sort(e, fn, v, t, half);
	merge_sort(e, fn, v + half, t, n - half);
	while (i < half && j < n)
		t[k++] = precedes(e, fn, v[j], v[i]) ? v[j++] : v[i++];
	while (i < half)
		t[k++] = v[i++];
	memcpy(v, t, k * sizeof *v);
}

feel_value bi_sort(struct env *e, const feel_value *v, size_t n)
{
	struct feel_list l;
	feel_value fn = n > 1 ? v[1] : feel_null();
	if (!bi_list(e, v[0], &l) || (n > 1 && fn.kind != FEEL_FUNCTION))
		return bi_wrong(e, "sort");
	if (n > 1 && !fn.fn->builtin && fn.fn->n_params != 2)
		return env_fail(e, "sort: the function must take two items");
	feel_value out = feel_list_of(e->a, l.v, l.n);
	merge_sort(e, fn, out.list->v, NEWN(e->a, feel_value, l.n), l.n);
	return out;
}

static feel_value *sorted(struct env *e, const struct feel_list *l)
{
	feel_value out = feel_list_of(e->a, l->v, l->n);
	merge_sort(e, feel_null(), out.list->v, NEWN(e->a, feel_value, l->n), l->n);
	return out.list->v;
}

feel_value bi_median(struct env *e, const feel_value *v, size_t n)
{
	struct feel_list l;
	if (!numbers(e, v, n, &l))
		return bi_wrong(e, "median");
	if (!l.n)
		return env_fail(e, "median of an empty list");
	feel_value *s = sorted(e, &l);
	if (l.n % 2)
		return s[l.n / 2];
	feel_value sum = feel_arith(e, '+', s[l.n / 2 - 1], s[l.n / 2]);
	return feel_arith(e, '/', sum, feel_int(2));
}

feel_value bi_stddev(struct env *e, const feel_value *v, size_t n)
{
	struct feel_list l;
	if (!numbers(e, v, n, &l))
		return bi_wrong(e, "stddev");
	if (l.n < 2)
		return env_fail(e, "stddev needs two numbers");
	feel_value mean = feel_arith(e, '/', total(e, &l, '+'), feel_int((int64_t)l.n));
	feel_value sum = feel_int(0);
	for (size_t i = 0; i < l.n; i++) {
		feel_value d = feel_arith(e, '-', l.v[i], mean);
		sum = feel_arith(e, '+', sum, feel_arith(e, '*', d, d));
	}
	feel_value variance = feel_arith(e, '/', sum, feel_int((int64_t)l.n - 1));
	return bi_sqrt(e, &variance, 1);
}

feel_value bi_mode(struct env *e, const feel_value *v, size_t n)
{
	struct feel_list l;
	if (!numbers(e, v, n, &l))
		return bi_wrong(e, "mode");
	feel_value *s = sorted(e, &l);
	size_t best = 0, k = 0;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0, run; i < l.n; i += run) {
			for (run = 1; i + run < l.n && feel_same(s[i], s[i + run]);)
				run++;
			if (pass == 0 && run > best)
				best = run;
			else if (pass == 1 && run == best)
				s[k++] = s[i];
		}
	}
	return feel_list_of(e->a, s, k);
}

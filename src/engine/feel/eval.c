#include "engine/feel/node.h"
#include "base/time.h"

#include <string.h>

/* --- leaves ------------------------------------------------------------------------ */

feel_value eval_const(const struct node *n, struct env *e)
{
	(void)e;
	return n->value;
}

feel_value eval_local(const struct node *n, struct env *e)
{
	return e->local[n->slot];
}

feel_value eval_global(const struct node *n, struct env *e)
{
	return e->global[n->slot];
}

/* Some modelers leave requirements out and take names from what the caller gives. */
feel_value eval_unknown(const struct node *n, struct env *e)
{
	const feel_value *v = e->given ? feel_get(*e->given, n->name) : NULL;
	if (v)
		return *v;
	return env_fail(e, "nothing here is called '%.*s'", STRF(n->name));
}

/* In a filter: a member of the item if it has one, else what the name means outside. */
feel_value eval_name(const struct node *n, struct env *e)
{
	for (uint32_t i = 0; i < n->slot; i++) {
		const feel_value *v = feel_get(e->local[n->slots[i]], n->name);
		if (v)
			return *v;
	}
	return node_run(n->kid[0], e);
}

/* --- comparisons and logic ------------------------------------------------------------- */

static feel_value incomparable(struct env *e, feel_value x, feel_value y)
{
	return env_fail(e, "%s and %s cannot be compared", feel_kind_name((enum feel_kind)x.kind),
	                feel_kind_name((enum feel_kind)y.kind));
}

feel_value eval_compare(const struct node *n, struct env *e)
{
	feel_value x = node_run(n->kid[0], e), y = node_run(n->kid[1], e);
	int c;
	if (n->slot == '=' || n->slot == '!') {
		c = env_equal(e, x, y);
		return c < 0 ? incomparable(e, x, y) : feel_bool((c == 1) == (n->slot == '='));
	}
	if (!feel_compare(x, y, &c))
		return incomparable(e, x, y);
	switch (n->slot) {
	case '<':
		return feel_bool(c < 0);
	case 'l':
		return feel_bool(c <= 0);
	case '>':
		return feel_bool(c > 0);
	default:
		return feel_bool(c >= 0);
	}
}

feel_value eval_between(const struct node *n, struct env *e)
{
	feel_value x = node_run(n->kid[0], e), lo = node_run(n->kid[1], e), hi = node_run(n->kid[2], e);
	int a, b;
	if (!feel_compare(x, lo, &a) || !feel_compare(x, hi, &b))
		return incomparable(e, x, lo);
	return feel_bool(a >= 0 && b <= 0);
}

static feel_value logic(const struct node *n, struct env *e, bool stop)
{
	feel_value x = node_run(n->kid[0], e);
	if (x.kind == FEEL_BOOL && x.b == stop)
		return x;
	feel_value y = node_run(n->kid[1], e);
	if (y.kind == FEEL_BOOL && y.b == stop)
		return y;
	if (x.kind == FEEL_BOOL && y.kind == FEEL_BOOL)
		return feel_bool(!stop);
	return env_fail(e, "'%s' of a value that is no boolean", stop ? "or" : "and");
}

feel_value eval_and(const struct node *n, struct env *e)
{
	return logic(n, e, false);
}

feel_value eval_or(const struct node *n, struct env *e)
{
	return logic(n, e, true);
}

static int same(struct env *e, feel_value x, feel_value y)
{
	return e ? env_equal(e, x, y) : feel_equal(x, y);
}

int feel_test(struct env *e, feel_value x, feel_value test)
{
	if (test.kind == FEEL_RANGE && x.kind != FEEL_RANGE)
		return feel_in_range(x, test.range);
	if (test.kind == FEEL_LIST) {
		int eq = x.kind == FEEL_LIST ? same(e, x, test) : 0;
		if (e)
			env_step(e, test.list->n / 8);
		for (size_t i = 0; eq != 1 && i < test.list->n; i++) {
			feel_value one = test.list->v[i]; /* a list in a list is a value, not tests */
			eq = (one.kind == FEEL_LIST ? same(e, x, one) : feel_test(e, x, one)) == 1;
		}
		return eq == 1;
	}
	return same(e, x, test);
}

static int one_test(const struct node *t, struct env *e, feel_value x)
{
	feel_value v = node_run(t, e);
	if (t->uses_input)
		return v.kind == FEEL_BOOL ? v.b : v.kind == FEEL_NULL ? -1 : feel_test(e, x, v);
	return feel_test(e, x, v);
}

/* Does x pass any of the tests? 1, 0, -1. */
static int any_test(const struct node *tests, struct env *e, feel_value x)
{
	int out = 0;
	for (uint32_t i = 0; i < tests->n; i++) {
		int r = one_test(tests->kid[i], e, x);
		if (r == 1) {
			out = 1;
			break;
		}
		if (r < 0)
			out = -1;
	}
	return tests->flag && out >= 0 ? !out : out;
}

feel_value eval_in(const struct node *n, struct env *e)
{
	feel_value x = node_run(n->kid[0], e);
	int r = any_test(n->kid[1], e, x);
	if (r < 0)
		return env_fail(e, "%s cannot be tested so", feel_kind_name((enum feel_kind)x.kind));
	return feel_bool(r == 1);
}

/* Only a holder of tests: eval_in reads its kids. */
feel_value eval_tests(const struct node *n, struct env *e)
{
	return n->n ? node_run(n->kid[0], e) : feel_null();
}

/* A boxed conditional (flag) takes a boolean or null for its condition only. */
feel_value eval_if(const struct node *n, struct env *e)
{
	feel_value c = node_run(n->kid[0], e);
	if (n->flag && c.kind != FEEL_BOOL && c.kind != FEEL_NULL)
		return env_fail(e, "the condition is a %s", feel_kind_name((enum feel_kind)c.kind));
	return node_run(n->kid[feel_is_true(c) ? 1 : 2], e);
}

/* --- iteration -------------------------------------------------------------------------- */

struct grow {
	struct env *e;
	feel_value *v;
	size_t n, cap;
};

static void grow_push(struct grow *g, feel_value v)
{
	if (g->n == g->cap) {
		size_t cap = g->cap ? g->cap * 2 : 16;
		feel_value *to = NEWN(g->e->a, feel_value, cap);
		if (g->n)
			memcpy(to, g->v, g->n * sizeof *to);
		g->v = to;
		g->cap = cap;
	}
	if (g->n >= FEEL_MAX_ITEMS)
		env_stop(g->e, ERR_budget);
	g->v[g->n++] = v;
}

struct source {
	feel_value list;  /* a list, or */
	bool span, dates; /* first..last */
	int64_t at, count, step, first;
};

static bool span_source(struct env *e, feel_value lo, feel_value hi, struct source *s)
{
	int64_t a, b;
	s->dates = lo.kind == FEEL_DATE && hi.kind == FEEL_DATE;
	if (s->dates) {
		a = lo.t.days;
		b = hi.t.days;
	} else if (lo.kind != FEEL_NUMBER || hi.kind != FEEL_NUMBER || !dec_to_i64(lo.num, &a) ||
	           !dec_to_i64(hi.num, &b)) {
		env_fail(e, "an iteration needs whole numbers or dates at both ends");
		return false;
	}
	s->span = true;
	s->first = a;
	s->step = a <= b ? 1 : -1;
	i128 count = (i128)b - a;
	count = (count < 0 ? -count : count) + 1;
	s->count = count > INT64_MAX ? INT64_MAX : (int64_t)count;
	return true;
}

static bool open_source(const struct node *n, uint32_t i, struct env *e, struct source *s)
{
	feel_value v = node_run(n->kid[2 * i], e);
	*s = (struct source){.list = v};
	if (n->kid[2 * i + 1])
		return span_source(e, v, node_run(n->kid[2 * i + 1], e), s);
	if (v.kind == FEEL_RANGE) {
		if (v.range->lo_none || v.range->hi_none) {
			env_fail(e, "an iteration over a range without an end");
			return false;
		}
		if (!span_source(e, v.range->lo, v.range->hi, s))
			return false;
		if (s->step < 0) {
			s->count = 0;
			return true;
		}
		s->first += !v.range->lo_closed;
		s->count -= !v.range->lo_closed + !v.range->hi_closed;
		return true;
	}
	if (v.kind == FEEL_NULL) {
		env_fail(e, "an iteration over null");
		return false;
	}
	if (v.kind != FEEL_LIST)
		s->list = feel_list_of(e->a, &v, 1);
	s->count = (int64_t)s->list.list->n;
	return true;
}

static feel_value source_item(const struct source *s, int64_t i)
{
	if (!s->span)
		return s->list.list->v[i];
	int64_t v = s->first + s->step * i;
	if (s->dates)
		return (feel_value){.kind = FEEL_DATE, .t = {.days = v}};
	return feel_int(v);
}

static bool iterate_all(const struct node *n, struct env *e, uint32_t level, struct grow *g,
                        bool *bad)
{
	struct source s;
	if (level == n->slot) {
		env_step(e, 1 + n->weight);
		if (n->flag2) {
			struct feel_list *partial = NEW(e->a, struct feel_list);
			*partial = (struct feel_list){g->n, g->v};
			e->local[n->slots[level]] = (feel_value){.kind = FEEL_LIST, .list = partial};
		}
		grow_push(g, node_run(n->kid[2 * level], e));
		return true;
	}
	if (!open_source(n, level, e, &s)) {
		*bad = true;
		return false;
	}
	for (int64_t i = 0; i < s.count; i++) {
		e->local[n->slots[level]] = source_item(&s, i);
		if (!iterate_all(n, e, level + 1, g, bad))
			return false;
	}
	return true;
}

feel_value eval_for(const struct node *n, struct env *e)
{
	struct grow g = {.e = e};
	bool bad = false;
	iterate_all(n, e, 0, &g, &bad);
	if (bad)
		return feel_null();
	struct feel_list *l = NEW(e->a, struct feel_list);
	*l = (struct feel_list){g.n, g.v};
	return (feel_value){.kind = FEEL_LIST, .list = l};
}

/* 1 decided, 0 not, -1 an error; *null when a condition was neither. A boxed one
 * (flag2) takes booleans and null only. */
static int quantify(const struct node *n, struct env *e, uint32_t level, bool *null)
{
	struct source s;
	if (level == n->slot) {
		env_step(e, 1 + n->weight);
		feel_value v = node_run(n->kid[2 * level], e);
		if (v.kind != FEEL_BOOL && v.kind != FEEL_NULL && n->flag2) {
			env_fail(e, "the condition is a %s", feel_kind_name((enum feel_kind)v.kind));
			return -1;
		}
		if (v.kind != FEEL_BOOL)
			*null = true;
		return v.kind == FEEL_BOOL && v.b != n->flag;
	}
	if (!open_source(n, level, e, &s))
		return -1;
	for (int64_t i = 0; i < s.count; i++) {
		e->local[n->slots[level]] = source_item(&s, i);
		int r = quantify(n, e, level + 1, null);
		if (r)
			return r;
	}
	return 0;
}

feel_value eval_quantified(const struct node *n, struct env *e)
{
	bool null = false;
	int r = quantify(n, e, 0, &null);
	if (r < 0)
		return feel_null();
	if (r)
		return feel_bool(!n->flag);
	return null ? env_fail(e, "a condition that is neither true nor false") : feel_bool(n->flag);
}

/* --- lists, contexts, ranges --------------------------------------------------------------- */

feel_value eval_list(const struct node *n, struct env *e)
{
	struct feel_list *l = NEW(e->a, struct feel_list);
	l->v = NEWN(e->a, feel_value, n->n);
	l->n = n->n;
	for (uint32_t i = 0; i < n->n; i++)
		l->v[i] = node_run(n->kid[i], e);
	return (feel_value){.kind = FEEL_LIST, .list = l};
}

/* A function in a context may call itself by its name. */
static void know_itself(feel_value v, uint32_t slot)
{
	if (v.kind == FEEL_FUNCTION && v.fn->closed && slot < v.fn->n_slots)
		v.fn->closed[slot] = v;
}

/* Entries come after one another and may use those before them; an entry whose
 * name is NULL (a boxed context's result) is the value of the whole. */
feel_value eval_context(const struct node *n, struct env *e)
{
	struct feel_context *c = NEW(e->a, struct feel_context);
	if (n->flag)
		return env_fail(e, "two entries called '%.*s'", STRF(n->name));
	c->e = NEWN(e->a, struct feel_entry, n->n);
	for (uint32_t i = 0; i < n->n; i++) {
		feel_value v = node_run(n->kid[i], e);
		if (!n->names[i].p)
			return v;
		know_itself(v, n->slots[i]);
		e->local[n->slots[i]] = v;
		c->e[c->n++] = (struct feel_entry){n->names[i], v};
	}
	return (feel_value){.kind = FEEL_CONTEXT, .ctx = c};
}

static bool bound_ok(feel_value v)
{
	return v.kind == FEEL_NUMBER || v.kind == FEEL_STRING ||
	       (v.kind >= FEEL_DATE && v.kind <= FEEL_MONTHS);
}

feel_value eval_range(const struct node *n, struct env *e)
{
	struct feel_range *r = NEW(e->a, struct feel_range);
	*r = (struct feel_range){.lo_closed = n->flag,
	                         .hi_closed = n->flag2,
	                         .lo_none = !n->kid[0],
	                         .hi_none = !n->kid[1],
	                         .op = (enum feel_range_op)n->slot};
	if (n->kid[0])
		r->lo = node_run(n->kid[0], e);
	if (n->kid[1])
		r->hi = n->kid[1] == n->kid[0] ? r->lo : node_run(n->kid[1], e);
	feel_value out = {.kind = FEEL_RANGE, .range = r};
	int c;
	if (r->op != RANGE_ENDS)
		return out;
	if ((n->kid[0] && !bound_ok(r->lo)) || (n->kid[1] && !bound_ok(r->hi)))
		return env_fail(e, "a range whose end has no order");
	if (n->kid[0] && n->kid[1] && (!feel_compare(r->lo, r->hi, &c) || c > 0))
		return env_fail(e, "a range whose ends are not in order");
	return out;
}

/* --- paths and filters -------------------------------------------------------------------------
 */

feel_value eval_path(const struct node *n, struct env *e)
{
	feel_value v = node_run(n->kid[0], e);
	return feel_property(e, v, n->name);
}

static feel_value list_index(struct env *e, const struct feel_list *l, decimal d)
{
	int64_t i;
	if (!dec_to_i64(d, &i))
		return env_fail(e, "an index must be a whole number");
	if (i < 0)
		i += (int64_t)l->n + 1;
	if (i < 1 || (uint64_t)i > l->n)
		return env_fail(e, "an index outside the list");
	return l->v[i - 1];
}

feel_value eval_filter(const struct node *n, struct env *e)
{
	feel_value v = node_run(n->kid[0], e);
	bool index = n->kid[1]->eval == eval_const && n->kid[1]->value.kind == FEEL_NUMBER;
	if (v.kind == FEEL_NULL && !index) {
		struct feel_list *none = NEW(e->a, struct feel_list);
		return (feel_value){.kind = FEEL_LIST, .list = none};
	}
	if (v.kind == FEEL_NULL)
		return env_fail(e, "a filter of null");
	if (v.kind != FEEL_LIST)
		v = feel_list_of(e->a, &v, 1);
	struct grow g = {.e = e};
	if (v.list->n == 0) {
		e->local[n->slot] = feel_null();
		feel_value i = node_run(n->kid[1], e);
		if (i.kind == FEEL_NUMBER)
			return list_index(e, v.list, i.num);
	}
	for (size_t i = 0; i < v.list->n; i++) {
		env_step(e, 1 + n->weight);
		e->local[n->slot] = v.list->v[i];
		feel_value keep = node_run(n->kid[1], e);
		if (i == 0 && keep.kind == FEEL_NUMBER)
			return list_index(e, v.list, keep.num);
		if ((i == 0 || n->flag) && keep.kind != FEEL_BOOL && keep.kind != FEEL_NULL)
			return env_fail(e, "a filter that is neither a condition nor an index");
		if (feel_is_true(keep))
			grow_push(&g, v.list->v[i]);
	}
	struct feel_list *l = NEW(e->a, struct feel_list);
	*l = (struct feel_list){g.n, g.v};
	return (feel_value){.kind = FEEL_LIST, .list = l};
}

/* --- functions
 * ------------------------------------------------------------------------------------ */

feel_value eval_function(const struct node *n, struct env *e)
{
	struct feel_function *f = NEW(e->a, struct feel_function);
	*f = *(const struct feel_function *)n->data;
	f->n_slots = e->n_local;
	f->closed = NEWN(e->a, feel_value, e->n_local);
	memcpy(f->closed, e->local, e->n_local * sizeof *f->closed);
	f->global = e->global;
	return (feel_value){.kind = FEEL_FUNCTION, .fn = f};
}

static feel_value call_body(const struct feel_function *f, struct env *e, const feel_value *args)
{
	feel_value *outer = e->local;
	const feel_value *globals = e->global;
	uint32_t size = e->n_local;
	e->local = NEWN(e->a, feel_value, f->n_slots);
	e->n_local = f->n_slots;
	e->global = f->global;
	if (f->closed)
		memcpy(e->local, f->closed, f->n_slots * sizeof *e->local);
	for (uint32_t i = 0; i < f->n_params; i++)
		e->local[f->param_slots[i]] = args[i];
	feel_value v = node_run(f->body, e);
	if (f->result)
		v = feel_coerce(e, v, f->result, STR("the result"));
	e->local = outer;
	e->global = globals;
	e->n_local = size;
	return v;
}

feel_value env_call(struct env *e, feel_value fn, const feel_value *args, size_t n)
{
	if (fn.kind != FEEL_FUNCTION)
		return env_fail(e, "%s is no function", feel_kind_name((enum feel_kind)fn.kind));
	const struct feel_function *f = fn.fn;
	env_step(e, 1 + f->weight);
	if (f->builtin) {
		size_t rows;
		const struct builtin *b = builtin_find(f->builtin->name, &rows);
		feel_value *given = NEWN(e->a, feel_value, n);
		memcpy(given, args, n * sizeof *given);
		b = builtin_pick(b, rows, NULL, n, NULL);
		if (!b)
			return env_fail(e, "%.*s does not take %zu arguments", STRF(f->builtin->name), n);
		builtin_single(b, given, n);
		return b->fn(e, given, n);
	}
	if (n != f->n_params)
		return env_fail(e, "a function of %u parameters is called with %zu", f->n_params, n);
	if (e->depth >= e->depth_max)
		env_stop(e, ERR_budget);
	feel_value *given = NEWN(e->a, feel_value, n);
	for (size_t i = 0; i < n; i++) {
		given[i] = args[i];
		if (!f->types || !f->types[i])
			continue;
		given[i] = feel_coerce(e, args[i], f->types[i], f->params[i]);
		if (given[i].kind == FEEL_NULL && args[i].kind != FEEL_NULL)
			return feel_null();
	}
	e->depth++;
	feel_value v = f->call ? f->call(f, e, given) : call_body(f, e, given);
	e->depth--;
	return v;
}

static bool place_named(const struct node *n, const struct feel_function *f, const feel_value *args,
                        feel_value *out)
{
	for (uint32_t i = 0; i + 1 < n->n; i++) {
		uint32_t k = 0;
		while (k < f->n_params && !str_eq(f->params[k], n->names[i]))
			k++;
		if (k == f->n_params)
			return false;
		out[k] = args[i];
	}
	return n->n - 1 == f->n_params;
}

/* A builtin that was passed on as a value, its arguments by name. */
static feel_value call_named_builtin(const struct node *n, struct env *e, feel_value fn,
                                     const feel_value *args)
{
	size_t rows, given = n->n - 1, width = 0;
	uint32_t *places = NEWN(e->a, uint32_t, given);
	const struct builtin *b = builtin_find(fn.fn->builtin->name, &rows);
	b = builtin_pick(b, rows, n->names, given, places);
	if (!b)
		return env_fail(e, "wrong arguments of %.*s", STRF(fn.fn->builtin->name));
	for (size_t i = 0; i < given; i++)
		width = places[i] + 1 > width ? places[i] + 1 : width;
	feel_value *placed = NEWN(e->a, feel_value, width); /* what is not given is null */
	for (size_t i = 0; i < given; i++)
		placed[places[i]] = args[i];
	env_step(e, 1);
	builtin_single(b, placed, width);
	for (size_t i = 0; i < width; i++)
		if (!builtin_fits(b, i, (enum feel_kind)placed[i].kind))
			return env_fail(e, "%.*s: an argument of the wrong type", STRF(b->name));
	return b->fn(e, placed, width);
}

feel_value eval_call(const struct node *n, struct env *e)
{
	feel_value fn = node_run(n->kid[0], e);
	feel_value args[16] FEEL_UNSET, *given = n->n > 16 ? NEWN(e->a, feel_value, n->n) : args;
	if (fn.kind != FEEL_FUNCTION)
		return env_fail(e, "%s is no function", feel_kind_name((enum feel_kind)fn.kind));
	if (n->flag2)
		return env_fail(e, "wrong arguments of %.*s", STRF(fn.fn->builtin->name));
	for (uint32_t i = 1; i < n->n; i++)
		given[i - 1] = node_run(n->kid[i], e);
	if (!n->names)
		return env_call(e, fn, given, n->n - 1);
	if (fn.fn->builtin)
		return call_named_builtin(n, e, fn, given);
	feel_value *placed = NEWN(e->a, feel_value, fn.fn->n_params);
	if (!place_named(n, fn.fn, given, placed))
		return env_fail(e, "the names of the arguments do not fit the function");
	return env_call(e, fn, placed, fn.fn->n_params);
}

feel_value eval_builtin(const struct node *n, struct env *e)
{
	const struct builtin *b = n->data;
	feel_value args[8] FEEL_UNSET, *given = n->n > 8 ? NEWN(e->a, feel_value, n->n) : args;
	for (uint32_t i = 0; i < n->n; i++) {
		given[i] = node_run(n->kid[i], e);
		if (given[i].kind == FEEL_LIST)
			builtin_single(b, given, i + 1);
		if (n->flag && !builtin_fits(b, i, (enum feel_kind)given[i].kind))
			return env_fail(e, "%.*s: an argument of the wrong type", STRF(b->name));
	}
	env_step(e, 1);
	return b->fn(e, given, n->n);
}

feel_value eval_instance(const struct node *n, struct env *e)
{
	feel_value v = node_run(n->kid[0], e);
	return feel_bool(feel_instance(e, v, n->data));
}

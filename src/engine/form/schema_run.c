/* Validation: a walk over the instance with the compiled schema, within a budget. */
#include "engine/form/schema_in.h"

#include "base/utf8.h"

#include <string.h>

/* Where in the instance we are; made into a JSON pointer only for an error. */
struct where {
	const struct where *up;
	const json *member; /* named, or NULL: then `index` */
	size_t index;
};

/* The dynamic scope: resources entered, innermost first. */
struct scope {
	const struct scope *up;
	const struct resource *resource;
};

/* Which members or elements of one instance have been evaluated. */
struct seen {
	uint64_t word; /* used when there are at most 64 */
	uint64_t *bits;
	size_t n;
};

struct walk {
	struct schema_run *run;
	struct matcher *matcher;
	uint64_t left;
	bool spent;
	unsigned quiet; /* above 0: failures are expected and not listed */
	unsigned depth;
};

struct here {
	const json *v;
	const struct where *where;
	const struct scope *scope;
	struct seen *seen; /* NULL: nobody asks */
};

static bool apply(struct walk *w, const struct node *n, struct here h);

/* ---- budget, evaluated sets ---- */

static bool step(struct walk *w, uint64_t cost)
{
	if (w->left < cost) {
		w->left = 0;
		w->spent = true;
	}
	if (w->spent)
		return false;
	w->left -= cost;
	return true;
}

static struct seen seen_make(arena *a, const json *v)
{
	struct seen s = {.n = v->count};
	if (s.n > 64)
		s.bits = NEWN(a, uint64_t, (s.n + 63) / 64);
	return s;
}

static void seen_mark(struct seen *s, size_t i)
{
	if (s && s->bits)
		s->bits[i / 64] |= UINT64_C(1) << (i % 64);
	else if (s)
		s->word |= UINT64_C(1) << (i % 64);
}

static bool seen_has(const struct seen *s, size_t i)
{
	return (s->bits ? s->bits[i / 64] : s->word) >> (i % 64) & 1;
}

static void seen_merge(struct seen *into, const struct seen *from)
{
	if (!into)
		return;
	into->word |= from->word;
	for (size_t i = 0; into->bits && i < (into->n + 63) / 64; i++)
		into->bits[i] |= from->bits[i];
}

/* ---- errors ---- */

static str where_print(arena *a, const struct where *w)
{
	if (!w || !w->up)
		return (str){0};
	str up = where_print(a, w->up);
	if (w->member)
		return schema_child_path(a, up, w->member->key);
	return str_fmt(a, "%.*s/%zu", STRF(up), w->index);
}

static struct schema_error *fail(struct walk *w, const struct node *n, const char *keyword,
                                 const struct where *at)
{
	struct schema_run *run = w->run;
	if (w->quiet || run->count >= run->max_errors)
		return NULL;
	struct schema_error *e = NEW(run->a, struct schema_error);
	e->instance = where_print(run->a, at);
	e->keyword = str_of(keyword);
	e->schema_path = n->kind == NODE_OPS ? schema_child_path(run->a, n->path, e->keyword) : n->path;
	e->params = NULL;
	if (run->last)
		run->last->next = e;
	else
		run->first = e;
	run->last = e;
	run->count++;
	return e;
}

/* Returns false, so that a failing operation can end with it. */
static bool fail_limit(struct walk *w, const struct node *n, const struct op *op,
                       const struct here *h)
{
	struct schema_error *e = fail(w, n, op->keyword, h->where);
	if (e) {
		json *params = json_object(w->run->a);
		json_set(w->run->a, params, "limit", json_copy(w->run->a, op->value));
		e->params = params;
	}
	return false;
}

static bool fail_name(struct walk *w, const struct node *n, const char *keyword,
                      const struct here *h, const char *param, str name)
{
	struct schema_error *e = fail(w, n, keyword, h->where);
	if (e) {
		json *params = json_object(w->run->a);
		json_set_str(w->run->a, params, param, name);
		e->params = params;
	}
	return false;
}

struct errors_mark {
	struct schema_error *last;
	size_t count;
};

static struct errors_mark errors_save(const struct walk *w)
{
	return (struct errors_mark){w->run->last, w->run->count};
}

static void errors_rewind(struct walk *w, struct errors_mark m)
{
	w->run->last = m.last;
	w->run->count = m.count;
	if (m.last)
		m.last->next = NULL;
	else
		w->run->first = NULL;
}

/* Whether further faults are still wanted after a first one. */
static bool go_on(const struct walk *w)
{
	return !w->quiet && !w->spent && w->run->count < w->run->max_errors;
}

/* ---- values ---- */

bool schema_equal(arena *a, const json *x, const json *y)
{
	if (x->type != y->type)
		return false;
	struct number m, n;
	switch (x->type) {
	case JSON_NULL:
		return true;
	case JSON_BOOL:
		return x->b == y->b;
	case JSON_STRING:
		return str_eq(x->s, y->s);
	case JSON_NUMBER:
		if (str_eq(x->s, y->s))
			return true;
		return number_read(a, x->s, &m) && number_read(a, y->s, &n) && number_cmp(m, n) == 0;
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	if (x->count != y->count)
		return false;
	const json *other = y->first;
	for (const json *e = x->first; e; e = e->next) {
		const json *against = x->type == JSON_OBJECT ? json_get_str(y, e->key) : other;
		if (!against || !schema_equal(a, e, against))
			return false;
		other = other->next;
	}
	return true;
}

static uint64_t value_size(const json *v)
{
	uint64_t n = 1 + v->s.n / 16;
	for (const json *e = v->first; e; e = e->next)
		n += value_size(e);
	return n;
}

static bool equal(struct walk *w, const json *x, const json *y)
{
	if (x->type != y->type || !step(w, value_size(y)))
		return false;
	arena_mark mark = arena_save(w->run->a);
	bool same = schema_equal(w->run->a, x, y);
	arena_rewind(w->run->a, mark);
	return same;
}

static bool type_matches(struct walk *w, unsigned types, const json *v)
{
	if (types & 1u << v->type)
		return true;
	if (v->type != JSON_NUMBER || !(types & 1u << 6))
		return false;
	struct number x;
	return number_read(w->run->a, v->s, &x) && number_integral(x);
}

static bool number_holds(struct walk *w, const struct op *op, const json *v)
{
	struct number x, limit = op->u.number;
	if (v->type != JSON_NUMBER || !number_read(w->run->a, v->s, &x))
		return true;
	switch (op->kind) {
	case OP_MULTIPLE:
		return step(w, x.digits.n / 16) && number_multiple(x, limit);
	case OP_MAXIMUM:
		return number_cmp(x, limit) <= 0;
	case OP_EXCLUSIVE_MAXIMUM:
		return number_cmp(x, limit) < 0;
	case OP_MINIMUM:
		return number_cmp(x, limit) >= 0;
	default:
		return number_cmp(x, limit) > 0;
	}
}

static bool count_holds(const struct op *op, const json *v)
{
	uint64_t limit = op->u.limit;
	switch (op->kind) {
	case OP_MAX_LENGTH:
		return v->type != JSON_STRING || v->s.n <= limit || utf8_length(v->s) <= limit;
	case OP_MIN_LENGTH:
		return v->type != JSON_STRING || utf8_length(v->s) >= limit;
	case OP_MAX_ITEMS:
		return v->type != JSON_ARRAY || v->count <= limit;
	case OP_MIN_ITEMS:
		return v->type != JSON_ARRAY || v->count >= limit;
	case OP_MAX_PROPERTIES:
		return v->type != JSON_OBJECT || v->count <= limit;
	default:
		return v->type != JSON_OBJECT || v->count >= limit;
	}
}

static bool matches(struct walk *w, const struct pattern *p, str text)
{
	if (!step(w, 8 + text.n / 4))
		return false;
	if (!w->matcher)
		w->matcher = matcher_make(w->run->a);
	enum pattern_answer answer = pattern_match(p, w->matcher, text);
	if (answer == PATTERN_LIMIT)
		w->spent = true;
	return answer == PATTERN_YES;
}

static bool unique(struct walk *w, const json *v)
{
	for (const json *x = v->first; x; x = x->next)
		for (const json *y = x->next; y; y = y->next)
			if (!step(w, 1) || equal(w, x, y))
				return false;
	return true;
}

/* ---- applicators ---- */

static bool apply_member(struct walk *w, const struct node *n, const struct here *h,
                         const json *member)
{
	struct where at = {.up = h->where, .member = member};
	return apply(w, n, (struct here){.v = member, .where = &at, .scope = h->scope});
}

static bool apply_element(struct walk *w, const struct node *n, const struct here *h,
                          const json *element, size_t i)
{
	struct where at = {.up = h->where, .index = i};
	return apply(w, n, (struct here){.v = element, .where = &at, .scope = h->scope});
}

static const struct node *property_of(const struct members *m, str key)
{
	if (!m->slot)
		return NULL;
	for (size_t i = (size_t)str_hash(key, 0) & m->mask; m->slot[i].node; i = (i + 1) & m->mask)
		if (str_eq(m->slot[i].name, key))
			return m->slot[i].node;
	return NULL;
}

static bool run_members(struct walk *w, const struct members *m, const struct here *h)
{
	bool good = true;
	size_t i = 0;
	for (const json *member = h->v->first; member; member = member->next, i++) {
		const struct node *property = property_of(m, member->key);
		bool known = property != NULL;
		if (property && !apply_member(w, property, h, member))
			good = false;
		for (size_t k = 0; k < m->n_patterns; k++) {
			if (!matches(w, m->patterns[k].pattern, member->key))
				continue;
			known = true;
			if (!apply_member(w, m->patterns[k].node, h, member))
				good = false;
		}
		if (!known && m->rest && !apply_member(w, m->rest, h, member))
			good = false;
		if (known || m->rest)
			seen_mark(h->seen, i);
		if (w->spent || (!good && !go_on(w)))
			return false;
	}
	return good;
}

static bool run_elements(struct walk *w, const struct elements *e, const struct here *h)
{
	bool good = true;
	size_t i = 0;
	for (const json *v = h->v->first; v; v = v->next, i++) {
		const struct node *n = i < e->n_prefix ? e->prefix[i] : e->rest;
		if (!n)
			break;
		if (!apply_element(w, n, h, v, i))
			good = false;
		seen_mark(h->seen, i);
		if (!good && !go_on(w))
			return false;
	}
	return good;
}

static bool run_contains(struct walk *w, const struct node *n, const struct op *op,
                         const struct here *h)
{
	const struct contains *k = &op->u.contains;
	uint64_t found = 0;
	size_t i = 0;
	w->quiet++;
	for (const json *v = h->v->first; v; v = v->next, i++)
		if (apply_element(w, k->node, h, v, i)) {
			found++;
			seen_mark(h->seen, i);
		}
	w->quiet--;
	if (found < k->min)
		return fail_limit(w, n, op, h);
	if (found > k->max) {
		fail(w, n, "maxContains", h->where);
		return false;
	}
	return true;
}

/* Applies to the same instance; what it evaluated counts only if it holds. */
static bool try_node(struct walk *w, const struct node *n, const struct here *h)
{
	struct here inner = *h;
	struct seen own = {0};
	if (h->seen) {
		own = seen_make(w->run->a, h->v);
		inner.seen = &own;
	}
	bool good = apply(w, n, inner);
	if (good && h->seen)
		seen_merge(h->seen, &own);
	return good;
}

static bool quietly(struct walk *w, const struct node *n, const struct here *h)
{
	w->quiet++;
	bool good = try_node(w, n, h);
	w->quiet--;
	return good;
}

static bool run_all(struct walk *w, const struct op *op, const struct here *h)
{
	bool good = true;
	for (size_t i = 0; i < op->u.nodes.n; i++) {
		if (!apply(w, op->u.nodes.at[i], *h))
			good = false;
		if (!good && !go_on(w))
			return false;
	}
	return good;
}

/* The faults of every branch stay listed after that of anyOf itself. */
static bool run_any(struct walk *w, const struct node *n, const struct op *op, const struct here *h)
{
	struct errors_mark mark = errors_save(w);
	bool good = false;
	fail(w, n, op->keyword, h->where);
	for (size_t i = 0; i < op->u.nodes.n && (!good || h->seen) && !w->spent; i++)
		good |= good ? quietly(w, op->u.nodes.at[i], h) : try_node(w, op->u.nodes.at[i], h);
	if (good)
		errors_rewind(w, mark);
	return good;
}

static bool run_one(struct walk *w, const struct node *n, const struct op *op, const struct here *h)
{
	struct errors_mark mark = errors_save(w);
	size_t holds = 0;
	fail(w, n, op->keyword, h->where);
	for (size_t i = 0; i < op->u.nodes.n && holds < 2 && !w->spent; i++)
		holds += holds ? quietly(w, op->u.nodes.at[i], h) : try_node(w, op->u.nodes.at[i], h);
	if (holds)
		errors_rewind(w, mark);
	if (holds > 1)
		fail(w, n, op->keyword, h->where);
	return holds == 1;
}

static bool run_if(struct walk *w, const struct op *op, const struct here *h)
{
	bool yes = quietly(w, op->u.branch.test, h);
	const struct node *n = yes ? op->u.branch.yes : op->u.branch.no;
	return !w->spent && (!n || apply(w, n, *h));
}

static bool run_names(struct walk *w, const struct op *op, const struct here *h)
{
	for (const json *m = h->v->first; m; m = m->next) {
		struct where at = {.up = h->where, .member = m};
		json name = {.type = JSON_STRING, .s = m->key};
		if (!apply(w, op->u.node, (struct here){.v = &name, .where = &at, .scope = h->scope}))
			return false;
	}
	return true;
}

static bool run_required(struct walk *w, const struct node *n, const struct op *op,
                         const struct here *h)
{
	bool good = true;
	for (size_t k = 0; k < op->u.names.n; k++) {
		const struct names *names = &op->u.names.at[k];
		if (op->kind == OP_DEPENDENT_REQUIRED && !json_get_str(h->v, names->trigger))
			continue;
		for (size_t i = 0; i < names->n; i++) {
			if (json_get_str(h->v, names->at[i]))
				continue;
			good = fail_name(w, n, op->keyword, h, "missing", names->at[i]);
			if (!go_on(w))
				return false;
		}
	}
	return good;
}

static bool run_dependent(struct walk *w, const struct op *op, const struct here *h)
{
	bool good = true;
	for (size_t i = 0; i < op->u.named.n; i++)
		if (json_get_str(h->v, op->u.named.at[i].name) && !apply(w, op->u.named.at[i].node, *h))
			good = false;
	return good;
}

static bool run_unevaluated(struct walk *w, const struct op *op, const struct here *h)
{
	bool good = true;
	size_t i = 0;
	for (const json *v = h->v->first; v; v = v->next, i++) {
		if (seen_has(h->seen, i))
			continue;
		if (!(h->v->type == JSON_OBJECT ? apply_member(w, op->u.node, h, v)
		                                : apply_element(w, op->u.node, h, v, i)))
			good = false;
		seen_mark(h->seen, i);
		if (!good && !go_on(w))
			return false;
	}
	return good;
}

static const struct node *dynamic_target(const struct op *op, const struct scope *scope)
{
	const struct node *found = op->u.dynamic.node;
	if (!op->u.dynamic.anchor.n)
		return found;
	for (; scope; scope = scope->up) /* the outermost wins */
		for (const struct anchor *n = scope->resource->anchors; n; n = n->next)
			if (n->dynamic && n->node && str_eq(n->name, op->u.dynamic.anchor))
				found = n->node;
	return found;
}

/* ---- operations ---- */

static bool run_assertion(struct walk *w, const struct node *n, const struct op *op,
                          const struct here *h)
{
	const json *v = h->v;
	bool good = true;
	switch (op->kind) {
	case OP_TYPE:
		good = type_matches(w, op->u.types, v);
		break;
	case OP_CONST:
		good = equal(w, v, op->value);
		break;
	case OP_ENUM:
		good = false;
		for (const json *e = op->value->first; e && !good; e = e->next)
			good = equal(w, v, e);
		break;
	case OP_PATTERN:
		good = v->type != JSON_STRING || matches(w, op->u.pattern, v->s);
		break;
	case OP_FORMAT:
		if (v->type == JSON_STRING && (w->run->assert_formats || n->resource->assert_formats))
			good = step(w, 4 + v->s.n / 4) && format_check(op->u.format, v->s, w->run->a);
		break;
	case OP_UNIQUE:
		good = v->type != JSON_ARRAY || !op->u.limit || unique(w, v);
		break;
	case OP_MULTIPLE:
	case OP_MAXIMUM:
	case OP_EXCLUSIVE_MAXIMUM:
	case OP_MINIMUM:
	case OP_EXCLUSIVE_MINIMUM:
		good = number_holds(w, op, v);
		break;
	default:
		good = count_holds(op, v);
	}
	return good || fail_limit(w, n, op, h);
}

static bool run_op(struct walk *w, const struct node *n, const struct op *op, const struct here *h)
{
	bool object = h->v->type == JSON_OBJECT, array = h->v->type == JSON_ARRAY;
	switch (op->kind) {
	case OP_REF:
		return apply(w, op->u.node, *h);
	case OP_DYNAMIC_REF:
		return apply(w, dynamic_target(op, h->scope), *h);
	case OP_REQUIRED:
	case OP_DEPENDENT_REQUIRED:
		return !object || run_required(w, n, op, h);
	case OP_MEMBERS:
		return !object || run_members(w, &op->u.members, h);
	case OP_ELEMENTS:
		return !array || run_elements(w, &op->u.elements, h);
	case OP_CONTAINS:
		return !array || run_contains(w, n, op, h);
	case OP_NAMES:
		return !object || run_names(w, op, h);
	case OP_DEPENDENT_SCHEMAS:
		return !object || run_dependent(w, op, h);
	case OP_ALL:
		return run_all(w, op, h);
	case OP_ANY:
		return run_any(w, n, op, h);
	case OP_ONE:
		return run_one(w, n, op, h);
	case OP_NOT: {
		struct here blind = *h;
		blind.seen = NULL;
		return (!quietly(w, op->u.node, &blind) && !w->spent) || fail_limit(w, n, op, h);
	}
	case OP_IF:
		return run_if(w, op, h);
	case OP_UNEVALUATED_ITEMS:
		return !array || run_unevaluated(w, op, h);
	case OP_UNEVALUATED_PROPERTIES:
		return !object || run_unevaluated(w, op, h);
	default:
		return run_assertion(w, n, op, h);
	}
}

static bool apply(struct walk *w, const struct node *n, struct here h)
{
	if (!step(w, 1 + n->n_ops) || n->kind == NODE_TRUE)
		return !w->spent;
	if (n->kind == NODE_FALSE) {
		fail(w, n, "false", h.where);
		return false;
	}
	if (w->depth >= SCHEMA_MAX_DEPTH) {
		w->spent = true;
		return false;
	}
	struct scope scope = {.up = h.scope, .resource = n->resource};
	if (!h.scope || h.scope->resource != n->resource)
		h.scope = &scope;
	struct seen own, *outer = h.seen;
	if (n->unevaluated) {
		own = seen_make(w->run->a, h.v);
		h.seen = &own;
	}
	w->depth++;
	bool good = true;
	for (size_t i = 0; i < n->n_ops && (good || go_on(w)); i++)
		if (!run_op(w, n, &n->ops[i], &h))
			good = false;
	w->depth--;
	if (n->unevaluated && good)
		seen_merge(outer, &own);
	return good && !w->spent;
}

enum schema_verdict schema_validate(const struct schema *s, const json *instance,
                                    struct schema_run *run)
{
	uint64_t budget = run->budget ? run->budget : SCHEMA_BUDGET;
	struct walk w = {.run = run, .left = budget};
	struct where root = {0};
	arena_mark before = arena_save(run->a);
	run->first = run->last = NULL;
	run->count = 0;
	bool good = apply(&w, s->root, (struct here){.v = instance, .where = &root});
	run->steps = budget - w.left;
	if (!run->first) /* all was scratch: a pattern alone takes 20 KiB to match */
		arena_rewind(run->a, before);
	if (w.spent)
		return SCHEMA_BUDGET_SPENT;
	return good ? SCHEMA_VALID : SCHEMA_INVALID;
}

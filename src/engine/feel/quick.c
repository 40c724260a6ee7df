#include "engine/feel/quick.h"

/* Which expressions have the form of quick.h, and how it is made of their tree. */

struct making {
	arena *a;
	struct quick_num *frame;
	uint32_t free, size, parts;
	uint32_t local; /* slot of the variable of the `for` or the filter */
	bool inside;
};

static struct quick *fresh(struct making *m, quick_fn fn)
{
	struct quick *q = NEW(m->a, struct quick);
	q->fn = fn;
	return q;
}

static const struct quick *place(struct making *m, uint32_t at)
{
	struct quick *q = fresh(m, quick_place);
	q->a = at * (uint32_t)sizeof(struct quick_num);
	return at < QUICK_FRAME && m->parts++ < QUICK_PARTS ? q : NULL;
}

static const struct quick *constant(struct making *m, const feel_value *v)
{
	struct quick_num x = quick_of(v);
	if (x.e == QUICK_BAD || m->size == QUICK_FRAME)
		return NULL;
	m->frame[m->size] = x;
	return place(m, m->size++);
}

static const enum quick_op fused[] = {QUICK_ADD, QUICK_SUB, QUICK_MUL};

/* How an operand is reached. One operation of two places needs no call of its own. */
static enum quick_operand operand(const struct quick *q, uint32_t *first, uint32_t *second)
{
	*first = q->a;
	if (q->fn == quick_place)
		return OPERAND_S;
	*second = q->c;
	for (uint32_t i = 0; i < 3; i++)
		if (q->fn == quick_two(fused[i], OPERAND_S, OPERAND_S))
			return (enum quick_operand)(OPERAND_A + i);
	return OPERAND_N;
}

/* The same on the left, where a chain of two needs none either. */
static enum quick_operand left_operand(const struct quick *q, uint32_t *first, uint32_t *second,
                                       uint32_t *third)
{
	for (uint32_t i = 0; i < 9; i++) {
		enum quick_operand inner = (enum quick_operand)(OPERAND_A + i / 3);
		if (q->fn != quick_two(fused[i % 3], inner, OPERAND_S))
			continue;
		*first = q->a;
		*second = q->b;
		*third = q->c;
		return (enum quick_operand)(OPERAND_CHAIN + i);
	}
	return operand(q, first, second);
}

static const struct quick *two(struct making *m, enum quick_op op, const struct quick *x,
                               const struct quick *y)
{
	if (!x || !y || x->truth || y->truth)
		return NULL;
	struct quick *q = fresh(m, NULL);
	enum quick_operand left =
	    op <= QUICK_MUL ? left_operand(x, &q->a, &q->b, &q->e) : operand(x, &q->a, &q->b);
	enum quick_operand right = operand(y, &q->c, &q->d);
	q->x = x;
	q->y = y;
	q->fn = quick_two(op, left, right);
	q->whole = quick_two_whole(op, left, right);
	q->truth = op >= QUICK_LT;
	q->op = (uint8_t)op;
	q->left = (uint8_t)left;
	q->right = (uint8_t)right;
	return q;
}

static const struct quick *both(struct making *m, quick_fn fn, const struct quick *x,
                                const struct quick *y)
{
	if (!x || !y || !x->truth || !y->truth)
		return NULL;
	struct quick *q = fresh(m, fn);
	q->x = x;
	q->y = y;
	q->truth = true;
	return q;
}

static const struct quick *any(struct making *m, const struct node *n);

static const struct quick *within(struct making *m, const struct quick *in,
                                  const struct feel_range *r)
{
	const struct quick *lo = constant(m, &r->lo), *hi = constant(m, &r->hi);
	if (!lo || !hi)
		return NULL;
	struct quick *q = fresh(m, quick_within(r->lo_closed, r->hi_closed));
	q->a = in->a;
	q->c = lo->a;
	q->d = hi->a;
	q->truth = true;
	return q;
}

/* x in a constant test: a range, or a number it must equal. */
static const struct quick *one_test(struct making *m, const struct node *x, const struct node *t)
{
	if (t->eval != eval_const || t->uses_input)
		return NULL;
	if (t->value.kind == FEEL_NUMBER)
		return two(m, QUICK_EQ, any(m, x), constant(m, &t->value));
	const struct feel_range *r = t->value.kind == FEEL_RANGE ? t->value.range : NULL;
	if (!r || r->op != RANGE_ENDS)
		return NULL;
	const struct quick *lo = NULL, *hi = NULL, *in = any(m, x);
	if (in && in->fn == quick_place && !r->lo_none && !r->hi_none)
		return within(m, in, r);
	if (!r->lo_none &&
	    !(lo = two(m, r->lo_closed ? QUICK_GE : QUICK_GT, any(m, x), constant(m, &r->lo))))
		return NULL;
	if (!r->hi_none &&
	    !(hi = two(m, r->hi_closed ? QUICK_LE : QUICK_LT, any(m, x), constant(m, &r->hi))))
		return NULL;
	return lo && hi ? both(m, quick_and, lo, hi) : lo ? lo : hi;
}

static const struct quick *tests(struct making *m, const struct node *n)
{
	const struct node *list = n->kid[1];
	const struct quick *out = NULL;
	if (list->eval != eval_tests || list->flag || !list->n)
		return NULL;
	for (uint32_t i = 0; i < list->n; i++) {
		const struct quick *t = one_test(m, n->kid[0], list->kid[i]);
		out = i ? both(m, quick_or, out, t) : t;
		if (!out)
			return NULL;
	}
	return out;
}

static const struct quick *compared(struct making *m, const struct node *n)
{
	enum quick_op op = n->slot == '='   ? QUICK_EQ
	                   : n->slot == '!' ? QUICK_NE
	                   : n->slot == '<' ? QUICK_LT
	                   : n->slot == 'l' ? QUICK_LE
	                   : n->slot == '>' ? QUICK_GT
	                                    : QUICK_GE;
	return two(m, op, any(m, n->kid[0]), any(m, n->kid[1]));
}

static const struct quick *computed(struct making *m, const struct node *n)
{
	enum quick_op op = n->slot == '+'   ? QUICK_ADD
	                   : n->slot == '-' ? QUICK_SUB
	                   : n->slot == '*' ? QUICK_MUL
	                                    : QUICK_DIV;
	return n->slot == '^' ? NULL : two(m, op, any(m, n->kid[0]), any(m, n->kid[1]));
}

static const struct quick *between(struct making *m, const struct node *n)
{
	return both(m, quick_all, two(m, QUICK_GE, any(m, n->kid[0]), any(m, n->kid[1])),
	            two(m, QUICK_LE, any(m, n->kid[0]), any(m, n->kid[2])));
}

static const struct quick *chosen(struct making *m, const struct node *n)
{
	const struct quick *c = any(m, n->kid[0]), *then = any(m, n->kid[1]),
	                   *other = any(m, n->kid[2]);
	if (!c || !then || !other || !c->truth || then->truth != other->truth)
		return NULL;
	struct quick *q = fresh(m, quick_choose);
	q->x = c;
	q->y = then;
	q->z = other;
	q->truth = then->truth;
	return q;
}

static const struct quick *negated(struct making *m, const struct node *n)
{
	const struct quick *x = any(m, n->kid[0]);
	if (!x || x->truth)
		return NULL;
	struct quick *q = fresh(m, quick_negate);
	q->x = x;
	return q;
}

/* A number or a boolean. */
static const struct quick *any(struct making *m, const struct node *n)
{
	if (n->eval == eval_const)
		return constant(m, &n->value);
	if (n->eval == eval_global)
		return n->slot < m->free ? place(m, 1 + n->slot) : NULL;
	if (n->eval == eval_local)
		return m->inside && n->slot == m->local ? place(m, 0) : NULL;
	if (n->eval == eval_name) /* a number has no members */
		return m->inside && n->slot == 1 && n->slots[0] == m->local ? any(m, n->kid[0]) : NULL;
	if (n->eval == eval_arith)
		return computed(m, n);
	if (n->eval == eval_negate)
		return negated(m, n);
	if (n->eval == eval_compare)
		return compared(m, n);
	if (n->eval == eval_between)
		return between(m, n);
	if (n->eval == eval_in)
		return tests(m, n);
	if (n->eval == eval_and)
		return both(m, quick_and, any(m, n->kid[0]), any(m, n->kid[1]));
	if (n->eval == eval_or)
		return both(m, quick_or, any(m, n->kid[0]), any(m, n->kid[1]));
	return n->eval == eval_if ? chosen(m, n) : NULL;
}

/* --- whole expressions -------------------------------------------------------------- */

static void numbers_of(struct making *m, struct quick *q, const feel_value *v, size_t n)
{
	struct quick_num *items = NEWN(m->a, struct quick_num, n);
	for (size_t i = 0; i < n; i++) {
		items[i] = quick_of(&v[i]);
		if (items[i].e == QUICK_BAD)
			return;
	}
	q->items = items;
	q->value = v;
	q->n = (uint32_t)n;
}

/* Constants that are gone through: a list, or whole numbers from one to another. */
static const struct quick *source(struct making *m, const struct node *from, const struct node *to)
{
	struct quick *q = fresh(m, NULL);
	int64_t lo, hi;
	if (from->eval != eval_const || (to && to->eval != eval_const))
		return NULL;
	if (!to && from->value.kind == FEEL_LIST && from->value.list->n - 1 < QUICK_ITEMS) {
		numbers_of(m, q, from->value.list->v, from->value.list->n);
	} else if (to && from->value.kind == FEEL_NUMBER && to->value.kind == FEEL_NUMBER &&
	           dec_to_i64(from->value.num, &lo) && dec_to_i64(to->value.num, &hi) && hi >= lo &&
	           (uint64_t)hi - (uint64_t)lo < QUICK_ITEMS) {
		size_t n = (size_t)(hi - lo) + 1;
		feel_value *v = NEWN(m->a, feel_value, n);
		for (size_t i = 0; i < n; i++)
			v[i] = feel_int(lo + (int64_t)i);
		numbers_of(m, q, v, n);
	}
	return q->items ? q : NULL;
}

static const struct quick *whole(struct making *m, const struct node *n);

static const struct quick *iterated(struct making *m, const struct node *n, const struct quick *s,
                                    const struct node *body, uint32_t slot)
{
	if (!s || m->inside)
		return NULL;
	m->inside = true;
	m->local = slot;
	struct quick *q = fresh(m, NULL);
	const struct quick *b = any(m, body);
	m->inside = false;
	if (!b || (n->eval == eval_filter && !b->truth))
		return NULL;
	((struct quick *)(uintptr_t)s)->weight = 1 + (uint64_t)n->weight;
	q->y = s;
	q->x = b;
	q->truth = b->truth;
	q->whole = quick_filter;
	if (n->eval == eval_for)
		q->whole = quick_for(operand(b, &q->a, &q->b));
	return q;
}

static const struct quick *decided(struct making *m, const struct node *n)
{
	const struct quick *c = any(m, n->kid[0]);
	const struct quick *then = c && c->truth ? whole(m, n->kid[1]) : NULL;
	const struct quick *other = then ? whole(m, n->kid[2]) : NULL;
	if (!other)
		return NULL;
	struct quick *q = fresh(m, NULL);
	q->x = c;
	q->y = then;
	q->z = other;
	q->whole = quick_if;
	return q;
}

static const struct quick *whole(struct making *m, const struct node *n)
{
	if (n->eval == eval_const) {
		struct quick *q = fresh(m, NULL);
		q->value = &n->value;
		q->whole = quick_constant;
		return q;
	}
	if (n->eval == eval_if)
		return decided(m, n);
	if (n->eval == eval_for)
		return n->slot == 1 && !n->flag2
		           ? iterated(m, n, source(m, n->kid[0], n->kid[1]), n->kid[2], n->slots[0])
		           : NULL;
	if (n->eval == eval_filter)
		return iterated(m, n, source(m, n->kid[0], NULL), n->kid[1], n->slot);
	const struct quick *x = any(m, n);
	if (!x || (x->whole && x->whole != quick_number))
		return x;
	struct quick *q = fresh(m, NULL);
	q->x = x;
	q->whole = x->truth ? quick_truth : quick_number;
	return q;
}

/* Loops copy the frame: how large it is, is known at the end. */
static void set_size(const struct quick *q, uint32_t size)
{
	struct quick *w = (struct quick *)(uintptr_t)q;
	w->n = size;
	if (w->whole == quick_if) {
		set_size(w->y, size);
		set_size(w->z, size);
	}
}

const struct quick *quick_make(arena *a, const struct node *root, size_t n_free,
                               struct quick_num *frame, uint32_t *size)
{
	*size = 0;
	if (n_free + 1 > QUICK_FRAME)
		return NULL;
	struct making m = {
	    .a = a, .frame = frame, .free = (uint32_t)n_free, .size = (uint32_t)n_free + 1};
	const struct quick *q = whole(&m, root);
	*size = q ? m.size : 0;
	if (q)
		set_size(q, m.size);
	return q;
}

#include "engine/feel/quick.h"

#include <string.h>

/* The closures of quick.h. What happens often stands first; what leaves the form
 * is the unlikely branch of each. */

#define RARE(x) __builtin_expect(!!(x), 0)
#define HOT     static inline __attribute__((always_inline))

const int64_t quick_power[19] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
};

#define BAD ((struct quick_num){0, QUICK_BAD})

HOT bool is_bad(struct quick_num x)
{
	return x.e >= QUICK_BAD / 2;
}

/* Both at the smaller exponent; false where that takes more than 64 bits. */
HOT bool aligned(struct quick_num *x, struct quick_num *y)
{
	int64_t gap = x->e - y->e;
	if (gap > 0) {
		if (RARE(gap > 18) || RARE(__builtin_mul_overflow(x->c, quick_power[gap], &x->c)))
			return false;
		x->e = y->e;
	} else if (gap < 0) {
		if (RARE(gap < -18) || RARE(__builtin_mul_overflow(y->c, quick_power[-gap], &y->c)))
			return false;
	}
	return true;
}

/* Each operation: false when it leaves the form. */
HOT bool op_add(struct quick_num x, struct quick_num y, struct quick_num *out)
{
	if (RARE(!aligned(&x, &y)) || RARE(__builtin_add_overflow(x.c, y.c, &x.c)))
		return false;
	*out = x;
	return true;
}

HOT bool op_sub(struct quick_num x, struct quick_num y, struct quick_num *out)
{
	if (RARE(!aligned(&x, &y)) || RARE(__builtin_sub_overflow(x.c, y.c, &x.c)))
		return false;
	*out = x;
	return true;
}

HOT bool op_mul(struct quick_num x, struct quick_num y, struct quick_num *out)
{
	int64_t c;
	/* 0 * -2 is a negative zero */
	if (RARE(__builtin_mul_overflow(x.c, y.c, &c)) || RARE(c == 0 && (x.c | y.c) < 0))
		return false;
	*out = (struct quick_num){c, x.e + y.e};
	return true;
}

/* As dec_div finds it: exact, or with up to six digits more. */
static __attribute__((noinline)) bool op_div(struct quick_num x, struct quick_num y,
                                             struct quick_num *out)
{
	enum { MORE = 6 };
	if (is_bad(x) || is_bad(y) || x.c <= 0 || y.c <= 0) /* signs and zeros: the tree's */
		return false;
	for (int64_t k = 0; k <= MORE; k++) {
		if (x.c % y.c == 0) {
			*out = (struct quick_num){x.c / y.c, x.e - y.e - k};
			return true;
		}
		if (__builtin_mul_overflow(x.c, 10, &x.c))
			break;
	}
	return false;
}

#define COMPARISON(name, sign)                                                                     \
	HOT bool op_##name(struct quick_num x, struct quick_num y, struct quick_num *out)              \
	{                                                                                              \
		if (RARE(!aligned(&x, &y)) || RARE(is_bad(x)))                                             \
			return false;                                                                          \
		*out = (struct quick_num){x.c sign y.c, 0};                                                \
		return true;                                                                               \
	}
COMPARISON(lt, <)
COMPARISON(le, <=)
COMPARISON(gt, >)
COMPARISON(ge, >=)
COMPARISON(eq, ==)
COMPARISON(ne, !=)
#undef COMPARISON

HOT const struct quick_num *frame_of(const struct feel_bound *b)
{
	return ((const struct quick_bound *)b)->f;
}

/* --- operations with their operands ------------------------------------------------- */

#define AT(place) (*(const struct quick_num *)((const char *)f + (place)))

/* Operands, put into x and y. */
#define LEFT_S  (x = AT(q->a), true)
#define LEFT_N  (x = q->x->fn(q->x, f), true)
#define LEFT_A  op_add(AT(q->a), AT(q->b), &x)
#define LEFT_D  op_sub(AT(q->a), AT(q->b), &x)
#define LEFT_M  op_mul(AT(q->a), AT(q->b), &x)
#define RIGHT_S (y = AT(q->c), true)
#define RIGHT_N (y = q->y->fn(q->y, f), true)
#define RIGHT_A op_add(AT(q->c), AT(q->d), &y)
#define RIGHT_D op_sub(AT(q->c), AT(q->d), &y)
#define RIGHT_M op_mul(AT(q->c), AT(q->d), &y)

/* Chains: LEFT_MD is (a * b) - e. */
#define LEFT_AA (LEFT_A && op_add(x, AT(q->e), &x))
#define LEFT_AD (LEFT_A && op_sub(x, AT(q->e), &x))
#define LEFT_AM (LEFT_A && op_mul(x, AT(q->e), &x))
#define LEFT_DA (LEFT_D && op_add(x, AT(q->e), &x))
#define LEFT_DD (LEFT_D && op_sub(x, AT(q->e), &x))
#define LEFT_DM (LEFT_D && op_mul(x, AT(q->e), &x))
#define LEFT_MA (LEFT_M && op_add(x, AT(q->e), &x))
#define LEFT_MD (LEFT_M && op_sub(x, AT(q->e), &x))
#define LEFT_MM (LEFT_M && op_mul(x, AT(q->e), &x))

#define RIGHTS(what, op, l)                                                                        \
	what(op, l, S) what(op, l, N) what(op, l, A) what(op, l, D) what(op, l, M)
#define LEFTS(row, what, op)                                                                       \
	row(what, op, S) row(what, op, N) row(what, op, A) row(what, op, D) row(what, op, M)
#define CHAINS(row, what, op)                                                                      \
	row(what, op, AA) row(what, op, AD) row(what, op, AM) row(what, op, DA) row(what, op, DD)      \
	    row(what, op, DM) row(what, op, MA) row(what, op, MD) row(what, op, MM)

#define CLOSURE(op, l, r)                                                                          \
	static struct quick_num op##_##l##r(const struct quick *q, const struct quick_num *f)          \
	{                                                                                              \
		struct quick_num x, y;                                                                     \
		return LEFT_##l && RIGHT_##r && op_##op(x, y, &x) ? x : BAD;                               \
	}
/* The same at the root of an expression: one call less. */
#define WHOLE(op, l, r)                                                                            \
	static err op##_##l##r##_whole(const struct quick *q, const struct feel_bound *b,              \
	                               struct feel_run *run, feel_value *out)                          \
	{                                                                                              \
		const struct quick_num *f = frame_of(b);                                                   \
		struct quick_num x, y;                                                                     \
		if (RARE(!(LEFT_##l && RIGHT_##r && op_##op(x, y, &x))) || RARE(is_bad(x)))                \
			return quick_tree(NULL, b, run, out);                                                  \
		run->steps = 0;                                                                            \
		quick_give(x, out);                                                                              \
		return OK;                                                                                 \
	}
#define ALL(op) LEFTS(RIGHTS, CLOSURE, op)
#define LONG(op)                                                                                   \
	ALL(op) CHAINS(RIGHTS, CLOSURE, op) LEFTS(RIGHTS, WHOLE, op) CHAINS(RIGHTS, WHOLE, op)
LONG(add)
LONG(sub)
LONG(mul)
ALL(div)
ALL(lt)
ALL(le)
ALL(gt)
ALL(ge)
ALL(eq)
ALL(ne)
#undef ALL
#undef LONG

#define NAME(op, l, r)       op##_##l##r,
#define NAME_WHOLE(op, l, r) op##_##l##r##_whole,
#define ROW(what, op, l)     {RIGHTS(what, op, l)},
#define ALL(op)              {LEFTS(ROW, NAME, op)},
#define LONG(what, op)       {LEFTS(ROW, what, op) CHAINS(ROW, what, op)},

quick_fn quick_two(enum quick_op op, enum quick_operand left, enum quick_operand right)
{
	static const quick_fn longs[][OPERANDS][OPERAND_CHAIN] = {LONG(NAME, add) LONG(NAME, sub)
	                                                              LONG(NAME, mul)};
	static const quick_fn others[][OPERAND_CHAIN][OPERAND_CHAIN] = {ALL(div) ALL(lt) ALL(le) ALL(gt)
	                                                                    ALL(ge) ALL(eq) ALL(ne)};
	return op <= QUICK_MUL ? longs[op][left][right] : others[op - QUICK_DIV][left][right];
}

quick_whole quick_two_whole(enum quick_op op, enum quick_operand left, enum quick_operand right)
{
	static const quick_whole longs[][OPERANDS][OPERAND_CHAIN] = {
	    LONG(NAME_WHOLE, add) LONG(NAME_WHOLE, sub) LONG(NAME_WHOLE, mul)};
	return op <= QUICK_MUL ? longs[op][left][right] : quick_number;
}
#undef ALL
#undef LONG
#undef ROW

struct quick_num quick_place(const struct quick *q, const struct quick_num *f)
{
	return AT(q->a);
}

struct quick_num quick_negate(const struct quick *q, const struct quick_num *f)
{
	struct quick_num x = q->x->fn(q->x, f);
	return RARE(x.c == INT64_MIN) ? BAD : (struct quick_num){-x.c, x.e};
}

struct quick_num quick_and(const struct quick *q, const struct quick_num *f)
{
	struct quick_num x = q->x->fn(q->x, f);
	return RARE(is_bad(x)) || !x.c ? x : q->y->fn(q->y, f);
}

struct quick_num quick_all(const struct quick *q, const struct quick_num *f)
{
	struct quick_num x = q->x->fn(q->x, f), y = q->y->fn(q->y, f);
	return RARE(is_bad(x)) || RARE(is_bad(y)) ? BAD : (struct quick_num){x.c & y.c, 0};
}

struct quick_num quick_or(const struct quick *q, const struct quick_num *f)
{
	struct quick_num x = q->x->fn(q->x, f);
	return RARE(is_bad(x)) || x.c ? x : q->y->fn(q->y, f);
}

struct quick_num quick_choose(const struct quick *q, const struct quick_num *f)
{
	struct quick_num c = q->x->fn(q->x, f);
	if (RARE(is_bad(c)))
		return c;
	return c.c ? q->y->fn(q->y, f) : q->z->fn(q->z, f);
}

/* --- whole values ------------------------------------------------------------------- */

struct quick_num quick_of(const feel_value *v)
{
	decimal d = v->num;
	if (v->kind != FEEL_NUMBER || d.hi || d.lo > INT64_MAX || d.exp > QUICK_EXP ||
	    d.exp < -QUICK_EXP || (d.neg && !d.lo))
		return BAD;
	return (struct quick_num){d.neg ? -(int64_t)d.lo : (int64_t)d.lo, d.exp};
}

/* One place between two others. */
#define WITHIN(name, low, high)                                                                    \
	static struct quick_num name(const struct quick *q, const struct quick_num *f)                 \
	{                                                                                              \
		struct quick_num lo, hi, x = AT(q->a);                                                     \
		bool fits = op_##low(x, AT(q->c), &lo) && op_##high(x, AT(q->d), &hi);                     \
		return fits ? (struct quick_num){lo.c & hi.c, 0} : BAD;                                    \
	}
WITHIN(within_open, gt, lt)
WITHIN(within_left, ge, lt)
WITHIN(within_right, gt, le)
WITHIN(within_closed, ge, le)

quick_fn quick_within(bool lo_closed, bool hi_closed)
{
	return lo_closed ? (hi_closed ? within_closed : within_left)
	                 : (hi_closed ? within_right : within_open);
}

err quick_number(const struct quick *q, const struct feel_bound *b, struct feel_run *run,
                 feel_value *out)
{
	struct quick_num x = q->x->fn(q->x, frame_of(b));
	if (RARE(is_bad(x)))
		return quick_tree(NULL, b, run, out);
	run->steps = 0;
	quick_give(x, out);
	return OK;
}

err quick_truth(const struct quick *q, const struct feel_bound *b, struct feel_run *run,
                feel_value *out)
{
	struct quick_num x = q->x->fn(q->x, frame_of(b));
	if (RARE(is_bad(x)))
		return quick_tree(NULL, b, run, out);
	run->steps = 0;
	out->kind = FEEL_BOOL;
	out->b = x.c != 0;
	out->num = (decimal){0};
	return OK;
}

err quick_constant(const struct quick *q, const struct feel_bound *b, struct feel_run *run,
                   feel_value *out)
{
	(void)b;
	run->steps = 0;
	*out = *q->value;
	return OK;
}

err quick_if(const struct quick *q, const struct feel_bound *b, struct feel_run *run,
             feel_value *out)
{
	struct quick_num c = q->x->fn(q->x, frame_of(b));
	if (RARE(is_bad(c)))
		return quick_tree(NULL, b, run, out);
	const struct quick *then = c.c ? q->y : q->z;
	return then->whole(then, b, run, out);
}

/* Room for a list of n, its items not yet written; NULL if the tree shall see to it. */
HOT struct feel_list *list_for(const struct quick *from, struct feel_run *run)
{
	uint64_t steps = from->n * from->weight;
	size_t bytes = sizeof(struct feel_list) + from->n * sizeof(feel_value);
	if (RARE(steps > run->steps_max) || RARE(bytes > arena_room(run->a)))
		return NULL;
	struct feel_list *l = arena_raw(run->a, bytes);
	l->v = (feel_value *)(l + 1);
	run->steps = steps;
	return l;
}

HOT err give_list(struct feel_list *l, size_t n, feel_value *out)
{
	l->n = n;
	*out = (feel_value){.kind = FEEL_LIST, .list = l};
	return OK;
}

/* Over the items of q->y; an operand is the item (place 0) or stays where it is. */
#define LOOP(name, value)                                                                          \
	static err name(const struct quick *q, const struct feel_bound *b, struct feel_run *run,       \
	                feel_value *out)                                                               \
	{                                                                                              \
		const struct quick_num *f = frame_of(b), *items = q->y->items,                             \
		                       *x = q->a ? &AT(q->a) : items, *y = q->b ? &AT(q->b) : items;       \
		const size_t x_step = !q->a, y_step = !q->b, n = q->y->n;                                  \
		struct feel_list *l = list_for(q->y, run);                                                 \
		if (RARE(!l))                                                                              \
			return quick_tree(NULL, b, run, out);                                                  \
		feel_value *v = l->v;                                                                      \
		for (feel_value *end = v + n; v < end; v++, x += x_step, y += y_step) {                    \
			struct quick_num z;                                                                    \
			if (RARE(!(value)) || RARE(is_bad(z)))                                                 \
				return quick_tree(NULL, b, run, out);                                              \
			quick_give(z, v);                                                                            \
		}                                                                                          \
		return give_list(l, n, out);                                                               \
	}
LOOP(for_place, (z = *x, y = x, true))
LOOP(for_add, op_add(*x, *y, &z))
LOOP(for_sub, op_sub(*x, *y, &z))
LOOP(for_mul, op_mul(*x, *y, &z))
#undef LOOP

static err for_any(const struct quick *q, const struct feel_bound *b, struct feel_run *run,
                   feel_value *out)
{
	struct quick_num f[QUICK_FRAME] FEEL_UNSET;
	struct feel_list *l = list_for(q->y, run);
	if (RARE(!l))
		return quick_tree(NULL, b, run, out);
	memcpy(f + 1, frame_of(b) + 1, (q->n - 1) * sizeof *f);
	for (uint32_t i = 0; i < q->y->n; i++) {
		f[0] = q->y->items[i];
		struct quick_num x = q->x->fn(q->x, f);
		if (RARE(is_bad(x)))
			return quick_tree(NULL, b, run, out);
		if (q->truth)
			l->v[i] = feel_bool(x.c != 0);
		else
			quick_give(x, &l->v[i]);
	}
	return give_list(l, q->y->n, out);
}

quick_whole quick_for(enum quick_operand body)
{
	static const quick_whole all[OPERAND_CHAIN] = {for_place, for_any, for_add, for_sub, for_mul};
	return all[body];
}

err quick_filter(const struct quick *q, const struct feel_bound *b, struct feel_run *run,
                 feel_value *out)
{
	struct quick_num f[QUICK_FRAME] FEEL_UNSET;
	struct feel_list *l = list_for(q->y, run);
	size_t n = 0;
	if (RARE(!l))
		return quick_tree(NULL, b, run, out);
	memcpy(f + 1, frame_of(b) + 1, (q->n - 1) * sizeof *f);
	for (uint32_t i = 0; i < q->y->n; i++) {
		f[0] = q->y->items[i];
		struct quick_num keep = q->x->fn(q->x, f);
		if (RARE(is_bad(keep)))
			return quick_tree(NULL, b, run, out);
		if (keep.c)
			l->v[n++] = q->y->value[i];
	}
	return give_list(l, n, out);
}

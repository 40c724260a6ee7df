#include "engine/feel/quick.h"

/* Shapes (quick.h): arithmetic of places whose exponents are known when it is bound. */

#define RARE(x) __builtin_expect(!!(x), 0)
#define HOT     static inline __attribute__((always_inline))

/* --- the closures ------------------------------------------------------------------- */

/* Coefficients; false when one leaves the form. The scales are 1 for a factor. */
HOT bool c_add(int64_t x, int64_t y, const int64_t *k, int64_t *out)
{
	return !RARE(__builtin_mul_overflow(x, k[0], &x)) &&
	       !RARE(__builtin_mul_overflow(y, k[1], &y)) && !RARE(__builtin_add_overflow(x, y, out));
}

HOT bool c_sub(int64_t x, int64_t y, const int64_t *k, int64_t *out)
{
	return !RARE(__builtin_mul_overflow(x, k[0], &x)) &&
	       !RARE(__builtin_mul_overflow(y, k[1], &y)) && !RARE(__builtin_sub_overflow(x, y, out));
}

HOT bool c_mul(int64_t x, int64_t y, const int64_t *k, int64_t *out)
{
	int64_t c;
	(void)k;
	/* 0 * -2 is a negative zero */
	if (RARE(__builtin_mul_overflow(x, y, &c)) || RARE(c == 0 && (x | y) < 0))
		return false;
	*out = c;
	return true;
}

#define AT(place) (((const struct quick_num *)((const char *)f + (place)))->c)

#define LEFT_S  (x = AT(q->a), true)
#define LEFT_A  c_add(AT(q->a), AT(q->b), k, &x)
#define LEFT_D  c_sub(AT(q->a), AT(q->b), k, &x)
#define LEFT_M  c_mul(AT(q->a), AT(q->b), k, &x)
#define LEFT_AA (LEFT_A && c_add(x, AT(q->e), k + 2, &x))
#define LEFT_AD (LEFT_A && c_sub(x, AT(q->e), k + 2, &x))
#define LEFT_AM (LEFT_A && c_mul(x, AT(q->e), k + 2, &x))
#define LEFT_DA (LEFT_D && c_add(x, AT(q->e), k + 2, &x))
#define LEFT_DD (LEFT_D && c_sub(x, AT(q->e), k + 2, &x))
#define LEFT_DM (LEFT_D && c_mul(x, AT(q->e), k + 2, &x))
#define LEFT_MA (LEFT_M && c_add(x, AT(q->e), k + 2, &x))
#define LEFT_MD (LEFT_M && c_sub(x, AT(q->e), k + 2, &x))
#define LEFT_MM (LEFT_M && c_mul(x, AT(q->e), k + 2, &x))
#define RIGHT_S (y = AT(q->c), true)
#define RIGHT_A c_add(AT(q->c), AT(q->d), k + 4, &y)
#define RIGHT_D c_sub(AT(q->c), AT(q->d), k + 4, &y)
#define RIGHT_M c_mul(AT(q->c), AT(q->d), k + 4, &y)

#define RIGHTS(what, op, l) what(op, l, S) what(op, l, A) what(op, l, D) what(op, l, M)
#define LEFTS(row, what, op)                                                                       \
	row(what, op, S) row(what, op, A) row(what, op, D) row(what, op, M) row(what, op, AA)          \
	    row(what, op, AD) row(what, op, AM) row(what, op, DA) row(what, op, DD) row(what, op, DM)  \
	        row(what, op, MA) row(what, op, MD) row(what, op, MM)

#define SHAPED(op, l, r)                                                                           \
	static err op##_##l##r(const struct quick *q, const struct feel_bound *head,                   \
	                       struct feel_run *run, feel_value *out)                                  \
	{                                                                                              \
		const struct quick_bound *b = (const struct quick_bound *)head;                            \
		const struct quick_num *f = b->f;                                                          \
		const int64_t *k = b->scale;                                                               \
		int64_t x, y;                                                                              \
		if (RARE(!(LEFT_##l && RIGHT_##r && c_##op(x, y, k + 6, &x))))                             \
			return quick_tree(NULL, head, run, out);                                               \
		run->steps = 0;                                                                            \
		quick_give((struct quick_num){x, b->e}, out);                                              \
		return OK;                                                                                 \
	}
LEFTS(RIGHTS, SHAPED, add)
LEFTS(RIGHTS, SHAPED, sub)
LEFTS(RIGHTS, SHAPED, mul)

/* --- which one, and its scales ------------------------------------------------------ */

/* The exponent of x op y; false if they stand too far apart. */
static bool join(enum quick_op op, int64_t x, int64_t y, int64_t *k, int64_t *e)
{
	int64_t gap = x - y;
	if (op == QUICK_MUL) {
		*e = x + y;
		return true;
	}
	if (gap > 18 || gap < -18)
		return false;
	k[0] = gap > 0 ? quick_power[gap] : 1;
	k[1] = gap < 0 ? quick_power[-gap] : 1;
	*e = gap > 0 ? y : x;
	return true;
}

static bool left_of(const struct quick *q, const struct quick_num *f, int64_t *k, int64_t *e)
{
	static const enum quick_op ops[] = {QUICK_ADD, QUICK_SUB, QUICK_MUL};
	size_t size = sizeof *f, chain = (size_t)q->left - OPERAND_CHAIN;
	int64_t a = f[q->a / size].e;
	*e = a;
	if (q->left == OPERAND_S)
		return true;
	if (q->left < OPERAND_CHAIN)
		return join(ops[q->left - OPERAND_A], a, f[q->b / size].e, k, e);
	return join(ops[chain / 3], a, f[q->b / size].e, k, e) &&
	       join(ops[chain % 3], *e, f[q->e / size].e, k + 2, e);
}

static bool right_of(const struct quick *q, const struct quick_num *f, int64_t *k, int64_t *e)
{
	static const enum quick_op ops[] = {QUICK_ADD, QUICK_SUB, QUICK_MUL};
	size_t size = sizeof *f;
	*e = f[q->c / size].e;
	return q->right == OPERAND_S || join(ops[q->right - OPERAND_A], *e, f[q->d / size].e, k + 4, e);
}

static bool all_fit(const struct quick_num *f, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (f[i].e == QUICK_BAD)
			return false;
	return true;
}

quick_whole quick_shape(const struct quick *q, struct quick_bound *b)
{
#define NAME(op, l, r)   op##_##l##r,
#define ROW(what, op, l) {RIGHTS(what, op, l)},
#define ALL(op)          {LEFTS(ROW, NAME, op)},
	static const quick_whole shaped[][OPERANDS - 1][4] = {ALL(add) ALL(sub) ALL(mul)};
	int64_t x, y;
	bool flat = q->fn && q->op <= QUICK_MUL && q->left != OPERAND_N && q->right != OPERAND_N;
	if (!flat || !all_fit(b->f, q->n) || !left_of(q, b->f, b->scale, &x) ||
	    !right_of(q, b->f, b->scale, &y) || !join((enum quick_op)q->op, x, y, b->scale + 6, &b->e))
		return q->whole;
	size_t left = q->left == OPERAND_S ? 0 : q->left - 1U; /* there is no N here */
	size_t right = q->right == OPERAND_S ? 0 : q->right - 1U;
	return shaped[q->op][left][right];
}

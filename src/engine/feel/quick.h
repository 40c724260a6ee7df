/*
 * quick.h - a second, narrower form of an expression: numbers that fit a register.
 *
 * Most rules compute with amounts and counts: whole coefficients below 2^63 with
 * small exponents. For expressions made only of such numbers (+ - * /, comparisons,
 * between, in, and, or, if, one `for` or filter over them) a form is made beside the
 * tree, in which a value is 16 bytes, goes through registers, and needs no memory, no
 * guard and no budget. Each step is the decimal128 operation where that is exact.
 * Whatever is not (a coefficient that grows beyond 2^63, another kind of value, a
 * negative zero, a division by zero or one with more digits) becomes QUICK_BAD, which
 * no later step can take back, and the tree runs instead, from the beginning: an
 * expression has no effects, and nothing was told. So the answers are those of the
 * tree, always; tests/unit/test_feel_quick.c holds the two against each other.
 *
 * A frame is an array of such numbers: the variable of a `for` or the item of a
 * filter, then the free names, then the constants. An operand is therefore always an
 * address in it (S), the result of another closure (N), or one operation of two
 * addresses (A: +, D: -, M: *), and there is a closure for each pair of these: the
 * calls are what costs here.
 *
 * Binding a name's value also binds its exponent, and the exponents of sums, differences
 * and products follow from those of their operands alone. So feel_bind works out the
 * shape of an expression of up to five places: by what each operand must be multiplied
 * to stand at the exponent of the other, and the exponent of the result. What is left
 * for each evaluation is arithmetic on the coefficients (quick_shape.c). An expression
 * evaluated once, or with numbers too far apart, goes without.
 *
 * Where the time goes in (price * quantity - discount) * (1 + rate) with bound names, 53
 * instructions: 10 read the five coefficients and where they are, 14 multiply, add, and
 * ask each time whether that overflowed or is a negative zero, 8 bring operands to one
 * exponent (without a shape that is 26), 21 are the call and the 32 bytes of the result,
 * which is all there is to a constant. Looking four names up in a context, which
 * feel_eval does each time, costs ten times as much as all of it.
 */
#ifndef ENGINE_FEEL_QUICK_H
#define ENGINE_FEEL_QUICK_H

#include "engine/feel/node.h"

#define QUICK_FRAME 24 /* numbers of a frame */
#define QUICK_PARTS 64 /* numbers one expression names */
#define QUICK_EXP                                                                                  \
	90                                  /* exponents of what is taken in: no product of            \
	                                     * QUICK_PARTS of them leaves decimal128's range */
#define QUICK_BAD    (INT64_C(1) << 40) /* an exponent above all that can be */
#define QUICK_SCALES 8                  /* of the four operations of a shape, left and right */
#define QUICK_ITEMS  1024               /* of a list that is gone through here */

/* c * 10^e; a boolean is 0 or 1 with e = 0. */
struct quick_num {
	int64_t c, e;
};

struct quick;
typedef struct quick_num (*quick_fn)(const struct quick *q, const struct quick_num *f);
typedef feel_eval_fn quick_whole;

/* What a feel_bound is: the values of the free names, as the tree and as this form want
 * them. */
struct quick_bound {
	struct feel_bound head;
	const struct feel_expr *of;
	const feel_value *value;
	struct quick_num f[QUICK_FRAME]; /* if the expression has this form */
	int64_t scale[QUICK_SCALES], e;  /* its shape, if it has one */
};

struct quick {
	quick_fn fn;       /* numbers and booleans */
	quick_whole whole; /* at the root: the value */
	const struct quick *x, *y, *z;
	const struct quick_num *items; /* of a constant list */
	const feel_value *value;       /* a constant of any kind */
	uint64_t weight;               /* steps of one item */
	uint32_t a, b, c, d, e;        /* places in the frame, in bytes: left two, right two, and
	                                * the third of a chain on the left */
	uint32_t n;                    /* items, or numbers of the frame */
	bool truth;                    /* its value is a boolean */
	uint8_t op, left, right;       /* of two operands: which closure it is */
};

/* The form of an expression, or NULL when it has none. The constants are written to
 * `frame` (QUICK_FRAME of them) behind 1 + n_free places; *size is how many that is. */
const struct quick *quick_make(arena *a, const struct node *root, size_t n_free,
                               struct quick_num *frame, uint32_t *size);

/* A value as it is taken in; QUICK_BAD if it is none. */
struct quick_num quick_of(const feel_value *v);

/* The closures: see quick_run.c. */
enum quick_op {
	QUICK_ADD,
	QUICK_SUB,
	QUICK_MUL,
	QUICK_DIV,
	QUICK_LT,
	QUICK_LE,
	QUICK_GT,
	QUICK_GE,
	QUICK_EQ,
	QUICK_NE
};
/* On the left also a chain of two operations over three places: (a * b) - c. */
enum quick_operand {
	OPERAND_S,
	OPERAND_N,
	OPERAND_A,
	OPERAND_D,
	OPERAND_M,
	OPERAND_CHAIN, /* the first of nine, AA AD AM DA .. MM */
	OPERANDS = OPERAND_CHAIN + 9
};

extern const int64_t quick_power[19]; /* of ten */

static inline __attribute__((always_inline)) void quick_give(struct quick_num x, feel_value *out)
{
	out->kind = FEEL_NUMBER;
	out->b = false;
	out->num.lo = x.c < 0 ? 0 - (uint64_t)x.c : (uint64_t)x.c;
	out->num.hi = 0;
	out->num.exp = (int32_t)x.e;
	out->num.neg = x.c < 0;
}

/* Asks the tree: how any of the others ends that finds no answer here. */
err quick_tree(const struct quick *q, const struct feel_bound *b, struct feel_run *run,
               feel_value *out);

/* The closure of a bound expression for the exponents its places have, and what that
 * needs in b; or the one it had. */
quick_whole quick_shape(const struct quick *q, struct quick_bound *b);

quick_fn quick_two(enum quick_op op, enum quick_operand left, enum quick_operand right);
quick_whole quick_two_whole(enum quick_op op, enum quick_operand left, enum quick_operand right);
struct quick_num quick_place(const struct quick *q, const struct quick_num *f);
struct quick_num quick_negate(const struct quick *q, const struct quick_num *f);
struct quick_num quick_and(const struct quick *q, const struct quick_num *f);
/* Both, whatever the first is: a `between` that cannot compare is null. */
struct quick_num quick_all(const struct quick *q, const struct quick_num *f);
struct quick_num quick_or(const struct quick *q, const struct quick_num *f);
struct quick_num quick_choose(const struct quick *q, const struct quick_num *f);

/* x in a range of two constants. */
quick_fn quick_within(bool lo_closed, bool hi_closed);

err quick_number(const struct quick *q, const struct feel_bound *b, struct feel_run *run,
                 feel_value *out);
err quick_truth(const struct quick *q, const struct feel_bound *b, struct feel_run *run,
                feel_value *out);
err quick_constant(const struct quick *q, const struct feel_bound *b, struct feel_run *run,
                   feel_value *out);
err quick_if(const struct quick *q, const struct feel_bound *b, struct feel_run *run,
             feel_value *out);
quick_whole quick_for(enum quick_operand body);
err quick_filter(const struct quick *q, const struct feel_bound *b, struct feel_run *run,
                 feel_value *out);

#endif

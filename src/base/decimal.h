/*
 * decimal.h - IEEE 754-2008 decimal128 arithmetic, without NaN and infinity.
 *
 * The number is (neg ? -1 : 1) * coefficient * 10^exp with a coefficient below
 * 10^34 and DEC_EXP_MIN <= exp <= DEC_EXP_MAX. Cohorts are kept as the standard
 * says (1.10 is not turned into 1.1 unless asked: dec_reduce), every result is
 * rounded once, to nearest even where no mode is given, and underflows
 * gradually. What IEEE answers with NaN or infinity (overflow, 0/0, x/0,
 * sqrt(-1)) is answered with `false`, and *out stays as it was.
 *
 * add sub mul div sqrt quantize are exact or correctly rounded. exp ln pow are
 * computed with 384 fraction bits (115 digits) and then rounded: a wrong last
 * digit would need a result whose digits 35 to 100 are all 0 or a 5 and zeros;
 * such exact cases of pow (3 ** 4, 0.5 ** 2) are computed exactly.
 *
 * Plain values, no allocation, no state: any thread.
 */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include "base/str.h"

#define DEC_DIGITS  34
#define DEC_EXP_MIN (-6176)
#define DEC_EXP_MAX 6111

typedef struct {
	uint64_t lo, hi; /* coefficient = hi * 2^64 + lo < 10^34 */
	int32_t exp;
	bool neg;
} decimal;

enum dec_round {
	DEC_HALF_EVEN,
	DEC_HALF_UP,
	DEC_HALF_DOWN,
	DEC_UP,   /* away from zero */
	DEC_DOWN, /* towards zero */
	DEC_CEILING,
	DEC_FLOOR
};

/* Whole text: [+-] digits [. digits] [e|E [+-] digits], also ".5" and "5.".
 * More than 34 digits are rounded. False on anything else and on overflow. */
bool dec_parse(str s, decimal *out);

/* Plain notation ("0.000001", "1200"); scientific ("1E+400") only where plain
 * would need more than DEC_PRINT_ZEROS zeros. */
#define DEC_PRINT_ZEROS 40
str dec_print(arena *a, decimal d);
/* to-scientific-string of the standard: shows coefficient and exponent. */
str dec_print_sci(arena *a, decimal d);

decimal dec_of_i64(int64_t v);
/* False unless d is an integer (2.0 is) that fits. */
bool dec_to_i64(decimal d, int64_t *out);
bool dec_is_integer(decimal d);
bool dec_is_zero(decimal d);
int dec_sign(decimal d);           /* -1, 0, 1 */
int dec_cmp(decimal x, decimal y); /* by value: 1.0 and 1.00 are equal */
uint64_t dec_hash(decimal d);      /* equal values hash alike */

decimal dec_neg(decimal d);
decimal dec_abs(decimal d);
bool dec_add(decimal x, decimal y, decimal *out);
bool dec_sub(decimal x, decimal y, decimal *out);
bool dec_mul(decimal x, decimal y, decimal *out);
bool dec_div(decimal x, decimal y, decimal *out);

/* Integer part of x/y, and what remains (sign of x). False where the quotient
 * needs more than 34 digits or y is zero. */
bool dec_div_int(decimal x, decimal y, decimal *out);
bool dec_rem(decimal x, decimal y, decimal *out);
/* x - y * floor(x/y): the sign of y. */
bool dec_mod_floor(decimal x, decimal y, decimal *out);

/* The nearest number with exponent `exp` (quantize): false when that needs
 * more than 34 digits. dec_round keeps x when it has no digit to lose. */
bool dec_quantize(decimal x, int32_t exp, enum dec_round mode, decimal *out);
bool dec_round_to(decimal x, int32_t scale, enum dec_round mode, decimal *out);
decimal dec_integral(decimal x, enum dec_round mode);
decimal dec_reduce(decimal x); /* without trailing zeros; 0 becomes 0E0 */

bool dec_sqrt(decimal x, decimal *out);
bool dec_exp(decimal x, decimal *out);
bool dec_ln(decimal x, decimal *out);
bool dec_pow(decimal x, decimal y, decimal *out);

#endif

/*
 * decimal_wide.h - wide unsigned integers for decimal.c and decimal_math.c.
 *
 * Little-endian arrays of 64-bit limbs. Private to the two files.
 */
#ifndef BASE_DECIMAL_WIDE_H
#define BASE_DECIMAL_WIDE_H

#include "base/decimal.h"

__extension__ typedef unsigned __int128 u128;

#define POW19 UINT64_C(10000000000000000000)

static inline u128 dec_coef(decimal d)
{
	return ((u128)d.hi << 64) | d.lo;
}

/* x = x * m + add; returns what ran over. */
static inline uint64_t wide_mul_small(uint64_t *x, int n, uint64_t m, uint64_t add)
{
	u128 carry = add;
	for (int i = 0; i < n; i++) {
		carry += (u128)x[i] * m;
		x[i] = (uint64_t)carry;
		carry >>= 64;
	}
	return (uint64_t)carry;
}

/* x = x / d; returns the remainder. */
static inline uint64_t wide_div_small(uint64_t *x, int n, uint64_t d)
{
	u128 r = 0;
	for (int i = n - 1; i >= 0; i--) {
		r = (r << 64) | x[i];
		x[i] = (uint64_t)(r / d);
		r %= d;
	}
	return (uint64_t)r;
}

static inline int wide_cmp(const uint64_t *x, const uint64_t *y, int n)
{
	for (int i = n - 1; i >= 0; i--)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

static inline uint64_t wide_add(uint64_t *x, const uint64_t *y, int n)
{
	u128 c = 0;
	for (int i = 0; i < n; i++) {
		c += (u128)x[i] + y[i];
		x[i] = (uint64_t)c;
		c >>= 64;
	}
	return (uint64_t)c;
}

/* x -= y, for x >= y */
static inline void wide_sub(uint64_t *x, const uint64_t *y, int n)
{
	uint64_t borrow = 0;
	for (int i = 0; i < n; i++) {
		u128 d = (u128)x[i] - y[i] - borrow;
		x[i] = (uint64_t)d;
		borrow = (uint64_t)(d >> 64) ? 1 : 0;
	}
}

#define WIDE_COEF 4 /* limbs of a product or an aligned sum: 256 bits, 77 digits */

int dec_digits(u128 v);
u128 dec_pow10(int n); /* n <= 38 */

/* Rounds c * 10^exp (plus something below one unit when `sticky`) to a
 * decimal; `c` is used up. False on overflow. */
bool dec_finish(bool neg, uint64_t c[WIDE_COEF], bool sticky, int64_t exp, enum dec_round mode,
                decimal *out);

#endif

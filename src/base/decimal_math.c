#include "base/decimal.h"
#include "base/decimal_wide.h"

#include <string.h>

/* Fixed point: 512 bits, of which 384 (115 digits) are fraction, so that a
 * whole coefficient fits in the integer part. Magnitudes; signs kept apart. */
#define FX       8
#define FRAC     6 /* limbs of fraction */
#define HALVINGS 16

typedef struct {
	uint64_t w[FX];
} fx;

static const fx fx_ln2 = {{0x559552fb4afa1b10u, 0xe7b876206debac98u, 0x8a0d175b8baafa2bu,
                           0x40f343267298b62du, 0xc9e3b39803f2f6afu, 0xb17217f7d1cf79abu, 0, 0}};
static const fx fx_ln10 = {{0x31c32f00b17c35a0u, 0x58bc0b5ec6a04173u, 0x0f187a0807c0b5cau,
                            0x8a3fb3e76977e43au, 0xa95b58ae0b4c28a3u, 0x4d763776aaa2b05bu, 2, 0}};

static fx fx_of(u128 v)
{
	fx r = {{0}};
	r.w[FRAC] = (uint64_t)v;
	r.w[FRAC + 1] = (uint64_t)(v >> 64);
	return r;
}

static u128 fx_whole(const fx *x)
{
	return ((u128)x->w[FRAC + 1] << 64) | x->w[FRAC];
}

static bool fx_zero(const fx *x)
{
	uint64_t any = 0;
	for (int i = 0; i < FX; i++)
		any |= x->w[i];
	return any == 0;
}

static fx fx_mul(const fx *x, const fx *y)
{
	uint64_t p[2 * FX] = {0};
	for (int i = 0; i < FX; i++) {
		u128 carry = 0;
		if (!x->w[i])
			continue;
		for (int j = 0; j < FX; j++) {
			carry += (u128)x->w[i] * y->w[j] + p[i + j];
			p[i + j] = (uint64_t)carry;
			carry >>= 64;
		}
		p[i + FX] = (uint64_t)carry;
	}
	fx r;
	memcpy(r.w, p + FRAC, sizeof r.w);
	return r;
}

/* x / y bit by bit, for x < 2^64 y: used once a logarithm. */
static fx fx_div(fx x, const fx *y)
{
	fx q = {{0}};
	uint64_t rem[FX + 1] = {0}, div[FX + 1] = {0};
	memcpy(div, y->w, sizeof y->w);
	for (int bit = (FX + FRAC) * 64 - 1; bit >= 0; bit--) {
		int limb = bit / 64 - FRAC;
		uint64_t in = limb >= 0 ? (x.w[limb] >> (bit % 64)) & 1 : 0;
		for (int i = FX; i > 0; i--)
			rem[i] = (rem[i] << 1) | (rem[i - 1] >> 63);
		rem[0] = (rem[0] << 1) | in;
		if (wide_cmp(rem, div, FX + 1) >= 0) {
			wide_sub(rem, div, FX + 1);
			if (bit / 64 < FX)
				q.w[bit / 64] |= (uint64_t)1 << (bit % 64);
		}
	}
	return q;
}

static void fx_scale10(fx *x, int64_t n)
{
	for (; n > 0; n--)
		wide_mul_small(x->w, FX, 10, 0);
	for (; n < 0; n += 19) {
		int step = n < -19 ? 19 : (int)-n;
		wide_div_small(x->w, FX, (uint64_t)dec_pow10(step));
		if (step < 19)
			break;
	}
}

/* Rounds sign * x * 10^exp; the value is never exact. */
static bool fx_to_dec(fx x, bool neg, int64_t exp, decimal *out)
{
	while (fx_whole(&x) < dec_pow10(36)) {
		if (fx_zero(&x)) {
			*out = (decimal){0};
			return true;
		}
		fx_scale10(&x, 1);
		exp--;
	}
	u128 v = fx_whole(&x);
	bool sticky = false;
	for (int i = 0; i < FRAC; i++)
		sticky |= x.w[i] != 0;
	uint64_t c[WIDE_COEF] = {(uint64_t)v, (uint64_t)(v >> 64), 0, 0};
	return dec_finish(neg, c, sticky, exp, DEC_HALF_EVEN, out);
}

/* --- exponential ------------------------------------------------------------ */

/* e^r for 0 <= r < ln 10: halved until a short series does, then squared back. */
static fx exp_series(fx r)
{
	wide_div_small(r.w, FX, (uint64_t)1 << HALVINGS);
	fx sum = fx_of(1), term = sum;
	for (uint64_t k = 1; !fx_zero(&term); k++) {
		term = fx_mul(&term, &r);
		wide_div_small(term.w, FX, k);
		wide_add(sum.w, term.w, FX);
	}
	for (int i = 0; i < HALVINGS; i++)
		sum = fx_mul(&sum, &sum);
	return sum;
}

/* e^(sign w) as a decimal, for w below 2^64. */
static bool exp_fx(fx w, bool neg, decimal *out)
{
	if (fx_whole(&w) > 15000) {
		if (!neg)
			return false;
		*out = (decimal){.exp = DEC_EXP_MIN};
		return true;
	}
	int64_t k = (int64_t)((double)(uint64_t)fx_whole(&w) / 2.302585092994045);
	fx part = fx_ln10;
	wide_mul_small(part.w, FX, (uint64_t)k, 0);
	while (wide_cmp(part.w, w.w, FX) > 0) {
		wide_sub(part.w, fx_ln10.w, FX);
		k--;
	}
	wide_sub(w.w, part.w, FX);
	while (wide_cmp(w.w, fx_ln10.w, FX) >= 0) {
		wide_sub(w.w, fx_ln10.w, FX);
		k++;
	}
	if (neg && !fx_zero(&w)) { /* e^-w = 10^-(k+1) * e^(ln 10 - w) */
		fx r = fx_ln10;
		wide_sub(r.w, w.w, FX);
		return fx_to_dec(exp_series(r), false, -(k + 1), out);
	}
	return fx_to_dec(exp_series(w), false, neg ? -k : k, out);
}

/* |x| as fixed point; false when it is 10^6 or more. */
static bool fx_of_dec(decimal x, fx *out)
{
	u128 v = dec_coef(x);
	if (v && x.exp + dec_digits(v) > 6)
		return false;
	fx r = fx_of(v);
	if (x.exp < -150)
		r = (fx){{0}};
	else
		fx_scale10(&r, x.exp);
	*out = r;
	return true;
}

bool dec_exp(decimal x, decimal *out)
{
	fx w;
	if (dec_is_zero(x)) {
		*out = dec_of_i64(1);
		return true;
	}
	if (!fx_of_dec(x, &w)) {
		if (!x.neg)
			return false;
		*out = (decimal){.exp = DEC_EXP_MIN};
		return true;
	}
	return exp_fx(w, x.neg, out);
}

/* --- logarithm --------------------------------------------------------------- */

/* ln x as a signed fixed point, x > 0: x = m * 2^k * 10^e with m near 1, then
 * 2 * artanh((m-1)/(m+1)). */
static fx ln_fx(decimal x, bool *neg)
{
	const fx one = fx_of(1);
	u128 v = dec_coef(x);
	int64_t shift = dec_digits(v) - 1, e = x.exp + shift;
	fx m = fx_of(v);
	fx_scale10(&m, -shift);
	fx root = fx_of(316); /* above sqrt(10): take 10 out, so that ln 10 cancels nothing */
	wide_div_small(root.w, FX, 100);
	if (wide_cmp(m.w, root.w, FX) > 0) {
		wide_div_small(m.w, FX, 10);
		e++;
		if (shift < DEC_DIGITS) { /* divide the coefficient once, not twice */
			m = fx_of(v);
			fx_scale10(&m, -(shift + 1));
		}
	}
	int k = 0;
	fx low = fx_of(7), high = fx_of(14);
	wide_div_small(low.w, FX, 10);
	wide_div_small(high.w, FX, 10);
	for (; wide_cmp(m.w, low.w, FX) < 0; k--)
		wide_mul_small(m.w, FX, 2, 0);
	for (; wide_cmp(m.w, high.w, FX) > 0; k++)
		wide_div_small(m.w, FX, 2);
	bool below = wide_cmp(m.w, one.w, FX) < 0;
	fx num = below ? one : m, den = m;
	wide_sub(num.w, below ? m.w : one.w, FX);
	wide_add(den.w, one.w, FX);
	fx z = fx_div(num, &den), z2 = fx_mul(&z, &z), power = z, sum = {{0}};
	for (uint64_t n = 1; !fx_zero(&power); n += 2) {
		fx term = power;
		wide_div_small(term.w, FX, n);
		wide_add(sum.w, term.w, FX);
		power = fx_mul(&power, &z2);
	}
	wide_mul_small(sum.w, FX, 2, 0);
	/* sum up sign*sum + k ln 2 + e ln 10 */
	fx plus = {{0}}, minus = {{0}}, part = fx_ln2;
	wide_add(below ? minus.w : plus.w, sum.w, FX);
	wide_mul_small(part.w, FX, (uint64_t)(k < 0 ? -k : k), 0);
	wide_add(k < 0 ? minus.w : plus.w, part.w, FX);
	part = fx_ln10;
	wide_mul_small(part.w, FX, (uint64_t)(e < 0 ? -e : e), 0);
	wide_add(e < 0 ? minus.w : plus.w, part.w, FX);
	*neg = wide_cmp(plus.w, minus.w, FX) < 0;
	fx big = *neg ? minus : plus;
	wide_sub(big.w, *neg ? plus.w : minus.w, FX);
	return big;
}

bool dec_ln(decimal x, decimal *out)
{
	bool neg;
	if (dec_sign(x) <= 0)
		return false;
	if (dec_cmp(x, dec_of_i64(1)) == 0) {
		*out = (decimal){0};
		return true;
	}
	fx l = ln_fx(x, &neg);
	return fx_to_dec(l, neg, 0, out);
}

/* --- powers ------------------------------------------------------------------ */

/* x^n by squaring while every product is exact; false as soon as one is not. */
static bool pow_exact(decimal x, uint64_t n, decimal *out)
{
	decimal r = dec_of_i64(1);
	for (;; n >>= 1) {
		if (n & 1) {
			if (dec_digits(dec_coef(r)) + dec_digits(dec_coef(x)) > DEC_DIGITS + 1 ||
			    (int64_t)r.exp + x.exp < DEC_EXP_MIN || !dec_mul(r, x, &r))
				return false;
		}
		if (n <= 1)
			break;
		if (2 * dec_digits(dec_coef(x)) > DEC_DIGITS + 1 || 2 * (int64_t)x.exp < DEC_EXP_MIN ||
		    !dec_mul(x, x, &x))
			return false;
	}
	*out = r;
	return true;
}

/* x^y = e^(y ln x) for x > 0. */
static bool pow_real(decimal x, decimal y, decimal *out)
{
	bool neg;
	fx l = ln_fx(x, &neg);
	u128 c = dec_coef(y);
	fx w = {{0}}, high = l;
	/* l < 2^14 and c < 2^113: the product stays below 2^128 */
	wide_mul_small(l.w, FX, (uint64_t)c, 0);
	wide_mul_small(high.w, FX, (uint64_t)(c >> 64), 0);
	wide_add(w.w, l.w, FX);
	for (int i = FX - 1; i > 0; i--)
		high.w[i] = high.w[i - 1];
	high.w[0] = 0;
	wide_add(w.w, high.w, FX);
	bool down = neg != y.neg;
	if (y.exp < -160)
		w = (fx){{0}};
	else if (y.exp < 0)
		fx_scale10(&w, y.exp);
	for (int32_t i = 0; i < y.exp; i++) {
		if (fx_whole(&w) > 100000)
			break;
		fx_scale10(&w, 1);
	}
	return exp_fx(w, down, out);
}

bool dec_pow(decimal x, decimal y, decimal *out)
{
	int64_t n = 0;
	bool whole = dec_is_integer(y), small = dec_to_i64(y, &n);
	if (dec_is_zero(y)) {
		if (dec_is_zero(x))
			return false; /* 0 ** 0 is undefined */
		*out = dec_of_i64(1);
		return true;
	}
	if (dec_is_zero(x)) {
		if (y.neg)
			return false;
		*out = (decimal){0};
		return true;
	}
	if (x.neg && !whole)
		return false;
	bool odd = small ? n & 1 : false, neg = x.neg && odd;
	x = dec_reduce(dec_abs(x));
	decimal r;
	if (small && n > 0 && pow_exact(x, (uint64_t)n, &r)) {
		r.neg = neg;
		*out = r;
		return true;
	}
	if (small && n < 0 && n > -1000000 && pow_exact(x, (uint64_t)-n, &r)) {
		r.neg = neg;
		return dec_div(dec_of_i64(1), r, out);
	}
	/* x^(n/2) of a perfect square is exact too */
	decimal twice;
	if (!whole && dec_add(y, y, &twice) && dec_to_i64(twice, &n) && n > 0 && dec_sqrt(x, &r) &&
	    pow_exact(dec_reduce(r), (uint64_t)n, &r)) {
		decimal back;
		if (dec_sqrt(x, &twice) && dec_mul(twice, twice, &back) && dec_cmp(back, x) == 0) {
			*out = r;
			return true;
		}
	}
	if (!pow_real(x, y, &r))
		return false;
	r.neg = neg;
	*out = r;
	return true;
}

/* --- square root --------------------------------------------------------------- */

bool dec_sqrt(decimal x, decimal *out)
{
	u128 v = dec_coef(x);
	if (v == 0) {
		*out = (decimal){.exp = x.exp / 2 - (x.exp < 0 && x.exp % 2), .neg = x.neg};
		return true;
	}
	if (x.neg)
		return false;
	/* v * 10^up with an even exponent and 71 or 72 digits: the root has 36. */
	int64_t up = 71 - dec_digits(v), exp;
	up += (x.exp - up) & 1;
	uint64_t c[WIDE_COEF] = {(uint64_t)v, (uint64_t)(v >> 64), 0, 0};
	for (int64_t i = up; i > 0; i -= 19)
		wide_mul_small(c, WIDE_COEF, (uint64_t)dec_pow10(i > 19 ? 19 : (int)i), 0);
	exp = (x.exp - up) / 2;
	/* binary digit by digit: root^2 <= c, the root is below 2^120 */
	uint64_t rem[WIDE_COEF], root[WIDE_COEF] = {0};
	memcpy(rem, c, sizeof rem);
	for (int bit = 120; bit >= 0; bit--) {
		/* try = (2 * root + 2^bit) * 2^bit */
		uint64_t t[WIDE_COEF] = {0};
		u128 r = ((u128)root[1] << 64) | root[0];
		u128 s = (r << 1) + ((u128)1 << bit);
		int limb = bit / 64, off = bit % 64;
		uint64_t s0 = (uint64_t)s, s1 = (uint64_t)(s >> 64);
		t[limb] = s0 << off;
		t[limb + 1] = (s1 << off) | (off ? s0 >> (64 - off) : 0);
		t[limb + 2] = off ? s1 >> (64 - off) : 0;
		if (wide_cmp(rem, t, WIDE_COEF) >= 0) {
			wide_sub(rem, t, WIDE_COEF);
			r += (u128)1 << bit;
			root[0] = (uint64_t)r;
			root[1] = (uint64_t)(r >> 64);
		}
	}
	bool rest = (rem[0] | rem[1] | rem[2] | rem[3]) != 0;
	decimal r;
	if (!dec_finish(false, root, rest, exp, DEC_HALF_EVEN, &r))
		return false;
	int64_t ideal = x.exp >= 0 ? x.exp / 2 : -((1 - (int64_t)x.exp) / 2);
	u128 k = dec_coef(r);
	while (!rest && r.exp < ideal && k % 10 == 0) {
		k /= 10;
		r.exp++;
	}
	r.lo = (uint64_t)k;
	r.hi = (uint64_t)(k >> 64);
	*out = r;
	return true;
}

#include "base/decimal.h"
#include "base/buf.h"
#include "base/decimal_wide.h"

#include <string.h>

#define ADJ_MAX     6144 /* exponent of the first digit of the largest number */
#define ALIGN_SHIFT 36   /* digits kept when adding numbers far apart: 34 + guard */

static const struct {
	uint64_t lo, hi;
} pow10_table[39] = {
    {0x0000000000000001u, 0x0000000000000000u}, {0x000000000000000au, 0x0000000000000000u},
    {0x0000000000000064u, 0x0000000000000000u}, {0x00000000000003e8u, 0x0000000000000000u},
    {0x0000000000002710u, 0x0000000000000000u}, {0x00000000000186a0u, 0x0000000000000000u},
    {0x00000000000f4240u, 0x0000000000000000u}, {0x0000000000989680u, 0x0000000000000000u},
    {0x0000000005f5e100u, 0x0000000000000000u}, {0x000000003b9aca00u, 0x0000000000000000u},
    {0x00000002540be400u, 0x0000000000000000u}, {0x000000174876e800u, 0x0000000000000000u},
    {0x000000e8d4a51000u, 0x0000000000000000u}, {0x000009184e72a000u, 0x0000000000000000u},
    {0x00005af3107a4000u, 0x0000000000000000u}, {0x00038d7ea4c68000u, 0x0000000000000000u},
    {0x002386f26fc10000u, 0x0000000000000000u}, {0x016345785d8a0000u, 0x0000000000000000u},
    {0x0de0b6b3a7640000u, 0x0000000000000000u}, {0x8ac7230489e80000u, 0x0000000000000000u},
    {0x6bc75e2d63100000u, 0x0000000000000005u}, {0x35c9adc5dea00000u, 0x0000000000000036u},
    {0x19e0c9bab2400000u, 0x000000000000021eu}, {0x02c7e14af6800000u, 0x000000000000152du},
    {0x1bcecceda1000000u, 0x000000000000d3c2u}, {0x161401484a000000u, 0x0000000000084595u},
    {0xdcc80cd2e4000000u, 0x000000000052b7d2u}, {0x9fd0803ce8000000u, 0x00000000033b2e3cu},
    {0x3e25026110000000u, 0x00000000204fce5eu}, {0x6d7217caa0000000u, 0x00000001431e0faeu},
    {0x4674edea40000000u, 0x0000000c9f2c9cd0u}, {0xc0914b2680000000u, 0x0000007e37be2022u},
    {0x85acef8100000000u, 0x000004ee2d6d415bu}, {0x38c15b0a00000000u, 0x0000314dc6448d93u},
    {0x378d8e6400000000u, 0x0001ed09bead87c0u}, {0x2b878fe800000000u, 0x0013426172c74d82u},
    {0xb34b9f1000000000u, 0x00c097ce7bc90715u}, {0x00f436a000000000u, 0x0785ee10d5da46d9u},
    {0x098a224000000000u, 0x4b3b4ca85a86c47au},
};

u128 dec_pow10(int n)
{
	return ((u128)pow10_table[n].hi << 64) | pow10_table[n].lo;
}

static int bits128(u128 v)
{
	uint64_t hi = (uint64_t)(v >> 64), lo = (uint64_t)v;
	if (hi)
		return 128 - __builtin_clzll(hi);
	return lo ? 64 - __builtin_clzll(lo) : 0;
}

int dec_digits(u128 v)
{
	if (v == 0)
		return 1;
	int guess = bits128(v) * 1233 >> 12; /* log10(2) * 4096 */
	return guess < 39 && v >= dec_pow10(guess) ? guess + 1 : guess;
}

static void put_coef(decimal *d, u128 c)
{
	d->lo = (uint64_t)c;
	d->hi = (uint64_t)(c >> 64);
}

static int wide_digits(const uint64_t x[WIDE_COEF])
{
	uint64_t t[WIDE_COEF];
	memcpy(t, x, sizeof t);
	int n = 0;
	while (t[2] | t[3]) {
		wide_div_small(t, WIDE_COEF, POW19);
		n += 19;
	}
	return n + dec_digits(((u128)t[1] << 64) | t[0]);
}

/* Takes the last `drop` digits off; says what the first of them was and
 * whether anything but zero came after it. */
static int drop_digits(uint64_t c[WIDE_COEF], int64_t drop, bool *sticky)
{
	if (drop > 78) {
		*sticky |= (c[0] | c[1] | c[2] | c[3]) != 0;
		memset(c, 0, sizeof(uint64_t) * WIDE_COEF);
		return 0;
	}
	for (int64_t left = drop - 1; left > 0;) {
		int step = left > 19 ? 19 : (int)left;
		*sticky |= wide_div_small(c, WIDE_COEF, pow10_table[step].lo) != 0;
		left -= step;
	}
	return (int)wide_div_small(c, WIDE_COEF, 10);
}

static bool rounds_up(enum dec_round mode, bool neg, bool odd, int digit, bool sticky)
{
	if (digit == 0 && !sticky)
		return false;
	switch (mode) {
	case DEC_HALF_EVEN:
		return digit > 5 || (digit == 5 && (sticky || odd));
	case DEC_HALF_UP:
		return digit >= 5;
	case DEC_HALF_DOWN:
		return digit > 5 || (digit == 5 && sticky);
	case DEC_UP:
		return true;
	case DEC_DOWN:
		return false;
	case DEC_CEILING:
		return !neg;
	case DEC_FLOOR:
		return neg;
	}
	return false;
}

/* Rounds away `drop` digits; the result has at most 38 digits. */
static u128 round_off(uint64_t c[WIDE_COEF], int64_t drop, bool sticky, bool neg,
                      enum dec_round mode)
{
	int digit = 0;
	if (drop > 0)
		digit = drop_digits(c, drop, &sticky);
	u128 v = ((u128)c[1] << 64) | c[0];
	return v + (rounds_up(mode, neg, v & 1, digit, sticky) ? 1 : 0);
}

/* Puts a coefficient of at most 34 digits at an exponent that may lie above
 * the range: zeros move into the coefficient while there is room. */
static bool place(bool neg, u128 v, int64_t exp, decimal *out)
{
	if (v == 0) {
		exp = exp < DEC_EXP_MIN ? DEC_EXP_MIN : exp > DEC_EXP_MAX ? DEC_EXP_MAX : exp;
	} else if (exp > DEC_EXP_MAX) {
		int64_t up = exp - DEC_EXP_MAX;
		if (up + dec_digits(v) > DEC_DIGITS)
			return false;
		v *= dec_pow10((int)up);
		exp = DEC_EXP_MAX;
	}
	put_coef(out, v);
	out->exp = (int32_t)exp;
	out->neg = neg;
	return true;
}

bool dec_finish(bool neg, uint64_t c[WIDE_COEF], bool sticky, int64_t exp, enum dec_round mode,
                decimal *out)
{
	int64_t drop = wide_digits(c) - DEC_DIGITS;
	if (DEC_EXP_MIN - exp > drop)
		drop = DEC_EXP_MIN - exp;
	if (drop <= 0 && !sticky)
		return place(neg, ((u128)c[1] << 64) | c[0], exp, out);
	if (drop < 0)
		drop = 0;
	u128 v = round_off(c, drop, sticky, neg, mode);
	exp += drop;
	if (v == dec_pow10(DEC_DIGITS)) {
		v = dec_pow10(DEC_DIGITS - 1);
		exp++;
	}
	return place(neg, v, exp, out);
}

static bool finish128(bool neg, u128 v, int64_t exp, decimal *out)
{
	if (v < dec_pow10(DEC_DIGITS) && exp >= DEC_EXP_MIN)
		return place(neg, v, exp, out);
	uint64_t c[WIDE_COEF] = {(uint64_t)v, (uint64_t)(v >> 64), 0, 0};
	return dec_finish(neg, c, false, exp, DEC_HALF_EVEN, out);
}

/* --- text --------------------------------------------------------------- */

static bool parse_exp(str s, size_t i, int64_t *out)
{
	bool neg = false;
	int64_t e = 0;
	if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
		neg = s.p[i++] == '-';
	if (i == s.n)
		return false;
	for (; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (e < 100000000)
			e = e * 10 + (s.p[i] - '0');
	}
	*out = neg ? -e : e;
	return true;
}

bool dec_parse(str s, decimal *out)
{
	size_t i = 0;
	bool neg = false, point = false, sticky = false;
	int64_t exp = 0, written = 0;
	size_t seen = 0;
	int kept = 0;
	u128 v = 0;
	if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
		neg = s.p[i++] == '-';
	for (; i < s.n && s.p[i] != 'e' && s.p[i] != 'E'; i++) {
		if (s.p[i] == '.' && !point) {
			point = true;
			continue;
		}
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		seen++;
		unsigned digit = (unsigned)(s.p[i] - '0');
		exp -= point;
		if (kept < 38) { /* room for guard digits below 10^38 */
			v = v * 10 + digit;
			kept += v != 0;
		} else {
			sticky |= digit != 0;
			exp++;
		}
	}
	if (!seen || (i < s.n && !parse_exp(s, i + 1, &written)))
		return false;
	uint64_t c[WIDE_COEF] = {(uint64_t)v, (uint64_t)(v >> 64), 0, 0};
	decimal r;
	if (!dec_finish(neg, c, sticky, exp + written, DEC_HALF_EVEN, &r))
		return false;
	*out = r;
	return true;
}

static size_t coef_text(decimal d, char out[40])
{
	char back[40];
	size_t n = 0;
	u128 v = dec_coef(d);
	do {
		back[n++] = (char)('0' + (int)(v % 10));
		v /= 10;
	} while (v);
	for (size_t i = 0; i < n; i++)
		out[i] = back[n - 1 - i];
	return n;
}

static void put_zeros(buf *b, int64_t n)
{
	for (; n > 0; n--)
		buf_putc(b, '0');
}

str dec_print_sci(arena *a, decimal d)
{
	char digits[40];
	size_t n = coef_text(d, digits);
	int64_t adj = d.exp + (int64_t)n - 1;
	buf b = buf_make(a, 128);
	if (d.neg)
		buf_putc(&b, '-');
	if (d.exp <= 0 && adj >= -6) {
		int64_t whole = (int64_t)n + d.exp;
		if (whole <= 0) {
			buf_puts(&b, "0.");
			put_zeros(&b, -whole);
			whole = 0;
		}
		buf_put(&b, (str){digits, (size_t)whole});
		if (whole > 0 && (size_t)whole < n)
			buf_putc(&b, '.');
		buf_put(&b, (str){digits + whole, n - (size_t)whole});
		return buf_str(&b);
	}
	buf_putc(&b, digits[0]);
	if (n > 1)
		buf_putc(&b, '.');
	buf_put(&b, (str){digits + 1, n - 1});
	buf_fmt(&b, "E%+lld", (long long)adj);
	return buf_str(&b);
}

str dec_print(arena *a, decimal d)
{
	if (dec_is_zero(d)) {
		d.neg = false;
		if (d.exp > 0)
			d.exp = 0;
	}
	int64_t zeros = d.exp > 0 ? d.exp : -(int64_t)d.exp - DEC_DIGITS;
	if (zeros > DEC_PRINT_ZEROS)
		return dec_print_sci(a, d);
	char digits[40];
	size_t n = coef_text(d, digits);
	buf b = buf_make(a, 256);
	if (d.neg)
		buf_putc(&b, '-');
	int64_t whole = (int64_t)n + d.exp;
	if (d.exp >= 0) {
		buf_put(&b, (str){digits, n});
		put_zeros(&b, d.exp);
	} else if (whole > 0) {
		buf_put(&b, (str){digits, (size_t)whole});
		buf_putc(&b, '.');
		buf_put(&b, (str){digits + whole, n - (size_t)whole});
	} else {
		buf_puts(&b, "0.");
		put_zeros(&b, -whole);
		buf_put(&b, (str){digits, n});
	}
	return buf_str(&b);
}

/* --- simple questions ----------------------------------------------------- */

decimal dec_of_i64(int64_t v)
{
	return (decimal){.lo = v < 0 ? 0 - (uint64_t)v : (uint64_t)v, .neg = v < 0};
}

bool dec_is_zero(decimal d)
{
	return (d.lo | d.hi) == 0;
}

int dec_sign(decimal d)
{
	return dec_is_zero(d) ? 0 : d.neg ? -1 : 1;
}

decimal dec_neg(decimal d)
{
	d.neg = !d.neg && !dec_is_zero(d);
	return d;
}

decimal dec_abs(decimal d)
{
	d.neg = false;
	return d;
}

decimal dec_reduce(decimal d)
{
	if (dec_is_zero(d))
		return (decimal){0};
	u128 v = dec_coef(d);
	while (d.exp < DEC_EXP_MAX && v % 10 == 0) {
		v /= 10;
		d.exp++;
	}
	put_coef(&d, v);
	return d;
}

bool dec_is_integer(decimal d)
{
	return d.exp >= 0 || dec_is_zero(d) || dec_reduce(d).exp >= 0;
}

bool dec_to_i64(decimal d, int64_t *out)
{
	if (dec_is_zero(d)) {
		*out = 0;
		return true;
	}
	if (d.exp < 0)
		d = dec_reduce(d);
	if (d.exp < 0 || d.exp > 19)
		return false;
	u128 v = dec_coef(d);
	u128 top = (u128)1 << 63;
	if (v > top)
		return false;
	v *= dec_pow10(d.exp);
	if (v > top || (v == top && !d.neg))
		return false;
	*out = d.neg ? (int64_t)(0 - (uint64_t)v) : (int64_t)v;
	return true;
}

uint64_t dec_hash(decimal d)
{
	d = dec_reduce(d);
	uint64_t h = d.lo * UINT64_C(0x9E3779B97F4A7C15) ^ (d.hi + (uint64_t)d.exp);
	h = (h ^ (h >> 29)) * UINT64_C(0xBF58476D1CE4E5B9);
	return h ^ (h >> 32) ^ (d.neg ? 1 : 0);
}

static int cmp_magnitude(decimal x, decimal y)
{
	u128 a = dec_coef(x), b = dec_coef(y);
	if (x.exp == y.exp)
		return a < b ? -1 : a > b;
	if (a == 0 || b == 0)
		return a ? 1 : b ? -1 : 0;
	int64_t adj_a = (int64_t)x.exp + dec_digits(a), adj_b = (int64_t)y.exp + dec_digits(b);
	if (adj_a != adj_b)
		return adj_a < adj_b ? -1 : 1;
	/* Same first digit's place: the gap is below 34 digits and fits in 38. */
	if (x.exp > y.exp)
		a *= dec_pow10(x.exp - y.exp);
	else
		b *= dec_pow10(y.exp - x.exp);
	return a < b ? -1 : a > b;
}

int dec_cmp(decimal x, decimal y)
{
	if (x.exp == y.exp && x.neg == y.neg && !(x.hi | y.hi)) {
		int c = x.lo < y.lo ? -1 : x.lo > y.lo;
		return x.neg ? -c : c;
	}
	int sx = dec_sign(x), sy = dec_sign(y);
	if (sx != sy)
		return sx < sy ? -1 : 1;
	return sx < 0 ? cmp_magnitude(y, x) : cmp_magnitude(x, y);
}

/* --- arithmetic ------------------------------------------------------------ */

static void wide_of(uint64_t c[WIDE_COEF], u128 v)
{
	c[0] = (uint64_t)v;
	c[1] = (uint64_t)(v >> 64);
	c[2] = c[3] = 0;
}

static void wide_scale(uint64_t c[WIDE_COEF], int64_t n)
{
	for (; n > 0; n -= 19)
		wide_mul_small(c, WIDE_COEF, pow10_table[n > 19 ? 19 : n].lo, 0);
}

/* x has the larger exponent. */
static bool add_aligned(decimal x, decimal y, decimal *out)
{
	int64_t gap = (int64_t)x.exp - y.exp, exp = y.exp;
	uint64_t a[WIDE_COEF], b[WIDE_COEF];
	wide_of(a, dec_coef(x));
	wide_of(b, dec_coef(y));
	if (gap > ALIGN_SHIFT && !dec_is_zero(x)) {
		/* y lies wholly below the digits of x: it only decides the rounding,
		 * so one unit far below does as well. */
		if (dec_digits(dec_coef(y)) <= gap - ALIGN_SHIFT && !dec_is_zero(y)) {
			wide_of(b, 1);
			exp = (int64_t)x.exp - ALIGN_SHIFT;
			gap = ALIGN_SHIFT;
		} else if (dec_is_zero(y)) {
			int64_t room = DEC_DIGITS - dec_digits(dec_coef(x));
			exp = gap > room ? (int64_t)x.exp - room : y.exp;
			gap = x.exp - exp;
		}
	}
	if (dec_is_zero(x))
		gap = 0;
	/* gap <= 36 + 34 here only when x is short enough. 256 bits hold 77 digits: the 34
	 * of x and 42 more. What of y lies below them becomes one digit and a sticky one. */
	if (gap > 40) {
		uint64_t one[WIDE_COEF] = {1, 0, 0, 0};
		int64_t cut = gap - 40;
		bool sticky = false;
		int digit = drop_digits(b, cut, &sticky);
		wide_mul_small(b, WIDE_COEF, 10, (uint64_t)digit);
		wide_mul_small(b, WIDE_COEF, 10, 0);
		if (sticky)
			wide_add(b, one, WIDE_COEF);
		wide_scale(a, 42);
		exp = (int64_t)x.exp - 42;
	} else {
		wide_scale(a, gap);
	}
	bool neg = x.neg;
	if (x.neg == y.neg) {
		wide_add(a, b, WIDE_COEF);
		return dec_finish(neg, a, false, exp, DEC_HALF_EVEN, out);
	}
	int c = wide_cmp(a, b, WIDE_COEF);
	if (c >= 0) {
		wide_sub(a, b, WIDE_COEF);
		return dec_finish(c ? neg : false, a, false, exp, DEC_HALF_EVEN, out);
	}
	wide_sub(b, a, WIDE_COEF);
	return dec_finish(!neg, b, false, exp, DEC_HALF_EVEN, out);
}

bool dec_add(decimal x, decimal y, decimal *out)
{
	if (x.exp == y.exp) { /* the common case: no alignment, sums below 2^115 */
		u128 a = dec_coef(x), b = dec_coef(y);
		if (x.neg == y.neg)
			return finish128(x.neg, a + b, x.exp, out);
		if (a >= b)
			return finish128(a > b && x.neg, a - b, x.exp, out);
		return finish128(y.neg, b - a, x.exp, out);
	}
	if (x.exp < y.exp) {
		decimal t = x;
		x = y;
		y = t;
	}
	if (x.exp - y.exp < 19 && !(x.hi | y.hi)) {
		u128 a = (u128)x.lo * pow10_table[x.exp - y.exp].lo;
		bool small = !(a >> 127);
		if (small && x.neg == y.neg)
			return finish128(x.neg, a + y.lo, y.exp, out);
		if (small && a >= y.lo)
			return finish128(a > y.lo && x.neg, a - y.lo, y.exp, out);
	}
	return add_aligned(x, y, out);
}

bool dec_sub(decimal x, decimal y, decimal *out)
{
	y.neg = !y.neg;
	return dec_add(x, y, out);
}

bool dec_mul(decimal x, decimal y, decimal *out)
{
	bool neg = x.neg != y.neg;
	int64_t exp = (int64_t)x.exp + y.exp;
	if (!(x.hi | y.hi))
		return finish128(neg, (u128)x.lo * y.lo, exp, out);
	uint64_t c[WIDE_COEF] = {0};
	const uint64_t a[2] = {x.lo, x.hi}, b[2] = {y.lo, y.hi};
	for (int i = 0; i < 2; i++) {
		u128 carry = 0;
		for (int j = 0; j < 2; j++) {
			carry += (u128)a[i] * b[j] + c[i + j];
			c[i + j] = (uint64_t)carry;
			carry >>= 64;
		}
		c[i + 2] = (uint64_t)carry;
	}
	return dec_finish(neg, c, false, exp, DEC_HALF_EVEN, out);
}

static void wide_shl(uint64_t *x, int n, int bits)
{
	if (bits)
		for (int i = n - 1; i >= 0; i--)
			x[i] = (x[i] << bits) | (i ? x[i - 1] >> (64 - bits) : 0);
}

/* u = u / v for a two-limb v with its top limb set (Knuth 4.3.1 D); returns
 * whether a remainder is left. u has one spare limb. */
static bool div_two_limbs(uint64_t u[WIDE_COEF + 1], u128 v)
{
	int shift = __builtin_clzll((uint64_t)(v >> 64));
	v <<= shift;
	uint64_t v1 = (uint64_t)(v >> 64), v0 = (uint64_t)v;
	wide_shl(u, WIDE_COEF + 1, shift);
	uint64_t q[WIDE_COEF + 1] = {0};
	for (int j = WIDE_COEF - 2; j >= 0; j--) {
		u128 top = ((u128)u[j + 2] << 64) | u[j + 1];
		u128 qh = top / v1, rh = top % v1;
		while (qh >> 64 || qh * v0 > ((rh << 64) | u[j])) {
			qh--;
			rh += v1;
			if (rh >> 64)
				break;
		}
		u128 p0 = (u128)(uint64_t)qh * v0, p1 = (u128)(uint64_t)qh * v1 + (p0 >> 64);
		uint64_t p[3] = {(uint64_t)p0, (uint64_t)p1, (uint64_t)(p1 >> 64)};
		if (wide_cmp(u + j, p, 3) < 0) {
			uint64_t back[3] = {v0, v1, 0};
			wide_sub(p, back, 3);
			qh--;
		}
		wide_sub(u + j, p, 3);
		q[j] = (uint64_t)qh;
	}
	bool rest = (u[0] | u[1] | u[2]) != 0;
	memcpy(u, q, sizeof q);
	return rest;
}

static bool divide(uint64_t c[WIDE_COEF + 1], u128 v)
{
	if (!(v >> 64))
		return wide_div_small(c, WIDE_COEF, (uint64_t)v) != 0;
	return div_two_limbs(c, v);
}

/* Moves trailing zeros of an exact quotient into the exponent, up to `ideal`. */
static void strip(decimal *d, int64_t ideal)
{
	u128 v = dec_coef(*d);
	while (d->exp < ideal && v && v % 10 == 0) {
		v /= 10;
		d->exp++;
	}
	put_coef(d, v);
}

bool dec_div(decimal x, decimal y, decimal *out)
{
	u128 a = dec_coef(x), b = dec_coef(y);
	bool neg = x.neg != y.neg;
	int64_t ideal = (int64_t)x.exp - y.exp;
	if (b == 0)
		return false;
	if (a == 0)
		return place(neg, 0, ideal, out);
	if (a % b == 0)
		return finish128(neg, a / b, ideal, out);
	if (!(a >> 64)) { /* a few more digits often make it exact */
		u128 more = a;
		for (int k = 1; k <= 6; k++) {
			more *= 10;
			if (more % b == 0)
				return finish128(neg, more / b, ideal - k, out);
		}
	}
	int64_t up = DEC_DIGITS + 2 + dec_digits(b) - dec_digits(a);
	uint64_t c[WIDE_COEF + 1] = {0};
	wide_of(c, a);
	wide_scale(c, up);
	bool rest = divide(c, b);
	decimal r;
	if (!dec_finish(neg, c, rest, ideal - up, DEC_HALF_EVEN, &r))
		return false;
	if (!rest)
		strip(&r, ideal);
	*out = r;
	return true;
}

bool dec_div_int(decimal x, decimal y, decimal *out)
{
	u128 a = dec_coef(x), b = dec_coef(y);
	bool neg = x.neg != y.neg;
	if (b == 0)
		return false;
	if (cmp_magnitude(x, y) < 0)
		return place(neg, 0, 0, out);
	int64_t gap = (int64_t)x.exp - y.exp;
	if (gap > DEC_DIGITS + 1 && a)
		return false;
	uint64_t c[WIDE_COEF + 1] = {0};
	if (gap >= 0) {
		wide_of(c, a);
		wide_scale(c, gap);
	} else { /* |x| >= |y|, so the scaled divisor has no more digits than a */
		if (-gap > DEC_DIGITS)
			return false;
		b *= dec_pow10((int)-gap);
		wide_of(c, a);
	}
	divide(c, b);
	if (wide_digits(c) > DEC_DIGITS)
		return false;
	*out = (decimal){.lo = c[0], .hi = c[1], .neg = neg};
	return true;
}

bool dec_rem(decimal x, decimal y, decimal *out)
{
	decimal q, p, r;
	if (dec_is_zero(y))
		return false;
	if (!dec_div_int(x, y, &q))
		return false;
	if (dec_is_zero(q)) {
		int64_t down = (int64_t)x.exp - y.exp;
		r = x;
		if (down > 0 && !dec_is_zero(x)) { /* exponent of the smaller one, value kept */
			u128 v = dec_coef(x);
			if (down + dec_digits(v) <= DEC_DIGITS) {
				put_coef(&r, v * dec_pow10((int)down));
				r.exp = y.exp;
			}
		} else if (down > 0) {
			r.exp = y.exp;
		}
		*out = r;
		return true;
	}
	/* q * y may need 68 digits; the difference never more than 34. */
	q.neg = false;
	uint64_t c[WIDE_COEF] = {0}, b[WIDE_COEF];
	const uint64_t m[2] = {y.lo, y.hi}, n[2] = {q.lo, q.hi};
	for (int i = 0; i < 2; i++) {
		u128 carry = 0;
		for (int j = 0; j < 2; j++) {
			carry += (u128)m[i] * n[j] + c[i + j];
			c[i + j] = (uint64_t)carry;
			carry >>= 64;
		}
		c[i + 2] = (uint64_t)carry;
	}
	int64_t exp = x.exp < y.exp ? x.exp : y.exp;
	wide_of(b, dec_coef(x));
	wide_scale(b, x.exp - exp);
	wide_scale(c, (int64_t)q.exp + y.exp - exp);
	wide_sub(b, c, WIDE_COEF);
	if (!dec_finish(x.neg, b, false, exp, DEC_HALF_EVEN, &p))
		return false;
	*out = p;
	return true;
}

bool dec_mod_floor(decimal x, decimal y, decimal *out)
{
	decimal r, q;
	if (!dec_rem(x, y, &r)) {
		/* A quotient beyond 34 digits: fall back on the definition. */
		if (dec_is_zero(y) || !dec_div(x, y, &q))
			return false;
		q = dec_integral(q, DEC_FLOOR);
		return dec_mul(q, y, &q) && dec_sub(x, q, out);
	}
	if (dec_is_zero(r) || r.neg == y.neg) {
		if (dec_is_zero(r))
			r.neg = false;
		*out = r;
		return true;
	}
	return dec_add(r, y, out);
}

bool dec_quantize(decimal x, int32_t exp, enum dec_round mode, decimal *out)
{
	if (exp < DEC_EXP_MIN || exp > DEC_EXP_MAX)
		return false;
	u128 v = dec_coef(x);
	if (v && exp < x.exp) {
		int64_t up = (int64_t)x.exp - exp;
		if (up + dec_digits(v) > DEC_DIGITS)
			return false;
		v *= dec_pow10((int)up);
	} else if (v) {
		uint64_t c[WIDE_COEF];
		wide_of(c, v);
		v = round_off(c, (int64_t)exp - x.exp, false, x.neg, mode);
		if (v >= dec_pow10(DEC_DIGITS) || (v && exp + dec_digits(v) - 1 > ADJ_MAX))
			return false;
	}
	decimal r = {.exp = exp, .neg = x.neg};
	put_coef(&r, v);
	*out = r;
	return true;
}

bool dec_round_to(decimal x, int32_t scale, enum dec_round mode, decimal *out)
{
	if (-(int64_t)scale <= x.exp) {
		*out = x;
		return true;
	}
	if (!dec_quantize(x, -scale, mode, &x))
		return false;
	*out = x;
	return true;
}

decimal dec_integral(decimal x, enum dec_round mode)
{
	if (x.exp < 0)
		dec_quantize(x, 0, mode, &x);
	return x;
}

#include "engine/form/number.h"

#include <string.h>

__extension__ typedef unsigned __int128 u128;

#define EXPONENT_LIMIT ((int64_t)1000000000000000)

static int64_t read_exponent(str s)
{
	bool negative = s.n && s.p[0] == '-';
	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		s = str_sub(s, 1, s.n);
	int64_t e = 0;
	for (size_t i = 0; i < s.n; i++) {
		e = e * 10 + (s.p[i] - '0');
		if (e > EXPONENT_LIMIT)
			e = EXPONENT_LIMIT;
	}
	return negative ? -e : e;
}

static bool all_digits(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

/* The digits without the point; a copy only where significant ones stand on
 * both sides of it. */
static str join(arena *a, str whole, str part)
{
	while (part.n && part.p[part.n - 1] == '0')
		part.n--;
	if (!part.n)
		return whole;
	while (whole.n && whole.p[0] == '0')
		whole = str_sub(whole, 1, whole.n);
	return whole.n ? str_cat(a, whole, part) : part;
}

bool number_read(arena *a, str s, struct number *out)
{
	struct number x = {0};
	if (s.n && s.p[0] == '-') {
		x.negative = true;
		s = str_sub(s, 1, s.n);
	}
	size_t e = 0;
	while (e < s.n && s.p[e] != 'e' && s.p[e] != 'E')
		e++;
	str mantissa = str_sub(s, 0, e);
	int64_t exponent = 0;
	if (e < s.n) {
		str power = str_sub(s, e + 1, s.n);
		str figures = power.n && (power.p[0] == '-' || power.p[0] == '+')
		                  ? str_sub(power, 1, power.n)
		                  : power;
		if (!figures.n || !all_digits(figures))
			return false;
		exponent = read_exponent(power);
	}
	ptrdiff_t dot = str_chr(mantissa, '.');
	str whole = dot < 0 ? mantissa : str_sub(mantissa, 0, (size_t)dot);
	str part = dot < 0 ? (str){0} : str_sub(mantissa, (size_t)dot + 1, mantissa.n);
	if (!whole.n || !all_digits(whole) || !all_digits(part))
		return false;
	while (whole.n && whole.p[0] == '0')
		whole = str_sub(whole, 1, whole.n);
	x.top = (int64_t)whole.n + exponent;
	x.digits = join(a, whole, part);
	while (x.digits.n && x.digits.p[0] == '0') {
		x.digits = str_sub(x.digits, 1, x.digits.n);
		x.top--;
	}
	while (x.digits.n && x.digits.p[x.digits.n - 1] == '0')
		x.digits.n--;
	x.zero = x.digits.n == 0;
	if (x.zero)
		x = (struct number){.zero = true};
	*out = x;
	return true;
}

int number_cmp(struct number x, struct number y)
{
	if (x.zero || y.zero)
		return x.zero ? (y.zero ? 0 : (y.negative ? 1 : -1)) : (x.negative ? -1 : 1);
	if (x.negative != y.negative)
		return x.negative ? -1 : 1;
	int larger = x.negative ? -1 : 1;
	if (x.top != y.top)
		return x.top > y.top ? larger : -larger;
	int c = str_cmp(x.digits, y.digits);
	return c > 0 ? larger : c < 0 ? -larger : 0;
}

bool number_integral(struct number x)
{
	return x.zero || x.top >= (int64_t)x.digits.n;
}

static uint64_t power_mod(uint64_t exponent, uint64_t m)
{
	u128 result = 1 % m, base = 10 % m;
	for (; exponent; exponent >>= 1) {
		if (exponent & 1)
			result = result * base % m;
		base = base * base % m;
	}
	return (uint64_t)result;
}

bool number_multiple(struct number x, struct number m)
{
	if (x.zero)
		return true;
	/* x = A x 10^ex and m = B x 10^em with A and B free of trailing zeros. */
	int64_t ex = x.top - (int64_t)x.digits.n, em = m.top - (int64_t)m.digits.n;
	if (ex < em)
		return false; /* B x 10^k divides A only if 10 does */
	uint64_t b = 0;
	for (size_t i = 0; i < m.digits.n; i++)
		b = b * 10 + (uint64_t)(m.digits.p[i] - '0');
	u128 rest = 0;
	for (size_t i = 0; i < x.digits.n; i++)
		rest = (rest * 10 + (unsigned)(x.digits.p[i] - '0')) % b;
	return rest * power_mod((uint64_t)(ex - em), b) % b == 0;
}

bool number_count(struct number x, uint64_t *out)
{
	if (x.zero) {
		*out = 0;
		return true;
	}
	if (x.negative || x.top > 18 || !number_integral(x))
		return false;
	uint64_t v = 0;
	for (int64_t i = 0; i < x.top; i++)
		v = v * 10 + (i < (int64_t)x.digits.n ? (uint64_t)(x.digits.p[i] - '0') : 0);
	*out = v;
	return true;
}

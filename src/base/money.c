#include "base/money.h"

#include "base/buf.h"

#include "base/exact.h"

#include <string.h>

/* ISO 4217 list one, the currencies of the region and the common others. */
static const currency known[] = {
    {"BHD", 3}, {"AED", 2}, {"EUR", 2}, {"GBP", 2}, {"INR", 2}, {"IQD", 3},
    {"JOD", 3}, {"JPY", 0}, {"KWD", 3}, {"LYD", 3}, {"OMR", 3}, {"QAR", 2},
    {"SAR", 2}, {"TND", 3}, {"USD", 2}, {"EGP", 2}, {"MAD", 2},
};

bool currency_find(str code, currency *out)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_eq(code, str_of(known[i].code))) {
			*out = known[i];
			return true;
		}
	*out = (currency){0};
	return false;
}

bool money_add(money x, money y, money *out)
{
	return exact_add(x.minor, y.minor, &out->minor);
}

bool money_sub(money x, money y, money *out)
{
	return exact_sub(x.minor, y.minor, &out->minor);
}

__extension__ typedef __int128 wide;

bool money_rate(money x, int64_t num, int64_t den, money *out)
{
	if (den <= 0)
		return false;
	if (exact_round(x.minor, num, den, &out->minor))
		return true;
	/* Below nothing, or products that need more than 64 bits. */
	wide product = (wide)x.minor * num;
	bool minus = product < 0;
	wide twice = 2 * (minus ? -product : product) + den;
	wide v = twice / (2 * (wide)den);
	if (v > INT64_MAX)
		return false;
	out->minor = minus ? -(int64_t)v : (int64_t)v;
	return true;
}

/* Gives one unit to the largest remainder that has none yet. */
static void share_unit(int64_t *rest, size_t n, money *part, int64_t unit)
{
	size_t best = 0;
	for (size_t i = 1; i < n; i++)
		if (rest[i] > rest[best])
			best = i;
	rest[best] = -1;
	part[best].minor += unit;
}

bool money_share(money total, const int64_t *weight, size_t n, money *out)
{
	int64_t rest[MONEY_SHARES_MAX], sum = 0, given = 0;
	money part[MONEY_SHARES_MAX];
	int64_t unit = total.minor < 0 ? -1 : 1;
	if (n == 0 || n > MONEY_SHARES_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (weight[i] < 0 || __builtin_add_overflow(sum, weight[i], &sum))
			return false;
	if (sum == 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (exact_ratio(total.minor, weight[i], sum, &part[i].minor, &rest[i])) {
			given += part[i].minor;
			continue;
		}
		wide product = (wide)total.minor * weight[i];
		part[i].minor = (int64_t)(product / sum);
		rest[i] = (int64_t)((product < 0 ? -product : product) % sum);
		given += part[i].minor;
	}
	for (; given != total.minor; given += unit)
		share_unit(rest, n, part, unit);
	for (size_t i = 0; i < n; i++)
		out[i] = part[i];
	return true;
}

static uint64_t power_of_ten(int n)
{
	uint64_t p = 1;
	while (n-- > 0)
		p *= 10;
	return p;
}

str money_print(arena *a, money m, currency c)
{
	uint64_t v = m.minor < 0 ? -(uint64_t)m.minor : (uint64_t)m.minor;
	uint64_t unit = power_of_ten(c.exponent);
	const char *sign = m.minor < 0 ? "-" : "";
	if (c.exponent == 0)
		return str_fmt(a, "%s%llu", sign, (unsigned long long)v);
	return str_fmt(a, "%s%llu.%0*llu", sign, (unsigned long long)(v / unit), c.exponent,
	               (unsigned long long)(v % unit));
}

bool money_parse(str s, currency c, money *out)
{
	ptrdiff_t point = str_chr(s, '.');
	str whole = point < 0 ? s : str_sub(s, 0, (size_t)point);
	str part = point < 0 ? (str){0} : str_sub(s, (size_t)point + 1, s.n);
	bool minus = whole.n && whole.p[0] == '-';
	int64_t major, minor = 0;
	if (!str_i64(whole, &major) || (point >= 0 && part.n == 0) || part.n > (size_t)c.exponent)
		return false;
	for (size_t i = 0; i < (size_t)c.exponent; i++) {
		int digit = i < part.n ? part.p[i] - '0' : 0;
		if (digit < 0 || digit > 9)
			return false;
		exact_digit(minor, digit, &minor); /* at most four of them */
	}
	int64_t v;
	if (__builtin_mul_overflow(major, (int64_t)power_of_ten(c.exponent), &v) ||
	    __builtin_add_overflow(v, minus ? -minor : minor, &v))
		return false;
	out->minor = v;
	return true;
}

/* Thousands separated in the part before a point. */
str decimal_grouped(arena *a, str s)
{
	ptrdiff_t point = str_chr(s, '.');
	size_t whole = point < 0 ? s.n : (size_t)point, sign = s.n && s.p[0] == '-';
	buf b = buf_make(a, s.n * 2 + 8);
	for (size_t i = 0; i < s.n; i++) {
		if (i > sign && i < whole && (whole - i) % 3 == 0)
			buf_putc(&b, ',');
		buf_putc(&b, s.p[i]);
	}
	return buf_str(&b);
}

#include "base/str.h"

#include <stdio.h>
#include <string.h>

str str_dup(arena *a, str s)
{
	char *p = arena_text(a, s.n + 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = 0;
	return (str){p, s.n};
}

const char *str_c(arena *a, str s)
{
	return str_dup(a, s).p;
}

str str_cat(arena *a, str x, str y)
{
	char *p = arena_text(a, x.n + y.n + 1);
	if (x.n)
		memcpy(p, x.p, x.n);
	if (y.n)
		memcpy(p + x.n, y.p, y.n);
	p[x.n + y.n] = 0;
	return (str){p, x.n + y.n};
}

str str_fmt(arena *a, const char *fmt, ...)
{
	char small[256]; /* most texts are short: formatted once */
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	char *p = arena_text(a, n < 0 ? 1 : (size_t)n + 1);
	p[0] = 0;
	if (n > 0 && (size_t)n < sizeof small)
		memcpy(p, small, (size_t)n + 1);
	else if (n > 0)
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return (str){p, n < 0 ? 0 : (size_t)n};
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool str_eq_nocase(str x, str y)
{
	if (x.n != y.n)
		return false;
	for (size_t i = 0; i < x.n; i++)
		if (lower(x.p[i]) != lower(y.p[i]))
			return false;
	return true;
}

int str_cmp(str x, str y)
{
	size_t n = x.n < y.n ? x.n : y.n;
	int c = n ? memcmp(x.p, y.p, n) : 0;
	return c ? c : (x.n > y.n) - (x.n < y.n);
}

bool str_starts(str s, str prefix)
{
	return s.n >= prefix.n && str_eq((str){s.p, prefix.n}, prefix);
}

bool str_ends(str s, str suffix)
{
	return s.n >= suffix.n && str_eq((str){s.p + (s.n - suffix.n), suffix.n}, suffix);
}

ptrdiff_t str_find(str s, str needle)
{
	if (needle.n == 0)
		return 0;
	for (size_t i = 0; i + needle.n <= s.n; i++)
		if (s.p[i] == needle.p[0] && memcmp(s.p + i, needle.p, needle.n) == 0)
			return (ptrdiff_t)i;
	return -1;
}

ptrdiff_t str_chr(str s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
	return at ? at - s.p : -1;
}

str str_sub(str s, size_t from, size_t to)
{
	if (to > s.n)
		to = s.n;
	if (from > to)
		from = to;
	return (str){s.p ? s.p + from : NULL, to - from};
}

static bool space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

str str_trim(str s)
{
	while (s.n && space(s.p[0]))
		s = (str){s.p + 1, s.n - 1};
	while (s.n && space(s.p[s.n - 1]))
		s.n--;
	return s;
}

str str_lower(arena *a, str s)
{
	char *p = NEWN(a, char, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		p[i] = lower(s.p[i]);
	return (str){p, s.n};
}

uint64_t str_hash(str s, uint64_t seed)
{
	uint64_t h = 0xcbf29ce484222325u ^ seed;
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	h ^= h >> 32;
	h *= 0x9e3779b97f4a7c15u;
	return h ^ (h >> 29);
}

bool str_cut(str *rest, char sep, str *part)
{
	if (!rest->p) {
		*part = (str){0};
		return false;
	}
	ptrdiff_t at = str_chr(*rest, sep);
	if (at < 0) {
		*part = *rest;
		*rest = (str){0};
		return true;
	}
	*part = (str){rest->p, (size_t)at};
	*rest = (str){rest->p + at + 1, rest->n - (size_t)at - 1};
	return true;
}

bool str_i64(str s, int64_t *out)
{
	bool minus = s.n && s.p[0] == '-';
	size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+');
	if (i == s.n)
		return false;
	int64_t v = 0;
	for (; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, s.p[i] - '0', &v))
			return false;
	}
	if (!minus && __builtin_sub_overflow((int64_t)0, v, &v))
		return false;
	*out = v;
	return true;
}

str str_of_int(int64_t v, char *text)
{
	static const char two[] = "0001020304050607080910111213141516171819202122232425262728293031"
	                          "3233343536373839404142434445464748495051525354555657585960616263"
	                          "6465666768697071727374757677787980818283848586878889909192939495"
	                          "96979899";
	char *end = text + STR_INT_BYTES, *p = end;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	for (; u > 9; u /= 100)
		memcpy(p -= 2, two + u % 100 * 2, 2);
	if (u || p == end)
		*--p = (char)('0' + u);
	else if (*p == '0')
		p++;
	if (v < 0)
		*--p = '-';
	return (str){p, (size_t)(end - p)};
}

bool str_eq_secret(str x, str y)
{
	if (x.n != y.n)
		return false;
	unsigned char d = 0;
	for (size_t i = 0; i < x.n; i++)
		d |= (unsigned char)(x.p[i] ^ y.p[i]);
	return d == 0;
}

str str_hex(arena *a, str b)
{
	static const char digit[] = "0123456789abcdef";
	char *p = NEWN(a, char, b.n * 2 + 1);
	for (size_t i = 0; i < b.n; i++) {
		p[2 * i] = digit[(unsigned char)b.p[i] >> 4];
		p[2 * i + 1] = digit[(unsigned char)b.p[i] & 15];
	}
	return (str){p, b.n * 2};
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool str_unhex(arena *a, str h, str *out)
{
	if (h.n % 2)
		return false;
	char *p = NEWN(a, char, h.n / 2 + 1);
	for (size_t i = 0; i < h.n; i += 2) {
		int hi = hex_digit(h.p[i]), lo = hex_digit(h.p[i + 1]);
		if (hi < 0 || lo < 0)
			return false;
		p[i / 2] = (char)(hi << 4 | lo);
	}
	*out = (str){p, h.n / 2};
	return true;
}

static str base64(arena *a, str b, const char *alphabet, bool pad)
{
	char *p = arena_text(a, (b.n + 2) / 3 * 4 + 1);
	size_t n = 0, i = 0;
	for (; b.n - i >= 3; i += 3, n += 4) {
		const unsigned char *in = (const unsigned char *)b.p + i;
		uint32_t v = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
		p[n] = alphabet[v >> 18];
		p[n + 1] = alphabet[v >> 12 & 63];
		p[n + 2] = alphabet[v >> 6 & 63];
		p[n + 3] = alphabet[v & 63];
	}
	if (i < b.n) {
		size_t left = b.n - i;
		uint32_t v = (uint32_t)(unsigned char)b.p[i] << 16;
		if (left > 1)
			v |= (uint32_t)(unsigned char)b.p[i + 1] << 8;
		p[n++] = alphabet[v >> 18];
		p[n++] = alphabet[v >> 12 & 63];
		if (left > 1 || pad)
			p[n++] = left > 1 ? alphabet[v >> 6 & 63] : '=';
		if (pad)
			p[n++] = '=';
	}
	p[n] = 0;
	return (str){p, n};
}

str str_base64(arena *a, str b)
{
	return base64(a, b, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
}

str str_base64url(arena *a, str b)
{
	return base64(a, b, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

bool str_unbase64(arena *a, str t, str *out)
{
	for (int i = 0; i < 2 && t.n && t.p[t.n - 1] == '='; i++)
		t.n--;
	if (t.n % 4 == 1)
		return false;
	char *p = NEWN(a, char, t.n + 1);
	size_t n = 0;
	uint32_t v = 0;
	int bits = 0;
	for (size_t i = 0; i < t.n; i++) {
		int d = base64_digit(t.p[i]);
		if (d < 0)
			return false;
		v = v << 6 | (uint32_t)d;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			p[n++] = (char)(v >> bits & 255);
		}
	}
	*out = (str){p, n};
	return true;
}

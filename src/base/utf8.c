#include "base/utf8.h"

#include <string.h>

static bool tail(const str *s, size_t i)
{
	return i < s->n && ((unsigned char)s->p[i] & 0xC0) == 0x80;
}

static uint32_t low6(const str *s, size_t i)
{
	return (unsigned char)s->p[i] & 0x3Fu;
}

static uint32_t take(str *s, size_t n, uint32_t c)
{
	s->p += n;
	s->n -= n;
	return c;
}

uint32_t utf8_next(str *s)
{
	unsigned char b = (unsigned char)s->p[0];
	uint32_t c;
	if (b < 0x80)
		return take(s, 1, b);
	if (b >= 0xC2 && b <= 0xDF && tail(s, 1))
		return take(s, 2, (b & 0x1Fu) << 6 | low6(s, 1));
	if (b >= 0xE0 && b <= 0xEF && tail(s, 1) && tail(s, 2)) {
		c = (b & 0x0Fu) << 12 | low6(s, 1) << 6 | low6(s, 2);
		if (c >= 0x800 && (c < 0xD800 || c > 0xDFFF))
			return take(s, 3, c);
	}
	if (b >= 0xF0 && b <= 0xF4 && tail(s, 1) && tail(s, 2) && tail(s, 3)) {
		c = (b & 0x07u) << 18 | low6(s, 1) << 12 | low6(s, 2) << 6 | low6(s, 3);
		if (c >= 0x10000 && c <= 0x10FFFF)
			return take(s, 4, c);
	}
	return take(s, 1, UTF8_BAD);
}

/* Without the ASCII bytes in front, eight at a time: most text is nothing else. */
static void skip_ascii(str *s)
{
	uint64_t eight;
	for (; s->n >= sizeof eight; s->p += sizeof eight, s->n -= sizeof eight) {
		memcpy(&eight, s->p, sizeof eight);
		if (eight & 0x8080808080808080u)
			return;
	}
}

ptrdiff_t utf8_check(str s)
{
	const char *start = s.p;
	for (skip_ascii(&s); s.n; skip_ascii(&s)) {
		const char *at = s.p;
		if (utf8_next(&s) == UTF8_BAD)
			return at - start;
	}
	return -1;
}

size_t utf8_encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xC0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xE0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3F));
		out[2] = (char)(0x80 | (c & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3F));
	out[2] = (char)(0x80 | (c >> 6 & 0x3F));
	out[3] = (char)(0x80 | (c & 0x3F));
	return 4;
}

size_t utf8_length(str s)
{
	size_t n = 0;
	while (s.n) {
		utf8_next(&s);
		n++;
	}
	return n;
}

str utf8_sub(str s, size_t from, size_t to)
{
	size_t i = 0;
	while (s.n && i < from) {
		utf8_next(&s);
		i++;
	}
	str rest = s;
	while (rest.n && i < to) {
		utf8_next(&rest);
		i++;
	}
	return (str){s.p, s.n - rest.n};
}

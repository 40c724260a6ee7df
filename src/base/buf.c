#include "base/buf.h"

#include <stdio.h>
#include <string.h>

#define FIRST_BYTES 256

buf buf_make(arena *a, size_t max_bytes)
{
	return (buf){.a = a, .max = max_bytes};
}

bool buf_more(buf *b, size_t n)
{
	if (n <= b->cap - b->n)
		return true;
	if (b->over || n > b->max - b->n) {
		b->over = true;
		return false;
	}
	size_t cap = b->cap ? b->cap * 2 : FIRST_BYTES;
	while (cap < b->n + n)
		cap *= 2;
	if (cap > b->max)
		cap = b->max;
	/* Mostly nothing was taken since: the text goes on where it is. */
	if (!b->cap || !arena_text_on(b->a, b->p + b->cap + 1, cap - b->cap)) {
		char *p = arena_text(b->a, cap + 1);
		if (b->n)
			memcpy(p, b->p, b->n);
		b->p = p;
	}
	b->cap = cap;
	return true;
}

void buf_grow(buf *b, str s)
{
	if (s.n == 0 || !buf_more(b, s.n))
		return;
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

void buf_int(buf *b, int64_t v)
{
	char text[STR_INT_BYTES];
	buf_put(b, str_of_int(v, text));
}

void buf_fmt(buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char small[256];
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof small) {
		buf_put(b, (str){small, (size_t)n});
	} else if (n > 0 && buf_more(b, (size_t)n + 1)) {
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
}

str buf_str(const buf *b)
{
	if (b->p)
		b->p[b->n] = 0;
	return (str){b->p, b->n};
}

/*
 * buf.h - text that grows, with a ceiling.
 *
 * Every buffer states at birth how large it may become. Past the ceiling it
 * keeps what it has, drops what comes and remembers it in `over`, so that a
 * chain of appends is checked once at its end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

typedef struct {
	arena *a;
	char *p;
	size_t n, cap, max; /* behind `cap` bytes there is one more, for a NUL */
	bool over;          /* something did not fit */
} buf;

buf buf_make(arena *a, size_t max_bytes);
void buf_grow(buf *b, str s); /* private: what there may be no room for */
bool buf_more(buf *b, size_t n);

static inline void buf_put(buf *b, str s)
{
	if (s.n == 0 || s.n > b->cap - b->n) {
		buf_grow(b, s);
		return;
	}
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

static inline void buf_putc(buf *b, char c)
{
	if (b->n < b->cap)
		b->p[b->n++] = c;
	else
		buf_grow(b, (str){&c, 1});
}

/* The next n bytes, for the caller to write them all; NULL if they do not fit. */
static inline char *buf_room(buf *b, size_t n)
{
	if (n > b->cap - b->n && !buf_more(b, n))
		return NULL;
	b->n += n;
	return b->p + b->n - n;
}

void buf_int(buf *b, int64_t v);
static inline void buf_puts(buf *b, const char *cstring)
{
	buf_put(b, str_of(cstring));
}
void buf_fmt(buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What is in it, with a NUL behind; valid until the next append. */
str buf_str(const buf *b);

#endif

/*
 * str.h - text as pointer and length.
 *
 * A str never owns its bytes and is not NUL-terminated unless said so. The
 * empty str may have a NULL pointer. Functions that make new text take the
 * arena it shall live in.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
	const char *p;
	size_t n;
} str;

/* A literal as a str: STR("x") in expressions, STR_INIT("x") in static tables. */
#define STR(lit) ((str){"" lit, sizeof(lit) - 1})
#define STR_INIT(lit) {"" lit, sizeof(lit) - 1}
/* For printf: "%.*s", STRF(s). */
#define STRF(s) (int)(s).n, ((s).p ? (s).p : "")

/* NULL gives the empty str. Inline: a literal's length is known to the compiler. */
static inline str str_of(const char *cstring)
{
	return cstring ? (str){cstring, strlen(cstring)} : (str){0};
}

str str_dup(arena *a, str s);
const char *str_c(arena *a, str s);       /* NUL-terminated copy */
str str_cat(arena *a, str x, str y);
str str_fmt(arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline bool str_eq(str x, str y)
{
	return x.n == y.n && (x.n == 0 || memcmp(x.p, y.p, x.n) == 0);
}

bool str_eq_nocase(str x, str y);         /* ASCII only */
int str_cmp(str x, str y);                /* byte order, as memcmp */
bool str_starts(str s, str prefix);
bool str_ends(str s, str suffix);
ptrdiff_t str_find(str s, str needle);    /* index, or -1 */
ptrdiff_t str_chr(str s, char c);         /* index, or -1 */
str str_sub(str s, size_t from, size_t to); /* clamped to s */
str str_trim(str s);                      /* ASCII white space at both ends */
str str_lower(arena *a, str s);           /* ASCII only */
uint64_t str_hash(str s, uint64_t seed);

/* Splits off what stands before the first `sep`; *rest becomes what follows.
 * Returns false when *rest was already used up (its pointer is then NULL); *part is then
 * empty. */
bool str_cut(str *rest, char sep, str *part);

/* Whole-string integer, optional sign; false on anything else or overflow. */
bool str_i64(str s, int64_t *out);
/* The other way round, into `text` of STR_INT_BYTES. */
#define STR_INT_BYTES 20
str str_of_int(int64_t v, char *text);

/* Compares without telling by its timing where the difference is. */
bool str_eq_secret(str x, str y);

/* Hex and base64url (no padding) and base64 (padded). Decoders return false on
 * malformed input. */
str str_hex(arena *a, str bytes);
bool str_unhex(arena *a, str hex, str *out);
str str_base64(arena *a, str bytes);
str str_base64url(arena *a, str bytes);
bool str_unbase64(arena *a, str text, str *out); /* takes both alphabets */

#endif

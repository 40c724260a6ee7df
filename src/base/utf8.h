/*
 * utf8.h - UTF-8 in and out of code points (RFC 3629: no surrogates, no
 * overlong forms, nothing above U+10FFFF).
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/str.h"

#define UTF8_BAD 0xFFFFFFFFu

/* Index of the first byte that is not valid UTF-8, or -1. */
ptrdiff_t utf8_check(str s);

/* Takes one code point off the front of *s; UTF8_BAD (and one byte taken) on a
 * malformed sequence. *s must not be empty. */
uint32_t utf8_next(str *s);

/* Writes 1 to 4 bytes; returns how many. */
size_t utf8_encode(uint32_t c, char out[4]);

/* Number of code points (malformed bytes count one each). */
size_t utf8_length(str s);

/* The bytes of code points [from, to). */
str utf8_sub(str s, size_t from, size_t to);

#endif

/*
 * pattern.h - ECMA-262 regular expressions (u flag) run by PCRE2, bounded.
 *
 * The two dialects agree on most; what differs is translated (\d \w \s are ECMA's
 * sets, '.' and '$' know ECMA's line ends, \u{..} and \p{Long_Name}) and what only
 * PCRE2 knows ((?i), possessive and atomic groups, \Q, verbs, recursion) is
 * refused, so that a pattern means the same in a browser.
 */
#ifndef ENGINE_FORM_PATTERN_H
#define ENGINE_FORM_PATTERN_H

#include "base/str.h"

#define PATTERN_MATCH_LIMIT 200000u /* PCRE2 match() calls for one subject */
#define PATTERN_DEPTH_LIMIT 20000u
#define PATTERN_HEAP_KIB    2048u

struct pattern;

/* NULL with *what (English) and *at (byte offset in the source). The pattern
 * lives in the arena and is immutable. */
struct pattern *pattern_compile(arena *a, str source, str *what, size_t *at);

/* Only whether it is one; nothing is compiled that outlives the call. */
bool pattern_valid(arena *scratch, str source);

enum pattern_answer { PATTERN_NO, PATTERN_YES, PATTERN_LIMIT };

/* What a thread needs to match; made once for a run, lives in its arena. */
struct matcher;
struct matcher *matcher_make(arena *a);
enum pattern_answer pattern_match(const struct pattern *p, struct matcher *m, str subject);

#endif

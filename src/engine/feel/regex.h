/*
 * regex.h - regular expressions of XPath 3.1 (F&O 5.6) on PCRE2.
 *
 * Patterns are translated and run with limits on matching steps and depth, so
 * that a hostile pattern costs a bounded time and then is an error. Private to
 * the room.
 */
#ifndef ENGINE_FEEL_REGEX_H
#define ENGINE_FEEL_REGEX_H

#include "engine/feel/node.h"

#define REGEX_MATCH_LIMIT  200000 /* steps of one match */
#define REGEX_STEPS_A_STEP 20     /* of matching, for one of the budget */
#define REGEX_DEPTH_LIMIT  5000
#define REGEX_HEAP_KIB     4096
#define REGEX_MAX_PATTERN  4096 /* bytes */

enum regex_use { REGEX_MATCH, REGEX_REPLACE, REGEX_SPLIT };

/* null with a diagnostic on a bad pattern, flag or replacement, or when the
 * limits are reached. */
feel_value regex_run(struct env *e, enum regex_use use, str input, str pattern, str replacement,
                     str flags);

/* The pattern as PCRE2 reads it; false when it is none of XPath's. Private to
 * regex.c and its tests. */
bool regex_translate(arena *a, str pattern, bool dot_all, bool extended, str *out);

#endif

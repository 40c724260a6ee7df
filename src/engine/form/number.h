/*
 * number.h - JSON number literals compared exactly, at any length.
 *
 * JSON Schema speaks of mathematical numbers: 1e400 is larger than 9e399 and
 * 0.3 is a multiple of 0.1. A literal is brought to the form
 *     (-1)^negative x 0.DIGITS x 10^top
 * with no zero at either end of DIGITS; comparing is then comparing text.
 * Exponents beyond 10^15 are taken as 10^15.
 */
#ifndef ENGINE_FORM_NUMBER_H
#define ENGINE_FORM_NUMBER_H

#include "base/str.h"

#define NUMBER_MAX_DIVISOR_DIGITS 18 /* significant digits of a multipleOf */

struct number {
	bool negative, zero;
	int64_t top;
	str digits; /* points into the literal where it can */
};

/* `literal` is a JSON number as the reader gives it. False on anything else. */
bool number_read(arena *a, str literal, struct number *out);
int number_cmp(struct number x, struct number y); /* -1, 0, 1 */
bool number_integral(struct number x);
/* `m` is above zero with at most NUMBER_MAX_DIVISOR_DIGITS digits. */
bool number_multiple(struct number x, struct number m);
/* A non-negative integer that fits; false otherwise. "2.0" is 2. */
bool number_count(struct number x, uint64_t *out);

#endif

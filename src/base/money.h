/*
 * money.h - amounts in minor units, never a float.
 *
 * An amount is meaningful only with its currency, whose exponent (ISO 4217)
 * says how many minor units make one major: BHD has 3, JPY 0.
 */
#ifndef BASE_MONEY_H
#define BASE_MONEY_H

#include "base/str.h"

typedef struct {
	int64_t minor;
} money;

typedef struct {
	char code[4]; /* ISO 4217, NUL-terminated */
	int exponent; /* 0 to 4 */
} currency;

/* False (and *out zero) for a code that is not in the list. */
bool currency_find(str code, currency *out);

/* False on overflow; *out is then untouched. */
bool money_add(money x, money y, money *out);
bool money_sub(money x, money y, money *out);

/* Times num/den, rounded half away from nothing (25 fils of 0.5 rounds to 13). False
 * on overflow or den <= 0; *out is then untouched. */
bool money_rate(money x, int64_t num, int64_t den, money *out);
/* Splits `total` by weights so that the parts sum to it exactly: each gets its whole
 * share, and what rounding leaves goes, a unit each, to the largest remainders (of
 * equal ones the first). False when a weight is negative, all are nothing or they
 * overflow; *out is then untouched. */
#define MONEY_SHARES_MAX 256
bool money_share(money total, const int64_t *weight, size_t n, money *out);

/* "4.000" <-> 4000 for BHD. Parsing takes an optional sign, digits, and at
 * most `exponent` decimals; nothing else. */
str money_print(arena *a, money m, currency c);
bool money_parse(str s, currency c, money *out);
/* "-12345.678" -> "-12,345.678": a decimal as people read it. */
str decimal_grouped(arena *a, str decimal);

#endif

/*
 * value.h - the values of FEEL (DMN 1.5, clause 10.3.2).
 *
 * A value is 32 bytes and passed by copy; what it points to lives in the arena
 * of the evaluation (or of the model, for constants) and never changes after
 * it was made, so values may be shared freely.
 *
 * Points in time: `days` since 1970-01-01 in the proleptic Gregorian calendar,
 * `nanos` since midnight of the local clock, and a zone or NULL. A duration of
 * days and time is `secs` plus `nanos` of the same sign.
 */
#ifndef ENGINE_FEEL_VALUE_H
#define ENGINE_FEEL_VALUE_H

#include "base/decimal.h"
#include "base/json.h"
#include "base/str.h"

enum feel_kind {
	FEEL_NULL,
	FEEL_BOOL,
	FEEL_NUMBER,
	FEEL_STRING,
	FEEL_DATE,
	FEEL_TIME,
	FEEL_DATETIME,
	FEEL_DAYS,   /* days and time duration */
	FEEL_MONTHS, /* years and months duration */
	FEEL_LIST,
	FEEL_CONTEXT,
	FEEL_RANGE,
	FEEL_FUNCTION
};

#define FEEL_NANOS     INT64_C(1000000000)
#define FEEL_DAY_NANOS (86400 * FEEL_NANOS)
#define FEEL_YEAR_MAX  999999999

struct feel_zone {
	str name;                 /* "Asia/Bahrain"; empty for a plain offset */
	int32_t offset;           /* seconds east of UTC, for a plain offset */
	const struct feel_tz *tz; /* transitions, for a named zone */
};

typedef struct feel_value {
	uint8_t kind; /* enum feel_kind */
	bool b;
	union {
		decimal num;
		str s;
		struct {
			int64_t days, nanos;
			const struct feel_zone *zone;
		} t;
		struct {
			int64_t secs, nanos;
		} dur;
		int64_t months;
		const struct feel_list *list;
		const struct feel_context *ctx;
		const struct feel_range *range;
		const struct feel_function *fn;
	};
} feel_value;

struct feel_list {
	size_t n;
	feel_value *v;
};

struct feel_entry {
	str key;
	feel_value v;
};

struct feel_context {
	size_t n;
	struct feel_entry *e; /* in the order they were written */
};

enum feel_range_op { RANGE_ENDS, RANGE_EQUAL, RANGE_UNEQUAL };

/* `op` tells "(= x)" and "(!= x)" (x is `lo` and `hi`) from ranges with ends; an
 * end that is not there is FEEL_NULL with `*_none` set. */
struct feel_range {
	feel_value lo, hi;
	bool lo_closed, hi_closed;
	bool lo_none, hi_none;
	enum feel_range_op op;
};

static inline feel_value feel_null(void)
{
	return (feel_value){0};
}

static inline feel_value feel_bool(bool b)
{
	return (feel_value){.kind = FEEL_BOOL, .b = b};
}

static inline feel_value feel_number(decimal d)
{
	return (feel_value){.kind = FEEL_NUMBER, .num = d};
}

static inline feel_value feel_int(int64_t v)
{
	return feel_number(dec_of_i64(v));
}

static inline feel_value feel_string(str s)
{
	return (feel_value){.kind = FEEL_STRING, .s = s};
}

static inline bool feel_is_true(feel_value v)
{
	return v.kind == FEEL_BOOL && v.b;
}

feel_value feel_list_of(arena *a, const feel_value *v, size_t n); /* copies v */
/* The member, or NULL. */
const feel_value *feel_get(feel_value context, str key);
/* A context with one member put in or replaced. */
feel_value feel_put(arena *a, feel_value context, str key, feel_value v);

const char *feel_kind_name(enum feel_kind k); /* "years and months duration" */

/* Equality of 10.3.2.13: 1 equal, 0 different, -1 not comparable (the types
 * differ and neither is null). */
int feel_equal(feel_value x, feel_value y);
/* The same, looking at no more than *parts parts (lists may share parts, so that a small
 * value may have very many): 0 when they do not suffice, and *parts is 0 then. */
int feel_equal_within(feel_value x, feel_value y, uint64_t *parts);
bool feel_same(feel_value x, feel_value y); /* equal, for lists and contexts throughout */
/* Order: false when the two have none; else *out is -1, 0 or 1. */
bool feel_compare(feel_value x, feel_value y, int *out);
/* Is x within the range? 1, 0, or -1 when they cannot be compared. */
int feel_in_range(feel_value x, const struct feel_range *r);

/* The literal text of a value, as string() gives it; nested strings in quotes. */
str feel_print(arena *a, feel_value v);

/* JSON: numbers by their literal, points in time and durations as their text
 * (ISO 8601), ranges as text, functions as null. The other way strings stay
 * strings: who knows the type coerces. Numbers beyond decimal128 become null. */
#define FEEL_JSON_PARTS 1000000 /* of one value; what lies beyond is null */
json *feel_to_json(arena *a, feel_value v);
/* Has it more parts (items, members, values) than that? */
bool feel_exceeds(feel_value v, uint64_t parts);
feel_value feel_of_json(arena *a, const json *v);

#endif

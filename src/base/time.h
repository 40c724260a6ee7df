/*
 * time.h - instants, civil dates and the one place that asks the clock.
 *
 * An instant is int64 microseconds since 1970-01-01T00:00:00Z (leap seconds
 * smeared away, as POSIX does). A civil date is proleptic Gregorian. The clock
 * is injected, so that a run can be replayed: nobody else calls time().
 */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/str.h"

typedef int64_t instant;

#define SECOND ((instant)1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

typedef struct {
	int32_t year;
	int8_t month, day;           /* 1-12, 1-31 */
	int8_t hour, minute, second; /* 0-23, 0-59, 0-59 */
	int32_t micro;
} civil;

/* A clock: `now` is called with `ctx`. clock_system() is the real one. */
typedef struct {
	instant (*now)(void *ctx);
	void *ctx;
} clock_source;

clock_source clock_system(void);
/* Reads an offset in seconds from the file at each call (a test moves time by
 * writing the file). The path must outlive the clock. */
clock_source clock_offset_file(const char *path);
instant clock_now(clock_source c);
instant clock_monotonic(void);                /* for measuring only */

int64_t days_from_civil(int32_t y, int m, int d); /* days since 1970-01-01 */
void civil_from_days(int64_t days, int32_t *y, int *m, int *d);
bool date_valid(int32_t y, int m, int d);
int weekday(int64_t days);                    /* 0 Sunday .. 6 Saturday */

/* `offset` is seconds east of UTC. */
civil civil_of(instant t, int32_t offset);
instant instant_of(civil c, int32_t offset);

/* ISO 8601 / RFC 3339 in UTC with 'Z'; fractions only when there are any. */
str time_print(arena *a, instant t);
bool time_parse(str s, instant *out);         /* needs Z or an offset */
str date_print(arena *a, int64_t days);       /* 2026-11-24 */
bool date_parse(str s, int64_t *days);

#endif

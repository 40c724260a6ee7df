/*
 * calendar.h - working days, hours and minutes of a country.
 *
 * A calendar is data of the pack (calendar.json): weekend, holidays (single days,
 * editable at short notice), working hours, Ramadan with its shorter hours. It is
 * immutable; a change of the pack gives a new one.
 *
 * A working day is any day that is neither weekend nor holiday. "Due in n working
 * days" from an instant is the end of the working hours of the n-th working day
 * after the instant's day (CORE-03). Minutes and hours count within working hours
 * only. All instants are UTC; the calendar knows the country's offset.
 *
 * Weekends are counted by arithmetic and holidays by their place in a sorted
 * list, so that no answer takes longer for a span of years than for a day.
 *
 * Thread safety: all functions, any thread.
 */
#ifndef KERNEL_CALENDAR_H
#define KERNEL_CALENDAR_H

#include "base/diag.h"
#include "base/json.h"
#include "base/time.h"

struct calendar;

#define CALENDAR_MAX_DAYS 1000000 /* farthest working day that is looked for */

/* From calendar.json; NULL, and why in *d. `offset` is seconds east of UTC. A
 * holiday may be listed twice; a weekday outside the weekend must have hours. */
struct calendar *calendar_load(arena *a, const json *document, int32_t offset, struct diags *d);

bool calendar_working_day(const struct calendar *c, int64_t day);
/* Is the instant within working hours? */
bool calendar_working(const struct calendar *c, instant t);
/* Name of the holiday as {"en","ar"}, or NULL. */
const json *calendar_holiday(const struct calendar *c, int64_t day);

/* The end of the n-th working day after t's own day; n = 0: of t's day, or of the
 * next working one if it is over or not one. */
instant calendar_add_days(const struct calendar *c, instant t, int64_t n);
/* The instant at which `micros` of working time have passed since t. */
instant calendar_add_time(const struct calendar *c, instant t, int64_t micros);
/* {"value": 3, "unit": "working_days"|"hours"|"minutes"|"days"}: hours and minutes
 * of working time; "days" are civil ones, to the same time of day. An unknown
 * unit gives t. */
instant calendar_due(const struct calendar *c, instant t, const json *duration);

/* Working time in [from, to). Working days after the day of `from`, up to and with
 * the day of `to`: what calendar_add_days added. 0 when `to` is not later. */
int64_t calendar_time_between(const struct calendar *c, instant from, instant to);
int64_t calendar_days_between(const struct calendar *c, instant from, instant to);
/* Civil day (since 1970-01-01) of an instant where the country is. */
int64_t calendar_day(const struct calendar *c, instant t);

#endif

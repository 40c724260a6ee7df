#include "kernel/calendar/calendar.h"

#include <stdlib.h>

#define DAYS_OF_WEEK 7

/* Working hours, as time since local midnight. */
struct hours {
	instant from, to;
	bool days[DAYS_OF_WEEK];
};

struct span {
	int64_t from, to; /* days, both within */
};

struct holiday {
	int64_t day;
	const json *name;
};

struct calendar {
	int32_t offset;
	bool weekend[DAYS_OF_WEEK];
	int weekdays; /* outside the weekend */
	struct hours normal, ramadan;
	bool has_ramadan;
	struct span *month; /* each Ramadan, in order */
	size_t n_months;
	struct holiday *holiday; /* one a day, in order */
	size_t n_holidays;
	int64_t *off; /* holidays outside the weekend, in order */
	size_t n_off;
};

/* ---- loading ---- */

static void wrong(struct diags *d, const json *at, const char *rule, const char *what,
                  const char *hint)
{
	diags_add(d, DIAG_ERROR, rule, at ? at->line : 1, at ? at->col : 1, "%s", what)->hint =
	    str_of(hint);
}

static void read_weekdays(const json *list, bool out[DAYS_OF_WEEK])
{
	for (const json *v = list ? list->first : NULL; v; v = v->next) {
		int64_t day;
		if (json_i64(v, &day) && day >= 0 && day < DAYS_OF_WEEK)
			out[day] = true;
	}
}

/* "07:30" */
static bool read_clock(str s, instant *out)
{
	int64_t h, m;
	if (s.n != 5 || s.p[2] != ':' || !str_i64(str_sub(s, 0, 2), &h) ||
	    !str_i64(str_sub(s, 3, 5), &m) || h < 0 || h > 23 || m < 0 || m > 59)
		return false;
	*out = h * HOUR + m * MINUTE;
	return true;
}

static void read_hours(const struct calendar *c, const json *v, struct hours *h, struct diags *d)
{
	if (!read_clock(json_str(v, "from"), &h->from) || !read_clock(json_str(v, "to"), &h->to) ||
	    h->from >= h->to)
		wrong(d, v, "calendar.hours", "the working hours have no beginning before their end",
		      "Write \"from\" and \"to\" as HH:MM of one day, \"from\" first.");
	read_weekdays(json_get(v, "days"), h->days);
	for (int i = 0; i < DAYS_OF_WEEK; i++)
		if (h->days[i] == c->weekend[i]) {
			wrong(d, json_get(v, "days") ? json_get(v, "days") : v, "calendar.days",
			      "the days of the working hours are not the days outside the weekend",
			      "List in \"days\" every weekday that is not in \"weekend\"; 0 is Sunday.");
			return;
		}
}

static bool read_day(const json *object, const char *name, int64_t *out, struct diags *d)
{
	if (date_parse(json_str(object, name), out))
		return true;
	wrong(d, json_get(object, name) ? json_get(object, name) : object, "calendar.date",
	      "this is not a day of the calendar", "Write an existing day as YYYY-MM-DD.");
	return false;
}

static int by_day(const void *x, const void *y)
{
	const struct holiday *a = x, *b = y;
	return (a->day > b->day) - (a->day < b->day);
}

static void read_holidays(arena *a, struct calendar *c, const json *list, struct diags *d)
{
	size_t n = 0;
	c->holiday = NEWN(a, struct holiday, list ? list->count : 0);
	for (const json *v = list ? list->first : NULL; v; v = v->next)
		if (read_day(v, "date", &c->holiday[n].day, d))
			c->holiday[n++].name = json_get(v, "name");
	if (n)
		qsort(c->holiday, n, sizeof *c->holiday, by_day);
	c->off = NEWN(a, int64_t, n);
	for (size_t i = 0; i < n; i++) {
		if (c->n_holidays && c->holiday[c->n_holidays - 1].day == c->holiday[i].day)
			continue;
		c->holiday[c->n_holidays++] = c->holiday[i];
		if (!c->weekend[weekday(c->holiday[i].day)])
			c->off[c->n_off++] = c->holiday[i].day;
	}
}

static int by_from(const void *x, const void *y)
{
	const struct span *a = x, *b = y;
	return (a->from > b->from) - (a->from < b->from);
}

static void read_months(arena *a, struct calendar *c, const json *list, struct diags *d)
{
	c->month = NEWN(a, struct span, list ? list->count : 0);
	for (const json *v = list ? list->first : NULL; v; v = v->next) {
		struct span s;
		if (!read_day(v, "from", &s.from, d) || !read_day(v, "to", &s.to, d))
			continue;
		if (s.to < s.from)
			wrong(d, v, "calendar.ramadan", "this Ramadan ends before it begins",
			      "\"to\" is the last day of the month.");
		c->month[c->n_months++] = s;
	}
	if (c->n_months)
		qsort(c->month, c->n_months, sizeof *c->month, by_from);
	for (size_t i = 1; i < c->n_months; i++)
		if (c->month[i].from <= c->month[i - 1].to) {
			wrong(d, list, "calendar.ramadan", "two of the months overlap",
			      "Each year has one Ramadan; see \"from\" and \"to\".");
			return;
		}
}

struct calendar *calendar_load(arena *a, const json *document, int32_t offset, struct diags *d)
{
	struct calendar *c = NEW(a, struct calendar);
	size_t before = d->errors;
	c->offset = offset;
	read_weekdays(json_get(document, "weekend"), c->weekend);
	for (int i = 0; i < DAYS_OF_WEEK; i++)
		c->weekdays += !c->weekend[i];
	if (!c->weekdays) {
		wrong(d, json_get(document, "weekend"), "calendar.weekend", "the weekend is the whole week",
		      "Leave at least one weekday out of \"weekend\".");
		return NULL;
	}
	read_hours(c, json_get(document, "working_hours"), &c->normal, d);
	c->has_ramadan = json_get(document, "ramadan_hours") != NULL;
	if (c->has_ramadan)
		read_hours(c, json_get(document, "ramadan_hours"), &c->ramadan, d);
	read_months(a, c, json_get(document, "ramadan"), d);
	read_holidays(a, c, json_get(document, "holidays"), d);
	return d->errors > before ? NULL : c;
}

/* ---- days ---- */

static int64_t floor_div(int64_t x, int64_t y)
{
	return x / y - (x % y < 0);
}

int64_t calendar_day(const struct calendar *c, instant t)
{
	return floor_div(t + c->offset * SECOND, DAY);
}

static instant midnight(const struct calendar *c, int64_t day)
{
	return day * DAY - c->offset * SECOND;
}

const json *calendar_holiday(const struct calendar *c, int64_t day)
{
	struct holiday key = {.day = day};
	const struct holiday *h =
	    c->n_holidays ? bsearch(&key, c->holiday, c->n_holidays, sizeof *c->holiday, by_day) : NULL;
	return h ? h->name : NULL;
}

/* How many holidays outside the weekend come before the day. */
static size_t off_before(const struct calendar *c, int64_t day)
{
	size_t lo = 0, hi = c->n_off;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (c->off[mid] < day)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool calendar_working_day(const struct calendar *c, int64_t day)
{
	return !c->weekend[weekday(day)] && off_before(c, day) == off_before(c, day + 1);
}

/* Working days in [from, to). */
static int64_t count_days(const struct calendar *c, int64_t from, int64_t to)
{
	if (to <= from)
		return 0;
	int64_t weeks = (to - from) / DAYS_OF_WEEK, n = weeks * c->weekdays;
	for (int64_t day = from + weeks * DAYS_OF_WEEK; day < to; day++)
		n += !c->weekend[weekday(day)];
	return n - (int64_t)(off_before(c, to) - off_before(c, from));
}

#define FEW_DAYS 40

/* Day by day, for few of them. */
static int64_t nth_day_near(const struct calendar *c, int64_t from, int64_t n)
{
	size_t off = off_before(c, from);
	for (int64_t day = from, w = weekday(from);; day++, w = (w + 1) % DAYS_OF_WEEK) {
		bool works = !c->weekend[w];
		for (; off < c->n_off && c->off[off] == day; off++)
			works = false;
		n -= works;
		if (n == 0)
			return day;
	}
}

/* The n-th working day of those from `from` on; n from 1. */
static int64_t nth_day(const struct calendar *c, int64_t from, int64_t n)
{
	if (n > 0 && n <= FEW_DAYS && c->weekdays > 0)
		return nth_day_near(c, from, n);
	int64_t lo = from, hi = from + (n + (int64_t)c->n_off + 1) * DAYS_OF_WEEK;
	while (lo < hi) {
		int64_t mid = lo + (hi - lo) / 2;
		if (count_days(c, from, mid + 1) >= n)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static const struct hours *hours_of(const struct calendar *c, int64_t day)
{
	for (size_t i = 0; i < c->n_months && c->has_ramadan; i++)
		if (day >= c->month[i].from && day <= c->month[i].to)
			return &c->ramadan;
	return &c->normal;
}

bool calendar_working(const struct calendar *c, instant t)
{
	int64_t day = calendar_day(c, t);
	const struct hours *h = hours_of(c, day);
	instant clock = t - midnight(c, day);
	return calendar_working_day(c, day) && clock >= h->from && clock < h->to;
}

static instant end_of(const struct calendar *c, int64_t day)
{
	return midnight(c, day) + hours_of(c, day)->to;
}

static int64_t capped(int64_t n)
{
	return n > CALENDAR_MAX_DAYS ? CALENDAR_MAX_DAYS : n;
}

instant calendar_add_days(const struct calendar *c, instant t, int64_t n)
{
	int64_t day = calendar_day(c, t);
	if (n > 0)
		return end_of(c, nth_day(c, day + 1, capped(n)));
	if (calendar_working_day(c, day) && t < end_of(c, day))
		return end_of(c, day);
	return end_of(c, nth_day(c, day + 1, 1));
}

int64_t calendar_days_between(const struct calendar *c, instant from, instant to)
{
	return count_days(c, calendar_day(c, from) + 1, calendar_day(c, to) + 1);
}

/* ---- time within working hours ---- */

/* Working time of the whole days [from, to). */
static int64_t time_of_days(const struct calendar *c, int64_t from, int64_t to)
{
	int64_t all = count_days(c, from, to), fasting = 0;
	for (size_t i = 0; i < c->n_months && c->has_ramadan; i++) {
		int64_t lo = c->month[i].from > from ? c->month[i].from : from;
		int64_t hi = c->month[i].to + 1 < to ? c->month[i].to + 1 : to;
		fasting += count_days(c, lo, hi);
	}
	return (all - fasting) * (c->normal.to - c->normal.from) +
	       fasting * (c->ramadan.to - c->ramadan.from);
}

/* Working time of t's own day that has passed at t. */
static int64_t passed(const struct calendar *c, instant t)
{
	int64_t day = calendar_day(c, t);
	if (!calendar_working_day(c, day))
		return 0;
	const struct hours *h = hours_of(c, day);
	instant clock = t - midnight(c, day);
	if (clock <= h->from)
		return 0;
	return (clock < h->to ? clock : h->to) - h->from;
}

int64_t calendar_time_between(const struct calendar *c, instant from, instant to)
{
	if (to <= from)
		return 0;
	return time_of_days(c, calendar_day(c, from), calendar_day(c, to)) - passed(c, from) +
	       passed(c, to);
}

instant calendar_add_time(const struct calendar *c, instant t, int64_t micros)
{
	if (micros <= 0)
		return t;
	int64_t shortest = c->normal.to - c->normal.from;
	if (c->has_ramadan && c->ramadan.to - c->ramadan.from < shortest)
		shortest = c->ramadan.to - c->ramadan.from;
	int64_t days = micros / shortest;
	if (days > CALENDAR_MAX_DAYS)
		micros = (days = CALENDAR_MAX_DAYS) * shortest;
	/* All of it counted from the beginning of t's day. */
	int64_t first = calendar_day(c, t), wanted = micros + passed(c, t);
	int64_t lo = first, hi = nth_day(c, first, days + 2);
	while (lo < hi) {
		int64_t mid = lo + (hi - lo) / 2;
		if (time_of_days(c, first, mid + 1) >= wanted)
			hi = mid;
		else
			lo = mid + 1;
	}
	return midnight(c, lo) + hours_of(c, lo)->from + wanted - time_of_days(c, first, lo);
}

instant calendar_due(const struct calendar *c, instant t, const json *duration)
{
	int64_t n = json_int(duration, "value", 0);
	str unit = json_str(duration, "unit");
	n = n < 0 ? 0 : n > CALENDAR_MAX_DAYS ? CALENDAR_MAX_DAYS : n;
	if (str_eq(unit, STR("working_days")))
		return calendar_add_days(c, t, n);
	if (str_eq(unit, STR("hours")))
		return calendar_add_time(c, t, n * HOUR);
	if (str_eq(unit, STR("minutes")))
		return calendar_add_time(c, t, n * MINUTE);
	return str_eq(unit, STR("days")) ? t + n * DAY : t;
}

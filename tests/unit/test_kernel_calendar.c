/* Working days and hours: Friday-Saturday, Eid, Ramadan, a change at short notice,
 * and every answer against a plain walk from day to day and minute to minute. */
#include "unit.h"

#include "base/rng.h"
#include "kernel/calendar/calendar.h"

#include <stdio.h>
#include <stdlib.h>

#define OFFSET (3 * 3600)

static str slurp(arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	char chunk[8192];
	size_t n;
	assert_non_null(f);
	buf b = buf_make(a, (size_t)4 << 20);
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_put(&b, (str){chunk, n});
	fclose(f);
	return buf_str(&b);
}

static struct calendar *load(arena *a, const json *doc)
{
	struct diags d = diags_make(a, STR("calendar.json"));
	struct calendar *c = calendar_load(a, doc, OFFSET, &d);
	if (!c)
		fail_msg("%.*s", STRF(diags_print(a, &d)));
	return c;
}

static json *bahrain(arena *a)
{
	json *doc = json_parse(a, slurp(a, "packs/bahrain/calendar.json"), NULL);
	assert_non_null(doc);
	return doc;
}

static instant at(const char *local) /* "2026-11-24T10:00" in Bahrain */
{
	char text[64];
	instant t;
	snprintf(text, sizeof text, "%s:00+03:00", local);
	assert_true(time_parse(str_of(text), &t));
	return t;
}

/* proves: CORE-03 */
static void due_dates_skip_the_weekend(void **state)
{
	struct calendar *c = load(*state, bahrain(*state));
	/* A Wednesday; three working days on is Monday: not Friday, not Saturday. */
	assert_int_equal(calendar_add_days(c, at("2026-11-25T10:00"), 3), at("2026-11-30T14:15"));
	assert_int_equal(calendar_add_days(c, at("2026-11-26T23:59"), 1), at("2026-11-29T14:15"));
	assert_false(calendar_working_day(c, calendar_day(c, at("2026-11-27T10:00"))));
	assert_false(calendar_working_day(c, calendar_day(c, at("2026-11-28T10:00"))));
	assert_true(calendar_working_day(c, calendar_day(c, at("2026-11-29T10:00"))));
	/* The day counts where the country is: 22:30 UTC on Saturday is Sunday there. */
	assert_true(calendar_working_day(c, calendar_day(c, at("2026-11-29T01:30"))));
}

/* proves: CORE-03 */
static void due_dates_skip_eid(void **state)
{
	struct calendar *c = load(*state, bahrain(*state));
	/* Eid al-Fitr 2026 with its days in lieu: Friday 20 to Tuesday 24 March. */
	assert_int_equal(calendar_add_days(c, at("2026-03-18T09:00"), 1), at("2026-03-19T14:00"));
	assert_int_equal(calendar_add_days(c, at("2026-03-18T09:00"), 2), at("2026-03-25T14:15"));
	assert_int_equal(calendar_days_between(c, at("2026-03-18T09:00"), at("2026-03-25T08:00")), 2);
	assert_str(json_str(calendar_holiday(c, days_from_civil(2026, 3, 20)), "en"), "Eid al-Fitr");
	assert_null(calendar_holiday(c, days_from_civil(2026, 3, 25)));
}

static void ramadan_has_its_hours(void **state)
{
	struct calendar *c = load(*state, bahrain(*state));
	assert_false(calendar_working(c, at("2026-03-04T07:30")));
	assert_true(calendar_working(c, at("2026-03-04T08:00")));
	assert_false(calendar_working(c, at("2026-03-04T14:00")));
	assert_true(calendar_working(c, at("2026-04-01T07:30")));
	assert_int_equal(calendar_add_days(c, at("2026-03-03T10:00"), 1), at("2026-03-04T14:00"));
	/* 6 h of 6 in Ramadan, 7 h 15 otherwise. */
	assert_int_equal(calendar_time_between(c, at("2026-03-04T00:00"), at("2026-03-05T00:00")),
	                 6 * HOUR);
	assert_int_equal(calendar_time_between(c, at("2026-04-01T00:00"), at("2026-04-02T00:00")),
	                 7 * HOUR + 15 * MINUTE);
}

/* proves: CORE-03 */
static void minutes_and_hours_run_within_working_hours(void **state)
{
	arena *a = *state;
	struct calendar *c = load(a, bahrain(a));
	json *hour = json_parse(a, STR("{\"value\":1,\"unit\":\"hours\"}"), NULL);
	json *ten = json_parse(a, STR("{\"value\":10,\"unit\":\"minutes\"}"), NULL);
	json *three = json_parse(a, STR("{\"value\":3,\"unit\":\"working_days\"}"), NULL);
	json *fourteen = json_parse(a, STR("{\"value\":14,\"unit\":\"days\"}"), NULL);
	assert_int_equal(calendar_due(c, at("2026-11-25T09:00"), hour), at("2026-11-25T10:00"));
	/* Thursday 14:00 has a quarter of an hour left; the rest is Sunday's. */
	assert_int_equal(calendar_due(c, at("2026-11-26T14:00"), hour), at("2026-11-29T07:45"));
	assert_int_equal(calendar_due(c, at("2026-11-26T14:10"), ten), at("2026-11-29T07:05"));
	assert_int_equal(calendar_due(c, at("2026-11-27T12:00"), ten), at("2026-11-29T07:10"));
	assert_int_equal(calendar_due(c, at("2026-11-25T09:00"), three), at("2026-11-30T14:15"));
	assert_int_equal(calendar_due(c, at("2026-11-25T09:00"), fourteen), at("2026-12-09T09:00"));
}

static void no_days_means_today_or_the_next_working_one(void **state)
{
	struct calendar *c = load(*state, bahrain(*state));
	assert_int_equal(calendar_add_days(c, at("2026-11-25T09:00"), 0), at("2026-11-25T14:15"));
	assert_int_equal(calendar_add_days(c, at("2026-11-25T14:15"), 0), at("2026-11-26T14:15"));
	assert_int_equal(calendar_add_days(c, at("2026-11-27T09:00"), 0), at("2026-11-29T14:15"));
}

/* proves: CORE-03 */
static void a_day_declared_at_short_notice_moves_what_is_due(void **state)
{
	arena *a = *state;
	json *doc = bahrain(a);
	instant from = at("2026-11-25T10:00");
	assert_int_equal(calendar_add_days(load(a, doc), from, 1), at("2026-11-26T14:15"));
	json *day = json_parse(a,
	                       STR("{\"date\":\"2026-11-26\",\"id\":\"mourning\",\"kind\":\"declared\","
	                           "\"name\":{\"en\":\"Mourning\",\"ar\":\"حداد\"}}"),
	                       NULL);
	json_push(json_get(doc, "holidays"), day);
	json_push(json_get(doc, "holidays"), json_copy(a, day)); /* twice is once */
	struct calendar *c = load(a, doc);
	assert_int_equal(calendar_add_days(c, from, 1), at("2026-11-29T14:15"));
	assert_false(calendar_working(c, at("2026-11-26T09:00")));
}

/* ---- against a plain walk ---- */

static json *random_calendar(arena *a, rng *r)
{
	json *o = json_object(a), *weekend = json_array(a), *days = json_array(a);
	int first = (int)rng_below(r, 7), n = 1 + (int)rng_below(r, 3);
	for (int i = 0; i < 7; i++)
		json_push((i - first + 7) % 7 < n ? weekend : days, json_int_new(a, i));
	json *h = json_object(a), *f;
	json_set_str(a, h, "from", STR("07:00"));
	json_set_str(a, h, "to", STR("14:15"));
	json_set(a, h, "days", days);
	f = json_copy(a, h);
	json_set_str(a, f, "from", STR("09:30"));
	json_set_str(a, f, "to", STR("14:00"));
	json_set(a, o, "weekend", weekend);
	json_set(a, o, "working_hours", h);
	if (rng_below(r, 4))
		json_set(a, o, "ramadan_hours", f);
	int64_t start = days_from_civil(2026, 1, 1);
	json *month = json_object(a), *months = json_array(a), *off = json_array(a);
	int64_t m = start + (int64_t)rng_below(r, 60);
	json_set_str(a, month, "from", date_print(a, m));
	json_set_str(a, month, "to", date_print(a, m + 29));
	json_push(months, month);
	json_set(a, o, "ramadan", months);
	for (uint64_t i = rng_below(r, 40); i; i--) {
		json *v = json_object(a);
		json_set_str(a, v, "date", date_print(a, start + (int64_t)rng_below(r, 120)));
		json_push(off, v);
	}
	json_set(a, o, "holidays", off);
	return o;
}

/* What the document says, asked anew for each minute. */
static bool plain_day(const json *doc, arena *a, int64_t day)
{
	for (const json *v = json_get(doc, "weekend")->first; v; v = v->next)
		if (json_text(v).p[0] - '0' == weekday(day))
			return false;
	for (const json *v = json_get(doc, "holidays")->first; v; v = v->next)
		if (str_eq(json_str(v, "date"), date_print(a, day)))
			return false;
	return true;
}

static int64_t clock_of(str s)
{
	return (s.p[0] - '0') * 600 + (s.p[1] - '0') * 60 + (s.p[3] - '0') * 10 + (s.p[4] - '0');
}

static void plain_hours(const json *doc, arena *a, int64_t day, int64_t *from, int64_t *to)
{
	const json *m = json_get(doc, "ramadan")->first, *h = json_get(doc, "working_hours");
	str date = date_print(a, day);
	if (json_get(doc, "ramadan_hours") && str_cmp(date, json_str(m, "from")) >= 0 &&
	    str_cmp(date, json_str(m, "to")) <= 0)
		h = json_get(doc, "ramadan_hours");
	*from = clock_of(json_str(h, "from"));
	*to = clock_of(json_str(h, "to"));
}

struct plain {
	bool day[400];
	int64_t from[400], to[400], first;
};

static struct plain *plain_make(arena *a, const json *doc)
{
	struct plain *p = NEW(a, struct plain);
	p->first = days_from_civil(2025, 12, 1);
	for (int i = 0; i < 400; i++) {
		p->day[i] = plain_day(doc, a, p->first + i);
		plain_hours(doc, a, p->first + i, &p->from[i], &p->to[i]);
	}
	return p;
}

static bool plain_minute(const struct plain *p, int64_t minute) /* since first, local */
{
	int64_t i = minute / 1440, clock = minute % 1440;
	return p->day[i] && clock >= p->from[i] && clock < p->to[i];
}

static instant plain_instant(const struct plain *p, int64_t minute)
{
	return p->first * DAY + minute * MINUTE - OFFSET * SECOND;
}

static void check_one(const struct calendar *c, const struct plain *p, rng *r)
{
	int64_t from = (int64_t)rng_below(r, 100 * 1440), to = from + (int64_t)rng_below(r, 60 * 1440);
	int64_t worked = 0, days = 0, n = (int64_t)rng_below(r, 40), day = from / 1440, left, m;
	for (m = from; m < to; m++)
		worked += plain_minute(p, m);
	assert_int_equal(calendar_time_between(c, plain_instant(p, from), plain_instant(p, to)),
	                 worked * MINUTE);
	for (int64_t i = from / 1440 + 1; i <= to / 1440; i++)
		days += p->day[i];
	assert_int_equal(calendar_days_between(c, plain_instant(p, from), plain_instant(p, to)), days);
	if (n == 0 && !(p->day[day] && from % 1440 < p->to[day]))
		n = 1;
	for (left = n; left; left -= p->day[day])
		day++;
	assert_int_equal(calendar_add_days(c, plain_instant(p, from), n),
	                 plain_instant(p, day * 1440 + p->to[day]));
	left = 1 + (int64_t)rng_below(r, 5000);
	int64_t wanted = left;
	for (m = from; left; m++)
		left -= plain_minute(p, m);
	assert_int_equal(calendar_add_time(c, plain_instant(p, from), wanted * MINUTE),
	                 plain_instant(p, m));
	assert_int_equal(calendar_working(c, plain_instant(p, from)), plain_minute(p, from));
}

static void it_agrees_with_a_walk_from_minute_to_minute(void **state)
{
	rng r = rng_seeded(20261125);
	for (int i = 0; i < 60; i++) {
		json *doc = random_calendar(*state, &r);
		struct calendar *c = load(*state, doc);
		struct plain *p = plain_make(*state, doc);
		for (int k = 0; k < 40; k++)
			check_one(c, p, &r);
	}
}

/* ---- what is refused ---- */

static void refused(arena *a, const char *text, const char *rule)
{
	struct diags d = diags_make(a, STR("calendar.json"));
	json *doc = json_parse(a, str_of(text), NULL);
	assert_non_null(doc);
	assert_null(calendar_load(a, doc, OFFSET, &d));
	assert_non_null(d.first);
	assert_str(d.first->rule, rule);
	assert_true(d.first->line > 0);
	assert_true(d.first->hint.n > 0);
}

static void mistakes_are_told(void **state)
{
	refused(*state, "{\"weekend\":[0,1,2,3,4,5,6]}", "calendar.weekend");
	refused(*state,
	        "{\"weekend\":[5,6],\"working_hours\":{\"from\":\"15:00\",\"to\":\"08:00\","
	        "\"days\":[0,1,2,3,4]}}",
	        "calendar.hours");
	refused(*state,
	        "{\"weekend\":[5,6],\"working_hours\":{\"from\":\"08:00\",\"to\":\"15:00\","
	        "\"days\":[0,1,2,3]}}",
	        "calendar.days");
	refused(*state,
	        "{\"weekend\":[5,6],\"working_hours\":{\"from\":\"08:00\",\"to\":\"15:00\","
	        "\"days\":[0,1,2,3,4]},\"holidays\":[{\"date\":\"2026-02-30\"}]}",
	        "calendar.date");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(due_dates_skip_the_weekend),
	    UNIT(due_dates_skip_eid),
	    UNIT(ramadan_has_its_hours),
	    UNIT(minutes_and_hours_run_within_working_hours),
	    UNIT(no_days_means_today_or_the_next_working_one),
	    UNIT(a_day_declared_at_short_notice_moves_what_is_due),
	    UNIT(it_agrees_with_a_walk_from_minute_to_minute),
	    UNIT(mistakes_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

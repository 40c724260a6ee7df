#include "base/time.h"
#include "engine/feel/builtin.h"

feel_value bi_date(struct env *e, const feel_value *v, size_t n)
{
	feel_value out;
	int64_t y, m, d;
	if (n == 3) {
		if (!bi_int(v[0], &y) || !bi_int(v[1], &m) || !bi_int(v[2], &d))
			return bi_wrong(e, "date");
		if (y < -FEEL_YEAR_MAX || y > FEEL_YEAR_MAX || m < 1 || m > 12 || d < 1 || d > 31 ||
		    !date_valid((int32_t)y, (int)m, (int)d))
			return env_fail(e, "date: no such day");
		return (feel_value){.kind = FEEL_DATE,
		                    .t = {.days = days_from_civil((int32_t)y, (int)m, (int)d)}};
	}
	if (v[0].kind == FEEL_STRING)
		return feel_parse_date(v[0].s, &out) ? out
		                                     : env_fail(e, "date: \"%.*s\" is none", STRF(v[0].s));
	if (v[0].kind != FEEL_DATE && v[0].kind != FEEL_DATETIME)
		return bi_wrong(e, "date");
	return (feel_value){.kind = FEEL_DATE, .t = {.days = v[0].t.days}};
}

/* Hour, minute, second with fraction; false if there is no such time. */
static bool clock_of(const feel_value *v, int64_t *nanos)
{
	int64_t h, m, s;
	decimal whole, part;
	if (!bi_int(v[0], &h) || !bi_int(v[1], &m) || !bi_int(v[2], &s) || h < 0 || h > 23 || m < 0 ||
	    m > 59 || s < 0 || s > 59 || v[2].num.neg)
		return false;
	whole = dec_integral(v[2].num, DEC_DOWN);
	int64_t frac = 0;
	if (!dec_sub(v[2].num, whole, &part) || !dec_mul(part, dec_of_i64(FEEL_NANOS), &part) ||
	    !dec_to_i64(dec_integral(part, DEC_DOWN), &frac))
		return false;
	*nanos = ((h * 60 + m) * 60 + s) * FEEL_NANOS + frac;
	return true;
}

static bool zone_of(struct env *e, feel_value v, const struct feel_zone **out)
{
	*out = NULL;
	if (v.kind == FEEL_NULL)
		return true;
	if (v.kind == FEEL_STRING)
		return feel_zone_find(e, v.s, out);
	if (v.kind != FEEL_DAYS || v.dur.secs > 64800 || v.dur.secs < -64800)
		return false;
	*out = feel_zone_offset(e->a, (int32_t)v.dur.secs);
	return true;
}

feel_value bi_time(struct env *e, const feel_value *v, size_t n)
{
	feel_value out = {.kind = FEEL_TIME};
	if (n >= 3) {
		if (!clock_of(v, &out.t.nanos) || (n > 3 && !zone_of(e, v[3], &out.t.zone)))
			return env_fail(e, "time: no such time");
		return out;
	}
	if (v[0].kind == FEEL_STRING)
		return feel_parse_time(e, v[0].s, &out)
		           ? out
		           : env_fail(e, "time: \"%.*s\" is none", STRF(v[0].s));
	if (v[0].kind == FEEL_DATE) {
		out.t.zone = feel_zone_offset(e->a, 0);
		return out;
	}
	if (v[0].kind != FEEL_TIME && v[0].kind != FEEL_DATETIME)
		return bi_wrong(e, "time");
	out.t.nanos = v[0].t.nanos;
	out.t.zone = v[0].t.zone;
	return out;
}

feel_value bi_datetime(struct env *e, const feel_value *v, size_t n)
{
	feel_value out = {.kind = FEEL_DATETIME};
	if (n >= 6) {
		feel_value d = bi_date(e, v, 3);
		if (d.kind == FEEL_NULL || !clock_of(v + 3, &out.t.nanos) ||
		    (n > 6 && !zone_of(e, v[6], &out.t.zone)))
			return env_fail(e, "date and time: no such moment");
		out.t.days = d.t.days;
		return out;
	}
	if (n == 2) {
		if ((v[0].kind != FEEL_DATE && v[0].kind != FEEL_DATETIME) || v[1].kind != FEEL_TIME)
			return bi_wrong(e, "date and time");
		out.t.days = v[0].t.days;
		out.t.nanos = v[1].t.nanos;
		out.t.zone = v[1].t.zone;
		return out;
	}
	if (v[0].kind == FEEL_DATETIME)
		return v[0];
	if (v[0].kind == FEEL_DATE) {
		out.t.days = v[0].t.days;
		return out;
	}
	if (v[0].kind != FEEL_STRING)
		return bi_wrong(e, "date and time");
	return feel_parse_datetime(e, v[0].s, &out)
	           ? out
	           : env_fail(e, "date and time: \"%.*s\" is none", STRF(v[0].s));
}

feel_value bi_duration(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	feel_value out;
	if (v[0].kind == FEEL_DAYS || v[0].kind == FEEL_MONTHS)
		return v[0];
	if (v[0].kind != FEEL_STRING)
		return bi_wrong(e, "duration");
	return feel_parse_duration(v[0].s, &out)
	           ? out
	           : env_fail(e, "duration: \"%.*s\" is none", STRF(v[0].s));
}

feel_value bi_ym_duration(struct env *e, const feel_value *v, size_t n)
{
	/* whole months between the two days: the times of day do not count */
	(void)n;
	int32_t y1, y2;
	int m1, m2, d1, d2;
	for (int i = 0; i < 2; i++)
		if (v[i].kind != FEEL_DATE && v[i].kind != FEEL_DATETIME)
			return bi_wrong(e, "years and months duration");
	civil_from_days(v[0].t.days, &y1, &m1, &d1);
	civil_from_days(v[1].t.days, &y2, &m2, &d2);
	int64_t months = ((int64_t)y2 - y1) * 12 + (m2 - m1);
	if (months > 0 && d2 < d1)
		months--;
	else if (months < 0 && d2 > d1)
		months++;
	return (feel_value){.kind = FEEL_MONTHS, .months = months};
}

static feel_value moment(const struct env *e)
{
	feel_value v = {.kind = FEEL_DATETIME};
	instant t = e->run->now;
	int64_t days = t / DAY - (t % DAY < 0);
	v.t.days = days;
	v.t.nanos = (t - days * DAY) * 1000;
	return v;
}

feel_value bi_now(struct env *e, const feel_value *v, size_t n)
{
	(void)v;
	(void)n;
	feel_value out = moment(e);
	out.t.zone = feel_zone_offset(e->a, 0);
	return out;
}

feel_value bi_today(struct env *e, const feel_value *v, size_t n)
{
	(void)v;
	(void)n;
	feel_value out = moment(e);
	out.kind = FEEL_DATE;
	out.t.nanos = 0;
	return out;
}

static bool day_of(feel_value v, int32_t *y, int *m, int *d)
{
	if (v.kind != FEEL_DATE && v.kind != FEEL_DATETIME)
		return false;
	civil_from_days(v.t.days, y, m, d);
	return true;
}

feel_value bi_day_of_year(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	int32_t y;
	int m, d;
	if (!day_of(v[0], &y, &m, &d))
		return bi_wrong(e, "day of year");
	return feel_int(v[0].t.days - days_from_civil(y, 1, 1) + 1);
}

feel_value bi_day_of_week(struct env *e, const feel_value *v, size_t n)
{
	static const char *const names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
	                                    "Thursday", "Friday", "Saturday"};
	(void)n;
	int32_t y;
	int m, d;
	if (!day_of(v[0], &y, &m, &d))
		return bi_wrong(e, "day of week");
	return feel_string(str_of(names[weekday(v[0].t.days)]));
}

feel_value bi_month_of_year(struct env *e, const feel_value *v, size_t n)
{
	static const char *const names[] = {"January",   "February", "March",    "April",
	                                    "May",       "June",     "July",     "August",
	                                    "September", "October",  "November", "December"};
	(void)n;
	int32_t y;
	int m, d;
	if (!day_of(v[0], &y, &m, &d))
		return bi_wrong(e, "month of year");
	return feel_string(str_of(names[m - 1]));
}

/* ISO 8601: the week of its Thursday. */
feel_value bi_week_of_year(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	int32_t y;
	int m, d;
	if (!day_of(v[0], &y, &m, &d))
		return bi_wrong(e, "week of year");
	int64_t thursday = v[0].t.days - (weekday(v[0].t.days) + 6) % 7 + 3;
	civil_from_days(thursday, &y, &m, &d);
	return feel_int((thursday - days_from_civil(y, 1, 1)) / 7 + 1);
}

static bool same_zone(const struct feel_zone *x, const struct feel_zone *y)
{
	if (!x || !y)
		return x == y;
	return x->tz ? y->tz && str_eq(x->name, y->name) : !y->tz && x->offset == y->offset;
}

/* Equal and written alike: 10:00Z is not 11:00+01:00. */
feel_value bi_is(struct env *e, const feel_value *v, size_t n)
{
	(void)n;
	if (v[0].kind != v[1].kind)
		return feel_bool(false);
	if (v[0].kind == FEEL_TIME || v[0].kind == FEEL_DATETIME)
		return feel_bool(v[0].t.days == v[1].t.days && v[0].t.nanos == v[1].t.nanos &&
		                 same_zone(v[0].t.zone, v[1].t.zone));
	return feel_bool(env_equal(e, v[0], v[1]) == 1);
}

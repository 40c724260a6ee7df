#include "base/time.h"
#include "engine/feel/node.h"

/* What stands behind the dot: members of contexts, of every item of a list, and
 * the properties of points in time, durations and ranges (table 65). */

static feel_value no_such(struct env *e, feel_value v, str name)
{
	return env_fail(e, "%s has no '%.*s'", feel_kind_name((enum feel_kind)v.kind), STRF(name));
}

static feel_value date_property(feel_value v, str name, bool *found)
{
	int32_t y;
	int m, d;
	civil_from_days(v.t.days, &y, &m, &d);
	*found = true;
	if (str_eq(name, STR("year")))
		return feel_int(y);
	if (str_eq(name, STR("month")))
		return feel_int(m);
	if (str_eq(name, STR("day")))
		return feel_int(d);
	if (str_eq(name, STR("weekday")))
		return feel_int((weekday(v.t.days) + 6) % 7 + 1);
	*found = false;
	return feel_null();
}

static feel_value time_property(struct env *e, feel_value v, str name, bool *found)
{
	int64_t s = v.t.nanos / FEEL_NANOS;
	*found = true;
	if (str_eq(name, STR("hour")))
		return feel_int(s / 3600);
	if (str_eq(name, STR("minute")))
		return feel_int(s / 60 % 60);
	if (str_eq(name, STR("second")))
		return feel_int(s % 60);
	if (str_eq(name, STR("time offset"))) {
		feel_value out;
		if (!v.t.zone)
			return env_fail(e, "it has no time offset");
		return feel_of_nanos((i128)feel_offset_of(v) * FEEL_NANOS, &out) ? out : feel_null();
	}
	if (str_eq(name, STR("timezone")))
		return v.t.zone && v.t.zone->tz ? feel_string(v.t.zone->name)
		                                : env_fail(e, "it has no time zone");
	*found = false;
	return feel_null();
}

static feel_value duration_property(feel_value v, str name, bool *found)
{
	*found = true;
	if (v.kind == FEEL_MONTHS) {
		if (str_eq(name, STR("years")))
			return feel_int(v.months / 12);
		if (str_eq(name, STR("months")))
			return feel_int(v.months % 12);
	} else {
		int64_t s = v.dur.secs;
		if (str_eq(name, STR("days")))
			return feel_int(s / 86400);
		if (str_eq(name, STR("hours")))
			return feel_int(s / 3600 % 24);
		if (str_eq(name, STR("minutes")))
			return feel_int(s / 60 % 60);
		if (str_eq(name, STR("seconds")))
			return feel_int(s % 60);
	}
	*found = false;
	return feel_null();
}

static feel_value range_property(const struct feel_range *r, str name, bool *found)
{
	*found = true;
	if (r->op == RANGE_UNEQUAL && (str_eq(name, STR("start")) || str_eq(name, STR("end"))))
		return feel_null();
	if (str_eq(name, STR("start")))
		return r->lo;
	if (str_eq(name, STR("end")))
		return r->hi;
	if (str_eq(name, STR("start included")))
		return feel_bool(r->lo_closed);
	if (str_eq(name, STR("end included")))
		return feel_bool(r->hi_closed);
	*found = false;
	return feel_null();
}

static feel_value of_items(struct env *e, const struct feel_list *l, str name)
{
	struct feel_list *out = NEW(e->a, struct feel_list);
	out->v = NEWN(e->a, feel_value, l->n);
	env_step(e, l->n);
	if (e->depth++ >= e->depth_max)
		env_stop(e, ERR_budget);
	for (size_t i = 0; i < l->n; i++)
		out->v[out->n++] = feel_property(e, l->v[i], name);
	e->depth--;
	return (feel_value){.kind = FEEL_LIST, .list = out};
}

feel_value feel_property(struct env *e, feel_value v, str name)
{
	bool found = false;
	feel_value out = feel_null();
	switch ((enum feel_kind)v.kind) {
	case FEEL_CONTEXT: {
		const feel_value *m = feel_get(v, name);
		return m ? *m : no_such(e, v, name);
	}
	case FEEL_LIST:
		return of_items(e, v.list, name);
	case FEEL_DATE:
	case FEEL_DATETIME:
		out = date_property(v, name, &found);
		if (!found && v.kind == FEEL_DATETIME)
			out = time_property(e, v, name, &found);
		break;
	case FEEL_TIME:
		out = time_property(e, v, name, &found);
		break;
	case FEEL_DAYS:
	case FEEL_MONTHS:
		out = duration_property(v, name, &found);
		break;
	case FEEL_RANGE:
		out = range_property(v.range, name, &found);
		break;
	case FEEL_NULL:
	case FEEL_BOOL:
	case FEEL_NUMBER:
	case FEEL_STRING:
	case FEEL_FUNCTION:
		break;
	}
	return found ? out : no_such(e, v, name);
}

/* usual.c - how long a service really takes, beside what is promised (CAT-04). */
#include "kernel/cases/cases.h"
#include "systems/guide/guide_in.h"
#include "web/server.h"

#include <stdlib.h>

#define SPAN_DAYS    90
#define CASES_LEAST  5    /* of fewer nobody can say what is usual, but who they were */
#define CASES_MOST   1000 /* the latest */
#define MEASURE_DAYS 28   /* over which the length of a working day is taken */

static int by_size(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
	return (a > b) - (a < b);
}

/* Micros of one unit of the promise; of a working day, as they are these weeks. */
static int64_t unit_of(const struct calendar *c, instant now, str unit)
{
	instant from = now - MEASURE_DAYS * DAY;
	int64_t days;
	if (str_eq(unit, STR("minutes")))
		return MINUTE;
	if (str_eq(unit, STR("hours")))
		return HOUR;
	if (str_eq(unit, STR("days")))
		return DAY;
	days = calendar_days_between(c, from, now);
	return days ? calendar_time_between(c, from, now) / days : 0;
}

/* "0.6 working days" in both languages; whole numbers in their plural. */
static json *tenths_text(struct req *r, str unit, int64_t tenths)
{
	if (tenths % 10 == 0 && tenths) {
		json *whole = json_object(r->a);
		json_set_str(r->a, whole, "unit", unit);
		json_set_int(r->a, whole, "value", tenths / 10);
		return guide_duration(r, whole);
	}
	json *v = json_object(r->a), *args = json_object(r->a);
	json_set_str(r->a, args, "value",
	             str_fmt(r->a, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10)));
	str key = str_cat(r->a, STR("guide.usual."), unit);
	for (int l = 0; l < LANG_COUNT; l++)
		json_set_str(r->a, v, lang_code((enum lang)l),
		             message_text(server_settings(r->server)->texts, r->a, (enum lang)l, key, 0,
		                          args, false));
	return v;
}

json *guide_usual(struct req *r, const struct pack *p, const struct service *s)
{
	str unit = json_text(json_path(s->card, "process_time.unit"));
	int64_t one = unit_of(p->calendar, r->now, unit);
	struct case_time *t = NEWN(r->a, struct case_time, CASES_MOST);
	size_t n = case_times(r->db, s->id, r->now - SPAN_DAYS * DAY, t, CASES_MOST);
	if (n < CASES_LEAST || one <= 0)
		return NULL;
	bool civil_days = str_eq(unit, STR("days"));
	int64_t *took = NEWN(r->a, int64_t, n);
	for (size_t i = 0; i < n; i++)
		took[i] = civil_days ? t[i].closed - t[i].submitted
		                     : calendar_time_between(p->calendar, t[i].submitted, t[i].closed);
	qsort(took, n, sizeof *took, by_size);
	return tenths_text(r, unit, (took[(n - 1) / 2] * 10 + one / 2) / one);
}

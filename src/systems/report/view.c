#include "systems/report/report_in.h"
#include "web/server.h"

#include <stdarg.h>
#include <stdio.h>

json *report_both(struct req *r, const char *fmt, ...)
{
	char key[128];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(key, sizeof key, fmt, ap);
	va_end(ap);
	const struct messages *t = server_settings(r->server)->texts;
	json *v = json_object(r->a);
	for (int l = 0; l < LANG_COUNT; l++)
		json_set_str(r->a, v, lang_code((enum lang)l),
		             message_raw(t, (enum lang)l, str_of(key), 0));
	return v;
}

json *report_measure(struct req *r, enum indicator i)
{
	const char *id = report_indicators[i].id;
	int64_t first = db_query_int_args(r->db, &sql_report_years, 0, NULL, 0);
	json *v = json_object(r->a), *events = json_array(r->a);
	json_set_str(r->a, v, "id", str_of(id));
	json_set(r->a, v, "label", report_both(r, "report.of.%s", id));
	json_set(r->a, v, "meaning", report_both(r, "report.of.%s.meaning", id));
	json_set(r->a, v, "counted", report_both(r, "report.of.%s.counted", id));
	json_set(r->a, v, "left_out", report_both(r, "report.of.%s.left_out", id));
	json_set(r->a, v, "unit", report_both(r, "report.of.%s.unit", id));
	json_push(events, json_string(r->a, str_of(report_indicators[i].event)));
	if (report_second(i)[0])
		json_push(events, json_string(r->a, str_of(report_second(i))));
	if (report_of_ends(report_indicators[i].measure))
		json_push(events, json_string(r->a, STR("case.submitted")));
	json_set(r->a, v, "events", events);
	json_set_str(r->a, v, "since", date_print(r->a, first ? first : r->now / DAY));
	return v;
}

/* "4.4": tenths, rounded half up; a dash without a rating. */
static str mean_text(arena *a, struct total t)
{
	if (!t.n)
		return STR("–");
	int64_t tenths = (t.sum * 10 + t.n / 2) / t.n;
	return str_fmt(a, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10));
}

void report_figure(struct req *r, json *o, enum indicator i, struct total t)
{
	json *part;
	switch (report_indicators[i].measure) {
	case MEASURE_COUNT:
	case MEASURE_FIRST:
	case MEASURE_AGAIN:
		json_set_str(r->a, o, "value", number_text(r->a, t.n, false));
		return;
	case MEASURE_SUM:
		part = json_set(r->a, o, "money", json_object(r->a));
		json_set_int(r->a, part, "minor", t.sum);
		json_set_str(r->a, part, "currency", server_settings(r->server)->currency);
		return;
	case MEASURE_MEAN:
		json_set_str(r->a, o, "value", mean_text(r->a, t));
		return;
	case MEASURE_MEDIAN:
		break;
	}
	if (t.median < 0) {
		json_set_str(r->a, o, "value", STR("–"));
		return;
	}
	part = json_set(r->a, o, "duration", json_object(r->a));
	for (int l = 0; l < LANG_COUNT; l++)
		json_set_str(r->a, part, lang_code((enum lang)l),
		             duration_text(r->a, (enum lang)l, t.median));
}

struct span report_month(int64_t year, int month, str service)
{
	int32_t y = (int32_t)year;
	bool last = month == 0 || month == 12;
	return (struct span){
	    .from = days_from_civil(y, month ? month : 1, 1),
	    .to = last ? days_from_civil(y + 1, 1, 1) : days_from_civil(y, month + 1, 1),
	    .service = service,
	};
}

struct span report_span(struct req *r, int64_t *year)
{
	civil now = civil_of(r->now, (int32_t)report_offset(r->db));
	*year = req_field_int(r, "period", now.year, 1970, 9998);
	struct span s =
	    report_month(*year, (int)req_field_int(r, "month", 0, 1, 12), req_field(r, "service"));
	s.stars = req_field_int(r, "stars", 0, 1, 5);
	return s;
}

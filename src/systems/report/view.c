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

int64_t report_offset(const struct req *r)
{
	return db_query_int_args(r->db, &sql_report_offset_get, 0, NULL, 0);
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
	if (i == INDICATOR_median_time) {
		json_push(events, json_string(r->a, STR("case.rejected")));
		json_push(events, json_string(r->a, STR("case.submitted")));
	}
	json_set(r->a, v, "events", events);
	json_set_str(r->a, v, "since", date_print(r->a, first ? first : r->now / DAY));
	return v;
}

struct span report_span(struct req *r, int64_t *year)
{
	civil now = civil_of(r->now, (int32_t)report_offset(r));
	*year = req_field_int(r, "period", now.year, 1970, 9998);
	return (struct span){days_from_civil((int32_t)*year, 1, 1),
	                     days_from_civil((int32_t)*year + 1, 1, 1), req_field(r, "service")};
}

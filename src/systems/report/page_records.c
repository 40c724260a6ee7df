/* page_records.c - a figure's definition, its records, and its recount. */
#include "systems/report/report_in.h"
#include "web/escape.h"

static err find(struct req *r, enum indicator *i)
{
	str id = req_param(r, "id");
	if (indicator_find(id, i))
		return OK;
	return req_fail(r, ERR_not_found, "", "there is no such figure");
}

static str with_query(struct req *r, const char *kind, enum indicator i)
{
	str at = kind[0] ? str_fmt(r->a, "/%s/statistics/%s/%s", lang_code(r->lang), kind,
	                           report_indicators[i].id)
	                 : str_fmt(r->a, "/%s/statistics", lang_code(r->lang));
	buf b = buf_make(r->a, 2048);
	buf_put(&b, at);
	static const char *const names[] = {"period", "month", "service", "stars"};
	for (size_t n = 0; n < COUNT(names); n++) {
		str value = req_field(r, names[n]);
		if (!value.n)
			continue;
		buf_fmt(&b, "%c%s=", str_chr(buf_str(&b), '?') < 0 ? '?' : '&', names[n]);
		url_encode(&b, value);
	}
	return buf_str(&b);
}

err page_report_definition(struct req *r)
{
	enum indicator i;
	err e = find(r, &i);
	if (e)
		return e;
	json *v = json_object(r->a);
	json_set_str(r->a, v, "back", with_query(r, "", i));
	json_set(r->a, v, "measure", report_measure(r, i));
	if (may_somewhere(&r->session.rights, PERM_stats_records)) {
		json_set_str(r->a, v, "records", with_query(r, "records", i));
		json_set_str(r->a, v, "recount", with_query(r, "recount", i));
	}
	r->cacheable = r->session.level != SESSION_FULL;
	return req_view(r, "report/definition", v);
}

static json *record(struct req *r, rows *q, const json *data)
{
	json *o = json_object(r->a);
	json_set_int(r->a, o, "seq", db_int(q, 0));
	json_set_int(r->a, o, "at", db_int(q, 1));
	json_set_str(r->a, o, "kind", str_dup(r->a, db_text(q, 2)));
	json_set_str(r->a, o, "reference", json_str(data, "reference"));
	json_set_str(r->a, o, "service", json_str(data, "service"));
	return o;
}

err page_report_records(struct req *r)
{
	enum indicator i;
	int64_t year;
	err e = find(r, &i);
	if (e)
		return e;
	struct span s = report_span(r, &year);
	json *v = json_object(r->a), *list = json_set(r->a, v, "records", json_array(r->a));
	int64_t before = req_field_int(r, "before", INT64_MAX, 1, INT64_MAX), last = 0;
	enum measure how = report_indicators[i].measure;
	rows *q = db_query(r->db,
	                   how == MEASURE_AGAIN  ? &sql_report_again_records
	                   : report_of_ends(how) ? &sql_report_first_records
	                                         : &sql_report_records,
	                   D_TEXT(str_of(report_indicators[i].event)), D_TEXT(str_of(report_second(i))),
	                   D_INT(before), D_INT(report_instant(r->db, s.from)),
	                   D_INT(report_instant(r->db, s.to)), D_INT(RECORDS_CSV));
	while (list->count < RECORDS_PAGE && db_next(q)) {
		arena_mark before_it = arena_save(r->a);
		const json *data = json_parse(r->a, str_dup(r->a, db_text(q, 3)), NULL);
		last = db_int(q, 0);
		if (report_counts(s, data))
			json_push(list, record(r, q, data));
		else
			arena_rewind(r->a, before_it);
	}
	db_done(q);
	json_set_str(r->a, v, "back", with_query(r, "", i));
	json_set(r->a, v, "measure", report_measure(r, i));
	json_set_int(r->a, v, "count", report_recount(r->db, r->a, i, s).total.n);
	json_set_str(r->a, v, "recount", with_query(r, "recount", i));
	json *pages = json_set(r->a, v, "pages", json_object(r->a));
	if (list->count == RECORDS_PAGE) {
		str at = with_query(r, "records", i);
		json_set_str(r->a, pages, "next",
		             str_fmt(r->a, "%.*s%cbefore=%lld", STRF(at), str_chr(at, '?') < 0 ? '?' : '&',
		                     (long long)last));
	}
	json_set(r->a, pages, "items", json_array(r->a));
	return req_view(r, "report/records", v);
}

err page_report_recount(struct req *r)
{
	enum indicator i;
	err e = find(r, &i);
	if (e)
		return e;
	int64_t year;
	struct span s = report_span(r, &year);
	s.stars = 0; /* a figure is of all stars */
	struct recount n = report_recount(r->db, r->a, i, s);
	struct total published = report_total(r->db, i, s);
	bool same = published.n == n.total.n && published.sum == n.total.sum &&
	            published.median == n.total.median;
	json *v = json_object(r->a);
	json_set_str(r->a, v, "back", with_query(r, "records", i));
	json_set(r->a, v, "measure", report_measure(r, i));
	json_set_bool(r->a, v, "same", same);
	report_figure(r, json_set(r->a, v, "published", json_object(r->a)), i, published);
	report_figure(r, json_set(r->a, v, "recounted", json_object(r->a)), i, n.total);
	json_set_int(r->a, v, "records", n.total.n);
	json_set_str(r->a, v, "hash", n.hash);
	json_set_int(r->a, v, "first", n.first);
	json_set_int(r->a, v, "last", n.last);
	json_set_str(r->a, v, "service", s.service);
	json_set_str(r->a, v, "from", date_print(r->a, s.from));
	json_set_str(r->a, v, "to", date_print(r->a, s.to - 1));
	return req_view(r, "report/recount", v);
}

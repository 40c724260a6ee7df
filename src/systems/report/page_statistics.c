/* page_statistics.c - the public page: tiles, months, outcomes, ratings. */
#include "systems/report/report_in.h"
#include "web/escape.h"
#include "web/server.h"

struct page {
	struct req *r;
	const struct pack *p;
	struct span s, before; /* the year asked for, and the same days of the year before */
	int64_t year;
	json *v;
};

static str query_of(const struct page *g)
{
	buf b = buf_make(g->r->a, 1024);
	buf_fmt(&b, "?period=%lld", (long long)g->year);
	if (g->s.service.n) {
		buf_puts(&b, "&service=");
		url_encode(&b, g->s.service);
	}
	return buf_str(&b);
}

static str href(const struct page *g, const char *kind, enum indicator i)
{
	return str_fmt(g->r->a, "/%s/statistics/%s/%s%.*s", lang_code(g->r->lang), kind,
	               report_indicators[i].id, STRF(query_of(g)));
}

/* For those who may: the records behind a figure of the year, or of one month of it, or
 * of those who gave so many stars. */
static void records_link(const struct page *g, json *o, enum indicator i, const char *of, int n)
{
	arena *a = g->r->a;
	if (!may_somewhere(&g->r->session.rights, PERM_stats_records))
		return;
	str at = href(g, "records", i);
	json_set_str(a, o, "records", of ? str_fmt(a, "%.*s&%s=%d", STRF(at), of, n) : at);
}

static json *tile(const struct page *g, json *tiles, enum indicator i)
{
	struct req *r = g->r;
	json *t = json_push(tiles, json_object(r->a));
	json_set(r->a, t, "label", report_both(r, "report.of.%s", report_indicators[i].id));
	json_set_str(r->a, t, "definition", href(g, "definitions", i));
	records_link(g, t, i, NULL, 0);
	return t;
}

/* "12.7% more than in 2025", tenths rounded half up; nothing without a base. */
static void compare(const struct page *g, json *t, int64_t now, int64_t then)
{
	struct req *r = g->r;
	if (then <= 0 || now == then)
		return;
	int64_t change = now > then ? now - then : then - now;
	int64_t tenths = (change * 2000 + then) / (2 * then);
	json *args = json_object(r->a), *note = json_object(r->a);
	json_set_str(r->a, args, "percent",
	             str_fmt(r->a, "%lld.%lld%%", (long long)(tenths / 10), (long long)(tenths % 10)));
	json_set_str(r->a, args, "year", str_fmt(r->a, "%lld", (long long)g->year - 1));
	for (int l = 0; l < LANG_COUNT; l++)
		json_set_str(r->a, note, lang_code((enum lang)l),
		             message_text(server_settings(r->server)->texts, r->a, (enum lang)l,
		                          now > then ? STR("report.more") : STR("report.less"), 0, args,
		                          false));
	json_set(r->a, t, "note", note);
}

/* One figure with what it was a year before; a mean with how many it is of. */
static void figure(const struct page *g, json *tiles, enum indicator i)
{
	struct req *r = g->r;
	enum measure how = report_indicators[i].measure;
	struct total now = report_total(r->db, i, g->s);
	json *t = tile(g, tiles, i);
	report_figure(r, t, i, now);
	if (how == MEASURE_COUNT || how == MEASURE_AGAIN)
		compare(g, t, now.n, report_total(r->db, i, g->before).n);
	if (how == MEASURE_SUM)
		compare(g, t, now.sum, report_total(r->db, i, g->before).sum);
	if (how != MEASURE_MEAN || !now.n)
		return;
	json *note = json_set(r->a, t, "note", json_object(r->a));
	for (int l = 0; l < LANG_COUNT; l++)
		json_set_str(r->a, note, lang_code((enum lang)l),
		             message_text(server_settings(r->server)->texts, r->a, (enum lang)l,
		                          STR("report.rating_note"), now.n, NULL, false));
}

static str month_name(struct req *r, enum lang l, int month)
{
	str d = date_text(r->a, l, days_from_civil(2026, month, 1), false), part;
	str_cut(&d, ' ', &part); /* "1 January 2026" */
	str_cut(&d, ' ', &part);
	return part;
}

static void months(const struct page *g)
{
	struct req *r = g->r;
	int64_t n[12], most = 1;
	for (int m = 0; m < 12; m++) {
		struct span s = report_month(g->year, m + 1, g->s.service);
		n[m] = report_total(r->db, INDICATOR_applications, s).n;
		most = n[m] > most ? n[m] : most;
	}
	json *chart = json_set(r->a, g->v, "chart", json_object(r->a));
	json *columns = json_array(r->a);
	json_set(r->a, chart, "label", report_both(r, "report.by_month"));
	json_set(r->a, chart, "of", report_both(r, "report.month"));
	json_set(r->a, chart, "unit", report_both(r, "report.of.applications"));
	for (int m = 0; m < 12; m++) {
		json *c = json_push(columns, json_object(r->a));
		json *name = json_set(r->a, c, "text", json_object(r->a));
		for (int l = 0; l < LANG_COUNT; l++)
			json_set_str(r->a, name, lang_code((enum lang)l), month_name(r, (enum lang)l, m + 1));
		json_set_str(r->a, c, "value", number_text(r->a, n[m], false));
		json_set_int(r->a, c, "percent", n[m] * 100 / most);
		json_set_int(r->a, c, "rest", 100 - n[m] * 100 / most);
		records_link(g, c, INDICATOR_applications, "month", m + 1);
	}
	json_set(r->a, chart, "columns", columns);
}

static json *bar(struct req *r, json *bars, json *label, int64_t n, int64_t of)
{
	json *b = json_push(bars, json_object(r->a));
	json_set(r->a, b, "label", label);
	json_set_int(r->a, b, "percent", of ? n * 100 / of : 0);
	json_set_str(r->a, b, "value", number_text(r->a, n, false));
	return b;
}

static void outcomes(const struct page *g)
{
	struct req *r = g->r;
	static const enum indicator of[] = {INDICATOR_approved, INDICATOR_rejected,
	                                    INDICATOR_withdrawn};
	const struct service *s = g->p && g->s.service.n ? pack_service(g->p, g->s.service) : NULL;
	int64_t all = report_total(r->db, INDICATOR_applications, g->s).n, n[3], rest = all;
	for (size_t i = 0; i < 3; i++) {
		n[i] = report_total(r->db, of[i], g->s).n;
		rest -= n[i];
	}
	if (!all)
		return;
	json *bars = json_set(r->a, g->v, "bars", json_array(r->a));
	for (size_t i = 0; i < 3; i++) {
		const json *own = service_end_text(s, str_of(report_indicators[of[i]].id), (str){0});
		json *label = own ? json_copy(r->a, own)
		                  : report_both(r, "report.of.%s", report_indicators[of[i]].id);
		records_link(g, bar(r, bars, label, n[i], all), of[i], NULL, 0);
	}
	bar(r, bars, report_both(r, "report.open"), rest > 0 ? rest : 0, all);
}

static void ratings(const struct page *g)
{
	struct req *r = g->r;
	int64_t n[6], all = 0;
	report_ratings(r->db, g->s, n);
	for (int i = 1; i <= 5; i++)
		all += n[i];
	if (!all)
		return;
	json *bars = json_set(r->a, g->v, "rating_bars", json_array(r->a));
	for (int i = 5; i >= 1; i--)
		records_link(g, bar(r, bars, report_both(r, "report.rating.%d", i), n[i], all),
		             INDICATOR_rating, "stars", i);
}

static json *choice(struct req *r, json *list, str value, json *text, bool selected)
{
	json *o = json_push(list, json_object(r->a));
	json_set_str(r->a, o, "value", value);
	json_set(r->a, o, "text", text);
	if (selected)
		json_set_bool(r->a, o, "selected", true);
	return o;
}

static void choices(const struct page *g)
{
	struct req *r = g->r;
	json *services = json_set(r->a, g->v, "services", json_array(r->a));
	json *periods = json_set(r->a, g->v, "periods", json_array(r->a));
	choice(r, services, (str){0}, report_both(r, "report.all_services"), !g->s.service.n);
	for (size_t i = 0; g->p && i < g->p->n_services; i++)
		if (g->p->services[i].definition)
			choice(r, services, g->p->services[i].id,
			       json_copy(r->a, json_get(g->p->services[i].card, "title")),
			       str_eq(g->p->services[i].id, g->s.service));
	int32_t offset = (int32_t)report_offset(r->db);
	int64_t first = db_query_int_args(r->db, &sql_report_years, 0, NULL, 0);
	int64_t now = civil_of(r->now, offset).year;
	int64_t from = first ? civil_of(first * DAY, 0).year : now;
	for (int64_t y = now; y >= from && y > now - 30; y--) {
		str text = str_fmt(r->a, "%lld", (long long)y);
		choice(r, periods, text, json_string(r->a, text), y == g->year);
	}
}

err page_report_statistics(struct req *r)
{
	struct page g = {.r = r, .p = pack_current(r->k), .v = json_object(r->a)};
	g.s = report_span(r, &g.year);
	int64_t today = (r->now + report_offset(r->db) * SECOND) / DAY, cut = g.s.to - g.s.from;
	if (today < g.s.to && today >= g.s.from) /* compare the same days of both years */
		cut = today + 1 - g.s.from;
	g.before.from = days_from_civil((int32_t)g.year - 1, 1, 1);
	g.before.to = g.before.from + cut;
	g.before.service = g.s.service;
	json_set_int(r->a, g.v, "until", r->now);
	json_set_bool(r->a, g.v, "filtered", g.s.service.n || req_field(r, "period").n);
	json_set_str(r->a, g.v, "csv",
	             str_fmt(r->a, "/%s/statistics.csv%.*s", lang_code(r->lang), STRF(query_of(&g))));
	choices(&g);
	json *tiles = json_set(r->a, g.v, "tiles", json_array(r->a));
	static const enum indicator shown[] = {
	    INDICATOR_applications, INDICATOR_payments,  INDICATOR_fees, INDICATOR_median_time,
	    INDICATOR_rating,       INDICATOR_documents, INDICATOR_again};
	for (size_t i = 0; i < COUNT(shown); i++)
		figure(&g, tiles, shown[i]);
	months(&g);
	outcomes(&g);
	ratings(&g);
	r->cacheable = true;
	return req_view(r, "report/statistics", g.v);
}

err page_report_csv(struct req *r)
{
	int64_t year;
	struct span all = report_span(r, &year);
	buf b = buf_make(r->a, (size_t)256 * 1024);
	buf_puts(&b, "\xEF\xBB\xBFmonth");
	for (int i = 0; i < INDICATOR_COUNT; i++)
		buf_fmt(&b, ",%s", report_indicators[i].id);
	buf_puts(&b, "\r\n");
	for (int m = 1; m <= 12; m++) {
		struct span s = report_month(year, m, all.service);
		buf_fmt(&b, "%lld-%02d", (long long)year, m);
		for (int i = 0; i < INDICATOR_COUNT; i++) {
			struct total t = report_total(r->db, (enum indicator)i, s);
			enum measure how = report_indicators[i].measure;
			int64_t value = how == MEASURE_MEDIAN                       ? t.median
			                : how == MEASURE_SUM || how == MEASURE_MEAN ? t.sum
			                                                            : t.n;
			buf_fmt(&b, ",%lld", (long long)value);
		}
		buf_puts(&b, "\r\n");
	}
	r->cacheable = true;
	return req_content(r, "text/csv; charset=utf-8", buf_str(&b),
	                   str_c(r->a, str_fmt(r->a, "statistics-%lld.csv", (long long)year)));
}

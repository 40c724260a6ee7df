/* Figures: counted from events, defined, recounted, their records for some only. */
#include "portal_unit.h"

#include "systems/report/report_in.h"

static const struct system *const report[] = {&report_system};

static struct kase decided(struct portal *p, const char *outcome)
{
	struct visitor *v = signed_in(p->w, CITIZEN);
	arena *a = v->w->u->a;
	str name = portal_begin(v);
	portal_fill(v, name);
	const char *check = str_fmt(a, "/en/applications/%.*s/check", STRF(name)).p;
	visit(v, check);
	submit(v, check, "declare=true");
	struct kase q = portal_kase(p, name);
	portal_pay(p, q.id);
	p->w->u->now += 2 * HOUR;
	portal_decide(p, q.id, outcome, "because of the rule");
	return q;
}

static struct recount recount(struct portal *p, enum indicator i)
{
	dbc *c = db_reader(p->w->u->k->db);
	struct recount n = report_recount(c, p->w->u->a, i, (struct span){.to = 100000});
	db_reader_return(c);
	return n;
}

static void figures_come_from_the_record(void **state)
{
	(void)state;
	struct portal p = portal_start_with(report, 1);
	struct visitor *nobody = NEW(p.w->u->a, struct visitor);
	nobody->w = p.w;
	decided(&p, "reject");
	decided(&p, "reject");
	struct visitor *v = signed_in(p.w, CITIZEN);
	dbc *c = db_reader(p.w->u->k->db);
	struct span all = {.to = 100000};
	assert_int_equal(report_total(c, INDICATOR_applications, all).n, 2);
	assert_int_equal(report_total(c, INDICATOR_rejected, all).n, 2);
	assert_int_equal(report_total(c, INDICATOR_approved, all).n, 0);
	assert_int_equal(report_total(c, INDICATOR_median_time, all).median, 2 * HOUR);
	db_reader_return(c);
	assert_int_equal(recount(&p, INDICATOR_applications).total.n, 2);
	assert_int_equal(recount(&p, INDICATOR_median_time).total.n, 2);
	assert_int_equal(recount(&p, INDICATOR_median_time).total.median, 2 * HOUR);
	assert_int_equal(recount(&p, INDICATOR_applications).hash.n, 64);

	visit(nobody, "/en/statistics");
	assert_shows(nobody, "Applications");
	assert_shows(nobody, "2 hours");
	assert_false(shows(nobody, "/statistics/records/"));
	visit(nobody, "/ar/statistics/definitions/median_time");
	assert_shows(nobody, "case.submitted");
	visit(nobody, "/en/statistics/definitions/nothing");
	assert_int_equal(nobody->status, 404);
	visit(nobody, "/en/statistics/records/applications");
	assert_int_equal(nobody->status, 303); /* sign in first */
	visit(v, "/en/statistics/records/applications");
	assert_int_equal(v->status, 403);

	site_grant(p.w, p.other, "statistics_officer", "*");
	struct visitor *officer = signed_in(p.w, OTHER);
	visit(officer, "/en/statistics/records/applications");
	assert_shows(officer, "2 records");
	assert_shows(officer, "IDL-");
	visit(officer, "/en/statistics/recount/applications");
	assert_shows(officer, "is what the journal gives");

	struct rebuild_report r;
	assert_int_equal(journal_rebuild(p.w->u->k, p.w->u->a, false, &r), OK);
	assert_int_equal(r.different, 0);
	portal_stop(&p);
}

/* An attribute's value as the browser reads it. */
static str unescaped(arena *a, str s)
{
	buf b = buf_make(a, s.n + 1);
	for (ptrdiff_t at; (at = str_find(s, STR("&amp;"))) >= 0; s = str_sub(s, (size_t)at + 5, s.n)) {
		buf_put(&b, str_sub(s, 0, (size_t)at));
		buf_putc(&b, '&');
	}
	buf_put(&b, s);
	return str_dup(a, buf_str(&b));
}

/* Every number that leads to records, as "number: address" lines. */
static size_t numbers(arena *a, str page, str *number, str *href, size_t max)
{
	str mark = STR("/en/statistics/records/");
	size_t n = 0;
	for (ptrdiff_t at; n < max && (at = str_find(page, mark)) >= 0;) {
		str before = str_sub(page, 0, (size_t)at), rest = str_sub(page, (size_t)at, page.n), to;
		str_cut(&rest, '"', &to);
		href[n] = unescaped(a, to);
		bool tile = str_starts(str_sub(rest, 0, 40), STR(">Records"));
		ptrdiff_t from = -1;
		if (tile) /* its number stands above its links */
			for (ptrdiff_t p; (p = str_find(str_sub(before, (size_t)(from + 1), before.n),
			                                STR("dw-tile__value\">"))) >= 0;)
				from += p + 1;
		str text = tile ? str_sub(before, (size_t)from, before.n) : rest;
		str_cut(&text, '>', &to);
		if (tile)
			str_cut(&text, '>', &to); /* <bdi> */
		str_cut(&text, '<', &number[n]);
		number[n] = str_dup(a, str_trim(number[n]));
		page = rest;
		n++;
	}
	return n;
}

/* The rows that a list of records shows. */
static int64_t rows_of(str page)
{
	int64_t n = 0;
	for (ptrdiff_t at; (at = str_find(page, STR("<th scope=\"row\""))) >= 0; n++)
		page = str_sub(page, (size_t)at + 5, page.n);
	return n;
}

static void a_number_leads_to_as_many_records(void **state)
{
	(void)state;
	struct portal p = portal_start_with(report, 1);
	arena *a = p.w->u->a;
	struct visitor *v = NULL;
	for (int i = 0; i < 3; i++) {
		struct kase q = decided(&p, "reject");
		v = signed_in(p.w, CITIZEN);
		const char *rating =
		    str_c(a, str_fmt(a, "/en/applications/%.*s/rating", STRF(q.reference)));
		visit(v, str_c(a, str_fmt(a, "/en/applications/%.*s", STRF(q.reference))));
		submit(v, rating, i ? "rating=5&words=" : "rating=2&words=");
		p.w->u->now += 12 * DAY; /* November, then December */
	}
	site_grant(p.w, p.other, "statistics_officer", "*");
	struct visitor *officer = signed_in(p.w, OTHER);
	visit(officer, "/en/statistics?period=2025");
	str number[64], href[64];
	size_t n = numbers(a, str_dup(a, officer->page), number, href, COUNT(href)), counted = 0;
	assert_true(n > 20); /* tiles, twelve months twice, outcomes, ratings */
	for (size_t i = 0; i < n; i++) {
		int64_t value;
		visit(officer, str_c(a, href[i]));
		assert_int_equal(officer->status, 200);
		if (!str_i64(number[i], &value))
			continue; /* a sum, a time or a mean: no number of records */
		assert_int_equal(rows_of(officer->page), value);
		counted += value > 0;
	}
	assert_true(counted >= 7);
	visit(v, "/en/statistics?period=2025");
	assert_false(shows(v, "/statistics/records/"));
	portal_stop(&p);
}

/* proves: RPT-02 */
static void a_year_is_worked_out_again(void **state)
{
	(void)state;
	struct portal p = portal_start_with(report, 1);
	decided(&p, "reject");
	decided(&p, "reject");
	site_grant(p.w, p.other, "statistics_officer", "*");
	struct visitor *officer = signed_in(p.w, OTHER);
	for (int i = 0; i < INDICATOR_COUNT; i++) {
		struct recount n = recount(&p, (enum indicator)i);
		visit(
		    officer,
		    str_fmt(p.w->u->a, "/en/statistics/recount/%s?period=2025", report_indicators[i].id).p);
		assert_shows(officer, "is what the journal gives");
		assert_shows(officer, str_c(p.w->u->a, n.hash));
		assert_shows(officer, "1 January 2025");
		visit(
		    officer,
		    str_fmt(p.w->u->a, "/en/statistics/recount/%s?period=2024", report_indicators[i].id).p);
		assert_shows(officer, "is what the journal gives");
		assert_true(!n.total.n || !shows(officer, str_c(p.w->u->a, n.hash)));
	}
	/* The figure itself, published and counted again. */
	visit(officer, "/en/statistics/recount/median_time?period=2025");
	str first = between(officer->page, "Published figure", "</div>"),
	    again = between(officer->page, "Counted from the journal", "</div>");
	assert_true(str_find(first, STR("2 hours")) > 0 && str_eq(first, again));
	portal_stop(&p);
}

/* ---- decided again, and split ---- */

static err appeal_it(struct tx *tx, struct portal_act *m)
{
	return case_appeal(tx, m->case_id, str_of(m->reason));
}

static err split_it(struct tx *tx, struct portal_act *m)
{
	struct task t[8];
	struct kase part;
	size_t n = case_tasks(tx->db, tx->a, m->case_id, true, t, 8);
	err e = n ? task_claim(tx, t[0].id) : ERR_not_found;
	e = e ? e : case_split(tx, m->case_id, str_of(m->reason), &part);
	m->instance = part.id;
	return e;
}

static void acts(struct portal *p, int64_t by, int64_t id, const char *outcome,
                 err (*decide)(struct tx *, struct portal_act *))
{
	struct portal_act m = {.by = by,
	                       .entity = by == p->citizen ? "" : "iga",
	                       .case_id = id,
	                       .outcome = outcome,
	                       .reason = "The letter was not read",
	                       .decide = decide};
	assert_int_equal(portal_act(p, m), OK);
}

static void assert_figure(struct portal *p, enum indicator i, int64_t n)
{
	dbc *c = db_reader(p->w->u->k->db);
	int64_t kept = report_total(c, i, (struct span){.to = 100000}).n;
	db_reader_return(c);
	if (kept != n || recount(p, i).total.n != n)
		fail_msg("%s: %lld kept, %lld counted again, %lld expected", report_indicators[i].id,
		         (long long)kept, (long long)recount(p, i).total.n, (long long)n);
}

/* One application: rejected, appealed, approved by another, its part withdrawn. */
static void an_application_counts_once(void **state)
{
	(void)state;
	struct portal p = portal_start_with(report, 1);
	int64_t second = site_person(p.w, "790699925", "Second Iga");
	site_grant(p.w, second, "id_officer", "iga");
	struct kase q = decided(&p, "reject");
	assert_figure(&p, INDICATOR_rejected, 1);
	p.w->u->now += DAY;
	acts(&p, p.citizen, q.id, NULL, appeal_it);
	acts(&p, second, q.id, "allow", portal_task_decide);
	p.w->u->now += DAY;
	struct portal_act m = {.by = second,
	                       .entity = "iga",
	                       .case_id = q.id,
	                       .reason = "Two matters",
	                       .decide = split_it};
	struct action x = {.k = p.w->u->k,
	                   .a = p.w->u->a,
	                   .actor = {.person = second, .entity = STR("iga"), .channel = STR("web")},
	                   .decide = portal_act_decide,
	                   .ctx = &m};
	assert_int_equal(kernel_run(&x), OK);
	acts(&p, second, q.id, "approve", portal_task_decide);
	acts(&p, second, m.instance, "reject", portal_task_decide);
	assert_figure(&p, INDICATOR_applications, 1);
	assert_figure(&p, INDICATOR_rejected, 1);
	assert_figure(&p, INDICATOR_approved, 0);
	assert_figure(&p, INDICATOR_again, 1);
	assert_int_equal(recount(&p, INDICATOR_median_time).total.n, 1);
	assert_int_equal(recount(&p, INDICATOR_median_time).total.median, 2 * HOUR);
	site_grant(p.w, p.other, "statistics_officer", "*");
	struct visitor *officer = signed_in(p.w, OTHER);
	visit(officer, "/en/statistics/records/again");
	assert_int_equal(rows_of(officer->page), 1);
	assert_shows(officer, "case.approved");
	visit(officer, "/en/statistics/records/rejected");
	assert_int_equal(rows_of(officer->page), 1);
	visit(officer, "/en/statistics/records/approved");
	assert_int_equal(rows_of(officer->page), 0);
	visit(officer, "/ar/statistics/definitions/again");
	assert_shows(officer, "تظلم");
	struct rebuild_report r;
	assert_int_equal(journal_rebuild(p.w->u->k, p.w->u->a, false, &r), OK);
	assert_int_equal(r.different, 0);
	portal_stop(&p);
}

static void a_changed_sum_is_told(void **state)
{
	(void)state;
	struct portal p = portal_start_with(report, 1);
	decided(&p, "reject");
	dbc *c = db_writer(p.w->u->k->db);
	db_script(c, STR("UPDATE report_day SET n = 7 WHERE indicator = 'applications'"));
	assert_int_equal(db_error(c), OK);
	db_writer_return(c);
	site_grant(p.w, p.other, "statistics_officer", "*");
	struct visitor *officer = signed_in(p.w, OTHER);
	visit(officer, "/en/statistics/recount/applications");
	assert_shows(officer, "differs from the journal");
	portal_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(figures_come_from_the_record),
	    cmocka_unit_test(a_number_leads_to_as_many_records),
	    cmocka_unit_test(a_year_is_worked_out_again),
	    cmocka_unit_test(an_application_counts_once),
	    cmocka_unit_test(a_changed_sum_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

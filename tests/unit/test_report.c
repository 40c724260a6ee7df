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
	struct recount n = report_recount(c, p->w->u->a, i, 0, INT64_MAX, (str){0});
	db_reader_return(c);
	return n;
}

/* proves: RPT-13 */
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
	struct span all = {0, 100000, {0}};
	assert_int_equal(report_total(c, INDICATOR_applications, all).n, 2);
	assert_int_equal(report_total(c, INDICATOR_rejected, all).n, 2);
	assert_int_equal(report_total(c, INDICATOR_approved, all).n, 0);
	assert_int_equal(report_median(c, all), 2 * HOUR);
	db_reader_return(c);
	assert_int_equal(recount(&p, INDICATOR_applications).records, 2);
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
	    cmocka_unit_test(a_changed_sum_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

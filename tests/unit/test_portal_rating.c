/* What applicants say of a service stands on its card and in the figures. */
#include "portal_unit.h"

#include "app/systems.h"

static const char *at(struct portal *p, const char *before, str name, const char *after)
{
	return str_fmt(p->w->u->a, "%s%.*s%s", before, STRF(name), after).p;
}

static void rated(struct portal *p, const char *number, const char *stars)
{
	struct visitor *v = signed_in(p->w, number);
	str draft = portal_begin(v);
	portal_fill(v, draft);
	visit(v, at(p, "/en/applications/", draft, "/check"));
	submit(v, at(p, "/en/applications/", draft, "/check"), "");
	assert_int_equal(v->status, 303);
	str reference = portal_case(v);
	struct kase q = portal_kase(p, reference);
	portal_pay(p, q.id);
	portal_decide(p, q.id, "reject", "The card was found.");
	visit(v, at(p, "/en/applications/", reference, ""));
	assert_shows(v, "How satisfied are you"); /* asked after each */
	submit(v, at(p, "/en/applications/", reference, "/rating"), stars);
	assert_int_equal(v->status, 303);
}

/* proves: POR-16 */
static void ratings_reach_card_and_figures(void **state)
{
	const struct organ *organs[APP_ORGANS_MAX];
	size_t n = app_organs(organs);
	struct portal p = portal_over(organs + 1, n - 1, app_systems, app_systems_count);
	struct portal_cards c = {p.other};
	struct visitor *nobody = NEW(p.w->u->a, struct visitor);
	(void)state;
	nobody->w = p.w;
	assert_int_equal(unit_run(p.w->u, portal_cards_decide, &c), OK);
	visit(nobody, "/en/services/" SERVICE);
	assert_false(shows(nobody, "of 5 ("));
	rated(&p, CITIZEN, "rating=5&words=Quick");
	rated(&p, OTHER, "rating=2&words=");
	visit(nobody, "/en/services/" SERVICE);
	assert_reads(nobody, "3.5 of 5 (2 ratings)");
	visit(nobody, "/ar/services/" SERVICE);
	assert_reads(nobody, "3.5 من 5 (تقييمان)");
	visit(nobody, "/en/statistics");
	assert_reads(nobody, "3.5");
	assert_reads(nobody, "of 5, from 2 ratings");
	assert_false(shows(nobody, "Quick")); /* words are for the service, not for all */
	site_stop(p.w);
}

/* ---- a photograph before the wrong wall ---- */

static str sent_with(struct portal *p, const char *number, str picture)
{
	struct visitor *v = signed_in(p->w, number);
	str draft = portal_begin(v);
	portal_fill(v, draft);
	const char *page = at(p, "/en/applications/", draft, "/change/photograph");
	visit(v, page);
	submit_file(v, page, "photograph", "me.png", picture);
	assert_int_equal(v->status, 303); /* flagged, not refused */
	visit(v, at(p, "/en/applications/", draft, "/check"));
	submit(v, at(p, "/en/applications/", draft, "/check"), "");
	assert_int_equal(v->status, 303);
	str reference = portal_case(v);
	portal_pay(p, portal_kase(p, reference).id);
	return reference;
}

static void another_background_is_flagged(void **state)
{
	const struct organ *organs[APP_ORGANS_MAX];
	size_t n = app_organs(organs);
	struct portal p = portal_over(organs + 1, n - 1, app_systems, app_systems_count);
	struct portal_cards c = {p.other};
	(void)state;
	assert_int_equal(unit_run(p.w->u, portal_cards_decide, &c), OK);
	str blue = sent_with(&p, CITIZEN, (str){(const char *)portal_blue, sizeof portal_blue});
	str grey = sent_with(&p, OTHER, (str){(const char *)portal_grey, sizeof portal_grey});
	struct visitor *officer = signed_in(p.w, OFFICER);
	visit(officer, at(&p, "/en/desk/cases/", blue, ""));
	assert_shows(officer, "the background is not plain, or not of the colour asked for");
	visit(officer, at(&p, "/en/desk/cases/", grey, ""));
	assert_int_equal(officer->status, 200);
	assert_false(shows(officer, "the background is not plain"));
	site_stop(p.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(ratings_reach_card_and_figures),
	                                   cmocka_unit_test(another_background_is_flagged)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Favourites, and the services of a life event begun together. */
#include "portal_unit.h"

#include "kernel/journal.h"
#include "systems/guide/guide.h"

static const struct system *const guide[] = {&guide_system};

#define START "/en/life-events/having-a-baby/start"
#define CHILD                                                                                      \
	"child_en=Sara+Ahmed&child_ar=%D8%B3%D8%A7%D8%B1%D8%A9&sex=F&born-day=1&born-month=11"         \
	"&born-year=2025&father_number=820799906&mother_number=850199901&phone=%2B97336123456"

static const char *const three[] = {"birth-certificate", "idcard-newborn", "child-health-record"};

static struct kase draft_of(struct portal *p, const char *service)
{
	struct kase q = {0};
	dbc *c = db_reader(p->w->u->k->db);
	case_open_of(c, p->w->u->a, p->citizen, str_of(service), &q);
	db_reader_return(c);
	return q;
}

static str answer_of(struct portal *p, int64_t id, const char *name)
{
	dbc *c = db_reader(p->w->u->k->db);
	str s = json_text(json_get(case_answers(c, p->w->u->a, id), name));
	db_reader_return(c);
	return s;
}

static void asked_once(struct visitor *v, const char *name)
{
	str field = str_fmt(v->w->u->a, "name=\"%s\"", name), page = v->page;
	ptrdiff_t at = str_find(page, field);
	if (at < 0)
		fail_msg("%s is not asked", name);
	if (!str_eq(str_of(name), STR("sex"))) /* one for each choice */
		assert_true(str_find(str_sub(page, (size_t)at + field.n, page.n), field) < 0);
}

static void rebuilt(struct portal *p)
{
	struct rebuild_report report;
	assert_int_equal(journal_rebuild(p->w->u->k, p->w->u->a, false, &report), OK);
	if (report.different)
		fail_msg("a rebuild differs in %.*s", STRF(report.first_different));
}

/* proves: POR-07 */
static void a_new_baby_starts_three_services(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	arena *a = p.w->u->a;
	struct visitor *v = signed_in(p.w, CITIZEN);
	visit(v, "/en/life-events/having-a-baby");
	assert_shows(v, "href=\"" START "\"");
	visit(v, START);
	assert_int_equal(v->status, 200);
	static const char *const alike[] = {"child_en",      "child_ar", "sex",  "father_number",
	                                    "mother_number", "phone",    "email"};
	for (size_t i = 0; i < COUNT(alike); i++)
		asked_once(v, alike[i]);
	assert_false(shows(v, "name=\"copies\""));      /* one form's own */
	assert_false(shows(v, "name=\"declaration\"")); /* each form's own */
	submit(v, START,
	       "service=birth-certificate&service=idcard-newborn&service=child-health-record&" CHILD);
	assert_int_equal(v->status, 303);
	follow(v);
	for (size_t i = 0; i < COUNT(three); i++) {
		struct kase q = draft_of(&p, three[i]);
		assert_str(q.state, "draft");
		assert_str(answer_of(&p, q.id, "child_en"), "Sara Ahmed");
		assert_str(answer_of(&p, q.id, "born"), "2025-11-01");
		assert_str(answer_of(&p, q.id, "mother_number"), "850199901");
		assert_shows(v, str_fmt(a, "/en/applications/%lld/continue", (long long)q.id).p);
	}
	/* The page of the child is filled in: the form goes on behind it. */
	struct kase q = draft_of(&p, "child-health-record");
	visit(v, str_fmt(a, "/en/applications/%lld/continue", (long long)q.id).p);
	assert_true(str_ends(v->location, STR("/form/declaration")));
	visit(v, "/en/me");
	assert_shows(v, "First identity card of a newborn");
	assert_shows(v, START);
	rebuilt(&p);
	portal_stop(&p);
}

static void a_bundle_keeps_what_was_typed(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	struct visitor *v = signed_in(p.w, CITIZEN);
	visit(v, START);
	submit(v, START, CHILD);
	assert_int_equal(v->status, 422);
	assert_shows(v, "Choose at least one service");
	assert_shows(v, "value=\"Sara Ahmed\"");
	visit(v, START);
	submit(v, START, "service=idcard-newborn&child_en=Sara&sex=F&father_number=12");
	assert_int_equal(v->status, 422);
	assert_shows(v, "href=\"#father_number\"");
	assert_shows(v, "value=\"Sara\"");
	assert_int_equal(draft_of(&p, "idcard-newborn").id, 0);
	visit(v, START);
	submit(v, START, "service=idcard-newborn&" CHILD);
	assert_int_equal(v->status, 303);
	assert_true(draft_of(&p, "idcard-newborn").id != 0);
	assert_int_equal(draft_of(&p, "birth-certificate").id, 0);
	visit(v, "/en/life-events/driving/start"); /* no bundle */
	assert_int_equal(v->status, 404);
	portal_stop(&p);
}

/* proves: POR-07 */
static void a_starred_card_is_in_ones_space(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	struct visitor *v = signed_in(p.w, CITIZEN), *other = signed_in(p.w, OTHER);
	struct visitor *out = NEW(p.w->u->a, struct visitor);
	out->w = p.w;
	visit(v, "/en/me");
	assert_shows(v, "You have no favourites.");
	visit(v, "/en/services/idcard-issue"); /* one that has no form */
	submit(v, "/en/services/idcard-issue/star", "on=1");
	assert_int_equal(v->status, 303);
	follow(v);
	assert_shows(v, "Remove from favourites");
	visit(v, "/en/me");
	assert_shows(v, "href=\"/en/services/idcard-issue\"");
	visit(other, "/en/me");
	assert_false(shows(other, "/en/services/idcard-issue"));
	visit(out, "/en/services/idcard-issue");
	assert_shows(out, "Sign in to add this to your favourites");
	rebuilt(&p);
	visit(v, "/en/services/idcard-issue");
	submit(v, "/en/services/idcard-issue/star", "on=0");
	visit(v, "/en/me");
	assert_shows(v, "You have no favourites.");
	portal_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_new_baby_starts_three_services),
	    cmocka_unit_test(a_bundle_keeps_what_was_typed),
	    cmocka_unit_test(a_starred_card_is_in_ones_space),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

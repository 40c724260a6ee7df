/* Appeals, and what officers do to a case beside its process, as people meet them: on
 * the pages of the portal and of the desk, in both languages. */
#include "portal_unit.h"

#include "app/systems.h"

#define SECOND_OFFICER "810599915"
#define SUPERVISOR     "770599916"

struct course {
	struct portal p;
	struct visitor *citizen, *officer, *second, *supervisor;
};

static const char *at(struct course *c, const char *before, str name, const char *after)
{
	return str_c(c->p.w->u->a, str_fmt(c->p.w->u->a, "%s%.*s%s", before, STRF(name), after));
}

static struct course course_start(void)
{
	const struct organ *organs[APP_ORGANS_MAX];
	size_t n = app_organs(organs);
	struct course c = {.p = portal_over(organs + 1, n - 1, app_systems, app_systems_count)};
	struct portal_cards cards = {c.p.other};
	assert_int_equal(unit_run(c.p.w->u, portal_cards_decide, &cards), OK);
	site_grant(c.p.w, site_person(c.p.w, SECOND_OFFICER, "Second Iga"), "id_officer", "iga");
	site_grant(c.p.w, site_person(c.p.w, SUPERVISOR, "Head Iga"), "supervisor", "iga");
	c.citizen = signed_in(c.p.w, CITIZEN);
	c.officer = signed_in(c.p.w, OFFICER);
	c.second = signed_in(c.p.w, SECOND_OFFICER);
	c.supervisor = signed_in(c.p.w, SUPERVISOR);
	return c;
}

/* A paid application of this visitor. */
static str waiting(struct course *c, struct visitor *v)
{
	str draft = portal_begin(v);
	portal_fill(v, draft);
	visit(v, at(c, "/en/applications/", draft, "/check"));
	submit(v, at(c, "/en/applications/", draft, "/check"), "");
	assert_int_equal(v->status, 303);
	str reference = portal_case(v);
	portal_pay(&c->p, portal_kase(&c->p, reference).id);
	return reference;
}

static str rejected(struct course *c, struct visitor *v)
{
	str reference = waiting(c, v);
	portal_decide(&c->p, portal_kase(&c->p, reference).id, "reject", "The card was found.");
	return reference;
}

/* The officer's form on the page of a case. */
static void press(struct course *c, struct visitor *v, str reference, const char *what,
                  const char *fields)
{
	visit(v, at(c, "/en/desk/cases/", reference, ""));
	assert_int_equal(v->status, 200);
	str version = visitor_hidden(v, "version"), task = visitor_hidden(v, "task");
	const char *body = str_c(c->p.w->u->a, str_fmt(c->p.w->u->a, "version=%.*s&task=%.*s&%s",
	                                               STRF(version), STRF(task), fields));
	submit(v,
	       at(c, "/en/desk/cases/", reference,
	          str_c(c->p.w->u->a, str_fmt(c->p.w->u->a, "/%s", what))),
	       body);
}

static void walk(struct course *c, struct visitor *v, str reference, const char *act,
                 const char *fields)
{
	const char *page = at(c, "/en/desk/cases/", reference,
	                      str_c(c->p.w->u->a, str_fmt(c->p.w->u->a, "/course/%s", act)));
	visit(v, page);
	assert_int_equal(v->status, 200);
	submit(v, page, fields);
}

static void a_citizen_appeals_and_is_heard_by_another(void **state)
{
	(void)state;
	struct course c = course_start();
	str ref = rejected(&c, c.citizen);
	visit(c.citizen, at(&c, "/en/applications/", ref, ""));
	assert_shows(c.citizen, "You can appeal until");
	visit(c.citizen, at(&c, "/ar/applications/", ref, ""));
	assert_shows(c.citizen, "يمكنك التظلم حتى");
	const char *page = at(&c, "/en/applications/", ref, "/appeal");
	visit(c.citizen, page);
	assert_shows(c.citizen, "The card was found.");
	submit(c.citizen, page, "words=");
	assert_int_equal(c.citizen->status, 422);
	assert_shows(c.citizen, "Write what was decided wrongly");
	visit(c.citizen, page);
	submit(c.citizen, page, "words=It+was+another+card");
	assert_int_equal(c.citizen->status, 303);
	visit(c.citizen, at(&c, "/en/applications/", ref, ""));
	assert_shows(c.citizen, "Under appeal");
	assert_shows(c.citizen, "Take the appeal back");
	visit(c.citizen, at(&c, "/ar/applications/", ref, ""));
	assert_shows(c.citizen, "قيد النظر في التظلم");
	/* Nobody else's business. */
	struct visitor *other = signed_in(c.p.w, OTHER);
	visit(other, page);
	assert_int_equal(other->status, 404);
	/* Who decided it sees why they may not. */
	visit(c.officer, at(&c, "/en/desk/cases/", ref, ""));
	assert_shows(c.officer, "You had a part in this case before");
	assert_false(shows(c.officer, "Take this case"));
	press(&c, c.second, ref, "claim", "");
	assert_int_equal(c.second->status, 303);
	visit(c.second, at(&c, "/ar/desk/cases/", ref, ""));
	assert_shows(c.second, "إعادة البت في الطلب");
	press(&c, c.second, ref, "decide", "outcome=allow&reason=");
	assert_int_equal(c.second->status, 422);
	press(&c, c.second, ref, "decide", "outcome=allow&reason=Another+card+indeed");
	assert_int_equal(c.second->status, 303);
	visit(c.citizen, at(&c, "/en/applications/", ref, ""));
	assert_shows(c.citizen, "Appeal allowed: the case is decided anew");
	assert_shows(c.citizen, "Another card indeed");
	visit(c.citizen, "/en/inbox");
	assert_shows(c.citizen, "Appeal on ");
	press(&c, c.second, ref, "claim", "");
	press(&c, c.second, ref, "decide", "outcome=approve&reason=");
	assert_int_equal(c.second->status, 303);
	assert_str(portal_kase(&c.p, ref).outcome, "approved");
	site_stop(c.p.w);
}

static void an_appeal_can_be_taken_back(void **state)
{
	(void)state;
	struct course c = course_start();
	str ref = rejected(&c, c.citizen);
	const char *page = at(&c, "/ar/applications/", ref, "/appeal");
	visit(c.citizen, page);
	submit(c.citizen, page, "words=It+was+another+card");
	visit(c.citizen, at(&c, "/ar/applications/", ref, ""));
	submit(c.citizen, at(&c, "/ar/applications/", ref, "/appeal/drop"), "");
	assert_int_equal(c.citizen->status, 303);
	visit(c.citizen, at(&c, "/ar/applications/", ref, ""));
	assert_shows(c.citizen, "سحب التظلم");
	assert_false(shows(c.citizen, "يمكنك التظلم حتى")); /* once */
	visit(c.citizen, page);
	assert_int_equal(c.citizen->status, 303);
	assert_str(portal_kase(&c.p, ref).state, "rejected");
	site_stop(c.p.w);
}

static void an_officer_suspends_and_resumes(void **state)
{
	(void)state;
	struct course c = course_start();
	str ref = waiting(&c, c.citizen);
	press(&c, c.officer, ref, "claim", "");
	walk(&c, c.officer, ref, "suspend", "reason=");
	assert_int_equal(c.officer->status, 422);
	walk(&c, c.officer, ref, "suspend", "reason=A+court+decides+first");
	assert_int_equal(c.officer->status, 303);
	visit(c.officer, at(&c, "/en/desk/cases/", ref, ""));
	assert_shows(c.officer, "A court decides first");
	assert_shows(c.officer, "Take the case up again");
	assert_false(shows(c.officer, "Record the decision"));
	visit(c.officer, "/en/desk?state=suspended");
	assert_shows(c.officer, str_c(c.p.w->u->a, ref));
	visit(c.citizen, at(&c, "/en/applications/", ref, ""));
	assert_shows(c.citizen, "Suspended");
	assert_shows(c.citizen, "A court decides first");
	visit(c.citizen, at(&c, "/ar/applications/", ref, ""));
	assert_shows(c.citizen, "معلق");
	visit(c.citizen, "/en/inbox"); /* the pack's words: the service has none for it */
	assert_shows(c.citizen, " suspended");
	visit(c.citizen, "/ar/inbox");
	assert_shows(c.citizen, "تعليق الطلب");
	walk(&c, c.second, ref, "resume", "");
	assert_int_equal(c.second->status, 303);
	assert_str(portal_kase(&c.p, ref).state, "review");
	site_stop(c.p.w);
}

static void cases_are_split_joined_and_reopened(void **state)
{
	(void)state;
	struct course c = course_start();
	str ref = waiting(&c, c.citizen);
	struct visitor *other = signed_in(c.p.w, OTHER);
	str second = waiting(&c, other);
	press(&c, c.officer, ref, "claim", "");
	walk(&c, c.officer, ref, "split", "reason=Two+matters");
	assert_int_equal(c.officer->status, 303);
	visit(c.officer, at(&c, "/en/desk/cases/", ref, ""));
	assert_shows(c.officer, "Was split off from this one:");
	visit(c.citizen, "/en/applications"); /* both are the applicant's */
	assert_shows(c.citizen, "IDL-2025-000001");
	assert_shows(c.citizen, "IDL-2025-000003");
	const char *join =
	    str_c(c.p.w->u->a, str_fmt(c.p.w->u->a, "other=%.*s&reason=One+household", STRF(ref)));
	walk(&c, c.officer, second, "join", "other=IDL-2025-000099&reason=x");
	assert_int_equal(c.officer->status, 422);
	assert_shows(c.officer, "There is no such case on your desk");
	walk(&c, c.officer, second, "join", join);
	assert_int_equal(c.officer->status, 303);
	visit(c.officer, at(&c, "/en/desk/cases/", second, ""));
	assert_shows(c.officer, "Is decided together with");
	visit(other, at(&c, "/en/applications/", second, ""));
	assert_false(shows(other, str_c(c.p.w->u->a, ref))); /* applicants do not learn of each other */
	press(&c, c.officer, ref, "decide", "outcome=reject&reason=Found+at+home");
	assert_int_equal(c.officer->status, 303);
	assert_str(portal_kase(&c.p, second).state, "rejected");
	visit(c.second, at(&c, "/en/desk/cases/", ref, "/course/reopen"));
	assert_int_equal(c.second->status, 404); /* an officer may not */
	walk(&c, c.supervisor, ref, "reopen", "reason=It+was+another+card");
	assert_int_equal(c.supervisor->status, 303);
	assert_str(portal_kase(&c.p, ref).state, "submitted");
	visit(c.citizen, at(&c, "/ar/applications/", ref, ""));
	assert_shows(c.citizen, "سحب القرار لإعادة البت في الطلب");
	struct visitor *foreign = signed_in(c.p.w, FOREIGN);
	visit(foreign, at(&c, "/en/desk/cases/", ref, "/course/suspend"));
	assert_int_equal(foreign->status, 404);
	site_stop(c.p.w);
}

struct answered {
	const struct service *s;
	int64_t person;
	const json *answers;
	struct kase q;
};

static err complain_decide(struct tx *tx, void *ctx)
{
	struct answered *m = ctx;
	err e = draft_open(tx, m->s, m->person, &m->q);
	e = e ? e : draft_save(tx, m->q.id, m->answers, NULL);
	return e ? e : case_submit(tx, m->q.id);
}

/* A complaint to the authority itself, which its officer has answered. */
static str complaint_answered(struct course *c)
{
	arena *a = c->p.w->u->a;
	struct answered m = {.s = pack_service(pack_current(c->p.w->u->k), STR("complaint")),
	                     .person = c->p.citizen};
	m.answers = json_parse(a,
	                       STR("{\"kind\":\"complaint\",\"subject\":\"other\",\"title\":\"Waiting"
	                           " room\",\"body\":\"The waiting room at Isa Town is always shut.\","
	                           "\"phone\":\"+97336000000\",\"email\":\"m@example.org\","
	                           "\"declaration\":true}"),
	                       NULL);
	struct action x = {.k = c->p.w->u->k,
	                   .a = a,
	                   .actor = {.person = m.person, .channel = STR("web")},
	                   .decide = complain_decide,
	                   .ctx = &m};
	assert_int_equal(kernel_run(&x), OK);
	portal_decide(&c->p, m.q.id, "answer", "It opens at seven.");
	return portal_kase(&c->p, str_fmt(a, "%lld", (long long)m.q.id)).reference;
}

static void calls(struct visitor *v, const char *page, const char *own, const char *others)
{
	visit(v, page);
	assert_int_equal(v->status, 200);
	assert_shows(v, own);
	if (shows(v, others))
		fail_msg("%s says %s", page, others);
}

/* A service has its own words for how its cases end: an answered complaint is nowhere
 * called approved, by the citizen's pages, the tracking, the desk, or the figures. */
static void an_answered_complaint_is_not_called_approved(void **state)
{
	(void)state;
	struct course c = course_start();
	str ref = complaint_answered(&c);
	struct visitor *v = c.citizen;
	const char *tag = "govuk-tag--green\">";
	assert_str(portal_kase(&c.p, ref).state, "approved");
	assert_str(portal_kase(&c.p, ref).outcome, "approved");
	calls(v, at(&c, "/ar/applications/", ref, ""), "تم الرد", "موافق عليه");
	calls(v, at(&c, "/en/applications/", ref, ""), "Answered", ">Approved");
	calls(v, "/en/applications", "Answered", ">Approved");
	calls(v, "/en/me", "Answered", ">Approved");
	visit(v, "/ar/track");
	submit(v, "/ar/track", str_c(c.p.w->u->a, str_cat(c.p.w->u->a, STR("reference="), ref)));
	assert_shows(v, "تم الرد");
	assert_false(shows(v, "موافق عليه"));
	calls(c.officer, at(&c, "/en/desk/cases/", ref, ""), "Answered", ">Approved");
	visit(c.officer, "/en/desk?state=approved");
	assert_shows(c.officer, str_c(c.p.w->u->a, str_fmt(c.p.w->u->a, "%sAnswered", tag)));
	calls(c.officer, "/ar/desk.csv?state=approved", "تم الرد", "موافق عليه");
	calls(v, "/en/statistics?service=complaint", "Answered", ">Approved<");
	site_stop(c.p.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_citizen_appeals_and_is_heard_by_another),
	    cmocka_unit_test(an_appeal_can_be_taken_back),
	    cmocka_unit_test(an_officer_suspends_and_resumes),
	    cmocka_unit_test(cases_are_split_joined_and_reopened),
	    cmocka_unit_test(an_answered_complaint_is_not_called_approved),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Acting for a child, a company, or by a mandate: who may, what is recorded, and that an
 * end takes effect at once, on every page that acts. */
#include "portal_unit.h"

#include "app/systems.h"
#include "kernel/identity/mandate.h"

#define CHILD   "180399931"
#define COMPANY "999310001"
#define FATHER  "790399932"

struct family {
	struct portal p;
	int64_t child, company;
};

static const char *at(struct family *f, const char *before, str name, const char *after)
{
	arena *a = f->p.w->u->a;
	return str_c(a, str_fmt(a, "%s%.*s%s", before, STRF(name), after));
}

struct giving {
	struct mandate m;
	bool end;
};

static err give_decide(struct tx *tx, void *ctx)
{
	struct giving *g = ctx;
	return g->end ? mandate_end(tx, &g->m) : mandate_give(tx, &g->m);
}

static struct mandate given(struct family *f, int64_t principal, int64_t agent, const char *basis,
                            instant until)
{
	struct giving g = {.m = {.principal = principal,
	                         .agent = agent,
	                         .service = STR("*"),
	                         .until = until,
	                         .basis = str_of(basis)}};
	assert_int_equal(unit_run(f->p.w->u, give_decide, &g), OK);
	return g.m;
}

static void ended(struct family *f, struct mandate m)
{
	struct giving g = {.m = m, .end = true};
	assert_int_equal(unit_run(f->p.w->u, give_decide, &g), OK);
}

static int64_t registered(struct family *f, const char *number, const char *name)
{
	struct portal_cards c = {site_person(f->p.w, number, name)};
	assert_int_equal(unit_run(f->p.w->u, portal_cards_decide, &c), OK);
	return c.person;
}

static struct family family_start(void)
{
	const struct organ *organs[APP_ORGANS_MAX];
	size_t n = app_organs(organs);
	struct family f = {.p = portal_over(organs + 1, n - 1, app_systems, app_systems_count)};
	f.child = registered(&f, CHILD, "Ali Salman");
	f.company = registered(&f, COMPANY, "Al Tajriba Trading");
	return f;
}

/* The link under which the visitor applies for a principal. */
static str choice(struct visitor *v, const char *name)
{
	visit(v, "/en/services/" SERVICE "/apply");
	str rest = v->page, id = {0};
	ptrdiff_t i;
	while ((i = str_find(rest, STR("apply?for="))) >= 0) {
		rest = str_sub(rest, (size_t)i + 10, rest.n);
		str link = str_sub(rest, 0, (size_t)str_find(rest, STR("</a>")));
		if (str_find(link, str_of(name)) >= 0)
			id = str_sub(rest, 0, (size_t)str_chr(rest, '"'));
	}
	return id;
}

static str begun(struct family *f, struct visitor *v, const char *name)
{
	str id = choice(v, name);
	assert_true(id.n > 0);
	visit(v, at(f, "/en/services/" SERVICE "/apply?for=", id, ""));
	submit(v, "/en/services/" SERVICE "/apply", at(f, "for=", id, ""));
	assert_int_equal(v->status, 303);
	return portal_case(v);
}

static str sent(struct family *f, struct visitor *v, const char *name)
{
	str draft = begun(f, v, name);
	portal_fill(v, draft);
	visit(v, at(f, "/en/applications/", draft, "/check"));
	submit(v, at(f, "/en/applications/", draft, "/check"), "");
	assert_int_equal(v->status, 303);
	return portal_case(v);
}

static int64_t events_for(struct family *f, const char *kind, int64_t actor, int64_t on_behalf)
{
	dbc *c = db_reader(f->p.w->u->k->db);
	struct dbv v[] = {D_TEXT(str_of(kind)), D_INT(actor), D_INT(on_behalf)};
	rows *r = db_query_text(c,
	                        STR("SELECT count(*) FROM journal WHERE kind = $1 AND actor = $2"
	                            " AND on_behalf = $3"),
	                        v, 3);
	int64_t n = db_next(r) ? db_int(r, 0) : -1;
	db_done(r);
	db_reader_return(c);
	return n;
}

/* proves: POR-15 */
static void a_guardian_acts_for_a_child(void **state)
{
	(void)state;
	struct family f = family_start();
	int64_t father = site_person(f.p.w, FATHER, "Salman Hasan");
	given(&f, f.child, f.p.citizen, "guardian", f.p.w->u->now + 400 * DAY);
	given(&f, f.child, father, "guardian", f.p.w->u->now + 400 * DAY);
	struct visitor *mother = signed_in(f.p.w, CITIZEN), *other = signed_in(f.p.w, OTHER);
	visit(mother, "/en/profile/mandates");
	assert_shows(mother, "Guardian, by the population register");
	visit(mother, "/ar/profile/mandates");
	assert_shows(mother, "ولي الأمر وفق سجل السكان");
	str ref = sent(&f, mother, "Ali Salman");
	struct kase q = portal_kase(&f.p, ref);
	assert_int_equal(q.applicant, f.child);
	assert_int_equal(q.agent, f.p.citizen);
	/* Recorded with both, from the draft to what is sent. */
	assert_int_equal(events_for(&f, "case.drafted", f.p.citizen, f.child), 1);
	assert_int_equal(events_for(&f, "case.submitted", f.p.citizen, f.child), 1);
	assert_true(events_for(&f, "case.saved", f.p.citizen, f.child) > 0);
	assert_int_equal(events_for(&f, "case.saved", f.p.citizen, 0), 0);
	visit(mother, "/en/inbox"); /* a child reads no inbox */
	assert_shows(mother, str_c(f.p.w->u->a, ref));
	/* The officer sees who sent it, and by what right. */
	portal_pay(&f.p, q.id);
	struct visitor *officer = signed_in(f.p.w, OFFICER);
	visit(officer, at(&f, "/en/desk/cases/", ref, ""));
	assert_shows(officer, "behalf by");
	assert_shows(officer, "(guardian)");
	visit(officer, at(&f, "/ar/desk/cases/", ref, ""));
	assert_shows(officer, "ولي الأمر");
	/* The other guardian sees it too, and is told as a reader; strangers do not. */
	struct visitor *dad = signed_in(f.p.w, FATHER);
	visit(dad, at(&f, "/en/applications/", ref, ""));
	assert_int_equal(dad->status, 200);
	visit(mother, at(&f, "/en/applications/", ref, ""));
	assert_shows(mother, "Salman Hasan");
	assert_shows(mother, "acting for you");
	visit(other, at(&f, "/en/applications/", ref, ""));
	assert_int_equal(other->status, 404);
	assert_false(choice(other, "Ali Salman").n > 0);
	/* Of age: it is over by itself. */
	f.p.w->u->now += 401 * DAY;
	mother = signed_in(f.p.w, CITIZEN);
	visit(mother, at(&f, "/en/applications/", ref, ""));
	assert_int_equal(mother->status, 404);
	assert_false(choice(mother, "Ali Salman").n > 0);
	site_stop(f.p.w);
}

/* proves: POR-15 */
static void a_signatory_and_staff_act_for_a_company(void **state)
{
	(void)state;
	struct family f = family_start();
	given(&f, f.company, f.p.citizen, "signatory", 0);
	struct visitor *head = signed_in(f.p.w, CITIZEN), *clerk = signed_in(f.p.w, OTHER);
	str ref = sent(&f, head, "Al Tajriba Trading");
	assert_int_equal(portal_kase(&f.p, ref).applicant, f.company);
	assert_false(choice(clerk, "Al Tajriba Trading").n > 0);
	/* Staff act for the company within limits that its signatory sets. */
	const char *owner =
	    str_c(f.p.w->u->a,
	          str_fmt(f.p.w->u->a, "owner=%lld&number=" OTHER "&service=shop-licence&span=30",
	                  (long long)f.company));
	visit(clerk, "/en/profile/mandates");
	submit(clerk, "/en/profile/mandates", owner);
	assert_int_equal(clerk->status, 404); /* no signatory */
	visit(head, "/en/profile/mandates");
	assert_shows(head, "On whose behalf they may act");
	submit(head, "/en/profile/mandates", owner);
	assert_int_equal(head->status, 303);
	assert_int_equal(events_for(&f, "mandate.given", f.p.citizen, f.company), 1);
	assert_false(choice(clerk, "Al Tajriba Trading").n > 0); /* not for this service */
	visit(clerk, "/en/services/shop-licence/apply");
	assert_shows(clerk, "Al Tajriba Trading");
	visit(clerk, at(&f, "/en/applications/", ref, "")); /* nor what others began */
	assert_int_equal(clerk->status, 404);
	/* Its days are counted. */
	f.p.w->u->now += 31 * DAY;
	clerk = signed_in(f.p.w, OTHER);
	visit(clerk, "/en/services/shop-licence/apply");
	assert_false(shows(clerk, "Al Tajriba Trading"));
	site_stop(f.p.w);
}

/* The page was open when the mandate ended: nothing is done any more. */
/* proves: POR-15 */
static void an_ended_mandate_ends_at_once(void **state)
{
	(void)state;
	struct family f = family_start();
	struct mandate m = given(&f, f.p.citizen, f.p.other, "given", f.p.w->u->now + 30 * DAY);
	struct visitor *agent = signed_in(f.p.w, OTHER);
	str draft = begun(&f, agent, "Maryam Ali");
	portal_fill(agent, draft);
	const char *check = at(&f, "/en/applications/", draft, "/check");
	visit(agent, check);
	ended(&f, m);
	submit(agent, check, "");
	assert_int_equal(agent->status, 404);
	assert_str(portal_kase(&f.p, draft).state, "draft");
	/* And on the page where the fee is paid. */
	m = given(&f, f.p.citizen, f.p.other, "given", f.p.w->u->now + 30 * DAY);
	visit(agent, check);
	submit(agent, check, "");
	assert_int_equal(agent->status, 303);
	str ref = portal_case(agent);
	const char *pay = at(&f, "/en/applications/", ref, "/pay");
	visit(agent, pay);
	assert_int_equal(agent->status, 200);
	str open_page = agent->page;
	ended(&f, m);
	visit(agent, pay);
	assert_int_equal(agent->status, 404);
	agent->page = open_page;
	submit(agent, pay, "method=card");
	assert_int_equal(agent->status, 404);
	assert_str(portal_kase(&f.p, ref).state, "unpaid");
	struct visitor *principal = signed_in(f.p.w, CITIZEN);
	visit(principal, pay);
	assert_int_equal(principal->status, 200);
	struct rebuild_report r;
	assert_int_equal(journal_rebuild(f.p.w->u->k, f.p.w->u->a, false, &r), OK);
	assert_int_equal(r.different, 0);
	site_stop(f.p.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_guardian_acts_for_a_child),
	    cmocka_unit_test(a_signatory_and_staff_act_for_a_company),
	    cmocka_unit_test(an_ended_mandate_ends_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tracking without signing in, one's own data, being forgotten: over a real server. */
#include "portal_unit.h"

static struct portal *start(void)
{
	static struct portal p;
	p = portal_start();
	return &p;
}

static const char *at(struct portal *p, const char *before, str name, const char *after)
{
	return str_fmt(p->w->u->a, "%s%.*s%s", before, STRF(name), after).p;
}

static str sent(struct portal *p, struct visitor *v)
{
	str name = portal_begin(v);
	portal_fill(v, name);
	visit(v, at(p, "/en/applications/", name, "/check"));
	submit(v, at(p, "/en/applications/", name, "/check"), "");
	assert_int_equal(v->status, 303);
	return portal_case(v);
}

static struct visitor *someone(struct portal *p)
{
	struct visitor *v = NEW(p->w->u->a, struct visitor);
	v->w = p->w;
	return v;
}

/* The page says the state, and nothing of who applied, for what, and what was answered. */
static void told_alone(struct portal *p, struct visitor *v, str reference, const char *en,
                       const char *ar)
{
	static const char *const secrets[] = {"Maryam",    "مريم", CITIZEN,    "Manama",
	                                      "4.000",     "BHD",  "36123456", "Yusuf",
	                                      "m@example", "lost", "مفقود",    "The card was found"};
	for (int l = 0; l < LANG_COUNT; l++) {
		const char *lang = lang_code((enum lang)l),
		           *track = str_fmt(p->w->u->a, "/%s/track", lang).p;
		visit(v, track);
		submit(v, track, at(p, "reference=", reference, ""));
		assert_int_equal(v->status, 200);
		ptrdiff_t from = str_find(v->page, STR("<main"));
		str found = between(str_sub(v->page, (size_t)from, v->page.n), "<section", "</section>");
		assert_true(str_find(found, reference) > 0);
		assert_true(str_find(found, str_of(l == LANG_EN ? en : ar)) > 0);
		for (size_t i = 0; i < COUNT(secrets); i++)
			assert_false(shows(v, secrets[i]));
	}
}

/* In every state that an application goes through. */
/* proves: POR-05 */
static void a_state_is_told_and_nothing_else(void **state)
{
	(void)state;
	struct portal *p = start();
	struct visitor *citizen = signed_in(p->w, CITIZEN), *v = someone(p);
	str reference = sent(p, citizen);
	int64_t id = portal_kase(p, reference).id;
	told_alone(p, v, reference, "Awaiting payment", "بانتظار السداد");
	portal_pay(p, id);
	told_alone(p, v, reference, "Received", "مستلم");
	portal_decide(p, id, "return", "The card was found");
	told_alone(p, v, reference, "Waiting for the applicant", "بانتظار مقدم الطلب");
	visit(citizen, at(p, "/en/applications/", reference, "/check"));
	submit(citizen, at(p, "/en/applications/", reference, "/check"), "");
	portal_decide(p, id, "reject", "The card was found");
	told_alone(p, v, reference, "Rejected", "مرفوض");
	site_stop(p->w);
}

/* proves: POR-05 */
static void a_reference_tells_its_state_alone(void **state)
{
	struct portal *p = start();
	struct visitor *citizen = signed_in(p->w, CITIZEN), *v = someone(p);
	str reference = sent(p, citizen);
	(void)state;
	visit(v, "/en/track");
	submit(v, "/en/track", at(p, "reference=", str_lower(p->w->u->a, reference), ""));
	assert_int_equal(v->status, 200);
	assert_shows(v, "Awaiting payment");
	static const char *const secrets[] = {"Maryam", "مريم", CITIZEN, "Manama", "4.000", "36123456"};
	for (size_t i = 0; i < COUNT(secrets); i++)
		assert_false(shows(v, secrets[i]));
	str known = v->page;
	/* A number that is none is answered with the same status and the same page. */
	visit(v, "/en/track");
	submit(v, "/en/track", "reference=IRL-2025-999999");
	assert_int_equal(v->status, 200);
	assert_shows(v, "No application with this number is under way");
	assert_true(v->page.n + 200 > known.n && known.n + 200 > v->page.n);
	visit(v, "/en/track");
	submit(v, "/en/track", "reference=nonsense");
	assert_int_equal(v->status, 422);
	/* Not signed in, the application itself stays closed. */
	visit(v, at(p, "/en/applications/", reference, ""));
	assert_int_equal(v->status, 303);
	site_stop(p->w);
}

/* proves: POR-05 */
static void numbers_are_not_tried_by_the_hundred(void **state)
{
	struct portal *p = start();
	struct visitor *v = someone(p);
	int last = 0;
	(void)state;
	for (int i = 0; i < 40 && last != 429; i++) {
		visit(v, "/en/track");
		submit(v, "/en/track", str_fmt(p->w->u->a, "reference=IRL-2025-%06d", i).p);
		last = v->status;
	}
	assert_int_equal(last, 429);
	assert_shows(v, "Wait ten minutes");
	p->w->u->now += 11 * MINUTE;
	visit(v, "/en/track");
	submit(v, "/en/track", "reference=IRL-2025-000001");
	assert_int_equal(v->status, 200);
	site_stop(p->w);
}

static void contact_data_is_changed(void **state)
{
	static const struct {
		const char *fields, *wrong;
	} bad[] = {
	    {"email=nobody&phone=&language=en", "Enter an email address such as"},
	    {"email=a%40b&phone=&language=en", "Enter an email address such as"},
	    {"email=&phone=12&language=en", "Enter a phone number"},
	    {"email=&phone=&language=en", "so that a code can reach you"},
	    {"email=a%40b.bh&phone=&language=fr", "Choose a language"},
	};
	struct portal *p = start();
	struct visitor *v = signed_in(p->w, CITIZEN);
	struct person who;
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		visit(v, "/en/profile");
		submit(v, "/en/profile/contact", bad[i].fields);
		assert_int_equal(v->status, 422);
		assert_shows(v, bad[i].wrong);
	}
	visit(v, "/ar/profile");
	assert_shows(v, "البحرين"); /* the country, not its code */
	visit(v, "/en/profile");
	assert_shows(v, "Bahrain</bdi>");
	assert_false(shows(v, "BHR"));
	submit(v, "/en/profile/contact", "email=new%40example.bh&phone=٣٦١٢+3456&language=ar");
	assert_int_equal(v->status, 303);
	dbc *c = db_reader(p->w->u->k->db);
	assert_true(person_get(c, p->w->u->a, p->citizen, &who));
	db_reader_return(c);
	assert_str(who.email, "new@example.bh");
	assert_str(who.phone, "+97336123456");
	assert_str(who.language, "ar");
	site_stop(p->w);
}

static void all_data_is_handed_over(void **state)
{
	struct portal *p = start();
	struct visitor *v = signed_in(p->w, CITIZEN);
	str reference = sent(p, v);
	(void)state;
	visit(v, "/en/profile");
	submit(v, "/en/profile/data", "");
	assert_int_equal(v->status, 200);
	assert_true(str_starts(header_of(v->answer, "Content-Type", 0), STR("application/json")));
	assert_true(str_find(header_of(v->answer, "Content-Disposition", 0), STR("my-data.json")) > 0);
	json *all = json_parse(p->w->u->a, v->page, NULL);
	assert_non_null(all);
	assert_str(json_text(json_path(all, "person.number")), CITIZEN);
	const json *first = json_at(json_get(all, "applications"), 0);
	assert_true(str_eq(json_str(first, "reference"), reference));
	assert_str(json_text(json_path(first, "answers.place")), "Manama");
	visit(v, "/en/profile");
	assert_shows(v, "You downloaded your data");
	site_stop(p->w);
}

static int64_t rows_with(struct portal *p, const char *text)
{
	static const char *const tables[] = {"person", "case_file", "case_body", "file",
	                                     "portal_change"};
	int64_t n = 0;
	dbc *c = db_reader(p->w->u->k->db);
	for (size_t i = 0; i < COUNT(tables); i++) {
		rows *r = db_query_text(c, str_fmt(p->w->u->a, "SELECT * FROM %s", tables[i]), NULL, 0);
		while (db_next(r))
			for (int k = 0; k < db_columns(r); k++)
				n += db_column_type(r, k) == DB_TEXT && str_find(db_text(r, k), str_of(text)) >= 0;
		db_done(r);
	}
	assert_int_equal(db_error(c), OK);
	db_reader_return(c);
	return n;
}

static void the_forgotten_leave_a_whole_journal(void **state)
{
	struct portal *p = start();
	struct visitor *v = signed_in(p->w, CITIZEN), *operator= signed_in(p->w, OPERATOR);
	str reference = sent(p, v);
	struct kase q = portal_kase(p, reference);
	(void)state;
	visit(v, "/en/profile");
	submit(v, "/en/profile/erasure", "sure=1");
	assert_int_equal(v->status, 422); /* an application is under way */
	portal_pay(p, q.id);
	portal_decide(p, q.id, "reject", "The card was found.");
	visit(v, "/en/profile");
	submit(v, "/en/profile/erasure", "");
	assert_int_equal(v->status, 422);
	visit(v, "/en/profile");
	submit(v, "/en/profile/erasure", "sure=1");
	assert_int_equal(v->status, 303);
	/* Refused once, with the law named; asked again; granted. */
	visit(operator, "/en/admin/erasures");
	assert_shows(operator, "M. A.");
	assert_false(shows(operator, "Maryam"));
	str person = between(operator->page, "name=\"person\" value=\"", "\"");
	submit(operator, "/en/admin/erasures", at(p, "person=", person, "&decision=refuse&reason="));
	assert_int_equal(operator->status, 422);
	visit(operator, "/en/admin/erasures");
	submit(operator, "/en/admin/erasures",
	       at(p, "person=", person, "&decision=refuse&reason=Law+1"));
	assert_int_equal(operator->status, 303);
	visit(v, "/en/profile");
	assert_shows(v, "Law 1");
	submit(v, "/en/profile/erasure", "sure=1");
	visit(operator, "/en/admin/erasures");
	submit(operator, "/en/admin/erasures", at(p, "person=", person, "&decision=grant"));
	assert_int_equal(operator->status, 303);
	visit(v, "/en/profile");
	assert_int_equal(v->status, 303); /* signed out, for good */
	static const char *const secrets[] = {"Maryam", "مريم علي", "Manama", "me.png", "m@example.bh"};
	for (size_t i = 0; i < COUNT(secrets); i++)
		if (rows_with(p, secrets[i]))
			fail_msg("\"%s\" is still kept", secrets[i]);
	struct journal_report report;
	assert_int_equal(journal_verify(p->w->u->k, p->w->u->a, &report), OK);
	assert_int_equal(report.first_bad, 0);
	struct rebuild_report rebuilt;
	assert_int_equal(journal_rebuild(p->w->u->k, p->w->u->a, false, &rebuilt), OK);
	if (rebuilt.different)
		fail_msg("%.*s differs after a rebuild", STRF(rebuilt.first_different));
	site_stop(p->w);
}

/* ---- acting for somebody else ---- */

/* proves: POR-15 */
static void a_mandate_has_limits(void **state)
{
	struct portal *p = start();
	arena *a = p->w->u->a;
	struct visitor *principal = signed_in(p->w, CITIZEN), *agent = signed_in(p->w, OTHER);
	struct visitor *stranger = signed_in(p->w, FOREIGN);
	(void)state;
	visit(principal, "/en/profile/mandates");
	submit(principal, "/en/profile/mandates", "number=" CITIZEN "&service=*&span=30");
	assert_int_equal(principal->status, 422); /* not to oneself */
	visit(principal, "/en/profile/mandates");
	submit(principal, "/en/profile/mandates", "number=" OTHER "&service=nothing&span=30");
	assert_int_equal(principal->status, 422);
	visit(principal, "/en/profile/mandates");
	submit(principal, "/en/profile/mandates", "number=" OTHER "&service=" SERVICE "&span=30");
	assert_int_equal(principal->status, 303);
	/* The agent chooses for whom, and sees what registers know of them. */
	visit(agent, "/en/services/" SERVICE "/apply");
	assert_shows(agent, "Maryam Ali");
	str mandate = between(agent->page, "apply?for=", "\"");
	visit(agent, at(p, "/en/services/" SERVICE "/apply?for=", mandate, ""));
	assert_shows(agent, CITIZEN);
	submit(agent, "/en/services/" SERVICE "/apply", at(p, "for=", mandate, ""));
	assert_int_equal(agent->status, 303);
	str draft = portal_case(agent);
	portal_fill(agent, draft);
	visit(agent, at(p, "/en/applications/", draft, "/check"));
	submit(agent, at(p, "/en/applications/", draft, "/check"), "");
	assert_int_equal(agent->status, 303);
	str reference = portal_case(agent);
	struct kase q = portal_kase(p, reference);
	assert_int_equal(q.applicant, p->citizen);
	assert_int_equal(q.agent, p->other); /* the record has both */
	visit(agent, "/en/applications");
	assert_true(str_find(agent->page, reference) >= 0);
	visit(principal, at(p, "/en/applications/", reference, ""));
	assert_int_equal(principal->status, 200);
	assert_shows(principal, "Khalid Omar"); /* who did it */
	/* For another service, and for anybody else, there is no such mandate. */
	visit(agent, at(p, "/en/services/birth-certificate/apply?for=", mandate, ""));
	assert_int_equal(agent->status, 404);
	visit(stranger, at(p, "/en/services/" SERVICE "/apply?for=", mandate, ""));
	assert_int_equal(stranger->status, 404);
	/* Ended by the principal alone, and then for good. */
	visit(agent, "/en/profile/mandates");
	submit(agent, "/en/profile/mandates/end", at(p, "mandate=", mandate, ""));
	assert_int_equal(agent->status, 404);
	visit(principal, "/en/profile/mandates");
	submit(principal, "/en/profile/mandates/end", at(p, "mandate=", mandate, ""));
	assert_int_equal(principal->status, 303);
	visit(agent, at(p, "/en/applications/", reference, ""));
	assert_int_equal(agent->status, 404);
	visit(agent, "/en/applications");
	assert_true(str_find(agent->page, reference) < 0);
	visit(agent, at(p, "/en/services/" SERVICE "/apply?for=", mandate, ""));
	assert_int_equal(agent->status, 404);
	struct rebuild_report r;
	assert_int_equal(journal_rebuild(p->w->u->k, a, false, &r), OK);
	assert_int_equal(r.different, 0);
	site_stop(p->w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_reference_tells_its_state_alone),
	    cmocka_unit_test(a_state_is_told_and_nothing_else),
	    cmocka_unit_test(numbers_are_not_tried_by_the_hundred),
	    cmocka_unit_test(contact_data_is_changed),
	    cmocka_unit_test(all_data_is_handed_over),
	    cmocka_unit_test(a_mandate_has_limits),
	    cmocka_unit_test(the_forgotten_leave_a_whole_journal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

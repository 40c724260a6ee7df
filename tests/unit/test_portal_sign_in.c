/* Signing in, the second factor, accounts of an entity: over a real server. */
#include "site_unit.h"

#include "kernel/journal.h"
#include "systems/portal/portal.h"

static const struct system *const systems[] = {&portal_system};

static struct site *site_demo(void)
{
	static const struct organ *organs[1];
	organs[0] = portal_system.organ;
	static arena *kept; /* outlives the site, which keeps the document */
	if (!kept)
		kept = arena_create(UNIT_ARENA_BYTES);
	json *demo = json_parse(kept,
	                        STR("{\"password\":\"" SITE_PASSWORD "\",\"accounts\":[{\"about\":"
	                            "{\"en\":\"A citizen\",\"ar\":\"مواطنة\"},"
	                            "\"national_number\":\"850199901\"}]}"),
	                        NULL);
	return site_of(organs, 1, systems, 1, demo);
}

static struct site *site_real(void)
{
	static const struct organ *organs[1];
	organs[0] = portal_system.organ;
	return site_of(organs, 1, systems, 1, NULL);
}

static struct visitor *someone(struct site *w)
{
	struct visitor *v = NEW(w->u->a, struct visitor);
	v->w = w;
	return v;
}

struct found {
	arena *a;
	const char *kind;
	int n;
	str code;
};

static bool look(void *ctx, arena *scratch, const struct event *e)
{
	struct found *f = ctx;
	(void)scratch;
	if (str_eq(e->kind, str_of(f->kind))) {
		f->n++;
		f->code = str_dup(f->a, json_str(e->secret, "code"));
	}
	return true;
}

static struct found events(struct site *w, const char *kind)
{
	struct found f = {.a = w->u->a, .kind = kind};
	dbc *c = db_reader(w->u->k->db);
	assert_int_equal(journal_read(w->u->k, c, 1, INT64_MAX, look, &f), OK);
	db_reader_return(c);
	return f;
}

static void both_factors_open_a_session(void **state)
{
	struct site *w = site_real();
	struct visitor *v = someone(w);
	(void)state;
	site_person(w, "850199901", "Maryam Ali");
	visit(v, "/en/sign-in?next=/ar/profile/second-factor?x=1");
	assert_int_equal(v->status, 200);
	submit(v, "/en/sign-in",
	       "number=٨٥٠١ 99901&password=" SITE_PASSWORD "&next=/ar/profile/second-factor");
	assert_int_equal(v->status, 303);
	assert_str(v->location, "/en/sign-in/code?next=/profile/second-factor");
	str before = v->cookie;
	follow(v);
	assert_shows(v, "s***@example.bh");
	assert_false(shows(v, "<code dir")); /* no code where people are real */
	visit(v, "/en/profile/second-factor");
	assert_int_equal(v->status, 303); /* half signed in is not signed in */
	visit(v, "/en/sign-in/code?next=/profile/second-factor");
	struct found sent = events(w, "portal.code_sent");
	assert_int_equal(sent.code.n, 6);
	submit(v, "/en/sign-in/code",
	       str_fmt(w->u->a, "code=%.*s&next=/profile/second-factor", STRF(sent.code)).p);
	assert_int_equal(v->status, 303);
	assert_str(v->location, "/en/profile/second-factor");
	assert_false(str_eq(before, v->cookie)); /* a new token at each step */
	str full = v->cookie;
	follow(v);
	assert_int_equal(v->status, 200);
	assert_shows(v, "Maryam Ali");
	v->cookie = before;
	visit(v, "/en/profile/second-factor");
	assert_int_equal(v->status, 303); /* the old token is dead */
	v->cookie = full;
	visit(v, "/en/profile/second-factor");
	submit(v, "/en/sign-out", "");
	assert_int_equal(v->status, 303);
	v->cookie = full;
	visit(v, "/en/profile/second-factor");
	assert_int_equal(v->status, 303);
	assert_int_equal(events(w, "portal.signed_in").n, 1);
	assert_int_equal(events(w, "portal.signed_out").n, 1);
	site_stop(w);
}

static void next_never_leaves_the_platform(void **state)
{
	static const char *const bad[] = {"https://evil.example/",
	                                  "//evil.example",
	                                  "/\\evil.example",
	                                  "javascript:1",
	                                  "/sign-out",
	                                  "/en//evil.example",
	                                  "x"};
	struct site *w = site_real();
	(void)state;
	site_person(w, "850199901", "Maryam Ali");
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct visitor *v = someone(w);
		visit(v, "/en/sign-in");
		submit(v, "/en/sign-in",
		       str_fmt(w->u->a, "number=850199901&password=" SITE_PASSWORD "&next=%s", bad[i]).p);
		assert_str(v->location, "/en/sign-in/code");
	}
	site_stop(w);
}

static void a_wrong_password_tells_nothing(void **state)
{
	struct site *w = site_real();
	struct visitor *known = someone(w), *unknown = someone(w);
	(void)state;
	site_person(w, "850199901", "Maryam Ali");
	visit(known, "/ar/sign-in");
	submit(known, "/ar/sign-in", "number=850199901&password=wrong");
	visit(unknown, "/ar/sign-in");
	submit(unknown, "/ar/sign-in", "number=850199902&password=wrong");
	assert_int_equal(known->status, 422);
	assert_int_equal(unknown->status, 422);
	assert_shows(known, "الرقم الشخصي أو كلمة المرور غير صحيحة");
	assert_shows(unknown, "الرقم الشخصي أو كلمة المرور غير صحيحة");
	assert_shows(known, "href=\"/en/sign-in\""); /* the language switch is still there */
	assert_int_equal(events(w, "portal.sign_in_refused").n, 1);
	submit(unknown, "/ar/sign-in", "number=&password=");
	assert_int_equal(unknown->status, 422);
	assert_shows(unknown, "أدخل رقمك الشخصي");
	assert_shows(unknown, "أدخل كلمة المرور");
	site_stop(w);
}

static void guessing_must_wait(void **state)
{
	struct site *w = site_real();
	struct visitor *v = someone(w);
	(void)state;
	site_person(w, "850199901", "Maryam Ali");
	for (int i = 0; i < SIGN_IN_FREE; i++) {
		visit(v, "/en/sign-in");
		submit(v, "/en/sign-in", "number=850199901&password=wrong");
		assert_int_equal(v->status, 422);
	}
	visit(v, "/en/sign-in");
	submit(v, "/en/sign-in", "number=850199901&password=" SITE_PASSWORD);
	assert_int_equal(v->status, 429);
	assert_shows(v, "Wait one minute");
	w->u->now += MINUTE;
	visit(v, "/en/sign-in");
	submit(v, "/en/sign-in", "number=850199901&password=" SITE_PASSWORD);
	assert_int_equal(v->status, 303);
	site_stop(w);
}

static void codes_cannot_be_guessed(void **state)
{
	struct site *w = site_real();
	struct visitor *v = someone(w);
	(void)state;
	site_person(w, "850199901", "Maryam Ali");
	visit(v, "/en/sign-in");
	submit(v, "/en/sign-in", "number=850199901&password=" SITE_PASSWORD);
	str right = events(w, "portal.code_sent").code;
	const char *wrong = str_eq(right, STR("000000")) ? "000001" : "000000";
	for (int i = 0; i < SIGN_IN_FREE; i++) {
		visit(v, "/en/sign-in/code");
		submit(v, "/en/sign-in/code", str_fmt(w->u->a, "code=%s", wrong).p);
		assert_int_equal(v->status, 422);
	}
	visit(v, "/en/sign-in/code");
	submit(v, "/en/sign-in/code", str_fmt(w->u->a, "code=%.*s", STRF(right)).p);
	assert_int_equal(v->status, 429);
	w->u->now += 2 * MINUTE;
	visit(v, "/en/sign-in/code");
	submit(v, "/en/sign-in/code", str_fmt(w->u->a, "code=%.*s", STRF(right)).p);
	assert_shows(v, "no longer valid"); /* its tries are used up */
	visit(v, "/en/sign-in/code");
	submit(v, "/en/sign-in/code/again", "");
	assert_int_equal(v->status, 303);
	visit(v, "/en/sign-in/code");
	submit(v, "/en/sign-in/code/again", "");
	assert_int_equal(v->status, 429);
	site_stop(w);
}

static void a_trial_shows_its_people_and_codes(void **state)
{
	struct site *w = site_demo();
	struct visitor *v = someone(w);
	(void)state;
	site_person(w, "850199901", "Maryam Ali");
	visit(v, "/ar/sign-in");
	assert_shows(v, "مواطنة");
	assert_shows(v, SITE_PASSWORD);
	v = signed_in(w, "850199901");
	visit(v, "/en/profile/second-factor");
	assert_int_equal(v->status, 200);
	site_stop(w);
}

static void an_application_gives_the_code(void **state)
{
	struct site *w = site_demo();
	arena *a = w->u->a;
	(void)state;
	site_person(w, "850199901", "Maryam Ali");
	struct visitor *v = signed_in(w, "850199901");
	visit(v, "/en/profile/second-factor?secret=00112233445566778899aabbccddeeff00112233");
	str hex = between(v->page, "name=\"secret\" value=\"", "\""), secret;
	assert_false(str_eq(hex, STR("00112233445566778899aabbccddeeff00112233")));
	assert_true(str_unhex(a, hex, &secret));
	submit(v, "/en/profile/second-factor", str_fmt(a, "secret=%.*s&code=12", STRF(hex)).p);
	assert_int_equal(v->status, 422);
	assert_true(str_eq(between(v->page, "name=\"secret\" value=\"", "\""), hex));
	submit(v, "/en/profile/second-factor",
	       str_fmt(a, "secret=%.*s&code=%.*s", STRF(hex), STRF(totp_code(a, secret, w->u->now))).p);
	assert_int_equal(v->status, 303);
	w->u->now += MINUTE;
	int sent = events(w, "portal.code_sent").n;
	struct visitor *again = someone(w);
	visit(again, "/en/sign-in");
	submit(again, "/en/sign-in", "number=850199901&password=" SITE_PASSWORD);
	follow(again);
	assert_shows(again, "authenticator application");
	assert_int_equal(events(w, "portal.code_sent").n, sent); /* nothing is sent then */
	str code = totp_code(a, secret, w->u->now);
	submit(again, "/en/sign-in/code", str_fmt(a, "code=%.*s", STRF(code)).p);
	assert_int_equal(again->status, 303);
	struct visitor *replay = someone(w);
	visit(replay, "/en/sign-in");
	submit(replay, "/en/sign-in", "number=850199901&password=" SITE_PASSWORD);
	follow(replay);
	submit(replay, "/en/sign-in/code", str_fmt(a, "code=%.*s", STRF(code)).p);
	assert_int_equal(replay->status, 422); /* each code once */
	site_stop(w);
}

static void a_password_is_changed(void **state)
{
	static const struct {
		const char *fields, *wrong;
	} bad[] = {
	    {"present=" SITE_PASSWORD "&fresh=short&again=short", "at least 8 characters"},
	    {"present=" SITE_PASSWORD "&fresh=Password1&again=Password1", "harder to guess"},
	    {"present=" SITE_PASSWORD "&fresh=my850199901x&again=my850199901x",
	     "without your personal"},
	    {"present=" SITE_PASSWORD "&fresh=one+two+three&again=one+two+four", "passwords differ"},
	    {"present=wrong&fresh=one+two+three&again=one+two+three", "present password is not right"},
	};
	struct site *w = site_demo();
	(void)state;
	site_person(w, "850199901", "Maryam Ali");
	struct visitor *v = signed_in(w, "850199901"), *elsewhere = signed_in(w, "850199901");
	for (size_t i = 0; i < COUNT(bad); i++) {
		visit(v, "/en/profile/password");
		submit(v, "/en/profile/password", bad[i].fields);
		assert_int_equal(v->status, 422);
		assert_shows(v, bad[i].wrong);
	}
	visit(v, "/en/profile/password");
	submit(v, "/en/profile/password",
	       "present=" SITE_PASSWORD "&fresh=one+two+three&again=one+two+three");
	assert_int_equal(v->status, 303);
	visit(v, "/en/profile/second-factor");
	assert_int_equal(v->status, 200); /* here the person stays */
	visit(elsewhere, "/en/profile/second-factor");
	assert_int_equal(elsewhere->status, 303); /* and is gone everywhere else */
	struct visitor *old = someone(w);
	visit(old, "/en/sign-in");
	submit(old, "/en/sign-in", "number=850199901&password=" SITE_PASSWORD);
	assert_int_equal(old->status, 422);
	visit(old, "/en/sign-in");
	submit(old, "/en/sign-in", "number=850199901&password=one+two+three");
	assert_int_equal(old->status, 303);
	site_stop(w);
}

/* ---- accounts ---- */

static struct site *site_staffed(void)
{
	struct site *w = site_demo();
	site_role(w, "id_officer", "\"case.read\",\"case.work\"");
	site_role(w, "entity_admin", "\"case.read\",\"entity.admin\"");
	site_role(w, "operator", "\"operator.run\"");
	site_grant(w, site_person(w, "780299907", "Admin Iga"), "entity_admin", "iga");
	site_grant(w, site_person(w, "800599905", "Officer Iga"), "id_officer", "iga");
	site_grant(w, site_person(w, "820799906", "Officer Mun"), "id_officer", "mun");
	site_person(w, "850199901", "Maryam Ali");
	return w;
}

static void an_administrator_sees_the_own_entity(void **state)
{
	struct site *w = site_staffed();
	struct visitor *v = signed_in(w, "780299907");
	(void)state;
	visit(v, "/en/admin/accounts");
	assert_int_equal(v->status, 200);
	assert_shows(v, "Officer Iga");
	assert_false(shows(v, "Officer Mun"));
	assert_false(shows(v, "Maryam Ali"));
	assert_false(shows(v, ">operator<")); /* a role that reaches beyond the entity */
	visit(v, "/en/admin/accounts?q=maryam");
	assert_false(shows(v, "Maryam Ali")); /* nobody browses the population */
	visit(v, "/en/admin/accounts?q=850199901");
	assert_shows(v, "Maryam Ali");
	visit(v, "/en/admin/accounts?q=nobody");
	assert_false(shows(v, "Officer Iga"));
	struct visitor *citizen = signed_in(w, "850199901");
	visit(citizen, "/en/admin/accounts");
	assert_int_equal(citizen->status, 403);
	site_stop(w);
}

static void roles_stay_within_the_entity(void **state)
{
	static const struct {
		const char *fields;
		int status;
	} tries[] = {
	    {"number=850199901&role=id_officer&entity=mun", 404}, /* another's entity */
	    {"number=850199901&role=id_officer&entity=*", 404},   /* or every one */
	    {"number=850199901&role=operator&entity=iga", 422},   /* the platform's own role */
	    {"number=780299907&role=id_officer&entity=iga", 422}, /* oneself */
	    {"number=111111111&role=id_officer&entity=iga", 422}, /* nobody */
	    {"number=850199901&role=&entity=iga", 422},
	};
	struct site *w = site_staffed();
	struct visitor *v = signed_in(w, "780299907");
	(void)state;
	for (size_t i = 0; i < COUNT(tries); i++) {
		visit(v, "/en/admin/accounts");
		submit(v, "/en/admin/accounts/grant", tries[i].fields);
		assert_int_equal(v->status, tries[i].status);
	}
	assert_int_equal(events(w, "role.granted").n, 3); /* those of the set-up */
	assert_int_equal(events(w, "access.denied").n, 2);
	site_stop(w);
}

static void a_role_is_given_and_taken(void **state)
{
	struct site *w = site_staffed();
	struct visitor *v = signed_in(w, "780299907");
	(void)state;
	visit(v, "/en/admin/accounts");
	submit(v, "/en/admin/accounts/grant", "number=850199901&role=entity_admin&entity=iga&span=30");
	assert_int_equal(v->status, 303);
	follow(v);
	assert_shows(v, "The role was given");
	assert_shows(v, "Maryam Ali");
	struct visitor *citizen = signed_in(w, "850199901");
	visit(citizen, "/en/admin/accounts");
	assert_int_equal(citizen->status, 200);
	str rest = str_sub(v->page, (size_t)str_find(v->page, STR("Officer Iga")), v->page.n);
	str person = between(rest, "name=\"person\" value=\"", "\"");
	submit(v, "/en/admin/accounts/revoke",
	       str_fmt(w->u->a, "person=%.*s&role=id_officer&entity=iga", STRF(person)).p);
	assert_int_equal(v->status, 303);
	follow(v);
	assert_false(shows(v, "Officer Iga")); /* at once */
	w->u->now += 31 * DAY;
	citizen = signed_in(w, "850199901");
	visit(citizen, "/en/admin/accounts");
	assert_int_equal(citizen->status, 403); /* the span has run out */
	site_stop(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_factors_open_a_session),
	    cmocka_unit_test(next_never_leaves_the_platform),
	    cmocka_unit_test(a_wrong_password_tells_nothing),
	    cmocka_unit_test(guessing_must_wait),
	    cmocka_unit_test(codes_cannot_be_guessed),
	    cmocka_unit_test(a_trial_shows_its_people_and_codes),
	    cmocka_unit_test(an_application_gives_the_code),
	    cmocka_unit_test(a_password_is_changed),
	    cmocka_unit_test(an_administrator_sees_the_own_entity),
	    cmocka_unit_test(roles_stay_within_the_entity),
	    cmocka_unit_test(a_role_is_given_and_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A service that several entities work on, and one that an inspector visits. */
#define SERVICE "event-permit"
#include "desk_unit.h"

static err roles_decide(struct tx *tx, void *ctx)
{
	struct people *p = ctx;
	err e = role_grant(tx, p->officer, STR("id_officer"), STR("tourism-exhibitions"), 0);
	return e ? e : role_grant(tx, p->second, STR("inspector"), STR("tourism-exhibitions"), 0);
}

static json *event(struct people *p, const char *food)
{
	str text = str_fmt(
	    p->u->a,
	    "{\"title\":\"Date fair\",\"kind\":\"concert\",\"day\":\"2025-12-20\",\"people\":300,"
	    "\"place\":\"Bab al Bahrain\",\"outdoors\":true,\"road\":false,\"food\":%s,"
	    "\"fireworks\":false,\"phone\":\"+97336000000\",\"declaration\":true,\"plan\":{\"file\":"
	    "\"abababababababababababababababababababababababababababababababab\","
	    "\"name\":\"plan.pdf\",\"bytes\":20480,\"type\":\"application/pdf\"}}",
	    food);
	json *v = json_parse(p->u->a, text, NULL);
	assert_non_null(v);
	return v;
}

/* Submitted, paid, and passed on by the entity that leads. */
static int64_t passed_on(struct people *p, const char *food)
{
	struct act draft = {DO_DRAFT, p->citizen};
	assert_int_equal(act_run(p, &draft), OK);
	int64_t id = draft.out.id;
	DONE(p, DO_SAVE, p->citizen, id, .value = event(p, food));
	DONE(p, DO_SUBMIT, p->citizen, id);
	if (work_of(p, id, "payment"))
		paid(p, id);
	struct task t = task_of(p, id, "id_officer");
	DONE(p, DO_CLAIM, p->officer, t.id);
	DONE(p, DO_COMPLETE, p->officer, t.id, look_at(p, id).revision, STR("approve"));
	return id;
}

static void an_agency_joins_a_case_and_sees_it(void **state)
{
	(void)state;
	struct desk *d = desk_start();
	struct people *p = d->p;
	assert_int_equal(unit_run(p->u, roles_decide, p), OK);
	const char *health = signed_in(d, p->foreign);
	assert_true(!has(get(d, health, "/en/desk"), "EVT-2025"));
	int64_t without = passed_on(p, "false");
	assert_true(!has(get(d, health, "/en/desk"), "EVT-2025"));
	DONE(p, DO_WITHDRAW, p->citizen, without, .text = STR("Once more"));
	int64_t id = passed_on(p, "true");
	str ref = look_at(p, id).reference;
	assert_true(str_find(get(d, health, "/en/desk"), ref) >= 0);
	assert_true(str_find(get(d, health, "/en/desk?q=maryam"), ref) >= 0);
	const char *page = at(d, "/en/desk/cases/*", ref);
	assert_int_equal(status_of(get(d, health, page)), 200);
	assert_int_equal(status_of(post(d, health, page, at(d, "/en/desk/cases/*/claim", ref), "")),
	                 303);
	str v = str_fmt(p->u->a, "version=%lld&outcome=approve", (long long)look_at(p, id).revision);
	assert_int_equal(
	    status_of(post(d, health, page, at(d, "/en/desk/cases/*/decide", ref), str_c(p->u->a, v))),
	    303);
	assert_int_equal(task_of(p, id, "id_officer").id, 0);
	assert_true(task_of(p, id, "inspector").id != 0);
	rebuilt(p);
	desk_stop(d);
}

static void an_inspector_fills_a_form(void **state)
{
	(void)state;
	struct desk *d = desk_start();
	struct people *p = d->p;
	assert_int_equal(unit_run(p->u, roles_decide, p), OK);
	const char *me = signed_in(d, p->second);
	int64_t id = passed_on(p, "false");
	struct task t = task_of(p, id, "id_officer"); /* "nobody else is asked" */
	if (t.id) {
		DONE(p, DO_CLAIM, p->officer, t.id);
		DONE(p, DO_COMPLETE, p->officer, t.id, look_at(p, id).revision, t.outcomes[0]);
	}
	t = task_of(p, id, "inspector");
	assert_true(t.id != 0);
	str ref = look_at(p, id).reference;
	const char *page = at(d, "/en/desk/cases/*", ref),
	           *decide = at(d, "/en/desk/cases/*/decide", ref);
	assert_int_equal(status_of(post(d, me, page, at(d, "/en/desk/cases/*/claim", ref), "")), 303);
	assert_true(has(get(d, me, page), "Are the exits free and marked?"));
	str v = str_fmt(p->u->a, "version=%lld&outcome=fail&reason=Blocked&exits=false&stage=true",
	                (long long)look_at(p, id).revision);
	str again = post(d, me, page, decide, str_c(p->u->a, v)); /* one question is open */
	assert_int_equal(status_of(again), 422);
	assert_int_equal(ACT(p, DO_COMPLETE, p->second, t.id, look_at(p, id).revision, STR("pass")),
	                 ERR_form_incomplete);
	v = str_cat(p->u->a, v, STR("&power=true"));
	assert_int_equal(status_of(post(d, me, page, decide, str_c(p->u->a, v))), 303);
	assert_str(look_at(p, id).state, "returned");
	assert_str(look_at(p, id).reason, "Blocked");
	assert_true(has(get(d, me, page), "Noora Jassim") &&
	            has(get(d, me, page), "Inspection of the"));
	DONE(p, DO_ANSWER, p->citizen, id);
	t = task_of(p, id, "inspector");
	DONE(p, DO_CLAIM, p->second, t.id);
	json *good = json_parse(p->u->a, STR("{\"exits\":true,\"stage\":true,\"power\":true}"), NULL);
	DONE(p, DO_COMPLETE, p->second, t.id, look_at(p, id).revision, STR("pass"), .value = good);
	assert_str(look_at(p, id).state, "approved");
	rebuilt(p);
	DONE(p, DO_ERASE, 0, p->citizen);
	rebuilt(p);
	desk_stop(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_agency_joins_a_case_and_sees_it),
	    cmocka_unit_test(an_inspector_fills_a_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

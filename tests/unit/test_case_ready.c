/* A submission made ready before its command: the same case comes of it, and what changed
 * in between is noticed. */
#define SERVICE "complaint"
#include "case_unit.h"

#define ANSWERS                                                                                    \
	"{\"kind\":\"complaint\",\"subject\":\"municipal\",\"title\":\"A lamp\","                      \
	"\"body\":\"The lamp in our road has been out for a week.\",\"phone\":\"+97336123456\","       \
	"\"declaration\":true}"

static json *given(struct people *p, const char *subject)
{
	json *answers = json_parse(p->u->a, STR(ANSWERS), NULL), *sources = json_object(p->u->a);
	json_set_str(p->u->a, answers, "subject", str_of(subject));
	struct person who;
	dbc *c = db_reader(p->u->k->db);
	assert_true(person_get(c, p->u->a, p->citizen, &who));
	db_reader_return(c);
	json_set(p->u->a, sources, "person", person_view(p->u->a, &who));
	json_set(p->u->a, sources, "applicant", person_view(p->u->a, &who));
	return form_prefill(pack_service(pack_current(p->u->k), STR(SERVICE))->form, sources, answers,
	                    p->u->a);
}

static int64_t drafted(struct people *p)
{
	struct act m = {.verb = DO_DRAFT, .by = p->citizen};
	assert_int_equal(act_run(p, &m), OK);
	DONE(p, .verb = DO_SAVE, .by = p->citizen, .id = m.out.id, .value = given(p, "municipal"));
	return m.out.id;
}

static const struct case_ready *ready_of(struct people *p, int64_t id)
{
	struct kase q;
	struct person who;
	arena *a = p->u->a;
	dbc *c = db_reader(p->u->k->db);
	assert_true(case_get(c, a, id, &q) && person_get(c, a, q.applicant, &who));
	const struct case_ready *r = case_make_ready(p->u->k, c, a, &q, &who, case_answers(c, a, id));
	db_reader_return(c);
	return r;
}

struct sending {
	const struct case_ready *ready;
	bool stands;
};

static err send_decide(struct tx *tx, void *ctx)
{
	struct sending *s = ctx;
	return case_submit_ready(tx, s->ready, &s->stands);
}

static err send(struct people *p, int64_t by, const struct case_ready *ready, bool *stands)
{
	struct sending s = {.ready = ready};
	struct action x = {.k = p->u->k,
	                   .a = p->u->a,
	                   .actor = {.person = by, .channel = STR("web")},
	                   .decide = send_decide,
	                   .ctx = &s};
	err e = kernel_run(&x);
	*stands = s.stands;
	return e;
}

static void whole(struct people *p)
{
	struct rebuild_report rebuild;
	struct journal_report report;
	assert_int_equal(journal_rebuild(p->u->k, p->u->a, false, &rebuild), OK);
	if (rebuild.different)
		fail_msg("a rebuild differs in %.*s", STRF(rebuild.first_different));
	assert_int_equal(journal_verify(p->u->k, p->u->a, &report), OK);
	assert_int_equal(report.first_bad, 0);
}

/* What the events of a kind tell in private, as text. */
struct told {
	arena *a;
	str kind, secret[4];
	int n;
};

static bool tell(void *ctx, arena *scratch, const struct event *e)
{
	struct told *t = ctx;
	(void)scratch;
	if (str_eq(e->kind, t->kind))
		t->secret[t->n++] = json_print(t->a, e->secret);
	return t->n < 4;
}

static struct told told_by(struct people *p, const char *kind)
{
	struct told t = {.a = p->u->a, .kind = str_of(kind)};
	dbc *c = db_reader(p->u->k->db);
	assert_int_equal(journal_read(p->u->k, c, 1, INT64_MAX, tell, &t), OK);
	db_reader_return(c);
	return t;
}

static void the_same_comes_of_it(void **state)
{
	(void)state;
	struct people *p = people_start();
	bool stands;
	int64_t id = drafted(p);
	const struct case_ready *ready = ready_of(p, id);
	assert_non_null(ready);
	p->u->now += SECOND / 2;
	assert_int_equal(send(p, p->citizen, ready, &stands), OK);
	assert_true(stands);
	assert_string_equal(str_c(p->u->a, look_at(p, id).state), "submitted");
	DONE(p, .verb = DO_WITHDRAW, .by = p->citizen, .id = id, .text = STR("no longer"));
	int64_t other = drafted(p);
	DONE(p, .verb = DO_SUBMIT, .by = p->citizen, .id = other);
	struct kase x = look_at(p, id), y = look_at(p, other);
	assert_int_equal(y.due - y.submitted, x.due - x.submitted);
	struct told t = told_by(p, "case.submitted");
	assert_int_equal(t.n, 2);
	assert_true(str_eq(t.secret[0], t.secret[1]));
	whole(p);
	people_stop(p);
}

/* The process notes a value as it begins. */
static void with_a_note(struct people *p, const char *script)
{
	struct staff s = {.p = p, .source = unit_pack(p->u)};
	const char *service = "services/" SERVICE "/service.json",
	           *process = "services/" SERVICE "/process.bpmn";
	replace(p, &s.source, service, "\"version\": 3", "\"version\": 4");
	replace(p, &s.source, process, "sourceRef=\"start\" targetRef=\"route\"",
	        "sourceRef=\"start\" targetRef=\"note\"");
	replace(p, &s.source, process, "<incoming>f_start_route</incoming>",
	        "<incoming>f_note_route</incoming>");
	replace(p, &s.source, process, "<exclusiveGateway id=\"to\"",
	        str_c(p->u->a, str_fmt(p->u->a,
	                               "<scriptTask id=\"note\" scriptFormat=\"feel\""
	                               " diwan:resultVariable=\"noted\"><incoming>f_start_route</incoming>"
	                               "<outgoing>f_note_route</outgoing><script>%s</script></scriptTask>"
	                               "<sequenceFlow id=\"f_note_route\" sourceRef=\"note\""
	                               " targetRef=\"route\"/><exclusiveGateway id=\"to\"",
	                               script)));
	put_in_force(p, &s);
}

/* Two at the same instant, one begun in its command and one before its own, which runs half
 * a second later: they wait for the same until the same, and the second was not begun anew,
 * for the process looked at the same clock. */
static void the_process_stands_where_it_would(void **state)
{
	(void)state;
	struct people *p = people_start();
	bool stands;
	with_a_note(p, "string(now())");
	int64_t other = drafted(p);
	DONE(p, .verb = DO_SUBMIT, .by = p->citizen, .id = other);
	struct kase y = look_at(p, other);
	DONE(p, .verb = DO_WITHDRAW, .by = p->citizen, .id = other, .text = STR("no longer"));
	int64_t id = drafted(p);
	const struct case_ready *ready = ready_of(p, id);
	p->u->now += SECOND / 2;
	assert_int_equal(send(p, p->citizen, ready, &stands), OK);
	assert_true(stands);
	assert_true(str_eq(look_at(p, id).state, y.state));
	struct told t = told_by(p, "case.advanced");
	assert_int_equal(t.n, 3); /* the second one withdrew it */
	assert_true(str_find(t.secret[0], STR("late_municipal")) >= 0); /* a timer runs */
	assert_true(str_find(t.secret[0], STR("\"noted\":\"20")) >= 0);
	assert_string_equal(str_c(p->u->a, t.secret[0]), str_c(p->u->a, t.secret[2]));
	whole(p);
	people_stop(p);
}

/* Only the command knows the reference: what looks at it begins there. */
static void a_process_that_names_its_case_waits_for_it(void **state)
{
	(void)state;
	struct people *p = people_start();
	bool stands;
	with_a_note(p, "case.reference");
	int64_t id = drafted(p);
	assert_int_equal(send(p, p->citizen, ready_of(p, id), &stands), OK);
	assert_true(stands);
	struct told t = told_by(p, "case.advanced");
	str noted = str_fmt(p->u->a, "\"noted\":\"%.*s\"", STRF(look_at(p, id).reference));
	assert_int_equal(t.n, 1);
	assert_true(look_at(p, id).reference.n > 0);
	assert_true(str_find(t.secret[0], noted) >= 0);
	whole(p);
	people_stop(p);
}

/* Each time all is done again within the command, or refused there. */
static void what_changed_is_noticed(void **state)
{
	(void)state;
	struct people *p = people_start();
	bool stands;
	int64_t id = drafted(p);
	const struct case_ready *ready = ready_of(p, id);
	assert_int_equal(send(p, p->other, ready, &stands), ERR_not_found);
	assert_false(stands);
	DONE(p, .verb = DO_SAVE, .by = p->citizen, .id = id, .value = given(p, "health"));
	assert_int_equal(send(p, p->citizen, ready, &stands), OK);
	assert_false(stands);
	ready = ready_of(p, id);
	p->u->now += SECOND;
	assert_int_equal(send(p, p->citizen, ready, &stands), OK);
	assert_false(stands);
	ready = ready_of(p, id);
	DONE(p, .verb = DO_ERASE, .id = p->citizen);
	assert_int_not_equal(send(p, p->citizen, ready, &stands), OK);
	assert_false(stands);
	assert_int_equal(look_at(p, id).submitted, 0);
	whole(p);
	people_stop(p);
}

static void what_would_be_refused_is_not_ready(void **state)
{
	(void)state;
	struct people *p = people_start();
	struct act m = {.verb = DO_DRAFT, .by = p->citizen};
	assert_int_equal(act_run(p, &m), OK);
	assert_null(ready_of(p, m.out.id)); /* pages are empty */
	int64_t id = drafted(p);
	DONE(p, .verb = DO_SUBMIT, .by = p->citizen, .id = id);
	assert_null(ready_of(p, id));
	people_stop(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_comes_of_it),
	    cmocka_unit_test(the_process_stands_where_it_would),
	    cmocka_unit_test(a_process_that_names_its_case_waits_for_it),
	    cmocka_unit_test(what_changed_is_noticed),
	    cmocka_unit_test(what_would_be_refused_is_not_ready),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Complaints, suggestions and enquiries: routed by their matter, on a clock of fourteen
 * working days, escalated to the head of the body that is late, rated, reopened. */
#define SERVICE "complaint"
#include "case_unit.h"

#include "base/embed.h"

struct bodies {
	int64_t clerk, head, other_head; /* of the municipalities; of the authority */
};

static err bodies_decide(struct tx *tx, void *ctx)
{
	struct bodies *b = ctx;
	err e = person_add(tx, "850119881", "Clerk", "id_officer", "municipalities", &b->clerk);
	e = e ? e : person_add(tx, "850119882", "Head", "supervisor", "municipalities", &b->head);
	return e ? e : person_add(tx, "850119883", "Other", "supervisor", "iga", &b->other_head);
}

static int64_t written(struct people *p, const char *kind, const char *subject)
{
	struct act draft = {DO_DRAFT, p->citizen};
	assert_int_equal(act_run(p, &draft), OK);
	str answers = str_fmt(p->u->a,
	                      "{\"kind\":\"%s\",\"subject\":\"%s\",\"title\":\"Street light\","
	                      "\"body\":\"The street light at road 2803 has been out for a month.\","
	                      "\"phone\":\"+97336000000\",\"email\":\"m@example.org\","
	                      "\"declaration\":true}",
	                      kind, subject);
	DONE(p, DO_SAVE, p->citizen, draft.out.id, .value = json_parse(p->u->a, answers, NULL));
	DONE(p, DO_SUBMIT, p->citizen, draft.out.id);
	return draft.out.id;
}

static int64_t complained(struct people *p, const char *subject)
{
	return written(p, "complaint", subject);
}

/* A suggestion and an enquiry go the same way: by their matter, on the same clock, to the
 * head of the body that is late. */
/* proves: POR-11 */
static void suggestions_and_enquiries_have_the_same_clock(void **state)
{
	(void)state;
	static const struct {
		const char *kind, *subject, *body;
	} all[] = {{"suggestion", "utilities", "ewa"},
	           {"enquiry", "health", "moh"},
	           {"suggestion", "traffic", "traffic"},
	           {"enquiry", "other", "iga"}};
	struct people *p = people_start();
	const struct calendar *cal = pack_current(p->u->k)->calendar;
	int64_t id[COUNT(all)];
	for (size_t i = 0; i < COUNT(all); i++) {
		id[i] = written(p, all[i].kind, all[i].subject);
		assert_int_equal(look_at(p, id[i]).due, calendar_add_days(cal, p->u->now, 14));
		assert_str(task_of(p, id[i], "id_officer").entity, all[i].body);
		assert_int_equal(task_of(p, id[i], "supervisor").id, 0);
	}
	p->u->now = calendar_add_days(cal, p->u->now, 14) + MINUTE;
	scheduler_drain(p->u->k);
	for (size_t i = 0; i < COUNT(all); i++) {
		assert_int_equal(task_of(p, id[i], "id_officer").id, 0);
		assert_str(task_of(p, id[i], "supervisor").entity, all[i].body);
	}
	rebuilt(p);
	people_stop(p);
}

struct reopening {
	int64_t id, by;
};

static err reopen_decide(struct tx *tx, void *ctx)
{
	const struct reopening *m = ctx;
	tx->actor = (struct actor){.person = m->by, .entity = STR("municipalities")};
	return case_reopen(tx, m->id, STR("The light went out again"));
}

/* The end of the n-th working day from now, and a minute. */
static void working_days_pass(struct people *p, int64_t n)
{
	p->u->now = calendar_add_days(pack_current(p->u->k)->calendar, p->u->now, n) + MINUTE;
	scheduler_drain(p->u->k);
}

/* proves: POR-11 */
static void an_overdue_complaint_reaches_the_head_of_its_body(void **state)
{
	(void)state;
	struct people *p = people_start();
	struct bodies b = {0};
	assert_int_equal(unit_run(p->u, bodies_decide, &b), OK);
	const struct calendar *cal = pack_current(p->u->k)->calendar;
	instant sent = p->u->now;
	int64_t id = complained(p, "municipal"), elsewhere = complained(p, "other");
	assert_int_equal(look_at(p, id).due, calendar_add_days(cal, sent, 14));
	/* Routed by its matter: to no other body's officers. */
	struct task t = task_of(p, id, "id_officer");
	assert_str(t.entity, "municipalities");
	assert_str(task_of(p, elsewhere, "id_officer").entity, "iga");
	assert_int_equal(ACT(p, DO_CLAIM, p->officer, t.id), ERR_case_role);
	DONE(p, DO_CLAIM, b.clerk, t.id);
	/* Reminded after half the time, taken from the officer after all of it. */
	working_days_pass(p, 7);
	assert_int_equal(count_of(p, "task.overdue"), 2); /* both complaints */
	assert_int_equal(task_of(p, id, "supervisor").id, 0);
	p->u->now = sent;
	working_days_pass(p, 14);
	assert_int_equal(task_of(p, id, "id_officer").id, 0);
	assert_int_equal(
	    ACT(p, DO_COMPLETE, b.clerk, t.id, look_at(p, id).revision, STR("answer"), STR("Late")),
	    ERR_case_closed);
	t = task_of(p, id, "supervisor");
	assert_str(t.entity, "municipalities");
	assert_str(task_of(p, elsewhere, "supervisor").entity, "iga");
	assert_int_equal(ACT(p, DO_CLAIM, b.other_head, t.id), ERR_case_role);
	DONE(p, DO_CLAIM, b.head, t.id);
	assert_int_equal(ACT(p, DO_COMPLETE, b.head, t.id, look_at(p, id).revision, STR("answer")),
	                 ERR_bad_input); /* an answer is words */
	DONE(p, DO_COMPLETE, b.head, t.id, look_at(p, id).revision, STR("answer"),
	     STR("The light was mended today."));
	assert_str(look_at(p, id).state, "approved");
	DONE(p, DO_RATE, p->citizen, id, 2, STR("Late"));
	assert_int_equal(look_at(p, id).rating, 2);
	/* Reopened by the head, with a clock that begins anew. */
	struct reopening again = {id, b.clerk};
	assert_int_equal(unit_run(p->u, reopen_decide, &again), ERR_not_found);
	again.by = b.head;
	assert_int_equal(unit_run(p->u, reopen_decide, &again), OK);
	struct kase q = look_at(p, id);
	assert_str(q.state, "submitted");
	assert_int_equal(q.due, calendar_add_days(cal, p->u->now, 14));
	assert_str(task_of(p, id, "supervisor").entity, "municipalities");
	rebuilt(p);
	people_stop(p);
}

/* The first record of that kind of a case. */
static json *record_of(struct people *p, int64_t id, const char *kind)
{
	dbc *c = db_reader(p->u->k->db);
	struct dbv v[] = {D_INT(id), D_TEXT(str_of(kind))};
	rows *r = db_query_text(
	    c, STR("SELECT data FROM journal WHERE case_id = $1 AND kind = $2 ORDER BY seq"), v, 2);
	json *data = db_next(r) ? json_parse(p->u->a, str_dup(p->u->a, db_text(r, 0)), NULL) : NULL;
	db_done(r);
	db_reader_return(c);
	return data;
}

static bool lists(const json *list, const char *text)
{
	for (const json *v = list ? list->first : NULL; v; v = v->next)
		if (str_eq(json_text(v), str_of(text)))
			return true;
	return false;
}

/* Which body it goes to is a business rule: decided in the step that comes to it, and told
 * in that step's record as a place that was passed. */
static void a_rule_belongs_to_the_step_that_asks_it(void **state)
{
	(void)state;
	struct people *p = people_start();
	int64_t id = complained(p, "municipal");
	assert_int_equal(count_of(p, "case.advanced"), 1);
	const json *d = record_of(p, id, "case.advanced");
	assert_str(json_str(d, "trigger"), "start");
	assert_str(json_str(d, "state"), "submitted");
	assert_true(lists(json_get(d, "left"), "start") && lists(json_get(d, "left"), "route"));
	assert_true(lists(json_get(d, "flows"), "f_start_route"));
	assert_false(lists(json_get(d, "entered"), "route"));
	assert_true(lists(json_get(d, "entered"), "municipal"));
	assert_str(task_of(p, id, "id_officer").entity, "municipalities");
	rebuilt(p);
	people_stop(p);
}

static int64_t number(struct people *p, const char *sql)
{
	dbc *c = db_reader(p->u->k->db);
	rows *r = db_query_text(c, str_of(sql), NULL, 0);
	int64_t n = db_next(r) ? db_int(r, 0) : -1;
	db_done(r);
	assert_int_equal(db_error(c), OK);
	db_reader_return(c);
	return n;
}

/* Both desks find the case by each word of its person's names; once the person is erased,
 * no desk does, and nothing of them is left. */
static void words_of_a_name_go_with_its_person(void **state)
{
	(void)state;
	struct people *p = people_start();
	complained(p, "municipal");
	assert_int_equal(number(p, "SELECT count(DISTINCT entity) FROM case_word"), 2);
	int64_t words = number(p, "SELECT count(DISTINCT word) FROM case_word");
	assert_true(words >= 2);
	assert_int_equal(number(p, "SELECT count(*) FROM case_word"), 2 * words);
	assert_int_equal(number(p, "SELECT count(*) FROM case_body WHERE length(names) > 0"), 1);
	rebuilt(p);
	DONE(p, DO_ERASE, 0, p->citizen);
	assert_int_equal(number(p, "SELECT count(*) FROM case_word"), 0);
	assert_int_equal(number(p, "SELECT count(*) FROM case_body WHERE length(names) > 0"), 0);
	rebuilt(p);
	people_stop(p);
}

static void step_again(dbc *w, const char *name)
{
	char path[120];
	str step;
	snprintf(path, sizeof path, "src/kernel/cases/migrations/%s.%s.sql", name,
	         db_kind_of(w) == DB_SQLITE ? "sqlite" : "postgres");
	assert_true(embed_find(str_of(path), &step));
	assert_int_equal(db_script(w, step), OK);
}

/* The steps that keep words by word alone carry over what was kept by case: what they
 * leave, a rebuild from the journal gives too. */
static void older_words_are_carried_over(void **state)
{
	(void)state;
	struct people *p = people_start();
	complained(p, "municipal");
	complained(p, "other");
	dbc *w = db_writer(p->u->k->db);
	str old = STR("ALTER TABLE case_body DROP COLUMN names;"
	              "CREATE TABLE kept AS SELECT * FROM case_word;"
	              "DROP TABLE case_word; CREATE TABLE case_word (entity TEXT NOT NULL,"
	              " word BYTEA NOT NULL, case_id BIGINT NOT NULL,"
	              " PRIMARY KEY (case_id, entity, word));"
	              "INSERT INTO case_word SELECT * FROM kept; DROP TABLE kept;"
	              "CREATE INDEX case_word_word ON case_word (entity, word, case_id)");
	assert_int_equal(db_script(w, old), OK);
	step_again(w, "0952_words");
	step_again(w, "1020_word_first");
	db_writer_return(w);
	assert_int_equal(number(p, "SELECT count(*) FROM case_body WHERE length(names) > 0"), 2);
	people_reopen(p);
	rebuilt(p);
	people_stop(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_of_a_name_go_with_its_person),
	    cmocka_unit_test(older_words_are_carried_over),
	    cmocka_unit_test(a_rule_belongs_to_the_step_that_asks_it),
	    cmocka_unit_test(suggestions_and_enquiries_have_the_same_clock),
	    cmocka_unit_test(an_overdue_complaint_reaches_the_head_of_its_body),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

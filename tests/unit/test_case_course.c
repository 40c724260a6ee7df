/* What may happen to a case beside its process: each act in each state, and what it does
 * to time, to the decision and to who may make it. */
#include "case_unit.h"

#define STATES                                                                                     \
	{                                                                                              \
		"draft", "unpaid", "submitted", "review", "returned", "suspended", "approved", "issued",   \
		    "rejected", "withdrawn", "appealed"                                                    \
	}

static const struct {
	const char *from, *act, *to, *who;
} edges[] = {
#define EDGE(from, act, to, who) {#from, #act, #to, #who},
#include "kernel/cases/edges.def"
#undef EDGE
};

static const char *const acts[] = {"withdraw", "appeal", "drop",  "uphold", "allow",   "reopen",
                                   "suspend",  "resume", "split", "join",   "separate"};

struct course {
	const char *act;
	int64_t by, id, other;
	const char *reason;
	struct fault fault;
	struct kase out;
};

static err course_decide(struct tx *tx, void *ctx)
{
	struct course *m = ctx;
	str why = str_of(m->reason), act = str_of(m->act);
	struct task t[4];
	if (str_eq(act, STR("withdraw")))
		return case_withdraw(tx, m->id, why);
	if (str_eq(act, STR("appeal")))
		return case_appeal(tx, m->id, why);
	if (str_eq(act, STR("drop")))
		return case_appeal_drop(tx, m->id);
	if (str_eq(act, STR("reopen")))
		return case_reopen(tx, m->id, why);
	if (str_eq(act, STR("suspend")))
		return case_suspend(tx, m->id, why);
	if (str_eq(act, STR("resume")))
		return case_resume(tx, m->id, why);
	if (str_eq(act, STR("split")))
		return case_split(tx, m->id, why, &m->out);
	if (str_eq(act, STR("join")))
		return case_join(tx, m->id, m->other, why);
	if (str_eq(act, STR("separate")))
		return case_separate(tx, m->id);
	/* uphold, allow: the appeal's task, if there is one */
	case_get(tx->db, tx->a, m->id, &m->out);
	if (case_tasks(tx->db, tx->a, m->id, true, t, 4) != 1)
		return ERR_case_state;
	if (!t[0].holder) {
		err e = task_claim(tx, t[0].id);
		if (e)
			return e;
		case_get(tx->db, tx->a, m->id, &m->out);
	}
	err e = task_complete(tx, t[0].id, m->out.revision, act, why, NULL);
	return e == ERR_bad_input ? ERR_case_state : e; /* not an outcome of this task */
}

static err course(struct people *p, struct course *m)
{
	struct action x = {.k = p->u->k,
	                   .a = p->u->a,
	                   .actor = {.person = m->by, .entity = STR("iga"), .channel = STR("web")},
	                   .decide = course_decide,
	                   .ctx = m};
	err e = kernel_run(&x);
	m->fault = x.fault;
	return e;
}
#define COURSE(p, ...) course((p), &(struct course){__VA_ARGS__})

/* ---- a case in any state ---- */

struct made {
	struct people *p;
	int64_t citizen, supervisor;
	int n;
};

static err citizen_decide(struct tx *tx, void *ctx)
{
	struct made *m = ctx;
	static const char digits[] = "0123456789";
	char number[] = "860119000";
	number[7] = digits[m->n / 10 % 10];
	number[8] = digits[m->n % 10];
	number[6] = digits[m->n / 100 % 10];
	m->n++;
	return person_add(tx, str_c(tx->a, str_of(number)), "Ali Hasan", NULL, NULL, &m->citizen);
}

static err supervisor_decide(struct tx *tx, void *ctx)
{
	struct made *m = ctx;
	return person_add(tx, "850119997", "Huda Salman", "supervisor", "iga", &m->supervisor);
}

static struct made *made_start(void)
{
	struct people *p = people_start();
	struct made *m = NEW(p->u->a, struct made);
	m->p = p;
	assert_int_equal(unit_run(p->u, supervisor_decide, m), OK);
	return m;
}

static int64_t claimed(struct people *p, int64_t id, int64_t by)
{
	struct task t = task_of(p, id, "id_officer");
	DONE(p, DO_CLAIM, by, t.id);
	return t.id;
}

static void decided(struct people *p, int64_t id, int64_t by, const char *outcome)
{
	int64_t task = claimed(p, id, by);
	DONE(p, DO_COMPLETE, by, task, look_at(p, id).revision, str_of(outcome), STR("For a reason"));
}

static int64_t made(struct made *m, const char *state)
{
	struct people *p = m->p;
	assert_int_equal(unit_run(p->u, citizen_decide, m), OK);
	str s = str_of(state);
	struct act draft = {DO_DRAFT, m->citizen};
	assert_int_equal(act_run(p, &draft), OK);
	int64_t id = draft.out.id;
	DONE(p, DO_SAVE, m->citizen, id, .value = good_answers(p));
	if (str_eq(s, STR("draft")))
		return id;
	DONE(p, DO_SUBMIT, m->citizen, id);
	if (str_eq(s, STR("unpaid")))
		return id;
	paid(p, id);
	if (str_eq(s, STR("review")))
		claimed(p, id, p->officer);
	else if (str_eq(s, STR("returned")))
		decided(p, id, p->officer, "return");
	else if (str_eq(s, STR("rejected")) || str_eq(s, STR("appealed")))
		decided(p, id, p->officer, "reject");
	else if (str_eq(s, STR("approved")) || str_eq(s, STR("issued")))
		decided(p, id, p->officer, "approve");
	if (str_eq(s, STR("issued")))
		DONE(p, DO_ISSUED, 0, id, unit_asked.instance);
	if (str_eq(s, STR("suspended")))
		assert_int_equal(COURSE(p, "suspend", p->second, id, 0, "Waits for a court"), OK);
	if (str_eq(s, STR("appealed")))
		assert_int_equal(COURSE(p, "appeal", m->citizen, id, 0, "It was not read"), OK);
	if (str_eq(s, STR("withdrawn")))
		DONE(p, DO_WITHDRAW, m->citizen, id, .text = STR("No more"));
	assert_str(look_at(p, id).state, state);
	return id;
}

/* ---- the edge table, walked ---- */

static const char *who_may(const char *from, const char *act)
{
	for (size_t i = 0; i < COUNT(edges); i++)
		if (!strcmp(edges[i].from, from) && !strcmp(edges[i].act, act))
			return edges[i].who;
	return NULL;
}

static bool leads_to(const char *from, const char *act, str to)
{
	for (size_t i = 0; i < COUNT(edges); i++)
		if (!strcmp(edges[i].from, from) && !strcmp(edges[i].act, act) &&
		    str_eq(str_of(edges[i].to), to))
			return true;
	return false;
}

static void try_edge(struct made *m, const char *state, const char *act)
{
	struct people *p = m->p;
	const char *who = who_may(state, act);
	bool joining = !strcmp(act, "join") || !strcmp(act, "separate");
	int64_t other = joining ? made(m, !strcmp(state, "review") ? "review" : "submitted") : 0;
	bool joined = !strcmp(act, "separate") && who;
	int64_t id = made(m, joined && strcmp(state, "review") ? "submitted" : state);
	if (joined)
		assert_int_equal(COURSE(p, "join", p->officer, id, other, "Same family"), OK);
	if (joined && !strcmp(state, "suspended"))
		assert_int_equal(COURSE(p, "suspend", p->officer, id, 0, "Court"), OK);
	if (joined && !strcmp(state, "returned")) { /* the leading case sends both back */
		decided(p, other, p->officer, "return");
		assert_str(look_at(p, id).state, "returned");
	}
	bool citizen = !strcmp(act, "withdraw") || !strcmp(act, "appeal") || !strcmp(act, "drop");
	bool boss = !strcmp(act, "reopen");
	bool again = !strcmp(act, "uphold") || !strcmp(act, "allow");
	int64_t by = citizen ? m->citizen : boss ? m->supervisor : again ? p->second : p->officer;
	if (again && strcmp(state, "appealed"))
		by = p->officer;
	err e = COURSE(p, act, by, id, other, "Because");
	struct kase q = look_at(p, id);
	if (who && e != OK)
		fail_msg("%s: %s is refused: %s", state, act, err_find(e)->name);
	if (who && !leads_to(state, act, q.state))
		fail_msg("%s: %s leads to %.*s", state, act, STRF(q.state));
	if (!who && (e == OK || !str_eq(q.state, str_of(state))))
		fail_msg("%s: %s is not refused", state, act);
}

/* approved, reopen: only_a_supervisor_takes_a_decision_back. */
static void every_act_in_every_state(void **state)
{
	(void)state;
	static const char *const states[] = STATES;
	struct made *m = made_start();
	for (size_t s = 0; s < COUNT(states); s++)
		for (size_t i = 0; i < COUNT(acts); i++)
			if (strcmp(states[s], "approved") || strcmp(acts[i], "reopen"))
				try_edge(m, states[s], acts[i]);
	rebuilt(m->p);
	people_stop(m->p);
}

/* ---- appeal ---- */

static void an_appeal_goes_to_another_officer(void **state)
{
	(void)state;
	struct made *m = made_start();
	struct people *p = m->p;
	int64_t id = made(m, "rejected");
	struct kase q = look_at(p, id);
	assert_int_equal(COURSE(p, "appeal", p->other, id, 0, "Not mine"), ERR_not_found);
	assert_int_equal(COURSE(p, "appeal", m->citizen, id, 0, " "), ERR_bad_input);
	instant decided_at = p->u->now;
	p->u->now = decided_at + 61 * DAY;
	assert_int_equal(COURSE(p, "appeal", m->citizen, id, 0, "Too late"), ERR_case_state);
	p->u->now = decided_at + 59 * DAY;
	assert_int_equal(COURSE(p, "appeal", m->citizen, id, 0, "The report was not read"), OK);
	q = look_at(p, id);
	assert_str(q.state, "appealed");
	assert_str(q.outcome, "rejected"); /* it stands as long as nobody says otherwise */
	assert_int_equal(q.closed, 0);
	struct task t = task_of(p, id, "id_officer");
	assert_str(t.element, "appeal");
	assert_int_equal(ACT(p, DO_CLAIM, p->officer, t.id), ERR_case_four_eyes);
	assert_int_equal(ACT(p, DO_ASSIGN, p->second, t.id, p->officer), ERR_case_four_eyes);
	assert_int_equal(ACT(p, DO_CLAIM, p->foreign, t.id), ERR_case_role);
	DONE(p, DO_CLAIM, p->second, t.id);
	assert_int_equal(ACT(p, DO_COMPLETE, p->second, t.id, look_at(p, id).revision, STR("uphold")),
	                 ERR_bad_input); /* the applicant is told why */
	DONE(p, DO_COMPLETE, p->second, t.id, look_at(p, id).revision, STR("allow"),
	     STR("The report was overlooked"));
	q = look_at(p, id);
	assert_str(q.state, "submitted");
	assert_str(q.outcome, "");
	assert_true(q.due > p->u->now);
	t = task_of(p, id, "id_officer");
	assert_str(t.element, "review");
	assert_int_equal(ACT(p, DO_CLAIM, p->officer, t.id), ERR_case_four_eyes);
	DONE(p, DO_CLAIM, p->second, t.id);
	DONE(p, DO_COMPLETE, p->second, t.id, look_at(p, id).revision, STR("approve"));
	assert_str(look_at(p, id).outcome, "approved");
	rebuilt(p);
	people_stop(p);
}

static void an_appeal_is_refused_or_dropped_and_not_repeated(void **state)
{
	(void)state;
	struct made *m = made_start();
	struct people *p = m->p;
	int64_t id = made(m, "appealed");
	assert_int_equal(COURSE(p, "uphold", p->second, id, 0, "It was read with care"), OK);
	struct kase q = look_at(p, id);
	assert_str(q.state, "rejected");
	assert_str(q.reason, "It was read with care");
	assert_true(q.closed > 0);
	assert_int_equal(COURSE(p, "appeal", m->citizen, id, 0, "Once more"), ERR_case_state);
	id = made(m, "appealed");
	assert_int_equal(COURSE(p, "drop", p->second, id, 0, ""), ERR_not_found);
	assert_int_equal(COURSE(p, "drop", m->citizen, id, 0, ""), OK);
	assert_str(look_at(p, id).state, "rejected");
	assert_int_equal(task_of(p, id, "id_officer").id, 0);
	assert_int_equal(count_of(p, "case.appealed"), 2);
	assert_int_equal(count_of(p, "case.appeal_decided"), 1);
	rebuilt(p);
	people_stop(p);
}

/* ---- suspend and resume ---- */

/* proves: CORE-03 */
static void time_and_timers_stand_still_while_suspended(void **state)
{
	(void)state;
	struct made *m = made_start();
	struct people *p = m->p;
	const struct calendar *cal = pack_current(p->u->k)->calendar;
	int64_t id = made(m, "review");
	p->u->now += DAY;
	int64_t left = calendar_days_between(cal, p->u->now, look_at(p, id).due);
	assert_true(left > 0);
	assert_int_equal(COURSE(p, "suspend", p->second, id, 0, "Not hers"), ERR_case_taken);
	assert_int_equal(COURSE(p, "suspend", p->officer, id, 0, ""), ERR_bad_input);
	assert_int_equal(COURSE(p, "suspend", m->citizen, id, 0, "No"), ERR_case_four_eyes);
	assert_int_equal(COURSE(p, "suspend", p->foreign, id, 0, "No"), ERR_not_found);
	assert_int_equal(COURSE(p, "suspend", p->officer, id, 0, "A court decides first"), OK);
	struct kase q = look_at(p, id);
	assert_str(q.state, "suspended");
	assert_str(q.reason, "A court decides first");
	struct task t = task_of(p, id, "id_officer");
	assert_int_equal(ACT(p, DO_COMPLETE, p->officer, t.id, q.revision, STR("approve")),
	                 ERR_case_state);
	p->u->now += 40 * DAY;
	scheduler_drain(p->u->k);
	assert_int_equal(count_of(p, "task.overdue"), 0); /* the reminder's timer stood still */
	assert_int_equal(COURSE(p, "resume", p->second, id, 0, "The court has decided"), OK);
	q = look_at(p, id);
	assert_str(q.state, "review");
	assert_int_equal(q.due, calendar_add_days(cal, p->u->now, left));
	assert_int_equal(q.paused, 0);
	p->u->now += 20 * DAY;
	scheduler_drain(p->u->k);
	assert_int_equal(count_of(p, "task.overdue"), 1); /* and then went on */
	rebuilt(p);
	people_stop(p);
}

/* ---- reopen ---- */

#define COMPLAINT                                                                                  \
	"{\"kind\":\"complaint\",\"subject\":\"other\",\"title\":\"Street light\",\"body\":\"The "     \
	"street "                                                                                      \
	"light at road 2803 has been "                                                                 \
	"out.\",\"phone\":\"+97336000000\",\"email\":\"m@example.org\",\"declaration\":true}"

static void only_a_supervisor_takes_a_decision_back(void **state)
{
	(void)state;
	struct made *m = made_start();
	struct people *p = m->p;
	int64_t id = made(m, "rejected");
	assert_int_equal(COURSE(p, "reopen", p->second, id, 0, "Wrong"), ERR_not_found);
	assert_int_equal(COURSE(p, "reopen", m->supervisor, id, 0, ""), ERR_bad_input);
	assert_int_equal(COURSE(p, "reopen", m->supervisor, id, 0, "A letter was lost"), OK);
	struct kase q = look_at(p, id);
	assert_str(q.state, "submitted");
	assert_str(q.outcome, "");
	assert_int_equal(q.closed, 0);
	decided(p, id, p->officer, "approve");
	assert_str(look_at(p, id).state, "approved");
	/* Its document is being made: too late. */
	assert_int_equal(COURSE(p, "reopen", m->supervisor, id, 0, "Wrong"), ERR_case_state);
	assert_int_equal(count_of(p, "case.rejected"), 1);
	assert_int_equal(count_of(p, "case.approved"), 1);
	/* What issues no document ends as approved, and can be taken back. */
	struct act draft = {DO_DRAFT, p->other, .text = STR("complaint")};
	assert_int_equal(act_run(p, &draft), OK);
	id = draft.out.id;
	DONE(p, DO_SAVE, p->other, id, .value = json_parse(p->u->a, STR(COMPLAINT), NULL));
	DONE(p, DO_SUBMIT, p->other, id);
	decided(p, id, p->officer, "answer");
	assert_str(look_at(p, id).state, "approved");
	assert_int_equal(COURSE(p, "reopen", m->supervisor, id, 0, "Another light"), OK);
	assert_str(look_at(p, id).state, "submitted");
	rebuilt(p);
	people_stop(p);
}

/* ---- split and join ---- */

static void a_split_case_goes_two_ways(void **state)
{
	(void)state;
	struct made *m = made_start();
	struct people *p = m->p;
	int64_t id = made(m, "review");
	struct course split = {"split", p->officer, id, 0, "The second card is another matter"};
	assert_int_equal(course(p, &split), OK);
	struct kase first = look_at(p, id), second = look_at(p, split.out.id);
	assert_str(second.state, "submitted");
	assert_false(str_eq(first.reference, second.reference));
	assert_int_equal(second.applicant, first.applicant);
	assert_int_equal(second.due, first.due);
	assert_int_equal(second.submitted, first.submitted);
	assert_int_equal(second.split_from, id);
	assert_int_equal(second.fee.minor, 0);
	dbc *c = db_reader(p->u->k->db);
	assert_true(json_equal(case_answers(c, p->u->a, id), case_answers(c, p->u->a, second.id)));
	db_reader_return(c);
	struct task t = task_of(p, id, "id_officer");
	DONE(p, DO_COMPLETE, p->officer, t.id, first.revision, STR("reject"), STR("Not lost"));
	assert_str(look_at(p, id).state, "rejected");
	assert_str(look_at(p, second.id).state, "submitted");
	decided(p, second.id, p->second, "approve");
	assert_str(look_at(p, second.id).state, "approved");
	assert_int_equal(COURSE(p, "split", p->officer, made(m, "review"), 0, ""), ERR_bad_input);
	rebuilt(p);
	people_stop(p);
}

static void joined_cases_are_decided_as_one(void **state)
{
	(void)state;
	struct made *m = made_start();
	struct people *p = m->p;
	int64_t lead = made(m, "review"), a = made(m, "submitted"), b = made(m, "submitted"),
	        own = submitted(p, p->officer);
	paid(p, own);
	assert_int_equal(COURSE(p, "join", p->officer, lead, lead, "Itself"), ERR_bad_input);
	assert_int_equal(COURSE(p, "join", p->officer, own, lead, "One's own"), ERR_case_four_eyes);
	assert_int_equal(COURSE(p, "join", p->officer, a, lead, "One household"), OK);
	assert_int_equal(COURSE(p, "join", p->officer, b, lead, "One household"), OK);
	assert_int_equal(COURSE(p, "join", p->officer, lead, a, "Around"), ERR_case_state);
	/* What is joined is not decided by itself. */
	int64_t task = claimed(p, a, p->officer);
	assert_int_equal(ACT(p, DO_COMPLETE, p->officer, task, look_at(p, a).revision, STR("approve")),
	                 ERR_case_state);
	/* One that cannot follow holds all back. */
	assert_int_equal(COURSE(p, "suspend", p->officer, b, 0, "Waits"), OK);
	task = task_of(p, lead, "id_officer").id;
	assert_int_equal(ACT(p, DO_COMPLETE, p->officer, task, look_at(p, lead).revision, STR("reject"),
	                     STR("Found")),
	                 ERR_case_state);
	assert_str(look_at(p, a).state, "review");
	assert_int_equal(COURSE(p, "separate", p->officer, b, 0, ""), OK);
	DONE(p, DO_COMPLETE, p->officer, task, look_at(p, lead).revision, STR("reject"), STR("Found"));
	assert_str(look_at(p, lead).state, "rejected");
	assert_str(look_at(p, a).state, "rejected");
	assert_str(look_at(p, a).reason, "Found");
	assert_str(look_at(p, b).state, "suspended");
	rebuilt(p);
	people_stop(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_act_in_every_state),
	    cmocka_unit_test(an_appeal_goes_to_another_officer),
	    cmocka_unit_test(an_appeal_is_refused_or_dropped_and_not_repeated),
	    cmocka_unit_test(time_and_timers_stand_still_while_suspended),
	    cmocka_unit_test(only_a_supervisor_takes_a_decision_back),
	    cmocka_unit_test(a_split_case_goes_two_ways),
	    cmocka_unit_test(joined_cases_are_decided_as_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

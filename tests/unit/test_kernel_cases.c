/* Cases: their whole life, who may do what, and that nothing is lost or doubled. */
#include "case_unit.h"

#include "kernel/search/search.h"

static void whole_life(void **state)
{
	(void)state;
	struct people *p = people_start();
	int64_t id = submitted(p, p->citizen);
	struct kase q = look_at(p, id);
	assert_str(q.state, "unpaid");
	assert_str(q.reference, "IDL-2025-000001");
	assert_int_equal(q.fee.minor, 4000);
	assert_str(q.currency, "BHD");
	assert_true(json_str(q.fee_rule, "ar").n > 0);
	paid(p, id);
	assert_str(look_at(p, id).state, "submitted");
	struct task t = task_of(p, id, "id_officer");
	assert_int_equal(t.n_outcomes, 3);
	DONE(p, DO_CLAIM, p->officer, t.id);
	assert_str(look_at(p, id).state, "review");
	assert_int_equal(look_at(p, id).holder, p->officer);
	DONE(p, DO_COMPLETE, p->officer, t.id, look_at(p, id).revision, STR("return"),
	     STR("Send a sharper photograph"));
	q = look_at(p, id);
	assert_str(q.state, "returned");
	assert_str(q.reason, "Send a sharper photograph");
	assert_int_equal(q.holder, 0);
	DONE(p, DO_ANSWER, p->citizen, id, .value = good_answers(p));
	assert_str(look_at(p, id).state, "submitted");
	t = task_of(p, id, "id_officer");
	DONE(p, DO_CLAIM, p->officer, t.id);
	DONE(p, DO_COMPLETE, p->officer, t.id, look_at(p, id).revision, STR("approve"));
	q = look_at(p, id);
	assert_str(q.state, "approved");
	assert_str(q.outcome, "approved");
	assert_int_equal(unit_asked.case_id, id);
	DONE(p, DO_ISSUED, 0, id, unit_asked.instance);
	q = look_at(p, id);
	assert_str(q.state, "issued");
	assert_true(q.closed > 0);
	DONE(p, DO_RATE, p->citizen, id, 5, STR("Quick"));
	assert_int_equal(ACT(p, DO_RATE, p->citizen, id, 4), ERR_case_state);
	assert_int_equal(look_at(p, id).rating, 5);
	rebuilt(p);
	people_stop(p);
}

static void drafts_are_kept_and_expire(void **state)
{
	(void)state;
	struct people *p = people_start();
	struct act draft = {DO_DRAFT, p->citizen}, again = draft;
	assert_int_equal(act_run(p, &draft), OK);
	assert_int_equal(act_run(p, &again), OK);
	assert_int_equal(draft.out.id, again.out.id);
	int64_t id = draft.out.id;
	assert_int_equal(ACT(p, DO_SAVE, p->other, id, .value = good_answers(p)), ERR_not_found);
	assert_int_equal(ACT(p, DO_SUBMIT, p->citizen, id), ERR_form_incomplete);
	p->u->now += 20 * DAY;
	DONE(p, DO_SAVE, p->citizen, id, .value = good_answers(p));
	p->u->now += 15 * DAY; /* 35 after the start, 15 after the last change */
	scheduler_drain(p->u->k);
	assert_str(look_at(p, id).state, "draft");
	p->u->now += 16 * DAY;
	scheduler_drain(p->u->k);
	assert_str(look_at(p, id).state, "gone");
	assert_int_equal(act_run(p, &again), OK);
	DONE(p, DO_DISCARD, p->citizen, again.out.id);
	assert_str(look_at(p, again.out.id).state, "gone");
	rebuilt(p);
	people_stop(p);
}

static void one_open_case(void **state)
{
	(void)state;
	struct people *p = people_start();
	int64_t id = submitted(p, p->citizen);
	assert_int_equal(ACT(p, DO_DRAFT, p->citizen), ERR_case_open);
	DONE(p, DO_WITHDRAW, p->citizen, id, .text = STR("Found it"));
	struct kase q = look_at(p, id);
	assert_str(q.state, "withdrawn");
	assert_str(q.reason, "Found it");
	assert_true(q.closed > 0);
	assert_int_equal(count_of(p, "work.cancelled"), 1);
	assert_int_equal(ACT(p, DO_WITHDRAW, p->citizen, id), ERR_case_closed);
	/* A payment that comes late finds nothing to go on with. */
	DONE(p, DO_WORK, 0, id, 3);
	assert_str(look_at(p, id).state, "withdrawn");
	assert_str(look_at(p, submitted(p, p->citizen)).reference, "IDL-2025-000002");
	rebuilt(p);
	people_stop(p);
}

static void rejected_with_a_reason(void **state)
{
	(void)state;
	struct people *p = people_start();
	int64_t id;
	struct task t = taken(p, &id);
	int64_t revision = look_at(p, id).revision;
	assert_int_equal(ACT(p, DO_COMPLETE, p->officer, t.id, revision, STR("reject")), ERR_bad_input);
	assert_int_equal(ACT(p, DO_COMPLETE, p->officer, t.id, revision, STR("perhaps"), STR("x")),
	                 ERR_bad_input);
	DONE(p, DO_COMPLETE, p->officer, t.id, revision, STR("reject"), STR("The card was found"));
	struct kase q = look_at(p, id);
	assert_str(q.state, "rejected");
	assert_str(q.outcome, "rejected");
	assert_int_equal(ACT(p, DO_CLAIM, p->second, t.id), ERR_case_closed);
	rebuilt(p);
	people_stop(p);
}

/* Two at once: one wins, the other is told by whom and when. */
static void two_officers(void **state)
{
	(void)state;
	struct people *p = people_start();
	int64_t id = submitted(p, p->citizen);
	paid(p, id);
	struct task t = task_of(p, id, "id_officer");
	int64_t seen = look_at(p, id).revision;
	DONE(p, DO_CLAIM, p->officer, t.id);
	struct act late = {DO_CLAIM, p->second, t.id};
	assert_int_equal(act_run(p, &late), ERR_case_taken);
	assert_true(str_find(late.fault.detail, STR("Yusuf Khalid")) >= 0);
	assert_true(str_find(late.fault.detail, time_print(p->u->a, p->u->now)) >= 0);
	assert_int_equal(ACT(p, DO_RELEASE, p->second, t.id), ERR_case_taken);
	struct act old = {DO_COMPLETE, p->officer, t.id, seen, STR("approve")};
	assert_int_equal(act_run(p, &old), ERR_conflict);
	assert_true(str_find(old.fault.detail, STR("Yusuf Khalid")) >= 0);
	assert_int_equal(ACT(p, DO_COMPLETE, p->second, t.id, look_at(p, id).revision, STR("approve")),
	                 ERR_case_taken);
	DONE(p, DO_ASSIGN, p->officer, t.id, p->second);
	assert_int_equal(look_at(p, id).holder, p->second);
	assert_int_equal(ACT(p, DO_ASSIGN, p->officer, t.id, p->foreign), ERR_bad_input);
	DONE(p, DO_RELEASE, p->second, t.id);
	assert_str(look_at(p, id).state, "submitted");
	assert_int_equal(ACT(p, DO_CLAIM, p->foreign, t.id), ERR_case_role);
	rebuilt(p);
	people_stop(p);
}

/* proves: CORE-02 */
static void nobody_decides_their_own(void **state)
{
	(void)state;
	struct people *p = people_start();
	int64_t id = submitted(p, p->officer); /* an officer is a citizen too */
	paid(p, id);
	struct task t = task_of(p, id, "id_officer");
	assert_int_equal(ACT(p, DO_CLAIM, p->officer, t.id), ERR_case_four_eyes);
	DONE(p, DO_CLAIM, p->second, t.id);
	assert_int_equal(ACT(p, DO_ASSIGN, p->second, t.id, p->officer), ERR_case_four_eyes);
	DONE(p, DO_COMPLETE, p->second, t.id, look_at(p, id).revision, STR("approve"));
	people_stop(p);
}

/* proves: CORE-03 */
static void time_stands_still_while_the_applicant_owes(void **state)
{
	(void)state;
	struct people *p = people_start();
	const struct calendar *cal = pack_current(p->u->k)->calendar;
	int64_t id = submitted(p, p->citizen);
	instant promised = look_at(p, id).due;
	assert_int_equal(promised, calendar_add_days(cal, p->u->now, 3));
	p->u->now += 10 * DAY; /* unpaid for ten days */
	paid(p, id);
	struct kase q = look_at(p, id);
	assert_int_equal(q.paused, 0);
	assert_int_equal(q.due, calendar_add_days(cal, p->u->now, 3));
	/* Three working days over a weekend: five days later. */
	int64_t day = calendar_day(cal, p->u->now);
	int working = 0;
	for (int64_t d = day + 1; d <= calendar_day(cal, q.due); d++)
		working += calendar_working_day(cal, d);
	assert_int_equal(working, 3);
	struct task t = task_of(p, id, "id_officer");
	DONE(p, DO_CLAIM, p->officer, t.id);
	p->u->now += 1 * DAY;
	int64_t left = calendar_days_between(cal, p->u->now, q.due);
	DONE(p, DO_COMPLETE, p->officer, t.id, look_at(p, id).revision, STR("return"), STR("Photo"));
	assert_true(look_at(p, id).paused == p->u->now);
	p->u->now += 30 * DAY;
	DONE(p, DO_ANSWER, p->citizen, id);
	q = look_at(p, id);
	assert_int_equal(q.due, calendar_add_days(cal, p->u->now, left));
	dbc *c = db_reader(p->u->k->db);
	json *delays = case_delays(p->u->k, c, p->u->a, &q);
	db_reader_return(c);
	assert_str(json_str(json_at(delays, 0), "party"), "applicant");
	assert_true(json_int(json_at(delays, 0), "micros", 0) == 40 * DAY);
	assert_true(json_int(json_at(delays, 1), "micros", 0) == 1 * DAY);
	rebuilt(p);
	people_stop(p);
}

static void an_overdue_case_reminds_once(void **state)
{
	(void)state;
	struct people *p = people_start();
	int64_t id = submitted(p, p->citizen);
	paid(p, id);
	scheduler_drain(p->u->k);
	assert_int_equal(count_of(p, "task.overdue"), 0);
	p->u->now += 12 * DAY;
	scheduler_drain(p->u->k);
	assert_int_equal(count_of(p, "task.overdue"), 1);
	people_restart(p);
	p->u->now += 12 * DAY;
	scheduler_drain(p->u->k);
	assert_int_equal(count_of(p, "task.overdue"), 1);
	assert_str(look_at(p, id).state, "submitted");
	rebuilt(p);
	people_stop(p);
}

/* The steps of a whole life; `stop_after` restarts the platform after that step. */
static str life(struct people *p, int stop_after)
{
	int64_t id = 0;
	for (int step = 0; step < 9; step++) {
		struct task t = id ? task_of(p, id, "id_officer") : (struct task){0};
		if (step == 0)
			id = submitted(p, p->citizen);
		if (step == 1)
			paid(p, id);
		if (step == 2 || step == 6)
			DONE(p, DO_CLAIM, p->officer, t.id);
		if (step == 3)
			DONE(p, DO_COMPLETE, p->officer, t.id, look_at(p, id).revision, STR("return"),
			     STR("Photo"));
		if (step == 4)
			p->u->now += 5 * DAY;
		if (step == 5)
			DONE(p, DO_ANSWER, p->citizen, id);
		if (step == 7)
			DONE(p, DO_COMPLETE, p->officer, t.id, look_at(p, id).revision, STR("approve"));
		if (step == 8)
			DONE(p, DO_ISSUED, 0, id, unit_asked.instance);
		scheduler_drain(p->u->k);
		if (step == stop_after)
			people_restart(p);
	}
	struct kase q = look_at(p, id);
	return str_fmt(p->u->a, "%.*s %.*s %lld %lld %lld", STRF(q.state), STRF(q.outcome),
	               (long long)q.revision, (long long)q.due, (long long)q.closed);
}

static void a_restart_between_any_two_steps(void **state)
{
	(void)state;
	char expected[256] = "";
	for (int stop = -1; stop < 8; stop++) {
		struct people *p = people_start();
		str got = life(p, stop);
		assert_true(got.n < sizeof expected);
		if (stop < 0)
			memcpy(expected, got.p, got.n);
		assert_str(got, expected);
		assert_int_equal(count_of(p, "case.submitted"), 1);
		rebuilt(p);
		people_stop(p);
	}
}

static void a_failed_step_waits_for_an_operator(void **state)
{
	(void)state;
	struct people *p = people_start();
	int64_t id = submitted(p, p->citizen), instance = work_of(p, id, "payment");
	DONE(p, DO_FAIL, 0, id, instance, STR("provider gone"));
	dbc *c = db_reader(p->u->k->db);
	json *list = case_incidents(c, p->u->a, id);
	db_reader_return(c);
	assert_int_equal(list->count, 1);
	assert_str(json_str(list->first, "what"), "provider gone");
	rebuilt(p);
	DONE(p, DO_RETRY, 0, id, instance);
	assert_int_equal(count_of(p, "work.requested"), 2);
	paid(p, id);
	assert_str(look_at(p, id).state, "submitted");
	DONE(p, DO_MOVE, 0, id, task_of(p, id, "id_officer").instance, STR("issue"));
	assert_str(look_at(p, id).state, "approved");
	rebuilt(p);
	people_stop(p);
}

/* A replayed key decides nothing again. */
static void a_command_sent_twice(void **state)
{
	(void)state;
	struct people *p = people_start();
	struct act draft = {DO_DRAFT, p->citizen};
	assert_int_equal(act_run(p, &draft), OK);
	int64_t id = draft.out.id;
	DONE(p, DO_SAVE, p->citizen, id, .value = good_answers(p));
	for (int i = 0; i < 3; i++)
		DONE(p, DO_SUBMIT, p->citizen, id, .key = STR("k1"));
	assert_int_equal(count_of(p, "case.submitted"), 1);
	int64_t instance = work_of(p, id, "payment");
	for (int i = 0; i < 3; i++)
		DONE(p, DO_WORK, 0, id, instance); /* without a key: the work is over */
	assert_int_equal(count_of(p, "work.done"), 1);
	people_stop(p);
}

static void erasure_empties_what_is_personal(void **state)
{
	(void)state;
	struct people *p = people_start();
	int64_t id = submitted(p, p->citizen), other = submitted(p, p->other);
	paid(p, id);
	struct task t = task_of(p, id, "id_officer");
	DONE(p, DO_CLAIM, p->officer, t.id);
	DONE(p, DO_ERASE, 0, p->citizen);
	struct kase q = look_at(p, id);
	assert_str(q.state, "withdrawn");
	assert_true(q.closed > 0);
	dbc *c = db_reader(p->u->k->db);
	struct dbv v[] = {D_INT(p->citizen)};
	rows *r = db_query_text(c,
	                        STR("SELECT count(*) FROM case_body WHERE applicant = $1 AND"
	                            " (answers <> '' OR person <> '' OR process <> '' OR trace <> '')"),
	                        v, 1);
	assert_true(db_next(r));
	assert_int_equal(db_int(r, 0), 0);
	db_done(r);
	assert_int_equal(case_answers(c, p->u->a, other)->count > 3, true);
	db_reader_return(c);
	assert_int_equal(ACT(p, DO_COMPLETE, p->officer, t.id, q.revision, STR("approve")),
	                 ERR_case_closed);
	p->u->now += 40 * DAY;
	scheduler_drain(p->u->k); /* its timers find nothing to do */
	rebuilt(p);
	struct journal_report report;
	assert_int_equal(journal_verify(p->u->k, p->u->a, &report), OK);
	assert_int_equal(report.first_bad, 0);
	people_stop(p);
}

/* ---- a new version of the service ---- */

static void second_version(struct people *p)
{
	struct staff s = {.p = p, .source = unit_pack(p->u)};
	replace(p, &s.source, "services/" SERVICE "/service.json", "\"version\": 1", "\"version\": 2");
	replace(p, &s.source, "services/" SERVICE "/process.bpmn", "review", "examine");
	replace(p, &s.source, "services/" SERVICE "/process.tests.json", "review", "examine");
	replace(p, &s.source, "services/" SERVICE "/service.json", "\"review\"", "\"examine\"");
	put_in_force(p, &s);
}

static void a_case_keeps_its_version_until_it_is_migrated(void **state)
{
	(void)state;
	struct people *p = people_start();
	int64_t id = submitted(p, p->citizen);
	paid(p, id);
	second_version(p);
	assert_int_equal(look_at(p, submitted(p, p->other)).version, 2);
	struct task t = task_of(p, id, "id_officer");
	DONE(p, DO_CLAIM, p->officer, t.id);
	/* The old version still runs; a plan that forgets the open task is refused. */
	assert_int_equal(look_at(p, id).version, 1);
	json *plan = json_object(p->u->a);
	int64_t events = count_of(p, "case.migrated");
	assert_int_equal(ACT(p, DO_MIGRATE, 0, id, 2, .value = plan), ERR_case_engine);
	assert_int_equal(count_of(p, "case.migrated"), events);
	json_set_str(p->u->a, plan, "review", STR("examine"));
	DONE(p, DO_MIGRATE, 0, id, 2, .value = plan);
	assert_int_equal(look_at(p, id).version, 2);
	people_restart(p);
	DONE(p, DO_COMPLETE, p->officer, t.id, look_at(p, id).revision, STR("approve"));
	assert_str(look_at(p, id).state, "approved");
	rebuilt(p);
	people_stop(p);
}

/* The process waits, after the payment, for a message that names the case. */
static void with_a_gate(struct people *p)
{
	struct staff s = {.p = p, .source = unit_pack(p->u)};
	const char *service = "services/" SERVICE "/service.json",
	           *process = "services/" SERVICE "/process.bpmn";
	replace(p, &s.source, service, "\"version\": 1", "\"version\": 2");
	replace(p, &s.source, service, "\"process_tests\": \"process.tests.json\",", "");
	replace(p, &s.source, process, "<collaboration ",
	        "<message id=\"m_gate\" name=\"gate\"><extensionElements>"
	        "<diwan:subscription key=\"case.reference\"/></extensionElements></message>"
	        "<collaboration ");
	replace(p, &s.source, process,
	        "<sequenceFlow id=\"f_paid\" sourceRef=\"payment\" targetRef=\"review\"/>",
	        "<sequenceFlow id=\"f_paid\" sourceRef=\"payment\" targetRef=\"gate\"/>"
	        "<intermediateCatchEvent id=\"gate\"><incoming>f_paid</incoming>"
	        "<outgoing>f_gate</outgoing><messageEventDefinition messageRef=\"m_gate\"/>"
	        "</intermediateCatchEvent>"
	        "<sequenceFlow id=\"f_gate\" sourceRef=\"gate\" targetRef=\"review\"/>");
	replace(p, &s.source, process,
	        "<incoming>f_paid</incoming>\n      <incoming>f_answered</incoming>",
	        "<incoming>f_gate</incoming>\n      <incoming>f_answered</incoming>");
	put_in_force(p, &s);
}

static void a_message_reaches_the_case_it_names(void **state)
{
	(void)state;
	struct people *p = people_start();
	with_a_gate(p);
	int64_t id = submitted(p, p->citizen), other = submitted(p, p->other);
	paid(p, id);
	paid(p, other);
	str ref = look_at(p, id).reference;
	assert_int_equal(task_of(p, id, "id_officer").id, 0);
	assert_int_equal(ACT(p, DO_MESSAGE, 0, .text = STR("gate"), .more = STR("IDL-1")),
	                 ERR_not_found);
	people_restart(p);
	DONE(p, DO_MESSAGE, 0, .text = STR("gate"), .more = ref);
	assert_true(task_of(p, id, "id_officer").id != 0);
	assert_str(look_at(p, id).state, "submitted");
	assert_int_equal(task_of(p, other, "id_officer").id, 0);
	/* It waited once. */
	assert_int_equal(ACT(p, DO_MESSAGE, 0, .text = STR("gate"), .more = ref), ERR_not_found);
	DONE(p, DO_WITHDRAW, p->other, other, .text = STR("No"));
	assert_int_equal(
	    ACT(p, DO_MESSAGE, 0, .text = STR("gate"), .more = look_at(p, other).reference),
	    ERR_not_found);
	rebuilt(p);
	people_stop(p);
}

/* ---- the story ---- */

static str hours(void *ctx, arena *a, int64_t micros)
{
	(void)ctx;
	return str_fmt(a, "%lld hours of it", (long long)(micros / HOUR));
}

static json *story_of(struct people *p, int64_t id, bool officer)
{
	dbc *c = db_reader(p->u->k->db);
	json *list = case_timeline(p->u->k, c, p->u->a, id, officer);
	db_reader_return(c);
	return list;
}

/* "The applicant reads this text", says the desk of every decision, a good one too. */
static void what_an_officer_writes_reaches_the_applicant(void **state)
{
	(void)state;
	struct people *p = people_start();
	int64_t id;
	struct task t = taken(p, &id);
	DONE(p, DO_COMPLETE, p->officer, t.id, look_at(p, id).revision, STR("return"), STR("Photo"));
	assert_str(look_at(p, id).reason, "Photo");
	const json *asked = story_of(p, id, false)->first;
	assert_str(json_text(json_path(asked, "about.en")), "Answer the request for information");
	DONE(p, DO_ANSWER, p->citizen, id);
	assert_str(look_at(p, id).reason, ""); /* answered: nobody is asked it any more */
	t = task_of(p, id, "id_officer");
	DONE(p, DO_CLAIM, p->officer, t.id);
	DONE(p, DO_COMPLETE, p->officer, t.id, look_at(p, id).revision, STR("approve"),
	     STR("Fetch it on Sunday"));
	assert_str(look_at(p, id).reason, "Fetch it on Sunday");
	const json *told = story_of(p, id, false)->first;
	assert_str(json_str(told, "key"), "case.event.approved");
	assert_str(json_str(told, "text"), "Fetch it on Sunday");
	/* Told once: not also as a step that was done. */
	str shown = json_print(p->u->a, story_of(p, id, true));
	assert_true(str_find(shown, STR("case.event.step")) < 0);
	rebuilt(p);
	people_stop(p);
}

static void the_timeline_tells_each_reader_what_is_theirs(void **state)
{
	(void)state;
	struct people *p = people_start();
	int64_t id;
	struct task t = taken(p, &id);
	int64_t revision = look_at(p, id).revision;
	DONE(p, DO_READ, p->officer, id, .text = STR("desk"));
	DONE(p, DO_READ, p->officer, id, .text = STR("desk"));
	DONE(p, DO_NOTE, p->officer, id, .text = STR("Called the applicant"));
	assert_int_equal(look_at(p, id).revision, revision);
	assert_int_equal(count_of(p, "case.read"), 1);
	p->u->now += 2 * HOUR;
	DONE(p, DO_READ, p->officer, id, .text = STR("desk"));
	assert_int_equal(count_of(p, "case.read"), 2);
	DONE(p, DO_COMPLETE, p->officer, t.id, revision, STR("return"), STR("Photo"));
	dbc *c = db_reader(p->u->k->db);
	json *mine = case_timeline(p->u->k, c, p->u->a, id, false);
	json *desk = case_timeline(p->u->k, c, p->u->a, id, true);
	json *reads = case_reads(p->u->k, c, p->u->a, id);
	struct kase q = look_at(p, id);
	str svg = case_diagram(p->u->k, c, p->u->a, &q, false, hours, NULL);
	str arabic = case_diagram(p->u->k, c, p->u->a, &q, true, hours, NULL);
	db_reader_return(c);
	assert_str(json_str(mine->first, "key"), "case.event.returned");
	assert_str(json_str(mine->first, "text"), "Photo");
	str shown = json_print(p->u->a, mine);
	assert_true(str_find(shown, STR("Yusuf")) < 0);
	assert_true(str_find(shown, STR("Called")) < 0);
	assert_true(str_find(json_print(p->u->a, desk), STR("Called the applicant")) >= 0);
	assert_int_equal(reads->count, 2);
	assert_str(json_text(json_path(reads->first, "person.en")), "Yusuf Khalid");
	assert_true(str_find(svg, STR("bpmn-review")) >= 0);
	/* The officer's task stood open for the two hours between the readings. */
	assert_true(str_find(svg, STR("2 hours of it")) >= 0);
	assert_true(str_find(svg, STR("Review")) >= 0);
	assert_true(str_find(arabic, STR("Review")) < 0);
	assert_true(str_find(arabic, STR("دراسة")) >= 0);
	people_stop(p);
}

/* ---- lists ---- */

static size_t searched(dbc *c, arena *a, struct case_filter f, str words, struct case_line *out,
                       size_t max)
{
	str *word;
	f.n_words = search_tokens(a, words, &word);
	f.words = word;
	return case_list(c, a, &f, out, max);
}

struct listing {
	struct case_line at[64];
	size_t n;
	int64_t count;
};

/* All pages of a list, `page` lines each, put together. */
static struct listing listed(struct people *p, struct case_filter f, size_t page)
{
	struct listing all = {0};
	bool capped;
	dbc *c = db_reader(p->u->k->db);
	all.count = case_count(c, p->u->a, &f, &capped);
	for (size_t got = page; got == page;) {
		got = case_list(c, p->u->a, &f, &all.at[all.n], page);
		all.n += got;
		assert_true(all.n <= 64 - page);
		if (got) {
			f.more = true;
			f.after_key = all.at[all.n - 1].key;
			f.after_id = all.at[all.n - 1].id;
		}
	}
	assert_int_equal(db_error(c), OK);
	db_reader_return(c);
	return all;
}

/* Every entity's list: no group of an entity and a state is left out, however many there
 * are, and pages follow each other without a gap in either order. */
static void a_list_of_every_entity_is_whole(void **state)
{
	(void)state;
	struct people *p = people_start();
	int64_t id[3] = {submitted(p, p->citizen)};
	p->u->now += DAY;
	id[1] = submitted(p, p->other);
	p->u->now += DAY;
	id[2] = submitted(p, p->officer);
	dbc *w = db_writer(p->u->k->db);
	for (int i = 0; i < 700; i++)
		db_script(w, str_fmt(p->u->a,
		                     "INSERT INTO case_count (entity, service, state, n)"
		                     " VALUES ('a%03d', 's', 'unpaid', 1)",
		                     i));
	assert_int_equal(db_error(w), OK);
	db_writer_return(w);
	dbc *c = db_reader(p->u->k->db);
	for (int order = 0; order < 4; order++) {
		struct case_filter f = {.everywhere = true,
		                        .holder = CASE_ANYBODY,
		                        .sort = order & 1 ? CASE_BY_RECEIVED : CASE_BY_DUE,
		                        .descending = order & 2};
		struct case_line l;
		for (int i = 0; i < 3; i++) {
			assert_int_equal(case_list(c, p->u->a, &f, &l, 1), 1);
			assert_int_equal(l.id, id[f.descending ? 2 - i : i]);
			f.more = true;
			f.after_key = l.key;
			f.after_id = l.id;
		}
		assert_int_equal(case_list(c, p->u->a, &f, &l, 1), 0);
	}
	db_reader_return(c);
	people_stop(p);
}

#define DESKS      70
#define DESK_LINES 5   /* of each but the first, */
#define DESK_MANY  240 /* which has more than it would give to a page if all were alike */

/* Lines of many desks, without cases: `i` counts them all. */
static void desks(struct people *p)
{
	dbc *c = db_writer(p->u->k->db);
	for (int i = 0; i < DESK_MANY + (DESKS - 1) * DESK_LINES; i++) {
		int desk = i < DESK_MANY ? 0 : 1 + (i - DESK_MANY) / DESK_LINES;
		db_script(c, str_fmt(p->u->a,
		                     "INSERT INTO case_desk (entity, case_id, applicant, service, state,"
		                     " holder, due, submitted) VALUES ('d%03d', %d, 1, '%s', '%s', %d, %d,"
		                     " %d)",
		                     desk, 1000 + i, i % 3 ? "one" : "two", i % 2 ? "review" : "submitted",
		                     i % 5 ? 0 : 7, 100 + i * 37 % 211, 100 + i * 53 % 307));
	}
	db_script(c, STR("INSERT INTO case_count (entity, service, state, n) SELECT entity, service,"
	                 " state, count(*) FROM case_desk GROUP BY entity, service, state"));
	assert_int_equal(db_error(c), OK);
	db_writer_return(c);
}

/* The whole list, page by page, is what one sorted statement gives. */
static void same_as_sorted(struct people *p, struct case_filter f, const char *where, size_t page)
{
	bool received = f.sort == CASE_BY_RECEIVED;
	const char *key = received ? "submitted" : "due", *order = f.descending ? "DESC" : "ASC";
	dbc *c = db_reader(p->u->k->db);
	struct case_line *l = NEWN(p->u->a, struct case_line, page);
	str text = str_fmt(p->u->a, "SELECT case_id FROM case_desk WHERE %s ORDER BY %s %s, case_id %s",
	                   where, key, order, order);
	rows *r = db_query_text(c, text, NULL, 0);
	size_t n = 0, all = 0;
	for (size_t got = page; got == page; all += got) {
		got = case_list(c, p->u->a, &f, l, page);
		for (n = 0; n < got; n++) {
			assert_true(db_next(r));
			assert_int_equal(l[n].id, db_int(r, 0));
		}
		if (got) {
			f.more = true;
			f.after_key = l[got - 1].key;
			f.after_id = l[got - 1].id;
		}
	}
	assert_false(db_next(r));
	db_done(r);
	bool capped;
	assert_int_equal(case_count(c, p->u->a, &f, &capped), all);
	assert_int_equal(db_error(c), OK);
	db_reader_return(c);
}

static void many_desks_are_one_list(void **state)
{
	(void)state;
	struct people *p = people_start();
	static const str review[] = {STR_INIT("review")};
	desks(p);
	for (int i = 0; i < 8; i++) {
		struct case_filter all = {.everywhere = true,
		                          .holder = CASE_ANYBODY,
		                          .sort = i & 1 ? CASE_BY_RECEIVED : CASE_BY_DUE,
		                          .descending = i & 2},
		                   f = all;
		size_t page = i & 4 ? 26 : 101;
		same_as_sorted(p, f, "1 = 1", page);
		f.service = STR("two");
		same_as_sorted(p, f, "service = 'two'", page);
		f.holder = 0;
		same_as_sorted(p, f, "service = 'two' AND holder = 0", page);
		f = all;
		f.holder = 7;
		f.states = review;
		f.n_states = 1;
		same_as_sorted(p, f, "holder = 7 AND state = 'review'", page);
		f = all;
		f.due_from = 150;
		f.due_before = 260;
		same_as_sorted(p, f, "due >= 150 AND due < 260", page);
		f.received_from = 200;
		same_as_sorted(p, f, "due >= 150 AND due < 260 AND submitted >= 200", page);
	}
	people_stop(p);
}

static void lists_page_by_key_and_keep_to_their_entity(void **state)
{
	(void)state;
	struct people *p = people_start();
	static const str iga[] = {STR_INIT("iga")}, moh[] = {STR_INIT("moh")};
	static const str open[] = {STR_INIT("submitted"), STR_INIT("review")};
	struct case_filter f = {.entities = iga, .n_entities = 1, .holder = CASE_ANYBODY};
	int64_t who[] = {p->citizen, p->other, p->officer, p->second, p->foreign}, id[5];
	for (int i = 0; i < 5; i++) {
		id[i] = submitted(p, who[i]);
		p->u->now += DAY;
		if (i != 1)
			paid(p, id[i]);
	}
	for (size_t page = 1; page <= 6; page++) {
		struct listing up = listed(p, f, page);
		assert_int_equal(up.n, 5);
		assert_int_equal(up.count, 5);
		for (size_t i = 1; i < up.n; i++)
			assert_true(up.at[i].key > up.at[i - 1].key ||
			            (up.at[i].key == up.at[i - 1].key && up.at[i].id > up.at[i - 1].id));
	}
	f.sort = CASE_BY_RECEIVED;
	f.descending = true;
	struct listing down = listed(p, f, 2);
	assert_int_equal(down.n, 5);
	assert_int_equal(down.at[0].id, id[4]);
	assert_int_equal(down.at[4].id, id[0]);
	f.states = open;
	f.n_states = 2;
	assert_int_equal(listed(p, f, 3).n, 4);
	DONE(p, DO_CLAIM, p->officer, task_of(p, id[0], "id_officer").id);
	f.holder = p->officer;
	struct listing mine = listed(p, f, 3);
	assert_int_equal(mine.n, 1);
	assert_int_equal(mine.count, 1);
	assert_int_equal(mine.at[0].id, id[0]);
	f.holder = 0;
	assert_int_equal(listed(p, f, 3).n, 3);
	assert_int_equal(listed(p, f, 3).count, 3);
	f.holder = CASE_ANYBODY;
	f.applicant = p->other;
	f.n_states = 0;
	assert_int_equal(listed(p, f, 3).at[0].id, id[1]);
	/* Another entity: nothing to list, to count or to find. */
	struct case_line l[4];
	struct case_filter theirs = {.entities = moh, .n_entities = 1, .holder = CASE_ANYBODY};
	assert_int_equal(listed(p, theirs, 3).n, 0);
	assert_int_equal(listed(p, theirs, 3).count, 0);
	dbc *c = db_reader(p->u->k->db);
	assert_int_equal(searched(c, p->u->a, theirs, STR("Maryam"), l, 4), 0);
	struct case_filter ours = {.entities = iga, .n_entities = 1, .holder = CASE_ANYBODY};
	assert_int_equal(searched(c, p->u->a, ours, STR("maryam ali"), l, 4), 1);
	assert_int_equal(l[0].id, id[0]);
	assert_int_equal(searched(c, p->u->a, ours, STR("\u0645\u0631\u064a\u0645"), l, 4), 4);
	assert_int_equal(searched(c, p->u->a, ours, STR("maryam hasan"), l, 4), 0);
	db_reader_return(c);
	rebuilt(p);
	people_stop(p);
}

/* The first person of the demonstration that a scenario names, as a process reads them. */
static json *applicant_of(arena *a, const struct pack *k, str account)
{
	const json *people = json_get(k->demo, "accounts");
	for (const json *v = people->first; v; v = v->next)
		if (str_eq(json_str(v, "id"), account)) {
			json *who = json_copy(a, v);
			const json *records = json_get(v, "records");
			for (const json *m = records ? records->first : NULL; m; m = m->next)
				json_set_key(a, who, m->key, json_copy(a, m));
			return who;
		}
	fail_msg("no account %.*s", STRF(account));
	return NULL;
}

static enum case_payment foreseen(struct people *p, const struct service *s, const json *scenario)
{
	arena *a = p->u->a;
	const struct pack *k = pack_current(p->u->k);
	struct case_sending w = {.p = k, .s = s, .currency = STR("BHD")};
	json *sources = json_object(a);
	assert_true(time_parse(json_str(scenario, "at"), &w.now));
	w.applicant = applicant_of(a, k, json_str(scenario, "applicant"));
	json_set(a, sources, "applicant", w.applicant);
	w.answers = form_submit_answers(
	    s->form, form_prefill(s->form, sources, json_get(scenario, "answers"), a), a);
	w.fee.minor = json_int(scenario, "fee_minor", 0);
	return case_pays(a, &w);
}

/* The scenarios, which are lived elsewhere, tell where each service asks for its fee. */
static void what_sending_asks_for_is_foreseen(void **state)
{
	struct people *p = people_start();
	const struct pack *k = pack_current(p->u->k);
	int n[3] = {0};
	(void)state;
	for (size_t i = 0; i < k->n_services; i++) {
		const struct service *s = &k->services[i];
		const json *list = s->process ? json_get(s->scenarios, "scenarios") : NULL;
		for (const json *v = list ? list->first : NULL; v; v = v->next) {
			const json *steps = json_get(v, "steps");
			if (!steps || !steps->first || json_get(steps->first, "withdraw"))
				continue; /* refused, or it does not tell where the case stood */
			bool asks = bpmn_asks(s->process, STR("payment")) && json_int(v, "fee_minor", 0),
			     now = str_eq(json_str(v, "then"), STR("unpaid")) ||
			           str_starts(json_str(steps->first, "work"), STR("payment"));
			enum case_payment is = asks && now ? CASE_PAYS_NOW
			                       : asks      ? CASE_PAYS_LATER
			                                   : CASE_PAYS_NOTHING;
			if (foreseen(p, s, v) != is)
				fail_msg("%.*s: %.*s", STRF(s->id), STRF(json_str(json_get(v, "name"), "en")));
			n[is]++;
		}
	}
	assert_true(n[CASE_PAYS_NOTHING] > 5 && n[CASE_PAYS_NOW] > 5 && n[CASE_PAYS_LATER] > 2);
	people_stop(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whole_life),
	    cmocka_unit_test(drafts_are_kept_and_expire),
	    cmocka_unit_test(one_open_case),
	    cmocka_unit_test(rejected_with_a_reason),
	    cmocka_unit_test(two_officers),
	    cmocka_unit_test(nobody_decides_their_own),
	    cmocka_unit_test(time_stands_still_while_the_applicant_owes),
	    cmocka_unit_test(an_overdue_case_reminds_once),
	    cmocka_unit_test(a_restart_between_any_two_steps),
	    cmocka_unit_test(a_failed_step_waits_for_an_operator),
	    cmocka_unit_test(a_command_sent_twice),
	    cmocka_unit_test(erasure_empties_what_is_personal),
	    cmocka_unit_test(a_case_keeps_its_version_until_it_is_migrated),
	    cmocka_unit_test(a_message_reaches_the_case_it_names),
	    cmocka_unit_test(what_an_officer_writes_reaches_the_applicant),
	    cmocka_unit_test(the_timeline_tells_each_reader_what_is_theirs),
	    cmocka_unit_test(a_list_of_every_entity_is_whole),
	    cmocka_unit_test(many_desks_are_one_list),
	    cmocka_unit_test(lists_page_by_key_and_keep_to_their_entity),
	    cmocka_unit_test(what_sending_asks_for_is_foreseen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

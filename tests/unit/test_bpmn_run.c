/* The process engine step by step: a card is replaced, and what can go wrong. */
#include "bpmn_unit.h"

#define CALL_ALL "<callActivity id=\"c\" calledElement=\"p\"/>"

static json *vars(arena *a, const char *text)
{
	json *v = json_parse(a, str_of(text), NULL);

	assert_non_null(v);
	return v;
}

static json *started(const struct bpmn *b, const char *v, struct bpmn_run *run)
{
	json *state = NULL;

	assert_int_equal(bpmn_start(b, (str){0}, vars(run->a, v), run, &state), OK);
	return state;
}

static json *stepped(const struct bpmn *b, json *state, struct bpmn_trigger t, struct bpmn_run *run)
{
	json *next = NULL;

	run->first = run->last = NULL;
	assert_int_equal(bpmn_step(b, state, &t, run, &next), OK);
	return next;
}

static json *work(const struct bpmn *b, json *state, const char *kind, const char *element,
                  const char *v, struct bpmn_run *run)
{
	struct bpmn_trigger t = {.kind = str_eq(str_of(kind), STR("task")) ? BPMN_TASK_COMPLETED
	                                                                   : BPMN_JOB_DONE,
	                         .instance = instance_of(run->a, state, kind, element),
	                         .vars = vars(run->a, v)};

	assert_true(t.instance > 0);
	return stepped(b, state, t, run);
}

static void a_card_is_replaced_after_a_question(void **s)
{
	arena *a = *s;
	struct bpmn *b = load(a, file(a, "tests/unit/data/card.bpmn"));
	struct bpmn_run run = {.a = a, .now = NOW};
	json *state = started(b, "{\"reason\": \"lost\"}", &run);

	const struct bpmn_effect *job = effect(&run, BPMN_JOB_REQUESTED, "payment");
	assert_non_null(job);
	assert_str(job->name, "payment");
	assert_str(json_str(job->data, "decision"), "fee");
	state = work(b, state, "job", "payment", "{\"paid\": 5.000}", &run);
	const struct bpmn_effect *task = effect(&run, BPMN_TASK_OPENED, "review");
	assert_non_null(task);
	assert_str(json_str(task->data, "role"), "id_officer");
	assert_str(json_str(task->data, "form"), "review_form");
	assert_str(json_str(json_get(task->data, "attributes"), "entity"), "iga");
	/* three working days from Tuesday: Wednesday, Thursday, Sunday */
	assert_int_equal(effect(&run, BPMN_TIMER_SET, "overdue")->due, NOW + 5 * DAY);

	state = work(b, state, "task", "review", "{\"decision\": \"return\"}", &run);
	assert_non_null(effect(&run, BPMN_TIMER_CANCELLED, "overdue"));
	task = effect(&run, BPMN_TASK_OPENED, "applicant_answer");
	assert_str(json_str(task->data, "role"), "applicant");
	state = work(b, state, "task", "applicant_answer", "{\"note\": \"found\"}", &run);
	state = work(b, state, "task", "review", "{\"decision\": \"approve\"}", &run);
	job = effect(&run, BPMN_JOB_REQUESTED, "issue_document");
	assert_str(json_str(json_get(job->data, "headers"), "template"), "card");
	state = work(b, state, "job", "issue_document", "{}", &run);
	assert_non_null(effect(&run, BPMN_LEFT, "approved"));
	assert_str(effect(&run, BPMN_COMPLETED, "card")->name, "completed");
	assert_str(bpmn_status(state), "completed");
	assert_str(json_str(bpmn_vars(state), "paid"), "5.000");
	assert_str(json_str(bpmn_vars(state), "note"), "found");
}

static void it_is_known_which_variables_matter(void **s)
{
	arena *a = *s;
	struct bpmn *b = load(a, file(a, "tests/unit/data/card.bpmn"));
	assert_true(bpmn_reads(b, STR("decision")));
	assert_false(bpmn_reads(b, STR("case")));
	b = load(a, file(a, "tests/unit/data/bpmn/call.bpmn"));
	assert_true(bpmn_reads(b, STR("person")));
	assert_false(bpmn_reads(b, STR("case")));
	b = load(a, STR(HEAD "<process id=\"p\"><startEvent id=\"s\"/>" FLOW("a", "s", "c")
	                    CALL_ALL FLOW("b", "c", "e") "<endEvent id=\"e\"/></process>" TAIL));
	assert_true(bpmn_reads(b, STR("case"))); /* a call is handed all there is */
}

static void a_late_review_is_reminded_and_goes_on(void **s)
{
	arena *a = *s;
	struct bpmn *b = load(a, file(a, "tests/unit/data/card.bpmn"));
	struct bpmn_run run = {.a = a, .now = NOW};
	json *state = work(b, started(b, "{}", &run), "job", "payment", "{}", &run);
	struct bpmn_trigger fire = {.kind = BPMN_TIMER_FIRED,
	                            .instance = instance_of(a, state, "timer", "overdue")};

	state = stepped(b, state, fire, &run);
	assert_non_null(effect(&run, BPMN_JOB_REQUESTED, "remind"));
	assert_true(instance_of(a, state, "task", "review") > 0);
	json *again = NULL;
	assert_int_equal(bpmn_step(b, state, &fire, &run, &again), ERR_bpmn_no_instance);
	assert_null(again);
	state = work(b, state, "task", "review", "{\"decision\": \"reject\"}", &run);
	assert_str(bpmn_status(state), "active"); /* the reminder still runs */
	state = work(b, state, "job", "remind", "{}", &run);
	assert_str(bpmn_status(state), "completed");
}

static void a_decision_nobody_foresaw_parks_the_case(void **s)
{
	arena *a = *s;
	struct bpmn *b = load(a, file(a, "tests/unit/data/card.bpmn"));
	struct bpmn_run run = {.a = a, .now = NOW};
	json *state = work(b, started(b, "{}", &run), "job", "payment", "{}", &run);

	state = work(b, state, "task", "review", "{\"decision\": \"perhaps\"}", &run);
	assert_str(bpmn_status(state), "incident");
	assert_str(effect(&run, BPMN_INCIDENT, "decided")->name, "bpmn.flow.none");
	int64_t at = instance_of(a, state, "incident", "decided");
	json *mended = stepped(
	    b, state,
	    (struct bpmn_trigger){.kind = BPMN_SET_VARS, .vars = vars(a, "{\"decision\":\"reject\"}")},
	    &run);
	mended = stepped(b, mended, (struct bpmn_trigger){.kind = BPMN_RETRY, .instance = at}, &run);
	assert_str(bpmn_status(mended), "completed");
	assert_non_null(effect(&run, BPMN_LEFT, "rejected"));
	/* or an operator moves it */
	json *moved = stepped(
	    b, state, (struct bpmn_trigger){.kind = BPMN_MOVE, .instance = at, .name = STR("review")},
	    &run);
	assert_str(bpmn_status(moved), "active");
	assert_non_null(effect(&run, BPMN_TASK_OPENED, "review"));
}

static void a_failed_job_waits_for_a_retry(void **s)
{
	arena *a = *s;
	struct bpmn *b = load(a, file(a, "tests/unit/data/card.bpmn"));
	struct bpmn_run run = {.a = a, .now = NOW};
	json *state = started(b, "{}", &run);
	int64_t job = instance_of(a, state, "job", "payment");

	state = stepped(
	    b, state,
	    (struct bpmn_trigger){.kind = BPMN_JOB_FAILED, .instance = job, .name = STR("no answer")},
	    &run);
	assert_str(bpmn_status(state), "incident");
	state = stepped(b, state, (struct bpmn_trigger){.kind = BPMN_RETRY, .instance = job}, &run);
	assert_non_null(effect(&run, BPMN_JOB_REQUESTED, "payment"));
	assert_str(bpmn_status(state), "active");
}

static void cancelling_withdraws_everything(void **s)
{
	arena *a = *s;
	struct bpmn *b = load(a, file(a, "tests/unit/data/card.bpmn"));
	struct bpmn_run run = {.a = a, .now = NOW};
	json *state = work(b, started(b, "{}", &run), "job", "payment", "{}", &run);

	state =
	    stepped(b, state, (struct bpmn_trigger){.kind = BPMN_CANCEL, .name = STR("asked")}, &run);
	assert_false(json_truth(effect(&run, BPMN_TASK_CLOSED, "review")->data, "completed"));
	assert_non_null(effect(&run, BPMN_TIMER_CANCELLED, "overdue"));
	assert_str(bpmn_status(state), "cancelled");
	assert_int_equal(bpmn_waiting(a, state)->count, 0);
	json *next = NULL;
	struct bpmn_trigger t = {.kind = BPMN_CANCEL};
	assert_int_equal(bpmn_step(b, state, &t, &run, &next), ERR_bpmn_finished);
}

static void an_endless_loop_meets_its_budget(void **s)
{
	arena *a = *s;
	struct bpmn *b = load(
	    a, STR(HEAD "<process id=\"p\"><startEvent id=\"s\"/>"
	                "<exclusiveGateway id=\"g\"/>"
	                "<exclusiveGateway id=\"h\" default=\"c\"/>"
	                "<task id=\"t\"/><endEvent id=\"e\"/>" FLOW("a", "s", "g") FLOW("b", "g", "t")
	                    FLOW("d", "t", "h") FLOW(
	                        "c", "h",
	                        "g") "<sequenceFlow id=\"f\" sourceRef=\"h\" targetRef=\"e\">"
	                             "<conditionExpression>1 = 2</conditionExpression></sequenceFlow>"
	                             "</process>" TAIL));
	struct bpmn_run run = {.a = a, .now = NOW, .budget = 1000};
	json *state = started(b, "{}", &run);

	assert_str(bpmn_status(state), "incident");
	size_t n = 0;
	for (const struct bpmn_effect *f = run.first; f; f = f->next)
		n += f->kind == BPMN_ENTERED;
	assert_in_range(n, 900, 1002);
}

/* A condition that is always true does not let a complex gateway go on from nothing. */
static void a_complex_gateway_needs_a_token(void **s)
{
	arena *a = *s;
	struct bpmn *b = load(
	    a, STR(HEAD "<process id=\"p\"><task id=\"a\"/><task id=\"b\"/>"
	                "<complexGateway id=\"g\"><activationCondition "
	                "xsi:type=\"tFormalExpression\">activationCount &gt;= 0"
	                "</activationCondition></complexGateway><task id=\"c\"/>" FLOW("d", "a", "g")
	                    FLOW("e", "b", "g") FLOW("f", "g", "c") "</process>" TAIL));
	struct bpmn_run run = {.a = a, .now = NOW};

	assert_str(bpmn_status(started(b, "{}", &run)), "completed");
}

static void branches_and_calls_have_a_ceiling(void **s)
{
	arena *a = *s;
	struct bpmn *many = load(
	    a, STR(HEAD "<process id=\"p\"><startEvent id=\"s\"/>" FLOW(
	           "a", "s",
	           "t") "<userTask id=\"t\"><multiInstanceLoopCharacteristics><loopCardinality "
	                "xsi:type=\"tFormalExpression\">"
	                "1000000</loopCardinality></multiInstanceLoopCharacteristics></userTask>" FLOW(
	                    "b", "t", "e") "<endEvent id=\"e\"/></process>" TAIL));
	struct bpmn_run run = {.a = a, .now = NOW};
	assert_str(bpmn_status(started(many, "{}", &run)), "incident");
	assert_str(effect(&run, BPMN_INCIDENT, "t")->name, "bpmn.limit");

	struct bpmn *deep =
	    load(a, STR(HEAD "<process id=\"p\"><startEvent id=\"s\"/>" FLOW("a", "s", "c")
	                    CALL_ALL FLOW("b", "c", "e") "<endEvent id=\"e\"/></process>" TAIL));
	run = (struct bpmn_run){.a = a, .now = NOW};
	json *state = started(deep, "{}", &run);
	assert_str(bpmn_status(state), "incident");
	json_error e;
	assert_non_null(json_parse(a, json_print(a, state), &e)); /* not nested too deeply to store */
}

/* proves: CORE-05 */
static void a_case_moves_to_a_new_version_by_a_plan(void **s)
{
	arena *a = *s;
	str old = file(a, "tests/unit/data/card.bpmn");
	struct bpmn *b = load(a, old);
	struct bpmn_run run = {.a = a, .now = NOW};
	json *state = work(b, started(b, "{}", &run), "job", "payment", "{}", &run);
	/* in the new version the review has another id */
	buf text = buf_make(a, BPMN_MAX_BYTES);
	for (str rest = old; rest.n;) {
		ptrdiff_t at = str_find(rest, STR("\"review\""));
		buf_put(&text, at < 0 ? rest : str_sub(rest, 0, (size_t)at));
		buf_puts(&text, at < 0 ? "" : "\"study\"");
		rest = at < 0 ? (str){0} : str_sub(rest, (size_t)at + 8, rest.n);
	}
	struct bpmn *later = load(a, buf_str(&text));
	struct bpmn_trigger t = {.kind = BPMN_MIGRATE, .vars = vars(a, "{}")};
	json *next = NULL;

	assert_int_equal(bpmn_step(later, state, &t, &run, &next), ERR_bpmn_migration);
	t.vars = vars(
	    a, "{\"review\": \"issue_document\"}"); /* a service cannot take over a person's task */
	assert_int_equal(bpmn_step(later, state, &t, &run, &next), ERR_bpmn_migration);
	t.vars = vars(a, "{\"review\": \"study\"}");
	next = stepped(later, state, t, &run);
	next = work(later, next, "task", "study", "{\"decision\": \"reject\"}", &run);
	assert_str(bpmn_status(next), "completed");
}

/* The reminder is gone in the new version, and a message to withdraw has come. */
static void what_listens_follows_the_version(void **s)
{
	static const char later[] =
	    HEAD "<message id=\"m\" name=\"withdraw\"/><process id=\"card\"><startEvent id=\"s\"/>"
	         "<serviceTask id=\"payment\"/><userTask id=\"review\"/><boundaryEvent id=\"gone\" "
	         "attachedToRef=\"review\"><messageEventDefinition messageRef=\"m\"/></boundaryEvent>"
	         "<endEvent id=\"e\"/><endEvent id=\"w\"/>" FLOW("a", "s", "payment")
	             FLOW("b", "payment", "review") FLOW("c", "review", "e")
	                 FLOW("d", "gone", "w") "</process>" TAIL;
	arena *a = *s;
	struct bpmn *b = load(a, file(a, "tests/unit/data/card.bpmn")), *next = load(a, str_of(later));
	struct bpmn_run run = {.a = a, .now = NOW};
	json *state = work(b, started(b, "{}", &run), "job", "payment", "{}", &run);
	int64_t timer = instance_of(a, state, "timer", "overdue");
	struct bpmn_trigger t = {.kind = BPMN_MIGRATE, .vars = vars(a, "{}")};

	state = stepped(next, state, t, &run);
	assert_int_equal(effect(&run, BPMN_TIMER_CANCELLED, "overdue")->instance, timer);
	assert_str(effect(&run, BPMN_SUBSCRIBED, "gone")->name, "withdraw");
	assert_null(effect(&run, BPMN_TASK_CLOSED, "review")); /* the officer keeps the task */
	t = (struct bpmn_trigger){.kind = BPMN_MESSAGE, .name = STR("withdraw")};
	state = stepped(next, state, t, &run);
	assert_str(bpmn_status(state), "completed");
	assert_non_null(effect(&run, BPMN_LEFT, "w"));
}

static void a_step_does_not_touch_the_old_state(void **s)
{
	arena *a = *s;
	struct bpmn *b = load(a, file(a, "tests/unit/data/card.bpmn"));
	struct bpmn_run run = {.a = a, .now = NOW};
	json *state = started(b, "{\"list\": [1, {\"x\": 2}]}", &run);
	str before = json_print(a, state);

	work(b, state, "job", "payment", "{\"list\": [3]}", &run);
	assert_str(json_print(a, state), str_c(a, before));
}

static void what_is_not_carried_out_is_refused(void **s)
{
	arena *a = *s;

	assert_str(refusal(a, "<!DOCTYPE x [<!ENTITY e \"e\">]><x/>"), "bpmn.xml.doctype");
	assert_str(refusal(a, "<definitions/>"), "bpmn.xml.vocabulary");
	assert_str(refusal(a, "<a"), "bpmn.xml.syntax");
	assert_str(refusal(a, HEAD "<process id=\"p\"><choreographyTask id=\"g\"/></process>" TAIL),
	           "bpmn.profile.choreography");
	assert_str(refusal(a, HEAD "<process id=\"p\"><startEvent id=\"s\"/><userTask id=\"t\" "
	                           "startQuantity=\"0\"/><endEvent id=\"e\"/>" FLOW("a", "s", "t")
	                               FLOW("b", "t", "e") "</process>" TAIL),
	           "bpmn.quantity.value");
	assert_str(refusal(a, HEAD
	                   "<process id=\"p\"><startEvent id=\"s\"/><exclusiveGateway id=\"g\"/>"
	                   "<endEvent id=\"e\"/><endEvent id=\"f\"/>" FLOW("a", "s", "g")
	                       FLOW("b", "g",
	                            "e") "<sequenceFlow id=\"c\" sourceRef=\"g\" targetRef=\"f\">"
	                                 "<conditionExpression>1 +</conditionExpression></sequenceFlow>"
	                                 "</process>" TAIL),
	           "bpmn.expression.syntax");
	assert_str(refusal(a, HEAD "<process id=\"p\"><startEvent id=\"s\"/>" FLOW(
	                          "a", "s", "c") "<callActivity id=\"c\" "
	                                         "calledElement=\"elsewhere\"/>" FLOW(
	                                             "b", "c", "e") "<endEvent "
	                                                            "id=\"e\"/></"
	                                                            "process>" TAIL),
	           "bpmn.call.target");
}

static void a_table_of_stages_becomes_a_process(void **s)
{
	arena *a = *s;
	struct diags d = diags_make(a, STR("permit.stages.json"));
	json *table = json_parse(a, file(a, "tests/unit/data/permit.stages.json"), NULL);
	struct bpmn *b = load(a, bpmn_from_stages(a, table, &d));
	struct bpmn_run run = {.a = a, .now = NOW};
	json *state = work(b, started(b, "{}", &run), "job", "pay", "{}", &run);

	assert_true(instance_of(a, state, "timer", "review_late") > 0);
	state = work(b, state, "task", "review", "{\"decision\": \"ask\"}", &run);
	state = work(b, state, "task", "answer", "{\"withdrawn\": false}", &run);
	state = work(b, state, "task", "review", "{\"decision\": \"approve\"}", &run);
	state = work(b, state, "job", "issue", "{}", &run);
	assert_non_null(effect(&run, BPMN_LEFT, "end_approved"));
	assert_str(bpmn_status(state), "completed");
	assert_true(str_find(bpmn_svg(a, b, NULL), STR("id=\"bpmn-review\"")) > 0);

	json_set_str(a, table->last->first, "then", STR("nowhere"));
	assert_int_equal(bpmn_from_stages(a, table, &d).n, 0);
	assert_str(d.first->rule, "stages.target");
}

static void the_path_of_a_case_is_marked(void **s)
{
	arena *a = *s;
	struct bpmn *b = load(a, file(a, "tests/unit/data/card.bpmn"));
	json *path = vars(a, "{\"review\": {\"state\": \"active\", \"count\": 2, \"note\": \"<3 d\"}}");
	str svg = bpmn_svg(a, b, path);

	assert_true(str_find(svg, STR("class=\"node active\" id=\"bpmn-review\"")) > 0);
	assert_true(str_find(svg, STR("2 \u00B7 &lt;3 d")) > 0);
}

/* A calendar of its own: from 08:00 to 14:00 UTC, every day but day 20455 (Friday). */
static bool holiday(instant t)
{
	return t / DAY == 20455;
}

static instant office_days(void *ctx, instant from, int64_t days)
{
	(void)ctx;
	while (days > 0) {
		from += DAY;
		days -= !holiday(from);
	}
	return from - from % DAY + 14 * HOUR;
}

static int64_t office_between(void *ctx, instant from, instant to)
{
	int64_t sum = 0;

	(void)ctx;
	for (; from < to; from += MINUTE)
		sum += !holiday(from) && from % DAY >= 8 * HOUR && from % DAY < 14 * HOUR ? MINUTE : 0;
	return sum;
}

static instant office_time(void *ctx, instant from, int64_t micros)
{
	while (office_between(ctx, from, from + MINUTE) || micros > 0) {
		if (micros <= 0)
			return from;
		micros -= office_between(ctx, from, from + MINUTE);
		from += MINUTE;
	}
	return from;
}

static void time_counts_as_the_calendar_says_and_stands_still(void **s)
{
	arena *a = *s;
	struct bpmn *b = load(
	    a, STR(HEAD
	           "<process id=\"p\"><startEvent id=\"s\"/><subProcess id=\"w\">"
	           "<userTask id=\"review\" diwan:role=\"officer\" diwan:due=\"2\" "
	           "diwan:dueUnit=\"hours\"/><userTask id=\"ask\" diwan:role=\"applicant\"/>"
	           "<userTask id=\"again\" diwan:role=\"officer\" diwan:due=\"1\"/>" FLOW("a", "review",
	                                                                                  "ask")
	               FLOW("b", "ask",
	                    "again") "</subProcess><boundaryEvent id=\"late\" attachedToRef=\"w\" "
	                             "cancelActivity=\"false\"><timerEventDefinition "
	                             "diwan:calendar=\"working_time\" diwan:pausesFor=\"applicant\">"
	                             "<timeDuration>PT10H</timeDuration></timerEventDefinition></"
	                             "boundaryEvent>"
	                             "<endEvent id=\"e\"/><endEvent id=\"f\"/>" FLOW("c", "s", "w")
	                                 FLOW("d", "w", "e") FLOW("g", "late", "f") "</process>" TAIL));
	struct bpmn_run run = {.a = a,
	                       .now = 20454 * DAY + 9 * HOUR, /* Thursday 09:00 */
	                       .working_days = office_days,
	                       .working_time = office_time,
	                       .working_between = office_between};
	instant began = run.now;
	json *state = started(b, "{}", &run);

	assert_int_equal(effect(&run, BPMN_TASK_OPENED, "review")->due, began + 2 * HOUR);
	/* five hours on Thursday, five on Saturday */
	assert_int_equal(effect(&run, BPMN_TIMER_SET, "late")->due, 20456 * DAY + 13 * HOUR);

	run.now += 2 * HOUR; /* eight hours are left when the applicant is asked */
	state = work(b, state, "task", "review", "{}", &run);
	assert_non_null(effect(&run, BPMN_TIMER_CANCELLED, "late"));
	int64_t timer = instance_of(a, state, "timer", "late");
	json *next = NULL;
	struct bpmn_trigger fire = {.kind = BPMN_TIMER_FIRED, .instance = timer};
	assert_int_equal(bpmn_step(b, state, &fire, &run, &next), ERR_bpmn_no_instance);
	json *w = bpmn_waiting(a, state)->first;
	while (!str_eq(json_str(w, "element"), STR("late")))
		w = w->next;
	assert_int_equal(json_int(w, "left", 0), 8 * HOUR);

	state = json_parse(a, json_print(a, state), NULL); /* killed meanwhile */
	run.now = 20464 * DAY + 13 * HOUR;                 /* ten days later */
	state = work(b, state, "task", "ask", "{}", &run);
	assert_int_equal(effect(&run, BPMN_TASK_OPENED, "again")->due, 20465 * DAY + 14 * HOUR);
	assert_int_equal(effect(&run, BPMN_TIMER_SET, "late")->due, 20466 * DAY + 9 * HOUR);
	state = stepped(b, state, fire, &run);
	state = work(b, state, "task", "again", "{}", &run);
	assert_str(bpmn_status(state), "completed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(a_card_is_replaced_after_a_question),
	    UNIT(it_is_known_which_variables_matter),
	    UNIT(a_late_review_is_reminded_and_goes_on),
	    UNIT(a_decision_nobody_foresaw_parks_the_case),
	    UNIT(a_failed_job_waits_for_a_retry),
	    UNIT(cancelling_withdraws_everything),
	    UNIT(an_endless_loop_meets_its_budget),
	    UNIT(a_complex_gateway_needs_a_token),
	    UNIT(branches_and_calls_have_a_ceiling),
	    UNIT(a_case_moves_to_a_new_version_by_a_plan),
	    UNIT(what_listens_follows_the_version),
	    UNIT(a_step_does_not_touch_the_old_state),
	    UNIT(what_is_not_carried_out_is_refused),
	    UNIT(a_table_of_stages_becomes_a_process),
	    UNIT(the_path_of_a_case_is_marked),
	    UNIT(time_counts_as_the_calendar_says_and_stands_still),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

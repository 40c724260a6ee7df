/*
 * advance.c - one step of a case: the engine's answer becomes events.
 *
 * The order is what keeps a nested command of another room right: first
 * case.advanced with the new state, then tasks, timers and subscriptions, then
 * the notices to people, and last what asks others for work: whatever they do at
 * once, in their reactors, already finds the case as the step left it.
 */
#include "kernel/cases/cases_in.h"
#include "kernel/cases/statements.h"

#include "kernel/i18n/i18n.h"
#include "kernel/journal.h"

struct step {
	struct tx *tx;
	struct kase q;
	const struct service *s;
	const struct bpmn_trigger *t;
	struct cause cause;
	struct bpmn_run run;
	struct body body;
	json *state; /* after the engine */
	json *waits; /* what it waits for then */
	str visible; /* the case's new state ... */
	str outcome; /* ... and outcome */
	bool closed, asks_applicant;
	int incidents; /* told so far */
};

struct first_step {
	struct step step;
	size_t followed; /* rules asked */
	struct ahead ahead;
};

/* Triggers that follow from a step by themselves, one after the other. */
struct queued {
	struct bpmn_trigger t;
	struct queued *next;
};
struct queue {
	struct queued *first, **end;
	size_t n;
};

static bool queue_put(arena *a, struct queue *q, struct bpmn_trigger t)
{
	if (q->n++ == AUTO_STEPS_MAX)
		return false;
	*q->end = NEW(a, struct queued);
	(*q->end)->t = t;
	q->end = &(*q->end)->next;
	return true;
}

struct emission emission_of(const struct kase *q, const char *kind, json *data, json *secret)
{
	return (struct emission){.kind = kind,
	                         .entity = q->entity,
	                         .subject = q->applicant,
	                         .case_id = q->id,
	                         .data = data,
	                         .secret = secret};
}

json *notice(struct tx *tx, const struct kase *q)
{
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "reference", q->reference);
	json_set_str(tx->a, d, "service", q->service);
	json_set_int(tx->a, d, "version", q->version);
	return d;
}

str service_role(const struct service *s, const json *element)
{
	str role = json_str(element, "role");
	str mapped = json_text(json_get_str(json_get(s->definition, "roles"), json_str(element, "id")));
	return mapped.n ? mapped : role;
}

/* ---- running the engine ---- */

/* The engine reads answers, applicant and case like any variable; they are kept once, in
 * case_body and case_file, and not again in each state. */
static void put_in(arena *a, json *vars, const struct body *b, json *about)
{
	json_set(a, vars, "answers", b->answers ? json_share(a, b->answers) : json_object(a));
	json_set(a, vars, "applicant", b->person ? json_share(a, b->person) : json_object(a));
	json_set(a, vars, "case", about);
}

static bool is_put_in(str name)
{
	return str_eq(name, STR("answers")) || str_eq(name, STR("applicant")) ||
	       str_eq(name, STR("case"));
}

static json *members_but(arena *a, const json *object, bool (*left_out)(str name))
{
	json *kept = json_object(a);
	for (const json *m = object->first; m; m = m->next)
		if (!left_out || !left_out(m->key))
			json_set_key(a, kept, m->key, json_share(a, m));
	return kept;
}

static json *taken_out(arena *a, const json *state)
{
	json *kept = members_but(a, state, NULL);
	const json *vars = json_get(state, "vars");
	if (vars)
		json_set(a, kept, "vars", members_but(a, vars, is_put_in));
	return kept;
}

json *case_vars(arena *a, const struct body *b, money fee, str code, json *about)
{
	json *vars = json_object(a), *charge = json_object(a);
	currency cur;
	put_in(a, vars, b, about);
	if (currency_find(code, &cur)) {
		json_set(a, charge, "amount", json_number(a, money_print(a, fee, cur)));
		json_set_str(a, charge, "currency", code);
	}
	json_set(a, vars, "fee", charge);
	return vars;
}

struct bpmn_run case_run(arena *a, const struct pack *p, instant now)
{
	struct bpmn_run run = {.a = a, .now = now, .offset = p ? p->utc_offset : 0};
	if (p && p->calendar) {
		run.working_days = working_days;
		run.working_time = working_time;
		run.working_between = working_between;
		run.ctx = (void *)(uintptr_t)p->calendar;
	}
	return run;
}

static err engine(struct step *m)
{
	m->run = case_run(m->tx->a, pack_current(m->tx->k), m->tx->now);
	err e;
	if (!m->t) {
		json *vars = case_vars(m->tx->a, &m->body, m->q.fee, m->q.currency, notice(m->tx, &m->q));
		e = bpmn_start(m->s->process, (str){0}, vars, &m->run, &m->state);
	} else if (!m->body.process) {
		return tx_fail(m->tx, ERR_case_closed, "", "the case has no process that could go on");
	} else {
		json *vars = json_get(m->body.process, "vars");
		if (vars)
			put_in(m->tx->a, vars, &m->body, notice(m->tx, &m->q));
		e = bpmn_step(m->s->process, m->body.process, m->t, &m->run, &m->state);
	}
	if (e)
		return tx_fail(m->tx, ERR_case_engine, "", "%s", err_find(e)->name);
	if (str_eq(bpmn_status(m->state), STR("error")))
		return tx_fail(m->tx, ERR_case_engine, "",
		               "the process would end with an error that nothing catches");
	return OK;
}

static bool waits_for_job(const json *list, int64_t instance)
{
	for (const json *v = list->first; v; v = v->next)
		if (str_eq(json_str(v, "kind"), STR("job")) && json_int(v, "instance", 0) == instance)
			return true;
	return false;
}

/* Goes on after the rule that this effect asked for. False: it cannot, and nothing of it
 * has happened. */
static bool follow_rule(struct step *m, const struct bpmn_effect *f)
{
	struct bpmn_trigger t = {.kind = BPMN_JOB_DONE, .instance = f->instance};
	struct bpmn_effect *last = m->run.last;
	json *vars = NULL, *state;
	if (!waits_for_job(bpmn_waiting(m->tx->a, m->state), f->instance) ||
	    rule_decide(m->tx, m->s, f, &m->body, &vars) != OK)
		return false;
	t.vars = vars;
	if (bpmn_step(m->s->process, m->state, &t, &m->run, &state) != OK)
		return false;
	if (str_eq(bpmn_status(state), STR("error"))) {
		m->run.last = last;
		last->next = NULL;
		return false;
	}
	m->state = state;
	return true;
}

/* Business rules ask nobody, so what follows from them belongs to the same step and is
 * one event with it. One that cannot be decided is asked for as other work is, and
 * refused there. */
static err rules(struct step *m, struct queue *next)
{
	for (const struct bpmn_effect *f = m->run.first; f; f = f->next) {
		if (f->kind != BPMN_JOB_REQUESTED || !is_rule(f))
			continue;
		if (next->n++ == AUTO_STEPS_MAX)
			return tx_fail(m->tx, ERR_budget, "", "the process runs in a circle");
		if (!follow_rule(m, f))
			return OK;
	}
	return OK;
}

/* ---- what the case looks like now ---- */

/* Instances from this one on came to be in this step. */
static int64_t first_fresh(const struct step *m)
{
	return m->t ? json_int(m->body.process, "n", 0) : 0;
}

struct waits {
	bool payment, issue, applicant, held, task;
};

static struct waits look(struct step *m)
{
	struct waits w = {0};
	int64_t fresh = first_fresh(m);
	m->waits = bpmn_waiting(m->tx->a, m->state);
	for (const json *v = m->waits->first; v; v = v->next) {
		str kind = json_str(v, "kind");
		bool task = str_eq(kind, STR("task"));
		if (!task && !str_eq(kind, STR("job")))
			continue;
		const json *el = bpmn_element_json(m->tx->a, m->s->process, json_str(v, "element"));
		w.payment |= !task && str_eq(json_str(el, "type"), STR("payment"));
		w.issue |= !task && str_eq(json_str(el, "type"), STR("issue"));
		if (!task)
			continue;
		struct task t;
		if (str_eq(service_role(m->s, el), STR("applicant"))) {
			w.applicant = true;
			continue;
		}
		w.task = true;
		if (json_int(v, "instance", 0) >= fresh)
			continue; /* opened by this step: nobody has it yet */
		w.held |= task_of_instance(m->tx->db, m->tx->a, m->q.id, json_int(v, "instance", 0), &t) &&
		          t.holder;
	}
	return w;
}

/* The outcome that the last end event reached declares. */
static str end_outcome(struct step *m)
{
	str outcome = {0};
	for (const struct bpmn_effect *f = m->run.first; f; f = f->next) {
		if (f->kind != BPMN_ENTERED)
			continue;
		const json *el = bpmn_element_json(m->tx->a, m->s->process, f->element);
		str said = json_text(json_path(el, "attributes.outcome"));
		if (said.n)
			outcome = said;
	}
	return outcome;
}

static void settle(struct step *m)
{
	str status = bpmn_status(m->state);
	struct waits w = look(m);
	m->closed = !str_eq(status, STR("active")) && !str_eq(status, STR("incident"));
	m->outcome = m->q.outcome;
	m->asks_applicant = w.payment || w.applicant;
	bool done = str_eq(m->q.state, STR("approved")) || str_eq(m->q.state, STR("issued"));
	done &= m->q.outcome.n > 0; /* a decision that was taken back is none */
	if (m->closed) {
		str end = end_outcome(m);
		m->outcome = end.n ? end : m->q.outcome.n ? m->q.outcome : STR("approved");
		if (str_eq(status, STR("cancelled")))
			m->outcome = STR("withdrawn");
		m->visible = str_eq(m->outcome, STR("withdrawn")) || str_eq(m->outcome, STR("rejected"))
		                 ? m->outcome
		             : done ? STR("issued")
		                    : STR("approved");
		return;
	}
	if (w.issue && !m->outcome.n)
		m->outcome = STR("approved");
	m->visible = m->q.suspended ? STR("suspended")
	             : w.payment    ? STR("unpaid")
	             : w.applicant  ? STR("returned")
	             : w.issue      ? STR("approved")
	             : done         ? STR("issued")
	             : w.held       ? STR("review")
	             : w.task       ? STR("submitted")
	                            : STR("review");
}

static const char *trigger_name(const struct bpmn_trigger *t)
{
	static const char *const names[] = {"task",    "work",    "work_failed", "work_error", "timer",
	                                    "message", "signal",  "vars",        "retry",      "move",
	                                    "cancel",  "migrate", "again",       "hold",       "go_on"};
	return t ? names[t->kind] : "start";
}

/* Elements that the case has come to and stands at: since when, the event tells. */
static json *entered(struct step *m)
{
	json *list = json_array(m->tx->a);
	int64_t fresh = first_fresh(m);
	for (const json *v = m->waits->first; v; v = v->next) {
		str kind = json_str(v, "kind");
		if (json_int(v, "instance", 0) >= fresh && !str_eq(kind, STR("join")) &&
		    !str_eq(kind, STR("scope")))
			json_push(list, json_string(m->tx->a, json_str(v, "element")));
	}
	return list;
}

static json *process_secret(const struct step *m)
{
	json *secret = json_object(m->tx->a);
	json_set(m->tx->a, secret, "process", taken_out(m->tx->a, m->state));
	return secret;
}

static err record(struct step *m)
{
	arena *a = m->tx->a;
	json *d = json_object(a), *left = json_array(a), *flows = json_array(a);
	for (const struct bpmn_effect *f = m->run.first; f; f = f->next)
		if (f->kind == BPMN_LEFT || f->kind == BPMN_FLOW)
			json_push(f->kind == BPMN_LEFT ? left : flows, json_string(a, f->element));
	bool stopped = (m->asks_applicant || m->q.suspended) && !m->closed;
	instant due = stopped || !m->q.paused ? m->q.due : case_due_shifted(m->tx, m->s, &m->q);
	json_set_str(a, d, "trigger", str_of(trigger_name(m->t)));
	if (m->t)
		json_set_int(a, d, "instance", m->t->instance);
	json_set_str(a, d, "status", bpmn_status(m->state));
	json_set_str(a, d, "state", m->visible);
	json_set_str(a, d, "outcome", m->outcome);
	json_set_int(a, d, "due", due);
	json_set_int(a, d, "paused", !stopped ? 0 : m->q.paused ? m->q.paused : m->tx->now);
	json_set_bool(a, d, "closed", m->closed);
	json_set(a, d, "left", left);
	json_set(a, d, "flows", flows);
	json_set(a, d, "entered", entered(m));
	struct emission e = emission_of(&m->q, "case.advanced", d, NULL);
	e.ahead = m->cause.first ? &m->cause.first->ahead : NULL;
	e.secret = e.ahead ? e.ahead->secret : process_secret(m);
	return tx_emit(m->tx, e);
}

/* ---- tasks, timers, subscriptions ---- */

static json *task_title(arena *a, const json *element)
{
	str en = json_str(element, "name"), ar = json_str(json_get(element, "attributes"), "name_ar");
	return text_pair(a, en, ar.n ? ar : en);
}

static err open_task(struct step *m, const struct bpmn_effect *f)
{
	arena *a = m->tx->a;
	const json *attributes = json_get(f->data, "attributes");
	str entity = json_str(attributes, "entity");
	json *d = json_object(a);
	json_set_int(a, d, "task", tx_id(m->tx));
	json_set_int(a, d, "instance", f->instance);
	json_set_str(a, d, "element", f->element);
	json_set_str(a, d, "role", service_role(m->s, f->data));
	json_set(a, d, "name", task_title(a, f->data));
	json_set_str(a, d, "outcomes", json_str(attributes, "outcomes"));
	json_set_str(a, d, "form", json_str(f->data, "form"));
	json_set_str(a, d, "four_eyes", json_str(attributes, "fourEyes"));
	json_set_int(a, d, "due", f->due);
	struct emission e = emission_of(&m->q, "task.opened", d, NULL);
	if (entity.n)
		e.entity = entity;
	return tx_emit(m->tx, e);
}

static err close_task(struct step *m, const struct bpmn_effect *f)
{
	struct task t;
	bool completed = json_truth(f->data, "completed");
	if (!task_of_instance(m->tx->db, m->tx->a, m->q.id, f->instance, &t))
		return OK;
	json *d = json_object(m->tx->a);
	json_set_int(m->tx->a, d, "task", t.id);
	json_set_str(m->tx->a, d, "element", t.element);
	json_set_bool(m->tx->a, d, "completed", completed);
	json_set_str(m->tx->a, d, "outcome",
	             !completed           ? (str){0}
	             : m->cause.outcome.n ? m->cause.outcome
	                                  : STR("done"));
	bool told = completed && (m->cause.answers || m->cause.reason.n);
	json *secret = told ? json_object(m->tx->a) : NULL;
	if (told && m->cause.answers)
		json_set(m->tx->a, secret, "answers", json_copy(m->tx->a, m->cause.answers));
	if (told && m->cause.reason.n)
		json_set_str(m->tx->a, secret, "reason", m->cause.reason);
	struct emission e = emission_of(&m->q, "task.closed", d, secret);
	e.entity = t.entity;
	return tx_emit(m->tx, e);
}

static str timer_key(struct step *m, const struct bpmn_effect *f)
{
	return str_fmt(m->tx->a, "%lld:%lld:%lld", (long long)m->q.id, (long long)f->instance,
	               (long long)f->due);
}

static void set_timer(struct step *m, const struct bpmn_effect *f)
{
	json *p = json_object(m->tx->a);
	json_set_int(m->tx->a, p, "case", m->q.id);
	json_set_int(m->tx->a, p, "instance", f->instance);
	json_set_int(m->tx->a, p, "due", f->due);
	tx_later(m->tx, "case.timer", timer_key(m, f), f->due, p);
}

static err told(struct step *m, const struct bpmn_effect *f, const char *kind)
{
	arena *a = m->tx->a;
	json *d = json_object(a), *secret = NULL;
	json_set_int(a, d, "instance", f->instance);
	json_set_str(a, d, "element", f->element);
	if (f->kind == BPMN_SUBSCRIBED || f->kind == BPMN_UNSUBSCRIBED) {
		json_set_str(a, d, "kind", json_str(f->data, "kind"));
		json_set_str(a, d, "name", f->name);
		json_set_str(a, d, "key", json_str(f->data, "key"));
	}
	if (f->kind == BPMN_INCIDENT) {
		json_set_str(a, d, "rule", f->name);
		secret = json_object(a);
		json_set_str(a, secret, "what", json_str(f->data, "what"));
	}
	return tx_emit(m->tx, emission_of(&m->q, kind, d, secret));
}

static err cancel_work(struct step *m, const struct bpmn_effect *f)
{
	rows *r = db_query(m->tx->db, &sql_work_get, D_INT(m->q.id), D_INT(f->instance));
	bool asked = db_next(r);
	str type = asked ? str_dup(m->tx->a, db_text(r, 0)) : (str){0};
	db_done(r);
	if (!asked)
		return OK;
	json *d = json_object(m->tx->a);
	json_set_int(m->tx->a, d, "instance", f->instance);
	json_set_str(m->tx->a, d, "type", type);
	return tx_emit(m->tx, emission_of(&m->q, "work.cancelled", d, NULL));
}

static err effect(struct step *m, const struct bpmn_effect *f)
{
	switch (f->kind) {
	case BPMN_TASK_OPENED:
		return open_task(m, f);
	case BPMN_TASK_CLOSED:
		return close_task(m, f);
	case BPMN_TIMER_SET:
		set_timer(m, f);
		return OK;
	case BPMN_TIMER_CANCELLED:
		tx_cancel(m->tx, "case.timer", timer_key(m, f));
		return OK;
	case BPMN_JOB_CANCELLED:
		return cancel_work(m, f);
	case BPMN_SUBSCRIBED:
		return told(m, f, "case.waiting");
	case BPMN_UNSUBSCRIBED:
		return told(m, f, "case.reached");
	case BPMN_INCIDENT:
		return m->incidents++ < STEP_INCIDENTS_MAX ? told(m, f, "case.incident") : OK;
	case BPMN_RESOLVED:
		return told(m, f, "case.resolved");
	default:
		return OK;
	}
}

/* ---- notices ---- */

static err notices(struct step *m)
{
	arena *a = m->tx->a;
	bool decided = m->outcome.n && !m->q.outcome.n;
	json *secret = json_object(a);
	json_set_str(a, secret, "reason", m->cause.reason);
	err e = OK;
	for (const struct bpmn_effect *f = m->run.first; f && !e; f = f->next) {
		if (f->kind != BPMN_TASK_OPENED || !str_eq(service_role(m->s, f->data), STR("applicant")))
			continue;
		json *asked = notice(m->tx, &m->q);
		json_set(a, asked, "title", task_title(a, f->data));
		e = tx_emit(m->tx, emission_of(&m->q, "case.returned", asked, secret));
	}
	if (e || !decided)
		return e;
	if (str_eq(m->outcome, STR("rejected")))
		return tx_emit(m->tx, emission_of(&m->q, "case.rejected", notice(m->tx, &m->q), secret));
	if (str_eq(m->outcome, STR("withdrawn")))
		return tx_emit(m->tx, emission_of(&m->q, "case.withdrawn", notice(m->tx, &m->q), secret));
	json *d = notice(m->tx, &m->q);
	json_set_str(a, d, "outcome", m->outcome);
	bool words = m->cause.reason.n > 0; /* an answer to a complaint, a remark */
	return tx_emit(m->tx, emission_of(&m->q, "case.approved", d, words ? secret : NULL));
}

/* ---- what others are asked for ---- */

static err throw(struct step * m, const struct bpmn_effect *f)
{
	arena *a = m->tx->a;
	json *d = json_object(a);
	bool message = f->kind == BPMN_MESSAGE_THROWN;
	json_set_str(a, d, "kind", message ? STR("message") : STR("signal"));
	json_set_str(a, d, "name", f->name);
	json_set_str(a, d, "key", json_str(f->data, "key"));
	json *secret = json_object(a);
	json_set(a, secret, "vars", json_copy(a, json_get(f->data, "vars")));
	return tx_emit(m->tx, emission_of(&m->q, "case.thrown", d, secret));
}

/* After the step, and after what others did about it. */
static bool still_waits(struct step *m, int64_t instance)
{
	return waits_for_job(m->waits, instance) &&
	       waits_for_job(case_waiting(m->tx->db, m->tx->a, m->q.id), instance);
}

static err ask(struct step *m, struct queue *next)
{
	arena *a = m->tx->a;
	err e = OK;
	for (const struct bpmn_effect *f = m->run.first; f && !e; f = f->next) {
		if (f->kind == BPMN_MESSAGE_THROWN || f->kind == BPMN_SIGNAL_THROWN)
			e = throw(m, f);
		if (f->kind != BPMN_JOB_REQUESTED || !still_waits(m, f->instance))
			continue;
		bool done = false;
		json *vars = NULL;
		e = work_request(m->tx, &m->q, m->s, f, &done, &vars);
		if (e || !done)
			continue;
		struct bpmn_trigger t = {.kind = BPMN_JOB_DONE, .instance = f->instance, .vars = vars};
		if (!queue_put(a, next, t))
			return tx_fail(m->tx, ERR_budget, "", "the process runs in a circle");
	}
	return e;
}

/* What the process does, and where the case stands then. */
static err run(struct step *m, struct queue *next)
{
	err e = engine(m);
	if (!e)
		e = rules(m, next);
	if (!e)
		settle(m);
	return e;
}

static void run_before(struct step *m, const struct first_step *f, struct queue *next)
{
	struct step now = *m;
	*m = f->step;
	m->tx = now.tx;
	m->q = now.q;
	m->cause = now.cause;
	next->n = f->followed;
}

static err one_step(struct tx *tx, int64_t id, const struct bpmn_trigger *t, struct cause cause,
                    struct queue *next)
{
	struct step m = {.tx = tx, .t = t, .cause = cause};
	if (!case_get(tx->db, tx->a, id, &m.q))
		return tx_fail(tx, ERR_not_found, "", "no such case");
	m.s = service_at(tx->k, tx->db, m.q.service, m.q.version);
	if (!m.s || !m.s->process)
		return tx_fail(tx, ERR_case_engine, "", "version %lld of %.*s is not there",
		               (long long)m.q.version, STRF(m.q.service));
	err e = OK;
	if (cause.first) {
		run_before(&m, cause.first, next);
	} else {
		if (cause.body)
			m.body = *cause.body;
		else
			body_get(tx->db, tx->a, &m.q, &m.body);
		e = run(&m, next);
	}
	if (!e)
		e = record(&m);
	for (const struct bpmn_effect *f = m.run.first; f && !e; f = f->next)
		e = effect(&m, f);
	if (!e)
		e = notices(&m);
	return e ? e : ask(&m, next);
}

const struct first_step *case_first_step(struct tx *tx, const struct kase *q,
                                         const struct service *s, const struct body *sent)
{
	struct first_step *f = NEW(tx->a, struct first_step);
	struct queue next = {0};
	next.end = &next.first;
	f->step = (struct step){.tx = tx, .q = *q, .s = s, .body = *sent};
	if (bpmn_reads(s->process, STR("case")) || run(&f->step, &next) != OK ||
	    !journal_seal_ahead(tx, "case.advanced", q->applicant, process_secret(&f->step), &f->ahead))
		return NULL;
	f->followed = next.n;
	f->step.tx = NULL;
	return f;
}

/* What would have happened, kept for a retry: {kind, instance, name, vars}. */
static json *cause_view(struct tx *tx, const struct bpmn_trigger *t)
{
	json *v = json_object(tx->a);
	json_set_int(tx->a, v, "kind", t->kind);
	json_set_int(tx->a, v, "instance", t->instance);
	json_set_str(tx->a, v, "name", t->name);
	if (t->vars)
		json_set(tx->a, v, "vars", json_copy(tx->a, t->vars));
	return v;
}

/* The engine refused, so nothing of the step is recorded: the case waits for an
 * operator. */
static err park(struct tx *tx, int64_t id, const struct bpmn_trigger *t)
{
	struct kase q;
	if (!case_get(tx->db, tx->a, id, &q))
		return ERR_case_engine;
	json *d = json_object(tx->a), *secret = json_object(tx->a);
	json_set_int(tx->a, d, "instance", t->instance);
	json_set_str(tx->a, d, "rule", STR("case.engine"));
	json_set_str(tx->a, secret, "what", tx->fault.detail);
	json_set(tx->a, secret, "cause", cause_view(tx, t));
	tx->fault = (struct fault){0};
	return tx_emit(tx, emission_of(&q, "case.incident", d, secret));
}

static err advance(struct tx *tx, int64_t id, const struct bpmn_trigger *t, struct cause cause,
                   bool parks)
{
	struct queue next = {0};
	next.end = &next.first;
	err e = one_step(tx, id, t, cause, &next);
	if (e == ERR_case_engine && parks)
		e = park(tx, id, t);
	for (const struct queued *q = next.first; q && !e; q = q->next) {
		e = one_step(tx, id, &q->t, (struct cause){0}, &next);
		if (e == ERR_case_engine)
			e = park(tx, id, &q->t);
	}
	return e;
}

err case_advance(struct tx *tx, int64_t id, const struct bpmn_trigger *t, struct cause cause)
{
	return advance(tx, id, t, cause, false);
}

err case_advance_or_park(struct tx *tx, int64_t id, const struct bpmn_trigger *t)
{
	return advance(tx, id, t, (struct cause){0}, true);
}

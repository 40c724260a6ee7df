/* task.c - officers: taking, giving, deciding, noting, reading. */
#include "kernel/cases/cases_in.h"
#include "kernel/cases/statements.h"

#include "base/utf8.h"

str who_when(struct tx *tx, int64_t person, instant at)
{
	struct person p;
	str name = person_get(tx->db, tx->a, person, &p) ? p.name_en : STR("somebody");
	return str_fmt(tx->a, "%.*s, %.*s", STRF(name), STRF(time_print(tx->a, at)));
}

bool task_barred(dbc *c, arena *a, const struct kase *q, const struct task *t, int64_t officer)
{
	struct task d;
	if (officer == q->applicant || (q->agent && officer == q->agent))
		return true;
	if (t->four_eyes.n &&
	    db_query_int(c, &sql_task_closer, 0, D_INT(q->id), D_TEXT(t->four_eyes)) == officer)
		return true;
	/* After an appeal nobody who had a part in the decision looks at the case again. */
	return q->appealed && task_decided(c, a, q->id, q->appealed, &d) &&
	       db_query_int(c, &sql_task_did, 0, D_INT(q->id), D_TEXT(d.element), D_INT(officer),
	                    D_INT(q->appealed));
}

err four_eyes(struct tx *tx, const struct kase *q, const struct task *t, int64_t officer)
{
	if (officer == q->applicant || (q->agent && officer == q->agent))
		return tx_fail(tx, ERR_case_four_eyes, "", "nobody works on their own application");
	if (task_barred(tx->db, tx->a, q, t, officer))
		return tx_fail(tx, ERR_case_four_eyes, "", "the same officer decided before");
	return OK;
}

/* An open task of an officer, and its case. */
static err open_task(struct tx *tx, int64_t id, struct task *t, struct kase *q)
{
	if (!task_get(tx->db, tx->a, id, t) || str_eq(t->role, STR("applicant")))
		return tx_fail(tx, ERR_not_found, "", "no such task");
	err e = case_any(tx, t->case_id, q);
	if (!e && t->closed)
		e = tx_fail(tx, ERR_case_closed, "", "%.*s", STRF(who_when(tx, t->closer, t->closed)));
	return e;
}

/* Whose lane is this? The officer must hold the task's role for its entity. */
static err in_role(struct tx *tx, const struct task *t, int64_t officer)
{
	struct rights r = rights_of(tx->db, tx->a, officer, tx->now);
	for (size_t i = 0; i < r.n; i++)
		if ((!t->role.n || str_eq(r.grants[i].role, t->role)) &&
		    (str_eq(r.grants[i].entity, STR("*")) || str_eq(r.grants[i].entity, t->entity)))
			return OK;
	return tx_fail(tx, ERR_case_role, "", "this task is for the role %.*s of %.*s", STRF(t->role),
	               STRF(t->entity));
}

static err taken(struct tx *tx, const struct task *t)
{
	return tx_fail(tx, ERR_case_taken, "", "%.*s", STRF(who_when(tx, t->holder, t->taken)));
}

/* The case's state once this task is held or free again. */
static str state_with(struct tx *tx, const struct kase *q, const struct task *t, bool held)
{
	struct task list[DESKS_MAX];
	size_t n = case_tasks(tx->db, tx->a, q->id, true, list, DESKS_MAX);
	for (size_t i = 0; i < n; i++)
		held |= list[i].id != t->id && list[i].holder;
	if (!str_eq(q->state, STR("submitted")) && !str_eq(q->state, STR("review")))
		return q->state;
	return held ? STR("review") : STR("submitted");
}

static err emit_held(struct tx *tx, const char *kind, const struct kase *q, const struct task *t,
                     int64_t to)
{
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "task", t->id);
	json_set_int(tx->a, d, "from", t->holder);
	json_set_int(tx->a, d, "to", to);
	json_set_str(tx->a, d, "state", state_with(tx, q, t, to != 0));
	struct emission e = emission_of(q, kind, d, NULL);
	e.entity = t->entity;
	return tx_emit(tx, e);
}

err task_claim(struct tx *tx, int64_t task)
{
	struct task t;
	struct kase q;
	err e = open_task(tx, task, &t, &q);
	if (!e)
		e = in_role(tx, &t, tx->actor.person);
	if (!e)
		e = four_eyes(tx, &q, &t, tx->actor.person);
	if (e || t.holder == tx->actor.person)
		return e;
	return t.holder ? taken(tx, &t) : emit_held(tx, "task.claimed", &q, &t, tx->actor.person);
}

err task_release(struct tx *tx, int64_t task)
{
	struct task t;
	struct kase q;
	err e = open_task(tx, task, &t, &q);
	if (e || !t.holder)
		return e;
	return t.holder == tx->actor.person ? emit_held(tx, "task.released", &q, &t, 0) : taken(tx, &t);
}

err task_assign(struct tx *tx, int64_t task, int64_t to)
{
	struct task t;
	struct kase q;
	err e = open_task(tx, task, &t, &q);
	if (e || t.holder == to)
		return e;
	struct rights r = rights_of(tx->db, tx->a, to, tx->now);
	if (!may(&r, PERM_case_work, t.entity))
		return tx_fail(tx, ERR_bad_input, "to", "this person does not work on cases of %.*s",
		               STRF(t.entity));
	e = in_role(tx, &t, to);
	if (!e)
		e = four_eyes(tx, &q, &t, to);
	return e ? e : emit_held(tx, "task.assigned", &q, &t, to);
}

/* ---- deciding ---- */

static bool offered(const struct task *t, str outcome)
{
	for (size_t i = 0; i < t->n_outcomes; i++)
		if (str_eq(t->outcomes[i], outcome))
			return true;
	return !t->n_outcomes && !outcome.n;
}

bool outcome_needs_reason(const struct service *s, str outcome)
{
	const json *free = json_get(s ? s->definition : NULL, "no_reason");
	if (!outcome.n || str_eq(outcome, STR("approve")))
		return false;
	for (const json *v = free ? free->first : NULL; v; v = v->next)
		if (str_eq(json_text(v), outcome))
			return false;
	return true;
}

static err reason_check(struct tx *tx, const struct kase *q, str outcome, str reason)
{
	if (utf8_length(reason) > REASON_MAX_CHARS)
		return tx_fail(tx, ERR_bad_input, "reason", "at most %d characters", REASON_MAX_CHARS);
	const struct service *s = service_at(tx->k, tx->db, q->service, q->version);
	if (outcome_needs_reason(s, outcome) && !str_trim(reason).n)
		return tx_fail(tx, ERR_bad_input, "reason", "say why, so that the applicant can act");
	return OK;
}

/* The last one who changed the case, for an officer whose page is old. */
static err moved_on(struct tx *tx, const struct kase *q)
{
	int64_t actor = 0;
	instant at = q->changed;
	rows *r = db_query(tx->db, &sql_case_last_actor, D_INT(q->id));
	if (db_next(r)) {
		actor = db_int(r, 0);
		at = db_int(r, 1);
	}
	db_done(r);
	return tx_fail(tx, ERR_conflict, "", "%.*s", STRF(who_when(tx, actor, at)));
}

static err may_decide(struct tx *tx, const struct kase *q, const struct task *t, int64_t revision,
                      str outcome, str reason)
{
	err e = four_eyes(tx, q, t, tx->actor.person);
	if (e)
		return e;
	if (t->holder && t->holder != tx->actor.person)
		return taken(tx, t);
	if (!t->holder)
		return tx_fail(tx, ERR_case_state, "", "take the task before deciding");
	if (q->revision != revision)
		return moved_on(tx, q);
	if (q->suspended)
		return tx_fail(tx, ERR_case_state, "", "the case is suspended");
	struct kase lead;
	if (q->joined && case_get(tx->db, tx->a, q->joined, &lead) && !lead.closed)
		return tx_fail(tx, ERR_case_state, "", "the case is decided together with another");
	if (!offered(t, outcome))
		return tx_fail(tx, ERR_bad_input, "outcome", "choose one of the outcomes offered");
	return reason_check(tx, q, outcome, reason);
}

const struct form *task_form(const struct service *s, const struct task *t)
{
	for (size_t i = 0; s && t->form.n && i < s->n_forms; i++)
		if (str_eq(s->forms[i].key, t->form))
			return s->forms[i].form;
	return NULL;
}

static json *decision_vars(struct tx *tx, const struct kase *q, const struct task *t, str outcome,
                           str reason, const json *vars)
{
	json *all = json_is(vars, JSON_OBJECT) ? json_copy(tx->a, vars) : json_object(tx->a);
	const struct service *s = service_at(tx->k, tx->db, q->service, q->version);
	const json *el = s ? bpmn_element_json(tx->a, s->process, t->element) : NULL;
	str result = json_str(el, "resultVariable");
	if (outcome.n)
		json_set_str(tx->a, all, "decision", outcome);
	if (outcome.n && result.n)
		json_set_key(tx->a, all, result, json_string(tx->a, outcome));
	if (reason.n)
		json_set_str(tx->a, all, "reason", reason);
	return all;
}

static err complete(struct tx *tx, const struct kase *q, const struct task *t, struct cause cause,
                    const json *vars)
{
	struct bpmn_trigger done = {.kind = BPMN_TASK_COMPLETED,
	                            .instance = t->instance,
	                            .vars = decision_vars(tx, q, t, cause.outcome, cause.reason, vars)};
	return case_advance(tx, q->id, &done, cause);
}

static bool task_at_element(struct tx *tx, int64_t id, str element, struct task *out)
{
	struct task list[DESKS_MAX];
	size_t n = case_tasks(tx->db, tx->a, id, true, list, DESKS_MAX);
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i].element, element)) {
			*out = list[i];
			return true;
		}
	return false;
}

/* What was decided in the leading case is decided in those joined to it, or in none. */
static err complete_joined(struct tx *tx, const struct kase *lead, str element, struct cause cause,
                           const json *vars)
{
	struct kase *q = NEWN(tx->a, struct kase, JOINED_MAX);
	size_t n = cases_joined(tx->db, tx->a, lead->id, q, JOINED_MAX);
	err e = OK;
	for (size_t i = 0; i < n && !e; i++) {
		struct task t;
		if (q[i].suspended || !task_at_element(tx, q[i].id, element, &t))
			return tx_fail(tx, ERR_case_state, "",
			               "%.*s does not wait for this decision: separate it first",
			               STRF(q[i].reference));
		e = in_role(tx, &t, tx->actor.person);
		if (!e)
			e = four_eyes(tx, &q[i], &t, tx->actor.person);
		if (!e && t.holder && t.holder != tx->actor.person)
			e = taken(tx, &t);
		if (!e)
			e = complete(tx, &q[i], &t, cause, vars);
	}
	return e;
}

err task_complete(struct tx *tx, int64_t task, int64_t revision, str outcome, str reason,
                  const json *vars)
{
	struct task t;
	struct kase q;
	err e = open_task(tx, task, &t, &q);
	if (!e)
		e = may_decide(tx, &q, &t, revision, outcome, reason);
	if (e)
		return e;
	if (!t.instance)
		return appeal_decide(tx, &q, &t, outcome, reason);
	const struct form *f = task_form(service_at(tx->k, tx->db, q.service, q.version), &t);
	struct cause cause = {.outcome = outcome, .reason = reason, .answers = f ? vars : NULL};
	e = f ? form_check(tx, f, vars) : OK;
	if (!e)
		e = complete(tx, &q, &t, cause, vars);
	return e ? e : complete_joined(tx, &q, t.element, cause, vars);
}

/* ---- notes and reading ---- */

err case_note(struct tx *tx, int64_t id, str text)
{
	struct kase q;
	err e = case_any(tx, id, &q);
	if (e)
		return e;
	if (!str_trim(text).n)
		return tx_fail(tx, ERR_bad_input, "text", "write the note");
	if (utf8_length(text) > NOTE_MAX_CHARS)
		return tx_fail(tx, ERR_bad_input, "text", "at most %d characters", NOTE_MAX_CHARS);
	json *secret = json_object(tx->a);
	json_set_str(tx->a, secret, "text", text);
	return tx_emit(tx, emission_of(&q, "case.noted", NULL, secret));
}

bool case_read_lately(dbc *c, int64_t id, int64_t person, instant now)
{
	instant last = db_query_int(c, &sql_reader_at, 0, D_INT(id), D_INT(person));
	return last && now - last < CASE_READ_EVERY;
}

/* For which entity an officer of several reads a case: the one that has it through a
 * task of theirs, the one it was sent to, one that had a part in it, or their own. */
static str reads_for(struct tx *tx, const struct kase *q)
{
	struct rights r = rights_of(tx->db, tx->a, tx->actor.person, tx->now);
	struct task list[DESKS_MAX];
	for (int open = 1; open >= 0; open--) {
		size_t n = case_tasks(tx->db, tx->a, q->id, open, list, DESKS_MAX);
		for (size_t i = 0; i < n; i++)
			if (!str_eq(list[i].role, STR("applicant")) && may(&r, PERM_case_work, list[i].entity))
				return list[i].entity;
		if (open && may(&r, PERM_case_read, q->entity))
			return q->entity;
	}
	return tx->actor.entity;
}

err case_read(struct tx *tx, int64_t id, str purpose)
{
	struct kase q;
	err e = case_any(tx, id, &q);
	if (e)
		return e;
	if (case_read_lately(tx->db, id, tx->actor.person, tx->now))
		return OK;
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "purpose", purpose);
	struct emission m = emission_of(&q, "case.read", d, NULL);
	if (tx->actor.entity.n || tx->actor.on_behalf) /* an agent reads for no entity */
		m.entity = tx->actor.on_behalf ? tx->actor.entity : reads_for(tx, &q);
	return tx_emit(tx, m);
}

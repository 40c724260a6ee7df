/*
 * course.c - what officers do to a case beside its process: stopping it and letting it
 * go on, taking a decision back, making two of one, deciding several as one.
 */
#include "kernel/cases/cases_in.h"
#include "kernel/cases/statements.h"

#include "base/utf8.h"

/* ---- edges ---- */

#define CASE_withdraw CASE_WITHDRAW
#define CASE_appeal   CASE_APPEAL
#define CASE_drop     CASE_DROP
#define CASE_uphold   CASE_UPHOLD
#define CASE_allow    CASE_ALLOW
#define CASE_reopen   CASE_REOPEN
#define CASE_suspend  CASE_SUSPEND
#define CASE_resume   CASE_RESUME
#define CASE_split    CASE_SPLIT
#define CASE_join     CASE_JOIN
#define CASE_separate CASE_SEPARATE

static const struct {
	const char *from;
	enum case_act act;
} edges[] = {
#define EDGE(from, act, to, who) {#from, CASE_##act},
#include "kernel/cases/edges.def"
#undef EDGE
};

bool case_act_fits(str state, enum case_act act)
{
	for (size_t i = 0; i < COUNT(edges); i++)
		if (edges[i].act == act && str_eq(state, str_of(edges[i].from)))
			return true;
	return false;
}

err case_edge(struct tx *tx, const struct kase *q, enum case_act act)
{
	if (case_act_fits(q->state, act))
		return OK;
	return tx_fail(tx, ERR_case_state, "", "not in the state %.*s", STRF(q->state));
}

err case_officer(struct tx *tx, const struct kase *q, enum permission p)
{
	str entity[DESKS_MAX];
	int64_t me = tx->actor.person;
	struct rights r = rights_of(tx->db, tx->a, me, tx->now);
	size_t n = case_entities(tx->db, tx->a, q->id, entity, DESKS_MAX);
	bool allowed = false;
	if (me == q->applicant || (q->agent && me == q->agent))
		return tx_fail(tx, ERR_case_four_eyes, "", "nobody works on their own application");
	for (size_t i = 0; i < n; i++)
		allowed |= may(&r, p, entity[i]);
	return allowed ? OK : tx_fail(tx, ERR_not_found, "", "no such case");
}

err reason_needed(struct tx *tx, str reason)
{
	if (utf8_length(reason) > REASON_MAX_CHARS)
		return tx_fail(tx, ERR_bad_input, "reason", "at most %d characters", REASON_MAX_CHARS);
	if (!str_trim(reason).n)
		return tx_fail(tx, ERR_bad_input, "reason", "say why");
	return OK;
}

/* The case, if this officer may do that to it now. What another holds stays theirs. */
static err worked(struct tx *tx, int64_t id, enum case_act act, struct kase *q)
{
	err e = case_any(tx, id, q);
	if (!e)
		e = case_officer(tx, q, PERM_case_work);
	if (!e)
		e = case_edge(tx, q, act);
	if (!e && q->holder && q->holder != tx->actor.person && act != CASE_RESUME)
		e = tx_fail(tx, ERR_case_taken, "", "%.*s", STRF(who_when(tx, q->holder, q->changed)));
	return e;
}

static err tell(struct tx *tx, const struct kase *q, const char *kind, json *d, str reason)
{
	json *secret = json_object(tx->a);
	json_set_str(tx->a, secret, "reason", reason);
	return tx_emit(tx, emission_of(q, kind, d ? d : notice(tx, q), secret));
}

/* ---- stopping ---- */

err case_suspend(struct tx *tx, int64_t id, str reason)
{
	struct kase q;
	err e = worked(tx, id, CASE_SUSPEND, &q);
	if (!e)
		e = reason_needed(tx, reason);
	if (!e)
		e = tell(tx, &q, "case.suspended", NULL, reason);
	struct bpmn_trigger hold = {.kind = BPMN_HOLD};
	return e ? e : case_advance(tx, id, &hold, (struct cause){0});
}

err case_resume(struct tx *tx, int64_t id, str reason)
{
	struct kase q;
	err e = worked(tx, id, CASE_RESUME, &q);
	if (!e && utf8_length(reason) > REASON_MAX_CHARS)
		e = tx_fail(tx, ERR_bad_input, "reason", "at most %d characters", REASON_MAX_CHARS);
	if (!e)
		e = tell(tx, &q, "case.resumed", NULL, reason);
	struct bpmn_trigger on = {.kind = BPMN_GO_ON};
	return e ? e : case_advance(tx, id, &on, (struct cause){0});
}

/* ---- deciding anew ---- */

bool task_decided(dbc *c, arena *a, int64_t id, instant by, struct task *out)
{
	int64_t task = db_query_int(c, &sql_task_decided, 0, D_INT(id), D_INT(by));
	return task && task_get(c, a, task, out);
}

json *case_anew(struct tx *tx, const struct kase *q)
{
	json *d = notice(tx, q);
	const struct service *s = service_at(tx->k, tx->db, q->service, q->version);
	json_set_int(tx->a, d, "due", s ? case_due_first(tx, s) : 0);
	return d;
}

err case_again(struct tx *tx, const struct kase *q, const json *vars)
{
	const struct service *s = service_at(tx->k, tx->db, q->service, q->version);
	str at = json_text(json_path(s ? s->definition : NULL, "appeal.at"));
	struct task t;
	if (!at.n && task_decided(tx->db, tx->a, q->id, tx->now, &t))
		at = t.element;
	if (!at.n)
		return tx_fail(tx, ERR_case_state, "", "no officer decided this case");
	struct bpmn_trigger again = {.kind = BPMN_AGAIN, .name = at, .vars = vars};
	return case_advance(tx, q->id, &again, (struct cause){0});
}

err case_reopen(struct tx *tx, int64_t id, str reason)
{
	struct kase q;
	err e = case_any(tx, id, &q);
	if (!e)
		e = case_officer(tx, &q, PERM_case_reopen);
	if (!e)
		e = case_edge(tx, &q, CASE_REOPEN);
	if (!e && !q.closed)
		e = tx_fail(tx, ERR_case_state, "", "the process has not ended yet");
	if (!e)
		e = reason_needed(tx, reason);
	if (!e)
		e = tell(tx, &q, "case.reopened", case_anew(tx, &q), reason);
	return e ? e : case_again(tx, &q, NULL);
}

/* ---- making two of one ---- */

/* The one task that the case waits for, with nothing running beside it. */
static err only_task(struct tx *tx, const struct kase *q, struct task *t)
{
	struct task list[DESKS_MAX];
	json *waits = case_waiting(tx->db, tx->a, q->id);
	bool beside = case_tasks(tx->db, tx->a, q->id, true, list, DESKS_MAX) != 1 ||
	              str_eq(list[0].role, STR("applicant"));
	for (const json *v = waits->first; v; v = v->next) {
		str kind = json_str(v, "kind");
		beside |=
		    str_eq(kind, STR("job")) || str_eq(kind, STR("join")) || str_eq(kind, STR("incident"));
	}
	if (beside)
		return tx_fail(tx, ERR_case_state, "", "the case waits for more than one officer's task");
	*t = list[0];
	return OK;
}

static err second_case(struct tx *tx, const struct kase *q, const struct service *s, str reason,
                       struct kase *out)
{
	arena *a = tx->a;
	struct body b;
	json *d = json_object(a), *secret = json_object(a);
	body_get(tx->db, a, q, &b);
	if (!b.process)
		return tx_fail(tx, ERR_case_closed, "", "the case has no process that could go on");
	case_number_take(tx, s, d);
	json_set_int(a, d, "from", q->id);
	json_set_str(a, d, "from_reference", q->reference);
	json_set_str(a, d, "service", q->service);
	json_set_int(a, d, "version", q->version);
	json_set_str(a, d, "channel", q->channel);
	json_set_int(a, d, "agent", q->agent);
	json_set_int(a, d, "submitted", q->submitted);
	json_set_int(a, d, "due", q->due);
	json_set(a, secret, "applicant", b.person ? b.person : json_object(a));
	json_set(a, secret, "answers", b.answers ? b.answers : json_object(a));
	json_set(a, secret, "process", b.process);
	json_set_str(a, secret, "reason", reason);
	struct kase fresh = *q;
	fresh.id = tx_id(tx);
	err e = tx_emit(tx, emission_of(&fresh, "case.split_off", d, secret));
	return e ? e : case_any(tx, fresh.id, out);
}

err case_split(struct tx *tx, int64_t id, str reason, struct kase *out)
{
	struct kase q;
	struct task t;
	err e = worked(tx, id, CASE_SPLIT, &q);
	if (!e)
		e = reason_needed(tx, reason);
	if (!e)
		e = only_task(tx, &q, &t);
	if (e)
		return e;
	const struct service *s = service_at(tx->k, tx->db, q.service, q.version);
	e = s ? second_case(tx, &q, s, reason, out) : ERR_case_engine;
	if (e)
		return e;
	json *d = notice(tx, &q);
	json_set_int(tx->a, d, "into", out->id);
	json_set_str(tx->a, d, "into_reference", out->reference);
	e = tell(tx, &q, "case.split", d, reason);
	struct bpmn_trigger again = {.kind = BPMN_AGAIN, .name = t.element};
	e = e ? e : case_advance(tx, out->id, &again, (struct cause){0});
	return e ? e : case_any(tx, out->id, out);
}

/* ---- deciding several as one ---- */

static size_t related(dbc *c, arena *a, struct sql *q, int64_t to, struct kase *out, size_t max)
{
	int64_t id[JOINED_MAX];
	size_t n = 0, found = 0;
	rows *r = db_query(c, q, D_INT(to), D_INT(JOINED_MAX));
	while (n < JOINED_MAX && db_next(r))
		id[n++] = db_int(r, 0);
	db_done(r);
	for (size_t i = 0; i < n && found < max; i++)
		found += case_get(c, a, id[i], &out[found]);
	return found;
}

size_t cases_joined(dbc *c, arena *a, int64_t lead, struct kase *out, size_t max)
{
	return related(c, a, &sql_case_joined, lead, out, max);
}

size_t case_parts(dbc *c, arena *a, int64_t id, struct kase *out, size_t max)
{
	return related(c, a, &sql_case_parts, id, out, max);
}

static err joinable(struct tx *tx, const struct kase *q, const struct kase *lead)
{
	struct kase with[JOINED_MAX];
	struct task t, u;
	if (q->id == lead->id)
		return tx_fail(tx, ERR_bad_input, "reference", "a case is not joined to itself");
	if (!str_eq(q->service, lead->service) || q->version != lead->version ||
	    !str_eq(q->entity, lead->entity))
		return tx_fail(tx, ERR_bad_input, "reference",
		               "only cases of one service and entity are decided together");
	if (q->joined || lead->joined || cases_joined(tx->db, tx->a, q->id, with, JOINED_MAX))
		return tx_fail(tx, ERR_case_state, "", "one of them is joined to another already");
	if (cases_joined(tx->db, tx->a, lead->id, with, JOINED_MAX) == JOINED_MAX)
		return tx_fail(tx, ERR_case_state, "", "at most %d are decided with one", JOINED_MAX);
	err e = only_task(tx, q, &t);
	if (!e)
		e = only_task(tx, lead, &u);
	if (!e && !str_eq(t.element, u.element))
		e = tx_fail(tx, ERR_case_state, "", "the cases do not wait for the same task");
	return e;
}

err case_join(struct tx *tx, int64_t id, int64_t lead, str reason)
{
	struct kase q, to;
	err e = worked(tx, id, CASE_JOIN, &q);
	if (!e)
		e = worked(tx, lead, CASE_JOIN, &to);
	if (!e)
		e = reason_needed(tx, reason);
	if (!e)
		e = joinable(tx, &q, &to);
	if (e)
		return e;
	json *d = notice(tx, &q);
	json_set_int(tx->a, d, "lead", to.id);
	json_set_str(tx->a, d, "lead_reference", to.reference);
	return tell(tx, &q, "case.joined", d, reason);
}

err case_separate(struct tx *tx, int64_t id)
{
	struct kase q;
	err e = worked(tx, id, CASE_SEPARATE, &q);
	if (!e && !q.joined)
		e = tx_fail(tx, ERR_case_state, "", "the case is not joined to another");
	return e ? e : tx_emit(tx, emission_of(&q, "case.separated", notice(tx, &q), NULL));
}

/*
 * appeal.c - a rejection is looked at again, by somebody else.
 *
 * The process has ended by then. Who decides on the appeal does a task of no process
 * (instance 0); allowed, the process begins anew at the task that decided wrongly.
 */
#include "kernel/cases/cases_in.h"
#include "kernel/cases/statements.h"

#include "base/utf8.h"

static const json *rule_of(const struct service *s)
{
	return s ? json_get(s->definition, "appeal") : NULL;
}

instant case_appeal_until(struct kernel *k, dbc *c, arena *a, const struct kase *q)
{
	const struct service *s = service_at(k, c, q->service, q->version);
	const struct pack *p = pack_current(k);
	const json *within = json_get(rule_of(s), "within");
	struct task t;
	if (!within || !p || !p->calendar || q->appeals || !q->closed ||
	    !case_act_fits(q->state, CASE_APPEAL))
		return 0;
	if (!json_str(rule_of(s), "at").n && !task_decided(c, a, q->id, q->closed, &t))
		return 0;
	return calendar_due(p->calendar, q->closed, within);
}

/* The role of who decided, unless the service names another. */
static err open_appeal(struct tx *tx, const struct kase *q, const struct service *s)
{
	arena *a = tx->a;
	struct task t = {0};
	const struct pack *p = pack_current(tx->k);
	const json *due = json_get(rule_of(s), "due");
	str role = json_str(rule_of(s), "role");
	bool decided = task_decided(tx->db, a, q->id, tx->now, &t);
	json *d = json_object(a);
	json_set_int(a, d, "task", tx_id(tx));
	json_set_int(a, d, "instance", 0);
	json_set_str(a, d, "element", STR("appeal"));
	json_set_str(a, d, "role", role.n ? role : t.role);
	json_set_str(a, d, "outcomes", STR("uphold allow"));
	json_set_int(a, d, "due", due && p ? calendar_due(p->calendar, tx->now, due) : 0);
	struct emission e = emission_of(q, "task.opened", d, NULL);
	if (decided && !role.n)
		e.entity = t.entity;
	return tx_emit(tx, e);
}

err case_appeal(struct tx *tx, int64_t id, str words)
{
	struct kase q;
	err e = case_own(tx, id, &q);
	if (!e)
		e = case_edge(tx, &q, CASE_APPEAL);
	if (e)
		return e;
	instant until = case_appeal_until(tx->k, tx->db, tx->a, &q);
	if (!until)
		return tx_fail(tx, ERR_case_state, "", "this decision cannot be appealed");
	if (tx->now > until)
		return tx_fail(tx, ERR_case_state, "", "the time for an appeal ended on %.*s",
		               STRF(time_print(tx->a, until)));
	if (!str_trim(words).n)
		return tx_fail(tx, ERR_bad_input, "reason", "say what was decided wrongly");
	if (utf8_length(words) > REASON_MAX_CHARS)
		return tx_fail(tx, ERR_bad_input, "reason", "at most %d characters", REASON_MAX_CHARS);
	const struct service *s = service_at(tx->k, tx->db, q.service, q.version);
	const struct pack *p = pack_current(tx->k);
	const json *due = json_get(rule_of(s), "due");
	json *d = notice(tx, &q), *secret = json_object(tx->a);
	json_set_int(tx->a, d, "due", due ? calendar_due(p->calendar, tx->now, due) : 0);
	json_set_str(tx->a, secret, "words", words);
	e = tx_emit(tx, emission_of(&q, "case.appealed", d, secret));
	return e ? e : open_appeal(tx, &q, s);
}

static err close_appeal(struct tx *tx, const struct kase *q, const struct task *t, str outcome)
{
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "task", t->id);
	json_set_str(tx->a, d, "element", t->element);
	json_set_bool(tx->a, d, "completed", outcome.n > 0);
	json_set_str(tx->a, d, "outcome", outcome);
	struct emission e = emission_of(q, "task.closed", d, NULL);
	e.entity = t->entity;
	return tx_emit(tx, e);
}

err case_appeal_drop(struct tx *tx, int64_t id)
{
	struct kase q;
	struct task t;
	err e = case_own(tx, id, &q);
	if (!e)
		e = case_edge(tx, &q, CASE_DROP);
	if (!e && task_of_instance(tx->db, tx->a, id, 0, &t))
		e = close_appeal(tx, &q, &t, (str){0});
	return e ? e : tx_emit(tx, emission_of(&q, "case.appeal_dropped", notice(tx, &q), NULL));
}

err appeal_decide(struct tx *tx, const struct kase *q, const struct task *t, str outcome,
                  str reason)
{
	bool allowed = str_eq(outcome, STR("allow"));
	json *d = allowed ? case_anew(tx, q) : notice(tx, q), *secret = json_object(tx->a);
	err e = case_edge(tx, q, allowed ? CASE_ALLOW : CASE_UPHOLD);
	if (!e)
		e = close_appeal(tx, q, t, outcome);
	json_set_str(tx->a, d, "outcome", outcome);
	json_set_str(tx->a, secret, "reason", reason);
	if (!e)
		e = tx_emit(tx, emission_of(q, "case.appeal_decided", d, secret));
	return e || !allowed ? e : case_again(tx, q, NULL);
}

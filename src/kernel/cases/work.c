/* work.c - what the process asks of other rooms, timers and messages: going out,
 * and coming back. */
#include "kernel/cases/cases_in.h"
#include "kernel/cases/statements.h"
#include "kernel/documents/documents.h"

#define MESSAGE_WAITERS_MAX 1000

/* ---- going out ---- */

static json *work_view(struct tx *tx, const struct kase *q, const struct bpmn_effect *f)
{
	json *d = notice(tx, q), *fee = json_object(tx->a);
	json_set_str(tx->a, d, "type", json_str(f->data, "type"));
	json_set_int(tx->a, d, "instance", f->instance);
	json_set_str(tx->a, d, "element", f->element);
	json_set_str(tx->a, d, "name", json_str(f->data, "name"));
	json *attributes = json_get(f->data, "attributes"), *headers = json_get(f->data, "headers");
	json_set(tx->a, d, "attributes",
	         attributes ? json_copy(tx->a, attributes) : json_object(tx->a));
	if (headers)
		json_set(tx->a, d, "headers", json_copy(tx->a, headers));
	json_set_int(tx->a, fee, "minor", q->fee.minor);
	json_set_str(tx->a, fee, "currency", q->currency);
	json_set(tx->a, d, "fee", fee);
	return d;
}

bool is_rule(const struct bpmn_effect *f)
{
	return str_eq(json_str(f->data, "kind"), STR("businessRuleTask"));
}

err rule_decide(struct tx *tx, const struct service *s, const struct bpmn_effect *f,
                const struct body *b, json **vars)
{
	arena *a = tx->a;
	str decision = json_str(f->data, "decision"), into = json_str(f->data, "resultVariable");
	json *context = service_context(a, pack_current(tx->k), b->person, b->answers, tx->now);
	struct decision_answer answer = {0};
	err e = service_decide(a, s, decision, context, tx->now, &answer);
	*vars = json_object(a);
	json_set_key(a, *vars, into.n ? into : decision, answer.value ? answer.value : json_null(a));
	return e;
}

/* What the texts of a document may name. */
static json *document_view(struct tx *tx, const struct kase *q, const struct service *s)
{
	arena *a = tx->a;
	json *v = json_object(a), *about = notice(tx, q);
	currency cur;
	json_set(a, v, "applicant", case_applicant(tx->db, a, q->id));
	json_set(a, v, "answers", case_answers(tx->db, a, q->id));
	json_set_str(a, about, "submitted", time_print(a, q->submitted));
	json_set_str(a, about, "decided", time_print(a, tx->now));
	if (currency_find(q->currency, &cur)) {
		json_set_str(a, about, "fee", money_print(a, q->fee, cur));
		json_set_str(a, about, "currency", q->currency);
	}
	json_set(a, v, "case", about);
	json_set(a, v, "service", json_copy(a, json_get(s->card, "title")));
	return v;
}

static err ask_document(struct tx *tx, const struct kase *q, const struct service *s,
                        const struct bpmn_effect *f)
{
	const json *title = json_get(s->document, "title");
	str kind = json_str(s->document, "kind"), prefix = json_str(s->document, "prefix");
	if (!title)
		title = json_get(s->card, "title");
	struct document_order o = {
	    .kind = kind.n ? kind : STR("certificate"),
	    .prefix = prefix.n ? prefix : STR("D"),
	    .case_id = q->id,
	    .subject = q->applicant,
	    .entity = q->entity,
	    .instance = f->instance,
	    .key = str_fmt(tx->a, "case:%lld:%lld:%lld", (long long)q->id, (long long)f->instance,
	                   (long long)q->revision),
	    .spec = s->document,
	    .view = document_view(tx, q, s),
	    .title = title ? json_copy(tx->a, title) : json_object(tx->a),
	};
	return document_request(tx, &o);
}

static err remind(struct tx *tx, const struct kase *q, const struct bpmn_effect *f)
{
	json *d = work_view(tx, q, f);
	json_set_int(tx->a, d, "due", q->due);
	json_set_int(tx->a, d, "holder", q->holder);
	return tx_emit(tx, emission_of(q, "task.overdue", d, NULL));
}

bool work_at_once(str type, money fee)
{
	return str_eq(type, STR("remind")) || (str_eq(type, STR("payment")) && !fee.minor);
}

err work_request(struct tx *tx, const struct kase *q, const struct service *s,
                 const struct bpmn_effect *f, bool *done, json **vars)
{
	str type = json_str(f->data, "type");
	struct kase now = *q;
	if (is_rule(f)) {
		struct body b;
		body_get(tx->db, tx->a, q, &b);
		*done = true;
		return rule_decide(tx, s, f, &b, vars);
	}
	*done = work_at_once(type, q->fee);
	case_get(tx->db, tx->a, q->id, &now);
	if (str_eq(type, STR("remind")))
		return remind(tx, &now, f);
	if (*done)
		return OK;
	err e = tx_emit(tx, emission_of(q, "work.requested", work_view(tx, q, f), NULL));
	if (!e && str_eq(type, STR("issue")) && s->document)
		e = ask_document(tx, &now, s, f);
	return e;
}

/* ---- coming back ---- */

/* Whether the work is still wanted; then it is over. Twice is once. */
static err work_over(struct tx *tx, const struct kase *q, int64_t instance, bool failed,
                     bool *wanted)
{
	rows *r = db_query(tx->db, &sql_work_get, D_INT(q->id), D_INT(instance));
	*wanted = db_next(r);
	str type = *wanted ? str_dup(tx->a, db_text(r, 0)) : (str){0};
	db_done(r);
	if (!*wanted)
		return OK;
	json *d = notice(tx, q);
	json_set_int(tx->a, d, "instance", instance);
	json_set_str(tx->a, d, "type", type);
	json_set_bool(tx->a, d, "failed", failed);
	return tx_emit(tx, emission_of(q, "work.done", d, NULL));
}

err case_work_done(struct tx *tx, int64_t id, int64_t instance, const json *vars)
{
	struct kase q;
	bool wanted = false;
	err e = case_any(tx, id, &q);
	if (!e)
		e = work_over(tx, &q, instance, false, &wanted);
	if (e || !wanted)
		return e;
	struct bpmn_trigger t = {.kind = BPMN_JOB_DONE, .instance = instance, .vars = vars};
	return case_advance_or_park(tx, id, &t);
}

err case_work_failed(struct tx *tx, int64_t id, int64_t instance, str reason)
{
	struct kase q;
	bool wanted = false;
	err e = case_any(tx, id, &q);
	if (!e)
		e = work_over(tx, &q, instance, true, &wanted);
	if (e || !wanted)
		return e;
	struct bpmn_trigger t = {.kind = BPMN_JOB_FAILED, .instance = instance, .name = reason};
	return case_advance_or_park(tx, id, &t);
}

/* ---- timers ---- */

/* Fires a timer once: it must still be set, for this very time. */
err case_timer_job(struct tx *tx, const struct job *j)
{
	int64_t id = json_int(j->payload, "case", 0), instance = json_int(j->payload, "instance", 0);
	instant due = json_int(j->payload, "due", 0);
	struct kase q;
	if (!case_get(tx->db, tx->a, id, &q) || q.closed)
		return OK;
	json *list = case_waiting(tx->db, tx->a, id);
	for (const json *v = list->first; v; v = v->next)
		if (str_eq(json_str(v, "kind"), STR("timer")) && json_int(v, "instance", 0) == instance &&
		    json_int(v, "due", 0) == due) {
			struct bpmn_trigger fired = {.kind = BPMN_TIMER_FIRED, .instance = instance};
			return case_advance_or_park(tx, id, &fired);
		}
	return OK;
}

/* ---- messages ---- */

static size_t waiters(struct tx *tx, str kind, str name, str key, int64_t *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(tx->db, &sql_wait_find, D_TEXT(kind), D_TEXT(name), D_TEXT(key),
	                   D_INT((int64_t)max));
	while (n < max && db_next(r))
		out[n++] = db_int(r, 0);
	db_done(r);
	return n;
}

err case_message(struct tx *tx, str name, str key, const json *vars)
{
	int64_t id;
	if (!waiters(tx, STR("message"), name, key, &id, 1) &&
	    !waiters(tx, STR("message"), name, (str){0}, &id, 1))
		return tx_fail(tx, ERR_not_found, "", "no case waits for this message");
	struct bpmn_trigger t = {.kind = BPMN_MESSAGE, .name = name, .key = key, .vars = vars};
	return case_advance_or_park(tx, id, &t);
}

err case_thrown_react(struct tx *tx, const struct event *e)
{
	str name = json_str(e->data, "name");
	const json *vars = json_get(e->secret, "vars");
	if (str_eq(json_str(e->data, "kind"), STR("message"))) {
		err failed = case_message(tx, name, json_str(e->data, "key"), vars);
		if (failed == ERR_not_found)
			tx->fault = (struct fault){0};
		return failed == ERR_not_found ? OK : failed;
	}
	int64_t *id = NEWN(tx->a, int64_t, MESSAGE_WAITERS_MAX), last = 0;
	size_t n = waiters(tx, STR("signal"), name, (str){0}, id, MESSAGE_WAITERS_MAX);
	err failed = OK;
	for (size_t i = 0; i < n && !failed; i++) {
		struct bpmn_trigger t = {.kind = BPMN_SIGNAL, .name = name, .vars = vars};
		if (id[i] != e->case_id && id[i] != last)
			failed = case_advance_or_park(tx, id[i], &t);
		last = id[i];
	}
	return failed;
}

/* A case's document is there: its process goes on. */
err case_document_react(struct tx *tx, const struct event *e)
{
	int64_t instance = json_int(e->data, "instance", 0);
	if (!e->case_id || !instance)
		return OK;
	json *vars = json_object(tx->a);
	json_set_str(tx->a, vars, "document", json_str(e->data, "number"));
	return case_work_done(tx, e->case_id, instance, vars);
}

/* operate.c - operators: cases that cannot go on by themselves. */
#include "kernel/cases/cases_in.h"
#include "kernel/cases/statements.h"

/* ---- looking ---- */

static json *named(arena *a, const struct bpmn *b, str element)
{
	const json *el = bpmn_element_json(a, b, element);
	str en = json_str(el, "name"), ar = json_text(json_path(el, "attributes.name_ar"));
	json *v = json_object(a), *name = json_object(a);
	json_set_str(a, v, "element", element);
	json_set_str(a, name, "en", en.n ? en : element);
	json_set_str(a, name, "ar", ar.n ? ar : en.n ? en : element);
	json_set(a, v, "name", name);
	return v;
}

static json *named_list(arena *a, const struct bpmn *b, const json *ids)
{
	json *list = json_array(a);
	for (const json *id = ids ? ids->first : NULL; id; id = id->next)
		json_push(list, named(a, b, id->s));
	return list;
}

json *case_steps(struct kernel *k, dbc *c, arena *a, const struct kase *q)
{
	const struct service *s = service_at(k, c, q->service, q->version);
	struct body body;
	json *list = json_array(a);
	if (!s || !s->process || !body_get(c, a, q, &body))
		return list;
	json *steps = bpmn_steps(a, s->process, body.process);
	for (const json *step = steps->first; step; step = step->next) {
		json *v = json_push(list, named(a, s->process, json_str(step, "element")));
		json_set_int(a, v, "instance", json_int(step, "instance", 0));
		json_set_bool(a, v, "parked", json_truth(step, "parked"));
		json_set(a, v, "to", named_list(a, s->process, json_get(step, "to")));
	}
	return list;
}

json *case_missing(struct kernel *k, dbc *c, arena *a, const struct kase *q, int64_t to_version)
{
	const struct service *s = service_at(k, c, q->service, q->version),
	                     *to = service_at(k, c, q->service, to_version);
	struct body body;
	json *list = json_array(a);
	if (!to || !to->process || !s || !s->process || !body_get(c, a, q, &body))
		return NULL;
	json *missing = bpmn_missing(a, s->process, to->process, body.process);
	for (const json *m = missing->first; m; m = m->next) {
		json *v = json_push(list, named(a, s->process, m->key));
		json_set(a, v, "to", named_list(a, to->process, m));
	}
	return list;
}

bool case_fits(struct kernel *k, dbc *c, arena *a, const struct kase *q, int64_t to_version,
               const json *plan)
{
	const struct service *to = service_at(k, c, q->service, to_version);
	struct bpmn_trigger t = {.kind = BPMN_MIGRATE, .vars = plan};
	struct bpmn_run run = {.a = a, .now = kernel_now(k)};
	struct body body;
	json *state;
	return to && to->process && body_get(c, a, q, &body) && body.process &&
	       bpmn_step(to->process, body.process, &t, &run, &state) == OK;
}

/* ---- setting it going again ---- */

static err resolved(struct tx *tx, const struct kase *q, int64_t instance)
{
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "instance", instance);
	return tx_emit(tx, emission_of(q, "case.resolved", d, NULL));
}

err case_retry(struct tx *tx, int64_t id, int64_t instance)
{
	struct kase q;
	err e = case_any(tx, id, &q);
	if (e)
		return e;
	rows *r = db_query(tx->db, &sql_incident_get, D_INT(id), D_INT(instance));
	bool found = db_next(r);
	str text = found ? str_dup(tx->a, db_text(r, 1)) : (str){0};
	db_done(r);
	if (!found)
		return tx_fail(tx, ERR_case_state, "", "nothing is parked there");
	struct bpmn_trigger t = {.kind = BPMN_RETRY, .instance = instance};
	const json *cause = text.n ? json_parse(tx->a, text, NULL) : NULL;
	if (cause) { /* the trigger itself was refused: it comes again */
		t.kind = (enum bpmn_trigger_kind)json_int(cause, "kind", BPMN_RETRY);
		t.name = json_str(cause, "name");
		t.vars = json_get(cause, "vars");
		e = resolved(tx, &q, instance);
	}
	return e ? e : case_advance_or_park(tx, id, &t);
}

err case_move(struct tx *tx, int64_t id, int64_t instance, str element)
{
	struct kase q;
	err e = case_any(tx, id, &q);
	if (e)
		return e;
	struct bpmn_trigger t = {.kind = BPMN_MOVE, .instance = instance, .name = element};
	return case_advance(tx, id, &t, (struct cause){0});
}

/* The step itself checks the plan: the engine refuses a state that does not fit
 * the new version, and then nothing of this is kept. */
err case_migrate(struct tx *tx, int64_t id, int64_t to_version, const json *plan)
{
	struct kase q;
	err e = case_any(tx, id, &q);
	if (e)
		return e;
	if (q.closed || str_eq(q.state, STR("draft")))
		return tx_fail(tx, ERR_case_closed, "", "only a running case has a version to leave");
	const struct service *to = service_at(tx->k, tx->db, q.service, to_version);
	if (!to || !to->process)
		return tx_fail(tx, ERR_bad_input, "to_version", "there is no version %lld of %.*s",
		               (long long)to_version, STRF(q.service));
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "from", q.version);
	json_set_int(tx->a, d, "version", to_version);
	json_set(tx->a, d, "plan", plan ? json_copy(tx->a, plan) : json_object(tx->a));
	e = tx_emit(tx, emission_of(&q, "case.migrated", d, NULL));
	struct bpmn_trigger t = {.kind = BPMN_MIGRATE, .vars = json_get(d, "plan")};
	return e ? e : case_advance(tx, id, &t, (struct cause){0});
}

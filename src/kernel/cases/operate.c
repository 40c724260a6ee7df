/* operate.c - operators: cases that cannot go on by themselves. */
#include "kernel/cases/cases_in.h"
#include "kernel/cases/statements.h"

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

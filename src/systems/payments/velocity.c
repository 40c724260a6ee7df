/*
 * velocity.c - too many attempts in too short a time: a rule of the country.
 *
 * The decision "payment-velocity" of the pack says "allow" or "block" by how many
 * attempts the payer made in the last ten minutes. A pack without it has no such rule.
 */
#include "systems/payments/order.h"
#include "systems/payments/statements.h"

#include "kernel/pack/pack.h"

#define DECISION        "payment-velocity"
#define VELOCITY_WINDOW (10 * MINUTE)

static int64_t attempts_lately(struct tx *tx, const struct order *o)
{
	return db_query_int(tx->db, &sql_attempts_lately, 0, D_INT(tx->now - VELOCITY_WINDOW),
	                    D_INT(o->payer), D_INT(o->id));
}

bool velocity_allows(struct tx *tx, const struct order *o)
{
	const struct pack *p = pack_current(tx->k);
	const struct pack_decision *d =
	    p ? pack_decision_at(p, STR(DECISION), (tx->now + p->utc_offset * SECOND) / DAY) : NULL;
	if (!d || !d->model)
		return true;
	struct dmn_run run = dmn_run_make(tx->a);
	json *inputs = json_object(tx->a), *answer = NULL;
	run.now = tx->now;
	json_set_int(tx->a, inputs, "attempts", attempts_lately(tx, o));
	err e = dmn_eval(d->model, json_str(d->about, "decision"), inputs, &run, &answer);
	return e == OK && str_eq(json_text(answer), STR("allow"));
}

/* Recorded by whoever told the payer: a refusal alone leaves no trace. */
err velocity_record(struct tx *tx, int64_t order)
{
	struct order o;
	if (!order_get(tx->db, tx->a, order, &o))
		return tx_fail(tx, ERR_not_found, "", "there is no such order");
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "order", o.id);
	json_set_int(tx->a, d, "attempts", attempts_lately(tx, &o));
	json_set_str(tx->a, d, "decision", STR(DECISION));
	return tx_emit(tx, (struct emission){.kind = "payment.blocked",
	                                     .entity = o.entity,
	                                     .subject = o.payer,
	                                     .case_id = o.case_id,
	                                     .data = d});
}

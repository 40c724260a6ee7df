/*
 * rtp.c - bills that are paid at banks: told by the bank, or asked of it by the body.
 */
#include "systems/payments/bills.h"
#include "systems/payments/payout/payout.h"
#include "systems/payments/statements.h"

#define BANK_METHOD   "transfer"
#define REFERENCE_MAX 64
#define REASON_MAX    10

bool bill_find(dbc *c, str entity, str number, int64_t *id)
{
	rows *r = db_query(c, &sql_bill_by_number, D_TEXT(entity), D_TEXT(number));
	bool found = number.n && db_next(r);
	*id = found ? db_int(r, 0) : 0;
	db_done(r);
	return found;
}

/* ---- a bank took the money ---- */

static err bank_attempt(struct tx *tx, str bank, const struct order *o, int64_t *id)
{
	json *d = json_object(tx->a);
	*id = tx_id(tx);
	json_set_int(tx->a, d, "attempt", *id);
	json_set_int(tx->a, d, "order", o->id);
	json_set_int(tx->a, d, "no", o->attempts + 1);
	json_set_str(tx->a, d, "provider", bank);
	json_set_str(tx->a, d, "method", STR(BANK_METHOD));
	json_set_str(tx->a, d, "channel", tx->actor.channel);
	json_set_int(tx->a, d, "amount", o->total);
	json_set_str(tx->a, d, "currency", o->currency);
	json_set_int(tx->a, d, "expires", tx->now + ATTEMPT_LIFE);
	return tx_emit(tx, (struct emission){.kind = "payment.attempted",
	                                     .entity = o->entity,
	                                     .subject = o->payer,
	                                     .case_id = o->case_id,
	                                     .data = d});
}

/* The bank's word is taken like a provider's: the money is then asset/receivable/BANK
 * and comes by its statement. */
err bill_paid_by(struct tx *tx, str bank, int64_t bill, str reference)
{
	struct bill b;
	struct order o;
	int64_t order, attempt;
	err e = OK;
	if (!reference.n || reference.n > REFERENCE_MAX)
		return tx_fail(tx, ERR_bad_input, "reference", "the bank's reference is needed");
	if (db_query_int(tx->db, &sql_message_known, 0, D_TEXT(bank), D_TEXT(reference)))
		return tx_fail(tx, ERR_payout_request, "reference", "this reference was used before");
	if (!bill_get(tx->db, tx->a, bill, &b))
		return tx_fail(tx, ERR_not_found, "bill", "there is no such bill");
	struct bill_part part = {.bill = bill};
	if ((e = bills_pay(tx, b.payer, &part, 1, &order)))
		return e;
	if (!order_get(tx->db, tx->a, order, &o))
		return ERR_internal;
	if ((e = bank_attempt(tx, bank, &o, &attempt)))
		return e;
	struct provider_answer w = {.message = reference,
	                            .attempt = attempt,
	                            .amount = o.total,
	                            .outcome = OUTCOME_SUCCEEDED,
	                            .currency = o.currency,
	                            .reference = reference};
	return payment_take(tx, bank, &w, "message");
}

/* ---- requests to pay ---- */

static struct rtp rtp_read(rows *r, arena *a)
{
	return (struct rtp){
	    .id = db_int(r, 0),
	    .entity = str_dup(a, db_text(r, 1)),
	    .request = str_dup(a, db_text(r, 2)),
	    .rtp = db_int(r, 3),
	    .bill = db_int(r, 4),
	    .bank = str_dup(a, db_text(r, 5)),
	    .amount = db_int(r, 6),
	    .state = str_dup(a, db_text(r, 7)),
	    .reason = str_dup(a, db_text(r, 8)),
	    .at = db_int(r, 9),
	    .expires = db_int(r, 10),
	    .changed = db_int(r, 11),
	};
}

static bool rtp_one(rows *r, arena *a, struct rtp *out)
{
	bool found = db_next(r);
	if (found)
		*out = rtp_read(r, a);
	db_done(r);
	return found;
}

bool rtp_get(dbc *c, arena *a, int64_t id, struct rtp *out)
{
	return rtp_one(db_query(c, &sql_rtp_get, D_INT(id)), a, out);
}

bool rtp_find(dbc *c, arena *a, str entity, int64_t rtp, struct rtp *out)
{
	return rtp_one(db_query(c, &sql_rtp_find, D_TEXT(entity), D_INT(rtp)), a, out);
}

str rtp_status(dbc *c, arena *a, const struct rtp *r, instant now)
{
	struct bill b;
	if (!bill_get(c, a, r->bill, &b))
		return STR("CAN");
	if (str_eq(b.state, STR("paid")))
		return STR("COM");
	if (str_eq(b.state, STR("cancelled")))
		return STR("CAN");
	if (str_eq(r->state, STR("rejected")))
		return STR("RJC");
	return now >= r->expires ? STR("EXP") : STR("PND");
}

err rtp_ask(struct tx *tx, const struct rtp *r, int64_t *id)
{
	struct bill b;
	struct rtp known;
	struct provider p;
	if (!bill_get(tx->db, tx->a, r->bill, &b) || !str_eq(b.entity, r->entity))
		return tx_fail(tx, ERR_not_found, "bill", "there is no such bill");
	if (b.paid == b.amount || str_eq(b.state, STR("cancelled")))
		return tx_fail(tx, ERR_payment_paid, "bill", "the bill is not to be paid");
	if (r->amount != b.amount - b.paid)
		return tx_fail(tx, ERR_payment_amount, "amount", "another amount than is open");
	if (!provider_find(tx->k, tx->db, tx->a, r->bank, &p))
		return tx_fail(tx, ERR_bad_input, "bank", "there is no such bank");
	if (rtp_find(tx->db, tx->a, r->entity, r->rtp, &known))
		return tx_fail(tx, ERR_payout_request, "rtp", "this request to pay exists already");
	json *d = json_object(tx->a);
	*id = tx_id(tx);
	json_set_int(tx->a, d, "id", *id);
	json_set_str(tx->a, d, "request", r->request);
	json_set_int(tx->a, d, "rtp", r->rtp);
	json_set_int(tx->a, d, "bill", r->bill);
	json_set_str(tx->a, d, "bank", r->bank);
	json_set_int(tx->a, d, "amount", r->amount);
	json_set_int(tx->a, d, "expires", r->expires);
	return tx_emit(
	    tx, (struct emission){
	            .kind = "payment.rtp_asked", .entity = r->entity, .subject = b.payer, .data = d});
}

err rtp_answer(struct tx *tx, int64_t id, bool accepted, str reason)
{
	struct rtp r;
	if (!rtp_get(tx->db, tx->a, id, &r))
		return tx_fail(tx, ERR_not_found, "", "there is no such request to pay");
	if (!str_eq(r.state, STR("pending")))
		return tx_fail(tx, ERR_payment_state, "", "it is %.*s", STRF(r.state));
	if (tx->now >= r.expires)
		return tx_fail(tx, ERR_payment_expired, "", "its time is over");
	if (reason.n > REASON_MAX)
		return tx_fail(tx, ERR_bad_input, "reason", "a reason is a short word");
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "id", id);
	json_set_str(tx->a, d, "state", accepted ? STR("accepted") : STR("rejected"));
	json_set_str(tx->a, d, "reason", reason);
	return tx_emit(
	    tx, (struct emission){.kind = "payment.rtp_answered", .entity = r.entity, .data = d});
}

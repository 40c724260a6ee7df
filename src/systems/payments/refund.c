/*
 * refund.c - money that goes back: asked for by one person, agreed to by another.
 *
 * In the ledger a refund is pending from the moment it is asked for, so that no
 * two of them can promise the same money; it is posted when the provider has given
 * it back. The order's own check keeps the sum of all below what was captured.
 */
#include "systems/payments/order.h"
#include "systems/payments/statements.h"

#define REASON_MAX 500

static struct emission of_refund(const struct order *o, const char *kind, json *data)
{
	return (struct emission){.kind = kind,
	                         .entity = o->entity,
	                         .subject = o->payer,
	                         .case_id = o->case_id,
	                         .data = data};
}

static json *refund_json(arena *a, const struct refund *r)
{
	json *d = json_object(a);
	json_set_int(a, d, "refund", r->id);
	json_set_int(a, d, "order", r->order);
	json_set_int(a, d, "attempt", r->attempt);
	json_set_str(a, d, "kind", r->kind);
	json_set_int(a, d, "amount", r->amount);
	json_set_str(a, d, "currency", r->currency);
	json_set_str(a, d, "reason", r->reason);
	if (r->parts)
		json_set(a, d, "parts", json_copy(a, r->parts));
	return d;
}

static str refund_key(arena *a, int64_t id, int64_t part)
{
	return str_fmt(a, "refund:%lld:%lld", (long long)id, (long long)part);
}

static void send_later(struct tx *tx, int64_t id)
{
	json *p = json_object(tx->a);
	json_set_int(tx->a, p, "refund", id);
	tx_later(tx, "payment.refund", str_fmt(tx->a, "%lld", (long long)id), 0, p);
}

/* ---- a refund of an order ---- */

/* Which lines it comes from, in their order, each at most what is left of it. */
static json *parts_json(struct tx *tx, const struct line *l, size_t n, int64_t amount)
{
	json *list = json_array(tx->a);
	for (size_t i = 0; i < n && amount > 0; i++) {
		int64_t left = l[i].amount - l[i].returned, part = left < amount ? left : amount;
		if (part <= 0)
			continue;
		json *o = json_object(tx->a);
		json_set_int(tx->a, o, "line", l[i].no);
		json_set_int(tx->a, o, "amount", part);
		json_push(list, o);
		amount -= part;
	}
	return list;
}

static int64_t captured_attempt(struct tx *tx, int64_t order)
{
	return db_query_int(tx->db, &sql_attempt_captured, 0, D_INT(order));
}

static err book_refund(struct tx *tx, const struct order *o, const struct refund *r)
{
	struct line *l;
	struct posting p[LINES_MAX];
	size_t n = order_lines(tx->db, tx->a, o->id, &l), m = 0;
	for (const json *part = r->parts->first; part; part = part->next) {
		int64_t no = json_int(part, "line", 0);
		for (size_t i = 0; i < n; i++) {
			if (l[i].no != no)
				continue;
			p[m++] = (struct posting){
			    .key = refund_key(tx->a, r->id, no),
			    .entity = l[i].entity,
			    .currency = o->currency,
			    .debit = str_cat(tx->a, STR("income/fees/"), l[i].gl),
			    .credit = asset_of(tx->a, o->provider, o->method),
			    .amount = json_int(part, "amount", 0),
			    .reference = o->reference,
			    .pending = true,
			};
		}
	}
	return ledger_post(tx, p, m);
}

err refund_ask(struct tx *tx, int64_t order, int64_t amount, str reason, int64_t *id)
{
	struct order o;
	struct refund r = {.kind = STR("order"), .amount = amount, .reason = str_trim(reason)};
	if (!order_get(tx->db, tx->a, order, &o) || !o.captured)
		return tx_fail(tx, ERR_payment_state, "", "the order is not paid");
	if (amount <= 0 || amount > o.captured - o.refunded - o.refund_pending)
		return tx_fail(tx, ERR_payment_amount, "amount",
		               "more than what was paid and has not gone back");
	if (!r.reason.n || r.reason.n > REASON_MAX)
		return tx_fail(tx, ERR_bad_input, "reason", "say why, in at most %d bytes", REASON_MAX);
	r.attempt = captured_attempt(tx, o.id);
	r.id = *id = tx_id(tx);
	r.order = o.id;
	r.currency = o.currency;
	struct line *l;
	size_t n = order_lines(tx->db, tx->a, o.id, &l);
	r.parts = parts_json(tx, l, n, amount);
	err e = book_refund(tx, &o, &r);
	if (e)
		return e;
	return tx_emit(tx, of_refund(&o, "payment.refund_asked", refund_json(tx->a, &r)));
}

static err refund_open(struct tx *tx, int64_t id, const char *state, struct refund *r,
                       struct order *o)
{
	if (!refund_get(tx->db, tx->a, id, r) || !order_get(tx->db, tx->a, r->order, o))
		return tx_fail(tx, ERR_not_found, "", "there is no such refund");
	if (!str_eq(r->state, str_of(state)))
		return tx_fail(tx, ERR_payment_state, "", "the refund is %.*s", STRF(r->state));
	return OK;
}

/* Whoever asked does not agree as well; nor does the platform's own command. */
static err second_person(struct tx *tx, const struct refund *r)
{
	if (tx->actor.person && tx->actor.person != r->maker)
		return OK;
	return tx_fail(tx, ERR_payment_four_eyes, "", "another person has to decide this");
}

err refund_approve(struct tx *tx, int64_t id)
{
	struct refund r;
	struct order o;
	err e = refund_open(tx, id, "asked", &r, &o);
	if (e || (e = second_person(tx, &r)))
		return e;
	bool counter = str_eq(o.provider, STR("counter"));
	if (!counter)
		send_later(tx, id);
	e = tx_emit(tx, of_refund(&o, "payment.refund_approved", refund_json(tx->a, &r)));
	return e || !counter ? e : refund_end(tx, id, true, STR("paid out at the counter"));
}

/* The ledger's parts of a refund, ended together. */
static err parts_end(struct tx *tx, const struct refund *r, enum ledger_end end)
{
	if (str_eq(r->kind, STR("surplus")))
		return ledger_finish(tx, refund_key(tx->a, r->id, 1), end, 0);
	err e = OK;
	for (const json *part = r->parts->first; part && !e; part = part->next)
		e = ledger_finish(tx, refund_key(tx->a, r->id, json_int(part, "line", 0)), end, 0);
	return e;
}

err refund_refuse(struct tx *tx, int64_t id, str reason)
{
	struct refund r;
	struct order o;
	err e = refund_open(tx, id, "asked", &r, &o);
	if (e || (e = second_person(tx, &r)) || (e = parts_end(tx, &r, LEDGER_VOID)))
		return e;
	json *d = refund_json(tx->a, &r);
	json_set_str(tx->a, d, "refusal", str_sub(str_trim(reason), 0, REASON_MAX));
	return tx_emit(tx, of_refund(&o, "payment.refund_refused", d));
}

err refund_end(struct tx *tx, int64_t id, bool done, str why)
{
	struct refund r;
	struct order o;
	err e = refund_open(tx, id, "approved", &r, &o);
	if (e || (e = parts_end(tx, &r, done ? LEDGER_POST : LEDGER_VOID)))
		return e;
	json *d = refund_json(tx->a, &r);
	json_set_bool(tx->a, d, "whole", o.refunded + r.amount == o.captured);
	json_set_str(tx->a, d, "why", why);
	return tx_emit(tx, of_refund(&o, done ? "payment.refund_done" : "payment.refund_failed", d));
}

/* ---- money that is not owed ---- */

err surplus_take(struct tx *tx, const struct order *o, const struct attempt *t,
                 const struct provider_answer *w, const char *why)
{
	struct attempt open;
	struct refund r = {.id = tx_id(tx),
	                   .order = o->id,
	                   .attempt = t->id,
	                   .kind = STR("surplus"),
	                   .amount = w->amount,
	                   .currency = w->currency,
	                   .reason = str_of(why)};
	bool other = attempt_open(tx->db, tx->a, o->id, &open) && open.id != t->id;
	json *d = refund_json(tx->a, &r);
	json_set_bool(tx->a, d, "current", !other && !o->captured);
	err e = tx_emit(tx, of_refund(o, "payment.surplus", d));
	struct posting p[2] = {
	    {.key = str_fmt(tx->a, "surplus:%lld", (long long)t->id),
	     .debit = str_cat(tx->a, STR("asset/receivable/"), t->provider),
	     .credit = STR(GL_UNAPPLIED)},
	    {.key = refund_key(tx->a, r.id, 1),
	     .debit = STR(GL_UNAPPLIED),
	     .credit = str_cat(tx->a, STR("asset/receivable/"), t->provider),
	     .pending = true},
	};
	for (int i = 0; i < 2 && w->amount > 0 && !e; i++) {
		p[i].entity = o->entity;
		p[i].currency = w->currency;
		p[i].amount = w->amount;
		p[i].reference = o->reference;
		e = ledger_post(tx, &p[i], 1);
	}
	if (e || w->amount <= 0)
		return e;
	send_later(tx, r.id);
	return tx_emit(tx, of_refund(o, "payment.refund_asked", refund_json(tx->a, &r)));
}

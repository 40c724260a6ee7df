/*
 * take.c - what a provider says of an attempt, and what follows from it.
 *
 *   the message was taken before                nothing
 *   no such attempt, or another provider's      recorded for the exception desk
 *   succeeded, the order waits for it           captured: receipts, ledger, service
 *   succeeded, but another amount, or the
 *     order is paid, cancelled, its case over   surplus: booked, and sent back
 *   succeeded again                             nothing
 *   declined, cancelled, expired                the payer may try again
 *   the same after it was captured              contradiction, for the desk
 *   authorised                                  held, until whoever asked for it takes it
 *   pending, unknown to the provider            recorded; enquiries go on
 */
#include "systems/payments/bills.h"
#include "systems/payments/hold.h"
#include "systems/payments/statements.h"
#include "systems/payments/token.h"

#include "kernel/cases/cases.h"
#include "kernel/pack/pack.h"


static struct emission of_order(const struct order *o, const char *kind, json *data)
{
	return (struct emission){.kind = kind,
	                         .entity = o->entity,
	                         .subject = o->payer,
	                         .case_id = o->case_id,
	                         .data = data};
}

static err answered(struct tx *tx, str provider, const struct order *o, int64_t attempt,
                    const struct provider_answer *w, const char *verdict, const char *via)
{
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "provider", provider);
	json_set_str(tx->a, d, "message", w->message);
	json_set_int(tx->a, d, "order", o->id);
	json_set_int(tx->a, d, "attempt", attempt);
	json_set_str(tx->a, d, "outcome", str_of(outcome_name(w->outcome)));
	json_set_int(tx->a, d, "amount", w->amount);
	json_set_str(tx->a, d, "currency", w->currency);
	json_set_str(tx->a, d, "reference", w->reference);
	json_set_str(tx->a, d, "last4", w->last4);
	json_set_str(tx->a, d, "verdict", str_of(verdict));
	json_set_str(tx->a, d, "via", str_of(via));
	return tx_emit(tx, of_order(o, "payment.answered", d));
}

/* ---- capture ---- */

static int64_t year_of(const struct tx *tx)
{
	return civil_of(tx->now, pack_utc_offset(tx->k)).year;
}

/* "R-IGA-2026-000042": the entity's next number of the year. */
static json *receipt_json(struct tx *tx, str entity, int64_t amount)
{
	char upper[65];
	size_t n = entity.n < sizeof upper ? entity.n : sizeof upper - 1;
	for (size_t i = 0; i < n; i++)
		upper[i] =
		    (char)(entity.p[i] >= 'a' && entity.p[i] <= 'z' ? entity.p[i] - 32 : entity.p[i]);
	int64_t year = year_of(tx);
	int64_t no = db_query_int(tx->db, &sql_receipt_next, 1, D_TEXT(entity), D_INT(year));
	json *r = json_object(tx->a);
	json_set_str(tx->a, r, "entity", entity);
	json_set_int(tx->a, r, "year", year);
	json_set_int(tx->a, r, "no", no);
	json_set_str(
	    tx->a, r, "number",
	    str_fmt(tx->a, "R-%.*s-%lld-%06lld", (int)n, upper, (long long)year, (long long)no));
	json_set_int(tx->a, r, "amount", amount);
	return r;
}

/* One for each entity that has a line. */
static json *receipts_json(struct tx *tx, const struct line *l, size_t n)
{
	json *list = json_array(tx->a);
	for (size_t i = 0; i < n; i++) {
		int64_t sum = 0;
		bool seen = false;
		for (size_t k = 0; k < n; k++)
			if (str_eq(l[k].entity, l[i].entity)) {
				seen = seen || k < i;
				sum += l[k].amount;
			}
		if (!seen)
			json_push(list, receipt_json(tx, l[i].entity, sum));
	}
	return list;
}

/* What the provider now owes each entity, and what it is the income of. */
static err book_capture(struct tx *tx, const struct order *o, const struct attempt *t,
                        const struct line *l, size_t n)
{
	struct posting *p = NEWN(tx->a, struct posting, n);
	str debit = asset_of(tx->a, t->provider, t->method);
	for (size_t i = 0; i < n; i++)
		p[i] = (struct posting){
		    .key = str_fmt(tx->a, "capture:%lld:%lld", (long long)t->id, (long long)l[i].no),
		    .entity = l[i].entity,
		    .currency = o->currency,
		    .debit = debit,
		    .credit = str_cat(tx->a, STR("income/fees/"), l[i].gl),
		    .amount = l[i].amount,
		    .reference = o->reference,
		};
	return ledger_post(tx, p, n);
}

/* Whoever is still at another provider: if they pay there too, it goes back. An order
 * has one open attempt: there is another only when this one was none. */
static err supersede_open(struct tx *tx, int64_t order)
{
	struct order o;
	struct attempt open;
	if (!attempt_open(tx->db, tx->a, order, &open) || !order_get(tx->db, tx->a, order, &o))
		return OK;
	return attempt_fail(tx, &o, &open, "superseded");
}

static err capture(struct tx *tx, const struct order *o, const struct attempt *t,
                   const struct line *l, size_t n, bool late)
{
	json *d = json_object(tx->a), *p = json_object(tx->a);
	json_set_int(tx->a, d, "order", o->id);
	json_set_str(tx->a, d, "reference", o->reference);
	json_set_int(tx->a, d, "attempt", t->id);
	json_set_str(tx->a, d, "provider", t->provider);
	json_set_str(tx->a, d, "method", t->method);
	json_set_str(tx->a, d, "channel", t->channel);
	json_set_str(tx->a, d, "service", o->service);
	json_set_int(tx->a, d, "amount", o->total);
	json_set_str(tx->a, d, "currency", o->currency);
	json_set_bool(tx->a, d, "late", late);
	json_set(tx->a, d, "receipts", receipts_json(tx, l, n));
	json_set_int(tx->a, p, "order", o->id);
	tx_later(tx, "payment.fulfil", str_fmt(tx->a, "%lld", (long long)o->id), 0, p);
	if (o->expires)
		tx_cancel(tx, "payment.expire", str_fmt(tx->a, "%lld", (long long)o->id));
	tx_cancel(tx, "payment.enquire", str_fmt(tx->a, "%lld:1", (long long)t->id));
	err e = tx_emit(tx, of_order(o, "payment.captured", d));
	if (e == OK)
		e = book_capture(tx, o, t, l, n);
	return e || !late ? e : supersede_open(tx, o->id);
}

/* Does the service, or do the bills, still wait for this order? */
static bool awaited(struct tx *tx, const struct order *o, const struct line *l, size_t n)
{
	struct kase q;
	if (!order_next(o->state, "captured").n)
		return false;
	if (!o->case_id)
		return !order_is(o, "expired") && bills_await(tx->db, tx->a, l, n);
	return case_get(tx->db, tx->a, o->case_id, &q) && str_eq(q.state, STR("unpaid"));
}

static err succeeded(struct tx *tx, const struct order *o, const struct attempt *t,
                     const struct provider_answer *w, const char *via)
{
	const char *verdict = NULL;
	if (str_eq(t->state, STR("captured")) || str_eq(t->state, STR("surplus")))
		verdict = w->amount == t->amount ? "again" : "contradicts";
	if (verdict)
		return answered(tx, t->provider, o, t->id, w, verdict, via);
	bool fits = w->amount == t->amount && str_eq(w->currency, t->currency);
	bool late = !str_eq(t->state, STR("open"));
	struct line *l;
	size_t n = fits ? order_lines(tx->db, tx->a, o->id, &l) : 0;
	bool take = fits && awaited(tx, o, l, n);
	err e = answered(tx, t->provider, o, t->id, w,
	                 take   ? late ? "late" : "taken"
	                 : fits ? "surplus"
	                        : "amount",
	                 via);
	if (e)
		return e;
	if (take && (e = token_keep(tx, o, t->provider, w)))
		return e;
	return take ? capture(tx, o, t, l, n, late)
	            : surplus_take(tx, o, t, w, fits ? "not owed" : "another amount");
}

/* ---- the rest ---- */

static err failed(struct tx *tx, const struct order *o, const struct attempt *t,
                  const struct provider_answer *w, const char *via)
{
	bool open = str_eq(t->state, STR("open")) || str_eq(t->state, STR("unknown"));
	bool contradicts = str_eq(t->state, STR("captured")) || str_eq(t->state, STR("surplus"));
	err e = answered(tx, t->provider, o, t->id, w,
	                 contradicts ? "contradicts"
	                 : open      ? "taken"
	                             : "again",
	                 via);
	if (e || !open)
		return e;
	return attempt_fail(tx, o, t,
	                    w->outcome == OUTCOME_NOT_FOUND ? "expired" : outcome_name(w->outcome));
}

err payment_take(struct tx *tx, str provider, const struct provider_answer *w, const char *via)
{
	struct order o = {0};
	struct attempt t;
	bool known = false, found = attempt_and_order(tx->db, tx->a, w->attempt, provider, w->message,
	                                              &t, &o, &known);
	if (!found)
		known = db_query_int(tx->db, &sql_message_known, 0, D_TEXT(provider), D_TEXT(w->message));
	if (known)
		return OK;
	if (!found || !str_eq(t.provider, provider)) {
		o = (struct order){0};
		return answered(tx, provider, &o, w->attempt, w, "stray", via);
	}
	switch (w->outcome) {
	case OUTCOME_SUCCEEDED:
		return succeeded(tx, &o, &t, w, via);
	case OUTCOME_DECLINED:
	case OUTCOME_CANCELLED:
	case OUTCOME_EXPIRED:
		return failed(tx, &o, &t, w, via);
	case OUTCOME_NOT_FOUND:
		/* The payer may be on the way there, until the attempt's time is over. */
		if (tx->now >= t.expires)
			return failed(tx, &o, &t, w, via);
		return OK;
	case OUTCOME_AUTHORISED: {
		err e = answered(tx, provider, &o, t.id, w, "noted", via);
		return e ? e : hold_take(tx, &o, &t, w, via);
	}
	case OUTCOME_PENDING:
	case OUTCOME_COUNT:
		break;
	}
	return answered(tx, provider, &o, t.id, w, "noted", via);
}

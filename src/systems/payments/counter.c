/*
 * counter.c - money taken by a cashier, and the end of the cashier's day.
 */
#include "systems/payments/settle.h"
#include "systems/payments/statements.h"

#include "kernel/pack/pack.h"

#define COUNTED_MAX   16
#define REFERENCE_MAX 64

int64_t pay_day_of(const struct kernel *k, instant at)
{
	return (at + pack_utc_offset(k) * SECOND) / DAY;
}

static int64_t today(const struct tx *tx)
{
	return pay_day_of(tx->k, tx->now);
}

bool day_closed(dbc *c, str entity, int64_t day)
{
	return db_query_int(c, &sql_close_get, 0, D_TEXT(entity), D_INT(day)) != 0;
}

static bool method_known(str method)
{
	return str_eq(method, STR("cash")) || str_eq(method, STR("cheque")) ||
	       str_eq(method, STR("terminal"));
}

/* The day a cashier writes on it: not after today, and not one that is closed. */
static err day_check(struct tx *tx, const struct order *o, int64_t day)
{
	struct line *l;
	size_t n = order_lines(tx->db, tx->a, o->id, &l);
	if (day > today(tx))
		return tx_fail(tx, ERR_bad_input, "day", "the day has not come yet");
	for (size_t i = 0; i < n; i++)
		if (day_closed(tx->db, l[i].entity, day))
			return tx_fail(tx, ERR_payment_day_closed, "day", "the day of %.*s is closed",
			               STRF(l[i].entity));
	return OK;
}

static err counter_attempt(struct tx *tx, const struct order *o, str method, str reference,
                           int64_t day, int64_t *id)
{
	json *d = json_object(tx->a);
	*id = tx_id(tx);
	json_set_int(tx->a, d, "attempt", *id);
	json_set_int(tx->a, d, "order", o->id);
	json_set_int(tx->a, d, "no", o->attempts + 1);
	json_set_str(tx->a, d, "provider", STR(PROVIDER_COUNTER));
	json_set_str(tx->a, d, "method", method);
	json_set_str(tx->a, d, "channel", tx->actor.channel);
	json_set_int(tx->a, d, "amount", o->total);
	json_set_str(tx->a, d, "currency", o->currency);
	json_set_int(tx->a, d, "expires", tx->now);
	json_set_int(tx->a, d, "day", day);
	json_set_str(tx->a, d, "voucher", reference);
	return tx_emit(tx, (struct emission){.kind = "payment.attempted",
	                                     .entity = o->entity,
	                                     .subject = o->payer,
	                                     .case_id = o->case_id,
	                                     .data = d});
}

/* The cashier's word is taken like a provider's. An attempt that waits at a provider
 * is given up for it; if it succeeds there too, that money goes back. */
err counter_pay(struct tx *tx, int64_t order, str method, str reference, int64_t day)
{
	struct order o;
	struct attempt open;
	int64_t id;
	err e = OK;
	if (!order_get(tx->db, tx->a, order, &o))
		return tx_fail(tx, ERR_not_found, "", "there is no such order");
	if (o.captured)
		return tx_fail(tx, ERR_payment_paid, "", "the order is paid");
	if (!tx->actor.person)
		return tx_fail(tx, ERR_forbidden, "", "a cashier has to take it");
	if (!method_known(method) || reference.n > REFERENCE_MAX ||
	    (!str_eq(method, STR("cash")) && !reference.n))
		return tx_fail(tx, ERR_bad_input, "reference",
		               "cash, cheque or terminal; the last two with their number");
	if (!order_next(o.state, "attempted").n)
		return tx_fail(tx, ERR_payment_expired, "", "the order is no longer to be paid");
	if ((e = day_check(tx, &o, day ? day : today(tx))))
		return e;
	if (attempt_open(tx->db, tx->a, o.id, &open) && (e = attempt_fail(tx, &o, &open, "superseded")))
		return e;
	if ((e = counter_attempt(tx, &o, method, reference, day ? day : today(tx), &id)))
		return e;
	struct provider_answer w = {.message = str_fmt(tx->a, "counter:%lld", (long long)id),
	                            .attempt = id,
	                            .amount = o.total,
	                            .outcome = OUTCOME_SUCCEEDED,
	                            .currency = o.currency,
	                            .reference = reference};
	return payment_take(tx, STR(PROVIDER_COUNTER), &w, "counter");
}

/* ---- the day's end ---- */

json *day_totals(dbc *c, arena *a, const struct kernel *k, str entity, int64_t day)
{
	instant from = day * DAY - pack_utc_offset(k) * SECOND;
	json *list = json_array(a);
	rows *r = db_query(c, &sql_day_totals, D_TEXT(entity), D_INT(from), D_INT(from + DAY));
	while (db_next(r)) {
		json *o = json_push(list, json_object(a));
		json_set_str(a, o, "channel", str_dup(a, db_text(r, 0)));
		json_set_str(a, o, "method", str_dup(a, db_text(r, 1)));
		json_set_str(a, o, "currency", str_dup(a, db_text(r, 2)));
		json_set_int(a, o, "count", db_int(r, 3));
		json_set_int(a, o, "amount", db_int(r, 4));
	}
	db_done(r);
	return list;
}

err day_close(struct tx *tx, str entity, int64_t day, const struct counted *c, size_t n)
{
	if (day > today(tx))
		return tx_fail(tx, ERR_bad_input, "day", "the day has not come yet");
	if (day_closed(tx->db, entity, day))
		return tx_fail(tx, ERR_payment_day_closed, "day", "the day is closed");
	if (n > COUNTED_MAX)
		return tx_fail(tx, ERR_bad_input, "counted", "too many methods were counted");
	json *d = json_object(tx->a), *counted = json_array(tx->a);
	for (size_t i = 0; i < n; i++) {
		json *o = json_object(tx->a);
		json_set_str(tx->a, o, "method", c[i].method);
		json_set_int(tx->a, o, "amount", c[i].amount);
		json_push(counted, o);
	}
	json_set_int(tx->a, d, "day", day);
	json_set(tx->a, d, "totals", day_totals(tx->db, tx->a, tx->k, entity, day));
	json_set(tx->a, d, "counted", counted);
	return tx_emit(tx,
	               (struct emission){.kind = "payment.day_closed", .entity = entity, .data = d});
}

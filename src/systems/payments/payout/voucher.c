/*
 * voucher.c - vouchers: made, given, taken once, or never.
 */
#include "systems/payments/payout/payout.h"
#include "systems/payments/statements.h"

#include "kernel/outbox/sign.h"

static const struct {
	const char *from, *event, *to;
} edges[] = {
#define EDGE(from, event, to) {#from, #event, #to},
#include "systems/payments/payout/voucher.def"
#undef EDGE
};

str voucher_next(str state, const char *event)
{
	for (size_t i = 0; i < COUNT(edges); i++)
		if (str_eq(state, str_of(edges[i].from)) && str_eq(str_of(event), str_of(edges[i].event)))
			return str_of(edges[i].to);
	return (str){0};
}

static struct voucher voucher_read(rows *r, arena *a)
{
	return (struct voucher){
	    .id = db_int(r, 0),
	    .serial = db_int(r, 1),
	    .entity = str_dup(a, db_text(r, 2)),
	    .program = str_dup(a, db_text(r, 3)),
	    .group = str_dup(a, db_text(r, 4)),
	    .currency = str_dup(a, db_text(r, 5)),
	    .amount = db_int(r, 6),
	    .state = str_dup(a, db_text(r, 7)),
	    .payee = db_int(r, 8),
	    .merchant = db_int(r, 9),
	    .made = db_int(r, 10),
	    .activated = db_int(r, 11),
	    .expires = db_int(r, 12),
	    .ended = db_int(r, 13),
	};
}

static bool voucher_one(rows *r, arena *a, struct voucher *out)
{
	bool found = db_next(r);
	if (found)
		*out = voucher_read(r, a);
	db_done(r);
	return found;
}

bool voucher_get(dbc *c, arena *a, int64_t id, struct voucher *out)
{
	return voucher_one(db_query(c, &sql_voucher_get, D_INT(id)), a, out);
}

bool voucher_by_serial(dbc *c, arena *a, str entity, int64_t serial, struct voucher *out)
{
	return voucher_one(db_query(c, &sql_voucher_by_serial, D_TEXT(entity), D_INT(serial)), a, out);
}

bool voucher_by_number(dbc *c, arena *a, str entity, str number, struct voucher *out)
{
	return voucher_one(
	    db_query(c, &sql_voucher_by_digest, D_TEXT(entity), D_TEXT(sign_digest(a, number))), a,
	    out);
}

size_t vouchers_of(dbc *c, arena *a, str entity, int64_t before, struct voucher *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_voucher_list, D_TEXT(entity), D_INT(before), D_INT((int64_t)max));
	while (n < max && db_next(r))
		out[n++] = voucher_read(r, a);
	db_done(r);
	return n;
}

bool voucher_over(const struct voucher *v, instant now)
{
	return str_eq(v->state, STR("expired")) || (!v->ended && now >= v->expires);
}

/* ---- making ---- */

/* Digits that nobody can guess; the first is not 0. */
static str number_make(struct tx *tx)
{
	char text[VOUCHER_DIGITS];
	rng random = rng_system();
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)('0' + (i ? rng_below(&random, 10) : 1 + rng_below(&random, 9)));
	return str_dup(tx->a, (str){text, sizeof text});
}

static void expire_later(struct tx *tx, int64_t voucher, instant due)
{
	json *p = json_object(tx->a);
	json_set_int(tx->a, p, "voucher", voucher);
	tx_later(tx, "payment.voucher_expire", str_fmt(tx->a, "%lld", (long long)voucher), due, p);
}

static err order_check(struct tx *tx, const struct voucher_order *o, instant *life, int64_t *left)
{
	currency known;
	if (!currency_find(o->currency, &known))
		return tx_fail(tx, ERR_voucher_currency, "currency", "Invalid currency");
	if (o->amount <= 0)
		return tx_fail(tx, ERR_voucher_amount, "amount", "Invalid amount");
	rows *r = db_query(tx->db, &sql_group_get, D_TEXT(o->entity), D_TEXT(o->group));
	bool found = db_next(r);
	*left = found ? db_int(r, 0) - db_int(r, 2) : 0;
	*life = found ? db_int(r, 1) : 0;
	db_done(r);
	return found ? OK : tx_fail(tx, ERR_voucher_group, "group", "Invalid voucher group");
}

static err made_emit(struct tx *tx, const struct voucher_order *o, json *list)
{
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "program", o[0].program);
	json_set(tx->a, d, "vouchers", list);
	return tx_emit(
	    tx, (struct emission){.kind = "payment.voucher_made", .entity = o[0].entity, .data = d});
}

err voucher_make(struct tx *tx, const struct voucher_order *o, size_t n, struct voucher_made *out)
{
	int64_t serial = db_query_int(tx->db, &sql_voucher_last, VOUCHER_SERIAL - 1, D_INT(0));
	json *list = json_array(tx->a);
	if (!n || n > VOUCHERS_MAX)
		return tx_fail(tx, ERR_bad_input, "", "1 to %d vouchers at once", VOUCHERS_MAX);
	for (size_t i = 0; i < n; i++) {
		instant life;
		int64_t left, of_group = 1;
		err e = order_check(tx, &o[i], &life, &left);
		if (e)
			return e;
		for (size_t k = 0; k < i; k++)
			of_group += str_eq(o[k].group, o[i].group);
		if (of_group > left)
			return tx_fail(tx, ERR_voucher_exhausted, "group", "Voucher group exhausted");
		out[i] = (struct voucher_made){
		    .serial = ++serial, .number = number_make(tx), .expires = tx->now + life};
		json *v = json_push(list, json_object(tx->a));
		json_set_int(tx->a, v, "voucher", tx_id(tx));
		json_set_int(tx->a, v, "serial", serial);
		json_set_str(tx->a, v, "digest", sign_digest(tx->a, out[i].number));
		json_set_str(tx->a, v, "group", o[i].group);
		json_set_str(tx->a, v, "currency", o[i].currency);
		json_set_int(tx->a, v, "amount", o[i].amount);
		json_set_int(tx->a, v, "payee", o[i].payee);
		json_set_int(tx->a, v, "expires", out[i].expires);
	}
	err e = made_emit(tx, o, list);
	for (const json *v = e ? NULL : list->first; v; v = v->next)
		expire_later(tx, json_int(v, "voucher", 0), json_int(v, "expires", 0));
	return e;
}

/* ---- moving ---- */

static err moved_emit(struct tx *tx, const struct voucher *v, const char *event, int64_t merchant)
{
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "voucher", v->id);
	json_set_str(tx->a, d, "event", str_of(event));
	if (merchant)
		json_set_int(tx->a, d, "merchant", merchant);
	return tx_emit(
	    tx, (struct emission){.kind = "payment.voucher_moved", .entity = v->entity, .data = d});
}

static err book(struct tx *tx, const struct voucher *v, const char *step, const char *debit,
                const char *credit)
{
	struct posting p = {.key = str_fmt(tx->a, "voucher:%lld:%s", (long long)v->id, step),
	                    .entity = v->entity,
	                    .currency = v->currency,
	                    .debit = str_of(debit),
	                    .credit = str_of(credit),
	                    .amount = v->amount,
	                    .reference = str_fmt(tx->a, "%lld", (long long)v->serial)};
	return ledger_post(tx, &p, 1);
}

#define EXPENSE "expense/vouchers"
#define OWED    "liability/vouchers"

err voucher_move(struct tx *tx, const struct voucher *v, const char *event)
{
	str to = voucher_next(v->state, event);
	if (!to.n)
		return tx_fail(tx, ERR_voucher_state, "", "the voucher is %.*s", STRF(v->state));
	err e = moved_emit(tx, v, event, 0);
	if (!e && str_eq(str_of(event), STR("activated"))) {
		e = ledger_open(tx, v->entity, v->currency, STR(OWED), LIMIT_CREDIT);
		return e ? e : book(tx, v, "activated", EXPENSE, OWED);
	}
	bool over = str_eq(to, STR("cancelled")) || str_eq(to, STR("expired"));
	if (e || !over)
		return e;
	tx_cancel(tx, "payment.voucher_expire", str_fmt(tx->a, "%lld", (long long)v->id));
	return v->activated ? book(tx, v, "released", OWED, EXPENSE) : OK;
}

err voucher_activate(struct tx *tx, str entity, int64_t serial)
{
	struct voucher v;
	if (!voucher_by_serial(tx->db, tx->a, entity, serial, &v))
		return tx_fail(tx, ERR_voucher_serial, "", "Invalid voucher serial number");
	if (voucher_over(&v, tx->now))
		return tx_fail(tx, ERR_voucher_expired, "", "Voucher has expired");
	if (str_eq(v.state, STR("consumed")))
		return tx_fail(tx, ERR_voucher_used, "", "Voucher number already used");
	if (str_eq(v.state, STR("cancelled")))
		return tx_fail(tx, ERR_voucher_serial, "", "Invalid voucher serial number: cancelled");
	return str_eq(v.state, STR("activated")) ? OK : voucher_move(tx, &v, "activated");
}

err voucher_cancel(struct tx *tx, str entity, int64_t serial)
{
	struct voucher v;
	if (!voucher_by_serial(tx->db, tx->a, entity, serial, &v))
		return tx_fail(tx, ERR_voucher_merchant, "", "Invalid voucher");
	if (str_eq(v.state, STR("cancelled")))
		return tx_fail(tx, ERR_voucher_cancelled, "", "Voucher is already cancelled");
	if (str_eq(v.state, STR("consumed")))
		return tx_fail(tx, ERR_voucher_used, "", "Voucher number already used");
	if (voucher_over(&v, tx->now))
		return tx_fail(tx, ERR_voucher_expired, "", "Voucher has expired");
	return voucher_move(tx, &v, "cancelled");
}

/* The body's merchant of this name and account, who takes this kind of voucher. */
static int64_t merchant_for(struct tx *tx, const struct voucher *v, const struct redemption *r)
{
	rows *q = r->account.n
	              ? db_query(tx->db, &sql_merchant_get, D_TEXT(v->entity), D_TEXT(r->name),
	                         D_TEXT(r->account))
	              : db_query(tx->db, &sql_merchant_named, D_TEXT(v->entity), D_TEXT(r->name));
	bool found = db_next(q);
	int64_t id = found ? db_int(q, 0) : 0;
	str group = found ? str_dup(tx->a, db_text(q, 1)) : (str){0};
	bool open = found && db_int(q, 2) && !db_next(q);
	db_done(q);
	bool asked = !r->group.n || str_eq(r->group, v->group) || r->override;
	bool takes = !group.n || str_eq(group, v->group) || r->override;
	return open && asked && takes ? id : 0;
}

err voucher_redeem(struct tx *tx, const struct voucher *v, const struct redemption *r)
{
	if (str_eq(v->state, STR("consumed")))
		return tx_fail(tx, ERR_voucher_used, "", "Voucher number already used");
	if (voucher_over(v, tx->now))
		return tx_fail(tx, ERR_voucher_expired, "", "Voucher has expired");
	if (!voucher_next(v->state, "redeemed").n)
		return tx_fail(tx, ERR_voucher_number, "", "Invalid voucher number: it is %.*s",
		               STRF(v->state));
	int64_t merchant = merchant_for(tx, v, r);
	if (!merchant)
		return tx_fail(tx, ERR_voucher_merchant, "", "Cannot credit merchant");
	if (fund_left(tx->db, v->entity, v->currency) < v->amount)
		return tx_fail(tx, ERR_payout_funds, "", "Insufficient funds in funding a/c");
	tx_cancel(tx, "payment.voucher_expire", str_fmt(tx->a, "%lld", (long long)v->id));
	err e = moved_emit(tx, v, "redeemed", merchant);
	return e ? e : book(tx, v, "redeemed", OWED, PAYOUT_FUNDING);
}

err voucher_expire_job(struct tx *tx, const struct job *j)
{
	struct voucher v;
	if (!voucher_get(tx->db, tx->a, json_int(j->payload, "voucher", 0), &v) || v.ended ||
	    tx->now < v.expires)
		return OK;
	return voucher_move(tx, &v, "expired");
}

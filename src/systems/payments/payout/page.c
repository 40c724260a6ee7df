/* page.c - what a body's treasury sees of vouchers and batches, and may stop. */
#include "systems/payments/payout/payout.h"
#include "systems/payments/routes.h"
#include "systems/payments/statements.h"

#include "web/view.h"

#define SHOWN        50
#define ACCOUNTS_MAX 5000

static str word(struct req *r, const char *kind, str value)
{
	return req_text(r, str_c(r->a, str_fmt(r->a, "payments.%s.%.*s", kind, STRF(value))));
}

/* The officer's body; of all, for whoever may see all. */
static str body_of(struct req *r)
{
	return may(&r->session.rights, PERM_pay_read, STR("*")) ? (str){0} : r->actor.entity;
}

static int64_t before(struct req *r)
{
	return req_field_int(r, "before", INT64_MAX, 1, INT64_MAX);
}

/* Where the next page begins, when this one is full. */
static void older(struct req *r, json *v, size_t n, int64_t last)
{
	if (n == SHOWN)
		json_set_str(r->a, v, "older", str_fmt(r->a, "%lld", (long long)last));
}

/* ---- batches ---- */

static json *funds_view(struct req *r, str entity)
{
	json *list = json_array(r->a);
	struct ledger_account *t = NEWN(r->a, struct ledger_account, ACCOUNTS_MAX);
	size_t n = ledger_accounts(r->db, r->a, entity, t, ACCOUNTS_MAX);
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(t[i].purpose, STR(PAYOUT_FUNDING)))
			continue;
		json *o = json_push(list, json_object(r->a));
		const struct ledger_balance *b = &t[i].balance;
		json_set(r->a, o, "name", view_entity(r, t[i].entity, r->now));
		json_set(r->a, o, "given", pay_money(r->a, b->debits, t[i].currency));
		json_set(r->a, o, "left",
		         pay_money(r->a, b->debits - b->credits - b->credits_pending, t[i].currency));
	}
	return list;
}

static json *batch_view(struct req *r, const struct payout_batch *b)
{
	json *o = json_object(r->a);
	json_set_str(r->a, o, "id", str_fmt(r->a, "%lld", (long long)b->id));
	json_set(r->a, o, "name", view_entity(r, b->entity, r->now));
	json_set_str(r->a, o, "reference", b->reference);
	json_set_str(r->a, o, "program", b->program);
	json_set_str(r->a, o, "state", word(r, "batch", b->state));
	json_set_int(r->a, o, "at", b->at);
	if (b->ended)
		json_set_int(r->a, o, "ended", b->ended);
	json_set_int(r->a, o, "instructions", b->instructions);
	json_set_int(r->a, o, "paid", b->paid);
	json_set_int(r->a, o, "failed", b->failed);
	json_set(r->a, o, "total", pay_money(r->a, b->total, b->currency));
	json_set(r->a, o, "paid_amount", pay_money(r->a, b->paid_amount, b->currency));
	return o;
}

err page_payments_payouts(struct req *r)
{
	struct payout_batch b[SHOWN];
	json *v = json_object(r->a), *list = json_array(r->a);
	str entity = body_of(r);
	size_t n = payout_batches(r->db, r->a, entity, before(r), b, SHOWN);
	for (size_t i = 0; i < n; i++)
		json_push(list, batch_view(r, &b[i]));
	json_set(r->a, v, "funds", funds_view(r, entity));
	json_set(r->a, v, "batches", list);
	older(r, v, n, n ? b[n - 1].id : 0);
	return req_view(r, "payments/payouts", v);
}

static str reason_text(struct req *r, const struct payout *p)
{
	if (!str_eq(p->state, STR("failed")))
		return p->reason; /* of the payee's bank, as it wrote it */
	return word(r, "payout_reason", p->reason);
}

err page_payments_payout(struct req *r)
{
	struct payout_batch b;
	struct payout p[SHOWN];
	json *list = json_array(r->a);
	int64_t id, from = req_field_int(r, "after", 0, 0, PAYOUT_BATCH);
	if (!req_param_id(r, "id", &id) || !payout_batch_get(r->db, r->a, id, &b))
		return req_fail(r, ERR_not_found, "", "there is no such batch");
	err e = req_require(r, PERM_pay_read, b.entity);
	if (e)
		return e;
	json *v = batch_view(r, &b);
	size_t n = payout_list(r->db, r->a, id, (str){0}, from, p, SHOWN);
	for (size_t i = 0; i < n; i++) {
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "instruction", p[i].instruction);
		json_set_str(r->a, o, "payee", p[i].payee);
		json_set_str(r->a, o, "narration", p[i].narration);
		json_set_str(r->a, o, "state", word(r, "payout_state", p[i].state));
		json_set_str(r->a, o, "reason", p[i].reason.n ? reason_text(r, &p[i]) : (str){0});
		json_set(r->a, o, "amount", pay_money(r->a, p[i].amount, b.currency));
	}
	json_set(r->a, v, "list", list);
	if (n == SHOWN && p[n - 1].no < b.instructions)
		json_set_int(r->a, v, "after", p[n - 1].no);
	return req_view(r, "payments/payout", v);
}

/* ---- vouchers ---- */

static json *sums_view(struct req *r, str entity)
{
	json *list = json_array(r->a);
	rows *q = db_query(r->db, &sql_voucher_sums, D_TEXT(entity));
	while (db_next(q)) {
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "state", word(r, "voucher", db_text(q, 1)));
		json_set_int(r->a, o, "count", db_int(q, 2));
		json_set(r->a, o, "amount", pay_money(r->a, db_int(q, 3), str_dup(r->a, db_text(q, 0))));
	}
	db_done(q);
	return list;
}

static json *voucher_view(struct req *r, const struct voucher *k)
{
	json *o = json_object(r->a);
	bool over = voucher_over(k, r->now);
	json_set_str(r->a, o, "id", str_fmt(r->a, "%lld", (long long)k->id));
	json_set_str(r->a, o, "serial", str_fmt(r->a, "%lld", (long long)k->serial));
	json_set(r->a, o, "name", view_entity(r, k->entity, r->now));
	json_set_str(r->a, o, "program", k->program);
	json_set_str(r->a, o, "group", k->group);
	json_set_str(r->a, o, "state", word(r, "voucher", over ? STR("expired") : k->state));
	json_set(r->a, o, "amount", pay_money(r->a, k->amount, k->currency));
	json_set_int(r->a, o, "made", k->made);
	json_set_int(r->a, o, "expires", k->expires);
	if (k->activated)
		json_set_int(r->a, o, "activated", k->activated);
	if (k->ended)
		json_set_int(r->a, o, "ended", k->ended);
	return o;
}

err page_payments_vouchers(struct req *r)
{
	struct voucher k[SHOWN];
	json *v = json_object(r->a), *list = json_array(r->a);
	str entity = body_of(r);
	size_t n = vouchers_of(r->db, r->a, entity, before(r), k, SHOWN);
	for (size_t i = 0; i < n; i++)
		json_push(list, voucher_view(r, &k[i]));
	json_set(r->a, v, "sums", sums_view(r, entity));
	json_set(r->a, v, "vouchers", list);
	older(r, v, n, n ? k[n - 1].id : 0);
	return req_view(r, "payments/vouchers", v);
}

static err voucher_asked(struct req *r, enum permission p, struct voucher *out)
{
	int64_t id;
	if (!req_param_id(r, "id", &id) || !voucher_get(r->db, r->a, id, out))
		return req_fail(r, ERR_not_found, "", "there is no such voucher");
	return req_require(r, p, out->entity);
}

err page_payments_voucher(struct req *r)
{
	struct voucher k;
	err e = voucher_asked(r, PERM_pay_read, &k);
	if (e)
		return e;
	json *v = voucher_view(r, &k);
	rows *q = db_query(r->db, &sql_merchant_name, D_INT(k.merchant));
	json_set_str(r->a, v, "merchant", db_next(q) ? str_dup(r->a, db_text(q, 0)) : (str){0});
	db_done(q);
	bool check = may(&r->session.rights, PERM_pay_check, k.entity) && !voucher_over(&k, r->now);
	static const char *const events[] = {"suspended", "resumed", "cancelled"};
	for (size_t i = 0; i < COUNT(events); i++)
		json_set_bool(r->a, v, str_c(r->a, str_fmt(r->a, "may_%s", events[i])),
		              check && voucher_next(k.state, events[i]).n > 0);
	json_set(r->a, v, "errors", json_array(r->a));
	return req_view(r, "payments/voucher", v);
}

static const char *event_asked(struct req *r)
{
	static const char *const events[] = {"suspended", "resumed", "cancelled"};
	for (size_t i = 0; i < COUNT(events); i++)
		if (str_eq(req_field(r, "to"), str_of(events[i])))
			return events[i];
	return NULL;
}

err prepare_payments_voucher_move(struct req *r)
{
	struct voucher *k = NEW(r->a, struct voucher);
	r->state = k;
	err e = voucher_asked(r, PERM_pay_check, k);
	if (e)
		return e;
	return event_asked(r) ? OK : req_fail(r, ERR_bad_input, "to", "stop it, go on, or cancel");
}

err decide_payments_voucher_move(struct tx *tx, struct req *r)
{
	const struct voucher *asked = r->state;
	struct voucher now;
	if (!voucher_get(tx->db, tx->a, asked->id, &now))
		return tx_fail(tx, ERR_not_found, "", "there is no such voucher");
	if (voucher_over(&now, tx->now))
		return tx_fail(tx, ERR_voucher_expired, "", "its time is over");
	return voucher_move(tx, &now, event_asked(r));
}

err answer_payments_voucher_move(struct req *r)
{
	req_flash(r, "payments.flash.voucher");
	return req_redirect(r, "/payments-desk/vouchers/%.*s", STRF(req_param(r, "id")));
}

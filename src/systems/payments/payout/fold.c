/* fold.c - the tables of what is paid out, from the events alone. */
#include "systems/payments/payout/payout.h"
#include "systems/payments/statements.h"

static int64_t num(const struct event *e, const char *name)
{
	return json_int(e->data, name, 0);
}

static str text(const struct event *e, const char *name)
{
	return json_str(e->data, name);
}

void fold_payment_program_named(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_program_insert, D_TEXT(text(e, "name")), D_TEXT(e->entity), D_INT(e->at));
}

void fold_payment_request_taken(dbc *c, arena *a, const struct event *e)
{
	db_exec(c, &sql_request_insert, D_TEXT(e->entity), D_TEXT(text(e, "kind")),
	        D_TEXT(text(e, "request")), D_TEXT(text(e, "digest")),
	        D_TEXT(json_print(a, json_get(e->data, "answer"))), D_INT(e->at));
}

void fold_payment_funded(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_funding_insert, D_INT(num(e, "funding")), D_TEXT(e->entity),
	        D_TEXT(text(e, "reference")), D_TEXT(text(e, "currency")), D_INT(num(e, "amount")),
	        D_INT(e->at));
}

/* Without their key, when they were erased, number and address are empty. */
void fold_payment_payee_set(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_payee_put, D_INT(num(e, "payee")), D_TEXT(e->entity),
	        D_TEXT(json_str(e->secret, "number")), D_TEXT(text(e, "modality")),
	        D_TEXT(json_str(e->secret, "address")), D_TEXT(text(e, "bank")),
	        D_INT(json_truth(e->data, "active")), D_INT(e->at));
}

void fold_payment_merchant_set(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_merchant_put, D_INT(num(e, "merchant")), D_TEXT(e->entity),
	        D_TEXT(json_str(e->secret, "name")), D_TEXT(json_str(e->secret, "account")),
	        D_TEXT(text(e, "group")), D_INT(json_truth(e->data, "open")), D_INT(e->at));
}

void fold_payment_group_set(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_group_put, D_TEXT(e->entity), D_TEXT(text(e, "code")), D_INT(num(e, "most")),
	        D_INT(num(e, "life")));
}

/* ---- vouchers ---- */

void fold_payment_voucher_made(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	const json *list = json_get(e->data, "vouchers");
	for (const json *v = list ? list->first : NULL; v; v = v->next) {
		db_exec(c, &sql_voucher_insert, D_INT(json_int(v, "voucher", 0)),
		        D_INT(json_int(v, "serial", 0)), D_TEXT(json_str(v, "digest")), D_TEXT(e->entity),
		        D_TEXT(text(e, "program")), D_TEXT(json_str(v, "group")),
		        D_TEXT(json_str(v, "currency")), D_INT(json_int(v, "amount", 0)),
		        D_INT(json_int(v, "payee", 0)), D_INT(e->at), D_INT(json_int(v, "expires", 0)),
		        D_INT(e->seq));
		db_exec(c, &sql_group_made, D_TEXT(e->entity), D_TEXT(json_str(v, "group")));
	}
}

void fold_payment_voucher_moved(dbc *c, arena *a, const struct event *e)
{
	rows *r = db_query(c, &sql_voucher_get, D_INT(num(e, "voucher")));
	str state = db_next(r) ? str_dup(a, db_text(r, 7)) : (str){0};
	db_done(r);
	str event = text(e, "event"), to = voucher_next(state, str_c(a, event));
	bool ends =
	    str_eq(to, STR("consumed")) || str_eq(to, STR("cancelled")) || str_eq(to, STR("expired"));
	if (to.n)
		db_exec(c, &sql_voucher_move, D_INT(num(e, "voucher")), D_TEXT(to),
		        D_INT(num(e, "merchant")), D_INT(str_eq(event, STR("activated")) ? e->at : 0),
		        D_INT(ends ? e->at : 0), D_INT(e->seq));
}

/* ---- batches ---- */

static void instructions(dbc *c, const struct event *e)
{
	const json *list = json_get(e->data, "list"), *sealed = json_get(e->secret, "list");
	const json *s = sealed ? sealed->first : NULL;
	for (const json *o = list ? list->first : NULL; o; o = o->next) {
		db_exec(c, &sql_payout_insert, D_INT(num(e, "batch")), D_INT(json_int(o, "no", 0)),
		        D_TEXT(json_str(o, "instruction")), D_TEXT(json_str(s, "payee")),
		        D_TEXT(json_str(s, "narration")), D_INT(json_int(o, "amount", 0)));
		s = s ? s->next : NULL;
	}
}

void fold_payment_payout_received(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_payout_batch_insert, D_INT(num(e, "batch")), D_TEXT(e->entity),
	        D_TEXT(text(e, "program")), D_TEXT(text(e, "reference")), D_TEXT(text(e, "request")),
	        D_TEXT(text(e, "currency")), D_INT(num(e, "instructions")), D_INT(num(e, "total")),
	        D_TEXT(text(e, "callback")), D_INT(e->at), D_INT(e->seq));
	instructions(c, e);
}

void fold_payment_payout_more(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	instructions(c, e);
}

void fold_payment_payout_done(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	const json *paid = json_get(e->data, "paid"), *failed = json_get(e->data, "failed");
	int64_t batch = num(e, "batch"), n_paid = 0, n_failed = 0;
	for (const json *o = paid ? paid->first : NULL; o; o = o->next, n_paid++)
		db_exec(c, &sql_payout_end, D_INT(batch), D_INT(json_int(o, "no", 0)), D_TEXT(STR("paid")),
		        D_TEXT(json_str(o, "by")), D_TEXT((str){0}), D_INT(e->at));
	for (const json *o = failed ? failed->first : NULL; o; o = o->next, n_failed++)
		db_exec(c, &sql_payout_end, D_INT(batch), D_INT(json_int(o, "no", 0)),
		        D_TEXT(STR("failed")), D_TEXT((str){0}), D_TEXT(json_str(o, "reason")),
		        D_INT(e->at));
	db_exec(c, &sql_payout_batch_done, D_INT(batch), D_INT(n_paid), D_INT(n_failed),
	        D_INT(num(e, "amount")), D_INT(e->at));
}

void fold_payment_payout_returned(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_payout_back, D_INT(num(e, "batch")), D_INT(num(e, "no")),
	        D_TEXT(text(e, "reason")), D_INT(e->at));
	db_exec(c, &sql_payout_batch_back, D_INT(num(e, "batch")), D_INT(num(e, "no")));
}

/* ---- requests to pay ---- */

void fold_payment_rtp_asked(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_rtp_insert, D_INT(num(e, "id")), D_TEXT(e->entity), D_TEXT(text(e, "request")),
	        D_INT(num(e, "rtp")), D_INT(num(e, "bill")), D_TEXT(text(e, "bank")),
	        D_INT(num(e, "amount")), D_INT(e->at), D_INT(num(e, "expires")));
}

void fold_payment_rtp_answered(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_rtp_move, D_INT(num(e, "id")), D_TEXT(text(e, "state")),
	        D_TEXT(text(e, "reason")), D_INT(e->at));
}

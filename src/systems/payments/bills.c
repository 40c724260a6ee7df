#include "systems/payments/bills.h"
#include "systems/payments/statements.h"

static struct bill bill_read(rows *r, arena *a)
{
	return (struct bill){
	    .id = db_int(r, 0),
	    .entity = str_dup(a, db_text(r, 1)),
	    .number = str_dup(a, db_text(r, 2)),
	    .payer = db_int(r, 3),
	    .label_en = str_dup(a, db_text(r, 4)),
	    .label_ar = str_dup(a, db_text(r, 5)),
	    .gl = str_dup(a, db_text(r, 6)),
	    .currency = str_dup(a, db_text(r, 7)),
	    .amount = db_int(r, 8),
	    .paid = db_int(r, 9),
	    .state = str_dup(a, db_text(r, 10)),
	    .due = db_int(r, 11),
	};
}

static bool bill_one(rows *r, arena *a, struct bill *out)
{
	bool found = db_next(r);
	if (found)
		*out = bill_read(r, a);
	db_done(r);
	return found;
}

bool bill_get(dbc *c, arena *a, int64_t id, struct bill *out)
{
	return bill_one(db_query(c, &sql_bill_get, D_INT(id)), a, out);
}

size_t bills_of(dbc *c, arena *a, int64_t payer, bool open, struct bill *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_bill_list, D_INT(payer));
	while (n < max && db_next(r)) {
		out[n] = bill_read(r, a);
		bool owed = out[n].paid < out[n].amount && !str_eq(out[n].state, STR("cancelled"));
		n += !open || owed;
	}
	db_done(r);
	return n;
}

static err bill_emit(struct tx *tx, const char *kind, const struct bill *b)
{
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "bill", b->id);
	json_set_str(tx->a, d, "number", b->number);
	json_set(tx->a, d, "label", text_pair(tx->a, b->label_en, b->label_ar));
	json_set_str(tx->a, d, "gl", b->gl);
	json_set_str(tx->a, d, "currency", b->currency);
	json_set_int(tx->a, d, "amount", b->amount);
	json_set_int(tx->a, d, "due", b->due);
	return tx_emit(
	    tx, (struct emission){.kind = kind, .entity = b->entity, .subject = b->payer, .data = d});
}

err bill_issue(struct tx *tx, const struct bill *b, int64_t *id)
{
	struct bill known, new = *b;
	currency c;
	if (!b->number.n || b->number.n > BILL_NUMBER || b->amount <= 0 || !b->entity.n ||
	    !currency_find(b->currency, &c))
		return tx_fail(tx, ERR_bad_input, "bill",
		               "a bill needs an entity, a number, an amount"
		               " above nothing and a currency");
	if (bill_one(db_query(tx->db, &sql_bill_by_number, D_TEXT(b->entity), D_TEXT(b->number)), tx->a,
	             &known)) {
		*id = known.id;
		return known.amount == b->amount && str_eq(known.currency, b->currency)
		           ? OK
		           : tx_fail(tx, ERR_conflict, "number", "this number is another bill");
	}
	new.id = *id = tx_id(tx);
	return bill_emit(tx, "payment.bill_issued", &new);
}

err bill_cancel(struct tx *tx, int64_t id)
{
	struct bill b;
	if (!bill_get(tx->db, tx->a, id, &b))
		return tx_fail(tx, ERR_not_found, "", "there is no such bill");
	if (b.paid || str_eq(b.state, STR("cancelled")))
		return tx_fail(tx, ERR_payment_state, "", "the bill is %.*s", STRF(b.state));
	return bill_emit(tx, "payment.bill_cancelled", &b);
}

/* ---- baskets ---- */

static err part_line(struct tx *tx, int64_t payer, const struct bill_part *p, struct line *l,
                     str *code)
{
	struct bill b;
	if (!bill_get(tx->db, tx->a, p->bill, &b) || b.payer != payer)
		return tx_fail(tx, ERR_not_found, "bill", "there is no such bill");
	int64_t open = b.amount - b.paid, amount = p->amount ? p->amount : open;
	if (str_eq(b.state, STR("cancelled")) || open == 0)
		return tx_fail(tx, ERR_payment_paid, "bill", "the bill %.*s is not to be paid",
		               STRF(b.number));
	if (amount < 0 || amount > open)
		return tx_fail(tx, ERR_payment_amount, "amount", "more than is open of the bill %.*s",
		               STRF(b.number));
	if (code->n && !str_eq(*code, b.currency))
		return tx_fail(tx, ERR_bad_input, "bill", "bills of two currencies are two payments");
	*code = b.currency;
	*l = (struct line){.entity = b.entity,
	                   .service = STR("bill"),
	                   .label_en = str_fmt(tx->a, "%.*s %.*s", STRF(b.label_en), STRF(b.number)),
	                   .label_ar = str_fmt(tx->a, "%.*s %.*s", STRF(b.label_ar), STRF(b.number)),
	                   .gl = b.gl,
	                   .amount = amount,
	                   .bill = b.id};
	return OK;
}

err bills_pay(struct tx *tx, int64_t payer, const struct bill_part *p, size_t n, int64_t *order)
{
	struct line l[BILLS_MAX];
	str code = {0};
	if (n == 0 || n > BILLS_MAX)
		return tx_fail(tx, ERR_bad_input, "bill", "choose 1 to %d bills", BILLS_MAX);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			if (p[k].bill == p[i].bill)
				return tx_fail(tx, ERR_bad_input, "bill", "a bill was chosen twice");
		err e = part_line(tx, payer, &p[i], &l[i], &code);
		if (e)
			return e;
	}
	struct order_request q = {.origin = n > 1 ? STR("basket") : STR("bill"),
	                          .entity = l[0].entity,
	                          .service = STR("bill"),
	                          .title_en = n > 1 ? STR("Bills") : l[0].label_en,
	                          .title_ar = n > 1 ? STR("فواتير") : l[0].label_ar,
	                          .currency = code,
	                          .payer = payer,
	                          .expires = tx->now + DAY,
	                          .line = l,
	                          .n = n};
	return order_create(tx, &q, order);
}

bool bills_await(dbc *c, arena *a, const struct line *l, size_t n)
{
	struct bill b;
	for (size_t i = 0; i < n; i++)
		if (l[i].bill && (!bill_get(c, a, l[i].bill, &b) || str_eq(b.state, STR("cancelled")) ||
		                  l[i].amount > b.amount - b.paid))
			return false;
	return true;
}

/* ---- shares ---- */

err shares_set(struct tx *tx, str gl, const struct share *s, size_t n)
{
	json *d = json_object(tx->a), *list = json_array(tx->a);
	if (!gl.n || n == 0 || n > SHARES_MAX)
		return tx_fail(tx, ERR_bad_input, "shares", "an income has 1 to %d shares", SHARES_MAX);
	for (size_t i = 0; i < n; i++) {
		json *o = json_push(list, json_object(tx->a));
		if (s[i].weight <= 0 || !s[i].beneficiary.n)
			return tx_fail(tx, ERR_bad_input, "shares", "a share has a beneficiary and a weight");
		json_set_str(tx->a, o, "to", s[i].beneficiary);
		json_set_int(tx->a, o, "weight", s[i].weight);
	}
	json_set_str(tx->a, d, "gl", gl);
	json_set(tx->a, d, "shares", list);
	return tx_emit(tx, (struct emission){.kind = "payment.shares_set", .data = d});
}

struct sharing {
	str entity, gl, code, period;
	struct share s[SHARES_MAX];
	int64_t weight[SHARES_MAX];
	money part[SHARES_MAX];
	size_t n;
	int64_t amount;
};

static err shares_record(struct tx *tx, const struct sharing *g)
{
	struct posting p[SHARES_MAX];
	json *d = json_object(tx->a), *parts = json_array(tx->a);
	size_t m = 0;
	for (size_t i = 0; i < g->n; i++) {
		json *o = json_push(parts, json_object(tx->a));
		json_set_str(tx->a, o, "to", g->s[i].beneficiary);
		json_set_int(tx->a, o, "amount", g->part[i].minor);
		if (str_eq(g->s[i].beneficiary, g->entity) || g->part[i].minor <= 0)
			continue; /* its own part stays where it is */
		p[m++] = (struct posting){
		    .key = str_fmt(tx->a, "share:%.*s:%.*s:%.*s:%.*s", STRF(g->entity), STRF(g->gl),
		                   STRF(g->period), STRF(g->s[i].beneficiary)),
		    .entity = g->entity,
		    .currency = g->code,
		    .debit = str_cat(tx->a, STR("income/fees/"), g->gl),
		    .credit = str_cat(tx->a, STR("liability/due/"), g->s[i].beneficiary),
		    .amount = g->part[i].minor,
		    .reference = g->period};
	}
	json_set_str(tx->a, d, "gl", g->gl);
	json_set_str(tx->a, d, "period", g->period);
	json_set_str(tx->a, d, "currency", g->code);
	json_set_int(tx->a, d, "amount", g->amount);
	json_set(tx->a, d, "parts", parts);
	err e = tx_emit(
	    tx, (struct emission){.kind = "payment.distributed", .entity = g->entity, .data = d});
	return e || !m ? e : ledger_post(tx, p, m);
}

err shares_distribute(struct tx *tx, str entity, str gl, str currency_code, str period,
                      instant from, instant to, int64_t *amount)
{
	struct sharing g = {.entity = entity, .gl = gl, .code = currency_code, .period = period};
	if (period.n != PERIOD_BYTES || from >= to || to > tx->now)
		return tx_fail(tx, ERR_bad_input, "period", "a period that is over, as 2026-11");
	if (db_query_int(tx->db, &sql_distribution_get, 0, D_TEXT(entity), D_TEXT(gl), D_TEXT(period),
	                 D_TEXT(currency_code)))
		return tx_fail(tx, ERR_payment_state, "period", "the period is distributed");
	rows *r = db_query(tx->db, &sql_share_list, D_TEXT(gl));
	while (g.n < SHARES_MAX && db_next(r)) {
		g.s[g.n] = (struct share){str_dup(tx->a, db_text(r, 0)), db_int(r, 1)};
		g.weight[g.n] = db_int(r, 1);
		g.n++;
	}
	db_done(r);
	g.amount = *amount =
	    db_query_int(tx->db, &sql_income_of, 0, D_TEXT(entity), D_TEXT(currency_code),
	                 D_TEXT(str_cat(tx->a, STR("income/fees/"), gl)), D_INT(from), D_INT(to));
	if (g.amount < 0 || !g.n || !money_share((money){g.amount}, g.weight, g.n, g.part))
		return tx_fail(tx, ERR_payment_amount, "gl",
		               "the income has no shares, or is below nothing");
	return shares_record(tx, &g);
}

rows *distributions(dbc *c, str period)
{
	return db_query(c, &sql_distribution_list, D_TEXT(period));
}

/*
 * fulfil.c - after the capture: the service is told, once, and a receipt is made.
 *
 * It is a transaction of its own, asked for in the one of the capture: money that
 * came is recorded whatever the service's process then does.
 */
#include "systems/payments/order.h"
#include "systems/payments/statements.h"

#include "base/embed.h"
#include "kernel/cases/cases.h"
#include "kernel/documents/documents.h"

#define SPEC_FILE "src/systems/payments/receipt.json"

static json *lines_view(arena *a, const struct line *l, size_t n, str entity, str code)
{
	json *list = json_array(a);
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(l[i].entity, entity))
			continue;
		json *o = json_object(a);
		json_set(a, o, "label", text_pair(a, l[i].label_en, l[i].label_ar));
		json_set(a, o, "amount", pay_money(a, l[i].amount, code));
		json_push(list, o);
	}
	return list;
}

static json *method_view(arena *a, str method)
{
	static const struct {
		const char *id, *en, *ar;
	} names[] = {
	    {"card", "Card", "بطاقة"},
	    {"wallet", "Electronic wallet", "محفظة إلكترونية"},
	    {"cash", "Cash", "نقدًا"},
	    {"cheque", "Cheque", "شيك"},
	    {"terminal", "Card at a terminal", "بطاقة عبر جهاز نقطة البيع"},
	};
	for (size_t i = 0; i < COUNT(names); i++)
		if (str_eq(method, str_of(names[i].id)))
			return text_pair(a, str_of(names[i].en), str_of(names[i].ar));
	return text_pair(a, method, method);
}

json *pay_receipt_view(dbc *c, arena *a, const struct order *o, const struct receipt *r)
{
	struct line *l;
	struct entity e = {0};
	struct kase q = {0};
	size_t n = order_lines(c, a, o->id, &l);
	json *v = json_object(a);
	entity_get(c, a, r->entity, r->at, &e);
	if (o->case_id)
		case_get(c, a, o->case_id, &q);
	json_set(a, v, "payee", text_pair(a, e.name_en, e.name_ar));
	json_set_str(a, v, "receipt", r->number);
	json_set_str(a, v, "reference", q.reference.n ? q.reference : o->reference);
	json_set_int(a, v, "at", r->at);
	json_set(a, v, "method", method_view(a, o->method));
	json_set(a, v, "lines", lines_view(a, l, n, r->entity, o->currency));
	json_set(a, v, "total", pay_money(a, r->amount, r->currency));
	return v;
}

const json *pay_receipt_spec(arena *a)
{
	str text;
	return embed_find(STR(SPEC_FILE), &text) ? json_parse(a, text, NULL) : NULL;
}

/* One document for each receipt; its number is the receipt's own. */
static err receipts_ask(struct tx *tx, const struct order *o)
{
	struct receipt r[LINES_MAX];
	size_t n = order_receipts(tx->db, tx->a, o->id, r, LINES_MAX);
	const json *spec = pay_receipt_spec(tx->a);
	if (!spec)
		return tx_fail(tx, ERR_internal, "", "the receipt's form is missing or malformed");
	for (size_t i = 0; i < n; i++) {
		struct document_order d = {
		    .kind = STR("receipt"),
		    .prefix = STR("RC"),
		    .case_id = o->case_id,
		    .subject = o->payer,
		    .entity = r[i].entity,
		    .key = str_cat(tx->a, STR("receipt:"), r[i].number),
		    .spec = spec,
		    .view = pay_receipt_view(tx->db, tx->a, o, &r[i]),
		    .title = text_pair(tx->a, STR("Receipt"), STR("إيصال سداد")),
		};
		err e = document_request(tx, &d);
		if (e)
			return e;
	}
	return OK;
}

static err case_told(struct tx *tx, const struct order *o)
{
	struct receipt r[LINES_MAX];
	json *vars = json_object(tx->a);
	size_t n = order_receipts(tx->db, tx->a, o->id, r, LINES_MAX);
	json_set_bool(tx->a, vars, "paid", true);
	json_set_str(tx->a, vars, "receipt", n ? r[0].number : (str){0});
	return case_work_done(tx, o->case_id, o->instance, vars);
}

/* The event first: it is what makes this happen once. */
err order_fulfil(struct tx *tx, int64_t order)
{
	struct order o;
	struct kase q = {0};
	if (!order_get(tx->db, tx->a, order, &o))
		return tx_fail(tx, ERR_not_found, "", "there is no such order");
	if (o.fulfilled)
		return OK;
	if (!order_next(o.state, "fulfilled").n)
		return tx_fail(tx, ERR_payment_state, "", "the order is %.*s", STRF(o.state));
	tx_cancel(tx, "payment.fulfil", str_fmt(tx->a, "%lld", (long long)o.id));
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "order", o.id);
	json_set_str(tx->a, d, "reference", o.reference);
	err e = tx_emit(tx, (struct emission){.kind = "payment.fulfilled",
	                                      .entity = o.entity,
	                                      .subject = o.payer,
	                                      .case_id = o.case_id,
	                                      .data = d});
	if (e == OK && o.case_id && case_get(tx->db, tx->a, o.case_id, &q))
		e = case_told(tx, &o);
	/* An agency that asked by its own program gives its payers a receipt itself. */
	if (e || (!o.case_id && !o.payer))
		return e;
	return receipts_ask(tx, &o);
}

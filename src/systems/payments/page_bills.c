/* page_bills.c - a person's bills, of all bodies, chosen and paid together. */
#include "systems/payments/bills.h"
#include "systems/payments/routes.h"

#include "web/view.h"

#define BILLS_SHOWN 200

static json *bill_view(struct req *r, const struct bill *b)
{
	json *o = json_object(r->a);
	json_set_str(r->a, o, "id", str_fmt(r->a, "%lld", (long long)b->id));
	json_set_str(r->a, o, "number", b->number);
	json_set(r->a, o, "entity", view_entity(r, b->entity, r->now));
	json_set(r->a, o, "label", text_pair(r->a, b->label_en, b->label_ar));
	json_set(r->a, o, "amount", pay_money(r->a, b->amount, b->currency));
	json_set(r->a, o, "open", pay_money(r->a, b->amount - b->paid, b->currency));
	json_set_bool(r->a, o, "part", b->paid > 0);
	json_set_bool(r->a, o, "overdue", b->due && r->now > b->due);
	json_set_str(r->a, o, "due", b->due ? date_print(r->a, b->due / DAY) : (str){0});
	return o;
}

static json *bills_view(struct req *r, const char *error)
{
	struct bill *b = NEWN(r->a, struct bill, BILLS_SHOWN);
	size_t n = bills_of(r->db, r->a, r->actor.person, true, b, BILLS_SHOWN);
	json *v = json_object(r->a), *list = json_array(r->a), *errors = json_array(r->a);
	for (size_t i = 0; i < n; i++)
		json_push(list, bill_view(r, &b[i]));
	if (error) {
		json *one = json_push(errors, json_object(r->a));
		json_set_str(r->a, one, "href", STR("#bills"));
		json_set_str(r->a, one, "text", req_text(r, error));
	}
	json_set(r->a, v, "bills", list);
	json_set(r->a, v, "errors", errors);
	return v;
}

/* For "my space". */
int64_t space_bills(struct req *r, json *list, size_t max)
{
	struct bill *b = NEWN(r->a, struct bill, BILLS_SHOWN);
	size_t n = bills_of(r->db, r->a, r->actor.person, true, b, BILLS_SHOWN);
	for (size_t i = 0; i < n && i < max; i++) {
		json *o = json_push(list, json_object(r->a));
		json_set(r->a, o, "title", text_pair(r->a, b[i].label_en, b[i].label_ar));
		json_set_str(r->a, o, "href", view_href(r, "/bills"));
		json_set_str(r->a, o, "text", b[i].number);
		json_set(r->a, o, "amount", pay_money(r->a, b[i].amount - b[i].paid, b[i].currency));
		json_set_str(r->a, o, "day", b[i].due ? date_print(r->a, b[i].due / DAY) : (str){0});
	}
	return (int64_t)n;
}

err page_payments_bills(struct req *r)
{
	return req_view(r, "payments/bills", bills_view(r, NULL));
}

struct basket {
	struct bill_part part[BILLS_MAX];
	size_t n;
	int64_t order;
};

/* A part is typed beside the bill; empty means all of it. */
static bool part_read(struct req *r, str id, struct bill_part *out)
{
	struct bill b;
	currency c;
	money m = {0};
	str typed = str_trim(req_field(r, str_c(r->a, str_cat(r->a, STR("amount-"), id))));
	if (!str_i64(id, &out->bill) || !bill_get(r->db, r->a, out->bill, &b) ||
	    !currency_find(b.currency, &c) || (typed.n && (!money_parse(typed, c, &m) || m.minor <= 0)))
		return false;
	out->amount = m.minor;
	return m.minor <= b.amount - b.paid;
}

err prepare_payments_pay_bills(struct req *r)
{
	struct basket *k = NEW(r->a, struct basket);
	str id[BILLS_MAX];
	size_t n = req_field_all(r, "bill", id, BILLS_MAX);
	r->state = k;
	if (n == 0)
		return req_again(r, "payments/bills", bills_view(r, "payments.bills.choose"));
	for (size_t i = 0; i < n; i++)
		if (!part_read(r, id[i], &k->part[k->n++]))
			return req_again(r, "payments/bills", bills_view(r, "payments.bills.wrong_amount"));
	return OK;
}

err decide_payments_pay_bills(struct tx *tx, struct req *r)
{
	struct basket *k = r->state;
	err e = bills_pay(tx, r->actor.person, k->part, k->n, &k->order);
	r->decided = json_object(tx->a);
	json_set_int(tx->a, r->decided, "order", k->order);
	return e;
}

err answer_payments_pay_bills(struct req *r)
{
	struct order o;
	if (!order_get(r->db, r->a, json_int(r->decided, "order", 0), &o))
		return req_fail(r, ERR_not_found, "", "the order is gone");
	return req_redirect(r, "/payments/%.*s/pay", STRF(o.reference));
}

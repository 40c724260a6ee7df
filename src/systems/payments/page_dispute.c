/* page_dispute.c - opening a dispute, moving it on, its evidence. */
#include "systems/payments/dispute.h"
#include "systems/payments/routes.h"

struct disputing {
	struct order o;
	struct dispute d;
	int64_t amount;
};

err prepare_payments_dispute(struct req *r)
{
	struct disputing *p = NEW(r->a, struct disputing);
	currency c;
	money m;
	r->state = p;
	if (!order_by_reference(r->db, r->a, req_param(r, "reference"), &p->o))
		return req_fail(r, ERR_not_found, "", "there is no such payment");
	err e = req_require(r, PERM_pay_check, p->o.entity);
	if (e)
		return e;
	if (!currency_find(p->o.currency, &c) || !money_parse(str_trim(req_field(r, "amount")), c, &m))
		return req_fail(r, ERR_payment_amount, "amount", "the amount is malformed");
	p->amount = m.minor;
	return OK;
}

err decide_payments_dispute(struct tx *tx, struct req *r)
{
	struct disputing *p = r->state;
	return dispute_open(tx, p->o.id, req_field(r, "bank_reference"), req_field(r, "reason"),
	                    p->amount, &p->d.id);
}

err answer_payments_dispute(struct req *r)
{
	req_flash(r, "payments.flash.dispute");
	return req_redirect(r, "/payments/%.*s", STRF(req_param(r, "reference")));
}

static err dispute_find(struct req *r, struct disputing *p)
{
	int64_t id;
	if (!req_param_id(r, "id", &id) || !dispute_get(r->db, r->a, id, &p->d) ||
	    !order_get(r->db, r->a, p->d.order, &p->o))
		return req_fail(r, ERR_not_found, "", "there is no such dispute");
	return req_require(r, PERM_pay_check, p->o.entity);
}

err prepare_payments_dispute_move(struct req *r)
{
	struct disputing *p = NEW(r->a, struct disputing);
	r->state = p;
	return dispute_find(r, p);
}

err decide_payments_dispute_move(struct tx *tx, struct req *r)
{
	struct disputing *p = r->state;
	str to = req_field(r, "to");
	if (str_eq(to, STR("answered")))
		return dispute_answer(tx, p->d.id);
	if (str_eq(to, STR("won")) || str_eq(to, STR("lost")))
		return dispute_end(tx, p->d.id, str_eq(to, STR("won")));
	return tx_fail(tx, ERR_bad_input, "to", "a dispute is answered, won or lost");
}

err answer_payments_dispute_move(struct req *r)
{
	struct disputing *p = r->state;
	req_flash(r, "payments.flash.dispute");
	return req_redirect(r, "/payments/%.*s", STRF(p->o.reference));
}

err page_payments_dispute_bundle(struct req *r)
{
	struct disputing p;
	str zip;
	err e = dispute_find(r, &p);
	if (e)
		return e;
	if ((e = dispute_bundle(r->k, r->db, r->a, &p.d, &zip)))
		return req_fail(r, e, "", "the bundle cannot be made");
	return req_content(r, "application/zip", zip, "evidence.zip");
}

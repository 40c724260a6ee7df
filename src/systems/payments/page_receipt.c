/* page_receipt.c - a receipt as it was issued, or a copy that says it is one. */
#include "systems/payments/order.h"
#include "systems/payments/routes.h"
#include "systems/payments/statements.h"

#include "kernel/documents/documents.h"
#include "web/view.h"

static bool receipt_find(struct req *r, struct receipt *out)
{
	rows *q = db_query(r->db, &sql_receipt_by_number, D_TEXT(req_param(r, "number")));
	bool found = db_next(q);
	if (found)
		*out = (struct receipt){
		    .entity = str_dup(r->a, db_text(q, 0)),
		    .year = db_int(q, 1),
		    .no = db_int(q, 2),
		    .number = str_dup(r->a, db_text(q, 3)),
		    .order = db_int(q, 4),
		    .amount = db_int(q, 5),
		    .currency = str_dup(r->a, db_text(q, 6)),
		    .at = db_int(q, 7),
		    .seq = db_int(q, 8),
		};
	db_done(q);
	return found;
}

/* The registered document of a receipt, once it is made. */
static bool document_find(struct req *r, const struct receipt *t, struct issued *out)
{
	str key = str_cat(r->a, STR("receipt:"), t->number);
	rows *q = db_query(r->db, &sql_receipt_document, D_TEXT(key));
	str number = db_next(q) ? str_dup(r->a, db_text(q, 0)) : (str){0};
	db_done(q);
	return number.n && document_by_number(r->db, r->a, number, out);
}

/* The copy leads to the same place: there the original is shown as it is. */
static err copy(struct req *r, const struct order *o, const struct receipt *t,
                const struct issued *d)
{
	json *v = pay_receipt_view(r->db, r->a, o, t);
	str base = view_base(r), pdf;
	json_set_bool(r->a, v, "copy", true);
	json_set_str(r->a, v, "verify_url",
	             str_fmt(r->a, "%.*s/ar/verify/%.*s", STRF(base), STRF(d->code)));
	err e = document_render_now(r->k, r->a, pay_receipt_spec(r->a), v, r->now, &pdf);
	if (e)
		return req_fail(r, e, "", "the copy cannot be made");
	return req_content(r, "application/pdf", pdf,
	                   str_c(r->a, str_cat(r->a, t->number, STR("-copy.pdf"))));
}

err page_payments_receipt(struct req *r)
{
	struct receipt t;
	struct order o;
	struct issued d;
	str pdf;
	if (!receipt_find(r, &t) || !order_get(r->db, r->a, t.order, &o))
		return req_fail(r, ERR_not_found, "", "there is no such receipt");
	bool own = o.payer && o.payer == r->actor.person;
	if (!own && !may(&r->session.rights, PERM_pay_read, t.entity))
		return req_require(r, PERM_pay_read, t.entity);
	if (!document_find(r, &t, &d))
		return req_fail(r, ERR_not_found, "", "the receipt is still being made");
	if (req_field(r, "copy").n)
		return copy(r, &o, &t, &d);
	err e = document_bytes(r->k, r->db, r->a, &d, &pdf);
	if (e)
		return req_fail(r, e, "", "the receipt cannot be read");
	return req_content(r, "application/pdf", pdf,
	                   str_c(r->a, str_cat(r->a, t.number, STR(".pdf"))));
}

/* api_bill.c - GovStack's bills: asked about, paid at banks, and requests to pay them. */
#include "systems/payments/bills.h"
#include "systems/payments/payout/api.h"
#include "systems/payments/routes.h"
#include "systems/payments/statements.h"

#include "kernel/outbox/outbox.h"

#define REASON_MAX 3
#define RTP_LIFE   (3 * DAY)

struct call {
	int64_t bill, rtp;
	str reference, reason;
	struct rtp ask;
	bool accepted;
};

/* The body that presented the bill: the tenant, as GovStack calls it. */
static str tenant(struct req *r)
{
	str t = str_trim(req_header(r, "Platform-TenantId"));
	return t.n ? t : str_trim(req_header(r, "X-Platform-TenantId"));
}

static json *reply(arena *a, const char *code, str request, str reason)
{
	json *v = json_object(a);
	json_set_str(a, v, "responseCode", str_of(code));
	json_set_str(a, v, "reason", reason);
	json_set_str(a, v, "requestID", request);
	return v;
}

static err says(struct req *r, int status, const char *code, str request, const char *reason)
{
	req_view(r, "", reply(r->a, code, request, str_of(reason)));
	r->status = status;
	return OK;
}

/* ---- a bank asks what is to be paid ---- */

static json *bill_json(struct req *r, const struct bill *b)
{
	json *o = json_object(r->a);
	bool late = b->due && b->due < r->now && b->paid < b->amount;
	json_set_str(r->a, o, "billerId", b->entity);
	json_set_str(r->a, o, "billerName", b->label_en);
	json_set_str(r->a, o, "billStatus", late ? STR("overdue") : b->state);
	json_set_int(r->a, o, "dueDate", b->due / SECOND);
	json_set_int(r->a, o, "amountonDueDate", b->amount - b->paid);
	json_set_int(r->a, o, "amountAfterDueDate", b->amount - b->paid);
	json_set_str(r->a, o, "currency", b->currency);
	return o;
}

err page_gs_bill(struct req *r)
{
	struct gs *g = gs_open(r, true, GS_CODE);
	struct bill b;
	int64_t id;
	if (!g)
		return OK;
	str request = str_trim(req_header(r, "X-CorrelationID")), number = req_param(r, "bill");
	if (!str_eq(req_field(r, "fields"), STR("inquiry")) || !tenant(r).n)
		return says(r, 400, "01", request, "fields=inquiry and a Platform-TenantId are needed");
	if (!bill_find(r->db, tenant(r), number, &id) || !bill_get(r->db, r->a, id, &b))
		return says(r, 400, "01", request, "there is no such bill");
	json *v = reply(r->a, "00", request, STR("Found"));
	json_set_str(r->a, v, "requestId", request);
	json_set_str(r->a, v, "code", STR("00"));
	json_set_str(r->a, v, "billId", b.number);
	json_set(r->a, v, "billDetails", bill_json(r, &b));
	req_view(r, "", v);
	r->status = 202;
	return OK;
}

/* ---- a bank took the money ---- */

static struct gs *bank_call(struct req *r, struct call **c)
{
	struct gs *g = gs_open(r, true, GS_CODE);
	if (!g)
		return NULL;
	g->more = *c = NEW(r->a, struct call);
	if (g->request.n && g->request.n <= GS_REQUEST)
		return g;
	says(r, 400, "01", g->request, "requestId: 1 to 12 characters are needed");
	return NULL;
}

err prepare_gs_bill_paid(struct req *r)
{
	struct call *c;
	struct gs *g = bank_call(r, &c);
	if (!g)
		return OK;
	c->reference = gs_member(r->body, "paymentReferenceID|PaymentReferenceID");
	if (!c->reference.n || c->reference.n > GS_PAYEE)
		return says(r, 400, "01", g->request, "paymentReferenceID: 1 to 20 characters are needed");
	if (!bill_find(r->db, tenant(r), gs_member(r->body, "billId|billID"), &c->bill))
		return says(r, 400, "01", g->request, "there is no such bill");
	return OK;
}

/* ACK, or RJC with GovStack's word for why. */
static err bill_told(struct tx *tx, struct req *r, const char *why)
{
	const struct gs *g = r->state;
	json *v = reply(tx->a, why ? "01" : "00", g->request,
	                why ? STR("The bill was not marked as paid") : STR("The bill is paid"));
	json_set_str(tx->a, v, "status", why ? STR("RJC") : STR("ACK"));
	if (why)
		json_set_str(tx->a, v, "rejectReason", str_of(why));
	tx->fault = (struct fault){0};
	return gs_decided(tx, r, why ? 400 : 202, v);
}

err decide_gs_bill_paid(struct tx *tx, struct req *r)
{
	const struct gs *g = r->state;
	const struct call *c = g->more;
	json *known;
	tx->actor.channel = STR("bank");
	err e = request_known(tx, g->entity, "bill_paid", g->request, g->digest, &known);
	if (!e && !known && !(e = bill_paid_by(tx, g->entity, c->bill, c->reference)))
		e = request_take(tx, g->entity, "bill_paid", g->request, g->digest, json_object(tx->a));
	if (e == (err)ERR_payment_paid || e == (err)ERR_payout_request)
		return bill_told(tx, r, "Dup");
	if (e == (err)ERR_not_found || e == (err)ERR_bad_input)
		return bill_told(tx, r, "Und");
	return e ? e : bill_told(tx, r, NULL);
}

err answer_gs_bill_paid(struct req *r)
{
	scheduler_wake(r->k);
	return gs_answer(r);
}

/* ---- requests to pay ---- */

static json *rtp_reply(arena *a, const char *code, str request, const char *text)
{
	json *v = json_object(a);
	json_set_str(a, v, "responseCode", str_of(code));
	json_set_str(a, v, "responseDescription", str_of(text));
	json_set_str(a, v, "requestID", request);
	return v;
}

err prepare_gs_rtp(struct req *r)
{
	struct gs *g = gs_open(r, false, GS_CODE);
	if (!g)
		return OK;
	struct call *c = NEW(r->a, struct call);
	g->more = c;
	c->ask = (struct rtp){.entity = g->entity,
	                      .request = g->request,
	                      .rtp = json_int(r->body, "rtpId", 0),
	                      .bank = json_text(json_path(r->body, "payerFiDetails.payerFIBIC")),
	                      .amount = json_int(json_get(r->body, "billDetails"), "amount", 0),
	                      .expires = r->now + RTP_LIFE};
	bill_find(r->db, g->entity, gs_member(r->body, "billID|billId"), &c->ask.bill);
	bool good = g->request.n && g->request.n <= GS_REQUEST && c->ask.rtp > 0 && c->ask.bank.n;
	return good ? OK
	            : says(r, 400, "01", g->request,
	                   "requestId, rtpId, billID and payerFiDetails are needed");
}

err decide_gs_rtp(struct tx *tx, struct req *r)
{
	const struct gs *g = r->state;
	const struct call *c = g->more;
	int64_t id;
	json *known;
	tx->actor.channel = STR("api");
	err e = request_known(tx, g->entity, "rtp", g->request, g->digest, &known);
	if (!e && !known) {
		known = json_object(tx->a);
		if (!(e = rtp_ask(tx, &c->ask, &id))) {
			json_set_int(tx->a, known, "id", id);
			e = request_take(tx, g->entity, "rtp", g->request, g->digest, known);
		}
	}
	if (e)
		return gs_refused(tx, r, e, GS_CODE, 400, g->request);
	json *v = rtp_reply(tx->a, "00", g->request, "The bank is asked");
	json_set_str(tx->a, v, "transferRequestId",
	             str_fmt(tx->a, "%lld", (long long)json_int(known, "id", 0)));
	return gs_decided(tx, r, 200, v);
}

err answer_gs_rtp(struct req *r)
{
	return gs_answer(r);
}

err prepare_gs_rtp_answer(struct req *r)
{
	struct call *c;
	struct gs *g = bank_call(r, &c);
	struct rtp asked;
	if (!g)
		return OK;
	str status = gs_member(r->body, "rtpStatus");
	c->accepted = str_eq(status, STR("00"));
	c->reason = gs_member(r->body, "rejectReason");
	bool found = rtp_find(r->db, r->a, tenant(r), json_int(r->body, "rtpId", 0), &asked) &&
	             str_eq(asked.bank, g->entity);
	c->rtp = found ? asked.id : 0;
	if (!found || (!c->accepted && !str_eq(status, STR("01"))) || c->reason.n > REASON_MAX)
		return says(r, 400, "01", g->request, "no such request to pay, or no rtpStatus of 00, 01");
	return OK;
}

err decide_gs_rtp_answer(struct tx *tx, struct req *r)
{
	const struct gs *g = r->state;
	const struct call *c = g->more;
	json *known;
	tx->actor.channel = STR("bank");
	err e = request_known(tx, g->entity, "rtp_answer", g->request, g->digest, &known);
	if (!e && !known && !(e = rtp_answer(tx, c->rtp, c->accepted, c->reason)))
		e = request_take(tx, g->entity, "rtp_answer", g->request, g->digest, json_object(tx->a));
	if (e)
		return gs_refused(tx, r, e, GS_CODE, 400, g->request);
	return gs_decided(tx, r, 200, rtp_reply(tx->a, "00", g->request, "Taken"));
}

err answer_gs_rtp_answer(struct req *r)
{
	return gs_answer(r);
}

err page_gs_transfer(struct req *r)
{
	struct gs *g = gs_open(r, false, GS_CODE);
	struct rtp p;
	int64_t id;
	if (!g)
		return OK;
	str request = str_trim(req_header(r, "X-CorrelationID"));
	if (!req_param_id(r, "id", &id) || !rtp_get(r->db, r->a, id, &p) ||
	    !str_eq(p.entity, g->entity))
		return says(r, 400, "01", request, "there is no such request to pay");
	json *v = reply(r->a, "00", request, STR("Found"));
	json_set_int(r->a, v, "rtpId", p.rtp);
	json_set_str(r->a, v, "RequestId", p.request);
	json_set_str(r->a, v, "requestStatus", rtp_status(r->db, r->a, &p, r->now));
	json_set_int(r->a, v, "lastUpdateDate", p.changed / SECOND);
	req_view(r, "", v);
	r->status = 202;
	return OK;
}

/*
 * page_api.c - GOV.UK Pay's public interface, for programs of government bodies.
 */
#include "systems/payments/agency.h"
#include "systems/payments/routes.h"
#include "kernel/outbox/sign.h"
#include "systems/payments/statements.h"

#include "web/server.h"

struct api {
	str entity;
	struct order o;
	int64_t order, amount, refund;
};

/* The interface's own shape of an error; false makes the callers stop. */
static err api_error(struct req *r, int status, const char *code, const char *field,
                     const char *what)
{
	json *v = json_object(r->a);
	if (field)
		json_set_str(r->a, v, "field", str_of(field));
	json_set_str(r->a, v, "code", str_of(code));
	json_set_str(r->a, v, "description", str_of(what));
	req_view(r, "", v);
	r->status = status;
	return OK;
}

/* "Authorization: Bearer KEY": the body it belongs to. */
static bool api_entity(struct req *r, str *entity)
{
	str h = req_header(r, "Authorization");
	if (!str_starts(h, STR("Bearer ")))
		return false;
	str hash = sign_digest(r->a, str_trim(str_sub(h, 7, h.n)));
	rows *q = db_query(r->db, &sql_api_key_get, D_TEXT(hash));
	*entity = db_next(q) ? str_dup(r->a, db_text(q, 0)) : (str){0};
	db_done(q);
	return entity->n > 0;
}

/* Whose key, and which of its orders; otherwise the answer is set. */
static bool api_find(struct req *r, struct api *p)
{
	if (!api_entity(r, &p->entity)) {
		api_error(r, 401, "P0900", NULL, "Credentials are required to access this resource");
		return false;
	}
	str id = req_param(r, "id");
	if (!id.n)
		return true;
	if (order_by_reference(r->db, r->a, id, &p->o) && str_eq(p->o.entity, p->entity) &&
	    str_eq(p->o.origin, STR("api")))
		return true;
	api_error(r, 404, "P0200", NULL, "Not found");
	return false;
}

/* ---- views ---- */

static json *state_json(arena *a, const struct order *o)
{
	json *s = json_object(a);
	bool paid = o->captured > 0, over = order_is(o, "expired"),
	     cancelled = order_is(o, "cancelled");
	json_set_str(a, s, "status",
	             paid          ? STR("success")
	             : over        ? STR("failed")
	             : cancelled   ? STR("cancelled")
	             : o->attempts ? STR("started")
	                           : STR("created"));
	json_set_bool(a, s, "finished", paid || over || cancelled);
	if (over || cancelled) {
		json_set_str(a, s, "code", over ? STR("P0020") : STR("P0040"));
		json_set_str(a, s, "message",
		             over ? STR("Payment expired") : STR("Payment was cancelled by the service"));
	}
	return s;
}

static str base_of(struct req *r)
{
	str base = server_public_url(r->server);
	return base.n ? base : str_cat(r->a, STR("http://"), req_header(r, "Host"));
}

static void link_add(struct req *r, json *links, const char *name, const char *method, str href)
{
	json *l = json_set(r->a, links, name, json_object(r->a));
	json_set_str(r->a, l, "href", href);
	json_set_str(r->a, l, "method", str_of(method));
}

static json *refunds_json(arena *a, const struct order *o)
{
	json *s = json_object(a);
	int64_t open = o->captured - o->refunded - o->refund_pending;
	json_set_str(a, s, "status",
	             !o->captured ? STR("pending")
	             : open > 0   ? STR("available")
	                          : STR("full"));
	json_set_int(a, s, "amount_available", open);
	json_set_int(a, s, "amount_submitted", o->refunded + o->refund_pending);
	return s;
}

static json *payment_json(struct req *r, const struct order *o)
{
	json *v = json_object(r->a), *links = json_object(r->a);
	rows *q = db_query(r->db, &sql_api_order_get, D_INT(o->id));
	bool found = db_next(q);
	json_set_str(r->a, v, "payment_id", o->reference);
	json_set_int(r->a, v, "amount", o->total);
	json_set_str(r->a, v, "reference", found ? str_dup(r->a, db_text(q, 0)) : (str){0});
	json_set_str(r->a, v, "description", found ? str_dup(r->a, db_text(q, 1)) : (str){0});
	json_set_str(r->a, v, "return_url", found ? str_dup(r->a, db_text(q, 2)) : (str){0});
	db_done(q);
	json_set(r->a, v, "state", state_json(r->a, o));
	json_set_str(r->a, v, "payment_provider", o->provider);
	json_set_str(r->a, v, "created_date", time_print(r->a, o->created));
	json_set(r->a, v, "refund_summary", refunds_json(r->a, o));
	str self = str_fmt(r->a, "%.*s/api/pay/v1/payments/%.*s", STRF(base_of(r)), STRF(o->reference));
	link_add(r, links, "self", "GET", self);
	link_add(r, links, "events", "GET", str_cat(r->a, self, STR("/events")));
	link_add(r, links, "refunds", "GET", str_cat(r->a, self, STR("/refunds")));
	if (!o->captured && !order_is(o, "expired") && !order_is(o, "cancelled")) {
		link_add(r, links, "cancel", "POST", str_cat(r->a, self, STR("/cancel")));
		link_add(r, links, "next_url", "GET",
		         str_fmt(r->a, "%.*s/en/pay/%.*s", STRF(base_of(r)), STRF(o->reference)));
	}
	json_set(r->a, v, "_links", links);
	return v;
}

/* ---- reading ---- */

err page_payments_api_get(struct req *r)
{
	struct api p = {0};
	return api_find(r, &p) ? req_view(r, "", payment_json(r, &p.o)) : OK;
}

err page_payments_api_search(struct req *r)
{
	struct api p = {0};
	if (!api_find(r, &p))
		return OK;
	int64_t id[AGENCY_LIST];
	size_t n = 0;
	json *v = json_object(r->a), *list = json_array(r->a);
	rows *q =
	    db_query(r->db, &sql_api_order_list, D_TEXT(p.entity), D_TEXT(req_field(r, "reference")),
	             D_INT(req_field_int(r, "display_size", AGENCY_LIST, 1, AGENCY_LIST)));
	while (n < AGENCY_LIST && db_next(q))
		id[n++] = db_int(q, 0);
	db_done(q);
	for (size_t i = 0; i < n; i++)
		if (order_get(r->db, r->a, id[i], &p.o))
			json_push(list, payment_json(r, &p.o));
	json_set_int(r->a, v, "total", (int64_t)n);
	json_set_int(r->a, v, "count", (int64_t)n);
	json_set_int(r->a, v, "page", 1);
	json_set(r->a, v, "results", list);
	return req_view(r, "", v);
}

err page_payments_api_events(struct req *r)
{
	struct api p = {0};
	if (!api_find(r, &p))
		return OK;
	json *v = json_object(r->a), *list = json_array(r->a);
	struct order at = p.o;
	at.captured = 0;
	at.attempts = 0;
	at.state = STR("created");
	for (int step = 0; step < 2; step++) {
		json *e = json_push(list, json_object(r->a));
		json_set_str(r->a, e, "payment_id", p.o.reference);
		json_set(r->a, e, "state", state_json(r->a, step ? &p.o : &at));
		json_set_str(r->a, e, "updated",
		             time_print(r->a, step && p.o.paid ? p.o.paid : p.o.created));
	}
	json_set_str(r->a, v, "payment_id", p.o.reference);
	json_set(r->a, v, "events", list);
	return req_view(r, "", v);
}

/* ---- create ---- */

static const char *create_wrong(const struct req *r, const char **field)
{
	str reference = json_str(r->body, "reference"), text = json_str(r->body, "description");
	str url = json_str(r->body, "return_url");
	int64_t amount = json_int(r->body, "amount", 0);
	bool http = str_starts(url, STR("https://")) || str_starts(url, STR("http://"));
	*field = amount <= 0 || amount > 10000000            ? "amount"
	         : !reference.n || reference.n > AGENCY_TEXT ? "reference"
	         : !text.n || text.n > AGENCY_TEXT           ? "description"
	         : !http || url.n > AGENCY_URL               ? "return_url"
	                                                     : NULL;
	return *field ? "Missing or invalid attribute value" : NULL;
}

err prepare_payments_api_create(struct req *r)
{
	struct api *p = NEW(r->a, struct api);
	const char *field;
	r->state = p;
	if (!api_find(r, p))
		return OK;
	const char *wrong = create_wrong(r, &field);
	return wrong ? api_error(r, 422, "P0102", field, wrong) : OK;
}

err decide_payments_api_create(struct tx *tx, struct req *r)
{
	struct api *p = r->state;
	str text = json_str(r->body, "description");
	struct line l = {.entity = p->entity,
	                 .service = STR("api"),
	                 .label_en = text,
	                 .label_ar = text,
	                 .gl = STR("api"),
	                 .amount = json_int(r->body, "amount", 0)};
	struct order_request q = {.origin = STR("api"),
	                          .entity = p->entity,
	                          .service = STR("api"),
	                          .title_en = text,
	                          .title_ar = text,
	                          .currency = server_settings(r->server)->currency,
	                          .api_reference = json_str(r->body, "reference"),
	                          .description = text,
	                          .return_url = json_str(r->body, "return_url"),
	                          .expires = tx->now + AGENCY_ORDER_LIFE,
	                          .line = &l,
	                          .n = 1};
	tx->actor.channel = STR("api");
	err e = order_create(tx, &q, &p->order);
	r->decided = json_object(tx->a);
	json_set_int(tx->a, r->decided, "order", p->order);
	return e;
}

err answer_payments_api_create(struct req *r)
{
	struct order o;
	if (!order_get(r->db, r->a, json_int(r->decided, "order", 0), &o))
		return req_fail(r, ERR_not_found, "", "the order is gone");
	req_view(r, "", payment_json(r, &o));
	r->status = 201;
	return OK;
}

/* ---- cancel, refund ---- */

err prepare_payments_api_cancel(struct req *r)
{
	struct api *p = NEW(r->a, struct api);
	r->state = p;
	if (api_find(r, p) && !order_next(p->o.state, "cancelled").n)
		return api_error(r, 400, "P0501", NULL, "Cancellation of payment failed");
	return OK;
}

err decide_payments_api_cancel(struct tx *tx, struct req *r)
{
	struct api *p = r->state;
	r->decided = json_object(tx->a);
	return order_cancel(tx, p->o.id, STR("the body's program cancelled it"));
}

err answer_payments_api_cancel(struct req *r)
{
	return req_content(r, "application/json", STR(""), NULL);
}

err prepare_payments_api_refund(struct req *r)
{
	struct api *p = NEW(r->a, struct api);
	r->state = p;
	if (!api_find(r, p))
		return OK;
	p->amount = json_int(r->body, "amount", 0);
	if (p->amount <= 0)
		return api_error(r, 422, "P0602", "amount", "Missing or invalid attribute value");
	if (p->amount > p->o.captured - p->o.refunded - p->o.refund_pending)
		return api_error(r, 400, "P0603", NULL, "The payment is not available for refund");
	return OK;
}

err decide_payments_api_refund(struct tx *tx, struct req *r)
{
	struct api *p = r->state;
	err e = refund_ask(tx, p->o.id, p->amount, STR("asked for by the body's program"), &p->refund);
	r->decided = json_object(tx->a);
	json_set_int(tx->a, r->decided, "refund", p->refund);
	return e;
}

err answer_payments_api_refund(struct req *r)
{
	const struct api *p = r->state;
	json *v = json_object(r->a);
	json_set_str(r->a, v, "refund_id",
	             str_fmt(r->a, "%lld", (long long)json_int(r->decided, "refund", 0)));
	json_set_int(r->a, v, "amount", p->amount);
	json_set_str(r->a, v, "status", STR("submitted"));
	json_set_str(r->a, v, "created_date", time_print(r->a, r->now));
	req_view(r, "", v);
	r->status = 202;
	return OK;
}

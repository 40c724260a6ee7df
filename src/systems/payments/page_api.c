/*
 * page_api.c - GOV.UK Pay's public interface, for programs of government bodies.
 */
#include "systems/payments/api.h"
#include "systems/payments/agency.h"
#include "systems/payments/hold.h"
#include "systems/payments/routes.h"
#include "kernel/outbox/sign.h"
#include "systems/payments/statements.h"

#include "kernel/outbox/outbox.h"
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

/* ---- reading ---- */

err page_payments_api_get(struct req *r)
{
	struct api p = {0};
	return api_find(r, &p) ? req_view(r, "", api_payment(r, &p.o, API_ONE)) : OK;
}

struct filter {
	str reference, status;
	instant from, to;
	int64_t page, size;
};

static bool known_status(str s)
{
	static const char *const all[] = {"",        "created", "started",   "submitted", "capturable",
	                                  "success", "failed",  "cancelled", "error"};
	for (size_t i = 0; i < COUNT(all); i++)
		if (str_eq(s, str_of(all[i])))
			return true;
	return false;
}

static bool filter_read(struct req *r, struct filter *f)
{
	str from = req_field(r, "from_date"), to = req_field(r, "to_date");
	*f = (struct filter){.reference = req_field(r, "reference"),
	                     .status = req_field(r, "state"),
	                     .to = INT64_MAX,
	                     .page = req_field_int(r, "page", 1, 1, AGENCY_PAGES),
	                     .size = req_field_int(r, "display_size", AGENCY_LIST, 1, AGENCY_LIST)};
	return known_status(f->status) && (!from.n || time_parse(from, &f->from)) &&
	       (!to.n || time_parse(to, &f->to));
}

static size_t search(struct req *r, str entity, const struct filter *f, int64_t *id, int64_t *total)
{
	size_t n = 0;
	*total = db_query_int(r->db, &sql_api_order_count, 0, D_TEXT(entity), D_TEXT(f->reference),
	                      D_TEXT(f->status), D_INT(f->from), D_INT(f->to));
	rows *q = db_query(r->db, &sql_api_order_list, D_TEXT(entity), D_TEXT(f->reference),
	                   D_TEXT(f->status), D_INT(f->from), D_INT(f->to), D_INT(f->size),
	                   D_INT((f->page - 1) * f->size));
	while (n < AGENCY_LIST && db_next(q))
		id[n++] = db_int(q, 0);
	db_done(q);
	return n;
}

err page_payments_api_search(struct req *r)
{
	struct api p = {0};
	struct filter f;
	int64_t id[AGENCY_LIST], total;
	if (!api_find(r, &p))
		return OK;
	if (!filter_read(r, &f))
		return api_error(r, 422, "P0401", NULL,
		                 "Invalid parameters: state, from_date or to_date. See Public API"
		                 " documentation for the correct data formats");
	size_t n = search(r, p.entity, &f, id, &total);
	json *list = json_array(r->a);
	for (size_t i = 0; i < n; i++)
		if (order_get(r->db, r->a, id[i], &p.o))
			json_push(list, api_payment(r, &p.o, API_FOUND));
	if (n == 0 && f.page > 1)
		return api_error(r, 404, "P0402", NULL, "Page not found");
	return req_view(r, "", api_page(r, list, f.page, f.size, (int64_t)n, total));
}

err page_payments_api_events(struct req *r)
{
	struct api p = {0};
	return api_find(r, &p) ? req_view(r, "", api_events(r, &p.o)) : OK;
}

err page_payments_api_refunds(struct req *r)
{
	struct api p = {0};
	return api_find(r, &p) ? req_view(r, "", api_refunds(r, &p.o)) : OK;
}

err page_payments_api_refund_get(struct req *r)
{
	struct api p = {0};
	struct refund f;
	int64_t id;
	if (!api_find(r, &p))
		return OK;
	if (!req_param_id(r, "refund", &id) || !refund_get(r->db, r->a, id, &f) || f.order != p.o.id ||
	    !str_eq(f.kind, STR("order")))
		return api_error(r, 404, "P0700", NULL, "Not found");
	return req_view(r, "", api_refund(r, &p.o, &f));
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

/* At most 15 members with names of at most 30 bytes and short plain values. */
static bool metadata_good(const json *m)
{
	size_t n = 0;
	if (!m)
		return true;
	if (!json_is(m, JSON_OBJECT))
		return false;
	for (const json *x = m->first; x; x = x->next)
		if (++n > 15 || !x->key.n || x->key.n > 30 || json_is(x, JSON_OBJECT) ||
		    json_is(x, JSON_ARRAY) || json_is(x, JSON_NULL) || json_text(x).n > 100)
			return false;
	return n > 0;
}

err prepare_payments_api_create(struct req *r)
{
	struct api *p = NEW(r->a, struct api);
	const char *field;
	r->state = p;
	if (!api_find(r, p))
		return OK;
	const char *wrong = create_wrong(r, &field);
	if (!wrong && !metadata_good(json_get(r->body, "metadata"))) {
		wrong = "Must be at most 15 key/value pairs of text, numbers or booleans";
		field = "metadata";
	}
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
	                          .delayed = json_truth(r->body, "delayed_capture"),
	                          .metadata = json_get(r->body, "metadata"),
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
	req_view(r, "", api_payment(r, &o, API_CREATED));
	r->status = 201;
	return OK;
}

/* ---- cancel ---- */

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

static err nothing_more(struct req *r)
{
	err e = req_content(r, "application/json", STR(""), NULL);
	r->status = 204;
	return e;
}

err answer_payments_api_cancel(struct req *r)
{
	return nothing_more(r);
}

/* ---- capture ---- */

err prepare_payments_api_capture(struct req *r)
{
	struct api *p = NEW(r->a, struct api);
	struct hold h;
	r->state = p;
	if (!api_find(r, p) ||
	    (order_next(p->o.state, "captured").n && hold_get(r->db, r->a, p->o.id, &h)))
		return OK;
	if (p->o.captured && order_delayed(r->db, p->o.id))
		return nothing_more(r); /* asked again */
	return api_error(r, 400, "P1001", NULL, "Capture of payment failed");
}

err decide_payments_api_capture(struct tx *tx, struct req *r)
{
	struct api *p = r->state;
	r->decided = json_object(tx->a);
	return hold_capture(tx, p->o.id);
}

err answer_payments_api_capture(struct req *r)
{
	scheduler_wake(r->k);
	return nothing_more(r);
}

/* ---- refunds ---- */

err prepare_payments_api_refund(struct req *r)
{
	struct api *p = NEW(r->a, struct api);
	r->state = p;
	if (!api_find(r, p))
		return OK;
	p->amount = json_int(r->body, "amount", 0);
	int64_t open = p->o.captured - p->o.refunded - p->o.refund_pending;
	int64_t expected = json_int(r->body, "refund_amount_available", open);
	if (p->amount <= 0)
		return api_error(r, 422, "P0602", "amount", "Missing or invalid attribute value");
	if (p->amount <= open && expected != open)
		return api_error(r, 412, "P0604", NULL, "Refund amount available mismatch");
	if (p->amount > open)
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
	struct refund f;
	if (!refund_get(r->db, r->a, json_int(r->decided, "refund", 0), &f))
		return req_fail(r, ERR_not_found, "", "the refund is gone");
	req_view(r, "", api_refund(r, &p->o, &f));
	r->status = 202;
	return OK;
}

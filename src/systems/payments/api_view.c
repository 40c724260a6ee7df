/* api_view.c - orders and refunds in the shape of GOV.UK Pay's public interface. */
#include "systems/payments/api.h"
#include "systems/payments/hold.h"
#include "systems/payments/statements.h"

#include "web/view.h"

#define SELF_PATH "/api/pay/v1/payments"

static str self_of(struct req *r, const struct order *o)
{
	return str_fmt(r->a, "%.*s" SELF_PATH "/%.*s", STRF(view_base(r)), STRF(o->reference));
}

static void link_add(struct req *r, json *links, const char *name, const char *method, str href)
{
	json *l = json_set(r->a, links, name, json_object(r->a));
	json_set_str(r->a, l, "href", href);
	json_set_str(r->a, l, "method", str_of(method));
	if (str_eq(str_of(method), STR("POST"))) {
		json_set_str(r->a, l, "type", STR("application/x-www-form-urlencoded"));
		json_set(r->a, l, "params", json_object(r->a));
	}
}

static str status_of(struct req *r, const struct order *o)
{
	rows *q = db_query(r->db, &sql_api_order_status, D_INT(o->id));
	str s = db_next(q) ? str_dup(r->a, db_text(q, 0)) : STR("error");
	db_done(q);
	return s;
}

static bool is(str s, const char *word)
{
	return str_eq(s, str_of(word));
}

static json *state_json(arena *a, str status)
{
	json *s = json_object(a);
	bool over = is(status, "failed"), cancelled = is(status, "cancelled");
	json_set_str(a, s, "status", status);
	json_set_bool(a, s, "finished", over || cancelled || is(status, "success"));
	if (over || cancelled) {
		json_set_str(a, s, "code", over ? STR("P0020") : STR("P0040"));
		json_set_str(a, s, "message",
		             over ? STR("Payment expired") : STR("Payment was cancelled by the service"));
	}
	return s;
}

static json *refund_summary(arena *a, const struct order *o)
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

static str day_of(arena *a, instant at)
{
	return date_print(a, at / DAY);
}

static json *settlement(struct req *r, const struct order *o)
{
	json *s = json_object(r->a);
	int64_t at = db_query_int(r->db, &sql_settled_at, 0, D_INT(o->id));
	if (o->paid) {
		json_set_str(r->a, s, "capture_submit_time", time_print(r->a, o->paid));
		json_set_str(r->a, s, "captured_date", day_of(r->a, o->paid));
	}
	if (at)
		json_set_str(r->a, s, "settled_date", day_of(r->a, at));
	return s;
}

static void card_details(struct req *r, json *v, const struct order *o)
{
	struct attempt *t = NEWN(r->a, struct attempt, ATTEMPTS_MAX);
	size_t n = order_attempts(r->db, r->a, o->id, t, ATTEMPTS_MAX);
	for (size_t i = 0; i < n; i++) {
		if (!is(t[i].state, "captured"))
			continue;
		if (t[i].reference.n)
			json_set_str(r->a, v, "provider_id", t[i].reference);
		if (!t[i].last4.n)
			continue;
		json *c = json_set(r->a, v, "card_details", json_object(r->a));
		json_set_str(r->a, c, "last_digits_card_number", t[i].last4);
	}
}

static json *links_json(struct req *r, const struct order *o, str status, enum api_shape shape)
{
	json *links = json_object(r->a);
	str self = self_of(r, o);
	link_add(r, links, "self", "GET", self);
	link_add(r, links, "events", "GET", str_cat(r->a, self, STR("/events")));
	link_add(r, links, "refunds", "GET", str_cat(r->a, self, STR("/refunds")));
	if (shape != API_FOUND && (is(status, "created") || is(status, "started")))
		link_add(r, links, "next_url", "GET",
		         str_fmt(r->a, "%.*s/en/pay/%.*s", STRF(view_base(r)), STRF(o->reference)));
	if (is(status, "created") || is(status, "started") || is(status, "capturable"))
		link_add(r, links, "cancel", "POST", str_cat(r->a, self, STR("/cancel")));
	if (is(status, "capturable"))
		link_add(r, links, "capture", "POST", str_cat(r->a, self, STR("/capture")));
	return links;
}

json *api_payment(struct req *r, const struct order *o, enum api_shape shape)
{
	json *v = json_object(r->a);
	str status = status_of(r, o), metadata = {0};
	json_set_str(r->a, v, "payment_id", o->reference);
	json_set_int(r->a, v, "amount", o->total);
	rows *q = db_query(r->db, &sql_api_order_get, D_INT(o->id));
	if (db_next(q)) {
		json_set_str(r->a, v, "reference", str_dup(r->a, db_text(q, 0)));
		json_set_str(r->a, v, "description", str_dup(r->a, db_text(q, 1)));
		json_set_str(r->a, v, "return_url", str_dup(r->a, db_text(q, 2)));
		json_set_bool(r->a, v, "delayed_capture", db_int(q, 3) != 0);
		metadata = str_dup(r->a, db_text(q, 4));
	}
	db_done(q);
	if (metadata.n)
		json_set(r->a, v, "metadata", json_parse(r->a, metadata, NULL));
	json_set_bool(r->a, v, "moto", false);
	if (shape != API_CREATED)
		json_set_str(r->a, v, "authorisation_mode", STR("web"));
	json_set(r->a, v, "state", state_json(r->a, status));
	json_set_str(r->a, v, "payment_provider", o->provider);
	json_set_str(r->a, v, "created_date", time_print(r->a, o->created));
	card_details(r, v, o);
	json_set(r->a, v, "refund_summary", refund_summary(r->a, o));
	json_set(r->a, v, "settlement_summary", settlement(r, o));
	json_set(r->a, v, "_links", links_json(r, o, status, shape));
	return v;
}

/* ---- events ---- */

static void event_add(struct req *r, json *list, const struct order *o, const char *status,
                      instant at)
{
	json *e = json_push(list, json_object(r->a)), *links = json_object(r->a);
	json_set_str(r->a, e, "payment_id", o->reference);
	json_set(r->a, e, "state", state_json(r->a, str_of(status)));
	json_set_str(r->a, e, "updated", time_print(r->a, at));
	link_add(r, links, "payment_url", "GET", self_of(r, o));
	json_set(r->a, e, "_links", links);
}

json *api_events(struct req *r, const struct order *o)
{
	json *v = json_object(r->a), *list = json_array(r->a), *links = json_object(r->a);
	struct attempt *t = NEWN(r->a, struct attempt, ATTEMPTS_MAX);
	size_t n = order_attempts(r->db, r->a, o->id, t, ATTEMPTS_MAX);
	instant held = db_query_int(r->db, &sql_hold_at, 0, D_INT(o->id));
	str status = status_of(r, o);
	event_add(r, list, o, "created", o->created);
	if (n)
		event_add(r, list, o, "started", t[0].opened);
	if (held)
		event_add(r, list, o, "capturable", held);
	if (is(status, "success"))
		event_add(r, list, o, "success", o->paid);
	else if (is(status, "failed") || is(status, "cancelled"))
		event_add(r, list, o, str_c(r->a, status),
		          db_query_int(r->db, &sql_order_changed_at, o->created, D_INT(o->id)));
	json_set_str(r->a, v, "payment_id", o->reference);
	json_set(r->a, v, "events", list);
	link_add(r, links, "self", "GET", str_cat(r->a, self_of(r, o), STR("/events")));
	json_set(r->a, v, "_links", links);
	return v;
}

/* ---- refunds ---- */

json *api_refund(struct req *r, const struct order *o, const struct refund *f)
{
	json *v = json_object(r->a), *links = json_object(r->a), *settled = json_object(r->a);
	str id = str_fmt(r->a, "%lld", (long long)f->id), self = self_of(r, o);
	json_set_str(r->a, v, "refund_id", id);
	json_set_str(r->a, v, "payment_id", o->reference);
	json_set_int(r->a, v, "amount", f->amount);
	json_set_str(r->a, v, "status",
	             is(f->state, "done")                                ? STR("success")
	             : is(f->state, "failed") || is(f->state, "refused") ? STR("error")
	                                                                 : STR("submitted"));
	json_set_str(r->a, v, "created_date", time_print(r->a, f->asked));
	json_set(r->a, v, "settlement_summary", settled);
	link_add(r, links, "self", "GET", str_fmt(r->a, "%.*s/refunds/%.*s", STRF(self), STRF(id)));
	link_add(r, links, "payment", "GET", self);
	json_set(r->a, v, "_links", links);
	return v;
}

json *api_refunds(struct req *r, const struct order *o)
{
	struct refund *f = NEWN(r->a, struct refund, ATTEMPTS_MAX);
	size_t n = order_refunds(r->db, r->a, o->id, f, ATTEMPTS_MAX);
	json *v = json_object(r->a), *links = json_object(r->a), *list = json_array(r->a);
	for (size_t i = 0; i < n; i++)
		if (is(f[i].kind, "order"))
			json_push(list, api_refund(r, o, &f[i]));
	json_set_str(r->a, v, "payment_id", o->reference);
	link_add(r, links, "self", "GET", str_cat(r->a, self_of(r, o), STR("/refunds")));
	link_add(r, links, "payment", "GET", self_of(r, o));
	json_set(r->a, v, "_links", links);
	json *in = json_set(r->a, v, "_embedded", json_object(r->a));
	json_set(r->a, in, "refunds", list);
	return v;
}

/* ---- pages ---- */

static void page_link(struct req *r, json *links, const char *name, int64_t page, int64_t size)
{
	json *l = json_set(r->a, links, name, json_object(r->a));
	json_set_str(r->a, l, "href",
	             str_fmt(r->a, "%.*s" SELF_PATH "?page=%lld&display_size=%lld", STRF(view_base(r)),
	                     (long long)page, (long long)size));
}

json *api_page(struct req *r, json *results, int64_t page, int64_t size, int64_t n, int64_t total)
{
	json *v = json_object(r->a), *links = json_object(r->a);
	int64_t last = total ? (total + size - 1) / size : 1;
	json_set_int(r->a, v, "total", total);
	json_set_int(r->a, v, "count", n);
	json_set_int(r->a, v, "page", page);
	json_set(r->a, v, "results", results);
	page_link(r, links, "self", page, size);
	page_link(r, links, "first_page", 1, size);
	page_link(r, links, "last_page", last, size);
	if (page > 1)
		page_link(r, links, "prev_page", page - 1, size);
	if (page < last)
		page_link(r, links, "next_page", page + 1, size);
	json_set(r->a, v, "_links", links);
	return v;
}

#include "systems/payments/agency.h"
#include "systems/payments/react.h"
#include "systems/payments/statements.h"

#include "base/log.h"
#include "kernel/outbox/post.h"
#include "kernel/outbox/sign.h"
#include "kernel/vault.h"

#define TOKEN_LENGTH 32

err agency_key(struct tx *tx, str entity, str *token)
{
	char raw[TOKEN_LENGTH];
	rng r = rng_system();
	rng_bytes(&r, raw, sizeof raw);
	*token = str_cat(tx->a, STR("api_"), str_base64url(tx->a, (str){raw, sizeof raw}));
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "hash", sign_digest(tx->a, *token));
	return tx_emit(tx, (struct emission){.kind = "payment.key_made", .entity = entity, .data = d});
}

static str secret_id(arena *a, str entity)
{
	return str_cat(a, STR("agency:"), entity);
}

err agency_webhook(struct tx *tx, str entity, str url, str secret)
{
	bool http = str_starts(url, STR("https://")) || str_starts(url, STR("http://"));
	if (!entity.n || !http || url.n > AGENCY_URL || !secret.n)
		return tx_fail(tx, ERR_bad_input, "url", "a body, an http address and a secret are needed");
	str id = secret_id(tx->a, entity);
	db_exec(tx->db, &sql_provider_secret_put, D_TEXT(id),
	        D_BLOB(vault_wrap(tx->k, tx->a, str_cat(tx->a, STR("payment-provider|"), id), secret)));
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "url", url);
	return tx_emit(tx,
	               (struct emission){.kind = "payment.webhook_set", .entity = entity, .data = d});
}

static bool webhook_of(dbc *c, arena *a, str entity, str *url)
{
	rows *r = db_query(c, &sql_webhook_get, D_TEXT(entity));
	*url = db_next(r) ? str_dup(a, db_text(r, 0)) : (str){0};
	db_done(r);
	return url->n > 0;
}

/* ---- telling a body ---- */

struct told {
	struct order o;
	str url, secret, reference;
	str status; /* as the interface says it */
	str id;     /* of the message: the same over all tries */
	const char *type;
	str outcome;    /* of an attempt that failed */
	int64_t amount; /* of a refund */
	instant at;
};

/* What is told, of the room's own events; a paid order by its own job (agency_tell). */
static const struct {
	const char *kind, *type;
} told_kinds[] = {
    {"payment.failed", "card_payment_failed"},
    {"payment.expired", "card_payment_expired"},
    {"payment.refund_done", "card_payment_refunded"},
};

static const char *type_of(str kind)
{
	for (size_t i = 0; i < COUNT(told_kinds); i++)
		if (str_eq(kind, str_of(told_kinds[i].kind)))
			return told_kinds[i].type;
	return NULL;
}

/* An attempt that the payer lost, not one that is only replaced or not yet known; money
 * that went back to the payer of the order, not what was never owed. */
static bool worth_telling(const struct event *e)
{
	str outcome = json_str(e->data, "outcome");
	if (str_eq(e->kind, STR("payment.failed")))
		return str_eq(outcome, STR("declined")) || str_eq(outcome, STR("cancelled"));
	return !str_eq(e->kind, STR("payment.refund_done")) ||
	       str_eq(json_str(e->data, "kind"), STR("order"));
}

err react_agency_news(struct tx *tx, const struct event *e)
{
	struct order o;
	str url;
	if (!worth_telling(e) || !order_get(tx->db, tx->a, json_int(e->data, "order", 0), &o) ||
	    !str_eq(o.origin, STR("api")) || !webhook_of(tx->db, tx->a, o.entity, &url))
		return OK;
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "order", o.id);
	json_set_int(tx->a, d, "seq", e->seq);
	json_set_int(tx->a, d, "at", e->at);
	json_set_str(tx->a, d, "kind", e->kind);
	json_set_str(tx->a, d, "outcome", json_str(e->data, "outcome"));
	json_set_int(tx->a, d, "amount", json_int(e->data, "amount", 0));
	tx_later(tx, "payment.tell", str_fmt(tx->a, "%lld", (long long)e->seq), 0, d);
	return OK;
}

static bool told_read(struct job *j, int64_t order, struct told *t)
{
	dbc *c = db_reader(j->k->db);
	bool tell = order_get(c, j->a, order, &t->o) && str_eq(t->o.origin, STR("api"));
	if (tell) {
		str id = secret_id(j->a, t->o.entity), wrapped = {0};
		tell = webhook_of(c, j->a, t->o.entity, &t->url);
		rows *r = db_query(c, &sql_provider_secret_get, D_TEXT(id));
		wrapped = db_next(r) ? str_dup(j->a, db_text(r, 0)) : (str){0};
		db_done(r);
		r = db_query(c, &sql_api_order_get, D_INT(order));
		t->reference = db_next(r) ? str_dup(j->a, db_text(r, 0)) : (str){0};
		db_done(r);
		r = db_query(c, &sql_api_order_status, D_INT(order));
		t->status = db_next(r) ? str_dup(j->a, db_text(r, 0)) : STR("error");
		db_done(r);
		tell = tell && vault_unwrap(j->k, j->a, str_cat(j->a, STR("payment-provider|"), id),
		                            wrapped, &t->secret);
	}
	db_clear(c);
	db_reader_return(c);
	return tell;
}

/* The order as it is now; what failed may be paid by another card yet, and says so. */
static json *told_state(arena *a, const struct told *t)
{
	json *s = json_object(a);
	bool expired = str_eq(t->status, STR("failed"));
	bool over = expired || str_eq(t->status, STR("cancelled")) || str_eq(t->status, STR("success"));
	const char *code = expired                                ? "P0020"
	                   : str_eq(t->outcome, STR("declined"))  ? "P0010"
	                   : str_eq(t->outcome, STR("cancelled")) ? "P0030"
	                                                          : NULL;
	json_set_str(a, s, "status", t->status);
	json_set_bool(a, s, "finished", over);
	if (code)
		json_set_str(a, s, "code", str_of(code));
	return s;
}

static str told_body(arena *a, const struct told *t)
{
	json *v = json_object(a), *x = json_object(a);
	json_set_str(a, v, "webhook_message_id", t->id);
	json_set_int(a, v, "api_version", 1);
	json_set_str(a, v, "event_type", str_of(t->type));
	json_set_str(a, v, "event_date", time_print(a, t->at));
	json_set_str(a, v, "created_date", time_print(a, t->at));
	json_set_str(a, v, "resource_id", t->o.reference);
	json_set_str(a, v, "resource_type", STR("payment"));
	json_set_str(a, x, "payment_id", t->o.reference);
	json_set_str(a, x, "reference", t->reference);
	json_set_int(a, x, "amount", t->o.total);
	json_set(a, x, "state", told_state(a, t));
	if (t->amount) {
		json *r = json_set(a, x, "refund_summary", json_object(a));
		json_set_int(a, r, "amount_available", t->o.captured - t->o.refunded - t->o.refund_pending);
		json_set_int(a, r, "amount_submitted", t->o.refunded + t->o.refund_pending);
		json_set_int(a, r, "amount_refunded", t->amount);
	}
	json_set(a, v, "resource", x);
	return json_print(a, v);
}

static err told_post(struct job *j, const struct told *t)
{
	return post_signed(j, &(struct post){.url = t->url,
	                                     .secret = t->secret,
	                                     .id = t->id,
	                                     .body = told_body(j->a, t),
	                                     .abroad = false});
}

err agency_tell(struct job *j, int64_t order)
{
	struct told t = {.type = "card_payment_succeeded"};
	if (!told_read(j, order, &t) || t.o.fulfilled)
		return OK;
	t.id = str_fmt(j->a, "paid-%lld", (long long)order);
	t.status = STR("success");
	t.at = t.o.paid;
	err e = told_post(j, &t);
	if (!e)
		return OK;
	/* The alarm: the payer has paid and the body does not know. */
	if (kernel_now(j->k) - t.o.paid > FULFIL_LATE)
		log_event(LOG_ERROR, "payment.agency_late", L_STR("entity", t.o.entity),
		          L_INT("order", order), L_INT("minutes", (kernel_now(j->k) - t.o.paid) / MINUTE));
	return e;
}

err job_agency_news(struct job *j)
{
	struct told t = {.type = type_of(json_str(j->payload, "kind")),
	                 .outcome = json_str(j->payload, "outcome"),
	                 .at = json_int(j->payload, "at", 0)};
	if (!t.type || !told_read(j, json_int(j->payload, "order", 0), &t))
		return OK;
	if (str_eq(json_str(j->payload, "kind"), STR("payment.refund_done")))
		t.amount = json_int(j->payload, "amount", 0);
	t.id = str_fmt(j->a, "event-%lld", (long long)json_int(j->payload, "seq", 0));
	return told_post(j, &t);
}

err agency_return(struct req *r, const struct order *o)
{
	rows *q = db_query(r->db, &sql_api_order_get, D_INT(o->id));
	str url = db_next(q) ? str_dup(r->a, db_text(q, 2)) : (str){0};
	db_done(q);
	if (!str_starts(url, STR("https://")) && !str_starts(url, STR("http://")))
		return req_fail(r, ERR_not_found, "", "the program left no address");
	return req_redirect(r, "%.*s", STRF(url));
}

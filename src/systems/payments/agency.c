#include "systems/payments/agency.h"
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

struct told {
	struct order o;
	str url, secret, reference;
};

static bool told_read(struct job *j, int64_t order, struct told *t)
{
	dbc *c = db_reader(j->k->db);
	bool tell =
	    order_get(c, j->a, order, &t->o) && str_eq(t->o.origin, STR("api")) && !t->o.fulfilled;
	if (tell) {
		str id = secret_id(j->a, t->o.entity), wrapped = {0};
		rows *r = db_query(c, &sql_webhook_get, D_TEXT(t->o.entity));
		t->url = db_next(r) ? str_dup(j->a, db_text(r, 0)) : (str){0};
		db_done(r);
		r = db_query(c, &sql_provider_secret_get, D_TEXT(id));
		wrapped = db_next(r) ? str_dup(j->a, db_text(r, 0)) : (str){0};
		db_done(r);
		r = db_query(c, &sql_api_order_get, D_INT(order));
		t->reference = db_next(r) ? str_dup(j->a, db_text(r, 0)) : (str){0};
		db_done(r);
		tell = t->url.n && vault_unwrap(j->k, j->a, str_cat(j->a, STR("payment-provider|"), id),
		                                wrapped, &t->secret);
	}
	db_clear(c);
	db_reader_return(c);
	return tell;
}

static str told_body(arena *a, const struct told *t, str id)
{
	json *v = json_object(a), *x = json_object(a), *state = json_object(a);
	json_set_str(a, v, "webhook_message_id", id);
	json_set_str(a, v, "event_type", STR("card_payment_succeeded"));
	json_set_str(a, v, "event_date", time_print(a, t->o.paid));
	json_set_str(a, v, "resource_id", t->o.reference);
	json_set_str(a, v, "resource_type", STR("payment"));
	json_set_str(a, x, "payment_id", t->o.reference);
	json_set_str(a, x, "reference", t->reference);
	json_set_int(a, x, "amount", t->o.total);
	json_set_str(a, state, "status", STR("success"));
	json_set_bool(a, state, "finished", true);
	json_set(a, x, "state", state);
	json_set(a, v, "resource", x);
	return json_print(a, v);
}

err agency_tell(struct job *j, int64_t order)
{
	struct told t = {0};
	if (!told_read(j, order, &t))
		return OK;
	str id = str_fmt(j->a, "paid-%lld", (long long)order), body = told_body(j->a, &t, id);
	err e = post_signed(
	    j,
	    &(struct post){.url = t.url, .secret = t.secret, .id = id, .body = body, .abroad = false});
	if (!e)
		return OK;
	/* The alarm: the payer has paid and the body does not know. */
	if (kernel_now(j->k) - t.o.paid > FULFIL_LATE)
		log_event(LOG_ERROR, "payment.agency_late", L_STR("entity", t.o.entity),
		          L_INT("order", order), L_INT("minutes", (kernel_now(j->k) - t.o.paid) / MINUTE));
	return e;
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

#include "systems/payments/lead.h"
#include "systems/payments/routes.h"
#include "systems/payments/statements.h"

#include "web/req.h"

static bool asks_first(struct tx *tx, const struct attempt *t)
{
	struct provider p;
	return provider_find(tx->k, tx->db, tx->a, t->provider, &p) && p.adapter && p.adapter->lead;
}

void lead_later(struct tx *tx, const struct attempt *t, const struct checkout *c)
{
	if (!asks_first(tx, t))
		return;
	json *p = json_object(tx->a);
	json_set_int(tx->a, p, "attempt", t->id);
	json_set_str(tx->a, p, "reference", c->reference);
	json_set_str(tx->a, p, "lang", c->lang);
	json_set_str(tx->a, p, "payee_en", c->payee_en);
	json_set_str(tx->a, p, "payee_ar", c->payee_ar);
	json_set_str(tx->a, p, "back", c->back);
	json_set_bool(tx->a, p, "hold", c->hold);
	tx_later(tx, "payment.lead", str_fmt(tx->a, "%lld", (long long)t->id), 0, p);
}

str lead_url(dbc *c, arena *a, int64_t attempt)
{
	rows *r = db_query(c, &sql_lead_get, D_INT(attempt));
	str url = db_next(r) ? str_dup(a, db_text(r, 0)) : (str){0};
	db_done(r);
	return url;
}

/* ---- the job ---- */

struct led {
	struct attempt t;
	str url;
};

static err led_decide(struct tx *tx, void *ctx)
{
	struct led *l = ctx;
	json *d = json_object(tx->a);
	if (lead_url(tx->db, tx->a, l->t.id).n)
		return OK;
	json_set_int(tx->a, d, "attempt", l->t.id);
	json_set_int(tx->a, d, "order", l->t.order);
	json_set_str(tx->a, d, "url", l->url);
	return tx_emit(tx, (struct emission){.kind = "payment.led", .data = d});
}

err job_lead(struct job *j)
{
	struct led l = {0};
	struct provider p;
	str why = {0};
	dbc *c = db_reader(j->k->db);
	bool there = attempt_get(c, j->a, json_int(j->payload, "attempt", 0), &l.t) &&
	             provider_find(j->k, c, j->a, l.t.provider, &p);
	db_clear(c);
	db_reader_return(c);
	if (!there || !str_eq(l.t.state, STR("open")) || kernel_now(j->k) >= l.t.expires ||
	    !p.adapter || !p.adapter->lead)
		return OK; /* nobody waits any more */
	struct checkout k = {.attempt = l.t.id,
	                     .amount = l.t.amount,
	                     .currency = l.t.currency,
	                     .method = l.t.method,
	                     .reference = json_str(j->payload, "reference"),
	                     .lang = json_str(j->payload, "lang"),
	                     .payee_en = json_str(j->payload, "payee_en"),
	                     .payee_ar = json_str(j->payload, "payee_ar"),
	                     .back = json_str(j->payload, "back"),
	                     .hold = json_truth(j->payload, "hold"),
	                     .now = kernel_now(j->k),
	                     .expires = l.t.expires};
	err e = p.adapter->lead(j->a, &p, &k, &l.url, &why);
	if (e) {
		j->fault.detail = why;
		return e;
	}
	struct action act = {
	    .k = j->k, .a = j->a, .actor = {.channel = STR("timer")}, .decide = led_decide, .ctx = &l};
	return kernel_run(&act);
}

void fold_payment_led(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_lead_insert, D_INT(json_int(e->data, "attempt", 0)),
	        D_TEXT(json_str(e->data, "url")));
}

/* ---- where the payer waits ---- */

err page_payments_lead(struct req *r)
{
	struct attempt t;
	int64_t id;
	if (!req_param_id(r, "attempt", &id) || !attempt_get(r->db, r->a, id, &t) ||
	    !str_eq(t.state, STR("open")) || r->now >= t.expires)
		return req_fail(r, ERR_not_found, "", "nobody is led from here any more");
	str url = lead_url(r->db, r->a, id);
	if (url.n)
		return req_redirect(r, "%.*s", STRF(url));
	json *v = json_object(r->a);
	json_set_str(r->a, v, "again", str_fmt(r->a, "/lead/%lld", (long long)id));
	return req_view(r, "payments/lead", v);
}

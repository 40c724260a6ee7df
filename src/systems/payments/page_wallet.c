/*
 * page_wallet.c - paying with a wallet: a code to be read by the payer's telephone.
 *
 * Whoever has the address sees an amount and whom it is for, nothing about the payer.
 * When the provider has said what became of it, the page leads on.
 */
#include "systems/payments/emv.h"
#include "systems/payments/order.h"
#include "systems/payments/routes.h"

#include "kernel/cases/cases.h"
#include "kernel/pack/pack.h"
#include "web/qr.h"
#include "web/server.h"

/* What the pack says of the country, for the code; a trial without a pack has none. */
static str pack_word(const struct kernel *k, const char *name, str otherwise)
{
	const struct pack *p = pack_current(k);
	str word = p ? json_str(p->meta, name) : (str){0};
	return word.n ? word : otherwise;
}

/* Where the payer came from: an application, a program's link, a basket. */
static str home_of(struct req *r, const struct order *o)
{
	struct kase q;
	if (str_eq(o->origin, STR("api")))
		return str_cat(r->a, STR("/pay/"), o->reference);
	if (o->case_id && case_get(r->db, r->a, o->case_id, &q))
		return str_cat(r->a, STR("/applications/"), q.reference);
	return str_cat(r->a, STR("/payments/"), o->reference);
}

static str notify_of(struct req *r, const struct provider *p)
{
	str base = server_public_url(r->server);
	if (!base.n)
		base = str_fmt(r->a, "http://127.0.0.1:%d", server_port(r->server));
	return str_fmt(r->a, "%.*s/hooks/payments/%.*s", STRF(base), STRF(p->id));
}

static bool code_of(struct req *r, const struct attempt *t, const struct order *o, json *v)
{
	struct provider p;
	struct entity e = {0};
	str code;
	if (!provider_find(r->k, r->db, r->a, t->provider, &p))
		return false;
	entity_get(r->db, r->a, o->entity, r->now, &e);
	struct emv w = {.provider = p.id,
	                .notify = notify_of(r, &p),
	                .attempt = t->id,
	                .amount = t->amount,
	                .currency = t->currency,
	                .country = pack_word(r->k, "country_alpha2", STR("ZZ")),
	                .city = pack_word(r->k, "capital", STR("-")),
	                .payee = e.name_en.n ? e.name_en : o->entity,
	                .reference = o->reference};
	if (w.notify.n > EMV_NOTIFY_MAX)
		w.notify = (str){0};
	w.seal = emv_seal(r->a, p.secret, &w);
	if (!emv_print(r->a, &w, &code))
		return false;
	json_set_str(r->a, v, "code", code);
	json_set(r->a, v, "qr", qr_view(r->a, code));
	json_set(r->a, v, "payee", text_pair(r->a, e.name_en, e.name_ar));
	return true;
}

err page_payments_wallet(struct req *r)
{
	struct attempt t;
	struct order o;
	int64_t id;
	if (!req_param_id(r, "attempt", &id) || !attempt_get(r->db, r->a, id, &t) ||
	    !str_eq(t.method, STR("wallet")) || !order_get(r->db, r->a, t.order, &o))
		return req_fail(r, ERR_not_found, "", "there is no such payment");
	str home = home_of(r, &o);
	bool link = str_eq(o.origin, STR("api"));
	if (!str_eq(t.state, STR("open")) || r->now >= t.expires)
		return req_redirect(r, "%.*s%s", STRF(home), link || o.captured ? "" : "/pay");
	json *v = json_object(r->a);
	if (!code_of(r, &t, &o, v))
		return req_fail(r, ERR_unavailable, "", "no code can be made for this payment");
	json_set_str(r->a, v, "reference", o.reference);
	json_set_str(r->a, v, "home", str_cat(r->a, home, link ? STR("") : STR("/pay")));
	json_set(r->a, v, "amount", pay_money(r->a, t.amount, t.currency));
	json_set_str(r->a, v, "again", str_fmt(r->a, "/wallet/%lld", (long long)t.id));
	json_set_int(r->a, v, "until", t.expires);
	return req_view(r, "payments/wallet", v);
}

/*
 * page_pay.c - the fee of an application: what, how much, and off to a provider.
 *
 * Two tabs, a double click or the back button end at the same attempt, and so at
 * one charge; where the order is paid already the page leads back to the
 * application.
 */
#include "systems/payments/agency.h"
#include "systems/payments/hold.h"
#include "systems/payments/lead.h"
#include "systems/payments/link.h"
#include "systems/payments/routes.h"
#include "systems/payments/token.h"

#include "kernel/cases/cases.h"
#include "kernel/identity/mandate.h"
#include "kernel/outbox/outbox.h"
#include "kernel/pack/pack.h"
#include "web/server.h"

#include <time.h>

#define LEAD_WAIT (1 * SECOND) /* then the payer waits on a page of its own */

struct pay {
	struct kase q;
	str home; /* where the payer goes when it is paid: "/applications/..." */
	struct order o;
	struct attempt t;
	struct token card;  /* that the payer chose, or id 0 */
	bool link;          /* of a body's program, or sent by an officer: no account is needed */
	struct link device; /* sent by an officer, or id 0 */
	bool hold;          /* the provider has to say first what became of the last attempt */
};

/* The applicant's own, or of an agent whose mandate still stands. */
static bool payer_stands(struct req *r, dbc *c, arena *a, const struct kase *q)
{
	struct mandate m;
	int64_t me = r->session.person;
	if (!me || q->applicant == me)
		return me != 0;
	if (!acts_for(c, a, me, q->applicant, q->service, r->now, &m))
		return false;
	r->actor.on_behalf = q->applicant;
	return q->agent == me || mandate_whole(&m);
}

/* The application and its newest order, if they are the reader's; below /payments an
 * order by its own reference (bills, baskets). */
static err pay_find(struct req *r, dbc *c, arena *a, struct pay *p)
{
	str reference = req_param(r, "reference");
	bool own = str_starts(r->path, STR("/payments/")), link = str_starts(r->path, STR("/pay/"));
	p->home = str_fmt(a, "/%s/%.*s", own ? "payments" : "applications", STRF(reference));
	if (str_starts(r->path, STR("/pay-link/"))) {
		str token = req_param(r, "token");
		p->home = str_fmt(a, "/pay-link/%.*s", STRF(token));
		p->link = link_find(c, a, token, &p->device) && order_get(c, a, p->device.order, &p->o);
		p->q.reference = p->o.reference;
		return p->link ? OK : req_fail(r, ERR_not_found, "", "there is no such link");
	}
	if (link) {
		p->home = str_fmt(a, "/pay/%.*s", STRF(reference));
		p->q.reference = reference;
		p->link = order_by_reference(c, a, reference, &p->o) && str_eq(p->o.origin, STR("api"));
		return p->link ? OK : req_fail(r, ERR_not_found, "", "there is no such payment");
	}
	if (own && order_by_reference(c, a, reference, &p->o) && !p->o.case_id &&
	    p->o.payer == r->session.person) {
		p->q.reference = reference;
		return OK;
	}
	if (own || !case_by_reference(c, a, reference, &p->q) || !payer_stands(r, c, a, &p->q) ||
	    !order_of_case(c, a, p->q.id, &p->o))
		return req_fail(r, ERR_not_found, "", "there is nothing to pay at this address");
	return OK;
}

static json *service_view(struct req *r, const struct pay *p)
{
	json *s = json_object(r->a);
	json_set_str(r->a, s, "id", p->q.service);
	json_set(r->a, s, "title", text_pair(r->a, p->o.title_en, p->o.title_ar));
	return s;
}

static json *lines_view(struct req *r, const struct order *o)
{
	struct line *l;
	json *list = json_array(r->a);
	size_t n = order_lines(r->db, r->a, o->id, &l);
	for (size_t i = 0; i < n; i++) {
		json *v = json_object(r->a);
		json_set(r->a, v, "label", text_pair(r->a, l[i].label_en, l[i].label_ar));
		json_set(r->a, v, "amount", pay_money(r->a, l[i].amount, o->currency));
		json_push(list, v);
	}
	return list;
}

/* What the page says of the last attempt. */
static str last_of(struct req *r, struct pay *p)
{
	struct provider v;
	if (!attempt_open(r->db, r->a, p->o.id, &p->t)) {
		p->hold = str_eq(p->o.last, STR("unknown"));
		return p->hold ? STR("waiting") : p->o.last;
	}
	if (!provider_find(r->k, r->db, r->a, p->t.provider, &v) || !v.up)
		return STR("down");
	p->hold = r->now >= p->t.expires;
	return p->hold ? STR("waiting") : STR("open");
}

/* Cards that providers keep for the payer, as choices; the first choice is another. */
static json *cards_view(struct req *r, const struct order *o)
{
	struct token t[TOKENS_MAX];
	size_t n = tokens_of(r->db, r->a, o->payer, t, TOKENS_MAX);
	json *list = json_array(r->a);
	for (size_t i = 0; n && i <= n; i++) {
		json *c = json_push(list, json_object(r->a));
		json_set_str(r->a, c, "id", i ? str_fmt(r->a, "kept-%zu", i + 1) : STR("kept"));
		json_set_str(r->a, c, "value",
		             i ? str_fmt(r->a, "%lld", (long long)t[i - 1].id) : STR("0"));
		json_set_str(r->a, c, "text",
		             i ? str_fmt(r->a, "%.*s %.*s", STRF(req_text(r, "payments.card.ending")),
		                         STRF(t[i - 1].last4))
		               : req_text(r, "payments.card.another"));
		json_set_bool(r->a, c, "checked", i == (n ? 1 : 0));
	}
	return list;
}

/* Methods that somebody offers now, when there is a choice. */
static json *offers_view(struct req *r, const struct provider *p, size_t n)
{
	static const char *const methods[] = {"card", "wallet"};
	json *list = json_array(r->a);
	size_t found = 0;
	for (size_t m = 0; m < COUNT(methods); m++) {
		bool offered = false;
		for (size_t i = 0; i < n; i++)
			offered = offered || (p[i].up && p[i].weight > 0 &&
			                      str_find(p[i].methods, str_of(methods[m])) >= 0);
		if (!offered)
			continue;
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "id", found ? STR("method-2") : STR("method"));
		json_set_str(r->a, o, "value", str_of(methods[m]));
		json_set_str(r->a, o, "text",
		             req_text(r, str_c(r->a, str_fmt(r->a, "payments.method.%s", methods[m]))));
		json_set_bool(r->a, o, "checked", found++ == 0);
	}
	return found > 1 ? list : json_array(r->a);
}

static json *pay_view(struct req *r, struct pay *p)
{
	struct provider list[PROVIDERS_MAX];
	size_t n = providers_all(r->k, r->db, r->a, list);
	bool down = false;
	for (size_t i = 0; i < n; i++)
		down = down || list[i].off || (!list[i].up && list[i].weight > 0);
	json *v = json_object(r->a);
	json_set(r->a, v, "service", service_view(r, p));
	json_set_str(r->a, v, "reference", p->q.reference);
	str last = last_of(r, p);
	json_set_str(r->a, v, "last", last);
	json_set_str(r->a, v, "home", p->home);
	json_set_bool(r->a, v, "link", p->link);
	json_set_bool(r->a, v, "kiosk", str_eq(req_field(r, "channel"), STR("kiosk")));
	json_set_bool(r->a, v, "hold", p->hold);
	json_set_bool(r->a, v, "again", p->hold || str_eq(last, STR("open")));
	json_set_bool(r->a, v, "degraded", down);
	json_set(r->a, v, "methods", offers_view(r, list, n));
	json_set(r->a, v, "errors", json_array(r->a));
	bool known =
	    p->o.payer && !p->device.id; /* whoever holds a link is not known to be the payer */
	json_set(r->a, v, "cards", known ? cards_view(r, &p->o) : json_array(r->a));
	json_set_bool(r->a, v, "may_save", known);
	json_set(r->a, v, "lines", lines_view(r, &p->o));
	json_set(r->a, v, "total", pay_money(r->a, p->o.total, p->o.currency));
	return v;
}

/* The end of a link: paid, with the receipts' numbers, or over. */
static json *device_view(struct req *r, const struct pay *p)
{
	struct receipt t[LINES_MAX];
	size_t n = p->o.captured ? order_receipts(r->db, r->a, p->o.id, t, LINES_MAX) : 0;
	json *v = json_object(r->a), *list = json_set(r->a, v, "receipts", json_array(r->a));
	for (size_t i = 0; i < n; i++)
		json_push(list, json_string(r->a, t[i].number));
	json_set(r->a, v, "title", text_pair(r->a, p->o.title_en, p->o.title_ar));
	json_set_str(r->a, v, "reference", p->o.reference);
	json_set_bool(r->a, v, "paid", p->o.captured > 0);
	json_set(r->a, v, "total", pay_money(r->a, p->o.total, p->o.currency));
	return v;
}

err page_payments_pay(struct req *r)
{
	struct pay p = {0};
	err e = pay_find(r, r->db, r->a, &p);
	if (e)
		return e;
	if (p.device.id && (p.o.captured || !link_lives(&p.device, r->now)))
		return req_view(r, "payments/device", device_view(r, &p));
	if (p.o.captured && p.link)
		return agency_return(r, &p.o);
	if (p.o.captured)
		return req_redirect(r, "%.*s", STRF(p.home));
	return req_view(r, "portal/apply-pay", pay_view(r, &p));
}

err prepare_payments_begin(struct req *r)
{
	struct pay *p = NEW(r->a, struct pay);
	int64_t card = req_field_int(r, "kept", 0, 0, INT64_MAX);
	r->state = p;
	err e = pay_find(r, r->db, r->a, p);
	if (!e && card && !p->device.id && !token_find(r->db, r->a, p->o.payer, card, &p->card))
		e = req_fail(r, ERR_not_found, "kept", "there is no such card");
	return e;
}

/* A kiosk's browser says so in the page's address; a telephone's by its name. */
static str channel_of(const struct req *r)
{
	if (str_eq(req_field(r, "channel"), STR("kiosk")))
		return STR("kiosk");
	return str_find(req_header(r, "User-Agent"), STR("Mobi")) >= 0 ? STR("mobile") : STR("web");
}

/* Where the payer's browser comes back to, and where the provider's word goes. */
static struct checkout checkout_of(struct req *r, dbc *c, arena *a, const struct pay *p,
                                   const struct attempt *t)
{
	struct entity e = {0};
	str base = server_public_url(r->server), own = base;
	entity_get(c, a, p->o.entity, r->now, &e);
	if (!base.n) { /* a trial on this machine: the payer's name for it, and ours */
		base = str_cat(a, STR("http://"), req_header(r, "Host"));
		own = str_fmt(a, "http://127.0.0.1:%d", server_port(r->server));
	}
	return (struct checkout){
	    .attempt = t->id,
	    .amount = t->amount,
	    .reference = p->q.reference,
	    .currency = t->currency,
	    .method = t->method,
	    .lang = str_of(lang_code(r->lang)),
	    .token = str_eq(p->card.provider, t->provider) ? p->card.token : (str){0},
	    .save = req_field(r, "save").n > 0,
	    .hold = order_delayed(c, p->o.id),
	    .payee_en = e.name_en,
	    .payee_ar = e.name_ar,
	    .back = str_fmt(a, "%.*s/%s%.*s%s", STRF(base), lang_code(r->lang), STRF(p->home),
	                    p->link ? "" : "/pay"),
	    .notify = str_fmt(a, "%.*s/hooks/payments/%.*s", STRF(own), STRF(t->provider)),
	    .now = r->now,
	    .expires = t->expires,
	};
}

err decide_payments_begin(struct tx *tx, struct req *r)
{
	struct pay *p = r->state;
	struct attempt t;
	tx->actor.channel = p->device.id ? STR("telephone") : channel_of(r);
	str method = str_trim(req_field(r, "method"));
	if (order_delayed(tx->db, p->o.id)) /* a wallet has no hold */
		method = STR("card");
	if (p->card.id && !str_eq(method, STR("wallet")))
		method = str_cat(tx->a, STR("card@"), p->card.provider);
	err e = p->device.id ? link_use(tx, &p->device, req_field(r, "csrf")) : OK;
	if (!e)
		e = attempt_begin(tx, p->o.id, method, &t);
	const char *refusal = e == ERR_payment_paid       ? "paid"
	                      : e == ERR_payment_link     ? "link"
	                      : e == ERR_payment_waiting  ? "waiting"
	                      : e == ERR_payment_provider ? "none"
	                      : e == ERR_payment_blocked  ? "blocked"
	                                                  : NULL;
	if (e && !refusal)
		return e;
	tx->fault = (struct fault){0};
	r->decided = json_object(tx->a);
	json_set_str(tx->a, r->decided, "refusal", str_of(refusal));
	if (!refusal) {
		struct checkout c = checkout_of(r, tx->db, tx->a, p, &t);
		json_set_int(tx->a, r->decided, "attempt", t.id);
		lead_later(tx, &t, &c);
	}
	return e == ERR_payment_blocked ? velocity_record(tx, p->o.id) : OK;
}

/* The payer waits a moment for a provider that has to be asked for its page. */
static err lead(struct req *r, const struct pay *p, const struct attempt *t)
{
	struct timespec pause = {0, 20 * 1000000};
	struct provider v;
	str url = {0};
	if (str_eq(t->method, STR("wallet")))
		return req_redirect(r, "/wallet/%lld", (long long)t->id);
	if (!provider_find(r->k, r->db, r->a, t->provider, &v) || !v.adapter)
		return req_fail(r, ERR_payment_provider, "", "the provider is gone");
	if (v.adapter->lead) {
		for (instant waited = 0; !url.n && waited < LEAD_WAIT; waited += 20000) {
			nanosleep(&pause, NULL);
			url = lead_url(r->db, r->a, t->id);
		}
		return url.n ? req_redirect(r, "%.*s", STRF(url))
		             : req_redirect(r, "/lead/%lld", (long long)t->id);
	}
	struct checkout c = checkout_of(r, r->db, r->a, p, t);
	err failed = v.adapter->redirect(r->a, &v, &c, &url);
	return failed ? failed : req_redirect(r, "%.*s", STRF(url));
}

err answer_payments_begin(struct req *r)
{
	struct pay *p = r->state;
	struct attempt t;
	str refusal = json_str(r->decided, "refusal");
	scheduler_wake(r->k);
	if (str_eq(refusal, STR("paid"))) {
		req_flash(r, "payments.flash.paid");
		return req_redirect(r, "%.*s", STRF(p->home));
	}
	if (str_eq(refusal, STR("none")))
		req_flash(r, "payments.flash.none");
	if (str_eq(refusal, STR("blocked")))
		req_flash(r, "payments.flash.blocked");
	if (str_eq(refusal, STR("link")))
		req_flash(r, "payments.flash.link_over");
	if (refusal.n)
		return req_redirect(r, "%.*s%s", STRF(p->home), p->link ? "" : "/pay");
	if (!attempt_get(r->db, r->a, json_int(r->decided, "attempt", 0), &t))
		return req_fail(r, ERR_not_found, "", "the attempt is gone");
	return lead(r, p, &t);
}

/* ---- the same for an order by its own reference ---- */

err page_payments_order_pay(struct req *r)
{
	return page_payments_pay(r);
}

err prepare_payments_order_begin(struct req *r)
{
	return prepare_payments_begin(r);
}

err decide_payments_order_begin(struct tx *tx, struct req *r)
{
	return decide_payments_begin(tx, r);
}

err answer_payments_order_begin(struct req *r)
{
	return answer_payments_begin(r);
}

/* ---- and for whoever has a program's link ---- */

err page_payments_link(struct req *r)
{
	return page_payments_pay(r);
}

err prepare_payments_link_begin(struct req *r)
{
	return prepare_payments_begin(r);
}

err decide_payments_link_begin(struct tx *tx, struct req *r)
{
	return decide_payments_begin(tx, r);
}

err answer_payments_link_begin(struct req *r)
{
	return answer_payments_begin(r);
}

/* ---- and for the device of a payer who is on the telephone ---- */

err page_payments_device(struct req *r)
{
	return page_payments_pay(r);
}

err prepare_payments_device_begin(struct req *r)
{
	return prepare_payments_begin(r);
}

err decide_payments_device_begin(struct tx *tx, struct req *r)
{
	return decide_payments_begin(tx, r);
}

err answer_payments_device_begin(struct req *r)
{
	return answer_payments_begin(r);
}

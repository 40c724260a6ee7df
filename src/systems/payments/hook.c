/* hook.c - a provider's signed message. Checked before anything is looked at. */
#include "systems/payments/order.h"
#include "systems/payments/routes.h"

#include "base/log.h"
#include "kernel/outbox/outbox.h"

struct hook {
	struct provider p;
	struct provider_answer w;
};

err prepare_payments_hook(struct req *r)
{
	struct hook *h = NEW(r->a, struct hook);
	struct webhook w = {.id = req_header(r, "Webhook-Id"),
	                    .timestamp = req_header(r, "Webhook-Timestamp"),
	                    .signature = req_header(r, "Webhook-Signature"),
	                    .body = r->raw};
	r->state = h;
	if (!provider_find(r->k, r->db, r->a, req_param(r, "provider"), &h->p) || !h->p.adapter)
		return req_fail(r, ERR_not_found, "", "there is no such provider");
	err e = h->p.adapter->callback(r->a, &h->p, &w, r->now, &h->w);
	if (e)
		log_event(LOG_WARN, "payment.message_refused", L_STR("provider", h->p.id),
		          L_STR("error", str_of(err_find(e)->name)));
	return e ? req_fail(r, e, "", "the message is not the provider's, or not whole") : OK;
}

err decide_payments_hook(struct tx *tx, struct req *r)
{
	struct hook *h = r->state;
	tx->actor.channel = STR("provider");
	r->decided = json_object(tx->a);
	json_set_bool(tx->a, r->decided, "taken", true);
	return payment_take(tx, h->p.id, &h->w, "message");
}

err answer_payments_hook(struct req *r)
{
	scheduler_wake(r->k);
	return req_view(r, "", r->decided);
}

/*
 * provider.h - payment providers, all behind one interface.
 *
 * A provider is data (a row, or the two settings provider_url and
 * provider_secret_file); how it is spoken to is its adapter. No adapter ever sees a
 * card number: the payer types it on the provider's own page.
 *
 *   hosted   the payer's browser is led to the provider with a signed request and
 *            comes back; the outcome comes by a signed message (Standard Webhooks)
 *            to /hooks/payments/ID, or is asked for. The simulator speaks it.
 *
 *   govuk    GOV.UK Pay's public interface: the payment is made first, the payer is led
 *            to its page, and what became of it is asked for
 *
 *   replay   nobody: the payments of demonstrations (replay.h)
 *
 * `redirect` and `callback` are pure and run while a request waits; the others talk to
 * the provider and run in jobs alone: also `lead`, which an adapter has instead of
 * `redirect` when the provider has to be asked for the page (lead.c). Whatever a provider says is an answer
 * (struct provider_answer) and goes the one way of payment_take (order.h).
 */
#ifndef SYSTEMS_PAYMENTS_PROVIDER_H
#define SYSTEMS_PAYMENTS_PROVIDER_H

#include "kernel/kernel.h"

#define TOKEN_BYTES         128 /* of a kept card */
#define PROVIDERS_MAX       16
#define PROVIDER_HOOK_DRIFT (5 * MINUTE) /* a message's time may differ from ours by */

struct adapter;
struct attempt;

struct provider {
	str id; /* "benefit": small letters, digits, hyphens */
	const struct adapter *adapter;
	str url;    /* of its interface, without a slash at the end */
	str secret; /* shared, as Standard Webhooks write it: whsec_BASE64, or plain */
	str name_en, name_ar;
	str methods;    /* "card wallet" */
	int64_t weight; /* 0: takes no new payments */
	bool up;
	bool off; /* an operator took it out of use: its weight is then 0 */
};

/* Every provider, the one of the settings first (id "gateway"). */
size_t providers_all(struct kernel *k, dbc *c, arena *a, struct provider *out);
bool provider_find(struct kernel *k, dbc *c, arena *a, str id, struct provider *out);

struct provider_order {
	str id, adapter, url, secret, name_en, name_ar, methods;
	int64_t weight;
};
/* Event payment.provider_set, when anything but the secret changed. */
err provider_put(struct tx *tx, const struct provider_order *p);

/* Takes a provider out of use, or back. Event payment.provider_switched. */
err provider_switch(struct tx *tx, str provider, bool off);

/* ---- speaking to one ---- */

struct checkout {
	int64_t attempt, amount;
	str reference, currency, method, lang;
	str payee_en, payee_ar;
	str token;        /* of a card the provider keeps for the payer, or empty */
	bool save;        /* the payer wants the provider to keep the card */
	bool hold;        /* the money is only held (hold.h) */
	str back, notify; /* URLs: of the payer's return, of messages */
	instant now, expires;
};

enum outcome {
	OUTCOME_PENDING,
	OUTCOME_SUCCEEDED,
	OUTCOME_DECLINED,
	OUTCOME_CANCELLED,
	OUTCOME_EXPIRED,
	OUTCOME_NOT_FOUND,
	OUTCOME_AUTHORISED,
	OUTCOME_COUNT
};
const char *outcome_name(enum outcome o);

struct provider_answer {
	str message; /* id: the same message twice is the same id */
	int64_t attempt, amount;
	enum outcome outcome;
	str currency, reference, last4;
	str token; /* when the provider keeps the card from now on */
};

struct webhook {
	str id, timestamp, signature, body;
};

struct refund_request {
	int64_t id, attempt, amount;
	str currency;
};
enum refund_outcome { REFUND_DONE, REFUND_REFUSED };

struct adapter {
	const char *name;
	err (*redirect)(arena *a, const struct provider *p, const struct checkout *c, str *url);
	err (*lead)(arena *a, const struct provider *p, const struct checkout *c, str *url, str *why);
	/* Checks the signature and the time, then reads it. */
	err (*callback)(arena *a, const struct provider *p, const struct webhook *w, instant now,
	                struct provider_answer *out);
	err (*enquire)(arena *a, const struct provider *p, const struct attempt *t, instant now,
	               struct provider_answer *out, str *why);
	err (*refund)(arena *a, const struct provider *p, const struct refund_request *r, instant now,
	              enum refund_outcome *out, str *why);
	err (*probe)(arena *a, const struct provider *p, str *why);
	/* Takes what is held, or lets it go; NULL: it cannot hold. */
	err (*finish)(arena *a, const struct provider *p, const struct attempt *t, bool take,
	              instant now, struct provider_answer *out, str *why);
};

extern const struct adapter hosted_adapter, govuk_adapter, replay_adapter;

#endif

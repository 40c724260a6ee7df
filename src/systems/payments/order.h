/*
 * order.h - orders, attempts, receipts and refunds; private to the room.
 *
 * An order is an amount somebody owes, with lines that say for what, by which rule
 * in which version, and whose income it is. It is paid by one of its attempts; an
 * attempt is one visit to a provider. What a provider says, by message, by enquiry
 * or late, goes through payment_take, which captures once and sends back what is
 * not owed. Life cycle: states.def.
 */
#ifndef SYSTEMS_PAYMENTS_ORDER_H
#define SYSTEMS_PAYMENTS_ORDER_H

#include "kernel/i18n/i18n.h"
#include "kernel/ledger/ledger.h"
#include "systems/payments/errors.h"
#include "systems/payments/provider.h"

#define ATTEMPT_LIFE    (15 * MINUTE) /* the payer's time at the provider */
#define ENQUIRE_FIRST   (30 * SECOND) /* after an attempt that is not answered */
#define ENQUIRE_MAX     (1 * HOUR)    /* between two enquiries */
#define ENQUIRE_GIVE_UP (7 * DAY)     /* then people look into it */
#define PROBE_EVERY     (1 * MINUTE)  /* while a provider is down */
#define FULFIL_LATE     (10 * MINUTE) /* a service not told by then is an alarm */
#define LINES_MAX       100
#define ATTEMPTS_MAX    200
#define GL_UNAPPLIED    "liability/unapplied"

struct order {
	int64_t id;
	str reference, origin;
	int64_t case_id, instance, payer;
	str entity, service, title_en, title_ar, currency;
	int64_t total;
	str state, last;               /* last: what became of the last attempt, or empty */
	str channel, method, provider; /* of the capture */
	int64_t attempts, captured, refunded, refund_pending;
	instant created, expires, paid, fulfilled;
};

struct line {
	int64_t no;
	str entity, service, label_en, label_ar, gl;
	int64_t amount;
	int64_t returned; /* went back, or is asked to */
	str rule;         /* JSON: what decided it, with its version */
	int64_t bill;     /* that it pays, or 0 */
};

struct attempt {
	int64_t id, order, no;
	str provider, method, channel;
	int64_t amount;
	str currency, state, reference, last4;
	instant opened, expires, ended;
};

struct receipt {
	str entity, number;
	int64_t year, no, order, amount;
	str currency;
	instant at;
	int64_t seq;
};

struct refund {
	int64_t id, order, attempt;
	str kind; /* "order", "surplus" */
	int64_t amount;
	str currency, reason, state;
	int64_t maker, checker;
	instant asked, ended;
	json *parts; /* [{"line", "amount"}] of an order's refund */
};

/* ---- reading (read.c) ---- */

bool order_get(dbc *c, arena *a, int64_t id, struct order *out);
bool order_by_reference(dbc *c, arena *a, str reference, struct order *out);
/* The newest order of a case. */
bool order_of_case(dbc *c, arena *a, int64_t case_id, struct order *out);
/* All of them, at most LINES_MAX, in the arena. */
size_t order_lines(dbc *c, arena *a, int64_t order, struct line **out);
bool attempt_get(dbc *c, arena *a, int64_t id, struct attempt *out);
/* Both at once; *known: that this message of the provider was taken before. */
bool attempt_and_order(dbc *c, arena *a, int64_t id, str provider, str message, struct attempt *t,
                       struct order *o, bool *known);
bool attempt_open(dbc *c, arena *a, int64_t order, struct attempt *out);
bool attempt_last(dbc *c, arena *a, int64_t order, struct attempt *out);
size_t order_attempts(dbc *c, arena *a, int64_t order, struct attempt *out, size_t max);
size_t order_receipts(dbc *c, arena *a, int64_t order, struct receipt *out, size_t max);
bool refund_get(dbc *c, arena *a, int64_t id, struct refund *out);
size_t order_refunds(dbc *c, arena *a, int64_t order, struct refund *out, size_t max);

/* What the order becomes when `event` happens to it; empty: that does not happen. */
str order_next(str state, const char *event);
static inline bool order_is(const struct order *o, const char *state)
{
	return str_eq(o->state, str_of(state));
}

/* The account of what a provider owes, or of what lies in a cashier's till. */
str asset_of(arena *a, str provider, str method);
/* {"minor", "currency"} */
json *pay_money(arena *a, int64_t minor, str currency_code);

/* ---- opening and paying (order.c, attempt.c) ---- */

struct order_request {
	str origin, entity, service, title_en, title_ar, currency;
	int64_t case_id, instance, payer;
	str api_reference, description, return_url; /* of a program's order */
	const json *metadata;                       /* the program's own, or NULL */
	bool delayed;                               /* held first, and taken when it says so */
	instant expires;                            /* 0 = as long as somebody waits for it */
	const struct line *line;
	size_t n;
};
/* Event payment.ordered. */
err order_create(struct tx *tx, const struct order_request *q, int64_t *id);
err order_cancel(struct tx *tx, int64_t id, str reason);

/* The attempt to lead the payer to: the one under way, or a new one with the
 * provider that is best now (`method` empty: any; "card@ID": only with that provider).
 * ERR_payment_paid, ERR_payment_waiting, ERR_payment_provider, ERR_payment_expired,
 * ERR_payment_blocked. */
err attempt_begin(struct tx *tx, int64_t order, str method, struct attempt *out);
err attempt_fail(struct tx *tx, const struct order *o, const struct attempt *t,
                 const char *outcome);

/* The country's rule on how often one may try (velocity.c). */
bool velocity_allows(struct tx *tx, const struct order *o);
/* Event payment.blocked, for the desk. */
err velocity_record(struct tx *tx, int64_t order);

/* ---- answers (take.c) ---- */

/* Takes what a provider said; `via` is "message", "enquiry", "counter". A message
 * known already changes nothing. */
err payment_take(struct tx *tx, str provider, const struct provider_answer *w, const char *via);
/* What a receipt's document shows, and its form (receipt.json). */
json *pay_receipt_view(dbc *c, arena *a, const struct order *o, const struct receipt *r);
const json *pay_receipt_spec(arena *a);
/* Tells the service, once (job payment.fulfil). */
err order_fulfil(struct tx *tx, int64_t order);

/* ---- refunds (refund.c) ---- */

/* Asks; a second person approves. ERR_payment_amount past what was captured. */
err refund_ask(struct tx *tx, int64_t order, int64_t amount, str reason, int64_t *id);
err refund_approve(struct tx *tx, int64_t refund);
err refund_refuse(struct tx *tx, int64_t refund, str reason);
/* Books money that is not owed and sends it back without asking anybody. */
err surplus_take(struct tx *tx, const struct order *o, const struct attempt *t,
                 const struct provider_answer *w, const char *why);
/* What the provider said of a refund. */
err refund_end(struct tx *tx, int64_t refund, bool done, str why);

/* ---- jobs (jobs.c) ---- */

err job_enquire(struct job *j);
err job_fulfil(struct job *j);
err job_refund(struct job *j);
err job_probe(struct job *j);
err job_expire_order(struct job *j);
void enquire_later(struct tx *tx, int64_t attempt, int64_t no, instant due);
err health_say(struct tx *tx, str provider, bool up);

#define EVENT(name, kind, version, doc) void fold_##name(dbc *c, arena *a, const struct event *e);
#include "systems/payments/events.def"
#undef EVENT

#endif

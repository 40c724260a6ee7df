/* jobs.c - talking to providers, after the commit. */
#include "systems/payments/order.h"
#include "systems/payments/agency.h"
#include "systems/payments/hold.h"
#include "systems/payments/statements.h"

#include "base/log.h"

struct work {
	err (*decide)(struct tx *tx, const struct work *w);
	str provider, why;
	int64_t id, no;
	bool up, done;
	struct attempt attempt;
	struct provider_answer answer;
};

static err work_decide(struct tx *tx, void *ctx)
{
	const struct work *w = ctx;
	return w->decide(tx, w);
}

static err work_run(struct job *j, struct work *w)
{
	struct action act = {
	    .k = j->k, .a = j->a, .actor = {.channel = STR("timer")}, .decide = work_decide, .ctx = w};
	err e = kernel_run(&act);
	j->fault = act.fault;
	return e;
}

static bool read_attempt(struct job *j, int64_t id, struct attempt *t, struct provider *p)
{
	dbc *c = db_reader(j->k->db);
	bool found = attempt_get(c, j->a, id, t) && provider_find(j->k, c, j->a, t->provider, p);
	db_clear(c);
	db_reader_return(c);
	return found;
}

static bool waits(const struct attempt *t)
{
	return str_eq(t->state, STR("open")) || str_eq(t->state, STR("unknown")) ||
	       str_eq(t->state, STR("superseded"));
}

/* ---- enquiries ---- */

/* 30 s after the last, 60 s, 2 min .. 1 h. */
static instant next_enquiry(instant now, int64_t no)
{
	instant pause = ENQUIRE_FIRST;
	for (int64_t i = 0; i < no && pause < ENQUIRE_MAX; i++)
		pause *= 2;
	return now + (pause < ENQUIRE_MAX ? pause : ENQUIRE_MAX);
}

static err enquired_decide(struct tx *tx, const struct work *w)
{
	struct attempt t;
	struct order o;
	err e = health_say(tx, w->attempt.provider, w->up);
	if (e == OK && w->up)
		e = payment_take(tx, w->attempt.provider, &w->answer, "enquiry");
	if (e || !attempt_get(tx->db, tx->a, w->attempt.id, &t) || !waits(&t) ||
	    !order_get(tx->db, tx->a, t.order, &o))
		return e;
	struct hold h;
	if (hold_get(tx->db, tx->a, o.id, &h))
		return e; /* its program ends it, or its time does */
	if (str_eq(t.state, STR("open")) && tx->now >= t.expires)
		e = attempt_fail(tx, &o, &t, "unknown");
	if (tx->now < t.opened + ENQUIRE_GIVE_UP)
		enquire_later(tx, t.id, w->no + 1, next_enquiry(tx->now, w->no));
	return e;
}

err job_enquire(struct job *j)
{
	struct provider p;
	struct work w = {.decide = enquired_decide, .no = json_int(j->payload, "no", 1)};
	if (!read_attempt(j, json_int(j->payload, "attempt", 0), &w.attempt, &p))
		return ERR_not_found;
	if (!waits(&w.attempt))
		return OK;
	err e = p.adapter->enquire(j->a, &p, &w.attempt, kernel_now(j->k), &w.answer, &w.why);
	w.up = e == OK;
	if (e)
		log_event(LOG_WARN, "payment.enquiry_failed", L_STR("provider", p.id),
		          L_INT("attempt", w.attempt.id), L_STR("why", w.why));
	return work_run(j, &w);
}

/* ---- is it there? ---- */

static err probed_decide(struct tx *tx, const struct work *w)
{
	if (!w->up) {
		json *p = json_object(tx->a);
		json_set_str(tx->a, p, "provider", w->provider);
		instant due = tx->now + PROBE_EVERY;
		tx_later(tx, "payment.probe",
		         str_fmt(tx->a, "%.*s:%lld", STRF(w->provider), (long long)(due / PROBE_EVERY)),
		         due, p);
	}
	return health_say(tx, w->provider, w->up);
}

err job_probe(struct job *j)
{
	struct provider p;
	struct work w = {.decide = probed_decide, .provider = json_str(j->payload, "provider")};
	dbc *c = db_reader(j->k->db);
	bool found = provider_find(j->k, c, j->a, w.provider, &p);
	db_clear(c);
	db_reader_return(c);
	if (!found)
		return OK;
	w.up = p.adapter->probe(j->a, &p, &w.why) == OK;
	return work_run(j, &w);
}

/* ---- the service, refunds, time ---- */

static err fulfil_decide(struct tx *tx, const struct work *w)
{
	return order_fulfil(tx, w->id);
}

err job_fulfil(struct job *j)
{
	struct work w = {.decide = fulfil_decide, .id = json_int(j->payload, "order", 0)};
	err e = agency_tell(j, w.id);
	if (!e)
		e = work_run(j, &w);
	if (e)
		log_event(LOG_ERROR, "payment.not_fulfilled", L_INT("order", w.id),
		          L_STR("error", str_of(err_find(e)->name)), L_STR("detail", j->fault.detail));
	/* The money is here and the service was not told: never given up by itself. */
	return e ? ERR_unavailable : OK;
}

static err refunded_decide(struct tx *tx, const struct work *w)
{
	return refund_end(tx, w->id, w->done, w->why);
}

err job_refund(struct job *j)
{
	struct refund r;
	struct provider p;
	struct attempt t;
	struct work w = {.decide = refunded_decide, .id = json_int(j->payload, "refund", 0)};
	enum refund_outcome outcome = REFUND_REFUSED;
	dbc *c = db_reader(j->k->db);
	bool found = refund_get(c, j->a, w.id, &r);
	db_clear(c);
	db_reader_return(c);
	if (!found || !str_eq(r.state, STR("approved")))
		return OK;
	if (!read_attempt(j, r.attempt, &t, &p))
		return ERR_not_found;
	struct refund_request q = {r.id, r.attempt, r.amount, r.currency};
	err e = p.adapter->refund(j->a, &p, &q, kernel_now(j->k), &outcome, &w.why);
	if (e) {
		j->fault.detail = w.why;
		return e;
	}
	w.done = outcome == REFUND_DONE;
	return work_run(j, &w);
}

static err expire_decide(struct tx *tx, const struct work *w)
{
	struct order o;
	if (!order_get(tx->db, tx->a, w->id, &o) || tx->now < o.expires)
		return OK;
	/* A payer at the provider may still come back with it. */
	if (order_is(&o, "pending")) {
		json *p = json_object(tx->a);
		json_set_int(tx->a, p, "order", o.id);
		tx_later(tx, "payment.expire",
		         str_fmt(tx->a, "%lld:%lld", (long long)o.id, (long long)tx->now),
		         tx->now + ATTEMPT_LIFE, p);
		return OK;
	}
	if (!order_next(o.state, "expired").n)
		return OK;
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "order", o.id);
	return tx_emit(tx, (struct emission){.kind = "payment.expired",
	                                     .entity = o.entity,
	                                     .subject = o.payer,
	                                     .case_id = o.case_id,
	                                     .data = d});
}

err job_expire_order(struct job *j)
{
	struct work w = {.decide = expire_decide, .id = json_int(j->payload, "order", 0)};
	return work_run(j, &w);
}

/* attempt.c - one visit to a provider: which one, and that there is only one. */
#include "systems/payments/hold.h"
#include "systems/payments/statements.h"

#define HEALTH_WINDOW (30 * MINUTE)
#define WEIGHT_FULL   100 /* percent */

/* Percent of the provider's recent attempts that were answered; all if none were. */
static int64_t answered(dbc *c, str provider, instant now)
{
	instant since = now - HEALTH_WINDOW;
	int64_t lost = db_query_int(c, &sql_attempts_lost, 0, D_TEXT(provider), D_INT(since));
	if (!lost) /* mostly: then nothing else has to be counted */
		return WEIGHT_FULL;
	int64_t good = db_query_int(c, &sql_attempts_good, 0, D_TEXT(provider), D_INT(since));
	return good * WEIGHT_FULL / (good + lost);
}

/* "card", or "card@benefit": with this provider and no other. */
static bool offers(const struct provider *p, str method)
{
	str rest = p->methods, one, only = method;
	str_cut(&only, '@', &method);
	if (only.p && !str_eq(only, p->id))
		return false;
	if (!method.n)
		return true;
	while (str_cut(&rest, ' ', &one))
		if (str_eq(one, method))
			return true;
	return false;
}

/* By weight times health; chance decides, so that a sick provider is still tried
 * now and then and is found well again. */
static bool provider_choose(struct tx *tx, str method, bool hold, struct provider *out)
{
	struct provider p[PROVIDERS_MAX];
	int64_t score[PROVIDERS_MAX], sum = 0;
	size_t n = providers_all(tx->k, tx->db, tx->a, p);
	for (size_t i = 0; i < n; i++) {
		bool fit = p[i].up && p[i].adapter && (!hold || p[i].adapter->finish) && p[i].secret.n &&
		           offers(&p[i], method);
		score[i] = fit ? p[i].weight * (1 + answered(tx->db, p[i].id, tx->now)) : 0;
		sum += score[i];
	}
	if (!sum)
		return false;
	int64_t at = (int64_t)rng_below(tx->rng, (uint64_t)sum);
	size_t i = 0;
	while (at >= score[i])
		at -= score[i++];
	*out = p[i];
	return true;
}

void enquire_later(struct tx *tx, int64_t attempt, int64_t no, instant due)
{
	json *p = json_object(tx->a);
	json_set_int(tx->a, p, "attempt", attempt);
	json_set_int(tx->a, p, "no", no);
	tx_later(tx, "payment.enquire", str_fmt(tx->a, "%lld:%lld", (long long)attempt, (long long)no),
	         due, p);
}

/* Is the provider there? Asked at most once a minute, at once. */
static void probe_later(struct tx *tx, str provider)
{
	json *p = json_object(tx->a);
	json_set_str(tx->a, p, "provider", provider);
	tx_later(tx, "payment.probe",
	         str_fmt(tx->a, "%.*s:%lld", STRF(provider), (long long)(tx->now / PROBE_EVERY)), 0, p);
}

static struct emission of_order(const struct order *o, const char *kind, json *data)
{
	return (struct emission){.kind = kind,
	                         .entity = o->entity,
	                         .subject = o->payer,
	                         .case_id = o->case_id,
	                         .data = data};
}

static err begin(struct tx *tx, const struct order *o, str method, struct attempt *out)
{
	struct provider p;
	str method_name = {0};
	if (o->attempts >= ATTEMPTS_MAX)
		return tx_fail(tx, ERR_payment_state, "", "there were %d attempts", ATTEMPTS_MAX);
	if (!velocity_allows(tx, o))
		return tx_fail(tx, ERR_payment_blocked, "", "there were too many attempts lately");
	if (!provider_choose(tx, method, order_delayed(tx->db, o->id), &p))
		return tx_fail(tx, ERR_payment_provider, "method", "no provider takes payments now");
	int64_t id = tx_id(tx);
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "attempt", id);
	json_set_int(tx->a, d, "order", o->id);
	json_set_int(tx->a, d, "no", o->attempts + 1);
	json_set_str(tx->a, d, "provider", p.id);
	str_cut(&method, '@', &method_name);
	json_set_str(tx->a, d, "method", method_name.n ? method_name : STR("card"));
	json_set_str(tx->a, d, "channel", tx->actor.channel);
	json_set_int(tx->a, d, "amount", o->total);
	json_set_str(tx->a, d, "currency", o->currency);
	json_set_int(tx->a, d, "expires", tx->now + ATTEMPT_LIFE);
	enquire_later(tx, id, 1, tx->now + ENQUIRE_FIRST);
	probe_later(tx, p.id);
	*out = (struct attempt){.id = id,
	                        .order = o->id,
	                        .no = o->attempts + 1,
	                        .provider = p.id,
	                        .method = json_str(d, "method"),
	                        .channel = tx->actor.channel,
	                        .amount = o->total,
	                        .currency = o->currency,
	                        .state = STR("open"),
	                        .opened = tx->now,
	                        .expires = tx->now + ATTEMPT_LIFE};
	return tx_emit(tx, of_order(o, "payment.attempted", d));
}

/* The attempt under way is the one to go on with, unless it cannot be any more. */
static err go_on(struct tx *tx, const struct order *o, str method, struct attempt *t)
{
	struct provider p;
	bool there = provider_find(tx->k, tx->db, tx->a, t->provider, &p) && p.up;
	str only = method, name = {0};
	str_cut(&only, '@', &name);
	bool same = (!name.n || str_eq(name, t->method)) && (!only.p || str_eq(only, t->provider));
	if (there && same && tx->now < t->expires)
		return OK;
	if (tx->now >= t->expires && there)
		return tx_fail(tx, ERR_payment_waiting, "", "the provider has not confirmed it yet");
	err e = attempt_fail(tx, o, t, there ? "superseded" : "unknown");
	struct order again;
	if (e == OK && order_get(tx->db, tx->a, o->id, &again))
		e = begin(tx, &again, method, t);
	return e;
}

err attempt_begin(struct tx *tx, int64_t order, str method, struct attempt *out)
{
	struct order o;
	if (!order_get(tx->db, tx->a, order, &o))
		return tx_fail(tx, ERR_not_found, "", "there is no such order");
	if (o.captured)
		return tx_fail(tx, ERR_payment_paid, "", "the order is paid");
	if (order_is(&o, "expired") || order_is(&o, "cancelled") || (o.expires && tx->now >= o.expires))
		return tx_fail(tx, ERR_payment_expired, "", "the order is no longer to be paid");
	struct hold h;
	if (hold_get(tx->db, tx->a, order, &h))
		return tx_fail(tx, ERR_payment_paid, "", "the money of the order is held");
	if (attempt_open(tx->db, tx->a, order, out))
		return go_on(tx, &o, method, out);
	struct attempt last;
	struct provider p;
	if (o.attempts && attempt_last(tx->db, tx->a, order, &last) &&
	    str_eq(last.state, STR("unknown")) &&
	    provider_find(tx->k, tx->db, tx->a, last.provider, &p) && p.up)
		return tx_fail(tx, ERR_payment_waiting, "", "the provider has not confirmed it yet");
	return begin(tx, &o, method, out);
}

err attempt_fail(struct tx *tx, const struct order *o, const struct attempt *t, const char *outcome)
{
	struct attempt open;
	bool other = attempt_open(tx->db, tx->a, o->id, &open) && open.id != t->id;
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "order", o->id);
	json_set_int(tx->a, d, "attempt", t->id);
	json_set_str(tx->a, d, "provider", t->provider);
	json_set_str(tx->a, d, "outcome", str_of(outcome));
	json_set_bool(tx->a, d, "current", !other && !o->captured);
	return tx_emit(tx, of_order(o, "payment.failed", d));
}

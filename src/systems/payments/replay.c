#include "systems/payments/replay.h"

#include "systems/payments/settle.h"
#include "systems/payments/statements.h"

/* ---- the adapter: there is nobody to speak to ---- */

static err no_page(arena *a, const struct provider *p, const struct checkout *c, str *url)
{
	(void)a, (void)p, (void)c, (void)url;
	return ERR_payment_provider;
}

static err no_message(arena *a, const struct provider *p, const struct webhook *w, instant now,
                      struct provider_answer *out)
{
	(void)a, (void)p, (void)w, (void)now, (void)out;
	return ERR_not_found;
}

static err no_answer(arena *a, const struct provider *p, const struct attempt *t, instant now,
                     struct provider_answer *out, str *why)
{
	(void)a, (void)p, (void)t, (void)now, (void)out;
	*why = STR("the provider of a demonstration knows nothing");
	return ERR_payment_provider;
}

static err money_back(arena *a, const struct provider *p, const struct refund_request *r,
                      instant now, enum refund_outcome *out, str *why)
{
	(void)a, (void)p, (void)r, (void)now, (void)why;
	*out = REFUND_DONE;
	return OK;
}

static err is_there(arena *a, const struct provider *p, str *why)
{
	(void)a, (void)p, (void)why;
	return OK;
}

const struct adapter replay_adapter = {.name = "replay",
                                       .redirect = no_page,
                                       .callback = no_message,
                                       .enquire = no_answer,
                                       .refund = money_back,
                                       .probe = is_there};

/* ---- payers ---- */

err replay_provider(struct tx *tx)
{
	struct provider_order p = {.id = STR(REPLAY_PROVIDER),
	                           .adapter = STR("replay"),
	                           .secret = STR("of a provider that is never asked"),
	                           .name_en = STR("Provider of the demonstration"),
	                           .name_ar = STR("مزود العرض التجريبي"),
	                           .methods = STR("card wallet"),
	                           .weight = 100};
	return provider_put(tx, &p);
}

err replay_provider_ends(struct tx *tx)
{
	return provider_switch(tx, STR(REPLAY_PROVIDER), true);
}

err replay_take(struct tx *tx, const struct attempt *t)
{
	str reference = str_fmt(tx->a, "R%lld", (long long)t->id);
	struct provider_answer w = {.message = reference,
	                            .attempt = t->id,
	                            .amount = t->amount,
	                            .outcome = OUTCOME_SUCCEEDED,
	                            .currency = t->currency,
	                            .reference = reference,
	                            .last4 = STR("0002")};
	return payment_take(tx, STR(REPLAY_PROVIDER), &w, "message");
}

err replay_pay(struct tx *tx, int64_t case_id, str method)
{
	struct order o;
	struct attempt t;
	if (!order_of_case(tx->db, tx->a, case_id, &o))
		return tx_fail(tx, ERR_not_found, "", "the case has no order");
	err e = attempt_begin(tx, o.id, str_fmt(tx->a, "%.*s@%s", STRF(method), REPLAY_PROVIDER), &t);
	if (e)
		return e;
	return replay_take(tx, &t);
}

/* What was captured in that time and stands in no statement yet. */
static size_t captured(struct tx *tx, instant from, instant to, struct settle_entry *out,
                       size_t max)
{
	rows *r =
	    db_query(tx->db, &sql_unsettled, D_TEXT(STR(REPLAY_PROVIDER)), D_INT(from), D_INT(to));
	size_t n = 0;
	while (db_next(r) && n < max)
		out[n++] = (struct settle_entry){.id = db_int(r, 0), .amount = db_int(r, 2)};
	db_done(r);
	for (size_t i = 0; i < n; i++) {
		struct attempt t;
		attempt_get(tx->db, tx->a, out[i].id, &t);
		out[i].at = t.ended;
		out[i].currency = t.currency;
	}
	return n;
}

err replay_settle(struct tx *tx, instant from, instant to)
{
	struct settle_entry *entry = NEWN(tx->a, struct settle_entry, SETTLE_ENTRIES_MAX);
	str name = str_fmt(tx->a, "%s-%.*s", REPLAY_PROVIDER, STRF(time_print(tx->a, from)));
	struct statement s = {.name = name, .hash = name, .reference = name, .entry = entry};
	struct settle_report r;
	s.n = captured(tx, from, to, entry, SETTLE_ENTRIES_MAX);
	if (!s.n)
		return OK;
	err e = settle_take(tx, STR(REPLAY_PROVIDER), &s, from, to, &r);
	struct settle_entry payout = {
	    .payment = name, .amount = r.sum, .currency = entry->currency, .at = to};
	s.entry = &payout;
	s.n = 1;
	return e ? e : bank_take(tx, &s, &r);
}

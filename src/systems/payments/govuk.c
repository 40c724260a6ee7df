/*
 * govuk.c - a provider that is spoken to by GOV.UK Pay's public interface.
 *
 * A payment is made there before the payer is led to it. The attempt's id is the payment's
 * reference and its idempotency key: asked again, it is the same payment, and what
 * became of it is found by searching for the reference. Nothing has to be kept here.
 * The provider's secret is the program's key. It sends no messages: its word is asked
 * for (job payment.enquire).
 */
#include "systems/payments/order.h"

#include "kernel/outbox/fetch.h"

#define DESCRIPTION_MAX 255

static str number(arena *a, int64_t id)
{
	return str_fmt(a, "%lld", (long long)id);
}

/* The answer as JSON (NULL for none) and its status. */
static err call(arena *a, const struct provider *p, const char *method, str path, const char *key,
                const json *body, int *status, const json **out, str *why)
{
	struct fetch f = {.method = method,
	                  .url = str_cat(a, p->url, path),
	                  .body = body ? json_print(a, body) : STR(""),
	                  .type = body ? STR("application/json") : STR("")};
	f.header[f.n_headers++] = str_cat(a, STR("Authorization: Bearer "), p->secret);
	if (key)
		f.header[f.n_headers++] = str_cat(a, STR("Idempotency-Key: "), str_of(key));
	err e = fetch_run(a, &f);
	*why = f.why;
	*status = f.status;
	*out = e ? NULL : json_parse(a, f.answer, NULL);
	if (e)
		return e;
	if (f.status == 429 || f.status >= 500 || f.status == 401) {
		*why = str_fmt(a, "it answered %d", f.status);
		return ERR_unavailable;
	}
	return OK;
}

static err lead(arena *a, const struct provider *p, const struct checkout *c, str *url, str *why)
{
	json *b = json_object(a);
	const json *v = NULL;
	int status;
	json_set_int(a, b, "amount", c->amount);
	json_set_str(a, b, "reference", number(a, c->attempt));
	json_set_str(a, b, "description",
	             str_sub(str_fmt(a, "%.*s %.*s", STRF(c->payee_en), STRF(c->reference)), 0,
	                     DESCRIPTION_MAX));
	json_set_str(a, b, "return_url", c->back);
	if (c->hold)
		json_set_bool(a, b, "delayed_capture", true);
	err e = call(a, p, "POST", STR("/v1/payments"), str_c(a, number(a, c->attempt)), b, &status, &v,
	             why);
	if (e)
		return e;
	*why = json_str(v, "description");
	*url = json_text(json_path(v, "_links.next_url.href"));
	return url->n ? OK : ERR_unavailable;
}

/* Its messages are signed in another way, and are not needed. */
static err callback(arena *a, const struct provider *p, const struct webhook *w, instant now,
                    struct provider_answer *out)
{
	(void)a;
	(void)p;
	(void)w;
	(void)now;
	*out = (struct provider_answer){0};
	return ERR_payment_signature;
}

static err find(arena *a, const struct provider *p, int64_t attempt, const json **payment, str *why)
{
	const json *v = NULL;
	int status;
	err e = call(a, p, "GET",
	             str_fmt(a, "/v1/payments?reference=%lld&display_size=1", (long long)attempt), NULL,
	             NULL, &status, &v, why);
	if (e)
		return e;
	const json *list = json_get(v, "results");
	*payment = list ? list->first : NULL;
	return status == 200 ? OK : ERR_unavailable;
}

static bool is(str s, const char *word)
{
	return str_eq(s, str_of(word));
}

static enum outcome outcome_of(const json *payment)
{
	str status = json_text(json_path(payment, "state.status"));
	str code = json_text(json_path(payment, "state.code"));
	if (is(status, "success"))
		return OUTCOME_SUCCEEDED;
	if (is(status, "capturable"))
		return OUTCOME_AUTHORISED;
	if (is(status, "cancelled") || is(code, "P0030"))
		return OUTCOME_CANCELLED;
	if (is(code, "P0020"))
		return OUTCOME_EXPIRED;
	return is(status, "failed") || is(status, "error") ? OUTCOME_DECLINED : OUTCOME_PENDING;
}

static err enquire(arena *a, const struct provider *p, const struct attempt *t, instant now,
                   struct provider_answer *out, str *why)
{
	const json *v = NULL;
	(void)now;
	err e = find(a, p, t->id, &v, why);
	if (e)
		return e;
	*out = (struct provider_answer){
	    .attempt = t->id,
	    .outcome = v ? outcome_of(v) : OUTCOME_NOT_FOUND,
	    .amount = json_int(v, "amount", 0),
	    .currency = t->currency, /* it has one currency, and does not say which */
	    .reference = json_str(v, "payment_id"),
	    .last4 = json_text(json_path(v, "card_details.last_digits_card_number")),
	};
	out->message = str_fmt(a, "enquiry:%lld:%s:%lld", (long long)t->id, outcome_name(out->outcome),
	                       (long long)out->amount);
	return OK;
}

/* A refund that waits there for a person is asked for again later. */
static err refund(arena *a, const struct provider *p, const struct refund_request *r, instant now,
                  enum refund_outcome *out, str *why)
{
	const json *v = NULL;
	json *b = json_object(a);
	int status;
	(void)now;
	err e = find(a, p, r->attempt, &v, why);
	if (e)
		return e;
	str path = str_fmt(a, "/v1/payments/%.*s/refunds", STRF(json_str(v, "payment_id")));
	json_set_int(a, b, "amount", r->amount);
	e = call(a, p, "POST", path, str_c(a, str_fmt(a, "refund-%lld", (long long)r->id)), b, &status,
	         &v, why);
	if (e)
		return e;
	if (status == 200 || status == 202)
		e = call(a, p, "GET", str_fmt(a, "%.*s/%.*s", STRF(path), STRF(json_str(v, "refund_id"))),
		         NULL, NULL, &status, &v, why);
	if (e)
		return e;
	*why = json_str(v, "description");
	if (status == 200 && is(json_str(v, "status"), "submitted")) {
		*why = STR("it is submitted and not decided");
		return ERR_unavailable;
	}
	*out = status == 200 && is(json_str(v, "status"), "success") ? REFUND_DONE : REFUND_REFUSED;
	return OK;
}

static err probe(arena *a, const struct provider *p, str *why)
{
	const json *v = NULL;
	return find(a, p, 0, &v, why);
}

static err finish(arena *a, const struct provider *p, const struct attempt *t, bool take,
                  instant now, struct provider_answer *out, str *why)
{
	const json *v = NULL;
	int status;
	err e = find(a, p, t->id, &v, why);
	if (!e && v)
		e = call(a, p, "POST",
		         str_fmt(a, "/v1/payments/%.*s/%s", STRF(json_str(v, "payment_id")),
		                 take ? "capture" : "cancel"),
		         NULL, NULL, &status, &v, why);
	if (!e)
		e = enquire(a, p, t, now, out, why);
	if (!e && (out->outcome == OUTCOME_PENDING || out->outcome == OUTCOME_AUTHORISED)) {
		*why = STR("it has not done it yet");
		e = ERR_unavailable;
	}
	return e;
}

const struct adapter govuk_adapter = {.name = "govuk",
                                      .lead = lead,
                                      .callback = callback,
                                      .enquire = enquire,
                                      .refund = refund,
                                      .probe = probe,
                                      .finish = finish};

/*
 * hosted.c - a provider with a page of its own, reached by a signed redirect.
 *
 * The request is in the address, so that nothing has to be sent before the payer
 * goes there; the attempt's id makes it one charge, however often it is opened.
 */
#include "systems/payments/order.h"
#include "kernel/outbox/sign.h"

#include "base/buf.h"
#include "kernel/outbox/fetch.h"
#include "systems/payments/errors.h"
#include "web/escape.h"

#define QUERY_MAX ((size_t)3 * 1024)

static void put(buf *b, const char *name, str value)
{
	buf_fmt(b, "%s%s=", b->n ? "&" : "", name);
	url_encode(b, value);
}

static err redirect(arena *a, const struct provider *p, const struct checkout *c, str *url)
{
	buf b = buf_make(a, QUERY_MAX);
	put(&b, "payment", str_fmt(a, "%lld", (long long)c->attempt));
	put(&b, "reference", c->reference);
	put(&b, "amount", str_fmt(a, "%lld", (long long)c->amount));
	put(&b, "currency", c->currency);
	put(&b, "method", c->method);
	if (c->token.n)
		put(&b, "token", c->token);
	if (c->hold)
		put(&b, "hold", STR("1"));
	if (c->save)
		put(&b, "save", STR("1"));
	put(&b, "payee_en", c->payee_en);
	put(&b, "payee_ar", c->payee_ar);
	put(&b, "back", c->back);
	put(&b, "notify", c->notify);
	put(&b, "expires", str_fmt(a, "%lld", (long long)(c->expires / SECOND)));
	if (b.over)
		return ERR_too_large;
	*url = str_fmt(a, "%.*s/%.*s/pay?%.*s", STRF(p->url), STRF(c->lang),
	               STRF(sign_query(a, p->secret, buf_str(&b))));
	return OK;
}

static bool outcome_find(str name, enum outcome *out)
{
	for (int o = 0; o < OUTCOME_COUNT; o++)
		if (str_eq(name, str_of(outcome_name((enum outcome)o)))) {
			*out = (enum outcome)o;
			return true;
		}
	return false;
}

static bool digits(str s, size_t most)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n <= most;
}

/* {"payment": "1", "status", "amount": 4000, "currency", "reference", "last4"} */
static err read_answer(const json *d, struct provider_answer *out)
{
	out->amount = json_int(d, "amount", 0);
	out->currency = json_str(d, "currency");
	out->reference = json_str(d, "reference");
	out->last4 = json_str(d, "last4");
	out->token = json_str(d, "token");
	if (!str_i64(json_str(d, "payment"), &out->attempt) || out->attempt <= 0 ||
	    !outcome_find(json_str(d, "status"), &out->outcome) || out->reference.n > 64 ||
	    out->token.n > TOKEN_BYTES || out->currency.n > 3 || !digits(out->last4, 4) ||
	    out->amount < 0)
		return ERR_bad_input;
	return OK;
}

static err callback(arena *a, const struct provider *p, const struct webhook *w, instant now,
                    struct provider_answer *out)
{
	if (sign_refused(a, p->secret, w->id, w->timestamp, w->body, w->signature, now,
	                 PROVIDER_HOOK_DRIFT))
		return ERR_payment_signature;
	json *v = json_parse(a, w->body, NULL);
	out->message = w->id;
	return read_answer(json_get(v, "data"), out);
}

/* An answer of the provider's interface, signed like a message. */
static const json *signed_payload(arena *a, const struct provider *p, str body, instant now,
                                  str *why)
{
	json *v = json_parse(a, body, NULL);
	str payload = json_str(v, "payload");
	const char *refused = sign_refused(a, p->secret, json_str(v, "id"), json_str(v, "timestamp"),
	                                   payload, json_str(v, "signature"), now, PROVIDER_HOOK_DRIFT);
	if (refused)
		*why = str_of(refused);
	return refused ? NULL : json_parse(a, payload, NULL);
}

static err enquire(arena *a, const struct provider *p, const struct attempt *t, instant now,
                   struct provider_answer *out, str *why)
{
	str query = str_fmt(a, "payment=%lld&at=%lld", (long long)t->id, (long long)(now / SECOND));
	struct fetch f = {.method = "GET",
	                  .url = str_fmt(a, "%.*s/api/payments?%.*s", STRF(p->url),
	                                 STRF(sign_query(a, p->secret, query)))};
	err e = fetch_run(a, &f);
	*why = f.why;
	if (e)
		return e;
	if (f.status != 200) {
		*why = str_fmt(a, "it answered %d", f.status);
		return ERR_unavailable;
	}
	const json *d = signed_payload(a, p, f.answer, now, why);
	if (!d || read_answer(d, out) || out->attempt != t->id)
		return ERR_payment_signature;
	/* The same state asked for twice is one message. */
	out->message = str_fmt(a, "enquiry:%lld:%s:%lld", (long long)t->id, outcome_name(out->outcome),
	                       (long long)out->amount);
	return OK;
}

/* A signed POST, and the signed answer in *out; `id` makes it happen once. */
static err ask(arena *a, const struct provider *p, const char *path, str id, const json *body,
               instant now, const json **out, str *why)
{
	str text = json_print(a, body), at = str_fmt(a, "%lld", (long long)(now / SECOND));
	struct fetch f = {.method = "POST",
	                  .url = str_cat(a, p->url, str_of(path)),
	                  .body = text,
	                  .type = STR("application/json")};
	f.header[f.n_headers++] = str_cat(a, STR("webhook-id: "), id);
	f.header[f.n_headers++] = str_cat(a, STR("webhook-timestamp: "), at);
	f.header[f.n_headers++] =
	    str_cat(a, STR("webhook-signature: "), sign_message(a, p->secret, id, at, text));
	err e = fetch_run(a, &f);
	*why = f.why;
	if (e)
		return e;
	*out = f.status == 200 ? signed_payload(a, p, f.answer, now, why) : NULL;
	if (*out)
		return OK;
	*why = str_fmt(a, "it answered %d %.*s", f.status, STRF(*why));
	return ERR_unavailable;
}

static err refund(arena *a, const struct provider *p, const struct refund_request *r, instant now,
                  enum refund_outcome *out, str *why)
{
	str id = str_fmt(a, "%lld", (long long)r->id);
	const json *d = NULL;
	json *b = json_object(a);
	json_set_str(a, b, "refund", id);
	json_set_str(a, b, "payment", str_fmt(a, "%lld", (long long)r->attempt));
	json_set_int(a, b, "amount", r->amount);
	json_set_str(a, b, "currency", r->currency);
	err e = ask(a, p, "/hooks/refunds", str_cat(a, STR("refund-"), id), b, now, &d, why);
	if (e)
		return e;
	if (!str_eq(json_str(d, "refund"), id)) {
		*why = STR("it answered for another refund");
		return ERR_unavailable;
	}
	*out = str_eq(json_str(d, "status"), STR("succeeded")) ? REFUND_DONE : REFUND_REFUSED;
	*why = json_str(d, "why");
	return OK;
}

static err finish(arena *a, const struct provider *p, const struct attempt *t, bool take,
                  instant now, struct provider_answer *out, str *why)
{
	const json *d = NULL;
	json *b = json_object(a);
	str id = str_fmt(a, "%s-%lld", take ? "capture" : "release", (long long)t->id);
	json_set_str(a, b, "payment", str_fmt(a, "%lld", (long long)t->id));
	json_set_bool(a, b, "take", take);
	err e = ask(a, p, "/hooks/captures", id, b, now, &d, why);
	if (e)
		return e;
	return read_answer(d, out) || out->attempt != t->id ? ERR_payment_signature : OK;
}

static err probe(arena *a, const struct provider *p, str *why)
{
	struct fetch f = {.method = "GET", .url = str_cat(a, p->url, STR("/healthz"))};
	err e = fetch_run(a, &f);
	*why = f.why;
	if (!e && f.status >= 500)
		e = ERR_unavailable;
	return e;
}

const struct adapter hosted_adapter = {.name = "hosted",
                                       .redirect = redirect,
                                       .callback = callback,
                                       .enquire = enquire,
                                       .refund = refund,
                                       .probe = probe,
                                       .finish = finish};

/*
 * factor.c - an authenticator application as the second factor (RFC 6238).
 *
 * The secret travels in the page until the person has proven, with a code, that
 * their application holds it; only then is it kept. Leaving it needs a code too.
 */
#include "systems/portal/portal_in.h"

#include "kernel/vault.h"
#include "web/qr.h"

#include <string.h>

#define SECRET_BYTES 20

struct factor {
	str secret; /* as it shall be kept; empty: out of use */
	struct credential now;
};

static str base32_of(str uri)
{
	ptrdiff_t from = str_find(uri, STR("secret="));
	str rest = str_sub(uri, (size_t)from + 7, uri.n), secret = {0};
	str_cut(&rest, '&', &secret);
	return secret;
}

static json *factor_view(struct req *r, const struct factor *f)
{
	arena *a = r->a;
	json *v = json_object(a);
	bool in_use = f->now.totp_secret.n > 0;
	json_set_bool(a, v, "in_use", in_use);
	view_crumb(r, v, req_text(r, "portal.profile.title"), view_href(r, "/profile"));
	view_crumb(r, v, req_text(r, "portal.factor.title"), (str){0});
	if (in_use)
		return v;
	struct person p = {0};
	person_get(r->db, a, r->session.person, &p);
	str uri = totp_uri(a, f->secret, STR("Diwan"), p.national_number);
	json_set_str(a, v, "secret", str_hex(a, f->secret));
	json_set_str(a, v, "typed_secret", base32_of(uri));
	json_set(a, v, "qr", qr_view(a, uri));
	return v;
}

/* The secret of the form that was sent, or a fresh one: never one out of a link,
 * which a stranger could have made. */
static void factor_read(struct req *r, struct factor *f)
{
	credential_get(r->k, r->db, r->a, r->session.person, &f->now);
	if (r->method == METHOD_POST && !r->query.n &&
	    str_unhex(r->a, req_field(r, "secret"), &f->secret) && f->secret.n == SECRET_BYTES)
		return;
	char raw[SECRET_BYTES];
	rng random = rng_system();
	rng_bytes(&random, raw, sizeof raw);
	f->secret = str_dup(r->a, (str){raw, sizeof raw});
}

err page_portal_factor(struct req *r)
{
	struct factor f = {0};
	factor_read(r, &f);
	return req_view(r, "portal/factor", factor_view(r, &f));
}

err prepare_portal_factor(struct req *r)
{
	struct factor *f = NEW(r->a, struct factor);
	int64_t step;
	r->state = f;
	factor_read(r, f);
	bool in_use = f->now.totp_secret.n > 0;
	str code = number_normal(r->a, req_field(r, "code"));
	if (totp_check(in_use ? f->now.totp_secret : f->secret, code, r->now,
	               in_use ? f->now.totp_step : 0, &step)) {
		if (in_use)
			f->secret = (str){0};
		return OK;
	}
	json *v = factor_view(r, f);
	view_error(r, v, "code", view_text(r, "portal.code.wrong", 0, NULL));
	return req_again(r, "portal/factor", v);
}

err decide_portal_factor(struct tx *tx, struct req *r)
{
	const struct factor *f = r->state;
	json *data = json_object(tx->a);
	err e = credential_set(tx, r->session.person, f->now.password_hash, f->secret);
	if (e)
		return e;
	json_set_bool(tx->a, data, "in_use", f->secret.n > 0);
	return tx_emit(tx, (struct emission){.kind = "portal.factor_changed",
	                                     .subject = r->session.person,
	                                     .data = data});
}

err answer_portal_factor(struct req *r)
{
	const struct factor *f = r->state;
	req_flash(r, f->secret.n ? "portal.factor.on" : "portal.factor.off");
	return req_redirect(r, "/profile/second-factor");
}

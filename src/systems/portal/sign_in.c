/*
 * sign_in.c - the first factor: national number and password.
 *
 * Whether the number is known shows neither in the words nor in the time taken:
 * an unknown one is checked against a hash that nothing matches. Failures are
 * counted for both; a wait is told as such, before the password is looked at.
 */
#include "systems/portal/sign_in.h"

/* Parameters of password_hash; salt and hash are zeros, which no password gives. */
#define NOBODY                                                                                     \
	"$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA"                                        \
	"$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

struct attempt {
	str number;
	struct person person;
	bool known, right, app;
	struct session session;
};

static json *sign_in_view(struct req *r)
{
	arena *a = r->a;
	json *v = json_object(a);
	const json *demo = server_settings(r->server)->demo;
	json_set_str(a, v, "next", next_of(r));
	view_value(r, v, "number", req_field(r, "number"));
	if (!demo)
		return v;
	json *list = json_set(a, v, "demo", json_array(a));
	const json *accounts = json_get(demo, "accounts");
	for (const json *p = accounts ? accounts->first : NULL; p; p = p->next) {
		json *o = json_push(list, json_object(a));
		json_set(a, o, "about", json_copy(a, json_get(p, "about")));
		json_set_str(a, o, "number", json_str(p, "national_number"));
	}
	json_set_str(a, v, "demo_password", json_str(demo, "password"));
	return v;
}

err page_portal_sign_in(struct req *r)
{
	str next = next_of(r);
	if (r->session.level == SESSION_FULL)
		return req_redirect(r, "%s", next.n ? str_c(r->a, next) : "/");
	return req_view(r, "portal/sign-in", sign_in_view(r));
}

err throttled_again(struct req *r, const char *template, json *view, const char *field,
                    instant retry_at)
{
	json *args = json_object(r->a);
	int64_t minutes = (retry_at - r->now + MINUTE - 1) / MINUTE;
	json_set_str(r->a, args, "n", number_text(r->a, minutes, false));
	view_error(r, view, field, view_text(r, "portal.sign_in.throttled", minutes, args));
	req_again(r, template, view);
	r->status = 429;
	return OK;
}

err prepare_portal_sign_in(struct req *r)
{
	struct attempt *t = NEW(r->a, struct attempt);
	struct credential c = {0};
	str password = req_field(r, "password");
	json *v = sign_in_view(r);
	instant retry_at;
	t->number = number_normal(r->a, req_field(r, "number"));
	r->state = t;
	if (!t->number.n)
		view_error(r, v, "number", view_text(r, "portal.sign_in.number_missing", 0, NULL));
	if (!password.n)
		view_error(r, v, "password", view_text(r, "portal.sign_in.password_missing", 0, NULL));
	if (view_has_errors(v))
		return req_again(r, "portal/sign-in", v);
	if (sign_in_allowed(r->db, t->number, r->address, r->now, &retry_at) != OK)
		return throttled_again(r, "portal/sign-in", v, "number", retry_at);
	t->known = person_by_number(r->db, r->a, t->number, &t->person) &&
	           credential_get(r->k, r->db, r->a, t->person.id, &c) && c.password_hash.n;
	t->app = c.totp_secret.n > 0;
	bool right = password_check(t->known ? c.password_hash : STR(NOBODY), password);
	t->right = right && t->known;
	return OK;
}

err refused_record(struct tx *tx, int64_t person, const char *step)
{
	json *data = json_object(tx->a);
	json_set_str(tx->a, data, "step", str_of(step));
	return tx_emit(
	    tx, (struct emission){.kind = "portal.sign_in_refused", .subject = person, .data = data});
}

err code_send(struct tx *tx, const struct session *s)
{
	json *secret = json_object(tx->a);
	json_set_str(tx->a, secret, "code", code_make(tx, s->id, s->person));
	return tx_emit(
	    tx, (struct emission){.kind = "portal.code_sent", .subject = s->person, .secret = secret});
}

err decide_portal_sign_in(struct tx *tx, struct req *r)
{
	struct attempt *t = r->state;
	t->session = (struct session){0};
	if (!t->right) {
		sign_in_failed(tx, t->number, r->address);
		return t->known ? refused_record(tx, t->person.id, "password") : OK;
	}
	if (r->session.level != SESSION_NONE)
		session_close(tx, &r->session);
	err e = session_open(tx, t->person.id, SESSION_PASSWORD, &t->session);
	return e || t->app ? e : code_send(tx, &t->session);
}

err answer_portal_sign_in(struct req *r)
{
	const struct attempt *t = r->state;
	str next = next_of(r);
	if (!t->right) {
		json *v = sign_in_view(r);
		view_error(r, v, "number", view_text(r, "portal.sign_in.wrong", 0, NULL));
		return req_again(r, "portal/sign-in", v);
	}
	if (t->session.token.n) /* none when the form was sent twice: the first answer had it */
		req_session(r, &t->session);
	return req_redirect(r, "/sign-in/code%s%s", next.n ? "?next=" : "",
	                    next.n ? str_c(r->a, next_encoded(r->a, next)) : "");
}

err page_portal_help(struct req *r)
{
	r->cacheable = true;
	return req_view(r, "portal/help", json_object(r->a));
}

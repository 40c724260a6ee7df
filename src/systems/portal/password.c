/*
 * password.c - choosing another password: the present one is asked, every other
 * session of the person ends.
 *
 * Long rather than odd (NIST SP 800-63B-4 3.1.1.2): at least PASSWORD_MIN_CHARS
 * characters of any kind, but not one's own number or one of those that everybody
 * tries first. Wrong guesses of the present password count as failed sign-ins.
 */
#include "systems/portal/sign_in.h"

#include "base/utf8.h"

#define PASSWORD_MAX_BYTES 512

struct change {
	struct person who;
	str hash; /* of the new one; empty: the present one was wrong */
	str totp;
	struct session session;
};

static const char *const first_guesses[] = {"password", "12345678",  "123456789", "1234567890",
                                            "qwertyui", "qwerty123", "bahrain1",  "bahrain123",
                                            "11111111", "00000000",  "abcd1234",  "password1"};

static json *password_view(struct req *r)
{
	json *v = json_object(r->a);
	view_crumb(r, v, req_text(r, "portal.profile.title"), view_href(r, "/profile"));
	view_crumb(r, v, req_text(r, "portal.password.title"), (str){0});
	return v;
}

err page_portal_password(struct req *r)
{
	return req_view(r, "portal/password", password_view(r));
}

/* The key of what is wrong with a new password, or NULL. */
static const char *refused(struct req *r, const struct person *who, str password)
{
	str low = str_lower(r->a, password);
	if (utf8_check(password) >= 0 || utf8_length(password) < PASSWORD_MIN_CHARS)
		return "portal.password.short";
	if (password.n > PASSWORD_MAX_BYTES)
		return "portal.password.long";
	if (who->national_number.n && str_find(password, who->national_number) >= 0)
		return "portal.password.number";
	for (size_t i = 0; i < COUNT(first_guesses); i++)
		if (str_eq(low, str_of(first_guesses[i])))
			return "portal.password.guessed";
	return NULL;
}

err prepare_portal_password(struct req *r)
{
	struct change *t = NEW(r->a, struct change);
	struct credential c = {0};
	str fresh = req_field(r, "fresh");
	instant retry_at;
	json *v = password_view(r);
	r->state = t;
	if (!person_get(r->db, r->a, r->session.person, &t->who) ||
	    !credential_get(r->k, r->db, r->a, t->who.id, &c))
		return req_fail(r, ERR_not_found, "", "there is nothing at this address");
	if (sign_in_allowed(r->db, t->who.national_number, r->address, r->now, &retry_at) != OK)
		return throttled_again(r, "portal/password", v, "present", retry_at);
	const char *wrong = refused(r, &t->who, fresh);
	if (wrong)
		view_error(r, v, "fresh", view_text(r, wrong, 0, NULL));
	else if (!str_eq(fresh, req_field(r, "again")))
		view_error(r, v, "again", view_text(r, "portal.password.differ", 0, NULL));
	if (view_has_errors(v))
		return req_again(r, "portal/password", v);
	t->totp = c.totp_secret;
	if (password_check(c.password_hash, req_field(r, "present")))
		t->hash = password_hash(r->a, fresh);
	return OK;
}

err decide_portal_password(struct tx *tx, struct req *r)
{
	struct change *t = r->state;
	t->session = (struct session){0};
	if (!t->hash.n) {
		sign_in_failed(tx, t->who.national_number, r->address);
		return refused_record(tx, t->who.id, "password");
	}
	err e = credential_set(tx, t->who.id, t->hash, t->totp);
	if (!e)
		e = session_close_all(tx, t->who.id);
	if (!e)
		e = session_open(tx, t->who.id, SESSION_FULL, &t->session);
	if (e)
		return e;
	return tx_emit(tx, (struct emission){.kind = "portal.password_changed", .subject = t->who.id});
}

err answer_portal_password(struct req *r)
{
	const struct change *t = r->state;
	if (!t->hash.n) {
		json *v = password_view(r);
		view_error(r, v, "present", view_text(r, "portal.password.wrong", 0, NULL));
		return req_again(r, "portal/password", v);
	}
	if (t->session.token.n)
		req_session(r, &t->session);
	req_flash(r, "portal.password.changed");
	return req_redirect(r, "/profile");
}

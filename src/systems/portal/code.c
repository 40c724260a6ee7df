/*
 * code.c - the second factor: a code that was sent, or one of an authenticator
 * application. Success raises the session under a new token; wrong codes count as
 * failures of the number, so that nobody tries all of them with fresh sessions.
 */
#include "systems/portal/sign_in.h"

#include "kernel/journal.h"

#define AGAIN_AFTER (30 * SECOND) /* before another code is sent */

struct attempt {
	struct person person;
	bool app;
	err result;
	struct session session;
};

str next_encoded(arena *a, str next)
{
	static const char hex[] = "0123456789ABCDEF";
	buf b = buf_make(a, 3 * next.n + 1);
	for (size_t i = 0; i < next.n; i++) {
		unsigned char c = (unsigned char)next.p[i];
		bool plain = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '/' ||
		             c == '-' || c == '_' || c == '.';
		if (plain) {
			buf_putc(&b, (char)c);
		} else {
			buf_putc(&b, '%');
			buf_putc(&b, hex[c >> 4]);
			buf_putc(&b, hex[c & 15]);
		}
	}
	return buf_str(&b);
}

/* "m***@example.bh", "***3456": enough to know which of one's own it is. */
static str masked(arena *a, const struct person *p)
{
	ptrdiff_t at = str_chr(p->email, '@');
	if (at > 0)
		return str_fmt(a, "%.1s***%.*s", p->email.p,
		               STRF(str_sub(p->email, (size_t)at, p->email.n)));
	if (p->phone.n > 4)
		return str_fmt(a, "***%.*s", STRF(str_sub(p->phone, p->phone.n - 4, p->phone.n)));
	return (str){0};
}

struct wanted {
	arena *a;
	str code;
};

static bool find_code(void *ctx, arena *scratch, const struct event *e)
{
	struct wanted *w = ctx;
	(void)scratch; /* what it holds is gone afterwards */
	w->code = str_dup(w->a, json_str(e->secret, "code"));
	return false;
}

/* On a trial platform the code that was sent is shown; it is only in the journal. */
static str demo_code(struct req *r, const struct attempt *t)
{
	struct wanted w = {r->a, {0}};
	int64_t seq;
	struct credential c;
	if (!server_settings(r->server)->demo)
		return (str){0};
	if (t->app && credential_get(r->k, r->db, r->a, t->person.id, &c))
		return totp_code(r->a, c.totp_secret, r->now);
	last_of(r->db, t->person.id, "portal.code_sent", &seq);
	if (seq)
		journal_read(r->k, r->db, seq, seq, find_code, &w);
	return w.code;
}

/* False: nobody has given a password in this session. */
static bool attempt_read(struct req *r, struct attempt *t)
{
	struct credential c = {0};
	if (r->session.level != SESSION_PASSWORD ||
	    !person_get(r->db, r->a, r->session.person, &t->person))
		return false;
	credential_get(r->k, r->db, r->a, t->person.id, &c);
	t->app = c.totp_secret.n > 0;
	return true;
}

static json *code_view(struct req *r, const struct attempt *t)
{
	json *v = json_object(r->a);
	json_set_str(r->a, v, "back", view_href(r, "/sign-in"));
	json_set_str(r->a, v, "next", next_of(r));
	json_set_bool(r->a, v, "app", t->app);
	json_set_str(r->a, v, "sent_to", t->app ? (str){0} : masked(r->a, &t->person));
	json_set_str(r->a, v, "demo_code", demo_code(r, t));
	return v;
}

static err where_next(struct req *r, const struct rights *rights)
{
	str next = next_of(r);
	if (next.n)
		return req_redirect(r, "%s", str_c(r->a, next));
	return req_redirect(r, "%s", may_somewhere(rights, PERM_case_work) ? "/desk" : "/");
}

err page_portal_code(struct req *r)
{
	struct attempt t = {0};
	if (r->session.level == SESSION_FULL)
		return where_next(r, &r->session.rights);
	if (!attempt_read(r, &t))
		return req_redirect(r, "/sign-in");
	return req_view(r, "portal/sign-in-code", code_view(r, &t));
}

err prepare_portal_code(struct req *r)
{
	struct attempt *t = NEW(r->a, struct attempt);
	instant retry_at;
	r->state = t;
	if (r->session.level == SESSION_FULL)
		return where_next(r, &r->session.rights);
	if (!attempt_read(r, t))
		return req_redirect(r, "/sign-in");
	if (sign_in_allowed(r->db, t->person.national_number, r->address, r->now, &retry_at) != OK)
		return throttled_again(r, "portal/sign-in-code", code_view(r, t), "code", retry_at);
	if (number_normal(r->a, req_field(r, "code")).n)
		return OK;
	json *v = code_view(r, t);
	view_error(r, v, "code", view_text(r, "portal.code.missing", 0, NULL));
	return req_again(r, "portal/sign-in-code", v);
}

err decide_portal_code(struct tx *tx, struct req *r)
{
	struct attempt *t = r->state;
	str code = number_normal(tx->a, req_field(r, "code"));
	t->session = (struct session){0};
	t->result = code_use(tx, r->session.id, r->session.person, code);
	if (t->result) {
		sign_in_failed(tx, t->person.national_number, r->address);
		return refused_record(tx, t->person.id, "code");
	}
	sign_in_succeeded(tx, t->person.national_number);
	err e = session_raise(tx, &r->session, &t->session);
	if (e)
		return e;
	return tx_emit(tx, (struct emission){.kind = "portal.signed_in", .subject = t->person.id});
}

err answer_portal_code(struct req *r)
{
	struct attempt *t = r->state;
	if (t->result) {
		json *v = code_view(r, t);
		view_error(
		    r, v, "code",
		    view_text(r,
		              t->result == ERR_code_expired ? "portal.code.expired" : "portal.code.wrong",
		              0, NULL));
		return req_again(r, "portal/sign-in-code", v);
	}
	if (t->session.token.n)
		req_session(r, &t->session);
	struct rights rights = rights_of(r->db, r->a, t->person.id, r->now);
	return where_next(r, &rights);
}

/* ---- another code ---- */

err prepare_portal_code_again(struct req *r)
{
	struct attempt *t = NEW(r->a, struct attempt);
	r->state = t;
	if (!attempt_read(r, t))
		return req_redirect(r, "/sign-in");
	instant sent = last_of(r->db, t->person.id, "portal.code_sent", NULL);
	if (!t->app && r->now - sent >= AGAIN_AFTER)
		return OK;
	json *v = code_view(r, t);
	view_error(r, v, "code", view_text(r, "portal.code.wait", 0, NULL));
	req_again(r, "portal/sign-in-code", v);
	r->status = 429;
	return OK;
}

err decide_portal_code_again(struct tx *tx, struct req *r)
{
	return code_send(tx, &r->session);
}

err answer_portal_code_again(struct req *r)
{
	str next = next_of(r);
	req_flash(r, "portal.code.sent_again");
	return req_redirect(r, "/sign-in/code%s%s", next.n ? "?next=" : "",
	                    next.n ? str_c(r->a, next_encoded(r->a, next)) : "");
}

/* ---- out ---- */

err prepare_portal_sign_out(struct req *r)
{
	if (r->session.level != SESSION_NONE)
		return OK;
	r->clear_session = true;
	return req_redirect(r, "/");
}

err decide_portal_sign_out(struct tx *tx, struct req *r)
{
	err e = session_close(tx, &r->session);
	if (e)
		return e;
	return tx_emit(tx,
	               (struct emission){.kind = "portal.signed_out", .subject = r->session.person});
}

err answer_portal_sign_out(struct req *r)
{
	r->clear_session = true;
	req_flash(r, "portal.signed_out");
	return req_redirect(r, "/");
}

/* api.c - what all calls of GovStack's interface have in common. */
#include "systems/payments/payout/api.h"
#include "systems/payments/statements.h"

#include "kernel/outbox/sign.h"
#include "kernel/vault.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_MAX 200 /* of a ResponseDescription */
#define WRAPPED  "voucher-number"

const json *gs_value(const json *o, const char *names)
{
	char name[64];
	str rest = str_of(names), one;
	while (str_cut(&rest, '|', &one)) {
		snprintf(name, sizeof name, "%.*s", STRF(one));
		const json *v = json_get(o, name);
		if (v)
			return v;
	}
	return NULL;
}

str gs_member(const json *o, const char *names)
{
	return json_text(gs_value(o, names));
}

bool gs_amount(str text, str code, int64_t *minor)
{
	currency c;
	money m;
	if (!currency_find(code, &c) || !money_parse(text, c, &m) || m.minor <= 0)
		return false;
	*minor = m.minor;
	return true;
}

json *gs_money(arena *a, int64_t minor, str code)
{
	currency c;
	return currency_find(code, &c) ? json_number(a, money_print(a, (money){minor}, c))
	                               : json_null(a);
}

/* ---- answers ---- */

json *gs_code(arena *a, const char *code, str request, str text)
{
	json *v = json_object(a);
	json_set_str(a, v, "ResponseCode", str_of(code));
	json_set_str(a, v, "ResponseDescription", str_sub(text, 0, TEXT_MAX));
	json_set_str(a, v, "RequestID", request);
	return v;
}

static json *said(arena *a, enum gs_shape shape, const char *code, str request, str text)
{
	if (shape == GS_CODE)
		return gs_code(a, code, request, text);
	json *v = json_object(a);
	json_set_str(a, v, "message", text);
	return v;
}

err gs_say(struct req *r, enum gs_shape shape, int status, const char *code, str request,
           const char *fmt, ...)
{
	char text[TEXT_MAX + 1];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	req_view(r, "", said(r->a, shape, code, request, str_dup(r->a, str_of(text))));
	r->status = status;
	return OK;
}

err gs_decided(struct tx *tx, struct req *r, int status, json *body)
{
	r->decided = json_object(tx->a);
	json_set_int(tx->a, r->decided, "status", status);
	json_set(tx->a, r->decided, "body", body);
	return OK;
}

bool gs_told(err e)
{
	static const int all[] = {
	    ERR_voucher_amount, ERR_voucher_currency, ERR_voucher_group,    ERR_voucher_exhausted,
	    ERR_voucher_serial, ERR_voucher_used,     ERR_voucher_expired,  ERR_payout_program,
	    ERR_voucher_number, ERR_payout_funds,     ERR_voucher_merchant, ERR_voucher_cancelled,
	    ERR_voucher_state,  ERR_payout_request,   ERR_payment_paid,     ERR_payment_state,
	    ERR_payment_amount, ERR_payment_expired,  ERR_not_found,        ERR_bad_input,
	};
	for (size_t i = 0; i < COUNT(all); i++)
		if (e == (err)all[i])
			return true;
	return false;
}

err gs_refused(struct tx *tx, struct req *r, err e, enum gs_shape shape, int status, str request)
{
	if (!e || !gs_told(e))
		return e;
	str text = str_dup(tx->a, tx->fault.detail);
	tx->fault = (struct fault){0};
	return gs_decided(tx, r, status ? status : err_find(e)->http,
	                  said(tx->a, shape, "01", request, text));
}

json *gs_body(struct req *r)
{
	json *body = json_get(r->decided, "body");
	return body ? json_copy(r->a, body) : json_object(r->a);
}

err gs_answer(struct req *r)
{
	req_view(r, "", gs_body(r));
	r->status = (int)json_int(r->decided, "status", 200);
	return OK;
}

/* ---- whose call it is ---- */

static str key_sent(struct req *r)
{
	str h = req_header(r, "Authorization");
	return str_starts(h, STR("Bearer ")) ? str_trim(str_sub(h, 7, h.n))
	                                     : str_trim(req_header(r, "X-API-Key"));
}

static str key_owner(struct req *r, bool bank)
{
	str key = key_sent(r);
	if (!key.n)
		return (str){0};
	rows *q = db_query(r->db, &sql_api_key_scoped, D_TEXT(sign_digest(r->a, key)),
	                   D_TEXT(bank ? STR("bank") : STR("payout")));
	str owner = db_next(q) ? str_dup(r->a, db_text(q, 0)) : (str){0};
	db_done(q);
	return owner;
}

/* A header that names whose call it is may only name whose key it is. */
static bool names_agree(struct req *r, str entity)
{
	static const char *const headers[] = {"X-Registering-Institution-ID",
	                                      "registeringInstitutionId", "Platform-TenantId",
	                                      "X-Platform-TenantId", "X-billerId"};
	for (size_t i = 0; i < COUNT(headers); i++) {
		str name = str_trim(req_header(r, headers[i]));
		if (name.n && !str_eq(name, entity) && !program_of(r->db, entity, name))
			return false;
	}
	return true;
}

struct gs *gs_open(struct req *r, bool bank, enum gs_shape shape)
{
	struct gs *g = NEW(r->a, struct gs);
	g->entity = key_owner(r, bank);
	g->request = gs_member(r->body, "RequestID|requestID|requestId|RequestId");
	g->digest = r->body ? sign_digest(r->a, json_canonical(r->a, r->body)) : (str){0};
	r->state = g;
	if (!g->entity.n) {
		gs_say(r, shape, 401, "01", g->request, "a key of %s is needed",
		       bank ? "a bank" : "a body's programs");
		return NULL;
	}
	if (!bank && !names_agree(r, g->entity)) {
		gs_say(r, shape, 403, "01", g->request, "a header names another institution");
		return NULL;
	}
	return g;
}

/* ---- where to tell ---- */

str gs_callback(struct req *r, str entity)
{
	str url = str_trim(req_header(r, "X-Callback-URL")), own = {0}, rest;
	rows *q = db_query(r->db, &sql_webhook_get, D_TEXT(entity));
	own = db_next(q) ? str_dup(r->a, db_text(q, 0)) : (str){0};
	db_done(q);
	ptrdiff_t at = str_find(own, STR("://"));
	if (at < 0 || url.n > PAYOUT_URL)
		return (str){0};
	rest = str_sub(own, (size_t)at + 3, own.n);
	ptrdiff_t slash = str_chr(rest, '/');
	str origin = slash < 0 ? own : str_sub(own, 0, (size_t)(at + 3 + slash));
	bool same = str_starts(url, origin) &&
	            (url.n == origin.n || url.p[origin.n] == '/' || url.p[origin.n] == '?');
	return same ? url : (str){0};
}

bool gs_printable(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ')
			return false;
	return s.n <= PAYOUT_TEXT;
}

/* ---- vouchers' numbers ---- */

int64_t gs_serial(str s)
{
	int64_t v;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return 0;
	return s.n && str_i64(s, &v) ? v : 0;
}

str gs_wrapped(struct tx *tx, str number)
{
	return str_base64(tx->a, vault_wrap(tx->k, tx->a, STR(WRAPPED), number));
}

bool gs_unwrapped(struct req *r, json *o, const char *name)
{
	str wrapped, number;
	bool good = str_unbase64(r->a, json_str(o, name), &wrapped) &&
	            vault_unwrap(r->k, r->a, STR(WRAPPED), wrapped, &number);
	if (good)
		json_set_str(r->a, o, name, number);
	return good;
}

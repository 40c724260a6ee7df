/*
 * api.h - GovStack's interface of payments, below /api/govstack/payments/; private to the
 * room.
 *
 * Nothing of it is open: a call carries the key of a body's programs ("Authorization:
 * Bearer KEY" or "X-API-Key: KEY", made by `diwan payouts key`), or for bills that of a
 * bank. The names that calls carry besides (X-Registering-Institution-ID,
 * Platform-TenantId, Gov_Stack_BB, SourceBBID) have to be that body's own: they say which
 * of its programs asks, they prove nothing.
 *
 * Refusals have the interface's own shape and status. They are no failures of the
 * command: nothing was recorded before them.
 */
#ifndef SYSTEMS_PAYMENTS_PAYOUT_API_H
#define SYSTEMS_PAYMENTS_PAYOUT_API_H

#include "systems/payments/payout/payout.h"
#include "web/req.h"

/* How long GovStack's ids are, exactly. */
#define GS_REQUEST     12
#define GS_PROGRAM     12
#define GS_BATCH       12
#define GS_INSTRUCTION 16
#define GS_PAYEE       20
#define GS_SERIAL      20

enum gs_shape {
	GS_MESSAGE, /* {"message"}: vouchers */
	GS_CODE     /* {"ResponseCode", "ResponseDescription", "RequestID"} */
};

struct gs {
	str entity;  /* whose key it is; a bank's id for a bank's key */
	str program; /* which of its programs */
	str request; /* the request's id */
	str digest;  /* of what it asks */
	void *more;  /* of the call */
};

/* Whose key, with the names beside it; otherwise the answer is set and NULL returned.
 * `bank`: a bank's key is wanted. */
struct gs *gs_open(struct req *r, bool bank, enum gs_shape shape);
/* The first member that there is of several names ("a|b|c"), as text. */
str gs_member(const json *o, const char *names);
const json *gs_value(const json *o, const char *names);
/* An amount in the currency's own units, as a text or a number: 15.21. */
bool gs_amount(str text, str code, int64_t *minor);
json *gs_money(arena *a, int64_t minor, str code);

/* A text without control characters, and short. */
bool gs_printable(str s);
/* Where the caller wants to be told, or empty. A callback is only sent to where the body is
 * told of things anyway: no caller may have this machine ask another. */
str gs_callback(struct req *r, str entity);

/* Digits alone, as a serial is; 0 for what cannot be one. */
int64_t gs_serial(str s);
/* A voucher's number as it is kept of an answer, and opened again to be told. */
str gs_wrapped(struct tx *tx, str number);
bool gs_unwrapped(struct req *r, json *o, const char *name);

/* The answer, now: in pages and in prepare. */
err gs_say(struct req *r, enum gs_shape shape, int status, const char *code, str request,
           const char *fmt, ...) __attribute__((format(printf, 6, 7)));
json *gs_code(arena *a, const char *code, str request, str text);

/* In decide: what answer will tell. */
err gs_decided(struct tx *tx, struct req *r, int status, json *body);
/* Is it a refusal that programs are told, before which nothing was recorded? */
bool gs_told(err e);
/* In decide: OK when the refusal is told to the program; else the error, to be returned.
 * `status` 0: the error's own. */
err gs_refused(struct tx *tx, struct req *r, err e, enum gs_shape shape, int status, str request);
/* In answer: the body that was decided. */
json *gs_body(struct req *r);
err gs_answer(struct req *r);

#endif

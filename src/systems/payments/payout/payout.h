/*
 * payout.h - money that government pays: vouchers, payees, batches of payments; private
 * to the room.
 *
 * A body pays out of what its treasury gave it (fund_give), never more: the account
 * asset/funding has a limit. What moves, in the body's own book:
 *
 *     funding       asset/funding -> equity/appropriation
 *     activation    expense/vouchers -> liability/vouchers    the value is owed
 *     redemption    liability/vouchers -> asset/funding       a merchant is credited
 *     cancelled, expired after activation                     the activation, back
 *     payout        expense/payouts -> asset/funding          a batch: linked transfers
 *     returned      asset/funding -> expense/payouts
 *
 * Programs name their requests; a request that was taken is not done again, and the
 * same id for something else is refused (ERR_payout_request). Names, numbers and
 * accounts of people are sealed in the journal, each person's or batch's under a key of
 * its own.
 */
#ifndef SYSTEMS_PAYMENTS_PAYOUT_PAYOUT_H
#define SYSTEMS_PAYMENTS_PAYOUT_PAYOUT_H

#include "systems/payments/order.h"

#define PAYOUT_FUNDING "asset/funding"
#define PAYOUT_BATCH   LEDGER_LINKED_MAX /* instructions of one batch: all at once */
#define PAYOUT_CHUNK   100               /* of them in one event */
#define PAYOUT_TEXT    100               /* bytes of a name, a narration */
#define PAYOUT_URL     200
#define VOUCHERS_MAX   100              /* made at once */
#define VOUCHER_SERIAL 1000000000000001 /* the first: 16 digits, exact in any program */
#define VOUCHER_DIGITS 18               /* of the number that gives the money */
#define PAYEES_MAX     200              /* of one request */

/* ---- fund.c: what a body pays with, and who may ask ---- */

/* A key of a body's programs, or (`bank`) of a bank that is a provider. */
err payout_key(struct tx *tx, str entity, bool bank, str *token);
/* A name belongs to one body. */
err program_name(struct tx *tx, str entity, str name);
bool program_of(dbc *c, str entity, str name);
/* Once under its reference. */
err fund_give(struct tx *tx, str entity, str reference, str code, int64_t amount);
/* What is there to be paid out. */
int64_t fund_left(dbc *c, str entity, str code);
err merchant_set(struct tx *tx, str entity, str name, str account, str group, bool open);
err group_set(struct tx *tx, str entity, str code, int64_t most, int64_t days);

/* Was this request taken? Its answer then, or ERR_payout_request when it was another. */
err request_known(struct tx *tx, str entity, const char *kind, str request, str digest,
                  json **answer);
err request_take(struct tx *tx, str entity, const char *kind, str request, str digest,
                 const json *answer);
/* The answer kept of a request; NULL if there is none. */
json *request_answer(dbc *c, arena *a, str entity, const char *kind, str request);

/* ---- voucher.c ---- */

struct voucher {
	int64_t id, serial;
	str entity, program, group, currency, state;
	int64_t amount, payee, merchant;
	instant made, activated, expires, ended;
};

struct voucher_order {
	str entity, program, group, currency;
	int64_t amount, payee;
};
struct voucher_made {
	int64_t serial;
	str number; /* gives the money: told once, kept nowhere */
	instant expires;
};
/* n vouchers of one body in one event. ERR_voucher_*. */
err voucher_make(struct tx *tx, const struct voucher_order *o, size_t n, struct voucher_made *out);
bool voucher_get(dbc *c, arena *a, int64_t id, struct voucher *out);
bool voucher_by_serial(dbc *c, arena *a, str entity, int64_t serial, struct voucher *out);
bool voucher_by_number(dbc *c, arena *a, str entity, str number, struct voucher *out);
size_t vouchers_of(dbc *c, arena *a, str entity, int64_t before, struct voucher *out, size_t max);
/* What it becomes; empty: that does not happen. */
str voucher_next(str state, const char *event);
/* "activated", "suspended", "resumed", "cancelled", "expired". */
err voucher_move(struct tx *tx, const struct voucher *v, const char *event);

/* By its serial; asked again it is so already. */
err voucher_activate(struct tx *tx, str entity, int64_t serial);
err voucher_cancel(struct tx *tx, str entity, int64_t serial);

struct redemption {
	str name, account, group; /* of the merchant; without an account: of the only one of the name */
	bool override;            /* another group than the merchant's is no matter */
};
/* Once, whoever asks at the same time. */
err voucher_redeem(struct tx *tx, const struct voucher *v, const struct redemption *r);
/* Its time is over: by the clock, whether or not the job has run. */
bool voucher_over(const struct voucher *v, instant now);
err voucher_expire_job(struct tx *tx, const struct job *j);

/* ---- payee.c ---- */

struct payee {
	int64_t id;
	str entity, number, modality, address, bank;
	bool active;
};
bool payee_find(dbc *c, arena *a, str entity, str number, struct payee *out);
/* Why it cannot be paid, as a word ("unknown", "inactive", "no_address", "by_voucher",
 * "bad_address"); empty: it can. */
str payee_refused(const struct payee *p);

/* Could money go there? An account has to be a good IBAN; anything else is a number. */
bool payee_address_good(str address);

struct payee_change {
	str number;
	str modality, address, bank; /* NULL pointers: left as they are */
	int active;                  /* -1: left as it is */
};
/* Registers (`fresh`) or changes one; `why` tells why not, as a word. */
err payee_set(struct tx *tx, str entity, const struct payee_change *p, bool fresh, str *why);

/* ---- batch.c ---- */

struct payout {
	int64_t no;
	str instruction, payee, narration, modality, state, reason;
	int64_t amount;
	instant ended;
};
struct payout_batch {
	int64_t id;
	str entity, program, reference, request, currency, state, callback;
	int64_t instructions, total, paid, failed, paid_amount;
	instant at, ended;
};
/* Records the instructions and has them carried out (job payment.payout). Without a
 * reference the batch is called by its number. */
err payout_receive(struct tx *tx, const struct payout_batch *b, const struct payout *p, size_t n,
                   int64_t *id);
str payout_number(arena *a, int64_t id);
bool payout_batch_get(dbc *c, arena *a, int64_t id, struct payout_batch *out);
bool payout_batch_find(dbc *c, arena *a, str entity, str reference, struct payout_batch *out);
size_t payout_batches(dbc *c, arena *a, str entity, int64_t before, struct payout_batch *out,
                      size_t max);
size_t payout_list(dbc *c, arena *a, int64_t batch, str state, int64_t from, struct payout *out,
                   size_t max);
/* How it stands, as GovStack tells it. */
json *payout_batch_json(arena *a, const struct payout_batch *b);
/* The payee's bank gave it back. */
err payout_return(struct tx *tx, int64_t batch, str instruction, str reason);
err payout_job(struct tx *tx, const struct job *j);
err payout_tell_job(struct job *j);
/* A signed message to the body, by that job; nothing personal. Once under its id. */
void payout_tell(struct tx *tx, str entity, str url, str id, json *body);

/* ---- rtp.c: bills through banks ---- */

struct rtp {
	int64_t id, rtp, bill, amount;
	str entity, request, bank, state, reason;
	instant at, expires, changed;
};
/* The bill that the body presented under this number. */
bool bill_find(dbc *c, str entity, str number, int64_t *id);
err rtp_ask(struct tx *tx, const struct rtp *r, int64_t *id);
bool rtp_get(dbc *c, arena *a, int64_t id, struct rtp *out);
bool rtp_find(dbc *c, arena *a, str entity, int64_t rtp, struct rtp *out);
/* What it is called at GovStack: PND, COM, RJC, EXP. */
str rtp_status(dbc *c, arena *a, const struct rtp *r, instant now);
err rtp_answer(struct tx *tx, int64_t id, bool accepted, str reason);
/* A bank took the money for a bill: it is paid, whole. ERR_payment_paid. */
err bill_paid_by(struct tx *tx, str bank, int64_t bill, str reference);

#endif

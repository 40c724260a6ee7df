/*
 * bills.h - what agencies present for payment, baskets of them, and who the money is
 * for in the end.
 *
 * A bill is issued once under its number, paid whole or in parts, several of several
 * agencies by one order. Money for a bill that somebody else has paid in the meantime
 * goes back (take.c).
 *
 * An income (a general-ledger code) may be shared: its weights are data, and a
 * period's net income is distributed once, to the fils.
 */
#ifndef SYSTEMS_PAYMENTS_BILLS_H
#define SYSTEMS_PAYMENTS_BILLS_H

#include "systems/payments/order.h"

#define BILLS_MAX    50 /* in a basket */
#define BILL_NUMBER  64 /* bytes */
#define SHARES_MAX   16
#define PERIOD_BYTES 7 /* "2026-11" */

struct bill {
	int64_t id;
	str entity, number;
	int64_t payer;
	str label_en, label_ar, gl, currency;
	int64_t amount, paid;
	str state; /* issued, part_paid, paid, cancelled */
	instant due;
};

/* Event payment.bill_issued. The same number with the same amount is the same bill. */
err bill_issue(struct tx *tx, const struct bill *b, int64_t *id);
err bill_cancel(struct tx *tx, int64_t id);
bool bill_get(dbc *c, arena *a, int64_t id, struct bill *out);
/* A person's bills, by due date; `open`: only those with something to pay. */
size_t bills_of(dbc *c, arena *a, int64_t payer, bool open, struct bill *out, size_t max);

/* page_bills.c and page_history.c, for "my space" (web/route.h). */
struct req;
int64_t space_bills(struct req *r, json *list, size_t max);
int64_t space_payments(struct req *r, json *list, size_t max);

struct bill_part {
	int64_t bill, amount; /* amount 0 = all that is open */
};
/* One order for several bills of a payer; *order gets its id. */
err bills_pay(struct tx *tx, int64_t payer, const struct bill_part *p, size_t n, int64_t *order);
/* Can the bills of an order's lines still take their parts? */
bool bills_await(dbc *c, arena *a, const struct line *l, size_t n);

struct share {
	str beneficiary;
	int64_t weight;
};
err shares_set(struct tx *tx, str gl, const struct share *s, size_t n);
/* Moves the beneficiaries' parts of the net income of [from, to) to what they are
 * due. Once a period. *amount gets what was distributed. */
err shares_distribute(struct tx *tx, str entity, str gl, str currency_code, str period,
                      instant from, instant to, int64_t *amount);

/* What was distributed in a period: rows of entity, account, currency, amount and parts
 * (JSON); read with db_next, ended with db_done. */
rows *distributions(dbc *c, str period);

#endif

/*
 * settle.h - what providers and banks say moved, against what we say.
 *
 * A provider's statement covers a time; each of its entries is matched with a
 * capture or a refund of ours, and books the money as on its way. What does not
 * match, and what is missing from it, becomes an exception that a person resolves.
 * The bank's line for the statement is the third side: it books the money as
 * arrived, less the provider's fee.
 *
 *   capture  asset/receivable/P  ->  statement  asset/transit/P  ->  bank  asset/bank
 *
 * Kinds of exceptions:
 *   missing    captured in that time, not in the statement
 *   extra      in the statement, unknown to us
 *   amount     known, with another amount or currency
 *   twice      settled before
 *   state      the provider settles what we hold for not captured
 *   stray, contradicts   messages (order.h) that fit nothing
 *   bank       the bank's line fits no statement, or is off by more than a fee
 */
#ifndef SYSTEMS_PAYMENTS_SETTLE_H
#define SYSTEMS_PAYMENTS_SETTLE_H

#include "systems/payments/order.h"

#define SETTLE_ENTRIES_MAX 5000 /* in one statement */
#define SETTLE_FEE_MAX     50   /* thousandths of the sum that a provider may keep */
#define EXCEPTION_REASON   500  /* bytes */

struct settle_entry {
	bool refund;
	int64_t id; /* of our attempt or refund; 0 = it is not a number of ours */
	str payment, reference, order, currency;
	int64_t amount; /* signed: what the provider owes us for it */
	instant at;
};

struct statement {
	str name, hash; /* of the file */
	str reference;  /* camt: the statement's id; CSV: the name */
	struct settle_entry *entry;
	size_t n;
};

/* CSV (kind,payment,reference,order,amount,currency,at) or camt.053, by its bytes.
 * False, with what is wrong and where in *why. */
bool statement_read(arena *a, str name, str bytes, struct statement *out, str *why);

struct settle_report {
	int64_t batch, matched, exceptions, sum;
	bool known; /* this very file was taken before */
};
/* Takes a provider's statement of [from, to). Twice is once. */
err settle_take(struct tx *tx, str provider, const struct statement *s, instant from, instant to,
                struct settle_report *out);
/* Takes a bank's statement: each entry's reference names a batch by its statement. */
err bank_take(struct tx *tx, const struct statement *s, struct settle_report *out);
/* A person says what became of it. */
err exception_resolve(struct tx *tx, int64_t id, str resolution);

/* ---- the day's end ---- */

struct counted {
	str method;
	int64_t amount;
};
/* Closes an entity's day (days since 1970): totals by channel and method are fixed
 * and signed off with what was counted. Closed days take no more entries. */
err day_close(struct tx *tx, str entity, int64_t day, const struct counted *c, size_t n);
/* [{"channel","method","currency","count","amount"}] of an entity's day. */
json *day_totals(dbc *c, arena *a, const struct kernel *k, str entity, int64_t day);
/* The country's day of an instant. */
int64_t pay_day_of(const struct kernel *k, instant at);
bool day_closed(dbc *c, str entity, int64_t day);

/* A payment taken by a cashier: cash, cheque, terminal. `day` 0 = today. */
err counter_pay(struct tx *tx, int64_t order, str method, str reference, int64_t day);

#define PROVIDER_COUNTER "counter"

#endif

/*
 * ledger.h - double entry, append-only: where money is, and why.
 *
 * A book is one entity's accounts in one currency. An account is named by its
 * purpose, whose first part says what kind it is: "asset/bank", "asset/receivable/
 * sim-a", "liability/unapplied", "income/fees/4110", "expense/provider/sim-a". It
 * is opened when first used.
 *
 * A transfer takes an amount from one account to another of the same book: the
 * debit side and the credit side of a posting at once, so that a book balances
 * after every record. Both sides being of one book is held by foreign keys, the
 * amount being positive and a limit being kept by checks, and "once" by a unique
 * key: none of it rests on isolation levels. Transfers are never changed or
 * deleted; a mistake is mended by a transfer the other way.
 *
 *   pending --post--> posted     the whole amount, or a part: the rest is released
 *           --void--> voided     given up
 *           --time--> expired    at its `expires`, by the job ledger.expire
 *
 * A transfer's key is what makes it happen once, and is kept for ever: asking
 * again with the same key and the same content changes nothing and is OK; with
 * another content it is refused with ERR_ledger_key. Transfers asked for together
 * are linked: all of them or none.
 *
 * Events: ledger.opened, ledger.posted, ledger.finished. Every transfer carries the
 * number of the event that made it and of the one that finished it.
 */
#ifndef KERNEL_LEDGER_LEDGER_H
#define KERNEL_LEDGER_LEDGER_H

#include "base/money.h"
#include "kernel/organ.h"

#define ERROR(name, code, http, retry) ERR_##name = (code),
enum ledger_error {
#include "kernel/ledger/errors.def"
};
#undef ERROR

#define LEDGER_LINKED_MAX    1000 /* transfers asked for together */
#define LEDGER_KEY_BYTES     128
#define LEDGER_PURPOSE_BYTES 96

struct posting {
	str key;              /* "order:42:1" */
	str entity, currency; /* the book */
	str debit, credit;    /* purposes */
	int64_t amount;       /* minor units, above 0 */
	str reference;        /* for people: the order's or the batch's reference */
	bool pending;
	instant expires; /* of a pending transfer; 0 = never by itself */
};

/* All or none; for decide functions. */
err ledger_post(struct tx *tx, const struct posting *p, size_t n);

enum ledger_end { LEDGER_POST, LEDGER_VOID, LEDGER_EXPIRE };
/* Ends a pending transfer. `amount` 0 = all of it; a part only when posting. Asking
 * again for the same end is OK; for another one ERR_ledger_state. */
err ledger_finish(struct tx *tx, str key, enum ledger_end end, int64_t amount);

/* Which side may not be exceeded: LIMIT_DEBIT keeps an asset from falling below
 * nothing (its credits, pending ones included, never exceed its debits). */
enum ledger_limit { LIMIT_NONE, LIMIT_DEBIT, LIMIT_CREDIT };
/* Opens an account with a limit. OK if it is there with the same limit. */
err ledger_open(struct tx *tx, str entity, str code, str purpose, enum ledger_limit limit);

struct ledger_balance {
	int64_t debits, credits; /* posted */
	int64_t debits_pending, credits_pending;
};
/* False (and all zero) when there is no such account. */
bool ledger_balance_of(dbc *c, str entity, str code, str purpose, struct ledger_balance *out);

struct ledger_account {
	int64_t id;
	str entity, currency, purpose;
	struct ledger_balance balance;
};
/* Accounts, of one entity or (empty) of all, by entity, currency, purpose. */
size_t ledger_accounts(dbc *c, arena *a, str entity, struct ledger_account *out, size_t max);

struct ledger_line {
	str key, reference, other; /* the purpose on the other side */
	int64_t amount;            /* above 0: debit; below: credit */
	int64_t balance;           /* debits minus credits after it */
	int64_t seq;               /* of the journal's event that posted it */
	instant at;
};
/* Posted transfers of an account in order, from an instant to another; `opening`
 * is the balance before the first. */
size_t ledger_statement(dbc *c, arena *a, str entity, str code, str purpose, instant from,
                        instant to, int64_t *opening, struct ledger_line *out, size_t max);

struct ledger_report {
	int64_t books, accounts, transfers;
	int64_t difference; /* sum over books of |debits - credits|, posted */
	int64_t faults;
	str first; /* what is wrong, in words */
};
/* Adds everything up again from the transfers and compares: balances, sides, keys
 * of events. 0 faults when the ledger is whole. */
void ledger_check(dbc *c, arena *a, struct ledger_report *out);

extern const struct organ ledger_organ;

#endif

/*
 * year.h - a whole year of payments, driven through the code that real ones take.
 *
 * Orders, attempts, captures, the ledger, receipts, daily statements with seeded
 * exceptions, the bank, the day's close: all by the functions that pages and jobs
 * call, with the clock set forward from payment to payment. The model is seeded: the
 * same seed gives the same year. For demonstrations, tests and measurement.
 */
#ifndef SYSTEMS_PAYMENTS_YEAR_H
#define SYSTEMS_PAYMENTS_YEAR_H

#include "systems/payments/settle.h"

struct year_plan {
	int32_t year;
	int64_t orders; /* "1.3 million" */
	int64_t total;  /* minor units, exactly */
	uint64_t seed;
	instant *now; /* what the kernel's clock reads; moved by the run */
	void (*told)(void *ctx, int day, int64_t orders); /* after each day; may be NULL */
	void *ctx;
};

struct year_report {
	int64_t orders, total;      /* as the tables have them */
	int64_t counter;            /* of them taken at counters */
	int64_t exceptions, seeded; /* found; put in */
	int64_t settled, bank;      /* minor units */
	struct ledger_report ledger;
};

/* Refused with ERR_conflict where there are payments already. */
err payments_year(struct kernel *k, arena *a, const struct year_plan *p, struct year_report *out);

#define YEAR_PREFIX 10000 /* events between two sums over all books */

struct year_check {
	int64_t events;     /* read */
	int64_t captured;   /* payments, counted from the journal */
	int64_t amount;     /* minor units */
	int64_t unbalanced; /* transfers between books, and books that do not balance */
	int64_t different;  /* accounts and statistics that say otherwise than the journal */
	int64_t first_bad;  /* record of the journal that does not verify, or 0 */
	int64_t checkpoints;
};
/* Counts it all again from the journal, and verifies the journal (year_check.c). */
err payments_year_check(struct kernel *k, arena *a, struct year_check *out);

#endif

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

/* Needs a fresh database. */
err payments_year(struct kernel *k, arena *a, const struct year_plan *p, struct year_report *out);

#endif

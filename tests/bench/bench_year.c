/*
 * bench_year DIR [ORDERS [TOTAL]]: the year 2018 of payments in a fresh database below
 * DIR: by default 1,300,000 orders of BHD 120,000,000.001 in all. Says how long each
 * month took, and whether totals, ledger and reconciliation are exact.
 */
#include "kernel/identity/organ.h"
#include "kernel/journal.h"
#include "kernel/ledger/ledger.h"
#include "systems/payments/payments.h"
#include "systems/payments/year.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_BYTES ((size_t)1024 * 1024 * 1024)

struct bench {
	instant now, started;
};

static instant now_of(void *ctx)
{
	return ((struct bench *)ctx)->now;
}

static void told(void *ctx, int day, int64_t orders)
{
	const struct bench *b = ctx;
	if (day % 30 == 29)
		printf("day %d: %lld orders, %lld s\n", day + 1, (long long)orders,
		       (long long)((clock_monotonic() - b->started) / SECOND));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	arena *a = arena_create(ARENA_BYTES);
	struct bench b = {.started = clock_monotonic()};
	const struct organ *const organs[] = {&identity_organ, &ledger_organ, payments_system.organ};
	struct kernel *k = NULL;
	struct year_report r;
	str why = {0};
	if (argc < 2 || !a) {
		fputs("usage: bench_year DIR [ORDERS [TOTAL]]\n", stderr);
		return 2;
	}
	struct kernel_options o = {.database = str_fmt(a, "sqlite:%s/year.db", argv[1]),
	                           .data_dir = str_of(argv[1]),
	                           .clock = {now_of, &b},
	                           .organs = organs,
	                           .n_organs = COUNT(organs),
	                           .migrate = true};
	struct year_plan p = {.year = 2018,
	                      .orders = argc > 2 ? atoll(argv[2]) : 1300000,
	                      .total = argc > 3 ? atoll(argv[3]) : INT64_C(120000000001),
	                      .seed = 2018,
	                      .now = &b.now,
	                      .told = told,
	                      .ctx = &b};
	if (kernel_open(&o, &k, &why) != OK || payments_year(k, a, &p, &r) != OK) {
		fprintf(stderr, "bench_year: %.*s\n", STRF(why));
		return 1;
	}
	double seconds = (double)(clock_monotonic() - b.started) / 1e6;
	printf("%lld orders, %lld fils, %lld at counters, in %.1f s: %.0f/s\n", (long long)r.orders,
	       (long long)r.total, (long long)r.counter, seconds, (double)r.orders / seconds);
	printf("exceptions %lld of %lld put in; ledger %lld transfers, difference %lld, faults %lld\n",
	       (long long)r.exceptions, (long long)r.seeded, (long long)r.ledger.transfers,
	       (long long)r.ledger.difference, (long long)r.ledger.faults);
	kernel_close(k);
	arena_destroy(a);
	return r.orders != p.orders || r.total != p.total || r.ledger.faults ||
	       r.exceptions != r.seeded;
}

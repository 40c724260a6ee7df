/* cmd_demo.c - diwan demo: a year of payments, or a country at work. */
#include "app/commands.h"
#include "app/demo_cases.h"
#include "app/open.h"
#include "systems/payments/year.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define YEAR_FIRST  1970
#define YEAR_LAST   2100
#define YEAR_ORDERS INT64_C(1300000)      /* "1.3 million" */
#define YEAR_TOTAL  INT64_C(120000000001) /* fils: "more than BHD 120 million" */
#define YEAR_SEED   2018
#define SCALE_UNIT  1000000 /* millionths */
#define SCALE_LEAST 1000    /* of them: some payments on every day */

struct demo {
	int64_t year, scale; /* in millionths */
	bool json, quiet;
	instant now, started;
};

static instant demo_now(void *ctx)
{
	return ((const struct demo *)ctx)->now;
}

/* "0.01" in millionths. */
static bool scale_read(str s, int64_t *out)
{
	char text[32], *end;
	if (!s.n || s.n >= sizeof text)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	double v = strtod(text, &end);
	if (*end || !(v > 0) || v > 1)
		return false;
	*out = (int64_t)(v * SCALE_UNIT + 0.5);
	return *out >= SCALE_LEAST;
}

static bool words_read(int argc, char **argv, struct demo *d)
{
	d->scale = SCALE_UNIT;
	if (argc < 3 || strcmp(argv[1], "year") != 0 || !str_i64(str_of(argv[2]), &d->year))
		return false;
	for (int i = 3; i < argc; i++) {
		str s = str_of(argv[i]);
		if (str_eq(s, STR("--json")))
			d->json = true;
		else if (str_eq(s, STR("--quiet")))
			d->quiet = true;
		else if (!str_starts(s, STR("--scale=")) || !scale_read(str_sub(s, 8, s.n), &d->scale))
			return false;
	}
	return d->year >= YEAR_FIRST && d->year <= YEAR_LAST;
}

static double seconds(instant from)
{
	return (double)(clock_monotonic() - from) / (double)SECOND;
}

static void told(void *ctx, int day, int64_t orders)
{
	const struct demo *d = ctx;
	if (d->quiet || d->json || (day + 1) % 73)
		return;
	printf("day %d: %lld payments, %.1f s\n", day + 1, (long long)orders, seconds(d->started));
	fflush(stdout);
}

struct results {
	struct year_plan p;
	struct year_report r;
	struct year_check c;
	double drive, check;
};

static bool right(const struct results *x)
{
	return x->r.orders == x->p.orders && x->r.total == x->p.total && x->c.captured == x->p.orders &&
	       x->c.amount == x->p.total && !x->r.ledger.faults && !x->r.ledger.difference &&
	       x->r.exceptions == x->r.seeded && !x->c.unbalanced && !x->c.different && !x->c.first_bad;
}

static void tell(arena *a, const struct results *x)
{
	currency bhd;
	currency_find(STR("BHD"), &bhd);
	printf("%lld payments of BHD %.*s, %lld of them at counters\n", (long long)x->r.orders,
	       STRF(money_print(a, (money){x->r.total}, bhd)), (long long)x->r.counter);
	printf("wanted: %lld of BHD %.*s; the journal counts %lld of BHD %.*s\n",
	       (long long)x->p.orders, STRF(money_print(a, (money){x->p.total}, bhd)),
	       (long long)x->c.captured, STRF(money_print(a, (money){x->c.amount}, bhd)));
	printf("settled BHD %.*s; exceptions %lld, put in %lld\n",
	       STRF(money_print(a, (money){x->r.settled}, bhd)), (long long)x->r.exceptions,
	       (long long)x->r.seeded);
	printf("ledger: %lld transfers, difference %lld, faults %lld; %lld unbalanced on the way\n",
	       (long long)x->r.ledger.transfers, (long long)x->r.ledger.difference,
	       (long long)x->r.ledger.faults, (long long)x->c.unbalanced);
	printf("journal: %lld events, first bad %lld, %lld checkpoints; %lld figures differ\n",
	       (long long)x->c.events, (long long)x->c.first_bad, (long long)x->c.checkpoints,
	       (long long)x->c.different);
	printf("%.1f s for the year (%.0f payments a second), %.1f s to count and verify it\n",
	       x->drive, (double)x->r.orders / x->drive, x->check);
}

static void tell_json(const struct results *x)
{
	printf("{\"payments\":%lld,\"minor\":%lld,\"exceptions\":%lld,\"seeded\":%lld,"
	       "\"transfers\":%lld,\"difference\":%lld,\"faults\":%lld,\"unbalanced\":%lld,"
	       "\"events\":%lld,\"first_bad\":%lld,\"different\":%lld,\"right\":%s,"
	       "\"seconds\":%.1f,\"check_seconds\":%.1f}\n",
	       (long long)x->r.orders, (long long)x->r.total, (long long)x->r.exceptions,
	       (long long)x->r.seeded, (long long)x->r.ledger.transfers,
	       (long long)x->r.ledger.difference, (long long)x->r.ledger.faults,
	       (long long)x->c.unbalanced, (long long)x->c.events, (long long)x->c.first_bad,
	       (long long)x->c.different, right(x) ? "true" : "false", x->drive, x->check);
}

static int run(struct opened *o, struct demo *d)
{
	struct results x = {.p = {.year = (int32_t)d->year,
	                          .orders = YEAR_ORDERS * d->scale / SCALE_UNIT,
	                          .total = YEAR_TOTAL / SCALE_UNIT * d->scale + YEAR_TOTAL % SCALE_UNIT,
	                          .seed = YEAR_SEED,
	                          .now = &d->now,
	                          .told = told,
	                          .ctx = d}};
	d->started = clock_monotonic();
	err e = payments_year(o->k, o->a, &x.p, &x.r);
	if (e == ERR_conflict) {
		fputs("diwan: there are payments already; a year is replayed into a new --data-dir\n",
		      stderr);
		return EXIT_NO;
	}
	x.drive = seconds(d->started);
	instant from = clock_monotonic();
	if (e == OK)
		e = payments_year_check(o->k, o->a, &x.c);
	x.check = seconds(from);
	if (e) {
		fprintf(stderr, "diwan: %.*s\n", STRF(app_error_text(o->a, e)));
		return EXIT_FAILED;
	}
	if (d->json)
		tell_json(&x);
	else
		tell(o->a, &x);
	return right(&x) ? EXIT_OK : EXIT_NO;
}

int cmd_demo(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "cases") == 0)
		return demo_cases(argc, argv);
	struct demo d = {0};
	struct opened o = {0};
	int e = app_settings(&argc, argv, &o);
	if (!e && !words_read(argc, argv, &d))
		e = help_wrong("demo", "a year is needed", argc > 1 ? argv[argc - 1] : "");
	if (!e)
		e = app_open_at(OPEN_MIGRATE, (clock_source){demo_now, &d}, &o);
	if (!e)
		e = run(&o, &d);
	app_close(&o);
	return e;
}

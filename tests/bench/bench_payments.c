/*
 * bench_payments URL DIR [seconds]: durable orders and captures a second through the
 * rooms of payments and the ledger, with 1, 8 and 64 clients that wait for their answers
 * (one client is one commit for each payment), and ledger transfers through the batch
 * interface, 1,000 linked in a command. The books are checked at the end.
 */
#include "base/log.h"
#include "kernel/identity/organ.h"
#include "limits.h"
#include "systems/payments/payments.h"
#include "systems/payments/settle.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define ARENA_BYTES  ((size_t)512 * 1024 * 1024)
#define CLIENT_BYTES ((size_t)64 * 1024 * 1024)
#define CLIENTS_MAX  64
#define READY_MAX    400000
#define BATCH        1000
#define PREPARE      4 /* times a figure's seconds, at most, to have payers at the provider */

struct bench {
	struct kernel *k;
	const char *folder;
	instant until;
	atomic_llong done, taken;
	int64_t ready; /* attempts that wait for their capture */
	int64_t *attempt;
};

static instant now_of(void *ctx)
{
	(void)ctx;
	return clock_now(clock_system());
}

static struct order_request order_of(struct line *l)
{
	*l = (struct line){.entity = STR("iga"),
	                   .service = STR("card"),
	                   .label_en = STR("Card"),
	                   .label_ar = STR("بطاقة"),
	                   .gl = STR("4110"),
	                   .amount = 4000};
	return (struct order_request){.origin = STR("api"),
	                              .entity = STR("iga"),
	                              .service = STR("card"),
	                              .title_en = STR("Card"),
	                              .title_ar = STR("بطاقة"),
	                              .currency = STR("BHD"),
	                              .line = l,
	                              .n = 1};
}

static err order_decide(struct tx *tx, void *ctx)
{
	struct line l;
	struct order_request q = order_of(&l);
	return order_create(tx, &q, ctx);
}

static err provider_decide(struct tx *tx, void *ctx)
{
	(void)ctx;
	struct provider_order p = {.id = STR("bench"),
	                           .adapter = STR("hosted"),
	                           .url = STR("http://127.0.0.1:1"),
	                           .secret = STR("never asked"),
	                           .name_en = STR("bench"),
	                           .name_ar = STR("bench"),
	                           .methods = STR("card"),
	                           .weight = 100};
	return provider_put(tx, &p);
}

/* Orders whose payers are at the provider. */
static err ready_decide(struct tx *tx, void *ctx)
{
	struct bench *b = ctx;
	for (int i = 0; i < BATCH; i++) {
		struct line l;
		struct order_request q = order_of(&l);
		struct attempt t;
		int64_t id;
		err e = order_create(tx, &q, &id);
		if (e || (e = attempt_begin(tx, id, STR("card"), &t)))
			return e;
		b->attempt[b->ready + i] = t.id;
	}
	return OK;
}

static err capture_decide(struct tx *tx, void *ctx)
{
	int64_t id = *(int64_t *)ctx;
	str message = str_fmt(tx->a, "m%lld", (long long)id);
	struct provider_answer w = {.message = message,
	                            .attempt = id,
	                            .amount = 4000,
	                            .outcome = OUTCOME_SUCCEEDED,
	                            .currency = STR("BHD"),
	                            .reference = message,
	                            .last4 = STR("0002")};
	return payment_take(tx, STR("bench"), &w, "message");
}

static err run(struct bench *b, arena *a, err (*decide)(struct tx *tx, void *ctx), void *ctx)
{
	struct action act = {.k = b->k, .a = a, .decide = decide, .ctx = ctx};
	return kernel_run(&act);
}

static void *orders(void *ctx)
{
	struct bench *b = ctx;
	arena *a = arena_create(CLIENT_BYTES);
	while (clock_monotonic() < b->until) {
		int64_t id;
		arena_reset(a);
		b->done += run(b, a, order_decide, &id) == OK;
	}
	arena_destroy(a);
	return NULL;
}

static void *captures(void *ctx)
{
	struct bench *b = ctx;
	arena *a = arena_create(CLIENT_BYTES);
	while (clock_monotonic() < b->until) {
		long long at = atomic_fetch_add(&b->taken, 1);
		if (at >= b->ready)
			break;
		arena_reset(a);
		b->done += run(b, a, capture_decide, &b->attempt[at]) == OK;
	}
	arena_destroy(a);
	return NULL;
}

static void crowd(struct bench *b, const char *what, int clients, double seconds,
                  void *(*work)(void *ctx))
{
	struct limits l = limits_begin(b->k);
	pthread_t thread[CLIENTS_MAX];
	instant from = clock_monotonic();
	b->done = 0;
	b->until = from + (instant)(seconds * (double)SECOND);
	for (int i = 0; i < clients; i++)
		pthread_create(&thread[i], NULL, work, b);
	for (int i = 0; i < clients; i++)
		pthread_join(thread[i], NULL);
	double took = (double)(clock_monotonic() - from) / (double)SECOND;
	printf("%-28s %2d clients %10.0f/s\n", what, clients, (double)b->done / took);
	if (clients == CLIENTS_MAX)
		limits_tell(b->k, &l, b->done, b->folder);
	fflush(stdout);
}

/* ---- the ledger's batches ---- */

static err batch_decide(struct tx *tx, void *ctx)
{
	int64_t no = *(int64_t *)ctx;
	struct posting *p = NEWN(tx->a, struct posting, BATCH);
	for (int i = 0; i < BATCH; i++)
		p[i] = (struct posting){.key = str_fmt(tx->a, "b:%lld:%d", (long long)no, i),
		                        .entity = STR("iga"),
		                        .currency = STR("BHD"),
		                        .debit = STR("asset/bank"),
		                        .credit = STR("income/other/1"),
		                        .amount = 1 + i,
		                        .reference = STR("bench")};
	return ledger_post(tx, p, BATCH);
}

static void batches(struct bench *b, double seconds)
{
	arena *a = arena_create(CLIENT_BYTES);
	struct limits l = limits_begin(b->k);
	instant from = clock_monotonic(), until = from + (instant)(seconds * (double)SECOND);
	int64_t n = 0;
	for (; clock_monotonic() < until; n++) {
		arena_reset(a);
		struct action act = {.k = b->k, .a = a, .decide = batch_decide, .ctx = &n};
		if (kernel_run(&act) != OK) {
			printf("refused: %s %.*s\n", err_find(act.fault.code)->name, STRF(act.fault.detail));
			break;
		}
	}
	double took = (double)(clock_monotonic() - from) / (double)SECOND;
	printf("%-28s %2d clients %10.0f/s\n", "ledger transfers by 1,000", 1,
	       (double)(n * BATCH) / took);
	limits_tell(b->k, &l, n * BATCH, b->folder);
	arena_destroy(a);
}

static int checked(struct bench *b, arena *a)
{
	struct ledger_report r;
	dbc *c = db_reader(b->k->db);
	ledger_check(c, a, &r);
	db_reader_return(c);
	printf("%lld transfers, difference %lld, faults %lld\n", (long long)r.transfers,
	       (long long)r.difference, (long long)r.faults);
	return r.faults != 0;
}

int main(int argc, char **argv)
{
	static const int crowds[] = {1, 8, 64};
	static const struct organ *organs[3];
	arena *a = arena_create(ARENA_BYTES);
	struct bench b = {.attempt = NEWN(a, int64_t, READY_MAX)};
	int64_t whole = 3;
	str why = {0};
	if (argc < 3 || (argc > 3 && !str_i64(str_of(argv[3]), &whole))) {
		fputs("usage: bench_payments URL DIR [seconds]\n", stderr);
		return 2;
	}
	double seconds = (double)whole;
	b.folder = argv[2];
	organs[0] = &identity_organ;
	organs[1] = &ledger_organ;
	organs[2] = payments_system.organ;
	log_level_set(LOG_ERROR);
	struct kernel_options o = {.database = str_of(argv[1]),
	                           .data_dir = str_of(argv[2]),
	                           .clock = {now_of, NULL},
	                           .organs = organs,
	                           .n_organs = 3,
	                           .migrate = true};
	if (kernel_open(&o, &b.k, &why) != OK || run(&b, a, provider_decide, NULL) != OK) {
		fprintf(stderr, "bench_payments: %.*s\n", STRF(why));
		return 1;
	}
	for (size_t i = 0; i < COUNT(crowds); i++)
		crowd(&b, "durable orders", crowds[i], seconds, orders);
	int64_t wanted = (int64_t)(seconds * 3 * 12000);
	instant enough = clock_monotonic() + PREPARE * (instant)whole * SECOND;
	arena *batch = arena_create(ARENA_BYTES);
	for (; b.ready + BATCH <= READY_MAX && b.ready < wanted && clock_monotonic() < enough;
	     b.ready += BATCH) {
		arena_reset(batch);
		if (run(&b, batch, ready_decide, &b) != OK)
			break;
	}
	for (size_t i = 0; i < COUNT(crowds); i++)
		crowd(&b, "durable captures", crowds[i], seconds, captures);
	batches(&b, seconds);
	int bad = checked(&b, a);
	kernel_close(b.k);
	arena_destroy(batch);
	arena_destroy(a);
	return bad;
}

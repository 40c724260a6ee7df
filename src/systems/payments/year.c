#include "systems/payments/year.h"

#include "base/rng.h"
#include "systems/payments/replay.h"
#include "systems/payments/statements.h"

#include <stdio.h>

#define BATCH       1000
#define DAYS        365
#define LEAST       100 /* minor units of the smallest fee */
#define DAY_MAX     SETTLE_ENTRIES_MAX
#define CASHIER     1
#define BATCH_ARENA ((size_t)256 * 1024 * 1024)

static const struct {
	const char *entity, *service, *gl;
} services[] = {
    {"iga", "card", "4110"},           {"interior", "traffic", "4210"},
    {"interior", "residence", "4220"}, {"ewa", "bills", "4310"},
    {"works", "municipal", "4410"},    {"justice", "notary", "4510"},
    {"commerce", "registry", "4610"},  {"health", "fees", "4710"},
};

static const struct {
	const char *channel, *method;
	int weight;
} ways[] = {
    {"web", "card", 48},   {"web", "wallet", 12},  {"mobile", "card", 20},
    {"kiosk", "card", 12}, {"counter", "cash", 8},
};

/* Of a week: Sunday first; few pay on Friday and Saturday. */
static const int weekday_weight[] = {18, 17, 17, 17, 17, 6, 8};

struct run {
	const struct year_plan *p;
	struct kernel *k;
	arena *a; /* of the batch at hand */
	rng rng;
	int64_t done, paired; /* orders made; the amount that evens the last one out */
	int64_t left;         /* minor units still to be paid */
	int64_t batch;        /* orders of the batch */
	instant at, step;
	struct settle_entry *entry; /* of today's statement */
	size_t n;
	struct settle_entry held; /* left out of yesterday's */
	bool has_held;
	struct statement s;
	struct settle_report r;
	instant from, to;
	int64_t day, payout;
	struct year_report *out;
};

/* Pairs of amounts around the mean, the last takes what is left: the sum is exact. */
static int64_t amount_next(struct run *g)
{
	int64_t mean = g->p->total / g->p->orders, amount;
	if (g->done + 1 == g->p->orders)
		return g->left;
	if (g->paired) {
		amount = g->paired;
		g->paired = 0;
		return amount;
	}
	amount = LEAST + (int64_t)rng_below(&g->rng, (uint64_t)(2 * (mean - LEAST)));
	g->paired = 2 * mean - amount;
	return amount;
}

static size_t way_next(struct run *g)
{
	int at = (int)rng_below(&g->rng, 100);
	size_t i = 0;
	while (at >= ways[i].weight)
		at -= ways[i++].weight;
	return i;
}

static err pay_online(struct tx *tx, struct run *g, int64_t order, size_t way, int64_t amount)
{
	struct attempt t;
	tx->actor.channel = str_of(ways[way].channel);
	err e = attempt_begin(tx, order, str_of(ways[way].method), &t);
	if (e)
		return e;
	if (g->n < DAY_MAX)
		g->entry[g->n++] = (struct settle_entry){
		    .id = t.id, .amount = amount, .at = tx->now, .currency = STR("BHD")};
	return replay_take(tx, &t);
}

static err pay_one(struct tx *tx, struct run *g)
{
	size_t way = way_next(g), s = rng_below(&g->rng, COUNT(services));
	int64_t amount = amount_next(g), id;
	struct line l = {.entity = str_of(services[s].entity),
	                 .service = str_of(services[s].service),
	                 .label_en = str_of(services[s].service),
	                 .label_ar = str_of(services[s].service),
	                 .gl = str_of(services[s].gl),
	                 .amount = amount};
	struct order_request q = {.origin = STR("api"),
	                          .entity = l.entity,
	                          .service = l.service,
	                          .title_en = l.service,
	                          .title_ar = l.service,
	                          .currency = STR("BHD"),
	                          .line = &l,
	                          .n = 1};
	bool counter = str_eq(str_of(ways[way].channel), STR("counter"));
	tx->actor =
	    (struct actor){.channel = str_of(ways[way].channel), .person = counter ? CASHIER : 0};
	err e = order_create(tx, &q, &id);
	if (!e)
		e = counter ? counter_pay(tx, id, str_of(ways[way].method), (str){0}, 0)
		            : pay_online(tx, g, id, way, amount);
	g->left -= amount;
	g->done++;
	g->out->counter += counter;
	return e ? e : order_fulfil(tx, id);
}

/* A batch is one command: what it drew is drawn again if it has to run again. */
static err batch_decide(struct tx *tx, void *ctx)
{
	struct run *g = ctx, before = *g;
	int64_t counter = g->out->counter;
	err e = OK;
	for (int64_t i = 0; i < g->batch && !e; i++) {
		tx->now = g->at + i * g->step;
		e = pay_one(tx, g);
	}
	if (e) {
		*g = before;
		g->out->counter = counter;
	}
	return e;
}

static err command(struct run *g, err (*decide)(struct tx *tx, void *ctx))
{
	g->a = arena_create(BATCH_ARENA);
	if (!g->a)
		return ERR_out_of_memory;
	struct action act = {.k = g->k, .a = g->a, .decide = decide, .ctx = g};
	err e = kernel_run(&act);
	arena_destroy(g->a);
	return e;
}

/* ---- the end of a day ---- */

static err settle_decide(struct tx *tx, void *ctx)
{
	struct run *g = ctx;
	tx->actor.channel = STR("cli");
	return settle_take(tx, STR(REPLAY_PROVIDER), &g->s, g->from, g->to, &g->r);
}

static err bank_decide(struct tx *tx, void *ctx)
{
	struct run *g = ctx;
	tx->actor.channel = STR("cli");
	return bank_take(tx, &g->s, &g->r);
}

static err close_decide(struct tx *tx, void *ctx)
{
	struct run *g = ctx;
	tx->actor = (struct actor){.channel = STR("counter"), .person = CASHIER};
	err e = OK;
	for (size_t i = 0; i < COUNT(services) && !e; i++) {
		str entity = str_of(services[i].entity);
		if (!day_closed(tx->db, entity, g->day))
			e = day_close(tx, entity, g->day, NULL, 0);
	}
	return e;
}

/* What the provider gets wrong: on some days an entry is missing and comes the day
 * after, has another amount, or is of somebody else. */
static void seed_exception(struct run *g, int day)
{
	if (g->has_held && g->n < DAY_MAX)
		g->entry[g->n++] = g->held;
	g->has_held = false;
	if (g->n < 2 || g->n + 1 >= DAY_MAX || day + 1 == DAYS)
		return;
	if (day % 50 == 10) {
		g->held = g->entry[--g->n];
		g->has_held = true;
	} else if (day % 50 == 20) {
		g->entry[0].amount++;
	} else if (day % 50 == 30) {
		g->entry[g->n++] = (struct settle_entry){
		    .id = 7, .amount = 5000, .currency = STR("BHD"), .payment = STR("7")};
	} else {
		return;
	}
	g->out->seeded++;
}

static err day_ends(struct run *g, int day)
{
	char name[32];
	int n = snprintf(name, sizeof name, "replay-%d-%03d", g->p->year, day + 1);
	str reference = {name, (size_t)n};
	seed_exception(g, day);
	g->s = (struct statement){
	    .name = reference, .hash = reference, .reference = reference, .entry = g->entry, .n = g->n};
	err e = command(g, settle_decide);
	if (e)
		return e;
	g->out->exceptions += g->r.exceptions;
	g->out->settled += g->r.sum;
	struct settle_entry payout = {
	    .payment = reference, .amount = g->r.sum, .currency = STR("BHD"), .at = g->to};
	g->s.entry = &payout;
	g->s.n = g->r.sum > 0;
	if ((e = command(g, bank_decide)))
		return e;
	g->out->exceptions += g->r.exceptions;
	g->out->bank += g->r.sum;
	g->n = 0;
	return command(g, close_decide);
}

/* ---- the year ---- */

static err day_run(struct run *g, int day, int64_t orders)
{
	instant begins = (days_from_civil(g->p->year, 1, 1) + day) * DAY;
	err e = OK;
	/* Office hours in the Gulf: 5 to 20 UTC. */
	g->step = orders ? 15 * HOUR / orders : HOUR;
	g->day = days_from_civil(g->p->year, 1, 1) + day;
	g->from = begins;
	g->to = begins + DAY;
	for (int64_t made = 0; made < orders && !e; made += g->batch) {
		g->batch = orders - made < BATCH ? orders - made : BATCH;
		g->at = *g->p->now = begins + 5 * HOUR + made * g->step;
		e = command(g, batch_decide);
	}
	*g->p->now = begins + 20 * HOUR + MINUTE;
	return e ? e : day_ends(g, day);
}

static err provider_decide(struct tx *tx, void *ctx)
{
	(void)ctx;
	return replay_provider(tx);
}

static void report(struct run *g, arena *a)
{
	dbc *c = db_reader(g->k->db);
	rows *r = db_query_args(c, &sql_year_totals, NULL, 0);
	if (db_next(r)) {
		g->out->orders = db_int(r, 0);
		g->out->total = db_int(r, 1);
	}
	db_done(r);
	ledger_check(c, a, &g->out->ledger);
	db_reader_return(c);
}

/* A year among other payments could not be told from them. */
static bool none_yet(struct kernel *k)
{
	dbc *c = db_reader(k->db);
	int64_t n = db_query_int_args(c, &sql_year_totals, 0, NULL, 0);
	db_reader_return(c);
	return n == 0;
}

err payments_year(struct kernel *k, arena *a, const struct year_plan *p, struct year_report *out)
{
	struct run g = {.p = p,
	                .k = k,
	                .rng = rng_seeded(p->seed),
	                .left = p->total,
	                .out = out,
	                .entry = NEWN(a, struct settle_entry, DAY_MAX)};
	int64_t sum = 0, before = 0, seen = 0;
	int first = weekday(days_from_civil(p->year, 1, 1));
	*out = (struct year_report){0};
	*p->now = days_from_civil(p->year, 1, 1) * DAY;
	for (int d = 0; d < DAYS; d++)
		sum += weekday_weight[(first + d) % 7];
	err e = none_yet(k) ? command(&g, provider_decide) : ERR_conflict;
	for (int d = 0; d < DAYS && !e; d++) {
		seen += weekday_weight[(first + d) % 7];
		int64_t upto = p->orders * seen / sum;
		e = day_run(&g, d, upto - before);
		before = upto;
		if (p->told)
			p->told(p->ctx, d, before);
	}
	if (!e)
		report(&g, a);
	return e;
}

/*
 * bench_tasks [TASKS [URL]]: user tasks completed, each a transaction of its own that is
 * durable when it is answered, on SQLite with synchronous=FULL (or the database named).
 *
 * In process, through the commands that the desk's pages and interface run: an officer
 * decides a task they hold; the process goes on, the decision, the new state and the
 * notice to the applicant are recorded, sealed and journalled, with an idempotency key.
 * All rooms of the platform take part; sealing and jobs run beside.
 *
 * Three rounds: 64 at once as fast as they can; 200 a second; one at a time.
 */
#include "app/systems.h"
#include "kernel/cases/cases.h"
#include "kernel/journal.h"
#include "kernel/outbox/outbox.h"
#include "kernel/pack/pack.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TASKS        8000
#define CLIENTS      64
#define STEADY       200 /* a second */
#define SERVICE      "complaint"
#define BATCH        100
#define FIRST_NUMBER 700000000
#define ARENA_BYTES  ((size_t)16 * 1024 * 1024)

struct bench {
	arena *a;
	struct kernel *k;
	int64_t officer;
	int64_t *task, *revision;
	int32_t *micros;
	int n, from, end;
	atomic_int next, refused;
	instant begun;
	int rate; /* of this round, in all; 0 = as fast as they can */
};

static void die(const char *what, str why)
{
	fprintf(stderr, "bench_tasks: %s: %.*s\n", what, STRF(why));
	exit(1);
}

static void run(struct bench *b, err (*decide)(struct tx *tx, void *ctx), void *ctx)
{
	arena *own = arena_create((size_t)256 * 1024 * 1024);
	struct action act = {.k = b->k, .a = own, .decide = decide, .ctx = ctx};
	if (kernel_run(&act) != OK)
		die("a command was refused", act.fault.detail);
	arena_destroy(own);
}

/* ---- before: cases, each with a task that the officer holds ---- */

struct putting {
	struct pack_source source;
	struct pack *pack;
};

static err put_decide(struct tx *tx, void *ctx)
{
	struct putting *p = ctx;
	return pack_put(tx, &p->source, p->pack);
}

static err officer_decide(struct tx *tx, void *ctx)
{
	struct bench *b = ctx;
	struct person p = {.national_number = STR("690000000"),
	                   .name_en = STR("Yusuf Khalid"),
	                   .name_ar = STR("يوسف خالد"),
	                   .nationality = STR("BHR"),
	                   .group = STR("citizen"),
	                   .birth_date = STR("1985-01-15"),
	                   .language = STR("en"),
	                   .staff = true};
	err e = person_register(tx, &p);
	b->officer = p.id;
	return e ? e : role_grant(tx, p.id, STR("id_officer"), STR("*"), 0);
}

static err prepare_one(struct tx *tx, struct bench *b, int i)
{
	struct person p = {.national_number = str_fmt(tx->a, "%d", FIRST_NUMBER + i),
	                   .name_en = STR("Layla Example"),
	                   .name_ar = STR("ليلى مثال"),
	                   .nationality = STR("BHR"),
	                   .group = STR("citizen"),
	                   .birth_date = STR("1985-01-15"),
	                   .language = STR("en")};
	json *answers =
	    json_parse(tx->a,
	               STR("{\"kind\":\"complaint\",\"subject\":\"municipal\",\"title\":\"A lamp\","
	                   "\"body\":\"The lamp in our road has been out for a week.\","
	                   "\"phone\":\"+97336123456\",\"declaration\":true}"),
	               NULL);
	struct task t;
	struct kase q;
	err e = person_register(tx, &p);
	tx->actor = (struct actor){.person = p.id, .channel = STR("web")};
	e = e ? e : draft_open(tx, pack_service(pack_current(tx->k), STR(SERVICE)), p.id, &q);
	e = e ? e : draft_save(tx, q.id, answers, NULL);
	e = e ? e : case_submit(tx, q.id);
	tx->actor = (struct actor){.person = b->officer, .channel = STR("web")};
	if (!e && !case_tasks(tx->db, tx->a, q.id, true, &t, 1))
		e = ERR_not_found;
	e = e ? e : task_claim(tx, t.id);
	if (e || !case_get(tx->db, tx->a, q.id, &q))
		return e ? e : ERR_not_found;
	b->task[i] = t.id;
	b->revision[i] = q.revision;
	return OK;
}

static err prepare_decide(struct tx *tx, void *ctx)
{
	struct bench *b = ctx;
	err e = OK;
	for (int i = b->from; i < b->from + BATCH && i < b->n && !e; i++) {
		arena_mark m = arena_save(tx->a);
		e = prepare_one(tx, b, i);
		if (!e)
			arena_rewind(tx->a, m);
	}
	return e;
}

static void platform(struct bench *b, const char *folder, const char *url)
{
	const struct organ **organs = NEWN(b->a, const struct organ *, APP_ORGANS_MAX);
	struct kernel_options o = {.database =
	                               url ? str_of(url) : str_fmt(b->a, "sqlite:%s/bench.db", folder),
	                           .data_dir = str_of(folder),
	                           .organs = organs,
	                           .n_organs = app_organs(organs),
	                           .migrate = true};
	struct diags d = diags_make(b->a, (str){0});
	struct putting p = {0};
	str why = {0};
	if (kernel_open(&o, &b->k, &why) != OK)
		die("the platform cannot be opened", why);
	if (pack_read_folder(b->a, "packs/bahrain", &p.source, &d) == OK)
		p.pack = pack_check(b->a, &p.source, &d);
	if (d.errors)
		die("the pack", diags_print(b->a, &d));
	run(b, put_decide, &p);
	if (pack_refresh(b->k, &why) != OK)
		die("the pack", why);
	run(b, officer_decide, b);
	for (b->from = 0; b->from < b->n; b->from += BATCH)
		run(b, prepare_decide, b);
	scheduler_drain(b->k);
	if (scheduler_start(b->k) != OK)
		die("the scheduler", STR("cannot be started"));
}

/* ---- completing ---- */

struct completion {
	struct bench *b;
	int i;
};

static err complete_decide(struct tx *tx, void *ctx)
{
	const struct completion *c = ctx;
	return task_complete(tx, c->b->task[c->i], c->b->revision[c->i], STR("answer"),
	                     STR("It is mended."), NULL);
}

static void complete(struct bench *b, arena *a, int i)
{
	struct completion c = {b, i};
	struct action act = {.k = b->k,
	                     .a = a,
	                     .actor = {.person = b->officer, .channel = STR("web")},
	                     .decide = complete_decide,
	                     .ctx = &c,
	                     .idempotency_scope = STR("bench"),
	                     .idempotency_key = str_fmt(a, "%d", i),
	                     .request_hash = STR("the same")};
	if (kernel_run(&act) != OK && atomic_fetch_add(&b->refused, 1) == 0)
		fprintf(stderr, "refused: %s %.*s\n", err_find(act.fault.code)->name,
		        STRF(act.fault.detail));
}

static void *client(void *ctx)
{
	struct bench *b = ctx;
	arena *a = arena_create(ARENA_BYTES);
	int i;
	while (a && (i = atomic_fetch_add(&b->next, 1)) < b->end) {
		instant due = b->rate ? b->begun + (i - b->from) * SECOND / b->rate : 0;
		instant now = clock_monotonic();
		if (due > now)
			usleep((useconds_t)(due - now));
		instant from = clock_monotonic();
		complete(b, a, i);
		b->micros[i] = (int32_t)(clock_monotonic() - from);
		arena_reset(a);
	}
	arena_destroy(a);
	return NULL;
}

static int by_value(const void *x, const void *y)
{
	int32_t p = *(const int32_t *)x, q = *(const int32_t *)y;
	return (p > q) - (p < q);
}

static double processor_micros(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void round_of(struct bench *b, const char *name, int clients, int count, int rate)
{
	pthread_t thread[CLIENTS];
	struct writer_stats before = writer_stats_read(b->k->writer);
	b->from = b->end;
	b->end = b->from + count;
	b->rate = rate;
	atomic_store(&b->next, b->from);
	b->begun = clock_monotonic();
	double used = processor_micros();
	for (int i = 0; i < clients; i++)
		pthread_create(&thread[i], NULL, client, b);
	for (int i = 0; i < clients; i++)
		pthread_join(thread[i], NULL);
	double took = (double)(clock_monotonic() - b->begun);
	used = processor_micros() - used;
	struct writer_stats w = writer_stats_read(b->k->writer);
	qsort(b->micros + b->from, (size_t)count, sizeof *b->micros, by_value);
	printf("%s: %.0f/s, p50 %.1f ms, p99 %.1f ms; each %.0f us of processor, jobs and sealing"
	       " counted; %lld commits of %.2f ms\n",
	       name, count * 1e6 / took, b->micros[b->from + count / 2] / 1e3,
	       b->micros[b->from + count * 99 / 100] / 1e3, used / count,
	       (long long)(w.batches - before.batches),
	       (double)(w.commit_micros - before.commit_micros) / 1e3 /
	           (double)(w.batches - before.batches));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/diwan-bench.XXXXXX", command[64];
	struct bench b = {.a = arena_create((size_t)2048 * 1024 * 1024)};
	b.n = argc > 1 ? atoi(argv[1]) : TASKS;
	if (b.n < 400 || !b.a || !mkdtemp(folder))
		return 2;
	b.task = NEWN(b.a, int64_t, (size_t)b.n);
	b.revision = NEWN(b.a, int64_t, (size_t)b.n);
	b.micros = NEWN(b.a, int32_t, (size_t)b.n);
	platform(&b, folder, argc > 2 ? argv[2] : NULL);
	b.end = 0;
	round_of(&b, "64 at once", CLIENTS, b.n / 2, 0);
	round_of(&b, "200 a second", CLIENTS, b.n / 4, STEADY);
	round_of(&b, "one at a time", 1, b.n / 8, 0);
	printf("%d refused\n", atomic_load(&b.refused));
	kernel_close(b.k);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command) != 0 || atomic_load(&b.refused) > 0;
}

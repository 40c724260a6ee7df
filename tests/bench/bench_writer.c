/*
 * bench_writer URL [seconds]: durable commands a second through the writer, with
 * 1, 8 and 64 submitters that wait for their answers, against one commit for each
 * command, in the same run on the same disk.
 *
 * A command is a small payment: one row with a time-ordered id and two ledger
 * rows. Each figure lasts `seconds` (3). Tables bench_* are made and dropped.
 */
#include "base/log.h"
#include "db/migrate.h"
#include "db/writer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define SUBMITTERS_MAX 64
#define ARENA_BYTES    ((size_t)256 * 1024 * 1024)
#define SAMPLES_MAX    2000000

static struct sql sql_pay = {.name = "bench_pay",
                             .text = "INSERT INTO bench_pay (id, fils) VALUES ($1, $2)",
                             .slot = -1};
static struct sql sql_leg = {.name = "bench_leg",
                             .text = "INSERT INTO bench_leg (pay, leg, fils) VALUES ($1, $2, $3)",
                             .slot = -1};

struct payment {
	struct command command;
	int64_t id;
};

struct crowd {
	writer *w;
	instant until;
	atomic_llong next_id, n_samples;
	atomic_int failed;
	int32_t *micros;
};

static err pay(dbc *c, struct command *cmd)
{
	int64_t id = ((struct payment *)(void *)cmd)->id;
	db_exec(c, &sql_pay, D_INT(id), D_INT(1500));
	db_exec(c, &sql_leg, D_INT(id), D_INT(1), D_INT(1500));
	db_exec(c, &sql_leg, D_INT(id), D_INT(2), D_INT(-1500));
	return OK;
}

static void *submit(void *ctx)
{
	struct crowd *p = ctx;
	for (instant from; (from = clock_monotonic()) < p->until;) {
		struct payment m = {.command = {.run = pay}, .id = atomic_fetch_add(&p->next_id, 1)};
		if (writer_run(p->w, &m.command) != OK)
			atomic_fetch_add(&p->failed, 1);
		long long at = atomic_fetch_add(&p->n_samples, 1);
		if (at < SAMPLES_MAX)
			p->micros[at] = (int32_t)(clock_monotonic() - from);
	}
	return NULL;
}

static int by_size(const void *x, const void *y)
{
	int32_t a = *(const int32_t *)x, b = *(const int32_t *)y;
	return (a > b) - (a < b);
}

static void grouped(db *d, struct crowd *p, int submitters, int seconds)
{
	pthread_t thread[SUBMITTERS_MAX];
	p->w = writer_start(d, (struct writer_hooks){0});
	p->n_samples = 0;
	instant from = clock_monotonic();
	p->until = from + seconds * SECOND;
	for (int i = 0; i < submitters; i++)
		pthread_create(&thread[i], NULL, submit, p);
	for (int i = 0; i < submitters; i++)
		pthread_join(thread[i], NULL);
	instant took = clock_monotonic() - from;
	struct writer_stats s = writer_stats_read(p->w);
	writer_stop(p->w);
	size_t n = (size_t)(p->n_samples < SAMPLES_MAX ? p->n_samples : SAMPLES_MAX);
	qsort(p->micros, n, sizeof *p->micros, by_size);
	printf("%2d submitters: %8lld commands/s  %6.1f a commit  p50 %d us  p99 %d us  failed %d\n",
	       submitters, (long long)(s.commands * SECOND / took),
	       (double)s.commands / (double)s.batches, n ? p->micros[n / 2] : 0,
	       n ? p->micros[n * 99 / 100] : 0, p->failed);
}

static void one_by_one(db *d, struct crowd *p, int seconds)
{
	dbc *c = db_writer(d);
	int64_t n = 0;
	instant from = clock_monotonic(), until = from + seconds * SECOND;
	for (; clock_monotonic() < until; n++) {
		struct payment m = {.id = atomic_fetch_add(&p->next_id, 1)};
		db_begin(c);
		pay(c, &m.command);
		if (db_commit(c) != OK) {
			db_rollback(c);
			p->failed++;
		}
	}
	printf("one commit each: %7lld commands/s\n",
	       (long long)(n * SECOND / (clock_monotonic() - from)));
	db_writer_return(c);
}

static void nobody_waits(struct command *cmd, err result)
{
	(void)cmd;
	if (result)
		fprintf(stderr, "a queued command failed: %d\n", result);
}

/* What the writer costs when the disk costs nothing: commands queued all at once. */
static void queued(db *d, struct crowd *p, int seconds)
{
	enum { BURST = 10000 };
	static struct payment burst[BURST];
	writer *w = writer_start(d, (struct writer_hooks){0});
	int64_t n = 0;
	instant from = clock_monotonic(), until = from + seconds * SECOND;
	for (; clock_monotonic() < until; n += BURST) {
		for (int i = 0; i < BURST - 1; i++) {
			burst[i] = (struct payment){.id = atomic_fetch_add(&p->next_id, 1)};
			burst[i].command.run = pay;
			burst[i].command.done = nobody_waits;
			writer_submit(w, &burst[i].command);
		}
		struct payment last = {.command = {.run = pay}, .id = atomic_fetch_add(&p->next_id, 1)};
		if (writer_run(w, &last.command) != OK)
			p->failed++;
	}
	printf("10,000 queued:   %7lld commands/s\n",
	       (long long)(n * SECOND / (clock_monotonic() - from)));
	writer_stop(w);
}

int main(int argc, char **argv)
{
	static struct sql *const list[] = {&sql_pay, &sql_leg};
	static int32_t micros[SAMPLES_MAX];
	arena *a = arena_create(ARENA_BYTES);
	struct crowd p = {.micros = micros, .next_id = 1};
	int64_t number = 3;
	str why = {0};
	db *d;
	int done;
	if (argc < 2 || (argc > 2 && !str_i64(str_of(argv[2]), &number))) {
		fprintf(stderr, "usage: bench_writer URL [seconds]\n");
		return 2;
	}
	log_level_set(LOG_WARN);
	db_declare(list, sizeof list / sizeof *list);
	if (db_open(a, str_of(argv[1]), &d, &why) != OK) {
		fprintf(stderr, "%.*s\n", STRF(why));
		return 1;
	}
	dbc *c = db_writer(d);
	db_migrate_steps(c, a, NULL, 0, 1, &done, &why);
	db_script(c, STR("CREATE TABLE bench_pay (id BIGINT PRIMARY KEY, fils BIGINT NOT NULL);"
	                 "CREATE TABLE bench_leg (pay BIGINT NOT NULL, leg BIGINT NOT NULL,"
	                 " fils BIGINT NOT NULL, PRIMARY KEY (pay, leg))"));
	err e = db_error(c);
	db_writer_return(c);
	if (e == OK) {
		one_by_one(d, &p, (int)number);
		for (int n = 1; n <= SUBMITTERS_MAX; n *= 8)
			grouped(d, &p, n, (int)number);
		queued(d, &p, (int)number);
		c = db_writer(d);
		db_script(c, STR("DROP TABLE bench_pay; DROP TABLE bench_leg"));
		db_writer_return(c);
	}
	db_close(d);
	arena_destroy(a);
	return e || p.failed;
}

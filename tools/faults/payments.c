/*
 * payments run URL THREADS COUNT: makes COUNT payments in each thread through the
 * writer and says on standard output what became of each: "ack ID" (kept), "nak
 * ID" (refused: must not be there), "unk ID" (nobody knows). Meant to be run under
 * fault.c.
 *
 * payments check URL < WHAT_IT_SAID: opens the database again, as after a crash,
 * and compares. Exit 0: every acknowledged payment is there once, no refused one
 * is, none twice, the counter and the ledger agree, and SQLite finds its file whole.
 */
#include "base/log.h"
#include "db/migrate.h"
#include "db/writer.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)
#define THREADS_MAX 64

/* No unique key: a payment that is made twice must show. */
static const struct migration_step steps[] = {
    {STR_INIT("payments/0001"),
     STR_INIT("CREATE TABLE payment (id BIGINT NOT NULL, fils BIGINT NOT NULL);"
              "CREATE INDEX payment_id ON payment (id)")},
    {STR_INIT("payments/0002"),
     STR_INIT("CREATE TABLE leg (payment BIGINT NOT NULL, fils BIGINT NOT NULL);"
              "CREATE TABLE counter (id BIGINT PRIMARY KEY, n BIGINT NOT NULL);"
              "INSERT INTO counter VALUES (1, 0)")},
};

static struct sql sql_pay = {
    .name = "pay", .text = "INSERT INTO payment (id, fils) VALUES ($1, $2)", .slot = -1};
static struct sql sql_leg = {
    .name = "leg", .text = "INSERT INTO leg (payment, fils) VALUES ($1, $2)", .slot = -1};
static struct sql sql_count = {
    .name = "count", .text = "UPDATE counter SET n = n + 1 WHERE id = $1", .slot = -1};
static struct sql sql_there = {
    .name = "there", .text = "SELECT count(*) FROM payment WHERE id = $1", .slot = -1};

static db *open_database(arena *a, str url)
{
	db *d;
	int done;
	str why = {0};
	err e = db_open(a, url, &d, &why);
	if (e == OK) {
		dbc *c = db_writer(d);
		e = db_migrate_steps(c, a, steps, sizeof steps / sizeof *steps, 1, &done, &why);
		db_writer_return(c);
		if (e)
			db_close(d);
	}
	if (e)
		fprintf(stderr, "%.*s\n", STRF(why));
	return e ? NULL : d;
}

/* ---- run ---- */

struct payer {
	struct command command;
	writer *w;
	int64_t id, first, count;
};

static err pay(dbc *c, struct command *cmd)
{
	int64_t id = ((struct payer *)(void *)cmd)->id;
	db_exec(c, &sql_pay, D_INT(id), D_INT(1500));
	db_exec(c, &sql_leg, D_INT(id), D_INT(1500));
	db_exec(c, &sql_leg, D_INT(id), D_INT(-1500));
	db_exec(c, &sql_count, D_INT(1));
	return id % 7 == 6 ? ERR_forbidden : OK; /* some are refused: they must leave nothing */
}

static void *make_payments(void *ctx)
{
	struct payer *p = ctx;
	for (p->id = p->first; p->id < p->first + p->count; p->id++) {
		char line[64];
		p->command.run = pay;
		err e = writer_run(p->w, &p->command);
		int n = snprintf(line, sizeof line, "%s %lld\n",
		                 e == OK                 ? "ack"
		                 : e == ERR_db_uncertain ? "unk"
		                                         : "nak",
		                 (long long)p->id);
		if (write(STDOUT_FILENO, line, (size_t)n) != n)
			break;
	}
	return NULL;
}

static int run(arena *a, str url, int64_t threads, int64_t count)
{
	static struct payer payer[THREADS_MAX];
	pthread_t thread[THREADS_MAX];
	db *d = open_database(a, url);
	if (!d)
		return 1;
	writer *w = writer_start(d, (struct writer_hooks){0});
	for (int64_t i = 0; i < threads; i++) {
		payer[i] = (struct payer){.w = w, .first = 1 + i * count, .count = count};
		pthread_create(&thread[i], NULL, make_payments, &payer[i]);
	}
	for (int64_t i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	writer_stop(w);
	db_close(d);
	return 0;
}

/* ---- check ---- */

static int64_t number(dbc *c, const char *sql)
{
	rows *r = db_query_text(c, str_of(sql), NULL, 0);
	int64_t v = db_next(r) ? db_int(r, 0) : -1;
	db_done(r);
	return v;
}

static int wrong(const char *what, long long id)
{
	printf("WRONG: %s %lld\n", what, id);
	return 1;
}

static int check_said(dbc *c)
{
	char word[4];
	long long id;
	int bad = 0;
	while (scanf("%3s %lld", word, &id) == 2) {
		int64_t n = db_query_int(c, &sql_there, -1, D_INT(id));
		if (n > 1)
			bad += wrong("made twice", id);
		if (strcmp(word, "ack") == 0 && n == 0)
			bad += wrong("acknowledged and lost", id);
		if (strcmp(word, "nak") == 0 && n > 0)
			bad += wrong("refused and kept", id);
	}
	return bad;
}

static int check_sums(dbc *c)
{
	int bad = 0;
	int64_t made = number(c, "SELECT count(*) FROM payment");
	if (number(c, "SELECT n FROM counter") != made)
		bad += wrong("the counter disagrees", made);
	if (number(c, "SELECT count(*) FROM leg") != 2 * made)
		bad += wrong("half a payment", made);
	if (number(c, "SELECT count(*) FROM payment WHERE id % 7 = 6") != 0)
		bad += wrong("a refused payment", 0);
	if (number(c,
	           "SELECT count(*) FROM (SELECT id FROM payment GROUP BY id HAVING count(*) > 1) x"))
		bad += wrong("payments made twice", 0);
	if (db_kind_of(c) == DB_SQLITE) {
		rows *r = db_query_text(c, STR("PRAGMA integrity_check"), NULL, 0);
		if (!db_next(r) || !str_eq(db_text(r, 0), STR("ok")))
			bad += wrong("the file is damaged", 0);
		db_done(r);
	}
	if (db_error(c))
		bad += wrong("the database cannot be read", db_error(c));
	return bad;
}

static int check(arena *a, str url)
{
	db *d = open_database(a, url);
	if (!d)
		return wrong("it does not open again", 0);
	dbc *c = db_writer(d);
	int bad = check_said(c) + check_sums(c);
	db_writer_return(c);
	db_close(d);
	return bad != 0;
}

int main(int argc, char **argv)
{
	static struct sql *const list[] = {&sql_pay, &sql_leg, &sql_count, &sql_there};
	int64_t threads = 0, count = 0;
	arena *a = arena_create(ARENA_BYTES);
	int status = 2;
	log_level_set(LOG_ERROR);
	db_declare(list, sizeof list / sizeof *list);
	if (argc == 3 && strcmp(argv[1], "check") == 0)
		status = check(a, str_of(argv[2]));
	else if (argc == 5 && strcmp(argv[1], "run") == 0 && str_i64(str_of(argv[3]), &threads) &&
	         str_i64(str_of(argv[4]), &count) && threads > 0 && threads <= THREADS_MAX)
		status = run(a, str_of(argv[2]), threads, count);
	else
		fprintf(stderr, "usage: payments run URL THREADS COUNT | payments check URL\n");
	arena_destroy(a);
	return status;
}

/* Connections to PostgreSQL that break: before, during and after a commit. The
 * program's own send() stands before the library's and cuts on demand. */
#include "db_unit.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>

enum cut { NEVER, BEFORE, AFTER, ALWAYS };

static struct {
	_Atomic enum cut when;
	const char *_Atomic text; /* of the message to cut at */
	atomic_int cuts;
} line;

/* Messages are not long enough here for libpq to divide them. */
ssize_t send(int fd, const void *p, size_t n, int flags)
{
	static ssize_t (*real)(int, const void *, size_t, int);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "send");
	enum cut when = atomic_load(&line.when);
	bool here = when == ALWAYS || (when != NEVER && memmem(p, n, line.text, strlen(line.text)));
	if (!here)
		return real(fd, p, n, flags);
	atomic_fetch_add(&line.cuts, 1);
	if (when != ALWAYS)
		atomic_store(&line.when, NEVER);
	if (when == AFTER)
		real(fd, p, n, flags);
	shutdown(fd, SHUT_RDWR);
	errno = ECONNRESET;
	return when == AFTER ? (ssize_t)n : -1;
}

static void cut(enum cut when, const char *text)
{
	line.cuts = 0;
	line.text = text;
	line.when = when;
}

#define S(n, t) static struct sql sql_##n = {.name = #n, .text = t, .slot = -1}
S(add, "INSERT INTO l (id) VALUES ($1)");
S(count, "SELECT count(*) FROM l WHERE id >= $1");

struct add {
	struct command command;
	int64_t id;
	int runs;
};

static err add_run(dbc *c, struct command *cmd)
{
	struct add *a = (struct add *)(void *)cmd;
	a->runs++;
	db_exec(c, &sql_add, D_INT(a->id));
	return OK;
}

static writer *start(struct dbu *u)
{
	dbu_migrate(u, NULL, 0);
	dbu_script(u, "CREATE TABLE l (id BIGINT NOT NULL)");
	writer *w = writer_start(u->db, (struct writer_hooks){0});
	struct add warm = {.command = {.run = add_run}, .id = -1};
	assert_int_equal(writer_run(w, &warm.command), OK);
	return w;
}

/* Runs one command whose message `text` is cut; it must be kept exactly once. */
static int run_cut(writer *w, struct dbu *u, enum cut when, const char *text)
{
	bool savepoint = strcmp(text, "SAVEPOINT") == 0;
	struct add a = {.command = {.run = add_run, .undoes = savepoint}, .id = 1};
	cut(when, text);
	assert_int_equal(writer_run(w, &a.command), OK);
	assert_int_equal(line.cuts, 1);
	assert_int_equal(dbu_int(u, "SELECT count(*) FROM l WHERE id = 1"), 1);
	return a.runs;
}

static void a_commit_whose_answer_is_lost_is_not_repeated(void **state)
{
	struct dbu *u = DBU(state);
	writer *w = start(u);
	assert_int_equal(run_cut(w, u, AFTER, "COMMIT"), 1);
	assert_true(writer_stats_read(w).retries >= 1);
	writer_stop(w);
}

static void a_commit_that_never_arrived_is_repeated(void **state)
{
	struct dbu *u = DBU(state);
	writer *w = start(u);
	assert_int_equal(run_cut(w, u, BEFORE, "COMMIT"), 2);
	writer_stop(w);
}

static void a_command_that_is_cut_runs_again(void **state)
{
	static const char *const text[] = {"BEGIN", "SAVEPOINT"};
	struct dbu *u = DBU(state);
	writer *w = start(u);
	for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
		run_cut(w, u, BEFORE, text[i]);
		dbu_script(u, "DELETE FROM l");
		run_cut(w, u, AFTER, text[i]);
		dbu_script(u, "DELETE FROM l");
	}
	writer_stop(w);
}

static int64_t read_count(struct dbu *u, err *e)
{
	dbc *c = db_reader(u->db);
	int64_t n = db_query_int(c, &sql_count, -1, D_INT(-9));
	*e = db_error(c);
	db_reader_return(c);
	return n;
}

static void readers_connect_again(void **state)
{
	struct dbu *u = DBU(state);
	err e;
	writer_stop(start(u));
	assert_int_equal(read_count(u, &e), 1);
	cut(ALWAYS, "");
	assert_int_equal(read_count(u, &e), -1);
	assert_int_equal(e, ERR_db_lost); /* and it does not wait for ever */
	cut(NEVER, "");
	struct timespec pause = {0, 700000000};
	nanosleep(&pause, NULL);
	assert_int_equal(read_count(u, &e), 1);
	assert_int_equal(e, OK);
}

/* The administrator ends all sessions. */
static void end_sessions(struct dbu *u)
{
	db *other;
	str why;
	assert_int_equal(db_open(u->a, u->url, &other, &why), OK);
	dbc *c = db_writer(other);
	rows *r = db_query_text(c,
	                        STR("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
	                            " WHERE application_name = 'diwan' AND pid <> pg_backend_pid()"),
	                        NULL, 0);
	while (db_next(r)) {
	}
	db_done(r);
	db_writer_return(c);
	db_close(other);
}

static void take_count(void *ctx, size_t i, rows *r)
{
	((int64_t *)ctx)[i] = db_next(r) ? db_int(r, 0) : -1;
}

static void read_together(struct dbu *u, int64_t out[2])
{
	struct dbv least = D_INT(-9);
	struct db_question q[] = {{&sql_count, &least, 1}, {&sql_count, &least, 1}};
	dbc *c = db_reader(u->db);
	db_query_each(c, q, 2, take_count, out);
	assert_int_equal(db_error(c), OK);
	db_reader_return(c);
}

/* Nobody notices. */
static void ended_sessions_are_replaced(void **state)
{
	struct dbu *u = DBU(state);
	err e;
	int64_t n[2];
	writer *w = start(u);
	assert_int_equal(read_count(u, &e), 1);
	end_sessions(u);
	read_together(u, n);
	assert_int_equal(n[0] + n[1], 2);
	end_sessions(u);
	assert_int_equal(read_count(u, &e), 1);
	assert_int_equal(e, OK);
	struct add a = {.command = {.run = add_run}, .id = 1};
	assert_int_equal(writer_run(w, &a.command), OK);
	assert_int_equal(read_count(u, &e), 2);
	writer_stop(w);
}

/* A transaction that failed before its COMMIT is not taken for kept. */
static void a_failed_transaction_does_not_commit(void **state)
{
	struct dbu *u = DBU(state);
	dbu_script(u, "CREATE TABLE l (id BIGINT PRIMARY KEY)");
	dbc *c = db_writer(u->db);
	db_begin(c);
	db_exec(c, &sql_add, D_INT(1));
	db_exec(c, &sql_add, D_INT(1));
	db_settle(c);
	assert_int_equal(db_error(c), ERR_db_constraint);
	db_clear(c); /* somebody careless */
	assert_int_not_equal(db_commit(c), OK);
	db_rollback(c);
	db_writer_return(c);
	assert_int_equal(dbu_int(u, "SELECT count(*) FROM l"), 0);
}

#define PG(f) cmocka_unit_test_setup_teardown(f, dbu_postgres, dbu_stop)

int main(void)
{
	static struct sql *const list[] = {&sql_add, &sql_count};
	db_declare(list, 2);
	const struct CMUnitTest tests[] = {
	    PG(a_commit_whose_answer_is_lost_is_not_repeated),
	    PG(a_commit_that_never_arrived_is_repeated),
	    PG(a_command_that_is_cut_runs_again),
	    PG(readers_connect_again),
	    PG(ended_sessions_are_replaced),
	    PG(a_failed_transaction_does_not_commit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The single writer: batches, refusals, faults. Every case on both databases. */
#include "db_unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct sql sql_add = {.name = "add", .text = "INSERT INTO w (id, t) VALUES ($1, $2)", .slot = -1};

static void table(struct dbu *u)
{
	dbu_migrate(u, NULL, 0);
	dbu_script(u, "CREATE TABLE w (id BIGINT PRIMARY KEY, t TEXT)");
}

struct add {
	struct command command;
	int64_t id;
	str text;
	err wanted;   /* what it ends with after its insert */
	int failures; /* how often it asks to be run again first */
	int runs;
};

static err add_run(dbc *c, struct command *cmd)
{
	struct add *a = (struct add *)(void *)cmd;
	a->runs++;
	db_exec(c, &sql_add, D_INT(a->id), D_TEXT(a->text));
	if (a->failures-- > 0)
		return ERR_db_retry;
	return a->wanted;
}

static err add(writer *w, int64_t id, err wanted)
{
	struct add a = {.command = {.run = add_run}, .id = id, .text = STR("x"), .wanted = wanted};
	return writer_run(w, &a.command);
}

static void a_failure_undoes_only_itself(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	writer *w = writer_start(u->db, (struct writer_hooks){0});
	assert_int_equal(add(w, 1, OK), OK);
	assert_int_equal(add(w, 2, ERR_forbidden), ERR_forbidden);
	assert_int_equal(add(w, 1, OK), ERR_db_constraint);
	assert_int_equal(add(w, 3, OK), OK);
	writer_stop(w);
	assert_int_equal(dbu_int(u, "SELECT sum(id) FROM w"), 4);
}

/* ---- many at once ---- */

#define THREADS 16
#define EACH    50

struct crowd {
	writer *w;
	int number, ok, refused;
};

/* Every third asks for a number that another thread asks for too. */
static void *submit(void *ctx)
{
	struct crowd *p = ctx;
	for (int i = 0; i < EACH; i++) {
		err e = add(p->w, i % 3 ? p->number * 1000 + i : 500000 + i, OK);
		p->ok += e == OK;
		p->refused += e == ERR_db_constraint;
	}
	return NULL;
}

static void batches_keep_what_they_say(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	writer *w = writer_start(u->db, (struct writer_hooks){0});
	struct crowd crowd[THREADS];
	pthread_t thread[THREADS];
	int ok = 0, refused = 0;
	for (int i = 0; i < THREADS; i++) {
		crowd[i] = (struct crowd){.w = w, .number = i};
		assert_int_equal(pthread_create(&thread[i], NULL, submit, &crowd[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		ok += crowd[i].ok;
		refused += crowd[i].refused;
	}
	struct writer_stats s = writer_stats_read(w);
	writer_stop(w);
	assert_int_equal(ok + refused, THREADS * EACH);
	assert_int_equal(refused, (THREADS - 1) * 17); /* 17 shared numbers, one winner each */
	assert_int_equal(dbu_int(u, "SELECT count(*) FROM w"), ok);
	assert_int_equal(s.commands, THREADS * EACH);
	assert_true(s.batches < s.commands); /* commits were shared */
	assert_int_equal(s.queue, 0);
}

/* ---- hooks ---- */

struct heard {
	int begun, committed, failed, commands, undone;
	err refuse;
};

static err heard_before(void *ctx, dbc *c)
{
	((struct heard *)ctx)->begun++;
	return db_error(c);
}

static err heard_commit(void *ctx, dbc *c)
{
	(void)c;
	return ((struct heard *)ctx)->refuse;
}

static void heard_after(void *ctx, bool committed)
{
	struct heard *h = ctx;
	committed ? h->committed++ : h->failed++;
}

static void heard_command(void *ctx)
{
	((struct heard *)ctx)->commands++;
}

static void heard_undone(void *ctx)
{
	((struct heard *)ctx)->undone++;
}

static struct writer_hooks listen_to(struct heard *h)
{
	return (struct writer_hooks){.before_batch = heard_before,
	                             .before_commit = heard_commit,
	                             .after_commit = heard_after,
	                             .command_begin = heard_command,
	                             .command_undone = heard_undone,
	                             .ctx = h};
}

static void hooks_hear_everything(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	struct heard h = {0};
	writer *w = writer_start(u->db, listen_to(&h));
	assert_int_equal(add(w, 1, OK), OK);
	/* It had written: the batch ran again, with savepoints as the next ones do. */
	assert_int_equal(add(w, 2, ERR_conflict), ERR_conflict);
	assert_int_equal(h.begun, 3);
	assert_int_equal(h.commands, 3);
	assert_int_equal(h.undone, 1);
	assert_int_equal(add(w, 2, ERR_conflict), ERR_conflict);
	assert_int_equal(h.begun, 4);
	assert_int_equal(h.undone, 2);
	h.refuse = ERR_internal;
	assert_int_equal(add(w, 3, OK), ERR_internal);
	writer_stop(w);
	assert_int_equal(h.begun, 5);
	assert_int_equal(h.commands, 5);
	assert_int_equal(h.undone, 2);
	assert_int_equal(h.committed, 3);
	assert_int_equal(h.failed, 1);
	assert_int_equal(dbu_int(u, "SELECT sum(id) FROM w"), 1);
}

static err refuse_run(dbc *c, struct command *cmd)
{
	(void)c;
	(void)cmd;
	return ERR_conflict;
}

static void who_wrote_nothing_needs_no_second_run(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	struct heard h = {0};
	writer *w = writer_start(u->db, listen_to(&h));
	struct command idle = {.run = refuse_run};
	struct add careful = {
	    .command = {.run = add_run, .undoes = true}, .id = 7, .text = STR("x"), .wanted = ERR_conflict};
	assert_int_equal(writer_run(w, &idle), ERR_conflict);
	assert_int_equal(writer_run(w, &careful.command), ERR_conflict);
	assert_int_equal(add(w, 8, OK), OK);
	writer_stop(w);
	assert_int_equal(h.begun, 3);
	assert_int_equal(h.undone, 2);
	assert_int_equal(dbu_int(u, "SELECT sum(id) FROM w"), 8);
}

static void conflicts_are_run_again(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	writer *w = writer_start(u->db, (struct writer_hooks){0});
	struct add a = {.command = {.run = add_run}, .id = 1, .failures = 3};
	assert_int_equal(writer_run(w, &a.command), OK);
	assert_int_equal(a.runs, 4);
	struct add b = {.command = {.run = add_run}, .id = 2, .failures = 1000};
	assert_int_equal(writer_run(w, &b.command), ERR_db_retry);
	assert_int_equal(b.runs, WRITER_RETRIES + 1);
	assert_int_equal(writer_stats_read(w).retries, 3 + WRITER_RETRIES);
	writer_stop(w);
	assert_int_equal(dbu_int(u, "SELECT count(*) FROM w"), 1);
}

/* ---- a process that is killed ---- */

/* Writes the numbers of acknowledged commands to a pipe until it is killed. */
struct acker {
	writer *w;
	int number, fd;
};

static void *acknowledge(void *ctx)
{
	struct acker *p = ctx;
	for (int64_t i = 0;; i++) {
		int64_t id = p->number * INT64_C(1000000) + i;
		if (add(p->w, id, OK) != OK || write(p->fd, &id, sizeof id) != sizeof id)
			_exit(1);
	}
}

static void child(str url, int fd)
{
	arena *a = arena_create(UNIT_ARENA_BYTES);
	db *d;
	str why;
	if (db_open(a, url, &d, &why) != OK)
		_exit(2);
	writer *w = writer_start(d, (struct writer_hooks){0});
	for (int i = 0; i < 8; i++) {
		pthread_t t;
		struct acker *p = NEW(a, struct acker);
		*p = (struct acker){w, i, fd};
		pthread_create(&t, NULL, acknowledge, p);
	}
	for (;;)
		pause();
}

static void kill_loses_nothing(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	db_close(u->db);
	int64_t acknowledged = 0;
	for (int round = 0; round < 4; round++) {
		int fd[2], status;
		assert_int_equal(pipe(fd), 0);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			close(fd[0]);
			child(u->url, fd[1]);
		}
		close(fd[1]);
		int64_t id, seen = 0;
		int64_t *list = NEWN(u->a, int64_t, 1 << 20);
		while (read(fd[0], &id, sizeof id) == sizeof id) {
			list[seen++] = id;
			if (seen == 100 + round * 37)
				kill(pid, SIGKILL);
		}
		close(fd[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		dbu_open(u);
		dbc *c = db_reader(u->db);
		for (int64_t i = 0; i < seen; i++) {
			struct dbv v[] = {D_INT(list[i])};
			rows *r = db_query_text(c, STR("SELECT count(*) FROM w WHERE id = $1"), v, 1);
			assert_true(db_next(r));
			assert_int_equal(db_int(r, 0), 1);
			db_done(r);
		}
		db_reader_return(c);
		/* Of PostgreSQL the killed one's last transaction may still run: DROP waits for it. */
		dbu_script(u, "DROP TABLE w");
		table(u);
		db_close(u->db);
		acknowledged += seen;
	}
	assert_true(acknowledged >= 400);
	dbu_open(u);
}

/* ---- a disk that is full ---- */

static void full_disk_refuses_and_recovers(void **state)
{
	struct dbu *u = *state;
	char place[96], ballast[128];
	snprintf(place, sizeof place, "%s/small", u->dir);
	snprintf(ballast, sizeof ballast, "%s/ballast", place);
	if (mkdir(place, 0700) != 0 || mount("none", place, "tmpfs", 0, "size=4m") != 0) {
		print_message("# skipped: no right to mount\n");
		return;
	}
	db_close(u->db);
	u->url = str_fmt(u->a, "sqlite:%s/test.db", place);
	dbu_open(u);
	table(u);
	int fd = open(ballast, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(posix_fallocate(fd, 0, 2 * 1024 * 1024), 0);
	close(fd);
	writer *w = writer_start(u->db, (struct writer_hooks){0});
	char big[20000];
	memset(big, 'x', sizeof big);
	int64_t kept = 0, refused = 0;
	for (int64_t id = 0; id < 300 && refused < 3; id++) {
		struct add a = {.command = {.run = add_run}, .id = id, .text = {big, sizeof big}};
		err e = writer_run(w, &a.command);
		assert_true(e == OK || e == ERR_db_full);
		kept += e == OK;
		refused += e != OK;
	}
	assert_int_equal(refused, 3);
	assert_true(kept > 0);
	assert_int_equal(dbu_int(u, "SELECT count(*) FROM w"), kept); /* still readable */
	assert_int_equal(unlink(ballast), 0);
	assert_int_equal(add(w, 1000, OK), OK); /* goes on by itself */
	writer_stop(w);
	assert_int_equal(dbu_int(u, "SELECT count(*) FROM w"), kept + 1);
	db_close(u->db);
	assert_int_equal(umount(place), 0);
	u->url = str_fmt(u->a, "sqlite:%s/test.db", u->dir);
	dbu_open(u);
}

/* ---- stopping ---- */

static void stopping_finishes_the_queue(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	writer *w = writer_start(u->db, (struct writer_hooks){0});
	assert_int_equal(add(w, 1, OK), OK);
	writer_stop(w);
	assert_int_equal(dbu_int(u, "SELECT count(*) FROM w"), 1);
}

int main(void)
{
	static struct sql *const list[] = {&sql_add};
	db_declare(list, 1);
	const struct CMUnitTest tests[] = {
	    TWICE(a_failure_undoes_only_itself),
	    TWICE(batches_keep_what_they_say),
	    TWICE(hooks_hear_everything),
	    TWICE(who_wrote_nothing_needs_no_second_run),
	    TWICE(conflicts_are_run_again),
	    TWICE(kill_loses_nothing),
	    TWICE(stopping_finishes_the_queue),
	    cmocka_unit_test_setup_teardown(full_disk_refuses_and_recovers, dbu_sqlite, dbu_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The embedded writer goes on while a batch is synced: what it then tells, and whom. */
#include "db_unit.h"
#include "held_disk.h"

static writer *started(struct dbu *u, struct writer_hooks hooks)
{
	dbu_migrate(u, NULL, 0);
	dbu_script(u, HELD_DISK_TABLE);
	return writer_start(u->db, hooks);
}

/* Two commands; the batch of the first at least is committed and waits for the disk. */
static void two_wait_for_the_disk(writer *w, struct row *r)
{
	disk_set(true, false);
	row_submit(w, &r[0], 1, false);
	row_submit(w, &r[1], 2, true);
	r[0].may = true;
	UNTIL(disk_waiting() > 0);
	UNTIL(r[1].runs > 0);
}

static int64_t rows_seen(dbc *c, int64_t id)
{
	rows *r = db_query_text(c, STR("SELECT count(*) FROM held_disk WHERE id = $1"), &D_INT(id), 1);
	int64_t n = db_next(r) ? db_int(r, 0) : -1;
	db_done(r);
	return n;
}

struct reader {
	struct db_waiting w;
	atomic_int ready;
};

static void reader_ready(struct db_waiting *w)
{
	((struct reader *)(void *)w)->ready++;
}

static void nothing_is_told_before_its_sync(void **state)
{
	struct dbu *u = DBU(state);
	writer *w = started(u, (struct writer_hooks){0});
	struct row r[3];
	two_wait_for_the_disk(w, r);
	row_submit(w, &r[2], 3, true);
	UNTIL(r[2].runs == 1); /* the next batch runs */

	dbc *c = db_reader(u->db);
	assert_true(db_reader_durable(c));
	assert_int_equal(rows_seen(c, 1), 1);
	assert_int_equal(rows_seen(c, 3), 0); /* and is not committed */
	assert_false(db_reader_durable(c));
	struct reader me = {.w = {.ready = reader_ready, .point = db_reader_release(c)}};
	assert_true(me.w.point > 0);
	db_wait(u->db, &me.w);
	assert_int_equal(me.ready, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(r[i].told, 0);

	disk_set(false, false);
	UNTIL(r[0].told && r[1].told && r[2].told && me.ready);
	for (int i = 0; i < 3; i++)
		assert_int_equal(r[i].result, OK);
	assert_int_equal(me.ready, 1);
	writer_stop(w);
	assert_int_equal(dbu_int(u, "SELECT sum(id) FROM held_disk"), 6);
}

struct blocked {
	db *d;
	atomic_bool has_read, returned;
};

static void *reads_and_returns(void *ctx)
{
	struct blocked *b = ctx;
	dbc *c = db_reader(b->d);
	b->has_read = rows_seen(c, 1) == 1;
	db_reader_return(c);
	b->returned = true;
	return NULL;
}

static void a_reader_returns_when_it_is_durable(void **state)
{
	struct dbu *u = DBU(state);
	writer *w = started(u, (struct writer_hooks){0});
	struct row r[2];
	struct blocked b = {.d = u->db};
	pthread_t thread;
	two_wait_for_the_disk(w, r);
	assert_int_equal(pthread_create(&thread, NULL, reads_and_returns, &b), 0);
	UNTIL(b.has_read);
	nanosleep(&(struct timespec){0, 20000000}, NULL);
	assert_false(b.returned);
	disk_set(false, false);
	UNTIL(b.returned && r[0].told && r[1].told);
	pthread_join(thread, NULL);
	writer_stop(w);
}

static void a_refusal_waits_for_what_it_saw(void **state)
{
	struct dbu *u = DBU(state);
	writer *w = started(u, (struct writer_hooks){0});
	struct row r[3];
	two_wait_for_the_disk(w, r);
	row_submit(w, &r[2], 1, true); /* it is there already: not durably */
	UNTIL(r[2].runs > 0);
	assert_int_equal(r[2].told, 0);
	disk_set(false, false);
	UNTIL(r[0].told && r[1].told && r[2].told);
	assert_int_equal(r[2].result, ERR_db_constraint);
	writer_stop(w);
}

/* A batch that writes nothing is at its end while the one before is being told. */
static void the_order_of_ends_does_not_matter(void **state)
{
	struct dbu *u = DBU(state);
	writer *w = started(u, (struct writer_hooks){0});
	struct row r[3];
	disk_set(true, false);
	row_submit(w, &r[0], 1, false);
	row_submit(w, &r[1], 1, true); /* refused */
	r[0].deaf = r[0].may = true;
	UNTIL(disk_waiting() > 0);
	disk_set(false, false);
	row_submit(w, &r[2], 1, true); /* refused */
	UNTIL(r[2].runs > 0);
	dbc *c = db_reader(u->db);
	assert_int_equal(rows_seen(c, 1), 1);
	UNTIL(db_reader_durable(c));
	r[0].deaf = false;
	UNTIL(r[0].told && r[1].told && r[2].told);
	db_reader_return(c); /* and does not wait */
	assert_int_equal(r[1].result, ERR_db_constraint);
	assert_int_equal(r[2].result, ERR_db_constraint);
	writer_stop(w);
}

static void lost(void *ctx)
{
	++*(atomic_int *)ctx;
}

static void a_refused_sync_loses_the_disk(void **state)
{
	struct dbu *u = DBU(state);
	atomic_int n = 0;
	writer *w = started(u, (struct writer_hooks){.storage_lost = lost, .ctx = &n});
	struct row r[3];
	two_wait_for_the_disk(w, r);
	row_submit(w, &r[2], 3, true);
	disk_set(false, true);
	UNTIL(r[0].told && r[1].told && r[2].told && n);
	assert_int_equal(r[0].result, ERR_db_uncertain);
	assert_int_not_equal(r[1].result, OK);
	assert_int_not_equal(r[2].result, OK);
	assert_false(writer_submit(w, &r[2].command));
	writer_stop(w);
	assert_int_equal(n, 1);
	disk_set(false, false);
}

/* The syncs that keep the log and the file in order are made when SQLite asks for them,
 * and the log is begun anew many times. */
static void a_log_that_is_begun_anew_keeps_all(void **state)
{
	struct dbu *u = DBU(state);
	writer *w = started(u, (struct writer_hooks){0});
	enum { N = 20000, AT_ONCE = 500 };
	struct row *r = NEWN(u->a, struct row, N);
	for (int i = 0; i < N; i++) {
		row_submit(w, &r[i], (int64_t)i * 7919 % N, true);
		if (i % AT_ONCE == 0)
			UNTIL(r[i].told);
	}
	UNTIL(r[N - 1].told);
	writer_stop(w);
	assert_int_equal(dbu_int(u, "SELECT count(*) FROM held_disk"), N);
	db_close(u->db);
	dbu_open(u);
	assert_int_equal(dbu_int(u, "SELECT count(*) FROM held_disk"), N);
}

int main(void)
{
	static struct sql *const list[] = {&sql_row};
	db_declare(list, 1);
#define SQLITE(f) cmocka_unit_test_setup_teardown(f, dbu_sqlite, dbu_stop)
	const struct CMUnitTest tests[] = {
	    SQLITE(nothing_is_told_before_its_sync),
	    SQLITE(a_reader_returns_when_it_is_durable),
	    SQLITE(a_refusal_waits_for_what_it_saw),
	    SQLITE(the_order_of_ends_does_not_matter),
	    SQLITE(a_refused_sync_loses_the_disk),
	    SQLITE(a_log_that_is_begun_anew_keeps_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Statements, values and rows: every case on SQLite and on PostgreSQL. */
#include "db_unit.h"

#include <inttypes.h>

#define S(n, t) static struct sql sql_##n = {.name = #n, .text = t, .slot = -1}
S(put, "INSERT INTO v (id, i, t, b) VALUES ($1, $2, $3, $4)");
S(get, "SELECT id, i, t, b FROM v WHERE id = $1");
S(swapped, "SELECT id FROM v WHERE t = $2 AND id = $1");
S(twice, "SELECT count(*) FROM v WHERE id = $1 OR i = $1");
S(from, "SELECT id, t FROM v WHERE id >= $1 ORDER BY id");
S(change, "UPDATE v SET t = $1 WHERE id >= $2");
S(put_returning, "INSERT INTO v (id, t) VALUES ($1, $2) RETURNING id + 1");
S(part, "SELECT substr(t, $2) FROM v WHERE id = $1");
S(total, "SELECT sum(i) FROM v WHERE id > $1");
S(broken, "SELECT nothing FROM nowhere");

static void declare(void)
{
	static struct sql *const list[] = {&sql_put,    &sql_get,          &sql_swapped, &sql_twice,
	                                   &sql_from,   &sql_change,       &sql_part,    &sql_total,
	                                   &sql_broken, &sql_put_returning};
	db_declare(list, sizeof list / sizeof *list);
}

static void table(struct dbu *u)
{
	dbu_script(u, "CREATE TABLE v (id BIGINT PRIMARY KEY, i BIGINT, t TEXT, b BYTEA)");
}

static void put(dbc *c, int64_t id, const char *t)
{
	db_exec(c, &sql_put, D_INT(id), D_INT(id * 10), D_TEXT(str_of(t)), D_NULL);
}

static void values_come_back(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	static const char bytes[] = {0, 1, '\\', '\'', (char)0xff, 'x', 0};
	str blob = {bytes, sizeof bytes}, text = STR("'; DROP TABLE v; -- \\ \"مرحبا\" €");
	static const int64_t number[] = {0, 1, -1, INT32_MAX, INT64_C(1) << 40, INT64_MAX, INT64_MIN};
	dbc *c = db_writer(u->db);
	for (size_t n = 0; n < sizeof number / sizeof *number; n++) {
		int64_t id = (int64_t)n;
		assert_int_equal(
		    db_change(c, &sql_put, D_INT(id), D_INT(number[n]), D_TEXT(text), D_BLOB(blob)), 1);
		rows *r = db_query(c, &sql_get, D_INT(id));
		assert_true(db_next(r));
		assert_int_equal(db_int(r, 1), number[n]);
		assert_true(str_eq(db_text(r, 2), text));
		assert_true(str_eq(db_text(r, 3), blob));
		assert_int_equal(db_column_type(r, 1), DB_INT);
		assert_int_equal(db_column_type(r, 2), DB_TEXT);
		assert_int_equal(db_column_type(r, 3), DB_BLOB);
		assert_string_equal(db_column_name(r, 2), "t");
		assert_int_equal(db_columns(r), 4);
		assert_false(db_next(r));
		db_done(r);
	}
	assert_int_equal(db_error(c), OK);
	db_writer_return(c);
}

static void nulls_and_empties_differ(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	dbc *c = db_writer(u->db);
	db_exec(c, &sql_put, D_INT(1), D_NULL, D_NULL, D_NULL);
	db_exec(c, &sql_put, D_INT(2), D_INT(0), D_TEXT((str){0}), D_BLOB((str){0}));
	rows *r = db_query(c, &sql_get, D_INT(1));
	assert_true(db_next(r));
	for (int i = 1; i <= 3; i++) {
		assert_true(db_is_null(r, i));
		assert_int_equal(db_text(r, i).n, 0);
		assert_int_equal(db_int(r, i), 0);
	}
	db_done(r);
	r = db_query(c, &sql_get, D_INT(2));
	assert_true(db_next(r));
	for (int i = 1; i <= 3; i++)
		assert_false(db_is_null(r, i));
	assert_int_equal(db_text(r, 2).n, 0);
	assert_int_equal(db_text(r, 3).n, 0);
	db_done(r);
	assert_int_equal(db_query_int(c, &sql_total, -7, D_INT(100)), -7); /* sum of nothing */
	assert_int_equal(db_error(c), OK);
	db_writer_return(c);
}

/* SQLite numbers parameters by their first appearance; we bind by name. */
static void parameters_go_by_number(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	dbc *c = db_writer(u->db);
	put(c, 1, "one");
	put(c, 2, "two");
	assert_int_equal(db_query_int(c, &sql_swapped, -1, D_INT(2), D_TEXT(STR("two"))), 2);
	assert_int_equal(db_query_int(c, &sql_swapped, -1, D_INT(1), D_TEXT(STR("two"))), -1);
	assert_int_equal(db_query_int(c, &sql_twice, -1, D_INT(10)), 1);
	rows *r = db_query(c, &sql_part, D_INT(2), D_INT(2));
	assert_true(db_next(r));
	assert_str(db_text(r, 0), "wo");
	db_done(r);
	assert_int_equal(db_change(c, &sql_change, D_TEXT(STR("new")), D_INT(1)), 2);
	assert_int_equal(db_change(c, &sql_change, D_TEXT(STR("new")), D_INT(9)), 0);
	assert_int_equal(db_query_int(c, &sql_put_returning, -1, D_INT(41), D_TEXT(STR("x"))), 42);
	assert_int_equal(db_error(c), OK);
	db_writer_return(c);
}

static void too_few_parameters_fail(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	dbc *c = db_writer(u->db);
	db_exec(c, &sql_put, D_INT(1), D_INT(1));
	assert_int_equal(db_error(c), ERR_db_failed);
	db_clear(c);
	db_writer_return(c);
	assert_int_equal(dbu_int(u, "SELECT count(*) FROM v"), 0);
}

/* A query inside the rows of the same statement, and asking again after the end. */
static void statements_nest(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	dbc *c = db_writer(u->db);
	for (int i = 1; i <= 5; i++)
		put(c, i, "x");
	int64_t pairs = 0;
	rows *outer = db_query(c, &sql_from, D_INT(1));
	while (db_next(outer)) {
		rows *inner = db_query(c, &sql_from, D_INT(db_int(outer, 0)));
		while (db_next(inner))
			pairs++;
		assert_false(db_next(inner));
		db_done(inner);
	}
	assert_false(db_next(outer));
	db_done(outer);
	assert_int_equal(pairs, 15);
	assert_int_equal(db_error(c), OK);
	db_writer_return(c);
}

struct taken {
	dbc *c;
	size_t n;
	int64_t first[DB_AT_ONCE_MAX], inner[DB_AT_ONCE_MAX];
};

static void take(void *ctx, size_t i, rows *r)
{
	struct taken *t = ctx;
	assert_int_equal(i, t->n);
	t->first[t->n] = db_next(r) ? db_int(r, 0) : -1;
	t->inner[t->n++] = db_query_int(t->c, &sql_total, -1, D_INT(0)); /* reads itself */
}

static struct taken ask(dbc *c, struct sql *odd)
{
	struct taken t = {.c = c};
	struct dbv v[DB_AT_ONCE_MAX];
	struct db_question q[DB_AT_ONCE_MAX];
	for (int i = 0; i < DB_AT_ONCE_MAX; i++) {
		v[i] = D_INT(i);
		q[i] = (struct db_question){odd && i == 3 ? odd : &sql_from, &v[i], odd && i == 3 ? 0 : 1};
	}
	db_query_each(c, q, DB_AT_ONCE_MAX, take, &t);
	assert_int_equal(t.n, DB_AT_ONCE_MAX);
	return t;
}

static void reads_go_together(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	dbc *w = db_writer(u->db);
	assert_int_equal(db_begin(w), OK);
	for (int i = 0; i < 10; i++)
		put(w, i * 2, "x"); /* on their way when the reads come */
	struct taken t = ask(w, NULL);
	for (int i = 0; i < DB_AT_ONCE_MAX; i++) {
		assert_int_equal(t.first[i], (i + 1) / 2 * 2);
		assert_int_equal(t.inner[i], 900);
	}
	assert_int_equal(db_commit(w), OK);
	db_writer_return(w);
	dbc *c = db_reader(u->db);
	t = ask(c, NULL);
	assert_int_equal(t.first[5], 6);
	assert_int_equal(t.inner[11], 900);
	assert_int_equal(db_error(c), OK);
	t = ask(c, &sql_broken); /* fails, and those after it with it */
	assert_int_equal(t.first[11], -1);
	assert_int_equal(db_error(c), ERR_db_failed);
	db_clear(c);
	t = ask(c, NULL);
	assert_int_equal(t.first[11], 12);
	assert_int_equal(db_error(c), OK);
	db_reader_return(c);
}

static void errors_stick(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	dbc *c = db_writer(u->db);
	put(c, 1, "one");
	put(c, 1, "again");
	assert_int_equal(db_error(c), ERR_db_constraint);
	assert_true(db_error_text(c).n > 0);
	put(c, 2, "two"); /* does nothing any more */
	rows *r = db_query(c, &sql_get, D_INT(1));
	assert_false(db_next(r));
	db_done(r);
	db_clear(c);
	assert_int_equal(db_query_int(c, &sql_total, -1, D_INT(0)), 10);
	assert_int_equal(db_prepare(c, &sql_broken), ERR_db_failed);
	db_clear(c);
	assert_int_equal(db_prepare(c, &sql_get), OK);
	db_writer_return(c);
}

static void snapshots_stand_still(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	dbc *c = db_writer(u->db), *r = db_reader(u->db);
	put(c, 1, "one");
	db_snapshot(r);
	assert_int_equal(db_query_int(r, &sql_twice, -1, D_INT(1)), 1);
	db_exec(c, &sql_put, D_INT(2), D_INT(1), D_NULL, D_NULL);
	assert_int_equal(db_query_int(r, &sql_twice, -1, D_INT(1)), 1);
	db_snapshot_end(r);
	assert_int_equal(db_query_int(r, &sql_twice, -1, D_INT(1)), 2);
	assert_int_equal(db_error(r), OK);
	db_reader_return(r);
	db_writer_return(c);
}

static void put_committed(dbc *c, int64_t id)
{
	assert_int_equal(db_begin(c), OK);
	put(c, id, "x");
	assert_int_equal(db_commit(c), OK);
}

/* It sees each commit all the same, also after a result was open meanwhile, after a failure
 * and after a snapshot; and given back it holds nothing. */
static void a_kept_view_is_never_old(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	dbc *c = db_writer(u->db), *r = db_reader(u->db);
	db_reader_keep(r);
	for (int64_t id = 1; id <= 5; id++) {
		assert_int_equal(db_query_int(r, &sql_twice, -1, D_INT(id)), 0);
		put_committed(c, id);
		assert_int_equal(db_query_int(r, &sql_twice, -1, D_INT(id)), 1);
		assert_int_equal(db_query_int(r, &sql_get, -1, D_INT(id)), id);
	}
	rows *open = db_query(r, &sql_from, D_INT(1));
	assert_true(db_next(open));
	put_committed(c, 6);
	for (int64_t id = 2; id <= 5; id++) {
		assert_true(db_next(open));
		assert_int_equal(db_int(open, 0), id);
		assert_int_equal(db_query_int(r, &sql_get, -1, D_INT(1)), 1);
	}
	db_done(open);
	assert_int_equal(db_query_int(r, &sql_get, -1, D_INT(6)), 6);
	assert_int_equal(db_query_int(r, &sql_broken, -1, D_NULL), -1);
	assert_int_equal(db_error(r), ERR_db_failed);
	db_clear(r);
	put_committed(c, 7);
	assert_int_equal(db_query_int(r, &sql_get, -1, D_INT(7)), 7);
	db_snapshot(r);
	assert_int_equal(db_query_int(r, &sql_twice, -1, D_INT(7)), 1);
	put_committed(c, 8);
	assert_int_equal(db_query_int(r, &sql_twice, -1, D_INT(8)), 0);
	db_snapshot_end(r);
	assert_int_equal(db_query_int(r, &sql_twice, -1, D_INT(8)), 1);
	assert_int_equal(db_error(r), OK);
	db_reader_keep(r);
	assert_int_equal(db_query_int(r, &sql_twice, -1, D_INT(8)), 1);
	db_reader_return(r);
	if (db_kind(u->db) == DB_SQLITE) { /* the log can be begun anew: nobody reads it */
		rows *log = db_query_text(c, STR("PRAGMA wal_checkpoint(TRUNCATE)"), NULL, 0);
		assert_true(db_next(log));
		assert_int_equal(db_int(log, 0), 0);
		db_done(log);
	}
	db_writer_return(c);
}

static void readers_cannot_write(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	dbc *c = db_reader(u->db);
	put(c, 1, "one");
	assert_int_not_equal(db_error(c), OK);
	db_reader_return(c);
	assert_int_equal(dbu_int(u, "SELECT count(*) FROM v"), 0);
}

/* A result left open (its owner was interrupted) does not outlive the return. */
static void open_results_are_closed(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	dbc *c = db_writer(u->db);
	put(c, 1, "one");
	put(c, 2, "two");
	db_writer_return(c);
	for (int i = 0; i < 40; i++) {
		c = db_reader(u->db);
		assert_true(db_next(db_query(c, &sql_from, D_INT(1))));
		db_reader_return(c);
	}
}

static void savepoints_undo(void **state)
{
	struct dbu *u = DBU(state);
	table(u);
	dbc *c = db_writer(u->db);
	assert_int_equal(db_begin(c), OK);
	db_savepoint(c);
	put(c, 1, "one");
	db_savepoint_release(c);
	db_savepoint(c);
	put(c, 2, "two");
	put(c, 1, "refused");
	db_settle(c);
	assert_int_equal(db_error(c), ERR_db_constraint);
	db_savepoint_rollback(c);
	assert_int_equal(db_error(c), OK);
	put(c, 3, "three");
	assert_int_equal(db_commit(c), OK);
	db_writer_return(c);
	assert_int_equal(dbu_int(u, "SELECT sum(id) FROM v"), 4);
}

static void bad_urls_are_refused(void **state)
{
	(void)state;
	arena *a = arena_create(UNIT_ARENA_BYTES);
	db *d;
	str why = {0};
	assert_int_equal(db_open(a, STR("mysql://x"), &d, &why), ERR_bad_input);
	assert_true(why.n > 0);
	why = (str){0};
	assert_int_equal(db_open(a, STR("sqlite:/nonexistent/x/y.db"), &d, &why), ERR_db_failed);
	assert_true(why.n > 0);
	why = (str){0};
	assert_int_equal(db_open(a, STR("postgresql://u@127.0.0.1:1/x"), &d, &why), ERR_db_failed);
	assert_true(why.n > 0);
	arena_destroy(a);
}

int main(void)
{
	declare();
	const struct CMUnitTest tests[] = {
	    TWICE(values_come_back),
	    TWICE(nulls_and_empties_differ),
	    TWICE(parameters_go_by_number),
	    TWICE(too_few_parameters_fail),
	    TWICE(statements_nest),
	    TWICE(reads_go_together),
	    TWICE(errors_stick),
	    TWICE(snapshots_stand_still),
	    TWICE(a_kept_view_is_never_old),
	    TWICE(readers_cannot_write),
	    TWICE(open_results_are_closed),
	    TWICE(savepoints_undo),
	    cmocka_unit_test(bad_urls_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

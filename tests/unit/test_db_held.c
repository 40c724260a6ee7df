/* Rows and sums that a command holds: every case on SQLite and on PostgreSQL. */
#include "db_unit.h"

#include "db/held.h"

#define S(n, t) static struct sql sql_##n = {.name = #n, .text = t, .slot = -1}
S(get, "SELECT id, t, n FROM h_row WHERE id = $1");
S(insert, "INSERT INTO h_row (id, t, n) VALUES ($1, $2, $3)");
S(put, "UPDATE h_row SET n = $2, writes = writes + 1 WHERE id = $1");
S(put_all, "UPDATE h_row SET n = $2, t = $3, writes = writes + 1 WHERE id = $1");
S(see, "SELECT n FROM h_row WHERE t = $1");
S(bump, "UPDATE h_row SET n = n + 100 WHERE id = $1");
S(add, "INSERT INTO h_sum (k, n, total, writes) VALUES ($1, $2, $3, 1) ON CONFLICT (k) DO UPDATE"
       " SET n = h_sum.n + excluded.n, total = h_sum.total + excluded.total,"
       " writes = h_sum.writes + 1");
S(double_sum, "UPDATE h_sum SET n = n * 2 WHERE k = $1");
S(sum_of, "SELECT n FROM h_sum WHERE k = $1");

static const unsigned char columns[] = {0, 2, 1};
static const struct held_put changes[] = {{&sql_put, columns, 2, 1}, {&sql_put_all, columns, 3, 1}};
static struct held_table h_row = {.name = "h_row",
                                  .n_columns = 3,
                                  .n_keys = 1,
                                  .get = &sql_get,
                                  .insert = &sql_insert,
                                  .puts = changes,
                                  .n_puts = 2};
static struct held_sum h_sum = {
    .name = "h_sum", .add = &sql_add, .n_keys = 1, .n_amounts = 2, .get = &sql_sum_of};

static void declare(void)
{
	static struct sql *const list[] = {&sql_get,     &sql_insert, &sql_put,
	                                   &sql_put_all, &sql_see,    &sql_bump,
	                                   &sql_add,     &sql_sum_of, &sql_double_sum};
	db_declare(list, sizeof list / sizeof *list);
	held_declare(&h_row);
	held_declare_sum(&h_sum);
}

static dbc *begun(struct dbu *u)
{
	dbu_script(u, "CREATE TABLE h_row (id BIGINT PRIMARY KEY, t TEXT NOT NULL UNIQUE, n BIGINT"
	              " NOT NULL, writes BIGINT NOT NULL DEFAULT 0);"
	              "CREATE TABLE h_sum (k TEXT PRIMARY KEY, n BIGINT NOT NULL, total BIGINT NOT"
	              " NULL, writes BIGINT NOT NULL);"
	              "INSERT INTO h_row (id, t, n) VALUES (1, 'one', 10), (2, 'two', 20)");
	dbc *c = db_writer(u->db);
	assert_int_equal(db_begin(c), OK);
	return c;
}

static void end(dbc *c)
{
	assert_int_equal(db_commit(c), OK);
	db_writer_return(c);
}

static struct held_row *row(dbc *c, struct dbu *u, int64_t id)
{
	return held_get(c, u->a, &h_row, id, 0);
}

static void add(dbc *c, const char *key, int64_t n)
{
	held_add(c, &h_sum, (const struct dbv[]){D_TEXT(str_of(key))}, (const int64_t[]){1, n});
}

static void many_changes_are_one_write(void **state)
{
	struct dbu *u = DBU(state);
	dbc *c = begun(u);
	db_savepoint(c);
	for (int i = 0; i < 5; i++)
		held_set(c, row(c, u, 1), 2, D_INT(row(c, u, 1)->v[2].i + 1));
	held_set(c, row(c, u, 2), 1, D_TEXT(STR("deux")));
	held_set(c, row(c, u, 2), 2, D_INT(20)); /* as it was */
	assert_null(row(c, u, 3));
	db_savepoint_release(c);
	end(c);
	assert_int_equal(dbu_int(u, "SELECT n FROM h_row WHERE id = 1"), 15);
	assert_int_equal(dbu_int(u, "SELECT writes FROM h_row WHERE id = 1"), 1);
	assert_int_equal(dbu_int(u, "SELECT n FROM h_row WHERE t = 'deux'"), 20);
}

static void other_statements_see_and_change(void **state)
{
	struct dbu *u = DBU(state);
	dbc *c = begun(u);
	db_savepoint(c);
	held_set(c, row(c, u, 1), 2, D_INT(11));
	assert_int_equal(db_query_int(c, &sql_see, -1, D_TEXT(STR("one"))), 11);
	held_set(c, row(c, u, 1), 2, D_INT(12));
	db_exec(c, &sql_bump, D_INT(1));
	assert_int_equal(row(c, u, 1)->v[2].i, 112);
	held_set(c, row(c, u, 1), 2, D_INT(113));
	rows *r = db_query_text(c, STR("SELECT n FROM h_row WHERE id = 1"), NULL, 0);
	assert_true(db_next(r));
	assert_int_equal(db_int(r, 0), 113);
	db_done(r);
	add(c, "x", 5);
	assert_int_equal(db_query_int(c, &sql_sum_of, -1, D_TEXT(STR("x"))), 1);
	db_savepoint_release(c);
	end(c);
	assert_int_equal(dbu_int(u, "SELECT n FROM h_row WHERE id = 1"), 113);
}

static void new_rows_are_held_too(void **state)
{
	struct dbu *u = DBU(state);
	dbc *c = begun(u);
	db_savepoint(c);
	assert_null(row(c, u, 3));
	held_insert(c, &h_row, (const struct dbv[]){D_INT(3), D_TEXT(STR("three")), D_INT(30)});
	held_set(c, row(c, u, 3), 2, D_INT(31));
	held_insert(c, &h_row, (const struct dbv[]){D_INT(4), D_TEXT(STR("four")), D_INT(40)});
	held_trim(c);
	assert_int_equal(row(c, u, 4)->v[2].i, 40);
	db_savepoint_release(c);
	end(c);
	assert_int_equal(dbu_int(u, "SELECT n FROM h_row WHERE id = 3 AND writes = 0"), 31);
	assert_int_equal(dbu_int(u, "SELECT n FROM h_row WHERE id = 4"), 40);
}

static void what_is_undone_leaves_nothing(void **state)
{
	struct dbu *u = DBU(state);
	dbc *c = begun(u);
	db_savepoint(c);
	add(c, "x", 1);
	db_savepoint_release(c);
	db_savepoint(c);
	held_set(c, row(c, u, 1), 2, D_INT(99));
	add(c, "x", 10);
	/* Written within the savepoint, that of the first command included. */
	assert_int_equal(db_query_int(c, &sql_sum_of, -1, D_TEXT(STR("x"))), 2);
	add(c, "x", 100);
	db_savepoint_rollback(c);
	db_savepoint(c);
	assert_int_equal(row(c, u, 1)->v[2].i, 10);
	add(c, "x", 1000);
	db_savepoint_release(c);
	end(c);
	assert_int_equal(dbu_int(u, "SELECT n FROM h_row WHERE id = 1"), 10);
	assert_int_equal(dbu_int(u, "SELECT total FROM h_sum WHERE k = 'x'"), 1001);
	assert_int_equal(dbu_int(u, "SELECT n FROM h_sum WHERE k = 'x'"), 2);
}

static void sums_are_written_once_a_batch(void **state)
{
	struct dbu *u = DBU(state);
	dbc *c = begun(u);
	for (int i = 0; i < 10; i++) {
		db_savepoint(c);
		add(c, "x", i);
		add(c, "none", 0);
		db_savepoint_release(c);
	}
	end(c);
	assert_int_equal(dbu_int(u, "SELECT total FROM h_sum WHERE k = 'x'"), 45);
	assert_int_equal(dbu_int(u, "SELECT writes FROM h_sum WHERE k = 'x'"), 1);
	assert_int_equal(dbu_int(u, "SELECT total FROM h_sum WHERE k = 'none'"), 0);
}

static int64_t read_sum(dbc *c, const char *key)
{
	return held_sum(c, &h_sum, (const struct dbv[]){D_TEXT(str_of(key))});
}

/* A sum that is read tells all that was added so far, and nothing that was undone, and
 * still it is written once. */
static void a_sum_is_read_with_what_is_held(void **state)
{
	struct dbu *u = DBU(state);
	dbc *c = begun(u);
	db_savepoint(c);
	assert_int_equal(read_sum(c, "x"), 0);
	add(c, "x", 1);
	assert_int_equal(read_sum(c, "x"), 1);
	db_savepoint_release(c);
	db_savepoint(c);
	add(c, "x", 1);
	assert_int_equal(read_sum(c, "x"), 2);
	db_savepoint_release(c);
	end(c);
	assert_int_equal(dbu_int(u, "SELECT n FROM h_sum WHERE k = 'x'"), 2);
	assert_int_equal(dbu_int(u, "SELECT writes FROM h_sum WHERE k = 'x'"), 1);
	/* The next batch begins with what the table holds. */
	c = db_writer(u->db);
	assert_int_equal(db_begin(c), OK);
	assert_int_equal(read_sum(c, "x"), 2); /* outside a command too */
	db_savepoint(c);
	add(c, "x", 1);
	assert_int_equal(read_sum(c, "x"), 3);
	db_savepoint_release(c);
	/* Written in a savepoint that is undone: kept, and to be written again. */
	db_savepoint(c);
	add(c, "x", 1);
	assert_int_equal(db_query_int(c, &sql_sum_of, -1, D_TEXT(STR("x"))), 4);
	assert_int_equal(read_sum(c, "x"), 4);
	add(c, "x", 1);
	assert_int_equal(read_sum(c, "x"), 5);
	db_savepoint_rollback(c);
	db_savepoint(c);
	assert_int_equal(read_sum(c, "x"), 3);
	/* What another statement makes of it is seen. */
	db_exec(c, &sql_double_sum, D_TEXT(STR("x")));
	assert_int_equal(read_sum(c, "x"), 6);
	add(c, "x", 1);
	db_savepoint_release(c);
	end(c);
	assert_int_equal(dbu_int(u, "SELECT n FROM h_sum WHERE k = 'x'"), 7);
}

static void a_long_command_holds_little(void **state)
{
	struct dbu *u = DBU(state);
	dbc *c = begun(u);
	db_savepoint(c);
	for (int64_t i = 10; i < 1010; i++) {
		str name = str_fmt(u->a, "row %d", (int)i);
		held_insert(c, &h_row, (const struct dbv[]){D_INT(i), D_TEXT(name), D_INT(1)});
		held_set(c, row(c, u, i), 2, D_INT(2));
		add(c, str_c(u->a, name), 1);
		add(c, "all", 1);
		held_trim(c);
	}
	db_savepoint_release(c);
	end(c);
	assert_int_equal(dbu_int(u, "SELECT sum(n) FROM h_row WHERE id >= 10"), 2000);
	assert_int_equal(dbu_int(u, "SELECT total FROM h_sum WHERE k = 'all'"), 1000);
	assert_int_equal(dbu_int(u, "SELECT count(*) FROM h_sum"), 1001);
}

/* ---- the writer ---- */

struct naming {
	struct command command;
	int64_t id;
	const char *name;
};

static err naming_run(dbc *c, struct command *cmd)
{
	struct naming *n = (struct naming *)(void *)cmd;
	struct dbv v[] = {D_INT(n->id), D_TEXT(str_of(n->name)), D_INT(0)};
	held_insert(c, &h_row, v);
	add(c, "named", 1);
	return OK;
}

static void a_refused_row_refuses_its_command_alone(void **state)
{
	struct dbu *u = DBU(state);
	end(begun(u));
	writer *w = writer_start(u->db, (struct writer_hooks){0});
	struct naming fine = {{.run = naming_run}, 5, "five"}, taken = {{.run = naming_run}, 6, "one"};
	assert_int_equal(writer_run(w, &taken.command), ERR_db_constraint);
	assert_int_equal(writer_run(w, &fine.command), OK);
	writer_stop(w);
	assert_int_equal(dbu_int(u, "SELECT count(*) FROM h_row"), 3);
	assert_int_equal(dbu_int(u, "SELECT n FROM h_sum WHERE k = 'named'"), 1);
}

int main(void)
{
	declare();
	const struct CMUnitTest tests[] = {
	    TWICE(many_changes_are_one_write),    TWICE(other_statements_see_and_change),
	    TWICE(new_rows_are_held_too),         TWICE(what_is_undone_leaves_nothing),
	    TWICE(sums_are_written_once_a_batch), TWICE(a_sum_is_read_with_what_is_held),
	    TWICE(a_long_command_holds_little),   TWICE(a_refused_row_refuses_its_command_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

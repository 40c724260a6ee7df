/* Schema changes, and the settings a database is refused for. */
#include "db_unit.h"

#include <libpq-fe.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define STEP(n, t)                                                                                 \
	{                                                                                              \
		STR_INIT(n), STR_INIT(t)                                                                   \
	}
static const struct migration_step steps[] = {
    STEP("a/0001", "CREATE TABLE m1 (id BIGINT PRIMARY KEY); INSERT INTO m1 VALUES (1)"),
    STEP("a/0002", "CREATE TABLE m2 (id BIGINT PRIMARY KEY); INSERT INTO m2 VALUES (1)"),
    STEP("b/0001", "ALTER TABLE m1 ADD COLUMN t TEXT; UPDATE m1 SET t = 'b'"),
};

static err migrate(struct dbu *u, const struct migration_step *s, size_t n, int *done)
{
	str why = {0};
	dbc *c = db_writer(u->db);
	err e = db_migrate_steps(c, u->a, s, n, 1, done, &why);
	assert_int_equal(e != OK, why.n > 0);
	assert_int_equal(db_error(c), OK);
	db_writer_return(c);
	return e;
}

/* A key of 64 bits on both; on SQLite it is the table's order, without an index. */
static void keys_are_no_second_tree(void **state)
{
	struct dbu *u = DBU(state);
	int done;
	assert_int_equal(migrate(u, steps, 1, &done), OK);
	dbu_script(u, "INSERT INTO m1 VALUES (1099511627776)");
	assert_int_equal(dbu_int(u, "SELECT max(id) FROM m1"), INT64_C(1) << 40);
	if (u->kind == DB_SQLITE)
		assert_int_equal(dbu_int(u, "SELECT count(*) FROM pragma_index_list('m1')"), 0);
}

/* What a list in a check allows, SQLite is told as comparisons, which need no table. */
static void lists_of_checks_hold(void **state)
{
	static const struct migration_step step[] = {
	    STEP("a/0001", "CREATE TABLE m1 (id BIGINT PRIMARY KEY,"
	                   " state TEXT NOT NULL CHECK (state IN ('a', 'b, c', 'd)', 'it''s')),"
	                   " n BIGINT NOT NULL CHECK (n IN (0, 1, 2)),"
	                   " CHECK ((state IN ('a', 'd)', 'e')) = (n > 0)));"
	                   "CREATE INDEX m1_open ON m1 (n) WHERE state IN ('a', 'd)')"),
	};
	static const char *const good[] = {"'a', 1", "'b, c', 0", "'d)', 2", "'it''s', 0"};
	static const char *const bad[] = {"'b', 0", "'e', 1", "'a', 3", "'a', 0", "'it''s', 1"};
	struct dbu *u = DBU(state);
	int done;
	assert_int_equal(migrate(u, step, 1, &done), OK);
	dbc *c = db_writer(u->db);
	for (size_t i = 0; i < 9; i++) {
		str values = str_of(i < 4 ? good[i] : bad[i - 4]);
		str sql = str_fmt(u->a, "INSERT INTO m1 VALUES (%zu, %.*s)", i, STRF(values));
		assert_int_equal(db_script(c, sql), i < 4 ? OK : ERR_db_constraint);
		db_clear(c);
	}
	db_writer_return(c);
	assert_int_equal(dbu_int(u, "SELECT count(*) FROM m1"), 4);
	if (u->kind == DB_SQLITE)
		assert_int_equal(dbu_int(u, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'm1%'"
		                            " AND (sql LIKE '%CHECK%IN (%' OR name = 'm1_open'"
		                            " AND sql LIKE '%WHERE state IN (''a'', ''d)'')%')"),
		                 1);
}

static void steps_run_once(void **state)
{
	struct dbu *u = DBU(state);
	int done;
	assert_int_equal(migrate(u, steps, 2, &done), OK);
	assert_int_equal(done, 2);
	assert_int_equal(migrate(u, steps, 3, &done), OK);
	assert_int_equal(done, 1);
	assert_int_equal(migrate(u, steps, 3, &done), OK);
	assert_int_equal(done, 0);
	assert_int_equal(dbu_int(u, "SELECT count(*) FROM m1 WHERE t = 'b'"), 1);
}

/* A step that fails in its middle leaves nothing; the next start goes on. */
static void half_a_step_leaves_nothing(void **state)
{
	struct dbu *u = DBU(state);
	struct migration_step bad[] = {
	    steps[0],
	    STEP("a/0002", "CREATE TABLE m2 (id BIGINT PRIMARY KEY); INSERT INTO nowhere VALUES (1)"),
	    steps[2],
	};
	int done;
	assert_int_equal(migrate(u, bad, 3, &done), ERR_db_failed);
	assert_int_equal(done, 1);
	assert_int_equal(migrate(u, steps, 3, &done), OK);
	assert_int_equal(done, 2);
	assert_int_equal(dbu_int(u, "SELECT count(*) FROM m2"), 1);
}

static void newer_and_changed_are_refused(void **state)
{
	struct dbu *u = DBU(state);
	int done;
	assert_int_equal(migrate(u, steps, 3, &done), OK);
	assert_int_equal(migrate(u, steps, 2, &done), ERR_db_newer);
	struct migration_step other[] = {steps[0], STEP("a/0002", "CREATE TABLE m2 (id BIGINT)"),
	                                 steps[2]};
	assert_int_equal(migrate(u, other, 3, &done), ERR_db_changed);
}

/* ---- unsafe settings ---- */

static err open_with(struct dbu *u, const char *options, str *why)
{
	db *d;
	str url = str_fmt(u->a, "%s?options=%s", getenv("DIWAN_TEST_PG"), options);
	err e = db_open(u->a, url, &d, why);
	if (e == OK)
		db_close(d);
	return e;
}

static void unsafe_settings_are_refused(void **state)
{
	struct dbu *u = DBU(state);
	static const char *const unsafe[] = {"off", "local"};
	static const char *const safe[] = {"on", "remote_write", "remote_apply"};
	str why = {0};
	for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++) {
		char option[64];
		snprintf(option, sizeof option, "-csynchronous_commit%%3D%s", unsafe[i]);
		assert_int_equal(open_with(u, option, &why), ERR_db_unsafe);
		assert_true(str_find(why, STR("synchronous_commit")) >= 0);
	}
	for (size_t i = 0; i < sizeof safe / sizeof *safe; i++) {
		char option[64];
		snprintf(option, sizeof option, "-csynchronous_commit%%3D%s", safe[i]);
		assert_int_equal(open_with(u, option, &why), OK);
	}
}

/* Whether the first field of the answer, asked of a connection of its own, is this. */
static bool server_says(const char *sql, const char *value)
{
	PGconn *h = PQconnectdb(getenv("DIWAN_TEST_PG"));
	PGresult *res = PQexec(h, sql);
	bool good = PQresultStatus(res) == PGRES_TUPLES_OK && PQntuples(res) == 1 &&
	            strcmp(PQgetvalue(res, 0, 0), value) == 0;
	PQclear(res);
	PQfinish(h);
	return good;
}

static void server_comes_to(const char *sql, const char *value)
{
	for (int i = 0; i < 6000 && !server_says(sql, value); i++)
		nanosleep(&(struct timespec){0, 20000000}, NULL);
	assert_true(server_says(sql, value));
}

/* Whoever connects when this is over meets the setting; sessions were told of it. */
static void set_server(const char *setting, const char *value)
{
	char text[128], bare[64];
	bool quoted = value[0] == '\'';
	snprintf(text, sizeof text, "ALTER SYSTEM SET %s = %s", setting, value);
	PGconn *h = PQconnectdb(getenv("DIWAN_TEST_PG"));
	const char *const command[] = {text, "SELECT pg_reload_conf()"};
	for (size_t i = 0; i < 2; i++) {
		PGresult *res = PQexec(h, command[i]);
		ExecStatusType s = PQresultStatus(res);
		PQclear(res);
		assert_true(s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK);
	}
	PQfinish(h);
	snprintf(text, sizeof text, "SHOW %s", setting);
	snprintf(bare, sizeof bare, "%.*s", (int)(strlen(value) - (quoted ? 2 : 0)), value + quoted);
	server_comes_to(text, bare);
}

/* The server of the test is ours alone: its settings are turned off and on. */
static void unsafe_servers_are_refused(void **state)
{
	struct dbu *u = DBU(state);
	static const char *const setting[] = {"fsync", "full_page_writes"};
	for (size_t i = 0; i < 2; i++) {
		str why = {0};
		db *d = NULL;
		set_server(setting[i], "off");
		err e = db_open(u->a, u->url, &d, &why);
		set_server(setting[i], "on");
		assert_int_equal(e, ERR_db_unsafe);
		assert_true(str_find(why, str_of(setting[i])) >= 0);
	}
	dbu_script(u, "CREATE UNLOGGED TABLE careless (id BIGINT)");
	str why = {0};
	db *d = NULL;
	assert_int_equal(db_open(u->a, u->url, &d, &why), ERR_db_unsafe);
	assert_true(str_find(why, STR("unlogged")) >= 0);
	dbu_script(u, "DROP TABLE careless");
	assert_int_equal(db_open(u->a, u->url, &d, &why), OK);
	db_close(d);
}

/* Something that follows the server's log under the name of a standby, and is not
 * synchronous: what it has not yet got would be lost with this server. */
static void asynchronous_clusters_are_refused(void **state)
{
	struct dbu *u = DBU(state);
	str why = {0};
	db *d = NULL;
	const char *pg = getenv("DIWAN_TEST_PG");
	str line = str_fmt(u->a, "%s?application_name=standby1", pg);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		execlp("pg_receivewal", "pg_receivewal", "-D", u->dir, "-d", line.p, (char *)NULL);
		_exit(127);
	}
	err e = OK;
	for (int i = 0; i < 1200 && e == OK; i++) {
		struct timespec pause = {0, 100000000};
		nanosleep(&pause, NULL);
		e = db_open(u->a, u->url, &d, &why);
		if (e == OK)
			db_close(d);
	}
	kill(pid, SIGTERM);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		print_message("# skipped: there is no pg_receivewal\n");
		return;
	}
	server_comes_to("SELECT count(*) FROM pg_stat_replication",
	                "0"); /* the next test begins alone */
	assert_int_equal(e, ERR_db_unsafe);
	assert_true(str_find(why, STR("standby")) >= 0);
}

/* Two servers by name, of which either may be the primary, and none waits for the other. */
static void a_cluster_without_a_synchronous_standby_is_refused(void **state)
{
	struct dbu *u = DBU(state);
	str pg = str_of(getenv("DIWAN_TEST_PG")), why = {0};
	ptrdiff_t at = str_find(pg, STR("127.0.0.1")), end = str_find(pg, STR("/postgres"));
	if (at < 0 || end < at) {
		print_message("# skipped: the server is not on 127.0.0.1\n");
		return;
	}
	str place = str_sub(pg, (size_t)at, (size_t)end);
	str url = str_fmt(u->a, "%.*s,%.*s/postgres", (int)end, pg.p, STRF(place));
	db *d = NULL;
	assert_int_equal(db_open(u->a, url, &d, &why), ERR_db_unsafe);
	assert_true(str_find(why, STR("several servers are named, and no standby")) >= 0);
	set_server("synchronous_standby_names", "'n2'");
	err e = db_open(u->a, url, &d, &why);
	if (e == OK)
		db_close(d);
	set_server("synchronous_standby_names", "''");
	assert_int_equal(e, OK);
}

/* Settings that are changed under a running platform stop its writing, and only that. */
static void a_server_that_becomes_unsafe_is_not_written_to(void **state)
{
	struct dbu *u = DBU(state);
	dbc *c = db_writer(u->db);
	assert_int_equal(db_begin(c), OK);
	assert_int_equal(db_commit(c), OK);
	set_server("fsync", "off");
	nanosleep(&(struct timespec){1, 200000000}, NULL);
	err e = db_begin(c);
	db_rollback(c);
	set_server("fsync", "on");
	assert_int_equal(e, ERR_db_unsafe);
	assert_int_equal(db_begin(c), OK);
	assert_int_equal(db_commit(c), OK);
	db_writer_return(c);
}

/* A file that cannot be put into WAL mode (another program holds it otherwise)
 * is not safe either. */
static void sqlite_without_wal_is_refused(void **state)
{
	struct dbu *u = *state;
	str why = {0};
	db *d = NULL;
	assert_int_equal(db_open(u->a, STR("sqlite::memory:"), &d, &why), ERR_db_unsafe);
	assert_true(str_find(why, STR("WAL")) >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TWICE(keys_are_no_second_tree),
	    TWICE(lists_of_checks_hold),
	    TWICE(steps_run_once),
	    TWICE(half_a_step_leaves_nothing),
	    TWICE(newer_and_changed_are_refused),
	    cmocka_unit_test_setup_teardown(unsafe_settings_are_refused, dbu_postgres, dbu_stop),
	    cmocka_unit_test_setup_teardown(unsafe_servers_are_refused, dbu_postgres, dbu_stop),
	    cmocka_unit_test_setup_teardown(asynchronous_clusters_are_refused, dbu_postgres, dbu_stop),
	    cmocka_unit_test_setup_teardown(a_cluster_without_a_synchronous_standby_is_refused,
	                                    dbu_postgres, dbu_stop),
	    cmocka_unit_test_setup_teardown(a_server_that_becomes_unsafe_is_not_written_to,
	                                    dbu_postgres, dbu_stop),
	    cmocka_unit_test_setup_teardown(sqlite_without_wal_is_refused, dbu_sqlite, dbu_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Dumps: the same bytes from both databases, and back; damage is noticed. */
#include "db_unit.h"

#include "db/dump.h"

#define DUMP_BYTES_MAX ((size_t)32 * 1024 * 1024)
#define ROWS           1500 /* more than are fetched at once */

static const struct migration_step steps[] = {
    {STR_INIT("d/0001"),
     STR_INIT("CREATE TABLE d_case (id BIGINT PRIMARY KEY, t TEXT, b BYTEA);"
              "CREATE TABLE d_pair (y TEXT, x TEXT, n BIGINT, PRIMARY KEY (x, y));"
              "CREATE TABLE d_loose (t TEXT, n BIGINT);"
              "CREATE TABLE d_empty (id BIGINT PRIMARY KEY);"
              "CREATE INDEX d_case_text ON d_case (t, id);"
              "CREATE UNIQUE INDEX d_pair_n ON d_pair (n) WHERE n >= 0;"
              "CREATE TABLE d_target (id BIGINT PRIMARY KEY);"
              "CREATE TABLE d_refers (id BIGINT PRIMARY KEY," /* to rows that come later */
              " target BIGINT NOT NULL REFERENCES d_target (id))")},
    {STR_INIT("d/0002"), STR_INIT("ALTER TABLE d_case ADD COLUMN a BIGINT")},
};

/* ---- streams in memory ---- */

struct memory {
	char *p;
	size_t n, at, piece;
};

static err keep(void *ctx, str bytes)
{
	struct memory *m = ctx;
	if (m->n + bytes.n > DUMP_BYTES_MAX)
		return ERR_too_large;
	memcpy(m->p + m->n, bytes.p, bytes.n);
	m->n += bytes.n;
	return OK;
}

/* In pieces of an odd length, so that every value is cut somewhere. */
static ptrdiff_t give(void *ctx, char *to, size_t max)
{
	struct memory *m = ctx;
	size_t n = m->n - m->at < m->piece ? m->n - m->at : m->piece;
	n = n < max ? n : max;
	memcpy(to, m->p + m->at, n);
	m->at += n;
	return (ptrdiff_t)n;
}

static struct memory dump(struct dbu *u, struct dump_totals *t)
{
	struct memory m = {.p = NEWN(u->a, char, DUMP_BYTES_MAX), .piece = 7919};
	str why = {0};
	if (db_dump(u->db, u->a, (struct dump_sink){keep, &m}, t, &why) != OK)
		fail_msg("%.*s", STRF(why));
	assert_int_equal(t->bytes, m.n);
	return m;
}

static err load(struct dbu *u, struct memory m, struct dump_totals *t)
{
	str why = {0};
	m.at = 0;
	err e = db_load(u->db, u->a, (struct dump_source){give, &m}, t, &why);
	assert_int_equal(e != OK, why.n > 0);
	return e;
}

static err check(arena *a, struct memory m, struct dump_totals *t)
{
	str why = {0};
	m.at = 0;
	err e = dump_check(a, (struct dump_source){give, &m}, t, &why);
	assert_int_equal(e != OK, why.n > 0);
	return e;
}

/* ---- content ---- */

#define S(n, t) static struct sql sql_##n = {.name = #n, .text = t, .slot = -1}
S(case, "INSERT INTO d_case (id, t, b, a) VALUES ($1, $2, $3, $4)");
S(pair, "INSERT INTO d_pair (x, y, n) VALUES ($1, $2, $3)");
S(loose, "INSERT INTO d_loose (t, n) VALUES ($1, $2)");
S(target, "INSERT INTO d_target (id) VALUES ($1)");
S(refers, "INSERT INTO d_refers (id, target) VALUES ($1, $2)");

static void content(struct dbu *u)
{
	static const char all[] = {0, 1, 2, '\\', '\'', '"', '\n', (char)0x80, (char)0xff};
	static const char *const word[] = {"", "a", "B", "مرحبا", "Z\n\"'\\", "ä", "_"};
	dbu_migrate(u, steps, 2);
	dbc *c = db_writer(u->db);
	db_begin(c);
	for (int64_t i = ROWS; i > 0; i--)
		db_exec(c, &sql_case, D_INT(i * 7 % (ROWS + 1) - ROWS / 2), D_TEXT(str_of(word[i % 7])),
		        D_BLOB(((str){all, (size_t)i % sizeof all})), D_INT(INT64_MIN + i));
	db_exec(c, &sql_case, D_INT(INT64_MAX), D_NULL, D_NULL, D_NULL);
	for (int64_t i = 0; i < 49; i++)
		db_exec(c, &sql_pair, D_TEXT(str_of(word[i % 7])), D_TEXT(str_of(word[i / 7])), D_INT(i));
	for (int64_t i = 0; i < 5; i++)
		db_exec(c, &sql_loose, D_TEXT(STR("twice")), D_INT(i % 2));
	db_exec(c, &sql_target, D_INT(8));
	db_exec(c, &sql_refers, D_INT(1), D_INT(8));
	if (db_commit(c) != OK)
		fail_msg("%.*s", STRF(db_error_text(c)));
	db_writer_return(c);
}

static void refused(struct dbu *u, const char *sql)
{
	dbc *c = db_writer(u->db);
	assert_int_equal(db_begin(c), OK);
	assert_int_equal(db_script(c, str_of(sql)), ERR_db_constraint);
	db_rollback(c);
	db_writer_return(c);
}

/* What a load puts off while the rows come. */
static void has_its_indexes(struct dbu *u)
{
	assert_int_equal(dbu_int(u, u->kind == DB_SQLITE
	                                ? "SELECT count(*) FROM sqlite_master"
	                                  " WHERE name IN ('d_case_text', 'd_pair_n')"
	                                : "SELECT count(*) FROM pg_indexes WHERE schemaname ="
	                                  " current_schema() AND indexname IN"
	                                  " ('d_case_text', 'd_pair_n')"),
	                 2);
}

static void is_whole_again(struct dbu *u)
{
	has_its_indexes(u);
	refused(u, "INSERT INTO d_refers (id, target) VALUES (2, 9)");
	refused(u, "INSERT INTO d_pair (x, y, n) VALUES ('new', 'new', 1)");
}

/* A second database: of the other kind when there is a server. */
static struct dbu other(struct dbu *u, bool same_kind)
{
	struct dbu o = *u;
	bool postgres = (u->kind == DB_POSTGRES) == same_kind;
	o.kind = postgres ? DB_POSTGRES : DB_SQLITE;
	o.url = postgres ? dbu_schema_url(u, "other") : str_fmt(u->a, "sqlite:%s/other.db", u->dir);
	dbu_open(&o);
	return o;
}

static void goes_to(struct dbu *u, bool same_kind)
{
	struct dump_totals first, in, again;
	content(u);
	struct memory m = dump(u, &first);
	struct dbu o = other(u, same_kind);
	dbu_migrate(&o, steps, 2);
	assert_int_equal(load(&o, m, &in), OK);
	assert_int_equal(in.rows, ROWS + 1 + 49 + 5 + 2 + 2);
	assert_int_equal(in.tables, 7);
	struct memory back = dump(&o, &again);
	assert_int_equal(back.n, m.n);
	assert_memory_equal(back.p, m.p, m.n);
	assert_memory_equal(first.hash, again.hash, sizeof first.hash);
	assert_memory_equal(first.hash, in.hash, sizeof first.hash);
	assert_int_equal(load(&o, m, &in), ERR_conflict); /* not twice */
	is_whole_again(&o);
	db_close(o.db);
}

static void round_trip_to_the_same_kind(void **state)
{
	struct dbu *u = DBU(state);
	goes_to(u, true);
}

static void round_trip_to_the_other_kind(void **state)
{
	struct dbu *u = DBU(state);
	if (!getenv("DIWAN_TEST_PG")) {
		print_message("# skipped: DIWAN_TEST_PG names no PostgreSQL server\n");
		return;
	}
	goes_to(u, false);
}

static void another_schema_is_refused(void **state)
{
	struct dbu *u = DBU(state);
	struct dump_totals t;
	content(u);
	struct memory m = dump(u, &t);
	struct dbu o = other(u, true);
	dbu_migrate(&o, steps, 1);
	assert_int_equal(load(&o, m, &t), ERR_db_newer);
	struct migration_step more[] = {steps[0], steps[1], {STR_INIT("e/0001"), STR_INIT("SELECT 1")}};
	dbu_migrate(&o, more, 3);
	assert_int_equal(load(&o, m, &t), ERR_db_changed);
	assert_int_equal(dbu_int(&o, "SELECT count(*) FROM d_case"), 0);
	db_close(o.db);
}

/* Every single changed byte is noticed, and so is every place it can be cut. */
static void damage_is_noticed(void **state)
{
	struct dbu *u = DBU(state);
	struct dump_totals t;
	dbu_migrate(u, steps, 2);
	dbu_script(u, "INSERT INTO d_pair (x, y, n) VALUES ('a', 'b', 300), ('c', 'd', NULL)");
	struct memory m = dump(u, &t);
	assert_int_equal(check(u->a, m, &t), OK);
	assert_int_equal(t.rows, 4);
	for (size_t i = 0; i < m.n; i++) {
		arena_mark mark = arena_save(u->a);
		struct memory cut = m;
		cut.n = i;
		assert_int_equal(check(u->a, cut, &t), ERR_bad_input);
		m.p[i] ^= 0x40;
		assert_int_equal(check(u->a, m, &t), ERR_bad_input);
		m.p[i] ^= 0x40;
		arena_rewind(u->a, mark);
	}
	m.p[m.n++] = 'x';
	assert_int_equal(check(u->a, m, &t), ERR_bad_input);
}

/* A damaged dump leaves nothing behind, however late the damage shows. */
static void damage_loads_nothing(void **state)
{
	struct dbu *u = DBU(state);
	struct dump_totals t;
	content(u);
	struct memory m = dump(u, &t);
	struct dbu o = other(u, true);
	dbu_migrate(&o, steps, 2);
	m.p[m.n - 1] ^= 1;
	assert_int_equal(load(&o, m, &t), ERR_bad_input);
	assert_int_equal(dbu_int(&o, "SELECT count(*) FROM d_case"), 0);
	has_its_indexes(&o);
	m.p[m.n - 1] ^= 1;
	assert_int_equal(load(&o, m, &t), OK);
	db_close(o.db);
}

int main(void)
{
	static struct sql *const list[] = {&sql_case, &sql_pair, &sql_loose, &sql_target, &sql_refers};
	db_declare(list, 5);
	const struct CMUnitTest tests[] = {
	    TWICE(round_trip_to_the_same_kind), TWICE(round_trip_to_the_other_kind),
	    TWICE(another_schema_is_refused),   TWICE(damage_is_noticed),
	    TWICE(damage_loads_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A database for a unit test: a file in a fresh folder, or, on PostgreSQL, a
 * fresh schema of the server that DIWAN_TEST_PG names (tools/with_pg.sh). */
#ifndef DB_UNIT_H
#define DB_UNIT_H

#include "unit.h"

#include "db/migrate.h"
#include "db/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct dbu {
	arena *a;
	db *db;
	enum db_driver kind;
	char dir[64];
	str url;
};

/* The two ways every case is run: TWICE(f) names it for both. */
#define TWICE(f)                                                                        \
	{#f " (sqlite)", f, dbu_sqlite, dbu_stop, NULL},                                     \
	{                                                                                    \
		#f " (postgresql)", f, dbu_postgres, dbu_stop, NULL                              \
	}

__attribute__((unused)) static void dbu_open(struct dbu *u)
{
	str why = {0};
	if (db_open(u->a, u->url, &u->db, &why) != OK)
		fail_msg("%.*s", STRF(why));
}

__attribute__((unused)) static void dbu_script(struct dbu *u, const char *sql)
{
	dbc *c = db_writer(u->db);
	if (db_script(c, str_of(sql)) != OK)
		fail_msg("%.*s", STRF(db_error_text(c)));
	db_writer_return(c);
}

/* A number that a reader sees. */
__attribute__((unused)) static int64_t dbu_int(struct dbu *u, const char *sql)
{
	dbc *c = db_reader(u->db);
	rows *r = db_query_text(c, str_of(sql), NULL, 0);
	int64_t v = db_next(r) ? db_int(r, 0) : -1;
	db_done(r);
	if (db_error(c))
		fail_msg("%.*s", STRF(db_error_text(c)));
	db_reader_return(c);
	return v;
}

__attribute__((unused)) static void dbu_migrate(struct dbu *u, const struct migration_step *s,
                                                size_t n)
{
	int done;
	str why = {0};
	dbc *c = db_writer(u->db);
	if (db_migrate_steps(c, u->a, s, n, 1, &done, &why) != OK)
		fail_msg("%.*s", STRF(why));
	db_writer_return(c);
}

/* A schema of its own, where `sub` tells several of one test apart. */
__attribute__((unused)) static str dbu_schema_url(struct dbu *u, const char *sub)
{
	const char *pg = getenv("DIWAN_TEST_PG");
	db *d;
	str why = {0}, schema = str_fmt(u->a, "t%d_%s%s", (int)getpid(),
	                                u->dir + sizeof "/tmp/diwan." - 1, sub);
	if (db_open(u->a, str_of(pg), &d, &why) != OK)
		fail_msg("%.*s", STRF(why));
	dbc *c = db_writer(d);
	db_script(c, str_fmt(u->a, "CREATE SCHEMA \"%.*s\"", STRF(schema)));
	assert_int_equal(db_error(c), OK);
	db_writer_return(c);
	db_close(d);
	return str_fmt(u->a, "%s%coptions=-csearch_path%%3D\"%.*s\"", pg, strchr(pg, '?') ? '&' : '?',
	               STRF(schema));
}

__attribute__((unused)) static struct dbu *dbu_new(void)
{
	arena *a = arena_create(UNIT_ARENA_BYTES);
	struct dbu *u = NEW(a, struct dbu);
	u->a = a;
	snprintf(u->dir, sizeof u->dir, "/tmp/diwan.XXXXXX");
	return mkdtemp(u->dir) ? u : NULL;
}

__attribute__((unused)) static int dbu_sqlite(void **state)
{
	struct dbu *u = dbu_new();
	u->kind = DB_SQLITE;
	u->url = str_fmt(u->a, "sqlite:%s/test.db", u->dir);
	dbu_open(u);
	*state = u;
	return 0;
}

/* Without a server *state stays NULL, and DBU leaves the case. */
__attribute__((unused)) static int dbu_postgres(void **state)
{
	*state = NULL;
	if (!getenv("DIWAN_TEST_PG"))
		return 0;
	struct dbu *u = dbu_new();
	u->kind = DB_POSTGRES;
	u->url = dbu_schema_url(u, "");
	dbu_open(u);
	*state = u;
	return 0;
}

/* The case's database; leaves the case, saying so, when it has none. */
#define DBU(state)                                                                      \
	*(state);                                                                            \
	do {                                                                                 \
		if (*(state))                                                                     \
			break;                                                                         \
		print_message("# skipped: DIWAN_TEST_PG names no PostgreSQL server\n");          \
		return;                                                                           \
	} while (0)

__attribute__((unused)) static int dbu_stop(void **state)
{
	struct dbu *u = *state;
	char command[128];
	if (!u)
		return 0;
	db_close(u->db);
	snprintf(command, sizeof command, "rm -rf %s", u->dir);
	int rc = system(command);
	arena_destroy(u->a);
	return rc;
}

#endif

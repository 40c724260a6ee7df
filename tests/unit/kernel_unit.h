/* A kernel in a fresh folder, for unit tests. On PostgreSQL when DIWAN_TEST_PG
 * names a server: each test gets a schema of its own. */
#ifndef KERNEL_UNIT_H
#define KERNEL_UNIT_H

#include "unit.h"

#include "kernel/identity/organ.h"
#include "kernel/kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct unit {
	arena *a;
	struct kernel *k;
	char dir[64];
	const struct organ *organs[32];
	size_t n_organs;
	instant now;             /* the clock; tests move it */
	str url;
};

__attribute__((unused)) static instant unit_now(void *ctx)
{
	return ((struct unit *)ctx)->now;
}

__attribute__((unused)) static str unit_database(struct unit *u)
{
	const char *pg = getenv("DIWAN_TEST_PG");
	if (!pg)
		return str_fmt(u->a, "sqlite:%s/test.db", u->dir);
	str why, schema = str_fmt(u->a, "t%d_%s", (int)getpid(), u->dir + sizeof "/tmp/diwan." - 1);
	db *d;
	if (db_open(u->a, str_of(pg), &d, &why) != OK)
		fail_msg("%.*s", STRF(why));
	dbc *c = db_writer(d);
	db_script(c, str_fmt(u->a, "CREATE SCHEMA %.*s", STRF(schema)));
	assert_int_equal(db_error(c), OK);
	db_writer_return(c);
	db_close(d);
	return str_fmt(u->a, "%s%coptions=-csearch_path%%3D%.*s", pg, strchr(pg, '?') ? '&' : '?',
	               STRF(schema));
}

__attribute__((unused)) static void unit_open(struct unit *u)
{
	struct kernel_options o = {
		.database = u->url,
		.data_dir = str_of(u->dir),
		.clock = {unit_now, u},
		.organs = u->organs,
		.n_organs = u->n_organs,
		.migrate = true,
	};
	str why = {0};
	if (kernel_open(&o, &u->k, &why) != OK)
		fail_msg("kernel_open: %.*s", STRF(why));
}

__attribute__((unused)) static struct unit *unit_start(const struct organ *const *organs, size_t n)
{
	arena *a = arena_create(UNIT_ARENA_BYTES);
	struct unit *u = NEW(a, struct unit);
	u->a = a;
	u->now = 1764000000 * SECOND;
	snprintf(u->dir, sizeof u->dir, "/tmp/diwan.XXXXXX");
	assert_non_null(mkdtemp(u->dir));
	u->organs[u->n_organs++] = &identity_organ;
	for (size_t i = 0; i < n; i++)
		u->organs[u->n_organs++] = organs[i];
	u->url = unit_database(u);
	unit_open(u);
	return u;
}

__attribute__((unused)) static void unit_stop(struct unit *u)
{
	char command[128];
	kernel_close(u->k);
	snprintf(command, sizeof command, "rm -rf %s", u->dir);
	assert_int_equal(system(command), 0);
	arena_destroy(u->a);
}

/* Runs `decide` as a command and returns its result. */
__attribute__((unused)) static err unit_run(struct unit *u, err (*decide)(struct tx *, void *),
                                            void *ctx)
{
	struct action act = {.k = u->k, .a = u->a, .decide = decide, .ctx = ctx};
	return kernel_run(&act);
}

#endif

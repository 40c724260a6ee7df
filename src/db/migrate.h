/*
 * migrate.h - numbered schema changes, each in one transaction.
 *
 * A room keeps src/<room>/migrations/NNNN_name.sql (portable SQL); a step that
 * differs has .sqlite.sql and .postgres.sql instead. Files are embedded in the
 * binary and run in the order of the list below, room after room, numbers
 * rising; what ran is recorded with its hash in schema_migrations. A kill in
 * between leaves whole steps only: the next start goes on. A database that has
 * steps this binary does not know is refused (ERR_db_newer), and so is one where
 * a step of the same name had another text (ERR_db_changed). Nodes that start
 * together take turns, step by step.
 */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include "db/db.h"

struct migration_room {
	const char *name;    /* "kernel", "systems/portal": src/<name>/migrations/ */
};

struct migration_step {
	str name;            /* "kernel/0001_kernel": without driver and ending */
	str sql;             /* several statements; none begins or ends a transaction */
};

/* Runs what is missing. *done counts the steps that ran. On failure *why tells. */
err db_migrate(dbc *writer, arena *a, const struct migration_room *rooms, size_t n,
               int64_t now, int *done, str *why);
/* The same for steps given by hand. */
err db_migrate_steps(dbc *writer, arena *a, const struct migration_step *steps, size_t n,
                     int64_t now, int *done, str *why);

#endif

/*
 * tables.h - which tables and columns a database has. Private to db.
 */
#ifndef DB_TABLES_H
#define DB_TABLES_H

#include "db/db.h"

struct table {
	str name;
	str column[64]; /* rising by name */
	size_t n_columns;
	str order; /* for ORDER BY: the primary key, or all columns */
};

/* The tables that hold the content, rising by name: without schema_migrations,
 * writer_mark, full-text indexes and generated columns. ERR_db_failed when a name
 * is not plain ([a-z0-9_]) or there are too many. */
err db_tables(dbc *c, arena *a, struct table **out, size_t *n, str *why);

#endif

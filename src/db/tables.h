/*
 * tables.h - which tables and columns a database has. Private to db.
 */
#ifndef DB_TABLES_H
#define DB_TABLES_H

#include "db/db.h"

struct table {
	str name;
	str column[64]; /* rising by name */
	bool bytes[64];
	size_t n_columns;
	str order; /* for ORDER BY: the primary key, or all columns */
};

/* The tables that hold the content, rising by name: without schema_migrations,
 * writer_mark, full-text indexes and generated columns. ERR_db_failed when a name
 * is not plain ([a-z0-9_]) or there are too many. */
err db_tables(dbc *c, arena *a, struct table **out, size_t *n, str *why);

/* Within a transaction that fills these empty tables: takes away the indexes that no
 * constraint needs and PostgreSQL's foreign keys, for what is made once at the end costs
 * far less than row by row, and rows then come in any order of tables. Yields the script
 * that makes them again and, on PostgreSQL, tells its planner what is there. */
str db_tables_bare(dbc *c, arena *a, const struct table *list, size_t n);

#endif

/*
 * dump.h - all tables of a database as one portable stream, and back.
 *
 * For backups and for moving from SQLite to PostgreSQL or back: the stream does
 * not depend on the database it came from; two databases with the same content
 * give the same bytes. It is read and written in pieces, never held whole.
 *
 * Format (integers big-endian):
 *     "diwan-dump 1\n"
 *     'T' u16 length, table name; u16 number of columns; each u16 length, name
 *     'R' for each column: 'N' | 'I' i64 | 'T' u32 length, bytes | 'B' the same
 *     'E' u64 number of rows of this table
 *     'Z' SHA-256 of everything before
 * Tables rise by name, rows by primary key (or by all columns where there is
 * none). Not in it: generated columns, full-text indexes (made again from the
 * rest), the marks of running writers.
 */
#ifndef DB_DUMP_H
#define DB_DUMP_H

#include "db/db.h"

#define DUMP_TABLES_MAX      1000
#define DUMP_COLUMNS_MAX     64
#define DUMP_VALUE_BYTES_MAX ((size_t)64 * 1024 * 1024)

/* Where the bytes go and come from. `write` takes all or fails; `read` returns
 * how many it read, 0 at the end, -1 on an error. */
struct dump_sink {
	err (*write)(void *ctx, str bytes);
	void *ctx;
};
struct dump_source {
	ptrdiff_t (*read)(void *ctx, char *to, size_t max);
	void *ctx;
};

struct dump_totals {
	int64_t tables, rows, bytes;
	unsigned char hash[32];
};

/* Writes one consistent state while the database is in use. */
err db_dump(db *d, arena *a, struct dump_sink to, struct dump_totals *totals, str *why);

/* Puts a dump into a database that has the same schema steps and no rows, in one
 * transaction: all of it, or nothing. ERR_db_newer or ERR_db_changed when the
 * steps differ, ERR_conflict when there are rows already, ERR_bad_input when the
 * stream is damaged, cut short or goes on after its end. No writer may run. */
err db_load(db *d, arena *a, struct dump_source from, struct dump_totals *totals, str *why);

/* Reads a dump to its end and checks its form and hash, without a database. */
err dump_check(arena *a, struct dump_source from, struct dump_totals *totals, str *why);

#endif

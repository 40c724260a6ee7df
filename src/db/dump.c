#include "db/dump.h"

#include "db/tables.h"

#include <openssl/sha.h>
#include <string.h>

#define BUFFER_BYTES ((size_t)64 * 1024)
#define FETCH_ROWS   500 /* of PostgreSQL at a time */

struct dumper {
	struct dump_sink to;
	SHA256_CTX hash;
	char *buffer;
	size_t n;
	struct dump_totals totals;
	err e; /* the first failure; nothing is written after it */
};

/* ---- bytes ---- */

static void flush(struct dumper *d)
{
	if (d->e == OK && d->n)
		d->e = d->to.write(d->to.ctx, (str){d->buffer, d->n});
	d->totals.bytes += (int64_t)d->n;
	d->n = 0;
}

static void put_raw(struct dumper *d, const char *p, size_t n)
{
	while (n && d->e == OK) {
		size_t part = BUFFER_BYTES - d->n < n ? BUFFER_BYTES - d->n : n;
		memcpy(d->buffer + d->n, p, part);
		d->n += part;
		p += part;
		n -= part;
		if (d->n == BUFFER_BYTES)
			flush(d);
	}
}

static void put(struct dumper *d, str s)
{
	SHA256_Update(&d->hash, s.p, s.n);
	put_raw(d, s.p, s.n);
}

static void put_number(struct dumper *d, uint64_t v, size_t bytes)
{
	char out[8];
	for (size_t i = 0; i < bytes; i++)
		out[i] = (char)(v >> (8 * (bytes - 1 - i)));
	put(d, (str){out, bytes});
}

static void put_name(struct dumper *d, str s)
{
	put_number(d, s.n, 2);
	put(d, s);
}

/* ---- tables ---- */

static void put_value(struct dumper *d, rows *r, int col)
{
	str s;
	switch (db_column_type(r, col)) {
	case DB_NULL:
		put(d, STR("N"));
		break;
	case DB_INT:
		put(d, STR("I"));
		put_number(d, (uint64_t)db_int(r, col), 8);
		break;
	case DB_TEXT:
	case DB_BLOB:
		s = db_text(r, col);
		if (s.n > DUMP_VALUE_BYTES_MAX && d->e == OK)
			d->e = ERR_too_large;
		put(d, db_column_type(r, col) == DB_TEXT ? STR("T") : STR("B"));
		put_number(d, s.n, 4);
		put(d, s);
		break;
	}
}

/* Writes what `sql` yields; returns how many rows. */
static int64_t put_rows(struct dumper *d, dbc *c, str sql)
{
	int64_t n = 0;
	rows *r = db_query_text(c, sql, NULL, 0);
	for (; d->e == OK && db_next(r); n++) {
		put(d, STR("R"));
		for (int i = 0; i < db_columns(r); i++)
			put_value(d, r, i);
	}
	db_done(r);
	if (d->e == OK)
		d->e = db_error(c);
	return n;
}

/* SQLite hands out row by row; from PostgreSQL they are fetched in portions. */
static int64_t put_all_rows(struct dumper *d, dbc *c, arena *a, str select)
{
	if (db_kind_of(c) == DB_SQLITE)
		return put_rows(d, c, select);
	str fetch = str_fmt(a, "FETCH %d FROM dump_rows", FETCH_ROWS);
	int64_t n = 0, part = 1;
	db_script(c, str_fmt(a, "DECLARE dump_rows NO SCROLL CURSOR FOR %.*s", STRF(select)));
	while (part && d->e == OK) {
		part = put_rows(d, c, fetch);
		n += part;
	}
	db_script(c, STR("CLOSE dump_rows"));
	return n;
}

static void put_table(struct dumper *d, dbc *c, arena *a, const struct table *t)
{
	str list = {0};
	put(d, STR("T"));
	put_name(d, t->name);
	put_number(d, t->n_columns, 2);
	for (size_t i = 0; i < t->n_columns; i++) {
		put_name(d, t->column[i]);
		list = str_fmt(a, "%.*s%s\"%.*s\"", STRF(list), i ? ", " : "", STRF(t->column[i]));
	}
	int64_t n = put_all_rows(d, c, a,
	                         str_fmt(a, "SELECT %.*s FROM \"%.*s\" ORDER BY %.*s", STRF(list),
	                                 STRF(t->name), STRF(t->order)));
	put(d, STR("E"));
	put_number(d, (uint64_t)n, 8);
	d->totals.tables++;
	d->totals.rows += n;
}

static void put_everything(struct dumper *d, dbc *c, arena *a, str *why)
{
	struct table *list = NULL;
	size_t n = 0;
	struct table steps = {.name = STR("schema_migrations"),
	                      .column = {STR("name")},
	                      .n_columns = 1,
	                      .order =
	                          db_kind_of(c) == DB_SQLITE ? STR("name") : STR("name COLLATE \"C\"")};
	d->e = db_tables(c, a, &list, &n, why);
	put(d, STR("diwan-dump 1\n"));
	put_table(d, c, a, &steps);
	for (size_t i = 0; d->e == OK && i < n; i++)
		put_table(d, c, a, &list[i]);
	put(d, STR("Z"));
	SHA256_Final(d->totals.hash, &d->hash);
	put_raw(d, (const char *)d->totals.hash, sizeof d->totals.hash);
	flush(d);
}

err db_dump(db *database, arena *a, struct dump_sink to, struct dump_totals *totals, str *why)
{
	struct dumper d = {.to = to, .buffer = NEWN(a, char, BUFFER_BYTES)};
	SHA256_Init(&d.hash);
	*why = (str){0};
	dbc *c = db_reader(database);
	db_snapshot(c);
	put_everything(&d, c, a, why);
	if (d.e == OK)
		d.e = db_error(c);
	if (d.e && !why->n)
		*why = db_error(c) ? str_dup(a, db_error_text(c)) : STR("the dump could not be written");
	db_snapshot_end(c);
	db_reader_return(c);
	if (d.e == OK)
		*totals = d.totals;
	return d.e;
}

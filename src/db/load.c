/*
 * load.c - reads a dump (see dump.h), into a database or just to check it.
 */
#include "db/driver.h"
#include "db/dump.h"
#include "db/tables.h"

#include <openssl/sha.h>
#include <string.h>

#define BUFFER_BYTES   ((size_t)64 * 1024)
#define NAME_BYTES_MAX 63

struct loader {
	arena *a;
	struct dump_source from;
	SHA256_CTX hash;
	char *buffer;
	size_t at, n;
	struct dump_totals totals;
	str *why;
	err e; /* the first failure; afterwards everything reads as zero */
	/* where to; NULL when it is only checked */
	dbc *c;
	struct table *tables;
	size_t n_tables;
	const struct table *into; /* the one whose rows come */
	struct sql insert;        /* where rows are not copied */
	bool copies;
};

/* ---- bytes ---- */

static err fail(struct loader *l, err e, str why)
{
	if (l->e == OK) {
		l->e = e;
		*l->why = why;
	}
	return l->e;
}

static err damaged(struct loader *l, const char *what)
{
	return fail(
	    l, ERR_bad_input,
	    str_fmt(l->a, "the dump is damaged near byte %lld: %s", (long long)l->totals.bytes, what));
}

static bool fill(struct loader *l)
{
	ptrdiff_t n = l->from.read(l->from.ctx, l->buffer, BUFFER_BYTES);
	l->at = 0;
	l->n = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static bool take_raw(struct loader *l, char *to, size_t n)
{
	for (size_t got = 0; got < n && l->e == OK;) {
		if (l->at == l->n && !fill(l)) {
			damaged(l, "it ends too early");
			break;
		}
		size_t part = l->n - l->at < n - got ? l->n - l->at : n - got;
		memcpy(to + got, l->buffer + l->at, part);
		l->at += part;
		got += part;
		l->totals.bytes += (int64_t)part;
	}
	return l->e == OK;
}

static bool take(struct loader *l, char *to, size_t n)
{
	if (!take_raw(l, to, n))
		return false;
	SHA256_Update(&l->hash, to, n);
	return true;
}

static uint64_t take_number(struct loader *l, size_t bytes)
{
	unsigned char in[8] = {0};
	uint64_t v = 0;
	if (take(l, (char *)in, bytes))
		for (size_t i = 0; i < bytes; i++)
			v = v << 8 | in[i];
	return v;
}

static char take_tag(struct loader *l)
{
	char tag = 0;
	take(l, &tag, 1);
	return tag;
}

static str take_text(struct loader *l, size_t n, size_t max)
{
	if (n > max) {
		damaged(l, "a length is impossible");
		return (str){0};
	}
	char *p = NEWN(l->a, char, n + 1);
	return take(l, p, n) ? (str){p, n} : (str){0};
}

static str take_name(struct loader *l)
{
	return take_text(l, take_number(l, 2), NAME_BYTES_MAX);
}

static struct dbv take_value(struct loader *l)
{
	switch (take_tag(l)) {
	case 'N':
		return D_NULL;
	case 'I':
		return D_INT((int64_t)take_number(l, 8));
	case 'T':
		return D_TEXT(take_text(l, take_number(l, 4), DUMP_VALUE_BYTES_MAX));
	case 'B':
		return D_BLOB(take_text(l, take_number(l, 4), DUMP_VALUE_BYTES_MAX));
	default:
		damaged(l, "a value has an unknown type");
		return D_NULL;
	}
}

/* ---- what is done with the rows of a table ---- */

/* Gets ready for the table's rows. Names come from the database itself: those in the
 * stream must be equal to them. */
static void start_table(struct loader *l, const struct table *t)
{
	str columns = {0}, values = {0};
	l->into = NULL;
	for (size_t i = 0; i < l->n_tables; i++)
		if (str_eq(l->tables[i].name, t->name))
			l->into = &l->tables[i];
	bool same = l->into && l->into->n_columns == t->n_columns;
	for (size_t i = 0; same && i < t->n_columns; i++) {
		same = str_eq(l->into->column[i], t->column[i]);
		columns = str_fmt(l->a, "%.*s%s\"%.*s\"", STRF(columns), i ? ", " : "", STRF(t->column[i]));
		values = str_fmt(l->a, "%.*s%s$%zu", STRF(values), i ? ", " : "", i + 1);
	}
	if (!same) {
		fail(l, ERR_db_newer, str_fmt(l->a, "the table %.*s is not the same here", STRF(t->name)));
		return;
	}
	str into = str_fmt(l->a, "\"%.*s\" (%.*s)", STRF(t->name), STRF(columns));
	l->copies = l->c->driver->copy_begin != NULL;
	if (l->copies) {
		l->c->driver->copy_begin(l->c, str_c(l->a, into));
		return;
	}
	str text = str_fmt(l->a, "INSERT INTO %.*s VALUES (%.*s)", STRF(into), STRF(values));
	l->insert = (struct sql){.name = "load", .text = str_c(l->a, text), .slot = -1};
	db_scratch(l->c, &l->insert);
}

static void look(struct loader *l)
{
	if (db_error(l->c))
		fail(l, db_error(l->c), str_dup(l->a, db_error_text(l->c)));
}

static void end_table(struct loader *l)
{
	if (l->copies)
		l->c->driver->copy_end(l->c, l->e == OK);
	l->copies = false;
	look(l);
}

/* The steps of the schema were written first: each must have run here. */
static void check_step(struct loader *l, str name)
{
	struct dbv v[] = {D_TEXT(name)};
	rows *r = db_query_text(l->c, STR("SELECT 1 FROM schema_migrations WHERE name = $1"), v, 1);
	if (!db_next(r))
		fail(l, ERR_db_newer,
		     str_fmt(l->a, "the dump has the step %.*s, which this database lacks", STRF(name)));
	db_done(r);
}

static void check_step_count(struct loader *l, int64_t n)
{
	rows *r = db_query_text(l->c, STR("SELECT count(*) FROM schema_migrations"), NULL, 0);
	if (l->e == OK && db_next(r) && db_int(r, 0) != n)
		fail(l, ERR_db_changed, STR("this database has steps that the dump lacks"));
	db_done(r);
}

static void use_row(struct loader *l, bool steps, const struct dbv *v, size_t n)
{
	if (!l->c || l->e)
		return;
	if (steps)
		check_step(l, v[0].s);
	else if (l->copies)
		l->c->driver->copy_row(l->c, v, l->into->bytes, n);
	else
		db_exec_args(l->c, &l->insert, v, n);
	look(l);
}

/* ---- the stream ---- */

static void take_header(struct loader *l, struct table *t)
{
	t->name = take_name(l);
	t->n_columns = take_number(l, 2);
	if (t->n_columns > DUMP_COLUMNS_MAX || t->n_columns == 0)
		damaged(l, "a table has an impossible number of columns");
	for (size_t i = 0; l->e == OK && i < t->n_columns; i++)
		t->column[i] = take_name(l);
}

static void take_table(struct loader *l)
{
	struct table *t = NEW(l->a, struct table);
	take_header(l, t);
	bool steps = str_eq(t->name, STR("schema_migrations"));
	if (steps != (l->totals.tables == 0))
		damaged(l, "the steps of the schema do not come first");
	if (l->e == OK && l->c && !steps)
		start_table(l, t);
	int64_t n = 0;
	char tag;
	for (; l->e == OK && (tag = take_tag(l)) == 'R'; n++) {
		struct dbv v[DUMP_COLUMNS_MAX];
		arena_mark mark = arena_save(l->a);
		for (size_t i = 0; i < t->n_columns; i++)
			v[i] = take_value(l);
		use_row(l, steps, v, t->n_columns);
		if (l->e == OK)
			arena_rewind(l->a, mark);
	}
	if (l->e == OK && (tag != 'E' || take_number(l, 8) != (uint64_t)n))
		damaged(l, "a table does not have the rows it should");
	if (l->c && steps)
		check_step_count(l, n);
	else if (l->c)
		end_table(l);
	l->totals.tables++;
	l->totals.rows += n;
}

static err take_everything(struct loader *l)
{
	static const char magic[] = "diwan-dump 1\n";
	char start[sizeof magic - 1], end[32], more;
	if (take(l, start, sizeof start) && memcmp(start, magic, sizeof start) != 0)
		fail(l, ERR_bad_input, STR("this is not a dump"));
	char tag = 0;
	while (l->e == OK && (tag = take_tag(l)) == 'T') {
		if (l->totals.tables > DUMP_TABLES_MAX)
			damaged(l, "there are too many tables");
		take_table(l);
	}
	if (l->e == OK && (tag != 'Z' || l->totals.tables == 0))
		damaged(l, "a table or the end was expected");
	SHA256_Final(l->totals.hash, &l->hash);
	if (take_raw(l, end, sizeof end) && memcmp(end, l->totals.hash, sizeof end) != 0)
		damaged(l, "its hash does not agree");
	if (l->e == OK && (l->at < l->n || l->from.read(l->from.ctx, &more, 1) > 0))
		damaged(l, "it goes on after its end");
	return l->e;
}

static struct loader loader_make(arena *a, struct dump_source from, str *why)
{
	struct loader l = {.a = a, .from = from, .why = why, .buffer = NEWN(a, char, BUFFER_BYTES)};
	SHA256_Init(&l.hash);
	*why = (str){0};
	return l;
}

err dump_check(arena *a, struct dump_source from, struct dump_totals *totals, str *why)
{
	struct loader l = loader_make(a, from, why);
	if (take_everything(&l) == OK)
		*totals = l.totals;
	return l.e;
}

/* ---- into a database ---- */

static void check_empty(struct loader *l)
{
	for (size_t i = 0; l->e == OK && i < l->n_tables; i++) {
		str name = l->tables[i].name;
		str text = str_fmt(l->a, "SELECT 1 FROM \"%.*s\" LIMIT 1", STRF(name));
		rows *r = db_query_text(l->c, text, NULL, 0);
		if (db_next(r))
			fail(l, ERR_conflict, str_fmt(l->a, "the table %.*s has rows already", STRF(name)));
		db_done(r);
	}
}

err db_load(db *d, arena *a, struct dump_source from, struct dump_totals *totals, str *why)
{
	struct loader l = loader_make(a, from, why);
	l.c = db_writer(d);
	db_begin(l.c);
	if (db_kind(d) == DB_SQLITE)
		db_script(l.c, STR("PRAGMA defer_foreign_keys = ON"));
	l.e = db_tables(l.c, a, &l.tables, &l.n_tables, why);
	check_empty(&l);
	str again = l.e == OK ? db_tables_bare(l.c, a, l.tables, l.n_tables) : (str){0};
	if (l.e == OK)
		take_everything(&l);
	if (l.e == OK && again.n)
		db_script(l.c, again);
	look(&l);
	if (l.e == OK && db_commit(l.c) != OK)
		fail(&l, db_error(l.c), str_dup(a, db_error_text(l.c)));
	if (l.e)
		db_rollback(l.c);
	db_writer_return(l.c);
	if (l.e == OK)
		*totals = l.totals;
	return l.e;
}

#include "db/migrate.h"

#include "base/buf.h"
#include "base/embed.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 512

/* The steps of one room for this driver, in the order of their numbers. */
static size_t steps_of(arena *a, const char *room, enum db_driver kind, struct migration_step *out,
                       size_t max)
{
	str folder = str_fmt(a, "src/%s/migrations/", room);
	str other = kind == DB_SQLITE ? STR(".postgres.sql") : STR(".sqlite.sql");
	str mine = kind == DB_SQLITE ? STR(".sqlite.sql") : STR(".postgres.sql");
	size_t n = 0;
	for (size_t i = 0; i < embedded_count && n < max; i++) {
		str file = str_of(embedded_files[i].name);
		if (!str_starts(file, folder) || str_ends(file, other))
			continue;
		size_t end = str_ends(file, mine) ? mine.n : STR(".sql").n;
		out[n++] = (struct migration_step){
		    str_fmt(a, "%s/%.*s", room, STRF(str_sub(file, folder.n, file.n - end))),
		    {embedded_files[i].start, (size_t)(embedded_files[i].end - embedded_files[i].start)},
		};
	}
	return n;
}

static str digest(arena *a, str sql)
{
	unsigned char h[32];
	SHA256((const unsigned char *)sql.p, sql.n, h);
	return str_hex(a, (str){(char *)h, sizeof h});
}

/* OK and *ran whether it is there; ERR_db_changed when it had another text. */
static err applied(dbc *c, str name, str hash, bool *ran)
{
	struct dbv v[] = {D_TEXT(name)};
	rows *r = db_query_text(c, STR("SELECT hash FROM schema_migrations WHERE name = $1"), v, 1);
	*ran = db_next(r);
	err e = *ran && !str_eq(db_text(r, 0), hash) ? ERR_db_changed : OK;
	db_done(r);
	return e ? e : db_error(c);
}

static void record(dbc *c, str name, str hash, int64_t now)
{
	struct dbv v[] = {D_TEXT(name), D_TEXT(hash), D_INT(now)};
	rows *r = db_query_text(
	    c, STR("INSERT INTO schema_migrations (name, hash, at) VALUES ($1, $2, $3)"), v, 3);
	db_next(r);
	db_done(r);
}

/* To SQLite only INTEGER says that a table is ordered by its key: with BIGINT it keeps
 * a second tree for it. PostgreSQL's INTEGER has 32 bits. */
static str key_as_order(arena *a, str sql)
{
	static const str from = STR_INIT(" BIGINT PRIMARY KEY"), to = STR_INIT(" INTEGER PRIMARY KEY");
	buf b = buf_make(a, sql.n * 2);
	for (ptrdiff_t at; (at = str_find(sql, from)) >= 0;) {
		buf_put(&b, str_sub(sql, 0, (size_t)at));
		buf_put(&b, to);
		sql = str_sub(sql, (size_t)at + from.n, sql.n);
	}
	buf_put(&b, sql);
	return buf_str(&b);
}

/* The column of "CHECK (column IN (" or "CHECK ((column IN (", whose " IN (" is at `in`. */
static str checked_column(str sql, size_t in)
{
	size_t from = in;
	while (from > 0 && sql.p[from - 1] != ' ' && sql.p[from - 1] != '(')
		from--;
	str before = str_sub(sql, 0, from);
	bool check = str_ends(before, STR("CHECK (")) || str_ends(before, STR("CHECK (("));
	return check ? str_sub(sql, from, in) : (str){0};
}

/* Up to the bracket that closes a list of constants; texts may hold anything. */
static str list_of(str sql)
{
	size_t n = 0;
	for (bool quoted = false; n < sql.n && (quoted || sql.p[n] != ')'); n++)
		quoted ^= sql.p[n] == '\'';
	return str_sub(sql, 0, n);
}

/* (column = a OR column = b ..) */
static void put_comparisons(buf *b, str column, str list)
{
	const char *before = "(";
	bool quoted = false;
	for (size_t i = 0; i < list.n; i++) {
		if (before) {
			buf_puts(b, before);
			buf_put(b, column);
			buf_puts(b, " = ");
		}
		quoted ^= list.p[i] == '\'';
		before = !quoted && list.p[i] == ',' ? " OR " : NULL;
		if (!before)
			buf_putc(b, list.p[i]);
	}
	buf_putc(b, ')');
}

/* To SQLite a list is a table of its own, made and filled whenever the check is: half
 * the time of inserting a payment. Comparisons say the same. Only in checks: the
 * condition of an index has to read as it does in the statements that use it. */
static str lists_compared(arena *a, str sql)
{
	static const str in = STR_INIT(" IN (");
	buf b = buf_make(a, sql.n * 8);
	for (ptrdiff_t at; (at = str_find(sql, in)) >= 0;) {
		size_t after = (size_t)at + in.n;
		str column = checked_column(sql, (size_t)at), list = list_of(str_sub(sql, after, sql.n));
		if (column.n) {
			buf_put(&b, str_sub(sql, 0, (size_t)at - column.n));
			put_comparisons(&b, column, list);
			after += list.n + 1;
		} else {
			buf_put(&b, str_sub(sql, 0, after));
		}
		sql = str_sub(sql, after, sql.n);
	}
	buf_put(&b, sql);
	return buf_str(&b);
}

static str for_driver(arena *a, enum db_driver kind, str sql)
{
	return kind == DB_SQLITE ? lists_compared(a, key_as_order(a, sql)) : sql;
}

/* One step in a transaction of its own, unless it ran before. */
static err apply(dbc *c, arena *a, const struct migration_step *s, int64_t now, int *done, str *why)
{
	str hash = digest(a, s->sql);
	bool ran = false;
	db_begin(c);
	err e = applied(c, s->name, hash, &ran);
	if (e == OK && !ran) {
		e = db_script(c, for_driver(a, db_kind_of(c), s->sql));
		record(c, s->name, hash, now);
	}
	if (e == OK)
		e = db_commit(c);
	if (e == OK) {
		*done += !ran;
		return OK;
	}
	*why = e == ERR_db_changed
	           ? str_fmt(a, "the step %.*s was changed after it ran", STRF(s->name))
	           : str_fmt(a, "migration %.*s: %.*s", STRF(s->name), STRF(db_error_text(c)));
	db_rollback(c);
	return e;
}

/* Steps in the database that this binary does not carry: it is older. */
static err check_known(dbc *c, arena *a, const struct migration_step *step, size_t n, str *why)
{
	err e = OK;
	rows *r = db_query_text(c, STR("SELECT name FROM schema_migrations ORDER BY name"), NULL, 0);
	while (e == OK && db_next(r)) {
		size_t i = 0;
		while (i < n && !str_eq(step[i].name, db_text(r, 0)))
			i++;
		if (i == n) {
			*why = str_fmt(a,
			               "the database has the step %.*s, which this program does not know:"
			               " it was written by a newer version",
			               STRF(db_text(r, 0)));
			e = ERR_db_newer;
		}
	}
	db_done(r);
	if (!e && db_error(c)) {
		*why = str_fmt(a, "schema_migrations: %.*s", STRF(db_error_text(c)));
		e = db_error(c);
	}
	return e;
}

/* The tables that stand outside every room. */
static err make_own_tables(dbc *c, arena *a, str *why)
{
	db_begin(c);
	db_script(c, STR("CREATE TABLE IF NOT EXISTS schema_migrations"
	                 " (name TEXT PRIMARY KEY, hash TEXT NOT NULL, at BIGINT NOT NULL);"
	                 "CREATE TABLE IF NOT EXISTS writer_mark"
	                 " (writer BIGINT PRIMARY KEY, mark BIGINT NOT NULL, at BIGINT NOT NULL)"));
	err e = db_commit(c);
	if (e) {
		*why = str_fmt(a, "schema_migrations: %.*s", STRF(db_error_text(c)));
		db_rollback(c);
	}
	return e;
}

err db_migrate_steps(dbc *c, arena *a, const struct migration_step *steps, size_t n, int64_t now,
                     int *done, str *why)
{
	*done = 0;
	err e = make_own_tables(c, a, why);
	if (e == OK)
		e = check_known(c, a, steps, n, why);
	for (size_t i = 0; e == OK && i < n; i++)
		e = apply(c, a, &steps[i], now, done, why);
	return e;
}

err db_migrate(dbc *c, arena *a, const struct migration_room *rooms, size_t n_rooms, int64_t now,
               int *done, str *why)
{
	struct migration_step *step = NEWN(a, struct migration_step, STEPS_MAX);
	size_t n = 0;
	for (size_t i = 0; i < n_rooms; i++) {
		bool again = false; /* several organs may share a folder */
		for (size_t k = 0; k < i; k++)
			again = again || strcmp(rooms[k].name, rooms[i].name) == 0;
		if (!again)
			n += steps_of(a, rooms[i].name, db_kind_of(c), step + n, STEPS_MAX - n);
	}
	return db_migrate_steps(c, a, step, n, now, done, why);
}

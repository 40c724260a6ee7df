#include "db/tables.h"

#include "base/buf.h"
#include "db/dump.h"

#define SCRIPT_BYTES ((size_t)1024 * 1024)

static const char *const list_text[] = {
    [DB_SQLITE] = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
                  " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    [DB_POSTGRES] = "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p')"
                    " AND NOT relispartition AND relnamespace ="
                    " (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
                    " ORDER BY relname COLLATE \"C\"",
};

/* Name, whether it is text (where the order must be that of bytes), its place in
 * the primary key from 1, or 0; whether it is of bytes (which SQLite need not know). */
static const char *const columns_text[] = {
    [DB_SQLITE] = "SELECT name, 0, pk, 0 FROM pragma_table_xinfo($1) WHERE hidden = 0"
                  " ORDER BY name",
    [DB_POSTGRES] =
        "SELECT a.attname::text, (a.atttypid = 'text'::regtype)::int,"
        " coalesce(array_position(i.indkey::int2[], a.attnum) + 1, 0),"
        " (a.atttypid = 'bytea'::regtype)::int"
        " FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid"
        " LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary"
        " WHERE t.relname = $1 AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''"
        " AND a.atttypid <> 'tsvector'::regtype AND t.relnamespace ="
        " (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
        " ORDER BY a.attname COLLATE \"C\"",
};

static bool plain(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
		      s.p[i] == '_'))
			return false;
	return s.n > 0;
}

static str order_of(arena *a, const struct table *t, const bool *text, const size_t *place)
{
	str key = {0}, all = {0};
	for (size_t i = 0; i < t->n_columns; i++)
		all = str_fmt(a, "%.*s%s\"%.*s\"%s", STRF(all), i ? ", " : "", STRF(t->column[i]),
		              text[i] ? " COLLATE \"C\"" : "");
	for (size_t k = 1; k <= t->n_columns; k++)
		for (size_t i = 0; i < t->n_columns; i++)
			if (place[i] == k)
				key = str_fmt(a, "%.*s%s\"%.*s\"%s", STRF(key), key.n ? ", " : "",
				              STRF(t->column[i]), text[i] ? " COLLATE \"C\"" : "");
	return key.n ? key : all;
}

static err columns_of(dbc *c, arena *a, struct table *t, str *why)
{
	bool text[DUMP_COLUMNS_MAX];
	size_t place[DUMP_COLUMNS_MAX];
	struct dbv v[] = {D_TEXT(t->name)};
	bool good = plain(t->name);
	rows *r = db_query_text(c, str_of(columns_text[db_kind_of(c)]), v, 1);
	while (db_next(r)) {
		size_t i = t->n_columns;
		good = good && i < DUMP_COLUMNS_MAX && plain(db_text(r, 0));
		if (!good)
			break;
		t->column[i] = str_dup(a, db_text(r, 0));
		text[i] = db_int(r, 1) != 0;
		place[i] = (size_t)db_int(r, 2);
		t->bytes[i] = db_int(r, 3) != 0;
		t->n_columns++;
	}
	db_done(r);
	if (!good) {
		*why = str_fmt(a, "the table %.*s has a name or columns that cannot be carried over",
		               STRF(t->name));
		return ERR_db_failed;
	}
	t->order = order_of(a, t, text, place);
	return db_error(c);
}

err db_tables(dbc *c, arena *a, struct table **out, size_t *n, str *why)
{
	struct table *list = NEWN(a, struct table, DUMP_TABLES_MAX);
	size_t count = 0;
	rows *r = db_query_text(c, str_of(list_text[db_kind_of(c)]), NULL, 0);
	while (count < DUMP_TABLES_MAX && db_next(r)) {
		str name = db_text(r, 0);
		if (!str_eq(name, STR("schema_migrations")) && !str_eq(name, STR("writer_mark")))
			list[count++].name = str_dup(a, name);
	}
	bool too_many = count == DUMP_TABLES_MAX && db_next(r);
	db_done(r);
	err e = too_many ? ERR_db_failed : OK;
	if (too_many)
		*why = STR("there are too many tables");
	for (size_t i = 0; e == OK && i < count; i++)
		e = columns_of(c, a, &list[i], why);
	if (e == OK && db_error(c)) {
		e = db_error(c);
		*why = str_dup(a, db_error_text(c));
	}
	*out = list;
	*n = count;
	return e;
}

/* ---- without what is made again ---- */

/* What takes each away, and what makes it again. SQLite needs unique ones for what refers
 * to their columns, and puts its foreign keys off itself. */
static const char *const indexes_text[] = {
    [DB_SQLITE] = "SELECT 'DROP INDEX \"' || name || '\"', sql FROM sqlite_master"
                  " WHERE type = 'index' AND sql LIKE 'CREATE INDEX %' ORDER BY tbl_name, name",
    [DB_POSTGRES] =
        "SELECT format('DROP INDEX %I', x.relname), pg_get_indexdef(i.indexrelid)"
        " FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid"
        " WHERE x.relnamespace ="
        " (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)"
        " ORDER BY i.indrelid, x.relname",
};

static const char foreign_keys_text[] =
    "SELECT format('ALTER TABLE %I DROP CONSTRAINT %I', t.relname, k.conname),"
    " format('ALTER TABLE %I ADD CONSTRAINT %I %s', t.relname, k.conname,"
    " pg_get_constraintdef(k.oid)) FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid"
    " WHERE k.contype = 'f' AND k.connamespace ="
    " (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) ORDER BY t.relname, "
    "k.conname";

/* Making an index wants memory, more than PostgreSQL takes by itself: 256 MiB, if it has no
 * more already. */
static const char memory_text[] =
    "SELECT set_config('maintenance_work_mem', greatest(setting::bigint, 262144)::text, true)"
    " FROM pg_settings WHERE name = 'maintenance_work_mem';";

static void take_away(dbc *c, const char *text, buf *off, buf *again)
{
	rows *r = db_query_text(c, str_of(text), NULL, 0);
	while (db_next(r)) {
		buf_fmt(off, "%.*s;", STRF(db_text(r, 0)));
		buf_fmt(again, "%.*s;", STRF(db_text(r, 1)));
	}
	db_done(r);
}

str db_tables_bare(dbc *c, arena *a, const struct table *list, size_t n)
{
	bool postgres = db_kind_of(c) == DB_POSTGRES;
	buf off = buf_make(a, SCRIPT_BYTES), again = buf_make(a, SCRIPT_BYTES),
	    names = buf_make(a, SCRIPT_BYTES);
	for (size_t i = 0; i < n; i++)
		buf_fmt(&names, "%s\"%.*s\"", i ? ", " : "", STRF(list[i].name));
	if (postgres)
		buf_puts(&again, memory_text);
	take_away(c, indexes_text[postgres ? DB_POSTGRES : DB_SQLITE], &off, &again);
	if (postgres) {
		buf keys_off = buf_make(a, SCRIPT_BYTES);
		take_away(c, foreign_keys_text, &keys_off, &again);
		if (keys_off.n)
			db_script(c, buf_str(&keys_off)); /* before the indexes they may rest on */
		/* A table made or emptied by this transaction takes rows that need no second look
		 * (COPY FREEZE). */
		buf_fmt(&off, "TRUNCATE %.*s;", STRF(buf_str(&names)));
		buf_fmt(&again, "ANALYZE %.*s;", STRF(buf_str(&names)));
	}
	if (off.n)
		db_script(c, buf_str(&off));
	return buf_str(&again);
}

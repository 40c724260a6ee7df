/*
 * sqlite.c - the embedded database.
 *
 * WAL with synchronous=FULL: a commit is on the disk when it returns. SQLite
 * numbers $-parameters by their first appearance, so each is found by its name.
 */
#include "db/driver.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_MILLISECONDS 10000
#define CACHE_KIBIBYTES 16384        /* a connection */
#define CHECKPOINT_PAGES 4000        /* of 4 KiB: the log's size before it is folded in */

struct prepared {
	sqlite3_stmt *stmt;
	bool busy;
	unsigned char index[DB_PARAMS_MAX]; /* SQLite's number of $1, $2 .. */
};

struct sqlite_connection {
	struct dbc c;
	sqlite3 *h;
	struct prepared *slot;
	size_t n_slots;
	struct prepared fixed[4];           /* SAVEPOINT, RELEASE, .. by text */
	const char *fixed_text[4];
};

static struct sqlite_connection *of(dbc *c)
{
	return (struct sqlite_connection *)(void *)c;
}

static err map_error(int rc)
{
	switch (rc & 0xFF) {
	case SQLITE_CONSTRAINT:
		return ERR_db_constraint;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_db_retry;
	case SQLITE_FULL:
		return ERR_db_full;
	default:
		return ERR_db_failed;
	}
}

static void fail(struct sqlite_connection *s, int rc, const char *text)
{
	char line[DB_ERROR_TEXT_BYTES];
	snprintf(line, sizeof line, "%s: %.300s", sqlite3_errmsg(s->h), text);
	dbc_fail(&s->c, map_error(rc), line);
}

static void disconnect(dbc *c)
{
	struct sqlite_connection *s = of(c);
	for (size_t i = 0; i < s->n_slots; i++)
		sqlite3_finalize(s->slot[i].stmt);
	for (size_t i = 0; i < sizeof s->fixed / sizeof *s->fixed; i++)
		sqlite3_finalize(s->fixed[i].stmt);
	sqlite3_close(s->h);
	free(s->slot);
	free(s);
}

/* Connections outlive every arena of a request, and end one by one: the heap. */
static dbc *connect_(db *d, bool writer, str *why)
{
	struct sqlite_connection *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->c.d = d;
	s->c.driver = d->driver;
	s->c.writing = writer;
	s->n_slots = db_statement_count() + 1;
	s->slot = calloc(s->n_slots, sizeof *s->slot);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (writer ? SQLITE_OPEN_CREATE : 0);
	char pragmas[256];
	snprintf(pragmas, sizeof pragmas,
	         "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
	         "PRAGMA cache_size=-%d; PRAGMA wal_autocheckpoint=%d; PRAGMA trusted_schema=OFF;%s",
	         CACHE_KIBIBYTES, CHECKPOINT_PAGES, writer ? "" : "PRAGMA query_only=ON;");
	if (!s->slot || sqlite3_open_v2(d->target, &s->h, flags, NULL) != SQLITE_OK ||
	    sqlite3_busy_timeout(s->h, BUSY_MILLISECONDS) != SQLITE_OK ||
	    sqlite3_exec(s->h, pragmas, NULL, NULL, NULL) != SQLITE_OK) {
		*why = str_fmt(d->a, "%s: %s", d->target, s->h ? sqlite3_errmsg(s->h) : "out of memory");
		disconnect(&s->c);
		return NULL;
	}
	sqlite3_extended_result_codes(s->h, 1);
	return &s->c;
}

static bool prepare(struct sqlite_connection *s, struct prepared *p, const char *text, size_t n)
{
	int rc = sqlite3_prepare_v3(s->h, text, (int)n, SQLITE_PREPARE_PERSISTENT, &p->stmt, NULL);
	if (rc != SQLITE_OK) {
		fail(s, rc, text);
		return false;
	}
	for (int i = 0; i < DB_PARAMS_MAX; i++) {
		char name[8];
		snprintf(name, sizeof name, "$%d", i + 1);
		p->index[i] = (unsigned char)sqlite3_bind_parameter_index(p->stmt, name);
	}
	return true;
}

static void bind(sqlite3_stmt *stmt, int at, const struct dbv *v)
{
	switch (v->type) {
	case DB_NULL:
		sqlite3_bind_null(stmt, at);
		break;
	case DB_INT:
		sqlite3_bind_int64(stmt, at, v->i);
		break;
	case DB_TEXT:
		sqlite3_bind_text64(stmt, at, v->s.p ? v->s.p : "", v->s.n, SQLITE_STATIC, SQLITE_UTF8);
		break;
	case DB_BLOB:
		sqlite3_bind_blob64(stmt, at, v->s.p ? v->s.p : "", v->s.n, SQLITE_STATIC);
		break;
	}
}

/* A statement that is in use already (a query within its own rows) is prepared
 * once more, and thrown away when done. */
static rows *query(dbc *c, struct sql *q, str text, const struct dbv *v, size_t n, rows *r)
{
	struct sqlite_connection *s = of(c);
	struct prepared once = {0}, *p = &once;
	if (q && (size_t)q->slot < s->n_slots && !s->slot[q->slot].busy) {
		p = &s->slot[q->slot];
		r->slot = q->slot;
	}
	if (!p->stmt && !prepare(s, p, q ? q->text : text.p, q ? strlen(q->text) : text.n))
		return r;
	for (size_t i = 0; i < n; i++)
		if (p->index[i])
			bind(p->stmt, p->index[i], &v[i]);
	p->busy = true;
	r->result = p->stmt;
	return r;
}

static bool next(rows *r)
{
	int rc = sqlite3_step(r->result);
	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		fail(of(r->c), rc, sqlite3_sql(r->result));
	return false;
}

static int64_t changed(dbc *c, rows *r)
{
	(void)r;
	return sqlite3_changes64(of(c)->h);
}

static void done(rows *r)
{
	struct sqlite_connection *s = of(r->c);
	if (r->slot < 0) {
		sqlite3_finalize(r->result);
		return;
	}
	sqlite3_reset(r->result);
	s->slot[r->slot].busy = false;
}

static int columns(rows *r)
{
	return sqlite3_column_count(r->result);
}

static const char *name(rows *r, int col)
{
	return sqlite3_column_name(r->result, col);
}

static enum db_type type(rows *r, int col)
{
	switch (sqlite3_column_type(r->result, col)) {
	case SQLITE_NULL:
		return DB_NULL;
	case SQLITE_INTEGER:
		return DB_INT;
	case SQLITE_BLOB:
		return DB_BLOB;
	default:
		return DB_TEXT;
	}
}

static int64_t integer(rows *r, int col)
{
	return sqlite3_column_int64(r->result, col);
}

static str text(rows *r, int col)
{
	const char *p = sqlite3_column_blob(r->result, col);
	return (str){p, (size_t)sqlite3_column_bytes(r->result, col)};
}

/* Savepoints run for every command: their statements are kept. */
static err script_fixed(struct sqlite_connection *s, str sql)
{
	for (size_t i = 0; i < sizeof s->fixed / sizeof *s->fixed; i++) {
		if (!s->fixed_text[i]) {
			s->fixed_text[i] = sql.p;
			if (!prepare(s, &s->fixed[i], sql.p, sql.n))
				return s->c.error;
		}
		if (s->fixed_text[i] != sql.p)
			continue;
		int rc = sqlite3_step(s->fixed[i].stmt);
		sqlite3_reset(s->fixed[i].stmt);
		if (rc != SQLITE_DONE)
			fail(s, rc, sql.p);
		return s->c.error;
	}
	return ERR_not_found;
}

static err script(dbc *c, str sql)
{
	struct sqlite_connection *s = of(c);
	if (str_ends(sql, STR(" command"))) {
		err e = script_fixed(s, sql);
		if (e != ERR_not_found)
			return e;
	}
	char *copy = strndup(sql.p, sql.n);
	int rc = copy ? sqlite3_exec(s->h, copy, NULL, NULL, NULL) : SQLITE_NOMEM;
	if (rc != SQLITE_OK)
		fail(s, rc, copy ? copy : "");
	free(copy);
	return c->error;
}

static err check_safe(dbc *c, arena *a, str *why)
{
	rows *r = db_query_text(c, STR("SELECT * FROM pragma_synchronous, pragma_journal_mode"), NULL, 0);
	bool safe = db_next(r) && db_int(r, 0) >= 2 && str_eq(db_text(r, 1), STR("wal"));
	db_done(r);
	if (safe)
		return OK;
	*why = str_fmt(a, "SQLite would not keep a commit through a power failure: it needs"
	                  " journal_mode=WAL and synchronous=FULL (%.*s)", STRF(db_error_text(c)));
	return ERR_db_unsafe;
}

err db_backup_file(db *d, const char *path, str *why)
{
	if (d->kind != DB_SQLITE) {
		*why = STR("only an embedded database is copied as a file");
		return ERR_bad_input;
	}
	dbc *c = db_reader(d);
	sqlite3 *to = NULL;
	int rc = sqlite3_open(path, &to);
	sqlite3_backup *b = rc == SQLITE_OK ? sqlite3_backup_init(to, "main", of(c)->h, "main") : NULL;
	if (b) {
		sqlite3_backup_step(b, -1);
		rc = sqlite3_backup_finish(b);
	} else if (rc == SQLITE_OK) {
		rc = sqlite3_errcode(to);
	}
	if (rc != SQLITE_OK)
		*why = str_fmt(d->a, "%s: %s", path, sqlite3_errmsg(to));
	sqlite3_close(to);
	db_reader_return(c);
	return rc == SQLITE_OK ? OK : ERR_db_failed;
}

const struct driver sqlite_driver = {
	.connect = connect_,
	.disconnect = disconnect,
	.query = query,
	.changed = changed,
	.next = next,
	.done = done,
	.columns = columns,
	.name = name,
	.type = type,
	.integer = integer,
	.text = text,
	.script = script,
	.begin_write = "BEGIN IMMEDIATE",
	.begin_read = "BEGIN",
	.check_safe = check_safe,
};

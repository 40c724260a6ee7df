/*
 * sqlite.c - the embedded database.
 *
 * WAL with synchronous=FULL: a commit is on the disk when it returns, unless the writer
 * syncs it later (wal.h). SQLite numbers $-parameters by their first appearance, so each
 * is found by its name.
 */
#include "db/driver.h"
#include "db/memory.h"
#include "db/wal.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_MILLISECONDS      10000
#define WRITER_CACHE_KIBIBYTES 8192
#define SAVEPOINT_MEMORY       (16 * 1024 * 1024) /* of pages before a command; more: a file */
#define READER_CACHE_KIBIBYTES 4096

struct prepared {
	sqlite3_stmt *stmt;
	bool busy;
	size_t params;                      /* the highest n of $n */
	unsigned char index[DB_PARAMS_MAX]; /* SQLite's number of $1, $2 .. */
};

struct sqlite_connection {
	struct dbc c;
	sqlite3 *h;
	struct prepared *slot;
	sqlite3_stmt *step[DB_STEPS];
	struct folder *folder; /* the writer's */
	struct log_file *log;  /* of its last commit that may have to be synced */
};

static const char *const step_text[DB_STEPS] = {
    [DB_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [DB_BEGIN_READ] = "BEGIN",
    [DB_COMMIT] = "COMMIT",
    [DB_ROLLBACK] = "ROLLBACK",
    [DB_SAVEPOINT] = "SAVEPOINT command",
    [DB_RELEASE] = "RELEASE command",
    [DB_ROLLBACK_TO] = "ROLLBACK TO command",
};

static struct sqlite_connection *of(dbc *c)
{
	return (struct sqlite_connection *)(void *)c;
}

/* A disk may also fill where SQLite speaks of an I/O error (the shared-memory file). */
static err map_error(sqlite3 *h, int rc)
{
	switch (rc & 0xFF) {
	case SQLITE_CONSTRAINT:
		return ERR_db_constraint;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_db_retry;
	case SQLITE_FULL:
		return ERR_db_full;
	case SQLITE_IOERR:
		return sqlite3_system_errno(h) == ENOSPC ? ERR_db_full : ERR_db_failed;
	default:
		return ERR_db_failed;
	}
}

static void fail(struct sqlite_connection *s, int rc, const char *text)
{
	char line[DB_ERROR_TEXT_BYTES];
	snprintf(line, sizeof line, "%s: %.300s", sqlite3_errmsg(s->h), text);
	dbc_fail(&s->c, map_error(s->h, rc), line);
}

static void disconnect(dbc *c)
{
	struct sqlite_connection *s = of(c);
	for (size_t i = 0; s->slot && i < DB_SLOTS; i++)
		sqlite3_finalize(s->slot[i].stmt);
	for (size_t i = 0; i < DB_STEPS; i++)
		sqlite3_finalize(s->step[i]);
	wal_fold_stop(s->folder);
	sqlite3_close(s->h);
	free(s->slot);
	free(s);
}

/* Pages of 8 KiB (of a new database): a batch changes the ends of some forty trees, so twice
 * the size is far from twice the log, and fewer pages are split.
 * The writer keeps what a savepoint would put back in memory, not in a file of its own.
 * The file is not mapped: readers would map it anew after every commit. */
static int configure(struct sqlite_connection *s)
{
	char text[512];
	snprintf(text, sizeof text,
	         "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	         "PRAGMA checkpoint_fullfsync=ON; PRAGMA foreign_keys=ON;"
	         "PRAGMA cache_size=-%d; PRAGMA mmap_size=0; PRAGMA wal_autocheckpoint=0;"
	         "PRAGMA trusted_schema=OFF; %s",
	         s->c.writing ? WRITER_CACHE_KIBIBYTES : READER_CACHE_KIBIBYTES,
	         s->c.writing ? "PRAGMA temp_store=MEMORY;" : "PRAGMA query_only=ON;");
	sqlite3_busy_timeout(s->h, BUSY_MILLISECONDS);
	return sqlite3_exec(s->h, text, NULL, NULL, NULL);
}

/* Folds a log left by a crash into the file at once: its pages are then written
 * again and synced, whatever became of an earlier sync. When another process has
 * the database open there was no crash, and nothing is waited for. */
static int fold_log(struct sqlite_connection *s)
{
	sqlite3_busy_timeout(s->h, 0);
	int rc = sqlite3_wal_checkpoint_v2(s->h, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(s->h, BUSY_MILLISECONDS);
	return rc == SQLITE_BUSY || rc == SQLITE_LOCKED ? SQLITE_OK : rc;
}

/* SQLite's own settings, for the process and before its first connection. Pages as
 * they were before a command are kept in memory: in a file, every command would
 * write them twice. Nobody asks how much memory SQLite has taken: not counting it
 * spares a lock with every allocation. */
static void settings(void)
{
	sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, SAVEPOINT_MEMORY);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	memory_lists();
}

/* Connections outlive every arena of a request, and end one by one: the heap. */
static dbc *connect_(db *d, bool writer, char *why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sqlite_connection *s = calloc(1, sizeof *s);
	pthread_once(&once, settings);
	if (!s)
		return NULL;
	s->c.d = d;
	s->c.driver = d->driver;
	s->c.writing = writer;
	s->slot = calloc(DB_SLOTS, sizeof *s->slot);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (writer ? SQLITE_OPEN_CREATE : 0);
	if (!s->slot || sqlite3_open_v2(d->target, &s->h, flags, wal_vfs()) != SQLITE_OK ||
	    configure(s) != SQLITE_OK || (writer && fold_log(s) != SQLITE_OK)) {
		snprintf(why, DB_ERROR_TEXT_BYTES, "%.300s: %.200s", d->target,
		         s->h ? sqlite3_errmsg(s->h) : "out of memory");
		disconnect(&s->c);
		return NULL;
	}
	sqlite3_extended_result_codes(s->h, 1);
	if (writer && !(s->folder = wal_fold_start(s->h)))
		sqlite3_wal_autocheckpoint(s->h, 4000);
	return &s->c;
}

static bool prepare_text(struct sqlite_connection *s, struct prepared *p, const char *text,
                         size_t n)
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
		if (p->index[i])
			p->params = (size_t)i + 1;
	}
	return true;
}

static bool prepare(dbc *c, struct sql *q)
{
	struct sqlite_connection *s = of(c);
	struct prepared *p = &s->slot[q->slot];
	return p->stmt || prepare_text(s, p, q->text, strlen(q->text));
}

static void scratch(dbc *c)
{
	struct prepared *p = &of(c)->slot[DB_SLOT_SCRATCH];
	sqlite3_finalize(p->stmt);
	*p = (struct prepared){0};
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
	if (q && !s->slot[q->slot].busy) {
		p = &s->slot[q->slot];
		r->slot = q->slot;
	}
	if (!p->stmt && !prepare_text(s, p, q ? q->text : text.p, q ? strlen(q->text) : text.n))
		return r;
	p->busy = true;
	r->result = p->stmt;
	if (n < p->params) {
		dbc_fail(c, ERR_db_failed, "fewer parameters than the statement has");
		return r;
	}
	for (size_t i = 0; i < n; i++)
		if (p->index[i])
			bind(p->stmt, p->index[i], &v[i]);
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

/* Through the value: each sqlite3_column_* call takes the connection's lock, as it were. */
static void row(rows *r, struct dbv *v, int n)
{
	for (int i = 0; i < n; i++) {
		sqlite3_value *x = sqlite3_column_value(r->result, i);
		switch (sqlite3_value_type(x)) {
		case SQLITE_NULL:
			v[i] = D_NULL;
			break;
		case SQLITE_INTEGER:
			v[i] = D_INT(sqlite3_value_int64(x));
			break;
		case SQLITE_BLOB:
			v[i] = D_BLOB(((str){sqlite3_value_blob(x), (size_t)sqlite3_value_bytes(x)}));
			break;
		default:
			v[i] = D_TEXT(((str){sqlite3_value_blob(x), (size_t)sqlite3_value_bytes(x)}));
			break;
		}
	}
}

static int64_t integer(rows *r, int col)
{
	return sqlite3_column_int64(r->result, col);
}

static str text(rows *r, int col)
{
	sqlite3_value *v = sqlite3_column_value(r->result, col);
	const char *p = sqlite3_value_blob(v);
	return (str){p, (size_t)sqlite3_value_bytes(v)};
}

static void step(dbc *c, enum db_step which)
{
	struct sqlite_connection *s = of(c);
	const char *text = step_text[which];
	sqlite3_stmt **stmt = &s->step[which];
	int rc = SQLITE_OK;
	if (!*stmt)
		rc = sqlite3_prepare_v3(s->h, text, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
	if (rc == SQLITE_OK) {
		rc = sqlite3_step(*stmt);
		if (rc != SQLITE_DONE && which == DB_COMMIT && (rc & 0xFF) == SQLITE_IOERR)
			dbc_fail(c, ERR_db_uncertain, sqlite3_errmsg(s->h));
		else if (rc != SQLITE_DONE)
			fail(s, rc, text);
		sqlite3_reset(*stmt);
	} else {
		fail(s, rc, text);
	}
}

static bool defer(dbc *c)
{
	struct sqlite_connection *s = of(c);
	s->log = wal_log(s->h);
	return s->log && wal_defer(s->log);
}

static bool deferred(dbc *c)
{
	return wal_deferred(of(c)->log);
}

static bool sync_(dbc *c)
{
	return wal_sync(of(c)->log);
}

static err script(dbc *c, str sql)
{
	struct sqlite_connection *s = of(c);
	char *copy = strndup(sql.p, sql.n);
	int rc = copy ? sqlite3_exec(s->h, copy, NULL, NULL, NULL) : SQLITE_NOMEM;
	if (rc != SQLITE_OK)
		fail(s, rc, copy ? copy : "");
	free(copy);
	return c->error;
}

static err check_safe(dbc *c, arena *a, str *why)
{
	rows *r =
	    db_query_text(c, STR("SELECT * FROM pragma_synchronous, pragma_journal_mode"), NULL, 0);
	bool safe = db_next(r) && db_int(r, 0) >= 2 && str_eq(db_text(r, 1), STR("wal"));
	db_done(r);
	if (safe)
		return OK;
	str error = db_error_text(c);
	*why = str_fmt(a,
	               "SQLite would not keep a commit through a power failure: it needs"
	               " journal_mode=WAL and synchronous=FULL%s%.*s",
	               error.n ? ": " : "", STRF(error));
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
    .prepare = prepare,
    .scratch = scratch,
    .query = query,
    .changed = changed,
    .next = next,
    .done = done,
    .columns = columns,
    .name = name,
    .type = type,
    .row = row,
    .integer = integer,
    .text = text,
    .script = script,
    .step = step,
    .defer = defer,
    .deferred = deferred,
    .sync = sync_,
    .check_safe = check_safe,
    .keeps = true,
};

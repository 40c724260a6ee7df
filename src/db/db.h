/*
 * db.h - one database API over two drivers, SQLite and PostgreSQL.
 *
 * SQL is declared, never assembled. A room lists its statements in statements.def
 *     STMT(case_get, "SELECT id, state FROM cases WHERE id = $1")
 * and includes that file through db/declare.h. One portable text serves both
 * databases: parameters $1..$n, BIGINT, TEXT and BYTEA columns, ON CONFLICT,
 * RETURNING; time comes in as a parameter. Every statement is prepared once for
 * each connection; a test prepares all of them on both databases.
 *
 * Errors are sticky: the first failure is kept in the connection, later calls
 * do nothing and yield no rows, and whoever owns the connection (the writer for
 * a command, the web server for a request) looks at db_error() at its end. So
 * code in between reads rows without checking each call.
 *
 * Ownership: a `dbc` belongs to one thread at a time. Text and blobs read from a
 * row live until the next db_next or db_done on it, unless copied.
 */
#ifndef DB_DB_H
#define DB_DB_H

#include "base/err.h"
#include "base/str.h"

#define ERROR(name, code, http, retry) ERR_##name = (code),
enum db_errors {
#include "db/errors.def"
};
#undef ERROR

typedef struct db db;      /* an opened database: configuration and drivers */
typedef struct dbc dbc;    /* one connection */
typedef struct rows rows;  /* an open result */

/* A declared statement. `slot` is given at registration, the rest when a database
 * is opened: which held tables (db/held.h) it names, and that it only reads. */
struct sql {
	const char *name;
	const char *text;
	int slot;
	uint32_t names;
	bool reads;
};

/* Makes a room's statements known; before db_open, once each. */
void db_declare(struct sql *const *list, size_t n);
/* Every declared statement, for the test that prepares them all. */
size_t db_declared(struct sql *const **out);

enum db_driver { DB_SQLITE, DB_POSTGRES };

/* Opens `url`: "sqlite:PATH" or a libpq connection string beginning with
 * "postgres://" or "postgresql://". Refuses unsafe durability with ERR_db_unsafe
 * and says why in *why: SQLite below synchronous=FULL; PostgreSQL with fsync,
 * full_page_writes or synchronous_commit off (or local), with unlogged tables, or
 * with standbys of which none is synchronous, or with several servers named (host=a,b)
 * and no synchronous_standby_names. The writer looks again with each new connection
 * and once a second. A PostgreSQL connection that breaks is made again when next used.
 * Creates the SQLite file if absent. */
err db_open(arena *a, str url, db **out, str *why);
void db_close(db *d);
enum db_driver db_kind(const db *d);
enum db_driver db_kind_of(const dbc *c);

/* A connection to read with (a pool keeps and hands them out) and the one to
 * write with. Both block until one is free.
 *
 * The writer of an embedded database goes on while its last batch is being synced, and
 * readers see that batch already (writer.h). Nobody may hear or act upon what a power
 * failure could still take back: db_reader_return waits until all that may have been read is
 * on the disk. It must not be called where the writer tells of a command's end. */
dbc *db_reader(db *d);
void db_reader_return(dbc *c);
/* For who does not want to wait: what must be durable first (0: all is), to be given to
 * db_wait. Once it is, perhaps at once, `ready` is called; it must be short. */
int64_t db_reader_release(dbc *c);
/* Is all it may have read so far on the disk? */
bool db_reader_durable(const dbc *c);
/* Until it is given back, this reader keeps its view of an embedded database from one read
 * to the next instead of taking a lock for each, and takes a new one as soon as a command
 * has ended in between: it sees what it would have seen anyway. Not for who waits for
 * something slow meanwhile, as a view that is kept keeps the log from being begun anew. */
void db_reader_keep(dbc *c);
struct db_waiting {
	void (*ready)(struct db_waiting *w);
	int64_t point;
	struct db_waiting *next; /* private */
};
void db_wait(db *d, struct db_waiting *w);
dbc *db_writer(db *d);
void db_writer_return(dbc *c);

/* A reader sees one consistent state between these two. */
void db_snapshot(dbc *c);
void db_snapshot_end(dbc *c);

/* ---- parameters and rows ---- */

enum db_type { DB_NULL, DB_INT, DB_TEXT, DB_BLOB };

struct dbv {
	enum db_type type;
	int64_t i;
	str s;
};

#define D_NULL ((struct dbv){DB_NULL, 0, {0}})
#define D_INT(v) ((struct dbv){DB_INT, (v), {0}})
#define D_TEXT(v) ((struct dbv){DB_TEXT, 0, (v)})
#define D_BLOB(v) ((struct dbv){DB_BLOB, 0, (v)})
/* NULL when the number is 0 or the text empty. */
#define D_INT_OR_NULL(v) ((struct dbv){(v) ? DB_INT : DB_NULL, (v), {0}})
#define D_TEXT_OR_NULL(v) ((struct dbv){(v).n ? DB_TEXT : DB_NULL, 0, (v)})

/* Runs a statement that returns no rows. Within a transaction of PostgreSQL it goes to
 * the server together with the next statement that is waited for, so an error may show
 * later: at the next query, db_settle or db_commit.
 * A statement without parameters: db_exec_args(c, q, NULL, 0). */
#define db_exec(c, q, ...)                                                              \
	db_exec_args((c), (q), (const struct dbv[]){__VA_ARGS__},                             \
	             sizeof((const struct dbv[]){__VA_ARGS__}) / sizeof(struct dbv))
/* The same, waited for; returns how many rows it changed. */
#define db_change(c, q, ...)                                                            \
	db_change_args((c), (q), (const struct dbv[]){__VA_ARGS__},                           \
	               sizeof((const struct dbv[]){__VA_ARGS__}) / sizeof(struct dbv))
#define db_query(c, q, ...)                                                             \
	db_query_args((c), (q), (const struct dbv[]){__VA_ARGS__},                            \
	              sizeof((const struct dbv[]){__VA_ARGS__}) / sizeof(struct dbv))

/* Prepares without running: ERR_db_failed when this database does not accept it. */
err db_prepare(dbc *c, struct sql *q);

void db_exec_args(dbc *c, struct sql *q, const struct dbv *v, size_t n);
int64_t db_change_args(dbc *c, struct sql *q, const struct dbv *v, size_t n);
/* Waits for what is on its way; db_error then knows all. */
void db_settle(dbc *c);
rows *db_query_args(dbc *c, struct sql *q, const struct dbv *v, size_t n); /* never NULL */

/* Reads that do not wait for each other's answers: to PostgreSQL they go in one journey.
 * The answers are handed over in their order, and `take` may itself read. */
#define DB_AT_ONCE_MAX 12
struct db_question {
	struct sql *q;
	const struct dbv *v;
	size_t n;
};
void db_query_each(dbc *c, const struct db_question *q, size_t n,
                   void (*take)(void *ctx, size_t i, rows *r), void *ctx);
/* How many it is worth asking so: DB_AT_ONCE_MAX, or 1 where a journey costs nothing and
 * each may as well be asked in the light of the answers before. */
size_t db_at_once(const dbc *c);

bool db_next(rows *r);             /* false at the end or on an error */
void db_done(rows *r);             /* always call it; allowed after the end */
int64_t db_int(rows *r, int col);  /* from 0; NULL reads as 0 */
str db_text(rows *r, int col);     /* also reads blobs; NULL reads as empty */
bool db_is_null(rows *r, int col);
int db_columns(rows *r);
const char *db_column_name(rows *r, int col);
enum db_type db_column_type(rows *r, int col);
/* The first n columns of the row, as they are. */
void db_row(rows *r, struct dbv *v, int n);

/* First column of the first row, or the default. */
#define db_query_int(c, q, otherwise, ...)                                              \
	db_query_int_args((c), (q), (otherwise), (const struct dbv[]){__VA_ARGS__},           \
	                  sizeof((const struct dbv[]){__VA_ARGS__}) / sizeof(struct dbv))
int64_t db_query_int_args(dbc *c, struct sql *q, int64_t otherwise, const struct dbv *v, size_t n);

/* ---- errors ---- */

/* The first failure since the last db_clear:
 *   OK
 *   ERR_db_constraint  a unique key or check refused
 *   ERR_db_retry       serialization, deadlock: run the transaction again
 *   ERR_db_lost        the connection broke; nothing of the transaction is kept
 *   ERR_db_uncertain   it broke during the commit: kept or not, nobody knows yet
 *   ERR_db_full        no space
 *   ERR_db_unsafe      see db_open; the server is no longer safe
 *   ERR_db_failed      anything else
 */
err db_error(const dbc *c);
str db_error_text(const dbc *c);   /* for the log, never for a page */
void db_clear(dbc *c);

/* ---- what only the writer, migrations, backup and the journal's rebuild use ---- */

err db_begin(dbc *c);              /* a write transaction */
err db_commit(dbc *c);             /* durable when it returns OK */
void db_rollback(dbc *c);          /* also clears the sticky error, closes results */
void db_savepoint(dbc *c);         /* one level */
void db_savepoint_release(dbc *c);
void db_savepoint_rollback(dbc *c);/* also clears the sticky error */
/* The same without a savepoint, which costs a copy of every page that is changed: a
 * unit that has written something cannot be undone, only the whole transaction can. */
void db_unit(dbc *c);
void db_unit_keep(dbc *c);
bool db_unit_undo(dbc *c);         /* false: it has written */
/* Text that is not declared: migrations, pragmas, table hashes over known table
 * names. db_script allows several statements separated by ';'. */
err db_script(dbc *c, str sql);
rows *db_query_text(dbc *c, str sql, const struct dbv *v, size_t n);
/* Copies the whole database to `path` while it is in use (SQLite's online
 * backup); ERR_bad_input on PostgreSQL. */
err db_backup_file(db *d, const char *path, str *why);

#endif

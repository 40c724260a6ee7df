/*
 * driver.h - what a database driver provides. Private to db.
 */
#ifndef DB_DRIVER_H
#define DB_DRIVER_H

#include "db/db.h"

#include <pthread.h>

#define DB_STATEMENTS_MAX 2048      /* declared */
#define DB_SLOTS (DB_STATEMENTS_MAX + 1)
#define DB_SLOT_SCRATCH DB_STATEMENTS_MAX /* see db_scratch */
#define DB_READERS_MAX      64 /* connections kept for reading */
#define DB_PARAMS_MAX       32 /* of one statement */
#define DB_OPEN_ROWS_MAX    16 /* results open at once on one connection */
#define DB_ERROR_TEXT_BYTES 512

struct rows {
	dbc *c;
	bool open, ended;
	void *result;      /* sqlite3_stmt or PGresult */
	int slot;          /* of the statement; -1 when it is to be thrown away */
	int row, n_rows;   /* postgres */
	void *decoded[64]; /* postgres: bytea columns of this row */
};

/* The statements of a transaction's life: they run for every command. */
enum db_step {
	DB_BEGIN_WRITE,
	DB_BEGIN_READ,
	DB_COMMIT,
	DB_ROLLBACK,
	DB_SAVEPOINT,
	DB_RELEASE,
	DB_ROLLBACK_TO,
	DB_STEPS
};

struct driver {
	/* NULL and the reason in why (DB_ERROR_TEXT_BYTES). Any thread. */
	dbc *(*connect)(db *d, bool writer, char *why);
	void (*disconnect)(dbc *c);
	bool (*prepare)(dbc *c, struct sql *q);
	/* Frees the slot DB_SLOT_SCRATCH of its statement. */
	void (*scratch)(dbc *c);
	rows *(*query)(dbc *c, struct sql *q, str text, const struct dbv *v, size_t n, rows *r);
	/* db_query_each in one journey: all answers, or false and either an error or nothing
	 * asked. NULL where nothing is won by it. */
	bool (*ask)(dbc *c, const struct db_question *q, size_t n, rows *out);
	/* Without waiting; NULL where nothing is won by it. */
	void (*send)(dbc *c, struct sql *q, const struct dbv *v, size_t n);
	void (*settle)(dbc *c); /* waits for what was sent; NULL like send */
	int64_t (*changed)(dbc *c, rows *r);
	bool (*next)(rows *r);
	void (*done)(rows *r);
	int (*columns)(rows *r);
	const char *(*name)(rows *r, int col);
	enum db_type (*type)(rows *r, int col);
	void (*row)(rows *r, struct dbv *v, int n); /* NULL: column by column */
	int64_t (*integer)(rows *r, int col);
	str (*text)(rows *r, int col);
	err (*script)(dbc *c, str sql);
	/* Many rows into one table within a transaction, quicker than by inserts: `into` is
	 * "table" (columns), `bytes` tells the columns of bytes. A failure may show only at the
	 * end, which always comes: not `whole` gives up. NULL where nothing is won by it. */
	void (*copy_begin)(dbc *c, const char *into);
	void (*copy_row)(dbc *c, const struct dbv *v, const bool *bytes, size_t n);
	void (*copy_end)(dbc *c, bool whole);
	void (*step)(dbc *c, enum db_step step);
	/* The next commit need not be synced; false: it will be. Then: was a sync left out? And
	 * that sync, in any thread. NULL, all three, where a commit is always synced. */
	bool (*defer)(dbc *c);
	bool (*deferred)(dbc *c);
	bool (*sync)(dbc *c);
	err (*check_safe)(dbc *c, arena *a, str *why);
	bool keeps; /* a read of its own costs locks: see db_reader_keep */
};

struct db {
	arena *a;
	const struct driver *driver;
	enum db_driver kind;
	str url;
	const char *target; /* path, or connection string */
	pthread_mutex_t lock;
	pthread_cond_t freed;
	dbc *idle[DB_READERS_MAX];
	int n_idle, n_readers;
	_Atomic int64_t down_until; /* monotonic; postgres: nobody tries to connect before */
	dbc *writer;
	bool writer_out;
	/* Commits whose sync was put off, counted: begun, and on the disk. */
	_Atomic int64_t announced, durable;
	_Atomic int64_t commits; /* that can be seen, counted */
	struct db_waiting *waiting; /* under the lock */
	pthread_cond_t synced;
};

struct dbc {
	db *d;
	const struct driver *driver;
	bool writing; /* the writer's connection */
	bool looked;  /* a reader's: it has read since it was lent */
	bool keep, viewing; /* db_reader_keep: asked for, and a view is held */
	int64_t viewed;     /* d->commits before that view */
	int64_t writes, unit; /* statements that may have written: ever, before this unit */
	err error;
	char error_text[DB_ERROR_TEXT_BYTES];
	struct rows rows[DB_OPEN_ROWS_MAX];
	struct held *held; /* of the writer's connection alone */
};

/* Keeps the first error; later ones are only consequences. */
void dbc_fail(dbc *c, err e, const char *text);
/* Lends `q` the connection's one slot for a text made at run time (loading a
 * dump), until the next db_scratch. */
void db_scratch(dbc *c, struct sql *q);
/* Commits; if *point is not 0, the commit is seen but not yet on the disk: db_sync puts it
 * there, in any thread (false: the disk refused), and db_durable tells those who wait for it.
 * One at a time: another commit waits until the one before was told. */
err db_commit_early(dbc *c, int64_t *point);
bool db_sync(dbc *c);
void db_durable(db *d, int64_t point);
/* Declares the writer's own statements. */
void writer_statements(void);

/* held.c: fills in what a declared statement names; before a statement runs (NULL: a
 * text nobody declared); around a command; around a transaction. */
void held_look(struct sql *q);
struct held *held_make(arena *a);
void held_before(dbc *c, const struct sql *q);
void held_begin(dbc *c);
void held_write(dbc *c); /* the command's rows: what refuses them refuses it */
void held_keep(dbc *c);
void held_undo(dbc *c);
void held_commit(dbc *c);
void held_forget(dbc *c);
void held_free(dbc *c);

extern const struct driver sqlite_driver, postgres_driver;

#endif

/*
 * held.h - rows that several events of one command change, written once.
 *
 * The events of a command touch the same few rows again and again: the case, its
 * body, its lines on the desks. A room declares such a table (held_declare), reads
 * its rows by held_get and changes them by held_set and held_insert. Within a command
 * (db_savepoint or db_unit) a row is read once, changed in memory, and written with all
 * its changes at the end. Any other statement whose text names the
 * table finds the table as it should be: what is held is written before it runs, and
 * forgotten if it is not a SELECT. So held and other statements mix freely.
 *
 * Sums go further: what is added under the same key by all commands of a batch is
 * written once, before the commit. Adding 0 still makes the key's row. A number that is
 * looked up again and again (a setting, a count that is nearly always 0) can be such a sum
 * without `add`: held_sum reads it once a batch, and again after a statement that changes
 * its table.
 *
 * The tables must come out the same wherever a command ends, for a rebuild holds
 * rows for longer: so held_set sets columns to values that depend on nothing else.
 *
 * Outside a command (on a reader's connection) nothing is held: held_get reads, and the
 * others write at once.
 */
#ifndef DB_HELD_H
#define DB_HELD_H

#include "db/db.h"

#define HELD_COLUMNS_MAX 32
#define HELD_TABLES_MAX  32

/* An UPDATE and the columns that are its parameters, in order; those from `sets` on
 * are what it sets, those before tell the row. */
struct held_put {
	struct sql *sql;
	const unsigned char *columns;
	int n, sets;
};

struct held_table {
	const char *name;
	int n_columns;
	int n_keys;                  /* 1 or 2: the parameters of `get` */
	struct sql *get;             /* SELECT all columns in order; $1 is column 0, $2 column 1 */
	struct sql *insert;          /* all columns as $1, $2, .. */
	const struct held_put *puts; /* the first that sets all that changed is taken */
	int n_puts;
	int number; /* given at declaration */
};

struct held_row {
	struct held_row *next; /* another row with the same key */
	struct held_table *table;
	bool fresh;       /* to be inserted */
	uint32_t changed; /* columns */
	struct dbv v[HELD_COLUMNS_MAX];
};

struct held_sum {
	const char *name;
	struct sql *add;       /* the keys, then the amounts; NULL: it is only looked up */
	int n_keys, n_amounts; /* at most 4 and 2 */
	struct sql *get;       /* SELECT the first amount by the keys; for held_sum */
	int number;
};

/* Makes them known, once each, before db_open. */
void held_declare(struct held_table *t);
void held_declare_sum(struct held_sum *s);

/* Whether rows are held: within a command. */
bool held_open(const dbc *c);
/* The rows whose first column is `key`, which alone tells them apart from others;
 * `second` is only there to find them by. NULL if there are none. They and their
 * texts are good until the event ends or another statement changes the table. */
struct held_row *held_get(dbc *c, arena *a, struct held_table *t, int64_t key, int64_t second);
void held_set(dbc *c, struct held_row *r, int column, struct dbv v);
void held_insert(dbc *c, struct held_table *t, const struct dbv *v);
void held_add(dbc *c, struct held_sum *s, const struct dbv *keys, const int64_t *amounts);
/* The first amount with all that was added; 0 if there is none. The table is read once a
 * batch. */
int64_t held_sum(dbc *c, struct held_sum *s, const struct dbv *keys);

/* Between events: writes and forgets when very much is held (a long command). */
void held_trim(dbc *c);

#endif

#include "db/driver.h"

#include "base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- declared statements ---- */

static struct sql *declared[DB_STATEMENTS_MAX];
static size_t n_declared;

void db_declare(struct sql *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i]->slot >= 0)
			continue;
		if (n_declared == DB_STATEMENTS_MAX) {
			fprintf(stderr, "diwan: more than %d declared statements\n", DB_STATEMENTS_MAX);
			abort();
		}
		list[i]->slot = (int)n_declared;
		declared[n_declared++] = list[i];
	}
}

size_t db_declared(struct sql *const **out)
{
	*out = declared;
	return n_declared;
}

/* ---- opening ---- */

err db_open(arena *a, str url, db **out, str *why)
{
	writer_statements();
	for (size_t i = 0; i < n_declared; i++)
		held_look(declared[i]);
	db *d = NEW(a, db);
	d->a = a;
	d->url = str_dup(a, url);
	if (str_starts(url, STR("sqlite:"))) {
		d->driver = &sqlite_driver;
		d->kind = DB_SQLITE;
		d->target = str_c(a, str_sub(url, 7, url.n));
	} else if (str_starts(url, STR("postgres://")) || str_starts(url, STR("postgresql://"))) {
		d->driver = &postgres_driver;
		d->kind = DB_POSTGRES;
		d->target = str_c(a, url);
	} else {
		*why = STR("the database must be sqlite:PATH or postgresql://...");
		return ERR_bad_input;
	}
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->freed, NULL);
	pthread_cond_init(&d->synced, NULL);
	char text[DB_ERROR_TEXT_BYTES] = "";
	d->writer = d->driver->connect(d, true, text);
	if (!d->writer) {
		*why = str_dup(a, str_of(text));
		db_close(d);
		return ERR_db_failed;
	}
	d->writer->held = held_make(a);
	err e = d->driver->check_safe(d->writer, a, why);
	if (e) {
		db_close(d);
		return e;
	}
	*out = d;
	return OK;
}

void db_close(db *d)
{
	if (!d)
		return;
	for (int i = 0; i < d->n_idle; i++)
		d->driver->disconnect(d->idle[i]);
	if (d->writer) {
		held_free(d->writer);
		d->driver->disconnect(d->writer);
	}
	pthread_mutex_destroy(&d->lock);
	pthread_cond_destroy(&d->freed);
	pthread_cond_destroy(&d->synced);
}

enum db_driver db_kind(const db *d)
{
	return d->kind;
}

enum db_driver db_kind_of(const dbc *c)
{
	return c->d->kind;
}

/* ---- connections ---- */

/* One more connection, the lock being held; NULL when there is none to be had now. */
static dbc *reader_new(db *d)
{
	char why[DB_ERROR_TEXT_BYTES] = "";
	d->n_readers++;
	pthread_mutex_unlock(&d->lock);
	dbc *c = d->driver->connect(d, false, why);
	if (!c)
		log_event(LOG_ERROR, "database.reader_refused", L_STR("text", str_of(why)));
	pthread_mutex_lock(&d->lock);
	if (!c)
		d->n_readers--;
	return c;
}

/* When no connection can be made, one of the others serves: if there is none at
 * all, the attempt is repeated. */
dbc *db_reader(db *d)
{
	static const struct timespec pause = {0, 50000000};
	dbc *c = NULL;
	pthread_mutex_lock(&d->lock);
	while (!c) {
		if (d->n_idle)
			c = d->idle[--d->n_idle];
		else if (d->n_readers < DB_READERS_MAX)
			c = reader_new(d);
		if (!c && d->n_readers) {
			pthread_cond_wait(&d->freed, &d->lock);
		} else if (!c) {
			pthread_mutex_unlock(&d->lock);
			nanosleep(&pause, NULL);
			pthread_mutex_lock(&d->lock);
		}
	}
	pthread_mutex_unlock(&d->lock);
	c->looked = c->keep = false;
	return c;
}

/* Results left open by whoever was interrupted (an arena's guard) hold locks. */
static void close_rows(dbc *c)
{
	for (int i = 0; i < DB_OPEN_ROWS_MAX; i++)
		db_done(&c->rows[i]);
}

/* ---- a view that is kept ---- */

void db_reader_keep(dbc *c)
{
	c->keep = c->driver->keeps;
}

static bool reading(const dbc *c)
{
	for (int i = 0; i < DB_OPEN_ROWS_MAX; i++)
		if (c->rows[i].open)
			return true;
	return false;
}

/* A failure may have ended it already: that it is not there is no other one. */
static void view_end(dbc *c)
{
	bool failed = c->error;
	if (!c->viewing)
		return;
	c->viewing = false;
	c->driver->step(c, DB_ROLLBACK);
	if (!failed)
		db_clear(c);
}

/* Before a read. Counted first, begun then: a commit in between is looked for once more. */
static void view_begin(dbc *c)
{
	if (c->viewing && c->viewed != atomic_load(&c->d->commits) && !reading(c))
		view_end(c);
	if (c->viewing || c->error)
		return;
	c->viewed = atomic_load(&c->d->commits);
	c->driver->step(c, DB_BEGIN_READ);
	c->viewing = !c->error;
}

static int64_t seen_early(const dbc *c)
{
	int64_t seen = c->looked ? atomic_load(&c->d->announced) : 0;
	return seen > atomic_load(&c->d->durable) ? seen : 0;
}

bool db_reader_durable(const dbc *c)
{
	return !seen_early(c);
}

int64_t db_reader_release(dbc *c)
{
	db *d = c->d;
	close_rows(c);
	view_end(c);
	db_clear(c);
	int64_t point = seen_early(c);
	pthread_mutex_lock(&d->lock);
	d->idle[d->n_idle++] = c;
	pthread_cond_broadcast(&d->freed);
	pthread_mutex_unlock(&d->lock);
	return point;
}

void db_reader_return(dbc *c)
{
	db *d = c->d;
	int64_t point = db_reader_release(c);
	if (!point)
		return;
	pthread_mutex_lock(&d->lock);
	while (d->durable < point)
		pthread_cond_wait(&d->synced, &d->lock);
	pthread_mutex_unlock(&d->lock);
}

void db_wait(db *d, struct db_waiting *w)
{
	pthread_mutex_lock(&d->lock);
	bool over = d->durable >= w->point;
	if (!over) {
		w->next = d->waiting;
		d->waiting = w;
	}
	pthread_mutex_unlock(&d->lock);
	if (over)
		w->ready(w);
}

void db_durable(db *d, int64_t point)
{
	struct db_waiting *ready = NULL;
	pthread_mutex_lock(&d->lock);
	if (d->durable < point) /* a batch that wrote nothing does not wait for the one before */
		d->durable = point;
	for (struct db_waiting **at = &d->waiting; *at;) {
		struct db_waiting *w = *at;
		if (w->point > point) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		w->next = ready;
		ready = w;
	}
	pthread_cond_broadcast(&d->synced);
	pthread_mutex_unlock(&d->lock);
	while (ready) {
		struct db_waiting *w = ready;
		ready = w->next; /* w may be gone after its call */
		w->ready(w);
	}
}

dbc *db_writer(db *d)
{
	pthread_mutex_lock(&d->lock);
	while (d->writer_out)
		pthread_cond_wait(&d->freed, &d->lock);
	d->writer_out = true;
	pthread_mutex_unlock(&d->lock);
	return d->writer;
}

void db_writer_return(dbc *c)
{
	db *d = c->d;
	pthread_mutex_lock(&d->lock);
	d->writer_out = false;
	pthread_cond_broadcast(&d->freed);
	pthread_mutex_unlock(&d->lock);
}

/* ---- statements ---- */

static rows *free_rows(dbc *c)
{
	for (int i = 0; i < DB_OPEN_ROWS_MAX; i++)
		if (!c->rows[i].open)
			return &c->rows[i];
	fprintf(stderr, "diwan: more than %d results open on one connection (a db_done is missing)\n",
	        DB_OPEN_ROWS_MAX);
	abort();
}

err db_prepare(dbc *c, struct sql *q)
{
	if (q->slot < 0)
		dbc_fail(c, ERR_db_failed, q->name);
	if (!c->error)
		c->driver->prepare(c, q);
	return c->error;
}

void db_scratch(dbc *c, struct sql *q)
{
	c->driver->scratch(c);
	q->slot = DB_SLOT_SCRATCH;
	held_look(q);
}

/* Before a statement runs; false when it must not. */
static bool statement_good(dbc *c, const struct sql *q, size_t n)
{
	if (c->held)
		held_before(c, q);
	c->writes += !q || !q->reads;
	c->looked = true;
	if (c->keep)
		view_begin(c);
	if (q && q->slot < 0)
		dbc_fail(c, ERR_db_failed, q->name);
	if (n > DB_PARAMS_MAX)
		dbc_fail(c, ERR_db_failed, "too many parameters");
	return !c->error;
}

static rows *run(dbc *c, struct sql *q, str text, const struct dbv *v, size_t n)
{
	bool good = statement_good(c, q, n);
	rows *r = free_rows(c);
	*r = (rows){.c = c, .open = true, .slot = -1};
	return good ? c->driver->query(c, q, text, v, n, r) : r;
}

rows *db_query_args(dbc *c, struct sql *q, const struct dbv *v, size_t n)
{
	return run(c, q, (str){0}, v, n);
}

size_t db_at_once(const dbc *c)
{
	return c->driver->ask ? DB_AT_ONCE_MAX : 1;
}

void db_query_each(dbc *c, const struct db_question *q, size_t n,
                   void (*take)(void *ctx, size_t i, rows *r), void *ctx)
{
	rows answer[DB_AT_ONCE_MAX] = {{0}};
	bool together = n > 1 && n <= DB_AT_ONCE_MAX && c->driver->ask;
	for (size_t i = 0; i < n && together; i++)
		together = statement_good(c, q[i].q, q[i].n);
	together = together && c->driver->ask(c, q, n, answer);
	for (size_t i = 0; i < n; i++) {
		rows *r;
		if (together) {
			r = free_rows(c);
			*r = answer[i];
		} else {
			r = run(c, q[i].q, (str){0}, q[i].v, q[i].n);
		}
		take(ctx, i, r);
		db_done(r);
	}
}

rows *db_query_text(dbc *c, str sql, const struct dbv *v, size_t n)
{
	return run(c, NULL, sql, v, n);
}

void db_exec_args(dbc *c, struct sql *q, const struct dbv *v, size_t n)
{
	if (!c->driver->send)
		db_change_args(c, q, v, n);
	else if (statement_good(c, q, n))
		c->driver->send(c, q, v, n);
}

void db_settle(dbc *c)
{
	if (c->driver->settle)
		c->driver->settle(c);
}

int64_t db_change_args(dbc *c, struct sql *q, const struct dbv *v, size_t n)
{
	rows *r = run(c, q, (str){0}, v, n);
	db_next(r);
	int64_t changed = c->error ? 0 : c->driver->changed(c, r);
	db_done(r);
	return changed;
}

int64_t db_query_int_args(dbc *c, struct sql *q, int64_t otherwise, const struct dbv *v, size_t n)
{
	rows *r = run(c, q, (str){0}, v, n);
	int64_t out = db_next(r) && !db_is_null(r, 0) ? db_int(r, 0) : otherwise;
	db_done(r);
	return out;
}

/* A finished statement is not stepped again: SQLite would run it once more. */
bool db_next(rows *r)
{
	if (!r->result || r->ended || r->c->error)
		return false;
	r->ended = !r->c->driver->next(r);
	return !r->ended;
}

void db_done(rows *r)
{
	if (r->open && r->result)
		r->c->driver->done(r);
	r->result = NULL;
	r->open = false;
}

int64_t db_int(rows *r, int col)
{
	return r->c->driver->integer(r, col);
}

str db_text(rows *r, int col)
{
	return r->c->driver->text(r, col);
}

bool db_is_null(rows *r, int col)
{
	return r->c->driver->type(r, col) == DB_NULL;
}

int db_columns(rows *r)
{
	return r->result ? r->c->driver->columns(r) : 0;
}

const char *db_column_name(rows *r, int col)
{
	return r->c->driver->name(r, col);
}

enum db_type db_column_type(rows *r, int col)
{
	return r->c->driver->type(r, col);
}

void db_row(rows *r, struct dbv *v, int n)
{
	if (r->c->driver->row && r->result) {
		r->c->driver->row(r, v, n);
		return;
	}
	for (int i = 0; i < n; i++) {
		enum db_type t = db_column_type(r, i);
		v[i] = (struct dbv){.type = t};
		if (t == DB_INT)
			v[i].i = db_int(r, i);
		else if (t != DB_NULL)
			v[i].s = db_text(r, i);
	}
}

/* ---- errors ---- */

void dbc_fail(dbc *c, err e, const char *text)
{
	if (c->error)
		return;
	c->error = e;
	snprintf(c->error_text, sizeof c->error_text, "%s", text ? text : "");
}

err db_error(const dbc *c)
{
	return c->error;
}

str db_error_text(const dbc *c)
{
	return str_of(c->error_text);
}

void db_clear(dbc *c)
{
	c->error = OK;
	c->error_text[0] = 0;
}

/* ---- transactions ---- */

err db_script(dbc *c, str sql)
{
	if (c->held)
		held_before(c, NULL);
	c->writes++;
	return c->error ? c->error : c->driver->script(c, sql);
}

static err step(dbc *c, enum db_step s)
{
	if (!c->error)
		c->driver->step(c, s);
	return c->error;
}

/* What undoes must run after an error too. */
static void undo(dbc *c, enum db_step s)
{
	close_rows(c);
	db_clear(c);
	step(c, s);
}

err db_begin(dbc *c)
{
	return step(c, DB_BEGIN_WRITE);
}

err db_commit(dbc *c)
{
	if (c->held)
		held_commit(c);
	err e = step(c, DB_COMMIT);
	atomic_fetch_add(&c->d->commits, 1);
	if (c->held && !e)
		held_forget(c);
	return e;
}

/* Announced before readers can see it. */
err db_commit_early(dbc *c, int64_t *point)
{
	db *d = c->d;
	*point = 0;
	if (!c->driver->defer || !c->driver->defer(c))
		return db_commit(c);
	int64_t announced = atomic_fetch_add(&d->announced, 1) + 1;
	err e = db_commit(c);
	if (c->driver->deferred(c) && !e)
		*point = announced;
	else
		db_durable(d, announced);
	return e;
}

bool db_sync(dbc *c)
{
	return c->driver->sync(c);
}

void db_rollback(dbc *c)
{
	if (c->held)
		held_forget(c);
	undo(c, DB_ROLLBACK);
	db_clear(c);
}

/* What is kept ends for it: its own state is the newest, and stays. */
void db_snapshot(dbc *c)
{
	view_end(c);
	c->keep = false;
	step(c, DB_BEGIN_READ);
}

void db_snapshot_end(dbc *c)
{
	err e = c->error;
	char text[DB_ERROR_TEXT_BYTES];
	memcpy(text, c->error_text, sizeof text);
	db_rollback(c);
	if (e)
		dbc_fail(c, e, text);
}

void db_savepoint(dbc *c)
{
	step(c, DB_SAVEPOINT);
	if (c->held)
		held_begin(c);
}

void db_savepoint_release(dbc *c)
{
	if (c->held)
		held_keep(c);
	step(c, DB_RELEASE);
}

void db_savepoint_rollback(dbc *c)
{
	if (c->held)
		held_undo(c);
	undo(c, DB_ROLLBACK_TO);
	step(c, DB_RELEASE);
}

void db_unit(dbc *c)
{
	c->unit = c->writes;
	if (c->held)
		held_begin(c);
}

void db_unit_keep(dbc *c)
{
	if (c->held)
		held_keep(c);
}

/* An error is more than we can tell the consequences of. */
bool db_unit_undo(dbc *c)
{
	if (c->error || c->writes != c->unit)
		return false;
	close_rows(c);
	if (c->held)
		held_undo(c);
	return true;
}

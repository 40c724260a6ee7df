#include "db/writer.h"

#include "db/driver.h"

#include "base/log.h"
#include "base/rng.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct batch {
	struct command *command[WRITER_BATCH_MAX];
	err result[WRITER_BATCH_MAX];
	size_t n;
	int64_t point; /* it is committed, but not durable before this; 0: there is nothing to sync */
};

struct writer {
	db *d;
	struct writer_hooks hooks;
	pthread_t thread, syncer;
	pthread_mutex_t lock;
	pthread_cond_t filled; /* the writer thread waits: for commands, for a sync */
	pthread_cond_t handed; /* the syncer waits */
	struct command *first, *last;
	int64_t queued;
	bool stopping;
	bool ended;                /* the writer thread: no batch will follow */
	_Atomic bool lost;         /* the disk refused a commit: nothing is taken any more */
	struct batch *flying;      /* is being synced, then told */
	bool syncing;              /* `flying` is not durable yet */
	instant gather;            /* how long others may join a batch: as long as a sync takes */
	struct writer_stats stats; /* under the lock */
	int64_t id;                /* of this writer in writer_mark; 0: it has no mark */
	struct batch two[2];
	/* in the writer thread alone */
	struct batch *b; /* the one that runs */
	int64_t mark;    /* of it */
	bool stained; /* a command failed that had written, and had no savepoint */
	int careful;  /* batches to come with savepoints */
	instant commit_micros, begun;
};

static struct sql sql_writer_mark_set = {
    .name = "writer_mark_set",
    .text = "INSERT INTO writer_mark (writer, mark, at) VALUES ($1, $2, $3)"
    " ON CONFLICT (writer) DO UPDATE SET mark = excluded.mark, at = excluded.at",
    .slot = -1,
};
static struct sql sql_writer_mark_is = {
    .name = "writer_mark_is",
    .text = "SELECT 1 FROM writer_mark WHERE writer = $1 AND mark = $2",
    .slot = -1,
};
static struct sql sql_writer_mark_old = {
    .name = "writer_mark_old",
    .text = "DELETE FROM writer_mark WHERE at < $1",
    .slot = -1,
};

/* ---- one batch ---- */

static void hook(void (*f)(void *), void *ctx)
{
	if (f)
		f(ctx);
}

/* Nothing of the transaction is left, and it may succeed another time. */
static bool again(err e)
{
	return e == ERR_db_retry || e == ERR_db_lost;
}

static void undo_command(struct writer *w, dbc *c, bool savepoint)
{
	if (savepoint)
		db_savepoint_rollback(c);
	else
		w->stained = !db_unit_undo(c);
	if (!w->stained)
		hook(w->hooks.command_undone, w->hooks.ctx);
}

/* What commands without a savepoint wrote may be refused only now: by which of them it
 * was is found by running them again, each with its savepoint. */
static bool settled(struct writer *w, dbc *c)
{
	db_settle(c);
	w->stained = db_error(c) && !again(db_error(c));
	return !db_error(c);
}

static err run_command(struct writer *w, dbc *c, struct command *cmd)
{
	bool savepoint = w->careful || cmd->undoes;
	if (savepoint && !settled(w, c))
		return db_error(c);
	hook(w->hooks.command_begin, w->hooks.ctx);
	(savepoint ? db_savepoint : db_unit)(c);
	err e = cmd->run(c, cmd);
	if (e == OK)
		held_write(c);
	if (savepoint)
		db_settle(c);
	if (db_error(c))
		e = db_error(c);
	if (e == OK) {
		(savepoint ? db_savepoint_release : db_unit_keep)(c);
		return db_error(c);
	}
	if (!again(e)) {
		if (db_error(c) && e != ERR_db_constraint)
			log_event(LOG_ERROR, "database.error", L_STR("text", db_error_text(c)));
		undo_command(w, c, savepoint);
	}
	return e;
}

/* Up to WRITER_BATCH_MAX in all; were there any? */
static bool take_queued(struct writer *w)
{
	struct batch *b = w->b;
	size_t before = b->n;
	while (w->first && b->n < WRITER_BATCH_MAX) {
		b->command[b->n++] = w->first;
		w->first = w->first->next;
	}
	if (!w->first)
		w->last = NULL;
	w->queued -= (int64_t)(b->n - before);
	return b->n > before;
}

/* Who came while the others ran shares their commit, if they have not waited long, and as
 * long as there can be no commit yet. Who comes later has the next batch, which runs
 * while this one is synced: it should take as long. */
static bool take_more(struct writer *w)
{
	instant age = clock_monotonic() - w->begun;
	pthread_mutex_lock(&w->lock);
	bool young = age <= w->gather;
	bool more = (young || w->syncing) && take_queued(w);
	while (!more && w->syncing) {
		pthread_cond_wait(&w->filled, &w->lock);
		more = take_queued(w);
	}
	pthread_mutex_unlock(&w->lock);
	return more;
}

static err run_commands(struct writer *w, dbc *c)
{
	struct batch *b = w->b;
	for (size_t i = 0; i < b->n || take_more(w); i++) {
		b->result[i] = run_command(w, c, b->command[i]);
		if (w->stained || again(b->result[i]) || b->result[i] == ERR_db_full)
			return b->result[i];
		if (db_error(c)) /* the savepoint is lost, and with it the transaction */
			return db_error(c);
	}
	return OK;
}

static err leave_mark(struct writer *w, dbc *c)
{
	if (w->id)
		db_exec(c, &sql_writer_mark_set, D_INT(w->id), D_INT(w->mark),
		        D_INT(clock_now(clock_system())));
	return db_error(c);
}

static err commit(struct writer *w, dbc *c)
{
	instant from = clock_monotonic();
	err e = w->lost ? ERR_unavailable : db_commit_early(c, &w->b->point);
	w->commit_micros += clock_monotonic() - from;
	return e;
}

static err begin_and_run(struct writer *w, dbc *c)
{
	w->stained = false;
	err e = db_begin(c);
	if (e == OK && w->hooks.before_batch)
		e = w->hooks.before_batch(w->hooks.ctx, c);
	if (e == OK)
		e = run_commands(w, c);
	if (e == OK)
		leave_mark(w, c);
	if (e == OK && !settled(w, c))
		e = db_error(c);
	return e;
}

/* Runs the whole batch once. Anything but OK and ERR_db_uncertain: nothing of it
 * was kept. */
static err try_batch(struct writer *w, dbc *c)
{
	err e = begin_and_run(w, c);
	if (w->stained) {
		db_rollback(c);
		w->careful = WRITER_CAREFUL;
		e = begin_and_run(w, c);
	}
	if (e == OK && w->hooks.before_commit)
		e = w->hooks.before_commit(w->hooks.ctx, c);
	if (e == OK)
		e = db_error(c);
	if (e == OK)
		e = commit(w, c);
	if (e) {
		log_event(LOG_WARN, "database.batch_failed", L_STR("error", str_of(err_find(e)->name)),
		          L_STR("text", db_error_text(c)));
		db_rollback(c);
	}
	return e;
}

/* A commit whose answer was lost. OK: *kept tells. To begin waits for the end of
 * the old connection's transaction, by the writers' lock; to commit once more
 * waits until the standbys have all that was before. */
static err settle(struct writer *w, dbc *c, bool *kept)
{
	err e = db_begin(c);
	*kept = db_query_int(c, &sql_writer_mark_is, 0, D_INT(w->id), D_INT(w->mark)) == 1;
	if (e == OK)
		e = leave_mark(w, c);
	if (e == OK && *kept)
		e = commit(w, c);
	if (e || !*kept)
		db_rollback(c);
	return e;
}

#define PAUSE_FIRST   (2 * SECOND / 1000)
#define PAUSE_LONGEST SECOND

static void pause_before_retry(instant *pause)
{
	struct timespec t = {(time_t)(*pause / SECOND), (long)(*pause % SECOND) * 1000};
	nanosleep(&t, NULL);
	*pause = *pause * 2 < PAUSE_LONGEST ? *pause * 2 : PAUSE_LONGEST;
}

/* Tries until it is kept, refused or hopeless. */
static err finish_batch(struct writer *w, dbc *c, int64_t *retries)
{
	instant give_up = clock_monotonic() + WRITER_OUTAGE, pause = PAUSE_FIRST;
	bool uncertain = false, kept = false;
	int conflicts = 0;
	for (;; ++*retries) {
		err e = uncertain ? settle(w, c, &kept) : try_batch(w, c);
		if (uncertain && e == OK && !kept) {
			uncertain = false;
			continue;
		}
		if (e == OK)
			return OK;
		uncertain = uncertain || e == ERR_db_uncertain;
		if (uncertain ? !w->id : !again(e))
			return e;
		conflicts += e == ERR_db_retry;
		if (clock_monotonic() >= give_up || conflicts > WRITER_RETRIES)
			return uncertain ? ERR_db_uncertain : e;
		pause_before_retry(&pause);
	}
}

static void lose_storage(struct writer *w)
{
	w->lost = true;
	log_event(LOG_ERROR, "database.storage_lost", L_INT("status", WRITER_EXIT_STORAGE));
	if (!w->hooks.storage_lost)
		_exit(WRITER_EXIT_STORAGE);
	w->hooks.storage_lost(w->hooks.ctx);
}

/* The commands learn what became of their batch. */
static void tell(struct writer *w, struct batch *b, err e)
{
	for (size_t i = 0; i < b->n; i++) {
		struct command *cmd = b->command[i];
		cmd->done(cmd, e ? e : b->result[i]); /* cmd may be gone after this */
	}
	if (e == ERR_db_uncertain && db_kind(w->d) == DB_SQLITE)
		lose_storage(w);
}

/* ---- syncing ---- */

/* What is committed becomes durable, and is told; then the next batch may commit. */
static void sync_batch(struct writer *w, struct batch *b)
{
	instant from = clock_monotonic();
	bool good = db_sync(w->d->writer);
	if (!good)
		w->lost = true; /* before the next batch may commit */
	pthread_mutex_lock(&w->lock);
	w->syncing = false;
	instant took = clock_monotonic() - from;
	w->stats.commit_micros += took;
	w->gather = took < WRITER_GATHER ? took : WRITER_GATHER;
	pthread_cond_signal(&w->filled);
	pthread_mutex_unlock(&w->lock);
	tell(w, b, good ? OK : ERR_db_uncertain);
	db_durable(w->d, b->point); /* a lost disk has ended the process, but in a test */
}

static void *sync_work(void *ctx)
{
	struct writer *w = ctx;
	pthread_mutex_lock(&w->lock);
	while (w->flying || !w->ended) {
		if (!w->flying) {
			pthread_cond_wait(&w->handed, &w->lock);
			continue;
		}
		pthread_mutex_unlock(&w->lock);
		sync_batch(w, w->flying);
		pthread_mutex_lock(&w->lock);
		w->flying = NULL;
		pthread_cond_signal(&w->filled);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* Until the batch before is told; the lock is held. */
static void await_told(struct writer *w)
{
	while (w->flying)
		pthread_cond_wait(&w->filled, &w->lock);
}

/* A command that is alone is synced by the writer thread itself: that is sooner. */
static void settle_batch(struct writer *w, err e)
{
	struct batch *b = w->b;
	bool sync = e == OK && b->point;
	pthread_mutex_lock(&w->lock);
	await_told(w);
	if (sync && (b->n > 1 || w->first)) {
		w->flying = b;
		w->syncing = true;
		w->b = b == w->two ? w->two + 1 : w->two;
		pthread_cond_signal(&w->handed);
		pthread_mutex_unlock(&w->lock);
		return;
	}
	pthread_mutex_unlock(&w->lock);
	if (sync)
		sync_batch(w, b);
	else
		tell(w, b, e);
}

static void run_batch(struct writer *w)
{
	dbc *c = db_writer(w->d);
	int64_t retries = 0;
	w->mark++;
	w->b->point = 0;
	w->commit_micros = 0;
	w->begun = clock_monotonic();
	err e = w->lost ? ERR_unavailable : finish_batch(w, c, &retries);
	db_writer_return(c);
	w->careful -= w->careful > 0;
	pthread_mutex_lock(&w->lock);
	w->stats.batches++;
	w->stats.commands += (int64_t)w->b->n;
	w->stats.retries += retries;
	w->stats.commit_micros += w->commit_micros;
	pthread_mutex_unlock(&w->lock);
	if (w->hooks.after_commit)
		w->hooks.after_commit(w->hooks.ctx, e == OK);
	settle_batch(w, e);
}

/* ---- the queue ---- */

static bool take_batch(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	while (!w->first && !w->stopping)
		pthread_cond_wait(&w->filled, &w->lock);
	w->b->n = 0;
	take_queued(w);
	pthread_mutex_unlock(&w->lock);
	return w->b->n > 0;
}

static void *work(void *ctx)
{
	struct writer *w = ctx;
	while (take_batch(w))
		run_batch(w);
	pthread_mutex_lock(&w->lock);
	w->ended = true;
	pthread_cond_signal(&w->handed);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

bool writer_submit(writer *w, struct command *cmd)
{
	cmd->next = NULL;
	pthread_mutex_lock(&w->lock);
	bool ok = !w->stopping && !w->lost && w->queued < WRITER_QUEUE_MAX;
	if (ok) {
		if (w->last)
			w->last->next = cmd;
		else
			w->first = cmd;
		w->last = cmd;
		w->queued++;
		pthread_cond_signal(&w->filled);
	} else {
		w->stats.refused++;
	}
	pthread_mutex_unlock(&w->lock);
	return ok;
}

struct waiting {
	struct command command; /* stands in the queue for `inner` */
	struct command *inner;
	pthread_mutex_t lock;
	pthread_cond_t ready;
	bool done;
	err result;
};

static err waiting_run(dbc *c, struct command *cmd)
{
	struct waiting *w = (struct waiting *)(void *)cmd;
	return w->inner->run(c, w->inner);
}

static void waiting_done(struct command *cmd, err result)
{
	struct waiting *w = (struct waiting *)(void *)cmd;
	pthread_mutex_lock(&w->lock);
	w->done = true;
	w->result = result;
	pthread_cond_signal(&w->ready);
	pthread_mutex_unlock(&w->lock);
}

err writer_run(writer *w, struct command *cmd)
{
	struct waiting wait = {
	    .command = {.run = waiting_run, .done = waiting_done, .undoes = cmd->undoes},
	    .inner = cmd};
	pthread_mutex_init(&wait.lock, NULL);
	pthread_cond_init(&wait.ready, NULL);
	err e = ERR_unavailable;
	if (writer_submit(w, &wait.command)) {
		pthread_mutex_lock(&wait.lock);
		while (!wait.done)
			pthread_cond_wait(&wait.ready, &wait.lock);
		e = wait.result;
		pthread_mutex_unlock(&wait.lock);
	}
	pthread_mutex_destroy(&wait.lock);
	pthread_cond_destroy(&wait.ready);
	return e;
}

/* ---- its life ---- */

#define MARK_KEPT (7 * DAY) /* of writers that are gone */

/* Where a commit's answer can get lost on the way, the writer gets its mark. */
static void mark_start(struct writer *w)
{
	if (db_kind(w->d) != DB_POSTGRES)
		return;
	rng r = rng_system();
	dbc *c = db_writer(w->d);
	db_begin(c);
	db_exec(c, &sql_writer_mark_old, D_INT(clock_now(clock_system()) - MARK_KEPT));
	if (db_commit(c) == OK) {
		w->id = (int64_t)(rng_u64(&r) >> 1) + 1;
	} else {
		log_event(LOG_WARN, "database.no_writer_mark", L_STR("text", db_error_text(c)));
		db_rollback(c);
	}
	db_writer_return(c);
}

void writer_statements(void)
{
	static struct sql *const list[] = {&sql_writer_mark_set, &sql_writer_mark_is,
	                                   &sql_writer_mark_old};
	db_declare(list, sizeof list / sizeof *list);
}

static void end(struct writer *w)
{
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->filled);
	pthread_cond_destroy(&w->handed);
	free(w);
}

static bool threads_start(struct writer *w)
{
	if (pthread_create(&w->syncer, NULL, sync_work, w) != 0)
		return false;
	pthread_setname_np(w->syncer, "sync");
	if (pthread_create(&w->thread, NULL, work, w) == 0) {
		pthread_setname_np(w->thread, "writer");
		return true;
	}
	pthread_mutex_lock(&w->lock);
	w->ended = true;
	pthread_cond_signal(&w->handed);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->syncer, NULL);
	return false;
}

/* One a process, as long as the process: the heap. */
writer *writer_start(db *d, struct writer_hooks hooks)
{
	writer *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	w->d = d;
	w->hooks = hooks;
	w->b = w->two;
	w->gather = WRITER_GATHER;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->filled, NULL);
	pthread_cond_init(&w->handed, NULL);
	mark_start(w);
	if (threads_start(w))
		return w;
	end(w);
	return NULL;
}

void writer_stop(writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->filled);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_join(w->syncer, NULL);
	end(w);
}

struct writer_stats writer_stats_read(writer *w)
{
	pthread_mutex_lock(&w->lock);
	struct writer_stats s = w->stats;
	s.queue = w->queued;
	pthread_mutex_unlock(&w->lock);
	return s;
}

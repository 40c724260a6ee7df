#include "db/writer.h"

#include "base/log.h"
#include "base/time.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct writer {
	db *d;
	struct writer_hooks hooks;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct command *first, *last;
	int64_t queued;
	bool stopping;
	struct writer_stats stats;
	/* the batch, in the writer thread alone */
	struct command *batch[WRITER_BATCH_MAX];
	err result[WRITER_BATCH_MAX];
	size_t n;
};

/* ---- one batch ---- */

static void hook(void (*f)(void *), void *ctx)
{
	if (f)
		f(ctx);
}

static err run_command(struct writer *w, dbc *c, struct command *cmd)
{
	hook(w->hooks.command_begin, w->hooks.ctx);
	db_savepoint(c);
	err e = cmd->run(c, cmd);
	if (db_error(c))
		e = db_error(c);
	if (e == OK) {
		db_savepoint_release(c);
		return db_error(c);
	}
	if (e != ERR_db_retry) {
		if (db_error(c))
			log_event(LOG_ERROR, "database.error", L_STR("text", db_error_text(c)));
		db_savepoint_rollback(c);
		hook(w->hooks.command_undone, w->hooks.ctx);
	}
	return e;
}

/* Runs the whole batch once. Anything but OK: nothing of it was kept. */
static err try_batch(struct writer *w, dbc *c)
{
	err e = db_begin(c);
	if (e == OK && w->hooks.before_batch)
		e = w->hooks.before_batch(w->hooks.ctx, c);
	for (size_t i = 0; e == OK && i < w->n; i++) {
		w->result[i] = run_command(w, c, w->batch[i]);
		if (w->result[i] == ERR_db_retry || db_error(c))
			e = w->result[i] ? w->result[i] : db_error(c);
	}
	if (e == OK && w->hooks.before_commit)
		e = w->hooks.before_commit(w->hooks.ctx, c);
	if (e == OK) {
		instant from = clock_monotonic();
		e = db_commit(c);
		w->stats.commit_micros += clock_monotonic() - from;
	}
	if (e) {
		log_event(LOG_WARN, "database.batch_failed", L_STR("error", str_of(err_find(e)->name)),
		          L_STR("text", db_error_text(c)));
		db_rollback(c);
	}
	if (w->hooks.after_commit)
		w->hooks.after_commit(w->hooks.ctx, e == OK);
	return e;
}

static void pause_before_retry(int attempt)
{
	struct timespec t = {0, 2000000L << attempt};
	nanosleep(&t, NULL);
}

static void run_batch(struct writer *w)
{
	dbc *c = db_writer(w->d);
	err e = OK;
	for (int attempt = 0; attempt <= WRITER_RETRIES; attempt++) {
		e = try_batch(w, c);
		if (e != ERR_db_retry)
			break;
		w->stats.retries++;
		pause_before_retry(attempt);
	}
	db_writer_return(c);
	w->stats.batches++;
	w->stats.commands += (int64_t)w->n;
	for (size_t i = 0; i < w->n; i++) {
		struct command *cmd = w->batch[i];
		cmd->done(cmd, e ? e : w->result[i]); /* cmd may be gone after this */
	}
}

/* ---- the queue ---- */

static bool take_batch(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	while (!w->first && !w->stopping)
		pthread_cond_wait(&w->filled, &w->lock);
	w->n = 0;
	while (w->first && w->n < WRITER_BATCH_MAX) {
		w->batch[w->n++] = w->first;
		w->first = w->first->next;
	}
	if (!w->first)
		w->last = NULL;
	w->queued -= (int64_t)w->n;
	pthread_mutex_unlock(&w->lock);
	return w->n > 0;
}

static void *work(void *ctx)
{
	struct writer *w = ctx;
	while (take_batch(w))
		run_batch(w);
	return NULL;
}

bool writer_submit(writer *w, struct command *cmd)
{
	cmd->next = NULL;
	pthread_mutex_lock(&w->lock);
	bool ok = !w->stopping && w->queued < WRITER_QUEUE_MAX;
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
	struct command command;  /* stands in the queue for `inner` */
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
	struct waiting wait = {.command = {.run = waiting_run, .done = waiting_done}, .inner = cmd};
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

/* One a process, as long as the process: the heap. */
writer *writer_start(db *d, struct writer_hooks hooks)
{
	writer *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	w->d = d;
	w->hooks = hooks;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->filled, NULL);
	if (pthread_create(&w->thread, NULL, work, w) != 0) {
		free(w);
		return NULL;
	}
	return w;
}

void writer_stop(writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->filled);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->filled);
	free(w);
}

struct writer_stats writer_stats_read(writer *w)
{
	pthread_mutex_lock(&w->lock);
	struct writer_stats s = w->stats;
	s.queue = w->queued;
	pthread_mutex_unlock(&w->lock);
	return s;
}

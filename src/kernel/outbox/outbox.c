#include "kernel/outbox/outbox.h"

#include "base/log.h"
#include "kernel/journal.h"
#include "kernel/pack/pack.h"
#include "kernel/statements.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define JOB_ARENA_BYTES  ((size_t)64 * 1024 * 1024)
#define IDLE_NANOSECONDS 200000000L /* between looks, when nobody wakes us */

struct scheduler {
	pthread_t thread[JOB_THREADS];
	int threads;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stopping;
	instant sealed; /* monotonic */
};

struct claimed {
	int64_t id;
	int attempt;
	str kind, key, payload;
};

struct outcome {
	const struct claimed *job;
	err result;
	int attempts_max;
	str detail;
};

static instant pause_after(int attempt)
{
	instant pause = JOB_PAUSE_FIRST;
	for (int i = 1; i < attempt && pause < JOB_PAUSE_MAX; i++)
		pause *= 2;
	return pause < JOB_PAUSE_MAX ? pause : JOB_PAUSE_MAX;
}

static err finish_decide(struct tx *tx, void *ctx)
{
	struct outcome *o = ctx;
	str state = STR("done"), text = {0};
	instant due = tx->now;
	if (o->result) {
		const struct err_info *info = err_find(o->result);
		bool again = info->retryable && o->job->attempt < o->attempts_max;
		state = again ? STR("ready") : STR("dead");
		due += again ? pause_after(o->job->attempt) : 0;
		text = str_fmt(tx->a, "%s: %.*s", info->name, STRF(o->detail));
	}
	db_exec(tx->db, &sql_job_finish, D_INT(o->job->id), D_TEXT(state), D_TEXT(text), D_INT(due));
	return OK;
}

static void failed(const struct claimed *c, const struct outcome *o)
{
	log_event(LOG_WARN, "job.failed", L_STR("kind", c->kind), L_INT("job", c->id),
	          L_INT("attempt", c->attempt), L_STR("error", str_of(err_find(o->result)->name)),
	          L_STR("detail", o->detail));
}

static void finish(struct kernel *k, struct outcome *o)
{
	arena *a = arena_create(JOB_ARENA_BYTES);
	struct action act = {.k = k, .a = a, .decide = finish_decide, .ctx = o};
	if (a)
		kernel_run(&act);
	arena_destroy(a);
}

/* ---- jobs that are commands, each in a transaction of its own ---- */

struct together {
	pthread_mutex_t lock;
	pthread_cond_t done;
	int waiting;
};

struct pending {
	const struct claimed *c;
	const struct job_command *kind;
	struct together *group;
	struct action act;
	err result;
	bool sent;
};

/* What the job does and that it ran, in one transaction. */
static err carry_out(struct tx *tx, const struct claimed *c, const struct job_command *kind)
{
	struct job j = {.k = tx->k,
	                .a = tx->a,
	                .id = c->id,
	                .attempt = c->attempt,
	                .key = c->key,
	                .payload = json_parse(tx->a, c->payload, NULL)};
	struct outcome done = {.job = c};
	err e = j.payload ? kind->decide(tx, &j) : ERR_bad_syntax;
	return e ? e : finish_decide(tx, &done);
}

static err command_decide(struct tx *tx, void *ctx)
{
	struct pending *p = ctx;
	return carry_out(tx, p->c, p->kind);
}

static void command_done(struct action *act, err result)
{
	struct pending *p = act->done_ctx;
	struct together *g = p->group;
	pthread_mutex_lock(&g->lock);
	p->result = result;
	if (--g->waiting == 0)
		pthread_cond_signal(&g->done);
	pthread_mutex_unlock(&g->lock);
}

static void send_command(struct kernel *k, struct pending *p)
{
	p->act = (struct action){
	    .k = k,
	    .a = arena_create(JOB_ARENA_BYTES),
	    .actor = {.channel = STR("timer")},
	    .decide = command_decide,
	    .ctx = p,
	    .done = command_done,
	    .done_ctx = p,
	};
	pthread_mutex_lock(&p->group->lock);
	p->group->waiting++;
	pthread_mutex_unlock(&p->group->lock);
	p->sent = p->act.a && kernel_submit(&p->act);
	if (p->sent)
		return;
	pthread_mutex_lock(&p->group->lock); /* its lease runs out; it is taken again */
	p->group->waiting--;
	pthread_mutex_unlock(&p->group->lock);
}

/* All of them at once, so that they share commits. */
static void run_commands(struct kernel *k, struct pending *p, int n)
{
	struct together g = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
	for (int i = 0; i < n; i++) {
		p[i].group = &g;
		send_command(k, &p[i]);
	}
	pthread_mutex_lock(&g.lock);
	while (g.waiting)
		pthread_cond_wait(&g.done, &g.lock);
	pthread_mutex_unlock(&g.lock);
	for (int i = 0; i < n; i++) {
		struct outcome o = {.job = p[i].c,
		                    .result = p[i].result,
		                    .attempts_max = p[i].kind->attempts_max ? p[i].kind->attempts_max
		                                                            : JOB_ATTEMPTS_DEFAULT,
		                    .detail = p[i].act.fault.detail};
		if (p[i].sent && p[i].result) {
			failed(p[i].c, &o);
			finish(k, &o);
		}
		arena_destroy(p[i].act.a);
	}
}

/* ---- jobs that may talk to the world ---- */

static void run_one(struct kernel *k, const struct claimed *c)
{
	arena *a = arena_create(JOB_ARENA_BYTES);
	if (!a)
		return; /* its lease runs out; it is taken again */
	const struct job_kind *kind = kernel_job_kind(k, c->kind);
	struct job j = {.k = k, .a = a, .id = c->id, .attempt = c->attempt, .key = c->key};
	struct outcome o = {.job = c, .attempts_max = JOB_ATTEMPTS_DEFAULT};
	jmp_buf oom;
	arena_guard(a, &oom);
	if (setjmp(oom)) {
		o.result = ERR_out_of_memory;
	} else if (!kind) {
		o.result = ERR_not_found;
		o.detail = STR("no room declares this kind of job");
	} else {
		if (kind->attempts_max)
			o.attempts_max = kind->attempts_max;
		j.payload = json_parse(a, c->payload, NULL);
		o.result = j.payload ? kind->run(&j) : ERR_bad_syntax;
		o.detail = j.fault.detail;
	}
	if (o.result)
		failed(c, &o);
	finish(k, &o);
	arena_destroy(a);
}

/* ---- taking what is due ---- */

struct claim {
	struct claimed job[JOB_CLAIM_MAX];
	int n, max;
	int done;   /* of commands, in the same transaction */
	bool apart; /* each command alone: one of them failed among the others */
};

static void read_due(struct tx *tx, struct claim *c)
{
	rows *r = db_query(tx->db, &sql_job_due, D_INT(tx->now), D_INT(c->max));
	c->n = 0;
	while (c->n < c->max && db_next(r))
		c->job[c->n++] = (struct claimed){
		    db_int(r, 0),
		    (int)db_int(r, 4) + 1,
		    str_dup(tx->a, db_text(r, 1)),
		    str_dup(tx->a, db_text(r, 2)),
		    str_dup(tx->a, db_text(r, 3)),
		};
	db_done(r);
}

/* In a transaction, so that of several nodes one gets each job. Commands are done
 * here and now, as many as the time allows; what talks to the world is claimed. */
static err claim_decide(struct tx *tx, void *ctx)
{
	struct claim *c = ctx;
	int claimed = 0;
	instant until = clock_monotonic() + JOB_TOGETHER;
	db_exec(tx->db, &sql_job_reclaim, D_INT(tx->now));
	read_due(tx, c);
	c->done = 0;
	for (int i = 0; i < c->n; i++) {
		const struct job_command *kind =
		    c->apart ? NULL : kernel_job_command(tx->k, c->job[i].kind);
		if (!kind && claimed == (c->apart ? c->max : JOB_CLAIM_WORLD))
			continue;
		if (!kind) {
			db_exec(tx->db, &sql_job_claim, D_INT(c->job[i].id), D_INT(tx->now + JOB_LEASE));
			c->job[claimed++] = c->job[i];
			continue;
		}
		if (c->done && clock_monotonic() >= until)
			continue; /* it stays due */
		arena_mark m = arena_save(tx->a);
		err e = carry_out(tx, &c->job[i], kind);
		arena_rewind(tx->a, m);
		if (e || db_error(tx->db))
			return e ? e : db_error(tx->db);
		c->done++;
	}
	c->n = claimed;
	return OK;
}

/* Takes jobs, and does the commands among them. When one of these fails, nothing
 * of that is kept: all are claimed, to be tried each by itself. */
static void take_due(struct kernel *k, arena *a, struct claim *c)
{
	for (int i = 0; i < 2; i++) {
		struct action act = {
		    .k = k, .a = a, .actor = {.channel = STR("timer")}, .decide = claim_decide, .ctx = c};
		if (kernel_run(&act) == OK)
			return;
		c->n = c->done = 0;
		c->apart = true;
	}
}

static int run_due(struct kernel *k, int max)
{
	arena *a = arena_create(JOB_ARENA_BYTES);
	struct claim c = {.max = max};
	if (!a)
		return 0;
	take_due(k, a, &c);
	struct pending together[JOB_CLAIM_MAX];
	int n = 0;
	for (int i = 0; i < c.n; i++) {
		const struct job_command *kind = kernel_job_command(k, c.job[i].kind);
		if (kind)
			together[n++] = (struct pending){.c = &c.job[i], .kind = kind};
	}
	run_commands(k, together, n);
	for (int i = 0; i < c.n; i++)
		if (!kernel_job_command(k, c.job[i].kind))
			run_one(k, &c.job[i]);
	arena_destroy(a);
	return c.n + c.done;
}

int scheduler_drain(struct kernel *k)
{
	int all = 0, n;
	while ((n = run_due(k, JOB_CLAIM_MAX)) > 0)
		all += n;
	return all;
}

/* A look that costs one read: is anything due, or lost? */
static bool anything_due(struct kernel *k)
{
	dbc *c = db_reader(k->db);
	int64_t due = db_query_int_args(c, &sql_job_next_due, INT64_MAX, NULL, 0);
	bool running = db_query_int_args(c, &sql_job_running, 0, NULL, 0) != 0;
	db_clear(c);
	db_reader_return(c);
	return (due > 0 && due <= kernel_now(k)) || running;
}

static bool seal_due(struct scheduler *s)
{
	pthread_mutex_lock(&s->lock);
	bool due = clock_monotonic() - s->sealed >= SEAL_EVERY;
	if (due)
		s->sealed = clock_monotonic();
	pthread_mutex_unlock(&s->lock);
	return due;
}

static bool wait_a_little(struct scheduler *s)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += IDLE_NANOSECONDS;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	pthread_mutex_lock(&s->lock);
	if (!s->stopping)
		pthread_cond_timedwait(&s->wake, &s->lock, &until);
	bool stop = s->stopping;
	pthread_mutex_unlock(&s->lock);
	return !stop;
}

static void *work(void *ctx)
{
	struct kernel *k = ctx;
	struct scheduler *s = k->scheduler;
	do {
		if (seal_due(s) && journal_seal(k, false) != OK)
			log_event(LOG_ERROR, "journal.seal_failed", L_INT("at", kernel_now(k)));
		pack_poll(k);
		while (!s->stopping && anything_due(k) && run_due(k, JOB_CLAIM_MAX / JOB_THREADS) > 0)
			continue;
	} while (wait_a_little(s));
	return NULL;
}

/* An embedded database has one platform: what runs by its word was cut off with the
 * process that ran it, and need not wait for its lease. */
static err cut_off_decide(struct tx *tx, void *ctx)
{
	(void)ctx;
	db_exec(tx->db, &sql_job_reclaim, D_INT(INT64_MAX));
	return OK;
}

static void take_up_cut_off(struct kernel *k)
{
	arena *a = arena_create(JOB_ARENA_BYTES);
	struct action act = {.k = k, .a = a, .decide = cut_off_decide};
	if (a && db_kind(k->db) == DB_SQLITE)
		kernel_run(&act);
	arena_destroy(a);
}

err scheduler_start(struct kernel *k)
{
	take_up_cut_off(k);
	struct scheduler *s = NEW(k->a, struct scheduler);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	k->scheduler = s;
	for (int i = 0; i < JOB_THREADS; i++)
		if (pthread_create(&s->thread[s->threads], NULL, work, k) == 0)
			s->threads++;
	return s->threads ? OK : ERR_unavailable;
}

void scheduler_stop(struct kernel *k)
{
	struct scheduler *s = k->scheduler;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_broadcast(&s->wake);
	pthread_mutex_unlock(&s->lock);
	for (int i = 0; i < s->threads; i++)
		pthread_join(s->thread[i], NULL);
	journal_seal(k, false);
	k->scheduler = NULL;
}

void scheduler_wake(struct kernel *k)
{
	struct scheduler *s = k->scheduler;
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

struct outbox_counts outbox_counts(dbc *c)
{
	struct outbox_counts n = {0};
	rows *r = db_query_args(c, &sql_job_count, NULL, 0);
	while (db_next(r)) {
		str state = db_text(r, 0);
		int64_t count = db_int(r, 1);
		if (str_eq(state, STR("ready")))
			n.ready = count;
		else if (str_eq(state, STR("running")))
			n.running = count;
		else if (str_eq(state, STR("done")))
			n.done = count;
		else
			n.dead = count;
	}
	db_done(r);
	return n;
}

bool outbox_backlog(dbc *c, instant now, struct outbox_backlog *out)
{
	/* One look: between two a job could end and leave another, and both be missed. */
	rows *r = db_query(c, &sql_job_backlog, D_INT(now));
	bool ok = db_next(r);
	if (ok)
		*out = (struct outbox_backlog){.due = db_int(r, 0),
		                               .oldest = db_int(r, 1),
		                               .running = db_int(r, 2),
		                               .dead = db_int(r, 3)};
	db_done(r);
	return ok;
}

json *outbox_dead(dbc *c, arena *a, size_t max)
{
	json *list = json_array(a);
	rows *r = db_query(c, &sql_job_list, D_TEXT(STR("dead")), D_INT((int64_t)max));
	while (db_next(r)) {
		json *v = json_push(list, json_object(a));
		json_set_str(a, v, "id", str_fmt(a, "%lld", (long long)db_int(r, 0)));
		json_set_str(a, v, "kind", str_dup(a, db_text(r, 1)));
		json_set_str(a, v, "key", str_dup(a, db_text(r, 2)));
		json_set_int(a, v, "attempts", db_int(r, 5));
		json_set_str(a, v, "error", str_dup(a, db_text(r, 6)));
		json_set_int(a, v, "at", db_int(r, 4));
	}
	db_done(r);
	return list;
}

err outbox_retry(struct tx *tx, int64_t id)
{
	if (db_change(tx->db, &sql_job_retry, D_INT(id), D_INT(tx->now)) > 0)
		return OK;
	return tx_fail(tx, ERR_not_found, "", "no job of this number has failed");
}

/* Jobs: done after the commit, again after a failure, again after a kill. */
#include "kernel_unit.h"

#include "kernel/outbox/outbox.h"

#include <stdatomic.h>

static _Atomic int runs;
static _Atomic int failures_left;
static _Atomic err failure;

static err run_job(struct job *j)
{
	(void)j;
	atomic_fetch_add(&runs, 1);
	return atomic_fetch_sub(&failures_left, 1) > 0 ? atomic_load(&failure) : OK;
}

/* A command: leaves an event, and refuses what its payload says it should. */
static err command_job(struct tx *tx, const struct job *j)
{
	atomic_fetch_add(&runs, 1);
	err e =
	    tx_emit(tx, (struct emission){.kind = "unit.did", .data = json_copy(tx->a, j->payload)});
	return e ? e : json_truth(j->payload, "bad") ? ERR_bad_input : OK;
}

static void fold_nothing(dbc *c, arena *a, const struct event *e)
{
	(void)c;
	(void)a;
	(void)e;
}

static const struct job_kind jobs[] = {{"unit.job", run_job, 3}};
static const struct job_command commands[] = {{"unit.command", command_job, 3}};
static const struct event_kind events[] = {{"unit.did", 1, fold_nothing, "test"}};
static const struct organ unit_organ = {.name = "unit",
                                        .events = events,
                                        .n_events = COUNT(events),
                                        .jobs = jobs,
                                        .n_jobs = COUNT(jobs),
                                        .job_commands = commands,
                                        .n_job_commands = COUNT(commands)};

static struct unit *start(int fail, err how)
{
	static const struct organ *organs[] = {&unit_organ};
	atomic_store(&runs, 0);
	atomic_store(&failures_left, fail);
	atomic_store(&failure, how);
	return unit_start(organs, 1);
}

static err ask_decide(struct tx *tx, void *ctx)
{
	tx_later(tx, "unit.job", STR("once"), 0, json_object(tx->a));
	return *(err *)ctx;
}

static err ask(struct unit *u, err answer)
{
	return unit_run(u, ask_decide, &answer);
}

static void sql(struct unit *u, const char *text)
{
	dbc *c = db_writer(u->k->db);
	db_script(c, str_of(text));
	assert_int_equal(db_error(c), OK);
	db_writer_return(c);
}

static struct outbox_counts counts(struct unit *u)
{
	dbc *c = db_reader(u->k->db);
	struct outbox_counts n = outbox_counts(c);
	db_reader_return(c);
	return n;
}

static void a_job_of_a_refused_command_never_runs(void **state)
{
	(void)state;
	struct unit *u = start(0, OK);
	assert_int_equal(ask(u, ERR_conflict), ERR_conflict);
	assert_int_equal(scheduler_drain(u->k), 0);
	assert_int_equal(ask(u, OK), OK);
	assert_int_equal(ask(u, OK), OK); /* the same key: one job */
	assert_int_equal(scheduler_drain(u->k), 1);
	assert_int_equal(runs, 1);
	assert_int_equal(counts(u).done, 1);
	unit_stop(u);
}

static void a_failed_job_waits_and_is_tried_again(void **state)
{
	(void)state;
	struct unit *u = start(1, ERR_unavailable);
	assert_int_equal(ask(u, OK), OK);
	assert_int_equal(scheduler_drain(u->k), 1);
	u->now += JOB_PAUSE_FIRST - 1;
	assert_int_equal(scheduler_drain(u->k), 0);
	u->now += 1;
	assert_int_equal(scheduler_drain(u->k), 1);
	assert_int_equal(counts(u).done, 1);
	unit_stop(u);
}

static void a_hopeless_job_is_parked(void **state)
{
	(void)state;
	struct unit *u = start(1, ERR_bad_input);
	assert_int_equal(ask(u, OK), OK);
	assert_int_equal(scheduler_drain(u->k), 1);
	assert_int_equal(counts(u).dead, 1);
	unit_stop(u);
	u = start(99, ERR_unavailable);
	assert_int_equal(ask(u, OK), OK);
	for (int i = 0; i < 5; i++, u->now += JOB_PAUSE_MAX)
		scheduler_drain(u->k);
	assert_int_equal(runs, 3); /* attempts_max */
	assert_int_equal(counts(u).dead, 1);
	unit_stop(u);
}

static struct outbox_backlog backlog(struct unit *u)
{
	struct outbox_backlog n;
	dbc *c = db_reader(u->k->db);
	assert_true(outbox_backlog(c, u->now, &n));
	db_reader_return(c);
	return n;
}

static void the_backlog_tells_what_is_late(void **state)
{
	(void)state;
	struct unit *u = start(1, ERR_unavailable);
	instant asked = u->now;
	assert_int_equal(backlog(u).due, 0);
	assert_int_equal(backlog(u).oldest, 0);
	assert_int_equal(ask(u, OK), OK);
	u->now += MINUTE;
	assert_int_equal(backlog(u).due, 1);
	assert_true(backlog(u).oldest >= asked && backlog(u).oldest < u->now);
	scheduler_drain(u->k); /* it fails, and is for later */
	assert_int_equal(backlog(u).due, 0);
	sql(u, "UPDATE job SET state = 'running', lease = 0");
	assert_int_equal(backlog(u).running, 1);
	sql(u, "UPDATE job SET state = 'dead'");
	assert_int_equal(backlog(u).running, 0);
	assert_int_equal(backlog(u).dead, 1);
	unit_stop(u);
}

static void a_job_cut_off_runs_again_when_its_lease_ends(void **state)
{
	(void)state;
	struct unit *u = start(0, OK);
	assert_int_equal(ask(u, OK), OK);
	char text[128];
	snprintf(text, sizeof text, "UPDATE job SET state = 'running', lease = %lld",
	         (long long)(u->now + JOB_LEASE));
	sql(u, text); /* as a process leaves it that is killed meanwhile */
	assert_int_equal(scheduler_drain(u->k), 0);
	u->now += JOB_LEASE + 1;
	assert_int_equal(scheduler_drain(u->k), 1);
	unit_stop(u);
}

/* No other process can be at it: the next start takes it up without waiting. */
static void an_embedded_platform_takes_up_cut_off_jobs_at_start(void **state)
{
	(void)state;
	struct unit *u = start(0, OK);
	bool embedded = db_kind(u->k->db) == DB_SQLITE;
	assert_int_equal(ask(u, OK), OK);
	char text[128];
	snprintf(text, sizeof text, "UPDATE job SET state = 'running', lease = %lld",
	         (long long)(u->now + JOB_LEASE));
	sql(u, text);
	assert_int_equal(scheduler_start(u->k), OK);
	for (int i = 0; i < 1200 && atomic_load(&runs) == 0 && embedded; i++)
		usleep(100 * 1000);
	scheduler_stop(u->k);
	assert_int_equal(runs, embedded ? 1 : 0);
	unit_stop(u);
}

static err ask_commands(struct tx *tx, void *ctx)
{
	for (int i = 0; i < *(int *)ctx; i++) {
		json *p = json_object(tx->a);
		json_set_int(tx->a, p, "n", i);
		json_set_bool(tx->a, p, "bad", i == 20);
		tx_later(tx, "unit.command", str_fmt(tx->a, "%d", i), 0, p);
	}
	return OK;
}

static int64_t did(struct unit *u)
{
	dbc *c = db_reader(u->k->db);
	rows *r = db_query_text(
	    c, STR("SELECT count(*) FROM journal WHERE kind = 'unit.did' AND data LIKE '%false%'"),
	    NULL, 0);
	int64_t n = db_next(r) ? db_int(r, 0) : -1;
	db_done(r);
	db_reader_return(c);
	return n;
}

static void commands_run_together_and_one_that_fails_takes_none_with_it(void **state)
{
	(void)state;
	struct unit *u = start(0, OK);
	int n = 50;
	assert_int_equal(unit_run(u, ask_commands, &n), OK);
	assert_int_equal(scheduler_drain(u->k), n);
	assert_int_equal(did(u), n - 1); /* each once; what the bad one did is gone */
	assert_int_equal(counts(u).done, n - 1);
	assert_int_equal(counts(u).dead, 1);
	assert_true(atomic_load(&runs) > n);
	dbc *c = db_reader(u->k->db);
	assert_int_equal(outbox_dead(c, u->a, 10)->count, 1);
	db_reader_return(c);
	unit_stop(u);
	u = start(0, OK);
	n = 20; /* none fails: few transactions */
	assert_int_equal(unit_run(u, ask_commands, &n), OK);
	int64_t batches = writer_stats_read(u->k->writer).batches;
	assert_int_equal(scheduler_drain(u->k), n);
	assert_int_equal(atomic_load(&runs), n);
	assert_true(writer_stats_read(u->k->writer).batches - batches <= 4);
	unit_stop(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_job_of_a_refused_command_never_runs),
	    cmocka_unit_test(a_failed_job_waits_and_is_tried_again),
	    cmocka_unit_test(a_hopeless_job_is_parked),
	    cmocka_unit_test(the_backlog_tells_what_is_late),
	    cmocka_unit_test(a_job_cut_off_runs_again_when_its_lease_ends),
	    cmocka_unit_test(an_embedded_platform_takes_up_cut_off_jobs_at_start),
	    cmocka_unit_test(commands_run_together_and_one_that_fails_takes_none_with_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

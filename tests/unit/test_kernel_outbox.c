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

static const struct job_kind jobs[] = {{"unit.job", run_job, 3}};
static const struct organ unit_organ = {.name = "unit", .jobs = jobs, .n_jobs = COUNT(jobs)};

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
	for (int i = 0; i < 50 && atomic_load(&runs) == 0 && embedded; i++)
		usleep(100 * 1000);
	scheduler_stop(u->k);
	assert_int_equal(runs, embedded ? 1 : 0);
	unit_stop(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_job_of_a_refused_command_never_runs),
	    cmocka_unit_test(a_failed_job_waits_and_is_tried_again),
	    cmocka_unit_test(a_hopeless_job_is_parked),
	    cmocka_unit_test(a_job_cut_off_runs_again_when_its_lease_ends),
	    cmocka_unit_test(an_embedded_platform_takes_up_cut_off_jobs_at_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

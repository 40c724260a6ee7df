/*
 * outbox.h - doing, after the commit, what transactions asked for with tx_later.
 *
 * Jobs that are commands (organ.h) run many in one transaction, which also records that
 * they ran: exactly once, with no claim. When one of them fails, nothing of that is kept
 * and each is tried alone. The scheduler claims the other due jobs, runs each in one of
 * its threads, and records how it went. A process that dies while a job runs leaves a lease behind;
 * after JOB_LEASE another takes the job again (on an embedded database, which has no other, the
 * next start does at once): a job may thus run more than once, and what it does to the world must
 * be safe to repeat (a message carries its own id, an enquiry changes nothing). Failures wait 5 s,
 * 10 s, 20 s .. JOB_PAUSE_MAX. The same threads seal the journal once a second.
 */
#ifndef KERNEL_OUTBOX_H
#define KERNEL_OUTBOX_H

#include "kernel/kernel.h"

#define JOB_THREADS     2
#define JOB_CLAIM_MAX   512 /* looked at in one transaction */
#define JOB_CLAIM_WORLD 16  /* of them, jobs that one thread then runs one by one */
#define JOB_LEASE       (2 * MINUTE)
#define JOB_TOGETHER    (20 * SECOND / 1000) /* of commands in one transaction: others wait so long \
	                                          */
#define JOB_PAUSE_FIRST      (5 * SECOND)
#define JOB_PAUSE_MAX        (1 * HOUR)
#define JOB_ATTEMPTS_DEFAULT 12
#define SEAL_EVERY           (1 * SECOND)

struct scheduler;

err scheduler_start(struct kernel *k);
/* Lets running jobs end, then stops. */
void scheduler_stop(struct kernel *k);
/* Runs everything that is due now, in this thread, until nothing is; returns how
 * many ran. For tests and simulations, which do not start the scheduler. */
int scheduler_drain(struct kernel *k);
/* A command was committed that asked for a job: look at once. */
void scheduler_wake(struct kernel *k);

struct outbox_counts {
	int64_t ready, running, done, dead;
};
struct outbox_counts outbox_counts(dbc *c);

/* What is late now: jobs that are due, since when the oldest of them (0: none is), those
 * under way and those given up. Cheap however many were done. False: the database does not
 * answer. */
struct outbox_backlog {
	int64_t due, running, dead;
	instant oldest;
};
bool outbox_backlog(dbc *c, instant now, struct outbox_backlog *out);

/* Jobs that ended badly: [{"id","kind","key","attempts","error","at"}], newest first. */
json *outbox_dead(dbc *c, arena *a, size_t max);
/* Asks for a dead job again, now; for decide functions. ERR_not_found. */
err outbox_retry(struct tx *tx, int64_t id);

#endif

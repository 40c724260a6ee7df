/*
 * organ.h - what a room brings to the kernel, as one table.
 *
 * The kernel's own rooms and each system have one; app/systems.c lists them all.
 */
#ifndef KERNEL_ORGAN_H
#define KERNEL_ORGAN_H

#include "kernel/tx.h"

/* Runs in the transaction of the event, right after its fold. */
struct reactor {
	const char *kind;
	err (*react)(struct tx *tx, const struct event *e);
};

/* A fold over another room's events: statistics, inboxes, erasure of copies.
 * Runs after the kind's own fold, in the order of the rooms. */
struct follow {
	const char *kind;
	void (*fold)(dbc *c, arena *a, const struct event *e);
};

/* A job runs outside any transaction (it may talk to the world); what it learns
 * it records with kernel_run. Returning OK ends it; a retryable error tries
 * again with growing pauses; another error parks it as dead, and says so. */
struct job {
	struct kernel *k;
	arena *a;
	int64_t id;
	int attempt;         /* from 1 */
	str key;
	const json *payload;
	struct fault fault;  /* to be filled with an error */
};

struct job_kind {
	const char *name;
	err (*run)(struct job *j);
	int attempts_max;
};

/* A job that changes nothing but the platform's own state: it runs as one command,
 * in the transaction that also records that it ran, so that it happens exactly
 * once. Many that are due together share their commits. */
struct job_command {
	const char *name;
	err (*decide)(struct tx *tx, const struct job *j);
	int attempts_max;
};

/* A table that folds own: `journal rebuild` empties it, replays, and compares
 * the rows in the order of `key`. */
struct derived {
	const char *table;
	const char *key;     /* "id" or "case_id, no" */
};

struct organ {
	const char *name;    /* "kernel", "systems/portal": its folder below src/ */
	const struct event_kind *events;
	size_t n_events;
	const struct follow *follows;
	size_t n_follows;
	const struct reactor *reactors;
	size_t n_reactors;
	const struct job_kind *jobs;
	size_t n_jobs;
	const struct job_command *job_commands;
	size_t n_job_commands;
	/* Kinds of any room's events after which this room's public pages read
	 * otherwise: what the web server keeps of them is then dropped. */
	const char *const *public_kinds;
	size_t n_public_kinds;
	const struct derived *derived;
	size_t n_derived;
	const struct err_info *errors;
	size_t n_errors;
	void (*statements)(void);
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

#endif

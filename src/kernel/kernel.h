/*
 * kernel.h - the running platform: database, writer, journal, clock, rooms.
 *
 * Opened once by the program; every other room gets it as `struct kernel *`.
 * Thread safety: all functions here from any thread, after kernel_open.
 */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include "db/writer.h"
#include "kernel/config/config.h"
#include "kernel/organ.h"

struct kernel_options {
	str database;            /* see db_open */
	str data_dir;            /* keys, files, checkpoints; created 0700 */
	clock_source clock;
	uint64_t seed;           /* 0: real randomness; otherwise a simulation */
	const struct organ *const *organs;
	size_t n_organs;
	bool migrate;            /* run missing migrations; else refuse to open */
	const struct config *config; /* may be NULL */
	bool read_only;          /* no writer thread: verify, export, reports */
};

struct kernel {
	arena *a;                /* lives as long as the kernel */
	db *db;
	writer *writer;
	clock_source clock;
	str data_dir;
	const struct organ *const *organs;
	size_t n_organs;
	struct kinds *kinds;     /* what they declared of events; kernel/kinds.h */
	struct journal *journal; /* its head; kernel/journal.h */
	struct vault *vault;     /* kernel/vault.h */
	struct signer *signer;   /* signs, in a process of its own; kernel/signer/signer.h */
	struct scheduler *scheduler; /* jobs and timers; kernel/outbox.h */
	const struct config *config; /* NULL in tests: all empty; kernel/config/config.h */
	struct packs *packs;     /* the pack in force and kept versions; kernel/pack/pack.h */
	struct searches *searches; /* indexes in memory; kernel/search/search.h */
	struct scanner *scanner; /* for viruses, or NULL; kernel/files/scan.h */
	struct confine *examiner; /* looks into files that are sent in; kernel/files/examine.h */
	rng rng;                 /* the writer thread's */
	_Atomic uint64_t public_generation;
};

/* NULL *why is never left on failure. */
err kernel_open(const struct kernel_options *o, struct kernel **out, str *why);
void kernel_close(struct kernel *k);
instant kernel_now(const struct kernel *k);

/* ---- commands ---- */

struct action {
	/* to be filled */
	struct kernel *k;
	arena *a;                /* handed to the writer thread until done */
	struct actor actor;
	err (*decide)(struct tx *tx, void *ctx);
	void *ctx;
	/* Exactly once: a second action with the same scope and key does not decide
	 * again but gets the first one's answer; with another `request_hash` it is
	 * refused with ERR_idempotency_mismatch. Empty key: no such promise. */
	str idempotency_scope, idempotency_key, request_hash;
	void (*done)(struct action *act, err result); /* in the writer thread; short */
	void *done_ctx;
	bool undoes;             /* it is likely to fail after writing; see db/writer.h */

	/* filled when done */
	json *answer;            /* what decide left here; kept with the key */
	struct fault fault;
	bool replayed;

	/* private */
	struct command command;
	instant now;
	bool public_changed;     /* an event of a public kind was recorded */
};

/* Queues; false when the platform is full or stopping. */
bool kernel_submit(struct action *act);
/* Runs and waits. */
err kernel_run(struct action *act);
/* The kept answer of a command that was done with this scope, key and request. */
bool kernel_answered(dbc *c, arena *a, str scope, str key, str request_hash, json **answer);
/* The answer to keep with the idempotency key; for decide functions. */
void tx_answer(struct tx *tx, json *answer);

/* Rises after the commit of an event that some room calls public (organ.h). */
uint64_t kernel_public_generation(const struct kernel *k);

/* Declared events, jobs and so on, over all rooms. */
const struct event_kind *kernel_event_kind(const struct kernel *k, str name, int version);
const struct job_kind *kernel_job_kind(const struct kernel *k, str name);
const struct job_command *kernel_job_command(const struct kernel *k, str name);

#endif

/*
 * writer.h - the one place where transactions begin and end.
 *
 * Commands are queued and run by one writer thread: it drains the queue, runs
 * them one after the other in one transaction, commits once, and only then tells
 * each of them. An answer is thus never sent before its effect is durable, and
 * one fsync serves many. Commands that come while a batch runs join it, until it is as
 * old as a sync takes, or WRITER_GATHER.
 *
 * The writer of an embedded database does not wait for the disk: when commands are
 * waiting, a second thread syncs the batch and tells its commands while the next one
 * runs, which commits only after that sync. So one batch at most is seen by readers and
 * not yet durable; who reads waits for it before telling anybody (db_reader_return).
 *
 * A command that fails is rolled back alone. Most that fail have written nothing
 * yet. When one has, the batch runs again with a savepoint for each command, and
 * so do the next WRITER_CAREFUL batches: savepoints cost a seventh of a command.
 *
 * On PostgreSQL the writer takes an advisory lock at the start of each
 * transaction, so that several application nodes take turns batch by batch and
 * the journal has one order. A serialization failure runs the whole batch again,
 * at most WRITER_RETRIES times; a lost connection runs it again until
 * WRITER_OUTAGE has passed (a failover takes about 20 s).
 *
 * When the connection breaks during a commit, nobody knows whether the batch is
 * kept. So each batch leaves a mark (table writer_mark, made by db_migrate, one
 * row a writer), and on the next connection the mark decides: it is there, and
 * the batch is acknowledged after one more commit (which also waits for the
 * standbys); or it is not, and the batch runs again. If there is no connection,
 * the commands end with ERR_db_uncertain: repeat with the same idempotency key.
 *
 * An embedded database whose disk refuses a commit is not to be trusted further
 * (the system may have dropped the pages it could not write): its commands end
 * with ERR_db_uncertain, and then storage_lost is called, which by default ends
 * the process. Opening the database again recovers it.
 *
 * Thread safety: writer_submit and writer_run from any thread.
 */
#ifndef DB_WRITER_H
#define DB_WRITER_H

#include "base/time.h"
#include "db/db.h"

#define WRITER_BATCH_MAX 1000       /* commands in one transaction */
#define WRITER_GATHER (10 * SECOND / 1000) /* at most */
#define WRITER_QUEUE_MAX 20000      /* waiting commands; more are refused */
#define WRITER_RETRIES 5
#define WRITER_CAREFUL 100          /* batches */
#define WRITER_OUTAGE (30 * SECOND)
#define WRITER_EXIT_STORAGE 74      /* status of a process that lost its disk (EX_IOERR) */

typedef struct writer writer;

struct command {
	/* Runs in the writer thread, inside the transaction. May run more than once
	 * (retries): it must start from scratch each time. Returns OK to keep its
	 * changes. */
	err (*run)(dbc *c, struct command *cmd);
	/* After the commit (result OK) or the refusal; in a thread of the writer's, so it
	 * must be short: wake somebody up. It must not read the database. */
	void (*done)(struct command *cmd, err result);
	bool undoes;          /* it is likely to fail after writing: a savepoint at once */
	struct command *next; /* private */
};

/* Each runs once a batch. before_batch and before_commit run inside the
 * transaction (the journal reads and keeps its head there); after_commit hears, in the
 * writer thread, whether it succeeded: then readers see the batch, and it may not yet be
 * durable. Any may be NULL. */
struct writer_hooks {
	err (*before_batch)(void *ctx, dbc *c);
	err (*before_commit)(void *ctx, dbc *c);
	void (*after_commit)(void *ctx, bool committed);
	/* A command was rolled back to its savepoint: forget what it did. Called
	 * with the command about to run as `begin`, so that state can be kept. */
	void (*command_begin)(void *ctx);
	void (*command_undone)(void *ctx);
	/* See above. NULL: the process ends with WRITER_EXIT_STORAGE. */
	void (*storage_lost)(void *ctx);
	void *ctx;
};

writer *writer_start(db *d, struct writer_hooks hooks);
/* Refuses new commands, finishes the queue, ends the thread. */
void writer_stop(writer *w);

/* Queues it and returns; false (and done is not called) when the queue is full,
 * the writer stops or its disk is lost. The command must live until done. */
bool writer_submit(writer *w, struct command *cmd);
/* Queues it and waits. ERR_unavailable when it cannot be queued. */
err writer_run(writer *w, struct command *cmd);

struct writer_stats {
	int64_t commands, batches, refused, retries;
	int64_t queue;          /* now */
	int64_t commit_micros;  /* spent in commits and their syncs */
};
struct writer_stats writer_stats_read(writer *w);

#endif

/*
 * wal.h - the embedded database's write-ahead log. Private to db.
 *
 * Two things about it are ours. SQLite writes each page of a commit with two system
 * calls; here they are gathered and written together, before whatever comes next of
 * that file: its sync, a read, its end. Readers learn of a commit only after the sync,
 * so nobody looks for pages that still stand in memory.
 *
 * And the log is folded into the database file by a thread of its own, while the
 * writer goes on: a commit does not wait for it. A log that is written all the time
 * never comes to its end that way, so when little is left the writer is asked to fold
 * the rest between two commits, and begins the log anew.
 */
#ifndef DB_WAL_H
#define DB_WAL_H

#include <sqlite3.h>
#include <stdbool.h>

/* The name of a VFS that gathers the log's writes; once a process, before any
 * connection is opened. NULL: there is none, use SQLite's own. */
const char *wal_vfs(void);

/* Folds what this connection, the writer's, commits from now on. NULL: out of memory. */
struct folder *wal_fold_start(sqlite3 *h);
/* Before the connection is closed. NULL is allowed. */
void wal_fold_stop(struct folder *f);

#endif

/*
 * wal.h - the embedded database's write-ahead log. Private to db.
 *
 * Three things about it are ours. SQLite writes each page of a commit with two system
 * calls; here they are gathered and written together, before whatever comes next of
 * that file: its sync, a read, its end. Readers learn of a commit only after that, so
 * nobody looks for pages that still stand in memory.
 *
 * The sync of a commit can be put off: the writer goes on, and another thread syncs
 * (writer.h). The log's frames are chained by their checksums, so what was synced stands
 * or falls before what came after it. Only commits are put off: the syncs that SQLite
 * asks for when it folds the log or begins it anew order the writes of two files, and
 * are made when asked for. They are told apart by their flags, which is why every
 * connection sets checkpoint_fullfsync.
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

/* The log of a connection in its present transaction or the last; NULL: not one of ours.
 * It lasts as long as the connection. */
struct log_file *wal_log(sqlite3 *h);
/* The next commit's sync is put off; false: it cannot be. The connection's thread. */
bool wal_defer(struct log_file *l);
/* No longer; was one put off since? The connection's thread. */
bool wal_deferred(struct log_file *l);
/* Makes all durable that was committed. Any thread, also while others use the log. */
bool wal_sync(const struct log_file *l);

/* Folds what this connection, the writer's, commits from now on. NULL: out of memory. */
struct folder *wal_fold_start(sqlite3 *h);
/* Before the connection is closed. NULL is allowed. */
void wal_fold_stop(struct folder *f);

#endif

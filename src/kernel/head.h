/*
 * head.h - the journal's head, as the writer thread keeps it. Private to kernel.
 *
 * Read from the database at the start of each batch (another node may have
 * written), moved by each append, put back when a command is undone.
 */
#ifndef KERNEL_HEAD_H
#define KERNEL_HEAD_H

#include "kernel/kernel.h"
#include "kernel/journal.h"

#include <pthread.h>

#define JOURNAL_ENTRY_MAX_BYTES 65535 /* C2SP tlog-tiles: a bundle's length field */

struct head {
	int64_t seq;
	hash256 chain;
};

/* A whole subtree's root, for proofs (prove.c): it never changes. */
struct remembered {
	int64_t from, n; /* leaves; n = 0: an empty slot */
	hash256 root;
};
#define REMEMBERED_NODES 4096

struct journal {
	struct head now, before; /* `before`: as it was when the command began */
	_Atomic int64_t committed; /* highest seq that readers see, for the sealer */
	struct head batch;
	str origin;                /* the log's name in its checkpoints */
	struct remembered *remembered;
	pthread_mutex_t remembered_lock;
};

err journal_open(struct kernel *k, arena *a, str *why);
struct writer_hooks journal_hooks(struct kernel *k);

/* Appends e (seq and hashes are filled in); the sealed part is made here. */
err journal_append(struct tx *tx, struct event *e);

/* One row of journal_range as an event. With `unseal` the secret is opened. */
struct journal_row {
	struct event e;
	str data, sealed;
	hash256 leaf, chain;
};
bool journal_row_read(rows *r, struct journal_row *out);
/* Parses data, opens secret: what a fold needs. ERR_journal_broken if it cannot. */
err journal_row_open(struct kernel *k, dbc *c, arena *a, struct journal_row *row);
hash256 chain_next(hash256 chain, hash256 leaf);

/* Runs an event's own fold and all that follow its kind. */
void event_fold(const struct kernel *k, dbc *c, arena *a, const struct event *e);

#endif

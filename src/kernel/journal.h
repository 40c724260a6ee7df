/*
 * journal.h - the append-only, verifiable record.
 *
 * Each event is one row and one leaf of a Merkle tree (RFC 6962: leaf hash
 * SHA-256(0x00 || entry), node hash SHA-256(0x01 || left || right)). The row also
 * carries a running chain, SHA-256(previous chain || leaf), for a cheap local
 * check. `entry` is the event as one line of JSON with fixed member order
 * (journal_entry), sealed personal data included as base64 ciphertext.
 *
 * A sealer thread extends the tree and signs checkpoints (C2SP tlog-checkpoint,
 * Ed25519 signed note) at most one second or 1,000 events apart. journal_tiles
 * gives the tree out as files in the C2SP tlog-tiles layout.
 */
#ifndef KERNEL_JOURNAL_H
#define KERNEL_JOURNAL_H

#include "kernel/event.h"

struct kernel;
struct tx;

typedef struct {
	unsigned char b[32];
} hash256;

hash256 hash_leaf(str entry);
hash256 hash_node(hash256 left, hash256 right);

/* The bytes that are hashed for a row; see the top of journal.c. */
str journal_entry(arena *a, const struct event *e, str data, str sealed);

/* Prints and seals an event's personal part in whatever thread prepares its command, in a
 * tx that only reads. False: the subject has no key yet, or all randomness is the writer's
 * (a simulation); then the writer does it. */
bool journal_seal_ahead(struct tx *tx, const char *kind, int64_t subject, const json *secret,
                        struct ahead *out);

/* ---- proofs (RFC 6962 2.1.1, 2.1.2), over leaf hashes given by a reader ---- */

struct leaf_source {
	hash256 (*leaf)(void *ctx, int64_t index); /* from 0 */
	void *ctx;
};
hash256 tree_root(struct leaf_source s, int64_t size);
size_t tree_inclusion(struct leaf_source s, int64_t index, int64_t size, hash256 *proof, size_t max);
size_t tree_consistency(struct leaf_source s, int64_t old, int64_t size, hash256 *proof, size_t max);
bool tree_inclusion_check(hash256 leaf, int64_t index, int64_t size, const hash256 *proof,
                          size_t n, hash256 root);
bool tree_consistency_check(int64_t old, hash256 old_root, int64_t size, hash256 root,
                            const hash256 *proof, size_t n);

/* ---- reading and checking ---- */

/* Reads events in order; personal data unsealed where the key still exists.
 * Returns false from `each` to stop. */
err journal_read(struct kernel *k, dbc *c, int64_t from_seq, int64_t to_seq,
                 bool (*each)(void *ctx, arena *scratch, const struct event *e), void *ctx);

struct journal_report {
	int64_t records;        /* checked */
	int64_t first_bad;      /* seq, 0 = none */
	str what;               /* "leaf hash differs from the record", ... */
	int64_t checkpoints;    /* whose signature and root were checked */
	hash256 root;
};
/* Recomputes every leaf, the chain, the tree and compares all checkpoints. */
err journal_verify(struct kernel *k, arena *a, struct journal_report *out);

struct rebuild_report {
	int64_t events;
	int tables, different;
	str first_different;    /* table */
};
/* Replays everything into the derived tables and compares with what was there.
 * `keep` leaves the rebuilt tables; otherwise all is rolled back. */
err journal_rebuild(struct kernel *k, arena *a, bool keep, struct rebuild_report *out);

/* A self-contained proof that record `seq` is in the journal, as JSON:
 * {"entry_hash","index","size","hashes":[...],"checkpoint":"..."} */
err journal_prove(struct kernel *k, dbc *c, arena *a, int64_t seq, json **proof);
/* Checks such a proof against the log's public key (vkey text). */
bool journal_proof_check(arena *a, const json *proof, hash256 leaf, str vkey, str *why);

struct tiles_report {
	int64_t size;           /* records below the checkpoint */
	int64_t files;          /* written */
};
/* Writes the tree of the newest checkpoint below `folder` as C2SP tlog-tiles, the
 * checkpoint last. The tiles are hashes and may be published; `entries` adds the
 * records themselves (personal data sealed), for an auditor. ERR_not_found: no
 * checkpoint yet; ERR_unavailable: the folder cannot be written. */
err journal_tiles(struct kernel *k, arena *a, str folder, bool entries, struct tiles_report *out);

/* ---- sealing ---- */

err journal_seal(struct kernel *k, bool force);  /* once; the sealer thread calls it */
str journal_vkey(struct kernel *k, arena *a);    /* "origin+hash+base64", C2SP signed-note */

#endif

/*
 * vault.h - personal data at rest: one key for each person.
 *
 * A subject's key (32 bytes) is kept wrapped under the master key, which is a
 * file outside the database (DATA_DIR/keys/master.key, 0600). Sealing is
 * XChaCha20-Poly1305 with the event's kind and subject as associated data.
 * Destroying a subject's key makes every sealed record of that person unreadable
 * for ever, while the journal's hashes, taken over the ciphertext, still verify.
 */
#ifndef KERNEL_VAULT_H
#define KERNEL_VAULT_H

#include "base/str.h"
#include "db/db.h"

struct kernel;
struct tx;

struct vault;

/* Reads or makes the master key below `data_dir`. */
err vault_open(arena *a, str data_dir, struct vault **out, str *why);

/* Makes the subject's key if it has none yet. */
err vault_seal(struct tx *tx, int64_t subject, str label, str plain, str *sealed);
/* The same before the command runs, in a tx that only reads, with randomness of its own;
 * makes no key. Whoever made the tx wipes tx->key in the end. */
err vault_seal_ahead(struct tx *tx, int64_t subject, str label, str plain, str *sealed);
/* Refuses unless the subject has a key. */
err vault_key_ready(struct tx *tx, int64_t subject);
/* ERR_vault_erased when the key is gone. */
err vault_unseal(struct kernel *k, dbc *c, arena *a, int64_t subject, str label, str sealed,
                 str *plain);
err vault_destroy(struct tx *tx, int64_t subject);

/* Platform secrets (TOTP seeds, provider keys) under the master key itself. */
str vault_wrap(struct kernel *k, arena *a, str label, str plain);
bool vault_unwrap(struct kernel *k, arena *a, str label, str wrapped, str *plain);

/* DATA_DIR/keys, where the keys that sign are, too (kernel/signer). */
str vault_folder(const struct vault *v);

#endif

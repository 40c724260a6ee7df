/*
 * signer.h - the platform's two signatures, made by a process that alone has the keys.
 *
 * The role "signer" (kernel/confine) reads, or makes, the keys below DATA_DIR/keys when
 * it starts, and has no file and no network afterwards; the server never reads them. It
 * takes typed requests, never bytes to be signed: a tree head, of which it writes the
 * checkpoint's text itself and which may not contradict what it signed before, and the
 * digest of a document, which it puts into the attributes of a PDF's signature. A
 * server that was taken over can thus ask for signatures of these two kinds while it
 * runs, which the journal shows; it cannot take a key away.
 *
 *   checkpoint.key   seed of the Ed25519 key of the journal, 32 bytes
 *   checkpoint.pub   its public half: what every command but the server needs
 *   document.pem     the P-256 key of documents and its certificate
 *
 * Thread safety: any thread.
 */
#ifndef KERNEL_SIGNER_H
#define KERNEL_SIGNER_H

#include "kernel/confine/confine.h"

#include "base/time.h"

#define SIGNER_PUBLIC_BYTES    32
#define SIGNER_SIGNATURE_BYTES 64
#define SIGNER_DIGEST_BYTES    32

struct signer;

/* Knows the public key; starts the process only if there is none yet. `now` is for the
 * certificate, should it be made. ERR_keys_missing and *why. */
err signer_open(arena *a, str keys_dir, instant now, enum confine_need need, struct signer **out,
                str *why);
/* Starts the process unless it runs: what the first signature would find out. */
err signer_start(struct signer *s, str *why);
void signer_close(struct signer *s); /* NULL is allowed */

void signer_public_key(const struct signer *s, unsigned char out[SIGNER_PUBLIC_BYTES]);
/* SHA-256 of the certificate of documents. ERR_unavailable. */
err signer_certificate(struct signer *s, unsigned char out[SIGNER_DIGEST_BYTES]);

/* ERR_unavailable: try again. ERR_journal_broken: another head, or a larger tree, was
 * signed before. */
err signer_checkpoint(struct signer *s, arena *a, int64_t size, const unsigned char root[32],
                      unsigned char out[SIGNER_SIGNATURE_BYTES]);
/* The signature of a document with this digest: CMS in DER (kernel/documents/sign.h). */
err signer_document(struct signer *s, arena *a, const unsigned char digest[SIGNER_DIGEST_BYTES],
                    str *der);

struct confine_counts signer_counts(const struct signer *s);

/* What is signed of a tree head, and the log's name within: both ends write them. */
str checkpoint_origin(arena *a, const unsigned char public_key[SIGNER_PUBLIC_BYTES]);
str checkpoint_text(arena *a, str origin, int64_t size, const unsigned char root[32]);

extern const struct confine_role signer_role;

#endif

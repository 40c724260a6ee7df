/*
 * sign.h - the platform's signature on a PDF, and the proof of its record within.
 *
 * Signature: PAdES baseline B-B (ETSI EN 319 142-1) by a P-256 key that the signer's
 * process alone has, and its self-signed certificate (kernel/signer). The signed
 * attributes are content-type, message-digest and signing-certificate-v2; signing-time is
 * left out, as PAdES wants it: the time is in the signature dictionary, and proven by the
 * journal.
 *
 * What is hashed. `digest` is SHA-256 over the file's byte range: everything except
 * the hex string that holds the signature. It is the message-digest of the
 * signature, it is what the event document.issued records, and it stays the same
 * when the proof is added: the proof goes, like the time-stamps of other profiles,
 * into an unsigned attribute of the signature itself. So no byte that is signed
 * changes, no update is appended, and the file stays PDF/A-2 (which forbids
 * attachments that are not PDF/A themselves; part 3 was not needed). The digest of a
 * file tells nothing about a person: the code printed in it is random.
 *
 * The proof is a JSON object: that of journal_prove, and "entry", the event as the
 * journal hashed it. The event names the digest and the certificate; the log's key
 * signs the checkpoint above it. Who knows the log's key needs nothing else.
 */
#ifndef KERNEL_DOCUMENTS_SIGN_H
#define KERNEL_DOCUMENTS_SIGN_H

#include "base/err.h"
#include "base/json.h"
#include "base/time.h"

/* Where the signature stands in a file. */
struct signature_place {
	size_t from, to; /* of the hex digits between < and > */
	size_t range[4]; /* as the file says */
};
/* Finds the last signature; false when there is none or its numbers are nonsense. */
bool signature_find(str pdf, struct signature_place *out);
/* The bytes that are signed, and their SHA-256. */
str signature_covered(arena *a, str pdf, const struct signature_place *p);
/* DER of the signature; false when it is not DER, or padded with more than zeros. */
bool signature_der(arena *a, str pdf, const struct signature_place *p, str *der);

/* Who signs: gives the CMS signature, in DER, of a document with this SHA-256. */
struct signing {
	void *ctx;
	err (*make)(void *ctx, arena *a, const unsigned char digest[32], str *der);
};

/* Signs a PDF that was rendered with an empty signature field; *digest is hex. */
err sign_pdf(const struct signing *how, arena *a, str pdf, str *out, str *digest);
/* Puts a proof into the signature; ERR_too_large when there is no room. */
err sign_add_proof(arena *a, str pdf, str proof, str *out);

#endif

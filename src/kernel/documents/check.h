/*
 * check.h - is this file what the platform issued? Without a network.
 *
 * Three questions, in this order: is the signature over the whole file and right; does
 * the file carry the proof that the journal recorded exactly this file, signed with
 * this certificate; is the journal the one whose key the asker trusts. What happened
 * since (a revocation) only the register knows: documents.h.
 *
 * The file is a stranger's: nothing in it is trusted but what the arithmetic shows.
 */
#ifndef KERNEL_DOCUMENTS_CHECK_H
#define KERNEL_DOCUMENTS_CHECK_H

#include "base/json.h"
#include "base/time.h"

/* Reasons are keys of messages: "document.check.digest". */
enum document_verdict {
	DOCUMENT_INTACT,  /* as issued, recorded, by the trusted log */
	DOCUMENT_ALTERED, /* it was signed, and is not any more what was signed */
	DOCUMENT_UNKNOWN, /* nobody known vouches for it */
};

struct document_check {
	enum document_verdict verdict;
	const char *reason;      /* intact, digest, signature, beyond, no_signature, malformed,
	                          * no_proof, proof, other_record, other_log, no_key */
	str why;                 /* English, for a technician */
	str digest, certificate; /* hex */
	str log;                 /* key of the log that the proof names (not to be trusted) */
	/* of the proven event; empty otherwise */
	str number, kind, code, entity;
	instant at;
	int64_t seq;
};

/* `vkey`: the log's key, empty if the asker has none. */
void document_check(arena *a, str pdf, str vkey, struct document_check *out);

#endif

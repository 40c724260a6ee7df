/*
 * documents.h - what government issued: rendered, signed, registered, verifiable.
 *
 * A document is asked for inside a transaction (document_request), which takes its
 * number, and made after it, by the job document.issue: PDF rendered
 * (engine/document), signed (PAdES, sign.h), stored (kernel/files), then recorded by
 * the event document.issued {id, order, number, kind, code, hash, certificate, file,
 * title, instance}, initials of the holder sealed. To the order's view are added
 * document {number, code, issued, verify_url} and, if missing, entity {en, ar}.
 * A reader checks the file itself with check.h, without a network. Rooms
 * react to that event; for a case's issue task, kernel/cases goes on with the
 * process. Numbers are gap-free for each kind and year. `code` is what the QR
 * carries: random, says nothing, 12 characters of Crockford's base 32 shown as
 * XXXX-XXXX-XXXX.
 */
#ifndef KERNEL_DOCUMENTS_H
#define KERNEL_DOCUMENTS_H

#include "kernel/files/files.h"

struct document_order {
	str kind;   /* "certificate", "receipt", "permit" ... */
	str prefix; /* of the number: "D" gives D-2026-000007 */
	int64_t case_id, subject;
	str entity;
	int64_t instance; /* of the case's issue task, or 0 */
	str key;          /* makes it happen once: "case:42:7" */
	const json *spec; /* document.json */
	const json *view; /* what its texts name: applicant, answers, case ... (personal) */
	json *title;      /* {"en","ar"} */
};
err document_request(struct tx *tx, const struct document_order *o);

struct issued {
	int64_t id;
	str number, code, kind, entity, file, sha256;
	int64_t case_id, subject;
	json *title; /* {"en","ar"} */
	str initials_en, initials_ar;
	instant at, revoked, expires;
	str reason;  /* of the revocation */
	int64_t seq; /* of its event in the journal */
};
bool document_by_code(dbc *c, arena *a, str code, struct issued *out); /* any spelling */
bool document_by_number(dbc *c, arena *a, str number, struct issued *out);
size_t documents_of_case(dbc *c, arena *a, int64_t case_id, struct issued *out, size_t max);
/* The signed bytes, with the proof of its event once there is a checkpoint. */
err document_bytes(struct kernel *k, dbc *c, arena *a, const struct issued *d, str *pdf);
/* Event document.revoked. */
err document_revoke(struct tx *tx, str number, str reason);
/* A PDF that is not registered (a report, a statement): rendered and signed. */
err document_render_now(struct kernel *k, arena *a, const json *spec, const json *view, instant now,
                        str *pdf);

extern const struct organ documents_organ;

#endif

/* The organ of documents: what its .c files share. Private to kernel/documents. */
#ifndef KERNEL_DOCUMENTS_ORGAN_H
#define KERNEL_DOCUMENTS_ORGAN_H

#include "kernel/documents/documents.h"
#include "kernel/documents/show.h"
#include "kernel/documents/sign.h"

#define EVENT(name, kind, version, doc) void fold_##name(dbc *c, arena *a, const struct event *e);
#include "kernel/documents/events.def"
#undef EVENT

#define STMT(n, t) extern struct sql sql_##n;
#include "kernel/documents/statements.def"
#undef STMT

/* Signs with the platform's key; the certificate's hash and the digest in hex. */
err document_sign(struct kernel *k, arena *a, str pdf, str *out, str *digest, str *certificate);
err document_issue_job(struct job *j);
/* A code as people see it, XXXX-XXXX-XXXX, from 8 bytes or more. */
str document_code(arena *a, str seed);
/* What was typed, as a code: case, hyphens, O for 0, I and L for 1. False: no code. */
bool document_code_read(arena *a, str typed, str *code);

#endif

/* notify_in.h - what the files of notify share; private to systems/notify. */
#ifndef SYSTEMS_NOTIFY_IN_H
#define SYSTEMS_NOTIFY_IN_H

#include "kernel/cases/cases.h"
#include "systems/notify/notify.h"
#include "web/view.h"

#define ROUTES_DEF "systems/notify/routes.def"
#include "web/declare.h"

#define STMT(n, t) extern struct sql sql_##n;
#include "systems/notify/statements.def"
#undef STMT
void notify_statements(void);

#define EVENT(name, kind, version, doc) void fold_##name(dbc *c, arena *a, const struct event *e);
#include "systems/notify/events.def"
#undef EVENT
void notify_follow_erased(dbc *c, arena *a, const struct event *e);

#define NOTICE_OFFICERS_MAX 50 /* who is told of an overdue task nobody holds */
#define INBOX_PAGE          50
#define INBOX_SEARCHED      2000 /* notices that one search reads, newest first */
#define MAIL_TIMEOUT_S      30L  /* of one SMTP conversation */
#define MAIL_SHOWN          100  /* in the catcher's list */
#define MAIL_MAX_BYTES      ((size_t)256 * 1024)
#define REFERENCE_CHARS     12
#define REFERENCE_WHEN      5 /* of them */
#define DOCUMENT_SEALED     (5 * SECOND) /* by then a checkpoint proves it, without a network */

/* A notice before it is recorded. */
struct notice {
	int64_t id, to; /* recipient */
	int64_t case_id;
	str on, message;       /* event kind; id in messages.json */
	str entity, reference; /* sender; the case's reference, or empty */
	bool inbox, email;
	str about;            /* what else it is about: a payment's reference, a document's number */
	str document;         /* number of one that goes with the mail, or empty */
	json *subject, *body; /* {"en","ar"} */
};

/* A notice as it was recorded. */
struct stored {
	int64_t id, to, at, read;
	str code, entity, reference, email_state;
	json *subject, *body;
	bool archived;
};
/* `inbox`: only what the recipient may open there. */
bool notice_get(dbc *c, arena *a, int64_t to, int64_t id, bool inbox, struct stored *out);

int64_t notify_unread(struct req *r);
int64_t space_messages(struct req *r, json *list, size_t max);

/* The program's texts, read once: reactors run in the writer's thread. */
const struct messages *notify_texts(void);

/* compose.c: reactors. */
err notify_react(struct tx *tx, const struct event *e);
err notify_react_code(struct tx *tx, const struct event *e);
err notify_react_link(struct tx *tx, const struct event *e); /* paying.c */
err notify_react_receipt(struct tx *tx, const struct event *e);
err notify_react_stale(struct tx *tx, const struct event *e);
/* Records a notice, and asks for its mail; its texts are made for the recipient. */
err notice_record(struct tx *tx, const struct notice *n);

/* mail.c: jobs. */
err notify_mail_job(struct job *j);
err notify_code_job(struct job *j);

/* One mail in both languages; `first` is the reader's. Retryable errors:
 * ERR_unavailable; ERR_notice_refused when the server will never take it. */
struct mail {
	str to, message_id;
	enum lang first;
	str subject[LANG_COUNT], body[LANG_COUNT];
	instant at;
	str file, file_name; /* a PDF that goes with it, or empty */
};
err mail_send(struct kernel *k, arena *a, const struct mail *m, str *why);
/* RFC 2047 encoded words for a header's text. */
str mail_words(arena *a, str text);
str mail_words_decoded(arena *a, str header);

#define ERROR(name, code, http, retry) ERR_##name = (code),
enum notify_error {
#include "systems/notify/errors.def"
};
#undef ERROR

#endif

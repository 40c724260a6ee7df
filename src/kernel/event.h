/*
 * event.h - what happens, and the folds that turn it into tables.
 *
 * Everything that happens is one event in one journal, written in the same
 * transaction as its effect. A room lists its kinds in events.def
 *     EVENT(case_submitted, "case.submitted", 1, "An applicant submitted a case")
 * and writes one fold for each: the only code that changes the room's derived
 * tables. A fold must depend on the event and the tables alone (no clock, no
 * randomness, no ids of its own), so that replaying the journal gives the same
 * tables again. A changed meaning is a new version; the old fold stays.
 *
 * Personal data goes into `secret`, never into `data`: it is sealed at rest under
 * the subject's key (kernel/vault.h). Once that key is destroyed a replay sees
 * secret == NULL, and the fold must then write empty fields.
 */
#ifndef KERNEL_EVENT_H
#define KERNEL_EVENT_H

#include "base/json.h"
#include "base/time.h"
#include "db/db.h"

struct event {
	int64_t seq;         /* position in the journal, from 1 without gaps */
	instant at;
	str kind;
	int version;
	int64_t actor;       /* person who did it; 0 = the platform itself */
	int64_t on_behalf;   /* person for whom it was done, or 0 */
	str entity;          /* id of the entity concerned ("iga"), may be empty */
	int64_t subject;     /* person whose data this is, or 0 */
	int64_t case_id;     /* or 0 */
	const json *data;    /* clear; an object, never NULL */
	const json *secret;  /* personal; an object, or NULL */
	const str *printed;  /* of each member of `secret`, when that was printed just now */
	const struct ahead *ahead; /* what was done of it before its command ran, or NULL */
};

/* The personal part of an event, printed and sealed before its command is queued: that
 * needs no transaction, and the writer is one for all. See journal_seal_ahead. */
struct ahead {
	const json *secret;
	const str *printed;
	str sealed, base64;
	const void *derived; /* what the kind's own fold would work out of `secret` alone */
};

/* A member of `secret` as JSON text; empty if there is none. */
str event_secret_text(arena *a, const struct event *e, const char *name);

struct event_kind {
	const char *name;
	int version;
	void (*fold)(dbc *c, arena *a, const struct event *e); /* NULL: nothing derived */
	const char *doc;
};

#endif

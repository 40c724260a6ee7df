/*
 * tx.h - decide, record, apply: one command inside its transaction.
 *
 * A handler's decide function reads state through tx->db, and either refuses
 * (tx_fail) or emits events. tx_emit appends to the journal and applies the
 * event's fold at once, so that the next read sees it; then the reactors that
 * other rooms registered for that kind run, in the same transaction. Nobody
 * writes a derived table but a fold, nobody begins or commits but the writer,
 * and nothing is sent out but through tx_later (the outbox), after the commit.
 *
 * decide may run more than once (a retry): it must not change what it was given.
 */
#ifndef KERNEL_TX_H
#define KERNEL_TX_H

#include "base/rng.h"
#include "kernel/errors.h"
#include "kernel/event.h"

struct kernel;
struct action;

/* Who acts. All zero for the platform itself (timers, jobs). */
struct actor {
	int64_t person;
	int64_t on_behalf;
	str entity;          /* the entity an officer acts for */
	str channel;         /* "web", "api", "cli", "timer", "counter", "kiosk" */
};

struct tx {
	struct kernel *k;
	dbc *db;
	arena *a;
	instant now;
	rng *rng;
	struct actor actor;
	struct fault fault;  /* filled by tx_fail */
	int depth;           /* of reactors running within reactors */
	struct action *action; /* the command this belongs to; private */
	struct {
		int64_t subject; /* whose key the vault unwrapped last; private to it */
		unsigned char key[32];
	} key;
};

/* A new id, rising with time. */
int64_t tx_id(struct tx *tx);

struct emission {
	const char *kind;    /* a declared kind; its newest version is recorded */
	str entity;
	int64_t subject, case_id;
	json *data;          /* NULL = {} */
	const json *secret;  /* needs a subject */
	const struct ahead *ahead; /* of this secret, kind and subject; NULL: nothing was done */
};

/* Records and applies. Returns what a reactor refused, if one did: hand it on. */
err tx_emit(struct tx *tx, struct emission e);

/* Refuses: `return tx_fail(tx, ERR_case_closed, "", "the case is %s", state);` */
err tx_fail(struct tx *tx, err code, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Asks for a job after the commit: `kind` names a declared job, `key` makes it
 * happen once (a second job of the same kind and key is dropped; empty = no
 * such rule), `due` is the earliest instant (0 = now). */
void tx_later(struct tx *tx, const char *kind, str key, instant due, const json *payload);
/* Takes back a job that has not begun, if there is one. */
void tx_cancel(struct tx *tx, const char *kind, str key);

#endif

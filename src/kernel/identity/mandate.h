/*
 * mandate.h - who may act for whom: for which service, until when, on what ground.
 *
 * A person gives a mandate to another ("given"). Of a child its guardian holds one, until
 * the child is of age; of a company its signatory: those two are told by registers, reach
 * all of the principal's matters, and are not the principal's to end. A signatory may
 * give mandates for the company. Nobody else passes one on.
 *
 * Every command that acts for somebody asks anew, in its transaction: a mandate that was
 * ended takes effect at once.
 */
#ifndef KERNEL_MANDATE_H
#define KERNEL_MANDATE_H

#include "kernel/tx.h"

#define MANDATES_MAX 200

struct mandate {
	int64_t id, principal, agent;
	str service; /* "*": any */
	instant given, until; /* until 0 = without end */
	str basis;   /* "given", "guardian", "signatory" */
};

/* Those in force at an instant, newest first; MANDATES_MAX at most. */
size_t mandates_of_agent(dbc *c, arena *a, int64_t agent, instant at, struct mandate **out);
size_t mandates_of_principal(dbc *c, arena *a, int64_t principal, instant at,
                             struct mandate **out);
bool mandate_covers(const struct mandate *m, str service);
/* From a register: over all that is the principal's. */
bool mandate_whole(const struct mandate *m);
/* May the agent act for the principal in this service? *out, if wanted: by which. */
bool acts_for(dbc *c, arena *a, int64_t agent, int64_t principal, str service, instant at,
              struct mandate *out);
/* The newest between the two, whether it still stands or not. */
bool mandate_between(dbc *c, arena *a, int64_t agent, int64_t principal, struct mandate *out);

/* m->id is chosen; given is now. Events mandate.given, mandate.ended. */
err mandate_give(struct tx *tx, struct mandate *m);
err mandate_end(struct tx *tx, const struct mandate *m);

#endif

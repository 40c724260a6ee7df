/*
 * calls.h - how often callers called, told between the nodes that share a database.
 *
 * Not derived of the journal: a count that is lost lets somebody call a little more.
 */
#ifndef KERNEL_CALLS_H
#define KERNEL_CALLS_H

#include "kernel/kernel.h"

struct calls {
	int64_t caller, node; /* numbers that say nothing */
	instant ends;         /* of the window */
	int64_t calls;        /* at this node so far */
	int64_t others;       /* out: at all other nodes, as far as they told */
};

/* One command; false, and `others` as it was, when it could not be done. */
bool calls_share(struct kernel *k, struct calls *c);

#endif

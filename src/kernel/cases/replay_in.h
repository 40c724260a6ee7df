/* replay_in.h - what the files of the replay share. Private to kernel/cases. */
#ifndef KERNEL_CASES_REPLAY_IN_H
#define KERNEL_CASES_REPLAY_IN_H

#include "kernel/cases/replay.h"

/* A case while it is decided again. */
struct replay_one {
	arena *a;
	dbc *c;
	const struct pack *p;
	const struct event *e; /* case.submitted, opened */
	const json *context;   /* service_context of its day */
	instant submitted;
};

/* How it ends by this version's process, or where it waits; empty: it cannot begin. */
str replay_process(struct replay_one *one, const struct service *s);

#endif

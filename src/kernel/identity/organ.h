/* The organ of people, sessions and authority, and its folds. */
#ifndef KERNEL_IDENTITY_ORGAN_H
#define KERNEL_IDENTITY_ORGAN_H

#include "kernel/organ.h"

extern const struct organ identity_organ;
/* Declares what a command reads once; see db/held.h. */
void person_tables(void);

#define EVENT(name, kind, version, doc)                                                 \
	void fold_##name(dbc *c, arena *a, const struct event *e);
#include "kernel/identity/events.def"
#undef EVENT

#endif

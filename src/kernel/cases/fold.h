/* The folds of cases; private to kernel/cases. */
#ifndef KERNEL_CASES_FOLD_H
#define KERNEL_CASES_FOLD_H

#include "kernel/event.h"

#define EVENT(name, kind, version, doc) void fold_##name(dbc *c, arena *a, const struct event *e);
#include "kernel/cases/events.def"
#undef EVENT

/* Follows person.erased: empties what is personal, ends what is open. */
void fold_case_person_erased(dbc *c, arena *a, const struct event *e);

#endif

/* private.h - what the ledger's files share. */
#ifndef KERNEL_LEDGER_PRIVATE_H
#define KERNEL_LEDGER_PRIVATE_H

#include "kernel/kernel.h"
#include "kernel/ledger/ledger.h"

#define EVENT(name, kind, version, doc) void fold_##name(dbc *c, arena *a, const struct event *e);
#include "kernel/ledger/events.def"
#undef EVENT

#endif

/*
 * demo.h - the invented people of a pack's demo.json, for trials only.
 *
 * Everybody gets the published password, roles and register entries. Nothing is
 * put where anybody else is known: ERR_conflict. Putting them again is nothing.
 */
#ifndef KERNEL_PACK_DEMO_H
#define KERNEL_PACK_DEMO_H

#include "kernel/pack/pack.h"

struct demo;

/* Hashes the passwords of those who are not known yet (of all when c is NULL), which
 * is slow: outside the transaction. NULL when the pack has no such people. */
struct demo *demo_prepare(dbc *c, arena *a, const struct pack *p);
/* A decide function; its ctx is the struct demo. */
err demo_put(struct tx *tx, void *demo);

#endif

/*
 * pack_start.h - a pack for the program: from a folder into force, and its people.
 */
#ifndef APP_PACK_START_H
#define APP_PACK_START_H

#include "app/open.h"
#include "kernel/pack/pack.h"

#define PACK_CHECK_ARENA_BYTES ((size_t)1024 * 1024 * 1024)

/* Reads and checks a folder; diagnostics go to standard error. NULL when wrong. */
struct pack *pack_from_folder(arena *a, const char *folder, struct pack_source *s);
/* Makes it the one in force. An exit code. */
int pack_into_force(struct opened *o, const struct pack_source *s, const struct pack *p);
/* For serve: the setting "pack" when none is in force yet, then the pack in force,
 * then the people of its demo.json when the setting "demo" is on. An exit code. */
int pack_start(struct opened *o);

#endif

/*
 * pack_new.h - the beginning of a service: a folder that works as it is.
 *
 * Copies packs/template (carried in the program) to FOLDER/services/ID with the
 * pack's own body, role, currency and lists filled in.
 */
#ifndef APP_PACK_NEW_H
#define APP_PACK_NEW_H

#include "kernel/pack/pack.h"

/* False and *why: the id is wrong or taken, or the pack lacks what a card needs. */
bool pack_new(arena *a, const char *folder, const struct pack *p, str id, str *why);

#endif

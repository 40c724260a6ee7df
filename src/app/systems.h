/*
 * systems.h - the one list of what this program is made of.
 *
 * To add a system: its folder below src/systems, and one line in systems.c.
 */
#ifndef APP_SYSTEMS_H
#define APP_SYSTEMS_H

#include "web/route.h"

#define APP_ORGANS_MAX 64

extern const struct system *const app_systems[];
extern const size_t app_systems_count;

/* The kernel's organs, then those of the systems, in the order in which folds of
 * other rooms' events and reactors run. Returns how many. */
size_t app_organs(const struct organ *out[APP_ORGANS_MAX]);

#endif

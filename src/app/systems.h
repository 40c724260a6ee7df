/*
 * systems.h - the one list of what this program is made of.
 *
 * To add a system: its folder below src/systems, and one line in systems.c.
 */
#ifndef APP_SYSTEMS_H
#define APP_SYSTEMS_H

#include "web/route.h"

/* The kernel's organs, then those of the systems, in the order in which folds of
 * other rooms' events and reactors run. */
extern const struct organ *const app_organs[];
extern const size_t app_organs_count;

extern const struct system *const app_systems[];
extern const size_t app_systems_count;

#endif

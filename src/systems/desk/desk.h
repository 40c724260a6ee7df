/*
 * desk.h - where officers work: lists, cases, decisions, absence.
 *
 * See README.md. The rest of the platform knows this one symbol.
 */
#ifndef SYSTEMS_DESK_H
#define SYSTEMS_DESK_H

#include "web/route.h"

extern const struct system desk_system;

#endif

/*
 * portal.h - the national portal: signing in, applying, following, verifying.
 *
 * See README.md. The rest of the platform knows this one symbol.
 */
#ifndef SYSTEMS_PORTAL_H
#define SYSTEMS_PORTAL_H

#include "web/route.h"

extern const struct system portal_system;

#endif

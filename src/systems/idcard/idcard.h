/* idcard.h - the register of identity cards; see README.md. */
#ifndef SYSTEMS_IDCARD_H
#define SYSTEMS_IDCARD_H

#include "web/route.h"

extern const struct system idcard_system;

#endif

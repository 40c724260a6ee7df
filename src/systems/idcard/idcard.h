/* idcard.h - the register of identity cards; see README.md. */
#ifndef SYSTEMS_IDCARD_H
#define SYSTEMS_IDCARD_H

#include "kernel/organ.h"

extern const struct organ idcard_organ;

#endif

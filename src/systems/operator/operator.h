/*
 * operator.h - what an operator looks at at three in the morning: is it well, what
 * waits, what has stuck, and how to set it going again.
 */
#ifndef SYSTEMS_OPERATOR_H
#define SYSTEMS_OPERATOR_H

#include "web/route.h"

extern const struct system operator_system;

#endif

/*
 * policy.h - new versions of rules and processes: written, checked, tried on last
 * year's cases, published by two people.
 */
#ifndef SYSTEMS_POLICY_H
#define SYSTEMS_POLICY_H

#include "web/route.h"

extern const struct system policy_system;

#endif

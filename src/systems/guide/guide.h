/*
 * guide.h - the guide of all services (spec 06): cards, search, export, feedback.
 *
 * Cards are data of the pack; what is here of its own is the index of their words,
 * the sums of ratings, and what readers say of a card.
 */
#ifndef SYSTEMS_GUIDE_H
#define SYSTEMS_GUIDE_H

#include "web/route.h"

extern const struct system guide_system;

#endif

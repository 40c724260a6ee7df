/*
 * check.h - what the files of dmn_check share. Private to the room.
 */
#ifndef ENGINE_DMN_CHECK_H
#define ENGINE_DMN_CHECK_H

#include "engine/dmn/model.h"

/* Types that cannot fit, names that nobody gives, requirements that nobody uses. */
void dmn_check_types(arena *a, const struct dmn *m, const struct element *el, struct diags *d);

#endif

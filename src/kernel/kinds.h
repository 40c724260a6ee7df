/*
 * kinds.h - what the rooms declared of each kind of event, found by its name.
 * Private to the kernel; made once, when it is opened.
 */
#ifndef KERNEL_KINDS_H
#define KERNEL_KINDS_H

#include "kernel/organ.h"

struct kernel;

struct kind {
	str name;
	const struct event_kind *newest; /* NULL: nobody declares it */
	const struct follow **follows;   /* in the order of the rooms */
	size_t n_follows;
	const struct reactor **reactors;
	size_t n_reactors;
	bool is_public;
};

struct kinds *kinds_make(arena *a, const struct organ *const *organs, size_t n);
/* NULL when no room has anything to do with it. */
const struct kind *kind_find(const struct kinds *s, str name);

#endif

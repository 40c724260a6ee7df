/*
 * span.h - the values of a column, cut where the constants of its cells lie.
 *
 * n bounds in order make 2 n + 1 spans: span 2 i + 1 is bound i itself, span 2 i what
 * lies below it and above the one before. No cell tells two values of a span apart.
 * Private to the room.
 */
#ifndef ENGINE_DMN_SPAN_H
#define ENGINE_DMN_SPAN_H

#include "engine/dmn/model.h"

struct spans {
	enum feel_kind kind; /* of all bounds */
	bool zoned;          /* for points in time: with a zone, all of them */
	feel_value *bound;
	size_t n;
};

/* Can this cell be told by bounds (constants and ranges that have an order)? */
bool span_cell(const struct cell *c);
/* The bounds of all cells that can; false when there are none or they have no common
 * order. */
bool spans_make(arena *a, const struct cell *const *cells, size_t n, struct spans *out);

/* Does the value belong to that order? */
bool span_fits(const struct spans *s, feel_value v);
size_t span_of(const struct spans *s, feel_value v);
/* The spans of a constant or range; none when *from > *to. */
void span_part(const struct spans *s, feel_value part, size_t *from, size_t *to);
/* A value of the span; false when there is none (between two days). */
bool span_sample(arena *a, const struct spans *s, size_t span, feel_value *out);

#endif

/*
 * embed.h - files that travel inside the binary (see tools/embed.list).
 *
 * Names are paths from the root of the source tree, sorted within a pattern.
 * Contents are followed by a NUL byte that is not counted.
 */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include "base/str.h"

struct embedded {
	const char *name;
	const char *start, *end;
};

extern const struct embedded embedded_files[];
extern const size_t embedded_count;

/* False when there is no such file. */
bool embed_find(str name, str *content);

#endif

/*
 * compress.h - gzip (RFC 1952) and brotli (RFC 7932), and what a client accepts.
 */
#ifndef WEB_COMPRESS_H
#define WEB_COMPRESS_H

#include "web/assets.h"

#define COMPRESS_MIN_BYTES 1024 /* below, a header costs more than it saves */

enum effort { EFFORT_FAST, EFFORT_BEST }; /* once for a page; once for all time */

/* False when the result is not smaller, or the library refuses. */
bool compress_bytes(arena *a, enum coding c, enum effort e, str bytes, str *out);

/* Accept-Encoding (RFC 9110, 12.5.3) as a set of 1 << coding; identity is always
 * in it. The best of a set for text: */
unsigned coding_accepted(str header);
enum coding coding_best(unsigned accepted);
const char *coding_name(enum coding c); /* NULL for identity */

#endif

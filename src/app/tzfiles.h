/*
 * tzfiles.h - the system's time zone files, and small files in general, for the
 * rooms that may not open any.
 */
#ifndef APP_TZFILES_H
#define APP_TZFILES_H

#include "engine/feel/feel.h"

/* Reads /usr/share/zoneinfo (or $TZDIR). */
const struct feel_zones *tz_files(void);

/* A whole file of at most `max` bytes; false if it cannot be read. */
bool file_slurp(arena *a, const char *path, size_t max, str *out);

#endif

/*
 * copy.h - files of a folder copied durably: for backups.
 *
 * A file that is there with the same size is not copied again (content-addressed
 * files never change). Regular files only; no links are followed.
 */
#ifndef APP_COPY_H
#define APP_COPY_H

#include "base/str.h"

struct copied {
	int64_t files, bytes; /* of the whole tree, also those that were there */
};

/* True also when `from` does not exist. errno says what failed. */
bool copy_tree(const char *from, const char *to, struct copied *out);
/* Written beside, synced, then renamed. */
bool write_whole(const char *path, str bytes);
bool read_whole(arena *a, const char *path, size_t max, str *out);

#endif

/*
 * zip.h - several files as one (PKZIP, stored without compression).
 *
 * The same files give the same bytes: no time is in it.
 */
#ifndef SYSTEMS_PAYMENTS_ZIP_H
#define SYSTEMS_PAYMENTS_ZIP_H

#include "base/str.h"

#define ZIP_FILES_MAX 64

struct zip_file {
	str name, bytes;
};
/* Empty when there are too many files or bytes. */
str zip_make(arena *a, const struct zip_file *f, size_t n);

#endif

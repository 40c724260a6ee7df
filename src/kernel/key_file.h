/* key_file.h - keys in files: whole or not there, for the owner alone. Private to kernel. */
#ifndef KERNEL_KEY_FILE_H
#define KERNEL_KEY_FILE_H

#include "base/str.h"

#define KEY_FILE_MAX 64 /* bytes of a key */

/* Exactly `n` bytes; no symbolic link. */
bool key_file_read(const char *path, unsigned char *out, size_t n);
/* Durable before anyone relies on it. Never replaces a file that another process made
 * meanwhile: read it again. */
bool key_file_write(arena *a, str dir, const char *path, const unsigned char *bytes, size_t n);
/* Reads the key DIR/NAME; draws and writes it first if there is none. False: it is there,
 * but unreadable or of another size; or it cannot be written. */
bool key_file_get(arena *a, str dir, const char *name, unsigned char *key, size_t n);

#endif

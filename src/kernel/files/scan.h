/*
 * scan.h - the hook for a virus scanner: clamd's INSTREAM.
 *
 * The scanner is a server of its own on this machine, reached by a socket:
 * "unix:/run/clamav/clamd.ctl", "tcp:127.0.0.1:3310" or "tcp:[::1]:3310". A file goes
 * there after it was examined and before it is kept. What the scanner finds is refused
 * and becomes an event (file.infected, with the signature's name and no content). A
 * scanner that does not answer in SCAN_SECONDS refuses the file, too, or, where the
 * operator says that it is not required, lets it in marked as not scanned.
 *
 * Thread safety: any thread.
 */
#ifndef KERNEL_FILES_SCAN_H
#define KERNEL_FILES_SCAN_H

#include "base/err.h"

#define SCAN_SECONDS    20 /* for a file, all together */
#define SCAN_CHUNK      ((size_t)64 * 1024)
#define SCAN_NAME_BYTES 100

struct scanner;

/* NULL and *why: the address is none of those above. */
struct scanner *scanner_open(arena *a, str address, bool required, str *why);

enum scan_verdict { SCAN_CLEAN, SCAN_FOUND, SCAN_FAILED };
/* *what: the signature's name, or why it failed. */
enum scan_verdict scanner_ask(struct scanner *s, arena *a, str bytes, str *what);
/* Must a file stay out that the scanner could not look at? */
bool scanner_required(const struct scanner *s);
/* Does it answer at all? *why if not. */
bool scanner_ping(struct scanner *s, arena *a, str *why);

struct scan_counts {
	int64_t scanned, found, failed;
};
struct scan_counts scanner_counts(const struct scanner *s); /* NULL: zeros */

#endif

/*
 * deadline.h - bytes to and from a socket, until an instant and no longer.
 *
 * `until` is of clock_monotonic(). Writing to an end that is closed raises no signal.
 */
#ifndef BASE_DEADLINE_H
#define BASE_DEADLINE_H

#include "base/time.h"

enum passage { PASSED, ENDED, LATE }; /* ENDED: closed, or broken */

enum passage send_until(int fd, const void *bytes, size_t n, instant until);
enum passage receive_until(int fd, void *bytes, size_t n, instant until);
/* At least one byte and at most `max`; *n of them. */
enum passage receive_some_until(int fd, void *bytes, size_t max, size_t *n, instant until);
/* Waits for POLLIN or POLLOUT. False: it is too late. */
bool ready_until(int fd, short what, instant until);

#endif

/*
 * aside.h - requests that wait for another process, away from the web threads.
 *
 * A web thread serves many connections: what waits for a decoder or a scanner in it
 * keeps all of them waiting. Such a request goes aside: its connection is suspended,
 * one of a few threads does the work, and the connection is taken up again.
 */
#ifndef WEB_ASIDE_H
#define WEB_ASIDE_H

#include "base/arena.h"

#include <stdbool.h>

#define ASIDE_THREADS     4
#define ASIDE_WAITING_MAX 256 /* more are refused */

struct aside;

/* NULL: no thread could be started. */
struct aside *aside_start(arena *a, void (*run)(void *what));
/* False: too many wait, or it is stopping. */
bool aside_put(struct aside *s, void *what);
/* Runs what waits, then ends. NULL is allowed. */
void aside_stop(struct aside *s);

#endif

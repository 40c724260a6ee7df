/*
 * router.h - finds the route of a path.
 *
 * A tree of path segments, built once at start. A fixed segment wins over a
 * parameter. Two routes of one method for the same paths, two names for one
 * parameter, a path that is not well formed: the program does not start.
 * Immutable afterwards, shared by threads.
 */
#ifndef WEB_ROUTER_H
#define WEB_ROUTER_H

#include "web/route.h"

struct router;

struct match {
	const struct route *of[METHOD_COUNT]; /* by method, or NULL */
	const struct route *page;             /* of[METHOD_GET] */
	const struct route *write;            /* of the request's method, if that writes: chain.c */
	struct field params[REQ_MAX_PARAMS];
	size_t n_params;
};

/* NULL, and the reason in *why, when two routes collide. */
struct router *router_build(arena *a, const struct system *const *systems, size_t n, str *why);
bool methods_offered(const struct match *m); /* any? */
/* `path` begins with '/', still percent-encoded; parameters come decoded, in `a`. */
bool router_find(const struct router *t, arena *a, str path, struct match *out);

#endif

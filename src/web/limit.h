/*
 * limit.h - how often somebody may call, told in every answer.
 *
 * A fixed window of time for each caller, counted by this process alone: N nodes let a
 * caller come to N times the quota, and none refuses before it (docs/agency-api.md). What is left
 * goes out as the fields RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-
 * headers); a caller who has used it up gets 429 and Retry-After. The table has a fixed
 * size: when it is full the caller longest unseen is forgotten, which lets somebody call
 * a little more, never less.
 *
 * Thread safety: any thread.
 */
#ifndef WEB_LIMIT_H
#define WEB_LIMIT_H

#include "web/req.h"

#define LIMIT_CALLERS 4096

struct limiter;
struct limiter *limiter_create(arena *a);

struct limit {
	const char *name; /* of the policy */
	int64_t quota, seconds;
};

/* Counts one call of `who` (a key's hash, an address) and puts the fields into the
 * answer; ERR_rate_limited when there were more than the quota. */
err req_limit(struct req *r, const struct limit *policy, str who);

#endif

/*
 * limit.h - how often somebody may call, told in every answer.
 *
 * A fixed window of time for each caller. What is left goes out as the fields
 * RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers); a caller who has
 * used it up gets 429 and Retry-After. The table has a fixed size: when it is full the
 * caller longest unseen is forgotten, which lets somebody call a little more, never less.
 *
 * Each process counts. Where several may share the database (PostgreSQL), a `shared`
 * policy is of all of them: each tells the others its count of a caller that calls at most
 * once in SHARE_EVERY, so that what the others answered meanwhile comes on top.
 *
 * Thread safety: any thread.
 */
#ifndef WEB_LIMIT_H
#define WEB_LIMIT_H

#include "web/req.h"

#define LIMIT_CALLERS 4096
#define SHARE_EVERY   (1 * SECOND)

struct limiter;
struct limiter *limiter_create(arena *a);

struct limit {
	const char *name; /* of the policy */
	int64_t quota, seconds;
	bool shared; /* over all nodes: costs one command a second of a caller that calls */
};

/* Counts one call of `who` (a key's hash, an address) and puts the fields into the
 * answer; ERR_rate_limited when there were more than the quota. */
err req_limit(struct req *r, const struct limit *policy, str who);

#endif

#include "web/limit.h"

#include "web/exchange.h"

#define WAYS 4

struct caller {
	uint64_t hash;
	int64_t window; /* number of the window */
	int64_t calls;
};

struct limiter {
	pthread_mutex_t lock;
	struct caller at[LIMIT_CALLERS];
};

struct limiter *limiter_create(arena *a)
{
	struct limiter *l = NEW(a, struct limiter);
	pthread_mutex_init(&l->lock, NULL);
	return l;
}

static uint64_t hash_of(const char *policy, str who)
{
	uint64_t h = 0xCBF29CE484222325u; /* FNV-1a */
	for (const char *p = policy; *p; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001B3u;
	for (size_t i = 0; i < who.n; i++)
		h = (h ^ (unsigned char)who.p[i]) * 0x100000001B3u;
	return h ? h : 1;
}

/* The caller's place, or that of the one seen longest ago. */
static struct caller *place_of(struct limiter *l, uint64_t hash)
{
	struct caller *set = &l->at[hash % (LIMIT_CALLERS / WAYS) * WAYS], *oldest = set;
	for (int i = 0; i < WAYS; i++) {
		if (set[i].hash == hash)
			return &set[i];
		if (set[i].window < oldest->window)
			oldest = &set[i];
	}
	*oldest = (struct caller){.hash = hash};
	return oldest;
}

err req_limit(struct req *r, const struct limit *policy, str who)
{
	struct limiter *l = r->server->limiter;
	int64_t now = r->now / SECOND, window = now / policy->seconds;
	pthread_mutex_lock(&l->lock);
	struct caller *c = place_of(l, hash_of(policy->name, who));
	if (c->window != window) {
		c->window = window;
		c->calls = 0;
	}
	int64_t calls = ++c->calls;
	pthread_mutex_unlock(&l->lock);
	int64_t left = calls < policy->quota ? policy->quota - calls : 0;
	int64_t reset = (window + 1) * policy->seconds - now;
	r->limit_policy = str_fmt(r->a, "\"%s\";q=%lld;w=%lld", policy->name, (long long)policy->quota,
	                          (long long)policy->seconds);
	r->limit =
	    str_fmt(r->a, "\"%s\";r=%lld;t=%lld", policy->name, (long long)left, (long long)reset);
	if (calls <= policy->quota)
		return OK;
	r->retry_after = reset;
	return req_fail(r, ERR_rate_limited, "", "at most %lld calls in %lld seconds",
	                (long long)policy->quota, (long long)policy->seconds);
}

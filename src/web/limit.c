#include "web/limit.h"

#include "web/exchange.h"

#include "kernel/calls.h"

#define WAYS 4

struct caller {
	uint64_t hash;
	int64_t window; /* number of the window */
	int64_t calls;
	int64_t others; /* at other nodes, as they told last */
	instant told;   /* when this node did */
};

struct limiter {
	pthread_mutex_t lock;
	int64_t node; /* among those that share the database */
	struct caller at[LIMIT_CALLERS];
};

struct limiter *limiter_create(arena *a)
{
	struct limiter *l = NEW(a, struct limiter);
	rng random = rng_system();
	pthread_mutex_init(&l->lock, NULL);
	rng_bytes(&random, &l->node, sizeof l->node);
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

/* One more call; how many there were, here and elsewhere. *tell: it is time to tell the
 * other nodes. */
static struct caller counted(struct limiter *l, uint64_t hash, int64_t window, instant now,
                             bool *tell)
{
	pthread_mutex_lock(&l->lock);
	struct caller *c = place_of(l, hash);
	if (c->window != window)
		*c = (struct caller){.hash = hash, .window = window, .told = c->told};
	c->calls++;
	*tell = now - c->told >= SHARE_EVERY || now < c->told;
	if (*tell)
		c->told = now;
	struct caller copy = *c;
	pthread_mutex_unlock(&l->lock);
	return copy;
}

static void others_set(struct limiter *l, const struct caller *told)
{
	pthread_mutex_lock(&l->lock);
	struct caller *c = place_of(l, told->hash);
	if (c->window == told->window)
		c->others = told->others;
	pthread_mutex_unlock(&l->lock);
}

err req_limit(struct req *r, const struct limit *policy, str who)
{
	struct limiter *l = r->server->limiter;
	int64_t now = r->now / SECOND, window = now / policy->seconds;
	bool tell;
	struct caller c = counted(l, hash_of(policy->name, who), window, r->now, &tell);
	struct calls told = {.caller = (int64_t)c.hash,
	                     .node = l->node,
	                     .ends = (window + 1) * policy->seconds * SECOND,
	                     .calls = c.calls,
	                     .others = c.others};
	if (policy->shared && tell && db_kind(r->k->db) == DB_POSTGRES && calls_share(r->k, &told)) {
		c.others = told.others;
		others_set(l, &c);
	}
	int64_t calls = c.calls + c.others;
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

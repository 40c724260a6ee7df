#include "base/rng.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

rng rng_system(void)
{
	return (rng){.seeded = 0};
}

static uint64_t splitmix(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

rng rng_seeded(uint64_t seed)
{
	rng r = {.seeded = 1};
	for (int i = 0; i < 4; i++)
		r.s[i] = splitmix(&seed);
	return r;
}

static uint64_t rotl(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

static uint64_t xoshiro(rng *r)
{
	uint64_t *s = r->s, out = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return out;
}

rng rng_system_pooled(unsigned char *pool)
{
	return (rng){.pool = pool};
}

static void ask_system(unsigned char *out, size_t n)
{
	if (getrandom(out, n, 0) != (ssize_t)n)
		abort(); /* without randomness nothing here is safe */
}

/* Up to 256 bytes, which getrandom gives whole. */
static void system_bytes(rng *r, unsigned char *out, size_t n)
{
	if (!r->pool) {
		ask_system(out, n);
		return;
	}
	if (n > r->pooled) {
		ask_system(r->pool, RNG_POOL_BYTES / 2);
		ask_system(r->pool + RNG_POOL_BYTES / 2, RNG_POOL_BYTES / 2);
		r->pooled = RNG_POOL_BYTES;
	}
	r->pooled -= n;
	memcpy(out, r->pool + r->pooled, n);
	explicit_bzero(r->pool + r->pooled, n);
}

void rng_bytes(rng *r, void *out, size_t n)
{
	unsigned char *p = out;
	while (n) {
		size_t take = n < 256 ? n : 256;
		if (r->seeded) {
			uint64_t v = xoshiro(r);
			take = n < sizeof v ? n : sizeof v;
			memcpy(p, &v, take);
		} else {
			system_bytes(r, p, take);
		}
		p += take;
		n -= take;
	}
}

static _Thread_local rng mine;
static _Thread_local unsigned char my_pool[RNG_POOL_BYTES];

/* In the child only the thread that forked goes on: its pool is the parent's too. */
static void forked(void)
{
	explicit_bzero(my_pool, sizeof my_pool);
	mine = rng_system_pooled(my_pool);
}

static void watch_forks(void)
{
	if (pthread_atfork(NULL, NULL, forked) != 0)
		abort();
}

rng *rng_thread(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, watch_forks);
	if (!mine.pool)
		mine = rng_system_pooled(my_pool);
	return &mine;
}

uint64_t rng_u64(rng *r)
{
	uint64_t v;
	rng_bytes(r, &v, sizeof v);
	return v;
}

uint64_t rng_below(rng *r, uint64_t n)
{
	uint64_t limit = UINT64_MAX - UINT64_MAX % n, v;
	do
		v = rng_u64(r);
	while (v >= limit);
	return v % n;
}

int64_t id_new(rng *r, int64_t now)
{
	uint64_t ms = (uint64_t)now / 1000;
	int64_t id = (int64_t)((ms << 20 | (rng_u64(r) & 0x7FFFF)) & INT64_MAX);
	if (id <= r->last_id && r->last_id >> 20 >= id >> 20)
		id = r->last_id + 1 + (int64_t)(rng_u64(r) & 7);
	r->last_id = id;
	return id;
}

/*
 * rng.h - randomness, injected.
 *
 * rng_system() asks the kernel (getrandom): tokens, keys, salts. rng_seeded()
 * is a fast reproducible stream (xoshiro256**) for simulations and tests: never
 * for secrets. Thread safety: rng_system any thread; a seeded one, one at a time.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

#define RNG_POOL_BYTES 512

typedef struct {
	uint64_t s[4];
	int seeded;
	int64_t last_id;
	/* Of the system's, asked for ahead; what is given out is wiped. Copies of an rng
	 * would give the same: hand on a pointer. */
	unsigned char *pool;
	size_t pooled;
} rng;

rng rng_system(void);
/* The same with a pool of RNG_POOL_BYTES, for one that is asked very often. */
rng rng_system_pooled(unsigned char *pool);
/* The system's, pooled, of the thread that asks: for nonces and names, of which a request
 * needs several. A process that is forked off begins with an empty pool. Keys, tokens and
 * salts come straight from the system, so that none ever lies in memory before it is made. */
rng *rng_thread(void);
rng rng_seeded(uint64_t seed);
void rng_bytes(rng *r, void *out, size_t n);
uint64_t rng_u64(rng *r);
uint64_t rng_below(rng *r, uint64_t n);   /* uniform in [0, n), n > 0 */

/* Ids are positive, rise within one rng, sort by the time they were made
 * (milliseconds in the upper 43 bits, 20 random bits below) and say nothing
 * about a person. Two sources may meet once in a great while: the unique key
 * of the table then refuses the second, and the command is retried. */
int64_t id_new(rng *r, int64_t now_microseconds);

#endif

#include "web/page_cache.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX  512
#define ETAG_MAX 40

/* A slot a key hashes to; a newer key drives an older one out. */
struct entry {
	char etag[ETAG_MAX];
	uint64_t generation;
	instant made;
	int64_t bytes;
	struct cached_page page;
	size_t key_n;
	char key[];
};

/* What a slot was last asked for, kept or not. */
struct asked {
	uint64_t hash;
	instant at;
};

struct page_cache {
	pthread_mutex_t lock;
	struct metrics *m;
	struct entry *slot[PAGE_CACHE_ENTRIES];
	struct asked asked[PAGE_CACHE_ENTRIES];
};

/* Outside of arenas: it lives as long as the server, and each entry comes and
 * goes by itself. */
struct page_cache *page_cache_create(struct metrics *m)
{
	struct page_cache *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->m = m;
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

static void drop_page(const struct cached_page *p)
{
	if (p->full)
		MHD_destroy_response(p->full);
}

static void empty(struct page_cache *c, size_t i)
{
	struct entry *e = c->slot[i];
	if (!e)
		return;
	c->m->cache_entries--;
	c->m->cache_bytes -= e->bytes;
	drop_page(&e->page);
	free(e);
	c->slot[i] = NULL;
}

void page_cache_destroy(struct page_cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < PAGE_CACHE_ENTRIES; i++)
		empty(c, i);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static uint64_t hash_of(str key)
{
	return str_hash(key, 0x70616765);
}

static size_t slot_of(uint64_t hash)
{
	return hash & (PAGE_CACHE_ENTRIES - 1);
}

static bool fresh(instant made, instant now)
{
	return now - made < PAGE_CACHE_SECONDS * SECOND;
}

bool page_cache_use(struct page_cache *c, str key, uint64_t generation, instant now,
                    bool (*use)(void *ctx, const struct cached_page *p), void *ctx, bool *again)
{
	uint64_t hash = hash_of(key);
	size_t i = slot_of(hash);
	pthread_mutex_lock(&c->lock);
	*again = c->asked[i].hash == hash && fresh(c->asked[i].at, now);
	c->asked[i] = (struct asked){hash, now};
	struct entry *e = c->slot[i];
	bool hit = e && e->key_n == key.n && memcmp(e->key, key.p, key.n) == 0 &&
	           e->generation == generation && fresh(e->made, now);
	if (hit) {
		c->m->cache_hits++;
		hit = use(ctx, &e->page);
	}
	pthread_mutex_unlock(&c->lock);
	return hit;
}

static struct entry *entry_make(str key, uint64_t generation, instant now,
                                const struct cached_page *p)
{
	struct entry *e = calloc(1, sizeof *e + key.n);
	if (!e)
		return NULL;
	memcpy(e->key, key.p, key.n);
	e->key_n = key.n;
	e->generation = generation;
	e->made = now;
	e->page = *p;
	size_t n = p->etag.n < ETAG_MAX ? p->etag.n : 0;
	memcpy(e->etag, p->etag.n ? p->etag.p : "", n);
	e->page.etag = (str){e->etag, n};
	e->bytes = (int64_t)(sizeof *e + key.n + p->bytes + PAGE_CACHE_BESIDE);
	return e;
}

void page_cache_put(struct page_cache *c, str key, uint64_t generation, instant now,
                    const struct cached_page *p)
{
	struct entry *e = key.n <= KEY_MAX ? entry_make(key, generation, now, p) : NULL;
	if (!e) {
		drop_page(p);
		return;
	}
	size_t i = slot_of(hash_of(key));
	pthread_mutex_lock(&c->lock);
	empty(c, i);
	/* Over its budget it makes room elsewhere, one neighbour at a time. */
	for (size_t k = 1; k < PAGE_CACHE_ENTRIES && c->m->cache_bytes + e->bytes > PAGE_CACHE_BYTES;
	     k++)
		empty(c, (i + k) & (PAGE_CACHE_ENTRIES - 1));
	c->slot[i] = e;
	c->m->cache_entries++;
	c->m->cache_bytes += e->bytes;
	pthread_mutex_unlock(&c->lock);
}

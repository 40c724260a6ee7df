/*
 * page_cache.h - finished answers of public pages, kept until something changed.
 *
 * A page is worth keeping when it is asked for again while it would be good: most searches
 * are asked once. It is kept in the coding that was asked for, as compressing each in every
 * way costs more than finding and rendering it.
 * An entry is good while the kernel's public generation is the one it was made in
 * and PAGE_CACHE_SECONDS have not passed: the first bounds staleness on this node
 * to nothing, the second on other nodes of the same database. The answers are
 * libmicrohttpd responses, which count their users themselves.
 * Thread safety: any thread.
 */
#ifndef WEB_PAGE_CACHE_H
#define WEB_PAGE_CACHE_H

#include "base/time.h"
#include "web/assets.h"
#include "web/metrics.h"

#define PAGE_CACHE_SECONDS 5
#define PAGE_CACHE_ENTRIES 4096 /* a power of two */
#define PAGE_CACHE_BYTES   ((int64_t)3 * 1024 * 1024)
#define PAGE_CACHE_BESIDE  2048 /* bytes of the library's for an answer's headers, about */

struct MHD_Response;
struct page_cache;

/* One finished page in one coding, a 200; `bytes` of body. */
struct cached_page {
	struct MHD_Response *full;
	str etag;
	size_t bytes;
};

struct page_cache *page_cache_create(struct metrics *m);
void page_cache_destroy(struct page_cache *c);

/* Borrows the answer under the lock: `use` must queue it before it returns. *again: it was
 * asked for a moment ago, and no other page of its slot since. */
bool page_cache_use(struct page_cache *c, str key, uint64_t generation, instant now,
                    bool (*use)(void *ctx, const struct cached_page *p), void *ctx, bool *again);
/* Takes over the response of *p, whether it keeps it or not. */
void page_cache_put(struct page_cache *c, str key, uint64_t generation, instant now,
                    const struct cached_page *p);

#endif

#include "db/memory.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define STEP  64u /* bytes: sizes are multiples of it */
#define LISTS 24u /* so the largest small piece has 1,536 */
#define KEPT  32u /* pieces in a list */
#define LARGE LISTS

/* Before what SQLite sees, which needs to be aligned to 8 bytes alone. */
struct piece {
	uint32_t size, list; /* bytes behind this; LARGE: in no list */
	struct piece *next;  /* in a list; in use it is the first of them */
};
#define HEAD offsetof(struct piece, next)

struct list {
	struct piece *first;
	size_t n;
};

/* Each thread's own; what is given back when it ends, if it is known by then. */
static _Thread_local struct list own[LISTS];
static _Thread_local bool known;
static pthread_key_t ending;

static struct piece *piece_of(void *p)
{
	return (struct piece *)(void *)((char *)p - HEAD);
}

static void give_back(void *lists)
{
	struct list *l = lists;
	known = false;
	for (size_t i = 0; i < LISTS; i++)
		while (l[i].first) {
			struct piece *p = l[i].first;
			l[i].first = p->next;
			l[i].n--;
			free(p);
		}
}

static void *take_new(uint32_t size, uint32_t list)
{
	struct piece *p = malloc(HEAD + size);
	if (!p)
		return NULL;
	p->size = size;
	p->list = list < LISTS ? list : LARGE;
	return &p->next;
}

/* SQLite asks for more than nothing, and for less than 2 GiB. */
static void *take(int bytes)
{
	uint32_t list = ((uint32_t)bytes - 1) / STEP;
	if (list >= LISTS || !own[list].first)
		return take_new((list + 1) * STEP, list);
	struct list *l = &own[list];
	struct piece *p = l->first;
	l->first = p->next;
	l->n--;
	return &p->next;
}

static void give(void *at)
{
	struct piece *p = piece_of(at);
	struct list *l = &own[p->list];
	if (p->list == LARGE || l->n == KEPT || !known) {
		known = known || pthread_setspecific(ending, own) == 0;
		free(p);
		return;
	}
	p->next = l->first;
	l->first = p;
	l->n++;
}

static int size_of(void *at)
{
	return (int)piece_of(at)->size;
}

static void *take_anew(void *at, int bytes)
{
	const struct piece *p = piece_of(at);
	if ((uint32_t)bytes <= p->size && p->list != LARGE)
		return at;
	void *more = take(bytes);
	if (!more)
		return NULL;
	memcpy(more, at, (uint32_t)bytes < p->size ? (uint32_t)bytes : p->size);
	give(at);
	return more;
}

static int rounded(int bytes)
{
	return (bytes + 7) & ~7;
}

static int begin(void *ctx)
{
	(void)ctx;
	return SQLITE_OK;
}

static void end(void *ctx)
{
	(void)ctx;
}

bool memory_lists(void)
{
#ifdef __SANITIZE_ADDRESS__ /* would not see what is used after it was given back */
	return false;
#endif
	static const struct sqlite3_mem_methods methods = {
	    .xMalloc = take,
	    .xFree = give,
	    .xRealloc = take_anew,
	    .xSize = size_of,
	    .xRoundup = rounded,
	    .xInit = begin,
	    .xShutdown = end,
	};
	return pthread_key_create(&ending, give_back) == 0 &&
	       sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK;
}

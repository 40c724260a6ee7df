#include "db/memory.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define STEP  64 /* bytes: sizes are multiples of it */
#define LISTS 24 /* so the largest small piece has 1,536 */
#define KEPT  64 /* pieces in a list */

/* Before what SQLite sees, which needs to be aligned to 8 bytes alone. */
struct piece {
	int64_t size;       /* bytes behind this */
	struct piece *next; /* in a list; in use it is the first of them */
};
#define HEAD offsetof(struct piece, next)

struct lists {
	struct piece *first[LISTS];
	int n[LISTS];
	bool known; /* will be given back when the thread ends */
};

static _Thread_local struct lists own;
static pthread_key_t ending;

static struct piece *piece_of(void *p)
{
	return (struct piece *)(void *)((char *)p - HEAD);
}

static int list_of(int64_t size)
{
	return (int)(size / STEP) - 1;
}

/* With its thread. */
static void give_back(void *lists)
{
	struct lists *l = lists;
	for (int i = 0; i < LISTS; i++)
		for (struct piece *p = l->first[i], *next; p; p = next) {
			next = p->next;
			free(p);
		}
	memset(l, 0, sizeof *l);
}

static void *take(int bytes)
{
	int64_t size = bytes <= STEP ? STEP : ((int64_t)bytes + STEP - 1) / STEP * STEP;
	int list = list_of(size);
	struct piece *p = list < LISTS ? own.first[list] : NULL;
	if (p) {
		own.first[list] = p->next;
		own.n[list]--;
	} else {
		p = malloc(HEAD + (size_t)size);
		if (!p)
			return NULL;
		p->size = size;
	}
	return &p->next;
}

static void give(void *at)
{
	struct piece *p = piece_of(at);
	int list = list_of(p->size);
	if (!own.known)
		own.known = pthread_setspecific(ending, &own) == 0;
	if (!own.known || list >= LISTS || own.n[list] == KEPT) {
		free(p);
		return;
	}
	p->next = own.first[list];
	own.first[list] = p;
	own.n[list]++;
}

static int size_of(void *at)
{
	return (int)piece_of(at)->size;
}

static void *take_anew(void *at, int bytes)
{
	int had = size_of(at);
	if (bytes <= had && list_of(had) < LISTS)
		return at;
	void *more = take(bytes);
	if (!more)
		return NULL;
	memcpy(more, at, (size_t)(bytes < had ? bytes : had));
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

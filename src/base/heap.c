#include "base/heap.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

#define HEAPS 2

void heap_few(void)
{
	mallopt(M_ARENA_MAX, HEAPS);
}

void heap_give_back(void)
{
	malloc_trim(0);
}

#else

void heap_few(void)
{
}

void heap_give_back(void)
{
}

#endif

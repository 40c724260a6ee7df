#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MIN_BYTES ((size_t)16 * 1024)
#define BLOCK_MAX_BYTES ((size_t)1024 * 1024)

_Static_assert(alignof(max_align_t) <= 16, "data begins at a multiple of 16");

static struct arena_block *block_create(struct arena_block *prev, size_t cap)
{
	struct arena_block *b = malloc(sizeof *b + cap);
	if (!b)
		return NULL;
	b->prev = prev;
	b->used = 0;
	b->cap = cap;
	return b;
}

arena *arena_create(size_t ceiling)
{
	arena *a = calloc(1, sizeof *a);
	if (!a)
		return NULL;
	a->ceiling = ceiling;
	return a;
}

void arena_destroy(arena *a)
{
	if (!a)
		return;
	while (a->top) {
		struct arena_block *prev = a->top->prev;
		free(a->top);
		a->top = prev;
	}
	free(a);
}

void arena_reset(arena *a)
{
	while (a->top && a->top->prev) {
		struct arena_block *prev = a->top->prev;
		free(a->top);
		a->top = prev;
	}
	if (a->top)
		a->top->used = 0;
	a->total = 0;
}

static _Noreturn void out_of_memory(arena *a)
{
	if (a->oom)
		longjmp(*a->oom, 1);
	fprintf(stderr, "diwan: out of memory: an arena of %zu bytes is full and has no guard\n",
	        a->ceiling);
	abort();
}

static void grow(arena *a, size_t need)
{
	size_t cap = a->top ? a->top->cap * 2 : BLOCK_MIN_BYTES;
	if (cap > BLOCK_MAX_BYTES)
		cap = BLOCK_MAX_BYTES;
	if (cap < need)
		cap = need;
	struct arena_block *b = block_create(a->top, cap);
	if (!b)
		out_of_memory(a);
	a->top = b;
}

static inline void *take(arena *a, size_t bytes, size_t align)
{
	if (bytes > a->ceiling - a->total)
		out_of_memory(a);
	size_t pad = a->top ? -(uintptr_t)(a->top->data + a->top->used) & (align - 1) : 0;
	if (!a->top || a->top->cap - a->top->used < pad ||
	    a->top->cap - a->top->used - pad < bytes) {
		grow(a, bytes + align);
		pad = -(uintptr_t)a->top->data & (align - 1);
	}
	void *p = a->top->data + a->top->used + pad;
	a->top->used += pad + bytes;
	a->total += bytes;
	return p;
}

void *arena_alloc(arena *a, size_t count, size_t size, size_t align)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes))
		out_of_memory(a);
	void *p = take(a, bytes, align);
	return bytes ? memset(p, 0, bytes) : p;
}

void *arena_raw(arena *a, size_t bytes)
{
	return take(a, bytes, 16);
}

char *arena_text_slow(arena *a, size_t bytes)
{
	return take(a, bytes, 1);
}

size_t arena_room(const arena *a)
{
	return a->ceiling - a->total;
}

jmp_buf *arena_guard(arena *a, jmp_buf *oom)
{
	jmp_buf *before = a->oom;
	a->oom = oom;
	return before;
}

size_t arena_used(const arena *a)
{
	return a->total;
}

arena_mark arena_save(arena *a)
{
	return (arena_mark){a->top, a->top ? a->top->used : 0, a->total};
}

void arena_rewind(arena *a, arena_mark m)
{
	while (a->top != m.block) {
		struct arena_block *prev = a->top->prev;
		free(a->top);
		a->top = prev;
	}
	if (a->top)
		a->top->used = m.used;
	a->total = m.total;
}

/*
 * arena.h - memory that is given back all at once.
 *
 * An arena belongs to one request, one command or one load. Everything made
 * while serving it comes from the arena and disappears with it; nothing is
 * freed singly. An arena has a ceiling: whoever asks for more is a bug or an
 * attack, and the work that owns the arena is abandoned (see arena_guard), not
 * the server.
 *
 * Scratch space: take a mark, allocate, rewind to the mark.
 * Thread safety: one thread at a time for each arena.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <setjmp.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct arena arena;

/* Private: seen here so that what fits into the block at hand needs no call. */
struct arena_block {
	struct arena_block *prev;
	size_t used, cap;
	alignas(16) unsigned char data[];
};
struct arena {
	struct arena_block *top;
	size_t total, ceiling;
	jmp_buf *oom;
};

/* Makes an arena that never hands out more than `ceiling` bytes.
 * Returns NULL when the system has no memory. */
arena *arena_create(size_t ceiling);

/* Gives everything back. NULL is allowed. */
void arena_destroy(arena *a);

/* Empties the arena for reuse; keeps its first block. */
void arena_reset(arena *a);

/* Zeroed memory, aligned to `align` (a power of two). Never returns NULL: past
 * the ceiling it jumps to the guard, or aborts the process if there is none. */
void *arena_alloc(arena *a, size_t count, size_t size, size_t align);

/* The same, not zeroed and aligned to 16: for what is written at once. */
void *arena_raw(arena *a, size_t bytes);

/* The same for a text: not aligned. */
char *arena_text_slow(arena *a, size_t bytes);
static inline char *arena_text(arena *a, size_t bytes)
{
	struct arena_block *b = a->top;
	if (!b || bytes > b->cap - b->used || bytes > a->ceiling - a->total)
		return arena_text_slow(a, bytes);
	char *p = (char *)b->data + b->used;
	b->used += bytes;
	a->total += bytes;
	return p;
}

/* Makes a text that ends at `end` longer where it is; false if something follows it or there
 * is no room. */
static inline bool arena_text_on(arena *a, const char *end, size_t more)
{
	struct arena_block *b = a->top;
	if (!b || end != (const char *)b->data + b->used || more > b->cap - b->used ||
	    more > a->ceiling - a->total)
		return false;
	b->used += more;
	a->total += more;
	return true;
}

/* Bytes that may still be asked for. */
size_t arena_room(const arena *a);

/* Where to go when memory runs out; NULL takes the guard away. The caller does
 *     jmp_buf oom;
 *     arena_guard(a, &oom);
 *     if (setjmp(oom)) { ...abandon the work... }
 * Returns the guard that stood before. */
jmp_buf *arena_guard(arena *a, jmp_buf *oom);

/* Bytes handed out since the last reset. */
size_t arena_used(const arena *a);

typedef struct {
	void *block;
	size_t used, total;
} arena_mark;

arena_mark arena_save(arena *a);
void arena_rewind(arena *a, arena_mark m);

/* arena_alloc of one thing whose size the compiler knows. */
static inline void *arena_new(arena *a, size_t bytes, size_t align)
{
	struct arena_block *b = a->top;
	size_t at = b ? (b->used + align - 1) & ~(align - 1) : 0;
	if (!b || at > b->cap || bytes > b->cap - at || bytes > a->ceiling - a->total)
		return arena_alloc(a, 1, bytes, align);
	b->used = at + bytes;
	a->total += bytes;
	return memset(b->data + at, 0, bytes);
}

#define NEW(a, T) ((T *)arena_new((a), sizeof(T), alignof(T)))
#define NEWN(a, T, n) ((T *)arena_alloc((a), (n), sizeof(T), alignof(T)))

#endif

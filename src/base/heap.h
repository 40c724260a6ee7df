/*
 * heap.h - how the C library keeps the memory that arenas give back.
 *
 * Its heaps grow with the number of threads that ask at once, eight for each core, and
 * each keeps what it once had. A server's threads live long and ask for few, large
 * blocks: few heaps serve them as fast and hold less. Does nothing where the C library
 * is not glibc.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

/* Before the first thread is started. */
void heap_few(void);
/* Returns what is free to the system: after a start, which needs more than what follows. */
void heap_give_back(void);

#endif

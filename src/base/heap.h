/*
 * heap.h - what of the memory that is no longer used stays with the process.
 *
 * The C library keeps what arenas give back. Its heaps grow with the number of threads
 * that ask at once, eight for each core, and each keeps what it once had. A server's
 * threads live long and ask for few, large blocks: few heaps serve them as fast and hold
 * less. Does nothing where the C library is not glibc.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

/* Before the first thread is started. */
void heap_few(void);
/* Returns what is free to the system: after a start, which needs more than what follows. */
void heap_give_back(void);
/* Lets go of the pages of the program's file and its libraries': half of them were only
 * read to link the one with the others. What is used comes back from the system's cache.
 * Once, when all is started. */
void heap_forget_start(void);

#endif

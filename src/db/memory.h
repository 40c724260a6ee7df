/*
 * memory.h - where SQLite takes its memory from. Private to db.
 *
 * A statement takes a handful of small pieces and gives them back when it is done, which
 * is 150 in a submission: they come from lists that each thread has for itself, without
 * a look at the heap. What is large, or more than a list keeps, is the heap's.
 */
#ifndef DB_MEMORY_H
#define DB_MEMORY_H

#include <stdbool.h>

/* Before SQLite is first used. False: it takes the heap, as it does by itself. */
bool memory_lists(void);

#endif

/* words.h - what words.c gives the index; private to kernel/search and its tests. */
#ifndef KERNEL_SEARCH_WORDS_H
#define KERNEL_SEARCH_WORDS_H

#include "kernel/search/search.h"

/* The i-th pair of same.def; false behind the last. */
bool search_same_pair(size_t i, str *word, str *stands_for);

#endif

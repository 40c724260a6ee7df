/*
 * dmn_suite.h - runs the examples of a tree of folders, each with its models and test
 * cases (the layout of the DMN TCK and of a pack's decisions), and counts them.
 */
#ifndef APP_DMN_SUITE_H
#define APP_DMN_SUITE_H

#include "base/arena.h"

#include <stdbool.h>

struct dmn_suite_words {
	const char *folder, *only, *level, *json_out; /* NULL where not given */
	bool strict;
};

/* Prints a line a case and the counts; returns an exit code. */
int dmn_suite(arena *a, const struct dmn_suite_words *w);

#endif

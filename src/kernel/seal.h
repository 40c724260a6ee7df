/* seal.h - the tree's right edge and checkpoint texts. Private to kernel. */
#ifndef KERNEL_SEAL_H
#define KERNEL_SEAL_H

#include "kernel/journal.h"

struct edge {
	int64_t size;      /* leaves */
	hash256 node[64];  /* roots of the perfect subtrees, largest first */
	size_t n;
};

void edge_add(struct edge *g, hash256 leaf);
hash256 edge_root(const struct edge *g);
err edge_load(dbc *c, struct edge *g); /* as of the last checkpoint */

/* Checks a checkpoint's text and signature; gives its size and root. */
bool checkpoint_check(arena *a, str note, str vkey, int64_t *size, hash256 *root, str *why);

#endif

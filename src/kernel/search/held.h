/*
 * held.h - an index of words as it is held in memory; private to kernel/search.
 *
 * It is read from the tables when first asked for and again when they have changed
 * (search_set counts the changes), and never changed itself: whoever took one keeps
 * it until giving it back, also when a newer one has come.
 */
#ifndef KERNEL_SEARCH_HELD_H
#define KERNEL_SEARCH_HELD_H

#include "kernel/search/search.h"

#define NEAR_PIECES (SEARCH_WORD_BYTES + 1)

struct posting {
	uint32_t doc, weight;
};

struct held_word {
	str word;
	uint32_t first, n; /* of the postings */
};

/* A word without one of its letters, or whole; by its hash. */
struct near {
	uint64_t piece;
	uint32_t word;
};

struct held {
	str set;
	int64_t version;
	arena *a;
	uint32_t users; /* with the lock of `searches` */
	bool replaced;
	str *doc; /* in byte order, as all below */
	struct held_word *word;
	struct posting *posting;
	struct near *near;
	size_t n_docs, n_words, n_postings, n_near;
};

/* NULL when the set has no document, or the database failed (see db_error), or it
 * needs more than SEARCH_HELD_BYTES (logged). */
const struct held *held_take(struct searches *s, dbc *c, str set);
void held_give(struct searches *s, const struct held *h);

/* The first word that is not below `word` in byte order. */
size_t held_from(const struct held *h, str word);
/* Hashes of the word without each of its letters in turn, then whole: how many. */
size_t held_pieces(str word, uint64_t out[NEAR_PIECES]);
/* The first of the pieces with this hash; others follow it. */
size_t held_near(const struct held *h, uint64_t piece);

#endif

/*
 * search.h - words in Arabic and English, found however they are written.
 *
 * A text becomes tokens: Unicode folded (NFKC, case), Arabic normalised (alef,
 * ya, ta marbuta, diacritics, tatweel, digits) and light-stemmed (Light10),
 * English stemmed (Snowball). The tokens are indexed by SQLite's FTS5 or, the
 * same tokens, by PostgreSQL's "simple" configuration. A word that finds nothing
 * is tried with one letter wrong (a table of the index's words) and with its
 * synonyms (data of the pack).
 *
 * An index is a named set of documents ("guide", "cases"). It is derived: folds
 * write it, `journal rebuild` empties and refills it.
 */
#ifndef KERNEL_SEARCH_H
#define KERNEL_SEARCH_H

#include "db/db.h"
#include "base/json.h"

#define SEARCH_MAX_WORDS 12

struct search_doc {
	str set;             /* "guide" */
	str id;
	str entity;          /* for filters; may be empty */
	/* by weight: title counts 8, summary 3, body 1 */
	str title_en, title_ar, summary_en, summary_ar, body_en, body_ar;
};
void search_put(dbc *c, arena *a, const struct search_doc *d); /* replaces */
void search_remove(dbc *c, str set, str id);

struct search_hit {
	str id;
	int64_t score;       /* higher is better */
};
struct search_found {
	struct search_hit *hits;
	size_t n;
	bool corrected;      /* found only with a letter changed, or a synonym */
	str corrected_to;    /* the words used instead, in the reader's spelling */
};
struct search_found search_find(dbc *c, arena *a, str set, str words, size_t max);

/* The tokens of a text, for tests and highlighting. */
size_t search_tokens(arena *a, str text, str **out);
/* One spelling of a text for equality and sorting of names. */
str search_fold(arena *a, str text);

#endif

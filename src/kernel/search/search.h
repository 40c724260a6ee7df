/*
 * search.h - words in Arabic and English, found however they are written.
 *
 * A text becomes words (words.c): Unicode folded (NFKC, case), Arabic normalised
 * (alef, ya, ta marbuta, diacritics, tatweel, digits) and light-stemmed (Light10),
 * English stemmed (Snowball), broken plurals and synonyms brought to one word
 * (same.def). The words are kept in an inverted index of plain tables: the same
 * statements on both databases, and a replay of the journal gives the same rows;
 * a full-text index of the database's own gives neither, and finds no more, since
 * the words are ours.
 *
 * A query finds the documents that have all its words, else those that have most
 * of them. A word that finds nothing is tried as the beginning of a word, and then
 * with one letter wrong (inserted, left out, changed, exchanged with the next).
 *
 * An index is a named set of documents ("guide"). Folds write it; it is derived.
 * Thread safety: each connection's owner.
 */
#ifndef KERNEL_SEARCH_H
#define KERNEL_SEARCH_H

#include "kernel/organ.h"

#define SEARCH_MAX_WORDS    12   /* of a query; more are not read */
#define SEARCH_MAX_TOKENS   4000 /* of a document */
#define SEARCH_WORD_BYTES   64
#define SEARCH_NEAR_LETTERS 4 /* shorter words are not corrected */

struct search_doc {
	str set; /* "guide" */
	str id;
	/* by weight: the title counts 8, the summary 3, the body 1 */
	str title_en, title_ar, summary_en, summary_ar, body_en, body_ar;
};
void search_put(dbc *c, arena *a, const struct search_doc *d); /* replaces */
void search_remove(dbc *c, str set, str id);

struct search_hit {
	str id;
	int64_t score; /* higher is better */
};
struct search_found {
	struct search_hit *hits; /* best first */
	size_t n;
	bool partial;   /* no document has all the words */
	bool corrected; /* a word was found only with one letter changed */
};
struct search_found search_find(dbc *c, arena *a, str set, str words, size_t max);

/* The words of a text as they are indexed, in order; at most SEARCH_MAX_TOKENS. */
size_t search_tokens(arena *a, str text, str **out);
/* One spelling of a text for comparing names: folded and normalised, not stemmed. */
str search_fold(arena *a, str text);

extern const struct organ search_organ;

#endif

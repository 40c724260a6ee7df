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
 * Finding happens in memory: a process holds each index it was asked about and reads
 * it again after a change (held.h). A common word stands in a third of all documents,
 * and reading so many rows for each query costs more than all the rest of the page.
 *
 * A query finds the documents that have all its words, else those that have most
 * of them. A word that finds nothing is tried as the beginning of a word, and then
 * with one letter wrong (inserted, left out, changed, exchanged with the next).
 *
 * An index is a named set of documents ("guide"). Folds write it; it is derived.
 * Thread safety: search_find and search_stats_read from any thread; the others, the
 * owner of the connection.
 */
#ifndef KERNEL_SEARCH_H
#define KERNEL_SEARCH_H

#include "kernel/kernel.h"

#define SEARCH_MAX_WORDS    12   /* of a query; more are not read */
#define SEARCH_MAX_TOKENS   4000 /* of a document */
#define SEARCH_WORD_BYTES   64
#define SEARCH_NEAR_LETTERS 4                           /* shorter words are not corrected */
#define SEARCH_HELD_BYTES   ((size_t)256 * 1024 * 1024) /* of one index in memory, at most */

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
/* An index that is too large for its place in memory finds nothing (and the log says so). */
struct search_found search_find(struct kernel *k, dbc *c, arena *a, str set, str words, size_t max);

/* What a process holds. */
struct search_stats {
	int64_t loads, documents, bytes;
};
struct search_stats search_stats_read(struct kernel *k);

/* The words of a text as they are indexed, in order; at most SEARCH_MAX_TOKENS. */
size_t search_tokens(arena *a, str text, str **out);
/* One spelling of a text for comparing names: folded and normalised, not stemmed. */
str search_fold(arena *a, str text);

extern const struct organ search_organ;

/* For kernel_open and kernel_close. */
struct searches *searches_open(arena *a);
void searches_close(struct searches *s);

#endif

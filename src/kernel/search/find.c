/* find.c - the documents that have the words of a query, best first. */
#include "kernel/search/held.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX_LETTERS 3 /* shorter words are no beginnings */

/* What a document got from the words so far. */
struct got {
	int64_t score;
	uint32_t words;
};

struct finding {
	const struct held *h;
	arena *a;
	struct got *doc;     /* by number */
	uint32_t *best;      /* of one beginning: each document's largest weight */
	uint32_t most_words; /* that a document has */
};

/* 1024 x log2(documents / found + 1), by integers: a rare word counts more. */
static int64_t rarity(size_t documents, size_t found)
{
	int64_t ratio = (int64_t)(1024 * (documents + found) / (found ? found : 1)), log = 0;
	while (ratio >= 2048) {
		ratio >>= 1;
		log += 1024;
	}
	return log + (ratio - 1024); /* between two powers: a straight line */
}

static void give(struct finding *f, uint32_t doc, uint32_t weight, int64_t rare)
{
	struct got *g = &f->doc[doc];
	/* The weight saturates: 8 of 8 + 4, 16 of 16 + 4. */
	g->score += rare * weight * 16 / ((int64_t)weight + 4);
	if (++g->words > f->most_words)
		f->most_words = g->words;
}

static void take_word(struct finding *f, const struct held_word *w)
{
	int64_t rare = rarity(f->h->n_docs, w->n);
	for (size_t i = w->first; i < (size_t)w->first + w->n; i++)
		give(f, f->h->posting[i].doc, f->h->posting[i].weight, rare);
}

static bool find_exact(struct finding *f, str word)
{
	size_t at = held_from(f->h, word);
	if (at == f->h->n_words || !str_eq(f->h->word[at].word, word))
		return false;
	take_word(f, &f->h->word[at]);
	return true;
}

/* All words that begin so count as one. */
static bool find_prefix(struct finding *f, str word)
{
	const struct held *h = f->h;
	size_t from = held_from(h, word), to = from, found = 0;
	while (to < h->n_words && str_starts(h->word[to].word, word))
		to++;
	if (from == to)
		return false;
	memset(f->best, 0, h->n_docs * sizeof *f->best);
	for (size_t i = h->word[from].first; i < (size_t)h->word[to - 1].first + h->word[to - 1].n;
	     i++) {
		uint32_t *best = &f->best[h->posting[i].doc];
		found += !*best;
		if (h->posting[i].weight > *best)
			*best = h->posting[i].weight;
	}
	int64_t rare = rarity(h->n_docs, found);
	for (size_t i = 0; i < h->n_docs; i++)
		if (f->best[i])
			give(f, (uint32_t)i, f->best[i], rare);
	return true;
}

/* One letter inserted, left out, changed, or exchanged with the next. */
static bool one_letter_apart(str x, str y)
{
	uint32_t p[SEARCH_WORD_BYTES], q[SEARCH_WORD_BYTES];
	size_t n = 0, m = 0, i = 0, j = 0;
	while (x.n && n < SEARCH_WORD_BYTES)
		p[n++] = utf8_next(&x);
	while (y.n && m < SEARCH_WORD_BYTES)
		q[m++] = utf8_next(&y);
	while (i < n && i < m && p[i] == q[i])
		i++;
	while (j < n - i && j < m - i && p[n - 1 - j] == q[m - 1 - j])
		j++;
	size_t left = n - i - j, right = m - i - j;
	if (left <= 1 && right <= 1)
		return true;
	return left == 2 && right == 2 && p[i] == q[i + 1] && p[i + 1] == q[i];
}

/* The commonest known word that is one letter away, the first of equally common ones. */
static const struct held_word *near_word(const struct held *h, str word)
{
	const struct held_word *best = NULL;
	uint64_t piece[NEAR_PIECES];
	size_t n = utf8_length(word) < SEARCH_NEAR_LETTERS ? 0 : held_pieces(word, piece);
	for (size_t i = 0; i < n; i++)
		for (size_t k = held_near(h, piece[i]); k < h->n_near && h->near[k].piece == piece[i];
		     k++) {
			const struct held_word *w = &h->word[h->near[k].word];
			bool better = !best || w->n > best->n || (w->n == best->n && w < best);
			if (better && one_letter_apart(word, w->word))
				best = w;
		}
	return best;
}

/* Looks for one word in every way; *corrected when a letter had to be changed. */
static void find_word(struct finding *f, str word, bool *corrected)
{
	if (find_exact(f, word) || (utf8_length(word) >= PREFIX_LETTERS && find_prefix(f, word)))
		return;
	const struct held_word *right = near_word(f->h, word);
	if (!right)
		return;
	take_word(f, right);
	*corrected = true;
}

/* Finds each of the words once; returns how many they are. */
static size_t find_words(struct finding *f, str words, bool *corrected)
{
	str *word;
	size_t n = search_tokens(f->a, words, &word), asked = 0;
	for (size_t i = 0; i < n && i < SEARCH_MAX_WORDS; i++) {
		bool twice = false;
		for (size_t j = 0; j < i; j++)
			twice |= str_eq(word[i], word[j]);
		if (twice)
			continue;
		asked++;
		find_word(f, word[i], corrected);
	}
	return asked;
}

/* ---- the best ---- */

struct top {
	int64_t score;
	uint32_t doc;
};

static int by_score(const void *x, const void *y)
{
	const struct top *p = x, *q = y;
	if (p->score != q->score)
		return p->score < q->score ? 1 : -1;
	return p->doc < q->doc ? -1 : p->doc > q->doc;
}

/* Those with the most of the words. */
static void take_top(const struct finding *f, size_t max, struct search_found *out)
{
	const struct held *h = f->h;
	struct top *top = NEWN(f->a, struct top, h->n_docs + 1);
	size_t n = 0;
	for (size_t i = 0; i < h->n_docs; i++)
		if (f->most_words && f->doc[i].words == f->most_words)
			top[n++] = (struct top){f->doc[i].score, (uint32_t)i};
	qsort(top, n, sizeof *top, by_score);
	n = n < max ? n : max;
	out->hits = NEWN(f->a, struct search_hit, n + 1);
	for (size_t i = 0; i < n; i++)
		out->hits[out->n++] = (struct search_hit){h->doc[top[i].doc], top[i].score};
}

struct search_found search_find(struct kernel *k, dbc *c, arena *a, str set, str words, size_t max)
{
	struct search_found out = {0};
	const struct held *h = held_take(k->searches, c, set);
	if (!h)
		return out;
	struct finding f = {.h = h,
	                    .a = a,
	                    .doc = NEWN(a, struct got, h->n_docs + 1),
	                    .best = NEWN(a, uint32_t, h->n_docs + 1)};
	size_t asked = find_words(&f, words, &out.corrected);
	take_top(&f, max, &out);
	for (size_t i = 0; i < out.n; i++) /* the ids are the index's, which may go */
		out.hits[i].id = str_dup(a, out.hits[i].id);
	out.partial = f.most_words && f.most_words < asked;
	held_give(k->searches, h);
	return out;
}

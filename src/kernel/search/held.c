#include "kernel/search/held.h"
#include "kernel/search/statements.h"

#include "base/log.h"
#include "base/utf8.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define SETS_MAX   8
#define PIECE_SEED 0x7069656365

struct searches {
	pthread_mutex_t lock; /* of all below, and of reading an index */
	struct held *set[SETS_MAX];
	size_t n;
	int64_t loads;
};

struct searches *searches_open(arena *a)
{
	struct searches *s = NEW(a, struct searches);
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

/* h itself lives in its arena. */
static void drop(struct held *h)
{
	arena_destroy(h->a);
}

void searches_close(struct searches *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		drop(s->set[i]);
	pthread_mutex_destroy(&s->lock);
}

struct search_stats search_stats_read(struct kernel *k)
{
	struct searches *s = k->searches;
	struct search_stats out = {0};
	pthread_mutex_lock(&s->lock);
	out.loads = s->loads;
	for (size_t i = 0; i < s->n; i++) {
		out.documents += (int64_t)s->set[i]->n_docs;
		out.bytes += (int64_t)arena_used(s->set[i]->a);
	}
	pthread_mutex_unlock(&s->lock);
	return out;
}

/* ---- pieces ---- */

size_t held_pieces(str word, uint64_t out[NEAR_PIECES])
{
	char left[SEARCH_WORD_BYTES];
	size_t n = 0;
	for (size_t at = 0; at < word.n && word.n <= sizeof left && n < NEAR_PIECES - 1;) {
		str rest = str_sub(word, at, word.n);
		size_t had = rest.n;
		utf8_next(&rest);
		memcpy(left, word.p, at);
		memcpy(left + at, rest.p, rest.n);
		out[n++] = str_hash((str){left, at + rest.n}, PIECE_SEED);
		at += had - rest.n;
	}
	out[n++] = str_hash(word, PIECE_SEED);
	return n;
}

static int by_piece(const void *x, const void *y)
{
	const struct near *p = x, *q = y;
	if (p->piece != q->piece)
		return p->piece < q->piece ? -1 : 1;
	return p->word < q->word ? -1 : p->word > q->word;
}

size_t held_near(const struct held *h, uint64_t piece)
{
	size_t low = 0, high = h->n_near;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (h->near[mid].piece < piece)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t held_from(const struct held *h, str word)
{
	size_t low = 0, high = h->n_words;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (str_cmp(h->word[mid].word, word) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* ---- reading ---- */

static int by_text(const void *x, const void *y)
{
	return str_cmp(*(const str *)x, *(const str *)y);
}

static void read_docs(struct held *h, dbc *c)
{
	size_t cap = (size_t)db_query_int(c, &sql_search_doc_count, 0, D_TEXT(h->set));
	h->doc = NEWN(h->a, str, cap + 1);
	rows *r = db_query(c, &sql_search_docs, D_TEXT(h->set));
	while (h->n_docs < cap && db_next(r))
		h->doc[h->n_docs++] = str_dup(h->a, db_text(r, 0));
	db_done(r);
	if (h->n_docs)
		qsort(h->doc, h->n_docs, sizeof *h->doc, by_text);
}

static void read_posting(struct held *h, rows *r)
{
	str word = db_text(r, 0), id = db_text(r, 1);
	str *doc = bsearch(&id, h->doc, h->n_docs, sizeof *h->doc, by_text);
	if (!doc)
		return;
	struct held_word *last = h->n_words ? &h->word[h->n_words - 1] : NULL;
	if (!last || !str_eq(last->word, word)) {
		last = &h->word[h->n_words++];
		*last = (struct held_word){.word = str_dup(h->a, word), .first = (uint32_t)h->n_postings};
	}
	last->n++;
	h->posting[h->n_postings++] =
	    (struct posting){(uint32_t)(doc - h->doc), (uint32_t)db_int(r, 2)};
}

static void read_postings(struct held *h, dbc *c)
{
	rows *r = db_query(c, &sql_search_posting_count, D_TEXT(h->set));
	bool counted = db_next(r);
	size_t postings = counted ? (size_t)db_int(r, 0) : 0,
	       words = counted ? (size_t)db_int(r, 1) : 0;
	db_done(r);
	h->posting = NEWN(h->a, struct posting, postings + 1);
	h->word = NEWN(h->a, struct held_word, words + 1);
	r = db_query(c, &sql_search_postings, D_TEXT(h->set));
	while (h->n_docs && h->n_postings < postings && db_next(r))
		read_posting(h, r);
	db_done(r);
}

static void make_near(struct held *h)
{
	uint64_t piece[NEAR_PIECES];
	size_t letters = 0;
	for (size_t i = 0; i < h->n_words; i++)
		letters += utf8_length(h->word[i].word) + 1;
	h->near = NEWN(h->a, struct near, letters + 1);
	for (size_t i = 0; i < h->n_words; i++) {
		if (utf8_length(h->word[i].word) < SEARCH_NEAR_LETTERS)
			continue;
		size_t n = held_pieces(h->word[i].word, piece);
		for (size_t k = 0; k < n; k++)
			h->near[h->n_near++] = (struct near){piece[k], (uint32_t)i};
	}
	qsort(h->near, h->n_near ? h->n_near : 1, sizeof *h->near, by_piece);
}

/* Jumps back here when the arena is full: the index is then not held. */
static struct held *read_held(dbc *c, arena *a, str set)
{
	jmp_buf oom;
	arena_guard(a, &oom);
	if (setjmp(oom)) {
		log_event(LOG_ERROR, "search.too_large", L_STR("set", set),
		          L_INT("bytes", (int64_t)SEARCH_HELD_BYTES));
		return NULL;
	}
	struct held *h = NEW(a, struct held);
	h->a = a;
	h->set = str_dup(a, set);
	h->version = db_query_int(c, &sql_search_set_version, 0, D_TEXT(set));
	read_docs(h, c);
	read_postings(h, c);
	make_near(h);
	arena_guard(a, NULL);
	return db_error(c) ? NULL : h;
}

static struct held *load(struct searches *s, dbc *c, str set)
{
	arena *a = arena_create(SEARCH_HELD_BYTES);
	if (!a)
		return NULL;
	db_snapshot(c); /* of one state: the version, the documents, their words */
	struct held *h = read_held(c, a, set);
	db_snapshot_end(c);
	if (!h) {
		arena_destroy(a);
		return NULL;
	}
	s->loads++;
	return h;
}

/* ---- taking ---- */

static void replace(struct searches *s, size_t at, struct held *h)
{
	struct held *old = at < s->n ? s->set[at] : NULL;
	s->set[at] = h;
	s->n += at == s->n;
	if (!old)
		return;
	old->replaced = true;
	if (!old->users)
		drop(old);
}

static struct held *take(struct searches *s, dbc *c, str set, int64_t version)
{
	size_t at = 0;
	while (at < s->n && !str_eq(s->set[at]->set, set))
		at++;
	if (at < s->n && s->set[at]->version == version)
		return s->set[at];
	struct held *h = load(s, c, set);
	if (h) /* more sets than there is room for take the last place in turn */
		replace(s, at < SETS_MAX ? at : SETS_MAX - 1, h);
	return h;
}

const struct held *held_take(struct searches *s, dbc *c, str set)
{
	int64_t version = db_query_int(c, &sql_search_set_version, 0, D_TEXT(set));
	if (!version || db_error(c))
		return NULL;
	pthread_mutex_lock(&s->lock);
	struct held *h = take(s, c, set, version);
	if (h)
		h->users++;
	pthread_mutex_unlock(&s->lock);
	return h;
}

void held_give(struct searches *s, const struct held *given)
{
	struct held *h = (struct held *)(uintptr_t)given;
	pthread_mutex_lock(&s->lock);
	if (--h->users == 0 && h->replaced)
		drop(h);
	pthread_mutex_unlock(&s->lock);
}

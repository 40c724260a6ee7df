#include "kernel/search/search.h"
#include "kernel/search/statements.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define WEIGHT_TITLE   8
#define WEIGHT_SUMMARY 3
#define WEIGHT_BODY    1
#define NEAR_PIECES    (SEARCH_WORD_BYTES + 1)

/* ---- writing ---- */

struct weighed {
	str word;
	int64_t weight;
};

struct bag {
	arena *a;
	struct weighed *w;
	size_t n, cap;
};

static void bag_add(struct bag *b, str text, int64_t weight)
{
	str *t;
	size_t n = search_tokens(b->a, text, &t);
	for (size_t i = 0; i < n && b->n < b->cap; i++)
		b->w[b->n++] = (struct weighed){t[i], weight};
}

static int by_word(const void *x, const void *y)
{
	return str_cmp(((const struct weighed *)x)->word, ((const struct weighed *)y)->word);
}

/* Equal words become one, with the sum of their weights. */
static void bag_close(struct bag *b)
{
	qsort(b->w, b->n, sizeof *b->w, by_word);
	size_t kept = 0;
	for (size_t i = 0; i < b->n; i++) {
		if (kept && str_eq(b->w[kept - 1].word, b->w[i].word))
			b->w[kept - 1].weight += b->w[i].weight;
		else
			b->w[kept++] = b->w[i];
	}
	b->n = kept;
}

/* The word without each of its letters in turn, then whole; returns how many. */
static size_t pieces(arena *a, str word, str out[NEAR_PIECES])
{
	size_t n = 0;
	for (size_t at = 0; at < word.n && n < NEAR_PIECES - 1;) {
		str rest = str_sub(word, at, word.n), after = rest;
		utf8_next(&after);
		out[n++] = str_cat(a, str_sub(word, 0, at), after);
		at += rest.n - after.n;
	}
	out[n++] = word;
	return n;
}

static void near_put(dbc *c, arena *a, str set, str word)
{
	str piece[NEAR_PIECES];
	if (utf8_length(word) < SEARCH_NEAR_LETTERS ||
	    db_query_int(c, &sql_search_near_known, 0, D_TEXT(set), D_BLOB(word)))
		return;
	size_t n = pieces(a, word, piece);
	for (size_t i = 0; i < n; i++)
		db_exec(c, &sql_search_near_add, D_TEXT(set), D_BLOB(piece[i]), D_BLOB(word));
}

void search_put(dbc *c, arena *a, const struct search_doc *d)
{
	struct bag b = {.a = a, .cap = SEARCH_MAX_TOKENS * 2};
	b.w = NEWN(a, struct weighed, b.cap);
	bag_add(&b, d->title_en, WEIGHT_TITLE);
	bag_add(&b, d->title_ar, WEIGHT_TITLE);
	bag_add(&b, d->summary_en, WEIGHT_SUMMARY);
	bag_add(&b, d->summary_ar, WEIGHT_SUMMARY);
	bag_add(&b, d->body_en, WEIGHT_BODY);
	bag_add(&b, d->body_ar, WEIGHT_BODY);
	bag_close(&b);
	search_remove(c, d->set, d->id);
	db_exec(c, &sql_search_doc_add, D_TEXT(d->set), D_TEXT(d->id));
	for (size_t i = 0; i < b.n; i++) {
		db_exec(c, &sql_search_add, D_TEXT(d->set), D_BLOB(b.w[i].word), D_TEXT(d->id),
		        D_INT(b.w[i].weight));
		near_put(c, a, d->set, b.w[i].word);
	}
}

void search_remove(dbc *c, str set, str id)
{
	db_exec(c, &sql_search_drop, D_TEXT(set), D_TEXT(id));
	db_exec(c, &sql_search_doc_drop, D_TEXT(set), D_TEXT(id));
}

/* ---- finding ---- */

struct scored {
	str id;
	int64_t words, score;
};

struct finding {
	dbc *c;
	arena *a;
	str set;
	int64_t documents;
	struct scored *v;
	size_t n, cap;
};

static int by_id(const void *x, const void *y)
{
	return str_cmp(((const struct scored *)x)->id, ((const struct scored *)y)->id);
}

static int by_score(const void *x, const void *y)
{
	const struct scored *p = x, *q = y;
	if (p->words != q->words)
		return p->words < q->words ? 1 : -1;
	if (p->score != q->score)
		return p->score < q->score ? 1 : -1;
	return str_cmp(p->id, q->id);
}

static void push(struct finding *f, str id, int64_t weight)
{
	if (f->n == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 256;
		struct scored *v = NEWN(f->a, struct scored, cap);
		if (f->n)
			memcpy(v, f->v, f->n * sizeof *v);
		f->v = v;
		f->cap = cap;
	}
	f->v[f->n++] = (struct scored){id, 1, weight};
}

/* 1024 x log2(documents / found + 1), by integers: a rare word counts more. */
static int64_t rarity(int64_t documents, int64_t found)
{
	int64_t ratio = 1024 * (documents + found) / (found ? found : 1), log = 0;
	while (ratio >= 2048) {
		ratio >>= 1;
		log += 1024;
	}
	return log + (ratio - 1024); /* between two powers: a straight line */
}

/* Adds the documents of an open result; returns how many. */
static size_t take(struct finding *f, rows *r)
{
	size_t from = f->n;
	while (db_next(r))
		push(f, str_dup(f->a, db_text(r, 0)), db_int(r, 1));
	db_done(r);
	int64_t rare = rarity(f->documents, (int64_t)(f->n - from));
	for (size_t i = from; i < f->n; i++) { /* weight saturates: 8 of 8 + 4, 16 of 16 + 4 */
		int64_t w = f->v[i].score;
		f->v[i].score = rare * w * 16 / (w + 4);
	}
	return f->n - from;
}

static size_t find_exact(struct finding *f, str word)
{
	return take(f, db_query(f->c, &sql_search_word, D_TEXT(f->set), D_BLOB(word)));
}

static size_t find_prefix(struct finding *f, str word)
{
	char *end = NEWN(f->a, char, word.n + 1);
	memcpy(end, word.p, word.n);
	end[word.n] = (char)0xFF; /* above every byte of UTF-8 */
	return take(f, db_query(f->c, &sql_search_prefix, D_TEXT(f->set), D_BLOB(word),
	                        D_BLOB(((str){end, word.n + 1}))));
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

/* The commonest known word that is one letter away; empty if there is none. */
static str near_word(struct finding *f, str word)
{
	str piece[NEAR_PIECES], best = {0};
	int64_t most = 0;
	if (utf8_length(word) < SEARCH_NEAR_LETTERS)
		return best;
	size_t n = pieces(f->a, word, piece);
	for (size_t i = 0; i < n; i++) {
		rows *r = db_query(f->c, &sql_search_near_find, D_TEXT(f->set), D_BLOB(piece[i]));
		while (db_next(r)) {
			str known = str_dup(f->a, db_text(r, 0));
			if (str_eq(known, word) || !one_letter_apart(word, known))
				continue;
			int64_t docs =
			    db_query_int(f->c, &sql_search_word_docs, 0, D_TEXT(f->set), D_BLOB(known));
			if (docs > most) {
				most = docs;
				best = known;
			}
		}
		db_done(r);
	}
	return best;
}

/* Sums what each document got from the words; best first. */
static void gather(struct finding *f)
{
	if (!f->n)
		return;
	qsort(f->v, f->n, sizeof *f->v, by_id);
	size_t kept = 0;
	for (size_t i = 1; i < f->n; i++) {
		if (str_eq(f->v[kept].id, f->v[i].id)) {
			f->v[kept].words++;
			f->v[kept].score += f->v[i].score;
		} else {
			f->v[++kept] = f->v[i];
		}
	}
	f->n = kept + 1;
	qsort(f->v, f->n, sizeof *f->v, by_score);
}

/* Looks for one word in every way; *corrected when a letter had to be changed. */
static void find_word(struct finding *f, str word, bool *corrected)
{
	if (find_exact(f, word) || (utf8_length(word) >= 3 && find_prefix(f, word)))
		return;
	str right = near_word(f, word);
	if (right.n && find_exact(f, right))
		*corrected = true;
}

struct search_found search_find(dbc *c, arena *a, str set, str words, size_t max)
{
	struct search_found out = {0};
	struct finding f = {.c = c, .a = a, .set = set};
	str *word;
	size_t n = search_tokens(a, words, &word), asked = 0;
	f.documents = db_query_int(c, &sql_search_doc_count, 0, D_TEXT(set));
	for (size_t i = 0; i < n && i < SEARCH_MAX_WORDS; i++) {
		bool twice = false;
		for (size_t j = 0; j < i; j++)
			twice |= str_eq(word[i], word[j]);
		if (twice)
			continue;
		asked++;
		find_word(&f, word[i], &out.corrected);
	}
	gather(&f);
	size_t best = 0; /* those with the most of the words */
	while (best < f.n && best < max && f.v[best].words == f.v[0].words)
		best++;
	out.hits = NEWN(a, struct search_hit, best ? best : 1);
	for (size_t i = 0; i < best; i++)
		out.hits[out.n++] = (struct search_hit){f.v[i].id, f.v[i].score};
	out.partial = f.n && (size_t)f.v[0].words < asked;
	return out;
}

/* ---- the organ ---- */

#define DB_STATEMENTS     "kernel/search/statements.def"
#define DB_STATEMENT_LIST search_statements
#include "db/declare.h"

static const struct derived derived[] = {
    {"search_posting", "set_name, word, doc"},
    {"search_doc", "set_name, doc"},
    {"search_near", "set_name, piece, word"},
};

const struct organ search_organ = {
    .name = "kernel/search",
    .derived = derived,
    .n_derived = COUNT(derived),
    .statements = search_statements,
};

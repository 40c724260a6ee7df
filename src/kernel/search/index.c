/* index.c - the words of documents, written to the tables by folds. */
#include "kernel/search/search.h"
#include "kernel/search/statements.h"

#include <stdlib.h>

#define WEIGHT_TITLE   8
#define WEIGHT_SUMMARY 3
#define WEIGHT_BODY    1

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
	for (size_t i = 0; i < b.n; i++)
		db_exec(c, &sql_search_add, D_TEXT(d->set), D_BLOB(b.w[i].word), D_TEXT(d->id),
		        D_INT(b.w[i].weight));
}

void search_remove(dbc *c, str set, str id)
{
	db_exec(c, &sql_search_drop, D_TEXT(set), D_TEXT(id));
	db_exec(c, &sql_search_doc_drop, D_TEXT(set), D_TEXT(id));
	db_exec(c, &sql_search_set_changed, D_TEXT(set));
}

/* ---- the organ ---- */

#define DB_STATEMENTS     "kernel/search/statements.def"
#define DB_STATEMENT_LIST search_statements
#include "db/declare.h"

static const struct derived derived[] = {
    {"search_posting", "set_name, word, doc"},
    {"search_doc", "set_name, doc"},
};

const struct organ search_organ = {
    .name = "kernel/search",
    .derived = derived,
    .n_derived = COUNT(derived),
    .statements = search_statements,
};

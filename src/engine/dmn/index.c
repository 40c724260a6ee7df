#include "engine/dmn/model.h"

#include <string.h>

/* A table of many rules is indexed by its most selective column of constants: a
 * hash from the constant to the rules that name it. Rules whose cell there is no
 * constant come with every answer. */

#define INDEX_MIN_RULES 32

struct bucket {
	feel_value key;
	uint32_t *rules; /* ascending, the unspecific ones merged in */
	size_t n;
	struct bucket *next;
};

struct table_index {
	size_t column, size; /* a power of two */
	struct bucket **slot;
	uint32_t *rest; /* rules without a constant there */
	size_t n_rest;
};

static uint64_t hash_of(feel_value v)
{
	if (v.kind == FEEL_NUMBER)
		return dec_hash(v.num);
	if (v.kind == FEEL_STRING)
		return str_hash(v.s, 7);
	return v.kind == FEEL_BOOL ? 2 + v.b : 1;
}

static bool keyed(const struct cell *c)
{
	return c->kind == CELL_EQUAL &&
	       (c->v.kind == FEEL_NUMBER || c->v.kind == FEEL_STRING || c->v.kind == FEEL_BOOL);
}

static struct bucket *lookup(const struct table_index *ix, feel_value v)
{
	struct bucket *b = ix->slot[hash_of(v) & (ix->size - 1)];
	while (b && !feel_same(b->key, v))
		b = b->next;
	return b;
}

/* Distinct constants of a column, by counting into a fresh index. */
static struct table_index *hash_column(arena *a, const struct table *t, size_t column,
                                       size_t *distinct)
{
	struct table_index *ix = NEW(a, struct table_index);
	ix->column = column;
	ix->size = 16;
	while (ix->size < t->n_rules)
		ix->size *= 2;
	ix->slot = NEWN(a, struct bucket *, ix->size);
	*distinct = 0;
	for (size_t r = 0; r < t->n_rules; r++) {
		const struct cell *c = &t->rule[r].in[column];
		if (!keyed(c)) {
			ix->n_rest++;
			continue;
		}
		struct bucket *b = lookup(ix, c->v);
		if (!b) {
			struct bucket **head = &ix->slot[hash_of(c->v) & (ix->size - 1)];
			b = NEW(a, struct bucket);
			*b = (struct bucket){.key = c->v, .next = *head};
			*head = b;
			(*distinct)++;
		}
		b->n++;
	}
	return ix;
}

static void fill(arena *a, const struct table *t, struct table_index *ix)
{
	ix->rest = NEWN(a, uint32_t, ix->n_rest);
	ix->n_rest = 0;
	for (size_t s = 0; s < ix->size; s++) {
		for (struct bucket *b = ix->slot[s]; b; b = b->next) {
			b->rules = NEWN(a, uint32_t, b->n);
			b->n = 0;
		}
	}
	for (size_t r = 0; r < t->n_rules; r++) {
		const struct cell *c = &t->rule[r].in[ix->column];
		if (keyed(c)) {
			struct bucket *b = lookup(ix, c->v);
			b->rules[b->n++] = (uint32_t)r;
		} else {
			ix->rest[ix->n_rest++] = (uint32_t)r;
		}
	}
	if (!ix->n_rest)
		return;
	for (size_t s = 0; s < ix->size; s++) {
		for (struct bucket *b = ix->slot[s]; b; b = b->next) {
			uint32_t *both = NEWN(a, uint32_t, b->n + ix->n_rest);
			size_t i = 0, k = 0, n = 0;
			while (i < b->n || k < ix->n_rest)
				both[n++] = k == ix->n_rest || (i < b->n && b->rules[i] < ix->rest[k])
				                ? b->rules[i++]
				                : ix->rest[k++];
			b->rules = both;
			b->n = n;
		}
	}
}

const struct table_index *table_index_make(arena *a, const struct table *t)
{
	struct table_index *best = NULL;
	size_t most = 1;
	if (t->n_rules < INDEX_MIN_RULES)
		return NULL;
	for (size_t i = 0; i < t->n_in; i++) {
		size_t distinct;
		struct table_index *ix = hash_column(a, t, i, &distinct);
		/* merged buckets cost distinct * rest: only where few rules are unspecific */
		if (distinct > most && ix->n_rest * distinct <= t->n_rules * 64) {
			most = distinct;
			best = ix;
		}
	}
	if (best)
		fill(a, t, best);
	return best;
}

size_t table_index_find(const struct table_index *ix, const feel_value *in, const uint32_t **out)
{
	static const uint32_t none[1] = {0};
	feel_value v = in[ix->column];
	if (v.kind != FEEL_NUMBER && v.kind != FEEL_STRING && v.kind != FEEL_BOOL) {
		*out = NULL; /* lists and the like may match in other ways */
		return 0;
	}
	const struct bucket *b = lookup(ix, v);
	*out = b ? b->rules : ix->n_rest ? ix->rest : none;
	return b ? b->n : ix->n_rest;
}

#include "engine/dmn/span.h"

#include <string.h>

/* A table of many rules is indexed by its most selective column: where its cells
 * are constants by a hash of them, where some are ranges by the spans its bounds
 * cut the values into. Rules whose cell there is no constant come with every
 * answer. */

#define INDEX_MIN_RULES 32
#define ENTRIES_A_RULE  64 /* rules named by the spans or buckets, for each rule */

struct bucket {
	feel_value key;
	uint32_t *rules; /* ascending, the unspecific ones merged in */
	size_t n;
	struct bucket *next;
};

struct table_index {
	size_t column;
	double cost; /* candidates of an average answer */
	size_t size; /* of a hash: a power of two; 0 for spans */
	struct bucket **slot;
	uint32_t *rest; /* rules without a constant there */
	size_t n_rest;
	struct spans spans;
	uint32_t *first, *rules; /* of span s: rules[first[s]] to rules[first[s + 1]] */
};

static uint64_t hash_of(feel_value v)
{
	if (v.kind == FEEL_NUMBER)
		return dec_hash(v.num);
	if (v.kind == FEEL_STRING)
		return str_hash(v.s, 7);
	return v.kind == FEEL_BOOL ? 2 + v.b : 1;
}

static bool hashable(const struct cell *c)
{
	bool set = c->kind == CELL_EQUAL || (c->kind == CELL_SET && !c->negated);
	for (uint32_t i = 0; set && i < c->n_parts; i++) {
		enum feel_kind k = (enum feel_kind)c->parts[i].kind;
		set = k == FEEL_NUMBER || k == FEEL_STRING || k == FEEL_BOOL;
	}
	return set && c->n_parts > 0;
}

static struct bucket *lookup(const struct table_index *ix, feel_value v)
{
	struct bucket *b = ix->slot[hash_of(v) & (ix->size - 1)];
	while (b && !feel_same(b->key, v))
		b = b->next;
	return b;
}

/* Counts the constants of a column into a fresh index; NULL if it says nothing. */
static struct table_index *hash_column(arena *a, const struct table *t, size_t column)
{
	struct table_index *ix = NEW(a, struct table_index);
	size_t distinct = 0, entries = 0;
	ix->column = column;
	ix->size = 16;
	while (ix->size < t->n_rules)
		ix->size *= 2;
	ix->slot = NEWN(a, struct bucket *, ix->size);
	for (size_t r = 0; r < t->n_rules; r++) {
		const struct cell *c = &t->rule[r].in[column];
		ix->n_rest += !hashable(c);
		for (uint32_t i = 0; hashable(c) && i < c->n_parts; i++) {
			struct bucket *b = lookup(ix, c->parts[i]);
			if (!b) {
				struct bucket **head = &ix->slot[hash_of(c->parts[i]) & (ix->size - 1)];
				b = NEW(a, struct bucket);
				*b = (struct bucket){.key = c->parts[i], .next = *head};
				*head = b;
				distinct++;
			}
			b->n++;
			entries++;
		}
	}
	/* merged buckets cost distinct * rest */
	if (distinct < 2 || entries + ix->n_rest * distinct > t->n_rules * ENTRIES_A_RULE)
		return NULL;
	ix->cost = (double)ix->n_rest + (double)entries / (double)distinct;
	return ix;
}

static void fill_rest(arena *a, const struct table *t, struct table_index *ix,
                      bool (*keyed)(const struct cell *))
{
	ix->rest = NEWN(a, uint32_t, ix->n_rest);
	size_t n = 0;
	for (size_t r = 0; r < t->n_rules; r++)
		if (!keyed(&t->rule[r].in[ix->column]))
			ix->rest[n++] = (uint32_t)r;
}

static void merge_rest(arena *a, struct table_index *ix, struct bucket *b)
{
	uint32_t *both = NEWN(a, uint32_t, b->n + ix->n_rest);
	size_t i = 0, k = 0, n = 0;
	while (i < b->n || k < ix->n_rest)
		both[n++] = k == ix->n_rest || (i < b->n && b->rules[i] < ix->rest[k]) ? b->rules[i++]
		                                                                       : ix->rest[k++];
	b->rules = both;
	b->n = n;
}

static void fill_hash(arena *a, const struct table *t, struct table_index *ix)
{
	fill_rest(a, t, ix, hashable);
	for (size_t s = 0; s < ix->size; s++) {
		for (struct bucket *b = ix->slot[s]; b; b = b->next) {
			b->rules = NEWN(a, uint32_t, b->n);
			b->n = 0;
		}
	}
	for (size_t r = 0; r < t->n_rules; r++) {
		const struct cell *c = &t->rule[r].in[ix->column];
		for (uint32_t i = 0; hashable(c) && i < c->n_parts; i++) {
			struct bucket *b = lookup(ix, c->parts[i]);
			if (!b->n || b->rules[b->n - 1] != r)
				b->rules[b->n++] = (uint32_t)r;
		}
	}
	for (size_t s = 0; ix->n_rest && s < ix->size; s++)
		for (struct bucket *b = ix->slot[s]; b; b = b->next)
			merge_rest(a, ix, b);
}

/* --- spans ------------------------------------------------------------------------- */

static struct table_index *span_column(arena *a, const struct table *t, size_t column)
{
	struct table_index *ix = NEW(a, struct table_index);
	size_t entries = 0, from, to;
	const struct cell **cells = NEWN(a, const struct cell *, t->n_rules);
	ix->column = column;
	for (size_t r = 0; r < t->n_rules; r++) {
		cells[r] = &t->rule[r].in[column];
		ix->n_rest += !span_cell(cells[r]);
	}
	if (!spans_make(a, cells, t->n_rules, &ix->spans))
		return NULL;
	for (size_t r = 0; r < t->n_rules; r++) {
		const struct cell *c = &t->rule[r].in[column];
		for (uint32_t i = 0; span_cell(c) && i < c->n_parts; i++) {
			span_part(&ix->spans, c->parts[i], &from, &to);
			entries += to + 1 > from ? to + 1 - from : 0;
		}
		if (entries > t->n_rules * ENTRIES_A_RULE)
			return NULL;
	}
	size_t spans = 2 * ix->spans.n + 1;
	entries += ix->n_rest * spans;
	if (entries > t->n_rules * ENTRIES_A_RULE)
		return NULL;
	ix->cost = (double)entries / (double)spans;
	return ix;
}

/* Counts (rules NULL) or writes the rules of each span, in their order. */
static void put_spans(const struct table *t, struct table_index *ix, size_t *n, uint32_t *rules)
{
	size_t spans = 2 * ix->spans.n + 1, from, to;
	for (size_t r = 0; r < t->n_rules; r++) {
		const struct cell *c = &t->rule[r].in[ix->column];
		bool every = !span_cell(c);
		for (uint32_t i = 0; i < (every ? 1 : c->n_parts); i++) {
			from = 0;
			to = spans - 1;
			if (!every)
				span_part(&ix->spans, c->parts[i], &from, &to);
			for (size_t s = from; s <= to && s < spans; s++) {
				if (rules && n[s] > ix->first[s] && rules[n[s] - 1] == r)
					continue; /* two parts of one cell */
				if (rules)
					rules[n[s]] = (uint32_t)r;
				n[s]++;
			}
		}
	}
}

static void fill_spans(arena *a, const struct table *t, struct table_index *ix)
{
	size_t spans = 2 * ix->spans.n + 1, *n = NEWN(a, size_t, spans), sum = 0;
	fill_rest(a, t, ix, span_cell);
	put_spans(t, ix, n, NULL);
	ix->first = NEWN(a, uint32_t, spans + 1);
	for (size_t s = 0; s < spans; s++) {
		ix->first[s] = (uint32_t)sum;
		sum += n[s];
		n[s] = ix->first[s];
	}
	ix->first[spans] = (uint32_t)sum;
	ix->rules = NEWN(a, uint32_t, sum);
	put_spans(t, ix, n, ix->rules);
	/* where a cell named a span twice, fewer were written than counted */
	size_t at = 0;
	for (size_t s = 0; s < spans; s++) {
		size_t count = n[s] - ix->first[s];
		memmove(ix->rules + at, ix->rules + ix->first[s], count * sizeof *ix->rules);
		ix->first[s] = (uint32_t)at;
		at += count;
	}
	ix->first[spans] = (uint32_t)at;
}

/* --- choosing and finding ------------------------------------------------------------- */

const struct table_index *table_index_make(arena *a, const struct table *t)
{
	struct table_index *best = NULL;
	if (t->n_rules < INDEX_MIN_RULES)
		return NULL;
	for (size_t i = 0; i < t->n_in; i++) {
		struct table_index *each[2] = {hash_column(a, t, i), span_column(a, t, i)};
		for (size_t k = 0; k < 2; k++)
			if (each[k] && each[k]->cost * 2 < (double)t->n_rules &&
			    (!best || each[k]->cost < best->cost))
				best = each[k];
	}
	if (best && best->size)
		fill_hash(a, t, best);
	else if (best)
		fill_spans(a, t, best);
	return best;
}

size_t table_index_find(const struct table_index *ix, const feel_value *in, const uint32_t **out)
{
	static const uint32_t none[1] = {0};
	feel_value v = in[ix->column];
	if (v.kind > FEEL_MONTHS) {
		*out = NULL; /* lists, ranges and the like may match in other ways */
		return 0;
	}
	if (!ix->size && span_fits(&ix->spans, v)) {
		size_t s = span_of(&ix->spans, v);
		*out = ix->rules + ix->first[s];
		return ix->first[s + 1] - ix->first[s];
	}
	bool hash = ix->size && (v.kind == FEEL_NUMBER || v.kind == FEEL_STRING || v.kind == FEEL_BOOL);
	const struct bucket *b = hash ? lookup(ix, v) : NULL;
	*out = b ? b->rules : ix->n_rest ? ix->rest : none;
	return b ? b->n : ix->n_rest;
}

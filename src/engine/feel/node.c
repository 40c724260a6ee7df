#include "engine/feel/node.h"

#include <stdlib.h>
#include <string.h>

/* Makers of nodes, for the parser and for boxed expressions. */

struct node *feel_node_new(arena *a, node_eval eval, size_t kids)
{
	struct node *n = NEW(a, struct node);
	n->eval = eval;
	n->n = (uint32_t)kids;
	n->kid = kids ? NEWN(a, struct node *, kids) : NULL;
	return n;
}

static int by_text(const void *x, const void *y)
{
	return str_cmp(*(const str *)x, *(const str *)y);
}

void feel_node_names(arena *a, struct node *c)
{
	str *sorted = NEWN(a, str, c->n);
	size_t n = 0;
	for (uint32_t i = 0; i < c->n; i++)
		if (c->names[i].p)
			sorted[n++] = c->names[i];
	qsort(sorted, n, sizeof *sorted, by_text);
	for (size_t i = 1; i < n && !c->flag; i++) {
		c->flag = str_eq(sorted[i - 1], sorted[i]);
		c->name = sorted[i];
	}
}

struct node *feel_node_const(arena *a, feel_value v)
{
	struct node *n = feel_node_new(a, eval_const, 0);
	n->value = v;
	return n;
}

struct node *feel_node_global(arena *a, str name, uint32_t number)
{
	struct node *n = feel_node_new(a, eval_global, 0);
	n->name = name;
	n->slot = number;
	return n;
}

struct node *feel_node_local(arena *a, str name, uint32_t slot)
{
	struct node *n = feel_node_new(a, eval_local, 0);
	n->name = name;
	n->slot = slot;
	return n;
}

static uint32_t free_name(struct scope *s, str name, bool needed)
{
	for (size_t i = 0; i < s->n_free; i++)
		if (str_eq(s->free[i], name)) {
			s->needed[i] |= needed;
			return (uint32_t)i;
		}
	if (s->n_free == s->cap_free) {
		size_t cap = s->cap_free ? s->cap_free * 2 : 8;
		str *f = NEWN(s->a, str, cap);
		if (s->n_free)
			memcpy(f, s->free, s->n_free * sizeof *f);
		bool *k = NEWN(s->a, bool, cap);
		if (s->n_free)
			memcpy(k, s->needed, s->n_free * sizeof *k);
		s->free = f;
		s->needed = k;
		s->cap_free = cap;
	}
	s->needed[s->n_free] = needed;
	s->free[s->n_free] = str_dup(s->a, name);
	return (uint32_t)s->n_free++;
}

/* What a name means here: a local, a global, or (inside a filter) perhaps a
 * member of the item, which only the evaluation can tell. */
struct node *feel_node_name(struct scope *s, str name)
{
	uint32_t items[FEEL_MAX_NEST];
	uint32_t n_items = 0;
	struct node *plain = NULL;
	for (const struct bind *b = s->top; b && !plain; b = b->next) {
		if (b->kind == BIND_ITEM && n_items < FEEL_MAX_NEST)
			items[n_items++] = b->slot;
		else if (b->kind != BIND_ITEM && str_eq(b->name, name))
			plain = b->kind == BIND_LOCAL ? feel_node_local(s->a, name, b->slot)
			                              : feel_node_global(s->a, name, b->slot);
	}
	size_t rows;
	const struct builtin *bi = plain || scope_declared(s, name) ? NULL : builtin_find(name, &rows);
	if (bi) {
		struct feel_function *f = NEW(s->a, struct feel_function);
		f->builtin = bi;
		plain = feel_node_const(s->a, (feel_value){.kind = FEEL_FUNCTION, .fn = f});
	}
	if (!plain && s->open) {
		plain = feel_node_global(s->a, name, free_name(s, name, n_items == 0));
	} else if (!plain) {
		plain = feel_node_new(s->a, eval_unknown, 0);
		plain->name = str_dup(s->a, name);
	}
	if (!n_items)
		return plain;
	struct node *n = feel_node_new(s->a, eval_name, 1);
	uint32_t *slots = NEWN(s->a, uint32_t, n_items);
	memcpy(slots, items, n_items * sizeof *slots);
	n->slots = slots;
	n->slot = n_items;
	n->name = str_dup(s->a, name);
	n->kid[0] = plain;
	return n;
}

/* join.c - where tokens wait for one another: parallel and inclusive joins. */
#include "engine/bpmn/state.h"

static struct node *token_at(const struct node *scope, const struct bpmn_flow *flow)
{
	for (struct node *c = scope->first; c; c = c->next)
		if (c->flow == flow)
			return c;
	return NULL;
}

/* Takes one token off each incoming flow that has any, and goes on. */
static void merge(struct engine *g, struct node *scope, const struct bpmn_el *el)
{
	struct node *n = node_new(g, scope, el);

	for (const struct bpmn_flow *f = el->in; f; f = f->next_in) {
		struct node *t = token_at(scope, f);
		if (t)
			node_unlink(g, t);
	}
	emit(g, BPMN_ENTERED, el->id, n->id);
	node_complete(g, n);
}

void join_arrive(struct engine *g, struct node *scope, const struct bpmn_el *el,
                 const struct bpmn_flow *flow)
{
	struct node *n = node_new(g, scope, el);

	n->flow = flow;
	if (--g->budget < 0 || g->nodes > BPMN_MAX_INSTANCES) {
		n->flow = NULL;
		park(g, n, PHASE_OPEN, "bpmn.budget", STR("the step made too many moves; a loop?"));
		return;
	}
	if (el->kind == K_INCLUSIVE) {
		g->joins = true;
		return;
	}
	for (const struct bpmn_flow *f = el->in; f; f = f->next_in)
		if (!token_at(scope, f))
			return;
	merge(g, scope, el);
}

struct reach {
	const struct bpmn_el *gateway;
	const struct node *scope;
	unsigned char *seen; /* by element index */
	const struct bpmn_el **stack;
	size_t n;
	bool empty, marked; /* reached a flow without, with a token */
};

static void reach_flow(struct reach *r, const struct bpmn_flow *f)
{
	if (f->target == r->gateway) {
		if (token_at(r->scope, f))
			r->marked = true;
		else
			r->empty = true;
	} else if (!r->seen[f->target->index]) {
		r->seen[f->target->index] = 1;
		r->stack[r->n++] = f->target;
	}
}

static void reach_from(struct reach *r, const struct bpmn_el *e)
{
	for (const struct bpmn_flow *f = e->out; f; f = f->next_out)
		reach_flow(r, f);
	for (const struct bpmn_el *x = e->boundaries; x; x = x->next_boundary)
		for (const struct bpmn_flow *f = x->out; f; f = f->next_out)
			reach_flow(r, f);
	if (e->kind == K_THROW && e->ev.kind == E_LINK)
		for (const struct bpmn_el *x = e->scope->members; x; x = x->next_member)
			if (x->kind == K_CATCH && x->ev.kind == E_LINK && str_eq(x->ev.name, e->ev.name) &&
			    !r->seen[x->index]) {
				r->seen[x->index] = 1;
				r->stack[r->n++] = x;
			}
}

/* BPMN 2.0.2, 13.4.4: no token elsewhere may still reach an empty incoming flow,
 * unless it can also reach one that has a token. */
static bool ready(struct engine *g, struct node *scope, const struct bpmn_el *gateway)
{
	arena_mark mark = arena_save(g->a);
	bool yes = true;

	for (const struct node *c = scope->first; c && yes; c = c->next) {
		if (c->el == gateway || c->el->event_sub)
			continue;
		struct reach r = {.gateway = gateway, .scope = scope};
		r.seen = NEWN(g->a, unsigned char, g->b->n_els);
		r.stack = NEWN(g->a, const struct bpmn_el *, g->b->n_els + 1);
		reach_from(&r, c->el);
		while (r.n)
			reach_from(&r, r.stack[--r.n]);
		yes = !r.empty || r.marked;
		arena_rewind(g->a, mark);
	}
	return yes;
}

bool joins_settle(struct engine *g)
{
	for (struct node *n = g->root; n; n = node_walk(g->root, n))
		if (n->flow && n->el->kind == K_INCLUSIVE && ready(g, n->parent, n->el)) {
			merge(g, n->parent, n->el);
			return true;
		}
	g->joins = false;
	return false;
}

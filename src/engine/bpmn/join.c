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

/* ---- complex gateways (BPMN 2.0.2, 13.4.5) ------------------------------ */

/* The gateway's marker while it waits for its reset, or NULL. */
static struct node *resetting(const struct node *scope, const struct bpmn_el *el)
{
	for (struct node *c = scope->first; c; c = c->next)
		if (c->el == el && c->passed)
			return c;
	return NULL;
}

static bool heard(const struct node *marker, const struct bpmn_flow *f)
{
	return marker && json_get_str(marker->passed, f->id);
}

/* Takes a token off each flow that has one; notes those flows in `passed`. */
static void consume(struct engine *g, struct node *scope, const struct bpmn_el *el,
                    const struct node *marker, json *passed)
{
	for (const struct bpmn_flow *f = el->in; f; f = f->next_in) {
		struct node *t = heard(marker, f) ? NULL : token_at(scope, f);
		if (!t)
			continue;
		node_unlink(g, t);
		if (passed)
			json_set_bool(g->a, passed, str_c(g->a, f->id), true);
	}
}

/* Waiting for start: the condition is asked at every arrival, and sees how many
 * flows have a token. When it holds the tokens go on, and the gateway listens to
 * the rest of its flows until nothing more can come. */
static void complex_arrive(struct engine *g, struct node *scope, const struct bpmn_el *el)
{
	int64_t count = 0;
	str why = {0};

	if (resetting(scope, el))
		return;
	for (const struct bpmn_flow *f = el->in; f; f = f->next_in)
		count += token_at(scope, f) != NULL;
	if (!count)
		return;
	struct node *n = node_new(g, scope, el);
	vars_local(g, n, STR("activationCount"), json_int_new(g->a, count));
	vars_local(g, n, STR("waitingForStart"), json_bool(g->a, true));
	bool yes = vars_true(g, n, el->activation, &why);
	if (!yes) {
		node_unlink(g, n);
		return;
	}
	struct node *marker = node_new(g, scope, el);
	marker->passed = json_object(g->a);
	consume(g, scope, el, NULL, marker->passed);
	emit(g, BPMN_ENTERED, el->id, n->id);
	node_complete(g, n);
}

/* The reset lets go only by flows whose condition asks for it. */
static void complex_reset(struct engine *g, struct node *marker)
{
	struct node *scope = marker->parent;
	const struct bpmn_el *el = marker->el;
	str why = {0};

	consume(g, scope, el, marker, NULL);
	vars_local(g, marker, STR("waitingForStart"), json_bool(g->a, false));
	for (const struct bpmn_flow *f = el->out; f; f = f->next_out)
		if (f->condition && vars_true(g, marker, f->condition, &why))
			take(g, scope, (const struct bpmn_flow *[]){f}, 1);
	node_unlink(g, marker);
	complex_arrive(g, scope, el);
	scope_check(g, scope);
}

/* startQuantity: enough tokens are taken together, whichever flow they came by. */
static void gather(struct engine *g, struct node *scope, const struct bpmn_el *el)
{
	int64_t n = 0;

	for (const struct node *c = scope->first; c; c = c->next)
		n += c->flow && c->el == el;
	if (n < el->start_quantity)
		return;
	n = el->start_quantity;
	for (struct node *c = scope->first, *next; c && n; c = next) {
		next = c->next;
		if (!c->flow || c->el != el)
			continue;
		node_unlink(g, c);
		n--;
	}
	push(g, scope, el, (struct entry){0});
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
	if (el->kind == K_INCLUSIVE || el->kind == K_COMPLEX) {
		g->joins = true;
		if (el->kind == K_COMPLEX)
			complex_arrive(g, scope, el);
		return;
	}
	if (bpmn_is_activity(el)) {
		gather(g, scope, el);
		return;
	}
	for (const struct bpmn_flow *f = el->in; f; f = f->next_in)
		if (!token_at(scope, f))
			return;
	merge(g, scope, el);
}

/* ---- what may still come ------------------------------------------------- */

struct reach {
	const struct bpmn_el *gateway;
	const struct node *scope;
	const struct node *marker; /* of a complex gateway: what it heard needs no token */
	unsigned char *seen;       /* by element index */
	const struct bpmn_el **stack;
	size_t n;
	bool empty, marked; /* reached a flow without, with a token */
};

static void reach_flow(struct reach *r, const struct bpmn_flow *f)
{
	if (f->target == r->gateway) {
		if (heard(r->marker, f) || token_at(r->scope, f))
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
	if (e->link_to && !r->seen[e->link_to->index]) {
		r->seen[e->link_to->index] = 1;
		r->stack[r->n++] = e->link_to;
	}
}

/* BPMN 2.0.2, 13.4.4: no token elsewhere may still reach an empty incoming flow,
 * unless it can also reach one that has a token. */
static bool ready(struct engine *g, struct node *scope, const struct bpmn_el *gateway,
                  const struct node *marker)
{
	arena_mark mark = arena_save(g->a);
	bool yes = true;

	for (const struct node *c = scope->first; c && yes; c = c->next) {
		if (c->el == gateway || c->el->event_sub)
			continue;
		struct reach r = {.gateway = gateway, .scope = scope, .marker = marker};
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
	for (struct node *n = g->root; n; n = node_walk(g->root, n)) {
		bool inclusive = n->flow && n->el->kind == K_INCLUSIVE;
		if ((!inclusive && !n->passed) || !ready(g, n->parent, n->el, n->passed ? n : NULL))
			continue;
		if (n->passed)
			complex_reset(g, n);
		else
			merge(g, n->parent, n->el);
		return true;
	}
	g->joins = false;
	return false;
}

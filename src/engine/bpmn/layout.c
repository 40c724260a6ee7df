/*
 * layout.c - a place for every element of a file that has no diagram.
 *
 * Within a scope, an element's column is its longest way from a start (a flow
 * that closes a circle does not count), and its row is the first free one. A
 * sub-process is as large as what is in it. Flows leave on the right and arrive
 * on the left; those that lead back run below everything.
 */
#include "engine/bpmn/draw.h"

#define COLUMN_GAP 60
#define ROW_GAP    40
#define MARGIN     30

struct place {
	int64_t rank, row, x, y, w, h; /* x, y within the scope */
	bool seen, open, set;
};

struct plan {
	arena *a;
	const struct bpmn *b;
	struct place *at; /* by element index */
};

static void natural_size(const struct bpmn_el *e, struct place *p)
{
	p->w = bpmn_is_event(e) ? 36 : bpmn_is_gateway(e) ? 50 : 110;
	p->h = bpmn_is_event(e) ? 36 : bpmn_is_gateway(e) ? 50 : 80;
}

static bool flows_on(const struct bpmn_el *e)
{
	return e->kind != K_BOUNDARY;
}

/* Ranks in depth-first order with a stack of its own: files are deep at times. */
static void rank_from(struct plan *p, const struct bpmn_el *start)
{
	struct frame {
		const struct bpmn_el *e;
		const struct bpmn_flow *next;
		const struct bpmn_el *boundary;
	} *stack = NEWN(p->a, struct frame, p->b->n_els + 1);
	size_t n = 0;

	stack[n++] = (struct frame){start, start->out, start->boundaries};
	p->at[start->index].seen = p->at[start->index].open = true;
	while (n) {
		struct frame *f = &stack[n - 1];
		if (!f->next && f->boundary) {
			f->next = f->boundary->out;
			f->boundary = f->boundary->next_boundary;
			continue;
		}
		if (!f->next) {
			p->at[f->e->index].open = false;
			n--;
			continue;
		}
		const struct bpmn_el *t = f->next->target;
		f->next = f->next->next_out;
		if (p->at[t->index].seen || t->scope != start->scope)
			continue;
		p->at[t->index].seen = p->at[t->index].open = true;
		stack[n++] = (struct frame){t, t->out, t->boundaries};
	}
}

/* Pushes every element behind those that lead to it; circles stop by count. */
static void push_ranks(struct plan *p, const struct bpmn_el *scope)
{
	size_t members = 0, rounds = 0;
	bool moved = true;

	for (const struct bpmn_el *e = scope->members; e; e = e->next_member)
		members++;
	while (moved && rounds++ < members && rounds < 60) {
		moved = false;
		for (const struct bpmn_el *e = scope->members; e; e = e->next_member) {
			const struct bpmn_el *from = e->kind == K_BOUNDARY ? e->attached : e;
			for (const struct bpmn_flow *f = from ? e->out : NULL; f; f = f->next_out) {
				struct place *x = &p->at[from->index], *y = &p->at[f->target->index];
				bool forward = from->index < f->target->index || y->rank == 0;
				if (!forward || y->rank > x->rank || f->target == from || f->target->scope != scope)
					continue;
				y->rank = x->rank + 1;
				moved = true;
			}
		}
	}
}

static void arrange(struct plan *p, const struct bpmn_el *scope, int64_t *w, int64_t *h);

static void sizes(struct plan *p, const struct bpmn_el *scope)
{
	for (const struct bpmn_el *e = scope->members; e; e = e->next_member) {
		struct place *at = &p->at[e->index];
		natural_size(e, at);
		if (e->members)
			arrange(p, e, &at->w, &at->h);
	}
}

/* Boundary events sit on the lower border of what they are attached to. */
static void place_boundaries(struct plan *p, const struct bpmn_el *scope)
{
	for (const struct bpmn_el *e = scope->members; e; e = e->next_member) {
		int64_t i = 0;
		for (const struct bpmn_el *x = e->boundaries; x; x = x->next_boundary, i++) {
			struct place *host = &p->at[e->index], *at = &p->at[x->index];
			at->x = host->x + host->w - 50 - i * 44;
			at->y = host->y + host->h - 18;
			at->set = true;
		}
	}
}

static void arrange(struct plan *p, const struct bpmn_el *scope, int64_t *w, int64_t *h)
{
	size_t n = p->b->n_els;
	int64_t *column = NEWN(p->a, int64_t, n + 2), *rows = NEWN(p->a, int64_t, n + 2);
	int64_t *height = NEWN(p->a, int64_t, n + 2), last = 0, last_row = 0;

	sizes(p, scope);
	for (const struct bpmn_el *e = scope->members; e; e = e->next_member)
		if (flows_on(e) && !e->n_in)
			rank_from(p, e);
	push_ranks(p, scope);
	for (const struct bpmn_el *e = scope->members; e; e = e->next_member) {
		struct place *at = &p->at[e->index];
		if (!flows_on(e))
			continue;
		at->row = rows[at->rank]++;
		if (at->w > column[at->rank])
			column[at->rank] = at->w;
		if (at->h > height[at->row])
			height[at->row] = at->h;
		last = at->rank > last ? at->rank : last;
		last_row = at->row > last_row ? at->row : last_row;
	}
	for (const struct bpmn_el *e = scope->members; e; e = e->next_member) {
		struct place *at = &p->at[e->index];
		if (!flows_on(e))
			continue;
		at->x = at->y = MARGIN;
		for (int64_t i = 0; i < at->rank; i++)
			at->x += column[i] + COLUMN_GAP;
		for (int64_t i = 0; i < at->row; i++)
			at->y += height[i] + ROW_GAP;
		at->x += (column[at->rank] - at->w) / 2;
		at->y += (height[at->row] - at->h) / 2;
		at->set = true;
	}
	place_boundaries(p, scope);
	*w = *h = 2 * MARGIN;
	for (int64_t i = 0; i <= last; i++)
		*w += column[i] + (i ? COLUMN_GAP : 0);
	for (int64_t i = 0; i <= last_row; i++)
		*h += height[i] + (i ? ROW_GAP : 0);
}

static void emit_shapes(struct plan *p, const struct bpmn_el *scope, int64_t x, int64_t y,
                        struct drawing *d)
{
	for (const struct bpmn_el *e = scope->members; e; e = e->next_member) {
		struct place *at = &p->at[e->index];
		if (!at->set)
			continue;
		at->x += x;
		at->y += y;
		if (e->kind == K_BOUNDARY)
			continue; /* drawn last, above its host */
		struct shape *s = drawing_shape(p->a, d, e->node);
		*s = (struct shape){.node = e->node,
		                    .el = e,
		                    .x = at->x,
		                    .y = at->y,
		                    .w = at->w,
		                    .h = at->h,
		                    .expanded = e->members != NULL};
		emit_shapes(p, e, at->x, at->y, d);
	}
	for (const struct bpmn_el *e = scope->members; e; e = e->next_member)
		if (e->kind == K_BOUNDARY && p->at[e->index].set) {
			struct place *at = &p->at[e->index];
			struct shape *s = drawing_shape(p->a, d, e->node);
			*s = (struct shape){
			    .node = e->node, .el = e, .x = at->x, .y = at->y, .w = at->w, .h = at->h};
		}
}

static void point(struct edge *e, int64_t x, int64_t y)
{
	if (e->n && e->x[e->n - 1] == x && e->y[e->n - 1] == y)
		return;
	e->x[e->n] = x;
	e->y[e->n++] = y;
}

static void connect(struct plan *p, const struct bpmn_flow *f, int64_t below, struct drawing *d)
{
	const struct place *x = &p->at[f->source->index], *y = &p->at[f->target->index];

	if (!x->set || !y->set)
		return;
	struct edge *e = drawing_edge(p->a, d, f->node);
	int64_t from_y = x->y + x->h / 2, to_y = y->y + y->h / 2, to_x = y->x;
	if (f->source->kind == K_BOUNDARY) {
		int64_t from_x = x->x + x->w / 2, under = x->y + x->h + ROW_GAP / 3;
		point(e, from_x, x->y + x->h);
		if (to_x <= from_x)
			under = below;
		point(e, from_x, under);
		point(e, to_x - 20, under);
	} else if (to_x > x->x + x->w) {
		point(e, x->x + x->w, from_y);
		point(e, to_x - COLUMN_GAP / 2, from_y);
	} else {
		point(e, x->x + x->w, from_y);
		point(e, x->x + x->w + 20, from_y);
		point(e, x->x + x->w + 20, below);
		point(e, to_x - 20, below);
	}
	if (e->x[e->n - 1] < to_x)
		point(e, e->x[e->n - 1], to_y);
	point(e, to_x, to_y);
}

void layout(arena *a, const struct bpmn *b, struct drawing *d)
{
	struct plan p = {a, b, NEWN(a, struct place, b->n_els + 1)};
	int64_t y = 0;

	for (size_t i = 0; i < b->n_els; i++) {
		int64_t w, h;
		if (b->els[i]->kind != K_PROCESS)
			continue;
		arrange(&p, b->els[i], &w, &h);
		emit_shapes(&p, b->els[i], 0, y, d);
		y += h + ROW_GAP;
		p.at[b->els[i]->index].h = y - ROW_GAP - 10;
	}
	for (size_t i = 0; i < b->n_flows; i++) {
		const struct bpmn_el *top = b->flows[i]->source;
		if (!top || !b->flows[i]->target)
			continue;
		while (top->scope)
			top = top->scope;
		connect(&p, b->flows[i], p.at[top->index].h, d);
	}
}

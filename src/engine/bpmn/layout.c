/*
 * layout.c - a place for every element of a file that has no diagram.
 *
 * Within a scope, an element's column is its longest way from a start (a flow
 * that closes a circle does not count). The first way out goes on in the same
 * row; every other takes the next row below that is free as far as it leads. A
 * sub-process is as large as what is in it. Flows leave on the right (gateways
 * also above and below) and arrive on the left; those that lead back run below
 * everything in their scope.
 */
#include "engine/bpmn/draw.h"

#define COLUMN_GAP 60
#define ROW_GAP    40
#define MARGIN     30
#define MAX_ROWS   256 /* below the last, elements share a row */
#define BACK_GAP   12  /* between flows that lead back */

struct place {
	int64_t rank, row, x, y, w, h; /* x, y within the scope, later in the drawing */
	bool seen, open, set, rowed;
	/* of a scope: which cells hold an element or a flow; flows that lead back */
	unsigned char *cells;
	int64_t backs, drawn_backs;
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
	arena_mark mark = arena_save(p->a);
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
	arena_rewind(p->a, mark);
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

/* ---- rows -------------------------------------------------------------- */

static unsigned char *cell(struct plan *p, const struct bpmn_el *scope, int64_t rank, int64_t row)
{
	return &p->at[scope->index].cells[rank * MAX_ROWS + row];
}

/* Is the row free in the columns from `first` to `last`? */
static bool is_free(struct plan *p, const struct bpmn_el *scope, int64_t row, int64_t first,
                    int64_t last)
{
	for (int64_t i = first; i <= last; i++)
		if (*cell(p, scope, i, row))
			return false;
	return true;
}

/* Are the cells strictly between two columns without an element? */
static bool is_free_way(struct plan *p, const struct bpmn_el *scope, int64_t row, int64_t after,
                        int64_t before)
{
	for (int64_t i = after + 1; i < before; i++)
		if (*cell(p, scope, i, row) == 2)
			return false;
	return true;
}

/* Takes the first row from `want` on that is free all the way from column `from`. */
static void take_row(struct plan *p, const struct bpmn_el *e, int64_t want, int64_t from)
{
	struct place *at = &p->at[e->index];
	int64_t row = want;

	while (row < MAX_ROWS - 1 && !is_free(p, e->scope, row, from, at->rank))
		row++;
	at->row = row;
	at->rowed = true;
	for (int64_t i = from; i <= at->rank; i++)
		*cell(p, e->scope, i, row) = i == at->rank ? 2 : 1;
}

/* Flows turn down in the column they leave: nothing else is to stand there. */
static void keep_column(struct plan *p, const struct bpmn_el *e, int64_t row)
{
	const struct place *at = &p->at[e->index];

	for (int64_t i = at->row + 1; i <= row; i++) {
		unsigned char *c = cell(p, e->scope, at->rank, i);
		*c = *c ? *c : 1;
	}
}

/* Follows the ways out of `start`, the first of each element before the others. */
static void rows_from(struct plan *p, const struct bpmn_el *start)
{
	arena_mark mark = arena_save(p->a);
	struct frame {
		const struct bpmn_el *e;
		const struct bpmn_flow *next;
		const struct bpmn_el *boundary;
		int64_t want;
	} *stack = NEWN(p->a, struct frame, p->b->n_els + 1);
	size_t n = 0;

	stack[n++] = (struct frame){start, start->out, start->boundaries, p->at[start->index].row};
	while (n) {
		struct frame *f = &stack[n - 1];
		const struct place *from = &p->at[f->e->index];
		if (!f->next && f->boundary) {
			f->next = f->boundary->out;
			f->boundary = f->boundary->next_boundary;
			f->want = from->row + 1;
			continue;
		}
		if (!f->next) {
			n--;
			continue;
		}
		const struct bpmn_el *t = f->next->target;
		f->next = f->next->next_out;
		struct place *to = &p->at[t->index];
		if (to->rowed || t->scope != start->scope || !flows_on(t))
			continue;
		take_row(p, t, f->want < MAX_ROWS ? f->want : MAX_ROWS - 1,
		         from->rank < to->rank ? from->rank + 1 : to->rank);
		keep_column(p, f->e, to->row);
		f->want = from->row + 1;
		stack[n++] = (struct frame){t, t->out, t->boundaries, to->row};
	}
	arena_rewind(p->a, mark);
}

static void assign_rows(struct plan *p, const struct bpmn_el *scope)
{
	int64_t last = 0;

	for (const struct bpmn_el *e = scope->members; e; e = e->next_member)
		last = p->at[e->index].rank > last ? p->at[e->index].rank : last;
	p->at[scope->index].cells = NEWN(p->a, unsigned char, (size_t)(last + 1) * MAX_ROWS);
	for (int pass = 0; pass < 2; pass++) /* first what nothing leads to, then circles */
		for (const struct bpmn_el *e = scope->members; e; e = e->next_member) {
			if (!flows_on(e) || p->at[e->index].rowed || (!pass && e->n_in))
				continue;
			take_row(p, e, 0, p->at[e->index].rank);
			rows_from(p, e);
		}
	for (const struct bpmn_el *e = scope->members; e; e = e->next_member)
		for (const struct bpmn_flow *f = e->out; f; f = f->next_out) {
			const struct bpmn_el *from = e->kind == K_BOUNDARY ? e->attached : e;
			p->at[scope->index].backs +=
			    from && p->at[f->target->index].rank <= p->at[from->index].rank;
		}
}

/* ---- sizes and places ---------------------------------------------------- */

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
	int64_t *column = NEWN(p->a, int64_t, n + 2), last = 0, last_row = 0;
	int64_t *height = NEWN(p->a, int64_t, MAX_ROWS);

	sizes(p, scope);
	for (const struct bpmn_el *e = scope->members; e; e = e->next_member)
		if (flows_on(e) && !e->n_in)
			rank_from(p, e);
	push_ranks(p, scope);
	assign_rows(p, scope);
	for (const struct bpmn_el *e = scope->members; e; e = e->next_member) {
		struct place *at = &p->at[e->index];
		if (!flows_on(e))
			continue;
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
	*h += p->at[scope->index].backs * BACK_GAP;
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

/* Down from a boundary event, then to the right, or below everything. */
static void boundary_way(struct edge *e, const struct place *x, int64_t to_x, int64_t to_y,
                         int64_t below)
{
	int64_t from_x = x->x + x->w / 2, bottom = x->y + x->h;

	point(e, from_x, bottom);
	if (to_x > from_x && to_y > bottom) {
		point(e, from_x, to_y);
		return;
	}
	int64_t under = to_x > from_x ? bottom + ROW_GAP / 3 : below;
	point(e, from_x, under);
	point(e, to_x - 20, under);
}

/* From a gateway: straight on, or by its upper or lower corner. */
static void gateway_way(struct edge *e, const struct place *x, int64_t from_y, int64_t to_y)
{
	if (to_y == from_y) {
		point(e, x->x + x->w, from_y);
		return;
	}
	point(e, x->x + x->w / 2, to_y > from_y ? x->y + x->h : x->y);
	point(e, x->x + x->w / 2, to_y);
}

static void back_way(struct edge *e, const struct bpmn_el *from, const struct place *x,
                     int64_t to_x, int64_t below)
{
	if (bpmn_is_gateway(from)) {
		point(e, x->x + x->w / 2, x->y + x->h);
		point(e, x->x + x->w / 2, below);
	} else {
		point(e, x->x + x->w, x->y + x->h / 2);
		point(e, x->x + x->w + 20, x->y + x->h / 2);
		point(e, x->x + x->w + 20, below);
	}
	point(e, to_x - 20, below);
}

static void connect(struct plan *p, const struct bpmn_flow *f, struct drawing *d)
{
	const struct bpmn_el *from = f->source->kind == K_BOUNDARY ? f->source->attached : f->source;
	const struct place *x = &p->at[f->source->index], *y = &p->at[f->target->index];
	struct place *scope = f->source->scope ? &p->at[f->source->scope->index] : NULL;

	if (!x->set || !y->set || !scope || !from)
		return;
	const struct place *host = &p->at[from->index];
	struct edge *e = drawing_edge(p->a, d, f->node);
	int64_t from_y = x->y + x->h / 2, to_y = y->y + y->h / 2, to_x = y->x;
	int64_t below = scope->y + scope->h - MARGIN / 2 - scope->drawn_backs * BACK_GAP;
	bool back = y->rank <= host->rank;
	scope->drawn_backs += back;
	/* Whether the target's row, or else one's own, leads there past no element. */
	bool clear = !back && is_free_way(p, f->source->scope, y->row, host->rank, y->rank);
	if (f->source->kind == K_BOUNDARY)
		boundary_way(e, x, to_x, to_y, below);
	else if (back)
		back_way(e, from, x, to_x, below);
	else if (bpmn_is_gateway(from) && clear)
		gateway_way(e, x, from_y, to_y);
	else {
		int64_t turn = clear ? x->x + x->w + COLUMN_GAP / 2 : to_x - COLUMN_GAP / 2;
		point(e, x->x + x->w, from_y);
		point(e, turn, from_y);
	}
	if (e->x[e->n - 1] < to_x)
		point(e, e->x[e->n - 1], to_y);
	point(e, to_x, to_y);
}

/* Associations join what they name by a straight line: to compensation mostly. */
static void associations(struct plan *p, struct drawing *d)
{
	const struct bpmn *b = p->b;

	for (const struct xml_node *n = b->root; n; n = xml_walk(b->root, n)) {
		const struct bpmn_el *from, *to;
		if (!xml_is(n, "association") || !(from = bpmn_el(b, xml_ref(xml_attr(n, "sourceRef")))) ||
		    !(to = bpmn_el(b, xml_ref(xml_attr(n, "targetRef")))))
			continue;
		const struct place *x = &p->at[from->index], *y = &p->at[to->index];
		if (!x->set || !y->set)
			continue;
		struct edge *e = drawing_edge(p->a, d, n);
		point(e, x->x + x->w / 2, x->y + x->h);
		point(e, y->x + y->w / 2, y->y > x->y + x->h ? y->y : y->y + y->h);
	}
}

void layout(arena *a, const struct bpmn *b, struct drawing *d)
{
	struct plan p = {a, b, NEWN(a, struct place, b->n_els + 1)};
	int64_t y = 0;

	for (size_t i = 0; i < b->n_els; i++) {
		const struct bpmn_el *e = b->els[i];
		struct place *at = &p.at[e->index];
		if (e->kind != K_PROCESS)
			continue;
		arrange(&p, e, &at->w, &at->h);
		at->y = y;
		emit_shapes(&p, e, 0, y, d);
		y += at->h + ROW_GAP;
	}
	for (size_t i = 0; i < b->n_flows; i++)
		if (b->flows[i]->source && b->flows[i]->target)
			connect(&p, b->flows[i], d);
	associations(&p, d);
}

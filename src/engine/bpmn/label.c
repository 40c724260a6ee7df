/*
 * label.c - where the names of events, gateways and flows stand.
 *
 * A label whose bounds the file gives stands there. For any other, places around its
 * element or along its flow are tried, near the source first, in one wide line or in
 * narrower ones, and the best is taken: over no element, over no other label, across as
 * few flows as can be. Widths are estimated from the number of letters.
 */
#include "engine/bpmn/draw.h"

#include "base/utf8.h"

#define CHAR_WIDTH  7    /* of the 12 px label font, in the mean and some more */
#define NEAR        5    /* between a label and its line */
#define OVER_A_BOX  100000 /* an element or a label below it: no number of lines is as bad */
#define OVER_A_LINE 120
#define SHARED      40 /* a piece where other flows run, too */
#define NARROWER    12 /* costs of what is only less usual */
#define FARTHER     8
#define TRY_MAX     600 /* with more elements and flows: the usual place, untried */

static const int64_t widths[] = {90, 60, 44};
static const int64_t distances[] = {0, 8, 18, 30, 46};

struct placing {
	const struct drawing *d;
	struct box *taken; /* by labels */
	size_t n_taken;
	bool tries;
};

/* The best place so far. */
struct best {
	struct label at;
	int64_t cost;
	bool found;
};

static int64_t letters(str s)
{
	return (int64_t)utf8_length(s);
}

void label_wrap(struct label *l, int64_t width)
{
	int64_t max = width / CHAR_WIDTH > 4 ? width / CHAR_WIDTH : 4, longest = 0;
	str rest = str_trim(l->text), word;

	l->n = 0;
	for (size_t i = 0; i < LABEL_LINES; i++)
		l->line[i] = (str){0};
	while (str_cut(&rest, ' ', &word)) {
		if (!word.n)
			continue;
		str *line = l->n ? &l->line[l->n - 1] : NULL;
		if (!line || (letters(*line) + 1 + letters(word) > max && l->n < LABEL_LINES))
			l->line[l->n++] = word;
		else
			line->n = (size_t)(word.p + word.n - line->p);
	}
	for (size_t i = 0; i < l->n; i++)
		longest = letters(l->line[i]) > longest ? letters(l->line[i]) : longest;
	l->w = longest * CHAR_WIDTH;
	l->h = (int64_t)l->n * LABEL_LINE;
}

struct box label_box(const struct label *l)
{
	return (struct box){l->x - l->w / 2, l->y, l->w, l->h};
}

/* ---- what is in the way ---- */

static bool touch(struct box a, struct box b)
{
	return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

/* The corners of a gateway's box are free: it is a rhombus. */
static bool touches_gateway(struct box b, const struct shape *s)
{
	int64_t x = s->x + s->w / 2, y = s->y + s->h / 2, rx = s->w / 2 + 1, ry = s->h / 2 + 1;
	int64_t dx = clamp(x, b.x, b.x + b.w) - x, dy = clamp(y, b.y, b.y + b.h) - y;

	return (dx < 0 ? -dx : dx) * ry + (dy < 0 ? -dy : dy) * rx < rx * ry;
}

/* Of what other elements stand in, only the frame and the line of its name. */
bool label_over_shape(struct box b, const struct shape *s)
{
	bool holds = s->expanded || xml_is(s->node, "participant") || xml_is(s->node, "lane");

	if (s->el && bpmn_is_gateway(s->el))
		return touches_gateway(b, s);
	if (!holds)
		return touch(b, (struct box){s->x, s->y, s->w, s->h});
	return touch(b, (struct box){s->x, s->y, s->w, 22}) ||
	       touch(b, (struct box){s->x, s->y, 1, s->h}) ||
	       touch(b, (struct box){s->x + s->w, s->y, 1, s->h}) ||
	       touch(b, (struct box){s->x, s->y + s->h, s->w, 1});
}

/* A line that is not level or upright is looked at in steps. */
static bool crossed(struct box b, int64_t x1, int64_t y1, int64_t x2, int64_t y2)
{
	int steps = x1 == x2 || y1 == y2 ? 1 : 32;

	for (int i = 0; i < steps; i++) {
		int64_t fx = x1 + (x2 - x1) * i / steps, fy = y1 + (y2 - y1) * i / steps;
		int64_t tx = x1 + (x2 - x1) * (i + 1) / steps, ty = y1 + (y2 - y1) * (i + 1) / steps;
		struct box line = {fx < tx ? fx : tx, fy < ty ? fy : ty, (fx < tx ? tx - fx : fx - tx) + 1,
		                   (fy < ty ? ty - fy : fy - ty) + 1};
		if (touch(b, line))
			return true;
	}
	return false;
}

static int64_t cost_of(const struct placing *p, struct box b)
{
	int64_t cost = 0;

	for (const struct shape *s = p->d->shapes; s; s = s->next)
		cost += label_over_shape(b, s) ? OVER_A_BOX : 0;
	for (size_t i = 0; i < p->n_taken; i++)
		cost += touch(b, p->taken[i]) ? OVER_A_BOX : 0;
	for (const struct edge *e = p->d->edges; e; e = e->next)
		for (size_t i = 1; i < e->n; i++)
			cost += crossed(b, e->x[i - 1], e->y[i - 1], e->x[i], e->y[i]) ? OVER_A_LINE : 0;
	return cost;
}

/* ---- trying ---- */

/* With its middle at x and its top at y. */
static void try(const struct placing *p, struct best *best, struct label l, int64_t x, int64_t y,
                int64_t extra)
{
	if (best->found && (!p->tries || extra >= best->cost))
		return;
	l.x = x;
	l.y = y;
	int64_t cost = extra + (p->tries ? cost_of(p, label_box(&l)) : 0);
	if (!best->found || cost < best->cost)
		*best = (struct best){l, cost, true};
}

/* Flows that leave a gateway by the same corner run together at first: a name there could
 * be any one's. */
static bool shared(const struct placing *p, const struct edge *e, size_t i)
{
	struct box own = {e->x[i - 1] < e->x[i] ? e->x[i - 1] : e->x[i],
	                  e->y[i - 1] < e->y[i] ? e->y[i - 1] : e->y[i], 1, 1};

	own.w += e->x[i - 1] < e->x[i] ? e->x[i] - e->x[i - 1] : e->x[i - 1] - e->x[i];
	own.h += e->y[i - 1] < e->y[i] ? e->y[i] - e->y[i - 1] : e->y[i - 1] - e->y[i];
	for (const struct edge *o = p->d->edges; o && (own.w == 1 || own.h == 1); o = o->next)
		for (size_t k = 1; k < o->n; k++) {
			bool along = own.w == 1 ? o->x[k - 1] == o->x[k] : o->y[k - 1] == o->y[k];
			if (o != e && along && crossed(own, o->x[k - 1], o->y[k - 1], o->x[k], o->y[k]))
				return true;
		}
	return false;
}

/* Above and below a level piece of a flow, right and left of an upright one: at its
 * beginning, its middle and its end. */
static void along(const struct placing *p, struct best *best, const struct label *l,
                  const struct edge *e, size_t i, int64_t extra)
{
	int64_t x1 = e->x[i - 1], y1 = e->y[i - 1], x2 = e->x[i], y2 = e->y[i];
	bool upright = x1 == x2;
	int64_t long_ = upright ? y2 - y1 : x2 - x1, own = upright ? l->h : l->w;
	int64_t sign = long_ < 0 ? -1 : 1, first = sign * (own / 2 + NEAR);
	if (p->tries)
		extra += shared(p, e, i) ? SHARED : 0;
	const int64_t at[] = {first, long_ / 2, long_ - first};

	for (size_t k = 0; k < 3 * (sizeof distances / sizeof *distances); k++) {
		int64_t far = NEAR + distances[k / 3], more = extra + (int64_t)(k % 3) * 2;
		more += (int64_t)(k / 3) * FARTHER;
		int64_t x = upright ? x1 : x1 + at[k % 3], y = upright ? y1 + at[k % 3] : y1;
		if (!upright && y1 != y2) /* aslant */
			y = y1 + (y2 - y1) * at[k % 3] / (long_ ? long_ : 1);
		if (upright) {
			try(p, best, *l, x + far + l->w / 2, y - l->h / 2, more);
			try(p, best, *l, x - far - l->w / 2, y - l->h / 2, more + 1);
		} else {
			try(p, best, *l, x, y - far - l->h, more);
			try(p, best, *l, x, y + far, more + 1);
		}
	}
}

static void around(const struct placing *p, struct best *best, const struct label *l,
                   const struct shape *s, int64_t extra)
{
	bool above = s->el && bpmn_is_gateway(s->el);
	int64_t mid = s->x + s->w / 2, right = s->x + s->w, bottom = s->y + s->h;

	for (size_t k = 0; k < sizeof distances / sizeof *distances; k++) {
		int64_t far = 4 + distances[k], more = extra + (int64_t)k * FARTHER;
		int64_t up = s->y - far - l->h, down = bottom + far, half = l->w / 2;
		try(p, best, *l, mid, above ? up : down, more);
		try(p, best, *l, mid, above ? down : up, more + 2);
		try(p, best, *l, mid - NEAR - half, up, more + 3);
		try(p, best, *l, mid + NEAR + half, up, more + 3);
		try(p, best, *l, mid - NEAR - half, down, more + 4);
		try(p, best, *l, mid + NEAR + half, down, more + 4);
		try(p, best, *l, right + far + half, s->y + s->h / 2 - l->h / 2, more + 5);
		try(p, best, *l, s->x - far - half, s->y + s->h / 2 - l->h / 2, more + 5);
		try(p, best, *l, right + far + half, s->y + s->h / 2 + NEAR, more + 6);
		try(p, best, *l, s->x - far - half, s->y + s->h / 2 + NEAR, more + 6);
	}
}

/* A label is about a shape or about an edge; the other is NULL. */
static void place(struct placing *p, struct label *l, const struct shape *s, const struct edge *e)
{
	struct best best = {0};
	struct label tried = *l;

	if (!str_trim(l->text).n)
		return;
	for (size_t i = 0; i < sizeof widths / sizeof *widths && !l->given; i++) {
		label_wrap(&tried, s ? widths[i] + 15 : widths[i]);
		if (s)
			around(p, &best, &tried, s, (int64_t)i * NARROWER);
		for (size_t k = 1; e && k < e->n; k++)
			along(p, &best, &tried, e, k, (int64_t)i * NARROWER + (int64_t)(k - 1) * 3);
	}
	if (l->given)
		label_wrap(l, l->w);
	else if (best.found)
		*l = best.at;
	p->taken[p->n_taken++] = label_box(l);
}

void labels_place(arena *a, struct drawing *d)
{
	struct placing p = {.d = d};
	size_t n = 0;

	for (const struct shape *s = d->shapes; s; s = s->next)
		n += 2;
	for (const struct edge *e = d->edges; e; e = e->next)
		n += 2;
	p.tries = n <= 2 * (size_t)TRY_MAX;
	p.taken = NEWN(a, struct box, n + 1);
	for (struct shape *s = d->shapes; s; s = s->next)
		if (s->badge.text.n) { /* at the upper right corner */
			label_wrap(&s->badge, INT32_MAX);
			s->badge.x = s->x + s->w;
			s->badge.y = s->y - 4 - LABEL_LINE;
			p.taken[p.n_taken++] = label_box(&s->badge);
		}
	for (struct shape *s = d->shapes; s; s = s->next)
		if (s->el && (bpmn_is_event(s->el) || bpmn_is_gateway(s->el)))
			place(&p, &s->label, s, NULL);
	for (struct edge *e = d->edges; e; e = e->next) {
		place(&p, &e->label, NULL, e);
		place(&p, &e->badge, NULL, e);
	}
}

#include "engine/dmn/model.h"

#include <string.h>

/* The requirements graph. An element stands above what it requires, as near as it can.
 * A line over several rows passes each through a place of its own, so that no line runs
 * through a box; places of a row are ordered by what they are joined to, so that few
 * lines cross. Shapes are those of the standard: rounded for inputs, boxes for
 * decisions, cut corners for knowledge models, thick rounded boxes for services;
 * knowledge is asked for by dashed lines. */

#define SVG_MAX    ((size_t)8 * 1024 * 1024)
#define BOX_W      190
#define BOX_H      64
#define PASS_W     12 /* of a line on its way through a row */
#define GAP_X      36
#define GAP_Y      70
#define MARGIN     10
#define CORNER     14
#define LINE_H     16
#define LINE_CHARS 24 /* of a label in its box */
#define LINES_MAX  3
#define ROWS_MAX   66
#define PASSES     8
#define PLACES_MAX 20000

struct place {
	const struct element *el; /* NULL: a line passes here */
	size_t row;
	double width, x; /* x: the centre */
	uint32_t *below; /* places it is joined to, one row down */
	size_t n_below;
	double sum; /* of the places above */
	size_t n_above;
};

struct layout {
	arena *a;
	const struct dmn *m;
	struct place *at; /* elements by their number, then passes */
	size_t n, cap;
	uint32_t **order; /* of each row */
	size_t *count, rows;
	double width;
};

static size_t row_of(struct layout *l, uint32_t i, size_t depth)
{
	size_t most = 0;
	if (l->at[i].row || depth >= ROWS_MAX - 2)
		return l->at[i].row;
	const struct element *el = l->m->element[i];
	l->at[i].row = 1; /* what requires itself goes no further */
	for (size_t k = 0; k < el->n_needs; k++) {
		size_t r = row_of(l, el->needs[k], depth + 1);
		most = r > most ? r : most;
	}
	for (size_t k = 0; k < el->n_outputs; k++) {
		size_t r = row_of(l, el->outputs[k], depth + 1);
		most = r > most ? r : most;
	}
	return l->at[i].row = most + 1;
}

/* Inputs and knowledge models rise to the row below the first that asks for them. */
static void raise_leaves(struct layout *l)
{
	size_t *lowest = NEWN(l->a, size_t, l->m->n);
	for (size_t i = 0; i < l->m->n; i++) {
		const struct element *el = l->m->element[i];
		for (size_t k = 0; el->kind != ELEMENT_VIEW && k < el->n_needs; k++) {
			size_t *r = &lowest[el->needs[k]];
			*r = !*r || l->at[i].row < *r ? l->at[i].row : *r;
		}
	}
	for (size_t i = 0; i < l->m->n; i++)
		if (!l->m->element[i]->n_needs && !l->m->element[i]->n_outputs && lowest[i] > 1)
			l->at[i].row = lowest[i] - 1;
}

static uint32_t add_pass(struct layout *l, size_t row)
{
	if (l->n == l->cap) {
		size_t cap = l->cap * 2;
		struct place *at = NEWN(l->a, struct place, cap);
		memcpy(at, l->at, l->n * sizeof *at);
		l->at = at;
		l->cap = cap;
	}
	l->at[l->n] = (struct place){.row = row, .width = PASS_W, .below = NEWN(l->a, uint32_t, 1)};
	return (uint32_t)l->n++;
}

/* Joins an element to what it requires, through every row between them. */
static void join(struct layout *l, uint32_t from, uint32_t to)
{
	uint32_t at = from;
	for (size_t r = l->at[from].row; r > l->at[to].row + 1; r--) {
		uint32_t pass = l->n < PLACES_MAX ? add_pass(l, r - 1) : to;
		l->at[at].below[l->at[at].n_below++] = pass;
		at = pass;
		if (pass == to)
			return;
	}
	l->at[at].below[l->at[at].n_below++] = to;
}

static void spread(struct layout *l, size_t r)
{
	double x = 0;
	for (size_t k = 0; k < l->count[r]; k++) {
		struct place *p = &l->at[l->order[r][k]];
		p->x = x + p->width / 2;
		x += p->width + GAP_X;
	}
	double shift = (l->width - (x - GAP_X)) / 2;
	for (size_t k = 0; k < l->count[r]; k++)
		l->at[l->order[r][k]].x += shift;
}

/* The mean place of what is joined below, or above. */
static double pull(const struct layout *l, const struct place *p, bool below)
{
	double sum = 0;
	if (!below)
		return p->n_above ? p->sum / (double)p->n_above : p->x;
	for (size_t k = 0; k < p->n_below; k++)
		sum += l->at[p->below[k]].x;
	return p->n_below ? sum / (double)p->n_below : p->x;
}

static void count_above(struct layout *l)
{
	for (size_t i = 0; i < l->n; i++) {
		l->at[i].sum = 0;
		l->at[i].n_above = 0;
	}
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < l->at[i].n_below; k++) {
			struct place *p = &l->at[l->at[i].below[k]];
			p->sum += l->at[i].x;
			p->n_above++;
		}
}

static void order_row(struct layout *l, size_t r, bool below)
{
	uint32_t *o = l->order[r];
	for (size_t k = 1; k < l->count[r]; k++) { /* stable */
		uint32_t x = o[k];
		double key = pull(l, &l->at[x], below);
		size_t j = k;
		for (; j > 0 && pull(l, &l->at[o[j - 1]], below) > key; j--)
			o[j] = o[j - 1];
		o[j] = x;
	}
	spread(l, r);
}

static void make_rows(struct layout *l)
{
	l->order = NEWN(l->a, uint32_t *, ROWS_MAX);
	l->count = NEWN(l->a, size_t, ROWS_MAX);
	double *width = NEWN(l->a, double, ROWS_MAX);
	for (size_t i = 0; i < l->n; i++) {
		size_t r = l->at[i].row;
		l->rows = r > l->rows ? r : l->rows;
		l->count[r]++;
		width[r] += l->at[i].width + GAP_X;
		l->width = width[r] - GAP_X > l->width && r ? width[r] - GAP_X : l->width;
	}
	for (size_t r = 0; r < ROWS_MAX; r++) {
		l->order[r] = NEWN(l->a, uint32_t, l->count[r]);
		l->count[r] = 0;
	}
	for (size_t i = 0; i < l->n; i++)
		l->order[l->at[i].row][l->count[l->at[i].row]++] = (uint32_t)i;
}

static void arrange(struct layout *l)
{
	const struct dmn *m = l->m;
	l->n = m->n;
	l->cap = m->n + 16;
	l->at = NEWN(l->a, struct place, l->cap);
	for (uint32_t i = 0; i < m->n; i++)
		if (m->element[i]->kind != ELEMENT_VIEW)
			row_of(l, i, 0);
	raise_leaves(l);
	for (uint32_t i = 0; i < m->n; i++) {
		const struct element *el = m->element[i];
		if (el->kind == ELEMENT_VIEW)
			continue; /* row 0 is not drawn */
		l->at[i].el = el;
		l->at[i].width = BOX_W;
		l->at[i].below = NEWN(l->a, uint32_t, el->n_needs);
	}
	for (uint32_t i = 0; i < m->n; i++)
		for (size_t k = 0; l->at[i].el && k < m->element[i]->n_needs; k++)
			join(l, i, m->element[i]->needs[k]);
	make_rows(l);
	for (size_t r = 1; r <= l->rows; r++)
		spread(l, r);
	for (int pass = 0; pass < PASSES && l->n < PLACES_MAX; pass++) {
		bool up = pass % 2 == 0;
		for (size_t k = 1; k <= l->rows; k++) {
			if (!up)
				count_above(l);
			order_row(l, up ? k : l->rows + 1 - k, up);
		}
	}
}

/* --- drawing --------------------------------------------------------------------------- */

static void escape(buf *b, str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '<')
			buf_puts(b, "&lt;");
		else if (c == '&')
			buf_puts(b, "&amp;");
		else if (c == '"')
			buf_puts(b, "&quot;");
		else if ((uint8_t)c >= ' ' || c == '\n' || c == '\t')
			buf_putc(b, c);
	}
}

static str label_of(const struct element *el, const struct dmn_words *w)
{
	str s = dmn_label(el->src, w->lang);
	if (!s.n)
		s = dmn_label(el->src, STR("en"));
	return s.n ? s : el->name;
}

static size_t characters(str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((uint8_t)s.p[i] & 0xC0) != 0x80;
	return n;
}

/* Words into lines; what does not fit ends in an ellipsis. */
static size_t wrap(arena *a, str text, str lines[LINES_MAX])
{
	size_t n = 0;
	str word;
	while (n <= LINES_MAX && str_cut(&text, ' ', &word)) {
		if (!word.n)
			continue;
		bool fits = n && characters(lines[n - 1]) + 1 + characters(word) <= LINE_CHARS;
		if (fits)
			lines[n - 1] = str_fmt(a, "%.*s %.*s", STRF(lines[n - 1]), STRF(word));
		else if (n == LINES_MAX)
			return lines[n - 1] = str_fmt(a, "%.*s …", STRF(lines[n - 1])), n;
		else
			lines[n++] = word;
	}
	return n;
}

static double centre_of(const struct layout *l, const struct dmn_words *w, uint32_t i)
{
	return w->rtl ? l->width - l->at[i].x : l->at[i].x;
}

static double top_of(const struct layout *l, uint32_t i)
{
	return (double)(l->rows - l->at[i].row) * (BOX_H + GAP_Y);
}

static void draw_shape(buf *b, enum element_kind kind, double x, double y)
{
	if (kind == ELEMENT_MODEL) {
		buf_fmt(b,
		        "<path d=\"M%g %g h%d l%d %d v%d l-%d %d h-%d l-%d -%d v-%d z\" fill=\"none\" "
		        "stroke=\"currentColor\"/>",
		        x + CORNER, y, BOX_W - 2 * CORNER, CORNER, CORNER, BOX_H - 2 * CORNER, CORNER,
		        CORNER, BOX_W - 2 * CORNER, CORNER, CORNER, BOX_H - 2 * CORNER);
		return;
	}
	int round = kind == ELEMENT_INPUT ? BOX_H / 2 : kind == ELEMENT_SERVICE ? CORNER : 0;
	buf_fmt(b,
	        "<rect x=\"%g\" y=\"%g\" width=\"%d\" height=\"%d\" rx=\"%d\" fill=\"none\" "
	        "stroke=\"currentColor\"%s/>",
	        x, y, BOX_W, BOX_H, round, kind == ELEMENT_SERVICE ? " stroke-width=\"3\"" : "");
}

static void draw_title(buf *b, const struct dmn *m, const struct element *el,
                       const struct dmn_words *w)
{
	buf_puts(b, "<title>");
	escape(b, label_of(el, w));
	buf_puts(b, " (");
	escape(b, w->kinds[el->kind]);
	buf_putc(b, ')');
	for (size_t i = 0; i < el->n_needs; i++) {
		if (i == 0) {
			buf_putc(b, ' ');
			escape(b, w->requires);
		}
		buf_puts(b, i ? w->rtl ? "، " : ", " : " ");
		escape(b, label_of(m->element[el->needs[i]], w));
	}
	buf_puts(b, "</title>");
}

static void draw_element(buf *b, arena *a, const struct layout *l, uint32_t i,
                         const struct dmn_words *w)
{
	const struct element *el = l->m->element[i];
	double x = centre_of(l, w, i) - BOX_W / 2.0, y = top_of(l, i);
	str lines[LINES_MAX];
	size_t n = wrap(a, label_of(el, w), lines);
	buf_puts(b, "<g role=\"listitem\">");
	draw_title(b, l->m, el, w);
	draw_shape(b, el->kind, x, y);
	buf_puts(b, "<text text-anchor=\"middle\" font-size=\"13\" fill=\"currentColor\">");
	for (size_t k = 0; k < n; k++) {
		double line = y + BOX_H / 2.0 + 5 + ((double)k - ((double)n - 1) / 2) * LINE_H;
		buf_fmt(b, "<tspan x=\"%g\" y=\"%g\">", x + BOX_W / 2.0, line);
		escape(b, lines[k]);
		buf_puts(b, "</tspan>");
	}
	buf_puts(b, "</text></g>\n");
}

/* One line, from what is required up to who requires it. */
static void draw_need(buf *b, const struct layout *l, uint32_t i, size_t k,
                      const struct dmn_words *w)
{
	const struct place *p = &l->at[i];
	double part = (BOX_W - 50.0) / (double)(p->n_below > 1 ? p->n_below : 1);
	/* several lines into one box meet it side by side, in the order they come */
	size_t rank = 0;
	for (size_t j = 0; j < p->n_below; j++)
		rank += centre_of(l, w, p->below[j]) < centre_of(l, w, p->below[k]) ||
		        (j < k && l->at[p->below[j]].x == l->at[p->below[k]].x);
	double x = centre_of(l, w, i) + ((double)rank - ((double)p->n_below - 1) / 2) * part;
	bool knowledge = false;
	buf path = buf_make(l->a, 4096);
	buf_fmt(&path, " L%g %g", x, top_of(l, i) + BOX_H);
	for (uint32_t at = p->below[k];; at = l->at[at].below[0]) {
		const struct element *el = l->at[at].el;
		str so_far = str_dup(l->a, buf_str(&path));
		path = buf_make(l->a, 4096);
		if (el) {
			knowledge = el->kind == ELEMENT_MODEL || el->kind == ELEMENT_SERVICE;
			buf_fmt(&path, "M%g %g%.*s", centre_of(l, w, at), top_of(l, at), STRF(so_far));
			break;
		}
		buf_fmt(&path, " L%g %g L%g %g%.*s", centre_of(l, w, at), top_of(l, at) + BOX_H,
		        centre_of(l, w, at), top_of(l, at), STRF(so_far));
	}
	buf_fmt(b,
	        "<path d=\"%.*s\" fill=\"none\" stroke=\"currentColor\"%s "
	        "marker-end=\"url(#dmn-arrow)\"/>\n",
	        STRF(buf_str(&path)), knowledge ? " stroke-dasharray=\"6 4\"" : "");
}

str dmn_graph_svg_in(arena *a, const struct dmn *m, const struct dmn_words *w)
{
	struct layout *l = NEW(a, struct layout);
	buf b = buf_make(a, SVG_MAX);
	*l = (struct layout){.a = a, .m = m};
	arrange(l);
	double width = l->width, height = (double)l->rows * (BOX_H + GAP_Y) - GAP_Y;
	buf_fmt(&b,
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"list\" lang=\"%.*s\" dir=\"%s\" "
	        "viewBox=\"%d %d %g %g\" width=\"%g\"><title>",
	        STRF(w->lang), w->rtl ? "rtl" : "ltr", -MARGIN, -MARGIN,
	        (width > 0 ? width : 0) + 2 * MARGIN, (height > 0 ? height : 0) + 2 * MARGIN,
	        (width > 0 ? width : 0) + 2 * MARGIN);
	str title = dmn_label(m->parts->root, w->lang);
	escape(&b, title.n ? title : m->parts->name);
	buf_puts(&b, "</title>\n<defs><marker id=\"dmn-arrow\" viewBox=\"0 0 10 10\" refX=\"10\" "
	             "refY=\"5\" markerWidth=\"9\" markerHeight=\"9\" orient=\"auto\"><path "
	             "d=\"M0 0 L10 5 L0 10 z\" fill=\"currentColor\"/></marker></defs>\n"
	             "<g role=\"presentation\">");
	for (uint32_t i = 0; i < m->n; i++)
		for (size_t k = 0; l->at[i].el && k < l->at[i].n_below; k++)
			draw_need(&b, l, i, k, w);
	buf_puts(&b, "</g>\n");
	for (size_t r = l->rows; r > 0; r--) /* from the answer down to the inputs */
		for (size_t k = 0; k < l->count[r]; k++)
			if (l->at[l->order[r][k]].el)
				draw_element(&b, a, l, l->order[r][k], w);
	buf_puts(&b, "</svg>\n");
	return buf_str(&b);
}

str dmn_graph_svg(arena *a, const struct dmn *m)
{
	static const struct dmn_words english = {.lang = STR_INIT("en"),
	                                         .kinds = {STR_INIT("input"), STR_INIT("decision"),
	                                                   STR_INIT("knowledge model"),
	                                                   STR_INIT("service")},
	                                         .requires = STR_INIT("requires")};
	return dmn_graph_svg_in(a, m, &english);
}

/* svg.c - a process as SVG: from the file's diagram, or laid out here. */
#include "engine/bpmn/draw.h"

#define SVG_MAX_BYTES ((size_t)8 * 1024 * 1024)
#define LIMIT_XY      1000000

struct shape *drawing_shape(arena *a, struct drawing *d, const struct xml_node *n)
{
	struct shape *s = NEW(a, struct shape);

	s->node = n;
	if (d->last_shape)
		d->last_shape->next = s;
	else
		d->shapes = s;
	return d->last_shape = s;
}

struct edge *drawing_edge(arena *a, struct drawing *d, const struct xml_node *n)
{
	struct edge *e = NEW(a, struct edge);

	e->node = n;
	if (d->last_edge)
		d->last_edge->next = e;
	else
		d->edges = e;
	return d->last_edge = e;
}

/* ---- reading BPMN DI --------------------------------------------------- */

/* The whole part of a decimal; 0 for nonsense. */
static int64_t coordinate(const struct xml_node *n, const char *name)
{
	str s = xml_attr(n, name);
	ptrdiff_t dot = str_chr(s, '.');
	int64_t v = 0;

	if (!str_i64(dot < 0 ? s : str_sub(s, 0, (size_t)dot), &v))
		return 0;
	return v > LIMIT_XY ? LIMIT_XY : v < -LIMIT_XY ? -LIMIT_XY : v;
}

/* Where the file wants the name to stand. */
static void read_label(const struct xml_node *di, struct label *l)
{
	const struct xml_node *bounds =
	    xml_child_ns(xml_child_ns(di, NS_BPMNDI, "BPMNLabel"), NS_DC, "Bounds");

	if (!bounds)
		return;
	l->given = true;
	l->w = coordinate(bounds, "width");
	l->x = coordinate(bounds, "x") + l->w / 2;
	l->y = coordinate(bounds, "y");
}

static void read_shape(arena *a, const struct bpmn *b, const struct xml_node *di,
                       const struct xml_node *n, struct drawing *d)
{
	const struct xml_node *bounds = xml_child_ns(di, NS_DC, "Bounds");

	if (!bounds)
		return;
	struct shape *s = drawing_shape(a, d, n);
	s->el = bpmn_el(b, xml_attr(n, "id"));
	s->x = coordinate(bounds, "x");
	s->y = coordinate(bounds, "y");
	s->w = coordinate(bounds, "width");
	s->h = coordinate(bounds, "height");
	s->expanded = xml_flag(di, "isExpanded", false);
	read_label(di, &s->label);
}

static void read_edge(arena *a, const struct xml_node *di, const struct xml_node *n,
                      struct drawing *d)
{
	struct edge *e = drawing_edge(a, d, n);

	for (const struct xml_node *p = di->first; p; p = p->next)
		if (p->ns == NS_DI && str_eq(p->name, STR("waypoint")) && e->n < EDGE_MAX_POINTS) {
			e->x[e->n] = coordinate(p, "x");
			e->y[e->n++] = coordinate(p, "y");
		}
	read_label(di, &e->label);
}

static void read_diagram(arena *a, const struct bpmn *b, struct drawing *d)
{
	for (const struct xml_node *x = b->root; x; x = xml_walk(b->root, x)) {
		bool shape = x->ns == NS_BPMNDI && str_eq(x->name, STR("BPMNShape"));
		bool edge = x->ns == NS_BPMNDI && str_eq(x->name, STR("BPMNEdge"));
		const struct xml_node *n =
		    shape || edge ? bpmn_node(b, xml_ref(xml_attr(x, "bpmnElement"))) : NULL;
		if (n && shape)
			read_shape(a, b, x, n, d);
		else if (n)
			read_edge(a, x, n, d);
	}
}

/* ---- writing ----------------------------------------------------------- */

static void escape(buf *o, str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '<')
			buf_puts(o, "&lt;");
		else if (c == '>')
			buf_puts(o, "&gt;");
		else if (c == '&')
			buf_puts(o, "&amp;");
		else if (c == '"')
			buf_puts(o, "&quot;");
		else
			buf_putc(o, c);
	}
}

static void label_at(buf *o, const struct label *l, const char *class)
{
	if (!l->n)
		return;
	buf_fmt(o, "<text%s x=\"%lld\" y=\"%lld\">", class, (long long)l->x, (long long)l->y + 11);
	for (size_t i = 0; i < l->n; i++) {
		buf_fmt(o, "<tspan x=\"%lld\" dy=\"%d\">", (long long)l->x, i ? LABEL_LINE : 0);
		escape(o, l->line[i]);
		buf_puts(o, "</tspan>");
	}
	buf_puts(o, "</text>");
}

/* A name within its element: its first line at y, or its middle there. */
static void label(buf *o, str name, int64_t x, int64_t y, int64_t width)
{
	struct label l = {.text = name, .x = x};

	label_wrap(&l, width);
	l.y = y - l.h / 2;
	label_at(o, &l, "");
}

static void box(buf *o, const struct shape *s, const char *class, int radius)
{
	buf_fmt(o,
	        "<rect class=\"%s\" x=\"%lld\" y=\"%lld\" width=\"%lld\" height=\"%lld\" rx=\"%d\"/>",
	        class, (long long)s->x, (long long)s->y, (long long)s->w, (long long)s->h, radius);
}

static const char *event_sign(const struct bpmn_el *e)
{
	static const char *const signs[] = {"",       "\u2709", "\u23F1", "\u26A1", "\u25B2", "\u25B3",
	                                    "\u2261", "\u23EA", "\u27A1", "\u25CF", "\u2716"};
	return e->events > 1 ? "\u2B20" : signs[e->ev.kind];
}

static void event(buf *o, const struct shape *s)
{
	const struct bpmn_el *e = s->el;
	long long x = s->x + s->w / 2, y = s->y + s->h / 2, r = s->w / 2;
	const char *dash = e->interrupting ? "" : " stroke-dasharray=\"4 2\"";

	buf_fmt(o, "<circle class=\"%s\" cx=\"%lld\" cy=\"%lld\" r=\"%lld\"%s/>",
	        e->kind == K_END ? "end" : "event", x, y, r, dash);
	if (e->kind != K_START && e->kind != K_END)
		buf_fmt(o, "<circle class=\"ring\" cx=\"%lld\" cy=\"%lld\" r=\"%lld\"%s/>", x, y,
		        r > 4 ? r - 3 : r, dash);
	buf_fmt(o, "<text class=\"sign\" x=\"%lld\" y=\"%lld\">%s</text>", x, y + 6, event_sign(e));
	label_at(o, &s->label, "");
}

static void gateway(buf *o, const struct shape *s)
{
	static const char *const signs[] = {"\u2715", "+", "\u25CB", "*", "\u2B20"};
	long long x = s->x + s->w / 2, y = s->y + s->h / 2, rx = s->w / 2, ry = s->h / 2;
	const char *sign = signs[s->el->kind - K_EXCLUSIVE];

	buf_fmt(o, "<path class=\"gateway\" d=\"M%lld %lldL%lld %lldL%lld %lldL%lld %lldZ\"/>", x - rx,
	        y, x, y - ry, x + rx, y, x, y + ry);
	buf_fmt(o, "<text class=\"sign\" x=\"%lld\" y=\"%lld\">%s</text>", x, y + 6, sign);
	label_at(o, &s->label, "");
}

static const char *task_sign(const struct bpmn_el *e)
{
	switch (e->kind) {
	case K_USER:
		return "\u263A";
	case K_SERVICE:
		return "\u2699";
	case K_SEND:
		return "\u2709";
	case K_RECEIVE:
		return "\u2709";
	case K_SCRIPT:
		return "\u2263";
	case K_RULE:
		return "\u25A6";
	case K_MANUAL:
		return "\u270B";
	default:
		return "";
	}
}

static void activity(buf *o, const struct shape *s)
{
	const struct bpmn_el *e = s->el;
	bool scope = e->members && s->expanded;

	box(o, s, e->kind == K_CALL ? "call" : e->event_sub ? "eventsub" : "task", 8);
	buf_fmt(o, "<text class=\"sign\" x=\"%lld\" y=\"%lld\">%s</text>", (long long)s->x + 12,
	        (long long)s->y + 18, task_sign(e));
	label(o, s->label.text.n ? s->label.text : e->id, s->x + s->w / 2, scope ? s->y + 14 : s->y + s->h / 2,
	      s->w - 10);
	const char *mark = e->for_compensation              ? "\u23EA"
	                   : e->loop && !e->loop->multi     ? "\u21BB"
	                   : e->loop && e->loop->sequential ? "\u2261"
	                   : e->loop                        ? "\u2980"
	                   : e->members && !scope           ? "+"
	                                                    : "";
	buf_fmt(o, "<text class=\"sign\" x=\"%lld\" y=\"%lld\">%s</text>", (long long)(s->x + s->w / 2),
	        (long long)(s->y + s->h - 6), mark);
}

/* Pools, lanes, notes, data: what is no flow node. */
static void other(buf *o, const struct shape *s)
{
	bool pool = xml_is(s->node, "participant") || xml_is(s->node, "lane");
	str name = s->label.text;
	const struct xml_node *text = xml_child(s->node, "text");

	box(o, s, pool ? "pool" : "note", 0);
	if (text)
		name = text->text;
	if (pool) {
		long long x = s->x + 16, y = s->y + s->h / 2;
		buf_fmt(o, "<text x=\"%lld\" y=\"%lld\" transform=\"rotate(-90 %lld %lld)\">", x, y, x, y);
		escape(o, name);
		buf_puts(o, "</text>");
	} else {
		label(o, name, s->x + s->w / 2, s->y + s->h / 2, s->w > 90 ? s->w : 90);
	}
}

static const char *state_class(const json *mark)
{
	str state = json_str(mark, "state");

	return str_eq(state, STR("done"))     ? " done"
	       : str_eq(state, STR("active")) ? " active"
	       : str_eq(state, STR("error"))  ? " error"
	                                      : "";
}

/* How often, or what is to be said about it. */
static str badge_of(arena *a, const json *mark)
{
	str count = json_str(mark, "count"), note = json_str(mark, "note");

	return count.n && note.n ? str_fmt(a, "%.*s \u00B7 %.*s", STRF(count), STRF(note))
	       : count.n         ? count
	                         : note;
}

static void open_group(buf *o, const struct xml_node *n, const char *kind, const json *mark)
{
	buf_fmt(o, "<g class=\"%s%s\" id=\"bpmn-", kind, state_class(mark));
	escape(o, xml_attr(n, "id"));
	buf_puts(o, "\">");
	if (json_str(mark, "title").n) {
		buf_puts(o, "<title>");
		escape(o, json_str(mark, "title"));
		buf_puts(o, "</title>");
	}
}

static void draw_shape(buf *o, const struct shape *s, const json *path)
{
	const json *mark = json_get_str(path, xml_attr(s->node, "id"));

	open_group(o, s->node, "node", mark);
	if (!s->el || s->el->kind == K_PROCESS || s->el->kind == K_GLOBAL_TASK)
		other(o, s);
	else if (bpmn_is_event(s->el))
		event(o, s);
	else if (bpmn_is_gateway(s->el))
		gateway(o, s);
	else
		activity(o, s);
	label_at(o, &s->badge, " class=\"badge\"");
	buf_puts(o, "</g>\n");
}

static void draw_edge(buf *o, const struct edge *e, const json *path)
{
	bool sequence = xml_is(e->node, "sequenceFlow");
	const char *class = sequence                         ? "flow"
	                    : xml_is(e->node, "messageFlow") ? "message"
	                                                     : "association";

	if (e->n < 2)
		return;
	const json *mark = json_get_str(path, xml_attr(e->node, "id"));
	open_group(o, e->node, "edge", mark);
	buf_fmt(o, "<path class=\"%s\" d=\"", class);
	for (size_t i = 0; i < e->n; i++)
		buf_fmt(o, "%c%lld %lld", i ? 'L' : 'M', (long long)e->x[i], (long long)e->y[i]);
	buf_puts(o, "\"/>");
	label_at(o, &e->label, "");
	label_at(o, &e->badge, " class=\"badge\"");
	buf_puts(o, "</g>\n");
}

static void grow(int64_t box_[4], int64_t x, int64_t y)
{
	box_[0] = x < box_[0] ? x : box_[0];
	box_[1] = y < box_[1] ? y : box_[1];
	box_[2] = x > box_[2] ? x : box_[2];
	box_[3] = y > box_[3] ? y : box_[3];
}

static void grow_by_label(int64_t box_[4], const struct label *l)
{
	struct box b = label_box(l);

	if (!l->n)
		return;
	grow(box_, b.x, b.y);
	grow(box_, b.x + b.w, b.y + b.h);
}

static void header(buf *o, const struct drawing *d)
{
	int64_t b[4] = {LIMIT_XY, LIMIT_XY, -LIMIT_XY, -LIMIT_XY};

	for (const struct shape *s = d->shapes; s; s = s->next) {
		grow(b, s->x, s->y);
		grow(b, s->x + s->w, s->y + s->h);
		grow_by_label(b, &s->badge);
		if (s->el && !bpmn_is_activity(s->el))
			grow_by_label(b, &s->label);
	}
	for (const struct edge *e = d->edges; e; e = e->next) {
		for (size_t i = 0; i < e->n; i++)
			grow(b, e->x[i], e->y[i]);
		grow_by_label(b, &e->label);
		grow_by_label(b, &e->badge);
	}
	if (b[2] < b[0])
		b[0] = b[1] = b[2] = b[3] = 0;
	long long w = b[2] - b[0] + 60, h = b[3] - b[1] + 80;
	buf_fmt(o,
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"bpmn\" role=\"img\" "
	        "viewBox=\"%lld %lld %lld %lld\" width=\"%lld\" height=\"%lld\">\n",
	        (long long)b[0] - 30, (long long)b[1] - 30, w, h, w, h);
	buf_puts(o, "<style>.bpmn text{font:12px sans-serif;text-anchor:middle}"
	            ".bpmn .sign{font-size:15px}.bpmn .badge{font-weight:bold}"
	            ".bpmn rect,.bpmn circle,.bpmn .gateway{fill:#fff;stroke:#222;stroke-width:1.5}"
	            ".bpmn .end{stroke-width:3}.bpmn .ring{fill:none}.bpmn .call{stroke-width:3}"
	            ".bpmn .eventsub{stroke-dasharray:2 3}.bpmn .pool{fill:none}"
	            ".bpmn .note{fill:#fffbe8;stroke:#999}"
	            ".bpmn path{fill:none;stroke:#222;stroke-width:1.5}"
	            ".bpmn .flow{marker-end:url(#bpmn-arrow)}"
	            ".bpmn .message,.bpmn .association{stroke-dasharray:5 4}"
	            ".bpmn .done rect,.bpmn .done circle,.bpmn .done path{stroke:#0a7d36}"
	            ".bpmn .active rect,.bpmn .active circle{stroke:#0b57d0;stroke-width:3}"
	            ".bpmn .error rect,.bpmn .error circle,.bpmn .error path{stroke:#b3261e;"
	            "stroke-width:3}</style>\n"
	            "<defs><marker id=\"bpmn-arrow\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" "
	            "markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">"
	            "<path d=\"M0 0L10 5L0 10z\" style=\"fill:#222\"/></marker></defs>\n");
}

/* The text of an attribute of ours, where there is one; else the name. */
static str label_of(const struct xml_node *n, const char *ours)
{
	str text = ours ? xml_attr_ns(n, NS_DIWAN, ours) : (str){0};

	return text.n ? text : xml_attr(n, "name");
}

str bpmn_svg(arena *a, const struct bpmn *b, const json *path)
{
	return bpmn_svg_in(a, b, path, NULL);
}

void drawing_of(arena *a, const struct bpmn *b, const json *path, const char *ours,
                struct drawing *d)
{
	read_diagram(a, b, d);
	if (!d->shapes)
		layout(a, b, d);
	for (struct shape *s = d->shapes; s; s = s->next) {
		s->label.text = label_of(s->node, ours);
		s->badge.text = badge_of(a, json_get_str(path, xml_attr(s->node, "id")));
	}
	for (struct edge *e = d->edges; e; e = e->next) {
		e->label.text = label_of(e->node, ours);
		e->badge.text = badge_of(a, json_get_str(path, xml_attr(e->node, "id")));
	}
	labels_place(a, d);
}

str bpmn_svg_in(arena *a, const struct bpmn *b, const json *path, const char *ours)
{
	struct drawing d = {0};
	buf o = buf_make(a, SVG_MAX_BYTES);

	drawing_of(a, b, path, ours, &d);
	header(&o, &d);
	for (const struct shape *s = d.shapes; s; s = s->next)
		draw_shape(&o, s, path);
	for (const struct edge *e = d.edges; e; e = e->next)
		draw_edge(&o, e, path);
	buf_puts(&o, "</svg>\n");
	return buf_str(&o);
}

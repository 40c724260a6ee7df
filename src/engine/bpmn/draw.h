/*
 * draw.h - a diagram as shapes and edges, from the file or laid out here.
 *
 * Units are those of BPMN DI (pixels at 96 dpi), rounded to whole numbers.
 */
#ifndef ENGINE_BPMN_DRAW_H
#define ENGINE_BPMN_DRAW_H

#include "engine/bpmn/model.h"

#define EDGE_MAX_POINTS 32

#define LABEL_LINES 4
#define LABEL_LINE  14 /* height */

struct box {
	int64_t x, y, w, h;
};

/* A name in lines around its middle x, from its top y. */
struct label {
	str text;
	str line[LABEL_LINES];
	size_t n;
	int64_t x, y, w, h;
	bool given; /* the file says where */
};

struct shape {
	const struct xml_node *node; /* the element drawn */
	const struct bpmn_el *el;    /* if it is a flow node */
	int64_t x, y, w, h;
	bool expanded;
	struct label label, badge; /* the badge: how often, how long */
	struct shape *next;
};

struct edge {
	const struct xml_node *node; /* sequenceFlow, messageFlow, association */
	int64_t x[EDGE_MAX_POINTS], y[EDGE_MAX_POINTS];
	size_t n;
	struct label label, badge;
	struct edge *next;
};

struct drawing {
	struct shape *shapes, *last_shape;
	struct edge *edges, *last_edge;
};

struct shape *drawing_shape(arena *a, struct drawing *d, const struct xml_node *n);
struct edge *drawing_edge(arena *a, struct drawing *d, const struct xml_node *n);
/* Breaks the text at spaces into lines of about this width. */
void label_wrap(struct label *l, int64_t width);
struct box label_box(const struct label *l);
/* Does a label with this box lie over the element? */
bool label_over_shape(struct box b, const struct shape *s);
/* Finds places for the labels of events, gateways and flows, and for badges. */
void labels_place(arena *a, struct drawing *d);
/* The file's diagram, or one laid out here, with its labels in place; see bpmn_svg_in. */
void drawing_of(arena *a, const struct bpmn *b, const json *path, const char *ours,
                struct drawing *d);
/* Lays out every process of the file from left to right. */
void layout(arena *a, const struct bpmn *b, struct drawing *d);
/* The same written as BPMN DI; `plane` is the id of what it shows. */
void diagram_write(buf *out, arena *a, const struct bpmn *b, str plane);

#endif

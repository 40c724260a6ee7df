/*
 * draw.h - a diagram as shapes and edges, from the file or laid out here.
 *
 * Units are those of BPMN DI (pixels at 96 dpi), rounded to whole numbers.
 */
#ifndef ENGINE_BPMN_DRAW_H
#define ENGINE_BPMN_DRAW_H

#include "engine/bpmn/model.h"

#define EDGE_MAX_POINTS 32

struct shape {
	const struct xml_node *node; /* the element drawn */
	const struct bpmn_el *el;    /* if it is a flow node */
	int64_t x, y, w, h;
	bool expanded;
	str label;
	struct shape *next;
};

struct edge {
	const struct xml_node *node; /* sequenceFlow, messageFlow, association */
	int64_t x[EDGE_MAX_POINTS], y[EDGE_MAX_POINTS];
	size_t n;
	str label;
	struct edge *next;
};

struct drawing {
	struct shape *shapes, *last_shape;
	struct edge *edges, *last_edge;
};

struct shape *drawing_shape(arena *a, struct drawing *d, const struct xml_node *n);
struct edge *drawing_edge(arena *a, struct drawing *d, const struct xml_node *n);
/* Lays out every process of the file from left to right. */
void layout(arena *a, const struct bpmn *b, struct drawing *d);
/* The same written as BPMN DI; `plane` is the id of what it shows. */
void diagram_write(buf *out, arena *a, const struct bpmn *b, str plane);

#endif

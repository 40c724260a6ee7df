/* diagram.c - a laid-out diagram as BPMN DI, for files that came without one. */
#include "engine/bpmn/draw.h"

#define DIAGRAM_MAX_BYTES ((size_t)8 * 1024 * 1024)

static void write_shape(buf *out, const struct shape *s)
{
	str id = xml_attr(s->node, "id");

	buf_fmt(out,
	        "<bpmndi:BPMNShape id=\"%.*s_shape\" bpmnElement=\"%.*s\"><dc:Bounds x=\"%lld\" "
	        "y=\"%lld\" width=\"%lld\" height=\"%lld\"/></bpmndi:BPMNShape>\n",
	        STRF(id), STRF(id), (long long)s->x, (long long)s->y, (long long)s->w, (long long)s->h);
}

static void write_edge(buf *out, const struct edge *e)
{
	str id = xml_attr(e->node, "id");

	buf_fmt(out, "<bpmndi:BPMNEdge id=\"%.*s_edge\" bpmnElement=\"%.*s\">", STRF(id), STRF(id));
	for (size_t i = 0; i < e->n; i++)
		buf_fmt(out, "<di:waypoint x=\"%lld\" y=\"%lld\"/>", (long long)e->x[i],
		        (long long)e->y[i]);
	buf_puts(out, "</bpmndi:BPMNEdge>\n");
}

void diagram_write(buf *out, arena *a, const struct bpmn *b, str plane)
{
	struct drawing d = {0};

	layout(a, b, &d);
	buf_fmt(out,
	        "<bpmndi:BPMNDiagram xmlns:bpmndi=\"http://www.omg.org/spec/BPMN/20100524/DI\" "
	        "xmlns:dc=\"http://www.omg.org/spec/DD/20100524/DC\" "
	        "xmlns:di=\"http://www.omg.org/spec/DD/20100524/DI\" id=\"diagram\">"
	        "<bpmndi:BPMNPlane id=\"plane\" bpmnElement=\"%.*s\">\n",
	        STRF(plane));
	for (const struct shape *s = d.shapes; s; s = s->next)
		write_shape(out, s);
	for (const struct edge *e = d.edges; e; e = e->next)
		if (e->n > 1)
			write_edge(out, e);
	buf_puts(out, "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>\n");
}

/* What the plane shows: the collaboration, or the first process. */
static str plane_of(const struct bpmn *b)
{
	str id = {0};

	for (const struct xml_node *x = b->root->first; x; x = x->next)
		if (xml_is(x, "collaboration"))
			return xml_attr(x, "id");
		else if (xml_is(x, "process") && !id.n)
			id = xml_attr(x, "id");
	return id;
}

static bool has_diagram(const struct bpmn *b)
{
	for (const struct xml_node *x = b->root; x; x = xml_walk(b->root, x))
		if (x->ns == NS_BPMNDI && str_eq(x->name, STR("BPMNShape")))
			return true;
	return false;
}

str bpmn_with_diagram(arena *a, const struct bpmn *b, str xml)
{
	size_t end = xml.n;
	str plane = plane_of(b);

	while (end && !(xml.p[end - 1] == '<' && end < xml.n && xml.p[end] == '/'))
		end--;
	if (has_diagram(b) || !plane.n || !end)
		return xml;
	buf out = buf_make(a, xml.n + DIAGRAM_MAX_BYTES);
	buf_put(&out, str_sub(xml, 0, end - 1));
	diagram_write(&out, a, b, plane);
	buf_put(&out, str_sub(xml, end - 1, xml.n));
	return out.over ? xml : buf_str(&out);
}

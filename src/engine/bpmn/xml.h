/*
 * xml.h - an XML document as a tree, for BPMN files.
 *
 * Namespaces are resolved to the few we know. A DOCTYPE is refused, so there are
 * no entities to expand. Text is concatenated and trimmed for each element.
 */
#ifndef ENGINE_BPMN_XML_H
#define ENGINE_BPMN_XML_H

#include "base/diag.h"
#include "base/str.h"

#define XML_MAX_DEPTH 64
#define XML_MAX_NODES 100000

enum xml_ns {
	NS_NONE,
	NS_BPMN,
	NS_BPMNDI,
	NS_DC,
	NS_DI,
	NS_DIWAN,
	NS_ZEEBE,
	NS_ENGINE,
	NS_XSI,
	NS_OTHER
};

struct xml_attr {
	enum xml_ns ns;
	str name, value;
	struct xml_attr *next;
};

struct xml_node {
	enum xml_ns ns;
	str name, text;
	struct xml_attr *attrs;
	struct xml_node *parent, *first, *last, *next;
	uint32_t line, col;
};

/* The root, or NULL and a diagnostic. */
struct xml_node *xml_parse(arena *a, str text, struct diags *d);

/* An attribute without namespace; empty if absent. */
str xml_attr(const struct xml_node *n, const char *name);
/* "true" and "1", "false" and "0", as XML Schema has them; else `otherwise`. */
bool xml_flag(const struct xml_node *n, const char *name, bool otherwise);
bool xml_has(const struct xml_node *n, const char *name);
str xml_attr_ns(const struct xml_node *n, enum xml_ns ns, const char *name);
/* Is it this BPMN element? */
bool xml_is(const struct xml_node *n, const char *name);
/* First child / next sibling of that BPMN name (NULL name = any BPMN element). */
struct xml_node *xml_child(const struct xml_node *n, const char *name);
struct xml_node *xml_next(const struct xml_node *n, const char *name);
struct xml_node *xml_child_ns(const struct xml_node *n, enum xml_ns ns, const char *name);
/* The next node in document order within `root`; NULL at the end. */
struct xml_node *xml_walk(const struct xml_node *root, const struct xml_node *n);
/* A QName or id reference without its prefix. */
str xml_ref(str qname);

#endif

/*
 * dialect.h - BPMN files as XML: the namespaces that are known, and elements of BPMN's
 * own by name. Private to engine/bpmn and those who look into its files.
 */
#ifndef ENGINE_BPMN_DIALECT_H
#define ENGINE_BPMN_DIALECT_H

#include "engine/xml/xml.h"

enum xml_ns {
	NS_NONE = XML_NONE,
	NS_OTHER = XML_OTHER,
	NS_BPMN = XML_OWN,
	NS_BPMNDI,
	NS_DC,
	NS_DI,
	NS_DIWAN,
	NS_ZEEBE,
	NS_ENGINE,
	NS_XSI
};

/* The root, or NULL and a diagnostic. */
struct xml_node *bpmn_xml(arena *a, str text, struct diags *d);

/* Is it this BPMN element? */
bool xml_is(const struct xml_node *n, const char *name);
/* First child / next sibling of that BPMN name (NULL name = any BPMN element). */
struct xml_node *xml_child(const struct xml_node *n, const char *name);
struct xml_node *xml_next(const struct xml_node *n, const char *name);

#endif

/*
 * xml.h - an XML document as a tree: processes, banks' statements.
 *
 * Namespaces are resolved to the few that the caller knows. A DOCTYPE is refused, so
 * there are no entities to expand. The text of each element is concatenated and trimmed.
 *
 * Thread safety: any thread; a tree lives in its arena.
 */
#ifndef ENGINE_XML_XML_H
#define ENGINE_XML_XML_H

#include "base/diag.h"
#include "base/str.h"

#define XML_MAX_DEPTH 64

enum { XML_NONE, XML_OTHER, XML_OWN }; /* no namespace; an unknown one; the caller's from here */

struct xml_namespace {
	const char *uri;
	int ns; /* XML_OWN or above */
};

struct xml_dialect {
	const char *syntax, *doctype, *limit, *memory; /* names of its diagnostics */
	const struct xml_namespace *namespaces;
	size_t n_namespaces, max_nodes;
};

struct xml_attr {
	int ns;
	str name, value;
	struct xml_attr *next;
};

struct xml_node {
	int ns;
	str name, text;
	struct xml_attr *attrs;
	struct xml_node *parent, *first, *last, *next;
	uint32_t line, col;
};

/* The root, or NULL and a diagnostic. */
struct xml_node *xml_parse(arena *a, str text, const struct xml_dialect *dialect, struct diags *d);

/* An attribute without namespace; empty if absent. */
str xml_attr(const struct xml_node *n, const char *name);
bool xml_has(const struct xml_node *n, const char *name);
/* "true" and "1", "false" and "0", as XML Schema has them; else `otherwise`. */
bool xml_flag(const struct xml_node *n, const char *name, bool otherwise);
str xml_attr_ns(const struct xml_node *n, int ns, const char *name);
/* First child, or this node or the first sibling behind it, of that namespace and name
 * (NULL = any). */
struct xml_node *xml_child_ns(const struct xml_node *n, int ns, const char *name);
struct xml_node *xml_first_ns(struct xml_node *n, int ns, const char *name);
/* The next node in document order within `root`; NULL at the end. */
struct xml_node *xml_walk(const struct xml_node *root, const struct xml_node *n);
/* A QName or id reference without its prefix. */
str xml_ref(str qname);

#endif

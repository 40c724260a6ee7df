/*
 * dxml.h - an XML document as a tree, for DMN models and their examples.
 *
 * Text is kept exactly (the strings of an example may begin with a blank). A
 * DOCTYPE is refused, so there are no entities to expand. Element names carry
 * no namespace: DMN 1.1 to 1.5 differ in nothing else; elements of other
 * namespaces (diagrams, vendors' extensions) are marked foreign.
 */
#ifndef ENGINE_DMN_DXML_H
#define ENGINE_DMN_DXML_H

#include "base/diag.h"

#define DXML_MAX_BYTES ((size_t)64 * 1024 * 1024)
#define DXML_MAX_DEPTH 256
#define DXML_MAX_NODES 4000000

struct dxml_attr {
	str name, value;
	struct dxml_attr *next;
};

struct dxml {
	str name, text;
	bool foreign;
	struct dxml_attr *attrs;
	struct dxml *parent, *first, *last, *next;
	uint32_t line, col;
	uint32_t text_line, text_col; /* of the first character of `text` */
};

/* The root, or NULL with a diagnostic. */
struct dxml *dxml_parse(arena *a, str text, struct diags *d);
str dxml_get(const struct dxml *n, const char *attr); /* empty if absent */
bool dxml_is(const struct dxml *n, const char *name);
const struct dxml *dxml_child(const struct dxml *n, const char *name);   /* first of the name */
const struct dxml *dxml_sibling(const struct dxml *n, const char *name); /* next of the name */
/* Where the text of an element begins, blanks before it left out. */
void dxml_place(const struct dxml *n, uint32_t *line, uint32_t *col);
str dxml_text(const struct dxml *n, const char *child); /* trimmed text of a child */

#endif

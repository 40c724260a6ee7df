/*
 * diag.h - what is wrong with a file, said so that its author can mend it.
 *
 * Every loader of authored data (packs, forms, BPMN, DMN, FEEL, templates,
 * message files) reports through one list: where, which rule, what, and a hint.
 * Texts here are English, for authors; `rule` is a stable name that the message
 * catalogue may translate ("diag.<rule>").
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include "base/str.h"

enum severity { DIAG_NOTE, DIAG_WARNING, DIAG_ERROR };

struct diag {
	enum severity severity;
	str file;
	uint32_t line, col;  /* from 1; 0 when unknown */
	str element;         /* id of the element at fault, if it has one */
	str rule;            /* "bpmn.gateway.no-default", "dmn.table.overlap" */
	str what, hint;
	struct diag *next;
};

struct diags {
	arena *a;
	str file;            /* put on what is added next */
	struct diag *first, *last;
	size_t errors, count, max; /* past `max` only the counts go on */
};

struct diags diags_make(arena *a, str file);
struct diag *diags_add(struct diags *d, enum severity s, const char *rule, uint32_t line,
                       uint32_t col, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* "file:line:col: error: what [rule]\n  hint: ..." a diagnostic. */
str diags_print(arena *a, const struct diags *d);

#endif

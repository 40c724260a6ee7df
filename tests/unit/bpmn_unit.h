/* What the process tests share: load a text, step, look at effects. */
#ifndef BPMN_UNIT_H
#define BPMN_UNIT_H

#include "unit.h"

#include "engine/bpmn/bpmn.h"

#include <stdio.h>
#include <stdlib.h>

#define NOW ((instant)1767085200 * SECOND) /* Tuesday 2025-12-30 09:00:00Z */

#define HEAD                                                                                       \
	"<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "                          \
	"xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "                                     \
	"xmlns:diwan=\"urn:diwan:bpmn:1\" targetNamespace=\"urn:t\">"
#define TAIL "</definitions>"
#define FLOW(id, from, to)                                                                         \
	"<sequenceFlow id=\"" id "\" sourceRef=\"" from "\" targetRef=\"" to "\"/>"

static inline struct bpmn *load(arena *a, str xml)
{
	struct diags d = diags_make(a, STR("test.bpmn"));
	struct bpmn *b = bpmn_load(a, xml, &d);

	if (!b)
		print_message("%.*s\n", STRF(diags_print(a, &d)));
	assert_non_null(b);
	return b;
}

/* The rule by which a text is refused. */
static inline str refusal(arena *a, const char *xml)
{
	struct diags d = diags_make(a, STR("test.bpmn"));

	assert_null(bpmn_load(a, str_of(xml), &d));
	assert_non_null(d.first);
	return d.first->rule;
}

static inline str file(arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	buf b = buf_make(a, BPMN_MAX_BYTES);
	char chunk[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_put(&b, (str){chunk, n});
	fclose(f);
	return buf_str(&b);
}

static inline const struct bpmn_effect *effect(const struct bpmn_run *run,
                                               enum bpmn_effect_kind kind, const char *element)
{
	const struct bpmn_effect *f = run->first;

	while (f && !(f->kind == kind && str_eq(f->element, str_of(element))))
		f = f->next;
	return f;
}

static inline int64_t instance_of(arena *a, const json *state, const char *kind,
                                  const char *element)
{
	json *list = bpmn_waiting(a, state);

	for (const json *w = list->first; w; w = w->next)
		if (str_eq(json_str(w, "kind"), str_of(kind)) &&
		    str_eq(json_str(w, "element"), str_of(element)))
			return json_int(w, "instance", 0);
	return 0;
}

#endif

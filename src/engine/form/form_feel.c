/* FEEL in forms: the one place that knows how conditions and values are computed. */
#include "engine/form/form_in.h"

#if __has_include("engine/feel/feel.h")

#include "engine/feel/feel.h"

struct form_expression {
	const struct feel_expr *feel;
};

struct form_expression *expression_load(arena *a, const json *at, str source, struct diags *d)
{
	size_t before = d->errors;
	const struct feel_expr *feel = feel_compile(a, source, NULL, 0, d);
	if (!feel) {
		if (d->errors == before)
			diags_add(d, DIAG_ERROR, "form.feel", at ? at->line : 0, at ? at->col : 0,
			          "not a FEEL expression");
		return NULL;
	}
	struct form_expression *e = NEW(a, struct form_expression);
	e->feel = feel;
	return e;
}

json *expression_value(const struct form_expression *e, const json *answers, arena *a)
{
	struct feel_run run = feel_run_make(a, NULL);
	feel_value v;
	json *none = json_null(a);
	if (feel_eval_json(e->feel, answers ? answers : json_object(a), &run, &v) != OK)
		return none;
	json *out = feel_to_json(a, v);
	return out ? out : none;
}

#else

struct form_expression *expression_load(arena *a, const json *at, str source, struct diags *d)
{
	(void)a, (void)source;
	struct diag *g = diags_add(d, DIAG_ERROR, "form.feel", at ? at->line : 0, at ? at->col : 0,
	                           "expressions need the decision engine");
	if (g)
		g->hint = STR("use a condition with a scope and a schema");
	return NULL;
}

json *expression_value(const struct form_expression *e, const json *answers, arena *a)
{
	(void)e, (void)answers;
	return json_null(a);
}

#endif

/* FEEL in forms: the one place that knows how conditions and values are computed. */
#include "engine/form/form_in.h"

#include "engine/feel/feel.h"

#define FORM_FEEL_STEPS 20000 /* of one condition or computed value */

struct form_expression {
	const struct feel_expr *feel;
};

/* A form is read again and again, at any time, and must look the same: it has no
 * clock. Dates are limited by "min" and "max" of their question. */
static bool asks_the_clock(str source)
{
	return str_find(source, STR("today(")) >= 0 || str_find(source, STR("now(")) >= 0;
}

struct form_expression *expression_load(arena *a, const json *at, str source, struct diags *d)
{
	struct diags inner = diags_make(a, d->file);
	uint32_t line = at ? at->line : 0, col = at ? at->col : 0;
	const struct feel_expr *feel = feel_compile(a, source, NULL, 0, &inner);
	if (!feel) {
		str what = inner.first ? inner.first->what : STR("not a FEEL expression");
		uint32_t where = inner.first ? inner.first->col : 0;
		diags_add(d, DIAG_ERROR, "form.feel", line, col, "at character %u of the expression: %.*s",
		          where, STRF(what));
		return NULL;
	}
	if (asks_the_clock(source)) {
		struct diag *g = diags_add(d, DIAG_ERROR, "form.feel.clock", line, col,
		                           "an expression of a form cannot ask for the time");
		if (g)
			g->hint = STR("limit a date with \"min\" and \"max\" in its options");
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
	run.steps_max = FORM_FEEL_STEPS;
	if (feel_eval_json(e->feel, answers ? answers : json_object(a), &run, &v) != OK)
		return json_null(a);
	json *out = feel_to_json(a, v);
	return out ? out : json_null(a);
}

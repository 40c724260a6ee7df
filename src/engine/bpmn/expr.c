#include "engine/bpmn/expr.h"

#include "base/diag.h"
#include "engine/feel/feel.h"

const struct feel_expr *bpmn_expr_parse(arena *a, str text, str *why)
{
	struct diags d = diags_make(a, STR("expression"));

	text = str_trim(text);
	if (text.n && text.p[0] == '=')
		text = str_sub(text, 1, text.n);
	const struct feel_expr *e = feel_compile(a, text, NULL, 0, &d);
	if (!e)
		*why = d.first ? d.first->what : STR("not a FEEL expression");
	return e;
}

json *bpmn_expr_eval(const struct feel_expr *e, arena *a, const json *vars, instant now, str *why)
{
	struct feel_run run = feel_run_make(a, NULL);
	feel_value v;

	run.now = now;
	if (feel_eval_json(e, vars, &run, &v)) {
		*why = STR("the expression takes too many steps");
		return NULL;
	}
	return feel_to_json(a, v);
}

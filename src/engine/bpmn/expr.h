/*
 * expr.h - FEEL as the process engine uses it: compiled at load, fed with the
 * case's variables, answering JSON.
 *
 * A leading "=" (as modelers for zeebe write it) is taken off.
 */
#ifndef ENGINE_BPMN_EXPR_H
#define ENGINE_BPMN_EXPR_H

#include "base/err.h"
#include "base/json.h"
#include "base/time.h"

struct feel_expr;

/* NULL and *why when it is not an expression. */
const struct feel_expr *bpmn_expr_parse(arena *a, str text, str *why);

/* The value with the members of `vars` in scope. As FEEL has it, a name that is
 * not there and an operation that fails are null; only a used-up budget is an
 * error: NULL and *why. */
json *bpmn_expr_eval(const struct feel_expr *e, arena *a, const json *vars, instant now, str *why);

#endif

/*
 * expr.h - the one place where the process engine meets its expression language.
 *
 * Conditions, scripts, keys and mappings are FEEL. A leading "=" (as modelers
 * for zeebe write it) is taken off.
 */
#ifndef ENGINE_BPMN_EXPR_H
#define ENGINE_BPMN_EXPR_H

#include "base/err.h"
#include "base/json.h"

struct bpmn_expr;

/* Compiles once, at load. NULL and *why when it is not an expression. */
struct bpmn_expr *bpmn_expr_parse(arena *a, str text, str *why);

/* The value with the members of `vars` in scope; NULL and *why when it cannot
 * be computed. A name that is not there is null. */
json *bpmn_expr_eval(const struct bpmn_expr *e, arena *a, const json *vars, str *why);

#endif

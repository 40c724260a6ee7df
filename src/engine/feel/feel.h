/*
 * feel.h - FEEL, the expression language of DMN 1.3 to 1.5.
 *
 *     const struct feel_expr *e = feel_compile(a, STR("amount * rate"), NULL, 0, &diags);
 *     struct feel_run run = feel_run_make(request_arena, &run_diags);
 *     feel_value v;
 *     if (feel_eval_json(e, variables, &run, &v) == OK && feel_is_true(v)) ...
 *
 * Form: an expression is parsed once into a tree whose nodes carry the pointer
 * of the function that evaluates them, with every name already resolved to a
 * slot and every constant already made. A tree of closures was chosen over
 * bytecode because values are wide (32 bytes): moving them over a stack costs
 * more than the calls. Expressions of numbers have a second form beside it, closures
 * over numbers of 16 bytes that go through registers (quick.h): it runs first, and
 * gives way to the tree where a number does not fit. The compiled form never changes,
 * so any number of threads may evaluate it, each with its own feel_run.
 *
 * Errors follow the standard: a failing operation is null, and says why in
 * run->diags. Only a used-up budget (steps, depth, memory) ends an evaluation,
 * with ERR_budget. The engine has no clock and opens no file: now() and zone
 * data come from the run.
 */
#ifndef ENGINE_FEEL_FEEL_H
#define ENGINE_FEEL_FEEL_H

#include "base/diag.h"
#include "base/err.h"
#include "base/time.h"
#include "engine/feel/value.h"

#define FEEL_MAX_TEXT  (1024 * 1024) /* bytes of one expression */
#define FEEL_MAX_NEST  200           /* levels of nesting in its text */
#define FEEL_STEPS     1000000       /* default budget: calls, iterations, items */
#define FEEL_DEPTH     120           /* default depth of calls */
#define FEEL_MAX_ITEMS 1000000       /* items of one list */

struct feel_expr;

/* Where zone data come from: the bytes of the TZif file (RFC 8536) of a zone
 * such as "Europe/Paris". `load` must check nothing: names are checked here. */
struct feel_zones {
	bool (*load)(void *ctx, arena *a, str name, str *tzif);
	void *ctx;
};

struct feel_run {
	arena *a; /* everything the result points to */
	uint64_t steps_max;
	size_t depth_max;
	instant now;                    /* what now() and today() answer (UTC) */
	const struct feel_zones *zones; /* NULL: only UTC and offsets are known */
	struct diags *diags;            /* may be NULL: why something became null */
	uint64_t steps;                 /* out: steps used */
};

struct feel_run feel_run_make(arena *a, struct diags *d);

/* Compiles an expression. `names` are the variables in scope that the parser
 * must know to read (names of several words or with signs in them: "loan
 * amount", "x-y") and that stand before a builtin function of the same name
 * ("today"); other plain names need not be listed: a name nobody declared is
 * looked up in the context when the expression runs. NULL on errors, told with
 * line and column in d. */
const struct feel_expr *feel_compile(arena *a, str text, const str *names, size_t n,
                                     struct diags *d);

/* Compiles unary tests (a cell of a decision table: "< 10, [20..30]"); the
 * value under test is the member "?" of the context. Evaluates to a boolean. */
const struct feel_expr *feel_compile_tests(arena *a, str text, const str *names, size_t n,
                                           struct diags *d);

/* The names the expression takes from its context. */
size_t feel_free_names(const struct feel_expr *e, const str **out);

/* The names' values are looked up once for any number of evaluations, as long as run->a
 * keeps them: what an absent name gives is told here, once. */
struct quick;
struct feel_bound;
typedef err (*feel_eval_fn)(const struct quick *form, const struct feel_bound *b,
                            struct feel_run *run, feel_value *out);
struct feel_bound { /* the rest is the room's */
	feel_eval_fn eval;
	const struct quick *form;
};
const struct feel_bound *feel_bind(const struct feel_expr *e, feel_value context,
                                   struct feel_run *run);

static inline err feel_eval_bound(const struct feel_bound *b, struct feel_run *run, feel_value *out)
{
	return b->eval(b->form, b, run, out);
}

/* Evaluates. The context gives the free names; absent ones are null with a
 * diagnostic. OK, ERR_budget, or ERR_out_of_memory when the arena is full. */
err feel_eval(const struct feel_expr *e, feel_value context, struct feel_run *run, feel_value *out);
/* The same with a JSON object; only the members the expression names are read. */
err feel_eval_json(const struct feel_expr *e, const json *context, struct feel_run *run,
                   feel_value *out);

#endif

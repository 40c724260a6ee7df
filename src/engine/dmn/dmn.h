/*
 * dmn.h - decision models (DMN 1.1 to 1.5) loaded once, run many times.
 *
 *     struct dmn *m = dmn_load(a, xml, &diags);         // NULL: see diags
 *     struct dmn_run run = dmn_run_make(request_arena);
 *     json *fee;
 *     err e = dmn_eval(m, STR("Fee"), inputs, &run, &fee);
 *
 * Form: every element (input, decision, knowledge model, service) has a number;
 * its boxed expression is lowered at load to the same tree of closures as FEEL
 * text (engine/feel/feel.h says why), decision tables to arrays of prepared
 * cells. A run holds one value per number and computes what is asked for and
 * what that requires, each once. A loaded model never changes: any number of
 * threads may run it, each with a dmn_run of its own.
 *
 * Inputs are a JSON object, member name = name of the input data. Numbers keep
 * their digits; strings become dates, times and durations where the input's
 * type says so. Missing inputs are null. A value that does not fit its type is
 * null with a diagnostic. Inputs of an imported model are given by their name, or within
 * a member of the import's name. External (Java, PMML) functions are refused at load
 * with a warning and are null. A name that nothing in the model gives is looked up
 * in the inputs, for models that leave their requirements out; dmn_check tells them.
 */
#ifndef ENGINE_DMN_DMN_H
#define ENGINE_DMN_DMN_H

#include "engine/feel/feel.h"

#define DMN_MAX_ELEMENTS 100000
#define DMN_MAX_RULES    200000 /* of one table */

#define ERROR(name, code, http, retry) ERR_##name = (code),
enum dmn_error {
#include "engine/dmn/errors.def"
};
#undef ERROR

struct dmn;

struct dmn_run {
	arena *a;
	uint64_t steps_max; /* FEEL_STEPS */
	size_t depth_max;   /* FEEL_DEPTH */
	instant now;
	const struct feel_zones *zones;
	bool trace;
	json *trace_out;    /* out, if `trace`: an array in the order things were computed,
	                     * {"decision", "id", "value"} and before it, for each table,
	                     * {"table", "inputs": [{"expression","value"}], "rules":
	                     * [{"index" from 1, "id", "annotation", "annotations": {clause: text}}]} */
	struct diags diags; /* out: why something became null */
};

struct dmn_run dmn_run_make(arena *a);

/* The model lives in `a`. NULL on errors; warnings are told too. */
struct dmn *dmn_load(arena *a, str xml, struct diags *d);
/* A model (the first) with those it imports, found by their namespace. */
struct dmn *dmn_load_set(arena *a, const str *xmls, size_t n, struct diags *d);

/* Runs a decision, a decision service (answers its output decision, or an object
 * of them) or a knowledge model (inputs are its parameters), by name or id.
 * OK, ERR_decision_unknown, ERR_budget, ERR_out_of_memory. */
err dmn_eval(const struct dmn *m, str name_or_id, const json *inputs, struct dmn_run *run,
             json **out);
/* The same with and to FEEL values; `inputs` is a context. */
err dmn_eval_value(const struct dmn *m, str name_or_id, feel_value inputs, struct dmn_run *run,
                   feel_value *out);

/* What is in a model: an object {"name", "namespace", "inputs": [{"name","id","type",
 * "label"}], "decisions": [{"name","id","type","label","question","requires": [names],
 * "table", "results": [{"name","label"}] of a context}], "services": [...], "models": [...]}.
 *
 * A label is an object of the languages there are, {"en": "..", "ar": ".."}: English is
 * the label attribute (or the name), others stand beside it as
 *     <extensionElements><label xmlns="urn:diwan:label" xml:lang="ar">...</label>
 * Inputs, decisions, columns and the components of item definitions have labels; what the
 * values of an input column mean stands in its inputValues:
 *     <extensionElements><value xmlns="urn:diwan:label" of="citizen" xml:lang="ar">...</value> */
json *dmn_describe(arena *a, const struct dmn *m);

/* A decision table as data for a page: {"name", "label", "hit", "aggregation", "inputs":
 * [texts], "outputs": [names], "input_columns" and "output_columns": [{"name", "label",
 * "type", "values", "meanings": {value: label}, "default"}], "rules": [{"id", "inputs": [texts], "outputs": [texts],
 * "annotation", "annotations": {"en", "ar"}}]}, the annotations by the names of their
 * columns; NULL if the decision is no table. */
json *dmn_table_view(arena *a, const struct dmn *m, str name_or_id);

/* Examples in the test-case format of the DMN TCK. Called once a checked result;
 * `diagnostic` says why when it failed or is null. */
struct dmn_case {
	str id, decision;
	bool passed, null_expected;
	str expected, got, diagnostic;
};
typedef void (*dmn_case_fn)(void *ctx, const struct dmn_case *c);

/* Runs the cases of one file. `strict` compares numbers exactly, else to 1e-8. Without a
 * model every case fails. False when the file cannot be read. */
bool dmn_test(arena *a, const struct dmn *m, str xml, bool strict, const struct dmn_run *like,
              dmn_case_fn fn, void *ctx, struct diags *d);

/* Gaps, overlaps, unreachable rules and unused inputs of the model's tables, as
 * warnings in d (rules dmn.table.gap, .overlap, .unreachable, dmn.input.unused). */
void dmn_check(arena *a, const struct dmn *m, struct diags *d);

/* The requirements graph as an accessible SVG: each element has a title that says what
 * it is and what it requires. Colours are currentColor. */
str dmn_graph_svg(arena *a, const struct dmn *m);

/* The same in another language: its labels, and these words. */
struct dmn_words {
	str lang; /* "ar" */
	bool rtl;
	str kinds[4]; /* input, decision, knowledge model, service */
	str requires; /* "requires" */
};
str dmn_graph_svg_in(arena *a, const struct dmn *m, const struct dmn_words *w);

/* Which of several versions holds on a day: the index of the one whose
 * [from, to) contains it (days since 1970; to = INT64_MAX: open), or -1. */
struct dmn_version {
	int64_t from, to;
};
ptrdiff_t dmn_version_at(const struct dmn_version *v, size_t n, int64_t day);

#endif

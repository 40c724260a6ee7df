/*
 * schema.h - JSON Schema 2020-12, compiled once, validated with a budget.
 *
 * The whole of the core and validation vocabularies: $ref, $dynamicRef, $id,
 * $anchor and $dynamicAnchor across the documents given (nothing is ever
 * fetched; the 2020-12 meta-schemas are built in), unevaluatedProperties and
 * unevaluatedItems, $vocabulary of a given meta-schema. Numbers are compared
 * exactly, whatever their length. Patterns are ECMA-262 with the u flag,
 * translated to PCRE2 and run under match limits. A document that says draft
 * 2019-09 or draft 7 in $schema is read by the rules of that draft where they
 * differ in items, prefixItems and $ref.
 *
 * A compiled schema is immutable and may be shared by threads; each validation
 * has a run of its own. Limits: SCHEMA_MAX_*.
 */
#ifndef ENGINE_FORM_SCHEMA_H
#define ENGINE_FORM_SCHEMA_H

#include "base/diag.h"
#include "base/json.h"

#define SCHEMA_MAX_NODES   ((size_t)100000)    /* subschemas, all documents together */
#define SCHEMA_MAX_DEPTH   400                 /* nested applications in one validation */
#define SCHEMA_MAX_PATTERN ((size_t)4096)      /* bytes of a regular expression */
#define SCHEMA_BUDGET      ((uint64_t)2000000) /* steps of a validation, if none is given */
#define SCHEMA_MAX_ERRORS  ((size_t)100)

struct schema;

/* Other documents that a $ref may name, by absolute URI. */
struct schema_doc {
	str uri;
	const json *document;
	struct schema_doc *next;
};

struct schema_docs {
	struct schema_doc *first;
};

/* NULL when the schema is wrong: every fault is in `d`. `others` may be NULL.
 * The documents must outlive the schema. Warns of unknown keywords. */
struct schema *schema_compile(arena *a, const json *document, const struct schema_docs *others,
                              struct diags *d);

struct schema_error {
	str instance;       /* JSON pointer of the value at fault: "/address/block" */
	str keyword;        /* "required", "minLength", "false" for a false schema */
	str schema_path;    /* absolute location of the keyword: "form#/properties/a/type" */
	const json *params; /* what the keyword says: {"limit":3}, {"missing":"name"} */
	struct schema_error *next;
};

enum schema_verdict { SCHEMA_VALID, SCHEMA_INVALID, SCHEMA_BUDGET_SPENT };

struct schema_run {
	arena *a;                          /* in: for the errors and scratch */
	bool assert_formats;               /* in: "format" is checked (always so where the
	                                      meta-schema's vocabulary asks for it) */
	size_t max_errors;                 /* in: 0 stops at the first fault and lists nothing */
	uint64_t budget;                   /* in: steps; 0 gives SCHEMA_BUDGET */
	struct schema_error *first, *last; /* out */
	size_t count;                      /* out */
	uint64_t steps;                    /* out: steps taken */
};

/* Stops with SCHEMA_BUDGET_SPENT when the budget, the depth or a pattern's
 * match limit is reached: treat as invalid. */
enum schema_verdict schema_validate(const struct schema *s, const json *instance,
                                    struct schema_run *run);

/* The subschema at a JSON pointer of the main document ("/properties/a"), to
 * validate one answer alone. NULL if that is not a subschema of it. */
const struct schema *schema_at(arena *a, const struct schema *s, str pointer);

/* Equality as JSON Schema means it: 1 equals 1.0, member order does not count. */
bool schema_equal(arena *scratch, const json *x, const json *y);

#endif

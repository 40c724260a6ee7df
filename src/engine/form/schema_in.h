/*
 * schema_in.h - the inside of a compiled schema, shared by its compiler and runner.
 *
 * A node is a subschema: a list of operations in the order they run, with those
 * that need to know what the others evaluated (unevaluated*) last. A resource is
 * a document or embedded document with a URI of its own; it names its anchors and
 * is what the dynamic scope of $dynamicRef is made of.
 */
#ifndef ENGINE_FORM_SCHEMA_IN_H
#define ENGINE_FORM_SCHEMA_IN_H

#include "engine/form/number.h"
#include "engine/form/pattern.h"
#include "engine/form/schema.h"
#include "engine/form/schema_format.h"

enum draft { DRAFT_7, DRAFT_2019, DRAFT_2020 };

struct anchor {
	str name;
	const json *at;
	bool dynamic;
	struct node *node; /* of dynamic anchors, once compiled */
	struct anchor *next;
};

struct resource {
	str uri; /* absolute, without fragment */
	const json *root;
	str root_path; /* pointer from the document's root */
	struct anchor *anchors;
	enum draft draft;
	bool no_validation;  /* its meta-schema leaves the validation vocabulary out */
	bool assert_formats; /* ... or asks for format-assertion */
	bool used, settled;
	struct resource *next;
};

enum op_kind {
	OP_REF,
	OP_DYNAMIC_REF,
	OP_TYPE,
	OP_ENUM,
	OP_CONST,
	OP_MULTIPLE,
	OP_MAXIMUM,
	OP_EXCLUSIVE_MAXIMUM,
	OP_MINIMUM,
	OP_EXCLUSIVE_MINIMUM,
	OP_MAX_LENGTH,
	OP_MIN_LENGTH,
	OP_PATTERN,
	OP_FORMAT,
	OP_MAX_ITEMS,
	OP_MIN_ITEMS,
	OP_UNIQUE,
	OP_MAX_PROPERTIES,
	OP_MIN_PROPERTIES,
	OP_REQUIRED,
	OP_DEPENDENT_REQUIRED,
	OP_MEMBERS,
	OP_ELEMENTS,
	OP_CONTAINS,
	OP_NAMES,
	OP_DEPENDENT_SCHEMAS,
	OP_ALL,
	OP_ANY,
	OP_ONE,
	OP_NOT,
	OP_IF,
	OP_UNEVALUATED_ITEMS,
	OP_UNEVALUATED_PROPERTIES,
};

struct named_node {
	str name;
	struct node *node;
};

struct names {
	str trigger; /* dependentRequired: if this one is present */
	const str *at;
	size_t n;
};

struct pattern_node {
	struct pattern *pattern;
	struct node *node;
};

/* properties, patternProperties and additionalProperties: one pass over members. */
struct members {
	struct named_node *slot; /* open addressing, a power of two, at most half full */
	size_t mask;
	struct pattern_node *patterns;
	size_t n_patterns;
	struct node *rest;
};

/* prefixItems and items. */
struct elements {
	struct node **prefix;
	size_t n_prefix;
	struct node *rest;
};

struct contains {
	struct node *node;
	uint64_t min, max;
};

struct op {
	enum op_kind kind;
	const char *keyword;
	const json *value;
	union {
		struct node *node;
		struct {
			struct node **at;
			size_t n;
		} nodes;
		struct {
			struct node *node;
			str anchor; /* empty: like $ref */
		} dynamic;
		struct {
			struct node *test, *yes, *no;
		} branch;
		struct {
			struct names *at;
			size_t n;
		} names;
		struct {
			struct named_node *at;
			size_t n;
		} named;
		struct number number;
		uint64_t limit;
		unsigned types;
		struct pattern *pattern;
		enum format format;
		struct members members;
		struct elements elements;
		struct contains contains;
	} u;
};

enum node_kind { NODE_OPS, NODE_TRUE, NODE_FALSE };

struct node {
	enum node_kind kind;
	bool unevaluated; /* has an unevaluated* keyword */
	const json *source;
	struct resource *resource;
	str path; /* absolute location, for errors */
	struct op *ops;
	size_t n_ops;
	struct node *pending; /* private to the compiler */
};

struct schema {
	const struct node *root;
	const struct schema_places *places; /* nodes by source, for schema_at */
};

/* Where a JSON value of a schema document was seen. */
struct place {
	const json *at;
	struct resource *resource; /* that it is the root of, or NULL */
	struct node *node;
};

struct schema_places {
	struct place *slot;
	size_t cap, n;
};

struct compiler {
	arena *a;
	struct diags *d;
	const struct schema_docs *docs;
	struct resource *resources;
	struct schema_places places;
	struct node *pending;
	size_t n_nodes;
};

/* schema_compile.c */
struct place *schema_place(const struct schema_places *p, const json *at);
struct node *schema_node(struct compiler *c, const json *at, struct resource *r, str path);
struct node *schema_target(struct compiler *c, struct resource *from, const json *ref,
                           bool *dynamic);
str schema_child_path(arena *a, str path, str token);
struct diag *schema_fault(struct compiler *c, const json *at, const char *rule, const char *fmt,
                          ...) __attribute__((format(printf, 4, 5)));

/* schema_keywords.c */
void schema_fill(struct compiler *c, struct node *n);
/* Calls `each` for every subschema that stands directly in `object`. */
typedef void (*schema_child_fn)(void *ctx, const json *child, str path);
void schema_children(arena *a, const json *object, str path, schema_child_fn each, void *ctx);

#endif

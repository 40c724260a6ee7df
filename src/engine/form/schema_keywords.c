/* Each keyword of the 2020-12 vocabularies, checked and compiled to an operation. */
#include "engine/form/schema_in.h"

#include "engine/form/number.h"

#include <string.h>

enum shape { SHAPE_NONE, SHAPE_ONE, SHAPE_LIST, SHAPE_MAP, SHAPE_ONE_OR_LIST, SHAPE_MAP_OR_LISTS };

typedef bool (*compile_fn)(struct compiler *c, struct node *n, const json *v, struct op *op);

struct keyword {
	const char *name;
	compile_fn compile; /* NULL: known, but asserts nothing by itself */
	enum op_kind kind;
	enum shape children;
	bool validation; /* belongs to the validation vocabulary */
	bool late;       /* runs after all others */
	unsigned drafts; /* bits 1 << enum draft where it means something */
};

#define ALL  7u
#define NEW_ 4u
#define OLD  3u

/* ---- helpers ---- */

static str path_of(struct compiler *c, const struct node *n, const char *keyword)
{
	return schema_child_path(c->a, n->path, str_of(keyword));
}

static struct node *child(struct compiler *c, const struct node *n, const json *v, str path)
{
	return schema_node(c, v, n->resource, path);
}

static bool wrong(struct compiler *c, const json *v, const char *what)
{
	schema_fault(c, v, "schema.keyword", "%.*s is %s", STRF(v->key), what);
	return false;
}

static bool read_count(struct compiler *c, const json *v, uint64_t *out)
{
	struct number x;
	if (!json_is(v, JSON_NUMBER) || !number_read(c->a, v->s, &x) || !number_count(x, out))
		return wrong(c, v, "a whole number from 0 on");
	return true;
}

static bool read_names(struct compiler *c, const json *v, struct names *out)
{
	if (!json_is(v, JSON_ARRAY))
		return wrong(c, v, "a list of names");
	str *at = NEWN(c->a, str, v->count ? v->count : 1);
	size_t n = 0;
	for (const json *e = v->first; e; e = e->next) {
		if (!json_is(e, JSON_STRING)) {
			schema_fault(c, e, "schema.keyword", "a name is a string");
			return false;
		}
		at[n++] = e->s;
	}
	out->at = at;
	out->n = n;
	return true;
}

static bool is_object(struct compiler *c, const json *v)
{
	return json_is(v, JSON_OBJECT) || wrong(c, v, "an object");
}

/* ---- assertions ---- */

static unsigned type_bit(str name)
{
	static const char *const names[] = {"null",  "boolean", "number", "string",
	                                    "array", "object",  "integer"};
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq(name, str_of(names[i])))
			return 1u << i;
	return 0;
}

static bool compile_type(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	(void)n;
	const json *one = json_is(v, JSON_ARRAY) ? v->first : v;
	for (; one; one = one == v ? NULL : one->next) {
		unsigned bit = json_is(one, JSON_STRING) ? type_bit(one->s) : 0;
		if (!bit) {
			schema_fault(c, one, "schema.keyword",
			             "type is null, boolean, number, integer, string, array or object");
			return false;
		}
		op->u.types |= bit;
	}
	return true;
}

static bool compile_enum(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	(void)n, (void)op;
	return json_is(v, JSON_ARRAY) || wrong(c, v, "a list of values");
}

static bool compile_any_value(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	(void)c, (void)n, (void)v, (void)op;
	return true;
}

static bool compile_number(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	(void)n;
	if (!json_is(v, JSON_NUMBER) || !number_read(c->a, v->s, &op->u.number))
		return wrong(c, v, "a number");
	return true;
}

static bool compile_multiple(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	if (!compile_number(c, n, v, op))
		return false;
	if (op->u.number.zero || op->u.number.negative)
		return wrong(c, v, "above zero");
	if (op->u.number.digits.n > NUMBER_MAX_DIVISOR_DIGITS)
		return wrong(c, v, "too long: at most 18 significant digits");
	return true;
}

static bool compile_count(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	(void)n;
	return read_count(c, v, &op->u.limit);
}

static bool compile_unique(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	(void)n;
	op->u.limit = v->b;
	return json_is(v, JSON_BOOL) || wrong(c, v, "true or false");
}

static struct pattern *read_pattern(struct compiler *c, const json *at, str source)
{
	str what;
	size_t offset;
	if (source.n > SCHEMA_MAX_PATTERN) {
		schema_fault(c, at, "schema.pattern", "the pattern is longer than %zu bytes",
		             SCHEMA_MAX_PATTERN);
		return NULL;
	}
	struct pattern *p = pattern_compile(c->a, source, &what, &offset);
	if (!p)
		schema_fault(c, at, "schema.pattern", "not a pattern, at character %zu: %.*s", offset + 1,
		             STRF(what));
	return p;
}

static bool compile_pattern(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	(void)n;
	if (!json_is(v, JSON_STRING))
		return wrong(c, v, "a regular expression");
	op->u.pattern = read_pattern(c, v, v->s);
	return op->u.pattern != NULL;
}

static bool compile_format(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	(void)n;
	op->u.format = format_find(v->s);
	return json_is(v, JSON_STRING) || wrong(c, v, "a name");
}

static bool compile_required(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	(void)n;
	op->u.names.at = NEW(c->a, struct names);
	op->u.names.n = 1;
	return read_names(c, v, op->u.names.at);
}

static bool compile_dependent_required(struct compiler *c, struct node *n, const json *v,
                                       struct op *op)
{
	(void)n;
	if (!is_object(c, v))
		return false;
	op->u.names.at = NEWN(c->a, struct names, v->count ? v->count : 1);
	for (const json *m = v->first; m; m = m->next) {
		if (json_is(m, JSON_ARRAY) || !str_eq(v->key, STR("dependencies"))) {
			struct names *names = &op->u.names.at[op->u.names.n++];
			names->trigger = m->key;
			if (!read_names(c, m, names))
				return false;
		}
	}
	return true;
}

/* ---- references ---- */

static bool compile_ref(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	bool dynamic;
	if (!json_is(v, JSON_STRING))
		return wrong(c, v, "a reference");
	op->u.node = schema_target(c, n->resource, v, &dynamic);
	return op->u.node != NULL;
}

static bool compile_dynamic_ref(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	bool dynamic;
	if (!json_is(v, JSON_STRING))
		return wrong(c, v, "a reference");
	op->u.dynamic.node = schema_target(c, n->resource, v, &dynamic);
	ptrdiff_t hash = str_chr(v->s, '#');
	if (dynamic)
		op->u.dynamic.anchor = str_sub(v->s, (size_t)hash + 1, v->s.n);
	return op->u.dynamic.node != NULL;
}

/* ---- applicators ---- */

static bool compile_list(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	if (!json_is(v, JSON_ARRAY) || !v->count)
		return wrong(c, v, "a list of one schema or more");
	str path = path_of(c, n, op->keyword);
	op->u.nodes.at = NEWN(c->a, struct node *, v->count);
	for (const json *e = v->first; e; e = e->next) {
		str at = str_fmt(c->a, "%.*s/%zu", STRF(path), op->u.nodes.n);
		op->u.nodes.at[op->u.nodes.n++] = child(c, n, e, at);
	}
	return true;
}

static bool compile_one(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	op->u.node = child(c, n, v, path_of(c, n, op->keyword));
	return true;
}

static bool compile_late(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	n->unevaluated = true;
	return compile_one(c, n, v, op);
}

static bool compile_if(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	const json *yes = json_get(n->source, "then"), *no = json_get(n->source, "else");
	op->u.branch.test = child(c, n, v, path_of(c, n, "if"));
	op->u.branch.yes = yes ? child(c, n, yes, path_of(c, n, "then")) : NULL;
	op->u.branch.no = no ? child(c, n, no, path_of(c, n, "else")) : NULL;
	return true;
}

static bool compile_contains(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	const json *min = json_get(n->source, "minContains"), *max = json_get(n->source, "maxContains");
	struct contains *k = &op->u.contains;
	k->node = child(c, n, v, path_of(c, n, "contains"));
	k->min = 1;
	k->max = UINT64_MAX;
	if (n->resource->no_validation || n->resource->draft == DRAFT_7)
		return true;
	return (!min || read_count(c, min, &k->min)) && (!max || read_count(c, max, &k->max));
}

static bool compile_dependent_schemas(struct compiler *c, struct node *n, const json *v,
                                      struct op *op)
{
	if (!is_object(c, v))
		return false;
	str path = path_of(c, n, op->keyword);
	op->u.named.at = NEWN(c->a, struct named_node, v->count ? v->count : 1);
	for (const json *m = v->first; m; m = m->next) {
		if (json_is(m, JSON_ARRAY) && str_eq(v->key, STR("dependencies")))
			continue;
		struct named_node *to = &op->u.named.at[op->u.named.n++];
		to->name = m->key;
		to->node = child(c, n, m, schema_child_path(c->a, path, m->key));
	}
	return true;
}

static bool has_op(const struct node *n, enum op_kind kind)
{
	for (size_t i = 0; i < n->n_ops; i++)
		if (n->ops[i].kind == kind)
			return true;
	return false;
}

static bool fill_properties(struct compiler *c, struct node *n, const json *v, struct members *m)
{
	if (!is_object(c, v))
		return false;
	size_t cap = 4;
	while (cap < v->count * 2)
		cap *= 2;
	str path = path_of(c, n, "properties");
	m->slot = NEWN(c->a, struct named_node, cap);
	m->mask = cap - 1;
	for (const json *p = v->first; p; p = p->next) {
		size_t i = (size_t)str_hash(p->key, 0) & m->mask;
		while (m->slot[i].node)
			i = (i + 1) & m->mask;
		m->slot[i].name = p->key;
		m->slot[i].node = child(c, n, p, schema_child_path(c->a, path, p->key));
	}
	return true;
}

static bool fill_patterns(struct compiler *c, struct node *n, const json *v, struct members *m)
{
	if (!is_object(c, v))
		return false;
	str path = path_of(c, n, "patternProperties");
	m->patterns = NEWN(c->a, struct pattern_node, v->count ? v->count : 1);
	for (const json *p = v->first; p; p = p->next) {
		struct pattern_node *to = &m->patterns[m->n_patterns++];
		to->pattern = read_pattern(c, p, p->key);
		to->node = child(c, n, p, schema_child_path(c->a, path, p->key));
		if (!to->pattern)
			return false;
	}
	return true;
}

/* Any of the three keywords makes the one operation, the first that is met. */
static bool compile_members(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	(void)v;
	const json *properties = json_get(n->source, "properties");
	const json *patterns = json_get(n->source, "patternProperties");
	const json *rest = json_get(n->source, "additionalProperties");
	if (has_op(n, OP_MEMBERS))
		return false;
	struct members *m = &op->u.members;
	if (rest)
		m->rest = child(c, n, rest, path_of(c, n, "additionalProperties"));
	return (!properties || fill_properties(c, n, properties, m)) &&
	       (!patterns || fill_patterns(c, n, patterns, m));
}

static bool compile_elements(struct compiler *c, struct node *n, const json *v, struct op *op)
{
	(void)v;
	const json *items = json_get(n->source, "items"), *prefix = json_get(n->source, "prefixItems");
	const char *rest_name = "items", *prefix_name = "prefixItems";
	if (has_op(n, OP_ELEMENTS))
		return false;
	if (n->resource->draft != DRAFT_2020) {
		prefix = json_is(items, JSON_ARRAY) ? items : NULL;
		prefix_name = "items";
		rest_name = prefix ? "additionalItems" : "items";
		items = json_get(n->source, rest_name);
	}
	struct elements *e = &op->u.elements;
	if (prefix) {
		struct op list = {.keyword = prefix_name};
		if (!compile_list(c, n, prefix, &list))
			return false;
		e->prefix = list.u.nodes.at;
		e->n_prefix = list.u.nodes.n;
	}
	if (items)
		e->rest = child(c, n, items, path_of(c, n, rest_name));
	return true;
}

/* ---- the table ---- */

static const struct keyword keywords[] = {
    {"$ref", compile_ref, OP_REF, SHAPE_NONE, false, false, ALL},
    {"$dynamicRef", compile_dynamic_ref, OP_DYNAMIC_REF, SHAPE_NONE, false, false, NEW_},
    {"type", compile_type, OP_TYPE, SHAPE_NONE, true, false, ALL},
    {"enum", compile_enum, OP_ENUM, SHAPE_NONE, true, false, ALL},
    {"const", compile_any_value, OP_CONST, SHAPE_NONE, true, false, ALL},
    {"multipleOf", compile_multiple, OP_MULTIPLE, SHAPE_NONE, true, false, ALL},
    {"maximum", compile_number, OP_MAXIMUM, SHAPE_NONE, true, false, ALL},
    {"exclusiveMaximum", compile_number, OP_EXCLUSIVE_MAXIMUM, SHAPE_NONE, true, false, ALL},
    {"minimum", compile_number, OP_MINIMUM, SHAPE_NONE, true, false, ALL},
    {"exclusiveMinimum", compile_number, OP_EXCLUSIVE_MINIMUM, SHAPE_NONE, true, false, ALL},
    {"maxLength", compile_count, OP_MAX_LENGTH, SHAPE_NONE, true, false, ALL},
    {"minLength", compile_count, OP_MIN_LENGTH, SHAPE_NONE, true, false, ALL},
    {"pattern", compile_pattern, OP_PATTERN, SHAPE_NONE, true, false, ALL},
    {"format", compile_format, OP_FORMAT, SHAPE_NONE, false, false, ALL},
    {"maxItems", compile_count, OP_MAX_ITEMS, SHAPE_NONE, true, false, ALL},
    {"minItems", compile_count, OP_MIN_ITEMS, SHAPE_NONE, true, false, ALL},
    {"uniqueItems", compile_unique, OP_UNIQUE, SHAPE_NONE, true, false, ALL},
    {"maxProperties", compile_count, OP_MAX_PROPERTIES, SHAPE_NONE, true, false, ALL},
    {"minProperties", compile_count, OP_MIN_PROPERTIES, SHAPE_NONE, true, false, ALL},
    {"required", compile_required, OP_REQUIRED, SHAPE_NONE, true, false, ALL},
    {"dependentRequired", compile_dependent_required, OP_DEPENDENT_REQUIRED, SHAPE_NONE, true,
     false, ALL},
    {"dependencies", compile_dependent_required, OP_DEPENDENT_REQUIRED, SHAPE_MAP_OR_LISTS, true,
     false, ALL},
    {"dependencies", compile_dependent_schemas, OP_DEPENDENT_SCHEMAS, SHAPE_NONE, false, false,
     ALL},
    {"properties", compile_members, OP_MEMBERS, SHAPE_MAP, false, false, ALL},
    {"patternProperties", compile_members, OP_MEMBERS, SHAPE_MAP, false, false, ALL},
    {"additionalProperties", compile_members, OP_MEMBERS, SHAPE_ONE, false, false, ALL},
    {"prefixItems", compile_elements, OP_ELEMENTS, SHAPE_LIST, false, false, NEW_},
    {"items", compile_elements, OP_ELEMENTS, SHAPE_ONE_OR_LIST, false, false, ALL},
    {"additionalItems", NULL, 0, SHAPE_ONE, false, false, OLD},
    {"contains", compile_contains, OP_CONTAINS, SHAPE_ONE, false, false, ALL},
    {"minContains", NULL, 0, SHAPE_NONE, true, false, ALL},
    {"maxContains", NULL, 0, SHAPE_NONE, true, false, ALL},
    {"propertyNames", compile_one, OP_NAMES, SHAPE_ONE, false, false, ALL},
    {"dependentSchemas", compile_dependent_schemas, OP_DEPENDENT_SCHEMAS, SHAPE_MAP, false, false,
     ALL},
    {"allOf", compile_list, OP_ALL, SHAPE_LIST, false, false, ALL},
    {"anyOf", compile_list, OP_ANY, SHAPE_LIST, false, false, ALL},
    {"oneOf", compile_list, OP_ONE, SHAPE_LIST, false, false, ALL},
    {"not", compile_one, OP_NOT, SHAPE_ONE, false, false, ALL},
    {"if", compile_if, OP_IF, SHAPE_ONE, false, false, ALL},
    {"then", NULL, 0, SHAPE_ONE, false, false, ALL},
    {"else", NULL, 0, SHAPE_ONE, false, false, ALL},
    {"unevaluatedItems", compile_late, OP_UNEVALUATED_ITEMS, SHAPE_ONE, false, true, ALL},
    {"unevaluatedProperties", compile_late, OP_UNEVALUATED_PROPERTIES, SHAPE_ONE, false, true, ALL},
    {"$defs", NULL, 0, SHAPE_MAP, false, false, ALL},
    {"definitions", NULL, 0, SHAPE_MAP, false, false, ALL},
    {"contentSchema", NULL, 0, SHAPE_ONE, false, false, ALL},
};

static const char *const annotations[] = {
    "$id",      "$schema",   "$anchor",     "$dynamicAnchor",  "$vocabulary",
    "$comment", "title",     "description", "default",         "deprecated",
    "readOnly", "writeOnly", "examples",    "contentEncoding", "contentMediaType",
};

#define N_KEYWORDS (sizeof keywords / sizeof *keywords)

static void children_of(arena *a, const json *v, enum shape shape, str path, schema_child_fn each,
                        void *ctx)
{
	if (shape == SHAPE_ONE || (shape == SHAPE_ONE_OR_LIST && !json_is(v, JSON_ARRAY))) {
		each(ctx, v, path);
		return;
	}
	size_t i = 0;
	for (const json *e = v->first; e; e = e->next, i++) {
		if (json_is(v, JSON_OBJECT))
			each(ctx, e, schema_child_path(a, path, e->key));
		else
			each(ctx, e, str_fmt(a, "%.*s/%zu", STRF(path), i));
	}
}

void schema_children(arena *a, const json *object, str path, schema_child_fn each, void *ctx)
{
	for (const json *m = object->first; m; m = m->next)
		for (size_t k = 0; k < N_KEYWORDS; k++)
			if (keywords[k].children && str_eq(m->key, str_of(keywords[k].name))) {
				children_of(a, m, keywords[k].children, schema_child_path(a, path, m->key), each,
				            ctx);
				break;
			}
}

static void warn_unknown(struct compiler *c, const struct node *n, const json *m)
{
	for (size_t i = 0; i < sizeof annotations / sizeof *annotations; i++)
		if (str_eq(m->key, str_of(annotations[i])))
			return;
	if (str_starts(m->key, STR("x-")) || n->resource->draft != DRAFT_2020)
		return;
	struct diag *d = diags_add(c->d, DIAG_WARNING, "schema.keyword.unknown", m->line, m->col,
	                           "%.*s is not a keyword and checks nothing", STRF(m->key));
	if (d)
		d->hint = STR("names of one's own begin with x-");
}

static void add_op(struct compiler *c, struct node *n, const struct keyword *k, const json *m)
{
	struct op op = {.kind = k->kind, .keyword = k->name, .value = m};
	if (k->compile(c, n, m, &op))
		n->ops[n->n_ops++] = op;
}

void schema_fill(struct compiler *c, struct node *n)
{
	enum draft draft = n->resource->draft;
	bool only_ref = draft == DRAFT_7 && json_get(n->source, "$ref");
	n->ops = NEWN(c->a, struct op, 2 * n->source->count + 1);
	for (int late = 0; late < 2; late++) {
		for (const json *m = n->source->first; m; m = m->next) {
			bool known = false;
			for (size_t i = 0; i < N_KEYWORDS; i++) {
				const struct keyword *k = &keywords[i];
				if (!(k->drafts & 1u << draft) || !str_eq(m->key, str_of(k->name)))
					continue;
				known = true;
				if (!k->compile || k->late != late ||
				    (k->validation && n->resource->no_validation) ||
				    (only_ref && k->kind != OP_REF))
					continue;
				add_op(c, n, k, m);
			}
			if (!known && !late)
				warn_unknown(c, n, m);
		}
	}
}

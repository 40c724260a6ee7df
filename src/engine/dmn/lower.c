#include "engine/dmn/model.h"

#include <string.h>

/* Boxed expressions become nodes of FEEL. What cannot be lowered is null when it
 * runs, after an error that was told at load. */

static const char *const boxes[] = {
    "literalExpression",  "context",     "decisionTable", "relation", "list", "invocation",
    "functionDefinition", "conditional", "for",           "every",    "some", "filter"};

static bool is_box(const struct dxml *n)
{
	for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++)
		if (dxml_is(n, boxes[i]))
			return true;
	return false;
}

const struct dxml *dmn_expression(const struct dxml *parent)
{
	for (const struct dxml *c = parent ? parent->first : NULL; c; c = c->next)
		if (is_box(c))
			return c;
	return NULL;
}

const struct feel_type *dmn_type(struct build *b, str ref, const struct dxml *at)
{
	if (!ref.n)
		return NULL;
	const struct feel_type *t = dmn_type_of_part(b->m, b->part, ref);
	if (!t)
		diags_add(b->m->d, DIAG_WARNING, "dmn.type.unknown", at->line, at->col,
		          "nothing is known of the type '%.*s'", STRF(ref));
	return t;
}

static struct node *null_node(struct build *b)
{
	return feel_node_const(b->m->a, feel_null());
}

static feel_value eval_unreadable(const struct node *n, struct env *e)
{
	return env_fail(e, "line %u: an expression that cannot be read", n->line);
}

struct node *dmn_unreadable(struct build *b, const struct dxml *at)
{
	struct node *n = feel_node_new(b->m->a, eval_unreadable, 0);
	n->line = at->line;
	n->col = at->col;
	return n;
}

static struct node *typed(struct build *b, struct node *n, const struct feel_type *t, str name)
{
	if (!t || t->kind == TYPE_ANY)
		return n;
	struct node *c = feel_node_new(b->m->a, eval_coerce, 1);
	c->kid[0] = n;
	c->data = t;
	c->name = name;
	return c;
}

/* What a function's variable or box is declared to be: a type of functions, or (as many
 * write) of what it gives. */
static void give_type(const struct node *f, const struct feel_type *t)
{
	if (!t || f->eval != eval_function || t->kind == TYPE_ANY)
		return;
	struct feel_function *proto = (struct feel_function *)(uintptr_t)f->data;
	const struct feel_type *result = t->kind == TYPE_FUNCTION ? t->of : t;
	if (t->kind == TYPE_SIMPLE && t->simple == FEEL_FUNCTION) /* "function", whatever it gives */
		result = NULL;
	if (result && !proto->result)
		proto->result = result;
}

static struct node *lower_text(struct build *b, const struct dxml *box)
{
	const struct dxml *t = dxml_child(box, "text");
	str text = t ? str_trim(t->text) : (str){0};
	if (!text.n)
		return null_node(b);
	dxml_place(t, &b->s.line, &b->s.col);
	struct node *n = feel_parse(&b->s, text);
	return n ? n : dmn_unreadable(b, t);
}

struct node *dmn_lower_child(struct build *b, const struct dxml *parent, const char *name)
{
	const struct dxml *c = name ? dxml_child(parent, name) : parent;
	const struct dxml *box = c ? dmn_expression(c) : NULL;
	return box ? dmn_lower(b, box) : null_node(b);
}

static struct node *lower_context(struct build *b, const struct dxml *box)
{
	size_t n = 0, i = 0;
	for (const struct dxml *c = dxml_child(box, "contextEntry"); c;
	     c = dxml_sibling(c, "contextEntry"))
		n++;
	struct node *out = feel_node_new(b->m->a, eval_context, n);
	str *names = NEWN(b->m->a, str, n);
	uint32_t *slots = NEWN(b->m->a, uint32_t, n);
	const struct bind *outer = b->s.top;
	for (const struct dxml *c = dxml_child(box, "contextEntry"); c;
	     c = dxml_sibling(c, "contextEntry"), i++) {
		const struct dxml *v = dxml_child(c, "variable"), *e = dmn_expression(c);
		names[i] = dxml_get(v, "name");
		bool function = dxml_is(e, "functionDefinition");
		if (function && v)
			slots[i] = scope_local(&b->s, names[i]);
		struct node *value = e ? dmn_lower(b, e) : null_node(b);
		if (function && v)
			give_type(value, dmn_type(b, dxml_get(v, "typeRef"), v));
		else if (v)
			value = typed(b, value, dmn_type(b, dxml_get(v, "typeRef"), v), names[i]);
		else
			names[i] = (str){0};
		out->kid[i] = value;
		if (v && !function)
			slots[i] = scope_local(&b->s, names[i]);
	}
	b->s.top = outer;
	out->names = names;
	out->slots = slots;
	feel_node_names(b->m->a, out);
	return out;
}

static struct node *lower_list(struct build *b, const struct dxml *box)
{
	size_t n = 0;
	for (const struct dxml *c = box->first; c; c = c->next)
		n += is_box(c);
	struct node *out = feel_node_new(b->m->a, eval_list, n);
	n = 0;
	for (const struct dxml *c = box->first; c; c = c->next)
		if (is_box(c))
			out->kid[n++] = dmn_lower(b, c);
	return out;
}

static struct node *lower_row(struct build *b, const struct dxml *row, const str *names,
                              size_t n_names)
{
	struct node *out = feel_node_new(b->m->a, eval_context, n_names);
	uint32_t *slots = NEWN(b->m->a, uint32_t, n_names);
	const struct bind *outer = b->s.top;
	size_t i = 0;
	for (const struct dxml *c = row->first; c && i < n_names; c = c->next)
		if (is_box(c))
			out->kid[i++] = dmn_lower(b, c);
	for (; i < n_names; i++)
		out->kid[i] = null_node(b);
	for (i = 0; i < n_names; i++)
		slots[i] = b->s.n_slots++;
	b->s.top = outer;
	out->names = names;
	out->slots = slots;
	feel_node_names(b->m->a, out);
	return out;
}

static struct node *lower_relation(struct build *b, const struct dxml *box)
{
	size_t columns = 0, rows = 0;
	for (const struct dxml *c = dxml_child(box, "column"); c; c = dxml_sibling(c, "column"))
		columns++;
	for (const struct dxml *c = dxml_child(box, "row"); c; c = dxml_sibling(c, "row"))
		rows++;
	str *names = NEWN(b->m->a, str, columns);
	columns = 0;
	for (const struct dxml *c = dxml_child(box, "column"); c; c = dxml_sibling(c, "column"))
		names[columns++] = dxml_get(c, "name");
	struct node *out = feel_node_new(b->m->a, eval_list, rows);
	rows = 0;
	for (const struct dxml *c = dxml_child(box, "row"); c; c = dxml_sibling(c, "row"))
		out->kid[rows++] = lower_row(b, c, names, columns);
	return out;
}

static struct node *lower_invocation(struct build *b, const struct dxml *box)
{
	size_t n = 0, i = 0;
	for (const struct dxml *c = dxml_child(box, "binding"); c; c = dxml_sibling(c, "binding"))
		n++;
	struct node *call = feel_node_new(b->m->a, eval_call, n + 1);
	str *names = NEWN(b->m->a, str, n);
	call->kid[0] = dmn_lower_child(b, box, NULL);
	for (const struct dxml *c = dxml_child(box, "binding"); c;
	     c = dxml_sibling(c, "binding"), i++) {
		names[i] = dxml_get(dxml_child(c, "parameter"), "name");
		call->kid[i + 1] = dmn_lower_child(b, c, NULL);
	}
	call->names = n ? names : NULL;
	return call;
}

static struct node *lower_function(struct build *b, const struct dxml *box)
{
	str kind = dxml_get(box, "kind");
	if (kind.n && !str_eq(kind, STR("FEEL")) && !str_eq(kind, STR("F"))) {
		struct diag *g = diags_add(b->m->d, DIAG_WARNING, "dmn.function.external", box->line,
		                           box->col, "an external function is refused: it is null");
		g->hint = STR("write it in FEEL");
		return null_node(b);
	}
	size_t n = 0, i = 0;
	for (const struct dxml *c = dxml_child(box, "formalParameter"); c;
	     c = dxml_sibling(c, "formalParameter"))
		n++;
	str *names = NEWN(b->m->a, str, n);
	uint32_t *slots = NEWN(b->m->a, uint32_t, n);
	const struct feel_type **types = NEWN(b->m->a, const struct feel_type *, n);
	const struct bind *outer = b->s.top;
	for (const struct dxml *c = dxml_child(box, "formalParameter"); c;
	     c = dxml_sibling(c, "formalParameter"), i++) {
		names[i] = dxml_get(c, "name");
		types[i] = dmn_type(b, dxml_get(c, "typeRef"), c);
		slots[i] = scope_local(&b->s, names[i]);
	}
	struct node *f = feel_node_new(b->m->a, eval_function, 1);
	uint32_t before = b->s.nodes;
	f->kid[0] = dmn_lower_child(b, box, NULL);
	b->s.top = outer;
	struct feel_function *proto = NEW(b->m->a, struct feel_function);
	*proto = (struct feel_function){.body = f->kid[0],
	                                .weight = (b->s.nodes - before) / 32,
	                                .n_params = (uint32_t)n,
	                                .params = names,
	                                .param_slots = slots,
	                                .types = types};
	f->data = proto;
	return f;
}

static struct node *lower_if(struct build *b, const struct dxml *box)
{
	struct node *n = feel_node_new(b->m->a, eval_if, 3);
	n->kid[0] = dmn_lower_child(b, box, "if");
	n->kid[1] = dmn_lower_child(b, box, "then");
	n->kid[2] = dmn_lower_child(b, box, "else");
	n->flag = true;
	return n;
}

static struct node *lower_iteration(struct build *b, const struct dxml *box, node_eval eval,
                                    const char *body, bool every)
{
	struct node *n = feel_node_new(b->m->a, eval, 3);
	uint32_t *slots = NEWN(b->m->a, uint32_t, 2);
	const struct bind *outer = b->s.top;
	n->kid[0] = dmn_lower_child(b, box, "in");
	slots[0] = scope_local(&b->s, dxml_get(box, "iteratorVariable"));
	slots[1] = scope_local(&b->s, STR("partial"));
	uint32_t before = b->s.nodes;
	n->kid[2] = dmn_lower_child(b, box, body);
	n->weight = (b->s.nodes - before) / 32;
	b->s.top = outer;
	n->slots = slots;
	n->slot = 1;
	n->flag = every;
	n->flag2 = true;
	return n;
}

static struct node *lower_filter(struct build *b, const struct dxml *box)
{
	struct node *f = feel_node_new(b->m->a, eval_filter, 2);
	const struct bind *outer = b->s.top;
	f->kid[0] = dmn_lower_child(b, box, "in");
	f->slot = b->s.n_slots++;
	struct bind *members = NEW(b->m->a, struct bind), *item = NEW(b->m->a, struct bind);
	*members = (struct bind){BIND_ITEM, {0}, f->slot, outer};
	*item = (struct bind){BIND_LOCAL, STR("item"), f->slot, members};
	b->s.top = item;
	uint32_t before = b->s.nodes;
	f->kid[1] = dmn_lower_child(b, box, "match");
	f->weight = (b->s.nodes - before) / 32;
	f->flag = true;
	b->s.top = outer;
	return f;
}

static struct node *lower_box(struct build *b, const struct dxml *box)
{
	if (dxml_is(box, "literalExpression"))
		return lower_text(b, box);
	if (dxml_is(box, "context"))
		return lower_context(b, box);
	if (dxml_is(box, "decisionTable"))
		return dmn_lower_table(b, box);
	if (dxml_is(box, "relation"))
		return lower_relation(b, box);
	if (dxml_is(box, "list"))
		return lower_list(b, box);
	if (dxml_is(box, "invocation"))
		return lower_invocation(b, box);
	if (dxml_is(box, "functionDefinition"))
		return lower_function(b, box);
	if (dxml_is(box, "conditional"))
		return lower_if(b, box);
	if (dxml_is(box, "for"))
		return lower_iteration(b, box, eval_for, "return", false);
	if (dxml_is(box, "some") || dxml_is(box, "every"))
		return lower_iteration(b, box, eval_quantified, "satisfies", dxml_is(box, "every"));
	return lower_filter(b, box);
}

struct node *dmn_lower(struct build *b, const struct dxml *box)
{
	struct node *n = lower_box(b, box);
	const struct feel_type *t = dmn_type(b, dxml_get(box, "typeRef"), box);
	if (!dxml_is(box, "functionDefinition"))
		return typed(b, n, t, STR("the result"));
	give_type(n, t);
	return n;
}

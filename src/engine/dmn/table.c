#include "engine/dmn/model.h"

#include <string.h>

/* Decision tables: cells prepared at load, hit policies of clause 8.2.10. */

/* --- lowering ----------------------------------------------------------------------- */

static enum hit hit_of(struct build *b, const struct dxml *t)
{
	static const char *const names[] = {"UNIQUE",  "ANY",        "PRIORITY",    "FIRST",
	                                    "COLLECT", "RULE ORDER", "OUTPUT ORDER"};
	str h = dxml_get(t, "hitPolicy");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq(h, str_of(names[i])))
			return (enum hit)i;
	if (h.n)
		diags_add(b->m->d, DIAG_ERROR, "dmn.table.hit-policy", t->line, t->col,
		          "no such hit policy: '%.*s'", STRF(h));
	return HIT_UNIQUE;
}

static enum aggregate aggregate_of(const struct dxml *t)
{
	str a = dxml_get(t, "aggregation");
	return str_eq(a, STR("SUM"))     ? AGG_SUM
	       : str_eq(a, STR("COUNT")) ? AGG_COUNT
	       : str_eq(a, STR("MIN"))   ? AGG_MIN
	       : str_eq(a, STR("MAX"))   ? AGG_MAX
	                                 : AGG_NONE;
}

static struct node *parse_at(struct build *b, const struct dxml *box)
{
	const struct dxml *t = dxml_child(box, "text");
	str text = t ? str_trim(t->text) : (str){0};
	if (!text.n)
		return NULL;
	dxml_place(t, &b->s.line, &b->s.col);
	struct node *n = feel_parse(&b->s, text);
	return n ? n : dmn_unreadable(b, t);
}

/* A value a cell can be compared with without evaluating anything. */
static bool constant(const struct node *n, feel_value *v)
{
	if (!n || n->eval != eval_const)
		return false;
	*v = n->value;
	if (v->kind == FEEL_RANGE && v->range->op == RANGE_EQUAL)
		*v = v->range->lo;
	return v->kind != FEEL_LIST && v->kind != FEEL_FUNCTION;
}

/* Recognises the cells that need no evaluation. */
static void prepare(struct build *b, struct cell *c)
{
	const struct node *t = c->tests;
	c->kind = CELL_TESTS;
	if (t->eval == eval_const) {
		c->kind = CELL_ANY;
		return;
	}
	const struct node *list = t->kid[1];
	feel_value *parts = NEWN(b->m->a, feel_value, list->n);
	for (uint32_t i = 0; i < list->n; i++)
		if (!constant(list->kid[i], &parts[i]))
			return;
	c->parts = parts;
	c->n_parts = list->n;
	c->negated = list->flag;
	bool ends = parts[0].kind == FEEL_RANGE;
	if (list->n > 1 || list->flag || (ends && parts[0].range->op != RANGE_ENDS))
		c->kind = CELL_SET;
	else
		c->kind = ends ? CELL_RANGE : CELL_EQUAL;
}

static void lower_cell(struct build *b, struct table *t, const struct dxml *entry, struct cell *c)
{
	c->text = dxml_text(entry, "text");
	c->kind = CELL_ANY;
	if (!c->text.n)
		return;
	dxml_place(dxml_child(entry, "text"), &c->line, &c->col);
	b->s.line = c->line;
	b->s.col = c->col;
	c->tests = feel_parse_tests(&b->s, c->text, t->slot);
	if (c->tests) {
		prepare(b, c);
		return;
	}
	c->kind = CELL_SET; /* an unreadable cell matches nothing; the error was told */
}

static size_t count(const struct dxml *p, const char *name)
{
	size_t n = 0;
	for (const struct dxml *c = dxml_child(p, name); c; c = dxml_sibling(c, name))
		n++;
	return n;
}

static void lower_inputs(struct build *b, struct table *t, const struct dxml *src)
{
	size_t i = 0;
	for (const struct dxml *c = dxml_child(src, "input"); c; c = dxml_sibling(c, "input"), i++) {
		const struct dxml *e = dxml_child(c, "inputExpression"), *v = dxml_child(c, "inputValues");
		t->in[i].expr = e ? parse_at(b, e) : NULL;
		t->in[i].label = e ? dxml_text(e, "text") : dxml_get(c, "label");
		t->in[i].type = e ? dmn_type(b, dxml_get(e, "typeRef"), e) : NULL;
		if (!t->in[i].expr)
			t->in[i].expr = feel_node_const(b->m->a, feel_null());
		if (v && dxml_text(v, "text").n) {
			dxml_place(dxml_child(v, "text"), &b->s.line, &b->s.col);
			t->in[i].allowed = feel_parse_tests(&b->s, dxml_text(v, "text"), t->slot);
		}
	}
}

/* The output values in their order, if they are all constants. */
static void output_order(struct build *b, struct column *o, const struct dxml *values)
{
	str text = dxml_text(values, "text");
	if (!text.n)
		return;
	dxml_place(dxml_child(values, "text"), &b->s.line, &b->s.col);
	struct node *n = feel_parse(&b->s, str_fmt(b->m->a, "[%.*s]", STRF(text)));
	if (!n || n->eval != eval_const || n->value.kind != FEEL_LIST)
		return;
	o->order = n->value.list->v;
	o->n_order = n->value.list->n;
}

static void lower_outputs(struct build *b, struct table *t, const struct dxml *src)
{
	size_t i = 0;
	for (const struct dxml *c = dxml_child(src, "output"); c; c = dxml_sibling(c, "output"), i++) {
		struct column *o = &t->out[i];
		o->name = dxml_get(c, "name");
		if (!o->name.n)
			o->name = dxml_get(c, "label");
		o->type = dmn_type(b, dxml_get(c, "typeRef"), c);
		const struct dxml *values = dxml_child(c, "outputValues");
		if (values)
			output_order(b, o, values);
		/* without output values of its own, those its type allows, in their order */
		const struct feel_type *ty = o->type                  ? o->type
		                             : t->n_out == 1 && b->el ? b->el->type
		                                                      : NULL;
		for (; !o->n_order && ty; ty = ty->based_on) {
			const struct node *a = ty->allowed && ty->allowed->n == 2 ? ty->allowed->kid[1] : NULL;
			if (!a || a->flag)
				continue;
			o->order = NEWN(b->m->a, feel_value, a->n);
			for (uint32_t k = 0; k < a->n; k++)
				if (constant(a->kid[k], &o->order[o->n_order]))
					o->n_order++;
		}
		const struct dxml *d = dxml_child(c, "defaultOutputEntry");
		o->otherwise = d ? parse_at(b, d) : NULL;
	}
}

static void lower_notes(struct build *b, struct table *t, const struct dxml *src)
{
	size_t i = 0;
	t->note_name = NEWN(b->m->a, str, t->n_notes);
	for (const struct dxml *c = dxml_child(src, "annotation"); c; c = dxml_sibling(c, "annotation"))
		t->note_name[i++] = dxml_get(c, "name");
}

static str *notes_of_rule(struct build *b, const struct table *t, const struct dxml *src)
{
	size_t i = 0;
	str *note = NEWN(b->m->a, str, t->n_notes);
	for (const struct dxml *c = dxml_child(src, "annotationEntry"); c && i < t->n_notes;
	     c = dxml_sibling(c, "annotationEntry"))
		note[i++] = dxml_text(c, "text");
	return note;
}

static void lower_rules(struct build *b, struct table *t, const struct dxml *src)
{
	size_t r = 0;
	for (const struct dxml *c = dxml_child(src, "rule"); c && r < t->n_rules;
	     c = dxml_sibling(c, "rule"), r++) {
		struct rule *rule = &t->rule[r];
		size_t i = 0;
		*rule = (struct rule){.id = dxml_get(c, "id"),
		                      .src = c,
		                      .line = c->line,
		                      .col = c->col,
		                      .in = NEWN(b->m->a, struct cell, t->n_in),
		                      .out = NEWN(b->m->a, struct node *, t->n_out),
		                      .out_text = NEWN(b->m->a, str, t->n_out),
		                      .note = notes_of_rule(b, t, c)};
		rule->annotation = dxml_text(dxml_child(c, "annotationEntry"), "text");
		if (!rule->annotation.n)
			rule->annotation = dxml_text(c, "description");
		for (const struct dxml *e = dxml_child(c, "inputEntry"); e && i < t->n_in;
		     e = dxml_sibling(e, "inputEntry"))
			lower_cell(b, t, e, &rule->in[i++]);
		i = 0;
		for (const struct dxml *e = dxml_child(c, "outputEntry"); e && i < t->n_out;
		     e = dxml_sibling(e, "outputEntry"), i++) {
			rule->out[i] = parse_at(b, e);
			rule->out_text[i] = dxml_text(e, "text");
		}
		for (i = 0; i < t->n_out; i++)
			if (!rule->out[i])
				rule->out[i] = feel_node_const(b->m->a, feel_null());
	}
}

static feel_value eval_table(const struct node *n, struct env *e);

const struct table *dmn_table_of(const struct node *n)
{
	return n->eval == eval_table ? n->data : NULL;
}

struct node *dmn_lower_table(struct build *b, const struct dxml *src)
{
	struct table *t = NEW(b->m->a, struct table);
	*t = (struct table){.name = b->el ? b->el->name : (str){0},
	                    .src = src,
	                    .hit = hit_of(b, src),
	                    .agg = aggregate_of(src),
	                    .n_in = count(src, "input"),
	                    .n_out = count(src, "output"),
	                    .n_rules = count(src, "rule"),
	                    .n_notes = count(src, "annotation")};
	if (t->n_rules > DMN_MAX_RULES || t->n_in > 256 || t->n_out > 256 || !t->n_out) {
		diags_add(b->m->d, DIAG_ERROR, "dmn.table.size", src->line, src->col,
		          "a table needs an output, and at most %d rules and 256 columns", DMN_MAX_RULES);
		return feel_node_const(b->m->a, feel_null());
	}
	const struct bind *outer = b->s.top;
	t->slot = b->s.n_slots++;
	t->in = NEWN(b->m->a, struct column, t->n_in);
	t->out = NEWN(b->m->a, struct column, t->n_out);
	t->rule = NEWN(b->m->a, struct rule, t->n_rules);
	lower_inputs(b, t, src);
	lower_outputs(b, t, src);
	lower_notes(b, t, src);
	lower_rules(b, t, src);
	b->s.top = outer;
	t->index = table_index_make(b->m->a, t);
	if (b->el) {
		struct table **end = &b->el->table;
		while (*end)
			end = &(*end)->next;
		*end = t;
	}
	struct node *n = feel_node_new(b->m->a, eval_table, 0);
	n->data = t;
	return n;
}

/* --- matching ------------------------------------------------------------------------- */

int cell_part_test(feel_value part, feel_value v)
{
	if (v.kind == FEEL_LIST && part.kind != FEEL_RANGE) /* some item is it */
		return feel_test(NULL, part, v);
	return feel_test(NULL, v, part);
}

bool cell_set_matches(const struct cell *c, feel_value v)
{
	for (uint32_t i = 0; i < c->n_parts; i++) {
		int r = cell_part_test(c->parts[i], v);
		if (c->negated ? r != 0 : r == 1)
			return !c->negated;
	}
	return c->negated;
}

static bool cell_matches(const struct cell *c, const struct table *t, struct env *e, feel_value v)
{
	switch (c->kind) {
	case CELL_ANY:
		return true;
	case CELL_RANGE:
		if (v.kind != FEEL_RANGE)
			return feel_in_range(v, c->parts[0].range) == 1;
		/* fall through */
	case CELL_EQUAL:
	case CELL_SET:
		return cell_set_matches(c, v);
	case CELL_TESTS:
		break;
	}
	e->local[t->slot] = v;
	return feel_is_true(c->tests->eval(c->tests, e));
}

static bool rule_matches(const struct table *t, const struct rule *r, struct env *e,
                         const feel_value *in)
{
	for (size_t i = 0; i < t->n_in; i++)
		if (!cell_matches(&r->in[i], t, e, in[i]))
			return false;
	return true;
}

static bool read_inputs(const struct table *t, struct env *e, feel_value *in)
{
	for (size_t i = 0; i < t->n_in; i++) {
		in[i] = t->in[i].expr->eval(t->in[i].expr, e);
		if (t->in[i].type)
			in[i] = feel_coerce(e, in[i], t->in[i].type, t->in[i].label);
		if (!t->in[i].allowed)
			continue;
		e->local[t->slot] = in[i];
		if (!feel_is_true(t->in[i].allowed->eval(t->in[i].allowed, e))) {
			env_fail(e, "'%.*s' is none of the values the table takes", STRF(t->in[i].label));
			return false;
		}
	}
	return true;
}

static feel_value output_of(const struct table *t, struct node *const *out, struct env *e)
{
	if (t->n_out == 1) {
		feel_value v = out[0]->eval(out[0], e);
		return t->out[0].type ? feel_coerce(e, v, t->out[0].type, t->out[0].name) : v;
	}
	struct feel_context *c = NEW(e->a, struct feel_context);
	c->e = NEWN(e->a, struct feel_entry, t->n_out);
	for (size_t i = 0; i < t->n_out; i++) {
		feel_value v = out[i]->eval(out[i], e);
		if (t->out[i].type)
			v = feel_coerce(e, v, t->out[i].type, t->out[i].name);
		c->e[c->n++] = (struct feel_entry){t->out[i].name, v};
	}
	return (feel_value){.kind = FEEL_CONTEXT, .ctx = c};
}

static feel_value no_match(const struct table *t, struct env *e)
{
	struct node *out[256];
	bool any = false;
	for (size_t i = 0; i < t->n_out; i++) {
		out[i] = t->out[i].otherwise;
		any |= out[i] != NULL;
		if (!out[i])
			out[i] = feel_node_const(e->a, feel_null());
	}
	if (any)
		return output_of(t, out, e);
	if (t->hit == HIT_COLLECT && t->agg == AGG_COUNT)
		return feel_int(0);
	if (t->hit == HIT_COLLECT && t->agg == AGG_NONE)
		return feel_list_of(e->a, NULL, 0);
	return env_fail(e, "no rule of the table matches");
}

/* --- hit policies ------------------------------------------------------------------------ */

size_t table_rank(const struct column *c, feel_value v)
{
	size_t i = 0;
	while (i < c->n_order && !feel_same(c->order[i], v))
		i++;
	return i;
}

/* Does x come before y in the priority of the output values? */
static bool outranks(const struct table *t, feel_value x, feel_value y)
{
	for (size_t i = 0; i < t->n_out; i++) {
		const feel_value *a = t->n_out == 1 ? &x : feel_get(x, t->out[i].name);
		const feel_value *b = t->n_out == 1 ? &y : feel_get(y, t->out[i].name);
		size_t ra = a ? table_rank(&t->out[i], *a) : 0, rb = b ? table_rank(&t->out[i], *b) : 0;
		if (ra != rb)
			return ra < rb;
	}
	return false;
}

static void by_priority(const struct table *t, struct env *e, feel_value *v, size_t n)
{
	for (size_t i = 1; i < n; i++) { /* stable; matches are few */
		feel_value x = v[i];
		size_t k = i;
		env_step(e, 1);
		for (; k > 0 && outranks(t, x, v[k - 1]); k--)
			v[k] = v[k - 1];
		env_step(e, i - k);
		v[k] = x;
	}
}

static feel_value aggregated(const struct table *t, struct env *e, const feel_value *v, size_t n)
{
	int order;
	if (t->agg == AGG_COUNT)
		return feel_int((int64_t)n);
	feel_value best = v[0];
	bool sums = best.kind == FEEL_NUMBER || best.kind == FEEL_DAYS || best.kind == FEEL_MONTHS;
	if (t->agg == AGG_SUM ? !sums : !feel_compare(best, best, &order))
		return env_fail(e, "a %s has no %s", feel_kind_name((enum feel_kind)best.kind),
		                t->agg == AGG_SUM ? "sum" : "order");
	for (size_t i = 1; i < n; i++) {
		int c;
		if (t->agg == AGG_SUM) {
			best = feel_arith(e, '+', best, v[i]);
		} else if (!feel_compare(v[i], best, &c)) {
			return env_fail(e, "results that have no order");
		} else if (t->agg == AGG_MIN ? c < 0 : c > 0) {
			best = v[i];
		}
	}
	return best;
}

static feel_value settle(const struct table *t, struct env *e, feel_value *v, size_t n)
{
	switch (t->hit) {
	case HIT_UNIQUE:
		return n == 1 ? v[0] : env_fail(e, "%zu rules of a unique table match", n);
	case HIT_ANY:
		for (size_t i = 1; i < n; i++)
			if (env_equal(e, v[0], v[i]) != 1)
				return env_fail(e, "rules of an 'any' table disagree");
		return v[0];
	case HIT_FIRST:
		return v[0];
	case HIT_PRIORITY:
		by_priority(t, e, v, n);
		return v[0];
	case HIT_OUTPUT_ORDER:
		by_priority(t, e, v, n);
		break;
	case HIT_COLLECT:
		if (t->agg != AGG_NONE)
			return aggregated(t, e, v, n);
		break;
	case HIT_RULE_ORDER:
		break;
	}
	return feel_list_of(e->a, v, n);
}

/* --- evaluation ---------------------------------------------------------------------------- */

static void trace(const struct table *t, struct env *e, const feel_value *in, const uint32_t *hits,
                  size_t n)
{
	struct model_run *r = e->model;
	json *o = json_object(e->a), *inputs = json_array(e->a), *rules = json_array(e->a);
	json_set_str(e->a, o, "table", t->name);
	for (size_t i = 0; i < t->n_in; i++) {
		json *x = json_object(e->a);
		json_set_str(e->a, x, "expression", t->in[i].label);
		json_set(e->a, x, "value", feel_to_json(e->a, in[i]));
		json_push(inputs, x);
	}
	for (size_t i = 0; i < n; i++) {
		json *x = json_object(e->a);
		json_set_int(e->a, x, "index", (int64_t)hits[i] + 1);
		json_set_str(e->a, x, "id", t->rule[hits[i]].id);
		json_set_str(e->a, x, "annotation", t->rule[hits[i]].annotation);
		json *notes = json_object(e->a);
		for (size_t k = 0; k < t->n_notes; k++)
			json_set_key(e->a, notes, t->note_name[k], json_string(e->a, t->rule[hits[i]].note[k]));
		json_set(e->a, x, "annotations", notes);
		json_push(rules, x);
	}
	json_set(e->a, o, "inputs", inputs);
	json_set(e->a, o, "rules", rules);
	json_push(r->run->trace_out, o);
}

static void push_hit(struct env *e, uint32_t **hits, size_t *n, size_t *cap, uint32_t rule)
{
	if (*n == *cap) {
		size_t more = *cap * 4;
		uint32_t *to = NEWN(e->a, uint32_t, more);
		memcpy(to, *hits, *n * sizeof *to);
		*hits = to;
		*cap = more;
	}
	(*hits)[(*n)++] = rule;
}

static feel_value eval_table(const struct node *node, struct env *e)
{
	const struct table *t = node->data;
	feel_value few_in[8] FEEL_UNSET, *in = t->n_in > 8 ? NEWN(e->a, feel_value, t->n_in) : few_in;
	uint32_t few[16] FEEL_UNSET, *hits = few;
	const uint32_t *maybe = NULL;
	size_t n = 0, cap = 16;
	env_step(e, 1);
	if (!read_inputs(t, e, in))
		return feel_null();
	size_t candidates = t->index ? table_index_find(t->index, in, &maybe) : t->n_rules;
	if (!maybe)
		candidates = t->n_rules;
	env_step(e, candidates / 16);
	for (size_t i = 0; i < candidates; i++) {
		uint32_t rule = maybe ? maybe[i] : (uint32_t)i;
		if (!rule_matches(t, &t->rule[rule], e, in))
			continue;
		push_hit(e, &hits, &n, &cap, rule);
		if (t->hit == HIT_FIRST)
			break;
	}
	struct model_run *r = e->model;
	if (r && r->run->trace)
		trace(t, e, in, hits, n);
	if (n == 0)
		return no_match(t, e);
	if (n == 1 && t->hit < HIT_COLLECT)
		return output_of(t, t->rule[hits[0]].out, e);
	feel_value *v = NEWN(e->a, feel_value, n);
	for (size_t i = 0; i < n; i++)
		v[i] = output_of(t, t->rule[hits[i]].out, e);
	return settle(t, e, v, n);
}

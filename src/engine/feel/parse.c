#include "base/utf8.h"
#include "engine/feel/scan.h"

#include <string.h>

static struct node *expression(struct parser *p);
static struct node *additive(struct parser *p);
static struct node *tests(struct parser *p);

/* --- nodes -------------------------------------------------------------------------- */

static struct node *make(struct parser *p, node_eval eval, size_t kids)
{
	struct node *n = feel_node_new(p->s->a, eval, kids);
	p->s->nodes++;
	scan_place(p, p->at, &n->line, &n->col);
	return n;
}

/* --- constants --------------------------------------------------------------------- */

static feel_value run_node(struct env *e, void *arg)
{
	return node_run(arg, e);
}

static bool no_zone(void *ctx, arena *a, str name, str *tzif)
{
	(void)ctx, (void)a, (void)name, (void)tzif;
	return false;
}

/* What depends on constants only is computed now. What fails stays as it is: it has
 * to say why whenever it runs. */
static struct node *folded(struct parser *p, struct node *n)
{
	enum { STEPS = 1000 };
	static const struct feel_zones nowhere = {no_zone, NULL}; /* zones are the run's */
	struct feel_run run = {.a = p->s->a, .steps_max = STEPS, .depth_max = 1, .zones = &nowhere};
	feel_value v;
	if (!n || p->s->plain || p->failed)
		return n;
	for (uint32_t i = 0; i < n->n; i++)
		if (n->kid[i] && n->kid[i]->eval != eval_const)
			return n;
	if (env_run(&run, NULL, 0, NULL, run_node, n, &v) != OK || v.kind == FEEL_NULL)
		return n;
	n->eval = eval_const;
	n->value = v;
	return n;
}

static struct node *two(struct parser *p, node_eval eval, uint32_t op, struct node *x,
                        struct node *y)
{
	if (!x || !y)
		return NULL;
	struct node *n = make(p, eval, 2);
	n->slot = op;
	n->kid[0] = x;
	n->kid[1] = y;
	n->uses_input = x->uses_input || y->uses_input;
	n->line = x->line;
	n->col = x->col;
	return eval == eval_arith || eval == eval_compare ? folded(p, n) : n;
}

static feel_value eval_at(const struct node *n, struct env *e)
{
	return feel_parse_at(e, n->name);
}

/* --- boxed and iterating expressions ------------------------------------------------------- */

static struct node *if_expression(struct parser *p)
{
	struct node *n = make(p, eval_if, 3);
	n->kid[0] = expression(p);
	if (p->failed || !scan_word(p, "then"))
		return scan_fail(p, "expected 'then'");
	n->kid[1] = expression(p);
	if (p->failed || !scan_word(p, "else"))
		return scan_fail(p, "expected 'else'");
	n->kid[2] = expression(p);
	if (p->failed)
		return NULL;
	n->uses_input = n->kid[0]->uses_input || n->kid[1]->uses_input || n->kid[2]->uses_input;
	return n;
}

/* "x in list, y in 1..n": kids are source, end of a span (or NULL), ..., body. */
static struct node *iteration(struct parser *p, node_eval eval, const char *body_word, bool every)
{
	enum { MAX = 32 };
	struct node *parts[2 * MAX];
	uint32_t slots[MAX + 1], n = 0;
	const struct bind *outer = p->s->top;
	do {
		if (n == MAX)
			return scan_fail(p, "too many iterations in one expression");
		str name = scan_declared(p, "in", ",:");
		if (!name.n || !scan_word(p, "in"))
			return scan_fail(p, "expected 'in'");
		parts[2 * n] = expression(p);
		parts[2 * n + 1] = !p->failed && scan_take(p, "..") ? expression(p) : NULL;
		if (p->failed)
			return NULL;
		slots[n++] = scope_local(p->s, name);
	} while (scan_take(p, ","));
	if (!scan_word(p, body_word))
		return scan_fail(p, "expected 'return' or 'satisfies'");
	slots[n] = scope_local(p->s, STR("partial"));
	struct node *out = make(p, eval, 2 * n + 1);
	memcpy(out->kid, parts, 2 * n * sizeof *parts);
	uint32_t before = p->s->nodes;
	out->kid[2 * n] = expression(p);
	out->weight = (p->s->nodes - before) / 32;
	p->s->top = outer;
	uint32_t *kept = NEWN(p->s->a, uint32_t, n + 1);
	memcpy(kept, slots, (n + 1) * sizeof *slots);
	out->slots = kept;
	out->slot = n;
	out->flag = every;
	out->flag2 = eval == eval_for && str_find(p->text, STR("partial")) >= 0;
	for (uint32_t i = 0; !p->failed && i < out->n; i++)
		out->uses_input |= out->kid[i] && out->kid[i]->uses_input;
	return p->failed ? NULL : out;
}

static struct node *function_definition(struct parser *p)
{
	str names[ARGS_MAX];
	uint32_t slots[ARGS_MAX], n = 0;
	const struct feel_type *types[ARGS_MAX] = {0};
	const struct bind *outer = p->s->top;
	if (!scan_need(p, "("))
		return NULL;
	if (!scan_take(p, ")")) {
		do {
			if (n == ARGS_MAX)
				return scan_fail(p, "too many parameters");
			names[n] = scan_declared(p, NULL, ":,)");
			if (!names[n].n)
				return scan_fail(p, "expected a parameter");
			types[n] = scan_take(p, ":") ? parse_type(p) : NULL;
			n++;
		} while (!p->failed && scan_take(p, ","));
		if (p->failed || !scan_need(p, ")"))
			return NULL;
	}
	for (uint32_t i = 0; i < n; i++)
		slots[i] = scope_local(p->s, names[i]);
	if (scan_word(p, "external"))
		return scan_fail(p, "external functions (Java, PMML) are refused");
	struct node *f = make(p, eval_function, 1);
	p->s->functions = true;
	uint32_t before = p->s->nodes;
	f->kid[0] = expression(p);
	p->s->top = outer;
	struct feel_function *proto = NEW(p->s->a, struct feel_function);
	str *kept = NEWN(p->s->a, str, n);
	uint32_t *kept_slots = NEWN(p->s->a, uint32_t, n);
	const struct feel_type **kept_types = NEWN(p->s->a, const struct feel_type *, n);
	for (uint32_t i = 0; i < n; i++) {
		kept[i] = names[i];
		kept_slots[i] = slots[i];
		kept_types[i] = types[i];
	}
	*proto = (struct feel_function){.body = f->kid[0],
	                                .weight = (p->s->nodes - before) / 32,
	                                .n_params = n,
	                                .params = kept,
	                                .param_slots = kept_slots,
	                                .types = kept_types};
	f->data = proto;
	f->uses_input = f->kid[0] && f->kid[0]->uses_input;
	return p->failed ? NULL : f;
}

static bool context_key(struct parser *p, str *key)
{
	if (scan_look(p) == '"')
		return scan_string(p, key);
	*key = scan_declared(p, NULL, ":}");
	if (!key->n)
		scan_fail(p, "expected a name");
	return key->n > 0;
}

static struct node *context_literal(struct parser *p)
{
	enum { STEP = 16 };
	size_t n = 0, cap = STEP;
	struct node **kids = NEWN(p->s->a, struct node *, cap);
	str *keys = NEWN(p->s->a, str, cap);
	uint32_t *slots = NEWN(p->s->a, uint32_t, cap);
	const struct bind *outer = p->s->top;
	bool input = false;
	if (!scan_take(p, "}")) {
		do {
			if (n == cap) {
				struct node **k = NEWN(p->s->a, struct node *, cap * 2);
				str *s = NEWN(p->s->a, str, cap * 2);
				uint32_t *sl = NEWN(p->s->a, uint32_t, cap * 2);
				memcpy(k, kids, n * sizeof *k);
				memcpy(s, keys, n * sizeof *s);
				memcpy(sl, slots, n * sizeof *sl);
				kids = k, keys = s, slots = sl, cap *= 2;
			}
			if (!context_key(p, &keys[n]) || !scan_need(p, ":"))
				return NULL;
			bool itself = scan_word_end(p, "function") > 0; /* may call itself */
			if (itself)
				slots[n] = scope_local(p->s, keys[n]);
			kids[n] = expression(p);
			if (p->failed)
				return NULL;
			input |= kids[n]->uses_input;
			if (!itself)
				slots[n] = scope_local(p->s, keys[n]);
			n++;
		} while (scan_take(p, ","));
		if (!scan_need(p, "}"))
			return NULL;
	}
	p->s->top = outer;
	struct node *c = make(p, eval_context, 0);
	c->kid = kids;
	c->n = (uint32_t)n;
	c->names = keys;
	c->slots = slots;
	c->uses_input = input;
	feel_node_names(p->s->a, c);
	return c;
}

/* --- ranges and lists ------------------------------------------------------------------------ */

static struct node *range_node(struct parser *p, struct node *lo, struct node *hi, bool lo_closed,
                               bool hi_closed)
{
	struct node *r = two(p, eval_range, 0, lo, hi);
	if (r) {
		r->flag = lo_closed;
		r->flag2 = hi_closed;
	}
	return folded(p, r);
}

/* After "a ..": the other end and its bracket. */
static struct node *range_rest(struct parser *p, struct node *lo, bool lo_closed)
{
	bool outer = p->range_end;
	p->range_end = true;
	struct node *hi = additive(p);
	p->range_end = outer;
	if (p->failed)
		return NULL;
	char c = scan_look(p);
	if (c != ']' && c != ')' && c != '[')
		return scan_fail(p, "expected the end of the range");
	p->at++;
	return range_node(p, lo, hi, lo_closed, c == ']');
}

/* "(< 5)" and "< 5" as a range with one end. */
static struct node *unary_range(struct parser *p, bool equals)
{
	static const struct {
		const char *sign;
		bool lower, closed;
	} ops[] = {{"<=", false, true}, {">=", true, true}, {"<", false, false}, {">", true, false}};
	for (size_t i = 0; i < 4; i++) {
		if (!scan_take(p, ops[i].sign))
			continue;
		struct node *end = additive(p);
		if (p->failed)
			return NULL;
		struct node *r = make(p, eval_range, 2);
		r->kid[ops[i].lower ? 0 : 1] = end;
		r->flag = ops[i].lower && ops[i].closed;
		r->flag2 = !ops[i].lower && ops[i].closed;
		r->uses_input = end->uses_input;
		return folded(p, r);
	}
	enum feel_range_op op = !equals                                    ? RANGE_ENDS
	                        : scan_take(p, "!=")                       ? RANGE_UNEQUAL
	                        : !scan_sees(p, "==") && scan_take(p, "=") ? RANGE_EQUAL
	                                                                   : RANGE_ENDS;
	if (op == RANGE_ENDS)
		return NULL;
	struct node *v = additive(p), *r = two(p, eval_range, op, v, v);
	if (r)
		r->flag = r->flag2 = op == RANGE_EQUAL;
	return folded(p, r);
}

static struct node *bracket(struct parser *p)
{
	size_t n = 0, cap = 8;
	struct node **kids = NEWN(p->s->a, struct node *, cap);
	bool input = false;
	if (!scan_take(p, "]")) {
		do {
			if (n == cap) {
				struct node **k = NEWN(p->s->a, struct node *, cap * 2);
				memcpy(k, kids, n * sizeof *k);
				kids = k;
				cap *= 2;
			}
			kids[n] = expression(p);
			if (p->failed)
				return NULL;
			if (n == 0 && scan_take(p, ".."))
				return range_rest(p, kids[0], true);
			input |= kids[n++]->uses_input;
		} while (scan_take(p, ","));
		if (!scan_need(p, "]"))
			return NULL;
	}
	struct node *l = make(p, eval_list, 0);
	l->kid = kids;
	l->n = (uint32_t)n;
	l->uses_input = input;
	return folded(p, l);
}

static struct node *parenthesis(struct parser *p)
{
	char c = scan_look(p);
	if (c == '<' || c == '>' || c == '=' || c == '!') {
		struct node *r = unary_range(p, true);
		return r && scan_need(p, ")") ? r : scan_fail(p, "expected a range");
	}
	struct node *x = expression(p);
	if (p->failed)
		return NULL;
	if (scan_take(p, ".."))
		return range_rest(p, x, false);
	return scan_need(p, ")") ? x : NULL;
}

/* --- calls, paths, filters ---------------------------------------------------------------------
 */

/* The builtins whose constants are worth computing at once: "date(\"2026-01-31\")". */
static bool makes_time(const struct builtin *b)
{
	static const char *const names[] = {"date", "time", "date and time", "duration"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq(b->name, str_of(names[i])))
			return true;
	return false;
}

static struct node *call_builtin(struct parser *p, struct node *call, const struct builtin *b)
{
	size_t rows = 0;
	const struct builtin *first = builtin_find(b->name, &rows);
	uint32_t places[ARGS_MAX] = {0};
	size_t n = call->n - 1;
	const struct builtin *row = builtin_pick(first, rows, call->names, n, places);
	if (!row) {
		call->flag2 = true; /* wrong arguments: null when it runs, as the standard says */
		return call;
	}
	size_t width = n;
	if (call->names) {
		width = 0;
		for (size_t i = 0; i < n; i++)
			width = places[i] + 1 > width ? places[i] + 1 : width;
	}
	struct node *out = make(p, eval_builtin, width);
	out->line = call->line;
	out->col = call->col;
	for (size_t i = 0; i < n; i++)
		out->kid[call->names ? places[i] : i] = call->kid[i + 1];
	for (size_t i = 0; i < width; i++)
		if (!out->kid[i])
			out->kid[i] = feel_node_const(p->s->a, feel_null());
	out->flag = call->names != NULL;
	out->data = row;
	out->name = row->name;
	out->uses_input = call->uses_input;
	return makes_time(row) ? folded(p, out) : out;
}

/* "name:" of a named argument, or nothing taken. */
static str argument_name(struct parser *p)
{
	size_t keep = p->at;
	size_t len;
	scan_space(p);
	if (!scan_is_start(scan_peek(p, p->at, &len)))
		return (str){0};
	str name = scan_declared(p, NULL, ":,)([{}]\"<>=@");
	if (name.n && scan_look(p) == ':') {
		p->at++;
		return name;
	}
	p->at = keep;
	return (str){0};
}

static struct node *call(struct parser *p, struct node *callee)
{
	struct node *args[ARGS_MAX];
	str names[ARGS_MAX];
	size_t n = 0;
	bool named = false, input = callee->uses_input;
	if (!scan_take(p, ")")) {
		do {
			if (n == ARGS_MAX)
				return scan_fail(p, "too many arguments");
			names[n] = argument_name(p);
			if (n && named != (names[n].n > 0))
				return scan_fail(p, "named and positional arguments are mixed");
			named = names[n].n > 0;
			args[n] = expression(p);
			if (p->failed)
				return NULL;
			input |= args[n++]->uses_input;
		} while (scan_take(p, ","));
		if (!scan_need(p, ")"))
			return NULL;
	}
	struct node *c = make(p, eval_call, n + 1);
	c->kid[0] = callee;
	memcpy(c->kid + 1, args, n * sizeof *args);
	c->uses_input = input;
	if (named) {
		str *kept = NEWN(p->s->a, str, n);
		memcpy(kept, names, n * sizeof *kept);
		c->names = kept;
	}
	if (callee->eval == eval_const && callee->value.kind == FEEL_FUNCTION &&
	    callee->value.fn->builtin)
		return call_builtin(p, c, callee->value.fn->builtin);
	return c;
}

static struct node *filter(struct parser *p, struct node *list)
{
	const struct bind *outer = p->s->top;
	struct node *f = make(p, eval_filter, 2);
	f->slot = p->s->n_slots++;
	/* the members of an item stand before it: one called "item" is what that means */
	struct bind *item = NEW(p->s->a, struct bind), *members = NEW(p->s->a, struct bind);
	*item = (struct bind){BIND_LOCAL, STR("item"), f->slot, p->s->top};
	*members = (struct bind){BIND_ITEM, {0}, f->slot, item};
	p->s->top = members;
	uint32_t before = p->s->nodes;
	f->kid[0] = list;
	f->kid[1] = expression(p);
	f->weight = (p->s->nodes - before) / 32;
	p->s->top = outer;
	if (p->failed || !scan_need(p, "]"))
		return NULL;
	f->uses_input = list->uses_input || f->kid[1]->uses_input;
	return f;
}

/* Does the "[" at the cursor close a range, as in "[1..10["? What follows tells:
 * no expression begins with a sign of closing or comparing, or a joining word. */
static bool closes_range(struct parser *p)
{
	static const char *const joining[] = {"then", "else",    "return", "satisfies", "and",
	                                      "or",   "between", "in",     "instance"};
	size_t keep = p->at;
	if (!p->range_end || !scan_take(p, "["))
		return false;
	char c = scan_look(p), d = p->at + 1 < p->text.n ? p->text.p[p->at + 1] : 0;
	bool closes = !c || strchr(")]},:=!<>*/+", c) || (c == '.' && !scan_is_digit((uint8_t)d));
	for (size_t i = 0; !closes && i < sizeof joining / sizeof *joining; i++)
		closes = scan_word_end(p, joining[i]) > 0;
	p->at = keep;
	return closes;
}

static struct node *enclosed(struct parser *p, char open)
{
	bool outer = p->range_end;
	p->range_end = false;
	p->at++;
	struct node *n = open == '(' ? parenthesis(p) : open == '[' ? bracket(p) : context_literal(p);
	p->range_end = outer;
	return n;
}

static struct node *primary_here(struct parser *p)
{
	size_t len;
	char c = scan_look(p);
	struct node *n;
	if (scan_is_digit((uint8_t)c) ||
	    (c == '.' && p->at + 1 < p->text.n && scan_is_digit((uint8_t)p->text.p[p->at + 1])))
		return scan_number(p);
	if (c == '"') {
		str s;
		return scan_string(p, &s) ? feel_node_const(p->s->a, feel_string(s)) : NULL;
	}
	if (c == '@') {
		p->at++;
		if (scan_look(p) != '"')
			return scan_fail(p, "expected a string after '@'");
		n = make(p, eval_at, 0);
		return scan_string(p, &n->name) ? folded(p, n) : NULL;
	}
	if (c == '(' || c == '[' || c == '{')
		return enclosed(p, c);
	if (c == ']') {
		p->at++;
		struct node *lo = additive(p);
		return !p->failed && scan_need(p, "..") ? range_rest(p, lo, false) : NULL;
	}
	if (p->input && c == '?') {
		p->at++;
		n = feel_node_local(p->s->a, STR("?"), *p->input);
		n->uses_input = true;
		return n;
	}
	uint32_t u = scan_peek(p, p->at, &len);
	str name = scan_is_start(u) || p->s->n_words ? scan_name(p, false) : (str){0};
	if (name.n) {
		return feel_node_name(p->s, name);
	}
	if (scan_word(p, "true"))
		return feel_node_const(p->s->a, feel_bool(true));
	if (scan_word(p, "false"))
		return feel_node_const(p->s->a, feel_bool(false));
	if (scan_word(p, "null"))
		return feel_node_const(p->s->a, feel_null());
	if (scan_word(p, "function"))
		return function_definition(p);
	if (scan_word(p, "if"))
		return if_expression(p);
	if (scan_word(p, "for"))
		return iteration(p, eval_for, "return", false);
	if (scan_word(p, "some"))
		return iteration(p, eval_quantified, "satisfies", false);
	if (scan_word(p, "every"))
		return iteration(p, eval_quantified, "satisfies", true);
	return scan_fail(p, p->at < p->text.n ? "unexpected text" : "unexpected end");
}

static struct node *primary(struct parser *p)
{
	uint32_t line, col;
	scan_space(p);
	scan_place(p, p->at, &line, &col);
	/* each is a byte of the text at least, but for what is read a second time */
	if (++p->primaries > 8 * p->text.n + 1000)
		return scan_fail(p, "too many ways to read it");
	bool inner = scan_look(p) == '('; /* its content has places of its own */
	struct node *n = primary_here(p);
	if (n && !(inner && n->line)) {
		n->line = line;
		n->col = col;
	}
	return n;
}

/* What stands in brackets behind an expression: a filter or arguments. */
static struct node *inside(struct parser *p, struct node *n,
                           struct node *(*read)(struct parser *, struct node *))
{
	bool outer = p->range_end;
	p->range_end = false;
	p->at++;
	n = read(p, n);
	p->range_end = outer;
	return n;
}

/* Behind a dot: properties of several words are known there. */
static str member_name(struct parser *p)
{
	static const char *const properties[] = {"time offset", "start included", "end included"};
	for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
		if (scan_word(p, properties[i]))
			return str_of(properties[i]);
	return scan_name(p, true);
}

static struct node *postfix(struct parser *p)
{
	struct node *n = primary(p);
	uint32_t line = n ? n->line : 0, col = n ? n->col : 0;
	size_t chain = 0;
	while (!p->failed) {
		if (n && chain) {
			n->line = line;
			n->col = col;
		}
		if (++chain > FEEL_MAX_NEST)
			return scan_fail(p, "too long a chain");
		if (scan_sees(p, ".") && !scan_sees(p, "..")) {
			p->at++;
			str name = member_name(p);
			if (!name.n)
				return scan_fail(p, "expected a name after '.'");
			struct node *path = make(p, eval_path, 1);
			path->kid[0] = n;
			path->name = str_dup(p->s->a, name);
			path->uses_input = n->uses_input;
			n = path;
		} else if (scan_sees(p, "[") && !closes_range(p)) {
			n = inside(p, n, filter);
		} else if (scan_sees(p, "(")) {
			n = inside(p, n, call);
		} else {
			break;
		}
	}
	return p->failed ? NULL : n;
}

static struct node *unary(struct parser *p)
{
	if (!scan_take(p, "-"))
		return postfix(p);
	if (++p->s->depth > FEEL_MAX_NEST)
		return scan_fail(p, "nested too deeply");
	struct node *x = unary(p);
	p->s->depth--;
	if (!x)
		return NULL;
	struct node *n = make(p, eval_negate, 1);
	n->kid[0] = x;
	n->uses_input = x->uses_input;
	return folded(p, n);
}

static struct node *power(struct parser *p)
{
	struct node *x = unary(p);
	while (!p->failed && scan_take(p, "**"))
		x = two(p, eval_arith, '^', x, unary(p));
	return p->failed ? NULL : x;
}

static struct node *product(struct parser *p)
{
	struct node *x = power(p);
	while (!p->failed) {
		if (!scan_sees(p, "**") && scan_take(p, "*"))
			x = two(p, eval_arith, '*', x, power(p));
		else if (scan_take(p, "/"))
			x = two(p, eval_arith, '/', x, power(p));
		else
			break;
	}
	return p->failed ? NULL : x;
}

static struct node *additive(struct parser *p)
{
	if (++p->s->depth > FEEL_MAX_NEST)
		return scan_fail(p, "nested too deeply");
	struct node *x = product(p);
	while (!p->failed) {
		if (scan_take(p, "+"))
			x = two(p, eval_arith, '+', x, product(p));
		else if (scan_sees(p, "->"))
			break;
		else if (scan_take(p, "-"))
			x = two(p, eval_arith, '-', x, product(p));
		else
			break;
	}
	p->s->depth--;
	return p->failed ? NULL : x;
}

/* --- comparisons and logic
 * ------------------------------------------------------------------------ */

/* "a" in ?: the input may stand on either side. */
static struct node *tested(struct node *n, struct node *tests)
{
	n->kid[1] = tests;
	for (uint32_t i = 0; i < tests->n; i++)
		n->uses_input |= tests->kid[i]->uses_input;
	return n;
}

static struct node *in_operator(struct parser *p, struct node *x)
{
	struct node *n = make(p, eval_in, 2);
	size_t keep = p->at;
	n->kid[0] = x;
	n->uses_input = x->uses_input;
	if (scan_take(p, "(")) {
		/* several tests in parentheses, or one expression that begins so */
		const uint32_t slot = p->s->n_slots;
		struct diags *d = p->s->d;
		p->s->d = NULL;
		size_t depth = p->s->depth;
		struct node *t = tests(p);
		bool closed = t && !p->failed && scan_take(p, ")");
		char c = closed ? scan_look(p) : 0;
		p->s->d = d;
		p->s->depth = depth;
		p->failed = false;
		if (closed && c != '.' && c != '[' && c != '(')
			return tested(n, t);
		p->s->n_slots = slot > p->s->n_slots ? slot : p->s->n_slots;
		p->at = keep;
	}
	struct node *one = unary_range(p, true);
	if (!one && !p->failed)
		one = additive(p);
	if (p->failed)
		return NULL;
	struct node *list = make(p, eval_tests, 1);
	list->kid[0] = one;
	return tested(n, list);
}

static struct node *comparison(struct parser *p)
{
	static const struct {
		const char *sign;
		uint32_t op;
	} ops[] = {{"<=", 'l'}, {">=", 'g'}, {"!=", '!'}, {"<", '<'}, {">", '>'}, {"=", '='}};
	struct node *x = additive(p);
	for (bool again = true; again && !p->failed;) {
		again = false;
		for (size_t i = 0; i < 6 && !again; i++) {
			if (scan_take(p, ops[i].sign)) {
				x = two(p, eval_compare, ops[i].op, x, additive(p));
				again = true;
			}
		}
		if (again)
			continue;
		if (scan_word(p, "between")) {
			struct node *lo = additive(p);
			if (p->failed || !scan_word(p, "and"))
				return scan_fail(p, "expected 'and'");
			struct node *hi = additive(p);
			struct node *n = make(p, eval_between, 3);
			if (p->failed)
				return NULL;
			n->kid[0] = x, n->kid[1] = lo, n->kid[2] = hi;
			n->uses_input = x->uses_input || lo->uses_input || hi->uses_input;
			x = n;
			again = true;
		} else if (scan_word(p, "instance of")) {
			struct node *n = make(p, eval_instance, 1);
			n->kid[0] = x;
			n->data = parse_type(p);
			n->uses_input = x->uses_input;
			x = n;
			again = true;
		} else if (scan_word(p, "in")) {
			x = in_operator(p, x);
			again = true;
		}
	}
	return p->failed ? NULL : x;
}

static struct node *conjunction(struct parser *p)
{
	struct node *x = comparison(p);
	while (!p->failed && scan_word(p, "and"))
		x = two(p, eval_and, 0, x, comparison(p));
	return p->failed ? NULL : x;
}

static struct node *expression(struct parser *p)
{
	if (++p->s->depth > FEEL_MAX_NEST)
		return scan_fail(p, "nested too deeply");
	struct node *x = conjunction(p);
	while (!p->failed && scan_word(p, "or"))
		x = two(p, eval_or, 0, x, conjunction(p));
	p->s->depth--;
	return p->failed ? NULL : x;
}

/* --- unary tests
 * ------------------------------------------------------------------------------------ */

static struct node *test(struct parser *p)
{
	struct node *n = unary_range(p, true);
	return n || p->failed ? n : expression(p);
}

/* A list of tests: eval_tests holds for any of its kids; `flag` negates. */
static struct node *tests(struct parser *p)
{
	size_t n = 0, cap = 8;
	struct node **kids = NEWN(p->s->a, struct node *, cap);
	do {
		if (n == cap) {
			struct node **k = NEWN(p->s->a, struct node *, cap * 2);
			memcpy(k, kids, n * sizeof *k);
			kids = k;
			cap *= 2;
		}
		kids[n] = test(p);
		if (p->failed)
			return NULL;
		n++;
	} while (scan_take(p, ","));
	struct node *t = make(p, eval_tests, 0);
	t->kid = kids;
	t->n = (uint32_t)n;
	return t;
}

static bool at_end(struct parser *p)
{
	scan_space(p);
	return p->at >= p->text.n;
}

static bool text_ok(struct parser *p)
{
	if (p->text.n > FEEL_MAX_TEXT)
		scan_fail(p, "an expression longer than 1 MiB");
	else if (utf8_check(p->text) >= 0)
		scan_fail(p, "text that is not UTF-8");
	return !p->failed;
}

struct node *feel_parse(struct scope *s, str text)
{
	struct parser p = {.s = s, .text = text};
	s->depth = 0;
	if (!text_ok(&p))
		return NULL;
	struct node *n = expression(&p);
	if (n && !at_end(&p))
		return scan_fail(&p, "unexpected text after the expression");
	return n;
}

struct node *feel_parse_tests(struct scope *s, str text, uint32_t input_slot)
{
	struct parser p = {.s = s, .text = text, .input = &input_slot};
	s->depth = 0;
	if (!text_ok(&p))
		return NULL;
	struct node *n = make(&p, eval_in, 2);
	n->kid[0] = feel_node_local(s->a, STR("?"), input_slot);
	if (scan_take(&p, "-") && at_end(&p))
		return feel_node_const(s->a, feel_bool(true));
	p.at = 0;
	size_t keep = p.at;
	struct diags *d = s->d;
	s->d = NULL;
	if (scan_word(&p, "not") && scan_take(&p, "(") && (n->kid[1] = tests(&p)) &&
	    scan_take(&p, ")") && at_end(&p) && !p.failed) {
		n->kid[1]->flag = true;
		s->d = d;
		return n;
	}
	s->d = d;
	s->depth = 0;
	p.failed = false;
	p.at = keep;
	n->kid[1] = tests(&p);
	if (n->kid[1] && !at_end(&p))
		return scan_fail(&p, "unexpected text after the test");
	return n->kid[1] ? n : NULL;
}

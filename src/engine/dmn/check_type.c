#include "engine/dmn/check.h"

#include <string.h>

/* Types as far as they can be told without running: NULL is "cannot be told". Only
 * what can never be right is a finding; a list where a single value is wanted may be a
 * list of one. */

#define NEST_MAX 400

typedef const struct feel_type *type;

struct infer {
	arena *a;
	const struct dmn *m;
	const struct element *el;
	struct diags *d;
	type *slot;
	uint32_t n_slots;
	bool *used; /* elements that are named */
	int depth;
};

static type infer(struct infer *c, const struct node *n);

static type named(const char *name)
{
	return feel_type_builtin(str_of(name));
}

static type simple(enum feel_kind k)
{
	return k == FEEL_NULL || k > FEEL_MONTHS ? NULL : named(feel_kind_name(k));
}

static enum feel_kind kind_of(type t)
{
	return t && t->kind == TYPE_SIMPLE && t->simple <= FEEL_MONTHS ? t->simple : FEEL_NULL;
}

static type list_of(struct infer *c, type of)
{
	struct feel_type *t = NEW(c->a, struct feel_type);
	*t = (struct feel_type){.kind = TYPE_LIST, .of = of ? of : &feel_type_any, .name = STR("list")};
	return t;
}

static type known(type t)
{
	return t && t->kind == TYPE_ANY ? NULL : t;
}

static str called(type t)
{
	return t->kind == TYPE_SIMPLE ? str_of(feel_kind_name(t->simple))
	       : t->name.n            ? t->name
	                              : STR("context");
}

static struct diag *find(struct infer *c, const struct node *n, const char *rule, str what)
{
	const struct dxml *src = c->el->src;
	bool placed = n && n->line;
	struct diag *g =
	    diags_add(c->d, DIAG_WARNING, rule, placed ? n->line : src->line,
	              placed ? n->col : src->col, "'%.*s': %.*s", STRF(c->el->name), STRF(what));
	g->element = c->el->id;
	return g;
}

static void mismatch(struct infer *c, const struct node *n, str what, const char *hint)
{
	find(c, n, "dmn.type.mismatch", what)->hint = str_of(hint);
}

/* Can a value of one type be taken where the other is wanted? */
static bool fits(type from, type want)
{
	from = known(from);
	want = known(want);
	if (!from || !want || from->kind == TYPE_NULL)
		return true;
	if (want->kind == TYPE_LIST)
		return from->kind != TYPE_LIST || !from->of || fits(from->of, want->of);
	if (from->kind == TYPE_LIST || (from->kind == TYPE_SIMPLE && from->simple == FEEL_LIST))
		return true; /* it may hold one */
	if (want->kind == TYPE_DURATION || from->kind == TYPE_DURATION) {
		type other = want->kind == TYPE_DURATION ? from : want;
		return other->kind == TYPE_DURATION || kind_of(other) == FEEL_DAYS ||
		       kind_of(other) == FEEL_MONTHS;
	}
	if (want->kind == TYPE_SIMPLE && from->kind == TYPE_SIMPLE)
		return want->simple == from->simple ||
		       (want->simple == FEEL_DATETIME && from->simple == FEEL_DATE);
	if (want->kind == TYPE_CONTEXT && from->kind == TYPE_CONTEXT)
		return true;
	if (kind_of(want) || kind_of(from)) /* one is a single value, the other a structure */
		return false;
	return true;
}

/* --- names -------------------------------------------------------------------------- */

static size_t distance(str x, str y)
{
	enum { MAX = 40 };
	size_t row[MAX + 1];
	if (x.n > MAX || y.n > MAX)
		return MAX;
	for (size_t j = 0; j <= y.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= x.n; i++) {
		size_t corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= y.n; j++) {
			char p = x.p[i - 1] | 32, q = y.p[j - 1] | 32;
			size_t best = corner + (p != q);
			best = row[j] + 1 < best ? row[j] + 1 : best;
			best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			corner = row[j];
			row[j] = best;
		}
	}
	return row[y.n];
}

static void nearer(str wanted, str name, str *best, size_t *least)
{
	size_t d = distance(wanted, name);
	if (d < *least && d <= 1 + wanted.n / 4) {
		*least = d;
		*best = name;
	}
}

static void unknown_name(struct infer *c, const struct node *n)
{
	str best = {0};
	size_t least = 100, rows;
	for (size_t i = 0; i < c->m->n; i++)
		nearer(n->name, c->m->element[i]->name, &best, &least);
	const struct builtin *b = builtin_all(&rows);
	for (size_t i = 0; i < rows; i++)
		nearer(n->name, b[i].name, &best, &least);
	struct diag *g = find(c, n, "dmn.name.unknown",
	                      str_fmt(c->a, "nothing here is called '%.*s'", STRF(n->name)));
	bool element = best.n && dmn_find(c->m, NULL, best) != NULL;
	g->hint = !best.n ? STR("require the input or decision that has this name")
	          : str_eq(best, n->name)
	              ? STR("it is in the model: add an information requirement for it")
	          : element ? str_fmt(c->a, "did you mean '%.*s' (and is it required)?", STRF(best))
	                    : str_fmt(c->a, "did you mean '%.*s'?", STRF(best));
}

static type member(struct infer *c, const struct node *n, type of, str name, bool tell)
{
	if (of && of->kind == TYPE_LIST) {
		type one = member(c, n, known(of->of), name, tell);
		return one ? list_of(c, one) : NULL;
	}
	if (!of || of->kind != TYPE_CONTEXT)
		return NULL;
	str best = {0};
	size_t least = 100;
	for (size_t i = 0; i < of->n; i++) {
		if (str_eq(of->names[i], name))
			return known(of->types[i]);
		nearer(name, of->names[i], &best, &least);
	}
	if (!tell)
		return NULL;
	struct diag *g = find(c, n, "dmn.name.unknown",
	                      str_fmt(c->a, "%.*s has no '%.*s'", STRF(called(of)), STRF(name)));
	if (best.n)
		g->hint = str_fmt(c->a, "did you mean '%.*s'?", STRF(best));
	return NULL;
}

/* --- operators ------------------------------------------------------------------------- */

static bool is_days(enum feel_kind k)
{
	return k == FEEL_DATE || k == FEEL_DATETIME;
}

static bool is_duration(enum feel_kind k)
{
	return k == FEEL_DAYS || k == FEEL_MONTHS;
}

/* What x op y is; FEEL_NULL if it has no meaning. */
static enum feel_kind arithmetic(char op, enum feel_kind x, enum feel_kind y)
{
	if (x == FEEL_NUMBER && y == FEEL_NUMBER)
		return FEEL_NUMBER;
	if (op == '+' && x == FEEL_STRING && y == FEEL_STRING)
		return FEEL_STRING;
	if (op == '+' && is_duration(x) && !is_duration(y))
		return arithmetic(op, y, x);
	if (op == '+' || op == '-') {
		if (is_duration(x))
			return x == y ? x : FEEL_NULL;
		if (is_days(x) && is_duration(y))
			return x;
		if (x == FEEL_TIME && y == FEEL_DAYS)
			return x;
		bool points = (is_days(x) && is_days(y)) || (x == FEEL_TIME && y == FEEL_TIME);
		return op == '-' && points ? FEEL_DAYS : FEEL_NULL;
	}
	if (op == '/' && is_duration(x) && x == y)
		return FEEL_NUMBER;
	if ((op == '*' || op == '/') && is_duration(x) && y == FEEL_NUMBER)
		return x;
	return op == '*' && x == FEEL_NUMBER && is_duration(y) ? y : FEEL_NULL;
}

static type infer_arith(struct infer *c, const struct node *n)
{
	type x = infer(c, n->kid[0]), y = infer(c, n->kid[1]);
	enum feel_kind a = kind_of(x), b = kind_of(y);
	char op = (char)n->slot;
	if (!a || !b)
		return NULL;
	enum feel_kind k = arithmetic(op, a, b);
	if (!k)
		mismatch(c, n,
		         str_fmt(c->a, "%s %s %s has no meaning", feel_kind_name(a),
		                 op == '^' ? "**" : (char[]){op, 0}, feel_kind_name(b)),
		         a == FEEL_STRING || b == FEEL_STRING ? "string(...) turns a value into text"
		                                              : "it would always be null");
	return k ? simple(k) : NULL;
}

static void comparable(struct infer *c, const struct node *n, type x, type y)
{
	enum feel_kind a = kind_of(x), b = kind_of(y);
	if (a && b && a != b)
		mismatch(c, n,
		         str_fmt(c->a, "a %s is compared with a %s", feel_kind_name(a), feel_kind_name(b)),
		         "such a comparison is always null");
}

static void wants(struct infer *c, const struct node *n, type t, enum feel_kind k, const char *what)
{
	if (kind_of(t) && kind_of(t) != k)
		mismatch(c, n, str_fmt(c->a, "%s is a %s", what, feel_kind_name(kind_of(t))),
		         k == FEEL_BOOL ? "a condition is true or false" : "");
}

/* Tests of a value of a type: constants and ranges must be of it. */
static void infer_tests(struct infer *c, const struct node *tests, type of)
{
	for (uint32_t i = 0; i < tests->n; i++) {
		const struct node *k = tests->kid[i];
		type t = infer(c, k);
		if (k->uses_input)
			continue;
		if (t && (t->kind == TYPE_RANGE || t->kind == TYPE_LIST))
			t = known(t->of);
		comparable(c, k, of, t);
	}
}

static type common(type x, type y)
{
	if (!x || !y)
		return NULL;
	if (x == y || (kind_of(x) && kind_of(x) == kind_of(y)))
		return x;
	return NULL;
}

/* --- constructs ------------------------------------------------------------------------ */

static type infer_value(struct infer *c, feel_value v)
{
	if (v.kind == FEEL_LIST) {
		type of = v.list->n ? infer_value(c, v.list->v[0]) : NULL;
		for (size_t i = 1; i < v.list->n; i++)
			of = common(of, infer_value(c, v.list->v[i]));
		return list_of(c, of);
	}
	if (v.kind == FEEL_RANGE) {
		struct feel_type *t = NEW(c->a, struct feel_type);
		t->kind = TYPE_RANGE;
		t->name = STR("range");
		t->of = infer_value(c, v.range->lo_none ? v.range->hi : v.range->lo);
		return t;
	}
	return simple((enum feel_kind)v.kind);
}

static void set_slot(struct infer *c, uint32_t slot, type t)
{
	if (slot < c->n_slots)
		c->slot[slot] = t;
}

static type item_of(type t)
{
	if (!t)
		return NULL;
	if (t->kind == TYPE_LIST || t->kind == TYPE_RANGE)
		return known(t->of);
	return t->kind == TYPE_SIMPLE && t->simple == FEEL_LIST ? NULL : t;
}

static type infer_iteration(struct infer *c, const struct node *n)
{
	for (uint32_t i = 0; i < n->slot; i++) {
		type t = item_of(infer(c, n->kid[2 * i]));
		if (n->kid[2 * i + 1])
			infer(c, n->kid[2 * i + 1]);
		set_slot(c, n->slots[i], t);
	}
	set_slot(c, n->slots[n->slot], NULL);
	type body = infer(c, n->kid[2 * n->slot]);
	if (n->eval == eval_for)
		return list_of(c, body);
	wants(c, n->kid[2 * n->slot], body, FEEL_BOOL, "what 'satisfies' asks");
	return simple(FEEL_BOOL);
}

static type infer_context(struct infer *c, const struct node *n)
{
	struct feel_type *t = NEW(c->a, struct feel_type);
	type *types = NEWN(c->a, type, n->n), last = NULL;
	str *names = NEWN(c->a, str, n->n);
	for (uint32_t i = 0; i < n->n; i++) {
		last = infer(c, n->kid[i]);
		if (!n->names[i].p)
			return last; /* the result of a boxed context */
		set_slot(c, n->slots[i], last);
		names[t->n] = n->names[i];
		types[t->n++] = last ? last : &feel_type_any;
	}
	t->kind = TYPE_CONTEXT;
	t->names = names;
	t->types = types;
	return t;
}

static type infer_property(struct infer *c, const struct node *n)
{
	type of = infer(c, n->kid[0]);
	enum feel_kind k = kind_of(of);
	if (!k)
		return member(c, n, of, n->name, true);
	bool number = str_eq(n->name, STR("year")) || str_eq(n->name, STR("month")) ||
	              str_eq(n->name, STR("day")) || str_eq(n->name, STR("weekday")) ||
	              str_eq(n->name, STR("hour")) || str_eq(n->name, STR("minute")) ||
	              str_eq(n->name, STR("second")) || str_ends(n->name, STR("s"));
	if (k < FEEL_DATE)
		mismatch(c, n, str_fmt(c->a, "a %s has no '%.*s'", feel_kind_name(k), STRF(n->name)), "");
	return k >= FEEL_DATE && number ? simple(FEEL_NUMBER) : NULL;
}

static type infer_filter(struct infer *c, const struct node *n)
{
	type list = infer(c, n->kid[0]), item = item_of(list);
	set_slot(c, n->slot, item);
	type keep = infer(c, n->kid[1]);
	if (kind_of(keep) && kind_of(keep) != FEEL_BOOL && kind_of(keep) != FEEL_NUMBER)
		mismatch(c, n->kid[1],
		         str_fmt(c->a, "a filter that is a %s", feel_kind_name(kind_of(keep))),
		         "a filter is a condition or a position");
	if (kind_of(keep) == FEEL_NUMBER)
		return item;
	return kind_of(keep) == FEEL_BOOL ? list_of(c, item) : NULL;
}

/* A name in a filter: of the item, or of what is outside. */
static type infer_name(struct infer *c, const struct node *n)
{
	type of = n->slots[0] < c->n_slots ? c->slot[n->slots[0]] : NULL;
	type t = member(c, n, of, n->name, false);
	if (t)
		return t;
	if (n->kid[0]->eval != eval_unknown)
		return infer(c, n->kid[0]);
	if (kind_of(of) || (of && of->kind == TYPE_CONTEXT))
		unknown_name(c, n);
	return NULL;
}

static type infer_function(struct infer *c, const struct node *n)
{
	const struct feel_function *f = n->data;
	for (uint32_t i = 0; i < f->n_params; i++)
		set_slot(c, f->param_slots[i], f->types ? known(f->types[i]) : NULL);
	infer(c, n->kid[0]);
	return named("function");
}

/* --- calls --------------------------------------------------------------------------------- */

static bool letter_takes(char letter, enum feel_kind k)
{
	switch (letter) {
	case 'b':
		return k == FEEL_BOOL;
	case 'n':
		return k == FEEL_NUMBER;
	case 's':
		return k == FEEL_STRING;
	case 'd':
		return is_days(k);
	case 'T':
		return k == FEEL_TIME;
	case 'D':
		return is_duration(k) || k == FEEL_STRING; /* a zone by name */
	case 'c':
	case 'f':
	case 'r':
		return false;
	default:
		return true;
	}
}

static type infer_builtin(struct infer *c, const struct node *n)
{
	const struct builtin *b = n->data;
	size_t rows;
	const struct builtin *first = builtin_find(b->name, &rows);
	for (uint32_t i = 0; i < n->n; i++) {
		type t = infer(c, n->kid[i]);
		enum feel_kind k = kind_of(t);
		bool takes = !k;
		for (size_t r = 0; r < rows && !takes; r++)
			takes = letter_takes(builtin_letter(&first[r], i), k);
		if (!takes)
			mismatch(c, n->kid[i],
			         str_fmt(c->a, "%.*s does not take a %s", STRF(b->name), feel_kind_name(k)),
			         str_c(c->a, str_fmt(c->a, "%.*s(%s)", STRF(b->name), b->params)));
	}
	static const char letters[] = "bnsdTmM";
	static const enum feel_kind kinds[] = {FEEL_BOOL, FEEL_NUMBER,   FEEL_STRING, FEEL_DATE,
	                                       FEEL_TIME, FEEL_DATETIME, FEEL_MONTHS};
	const char *hit = strchr(letters, b->result);
	return hit ? simple(kinds[hit - letters]) : NULL;
}

static type infer_call(struct infer *c, const struct node *n)
{
	const struct node *callee = n->kid[0];
	infer(c, callee);
	const struct element *el =
	    callee->eval == eval_global && callee->slot < c->m->n ? c->m->element[callee->slot] : NULL;
	const struct feel_function *f = el ? el->fn : NULL;
	if (n->flag2 && callee->value.kind == FEEL_FUNCTION)
		mismatch(
		    c, callee,
		    str_fmt(c->a, "the arguments do not fit %.*s", STRF(callee->value.fn->builtin->name)),
		    str_c(c->a, str_fmt(c->a, "%.*s(%s)", STRF(callee->value.fn->builtin->name),
		                        callee->value.fn->builtin->params)));
	for (uint32_t i = 1; i < n->n; i++) {
		type t = infer(c, n->kid[i]);
		uint32_t k = i - 1;
		for (k = n->names && f ? 0 : k; f && n->names && k < f->n_params; k++)
			if (str_eq(f->params[k], n->names[i - 1]))
				break;
		if (!f || k >= f->n_params)
			continue;
		if (f->types && f->types[k] && !fits(t, f->types[k]))
			mismatch(c, n->kid[i],
			         str_fmt(c->a, "'%.*s' of '%.*s' is a %.*s, not a %.*s", STRF(f->params[k]),
			                 STRF(el->name), STRF(called(f->types[k])), STRF(called(t))),
			         "");
	}
	if (f && n->n - 1 != f->n_params)
		mismatch(c, n,
		         str_fmt(c->a, "'%.*s' takes %u arguments, not %u", STRF(el->name), f->n_params,
		                 n->n - 1),
		         "");
	return f ? known(f->result) : NULL;
}

/* --- tables ----------------------------------------------------------------------------------- */

static void check_cell(struct infer *c, const struct table *t, const struct cell *cell,
                       const struct column *col, type of)
{
	struct node at = {.line = cell->line, .col = cell->col};
	if (cell->kind == CELL_TESTS) {
		set_slot(c, t->slot, of);
		infer_tests(c, cell->tests->kid[1], of);
		return;
	}
	for (uint32_t i = 0; i < cell->n_parts; i++) {
		type p = infer_value(c, cell->parts[i]);
		if (p && p->kind == TYPE_RANGE)
			p = known(p->of);
		if (kind_of(p) && kind_of(of) && kind_of(p) != kind_of(of))
			mismatch(c, &at,
			         str_fmt(c->a, "the cell %.*s holds a %s, the column '%.*s' a %s",
			                 STRF(cell->text), feel_kind_name(kind_of(p)), STRF(col->label),
			                 feel_kind_name(kind_of(of))),
			         kind_of(of) == FEEL_STRING ? "strings stand in double quotes"
			                                    : "the rule would never match");
	}
}

static type infer_table(struct infer *c, const struct table *t)
{
	for (size_t i = 0; i < t->n_in; i++) {
		type of = infer(c, t->in[i].expr);
		if (!fits(of, t->in[i].type))
			mismatch(c, t->in[i].expr,
			         str_fmt(c->a, "the column '%.*s' is a %.*s, its expression a %.*s",
			                 STRF(t->in[i].label), STRF(called(t->in[i].type)), STRF(called(of))),
			         "");
		if (known(t->in[i].type))
			of = known(t->in[i].type);
		set_slot(c, t->slot, of);
		for (size_t r = 0; r < t->n_rules; r++)
			check_cell(c, t, &t->rule[r].in[i], &t->in[i], of);
	}
	type result = t->n_out == 1 ? known(t->out[0].type) : NULL, all = NULL;
	for (size_t r = 0; r < t->n_rules; r++)
		for (size_t o = 0; o < t->n_out; o++) {
			type of = infer(c, t->rule[r].out[o]);
			if (!fits(of, t->out[o].type))
				mismatch(c, t->rule[r].out[o],
				         str_fmt(c->a, "the output %.*s is a %.*s, not a %.*s",
				                 STRF(t->rule[r].out_text[o]), STRF(called(of)),
				                 STRF(called(t->out[o].type))),
				         "it would always be null");
			all = r ? common(all, of) : of;
		}
	for (size_t o = 0; o < t->n_out; o++)
		if (t->out[o].otherwise)
			infer(c, t->out[o].otherwise);
	if (t->n_out != 1 || t->hit > HIT_COLLECT || (t->hit == HIT_COLLECT && t->agg == AGG_NONE))
		return NULL;
	if (t->hit == HIT_COLLECT && t->agg == AGG_COUNT)
		return simple(FEEL_NUMBER);
	return result ? result : all;
}

/* --- all together -------------------------------------------------------------------------------
 */

static type infer_logic(struct infer *c, const struct node *n)
{
	for (uint32_t i = 0; i < n->n; i++)
		wants(c, n->kid[i], infer(c, n->kid[i]), FEEL_BOOL,
		      n->eval == eval_and ? "a side of 'and'" : "a side of 'or'");
	return simple(FEEL_BOOL);
}

static type infer_if(struct infer *c, const struct node *n)
{
	wants(c, n->kid[0], infer(c, n->kid[0]), FEEL_BOOL, "the condition of 'if'");
	type x = infer(c, n->kid[1]), y = infer(c, n->kid[2]);
	return common(x, y);
}

static type infer_coerce(struct infer *c, const struct node *n)
{
	type t = infer(c, n->kid[0]), want = n->data;
	if (!fits(t, want))
		mismatch(c, n->kid[0],
		         str_fmt(c->a, "%.*s is a %.*s, not a %.*s", STRF(n->name), STRF(called(t)),
		                 STRF(called(want))),
		         "it would always be null");
	return known(want);
}

static type infer_global(struct infer *c, const struct node *n)
{
	if (n->slot >= c->m->n)
		return NULL;
	const struct element *el = c->m->element[n->slot];
	c->used[n->slot] = true;
	for (size_t i = 0; el->kind == ELEMENT_VIEW && i < el->n_needs; i++)
		c->used[el->needs[i]] = true;
	return el->kind <= ELEMENT_DECISION ? known(el->type) : NULL;
}

static type infer_comparison(struct infer *c, const struct node *n)
{
	type x = infer(c, n->kid[0]);
	for (uint32_t i = 1; i < n->n; i++)
		comparable(c, n, x, infer(c, n->kid[i]));
	return simple(FEEL_BOOL);
}

static type infer_kids(struct infer *c, const struct node *n)
{
	type all = NULL;
	for (uint32_t i = 0; i < n->n; i++) {
		type t = n->kid[i] ? infer(c, n->kid[i]) : NULL;
		all = i ? common(all, t) : t;
	}
	return all;
}

static type infer_node(struct infer *c, const struct node *n)
{
	if (n->eval == eval_const)
		return infer_value(c, n->value);
	if (n->eval == eval_local)
		return n->slot < c->n_slots ? c->slot[n->slot] : NULL;
	if (n->eval == eval_global)
		return infer_global(c, n);
	if (n->eval == eval_unknown)
		return unknown_name(c, n), NULL;
	if (n->eval == eval_name)
		return infer_name(c, n);
	if (n->eval == eval_arith)
		return infer_arith(c, n);
	if (n->eval == eval_compare || n->eval == eval_between)
		return infer_comparison(c, n);
	if (n->eval == eval_and || n->eval == eval_or)
		return infer_logic(c, n);
	if (n->eval == eval_if)
		return infer_if(c, n);
	if (n->eval == eval_for || n->eval == eval_quantified)
		return infer_iteration(c, n);
	if (n->eval == eval_context)
		return infer_context(c, n);
	if (n->eval == eval_path)
		return infer_property(c, n);
	if (n->eval == eval_filter)
		return infer_filter(c, n);
	if (n->eval == eval_function)
		return infer_function(c, n);
	if (n->eval == eval_call)
		return infer_call(c, n);
	if (n->eval == eval_builtin)
		return infer_builtin(c, n);
	if (n->eval == eval_coerce)
		return infer_coerce(c, n);
	if (n->eval == eval_in) {
		infer_tests(c, n->kid[1], infer(c, n->kid[0]));
		return simple(FEEL_BOOL);
	}
	if (dmn_table_of(n))
		return infer_table(c, dmn_table_of(n));
	type kids = infer_kids(c, n);
	if (n->eval == eval_list)
		return list_of(c, kids);
	if (n->eval == eval_instance)
		return simple(FEEL_BOOL);
	return n->eval == eval_negate ? kids : NULL;
}

static type infer(struct infer *c, const struct node *n)
{
	if (c->depth >= NEST_MAX)
		return NULL;
	c->depth++;
	type t = infer_node(c, n);
	c->depth--;
	return t;
}

static void unused_needs(struct infer *c)
{
	const struct element *el = c->el;
	for (size_t i = 0; i < el->n_needs; i++) {
		const struct element *need = c->m->element[el->needs[i]];
		/* a service's decisions may be required for what they need themselves */
		if (c->used[need->number] || need->kind == ELEMENT_SERVICE)
			continue;
		find(c, NULL, "dmn.requirement.unused",
		     str_fmt(c->a, "requires '%.*s' and does not use it", STRF(need->name)))
		    ->hint = STR("take the requirement out, or use it");
	}
}

void dmn_check_types(arena *a, const struct dmn *m, const struct element *el, struct diags *d)
{
	const struct node *body = el->fn ? el->fn->body : el->logic;
	struct infer c = {.a = a, .m = m, .el = el, .d = d, .n_slots = el->n_slots};
	if (!body)
		return;
	c.slot = NEWN(a, type, c.n_slots);
	c.used = NEWN(a, bool, m->n);
	for (uint32_t i = 0; el->fn && i < el->fn->n_params; i++)
		set_slot(&c, el->fn->param_slots[i], el->fn->types ? known(el->fn->types[i]) : NULL);
	type t = infer(&c, body);
	type want = el->fn ? el->fn->result : el->type;
	if (!fits(t, want))
		find(&c, body, "dmn.type.mismatch",
		     str_fmt(a, "the result is a %.*s, not a %.*s", STRF(called(t)), STRF(called(want))))
		    ->hint = STR("it would always be null");
	unused_needs(&c);
}

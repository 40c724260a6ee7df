#include "engine/dmn/check.h"
#include "engine/dmn/span.h"

#include <string.h>

/* Gaps, overlaps and rules that never decide. Column by column, the constants of the
 * rules still in question cut the values into spans that none of them tells apart;
 * one sample stands for each. Spans that leave the same rules are gone into once. A
 * cell that computes may match or not: no gap is told where it might match, and no
 * overlap of it. */

#define REPORTS_MAX 5        /* gaps and overlaps told of one table */
#define WORK_MAX    20000000 /* cells looked at in one table */
#define COLUMNS_MAX 256

struct search {
	arena *a;
	const struct table *t;
	struct diags *d;
	bool *hit; /* rules that decide somewhere */
	uint64_t work;
	size_t gaps, overlaps;
	uint32_t told[REPORTS_MAX][2]; /* pairs of rules */
	bool mixed;                    /* a column's cells have no common order */
	feel_value in[COLUMNS_MAX];
	bool null[COLUMNS_MAX];
};

/* The rules left, ascending. */
struct left {
	uint32_t *rule;
	size_t n;
};

/* --- the columns -------------------------------------------------------------------- */

static const struct node *allowed_of(const struct column *c)
{
	const struct node *allowed = c->allowed;
	for (const struct feel_type *t = c->type; !allowed && t; t = t->based_on)
		allowed = t->allowed;
	return allowed;
}

/* The values a column takes, as a cell; false when they are not listed. */
static bool listed(arena *a, const struct column *c, struct cell *out)
{
	const struct node *allowed = allowed_of(c);
	*out = (struct cell){.kind = CELL_ANY};
	if (!allowed || allowed->eval == eval_const || allowed->n != 2)
		return false;
	const struct node *list = allowed->kid[1];
	feel_value *parts = NEWN(a, feel_value, list->n);
	for (uint32_t i = 0; i < list->n; i++) {
		if (list->kid[i]->eval != eval_const)
			return false;
		parts[i] = list->kid[i]->value;
	}
	*out =
	    (struct cell){.kind = CELL_SET, .parts = parts, .n_parts = list->n, .negated = list->flag};
	return true;
}

/* One class of values of a column and the rules it leaves. */
struct class
{
	feel_value sample;
	struct left left;
	bool null; /* the sample is null itself, not anything */
};

struct classes {
	struct class *v;
	size_t n;
};

static bool cell_may_match(const struct cell *c, feel_value v)
{
	return c->kind == CELL_ANY || c->kind == CELL_TESTS || cell_set_matches(c, v);
}

static bool spend(struct search *s, uint64_t n)
{
	s->work += n;
	return s->work <= WORK_MAX;
}

/* Null lies in no span: a class of its own, if a cell speaks of it. */
static void add_null(struct search *s, size_t column, struct left all, struct classes *out)
{
	struct class x = {.null = true, .left.rule = NEWN(s->a, uint32_t, all.n)};
	bool spoken = false;
	for (size_t i = 0; i < all.n; i++) {
		const struct cell *c = &s->t->rule[all.rule[i]].in[column];
		for (uint32_t p = 0; p < c->n_parts; p++)
			spoken |= c->parts[p].kind == FEEL_NULL;
		if (cell_may_match(c, feel_null()))
			x.left.rule[x.left.n++] = all.rule[i];
	}
	if (spoken)
		out->v[out->n++] = x;
}

/* By spans: each rule goes to those its cell covers. */
static void by_spans(struct search *s, size_t column, struct left all, const struct cell *domain,
                     const struct spans *sp, struct classes *out)
{
	size_t spans = 2 * sp->n + 1, from, to, n = 0;
	struct class *of = NEWN(s->a, struct class, spans);
	bool *there = NEWN(s->a, bool, spans);
	for (size_t k = 0; k < spans; k++) {
		there[k] = span_sample(s->a, sp, k, &of[k].sample) &&
		           (domain->kind == CELL_ANY || cell_set_matches(domain, of[k].sample));
		n += there[k];
	}
	for (int pass = 0; pass < 2; pass++) {
		for (size_t k = 0; pass && k < spans; k++) {
			of[k].left.rule = NEWN(s->a, uint32_t, of[k].left.n);
			of[k].left.n = 0;
		}
		for (size_t i = 0; i < all.n; i++) {
			const struct cell *c = &s->t->rule[all.rule[i]].in[column];
			bool cut = span_cell(c);
			for (uint32_t p = 0; p < (cut ? c->n_parts : 1); p++) {
				from = 0;
				to = spans - 1;
				if (cut)
					span_part(sp, c->parts[p], &from, &to);
				if (to + 1 > from && !spend(s, to + 1 - from))
					return;
				for (size_t k = from; k <= to && k < spans; k++)
					if (there[k] && (cut || cell_may_match(c, of[k].sample))) {
						uint32_t *r = of[k].left.rule;
						if (!pass || !of[k].left.n || r[of[k].left.n - 1] != all.rule[i]) {
							if (pass)
								r[of[k].left.n] = all.rule[i];
							of[k].left.n++;
						}
					}
			}
		}
	}
	out->v = NEWN(s->a, struct class, n + 1);
	for (size_t k = 0; k < spans; k++)
		if (there[k])
			out->v[out->n++] = of[k];
	add_null(s, column, all, out);
}

static void add_value(struct classes *c, feel_value v)
{
	for (size_t i = 0; i < c->n; i++)
		if (feel_same(c->v[i].sample, v))
			return;
	c->v[c->n].null = v.kind == FEEL_NULL;
	c->v[c->n++].sample = v;
}

static void add_parts(struct classes *c, const struct cell *cell)
{
	for (uint32_t i = 0; i < cell->n_parts; i++) {
		const struct feel_range *g =
		    cell->parts[i].kind == FEEL_RANGE ? cell->parts[i].range : NULL;
		if (!g)
			add_value(c, cell->parts[i]);
		else if (!g->lo_none)
			add_value(c, g->lo);
		else if (!g->hi_none)
			add_value(c, g->hi);
	}
}

/* By single values: every constant, both truths, and something else. */
static void by_values(struct search *s, size_t column, struct left all, const struct cell *domain,
                      bool closed, struct classes *out)
{
	size_t max = domain->n_parts + 3;
	for (size_t i = 0; i < all.n; i++)
		max += s->t->rule[all.rule[i]].in[column].n_parts;
	struct classes c = {.v = NEWN(s->a, struct class, max)};
	add_parts(&c, domain);
	for (size_t i = 0; i < all.n && spend(s, c.n); i++)
		add_parts(&c, &s->t->rule[all.rule[i]].in[column]);
	const struct feel_type *t = s->t->in[column].type;
	bool truth = c.n ? c.v[0].sample.kind == FEEL_BOOL
	                 : t && t->kind == TYPE_SIMPLE && t->simple == FEEL_BOOL;
	if (truth) {
		add_value(&c, feel_bool(true));
		add_value(&c, feel_bool(false));
	}
	size_t told = c.n;
	if (!truth && !closed)
		add_value(&c, c.n && c.v[0].sample.kind == FEEL_STRING ? feel_string(STR("(any other)"))
		                                                       : feel_null());
	if (c.n > told)
		c.v[told].null = false; /* it stands for anything else */
	out->v = c.v;
	for (size_t k = 0; k < c.n && spend(s, all.n); k++) {
		struct class *x = &out->v[out->n];
		*x = c.v[k];
		if (closed && !cell_set_matches(domain, x->sample))
			continue;
		x->left.rule = NEWN(s->a, uint32_t, all.n);
		for (size_t i = 0; i < all.n; i++)
			if (cell_may_match(&s->t->rule[all.rule[i]].in[column], x->sample))
				x->left.rule[x->left.n++] = all.rule[i];
		out->n++;
	}
}

/* Are ranges or unequal bounds about, so that values between the constants matter? */
static bool has_range(const struct search *s, size_t column, struct left all,
                      const struct cell *domain)
{
	for (size_t i = 0; i <= all.n; i++) {
		const struct cell *c = i < all.n ? &s->t->rule[all.rule[i]].in[column] : domain;
		for (uint32_t p = 0; p < c->n_parts; p++)
			if (c->parts[p].kind == FEEL_RANGE || c->parts[p].kind == FEEL_NUMBER ||
			    (c->parts[p].kind >= FEEL_DATE && c->parts[p].kind <= FEEL_MONTHS))
				return true;
	}
	return false;
}

/* Do the bounds have different kinds, so that no order holds them all? */
static bool several_kinds(const struct cell *const *cells, size_t n)
{
	uint8_t kind = FEEL_NULL;
	for (size_t i = 0; i < n; i++)
		for (uint32_t p = 0; p < cells[i]->n_parts; p++) {
			feel_value v = cells[i]->parts[p];
			if (v.kind == FEEL_RANGE)
				v = v.range->lo_none ? v.range->hi : v.range->lo;
			if (kind != FEEL_NULL && v.kind != FEEL_NULL && v.kind != kind)
				return true;
			kind = v.kind == FEEL_NULL ? kind : v.kind;
		}
	return false;
}

static void classify(struct search *s, size_t column, struct left all, struct classes *out)
{
	struct cell *domain = NEW(s->a, struct cell);
	struct spans sp;
	bool closed = listed(s->a, &s->t->in[column], domain);
	const struct cell **cells = NEWN(s->a, const struct cell *, all.n + 1);
	for (size_t i = 0; i < all.n; i++)
		cells[i] = &s->t->rule[all.rule[i]].in[column];
	cells[all.n] = domain;
	bool ranges = has_range(s, column, all, domain);
	if (ranges && spans_make(s->a, cells, all.n + 1, &sp))
		by_spans(s, column, all, domain, &sp, out);
	else if (ranges && several_kinds(cells, all.n + 1))
		s->mixed = true;
	else
		by_values(s, column, all, domain, closed, out);
}

/* --- what is told ---------------------------------------------------------------------- */

static str example(const struct search *s, size_t columns)
{
	buf b = buf_make(s->a, 8192);
	for (size_t i = 0; i < s->t->n_in; i++) {
		if (i)
			buf_puts(&b, ", ");
		buf_put(&b, s->t->in[i].label);
		buf_puts(&b, " = ");
		if (i >= columns || (s->in[i].kind == FEEL_NULL && !s->null[i]))
			buf_puts(&b, "anything");
		else if (s->in[i].kind == FEEL_STRING)
			buf_fmt(&b, "\"%.*s\"", STRF(s->in[i].s));
		else
			buf_put(&b, feel_print(s->a, s->in[i]));
	}
	return buf_str(&b);
}

static void tell_gap(struct search *s, size_t columns)
{
	const struct table *t = s->t;
	if (t->hit == HIT_COLLECT || t->hit == HIT_RULE_ORDER || t->hit == HIT_OUTPUT_ORDER)
		return;
	for (size_t i = 0; i < t->n_out; i++)
		if (t->out[i].otherwise)
			return;
	if (s->gaps++ >= REPORTS_MAX)
		return;
	struct diag *g =
	    diags_add(s->d, DIAG_WARNING, "dmn.table.gap", t->src->line, t->src->col,
	              "'%.*s': no rule for %.*s", STRF(t->name), STRF(example(s, columns)));
	g->element = dxml_get(t->src, "id");
	g->hint = STR("add a rule or a default output entry, or say with input values what can come");
}

static void tell_overlap(struct search *s, uint32_t first, uint32_t second)
{
	const struct table *t = s->t;
	for (size_t i = 0; i < s->overlaps && i < REPORTS_MAX; i++)
		if (s->told[i][0] == first && s->told[i][1] == second)
			return;
	if (s->overlaps++ >= REPORTS_MAX)
		return;
	s->told[s->overlaps - 1][0] = first;
	s->told[s->overlaps - 1][1] = second;
	const struct rule *r = &t->rule[second];
	struct diag *g =
	    diags_add(s->d, DIAG_WARNING, "dmn.table.overlap", r->line, r->col,
	              "'%.*s': rules %u and %u both match %.*s%s", STRF(t->name), first + 1, second + 1,
	              STRF(example(s, t->n_in)), t->hit == HIT_ANY ? ", and differ" : "");
	g->element = r->id;
	g->hint = t->hit == HIT_ANY ? STR("let both give the same result")
	                            : STR("part their cells, or take another hit policy (FIRST, ANY)");
}

/* --- a leaf: samples of all columns, and the rules that match them ------------------------ */

static bool certain(const struct table *t, uint32_t rule)
{
	for (size_t i = 0; i < t->n_in; i++)
		if (t->rule[rule].in[i].kind == CELL_TESTS)
			return false;
	return true;
}

static bool outputs_differ(const struct table *t, uint32_t x, uint32_t y)
{
	for (size_t i = 0; i < t->n_out; i++) {
		const struct node *a = t->rule[x].out[i], *b = t->rule[y].out[i];
		if (a->eval == eval_const && b->eval == eval_const && !feel_same(a->value, b->value))
			return true;
	}
	return false;
}

/* Which of the matching rules decides a PRIORITY table; -1 when outputs compute. */
static int64_t winner(const struct table *t, struct left l)
{
	int64_t best = -1;
	for (size_t i = 0; i < l.n; i++) {
		bool better = best < 0;
		for (size_t o = 0; o < t->n_out; o++) {
			const struct node *n = t->rule[l.rule[i]].out[o];
			if (n->eval != eval_const || !certain(t, l.rule[i]))
				return -1;
			if (best < 0)
				continue;
			size_t mine = table_rank(&t->out[o], n->value),
			       its = table_rank(&t->out[o], t->rule[best].out[o]->value);
			if (mine != its) {
				better = mine < its;
				break;
			}
		}
		if (better)
			best = l.rule[i];
	}
	return best;
}

static void leaf(struct search *s, struct left l)
{
	const struct table *t = s->t;
	int64_t wins = t->hit == HIT_PRIORITY ? winner(t, l) : -1;
	int64_t first = -1;
	for (size_t i = 0; i < l.n; i++) {
		bool sure = certain(t, l.rule[i]);
		if (t->hit != HIT_FIRST || first < 0)
			s->hit[l.rule[i]] |= wins < 0 || wins == (int64_t)l.rule[i];
		if (!sure)
			continue;
		bool clash = t->hit == HIT_UNIQUE || (t->hit == HIT_ANY && first >= 0 &&
		                                      outputs_differ(t, (uint32_t)first, l.rule[i]));
		if (first >= 0 && clash)
			tell_overlap(s, (uint32_t)first, l.rule[i]);
		if (first < 0)
			first = l.rule[i];
	}
}

static bool same_rules(struct left x, struct left y)
{
	return x.n == y.n && (!x.n || memcmp(x.rule, y.rule, x.n * sizeof *x.rule) == 0);
}

static void search_column(struct search *s, size_t column, struct left all)
{
	struct classes c = {0};
	if (column == s->t->n_in) {
		leaf(s, all);
		return;
	}
	classify(s, column, all, &c);
	for (size_t i = 0; i < c.n && spend(s, 1); i++) {
		s->in[column] = c.v[i].sample;
		s->null[column] = c.v[i].null;
		if (c.v[i].left.n == 0) {
			if (i == 0 || c.v[i - 1].left.n) /* neighbours without a rule are one gap */
				tell_gap(s, column + 1);
			continue;
		}
		bool seen = false;
		for (size_t k = i; k-- > 0 && !seen && spend(s, 1);)
			seen = same_rules(c.v[k].left, c.v[i].left);
		if (!seen)
			search_column(s, column + 1, c.v[i].left);
	}
}

static void check_table(arena *a, const struct table *t, struct diags *d)
{
	struct search *s = NEW(a, struct search);
	struct left all = {.rule = NEWN(a, uint32_t, t->n_rules), .n = t->n_rules};
	*s = (struct search){.a = a, .t = t, .d = d};
	s->hit = NEWN(a, bool, t->n_rules);
	for (size_t r = 0; r < t->n_rules; r++)
		all.rule[r] = (uint32_t)r;
	if (t->n_in > COLUMNS_MAX)
		return;
	if (t->n_rules)
		search_column(s, 0, all);
	else
		tell_gap(s, 0);
	if (s->gaps > REPORTS_MAX || s->overlaps > REPORTS_MAX)
		diags_add(d, DIAG_NOTE, "dmn.table.more", t->src->line, t->src->col,
		          "'%.*s': there are more gaps or overlaps; mend these first", STRF(t->name));
	if (s->work > WORK_MAX || s->mixed) {
		diags_add(d, DIAG_NOTE, "dmn.table.unchecked", t->src->line, t->src->col,
		          s->mixed ? "'%.*s': cells of several kinds in one column, not searched for gaps "
		                     "and overlaps"
		                   : "'%.*s': too many combinations to search all of them for gaps and "
		                     "overlaps",
		          STRF(t->name));
		return;
	}
	for (size_t r = 0; r < t->n_rules; r++) {
		if (s->hit[r])
			continue;
		struct diag *g =
		    diags_add(d, DIAG_WARNING, "dmn.table.unreachable", t->rule[r].line, t->rule[r].col,
		              "'%.*s': rule %zu never decides", STRF(t->name), r + 1);
		g->element = t->rule[r].id;
		g->hint = STR("others match whatever it matches, or its cells take no allowed value");
	}
	for (size_t i = 0; t->n_rules > 1 && i < t->n_in; i++) {
		size_t dash = 0;
		while (dash < t->n_rules && t->rule[dash].in[i].kind == CELL_ANY)
			dash++;
		if (dash == t->n_rules)
			diags_add(d, DIAG_WARNING, "dmn.table.column-unused", t->src->line, t->src->col,
			          "'%.*s': no rule asks for '%.*s'", STRF(t->name), STRF(t->in[i].label));
	}
}

/* --- the model ------------------------------------------------------------------------------ */

void dmn_check(arena *a, const struct dmn *m, struct diags *d)
{
	bool *used = NEWN(a, bool, m->n);
	for (size_t i = 0; i < m->n; i++) {
		const struct element *el = m->element[i];
		for (size_t k = 0; k < el->n_needs; k++)
			used[el->needs[k]] = true;
		for (size_t k = 0; k < el->n_params; k++)
			used[el->params[k]] = true;
		if (el->part != m->parts || el->kind == ELEMENT_VIEW)
			continue;
		dmn_check_types(a, m, el, d);
		arena_mark mark = arena_save(a);
		size_t before = d->count;
		for (const struct table *t = el->table; t; t = t->next)
			check_table(a, t, d);
		if (d->count == before) /* what was told lives in the arena */
			arena_rewind(a, mark);
	}
	for (size_t i = 0; i < m->n; i++) {
		const struct element *el = m->element[i];
		if (el->kind != ELEMENT_INPUT || el->part != m->parts || used[i])
			continue;
		struct diag *g = diags_add(d, DIAG_WARNING, "dmn.input.unused", el->src->line, el->src->col,
		                           "nothing requires the input '%.*s'", STRF(el->name));
		g->element = el->id;
		g->hint = STR("require it where it matters, or take it out");
	}
}

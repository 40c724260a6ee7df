#include "engine/dmn/model.h"

#include <string.h>

/* Gaps and overlaps. Every column's constants cut its values into cells that no
 * rule tells apart: for ordered values the constants and the open spaces between
 * them, else each constant and "something else". One sample a cell stands for
 * all; the tables tried are the product of the columns' samples, up to a bound. */

#define SAMPLES_MAX 400    /* of one column */
#define PROBES_MAX  200000 /* combinations tried of one table */
#define REPORTS_MAX 5      /* gaps and overlaps told of one table */

struct samples {
	feel_value v[SAMPLES_MAX];
	size_t n;
};

static int by_order(const feel_value *x, const feel_value *y)
{
	int c;
	return feel_compare(*x, *y, &c) ? c : (int)x->kind - (int)y->kind;
}

static void add(struct samples *s, feel_value v)
{
	if (s->n == SAMPLES_MAX)
		return;
	size_t i = s->n;
	while (i > 0 && by_order(&v, &s->v[i - 1]) < 0)
		i--;
	if (i > 0 && feel_same(v, s->v[i - 1]))
		return;
	memmove(s->v + i + 1, s->v + i, (s->n - i) * sizeof *s->v);
	s->v[i] = v;
	s->n++;
}

static feel_value moved(feel_value v, int by)
{
	if (v.kind == FEEL_NUMBER)
		dec_add(v.num, dec_of_i64(by), &v.num);
	else if (v.kind == FEEL_DATE || v.kind == FEEL_DATETIME)
		v.t.days += by;
	return v;
}

static bool halfway(feel_value x, feel_value y, feel_value *out)
{
	decimal sum;
	*out = x;
	if (x.kind == FEEL_NUMBER)
		return dec_add(x.num, y.num, &sum) && dec_div(sum, dec_of_i64(2), &out->num);
	if (x.kind == FEEL_DATE) {
		out->t.days = x.t.days + (y.t.days - x.t.days) / 2;
		return out->t.days != x.t.days;
	}
	return false;
}

/* Between and beyond the constants. */
static void fill_between(struct samples *s)
{
	struct samples all = {.n = 0};
	for (size_t i = 0; i < s->n; i++) {
		feel_value mid;
		add(&all, s->v[i]);
		if (i + 1 < s->n && s->v[i].kind == s->v[i + 1].kind && halfway(s->v[i], s->v[i + 1], &mid))
			add(&all, mid);
	}
	if (s->n && (s->v[0].kind == FEEL_NUMBER || s->v[0].kind == FEEL_DATE)) {
		add(&all, moved(s->v[0], -1));
		add(&all, moved(s->v[s->n - 1], 1));
	}
	*s = all;
}

/* The constants of one cell; false when it needs evaluating. */
static bool cell_constants(const struct cell *c, struct samples *s)
{
	for (uint32_t i = 0; i < c->n_parts; i++) {
		const struct feel_range *g = c->parts[i].kind == FEEL_RANGE ? c->parts[i].range : NULL;
		if (!g)
			add(s, c->parts[i]);
		if (g && !g->lo_none)
			add(s, g->lo);
		if (g && !g->hi_none)
			add(s, g->hi);
	}
	return c->kind != CELL_TESTS;
}

static bool column_samples(const struct table *t, size_t column, struct samples *s)
{
	s->n = 0;
	const struct node *allowed = t->in[column].allowed;
	const struct feel_type *ty = t->in[column].type;
	for (; !allowed && ty; ty = ty->based_on)
		allowed = ty->allowed;
	bool listed = allowed && allowed->n == 2 && !allowed->kid[1]->flag;
	struct cell c = {.kind = CELL_TESTS};
	feel_value parts[SAMPLES_MAX];
	for (uint32_t i = 0; listed && i < allowed->kid[1]->n; i++)
		if (i < SAMPLES_MAX && allowed->kid[1]->kid[i]->eval == eval_const) {
			parts[c.n_parts++] = allowed->kid[1]->kid[i]->value;
			c.kind = CELL_SET;
		}
	c.parts = parts;
	if (listed && !cell_constants(&c, s))
		return false;
	for (size_t r = 0; r < t->n_rules; r++)
		if (!cell_constants(&t->rule[r].in[column], s))
			return false;
	for (size_t i = 0; i < s->n; i++) /* a boolean column has both */
		if (s->v[i].kind == FEEL_BOOL) {
			add(s, feel_bool(true));
			add(s, feel_bool(false));
			break;
		}
	if (!listed && s->n && s->v[0].kind == FEEL_STRING)
		add(s, feel_string(STR("(any other)")));
	if (!listed)
		fill_between(s);
	if (!s->n)
		add(s, feel_null());
	return true;
}

struct probe {
	arena *a;
	const struct table *t;
	struct samples *column;
	struct diags *d;
	bool *hit; /* of each rule */
	size_t gaps, overlaps;
	feel_value in[256];
};

static str example(const struct probe *p)
{
	buf b = buf_make(p->a, 4096);
	for (size_t i = 0; i < p->t->n_in; i++) {
		if (i)
			buf_puts(&b, ", ");
		buf_put(&b, p->t->in[i].label);
		buf_puts(&b, " = ");
		buf_put(&b, p->in[i].kind == FEEL_NULL ? STR("anything") : feel_print(p->a, p->in[i]));
	}
	return buf_str(&b);
}

static bool cell_takes(struct env *e, const struct table *t, const struct cell *c, feel_value v)
{
	if (c->kind == CELL_ANY)
		return true;
	if (c->kind != CELL_TESTS)
		return cell_set_matches(c, v);
	e->local[t->slot] = v;
	return feel_is_true(c->tests->eval(c->tests, e));
}

static void probe_one(struct env *e, struct probe *p)
{
	const struct table *t = p->t;
	size_t n = 0, first = 0, second = 0;
	for (size_t r = 0; r < t->n_rules; r++) {
		bool all = true;
		for (size_t i = 0; all && i < t->n_in; i++)
			all = cell_takes(e, t, &t->rule[r].in[i], p->in[i]);
		if (!all)
			continue;
		if (n == 0 || t->hit != HIT_FIRST)
			p->hit[r] = true;
		if (n == 0)
			first = r;
		else if (n == 1)
			second = r;
		n++;
	}
	const struct dxml *s = t->src;
	bool complete = t->hit != HIT_COLLECT && t->hit != HIT_RULE_ORDER && !t->out[0].otherwise;
	if (n == 0 && complete && p->gaps++ < REPORTS_MAX)
		diags_add(p->d, DIAG_WARNING, "dmn.table.gap", s->line, s->col, "'%.*s': no rule for %.*s",
		          STRF(t->name), STRF(example(p)));
	if (n > 1 && t->hit == HIT_UNIQUE && p->overlaps++ < REPORTS_MAX)
		diags_add(p->d, DIAG_WARNING, "dmn.table.overlap", t->rule[second].line,
		          t->rule[second].col, "'%.*s': rules %zu and %zu both match %.*s", STRF(t->name),
		          first + 1, second + 1, STRF(example(p)));
}

static void probe_column(struct env *e, struct probe *p, size_t column)
{
	if (column == p->t->n_in) {
		probe_one(e, p);
		return;
	}
	for (size_t i = 0; i < p->column[column].n; i++) {
		p->in[column] = p->column[column].v[i];
		probe_column(e, p, column + 1);
	}
}

static feel_value probe_table(struct env *e, void *arg)
{
	probe_column(e, arg, 0);
	return feel_null();
}

static void check_table(arena *a, const struct element *el, struct diags *d)
{
	const struct table *t = el->table;
	struct samples *column = NEWN(a, struct samples, t->n_in);
	uint64_t probes = 1;
	for (size_t i = 0; i < t->n_in; i++) {
		bool known = column_samples(t, i, &column[i]);
		if (known && probes <= PROBES_MAX)
			probes *= column[i].n;
		if (!known || probes * (t->n_rules / 64 + 1) > PROBES_MAX) {
			diags_add(d, DIAG_NOTE, "dmn.table.unchecked", t->src->line, t->src->col,
			          "'%.*s': too many combinations, or cells that compute: not searched for "
			          "gaps and overlaps",
			          STRF(t->name));
			return;
		}
	}
	struct probe *p = NEW(a, struct probe);
	*p = (struct probe){.a = a, .t = t, .column = column, .d = d, .hit = NEWN(a, bool, t->n_rules)};
	struct feel_run run = {.a = a, .steps_max = UINT64_MAX, .depth_max = FEEL_DEPTH};
	feel_value out;
	if (env_run(&run, NULL, el->n_slots, NULL, probe_table, p, &out) != OK)
		return;
	for (size_t r = 0; r < t->n_rules; r++)
		if (!p->hit[r])
			diags_add(d, DIAG_WARNING, "dmn.table.unreachable", t->rule[r].line, t->rule[r].col,
			          "'%.*s': rule %zu never decides", STRF(t->name), r + 1);
}

void dmn_check(arena *a, const struct dmn *m, struct diags *d)
{
	bool *used = NEWN(a, bool, m->n);
	for (size_t i = 0; i < m->n; i++) {
		const struct element *el = m->element[i];
		for (size_t k = 0; k < el->n_needs; k++)
			used[el->needs[k]] = true;
		for (size_t k = 0; k < el->n_params; k++)
			used[el->params[k]] = true;
		if (el->table && el->part == m->parts)
			check_table(a, el, d);
	}
	for (size_t i = 0; i < m->n; i++) {
		const struct element *el = m->element[i];
		if (el->kind == ELEMENT_INPUT && el->part == m->parts && !used[i])
			diags_add(d, DIAG_WARNING, "dmn.input.unused", el->src->line, el->src->col,
			          "nothing requires the input '%.*s'", STRF(el->name));
	}
}

#include "engine/dmn/model.h"

/* Examples beside a model, in the test-case format of the DMN TCK. */

static feel_value value_of(struct env *e, const struct dxml *n);

static bool nil(const struct dxml *n)
{
	return str_eq(dxml_get(n, "nil"), STR("true"));
}

static feel_value simple_value(struct env *e, const struct dxml *n)
{
	str type = dxml_get(n, "type"), text = n->text, trimmed = str_trim(n->text);
	feel_value v = feel_string(text);
	ptrdiff_t colon = str_chr(type, ':');
	decimal d;
	if (nil(n))
		return feel_null();
	type = str_sub(type, (size_t)(colon + 1), type.n);
	if (str_eq(type, STR("string")))
		return v;
	if (str_eq(type, STR("boolean")))
		return feel_bool(str_eq(trimmed, STR("true")) || str_eq(trimmed, STR("1")));
	if (str_eq(type, STR("date")))
		return feel_parse_date(trimmed, &v) ? v : feel_null();
	if (str_eq(type, STR("time")))
		return feel_parse_time(e, trimmed, &v) ? v : feel_null();
	if (str_eq(type, STR("dateTime")))
		return feel_parse_datetime(e, trimmed, &v) ? v : feel_null();
	if (str_ends(type, STR("uration")))
		return feel_parse_duration(trimmed, &v) ? v : feel_null();
	if (type.n)
		return dec_parse(trimmed, &d) ? feel_number(d) : feel_null();
	/* without a type the text tells */
	if (str_eq(trimmed, STR("true")) || str_eq(trimmed, STR("false")))
		return feel_bool(trimmed.n == 4);
	return dec_parse(trimmed, &d) ? feel_number(d) : v;
}

static feel_value list_value(struct env *e, const struct dxml *n)
{
	size_t count = 0;
	for (const struct dxml *c = dxml_child(n, "item"); c; c = dxml_sibling(c, "item"))
		count++;
	feel_value *v = NEWN(e->a, feel_value, count);
	count = 0;
	for (const struct dxml *c = dxml_child(n, "item"); c; c = dxml_sibling(c, "item"))
		v[count++] = value_of(e, c);
	return feel_list_of(e->a, v, count);
}

/* What an input, an expected result, an item or a component holds. */
static feel_value value_of(struct env *e, const struct dxml *n)
{
	const struct dxml *one = dxml_child(n, "value"), *list = dxml_child(n, "list");
	if (nil(n))
		return feel_null();
	if (list)
		return nil(list) ? feel_null() : list_value(e, list);
	if (one)
		return simple_value(e, one);
	feel_value c = feel_null();
	for (const struct dxml *m = dxml_child(n, "component"); m; m = dxml_sibling(m, "component"))
		c = feel_put(e->a, c, dxml_get(m, "name"), value_of(e, m));
	return c;
}

/* --- comparing ---------------------------------------------------------------------- */

static bool close_numbers(decimal x, decimal y)
{
	static const decimal limit = {.lo = 1, .exp = -8};
	decimal d;
	return dec_sub(x, y, &d) && dec_cmp(dec_abs(d), limit) < 0;
}

static bool agree(feel_value got, feel_value want, bool strict, int depth)
{
	if (depth > 100 || got.kind != want.kind)
		return false;
	if (got.kind == FEEL_NUMBER && !strict)
		return close_numbers(got.num, want.num);
	if (got.kind == FEEL_LIST) {
		bool same = got.list->n == want.list->n;
		for (size_t i = 0; same && i < got.list->n; i++)
			same = agree(got.list->v[i], want.list->v[i], strict, depth + 1);
		return same;
	}
	if (got.kind == FEEL_CONTEXT) {
		bool same = got.ctx->n == want.ctx->n;
		for (size_t i = 0; same && i < want.ctx->n; i++) {
			const feel_value *v = feel_get(got, want.ctx->e[i].key);
			same = v && agree(*v, want.ctx->e[i].v, strict, depth + 1);
		}
		return same;
	}
	if (got.kind == FEEL_TIME || got.kind == FEEL_DATETIME) { /* "=" does not see fractions */
		int order;
		return feel_compare(got, want, &order) && order == 0;
	}
	return feel_same(got, want);
}

/* --- running ---------------------------------------------------------------------------- */

static feel_value read_inputs(struct env *e, void *arg)
{
	feel_value c = feel_null();
	const struct dxml *t = arg;
	for (const struct dxml *i = dxml_child(t, "inputNode"); i; i = dxml_sibling(i, "inputNode"))
		c = feel_put(e->a, c, dxml_get(i, "name"), value_of(e, i));
	return c;
}

static feel_value read_expected(struct env *e, void *arg)
{
	const struct dxml *r = arg, *x = dxml_child(r, "expected");
	return x ? value_of(e, x) : feel_null();
}

static str why(arena *a, const struct diags *d)
{
	return d->last ? str_fmt(a, "%.*s", STRF(d->last->what)) : (str){0};
}

static void run_result(arena *a, const struct dmn *m, const struct dxml *t, const struct dxml *r,
                       bool strict, const struct dmn_run *like, dmn_case_fn fn, void *ctx)
{
	struct dmn_run run = *like;
	run.a = a;
	run.diags = diags_make(a, (str){0});
	struct feel_run fr = {
	    .a = a, .steps_max = FEEL_STEPS, .depth_max = FEEL_DEPTH, .zones = like->zones};
	feel_value inputs, want, got = feel_null();
	str decision = dxml_get(r, "name"), invocable = dxml_get(t, "invocableName");
	struct dmn_case c = {.id = dxml_get(t, "id"), .decision = decision};
	err code = env_run(&fr, NULL, 1, NULL, read_inputs, (void *)(uintptr_t)t, &inputs);
	if (code == OK)
		code = env_run(&fr, NULL, 1, NULL, read_expected, (void *)(uintptr_t)r, &want);
	if (code == OK && m)
		code = dmn_eval_value(m, invocable.n ? invocable : decision, inputs, &run, &got);
	if (code == OK && invocable.n && got.kind == FEEL_CONTEXT) {
		const struct element *s = dmn_find(m, NULL, invocable);
		const feel_value *v = s && s->n_outputs > 1 ? feel_get(got, decision) : NULL;
		got = v ? *v : got;
	}
	c.null_expected = code == OK && want.kind == FEEL_NULL;
	c.passed = m && code == OK && agree(got, want, strict, 0);
	c.diagnostic = !m           ? STR("the model cannot be loaded")
	               : code == OK ? why(a, &run.diags)
	                            : str_of(err_find(code)->name);
	c.expected = code == OK ? feel_print(a, want) : (str){0};
	c.got = feel_print(a, got);
	if (strict && c.passed && c.null_expected && run.diags.count == 0 &&
	    str_eq(dxml_get(r, "errorResult"), STR("true"))) {
		c.passed = false;
		c.diagnostic = STR("an error without a diagnostic");
	}
	fn(ctx, &c);
}

bool dmn_test(arena *a, const struct dmn *m, str xml, bool strict, const struct dmn_run *like,
              dmn_case_fn fn, void *ctx, struct diags *d)
{
	const struct dxml *root = dxml_parse(a, xml, d);
	if (!root || !str_eq(root->name, STR("testCases"))) {
		if (root)
			diags_add(d, DIAG_ERROR, "dmn.tests", root->line, root->col, "no test cases");
		return false;
	}
	for (const struct dxml *t = dxml_child(root, "testCase"); t; t = dxml_sibling(t, "testCase")) {
		for (const struct dxml *r = dxml_child(t, "resultNode"); r;
		     r = dxml_sibling(r, "resultNode")) {
			arena_mark mark = arena_save(a);
			run_result(a, m, t, r, strict, like, fn, ctx);
			arena_rewind(a, mark);
		}
	}
	return true;
}

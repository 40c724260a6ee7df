/*
 * docs/policy-author.md does what it says: its models load and are clean, their runs and
 * examples give what is written, its mistakes are found, its expressions are true.
 */
#include "unit.h"

#include "app/tzfiles.h"
#include "engine/dmn/dmn.h"

#include <stdio.h>

#define PAGE_BYTES ((size_t)1024 * 1024)

struct page {
	arena *a;
	str xml; /* of the last model */
	struct dmn *m;
	size_t models, runs, checks, lines, examples, bad;
};

static void wrong(struct page *p, str what, str got)
{
	print_message("%.*s\n  got %.*s\n", STRF(what), STRF(got));
	p->bad++;
}

static void on_model(struct page *p, str block)
{
	struct diags d = diags_make(p->a, STR("docs/policy-author.md"));
	p->xml = block;
	p->m = dmn_load(p->a, block, &d);
	if (p->m)
		dmn_check(p->a, p->m, &d);
	if (!p->m || d.count)
		wrong(p, STR("a model that is clean"), diags_print(p->a, &d));
	p->models++;
}

static void on_run(struct page *p, str block)
{
	json *want = json_parse(p->a, block, NULL), *out = NULL;
	struct dmn_run run = dmn_run_make(p->a);
	assert_non_null(want);
	err code = dmn_eval(p->m, json_str(want, "decision"), json_get(want, "inputs"), &run, &out);
	str got = code ? STR("an error") : json_print(p->a, out);
	if (!str_eq(got, json_print(p->a, json_get(want, "result"))))
		wrong(p, block, got);
	p->runs++;
}

/* "replace X with Y", then what the check says of the changed model. */
static void on_check(struct page *p, str block)
{
	str first, rest = block, from;
	str_cut(&rest, '\n', &first);
	first = str_sub(first, sizeof "replace " - 1, first.n);
	ptrdiff_t with = str_find(first, STR(" with "));
	assert_true(with > 0);
	from = str_sub(first, 0, (size_t)with);
	ptrdiff_t at = str_find(p->xml, from);
	assert_true(at > 0);
	buf b = buf_make(p->a, PAGE_BYTES);
	buf_put(&b, str_sub(p->xml, 0, (size_t)at));
	buf_put(&b, str_sub(first, (size_t)with + 6, first.n));
	buf_put(&b, str_sub(p->xml, (size_t)at + from.n, p->xml.n));
	struct diags d = diags_make(p->a, STR("changed"));
	struct dmn *m = dmn_load(p->a, buf_str(&b), &d);
	if (m)
		dmn_check(p->a, m, &d);
	str said = diags_print(p->a, &d);
	if (str_find(said, str_trim(rest)) < 0)
		wrong(p, block, said);
	p->checks++;
}

static void on_case(void *ctx, const struct dmn_case *c)
{
	struct page *p = ctx;
	p->examples++;
	if (!c->passed)
		wrong(p, c->id, c->got);
}

static str value_of(struct page *p, const struct feel_expr *e, feel_value context)
{
	struct diags d = diags_make(p->a, STR("line"));
	struct feel_run run = feel_run_make(p->a, &d);
	feel_value v;
	run.zones = tz_files();
	if (!e || feel_eval(e, context, &run, &v))
		return STR("nothing");
	return v.kind == FEEL_STRING ? json_print(p->a, feel_to_json(p->a, v)) : feel_print(p->a, v);
}

/* Lines "expression => value", or "value | test => true". */
static void on_lines(struct page *p, str block, bool tests)
{
	str line;
	while (str_cut(&block, '\n', &line)) {
		ptrdiff_t arrow = str_find(line, STR(" => ")), bar = str_find(line, STR(" | "));
		if (arrow < 0)
			continue;
		struct diags d = diags_make(p->a, STR("line"));
		feel_value context = feel_null();
		str text = str_sub(line, 0, (size_t)arrow), got;
		if (tests) {
			json *v = json_parse(p->a, str_sub(line, 0, (size_t)bar), NULL);
			context = feel_put(p->a, context, STR("?"), feel_of_json(p->a, v));
			text = str_sub(text, (size_t)bar + 3, text.n);
			got = value_of(p, feel_compile_tests(p->a, text, NULL, 0, &d), context);
		} else {
			got = value_of(p, feel_compile(p->a, text, NULL, 0, &d), context);
		}
		if (!str_eq(got, str_sub(line, (size_t)arrow + 4, line.n)))
			wrong(p, line, got);
		p->lines++;
	}
}

static void on_block(struct page *p, str kind, str block)
{
	struct diags d = diags_make(p->a, STR("examples"));
	struct dmn_run like = dmn_run_make(p->a);
	if (str_eq(kind, STR("xml model")))
		on_model(p, block);
	else if (str_eq(kind, STR("json run")))
		on_run(p, block);
	else if (str_eq(kind, STR("text check")))
		on_check(p, block);
	else if (str_eq(kind, STR("xml examples")))
		assert_true(dmn_test(p->a, p->m, block, true, &like, on_case, p, &d));
	else if (str_starts(kind, STR("feel ")))
		on_lines(p, block, str_eq(kind, STR("feel tests")));
}

static void test_the_page_does_what_it_says(void **state)
{
	struct page p = {.a = *state};
	str text;
	assert_true(file_slurp(p.a, "docs/policy-author.md", PAGE_BYTES, &text));
	for (ptrdiff_t at; (at = str_find(text, STR("```"))) >= 0;) {
		text = str_sub(text, (size_t)at + 3, text.n);
		ptrdiff_t nl = str_chr(text, '\n'), end = str_find(text, STR("\n```"));
		assert_true(nl >= 0 && end >= nl);
		on_block(&p, str_sub(text, 0, (size_t)nl), str_sub(text, (size_t)nl + 1, (size_t)end + 1));
		text = str_sub(text, (size_t)end + 4, text.n);
	}
	print_message("%zu models, %zu runs, %zu mistakes, %zu examples, %zu lines\n", p.models, p.runs,
	              p.checks, p.examples, p.lines);
	assert_true(p.models == 2 && p.runs >= 4 && p.checks >= 2 && p.examples >= 2 && p.lines > 30);
	assert_int_equal(p.bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(test_the_page_does_what_it_says)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The examples of docs/process-author.md do what the text says. */
#include "bpmn_unit.h"

#include "engine/bpmn/cases.h"

#define MANUAL "docs/process-author.md"

/* The next fenced block with a title; *kind is "json cases", "xml wrong RULE" ... */
static bool next_block(str *text, str *kind, str *body)
{
	ptrdiff_t js = str_find(*text, STR("```json ")), xml = str_find(*text, STR("```xml "));
	ptrdiff_t at = js < 0 || (xml >= 0 && xml < js) ? xml : js;

	if (at < 0)
		return false;
	*text = str_sub(*text, (size_t)at + 3, text->n);
	str_cut(text, '\n', kind);
	ptrdiff_t end = str_find(*text, STR("\n```"));
	assert_true(end >= 0);
	*body = str_sub(*text, 0, (size_t)end + 1);
	*text = str_sub(*text, (size_t)end + 4, text->n);
	return true;
}

static json *read_block(arena *a, str body)
{
	json_error e = {0};
	json *v = json_parse(a, body, &e);

	if (!v)
		fail_msg("%u:%u: %.*s in %.*s", e.line, e.col, STRF(e.what), STRF(body));
	return v;
}

static str compiled(arena *a, str body)
{
	struct diags d = diags_make(a, STR(MANUAL));
	str xml = bpmn_from_stages(a, read_block(a, body), &d);

	if (!xml.n)
		fail_msg("%.*s", STRF(diags_print(a, &d)));
	return xml;
}

static void must_be_refused(arena *a, bool xml, str body, str rule)
{
	struct diags d = diags_make(a, STR(MANUAL));

	if (xml)
		assert_null(bpmn_load(a, body, &d));
	else
		assert_int_equal(bpmn_from_stages(a, read_block(a, body), &d).n, 0);
	if (!d.first || !str_eq(d.first->rule, rule))
		fail_msg("%.*s: %.*s", STRF(rule), STRF(diags_print(a, &d)));
}

static size_t run_cases(arena *a, str xml, str body)
{
	json *test = read_block(a, body);
	size_t n = 0;

	for (const json *c = json_get(test, "cases")->first; c; c = c->next, n++) {
		str why = {0};
		if (!bpmn_case_run(a, xml, test, c, &why))
			fail_msg("%.*s: %.*s", STRF(json_str(c, "name")), STRF(why));
	}
	return n;
}

static void examples_run(void **s)
{
	arena *a = *s;
	str text = file(a, MANUAL), kind, body, xml = {0};
	size_t cases = 0, processes = 0, wrong = 0;

	while (next_block(&text, &kind, &body)) {
		bool is_xml = str_starts(kind, STR("xml "));
		str what = str_sub(kind, is_xml ? 4 : 5, kind.n);
		if (str_eq(what, STR("cases"))) {
			cases += run_cases(a, xml, body);
		} else if (str_starts(what, STR("wrong "))) {
			must_be_refused(a, is_xml, body, str_sub(what, 6, what.n));
			wrong++;
		} else {
			xml = is_xml ? body : compiled(a, body);
			load(a, xml);
			processes++;
		}
	}
	assert_true(cases >= 8 && processes >= 2 && wrong >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(examples_run)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What people see of a model: tables with labels in both languages, the requirements
 * graph as SVG that reads well without being seen.
 */
#include "unit.h"

#include "app/tzfiles.h"
#include "engine/dmn/dmn.h"

#include <expat.h>

static const char model[] =
    "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' name='Fees &amp; more' "
    "namespace='t'><inputData id='i' name='area' label='Area'><extensionElements>"
    "<label xmlns='urn:diwan:label' xml:lang='ar'>المساحة</label></extensionElements>"
    "<variable name='area' typeRef='number'/></inputData>"
    "<businessKnowledgeModel id='k' name='half'><encapsulatedLogic><formalParameter name='n'/>"
    "<literalExpression><text>n / 2</text></literalExpression></encapsulatedLogic>"
    "</businessKnowledgeModel>"
    "<decision id='r' name='Rate' label='Rate a metre'><extensionElements>"
    "<label xmlns='urn:diwan:label' xml:lang='ar'>سعر المتر</label></extensionElements>"
    "<question>How much is a metre?</question><variable name='Rate' typeRef='number'/>"
    "<informationRequirement><requiredInput href='#i'/></informationRequirement>"
    "<decisionTable hitPolicy='UNIQUE'><input label='Area'><extensionElements>"
    "<label xmlns='urn:diwan:label' xml:lang='ar'>المساحة</label></extensionElements>"
    "<inputExpression typeRef='number'><text>area</text></inputExpression>"
    "<inputValues><text>&gt;= 0</text></inputValues></input><output typeRef='number'/>"
    "<annotation name='en'/><annotation name='ar'/>"
    "<rule id='one'><inputEntry><text>&lt; 100</text></inputEntry><outputEntry><text>2</text>"
    "</outputEntry><annotationEntry><text>Small.</text></annotationEntry>"
    "<annotationEntry><text>صغيرة.</text></annotationEntry></rule>"
    "<rule id='two'><inputEntry><text>&gt;= 100</text></inputEntry><outputEntry><text>1</text>"
    "</outputEntry></rule></decisionTable></decision>"
    "<decision id='f' name='Fee'><informationRequirement><requiredDecision href='#r'/>"
    "</informationRequirement><informationRequirement><requiredInput href='#i'/>"
    "</informationRequirement><knowledgeRequirement><requiredKnowledge href='#k'/>"
    "</knowledgeRequirement><literalExpression><text>half(Rate * area)</text>"
    "</literalExpression></decision></definitions>";

static struct dmn *loaded(arena *a)
{
	struct diags d = diags_make(a, STR("t"));
	struct dmn *m = dmn_load(a, str_of(model), &d);
	assert_non_null(m);
	return m;
}

static str at(const json *v, const char *path)
{
	return json_text(json_path(v, path));
}

static void test_a_table_has_its_labels_in_both_languages(void **state)
{
	arena *a = *state;
	const json *t = dmn_table_view(a, loaded(a), STR("Rate"));
	assert_non_null(t);
	assert_str(at(t, "label.en"), "Rate a metre");
	assert_str(at(t, "label.ar"), "سعر المتر");
	const json *column = json_at(json_get(t, "input_columns"), 0);
	assert_str(at(column, "label.ar"), "المساحة");
	assert_str(at(column, "label.en"), "Area");
	assert_str(json_str(column, "values"), ">= 0");
	assert_str(json_str(column, "type"), "number");
	const json *rule = json_at(json_get(t, "rules"), 0);
	assert_str(at(rule, "annotations.en"), "Small.");
	assert_str(at(rule, "annotations.ar"), "صغيرة.");
	assert_str(json_text(json_at(json_get(rule, "inputs"), 0)), "< 100");
	assert_str(json_text(json_at(json_get(rule, "outputs"), 0)), "2");
	assert_int_equal(json_get(t, "rules")->count, 2);
	assert_null(dmn_table_view(a, loaded(a), STR("Fee")));
}

static void test_a_model_is_described(void **state)
{
	arena *a = *state;
	const json *m = dmn_describe(a, loaded(a));
	assert_int_equal(json_get(m, "inputs")->count, 1);
	assert_int_equal(json_get(m, "decisions")->count, 2);
	assert_int_equal(json_get(m, "models")->count, 1);
	assert_str(at(json_at(json_get(m, "inputs"), 0), "label.ar"), "المساحة");
	const json *rate = json_at(json_get(m, "decisions"), 0);
	assert_str(json_str(rate, "question"), "How much is a metre?");
	assert_true(json_truth(rate, "table"));
	assert_int_equal(json_get(json_at(json_get(m, "decisions"), 1), "requires")->count, 3);
}

static bool is_xml(str text)
{
	XML_Parser p = XML_ParserCreate(NULL);
	bool ok = XML_Parse(p, text.p, (int)text.n, 1) == XML_STATUS_OK;
	XML_ParserFree(p);
	return ok;
}

static size_t occurrences(str text, const char *what)
{
	size_t n = 0;
	for (ptrdiff_t i; (i = str_find(text, str_of(what))) >= 0; n++)
		text = str_sub(text, (size_t)i + 1, text.n);
	return n;
}

static void test_the_graph_says_what_requires_what(void **state)
{
	arena *a = *state;
	static const struct dmn_words arabic = {
	    .lang = STR_INIT("ar"),
	    .rtl = true,
	    .kinds = {STR_INIT("مدخل"), STR_INIT("قرار"), STR_INIT("معرفة"), STR_INIT("خدمة")},
	    .requires = STR_INIT("يتطلب")};
	str en = dmn_graph_svg(a, loaded(a)), ar = dmn_graph_svg_in(a, loaded(a), &arabic);
	assert_true(is_xml(en) && is_xml(ar));
	assert_true(str_find(en, STR("<title>Fees &amp; more</title>")) > 0);
	assert_true(
	    str_find(en, STR("<title>Fee (decision) requires Rate a metre, Area, half</title>")) > 0);
	assert_true(str_find(ar, STR("<title>سعر المتر (قرار) يتطلب المساحة</title>")) > 0);
	assert_true(str_find(ar, STR("dir=\"rtl\"")) > 0);
	assert_int_equal(occurrences(en, "role=\"listitem\""), 4);
	assert_int_equal(occurrences(en, "marker-end"), 4);
	assert_int_equal(occurrences(en, "stroke-dasharray"), 1); /* knowledge */
	assert_int_equal(occurrences(en, "#000"), 0);             /* colours are the page's */
}

static void test_graphs_of_any_shape_are_drawn(void **state)
{
	arena *a = *state;
	buf b = buf_make(a, 1 << 20);
	buf_puts(&b, "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' name='t' "
	             "namespace='t'>");
	/* each requires all before it, and the last two each other */
	for (int i = 0; i < 40; i++) {
		buf_fmt(&b, "<decision id='d%d' name='D %d'>", i, i);
		for (int k = 0; k < i; k++)
			buf_fmt(&b,
			        "<informationRequirement><requiredDecision href='#d%d'/>"
			        "</informationRequirement>",
			        k);
		if (i == 38)
			buf_puts(&b, "<informationRequirement><requiredDecision href='#d39'/>"
			             "</informationRequirement>");
		buf_puts(&b, "<literalExpression><text>1</text></literalExpression></decision>");
	}
	buf_puts(&b, "</definitions>");
	struct diags d = diags_make(a, STR("t"));
	struct dmn *m = dmn_load(a, buf_str(&b), &d);
	assert_non_null(m);
	str svg = dmn_graph_svg(a, m);
	assert_true(is_xml(svg));
	assert_int_equal(occurrences(svg, "role=\"listitem\""), 40);
	assert_int_equal(occurrences(svg, "marker-end"), 40 * 39 / 2 + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(test_a_table_has_its_labels_in_both_languages), UNIT(test_a_model_is_described),
	    UNIT(test_the_graph_says_what_requires_what), UNIT(test_graphs_of_any_shape_are_drawn)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

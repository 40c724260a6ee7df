/*
 * What dmn_check finds before a table runs: gaps, overlaps and unreachable rules in
 * columns of numbers, strings, booleans and dates, unused inputs, and types that cannot
 * fit, each at its line with an example or a hint.
 */
#include "unit.h"

#include "app/tzfiles.h"
#include "engine/dmn/dmn.h"

#include <glob.h>
#include <stdio.h>

#define CELLS_MAX 4
#define RULES_MAX 8

struct sheet {
	const char *policy;
	const char *types[CELLS_MAX];                /* of the columns x0, x1, .. */
	const char *values[CELLS_MAX];               /* input values, or NULL */
	const char *extra;                           /* of the output element */
	const char *rules[RULES_MAX][CELLS_MAX + 1]; /* cells, then the output */
};

static str model(arena *a, const struct sheet *s)
{
	buf b = buf_make(a, 1 << 20);
	buf_puts(&b, "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' name='t' "
	             "namespace='t'>\n");
	for (size_t i = 0; s->types[i]; i++)
		buf_fmt(&b,
		        "<inputData id='i%zu' name='x%zu'><variable name='x%zu' typeRef='%s'/>"
		        "</inputData>\n",
		        i, i, i, s->types[i]);
	buf_puts(&b, "<decision id='d' name='D'><variable name='D'/>\n");
	for (size_t i = 0; s->types[i]; i++)
		buf_fmt(&b,
		        "<informationRequirement><requiredInput href='#i%zu'/></informationRequirement>\n",
		        i);
	buf_fmt(&b, "<decisionTable hitPolicy='%s'>\n", s->policy);
	for (size_t i = 0; s->types[i]; i++) {
		buf_fmt(&b, "<input><inputExpression typeRef='%s'><text>x%zu</text></inputExpression>",
		        s->types[i], i);
		if (s->values[i])
			buf_fmt(&b, "<inputValues><text>%s</text></inputValues>", s->values[i]);
		buf_puts(&b, "</input>\n");
	}
	buf_fmt(&b, "<output>%s</output>\n", s->extra ? s->extra : "");
	for (size_t r = 0; r < RULES_MAX && s->rules[r][0]; r++) {
		buf_fmt(&b, "<rule id='r%zu'>", r + 1);
		for (size_t i = 0; s->types[i]; i++)
			buf_fmt(&b, "<inputEntry><text>%s</text></inputEntry>", s->rules[r][i]);
		size_t last = 0;
		while (s->types[last])
			last++;
		buf_fmt(&b, "<outputEntry><text>%s</text></outputEntry></rule>\n", s->rules[r][last]);
	}
	buf_puts(&b, "</decisionTable></decision></definitions>");
	return buf_str(&b);
}

static str findings(arena *a, str xml)
{
	struct diags d = diags_make(a, STR("t"));
	struct dmn *m = dmn_load(a, xml, &d);
	if (!m)
		print_message("%.*s", STRF(diags_print(a, &d)));
	assert_non_null(m);
	dmn_check(a, m, &d);
	return diags_print(a, &d);
}

/* Everything in `want` is said, and nothing when it is empty. */
static void expect(str said, const char *const *want, const char *what)
{
	bool ok = want[0] || !said.n;
	for (size_t i = 0; want[i]; i++)
		ok &= str_find(said, str_of(want[i])) >= 0;
	if (!ok)
		print_message("%s: %.*s\n", what, STRF(said));
	assert_true(ok);
}

static const struct {
	const char *what;
	struct sheet s;
	const char *want[5];
} sheets[] = {
    {"numbers without a gap",
     {.policy = "UNIQUE",
      .types = {"number"},
      .rules = {{"&lt; 5", "1"}, {"[5..9)", "2"}, {"&gt;= 9", "3"}}},
     {0}},
    {"a hole between numbers",
     {.policy = "UNIQUE",
      .types = {"number"},
      .rules = {{"&lt; 5", "1"}, {"(5..9)", "2"}, {"&gt;= 9", "3"}}},
     {"no rule for x0 = 5 "}},
    {"a hole between whole numbers",
     {.policy = "UNIQUE", .types = {"number"}, .rules = {{"&lt;= 1", "1"}, {"&gt;= 2", "2"}}},
     {"no rule for x0 = 1.5"}},
    {"numbers that overlap",
     {.policy = "UNIQUE", .types = {"number"}, .rules = {{"&lt;= 5", "1"}, {"&gt;= 5", "2"}}},
     {"rules 1 and 2 both match x0 = 5 ", "t:9:1"}},
    {"values that can come",
     {.policy = "UNIQUE",
      .types = {"number"},
      .values = {"[0..10]"},
      .rules = {{"[0..4]", "1"}, {"(4..10]", "2"}}},
     {0}},
    {"strings, all of them listed",
     {.policy = "UNIQUE",
      .types = {"string"},
      .values = {"\"a\",\"b\""},
      .rules = {{"\"a\"", "1"}, {"\"b\"", "2"}}},
     {0}},
    {"a string without a rule",
     {.policy = "UNIQUE",
      .types = {"string"},
      .values = {"\"a\",\"b\",\"c\""},
      .rules = {{"\"a\"", "1"}, {"\"b\"", "2"}}},
     {"no rule for x0 = \"c\""}},
    {"other strings",
     {.policy = "UNIQUE", .types = {"string"}, .rules = {{"\"a\"", "1"}, {"\"b\"", "2"}}},
     {"no rule for x0 = \"(any other)\""}},
    {"not(...) takes the others",
     {.policy = "UNIQUE", .types = {"string"}, .rules = {{"\"a\"", "1"}, {"not(\"a\")", "2"}}},
     {0}},
    {"strings that overlap",
     {.policy = "UNIQUE",
      .types = {"string"},
      .rules = {{"\"a\",\"b\"", "1"}, {"not(\"a\")", "2"}}},
     {"rules 1 and 2 both match x0 = \"b\""}},
    {"both truths",
     {.policy = "UNIQUE", .types = {"boolean"}, .rules = {{"true", "1"}, {"false", "2"}}},
     {0}},
    {"one truth",
     {.policy = "UNIQUE", .types = {"boolean"}, .rules = {{"true", "1"}}},
     {"no rule for x0 = false"}},
    {"days without a gap: there is none between two",
     {.policy = "UNIQUE",
      .types = {"date"},
      .rules = {{"&lt;= date(\"2026-01-31\")", "1"}, {"&gt;= date(\"2026-02-01\")", "2"}}},
     {0}},
    {"a day without a rule",
     {.policy = "UNIQUE",
      .types = {"date"},
      .rules = {{"&lt; @\"2026-01-31\"", "1"}, {"&gt; @\"2026-01-31\"", "2"}}},
     {"no rule for x0 = 2026-01-31"}},
    {"days that overlap",
     {.policy = "UNIQUE",
      .types = {"date"},
      .rules = {{"&lt;= @\"2026-01-31\"", "1"}, {"&gt;= @\"2026-01-30\"", "2"}}},
     {"both match x0 = 2026-01-30"}},
    {"two columns, a corner left out",
     {.policy = "UNIQUE",
      .types = {"number", "boolean"},
      .rules = {{"&lt; 5", "-", "1"}, {"&gt;= 5", "true", "2"}}},
     {"no rule for x0 = 5, x1 = false"}},
    {"three columns, whole",
     {.policy = "UNIQUE",
      .types = {"string", "number", "boolean"},
      .values = {"\"a\",\"b\""},
      .rules = {{"\"a\"", "-", "-", "1"},
                {"\"b\"", "&lt; 10", "true", "2"},
                {"\"b\"", "&gt;= 10", "true", "3"},
                {"\"b\"", "-", "false", "4"}}},
     {0}},
    {"a default fills the gaps",
     {.policy = "UNIQUE",
      .types = {"number"},
      .extra = "<defaultOutputEntry><text>0</text></defaultOutputEntry>",
      .rules = {{"&lt; 5", "1"}}},
     {0}},
    {"collecting needs no rule",
     {.policy = "COLLECT", .types = {"number"}, .rules = {{"&lt; 5", "1"}, {"&lt; 3", "2"}}},
     {0}},
    {"a rule behind another that takes all",
     {.policy = "FIRST",
      .types = {"number"},
      .rules = {{"&lt; 5", "1"}, {"-", "2"}, {"&gt; 7", "3"}}},
     {"rule 3 never decides", "t:10:1"}},
    {"a cell that no allowed value passes",
     {.policy = "UNIQUE",
      .types = {"string"},
      .values = {"\"a\",\"b\""},
      .rules = {{"\"a\"", "1"}, {"\"b\"", "2"}, {"\"c\"", "3"}}},
     {"rule 3 never decides"}},
    {"any, and they agree",
     {.policy = "ANY", .types = {"number"}, .rules = {{"&lt;= 5", "1"}, {"&gt;= 5", "1"}}},
     {0}},
    {"any, and they differ",
     {.policy = "ANY", .types = {"number"}, .rules = {{"&lt;= 5", "1"}, {"&gt;= 5", "2"}}},
     {"rules 1 and 2 both match x0 = 5, and differ"}},
    {"three that overlap, pair by pair",
     {.policy = "UNIQUE",
      .types = {"number"},
      .rules = {{"&lt; 10", "1"}, {"&lt; 20", "2"}, {"&lt; 30", "3"}, {"&gt;= 30", "4"}}},
     {"rules 1 and 2 both match x0 = 9", "rules 1 and 3 both match x0 = 9",
      "rules 2 and 3 both match x0 = 10"}},
    {"null has a rule of its own",
     {.policy = "UNIQUE",
      .types = {"number"},
      .rules = {{"null", "0"}, {"&lt; 10", "1"}, {"&gt;= 10", "2"}}},
     {0}},
    {"null in one column, a gap in the other",
     {.policy = "UNIQUE",
      .types = {"number", "boolean"},
      .rules = {{"null", "true", "0"}, {"&lt; 10", "-", "1"}, {"&gt;= 10", "-", "2"}}},
     {"no rule for x0 = null, x1 = false"}},
    {"more gaps than are told",
     {.policy = "UNIQUE",
      .types = {"number"},
      .rules = {{"0", "0"}, {"10", "1"}, {"20", "2"}, {"30", "3"}, {"40", "4"}, {"50", "5"}}},
     {"there are more gaps or overlaps"}},
    {"a rule of lower priority everywhere",
     {.policy = "PRIORITY",
      .types = {"number"},
      .extra = "<outputValues><text>\"hi\",\"lo\"</text></outputValues>",
      .rules = {{"-", "\"hi\""}, {"&lt; 5", "\"lo\""}}},
     {"rule 2 never decides"}},
    {"cells that compute may match",
     {.policy = "UNIQUE",
      .types = {"number", "number"},
      .rules = {{"&lt; x1", "-", "1"}, {"&gt;= x1", "-", "2"}}},
     {"no rule asks for 'x1'"}},
    {"a column nobody asks for",
     {.policy = "UNIQUE",
      .types = {"number", "string"},
      .rules = {{"&lt; 5", "-", "1"}, {"&gt;= 5", "-", "2"}}},
     {"no rule asks for 'x1'"}},
};

/* A text in a column of numbers: that is told, and no rule called useless for it. */
static void test_cells_of_several_kinds_are_not_searched(void **state)
{
	arena *a = *state;
	static const struct sheet s = {
	    .policy = "UNIQUE", .types = {"number"}, .rules = {{"\"a\"", "1"}, {"&gt; 5", "2"}}};
	str said = findings(a, model(a, &s));
	assert_true(str_find(said, STR("holds a string, the column 'x0' a number")) >= 0);
	assert_true(str_find(said, STR("cells of several kinds")) >= 0);
	assert_true(str_find(said, STR("never decides")) < 0);
}

static void test_gaps_and_overlaps(void **state)
{
	arena *a = *state;
	for (size_t i = 0; i < sizeof sheets / sizeof *sheets; i++)
		expect(findings(a, model(a, &sheets[i].s)), sheets[i].want, sheets[i].what);
}

static void test_types_that_cannot_fit(void **state)
{
	arena *a = *state;
	static const char frame[] =
	    "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' name='t' "
	    "namespace='t'>\n"
	    "<itemDefinition name='tPerson'><itemComponent name='age'><typeRef>number</typeRef>"
	    "</itemComponent><itemComponent name='name'><typeRef>string</typeRef></itemComponent>"
	    "</itemDefinition>\n"
	    "<inputData id='i' name='person'><variable name='person' typeRef='tPerson'/></inputData>\n"
	    "<inputData id='j' name='area'><variable name='area' typeRef='number'/></inputData>\n"
	    "<businessKnowledgeModel id='k' name='twice'><variable name='twice'/><encapsulatedLogic>"
	    "<formalParameter name='n' typeRef='number'/><literalExpression><text>n * 2</text>"
	    "</literalExpression></encapsulatedLogic></businessKnowledgeModel>\n"
	    "<decision id='d' name='D'><variable name='D' typeRef='number'/><informationRequirement>"
	    "<requiredInput href='#i'/></informationRequirement><informationRequirement>"
	    "<requiredInput href='#j'/></informationRequirement><knowledgeRequirement>"
	    "<requiredKnowledge href='#k'/></knowledgeRequirement>\n"
	    "<literalExpression><text>area + twice(person.age) + 0 * (%s)</text></literalExpression>"
	    "</decision></definitions>";
	static const char *const rows[][4] = {
	    {"1", NULL},
	    {"count([person.name])", NULL},
	    {"person.age + person.name", "t:7:58: warning: 'D': number + string has no meaning",
	     "hint: string(...)", NULL},
	    {"person.agee", "tPerson has no 'agee'", "did you mean 'age'?", NULL},
	    {"aera", "nothing here is called 'aera'", "did you mean 'area'", NULL},
	    {"if person.name then 1 else 2", "the condition of 'if' is a string", NULL},
	    {"if person.name = 5 then 1 else 2", "a string is compared with a number", NULL},
	    {"string length(area)", "string length does not take a number",
	     "hint: string length(string)", NULL},
	    {"substring(person.name)", "the arguments do not fit substring",
	     "substring(string,start position,length)", NULL},
	    {"twice(person.name)", "'n' of 'twice' is a number, not a string", NULL},
	    {"twice(1, 2)", "'twice' takes 1 arguments, not 2", NULL},
	    {"count([1, 2][item = \"a\"])", "a number is compared with a string", NULL},
	    {"sum(for x in [1, 2] return x + \"a\")", "number + string has no meaning", NULL},
	    {"date(\"2026-01-01\").yeer", "", NULL},
	    {"if area in [\"a\"..\"b\"] then 1 else 2", "a number is compared with a string", NULL},
	    {"{a: \"x\", b: a * 2}.b", "string * number has no meaning", NULL},
	    {"(function(s: string) s * 2)(\"a\")", "string * number has no meaning", NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf b = buf_make(a, 1 << 16);
		str f = str_of(frame);
		ptrdiff_t mark = str_find(f, STR("%s"));
		buf_put(&b, str_sub(f, 0, (size_t)mark));
		buf_puts(&b, rows[i][0]);
		buf_put(&b, str_sub(f, (size_t)mark + 2, f.n));
		expect(findings(a, buf_str(&b)), rows[i] + 1, rows[i][0]);
	}
}

static void test_results_and_cells_of_the_wrong_type(void **state)
{
	arena *a = *state;
	static const struct sheet cell = {
	    .policy = "FIRST", .types = {"number"}, .rules = {{"\"a\"", "1"}, {"-", "2"}}};
	static const struct sheet bare = {
	    .policy = "FIRST", .types = {"string"}, .rules = {{"5", "1"}, {"-", "2"}}};
	static const char *const want_cell[] = {
	    "t:8:33: warning: 'D': the cell \"a\" holds a string, the column 'x0' a number", NULL};
	static const char *const want_bare[] = {"the cell 5 holds a number", "double quotes", NULL};
	expect(findings(a, model(a, &cell)), want_cell, "cell");
	expect(findings(a, model(a, &bare)), want_bare, "bare");
	str said = findings(
	    a, STR("<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' name='t' "
	           "namespace='t'><inputData id='i' name='idle'/><inputData id='j' name='asked'/>"
	           "<decision id='d' name='D'><variable name='D' typeRef='number'/>"
	           "<informationRequirement><requiredInput href='#j'/></informationRequirement>"
	           "<literalExpression><text>\"text\"</text></literalExpression></decision>"
	           "</definitions>"));
	static const char *const want_result[] = {"the result is a string, not a number",
	                                          "requires 'asked' and does not use it",
	                                          "nothing requires the input 'idle'", NULL};
	expect(said, want_result, "result");
}

static void test_syntax_is_told_with_a_hint(void **state)
{
	arena *a = *state;
	static const char *const rows[][2] = {{"1 == 2", "single ="},
	                                      {"a &amp;&amp; b", "writes 'and'"},
	                                      {"'text'", "double quotes"},
	                                      {"5 % 2", "modulo"},
	                                      {"[1; 2]", "commas"},
	                                      {"1 +", "still to come"},
	                                      {"1 2", "an operator is missing"},
	                                      {"\"abc", "close it with a double quote"},
	                                      {"if x else y", "if CONDITION then"},
	                                      {"x instance of nothing", "an item definition's name"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct diags d = diags_make(a, STR("t"));
		str xml = str_fmt(a,
		                  "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' "
		                  "name='t' namespace='t'><decision id='d' name='D'><literalExpression>"
		                  "<text>%s</text></literalExpression></decision></definitions>",
		                  rows[i][0]);
		assert_null(dmn_load(a, xml, &d));
		str said = diags_print(a, &d);
		if (str_find(said, str_of(rows[i][1])) < 0)
			print_message("%s: %.*s\n", rows[i][0], STRF(said));
		assert_true(str_find(said, str_of(rows[i][1])) >= 0);
		assert_true(str_starts(said, STR("t:1:")));
	}
}

static void test_a_large_table_is_searched(void **state)
{
	arena *a = *state;
	enum { RULES = 3000, HOLE = 1234 };
	buf b = buf_make(a, (size_t)64 * 1024 * 1024);
	buf_puts(&b, "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' name='t' "
	             "namespace='t'><inputData id='i' name='x'><variable name='x' typeRef='number'/>"
	             "</inputData><decision id='d' name='D'><variable name='D'/>"
	             "<informationRequirement><requiredInput href='#i'/></informationRequirement>"
	             "<decisionTable><input><inputExpression typeRef='number'><text>x</text>"
	             "</inputExpression><inputValues><text>[0..30000)</text></inputValues></input>"
	             "<output/>");
	for (int r = 0; r < RULES; r++)
		if (r != HOLE)
			buf_fmt(&b,
			        "<rule><inputEntry><text>[%d..%d)</text></inputEntry><outputEntry>"
			        "<text>%d</text></outputEntry></rule>",
			        r * 10, r * 10 + 10, r);
	buf_puts(&b, "</decisionTable></decision></definitions>");
	str said = findings(a, buf_str(&b));
	static const char *const want[] = {"no rule for x = 12340 ", NULL};
	expect(said, want, "3000 rules");
	assert_true(str_find(said, STR("unchecked")) < 0);
}

static void test_the_tables_of_the_pack_are_clean(void **state)
{
	arena *a = *state;
	glob_t g;
	assert_int_equal(glob("packs/*/decisions/*/*.dmn", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		str xml;
		assert_true(file_slurp(a, g.gl_pathv[i], (size_t)1 << 24, &xml));
		static const char *const nothing[] = {NULL};
		expect(findings(a, xml), nothing, g.gl_pathv[i]);
	}
	assert_true(g.gl_pathc >= 5);
	globfree(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(test_cells_of_several_kinds_are_not_searched),
	                                   UNIT(test_gaps_and_overlaps),
	                                   UNIT(test_types_that_cannot_fit),
	                                   UNIT(test_results_and_cells_of_the_wrong_type),
	                                   UNIT(test_syntax_is_told_with_a_hint),
	                                   UNIT(test_a_large_table_is_searched),
	                                   UNIT(test_the_tables_of_the_pack_are_clean)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Every hit policy and aggregator against every edge: tables without rules, no match,
 * a null input, one match, several that agree or differ, defaults, priorities whose
 * list leaves values out, results that have no order or no sum.
 */
#include "unit.h"

#include "engine/dmn/dmn.h"

#include <stdio.h>

enum { POLICIES = 11, RULES_MAX = 4 };

static const char *const policies[POLICIES][2] = {
    {"UNIQUE", ""},       {"ANY", ""},          {"PRIORITY", ""},   {"FIRST", ""},
    {"RULE ORDER", ""},   {"OUTPUT ORDER", ""}, {"COLLECT", ""},    {"COLLECT", "SUM"},
    {"COLLECT", "COUNT"}, {"COLLECT", "MIN"},   {"COLLECT", "MAX"},
};

/* Rules are pairs of cell and output. */
static const char *const none[RULES_MAX][2] = {{0}};
static const char *const steps[RULES_MAX][2] = {
    {"&gt;= 1", "10"}, {"&gt;= 5", "30"}, {"&gt;= 5", "20"}, {"&gt;= 9", "20"}};
static const char *const equal[RULES_MAX][2] = {{"-", "7"}, {"&gt;= 5", "7.0"}};
static const char *const texts[RULES_MAX][2] = {
    {"-", "\"b\""}, {"&gt;= 5", "\"a\""}, {"&gt;= 9", "\"zz\""}};
static const char *const nulls[RULES_MAX][2] = {{"-", "null"}, {"&gt;= 5", "3"}};
static const char *const mixed[RULES_MAX][2] = {{"-", "1"}, {"&gt;= 5", "\"a\""}};
static const char *const truth[RULES_MAX][2] = {{"-", "true"}};
static const char *const days[RULES_MAX][2] = {{"-", "@\"P1D\""}, {"&gt;= 5", "@\"P2D\""}};
static const char *const dates[RULES_MAX][2] = {{"-", "@\"2026-01-02\""},
                                                {"&gt;= 5", "@\"2026-01-01\""}};

#define NOTHING                                                                                    \
	{                                                                                              \
		"null", "null", "null", "null", "null", "null", "[]", "null", "0", "null", "null"          \
	}
#define ALWAYS(x)                                                                                  \
	{                                                                                              \
		x, x, x, x, x, x, x, x, x, x, x                                                            \
	}

static const struct edge {
	const char *what;
	const char *const (*rules)[2];
	const char *x, *order, *otherwise;
	const char *want[POLICIES]; /* in the order of `policies` */
} edges[] = {
    {"no rules", none, "5", "", "", NOTHING},
    {"no rules, a default", none, "5", "", "99", ALWAYS("99")},
    {"no match", steps, "0", "", "", NOTHING},
    {"no match, a default", steps, "0", "", "99", ALWAYS("99")},
    {"null input", steps, "null", "", "", NOTHING},
    {"null input, a default", steps, "null", "", "99", ALWAYS("99")},
    {"null input meets a dash",
     equal,
     "null",
     "",
     "",
     {"7", "7", "7", "7", "[7]", "[7]", "[7]", "7", "1", "7", "7"}},
    {"an input of the wrong type", steps, "\"a\"", "", "", NOTHING},
    {"one match",
     steps,
     "2",
     "",
     "",
     {"10", "10", "10", "10", "[10]", "[10]", "[10]", "10", "1", "10", "10"}},
    {"a match makes the default idle",
     steps,
     "2",
     "",
     "99",
     {"10", "10", "10", "10", "[10]", "[10]", "[10]", "10", "1", "10", "10"}},
    {"matches that agree",
     equal,
     "6",
     "",
     "",
     {"null", "7", "7", "7", "[7,7.0]", "[7,7.0]", "[7,7.0]", "14.0", "2", "7", "7"}},
    {"matches that differ, ordered",
     steps,
     "6",
     "30, 20, 10",
     "",
     {"null", "null", "30", "10", "[10,30,20]", "[30,20,10]", "[10,30,20]", "60", "3", "10", "30"}},
    {"all match, a default",
     steps,
     "9",
     "30, 20, 10",
     "99",
     {"null", "null", "30", "10", "[10,30,20,20]", "[30,20,20,10]", "[10,30,20,20]", "80", "4",
      "10", "30"}},
    {"values missing from the order come last",
     steps,
     "6",
     "20",
     "",
     {"null", "null", "20", "10", "[10,30,20]", "[20,10,30]", "[10,30,20]", "60", "3", "10", "30"}},
    {"none of the values is in the order",
     steps,
     "6",
     "1, 2",
     "",
     {"null", "null", "10", "10", "[10,30,20]", "[10,30,20]", "[10,30,20]", "60", "3", "10", "30"}},
    {"no order at all",
     steps,
     "6",
     "",
     "",
     {"null", "null", "10", "10", "[10,30,20]", "[10,30,20]", "[10,30,20]", "60", "3", "10", "30"}},
    {"strings",
     texts,
     "9",
     "\"a\", \"b\"",
     "",
     {"null", "null", "\"a\"", "\"b\"", "[\"b\",\"a\",\"zz\"]", "[\"a\",\"b\",\"zz\"]",
      "[\"b\",\"a\",\"zz\"]", "null", "3", "\"a\"", "\"zz\""}},
    {"one string has no sum",
     texts,
     "1",
     "",
     "",
     {"\"b\"", "\"b\"", "\"b\"", "\"b\"", "[\"b\"]", "[\"b\"]", "[\"b\"]", "null", "1", "\"b\"",
      "\"b\""}},
    {"a result that is null",
     nulls,
     "6",
     "",
     "",
     {"null", "null", "null", "null", "[null,3]", "[null,3]", "[null,3]", "null", "2", "null",
      "null"}},
    {"results of two types",
     mixed,
     "6",
     "",
     "",
     {"null", "null", "1", "1", "[1,\"a\"]", "[1,\"a\"]", "[1,\"a\"]", "null", "2", "null",
      "null"}},
    {"a boolean has no order",
     truth,
     "6",
     "",
     "",
     {"true", "true", "true", "true", "[true]", "[true]", "[true]", "null", "1", "null", "null"}},
    {"durations",
     days,
     "6",
     "",
     "",
     {"null", "null", "\"P1D\"", "\"P1D\"", "[\"P1D\",\"P2D\"]", "[\"P1D\",\"P2D\"]",
      "[\"P1D\",\"P2D\"]", "\"P3D\"", "2", "\"P1D\"", "\"P2D\""}},
    {"dates",
     dates,
     "6",
     "",
     "",
     {"null", "null", "\"2026-01-02\"", "\"2026-01-02\"", "[\"2026-01-02\",\"2026-01-01\"]",
      "[\"2026-01-02\",\"2026-01-01\"]", "[\"2026-01-02\",\"2026-01-01\"]", "null", "2",
      "\"2026-01-01\"", "\"2026-01-02\""}},
};

static str model(arena *a, const char *const policy[2], const struct edge *e)
{
	buf b = buf_make(a, 1 << 16);
	buf_fmt(&b,
	        "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' name='t' "
	        "namespace='t'><inputData id='i' name='x'><variable name='x' typeRef='number'/>"
	        "</inputData><decision id='d' name='D'><variable name='D'/><informationRequirement>"
	        "<requiredInput href='#i'/></informationRequirement><decisionTable hitPolicy='%s'",
	        policy[0]);
	if (*policy[1])
		buf_fmt(&b, " aggregation='%s'", policy[1]);
	buf_puts(&b, "><input><inputExpression typeRef='number'><text>x</text></inputExpression>"
	             "</input><output>");
	if (*e->order)
		buf_fmt(&b, "<outputValues><text>%s</text></outputValues>", e->order);
	if (*e->otherwise)
		buf_fmt(&b, "<defaultOutputEntry><text>%s</text></defaultOutputEntry>", e->otherwise);
	buf_puts(&b, "</output>");
	for (size_t i = 0; i < RULES_MAX && e->rules[i][0]; i++)
		buf_fmt(&b,
		        "<rule><inputEntry><text>%s</text></inputEntry><outputEntry><text>%s</text>"
		        "</outputEntry></rule>",
		        e->rules[i][0], e->rules[i][1]);
	buf_puts(&b, "</decisionTable></decision></definitions>");
	return buf_str(&b);
}

/* proves: CORE-04 */
static void test_every_policy_at_every_edge(void **state)
{
	arena *a = *state;
	size_t bad = 0, n = 0;
	for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
		for (size_t p = 0; p < POLICIES; p++, n++) {
			const struct edge *e = &edges[i];
			struct diags d = diags_make(a, STR("t.dmn"));
			struct dmn *m = dmn_load(a, model(a, policies[p], e), &d);
			struct dmn_run run = dmn_run_make(a);
			json *out = NULL, *in = json_parse(a, str_fmt(a, "{\"x\": %s}", e->x), NULL);
			assert_non_null(m);
			assert_int_equal(dmn_eval(m, STR("D"), in, &run, &out), OK);
			str got = json_print(a, out);
			/* a null that no rule wrote must say why */
			bool silent = str_eq(got, STR("null")) && run.diags.count == 0 && e->rules != nulls;
			if (!str_eq(got, str_of(e->want[p])) || silent) {
				print_message("%s: %s %s gives %.*s%s, expected %s\n", e->what, policies[p][0],
				              policies[p][1], STRF(got), silent ? " without a reason" : "",
				              e->want[p]);
				bad++;
			}
		}
	}
	print_message("%zu combinations\n", n);
	assert_int_equal(bad, 0);
}

/* Two inputs, two outputs; the second output decides where the first leaves a tie. */
static const char two[] =
    "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' name='t' namespace='t'>"
    "<inputData id='i' name='x'><variable name='x' typeRef='number'/></inputData>"
    "<decision id='d' name='D'><variable name='D'/><informationRequirement>"
    "<requiredInput href='#i'/></informationRequirement><decisionTable hitPolicy='%s'>"
    "<input><inputExpression typeRef='number'><text>x</text></inputExpression>"
    "<inputValues><text>[0..100]</text></inputValues></input>"
    "<input><inputExpression><text>x * 2</text></inputExpression></input>"
    "<output name='level' typeRef='string'><outputValues><text>\"high\", \"low\"</text>"
    "</outputValues><defaultOutputEntry><text>\"none\"</text></defaultOutputEntry></output>"
    "<output name='fee' typeRef='number'><outputValues><text>3, 2, 1</text></outputValues></output>"
    "<rule><inputEntry><text>&lt; 50</text></inputEntry><inputEntry><text>-</text></inputEntry>"
    "<outputEntry><text>\"low\"</text></outputEntry><outputEntry><text>1</text></outputEntry>"
    "</rule><rule><inputEntry><text>&lt; 40</text></inputEntry><inputEntry><text>&lt; 60</text>"
    "</inputEntry><outputEntry><text>\"high\"</text></outputEntry><outputEntry><text>2</text>"
    "</outputEntry></rule><rule><inputEntry><text>&lt; 20</text></inputEntry><inputEntry>"
    "<text>not(0)</text></inputEntry><outputEntry><text>\"high\"</text></outputEntry>"
    "<outputEntry><text>? + 2</text></outputEntry></rule></decisionTable></decision>"
    "</definitions>";

static void test_tables_of_two_outputs(void **state)
{
	arena *a = *state;
	static const char *const rows[][3] = {
	    {"PRIORITY", "30", "{\"level\":\"low\",\"fee\":1}"},
	    {"PRIORITY", "25", "{\"level\":\"high\",\"fee\":2}"},
	    {"FIRST", "25", "{\"level\":\"low\",\"fee\":1}"},
	    {"OUTPUT ORDER", "25", "[{\"level\":\"high\",\"fee\":2},{\"level\":\"low\",\"fee\":1}]"},
	    {"RULE ORDER", "25", "[{\"level\":\"low\",\"fee\":1},{\"level\":\"high\",\"fee\":2}]"},
	    {"UNIQUE", "45", "{\"level\":\"low\",\"fee\":1}"},
	    {"UNIQUE", "60", "{\"level\":\"none\",\"fee\":null}"}, /* the one default there is */
	    {"UNIQUE", "101", "null"},                             /* not an input value */
	    {"ANY", "25", "null"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct diags d = diags_make(a, STR("t.dmn"));
		buf b = buf_make(a, 1 << 16);
		ptrdiff_t mark = str_find(str_of(two), STR("%s"));
		buf_put(&b, str_sub(str_of(two), 0, (size_t)mark));
		buf_puts(&b, rows[i][0]);
		buf_put(&b, str_sub(str_of(two), (size_t)mark + 2, sizeof two - 1));
		struct dmn *m = dmn_load(a, buf_str(&b), &d);
		struct dmn_run run = dmn_run_make(a);
		json *out = NULL, *in = json_parse(a, str_fmt(a, "{\"x\": %s}", rows[i][1]), NULL);
		assert_non_null(m);
		assert_int_equal(dmn_eval(m, STR("D"), in, &run, &out), OK);
		if (!str_eq(json_print(a, out), str_of(rows[i][2])))
			print_message("%s x=%s: %.*s\n", rows[i][0], rows[i][1], STRF(json_print(a, out)));
		assert_true(str_eq(json_print(a, out), str_of(rows[i][2])));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(test_every_policy_at_every_edge),
	                                   UNIT(test_tables_of_two_outputs)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

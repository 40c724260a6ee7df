#include "unit.h"

#include "engine/dmn/dmn.h"

#include <stdio.h>

/* A table with one numeric input "x", one output, and the given policy; rules are
 * pairs of cell and output. */
static str table_model(arena *a, const char *policy, const char *extra, const char *values,
                       const char *const rules[][2], size_t n)
{
	buf b = buf_make(a, 1 << 24);
	buf_fmt(&b,
	        "<definitions xmlns='http://www.omg.org/spec/DMN/20191111/MODEL/' name='t' "
	        "namespace='t'><inputData id='i' name='x'><variable name='x' typeRef='number'/>"
	        "</inputData><decision id='d' name='D'><variable name='D'/><informationRequirement>"
	        "<requiredInput href='#i'/></informationRequirement><decisionTable hitPolicy='%s' %s>"
	        "<input><inputExpression typeRef='number'><text>x</text></inputExpression></input>"
	        "<output>%s</output>",
	        policy, extra, values);
	for (size_t i = 0; i < n; i++)
		buf_fmt(&b,
		        "<rule id='r%zu'><inputEntry><text>%s</text></inputEntry><outputEntry><text>%s"
		        "</text></outputEntry></rule>",
		        i + 1, rules[i][0], rules[i][1]);
	buf_puts(&b, "</decisionTable></decision></definitions>");
	assert_false(b.over);
	return buf_str(&b);
}

static str decide(arena *a, str xml, const char *inputs, struct dmn_run *run)
{
	struct diags d = diags_make(a, STR("t.dmn"));
	struct dmn *m = dmn_load(a, xml, &d);
	if (!m)
		print_message("%.*s", STRF(diags_print(a, &d)));
	assert_non_null(m);
	json *out = NULL;
	*run = dmn_run_make(a);
	run->trace = true;
	assert_int_equal(dmn_eval(m, STR("D"), json_parse(a, str_of(inputs), NULL), run, &out), OK);
	return json_print(a, out);
}

static const char *const overlapping[][2] = {
    {"&gt;= 1", "10"}, {"&gt;= 5", "30"}, {"&gt;= 5", "20"}, {"&gt;= 9", "20"}};

static void test_hit_policies(void **state)
{
	arena *a = *state;
	static const char order[] = "<outputValues><text>30, 20, 10</text></outputValues>";
	static const struct {
		const char *policy, *extra, *values, *x, *want;
	} rows[] = {
	    {"UNIQUE", "", "", "2", "10"},
	    {"UNIQUE", "", "", "6", "null"},
	    {"UNIQUE", "", "", "0", "null"},
	    {"ANY", "", "", "2", "10"},
	    {"ANY", "", "", "6", "null"},
	    {"FIRST", "", "", "9", "10"},
	    {"PRIORITY", "", order, "9", "30"},
	    {"PRIORITY", "", order, "2", "10"},
	    {"RULE ORDER", "", "", "9", "[10,30,20,20]"},
	    {"OUTPUT ORDER", "", order, "9", "[30,20,20,10]"},
	    {"COLLECT", "", "", "6", "[10,30,20]"},
	    {"COLLECT", "", "", "0", "[]"},
	    {"COLLECT", "aggregation='SUM'", "", "6", "60"},
	    {"COLLECT", "aggregation='COUNT'", "", "9", "4"},
	    {"COLLECT", "aggregation='COUNT'", "", "0", "0"},
	    {"COLLECT", "aggregation='MIN'", "", "9", "10"},
	    {"COLLECT", "aggregation='MAX'", "", "9", "30"},
	    {"COLLECT", "aggregation='SUM'", "", "0", "null"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dmn_run run;
		str xml = table_model(a, rows[i].policy, rows[i].extra, rows[i].values, overlapping, 4);
		str inputs = str_fmt(a, "{\"x\": %s}", rows[i].x);
		str got = decide(a, xml, str_c(a, inputs), &run);
		if (!str_eq(got, str_of(rows[i].want)))
			print_message("%s %s x=%s: %.*s\n", rows[i].policy, rows[i].extra, rows[i].x,
			              STRF(got));
		assert_true(str_eq(got, str_of(rows[i].want)));
		if (str_eq(got, STR("null")))
			assert_true(run.diags.count > 0);
	}
}

/* proves: CORE-04 */
static void test_trace_names_the_rules(void **state)
{
	arena *a = *state;
	struct dmn_run run;
	decide(a, table_model(a, "COLLECT", "", "", overlapping, 4), "{\"x\": 6}", &run);
	const json *t = json_at(run.trace_out, 0);
	assert_str(json_str(t, "table"), "D");
	const json *rules = json_get(t, "rules");
	assert_int_equal(rules->count, 3);
	assert_str(json_str(json_at(rules, 1), "id"), "r2");
	assert_str(json_text(json_path(json_at(json_get(t, "inputs"), 0), "value")), "6");
	assert_str(json_str(json_at(run.trace_out, 1), "decision"), "D");
}

static void test_an_indexed_table_answers_alike(void **state)
{
	arena *a = *state;
	enum { RULES = 3000 };
	const char *(*rules)[2] = (const char *(*)[2])NEWN(a, const char *, 2 * RULES);
	for (int i = 0; i < RULES; i++) {
		rules[i][0] = i == RULES - 1 ? "-" : str_c(a, str_fmt(a, "%d", i));
		rules[i][1] = str_c(a, str_fmt(a, "%d", i * 2));
	}
	struct dmn_run run;
	str xml = table_model(a, "FIRST", "", "", (const char *const(*)[2])rules, RULES);
	assert_str(decide(a, xml, "{\"x\": 1234.0}", &run), "2468");
	assert_str(decide(a, xml, "{\"x\": 99999}", &run), "5998");
	xml = table_model(a, "COLLECT", "", "", (const char *const(*)[2])rules, RULES);
	assert_str(decide(a, xml, "{\"x\": 7}", &run), "[14,5998]");
}

static void test_check_finds_gap_and_overlap(void **state)
{
	arena *a = *state;
	static const char *const rules[][2] = {{"[1..5]", "1"}, {"[5..9)", "2"}, {"[2..3]", "3"}};
	struct diags d = diags_make(a, STR("t.dmn"));
	struct dmn *m = dmn_load(a, table_model(a, "UNIQUE", "", "", rules, 3), &d);
	assert_non_null(m);
	dmn_check(a, m, &d);
	str text = diags_print(a, &d);
	assert_true(str_find(text, STR("no rule for x = 0")) >= 0);
	assert_true(str_find(text, STR("rules 1 and 2 both match x = 5")) >= 0);
	assert_true(str_find(text, STR("no rule for x = 9")) >= 0);
	struct diags clean = diags_make(a, STR("t.dmn"));
	static const char *const whole[][2] = {{"&lt; 5", "1"}, {"&gt;= 5", "2"}};
	dmn_check(a, dmn_load(a, table_model(a, "UNIQUE", "", "", whole, 2), &clean), &clean);
	assert_int_equal(clean.count, 0);
}

static void test_bad_models_are_refused(void **state)
{
	arena *a = *state;
	static const char *const bad[] = {
	    "", "<a/>", "<definitions", "<!DOCTYPE d [<!ENTITY e 'x'>]><definitions/>",
	    "<definitions xmlns='http://www.omg.org/spec/DMN/20191111/MODEL/'><decision name='D'>"
	    "<literalExpression><text>1 +</text></literalExpression></decision></definitions>"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct diags d = diags_make(a, STR("bad.dmn"));
		assert_null(dmn_load(a, str_of(bad[i]), &d));
		assert_true(d.errors > 0);
	}
}

static void test_versions_by_date(void **state)
{
	(void)state;
	const struct dmn_version v[] = {{0, 100}, {100, 200}, {200, INT64_MAX}};
	assert_int_equal(dmn_version_at(v, 3, 99), 0);
	assert_int_equal(dmn_version_at(v, 3, 100), 1);
	assert_int_equal(dmn_version_at(v, 3, 5000), 2);
	assert_int_equal(dmn_version_at(v, 3, -1), -1);
}

/* Two versions of a fee: each case has that of its day, also when looked at again. */
/* proves: CORE-04 */
static void test_a_case_keeps_the_version_of_its_day(void **state)
{
	arena *a = *state;
	static const char *const old[][2] = {{"&lt; 5", "10"}, {"&gt;= 5", "20"}};
	static const char *const new[][2] = {{"&lt; 5", "11"}, {"&gt;= 5", "22"}};
	const struct dmn_version v[] = {{0, 100}, {100, INT64_MAX}};
	str model[2] = {table_model(a, "UNIQUE", "", "", old, 2),
	                table_model(a, "UNIQUE", "", "", new, 2)};
	static const struct {
		int64_t day;
		const char *want;
	} cases[] = {{99, "20"}, {100, "22"}, {5000, "22"}, {0, "20"}, {99, "20"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dmn_run run;
		ptrdiff_t at = dmn_version_at(v, 2, cases[i].day);
		assert_true(at >= 0);
		assert_str(decide(a, model[at], "{\"x\": 7}", &run), cases[i].want);
	}
	/* a gap between two versions is no version; of two that overlap the later holds */
	const struct dmn_version odd[] = {{0, 50}, {60, 100}, {80, INT64_MAX}};
	assert_int_equal(dmn_version_at(odd, 3, 55), -1);
	assert_int_equal(dmn_version_at(odd, 3, 90), 2);
	assert_int_equal(dmn_version_at(odd, 0, 90), -1);
}

/* Models of some tools have no requirements: names come from the inputs. */
/* proves: CORE-04 */
static void test_names_without_requirements_come_from_the_inputs(void **state)
{
	arena *a = *state;
	struct diags d = diags_make(a, STR("t.dmn"));
	struct dmn *m = dmn_load(
	    a,
	    STR("<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' "
	        "xmlns:camunda='http://camunda.org/schema/1.0/dmn' name='t' namespace='t' "
	        "camunda:diagramRelationId='x'><decision id='D' name='Dish' "
	        "camunda:historyTimeToLive='180'><decisionTable id='t'><input id='i' label='Season' "
	        "camunda:inputVariable='cellInput'><inputExpression id='e' typeRef='string'>"
	        "<text>season</text></inputExpression></input><output id='o' name='dish' "
	        "typeRef='string'/><rule id='r'><inputEntry id='c'><text>\"Winter\"</text></inputEntry>"
	        "<outputEntry id='p'><text>\"Soup for \" + string(guests)</text></outputEntry></rule>"
	        "</decisionTable></decision></definitions>"),
	    &d);
	assert_non_null(m);
	struct dmn_run run = dmn_run_make(a);
	json *out = NULL;
	assert_int_equal(dmn_eval(m, STR("Dish"),
	                          json_parse(a, STR("{\"season\": \"Winter\", \"guests\": 4}"), NULL),
	                          &run, &out),
	                 OK);
	assert_str(json_text(out), "Soup for 4");
	run = dmn_run_make(a);
	assert_int_equal(dmn_eval(m, STR("Dish"), json_parse(a, STR("{}"), NULL), &run, &out), OK);
	assert_true(json_is(out, JSON_NULL) && run.diags.count > 0);
	dmn_check(a, m, &d);
	assert_true(str_find(diags_print(a, &d), STR("nothing here is called 'season'")) >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(test_hit_policies),
	                                   UNIT(test_trace_names_the_rules),
	                                   UNIT(test_an_indexed_table_answers_alike),
	                                   UNIT(test_check_finds_gap_and_overlap),
	                                   UNIT(test_bad_models_are_refused),
	                                   UNIT(test_versions_by_date),
	                                   UNIT(test_a_case_keeps_the_version_of_its_day),
	                                   UNIT(test_names_without_requirements_come_from_the_inputs)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

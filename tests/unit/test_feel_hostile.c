/*
 * Expressions and models made to hurt: each must end, soon and within its budget, with
 * a result, a refusal that says why, or ERR_budget.
 */
#include "unit.h"

#include "engine/dmn/dmn.h"

#include <stdio.h>
#include <time.h>

#define SECONDS_MAX 5 /* for one of them; sanitizers included */

static str repeated(arena *a, const char *before, const char *part, size_t n, const char *middle,
                    const char *close, size_t closes, const char *after)
{
	buf b = buf_make(a, (size_t)32 * 1024 * 1024);
	buf_puts(&b, before);
	for (size_t i = 0; i < n; i++)
		buf_puts(&b, part);
	buf_puts(&b, middle);
	for (size_t i = 0; i < closes; i++)
		buf_puts(&b, close);
	buf_puts(&b, after);
	assert_false(b.over);
	return buf_str(&b);
}

/* "syntax", "budget", "memory" or the value; what took too long fails. */
static str outcome(arena *a, str text)
{
	struct diags d = diags_make(a, STR("hostile"));
	clock_t start = clock();
	const struct feel_expr *e = feel_compile(a, text, NULL, 0, &d);
	str said = STR("syntax");
	if (!e) {
		assert_true(d.errors > 0);
	} else {
		arena *own = arena_create((size_t)256 * 1024 * 1024);
		struct feel_run run = feel_run_make(own, &d);
		feel_value v;
		err code = feel_eval(e, feel_null(), &run, &v);
		said = code == ERR_budget          ? STR("budget")
		       : code == ERR_out_of_memory ? STR("memory")
		                                   : str_dup(a, feel_print(own, v));
		assert_true(code == OK || code == ERR_budget || code == ERR_out_of_memory);
		assert_true(code != OK || run.steps <= run.steps_max);
		arena_destroy(own);
	}
	double took = (double)(clock() - start) / CLOCKS_PER_SEC; /* others may share the machine */
	if (took > SECONDS_MAX)
		print_message("%.*s.. took %.1f s\n", (int)(text.n > 60 ? 60 : text.n), text.p, took);
	assert_true(took <= SECONDS_MAX);
	return said;
}

static void test_deep_nesting_is_refused(void **state)
{
	arena *a = *state;
	static const struct {
		const char *open, *middle, *close;
	} rows[] = {
	    {"(", "1", ")"},
	    {"[", "1", "]"},
	    {"{a: ", "1", "}"},
	    {"-", "1", ""},
	    {"if true then ", "1", " else 2"},
	    {"for x in [1] return ", "1", ""},
	    {"not(", "true", ")"},
	    {"function(x) ", "1", ""},
	    {"1 in (", "1", ")"},
	    {"1 + (", "1", ")"},
	    {"[1..", "2", "]"},
	    {"x[", "1", "]"},
	    {"some x in [1] satisfies ", "true", ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		str deep = repeated(a, "", rows[i].open, 5000, rows[i].middle, rows[i].close, 5000, "");
		assert_str(outcome(a, deep), "syntax");
		/* and cut off in the middle */
		deep = repeated(a, "", rows[i].open, 5000, "", "", 0, "");
		assert_str(outcome(a, deep), "syntax");
	}
}

static void test_ambiguous_text_is_read_in_linear_time(void **state)
{
	arena *a = *state;
	/* each "in (" may be tests or an expression: reading both ways at every level would
	 * double the work each time */
	str text = repeated(a, "", "1 in (", 60, "1", ") . x", 60, "");
	outcome(a, text);
	text = repeated(a, "", "1 in ((", 60, "1 +", "", 0, "");
	assert_str(outcome(a, text), "syntax");
	text = repeated(a, "f(", "a b: g(", 80, "1", ")", 80, "");
	outcome(a, text);
}

static void test_long_texts_are_read(void **state)
{
	arena *a = *state;
	assert_str(outcome(a, repeated(a, "0", " + 1", 20000, "", "", 0, "")), "20000");
	assert_str(outcome(a, repeated(a, "count([0", ",1", 50000, "", "", 0, "])")), "50001");
	assert_str(outcome(a, repeated(a, "\"", "x", 2 * 1024 * 1024, "", "", 0, "\"")), "syntax");
	str names = repeated(a, "{", "a: 1, ", 300, "", "", 0, "b: 2}");
	assert_str(outcome(a, names), "null"); /* entries of one name */
	assert_str(outcome(a, repeated(a, "x", ".y", 5000, "", "", 0, "")), "syntax");
}

static void test_budgets_end_what_grows(void **state)
{
	arena *a = *state;
	static const char *const rows[] = {
	    "for a in 1..1000000000 return a",
	    "count(for a in 1..2000, b in 1..2000, c in 1..2000 return 1)",
	    "some a in 1..100000, b in 1..100000 satisfies a + b < 0",
	    "[1..1000000000][item > 5]",
	    "{f: function(n) f(n + 1), r: f(0)}.r",
	    "{f: function(n) if n < 1 then 1 else f(n - 1) + f(n - 1), r: f(60)}.r",
	    "{f: function(l) f(concatenate(l, l)), r: f([1])}.r",
	    "{f: function(s) f(s + s), r: f(\"ab\")}.r",
	    "for i in 1..60 return concatenate(if i = 1 then [1] else partial[-1], partial[-1])",
	    "sort(for i in 1..200000 return 200000 - i, function(x, y) x < y)",
	    "for i in 1..100000 return partial",
	    "string(for i in 1..30 return partial)",
	    "string join(for i in 1..100000 return \"0123456789012345678901234567890123456789\", "
	    "\"0123456789012345678901234567890123456789012345678901234567890123456789\")",
	    "distinct values(for i in 1..100000 return i)",
	    "flatten(for i in 1..40 return partial)",
	    "for i in 1..1000 return replace(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\", \"(a+)+$\", "
	    "\"x\")",
	    "mode(for i in 1..900000 return i)",
	    "union(for i in 1..50000 return i, for i in 1..50000 return -i)",
	    "for i in 1..100000 return i ** 0.37",
	    "for i in 1..100000 return log(i) + exp(i / 100000)",
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		str said = outcome(a, str_of(rows[i]));
		bool bounded = str_eq(said, STR("budget")) || str_eq(said, STR("memory")) ||
		               str_eq(said, STR("null")) || said.n < 32 * 1024 * 1024;
		assert_true(bounded);
	}
	assert_str(outcome(a, str_of(rows[0])), "budget");
	assert_str(outcome(a, str_of(rows[4])), "budget");
	/* a power takes 20 steps, as long as it takes */
	assert_str(outcome(a, STR("for i in 1..60000 return i ** 0.37")), "budget");
	assert_str(outcome(a, STR("count(for i in 1..60000 return i ** 2)")), "60000");
}

static void test_regex_bombs_end(void **state)
{
	arena *a = *state;
	static const char *const patterns[] = {
	    "(a+)+$",
	    "(a|a)*$",
	    "(a|aa)+$",
	    "(.*a){20}$",
	    "(a?){30}a{30}",
	    "((a*)*)*b",
	    "(x+x+)+y",
	    "^(([a-z])+.)+[A-Z]([a-z])+$",
	    "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)[^a]",
	    "(a{1,1000}){1,1000}",
	    "((((((((a*)*)*)*)*)*)*)*)*c",
	    "([a-z]+)*[0-9]",
	};
	static const char *const uses[] = {"matches(\"%s\", \"%s\")", "replace(\"%s\", \"%s\", \"x\")",
	                                   "split(\"%s\", \"%s\")"};
	str s = repeated(a, "", "a", 5000, "", "", 0, "!");
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
		for (size_t u = 0; u < 3; u++) {
			buf b = buf_make(a, 1 << 20);
			str use = str_of(uses[u]);
			str parts[2] = {s, str_of(patterns[i])};
			for (size_t k = 0, n = 0; k < use.n; k++) {
				if (use.p[k] == '%')
					buf_put(&b, parts[n++]), k++;
				else
					buf_putc(&b, use.p[k]);
			}
			outcome(a, buf_str(&b));
		}
}

static void test_numbers_at_the_edge(void **state)
{
	arena *a = *state;
	static const char *const rows[][2] = {
	    {"9.999999999999999999999999999999999e6144 * 10", "null"},
	    {"1e-6176 / 10 = 0", "true"},
	    {"(1e6144 + 1e6144) - 1e6144", NULL},
	    {"exp(1e30)", "null"},
	    {"exp(-1e30)", NULL},
	    {"2 ** 1e30", "null"},
	    {"1.0000000000000000000000000000000001 ** 1e33", NULL},
	    {"log(1e-6176)", NULL},
	    {"sqrt(1e-6175)", NULL},
	    {"decimal(1.5, 99999999999999999999)", "null"},
	    {"substring(\"abc\", 1e20)", "null"},
	    {"[1,2,3][1e20]", "null"},
	    {"sublist([1,2,3], -9223372036854775808)", "null"},
	    {"insert before([1], 9223372036854775807, 1)", "null"},
	    {"@\"P999999999999999999Y\" * 1000", "null"},
	    {"@\"PT999999999999999999S\" * 99999999999", "null"},
	    {"@\"999999999-12-31\" + @\"P1D\"", NULL},
	    {"@\"999999999-12-31\" + @\"P1Y\"", "null"},
	    {"@\"-999999999-01-01\" - @\"P99999999D\"", NULL},
	    {"date(2147483648, 1, 1)", "null"},
	    {"date(-9223372036854775808, 1, 1)", "null"},
	    {"time(1e20, 0, 0)", "null"},
	    {"for x in 9223372036854775806..9223372036854775807 return x",
	     "[9223372036854775806, 9223372036854775807]"},
	    {"for x in -9223372036854775808..9223372036854775807 return x", "budget"},
	    {"abs(@\"-P768614336404564650Y\")", NULL},
	    {"duration(\"P9223372036854775807M\")", "null"},
	    {"string length(\"\\u0000\")", "1"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		str said = outcome(a, str_of(rows[i][0]));
		if (rows[i][1] && !str_eq(said, str_of(rows[i][1])))
			print_message("%s: %.*s\n", rows[i][0], STRF(said));
		assert_true(!rows[i][1] || str_eq(said, str_of(rows[i][1])));
	}
}

/* --- models --------------------------------------------------------------------------- */

static void judge_model(arena *a, str xml, const char *decision, err want)
{
	struct diags d = diags_make(a, STR("t"));
	clock_t start = clock();
	struct dmn *m = dmn_load(a, xml, &d);
	if (m) {
		struct dmn_run run = dmn_run_make(a);
		json *out;
		err code =
		    dmn_eval(m, str_of(decision), json_parse(a, STR("{\"x\": 99990}"), NULL), &run, &out);
		assert_int_equal(code, want);
		dmn_check(a, m, &d);
	} else {
		assert_true(d.errors > 0);
	}
	double took = (double)(clock() - start) / CLOCKS_PER_SEC; /* others may share the machine */
	if (took > 2 * SECONDS_MAX)
		print_message("%s took %.1f s\n", decision, took);
	assert_true(took <= 2 * SECONDS_MAX);
}

#define HEAD                                                                                       \
	"<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' name='t' namespace='t'>"    \
	"<inputData id='x' name='x'><variable name='x' typeRef='number'/></inputData>"

static void test_a_table_of_100000_rules(void **state)
{
	arena *a = *state;
	for (size_t k = 0; k < 3; k++) {
		buf b = buf_make(a, (size_t)48 * 1024 * 1024);
		buf_puts(&b, HEAD "<decision id='d' name='D'><informationRequirement><requiredInput "
		                  "href='#x'/></informationRequirement><decisionTable hitPolicy='COLLECT'>"
		                  "<input><inputExpression typeRef='number'><text>x</text>"
		                  "</inputExpression></input><output/>");
		for (int r = 0; r < (k ? 20000 : 100000); r++) {
			buf_puts(&b, "<rule><inputEntry><text>");
			str cell = k == 0   ? str_fmt(a, "[%d..%d)", r, r + 1)
			           : k == 1 ? str_fmt(a, "&lt; %d", r)
			                    : str_fmt(a, "? * 2 &gt; %d", r);
			buf_put(&b, cell);
			buf_puts(&b, "</text></inputEntry><outputEntry><text>1</text></outputEntry></rule>");
		}
		buf_puts(&b, "</decisionTable></decision></definitions>");
		judge_model(a, buf_str(&b), "D", OK);
	}
}

static void test_decisions_that_require_each_other(void **state)
{
	arena *a = *state;
	judge_model(a,
	            STR(HEAD "<decision id='p' name='P'><informationRequirement><requiredDecision "
	                     "href='#q'/></informationRequirement><literalExpression><text>Q</text>"
	                     "</literalExpression></decision><decision id='q' name='Q'>"
	                     "<informationRequirement><requiredDecision href='#p'/>"
	                     "</informationRequirement><literalExpression><text>P</text>"
	                     "</literalExpression></decision></definitions>"),
	            "P", OK);
	/* a chain longer than the depth of calls */
	buf b = buf_make(a, 1 << 22);
	buf_puts(&b, HEAD);
	for (int i = 0; i < 3000; i++)
		buf_fmt(&b,
		        "<decision id='d%d' name='D%d'><informationRequirement><requiredDecision "
		        "href='#d%d'/></informationRequirement><literalExpression><text>D%d</text>"
		        "</literalExpression></decision>",
		        i, i, i + 1, i + 1);
	buf_puts(&b, "</definitions>");
	judge_model(a, buf_str(&b), "D0", ERR_budget);
	/* types that are made of each other */
	judge_model(a,
	            STR("<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/' name='t' "
	                "namespace='t'><itemDefinition name='tA'><typeRef>tB</typeRef>"
	                "</itemDefinition><itemDefinition name='tB'><itemComponent name='x'><typeRef>"
	                "tA</typeRef></itemComponent></itemDefinition><decision id='d' name='D'>"
	                "<variable name='D' typeRef='tA'/><literalExpression><text>{x: {x: 1}}</text>"
	                "</literalExpression></decision></definitions>"),
	            "D", OK);
}

static void test_elements_nested_deeply(void **state)
{
	arena *a = *state;
	str xml = repeated(a, HEAD "<decision id='d' name='D'>", "<list>", 100000, "", "</list>",
	                   100000, "</decision></definitions>");
	judge_model(a, xml, "D", OK);
	xml = repeated(a, HEAD "<decision id='d' name='D'>", "<context><contextEntry>", 120,
	               "<literalExpression><text>1</text></literalExpression>",
	               "</contextEntry></context>", 120, "</decision></definitions>");
	judge_model(a, xml, "D", OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(test_deep_nesting_is_refused), UNIT(test_ambiguous_text_is_read_in_linear_time),
	    UNIT(test_long_texts_are_read),     UNIT(test_budgets_end_what_grows),
	    UNIT(test_regex_bombs_end),         UNIT(test_numbers_at_the_edge),
	    UNIT(test_a_table_of_100000_rules), UNIT(test_decisions_that_require_each_other),
	    UNIT(test_elements_nested_deeply)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

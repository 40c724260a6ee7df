#include "unit.h"

#include "engine/feel/feel.h"

#include <stdio.h>

static str eval_text(arena *a, const char *expr, const char *context)
{
	struct diags d = diags_make(a, STR("test"));
	json *c = json_parse(a, str_of(context), NULL);
	assert_non_null(c);
	str names[16];
	size_t n = 0;
	for (const json *k = c->first; k && n < 16; k = k->next)
		names[n++] = k->key;
	const struct feel_expr *e = feel_compile(a, str_of(expr), names, n, &d);
	if (!e)
		return STR("SYNTAX");
	struct feel_run run = feel_run_make(a, &d);
	feel_value v;
	if (feel_eval_json(e, c, &run, &v) != OK)
		return STR("BUDGET");
	if (v.kind == FEEL_NULL && d.count == 0 && str_find(str_of(expr), STR("null")) < 0)
		return STR("null without a reason");
	return json_print(a, feel_to_json(a, v));
}

static void check(arena *a, const char *expr, const char *context, const char *expected)
{
	str got = eval_text(a, expr, context);
	if (!str_eq(got, str_of(expected)))
		print_message("%s\n  got %.*s, expected %s\n", expr, STRF(got), expected);
	assert_true(str_eq(got, str_of(expected)));
}

static void test_expressions(void **state)
{
	arena *a = *state;
	static const char *const rows[][3] = {
	    {"0.1 + 0.2 = 0.3", "{}", "true"},
	    {"1 + 2 * 3", "{}", "7"},
	    {"2 ** 3 ** 2", "{}", "64"},
	    {"-2 ** 2", "{}", "4"},
	    {"10 / 4", "{}", "2.5"},
	    {"1 / 0", "{}", "null"},
	    {"loan amount * rate", "{\"loan amount\": 200, \"rate\": 0.05}", "10.00"},
	    {"a-b", "{\"a\": 5, \"b\": 3}", "2"},
	    {"a-b", "{\"a-b\": 9, \"a\": 5, \"b\": 3}", "9"},
	    {"if x > 3 then \"big\" else \"small\"", "{\"x\": 4}", "\"big\""},
	    {"for i in 1..3, j in [10, 20] return i * j", "{}", "[10,20,20,40,30,60]"},
	    {"for i in 0..4 return if i = 0 then 1 else i * partial[-1]", "{}", "[1,1,2,6,24]"},
	    {"some i in [1,2] satisfies i > 1", "{}", "true"},
	    {"every i in [] satisfies i > 1", "{}", "true"},
	    {"[1,2,3,4][item > 2]", "{}", "[3,4]"},
	    {"[{a: 1, b: 2}, {a: 3}][a > 1].a", "{}", "[3]"},
	    {"[1,2,3][-1]", "{}", "3"},
	    {"{a: 1, b: a + 1}.b", "{}", "2"},
	    {"5 in [1..10)", "{}", "true"},
	    {"5 in (< 3, > 4)", "{}", "true"},
	    {"5 between 1 and 5", "{}", "true"},
	    {"x instance of number", "{\"x\": 1}", "true"},
	    {"[1] instance of list<number>", "{}", "true"},
	    {"null and false", "{}", "false"},
	    {"null or true", "{}", "true"},
	    {"(function(x, y) x + y)(1, y: 2)", "{}", "SYNTAX"},
	    {"(function(x, y) x - y)(y: 1, x: 2)", "{}", "1"},
	    {"{fact: function(n) if n < 2 then 1 else n * fact(n - 1), r: fact(20)}.r", "{}",
	     "2432902008176640000"},
	    {"substring(string: \"foobar\", start position: -3, length: 2)", "{}", "\"ba\""},
	    {"string length(\"\\u0041\\U01F600\")", "{}", "2"},
	    {"@\"2024-02-29\" + duration(\"P1Y\")", "{}", "\"2025-02-28\""},
	    {"date(\"2024-03-01\") - date(\"2024-02-01\")", "{}", "\"P29D\""},
	    {"date and time(\"2024-01-01T10:00:00+03:00\") = date and time(\"2024-01-01T07:00:00Z\")",
	     "{}", "true"},
	    {"@\"2024-05-06\".weekday", "{}", "1"},
	    {"sort([3,1,2], function(x,y) x > y)", "{}", "[3,2,1]"},
	    {"replace(\"abracadabra\", \"(a)(b)\", \"$2$1\")", "{}", "\"baracadbara\""},
	    {"matches(\"foobar\", \"^Fo*b\", \"i\")", "{}", "true"},
	    {"split(\"a;b;c\", \";\")", "{}", "[\"a\",\"b\",\"c\"]"},
	    {"stddev(2, 4, 7, 5)", "{}", "2.081665999466132735282297706979931"},
	    {"decimal(1/3, 2)", "{}", "0.33"},
	    {"week of year(@\"2021-01-01\")", "{}", "53"},
	    {"before([1..5), 5)", "{}", "true"},
	    {"context put({x: {y: 1}}, [\"x\", \"y\"], 2)", "{}", "{\"x\":{\"y\":2}}"},
	    {"1 +", "{}", "SYNTAX"},
	    {"\"a", "{}", "SYNTAX"},
	    {"\"رسم\" + \" الخدمة\"", "{}", "\"رسم الخدمة\""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check(a, rows[i][0], rows[i][1], rows[i][2]);
}

static void test_budgets_hold(void **state)
{
	arena *a = *state;
	check(a, "for i in 1..1000000000000 return i", "{}", "BUDGET");
	check(a, "count(for a in 1..999, b in 1..999, c in 1..999 return 1)", "{}", "BUDGET");
	check(a, "{f: function(n) f(n + 1), r: f(1)}.r", "{}", "BUDGET");
	check(a, "matches(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"^(a+)+$\")", "{}", "null");
	buf deep = buf_make(a, 1 << 20);
	for (int i = 0; i < 100000; i++)
		buf_putc(&deep, '(');
	check(a, str_c(a, buf_str(&deep)), "{}", "SYNTAX");
}

static void test_unary_tests(void **state)
{
	arena *a = *state;
	static const char *const rows[][3] = {
	    {"< 10, [20..30]", "25", "true"},
	    {"< 10, [20..30]", "15", "false"},
	    {"-", "1", "true"},
	    {"not(1, 2)", "3", "true"},
	    {"not(1, 2)", "2", "false"},
	    {"\"a\",\"b\"", "\"b\"", "true"},
	    {"? > 3 and ? < 5", "4", "true"},
	    {"null", "null", "true"},
	    {">= @\"2024-01-01\"", "1", "null"},
	    {"[1,2,3]", "2", "true"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct diags d = diags_make(a, STR("test"));
		const struct feel_expr *e = feel_compile_tests(a, str_of(rows[i][0]), NULL, 0, &d);
		assert_non_null(e);
		json *c = json_object(a);
		json_set(a, c, "?", json_parse(a, str_of(rows[i][1]), NULL));
		struct feel_run run = feel_run_make(a, &d);
		feel_value v;
		assert_int_equal(feel_eval_json(e, c, &run, &v), OK);
		str got = json_print(a, feel_to_json(a, v));
		if (!str_eq(got, str_of(rows[i][2])))
			print_message("%s of %s: %.*s\n", rows[i][0], rows[i][1], STRF(got));
		assert_true(str_eq(got, str_of(rows[i][2])));
	}
}

/* What a function takes from around it stays with it, whoever calls it later. */
static void test_a_function_outlives_its_evaluation(void **state)
{
	arena *a = *state;
	struct diags d = diags_make(a, STR("test"));
	struct feel_run run = feel_run_make(a, &d);
	static const str names[] = {STR_INIT("x"), STR_INIT("f")};
	feel_value context = feel_put(a, feel_null(), names[0], feel_int(5)), f, v;
	const struct feel_expr *make = feel_compile(a, STR("function(n) n * x"), names, 2, &d),
	                       *use = feel_compile(a, STR("f(3) + x"), names, 2, &d);
	assert_int_equal(feel_eval(make, context, &run, &f), OK);
	assert_int_equal(f.kind, FEEL_FUNCTION);
	context = feel_put(a, feel_put(a, context, names[0], feel_int(1)), names[1], f);
	assert_int_equal(feel_eval(use, context, &run, &v), OK);
	assert_str(feel_print(a, v), "16");
	assert_int_equal(d.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(test_expressions), UNIT(test_budgets_hold),
	                                   UNIT(test_unary_tests),
	                                   UNIT(test_a_function_outlives_its_evaluation)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The second form of an expression (engine/feel/quick.h) gives what the tree gives, to
 * the last digit and exponent, or gives way to it.
 */
#include "unit.h"

#include "engine/feel/quick.h"

#include <stdio.h>

static bool same_number(decimal x, decimal y)
{
	return x.lo == y.lo && x.hi == y.hi && x.exp == y.exp && x.neg == y.neg;
}

/* Not only equal: of the same digits and exponent. */
static bool identical(feel_value x, feel_value y)
{
	if (x.kind != y.kind)
		return false;
	if (x.kind == FEEL_NUMBER)
		return same_number(x.num, y.num);
	if (x.kind != FEEL_LIST)
		return feel_same(x, y);
	for (size_t i = 0; i < x.list->n && x.list->n == y.list->n; i++)
		if (!identical(x.list->v[i], y.list->v[i]))
			return false;
	return x.list->n == y.list->n;
}

/* Both forms of one expression over one context; whether the second one answered. */
static bool hold_together(arena *a, str text, feel_value context)
{
	struct diags d = diags_make(a, STR("test"));
	const struct feel_expr *e = feel_compile(a, text, NULL, 0, &d);
	if (!e)
		print_message("%.*s\n%.*s", STRF(text), STRF(diags_print(a, &d)));
	assert_non_null(e);
	struct diags quick_said = diags_make(a, STR("test")), tree_said = diags_make(a, STR("test"));
	struct feel_run quick_run = feel_run_make(a, &quick_said), tree_run = quick_run;
	tree_run.diags = &tree_said;
	feel_value quick, tree;
	const struct feel_bound *b = feel_bind(e, context, &quick_run);
	quick_said.count = 0;
	err quick_err = feel_eval_bound(b, &quick_run, &quick),
	    tree_err = quick_tree(NULL, b, &tree_run, &tree);
	assert_int_equal(quick_err, tree_err);
	if (tree_err)
		return false;
	if (!identical(quick, tree))
		print_message("%.*s over %.*s\n gives %.*s and by the tree %.*s\n", STRF(text),
		              STRF(feel_print(a, context)), STRF(feel_print(a, quick)),
		              STRF(feel_print(a, tree)));
	assert_true(identical(quick, tree));
	assert_int_equal(quick_run.steps, tree_run.steps);
	assert_int_equal(quick_said.count, tree_said.count);
	return e->quick->whole != quick_tree;
}

/* --- random expressions ------------------------------------------------------------- */

struct gen {
	arena *a;
	buf *b;
	uint64_t seed;
};

static uint32_t random_below(struct gen *g, uint32_t n)
{
	g->seed ^= g->seed << 13;
	g->seed ^= g->seed >> 7;
	g->seed ^= g->seed << 17;
	return (uint32_t)(g->seed >> 32) % n;
}

static const char *const numbers[] = {"0",
                                      "1",
                                      "2",
                                      "7",
                                      "10",
                                      "0.5",
                                      "0.00",
                                      "-3",
                                      "-0.1",
                                      "12.50",
                                      "1000000",
                                      "0.1",
                                      "1.0",
                                      "100",
                                      "64",
                                      "3.14159265358979",
                                      "1e18",
                                      "9.2e18",
                                      "1e-18",
                                      "25",
                                      "-1",
                                      "1e85",
                                      "1e-85",
                                      "9223372036854775807",
                                      "1e95",
                                      "-9223372036854775807",
                                      "9223372036854775808",
                                      "99999999999999999999.5"};

static const char *const names[] = {"a", "b", "c", "i"};

static void put_number(struct gen *g, int depth, bool inside)
{
	static const char *const ops[] = {" + ", " - ", " * ", " / ", " + ", " - ", " * "};
	uint32_t choice = random_below(g, 12);
	if (depth == 0 || choice < 2) {
		if (random_below(g, 3))
			buf_puts(g->b, names[random_below(g, inside ? 4 : 3)]);
		else
			buf_puts(g->b, numbers[random_below(g, sizeof numbers / sizeof *numbers)]);
	} else if (choice == 2) {
		buf_puts(g->b, "-(");
		put_number(g, depth - 1, inside);
		buf_puts(g->b, ")");
	} else {
		bool brackets = random_below(g, 3) == 0; /* chains on the left stand without */
		buf_puts(g->b, brackets ? "(" : "");
		put_number(g, depth - 1, inside);
		buf_puts(g->b, brackets ? ")" : "");
		buf_puts(g->b, ops[random_below(g, 7)]);
		buf_puts(g->b, "(");
		put_number(g, depth - 1, inside);
		buf_puts(g->b, ")");
	}
}

static void put_test(struct gen *g, int depth, bool inside)
{
	static const char *const ops[] = {" < ", " <= ", " > ", " >= ", " = ", " != "};
	static const char *const sets[] = {"[1..10]",          "(0..2.5)",      "[0.1..7)", "(-3..100]",
	                                   "(1, 7, >= 12.50)", "(< 0, [2..3])", "(<= 1)",   "7"};
	uint32_t choice = random_below(g, 6);
	if (choice == 0 && depth > 0) {
		buf_puts(g->b, "(");
		put_test(g, depth - 1, inside);
		buf_puts(g->b, random_below(g, 2) ? " and " : " or ");
		put_test(g, depth - 1, inside);
		buf_puts(g->b, ")");
		return;
	}
	buf_puts(g->b, "(");
	put_number(g, depth > 1 ? 1 : depth, inside);
	buf_puts(g->b, ")");
	if (choice == 1) {
		buf_fmt(g->b, " in %s", sets[random_below(g, 8)]);
	} else if (choice == 2) {
		buf_puts(g->b, " between (");
		put_number(g, 0, inside);
		buf_puts(g->b, ") and (");
		put_number(g, 0, inside);
		buf_puts(g->b, ")");
	} else {
		buf_puts(g->b, ops[random_below(g, 6)]);
		buf_puts(g->b, "(");
		put_number(g, depth > 1 ? 1 : depth, inside);
		buf_puts(g->b, ")");
	}
}

static void put_expression(struct gen *g)
{
	switch (random_below(g, 6)) {
	case 0:
		put_test(g, 2, false);
		break;
	case 1:
		buf_puts(g->b, "if ");
		put_test(g, 2, false);
		buf_puts(g->b, " then ");
		put_number(g, 2, false);
		buf_puts(g->b, random_below(g, 2) ? " else \"no\"" : " else b - 1");
		break;
	case 2:
		buf_puts(g->b, random_below(g, 2) ? "for i in [1, 2.50, 0, -7, 1e10] return "
		                                  : "for i in -1..3 return ");
		put_number(g, 2, true);
		break;
	case 3:
		buf_puts(g->b, "[1, 2.50, 0, -7, 1e10][");
		put_test(g, 1, false);
		buf_puts(g->b, " or item > b]");
		break;
	default:
		put_number(g, 4, false);
	}
}

static void test_both_forms_agree_on_random_expressions(void **state)
{
	enum { COUNT = 30000 };
	size_t answered = 0;
	(void)state;
	struct gen g = {.seed = 20260101};
	arena *a = arena_create((size_t)64 * 1024 * 1024);
	for (int k = 0; k < COUNT; k++) {
		arena_reset(a);
		buf b = buf_make(a, 64 * 1024);
		g.a = a;
		g.b = &b;
		feel_value context = feel_of_json(a, json_object(a));
		for (size_t i = 0; i < 3; i++) {
			decimal v;
			assert_true(
			    dec_parse(str_of(numbers[random_below(&g, sizeof numbers / sizeof *numbers)]), &v));
			context = feel_put(a, context, str_of(names[i]),
			                   random_below(&g, 20) ? feel_number(v) : feel_string(STR("text")));
		}
		put_expression(&g);
		answered += hold_together(a, buf_str(&b), context);
	}
	assert_true(answered > COUNT / 2);
	arena_destroy(a);
}

/* Up to three places on the left and two on the right, by every operation. */
static void test_every_shape_gives_what_the_tree_gives(void **state)
{
	static const char *const lefts[] = {"a",           "(a + b)",     "(a - b)",     "(a * b)",
	                                    "(a + b + c)", "(a + b - c)", "(a + b) * c", "(a - b + c)",
	                                    "(a - b - c)", "(a - b) * c", "(a * b + c)", "(a * b - c)",
	                                    "a * b * c"};
	static const char *const rights[] = {"d", "(d + e)", "(d - e)", "(d * e)"};
	static const char *const ops[] = {"+", "-", "*"}, *const places[] = {"a", "b", "c", "d", "e"};
	enum { VALUES = 40, LEFTS = sizeof lefts / sizeof *lefts };
	struct gen g = {.seed = 77};
	size_t shaped = 0;
	arena *a = arena_create((size_t)64 * 1024 * 1024);
	(void)state;
	for (size_t k = 0; k < (size_t)LEFTS * 4 * 3 * VALUES; k++) {
		size_t shape = k / VALUES;
		arena_reset(a);
		str text =
		    str_fmt(a, "(%s) %s %s", lefts[shape / 12], ops[shape % 3], rights[shape / 3 % 4]);
		feel_value context = feel_of_json(a, json_object(a));
		for (size_t i = 0; i < 5; i++) {
			decimal v;
			assert_true(
			    dec_parse(str_of(numbers[random_below(&g, sizeof numbers / sizeof *numbers)]), &v));
			context = feel_put(a, context, str_of(places[i]), feel_number(v));
		}
		hold_together(a, text, context);
		struct diags d = diags_make(a, STR("test"));
		struct feel_run run = feel_run_make(a, NULL);
		const struct feel_expr *e = feel_compile(a, text, NULL, 0, &d);
		shaped += feel_bind(e, context, &run)->eval != e->quick->whole;
	}
	assert_in_range(shaped, (size_t)LEFTS * 4 * 3 * VALUES / 4, (size_t)LEFTS * 4 * 3 * VALUES - 1);
	arena_destroy(a);
}

static void test_the_usual_kinds_have_the_second_form(void **state)
{
	arena *a = *state;
	static const char *const rows[] = {"(1 + 2) * 3.5 - 4 / 8",
	                                   "(price * quantity - discount) * (1 + rate)",
	                                   "if age >= 18 then \"adult\" else \"minor\"",
	                                   "age in [10..20]",
	                                   "for i in [1,2,3,4,5,6,7,8,9,10] return i * age",
	                                   "for i in 1..10 return i + 1 > age",
	                                   "[1,2,3,4,5,6,7,8,9,10][item > age]",
	                                   "age between 1 and rate and price > 2",
	                                   "if age > 1 then if age > 30 then 1 else 2 else null"};
	json *c = json_parse(a,
	                     str_of("{\"price\": 12.5, \"quantity\": 4, \"discount\": 5, "
	                            "\"rate\": 0.1, \"age\": 21}"),
	                     NULL);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_true(hold_together(a, str_of(rows[i]), feel_of_json(a, c)));
}

static void test_what_the_second_form_cannot_hold_is_left_to_the_tree(void **state)
{
	arena *a = *state;
	static const char *const rows[][2] = {
	    {"a * a", "{\"a\": 9223372036854775807}"},
	    {"a + 1", "{\"a\": \"text\"}"},
	    {"a + 1", "{}"},
	    {"a * -2", "{\"a\": 0}"}, /* a negative zero */
	    {"1 / a", "{\"a\": 3}"},
	    {"1 / a", "{\"a\": 0}"},
	    {"a + b", "{\"a\": 1e30, \"b\": 1e-30}"},
	    {"a < b", "{\"a\": true, \"b\": 1}"},
	    {"a in [1..2]", "{\"a\": null}"},
	    {"for i in [1,2] return i * a", "{\"a\": \"text\"}"},
	    {"[1,2][item > a]", "{\"a\": null}"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_true(hold_together(a, str_of(rows[i][0]),
		                          feel_of_json(a, json_parse(a, str_of(rows[i][1]), NULL))));
}

static void test_the_budget_holds_for_lists_too(void **state)
{
	arena *a = *state;
	struct diags d = diags_make(a, STR("test"));
	const struct feel_expr *e = feel_compile(a, STR("for i in 1..100 return i * 2"), NULL, 0, &d);
	struct feel_run run = feel_run_make(a, &d);
	feel_value v;
	assert_ptr_not_equal(e->quick->whole, quick_tree);
	run.steps_max = 99;
	assert_int_equal(feel_eval(e, feel_null(), &run, &v), ERR_budget);
	run.steps_max = 100;
	assert_int_equal(feel_eval(e, feel_null(), &run, &v), OK);
	assert_int_equal(run.steps, 100);
	arena *small = arena_create(3000);
	run = feel_run_make(small, NULL);
	assert_int_equal(feel_eval(e, feel_null(), &run, &v), ERR_out_of_memory);
	arena_destroy(small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(test_both_forms_agree_on_random_expressions),
	    UNIT(test_every_shape_gives_what_the_tree_gives),
	    UNIT(test_the_usual_kinds_have_the_second_form),
	    UNIT(test_what_the_second_form_cannot_hold_is_left_to_the_tree),
	    UNIT(test_the_budget_holds_for_lists_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

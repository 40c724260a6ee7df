/*
 * What the standard says of models, a line each: coercion of inputs, results and
 * parameters, allowed values and constraints, services and knowledge models called
 * rightly and wrongly, boxed expressions, the cells of tables. The lines are in
 * data/dmn/standard.txt, and those of cells in data/dmn/cells.txt.
 */
#include "unit.h"

#include "app/tzfiles.h"

#include "engine/dmn/dmn.h"

#define FILE_MAX ((size_t)1024 * 1024)

static void test_models_line_by_line(void **state)
{
	size_t n = 0, wrong = 0;
	arena *a = *state;
	str text, line;
	assert_true(file_slurp(a, "tests/unit/data/dmn/standard.txt", FILE_MAX, &text));
	while (str_cut(&text, '\n', &line)) {
		str part[5];
		size_t k = 0;
		if (!line.n || line.p[0] == '#')
			continue;
		while (k < 5 && str_cut(&line, '\t', &part[k]))
			k++;
		assert_int_equal(k, 5);
		struct diags d = diags_make(a, part[0]);
		struct dmn *m =
		    dmn_load(a,
		             str_fmt(a,
		                     "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' "
		                     "namespace='urn:m' name='m'>%.*s</definitions>",
		                     STRF(part[4])),
		             &d);
		struct dmn_run run = dmn_run_make(a);
		json *got = NULL, *want = json_parse(a, part[3], NULL);
		assert_non_null(m);
		assert_non_null(want);
		assert_int_equal(dmn_eval(m, part[1], json_parse(a, part[2], NULL), &run, &got), OK);
		bool same = json_equal(got, want);
		if (same && got->type == JSON_NULL) /* of an error: it must say why */
			same = d.count + run.diags.count > 0 || str_eq(part[2], STR("{\"I\":null}"));
		if (!same)
			print_message("%.*s\n  gives %.*s, expected %.*s\n", STRF(part[0]),
			              STRF(json_print(a, got)), STRF(part[3]));
		wrong += !same;
		n++;
	}
	print_message("%zu models\n", n);
	assert_true(n > 90);
	assert_int_equal(wrong, 0);
}

/* XML's signs, as text. */
static str escaped(arena *a, str s)
{
	buf b = buf_make(a, 65536);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '<')
			buf_puts(&b, "&lt;");
		else if (s.p[i] == '&')
			buf_puts(&b, "&amp;");
		else
			buf_putc(&b, s.p[i]);
	}
	return buf_str(&b);
}

/* One rule with the cell, then one that takes all else. */
static str model_of_cell(arena *a, str cell, str type)
{
	str ref = str_eq(type, STR("-")) ? (str){0} : str_fmt(a, " typeRef='%.*s'", STRF(type));
	return str_fmt(a,
	               "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' "
	               "namespace='urn:m' name='m'><inputData id='I' name='I'><variable name='I'%.*s/>"
	               "</inputData><inputData id='J' name='J'><variable name='J'/></inputData>"
	               "<decision id='D' name='D'><variable name='D'/>"
	               "<informationRequirement><requiredInput href='#I'/></informationRequirement>"
	               "<informationRequirement><requiredInput href='#J'/></informationRequirement>"
	               "<decisionTable hitPolicy='FIRST'><input><inputExpression%.*s><text>I</text>"
	               "</inputExpression></input><output/><rule><inputEntry><text>%.*s</text>"
	               "</inputEntry><outputEntry><text>true</text></outputEntry></rule><rule>"
	               "<inputEntry><text>-</text></inputEntry><outputEntry><text>false</text>"
	               "</outputEntry></rule></decisionTable></decision></definitions>",
	               STRF(ref), STRF(ref), STRF(escaped(a, cell)));
}

static void test_cells_line_by_line(void **state)
{
	size_t n = 0, wrong = 0;
	arena *a = *state;
	str text, line;
	assert_true(file_slurp(a, "tests/unit/data/dmn/cells.txt", FILE_MAX, &text));
	while (str_cut(&text, '\n', &line)) {
		str part[5];
		size_t k = 0;
		if (!line.n || line.p[0] == '#')
			continue;
		while (k < 5 && str_cut(&line, '\t', &part[k]))
			k++;
		assert_int_equal(k, 5);
		struct diags d = diags_make(a, part[0]);
		struct dmn *m = dmn_load(a, model_of_cell(a, part[0], part[3]), &d);
		struct dmn_run run = dmn_run_make(a);
		json *got = NULL, *in = json_object(a);
		if (!m)
			print_message("%.*s", STRF(diags_print(a, &d)));
		assert_non_null(m);
		json_set(a, in, "I", json_parse(a, part[1], NULL));
		json_set(a, in, "J", json_parse(a, part[2], NULL));
		assert_int_equal(dmn_eval(m, STR("D"), in, &run, &got), OK);
		bool same = str_eq(json_print(a, got), part[4]);
		if (!same)
			print_message("%.*s of %.*s: not %.*s\n", STRF(part[0]), STRF(part[1]), STRF(part[4]));
		wrong += !same;
		n++;
	}
	print_message("%zu cells\n", n);
	assert_true(n > 100);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(test_models_line_by_line),
	                                   UNIT(test_cells_line_by_line)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What the standard says of models, a line each: coercion of inputs, results and
 * parameters, allowed values and constraints, services and knowledge models called
 * rightly and wrongly, boxed expressions, the cells of tables. The lines are in
 * data/dmn/standard.txt.
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

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(test_models_line_by_line)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

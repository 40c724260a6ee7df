/*
 * tests/unit/data/feel/standard.txt: what the standard says of each construct and
 * each builtin. Every null of an error must come with a diagnostic.
 */
#include "unit.h"

#include "app/tzfiles.h"
#include "engine/feel/feel.h"

#include <stdio.h>

#define LIST_BYTES ((size_t)1024 * 1024)

static str shown(arena *a, str expr, bool *said)
{
	struct diags d = diags_make(a, STR("expression"));
	struct feel_run run = feel_run_make(a, &d);
	run.zones = tz_files();
	const struct feel_expr *e = feel_compile(a, expr, NULL, 0, &d);
	feel_value v = feel_null();
	if (e && feel_eval(e, feel_null(), &run, &v) != OK)
		return STR("BUDGET");
	*said = d.count > 0;
	return v.kind == FEEL_STRING ? json_print(a, feel_to_json(a, v)) : feel_print(a, v);
}

static void test_the_standard_line_by_line(void **state)
{
	arena *a = *state;
	str text, line;
	size_t rows = 0, bad = 0;
	assert_true(file_slurp(a, "tests/unit/data/feel/standard.txt", LIST_BYTES, &text));
	while (str_cut(&text, '\n', &line)) {
		ptrdiff_t arrow = -1;
		for (str rest = line; (rest.n && line.p[0] != '#');) {
			ptrdiff_t at = str_find(rest, STR(" => "));
			if (at < 0)
				break;
			arrow = (rest.p - line.p) + at;
			rest = str_sub(line, (size_t)arrow + 4, line.n);
		}
		if (arrow < 0)
			continue;
		str expr = str_sub(line, 0, (size_t)arrow), want = str_sub(line, (size_t)arrow + 4, line.n);
		bool said = false, plain = str_eq(want, STR("null!"));
		str got = shown(a, expr, &said);
		bool ok = str_eq(got, plain ? STR("null") : want) && (!str_eq(want, STR("null")) || said);
		if (!ok)
			print_message("%.*s\n  got %.*s%s, expected %.*s\n", STRF(expr), STRF(got),
			              said ? "" : " and no diagnostic", STRF(want));
		bad += !ok;
		rows++;
	}
	print_message("%zu expressions\n", rows);
	assert_true(rows > 500);
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(test_the_standard_line_by_line)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

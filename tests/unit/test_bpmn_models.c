/*
 * Small processes of our own, one for each thing an element must do, with what is
 * expected (tests/unit/data/bpmn), and many combinations of them
 * (tests/unit/data/bpmn_combinations.txt). Every case runs twice: as it is, and with the
 * engine dropped and loaded from its stored text after every step.
 */
#include "bpmn_unit.h"

#include "engine/bpmn/cases.h"

#include <dirent.h>

#define FOLDER           "tests/unit/data/bpmn"
#define MODELS_MIN       20
#define COMBINED         "tests/unit/data/bpmn_combinations.txt"
#define COMBINATIONS_MIN 80

/* The same case with a restart after every step. */
static json *restarted(arena *a, const json *which)
{
	json *c = json_copy(a, which), *steps = json_array(a);

	for (const json *s = json_get(which, "steps")->first; s; s = s->next) {
		json *again = json_object(a);
		json_set_bool(a, again, "restart", true);
		json_push(steps, json_copy(a, s));
		json_push(steps, again);
	}
	json_set(a, c, "steps", steps);
	return c;
}

/* Every case of a file, as it is and restarted; how many went wrong. */
static size_t run_cases(arena *a, str name, str xml, const json *test)
{
	size_t failed = 0;

	for (const json *c = json_get(test, "cases")->first; c; c = c->next) {
		str why = {0};
		for (int kill = 0; kill < 2; kill++) {
			if (bpmn_case_run(a, xml, test, kill ? restarted(a, c) : c, &why))
				continue;
			failed++;
			print_message("# %.*s: %.*s%s: %.*s\n", STRF(name), STRF(json_str(c, "name")),
			              kill ? ", restarted" : "", STRF(why));
		}
	}
	return failed;
}

static size_t run_model(arena *a, const char *path)
{
	json *test = json_parse(a, file(a, path), NULL);

	assert_non_null(test);
	str xml = file(a, str_c(a, str_fmt(a, FOLDER "/%.*s", STRF(json_str(test, "bpmn")))));
	return run_cases(a, str_of(path), xml, test);
}

static void every_model_does_what_is_expected_killed_or_not(void **s)
{
	DIR *d = opendir(FOLDER);
	struct dirent *e;
	size_t models = 0, failed = 0;

	assert_non_null(d);
	while ((e = readdir(d))) {
		if (!str_ends(str_of(e->d_name), STR(".test.json")))
			continue;
		models++;
		failed += run_model(*s, str_c(*s, str_fmt(*s, FOLDER "/%s", e->d_name)));
		arena_reset(*s);
	}
	closedir(d);
	assert_true(models >= MODELS_MIN);
	assert_int_equal(failed, 0);
}

static void every_combination_does_what_is_expected_killed_or_not(void **s)
{
	arena *a = *s, *kept = arena_create(UNIT_ARENA_BYTES);
	str text = file(kept, COMBINED), name, body, cases;
	size_t models = 0, failed = 0;

	text = str_sub(text, (size_t)str_find(text, STR("## ")), text.n);
	while (str_cut(&text, '\n', &name) && name.n) {
		str_cut(&text, '\n', &body);
		str_cut(&text, '\n', &cases);
		json *test = json_parse(a, cases, NULL);
		assert_non_null(test);
		failed += run_cases(a, name, str_fmt(a, HEAD "%.*s" TAIL, STRF(body)), test);
		models++;
		arena_reset(a);
	}
	arena_destroy(kept);
	assert_true(models >= COMBINATIONS_MIN);
	assert_int_equal(failed, 0);
}

/* A judge that finds everything good would prove nothing. */
static void a_wrong_expectation_is_found_out(void **s)
{
	static const char *const wrong[] = {
	    "{\"completed\": {\"vote\": 3}}",     "{\"state\": \"active\"}",
	    "{\"waiting\": [\"vote\"]}",          "{\"vars\": {\"total\": 6}}",
	    "{\"order\": [[\"sum\", \"vote\"]]}", "{\"error\": \"X\", \"state\": \"error\"}"};
	arena *a = *s;
	json *test = json_parse(a, file(a, FOLDER "/multi_instance.test.json"), NULL);
	str xml = file(a, FOLDER "/multi_instance.bpmn"), why;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		json *c = json_copy(a, json_get(test, "cases")->first);
		json_set(a, c, "expect", json_parse(a, str_of(wrong[i]), NULL));
		assert_false(bpmn_case_run(a, xml, test, c, &why));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(every_model_does_what_is_expected_killed_or_not),
	                                   UNIT(every_combination_does_what_is_expected_killed_or_not),
	                                   UNIT(a_wrong_expectation_is_found_out)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Every breach has its rule: tests/unit/data/bpmn_rules.txt holds at least one
 * file for each rule of the loader, which must be refused by that very name, and
 * neighbours that must be accepted.
 */
#include "bpmn_unit.h"

#include <dirent.h>

#define RULES     "tests/unit/data/bpmn_rules.txt"
#define ROOM      "src/engine/bpmn"
#define RULES_MIN 90

/* One block: false when it is not judged as its title says. */
static bool judged(arena *a, str title, str body)
{
	struct diags d = diags_make(a, STR("rules"));
	str xml = str_fmt(a, HEAD "%.*s" TAIL, STRF(body));
	struct bpmn *b = bpmn_load(a, xml, &d);
	bool named = false, placed = true, refused = true;

	if (str_eq(title, STR("ok")))
		return b != NULL;
	for (const struct diag *g = d.first; g; g = g->next) {
		named |= str_eq(g->rule, title);
		if (str_eq(g->rule, title))
			refused = g->severity == DIAG_ERROR; /* or only warned of */
		placed &= g->line > 0 && g->hint.n && g->what.n;
	}
	return !b == refused && named && placed;
}

static void every_breach_is_refused_by_its_rule(void **s)
{
	arena *a = *s;
	str text = file(a, RULES), title, body;
	json *seen = json_object(a);
	size_t failed = 0;

	text = str_sub(text, (size_t)str_find(text, STR("## ")) + 3, text.n);
	while (text.n) {
		ptrdiff_t eol = str_chr(text, '\n'), next = str_find(text, STR("\n## "));
		title = str_sub(text, 0, (size_t)eol);
		body = str_sub(text, (size_t)eol, next < 0 ? text.n : (size_t)next);
		text = next < 0 ? (str){0} : str_sub(text, (size_t)next + 4, text.n);
		json_set_bool(a, seen, str_c(a, title), true);
		if (judged(a, title, body))
			continue;
		failed++;
		print_message("# not judged as %.*s:%.*s\n", STRF(title), STRF(body));
	}
	assert_int_equal(failed, 0);
	assert_true(seen->count >= RULES_MIN);
}

/* The rules of the checks; not the reasons of incidents, not what is no XML. */
static void no_rule_is_without_a_breach(void **s)
{
	arena *a = *s;
	str breaches = file(a, RULES);
	DIR *dir = opendir(ROOM);
	struct dirent *e;
	size_t missing = 0;

	assert_non_null(dir);
	while ((e = readdir(dir))) {
		str name = str_of(e->d_name);
		if (!str_ends(name, STR(".c")) || !str_starts(name, STR("rules_")))
			continue;
		str text = file(a, str_c(a, str_fmt(a, ROOM "/%s", e->d_name)));
		for (ptrdiff_t at; (at = str_find(text, STR("\"bpmn."))) >= 0;) {
			text = str_sub(text, (size_t)at + 1, text.n);
			str rule = str_sub(text, 0, (size_t)str_chr(text, '"'));
			if (str_find(breaches, str_fmt(a, "## %.*s\n", STRF(rule))) >= 0)
				continue;
			print_message("# %.*s has no breach in " RULES "\n", STRF(rule));
			missing++;
		}
	}
	closedir(dir);
	assert_int_equal(missing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(every_breach_is_refused_by_its_rule),
	                                   UNIT(no_rule_is_without_a_breach)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every rule a form or a schema can be refused by has its text in both languages. */
#include "form_unit.h"

#include <dirent.h>

#define ROOM      "src/engine/form"
#define NEAR      160 /* from the call that tells a fault to the rule's name */
#define RULES_MIN 30

static str source(arena *a, const char *name)
{
	FILE *f = fopen(str_c(a, str_fmt(a, ROOM "/%s", name)), "rb");
	char *text = NEWN(a, char, 1 << 18);

	assert_non_null(f);
	size_t n = fread(text, 1, 1 << 18, f);
	fclose(f);
	return (str){text, n};
}

/* The rule named by the call that begins at `call`; empty when it passes one on. */
static str rule_near(str call)
{
	str near = str_sub(call, 0, NEAR);
	ptrdiff_t form = str_find(near, STR("\"form.")), schema = str_find(near, STR("\"schema."));
	ptrdiff_t at = form < 0 || (schema >= 0 && schema < form) ? schema : form;

	if (at < 0)
		return (str){0};
	near = str_sub(call, (size_t)at + 1, call.n);
	return str_sub(near, 0, (size_t)str_chr(near, '"'));
}

static void rules_of(arena *a, str text, json *rules)
{
	static const char *const calls[] = {"complain(", "schema_fault(", "diags_add("};

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		for (str rest = text; rest.n;) {
			ptrdiff_t at = str_find(rest, str_of(calls[i]));
			if (at < 0)
				break;
			rest = str_sub(rest, (size_t)at + strlen(calls[i]), rest.n);
			str rule = rule_near(rest);
			if (rule.n)
				json_set_bool(a, rules, str_c(a, rule), true);
		}
}

static void every_rule_speaks_both_languages(void **state)
{
	arena *a = *state;
	struct diags d = diags_make(a, STR("messages"));
	struct messages *m = messages_load(a, &d);
	json *rules = json_object(a);
	DIR *dir = opendir(ROOM);
	struct dirent *e;
	size_t missing = 0;

	assert_non_null(m);
	assert_non_null(dir);
	while ((e = readdir(dir)))
		if (str_ends(str_of(e->d_name), STR(".c")))
			rules_of(a, source(a, e->d_name), rules);
	closedir(dir);
	for (const json *r = rules->first; r; r = r->next) {
		str key = str_fmt(a, "diag.%.*s", STRF(r->key));
		if (message_known(m, key) && message_raw(m, LANG_AR, key, 0).n &&
		    message_raw(m, LANG_EN, key, 0).n)
			continue;
		print_message("# no text for %.*s\n", STRF(key));
		missing++;
	}
	assert_true(rules->count >= RULES_MIN);
	assert_int_equal(missing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(every_rule_speaks_both_languages)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every rule a process can be refused by has its text in both languages. */
#include "bpmn_unit.h"

#include "kernel/i18n/i18n.h"

#include <dirent.h>

#define ROOM      "src/engine/bpmn"
#define RULES_MIN 100

static bool is_rule(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (str_chr(STR("abcdefghijklmnopqrstuvwxyz.-"), s.p[i]) < 0)
			return false;
	if (!s.n || s.p[s.n - 1] == '.') /* the beginning of several */
		return false;
	return (str_starts(s, STR("bpmn.")) && s.n > 5) || (str_starts(s, STR("stages.")) && s.n > 7);
}

/* Notes each rule, a string literal of the room's sources, as a key of `rules`. */
static void rules_of(arena *a, str text, json *rules)
{
	for (ptrdiff_t at; (at = str_chr(text, '"')) >= 0;) {
		text = str_sub(text, (size_t)at + 1, text.n);
		ptrdiff_t end = str_chr(text, '"');
		str word = end < 0 ? (str){0} : str_sub(text, 0, (size_t)end);
		if (is_rule(word))
			json_set_bool(a, rules, str_c(a, word), true);
	}
}

static bool arabic(str s)
{
	for (size_t i = 0; i + 1 < s.n; i++)
		if ((unsigned char)s.p[i] >= 0xD8 && (unsigned char)s.p[i] <= 0xDB)
			return true;
	return false;
}

static void every_rule_speaks_both_languages(void **s)
{
	arena *a = *s;
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
			rules_of(a, file(a, str_c(a, str_fmt(a, ROOM "/%s", e->d_name))), rules);
	closedir(dir);
	for (const json *r = rules->first; r; r = r->next) {
		str key = str_fmt(a, "diag.%.*s", STRF(r->key));
		if (message_known(m, key) && arabic(message_raw(m, LANG_AR, key, 0)) &&
		    message_raw(m, LANG_EN, key, 0).n > 10 && !arabic(message_raw(m, LANG_EN, key, 0)))
			continue;
		print_message("# no text for %.*s\n", STRF(key));
		missing++;
	}
	assert_true(rules->count >= RULES_MIN);
	assert_int_equal(missing, 0);
}

/* A text whose rule is gone would only mislead. */
static void no_text_outlives_its_rule(void **s)
{
	arena *a = *s;
	struct diags d = diags_make(a, STR("messages"));
	struct messages *m = messages_load(a, &d);
	json *rules = json_object(a);
	DIR *dir = opendir(ROOM);
	struct dirent *e;
	str *keys;

	assert_non_null(dir);
	while ((e = readdir(dir)))
		if (str_ends(str_of(e->d_name), STR(".c")))
			rules_of(a, file(a, str_c(a, str_fmt(a, ROOM "/%s", e->d_name))), rules);
	closedir(dir);
	size_t n = message_keys(m, a, &keys);
	for (size_t i = 0; i < n; i++) {
		str key = keys[i];
		if (!str_starts(key, STR("diag.bpmn.")) && !str_starts(key, STR("diag.stages.")))
			continue;
		if (!json_get_str(rules, str_sub(key, 5, key.n)))
			fail_msg("%.*s is the rule of nothing", STRF(key));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(every_rule_speaks_both_languages),
	                                   UNIT(no_text_outlives_its_rule)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

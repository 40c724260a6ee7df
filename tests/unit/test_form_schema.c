/* JSON Schema 2020-12: exactness, references, errors, budgets; and the public suite. */
#include "unit.h"

#include "base/json.h"
#include "engine/form/number.h"
#include "engine/form/pattern.h"
#include "engine/form/schema.h"
#include "engine/form/uri.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static struct schema *compile(arena *a, const char *text)
{
	struct diags d = diags_make(a, STR("schema.json"));
	json *v = json_parse(a, str_of(text), NULL);
	assert_non_null(v);
	struct schema *s = schema_compile(a, v, NULL, &d);
	if (!s)
		print_error("%.*s\n", STRF(diags_print(a, &d)));
	return s;
}

static enum schema_verdict check(arena *a, const struct schema *s, const char *text,
                                 struct schema_run *run)
{
	json *v = json_parse(a, str_of(text), NULL);
	assert_non_null(v);
	*run = (struct schema_run){.a = a, .assert_formats = true, .max_errors = 20};
	return schema_validate(s, v, run);
}

static bool valid(arena *a, const char *schema, const char *text)
{
	struct schema_run run;
	struct schema *s = compile(a, schema);
	assert_non_null(s);
	return check(a, s, text, &run) == SCHEMA_VALID;
}

static void numbers_are_exact(void **state)
{
	arena *a = *state;
	static const struct {
		const char *x, *y;
		int cmp;
	} pairs[] = {
	    {"1", "1.0", 0},       {"100", "1e2", 0},
	    {"0.1", "1E-1", 0},    {"-0", "0", 0},
	    {"1e400", "9e399", 1}, {"-1e400", "-9e399", -1},
	    {"0.30", "0.3", 0},    {"9007199254740993", "9007199254740992", 1},
	    {"-5", "3", -1},       {"0", "-0.001", 1},
	    {"12.50", "12.5", 0},  {"1e-999999999999999999", "0", 1},
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct number x, y;
		assert_true(number_read(a, str_of(pairs[i].x), &x));
		assert_true(number_read(a, str_of(pairs[i].y), &y));
		assert_int_equal(number_cmp(x, y), pairs[i].cmp);
		assert_int_equal(number_cmp(y, x), -pairs[i].cmp);
	}
	assert_true(valid(a, "{\"multipleOf\":0.01}", "19.99"));
	assert_true(valid(a, "{\"multipleOf\":0.1}", "0.3"));
	assert_false(valid(a, "{\"multipleOf\":0.1}", "0.35"));
	assert_true(valid(a, "{\"multipleOf\":7}", "7e300"));
	assert_false(valid(a, "{\"multipleOf\":7}", "1e300"));
	assert_false(valid(a, "{\"maximum\":9007199254740992}", "9007199254740993"));
	assert_true(valid(a, "{\"const\":{\"a\":1.0,\"b\":[2]}}", "{\"b\":[2e0],\"a\":1}"));
}

static void references_resolve(void **state)
{
	arena *a = *state;
	str base = STR("http://a/b/c/d;p?q");
	static const char *const cases[][2] = {
	    /* RFC 3986 section 5.4 */
	    {"g:h", "g:h"},
	    {"g", "http://a/b/c/g"},
	    {"./g", "http://a/b/c/g"},
	    {"g/", "http://a/b/c/g/"},
	    {"/g", "http://a/g"},
	    {"//g", "http://g"},
	    {"?y", "http://a/b/c/d;p?y"},
	    {"g?y", "http://a/b/c/g?y"},
	    {"#s", "http://a/b/c/d;p?q#s"},
	    {"g#s", "http://a/b/c/g#s"},
	    {";x", "http://a/b/c/;x"},
	    {"", "http://a/b/c/d;p?q"},
	    {".", "http://a/b/c/"},
	    {"..", "http://a/b/"},
	    {"../g", "http://a/b/g"},
	    {"../..", "http://a/"},
	    {"../../g", "http://a/g"},
	    {"../../../g", "http://a/g"},
	    {"/./g", "http://a/g"},
	    {"/../g", "http://a/g"},
	    {"g.", "http://a/b/c/g."},
	    {"..g", "http://a/b/c/..g"},
	    {"./../g", "http://a/b/g"},
	    {"./g/.", "http://a/b/c/g/"},
	    {"g/../h", "http://a/b/c/h"},
	    {"g;x=1/../y", "http://a/b/c/y"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_str(uri_resolve(a, base, str_of(cases[i][0])), cases[i][1]);
}

static void errors_say_where_and_what(void **state)
{
	arena *a = *state;
	struct schema_run run;
	struct schema *s = compile(a, "{\"properties\":{\"a\":{\"minLength\":3},\"b\":{\"items\":"
	                              "{\"$ref\":\"#/$defs/n\"}}},\"required\":[\"c\"],"
	                              "\"$defs\":{\"n\":{\"maximum\":5}}}");
	assert_int_equal(check(a, s, "{\"a\":\"xy\",\"b\":[1,7]}", &run), SCHEMA_INVALID);
	assert_int_equal(run.count, 3);
	struct schema_error *e = run.first;
	assert_str(e->instance, "/a");
	assert_str(e->keyword, "minLength");
	assert_str(e->schema_path, "urn:diwan:schema#/properties/a/minLength");
	assert_str(json_print(a, e->params), "{\"limit\":3}");
	e = e->next;
	assert_str(e->instance, "/b/1");
	assert_str(e->schema_path, "urn:diwan:schema#/$defs/n/maximum");
	e = e->next;
	assert_str(e->instance, "");
	assert_str(e->keyword, "required");
	assert_str(json_print(a, e->params), "{\"missing\":\"c\"}");
}

/* Faults of branches are dropped when another branch holds. */
static void branches_leave_no_trace(void **state)
{
	arena *a = *state;
	struct schema_run run;
	struct schema *s = compile(a, "{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":3}]}");
	assert_int_equal(check(a, s, "4", &run), SCHEMA_VALID);
	assert_null(run.first);
	assert_int_equal(check(a, s, "2", &run), SCHEMA_INVALID);
	assert_str(run.first->keyword, "anyOf");
	assert_int_equal(run.count, 3);
}

static void authors_faults_are_named(void **state)
{
	arena *a = *state;
	static const struct {
		const char *schema, *rule;
	} bad[] = {
	    {"{\"type\":\"strnig\"}", "schema.keyword"},
	    {"{\"minLength\":-1}", "schema.keyword"},
	    {"{\"pattern\":\"(?i)x\"}", "schema.pattern"},
	    {"{\"pattern\":\"a++\"}", "schema.pattern"},
	    {"{\"$ref\":\"#/nowhere\"}", "schema.ref.target"},
	    {"{\"$ref\":\"https://example.org/x\"}", "schema.ref.document"},
	    {"{\"multipleOf\":0}", "schema.keyword"},
	    {"{\"properties\":{\"a\":3}}", "schema.type"},
	    {"{\"anyOf\":[]}", "schema.keyword"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct diags d = diags_make(a, STR("s.json"));
		assert_null(schema_compile(a, json_parse(a, str_of(bad[i].schema), NULL), NULL, &d));
		assert_true(d.errors > 0);
		assert_str(d.first->rule, bad[i].rule);
		assert_int_equal(d.first->line, 1);
	}
	struct diags d = diags_make(a, STR("s.json"));
	assert_non_null(schema_compile(a, json_parse(a, STR("{\"minLenght\":3}"), NULL), NULL, &d));
	assert_str(d.first->rule, "schema.keyword.unknown");
}

static void the_budget_answers(void **state)
{
	arena *a = *state;
	struct schema_run run;
	/* A reference to itself. */
	struct schema *s = compile(a, "{\"$ref\":\"#\"}");
	assert_int_equal(check(a, s, "1", &run), SCHEMA_BUDGET_SPENT);
	s = compile(a, "{\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{\"$ref\":\"#/$defs/a\"}},"
	               "\"$ref\":\"#/$defs/a\"}");
	assert_int_equal(check(a, s, "1", &run), SCHEMA_BUDGET_SPENT);
	/* Each level twice: 2^60 applications. */
	buf b = buf_make(a, 100000);
	buf_puts(&b, "{\"$defs\":{\"d60\":true");
	for (int i = 0; i < 60; i++)
		buf_fmt(&b, ",\"d%d\":{\"allOf\":[{\"$ref\":\"#/$defs/d%d\"},{\"$ref\":\"#/$defs/d%d\"}]}",
		        i, i + 1, i + 1);
	buf_puts(&b, "},\"$ref\":\"#/$defs/d0\"}");
	buf_putc(&b, '\0');
	s = compile(a, buf_str(&b).p);
	assert_int_equal(check(a, s, "1", &run), SCHEMA_BUDGET_SPENT);
	/* A pattern that backtracks without end. */
	s = compile(a, "{\"pattern\":\"^(a+)+$\"}");
	assert_int_equal(check(a, s, "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"", &run),
	                 SCHEMA_BUDGET_SPENT);
	/* Many equal-looking elements. */
	buf items = buf_make(a, 1000000);
	buf_puts(&items, "[0");
	for (int i = 1; i < 5000; i++)
		buf_fmt(&items, ",%d", i);
	buf_puts(&items, "]");
	buf_putc(&items, '\0');
	s = compile(a, "{\"uniqueItems\":true}");
	assert_int_equal(check(a, s, buf_str(&items).p, &run), SCHEMA_BUDGET_SPENT);
}

static void one_answer_alone(void **state)
{
	arena *a = *state;
	struct schema_run run;
	struct schema *s = compile(a, "{\"properties\":{\"a/b\":{\"type\":\"integer\"}}}");
	const struct schema *sub = schema_at(a, s, STR("/properties/a~1b"));
	assert_non_null(sub);
	assert_int_equal(check(a, sub, "3", &run), SCHEMA_VALID);
	assert_int_equal(check(a, sub, "3.5", &run), SCHEMA_INVALID);
	assert_null(schema_at(a, s, STR("/properties/c")));
}

static void patterns_are_ecma(void **state)
{
	arena *a = *state;
	static const struct {
		const char *pattern, *subject;
		bool matches;
	} cases[] = {
	    {"^\\d{9}$", "870512345", true},
	    {"^\\d{9}$", "٨٧٠٥١٢٣٤٥", false},
	    {"^[\\s\\S]$", "\u2028", true},
	    {"^.$", "\u2028", false},
	    {"^\\u0628$", "ب", true},
	    {"^\\u{1F600}$", "😀", true},
	    {"^\\ud83d\\ude00$", "😀", true},
	    {"^[^]$", "\n", true},
	    {"[]", "a", false},
	    {"^[[:a]+$", "[:a", true},
	    {"^\\p{Script=Arabic}+$", "بحرين", true},
	    {"a{,3}", "a{,3}", true},
	    {"^x$", "x\n", false},
	    {"^(?<y>a)\\k<y>$", "aa", true},
	};
	struct matcher *m = matcher_make(a);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		str what = {0};
		size_t at;
		struct pattern *p = pattern_compile(a, str_of(cases[i].pattern), &what, &at);
		if (!p)
			fail_msg("%s: %.*s", cases[i].pattern, STRF(what));
		assert_int_equal(pattern_match(p, m, str_of(cases[i].subject)), cases[i].matches);
	}
	static const char *const refused[] = {"(?i)a",   "(?>a)",    "a*+",  "\\Qa\\E",
	                                      "(*FAIL)", "\\a",      "(?R)", "[a",
	                                      "(a",      "\\1(?#c)", "\\",   "(?<=a+)b(?|x)"};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		assert_false(pattern_valid(a, str_of(refused[i])));
}

/* ---- the public suite ---- */

static json *load(arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return NULL;
	char *text = NEWN(a, char, 1 << 20);
	size_t n = fread(text, 1, 1 << 20, f);
	fclose(f);
	return json_parse(a, (str){text, n}, NULL);
}

static void add_remotes(arena *a, str dir, str uri, struct schema_docs *docs)
{
	DIR *d = opendir(str_c(a, dir));
	struct dirent *e;
	while (d && (e = readdir(d))) {
		str path = str_fmt(a, "%.*s/%s", STRF(dir), e->d_name);
		str name = str_fmt(a, "%.*s%s", STRF(uri), e->d_name);
		if (e->d_name[0] == '.')
			continue;
		if (!str_ends(path, STR(".json"))) {
			add_remotes(a, path, str_cat(a, name, STR("/")), docs);
			continue;
		}
		struct schema_doc *doc = NEW(a, struct schema_doc);
		*doc = (struct schema_doc){name, load(a, str_c(a, path)), docs->first};
		docs->first = doc;
	}
	if (d)
		closedir(d);
}

struct suite {
	str root;
	struct schema_docs docs;
	size_t passed, failed;
};

static str suite_root(arena *a)
{
	const char *shared = getenv("DIWAN_SHARED");
	return str_fmt(a, "%s/data/jsonschema", shared ? shared : "../shared");
}

static void run_file(arena *a, struct suite *s, str path, bool formats)
{
	json *groups = load(a, str_c(a, path));
	for (json *g = groups ? groups->first : NULL; g; g = g->next) {
		struct diags d = diags_make(a, path);
		struct schema *schema = schema_compile(a, json_get(g, "schema"), &s->docs, &d);
		for (json *t = json_get(g, "tests")->first; t; t = t->next) {
			struct schema_run run = {.a = a, .assert_formats = formats, .max_errors = 5};
			bool good =
			    schema && schema_validate(schema, json_get(t, "data"), &run) == SCHEMA_VALID;
			bool right = schema && good == json_truth(t, "valid");
			s->passed += right;
			s->failed += !right;
			if (!right)
				print_message("# %.*s: %.*s\n", STRF(path), STRF(json_str(t, "description")));
			assert_true(good || !schema || run.count > 0);
		}
	}
}

static bool run_folder(arena *a, struct suite *s, const char *folder, bool formats)
{
	arena *each = arena_create(UNIT_ARENA_BYTES);
	str path = str_fmt(a, "%.*s/%s", STRF(s->root), folder);
	DIR *d = opendir(str_c(a, path));
	struct dirent *e;
	while (d && (e = readdir(d))) {
		if (str_ends(str_of(e->d_name), STR(".json")))
			run_file(each, s, str_fmt(each, "%.*s/%s", STRF(path), e->d_name), formats);
		arena_reset(each);
	}
	if (d)
		closedir(d);
	arena_destroy(each);
	return d != NULL;
}

static struct suite suite_make(arena *a)
{
	struct suite s = {.root = suite_root(a)};
	add_remotes(a, str_cat(a, s.root, STR("/remotes")), STR("http://localhost:1234/"), &s.docs);
	return s;
}

/* proves: POR-04 */
static void required_suite_is_passed(void **state)
{
	struct suite s = suite_make(*state);
	if (!run_folder(*state, &s, "draft2020-12", false)) {
		print_message("# the JSON Schema suite is not beside the checkout\n");
		skip();
	}
	assert_int_equal(s.failed, 0);
	assert_true(s.passed > 700);
}

/* Formats asserted. PCRE2 has no look-behind of variable width: one case. */
static void optional_suite_is_passed(void **state)
{
	struct suite s = suite_make(*state);
	if (!run_folder(*state, &s, "draft2020-12/optional", false)) {
		print_message("# the JSON Schema suite is not beside the checkout\n");
		skip();
	}
	run_folder(*state, &s, "draft2020-12/optional/format", true);
	assert_int_equal(s.failed, 1);
	assert_true(s.passed > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(numbers_are_exact),         UNIT(references_resolve),
	    UNIT(errors_say_where_and_what), UNIT(branches_leave_no_trace),
	    UNIT(authors_faults_are_named),  UNIT(the_budget_answers),
	    UNIT(one_answer_alone),          UNIT(patterns_are_ecma),
	    UNIT(required_suite_is_passed),  UNIT(optional_suite_is_passed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

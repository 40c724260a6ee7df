/*
 * cmd_form.c - diwan form: checks forms and answers, runs JSON Schema suites.
 * What it does is told in help/form.txt.
 */
#include "app/commands.h"
#include "app/open.h"
#include "app/tzfiles.h"
#include "base/json.h"
#include "engine/form/form.h"
#include "engine/form/schema.h"
#include "kernel/i18n/i18n.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CMD_ARENA_BYTES ((size_t)1024 * 1024 * 1024)
#define REMOTE_BASE     "http://localhost:1234/"
#define MAX_FILES       4096

/* ---- files ---- */

struct files {
	const char *at[MAX_FILES];
	size_t n;
};

static int by_name(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* All .json files below `dir`, in the order of their names. */
static void list_files(arena *a, const char *dir, struct files *out)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	while (d && (e = readdir(d))) {
		struct stat st;
		const char *path = str_c(a, str_fmt(a, "%s/%s", dir, e->d_name));
		if (e->d_name[0] == '.' || stat(path, &st))
			continue;
		if (S_ISDIR(st.st_mode))
			list_files(a, path, out);
		else if (str_ends(str_of(path), STR(".json")) && out->n < MAX_FILES)
			out->at[out->n++] = path;
	}
	if (d)
		closedir(d);
	qsort(out->at, out->n, sizeof *out->at, by_name);
}

/* ---- the suite ---- */

struct tally {
	size_t passed, failed;
};

static void load_remotes(arena *a, const char *dir, struct schema_docs *docs)
{
	struct files *files = NEW(a, struct files);
	list_files(a, dir, files);
	for (size_t i = 0; i < files->n; i++) {
		json *v = app_json(a, files->at[i]);
		if (!v)
			continue;
		struct schema_doc *doc = NEW(a, struct schema_doc);
		doc->uri = str_fmt(a, REMOTE_BASE "%s", files->at[i] + strlen(dir) + 1);
		doc->document = v;
		doc->next = docs->first;
		docs->first = doc;
	}
}

static void run_group(arena *a, const char *file, const json *group, const struct schema_docs *docs,
                      struct tally *t)
{
	struct diags d = diags_make(a, str_of(file));
	bool formats = strstr(file, "/optional/format/") || strstr(file, "/optional/ecmascript");
	struct schema *s = schema_compile(a, json_get(group, "schema"), docs, &d);
	const json *tests = json_get(group, "tests");
	for (const json *test = tests ? tests->first : NULL; test; test = test->next) {
		struct schema_run run = {.a = a, .assert_formats = formats, .max_errors = 1};
		bool expected = json_truth(test, "valid");
		enum schema_verdict got =
		    s ? schema_validate(s, json_get(test, "data"), &run) : SCHEMA_BUDGET_SPENT;
		if (got == (expected ? SCHEMA_VALID : SCHEMA_INVALID)) {
			t->passed++;
			continue;
		}
		t->failed++;
		str what = json_str(group, "description"), name = json_str(test, "description");
		printf("FAIL %s: %.*s: %.*s\n", file, STRF(what), STRF(name));
	}
	str text = diags_print(a, &d);
	if (!s)
		printf("%.*s", STRF(text));
}

/* Cases a draft leaves to the implementer are told apart from those it requires. */
struct totals {
	struct tally required, optional;
	json *results;
};

static void run_suite_file(arena *keep, arena *a, const char *path, const struct schema_docs *docs,
                           struct totals *total)
{
	bool optional = strstr(path, "/optional/");
	struct tally *sum = optional ? &total->optional : &total->required, t = {0};
	json *groups = app_json(keep, path), *r;

	if (!json_is(groups, JSON_ARRAY))
		return;
	for (const json *g = groups->first; g; g = g->next) {
		run_group(a, path, g, docs, &t);
		arena_reset(a);
	}
	printf("%s %s: %zu of %zu\n", t.failed ? "NOT OK" : "ok", path, t.passed, t.passed + t.failed);
	sum->passed += t.passed;
	sum->failed += t.failed;
	json_push(total->results, r = json_object(keep));
	json_set_str(keep, r, "file", str_of(path));
	json_set_bool(keep, r, "optional", optional);
	json_set_int(keep, r, "passed", (int64_t)t.passed);
	json_set_int(keep, r, "failed", (int64_t)t.failed);
}

static bool write_results(arena *a, const char *path, const json *results)
{
	FILE *f = path ? fopen(path, "wb") : NULL;
	str text = path ? json_print(a, results) : (str){0};

	if (!path || (f && fwrite(text.p, 1, text.n, f) == text.n && fclose(f) == 0))
		return true;
	fprintf(stderr, "%s: cannot be written\n", path);
	return false;
}

static int run_suite(const char *dir, const char *remotes, const char *out)
{
	arena *keep = arena_create(CMD_ARENA_BYTES), *a = arena_create(CMD_ARENA_BYTES);
	struct schema_docs docs = {0};
	struct files *files = NEW(keep, struct files);
	struct totals total = {.results = json_array(keep)};
	struct stat st;

	if (remotes)
		load_remotes(keep, remotes, &docs);
	if (!stat(dir, &st) && S_ISREG(st.st_mode))
		files->at[files->n++] = dir;
	else
		list_files(keep, dir, files);
	for (size_t i = 0; i < files->n; i++)
		run_suite_file(keep, a, files->at[i], &docs, &total);
	const struct tally *r = &total.required, *o = &total.optional;
	if (o->passed + o->failed)
		printf("required: %zu passed, %zu failed\noptional: %zu passed, %zu failed\n", r->passed,
		       r->failed, o->passed, o->failed);
	printf("%zu passed, %zu failed\n", r->passed + o->passed, r->failed + o->failed);
	bool only = !r->passed && !r->failed; /* then the optional ones are what was asked for */
	int status = r->failed || (only && (o->failed || !o->passed)) ? EXIT_NO : EXIT_OK;
	if (!write_results(keep, out, total.results))
		status = EXIT_FAILED;
	arena_destroy(a);
	arena_destroy(keep);
	return status;
}

/* ---- checking a file ---- */

static str text_of(void *ctx, arena *a, bool arabic, str key, const json *params)
{
	return message_text(ctx, a, arabic ? LANG_AR : LANG_EN, key, json_int(params, "n", 0), params,
	                    false);
}

static int64_t today(void)
{
	return clock_now(clock_system()) / DAY;
}

/* Answers as the API would take them: every fault, in the reader's words. */
static int check_answers(arena *a, const struct form *f, const char *path, bool arabic)
{
	struct diags d = diags_make(a, STR("messages"));
	struct messages *m = messages_load(a, &d);
	struct form_env env = {.arabic = arabic, .today = today(), .ctx = m, .text = text_of};
	struct form_errors errors = {0};
	const json *answers = app_json(a, path);

	if (!answers)
		return EXIT_FAILED;
	if (form_check_answers(f, answers, &env, a, &errors)) {
		printf("%s: ok\n", path);
		return EXIT_OK;
	}
	for (size_t i = 0; i < errors.count; i++)
		fprintf(stderr, "%s: %.*s: %.*s [%.*s]\n", path, STRF(errors.at[i].field),
		        STRF(errors.at[i].text), STRF(errors.at[i].key));
	return EXIT_NO;
}

/* What is wrong; in Arabic the rule's text stands for the detail. */
static void tell(arena *a, const struct diags *d, bool arabic)
{
	struct diags ignored = diags_make(a, STR("messages"));
	struct messages *m = arabic && d->first ? messages_load(a, &ignored) : NULL;

	if (!m) {
		str text = diags_print(a, d);
		fprintf(stderr, "%.*s", STRF(text));
		return;
	}
	for (const struct diag *g = d->first; g; g = g->next) {
		str key = str_fmt(a, "diag.%.*s", STRF(g->rule));
		str text = message_known(m, key) ? message_raw(m, LANG_AR, key, 0) : g->what;
		fprintf(stderr, "%.*s:%u:%u: %.*s [%.*s]\n", STRF(g->file), g->line, g->col, STRF(text),
		        STRF(g->rule));
	}
}

static int check_file(const char *path, const char *answers, bool arabic)
{
	arena *a = arena_create(CMD_ARENA_BYTES);
	json *v = app_json(a, path);
	struct diags d = diags_make(a, str_of(path));
	struct form *f = NULL;
	int status = EXIT_FAILED;

	if (v) {
		bool form = json_get(v, "layout");
		bool good =
		    form ? (f = form_load(a, v, &d)) != NULL : schema_compile(a, v, NULL, &d) != NULL;
		tell(a, &d, arabic);
		if (good)
			printf("%s: ok\n", path);
		status = good ? EXIT_OK : EXIT_NO;
	}
	if (f && answers)
		status = check_answers(a, f, answers, arabic);
	arena_destroy(a);
	return status;
}

int cmd_form(int argc, char **argv)
{
	const char *remotes = NULL, *out = NULL, *words[3] = {0};
	bool arabic = false;
	size_t n = 0;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--remotes") && i + 1 < argc)
			remotes = argv[++i];
		else if (!strcmp(argv[i], "--json") && i + 1 < argc)
			out = argv[++i];
		else if (!strcmp(argv[i], "--lang") && i + 1 < argc)
			arabic = !strcmp(argv[++i], "ar");
		else if (argv[i][0] != '-' && n < 3)
			words[n++] = argv[i];
		else
			return help_wrong("form", "unknown word", argv[i]);
	}
	if (n == 2 && !strcmp(words[0], "test"))
		return run_suite(words[1], remotes, out);
	if (n >= 2 && !strcmp(words[0], "check"))
		return check_file(words[1], words[2], arabic);
	return help_wrong("form", n ? "unknown word, or no file is named" : "what is to be done?",
	                  words[0]);
}

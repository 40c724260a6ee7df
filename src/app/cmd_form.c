#include "app/commands.h"
#include "base/json.h"
#include "engine/form/form.h"
#include "engine/form/schema.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CMD_ARENA_BYTES ((size_t)1024 * 1024 * 1024)
#define REMOTE_BASE     "http://localhost:1234/"
#define MAX_FILES       4096

/* ---- files ---- */

static bool read_file(arena *a, const char *path, str *out)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return false;
	buf b = buf_make(a, JSON_MAX_BYTES);
	char chunk[16384];
	size_t n;
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_put(&b, (str){chunk, n});
	bool good = !ferror(f) && !b.over;
	fclose(f);
	*out = buf_str(&b);
	return good;
}

static json *read_json(arena *a, const char *path)
{
	str text;
	json_error e = {0};
	if (!read_file(a, path, &text)) {
		fprintf(stderr, "%s: %s\n", path, errno ? strerror(errno) : "too large");
		return NULL;
	}
	json *v = json_parse(a, text, &e);
	if (!v)
		fprintf(stderr, "%s:%u:%u: %.*s\n", path, e.line, e.col, STRF(e.what));
	return v;
}

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
		json *v = read_json(a, files->at[i]);
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

static int run_suite(const char *dir, const char *remotes)
{
	arena *keep = arena_create(CMD_ARENA_BYTES), *a = arena_create(CMD_ARENA_BYTES);
	struct schema_docs docs = {0};
	struct files *files = NEW(keep, struct files);
	struct tally total = {0};
	struct stat st;
	if (remotes)
		load_remotes(keep, remotes, &docs);
	if (!stat(dir, &st) && S_ISREG(st.st_mode))
		files->at[files->n++] = dir;
	else
		list_files(keep, dir, files);
	for (size_t i = 0; i < files->n; i++) {
		json *groups = read_json(keep, files->at[i]);
		if (!json_is(groups, JSON_ARRAY))
			continue;
		struct tally t = {0};
		for (const json *g = groups->first; g; g = g->next) {
			run_group(a, files->at[i], g, &docs, &t);
			arena_reset(a);
		}
		printf("%s %s: %zu of %zu\n", t.failed ? "NOT OK" : "ok", files->at[i], t.passed,
		       t.passed + t.failed);
		total.passed += t.passed;
		total.failed += t.failed;
	}
	printf("%zu passed, %zu failed\n", total.passed, total.failed);
	arena_destroy(a);
	arena_destroy(keep);
	return total.failed || !total.passed ? 1 : 0;
}

/* ---- checking a file ---- */

static int check_file(const char *path)
{
	arena *a = arena_create(CMD_ARENA_BYTES);
	json *v = read_json(a, path);
	int status = 1;
	if (v) {
		struct diags d = diags_make(a, str_of(path));
		bool good = json_get(v, "layout") ? form_load(a, v, &d) != NULL
		                                  : schema_compile(a, v, NULL, &d) != NULL;
		str text = diags_print(a, &d);
		fprintf(stderr, "%.*s", STRF(text));
		if (good)
			printf("%s: ok\n", path);
		status = good ? 0 : 1;
	}
	arena_destroy(a);
	return status;
}

static int usage(FILE *to)
{
	fputs("diwan form check FILE               check a form (or a JSON Schema) and say what is "
	      "wrong\n"
	      "diwan form test DIR [--remotes DIR] run a JSON Schema test suite\n",
	      to);
	return to == stdout ? 0 : 2;
}

int cmd_form(int argc, char **argv)
{
	const char *remotes = NULL, *what = NULL, *target = NULL;
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help"))
			return usage(stdout);
		if (!strcmp(argv[i], "--remotes") && i + 1 < argc)
			remotes = argv[++i];
		else if (!what)
			what = argv[i];
		else if (!target)
			target = argv[i];
		else
			return usage(stderr);
	}
	if (what && target && !strcmp(what, "test"))
		return run_suite(target, remotes);
	if (what && target && !strcmp(what, "check"))
		return check_file(target);
	return usage(stderr);
}

/* bpmn_suite.c - diwan bpmn test: runs the test files of a folder. */
#include "app/bpmn_suite.h"

#include "app/commands.h"
#include "app/open.h"
#include "app/tzfiles.h"
#include "engine/bpmn/bpmn.h"
#include "engine/bpmn/cases.h"
#include "engine/bpmn/dialect.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CMD_ARENA_BYTES ((size_t)1024 * 1024 * 1024)
#define MAX_FILES       8192

struct suite {
	arena *a;
	const char *only;
	json *results;
	size_t passed, failed;
	const char *files[MAX_FILES];
	size_t n;
};

static int by_name(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void list_files(struct suite *s, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		struct stat st;
		const char *path = str_c(s->a, str_fmt(s->a, "%s/%s", dir, e->d_name));
		if (e->d_name[0] == '.' || stat(path, &st))
			continue;
		if (S_ISDIR(st.st_mode))
			list_files(s, path);
		else if (s->n < MAX_FILES)
			s->files[s->n++] = path;
	}
	if (d)
		closedir(d);
}

static void report(struct suite *s, const char *file, str name, bool pass, str why)
{
	arena *a = s->a;
	json *r = json_object(a);

	printf("%s %s %.*s%s%.*s\n", pass ? "pass" : "FAIL", file, STRF(name), why.n ? ": " : "",
	       STRF(why));
	s->passed += pass;
	s->failed += !pass;
	json_set_str(a, r, "file", str_of(file));
	json_set_str(a, r, "case", str_dup(a, name));
	json_set_bool(a, r, "pass", pass);
	json_set_str(a, r, "why", str_dup(a, why));
	json_push(s->results, r);
}

static str sibling(struct suite *s, const char *path, const char *suffix)
{
	size_t stem = strlen(path) - strlen(suffix);

	return str_fmt(s->a, "%.*s.bpmn", (int)stem, path);
}

static void run_cases(struct suite *s, const char *path, str text)
{
	json *test = json_parse(s->a, text, NULL);
	str xml, file = sibling(s, path, ".test.json");
	arena *a = arena_create(CMD_ARENA_BYTES);

	if (!json_get(test, "cases") || !file_slurp(s->a, str_c(s->a, file), JSON_MAX_BYTES, &xml)) {
		report(s, path, (str){0}, false, STR("cannot be read"));
		arena_destroy(a);
		return;
	}
	for (json *c = json_get(test, "cases")->first; c; c = c->next) {
		str why = {0};
		bool pass = bpmn_case_run(a, xml, test, c, &why);
		report(s, path, json_str(c, "name"), pass, why);
		arena_reset(a);
	}
	arena_destroy(a);
}

static json *count_elements(arena *a, const struct xml_node *root)
{
	json *counts = json_object(a);

	for (const struct xml_node *n = root; n; n = xml_walk(root, n)) {
		int64_t k = 0;
		if (n->ns != NS_BPMN || !xml_attr(n, "id").n)
			continue;
		json_i64(json_get_str(counts, n->name), &k);
		json_set_key(a, counts, n->name, json_int_new(a, k + 1));
	}
	return counts;
}

static void run_parse(struct suite *s, const char *path, str text)
{
	json *want = json_get(json_parse(s->a, text, NULL), "elements_with_id");
	struct diags d = diags_make(s->a, str_of(path));
	str xml, why = {0};

	if (!want ||
	    !file_slurp(s->a, str_c(s->a, sibling(s, path, ".parse.json")), JSON_MAX_BYTES, &xml)) {
		report(s, path, (str){0}, false, STR("cannot be read"));
		return;
	}
	struct bpmn *b = bpmn_read(s->a, xml, &d);
	json *got = b ? count_elements(s->a, bpmn_xml(s->a, xml, &d)) : NULL;
	bool pass = got && got->count == want->count;
	for (json *v = want->first; v && pass; v = v->next)
		pass = json_equal(json_get_str(got, v->key), v);
	if (!pass)
		why = STR("the elements counted differ");
	else if (!str_starts(bpmn_svg(s->a, b, NULL), STR("<svg"))) {
		pass = false;
		why = STR("cannot be drawn");
	}
	report(s, path, STR("parse"), pass, why);
}

static void run_reject(struct suite *s, const char *path, str xml)
{
	arena *a = arena_create(CMD_ARENA_BYTES);
	struct diags d = diags_make(a, str_of(path));
	struct bpmn *b = bpmn_load(a, xml, &d);
	str why = b ? STR("was accepted")
	            : str_fmt(a, "%.*s: %.*s", STRF(d.first->rule), STRF(d.first->what));

	report(s, path, STR("reject"), !b, why);
	arena_destroy(a);
}

/* Everything the folder holds that is for us, in the order of the names. */
static void run_files(struct suite *s, const char *dir)
{
	list_files(s, dir);
	qsort(s->files, s->n, sizeof *s->files, by_name);
	for (size_t i = 0; i < s->n; i++) {
		const char *path = s->files[i];
		str name = str_of(path), text;
		if (s->only && fnmatch(s->only, path, 0))
			continue;
		bool cases = str_ends(name, STR(".test.json")), parse = str_ends(name, STR(".parse.json"));
		bool reject = str_ends(name, STR(".bpmn")) && strstr(path, "/reject/");
		if ((!cases && !parse && !reject) || !file_slurp(s->a, path, JSON_MAX_BYTES, &text))
			continue;
		if (cases)
			run_cases(s, path, text);
		else if (parse)
			run_parse(s, path, text);
		else
			run_reject(s, path, text);
	}
}

static int write_json(struct suite *s, const char *path)
{
	FILE *f = fopen(path, "wb");
	str text = json_print(s->a, s->results);

	if (!f || fwrite(text.p, 1, text.n, f) != text.n || fclose(f)) {
		fprintf(stderr, "%s: cannot be written\n", path);
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

int bpmn_suite(const char *dir, const char *only, const char *out)
{
	arena *a = arena_create(CMD_ARENA_BYTES);
	struct suite *s = NEW(a, struct suite);
	int status = EXIT_OK;

	s->a = a;
	s->results = json_array(s->a);
	s->only = only;
	run_files(s, dir);
	printf("%zu passed, %zu failed\n", s->passed, s->failed);
	if (!s->passed && !s->failed)
		fprintf(stderr, "%s: no test files\n", dir);
	if (s->failed || !s->passed)
		status = EXIT_NO;
	if (out && write_json(s, out))
		status = EXIT_FAILED;
	arena_destroy(a);
	return status;
}

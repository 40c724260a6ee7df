/*
 * diwan bpmn: the author's and the judge's view of processes.
 *
 *     diwan bpmn lint FILE        load a process (.bpmn, or a .json table of stages)
 *     diwan bpmn svg FILE         draw it on standard output
 *     diwan bpmn compile FILE     a table of stages as BPMN
 *     diwan bpmn test DIR [--only GLOB] [--json OUT]
 *
 * test: NAME.test.json beside NAME.bpmn holds cases; NAME.parse.json counts
 * elements; a .bpmn below a folder "reject" must be refused by a named rule.
 */
#include "app/commands.h"

#include "engine/bpmn/bpmn.h"
#include "engine/bpmn/cases.h"
#include "engine/bpmn/xml.h"

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

static bool read_file(arena *a, const char *path, str *out)
{
	FILE *f = fopen(path, "rb");
	char chunk[16384];
	size_t n;

	if (!f)
		return false;
	buf b = buf_make(a, JSON_MAX_BYTES);
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_put(&b, (str){chunk, n});
	bool good = !ferror(f) && !b.over;
	fclose(f);
	*out = buf_str(&b);
	return good;
}

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

	if (!json_get(test, "cases") || !read_file(s->a, str_c(s->a, file), &xml)) {
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

	if (!want || !read_file(s->a, str_c(s->a, sibling(s, path, ".parse.json")), &xml)) {
		report(s, path, (str){0}, false, STR("cannot be read"));
		return;
	}
	struct bpmn *b = bpmn_read(s->a, xml, &d);
	json *got = b ? count_elements(s->a, xml_parse(s->a, xml, &d)) : NULL;
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

static int test(int argc, char **argv)
{
	struct suite *s = calloc(1, sizeof *s);
	const char *out = NULL;

	if (!s)
		return 1;
	s->a = arena_create(CMD_ARENA_BYTES);
	s->results = json_array(s->a);
	for (int i = 1; i + 1 < argc; i++) {
		if (strcmp(argv[i], "--only") == 0)
			s->only = argv[++i];
		else if (strcmp(argv[i], "--json") == 0)
			out = argv[++i];
	}
	list_files(s, argv[0]);
	qsort(s->files, s->n, sizeof *s->files, by_name);
	for (size_t i = 0; i < s->n; i++) {
		const char *path = s->files[i];
		str name = str_of(path), text;
		if (s->only && fnmatch(s->only, path, 0))
			continue;
		bool cases = str_ends(name, STR(".test.json")), parse = str_ends(name, STR(".parse.json"));
		bool reject = str_ends(name, STR(".bpmn")) && strstr(path, "/reject/");
		if ((!cases && !parse && !reject) || !read_file(s->a, path, &text))
			continue;
		if (cases)
			run_cases(s, path, text);
		else if (parse)
			run_parse(s, path, text);
		else
			run_reject(s, path, text);
	}
	printf("%zu passed, %zu failed\n", s->passed, s->failed);
	FILE *f = out ? fopen(out, "wb") : NULL;
	if (f) {
		str text = json_print(s->a, s->results);
		fwrite(text.p, 1, text.n, f);
		fclose(f);
	}
	int status = s->failed || (out && !f) ? 1 : 0;
	arena_destroy(s->a);
	free(s);
	return status;
}

/* The text of a process; a table of stages is compiled. */
static bool source(arena *a, const char *path, struct diags *d, str *xml)
{
	json_error e = {0};

	if (!read_file(a, path, xml)) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return false;
	}
	if (!str_ends(str_of(path), STR(".json")))
		return true;
	json *table = json_parse(a, *xml, &e);
	if (!table) {
		fprintf(stderr, "%s:%u:%u: %.*s\n", path, e.line, e.col, STRF(e.what));
		return false;
	}
	*xml = bpmn_from_stages(a, table, d);
	return d->errors == 0;
}

static int one_file(const char *verb, const char *path)
{
	arena *a = arena_create(CMD_ARENA_BYTES);
	struct diags d = diags_make(a, str_of(path));
	struct bpmn *b = NULL;
	str xml = {0}, out = {0};
	bool good = source(a, path, &d, &xml);

	if (good && strcmp(verb, "lint") == 0)
		b = bpmn_load(a, xml, &d);
	else if (good && strcmp(verb, "svg") == 0 && (b = bpmn_read(a, xml, &d)))
		out = bpmn_svg(a, b, NULL);
	else if (good)
		out = xml;
	fwrite(out.p ? out.p : "", 1, out.n, stdout);
	str told = diags_print(a, &d);
	fprintf(stderr, "%.*s", STRF(told));
	good = good && d.errors == 0;
	arena_destroy(a);
	return good ? 0 : 1;
}

int cmd_bpmn(int argc, char **argv)
{
	if (argc >= 3 && strcmp(argv[1], "test") == 0)
		return test(argc - 2, argv + 2);
	if (argc == 3 && (strcmp(argv[1], "lint") == 0 || strcmp(argv[1], "svg") == 0 ||
	                  strcmp(argv[1], "compile") == 0))
		return one_file(argv[1], argv[2]);
	fprintf(stderr, "usage: diwan bpmn lint FILE | svg FILE | compile FILE |\n"
	                "       diwan bpmn test DIR [--only GLOB] [--json OUT]\n");
	return 2;
}

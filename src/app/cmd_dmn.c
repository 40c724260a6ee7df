#include "app/commands.h"
#include "app/tzfiles.h"
#include "engine/dmn/dmn.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES  ((size_t)2 * 1024 * 1024 * 1024)
#define MODEL_BYTES  ((size_t)64 * 1024 * 1024)
#define FOLDER_FILES 256
#define FOLDER_DEPTH 8

static const char usage[] =
    "diwan dmn check FILE\n"
    "diwan dmn eval|trace FILE DECISION [-c INPUTS.json]\n"
    "diwan dmn graph FILE\n"
    "diwan dmn test DIR [--only GLOB] [--level 2|3] [--strict] [--json OUT]\n";

static struct dmn_run new_run(arena *a)
{
	struct dmn_run run = dmn_run_make(a);
	run.zones = tz_files();
	run.now = clock_now(clock_system());
	return run;
}

static void complain(arena *a, const struct diags *d)
{
	if (d->first)
		fprintf(stderr, "%.*s", STRF(diags_print(a, d)));
}

static struct dmn *load_file(arena *a, const char *path, struct diags *d)
{
	str xml;
	if (!file_slurp(a, path, MODEL_BYTES, &xml)) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return NULL;
	}
	return dmn_load(a, xml, d);
}

static int check(arena *a, const char *path)
{
	struct diags d = diags_make(a, str_of(path));
	struct dmn *m = load_file(a, path, &d);
	if (m)
		dmn_check(a, m, &d);
	complain(a, &d);
	if (m && !d.errors)
		printf("%s: %zu warnings\n", path, d.count);
	return m && !d.errors ? 0 : 1;
}

static int graph(arena *a, const char *path)
{
	struct diags d = diags_make(a, str_of(path));
	struct dmn *m = load_file(a, path, &d);
	complain(a, &d);
	if (!m)
		return 1;
	printf("%.*s", STRF(dmn_graph_svg(a, m)));
	return 0;
}

static int evaluate(arena *a, int argc, char **argv, bool trace)
{
	struct diags d = diags_make(a, str_of(argv[2]));
	json *inputs = json_object(a), *out = NULL;
	str text;
	if (argc > 5 && strcmp(argv[4], "-c") == 0) {
		inputs = file_slurp(a, argv[5], JSON_MAX_BYTES, &text) ? json_parse(a, text, NULL) : NULL;
		if (!json_is(inputs, JSON_OBJECT)) {
			fprintf(stderr, "%s: not a JSON object\n", argv[5]);
			return 2;
		}
	}
	struct dmn *m = load_file(a, argv[2], &d);
	complain(a, &d);
	if (!m)
		return 1;
	struct dmn_run run = new_run(a);
	run.trace = trace;
	err code = dmn_eval(m, str_of(argv[3]), inputs, &run, &out);
	complain(a, &run.diags);
	if (code) {
		fprintf(stderr, "%s\n", err_find(code)->name);
		return 1;
	}
	if (trace) {
		json *both = json_object(a);
		json_set(a, both, "result", out);
		json_set(a, both, "trace", run.trace_out);
		out = both;
	}
	buf b = buf_make(a, JSON_MAX_BYTES);
	json_write(&b, out, 2);
	printf("%.*s\n", STRF(buf_str(&b)));
	return 0;
}

/* --- test ------------------------------------------------------------------------------ */

struct suite {
	arena *a;    /* of one folder */
	arena *kept; /* of the report */
	const char *only, *level, *folder;
	bool strict;
	json *report;
	size_t passed, failed, plain, plain_passed, l3, l3_passed;
	/* the case being collected: it passes when all its results do */
	char id[256];
	char why[256];
	bool open, ok, null, level3;
};

static void close_case(struct suite *s)
{
	if (!s->open)
		return;
	s->open = false;
	if (s->ok)
		printf("PASS %s %s\n", s->folder, s->id);
	*(s->ok ? &s->passed : &s->failed) += 1;
	s->plain += !s->null;
	s->plain_passed += !s->null && s->ok;
	s->l3 += s->level3;
	s->l3_passed += s->level3 && s->ok;
	json *o = json_object(s->kept);
	json_set_str(s->kept, o, "folder", str_dup(s->kept, str_of(s->folder)));
	json_set_str(s->kept, o, "case", str_dup(s->kept, str_of(s->id)));
	json_set_int(s->kept, o, "level", s->level3 ? 3 : 2);
	json_set_bool(s->kept, o, "null", s->null);
	json_set_bool(s->kept, o, "passed", s->ok);
	if (!s->ok)
		json_set_str(s->kept, o, "why", str_dup(s->kept, str_of(s->why)));
	json_push(s->report, o);
}

static void on_case(void *ctx, const struct dmn_case *c)
{
	struct suite *s = ctx;
	if (!s->open || !str_eq(c->id, str_of(s->id))) {
		close_case(s);
		snprintf(s->id, sizeof s->id, "%.*s", STRF(c->id));
		s->open = s->ok = s->null = true;
	}
	s->null &= c->null_expected;
	if (c->passed)
		return;
	s->ok = false;
	snprintf(s->why, sizeof s->why, "%.*s: expected %.*s, got %.*s (%.*s)", STRF(c->decision),
	         STRF(c->expected), STRF(c->got), STRF(c->diagnostic));
	printf("FAIL %s %s decision \"%.*s\": expected %.*s, got %.*s (%.*s)\n", s->folder, s->id,
	       STRF(c->decision), STRF(c->expected), STRF(c->got), STRF(c->diagnostic));
}

static bool ends(const char *s, const char *suffix)
{
	return str_ends(str_of(s), str_of(suffix));
}

/* The models of a folder, the one the examples name first. */
static struct dmn *load_folder(struct suite *s, const char *dir, char *const *files, size_t n,
                               str wanted, struct diags *d)
{
	str xml[FOLDER_FILES];
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		str path = str_fmt(s->a, "%s/%s", dir, files[i]), text;
		if (!ends(files[i], ".dmn") || !file_slurp(s->a, str_c(s->a, path), MODEL_BYTES, &text))
			continue;
		xml[k] = text;
		if (str_eq(wanted, str_of(files[i])) && k > 0) {
			xml[k] = xml[0];
			xml[0] = text;
		}
		k++;
	}
	return k ? dmn_load_set(s->a, xml, k, d) : NULL;
}

static str model_name(str xml)
{
	ptrdiff_t at = str_find(xml, STR("<modelName>"));
	size_t skip = sizeof "<modelName>" - 1;
	if (at < 0) {
		at = str_find(xml, STR("modelName>"));
		skip = sizeof "modelName>" - 1;
	}
	if (at < 0)
		return (str){0};
	str rest = str_sub(xml, (size_t)at + skip, xml.n), name;
	str_cut(&rest, '<', &name);
	return str_trim(name);
}

static void test_file(struct suite *s, const char *dir, char *const *files, size_t n,
                      const char *file)
{
	str path = str_fmt(s->a, "%s/%s", dir, file), xml;
	struct diags d = diags_make(s->a, path);
	if (!file_slurp(s->a, str_c(s->a, path), MODEL_BYTES, &xml) ||
	    str_find(xml, STR("testCases")) < 0)
		return;
	struct dmn *m = load_folder(s, dir, files, n, model_name(xml), &d);
	struct dmn_run like = new_run(s->a);
	if (!m || !dmn_test(s->a, m, xml, s->strict, &like, on_case, s, &d)) {
		printf("FAIL %s %s: the model cannot be loaded\n", s->folder, file);
		s->failed++;
		complain(s->a, &d);
	}
	if (getenv("DMN_VERBOSE"))
		complain(s->a, &d);
	close_case(s);
}

static int by_name(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

static void test_folder(struct suite *s, const char *dir, int depth)
{
	char *files[FOLDER_FILES];
	size_t n = 0;
	DIR *d = depth < FOLDER_DEPTH ? opendir(dir) : NULL;
	if (!d)
		return;
	for (struct dirent *e; (e = readdir(d)) && n < FOLDER_FILES;)
		if (e->d_name[0] != '.')
			files[n++] = strdup(e->d_name);
	closedir(d);
	qsort(files, n, sizeof *files, by_name);
	const char *base = strrchr(dir, '/');
	base = base ? base + 1 : dir;
	bool wanted =
	    (!s->only || fnmatch(s->only, base, 0) == 0) && (!s->level || strstr(dir, s->level));
	for (size_t i = 0; i < n; i++) {
		char path[4096];
		snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		if (ends(files[i], ".xml") && wanted) {
			s->folder = base;
			s->level3 = strstr(dir, "level-3") != NULL;
			arena_reset(s->a);
			test_file(s, dir, files, n, files[i]);
		} else if (!strchr(files[i], '.')) {
			test_folder(s, path, depth + 1);
		}
	}
	for (size_t i = 0; i < n; i++)
		free(files[i]);
}

static int test(arena *a, int argc, char **argv)
{
	struct suite s = {.kept = a, .a = arena_create(ARENA_BYTES), .report = json_array(a)};
	const char *json_out = NULL;
	static char level[32];
	if (!s.a)
		return 1;
	for (int i = 3; i < argc; i++) {
		if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
			s.only = argv[++i];
		} else if (strcmp(argv[i], "--level") == 0 && i + 1 < argc) {
			snprintf(level, sizeof level, "level-%s", argv[++i]);
			s.level = level;
		} else if (strcmp(argv[i], "--strict") == 0) {
			s.strict = true;
		} else if (strcmp(argv[i], "--json") == 0 && i + 1 < argc) {
			json_out = argv[++i];
		}
	}
	test_folder(&s, argv[2], 0);
	arena_destroy(s.a);
	printf("compliance-level-3: %zu of %zu\nnon-null: %zu of %zu\n%zu passed, %zu failed\n",
	       s.l3_passed, s.l3, s.plain_passed, s.plain, s.passed, s.failed);
	FILE *f = json_out ? fopen(json_out, "w") : NULL;
	if (f) {
		str out = json_print(a, s.report);
		fwrite(out.p, 1, out.n, f);
		fclose(f);
	}
	return s.failed || !s.passed ? 1 : 0;
}

int cmd_dmn(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	arena *a = arena_create(ARENA_BYTES);
	int rc = 2;
	if (!a)
		return 1;
	if (strcmp(what, "check") == 0)
		rc = check(a, argv[2]);
	else if (strcmp(what, "graph") == 0)
		rc = graph(a, argv[2]);
	else if (argc > 3 && (strcmp(what, "eval") == 0 || strcmp(what, "trace") == 0))
		rc = evaluate(a, argc, argv, what[0] == 't');
	else if (strcmp(what, "test") == 0)
		rc = test(a, argc, argv);
	else
		fputs(usage, stderr);
	arena_destroy(a);
	return rc;
}

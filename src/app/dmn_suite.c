#include "app/dmn_suite.h"
#include "app/open.h"
#include "app/tzfiles.h"
#include "engine/dmn/dmn.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ARENA_BYTES  ((size_t)2 * 1024 * 1024 * 1024)
#define MODEL_BYTES  ((size_t)64 * 1024 * 1024)
#define FOLDER_FILES 256
#define FOLDER_DEPTH 8

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
	if (c->passed || !s->ok) /* a line a case: the first result that is wrong */
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
	struct dmn_run like = dmn_run_make(s->a);
	like.zones = tz_files();
	like.now = clock_now(clock_system());
	bool read = dmn_test(s->a, m, xml, s->strict, &like, on_case, s, &d);
	close_case(s);
	if (!read) {
		printf("FAIL %s %s: the cases cannot be read\n", s->folder, file);
		s->failed++;
	}
	if (!m || !read)
		fprintf(stderr, "%.*s", STRF(diags_print(s->a, &d)));
}

static int by_name(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

static void test_folder(struct suite *s, const char *dir, int depth)
{
	char *files[FOLDER_FILES];
	size_t n = 0, bytes;
	DIR *d = depth < FOLDER_DEPTH ? opendir(dir) : NULL;
	if (!d)
		return;
	for (struct dirent *e; (e = readdir(d)) && n < FOLDER_FILES;)
		if (e->d_name[0] != '.') {
			bytes = strlen(e->d_name) + 1;
			files[n] = NEWN(s->kept, char, bytes);
			memcpy(files[n++], e->d_name, bytes);
		}
	closedir(d);
	qsort(files, n, sizeof *files, by_name);
	const char *base = strrchr(dir, '/');
	base = base ? base + 1 : dir;
	bool wanted =
	    (!s->only || fnmatch(s->only, base, 0) == 0) && (!s->level || strstr(dir, s->level));
	for (size_t i = 0; i < n; i++) {
		char path[4096];
		struct stat st;
		snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		if (ends(files[i], ".xml") && wanted) {
			s->folder = base;
			s->level3 = strstr(dir, "level-3") != NULL;
			arena_reset(s->a);
			test_file(s, dir, files, n, files[i]);
		} else if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
			test_folder(s, path, depth + 1);
		}
	}
}

static bool folder_readable(const char *dir)
{
	DIR *d = opendir(dir);
	if (d)
		closedir(d);
	return d != NULL;
}

int dmn_suite(arena *a, const struct dmn_suite_words *w)
{
	struct suite s = {.kept = a,
	                  .a = arena_create(ARENA_BYTES),
	                  .report = json_array(a),
	                  .only = w->only,
	                  .strict = w->strict};
	char level[32];
	if (!s.a)
		return EXIT_FAILED;
	if (w->level) {
		snprintf(level, sizeof level, "level-%s", w->level);
		s.level = level;
	}
	if (!folder_readable(w->folder)) {
		fprintf(stderr, "%s: no folder that can be read\n", w->folder);
		arena_destroy(s.a);
		return EXIT_FAILED;
	}
	test_folder(&s, w->folder, 0);
	arena_destroy(s.a);
	printf("compliance-level-3: %zu of %zu\nnon-null: %zu of %zu\n%zu passed, %zu failed\n",
	       s.l3_passed, s.l3, s.plain_passed, s.plain, s.passed, s.failed);
	FILE *f = w->json_out ? fopen(w->json_out, "w") : NULL;
	if (w->json_out && !f) {
		fprintf(stderr, "%s: cannot be written\n", w->json_out);
		return EXIT_FAILED;
	}
	if (f) {
		str out = json_print(a, s.report);
		fwrite(out.p, 1, out.n, f);
		fclose(f);
	}
	return s.failed || !s.passed ? EXIT_NO : EXIT_OK;
}

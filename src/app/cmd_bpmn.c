/*
 * cmd_bpmn.c - diwan bpmn: the author's and the judge's view of processes.
 * What it does is told in help/bpmn.txt.
 */
#include "app/bpmn_suite.h"
#include "app/commands.h"
#include "app/open.h"
#include "app/tzfiles.h"
#include "engine/bpmn/bpmn.h"
#include "kernel/i18n/i18n.h"

#include <stdio.h>
#include <string.h>

#define CMD_ARENA_BYTES ((size_t)1024 * 1024 * 1024)
#define MAX_MARKS       64 /* refused elements told on a diagram */

struct words { /* of the command line */
	const char *verb, *target, *only, *out, *path, *svg, *wrong;
	bool json, arabic;
};

/* ---- reading ------------------------------------------------------------- */

/* The text of a process; a table of stages is compiled. */
static bool source(arena *a, const char *path, struct diags *d, str *xml)
{
	if (!str_ends(str_of(path), STR(".json"))) {
		bool good = file_slurp(a, path, JSON_MAX_BYTES, xml);
		if (!good)
			fprintf(stderr, "%s: cannot be read\n", path);
		return good;
	}
	json *table = app_json(a, path);
	if (table)
		*xml = bpmn_from_stages(a, table, d);
	return table && d->errors == 0;
}

static bool write_text(const char *path, str text)
{
	FILE *f = path ? fopen(path, "wb") : stdout;
	bool good = f && fwrite(text.p ? text.p : "", 1, text.n, f) == text.n;

	if (f && path)
		good = fclose(f) == 0 && good;
	if (!good)
		fprintf(stderr, "%s: cannot be written\n", path ? path : "standard output");
	return good;
}

/* ---- lint ---------------------------------------------------------------- */

static str rule_text(const struct messages *m, enum lang l, arena *a, str rule)
{
	str key = str_fmt(a, "diag.%.*s", STRF(rule));

	return message_known(m, key) ? message_raw(m, l, key, 0) : (str){0};
}

/* What bpmn_svg takes: each refused element, with what is wrong in both languages. */
static json *marks(arena *a, const struct messages *m, const struct diags *d)
{
	json *path = json_object(a);

	for (const struct diag *g = d->first; g && path->count < MAX_MARKS; g = g->next) {
		json *mark = json_get_str(path, g->element);
		if (!g->element.n || g->severity != DIAG_ERROR)
			continue;
		str told =
		    str_fmt(a, "%.*s\n%.*s\n%.*s", STRF(g->what), STRF(rule_text(m, LANG_EN, a, g->rule)),
		            STRF(rule_text(m, LANG_AR, a, g->rule)));
		if (mark) {
			json_set_str(a, mark, "title",
			             str_fmt(a, "%.*s\n%.*s", STRF(json_str(mark, "title")), STRF(told)));
			continue;
		}
		mark = json_object(a);
		json_set_str(a, mark, "state", STR("error"));
		json_set_str(a, mark, "note", g->rule);
		json_set_str(a, mark, "title", told);
		json_set_key(a, path, g->element, mark);
	}
	return path;
}

static json *as_json(arena *a, const struct messages *m, const struct diags *d)
{
	json *list = json_array(a);

	for (const struct diag *g = d->first; g; g = g->next) {
		json *v = json_object(a);
		json_set_str(a, v, "file", g->file);
		json_set_int(a, v, "line", g->line);
		json_set_int(a, v, "column", g->col);
		json_set_str(a, v, "element", g->element);
		json_set_str(a, v, "rule", g->rule);
		json_set_str(a, v, "what", g->what);
		json_set_str(a, v, "hint", g->hint);
		json_set_str(a, v, "en", rule_text(m, LANG_EN, a, g->rule));
		json_set_str(a, v, "ar", rule_text(m, LANG_AR, a, g->rule));
		json_push(list, v);
	}
	return list;
}

static void tell(arena *a, const struct messages *m, const struct diags *d, bool arabic)
{
	if (!arabic) {
		fprintf(stderr, "%.*s", STRF(diags_print(a, d)));
		return;
	}
	for (const struct diag *g = d->first; g; g = g->next) {
		str text = rule_text(m, LANG_AR, a, g->rule);
		fprintf(stderr, "%.*s:%u:%u: %.*s [%.*s]\n", STRF(g->file), g->line, g->col,
		        STRF(text.n ? text : g->what), STRF(g->rule));
		if (g->element.n)
			fprintf(stderr, "  \u0627\u0644\u0639\u0646\u0635\u0631: %.*s\n", STRF(g->element));
	}
}

static int lint(arena *a, const struct words *w)
{
	struct diags d = diags_make(a, str_of(w->target)), ignored = diags_make(a, str_of("messages"));
	const struct messages *m = messages_load(a, &ignored);
	struct bpmn *b = NULL;
	str xml = {0};

	if (source(a, w->target, &d, &xml))
		b = bpmn_load(a, xml, &d);
	else if (!d.errors)
		return EXIT_FAILED;
	if (w->svg && xml.n) {
		struct bpmn *drawn = bpmn_read(a, xml, &ignored);
		if (drawn && !write_text(w->svg, bpmn_svg(a, drawn, marks(a, m, &d))))
			return EXIT_FAILED;
	}
	if (w->json) {
		str text = json_print(a, as_json(a, m, &d));
		printf("%.*s\n", STRF(text));
	} else {
		tell(a, m, &d, w->arabic);
		if (b)
			printf("%s: ok\n", w->target);
	}
	return b ? EXIT_OK : EXIT_NO;
}

/* ---- draw, stages -------------------------------------------------------- */

static str span(void *ctx, arena *a, int64_t micros)
{
	const struct words *w = ctx;

	return duration_text(a, w->arabic ? LANG_AR : LANG_EN, micros);
}

static int draw(arena *a, struct words *w)
{
	struct diags d = diags_make(a, str_of(w->target));
	const json *path = w->path ? app_json(a, w->path) : NULL;
	struct bpmn *b = NULL;
	str xml;

	if (w->path && !path)
		return EXIT_FAILED;
	if (json_is(path, JSON_ARRAY)) /* what happened, to be counted */
		path = bpmn_path(a, path, span, w);
	if (!source(a, w->target, &d, &xml) || !(b = bpmn_read(a, xml, &d))) {
		fprintf(stderr, "%.*s", STRF(diags_print(a, &d)));
		return d.errors ? EXIT_NO : EXIT_FAILED;
	}
	return write_text(w->out, bpmn_svg_in(a, b, path, w->arabic ? "name_ar" : NULL)) ? EXIT_OK : EXIT_FAILED;
}

static int stages(arena *a, const struct words *w)
{
	struct diags d = diags_make(a, str_of(w->target));
	json *table = app_json(a, w->target);

	if (!table)
		return EXIT_FAILED;
	str xml = bpmn_from_stages(a, table, &d);
	fprintf(stderr, "%.*s", STRF(diags_print(a, &d)));
	if (d.errors || !xml.n)
		return EXIT_NO;
	return write_text(w->out, xml) ? EXIT_OK : EXIT_FAILED;
}

/* ---- words --------------------------------------------------------------- */

static bool is(const char *word, const char *name)
{
	return word && strcmp(word, name) == 0;
}

static void flag(struct words *w, int argc, char **argv, int *i)
{
	const char **with[] = {&w->only, &w->out, &w->path, &w->svg};
	static const char *const names[] = {"--only", "-o", "--path", "--svg"};
	const char *word = argv[*i];

	for (int k = 0; k < 4; k++)
		if (is(word, names[k]) && *i + 1 < argc) {
			*with[k] = argv[++*i];
			return;
		}
	if (is(word, "--json") && !is(w->verb, "test"))
		w->json = true;
	else if (is(word, "--json") && *i + 1 < argc)
		w->out = argv[++*i];
	else if (is(word, "--lang") && *i + 1 < argc)
		w->arabic = is(argv[++*i], "ar");
	else
		w->wrong = word;
}

static struct words words_of(int argc, char **argv)
{
	struct words w = {.verb = argc > 1 ? argv[1] : NULL};

	for (int i = 2; i < argc && !w.wrong; i++) {
		if (argv[i][0] == '-')
			flag(&w, argc, argv, &i);
		else if (!w.target)
			w.target = argv[i];
		else
			w.wrong = argv[i];
	}
	return w;
}

int cmd_bpmn(int argc, char **argv)
{
	struct words w = words_of(argc, argv);
	bool test = is(w.verb, "test"), lints = is(w.verb, "lint");
	bool draws = is(w.verb, "draw") || is(w.verb, "svg");
	bool compiles = is(w.verb, "stages") || is(w.verb, "compile");
	int status;

	if (!test && !lints && !draws && !compiles)
		return help_wrong("bpmn", w.verb ? "unknown word" : "what is to be done?", w.verb);
	if (w.wrong || !w.target)
		return help_wrong("bpmn", w.wrong ? "unknown word" : "no file is named", w.wrong);
	if (test)
		return bpmn_suite(w.target, w.only, w.out);
	arena *a = arena_create(CMD_ARENA_BYTES);
	status = lints ? lint(a, &w) : draws ? draw(a, &w) : stages(a, &w);
	arena_destroy(a);
	return status;
}

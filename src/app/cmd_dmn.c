#include "app/commands.h"
#include "app/dmn_replay.h"
#include "app/dmn_suite.h"
#include "app/open.h"
#include "app/tzfiles.h"
#include "engine/dmn/dmn.h"

#include <stdio.h>
#include <string.h>

#define ARENA_BYTES ((size_t)2 * 1024 * 1024 * 1024)
#define MODEL_BYTES ((size_t)64 * 1024 * 1024)
#define WORDS_MAX   64

struct words {
	const char *verb, *rest[WORDS_MAX]; /* words without a dash */
	size_t n;
	const char *inputs, *with[WORDS_MAX], *wrong;
	size_t n_with;
	bool strict, json;
	struct dmn_suite_words suite;
};

static bool is(const char *x, const char *y)
{
	return strcmp(x, y) == 0;
}

/* The value of an option that takes one. */
static bool value(int argc, char **argv, int *i, const char *name, const char **out)
{
	if (!is(argv[*i], name) || *i + 1 >= argc)
		return false;
	*out = argv[++*i];
	return true;
}

static void read_words(int argc, char **argv, struct words *w)
{
	*w = (struct words){.verb = argc > 1 ? argv[1] : NULL};
	for (int i = 2; i < argc; i++) {
		const char *with = NULL;
		if (value(argc, argv, &i, "--with", &with) && w->n_with < WORDS_MAX - 1)
			w->with[w->n_with++] = with;
		else if (is(argv[i], "--strict"))
			w->strict = w->suite.strict = true;
		else if (w->verb && !is(w->verb, "test") && is(argv[i], "--json"))
			w->json = true;
		else if (!with && !value(argc, argv, &i, "-c", &w->inputs) &&
		         !value(argc, argv, &i, "--only", &w->suite.only) &&
		         !value(argc, argv, &i, "--level", &w->suite.level) &&
		         !value(argc, argv, &i, "--json", &w->suite.json_out)) {
			if (argv[i][0] == '-' && argv[i][1])
				w->wrong = argv[i];
			else if (w->n < WORDS_MAX)
				w->rest[w->n++] = argv[i];
		}
	}
}

static void complain(arena *a, const struct diags *d)
{
	if (d->first)
		fprintf(stderr, "%.*s", STRF(diags_print(a, d)));
}

static void print_json(arena *a, const json *v)
{
	buf b = buf_make(a, JSON_MAX_BYTES);
	json_write(&b, v, 2);
	printf("%.*s\n", STRF(buf_str(&b)));
}

/* The model of a file with those it imports; an exit code. */
static int load(arena *a, const char *path, const struct words *w, struct diags *d,
                struct dmn **out)
{
	str xml[WORDS_MAX];
	for (size_t i = 0; i <= w->n_with; i++) {
		const char *file = i ? w->with[i - 1] : path;
		if (!file_slurp(a, file, MODEL_BYTES, &xml[i])) {
			fprintf(stderr, "%s: cannot be read\n", file);
			return EXIT_FAILED;
		}
	}
	*out = w->n_with ? dmn_load_set(a, xml, w->n_with + 1, d) : dmn_load(a, xml[0], d);
	if (d->errors)
		*out = NULL;
	return *out ? EXIT_OK : EXIT_NO;
}

/* --- check ------------------------------------------------------------------------------ */

static json *diags_json(arena *a, const struct diags *d)
{
	static const char *const names[] = {"note", "warning", "error"};
	json *list = json_array(a);
	for (const struct diag *g = d->first; g; g = g->next) {
		json *o = json_object(a);
		json_set_str(a, o, "file", g->file);
		json_set_int(a, o, "line", g->line);
		json_set_int(a, o, "column", g->col);
		json_set_str(a, o, "severity", str_of(names[g->severity]));
		json_set_str(a, o, "rule", g->rule);
		json_set_str(a, o, "element", g->element);
		json_set_str(a, o, "what", g->what);
		json_set_str(a, o, "hint", g->hint);
		json_push(list, o);
	}
	return list;
}

static int check_file(arena *a, const char *path, const struct words *w, json *all)
{
	struct diags d = diags_make(a, str_of(path));
	struct dmn *m = NULL;
	int rc = load(a, path, w, &d, &m);
	if (rc == EXIT_FAILED)
		return rc;
	if (m)
		dmn_check(a, m, &d);
	size_t notes = 0;
	for (const struct diag *g = d.first; g; g = g->next)
		notes += g->severity == DIAG_NOTE;
	if (w->json) {
		json *list = diags_json(a, &d);
		for (json *g = list->first, *next; g; g = next) {
			next = g->next;
			g->next = NULL;
			json_push(all, g);
		}
	} else {
		complain(a, &d);
		printf("%s: %zu errors, %zu warnings\n", path, d.errors, d.count - d.errors - notes);
	}
	bool bad = d.errors || (w->strict && d.count > notes);
	return bad ? EXIT_NO : EXIT_OK;
}

static int check(arena *a, const struct words *w)
{
	int worst = EXIT_OK;
	json *all = json_array(a);
	for (size_t i = 0; i < w->n; i++) {
		int rc = check_file(a, w->rest[i], w, all);
		worst = rc > worst ? rc : worst;
	}
	if (w->json)
		print_json(a, all);
	return worst;
}

/* --- showing and running ------------------------------------------------------------------ */

/* Why it could not be run; of an unknown name, which there are. */
static void tell_why(arena *a, const struct dmn *m, const char *name, err code)
{
	static const char *const kinds[] = {"decisions", "services", "models"};
	const json *all = dmn_describe(a, m);
	if (code != ERR_decision_unknown) {
		fprintf(stderr, "%s: %s\n", name, err_find(code)->name);
		return;
	}
	fprintf(stderr, "%s: the model has no such decision; it has:\n", name);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		for (const json *x = json_get(all, kinds[i])->first; x; x = x->next)
			fprintf(stderr, "  %.*s\n", STRF(json_str(x, "name")));
}

static int evaluate(arena *a, const struct words *w, const struct dmn *m)
{
	json *inputs = json_object(a), *out = NULL;
	str text;
	json_error e = {0};
	if (w->inputs) {
		inputs = file_slurp(a, w->inputs, JSON_MAX_BYTES, &text) ? json_parse(a, text, &e) : NULL;
		if (!json_is(inputs, JSON_OBJECT)) {
			fprintf(stderr, "%s:%u:%u: not a JSON object %.*s\n", w->inputs, e.line, e.col,
			        STRF(e.what));
			return EXIT_FAILED;
		}
	}
	struct dmn_run run = dmn_run_make(a);
	run.zones = tz_files();
	run.now = clock_now(clock_system());
	run.trace = is(w->verb, "trace");
	err code = dmn_eval(m, str_of(w->rest[1]), inputs, &run, &out);
	if (!w->json)
		complain(a, &run.diags);
	if (code) {
		tell_why(a, m, w->rest[1], code);
		return EXIT_NO;
	}
	bool null = json_is(out, JSON_NULL);
	if (run.trace || w->json) {
		json *whole = json_object(a);
		json_set(a, whole, "result", out);
		if (run.trace)
			json_set(a, whole, "trace", run.trace_out);
		if (w->json)
			json_set(a, whole, "diagnostics", diags_json(a, &run.diags));
		out = whole;
	}
	print_json(a, out);
	return null && run.diags.count ? EXIT_NO : EXIT_OK;
}

static int show(arena *a, const struct words *w, const struct dmn *m)
{
	json *view = w->n > 1 ? dmn_table_view(a, m, str_of(w->rest[1])) : dmn_describe(a, m);
	if (!view) {
		fprintf(stderr, "%s: no decision table of this name\n", w->rest[1]);
		return EXIT_NO;
	}
	print_json(a, view);
	return EXIT_OK;
}

static int with_model(arena *a, const struct words *w)
{
	struct diags d = diags_make(a, str_of(w->rest[0]));
	struct dmn *m = NULL;
	int rc = load(a, w->rest[0], w, &d, &m);
	complain(a, &d);
	if (rc)
		return rc;
	if (is(w->verb, "graph")) {
		printf("%.*s", STRF(dmn_graph_svg(a, m)));
		return EXIT_OK;
	}
	return is(w->verb, "show") ? show(a, w, m) : evaluate(a, w, m);
}

int cmd_dmn(int argc, char **argv)
{
	struct words w;
	if (argc > 1 && is(argv[1], "replay"))
		return dmn_replay(argc, argv);
	read_words(argc, argv, &w);
	if (!w.verb || w.wrong)
		return help_wrong("dmn", w.verb ? "unknown word" : "what is to be done?", w.wrong);
	bool runs = is(w.verb, "eval") || is(w.verb, "trace");
	bool one = is(w.verb, "graph") || is(w.verb, "show");
	if (!runs && !one && !is(w.verb, "check") && !is(w.verb, "test"))
		return help_wrong("dmn", "unknown word", w.verb);
	if (w.n < (runs ? 2 : 1))
		return help_wrong("dmn", w.n ? "no decision is named" : "no file is named", NULL);
	arena *a = arena_create(ARENA_BYTES);
	if (!a)
		return EXIT_FAILED;
	w.suite.folder = w.rest[0];
	int rc = is(w.verb, "check")  ? check(a, &w)
	         : is(w.verb, "test") ? dmn_suite(a, &w.suite)
	                              : with_model(a, &w);
	arena_destroy(a);
	return rc;
}

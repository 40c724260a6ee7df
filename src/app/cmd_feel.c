#include "app/commands.h"
#include "app/tzfiles.h"

#include <stdio.h>
#include <string.h>

#define ARENA_BYTES ((size_t)512 * 1024 * 1024)
#define NAMES_MAX   4096

static bool evaluate(arena *a, str text, const json *context)
{
	struct diags d = diags_make(a, STR("expression"));
	struct feel_run run = feel_run_make(a, &d);
	str *names = NEWN(a, str, NAMES_MAX);
	size_t n = 0;
	feel_value v;
	for (const json *k = context->first; k && n < NAMES_MAX; k = k->next)
		names[n++] = k->key;
	run.zones = tz_files();
	run.now = clock_now(clock_system());
	const struct feel_expr *e = feel_compile(a, text, names, n, &d);
	err code = e ? feel_eval_json(e, context, &run, &v) : OK;
	bool ok = e && code == OK;
	if (ok) {
		str out = v.kind == FEEL_STRING ? json_print(a, feel_to_json(a, v)) : feel_print(a, v);
		printf("%.*s\n", STRF(out));
	}
	if (code)
		fprintf(stderr, "%s\n", err_find(code)->name);
	if (d.first)
		fprintf(stderr, "%.*s", STRF(diags_print(a, &d)));
	return ok;
}

static int interact(arena *a, const json *context)
{
	char line[65536];
	bool ok = true;
	while (fputs("> ", stderr), fgets(line, sizeof line, stdin)) {
		arena_mark m = arena_save(a);
		str text = str_trim(str_of(line));
		if (text.n)
			ok &= evaluate(a, text, context);
		arena_rewind(a, m);
	}
	return ok ? 0 : 1;
}

int cmd_feel(int argc, char **argv)
{
	const char *expr = NULL, *file = NULL;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-c") == 0 && i + 1 < argc)
			file = argv[++i];
		else if (!expr)
			expr = argv[i];
	}
	arena *a = arena_create(ARENA_BYTES);
	if (!a)
		return 1;
	json *context = json_object(a);
	if (file) {
		str text;
		json_error e = {0};
		context = file_slurp(a, file, JSON_MAX_BYTES, &text) ? json_parse(a, text, &e) : NULL;
		if (!json_is(context, JSON_OBJECT)) {
			fprintf(stderr, "%s:%u:%u: not a JSON object %.*s\n", file, e.line, e.col,
			        STRF(e.what));
			arena_destroy(a);
			return 2;
		}
	}
	int rc = expr ? !evaluate(a, str_of(expr), context) : interact(a, context);
	arena_destroy(a);
	return rc;
}

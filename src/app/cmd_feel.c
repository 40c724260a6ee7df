#include "app/commands.h"
#include "app/open.h"
#include "app/tzfiles.h"
#include "engine/feel/node.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ARENA_BYTES ((size_t)512 * 1024 * 1024)
#define NAMES_MAX   4096
#define LINE_BYTES  65536

struct session {
	arena *a;    /* of a line, given back after it if nothing that is kept points there */
	arena *kept; /* the names and their values */
	feel_value context;
	bool json;
};

static void tell(struct session *s, feel_value v, const struct diags *d)
{
	if (!s->json) {
		str out =
		    v.kind == FEEL_STRING ? json_print(s->a, feel_to_json(s->a, v)) : feel_print(s->a, v);
		printf("%.*s\n", STRF(out));
		return;
	}
	json *o = json_object(s->a), *list = json_array(s->a);
	json_set(s->a, o, "value", feel_to_json(s->a, v));
	json_set_str(s->a, o, "type", str_of(feel_kind_name((enum feel_kind)v.kind)));
	for (const struct diag *g = d->first; g; g = g->next)
		json_push(list, json_string(s->a, g->what));
	json_set(s->a, o, "diagnostics", list);
	printf("%.*s\n", STRF(json_print(s->a, o)));
}

/* Members within whose names the parser cannot know by itself ("total price"); a builtin
 * is not hidden by one. */
static size_t names_within(feel_value v, str *names, size_t n, int depth)
{
	size_t same;
	if (depth > JSON_MAX_DEPTH)
		return n;
	for (size_t i = 0; v.kind == FEEL_LIST && i < v.list->n && n < NAMES_MAX; i++)
		n = names_within(v.list->v[i], names, n, depth + 1);
	for (size_t i = 0; v.kind == FEEL_CONTEXT && i < v.ctx->n && n < NAMES_MAX; i++) {
		str key = v.ctx->e[i].key;
		bool plain = true, known = false;
		for (size_t k = 0; k < key.n; k++)
			plain &= !strchr(" +-*/.'", key.p[k]);
		for (size_t k = 0; !plain && k < n && !known; k++)
			known = str_eq(names[k], key);
		if (depth == 0 || (!plain && !known && !builtin_find(key, &same)))
			names[n++] = key;
		n = names_within(v.ctx->e[i].v, names, n, depth + 1);
	}
	return n;
}

/* Evaluates and prints; false when it cannot be read or run. */
static bool evaluate(struct session *s, str text, feel_value *v)
{
	struct diags d = diags_make(s->a, STR("expression"));
	struct feel_run run = feel_run_make(s->a, &d);
	str *names = NEWN(s->a, str, NAMES_MAX);
	size_t n = names_within(s->context, names, 0, 0);
	run.zones = tz_files();
	run.now = clock_now(clock_system());
	const struct feel_expr *e = feel_compile(s->a, text, names, n, &d);
	err code = e ? feel_eval(e, s->context, &run, v) : OK;
	if (code)
		diags_add(&d, DIAG_ERROR, "feel.stopped", 0, 0, "%s", err_find(code)->name);
	if (s->json || (e && code == OK)) /* with --json each expression answers a line */
		tell(s, e && code == OK ? *v : feel_null(), &d);
	if (d.first && !s->json)
		fprintf(stderr, "%.*s", STRF(diags_print(s->a, &d)));
	return e && code == OK;
}

/* Copies a value for the lines to come; false when it cannot: functions are nodes, and
 * zones by name hold their data. */
static bool keep(arena *a, feel_value *v, int depth)
{
	if (v->kind == FEEL_FUNCTION || v->kind == FEEL_RANGE || depth > JSON_MAX_DEPTH)
		return false;
	if (v->kind == FEEL_STRING)
		v->s = str_dup(a, v->s);
	if ((v->kind == FEEL_TIME || v->kind == FEEL_DATETIME) && v->t.zone)
		return false;
	if (v->kind == FEEL_LIST) {
		*v = feel_list_of(a, v->list->v, v->list->n);
		for (size_t i = 0; i < v->list->n; i++)
			if (!keep(a, &v->list->v[i], depth + 1))
				return false;
	}
	if (v->kind == FEEL_CONTEXT) {
		struct feel_context *c = NEW(a, struct feel_context);
		c->e = NEWN(a, struct feel_entry, v->ctx->n);
		c->n = v->ctx->n;
		for (size_t i = 0; i < c->n; i++) {
			c->e[i] = (struct feel_entry){str_dup(a, v->ctx->e[i].key), v->ctx->e[i].v};
			if (!keep(a, &c->e[i].v, depth + 1))
				return false;
		}
		v->ctx = c;
	}
	return true;
}

/* A name and its value, for the lines to come. */
static void name_it(struct session *s, str name, feel_value v)
{
	for (size_t i = 0; i < s->context.ctx->n; i++)
		if (str_eq(s->context.ctx->e[i].key, name)) {
			s->context.ctx->e[i].v = v;
			return;
		}
	s->context = feel_put(s->kept, s->context, str_dup(s->kept, name), v);
}

/* "NAME := EXPRESSION": the name; the rest stays in *text. */
static str assigned(str *text)
{
	ptrdiff_t at = str_find(*text, STR(":="));
	str name = at > 0 ? str_trim(str_sub(*text, 0, (size_t)at)) : (str){0};
	for (size_t i = 0; i < name.n; i++)
		if (strchr("\"([{", name.p[i]))
			return (str){0};
	if (name.n)
		*text = str_trim(str_sub(*text, (size_t)at + 2, text->n));
	return name;
}

static int interact(struct session *s)
{
	char line[LINE_BYTES];
	bool ok = true, person = isatty(STDIN_FILENO);
	while ((!person || fputs("> ", stderr) >= 0) && fgets(line, sizeof line, stdin)) {
		arena_mark mark = arena_save(s->a);
		str text = str_dup(s->a, str_trim(str_of(line))), name = assigned(&text);
		feel_value v = feel_null();
		if (str_eq(text, STR(":quit")) || str_eq(text, STR(":q")))
			break;
		if (str_eq(text, STR(":help"))) {
			help_print("feel");
		} else if (str_eq(text, STR(":names"))) {
			for (size_t i = 0; i < s->context.ctx->n; i++)
				printf("%.*s\n", STRF(s->context.ctx->e[i].key));
		} else if (text.n) {
			bool done = evaluate(s, text, &v);
			ok &= done;
			bool copied = !done || keep(s->kept, &v, 0);
			if (done)
				name_it(s, STR("it"), v);
			if (done && name.n)
				name_it(s, name, v);
			if (copied)
				arena_rewind(s->a, mark);
		}
	}
	return ok ? EXIT_OK : EXIT_NO;
}

static int read_context(struct session *s, const char *file)
{
	str text;
	json_error e = {0};
	struct feel_context *none = NEW(s->kept, struct feel_context);
	s->context = (feel_value){.kind = FEEL_CONTEXT, .ctx = none};
	if (!file)
		return EXIT_OK;
	const json *v =
	    file_slurp(s->kept, file, JSON_MAX_BYTES, &text) ? json_parse(s->kept, text, &e) : NULL;
	if (!json_is(v, JSON_OBJECT)) {
		fprintf(stderr, "%s:%u:%u: not a JSON object %.*s\n", file, e.line, e.col, STRF(e.what));
		return EXIT_FAILED;
	}
	s->context = feel_of_json(s->kept, v);
	return EXIT_OK;
}

int cmd_feel(int argc, char **argv)
{
	const char *expr = NULL, *file = NULL;
	struct session s = {0};
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-c") == 0 && i + 1 < argc)
			file = argv[++i];
		else if (strcmp(argv[i], "--json") == 0)
			s.json = true;
		else if (!expr && strcmp(argv[i], "-c") != 0)
			expr = argv[i];
		else
			return help_wrong("feel", "one word too many", argv[i]);
	}
	s.a = arena_create(ARENA_BYTES);
	s.kept = arena_create(ARENA_BYTES);
	if (!s.a || !s.kept)
		return EXIT_FAILED;
	int rc = read_context(&s, file);
	if (rc == EXIT_OK && expr) {
		feel_value v = feel_null();
		rc = evaluate(&s, str_of(expr), &v) && v.kind != FEEL_NULL ? EXIT_OK : EXIT_NO;
	} else if (rc == EXIT_OK) {
		rc = interact(&s);
	}
	arena_destroy(s.a);
	arena_destroy(s.kept);
	return rc;
}

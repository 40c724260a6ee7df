#include "web/template_ops.h"

#include "base/embed.h"
#include "base/log.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#define FOLDER        "ui/templates/"
#define SUFFIX        ".html"
#define SCRATCH_BYTES ((size_t)256 * 1024 * 1024)

struct source *template_source(const struct templates *t, str name)
{
	for (struct source *s = t->first; s; s = s->next)
		if (str_eq(s->name, name))
			return s;
	return NULL;
}

struct templates *templates_make(arena *a, const struct messages *texts, struct diags *d)
{
	struct templates *t = NEW(a, struct templates);
	t->a = a;
	t->texts = texts;
	t->d = d;
	return t;
}

void templates_add(struct templates *t, str name, str source)
{
	struct source *s = NEW(t->a, struct source);
	s->name = str_dup(t->a, name);
	bool path = str_ends(name, STR(SUFFIX));
	s->file = path ? s->name : str_fmt(t->a, FOLDER "%.*s" SUFFIX, STRF(name));
	s->text = source;
	if (t->last)
		t->last->next = s;
	else
		t->first = s;
	t->last = s;
	t->n++;
}

static const struct place nowhere = {.state = PLACE_TEXT};

void templates_link(struct templates *t)
{
	t->scratch = arena_create(SCRATCH_BYTES);
	if (!t->scratch)
		abort(); /* nothing has been started yet */
	for (struct source *s = t->first; s; s = s->next)
		if (!str_starts(s->name, STR("partials/")))
			template_compile(t, s, &nowhere);
	/* A partial is checked where it is used; one that no page uses yet, as text. */
	for (struct source *s = t->first; s; s = s->next)
		if (!s->programs)
			template_compile(t, s, &nowhere);
	arena_destroy(t->scratch);
	t->scratch = NULL;
}

static str read_whole(arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return (str){0};
	char *p = NEWN(a, char, TEMPLATE_BYTES_MAX + 1);
	size_t n = fread(p, 1, TEMPLATE_BYTES_MAX + 1, f);
	fclose(f);
	return (str){p, n};
}

static void add_folder(struct templates *t, str folder)
{
	static const char *const patterns[] = {"/*.html", "/*/*.html", "/*/*/*.html"};
	for (size_t k = 0; k < sizeof patterns / sizeof *patterns; k++) {
		glob_t g;
		if (glob(str_fmt(t->a, "%.*s%s", STRF(folder), patterns[k]).p, 0, NULL, &g) != 0)
			continue;
		for (size_t i = 0; i < g.gl_pathc; i++) {
			str path = str_dup(t->a, str_of(g.gl_pathv[i]));
			str name = str_sub(path, folder.n + 1, path.n - (sizeof SUFFIX - 1));
			templates_add(t, name, read_whole(t->a, str_c(t->a, path)));
		}
		globfree(&g);
	}
}

static void add_embedded(struct templates *t)
{
	for (size_t i = 0; i < embedded_count; i++) {
		str name = str_of(embedded_files[i].name);
		if (!str_starts(name, STR(FOLDER)) || !str_ends(name, STR(SUFFIX)))
			continue;
		templates_add(t, str_sub(name, sizeof FOLDER - 1, name.n - (sizeof SUFFIX - 1)),
		              (str){embedded_files[i].start,
		                    (size_t)(embedded_files[i].end - embedded_files[i].start)});
	}
}

struct templates *templates_load(arena *a, const struct messages *texts, str override,
                                 struct diags *d)
{
	struct templates *t = templates_make(a, texts, d);
	if (override.n)
		add_folder(t, override);
	else
		add_embedded(t);
	templates_link(t);
	return t;
}

size_t templates_names(const struct templates *t, arena *a, str **names)
{
	str *out = NEWN(a, str, t->n + 1);
	size_t n = 0;
	for (struct source *s = t->first; s; s = s->next)
		out[n++] = s->name;
	*names = out;
	return n;
}

static const struct program *whole(const struct templates *t, str name)
{
	const struct source *s = template_source(t, name);
	for (const struct program *p = s ? s->programs : NULL; p; p = p->next)
		if (p->start.state == PLACE_TEXT)
			return p->broken ? NULL : p;
	return NULL;
}

bool template_known(const struct templates *t, str name)
{
	return whole(t, name) != NULL;
}

bool template_render(const struct templates *t, const struct template_env *env, str name,
                     const json *view, arena *scratch, buf *out)
{
	const struct program *p = whole(t, name);
	if (!p) {
		log_event(LOG_ERROR, "template.unknown", L_STR("template", name));
		return false;
	}
	return template_run(p, env, view, scratch, out);
}

err template_text(arena *a, const struct template_env *env, str source, const json *view, str *out,
                  struct diags *d)
{
	size_t errors = d->errors;
	str file = d->file;
	struct templates *t = templates_make(a, env->texts, d);
	struct source *s = NEW(a, struct source);
	*s = (struct source){.name = STR("text"), .file = file, .text = source, .plain = true};
	struct program *p = template_compile(t, s, &nowhere);
	d->file = file;
	if (d->errors > errors)
		return ERR_bad_syntax;
	buf b = buf_make(a, TEMPLATE_OUTPUT_MAX);
	if (!template_run(p, env, view, a, &b))
		return ERR_budget;
	*out = buf_str(&b);
	return OK;
}

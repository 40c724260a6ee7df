#include "app/commands.h"

#include "web/assets.h"
#include "web/template.h"

#include <stdio.h>
#include <string.h>

#define ARENA_BYTES ((size_t)128 * 1024 * 1024)

struct options {
	const char *verb, *name, *data, *lang, *folder;
};

static int usage(void)
{
	fputs("usage: diwan template render NAME --data JSON [--lang en|ar] [--templates DIR]\n"
	      "       diwan template check [--templates DIR]\n\n"
	      "  diwan template render partials/button --data '{\"text\":\"Save\"}' --lang en\n"
	      "  diwan template check --templates ui/templates\n",
	      stderr);
	return 2;
}

static bool options_read(int argc, char **argv, struct options *o)
{
	*o = (struct options){.lang = "ar", .data = "{}"};
	for (int i = 1; i < argc; i++) {
		const char **value = strcmp(argv[i], "--data") == 0        ? &o->data
		                     : strcmp(argv[i], "--lang") == 0      ? &o->lang
		                     : strcmp(argv[i], "--templates") == 0 ? &o->folder
		                                                           : NULL;
		if (value && i + 1 == argc)
			return false;
		if (value)
			*value = argv[++i];
		else if (!o->verb)
			o->verb = argv[i];
		else if (!o->name)
			o->name = argv[i];
		else
			return false;
	}
	bool lang = strcmp(o->lang, "en") == 0 || strcmp(o->lang, "ar") == 0;
	bool render = o->verb && strcmp(o->verb, "render") == 0 && o->name;
	return lang && (render || (o->verb && strcmp(o->verb, "check") == 0 && !o->name));
}

static bool read_stream(arena *a, FILE *f, str *out)
{
	char *p = NEWN(a, char, JSON_MAX_BYTES + 1);
	size_t n = fread(p, 1, JSON_MAX_BYTES + 1, f);
	*out = (str){p, n};
	return n <= JSON_MAX_BYTES;
}

static bool read_file(arena *a, const char *path, str *out)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	if (!f)
		return false;
	bool whole = read_stream(a, f, out);
	if (f != stdin)
		fclose(f);
	return whole;
}

static json *view_read(arena *a, const char *data)
{
	str text = str_of(data);
	if (data[0] != '{' && !read_file(a, data, &text)) {
		fprintf(stderr, "diwan: cannot read %s (at most 16 MiB)\n", data);
		return NULL;
	}
	json_error e;
	json *v = json_parse(a, text, &e);
	if (!v)
		fprintf(stderr, "diwan: %s:%u:%u: %.*s\n", data[0] == '{' ? "--data" : data, e.line, e.col,
		        STRF(e.what));
	return v;
}

static int render(arena *a, const struct options *o, struct templates *t,
                  const struct messages *texts, struct diags *d)
{
	str name = str_of(o->name), source;
	if (str_ends(name, STR(".html"))) {
		if (!read_file(a, o->name, &source)) {
			fprintf(stderr, "diwan: cannot read %s\n", o->name);
			return 1;
		}
		templates_add(t, name, source);
		templates_link(t);
	}
	json *view = view_read(a, o->data);
	if (!view)
		return 1;
	struct assets *assets = assets_load(a);
	struct template_env env = {.texts = texts,
	                           .lang = o->lang,
	                           .csrf = STR("csrf"),
	                           .form_key = STR("key"),
	                           .currency = STR("BHD"),
	                           .utc_offset = 3 * 3600,
	                           .assets = assets};
	buf out = buf_make(a, TEMPLATE_OUTPUT_MAX);
	bool whole = template_known(t, name) && template_render(t, &env, name, view, a, &out);
	assets_free(assets);
	if (!whole) {
		str why = diags_print(a, d);
		fprintf(stderr, "%.*sdiwan: there is no whole template %s\n", STRF(why), o->name);
		return 1;
	}
	str page = buf_str(&out);
	return fwrite(page.p, 1, page.n, stdout) == page.n ? 0 : 1;
}

int cmd_template(int argc, char **argv)
{
	struct options o;
	if (!options_read(argc, argv, &o))
		return usage();
	arena *a = arena_create(ARENA_BYTES);
	if (!a)
		return 1;
	struct diags d = diags_make(a, (str){0});
	struct messages *texts = messages_load(a, &d);
	struct templates *t = templates_load(a, texts, str_of(o.folder), &d);
	int status = 0;
	if (strcmp(o.verb, "render") == 0) {
		status = render(a, &o, t, texts, &d);
	} else {
		fprintf(stderr, "%.*s", STRF(diags_print(a, &d)));
		status = d.errors > 0;
	}
	arena_destroy(a);
	return status;
}

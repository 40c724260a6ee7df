/* Every template of the platform, with its sample view, in both languages. */
#include "unit.h"

#include "web/assets.h"
#include "web/template.h"

#include <stdio.h>

#define SAMPLE_BYTES_MAX ((size_t)1024 * 1024)

static str read_sample(arena *a, str name)
{
	FILE *f = fopen(str_c(a, str_fmt(a, "ui/templates/%.*s.sample.json", STRF(name))), "rb");
	if (!f)
		return (str){0};
	char *p = NEWN(a, char, SAMPLE_BYTES_MAX);
	size_t n = fread(p, 1, SAMPLE_BYTES_MAX, f);
	fclose(f);
	return (str){p, n};
}

static void render_in(arena *a, const struct templates *t, struct template_env *env, str name,
                      json *view, const char *lang)
{
	json_set_str(a, view, "lang", str_of(lang));
	json_set_str(a, view, "dir", strcmp(lang, "ar") == 0 ? STR("rtl") : STR("ltr"));
	env->lang = lang;
	buf out = buf_make(a, TEMPLATE_OUTPUT_MAX);
	if (!template_render(t, env, name, view, a, &out))
		fail_msg("%.*s in %s", STRF(name), lang);
	str page = buf_str(&out);
	/* A key that stayed in brackets would be shown to people. */
	str *keys;
	size_t n = message_keys(env->texts, a, &keys);
	for (size_t i = 0; i < n; i++)
		if (str_find(page, str_fmt(a, "[%.*s]", STRF(keys[i]))) >= 0)
			fail_msg("%.*s in %s shows the key %.*s", STRF(name), lang, STRF(keys[i]));
	if (!str_starts(name, STR("partials/")) && str_find(page, STR("<html")) >= 0)
		assert_true(str_find(page, str_fmt(a, "lang=\"%s\"", lang)) >= 0);
}

static void every_template_renders_its_sample(void **state)
{
	arena *a = *state;
	struct diags d = diags_make(a, (str){0});
	struct messages *texts = messages_load(a, &d);
	struct templates *t = templates_load(a, texts, (str){0}, &d);
	if (d.errors)
		fail_msg("%.*s", STRF(diags_print(a, &d)));
	struct assets *assets = assets_load(a);
	struct template_env env = {.texts = texts,
	                           .csrf = STR("token"),
	                           .form_key = STR("key"),
	                           .currency = STR("BHD"),
	                           .utc_offset = 3 * 3600,
	                           .assets = assets};
	str *names;
	size_t n = templates_names(t, a, &names), pages = 0;
	for (size_t i = 0; i < n; i++) {
		str sample = read_sample(a, names[i]);
		bool page =
		    !str_starts(names[i], STR("partials/")) && !str_starts(names[i], STR("layouts/"));
		if (page && !sample.n)
			fail_msg("%.*s has no .sample.json", STRF(names[i]));
		if (!sample.n)
			continue;
		json_error e;
		json *view = json_parse(a, sample, &e);
		if (!view)
			fail_msg("%.*s.sample.json:%u:%u: %.*s", STRF(names[i]), e.line, e.col, STRF(e.what));
		render_in(a, t, &env, names[i], view, "ar");
		render_in(a, t, &env, names[i], view, "en");
		pages++;
	}
	assets_free(assets);
	print_message("%zu templates, %zu with a sample\n", n, pages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(every_template_renders_its_sample)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

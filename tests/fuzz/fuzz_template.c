/*
 * Templates from strangers: a template, a NUL, a view in JSON. Compiled as a page, as a
 * partial of one, and as a plain text. A page never lets markup of the view through.
 */
#include "base/json.h"
#include "web/template.h"

#include <setjmp.h>
#include <stdlib.h>

#define FUZZ_ARENA_BYTES ((size_t)512 * 1024 * 1024)
#define MARK             "<fuzz>"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct template_env env_of(struct diags *d)
{
	static const struct messages *texts;
	static arena *kept; /* to the end */
	static bool form;
	if (!kept) {
		kept = arena_create(FUZZ_ARENA_BYTES);
		texts = messages_load(kept, d);
	}
	return (struct template_env){.texts = texts,
	                             .lang = "ar",
	                             .arabic_digits = true,
	                             .csrf = STR("token"),
	                             .form_key = STR("key"),
	                             .has_form = &form,
	                             .currency = STR("BHD"),
	                             .utc_offset = 10800};
}

static const json *view_of(arena *a, str text)
{
	json *v = json_parse(a, text, NULL);
	if (!json_is(v, JSON_OBJECT))
		v = json_object(a);
	json_set_str(a, v, "mark", STR(MARK));
	return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static arena *a;
	jmp_buf oom;
	if (!a)
		a = arena_create(FUZZ_ARENA_BYTES);
	arena_reset(a);
	arena_guard(a, &oom);
	if (setjmp(oom))
		return 0;
	str view = {(const char *)data, size}, text, plain;
	str_cut(&view, '\0', &text);
	struct diags d = diags_make(a, STR("fuzz"));
	struct template_env env = env_of(&d);
	const json *v = view_of(a, view);
	struct templates *t = templates_make(a, env.texts, &d);
	templates_add(t, STR("partials/own"), text);
	templates_add(t, STR("page"), text);
	templates_add(t, STR("user"), STR("<p>{{> partials/own}}</p>"));
	templates_link(t);
	buf out = buf_make(a, TEMPLATE_OUTPUT_MAX);
	template_render(t, &env, STR("page"), v, a, &out);
	template_render(t, &env, STR("user"), v, a, &out);
	if (str_find(text, STR(MARK)) < 0 && str_find(buf_str(&out), STR(MARK)) >= 0)
		abort();
	template_text(a, &env, text, v, &plain, &d);
	return 0;
}

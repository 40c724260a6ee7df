/* What tests of forms need: the real message catalogue, and documents from files. */
#ifndef FORM_UNIT_H
#define FORM_UNIT_H

#include "unit.h"

#include "engine/form/form.h"
#include "kernel/i18n/i18n.h"

#include <stdio.h>

#define TODAY 20781 /* 2026-11-24 */

__attribute__((unused)) static str form_unit_text(void *ctx, arena *a, bool arabic, str key,
                                                  const json *params)
{
	return message_text(ctx, a, arabic ? LANG_AR : LANG_EN, key, json_int(params, "n", 0), params,
	                    false);
}

__attribute__((unused)) static struct form_env form_unit_env(arena *a, bool arabic)
{
	struct diags d = diags_make(a, STR("messages"));
	struct messages *m = messages_load(a, &d);
	assert_non_null(m);
	return (struct form_env){.arabic = arabic, .today = TODAY, .ctx = m, .text = form_unit_text};
}

__attribute__((unused)) static json *form_unit_file(arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	char *text = NEWN(a, char, 1 << 20);
	size_t n = fread(text, 1, 1 << 20, f);
	fclose(f);
	json_error e = {0};
	json *v = json_parse(a, (str){text, n}, &e);
	if (!v)
		fail_msg("%s:%u: %.*s", path, e.line, STRF(e.what));
	return v;
}

__attribute__((unused)) static struct form *form_unit_load(arena *a, json *document)
{
	struct diags d = diags_make(a, STR("form.json"));
	struct form *f = form_load(a, document, &d);
	if (!f)
		fail_msg("%.*s", STRF(diags_print(a, &d)));
	return f;
}

/* A form of one page with the given properties and elements. */
__attribute__((unused)) static struct form *form_unit_small(arena *a, const char *schema,
                                                            const char *elements)
{
	str text = str_fmt(a,
	                   "{\"id\":\"t\",\"version\":1,\"schema\":%s,\"layout\":{\"type\":"
	                   "\"Categorization\",\"elements\":[{\"type\":\"Category\",\"id\":\"p\","
	                   "\"label\":{\"en\":\"P\",\"ar\":\"ص\"},\"elements\":[%s]}]}}",
	                   schema, elements);
	json_error e = {0};
	json *v = json_parse(a, text, &e);
	if (!v)
		fail_msg("%u:%u %.*s", e.line, e.col, STRF(e.what));
	return form_unit_load(a, v);
}

#define FIELD(n, v)                                                                                \
	{                                                                                              \
		.name = STR_INIT(n), .value = STR_INIT(v)                                                  \
	}
#define LABEL "\"label\":{\"en\":\"Thing\",\"ar\":\"شيء\"}"

#endif

/*
 * Form documents and submissions from strangers: a form as JSON, a NUL, then
 * "name=value" lines sent to every page. What is accepted as complete must be
 * valid by the form's own schema.
 */
#include "base/json.h"
#include "engine/form/form.h"

#include <setjmp.h>
#include <stdlib.h>

#define FUZZ_ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define FUZZ_MAX_FIELDS  64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static str say(void *ctx, arena *a, bool arabic, str key, const json *params)
{
	(void)ctx, (void)a, (void)arabic, (void)params;
	return key;
}

static size_t read_fields(str lines, struct form_field *out)
{
	str line;
	size_t n = 0;
	while (n < FUZZ_MAX_FIELDS && str_cut(&lines, '\n', &line)) {
		str value = line, name;
		if (!str_cut(&value, '=', &name))
			continue;
		out[n++] = (struct form_field){.name = name, .value = value};
	}
	return n;
}

static void drive(const struct form *f, str lines, arena *a)
{
	struct form_env env = {.arabic = lines.n & 1, .today = 20781, .text = say};
	struct form_field fields[FUZZ_MAX_FIELDS];
	size_t n = read_fields(lines, fields), page;
	json *answers = json_object(a), *raw = json_object(a);
	struct form_errors errors;
	for (size_t p = 0; p < form_pages(f); p++) {
		struct form_result r = form_page_accept(f, p, fields, n, answers, raw, &env, a);
		json_print(a, form_page_view(f, p, r.answers, r.raw, &r.errors, &env, a));
		answers = r.answers;
		raw = r.raw;
	}
	json_print(a, form_check_view(f, answers, &env, a));
	form_check_answers(f, answers, &env, a, &errors);
	if (!form_complete(f, answers, &env, a, &page, &errors) && page >= form_pages(f))
		abort();
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
	str all = {(const char *)data, size};
	ptrdiff_t nul = str_chr(all, '\0');
	str text = nul < 0 ? all : str_sub(all, 0, (size_t)nul);
	struct diags d = diags_make(a, STR("fuzz.json"));
	json *v = json_parse(a, text, NULL);
	struct form *f = v ? form_load(a, v, &d) : NULL;
	if (v && !f && !d.errors)
		abort();
	if (f)
		drive(f, nul < 0 ? (str){0} : str_sub(all, (size_t)nul + 1, all.n), a);
	return 0;
}

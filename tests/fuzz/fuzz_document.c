/*
 * Specs and views from strangers: a document as JSON, a NUL, a view as JSON; what is no
 * JSON is set as the text of a document of its own. What is drawn must end as a PDF.
 */
#include "base/embed.h"
#include "engine/document/document.h"

#include <setjmp.h>
#include <stdlib.h>

#define FUZZ_ARENA_BYTES ((size_t)512 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void draw(arena *a, const json *spec, const json *view, enum document_layout layout)
{
	struct diags d = diags_make(a, STR("fuzz.json"));
	struct document *doc = document_load(a, spec, &d);
	struct document_env env = {
	    .id = STR("00"), .creator = STR("fuzz"), .layout = layout, .diags = &d};
	str pdf = {0};
	if (!doc && !d.errors)
		abort();
	if (!doc)
		return;
	embed_find(STR("src/engine/document/fonts/document-400.ttf"), &env.font);
	embed_find(STR("src/engine/document/fonts/document-700.ttf"), &env.font_bold);
	if (document_render(doc, view, &env, a, &pdf) == OK && !str_ends(pdf, STR("%%EOF\n")))
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
	json *spec = json_parse(a, nul < 0 ? all : str_sub(all, 0, (size_t)nul), NULL);
	json *view = nul < 0 ? NULL : json_parse(a, str_sub(all, (size_t)nul + 1, all.n), NULL);
	if (spec) {
		draw(a, spec, view, LAYOUT_SPEC);
		return 0;
	}
	str text = STR("{\"title\":\"{{x}}\",\"blocks\":[{\"block\":\"paragraph\",\"text\":\"{{x}}\"},"
	               "{\"block\":\"fields\",\"rows\":[{\"label\":\"{{x}}\",\"value\":\"{{x}}\"}]}]}");
	json *own = json_object(a);
	json_set_str(a, own, "x", all);
	draw(a, json_parse(a, text, NULL), own, size & 1 ? LAYOUT_AR : LAYOUT_COLUMNS);
	return 0;
}

/* The examples of docs/form-author.md do what the text says. */
#include "form_unit.h"

#define MANUAL     "docs/form-author.md"
#define MAX_FIELDS 40

/* The next fenced block that begins "```json "; *kind is what follows that. */
static bool next_block(str *text, str *kind, str *body)
{
	ptrdiff_t at = str_find(*text, STR("```json "));
	if (at < 0)
		return false;
	*text = str_sub(*text, (size_t)at + 8, text->n);
	str_cut(text, '\n', kind);
	ptrdiff_t end = str_find(*text, STR("\n```"));
	assert_true(end >= 0);
	*body = str_sub(*text, 0, (size_t)end + 1);
	*text = str_sub(*text, (size_t)end + 4, text->n);
	return true;
}

static json *read_block(arena *a, str body)
{
	json_error e = {0};
	json *v = json_parse(a, body, &e);
	if (!v)
		fail_msg("%u:%u: %.*s in %.*s", e.line, e.col, STRF(e.what), STRF(body));
	return v;
}

static void must_be_refused(arena *a, const json *v, str rule)
{
	struct diags d = diags_make(a, STR(MANUAL));
	assert_null(form_load(a, v, &d));
	if (!d.first || !str_eq(d.first->rule, rule))
		fail_msg("%.*s: %.*s", STRF(rule), STRF(diags_print(a, &d)));
}

/* The texts of the catalogue, and the lists an example brings along. */
struct outside {
	void *texts;
	const json *lists;
};

static str outside_text(void *ctx, arena *a, bool arabic, str key, const json *params)
{
	return form_unit_text(((struct outside *)ctx)->texts, a, arabic, key, params);
}

static const json *outside_list(void *ctx, arena *a, str name)
{
	(void)a;
	return json_get_str(((struct outside *)ctx)->lists, name);
}

static void submit(arena *a, const struct form *f, const json *v)
{
	struct form_env env = form_unit_env(a, str_eq(json_str(v, "lang"), STR("ar")));
	struct outside outside = {.texts = env.ctx, .lists = json_get(v, "lists")};
	env.ctx = &outside;
	env.text = outside_text;
	env.list = outside_list;
	struct form_field fields[MAX_FIELDS];
	size_t n = 0;
	const json *given = json_get(v, "fields"), *texts = json_get(v, "errors");
	for (const json *m = given->first; m && n < MAX_FIELDS; m = m->next)
		fields[n++] = json_is(m, JSON_OBJECT) ? (struct form_field){.name = m->key, .file = m}
		                                      : (struct form_field){.name = m->key, .value = m->s};
	ptrdiff_t page = form_page_find(f, json_str(v, "page"));
	assert_true(page >= 0);
	const json *sources = json_get(v, "sources");
	json *before = sources ? form_prefill(f, sources, NULL, a) : NULL;
	struct form_result r = form_page_accept(f, (size_t)page, fields, n, before, NULL, &env, a);
	assert_int_equal(r.errors.count, texts ? texts->count : 0);
	for (size_t k = 0; k < r.errors.count; k++)
		if (!str_eq(r.errors.at[k].text, json_text(json_at(texts, k))))
			fail_msg("%.*s", STRF(r.errors.at[k].text));
	const json *answers = json_get(v, "answers");
	if (answers && !str_eq(json_print(a, answers), json_print(a, r.answers)))
		fail_msg("%.*s", STRF(json_print(a, r.answers)));
	str next = json_str(v, "next");
	if (next.n) {
		ptrdiff_t to = form_page_next(f, (size_t)page, r.answers, a);
		assert_int_equal(to, form_page_find(f, next));
	}
	assert_true(answers || texts);
}

static void examples_run(void **state)
{
	arena *a = *state;
	FILE *file = fopen(MANUAL, "rb");
	assert_non_null(file);
	char *bytes = NEWN(a, char, 1 << 20);
	str text = {bytes, fread(bytes, 1, 1 << 20, file)}, kind, body;
	fclose(file);
	struct form *f = NULL;
	size_t forms = 0, submissions = 0, wrong = 0;
	while (next_block(&text, &kind, &body)) {
		json *v = read_block(a, body);
		if (str_eq(kind, STR("form"))) {
			f = form_unit_load(a, v);
			forms++;
		} else if (str_eq(kind, STR("submission"))) {
			assert_non_null(f);
			submit(a, f, v);
			submissions++;
		} else {
			assert_true(str_starts(kind, STR("wrong ")));
			must_be_refused(a, v, str_sub(kind, 6, kind.n));
			wrong++;
		}
	}
	assert_true(forms >= 6 && submissions >= 12 && wrong >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(examples_run)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The writer of documents: what it refuses, where it stops, and that it repeats itself.
 * That readers get the text back is shown by tests/document/run.sh. */
#include "document_unit.h"

#define SPEC      "packs/bahrain/services/idcard-replace-lost/document.json"
#define VIEW      "tests/document/idcard.view.json"
#define PARAGRAPH "{\"block\":\"paragraph\",\"text\":\"{{x}}\"}"

static size_t count(str haystack, str needle)
{
	size_t n = 0;
	for (ptrdiff_t at; (at = str_find(haystack, needle)) >= 0; n++)
		haystack = str_sub(haystack, (size_t)at + needle.n, haystack.n);
	return n;
}

static bool told(const struct diags *d, const char *rule)
{
	for (const struct diag *i = d->first; i; i = i->next)
		if (str_eq(i->rule, str_of(rule)))
			return true;
	return false;
}

static void the_same_input_gives_the_same_bytes(void **state)
{
	arena *a = *state;
	json *spec = document_unit_file(a, SPEC), *view = document_unit_file(a, VIEW);
	struct document_unit x = document_unit_render(a, spec, view, true);
	struct document_unit y = document_unit_render(a, spec, view, true);
	assert_int_equal(x.e, OK);
	assert_int_equal(x.diags.count, 0);
	assert_true(str_starts(x.pdf, STR("%PDF-1.7\n")));
	assert_true(str_eq(x.pdf, y.pdf));
	assert_true(str_find(x.pdf, STR("<pdfaid:part>2</pdfaid:part>")) > 0);
	assert_true(str_find(x.pdf, STR("/SubFilter/ETSI.CAdES.detached")) > 0);
}

static void mistakes_in_a_spec_are_named(void **state)
{
	arena *a = *state;
	static const struct {
		const char *block, *rule;
	} cases[] = {
	    {"{\"block\":\"poem\"}", "document.block"},
	    {"{\"block\":\"paragraph\",\"text\":{\"en\":\"x\"}}", "document.text"},
	    {"{\"block\":\"paragraph\",\"text\":\"{{x\"}", "document.text"},
	    {"{\"block\":\"paragraph\",\"text\":\"{{x | shout}}\"}", "document.text"},
	    {"{\"block\":\"paragraph\"}", "document.missing"},
	    {"{\"block\":\"paragraph\",\"text\":\"x\",\"colour\":\"red\"}", "document.member"},
	    {"{\"block\":\"paragraph\",\"text\":\"x\",\"style\":\"loud\"}", "document.choice"},
	    {"{\"block\":\"fields\",\"rows\":[]}", "document.rows"},
	    {"{\"block\":\"qr\",\"value\":\"x\",\"size\":900}", "document.measure"},
	    {"{\"block\":\"table\",\"rows\":\"l\",\"columns\":[{\"label\":\"a\",\"value\":\"b\"}],"
	     "\"total\":[\"x\",\"y\"]}",
	     "document.total"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct diags d = diags_make(a, STR("document.json"));
		assert_null(document_load(a, document_unit_spec(a, cases[i].block), &d));
		if (!told(&d, cases[i].rule))
			fail_msg("%s: want %s, got %.*s", cases[i].block, cases[i].rule,
			         STRF(diags_print(a, &d)));
		assert_true(d.first->line > 0);
	}
}

static void a_character_without_a_picture_is_told(void **state)
{
	arena *a = *state;
	json *view = document_unit_json(a, STR("{\"x\":\"yes \\ud83d\\ude00 no\"}"));
	struct document_unit u = document_unit_render(a, document_unit_spec(a, PARAGRAPH), view, false);
	assert_int_equal(u.e, OK);
	assert_true(told(&u.diags, "document.glyph.missing"));
}

static void a_value_that_is_not_there_is_told(void **state)
{
	arena *a = *state;
	struct document_unit u =
	    document_unit_render(a, document_unit_spec(a, PARAGRAPH), json_object(a), false);
	assert_int_equal(u.e, OK);
	assert_true(told(&u.diags, "document.value.missing"));
}

static void a_word_without_end_is_broken_into_lines(void **state)
{
	arena *a = *state;
	buf word = buf_make(a, 64 * 1024);
	for (int i = 0; i < 10000; i++)
		buf_puts(&word, i % 2 ? "ب" : "W");
	json *view = json_object(a);
	json_set_str(a, view, "x", buf_str(&word));
	struct document_unit u = document_unit_render(a, document_unit_spec(a, PARAGRAPH), view, false);
	assert_int_equal(u.e, OK);
	size_t pages = count(document_unit_open(a, u.pdf), STR("/Type/Page/"));
	assert_true(pages >= 4 && pages <= 20);
}

static void directions_in_a_value_stay_in_it(void **state)
{
	arena *a = *state;
	json *plain = json_object(a), *hostile = json_object(a);
	json_set_str(a, plain, "x", STR("abc def"));
	json_set_str(a, hostile, "x", STR("\u202e\u2067abc\u202e \u200fdef\u2069\u2069\u202c"));
	struct document_unit x =
	    document_unit_render(a, document_unit_spec(a, PARAGRAPH), plain, false);
	struct document_unit y =
	    document_unit_render(a, document_unit_spec(a, PARAGRAPH), hostile, false);
	assert_int_equal(y.e, OK);
	assert_true(str_eq(x.pdf, y.pdf));
}

static struct document_unit table_of(arena *a, int rows)
{
	json *view = json_object(a), *list = json_array(a);
	for (int i = 0; i < rows; i++) {
		json *row = json_object(a);
		json_set_int(a, row, "n", i);
		json_push(list, row);
	}
	json_set(a, view, "rows", list);
	json *spec = document_unit_spec(
	    a,
	    "{\"block\":\"table\",\"rows\":\"rows\",\"columns\":[{\"label\":\"N\",\"value\":\"{{n}}\"},"
	    "{\"label\":\"M\",\"value\":\"{{@number}}\",\"align\":\"end\"}]}");
	return document_unit_render(a, spec, view, false);
}

static void a_long_table_goes_over_pages_and_a_huge_one_is_refused(void **state)
{
	arena *a = *state;
	struct document_unit u = table_of(a, 1000);
	assert_int_equal(u.e, OK);
	size_t pages = count(document_unit_open(a, u.pdf), STR("/Type/Page/"));
	assert_true(pages > 30 && pages < 50);
	u = table_of(a, 25000);
	assert_int_equal(u.e, ERR_document_too_large);
	assert_true(told(&u.diags, "document.too-large"));
}

/* The examples of docs/document-author.md, over a view that has something for each. */
static void what_the_manual_shows_can_be_drawn(void **state)
{
	arena *a = *state;
	FILE *f = fopen("docs/document-author.md", "rb");
	char *text = NEWN(a, char, 1 << 20);
	assert_non_null(f);
	str rest = {text, fread(text, 1, 1 << 20, f)};
	fclose(f);
	json *view = document_unit_json(
	    a,
	    STR("{\"applicant\":{\"name\":{\"en\":\"A\",\"ar\":\"ع\"},\"birth_date\":\"1985-03-14\"},"
	        "\"entity\":\"E\",\"copy\":true,\"lines\":[{\"label\":\"x\",\"amount\":4000},"
	        "{\"label\":\"y\",\"amount\":0}],\"total\":4000,"
	        "\"document\":{\"verify_url\":\"https://example.bh/ar/verify/1\"}}"));
	size_t drawn = 0;
	for (ptrdiff_t at; (at = str_find(rest, STR("```json document\n"))) >= 0; drawn++) {
		rest = str_sub(rest, (size_t)at + 17, rest.n);
		ptrdiff_t end = str_find(rest, STR("```"));
		assert_true(end > 0);
		json *spec = document_unit_json(a, str_sub(rest, 0, (size_t)end));
		struct document_unit u = document_unit_render(a, spec, view, false);
		assert_int_equal(u.e, OK);
		if (u.diags.count)
			fail_msg("%.*s", STRF(diags_print(a, &u.diags)));
		assert_true(count(document_unit_open(a, u.pdf), STR("/Type/Page/")) >= (drawn ? 3 : 1));
	}
	assert_int_equal(drawn, 2);
}

static void a_text_beyond_the_limit_is_refused(void **state)
{
	arena *a = *state;
	size_t n = DOCUMENT_MAX_TEXT + 1;
	char *long_text = NEWN(a, char, n);
	memset(long_text, 'x', n);
	json *view = json_object(a);
	json_set_str(a, view, "x", (str){long_text, n});
	struct document_unit u = document_unit_render(a, document_unit_spec(a, PARAGRAPH), view, false);
	assert_int_equal(u.e, ERR_document_too_large);
}

/* By the name of the file beside tests/fuzz/seeds/image. */
static str picture_seed(void *ctx, arena *a, str name)
{
	(void)ctx;
	FILE *f = fopen(str_fmt(a, "tests/fuzz/seeds/image/%.*s", STRF(name)).p, "rb");
	char *bytes = NEWN(a, char, 1 << 20);
	size_t n = f ? fread(bytes, 1, 1 << 20, f) : 0;
	if (f)
		fclose(f);
	return (str){bytes, n};
}

static void a_picture_is_written_once_and_told_in_both_languages(void **state)
{
	arena *a = *state;
	static const char *const names[] = {"grey.png", "grey.jpg", "two.gif", "none"};
	for (size_t i = 0; i < 4; i++) {
		json *spec = document_unit_spec(a, "{\"block\":\"picture\",\"name\":\"{{x}}\",\"alt\":{"
		                                   "\"en\":\"A face\",\"ar\":\"صورة\"},\"width\":30}");
		struct diags d = diags_make(a, STR("document.json"));
		struct document *doc = document_load(a, spec, &d);
		struct show show = {.picture = picture_seed};
		struct document_env env = show_env(&show);
		env.layout = LAYOUT_STACKED;
		json *view = json_object(a);
		json_set_str(a, view, "x", str_of(names[i]));
		str pdf = {0};
		assert_non_null(doc);
		assert_int_equal(document_render(doc, view, &env, a, &pdf),
		                 i < 2 ? OK : ERR_document_picture);
		if (i > 1)
			continue;
		pdf = document_unit_open(a, pdf);
		assert_int_equal(count(pdf, STR("/Subtype/Image")), 1);
		assert_int_equal(count(pdf, STR("/S/Figure")), 2);
		assert_true(str_find(pdf, STR("/Alt(A face)")) > 0);
	}
}

static void bytes_that_are_no_picture_are_refused(void **state)
{
	arena *a = *state;
	json *spec = document_unit_spec(a, "{\"block\":\"picture\",\"name\":\"p\",\"alt\":\"a\"}");
	struct document_unit u = document_unit_render(a, spec, json_object(a), false);
	assert_int_equal(u.e, ERR_document_picture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(the_same_input_gives_the_same_bytes),
	    UNIT(mistakes_in_a_spec_are_named),
	    UNIT(a_character_without_a_picture_is_told),
	    UNIT(a_value_that_is_not_there_is_told),
	    UNIT(a_word_without_end_is_broken_into_lines),
	    UNIT(directions_in_a_value_stay_in_it),
	    UNIT(a_long_table_goes_over_pages_and_a_huge_one_is_refused),
	    UNIT(what_the_manual_shows_can_be_drawn),
	    UNIT(a_text_beyond_the_limit_is_refused),
	    UNIT(a_picture_is_written_once_and_told_in_both_languages),
	    UNIT(bytes_that_are_no_picture_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

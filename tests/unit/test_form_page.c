/* Pages of forms: what is typed, what is kept, what is shown; the first service whole. */
#include "form_unit.h"

#define LOST_CARD "packs/bahrain/services/idcard-replace-lost/form.json"

static struct form_result accept(const struct form *f, const char *page,
                                 const struct form_field *fields, size_t n, const json *answers,
                                 const json *raw, const struct form_env *env, arena *a)
{
	ptrdiff_t p = form_page_find(f, str_of(page));
	assert_true(p >= 0);
	return form_page_accept(f, (size_t)p, fields, n, answers, raw, env, a);
}

/* ---- what people type ---- */

struct typed_case {
	const char *widget, *options, *schema, *typed, *expected; /* NULL: refused */
};

static const struct typed_case typed_cases[] = {
    {"text", "", "{\"type\":\"string\"}", "  O'Connor-Smith  ", "\"O'Connor-Smith\""},
    {"text", "", "{\"type\":\"string\"}", "\u202Eآل خليفة\u202C", "\"آل خليفة\""},
    {"text", "", "{\"type\":\"string\"}",
     "a\u200Bb\x07"
     "c\nd",
     "\"abc d\""},
    {"text", "", "{\"type\":\"string\"}", "بی\u200Cخبر", "\"بی\u200Cخبر\""},
    {"textarea", "", "{\"type\":\"string\"}", "one\r\ntwo\r\n", "\"one\\ntwo\""},
    {"text", "\"identifier\":true,", "{\"type\":\"string\",\"pattern\":\"^[0-9]{9}$\"}",
     "٨٥٠١ ٩٩-٩٠١", "\"850199901\""},
    {"text", "\"identifier\":true,", "{\"type\":\"string\",\"pattern\":\"^[0-9]{9}$\"}",
     "\u200E۸۵۰۱۹۹۹۰۱\u200F", "\"850199901\""},
    {"text", "\"identifier\":true,", "{\"type\":\"string\",\"pattern\":\"^[0-9]{9}$\"}", "85019990",
     NULL},
    {"text", "\"identifier\":true,",
     "{\"type\":\"string\",\"pattern\":\"^[0-9]{1,7}(-[0-9]{1,2})?$\"}", "١٢٣ ٤٥٦–١",
     "\"123456-1\""},
    {"email", "", "{\"type\":\"string\",\"format\":\"email\"}", " name@example.com\u200B",
     "\"name@example.com\""},
    {"email", "", "{\"type\":\"string\",\"format\":\"email\"}", "a-b@ex-ample.com",
     "\"a-b@ex-ample.com\""},
    {"email", "", "{\"type\":\"string\",\"format\":\"email\"}", "name@", NULL},
    {"tel", "\"callingCode\":\"973\",\"nationalLength\":8,", "{\"type\":\"string\"}", "3600 1234",
     "\"+97336001234\""},
    {"tel", "\"callingCode\":\"973\",\"nationalLength\":8,", "{\"type\":\"string\"}", "٣٦٠٠-١٢٣٤",
     "\"+97336001234\""},
    {"tel", "\"callingCode\":\"973\",\"nationalLength\":8,", "{\"type\":\"string\"}",
     "00973 36001234", "\"+97336001234\""},
    {"tel", "\"callingCode\":\"973\",\"nationalLength\":8,", "{\"type\":\"string\"}", "97336001234",
     "\"+97336001234\""},
    {"tel", "\"callingCode\":\"973\",\"nationalLength\":8,", "{\"type\":\"string\"}",
     "+44 (0808) 157-0192", "\"+4408081570192\""},
    {"tel", "\"callingCode\":\"973\",\"nationalLength\":8,", "{\"type\":\"string\"}", "360012",
     NULL},
    {"tel", "\"callingCode\":\"973\",\"nationalLength\":8,", "{\"type\":\"string\"}",
     "+973 360012345", NULL},
    {"tel", "\"callingCode\":\"973\",\"nationalLength\":8,", "{\"type\":\"string\"}", "call me",
     NULL},
    {"number", "", "{\"type\":\"number\"}", "1,234.50", "1234.50"},
    {"number", "", "{\"type\":\"number\"}", "١٬٢٣٤٫٥", "1234.5"},
    {"number", "", "{\"type\":\"number\"}", "−5", "-5"},
    {"number", "", "{\"type\":\"number\"}", "007", "7"},
    {"number", "", "{\"type\":\"number\"}", "1 000 000", "1000000"},
    {"number", "", "{\"type\":\"number\"}", "1,5", NULL},
    {"number", "", "{\"type\":\"number\"}", "1e5", NULL},
    {"number", "", "{\"type\":\"integer\"}", "3.5", NULL},
    {"number", "", "{\"type\":\"integer\",\"minimum\":18}", "17", NULL},
    {"money", "\"currency\":\"BHD\",", "{\"type\":\"number\"}", "BD 4", "4.000"},
    {"money", "\"currency\":\"BHD\",", "{\"type\":\"number\"}", "٤٫٥ د.ب.", "4.500"},
    {"money", "\"currency\":\"BHD\",", "{\"type\":\"number\"}", "1,200.125", "1200.125"},
    {"money", "\"currency\":\"BHD\",", "{\"type\":\"number\"}", "1.2345", NULL},
    {"money", "\"currency\":\"BHD\",", "{\"type\":\"number\"}", "ten", NULL},
};

/* Any way of writing a value gives the same answer, and a refused one is kept as typed. */
static void many_ways_of_typing(void **state)
{
	arena *a = *state;
	struct form_env env = form_unit_env(a, false);
	for (size_t i = 0; i < sizeof typed_cases / sizeof *typed_cases; i++) {
		const struct typed_case *t = &typed_cases[i];
		str schema = str_fmt(a, "{\"properties\":{\"x\":%s}}", t->schema);
		str control = str_fmt(a,
		                      "{\"type\":\"Control\",\"scope\":\"#/properties/x\"," LABEL
		                      ",\"options\":{%s\"widget\":\"%s\"}}",
		                      t->options, t->widget);
		struct form *f = form_unit_small(a, str_c(a, schema), str_c(a, control));
		struct form_field field = {.name = STR("x"), .value = str_of(t->typed)};
		struct form_result r = form_page_accept(f, 0, &field, 1, NULL, NULL, &env, a);
		const json *x = json_get(r.answers, "x");
		if (!t->expected) {
			if (x || r.errors.count != 1)
				fail_msg("case %zu: taken: %.*s", i, STRF(json_print(a, x)));
			assert_str(json_str(r.raw, "x"), t->typed);
			assert_true(str_chr(r.errors.at[0].text, '[') < 0);
			continue;
		}
		if (!x || r.errors.count)
			fail_msg("case %zu refused: %.*s", i, STRF(r.errors.at[0].text));
		assert_str(json_print(a, x), t->expected);
		assert_int_equal(r.raw->count, 0);
	}
}

static const char *const names[] = {"O'Connor",
                                    "D’Arcy",
                                    "Jean-Luc Picard",
                                    "María José Núñez",
                                    "Ålesund Bjørn",
                                    "Łukasz Żółć",
                                    "François L'Hôpital",
                                    "Nguyễn Văn An",
                                    "Zoë Müller-Lüdenscheidt",
                                    "Søren Kierkegaard",
                                    "Đặng Thị Ngọc",
                                    "Siobhán Ní Dhónaill",
                                    "İbrahim Çağlar",
                                    "Þórarinn Ægisson",
                                    "Mbaye Ndiaye 3rd",
                                    "X Æ A-12",
                                    "Mc Donald",
                                    "van der Berg",
                                    "de la Cruz",
                                    "bin Salman",
                                    "al-Khalifa",
                                    "Abd al-Rahman",
                                    "St. John",
                                    "J. R. R. Tolkien",
                                    "Mary Ann (Polly)",
                                    "Smith, Jr.",
                                    "Null",
                                    "None",
                                    "true",
                                    "123",
                                    "A",
                                    "Madonna",
                                    "Anna/Maria",
                                    "Teller & Penn",
                                    "Fatima al‑Zahra",
                                    "آل خليفة",
                                    "محمد بن عبدالله",
                                    "عبد الرحمن",
                                    "فاطمة الزهراء",
                                    "سيد هاشم",
                                    "بنت الهدى",
                                    "عُمَر",
                                    "أُمّ كلثوم",
                                    "إسحاق",
                                    "ٱلحسن",
                                    "رؤى",
                                    "مَيّ",
                                    "هبة الله ٢",
                                    "ابن رشد",
                                    "آمنة",
                                    "ذو الفقار",
                                    "علی رضا",
                                    "مهدی‌یار",
                                    "گلناز",
                                    "پروین",
                                    "چنگیز",
                                    "ژاله",
                                    "محمد کاظم",
                                    "زہرہ",
                                    "غلام مُصطفٰی",
                                    "ڈاکٹر نور",
                                    "ٹیپو سلطان",
                                    "عائشہ صدیقہ",
                                    "نواز شریف",
                                    "राम कुमार",
                                    "சிவகுமார்",
                                    "สมชาย ใจดี",
                                    "王小明",
                                    "山田 太郎",
                                    "김철수",
                                    "Александр Солженицын",
                                    "Ἀριστοτέλης",
                                    "Գևորգ",
                                    "გიორგი",
                                    "יוסף בן-דוד",
                                    "Đorđe",
                                    "Ñuñez",
                                    "ß Groß",
                                    "Ⅷ Heinrich",
                                    "Ōe Kenzaburō",
                                    "Kahalāʻau",
                                    "Tʼhooft",
                                    "Μαρία-Ελένη",
                                    "Nǃxau",
                                    "ǂToma",
                                    "Aʼishah",
                                    "Chloë Ö",
                                    "Renée",
                                    "Noël",
                                    "Seán",
                                    "Ólafur",
                                    "Jiří",
                                    "Žižka",
                                    "Őrs",
                                    "Ğül",
                                    "Şükrü",
                                    "Ümit",
                                    "Ёлкин",
                                    "Їжак",
                                    "Ґалаґан"};

/* Apostrophes, digits, joiners, every script: a name is kept and shown as it was typed. */
static void names_stay_as_they_are(void **state)
{
	arena *a = *state;
	struct form_env env = form_unit_env(a, true);
	struct form *f =
	    form_unit_small(a, "{\"properties\":{\"name\":{\"type\":\"string\",\"maxLength\":100}}}",
	                    "{\"type\":\"Control\",\"scope\":\"#/properties/name\"," LABEL "}");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		str typed = str_fmt(a, "  %s \t", names[i]);
		struct form_field field = {.name = STR("name"), .value = typed};
		struct form_result r = form_page_accept(f, 0, &field, 1, NULL, NULL, &env, a);
		assert_int_equal(r.errors.count, 0);
		assert_str(json_str(r.answers, "name"), names[i]);
		json *stored = json_parse(a, json_print(a, r.answers), NULL);
		json *view = form_check_view(f, stored, &env, a);
		json *row = json_at(json_get(json_at(json_get(view, "pages"), 0), "rows"), 0);
		assert_str(json_str(row, "value"), names[i]);
	}
	assert_true(sizeof names / sizeof *names >= 100);
}

static void dates_in_three_boxes(void **state)
{
	arena *a = *state;
	struct form_env env = form_unit_env(a, false);
	struct form *f = form_unit_small(
	    a,
	    "{\"properties\":{\"d\":{\"type\":\"string\",\"format\":\"date\"}},\"required\":[\"d\"]}",
	    "{\"type\":\"Control\",\"scope\":\"#/properties/d\"," LABEL
	    ",\"options\":{\"max\":\"today\"}}");
	static const struct {
		const char *day, *month, *year, *expected, *key, *id;
	} cases[] = {
	    {"27", "3", "1985", "1985-03-27", NULL, NULL},
	    {"٢٧", "مارس", "١٩٨٥", "1985-03-27", NULL, NULL},
	    {"1", "JAN", "2026", "2026-01-01", NULL, NULL},
	    {"05", "نوفمبر", "2026", "2026-11-05", NULL, NULL},
	    {"5", "تشرين الثاني", "2026", "2026-11-05", NULL, NULL},
	    {"29", "2", "2024", "2024-02-29", NULL, NULL},
	    {"29", "2", "2023", NULL, "date.real", "d-day"},
	    {"", "3", "1985", NULL, "date.day", "d-day"},
	    {"27", "", "1985", NULL, "date.month", "d-month"},
	    {"27", "3", "", NULL, "date.year", "d-year"},
	    {"27", "3", "85", NULL, "date.year4", "d-year"},
	    {"27", "smarch", "1985", NULL, "date.real", "d-month"},
	    {"25", "11", "2026", NULL, "date.past", "d-day"},
	    {"", "", "", NULL, "required", "d-day"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct form_field fields[] = {{.name = STR("d-day"), .value = str_of(cases[i].day)},
		                              {.name = STR("d-month"), .value = str_of(cases[i].month)},
		                              {.name = STR("d-year"), .value = str_of(cases[i].year)}};
		struct form_result r = form_page_accept(f, 0, fields, 3, NULL, NULL, &env, a);
		if (cases[i].expected) {
			assert_int_equal(r.errors.count, 0);
			assert_str(json_str(r.answers, "d"), cases[i].expected);
			continue;
		}
		assert_int_equal(r.errors.count, 1);
		assert_str(r.errors.at[0].key, cases[i].key);
		assert_str(r.errors.at[0].id, cases[i].id);
		json *view = form_page_view(f, 0, r.answers, r.raw, &r.errors, &env, a);
		json *box = json_at(json_get(json_at(json_get(view, "components"), 0), "items"), 1);
		assert_str(json_str(box, "value"), cases[i].month);
	}
}

static void errors_are_in_the_readers_language(void **state)
{
	arena *a = *state;
	struct form *f = form_unit_small(
	    a,
	    "{\"properties\":{\"n\":{\"type\":\"string\",\"minLength\":3},\"h\":{\"enum\":[1,2]},"
	    "\"o\":{\"type\":\"string\"}},\"required\":[\"n\",\"h\",\"o\"]}",
	    "{\"type\":\"Control\",\"scope\":\"#/properties/n\",\"label\":{\"en\":\"Full name\",\"ar\":"
	    "\"الاسم الكامل\"},\"brief\":{\"en\":\"your full name\",\"ar\":\"اسمك الكامل\"}},"
	    "{\"type\":\"Control\",\"scope\":\"#/properties/h\"," LABEL ",\"options\":{\"choices\":["
	    "{\"value\":1,\"label\":{\"en\":\"One\",\"ar\":\"واحد\"}},"
	    "{\"value\":2,\"label\":{\"en\":\"Two\",\"ar\":\"اثنان\"}}]}},"
	    "{\"type\":\"Control\",\"scope\":\"#/properties/o\"," LABEL
	    ",\"errors\":{\"required\":{\"en\":\"Say it\",\"ar\":\"قُلها\"}}}");
	struct form_env en = form_unit_env(a, false), ar = form_unit_env(a, true);
	struct form_result r = form_page_accept(f, 0, NULL, 0, NULL, NULL, &en, a);
	assert_int_equal(r.errors.count, 3);
	assert_str(r.errors.at[0].text, "Enter your full name");
	assert_str(r.errors.at[1].text, "Select thing");
	assert_str(r.errors.at[2].text, "Say it");
	r = form_page_accept(f, 0, NULL, 0, NULL, NULL, &ar, a);
	assert_str(r.errors.at[0].text, "أدخل اسمك الكامل");
	assert_str(r.errors.at[1].text, "اختر «شيء»");
	assert_str(r.errors.at[2].text, "قُلها");
	struct form_field shorter[] = {FIELD("n", "ab"), FIELD("h", "2"), FIELD("o", "x")};
	r = form_page_accept(f, 0, shorter, 3, NULL, NULL, &en, a);
	assert_str(r.errors.at[0].text, "Your full name must be 3 characters or more");
	json *view = form_page_view(f, 0, r.answers, r.raw, &r.errors, &en, a);
	json *first = json_at(json_get(view, "components"), 0);
	assert_str(json_str(first, "value"), "ab");
	assert_str(json_str(first, "error"), "Your full name must be 3 characters or more");
	assert_str(json_str(json_at(json_get(view, "errors"), 0), "href"), "#n");
	json *radios = json_at(json_get(view, "components"), 1);
	assert_true(json_truth(json_at(json_get(radios, "items"), 1), "checked"));
	assert_false(json_truth(json_at(json_get(radios, "items"), 0), "checked"));
}

/* A choice that was not offered is refused, however it came. */
static void foreign_choices_are_refused(void **state)
{
	arena *a = *state;
	struct form_env env = form_unit_env(a, false);
	struct form *f = form_unit_small(
	    a, "{\"properties\":{\"c\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}",
	    "{\"type\":\"Control\",\"scope\":\"#/properties/c\"," LABEL ",\"options\":{\"choices\":["
	    "{\"value\":\"a\",\"label\":{\"en\":\"A\",\"ar\":\"أ\"}},"
	    "{\"value\":\"b\",\"label\":{\"en\":\"B\",\"ar\":\"ب\"}}]}}");
	struct form_field good[] = {FIELD("c", "b"), FIELD("c", "a"), FIELD("c", "b")};
	struct form_result r = form_page_accept(f, 0, good, 3, NULL, NULL, &env, a);
	assert_str(json_print(a, r.answers), "{\"c\":[\"a\",\"b\"]}");
	struct form_field bad[] = {FIELD("c", "a"), FIELD("c", "z")};
	r = form_page_accept(f, 0, bad, 2, NULL, NULL, &env, a);
	assert_int_equal(r.errors.count, 1);
	assert_str(r.errors.at[0].key, "choice");
	struct form_errors errors;
	json *answers = json_parse(a, STR("{\"c\":[\"z\"]}"), NULL);
	assert_false(form_check_answers(f, answers, &env, a, &errors));
	assert_str(errors.at[0].field, "c");
}

static const char people_schema[] =
    "{\"properties\":{\"people\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":3,\"items\":{"
    "\"properties\":{\"name\":{\"type\":\"string\"},\"age\":{\"type\":\"integer\"}},"
    "\"required\":[\"name\"]}}},\"required\":[\"people\"]}";
static const char people_layout[] =
    "{\"type\":\"Control\",\"scope\":\"#/properties/people\"," LABEL ",\"options\":{\"detail\":{"
    "\"elements\":[{\"type\":\"Control\",\"scope\":\"#/properties/name\"," LABEL "},"
    "{\"type\":\"Control\",\"scope\":\"#/properties/age\"," LABEL "}]}}}";

static void entries_come_and_go(void **state)
{
	arena *a = *state;
	struct form_env env = form_unit_env(a, false);
	struct form *f = form_unit_small(a, people_schema, people_layout);
	json *view = form_page_view(f, 0, NULL, NULL, NULL, &env, a);
	json *repeat = json_at(json_get(view, "components"), 0);
	assert_int_equal(json_get(repeat, "entries")->count, 1);
	struct form_field first[] = {FIELD("people.0.name", "Ali"), FIELD("people.0.age", "x"),
	                             FIELD("people.add", "1")};
	struct form_result r = form_page_accept(f, 0, first, 3, NULL, NULL, &env, a);
	assert_true(r.again);
	assert_int_equal(r.errors.count, 0);
	assert_int_equal(json_get(r.answers, "people")->count, 2);
	assert_str(json_str(r.raw, "people.0.age"), "x");
	struct form_field both[] = {FIELD("people.0.name", "Ali"), FIELD("people.0.age", "٤٠"),
	                            FIELD("people.1.name", "Sara"), FIELD("people.1.age", "old")};
	r = form_page_accept(f, 0, both, 4, r.answers, r.raw, &env, a);
	assert_int_equal(r.errors.count, 1);
	assert_str(r.errors.at[0].field, "people.1.age");
	assert_str(json_print(a, r.answers),
	           "{\"people\":[{\"name\":\"Ali\",\"age\":40},{\"name\":\"Sara\"}]}");
	/* Removing the first moves what was typed in the second along. */
	struct form_field remove[] = {both[0], both[1], both[2], both[3],
	                              FIELD("people.0.remove", "1")};
	r = form_page_accept(f, 0, remove, 5, r.answers, r.raw, &env, a);
	assert_true(r.again);
	assert_str(json_print(a, r.answers), "{\"people\":[{\"name\":\"Sara\"}]}");
	assert_str(json_print(a, r.raw), "{\"people.0.age\":\"old\"}");
	r = form_page_accept(f, 0, NULL, 0, NULL, NULL, &env, a);
	assert_str(r.errors.at[0].field, "people");
}

/* Amounts stay exact, what is hidden does not count, and nobody can send a sum. */
static void values_are_computed(void **state)
{
	arena *a = *state;
	struct form_env env = form_unit_env(a, false);
	struct form *f = form_unit_small(
	    a,
	    "{\"properties\":{\"n\":{\"type\":\"integer\"},\"price\":{\"type\":\"number\"},"
	    "\"gift\":{\"type\":\"boolean\"},\"note\":{\"type\":\"string\"},\"sum\":{\"type\":"
	    "\"number\"}},\"required\":[\"n\",\"price\",\"note\"]}",
	    "{\"type\":\"Control\",\"scope\":\"#/properties/n\"," LABEL "},"
	    "{\"type\":\"Control\",\"scope\":\"#/properties/price\"," LABEL
	    ",\"options\":{\"widget\":\"money\",\"currency\":\"BHD\"}},"
	    "{\"type\":\"Control\",\"scope\":\"#/properties/gift\"," LABEL "},"
	    "{\"type\":\"Control\",\"scope\":\"#/properties/note\"," LABEL
	    ",\"rule\":{\"effect\":\"SHOW\",\"condition\":\"gift = true and n > 1\"}},"
	    "{\"type\":\"Control\",\"scope\":\"#/properties/sum\"," LABEL
	    ",\"computed\":\"n * price\",\"options\":{\"widget\":\"money\",\"currency\":\"BHD\"}}");
	struct form_field fields[] = {FIELD("n", "3"), FIELD("price", "0.1"), FIELD("gift", "false"),
	                              FIELD("note", "for you"), FIELD("sum", "1")};
	struct form_result r = form_page_accept(f, 0, fields, 5, NULL, NULL, &env, a);
	assert_int_equal(r.errors.count, 0);
	assert_str(json_str(r.answers, "sum"), "0.300");
	assert_null(json_get(r.answers, "note"));
	size_t page;
	struct form_errors errors;
	assert_true(form_complete(f, r.answers, &env, a, &page, &errors));
	/* The answer uncovers a question that the page did not show: ask again, no blame. */
	struct form_field gift[] = {FIELD("n", "3"), FIELD("price", "0.1"), FIELD("gift", "true")};
	r = form_page_accept(f, 0, gift, 3, r.answers, r.raw, &env, a);
	assert_true(r.again);
	assert_int_equal(r.errors.count, 0);
	r = form_page_accept(f, 0, gift, 3, r.answers, r.raw, &env, a);
	assert_false(r.again);
	assert_str(r.errors.at[0].field, "note");
}

static void the_authors_faults(void **state)
{
	arena *a = *state;
	static const struct {
		const char *schema, *elements, *rule;
	} bad[] = {
	    {"{\"properties\":{\"x\":{\"type\":\"string\"}}}",
	     "{\"type\":\"Control\",\"scope\":\"#/properties/y\"," LABEL "}", "form.scope"},
	    {"{\"properties\":{\"x\":{\"type\":\"string\"}}}",
	     "{\"type\":\"Control\",\"scope\":\"#/properties/x\",\"label\":{\"en\":\"X\"}}",
	     "form.text"},
	    {"{\"properties\":{\"x\":{\"type\":\"string\"}}}",
	     "{\"type\":\"Control\",\"scope\":\"#/properties/x\"," LABEL
	     ",\"options\":{\"widget\":\"number\"}}",
	     "form.widget.type"},
	    {"{\"properties\":{\"x\":{\"enum\":[\"a\"]}}}",
	     "{\"type\":\"Control\",\"scope\":\"#/properties/x\"," LABEL ",\"options\":{\"choices\":[{"
	     "\"value\":\"b\",\"label\":{\"en\":\"B\",\"ar\":\"ب\"}}]}}",
	     "form.choices.schema"},
	    {"{\"properties\":{\"x\":{\"type\":\"object\"}}}",
	     "{\"type\":\"Control\",\"scope\":\"#/properties/x\"," LABEL
	     ",\"options\":{\"widget\":\"file\",\"accept\":[\"image/png\"]}}",
	     "form.file"},
	    {"{\"properties\":{\"x\":{\"type\":\"string\"}}}", "{\"type\":\"Rating\"}", "form.element"},
	    {"{\"properties\":{\"x\":{\"type\":\"string\"}}}",
	     "{\"type\":\"Control\",\"scope\":\"#/properties/x\"," LABEL
	     ",\"rule\":{\"effect\":\"BLINK\",\"condition\":{}}}",
	     "form.rule"},
	    {"{\"properties\":{\"x\":{\"type\":\"string\"}}}",
	     "{\"type\":\"Control\",\"scope\":\"#/properties/x\"," LABEL
	     ",\"rule\":{\"effect\":\"SHOW\",\"condition\":\"x = = 1\"}}",
	     "form.feel"},
	    {"{\"properties\":{\"x\":{\"type\":\"string\"}}}",
	     "{\"type\":\"Control\",\"scope\":\"#/properties/x\"," LABEL
	     ",\"rule\":{\"effect\":\"SHOW\",\"condition\":\"date(x) < today()\"}}",
	     "form.feel.clock"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		str text = str_fmt(a,
		                   "{\"id\":\"t\",\"version\":1,\"schema\":%s,\"layout\":{\"type\":"
		                   "\"Categorization\",\"elements\":[{\"type\":\"Category\",\"id\":\"p\","
		                   "\"label\":{\"en\":\"P\",\"ar\":\"ص\"},\"elements\":[%s]}]}}",
		                   bad[i].schema, bad[i].elements);
		struct diags d = diags_make(a, STR("form.json"));
		assert_null(form_load(a, json_parse(a, text, NULL), &d));
		assert_non_null(d.first);
		assert_str(d.first->rule, bad[i].rule);
		assert_true(d.first->line > 0);
	}
}

/* ---- the first service ---- */

static json *sources(arena *a, const char *group, const char *nationality)
{
	return json_parse(
	    a,
	    str_fmt(a,
	            "{\"applicant\":{\"name\":{\"en\":\"Maryam Ali\",\"ar\":\"مريم علي\"},"
	            "\"national_number\":\"850199901\",\"birth_date\":\"1985-01-15\","
	            "\"nationality\":\"%s\",\"group\":\"%s\",\"phone\":\"+97330000001\"}}",
	            nationality, group),
	    NULL);
}

struct step {
	const char *page;
	struct form_field fields[4];
	size_t n;
};

static json *walk(const struct form *f, json *answers, const struct step *steps, size_t n,
                  const struct form_env *env, arena *a)
{
	ptrdiff_t at = 0;
	for (size_t i = 0; i < n; i++) {
		assert_str(form_page_id(f, (size_t)at), steps[i].page);
		struct form_result r =
		    accept(f, steps[i].page, steps[i].fields, steps[i].n, answers, NULL, env, a);
		if (r.errors.count)
			fail_msg("%s: %.*s", steps[i].page, STRF(r.errors.at[0].text));
		answers = r.answers;
		at = form_page_next(f, (size_t)at, answers, a);
	}
	assert_int_equal(at, -1);
	return answers;
}

static json photo_of(arena *a)
{
	return *json_parse(a,
	                   STR("{\"file\":\"00112233445566778899aabbccddeeff0011223344556677"
	                       "8899aabbccddeeff\",\"name\":\"me.jpg\",\"bytes\":52000,\"type\":"
	                       "\"image/jpeg\",\"width\":600,\"height\":800}"),
	                   NULL);
}

/* proves: POR-04 */
static void lost_card_from_start_to_end(void **state)
{
	arena *a = *state;
	struct form_env env = form_unit_env(a, false);
	struct form *f = form_unit_load(a, form_unit_file(a, LOST_CARD));
	json photo = photo_of(a), *answers = form_prefill(f, sources(a, "citizen", "BHR"), NULL, a);
	assert_str(json_str(answers, "name_ar"), "مريم علي");
	const struct step steps[] = {
	    {"who", {FIELD("name_en", "Somebody Else")}, 1},
	    {"what", {FIELD("how", "stolen")}, 1},
	    {"when",
	     {FIELD("lost_on-day", "٢٠"), FIELD("lost_on-month", "نوفمبر"),
	      FIELD("lost_on-year", "2026"), FIELD("place", "Manama market")},
	     4},
	    {"report", {FIELD("police_report", "")}, 1},
	    {"speed", {FIELD("fast_track", "false")}, 1},
	    {"collection", {FIELD("collect", "delivery")}, 1},
	    {"address",
	     {FIELD("address.building", "١٢"), FIELD("address.road", "2825"),
	      FIELD("address.block", "428"), FIELD("address.flat", "")},
	     4},
	    {"contact", {FIELD("phone", "3600 1234"), FIELD("email", "")}, 2},
	    {"photograph", {{.name = STR("photograph"), .file = &photo}}, 1},
	    {"declaration", {FIELD("declaration", "true")}, 1},
	};
	answers = walk(f, answers, steps, sizeof steps / sizeof *steps, &env, a);
	assert_str(json_str(answers, "name_en"), "Maryam Ali");
	assert_str(json_str(answers, "lost_on"), "2026-11-20");
	assert_str(json_str(json_get(answers, "address"), "building"), "12");
	size_t page;
	struct form_errors errors;
	if (!form_complete(f, answers, &env, a, &page, &errors))
		fail_msg("%.*s: %.*s", STRF(errors.at[0].field), STRF(errors.at[0].text));
	/* Changing an early answer hides later ones and drops their answers. */
	struct form_field fast[] = {FIELD("fast_track", "true")};
	struct form_result r = accept(f, "speed", fast, 1, answers, NULL, &env, a);
	assert_non_null(json_get(r.answers, "address"));
	json *sent = form_submit_answers(f, r.answers, a);
	assert_null(json_get(sent, "address"));
	assert_null(json_get(sent, "collect"));
	assert_true(form_complete(f, r.answers, &env, a, &page, &errors));
}

static void lost_card_says_what_is_missing(void **state)
{
	arena *a = *state;
	struct form_env env = form_unit_env(a, true);
	struct form *f = form_unit_load(a, form_unit_file(a, LOST_CARD));
	json *answers = form_prefill(f, sources(a, "resident", "IND"), NULL, a);
	size_t page;
	struct form_errors errors;
	assert_false(form_complete(f, answers, &env, a, &page, &errors));
	assert_str(form_page_id(f, page), "what");
	assert_str(errors.at[0].text, "اختر ما إذا كانت البطاقة قد فُقدت أو سُرقت");
	assert_false(form_check_answers(f, answers, &env, a, &errors));
	bool passport = false, permit = false;
	for (size_t i = 0; i < errors.count; i++) {
		passport |= str_eq(errors.at[i].field, STR("passport"));
		permit |= str_eq(errors.at[i].field, STR("permit_changed"));
		assert_true(str_chr(errors.at[i].text, '[') < 0);
	}
	assert_true(passport);
	assert_false(permit);
}

/* proves: POR-04 */
static void lost_card_photograph_is_checked(void **state)
{
	arena *a = *state;
	struct form_env env = form_unit_env(a, false);
	struct form *f = form_unit_load(a, form_unit_file(a, LOST_CARD));
	json photo = photo_of(a);
	struct form_field field = {.name = STR("photograph"), .file = &photo};
	struct form_result r = accept(f, "photograph", &field, 1, NULL, NULL, &env, a);
	assert_int_equal(r.errors.count, 0);
	json_set_int(a, &photo, "bytes", 4 * 1024 * 1024);
	struct form_result large = accept(f, "photograph", &field, 1, r.answers, NULL, &env, a);
	assert_str(large.errors.at[0].text, "The selected file must be 3 MB or smaller");
	assert_non_null(json_get(large.answers, "photograph")); /* the good one stays */
	json_set_int(a, &photo, "bytes", 1000);
	json_set_str(a, &photo, "type", STR("application/pdf"));
	r = accept(f, "photograph", &field, 1, NULL, NULL, &env, a);
	assert_str(r.errors.at[0].key, "file.type");
	assert_str(r.errors.at[0].text, "The selected file must be one of these types: JPEG, PNG, GIF");
}

/* Nothing else that was answered is lost by it. */
static void a_file_that_is_not_taken_says_why(void **state)
{
	static const struct {
		const char *reason, *en, *ar;
	} told[] = {
	    {"broken", "is damaged or not complete", "تالف أو غير مكتمل"},
	    {"active", "holds a script, an action", "نص برمجي"},
	    {"hidden", "cannot be examined as it is protected", "محمي"},
	    {"dimensions", "too many pixels", "كبيرة جدًا"},
	    {"infected", "A virus was found", "فيروس"},
	    {"unexamined", "could not be examined", "تعذّر فحص الملف"},
	    {"type", "must be one of these types", "أحد الأنواع"},
	};
	arena *a = *state;
	struct form *f = form_unit_load(a, form_unit_file(a, LOST_CARD));
	for (size_t i = 0; i < 2 * sizeof told / sizeof *told; i++) {
		bool arabic = i & 1;
		struct form_env env = form_unit_env(a, arabic);
		json *before = json_object(a), *file = json_object(a);
		json_set_str(a, before, "kept", STR("as it was"));
		json_set_str(a, file, "file", STR("refused"));
		json_set_str(a, file, "name", STR("me.png"));
		json_set_str(a, file, "refused", str_of(told[i / 2].reason));
		json_set_int(a, file, "bytes", 1000);
		struct form_field field = {.name = STR("photograph"), .file = file};
		struct form_result r = accept(f, "photograph", &field, 1, before, NULL, &env, a);
		assert_int_equal(r.errors.count, 1);
		const char *words = arabic ? told[i / 2].ar : told[i / 2].en;
		if (str_find(r.errors.at[0].text, str_of(words)) < 0)
			fail_msg("%s: %.*s", told[i / 2].reason, STRF(r.errors.at[0].text));
		assert_null(json_get(r.answers, "photograph"));
		assert_str(json_str(r.answers, "kept"), "as it was");
	}
}

static void check_answers_in_both_languages(void **state)
{
	arena *a = *state;
	struct form *f = form_unit_load(a, form_unit_file(a, LOST_CARD));
	struct form_env en = form_unit_env(a, false), ar = form_unit_env(a, true);
	json *answers = form_prefill(f, sources(a, "citizen", "BHR"), NULL, a);
	json_set_str(a, answers, "how", STR("lost"));
	json_set_str(a, answers, "lost_on", STR("2026-11-20"));
	json *view = form_check_view(f, answers, &en, a), *row = NULL;
	json *page = json_at(json_get(view, "pages"), 0);
	row = json_at(json_get(page, "rows"), 0);
	assert_str(json_str(row, "value"), "Maryam Ali");
	assert_str(json_str(row, "source"), "Population register");
	assert_null(json_get(row, "change"));
	page = json_at(json_get(view, "pages"), 2);
	row = json_at(json_get(page, "rows"), 0);
	assert_str(json_str(row, "value"), "20 November 2026");
	assert_str(json_str(row, "change"), "when");
	row = json_at(json_get(page, "rows"), 1);
	assert_str(json_str(row, "value"), "Not provided");
	assert_true(json_truth(row, "missing"));
	view = form_check_view(f, answers, &ar, a);
	page = json_at(json_get(view, "pages"), 1);
	assert_str(json_str(json_at(json_get(page, "rows"), 0), "value"), "فُقدت");
	page = json_at(json_get(view, "pages"), 2);
	assert_str(json_str(json_at(json_get(page, "rows"), 0), "value"), "20 نوفمبر 2026");
	for (const json *p = json_get(view, "pages")->first; p; p = p->next)
		assert_false(str_eq(json_str(p, "id"), STR("report"))); /* hidden: not stolen */
}

static void a_page_of_one_question_is_headed_by_it(void **state)
{
	arena *a = *state;
	struct form *f = form_unit_load(a, form_unit_file(a, LOST_CARD));
	struct form_env env = form_unit_env(a, false);
	json *view = form_page_view(f, 1, NULL, NULL, NULL, &env, a);
	assert_str(json_str(view, "title"), "What happened to your card?");
	assert_true(json_truth(json_at(json_get(view, "components"), 0), "heading"));
	view = form_page_view(f, 2, NULL, NULL, NULL, &env, a);
	assert_str(json_str(view, "title"), "When and where");
	json *date = json_at(json_get(view, "components"), 0);
	assert_str(json_str(date, "type"), "date-input");
	assert_int_equal(json_get(date, "items")->count, 3);
	ptrdiff_t photo = form_page_find(f, STR("photograph"));
	view = form_page_view(f, (size_t)photo, NULL, NULL, NULL, &env, a);
	assert_true(json_truth(view, "multipart"));
}

/* A form in force since before units were looked at still loads. */
static void a_unit_in_one_language_is_named_and_left_out(void **state)
{
	(void)state;
	arena *a = arena_create(1 << 24);
	struct diags d = diags_make(a, STR("form.json"));
	json *v = json_parse(
	    a,
	    STR("{\"id\":\"t\",\"version\":1,\"schema\":{\"properties\":{\"x\":{\"type\":"
	        "\"number\"}}},\"layout\":{\"type\":\"Categorization\",\"elements\":[{\"type\":"
	        "\"Category\",\"id\":\"p\"," LABEL ",\"elements\":[{\"type\":\"Control\",\"scope\":"
	        "\"#/properties/x\"," LABEL ",\"options\":{\"suffix\":\"km\"}}]}]}}"),
	    NULL);
	assert_non_null(form_load(a, v, &d));
	assert_non_null(d.first);
	assert_str(d.first->rule, "form.unit");
	assert_int_equal(d.first->severity, DIAG_WARNING);
	arena_destroy(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(names_stay_as_they_are),
	    UNIT(many_ways_of_typing),
	    UNIT(dates_in_three_boxes),
	    UNIT(errors_are_in_the_readers_language),
	    UNIT(foreign_choices_are_refused),
	    UNIT(entries_come_and_go),
	    UNIT(values_are_computed),
	    UNIT(the_authors_faults),
	    UNIT(lost_card_from_start_to_end),
	    UNIT(lost_card_says_what_is_missing),
	    UNIT(lost_card_photograph_is_checked),
	    UNIT(a_file_that_is_not_taken_says_why),
	    UNIT(check_answers_in_both_languages),
	    UNIT(a_page_of_one_question_is_headed_by_it),
	    cmocka_unit_test(a_unit_in_one_language_is_named_and_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Templates: what they write, how they escape, and what they refuse. */
#include "unit.h"

#include "web/template.h"

static const char texts[] =
    "hello\n  en: Hello {name} & co\n  ar: مرحبًا {name}\n"
    "found\n  en.one: {n} case\n  en.other: {n} cases\n"
    "  ar.zero: لا شيء\n  ar.one: واحدة\n  ar.two: اثنتان\n  ar.few: {n} قضايا\n"
    "  ar.many: {n} قضية\n  ar.other: {n} قضية\n";

struct page {
	const char *name, *source;
};

static struct messages *catalogue(arena *a)
{
	struct diags d = diags_make(a, STR("messages"));
	struct messages *m = messages_make(a);
	messages_add(m, str_of(texts), &d);
	assert_int_equal(d.errors, 0);
	return m;
}

static str render_pages(arena *a, const char *lang, const struct page *pages, size_t n,
                        const char *view)
{
	struct diags d = diags_make(a, (str){0});
	struct messages *m = catalogue(a);
	struct templates *t = templates_make(a, m, &d);
	for (size_t i = 0; i < n; i++)
		templates_add(t, str_of(pages[i].name), str_of(pages[i].source));
	templates_link(t);
	if (d.errors)
		fail_msg("%.*s", STRF(diags_print(a, &d)));
	json_error e;
	json *v = json_parse(a, str_of(view), &e);
	if (!v)
		fail_msg("%u: %.*s", e.col, STRF(e.what));
	struct template_env env = {.texts = m,
	                           .lang = lang,
	                           .csrf = STR("c<"),
	                           .form_key = STR("k"),
	                           .currency = STR("BHD"),
	                           .utc_offset = 3 * 3600};
	buf out = buf_make(a, TEMPLATE_OUTPUT_MAX);
	assert_true(template_render(t, &env, str_of(pages[0].name), v, a, &out));
	return buf_str(&out);
}

static str render(arena *a, const char *source, const char *view)
{
	return render_pages(a, "en", &(struct page){"p", source}, 1, view);
}

static void a_value_is_escaped_for_its_place(void **state)
{
	arena *a = *state;
	const char *v =
	    "{\"x\":\"<b> & \\\"'\",\"u\":\"javascript:alert(1)\",\"h\":\"https://a/b?c=d&e\","
	    "\"m\":\"mailto:a@b\",\"q\":\"a b&c=د\",\"l\":3,\"k\":\"onclick\",\"d\":\"data-x\"}";
	static const struct {
		const char *source, *expect;
	} rows[] = {
	    {"{{x}}", "&lt;b&gt; &amp; &quot;&#39;"},
	    {"<p title=\"{{x}}\">", "<p title=\"&lt;b&gt; &amp; &quot;&#39;\">"},
	    {"<p title='{{x}}'>", "<p title='&lt;b&gt; &amp; &quot;&#39;'>"},
	    {"<title>{{x}}</title>{{l}}", "<title>&lt;b&gt; &amp; &quot;&#39;</title>3"},
	    {"<a href=\"{{u}}\">", "<a href=\"#\">"},
	    {"<a HREF='{{u}}'>", "<a HREF='#'>"},
	    {"<a href=\"{{h}}\">", "<a href=\"https://a/b?c=d&amp;e\">"},
	    {"<a href=\"{{m}}\">", "<a href=\"mailto:a@b\">"},
	    {"<a href=\"/s/{{q}}\">", "<a href=\"/s/a%20b&amp;c=%D8%AF\">"},
	    {"<a href=\"?q={{q}}\">", "<a href=\"?q=a%20b%26c%3D%D8%AF\">"},
	    {"<a href=\"java{{u}}\">", "<a href=\"javajavascript%3Aalert(1)\">"},
	    {"<a href=\"{{l}}{{u}}\">", "<a href=\"3javascript%3Aalert(1)\">"},
	    {"<h{{l}}>a</h{{l}}>", "<h3>a</h3>"},
	    {"<h{{x}}>", "<h2>"},
	    {"<p {{d}}=\"{{x}}\">", "<p data-x=\"&lt;b&gt; &amp; &quot;&#39;\">"},
	    {"<p {{k}}=\"{{x}}\">", "<p data-refused=\"&lt;b&gt; &amp; &quot;&#39;\">"},
	    {"<p data-{{l}}=\"{{l}}\">", "<p data-3=\"3\">"},
	    {"<p data-{{x}}=\"\">", "<p data-refused=\"\">"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_str(render(a, rows[i].source, v), rows[i].expect);
}

static void blocks_choose_and_repeat(void **state)
{
	arena *a = *state;
	const char *v = "{\"yes\":true,\"no\":false,\"zero\":0,\"s\":\"x\",\"t\":\"x\",\"none\":[],"
	                "\"list\":[{\"n\":\"a\"},{\"n\":\"b\"}],\"o\":{\"k1\":\"v1\",\"k2\":\"v2\"},"
	                "\"both\":{\"en\":\"E\",\"ar\":\"ع\"}}";
	static const struct {
		const char *source, *expect;
	} rows[] = {
	    {"{{#if yes}}1{{/if}}{{#if no}}2{{/if}}{{#if zero}}3{{/if}}{{#if gone}}4{{/if}}", "1"},
	    {"{{#if not no}}1{{else}}2{{/if}}", "1"},
	    {"{{#if no}}1{{else if s == \"y\"}}2{{else if s == t}}3{{else}}4{{/if}}", "3"},
	    {"{{#if s != t}}1{{else}}2{{/if}}{{#if none}}3{{/if}}{{#if list}}4{{/if}}", "24"},
	    {"{{#each list}}{{@number}}{{n}}{{#if not @last}},{{/if}}{{/each}}", "1a,2b"},
	    {"{{#each none}}x{{else}}empty{{/each}}{{list.length}}{{list.1.n}}", "empty2b"},
	    {"{{#each o}}{{@key}}={{.}};{{/each}}", "k1=v1;k2=v2;"},
	    {"{{#with o}}{{k1}}{{s}}{{.s}}{{else}}no{{/with}}{{#with gone}}x{{else}}none{{/with}}",
	     "v1xnone"},
	    {"{{both}}", "E"},
	    {"<i{{#if yes}} class=\"{{s}}\"{{/if}}>", "<i class=\"x\">"},
	    {"a\n  {{#if yes}}\n  b\n  {{/if}}\nc {{!-- {{x}} --}}\n", "a\n  b\nc \n"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_str(render(a, rows[i].source, v), rows[i].expect);
}

static void filters_write_for_people(void **state)
{
	arena *a = *state;
	const char *v = "{\"m\":4000,\"o\":{\"minor\":1500,\"currency\":\"JPY\"},\"d\":\"2026-11-24\","
	                "\"i\":1795520100000000,\"n\":1234567,\"p\":\"+97336123456\",\"r\":\"A-1<\"}";
	assert_str(render(a, "{{m | money}} {{o | money}}", v),
	           "<bdi>BHD 4.000</bdi> <bdi>JPY 1,500</bdi>");
	assert_str(render(a, "<p title=\"{{m|money}}\">{{d | date}}", v),
	           "<p title=\"BHD 4.000\"><time datetime=\"2026-11-24\">24 November 2026</time>");
	assert_str(render(a, "{{n | number}}{{gone | money}}", v), "<bdi>1,234,567</bdi>");
	assert_str(render(a, "{{p | phone}}{{r | ref}}", v),
	           "<bdi dir=\"ltr\">+973 3612 3456</bdi><bdi dir=\"ltr\">A-1&lt;</bdi>");
	assert_str(render(a, "{{d | hijri}} {{i | time}}", v),
	           "<bdi>14 Jumada al-Thani 1448 AH</bdi> <time "
	           "datetime=\"2026-11-24T11:35:00Z\">14:35</time>");
	assert_str(render(a, "<i data-x='{{o | json}}'>", v),
	           "<i data-x='{&quot;minor&quot;:1500,&quot;currency&quot;:&quot;JPY&quot;}'>");
}

static void messages_isolate_what_they_quote(void **state)
{
	arena *a = *state;
	struct page p = {"p", "{{t \"hello\" name=x}}|<a title=\"{{t \"hello\" name=x}}\">|"
	                      "{{t \"found\" n=c}}|{{t key n=1}}"};
	assert_str(
	    render_pages(a, "en", &p, 1, "{\"x\":\"<i>\",\"c\":2,\"key\":\"found\"}"),
	    "Hello <bdi>&lt;i&gt;</bdi> &amp; co|<a title=\"Hello \u2068&lt;i&gt;\u2069 &amp; co\">|"
	    "2 cases|1 case");
	assert_str(render_pages(a, "ar", &p, 1, "{\"x\":\"ل\",\"c\":2,\"key\":\"found\"}"),
	           "مرحبًا <bdi>ل</bdi>|<a title=\"مرحبًا \u2068ل\u2069\">|اثنتان|واحدة");
}

static void partials_and_layouts_compose(void **state)
{
	arena *a = *state;
	static const struct page pages[] = {
	    {"p", "{{#layout \"layouts/inner\"}}{{#block \"title\"}}T {{x}}{{/block}}body {{x}}"
	          "{{> partials/item label=x n=7 text=(t \"hello\" name=x)}}{{/layout}}"},
	    {"layouts/inner",
	     "{{#layout \"layouts/page\"}}{{#block \"title\"}}{{yield \"title\"}}!{{/block}}"
	     "<main>{{yield}}</main>{{/layout}}"},
	    {"layouts/page", "<title>{{yield \"title\"}}</title><body{{> "
	                     "partials/attributes}}>{{yield}}{{yield \"no\"}}"},
	    {"partials/item", "[{{label}} {{n}} {{text}} {{x}} {{gone}}]"},
	    {"partials/attributes", "{{#each attributes}} {{@key}}=\"{{.}}\"{{/each}}"},
	};
	assert_str(render_pages(a, "en", pages, 5,
	                        "{\"x\":\"<\",\"attributes\":{\"class\":\"a\",\"onx\":\"b\"}}"),
	           "<title>T &lt;!</title><body class=\"a\" data-refused=\"b\"><main>body &lt;"
	           "[&lt; 7 Hello \u2068&lt;\u2069 &amp; co &lt; ]</main>");
}

static void a_form_gets_its_hidden_fields(void **state)
{
	assert_str(render(*state, "{{csrf_field}}", "{}"),
	           "<input type=\"hidden\" name=\"csrf\" value=\"c&lt;\">"
	           "<input type=\"hidden\" name=\"idempotency_key\" value=\"k-1\">");
}

/* What is wrong, at which line and column. */
static void bad_templates_are_refused(void **state)
{
	arena *a = *state;
	static const struct {
		const char *source, *rule;
		uint32_t line, col;
	} rows[] = {
	    {"a\n<script>{{x}}</script>", "template.unsafe", 2, 9},
	    {"<style>{{x}}</style>", "template.unsafe", 1, 8},
	    {"<p onclick=\"{{x}}\">", "template.unsafe", 1, 13},
	    {"<p style=\"{{x}}\">", "template.unsafe", 1, 11},
	    {"<img srcset=\"{{x}}\">", "template.unsafe", 1, 14},
	    {"<p title={{x}}>", "template.unsafe", 1, 10},
	    {"<p title=a{{x}}>", "template.unsafe", 1, 11},
	    {"<{{x}}>", "template.unsafe", 1, 2},
	    {"<b{{x}}>", "template.unsafe", 1, 3},
	    {"<p on{{x}}=\"\">", "template.unsafe", 1, 6},
	    {"<!-- {{x}} -->", "template.unsafe", 1, 6},
	    {"{{raw x}}", "template.raw", 1, 1},
	    {"{{#if x}}<p title=\"{{/if}}", "template.branches", 1, 1},
	    {"{{#if x}}<p title=\"{{else}}\"{{/if}}", "template.branches", 1, 1},
	    {"{{#each x}}<a href='{{/each}}", "template.branches", 1, 1},
	    {"\n{{#if x}}", "template.block", 2, 1},
	    {"{{#if x}}{{/each}}", "template.block", 1, 1},
	    {"a{{/if}}", "template.block", 1, 2},
	    {"{{else}}", "template.block", 1, 1},
	    {"{{#unless x}}{{/unless}}", "template.block", 1, 1},
	    {"{{x", "template.syntax", 1, 1},
	    {"{{x y}}", "template.syntax", 1, 1},
	    {"{{x | shout}}", "template.syntax", 1, 1},
	    {"{{a..b}}", "template.syntax", 1, 1},
	    {"{{@root}}", "template.syntax", 1, 1},
	    {"{{> nowhere}}", "template.missing", 1, 1},
	    {"{{t \"no.such\"}}", "template.key", 1, 1},
	    {"<p \"x\">", "template.markup", 1, 1},
	    {"<a href=\"", "template.branches", 1, 10},
	};
	struct messages *m = catalogue(a);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct diags d = diags_make(a, (str){0});
		struct templates *t = templates_make(a, m, &d);
		templates_add(t, STR("p"), str_of(rows[i].source));
		templates_link(t);
		if (!d.first || !str_eq(d.first->rule, str_of(rows[i].rule)) ||
		    d.first->line != rows[i].line || d.first->col != rows[i].col)
			fail_msg("%s: %.*s", rows[i].source, STRF(diags_print(a, &d)));
		assert_false(template_known(t, STR("p")));
	}
}

static void endless_templates_stop(void **state)
{
	arena *a = *state;
	struct diags d = diags_make(a, (str){0});
	struct templates *t = templates_make(a, NULL, &d);
	templates_add(t, STR("p"), STR("{{> p}}x"));
	templates_add(t, STR("wide"),
	              STR("{{#each l}}{{#each l}}{{#each l}}{{#each l}}{{#each l}}x"
	                  "{{/each}}{{/each}}{{/each}}{{/each}}{{/each}}"));
	templates_link(t);
	assert_int_equal(d.errors, 0);
	struct template_env env = {.lang = "en"};
	buf out = buf_make(a, TEMPLATE_OUTPUT_MAX);
	assert_false(template_render(t, &env, STR("p"), json_object(a), a, &out));
	json *v = json_object(a), *l = json_set(a, v, "l", json_array(a));
	for (int i = 0; i < 40; i++)
		json_push(l, json_int_new(a, i));
	assert_false(template_render(t, &env, STR("wide"), v, a, &out));
	assert_false(template_render(t, &env, STR("unknown"), v, a, &out));
}

static void a_plain_text_isolates_values(void **state)
{
	arena *a = *state;
	struct diags d = diags_make(a, STR("notice"));
	struct template_env env = {.texts = catalogue(a), .lang = "ar", .currency = STR("BHD")};
	json *v = json_parse(a, STR("{\"x\":\"<b>\",\"m\":4000}"), NULL);
	str out;
	assert_int_equal(template_text(a, &env, STR("<{{x}}> {{m | money}}"), v, &out, &d), OK);
	assert_str(out, "<\u2068<b>\u2069> \u2068"
	                "4.000 د.ب.\u2069");
	assert_int_equal(template_text(a, &env, STR("{{#if}}"), v, &out, &d), ERR_bad_syntax);
	assert_str(d.first->file, "notice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(a_value_is_escaped_for_its_place), UNIT(blocks_choose_and_repeat),
	    UNIT(filters_write_for_people),         UNIT(messages_isolate_what_they_quote),
	    UNIT(partials_and_layouts_compose),     UNIT(a_form_gets_its_hidden_fields),
	    UNIT(bad_templates_are_refused),        UNIT(endless_templates_stop),
	    UNIT(a_plain_text_isolates_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

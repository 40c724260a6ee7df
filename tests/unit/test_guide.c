/* The guide over the pack of Bahrain: search, browsing, cards, notes, exports. */
#include "portal_unit.h"

#include "systems/guide/guide.h"

static const struct system *const guide[] = {&guide_system};

static struct visitor *anyone(struct portal *p)
{
	struct visitor *v = NEW(p->w->u->a, struct visitor);
	v->w = p->w;
	return v;
}

/* proves: CAT-05 */
static void words_letters_events_and_bodies_lead_to_cards(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	struct visitor *v = anyone(&p);
	visit(v, "/en/guide?q=lost+card");
	assert_shows(v, "/en/services/" SERVICE "\"");
	visit(v, "/ar/guide?q=%D9%87%D9%88%D9%8A%D9%87"); /* heh for ta marbuta */
	assert_shows(v, "استبدال بطاقة هوية مفقودة");
	visit(v, "/en/guide?q=identtity+card"); /* one letter too many */
	assert_shows(v, "Replace a lost identity card");
	assert_shows(v, "These come closest");
	visit(v, "/en/guide?q=spaceship");
	assert_shows(v, "No service matches");
	visit(v, "/en/guide?entity=iga&audience=resident&life_event=losing-documents&online=1");
	assert_shows(v, "Replace a lost identity card");
	assert_shows(v, "<h2 class=\"govuk-heading-m\" id=\"found\">1 service");
	/* Each under its letter, in the alphabet of the language. */
	visit(v, "/ar/guide/az");
	assert_true(str_find(between(v->page, "\">ا</h2>", "</ul>"), STR("استبدال بطاقة هوية مفقودة")) >
	            0);
	visit(v, "/en/guide/az");
	assert_true(str_find(between(v->page, "\">R</h2>", "</ul>"),
	                     STR(">Replace a lost identity card<")) > 0);
	assert_true(str_find(between(v->page, "\">S</h2>", "</ul>"),
	                     STR(">Replace a lost identity card<")) < 0);
	visit(v, "/en/life-events/losing-documents");
	assert_shows(v, "Replace a lost identity card");
	visit(v, "/ar/entities/iga");
	assert_shows(v, "هيئة المعلومات والحكومة الإلكترونية");
	visit(v, "/en/entities/nobody");
	assert_int_equal(v->status, 404);
	portal_stop(&p);
}

static void a_card_tells_what_an_applicant_needs(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	struct visitor *v = anyone(&p);
	visit(v, "/en/services/" SERVICE);
	assert_shows(v, "BHD 4.000");
	assert_shows(v, "3 working days");
	assert_shows(v, "Law 46 of 2006");
	assert_shows(v, "/services/" SERVICE "/apply");
	assert_shows(v, "Recent photograph");
	visit(v, "/ar/services/" SERVICE);
	assert_shows(v, "3 أيام عمل");
	visit(v, "/en/services/" SERVICE "/fee");
	assert_shows(v, "How the fee is worked out");
	assert_shows(v, "Lost card");
	visit(v, "/en/services/" SERVICE "/fee?try=1&in1=young");
	assert_shows(v, "Enter a number");
	visit(v, "/en/services/nothing");
	assert_int_equal(v->status, 404);
	portal_stop(&p);
}

/* Where a question of the trial stands in the address: "in0", by its label. */
static str question_of(struct visitor *v, const char *label)
{
	str page = v->page;
	ptrdiff_t at = str_find(page, str_fmt(v->w->u->a, ">%s<", label));
	if (at < 0)
		return (str){0};
	str before = str_sub(page, 0, (size_t)at), id = {0};
	for (ptrdiff_t i; (i = str_find(before, STR("for=\""))) >= 0;) {
		before = str_sub(before, (size_t)i + 5, before.n);
		id = str_sub(before, 0, (size_t)str_chr(before, '"'));
	}
	return id;
}

/* proves: CORE-04 */
static void a_reader_tries_the_rule(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	struct visitor *v = anyone(&p);
	visit(v, "/en/services/" SERVICE "/fee");
	static const struct {
		const char *label, *value;
	} given[] = {
	    {"Nationality group", "citizen"},     {"Age in whole years", "%D9%A4%D9%A1"}, /* 41 */
	    {"Why a card is asked for", "lost"},  {"In the fast-track lounge", "false"},
	    {"The work permit changed", "false"}, {"Registered employee", "false"},
	};
	buf b = buf_make(p.w->u->a, 1024);
	buf_puts(&b, "/en/services/" SERVICE "/fee?try=1");
	str group = question_of(v, given[0].label);
	for (size_t i = 0; i < COUNT(given); i++) {
		str id = question_of(v, given[i].label);
		assert_true(id.n > 0);
		buf_fmt(&b, "&%.*s=%s", STRF(id), given[i].value);
	}
	const char *citizen = str_c(p.w->u->a, buf_str(&b));
	visit(v, citizen);
	assert_shows(v, "Rules that applied");
	assert_shows(v, "replacement of a lost card");
	assert_shows(v, ">4.000<");
	visit(v, str_fmt(p.w->u->a, "/en/services/" SERVICE "/fee?try=1&%.*s=citizen", STRF(group)).p);
	assert_shows(v, "No rule covers this");
	portal_stop(&p);
}

static void programs_read_the_same_cards(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	struct visitor *v = anyone(&p);
	json_error e;
	visit(v, "/api/services/" SERVICE);
	json *card = json_parse(p.w->u->a, v->page, &e);
	assert_non_null(card);
	assert_true(str_eq(json_str(card, "id"), STR(SERVICE)));
	assert_true(str_ends(json_str(card, "uri"), STR("/id/service/" SERVICE)));
	visit(v, "/api/services");
	json *list = json_parse(p.w->u->a, v->page, &e);
	assert_true(json_get(list, "services")->count >= 40);
	visit(v, "/api/guide.csv");
	assert_shows(v, "\"service\",\"" SERVICE "\",,\"Replace a lost identity card\"");
	visit(v, "/api/guide.ttl");
	assert_shows(v, "a cpsv:PublicService");
	visit(v, "/api/guide.jsonld");
	json *graph = json_get(json_parse(p.w->u->a, v->page, &e), "@graph");
	size_t services = 0;
	for (const json *i = graph ? graph->first : NULL; i; i = i->next)
		services += str_eq(json_text(json_at(json_get(i, "@type"), 0)), STR("cpsv:PublicService"));
	assert_int_equal(services, json_get(list, "services")->count);
	portal_stop(&p);
}

/* proves: CAT-10 */
static void a_reader_s_note_reaches_the_body_s_editor_alone(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	struct visitor *v = anyone(&p);
	visit(v, "/en/services/" SERVICE "/feedback?helped=no");
	submit(v, "/en/services/" SERVICE "/feedback", "note=x");
	assert_int_equal(v->status, 422);
	assert_shows(v, "Choose whether the page was useful");
	submit(v, "/en/services/" SERVICE "/feedback", "helped=no&note=The+fee+is+%3Cwrong%3E");
	assert_int_equal(v->status, 303);
	struct visitor *editor = signed_in(p.w, ADMIN);
	visit(editor, "/en/guide/feedback");
	assert_shows(editor, "The fee is &lt;wrong&gt;");
	site_grant(p.w, p.foreign, "editor", "capital-municipality");
	struct visitor *other = signed_in(p.w, FOREIGN);
	visit(other, "/en/guide/feedback");
	assert_false(shows(other, "The fee is"));
	str id = between(editor->page, "/guide/feedback/", "/close");
	const char *close = str_fmt(p.w->u->a, "/en/guide/feedback/%.*s/close", STRF(id)).p;
	visit(other, "/en/services/" SERVICE "/feedback");
	submit(other, close, "");
	assert_int_equal(other->status, 404);
	submit(editor, close, "");
	assert_int_equal(editor->status, 303);
	visit(editor, "/en/guide/feedback");
	assert_false(shows(editor, "The fee is"));
	portal_stop(&p);
}

static void the_index_is_rebuilt(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	struct rebuild_report r;
	assert_int_equal(journal_rebuild(p.w->u->k, p.w->u->a, false, &r), OK);
	if (r.different)
		fail_msg("%.*s differs", STRF(r.first_different));
	portal_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_letters_events_and_bodies_lead_to_cards),
	    cmocka_unit_test(a_card_tells_what_an_applicant_needs),
	    cmocka_unit_test(a_reader_tries_the_rule),
	    cmocka_unit_test(programs_read_the_same_cards),
	    cmocka_unit_test(a_reader_s_note_reaches_the_body_s_editor_alone),
	    cmocka_unit_test(the_index_is_rebuilt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The guide written out and read back: all cards, all fields, or nothing. */
#include "portal_unit.h"

#include "base/rng.h"

#include "systems/guide/exchange.h"
#include "systems/guide/guide.h"
#include "systems/guide/guide_in.h"

#define BASE "https://services.example"

static const struct system *const guide[] = {&guide_system};

static struct pack_source base_of(arena *a)
{
	struct pack_source s;
	struct diags d = diags_make(a, (str){0});
	assert_int_equal(pack_read_folder(a, "packs/empty", &s, &d), OK);
	return s;
}

static struct pack *imported(arena *a, str text, struct pack_source *s)
{
	struct pack_source base = base_of(a);
	struct diags d = diags_make(a, (str){0});
	struct pack *p =
	    guide_import(a, STR("guide"), text, &base, s, &d) ? pack_check(a, s, &d) : NULL;
	if (!p)
		fail_msg("%.*s", STRF(diags_print(a, &d)));
	return p;
}

static int64_t services_served(struct portal *p)
{
	struct visitor *v = NEW(p->w->u->a, struct visitor);
	v->w = p->w;
	visit(v, "/api/services");
	assert_int_equal(v->status, 200);
	return json_int(json_parse(p->w->u->a, v->page, NULL), "count", 0);
}

/* A platform that was never given a pack takes the export in, as the command does. */
static void put_into_empty(const struct pack_source *s, struct pack *p)
{
	static const struct organ *const organs[] = {&pack_organ, &search_organ};
	struct unit *u = unit_start(organs, COUNT(organs));
	struct portal_pack put = {*s, p};
	str why = {0};
	assert_null(pack_current(u->k));
	assert_int_equal(unit_run(u, portal_pack_decide, &put), OK);
	assert_int_equal(pack_refresh(u->k, &why), OK);
	assert_int_equal(pack_current(u->k)->n_services, p->n_services);
	unit_stop(u);
}

/* proves: CAT-09 */
static void an_export_is_read_into_an_empty_instance(void **state)
{
	(void)state;
	static const char *const formats[] = {"ttl", "jsonld", "csv"};
	struct portal p = portal_start_with(guide, 1);
	arena *a = arena_create(PACK_MAX_BYTES * 16);
	const struct pack *from = pack_current(p.w->u->k);
	assert_true(from->n_services > 60);
	assert_int_equal(services_served(&p), (int64_t)from->n_services);
	for (size_t f = 0; f < COUNT(formats); f++) {
		struct pack_source s;
		str text = guide_export(a, from, STR(BASE), str_of(formats[f]));
		assert_true(text.n > 0);
		struct pack *to = imported(a, text, &s);
		assert_int_equal(to->n_services, from->n_services);
		for (size_t i = 0; i < from->n_services; i++)
			assert_true(json_equal(from->services[i].card, to->services[i].card));
		/* A table does not keep the order of a card's fields, which Turtle would show. */
		for (size_t k = str_eq(str_of(formats[f]), STR("csv")) ? 2 : 0; k < COUNT(formats); k++)
			assert_true(str_eq(guide_export(a, from, STR(BASE), str_of(formats[k])),
			                   guide_export(a, to, STR(BASE), str_of(formats[k]))));
		put_into_empty(&s, to);
	}
	arena_destroy(a);
	portal_stop(&p);
}

static str replaced(arena *a, str text, const char *old, const char *new)
{
	ptrdiff_t at = str_find(text, str_of(old));
	assert_true(at >= 0);
	return str_fmt(a, "%.*s%s%.*s", STRF(str_sub(text, 0, (size_t)at)), new,
	               STRF(str_sub(text, (size_t)at + strlen(old), text.n)));
}

/* The first error of a file that cannot be taken. */
static const struct diag *refused(arena *a, str text)
{
	struct pack_source base = base_of(a), s;
	struct diags *d = NEW(a, struct diags);
	*d = diags_make(a, (str){0});
	if (guide_import(a, STR("guide"), text, &base, &s, d))
		assert_null(pack_check(a, &s, d));
	for (const struct diag *g = d->first; g; g = g->next)
		if (g->severity == DIAG_ERROR)
			return g;
	fail_msg("nothing is wrong");
	return NULL;
}

/* proves: CAT-09 */
static void a_wrong_file_is_told_by_line_and_field(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	arena *a = arena_create(PACK_MAX_BYTES * 16);
	const struct pack *from = pack_current(p.w->u->k);
	str ld = guide_export(a, from, STR(BASE), STR("jsonld"));
	str ttl = guide_export(a, from, STR(BASE), STR("ttl"));
	const struct diag *g = refused(a, replaced(a, ld, "\"@graph\":[", "\"@graph\":[,"));
	assert_int_equal(g->line, 2);
	g = refused(a,
	            replaced(a, ld, "\\\"login\\\":\\\"standard\\\"", "\\\"login\\\":\\\"magic\\\""));
	assert_str(g->element, "/login");
	assert_true(g->line > 1);
	assert_true(str_ends(g->file, STR("/card.json")));
	g = refused(
	    a, replaced(a, ld, "\"dw:record\":[{\"@value\":\"{", "\"dw:record\":[{\"@value\":\"{{"));
	assert_str(g->rule, "guide.import.record");
	assert_true(g->line > 1 && str_ends(g->element, STR(" dw:record")));
	g = refused(a, replaced(a, ttl, "a cv:PublicOrganisation", "( cv:PublicOrganisation )"));
	assert_str(g->rule, "guide.import.syntax");
	assert_true(g->line > 20);
	str csv = guide_export(a, from, STR(BASE), STR("csv"));
	g = refused(a, replaced(a, csv, "\"standard\"", "\"magic\""));
	assert_str(g->element, "/login");
	g = refused(a, replaced(a, csv, "\r\n\"organisation\"", "\r\n\"bodies\""));
	assert_str(g->rule, "guide.import.kind");
	assert_str(g->element, "bodies");
	assert_true(g->line > 79);
	g = refused(a, replaced(a, csv, "\r\n\"catalogue\"", "\r\n\"source\""));
	assert_str(g->rule, "guide.import.catalogue");
	ptrdiff_t service = str_find(ld, STR("\"cpsv:PublicService\"")); /* one lost its record */
	str before = str_sub(ld, 0, (size_t)service), after = str_sub(ld, (size_t)service, ld.n);
	g = refused(a, str_cat(a, before, replaced(a, after, "\"dw:record\"", "\"dw:nothing\"")));
	assert_str(g->rule, "guide.import.bare");
	arena_destroy(a);
	portal_stop(&p);
}

/* ---- files of other programs ---- */

/* The card of this id among the files of an import. */
static const json *card_in(const struct pack *p, const char *id)
{
	const struct service *s = pack_service(p, str_of(id));
	assert_non_null(s);
	return s->card;
}

/* Other prefixes, N-Triples' long names, nodes without names, long texts, one language. */
static const char other_turtle[] =
    "@base <https://other.example/> .\n"
    "@prefix p: <http://purl.org/vocab/cpsv#> .\nPREFIX m8g: <http://data.europa.eu/m8g/>\n"
    "@prefix terms: <http://purl.org/dc/terms/> .\n"
    "<services/Tax_Return> a p:PublicService ;\n"
    "  terms:title 'Tax return'@en-GB, 'إقرار ضريبي'@ar , 'Impôt'@fr ;\n"
    "  terms:description \"\"\"Two lines,\nof a \"long\" text.\"\"\"@en ;\n"
    "  m8g:hasCompetentAuthority [ a m8g:PublicOrganisation ; terms:identifier 'Treasury 1' ;\n"
    "    <http://www.w3.org/2004/02/skos/core#prefLabel> 'Treasury'@en, 'الخزانة'@ar ] ;\n"
    "  m8g:hasCost [ m8g:hasValue 4.5 ; terms:identifier 'x/paper' ; terms:description 'Paper'@en "
    ";\n"
    "    m8g:currency <http://publications.europa.eu/resource/authority/currency/BHD> ] ;\n"
    "  m8g:processingTime 'P2W' ; p:follows [ terms:description '1. Sign in.\\n2. Send.'@en ] ;\n"
    "  m8g:hasLegalResource <law/Act-7-of-1999>, <law/unknown> .\n"
    "<https://other.example/s/2> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
    "<http://purl.org/vocab/cpsv#PublicService> .\n"
    "<https://other.example/s/2> <http://purl.org/dc/terms/title> "
    "\"\\u062E\\u062F\\u0645\\u0629\"@ar .\n"
    "<https://other.example/s/2> m8g:hasCompetentAuthority <https://other.example/org/court> .\n";
static const char other_json[] =
    "{\"@context\":[{\"m8g\":\"http://data.europa.eu/m8g/\",\"PublicService\":"
    "\"http://purl.org/vocab/"
    "cpsv#PublicService\",\"title\":{\"@id\":\"dct:title\",\"@language\":\"en\"},"
    "\"dct\":\"http://purl.org/dc/terms/\",\"authority\":{\"@id\":\"m8g:hasCompetentAuthority\","
    "\"@type\":\"@id\"}}],\n\"@id\":\"https://other.example/s/3\",\"@type\":\"PublicService\","
    "\"title\":\"A permit\",\"dct:description\":[{\"@value\":\"رخصة\",\"@language\":\"ar\"}],"
    "\"authority\":\"https://other.example/org/"
    "court\",\"m8g:hasChannel\":{\"@type\":\"m8g:Channel\","
    "\"title\":\"By post\"}}";

/* proves: CAT-09 */
static void cards_of_other_programs_are_taken_in(void **state)
{
	(void)state;
	arena *a = arena_create(PACK_MAX_BYTES * 16);
	struct pack_source s;
	const struct pack *p = imported(a, str_of(other_turtle), &s);
	assert_int_equal(p->n_services, 2);
	assert_string_equal(p->currency, "BHD");
	const json *c = card_in(p, "tax-return");
	assert_str(json_text(json_path(c, "title.en")), "Tax return");
	assert_str(json_text(json_path(c, "title.ar")), "إقرار ضريبي");
	assert_str(json_text(json_path(c, "description.en")), "Two lines,\nof a \"long\" text.");
	assert_str(json_text(json_path(c, "description.ar")),
	           "غير مترجم: Two lines,\nof a \"long\" text.");
	assert_str(json_str(c, "provider"), "treasury-1");
	assert_str(json_print(a, json_get(c, "process_time")),
	           "{\"value\":10,\"unit\":\"working_days\"}");
	const json *fee = json_at(json_get(c, "fees"), 0);
	assert_int_equal(json_int(fee, "amount_minor", 0), 4500);
	assert_str(json_str(fee, "id"), "paper");
	assert_int_equal(json_get(c, "steps")->count, 2);
	assert_str(json_str(json_at(json_get(c, "steps"), 1), "en"), "Send.");
	assert_str(json_print(a, json_get(c, "legal")), "[\"act-7-of-1999\"]");
	/* What was not said is named: readers see "Not stated", editors the fields. */
	assert_str(json_print(a, json_get(c, "proposed")),
	           "[\"beneficiaries\",\"channels\",\"output\",\"legal\"]");
	assert_str(json_text(json_path(card_in(p, "2"), "title.ar")), "خدمة");
	assert_str(json_text(json_path(card_in(p, "2"), "title.en")), "Not translated: خدمة");
	p = imported(a, str_of(other_json), &s);
	assert_int_equal(p->n_services, 1);
	assert_str(json_text(json_path(card_in(p, "3"), "title.en")), "A permit");
	assert_str(json_text(json_path(card_in(p, "3"), "description.ar")), "رخصة");
	assert_str(json_text(json_path(guide_first(p->channels), "name.en")), "By post");
	/* Told by line: what is no Turtle, what is not in the file, what no card can be without. */
	const struct diag *g =
	    refused(a, replaced(a, str_of(other_turtle), "a p:Public", "a q:Public"));
	assert_str(g->rule, "guide.import.syntax");
	assert_int_equal(g->line, 5);
	g = refused(a,
	            replaced(a, str_of(other_json), "[{\"m8g\"", "[\"https://x.example/c\",{\"m8g\""));
	assert_str(g->rule, "guide.import.syntax");
	g = refused(a, replaced(a, str_of(other_json), "\"authority\":\"https", "\"nobody\":\"https"));
	assert_str(g->rule, "pack.schema.required");
	arena_destroy(a);
}

/* The properties of the profile alone hold most of a card: ours without their records. */
/* proves: CAT-09 */
static void the_profile_alone_brings_a_card_back(void **state)
{
	(void)state;
	static const char *const same[] = {
	    "title",         "summary",      "description", "provider",     "audiences", "life_events",
	    "conditions",    "process_time", "channels",    "steps",        "legal",     "keywords",
	    "beneficiaries", "output",       "login",       "digital_stage"};
	arena *a = arena_create(PACK_MAX_BYTES * 16);
	struct pack_source s, ours;
	struct diags d = diags_make(a, (str){0});
	assert_int_equal(pack_read_folder(a, "packs/bahrain", &ours, &d), OK);
	const struct pack *from = pack_check(a, &ours, &d);
	str turtle = guide_export(a, from, STR(BASE), STR("ttl"));
	buf bare = buf_make(a, turtle.n); /* without our records */
	for (str line; str_cut(&turtle, '\n', &line);) {
		bool record = str_starts(str_trim(line), STR("dw:record"));
		buf_put(&bare, record ? STR("    .") : line);
		buf_putc(&bare, '\n');
	}
	const struct pack *to = imported(a, buf_str(&bare), &s);
	assert_int_equal(to->n_services, from->n_services);
	for (size_t i = 0; i < from->n_services; i++)
		for (size_t k = 0; k < COUNT(same); k++) {
			const char *id = str_c(a, from->services[i].id);
			const json *is = json_get(card_in(to, id), same[k]);
			if (!json_equal(json_get(card_in(from, id), same[k]), is))
				fail_msg("%s: %s is %.*s", id, same[k], STRF(json_print(a, is)));
			/* Which of them may be missing has no property. */
			const json *asked = json_get(card_in(from, id), "documents");
			for (size_t n = 0; n < asked->count; n++)
				assert_true(str_eq(
				    json_str(json_at(asked, n), "evidence"),
				    json_str(json_at(json_get(card_in(to, id), "documents"), n), "evidence")));
		}
	arena_destroy(a);
}

/* Bytes lost, doubled, changed: whatever comes, it is read or told, and nothing breaks. */
static void a_damaged_file_breaks_nothing(void **state)
{
	(void)state;
	enum { ROUNDS = 400 };
	static const char table[] =
	    "record,id,title.en,words[],fees.0.id,fees.1.amount_minor\r\n"
	    "service,x,\"Say \"\"yes\"\"\",\"one\ntwo\",first,300\r\nsource,own,'=1,,,\r\n";
	static const char *const texts[] = {other_turtle, other_json, table};
	static const char bytes[] = "\"'<>[]{}();:,.\\\n@^_#\xff ";
	arena *a = arena_create(PACK_MAX_BYTES * 16), *kept = arena_create(PACK_MAX_BYTES);
	struct pack_source base = base_of(kept), out;
	rng r = rng_seeded(7);
	size_t read = 0;
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < COUNT(texts); i++) {
			arena_reset(a);
			str whole = str_of(texts[i]);
			size_t at = (size_t)rng_below(&r, whole.n), more = (size_t)rng_below(&r, 3);
			char c = bytes[rng_below(&r, sizeof bytes - 1)];
			str text = str_fmt(a, "%.*s%.*s%.*s", (int)at, whole.p, round % 4 != 0, &c,
			                   STRF(str_sub(whole, at + more, whole.n)));
			struct diags d = diags_make(a, STR("damaged"));
			read += guide_import(a, STR("damaged"), text, &base, &out, &d);
		}
	assert_true(read > 0 && read < ROUNDS * COUNT(texts)); /* some are as good as before */
	arena_destroy(a);
	arena_destroy(kept);
}

/* ---- tables and paper ---- */

/* What somebody typed in a spreadsheet, and what their program makes of a table. */
/* proves: CAT-09 */
static void a_table_is_read_as_it_was_typed(void **state)
{
	(void)state;
	arena *a = arena_create(PACK_MAX_BYTES);
	struct diags d = diags_make(a, STR("guide.csv"));
	const json *rows_read =
	    guide_table_read(a,
	                     STR("\xEF\xBB\xBF"
	                         "record;id;title.en;words[];fees.2.id;fees.10.id;phone;n;yes\r\n"
	                         "service;x;\"Say \"\"yes\"\"; twice\";\"one\ntwo three\";second;third;"
	                         "\"'\"\"+973\"\"\";-5;true\r\n"
	                         ";;;;;;;;\n"
	                         "service;'=y;;[];;only;\"\"\"17\"\"\";;\n"),
	                     &d);
	assert_int_equal(d.errors, 0);
	assert_int_equal(rows_read->count, 2);
	const json *x = json_get(rows_read->first, "record"), *y = json_get(rows_read->last, "record");
	assert_str(
	    json_print(a, x),
	    "{\"id\":\"x\",\"title\":{\"en\":\"Say \\\"yes\\\"; twice\"},"
	    "\"words\":[\"one\",\"two three\"],\"fees\":[{\"id\":\"second\"},{\"id\":\"third\"}],"
	    "\"phone\":\"+973\",\"n\":-5,\"yes\":true}");
	assert_str(json_print(a, y), "{\"id\":\"=y\",\"words\":[],\"fees\":[{\"id\":\"only\"}],"
	                             "\"phone\":\"17\"}");
	assert_int_equal(y->line, 5);
	static const struct {
		const char *table, *rule;
		uint32_t line;
	} wrong[] = {
	    {"record,id\nservice,x\nservice,\"y\n", "guide.import.quote", 4},
	    {"record,id\nservice,\"x\"y\n", "guide.import.quote", 2},
	    {"record,id\nservice,x,z\n", "guide.import.column", 2},
	    {"record,id,id\nservice,x,y\n", "guide.import.column", 2},
	    {"record,id,id.en\nservice,x,y\n", "guide.import.column", 2},
	};
	for (size_t i = 0; i < COUNT(wrong); i++) {
		d = diags_make(a, STR("guide.csv"));
		assert_null(guide_table_read(a, str_of(wrong[i].table), &d));
		assert_str(d.first->rule, wrong[i].rule);
		assert_int_equal(d.first->line, wrong[i].line);
	}
	arena_destroy(a);
}

/* proves: CAT-09 */
static void programs_and_paper_have_the_cards_too(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	struct visitor *v = NEW(p.w->u->a, struct visitor);
	v->w = p.w;
	json_error e;
	visit(v, "/api/guide/openapi.json");
	assert_int_equal(v->status, 200);
	json *api = json_parse(p.w->u->a, v->page, &e);
	assert_str(json_str(api, "openapi"), "3.1.0");
	/* Each address that it names is there. */
	for (const json *path = json_get(api, "paths")->first; path; path = path->next) {
		str at = path->key;
		if (str_ends(at, STR("/{id}")))
			at = str_cat(p.w->u->a, str_sub(at, 0, at.n - 4), STR(SERVICE));
		visit(v, str_c(p.w->u->a, at));
		assert_int_equal(v->status, 200);
	}
	visit(v, "/api/guide.csv");
	assert_shows(v, "\"" SERVICE "\",");
	visit(v, "/en/services/" SERVICE "/pdf");
	assert_int_equal(v->status, 200);
	assert_true(str_starts(v->page, STR("%PDF-")));
	visit(v, "/en/services/nothing/pdf");
	assert_int_equal(v->status, 404);
	/* A body's cards, by the link of its page. */
	visit(v, "/ar/entities/iga");
	assert_shows(v, "href=\"/ar/entities/iga/pdf\"");
	visit(v, "/ar/entities/iga/pdf");
	assert_int_equal(v->status, 200);
	assert_true(str_starts(v->page, STR("%PDF-")));
	visit(v, "/en/entities/nobody/pdf");
	assert_int_equal(v->status, 404);
	/* The guide on paper, whole or of a body. */
	arena *a = arena_create(PACK_MAX_BYTES * 16);
	struct kernel *k = p.w->u->k;
	struct diags d = diags_make(a, (str){0});
	const struct messages *texts = messages_load(a, &d);
	str whole, one;
	assert_int_equal(guide_paper(k, a, texts, STR(BASE), (str){0}, p.w->u->now, &whole), OK);
	assert_int_equal(guide_paper(k, a, texts, STR(BASE), STR("iga"), p.w->u->now, &one), OK);
	assert_true(str_starts(whole, STR("%PDF-")) && str_starts(one, STR("%PDF-")));
	assert_true(one.n > 0 && one.n < whole.n / 2);
	assert_in_range(guide_paper_cards(a), pack_current(k)->n_services, 200);
	assert_int_equal(guide_paper(k, a, texts, STR(BASE), STR("none"), p.w->u->now, &one),
	                 ERR_not_found);
	arena_destroy(a);
	portal_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_export_is_read_into_an_empty_instance),
	    cmocka_unit_test(a_wrong_file_is_told_by_line_and_field),
	    cmocka_unit_test(cards_of_other_programs_are_taken_in),
	    cmocka_unit_test(the_profile_alone_brings_a_card_back),
	    cmocka_unit_test(a_damaged_file_breaks_nothing),
	    cmocka_unit_test(a_table_is_read_as_it_was_typed),
	    cmocka_unit_test(programs_and_paper_have_the_cards_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

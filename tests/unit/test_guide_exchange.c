/* The guide written out and read back: all cards, all fields, or nothing. */
#include "portal_unit.h"

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
	g = refused(a, STR("{\"@graph\":[{\"@id\":\"https://x/id/service/y\","
	                   "\"@type\":[\"cpsv:PublicService\"]}]}"));
	assert_str(g->rule, "guide.import.bare");
	arena_destroy(a);
	portal_stop(&p);
}

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
	    cmocka_unit_test(a_table_is_read_as_it_was_typed),
	    cmocka_unit_test(programs_and_paper_have_the_cards_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The guide written out and read back: all cards, all fields, or nothing. */
#include "portal_unit.h"

#include "systems/guide/exchange.h"
#include "systems/guide/guide.h"

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
	static const char *const formats[] = {"ttl", "jsonld"};
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
		for (size_t k = 0; k < COUNT(formats); k++)
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
	g = refused(a, STR("{\"@graph\":[{\"@id\":\"https://x/id/service/y\","
	                   "\"@type\":[\"cpsv:PublicService\"]}]}"));
	assert_str(g->rule, "guide.import.bare");
	arena_destroy(a);
	portal_stop(&p);
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
	portal_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_export_is_read_into_an_empty_instance),
	    cmocka_unit_test(a_wrong_file_is_told_by_line_and_field),
	    cmocka_unit_test(programs_and_paper_have_the_cards_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every page in both languages, where the reader is; digits and calendars. */
#include "portal_unit.h"

#include "app/systems.h"

#define STATISTICS "880499908"
#define AUDITOR    "760999909"
#define EDITOR     "870699911"
#define PUBLISHER  "730699917"

struct reader {
	enum permission permission;
	struct visitor *v;
};

static struct visitor *reader_for(const struct reader *all, size_t n, enum permission p)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].permission == p)
			return all[i].v;
	return NULL;
}

static bool has_parameter(const struct route *route)
{
	return strchr(route->path, ':') != NULL;
}

/* The page's link to itself in the other language, by its hreflang. */
static str other_of(struct visitor *v, const char *lang)
{
	arena *a = v->w->u->a;
	const char *mark = str_fmt(a, "rel=\"alternate\" lang=\"%s\"", lang).p;
	ptrdiff_t at = str_find(v->page, str_of(mark));
	if (at < 0)
		return (str){0};
	str before = str_sub(v->page, 0, (size_t)at), href = {0};
	for (str rest = before; (at = str_find(rest, STR("href=\""))) >= 0;) {
		rest = str_sub(rest, (size_t)at + 6, rest.n);
		href = str_sub(rest, 0, (size_t)str_chr(rest, '"'));
	}
	return href;
}

static void switches(struct visitor *v, const struct route *route)
{
	arena *a = v->w->u->a;
	str path = str_of(route->path);
	str en = str_fmt(a, "/en%.*s?page=1", STRF(path)),
	    ar = str_fmt(a, "/ar%.*s?page=1", STRF(path));
	visit(v, en.p);
	if (v->status == 303 || str_find(header_of(v->answer, "Content-Type", 0), STR("html")) < 0)
		return; /* leads on, or is a file */
	/* 422: something must be chosen first; 404: a trial's own page. Both are pages. */
	int status = v->status;
	if (status != 200 && status != 422 && status != 404)
		fail_msg("%s: %d", en.p, status);
	if (!str_eq(other_of(v, "ar"), ar))
		fail_msg("%s leads to %.*s", en.p, STRF(other_of(v, "ar")));
	visit(v, ar.p);
	if (v->status != status || !shows(v, "<html lang=\"ar\" dir=\"rtl\"") ||
	    !str_eq(other_of(v, "en"), en))
		fail_msg("%s: %d, leads to %.*s", ar.p, v->status, STRF(other_of(v, "en")));
}

static void digits_are_a_choice(struct visitor *v)
{
	visit(v, "/ar/profile");
	assert_shows(v, "15 يناير 1985");
	assert_shows(v, "هـ"); /* and in the other calendar */
	assert_shows(v, "digits=arab");
	visit(v, "/ar/profile?digits=arab");
	assert_shows(v, "١٥ يناير ١٩٨٥");
	assert_shows(v, "digits=latn");
	assert_true(str_find(v->answer, STR("Set-Cookie: digits=arab;")) >= 0);
	v->flash = STR("digits=arab"); /* sent along from now on */
	visit(v, "/ar/profile");
	assert_shows(v, "١٥ يناير ١٩٨٥");
	assert_shows(v, CITIZEN); /* identifiers keep their digits */
	visit(v, "/en/profile");
	assert_shows(v, "15 January 1985");
	assert_shows(v, "AH");
	v->flash = (str){0};
}

/* proves: POR-01 */
static void every_page_in_both_languages(void **state)
{
	const struct organ *organs[APP_ORGANS_MAX];
	size_t n = app_organs(organs), pages = 0;
	struct portal p = portal_over(organs + 1, n - 1, app_systems, app_systems_count);
	struct visitor *nobody = NEW(p.w->u->a, struct visitor);
	(void)state;
	nobody->w = p.w;
	site_grant(p.w, site_person(p.w, STATISTICS, "Statistician"), "statistics_officer", "*");
	site_grant(p.w, site_person(p.w, AUDITOR, "Auditor"), "auditor", "*");
	site_grant(p.w, site_person(p.w, EDITOR, "Editor"), "content_authority", "*");
	site_grant(p.w, site_person(p.w, PUBLISHER, "Publisher"), "policy_publisher", "*");
	const struct reader readers[] = {
	    {PERM_public, nobody},
	    {PERM_signed_in, signed_in(p.w, CITIZEN)},
	    {PERM_case_read, signed_in(p.w, OFFICER)},
	    {PERM_case_work, signed_in(p.w, OFFICER)},
	    {PERM_entity_admin, signed_in(p.w, ADMIN)},
	    {PERM_stats_records, signed_in(p.w, STATISTICS)},
	    {PERM_audit_read, signed_in(p.w, AUDITOR)},
	    {PERM_operator_run, signed_in(p.w, OPERATOR)},
	    {PERM_editor_edit, signed_in(p.w, EDITOR)},
	    {PERM_editor_publish, signed_in(p.w, EDITOR)},
	    {PERM_policy_write, signed_in(p.w, PUBLISHER)},
	    {PERM_policy_publish, signed_in(p.w, PUBLISHER)},
	};
	for (size_t s = 0; s < app_systems_count; s++)
		for (size_t i = 0; i < app_systems[s]->n_routes; i++) {
			const struct route *route = &app_systems[s]->routes[i];
			struct visitor *v = reader_for(readers, COUNT(readers), route->permission);
			if (route->kind != ROUTE_PAGE || has_parameter(route) || !v ||
			    str_starts(str_of(route->path), STR("/api/")))
				continue;
			switches(v, route);
			pages++;
		}
	assert_true(pages > 25);
	print_message("# %zu pages switched and back\n", pages);
	digits_are_a_choice(reader_for(readers, COUNT(readers), PERM_signed_in));
	site_stop(p.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_page_in_both_languages)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

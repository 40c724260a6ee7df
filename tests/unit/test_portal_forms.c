/* Every form of the pack, page by page, in both languages: shown, and sent empty. */
#include "portal_unit.h"

static void page_of_form(struct visitor *v, const char *lang, str name, str page)
{
	arena *a = v->w->u->a;
	const char *path =
	    str_fmt(a, "/%s/applications/%.*s/form/%.*s", lang, STRF(name), STRF(page)).p;
	visit(v, path);
	if (v->status == 303)
		return; /* a rule hides it so far */
	if (v->status != 200 || shows(v, "[form.") || shows(v, "[portal."))
		fail_msg("%s: %d\n%.*s", path, v->status, STRF(v->page));
	submit(v, path, "");
	if (v->status != 422 && v->status != 303)
		fail_msg("%s sent empty: %d\n%.*s", path, v->status, STRF(v->answer));
	if (v->status == 422 && !shows(v, "govuk-error-summary"))
		fail_msg("%s sent empty says nothing", path);
}

static int form_of(struct portal *p, struct visitor *v, const struct service *s)
{
	arena *a = p->w->u->a;
	const char *start = str_fmt(a, "/en/services/%.*s/apply", STRF(s->id)).p;
	visit(v, start);
	if (v->status != 200)
		fail_msg("%s: %d", start, v->status);
	submit(v, start, "");
	if (v->status == 422)
		return 0; /* the citizen is not eligible, and was told so */
	if (v->status != 303)
		fail_msg("%s: %d\n%.*s", start, v->status, STRF(v->answer));
	str name = portal_case(v);
	for (size_t i = 0; i < form_pages(s->form); i++) {
		page_of_form(v, "en", name, form_page_id(s->form, i));
		page_of_form(v, "ar", name, form_page_id(s->form, i));
	}
	visit(v, str_fmt(a, "/ar/applications/%.*s", STRF(name)).p);
	assert_int_equal(v->status, 200);
	return 1;
}

static void every_form_is_shown_and_sent_empty(void **state)
{
	struct portal p = portal_start();
	struct visitor *v = signed_in(p.w, CITIZEN);
	const struct pack *pack = pack_current(p.w->u->k);
	int begun = 0, forms = 0;
	(void)state;
	for (size_t i = 0; i < pack->n_services; i++)
		if (pack->services[i].form && pack->services[i].process) {
			forms++;
			begun += form_of(&p, v, &pack->services[i]);
		}
	print_message("# %d forms, %d of them open to the citizen\n", forms, begun);
	assert_true(forms > 0 && begun * 2 > forms);
	site_stop(p.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_form_is_shown_and_sent_empty)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

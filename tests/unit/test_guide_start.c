/* From a card to the form, the appointment and the nearest centre. */
#include "portal_unit.h"

#include "systems/guide/guide.h"

static const struct system *const guide[] = {&guide_system};

static struct visitor *anyone(struct portal *p)
{
	struct visitor *v = NEW(p->w->u->a, struct visitor);
	v->w = p->w;
	return v;
}

/* What the card of a service says of signing in. */
static const char *login_told(const struct service *s)
{
	str login = json_str(s->definition, "login");
	return str_eq(login, STR("advanced")) ? "Sign in with a second factor"
	       : str_eq(login, STR("none"))   ? "No sign-in needed"
	                                      : "Sign in with your personal number";
}

/* The button of the card as it stands, pressed: to the form of this very service. */
static void starts(struct portal *p, struct visitor *v, const struct service *s)
{
	arena *a = p->w->u->a;
	visit(v, str_fmt(a, "/en/services/%.*s", STRF(s->id)).p);
	assert_int_equal(v->status, 200);
	assert_shows(v, str_fmt(a, "Before you start:</strong> %s", login_told(s)).p);
	const char *start = str_fmt(a, "/en/services/%.*s/apply", STRF(s->id)).p;
	assert_shows(v, str_fmt(a, "href=\"%s\"", start).p);
	visit(v, start);
	assert_int_equal(v->status, 200);
	assert_reads(v, str_c(a, json_text(json_path(s->card, "title.en"))));
	if (!shows(v, "name=\"csrf\"") || str_find(v->page, STR("/apply\">")) < 0)
		return; /* not for this person: the page says why */
	submit(v, start, "");
	if (v->status != 303)
		return;
	str name = portal_case(v);
	follow(v);
	const char *page = str_c(a, v->location);
	if (s->form && page[0])
		follow(v);
	struct kase q = portal_kase(p, name);
	assert_true(str_eq(q.service, s->id));
	ptrdiff_t first =
	    form_page_find(s->form, between(str_cat(a, str_of(page), STR("|")), "/form/", "|"));
	assert_true(first >= 0);
	assert_int_equal(v->status, 200);
}

/* proves: CAT-08 */
static void start_opens_the_form_of_each_service(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	const struct pack *pack = pack_current(p.w->u->k);
	struct visitor *v = signed_in(p.w, CITIZEN);
	int64_t drafts = 0, forms = 0;
	for (size_t i = 0; i < pack->n_services; i++)
		if (pack->services[i].definition) {
			starts(&p, v, &pack->services[i]);
			forms++;
		}
	struct kase q[64];
	dbc *c = db_reader(p.w->u->k->db);
	drafts = (int64_t)cases_of(c, p.w->u->a, p.citizen, q, COUNT(q));
	db_reader_return(c);
	assert_true(forms >= 12);
	assert_true(drafts >= forms / 2); /* others are not for this person */
	/* Signed out the card says the same, and leads there by way of signing in. */
	struct visitor *out = anyone(&p);
	visit(out, "/en/services/" SERVICE);
	assert_shows(out, "Before you start:</strong> Sign in with your personal number");
	assert_shows(out, "Sign in and start");
	visit(out, "/en/services/" SERVICE "/apply");
	assert_int_equal(out->status, 303);
	assert_true(str_find(out->location, STR("next=")) >= 0);
	visit(out, "/ar/services/" SERVICE);
	assert_shows(out, "قبل أن تبدأ:</strong> يتطلب تسجيل الدخول بالرقم الشخصي");
	portal_stop(&p);
}

static ptrdiff_t at(struct visitor *v, const char *words)
{
	ptrdiff_t i = str_find(v->page, str_of(words));
	if (i < 0)
		fail_msg("no %s", words);
	return i;
}

/* proves: CAT-08 */
static void the_nearest_centre_comes_first(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	struct visitor *v = anyone(&p);
	visit(v, "/en/services/idcard-renew");
	assert_shows(v, "Find the nearest centre");
	assert_shows(v, "Muharraq Governorate");
	visit(v, "/en/services/idcard-renew/centres?area=muharraq-governorate");
	assert_true(at(v, "Muharraq service centre") < at(v, "Isa Town service centre"));
	assert_true(at(v, "Isa Town service centre") < at(v, "Fast-track lounge"));
	assert_true(at(v, "Muharraq service centre") < at(v, ">Nearest<"));
	assert_true(at(v, ">Nearest<") < at(v, "Isa Town service centre"));
	visit(v, "/en/services/idcard-renew/centres?area=southern-governorate");
	assert_true(at(v, "Isa Town service centre") < at(v, "Muharraq service centre"));
	/* No centre of its own: the nearest of the neighbours. */
	visit(v, "/en/services/idcard-renew/centres?area=capital-governorate");
	assert_true(at(v, "Muharraq service centre") < at(v, "Isa Town service centre"));
	visit(v, "/ar/services/idcard-renew/centres?area=southern-governorate");
	assert_shows(v, "الأقرب");
	/* The appointment is booked in the form, at the page that asks the day. */
	assert_shows(v, "/ar/services/idcard-renew/apply");
	const struct service *s = pack_service(pack_current(p.w->u->k), STR("idcard-renew"));
	assert_str(form_page_id(s->form, (size_t)form_page_of(s->form, STR("day"))), "appointment");
	assert_int_equal(form_page_of(s->form, STR("nothing")), -1);
	portal_stop(&p);
}

/* proves: CAT-08 */
static void the_appointment_is_booked_from_the_card(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	arena *a = p.w->u->a;
	struct visitor *out = anyone(&p), *v = signed_in(p.w, CITIZEN);
	/* Who has begun nothing begins; who has not signed in signs in first. */
	visit(out, "/en/services/idcard-renew");
	assert_shows(out, "href=\"/en/services/idcard-renew/apply\">Book an appointment");
	assert_int_equal(
	    portal_act(&p, (struct portal_act){.by = p.citizen, .decide = portal_ending_decide}), OK);
	visit(v, "/en/services/idcard-renew/apply");
	submit(v, "/en/services/idcard-renew/apply", "");
	assert_int_equal(v->status, 303);
	str draft = str_dup(a, portal_case(v));
	/* From then on the card leads to the page of the form that asks day and time. */
	const char *page = str_fmt(a, "/en/applications/%.*s/form/appointment", STRF(draft)).p;
	visit(v, "/en/services/idcard-renew");
	assert_shows(v, str_fmt(a, "href=\"%s\"", page).p);
	visit(v, page);
	assert_int_equal(v->status, 200);
	assert_shows(v, "name=\"slot\"");
	portal_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(start_opens_the_form_of_each_service),
	    cmocka_unit_test(the_appointment_is_booked_from_the_card),
	    cmocka_unit_test(the_nearest_centre_comes_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Cards that change: their former addresses, figures over them, documents they share, the
 * time they promise beside the time it takes. */
#include "portal_unit.h"

#include "systems/guide/guide.h"

static const struct system *const guide[] = {&guide_system};

static struct visitor *anyone(struct portal *p)
{
	struct visitor *v = NEW(p->w->u->a, struct visitor);
	v->w = p->w;
	return v;
}

/* The pack as it stands, with one file's text changed by `edit`, or moved to another
 * folder, is the one in force from now on. */
static void pack_edited(struct portal *p, const char *path, const char *to, const char *old,
                        const char *with)
{
	arena *a = p->w->u->a;
	struct portal_pack q;
	struct diags d = diags_make(a, (str){0});
	str why = {0};
	bool found = false;
	assert_int_equal(pack_read_folder(a, "packs/bahrain", &q.source, &d), OK);
	portal_document(p->w->u, &q.source);
	for (size_t i = 0; i < q.source.n; i++) {
		struct pack_source_file *f = &q.source.files[i];
		if (!str_eq(f->path, str_of(path)))
			continue;
		ptrdiff_t at = str_find(f->bytes, str_of(old));
		assert_true(at > 0);
		f->bytes = str_fmt(a, "%.*s%s%.*s", (int)at, f->bytes.p, with,
		                   STRF(str_sub(f->bytes, (size_t)at + strlen(old), f->bytes.n)));
		f->path = str_of(to);
		found = true;
	}
	assert_true(found);
	q.pack = pack_check(a, &q.source, &d);
	if (!q.pack)
		fail_msg("%.*s", STRF(diags_print(a, &d)));
	assert_int_equal(unit_run(p->w->u, portal_pack_decide, &q), OK);
	assert_int_equal(pack_refresh(p->w->u->k, &why), OK);
}

static void leads(struct visitor *v, const char *from, const char *to)
{
	visit(v, from);
	assert_int_equal(v->status, 303);
	assert_true(str_ends(v->location, str_of(to)));
}

/* proves: CAT-13 */
static void an_address_survives_a_new_name(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	struct visitor *v = anyone(&p);
	json_error e;
	leads(v, "/en/id/service/job-seeker", "/en/services/job-seeker");
	visit(v, "/api/services/job-seeker");
	const json *card = json_parse(p.w->u->a, v->page, &e);
	assert_true(str_ends(json_str(card, "uri"), STR("/id/service/job-seeker")));

	/* The widget: another site may frame it, and it alone. */
	visit(v, "/ar/embed/services/job-seeker");
	assert_shows(v, "dir=\"rtl\"");
	assert_shows(v, "href=\"/ar/services/job-seeker\" target=\"_top\"");
	assert_true(str_find(v->answer, STR("frame-ancestors *")) > 0);
	visit(v, "/en/services/job-seeker");
	assert_true(str_find(v->answer, STR("frame-ancestors 'none'")) > 0);
	assert_shows(v, "/en/embed/services/job-seeker"); /* the line to copy */

	/* A new name: each of the old addresses leads to the new one. */
	pack_edited(&p, "services/job-seeker/card.json", "services/work-seeker/card.json",
	            "\"id\": \"job-seeker\",",
	            "\"id\": \"work-seeker\", \"formerly\": [\"job-seeker\"],");
	leads(v, "/en/id/service/job-seeker", "/en/services/work-seeker");
	leads(v, "/ar/services/job-seeker", "/ar/services/work-seeker");
	leads(v, "/en/embed/services/job-seeker", "/en/embed/services/work-seeker");
	leads(v, "/api/services/job-seeker", "/api/services/work-seeker");
	follow(v);
	card = json_parse(p.w->u->a, v->page, &e);
	assert_true(str_eq(json_str(card, "id"), STR("work-seeker")));
	visit(v, "/en/services/never-was");
	assert_int_equal(v->status, 404);
	portal_stop(&p);
}

/* The cell of a table's row, counted from 0, as the page shows it. */
static str cell(struct visitor *v, const char *row, int no)
{
	str rest = str_sub(v->page, (size_t)str_find(v->page, str_of(row)), v->page.n), part = {0};
	for (int i = 0; i <= no; i++) {
		ptrdiff_t at = str_find(rest, STR("<td"));
		assert_true(at > 0);
		rest = str_sub(rest, (size_t)at + 3, rest.n);
	}
	str_cut(&rest, '>', &part);
	str_cut(&rest, '<', &part);
	if (!part.n) { /* within <bdi> */
		str_cut(&rest, '>', &part);
		str_cut(&rest, '<', &part);
	}
	return part;
}

/* proves: CAT-14 */
static void the_rate_is_e_services_of_eligible_ones(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	struct visitor *v = anyone(&p);
	arena *a = p.w->u->a;
	const struct pack *k = pack_current(p.w->u->k);
	int64_t all = 0, eligible = 0, online = 0, iga = 0;
	for (size_t i = 0; i < k->n_services; i++) {
		const json *card = k->services[i].card;
		bool may_be = !json_get(card, "presence_required");
		all++;
		eligible += may_be;
		online += may_be && str_eq(json_str(card, "digital_stage"), STR("transaction"));
		iga += str_eq(json_str(card, "provider"), STR("iga"));
	}
	assert_true(online < eligible && eligible < all); /* else the test shows nothing */
	visit(v, "/en/guide/figures");
	assert_shows(v, "E-services divided by eligible services");
	int64_t tenths = (online * 2000 + eligible) / (2 * eligible);
	assert_reads(v, str_c(a, str_fmt(a, "Digitalisation rate: %lld.%lld%%",
	                                 (long long)(tenths / 10), (long long)(tenths % 10))));
	assert_reads(v,
	             str_c(a, str_fmt(a, "Services: %lld · Eligible services: %lld · E-services: %lld",
	                              (long long)all, (long long)eligible, (long long)online)));
	int64_t shown;
	assert_true(str_i64(cell(v, ">Information &amp; eGovernment Authority<", 0), &shown));
	assert_int_equal(shown, iga);
	assert_true(str_i64(cell(v, "Information only", 2), &shown));
	assert_int_equal(shown, 0);
	visit(v, "/ar/guide/figures");
	assert_shows(v, "نسبة التحول الرقمي");

	/* The service that asked a person to come asks no more: one more is eligible. */
	pack_edited(&p, "services/premarital-examination/card.json",
	            "services/premarital-examination/card.json", "\"version\": 2", "\"version\": 3");
	visit(v, "/en/guide/figures");
	assert_reads(v, str_c(a, str_fmt(a, "Eligible services: %lld", (long long)eligible)));
	portal_stop(&p);
}

/* proves: CAT-03 */
static void a_document_that_government_holds_is_not_asked_for(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	struct visitor *v = anyone(&p);
	const struct pack *k = pack_current(p.w->u->k);
	size_t users = 0;
	for (size_t i = 0; i < k->n_services; i++) {
		const json *list = json_get(k->services[i].card, "documents");
		for (const json *d = list->first; d; d = d->next)
			users += str_eq(json_str(d, "evidence"), STR("commercial-registration"));
	}
	assert_true(users > 1); /* one description, several cards */
	visit(v, "/en/services/shop-licence");
	str at = between(v->page, "href=\"/en/services/cr-register\">", "</li>");
	assert_true(str_find(at, STR("Ministry of Industry")) > 0); /* who issues it */
	assert_true(str_find(at, STR("not needed from you: government holds it")) > 0);
	visit(v, "/ar/services/shop-licence");
	at = between(v->page, "href=\"/ar/services/cr-register\">", "</li>");
	assert_true(str_find(at, STR("غير مطلوب منك")) > 0);
	visit(v, "/en/services/" SERVICE); /* a photograph nobody holds */
	at = between(v->page, ">Recent photograph", "</li>");
	assert_true(str_find(at, STR("not needed from you")) < 0);
	portal_stop(&p);
}

/* proves: CAT-04 */
static void the_promised_time_stands_beside_the_usual(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	arena *a = p.w->u->a;
	const struct calendar *c = pack_current(p.w->u->k)->calendar;
	static const int minutes[] = {10, 400, 261, 30, 430}; /* the median is 261 of 435 a day */
	for (size_t i = 0; i < COUNT(minutes); i++) {
		/* The next working day, an hour after the offices open. */
		p.w->u->now = calendar_add_time(c, calendar_add_days(c, p.w->u->now, 1), HOUR);
		struct visitor *v = signed_in(p.w, CITIZEN);
		str name = portal_begin(v);
		portal_fill(v, name);
		const char *check = str_c(a, str_fmt(a, "/en/applications/%.*s/check", STRF(name)));
		visit(v, check);
		submit(v, check, "declare=true");
		struct kase q = portal_kase(&p, name);
		/* The case's own clock is the card's promise. */
		assert_int_equal(q.due, calendar_add_days(c, q.submitted, 3));
		portal_pay(&p, q.id);
		visit(v, "/en/services/" SERVICE);
		assert_reads(v, "3 working days");
		assert_false(shows(v, "(last 90 days)")); /* too few yet */
		p.w->u->now = calendar_add_time(c, q.submitted, minutes[i] * MINUTE);
		portal_decide(&p, q.id, "reject", "because of the rule");
	}
	struct visitor *nobody = anyone(&p);
	p.w->u->now += MINUTE; /* past what the server keeps of the page */
	visit(nobody, "/en/services/" SERVICE);
	assert_reads(nobody, "3 working daysUsual: 0.6 working days (last 90 days)");
	visit(nobody, "/ar/services/" SERVICE);
	assert_reads(nobody, "المعتاد: 0.6 يوم عمل (آخر 90 يومًا)");
	p.w->u->now += 91 * DAY;
	visit(nobody, "/en/services/" SERVICE);
	assert_false(shows(nobody, "(last 90 days)"));
	portal_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_address_survives_a_new_name),
	    cmocka_unit_test(the_rate_is_e_services_of_eligible_ones),
	    cmocka_unit_test(a_document_that_government_holds_is_not_asked_for),
	    cmocka_unit_test(the_promised_time_stands_beside_the_usual),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

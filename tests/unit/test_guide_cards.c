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
	if (strstr(path, "birth-certificate")) /* executable: its number is in service.json */
		assert_true(source_renumber(a, &q.source, STR("birth-certificate"), 99));
	q.pack = pack_check(a, &q.source, &d);
	if (!q.pack)
		fail_msg("%.*s", STRF(diags_print(a, &d)));
	assert_int_equal(unit_run(p->w->u, portal_pack_decide, &q), OK);
	assert_int_equal(pack_refresh(p->w->u->k, &why), OK);
}

/* The pack with one more file, or another text of one. */
static void pack_with(struct portal *p, const char *path, str bytes)
{
	arena *a = p->w->u->a;
	struct portal_pack q;
	struct diags d = diags_make(a, (str){0});
	str why = {0};
	assert_int_equal(pack_read_folder(a, "packs/bahrain", &q.source, &d), OK);
	portal_document(p->w->u, &q.source);
	source_put(a, &q.source, str_of(path), bytes);
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

struct tally_of {
	const char *label;
	int64_t all, eligible, online;
};

/* A row of the tables: how many, how many of them eligible, e-services, and their share. */
static void row_is(struct visitor *v, const struct tally_of *t)
{
	const int64_t counted[] = {t->all, t->eligible, t->online};
	arena *a = v->w->u->a;
	const char *label = str_c(a, str_fmt(a, ">%s<", t->label));
	for (int i = 0; i < 3; i++) {
		int64_t shown;
		if (!str_i64(cell(v, label, i), &shown) || shown != counted[i])
			fail_msg("%s, column %d: %lld, not %lld", t->label, i, (long long)shown,
			         (long long)counted[i]);
	}
	int64_t tenths = t->eligible ? (t->online * 2000 + t->eligible) / (2 * t->eligible) : 0;
	str rate = t->eligible
	               ? str_fmt(a, "%lld.%lld%%", (long long)(tenths / 10), (long long)(tenths % 10))
	               : STR("–");
	assert_str(cell(v, label, 3), str_c(a, rate));
}

static void counted(struct tally_of *t, const json *card)
{
	bool may_be = !json_get(card, "presence_required");
	t->all++;
	t->eligible += may_be;
	t->online += may_be && str_eq(json_str(card, "digital_stage"), STR("transaction"));
}

/* The same figures by digital stage, by whom services are for, and by body. */
static void figures_by(struct portal *p, struct visitor *v)
{
	const struct pack *k = pack_current(p->w->u->k);
	struct tally_of rows_of[] = {{.label = "Done online from beginning to end"},
	                             {.label = "Information only"},
	                             {.label = "Domestic workers"},
	                             {.label = "Information &amp; eGovernment Authority"}};
	for (size_t i = 0; i < k->n_services; i++) {
		const json *card = k->services[i].card;
		str stage = json_str(card, "digital_stage");
		if (str_eq(stage, STR("transaction")))
			counted(&rows_of[0], card);
		if (str_eq(stage, STR("information")))
			counted(&rows_of[1], card);
		for (const json *who = json_get(card, "audiences")->first; who; who = who->next)
			if (str_eq(json_text(who), STR("domestic-worker")))
				counted(&rows_of[2], card);
		if (str_eq(json_str(card, "provider"), STR("iga")))
			counted(&rows_of[3], card);
	}
	for (size_t i = 0; i < COUNT(rows_of); i++) {
		assert_true(rows_of[i].all > 0);
		row_is(v, &rows_of[i]);
	}
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
	figures_by(&p, v);
	visit(v, "/ar/guide/figures");
	assert_shows(v, "نسبة التحول الرقمي");

	/* The service that asked a person to come asks no more: one more is eligible. */
	pack_edited(&p, "services/premarital-examination/card.json",
	            "services/premarital-examination/card.json", "\"version\": 2", "\"version\": 3");
	visit(v, "/en/guide/figures");
	assert_reads(v, str_c(a, str_fmt(a, "Eligible services: %lld", (long long)eligible)));
	portal_stop(&p);
}

struct drafting {
	struct portal *p;
	struct kase q;
};

static err draft_decide(struct tx *tx, void *ctx)
{
	struct drafting *d = ctx;
	const struct service *s = pack_service(pack_current(tx->k), STR("birth-certificate"));
	json *answers =
	    json_parse(tx->a,
	               STR("{\"child_en\":\"Sara Ahmed\",\"child_ar\":\"سارة أحمد\",\"sex\":\"F\","
	                   "\"born\":\"2025-11-01\",\"place\":\"government-hospital\","
	                   "\"notification\":\"SMC/2025/1187\",\"father_number\":\"820799906\","
	                   "\"mother_number\":\"850199901\",\"copies\":2,\"declaration\":true}"),
	               NULL);
	tx->actor = (struct actor){.person = d->p->citizen, .channel = STR("web")};
	err e = draft_open(tx, s, d->p->citizen, &d->q);
	return e ? e : draft_save(tx, d->q.id, answers, NULL);
}

/* What the page says of one certificate, and the checkout of two, at this instant. */
static void costs(struct portal *p, const char *one, const char *two, int64_t minor)
{
	arena *a = p->w->u->a;
	struct drafting d = {.p = p};
	struct visitor *v = anyone(p), *citizen = signed_in(p->w, CITIZEN);
	visit(v, "/en/services/birth-certificate");
	assert_shows(v, one);
	assert_int_equal(unit_run(p->w->u, draft_decide, &d), OK);
	const char *check = str_c(a, str_fmt(a, "/en/applications/%lld/check", (long long)d.q.id));
	visit(citizen, check);
	assert_shows(citizen, two);
	submit(citizen, check, "");
	assert_int_equal(citizen->status, 303);
	dbc *c = db_reader(p->w->u->k->db);
	assert_true(case_get(c, a, d.q.id, &d.q));
	db_reader_return(c);
	assert_int_equal(d.q.fee.minor, minor);
}

/* proves: CAT-02 */
static void a_fee_changes_on_its_day_on_page_and_at_checkout(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	int64_t new_year = days_from_civil(2026, 1, 1) * DAY - 3 * HOUR; /* midnight in Bahrain */
	pack_edited(
	    &p, "services/birth-certificate/card.json", "services/birth-certificate/card.json",
	    "\"amount_minor\": 1000,\n      \"currency\": \"BHD\",\n"
	    "      \"unit\": \"application\",\n      \"valid_from\": \"2019-01-01\"",
	    "\"amount_minor\": 5000, \"currency\": \"BHD\", \"unit\": \"copy\","
	    "\"condition\": {\"en\": \"For each copy that is asked for\", \"ar\": \"عن كل نسخة تُطلب\"},"
	    "\"legal\": \"law-46-2006\", \"valid_from\": \"2019-01-01\","
	    "\"valid_to\": \"2025-12-31\"},"
	    "{\"id\": \"certificate\", \"label\": {\"en\": \"Certificate\", \"ar\": \"شهادة\"},"
	    "\"amount_minor\": 6000, \"currency\": \"BHD\", \"unit\": \"application\","
	    "\"valid_from\": \"2026-01-01\", \"valid_to\": \"2026-06-30\"},"
	    /* what the pack's own scenarios pay, later that year */
	    "{\"id\": \"certificate\", \"label\": {\"en\": \"Certificate\", \"ar\": \"شهادة\"},"
	    "\"amount_minor\": 1000, \"currency\": \"BHD\", \"unit\": \"application\","
	    "\"valid_from\": \"2026-07-01\"");
	costs(&p, "BHD 5.000", "BHD 10.000", 10000);
	/* An item: what it is for, in which case, by which law, for how many. */
	struct visitor *reader = anyone(&p);
	visit(reader, "/en/services/birth-certificate");
	str item = between(reader->page, "BHD 5.000", "</td>");
	assert_true(str_find(item, STR("per copy")) >= 0);
	ptrdiff_t at = str_find(reader->page, STR("BHD 5.000"));
	item = str_sub(reader->page, (size_t)at - 600, (size_t)at);
	assert_true(str_find(item, STR("For each copy that is asked for")) > 0);
	assert_true(str_find(item, STR("Law 46 of 2006")) > 0);
	p.w->u->now = new_year - MINUTE;
	costs(&p, "BHD 5.000", "BHD 10.000", 10000);
	p.w->u->now = new_year;
	costs(&p, "BHD 6.000", "BHD 12.000", 12000);
	/* An amount that is set case by case is not free of charge. */
	struct visitor *v = anyone(&p);
	visit(v, "/en/services/notary-issue");
	assert_shows(v, "Set case by case");
	assert_false(shows(v, "Free of charge"));
	/* "How the fee is worked out" asks how many, not how much. */
	visit(v, "/en/services/birth-certificate/fee?try=1&in0=3");
	assert_shows(v, "18.000");
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

/* Every text of a card, in the language of the page; how many there are. */
static int texts_shown(struct visitor *v, const json *card, const char *lang)
{
	int n = 0;
	if (json_is(card, JSON_OBJECT) && json_is(json_get(card, lang), JSON_STRING)) {
		assert_shows(v, str_c(v->w->u->a, json_str(card, lang)));
		return 1;
	}
	bool inside = json_is(card, JSON_OBJECT) || json_is(card, JSON_ARRAY);
	for (const json *i = inside ? card->first : NULL; i; i = i->next)
		if (!str_eq(i->key, STR("keywords")) && !str_eq(i->key, STR("output")))
			n += texts_shown(v, i, lang);
	return n;
}

static const char full_card[] =
    "{\"id\":\"everything\",\"version\":1,\"valid_from\":\"2024-01-01\","
    "\"reviewed\":\"2025-11-01\",\"title\":{\"en\":\"Title E\",\"ar\":\"عنوان\"},"
    "\"summary\":{\"en\":\"Summary E\",\"ar\":\"ملخص\"},"
    "\"description\":{\"en\":\"Description E\",\"ar\":\"وصف\"},\"provider\":\"iga\","
    "\"partners\":[\"moh\"],\"audiences\":[\"citizen\"],\"life_events\":[\"identity\"],"
    "\"beneficiaries\":[{\"en\":\"Beneficiary E\",\"ar\":\"مستفيد\"}],"
    "\"conditions\":[{\"en\":\"Condition E\",\"ar\":\"شرط أول\"}],"
    "\"documents\":[{\"evidence\":\"photograph\",\"required\":true,"
    "\"when\":{\"en\":\"When E\",\"ar\":\"عند الحاجة\"}}],"
    "\"fees\":[{\"id\":\"copy\",\"label\":{\"en\":\"Each further copy E\",\"ar\":\"كل نسخة "
    "إضافية\"},"
    "\"amount_minor\":3000,\"currency\":\"BHD\",\"unit\":\"application\","
    "\"condition\":{\"en\":\"Fee condition E\",\"ar\":\"شرط "
    "الرسم\"},\"valid_from\":\"2019-01-01\"}],"
    "\"payment_methods\":[\"debit-card\"],\"process_time\":{\"value\":10,\"unit\":\"minutes\"},"
    "\"channels\":[\"portal\"],\"centres\":[\"isa-town\"],"
    "\"steps\":[{\"en\":\"Step one E\",\"ar\":\"خطوة أولى\"},{\"en\":\"Step two E\",\"ar\":\"خطوة "
    "ثانية\"}],"
    "\"output\":{\"en\":\"Output\",\"ar\":\"ناتج\"},\"legal\":[\"law-46-2006\"],"
    "\"keywords\":{\"en\":[\"k\"],\"ar\":[\"ك\"]},\"digital_stage\":\"information\","
    "\"questions\":[{\"question\":{\"en\":\"Question E\",\"ar\":\"سؤال شائع\"},"
    "\"answer\":{\"en\":\"Answer E\",\"ar\":\"جواب السؤال\"}}],"
    "\"terms\":{\"en\":\"Terms E\",\"ar\":\"أحكام الخدمة\"},"
    "\"presence_required\":{\"en\":\"Presence E\",\"ar\":\"سبب الحضور\"},"
    "\"login\":\"none\",\"sources\":[],\"proposed\":[]}";

/* proves: CAT-01 CAT-11 */
static void a_new_card_is_complete_in_both_languages(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	struct visitor *v = anyone(&p);
	arena *a = p.w->u->a;
	static const char path[] = "services/everything/card.json";
	json *card = json_parse(a, str_of(full_card), NULL);
	pack_with(&p, path, str_of(full_card));
	static const char *const named[LANG_COUNT][8] = {
	    [LANG_EN] = {"Information &amp; eGovernment Authority", "Ministry of Health", "10 minutes",
	                 "BHD 3.000", "Law 46 of 2006", "BENEFIT debit card", "Isa Town",
	                 "Was this page useful"},
	    [LANG_AR] = {"هيئة المعلومات والحكومة الإلكترونية", "وزارة الصحة", "10 دقائق", "3.000",
	                 "القانون رقم (46) لسنة 2006", "الصراف", "مدينة عيسى",
	                 "هل كانت هذه الصفحة مفيدة"},
	};
	for (int l = 0; l < LANG_COUNT; l++) {
		const char *code = lang_code((enum lang)l);
		visit(v, str_c(a, str_fmt(a, "/%s/services/everything", code)));
		assert_int_equal(texts_shown(v, card, code), 14);
		for (size_t i = 0; i < COUNT(named[l]); i++)
			assert_shows(v, named[l][i]);
	}
	struct visitor *editor = signed_in(p.w, ADMIN);
	visit(editor, "/en/guide/quality"); /* nothing is missing: it is not listed */
	assert_false(shows(editor, "/en/services/everything"));
	/* A poor one is published too, but its editor is told what it lacks. */
	static const char *const lacking[] = {"conditions", "documents", "legal", "life_events"};
	for (size_t i = 0; i < COUNT(lacking); i++)
		json_set(a, card, lacking[i], json_array(a));
	json_set_int(a, card, "version", 2);
	pack_with(&p, path, json_print(a, card));
	visit(editor, "/en/guide/quality");
	str row = between(editor->page, "href=\"/en/services/everything\"", "</tr>");
	assert_true(str_find(row, STR(">60<")) > 0); /* four of ten things are missing */
	static const char *const told[] = {"Conditions", "Documents needed", "Legal basis",
	                                   "Life event"};
	for (size_t i = 0; i < COUNT(told); i++)
		if (str_find(row, str_of(told[i])) < 0)
			fail_msg("the list lacks %s: %.*s", told[i], STRF(row));
	portal_stop(&p);
}

/* The tables that bodies decide by stand in the guide, in both languages, to be tried. */
static void rules_of_the_country_are_shown(void **state)
{
	(void)state;
	struct portal p = portal_start_with(guide, 1);
	struct visitor *v = anyone(&p);
	arena *a = p.w->u->a;
	static const char *const ids[] = {"notary-fee",     "building-fee", "building-service",
	                                  "ict-delegation", "centre-score", "idcard-fee"};
	visit(v, "/en/rules");
	for (size_t i = 0; i < COUNT(ids); i++)
		assert_shows(v, str_c(a, str_fmt(a, "/en/rules/%s\"", ids[i])));
	for (size_t i = 0; i < COUNT(ids); i++)
		for (int l = 0; l < LANG_COUNT; l++) {
			visit(v, str_c(a, str_fmt(a, "/%s/rules/%s", lang_code((enum lang)l), ids[i])));
			assert_int_equal(v->status, 200);
			assert_shows(v, "govuk-table__body");
		}
	visit(v, "/ar/rules/notary-fee");
	assert_shows(v, "نوع المحرر");
	/* columns, results and values in the language of the page */
	visit(v, "/ar/rules/ict-delegation?try=1&in0=purchase&in1=60000&in2=0");
	assert_shows(v, "صاحب القرار");
	assert_shows(v, "لجنة حوكمة تقنية المعلومات والاتصالات");
	assert_false(shows(v, "committee"));
	visit(v, "/ar/rules/idcard-fee?try=1&in0=citizen&in1=65&in2=renewal&in3=false&in4=false&"
	         "in5=false&in6=home&in7=false");
	assert_shows(v, "الرسم بالدينار");
	assert_shows(v, "exempt-65");
	assert_false(shows(v, ">amount<"));
	visit(v, "/en/rules/idcard-fee?try=1&in0=citizen&in1=65&in2=renewal&in3=false&in4=false&"
	         "in5=false&in6=online&in7=false");
	assert_shows(v, "Fee in dinars");
	assert_shows(v, "1.000");
	visit(v, "/en/rules/nothing");
	assert_int_equal(v->status, 404);
	portal_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rules_of_the_country_are_shown),
	    cmocka_unit_test(a_new_card_is_complete_in_both_languages),
	    cmocka_unit_test(an_address_survives_a_new_name),
	    cmocka_unit_test(the_rate_is_e_services_of_eligible_ones),
	    cmocka_unit_test(a_fee_changes_on_its_day_on_page_and_at_checkout),
	    cmocka_unit_test(a_document_that_government_holds_is_not_asked_for),
	    cmocka_unit_test(the_promised_time_stands_beside_the_usual),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

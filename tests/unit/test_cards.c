/* Service cards written in the browser: fields, approval by three people, versions side by
 * side, bringing one back. On PostgreSQL when DIWAN_TEST_PG names a server. */
#include "portal_unit.h"

#include "kernel/outbox/outbox.h"
#include "systems/guide/guide.h"
#include "systems/policy/policy.h"
#include "web/escape.h"

#define EDITOR    "790199916"
#define APPROVER  "780299907"
#define AUTHORITY "870699911"
#define CHECKER   "840899913"    /* editor and approver */
#define CARD      "idcard-issue" /* a card without a form */
#define OF        "/en/cards/of/"

static struct portal *start(void)
{
	static struct portal p;
	static const struct system *const more[] = {&guide_system, &policy_system};
	p = portal_start_with(more, COUNT(more));
	site_grant(p.w, site_person(p.w, EDITOR, "Reem Editor"), "editor", "iga");
	site_grant(p.w, site_person(p.w, AUTHORITY, "Layla Authority"), "content_authority", "*");
	int64_t second = site_person(p.w, CHECKER, "Huda Both");
	site_grant(p.w, second, "content_approver", "iga");
	return &p;
}

/* ---- the form as the page has it ---- */

static str plain(arena *a, str html)
{
	static const struct {
		const char *mark, *is;
	} marks[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}};
	buf b = buf_make(a, html.n + 1);
	for (size_t i = 0; i < html.n;) {
		size_t step = 1;
		for (size_t k = 0; k < COUNT(marks); k++)
			if (str_starts(str_sub(html, i, html.n), str_of(marks[k].mark))) {
				buf_puts(&b, marks[k].is);
				step = strlen(marks[k].mark);
			}
		if (step == 1)
			buf_putc(&b, html.p[i]);
		i += step;
	}
	return buf_str(&b);
}

struct set {
	const char *name, *value;
};

static str attribute(str tag, const char *name)
{
	char mark[64];
	snprintf(mark, sizeof mark, " %s=\"", name);
	ptrdiff_t at = str_find(tag, str_of(mark));
	if (at < 0)
		return (str){0};
	str rest = str_sub(tag, (size_t)at + strlen(mark), tag.n);
	return str_sub(rest, 0, (size_t)str_chr(rest, '"'));
}

static void put(arena *a, buf *b, str name, str value, const struct set *set, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(str_of(set[i].name), name))
			value = str_of(set[i].value);
	buf_put(b, name);
	buf_putc(b, '=');
	url_encode(b, plain(a, value));
	buf_putc(b, '&');
}

static str chosen_of(str select)
{
	str rest = select;
	for (ptrdiff_t at; (at = str_find(rest, STR("<option"))) >= 0;) {
		rest = str_sub(rest, (size_t)at + 7, rest.n);
		str tag = str_sub(rest, 0, (size_t)str_chr(rest, '>'));
		if (str_find(tag, STR(" selected")) >= 0)
			return attribute(tag, "value");
	}
	return (str){0};
}

/* Every field of the card's form with its value, some of them set anew. */
static const char *fields(struct visitor *v, const struct set *set, size_t n)
{
	arena *a = v->w->u->a;
	buf b = buf_make(a, 1 << 20);
	ptrdiff_t from = str_find(v->page, STR("data-dw-guard"));
	assert_true(from >= 0);
	str rest = str_sub(v->page, (size_t)from, v->page.n);
	rest = str_sub(rest, 0, (size_t)str_find(rest, STR("</form>")));
	while (rest.n) {
		ptrdiff_t at = str_chr(rest, '<');
		if (at < 0)
			break;
		rest = str_sub(rest, (size_t)at, rest.n);
		str tag = str_sub(rest, 0, (size_t)str_chr(rest, '>') + 1), name = attribute(tag, "name");
		rest = str_sub(rest, tag.n, rest.n);
		bool token = str_eq(name, STR("csrf")) || str_eq(name, STR("idempotency_key"));
		if (!name.n || token)
			continue;
		if (str_starts(tag, STR("<textarea"))) {
			size_t end = (size_t)str_find(rest, STR("</textarea>"));
			put(a, &b, name, str_sub(rest, 0, end), set, n);
		} else if (str_starts(tag, STR("<select"))) {
			size_t end = (size_t)str_find(rest, STR("</select>"));
			put(a, &b, name, chosen_of(str_sub(rest, 0, end)), set, n);
		} else if (str_starts(tag, STR("<input")) &&
		           (!str_eq(attribute(tag, "type"), STR("checkbox")) ||
		            str_find(tag, STR(" checked")) >= 0))
			put(a, &b, name, attribute(tag, "value"), set, n);
	}
	return str_c(a, buf_str(&b));
}

/* ---- steps ---- */

static const char *begin(struct visitor *v, const char *service, const char *more)
{
	const char *of = str_fmt(v->w->u->a, OF "%s", service).p;
	visit(v, of);
	assert_int_equal(v->status, 200);
	submit(v, of, more);
	assert_int_equal(v->status, 303);
	const char *at = str_c(v->w->u->a, str_dup(v->w->u->a, v->location));
	follow(v);
	return at;
}

static const char *below(struct visitor *v, const char *at, const char *verb)
{
	return str_fmt(v->w->u->a, "%s/%s", at, verb).p;
}

static void save(struct visitor *v, const char *at, const struct set *set, size_t n)
{
	submit(v, at, fields(v, set, n));
	if (v->status != 303)
		fail_msg("not saved: %d\n%.*s", v->status,
		         STRF(between(v->page, "govuk-error-summary__list", "</ul>")));
	follow(v);
}

static void propose(struct visitor *v, const char *at, int days, const char *reason)
{
	struct unit *u = v->w->u;
	str day = date_print(u->a, (u->now + 3 * HOUR) / DAY + days);
	submit(v, below(v, at, "propose"), str_fmt(u->a, "reason=%s&from=%.*s", reason, STRF(day)).p);
	if (v->status != 303)
		fail_msg("not proposed: %d\n%.*s", v->status,
		         STRF(between(v->page, "govuk-error-summary__list", "</ul>")));
	follow(v);
}

static void press(struct visitor *v, const char *at, const char *verb, int status)
{
	visit(v, at);
	assert_int_equal(v->status, 200);
	submit(v, below(v, at, verb), "");
	if (v->status != status)
		fail_msg("%s: %d\n%.*s", verb, v->status, STRF(v->page));
	if (status == 303)
		follow(v);
}

static void published(struct portal *p, const char *at)
{
	press(signed_in(p->w, CHECKER), at, "approve", 303);
	press(signed_in(p->w, AUTHORITY), at, "publish", 303);
}

static void rebuilt(struct portal *p)
{
	struct rebuild_report report;
	assert_int_equal(journal_rebuild(p->w->u->k, p->w->u->a, false, &report), OK);
	if (report.different)
		fail_msg("a rebuild differs in %.*s", STRF(report.first_different));
}

static int64_t version_now(struct portal *p, const char *service)
{
	return pack_service(pack_current(p->w->u->k), str_of(service))->version;
}

static const struct set photograph[] = {
    {"summary.en", "The first identity card of a child, a citizen or a resident."},
    {"summary.ar", "استخراج أول بطاقة هوية لطفل أو مواطن أو مقيم."},
    {"keywords.en", "first card\nzephyrine"},
};

/* ---- tests ---- */

/* proves: CAT-07 */
static void an_editor_cannot_publish_alone(void **state)
{
	(void)state;
	struct portal *p = start();
	struct visitor *e = signed_in(p->w, EDITOR), *both = signed_in(p->w, CHECKER),
	               *authority = signed_in(p->w, AUTHORITY), *other = signed_in(p->w, CITIZEN);
	const char *at = begin(e, CARD, "");
	save(e, at, photograph, COUNT(photograph));
	propose(e, at, 0, "Children+are+named");
	/* The editor has neither right; no one else reaches it. */
	press(e, at, "approve", 403);
	press(e, at, "publish", 403);
	visit(other, at);
	assert_int_equal(other->status, 403);
	/* The authority cannot pass the body by. */
	visit(authority, at);
	assert_false(shows(authority, "/publish\""));
	submit(authority, below(authority, at, "publish"), "");
	assert_int_equal(authority->status, 409);
	assert_int_equal(version_now(p, CARD), 1);
	/* Who approves for the body may not publish, even with the right to. */
	struct person who;
	dbc *c = db_reader(p->w->u->k->db);
	assert_true(person_by_number(c, p->w->u->a, STR(CHECKER), &who));
	db_reader_return(c);
	site_grant(p->w, who.id, "content_authority", "*");
	both = signed_in(p->w, CHECKER);
	press(both, at, "approve", 303);
	assert_shows(both, "Approved by the body");
	press(both, at, "publish", 403);
	assert_int_equal(version_now(p, CARD), 1);
	press(authority, at, "publish", 303);
	assert_int_equal(version_now(p, CARD), 2);
	visit(other, "/en/services/" CARD);
	assert_shows(other, "The first identity card of a child, a citizen");
	/* Who writes does not approve it for the body, with the right to. */
	at = begin(both, CARD, "");
	save(both, at, (struct set[]){{"title.en", "First identity card"}}, 1);
	propose(both, at, 0, "Shorter");
	press(both, at, "approve", 403);
	rebuilt(p);
	portal_stop(p);
}

/* proves: CAT-07 */
static void a_card_is_sent_back_with_a_remark(void **state)
{
	(void)state;
	struct portal *p = start();
	struct visitor *e = signed_in(p->w, EDITOR), *both = signed_in(p->w, CHECKER),
	               *authority = signed_in(p->w, AUTHORITY);
	const char *at = begin(e, CARD, "");
	save(e, at, photograph, COUNT(photograph));
	propose(e, at, 0, "Children");
	visit(both, at);
	submit(both, below(both, at, "reject"), "answer=");
	assert_int_equal(both->status, 422);
	submit(both, below(both, at, "reject"), "answer=Name+the+newborn,+too");
	assert_int_equal(both->status, 303);
	visit(e, at);
	assert_shows(e, "Name the newborn, too");
	propose(e, at, 0, "Children+and+newborns");
	press(both, at, "approve", 303);
	visit(authority, at);
	submit(authority, below(authority, at, "reject"), "answer=The+Arabic+is+not+formal");
	assert_int_equal(authority->status, 303);
	visit(e, at);
	assert_shows(e, "The Arabic is not formal");
	/* Approval is for a text: written anew, it is approved anew. */
	save(e, at, (struct set[]){{"title.en", "Issue a first identity card"}}, 1);
	propose(e, at, 0, "Again");
	visit(authority, at);
	assert_false(shows(authority, "/publish\""));
	published(p, at);
	assert_int_equal(version_now(p, CARD), 2);
	rebuilt(p);
	portal_stop(p);
}

static void mistakes_are_told_at_their_fields(void **state)
{
	(void)state;
	struct portal *p = start();
	struct visitor *e = signed_in(p->w, EDITOR);
	const char *at = begin(e, CARD, "");
	static const struct set wrong[] = {{"title.ar", ""},
	                                   {"fees.0.amount_minor", "two dinars"},
	                                   {"conditions.en", "One line alone"},
	                                   {"reviewed", "yesterday"}};
	save(e, at, wrong, COUNT(wrong));
	static const char *const told[] = {"href=\"#title.ar\"",      "href=\"#fees.0.amount_minor\"",
	                                   "href=\"#conditions.en\"", "href=\"#reviewed\"",
	                                   "value=\"two dinars\"",    "id=\"title.ar-error\""};
	for (size_t i = 0; i < COUNT(told); i++)
		assert_shows(e, told[i]);
	assert_false(shows(e, "/propose\""));
	visit(e, str_fmt(p->w->u->a, "/ar%s", at + 3).p);
	assert_shows(e, "املأ هذا الحقل باللغتين");
	/* A card of a service with a form promises what its clock counts. */
	at = begin(e, SERVICE, "");
	save(e, at, (struct set[]){{"process_time.value", "9"}}, 1);
	assert_shows(e, "href=\"#process_time");
	portal_stop(p);
}

/* proves: CAT-06 */
static void versions_stand_side_by_side_and_come_back(void **state)
{
	(void)state;
	struct portal *p = start();
	arena *a = p->w->u->a;
	struct visitor *e = signed_in(p->w, EDITOR), *reader = NEW(a, struct visitor);
	reader->w = p->w;
	static const char *const titles[] = {"Issue a first identity card",
	                                     "Issue a first national identity card",
	                                     "Obtain a first national identity card"};
	for (size_t i = 0; i < COUNT(titles); i++) {
		const char *at = begin(e, CARD, "");
		save(e, at, (struct set[]){{"title.en", titles[i]}}, 1);
		propose(e, at, 0, "Clearer");
		published(p, at);
		assert_int_equal(version_now(p, CARD), (int64_t)i + 2);
	}
	visit(e, OF CARD "/compare?a=3&b=4");
	assert_int_equal(e->status, 200);
	assert_shows(e, "Version 3");
	assert_shows(e, "Version 4");
	/* Marked by signs and words, not by colour alone; only what changed is marked. */
	assert_shows(e, "<del><span class=\"govuk-visually-hidden\">removed: </span>−&nbsp;Issue");
	assert_shows(e, "<ins><span class=\"govuk-visually-hidden\">added: </span>+&nbsp;Obtain");
	assert_false(shows(e, "−&nbsp;a first"));
	visit(e, OF CARD);
	assert_shows(e, "Reem Editor");
	assert_shows(e, "Huda Both");
	assert_shows(e, "Layla Authority");
	assert_shows(e, "Clearer");
	/* Version 2 comes back as version 5, by the same way. */
	const char *at = begin(e, CARD, "version=2");
	propose(e, at, 0, "Back");
	published(p, at);
	assert_int_equal(version_now(p, CARD), 5);
	visit(reader, "/en/services/" CARD);
	assert_shows(reader, "Issue a first identity card");
	visit(e, OF CARD "/compare?a=2&b=5");
	assert_false(shows(e, "<del>"));
	assert_false(shows(e, "<ins>"));
	rebuilt(p);
	portal_stop(p);
}

/* proves: CAT-06 */
static void a_card_holds_from_its_day_on(void **state)
{
	(void)state;
	struct portal *p = start();
	struct visitor *e = signed_in(p->w, EDITOR), *reader = NEW(p->w->u->a, struct visitor);
	reader->w = p->w;
	str why = {0};
	const char *at = begin(e, CARD, "");
	save(e, at, photograph, COUNT(photograph));
	visit(e, str_c(p->w->u->a, str_fmt(p->w->u->a, "/en/guide/preview/%.*s",
	                                   STRF(between(e->page, "/en/guide/preview/", "\"")))));
	assert_shows(e, "A preview: this card is not published.");
	assert_shows(e, "The first identity card of a child");
	visit(e, at);
	propose(e, at, 3, "From+Friday");
	published(p, at);
	scheduler_drain(p->w->u->k);
	visit(reader, "/en/services/" CARD);
	assert_shows(reader, "The first identity card of a newborn");
	visit(reader, "/en/guide?q=zephyrine");
	assert_shows(reader, "No service matches");
	visit(reader, "/api/services/" CARD);
	assert_false(shows(reader, "zephyrine"));
	p->w->u->now += 4 * DAY;
	scheduler_drain(p->w->u->k);
	pack_poll(p->w->u->k);
	visit(reader, "/en/services/" CARD);
	assert_shows(reader, "The first identity card of a child, a citizen");
	visit(reader, "/en/guide?q=zephyrine");
	assert_shows(reader, "/en/services/" CARD "\"");
	visit(reader, "/api/guide.ttl");
	assert_shows(reader, "The first identity card of a child, a citizen");
	/* A process that starts now, or another node, finds the same. */
	int64_t before = version_now(p, CARD);
	packs_close(p->w->u->k->packs);
	p->w->u->k->packs = packs_open(p->w->u->k->a);
	assert_int_equal(pack_refresh(p->w->u->k, &why), OK);
	assert_int_equal(version_now(p, CARD), before);
	assert_int_equal(before, 2);
	rebuilt(p);
	portal_stop(p);
}

/* A service with a form: its number rises with the card's, and its form goes on. */
static void a_card_of_a_form_is_published_with_it(void **state)
{
	(void)state;
	struct portal *p = start();
	struct visitor *e = signed_in(p->w, EDITOR);
	int64_t before = version_now(p, SERVICE);
	const char *at = begin(e, SERVICE, "");
	save(e, at, (struct set[]){{"summary.en", "Report a lost card and get another."}}, 1);
	propose(e, at, 0, "Shorter");
	published(p, at);
	assert_int_equal(version_now(p, SERVICE), before + 1);
	struct visitor *v = signed_in(p->w, CITIZEN);
	str name = portal_begin(v);
	portal_fill(v, name);
	assert_int_equal(portal_kase(p, name).version, before + 1);
	portal_stop(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_editor_cannot_publish_alone),
	    cmocka_unit_test(a_card_is_sent_back_with_a_remark),
	    cmocka_unit_test(mistakes_are_told_at_their_fields),
	    cmocka_unit_test(versions_stand_side_by_side_and_come_back),
	    cmocka_unit_test(a_card_holds_from_its_day_on),
	    cmocka_unit_test(a_card_of_a_form_is_published_with_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

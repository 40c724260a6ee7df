/* Applying, following, answering, giving up, rating: over a real server and the
 * pack of Bahrain. On PostgreSQL when DIWAN_TEST_PG names a server. */
#include "portal_unit.h"

#include <stdio.h>
#include <unistd.h>

static struct portal *start(void)
{
	static struct portal p;
	p = portal_start();
	return &p;
}

/* The address with the case's name in place of the star. */
static const char *at(struct portal *p, const char *fmt, str name)
{
	str rest = str_of(fmt), before = {0};
	str_cut(&rest, '*', &before);
	return str_fmt(p->w->u->a, "%.*s%.*s%.*s", STRF(before), STRF(name), STRF(rest)).p;
}

/* Sends the filled draft; returns the case's reference. */
static str sent(struct portal *p, struct visitor *v)
{
	str name = portal_begin(v);
	portal_fill(v, name);
	visit(v, at(p, "/en/applications/*/check", name));
	submit(v, at(p, "/en/applications/*/check", name), "");
	assert_int_equal(v->status, 303);
	return portal_case(v);
}

static void from_a_card_to_a_reference(void **state)
{
	struct portal *p = start();
	struct visitor *v = signed_in(p->w, CITIZEN);
	(void)state;
	visit(v, "/en/services/" SERVICE "/apply");
	assert_shows(v, "Maryam Ali");
	assert_shows(v, "Start now");
	str name = portal_begin(v);
	assert_shows(v, "Population register"); /* what registers know is shown, not asked */
	assert_shows(v, "Bahrain");             /* a country by its name */
	assert_false(shows(v, "BHR"));
	assert_shows(v, "Maryam Ali");
	portal_fill(v, name);
	visit(v, at(p, "/en/applications/*/check", name));
	assert_int_equal(v->status, 200);
	assert_shows(v, "4.000");
	assert_shows(v, "Why this amount");
	assert_shows(v, "Accept, send and pay");
	assert_shows(v, "After sending you go on to pay the fee");
	assert_shows(v, "me.png");
	assert_shows(v, "Manama");
	submit(v, at(p, "/en/applications/*/check", name), "");
	assert_int_equal(v->status, 303);
	str reference = portal_case(v);
	assert_true(str_ends(v->location, STR("/pay"))); /* systems/payments owns that page */
	struct kase q = portal_kase(p, reference);
	assert_str(q.state, "unpaid");
	assert_int_equal(q.fee.minor, 4000);
	visit(v, at(p, "/en/applications/*", reference));
	assert_int_equal(v->status, 200);
	assert_shows(v, "/pay");
	portal_pay(p, q.id);
	visit(v, at(p, "/en/applications/*/confirmation", reference));
	assert_int_equal(v->status, 200);
	assert_true(str_find(v->page, reference) >= 0);
	/* Who has it, and until when; and when that day is past, so much. */
	visit(v, "/en/applications");
	assert_true(str_find(v->page, reference) >= 0);
	assert_shows(v, "Waiting for an officer of");
	assert_shows(v, "Decision by");
	p->w->u->now += 30 * DAY;
	v = signed_in(p->w, CITIZEN);
	visit(v, "/en/applications");
	assert_shows(v, "Late. A decision was due by");
	visit(v, at(p, "/ar/applications/*", reference));
	assert_shows(v, "متأخر، وكان موعد البت فيه");
	site_stop(p->w);
}

struct filled {
	const struct service *s;
	int64_t person;
	const json *answers;
	struct kase q;
};

static err filled_decide(struct tx *tx, void *ctx)
{
	struct filled *f = ctx;
	err e = draft_open(tx, f->s, f->person, &f->q);
	return e ? e : draft_save(tx, f->q.id, f->answers, NULL);
}

/* A fee that is asked only after a decision is not offered to be paid at once. */
static void a_later_fee_is_not_promised_now(void **state)
{
	struct portal *p = start();
	struct visitor *v = signed_in(p->w, CITIZEN);
	struct filled f = {.s = pack_service(pack_current(p->w->u->k), STR("cr-register")),
	                   .person = p->citizen};
	(void)state;
	f.answers = json_get(json_get(f.s->scenarios, "scenarios")->first, "answers");
	struct action x = {.k = p->w->u->k,
	                   .a = p->w->u->a,
	                   .actor = {.person = p->citizen, .channel = STR("web")},
	                   .decide = filled_decide,
	                   .ctx = &f};
	assert_int_equal(kernel_run(&x), OK);
	str name = str_fmt(p->w->u->a, "%lld", (long long)f.q.id);
	visit(v, at(p, "/ar/applications/*/check", name));
	assert_shows(v, "لا تسدد شيئًا الآن. وبعد الموافقة على طلبك يُطلب منك سداد الرسم، وقدره");
	assert_false(shows(v, "إقرار وإرسال وسداد"));
	visit(v, at(p, "/en/applications/*/check", name));
	assert_shows(v, "You pay nothing now. Once your application is approved");
	assert_shows(v, "50.000");
	assert_false(shows(v, "send and pay"));
	submit(v, at(p, "/en/applications/*/check", name), "");
	assert_int_equal(v->status, 303);
	assert_true(str_ends(v->location, STR("/confirmation")));
	site_stop(p->w);
}

/* proves: POR-04 */
static void a_page_keeps_what_was_typed(void **state)
{
	struct portal *p = start();
	struct visitor *v = signed_in(p->w, CITIZEN);
	str name = portal_begin(v);
	(void)state;
	visit(v, at(p, "/en/applications/*/form/when", name));
	submit(v, at(p, "/en/applications/*/form/when", name),
	       "lost_on-day=31&lost_on-month=2&lost_on-year=2025&place=Manama");
	assert_int_equal(v->status, 422);
	assert_shows(v, "There is a problem");
	assert_shows(v, "<title>Error:");
	assert_shows(v, "value=\"31\"");
	/* The language switch leads to the same page, with what was typed. */
	assert_true(str_find(v->page, str_of(at(p, "/ar/applications/*/form/when", name))) >= 0);
	visit(v, at(p, "/ar/applications/*/form/when", name));
	assert_int_equal(v->status, 200);
	assert_shows(v, "value=\"31\"");
	assert_shows(v, "Manama");
	assert_shows(v, "dir=\"rtl\"");
	/* And so does another device. */
	struct visitor *again = signed_in(p->w, CITIZEN);
	visit(again, at(p, "/en/applications/*/form/when", name));
	assert_shows(again, "value=\"31\"");
	site_stop(p->w);
}

/* proves: POR-04 */
static void a_draft_is_left_and_resumed(void **state)
{
	struct portal *p = start();
	struct visitor *v = signed_in(p->w, CITIZEN);
	str name = portal_begin(v);
	(void)state;
	submit(v, at(p, "/en/applications/*/form/who", name), "");
	visit(v, at(p, "/en/applications/*/form/what", name));
	submit(v, at(p, "/en/applications/*/form/what", name), "how=stolen&later=1");
	assert_int_equal(v->status, 303);
	follow(v);
	assert_shows(v, "Your application was saved");
	struct visitor *other_device = signed_in(p->w, CITIZEN);
	visit(other_device, "/en/applications");
	assert_true(str_find(other_device->page, name) >= 0);
	visit(other_device, at(p, "/en/applications/*/continue", name));
	assert_true(str_ends(other_device->location, STR("/form/when")));
	visit(other_device, at(p, "/en/applications/*/form/what", name));
	assert_shows(other_device, "value=\"stolen\" checked");
	/* A conditional page is there for the stolen, and gone for the lost. */
	visit(other_device, at(p, "/en/applications/*/form/report", name));
	assert_int_equal(other_device->status, 200);
	submit(other_device, at(p, "/en/applications/*/form/what", name), "how=lost");
	visit(other_device, at(p, "/en/applications/*/form/report", name));
	assert_int_equal(other_device->status, 303);
	/* An attachment of another type is refused, with its field; a picture is kept. */
	visit(other_device, at(p, "/en/applications/*/form/photograph", name));
	submit_file(other_device, at(p, "/en/applications/*/form/photograph", name), "photograph",
	            "me.png", STR("MZ this is a program"));
	assert_int_equal(other_device->status, 422);
	assert_shows(other_device, "#photograph");
	submit_file(other_device, at(p, "/en/applications/*/form/photograph", name), "photograph",
	            "me.png", (str){(const char *)portal_png, sizeof portal_png});
	assert_int_equal(other_device->status, 303);
	visit(other_device, at(p, "/en/applications/*/form/photograph", name));
	assert_shows(other_device, "me.png");
	/* One draft a service: starting again leads back to it. */
	visit(v, "/en/services/" SERVICE "/apply");
	assert_shows(v, "Continue your application");
	/* What registers know comes first, with its source; a phone number is there to edit. */
	visit(v, at(p, "/en/applications/*/form/contact", name));
	assert_shows(v, "36123456");
	site_stop(p->w);
}

static void the_ineligible_are_told_why(void **state)
{
	struct portal *p = start();
	struct visitor *v = signed_in(p->w, OTHER); /* no card is recorded */
	(void)state;
	visit(v, "/en/services/" SERVICE "/apply");
	assert_int_equal(v->status, 200);
	assert_shows(v, "No identity card is recorded for you");
	assert_false(shows(v, "Start now"));
	submit(v, "/en/services/" SERVICE "/apply", "");
	assert_int_equal(v->status, 422);
	assert_shows(v, "No identity card is recorded for you");
	visit(v, "/en/services/nothing/apply");
	assert_int_equal(v->status, 404);
	site_stop(p->w);
}

static void changing_leads_back_to_the_check(void **state)
{
	struct portal *p = start();
	struct visitor *v = signed_in(p->w, CITIZEN);
	str name = portal_begin(v);
	(void)state;
	visit(v, at(p, "/en/applications/*/check", name));
	assert_int_equal(v->status, 303); /* not complete: to the first open page */
	portal_fill(v, name);
	visit(v, at(p, "/en/applications/*/check", name));
	assert_true(str_find(v->page, str_of(at(p, "/en/applications/*/change/when", name))) >= 0);
	visit(v, at(p, "/en/applications/*/change/when", name));
	submit(v, at(p, "/en/applications/*/change/when", name),
	       "lost_on-day=20&lost_on-month=11&lost_on-year=2025&place=Riffa");
	assert_true(str_ends(v->location, STR("/check")));
	follow(v);
	assert_shows(v, "Riffa");
	/* A changed answer may open a question: then that page comes first. */
	visit(v, at(p, "/en/applications/*/change/what", name));
	submit(v, at(p, "/en/applications/*/change/what", name), "how=stolen");
	assert_true(str_ends(v->location, STR("/form/report")));
	site_stop(p->w);
}

static void two_windows_do_not_undo_each_other(void **state)
{
	struct portal *p = start();
	struct visitor *one = signed_in(p->w, CITIZEN), *two = signed_in(p->w, CITIZEN);
	str name = portal_begin(one);
	(void)state;
	visit(one, at(p, "/en/applications/*/form/what", name));
	visit(two, at(p, "/en/applications/*/form/when", name));
	submit(one, at(p, "/en/applications/*/form/what", name), "how=lost");
	submit(two, at(p, "/en/applications/*/form/when", name),
	       "lost_on-day=20&lost_on-month=11&lost_on-year=2025&place=Riffa");
	visit(one, at(p, "/en/applications/*/form/what", name));
	assert_shows(one, "value=\"lost\" checked");
	visit(one, at(p, "/en/applications/*/form/when", name));
	assert_shows(one, "Riffa");
	site_stop(p->w);
}

static void an_officers_question_is_answered(void **state)
{
	struct portal *p = start();
	struct visitor *v = signed_in(p->w, CITIZEN);
	str reference = sent(p, v);
	struct kase q = portal_kase(p, reference);
	(void)state;
	portal_pay(p, q.id);
	portal_decide(p, q.id, "return", "The place is not clear.");
	visit(v, at(p, "/en/applications/*", reference));
	assert_shows(v, "The place is not clear.");
	assert_shows(v, "It is your turn");
	visit(v, at(p, "/en/applications/*/form/when", reference));
	assert_shows(v, "The place is not clear.");
	submit(v, at(p, "/en/applications/*/form/when", reference),
	       "lost_on-day=20&lost_on-month=11&lost_on-year=2025&place=Isa+Town");
	assert_int_equal(v->status, 303);
	/* Until it is sent, the officer sees what was sent before. */
	visit(v, at(p, "/en/applications/*", reference));
	assert_shows(v, "Manama");
	assert_false(shows(v, "Isa Town</bdi>"));
	visit(v, at(p, "/en/applications/*/check", reference));
	assert_shows(v, "Isa Town");
	assert_shows(v, "send the answer");
	assert_false(shows(v, "Why this amount"));
	submit(v, at(p, "/en/applications/*/check", reference), "");
	assert_int_equal(v->status, 303);
	follow(v);
	assert_shows(v, "Your answer was sent");
	assert_shows(v, "Isa Town");
	visit(v, at(p, "/en/applications/*/form/when", reference));
	assert_int_equal(v->status, 303); /* nothing can be changed now */
	struct rebuild_report r;
	assert_int_equal(journal_rebuild(p->w->u->k, p->w->u->a, false, &r), OK);
	assert_int_equal(r.different, 0);
	site_stop(p->w);
}

static void a_decided_case_is_rated_once(void **state)
{
	struct portal *p = start();
	struct visitor *v = signed_in(p->w, CITIZEN);
	str reference = sent(p, v);
	struct kase q = portal_kase(p, reference);
	(void)state;
	visit(v, at(p, "/en/applications/*", reference));
	assert_false(shows(v, "How satisfied are you"));
	portal_pay(p, q.id);
	portal_decide(p, q.id, "reject", "The card was found.");
	visit(v, at(p, "/en/applications/*", reference));
	assert_shows(v, "The card was found.");
	assert_shows(v, "review of the application"); /* who read it, and why */
	assert_false(shows(v, "Officer Iga"));        /* the entity answers for its officers */
	submit(v, at(p, "/en/applications/*/rating", reference), "words=hm");
	assert_int_equal(v->status, 422);
	assert_shows(v, "Choose how satisfied you are");
	visit(v, at(p, "/en/applications/*", reference));
	submit(v, at(p, "/en/applications/*/rating", reference), "rating=4&words=Good");
	assert_int_equal(v->status, 303);
	follow(v);
	assert_shows(v, "You have rated this service");
	submit(v, at(p, "/en/applications/*/rating", reference), "rating=1");
	assert_int_equal(v->status, 403 + 6); /* the form's key is gone, the case is rated */
	visit(v, "/en/profile");
	assert_shows(v, "An officer read your application");
	site_stop(p->w);
}

/* What the square code on the paper says, read from its picture by another program; empty
 * where these are not installed. */
static str square_code(struct portal *p, str pdf)
{
	const char *dir = p->w->u->dir;
	char command[512], said[512] = "";
	if (access("/usr/bin/zbarimg", X_OK) != 0 || access("/usr/bin/pdftoppm", X_OK) != 0)
		return (str){0};
	snprintf(command, sizeof command, "%s/issued.pdf", dir);
	FILE *f = fopen(command, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(pdf.p, 1, pdf.n, f), pdf.n);
	fclose(f);
	snprintf(command, sizeof command,
	         "pdftoppm -r 150 -png %s/issued.pdf %s/page && zbarimg -q --raw %s/page*.png", dir,
	         dir, dir);
	f = popen(command, "r");
	assert_non_null(f);
	if (!fgets(said, sizeof said, f))
		fail_msg("no square code was read: %s", command);
	pclose(f);
	return str_trim(str_dup(p->w->u->a, str_of(said)));
}

/* proves: POR-06 CORE-06 */
static void a_stranger_verifies_the_document(void **state)
{
	struct portal *p = start();
	struct visitor *v = signed_in(p->w, CITIZEN), *stranger = NEW(p->w->u->a, struct visitor);
	str reference = sent(p, v);
	struct kase q = portal_kase(p, reference);
	struct issued d[4];
	(void)state;
	stranger->w = p->w;
	portal_pay(p, q.id);
	portal_decide(p, q.id, "approve", "");
	scheduler_drain(p->w->u->k);
	dbc *c = db_reader(p->w->u->k->db);
	assert_int_equal(documents_of_case(c, p->w->u->a, q.id, d, 4), 1);
	db_reader_return(c);
	/* In the wallet of the person it was issued to, and nobody else's. */
	visit(v, "/en/documents");
	assert_true(str_find(v->page, d[0].number) >= 0 && str_find(v->page, d[0].code) >= 0);
	visit(v, at(p, "/en/applications/*", reference));
	assert_true(str_find(v->page, d[0].number) >= 0);
	visit(v, at(p, "/en/documents/*.pdf", d[0].number));
	assert_int_equal(v->status, 200);
	assert_true(str_starts(v->page, STR("%PDF-")));
	/* The code on the paper leads whoever scans it to what is known of it, signed in or not. */
	str scanned = square_code(p, v->page);
	ptrdiff_t path = scanned.n ? str_find(scanned, STR("/verify/")) : -1;
	assert_true(!scanned.n || path > 0);
	if (path > 0) {
		visit(stranger, str_c(p->w->u->a, str_cat(p->w->u->a, STR("/en"),
		                                          str_sub(scanned, (size_t)path, scanned.n))));
		assert_int_equal(stranger->status, 200);
		assert_shows(stranger, "The document is genuine and in force");
		assert_true(str_find(stranger->page, d[0].number) >= 0);
		assert_false(shows(stranger, "Maryam"));
	}
	visit(stranger, at(p, "/en/documents/*.pdf", d[0].number));
	assert_int_equal(stranger->status, 303);
	struct visitor *other = signed_in(p->w, OTHER);
	visit(other, "/en/documents");
	assert_shows(other, "No document was issued to you yet");
	visit(other, at(p, "/en/documents/*.pdf", d[0].number));
	assert_int_equal(other->status, 404);
	/* Anyone reads by its code that it stands: initials, no name. */
	visit(stranger, at(p, "/en/verify/*", d[0].code));
	assert_int_equal(stranger->status, 200);
	assert_shows(stranger, "The document is genuine and in force");
	assert_true(str_find(stranger->page, d[0].number) >= 0);
	assert_shows(stranger, "M. A.");
	assert_false(shows(stranger, "Maryam"));
	visit(stranger, at(p, "/ar/verify?code=*", str_lower(p->w->u->a, d[0].code)));
	assert_shows(stranger, "الوثيقة صحيحة وسارية");
	visit(stranger, "/en/verify?code=0000-0000-0000");
	assert_int_equal(stranger->status, 200);
	assert_shows(stranger, "No document has this code");
	site_stop(p->w);
}

static void drafts_are_discarded_and_cases_withdrawn(void **state)
{
	struct portal *p = start();
	struct visitor *v = signed_in(p->w, CITIZEN);
	str name = portal_begin(v);
	(void)state;
	visit(v, at(p, "/en/applications/*/leave", name));
	assert_shows(v, "Discard this draft");
	struct visitor twice = *v; /* the answer is lost: the same form again */
	submit(v, at(p, "/en/applications/*/leave", name), "");
	assert_int_equal(v->status, 303);
	submit(&twice, at(p, "/en/applications/*/leave", name), "");
	assert_int_equal(twice.status, 303);
	assert_str(twice.location, "/en/applications");
	visit(v, at(p, "/en/applications/*", name));
	assert_int_equal(v->status, 404);
	str reference = sent(p, v);
	visit(v, at(p, "/en/applications/*/leave", reference));
	assert_shows(v, "Withdraw this application");
	submit(v, at(p, "/en/applications/*/leave", reference), "reason=found+it");
	assert_int_equal(v->status, 303);
	assert_str(portal_kase(p, reference).state, "withdrawn");
	follow(v);
	assert_shows(v, "The application was withdrawn");
	site_stop(p->w);
}

static void a_double_submit_sends_once(void **state)
{
	struct portal *p = start();
	struct visitor *v = signed_in(p->w, CITIZEN);
	str name = portal_begin(v);
	(void)state;
	portal_fill(v, name);
	visit(v, at(p, "/en/applications/*/check", name));
	struct visitor twice = *v;
	submit(v, at(p, "/en/applications/*/check", name), "");
	submit(&twice, at(p, "/en/applications/*/check", name), "");
	assert_int_equal(v->status, 303);
	assert_int_equal(twice.status, 303);
	assert_true(str_starts(twice.location, STR("/en/applications/")));
	dbc *c = db_reader(p->w->u->k->db);
	struct kase q[8];
	assert_int_equal(cases_of(c, p->w->u->a, p->citizen, q, 8), 1);
	db_reader_return(c);
	site_stop(p->w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(from_a_card_to_a_reference),
	    cmocka_unit_test(a_later_fee_is_not_promised_now),
	    cmocka_unit_test(a_page_keeps_what_was_typed),
	    cmocka_unit_test(a_draft_is_left_and_resumed),
	    cmocka_unit_test(the_ineligible_are_told_why),
	    cmocka_unit_test(changing_leads_back_to_the_check),
	    cmocka_unit_test(two_windows_do_not_undo_each_other),
	    cmocka_unit_test(an_officers_question_is_answered),
	    cmocka_unit_test(a_decided_case_is_rated_once),
	    cmocka_unit_test(a_stranger_verifies_the_document),
	    cmocka_unit_test(drafts_are_discarded_and_cases_withdrawn),
	    cmocka_unit_test(a_double_submit_sends_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

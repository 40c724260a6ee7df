/* The fee of an application: asked for by its process, paid on the provider's page,
 * and the process goes on exactly once. */
#include "kernel/ledger/ledger.h"
#include "systems/payments/payments.h"

#define CASE_UNIT_DOCUMENTS
#define CASE_UNIT_ROOM &files_organ, &ledger_organ, payments_system.organ
#include "case_unit.h"
#include "payments_unit.h"

#include "kernel/documents/check.h"
#include "systems/payments/audit/audit.h"


struct counter {
	struct shop *s;
	struct people *p;
	int64_t id; /* the case */
	struct order o;
	str cookie;
};

static err session_decide(struct tx *tx, void *ctx)
{
	struct counter *c = ctx;
	struct session s;
	err e = session_open(tx, c->p->citizen, SESSION_FULL, &s);
	c->cookie = str_dup(c->p->u->a, s.token);
	return e;
}

/* A submitted application, its applicant signed in. */
static struct counter start(void)
{
	struct shop *s = shop_prepare(1);
	struct counter c = {.s = s, .p = people_start()};
	shop_open(s, c.p->u);
	c.id = submitted(c.p, c.p->citizen);
	assert_int_equal(unit_run(c.p->u, session_decide, &c), OK);
	dbc *conn = db_reader(c.p->u->k->db);
	assert_true(order_of_case(conn, c.p->u->a, c.id, &c.o));
	db_reader_return(conn);
	return c;
}

static long visit(struct counter *c, CURL *h, const char *lang, const char *form, str *page)
{
	struct kase q = look_at(c->p, c->id);
	curl_easy_setopt(h, CURLOPT_COOKIE,
	                 str_c(c->p->u->a, str_fmt(c->p->u->a, "diwan=%.*s", STRF(c->cookie))));
	shop_now(c->s);
	return browse(c->s, h,
	              str_fmt(c->p->u->a, "http://127.0.0.1:%d/%s/applications/%.*s/pay",
	                      server_port(c->s->server), lang, STRF(q.reference)),
	              form, page);
}

/* Sends the page's form; the address it leads to. */
static str press_pay(struct counter *c, CURL *h, const char *lang)
{
	str page;
	char *to = NULL;
	assert_int_equal(visit(c, h, lang, NULL, &page), 200);
	str csrf = page_between(page, "name=\"csrf\" value=\"", "\"");
	str key = page_between(page, "name=\"idempotency_key\" value=\"", "\"");
	const char *form = str_c(
	    c->p->u->a, str_fmt(c->p->u->a, "csrf=%.*s&idempotency_key=%.*s", STRF(csrf), STRF(key)));
	assert_int_equal(visit(c, h, lang, form, &page), 303);
	curl_easy_getinfo(h, CURLINFO_REDIRECT_URL, &to);
	return str_dup(c->p->u->a, str_of(to));
}

static void the_fee_is_paid_on_the_providers_page(void **state)
{
	(void)state;
	struct counter c = start();
	CURL *h = curl_easy_init();
	struct line *l;
	str page;
	dbc *conn = db_reader(c.p->u->k->db);
	assert_int_equal(order_lines(conn, c.p->u->a, c.o.id, &l), 1);
	db_reader_return(conn);
	assert_int_equal(c.o.total, look_at(c.p, c.id).fee.minor);
	assert_true(str_find(l->rule, STR("\"version\"")) > 0);
	assert_int_equal(visit(&c, h, "ar", NULL, &page), 200);
	assert_true(str_find(page, STR("السداد الآن")) > 0);
	assert_true(str_find(page, STR("dir=\"rtl\"")) > 0);
	str one = press_pay(&c, h, "en"), two = press_pay(&c, h, "ar");
	assert_true(str_find(one, STR("/en/pay?payment=")) > 0);
	assert_str(page_between(one, "payment=", "&"),
	           str_c(c.p->u->a, page_between(two, "payment=", "&")));
	assert_int_equal(choose(c.s, one, "twice", 2), 303);
	assert_str(look_at(c.p, c.id).state, "unpaid");
	scheduler_drain(c.p->u->k);
	assert_str(look_at(c.p, c.id).state, "submitted");
	assert_int_equal(count_of(c.p, "work.done"), 1);
	assert_int_equal(visit(&c, h, "en", NULL, &page), 303); /* nothing more to pay here */
	shop_jump(c.s, 61);
	scheduler_drain(c.p->u->k);
	assert_int_equal(count_of(c.p, "work.done"), 1);
	assert_int_equal(count_of(c.p, "payment.fulfilled"), 1);
	assert_int_equal(count_of(c.p, "document.issued"), 1); /* one receipt */
	assert_int_equal(statement_sum(c.s, &c.s->sim[0], look_at(c.p, c.id).reference), c.o.total);
	books_whole(c.s);
	curl_easy_cleanup(h);
	shop_stop(c.s);
}

static void shows(str page, const char *text)
{
	if (str_find(page, str_of(text)) < 0)
		fail_msg("the page does not show %s:\n%.*s", text, STRF(page));
}

/* proves: PAY-04 */
static void the_second_tab_is_told_that_it_is_paid(void **state)
{
	(void)state;
	struct counter c = start();
	CURL *h = curl_easy_init();
	str page, second;
	char *to = NULL;
	assert_int_equal(visit(&c, h, "en", NULL, &second), 200); /* a tab that is left open */
	assert_int_equal(choose(c.s, press_pay(&c, h, "en"), "succeed", 2), 303);
	shop_now(c.s);
	scheduler_drain(c.p->u->k);
	const char *form = str_c(
	    c.p->u->a, str_fmt(c.p->u->a, "csrf=%.*s&idempotency_key=%.*s",
	                       STRF(page_between(second, "name=\"csrf\" value=\"", "\"")),
	                       STRF(page_between(second, "name=\"idempotency_key\" value=\"", "\""))));
	assert_int_equal(visit(&c, h, "en", form, &page), 303);
	curl_easy_getinfo(h, CURLINFO_REDIRECT_URL, &to);
	assert_true(strstr(to, "/en/applications/") && !strstr(to, "/pay"));
	/* The next page that it opens says so. */
	assert_int_equal(
	    browse(c.s, h,
	           str_fmt(c.p->u->a, "http://127.0.0.1:%d/en/payments", server_port(c.s->server)),
	           NULL, &page),
	    200);
	shows(page, "This is already paid. Nothing more was taken.");
	assert_int_equal(count_of(c.p, "payment.attempted"), 1);
	assert_int_equal(count_of(c.p, "payment.captured"), 1);
	assert_int_equal(statement_sum(c.s, &c.s->sim[0], look_at(c.p, c.id).reference), c.o.total);
	books_whole(c.s);
	curl_easy_cleanup(h);
	shop_stop(c.s);
}

static void another_persons_fee_is_not_there(void **state)
{
	(void)state;
	struct counter c = start();
	CURL *h = curl_easy_init();
	str page;
	c.p->citizen = c.p->other;
	assert_int_equal(unit_run(c.p->u, session_decide, &c), OK);
	assert_int_equal(visit(&c, h, "en", NULL, &page), 404);
	curl_easy_cleanup(h);
	shop_stop(c.s);
}

/* The applicant withdraws while the provider is taking the money. */
static void money_for_a_withdrawn_application_goes_back(void **state)
{
	(void)state;
	struct counter c = start();
	CURL *h = curl_easy_init();
	str url = press_pay(&c, h, "en");
	DONE(c.p, DO_WITHDRAW, c.p->citizen, c.id, .text = STR("found it"));
	assert_str(order_now(c.s, c.o.id).state, "cancelled");
	assert_int_equal(choose(c.s, url, "succeed", 1), 303);
	shop_now(c.s);
	scheduler_drain(c.p->u->k);
	assert_str(order_now(c.s, c.o.id).state, "cancelled");
	assert_int_equal(statement_sum(c.s, &c.s->sim[0], look_at(c.p, c.id).reference), 0);
	assert_int_equal(count(c.s, "SELECT count(*) FROM pay_refund WHERE state = 'done'"), 1);
	assert_int_equal(count_of(c.p, "payment.captured"), 0);
	books_whole(c.s);
	curl_easy_cleanup(h);
	shop_stop(c.s);
}

/* ---- pages ---- */

static err officer_decide(struct tx *tx, void *ctx)
{
	struct counter *c = ctx;
	struct session s;
	err e = role_grant(tx, c->p->officer, STR("finance_officer"), STR("iga"), 0);
	e = e ? e : role_grant(tx, c->p->second, STR("cashier"), STR("iga"), 0);
	e = e ? e : session_open(tx, c->p->citizen, SESSION_FULL, &s);
	c->cookie = str_dup(c->p->u->a, s.token);
	return e;
}

static long see(struct counter *c, CURL *h, const char *path, const char *form, str *page)
{
	curl_easy_setopt(h, CURLOPT_COOKIE,
	                 str_c(c->p->u->a, str_fmt(c->p->u->a, "diwan=%.*s", STRF(c->cookie))));
	shop_now(c->s);
	return browse(c->s, h,
	              str_fmt(c->p->u->a, "http://127.0.0.1:%d%s", server_port(c->s->server), path),
	              form, page);
}

/* proves: PAY-18 */
static void the_sixth_attempt_in_ten_minutes_is_blocked(void **state)
{
	(void)state;
	struct counter c = start();
	CURL *h = curl_easy_init();
	str page;
	for (int i = 0; i < 5; i++)
		assert_int_equal(choose(c.s, press_pay(&c, h, "en"), "decline", 1), 303);
	assert_true(str_ends(press_pay(&c, h, "en"), STR("/pay"))); /* back to the fee's page */
	assert_int_equal(visit(&c, h, "en", NULL, &page), 200);
	shows(page, "There were too many attempts");
	assert_int_equal(count_of(c.p, "payment.attempted"), 5);
	assert_int_equal(count_of(c.p, "payment.blocked"), 1);
	assert_int_equal(count(c.s, "SELECT count(*) FROM pay_exception WHERE kind = 'velocity'"), 1);
	shop_jump(c.s, 601);
	assert_int_equal(unit_run(c.p->u, session_decide, &c), OK);
	assert_int_equal(choose(c.s, press_pay(&c, h, "en"), "succeed", 1), 303);
	shop_now(c.s);
	scheduler_drain(c.p->u->k);
	assert_str(look_at(c.p, c.id).state, "submitted");
	books_whole(c.s);
	curl_easy_cleanup(h);
	shop_stop(c.s);
}

/* Signs in as `person`. */
static void become(struct counter *c, int64_t person)
{
	int64_t citizen = c->p->citizen;
	c->p->citizen = person;
	assert_int_equal(unit_run(c->p->u, session_decide, c), OK);
	c->p->citizen = citizen;
}

static const char *form_of(struct counter *c, str page, const char *fields)
{
	return str_c(c->p->u->a,
	             str_fmt(c->p->u->a, "csrf=%.*s&idempotency_key=%.*s&%s",
	                     STRF(page_between(page, "name=\"csrf\" value=\"", "\"")),
	                     STRF(page_between(page, "name=\"idempotency_key\" value=\"", "\"")),
	                     fields));
}

struct owed {
	struct counter *c;
	int64_t amount, id;
	const char *en, *ar;
};

static err owed_decide(struct tx *tx, void *ctx)
{
	struct owed *o = ctx;
	struct line l = {.entity = STR("iga"),
	                 .service = STR("card"),
	                 .label_en = str_of(o->en),
	                 .label_ar = str_of(o->ar),
	                 .gl = STR("4110"),
	                 .amount = o->amount};
	struct order_request q = {.origin = STR("bill"),
	                          .entity = STR("iga"),
	                          .service = STR("card"),
	                          .title_en = str_of(o->en),
	                          .title_ar = str_of(o->ar),
	                          .currency = STR("BHD"),
	                          .payer = o->c->p->citizen,
	                          .line = &l,
	                          .n = 1};
	return order_create(tx, &q, &o->id);
}

/* Something else that the citizen owes, paid at once; its reference. */
static str paid_now(struct counter *c, int64_t amount, const char *en, const char *ar)
{
	struct owed o = {c, amount, 0, en, ar};
	struct attempt t;
	assert_int_equal(unit_run(c->p->u, owed_decide, &o), OK);
	assert_int_equal(pay_begin(c->s, o.id, &t), OK);
	assert_int_equal(choose(c->s, pay_url(c->s, &t), "succeed", 1), 303);
	shop_now(c->s);
	scheduler_drain(c->p->u->k);
	return order_now(c->s, o.id).reference;
}

/* What the page of these words shows: the total, these of the three and no others. */
static void history_is(struct counter *c, CURL *h, const char *query, const char *total,
                       const str reference[3], const char *which)
{
	str page;
	const char *path = str_c(c->p->u->a, str_fmt(c->p->u->a, "/en/payments?%s", query));
	assert_int_equal(see(c, h, path, NULL, &page), 200);
	for (int i = 0; i < 3; i++)
		if ((str_find(page, reference[i]) >= 0) != (strchr(which, '1' + i) != NULL))
			fail_msg("%s: payment %d\n%.*s", query, i + 1, STRF(page));
	if (total)
		shows(page_between(page, "Paid in all:", "</p>"), total);
	else
		shows(page, "No payment of yours fits this");
	path = str_c(c->p->u->a, str_fmt(c->p->u->a, "/en/payments/export?%s", query));
	assert_int_equal(see(c, h, path, NULL, &page), 200);
	for (int i = 0; i < 3; i++)
		assert_int_equal(str_find(page, reference[i]) >= 0, strchr(which, '1' + i) != NULL);
}

/* Two payments of one year and one of the next: by year, by words, with their totals. */
/* proves: PAY-14 */
static void a_payer_finds_what_was_paid(void **state)
{
	(void)state;
	struct counter c = start();
	CURL *h = curl_easy_init();
	str page, reference[3];
	assert_int_equal(see(&c, h, "/ar/payments", NULL, &page), 200);
	shows(page, "لم تسدد أي مبلغ هنا بعد");
	reference[0] = paid_now(&c, 4250, "Garden permit", "رخصة حديقة");
	reference[1] = paid_now(&c, 1005, "Birth certificate", "شهادة ميلاد");
	shop_jump(c.s, 60 * 86400);
	assert_int_equal(unit_run(c.p->u, session_decide, &c), OK);
	reference[2] = paid_now(&c, 700, "Permit renewed", "تجديد رخصة");
	history_is(&c, h, "year=", "5.955", reference, "123");
	history_is(&c, h, "year=2025", "5.255", reference, "12");
	history_is(&c, h, "year=2026", "0.700", reference, "3");
	history_is(&c, h, "year=2024", NULL, reference, "");
	history_is(&c, h, "q=PERMIT", "4.950", reference, "13");
	history_is(&c, h, "q=%D8%B1%D8%AE%D8%B5%D9%87", "4.950", reference, "13"); /* spelt otherwise */
	history_is(&c, h, "year=2025&q=permit", "4.250", reference, "1");
	history_is(&c, h, "q=R-IGA-2025-000002", "1.005", reference, "2");
	history_is(&c, h, "q=permit+certificate", NULL, reference, "");
	become(&c, c.p->other);
	const char *one = str_c(c.p->u->a, str_fmt(c.p->u->a, "/en/payments/%.*s", STRF(reference[0])));
	assert_int_equal(see(&c, h, "/en/payments", NULL, &page), 200);
	assert_true(str_find(page, reference[0]) < 0);
	assert_int_equal(see(&c, h, one, NULL, &page), 404);
	curl_easy_cleanup(h);
	shop_stop(c.s);
}

static void an_officer_sees_one_payment_whole(void **state)
{
	(void)state;
	struct counter c = start();
	CURL *h = curl_easy_init();
	str page;
	assert_int_equal(choose(c.s, press_pay(&c, h, "en"), "decline", 1), 303);
	assert_int_equal(choose(c.s, press_pay(&c, h, "en"), "succeed", 1), 303);
	shop_now(c.s);
	scheduler_drain(c.p->u->k);
	assert_int_equal(unit_run(c.p->u, officer_decide, &c), OK);
	const char *one =
	    str_c(c.p->u->a, str_fmt(c.p->u->a, "/en/payments/%.*s", STRF(c.o.reference)));
	assert_int_equal(see(&c, h, one, NULL, &page), 200); /* the payer: without the inside */
	assert_true(str_find(page, STR("asset/receivable")) < 0);
	become(&c, c.p->officer);
	const char *const searches[] = {"0002", "%2B97336000000", str_c(c.p->u->a, c.o.reference)};
	for (size_t i = 0; i < COUNT(searches); i++) {
		assert_int_equal(
		    see(&c, h, str_c(c.p->u->a, str_fmt(c.p->u->a, "/en/payments-desk?q=%s", searches[i])),
		        NULL, &page),
		    200);
		shows(page, str_c(c.p->u->a, c.o.reference));
	}
	assert_int_equal(see(&c, h, one, NULL, &page), 200);
	static const char *const parts[] = {
	    "Declined",     "Succeeded",         "asset/receivable/sim-a",
	    "income/fees/", "R-IGA-2025-000001", "0002"};
	for (size_t i = 0; i < COUNT(parts); i++)
		shows(page, parts[i]);
	become(&c, c.p->foreign); /* another body's officer */
	assert_int_equal(see(&c, h, one, NULL, &page), 404);
	curl_easy_cleanup(h);
	shop_stop(c.s);
}

static void a_refund_goes_from_a_cashier_to_an_officer(void **state)
{
	(void)state;
	struct counter c = start();
	CURL *h = curl_easy_init();
	str page;
	assert_int_equal(choose(c.s, press_pay(&c, h, "en"), "succeed", 1), 303);
	shop_now(c.s);
	scheduler_drain(c.p->u->k);
	assert_int_equal(unit_run(c.p->u, officer_decide, &c), OK);
	const char *one =
	    str_c(c.p->u->a, str_fmt(c.p->u->a, "/ar/payments/%.*s", STRF(c.o.reference)));
	const char *ask = str_c(c.p->u->a, str_fmt(c.p->u->a, "%s/refund", one));
	become(&c, c.p->second);
	assert_int_equal(see(&c, h, one, NULL, &page), 200);
	assert_int_equal(see(&c, h, ask, form_of(&c, page, "amount=99999&reason=x"), &page), 422);
	assert_int_equal(see(&c, h, ask, form_of(&c, page, "amount=1.000&reason="), &page), 422);
	assert_int_equal(see(&c, h, ask, form_of(&c, page, "amount=1.000&reason=twice"), &page), 303);
	assert_int_equal(see(&c, h, "/ar/payments-desk", NULL, &page), 200);
	shows(page, "twice");
	become(&c, c.p->officer);
	assert_int_equal(see(&c, h, one, NULL, &page), 200);
	str id = page_between(page, "/ar/refunds/", "\"");
	const char *decide = str_c(c.p->u->a, str_fmt(c.p->u->a, "/ar/refunds/%.*s", STRF(id)));
	assert_int_equal(see(&c, h, decide, form_of(&c, page, "decision=approve"), &page), 303);
	shop_now(c.s);
	scheduler_drain(c.p->u->k);
	assert_int_equal(order_now(c.s, c.o.id).refunded, 1000);
	curl_easy_cleanup(h);
	shop_stop(c.s);
}

/* The text of a PDF, by another program's eyes. */
static str pdf_text(struct counter *c, str pdf)
{
	char path[80], command[160];
	buf b = buf_make(c->p->u->a, (size_t)1024 * 1024);
	char part[4096];
	snprintf(path, sizeof path, "%s/read.pdf", c->p->u->dir);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(pdf.p, 1, pdf.n, f), pdf.n);
	fclose(f);
	snprintf(command, sizeof command, "pdftotext %s - 2>/dev/null", path);
	f = popen(command, "r");
	assert_non_null(f);
	for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
		buf_put(&b, (str){part, n});
	return pclose(f) == 0 ? buf_str(&b) : (str){0};
}

/* proves: PAY-06 */
static void a_receipt_is_genuine_and_a_copy_says_so(void **state)
{
	(void)state;
	struct counter c = start();
	CURL *h = curl_easy_init();
	str pdf, copy, text, page;
	struct document_check k;
	assert_int_equal(choose(c.s, press_pay(&c, h, "en"), "succeed", 1), 303);
	shop_now(c.s);
	scheduler_drain(c.p->u->k);
	assert_int_equal(journal_seal(c.p->u->k, true), OK);
	assert_int_equal(see(&c, h, "/en/receipts/R-IGA-2025-000001", NULL, &pdf), 200);
	str vkey = journal_vkey(c.p->u->k, c.p->u->a);
	document_check(c.p->u->a, pdf, vkey, &k);
	assert_int_equal(k.verdict, DOCUMENT_INTACT);
	assert_str(k.kind, "receipt");
	text = pdf_text(&c, pdf);
	if (text.n) { /* poppler is there */
		shows(text, "R-IGA-2025-000001");
		assert_true(str_find(text, STR("COPY")) < 0);
	}
	char *forged = NEWN(c.p->u->a, char, pdf.n);
	memcpy(forged, pdf.p, pdf.n);
	forged[pdf.n / 3] ^= 1; /* another amount, say */
	document_check(c.p->u->a, (str){forged, pdf.n}, vkey, &k);
	assert_int_not_equal(k.verdict, DOCUMENT_INTACT);
	assert_int_equal(see(&c, h, "/en/receipts/R-IGA-2025-000001?copy=1", NULL, &copy), 200);
	assert_true(str_starts(copy, STR("%PDF-")));
	text = pdf_text(&c, copy);
	if (text.n)
		shows(text, "COPY");
	become(&c, c.p->other);
	assert_int_equal(see(&c, h, "/en/receipts/R-IGA-2025-000001", NULL, &page), 404);
	curl_easy_cleanup(h);
	shop_stop(c.s);
}

static bool file_holds(const char *dir, const char *text)
{
	char command[256];
	snprintf(command, sizeof command, "grep -rqaF '%s' %s", text, dir);
	return system(command) == 0;
}

/* Everything that the database holds, as its own program writes it out: of a server this
 * test's schema, since those of others come and go meanwhile. */
static bool database_holds(struct counter *c, const char *text)
{
	const struct unit *u = c->p->u;
	if (!getenv("DIWAN_TEST_PG"))
		return file_holds(u->dir, text);
	dbc *d = db_reader(u->k->db);
	rows *r = db_query_text(d, STR("SELECT current_schema()"), NULL, 0);
	assert_true(db_next(r));
	str command = str_fmt(u->a, "pg_dump -n '%.*s' -f %s/database.sql '%s'", STRF(db_text(r, 0)),
	                      u->dir, getenv("DIWAN_TEST_PG"));
	db_done(r);
	db_reader_return(d);
	assert_int_equal(system(str_c(u->a, command)), 0);
	return file_holds(u->dir, text);
}

/* proves: PAY-12 */
static void a_card_is_kept_as_a_token_and_forgotten(void **state)
{
	(void)state;
	struct counter c = start();
	CURL *h = curl_easy_init();
	str page;
	char *to = NULL;
	assert_int_equal(visit(&c, h, "en", NULL, &page), 200);
	assert_int_equal(visit(&c, h, "en", form_of(&c, page, "save=1"), &page), 303);
	curl_easy_getinfo(h, CURLINFO_REDIRECT_URL, &to);
	assert_int_equal(choose(c.s, str_dup(c.p->u->a, str_of(to)), "succeed", 1), 303);
	shop_now(c.s);
	scheduler_drain(c.p->u->k);
	assert_int_equal(count(c.s, "SELECT count(*) FROM pay_token WHERE last4 = '0002'"), 1);
	/* The number is nowhere: not with us, not even with the simulator. */
	assert_true(database_holds(&c, "payment.captured")); /* this is how it would be found */
	assert_false(database_holds(&c, "4000000000000002"));
	assert_false(database_holds(&c, "4000 0000 0000 0002"));
	assert_false(file_holds(c.s->sim[0].dir, "4000000000000002"));
	assert_int_equal(count(c.s, "SELECT count(*) FROM journal WHERE data LIKE"
	                            " '%4000000000000002%' OR data LIKE '%tok\\_%' ESCAPE '\\'"),
	                 0);
	/* The next fee: the kept card, without its number. */
	DONE(c.p, DO_WITHDRAW, c.p->citizen, c.id, .text = STR("again"));
	c.id = submitted(c.p, c.p->citizen);
	assert_int_equal(visit(&c, h, "en", NULL, &page), 200);
	shows(page, "Card ending in 0002");
	const char *kept = str_c(c.p->u->a, str_fmt(c.p->u->a, "kept=%lld",
	                                            (long long)count(c.s, "SELECT id FROM pay_token")));
	assert_int_equal(visit(&c, h, "en", form_of(&c, page, kept), &page), 303);
	curl_easy_getinfo(h, CURLINFO_REDIRECT_URL, &to);
	shows(str_of(to), "token=tok_");
	assert_int_equal(choose(c.s, str_dup(c.p->u->a, str_of(to)), "succeed", 1), 303);
	shop_now(c.s);
	scheduler_drain(c.p->u->k);
	assert_str(look_at(c.p, c.id).state, "submitted");
	/* Forgotten by the payer; nobody else can. */
	const char *drop = str_c(c.p->u->a, str_fmt(c.p->u->a, "/en/payments/cards/%s", kept + 5));
	become(&c, c.p->other);
	assert_int_equal(see(&c, h, "/en/bills", NULL, &page), 200);
	become(&c, c.p->citizen);
	assert_int_equal(see(&c, h, "/en/payments", NULL, &page), 200);
	assert_int_equal(see(&c, h, drop, form_of(&c, page, "x=1"), &page), 303);
	assert_int_equal(count(c.s, "SELECT count(*) FROM pay_token"), 0);
	books_whole(c.s);
	curl_easy_cleanup(h);
	shop_stop(c.s);
}

/* proves: PAY-11 */
static void a_dispute_has_a_clock_and_a_bundle(void **state)
{
	(void)state;
	struct counter c = start();
	CURL *h = curl_easy_init();
	str page;
	assert_int_equal(choose(c.s, press_pay(&c, h, "en"), "succeed", 1), 303);
	shop_now(c.s);
	scheduler_drain(c.p->u->k);
	assert_int_equal(journal_seal(c.p->u->k, true), OK);
	assert_int_equal(unit_run(c.p->u, officer_decide, &c), OK);
	become(&c, c.p->officer);
	const char *one =
	    str_c(c.p->u->a, str_fmt(c.p->u->a, "/en/payments/%.*s", STRF(c.o.reference)));
	const char *open = str_c(c.p->u->a, str_fmt(c.p->u->a, "%s/dispute", one));
	assert_int_equal(see(&c, h, one, NULL, &page), 200);
	assert_int_equal(
	    see(&c, h, open, form_of(&c, page, "bank_reference=CB-1&amount=99&reason=x"), &page), 422);
	assert_int_equal(see(&c, h, one, NULL, &page), 200);
	assert_int_equal(
	    see(&c, h, open, form_of(&c, page, "bank_reference=CB-1&amount=1.000&reason=x"), &page),
	    303);
	assert_int_equal(balance(c.s, "asset/disputed/sim-a"), 1000);
	assert_int_equal(see(&c, h, one, NULL, &page), 200);
	shows(page, "Answer due by");
	str id = page_between(page, "/en/disputes/", "/bundle");
	const char *bundle = str_c(c.p->u->a, str_fmt(c.p->u->a, "/en/disputes/%.*s/bundle", STRF(id)));
	str zip;
	assert_int_equal(see(&c, h, bundle, NULL, &zip), 200);
	static const char *const inside[] = {"log.json", "service.json", "journal-proof.json", "CB-1",
	                                     "%PDF-"};
	for (size_t i = 0; i < COUNT(inside); i++)
		assert_true(str_find(zip, str_of(inside[i])) > 0);
	const char *move = str_c(c.p->u->a, str_fmt(c.p->u->a, "/en/disputes/%.*s", STRF(id)));
	assert_int_equal(see(&c, h, move, form_of(&c, page, "to=won"), &page), 303);
	assert_int_equal(balance(c.s, "asset/disputed/sim-a"), 0);
	assert_int_equal(balance(c.s, "asset/receivable/sim-a"), c.o.total);
	struct audit_report r;
	dbc *conn = db_reader(c.p->u->k->db);
	assert_int_equal(payments_audit(c.p->u->k, conn, c.p->u->a, &r), OK);
	db_reader_return(conn);
	assert_int_equal(r.findings, 0);
	books_whole(c.s);
	curl_easy_cleanup(h);
	shop_stop(c.s);
}

/* proves: PAY-13 */
static void a_kiosks_payment_is_counted_as_such(void **state)
{
	(void)state;
	struct counter c = start();
	CURL *h = curl_easy_init();
	str page;
	char *to = NULL;
	str reference = look_at(c.p, c.id).reference;
	const char *path = str_c(
	    c.p->u->a, str_fmt(c.p->u->a, "/ar/applications/%.*s/pay?channel=kiosk", STRF(reference)));
	assert_int_equal(see(&c, h, path, NULL, &page), 200);
	shows(page, "name=\"channel\" value=\"kiosk\"");
	assert_int_equal(see(&c, h, path, form_of(&c, page, "channel=kiosk"), &page), 303);
	curl_easy_getinfo(h, CURLINFO_REDIRECT_URL, &to);
	assert_int_equal(choose(c.s, str_dup(c.p->u->a, str_of(to)), "succeed", 1), 303);
	shop_now(c.s);
	scheduler_drain(c.p->u->k);
	assert_int_equal(unit_run(c.p->u, officer_decide, &c), OK);
	become(&c, c.p->officer);
	assert_int_equal(see(&c, h, "/en/payments-desk", NULL, &page), 200);
	str row = page_between(page, ">Kiosk</th>", "</tr>");
	shows(row, ">1<");
	shows(row, str_c(c.p->u->a, str_fmt(c.p->u->a, "%lld.%03lld", (long long)c.o.total / 1000,
	                                    (long long)c.o.total % 1000)));
	curl_easy_cleanup(h);
	shop_stop(c.s);
}

static void a_fee_is_paid_at_the_counter(void **state)
{
	(void)state;
	struct counter c = start();
	CURL *h = curl_easy_init();
	str page;
	assert_int_equal(unit_run(c.p->u, officer_decide, &c), OK);
	become(&c, c.p->second);
	const char *one =
	    str_c(c.p->u->a, str_fmt(c.p->u->a, "/en/payments/%.*s", STRF(c.o.reference)));
	const char *take = str_c(c.p->u->a, str_fmt(c.p->u->a, "%s/counter", one));
	assert_int_equal(see(&c, h, one, NULL, &page), 200);
	assert_int_equal(see(&c, h, take, form_of(&c, page, "method=cheque&voucher="), &page), 422);
	assert_int_equal(see(&c, h, take, form_of(&c, page, "method=cash&voucher="), &page), 303);
	scheduler_drain(c.p->u->k);
	assert_str(look_at(c.p, c.id).state, "submitted");
	assert_int_equal(count(c.s, "SELECT count(*) FROM pay_order WHERE channel = 'counter'"
	                            " AND method = 'cash'"),
	                 1);
	books_whole(c.s);
	curl_easy_cleanup(h);
	shop_stop(c.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_fee_is_paid_on_the_providers_page),
	    cmocka_unit_test(the_second_tab_is_told_that_it_is_paid),
	    cmocka_unit_test(another_persons_fee_is_not_there),
	    cmocka_unit_test(money_for_a_withdrawn_application_goes_back),
	    cmocka_unit_test(the_sixth_attempt_in_ten_minutes_is_blocked),
	    cmocka_unit_test(a_payer_finds_what_was_paid),
	    cmocka_unit_test(an_officer_sees_one_payment_whole),
	    cmocka_unit_test(a_refund_goes_from_a_cashier_to_an_officer),
	    cmocka_unit_test(a_receipt_is_genuine_and_a_copy_says_so),
	    cmocka_unit_test(a_card_is_kept_as_a_token_and_forgotten),
	    cmocka_unit_test(a_dispute_has_a_clock_and_a_bundle),
	    cmocka_unit_test(a_kiosks_payment_is_counted_as_such),
	    cmocka_unit_test(a_fee_is_paid_at_the_counter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What payers are told: the link that an officer sends to whoever is on the telephone,
 * the receipt by e-mail through a real server, and what the page of one payment shows. */
#include "kernel/ledger/ledger.h"
#include "systems/notify/notify.h"
#include "systems/payments/payments.h"
#include "systems/portal/portal.h"

#define CASE_UNIT_DOCUMENTS
#define CASE_UNIT_ROOM                                                                             \
	&files_organ, &ledger_organ, payments_system.organ, notify_system.organ, portal_system.organ
#define SHOP_MORE &portal_system, NULL
#include "case_unit.h"
#include "payments_unit.h"
#include "ports.h"

#include "app/children.h"
#include "kernel/documents/check.h"
#include "systems/payments/audit/audit.h"
#include "systems/payments/link.h"

#include <dirent.h>


struct call {
	struct shop *s;
	struct people *p;
	int64_t id; /* the case */
	struct order o;
	str cookie;    /* the officer's */
	str reference; /* of the order */
	struct children helpers;
	const char *box; /* of the mail server */
};

static err officer_decide(struct tx *tx, void *ctx)
{
	struct call *c = ctx;
	struct session s;
	err e = role_grant(tx, c->p->officer, STR("finance_officer"), STR("*"), 0);
	e = e ? e : role_grant(tx, c->p->officer, STR("cashier"), STR("*"), 0);
	e = e ? e : session_open(tx, c->p->officer, SESSION_FULL, &s);
	c->cookie = str_dup(c->p->u->a, s.token);
	return e;
}

static err foreign_decide(struct tx *tx, void *ctx)
{
	struct call *c = ctx;
	struct session s;
	err e = role_grant(tx, c->p->foreign, STR("finance_officer"), STR("moh"), 0);
	e = e ? e : session_open(tx, c->p->foreign, SESSION_FULL, &s);
	c->cookie = str_dup(c->p->u->a, s.token);
	return e;
}

static struct order order_of(struct call *c)
{
	dbc *conn = db_reader(c->p->u->k->db);
	struct order o;
	assert_true(order_of_case(conn, c->p->u->a, c->id, &o));
	db_reader_return(conn);
	return o;
}

/* ---- a mail server ---- */

static void mail_start(struct call *c)
{
	arena *a = c->p->u->a;
	int port = port_reserve();
	c->box = str_c(a, str_fmt(a, "%s/box", c->p->u->dir));
	const char *const argv[] = {
	    "/usr/bin/aiosmtpd",         "-n",   "-l", str_c(a, str_fmt(a, "127.0.0.1:%d", port)), "-c",
	    "aiosmtpd.handlers.Mailbox", c->box, NULL};
	assert_true(child_start(&c->helpers, argv, NULL));
	port_wait(port);
	struct config *set = NEW(a, struct config);
	set->value[SETTING_mail_url] = str_fmt(a, "smtp://127.0.0.1:%d", port);
	set->value[SETTING_mail_from] = STR("no-reply@example.bh");
	set->value[SETTING_public_url] = STR("https://services.example");
	c->p->u->k->config = set;
}

/* The mails of the box, one after the other; with `attached`, the first PDF of one. */
static str mails(struct call *c)
{
	arena *a = c->p->u->a;
	buf b = buf_make(a, (size_t)4 * 1024 * 1024);
	const char *dir = str_c(a, str_fmt(a, "%s/new", c->box));
	DIR *d = opendir(dir);
	struct dirent *e;
	char part[4096];
	while (d && (e = readdir(d)) != NULL) {
		FILE *f =
		    e->d_name[0] == '.' ? NULL : fopen(str_c(a, str_fmt(a, "%s/%s", dir, e->d_name)), "rb");
		for (size_t n; f && (n = fread(part, 1, sizeof part, f)) > 0;)
			buf_put(&b, (str){part, n});
		if (f)
			fclose(f);
	}
	if (d)
		closedir(d);
	return buf_str(&b);
}

static size_t times(str s, const char *what)
{
	size_t n = 0;
	for (ptrdiff_t at; (at = str_find(s, str_of(what))) >= 0; n++)
		s = str_sub(s, (size_t)at + 1, s.n);
	return n;
}

/* ---- people ---- */

/* An application to be paid, an officer of finance signed in, a mail server. */
static struct call start(void)
{
	struct shop *s = shop_prepare(1);
	struct call c = {.s = s, .p = people_start()};
	shop_open(s, c.p->u);
	if (access("/usr/bin/aiosmtpd", X_OK) == 0)
		mail_start(&c);
	c.id = submitted(c.p, c.p->citizen);
	assert_int_equal(unit_run(c.p->u, officer_decide, &c), OK);
	c.o = order_of(&c);
	c.reference = c.o.reference;
	return c;
}

static void stop(struct call *c)
{
	struct rebuild_report r;
	struct audit_report u;
	dbc *conn = db_reader(c->p->u->k->db);
	assert_int_equal(payments_audit(c->p->u->k, conn, c->p->u->a, &u), OK);
	db_reader_return(conn);
	assert_int_equal(u.findings, 0);
	assert_int_equal(journal_rebuild(c->p->u->k, c->p->u->a, false, &r), OK);
	assert_int_equal(r.different, 0);
	children_stop(&c->helpers);
	c->p->u->k->config = NULL;
	shop_stop(c->s);
}

static long go(struct call *c, CURL *h, str path, const char *form, str *page)
{
	shop_now(c->s);
	return browse(
	    c->s, h,
	    str_fmt(c->p->u->a, "http://127.0.0.1:%d%.*s", server_port(c->s->server), STRF(path)), form,
	    page);
}

/* The officer's browser: other handles are devices of nobody who is signed in. */
static CURL *officer(struct call *c)
{
	CURL *h = curl_easy_init();
	curl_easy_setopt(h, CURLOPT_COOKIE,
	                 str_c(c->p->u->a, str_fmt(c->p->u->a, "diwan=%.*s", STRF(c->cookie))));
	return h;
}

/* Sends the first form of a page to `to` (or to the page itself); where it leads. */
static long press(struct call *c, CURL *h, str page_path, str to, const char *fields, str *page,
                  str *location)
{
	char *where = NULL;
	arena *a = c->p->u->a;
	assert_int_equal(go(c, h, page_path, NULL, page), 200);
	str csrf = page_between(*page, "name=\"csrf\" value=\"", "\"");
	str key = page_between(*page, "name=\"idempotency_key\" value=\"", "\"");
	long status =
	    go(c, h, to.n ? to : page_path,
	       str_c(a, str_fmt(a, "csrf=%.*s&idempotency_key=%.*s%s", STRF(csrf), STRF(key), fields)),
	       page);
	curl_easy_getinfo(h, CURLINFO_REDIRECT_URL, &where);
	*location = where ? str_dup(a, str_of(where)) : (str){0};
	return status;
}

static void shows(str page, const char *text)
{
	if (str_find(page, str_of(text)) < 0)
		fail_msg("the page does not show %s:\n%.*s", text, STRF(page));
}

static void hides(str page, str text)
{
	if (str_find(page, text) >= 0)
		fail_msg("the page shows %.*s", STRF(text));
}

static void settled(struct call *c)
{
	shop_now(c->s);
	scheduler_drain(c->p->u->k);
}

/* What the payer's inbox says of the newest link, as the payer alone reads it. */
static str link_of_payer(struct call *c)
{
	dbc *conn = db_reader(c->p->u->k->db);
	struct dbv v[] = {D_INT(c->p->citizen)};
	rows *r = db_query_text(conn,
	                        STR("SELECT body FROM notice WHERE recipient = $1 AND message ="
	                            " 'payment-link' ORDER BY id DESC LIMIT 1"),
	                        v, 1);
	str body = db_next(r) ? str_dup(c->p->u->a, db_text(r, 0)) : (str){0};
	db_done(r);
	db_reader_return(conn);
	str token = page_between(body, "/en/pay-link/", "\"");
	assert_int_equal(token.n, LINK_CHARS);
	assert_true(str_find(body, str_cat(c->p->u->a, STR("/ar/pay-link/"), token)) > 0);
	return token;
}

static str send_link(struct call *c, CURL *h)
{
	arena *a = c->p->u->a;
	str page, to, path = str_fmt(a, "/en/payments/%.*s", STRF(c->reference));
	assert_int_equal(press(c, h, path, str_cat(a, path, STR("/link")), "", &page, &to), 303);
	str token = link_of_payer(c);
	assert_int_equal(go(c, h, path, NULL, &page), 200);
	shows(page, "The link was sent to the payer");
	hides(page, token); /* the officer never sees it */
	return token;
}

/* ---- tests ---- */

static void a_payer_on_the_telephone_pays_on_their_own_device(void **state)
{
	(void)state;
	struct call c = start();
	arena *a = c.p->u->a;
	CURL *desk = officer(&c), *phone = curl_easy_init(), *other = curl_easy_init();
	str page, to, token = send_link(&c, desk);
	str path = str_fmt(a, "/ar/pay-link/%.*s", STRF(token));

	/* No card is typed here, and the payer's kept cards are not shown to whoever has the link. */
	assert_int_equal(go(&c, phone, path, NULL, &page), 200);
	shows(page, "dir=\"rtl\"");
	shows(page, "السداد الآن");
	assert_int_equal(times(page, "name=\"kept\"") + times(page, "name=\"save\""), 0);
	assert_int_equal(times(page, "autocomplete=\"cc-"), 0);
	assert_int_equal(press(&c, phone, path, (str){0}, "", &page, &to), 303);
	shows(to, "/ar/pay?payment=");

	/* For one device: another is refused and takes nothing, the first may try again. */
	str english = str_fmt(a, "/en/pay-link/%.*s", STRF(token));
	str elsewhere;
	assert_int_equal(press(&c, other, english, (str){0}, "", &page, &elsewhere), 303);
	hides(elsewhere, STR("/pay?payment="));
	assert_int_equal(go(&c, other, english, NULL, &page), 200);
	shows(page, "opened on another device");
	assert_int_equal(choose(c.s, to, "decline", 1), 303);
	settled(&c);
	assert_int_equal(press(&c, phone, path, (str){0}, "", &page, &to), 303);
	assert_int_equal(choose(c.s, to, "succeed", 1), 303);
	settled(&c);
	struct order o = order_of(&c);
	assert_int_equal(o.captured, o.total);
	assert_str(o.channel, "telephone");
	assert_int_equal(go(&c, phone, english, NULL, &page), 200);
	shows(page, "Paid");
	shows(page, "IGA-2025-000001");

	/* Who asked for it is in the journal; the link itself is nowhere in clear. */
	assert_int_equal(count(c.s, str_c(a, str_fmt(a,
	                                             "SELECT count(*) FROM journal WHERE kind ="
	                                             " 'payment.link_sent' AND actor = %lld",
	                                             (long long)c.p->officer))),
	                 1);
	assert_int_equal(count(c.s, str_c(a, str_fmt(a,
	                                             "SELECT count(*) FROM journal WHERE"
	                                             " CAST(data AS TEXT) LIKE '%%%.*s%%'",
	                                             STRF(token)))),
	                 0);
	curl_easy_cleanup(desk);
	curl_easy_cleanup(phone);
	curl_easy_cleanup(other);
	stop(&c);
}

static void a_link_ends_with_its_time_and_with_a_newer_one(void **state)
{
	(void)state;
	struct call c = start();
	arena *a = c.p->u->a;
	CURL *desk = officer(&c), *phone = curl_easy_init();
	str page, to, first = send_link(&c, desk), second = send_link(&c, desk);
	str path = str_fmt(a, "/en/pay-link/%.*s", STRF(first));
	assert_int_equal(go(&c, phone, path, NULL, &page), 200);
	shows(page, "no longer good");
	assert_int_equal(
	    go(&c, phone, STR("/en/pay-link/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), NULL, &page),
	    404);
	path = str_fmt(a, "/ar/pay-link/%.*s", STRF(second));
	assert_int_equal(go(&c, phone, path, NULL, &page), 200);
	str csrf = page_between(page, "name=\"csrf\" value=\"", "\"");
	str key = page_between(page, "name=\"idempotency_key\" value=\"", "\"");
	shop_jump(c.s, LINK_LIFE / SECOND + 1);
	/* A form that was opened in time and is sent too late. */
	assert_int_equal(
	    go(&c, phone, path,
	       str_c(a, str_fmt(a, "csrf=%.*s&idempotency_key=%.*s", STRF(csrf), STRF(key))), &page),
	    303);
	assert_int_equal(go(&c, phone, path, NULL, &page), 200);
	shows(page, "لم يعد هذا الرابط صالحًا");
	assert_int_equal(order_of(&c).attempts, 0);
	/* Whoever may not take payments sends no links; nobody is sent one for what is paid. */
	CURL *nobody = curl_easy_init();
	path = str_fmt(a, "/en/payments/%.*s/link", STRF(c.reference));
	assert_int_not_equal(go(&c, nobody, path, "x=1", &page), 200);
	assert_int_equal(count_of(c.p, "payment.link_sent"), 2);
	(void)to;
	curl_easy_cleanup(nobody);
	curl_easy_cleanup(desk);
	curl_easy_cleanup(phone);
	stop(&c);
}

/* The PDF of a mail, decoded. */
static str attached(struct call *c, str mail)
{
	str pdf = {0};
	buf b = buf_make(c->p->u->a, (size_t)2 * 1024 * 1024);
	ptrdiff_t at = str_find(mail, STR("Content-Type: application/pdf"));
	if (at < 0)
		fail_msg("no PDF is attached:\n%.*s", STRF(mail));
	str part = str_sub(mail, (size_t)at, mail.n), line;
	while (str_cut(&part, '\n', &line) && str_trim(line).n)
		continue;
	while (str_cut(&part, '\n', &line) && str_trim(line).n && !str_starts(line, STR("--")))
		buf_put(&b, str_trim(line));
	assert_true(str_unbase64(c->p->u->a, buf_str(&b), &pdf));
	return pdf;
}

static str text_of_pdf(struct call *c, str pdf)
{
	char path[96], command[160];
	buf b = buf_make(c->p->u->a, (size_t)1024 * 1024);
	char part[4096];
	snprintf(path, sizeof path, "%s/mailed.pdf", c->p->u->dir);
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
static void a_receipt_comes_by_mail_as_it_was_issued(void **state)
{
	(void)state;
	if (access("/usr/bin/aiosmtpd", X_OK) != 0)
		skip();
	struct call c = start();
	arena *a = c.p->u->a;
	CURL *desk = officer(&c), *phone = curl_easy_init();
	str page, to, token = send_link(&c, desk);
	str path = str_fmt(a, "/en/pay-link/%.*s", STRF(token));
	assert_int_equal(press(&c, phone, path, (str){0}, "", &page, &to), 303);
	assert_int_equal(choose(c.s, to, "succeed", 1), 303);
	settled(&c);
	assert_int_equal(journal_seal(c.p->u->k, true), OK);
	shop_jump(c.s, 6);
	settled(&c);
	str all = mails(&c);
	/* The link and the receipt went to the registered address, the receipt once. */
	assert_true(str_find(all, STR("To: <m@example.org>")) >= 0);
	assert_int_equal(times(all, "Content-Type: application/pdf"), 1);
	assert_true(str_find(all, STR("filename=\"RC-2025-000001.pdf\"")) > 0);
	struct document_check k;
	str pdf = attached(&c, all);
	document_check(a, pdf, journal_vkey(c.p->u->k, a), &k);
	assert_true(k.verdict == DOCUMENT_INTACT);
	assert_str(k.kind, "receipt");
	str text = text_of_pdf(&c, pdf);
	if (text.n) { /* poppler is there */
		shows(text, "R-IGA-2025-000001");
		shows(text, "Receipt");
		shows(text, "إيصال");
		assert_true(str_find(text, STR("COPY")) < 0);
	}
	/* Both languages in the mail, and what can be checked. */
	shows(all, "is attached to this message");
	shows(all, "مرفقًا بهذه الرسالة");
	shows(all, "https://services.example/en/verify/");
	scheduler_drain(c.p->u->k);
	assert_int_equal(times(mails(&c), "Content-Type: application/pdf"), 1);
	curl_easy_cleanup(desk);
	curl_easy_cleanup(phone);
	stop(&c);
}

/* What the square code of a PDF says, read from its picture by another program. */
static str code_of_pdf(struct call *c)
{
	char command[512], said[512] = "";
	snprintf(command, sizeof command,
	         "pdftoppm -r 150 -png %s/mailed.pdf %s/page && zbarimg -q --raw %s/page*.png",
	         c->p->u->dir, c->p->u->dir, c->p->u->dir);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	if (!fgets(said, sizeof said, f))
		fail_msg("no square code was read: %s", command);
	pclose(f);
	return str_trim(str_dup(c->p->u->a, str_of(said)));
}

/* Scanned with a telephone: genuine, with the amount; another amount is another file. */
/* proves: PAY-06 */
static void a_scanned_receipt_is_genuine_and_a_changed_amount_is_not(void **state)
{
	(void)state;
	if (access("/usr/bin/zbarimg", X_OK) != 0 || access("/usr/bin/pdftoppm", X_OK) != 0)
		skip();
	struct call c = start();
	arena *a = c.p->u->a;
	CURL *desk = officer(&c), *phone = curl_easy_init();
	str page, to, pdf, token = send_link(&c, desk);
	str path = str_fmt(a, "/en/pay-link/%.*s", STRF(token));
	assert_int_equal(press(&c, phone, path, (str){0}, "", &page, &to), 303);
	assert_int_equal(choose(c.s, to, "succeed", 1), 303);
	settled(&c);
	assert_int_equal(journal_seal(c.p->u->k, true), OK);
	assert_int_equal(go(&c, desk, STR("/en/receipts/R-IGA-2025-000001"), NULL, &pdf), 200);
	text_of_pdf(&c, pdf); /* leaves it in the folder */
	str url = code_of_pdf(&c);
	ptrdiff_t at = str_find(url, STR("/verify/"));
	assert_true(at > 0);
	path = str_cat(a, STR("/en"), str_sub(url, (size_t)at, url.n));
	assert_int_equal(go(&c, phone, path, NULL, &page), 200);
	shows(page, "The document is genuine and in force");
	shows(page, "RC-2025-000001");
	path = str_cat(a, STR("/ar"), str_sub(url, (size_t)at, url.n));
	assert_int_equal(go(&c, phone, path, NULL, &page), 200);
	shows(page, "الوثيقة صحيحة وسارية");
	/* A code that was never given, and a file with another amount. */
	assert_int_equal(go(&c, phone, STR("/en/verify/7K3F-9QZX-M2TD"), NULL, &page), 200);
	assert_true(str_find(page, STR("RC-2025-000001")) < 0);
	struct document_check k;
	document_check(a, pdf, journal_vkey(c.p->u->k, a), &k);
	assert_true(k.verdict == DOCUMENT_INTACT);
	char *forged = NEWN(a, char, pdf.n);
	memcpy(forged, pdf.p, pdf.n);
	forged[pdf.n / 3] ^= 1;
	document_check(a, (str){forged, pdf.n}, journal_vkey(c.p->u->k, a), &k);
	assert_true(k.verdict != DOCUMENT_INTACT);
	curl_easy_cleanup(desk);
	curl_easy_cleanup(phone);
	stop(&c);
}

/* proves: PAY-19 */
static void all_about_one_payment_is_on_one_page(void **state)
{
	(void)state;
	struct call c = start();
	arena *a = c.p->u->a;
	CURL *desk = officer(&c), *phone = curl_easy_init();
	str page, to, token = send_link(&c, desk);
	str path = str_fmt(a, "/en/pay-link/%.*s", STRF(token));
	assert_int_equal(press(&c, phone, path, (str){0}, "", &page, &to), 303);
	assert_int_equal(choose(c.s, to, "decline", 1), 303);
	settled(&c);
	assert_int_equal(press(&c, phone, path, (str){0}, "", &page, &to), 303);
	assert_int_equal(choose(c.s, to, "twice", 1), 303);
	settled(&c);
	shop_jump(c.s, 6);
	settled(&c);

	/* Found by each of what a caller may know. */
	static const char *const known[] = {"0002", "%2B97336000000", "R-IGA-2025-000001"};
	str own = str_fmt(a, "/en/payments/%.*s", STRF(c.reference));
	for (size_t i = 0; i <= COUNT(known); i++) {
		str q = i < COUNT(known) ? str_of(known[i]) : c.reference;
		assert_int_equal(go(&c, desk, str_cat(a, STR("/en/payments-desk?q="), q), NULL, &page),
		                 200);
		shows(page, str_c(a, str_cat(a, STR("href=\""), str_cat(a, own, STR("\"")))));
	}
	assert_int_equal(go(&c, desk, STR("/en/payments-desk?q=9999"), NULL, &page), 200);
	hides(page, own);

	assert_int_equal(go(&c, desk, own, NULL, &page), 200);
	/* Attempts: the declined one and the one that succeeded. */
	str part = page_between(page, "Attempts</h2>", "</table>");
	shows(part, "Declined");
	shows(part, "Paid");
	shows(part, "0002");
	/* The link, and who asked for it. */
	part = page_between(page, "Links sent to the payer</h2>", "</table>");
	shows(part, "Yusuf Khalid");
	shows(part, "Used");
	/* What the provider said: one refusal, one success, told twice and taken once. */
	part = page_between(page, "What providers said</h2>", "</table>");
	shows(part, "sim-a");
	assert_int_equal(times(part, "<tr"), 1 + count(c.s, "SELECT count(*) FROM pay_message"));
	/* The ledger: what is owed by the provider against the income. */
	part = page_between(page, "Ledger</h2>", "</table>");
	shows(part, "asset/receivable/sim-a");
	shows(part, "income/fees/");
	/* Notices, their way and what became of them. */
	part = page_between(page, "Notices to the payer</h2>", "</table>");
	shows(part, "Link to pay");
	shows(part, "Inbox");
	if (c.box) {
		shows(part, "Document or receipt");
		shows(part, "E-mail");
		shows(part, ">Sent<");
	}
	/* Another body's officer finds nothing of it, and it is not there. */
	c.p->officer = c.p->foreign;
	assert_int_equal(unit_run(c.p->u, foreign_decide, &c), OK);
	CURL *foreign = officer(&c);
	assert_int_equal(go(&c, foreign, STR("/en/payments-desk?q=0002"), NULL, &page), 200);
	hides(page, own);
	assert_int_equal(go(&c, foreign, own, NULL, &page), 404);
	curl_easy_cleanup(foreign);
	curl_easy_cleanup(desk);
	curl_easy_cleanup(phone);
	stop(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_payer_on_the_telephone_pays_on_their_own_device),
	    cmocka_unit_test(a_link_ends_with_its_time_and_with_a_newer_one),
	    cmocka_unit_test(a_receipt_comes_by_mail_as_it_was_issued),
	    cmocka_unit_test(a_scanned_receipt_is_genuine_and_a_changed_amount_is_not),
	    cmocka_unit_test(all_about_one_payment_is_on_one_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

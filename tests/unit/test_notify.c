/* Notices: from events to the inbox, and by SMTP through a real server. */
#include "portal_unit.h"
#include "ports.h"

#include "app/children.h"
#include "kernel/outbox/outbox.h"
#include "systems/notify/notify_in.h"

#include <dirent.h>

static const struct system *const notify[] = {&notify_system};

/* An application of the citizen, sent; returns its case. */
static struct kase applied(struct portal *p, struct visitor *v)
{
	str name = portal_begin(v);
	portal_fill(v, name);
	visit(v, str_fmt(v->w->u->a, "/en/applications/%.*s/check", STRF(name)).p);
	submit(v, str_fmt(v->w->u->a, "/en/applications/%.*s/check", STRF(name)).p, "declare=true");
	assert_int_equal(v->status, 303);
	return portal_kase(p, name);
}

static void what_happens_is_told_in_the_inbox(void **state)
{
	(void)state;
	struct portal p = portal_start_with(notify, 1);
	struct visitor *v = signed_in(p.w, CITIZEN);
	struct kase q = applied(&p, v);
	visit(v, "/en/inbox");
	assert_shows(v, "received");
	assert_shows(v, "1 message not read");
	str id = str_dup(p.w->u->a, between(v->page, "/en/inbox/", "\""));
	const char *target = str_fmt(p.w->u->a, "/en/inbox/%.*s", STRF(id)).p;
	visit(v, target);
	assert_shows(v, "We have received your application");
	assert_shows(v, str_c(p.w->u->a, q.reference));
	str code = str_dup(p.w->u->a, between(v->page, "/notices/check?code=", "\""));
	visit(v, "/en/inbox");
	assert_false(shows(v, "1 message not read"));
	visit(v, str_fmt(p.w->u->a, "/ar/inbox/%.*s", STRF(id)).p);
	assert_shows(v, "استلمنا طلبك");

	struct visitor *other = signed_in(p.w, OTHER);
	visit(other, target);
	assert_int_equal(other->status, 404);
	visit(other, str_fmt(p.w->u->a, "/en/notices/check?code=%.*s", STRF(code)).p);
	assert_shows(other, "Genuine");
	assert_false(shows(other, "Maryam"));
	visit(other, "/en/notices/check?code=0000000000");
	assert_shows(other, "Unknown");

	portal_pay(&p, q.id);
	portal_decide(&p, q.id, "return", "The photograph is blurred");
	visit(v, "/en/inbox");
	assert_shows(v, "something is missing");
	portal_stop(&p);
}

/* The text of a PDF as pdftotext reads it. */
static str text_of_pdf(arena *a, str pdf)
{
	char file[] = "/tmp/diwan-notice.XXXXXX";
	int fd = mkstemp(file);
	assert_true(write(fd, pdf.p, pdf.n) == (ssize_t)pdf.n);
	close(fd);
	FILE *f = popen(str_c(a, str_fmt(a, "pdftotext %s -", file)), "r");
	assert_non_null(f);
	char *text = NEWN(a, char, 65536);
	size_t n = fread(text, 1, 65536, f);
	pclose(f);
	unlink(file);
	return (str){text, n};
}

/* proves: NTF-02 */
static void the_inbox_counts_finds_archives_and_prints(void **state)
{
	(void)state;
	if (access("/usr/bin/pdftotext", X_OK) != 0)
		skip();
	struct portal p = portal_start_with(notify, 1);
	arena *a = p.w->u->a;
	struct visitor *v = signed_in(p.w, CITIZEN), *other = signed_in(p.w, OTHER);
	struct kase q = applied(&p, v);
	visit(v, "/en/inbox");
	assert_shows(v, "1 message not read");
	assert_shows(v, "received");
	str id = str_dup(a, between(v->page, "/en/inbox/", "\""));
	visit(v, "/ar/inbox");
	assert_shows(v, "رسالة واحدة غير مقروءة");
	assert_shows(v, "استلام الطلب");

	/* Search: however it is spelt, in either language, by reference; or nothing. */
	static const char *const found[] = {"/en/inbox?q=RECEIVED",
	                                    "/ar/inbox?q=%D8%A5%D8%B3%D8%AA%D9%84%D8%A7%D9%85",
	                                    "/en/inbox?q=idl-2025"};
	for (size_t i = 0; i < COUNT(found); i++) {
		visit(v, found[i]);
		assert_shows(v, str_c(a, str_cat(a, STR("/inbox/"), id)));
	}
	visit(v, "/en/inbox?q=received+elephant");
	assert_shows(v, "No message has all these words");

	/* On paper: the reference that anyone can ask about, and the square code. */
	const char *one = str_fmt(a, "/en/inbox/%.*s", STRF(id)).p;
	visit(v, one);
	str code = str_dup(a, between(v->page, "/notices/check?code=", "\""));
	visit(v, str_fmt(a, "/en/inbox/%.*s/pdf", STRF(id)).p);
	assert_int_equal(v->status, 200);
	assert_true(str_starts(v->page, STR("%PDF-")));
	str text = text_of_pdf(a, v->page);
	assert_true(str_find(text, code) >= 0);
	assert_true(str_find(text, q.reference) >= 0);
	assert_true(str_find(text, STR("We have received your application")) >= 0);
	assert_true(str_find(text, STR("استلمنا طلبك")) >= 0);
	assert_true(str_find(text, STR("Scan to check that this notice is genuine")) >= 0);
	visit(other, str_fmt(a, "/en/inbox/%.*s/pdf", STRF(id)).p);
	assert_int_equal(other->status, 404);

	/* Put away: out of the inbox and its count, in the archive; and back. */
	const char *put = str_fmt(a, "/en/inbox/%.*s/archive", STRF(id)).p;
	visit(other, "/en/inbox");
	submit(other, put, "");
	assert_int_equal(other->status, 404);
	visit(v, one);
	submit(v, put, "");
	assert_int_equal(v->status, 303);
	visit(v, "/en/inbox");
	assert_shows(v, "No messages");
	visit(v, "/en/inbox?box=archive");
	assert_shows(v, "received");
	visit(v, one);
	submit(v, put, "to=inbox");
	visit(v, "/en/inbox");
	assert_shows(v, "received");
	struct rebuild_report r;
	assert_int_equal(journal_rebuild(p.w->u->k, a, false, &r), OK);
	assert_int_equal(r.different, 0);
	portal_stop(&p);
}

/* ---- mail ---- */

static size_t box_count(const char *box)
{
	DIR *d = opendir(box);
	struct dirent *e;
	size_t n = 0;
	while (d && (e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

static void mail_settings(struct unit *u, struct config *c, int port)
{
	*c = (struct config){0};
	c->value[SETTING_mail_url] = str_fmt(u->a, "smtp://127.0.0.1:%d", port);
	c->value[SETTING_mail_from] = STR("no-reply@example.bh");
	c->value[SETTING_public_url] = STR("https://services.example");
	u->k->config = c;
}

static void mail_waits_for_its_server_and_is_sent_once(void **state)
{
	(void)state;
	if (access("/usr/bin/aiosmtpd", X_OK) != 0)
		skip();
	struct portal p = portal_start_with(notify, 1);
	struct unit *u = p.w->u;
	struct config config;
	struct children helpers = {0};
	int port = port_reserve();
	mail_settings(u, &config, port);
	struct visitor *v = signed_in(p.w, CITIZEN); /* its code is mail of its own */
	applied(&p, v);
	scheduler_drain(u->k);
	dbc *c = db_reader(u->k->db);
	struct outbox_counts before = outbox_counts(c);
	db_reader_return(c);
	assert_true(before.ready >= 2); /* no server: they wait */

	const char *box = str_c(u->a, str_fmt(u->a, "%s/box", u->dir));
	const char *const argv[] = {"/usr/bin/aiosmtpd",
	                            "-n",
	                            "-l",
	                            str_c(u->a, str_fmt(u->a, "127.0.0.1:%d", port)),
	                            "-c",
	                            "aiosmtpd.handlers.Mailbox",
	                            box,
	                            NULL};
	assert_true(child_start(&helpers, argv, NULL));
	port_wait(port);
	for (int i = 0; i < 4; i++) { /* their pauses pass */
		u->now += 1 * HOUR;
		scheduler_drain(u->k);
	}
	assert_int_equal(box_count(str_c(u->a, str_fmt(u->a, "%s/new", box))),
	                 2); /* the code and the notice, once each */
	c = db_reader(u->k->db);
	assert_int_equal(outbox_counts(c).dead, 0);
	db_reader_return(c);
	struct rebuild_report r;
	assert_int_equal(journal_rebuild(u->k, u->a, false, &r), OK);
	assert_int_equal(r.different, 0);
	children_stop(&helpers);
	u->k->config = NULL;
	portal_stop(&p);
}

static void headers_keep_their_words(void **state)
{
	(void)state;
	arena *a = arena_create(UNIT_ARENA_BYTES);
	str text = STR("استلام الطلب رقم \u2068IDL-2026-000042\u2069 وهو سطر طويل يزيد على كلمة واحدة");
	str header = mail_words(a, text), line;
	assert_true(str_eq(mail_words_decoded(a, header), text));
	while (str_cut(&header, '\n', &line))
		assert_true(str_trim(line).n <= 76);
	str sly = mail_words(a, STR("x\r\nBcc: everybody@example.com"));
	assert_true(str_find(sly, STR("\nBcc")) < 0);
	arena_destroy(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_happens_is_told_in_the_inbox),
	    cmocka_unit_test(the_inbox_counts_finds_archives_and_prints),
	    cmocka_unit_test(mail_waits_for_its_server_and_is_sent_once),
	    cmocka_unit_test(headers_keep_their_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

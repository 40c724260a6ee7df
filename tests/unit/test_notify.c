/* Notices: from events to the inbox, and by SMTP through a real server. */
#include "portal_unit.h"

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

static int port_free(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	getsockname(fd, (struct sockaddr *)&at, &n);
	close(fd);
	return ntohs(at.sin_port);
}

static bool answers(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons((uint16_t)port),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool up = connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
	close(fd);
	return up;
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
	int port = port_free();
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
	for (int i = 0; i < 100 && !answers(port); i++)
		usleep(100000);
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
	    cmocka_unit_test(mail_waits_for_its_server_and_is_sent_once),
	    cmocka_unit_test(headers_keep_their_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

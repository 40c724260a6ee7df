/* What happens on the page while files are looked into: nobody else waits, nothing that
 * was answered is lost, and the scanner has its say. On PostgreSQL when DIWAN_TEST_PG
 * names a server. */
#include "portal_unit.h"

#include "kernel/files/examine.h"
#include "kernel/files/scan.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#define UPLOADS 4

static const char *at(struct portal *p, const char *fmt, str name)
{
	str rest = str_of(fmt), before = {0};
	str_cut(&rest, '*', &before);
	return str_fmt(p->w->u->a, "%.*s%.*s%.*s", STRF(before), STRF(name), STRF(rest)).p;
}

static int64_t millis(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static str picture(void)
{
	return (str){(const char *)portal_png, sizeof portal_png};
}

/* Sends a picture on a connection of its own, and does not wait. */
static int begin_upload(struct visitor *v, const char *target, int no)
{
	arena *a = v->w->u->a;
	str body = str_fmt(
	    a,
	    "--BB\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n%.*s\r\n"
	    "--BB\r\nContent-Disposition: form-data; name=\"idempotency_key\"\r\n\r\nupload-%d\r\n"
	    "--BB\r\nContent-Disposition: form-data; name=\"photograph\"; filename=\"me.png\"\r\n"
	    "Content-Type: image/png\r\n\r\n",
	    STRF(visitor_hidden(v, "csrf")), no);
	body = str_cat(a, str_cat(a, body, picture()), STR("\r\n--BB--\r\n"));
	str head = str_fmt(a,
	                   "POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
	                   "Content-Type: multipart/form-data; boundary=BB\r\nContent-Length: %zu\r\n%s\r\n",
	                   target, body.n, visitor_headers(v, ""));
	str all = str_cat(a, head, body);
	int fd = site_connect(v->w);
	assert_int_equal(send(fd, all.p, all.n, MSG_NOSIGNAL), all.n);
	return fd;
}

/* A draft that is answered up to the photograph. */
static str draft_at_photograph(struct portal *p, struct visitor *v)
{
	str name = portal_begin(v);
	visit(v, at(p, "/en/applications/*/form/when", name));
	submit(v, at(p, "/en/applications/*/form/when", name),
	       "lost_on-day=20&lost_on-month=11&lost_on-year=2025&place=Manama");
	assert_int_equal(v->status, 303);
	return name;
}

static void nobody_waits_for_the_files_of_others(void **state)
{
	struct portal p = portal_start();
	struct visitor *v = signed_in(p.w, CITIZEN), *other = signed_in(p.w, OTHER);
	str name = draft_at_photograph(&p, v), why = {0};
	const char *form = at(&p, "/en/applications/*/form/photograph", name);
	struct confine *examiner = p.w->u->k->examiner;
	int fd[UPLOADS], unexamined = 0, pages = 0;
	(void)state;
	visit(v, form);
	assert_int_equal(confine_start(examiner, &why), OK);
	int64_t asked = confine_counts(examiner).asked;
	kill(confine_counts(examiner).pid, SIGSTOP); /* whoever asks it now hangs */
	for (int i = 0; i < UPLOADS; i++)
		fd[i] = begin_upload(v, form, i);
	for (int i = 0; i < 6000 && confine_counts(examiner).asked == asked; i++)
		usleep(10 * 1000); /* until the first hangs */
	/* Pages come while they hang: until the first of them is given up. */
	for (int64_t from = millis(); millis() - from < 3000; pages++) {
		visit(other, "/en/applications");
		assert_int_equal(other->status, 200);
		if (confine_counts(examiner).failed)
			break;
	}
	assert_true(pages > 0);
	for (int i = 0; i < UPLOADS; i++) {
		str answer = site_read(p.w, fd[i], SITE_WAIT);
		close(fd[i]);
		bool told = str_find(answer, STR("could not be examined")) >= 0;
		assert_int_equal(status_of(answer), told ? 422 : 303);
		unexamined += told;
	}
	assert_in_range(unexamined, 1, CONFINE_RUNNING_MAX);
	/* What was answered before is there, and a new try succeeds. */
	visit(v, at(&p, "/en/applications/*/form/when", name));
	assert_shows(v, "Manama");
	visit(v, form);
	submit_file(v, form, "photograph", "me.png", picture());
	assert_int_equal(v->status, 303);
	portal_stop(&p);
}

static void the_page_says_it_in_arabic(void **state)
{
	struct portal p = portal_start();
	struct visitor *v = signed_in(p.w, CITIZEN);
	str name = draft_at_photograph(&p, v);
	const char *form = at(&p, "/ar/applications/*/form/photograph", name);
	struct kernel *k = p.w->u->k;
	struct confine_options nowhere = {.role = &examine_role, .program = "/nowhere/diwan"};
	struct confine *good = k->examiner;
	(void)state;
	visit(v, form);
	k->examiner = confine_open(p.w->u->a, &nowhere);
	submit_file(v, form, "photograph", "me.png", picture());
	k->examiner = good;
	assert_int_equal(v->status, 422);
	assert_shows(v, "تعذّر فحص الملف المختار");
	submit_file(v, form, "photograph", "me.png", STR("\x89PNG\r\n\x1a\n and no more"));
	assert_int_equal(v->status, 422);
	assert_shows(v, "تالف أو غير مكتمل");
	portal_stop(&p);
}

/* ---- the scanner ---- */

struct scanner_stub {
	pthread_t thread;
	int listening;
	char address[48];
};

/* Finds something in every file. */
static void *find_always(void *ctx)
{
	struct scanner_stub *s = ctx;
	for (int fd; (fd = accept(s->listening, NULL, NULL)) >= 0; close(fd)) {
		static const char line[] = "stream: Test.Virus-1 FOUND";
		char byte;
		str end = {"\0\0\0\0", 4};
		char last[4] = {1, 1, 1, 1};
		while (memcmp(last, end.p, 4) != 0 && read(fd, &byte, 1) == 1) {
			memmove(last, last + 1, 3);
			last[3] = byte;
		}
		if (send(fd, line, sizeof line, MSG_NOSIGNAL) < 0)
			break;
		shutdown(fd, SHUT_WR);
		while (read(fd, &byte, 1) == 1)
			continue;
	}
	return NULL;
}

static void stub_start(struct scanner_stub *s)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof to;
	s->listening = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(s->listening, (struct sockaddr *)&to, n), 0);
	assert_int_equal(listen(s->listening, 4), 0);
	getsockname(s->listening, (struct sockaddr *)&to, &n);
	snprintf(s->address, sizeof s->address, "tcp:127.0.0.1:%d", ntohs(to.sin_port));
	assert_int_equal(pthread_create(&s->thread, NULL, find_always, s), 0);
}

/* proves: POR-04 */
static void a_virus_is_told_and_nothing_else_is_lost(void **state)
{
	struct portal p = portal_start();
	struct visitor *v = signed_in(p.w, CITIZEN);
	str name = draft_at_photograph(&p, v), why = {0};
	const char *form = at(&p, "/en/applications/*/form/photograph", name);
	struct scanner_stub s;
	struct kernel *k = p.w->u->k;
	(void)state;
	stub_start(&s);
	k->scanner = scanner_open(p.w->u->a, str_of(s.address), true, &why);
	visit(v, form);
	submit_file(v, form, "photograph", "me.png", picture());
	assert_int_equal(v->status, 422);
	assert_shows(v, "A virus was found in the selected file");
	dbc *c = db_reader(k->db);
	rows *r = db_query_text(
	    c, STR("SELECT subject, data FROM journal WHERE kind = 'file.infected'"), NULL, 0);
	assert_true(db_next(r));
	assert_int_equal(db_int(r, 0), p.citizen);
	assert_true(str_find(db_text(r, 1), STR("Test.Virus-1")) >= 0);
	assert_false(db_next(r));
	db_done(r);
	db_reader_return(c);
	k->scanner = NULL;
	visit(v, at(&p, "/en/applications/*/form/when", name));
	assert_shows(v, "Manama");
	visit(v, form);
	submit_file(v, form, "photograph", "me.png", picture());
	assert_int_equal(v->status, 303);
	shutdown(s.listening, SHUT_RDWR);
	pthread_join(s.thread, NULL);
	close(s.listening);
	portal_stop(&p);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nobody_waits_for_the_files_of_others),
	    cmocka_unit_test(the_page_says_it_in_arabic),
	    cmocka_unit_test(a_virus_is_told_and_nothing_else_is_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

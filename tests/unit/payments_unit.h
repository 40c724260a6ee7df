/* Payments in a fresh platform, with the provider's simulator running as another
 * process on a free port, and a browser's part played with libcurl. */
#ifndef PAYMENTS_UNIT_H
#define PAYMENTS_UNIT_H

#include "kernel_unit.h"

#include "kernel/journal.h"
#include "kernel/documents/documents.h"
#include "kernel/ledger/ledger.h"
#include "kernel/outbox/outbox.h"
#include "systems/payments/order.h"
#include "systems/payments/payments.h"
#include "web/server.h"

#include <curl/curl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

/* More systems on the server: a list that ends in NULL. */
#ifndef SHOP_MORE
#define SHOP_MORE NULL
#endif

#define TEST_TIME      1764000000 /* that of case_unit.h; no midnight is near */
#define SIMULATORS_MAX 2
#define WAIT_SECONDS   120 /* for what takes one on an idle machine */
#define SECRET         "whsec_c2ltdWxhdGVkIHNlY3JldCBmb3IgdGVzdHM="

struct simulator {
	pid_t pid;
	int port;
	char dir[64];
};

struct shop {
	struct unit *u;
	struct server *server;
	struct messages *texts;
	struct simulator sim[SIMULATORS_MAX];
	int n_sim;
	char clock_file[80];
	int64_t offset; /* seconds that the clock was moved */
};

/* As a whole: who reads it meanwhile has the text before or this one. */
static void file_write(const char *path, const char *text)
{
	char next[128];
	snprintf(next, sizeof next, "%s.next", path);
	FILE *f = fopen(next, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	chmod(next, 0600);
	assert_int_equal(rename(next, path), 0);
}

/* The program beside this test's. */
static void diwan_path(char *out, size_t max)
{
	ssize_t n = readlink("/proc/self/exe", out, max - 8);
	assert_true(n > 0);
	out[n] = '\0';
	char *name = strrchr(out, '/');
	snprintf(name, 8, "/diwan");
}

/* A child that plays the provider. */
static void simulator_start(struct shop *s, struct simulator *m)
{
	char diwan[512], port[256], data[256], secret[512], file[256], clock[256];
	diwan_path(diwan, sizeof diwan);
	snprintf(m->dir, sizeof m->dir, "/tmp/diwan-sim.XXXXXX");
	assert_non_null(mkdtemp(m->dir));
	snprintf(file, sizeof file, "%s/secret", m->dir);
	file_write(file, SECRET "\n");
	snprintf(secret, sizeof secret, "--provider-secret-file=%s", file);
	snprintf(data, sizeof data, "--data-dir=%s", m->dir);
	snprintf(port, sizeof port, "--port-file=%s/port", m->dir);
	snprintf(clock, sizeof clock, "--clock-offset=%s", s->clock_file);
	m->pid = fork();
	if (m->pid == 0) {
		char *argv[] = {
		    diwan, "simulator", "provider",         "--listen=127.0.0.1:0", data, secret, port,
		    clock, "--late=40", "--request-log=no", "--log-level=warn",     NULL};
		prctl(PR_SET_PDEATHSIG, SIGTERM); /* not to outlive a test that was killed */
		if (freopen("/dev/null", "w", stdout))
			execv(diwan, argv);
		_exit(9);
	}
	assert_true(m->pid > 0);
	snprintf(file, sizeof file, "%s/port", m->dir);
	for (int i = 0; i < 50 * WAIT_SECONDS && access(file, R_OK) != 0; i++)
		nanosleep(&(struct timespec){0, 20 * 1000000}, NULL);
	FILE *f = fopen(file, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &m->port), 1);
	fclose(f);
}

static void simulator_stop(struct simulator *m)
{
	char command[128];
	if (m->pid) {
		kill(m->pid, SIGTERM);
		waitpid(m->pid, NULL, 0);
	}
	m->pid = 0;
	snprintf(command, sizeof command, "rm -rf %s", m->dir);
	assert_int_equal(system(command), 0);
}

/* ---- a browser ---- */

static size_t browser_take(char *p, size_t size, size_t n, void *ctx)
{
	buf_put(ctx, (str){p, size * n});
	return size * n;
}

static long browse(struct shop *s, CURL *c, str url, const char *post, str *page)
{
	buf b = buf_make(s->u->a, (size_t)1024 * 1024);
	long status = 0;
	curl_easy_setopt(c, CURLOPT_URL, str_c(s->u->a, url));
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_COOKIEFILE, "");
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)WAIT_SECONDS);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, browser_take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &b);
	if (post)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, post);
	else
		curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
	if (curl_easy_perform(c) == CURLE_OK)
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	*page = buf_str(&b);
	return status;
}

/* Until they have sent whatever is due: a message that was taken has done its work here. */
static void providers_rest(struct shop *s)
{
	for (int i = 0; i < s->n_sim; i++) {
		if (!s->sim[i].pid)
			continue;
		str url = str_fmt(s->u->a, "http://127.0.0.1:%d/metrics", s->sim[i].port), figures;
		bool rests = false;
		CURL *c = curl_easy_init();
		for (int n = 0; !rests && n < 100 * WAIT_SECONDS; n++) {
			arena_mark m = arena_save(s->u->a);
			if (n)
				nanosleep(&(struct timespec){0, 10 * 1000000}, NULL);
			rests = browse(s, c, url, NULL, &figures) == 200 &&
			        str_find(figures, STR("\ndiwan_jobs_due 0\n")) >= 0 &&
			        str_find(figures, STR("\ndiwan_jobs_running 0\n")) >= 0;
			arena_rewind(s->u->a, m);
		}
		curl_easy_cleanup(c);
		if (!rests)
			fail_msg("the provider at %.*s does not come to rest", STRF(url));
	}
}

/* ---- time ---- */

static void shop_now(struct shop *s)
{
	s->u->now = clock_now(clock_system()) + s->offset * SECOND;
}

/* Both programs' clocks go on together. */
__attribute__((unused)) static void shop_jump(struct shop *s, int64_t seconds)
{
	char text[32];
	s->offset += seconds;
	snprintf(text, sizeof text, "%lld\n", (long long)s->offset);
	file_write(s->clock_file, text);
	shop_now(s);
	providers_rest(s);
}

/* ---- the platform ---- */

struct put {
	struct provider_order p;
};

static err provider_decide(struct tx *tx, void *ctx)
{
	return provider_put(tx, &((struct put *)ctx)->p);
}

static void provider_add(struct shop *s, const char *id, int port, int64_t weight)
{
	struct put p = {{.id = str_of(id),
	                 .adapter = STR("hosted"),
	                 .url = str_fmt(s->u->a, "http://127.0.0.1:%d", port),
	                 .secret = STR(SECRET),
	                 .name_en = str_of(id),
	                 .name_ar = STR("مزود"),
	                 .methods = STR("card wallet"),
	                 .weight = weight}};
	assert_int_equal(unit_run(s->u, provider_decide, &p), OK);
}

static void shop_serve(struct shop *s)
{
	static const struct system *const systems[] = {&payments_system, SHOP_MORE};
	struct diags d = diags_make(s->u->a, (str){0});
	s->texts = messages_load(s->u->a, &d);
	struct server_options o = {
	    .k = s->u->k,
	    .listen = STR("127.0.0.1:0"),
	    .threads = 2,
	    .systems = systems,
	    .n_systems = COUNT(systems) - 1, /* the last is NULL */
	    .texts = s->texts,
	    .templates = templates_load(s->u->a, s->texts, (str){0}, &d),
	    .currency = STR("BHD"),
	    .quiet = true,
	};
	str why = {0};
	if (d.errors || server_start(s->u->a, &o, &s->server, &why) != OK)
		fail_msg("%.*s %.*s", STRF(why), STRF(diags_print(s->u->a, &d)));
}

/* Clock and `sims` simulators; before there are threads. Time goes on from TEST_TIME, whatever
 * the day and the hour are. */
static struct shop *shop_prepare(int sims)
{
	static struct shop shop;
	struct shop *s = &shop;
	char text[32];
	int64_t offset = TEST_TIME - clock_now(clock_system()) / SECOND;
	*s = (struct shop){.n_sim = sims, .offset = offset};
	snprintf(s->clock_file, sizeof s->clock_file, "/tmp/diwan-clock.XXXXXX");
	close(mkstemp(s->clock_file));
	snprintf(text, sizeof text, "%lld\n", (long long)offset);
	file_write(s->clock_file, text);
	for (int i = 0; i < sims; i++)
		simulator_start(s, &s->sim[i]);
	return s;
}

/* The simulators become the providers "sim-a" and "sim-b" of the platform. */
static void shop_open(struct shop *s, struct unit *u)
{
	s->u = u;
	shop_now(s);
	for (int i = 0; i < s->n_sim; i++)
		provider_add(s, i ? "sim-b" : "sim-a", s->sim[i].port, 100);
	shop_serve(s);
}

__attribute__((unused)) static struct shop *shop_start(int sims)
{
	static const struct organ *organs[4];
	struct shop *s = shop_prepare(sims);
	organs[0] = &ledger_organ;
	organs[1] = &files_organ; /* receipts */
	organs[2] = &documents_organ;
	organs[3] = payments_system.organ;
	shop_open(s, unit_start(organs, 4));
	return s;
}

__attribute__((unused)) static void shop_stop(struct shop *s)
{
	server_stop(s->server, 2);
	for (int i = 0; i < s->n_sim; i++)
		simulator_stop(&s->sim[i]);
	unlink(s->clock_file);
	unit_stop(s->u);
}

/* ---- orders ---- */

struct ask {
	struct order_request q;
	int64_t id;
};

static err ask_decide(struct tx *tx, void *ctx)
{
	struct ask *k = ctx;
	return order_create(tx, &k->q, &k->id);
}

__attribute__((unused)) static int64_t order_make(struct shop *s, int64_t amount)
{
	struct line l = {.entity = STR("iga"),
	                 .service = STR("card"),
	                 .label_en = STR("Card"),
	                 .label_ar = STR("بطاقة"),
	                 .gl = STR("4110"),
	                 .amount = amount};
	struct ask k = {{.origin = STR("api"),
	                 .entity = STR("iga"),
	                 .service = STR("card"),
	                 .title_en = STR("Card"),
	                 .title_ar = STR("بطاقة"),
	                 .currency = STR("BHD"),
	                 .line = &l,
	                 .n = 1},
	                0};
	assert_int_equal(unit_run(s->u, ask_decide, &k), OK);
	return k.id;
}

__attribute__((unused)) static struct order order_now(struct shop *s, int64_t id)
{
	struct order o;
	dbc *c = db_reader(s->u->k->db);
	assert_true(order_get(c, s->u->a, id, &o));
	db_reader_return(c);
	return o;
}

struct beginning {
	int64_t order;
	const char *method;
	struct attempt t;
};

static err begin_decide(struct tx *tx, void *ctx)
{
	struct beginning *b = ctx;
	return attempt_begin(tx, b->order, str_of(b->method), &b->t);
}

__attribute__((unused)) static err pay_begin(struct shop *s, int64_t order, struct attempt *t)
{
	struct beginning b = {order, "", {0}};
	err e = unit_run(s->u, begin_decide, &b);
	*t = b.t;
	return e;
}

/* The provider's page for an attempt. */
__attribute__((unused)) static str pay_url(struct shop *s, const struct attempt *t)
{
	struct provider p;
	struct order o = order_now(s, t->order);
	dbc *c = db_reader(s->u->k->db);
	assert_true(provider_find(s->u->k, c, s->u->a, t->provider, &p));
	db_reader_return(c);
	struct checkout k = {
	    .attempt = t->id,
	    .amount = t->amount,
	    .reference = o.reference,
	    .currency = t->currency,
	    .method = t->method,
	    .lang = STR("en"),
	    .payee_en = STR("iGA"),
	    .payee_ar = STR("الهيئة"),
	    .back = str_fmt(s->u->a, "http://127.0.0.1:%d/en/back", server_port(s->server)),
	    .notify = str_fmt(s->u->a, "http://127.0.0.1:%d/hooks/payments/%.*s",
	                      server_port(s->server), STRF(p.id)),
	    .now = s->u->now,
	    .expires = t->expires,
	};
	str url;
	assert_int_equal(p.adapter->redirect(s->u->a, &p, &k, &url), OK);
	return url;
}

/* ---- pages ---- */

__attribute__((unused)) static str page_between(str s, const char *before, const char *after)
{
	ptrdiff_t at = str_find(s, str_of(before));
	if (at < 0)
		return (str){0};
	s = str_sub(s, (size_t)at + strlen(before), s.n);
	ptrdiff_t end = str_find(s, str_of(after));
	return str_sub(s, 0, end < 0 ? s.n : (size_t)end);
}

/* The payer at the provider: opens the page, chooses. `times`: how often the form is
 * sent (a double click, or another tab). Returns the last status. */
__attribute__((unused)) static long choose(struct shop *s, str url, const char *outcome, int times)
{
	CURL *c = curl_easy_init();
	str page;
	long status = browse(s, c, url, NULL, &page);
	str csrf = page_between(page, "name=\"csrf\" value=\"", "\"");
	for (int i = 0; status == 200 && i < times; i++) {
		const char *form =
		    str_c(s->u->a, str_fmt(s->u->a, "csrf=%.*s&card=4000+0000+0000+0002&outcome=%s",
		                           STRF(csrf), outcome));
		status = browse(s, c, url, form, &page);
		if (status == 303)
			status = i + 1 < times ? 200 : 303;
	}
	curl_easy_cleanup(c);
	providers_rest(s);
	return status;
}

/* Signed sums of a simulator's statement for an order: what it took and gave back. */
__attribute__((unused)) static int64_t statement_sum(struct shop *s, const struct simulator *m,
                                                     str order)
{
	int64_t sum = 0;
	for (int day = -1; day <= 1; day++) {
		CURL *c = curl_easy_init();
		str page, line, day_text = date_print(s->u->a, s->u->now / DAY + day);
		str url = str_fmt(s->u->a, "http://127.0.0.1:%d/api/statements/%.*s.csv", m->port,
		                  STRF(day_text));
		assert_int_equal(browse(s, c, url, NULL, &page), 200);
		curl_easy_cleanup(c);
		while (str_cut(&page, '\n', &line)) {
			str cell[8] = {{0}};
			for (int i = 0; i < 8 && str_cut(&line, ',', &cell[i]); i++)
				continue;
			money amount;
			currency bhd;
			currency_find(STR("BHD"), &bhd);
			if (str_eq(cell[3], order) && money_parse(cell[4], bhd, &amount))
				sum += amount.minor;
		}
	}
	return sum;
}

/* Lets time pass until the order is settled one way or the other, at most `steps`. */
__attribute__((unused)) static void settle(struct shop *s, int64_t order, int steps)
{
	for (int i = 0; i < steps; i++) {
		shop_now(s);
		scheduler_drain(s->u->k);
		struct order o = order_now(s, order);
		struct attempt t;
		dbc *c = db_reader(s->u->k->db);
		bool open = attempt_open(c, s->u->a, order, &t);
		db_reader_return(c);
		if (!open && !str_eq(o.state, STR("unknown")) && !str_eq(o.state, STR("paid")))
			return;
		shop_jump(s, 61);
	}
}

__attribute__((unused)) static int64_t count(struct shop *s, const char *sql)
{
	dbc *c = db_reader(s->u->k->db);
	rows *r = db_query_text(c, str_of(sql), NULL, 0);
	int64_t n = db_next(r) ? db_int(r, 0) : -1;
	db_done(r);
	assert_int_equal(db_error(c), OK);
	db_reader_return(c);
	return n;
}

__attribute__((unused)) static int64_t balance(struct shop *s, const char *purpose)
{
	struct ledger_balance b;
	dbc *c = db_reader(s->u->k->db);
	ledger_balance_of(c, STR("iga"), STR("BHD"), str_of(purpose), &b);
	db_reader_return(c);
	return b.debits - b.credits;
}

/* The books balance, explain themselves, and come out of the journal again. */
__attribute__((unused)) static void books_whole(struct shop *s)
{
	struct ledger_report r;
	struct rebuild_report b;
	dbc *c = db_reader(s->u->k->db);
	ledger_check(c, s->u->a, &r);
	db_reader_return(c);
	if (r.faults)
		fail_msg("%.*s", STRF(r.first));
	assert_int_equal(journal_rebuild(s->u->k, s->u->a, false, &b), OK);
	if (b.different)
		fail_msg("rebuilt otherwise: %.*s", STRF(b.first_different));
}

#endif

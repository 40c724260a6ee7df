/*
 * cmd_serve.c - the running platform: database, web server, scheduler, and how
 * it stops: refuse new requests, finish those under way, flush the outbox.
 */
#include "app/commands.h"
#include "app/demo.h"
#include "app/open.h"
#include "app/pack_start.h"
#include "app/systems.h"
#include "base/heap.h"
#include "base/log.h"
#include "kernel/confine/confine.h"
#include "kernel/files/scan.h"
#include "kernel/outbox/outbox.h"
#include "kernel/signer/signer.h"
#include "web/server.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STOP_SECONDS    20
#define TIDY_SECONDS    10 /* how often free memory goes back to the system: a millisecond */
#define HELPERS_SECONDS 60 /* for the programs of a trial to listen */

struct service_run {
	struct opened o;
	struct messages *texts;
	struct templates *templates;
	struct server *server;
	struct children helpers; /* of a trial */
};

/* Before any thread: all of them inherit the mask, sigtimedwait alone receives. */
static void block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static bool texts_load(struct service_run *s)
{
	struct diags d = diags_make(s->o.a, (str){0});
	s->texts = messages_load(s->o.a, &d);
	s->templates = templates_load(s->o.a, s->texts, (str){0}, &d);
	if (d.errors)
		fprintf(stderr, "%.*s", STRF(diags_print(s->o.a, &d)));
	return !d.errors;
}

static json *banner(arena *a, const struct config *c)
{
	str en = config_text(c, SETTING_banner_en), ar = config_text(c, SETTING_banner_ar);
	if (!en.n && !ar.n && config_flag(c, SETTING_demo)) {
		en = STR("A trial with invented people. Nothing here has any legal effect.");
		ar = STR("نسخة تجريبية بأشخاص وهميين، ولا أثر قانونيًا لما يرد فيها.");
	}
	if (!en.n && !ar.n)
		return NULL;
	json *v = json_object(a);
	json_set_str(a, v, "en", en.n ? en : ar);
	json_set_str(a, v, "ar", ar.n ? ar : en);
	return v;
}

static int serve(struct service_run *s)
{
	const struct config *c = &s->o.config;
	const struct pack *p = pack_current(s->o.k);
	struct server_options so = {
	    .k = s->o.k,
	    .listen = config_text(c, SETTING_listen),
	    .public_url = config_text(c, SETTING_public_url),
	    .threads = (int)config_number(c, SETTING_threads),
	    .connections = (int)config_number(c, SETTING_connections),
	    .systems = app_systems,
	    .n_systems = app_systems_count,
	    .texts = s->texts,
	    .templates = s->templates,
	    .utc_offset = pack_utc_offset(s->o.k),
	    .currency = str_dup(s->o.a, str_of(pack_currency(s->o.k).code)),
	    .trust_proxy = config_flag(c, SETTING_trust_proxy),
	    .form_targets = config_text(c, SETTING_provider_url),
	    .security_contact = config_text(c, SETTING_security_contact),
	    .editors = config_text(c, SETTING_editors),
	    .banner = banner(s->o.a, c),
	    .demo = p && config_flag(c, SETTING_demo) ? p->demo : NULL,
	    .quiet = !config_flag(c, SETTING_request_log),
	};
	str why = {0};
	if (server_start(s->o.a, &so, &s->server, &why) != OK) {
		fprintf(stderr, "diwan: cannot serve: %.*s\n", STRF(why));
		return EXIT_FAILED;
	}
	log_event(LOG_INFO, "server.ready", L_INT("port", server_port(s->server)));
	return EXIT_OK;
}

static void greet(const struct service_run *s)
{
	str url = config_text(&s->o.config, SETTING_public_url);
	if (url.n)
		printf("Diwan is ready at %.*s/\n", STRF(url));
	else
		printf("Diwan is ready at http://127.0.0.1:%d/\n", server_port(s->server));
}

/* What the first upload would find out too late. */
static int confine(struct service_run *s)
{
	str why = {0};
	struct scanner *scanner = s->o.k->scanner;
	if (scanner && !scanner_ping(scanner, s->o.a, &why)) /* it may be starting, too */
		log_event(LOG_ERROR, "scanner.silent", L_STR("why", why));
	if (confine_start(s->o.k->examiner, &why) == OK && signer_start(s->o.k->signer, &why) == OK)
		return EXIT_OK;
	fprintf(stderr, "diwan: cannot serve: %.*s\n", STRF(why));
	return EXIT_FAILED;
}

static int run(struct service_run *s, const sigset_t *signals)
{
	bool demo = config_flag(&s->o.config, SETTING_demo);
	if (demo)
		demo_helpers(&s->o, &s->helpers);
	int e = confine(s);
	if (!e)
		e = pack_start(&s->o);
	if (!e)
		e = texts_load(s) ? serve(s) : EXIT_FAILED;
	if (e)
		return e;
	if (scheduler_start(s->o.k) != OK) {
		fputs("diwan: the scheduler's threads cannot be started\n", stderr);
		server_stop(s->server, 0);
		return EXIT_FAILED;
	}
	heap_give_back();
	heap_forget_start();
	children_wait(&s->helpers, HELPERS_SECONDS);
	greet(s);
	if (demo && pack_current(s->o.k))
		demo_greet(pack_current(s->o.k)->demo);
	fflush(stdout);
	int got;
	const struct timespec pause = {.tv_sec = TIDY_SECONDS};
	while ((got = sigtimedwait(signals, NULL, &pause)) < 0)
		heap_give_back();
	log_event(LOG_INFO, "server.stopping", L_INT("signal", got));
	server_stop(s->server, STOP_SECONDS);
	return EXIT_OK;
}

int cmd_serve(int argc, char **argv)
{
	struct service_run s = {0};
	sigset_t signals;
	block_signals(&signals);
	heap_few();
	int e = app_settings(&argc, argv, &s.o);
	if (!e && argc > 1)
		e = help_wrong("serve", "an unknown word", argv[1]);
	if (!e)
		e = app_open_set(OPEN_MIGRATE, &s.o);
	if (!e)
		e = run(&s, &signals);
	children_stop(&s.helpers);
	app_close(&s.o);
	return e;
}

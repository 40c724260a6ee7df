/*
 * cmd_simulator.c - diwan simulator provider: the payment provider of trials, as a
 * program beside the platform, with a database of its own.
 */
#include "app/commands.h"
#include "app/open.h"
#include "base/log.h"
#include "kernel/identity/organ.h"
#include "kernel/outbox/outbox.h"
#include "systems/payments/simulator/simulator.h"
#include "web/server.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct provider_run {
	arena *a;
	struct config config;
	struct kernel *k;
	struct server *server;
	clock_source clock;
	int64_t late; /* seconds; -1: as it was set before */
	const char *port_file;
};

static bool words_read(int argc, char **argv, struct provider_run *p)
{
	p->late = -1;
	p->clock = clock_system();
	if (argc < 2 || strcmp(argv[1], "provider") != 0)
		return false;
	for (int i = 2; i < argc; i++) {
		str s = str_of(argv[i]);
		if (str_starts(s, STR("--late=")) && str_i64(str_sub(s, 7, s.n), &p->late))
			continue;
		if (str_starts(s, STR("--port-file=")))
			p->port_file = argv[i] + 12;
		else if (str_starts(s, STR("--clock-offset=")))
			p->clock = clock_offset_file(argv[i] + 15);
		else
			return false;
	}
	return true;
}

static err settings_decide(struct tx *tx, void *ctx)
{
	const struct provider_run *p = ctx;
	return p->late < 0 ? OK : simulator_set(tx, STR("late"), p->late);
}

static bool open_kernel(struct provider_run *p)
{
	static const struct organ *organs[2]; /* the kernel keeps the list */
	organs[0] = &identity_organ;
	organs[1] = simulator_system.organ;
	str dir = str_cat(p->a, config_text(&p->config, SETTING_data_dir), STR("/simulator"));
	str why = {0};
	struct kernel_options o = {
	    .database = str_fmt(p->a, "sqlite:%.*s/simulator.db", STRF(dir)),
	    .data_dir = dir,
	    .clock = p->clock,
	    .organs = organs,
	    .n_organs = COUNT(organs),
	    .config = &p->config,
	    .migrate = true,
	};
	mkdir(str_c(p->a, config_text(&p->config, SETTING_data_dir)), 0700);
	if (kernel_open(&o, &p->k, &why) != OK) {
		fprintf(stderr, "diwan: the simulator cannot be opened: %.*s\n", STRF(why));
		return false;
	}
	struct action act = {.k = p->k, .a = p->a, .decide = settings_decide, .ctx = p};
	return kernel_run(&act) == OK;
}

static bool serve(struct provider_run *p)
{
	static const struct system *const systems[] = {&simulator_system};
	struct diags d = diags_make(p->a, (str){0});
	struct messages *texts = messages_load(p->a, &d);
	struct server_options o = {
	    .k = p->k,
	    .listen = config_text(&p->config, SETTING_listen),
	    .threads = 2,
	    .systems = systems,
	    .n_systems = 1,
	    .texts = texts,
	    .templates = templates_load(p->a, texts, (str){0}, &d),
	    .utc_offset = 3 * 3600,
	    .currency = STR("BHD"),
	    .form_targets = STR("http: https:"), /* back to whoever sent the payer */
	    .quiet = !config_flag(&p->config, SETTING_request_log),
	};
	str why = {0};
	if (!d.errors && server_start(p->a, &o, &p->server, &why) == OK)
		return true;
	fprintf(stderr, "diwan: the simulator cannot serve: %.*s%.*s\n", STRF(why),
	        STRF(diags_print(p->a, &d)));
	return false;
}

/* Whole or not at all, for whoever waits for it. */
static bool port_tell(struct provider_run *p)
{
	printf("The payment simulator is ready at http://127.0.0.1:%d/\n", server_port(p->server));
	fflush(stdout);
	if (!p->port_file)
		return true;
	const char *part = str_c(p->a, str_fmt(p->a, "%s.part", p->port_file));
	FILE *f = fopen(part, "w");
	if (!f)
		return false;
	fprintf(f, "%d\n", server_port(p->server));
	return fclose(f) == 0 && rename(part, p->port_file) == 0;
}

static int run(struct provider_run *p, const sigset_t *signals)
{
	int got;
	if (!config_text(&p->config, SETTING_provider_secret_file).n) {
		fputs("diwan: the simulator needs --provider-secret-file=FILE\n", stderr);
		return EXIT_BAD_USE;
	}
	if (!open_kernel(p) || !serve(p) || scheduler_start(p->k) != OK || !port_tell(p))
		return EXIT_FAILED;
	sigwait(signals, &got);
	server_stop(p->server, 2);
	return EXIT_OK;
}

int cmd_simulator(int argc, char **argv)
{
	struct provider_run p = {0};
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (!app_config(&argc, argv, &p.a, &p.config))
		return EXIT_BAD_USE;
	int e = words_read(argc, argv, &p) ? run(&p, &signals)
	                                   : help_wrong("simulator", "an unknown word", argv[argc - 1]);
	kernel_close(p.k);
	arena_destroy(p.a);
	return e;
}

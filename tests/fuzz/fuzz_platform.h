/* The whole platform with the pack of Bahrain, in a folder of its own, for targets that need
 * one (the working folder is the root of the sources). Started once, never stopped. */
#ifndef FUZZ_PLATFORM_H
#define FUZZ_PLATFORM_H

#include "app/systems.h"
#include "kernel/pack/pack.h"
#include "web/server.h"

#include <stdio.h>
#include <stdlib.h>

#define PLATFORM_ARENA_BYTES ((size_t)1024 * 1024 * 1024)

struct platform {
	arena *a;
	struct kernel *k;
	struct server *s;
	char dir[64];
};

struct platform_pack {
	struct pack_source s;
	const struct pack *p;
};

static struct platform *platform_made;

static void platform_remove(void)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", platform_made->dir);
	if (system(command)) /* the folder stays: nothing to be done about it */
		perror(platform_made->dir);
}

static err platform_put(struct tx *tx, void *ctx)
{
	const struct platform_pack *x = ctx;
	return pack_put(tx, &x->s, x->p);
}

static void platform_kernel(struct platform *p)
{
	const struct organ **organs = NEWN(p->a, const struct organ *, APP_ORGANS_MAX);
	struct kernel_options o = {.database = str_fmt(p->a, "sqlite:%s/fuzz.db", p->dir),
	                           .data_dir = str_of(p->dir),
	                           .clock = clock_system(),
	                           .organs = organs,
	                           .n_organs = app_organs(organs),
	                           .migrate = true};
	struct diags d = diags_make(p->a, STR("pack"));
	struct platform_pack x;
	str why = {0};
	if (kernel_open(&o, &p->k, &why) || pack_read_folder(p->a, "packs/bahrain", &x.s, &d))
		abort();
	x.p = pack_check(p->a, &x.s, &d);
	struct action act = {.k = p->k, .a = p->a, .decide = platform_put, .ctx = &x};
	if (!x.p || kernel_run(&act) || pack_refresh(p->k, &why)) {
		fprintf(stderr, "%.*s%.*s\n%.*s\n", STRF(diags_print(p->a, &d)), STRF(act.fault.detail),
		        STRF(why));
		abort();
	}
}

static void platform_server(struct platform *p)
{
	struct diags d = diags_make(p->a, (str){0});
	const struct messages *texts = messages_load(p->a, &d);
	struct server_options o = {.k = p->k,
	                           .listen = STR("127.0.0.1:0"),
	                           .systems = app_systems,
	                           .n_systems = app_systems_count,
	                           .texts = texts,
	                           .templates = templates_load(p->a, texts, (str){0}, &d),
	                           .utc_offset = 3 * 3600,
	                           .currency = STR("BHD"),
	                           .quiet = true};
	str why = {0};
	if (server_start(p->a, &o, &p->s, &why))
		abort();
}

static struct platform *platform(void)
{
	if (platform_made)
		return platform_made;
	arena *a = arena_create(PLATFORM_ARENA_BYTES);
	struct platform *p = NEW(a, struct platform);
	p->a = a;
	snprintf(p->dir, sizeof p->dir, "/tmp/diwan-fuzz.XXXXXX");
	if (!mkdtemp(p->dir))
		abort();
	platform_made = p;
	atexit(platform_remove);
	platform_kernel(p);
	platform_server(p);
	return p;
}

#endif

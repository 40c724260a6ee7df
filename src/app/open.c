#include "app/open.h"

#include "app/systems.h"
#include "app/tzfiles.h"
#include "base/log.h"
#include "kernel/i18n/i18n.h"

#include <stdio.h>
#include <unistd.h>

#define COMMAND_ARENA_BYTES ((size_t)1024 * 1024 * 1024)

str app_database(arena *a, const struct config *c)
{
	str url = config_text(c, SETTING_database);
	if (url.n)
		return url;
	return str_fmt(a, "sqlite:%.*s/diwan.db", STRF(config_text(c, SETTING_data_dir)));
}

static void log_level(const struct config *c)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};
	for (int i = 0; i < 4; i++)
		if (str_eq(config_text(c, SETTING_log_level), str_of(names[i])))
			log_level_set((enum log_level)i);
}

bool app_config(int *argc, char **argv, arena **a, struct config *c)
{
	*a = arena_create(COMMAND_ARENA_BYTES);
	if (!*a) {
		fputs("diwan: out of memory\n", stderr);
		return false;
	}
	struct diags d = diags_make(*a, (str){0});
	err e = config_load(*a, NULL, environ, argc, argv, c, &d);
	if (d.first)
		fprintf(stderr, "%.*s", STRF(diags_print(*a, &d)));
	log_level(c);
	return e == OK;
}

int app_settings(int *argc, char **argv, struct opened *o)
{
	*o = (struct opened){0};
	return app_config(argc, argv, &o->a, &o->config) ? EXIT_OK : EXIT_BAD_USE;
}

int app_open_at(enum open_how how, clock_source clock, struct opened *o)
{
	const struct organ **organs = NEWN(o->a, const struct organ *, APP_ORGANS_MAX);
	size_t n = app_organs(organs);
	str moved = config_text(&o->config, SETTING_clock_offset_file);
	struct kernel_options options = {
	    .database = app_database(o->a, &o->config),
	    .data_dir = config_text(&o->config, SETTING_data_dir),
	    .clock = clock.now ? clock
	             : moved.n ? clock_offset_file(str_c(o->a, moved))
	                       : clock_system(),
	    .organs = organs,
	    .n_organs = n,
	    .config = &o->config,
	    .migrate = how == OPEN_MIGRATE || how == OPEN_EMPTY,
	    .read_only = how == OPEN_READ || how == OPEN_EMPTY,
	};
	str why = {0};
	if (kernel_open(&options, &o->k, &why) != OK) {
		fprintf(stderr, "diwan: the platform cannot be opened: %.*s\n", STRF(why));
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

int app_open_set(enum open_how how, struct opened *o)
{
	return app_open_at(how, (clock_source){0}, o);
}

int app_open(int *argc, char **argv, enum open_how how, struct opened *o)
{
	int e = app_settings(argc, argv, o);
	return e ? e : app_open_set(how, o);
}

void app_close(struct opened *o)
{
	kernel_close(o->k);
	arena_destroy(o->a);
	*o = (struct opened){0};
}

str app_error_text(arena *a, err code)
{
	struct diags d = diags_make(a, (str){0});
	const struct messages *texts = messages_load(a, &d);
	str key = str_fmt(a, "error.%s", err_find(code)->name), hint = str_cat(a, key, STR(".hint"));
	str what = message_raw(texts, LANG_EN, key, 0);
	if (!message_known(texts, hint))
		return what;
	return str_fmt(a, "%.*s %.*s", STRF(what), STRF(message_raw(texts, LANG_EN, hint, 0)));
}

json *app_json(arena *a, const char *path)
{
	str text;
	json_error e = {0};
	if (!file_slurp(a, path, JSON_MAX_BYTES, &text)) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return NULL;
	}
	json *v = json_parse(a, text, &e);
	if (!v)
		fprintf(stderr, "%s:%u:%u: %.*s\n", path, e.line, e.col, STRF(e.what));
	return v;
}

int app_run(struct opened *o, err (*decide)(struct tx *tx, void *ctx), void *ctx)
{
	struct action act = {
	    .k = o->k, .a = o->a, .decide = decide, .ctx = ctx, .actor = {.channel = STR("cli")}};
	err e = kernel_run(&act);
	if (e == OK)
		return EXIT_OK;
	fprintf(stderr, "diwan: %.*s\n", STRF(app_error_text(o->a, act.fault.code)));
	if (act.fault.detail.n)
		fprintf(stderr, "  %.*s%s%.*s\n", STRF(act.fault.field), act.fault.field.n ? ": " : "",
		        STRF(act.fault.detail));
	return err_find(e)->retryable ? EXIT_FAILED : EXIT_NO;
}

/* cmd_pack.c - a country's data, for its authors and operators. */
#include "app/commands.h"
#include "app/pack_new.h"
#include "app/pack_start.h"
#include "app/pack_try.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- check ---- */

static json *diags_json(arena *a, const struct diags *d)
{
	static const char *const name[] = {"note", "warning", "error"};
	json *list = json_array(a);
	for (const struct diag *g = d->first; g; g = g->next) {
		json *v = json_object(a);
		json_set_str(a, v, "severity", str_of(name[g->severity]));
		json_set_str(a, v, "file", g->file);
		json_set_int(a, v, "line", g->line);
		json_set_int(a, v, "column", g->col);
		json_set_str(a, v, "rule", g->rule);
		json_set_str(a, v, "what", g->what);
		json_set_str(a, v, "hint", g->hint);
		json_set_str(a, v, "element", g->element);
		json_push(list, v);
	}
	return list;
}

static void tell_json(arena *a, const struct pack *p, const struct diags *d)
{
	json *v = json_object(a);
	json_set_bool(a, v, "valid", p != NULL);
	if (p) {
		json_set_str(a, v, "id", p->id);
		json_set_str(a, v, "version", p->version);
		json_set_str(a, v, "hash", p->hash);
	}
	json_set_int(a, v, "errors", (int64_t)d->errors);
	json_set(a, v, "diagnostics", diags_json(a, d));
	buf b = buf_make(a, PACK_MAX_BYTES);
	json_write(&b, v, 2);
	printf("%.*s\n", STRF(buf_str(&b)));
}

static size_t executable(const struct pack *p)
{
	size_t n = 0;
	for (size_t i = 0; i < p->n_services; i++)
		n += p->services[i].definition != NULL;
	return n;
}

static void tell(const struct pack *p)
{
	printf("%.*s %.*s, hash %.*s\n%zu services, of which %zu can be applied for; %zu decisions\n",
	       STRF(p->id), STRF(p->version), STRF(p->hash), p->n_services, executable(p),
	       p->n_decisions);
}

static int check(const char *folder, bool as_json)
{
	arena *a = arena_create(PACK_CHECK_ARENA_BYTES);
	struct diags d = diags_make(a, str_of(folder));
	struct pack_source s;
	struct pack *p = NULL;
	if (pack_read_folder(a, folder, &s, &d) == OK)
		p = pack_check(a, &s, &d);
	if (as_json)
		tell_json(a, p, &d);
	else
		fprintf(stderr, "%.*s", STRF(diags_print(a, &d)));
	if (p && !as_json)
		tell(p);
	else if (!p && !as_json)
		fprintf(stderr, "%s: %zu errors\n", folder, d.errors);
	arena_destroy(a);
	return p ? EXIT_OK : EXIT_NO;
}

/* ---- try ---- */

struct tally {
	size_t good, bad;
};

static void told(void *ctx, const struct trial_result *r)
{
	struct tally *t = ctx;
	t->good += !r->trouble.n;
	t->bad += r->trouble.n > 0;
	printf("%s %.*s: %.*s\n", r->trouble.n ? "FAILED" : "ok    ", STRF(r->service),
	       STRF(r->scenario));
	if (r->trouble.n)
		printf("       %.*s\n", STRF(r->trouble));
	fflush(stdout);
}

/* The folder of the pack that a bare service means. */
static str pack_folder(const struct config *c)
{
	str set = config_text(c, SETTING_pack);
	if (set.n)
		return set;
	return access("pack.json", R_OK) == 0 ? STR(".") : STR("packs/bahrain");
}

static int try(str service, int *argc, char **argv)
{
	arena *settings = NULL, *a = arena_create(PACK_CHECK_ARENA_BYTES);
	struct config c;
	struct pack_source s;
	struct tally t = {0};
	str why = {0};
	int e = app_config(argc, argv, &settings, &c) ? EXIT_OK : EXIT_BAD_USE;
	log_level_set(LOG_ERROR);
	struct pack *p = e ? NULL : pack_from_folder(a, str_c(a, pack_folder(&c)), &s);
	if (!e && !p)
		e = EXIT_NO;
	if (p && service.n && !pack_service(p, service)) {
		fprintf(stderr, "diwan: the pack has no service \"%.*s\"\n", STRF(service));
		e = EXIT_NO;
	}
	if (!e && !pack_try(a, &c, &s, p, service, told, &t, &why))
		e = EXIT_NO;
	if (why.n)
		fprintf(stderr, "diwan: the trial cannot be made: %.*s\n", STRF(why));
	if (p)
		printf("%zu scenarios went as written, %zu did not\n", t.good, t.bad);
	arena_destroy(a);
	arena_destroy(settings);
	return e;
}

/* ---- new ---- */

static int new (str service, int *argc, char **argv)
{
	arena *settings = NULL, *a = arena_create(PACK_CHECK_ARENA_BYTES);
	struct config c;
	struct pack_source s;
	str why = {0};
	int e = app_config(argc, argv, &settings, &c) ? EXIT_OK : EXIT_BAD_USE;
	const char *folder = e ? NULL : str_c(a, pack_folder(&c));
	struct pack *p = folder ? pack_from_folder(a, folder, &s) : NULL;
	if (!e && (!p || !pack_new(a, folder, p, service, &why)))
		e = EXIT_NO;
	if (why.n)
		fprintf(stderr, "diwan: %.*s\n", STRF(why));
	if (!e)
		printf("%s/services/%.*s is a service that works. Change it, and look:\n"
		       "  diwan pack check %s\n  diwan pack try %.*s --pack=%s\n",
		       folder, STRF(service), folder, STRF(service), folder);
	arena_destroy(a);
	arena_destroy(settings);
	return e;
}

/* ---- the platform's own ---- */

static int load(const char *folder, int *argc, char **argv)
{
	arena *a = arena_create(PACK_CHECK_ARENA_BYTES);
	struct opened o = {0};
	struct pack_source s;
	struct pack *p = pack_from_folder(a, folder, &s);
	int e = p ? app_open(argc, argv, OPEN_MIGRATE, &o) : EXIT_NO;
	if (p && !e)
		e = pack_into_force(&o, &s, p);
	if (p && !e)
		tell(pack_current(o.k));
	if (p)
		app_close(&o);
	arena_destroy(a);
	return e;
}

static int show(int *argc, char **argv)
{
	struct opened o = {0};
	str why = {0};
	int e = app_open(argc, argv, OPEN_READ, &o);
	if (!e && pack_refresh(o.k, &why)) {
		fprintf(stderr, "diwan: %.*s\n", STRF(why));
		e = EXIT_FAILED;
	}
	const struct pack *p = e ? NULL : pack_current(o.k);
	if (p) {
		tell(p);
		for (size_t i = 0; i < p->n_services; i++)
			if (p->services[i].definition)
				printf("  %.*s version %lld\n", STRF(p->services[i].id),
				       (long long)p->services[i].version);
	} else if (!e) {
		puts("No pack is in force: diwan pack load FOLDER.");
		e = EXIT_NO;
	}
	app_close(&o);
	return e;
}

int cmd_pack(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "", *target = NULL;
	bool as_json = false;
	int n = 1;
	/* Settings (--data-dir=...) are left for app_open. */
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			as_json = true;
		else if (argv[i][0] != '-' && !target)
			target = argv[i];
		else
			argv[n++] = argv[i];
	}
	argc = n;
	if (strcmp(verb, "check") == 0 && target && argc == 1)
		return check(target, as_json);
	if (strcmp(verb, "load") == 0 && target)
		return load(target, &argc, argv);
	if (strcmp(verb, "new") == 0 && target)
		return new (str_of(target), &argc, argv);
	if (strcmp(verb, "try") == 0)
		return try(str_of(target), &argc, argv);
	if (strcmp(verb, "show") == 0 && !target)
		return show(&argc, argv);
	return help_wrong("pack", "unknown words, or a missing folder", verb);
}

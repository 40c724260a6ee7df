/* cmd_platform.c - commands about the platform as a whole: migrate, config, routes. */
#include "app/commands.h"
#include "app/open.h"
#include "app/systems.h"

#include <stdio.h>
#include <string.h>

int cmd_migrate(int argc, char **argv)
{
	struct opened o;
	int e = app_settings(&argc, argv, &o);
	if (!e && argc > 1)
		e = help_wrong("migrate", "an unknown word", argv[1]);
	if (!e)
		e = app_open_set(OPEN_MIGRATE, &o);
	if (!e)
		puts("The database is at this version.");
	app_close(&o);
	return e;
}

static void config_show(arena *a, const struct config *c, bool as_json)
{
	json *list = json_array(a);
	for (int i = 0; i < SETTING_COUNT; i++) {
		enum setting s = (enum setting)i;
		str value = setting_secret(s) && c->value[i].n ? STR("(kept secret)") : c->value[i];
		json *one = json_push(list, json_object(a));
		json_set_str(a, one, "name", str_of(setting_name(s)));
		json_set_str(a, one, "value", value);
		json_set_str(a, one, "from", c->origin[i]);
		if (!as_json)
			printf("%-22s %-40.*s %.*s\n", setting_name(s), STRF(value), STRF(c->origin[i]));
	}
	if (as_json)
		printf("%.*s\n", STRF(json_print(a, list)));
}

int cmd_config(int argc, char **argv)
{
	arena *a = NULL;
	struct config c;
	if (!app_config(&argc, argv, &a, &c)) {
		arena_destroy(a);
		return EXIT_BAD_USE;
	}
	const char *verb = argc > 1 ? argv[1] : "show";
	bool as_json = argc > 2 && strcmp(argv[2], "--json") == 0;
	int e = EXIT_OK;
	if (strcmp(verb, "show") == 0)
		config_show(a, &c, as_json);
	else if (strcmp(verb, "check") == 0)
		puts("The settings are right.");
	else
		e = help_wrong("config", "show or check, not", verb);
	arena_destroy(a);
	return e;
}

static void routes_print(const json *list)
{
	for (const json *r = list->first; r; r = r->next)
		printf("%-4.*s %-44.*s %-15.*s %.*s\n", STRF(json_str(r, "method")),
		       STRF(json_str(r, "path")), STRF(json_str(r, "permission")),
		       STRF(json_str(r, "doc")));
}

int cmd_routes(int argc, char **argv)
{
	bool as_json = argc > 1 && strcmp(argv[1], "--json") == 0;
	if (argc > 1 && !as_json)
		return help_wrong("routes", "an unknown word", argv[1]);
	arena *a = arena_create((size_t)64 * 1024 * 1024);
	if (!a)
		return EXIT_FAILED;
	json *list = routes_json(a, app_systems, app_systems_count);
	if (as_json)
		printf("%.*s\n", STRF(json_print(a, list)));
	else
		routes_print(list);
	arena_destroy(a);
	return EXIT_OK;
}

#include "app/commands.h"
#include "app/open.h"
#include "base/embed.h"

#include <stdio.h>
#include <string.h>

const struct command_entry commands[] = {
#define COMMAND(name, function, doc) {#name, function, doc},
#include "app/commands.def"
#undef COMMAND
};
const size_t commands_count = sizeof commands / sizeof *commands;

static bool help_text(const char *name, str *out)
{
	char path[128];
	snprintf(path, sizeof path, "src/app/help/%s.txt", name);
	return embed_find(str_of(path), out);
}

bool help_print(const char *name)
{
	str text;
	if (!help_text(name, &text))
		return false;
	printf("%.*s", STRF(text));
	return true;
}

int help_wrong(const char *name, const char *what, const char *word)
{
	str text = {0}, usage = {0};
	fprintf(stderr, "diwan %s: %s%s%s\n", name, what, word ? ": " : "", word ? word : "");
	if (help_text(name, &text)) { /* its first paragraph is the usage */
		ptrdiff_t end = str_find(text, STR("\n\n"));
		usage = str_sub(text, 0, end < 0 ? text.n : (size_t)end + 1);
		fprintf(stderr, "%.*s", STRF(usage));
	}
	fprintf(stderr, "More: diwan help %s\n", name);
	return EXIT_BAD_USE;
}

static void overview(void)
{
	puts("usage: diwan COMMAND [WORDS] [--setting=value]\n\n"
	     "Diwan runs a government's services and proves every figure it publishes.\n\n"
	     "Commands:");
	for (size_t i = 0; i < commands_count; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].doc);
	puts("\nBegin: diwan serve --demo --pack packs/bahrain\n"
	     "Help:  diwan help COMMAND, diwan help settings, diwan help exit");
}

static void settings(void)
{
	puts("Settings: in a file given by --config or DIWAN_CONFIG (name = value), in the\n"
	     "environment (DIWAN_NAME=value), or as flags (--name=value); the later wins.\n");
	for (int i = 0; i < SETTING_COUNT; i++)
		printf("  %-22s %s\n", setting_name((enum setting)i), setting_doc((enum setting)i));
}

int cmd_help(int argc, char **argv)
{
	if (argc < 2) {
		overview();
		return EXIT_OK;
	}
	if (strcmp(argv[1], "settings") == 0) {
		settings();
		return EXIT_OK;
	}
	if (strcmp(argv[1], "--all") == 0) { /* for the manual page */
		for (size_t i = 0; i < commands_count; i++) {
			printf("\f%s\n%s\n", commands[i].name, commands[i].doc);
			help_print(commands[i].name);
		}
		puts("\fsettings");
		settings();
		return EXIT_OK;
	}
	if (help_print(argv[1]))
		return EXIT_OK;
	fprintf(stderr, "diwan: there is no command \"%s\"; \"diwan help\" lists them\n", argv[1]);
	return EXIT_BAD_USE;
}

int cmd_version(int argc, char **argv)
{
	bool as_json = argc > 1 && strcmp(argv[1], "--json") == 0;
	if (argc > 1 && !as_json)
		return help_wrong("version", "an unknown word", argv[1]);
	puts(as_json ? "{\"name\":\"diwan\",\"version\":\"" DIWAN_VERSION "\"}"
	             : "diwan " DIWAN_VERSION);
	return EXIT_OK;
}

#include "app/commands.h"
#include "app/open.h"
#include "kernel/files/examine.h"
#include "kernel/signer/signer.h"

#include <stdio.h>
#include <string.h>

static bool wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

/* What runs confined: started by the program itself, for no one to call. */
static const struct confine_role *const roles[] = {&examine_role, &signer_role};

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "help";
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	if (strcmp(name, "--version") == 0)
		name = "version";
	if (strcmp(name, CONFINE_WORD) == 0)
		confine_main(argc - 1, argv + 1, roles, COUNT(roles));
	for (size_t i = 0; i < commands_count; i++) {
		if (strcmp(commands[i].name, name) != 0)
			continue;
		if (argc > 2 && wants_help(argc - 1, argv + 1) && help_print(name))
			return EXIT_OK;
		return commands[i].run(argc > 1 ? argc - 1 : argc, argc > 1 ? argv + 1 : argv);
	}
	fprintf(stderr, "diwan: there is no command \"%s\"; \"diwan help\" lists them\n", name);
	return EXIT_BAD_USE;
}

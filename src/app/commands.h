/*
 * commands.h - the program's commands, one table made from commands.def.
 *
 * A command gets argv[0] = its name. It answers with an exit code of open.h.
 * Its help stands in help/NAME.txt: usage, what it does, examples. A test holds
 * that every command has one and that its examples name the command.
 */
#ifndef APP_COMMANDS_H
#define APP_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

struct command_entry {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *doc;
};
extern const struct command_entry commands[];
extern const size_t commands_count;

#define COMMAND(name, function, doc) int function(int argc, char **argv);
#include "app/commands.def"
#undef COMMAND

/* Prints help/NAME.txt to standard output; false when there is none. */
bool help_print(const char *name);
/* Usage told on standard error after a wrong word; returns EXIT_BAD_USE. */
int help_wrong(const char *name, const char *what, const char *word);

#endif

/*
 * open.h - a command's way to the platform: settings read, database opened.
 *
 * What is wrong is told on standard error, in words that say how to mend it.
 */
#ifndef APP_OPEN_H
#define APP_OPEN_H

#include "kernel/kernel.h"

/* Exit codes of all commands (diwan help exit). */
enum {
	EXIT_OK = 0,
	EXIT_NO = 1,      /* done, and the answer is no: a check failed */
	EXIT_BAD_USE = 2, /* the words of the command, or the settings */
	EXIT_FAILED = 3,  /* it could not be done: database, disk, network */
};

struct opened {
	arena *a; /* for the command's own use */
	struct config config;
	struct kernel *k;
};

enum open_how {
	OPEN_READ,  /* no writer thread, nothing changes */
	OPEN_WRITE, /* refuses a database whose migrations are missing */
	OPEN_MIGRATE,
	OPEN_EMPTY,        /* migrates, and no writer thread: for a restore */
};

/* Settings only. False after telling why. */
bool app_config(int *argc, char **argv, arena **a, struct config *c);
/* The settings alone into a fresh *o, for commands that look at their words before a
 * database is touched; then app_open_set(). Both return an exit code. */
int app_settings(int *argc, char **argv, struct opened *o);
int app_open_set(enum open_how how, struct opened *o);
/* The same with another clock, for replays. */
int app_open_at(enum open_how how, clock_source clock, struct opened *o);
/* Settings and kernel at once. Returns an exit code, EXIT_OK when *o is open. */
int app_open(int *argc, char **argv, enum open_how how, struct opened *o);
void app_close(struct opened *o);
/* The setting, or sqlite:DATA_DIR/diwan.db. */
str app_database(arena *a, const struct config *c);
/* The JSON of a file, or NULL after telling FILE:LINE:COLUMN and what is wrong. */
json *app_json(arena *a, const char *path);
/* Runs a decide function as the platform, on channel "cli"; tells a refusal. */
int app_run(struct opened *o, err (*decide)(struct tx *tx, void *ctx), void *ctx);
/* The text of an error in English, with its hint. */
str app_error_text(arena *a, err code);

#endif

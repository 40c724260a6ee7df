/*
 * config.h - what the operator set, from a file, the environment and flags.
 *
 * The list, with defaults and meanings, is settings.def. A file has lines
 * "name = value" ('#' begins a comment line). Unknown names and values that do
 * not fit are errors that name where they stand and what would do. A secret is
 * never a value: it is a file, which only its owner may read.
 *
 * Immutable after config_load; thread safety: any thread.
 */
#ifndef KERNEL_CONFIG_H
#define KERNEL_CONFIG_H

#include "base/diag.h"
#include "base/err.h"

#define CONFIG_MAX_BYTES ((size_t)64 * 1024)
#define CONFIG_ARGS_MAX  64

#define SETTING(name, kind, otherwise, doc) SETTING_##name,
enum setting {
#include "kernel/config/settings.def"
	SETTING_COUNT
};
#undef SETTING

struct config {
	str value[SETTING_COUNT];  /* a secret_file's is the file's content */
	str origin[SETTING_COUNT]; /* "default", "diwan.conf:3", "DIWAN_LISTEN", "--listen" */
};

/* `path` may be NULL: then DIWAN_CONFIG, or no file. `environ_` as in environ(7).
 * Takes --name=value and --name value out of argv[1..]; what is left (words and
 * flags of the command) stays in argv, and *argc is how many. On an error *d says
 * all that is wrong. */
err config_load(arena *a, const char *path, char **environ_, int *argc, char **argv,
                struct config *out, struct diags *d);

static inline str config_text(const struct config *c, enum setting s)
{
	return c ? c->value[s] : (str){0};
}
bool config_flag(const struct config *c, enum setting s);
int64_t config_number(const struct config *c, enum setting s);
const char *setting_name(enum setting s);
const char *setting_doc(enum setting s);
bool setting_secret(enum setting s);

#endif

#include "kernel/config/config.h"

#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum kind { KIND_text, KIND_path, KIND_number, KIND_flag, KIND_secret_file };

static const struct {
	const char *name, *otherwise, *doc;
	enum kind kind;
} settings[SETTING_COUNT] = {
#define SETTING(name, kind, otherwise, doc) {#name, otherwise, doc, KIND_##kind},
#include "kernel/config/settings.def"
#undef SETTING
};

const char *setting_name(enum setting s)
{
	return settings[s].name;
}

const char *setting_doc(enum setting s)
{
	return settings[s].doc;
}

bool setting_secret(enum setting s)
{
	return settings[s].kind == KIND_secret_file;
}

/* "trust-proxy" and "TRUST_PROXY" are trust_proxy. */
static bool find(str name, enum setting *out)
{
	char own[64];
	if (name.n >= sizeof own)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		own[i] = (char)(c == '-' ? '_' : c >= 'A' && c <= 'Z' ? c | 32 : c);
	}
	for (int i = 0; i < SETTING_COUNT; i++)
		if (str_eq((str){own, name.n}, str_of(settings[i].name))) {
			*out = (enum setting)i;
			return true;
		}
	return false;
}

static bool flag_read(str s, bool *out)
{
	*out = str_eq_nocase(s, STR("yes")) || str_eq_nocase(s, STR("true")) || str_eq(s, STR("1"));
	return *out || str_eq_nocase(s, STR("no")) || str_eq_nocase(s, STR("false")) ||
	       str_eq(s, STR("0"));
}

bool config_flag(const struct config *c, enum setting s)
{
	bool b = false;
	return flag_read(config_text(c, s), &b) && b;
}

int64_t config_number(const struct config *c, enum setting s)
{
	int64_t n = 0;
	str_i64(config_text(c, s), &n);
	return n;
}

struct load {
	arena *a;
	struct config *c;
	struct diags *d;
};

static void complain(struct load *l, str origin, uint32_t line, const char *what, str value)
{
	struct diag *g =
	    diags_add(l->d, DIAG_ERROR, "config.value", line, 0, "%s: \"%.*s\"", what, STRF(value));
	if (g)
		g->element = origin;
}

static bool slurp(arena *a, const char *path, size_t max, str *out)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return false;
	buf b = buf_make(a, max);
	char chunk[4096];
	size_t n;
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_put(&b, (str){chunk, n});
	bool good = !ferror(f) && !b.over;
	fclose(f);
	*out = buf_str(&b);
	return good;
}

static str secret_read(struct load *l, str origin, uint32_t line, str path)
{
	str text = {0};
	struct stat st;
	const char *p = str_c(l->a, path);
	if (stat(p, &st) != 0 || !S_ISREG(st.st_mode) || !slurp(l->a, p, 4096, &text))
		complain(l, origin, line, "this file of a secret cannot be read", path);
	else if (st.st_mode & 077)
		complain(l, origin, line, "others may read this file of a secret (chmod 600)", path);
	return str_trim(text);
}

static void set(struct load *l, enum setting s, str value, str origin, uint32_t line)
{
	int64_t n;
	bool b;
	if (settings[s].kind == KIND_number && (!str_i64(value, &n) || n < 0))
		complain(l, origin, line, "a whole number is needed", value);
	else if (settings[s].kind == KIND_flag && !flag_read(value, &b))
		complain(l, origin, line, "yes or no is needed", value);
	else if (settings[s].kind == KIND_secret_file && value.n)
		value = secret_read(l, origin, line, value);
	l->c->value[s] = value;
	l->c->origin[s] = origin;
}

static void file_read(struct load *l, const char *path)
{
	str text, row;
	uint32_t line = 0;
	l->d->file = str_of(path);
	if (!slurp(l->a, path, CONFIG_MAX_BYTES, &text)) {
		diags_add(l->d, DIAG_ERROR, "config.file", 0, 0, "cannot be read: %s", strerror(errno));
		return;
	}
	while (str_cut(&text, '\n', &row)) {
		line++;
		row = str_trim(row);
		if (!row.n || row.p[0] == '#')
			continue;
		str name, value = row;
		bool split = str_chr(row, '=') > 0 && str_cut(&value, '=', &name);
		enum setting s;
		if (!split || !find(str_trim(name), &s)) {
			diags_add(l->d, DIAG_ERROR, "config.name", line, 1, "no such setting: %.*s",
			          STRF(split ? str_trim(name) : row));
			continue;
		}
		set(l, s, str_trim(value), str_fmt(l->a, "%s:%u", path, line), line);
	}
	l->d->file = (str){0};
}

static void environment_read(struct load *l, char **environ_)
{
	for (char **e = environ_; e && *e; e++) {
		str name, value = str_of(*e);
		enum setting s;
		if (str_starts(value, STR("DIWAN_")) && str_cut(&value, '=', &name) &&
		    find(str_sub(name, 6, name.n), &s))
			set(l, s, value, name, 0);
	}
}

/* One argument: how many of argv it used, 0 when it is none of ours. */
static int argument_read(struct load *l, int left, char **argv)
{
	str name, rest = str_of(argv[0]);
	enum setting s;
	if (!str_starts(rest, STR("--")))
		return 0;
	rest = str_sub(rest, 2, rest.n);
	bool inside = str_chr(rest, '=') > 0;
	str_cut(&rest, '=', &name);
	if (!find(name, &s))
		return 0;
	str origin = str_fmt(l->a, "--%.*s", STRF(name));
	if (inside) {
		set(l, s, rest, origin, 0);
		return 1;
	}
	if (settings[s].kind == KIND_flag) { /* "--demo" alone */
		set(l, s, STR("yes"), origin, 0);
		return 1;
	}
	if (left < 2) {
		complain(l, origin, 0, "a value must follow", name);
		return 1;
	}
	set(l, s, str_of(argv[1]), origin, 0);
	return 2;
}

err config_load(arena *a, const char *path, char **environ_, int *argc, char **argv,
                struct config *out, struct diags *d)
{
	struct load l = {a, out, d};
	for (int i = 0; i < SETTING_COUNT; i++) {
		out->value[i] = str_of(settings[i].otherwise);
		out->origin[i] = STR("default");
	}
	int kept = 1;
	for (char **e = environ_; !path && e && *e; e++)
		if (strncmp(*e, "DIWAN_CONFIG=", 13) == 0)
			path = *e + 13;
	for (int i = 1; i < *argc; i++)
		if (strcmp(argv[i], "--config") == 0 && i + 1 < *argc)
			path = argv[i + 1];
		else if (strncmp(argv[i], "--config=", 9) == 0)
			path = argv[i] + 9;
	if (path && *path)
		file_read(&l, path);
	environment_read(&l, environ_);
	for (int i = 1; i < *argc;) {
		if (strcmp(argv[i], "--config") == 0) {
			i += 2;
			continue;
		}
		if (strncmp(argv[i], "--config=", 9) == 0) {
			i++;
			continue;
		}
		int used = argument_read(&l, *argc - i, argv + i);
		if (used)
			i += used;
		else
			argv[kept++] = argv[i++];
	}
	*argc = kept;
	return d->errors ? ERR_bad_input : OK;
}

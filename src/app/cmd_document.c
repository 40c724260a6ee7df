/* cmd_document.c - diwan document: the author's view of what a service issues. */
#include "app/commands.h"
#include "app/open.h"
#include "app/tzfiles.h"
#include "kernel/documents/documents.h"
#include "kernel/documents/show.h"

#include <stdio.h>
#include <string.h>

#define ARENA_BYTES   ((size_t)1024 * 1024 * 1024)
#define PICTURE_BYTES ((size_t)16 * 1024 * 1024)

static struct document *load(arena *a, const char *path)
{
	struct diags d = diags_make(a, str_of(path));
	json *spec = app_json(a, path);
	struct document *doc = spec ? document_load(a, spec, &d) : NULL;
	if (d.first)
		fprintf(stderr, "%.*s", STRF(diags_print(a, &d)));
	return doc;
}

/* Pictures stand beside the view; a name leads nowhere else. */
static str picture_file(void *ctx, arena *a, str name)
{
	str view = str_of(ctx), bytes = {0};
	ptrdiff_t slash = -1;
	for (size_t i = 0; i < view.n; i++)
		slash = view.p[i] == '/' ? (ptrdiff_t)i : slash;
	if (str_chr(name, '/') >= 0 || str_starts(name, STR(".")))
		return bytes;
	str path = str_cat(a, str_sub(view, 0, (size_t)(slash + 1)), name);
	file_slurp(a, str_c(a, path), PICTURE_BYTES, &bytes);
	return bytes;
}

static bool option(struct document_env *env, const char *name, const char *value)
{
	static const char *const layouts[] = {"columns", "stacked", "ar", "en"};
	if (strcmp(name, "--date") == 0)
		return time_parse(str_of(value), &env->at);
	if (strcmp(name, "--layout") != 0)
		return false;
	for (size_t i = 0; i < 4; i++)
		if (strcmp(value, layouts[i]) == 0)
			env->layout = (enum document_layout)(i + 1);
	return env->layout != LAYOUT_SPEC;
}

static int render(arena *a, int argc, char **argv)
{
	struct diags d = diags_make(a, STR("messages"));
	struct show show = {.texts = messages_load(a, &d),
	                    .utc_offset = 3 * 3600,
	                    .ctx = argv[3],
	                    .picture = picture_file};
	currency_find(STR("BHD"), &show.currency);
	struct document_env env = show_env(&show);
	d = diags_make(a, str_of(argv[3]));
	env.diags = &d;
	env.at = clock_now(clock_system());
	for (int i = 5; i < argc; i += 2)
		if (i + 1 >= argc || !option(&env, argv[i], argv[i + 1])) {
			return help_wrong("document", "unknown option", argv[i]);
		}
	struct document *doc = load(a, argv[2]);
	json *view = doc ? app_json(a, argv[3]) : NULL;
	str pdf;
	if (!view)
		return 1;
	err e = document_render(doc, view, &env, a, &pdf);
	if (d.first)
		fprintf(stderr, "%.*s", STRF(diags_print(a, &d)));
	if (e) {
		fprintf(stderr, "%s\n", err_find(e)->name);
		return 1;
	}
	FILE *f = fopen(argv[4], "wb");
	bool ok = f && fwrite(pdf.p, 1, pdf.n, f) == pdf.n;
	if (f && fclose(f) != 0)
		ok = false;
	if (!ok)
		fprintf(stderr, "%s: cannot be written\n", argv[4]);
	return ok ? 0 : 1;
}

/* ---- revoking ---- */

struct revocation {
	str number, reason;
};

static err revoke_decide(struct tx *tx, void *ctx)
{
	const struct revocation *r = ctx;
	return document_revoke(tx, r->number, r->reason);
}

/* The settings' flags are still among the words. */
static int revoke(int argc, char **argv)
{
	struct opened o;
	int rc = app_open(&argc, argv, OPEN_WRITE, &o);
	if (rc != EXIT_OK)
		return rc;
	struct revocation r = {0};
	for (int i = 2; i < argc; i++) {
		str s = str_of(argv[i]);
		if (str_starts(s, STR("--reason=")))
			r.reason = str_sub(s, 9, s.n);
		else if (!r.number.n && !str_starts(s, STR("-")))
			r.number = s;
		else
			r.number = (str){0};
	}
	if (r.number.n && r.reason.n) {
		rc = app_run(&o, revoke_decide, &r);
		if (rc == EXIT_OK)
			printf("%.*s is revoked.\n", STRF(r.number));
	} else {
		rc = help_wrong("document", "revoke needs a number and --reason=TEXT", NULL);
	}
	app_close(&o);
	return rc;
}

int cmd_document(int argc, char **argv)
{
	arena *a = arena_create(ARENA_BYTES);
	int rc;
	if (!a)
		return 1;
	if (argc == 3 && strcmp(argv[1], "check") == 0)
		rc = load(a, argv[2]) ? 0 : 1;
	else if (argc >= 5 && strcmp(argv[1], "render") == 0)
		rc = render(a, argc, argv);
	else if (argc >= 2 && strcmp(argv[1], "revoke") == 0)
		rc = revoke(argc, argv);
	else
		rc = help_wrong("document", "unknown words after", argc > 1 ? argv[1] : "document");
	arena_destroy(a);
	return rc;
}

/* cmd_guide.c - the cards of services out and in. */
#include "app/commands.h"
#include "app/pack_start.h"
#include "engine/document/document.h"
#include "systems/guide/exchange.h"

#include <stdio.h>
#include <string.h>

#define FILE_BYTES_MAX ((size_t)64 * 1024 * 1024)

static str slurp(arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	char *p = f ? NEWN(a, char, FILE_BYTES_MAX) : NULL;
	size_t n = p ? fread(p, 1, FILE_BYTES_MAX, f) : 0;
	bool whole = f && feof(f) && !ferror(f);
	if (f)
		fclose(f);
	return whole ? (str){p, n} : (str){0};
}

static bool spill(const char *path, str text)
{
	FILE *f = path ? fopen(path, "wb") : stdout;
	bool good = f && fwrite(text.p, 1, text.n, f) == text.n;
	if (f && path)
		good &= fclose(f) == 0;
	return good;
}

struct out {
	const char *file; /* NULL: standard output */
	str format, entity;
};

/* The cards in this form; empty after telling why not. */
static str written(struct opened *o, arena *a, const struct out *out)
{
	str base = config_text(&o->config, SETTING_public_url), text = {0};
	if (!str_eq(out->format, STR("pdf")))
		return guide_export(a, pack_current(o->k), base, out->format);
	struct diags d = diags_make(a, STR("messages"));
	const struct messages *texts = messages_load(a, &d);
	err e = guide_paper(o->k, a, texts, base, out->entity, clock_now(clock_system()), &text);
	if (e == ERR_not_found)
		fprintf(stderr, "diwan: %.*s has no cards\n", STRF(out->entity));
	else if (e == ERR_document_too_large)
		fprintf(stderr, "diwan: too many cards for one document: print a body at a time, "
		                "--entity=ID\n");
	else if (e)
		fprintf(stderr, "diwan: %.*s\n", STRF(app_error_text(a, e)));
	return e ? (str){0} : text;
}

static int export(const struct out *out, int *argc, char **argv)
{
	arena *a = arena_create(PACK_CHECK_ARENA_BYTES);
	struct opened o = {0};
	str why = {0}, text = {0};
	int e = app_open(argc, argv, OPEN_READ, &o);
	if (!e && (pack_refresh(o.k, &why) || !pack_current(o.k))) {
		fprintf(stderr, "diwan: no pack is in force %.*s\n", STRF(why));
		e = EXIT_NO;
	}
	if (!e) {
		text = written(&o, a, out);
		if (!text.n || !spill(out->file, text)) {
			fprintf(stderr, "diwan: the guide cannot be written\n");
			e = EXIT_FAILED;
		}
	}
	app_close(&o);
	arena_destroy(a);
	return e;
}

/* The import as a pack that was checked; NULL after telling what is wrong. */
static struct pack *read_import(arena *a, const char *file, const char *folder,
                                struct pack_source *s)
{
	struct pack_source base;
	struct diags d = diags_make(a, str_of(file));
	struct pack *p = NULL;
	str text = slurp(a, file);
	if (!text.p) {
		fprintf(stderr, "diwan: %s cannot be read\n", file);
		return NULL;
	}
	if (pack_read_folder(a, folder, &base, &d) == OK &&
	    guide_import(a, str_of(file), text, &base, s, &d))
		p = pack_check(a, s, &d);
	if (d.errors)
		fprintf(stderr, "%.*s", STRF(diags_print(a, &d)));
	return p;
}

static int import(const char *file, int *argc, char **argv)
{
	arena *a = arena_create(PACK_CHECK_ARENA_BYTES);
	struct opened o = {0};
	struct pack_source s;
	str why = {0};
	int e = app_open(argc, argv, OPEN_MIGRATE, &o);
	str set = e ? (str){0} : config_text(&o.config, SETTING_pack);
	struct pack *p = e ? NULL : read_import(a, file, set.n ? str_c(a, set) : "packs/empty", &s);
	if (!e && !p)
		e = EXIT_NO;
	if (!e && pack_refresh(o.k, &why))
		e = EXIT_FAILED;
	if (!e && pack_current(o.k)) {
		fprintf(
		    stderr,
		    "diwan: a pack is in force here already: cards are imported into an empty instance\n");
		e = EXIT_NO;
	}
	if (!e)
		e = pack_into_force(&o, &s, p);
	if (!e)
		printf("%zu cards of %.*s are in force\n", p->n_services, STRF(p->id));
	app_close(&o);
	arena_destroy(a);
	return e;
}

static bool known(const struct out *out)
{
	static const char *const formats[] = {"ttl", "jsonld", "csv", "pdf"};
	for (size_t i = 0; i < COUNT(formats); i++)
		if (str_eq(out->format, str_of(formats[i])))
			return !out->entity.n || i == 3;
	return false;
}

int cmd_guide(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	struct out out = {0};
	int n = 1;
	for (int i = 2; i < argc; i++) {
		if (strncmp(argv[i], "--format=", 9) == 0)
			out.format = str_of(argv[i] + 9);
		else if (strncmp(argv[i], "--entity=", 9) == 0)
			out.entity = str_of(argv[i] + 9);
		else if (argv[i][0] != '-' && !out.file)
			out.file = argv[i];
		else
			argv[n++] = argv[i];
	}
	argc = n;
	if (strcmp(verb, "export") == 0 && known(&out))
		return export(&out, &argc, argv);
	if (strcmp(verb, "import") == 0 && out.file && !out.format.n && !out.entity.n)
		return import(out.file, &argc, argv);
	return help_wrong("guide", "unknown words, or a missing file", verb);
}

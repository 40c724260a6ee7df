/*
 * cmd_backup.c - everything into a folder, and back.
 *
 * FOLDER/dump           all tables, in the portable form of db/dump.h
 * FOLDER/files/ab/...   uploads and documents, sealed as they lie
 * FOLDER/keys/          only with --with-keys: whoever has them can read all
 * FOLDER/manifest.json  what is in it, and the hash of the dump; written last
 *
 * Files are durable before the event that names them: those there after the dump
 * was taken include all that the dump names.
 */
#include "app/commands.h"
#include "app/open.h"
#include "app/copy.h"
#include "db/dump.h"
#include "kernel/journal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST_BYTES ((size_t)64 * 1024)

struct words {
	const char *folder;
	bool keys, json;
};

static bool words_read(int argc, char **argv, struct words *w)
{
	*w = (struct words){0};
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--with-keys") == 0)
			w->keys = true;
		else if (strcmp(argv[i], "--json") == 0)
			w->json = true;
		else if (!w->folder && argv[i][0] != '-')
			w->folder = argv[i];
		else
			return false;
	}
	return w->folder != NULL;
}

static int cannot(const char *what, const char *path)
{
	fprintf(stderr, "diwan: %s %s: %s\n", what, path, strerror(errno));
	return EXIT_FAILED;
}

static const char *path_in(arena *a, const char *folder, const char *name)
{
	return str_c(a, str_fmt(a, "%s/%s", folder, name));
}

static const char *data_path(struct opened *o, const char *name)
{
	return str_c(o->a,
	             str_fmt(o->a, "%.*s/%s", STRF(config_text(&o->config, SETTING_data_dir)), name));
}

/* ---- backup ---- */

static err to_file(void *ctx, str bytes)
{
	return fwrite(bytes.p, 1, bytes.n, ctx) == bytes.n ? OK : ERR_db_full;
}

/* Whole or not at all, and on the disk. */
static int write_dump(struct opened *o, const char *folder, struct dump_totals *t)
{
	const char *part = path_in(o->a, folder, "dump.part"), *whole = path_in(o->a, folder, "dump");
	FILE *f = fopen(part, "wb");
	str why = {0};
	if (!f)
		return cannot("cannot write", part);
	err e = db_dump(o->k->db, o->a, (struct dump_sink){to_file, f}, t, &why);
	bool kept = fflush(f) == 0 && fsync(fileno(f)) == 0;
	kept = fclose(f) == 0 && kept;
	if (e) {
		fprintf(stderr, "diwan: the tables cannot be read: %.*s\n", STRF(why));
		return EXIT_FAILED;
	}
	return kept && rename(part, whole) == 0 ? EXIT_OK : cannot("cannot write", whole);
}

static json *manifest(struct opened *o, const struct dump_totals *t, const struct copied *files,
                      bool keys)
{
	json *m = json_object(o->a);
	json_set_str(o->a, m, "format", STR("diwan-backup/1"));
	json_set_str(o->a, m, "version", STR(DIWAN_VERSION));
	json_set_str(o->a, m, "at", time_print(o->a, kernel_now(o->k)));
	json_set_str(o->a, m, "vkey", journal_vkey(o->k, o->a));
	json_set_str(o->a, m, "dump_sha256",
	             str_hex(o->a, (str){(const char *)t->hash, sizeof t->hash}));
	json_set_int(o->a, m, "tables", t->tables);
	json_set_int(o->a, m, "rows", t->rows);
	json_set_int(o->a, m, "bytes", t->bytes);
	json_set_int(o->a, m, "files", files->files);
	json_set_bool(o->a, m, "keys", keys);
	return m;
}

static int backup(struct opened *o, const struct words *w)
{
	struct dump_totals t = {0};
	struct copied files = {0}, keys = {0};
	if (mkdir(w->folder, 0700) != 0 && errno != EEXIST)
		return cannot("cannot make", w->folder);
	const char *told = path_in(o->a, w->folder, "manifest.json");
	unlink(told); /* an older one would speak of what is being replaced */
	int e = write_dump(o, w->folder, &t);
	if (!e && !copy_tree(data_path(o, "files"), path_in(o->a, w->folder, "files"), &files))
		e = cannot("cannot copy to", w->folder);
	if (!e && w->keys && !copy_tree(data_path(o, "keys"), path_in(o->a, w->folder, "keys"), &keys))
		e = cannot("cannot copy the keys to", w->folder);
	if (e)
		return e;
	json *m = manifest(o, &t, &files, w->keys);
	buf b = buf_make(o->a, MANIFEST_BYTES);
	json_write(&b, m, 2);
	if (!write_whole(told, buf_str(&b)))
		return cannot("cannot write", told);
	if (w->json)
		printf("%.*s\n", STRF(json_print(o->a, m)));
	else
		printf("Kept in %s: %lld tables, %lld rows, %lld files.%s\n", w->folder,
		       (long long)t.tables, (long long)t.rows, (long long)files.files,
		       w->keys ? "" : " The keys are not in it: keep DATA_DIR/keys elsewhere.");
	return EXIT_OK;
}

int cmd_backup(int argc, char **argv)
{
	struct opened o;
	struct words w;
	int e = app_settings(&argc, argv, &o);
	if (!e && !words_read(argc, argv, &w))
		e = help_wrong("backup", "a folder is needed", NULL);
	if (!e)
		e = app_open_set(OPEN_READ, &o);
	if (!e)
		e = backup(&o, &w);
	app_close(&o);
	return e;
}

/* ---- restore ---- */

static ptrdiff_t from_file(void *ctx, char *to, size_t max)
{
	size_t n = fread(to, 1, max, ctx);
	return n == 0 && ferror((FILE *)ctx) ? -1 : (ptrdiff_t)n;
}

static json *manifest_read(arena *a, const char *folder)
{
	const char *path = path_in(a, folder, "manifest.json");
	str text;
	json *m = read_whole(a, path, MANIFEST_BYTES, &text) ? json_parse(a, text, NULL) : NULL;
	if (m && str_eq(json_str(m, "format"), STR("diwan-backup/1")))
		return m;
	fprintf(stderr, "diwan: %s is not a whole backup (no sound manifest.json)\n", folder);
	return NULL;
}

/* Before anything is changed: the dump is whole and is the one the manifest tells. */
static bool dump_sound(arena *a, const char *folder, const json *m)
{
	struct dump_totals t = {0};
	str why = STR("cannot be opened");
	FILE *f = fopen(path_in(a, folder, "dump"), "rb");
	err e = f ? dump_check(a, (struct dump_source){from_file, f}, &t, &why) : ERR_bad_input;
	if (f)
		fclose(f);
	str hash = str_hex(a, (str){(const char *)t.hash, sizeof t.hash});
	if (!e && !str_eq(hash, json_str(m, "dump_sha256"))) {
		e = ERR_bad_input;
		why = STR("is not the one the manifest speaks of");
	}
	if (e)
		fprintf(stderr, "diwan: %s/dump %.*s\n", folder, STRF(why));
	return !e;
}

/* Without the right keys nothing sealed could be read again: they come first. */
static int keys_ready(const struct config *c, arena *a, const char *folder, const json *m)
{
	const char *own = str_c(a, str_fmt(a, "%.*s/keys", STRF(config_text(c, SETTING_data_dir))));
	struct copied n = {0};
	if (access(own, F_OK) == 0)
		return EXIT_OK;
	if (!json_truth(m, "keys")) {
		fprintf(stderr, "diwan: this backup has no keys: put those of the platform in %s first\n",
		        own);
		return EXIT_NO;
	}
	mkdir(str_c(a, config_text(c, SETTING_data_dir)), 0700);
	return copy_tree(path_in(a, folder, "keys"), own, &n) ? EXIT_OK : cannot("cannot write", own);
}

static int put_back(struct opened *o, const char *folder, const json *m)
{
	struct dump_totals t = {0};
	struct copied files = {0};
	str why = {0};
	if (!str_eq(journal_vkey(o->k, o->a), json_str(m, "vkey"))) {
		fputs("diwan: the keys in the data directory are not those of this backup\n", stderr);
		return EXIT_NO;
	}
	if (!copy_tree(path_in(o->a, folder, "files"), data_path(o, "files"), &files))
		return cannot("cannot copy the files to", data_path(o, "files"));
	FILE *f = fopen(path_in(o->a, folder, "dump"), "rb");
	if (!f)
		return cannot("cannot read", folder);
	err e = db_load(o->k->db, o->a, (struct dump_source){from_file, f}, &t, &why);
	fclose(f);
	if (e) {
		fprintf(stderr, "diwan: nothing was put back: %.*s\n", STRF(why));
		return e == ERR_conflict || e == ERR_bad_input ? EXIT_NO : EXIT_FAILED;
	}
	struct journal_report r = {0};
	e = journal_verify(o->k, o->a, &r);
	if (e || r.first_bad) {
		fprintf(stderr, "diwan: the journal that was put back does not verify (record %lld)\n",
		        (long long)r.first_bad);
		return EXIT_NO;
	}
	printf("Put back: %lld tables, %lld rows, %lld files; %lld records verify.\n",
	       (long long)t.tables, (long long)t.rows, (long long)files.files, (long long)r.records);
	return EXIT_OK;
}

int cmd_restore(int argc, char **argv)
{
	struct opened o = {0};
	struct words w;
	struct config c;
	arena *a = NULL;
	int all = argc; /* the settings are read twice: the keys come before the kernel */
	char *again[CONFIG_ARGS_MAX];
	if (argc > CONFIG_ARGS_MAX)
		return help_wrong("restore", "too many words", NULL);
	memcpy(again, argv, (size_t)argc * sizeof *argv);
	int e = app_config(&argc, argv, &a, &c) ? EXIT_OK : EXIT_BAD_USE;
	if (!e && (!words_read(argc, argv, &w) || w.keys))
		e = help_wrong("restore", "a folder is needed", NULL);
	json *m = e ? NULL : manifest_read(a, w.folder);
	if (!e && (!m || !dump_sound(a, w.folder, m)))
		e = EXIT_NO;
	if (!e)
		e = keys_ready(&c, a, w.folder, m);
	if (!e)
		e = app_open(&all, again, OPEN_EMPTY, &o);
	if (!e)
		e = put_back(&o, w.folder, m);
	app_close(&o);
	arena_destroy(a);
	return e;
}

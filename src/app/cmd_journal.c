/* cmd_journal.c - the record, for auditors: verify, rebuild, prove, export, tiles. */
#include "app/commands.h"
#include "app/open.h"
#include "kernel/journal.h"

#include <stdio.h>
#include <string.h>

struct words {
	bool json, keep, entries;
	int64_t from, to;
	const char *rest[2];
	int n;
};

static bool words_read(int argc, char **argv, struct words *w)
{
	*w = (struct words){.from = 1, .to = INT64_MAX};
	for (int i = 2; i < argc; i++) {
		str s = str_of(argv[i]);
		if (str_eq(s, STR("--json")))
			w->json = true;
		else if (str_eq(s, STR("--keep")))
			w->keep = true;
		else if (str_eq(s, STR("--entries")))
			w->entries = true;
		else if (str_starts(s, STR("--from=")) && str_i64(str_sub(s, 7, s.n), &w->from))
			continue;
		else if (str_starts(s, STR("--to=")) && str_i64(str_sub(s, 5, s.n), &w->to))
			continue;
		else if (w->n < 2 && !str_starts(s, STR("-")))
			w->rest[w->n++] = argv[i];
		else
			return false;
	}
	return true;
}

static int verify(struct opened *o, const struct words *w)
{
	struct journal_report r;
	err e = journal_verify(o->k, o->a, &r);
	if (e) {
		fprintf(stderr, "diwan: the journal cannot be read: %.*s\n", STRF(app_error_text(o->a, e)));
		return EXIT_FAILED;
	}
	str root = str_hex(o->a, (str){(const char *)r.root.b, sizeof r.root.b});
	if (w->json) {
		json *v = json_object(o->a);
		json_set_bool(o->a, v, "intact", r.first_bad == 0);
		json_set_int(o->a, v, "records", r.records);
		json_set_int(o->a, v, "checkpoints", r.checkpoints);
		json_set_int(o->a, v, "first_bad", r.first_bad);
		json_set_str(o->a, v, "what", r.what);
		json_set_str(o->a, v, "root", root);
		printf("%.*s\n", STRF(json_print(o->a, v)));
	} else if (r.first_bad) {
		printf("Record %lld is the first bad one: %.*s.\n", (long long)r.first_bad, STRF(r.what));
	} else {
		printf("Intact: %lld records, %lld checkpoints.\nRoot %.*s\n", (long long)r.records,
		       (long long)r.checkpoints, STRF(root));
	}
	return r.first_bad ? EXIT_NO : EXIT_OK;
}

static int rebuild(struct opened *o, const struct words *w)
{
	struct rebuild_report r;
	err e = journal_rebuild(o->k, o->a, w->keep, &r);
	if (e) {
		fprintf(stderr, "diwan: not rebuilt: %.*s\n", STRF(app_error_text(o->a, e)));
		return EXIT_FAILED;
	}
	if (w->json)
		printf("{\"events\":%lld,\"tables\":%d,\"different\":%d,\"first_different\":\"%.*s\"}\n",
		       (long long)r.events, r.tables, r.different, STRF(r.first_different));
	else if (r.different)
		printf("%d of %d tables differ from the record; the first is %.*s.%s\n", r.different,
		       r.tables, STRF(r.first_different),
		       w->keep ? " They now agree with it." : " Nothing was changed (--keep would).");
	else
		printf("Identical: %d tables from %lld events.\n", r.tables, (long long)r.events);
	return r.different && !w->keep ? EXIT_NO : EXIT_OK;
}

static int prove(struct opened *o, const struct words *w)
{
	int64_t seq;
	if (w->n != 1 || !str_i64(str_of(w->rest[0]), &seq))
		return help_wrong("journal", "prove needs the number of a record", NULL);
	json *proof = NULL;
	dbc *c = db_reader(o->k->db);
	err e = journal_prove(o->k, c, o->a, seq, &proof);
	db_reader_return(c);
	if (e) {
		fprintf(stderr, "diwan: record %lld is not below a checkpoint\n", (long long)seq);
		return EXIT_NO;
	}
	printf("%.*s\n", STRF(json_print(o->a, proof)));
	return EXIT_OK;
}

/* One event a line, as it is hashed: personal data stay sealed. */
static bool export_one(void *ctx, arena *scratch, const struct event *e)
{
	(void)ctx;
	struct event open = *e;
	str line = journal_entry(scratch, &open, json_print(scratch, e->data), (str){0});
	return fwrite(line.p, 1, line.n, stdout) == line.n && putchar('\n') != EOF;
}

static int export(struct opened *o, const struct words *w)
{
	dbc *c = db_reader(o->k->db);
	err e = journal_read(o->k, c, w->from, w->to, export_one, NULL);
	db_reader_return(c);
	return e || fflush(stdout) != 0 ? EXIT_FAILED : EXIT_OK;
}

static int tiles(struct opened *o, const struct words *w)
{
	if (w->n != 1)
		return help_wrong("journal", "tiles needs a folder", NULL);
	struct tiles_report r;
	err e = journal_tiles(o->k, o->a, str_of(w->rest[0]), w->entries, &r);
	if (e) {
		fprintf(
		    stderr, "diwan: %s: %.*s\n", w->rest[0],
		    STRF(e == ERR_not_found ? STR("there is no checkpoint yet") : app_error_text(o->a, e)));
		return EXIT_FAILED;
	}
	printf("%lld records as %lld files in %s.\n", (long long)r.size, (long long)r.files,
	       w->rest[0]);
	return EXIT_OK;
}

static int vkey(struct opened *o, const struct words *w)
{
	(void)w;
	printf("%.*s\n", STRF(journal_vkey(o->k, o->a)));
	return EXIT_OK;
}

static const struct {
	const char *name;
	int (*run)(struct opened *o, const struct words *w);
	enum open_how how;
} verbs[] = {
    {"verify", verify, OPEN_READ}, {"rebuild", rebuild, OPEN_WRITE}, {"prove", prove, OPEN_READ},
    {"export", export, OPEN_READ}, {"tiles", tiles, OPEN_READ},      {"vkey", vkey, OPEN_READ},
};

int cmd_journal(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		struct opened o;
		struct words w;
		int e = app_settings(&argc, argv, &o);
		if (!e && !words_read(argc, argv, &w))
			e = help_wrong("journal", "an unknown word", argv[argc - 1]);
		if (!e)
			e = app_open_set(verbs[i].how, &o);
		if (!e)
			e = verbs[i].run(&o, &w);
		app_close(&o);
		return e;
	}
	return help_wrong("journal", "verify, rebuild, prove, export, tiles or vkey must follow", NULL);
}

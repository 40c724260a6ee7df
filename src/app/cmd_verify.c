/* cmd_verify.c - diwan verify: a stranger's question about a file, answered here. */
#include "app/commands.h"
#include "app/open.h"
#include "app/tzfiles.h"
#include "kernel/documents/check.h"
#include "kernel/documents/documents.h"
#include "kernel/i18n/i18n.h"
#include "kernel/identity/identity.h"
#include "kernel/journal.h"
#include "kernel/pack/pack.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ARENA_BYTES ((size_t)512 * 1024 * 1024)
#define VKEY_MAX    4096

struct asking {
	arena *a;
	const char *file;
	str key;
	bool json;
	struct document_check check;
	/* of this installation's register, if it has one */
	bool registered;
	struct issued issued;
	str issuer[LANG_COUNT];
	int32_t utc_offset;
};

static bool read_words(struct asking *q, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		str s = str_of(argv[i]);
		if (str_eq(s, STR("--json")))
			q->json = true;
		else if (str_eq(s, STR("--key")) && i + 1 < argc)
			q->key = str_of(argv[++i]);
		else if (str_starts(s, STR("--key=")))
			q->key = str_sub(s, 6, s.n);
		else if (!q->file && !str_starts(s, STR("-")))
			q->file = argv[i];
		else
			return false;
	}
	return q->file != NULL;
}

static bool read_key(struct asking *q)
{
	if (!str_starts(q->key, STR("@")))
		return true;
	const char *path = str_c(q->a, str_sub(q->key, 1, q->key.n));
	if (!file_slurp(q->a, path, VKEY_MAX, &q->key)) {
		fprintf(stderr, "diwan: %s cannot be read\n", path);
		return false;
	}
	q->key = str_trim(q->key);
	return true;
}

/* The key and the register of this installation; silent where there is none. */
static void ask_here(struct asking *q, str pdf, int argc, char **argv)
{
	struct opened o;
	struct config c;
	arena *mine;
	char *words[CONFIG_ARGS_MAX + 1] = {0};
	int n = argc < CONFIG_ARGS_MAX ? argc : CONFIG_ARGS_MAX;
	memcpy(words, argv, (size_t)n * sizeof *words);
	if (!app_config(&n, words, &mine, &c))
		return;
	str data = config_text(&c, SETTING_data_dir);
	const char *key = str_fmt(mine, "%.*s/keys/checkpoint.key", STRF(data)).p;
	bool there = access(key, R_OK) == 0;
	arena_destroy(mine);
	n = argc < CONFIG_ARGS_MAX ? argc : CONFIG_ARGS_MAX;
	memcpy(words, argv, (size_t)n * sizeof *words);
	if (!there || app_open(&n, words, OPEN_READ, &o) != EXIT_OK)
		return;
	q->key = str_dup(q->a, journal_vkey(o.k, o.a));
	document_check(q->a, pdf, q->key, &q->check);
	dbc *d = db_reader(o.k->db);
	struct entity e = {0};
	if (q->check.verdict == DOCUMENT_INTACT)
		q->registered = document_by_number(d, q->a, q->check.number, &q->issued);
	if (q->registered && entity_get(d, q->a, q->issued.entity, q->check.at, &e)) {
		q->issuer[LANG_EN] = e.name_en;
		q->issuer[LANG_AR] = e.name_ar;
	}
	db_reader_return(d);
	const struct pack *p = pack_current(o.k);
	q->utc_offset = p ? p->utc_offset : 0;
	app_close(&o);
}

static const char *verdict_name(enum document_verdict v)
{
	return v == DOCUMENT_INTACT ? "intact" : v == DOCUMENT_ALTERED ? "altered" : "unknown";
}

static void print_json(const struct asking *q)
{
	arena *a = q->a;
	json *v = json_object(a);
	json_set_str(a, v, "verdict", str_of(verdict_name(q->check.verdict)));
	json_set_str(a, v, "reason", str_of(q->check.reason));
	json_set_str(a, v, "detail", q->check.why);
	json_set_str(a, v, "digest", q->check.digest);
	json_set_str(a, v, "certificate", q->check.certificate);
	if (q->check.number.n) {
		json_set_str(a, v, "number", q->check.number);
		json_set_str(a, v, "kind", q->check.kind);
		json_set_str(a, v, "code", q->check.code);
		json_set_str(a, v, "entity", q->check.entity);
		json_set_str(a, v, "issued", time_print(a, q->check.at));
		json_set_int(a, v, "record", q->check.seq);
	}
	if (q->registered)
		json_set(a, v, "revoked",
		         q->issued.revoked ? json_string(a, time_print(a, q->issued.revoked))
		                           : json_null(a));
	str out = json_print(a, v);
	printf("%.*s\n", STRF(out));
}

static void line(const struct asking *q, const struct messages *m, enum lang l, const char *key,
                 str value)
{
	str name = message_text(m, q->a, l, str_of(key), 0, NULL, false);
	if (value.n)
		printf("%.*s: %.*s\n", STRF(name), STRF(value));
}

static void print_words(const struct asking *q, const struct messages *m, enum lang l)
{
	arena *a = q->a;
	str verdict = str_fmt(a, "document.verdict.%s", verdict_name(q->check.verdict));
	str reason = str_fmt(a, "document.check.%s", q->check.reason);
	verdict = message_text(m, a, l, verdict, 0, NULL, false);
	reason = message_text(m, a, l, reason, 0, NULL, false);
	printf("%.*s – %.*s\n", STRF(verdict), STRF(reason));
	if (q->check.number.n && q->check.verdict == DOCUMENT_INTACT) {
		str at = datetime_text(a, l, q->check.at, q->utc_offset, false);
		line(q, m, l, "document.check.number", q->check.number);
		line(q, m, l, "document.check.issued", at);
		line(q, m, l, "document.check.entity", q->issuer[l].n ? q->issuer[l] : q->check.entity);
		line(q, m, l, "document.check.code", q->check.code);
		line(q, m, l, "document.check.record", str_fmt(a, "%lld", (long long)q->check.seq));
	}
	if (q->registered && q->issued.revoked) {
		json *args = json_object(a);
		json_set_str(a, args, "date", datetime_text(a, l, q->issued.revoked, q->utc_offset, false));
		str s = message_text(m, a, l, STR("document.check.revoked"), 0, args, false);
		printf("%.*s\n", STRF(s));
	} else if (q->check.verdict == DOCUMENT_INTACT && !q->registered) {
		str s = message_text(m, a, l, STR("document.check.online"), 0, NULL, false);
		printf("%.*s\n", STRF(s));
	}
}

static int answer(const struct asking *q)
{
	if (q->json) {
		print_json(q);
	} else {
		struct diags d = diags_make(q->a, STR("messages"));
		const struct messages *m = messages_load(q->a, &d);
		print_words(q, m, LANG_EN);
		putchar('\n');
		print_words(q, m, LANG_AR);
	}
	bool good = q->check.verdict == DOCUMENT_INTACT && !(q->registered && q->issued.revoked);
	return good ? EXIT_OK : EXIT_NO;
}

int cmd_verify(int argc, char **argv)
{
	struct asking q = {.a = arena_create(ARENA_BYTES)};
	char *given[CONFIG_ARGS_MAX + 1] = {0};
	int n = argc < CONFIG_ARGS_MAX ? argc : CONFIG_ARGS_MAX, rc;
	struct config c;
	arena *settings = NULL;
	str pdf;
	if (!q.a)
		return EXIT_FAILED;
	memcpy(given, argv, (size_t)n * sizeof *given);
	if (!app_config(&argc, argv, &settings, &c)) {
		rc = EXIT_BAD_USE;
	} else if (!read_words(&q, argc, argv)) {
		rc = help_wrong("verify", "give it one file", NULL);
	} else if (!read_key(&q)) {
		rc = EXIT_FAILED;
	} else if (!file_slurp(q.a, q.file, FILE_MAX_BYTES, &pdf)) {
		fprintf(stderr, "diwan: %s cannot be read, or is larger than 16 MiB\n", q.file);
		rc = EXIT_FAILED;
	} else {
		document_check(q.a, pdf, q.key, &q.check);
		if (!q.key.n)
			ask_here(&q, pdf, n, given);
		rc = answer(&q);
	}
	arena_destroy(settings);
	arena_destroy(q.a);
	return rc;
}

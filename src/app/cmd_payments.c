/* cmd_payments.c - providers and statements, for operators. */
#include "app/commands.h"
#include "app/open.h"
#include "systems/payments/settle.h"

#include <stdio.h>
#include <string.h>

#define FILE_MAX ((size_t)16 * 1024 * 1024)

struct words {
	const char *verb;
	str id, file, url, secret_file, methods, name_en, name_ar;
	int64_t weight, from, to;
};

static bool option(str s, const char *name, str *out)
{
	if (!str_starts(s, str_of(name)))
		return false;
	*out = str_sub(s, strlen(name), s.n);
	return true;
}

static bool words_read(int argc, char **argv, struct words *w)
{
	str text;
	*w = (struct words){.verb = argc > 1 ? argv[1] : "", .weight = 100, .methods = STR("card")};
	for (int i = 2; i < argc; i++) {
		str s = str_of(argv[i]);
		if (option(s, "--url=", &w->url) || option(s, "--secret=", &w->secret_file) ||
		    option(s, "--methods=", &w->methods) || option(s, "--name-en=", &w->name_en) ||
		    option(s, "--name-ar=", &w->name_ar))
			continue;
		if (option(s, "--weight=", &text) && str_i64(text, &w->weight))
			continue;
		if ((option(s, "--from=", &text) && date_parse(text, &w->from)) ||
		    (option(s, "--to=", &text) && date_parse(text, &w->to)))
			continue;
		if (str_starts(s, STR("-")))
			return false;
		if (!w->id.n)
			w->id = s;
		else if (!w->file.n)
			w->file = s;
		else
			return false;
	}
	return true;
}

static bool file_read(arena *a, str path, str *out)
{
	FILE *f = fopen(str_c(a, path), "rb");
	if (!f) {
		fprintf(stderr, "diwan: %.*s cannot be read\n", STRF(path));
		return false;
	}
	char *p = NEWN(a, char, FILE_MAX);
	size_t n = fread(p, 1, FILE_MAX, f);
	bool whole = n < FILE_MAX && !ferror(f);
	fclose(f);
	*out = (str){p, n};
	return whole;
}

struct work {
	const struct words *w;
	struct provider_order p;
	struct statement s;
	struct settle_report r;
};

static err provider_decide(struct tx *tx, void *ctx)
{
	return provider_put(tx, &((struct work *)ctx)->p);
}

static err settle_decide(struct tx *tx, void *ctx)
{
	struct work *k = ctx;
	return settle_take(tx, k->w->id, &k->s, k->w->from * DAY, (k->w->to + 1) * DAY, &k->r);
}

static err bank_decide(struct tx *tx, void *ctx)
{
	struct work *k = ctx;
	return bank_take(tx, &k->s, &k->r);
}

static int provider(struct opened *o, struct work *k)
{
	const struct words *w = k->w;
	str secret;
	if (!w->id.n || !w->url.n || !w->secret_file.n)
		return help_wrong("payments", "an id, --url and --secret are needed after", "provider");
	if (!file_read(o->a, w->secret_file, &secret))
		return EXIT_FAILED;
	k->p = (struct provider_order){.id = w->id,
	                               .adapter = STR("hosted"),
	                               .url = w->url,
	                               .secret = str_trim(secret),
	                               .name_en = w->name_en.n ? w->name_en : w->id,
	                               .name_ar = w->name_ar.n ? w->name_ar : w->id,
	                               .methods = w->methods,
	                               .weight = w->weight};
	return app_run(o, provider_decide, k);
}

static int statement(struct opened *o, struct work *k, bool bank)
{
	str bytes, why, path = bank ? k->w->id : k->w->file, name = path, part;
	if (!path.n || (!bank && (!k->w->from || k->w->to < k->w->from)))
		return help_wrong("payments", "a file (and --from, --to) is needed after", k->w->verb);
	if (!file_read(o->a, path, &bytes))
		return EXIT_FAILED;
	while (str_cut(&path, '/', &part))
		name = part;
	if (!statement_read(o->a, name, bytes, &k->s, &why)) {
		fprintf(stderr, "diwan: %.*s: %.*s\n", STRF(name), STRF(why));
		return EXIT_NO;
	}
	int e = app_run(o, bank ? bank_decide : settle_decide, k);
	if (!e && k->r.known)
		puts("This file was taken before; nothing changed.");
	else if (!e)
		printf("%lld entries matched, %lld exceptions\n", (long long)k->r.matched,
		       (long long)k->r.exceptions);
	return e ? e : k->r.exceptions ? EXIT_NO : EXIT_OK;
}

int cmd_payments(int argc, char **argv)
{
	struct opened o = {0};
	struct words w;
	struct work k = {.w = &w};
	int e = app_open(&argc, argv, OPEN_WRITE, &o);
	if (!e && !words_read(argc, argv, &w))
		e = help_wrong("payments", "an unknown word", argv[argc - 1]);
	else if (!e && strcmp(w.verb, "provider") == 0)
		e = provider(&o, &k);
	else if (!e && (strcmp(w.verb, "settle") == 0 || strcmp(w.verb, "bank") == 0))
		e = statement(&o, &k, strcmp(w.verb, "bank") == 0);
	else if (!e)
		e = help_wrong("payments", "an unknown word", w.verb);
	app_close(&o);
	return e;
}

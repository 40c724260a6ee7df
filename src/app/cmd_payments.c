/* cmd_payments.c - providers and statements, for operators. */
#include "app/commands.h"
#include "app/open.h"
#include "kernel/identity/identity.h"
#include "kernel/pack/pack.h"
#include "systems/payments/agency.h"
#include "systems/payments/bills.h"
#include "systems/payments/settle.h"

#include <stdio.h>
#include <string.h>

#define FILE_MAX ((size_t)16 * 1024 * 1024)

struct words {
	const char *verb;
	struct share share[SHARES_MAX];
	size_t n_shares;
	str id, file, third, payer, url, secret_file, methods, name_en, name_ar, gl, adapter;
	int64_t weight, from, to;
};

static bool option(str s, const char *name, str *out)
{
	if (!str_starts(s, str_of(name)))
		return false;
	*out = str_sub(s, strlen(name), s.n);
	return true;
}

/* "mof=30" */
static bool share_read(str s, struct words *w)
{
	str to;
	struct share *x = &w->share[w->n_shares];
	if (w->n_shares == SHARES_MAX || !str_cut(&s, '=', &to) || !to.n || !str_i64(s, &x->weight))
		return false;
	x->beneficiary = to;
	w->n_shares++;
	return true;
}

static bool words_read(int argc, char **argv, struct words *w)
{
	str text;
	*w = (struct words){.verb = argc > 1 ? argv[1] : "",
	                    .weight = 100,
	                    .methods = STR("card"),
	                    .adapter = STR("hosted")};
	for (int i = 2; i < argc; i++) {
		str s = str_of(argv[i]);
		if (option(s, "--url=", &w->url) || option(s, "--secret=", &w->secret_file) ||
		    option(s, "--methods=", &w->methods) || option(s, "--adapter=", &w->adapter) ||
		    option(s, "--name-en=", &w->name_en) || option(s, "--name-ar=", &w->name_ar))
			continue;
		if (option(s, "--weight=", &text) && str_i64(text, &w->weight))
			continue;
		if ((option(s, "--from=", &text) && date_parse(text, &w->from)) ||
		    (option(s, "--to=", &text) && date_parse(text, &w->to)))
			continue;
		if (option(s, "--payer=", &w->payer) || option(s, "--gl=", &w->gl))
			continue;
		if (str_starts(s, STR("-")))
			return false;
		if (strcmp(w->verb, "shares") == 0 && w->id.n) {
			if (!share_read(s, w))
				return false;
			continue;
		}
		if (!w->id.n)
			w->id = s;
		else if (!w->file.n)
			w->file = s;
		else if (!w->third.n)
			w->third = s;
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
	struct bill bill;
	int64_t id, amount;
	instant from, to;
	str token;
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

static err bill_decide(struct tx *tx, void *ctx)
{
	struct work *k = ctx;
	struct person p;
	if (!person_by_number(tx->db, tx->a, k->w->payer, &p))
		return tx_fail(tx, ERR_not_found, "payer", "nobody has this number");
	k->bill.payer = p.id;
	return bill_issue(tx, &k->bill, &k->id);
}

/* ENTITY NUMBER AMOUNT */
static int bill(struct opened *o, struct work *k)
{
	const struct words *w = k->w;
	currency c = pack_currency(o->k);
	money m;
	if (!w->third.n || !w->payer.n || !w->gl.n || !money_parse(w->third, c, &m))
		return help_wrong("payments", "a body, a number, an amount, --payer and --gl are needed",
		                  "bill");
	k->bill = (struct bill){.entity = w->id,
	                        .number = w->file,
	                        .label_en = w->name_en.n ? w->name_en : STR("Bill"),
	                        .label_ar = w->name_ar.n ? w->name_ar : STR("فاتورة"),
	                        .gl = w->gl,
	                        .currency = str_dup(o->a, str_of(c.code)),
	                        .amount = m.minor,
	                        .due = w->to * DAY};
	return app_run(o, bill_decide, k);
}

static err key_decide(struct tx *tx, void *ctx)
{
	struct work *k = ctx;
	return agency_key(tx, k->w->id, &k->token);
}

static err webhook_decide(struct tx *tx, void *ctx)
{
	struct work *k = ctx;
	return agency_webhook(tx, k->w->id, k->w->url, k->token);
}

/* A body's program: its key, shown once; where it is told. */
static int agency(struct opened *o, struct work *k)
{
	bool key = strcmp(k->w->verb, "key") == 0;
	if (!k->w->id.n || (!key && (!k->w->url.n || !k->w->secret_file.n)))
		return help_wrong("payments", "a body (and --url, --secret) is needed after", k->w->verb);
	if (!key && !file_read(o->a, k->w->secret_file, &k->token))
		return EXIT_FAILED;
	k->token = str_trim(k->token);
	int e = app_run(o, key ? key_decide : webhook_decide, k);
	if (!e && key)
		printf("%.*s\n", STRF(k->token));
	return e;
}

static err shares_decide(struct tx *tx, void *ctx)
{
	const struct words *w = ((struct work *)ctx)->w;
	return shares_set(tx, w->id, w->share, w->n_shares);
}

/* The country's money and hours. */
static int pack_needed(struct opened *o)
{
	str why = {0};
	if (!pack_refresh(o->k, &why) && pack_current(o->k))
		return EXIT_OK;
	fprintf(stderr, "diwan: %.*s\n",
	        STRF(why.n ? why : STR("no pack is in force: diwan pack load FOLDER")));
	return EXIT_NO;
}

static int shares(struct opened *o, struct work *k)
{
	return app_run(o, shares_decide, k);
}

static err distribute_decide(struct tx *tx, void *ctx)
{
	struct work *k = ctx;
	return shares_distribute(tx, k->w->id, k->w->file, str_of(pack_currency(tx->k).code),
	                         k->w->third, k->from, k->to, &k->amount);
}

/* ENTITY GL 2026-11, in the country's time. */
static int distribute(struct opened *o, struct work *k)
{
	int64_t first;
	int32_t y;
	int m, d;
	str begins = str_cat(o->a, k->w->third, STR("-01"));
	if (!k->w->third.n || !date_parse(begins, &first))
		return help_wrong("payments", "a body, an account and a month are needed", "distribute");
	civil_from_days(first, &y, &m, &d);
	instant offset = pack_utc_offset(o->k) * SECOND;
	k->from = first * DAY - offset;
	k->to = days_from_civil(m == 12 ? y + 1 : y, m == 12 ? 1 : m + 1, 1) * DAY - offset;
	int e = app_run(o, distribute_decide, k);
	if (!e)
		printf("%.*s %s distributed\n",
		       STRF(money_print(o->a, (money){k->amount}, pack_currency(o->k))),
		       pack_currency(o->k).code);
	return e;
}

/* What of each income is due to whom, as the treasury takes it. */
static int treasury(struct opened *o, struct work *k)
{
	const struct words *w = k->w;
	currency c;
	dbc *db_of = db_reader(o->k->db);
	rows *r = distributions(db_of, w->id);
	puts("period,entity,account,beneficiary,currency,amount");
	while (db_next(r)) {
		const json *parts = json_parse(o->a, str_dup(o->a, db_text(r, 4)), NULL);
		if (!currency_find(db_text(r, 2), &c))
			continue;
		for (const json *p = parts ? parts->first : NULL; p; p = p->next)
			printf("%.*s,%.*s,%.*s,%.*s,%.*s,%.*s\n", STRF(w->id), STRF(db_text(r, 0)),
			       STRF(db_text(r, 1)), STRF(json_str(p, "to")), STRF(db_text(r, 2)),
			       STRF(money_print(o->a, (money){json_int(p, "amount", 0)}, c)));
	}
	db_done(r);
	db_reader_return(db_of);
	return EXIT_OK;
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
	                               .adapter = w->adapter,
	                               .url = w->url,
	                               .secret = str_trim(secret),
	                               .name_en = w->name_en.n ? w->name_en : w->id,
	                               .name_ar = w->name_ar.n ? w->name_ar : w->id,
	                               .methods = w->methods,
	                               .weight = w->weight};
	return app_run(o, provider_decide, k);
}

static int statement(struct opened *o, struct work *k)
{
	bool bank = strcmp(k->w->verb, "bank") == 0;
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

static const struct verb {
	const char *name;
	int (*run)(struct opened *o, struct work *k);
	bool country; /* needs its money and hours */
} verbs[] = {
    {"provider", provider, false}, {"settle", statement, false},     {"bank", statement, false},
    {"key", agency, false},        {"webhook", agency, false},       {"bill", bill, true},
    {"shares", shares, false},     {"distribute", distribute, true}, {"treasury", treasury, false},
};

static const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

int cmd_payments(int argc, char **argv)
{
	struct opened o = {0};
	struct words w;
	struct work k = {.w = &w};
	int e = app_settings(&argc, argv, &o);
	const struct verb *verb = verb_find(argc > 1 ? argv[1] : "");
	if (!e && (!verb || !words_read(argc, argv, &w)))
		e = help_wrong("payments", "an unknown word", argv[verb || argc < 2 ? argc - 1 : 1]);
	if (!e)
		e = app_open_set(OPEN_WRITE, &o);
	if (!e && verb->country)
		e = pack_needed(&o);
	if (!e)
		e = verb->run(&o, &k);
	app_close(&o);
	return e;
}

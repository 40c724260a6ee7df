/* cmd_ledger.c - the ledger for auditors and operators: check, balance, statement. */
#include "app/commands.h"
#include "app/open.h"
#include "kernel/ledger/ledger.h"
#include "kernel/pack/pack.h"

#include <stdio.h>
#include <string.h>

#define ACCOUNTS_MAX 100000
#define LINES_MAX    1000000

struct words {
	bool json;
	str entity, currency, purpose;
	int64_t from, to;
	const char *verb;
};

static bool words_read(int argc, char **argv, struct words *w)
{
	*w = (struct words){.to = INT64_MAX / DAY - 1};
	w->verb = argc > 1 ? argv[1] : "";
	for (int i = 2; i < argc; i++) {
		str s = str_of(argv[i]);
		if (str_eq(s, STR("--json")))
			w->json = true;
		else if (str_starts(s, STR("--currency=")))
			w->currency = str_sub(s, 11, s.n);
		else if (str_starts(s, STR("--from=")) && date_parse(str_sub(s, 7, s.n), &w->from))
			continue;
		else if (str_starts(s, STR("--to=")) && date_parse(str_sub(s, 5, s.n), &w->to))
			continue;
		else if (!w->entity.n && !str_starts(s, STR("-")))
			w->entity = s;
		else if (!w->purpose.n && !str_starts(s, STR("-")))
			w->purpose = s;
		else
			return false;
	}
	return true;
}

static str amount_text(arena *a, int64_t minor, str code)
{
	currency c;
	return currency_find(code, &c) ? money_print(a, (money){minor}, c)
	                               : str_fmt(a, "%lld", (long long)minor);
}

static int check(struct opened *o, dbc *c, const struct words *w)
{
	struct ledger_report r;
	ledger_check(c, o->a, &r);
	if (w->json)
		printf("{\"books\":%lld,\"accounts\":%lld,\"transfers\":%lld,\"difference\":%lld,"
		       "\"faults\":%lld}\n",
		       (long long)r.books, (long long)r.accounts, (long long)r.transfers,
		       (long long)r.difference, (long long)r.faults);
	else
		printf("%lld books, %lld accounts, %lld transfers; difference %lld\n", (long long)r.books,
		       (long long)r.accounts, (long long)r.transfers, (long long)r.difference);
	if (r.faults && !w->json)
		printf("%lld faults, the first: %.*s\n", (long long)r.faults, STRF(r.first));
	return r.faults ? EXIT_NO : EXIT_OK;
}

static int balance(struct opened *o, dbc *c, const struct words *w)
{
	struct ledger_account *t = NEWN(o->a, struct ledger_account, ACCOUNTS_MAX);
	size_t n = ledger_accounts(c, o->a, w->entity, t, ACCOUNTS_MAX);
	for (size_t i = 0; i < n; i++) {
		int64_t b = t[i].balance.debits - t[i].balance.credits;
		int64_t waiting = t[i].balance.debits_pending - t[i].balance.credits_pending;
		if (w->purpose.n && !str_starts(t[i].purpose, w->purpose))
			continue;
		printf("%.*s\t%.*s\t%.*s\t%.*s", STRF(t[i].entity), STRF(t[i].currency), STRF(t[i].purpose),
		       STRF(amount_text(o->a, b, t[i].currency)));
		if (waiting)
			printf("\tpending %.*s", STRF(amount_text(o->a, waiting, t[i].currency)));
		putchar('\n');
	}
	return n ? EXIT_OK : EXIT_NO;
}

static int statement(struct opened *o, dbc *c, const struct words *w)
{
	struct ledger_line *l = NEWN(o->a, struct ledger_line, LINES_MAX);
	int64_t opening;
	if (!w->entity.n || !w->purpose.n)
		return help_wrong("ledger", "an entity and an account are needed after", "statement");
	size_t n = ledger_statement(c, o->a, w->entity, w->currency, w->purpose, w->from * DAY,
	                            (w->to + 1) * DAY, &opening, l, LINES_MAX);
	printf("opening\t\t\t\t%.*s\n", STRF(amount_text(o->a, opening, w->currency)));
	for (size_t i = 0; i < n; i++)
		printf("%.*s\t%lld\t%.*s\t%.*s\t%.*s\t%.*s\n", STRF(time_print(o->a, l[i].at)),
		       (long long)l[i].seq, STRF(l[i].reference), STRF(l[i].other),
		       STRF(amount_text(o->a, l[i].amount, w->currency)),
		       STRF(amount_text(o->a, l[i].balance, w->currency)));
	return EXIT_OK;
}

static int run(struct opened *o, struct words *w)
{
	str why = {0};
	if (!w->currency.n && pack_refresh(o->k, &why) == OK)
		w->currency = str_dup(o->a, str_of(pack_currency(o->k).code));
	dbc *c = db_reader(o->k->db);
	int e = strcmp(w->verb, "check") == 0     ? check(o, c, w)
	        : strcmp(w->verb, "balance") == 0 ? balance(o, c, w)
	                                          : statement(o, c, w);
	if (db_error(c)) {
		fprintf(stderr, "diwan: the ledger cannot be read: %.*s\n", STRF(db_error_text(c)));
		e = EXIT_FAILED;
	}
	db_reader_return(c);
	return e;
}

int cmd_ledger(int argc, char **argv)
{
	struct opened o = {0};
	struct words w;
	int e = app_settings(&argc, argv, &o);
	if (!e && (!words_read(argc, argv, &w) ||
	           (strcmp(w.verb, "check") != 0 && strcmp(w.verb, "balance") != 0 &&
	            strcmp(w.verb, "statement") != 0)))
		e = help_wrong("ledger", "an unknown word", argc > 1 ? argv[argc - 1] : "");
	if (!e)
		e = app_open_set(OPEN_READ, &o);
	if (!e)
		e = run(&o, &w);
	app_close(&o);
	return e;
}

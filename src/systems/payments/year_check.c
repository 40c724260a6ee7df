/*
 * year_check.c - the year counted again, from the record alone.
 *
 * Reads the journal from its first event and keeps what it needs itself: what each
 * account holds, and what was captured by channel and method. After every event each
 * book has to balance; at the end the tables have to say the same.
 */
#include "systems/payments/year.h"

#include "kernel/journal.h"
#include "systems/payments/statements.h"

#include <string.h>

#define ACCOUNTS_MAX 1024 /* more than a year's model can open */
#define WAYS_MAX     64
#define WORD_BYTES   32

struct kept_account {
	int64_t id, book, debits, credits;
};

struct kept_way {
	char channel[WORD_BYTES], method[WORD_BYTES];
	int64_t count, amount;
};

struct recount {
	struct kept_account account[ACCOUNTS_MAX];
	struct kept_way way[WAYS_MAX];
	size_t accounts, ways;
	struct year_check *out;
};

static struct kept_account *account_of(struct recount *w, int64_t id)
{
	for (size_t i = 0; i < w->accounts; i++)
		if (w->account[i].id == id)
			return &w->account[i];
	return NULL;
}

static void opened(struct recount *w, const struct event *e)
{
	if (w->accounts == ACCOUNTS_MAX)
		return;
	w->account[w->accounts++] = (struct kept_account){.id = json_int(e->data, "account", 0),
	                                                  .book = json_int(e->data, "book", 0)};
}

/* Both sides are accounts of one book, known by then, and move by the same amount: so
 * the book balances after it if it did before. */
static void posted(struct recount *w, const struct event *e)
{
	const json *list = json_get(e->data, "transfers");
	for (const json *t = list ? list->first : NULL; t; t = t->next) {
		int64_t amount = json_int(t, "expires", 0) ? 0 : json_int(t, "amount", 0);
		struct kept_account *debit = account_of(w, json_int(t, "debit", 0));
		struct kept_account *credit = account_of(w, json_int(t, "credit", 0));
		if (!debit || !credit || debit == credit || debit->book != credit->book || amount < 0) {
			w->out->unbalanced++;
			continue;
		}
		debit->debits += amount;
		credit->credits += amount;
	}
}

static void finished(struct recount *w, const struct event *e)
{
	struct kept_account *debit = account_of(w, json_int(e->data, "debit", 0));
	struct kept_account *credit = account_of(w, json_int(e->data, "credit", 0));
	if (!debit || !credit) {
		w->out->unbalanced++;
		return;
	}
	debit->debits += json_int(e->data, "posted", 0);
	credit->credits += json_int(e->data, "posted", 0);
}

/* The books, added up from nothing. */
static void balance(struct recount *w)
{
	for (size_t i = 0; i < w->accounts; i++) {
		int64_t sum = 0;
		for (size_t k = 0; k < w->accounts; k++)
			if (w->account[k].book == w->account[i].book)
				sum += w->account[k].debits - w->account[k].credits;
		w->out->unbalanced += sum != 0;
	}
}

static void word_keep(char *to, str s)
{
	size_t n = s.n < WORD_BYTES ? s.n : WORD_BYTES - 1;
	memcpy(to, s.p, n);
	to[n] = '\0';
}

static struct kept_way *way_of(struct recount *w, str channel, str method)
{
	for (size_t i = 0; i < w->ways; i++)
		if (str_eq(channel, str_of(w->way[i].channel)) && str_eq(method, str_of(w->way[i].method)))
			return &w->way[i];
	if (w->ways == WAYS_MAX)
		return NULL;
	word_keep(w->way[w->ways].channel, channel);
	word_keep(w->way[w->ways].method, method);
	return &w->way[w->ways++];
}

static void captured(struct recount *w, const struct event *e)
{
	struct kept_way *y = way_of(w, json_str(e->data, "channel"), json_str(e->data, "method"));
	int64_t amount = json_int(e->data, "amount", 0);
	if (y) {
		y->count++;
		y->amount += amount;
	}
	w->out->captured++;
	w->out->amount += amount;
}

static bool each(void *ctx, arena *scratch, const struct event *e)
{
	static const struct {
		const char *kind;
		void (*take)(struct recount *w, const struct event *e);
	} kinds[] = {
	    {"ledger.posted", posted},
	    {"payment.captured", captured},
	    {"ledger.opened", opened},
	    {"ledger.finished", finished},
	};
	struct recount *w = ctx;
	(void)scratch;
	w->out->events++;
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (str_eq(e->kind, str_of(kinds[i].kind)))
			kinds[i].take(w, e);
	if (w->out->events % YEAR_PREFIX == 0)
		balance(w);
	return true;
}

/* The statistics that pages show, against what was counted. */
static void compare_ways(dbc *c, struct recount *w)
{
	size_t rows_seen = 0;
	rows *r = db_query_args(c, &sql_year_ways, NULL, 0);
	while (db_next(r)) {
		const struct kept_way *y = way_of(w, db_text(r, 0), db_text(r, 1));
		w->out->different += !y || y->count != db_int(r, 2) || y->amount != db_int(r, 3);
		rows_seen++;
	}
	db_done(r);
	w->out->different += rows_seen != w->ways;
}

static void compare_accounts(dbc *c, arena *a, struct recount *w)
{
	struct ledger_account *t = NEWN(a, struct ledger_account, ACCOUNTS_MAX);
	size_t n = ledger_accounts(c, a, (str){0}, t, ACCOUNTS_MAX);
	w->out->different += n != w->accounts;
	for (size_t i = 0; i < n; i++) {
		const struct kept_account *k = account_of(w, t[i].id);
		w->out->different +=
		    !k || k->debits != t[i].balance.debits || k->credits != t[i].balance.credits;
	}
}

err payments_year_check(struct kernel *k, arena *a, struct year_check *out)
{
	struct recount *w = NEW(a, struct recount);
	struct journal_report whole = {0};
	*out = (struct year_check){0};
	w->out = out;
	dbc *c = db_reader(k->db);
	err e = journal_read(k, c, 1, INT64_MAX, each, w);
	if (!e) {
		balance(w);
		compare_ways(c, w);
		compare_accounts(c, a, w);
		e = db_error(c);
	}
	db_clear(c);
	db_reader_return(c);
	if (!e)
		e = journal_seal(k, true);
	if (!e)
		e = journal_verify(k, a, &whole);
	out->first_bad = whole.first_bad;
	out->checkpoints = whole.checkpoints;
	return e;
}

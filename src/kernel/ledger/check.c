/* check.c - reading the ledger, and adding it up again. */
#include "kernel/ledger/private.h"
#include "kernel/ledger/statements.h"

static struct ledger_balance read_balance(rows *r, int from)
{
	return (struct ledger_balance){db_int(r, from), db_int(r, from + 1), db_int(r, from + 2),
	                               db_int(r, from + 3)};
}

static int64_t account_find(dbc *c, str entity, str code, str purpose, struct ledger_balance *out)
{
	rows *r = db_query(c, &sql_ledger_account_find, D_TEXT(entity), D_TEXT(code), D_TEXT(purpose));
	int64_t id = 0;
	*out = (struct ledger_balance){0};
	if (db_next(r)) {
		id = db_int(r, 0);
		*out = read_balance(r, 1);
	}
	db_done(r);
	return id;
}

bool ledger_balance_of(dbc *c, str entity, str code, str purpose, struct ledger_balance *out)
{
	return account_find(c, entity, code, purpose, out) != 0;
}

size_t ledger_accounts(dbc *c, arena *a, str entity, struct ledger_account *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_ledger_accounts_all, D_TEXT(entity));
	while (n < max && db_next(r))
		out[n++] = (struct ledger_account){db_int(r, 0), str_dup(a, db_text(r, 1)),
		                                   str_dup(a, db_text(r, 2)), str_dup(a, db_text(r, 3)),
		                                   read_balance(r, 4)};
	db_done(r);
	return n;
}

size_t ledger_statement(dbc *c, arena *a, str entity, str code, str purpose, instant from,
                        instant to, int64_t *opening, struct ledger_line *out, size_t max)
{
	struct ledger_balance b;
	int64_t id = account_find(c, entity, code, purpose, &b);
	size_t n = 0;
	*opening = id ? db_query_int(c, &sql_ledger_opening, 0, D_INT(id), D_INT(from)) : 0;
	int64_t balance = *opening;
	rows *r =
	    db_query(c, &sql_ledger_lines, D_INT(id), D_INT(from), D_INT(to), D_INT((int64_t)max));
	while (n < max && db_next(r)) {
		balance += db_int(r, 3);
		out[n++] = (struct ledger_line){str_dup(a, db_text(r, 0)),
		                                str_dup(a, db_text(r, 1)),
		                                str_dup(a, db_text(r, 2)),
		                                db_int(r, 3),
		                                balance,
		                                db_int(r, 4),
		                                db_int(r, 5)};
	}
	db_done(r);
	return n;
}

/* ---- checking ---- */

static void wrong(struct ledger_report *o, str what)
{
	if (o->faults++ == 0)
		o->first = what;
}

static void check_books(dbc *c, arena *a, struct ledger_report *o)
{
	rows *r = db_query_args(c, &sql_ledger_book_sums, NULL, 0);
	while (db_next(r)) {
		int64_t d = db_int(r, 2) - db_int(r, 3);
		o->difference += d < 0 ? -d : d;
		if (d || db_int(r, 4) != db_int(r, 5))
			wrong(o, str_fmt(a, "the book of %.*s in %.*s does not balance: %lld",
			                 STRF(db_text(r, 0)), STRF(db_text(r, 1)), (long long)d));
	}
	db_done(r);
}

static void check_sums(dbc *c, arena *a, struct sql *q, const char *side, struct ledger_report *o)
{
	rows *r = db_query_args(c, q, NULL, 0);
	while (db_next(r))
		wrong(o, str_fmt(
		             a, "the %s of %.*s are %lld and %lld pending, its transfers say %lld and %lld",
		             side, STRF(db_text(r, 1)), (long long)db_int(r, 2), (long long)db_int(r, 3),
		             (long long)db_int(r, 4), (long long)db_int(r, 5)));
	db_done(r);
}

static void check_keys(dbc *c, arena *a, struct sql *q, const char *what, struct ledger_report *o)
{
	rows *r = db_query_args(c, q, NULL, 0);
	while (db_next(r))
		wrong(o, str_fmt(a, "transfer %.*s: %s", STRF(db_text(r, 0)), what));
	db_done(r);
}

void ledger_check(dbc *c, arena *a, struct ledger_report *out)
{
	*out = (struct ledger_report){0};
	rows *r = db_query_args(c, &sql_ledger_counts, NULL, 0);
	if (db_next(r)) {
		out->books = db_int(r, 0);
		out->accounts = db_int(r, 1);
		out->transfers = db_int(r, 2);
	}
	db_done(r);
	check_books(c, a, out);
	check_sums(c, a, &sql_ledger_debit_sums, "debits", out);
	check_sums(c, a, &sql_ledger_credit_sums, "credits", out);
	check_keys(c, a, &sql_ledger_unexplained, "no event of the journal explains it", out);
	check_keys(c, a, &sql_ledger_foreign_sides, "its accounts are of another book", out);
}

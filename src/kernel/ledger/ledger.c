/*
 * ledger.c - asking for transfers: what is checked, and the events that record it.
 *
 * What is refused here with a reason is refused again by the database's keys and
 * checks, should two ever decide at once on what one of them has changed.
 */
#include "kernel/ledger/private.h"
#include "kernel/ledger/statements.h"

#include <string.h>

static const char *const kinds[] = {"asset/", "liability/", "income/", "expense/", "equity/"};

static bool purpose_good(str p)
{
	if (p.n > LEDGER_PURPOSE_BYTES)
		return false;
	for (size_t i = 0; i < p.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-_./", p.p[i]) || !p.p[i])
			return false;
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (str_starts(p, str_of(kinds[i])) && p.n > strlen(kinds[i]))
			return true;
	return false;
}

struct account {
	int64_t id;
	enum ledger_limit limit;
	struct ledger_balance b;
};

static struct account account_read(rows *r, int at)
{
	return (struct account){
	    db_int(r, at),
	    (enum ledger_limit)db_int(r, at + 1),
	    {db_int(r, at + 2), db_int(r, at + 3), db_int(r, at + 4), db_int(r, at + 5)}};
}

static bool account_get(dbc *c, int64_t book, str purpose, struct account *out)
{
	rows *r = db_query(c, &sql_ledger_account_get, D_INT(book), D_TEXT(purpose));
	bool found = db_next(r);
	if (found)
		*out = account_read(r, 0);
	db_done(r);
	return found;
}

static int64_t book_of(dbc *c, str entity, str code)
{
	return db_query_int(c, &sql_ledger_book_get, 0, D_TEXT(entity), D_TEXT(code));
}

static err account_open(struct tx *tx, str entity, str code, str purpose, enum ledger_limit limit,
                        struct account *out)
{
	currency known;
	if (!purpose_good(purpose))
		return tx_fail(tx, ERR_bad_input, "purpose", "an account cannot be called %.*s",
		               STRF(purpose));
	if (!currency_find(code, &known))
		return tx_fail(tx, ERR_bad_input, "currency", "%.*s is no currency", STRF(code));
	int64_t book = book_of(tx->db, entity, code);
	*out = (struct account){.id = tx_id(tx), .limit = limit};
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "account", out->id);
	json_set_int(tx->a, d, "book", book ? book : tx_id(tx));
	json_set_str(tx->a, d, "currency", code);
	json_set_str(tx->a, d, "purpose", purpose);
	json_set_int(tx->a, d, "limit", (int64_t)limit);
	return tx_emit(tx, (struct emission){.kind = "ledger.opened", .entity = entity, .data = d});
}

err ledger_open(struct tx *tx, str entity, str code, str purpose, enum ledger_limit limit)
{
	struct account t;
	int64_t book = book_of(tx->db, entity, code);
	if (!book || !account_get(tx->db, book, purpose, &t))
		return account_open(tx, entity, code, purpose, limit, &t);
	return t.limit == limit ? OK
	                        : tx_fail(tx, ERR_conflict, "limit",
	                                  "the account %.*s is open with another limit", STRF(purpose));
}

/* ---- the accounts of transfers that are asked for together ---- */

#define EVENT_BYTES    40000 /* of transfers in one event; a record holds 65535 */
#define TRANSFER_BYTES 220   /* of one, without its key and reference */
#define SIDES_MAX      64    /* that are remembered; others are read each time */
#define KEYS_ASKED     32    /* by one statement: ledger_transfers_known */

/* An account with what it will hold when all before it are posted. */
struct side {
	str entity, currency, purpose;
	int64_t book;
	struct account t;
};

struct sides {
	struct side *of;
	size_t n, max;
};

/* The account, opened now if it has to be. */
static err side_read(struct tx *tx, const struct posting *p, str purpose, struct side *out)
{
	*out = (struct side){.entity = p->entity, .currency = p->currency, .purpose = purpose};
	rows *r = db_query(tx->db, &sql_ledger_side_get, D_TEXT(p->entity), D_TEXT(p->currency),
	                   D_TEXT(purpose));
	if (db_next(r)) {
		out->book = db_int(r, 0);
		out->t = account_read(r, 1);
	}
	db_done(r);
	if (out->t.id)
		return OK;
	err e = account_open(tx, p->entity, p->currency, purpose, LIMIT_NONE, &out->t);
	if (e == OK && !out->book)
		out->book = book_of(tx->db, p->entity, p->currency);
	return e;
}

static struct side *side_known(const struct sides *s, const struct posting *p, str purpose)
{
	for (size_t i = s->n; i-- > 0;)
		if (str_eq(s->of[i].purpose, purpose) && str_eq(s->of[i].entity, p->entity) &&
		    str_eq(s->of[i].currency, p->currency))
			return &s->of[i];
	return NULL;
}

/* Both sides of a transfer at once, if there is room and they are not known. */
static void sides_read(struct tx *tx, struct sides *s, const struct posting *p)
{
	if (s->n + 2 > s->max || side_known(s, p, p->debit) || side_known(s, p, p->credit))
		return;
	rows *r = db_query(tx->db, &sql_ledger_sides_get, D_TEXT(p->entity), D_TEXT(p->currency),
	                   D_TEXT(p->debit), D_TEXT(p->credit));
	while (db_next(r)) {
		if (!db_int(r, 1))
			continue; /* to be opened */
		bool debit = str_eq(db_text(r, 7), p->debit);
		s->of[s->n++] = (struct side){.entity = p->entity,
		                              .currency = p->currency,
		                              .purpose = debit ? p->debit : p->credit,
		                              .book = db_int(r, 0),
		                              .t = account_read(r, 1)};
	}
	db_done(r);
}

/* `spare` is where it is when there is no room to remember it. */
static err side_for(struct tx *tx, struct sides *s, const struct posting *p, str purpose,
                    struct side *spare, struct side **out)
{
	if ((*out = side_known(s, p, purpose)))
		return OK;
	*out = s->n < s->max ? &s->of[s->n++] : spare;
	return side_read(tx, p, purpose, *out);
}

/* ---- posting ---- */

/* A transfer of that key is there: was it for the same? */
static bool posting_same(struct tx *tx, const struct posting *p, rows *r)
{
	struct account x = {0}, y = {0};
	int64_t book = db_int(r, 1), debit = db_int(r, 2), credit = db_int(r, 3);
	return book == book_of(tx->db, p->entity, p->currency) &&
	       account_get(tx->db, book, p->debit, &x) && account_get(tx->db, book, p->credit, &y) &&
	       x.id == debit && y.id == credit && db_int(r, 4) == p->amount;
}

/* How many of these were posted before; a key used for another transfer is refused. */
static err some_known(struct tx *tx, const struct posting *p, size_t n, size_t *same)
{
	struct dbv key[KEYS_ASKED];
	err e = OK;
	for (size_t i = 0; i < KEYS_ASKED; i++)
		key[i] = D_TEXT(p[i < n ? i : n - 1].key);
	rows *r = db_query_args(tx->db, n == 1 ? &sql_ledger_transfer_known : &sql_ledger_transfers_known,
	                        key, n == 1 ? 1 : KEYS_ASKED);
	while (!e && db_next(r)) {
		size_t i = 0;
		while (i < n && !str_eq(p[i].key, db_text(r, 0)))
			i++;
		if (i < n && posting_same(tx, &p[i], r))
			++*same;
		else
			e = tx_fail(tx, ERR_ledger_key, "key", "%.*s was used for another transfer",
			            STRF(db_text(r, 0)));
	}
	db_done(r);
	return e;
}

/* Would the limit, or the width of a number, be passed? If not, it is counted. */
static err side_add(struct tx *tx, struct account *t, str purpose, bool debit, bool pending,
                    int64_t amount)
{
	int64_t own = debit ? t->b.debits : t->b.credits, sum;
	int64_t waiting = debit ? t->b.debits_pending : t->b.credits_pending;
	int64_t other = debit ? t->b.credits : t->b.debits;
	if (__builtin_add_overflow(own, waiting, &sum) || __builtin_add_overflow(sum, amount, &sum))
		return tx_fail(tx, ERR_ledger_overflow, "amount", "%.*s would overflow", STRF(purpose));
	if (t->limit == (debit ? LIMIT_CREDIT : LIMIT_DEBIT) && sum > other)
		return tx_fail(tx, ERR_ledger_limit, "amount", "%.*s would pass its limit", STRF(purpose));
	int64_t *to = debit     ? pending ? &t->b.debits_pending : &t->b.debits
	              : pending ? &t->b.credits_pending
	                        : &t->b.credits;
	*to += amount;
	return OK;
}

static err posting_json(struct tx *tx, struct sides *s, const struct posting *p, json **out)
{
	struct side spare[2], *debit, *credit;
	err e = OK;
	if (p->amount <= 0 || !p->key.n || p->key.n > LEDGER_KEY_BYTES || str_eq(p->debit, p->credit))
		return tx_fail(tx, ERR_bad_input, "amount",
		               "a transfer needs a key, two accounts and an"
		               " amount above nothing");
	sides_read(tx, s, p);
	if ((e = side_for(tx, s, p, p->debit, &spare[0], &debit)) ||
	    (e = side_for(tx, s, p, p->credit, &spare[1], &credit)) ||
	    (e = side_add(tx, &debit->t, p->debit, true, p->pending, p->amount)) ||
	    (e = side_add(tx, &credit->t, p->credit, false, p->pending, p->amount)))
		return e;
	json *t = *out = json_object(tx->a);
	json_set_int(tx->a, t, "id", tx_id(tx));
	json_set_str(tx->a, t, "key", p->key);
	json_set_int(tx->a, t, "book", debit->book);
	json_set_int(tx->a, t, "debit", debit->t.id);
	json_set_int(tx->a, t, "credit", credit->t.id);
	json_set_int(tx->a, t, "amount", p->amount);
	json_set_str(tx->a, t, "reference", p->reference);
	if (p->pending)
		json_set_int(tx->a, t, "expires", p->expires ? p->expires : INT64_MAX);
	return OK;
}

static void expire_later(struct tx *tx, const struct posting *p)
{
	json *o = json_object(tx->a);
	json_set_str(tx->a, o, "key", p->key);
	tx_later(tx, "ledger.expire", p->key, p->expires, o);
}

/* A record of the journal holds so much: many transfers are several events, of one
 * transaction all the same. Returns where the event that begins at `from` ends. */
static size_t event_end(const struct posting *p, size_t from, size_t n)
{
	size_t bytes = 0, i = from;
	while (i < n && bytes < EVENT_BYTES)
		bytes += TRANSFER_BYTES + p[i].key.n + p[i].reference.n, i++;
	return i;
}

static err post_some(struct tx *tx, struct sides *s, const struct posting *p, size_t n)
{
	json *list = json_array(tx->a), *d = json_object(tx->a), *one = NULL;
	for (size_t i = 0; i < n; i++) {
		err e = posting_json(tx, s, &p[i], &one);
		if (e)
			return e;
		json_push(list, one);
		if (p[i].pending && p[i].expires)
			expire_later(tx, &p[i]);
	}
	json_set(tx->a, d, "transfers", list);
	return tx_emit(tx,
	               (struct emission){.kind = "ledger.posted", .entity = p[0].entity, .data = d});
}

err ledger_post(struct tx *tx, const struct posting *p, size_t n)
{
	size_t same = 0;
	if (n == 0 || n > LEDGER_LINKED_MAX)
		return tx_fail(tx, ERR_bad_input, "", "between 1 and %d transfers at once",
		               LEDGER_LINKED_MAX);
	for (size_t from = 0; from < n; from += KEYS_ASKED) {
		size_t some = n - from < KEYS_ASKED ? n - from : KEYS_ASKED;
		err e = some_known(tx, p + from, some, &same);
		if (e)
			return e;
	}
	if (same == n)
		return OK;
	if (same)
		return tx_fail(tx, ERR_ledger_key, "key", "some of these linked transfers exist already");
	struct sides s = {.max = 2 * n < SIDES_MAX ? 2 * n : SIDES_MAX};
	s.of = NEWN(tx->a, struct side, s.max);
	err e = OK;
	for (size_t from = 0, to; from < n && !e; from = to) {
		to = event_end(p, from, n);
		e = post_some(tx, &s, p + from, to - from);
	}
	return e;
}

/* ---- ending ---- */

static const char *const end_state[] = {
    [LEDGER_POST] = "posted", [LEDGER_VOID] = "voided", [LEDGER_EXPIRE] = "expired"};

err ledger_finish(struct tx *tx, str key, enum ledger_end end, int64_t amount)
{
	rows *r = db_query(tx->db, &sql_ledger_transfer_get, D_TEXT(key));
	bool found = db_next(r);
	int64_t whole = found ? db_int(r, 3) : 0, posted = found ? db_int(r, 4) : 0;
	int64_t debit = found ? db_int(r, 1) : 0, credit = found ? db_int(r, 2) : 0;
	str state = found ? str_dup(tx->a, db_text(r, 5)) : (str){0};
	db_done(r);
	if (!found)
		return tx_fail(tx, ERR_not_found, "key", "there is no transfer %.*s", STRF(key));
	int64_t part = end != LEDGER_POST ? 0 : amount ? amount : whole;
	if (part < 0 || part > whole)
		return tx_fail(tx, ERR_bad_input, "amount", "more than the pending amount");
	if (str_eq(state, str_of(end_state[end])) && posted == part)
		return OK;
	if (!str_eq(state, STR("pending")))
		return tx_fail(tx, ERR_ledger_state, "key", "the transfer %.*s is %.*s", STRF(key),
		               STRF(state));
	tx_cancel(tx, "ledger.expire", key);
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "key", key);
	json_set_str(tx->a, d, "state", str_of(end_state[end]));
	json_set_int(tx->a, d, "amount", whole);
	json_set_int(tx->a, d, "posted", part);
	json_set_int(tx->a, d, "debit", debit);
	json_set_int(tx->a, d, "credit", credit);
	return tx_emit(tx, (struct emission){.kind = "ledger.finished", .data = d});
}

/* ---- folds ---- */

void fold_ledger_opened(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	int64_t book = json_int(e->data, "book", 0);
	db_exec(c, &sql_ledger_book_insert, D_INT(book), D_TEXT(e->entity),
	        D_TEXT(json_str(e->data, "currency")));
	db_exec(c, &sql_ledger_account_insert, D_INT(json_int(e->data, "account", 0)), D_INT(book),
	        D_TEXT(json_str(e->data, "purpose")), D_INT(json_int(e->data, "limit", 0)),
	        D_INT(e->seq));
}

static void move(dbc *c, int64_t debit, int64_t credit, int64_t posted, int64_t pending)
{
	db_exec(c, &sql_ledger_account_move, D_INT(debit), D_INT(posted), D_INT(pending), D_INT(0),
	        D_INT(0));
	db_exec(c, &sql_ledger_account_move, D_INT(credit), D_INT(0), D_INT(0), D_INT(posted),
	        D_INT(pending));
}

/* What accounts gain by the transfers of one event: each is written once. */
struct gain {
	int64_t account;
	struct ledger_balance by;
};

static struct ledger_balance *gain_of(struct gain *g, size_t *n, int64_t account)
{
	for (size_t i = *n; i-- > 0;)
		if (g[i].account == account)
			return &g[i].by;
	g[*n] = (struct gain){.account = account};
	return &g[(*n)++].by;
}

static size_t members(const json *list)
{
	size_t n = 0;
	for (const json *t = list ? list->first : NULL; t; t = t->next)
		n++;
	return n;
}

static void transfer_fold(dbc *c, const struct event *e, const json *t)
{
	int64_t amount = json_int(t, "amount", 0), expires = json_int(t, "expires", 0);
	bool pending = expires != 0;
	db_exec(c, &sql_ledger_transfer_insert, D_INT(json_int(t, "id", 0)), D_TEXT(json_str(t, "key")),
	        D_INT(json_int(t, "book", 0)), D_INT(json_int(t, "debit", 0)),
	        D_INT(json_int(t, "credit", 0)), D_INT(amount), D_INT(pending ? 0 : amount),
	        D_TEXT(pending ? STR("pending") : STR("posted")), D_TEXT(json_str(t, "reference")),
	        D_INT(expires), D_INT(e->seq), D_INT(pending ? 0 : e->seq), D_INT(e->at));
}

void fold_ledger_posted(dbc *c, arena *a, const struct event *e)
{
	const json *list = json_get(e->data, "transfers");
	struct gain *g = NEWN(a, struct gain, 2 * members(list) + 1);
	size_t n = 0;
	for (const json *t = list ? list->first : NULL; t; t = t->next) {
		int64_t amount = json_int(t, "amount", 0);
		bool pending = json_int(t, "expires", 0) != 0;
		struct ledger_balance *by;
		transfer_fold(c, e, t);
		by = gain_of(g, &n, json_int(t, "debit", 0));
		*(pending ? &by->debits_pending : &by->debits) += amount;
		by = gain_of(g, &n, json_int(t, "credit", 0));
		*(pending ? &by->credits_pending : &by->credits) += amount;
	}
	for (size_t i = 0; i < n; i++)
		db_exec(c, &sql_ledger_account_move, D_INT(g[i].account), D_INT(g[i].by.debits),
		        D_INT(g[i].by.debits_pending), D_INT(g[i].by.credits),
		        D_INT(g[i].by.credits_pending));
}

void fold_ledger_finished(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	int64_t posted = json_int(e->data, "posted", 0);
	db_exec(c, &sql_ledger_transfer_finish, D_TEXT(json_str(e->data, "key")),
	        D_TEXT(json_str(e->data, "state")), D_INT(posted), D_INT(e->seq), D_INT(e->at));
	move(c, json_int(e->data, "debit", 0), json_int(e->data, "credit", 0), posted,
	     -json_int(e->data, "amount", 0));
}

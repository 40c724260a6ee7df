/* The ledger: balanced, once, limited, and explained by the journal. */
#include "kernel_unit.h"

#include "kernel/journal.h"
#include "kernel/ledger/ledger.h"
#include "kernel/outbox/outbox.h"

static struct unit *start(void)
{
	static const struct organ *const organs[] = {&ledger_organ};
	return unit_start(organs, 1);
}

struct want {
	struct posting p[4];
	size_t n;
};

static err post_decide(struct tx *tx, void *ctx)
{
	struct want *w = ctx;
	return ledger_post(tx, w->p, w->n);
}

static struct posting leg(const char *key, const char *entity, const char *debit,
                          const char *credit, int64_t amount)
{
	return (struct posting){.key = str_of(key),
	                        .entity = str_of(entity),
	                        .currency = STR("BHD"),
	                        .debit = str_of(debit),
	                        .credit = str_of(credit),
	                        .amount = amount,
	                        .reference = STR("test")};
}

static err post(struct unit *u, struct posting p)
{
	struct want w = {{p}, 1};
	return unit_run(u, post_decide, &w);
}

static int64_t balance(struct unit *u, const char *entity, const char *purpose)
{
	struct ledger_balance b;
	dbc *c = db_reader(u->k->db);
	ledger_balance_of(c, str_of(entity), STR("BHD"), str_of(purpose), &b);
	db_reader_return(c);
	return b.debits - b.credits;
}

static struct ledger_report check(struct unit *u)
{
	struct ledger_report r;
	dbc *c = db_reader(u->k->db);
	ledger_check(c, u->a, &r);
	assert_int_equal(db_error(c), OK);
	db_reader_return(c);
	return r;
}

static void sql(struct unit *u, const char *text, err expected)
{
	dbc *c = db_writer(u->k->db);
	db_script(c, str_of(text));
	assert_int_equal(db_error(c), expected);
	db_clear(c);
	db_writer_return(c);
}

static void a_key_is_used_once(void **state)
{
	(void)state;
	struct unit *u = start();
	struct posting p = leg("k1", "iga", "asset/bank", "income/fees", 4000);
	for (int i = 0; i < 5; i++)
		assert_int_equal(post(u, p), OK);
	assert_int_equal(balance(u, "iga", "asset/bank"), 4000);
	p.amount = 4001;
	assert_int_equal(post(u, p), ERR_ledger_key);
	p.amount = 4000;
	p.credit = STR("income/other");
	assert_int_equal(post(u, p), ERR_ledger_key);
	assert_int_equal(balance(u, "iga", "income/fees"), -4000);
	assert_int_equal(check(u).faults, 0);
	assert_int_equal(check(u).transfers, 1);
	unit_stop(u);
}

static void linked_transfers_are_all_or_none(void **state)
{
	(void)state;
	struct unit *u = start();
	struct want w = {{leg("a", "iga", "asset/bank", "income/fees", 70),
	                  leg("b", "iga", "asset/bank", "liability/due/mof", 30),
	                  leg("c", "iga", "asset/bank", "asset/bank", 1)},
	                 3};
	assert_int_equal(unit_run(u, post_decide, &w), ERR_bad_input);
	assert_int_equal(check(u).transfers, 0);
	assert_int_equal(balance(u, "iga", "asset/bank"), 0);
	w.n = 2;
	assert_int_equal(unit_run(u, post_decide, &w), OK);
	assert_int_equal(balance(u, "iga", "asset/bank"), 100);
	assert_int_equal(balance(u, "iga", "liability/due/mof"), -30);
	w.p[1].key = STR("d"); /* one known, one new: refused */
	assert_int_equal(unit_run(u, post_decide, &w), ERR_ledger_key);
	unit_stop(u);
}

struct ending {
	const char *key;
	enum ledger_end end;
	int64_t amount;
};

static err finish_decide(struct tx *tx, void *ctx)
{
	struct ending *e = ctx;
	return ledger_finish(tx, str_of(e->key), e->end, e->amount);
}

static err finish(struct unit *u, const char *key, enum ledger_end end, int64_t amount)
{
	return unit_run(u, finish_decide, &(struct ending){key, end, amount});
}

static void a_pending_transfer_ends_once(void **state)
{
	(void)state;
	struct unit *u = start();
	struct posting p = leg("p1", "iga", "asset/receivable/x", "income/fees", 1000);
	p.pending = true;
	assert_int_equal(post(u, p), OK);
	assert_int_equal(balance(u, "iga", "asset/receivable/x"), 0);
	assert_int_equal(finish(u, "p1", LEDGER_POST, 1001), ERR_bad_input);
	assert_int_equal(finish(u, "p1", LEDGER_POST, 600), OK);
	assert_int_equal(finish(u, "p1", LEDGER_POST, 600), OK);
	assert_int_equal(finish(u, "p1", LEDGER_VOID, 0), ERR_ledger_state);
	assert_int_equal(balance(u, "iga", "asset/receivable/x"), 600);
	p.key = STR("p2");
	assert_int_equal(post(u, p), OK);
	assert_int_equal(finish(u, "p2", LEDGER_VOID, 0), OK);
	assert_int_equal(finish(u, "p2", LEDGER_POST, 0), ERR_ledger_state);
	assert_int_equal(balance(u, "iga", "asset/receivable/x"), 600);
	assert_int_equal(finish(u, "none", LEDGER_VOID, 0), ERR_not_found);
	assert_int_equal(check(u).faults, 0);
	unit_stop(u);
}

static void a_pending_transfer_expires(void **state)
{
	(void)state;
	struct unit *u = start();
	struct posting p = leg("p1", "iga", "asset/receivable/x", "income/fees", 1000);
	p.pending = true;
	p.expires = u->now + HOUR;
	assert_int_equal(post(u, p), OK);
	scheduler_drain(u->k);
	u->now += HOUR + SECOND;
	assert_int_equal(scheduler_drain(u->k), 1);
	assert_int_equal(finish(u, "p1", LEDGER_POST, 0), ERR_ledger_state);
	assert_int_equal(finish(u, "p1", LEDGER_EXPIRE, 0), OK);
	assert_int_equal(balance(u, "iga", "asset/receivable/x"), 0);
	assert_int_equal(check(u).faults, 0);
	unit_stop(u);
}

static err open_decide(struct tx *tx, void *ctx)
{
	(void)ctx;
	return ledger_open(tx, STR("iga"), STR("BHD"), STR("asset/cash"), LIMIT_DEBIT);
}

static void a_limit_is_kept_by_us_and_by_the_database(void **state)
{
	(void)state;
	struct unit *u = start();
	assert_int_equal(unit_run(u, open_decide, NULL), OK);
	assert_int_equal(post(u, leg("1", "iga", "asset/cash", "income/fees", 500)), OK);
	assert_int_equal(post(u, leg("2", "iga", "asset/bank", "asset/cash", 501)), ERR_ledger_limit);
	struct posting p = leg("3", "iga", "asset/bank", "asset/cash", 300);
	p.pending = true; /* what is pending counts */
	assert_int_equal(post(u, p), OK);
	assert_int_equal(post(u, leg("4", "iga", "asset/bank", "asset/cash", 201)), ERR_ledger_limit);
	assert_int_equal(post(u, leg("5", "iga", "asset/bank", "asset/cash", 200)), OK);
	sql(u, "UPDATE ledger_account SET credits = credits + 1 WHERE limited = 1", ERR_db_constraint);
	sql(u, "UPDATE ledger_transfer SET amount = 0", ERR_db_constraint);
	sql(u, "UPDATE ledger_transfer SET credit = debit", ERR_db_constraint);
	sql(u, "UPDATE ledger_transfer SET key = '1' WHERE key = '5'", ERR_db_constraint);
	unit_stop(u);
}

static void books_do_not_mix(void **state)
{
	(void)state;
	struct unit *u = start();
	assert_int_equal(post(u, leg("1", "iga", "asset/bank", "income/fees", 5)), OK);
	assert_int_equal(post(u, leg("2", "moh", "asset/bank", "income/fees", 7)), OK);
	sql(u,
	    "UPDATE ledger_transfer SET credit = (SELECT max(id) FROM ledger_account) WHERE key = '1'",
	    ERR_db_constraint);
	assert_int_equal(balance(u, "iga", "asset/bank"), 5);
	assert_int_equal(balance(u, "moh", "asset/bank"), 7);
	assert_int_equal(check(u).books, 2);
	struct posting p = leg("3", "moh", "asset/bank", "income/fees", INT64_MAX);
	assert_int_equal(post(u, p), ERR_ledger_overflow);
	p = leg("4", "moh", "bank", "income/fees", 1);
	assert_int_equal(post(u, p), ERR_bad_input);
	p = leg("5", "moh", "asset/bank", "income/fees", 1);
	p.currency = STR("XXX");
	assert_int_equal(post(u, p), ERR_bad_input);
	unit_stop(u);
}

static void a_statement_runs_from_balance_to_balance(void **state)
{
	(void)state;
	struct unit *u = start();
	struct ledger_line line[8];
	int64_t opening;
	assert_int_equal(post(u, leg("1", "iga", "asset/bank", "income/fees", 500)), OK);
	u->now += DAY;
	instant from = u->now;
	assert_int_equal(post(u, leg("2", "iga", "asset/bank", "income/fees", 250)), OK);
	assert_int_equal(post(u, leg("3", "iga", "expense/x", "asset/bank", 100)), OK);
	dbc *c = db_reader(u->k->db);
	size_t n = ledger_statement(c, u->a, STR("iga"), STR("BHD"), STR("asset/bank"), from,
	                            from + DAY, &opening, line, 8);
	db_reader_return(c);
	assert_int_equal(n, 2);
	assert_int_equal(opening, 500);
	assert_int_equal(line[0].amount, 250);
	assert_int_equal(line[1].amount, -100);
	assert_int_equal(line[1].balance, 650);
	assert_str(line[1].other, "expense/x");
	assert_true(line[1].seq > line[0].seq);
	unit_stop(u);
}

static void what_was_changed_by_hand_is_found(void **state)
{
	(void)state;
	struct unit *u = start();
	for (int i = 0; i < 10; i++)
		post(u, leg(str_c(u->a, str_fmt(u->a, "k%d", i)), "iga", "asset/bank", "income/fees", 9));
	assert_int_equal(check(u).faults, 0);
	sql(u, "UPDATE ledger_account SET debits = debits + 1 WHERE purpose = 'asset/bank'", OK);
	assert_true(check(u).faults >= 2);
	assert_int_equal(check(u).difference, 1);
	sql(u, "UPDATE ledger_account SET debits = debits - 1 WHERE purpose = 'asset/bank'", OK);
	sql(u, "UPDATE ledger_transfer SET posted = 8, amount = 8 WHERE key = 'k3'", OK);
	assert_int_equal(check(u).faults, 2);
	sql(u, "UPDATE ledger_transfer SET posted = 9, amount = 9 WHERE key = 'k3'", OK);
	sql(u, "UPDATE ledger_transfer SET made_seq = 9999 WHERE key = 'k3'", OK);
	assert_int_equal(check(u).faults, 1);
	sql(u, "UPDATE ledger_transfer SET made_seq = done_seq WHERE key = 'k3'", OK);
	assert_int_equal(check(u).faults, 0);
	unit_stop(u);
}

static void a_rebuild_gives_the_same_ledger(void **state)
{
	(void)state;
	struct unit *u = start();
	struct rebuild_report r;
	struct posting p = leg("p1", "iga", "asset/bank", "income/fees", 10);
	p.pending = true;
	assert_int_equal(post(u, leg("1", "iga", "asset/bank", "income/fees", 500)), OK);
	assert_int_equal(post(u, p), OK);
	assert_int_equal(finish(u, "p1", LEDGER_POST, 4), OK);
	assert_int_equal(journal_rebuild(u->k, u->a, false, &r), OK);
	assert_int_equal(r.different, 0);
	assert_int_equal(journal_rebuild(u->k, u->a, true, &r), OK);
	assert_int_equal(check(u).faults, 0);
	assert_int_equal(balance(u, "iga", "asset/bank"), 504);
	unit_stop(u);
}

struct many {
	struct posting *p;
	size_t n;
};

static err many_decide(struct tx *tx, void *ctx)
{
	const struct many *m = ctx;
	return ledger_post(tx, m->p, m->n);
}

/* More than one record of the journal holds, with the longest keys there are. */
static void a_thousand_transfers_are_all_or_none(void **state)
{
	(void)state;
	struct unit *u = start();
	struct many m = {NEWN(u->a, struct posting, LEDGER_LINKED_MAX), LEDGER_LINKED_MAX};
	struct rebuild_report b;
	for (size_t i = 0; i < m.n; i++) {
		m.p[i] = leg("", "iga", "asset/bank", i % 2 ? "income/fees/1" : "income/fees/2", 1 + (int64_t)i);
		m.p[i].key = str_fmt(u->a, "%0*zu", LEDGER_KEY_BYTES, i);
	}
	m.p[m.n - 1].amount = 0; /* the last of them is wrong */
	assert_int_equal(unit_run(u, many_decide, &m), ERR_bad_input);
	assert_int_equal(balance(u, "iga", "asset/bank"), 0);
	m.p[m.n - 1].amount = 1000;
	assert_int_equal(unit_run(u, many_decide, &m), OK);
	assert_int_equal(unit_run(u, many_decide, &m), OK); /* again: nothing */
	m.p[500].amount++; /* one of them is another */
	assert_int_equal(unit_run(u, many_decide, &m), ERR_ledger_key);
	m.p[500].amount--;
	m.p[m.n - 1].key = STR("new"); /* one of them is not there */
	assert_int_equal(unit_run(u, many_decide, &m), ERR_ledger_key);
	m.n = LEDGER_LINKED_MAX - 1; /* the others are */
	assert_int_equal(unit_run(u, many_decide, &m), OK);
	assert_int_equal(balance(u, "iga", "asset/bank"), 1000 * 1001 / 2);
	assert_int_equal(balance(u, "iga", "income/fees/1"), -500 * 501);
	assert_int_equal(check(u).faults, 0);
	assert_int_equal(check(u).transfers, 1000);
	assert_int_equal(journal_rebuild(u->k, u->a, false, &b), OK);
	assert_int_equal(b.different, 0);
	unit_stop(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_key_is_used_once),
	    cmocka_unit_test(linked_transfers_are_all_or_none),
	    cmocka_unit_test(a_thousand_transfers_are_all_or_none),
	    cmocka_unit_test(a_pending_transfer_ends_once),
	    cmocka_unit_test(a_pending_transfer_expires),
	    cmocka_unit_test(a_limit_is_kept_by_us_and_by_the_database),
	    cmocka_unit_test(books_do_not_mix),
	    cmocka_unit_test(a_statement_runs_from_balance_to_balance),
	    cmocka_unit_test(what_was_changed_by_hand_is_found),
	    cmocka_unit_test(a_rebuild_gives_the_same_ledger),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A five-hundredth of the year 2018: 2,600 payments, BHD 240,000.001. The whole year is
 * a measurement: tests/bench/bench_year.c. */
#include "payments_unit.h"

#include "systems/payments/audit/audit.h"
#include "systems/payments/year.h"

#define ORDERS 2600
#define TOTAL  INT64_C(240000001)

static int64_t one(struct unit *u, const char *sql)
{
	dbc *c = db_reader(u->k->db);
	rows *r = db_query_text(c, str_of(sql), NULL, 0);
	int64_t n = db_next(r) ? db_int(r, 0) : -1;
	db_done(r);
	db_reader_return(c);
	return n;
}

static void a_year_adds_up_to_the_fils(void **state)
{
	(void)state;
	static const struct organ *organs[2];
	struct year_report r;
	struct audit_report found;
	struct year_check again;
	organs[0] = &ledger_organ;
	organs[1] = payments_system.organ;
	struct unit *u = unit_start(organs, 2);
	struct year_plan p = {
	    .year = 2018, .orders = ORDERS, .total = TOTAL, .seed = 2018, .now = &u->now};
	assert_int_equal(payments_year(u->k, u->a, &p, &r), OK);
	assert_int_equal(r.orders, ORDERS);
	assert_int_equal(r.total, TOTAL);
	assert_int_equal(r.ledger.faults, 0);
	assert_int_equal(r.ledger.difference, 0);
	assert_int_equal(r.exceptions, r.seeded);
	assert_true(r.seeded > 15);
	assert_int_equal(payments_year_check(u->k, u->a, &again), OK);
	assert_int_equal(again.captured, ORDERS);
	assert_int_equal(again.amount, TOTAL);
	assert_int_equal(again.unbalanced, 0);
	assert_int_equal(again.different, 0);
	assert_int_equal(again.first_bad, 0);
	struct year_report refused;
	assert_int_equal(payments_year(u->k, u->a, &p, &refused), ERR_conflict);
	/* Counted another way: the journal's own captures, and the tills and the bank. */
	assert_int_equal(one(u, "SELECT count(*) FROM journal WHERE kind = 'payment.captured'"),
	                 ORDERS);
	int64_t till =
	    one(u, "SELECT sum(debits) FROM ledger_account WHERE purpose = 'asset/till/cash'");
	int64_t bank = one(u, "SELECT sum(debits) FROM ledger_account WHERE purpose = 'asset/bank'");
	int64_t owed = one(u, "SELECT sum(debits - credits) FROM ledger_account WHERE purpose ="
	                      " 'asset/receivable/replay'");
	assert_int_equal(till + bank + owed, TOTAL);
	assert_int_equal(r.bank, bank);
	assert_int_equal(one(u, "SELECT count(*) FROM pay_receipt"), ORDERS);
	assert_int_equal(one(u, "SELECT sum(n) FROM (SELECT max(no) AS n FROM pay_receipt"
	                        " GROUP BY entity, year) x"),
	                 ORDERS); /* no gap in any series */
	dbc *c = db_reader(u->k->db);
	assert_int_equal(payments_audit(u->k, c, u->a, &found), OK);
	db_reader_return(c);
	if (found.findings)
		fail_msg("%.*s", STRF(json_print(u->a, found.list->first)));
	unit_stop(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_year_adds_up_to_the_fils)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

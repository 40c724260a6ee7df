/* Bills of several agencies in one payment, and incomes that are shared. */
#include "payments_unit.h"

#include "systems/payments/audit/audit.h"
#include "systems/payments/bills.h"

#define PAYER 77

struct doing {
	int what;
	struct bill bill;
	struct bill_part part[4];
	size_t n;
	int64_t id, amount, who;
	instant from, to;
};
enum { ISSUE, CANCEL, PAY, SHARES, DISTRIBUTE };

static err do_decide(struct tx *tx, void *ctx)
{
	struct doing *d = ctx;
	struct share s[2] = {{STR("iga"), 70}, {STR("mof"), 30}};
	switch (d->what) {
	case ISSUE:
		return bill_issue(tx, &d->bill, &d->id);
	case CANCEL:
		return bill_cancel(tx, d->id);
	case PAY:
		return bills_pay(tx, d->who ? d->who : PAYER, d->part, d->n, &d->id);
	case SHARES:
		return shares_set(tx, STR("4110"), s, 2);
	default:
		return shares_distribute(tx, STR("iga"), STR("4110"), STR("BHD"), STR("2026-11"), d->from,
		                         d->to, &d->amount);
	}
}

static int64_t issue(struct shop *s, const char *entity, const char *number, int64_t amount)
{
	struct doing d = {ISSUE, .bill = {.entity = str_of(entity),
	                                  .number = str_of(number),
	                                  .payer = PAYER,
	                                  .label_en = STR("Bill"),
	                                  .label_ar = STR("فاتورة"),
	                                  .gl = STR("4310"),
	                                  .currency = STR("BHD"),
	                                  .amount = amount,
	                                  .due = s->u->now - DAY}};
	assert_int_equal(unit_run(s->u, do_decide, &d), OK);
	return d.id;
}

static struct bill bill_now(struct shop *s, int64_t id)
{
	struct bill b;
	dbc *c = db_reader(s->u->k->db);
	assert_true(bill_get(c, s->u->a, id, &b));
	db_reader_return(c);
	return b;
}

static int64_t book(struct shop *s, const char *entity, const char *purpose)
{
	struct ledger_balance b;
	dbc *c = db_reader(s->u->k->db);
	ledger_balance_of(c, str_of(entity), STR("BHD"), str_of(purpose), &b);
	db_reader_return(c);
	return b.debits - b.credits;
}

static void pay(struct shop *s, int64_t order)
{
	struct attempt t;
	assert_int_equal(pay_begin(s, order, &t), OK);
	assert_int_equal(choose(s, pay_url(s, &t), "succeed", 1), 303);
	shop_now(s);
	scheduler_drain(s->u->k);
}

static void silent(struct shop *s)
{
	struct audit_report r;
	dbc *c = db_reader(s->u->k->db);
	assert_int_equal(payments_audit(s->u->k, c, s->u->a, &r), OK);
	db_reader_return(c);
	if (r.findings)
		fail_msg("%.*s", STRF(json_print(s->u->a, r.list)));
	books_whole(s);
}

/* proves: PAY-05 */
static void three_bills_of_two_agencies_are_one_payment(void **state)
{
	(void)state;
	struct shop *s = shop_start(1);
	int64_t one = issue(s, "ewa", "E-1", 12345), two = issue(s, "ewa", "E-2", 5000);
	int64_t three = issue(s, "works", "M-1", 7001);
	assert_int_equal(issue(s, "ewa", "E-1", 12345), one); /* sent again */
	struct doing d = {PAY, .part = {{one, 0}, {two, 2000}, {three, 0}}, .n = 3};
	assert_int_equal(unit_run(s->u, do_decide, &d), OK);
	assert_int_equal(order_now(s, d.id).total, 12345 + 2000 + 7001);
	pay(s, d.id);
	assert_str(order_now(s, d.id).state, "fulfilled");
	assert_str(bill_now(s, one).state, "paid");
	assert_str(bill_now(s, two).state, "part_paid");
	assert_int_equal(bill_now(s, two).paid, 2000);
	assert_str(bill_now(s, three).state, "paid");
	assert_int_equal(book(s, "ewa", "income/fees/4310"), -14345);
	assert_int_equal(book(s, "works", "income/fees/4310"), -7001);
	assert_int_equal(count(s, "SELECT count(*) FROM pay_receipt"), 2); /* one an agency */
	assert_int_equal(count(s, "SELECT count(*) FROM pay_attempt WHERE state = 'captured'"), 1);
	silent(s);
	shop_stop(s);
}

static void a_bill_paid_in_two_tabs_is_paid_once(void **state)
{
	(void)state;
	struct shop *s = shop_start(1);
	int64_t bill = issue(s, "ewa", "E-1", 9000);
	struct doing x = {PAY, .part = {{bill, 0}}, .n = 1}, y = x;
	assert_int_equal(unit_run(s->u, do_decide, &x), OK);
	assert_int_equal(unit_run(s->u, do_decide, &y), OK);
	pay(s, x.id);
	pay(s, y.id); /* goes back */
	assert_int_equal(bill_now(s, bill).paid, 9000);
	assert_int_equal(book(s, "ewa", "asset/receivable/sim-a"), 9000);
	assert_int_equal(count(s, "SELECT count(*) FROM pay_refund WHERE state = 'done'"), 1);
	struct doing z = {PAY, .part = {{bill, 0}}, .n = 1};
	assert_int_equal(unit_run(s->u, do_decide, &z), ERR_payment_paid);
	silent(s);
	shop_stop(s);
}

static void what_is_not_owed_cannot_be_paid(void **state)
{
	(void)state;
	struct shop *s = shop_start(0);
	int64_t bill = issue(s, "ewa", "E-1", 9000);
	struct doing d = {PAY, .part = {{bill, 9001}}, .n = 1};
	assert_int_equal(unit_run(s->u, do_decide, &d), ERR_payment_amount);
	d = (struct doing){PAY, .part = {{bill, 1}, {bill, 1}}, .n = 2};
	assert_int_equal(unit_run(s->u, do_decide, &d), ERR_bad_input);
	d = (struct doing){PAY, .part = {{bill, 1}}, .n = 1, .who = 78};
	assert_int_equal(unit_run(s->u, do_decide, &d), ERR_not_found);
	d = (struct doing){CANCEL, .id = bill};
	assert_int_equal(unit_run(s->u, do_decide, &d), OK);
	d = (struct doing){PAY, .part = {{bill, 0}}, .n = 1};
	assert_int_equal(unit_run(s->u, do_decide, &d), ERR_payment_paid);
	silent(s);
	shop_stop(s);
}

/* proves: PAY-16 */
static void seventy_and_thirty_are_a_hundred_to_the_fils(void **state)
{
	(void)state;
	struct shop *s = shop_start(1);
	instant from = s->u->now - DAY;
	for (int i = 0; i < 3; i++)
		pay(s, order_make(s, 1111 + i));
	struct doing d = {.what = SHARES};
	assert_int_equal(unit_run(s->u, do_decide, &d), OK);
	shop_jump(s, 86400);
	d = (struct doing){DISTRIBUTE, .from = from, .to = s->u->now};
	assert_int_equal(unit_run(s->u, do_decide, &d), OK);
	assert_int_equal(d.amount, 3336);
	assert_int_equal(balance(s, "liability/due/mof"), -1001); /* 1000.8 */
	assert_int_equal(balance(s, "income/fees/4110"), -2335);  /* 2335.2 */
	assert_int_equal(unit_run(s->u, do_decide, &d), ERR_payment_state);
	silent(s);
	shop_stop(s);
}

static void every_split_sums_to_the_whole(void **state)
{
	(void)state;
	rng r = rng_seeded(7);
	for (int i = 0; i < 100000; i++) {
		int64_t weight[8], sum = 0;
		money part[8], total = {(int64_t)(rng_u64(&r) >> (1 + rng_below(&r, 60)))};
		size_t n = 1 + rng_below(&r, 8);
		for (size_t k = 0; k < n; k++)
			weight[k] = (int64_t)rng_below(&r, 1000) + (k == 0);
		if (i % 2)
			total.minor = -total.minor;
		assert_true(money_share(total, weight, n, part));
		for (size_t k = 0; k < n; k++)
			sum += part[k].minor;
		assert_int_equal(sum, total.minor);
	}
	money x = {1374}, out;
	assert_true(money_rate((money){250}, 1374, 10, &out)); /* 250 fils times 137.4 */
	assert_int_equal(out.minor, 34350);
	assert_true(money_rate(x, 1, 2, &out) && out.minor == 687);
	assert_true(money_rate((money){-1375}, 1, 2, &out) && out.minor == -688);
	assert_false(money_rate((money){INT64_MAX}, 3, 2, &out));
	assert_false(money_rate(x, 1, 0, &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(three_bills_of_two_agencies_are_one_payment),
	    cmocka_unit_test(a_bill_paid_in_two_tabs_is_paid_once),
	    cmocka_unit_test(what_is_not_owed_cannot_be_paid),
	    cmocka_unit_test(seventy_and_thirty_are_a_hundred_to_the_fils),
	    cmocka_unit_test(every_split_sums_to_the_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

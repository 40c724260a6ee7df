/* Statements of providers and banks against our books, and the end of a day. */
#include "payments_unit.h"

#include "systems/payments/audit/audit.h"
#include "systems/payments/settle.h"

struct taking {
	const char *provider;
	struct statement s;
	instant from, to;
	struct settle_report r;
	int64_t id;
	str word;
	bool bank;
};

static err take_decide(struct tx *tx, void *ctx)
{
	struct taking *t = ctx;
	return t->bank ? bank_take(tx, &t->s, &t->r)
	               : settle_take(tx, str_of(t->provider), &t->s, t->from, t->to, &t->r);
}

static err resolve_decide(struct tx *tx, void *ctx)
{
	struct taking *t = ctx;
	tx->actor.person = 5;
	return exception_resolve(tx, t->id, t->word);
}

static struct settle_report take(struct shop *s, const char *provider, str name, str bytes)
{
	struct taking t = {.provider = provider,
	                   .from = s->u->now - DAY,
	                   .to = s->u->now + DAY,
	                   .bank = strcmp(provider, "bank") == 0};
	str why;
	if (!statement_read(s->u->a, name, bytes, &t.s, &why))
		fail_msg("%.*s", STRF(why));
	assert_int_equal(unit_run(s->u, take_decide, &t), OK);
	return t.r;
}

static int64_t paid_order(struct shop *s, int64_t amount)
{
	int64_t id = order_make(s, amount);
	struct attempt t;
	assert_int_equal(pay_begin(s, id, &t), OK);
	assert_int_equal(choose(s, pay_url(s, &t), "succeed", 1), 303);
	shop_now(s);
	scheduler_drain(s->u->k);
	assert_str(order_now(s, id).state, "fulfilled");
	return id;
}

static str fetched(struct shop *s, const char *ending)
{
	CURL *c = curl_easy_init();
	str page, day = date_print(s->u->a, s->u->now / DAY);
	assert_int_equal(browse(s, c,
	                        str_fmt(s->u->a, "http://127.0.0.1:%d/api/statements/%.*s%s",
	                                s->sim[0].port, STRF(day), ending),
	                        NULL, &page),
	                 200);
	curl_easy_cleanup(c);
	return page;
}

/* The text without the line that holds `part`. */
static str without(arena *a, str text, str part)
{
	buf b = buf_make(a, text.n + 1);
	str line;
	while (str_cut(&text, '\n', &line))
		if (line.n && str_find(line, part) < 0)
			buf_fmt(&b, "%.*s\n", STRF(line));
	return buf_str(&b);
}

static str replaced(arena *a, str text, str part, str by)
{
	ptrdiff_t at = str_find(text, part);
	assert_true(at >= 0);
	return str_fmt(a, "%.*s%.*s%.*s", (int)at, text.p, STRF(by),
	               STRF(str_sub(text, (size_t)at + part.n, text.n)));
}

static str payment_of(struct shop *s, int64_t order)
{
	struct attempt t[4];
	dbc *c = db_reader(s->u->k->db);
	size_t n = order_attempts(c, s->u->a, order, t, 4);
	db_reader_return(c);
	return str_fmt(s->u->a, "%lld", (long long)t[n - 1].id);
}

/* proves: PAY-08 */
static void one_missing_one_extra_one_wrong_are_three_exceptions(void **state)
{
	(void)state;
	struct shop *s = shop_start(1);
	int64_t id[8];
	for (int i = 0; i < 8; i++)
		id[i] = paid_order(s, 1001 + i);
	str csv = fetched(s, ".csv");
	csv = without(s->u->a, csv, payment_of(s, id[2]));
	csv = replaced(s->u->a, csv, STR(",1.005,"), STR(",1.006,"));
	csv = str_cat(s->u->a, csv, STR("payment,77,SIM-77,P0,5.000,BHD,2026-11-25T10:00:00Z\n"));
	struct settle_report r = take(s, "sim-a", STR("day.csv"), csv);
	assert_int_equal(r.exceptions, 3);
	assert_int_equal(r.matched, 6);
	const char *const kinds[] = {"missing", "extra", "amount"};
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    count(s, str_c(s->u->a,
		                   str_fmt(s->u->a, "SELECT count(*) FROM pay_exception WHERE kind = '%s'",
		                           kinds[i]))),
		    1);
	assert_true(take(s, "sim-a", STR("day.csv"), csv).known); /* the same file again */
	assert_int_equal(count(s, "SELECT count(*) FROM pay_exception"), 3);
	/* The missing one comes the day after, as camt.053, with all the others again. */
	str xml = fetched(s, ".xml");
	r = take(s, "sim-a", STR("day.xml"), xml);
	assert_int_equal(r.matched, 2);
	assert_int_equal(r.exceptions, 6); /* settled twice, says the provider */
	assert_int_equal(count(s, "SELECT count(*) FROM pay_exception WHERE kind = 'missing'"
	                          " AND state = 'open'"),
	                 0);
	assert_int_equal(balance(s, "asset/receivable/sim-a"), 0);
	struct taking t = {.id = count(s, "SELECT id FROM pay_exception WHERE kind = 'extra'"),
	                   .word = STR(" ")};
	assert_int_equal(unit_run(s->u, resolve_decide, &t), ERR_bad_input);
	t.word = STR("The provider took it back");
	assert_int_equal(unit_run(s->u, resolve_decide, &t), OK);
	assert_int_equal(unit_run(s->u, resolve_decide, &t), ERR_payment_state);
	books_whole(s);
	shop_stop(s);
}

static void three_sides_agree_to_the_fils(void **state)
{
	(void)state;
	struct shop *s = shop_start(1);
	int64_t total = 0;
	for (int i = 0; i < 5; i++) {
		paid_order(s, 10001 + i);
		total += 10001 + i;
	}
	struct settle_report r = take(s, "sim-a", STR("sim-a/1"), fetched(s, ".csv"));
	assert_int_equal(r.exceptions, 0);
	assert_int_equal(r.sum, total);
	assert_int_equal(balance(s, "asset/transit/sim-a"), total);
	/* The bank: less a fee of 0.750; then a line nobody knows. */
	str bank = str_fmt(s->u->a,
	                   "kind,payment,reference,order,amount,currency,at\n"
	                   "payment,sim-a/1,B1,,%lld.%03lld,BHD,2026-11-26T08:00:00Z\n"
	                   "payment,who,B2,,9.000,BHD,2026-11-26T08:00:00Z\n",
	                   (long long)(total - 750) / 1000, (long long)(total - 750) % 1000);
	r = take(s, "bank", STR("bank.csv"), bank);
	assert_int_equal(r.matched, 1);
	assert_int_equal(r.exceptions, 1);
	assert_int_equal(balance(s, "asset/transit/sim-a"), 0);
	assert_int_equal(balance(s, "asset/bank"), total - 750);
	assert_int_equal(balance(s, "expense/provider/sim-a"), 750);
	assert_int_equal(balance(s, "income/fees/4110"), -total);
	books_whole(s);
	shop_stop(s);
}

static void what_is_no_statement_is_refused_with_its_line(void **state)
{
	arena *a = *state;
	struct statement st;
	str why;
	static const char *const bad[] = {
	    "",
	    "kind,payment\n",
	    "kind,payment,reference,order,amount,currency,at\nloan,1,2,3,4.000,BHD,2026-01-01T00:00:"
	    "00Z\n",
	    "kind,payment,reference,order,amount,currency,at\npayment,1,2,3,4.0001,BHD,"
	    "2026-01-01T00:00:00Z\n",
	    "kind,payment,reference,order,amount,currency,at\npayment,1,2,3,4.000,BHD,yesterday\n",
	    "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
	    "<Document><Ntry><Amt Ccy=\"BHD\">x</Amt></Ntry></Document>",
	    "<Document><Ntry>",
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_false(statement_read(a, STR("x"), str_of(bad[i]), &st, &why));
		assert_true(str_starts(why, STR("line ")));
	}
}

/* ---- the counter and the day's end ---- */

struct till {
	int64_t order, day;
	const char *method, *reference;
	int64_t person;
};

static err till_decide(struct tx *tx, void *ctx)
{
	struct till *t = ctx;
	tx->actor.person = t->person;
	tx->actor.channel = STR("counter");
	return counter_pay(tx, t->order, str_of(t->method), str_of(t->reference), t->day);
}

static err close_decide(struct tx *tx, void *ctx)
{
	struct till *t = ctx;
	struct counted c = {STR("cash"), 5000};
	tx->actor.person = t->person;
	return day_close(tx, STR("iga"), t->day, &c, 1);
}

/* proves: PAY-09 */
static void a_closed_day_takes_no_more(void **state)
{
	(void)state;
	struct shop *s = shop_start(0);
	int64_t today = (s->u->now + 3 * HOUR) / DAY;
	struct till t = {order_make(s, 5000), 0, "cash", "", 3};
	assert_int_equal(unit_run(s->u, till_decide, &t), OK);
	assert_int_equal(unit_run(s->u, till_decide, &t), ERR_payment_paid);
	t = (struct till){order_make(s, 700), 0, "cheque", "", 3};
	assert_int_equal(unit_run(s->u, till_decide, &t), ERR_bad_input); /* its number is missing */
	t.reference = "CH-1";
	t.person = 0;
	assert_int_equal(unit_run(s->u, till_decide, &t), ERR_forbidden);
	t.person = 3;
	assert_int_equal(unit_run(s->u, till_decide, &t), OK);
	scheduler_drain(s->u->k);
	assert_int_equal(balance(s, "asset/till/cash"), 5000);
	assert_int_equal(balance(s, "asset/till/cheque"), 700);
	struct till c = {.day = today, .person = 4};
	assert_int_equal(unit_run(s->u, close_decide, &c), OK);
	assert_int_equal(unit_run(s->u, close_decide, &c), ERR_payment_day_closed);
	assert_int_equal(count(s, "SELECT count(*) FROM pay_close WHERE totals LIKE '%cheque%'"
	                          " AND totals LIKE '%5000%'"),
	                 1);
	t = (struct till){order_make(s, 300), 0, "cash", "", 3};
	assert_int_equal(unit_run(s->u, till_decide, &t), ERR_payment_day_closed);
	shop_jump(s, 86400);
	t.day = today;
	assert_int_equal(unit_run(s->u, till_decide, &t), ERR_payment_day_closed); /* back-dated */
	t.day = today + 1;
	assert_int_equal(unit_run(s->u, till_decide, &t), OK);
	books_whole(s);
	shop_stop(s);
}

/* More than one record of the journal holds. */
static void a_long_statement_is_taken_whole(void **state)
{
	(void)state;
	struct shop *s = shop_start(1);
	struct audit_report u;
	buf b = buf_make(s->u->a, (size_t)1024 * 1024);
	str csv, rest, head;
	for (int i = 0; i < 3; i++)
		paid_order(s, 2000 + i);
	rest = csv = fetched(s, ".csv");
	str_cut(&rest, '\n', &head);
	buf_fmt(&b, "%.*s\n", STRF(head));
	for (int i = 0; i < 1500; i++)
		buf_fmt(&b, "payment,%d,SIM-%d,P0,5.000,BHD,2026-11-25T10:00:00Z\n", 100 + i, 100 + i);
	buf_put(&b, rest);
	struct settle_report r = take(s, "sim-a", STR("long.csv"), buf_str(&b));
	assert_int_equal(r.matched, 3);
	assert_int_equal(r.exceptions, 1500);
	assert_int_equal(count(s, "SELECT count(*) FROM pay_exception WHERE kind = 'extra'"), 1500);
	assert_int_equal(count(s, "SELECT count(*) FROM pay_settled"), 3);
	assert_int_equal(count(s, "SELECT entries FROM pay_batch"), 1503);
	assert_true(count(s, "SELECT count(*) FROM journal WHERE kind = 'payment.settled_more'") > 5);
	dbc *c = db_reader(s->u->k->db);
	assert_int_equal(payments_audit(s->u->k, c, s->u->a, &u), OK);
	db_reader_return(c);
	assert_int_equal(u.findings, 0);
	books_whole(s);
	shop_stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_long_statement_is_taken_whole),
	    cmocka_unit_test(one_missing_one_extra_one_wrong_are_three_exceptions),
	    cmocka_unit_test(three_sides_agree_to_the_fils),
	    UNIT(what_is_no_statement_is_refused_with_its_line),
	    cmocka_unit_test(a_closed_day_takes_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

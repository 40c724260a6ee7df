/* Paying, with the provider's simulator as another process: whatever the provider
 * and the payer do, one charge, balanced books, and the service is told once. */
#include "payments_unit.h"

#include "kernel/outbox/sign.h"

#define SETTLE_STEPS 40 /* minutes */

/* proves: PAY-04 */
static void an_order_is_paid_once(void **state)
{
	(void)state;
	struct shop *s = shop_start(1);
	int64_t id = order_make(s, 4000);
	struct attempt t, again;
	assert_int_equal(pay_begin(s, id, &t), OK);
	assert_int_equal(pay_begin(s, id, &again), OK); /* a second tab */
	assert_int_equal(t.id, again.id);
	assert_int_equal(choose(s, pay_url(s, &t), "succeed", 2), 303);
	assert_int_equal(choose(s, pay_url(s, &t), "succeed", 1), 303);
	settle(s, id, 3);
	struct order o = order_now(s, id);
	assert_str(o.state, "fulfilled");
	assert_int_equal(o.captured, 4000);
	assert_int_equal(pay_begin(s, id, &again), ERR_payment_paid);
	assert_int_equal(statement_sum(s, &s->sim[0], o.reference), 4000);
	assert_int_equal(balance(s, "asset/receivable/sim-a"), 4000);
	assert_int_equal(balance(s, "income/fees/4110"), -4000);
	assert_int_equal(count(s, "SELECT count(*) FROM pay_receipt"), 1);
	books_whole(s);
	shop_stop(s);
}

/* ---- every outcome with every way to behave ---- */

enum behaviour { ONCE, DOUBLE_CLICK, BACK, TWO_TABS, LEAVES, TRIES_AGAIN_AT_ONCE, BEHAVIOURS };

static const char *const outcomes[] = {
    "succeed",  "decline",    "cancel",       "timeout",         "twice",  "late",
    "disorder", "contradict", "wrong_amount", "wrong_signature", "vanish",
};
#define OUTCOMES (sizeof outcomes / sizeof *outcomes)

static void behave(struct shop *s, int64_t id, const char *outcome, enum behaviour b)
{
	struct attempt t, other;
	assert_int_equal(pay_begin(s, id, &t), OK);
	str url = pay_url(s, &t);
	switch (b) {
	case ONCE:
	case BEHAVIOURS:
		choose(s, url, outcome, 1);
		break;
	case DOUBLE_CLICK:
		choose(s, url, outcome, 2);
		break;
	case BACK: /* goes back before paying, and begins again */
		assert_int_equal(pay_begin(s, id, &other), OK);
		choose(s, pay_url(s, &other), outcome, 1);
		break;
	case TWO_TABS:
		choose(s, url, outcome, 1);
		choose(s, url, "succeed", 1);
		break;
	case LEAVES: /* without choosing */
		break;
	case TRIES_AGAIN_AT_ONCE:
		choose(s, url, outcome, 1);
		if (pay_begin(s, id, &other) == OK)
			choose(s, pay_url(s, &other), "succeed", 1);
		break;
	}
}

static void one_charge(struct shop *s, int64_t id, const char *outcome, int b)
{
	struct order o = order_now(s, id);
	struct attempt t;
	for (int tries = 0; !o.captured && tries < 3; tries++) {
		if (pay_begin(s, id, &t) == OK)
			choose(s, pay_url(s, &t), "succeed", 1);
		settle(s, id, SETTLE_STEPS);
		o = order_now(s, id);
	}
	if (!str_eq(o.state, STR("fulfilled")))
		fail_msg("%s, behaviour %d: the order is %.*s", outcome, b, STRF(o.state));
	int64_t taken = statement_sum(s, &s->sim[0], o.reference);
	if (taken != o.total)
		fail_msg("%s, behaviour %d: the provider took %lld of %lld", outcome, b, (long long)taken,
		         (long long)o.total);
}

/* proves: PAY-03 */
static void one_charge_whatever_happens(void **state)
{
	(void)state;
	struct shop *s = shop_start(1);
	int64_t id[OUTCOMES][BEHAVIOURS], total = 0;
	for (size_t o = 0; o < OUTCOMES; o++)
		for (int b = 0; b < BEHAVIOURS; b++) {
			int64_t amount = 1000 + (int64_t)o * 100 + b;
			id[o][b] = order_make(s, amount);
			total += amount;
			behave(s, id[o][b], outcomes[o], (enum behaviour)b);
		}
	for (size_t o = 0; o < OUTCOMES; o++)
		for (int b = 0; b < BEHAVIOURS; b++)
			settle(s, id[o][b], SETTLE_STEPS);
	for (size_t o = 0; o < OUTCOMES; o++)
		for (int b = 0; b < BEHAVIOURS; b++)
			one_charge(s, id[o][b], outcomes[o], b);
	for (int i = 0; i < 5; i++) { /* refunds of what was not owed */
		shop_jump(s, 61);
		scheduler_drain(s->u->k);
	}
	int64_t orders = OUTCOMES * BEHAVIOURS;
	assert_int_equal(balance(s, "asset/receivable/sim-a"), total);
	assert_int_equal(balance(s, "income/fees/4110"), -total);
	assert_int_equal(balance(s, "liability/unapplied"), 0);
	assert_int_equal(count(s, "SELECT count(*) FROM pay_refund WHERE state <> 'done'"), 0);
	assert_true(count(s, "SELECT count(*) FROM pay_refund") > 0);
	assert_int_equal(count(s, "SELECT count(*) FROM pay_receipt"), orders);
	assert_int_equal(count(s, "SELECT max(no) FROM pay_receipt"), orders);
	assert_int_equal(count(s, "SELECT count(*) FROM journal WHERE kind = 'payment.fulfilled'"),
	                 orders);
	books_whole(s);
	shop_stop(s);
}

/* ---- one by one ---- */

/* proves: PAY-03 */
static void a_dropped_message_is_made_good_by_enquiry(void **state)
{
	(void)state;
	struct shop *s = shop_start(1);
	int64_t id = order_make(s, 250);
	struct attempt t;
	assert_int_equal(pay_begin(s, id, &t), OK);
	assert_int_equal(choose(s, pay_url(s, &t), "timeout", 1), 303);
	scheduler_drain(s->u->k);
	assert_str(order_now(s, id).state, "pending");
	shop_jump(s, 31);
	scheduler_drain(s->u->k);
	assert_str(order_now(s, id).state, "fulfilled");
	assert_int_equal(count(s, "SELECT count(*) FROM pay_message WHERE via = 'enquiry'"), 1);
	books_whole(s);
	shop_stop(s);
}

static long hook_aged(struct shop *s, const char *id, const char *secret, str body, int64_t age)
{
	CURL *c = curl_easy_init();
	str at = str_fmt(s->u->a, "%lld", (long long)(s->u->now / SECOND - age)), page;
	struct curl_slist *h = curl_slist_append(NULL, "Content-Type: application/json");
	str sig = sign_message(s->u->a, str_of(secret), str_of(id), at, body);
	h = curl_slist_append(h, str_c(s->u->a, str_fmt(s->u->a, "webhook-id: %s", id)));
	h = curl_slist_append(h, str_c(s->u->a, str_fmt(s->u->a, "webhook-timestamp: %.*s", STRF(at))));
	h = curl_slist_append(h,
	                      str_c(s->u->a, str_fmt(s->u->a, "webhook-signature: %.*s", STRF(sig))));
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, h);
	long status = browse(
	    s, c, str_fmt(s->u->a, "http://127.0.0.1:%d/hooks/payments/sim-a", server_port(s->server)),
	    str_c(s->u->a, body), &page);
	curl_slist_free_all(h);
	curl_easy_cleanup(c);
	return status;
}

static long hook_post(struct shop *s, const char *id, const char *secret, str body)
{
	return hook_aged(s, id, secret, body, 0);
}

static str message(struct shop *s, const struct attempt *t, const char *status, int64_t amount)
{
	return str_fmt(s->u->a,
	               "{\"type\":\"payment.%s\",\"data\":{\"payment\":\"%lld\",\"status\":\"%s\","
	               "\"amount\":%lld,\"currency\":\"BHD\",\"reference\":\"X1\",\"last4\":\"0002\"}}",
	               status, (long long)t->id, status, (long long)amount);
}

/* proves: PAY-03 */
static void a_message_is_taken_once_and_only_from_the_provider(void **state)
{
	(void)state;
	struct shop *s = shop_start(1);
	int64_t id = order_make(s, 4000);
	struct attempt t;
	assert_int_equal(pay_begin(s, id, &t), OK);
	str body = message(s, &t, "succeeded", 4000);
	assert_int_equal(hook_post(s, "m1", "whsec_b3RoZXI=", body), 401);
	assert_str(order_now(s, id).state, "pending");
	assert_int_equal(hook_post(s, "m1", SECRET, body), 200);
	int64_t events = count(s, "SELECT count(*) FROM journal");
	for (int i = 0; i < 10; i++) {
		assert_int_equal(hook_post(s, "m1", SECRET, body), 200);
		assert_int_equal(hook_post(s, "m1", SECRET, message(s, &t, "declined", 0)), 422);
	}
	assert_int_equal(count(s, "SELECT count(*) FROM journal"), events);
	/* old, or about nothing we know: refused, and recorded for people to look into */
	struct attempt stray = {.id = 7};
	assert_int_equal(hook_aged(s, "m2", SECRET, message(s, &stray, "succeeded", 5), 600), 401);
	assert_int_equal(hook_aged(s, "m2", SECRET, message(s, &stray, "succeeded", 5), -600), 401);
	assert_int_equal(hook_post(s, "m2", SECRET, message(s, &stray, "succeeded", 5)), 200);
	assert_int_equal(count(s, "SELECT count(*) FROM pay_message WHERE verdict = 'stray'"), 1);
	scheduler_drain(s->u->k);
	assert_str(order_now(s, id).state, "fulfilled");
	assert_int_equal(balance(s, "asset/receivable/sim-a"), 4000);
	books_whole(s);
	shop_stop(s);
}

static void a_declined_payer_tries_another_card(void **state)
{
	(void)state;
	struct shop *s = shop_start(1);
	int64_t id = order_make(s, 4000);
	struct attempt t;
	assert_int_equal(pay_begin(s, id, &t), OK);
	assert_int_equal(choose(s, pay_url(s, &t), "decline", 1), 303);
	shop_now(s);
	assert_str(order_now(s, id).last, "declined");
	assert_int_equal(pay_begin(s, id, &t), OK);
	assert_int_equal(t.no, 2);
	assert_int_equal(choose(s, pay_url(s, &t), "succeed", 1), 303);
	scheduler_drain(s->u->k);
	assert_str(order_now(s, id).state, "fulfilled");
	assert_int_equal(statement_sum(s, &s->sim[0], order_now(s, id).reference), 4000);
	shop_stop(s);
}

/* The provider says "declined" first and pays after all, when the payer has paid
 * with another attempt: the second money goes back. */
static void late_money_for_a_paid_order_goes_back(void **state)
{
	(void)state;
	struct shop *s = shop_start(1);
	int64_t id = order_make(s, 4000);
	struct attempt one, two;
	assert_int_equal(pay_begin(s, id, &one), OK);
	assert_int_equal(hook_post(s, "m1", SECRET, message(s, &one, "declined", 4000)), 200);
	assert_int_equal(pay_begin(s, id, &two), OK);
	assert_int_equal(choose(s, pay_url(s, &two), "succeed", 1), 303);
	assert_int_equal(choose(s, pay_url(s, &one), "timeout", 1), 303); /* the money is taken */
	assert_int_equal(hook_post(s, "m2", SECRET, message(s, &one, "succeeded", 4000)), 200);
	assert_int_equal(balance(s, "asset/receivable/sim-a"), 8000);
	scheduler_drain(s->u->k);
	assert_int_equal(balance(s, "asset/receivable/sim-a"), 4000);
	assert_int_equal(statement_sum(s, &s->sim[0], order_now(s, id).reference), 4000);
	assert_int_equal(count(s, "SELECT count(*) FROM pay_refund WHERE kind = 'surplus'"
	                          " AND state = 'done'"),
	                 1);
	books_whole(s);
	shop_stop(s);
}

/* What a payer sees meanwhile, in both languages: a word about it, and the way on. */
static void says_degraded(struct shop *s, str reference)
{
	static const char *const said[2][2] = {
	    {"en", "A payment provider is out of order. You can still pay."},
	    {"ar", "أحد مزودي خدمة الدفع متعطل، وما زال السداد متاحًا."}};
	for (int i = 0; i < 2; i++) {
		CURL *h = curl_easy_init();
		str page;
		str url = str_fmt(s->u->a, "http://127.0.0.1:%d/%s/pay/%.*s", server_port(s->server),
		                  said[i][0], STRF(reference));
		assert_int_equal(browse(s, h, url, NULL, &page), 200);
		assert_true(str_find(page, str_of(said[i][1])) > 0);
		assert_true(str_find(page, STR("<button type=\"submit\"")) > 0);
		curl_easy_cleanup(h);
	}
}

/* proves: PAY-20 */
static void a_dead_provider_is_left_for_another(void **state)
{
	(void)state;
	struct shop *s = shop_start(2);
	int64_t id[12];
	struct attempt t;
	int at_a = 0;
	for (int i = 0; i < 12; i++) {
		id[i] = order_make(s, 1000 + i);
		assert_int_equal(pay_begin(s, id[i], &t), OK);
		at_a += str_eq(t.provider, STR("sim-a"));
	}
	assert_true(at_a > 0 && at_a < 12); /* both get their share */
	simulator_stop(&s->sim[0]);
	shop_jump(s, 61);
	scheduler_drain(s->u->k); /* enquiries find it gone */
	assert_int_equal(count(s, "SELECT up FROM pay_health WHERE provider = 'sim-a'"), 0);
	says_degraded(s, order_now(s, id[0]).reference);
	for (int i = 0; i < 12; i++) {
		assert_int_equal(pay_begin(s, id[i], &t), OK);
		assert_str(t.provider, "sim-b");
		assert_int_equal(choose(s, pay_url(s, &t), "succeed", 1), 303);
	}
	scheduler_drain(s->u->k);
	for (int i = 0; i < 12; i++)
		assert_str(order_now(s, id[i]).state, "fulfilled");
	books_whole(s);
	server_stop(s->server, 2);
	simulator_stop(&s->sim[1]);
	unlink(s->clock_file);
	unit_stop(s->u);
}

/* ---- refunds ---- */

struct refunding {
	int64_t order, amount, refund, person;
	bool approve;
	str reason;
};

static err refund_ask_decide(struct tx *tx, void *ctx)
{
	struct refunding *r = ctx;
	tx->actor.person = r->person;
	return refund_ask(tx, r->order, r->amount, r->reason, &r->refund);
}

static err refund_check_decide(struct tx *tx, void *ctx)
{
	struct refunding *r = ctx;
	tx->actor.person = r->person;
	return r->approve ? refund_approve(tx, r->refund) : refund_refuse(tx, r->refund, STR("no"));
}

/* proves: PAY-10 */
static void a_refund_needs_two_people_and_never_exceeds(void **state)
{
	(void)state;
	struct shop *s = shop_start(1);
	int64_t id = order_make(s, 4000);
	struct attempt t;
	struct refunding r = {.order = id, .amount = 4001, .person = 11, .reason = STR("error")};
	assert_int_equal(unit_run(s->u, refund_ask_decide, &r), ERR_payment_state);
	pay_begin(s, id, &t);
	choose(s, pay_url(s, &t), "succeed", 1);
	scheduler_drain(s->u->k);
	assert_int_equal(unit_run(s->u, refund_ask_decide, &r), ERR_payment_amount);
	r.amount = 1500;
	assert_int_equal(unit_run(s->u, refund_ask_decide, &r), OK);
	struct refunding second = {.order = id, .amount = 2501, .person = 11, .reason = STR("error")};
	assert_int_equal(unit_run(s->u, refund_ask_decide, &second), ERR_payment_amount);
	second.amount = 2500;
	assert_int_equal(unit_run(s->u, refund_ask_decide, &second), OK);
	r.approve = second.approve = true;
	assert_int_equal(unit_run(s->u, refund_check_decide, &r), ERR_payment_four_eyes);
	r.person = second.person = 12;
	assert_int_equal(unit_run(s->u, refund_check_decide, &r), OK);
	assert_int_equal(unit_run(s->u, refund_check_decide, &r), ERR_payment_state);
	second.approve = false;
	assert_int_equal(unit_run(s->u, refund_check_decide, &second), OK);
	scheduler_drain(s->u->k);
	struct order o = order_now(s, id);
	assert_int_equal(o.refunded, 1500);
	assert_int_equal(o.refund_pending, 0);
	assert_int_equal(statement_sum(s, &s->sim[0], o.reference), 2500);
	assert_int_equal(balance(s, "income/fees/4110"), -2500);
	struct refunding rest = {.order = id, .amount = 2500, .person = 12, .reason = STR("all")};
	assert_int_equal(unit_run(s->u, refund_ask_decide, &rest), OK);
	rest.person = 11;
	rest.approve = true;
	assert_int_equal(unit_run(s->u, refund_check_decide, &rest), OK);
	scheduler_drain(s->u->k);
	assert_str(order_now(s, id).state, "refunded");
	assert_int_equal(balance(s, "asset/receivable/sim-a"), 0);
	books_whole(s);
	shop_stop(s);
}

/* ---- the table of states ---- */

static void every_state_is_reached_and_left_as_the_table_says(void **state)
{
	(void)state;
	static const char *const names[] = {"created",   "pending",  "unknown", "paid",
	                                    "fulfilled", "refunded", "expired", "cancelled"};
	static const char *const happenings[] = {"attempted", "failed",   "timed_out", "captured",
	                                         "fulfilled", "refunded", "expired",   "cancelled"};
	bool reached[8] = {true};
	for (int round = 0; round < 8; round++)
		for (int i = 0; i < 8; i++)
			for (int e = 0; e < 8; e++) {
				str to = order_next(str_of(names[i]), happenings[e]);
				for (int k = 0; k < 8 && reached[i]; k++)
					reached[k] = reached[k] || str_eq(to, str_of(names[k]));
			}
	for (int i = 0; i < 8; i++)
		assert_true(reached[i]);
	/* Paid once: no way back to where a capture is possible. */
	for (int i = 3; i < 6; i++)
		for (int e = 0; e < 8; e++) {
			str to = order_next(str_of(names[i]), happenings[e]);
			assert_false(order_next(to.n ? to : str_of(names[i]), "captured").n);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_order_is_paid_once),
	    cmocka_unit_test(one_charge_whatever_happens),
	    cmocka_unit_test(a_dropped_message_is_made_good_by_enquiry),
	    cmocka_unit_test(a_message_is_taken_once_and_only_from_the_provider),
	    cmocka_unit_test(a_declined_payer_tries_another_card),
	    cmocka_unit_test(late_money_for_a_paid_order_goes_back),
	    cmocka_unit_test(a_dead_provider_is_left_for_another),
	    cmocka_unit_test(a_refund_needs_two_people_and_never_exceeds),
	    cmocka_unit_test(every_state_is_reached_and_left_as_the_table_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

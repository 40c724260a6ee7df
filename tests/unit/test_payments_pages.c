/* Officers' pages of payments: the day's close, providers, shares. */
#include "kernel/ledger/ledger.h"
#include "systems/payments/payments.h"

#define CASE_UNIT_DOCUMENTS
#define CASE_UNIT_ROOM &files_organ, &ledger_organ, payments_system.organ
#include "case_unit.h"
#include "payments_unit.h"

#include "systems/payments/bills.h"
#include "systems/payments/payout/payout.h"
#include "systems/payments/settle.h"


struct desk {
	struct shop *s;
	struct people *p;
	str cookie;
	CURL *h;
};

static err sign_in_decide(struct tx *tx, void *ctx)
{
	struct desk *d = ctx;
	struct session s;
	err e = session_open(tx, d->p->officer, SESSION_FULL, &s);
	d->cookie = str_dup(d->p->u->a, s.token);
	return e;
}

static err officer_decide(struct tx *tx, void *ctx)
{
	struct desk *d = ctx;
	err e = role_grant(tx, d->p->officer, STR("finance_officer"), STR("*"), 0);
	e = e ? e : role_grant(tx, d->p->officer, STR("operator"), STR("*"), 0);
	return e ? e : sign_in_decide(tx, ctx);
}

/* A session does not last until then. */
static void next_day(struct desk *d)
{
	shop_jump(d->s, 86400);
	assert_int_equal(unit_run(d->p->u, sign_in_decide, d), OK);
}

static struct desk desk_open(void)
{
	struct desk d = {.s = shop_prepare(1),
	                 .p = people_start(),
	                 .h = curl_easy_init()};
	shop_open(d.s, d.p->u);
	assert_int_equal(unit_run(d.p->u, officer_decide, &d), OK);
	return d;
}

static void desk_shut(struct desk *d)
{
	curl_easy_cleanup(d->h);
	books_whole(d->s);
	shop_stop(d->s);
}

static long see(struct desk *d, const char *path, const char *form, str *page)
{
	curl_easy_setopt(d->h, CURLOPT_COOKIE,
	                 str_c(d->p->u->a, str_fmt(d->p->u->a, "diwan=%.*s", STRF(d->cookie))));
	shop_now(d->s);
	return browse(d->s, d->h,
	              str_fmt(d->p->u->a, "http://127.0.0.1:%d%s", server_port(d->s->server), path),
	              form, page);
}

/* Sends the page's form with more fields. */
static long press(struct desk *d, const char *page_path, const char *path, const char *fields,
                  str *page)
{
	assert_int_equal(see(d, page_path, NULL, page), 200);
	str csrf = page_between(*page, "name=\"csrf\" value=\"", "\"");
	str key = page_between(*page, "name=\"idempotency_key\" value=\"", "\"");
	const char *form = str_c(d->p->u->a, str_fmt(d->p->u->a, "csrf=%.*s&idempotency_key=%.*s&%s",
	                                             STRF(csrf), STRF(key), fields));
	return see(d, path, form, page);
}

static void shows(str page, const char *text)
{
	if (str_find(page, str_of(text)) < 0)
		fail_msg("the page does not show %s:\n%.*s", text, STRF(page));
}

struct cash {
	int64_t order, day, amount;
	instant from, to;
};

static err cash_decide(struct tx *tx, void *ctx)
{
	struct cash *c = ctx;
	tx->actor = (struct actor){.person = 5, .channel = STR("counter")};
	return counter_pay(tx, c->order, STR("cash"), (str){0}, c->day);
}

static void card(struct desk *d, int64_t order)
{
	struct attempt t;
	assert_int_equal(pay_begin(d->s, order, &t), OK);
	assert_int_equal(choose(d->s, pay_url(d->s, &t), "succeed", 1), 303);
	shop_now(d->s);
	scheduler_drain(d->s->u->k);
}

/* proves: PAY-09 */
static void a_day_is_closed_on_its_page_and_takes_nothing_more(void **state)
{
	(void)state;
	struct desk d = desk_open();
	str page, day = date_print(d.p->u->a, pay_day_of(d.p->u->k, d.s->u->now));
	const char *path = str_c(
	    d.p->u->a, str_fmt(d.p->u->a, "/en/payments-desk/close?entity=iga&day=%.*s", STRF(day)));
	struct cash c = {.order = order_make(d.s, 4000)};
	assert_int_equal(unit_run(d.p->u, cash_decide, &c), OK);
	card(&d, order_make(d.s, 2500));
	assert_int_equal(see(&d, path, NULL, &page), 200);
	shows(page, "4.000");
	shows(page, "2.500");
	shows(page, "6.500");
	const char *fields =
	    str_c(d.p->u->a, str_fmt(d.p->u->a, "entity=iga&day=%.*s&cash=3.5x", STRF(day)));
	assert_int_equal(press(&d, path, "/en/payments-desk/close", fields, &page), 422);
	shows(page, "Write an amount");
	fields = str_c(d.p->u->a, str_fmt(d.p->u->a, "entity=iga&day=%.*s&cash=3.500", STRF(day)));
	assert_int_equal(press(&d, path, "/en/payments-desk/close", fields, &page), 303);
	assert_int_equal(see(&d, path, NULL, &page), 200);
	shows(page, "The day is closed");
	shows(page, "-0.500"); /* what is missing from the till */
	shows(page, "Yusuf Khalid");
	c = (struct cash){.order = order_make(d.s, 1000)};
	next_day(&d);
	c.day = pay_day_of(d.p->u->k, d.s->u->now) - 1;
	assert_int_equal(unit_run(d.p->u, cash_decide, &c), ERR_payment_day_closed);
	c.day = 0;
	assert_int_equal(unit_run(d.p->u, cash_decide, &c), OK);
	assert_int_equal(see(&d, "/ar/payments-desk/close?entity=iga", NULL, &page), 200);
	shows(page, "إقفال اليوم");
	desk_shut(&d);
}

static void a_provider_is_taken_out_of_use_and_back(void **state)
{
	(void)state;
	struct desk d = desk_open();
	struct attempt t;
	str page;
	int64_t order = order_make(d.s, 4000);
	provider_add(d.s, "other", d.s->sim[0].port, 100);
	assert_int_equal(press(&d, "/en/payments-desk/providers", "/en/payments-desk/providers/sim-a",
	                       "to=off", &page),
	                 303);
	assert_int_equal(see(&d, "/en/payments-desk/providers", NULL, &page), 200);
	shows(page, "Not every provider is in use");
	shows(page, "Out of use");
	for (int i = 0; i < 8; i++) { /* chance would choose it half of the time */
		assert_int_equal(pay_begin(d.s, order_make(d.s, 1000 + i), &t), OK);
		assert_str(t.provider, "other");
	}
	press(&d, "/en/payments-desk/providers", "/en/payments-desk/providers/other", "to=off", &page);
	assert_int_equal(pay_begin(d.s, order, &t), ERR_payment_provider);
	press(&d, "/en/payments-desk/providers", "/en/payments-desk/providers/sim-a", "to=on", &page);
	assert_int_equal(pay_begin(d.s, order, &t), OK);
	assert_str(t.provider, "sim-a");
	assert_int_equal(see(&d, "/ar/payments-desk/providers", NULL, &page), 200);
	shows(page, "مزودو خدمة الدفع");
	desk_shut(&d);
}

static err shares_decide(struct tx *tx, void *ctx)
{
	struct cash *c = ctx;
	struct share s[2] = {{STR("iga"), 70}, {STR("mof"), 30}};
	err e = shares_set(tx, STR("4110"), s, 2);
	return e ? e
	         : shares_distribute(tx, STR("iga"), STR("4110"), STR("BHD"), STR("2025-11"), c->from,
	                             c->to, &c->amount);
}

/* proves: PAY-16 */
static void a_months_shares_are_shown_and_exported_to_the_fils(void **state)
{
	(void)state;
	struct desk d = desk_open();
	struct cash c = {.from = d.s->u->now - DAY};
	str page;
	for (int i = 0; i < 3; i++)
		card(&d, order_make(d.s, 1111 + i));
	next_day(&d);
	c.to = d.s->u->now;
	assert_int_equal(unit_run(d.p->u, shares_decide, &c), OK);
	assert_int_equal(c.amount, 3336);
	assert_int_equal(see(&d, "/en/payments-desk/treasury?month=2025-11", NULL, &page), 200);
	shows(page, "2.335");
	shows(page, "1.001");
	str shares = page_between(page, "How income is shared</h2>", "</table>");
	shows(shares, "70");
	shows(shares, "30");
	shows(shares, "100");
	assert_int_equal(see(&d, "/en/payments-desk/treasury/export?month=2025-11", NULL, &page), 200);
	assert_str(page, "period,entity,account,beneficiary,currency,amount\r\n"
	                 "2025-11,iga,4110,iga,BHD,2.335\r\n2025-11,iga,4110,mof,BHD,1.001\r\n");
	assert_int_equal(see(&d, "/ar/payments-desk/treasury?month=2025-11", NULL, &page), 200);
	shows(page, "الحصص والخزانة");
	desk_shut(&d);
}

/* ---- what is paid out ---- */

struct out {
	struct desk *d;
	int64_t batch, voucher, person;
	struct voucher_made made;
};

static err out_decide(struct tx *tx, void *ctx)
{
	struct out *o = ctx;
	struct voucher v;
	str why;
	struct voucher_order order = {.entity = STR("iga"),
	                              .program = STR("bb"),
	                              .group = STR("school"),
	                              .currency = STR("BHD"),
	                              .amount = 15000};
	struct payee_change known = {
	    .number = STR("F-1"), .modality = STR("01"), .address = STR("97336000000"), .active = -1};
	struct payout p[2] = {
	    {.no = 1, .instruction = STR("PAY-1"), .payee = STR("F-1"), .amount = 60000},
	    {.no = 2, .instruction = STR("PAY-2"), .payee = STR("F-2"), .amount = 40000}};
	struct payout_batch b = {.entity = STR("iga"),
	                         .program = STR("bb"),
	                         .reference = STR("SOC-11"),
	                         .request = STR("R-1"),
	                         .currency = STR("BHD")};
	err e = fund_give(tx, STR("iga"), STR("B-1"), STR("BHD"), 100000);
	e = e ? e : group_set(tx, STR("iga"), STR("school"), 10, 30);
	e = e ? e : merchant_set(tx, STR("iga"), STR("Noor"), STR("A-1"), STR(""), true);
	e = e ? e : payee_set(tx, STR("iga"), &known, true, &why);
	e = e ? e : voucher_make(tx, &order, 1, &o->made);
	e = e ? e : voucher_activate(tx, STR("iga"), o->made.serial);
	if (!e && voucher_by_serial(tx->db, tx->a, STR("iga"), o->made.serial, &v))
		o->voucher = v.id;
	return e ? e : payout_receive(tx, &b, p, 2, &o->batch);
}

static err redeem_decide(struct tx *tx, void *ctx)
{
	const struct out *o = ctx;
	struct voucher v;
	struct redemption r = {.name = STR("Noor"), .account = STR("A-1")};
	if (!voucher_by_number(tx->db, tx->a, STR("iga"), o->made.number, &v))
		return ERR_not_found;
	return voucher_redeem(tx, &v, &r);
}

static err stranger_decide(struct tx *tx, void *ctx)
{
	struct out *o = ctx;
	struct session s;
	err e = role_grant(tx, o->d->p->foreign, STR("finance_officer"), STR("moh"), 0);
	e = e ? e : session_open(tx, o->d->p->foreign, SESSION_FULL, &s);
	o->d->cookie = str_dup(o->d->p->u->a, s.token);
	return e;
}

static void hides(str page, const char *text)
{
	if (str_find(page, str_of(text)) >= 0)
		fail_msg("the page shows %s:\n%.*s", text, STRF(page));
}

static void a_treasury_sees_its_batches_and_stops_a_voucher(void **state)
{
	(void)state;
	struct desk d = desk_open();
	struct out o = {.d = &d};
	str page;
	assert_int_equal(unit_run(d.p->u, out_decide, &o), OK);
	scheduler_drain(d.s->u->k);
	const char *batch =
	    str_c(d.p->u->a, str_fmt(d.p->u->a, "/en/payments-desk/payouts/%lld", (long long)o.batch));
	const char *voucher = str_c(
	    d.p->u->a, str_fmt(d.p->u->a, "/en/payments-desk/vouchers/%lld", (long long)o.voucher));
	const char *serial = str_c(d.p->u->a, str_fmt(d.p->u->a, "%lld", (long long)o.made.serial));
	assert_int_equal(see(&d, "/en/payments-desk", NULL, &page), 200);
	shows(page, "/en/payments-desk/payouts");
	shows(page, "/en/payments-desk/vouchers");
	assert_int_equal(see(&d, "/en/payments-desk/payouts", NULL, &page), 200);
	shows(page, "SOC-11");
	shows(page, "40.000"); /* left of 100 */
	assert_int_equal(see(&d, batch, NULL, &page), 200);
	shows(page, "The payee is not registered");
	shows(page, "60.000");
	assert_int_equal(see(&d, "/en/payments-desk/vouchers", NULL, &page), 200);
	shows(page, serial);
	assert_int_equal(press(&d, voucher, voucher, "to=suspended", &page), 303);
	assert_int_equal(see(&d, voucher, NULL, &page), 200);
	shows(page, "Stopped");
	assert_int_equal(unit_run(d.p->u, redeem_decide, &o), ERR_voucher_number);
	assert_int_equal(press(&d, voucher, voucher, "to=resumed", &page), 303);
	assert_int_equal(unit_run(d.p->u, redeem_decide, &o), OK);
	assert_int_equal(see(&d, voucher, NULL, &page), 200);
	shows(page, "Used");
	shows(page, "Noor");
	hides(page, "Cancel it for good");
	assert_int_equal(see(&d, str_c(d.p->u->a, str_fmt(d.p->u->a, "/ar%s", batch + 3)), NULL, &page),
	                 200);
	shows(page, "المستفيد غير مسجل");
	assert_int_equal(unit_run(d.p->u, stranger_decide, &o), OK);
	assert_int_equal(see(&d, batch, NULL, &page), 404);
	assert_int_equal(see(&d, voucher, NULL, &page), 404);
	assert_int_equal(see(&d, "/en/payments-desk/payouts", NULL, &page), 200);
	hides(page, "SOC-11");
	assert_int_equal(see(&d, "/en/payments-desk/vouchers", NULL, &page), 200);
	hides(page, serial);
	desk_shut(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_day_is_closed_on_its_page_and_takes_nothing_more),
	    cmocka_unit_test(a_provider_is_taken_out_of_use_and_back),
	    cmocka_unit_test(a_months_shares_are_shown_and_exported_to_the_fils),
	    cmocka_unit_test(a_treasury_sees_its_batches_and_stops_a_voucher),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

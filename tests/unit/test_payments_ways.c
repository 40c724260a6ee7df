/* How a fee becomes an order, and each way to pay one. */
#include "kernel/ledger/ledger.h"
#include "systems/payments/payments.h"

#define CASE_UNIT_DOCUMENTS
#define CASE_UNIT_ROOM &files_organ, &ledger_organ, payments_system.organ
#include "case_unit.h"
#include "payments_unit.h"

#include "systems/payments/emv.h"
#include "systems/payments/settle.h"
#include "systems/payments/token.h"

#define BUILDING  "building-small-addition"

static void shows(str page, const char *text)
{
	if (str_find(page, str_of(text)) < 0)
		fail_msg("the page does not show %s:\n%.*s", text, STRF(page));
}

/* ---- fees ---- */

struct reforming {
	struct pack_source source;
	struct people *p;
	int64_t reviewer, engineer;
	str cookie;
};

/* In the file at `path` of the pack, `from` becomes `to`. */
static void change(struct people *p, struct pack_source *s, const char *path, const char *from,
                   const char *to)
{
	for (size_t i = 0; i < s->n; i++) {
		str b = s->files[i].bytes;
		if (!str_eq(s->files[i].path, str_of(path)))
			continue;
		ptrdiff_t at = str_find(b, str_of(from));
		assert_true(at > 0);
		s->files[i].bytes = str_fmt(p->u->a, "%.*s%s%.*s", (int)at, b.p, to,
		                            (int)(b.n - (size_t)at - strlen(from)),
		                            b.p + at + strlen(from));
		return;
	}
	fail_msg("the pack has no %s", path);
}

/* Small additions, which end at 50 square metres, may be larger in a second version. */
static void larger_additions(struct people *p, struct reforming *f)
{
	f->source = unit_pack(p->u);
	change(p, &f->source, "services/" BUILDING "/form.json", "\"maximum\": 50", "\"maximum\": 500");
	change(p, &f->source, "services/" BUILDING "/service.json", "\"version\": 2", "\"version\": 3");
	struct staff put = {.p = p, .source = f->source, .pack = unit_check(p->u, &f->source)};
	str why = {0};
	assert_int_equal(unit_run(p->u, put_decide, &put), OK);
	assert_int_equal(pack_refresh(p->u->k, &why), OK);
}

static err reform_decide(struct tx *tx, void *ctx)
{
	struct reforming *f = ctx;
	struct session s;
	err e = person_add(tx, "850119995", "Huda Saleh", "id_officer", "municipalities", &f->reviewer);
	e = e ? e
	      : person_add(tx, "850119996", "Ali Hasan", "id_officer", "municipalities", &f->engineer);
	e = e ? e : session_open(tx, f->p->citizen, SESSION_FULL, &s);
	f->cookie = str_dup(f->p->u->a, s.token);
	return e;
}

static json *building_answers(struct people *p)
{
#define PAPER                                                                                       \
	"{\"file\":\"abababababababababababababababababababababababababababababababab\",\"name\":"       \
	"\"document.pdf\",\"bytes\":20480,\"type\":\"application/pdf\"}"
	static const char text[] =
	    "{\"office\":\"Dilmun Engineering\",\"office_licence\":\"ENG/1204\",\"owner_letter\":" PAPER
	    ",\"plot\":\"04050123\",\"deed\":" PAPER ",\"heirs\":false,\"use\":\"residential\","
	    "\"area\":137.4,\"drawings\":" PAPER ",\"photos\":" PAPER ",\"phone\":\"+97336000000\",\"declaration\":true}";
	return json_parse(p->u->a, str_of(text), NULL);
}

static void approve(struct people *p, int64_t reviewer, int64_t id)
{
	struct task t[4];
	dbc *c = db_reader(p->u->k->db);
	size_t n = case_tasks(c, p->u->a, id, true, t, 4);
	db_reader_return(c);
	assert_int_equal(n, 1);
	DONE(p, DO_CLAIM, reviewer, t[0].id);
	DONE(p, DO_COMPLETE, reviewer, t[0].id, look_at(p, id).revision, STR("approve"), STR("it is right"),
	     json_object(p->u->a));
}

static str pay_page(struct shop *s, struct reforming *f, int64_t id, const char *lang)
{
	CURL *h = curl_easy_init();
	str page;
	curl_easy_setopt(h, CURLOPT_COOKIE,
	                 str_c(s->u->a, str_fmt(s->u->a, "diwan=%.*s", STRF(f->cookie))));
	assert_int_equal(browse(s, h,
	                        str_fmt(s->u->a, "http://127.0.0.1:%d/%s/applications/%.*s/pay",
	                                server_port(s->server), lang,
	                                STRF(look_at(f->p, id).reference)),
	                        NULL, &page),
	                 200);
	curl_easy_cleanup(h);
	return page;
}

/* proves: PAY-01 */
static void a_fee_by_area_is_an_order_exact_to_the_fils(void **state)
{
	(void)state;
	struct shop *s = shop_prepare(1);
	struct people *p = people_start();
	struct reforming f = {.p = p};
	struct order o;
	struct line *l;
	larger_additions(p, &f);
	shop_open(s, p->u);
	assert_int_equal(unit_run(p->u, reform_decide, &f), OK);
	struct act draft = {DO_DRAFT, p->citizen, .text = STR(BUILDING)};
	assert_int_equal(act_run(p, &draft), OK);
	DONE(p, DO_SAVE, p->citizen, draft.out.id, .value = building_answers(p));
	DONE(p, DO_SUBMIT, p->citizen, draft.out.id);
	approve(p, f.reviewer, draft.out.id);
	approve(p, f.engineer, draft.out.id);
	assert_str(look_at(p, draft.out.id).state, "unpaid");
	dbc *c = db_reader(p->u->k->db);
	assert_true(order_of_case(c, p->u->a, draft.out.id, &o));
	assert_int_equal(order_lines(c, p->u->a, o.id, &l), 1);
	db_reader_return(c);
	assert_int_equal(o.total, 34350); /* 250 fils times 137.4 square metres */
	assert_int_equal(l[0].amount, 34350);
	assert_str(o.currency, "BHD");
	assert_true(str_find(l[0].rule, STR("\"version\":3")) > 0);
	str en = pay_page(s, &f, draft.out.id, "en"), ar = pay_page(s, &f, draft.out.id, "ar");
	shows(en, "34.350");
	shows(en, "250 fils for each square metre");
	shows(en, "half a unit goes to the even one");
	shows(ar, "250 فلسًا عن كل متر مربع");
	shows(ar, "نصف الوحدة");
	books_whole(s);
	shop_stop(s);
}

struct currencies {
	str code;
	int64_t amount, id;
};

static err currency_decide(struct tx *tx, void *ctx)
{
	struct currencies *k = ctx;
	struct line l = {.entity = STR("iga"),
	                 .service = STR("card"),
	                 .label_en = STR("Card"),
	                 .label_ar = STR("بطاقة"),
	                 .gl = STR("4110"),
	                 .amount = k->amount};
	struct order_request q = {.origin = STR("api"),
	                          .entity = STR("iga"),
	                          .service = STR("card"),
	                          .title_en = STR("Card"),
	                          .title_ar = STR("بطاقة"),
	                          .currency = k->code,
	                          .line = &l,
	                          .n = 1};
	return order_create(tx, &q, &k->id);
}

/* proves: PAY-01 */
static void each_currency_has_its_own_decimals_and_its_own_book(void **state)
{
	(void)state;
	static const struct {
		const char *code, *text;
		int64_t amount;
	} all[] = {{"BHD", "34.350", 34350}, {"USD", "343.50", 34350}, {"JPY", "34350", 34350}};
	struct shop *s = shop_start(1);
	struct attempt t;
	for (size_t i = 0; i < COUNT(all); i++) {
		struct currencies k = {.code = str_of(all[i].code), .amount = all[i].amount};
		currency c;
		assert_true(currency_find(k.code, &c));
		assert_str(money_print(s->u->a, (money){k.amount}, c), all[i].text);
		assert_int_equal(unit_run(s->u, currency_decide, &k), OK);
		assert_int_equal(pay_begin(s, k.id, &t), OK);
		assert_int_equal(choose(s, pay_url(s, &t), "succeed", 1), 303);
	}
	struct currencies none = {.code = STR("XXX"), .amount = 1};
	assert_int_equal(unit_run(s->u, currency_decide, &none), ERR_bad_input);
	shop_now(s);
	scheduler_drain(s->u->k);
	assert_int_equal(count(s, "SELECT count(*) FROM ledger_book WHERE entity = 'iga'"), 3);
	assert_int_equal(count(s, "SELECT count(*) FROM pay_order WHERE captured = total"), 3);
	assert_int_equal(balance(s, "income/fees/4110"), -34350); /* of the dinars alone */
	books_whole(s);
	shop_stop(s);
}

/* ---- codes ---- */

static void a_code_says_what_is_paid_and_a_changed_one_does_not(void **state)
{
	(void)state;
	arena *a = arena_create(UNIT_ARENA_BYTES);
	struct emv e = {.provider = STR("benefit"),
	                .notify = STR("https://pay.example/hooks/payments/benefit"),
	                .attempt = 1888270243940169880,
	                .amount = 34350,
	                .currency = STR("BHD"),
	                .country = STR("BH"),
	                .city = STR("Manama"),
	                .payee = STR("Information & eGovernment Authority"),
	                .reference = STR("P1M8ZK1F3QH2T0")},
	           back;
	str code, other;
	/* The checksum of the specification's own kind of example: CRC-16/CCITT-FALSE. */
	e.seal = emv_seal(a, STR("secret"), &e);
	assert_true(emv_print(a, &e, &code));
	assert_true(str_starts(code, STR("000201010212")));
	shows(code, "540634.350");
	shows(code, "5303048");
	assert_true(emv_parse(a, code, &back));
	assert_int_equal(back.attempt, e.attempt);
	assert_int_equal(back.amount, 34350);
	assert_str(back.currency, "BHD");
	assert_str(back.reference, "P1M8ZK1F3QH2T0");
	assert_str(back.notify, "https://pay.example/hooks/payments/benefit");
	assert_str(back.payee, "Information & eGovernment");
	assert_str(emv_seal(a, STR("secret"), &back), str_c(a, e.seal));
	assert_false(str_eq(emv_seal(a, STR("another"), &back), e.seal));
	for (size_t i = 0; i < code.n; i++) { /* any letter of it */
		char *changed = (char *)(uintptr_t)str_dup(a, code).p;
		changed[i] ^= 1;
		other = (str){changed, code.n};
		assert_false(emv_parse(a, other, &back));
	}
	for (size_t n = 0; n < code.n; n++) /* any beginning of it */
		assert_false(emv_parse(a, str_sub(code, 0, n), &back));
	e.currency = STR("XXX");
	assert_false(emv_print(a, &e, &code));
	arena_destroy(a);
}

/* ---- ways ---- */

#define PAYER 77

struct way {
	const char *method;
	int64_t order;
	struct attempt t;
};

static err order_decide(struct tx *tx, void *ctx)
{
	struct way *w = ctx;
	struct line l = {.entity = STR("iga"),
	                 .service = STR("card"),
	                 .label_en = STR("Card"),
	                 .label_ar = STR("بطاقة"),
	                 .gl = STR("4110"),
	                 .amount = 4000};
	struct order_request q = {.origin = STR("api"),
	                          .entity = STR("iga"),
	                          .service = STR("card"),
	                          .title_en = STR("Card"),
	                          .title_ar = STR("بطاقة"),
	                          .currency = STR("BHD"),
	                          .payer = PAYER,
	                          .api_reference = STR("A"),
	                          .description = STR("A"),
	                          .return_url = STR("http://127.0.0.1/"),
	                          .line = &l,
	                          .n = 1};
	return order_create(tx, &q, &w->order);
}

static err counter_decide(struct tx *tx, void *ctx)
{
	struct way *w = ctx;
	tx->actor = (struct actor){.person = 5, .channel = STR("counter")};
	return counter_pay(tx, w->order, str_of(w->method), STR("V-1"), 0);
}

static err attempt_decide(struct tx *tx, void *ctx)
{
	struct way *w = ctx;
	return attempt_begin(tx, w->order, str_of(w->method), &w->t);
}

static int64_t new_order(struct shop *s)
{
	struct way w = {0};
	assert_int_equal(unit_run(s->u, order_decide, &w), OK);
	return w.order;
}

/* What the page's QR code says, taken from the text beside it. */
static str code_on(struct shop *s, const struct attempt *t)
{
	CURL *h = curl_easy_init();
	str page, code;
	assert_int_equal(browse(s, h,
	                        str_fmt(s->u->a, "http://127.0.0.1:%d/en/wallet/%lld",
	                                server_port(s->server), (long long)t->id),
	                        NULL, &page),
	                 200);
	shows(page, "<svg");
	shows(page, "4.000");
	code = page_between(page, "dir=\"ltr\">000201", "</p>");
	curl_easy_cleanup(h);
	return str_cat(s->u->a, STR("000201"), code);
}

/* A telephone reads it and pays, at the provider's own address. */
static long scan(struct shop *s, str code, const char *outcome, str *page)
{
	CURL *h = curl_easy_init();
	str url = str_fmt(s->u->a, "http://127.0.0.1:%d/en/wallet", s->sim[0].port);
	assert_int_equal(browse(s, h, url, NULL, page), 200);
	str csrf = page_between(*page, "name=\"csrf\" value=\"", "\"");
	char *sent = curl_easy_escape(h, code.p, (int)code.n);
	const char *form = str_c(s->u->a, str_fmt(s->u->a, "csrf=%.*s&code=%s&outcome=%s", STRF(csrf),
	                                          sent, outcome));
	long status = browse(s, h, url, form, page);
	curl_free(sent);
	curl_easy_cleanup(h);
	return status;
}

static void done(struct shop *s, int64_t order, const char *method)
{
	shop_now(s);
	scheduler_drain(s->u->k);
	struct order o = order_now(s, order);
	assert_int_equal(o.captured, 4000);
	assert_str(o.method, method);
}

static void by_wallet(struct shop *s)
{
	struct way w = {.method = "wallet", .order = new_order(s)};
	str page, code;
	assert_int_equal(unit_run(s->u, attempt_decide, &w), OK);
	code = code_on(s, &w.t);
	assert_int_equal(scan(s, code, "decline", &page), 303);
	shop_now(s);
	scheduler_drain(s->u->k);
	assert_int_equal(order_now(s, w.order).captured, 0);
	assert_int_equal(unit_run(s->u, attempt_decide, &w), OK); /* another, without starting again */
	code = code_on(s, &w.t);
	str cheaper = str_dup(s->u->a, code);
	ptrdiff_t at = str_find(code, STR("54054.000"));
	assert_true(at > 0);
	((char *)(uintptr_t)cheaper.p)[at + 4] = '1';
	assert_int_equal(scan(s, cheaper, "succeed", &page), 422);
	assert_int_equal(scan(s, code, "succeed", &page), 303);
	assert_int_equal(scan(s, code, "succeed", &page), 303); /* read twice: one charge */
	done(s, w.order, "wallet");
}

static str card_url(struct shop *s, struct way *w, bool save, str token)
{
	struct provider p;
	dbc *c = db_reader(s->u->k->db);
	str url;
	assert_true(provider_find(s->u->k, c, s->u->a, w->t.provider, &p));
	db_reader_return(c);
	struct checkout k = {.attempt = w->t.id,
	                     .amount = w->t.amount,
	                     .reference = STR("A"),
	                     .currency = w->t.currency,
	                     .method = STR("card"),
	                     .lang = STR("en"),
	                     .payee_en = STR("iGA"),
	                     .payee_ar = STR("الهيئة"),
	                     .token = token,
	                     .save = save,
	                     .back = STR("http://127.0.0.1/en/back"),
	                     .notify = str_fmt(s->u->a, "http://127.0.0.1:%d/hooks/payments/%.*s",
	                                       server_port(s->server), STRF(p.id)),
	                     .now = s->u->now,
	                     .expires = w->t.expires};
	assert_int_equal(p.adapter->redirect(s->u->a, &p, &k, &url), OK);
	return url;
}

/* The provider keeps the card of the first payment; the second is paid with its token. */
static void by_kept_card(struct shop *s)
{
	struct token kept[2];
	for (int i = 0; i < 2; i++) {
		struct way w = {.method = i ? "card@sim-a" : "card", .order = new_order(s)};
		dbc *c = db_reader(s->u->k->db);
		size_t n = tokens_of(c, s->u->a, PAYER, kept, 2);
		db_reader_return(c);
		assert_int_equal(n, i);
		assert_int_equal(unit_run(s->u, attempt_decide, &w), OK);
		str url = card_url(s, &w, i == 0, n ? kept[0].token : (str){0});
		assert_true(n == 0 || str_find(url, STR("token=tok_")) > 0);
		assert_int_equal(choose(s, url, "succeed", 1), 303);
		done(s, w.order, "card");
	}
}

/* proves: PAY-02 */
static void each_way_to_pay_ends_in_one_capture(void **state)
{
	(void)state;
	static const char *const offline[] = {"cash", "cheque", "terminal"};
	struct shop *s = shop_start(1);
	struct way w = {.method = "card", .order = new_order(s)};
	assert_int_equal(unit_run(s->u, attempt_decide, &w), OK); /* on the provider's page */
	assert_int_equal(choose(s, pay_url(s, &w.t), "succeed", 1), 303);
	done(s, w.order, "card");
	by_wallet(s);
	for (size_t i = 0; i < COUNT(offline); i++) {
		w = (struct way){.method = offline[i], .order = new_order(s)};
		assert_int_equal(unit_run(s->u, counter_decide, &w), OK);
		done(s, w.order, offline[i]);
	}
	by_kept_card(s);
	assert_int_equal(count(s, "SELECT count(*) FROM pay_attempt WHERE state = 'captured'"), 7);
	assert_int_equal(balance(s, "income/fees/4110"), -7 * 4000);
	books_whole(s);
	shop_stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_fee_by_area_is_an_order_exact_to_the_fils),
	    cmocka_unit_test(each_currency_has_its_own_decimals_and_its_own_book),
	    cmocka_unit_test(a_code_says_what_is_paid_and_a_changed_one_does_not),
	    cmocka_unit_test(each_way_to_pay_ends_in_one_capture),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

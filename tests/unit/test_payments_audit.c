/* The auditor: silent on clean books, and naming every kind of corruption that is
 * put into them, one at a time. */
#include "payments_unit.h"

#include "systems/payments/audit/audit.h"
#include "systems/payments/bills.h"
#include "systems/payments/payout/payout.h"
#include "systems/payments/settle.h"

/* ---- books with something of everything in them ---- */

struct doing {
	int what;
	int64_t order, amount, refund, person, day;
	struct statement st;
	struct settle_report r;
	instant from, to;
};
enum { ASK, APPROVE, REFUSE, TILL, SETTLE, BANK, CLOSE, RESOLVE };

static err do_decide(struct tx *tx, void *ctx)
{
	struct doing *d = ctx;
	struct counted c = {STR("cash"), 900};
	tx->actor.person = d->person;
	tx->actor.channel = STR("counter");
	switch (d->what) {
	case ASK:
		return refund_ask(tx, d->order, d->amount, STR("error"), &d->refund);
	case APPROVE:
		return refund_approve(tx, d->refund);
	case REFUSE:
		return refund_refuse(tx, d->refund, STR("no"));
	case TILL:
		return counter_pay(tx, d->order, STR("cash"), STR(""), 0);
	case SETTLE:
		return settle_take(tx, STR("sim-a"), &d->st, d->from, d->to, &d->r);
	case BANK:
		return bank_take(tx, &d->st, &d->r);
	case CLOSE:
		return day_close(tx, STR("iga"), d->day, &c, 1);
	default:
		return exception_resolve(tx, d->order, STR("looked into"));
	}
}

static int64_t act(struct shop *s, struct doing d)
{
	assert_int_equal(unit_run(s->u, do_decide, &d), OK);
	return d.refund;
}

static int64_t pay(struct shop *s, int64_t amount, const char *outcome)
{
	struct attempt t;
	int64_t id = order_make(s, amount);
	assert_int_equal(pay_begin(s, id, &t), OK);
	assert_int_equal(choose(s, pay_url(s, &t), outcome, 1), 303);
	shop_now(s);
	scheduler_drain(s->u->k);
	return id;
}

static void refunds(struct shop *s, int64_t order)
{
	int64_t one = act(s, (struct doing){ASK, .order = order, .amount = 100, .person = 1});
	int64_t two = act(s, (struct doing){ASK, .order = order, .amount = 200, .person = 1});
	act(s, (struct doing){ASK, .order = order, .amount = 300, .person = 1});
	act(s, (struct doing){APPROVE, .refund = one, .person = 2});
	act(s, (struct doing){REFUSE, .refund = two, .person = 2});
	scheduler_drain(s->u->k);
}

static void statements(struct shop *s)
{
	struct doing d = {SETTLE, .person = 3, .from = s->u->now - DAY, .to = s->u->now + DAY};
	CURL *c = curl_easy_init();
	str csv, why, day = date_print(s->u->a, s->u->now / DAY), line;
	browse(
	    s, c,
	    str_fmt(s->u->a, "http://127.0.0.1:%d/api/statements/%.*s.csv", s->sim[0].port, STRF(day)),
	    NULL, &csv);
	curl_easy_cleanup(c);
	/* Without its first payment, and with one that nobody made. */
	str rest = csv;
	str_cut(&rest, '\n', &line);
	str head = line;
	str_cut(&rest, '\n', &line);
	csv = str_fmt(s->u->a, "%.*s\n%.*spayment,77,SIM,P0,5.000,BHD,2026-11-25T10:00:00Z\n",
	              STRF(head), STRF(rest));
	if (!statement_read(s->u->a, STR("s/1"), csv, &d.st, &why))
		fail_msg("%.*s", STRF(why));
	assert_int_equal(unit_run(s->u, do_decide, &d), OK);
	assert_int_equal(d.r.exceptions, 2);
	str bank = str_fmt(s->u->a,
	                   "kind,payment,reference,order,amount,currency,at\n"
	                   "payment,s/1,B,,%lld.%03lld,BHD,2026-11-26T08:00:00Z\n",
	                   (long long)(d.r.sum - 20) / 1000, (long long)(d.r.sum - 20) % 1000);
	d.what = BANK;
	assert_true(statement_read(s->u->a, STR("b/1"), bank, &d.st, &why));
	assert_int_equal(unit_run(s->u, do_decide, &d), OK);
	assert_int_equal(d.r.matched, 1);
}

/* ---- what is paid out ---- */

#define PAYEE   "payee-0000000000-000"
#define ACCOUNT "LI4808800751423444466"

static void voucher_to(struct tx *tx, const struct voucher_made *m, const char *event)
{
	struct voucher v;
	assert_true(voucher_by_serial(tx->db, tx->a, STR("iga"), m->serial, &v));
	assert_int_equal(voucher_move(tx, &v, event), OK);
}

/* One of each state: made, given, redeemed, cancelled, stopped. */
static void vouchers(struct tx *tx)
{
	struct voucher_order o[5];
	struct voucher_made m[5];
	struct voucher v;
	struct redemption r = {.name = STR("Shop"), .account = STR("Account")};
	for (size_t i = 0; i < COUNT(o); i++)
		o[i] = (struct voucher_order){.entity = STR("iga"),
		                              .program = STR("prog"),
		                              .group = STR("school"),
		                              .currency = STR("BHD"),
		                              .amount = 7000};
	assert_int_equal(voucher_make(tx, o, COUNT(o), m), OK);
	for (size_t i = 1; i < COUNT(o); i++)
		voucher_to(tx, &m[i], "activated");
	assert_true(voucher_by_number(tx->db, tx->a, STR("iga"), m[2].number, &v));
	assert_int_equal(voucher_redeem(tx, &v, &r), OK);
	assert_true(voucher_by_number(tx->db, tx->a, STR("iga"), m[2].number, &v));
	assert_int_equal(voucher_redeem(tx, &v, &r), ERR_voucher_used);
	tx->fault = (struct fault){0};
	voucher_to(tx, &m[3], "cancelled");
	voucher_to(tx, &m[4], "suspended");
}

static err payouts_decide(struct tx *tx, void *ctx)
{
	int64_t *batch = ctx, bill;
	str why;
	struct payee_change who = {
	    .number = STR(PAYEE), .modality = STR("00"), .address = STR(ACCOUNT), .active = -1};
	struct payout p[2] = {{.no = 1, .instruction = STR("one"), .payee = STR(PAYEE), .amount = 3100},
	                      {.no = 2, .instruction = STR("two"), .payee = STR("x"), .amount = 3200}};
	struct payout_batch b = {.entity = STR("iga"),
	                         .program = STR("prog"),
	                         .reference = STR("batch-1"),
	                         .request = STR("request-1"),
	                         .currency = STR("BHD")};
	struct bill owed = {.entity = STR("iga"),
	                    .number = STR("B-1"),
	                    .label_en = STR("Bill"),
	                    .label_ar = STR("فاتورة"),
	                    .gl = STR("4310"),
	                    .currency = STR("BHD"),
	                    .amount = 6600};
	tx->actor.channel = STR("api");
	assert_int_equal(program_name(tx, STR("iga"), STR("prog")), OK);
	assert_int_equal(fund_give(tx, STR("iga"), STR("F-1"), STR("BHD"), 50000), OK);
	assert_int_equal(fund_give(tx, STR("iga"), STR("F-1"), STR("BHD"), 50000), OK);
	assert_int_equal(group_set(tx, STR("iga"), STR("school"), 10, 30), OK);
	assert_int_equal(merchant_set(tx, STR("iga"), STR("Shop"), STR("Account"), STR(""), true), OK);
	assert_int_equal(payee_set(tx, STR("iga"), &who, true, &why), OK);
	assert_int_equal(why.n, 0);
	vouchers(tx);
	assert_int_equal(
	    request_take(tx, STR("iga"), "bulk", STR("request-1"), STR("d"), json_object(tx->a)), OK);
	assert_int_equal(bill_issue(tx, &owed, &bill), OK);
	struct rtp ask = {.entity = STR("iga"),
	                  .request = STR("r-1"),
	                  .rtp = 9,
	                  .bill = bill,
	                  .bank = STR("sim-a"),
	                  .amount = 6600,
	                  .expires = tx->now + DAY};
	assert_int_equal(rtp_ask(tx, &ask, &ask.id), OK);
	assert_int_equal(rtp_answer(tx, ask.id, true, STR("")), OK);
	return payout_receive(tx, &b, p, 2, batch);
}

static err return_decide(struct tx *tx, void *ctx)
{
	return payout_return(tx, *(int64_t *)ctx, STR("one"), STR("closed"));
}

static void payouts(struct shop *s)
{
	int64_t batch = 0;
	assert_int_equal(unit_run(s->u, payouts_decide, &batch), OK);
	scheduler_drain(s->u->k);
	struct payout_batch b;
	dbc *c = db_reader(s->u->k->db);
	assert_true(payout_batch_get(c, s->u->a, batch, &b));
	db_reader_return(c);
	assert_int_equal(b.paid, 1);
	assert_int_equal(b.failed, 1);
	assert_int_equal(b.paid_amount, 3100);
	assert_int_equal(unit_run(s->u, return_decide, &batch), OK);
	assert_int_equal(unit_run(s->u, return_decide, &batch), ERR_payment_state);
}

static struct shop *full_books(void)
{
	struct shop *s = shop_start(1);
	pay(s, 1500, "succeed");
	int64_t big = pay(s, 9000, "succeed");
	pay(s, 700, "decline");
	pay(s, 800, "wrong_amount");
	pay(s, 2500, "twice");
	order_make(s, 40); /* not paid */
	refunds(s, big);
	act(s, (struct doing){TILL, .order = order_make(s, 900), .person = 4});
	scheduler_drain(s->u->k);
	statements(s);
	act(s, (struct doing){RESOLVE, .person = 5,
	                      .order = count(s, "SELECT id FROM pay_exception WHERE kind = 'extra'")});
	act(s, (struct doing){CLOSE, .person = 6, .day = (s->u->now + 3 * HOUR) / DAY});
	payouts(s);
	return s;
}

/* ---- corruptions ---- */

struct found {
	int named, refused;
	json *names;
};

static struct audit_report audit(struct shop *s, dbc *c)
{
	struct audit_report r;
	if (payments_audit(s->u->k, c, s->u->a, &r) != OK)
		fail_msg("%.*s", STRF(db_error_text(c)));
	return r;
}

static bool names(const struct audit_report *r, const char *name)
{
	for (const json *f = r->list->first; f; f = f->next)
		if (str_eq(json_str(f, "name"), str_of(name)))
			return true;
	return false;
}

/* Corrupts, audits, and takes the corruption back. */
static void corrupt(struct shop *s, dbc *c, str sql, const char *name, struct found *f)
{
	arena_mark mark = arena_save(s->u->a);
	db_begin(c);
	db_script(c, sql);
	if (db_error(c)) {
		f->refused++; /* the database itself does not let it be */
	} else {
		struct audit_report r = audit(s, c);
		if (!names(&r, name))
			fail_msg("%s is not named after: %.*s\n%.*s", name, STRF(sql),
			         STRF(json_print(s->u->a, r.list)));
		f->named++;
	}
	db_rollback(c);
	arena_rewind(s->u->a, mark);
}

static const struct {
	const char *name, *keys;
} tables[] = {
    {"pay_order", "id"},        {"pay_line", "order_id"},   {"pay_attempt", "id"},
    {"pay_message", "message"}, {"pay_receipt", "no"},      {"pay_refund", "id"},
    {"pay_batch", "id"},        {"pay_batch_sum", "batch"}, {"pay_settled", "id"},
    {"pay_exception", "id"},    {"pay_close", "day"},       {"ledger_book", "id"},
    {"ledger_account", "id"},   {"ledger_transfer", "id"},  {"pay_program", "name"},
    {"pay_request", "request"}, {"pay_funding", "id"},      {"pay_payee", "id"},
    {"pay_merchant", "id"},     {"pay_voucher", "id"},      {"pay_voucher_group", "code"},
    {"pay_payout", "no"},       {"pay_payout_batch", "id"}, {"pay_rtp", "id"},
};

struct column {
	str name;
	bool number;
};

static size_t columns(struct shop *s, dbc *c, const char *table, struct column *out, size_t max)
{
	rows *r = db_query_text(c, str_fmt(s->u->a, "SELECT * FROM %s LIMIT 1", table), NULL, 0);
	size_t n = 0;
	assert_true(db_next(r));
	for (int i = 0; i < db_columns(r) && n < max; i++)
		out[n++] = (struct column){str_dup(s->u->a, str_of(db_column_name(r, i))),
		                           db_column_type(r, i) == DB_INT};
	db_done(r);
	return n;
}

static bool in_key(const char *table, str column)
{
	static const char *const keys[] = {
	    "pay_order id",
	    "pay_line order_id",
	    "pay_line no",
	    "pay_attempt id",
	    "pay_message provider",
	    "pay_message message",
	    "pay_receipt entity",
	    "pay_receipt year",
	    "pay_receipt no",
	    "pay_refund id",
	    "pay_batch id",
	    "pay_batch_sum batch",
	    "pay_batch_sum entity",
	    "pay_batch_sum currency",
	    "pay_settled kind",
	    "pay_settled id",
	    "pay_exception id",
	    "pay_close entity",
	    "pay_close day",
	    "ledger_book id",
	    "ledger_account id",
	    "ledger_transfer id",
	    "pay_program name",
	    "pay_request entity",
	    "pay_request kind",
	    "pay_request request",
	    "pay_funding id",
	    "pay_payee id",
	    "pay_merchant id",
	    "pay_voucher id",
	    "pay_voucher_group entity",
	    "pay_voucher_group code",
	    "pay_payout batch",
	    "pay_payout no",
	    "pay_payout_batch id",
	    "pay_rtp id",
	};
	char name[96];
	snprintf(name, sizeof name, "%s %.*s", table, STRF(column));
	for (size_t i = 0; i < COUNT(keys); i++)
		if (strcmp(keys[i], name) == 0)
			return true;
	return false;
}

static void every_column(struct shop *s, dbc *c, struct found *f)
{
	for (size_t t = 0; t < COUNT(tables); t++) {
		struct column column[40];
		char name[96];
		const char *table = tables[t].name, *key = tables[t].keys;
		size_t n = columns(s, c, table, column, 40);
		for (size_t i = 0; i < n; i++) {
			if (in_key(table, column[i].name))
				continue;
			snprintf(name, sizeof name, "%s.%.*s", table, STRF(column[i].name));
			corrupt(s, c,
			        str_fmt(s->u->a,
			                "UPDATE %s SET %.*s = %.*s %s WHERE %s = (SELECT min(%s) FROM %s)",
			                table, STRF(column[i].name), STRF(column[i].name),
			                column[i].number ? "+ 1" : "|| 'x'", key, key, table),
			        name, f);
		}
		snprintf(name, sizeof name, "%s.lost", table);
		corrupt(s, c,
		        str_fmt(s->u->a, "DELETE FROM %s WHERE %s = (SELECT max(%s) FROM %s)", table, key,
		                key, table),
		        name, f);
	}
}

/* In the record itself, by somebody who can also make its hashes right again. */
#define IN_JOURNAL(kind, from, to)                                                                 \
	"UPDATE journal SET data = replace(data, '" from "', '" to "') WHERE seq = (SELECT min(seq)"   \
	" FROM journal WHERE kind = '" kind "' AND data LIKE '%" from "%')"
#define AGAIN(kind, seq)                                                                           \
	"INSERT INTO journal SELECT " seq ", at, kind, version, actor, on_behalf, entity, subject,"    \
	" case_id, data, sealed, leaf, chain FROM journal WHERE seq = (SELECT min(seq) FROM journal"   \
	" WHERE kind = '" kind "')"
#define LOSE(kind)                                                                                 \
	"DELETE FROM journal WHERE seq = (SELECT min(seq) FROM journal WHERE kind = '" kind "')"

static const struct {
	const char *name, *sql;
} deeds[] = {
    {"order_sum", IN_JOURNAL("payment.ordered", "\"total\":1500", "\"total\":1501")},
    {"order_twice", AGAIN("payment.ordered", "100000")},
    {"attempt_stray", LOSE("payment.ordered")},
    {"attempt_amount", IN_JOURNAL("payment.attempted", "\"amount\":1500", "\"amount\":1499")},
    {"attempt_after", AGAIN("payment.attempted", "100000")},
    {"message_twice", AGAIN("payment.answered", "100000")},
    {"capture_untold", LOSE("payment.answered")},
    {"capture_twice", AGAIN("payment.captured", "100000")},
    {"capture_amount",
     IN_JOURNAL("payment.captured", "\"amount\":9000,\"curr", "\"amount\":9001,\"curr")},
    {"capture_stray", LOSE("payment.attempted")},
    {"order_of_events", AGAIN("payment.captured", "100000")},
    {"receipt_sum", IN_JOURNAL("payment.captured", "\"amount\":1500}", "\"amount\":1400}")},
    {"receipt_gap", IN_JOURNAL("payment.captured", "\"no\":2,", "\"no\":3,")},
    {"receipt_number", IN_JOURNAL("payment.captured", "-000001\"", "-000009\"")},
    {"fulfil_early", LOSE("payment.captured")},
    {"fulfil_twice", AGAIN("payment.fulfilled", "100000")},
    {"fulfil_never", LOSE("payment.fulfilled")},
    {"surplus_untold", IN_JOURNAL("payment.surplus", "\"amount\":801", "\"amount\":802")},
    {"refund_over", IN_JOURNAL("payment.refund_asked", "\"amount\":100,", "\"amount\":9100,")},
    {"refund_parts", IN_JOURNAL("payment.refund_asked", "\"amount\":100,", "\"amount\":101,")},
    {"refund_alone", "UPDATE journal SET actor = 1 WHERE kind = 'payment.refund_approved'"},
    {"refund_unapproved", LOSE("payment.refund_approved")},
    {"refund_twice", AGAIN("payment.refund_done", "100000")},
    {"settled_twice", AGAIN("payment.settled", "100000")},
    {"settled_wrong", IN_JOURNAL("payment.settled", "\"amount\":9000", "\"amount\":8000")},
    {"bank_over", IN_JOURNAL("payment.settled", "\"paid\":[{\"batch\"", "\"paid\":[{\"x\"")},
    {"day_twice", AGAIN("payment.day_closed", "100000")},
    {"day_late", "UPDATE journal SET seq = 100000 WHERE kind = 'payment.attempted'"
                 " AND data LIKE '%\"provider\":\"counter\"%'"},
    {"exception_stray", AGAIN("payment.exception_resolved", "100000")},
    {"transfer_shape", IN_JOURNAL("ledger.posted", "\"amount\":1500", "\"amount\":0")},
    {"transfer_book", IN_JOURNAL("ledger.opened", "\"book\":1", "\"book\":2")},
    {"transfer_twice", AGAIN("ledger.posted", "100000")},
    {"transfer_end", AGAIN("ledger.finished", "100000")},
    {"transfer_unexplained",
     IN_JOURNAL("ledger.posted", "\"key\":\"capture:", "\"key\":\"capturf:")},
    {"transfer_wrong", IN_JOURNAL("ledger.posted", "\"amount\":2500", "\"amount\":2501")},
    {"transfer_lost", LOSE("ledger.posted")},
    {"transfer_open", LOSE("ledger.finished")},
    {"limit_passed", IN_JOURNAL("ledger.opened", "\"limit\":0", "\"limit\":2")},
    {"unbalanced", LOSE("ledger.opened")},
    {"pay_order.invented", LOSE("payment.ordered")},
    {"pay_attempt.invented", LOSE("payment.attempted")},
    {"ledger_transfer.invented", LOSE("ledger.posted")},
    {"pay_refund.invented", LOSE("payment.refund_asked")},
    {"program_twice", AGAIN("payment.program_named", "100000")},
    {"request_twice", AGAIN("payment.request_taken", "100000")},
    {"funding_twice", AGAIN("payment.funded", "100000")},
    {"voucher_twice", AGAIN("payment.voucher_made", "100000")},
    {"pay_voucher.state", LOSE("payment.voucher_moved")},
    {"voucher_order", IN_JOURNAL("payment.voucher_moved", "\"redeemed\"", "\"resumed\"")},
    {"voucher_merchant", LOSE("payment.merchant_set")},
    {"voucher_late", "UPDATE journal SET at = at + 999999999999999 WHERE kind ="
                     " 'payment.voucher_moved'"},
    {"batch_twice", AGAIN("payment.payout_received", "100000")},
    {"payout_twice", AGAIN("payment.payout_done", "100000")},
    {"payout_twice", AGAIN("payment.payout_returned", "100000")},
    {"payout_sum", IN_JOURNAL("payment.payout_done", "\"amount\":3100", "\"amount\":3000")},
    {"payout_sum", IN_JOURNAL("payment.payout_received", "\"total\":6300", "\"total\":6301")},
    {"rtp_twice", AGAIN("payment.rtp_answered", "100000")},
    {"transfer_lost", IN_JOURNAL("ledger.posted", "\"key\":\"payout:", "\"key\":\"payouu:")},
    {"transfer_lost", IN_JOURNAL("ledger.posted", "\"key\":\"voucher:", "\"key\":\"vouchex:")},
    {"transfer_lost", IN_JOURNAL("ledger.posted", "\"key\":\"funding:", "\"key\":\"fundinh:")},
    {"transfer_wrong", IN_JOURNAL("ledger.posted", "\"amount\":7000", "\"amount\":7001")},
    {"transfer_wrong", IN_JOURNAL("ledger.posted", "\"amount\":3100", "\"amount\":3101")},
    {"pay_voucher.invented", LOSE("payment.voucher_made")},
    {"pay_payout.invented", LOSE("payment.payout_received")},
    {"pay_payee.invented", LOSE("payment.payee_set")},
};

static void clean_books_are_silent(void **state)
{
	(void)state;
	struct shop *s = full_books();
	dbc *c = db_reader(s->u->k->db);
	struct audit_report r = audit(s, c);
	db_reader_return(c);
	if (r.findings)
		fail_msg("%.*s", STRF(json_print(s->u->a, r.list)));
	assert_true(r.rows > 60 && r.events > 60);
	books_whole(s);
	shop_stop(s);
}

static void every_corruption_is_named(void **state)
{
	(void)state;
	struct shop *s = full_books();
	dbc *c = db_writer(s->u->k->db);
	struct found f = {0};
	every_column(s, c, &f);
	for (size_t i = 0; i < COUNT(deeds); i++)
		corrupt(s, c, str_of(deeds[i].sql), deeds[i].name, &f);
	print_message("# %d kinds of corruption named, %d refused by the database\n", f.named,
	              f.refused);
	assert_true(f.named >= 60);
	struct audit_report r = audit(s, c);
	assert_int_equal(r.findings, 0);
	db_writer_return(c);
	shop_stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(clean_books_are_silent),
	    cmocka_unit_test(every_corruption_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * money.c - the ledger added up again, and every transfer traced to what it is for.
 */
#include "systems/payments/audit/private.h"

static void opened(struct audit *u, const struct event *e)
{
	const json *d = e->data;
	str book = key_of(u, json_int(d, "book", 0));
	json *b = row_get(u, "ledger_book", book);
	if (!b) {
		b = row_new(u, "ledger_book", book);
		set_text(u, b, "entity", e->entity);
		set_text(u, b, "currency", json_str(d, "currency"));
	}
	json *t = row_new(u, "ledger_account", key_of(u, json_int(d, "account", 0)));
	set_text(u, t, "book", book);
	set_text(u, t, "purpose", json_str(d, "purpose"));
	set_num(u, t, "limited", json_int(d, "limit", 0));
	static const char *const sums[] = {"debits", "credits", "debits_pending", "credits_pending"};
	for (size_t i = 0; i < COUNT(sums); i++)
		set_num(u, t, sums[i], 0);
	set_num(u, t, "opened_seq", e->seq);
}

static void limit_check(struct audit *u, const json *t, int64_t id)
{
	int64_t d = get_num(t, "debits"), c = get_num(t, "credits");
	int64_t dp = get_num(t, "debits_pending"), cp = get_num(t, "credits_pending");
	bool passed = (is(t, "limited", "1") && c + cp > d) || (is(t, "limited", "2") && d + dp > c);
	if (passed)
		find_sense(u, FINDING_limit_passed, id, d, c);
}

static void move(struct audit *u, int64_t debit, int64_t credit, int64_t posted, int64_t pending)
{
	json *d = row_get(u, "ledger_account", key_of(u, debit));
	json *c = row_get(u, "ledger_account", key_of(u, credit));
	add_num(u, d, "debits", posted);
	add_num(u, d, "debits_pending", pending);
	add_num(u, c, "credits", posted);
	add_num(u, c, "credits_pending", pending);
	limit_check(u, d, debit);
	limit_check(u, c, credit);
}

static void posted_one(struct audit *u, const struct event *e, const json *t)
{
	int64_t id = json_int(t, "id", 0), amount = json_int(t, "amount", 0);
	int64_t debit = json_int(t, "debit", 0), credit = json_int(t, "credit", 0);
	str book = key_of(u, json_int(t, "book", 0)), key = json_str(t, "key");
	bool pending = json_int(t, "expires", 0) != 0;
	const json *x = row_get(u, "ledger_account", key_of(u, debit));
	const json *y = row_get(u, "ledger_account", key_of(u, credit));
	if (amount <= 0 || debit == credit)
		find_sense(u, FINDING_transfer_shape, id, 1, amount);
	if (!x || !y || !str_eq(json_str(x, "book"), book) || !str_eq(json_str(y, "book"), book))
		find_sense(u, FINDING_transfer_book, id, json_int(t, "book", 0), 0);
	if (!first_time(u, "transfer", key, key_of(u, id)))
		find_sense(u, FINDING_transfer_twice, id, 1, 2);
	json *row = row_new(u, "ledger_transfer", key_of(u, id));
	set_text(u, row, "key", key);
	set_text(u, row, "book", book);
	set_num(u, row, "debit", debit);
	set_num(u, row, "credit", credit);
	set_num(u, row, "amount", amount);
	set_num(u, row, "posted", pending ? 0 : amount);
	set_text(u, row, "state", pending ? STR("pending") : STR("posted"));
	set_text(u, row, "reference", json_str(t, "reference"));
	set_num(u, row, "expires", json_int(t, "expires", 0));
	set_num(u, row, "made_seq", e->seq);
	set_num(u, row, "done_seq", pending ? 0 : e->seq);
	set_num(u, row, "at", e->at);
	move(u, debit, credit, pending ? 0 : amount, pending ? amount : 0);
}

static void finished(struct audit *u, const struct event *e)
{
	str id = remembered(u, "transfer", json_str(e->data, "key"));
	json *row = row_get(u, "ledger_transfer", id);
	int64_t part = json_int(e->data, "posted", 0), number = 0;
	str_i64(id, &number);
	if (!row || !is(row, "state", "pending") || part > get_num(row, "amount") || part < 0 ||
	    json_int(e->data, "amount", 0) != get_num(row, "amount") ||
	    json_int(e->data, "debit", 0) != get_num(row, "debit") ||
	    json_int(e->data, "credit", 0) != get_num(row, "credit"))
		find_sense(u, FINDING_transfer_end, number, get_num(row, "amount"), part);
	set_text(u, row, "state", json_str(e->data, "state"));
	set_num(u, row, "posted", part);
	set_num(u, row, "done_seq", e->seq);
	set_num(u, row, "at", e->at);
	move(u, json_int(e->data, "debit", 0), json_int(e->data, "credit", 0), part,
	     -json_int(e->data, "amount", 0));
}

void money_event(struct audit *u, const struct event *e)
{
	const json *list = json_get(e->data, "transfers");
	if (str_eq(e->kind, STR("ledger.opened")))
		opened(u, e);
	else if (str_eq(e->kind, STR("ledger.finished")))
		finished(u, e);
	else
		for (const json *t = list ? list->first : NULL; t; t = t->next)
			posted_one(u, e, t);
}

/* ---- what each transfer is for ---- */

static const json *transfer(struct audit *u, str key)
{
	return row_get(u, "ledger_transfer", remembered(u, "transfer", key));
}

void booked(struct audit *u, str key, int64_t amount, const char *state)
{
	const json *t = transfer(u, key);
	int64_t id = 0;
	if (!t) {
		find(u, STR("transfer_lost"), key, key_of(u, amount), (str){0});
		return;
	}
	str_i64(t->key, &id);
	first_time(u, "explained", key, STR("1"));
	if (get_num(t, "amount") != amount)
		find_sense(u, FINDING_transfer_wrong, id, amount, get_num(t, "amount"));
	if (!is(t, "state", state))
		find_sense(u, FINDING_transfer_open, id, 0, 0);
}

static const json *first_of(struct audit *u, const char *table)
{
	const json *t = json_get(u->table, table);
	return t ? t->first : NULL;
}

static void lines_booked(struct audit *u, const json *attempt)
{
	str order = json_str(attempt, "order_id");
	for (int64_t no = 1;; no++) {
		const json *l =
		    row_get(u, "pay_line", str_fmt(u->a, "%.*s|%lld", STRF(order), (long long)no));
		if (!l)
			return;
		str tail = str_fmt(u->a, "%.*s:%lld", STRF(attempt->key), (long long)no);
		booked(u, str_cat(u->a, STR("capture:"), tail), get_num(l, "amount"), "posted");
		if (remembered(u, "settled", str_cat(u->a, STR("payment|"), attempt->key)).n)
			booked(u, str_cat(u->a, STR("settle:payment:"), tail), get_num(l, "amount"), "posted");
	}
}

static void attempts_booked(struct audit *u)
{
	for (const json *t = first_of(u, "pay_attempt"); t; t = t->next) {
		int64_t told = 0;
		if (is(t, "state", "captured"))
			lines_booked(u, t);
		if (!is(t, "state", "surplus"))
			continue;
		str_i64(remembered(u, "surplus", t->key), &told);
		booked(u, str_cat(u->a, STR("surplus:"), t->key), told, "posted");
		if (remembered(u, "settled", str_cat(u->a, STR("payment|"), t->key)).n)
			booked(u, str_cat(u->a, STR("settle:payment:"), t->key), told, "posted");
	}
}

static void refund_booked(struct audit *u, const json *r)
{
	const char *end = is(r, "state", "done")                                  ? "posted"
	                  : is(r, "state", "asked") || is(r, "state", "approved") ? "pending"
	                                                                          : "voided";
	bool settled = remembered(u, "settled", str_cat(u->a, STR("refund|"), r->key)).n > 0;
	if (is(r, "kind", "surplus")) {
		booked(u, str_fmt(u->a, "refund:%.*s:1", STRF(r->key)), get_num(r, "amount"), end);
		if (settled)
			booked(u, str_cat(u->a, STR("settle:refund:"), r->key), get_num(r, "amount"), "posted");
		return;
	}
	const json *parts = json_parse(u->a, json_str(r, "parts"), NULL);
	for (const json *p = parts ? parts->first : NULL; p; p = p->next) {
		str tail = str_fmt(u->a, "%.*s:%lld", STRF(r->key), (long long)json_int(p, "line", 0));
		booked(u, str_cat(u->a, STR("refund:"), tail), json_int(p, "amount", 0), end);
		if (settled)
			booked(u, str_cat(u->a, STR("settle:refund:"), tail), json_int(p, "amount", 0),
			       "posted");
	}
}

/* What the bank brought and what the provider kept are a batch's sum. */
static void bank_booked(struct audit *u)
{
	for (const json *s = first_of(u, "pay_batch_sum"); s; s = s->next) {
		str rest = s->key, batch, entity;
		str_cut(&rest, '|', &batch);
		str_cut(&rest, '|', &entity);
		const json *b = row_get(u, "pay_batch", batch);
		if (!b || is(b, "paid_at", "0"))
			continue;
		str key = str_fmt(u->a, "bank:%.*s:%.*s", STRF(batch), STRF(entity));
		str fee = str_cat(u->a, key, STR(":fee"));
		int64_t sum = get_num(transfer(u, key), "posted") + get_num(transfer(u, fee), "posted");
		first_time(u, "explained", key, STR("1"));
		first_time(u, "explained", fee, STR("1"));
		if (sum != get_num(s, "amount"))
			find(u, STR("transfer_wrong"), key, json_str(s, "amount"), key_of(u, sum));
	}
}

/* What the shares say of a period was moved to those it is due to. */
static void shares_booked(struct audit *u)
{
	for (const json *d = first_of(u, "pay_distribution"); d; d = d->next) {
		str rest = d->key, entity, gl, period;
		str_cut(&rest, '|', &entity);
		str_cut(&rest, '|', &gl);
		str_cut(&rest, '|', &period);
		const json *parts = json_parse(u->a, json_str(d, "parts"), NULL);
		for (const json *p = parts ? parts->first : NULL; p; p = p->next) {
			str to = json_str(p, "to");
			if (!str_eq(to, entity) && json_int(p, "amount", 0) > 0)
				booked(u,
				       str_fmt(u->a, "share:%.*s:%.*s:%.*s:%.*s", STRF(entity), STRF(gl),
				               STRF(period), STRF(to)),
				       json_int(p, "amount", 0), "posted");
		}
	}
}

static void disputes_booked(struct audit *u)
{
	for (const json *d = first_of(u, "pay_dispute"); d; d = d->next) {
		str key = str_cat(u->a, STR("dispute:"), d->key);
		booked(u, str_cat(u->a, key, STR(":open")), get_num(d, "amount"), "posted");
		if (get_num(d, "ended"))
			booked(u, str_cat(u->a, key, STR(":end")), get_num(d, "amount"), "posted");
	}
}

static void balances(struct audit *u)
{
	json *sum = json_object(u->a);
	for (const json *t = first_of(u, "ledger_account"); t; t = t->next) {
		str book = json_str(t, "book");
		json *s = json_get_str(sum, book);
		if (!s)
			s = json_set_key(u->a, sum, book, json_object(u->a));
		add_num(u, s, "d", get_num(t, "debits") - get_num(t, "credits"));
	}
	for (const json *s = sum->first; s; s = s->next)
		if (get_num(s, "d"))
			find(u, STR("unbalanced"), s->key, STR("0"), json_str(s, "d"));
}

void money_end(struct audit *u)
{
	attempts_booked(u);
	for (const json *r = first_of(u, "pay_refund"); r; r = r->next)
		refund_booked(u, r);
	bank_booked(u);
	shares_booked(u);
	disputes_booked(u);
	payouts_booked(u);
	balances(u);
	for (const json *t = first_of(u, "ledger_transfer"); t; t = t->next)
		if (!remembered(u, "explained", json_str(t, "key")).n)
			find(u, STR("transfer_unexplained"), json_str(t, "key"), (str){0}, t->key);
}

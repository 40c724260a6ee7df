/*
 * payout.c - what is paid out, in the auditor's own words: vouchers, batches, funds.
 */
#include "systems/payments/audit/private.h"

static int64_t num(const struct event *e, const char *name)
{
	return json_int(e->data, name, 0);
}

static str text(const struct event *e, const char *name)
{
	return json_str(e->data, name);
}

static void texts(struct audit *u, json *row, const json *from, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		set_text(u, row, names[i], json_str(from, names[i]));
}

static void nums(struct audit *u, json *row, const json *from, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		set_num(u, row, names[i], json_int(from, names[i], 0));
}

static str pair(struct audit *u, str x, str y)
{
	return str_fmt(u->a, "%.*s|%.*s", STRF(x), STRF(y));
}

/* ---- who, and with what ---- */

static void program_named(struct audit *u, const struct event *e)
{
	json *p = row_new(u, "pay_program", text(e, "name"));
	if (!first_time(u, "program", text(e, "name"), e->entity))
		find_sense(u, FINDING_program_twice, e->seq, 1, 2);
	set_text(u, p, "entity", e->entity);
	set_num(u, p, "at", e->at);
}

static void request_taken(struct audit *u, const struct event *e)
{
	str key = pair(u, pair(u, e->entity, text(e, "kind")), text(e, "request"));
	json *row = row_new(u, "pay_request", key);
	if (!first_time(u, "request", key, text(e, "digest")))
		find_sense(u, FINDING_request_twice, e->seq, 1, 2);
	set_text(u, row, "digest", text(e, "digest"));
	set_text(u, row, "answer", json_print(u->a, json_get(e->data, "answer")));
	set_num(u, row, "at", e->at);
}

static void funded(struct audit *u, const struct event *e)
{
	static const char *const names[] = {"reference", "currency"};
	json *f = row_new(u, "pay_funding", key_of(u, num(e, "funding")));
	if (!first_time(u, "funding", pair(u, e->entity, text(e, "reference")), STR("1")))
		find_sense(u, FINDING_funding_twice, num(e, "funding"), 1, 2);
	texts(u, f, e->data, names, COUNT(names));
	set_text(u, f, "entity", e->entity);
	set_num(u, f, "amount", num(e, "amount"));
	set_num(u, f, "at", e->at);
}

/* Where the money goes: the row, made or changed. */
static json *known(struct audit *u, const struct event *e, const char *table, int64_t id)
{
	json *row = row_get(u, table, key_of(u, id));
	if (!row) {
		row = row_new(u, table, key_of(u, id));
		set_num(u, row, "at", e->at);
	}
	set_text(u, row, "entity", e->entity);
	return row;
}

static void merchant_set(struct audit *u, const struct event *e)
{
	static const char *const names[] = {"name", "account"};
	json *m = known(u, e, "pay_merchant", num(e, "merchant"));
	first_time(u, "merchant", key_of(u, num(e, "merchant")), e->entity);
	texts(u, m, e->secret, names, COUNT(names));
	set_text(u, m, "voucher_group", text(e, "group"));
	set_num(u, m, "open", json_truth(e->data, "open"));
}

static void payee_set(struct audit *u, const struct event *e)
{
	static const char *const sealed[] = {"number", "address"}, *const names[] = {"modality",
	                                                                             "bank"};
	json *p = known(u, e, "pay_payee", num(e, "payee"));
	texts(u, p, e->secret, sealed, COUNT(sealed));
	texts(u, p, e->data, names, COUNT(names));
	set_num(u, p, "active", json_truth(e->data, "active"));
	set_num(u, p, "changed", e->at);
}

static void group_set(struct audit *u, const struct event *e)
{
	static const char *const names[] = {"most", "life"};
	str key = pair(u, e->entity, text(e, "code"));
	json *g = row_get(u, "pay_voucher_group", key);
	if (!g) {
		g = row_new(u, "pay_voucher_group", key);
		set_num(u, g, "made", 0);
	}
	nums(u, g, e->data, names, COUNT(names));
}

/* ---- vouchers ---- */

static void voucher_made(struct audit *u, const struct event *e)
{
	static const char *const numbers[] = {"serial", "amount", "payee", "expires"};
	static const char *const words[] = {"digest", "currency"};
	const json *list = json_get(e->data, "vouchers");
	for (const json *v = list ? list->first : NULL; v; v = v->next) {
		int64_t id = json_int(v, "voucher", 0);
		json *row = row_new(u, "pay_voucher", key_of(u, id));
		if (!first_time(u, "serial", key_of(u, json_int(v, "serial", 0)), STR("1")) ||
		    !first_time(u, "digest", json_str(v, "digest"), STR("1")))
			find_sense(u, FINDING_voucher_twice, id, 1, 2);
		nums(u, row, v, numbers, COUNT(numbers));
		texts(u, row, v, words, COUNT(words));
		add_num(u, row_get(u, "pay_voucher_group", pair(u, e->entity, json_str(v, "group"))),
		        "made", 1);
		set_text(u, row, "voucher_group", json_str(v, "group"));
		set_text(u, row, "program", text(e, "program"));
		set_text(u, row, "entity", e->entity);
		set_text(u, row, "state", STR("preactivated"));
		set_num(u, row, "merchant", 0);
		set_num(u, row, "made", e->at);
		set_num(u, row, "activated", 0);
		set_num(u, row, "ended", 0);
		set_num(u, row, "changed_seq", e->seq);
	}
}

static bool in(const json *row, const char *states)
{
	str rest = str_of(states), one;
	while (str_cut(&rest, ' ', &one))
		if (str_eq(json_str(row, "state"), one))
			return true;
	return false;
}

static void voucher_moved(struct audit *u, const struct event *e)
{
	static const struct {
		const char *event, *from, *to;
		bool ends;
	} moves[] = {
	    {"activated", "preactivated", "activated", false},
	    {"redeemed", "activated", "consumed", true},
	    {"suspended", "activated", "suspended", false},
	    {"resumed", "suspended", "activated", false},
	    {"cancelled", "preactivated activated suspended", "cancelled", true},
	    {"expired", "preactivated activated suspended", "expired", true},
	};
	int64_t id = num(e, "voucher");
	json *v = row_get(u, "pay_voucher", key_of(u, id));
	size_t i = 0;
	while (i < COUNT(moves) && !str_eq(text(e, "event"), str_of(moves[i].event)))
		i++;
	if (!v || i == COUNT(moves) || !in(v, moves[i].from)) {
		find_sense(u, FINDING_voucher_order, id, 0, e->seq);
		return;
	}
	bool redeemed = str_eq(str_of(moves[i].to), STR("consumed"));
	str merchant = key_of(u, num(e, "merchant"));
	if (redeemed && !str_eq(remembered(u, "merchant", merchant), e->entity))
		find_sense(u, FINDING_voucher_merchant, id, 0, num(e, "merchant"));
	if ((redeemed || str_eq(text(e, "event"), STR("activated"))) && e->at >= get_num(v, "expires"))
		find_sense(u, FINDING_voucher_late, id, get_num(v, "expires"), e->at);
	set_text(u, v, "state", str_of(moves[i].to));
	set_num(u, v, "merchant", redeemed ? num(e, "merchant") : 0);
	if (str_eq(text(e, "event"), STR("activated")))
		set_num(u, v, "activated", e->at);
	set_num(u, v, "ended", moves[i].ends ? e->at : 0);
	set_num(u, v, "changed_seq", e->seq);
}

/* ---- batches ---- */

static json *payout_of(struct audit *u, const struct event *e, int64_t no)
{
	return row_get(u, "pay_payout", pair(u, key_of(u, num(e, "batch")), key_of(u, no)));
}

static void payouts(struct audit *u, const struct event *e)
{
	str batch = key_of(u, num(e, "batch"));
	json *b = row_get(u, "pay_payout_batch", batch);
	const json *list = json_get(e->data, "list"), *sealed = json_get(e->secret, "list");
	const json *s = sealed ? sealed->first : NULL;
	for (const json *o = list ? list->first : NULL; o; o = o->next, s = s ? s->next : NULL) {
		str key = pair(u, batch, key_of(u, json_int(o, "no", 0)));
		if (!first_time(u, "instruction", pair(u, batch, json_str(o, "instruction")), key))
			find_sense(u, FINDING_payout_twice, num(e, "batch"), 1, 2);
		json *row = row_new(u, "pay_payout", key);
		set_text(u, row, "instruction", json_str(o, "instruction"));
		set_text(u, row, "payee", json_str(s, "payee"));
		set_text(u, row, "narration", json_str(s, "narration"));
		set_num(u, row, "amount", json_int(o, "amount", 0));
		set_text(u, row, "modality", (str){0});
		set_text(u, row, "state", STR("waiting"));
		set_text(u, row, "reason", (str){0});
		set_num(u, row, "ended", 0);
		add_num(u, b, " sum", json_int(o, "amount", 0));
	}
}

static void received(struct audit *u, const struct event *e)
{
	static const char *const words[] = {"program", "reference", "request", "currency", "callback"};
	static const char *const numbers[] = {"instructions", "total"};
	static const char *const nothing[] = {"paid", "failed", "paid_amount", "ended", " sum"};
	json *b = row_new(u, "pay_payout_batch", key_of(u, num(e, "batch")));
	if (!first_time(u, "batch", pair(u, e->entity, text(e, "reference")), STR("1")))
		find_sense(u, FINDING_batch_twice, num(e, "batch"), 1, 2);
	texts(u, b, e->data, words, COUNT(words));
	nums(u, b, e->data, numbers, COUNT(numbers));
	nums(u, b, NULL, nothing, COUNT(nothing));
	set_text(u, b, "entity", e->entity);
	set_text(u, b, "state", STR("received"));
	set_num(u, b, "at", e->at);
	set_num(u, b, "seq", e->seq);
	payouts(u, e);
}

static bool ends(struct audit *u, const struct event *e, const json *o, const char *state)
{
	json *p = payout_of(u, e, json_int(o, "no", 0));
	if (!p || !is(p, "state", "waiting")) {
		find_sense(u, FINDING_payout_twice, num(e, "batch"), 0, json_int(o, "no", 0));
		return false;
	}
	set_text(u, p, "state", str_of(state));
	set_text(u, p, "modality", json_str(o, "by"));
	set_text(u, p, "reason", json_str(o, "reason"));
	set_num(u, p, "ended", e->at);
	return true;
}

static void done(struct audit *u, const struct event *e)
{
	json *b = row_get(u, "pay_payout_batch", key_of(u, num(e, "batch")));
	const json *paid = json_get(e->data, "paid"), *failed = json_get(e->data, "failed");
	int64_t sum = 0, n_paid = 0, n_failed = 0;
	for (const json *o = paid ? paid->first : NULL; o; o = o->next, n_paid++)
		if (ends(u, e, o, "paid"))
			sum += get_num(payout_of(u, e, json_int(o, "no", 0)), "amount");
	for (const json *o = failed ? failed->first : NULL; o; o = o->next, n_failed++)
		ends(u, e, o, "failed");
	if (!b || sum != num(e, "amount") || n_paid + n_failed != get_num(b, "instructions"))
		find_sense(u, FINDING_payout_sum, num(e, "batch"), sum, num(e, "amount"));
	set_num(u, b, "paid", n_paid);
	set_num(u, b, "failed", n_failed);
	set_num(u, b, "paid_amount", num(e, "amount"));
	set_text(u, b, "state", STR("done"));
	set_num(u, b, "ended", e->at);
}

static void given_back(struct audit *u, const struct event *e)
{
	json *b = row_get(u, "pay_payout_batch", key_of(u, num(e, "batch")));
	json *p = payout_of(u, e, num(e, "no"));
	if (!b || !p || !is(p, "state", "paid")) {
		find_sense(u, FINDING_payout_twice, num(e, "batch"), 0, num(e, "no"));
		return;
	}
	set_text(u, p, "state", STR("returned"));
	set_text(u, p, "reason", text(e, "reason"));
	set_num(u, p, "ended", e->at);
	add_num(u, b, "paid", -1);
	add_num(u, b, "failed", 1);
	add_num(u, b, "paid_amount", -get_num(p, "amount"));
}

/* ---- requests to pay ---- */

static void rtp_asked(struct audit *u, const struct event *e)
{
	static const char *const words[] = {"request", "bank"};
	static const char *const numbers[] = {"rtp", "bill", "amount", "expires"};
	json *row = row_new(u, "pay_rtp", key_of(u, num(e, "id")));
	texts(u, row, e->data, words, COUNT(words));
	nums(u, row, e->data, numbers, COUNT(numbers));
	set_text(u, row, "entity", e->entity);
	set_text(u, row, "state", STR("pending"));
	set_text(u, row, "reason", (str){0});
	set_num(u, row, "at", e->at);
	set_num(u, row, "changed", e->at);
}

static void rtp_answered(struct audit *u, const struct event *e)
{
	json *row = row_get(u, "pay_rtp", key_of(u, num(e, "id")));
	if (!row || !is(row, "state", "pending"))
		find_sense(u, FINDING_rtp_twice, num(e, "id"), 1, 2);
	set_text(u, row, "state", text(e, "state"));
	set_text(u, row, "reason", text(e, "reason"));
	set_num(u, row, "changed", e->at);
}

void payout_event(struct audit *u, const struct event *e, str kind)
{
	static const struct {
		const char *kind;
		void (*take)(struct audit *u, const struct event *e);
	} takes[] = {
	    {"program_named", program_named},
	    {"request_taken", request_taken},
	    {"funded", funded},
	    {"merchant_set", merchant_set},
	    {"voucher_made", voucher_made},
	    {"voucher_moved", voucher_moved},
	    {"payout_received", received},
	    {"payout_more", payouts},
	    {"payout_done", done},
	    {"payout_returned", given_back},
	    {"payee_set", payee_set},
	    {"group_set", group_set},
	    {"rtp_asked", rtp_asked},
	    {"rtp_answered", rtp_answered},
	};
	for (size_t i = 0; i < COUNT(takes); i++)
		if (str_eq(kind, str_of(takes[i].kind)))
			takes[i].take(u, e);
}

/* ---- what must have been booked ---- */

static const json *first_of(struct audit *u, const char *table)
{
	const json *t = json_get(u->table, table);
	return t ? t->first : NULL;
}

static void voucher_booked(struct audit *u, const json *v)
{
	str key = str_fmt(u->a, "voucher:%.*s:", STRF(v->key));
	int64_t amount = get_num(v, "amount");
	if (get_num(v, "activated"))
		booked(u, str_cat(u->a, key, STR("activated")), amount, "posted");
	if (is(v, "state", "consumed"))
		booked(u, str_cat(u->a, key, STR("redeemed")), amount, "posted");
	else if (get_num(v, "activated") && get_num(v, "ended"))
		booked(u, str_cat(u->a, key, STR("released")), amount, "posted");
}

static void payout_booked(struct audit *u, const json *p)
{
	str rest = p->key, batch;
	str_cut(&rest, '|', &batch);
	str key = str_fmt(u->a, "payout:%.*s:%.*s", STRF(batch), STRF(rest));
	bool back = is(p, "state", "returned");
	if (is(p, "state", "paid") || back)
		booked(u, key, get_num(p, "amount"), "posted");
	if (back)
		booked(u, str_cat(u->a, key, STR(":returned")), get_num(p, "amount"), "posted");
}

void payouts_booked(struct audit *u)
{
	for (const json *f = first_of(u, "pay_funding"); f; f = f->next)
		booked(u, str_cat(u->a, STR("funding:"), f->key), get_num(f, "amount"), "posted");
	for (const json *v = first_of(u, "pay_voucher"); v; v = v->next)
		voucher_booked(u, v);
	for (const json *p = first_of(u, "pay_payout"); p; p = p->next)
		payout_booked(u, p);
	for (const json *b = first_of(u, "pay_payout_batch"); b; b = b->next)
		if (get_num(b, " sum") != get_num(b, "total"))
			find(u, STR("payout_sum"), b->key, json_str(b, "total"), json_str(b, " sum"));
}

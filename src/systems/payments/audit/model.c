/*
 * model.c - what each event of payments means, in the auditor's own words.
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

static json *order_of(struct audit *u, const struct event *e)
{
	return row_get(u, "pay_order", key_of(u, num(e, "order")));
}

static json *attempt_of(struct audit *u, const struct event *e)
{
	return row_get(u, "pay_attempt", key_of(u, num(e, "attempt")));
}

static bool order_in(const json *o, const char *states)
{
	str rest = str_of(states), one;
	while (str_cut(&rest, ' ', &one))
		if (str_eq(json_str(o, "state"), one))
			return true;
	return false;
}

/* Along an edge of the life of an order; where there is none, nothing. */
static bool moves(struct audit *u, const struct event *e, const char *from, const char *to)
{
	json *o = order_of(u, e);
	if (!o || !order_in(o, from))
		return false;
	set_text(u, o, "state", str_of(to));
	set_num(u, o, "changed_seq", e->seq);
	return true;
}

/* ---- bills and shares ---- */

static void bill_issued(struct audit *u, const struct event *e)
{
	json *b = row_new(u, "pay_bill", key_of(u, num(e, "bill")));
	static const char *const texts[] = {"number", "gl", "currency"};
	for (size_t i = 0; i < COUNT(texts); i++)
		set_text(u, b, texts[i], text(e, texts[i]));
	set_text(u, b, "entity", e->entity);
	set_num(u, b, "payer", e->subject);
	set_text(u, b, "label_en", json_text(json_path(e->data, "label.en")));
	set_text(u, b, "label_ar", json_text(json_path(e->data, "label.ar")));
	set_num(u, b, "amount", num(e, "amount"));
	set_num(u, b, "paid", 0);
	set_text(u, b, "state", STR("issued"));
	set_num(u, b, "due", num(e, "due"));
	set_num(u, b, "at", e->at);
}

static void bill_cancelled(struct audit *u, const struct event *e)
{
	set_text(u, row_get(u, "pay_bill", key_of(u, num(e, "bill"))), "state", STR("cancelled"));
}

static void bill_moves(struct audit *u, str line_key, int64_t amount)
{
	const json *link = row_get(u, "pay_line_bill", line_key);
	json *b = link ? row_get(u, "pay_bill", json_str(link, "bill")) : NULL;
	if (!b)
		return;
	add_num(u, b, "paid", amount);
	int64_t paid = get_num(b, "paid");
	if (paid < 0 || paid > get_num(b, "amount"))
		find(u, STR("bill_over"), b->key, json_str(b, "amount"), json_str(b, "paid"));
	set_text(u, b, "state",
	         paid == get_num(b, "amount") ? STR("paid")
	         : paid                       ? STR("part_paid")
	                                      : STR("issued"));
}

static void shares_are(struct audit *u, const struct event *e)
{
	const json *list = json_get(e->data, "shares");
	str prefix = str_cat(u->a, text(e, "gl"), STR("|"));
	json *table = json_get(u->table, "pay_share"), *kept = json_object(u->a);
	for (json *s = table ? table->first : NULL, *next; s; s = next) {
		next = s->next;
		if (!str_starts(s->key, prefix))
			json_set_key(u->a, kept, s->key, s);
	}
	json_set(u->a, u->table, "pay_share", kept);
	for (const json *s = list ? list->first : NULL; s; s = s->next)
		set_num(u, row_new(u, "pay_share", str_cat(u->a, prefix, json_str(s, "to"))), "weight",
		        json_int(s, "weight", 0));
}

static void distributed(struct audit *u, const struct event *e)
{
	const json *parts = json_get(e->data, "parts");
	int64_t sum = 0;
	str key = str_fmt(u->a, "%.*s|%.*s|%.*s|%.*s", STRF(e->entity), STRF(text(e, "gl")),
	                  STRF(text(e, "period")), STRF(text(e, "currency")));
	json *row = row_new(u, "pay_distribution", key);
	set_num(u, row, "amount", num(e, "amount"));
	set_text(u, row, "parts", json_print(u->a, parts));
	set_num(u, row, "at", e->at);
	set_num(u, row, "seq", e->seq);
	for (const json *p = parts ? parts->first : NULL; p; p = p->next)
		sum += json_int(p, "amount", 0);
	if (sum != num(e, "amount"))
		find(u, STR("share_sum"), key, key_of(u, num(e, "amount")), key_of(u, sum));
}

/* ---- disputes ---- */

static void dispute_opened(struct audit *u, const struct event *e)
{
	json *d = row_new(u, "pay_dispute", key_of(u, num(e, "dispute")));
	static const char *const texts[] = {"reference", "reason", "currency"};
	static const char *const nums[] = {"attempt", "amount", "answer_by"};
	for (size_t i = 0; i < COUNT(texts); i++)
		set_text(u, d, texts[i], text(e, texts[i]));
	for (size_t i = 0; i < COUNT(nums); i++)
		set_num(u, d, nums[i], num(e, nums[i]));
	set_num(u, d, "order_id", num(e, "order"));
	set_text(u, d, "state", STR("opened"));
	set_num(u, d, "at", e->at);
	set_num(u, d, "ended", 0);
}

static void dispute_moved(struct audit *u, const struct event *e)
{
	json *d = row_get(u, "pay_dispute", key_of(u, num(e, "dispute")));
	bool over = !str_eq(text(e, "state"), STR("answered"));
	set_text(u, d, "state", text(e, "state"));
	set_num(u, d, "ended", over ? e->at : 0);
}

/* ---- orders ---- */

static void line(struct audit *u, const struct event *e, int64_t no, const json *l)
{
	str key = str_fmt(u->a, "%lld|%lld", (long long)num(e, "order"), (long long)no);
	json *row = row_new(u, "pay_line", key);
	set_text(u, row, "entity", json_str(l, "entity"));
	set_text(u, row, "service", json_str(l, "service"));
	set_text(u, row, "label_en", json_text(json_path(l, "label.en")));
	set_text(u, row, "label_ar", json_text(json_path(l, "label.ar")));
	set_text(u, row, "gl", json_str(l, "gl"));
	set_num(u, row, "amount", json_int(l, "amount", 0));
	set_num(u, row, "returned", 0);
	const json *rule = json_get(l, "rule");
	set_text(u, row, "rule", rule ? json_print(u->a, rule) : STR("{}"));
	if (json_int(l, "bill", 0))
		set_num(u, row_new(u, "pay_line_bill", key), "bill", json_int(l, "bill", 0));
}

static void ordered(struct audit *u, const struct event *e)
{
	str id = key_of(u, num(e, "order"));
	int64_t sum = 0, no = 0;
	const json *lines = json_get(e->data, "lines");
	if (!first_time(u, "order", id, id))
		find_sense(u, FINDING_order_twice, num(e, "order"), 1, 2);
	str step = str_fmt(u->a, "%lld|%lld", (long long)e->case_id, (long long)num(e, "instance"));
	if (e->case_id && !first_time(u, "step", step, id))
		find_sense(u, FINDING_step_twice, e->case_id, 1, 2);
	json *o = row_new(u, "pay_order", id);
	static const char *const texts[] = {"reference", "origin", "service", "currency", "channel"};
	for (size_t i = 0; i < COUNT(texts); i++)
		set_text(u, o, texts[i], text(e, texts[i]));
	static const char *const empty[] = {"last", "method", "provider"};
	for (size_t i = 0; i < COUNT(empty); i++)
		set_text(u, o, empty[i], STR(""));
	static const char *const zero[] = {"attempts",       "captured", "refunded",
	                                   "refund_pending", "paid",     "fulfilled"};
	for (size_t i = 0; i < COUNT(zero); i++)
		set_num(u, o, zero[i], 0);
	set_text(u, o, "state", STR("created"));
	set_text(u, o, "entity", e->entity);
	set_text(u, o, "title_en", json_text(json_path(e->data, "title.en")));
	set_text(u, o, "title_ar", json_text(json_path(e->data, "title.ar")));
	set_num(u, o, "case_id", e->case_id);
	set_num(u, o, "instance", num(e, "instance"));
	set_num(u, o, "payer", e->subject);
	set_num(u, o, "total", num(e, "total"));
	set_num(u, o, "created", e->at);
	set_num(u, o, "expires", num(e, "expires"));
	set_num(u, o, "changed_seq", e->seq);
	for (const json *l = lines ? lines->first : NULL; l; l = l->next) {
		sum += json_int(l, "amount", 0);
		line(u, e, ++no, l);
	}
	if (sum != num(e, "total"))
		find_sense(u, FINDING_order_sum, num(e, "order"), sum, num(e, "total"));
}

/* ---- attempts and answers ---- */

static void attempted(struct audit *u, const struct event *e)
{
	json *o = order_of(u, e), *t = row_new(u, "pay_attempt", key_of(u, num(e, "attempt")));
	static const char *const texts[] = {"provider", "method", "channel", "currency"};
	static const char *const nums[] = {"no", "amount", "expires"};
	if (!o) {
		find_sense(u, FINDING_attempt_stray, num(e, "attempt"), num(e, "order"), 0);
	} else {
		if (num(e, "amount") != get_num(o, "total"))
			find_sense(u, FINDING_attempt_amount, num(e, "attempt"), get_num(o, "total"),
			           num(e, "amount"));
		if (get_num(o, "captured"))
			find_sense(u, FINDING_attempt_after, num(e, "attempt"), 0, get_num(o, "captured"));
	}
	for (size_t i = 0; i < COUNT(texts); i++)
		set_text(u, t, texts[i], text(e, texts[i]));
	for (size_t i = 0; i < COUNT(nums); i++)
		set_num(u, t, nums[i], num(e, nums[i]));
	set_num(u, t, "order_id", num(e, "order"));
	set_text(u, t, "state", STR("open"));
	set_text(u, t, "provider_ref", STR(""));
	set_text(u, t, "last4", STR(""));
	set_num(u, t, "opened", e->at);
	set_num(u, t, "ended", 0);
	if (o) {
		set_text(u, o, "last", STR(""));
		add_num(u, o, "attempts", 1);
	}
	moves(u, e, "created unknown pending", "pending");
	str closed = str_fmt(u->a, "%.*s|%lld", STRF(e->entity), (long long)num(e, "day"));
	if (num(e, "day") && remembered(u, "closed", closed).n)
		find_sense(u, FINDING_day_late, num(e, "attempt"), 0, num(e, "day"));
}

static void exception(struct audit *u, const struct event *e, int64_t no, str kind, str what,
                      const json *x)
{
	json *row = row_new(u, "pay_exception", key_of(u, e->seq * 1000000 + no));
	set_text(u, row, "kind", kind);
	set_text(u, row, "provider", text(e, "provider"));
	set_num(u, row, "batch", num(e, "batch"));
	set_text(u, row, "what", what);
	set_num(u, row, "order_id", json_int(x, "order", 0));
	set_num(u, row, "attempt", json_int(x, "attempt", 0));
	set_num(u, row, "expected", json_int(x, "expected", 0));
	set_num(u, row, "found", json_int(x, json_get(x, "found") ? "found" : "amount", 0));
	set_text(u, row, "state", STR("open"));
	set_text(u, row, "resolution", STR(""));
	set_num(u, row, "resolver", 0);
	set_num(u, row, "at", e->at);
	set_num(u, row, "ended", 0);
}

static void blocked(struct audit *u, const struct event *e)
{
	json *x = json_object(u->a);
	json_set_int(u->a, x, "order", num(e, "order"));
	exception(u, e, 0, STR("velocity"), text(e, "decision"), x);
}

static void answered(struct audit *u, const struct event *e)
{
	str key = str_fmt(u->a, "%.*s|%.*s", STRF(text(e, "provider")), STRF(text(e, "message")));
	static const char *const texts[] = {"outcome", "currency", "verdict", "via"};
	json *row = row_new(u, "pay_message", key), *t = attempt_of(u, e);
	if (!first_time(u, "message", key, key))
		find(u, STR("message_twice"), key, (str){0}, (str){0});
	for (size_t i = 0; i < COUNT(texts); i++)
		set_text(u, row, texts[i], text(e, texts[i]));
	set_num(u, row, "attempt", num(e, "attempt"));
	set_num(u, row, "order_id", num(e, "order"));
	set_num(u, row, "amount", num(e, "amount"));
	set_num(u, row, "at", e->at);
	set_num(u, row, "seq", e->seq);
	if (t && text(e, "reference").n)
		set_text(u, t, "provider_ref", text(e, "reference"));
	if (t && text(e, "last4").n)
		set_text(u, t, "last4", text(e, "last4"));
	if (str_eq(text(e, "outcome"), STR("succeeded")))
		first_time(u, "told", key_of(u, num(e, "attempt")), key_of(u, num(e, "amount")));
	str verdict = text(e, "verdict");
	if (str_eq(verdict, STR("stray")) || str_eq(verdict, STR("contradicts")) ||
	    str_eq(verdict, STR("amount")))
		exception(u, e, 0, verdict, text(e, "message"), e->data);
}

static void authorised(struct audit *u, const struct event *e)
{
	json *h = row_new(u, "pay_hold", key_of(u, num(e, "attempt")));
	set_num(u, h, "order_id", num(e, "order"));
	set_num(u, h, "amount", num(e, "amount"));
	set_text(u, h, "state", STR("held"));
	set_num(u, h, "at", e->at);
}

static void hold_is(struct audit *u, const struct event *e, str state)
{
	json *h = row_get(u, "pay_hold", key_of(u, num(e, "attempt")));
	if (h)
		set_text(u, h, "state", state);
}

static void capture_asked(struct audit *u, const struct event *e)
{
	hold_is(u, e, STR("asked"));
}

static void failed(struct audit *u, const struct event *e)
{
	json *t = attempt_of(u, e);
	bool unknown = str_eq(text(e, "outcome"), STR("unknown"));
	set_text(u, t, "state", text(e, "outcome"));
	set_num(u, t, "ended", unknown ? 0 : e->at);
	if (!unknown)
		hold_is(u, e, STR("ended"));
	if (json_truth(e->data, "current") &&
	    moves(u, e, unknown ? "pending" : "pending unknown", unknown ? "unknown" : "created"))
		set_text(u, order_of(u, e), "last", text(e, "outcome"));
}

/* ---- capture ---- */

static void receipt(struct audit *u, const struct event *e, const json *l)
{
	str entity = json_str(l, "entity");
	int64_t year = json_int(l, "year", 0), no = json_int(l, "no", 0);
	str series = str_fmt(u->a, "%.*s|%lld", STRF(entity), (long long)year);
	json *counter = row_get(u, " series", series);
	if (!counter)
		counter = row_new(u, " series", series);
	if (no != get_num(counter, "no") + 1)
		find_sense(u, FINDING_receipt_gap, num(e, "order"), get_num(counter, "no") + 1, no);
	set_num(u, counter, "no", no);
	str tail = str_fmt(u->a, "-%lld-%06lld", (long long)year, (long long)no);
	if (!str_ends(json_str(l, "number"), tail))
		find_sense(u, FINDING_receipt_number, num(e, "order"), no, 0);
	json *row = row_new(u, "pay_receipt", str_fmt(u->a, "%.*s|%lld", STRF(series), (long long)no));
	set_text(u, row, "number", json_str(l, "number"));
	set_num(u, row, "order_id", num(e, "order"));
	set_num(u, row, "amount", json_int(l, "amount", 0));
	set_text(u, row, "currency", text(e, "currency"));
	set_num(u, row, "at", e->at);
	set_num(u, row, "seq", e->seq);
}

static void capture_checks(struct audit *u, const struct event *e, const json *o, const json *t)
{
	str told = remembered(u, "told", key_of(u, num(e, "attempt")));
	if (!told.n)
		find_sense(u, FINDING_capture_untold, num(e, "attempt"), num(e, "amount"), 0);
	if (!first_time(u, "captured", key_of(u, num(e, "order")), told))
		find_sense(u, FINDING_capture_twice, num(e, "order"), 1, 2);
	if (!o || num(e, "amount") != get_num(o, "total") ||
	    (told.n && !str_eq(told, key_of(u, num(e, "amount")))))
		find_sense(u, FINDING_capture_amount, num(e, "order"), get_num(o, "total"),
		           num(e, "amount"));
	if (!t || get_num(t, "order_id") != num(e, "order") ||
	    !str_eq(json_str(t, "provider"), text(e, "provider")))
		find_sense(u, FINDING_capture_stray, num(e, "attempt"), num(e, "order"), 0);
	if (o && !order_in(o, "created pending unknown expired"))
		find_sense(u, FINDING_order_of_events, num(e, "order"), 0, e->seq);
}

static void captured(struct audit *u, const struct event *e)
{
	json *o = order_of(u, e), *t = attempt_of(u, e);
	const json *list = json_get(e->data, "receipts");
	int64_t sum = 0;
	capture_checks(u, e, o, t);
	for (int64_t no = 1;; no++) {
		str key = str_fmt(u->a, "%lld|%lld", (long long)num(e, "order"), (long long)no);
		const json *l = row_get(u, "pay_line", key);
		if (!l)
			break;
		bill_moves(u, key, get_num(l, "amount"));
	}
	hold_is(u, e, STR("ended"));
	set_text(u, t, "state", STR("captured"));
	set_num(u, t, "ended", e->at);
	set_text(u, o, "state", STR("paid"));
	set_num(u, o, "captured", get_num(o, "total"));
	set_text(u, o, "provider", text(e, "provider"));
	set_text(u, o, "method", text(e, "method"));
	set_text(u, o, "channel", text(e, "channel"));
	set_text(u, o, "last", STR(""));
	set_num(u, o, "paid", e->at);
	set_num(u, o, "changed_seq", e->seq);
	for (const json *l = list ? list->first : NULL; l; l = l->next) {
		sum += json_int(l, "amount", 0);
		receipt(u, e, l);
	}
	if (sum != num(e, "amount"))
		find_sense(u, FINDING_receipt_sum, num(e, "order"), num(e, "amount"), sum);
}

static void surplus(struct audit *u, const struct event *e)
{
	json *t = attempt_of(u, e);
	str told = remembered(u, "told", key_of(u, num(e, "attempt")));
	if (!str_eq(told, key_of(u, num(e, "amount"))))
		find_sense(u, FINDING_surplus_untold, num(e, "attempt"), num(e, "amount"), 0);
	first_time(u, "surplus", key_of(u, num(e, "attempt")), key_of(u, num(e, "amount")));
	set_text(u, t, "state", STR("surplus"));
	set_num(u, t, "ended", e->at);
	if (json_truth(e->data, "current") && moves(u, e, "pending unknown", "created"))
		set_text(u, order_of(u, e), "last", STR("surplus"));
}

static void fulfilled(struct audit *u, const struct event *e)
{
	json *o = order_of(u, e);
	if (!first_time(u, "fulfilled", key_of(u, num(e, "order")), STR("1")))
		find_sense(u, FINDING_fulfil_twice, num(e, "order"), 1, 2);
	else if (!o || !get_num(o, "captured"))
		find_sense(u, FINDING_fulfil_early, num(e, "order"), 1, 0);
	set_num(u, o, "fulfilled", e->at);
	moves(u, e, "paid", "fulfilled");
}

/* ---- refunds ---- */

static bool of_order(const struct event *e)
{
	return str_eq(text(e, "kind"), STR("order"));
}

static void returned(struct audit *u, const struct event *e, int64_t sign)
{
	const json *parts = json_get(e->data, "parts");
	int64_t sum = 0;
	for (const json *p = parts ? parts->first : NULL; p; p = p->next) {
		str key = str_fmt(u->a, "%lld|%lld", (long long)num(e, "order"),
		                  (long long)json_int(p, "line", 0));
		json *row = row_get(u, "pay_line", key);
		sum += json_int(p, "amount", 0);
		add_num(u, row, "returned", sign * json_int(p, "amount", 0));
	}
	if (of_order(e) && sum != num(e, "amount"))
		find_sense(u, FINDING_refund_parts, num(e, "refund"), num(e, "amount"), sum);
}

static json *refund_of(struct audit *u, const struct event *e)
{
	return row_get(u, "pay_refund", key_of(u, num(e, "refund")));
}

static void refund_asked(struct audit *u, const struct event *e)
{
	json *row = row_new(u, "pay_refund", key_of(u, num(e, "refund"))), *o = order_of(u, e);
	static const char *const texts[] = {"kind", "currency", "reason"};
	static const char *const nums[] = {"attempt", "amount"};
	const json *parts = json_get(e->data, "parts");
	for (size_t i = 0; i < COUNT(texts); i++)
		set_text(u, row, texts[i], text(e, texts[i]));
	for (size_t i = 0; i < COUNT(nums); i++)
		set_num(u, row, nums[i], num(e, nums[i]));
	set_num(u, row, "order_id", num(e, "order"));
	set_text(u, row, "state", of_order(e) ? STR("asked") : STR("approved"));
	set_num(u, row, "maker", e->actor);
	set_num(u, row, "checker", 0);
	set_num(u, row, "asked", e->at);
	set_num(u, row, "ended", 0);
	set_text(u, row, "parts", parts ? json_print(u->a, parts) : STR("[]"));
	set_num(u, row, "seq", e->seq);
	if (!of_order(e))
		return;
	add_num(u, o, "refund_pending", num(e, "amount"));
	if (get_num(o, "refunded") + get_num(o, "refund_pending") > get_num(o, "captured"))
		find_sense(u, FINDING_refund_over, num(e, "order"), get_num(o, "captured"),
		           get_num(o, "refunded") + get_num(o, "refund_pending"));
	returned(u, e, 1);
}

static void refund_checked(struct audit *u, const struct event *e, const char *state)
{
	json *row = refund_of(u, e);
	if (e->actor == get_num(row, "maker"))
		find_sense(u, FINDING_refund_alone, num(e, "refund"), 0, e->actor);
	bool refused = str_eq(str_of(state), STR("refused"));
	set_text(u, row, "state", str_of(state));
	set_num(u, row, "checker", e->actor);
	set_num(u, row, "ended", refused ? e->at : 0);
	if (refused) {
		add_num(u, order_of(u, e), "refund_pending", -num(e, "amount"));
		returned(u, e, -1);
	}
}

static void refund_ended(struct audit *u, const struct event *e, bool done)
{
	json *row = refund_of(u, e), *o = order_of(u, e);
	if (!row || !is(row, "state", "approved"))
		find_sense(u,
		           is(row, "state", "done") || is(row, "state", "failed")
		               ? FINDING_refund_twice
		               : FINDING_refund_unapproved,
		           num(e, "refund"), 0, e->seq);
	set_text(u, row, "state", done ? STR("done") : STR("failed"));
	set_num(u, row, "ended", e->at);
	if (!of_order(e))
		return;
	add_num(u, o, "refund_pending", -num(e, "amount"));
	if (done)
		add_num(u, o, "refunded", num(e, "amount"));
	else
		returned(u, e, -1);
	const json *parts = json_get(e->data, "parts");
	for (const json *p = parts && done ? parts->first : NULL; p; p = p->next)
		bill_moves(u,
		           str_fmt(u->a, "%lld|%lld", (long long)num(e, "order"),
		                   (long long)json_int(p, "line", 0)),
		           -json_int(p, "amount", 0));
	if (done && get_num(o, "refunded") == get_num(o, "captured"))
		moves(u, e, "paid fulfilled", "refunded");
}

/* ---- settlement ---- */

static void settled_entry(struct audit *u, const struct event *e, const json *x)
{
	str kind = json_str(x, "kind"), id = key_of(u, json_int(x, "id", 0));
	if (!str_eq(json_str(x, "verdict"), STR("matched")) || str_eq(text(e, "provider"), STR("bank")))
		return;
	str key = str_fmt(u->a, "%.*s|%.*s", STRF(kind), STRF(id));
	if (!first_time(u, "settled", key, id))
		find_sense(u, FINDING_settled_twice, json_int(x, "id", 0), 1, 2);
	bool payment = str_eq(kind, STR("payment"));
	const json *t = row_get(u, payment ? "pay_attempt" : "pay_refund", id);
	str told = remembered(u, "told", id);
	int64_t expected = !payment                    ? -get_num(t, "amount")
	                   : is(t, "state", "surplus") ? 0
	                                               : get_num(t, "amount");
	if (payment && is(t, "state", "surplus"))
		str_i64(told, &expected);
	bool over =
	    payment ? is(t, "state", "captured") || is(t, "state", "surplus") : is(t, "state", "done");
	if (!t || !over || expected != json_int(x, "amount", 0))
		find_sense(u, FINDING_settled_wrong, json_int(x, "id", 0), expected,
		           json_int(x, "amount", 0));
	json *row = row_new(u, "pay_settled", key);
	set_num(u, row, "batch", num(e, "batch"));
	set_num(u, row, "amount", json_int(x, "amount", 0));
	set_text(u, row, "currency", json_str(x, "currency"));
	set_text(u, row, "reference", json_str(x, "reference"));
	set_num(u, row, "at", json_int(x, "at", 0));
	json *t2 = row_get(u, " missing", id);
	if (payment && t2) {
		json *open = row_get(u, "pay_exception", json_str(t2, "exception"));
		if (is(open, "state", "open")) {
			set_text(u, open, "state", STR("resolved"));
			set_text(u, open, "resolution", STR("settled later"));
			set_num(u, open, "ended", e->at);
		}
	}
}

static void settled_exception(struct audit *u, const struct event *e, int64_t no, const json *x)
{
	exception(u, e, no, json_str(x, "kind"), json_str(x, "what"), x);
	if (str_eq(json_str(x, "kind"), STR("missing")))
		set_num(u, row_new(u, " missing", key_of(u, json_int(x, "attempt", 0))), "exception",
		        e->seq * 1000000 + no);
}

static void batch(struct audit *u, const struct event *e)
{
	json *row = row_new(u, "pay_batch", key_of(u, num(e, "batch")));
	static const char *const texts[] = {"provider", "name", "reference", "hash"};
	const json *entries = json_get(e->data, "entries");
	for (size_t i = 0; i < COUNT(texts); i++)
		set_text(u, row, texts[i], text(e, texts[i]));
	set_num(u, row, "covers_from", num(e, "from"));
	set_num(u, row, "covers_to", num(e, "to"));
	set_num(u, row, "entries", json_int(e->data, "count", entries ? (int64_t)entries->count : 0));
	set_num(u, row, "sum", num(e, "sum"));
	set_num(u, row, "paid", 0);
	set_num(u, row, "paid_at", 0);
	set_num(u, row, "at", e->at);
	set_num(u, row, "seq", e->seq);
}

static void settled_more(struct audit *u, const struct event *e)
{
	const json *entries = json_get(e->data, "entries"), *wrong = json_get(e->data, "exceptions");
	int64_t no = 0;
	for (const json *x = entries ? entries->first : NULL; x; x = x->next)
		settled_entry(u, e, x);
	for (const json *x = wrong ? wrong->first : NULL; x; x = x->next)
		settled_exception(u, e, no++, x);
}

static void settled(struct audit *u, const struct event *e)
{
	const json *sums = json_get(e->data, "sums"), *paid = json_get(e->data, "paid");
	batch(u, e);
	for (const json *x = sums ? sums->first : NULL; x; x = x->next) {
		str key = str_fmt(u->a, "%lld|%.*s|%.*s", (long long)num(e, "batch"),
		                  STRF(json_str(x, "entity")), STRF(json_str(x, "currency")));
		set_num(u, row_new(u, "pay_batch_sum", key), "amount", json_int(x, "amount", 0));
	}
	for (const json *x = paid ? paid->first : NULL; x; x = x->next) {
		json *b = row_get(u, "pay_batch", key_of(u, json_int(x, "batch", 0)));
		if (!b || json_int(x, "amount", 0) > get_num(b, "sum"))
			find_sense(u, FINDING_bank_over, json_int(x, "batch", 0), get_num(b, "sum"),
			           json_int(x, "amount", 0));
		set_num(u, b, "paid", json_int(x, "amount", 0));
		set_num(u, b, "paid_at", e->at);
	}
	settled_more(u, e);
}

static void resolved(struct audit *u, const struct event *e)
{
	json *row = row_get(u, "pay_exception", key_of(u, num(e, "exception")));
	if (!row || !is(row, "state", "open"))
		find_sense(u, FINDING_exception_stray, num(e, "exception"), 0, e->seq);
	set_text(u, row, "state", STR("resolved"));
	set_text(u, row, "resolution", text(e, "resolution"));
	set_num(u, row, "resolver", e->actor);
	set_num(u, row, "ended", e->at);
}

static void closed(struct audit *u, const struct event *e)
{
	str key = str_fmt(u->a, "%.*s|%lld", STRF(e->entity), (long long)num(e, "day"));
	if (!first_time(u, "closed", key, STR("1")))
		find_sense(u, FINDING_day_twice, num(e, "day"), 1, 2);
	json *row = row_new(u, "pay_close", key);
	set_text(u, row, "totals", json_print(u->a, json_get(e->data, "totals")));
	set_text(u, row, "counted", json_print(u->a, json_get(e->data, "counted")));
	set_num(u, row, "closer", e->actor);
	set_num(u, row, "at", e->at);
}

/* ---- all ---- */

static void refund_event(struct audit *u, const struct event *e, str kind)
{
	if (str_eq(kind, STR("refund_asked")))
		refund_asked(u, e);
	else if (str_eq(kind, STR("refund_approved")))
		refund_checked(u, e, "approved");
	else if (str_eq(kind, STR("refund_refused")))
		refund_checked(u, e, "refused");
	else
		refund_ended(u, e, str_eq(kind, STR("refund_done")));
}

void model_event(struct audit *u, const struct event *e)
{
	static const struct {
		const char *kind;
		void (*take)(struct audit *u, const struct event *e);
	} takes[] = {
	    {"ordered", ordered},
	    {"attempted", attempted},
	    {"answered", answered},
	    {"authorised", authorised},
	    {"capture_asked", capture_asked},
	    {"failed", failed},
	    {"captured", captured},
	    {"surplus", surplus},
	    {"fulfilled", fulfilled},
	    {"settled", settled},
	    {"settled_more", settled_more},
	    {"exception_resolved", resolved},
	    {"day_closed", closed},
	    {"blocked", blocked},
	    {"bill_issued", bill_issued},
	    {"bill_cancelled", bill_cancelled},
	    {"shares_set", shares_are},
	    {"distributed", distributed},
	    {"dispute_opened", dispute_opened},
	    {"dispute_moved", dispute_moved},
	};
	str kind = str_sub(e->kind, sizeof "payment." - 1, e->kind.n);
	for (size_t i = 0; i < COUNT(takes); i++)
		if (str_eq(kind, str_of(takes[i].kind)))
			takes[i].take(u, e);
	payout_event(u, e, kind);
	if (str_starts(kind, STR("refund_")))
		refund_event(u, e, kind);
	else if (str_eq(kind, STR("expired")))
		moves(u, e, "created unknown", "expired");
	else if (str_eq(kind, STR("cancelled")))
		moves(u, e, "created pending unknown expired", "cancelled");
}

void model_end(struct audit *u)
{
	const json *orders = json_get(u->table, "pay_order");
	for (const json *o = orders ? orders->first : NULL; o; o = o->next)
		if (is(o, "state", "paid")) {
			int64_t id = 0;
			str_i64(o->key, &id);
			find_sense(u, FINDING_fulfil_never, id, 1, 0);
		}
}

/* fold.c - the room's tables out of its events. */
#include "systems/payments/order.h"
#include "systems/payments/statements.h"

static int64_t num(const struct event *e, const char *name)
{
	return json_int(e->data, name, 0);
}

static str text(const struct event *e, const char *name)
{
	return json_str(e->data, name);
}

/* Where the edge leads, or nowhere. */
static str edge(dbc *c, arena *a, const struct event *e, const char *event)
{
	rows *r = db_query(c, &sql_order_state, D_INT(num(e, "order")));
	str state = db_next(r) ? str_dup(a, db_text(r, 0)) : (str){0};
	db_done(r);
	return order_next(state, event);
}

/* Along the edge, if there is one; false: the order stays as it is. */
static bool move(dbc *c, arena *a, const struct event *e, const char *event)
{
	int64_t id = num(e, "order");
	str to = edge(c, a, e, event);
	if (to.n)
		db_exec(c, &sql_order_move, D_INT(id), D_TEXT(to), D_INT(e->seq));
	return to.n > 0;
}

static void line_fold(dbc *c, arena *a, int64_t order, int64_t no, const json *l)
{
	const json *rule = json_get(l, "rule");
	db_exec(c, &sql_line_insert, D_INT(order), D_INT(no), D_TEXT(json_str(l, "entity")),
	        D_TEXT(json_str(l, "service")), D_TEXT(json_text(json_path(l, "label.en"))),
	        D_TEXT(json_text(json_path(l, "label.ar"))), D_TEXT(json_str(l, "gl")),
	        D_INT(json_int(l, "amount", 0)), D_TEXT(rule ? json_print(a, rule) : STR("{}")));
}

static void line_bill(dbc *c, int64_t order, int64_t no, const json *l)
{
	int64_t bill = json_int(l, "bill", 0);
	if (bill)
		db_exec(c, &sql_line_bill_insert, D_INT(order), D_INT(no), D_INT(bill));
}

/* The bill of a line, if it has one, is paid by so much more. */
static void bill_paid(dbc *c, int64_t order, int64_t no, int64_t amount)
{
	int64_t bill = db_query_int(c, &sql_line_bill_get, 0, D_INT(order), D_INT(no));
	if (bill)
		db_exec(c, &sql_bill_move, D_INT(bill), D_INT(amount));
}

void fold_payment_ordered(dbc *c, arena *a, const struct event *e)
{
	const json *lines = json_get(e->data, "lines");
	int64_t no = 0;
	db_exec(c, &sql_order_insert, D_INT(num(e, "order")), D_TEXT(text(e, "reference")),
	        D_TEXT(text(e, "origin")), D_INT(e->case_id), D_INT(num(e, "instance")),
	        D_INT(e->subject), D_TEXT(e->entity), D_TEXT(text(e, "service")),
	        D_TEXT(json_text(json_path(e->data, "title.en"))),
	        D_TEXT(json_text(json_path(e->data, "title.ar"))), D_TEXT(text(e, "currency")),
	        D_INT(num(e, "total")), D_TEXT(text(e, "channel")), D_INT(e->at),
	        D_INT(num(e, "expires")), D_INT(e->seq));
	const json *api = json_get(e->data, "api");
	if (api)
		db_exec(c, &sql_api_order_insert, D_INT(num(e, "order")),
		        D_TEXT(json_str(api, "reference")), D_TEXT(json_str(api, "description")),
		        D_TEXT(json_str(api, "return_url")), D_INT(json_truth(api, "delayed")),
		        D_TEXT(json_get(api, "metadata") ? json_print(a, json_get(api, "metadata"))
		                                         : (str){0}));
	for (const json *l = lines ? lines->first : NULL; l; l = l->next) {
		line_fold(c, a, num(e, "order"), ++no, l);
		line_bill(c, num(e, "order"), no, l);
	}
}

void fold_payment_attempted(dbc *c, arena *a, const struct event *e)
{
	db_exec(c, &sql_attempt_insert, D_INT(num(e, "attempt")), D_INT(num(e, "order")),
	        D_INT(num(e, "no")), D_TEXT(text(e, "provider")), D_TEXT(text(e, "method")),
	        D_TEXT(text(e, "channel")), D_INT(num(e, "amount")), D_TEXT(text(e, "currency")),
	        D_INT(e->at), D_INT(num(e, "expires")));
	db_exec(c, &sql_order_attempted, D_INT(num(e, "order")), D_TEXT(edge(c, a, e, "attempted")),
	        D_INT(e->seq));
}

void fold_payment_answered(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_message_insert, D_TEXT(text(e, "provider")), D_TEXT(text(e, "message")),
	        D_INT(num(e, "attempt")), D_INT(num(e, "order")), D_TEXT(text(e, "outcome")),
	        D_INT(num(e, "amount")), D_TEXT(text(e, "currency")), D_TEXT(text(e, "verdict")),
	        D_TEXT(text(e, "via")), D_INT(e->at), D_INT(e->seq));
	db_exec(c, &sql_attempt_told, D_INT(num(e, "attempt")), D_TEXT(text(e, "reference")),
	        D_TEXT(text(e, "last4")));
	str verdict = text(e, "verdict");
	if (!str_eq(verdict, STR("stray")) && !str_eq(verdict, STR("contradicts")) &&
	    !str_eq(verdict, STR("amount")))
		return;
	db_exec(c, &sql_exception_insert, D_INT(e->seq * 1000000), D_TEXT(verdict),
	        D_TEXT(text(e, "provider")), D_INT(0), D_TEXT(text(e, "message")),
	        D_INT(num(e, "order")), D_INT(num(e, "attempt")), D_INT(0), D_INT(num(e, "amount")),
	        D_INT(e->at));
}

void fold_payment_failed(dbc *c, arena *a, const struct event *e)
{
	str outcome = text(e, "outcome");
	bool unknown = str_eq(outcome, STR("unknown"));
	db_exec(c, &sql_attempt_end, D_INT(num(e, "attempt")), D_TEXT(outcome),
	        D_INT(unknown ? 0 : e->at));
	if (!unknown)
		db_exec(c, &sql_hold_move, D_INT(num(e, "attempt")), D_TEXT(STR("ended")));
	if (json_truth(e->data, "current") && move(c, a, e, unknown ? "timed_out" : "failed"))
		db_exec(c, &sql_order_last, D_INT(num(e, "order")), D_TEXT(outcome), D_INT(0));
}

void fold_payment_captured(dbc *c, arena *a, const struct event *e)
{
	int64_t order = num(e, "order");
	const json *list = json_get(e->data, "receipts");
	(void)a;
	rows *r = db_query(c, &sql_line_bill_list, D_INT(order));
	while (db_next(r))
		db_exec(c, &sql_bill_move, D_INT(db_int(r, 0)), D_INT(db_int(r, 1)));
	db_done(r);
	db_exec(c, &sql_attempt_end, D_INT(num(e, "attempt")), D_TEXT(STR("captured")), D_INT(e->at));
	db_exec(c, &sql_hold_move, D_INT(num(e, "attempt")), D_TEXT(STR("ended")));
	db_exec(c, &sql_order_paid, D_INT(order), D_TEXT(STR("paid")), D_TEXT(text(e, "provider")),
	        D_TEXT(text(e, "method")), D_TEXT(text(e, "channel")), D_INT(e->at), D_INT(e->seq));
	for (const json *l = list ? list->first : NULL; l; l = l->next)
		db_exec(c, &sql_receipt_insert, D_TEXT(json_str(l, "entity")),
		        D_INT(json_int(l, "year", 0)), D_INT(json_int(l, "no", 0)),
		        D_TEXT(json_str(l, "number")), D_INT(order), D_INT(json_int(l, "amount", 0)),
		        D_TEXT(text(e, "currency")), D_INT(e->at), D_INT(e->seq));
}

void fold_payment_surplus(dbc *c, arena *a, const struct event *e)
{
	db_exec(c, &sql_attempt_end, D_INT(num(e, "attempt")), D_TEXT(STR("surplus")), D_INT(e->at));
	if (json_truth(e->data, "current") && move(c, a, e, "failed"))
		db_exec(c, &sql_order_last, D_INT(num(e, "order")), D_TEXT(STR("surplus")), D_INT(0));
}

void fold_payment_fulfilled(dbc *c, arena *a, const struct event *e)
{
	db_exec(c, &sql_order_fulfilled, D_INT(num(e, "order")), D_INT(e->at),
	        D_TEXT(edge(c, a, e, "fulfilled")), D_INT(e->seq));
}

void fold_payment_expired(dbc *c, arena *a, const struct event *e)
{
	move(c, a, e, "expired");
}

void fold_payment_cancelled(dbc *c, arena *a, const struct event *e)
{
	move(c, a, e, "cancelled");
}

/* ---- refunds ---- */

static bool of_order(const struct event *e)
{
	return str_eq(text(e, "kind"), STR("order"));
}

/* What waits to go back, and what went; `lines`: how the lines' shares change. */
static void refunding(dbc *c, const struct event *e, int64_t pending, int64_t done, int lines)
{
	const json *parts = json_get(e->data, "parts");
	if (!of_order(e))
		return;
	db_exec(c, &sql_order_refunding, D_INT(num(e, "order")), D_INT(pending), D_INT(done));
	for (const json *p = parts && lines ? parts->first : NULL; p; p = p->next)
		db_exec(c, &sql_line_return, D_INT(num(e, "order")), D_INT(json_int(p, "line", 0)),
		        D_INT(lines * json_int(p, "amount", 0)));
}

void fold_payment_refund_asked(dbc *c, arena *a, const struct event *e)
{
	const json *parts = json_get(e->data, "parts");
	db_exec(c, &sql_refund_insert, D_INT(num(e, "refund")), D_INT(num(e, "order")),
	        D_INT(num(e, "attempt")), D_TEXT(text(e, "kind")), D_INT(num(e, "amount")),
	        D_TEXT(text(e, "currency")), D_TEXT(text(e, "reason")),
	        D_TEXT(of_order(e) ? STR("asked") : STR("approved")), D_INT(e->actor), D_INT(e->at),
	        D_TEXT(parts ? json_print(a, parts) : STR("[]")), D_INT(e->seq));
	refunding(c, e, num(e, "amount"), 0, 1);
}

void fold_payment_refund_approved(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_refund_check, D_INT(num(e, "refund")), D_TEXT(STR("approved")), D_INT(e->actor),
	        D_INT(0));
}

void fold_payment_refund_refused(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_refund_check, D_INT(num(e, "refund")), D_TEXT(STR("refused")), D_INT(e->actor),
	        D_INT(e->at));
	refunding(c, e, -num(e, "amount"), 0, -1);
}

void fold_payment_refund_done(dbc *c, arena *a, const struct event *e)
{
	db_exec(c, &sql_refund_move, D_INT(num(e, "refund")), D_TEXT(STR("done")), D_INT(e->at));
	refunding(c, e, -num(e, "amount"), num(e, "amount"), 0);
	const json *parts = json_get(e->data, "parts");
	for (const json *p = parts ? parts->first : NULL; p; p = p->next)
		bill_paid(c, num(e, "order"), json_int(p, "line", 0), -json_int(p, "amount", 0));
	if (of_order(e) && json_truth(e->data, "whole"))
		move(c, a, e, "refunded");
}

void fold_payment_refund_failed(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_refund_move, D_INT(num(e, "refund")), D_TEXT(STR("failed")), D_INT(e->at));
	refunding(c, e, -num(e, "amount"), 0, -1);
}

void fold_payment_bill_issued(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(
	    c, &sql_bill_insert, D_INT(num(e, "bill")), D_TEXT(e->entity), D_TEXT(text(e, "number")),
	    D_INT(e->subject), D_TEXT(json_text(json_path(e->data, "label.en"))),
	    D_TEXT(json_text(json_path(e->data, "label.ar"))), D_TEXT(text(e, "gl")),
	    D_TEXT(text(e, "currency")), D_INT(num(e, "amount")), D_INT(num(e, "due")), D_INT(e->at));
}

void fold_payment_bill_cancelled(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_bill_cancel, D_INT(num(e, "bill")));
}

void fold_payment_shares_set(dbc *c, arena *a, const struct event *e)
{
	const json *list = json_get(e->data, "shares");
	(void)a;
	db_exec(c, &sql_share_clear, D_TEXT(text(e, "gl")));
	for (const json *s = list ? list->first : NULL; s; s = s->next)
		db_exec(c, &sql_share_insert, D_TEXT(text(e, "gl")), D_TEXT(json_str(s, "to")),
		        D_INT(json_int(s, "weight", 0)));
}

void fold_payment_distributed(dbc *c, arena *a, const struct event *e)
{
	db_exec(c, &sql_distribution_insert, D_TEXT(e->entity), D_TEXT(text(e, "gl")),
	        D_TEXT(text(e, "period")), D_TEXT(text(e, "currency")), D_INT(num(e, "amount")),
	        D_TEXT(json_print(a, json_get(e->data, "parts"))), D_INT(e->at), D_INT(e->seq));
}

void fold_payment_dispute_opened(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_dispute_insert, D_INT(num(e, "dispute")), D_INT(num(e, "order")),
	        D_INT(num(e, "attempt")), D_TEXT(text(e, "reference")), D_TEXT(text(e, "reason")),
	        D_INT(num(e, "amount")), D_TEXT(text(e, "currency")), D_INT(num(e, "answer_by")),
	        D_INT(e->at));
}

void fold_payment_dispute_moved(dbc *c, arena *a, const struct event *e)
{
	bool over = !str_eq(text(e, "state"), STR("answered"));
	(void)a;
	db_exec(c, &sql_dispute_move, D_INT(num(e, "dispute")), D_TEXT(text(e, "state")),
	        D_INT(over ? e->at : 0));
}

void fold_payment_key_made(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	str scope = text(e, "scope");
	db_exec(c, &sql_api_key_insert, D_TEXT(text(e, "hash")), D_TEXT(e->entity), D_INT(e->at),
	        D_TEXT(scope.n ? scope : STR("pay")));
}

void fold_payment_webhook_set(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_webhook_put, D_TEXT(e->entity), D_TEXT(text(e, "url")));
}

void fold_payment_blocked(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_exception_insert, D_INT(e->seq * 1000000), D_TEXT(STR("velocity")),
	        D_TEXT(STR("")), D_INT(0), D_TEXT(text(e, "decision")), D_INT(num(e, "order")),
	        D_INT(0), D_INT(0), D_INT(0), D_INT(e->at));
}

/* ---- settlement ---- */

/* Numbers of its own: an event makes fewer than a million. */
static void exception_fold(dbc *c, const struct event *e, int64_t no, const json *x)
{
	db_exec(c, &sql_exception_insert, D_INT(e->seq * 1000000 + no), D_TEXT(json_str(x, "kind")),
	        D_TEXT(text(e, "provider")), D_INT(num(e, "batch")), D_TEXT(json_str(x, "what")),
	        D_INT(json_int(x, "order", 0)), D_INT(json_int(x, "attempt", 0)),
	        D_INT(json_int(x, "expected", 0)), D_INT(json_int(x, "found", 0)), D_INT(e->at));
}

static void settled_fold(dbc *c, const struct event *e, const json *x)
{
	int64_t id = json_int(x, "id", 0);
	bool payment = str_eq(json_str(x, "kind"), STR("payment"));
	if (!str_eq(json_str(x, "verdict"), STR("matched")) || str_eq(text(e, "provider"), STR("bank")))
		return;
	db_exec(c, &sql_settled_insert, D_TEXT(json_str(x, "kind")), D_INT(id), D_INT(num(e, "batch")),
	        D_INT(json_int(x, "amount", 0)), D_TEXT(json_str(x, "currency")),
	        D_TEXT(json_str(x, "reference")), D_INT(json_int(x, "at", 0)));
	if (payment)
		db_exec(c, &sql_exception_found, D_INT(id), D_INT(e->at));
}

void fold_payment_settled_more(dbc *c, arena *a, const struct event *e)
{
	const json *entries = json_get(e->data, "entries"), *wrong = json_get(e->data, "exceptions");
	int64_t no = 0;
	(void)a;
	for (const json *x = entries ? entries->first : NULL; x; x = x->next)
		settled_fold(c, e, x);
	for (const json *x = wrong ? wrong->first : NULL; x; x = x->next)
		exception_fold(c, e, no++, x);
}

void fold_payment_settled(dbc *c, arena *a, const struct event *e)
{
	const json *entries = json_get(e->data, "entries"), *sums = json_get(e->data, "sums");
	const json *paid = json_get(e->data, "paid");
	int64_t batch = num(e, "batch");
	db_exec(c, &sql_batch_insert, D_INT(batch), D_TEXT(text(e, "provider")),
	        D_TEXT(text(e, "name")), D_TEXT(text(e, "reference")), D_TEXT(text(e, "hash")),
	        D_INT(num(e, "from")), D_INT(num(e, "to")),
	        D_INT(json_int(e->data, "count", entries ? (int64_t)entries->count : 0)),
	        D_INT(num(e, "sum")), D_INT(e->at), D_INT(e->seq));
	for (const json *x = sums ? sums->first : NULL; x; x = x->next)
		db_exec(c, &sql_batch_sum_insert, D_INT(batch), D_TEXT(json_str(x, "entity")),
		        D_TEXT(json_str(x, "currency")), D_INT(json_int(x, "amount", 0)));
	for (const json *x = paid ? paid->first : NULL; x; x = x->next)
		db_exec(c, &sql_batch_paid, D_INT(json_int(x, "batch", 0)), D_INT(json_int(x, "amount", 0)),
		        D_INT(e->at));
	fold_payment_settled_more(c, a, e);
}

void fold_payment_exception_resolved(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_exception_end, D_INT(num(e, "exception")), D_TEXT(text(e, "resolution")),
	        D_INT(e->actor), D_INT(e->at));
}

void fold_payment_day_closed(dbc *c, arena *a, const struct event *e)
{
	db_exec(c, &sql_close_insert, D_TEXT(e->entity), D_INT(num(e, "day")),
	        D_TEXT(json_print(a, json_get(e->data, "totals"))),
	        D_TEXT(json_print(a, json_get(e->data, "counted"))), D_INT(e->actor), D_INT(e->at));
}

/* ---- providers ---- */

void fold_payment_provider_set(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_provider_put, D_TEXT(text(e, "provider")), D_TEXT(text(e, "adapter")),
	        D_TEXT(text(e, "url")), D_TEXT(json_text(json_path(e->data, "name.en"))),
	        D_TEXT(json_text(json_path(e->data, "name.ar"))), D_TEXT(text(e, "methods")),
	        D_INT(num(e, "weight")));
}

void fold_payment_provider_switched(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_switch_put, D_TEXT(text(e, "provider")), D_INT(json_truth(e->data, "off")),
	        D_INT(e->actor), D_INT(e->at));
}

void fold_payment_health(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_health_put, D_TEXT(text(e, "provider")), D_INT(json_truth(e->data, "up")),
	        D_INT(e->at));
}

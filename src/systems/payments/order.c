/* order.c - what is to be paid: asked for by a service, or by people. */
#include "systems/payments/hold.h"
#include "systems/payments/react.h"
#include "systems/payments/statements.h"

#include "kernel/cases/cases.h"

#define REFERENCE_DIGITS 13 /* of 5 bits: a whole id */

/* "P" and the id in Crockford's base 32: no letter that is read as a digit. */
static str reference_of(arena *a, int64_t id)
{
	static const char digit[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	char text[REFERENCE_DIGITS];
	uint64_t v = (uint64_t)id;
	for (int i = REFERENCE_DIGITS - 1; i >= 0; i--, v >>= 5)
		text[i] = digit[v & 31];
	return str_cat(a, STR("P"), (str){text, sizeof text});
}

static json *line_json(arena *a, const struct line *l)
{
	json *o = json_object(a), *rule = l->rule.n ? json_parse(a, l->rule, NULL) : NULL;
	json_set_str(a, o, "entity", l->entity);
	json_set_str(a, o, "service", l->service);
	json_set(a, o, "label", text_pair(a, l->label_en, l->label_ar));
	json_set_str(a, o, "gl", l->gl);
	json_set_int(a, o, "amount", l->amount);
	if (rule)
		json_set(a, o, "rule", rule);
	if (l->bill)
		json_set_int(a, o, "bill", l->bill);
	return o;
}

/* The sum of the lines; false when one is not above nothing, or it overflows. */
static bool total_of(const struct order_request *q, int64_t *total)
{
	money sum = {0};
	for (size_t i = 0; i < q->n; i++)
		if (q->line[i].amount <= 0 || !money_add(sum, (money){q->line[i].amount}, &sum))
			return false;
	*total = sum.minor;
	return q->n > 0;
}

err order_create(struct tx *tx, const struct order_request *q, int64_t *id)
{
	int64_t total;
	currency known;
	if (!currency_find(q->currency, &known))
		return tx_fail(tx, ERR_bad_input, "currency", "%.*s is no currency", STRF(q->currency));
	if (q->n > LINES_MAX || !total_of(q, &total))
		return tx_fail(tx, ERR_payment_amount, "amount",
		               "an order has 1 to %d lines, each above"
		               " nothing",
		               LINES_MAX);
	json *d = json_object(tx->a), *lines = json_array(tx->a);
	*id = tx_id(tx);
	json_set_int(tx->a, d, "order", *id);
	json_set_str(tx->a, d, "reference", reference_of(tx->a, *id));
	json_set_str(tx->a, d, "origin", q->origin);
	json_set_int(tx->a, d, "instance", q->instance);
	json_set_str(tx->a, d, "service", q->service);
	json_set(tx->a, d, "title", text_pair(tx->a, q->title_en, q->title_ar));
	json_set_str(tx->a, d, "currency", q->currency);
	json_set_int(tx->a, d, "total", total);
	json_set_str(tx->a, d, "channel", tx->actor.channel);
	json_set_int(tx->a, d, "expires", q->expires);
	for (size_t i = 0; i < q->n; i++)
		json_push(lines, line_json(tx->a, &q->line[i]));
	json_set(tx->a, d, "lines", lines);
	if (q->api_reference.n) {
		json *x = json_set(tx->a, d, "api", json_object(tx->a));
		json_set_str(tx->a, x, "reference", q->api_reference);
		json_set_str(tx->a, x, "description", q->description);
		json_set_str(tx->a, x, "return_url", q->return_url);
		if (q->metadata)
			json_set(tx->a, x, "metadata", json_copy(tx->a, q->metadata));
		if (q->delayed)
			json_set_bool(tx->a, x, "delayed", true);
	}
	if (q->expires) {
		json *p = json_object(tx->a);
		json_set_int(tx->a, p, "order", *id);
		tx_later(tx, "payment.expire", str_fmt(tx->a, "%lld", (long long)*id), q->expires, p);
	}
	return tx_emit(tx, (struct emission){.kind = "payment.ordered",
	                                     .entity = q->entity,
	                                     .subject = q->payer,
	                                     .case_id = q->case_id,
	                                     .data = d});
}

err order_cancel(struct tx *tx, int64_t id, str reason)
{
	struct order o;
	if (!order_get(tx->db, tx->a, id, &o))
		return tx_fail(tx, ERR_not_found, "", "there is no such order");
	if (order_is(&o, "cancelled"))
		return OK;
	if (!order_next(o.state, "cancelled").n)
		return tx_fail(tx, ERR_payment_state, "", "the order is %.*s", STRF(o.state));
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "order", id);
	json_set_str(tx->a, d, "reason", reason);
	hold_release(tx, id);
	return tx_emit(tx, (struct emission){.kind = "payment.cancelled",
	                                     .entity = o.entity,
	                                     .subject = o.payer,
	                                     .case_id = o.case_id,
	                                     .data = d});
}

/* ---- what the processes of services ask for ---- */

static bool payment_work(const struct event *e)
{
	return str_eq(json_str(e->data, "type"), STR("payment"));
}

/* The rule that decided the fee, with the version of the service it was of. */
static str rule_of(arena *a, const struct kase *q)
{
	json *r = json_object(a);
	json_set_str(a, r, "service", q->service);
	json_set_int(a, r, "version", q->version);
	if (q->fee_rule)
		json_set(a, r, "rule", json_copy(a, q->fee_rule));
	return json_print(a, r);
}

err react_work_requested(struct tx *tx, const struct event *e)
{
	struct kase q;
	if (!payment_work(e))
		return OK;
	if (!case_get(tx->db, tx->a, e->case_id, &q))
		return tx_fail(tx, ERR_not_found, "", "the case of the payment is not there");
	int64_t instance = json_int(e->data, "instance", 0), id;
	if (db_query_int(tx->db, &sql_order_of_step, 0, D_INT(q.id), D_INT(instance)))
		return OK;
	struct line one = {
	    .entity = q.entity,
	    .service = q.service,
	    .label_en = json_str(q.fee_rule, "en"),
	    .label_ar = json_str(q.fee_rule, "ar"),
	    .gl = q.service,
	    .amount = q.fee.minor,
	    .rule = rule_of(tx->a, &q),
	};
	const struct service *s = service_at(tx->k, tx->db, q.service, q.version);
	const json *title = s ? json_get(s->card, "title") : q.fee_rule;
	struct order_request r = {
	    .origin = STR("case"),
	    .entity = q.entity,
	    .service = q.service,
	    .title_en = json_str(title, "en"),
	    .title_ar = json_str(title, "ar"),
	    .currency = q.currency,
	    .case_id = q.id,
	    .instance = instance,
	    .payer = q.applicant,
	    .line = &one,
	    .n = 1,
	};
	return order_create(tx, &r, &id);
}

/* The process no longer waits: the case was withdrawn or moved. What was paid
 * stays paid; whether it goes back is a refund's matter. */
err react_work_cancelled(struct tx *tx, const struct event *e)
{
	struct order o;
	int64_t id = db_query_int(tx->db, &sql_order_of_step, 0, D_INT(e->case_id),
	                          D_INT(json_int(e->data, "instance", 0)));
	if (!id || !order_get(tx->db, tx->a, id, &o) || !order_next(o.state, "cancelled").n)
		return OK;
	return order_cancel(tx, id, STR("the service no longer waits for it"));
}

/* api.c - what the platform asks the simulator, and what the simulator tells it. */
#include "systems/payments/simulator/private.h"
#include "systems/payments/simulator/statements.h"

#include "kernel/outbox/fetch.h"
#include "systems/payments/errors.h"
#include "kernel/outbox/sign.h"

/* ---- enquiries ---- */

static json *payment_json(arena *a, const struct sim_payment *p, str status, int64_t amount)
{
	json *d = json_object(a);
	json_set_str(a, d, "payment", p->id);
	json_set_str(a, d, "status", status);
	json_set_int(a, d, "amount", amount);
	json_set_str(a, d, "currency", p->currency);
	json_set_str(a, d, "reference", p->reference);
	json_set_str(a, d, "last4", p->last4);
	if (p->token.n && str_eq(status, STR("succeeded")))
		json_set_str(a, d, "token", p->token);
	return d;
}

err page_simulator_payment(struct req *r)
{
	struct sim_payment p = {.id = req_field(r, "payment")};
	int64_t at;
	if (!sign_query_good(r->a, simulator_secret(r->k), r->query) ||
	    !str_i64(req_field(r, "at"), &at) || r->now - at * SECOND > SIMULATOR_DRIFT)
		return req_fail(r, ERR_payment_signature, "", "the enquiry is not signed, or is old");
	if (!sim_payment_find(r->db, r->a, p.id, &p))
		return simulator_signed(r, payment_json(r->a, &p, STR("not_found"), 0));
	bool vanished = str_eq(p.status, STR("vanished"));
	if (vanished && r->now < p.at + SIMULATOR_GONE)
		return req_fail(r, ERR_unavailable, "", "it is out of order");
	str status = vanished ? STR("not_found") : r->now < p.ready ? STR("pending") : p.status;
	return simulator_signed(r, payment_json(r->a, &p, status, vanished ? 0 : p.charged));
}

/* ---- messages ---- */

static err sent_decide(struct tx *tx, void *ctx)
{
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "payment", *(str *)ctx);
	return tx_emit(tx, (struct emission){.kind = "simulator.sent", .data = d});
}

/* The same bytes each time it is sent. */
static str message_body(struct job *j, str id)
{
	struct sim_payment p = {0};
	dbc *c = db_reader(j->k->db);
	sim_payment_find(c, j->a, id, &p);
	db_clear(c);
	db_reader_return(c);
	json *body = json_object(j->a);
	str status = json_str(j->payload, "status");
	p.id = id;
	json_set_str(j->a, body, "type", str_cat(j->a, STR("payment."), status));
	json_set_str(j->a, body, "timestamp", time_print(j->a, p.at));
	json_set(j->a, body, "data", payment_json(j->a, &p, status, json_int(j->payload, "amount", 0)));
	return json_print(j->a, body);
}

err job_simulator_send(struct job *j)
{
	str id = json_str(j->payload, "payment"), message = json_str(j->payload, "message");
	bool forged = json_truth(j->payload, "forged");
	str body = message_body(j, id);
	str at = str_fmt(j->a, "%lld", (long long)(kernel_now(j->k) / SECOND));
	str secret = forged ? STR("not the secret") : simulator_secret(j->k);
	struct fetch f = {.method = "POST",
	                  .url = json_str(j->payload, "notify"),
	                  .body = body,
	                  .type = STR("application/json")};
	f.header[f.n_headers++] = str_cat(j->a, STR("webhook-id: "), message);
	f.header[f.n_headers++] = str_cat(j->a, STR("webhook-timestamp: "), at);
	f.header[f.n_headers++] =
	    str_cat(j->a, STR("webhook-signature: "), sign_message(j->a, secret, message, at, body));
	err e = fetch_run(j->a, &f);
	if (!e && !forged && f.status >= 300) {
		f.why = str_fmt(j->a, "it answered %d", f.status);
		e = ERR_unavailable;
	}
	j->fault.detail = f.why;
	if (e)
		return e;
	struct action act = {.k = j->k, .a = j->a, .decide = sent_decide, .ctx = &id};
	return kernel_run(&act);
}

/* ---- what is held ---- */

static err signed_body(struct req *r)
{
	const char *why = sign_refused(r->a, simulator_secret(r->k), req_header(r, "Webhook-Id"),
	                               req_header(r, "Webhook-Timestamp"), r->raw,
	                               req_header(r, "Webhook-Signature"), r->now, SIMULATOR_DRIFT);
	return why ? req_fail(r, ERR_payment_signature, "", "%s", why) : OK;
}

err prepare_simulator_capture(struct req *r)
{
	return signed_body(r);
}

err decide_simulator_capture(struct tx *tx, struct req *r)
{
	struct sim_payment p = {0};
	str id = json_str(r->body, "payment");
	bool found = sim_payment_find(tx->db, tx->a, id, &p);
	p.id = id;
	err e = OK;
	if (found && str_eq(p.status, STR("authorised"))) {
		json *d = json_object(tx->a);
		p.status = json_truth(r->body, "take") ? STR("succeeded") : STR("cancelled");
		json_set_str(tx->a, d, "payment", id);
		json_set_str(tx->a, d, "status", p.status);
		e = tx_emit(tx, (struct emission){.kind = "simulator.captured", .data = d});
	}
	r->decided = payment_json(tx->a, &p, found ? p.status : STR("not_found"), p.charged);
	return e;
}

err answer_simulator_capture(struct req *r)
{
	return simulator_signed(r, r->decided);
}

/* ---- refunds ---- */

err prepare_simulator_refund(struct req *r)
{
	return signed_body(r);
}

err decide_simulator_refund(struct tx *tx, struct req *r)
{
	struct sim_payment p;
	str id = json_str(r->body, "refund"), payment = json_str(r->body, "payment");
	int64_t amount = json_int(r->body, "amount", 0);
	rows *q = db_query(tx->db, &sql_sim_refund_get, D_TEXT(id));
	str status = db_next(q) ? str_dup(tx->a, db_text(q, 0)) : (str){0};
	db_done(q);
	r->decided = json_object(tx->a);
	json_set_str(tx->a, r->decided, "refund", id);
	if (status.n) {
		json_set_str(tx->a, r->decided, "status", status);
		return OK;
	}
	int64_t before = db_query_int(tx->db, &sql_sim_refund_sum, 0, D_TEXT(payment));
	bool fits = sim_payment_find(tx->db, tx->a, payment, &p) && amount > 0 &&
	            str_eq(p.status, STR("succeeded")) && amount <= p.charged - before;
	status = fits ? STR("succeeded") : STR("refused");
	json_set_str(tx->a, r->decided, "status", status);
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "refund", id);
	json_set_str(tx->a, d, "payment", payment);
	json_set_int(tx->a, d, "amount", amount);
	json_set_str(tx->a, d, "currency", json_str(r->body, "currency"));
	json_set_str(tx->a, d, "status", status);
	return tx_emit(tx, (struct emission){.kind = "simulator.refunded", .data = d});
}

err answer_simulator_refund(struct req *r)
{
	return simulator_signed(r, r->decided);
}

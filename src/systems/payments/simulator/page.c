/* page.c - the payer's page: everything it knows came signed in its address. */
#include "systems/payments/simulator/private.h"
#include "systems/payments/simulator/statements.h"

#include "kernel/outbox/outbox.h"
#include "systems/payments/emv.h"
#include "systems/payments/errors.h"
#include "kernel/outbox/sign.h"

#include <time.h>

#define CARD_MIN 13
#define CARD_MAX 19

struct outcome_plan {
	const char *name, *status;
	int delay;
	const char *messages;
};

static const struct outcome_plan plans[] = {
#define OUTCOME(name, status, delay, messages) {#name, #status, delay, messages},
#include "systems/payments/simulator/outcomes.def"
#undef OUTCOME
};

/* What is paid, and what shall become of it. */
struct choice {
	const struct outcome_plan *plan;
	str last4, payment, order, currency, notify;
	int64_t amount;
	bool save, wallet, hold;
};

static const struct outcome_plan *plan_find(str name)
{
	for (size_t i = 0; i < COUNT(plans); i++)
		if (str_eq(name, str_of(plans[i].name)))
			return &plans[i];
	return NULL;
}

static err signed_here(struct req *r)
{
	if (sign_query_good(r->a, simulator_secret(r->k), r->query))
		return OK;
	return req_fail(r, ERR_payment_signature, "", "the address is not signed with the secret");
}

static json *items_view(struct req *r, str chosen)
{
	json *list = json_array(r->a);
	for (size_t i = 0; i < COUNT(plans); i++) {
		str name = str_of(plans[i].name);
		if (str_eq(name, STR("cancel")))
			continue; /* it has a button of its own */
		json *o = json_object(r->a);
		json_set_str(r->a, o, "id", i ? str_fmt(r->a, "outcome-%zu", i + 1) : STR("outcome"));
		json_set_str(r->a, o, "value", name);
		json_set_str(
		    r->a, o, "text",
		    req_text(r, str_c(r->a, str_cat(r->a, STR("payments.simulator.outcome."), name))));
		json_set_bool(r->a, o, "checked", str_eq(name, chosen));
		json_push(list, o);
	}
	return list;
}

static json *page_view(struct req *r, str card, str error, str chosen)
{
	json *v = json_object(r->a), *amount = json_object(r->a), *payee = json_object(r->a);
	json *form = json_object(r->a), *field = json_object(r->a), *errors = json_array(r->a);
	int64_t minor = 0;
	str_i64(req_field(r, "amount"), &minor);
	json_set_str(r->a, payee, "en", req_field(r, "payee_en"));
	json_set_str(r->a, payee, "ar", req_field(r, "payee_ar"));
	json_set(r->a, v, "payee", payee);
	json_set_str(r->a, v, "reference", req_field(r, "reference"));
	json_set_int(r->a, amount, "minor", minor);
	json_set_str(r->a, amount, "currency", req_field(r, "currency"));
	json_set(r->a, v, "amount", amount);
	json_set_str(r->a, v, "action",
	             str_fmt(r->a, "/%s/pay?%.*s", lang_code(r->lang), STRF(r->query)));
	if (error.n) {
		json *one = json_object(r->a);
		json_set_str(r->a, one, "href", STR("#card"));
		json_set_str(r->a, one, "text", error);
		json_push(errors, one);
	}
	json_set(r->a, v, "errors", errors);
	json_set_str(r->a, field, "value", card);
	json_set_str(r->a, field, "error", error);
	json_set(r->a, form, "card", field);
	json_set(r->a, v, "form", form);
	json_set(r->a, v, "outcomes", items_view(r, chosen));
	return v;
}

err page_simulator_pay(struct req *r)
{
	err e = signed_here(r);
	if (e)
		return e;
	return req_view(r, "simulator/pay", page_view(r, (str){0}, (str){0}, STR("succeed")));
}

/* Keeps the last four digits and nothing else. */
static bool card_read(struct req *r, str typed, str *last4)
{
	char digit[CARD_MAX];
	size_t n = 0;
	for (size_t i = 0; i < typed.n; i++) {
		if (typed.p[i] == ' ' || typed.p[i] == '-')
			continue;
		if (typed.p[i] < '0' || typed.p[i] > '9' || n == CARD_MAX)
			return false;
		digit[n++] = typed.p[i];
	}
	if (n < CARD_MIN)
		return false;
	*last4 = str_dup(r->a, (str){digit + n - 4, 4});
	return true;
}

/* The form's own choice is the last field of that name: the button's beats the radio's. */
static str chosen_outcome(struct req *r)
{
	str all[8];
	size_t n = req_field_all(r, "outcome", all, COUNT(all));
	return n ? all[n - 1] : (str){0};
}

err prepare_simulator_choose(struct req *r)
{
	struct choice *c = NEW(r->a, struct choice);
	err e = signed_here(r);
	r->state = c;
	if (e)
		return e;
	c->plan = plan_find(chosen_outcome(r));
	c->payment = req_field(r, "payment");
	c->order = req_field(r, "reference");
	c->currency = req_field(r, "currency");
	c->notify = req_field(r, "notify");
	c->save = req_field(r, "save").n > 0;
	c->hold = req_field(r, "hold").n > 0;
	if (!c->plan || !str_i64(req_field(r, "amount"), &c->amount) || c->amount <= 0)
		return req_fail(r, ERR_bad_input, "outcome", "there is no such outcome, or no amount");
	if (!str_eq(str_of(c->plan->name), STR("cancel")) &&
	    !card_read(r, req_field(r, "card"), &c->last4))
		return req_again(r, "simulator/pay",
		                 page_view(r, (str){0}, req_text(r, "payments.simulator.card_wrong"),
		                           str_of(c->plan->name)));
	return OK;
}

static void message_later(struct tx *tx, const struct choice *c, char letter, int no, instant due)
{
	str id = c->payment;
	json *p = json_object(tx->a);
	/* The same message again has the same id: that of the first. */
	str message = str_fmt(tx->a, "msg_%.*s_%d", STRF(id), letter == 'S' ? 0 : no);
	const char *status = letter == 'd'   ? "declined"
	                     : letter == 'c' ? "cancelled"
	                     : letter == 'p' ? "pending"
	                     : c->hold       ? "authorised"
	                                     : "succeeded";
	json_set_str(tx->a, p, "message", message);
	json_set_str(tx->a, p, "payment", id);
	json_set_str(tx->a, p, "status", str_of(status));
	json_set_str(tx->a, p, "notify", c->notify);
	json_set_int(tx->a, p, "amount", letter == 'a' ? c->amount + 1 : c->amount);
	json_set_bool(tx->a, p, "forged", letter == 'x');
	tx_later(tx, "simulator.send", str_fmt(tx->a, "%.*s:%d", STRF(id), no), due, p);
}

err decide_simulator_choose(struct tx *tx, struct req *r)
{
	const struct choice *c = r->state;
	struct sim_payment known;
	str id = c->payment;
	int64_t late = db_query_int(tx->db, &sql_sim_setting_get, SIMULATOR_LATE, D_TEXT(STR("late")));
	instant ready = tx->now + (c->plan->delay ? late * SECOND : 0);
	r->decided = json_object(tx->a);
	if (sim_payment_find(tx->db, tx->a, id, &known))
		return OK; /* one payment, however often its page is sent */
	json *d = json_object(tx->a);
	bool more = str_eq(str_of(c->plan->name), STR("wrong_amount"));
	json_set_str(tx->a, d, "payment", id);
	json_set_str(tx->a, d, "reference", str_cat(tx->a, STR("SIM-"), id));
	json_set_str(tx->a, d, "order", c->order);
	json_set_int(tx->a, d, "amount", c->amount);
	json_set_int(tx->a, d, "charged", c->amount + more);
	json_set_str(tx->a, d, "currency", c->currency);
	json_set_str(tx->a, d, "outcome", str_of(c->plan->name));
	bool held = c->hold && str_eq(str_of(c->plan->status), STR("succeeded"));
	json_set_str(tx->a, d, "status", held ? STR("authorised") : str_of(c->plan->status));
	json_set_str(tx->a, d, "last4", c->last4);
	if (c->save && c->last4.n)
		json_set_str(tx->a, d, "token", str_fmt(tx->a, "tok_%.*s_%.*s", STRF(id), STRF(c->last4)));
	json_set_int(tx->a, d, "ready", ready);
	json_set_bool(tx->a, r->decided, "told",
	              c->plan->messages[0] && c->notify.n && !c->plan->delay);
	for (int i = 0; c->plan->messages[i] && c->notify.n; i++)
		message_later(tx, c, c->plan->messages[i], i, ready + i * (SECOND / 2));
	return tx_emit(tx, (struct emission){.kind = "simulator.paid", .data = d});
}

/* The payer is shown "paid" here while the message is on its way. */
err answer_simulator_choose(struct req *r)
{
	const struct choice *c = r->state;
	struct timespec pause = {0, 20 * 1000000};
	struct sim_payment p = {0};
	scheduler_wake(r->k);
	for (instant waited = 0; json_truth(r->decided, "told") && waited < SIMULATOR_WAIT && !p.sent;
	     waited += 20000) {
		nanosleep(&pause, NULL);
		sim_payment_find(r->db, r->a, c->payment, &p);
	}
	if (c->wallet)
		return req_redirect(r, "/wallet?done=1");
	return req_redirect(r, "%.*s", STRF(req_field(r, "back")));
}

/* ---- the same by a code, as a wallet on a telephone reads it ---- */

static json *wallet_view(struct req *r, str code, str error, str chosen)
{
	json *v = json_object(r->a), *form = json_object(r->a), *field = json_object(r->a);
	json *errors = json_array(r->a);
	if (error.n) {
		json *one = json_push(errors, json_object(r->a));
		json_set_str(r->a, one, "href", STR("#code"));
		json_set_str(r->a, one, "text", error);
	}
	json_set(r->a, v, "errors", errors);
	json_set_str(r->a, field, "value", code);
	json_set_str(r->a, field, "error", error);
	json_set(r->a, form, "code", field);
	json_set(r->a, v, "form", form);
	json_set_bool(r->a, v, "done", req_field(r, "done").n > 0);
	json_set(r->a, v, "outcomes", items_view(r, chosen));
	return v;
}

err page_simulator_wallet(struct req *r)
{
	return req_view(r, "simulator/wallet", wallet_view(r, (str){0}, (str){0}, STR("succeed")));
}

err prepare_simulator_scan(struct req *r)
{
	struct choice *c = NEW(r->a, struct choice);
	struct emv e;
	str code = req_field(r, "code");
	r->state = c;
	c->plan = plan_find(chosen_outcome(r));
	if (!c->plan)
		return req_fail(r, ERR_bad_input, "outcome", "there is no such outcome");
	if (!emv_parse(r->a, code, &e) ||
	    !str_eq_secret(e.seal, emv_seal(r->a, simulator_secret(r->k), &e)))
		return req_again(r, "simulator/wallet",
		                 wallet_view(r, code, req_text(r, "payments.simulator.code_wrong"),
		                             str_of(c->plan->name)));
	c->payment = str_fmt(r->a, "%lld", (long long)e.attempt);
	c->order = e.reference;
	c->currency = e.currency;
	c->notify = e.notify;
	c->amount = e.amount;
	c->wallet = true;
	return OK;
}

err decide_simulator_scan(struct tx *tx, struct req *r)
{
	return decide_simulator_choose(tx, r);
}

err answer_simulator_scan(struct req *r)
{
	return answer_simulator_choose(r);
}

#include "systems/payments/simulator/private.h"
#include "systems/payments/simulator/statements.h"

#include "systems/payments/errors.h"
#include "kernel/outbox/sign.h"

#define ROUTES_DEF   "systems/payments/simulator/routes.def"
#define ROUTES_TABLE simulator_routes
#include "web/declare.h"

/* ---- folds ---- */

void fold_simulator_paid(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	const json *d = e->data;
	db_exec(c, &sql_sim_payment_insert, D_TEXT(json_str(d, "payment")),
	        D_TEXT(json_str(d, "reference")), D_TEXT(json_str(d, "order")),
	        D_INT(json_int(d, "amount", 0)), D_INT(json_int(d, "charged", 0)),
	        D_TEXT(json_str(d, "currency")), D_TEXT(json_str(d, "outcome")),
	        D_TEXT(json_str(d, "status")), D_TEXT(json_str(d, "last4")), D_INT(e->at),
	        D_INT(json_int(d, "ready", 0)), D_TEXT(json_str(d, "token")));
}

void fold_simulator_sent(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_sim_payment_sent, D_TEXT(json_str(e->data, "payment")));
}

void fold_simulator_captured(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_sim_payment_status, D_TEXT(json_str(e->data, "payment")),
	        D_TEXT(json_str(e->data, "status")), D_INT(e->at));
}

void fold_simulator_refunded(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_sim_refund_insert, D_TEXT(json_str(e->data, "refund")),
	        D_TEXT(json_str(e->data, "payment")), D_INT(json_int(e->data, "amount", 0)),
	        D_TEXT(json_str(e->data, "currency")), D_TEXT(json_str(e->data, "status")),
	        D_INT(e->at));
}

/* ---- what all files use ---- */

bool sim_payment_find(dbc *c, arena *a, str id, struct sim_payment *out)
{
	rows *r = db_query(c, &sql_sim_payment_get, D_TEXT(id));
	bool found = db_next(r);
	if (found)
		*out = (struct sim_payment){
		    .id = id,
		    .reference = str_dup(a, db_text(r, 0)),
		    .order_reference = str_dup(a, db_text(r, 1)),
		    .amount = db_int(r, 2),
		    .charged = db_int(r, 3),
		    .currency = str_dup(a, db_text(r, 4)),
		    .outcome = str_dup(a, db_text(r, 5)),
		    .status = str_dup(a, db_text(r, 6)),
		    .last4 = str_dup(a, db_text(r, 7)),
		    .at = db_int(r, 8),
		    .ready = db_int(r, 9),
		    .sent = db_int(r, 10),
		    .token = str_dup(a, db_text(r, 11)),
		};
	db_done(r);
	return found;
}

str simulator_secret(const struct kernel *k)
{
	return str_trim(config_text(k->config, SETTING_provider_secret_file));
}

err simulator_signed(struct req *r, const json *payload)
{
	str text = json_print(r->a, payload), at = str_fmt(r->a, "%lld", (long long)(r->now / SECOND));
	json *v = json_object(r->a);
	json_set_str(r->a, v, "id", r->id);
	json_set_str(r->a, v, "timestamp", at);
	json_set_str(r->a, v, "payload", text);
	json_set_str(r->a, v, "signature", sign_message(r->a, simulator_secret(r->k), r->id, at, text));
	return req_view(r, "", v);
}

err simulator_set(struct tx *tx, str name, int64_t value)
{
	db_exec(tx->db, &sql_sim_setting_put, D_TEXT(name), D_INT(value));
	return OK;
}

/* ---- the tables ---- */

static const struct event_kind events[] = {
#define EVENT(name, kind, version, doc) {kind, version, fold_##name, doc},
#include "systems/payments/simulator/events.def"
#undef EVENT
};

static const struct job_kind jobs[] = {{"simulator.send", job_simulator_send, 0}};

static const struct derived derived[] = {{"sim_payment", "id"}, {"sim_refund", "id"}};

static const struct err_info errors[] = {
#define ERROR(name, code, http, retry) {code, #name, http, retry},
#include "systems/payments/errors.def"
#undef ERROR
};

static const struct organ simulator_organ = {
    .name = "systems/payments/simulator",
    .events = events,
    .n_events = COUNT(events),
    .jobs = jobs,
    .n_jobs = COUNT(jobs),
    .derived = derived,
    .n_derived = COUNT(derived),
    .errors = errors,
    .n_errors = COUNT(errors),
    .statements = simulator_statements,
};

const struct system simulator_system = {
    .organ = &simulator_organ,
    .routes = simulator_routes,
    .n_routes = COUNT(simulator_routes),
};

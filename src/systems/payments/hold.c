#include "systems/payments/hold.h"
#include "systems/payments/statements.h"

bool order_delayed(dbc *c, int64_t order)
{
	return db_query_int(c, &sql_api_order_delayed, 0, D_INT(order)) != 0;
}

bool hold_get(dbc *c, arena *a, int64_t order, struct hold *out)
{
	rows *r = db_query(c, &sql_hold_get, D_INT(order));
	bool found = db_next(r);
	if (found)
		*out = (struct hold){db_int(r, 0), db_int(r, 1), db_int(r, 2), str_dup(a, db_text(r, 3)),
		                     db_int(r, 4)};
	db_done(r);
	return found;
}

static struct emission of_order(const struct order *o, const char *kind, json *data)
{
	return (struct emission){.kind = kind,
	                         .entity = o->entity,
	                         .subject = o->payer,
	                         .case_id = o->case_id,
	                         .data = data};
}

/* `take`: capture it; otherwise let it go, if it is not captured by then. */
static void later(struct tx *tx, int64_t attempt, bool take, instant due)
{
	json *p = json_object(tx->a);
	json_set_int(tx->a, p, "attempt", attempt);
	json_set_bool(tx->a, p, "take", take);
	json_set_bool(tx->a, p, "expiry", due != 0);
	tx_later(tx, "payment.hold",
	         str_fmt(tx->a, "%lld:%s", (long long)attempt,
	                 take  ? "take"
	                 : due ? "expiry"
	                       : "release"),
	         due, p);
}

err hold_take(struct tx *tx, const struct order *o, const struct attempt *t,
              const struct provider_answer *w, const char *via)
{
	struct hold h;
	(void)via;
	if (hold_get(tx->db, tx->a, o->id, &h))
		return OK;
	bool open = str_eq(t->state, STR("open")) || str_eq(t->state, STR("unknown"));
	if (!open || w->amount != t->amount || !str_eq(w->currency, t->currency) ||
	    !order_delayed(tx->db, o->id) || !order_next(o->state, "captured").n) {
		later(tx, t->id, false, 0);
		return OK;
	}
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "order", o->id);
	json_set_int(tx->a, d, "attempt", t->id);
	json_set_int(tx->a, d, "amount", t->amount);
	later(tx, t->id, false, tx->now + HOLD_LIFE);
	return tx_emit(tx, of_order(o, "payment.authorised", d));
}

err hold_capture(struct tx *tx, int64_t order)
{
	struct order o;
	struct hold h;
	if (!order_get(tx->db, tx->a, order, &o) || !hold_get(tx->db, tx->a, order, &h) ||
	    !order_next(o.state, "captured").n)
		return tx_fail(tx, ERR_payment_state, "", "nothing is held for the order");
	if (str_eq(h.state, STR("asked")))
		return OK;
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "order", order);
	json_set_int(tx->a, d, "attempt", h.attempt);
	later(tx, h.attempt, true, 0);
	return tx_emit(tx, of_order(&o, "payment.capture_asked", d));
}

void hold_release(struct tx *tx, int64_t order)
{
	struct hold h;
	if (hold_get(tx->db, tx->a, order, &h))
		later(tx, h.attempt, false, 0);
}

/* ---- the job ---- */

struct work {
	struct attempt t;
	struct provider_answer w;
	bool expiry;
};

static err ended_decide(struct tx *tx, void *ctx)
{
	struct work *k = ctx;
	return payment_take(tx, k->t.provider, &k->w, "enquiry");
}

/* Held for too long: the order is given up, which releases it. */
static err expired_decide(struct tx *tx, void *ctx)
{
	struct work *k = ctx;
	struct hold h;
	if (!hold_get(tx->db, tx->a, k->t.order, &h) || !str_eq(h.state, STR("held")))
		return OK;
	return order_cancel(tx, k->t.order, STR("it was held and not taken in time"));
}

static bool found(struct job *j, int64_t id, struct work *k, struct provider *p)
{
	dbc *c = db_reader(j->k->db);
	bool there = attempt_get(c, j->a, id, &k->t) && provider_find(j->k, c, j->a, k->t.provider, p);
	db_clear(c);
	db_reader_return(c);
	return there && p->adapter && p->adapter->finish;
}

static err run(struct job *j, struct work *k, err (*decide)(struct tx *tx, void *ctx))
{
	struct action act = {
	    .k = j->k, .a = j->a, .actor = {.channel = STR("timer")}, .decide = decide, .ctx = k};
	err e = kernel_run(&act);
	j->fault = act.fault;
	return e;
}

err job_hold(struct job *j)
{
	struct work k = {0};
	struct provider p;
	str why = {0};
	bool take = json_truth(j->payload, "take");
	if (!found(j, json_int(j->payload, "attempt", 0), &k, &p))
		return ERR_not_found;
	if (json_truth(j->payload, "expiry"))
		return run(j, &k, expired_decide);
	err e = p.adapter->finish(j->a, &p, &k.t, take, kernel_now(j->k), &k.w, &why);
	if (e) {
		j->fault.detail = why;
		return e;
	}
	k.w.attempt = k.t.id;
	k.w.message = str_fmt(j->a, "%s:%lld", take ? "capture" : "release", (long long)k.t.id);
	return run(j, &k, ended_decide);
}

/* ---- folds ---- */

void fold_payment_authorised(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_hold_insert, D_INT(json_int(e->data, "attempt", 0)),
	        D_INT(json_int(e->data, "order", 0)), D_INT(json_int(e->data, "amount", 0)),
	        D_INT(e->at));
}

void fold_payment_capture_asked(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_hold_move, D_INT(json_int(e->data, "attempt", 0)), D_TEXT(STR("asked")));
}

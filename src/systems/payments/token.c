#include "systems/payments/token.h"
#include "systems/payments/routes.h"
#include "systems/payments/statements.h"

size_t tokens_of(dbc *c, arena *a, int64_t payer, struct token *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_token_list, D_INT(payer));
	while (n < max && db_next(r))
		out[n++] = (struct token){db_int(r, 0), str_dup(a, db_text(r, 1)),
		                          str_dup(a, db_text(r, 2)), str_dup(a, db_text(r, 3))};
	db_done(r);
	return n;
}

bool token_find(dbc *c, arena *a, int64_t payer, int64_t id, struct token *out)
{
	struct token t[TOKENS_MAX];
	size_t n = tokens_of(c, a, payer, t, TOKENS_MAX);
	for (size_t i = 0; i < n; i++)
		if (t[i].id == id) {
			*out = t[i];
			return true;
		}
	return false;
}

err token_keep(struct tx *tx, const struct order *o, str provider, const struct provider_answer *w)
{
	if (!w->token.n || !o->payer ||
	    db_query_int(tx->db, &sql_token_known, 0, D_INT(o->payer), D_TEXT(provider),
	                 D_TEXT(w->token)))
		return OK;
	json *d = json_object(tx->a), *secret = json_object(tx->a);
	json_set_int(tx->a, d, "token", tx_id(tx));
	json_set_str(tx->a, d, "provider", provider);
	json_set_str(tx->a, secret, "token", w->token);
	json_set_str(tx->a, secret, "last4", w->last4);
	return tx_emit(
	    tx, (struct emission){
	            .kind = "payment.token_kept", .subject = o->payer, .data = d, .secret = secret});
}

err token_drop(struct tx *tx, int64_t payer, int64_t id)
{
	struct token t;
	if (!token_find(tx->db, tx->a, payer, id, &t))
		return tx_fail(tx, ERR_not_found, "", "there is no such card");
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "token", id);
	return tx_emit(tx,
	               (struct emission){.kind = "payment.token_dropped", .subject = payer, .data = d});
}

/* Once the payer's key is gone nothing is left to keep. */
void fold_payment_token_kept(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	if (e->secret)
		db_exec(c, &sql_token_insert, D_INT(json_int(e->data, "token", 0)), D_INT(e->subject),
		        D_TEXT(json_str(e->data, "provider")), D_TEXT(json_str(e->secret, "token")),
		        D_TEXT(json_str(e->secret, "last4")), D_INT(e->at));
}

void fold_payment_token_dropped(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_token_delete, D_INT(json_int(e->data, "token", 0)));
}

void token_follow_erased(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_token_forget, D_INT(e->subject));
}

/* ---- the payer forgets a card ---- */

err prepare_payments_drop_card(struct req *r)
{
	int64_t id;
	return req_param_id(r, "id", &id) ? OK
	                                  : req_fail(r, ERR_not_found, "", "there is no such card");
}

err decide_payments_drop_card(struct tx *tx, struct req *r)
{
	int64_t id = 0;
	req_param_id(r, "id", &id);
	return token_drop(tx, r->actor.person, id);
}

err answer_payments_drop_card(struct req *r)
{
	req_flash(r, "payments.flash.card_dropped");
	return req_redirect(r, "/payments");
}

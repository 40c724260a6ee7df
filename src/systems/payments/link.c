#include "systems/payments/link.h"
#include "systems/payments/statements.h"

#include "kernel/outbox/sign.h"

#define LINK_BYTES 32

static struct link link_read(rows *r, arena *a)
{
	return (struct link){
	    .id = db_int(r, 0),
	    .order = db_int(r, 1),
	    .asked_by = db_int(r, 2),
	    .at = db_int(r, 3),
	    .expires = db_int(r, 4),
	    .device = str_dup(a, db_text(r, 5)),
	    .used = db_int(r, 6),
	};
}

bool link_find(dbc *c, arena *a, str token, struct link *out)
{
	if (token.n != LINK_CHARS)
		return false;
	rows *r = db_query(c, &sql_link_get, D_TEXT(sign_digest(a, token)));
	bool found = db_next(r);
	if (found)
		*out = link_read(r, a);
	db_done(r);
	return found;
}

size_t links_of(dbc *c, arena *a, int64_t order, struct link *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_link_list, D_INT(order));
	while (n < max && db_next(r))
		out[n++] = link_read(r, a);
	db_done(r);
	return n;
}

/* Real randomness, as of an agency's key: whoever guesses it may see what is owed. */
static str token_make(arena *a)
{
	char raw[LINK_BYTES];
	rng r = rng_system();
	rng_bytes(&r, raw, sizeof raw);
	return str_base64url(a, (str){raw, sizeof raw});
}

err link_send(struct tx *tx, int64_t order)
{
	struct order o;
	if (!order_get(tx->db, tx->a, order, &o))
		return tx_fail(tx, ERR_not_found, "", "there is no such order");
	if (o.captured)
		return tx_fail(tx, ERR_payment_paid, "", "the order is paid");
	if (!order_next(o.state, "attempted").n)
		return tx_fail(tx, ERR_payment_expired, "", "the order is no longer to be paid");
	if (!o.payer)
		return tx_fail(tx, ERR_bad_input, "", "the payer is not known");
	str token = token_make(tx->a);
	json *d = json_object(tx->a), *secret = json_object(tx->a);
	json_set_int(tx->a, d, "link", tx_id(tx));
	json_set_int(tx->a, d, "order", o.id);
	json_set_str(tx->a, d, "reference", o.reference);
	json_set_str(tx->a, d, "title_en", o.title_en);
	json_set_str(tx->a, d, "title_ar", o.title_ar);
	json_set_int(tx->a, d, "amount", o.total);
	json_set_str(tx->a, d, "currency", o.currency);
	json_set_str(tx->a, d, "hash", sign_digest(tx->a, token));
	json_set_int(tx->a, d, "expires", tx->now + LINK_LIFE);
	json_set_str(tx->a, secret, "token", token);
	return tx_emit(tx, (struct emission){.kind = "payment.link_sent",
	                                     .entity = o.entity,
	                                     .subject = o.payer,
	                                     .case_id = o.case_id,
	                                     .data = d,
	                                     .secret = secret});
}

err link_use(struct tx *tx, const struct link *given, str browser)
{
	struct link l;
	struct order o;
	str device = sign_digest(tx->a, browser);
	rows *r = db_query(tx->db, &sql_link_by_id, D_INT(given->id));
	bool found = db_next(r);
	if (found)
		l = link_read(r, tx->a);
	db_done(r);
	if (!found || !order_get(tx->db, tx->a, l.order, &o) || !link_lives(&l, tx->now) ||
	    !browser.n || (l.used && !str_eq(l.device, device)))
		return tx_fail(tx, ERR_payment_link, "", "the link is over, or another device's");
	if (l.used)
		return OK;
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "link", l.id);
	json_set_int(tx->a, d, "order", l.order);
	json_set_str(tx->a, d, "device", device);
	return tx_emit(tx, (struct emission){.kind = "payment.link_used",
	                                     .entity = o.entity,
	                                     .subject = o.payer,
	                                     .case_id = o.case_id,
	                                     .data = d});
}

/* ---- folds ---- */

/* The newest link is the one that is good. */
void fold_payment_link_sent(dbc *c, arena *a, const struct event *e)
{
	const json *d = e->data;
	(void)a;
	db_exec(c, &sql_link_end, D_INT(json_int(d, "order", 0)), D_INT(e->at));
	db_exec(c, &sql_link_insert, D_TEXT(json_str(d, "hash")), D_INT(json_int(d, "link", 0)),
	        D_INT(json_int(d, "order", 0)), D_INT(e->actor), D_INT(e->at),
	        D_INT(json_int(d, "expires", 0)));
}

void fold_payment_link_used(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_link_used, D_INT(json_int(e->data, "link", 0)),
	        D_TEXT(json_str(e->data, "device")), D_INT(e->at));
}

/*
 * fund.c - what a body pays with; who may ask for it, and that a request is done once.
 */
#include "systems/payments/payout/payout.h"
#include "systems/payments/statements.h"

#include "kernel/outbox/sign.h"

#define TOKEN_LENGTH  32
#define NAME_MAX      64
#define REFERENCE_MAX 64
#define DAYS_MAX      3650
#define MOST_MAX      100000000

err payout_key(struct tx *tx, str entity, bool bank, str *token)
{
	char raw[TOKEN_LENGTH];
	rng r = rng_system();
	rng_bytes(&r, raw, sizeof raw);
	*token = str_cat(tx->a, STR("api_"), str_base64url(tx->a, (str){raw, sizeof raw}));
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "hash", sign_digest(tx->a, *token));
	json_set_str(tx->a, d, "scope", bank ? STR("bank") : STR("payout"));
	return tx_emit(tx, (struct emission){.kind = "payment.key_made", .entity = entity, .data = d});
}

err program_name(struct tx *tx, str entity, str name)
{
	if (!entity.n || !name.n || name.n > NAME_MAX)
		return tx_fail(tx, ERR_bad_input, "name", "a name of 1 to %d bytes is needed", NAME_MAX);
	rows *r = db_query(tx->db, &sql_program_get, D_TEXT(name));
	str owner = db_next(r) ? str_dup(tx->a, db_text(r, 0)) : (str){0};
	db_done(r);
	if (owner.n)
		return str_eq(owner, entity)
		           ? OK
		           : tx_fail(tx, ERR_conflict, "name", "another body's program has this name");
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "name", name);
	return tx_emit(tx,
	               (struct emission){.kind = "payment.program_named", .entity = entity, .data = d});
}

bool program_of(dbc *c, str entity, str name)
{
	rows *r = db_query(c, &sql_program_get, D_TEXT(name));
	bool own = name.n && db_next(r) && str_eq(db_text(r, 0), entity);
	db_done(r);
	return own;
}

/* ---- money ---- */

int64_t fund_left(dbc *c, str entity, str code)
{
	struct ledger_balance b;
	ledger_balance_of(c, entity, code, STR(PAYOUT_FUNDING), &b);
	return b.debits - b.credits - b.credits_pending;
}

/* Asked again: the same, or another sum under its name? */
static err funded_before(struct tx *tx, str entity, str reference, str code, int64_t amount,
                         bool *known)
{
	rows *r = db_query(tx->db, &sql_funding_get, D_TEXT(entity), D_TEXT(reference));
	*known = db_next(r);
	bool same = *known && str_eq(db_text(r, 0), code) && db_int(r, 1) == amount;
	db_done(r);
	if (!*known || same)
		return OK;
	return tx_fail(tx, ERR_conflict, "reference", "this reference is another sum");
}

err fund_give(struct tx *tx, str entity, str reference, str code, int64_t amount)
{
	currency known;
	bool before;
	err e = OK;
	if (!entity.n || !reference.n || reference.n > REFERENCE_MAX || amount <= 0 ||
	    !currency_find(code, &known))
		return tx_fail(tx, ERR_bad_input, "amount",
		               "a body, a reference and an amount above nothing are needed");
	if ((e = funded_before(tx, entity, reference, code, amount, &before)) || before)
		return e;
	int64_t id = tx_id(tx);
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "funding", id);
	json_set_str(tx->a, d, "reference", reference);
	json_set_str(tx->a, d, "currency", code);
	json_set_int(tx->a, d, "amount", amount);
	if ((e = tx_emit(tx,
	                 (struct emission){.kind = "payment.funded", .entity = entity, .data = d})) ||
	    (e = ledger_open(tx, entity, code, STR(PAYOUT_FUNDING), LIMIT_DEBIT)))
		return e;
	struct posting p = {.key = str_fmt(tx->a, "funding:%lld", (long long)id),
	                    .entity = entity,
	                    .currency = code,
	                    .debit = STR(PAYOUT_FUNDING),
	                    .credit = STR("equity/appropriation"),
	                    .amount = amount,
	                    .reference = reference};
	return ledger_post(tx, &p, 1);
}

/* ---- merchants and kinds of vouchers ---- */

err merchant_set(struct tx *tx, str entity, str name, str account, str group, bool open)
{
	if (!entity.n || !name.n || name.n > PAYOUT_TEXT || !account.n || account.n > PAYOUT_TEXT ||
	    group.n > NAME_MAX)
		return tx_fail(tx, ERR_bad_input, "name", "a merchant has a name and an account");
	int64_t id =
	    db_query_int(tx->db, &sql_merchant_id, 0, D_TEXT(entity), D_TEXT(name), D_TEXT(account));
	json *d = json_object(tx->a), *secret = json_object(tx->a);
	id = id ? id : tx_id(tx);
	json_set_int(tx->a, d, "merchant", id);
	json_set_str(tx->a, d, "group", group);
	json_set_bool(tx->a, d, "open", open);
	json_set_str(tx->a, secret, "name", name);
	json_set_str(tx->a, secret, "account", account);
	return tx_emit(tx, (struct emission){.kind = "payment.merchant_set",
	                                     .entity = entity,
	                                     .subject = id,
	                                     .data = d,
	                                     .secret = secret});
}

err group_set(struct tx *tx, str entity, str code, int64_t most, int64_t days)
{
	if (!entity.n || !code.n || code.n > NAME_MAX || most <= 0 || most > MOST_MAX || days <= 0 ||
	    days > DAYS_MAX)
		return tx_fail(tx, ERR_bad_input, "group",
		               "a group has a code, a number of vouchers and of days");
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "code", code);
	json_set_int(tx->a, d, "most", most);
	json_set_int(tx->a, d, "life", days * DAY);
	return tx_emit(tx, (struct emission){.kind = "payment.group_set", .entity = entity, .data = d});
}

/* ---- requests ---- */

err request_known(struct tx *tx, str entity, const char *kind, str request, str digest,
                  json **answer)
{
	rows *r =
	    db_query(tx->db, &sql_request_get, D_TEXT(entity), D_TEXT(str_of(kind)), D_TEXT(request));
	bool found = db_next(r), same = found && str_eq(db_text(r, 0), digest);
	str text = found ? str_dup(tx->a, db_text(r, 1)) : (str){0};
	db_done(r);
	*answer = same ? json_parse(tx->a, text, NULL) : NULL;
	if (found && !same)
		return tx_fail(tx, ERR_payout_request, "request",
		               "this request id was used for another request");
	return OK;
}

err request_take(struct tx *tx, str entity, const char *kind, str request, str digest,
                 const json *answer)
{
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "kind", str_of(kind));
	json_set_str(tx->a, d, "request", request);
	json_set_str(tx->a, d, "digest", digest);
	json_set(tx->a, d, "answer", json_share(tx->a, answer));
	return tx_emit(tx,
	               (struct emission){.kind = "payment.request_taken", .entity = entity, .data = d});
}

json *request_answer(dbc *c, arena *a, str entity, const char *kind, str request)
{
	rows *r = db_query(c, &sql_request_get, D_TEXT(entity), D_TEXT(str_of(kind)), D_TEXT(request));
	str text = db_next(r) ? str_dup(a, db_text(r, 1)) : (str){0};
	db_done(r);
	return text.n ? json_parse(a, text, NULL) : NULL;
}

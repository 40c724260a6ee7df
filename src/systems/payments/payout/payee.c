/*
 * payee.c - whom a body pays: their number there, and where the money goes.
 */
#include "systems/payments/payout/payout.h"
#include "systems/payments/statements.h"

#define ADDRESS_MAX 34
#define BANK_MAX    11
#define IBAN_MIN    15
#define NUMBER_MIN  6 /* of a wallet, a telephone */

/* GovStack's words for ways to be paid. */
#define BY_ACCOUNT "00"
#define BY_VOUCHER "02"

static bool payee_one(rows *r, arena *a, struct payee *out)
{
	bool found = db_next(r);
	if (found)
		*out = (struct payee){
		    .id = db_int(r, 0),
		    .entity = str_dup(a, db_text(r, 1)),
		    .number = str_dup(a, db_text(r, 2)),
		    .modality = str_dup(a, db_text(r, 3)),
		    .address = str_dup(a, db_text(r, 4)),
		    .bank = str_dup(a, db_text(r, 5)),
		    .active = db_int(r, 6) != 0,
		};
	db_done(r);
	return found;
}

bool payee_find(dbc *c, arena *a, str entity, str number, struct payee *out)
{
	return number.n &&
	       payee_one(db_query(c, &sql_payee_get, D_TEXT(entity), D_TEXT(number)), a, out);
}

/* ISO 13616: the first four to the end, letters as 10 to 35, 1 modulo 97. */
static bool iban_good(str s)
{
	unsigned rest = 0;
	if (s.n < IBAN_MIN || s.n > ADDRESS_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[(i + 4) % s.n];
		bool digit = c >= '0' && c <= '9', letter = c >= 'A' && c <= 'Z';
		if (!digit && !letter)
			return false;
		rest = digit ? (rest * 10 + (unsigned)(c - '0')) % 97
		             : (rest * 100 + (unsigned)(c - 'A' + 10)) % 97;
	}
	return rest == 1;
}

bool payee_address_good(str s)
{
	bool account = s.n && s.p[0] >= 'A' && s.p[0] <= 'Z';
	if (account)
		return iban_good(s);
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < '0' || s.p[i] > '9') && !(i == 0 && s.p[i] == '+'))
			return false;
	return s.n >= NUMBER_MIN && s.n <= ADDRESS_MAX;
}

str payee_refused(const struct payee *p)
{
	if (!p->id)
		return STR("unknown");
	if (!p->active)
		return STR("inactive");
	if (str_eq(p->modality, STR(BY_VOUCHER)))
		return STR("by_voucher");
	if (!p->modality.n || !p->address.n)
		return STR("no_address");
	if (str_eq(p->modality, STR(BY_ACCOUNT)) && !iban_good(p->address))
		return STR("bad_address");
	return (str){0};
}

static bool modality_good(str m)
{
	return !m.n || (m.n == 2 && m.p[0] == '0' && m.p[1] >= '0' && m.p[1] <= '4');
}

err payee_set(struct tx *tx, str entity, const struct payee_change *p, bool fresh, str *why)
{
	struct payee now = {.active = true};
	bool found = payee_find(tx->db, tx->a, entity, p->number, &now);
	str modality = p->modality.p ? p->modality : now.modality;
	str address = p->address.p ? p->address : now.address;
	str bank = p->bank.p ? p->bank : now.bank;
	*why = fresh && found                                 ? STR("registered_before")
	       : !fresh && !found                             ? STR("unknown")
	       : !modality_good(modality)                     ? STR("bad_modality")
	       : address.n > ADDRESS_MAX || bank.n > BANK_MAX ? STR("bad_address")
	       : str_eq(modality, STR(BY_ACCOUNT)) && address.n && !iban_good(address)
	           ? STR("bad_address")
	           : (str){0};
	if (why->n)
		return OK;
	int64_t id = found ? now.id : tx_id(tx);
	json *d = json_object(tx->a), *secret = json_object(tx->a);
	json_set_int(tx->a, d, "payee", id);
	json_set_str(tx->a, d, "modality", modality);
	json_set_str(tx->a, d, "bank", bank);
	json_set_bool(tx->a, d, "active", p->active < 0 ? now.active : p->active > 0);
	json_set_str(tx->a, secret, "number", p->number);
	json_set_str(tx->a, secret, "address", address);
	return tx_emit(tx, (struct emission){.kind = "payment.payee_set",
	                                     .entity = entity,
	                                     .subject = id,
	                                     .data = d,
	                                     .secret = secret});
}

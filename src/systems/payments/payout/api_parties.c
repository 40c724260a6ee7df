/*
 * api_parties.c - GovStack's bulk payments as its later descriptions have them: a list of
 * credit and debit parties, and addresses that are looked at before anything is paid.
 *
 * Who is paid is named by the number that the account mapper knows: an account that comes
 * with the instruction is nobody's until a body has registered it. Who pays is the key's
 * own body, whatever is said of it.
 */
#include "systems/payments/payout/api.h"
#include "systems/payments/routes.h"

#include "kernel/outbox/outbox.h"

#define PAYEE_KEYS   "payeeFunctionalID|payeeIdentity|functionalId|FUNCTIONAL_ID"
#define CORRELATION  20
#define MODE_MAX     20
#define BANK_MAX     11
#define TOLD_BATCH   50
#define ADDRESS_LONG 34

/* ---- a batch of parties ---- */

struct parties {
	struct payout_batch b;
	struct payout *list;
	size_t n;
};

/* The value beside the first of the keys that a list of {"key", "value"} has. */
static str party_named(const json *list, const char *keys)
{
	str rest = str_of(keys), one;
	while (str_cut(&rest, '|', &one))
		for (const json *o = json_is(list, JSON_ARRAY) ? list->first : NULL; o; o = o->next)
			if (str_eq(json_str(o, "key"), one))
				return json_str(o, "value");
	return (str){0};
}

/* Every party that would pay is the body itself, or one of its programs. */
static bool payer_own(struct req *r, str entity, const json *list)
{
	if (!json_is(list, JSON_ARRAY) || !list->count)
		return false;
	for (const json *o = list->first; o; o = o->next) {
		str name = json_str(o, "value");
		if (!str_eq(name, entity) && !program_of(r->db, entity, name))
			return false;
	}
	return true;
}

static const char *party_read(struct req *r, const json *o, struct parties *c)
{
	struct payout *p = &c->list[c->n++];
	str code = json_str(o, "currency"), mode = json_str(o, "paymentMode");
	*p = (struct payout){.no = (int64_t)c->n,
	                     .instruction = json_str(o, "requestId"),
	                     .payee = party_named(json_get(o, "creditParty"), PAYEE_KEYS),
	                     .narration = json_str(o, "descriptionText")};
	if (!p->instruction.n || p->instruction.n > GS_INSTRUCTION)
		return "requestId: 1 to 16 characters are needed";
	if (!p->payee.n || p->payee.n > GS_PAYEE)
		return "creditParty: a payeeFunctionalID of at most 20 characters is needed";
	if (!payer_own(r, c->b.entity, json_get(o, "debitParty")))
		return "debitParty: only the institution itself pays";
	if (!mode.n || mode.n > MODE_MAX)
		return "paymentMode: 1 to 20 characters are needed";
	if (!gs_amount(json_str(o, "amount"), code, &p->amount))
		return "amount, currency: an amount above nothing in a currency's units";
	if (c->b.currency.n && !str_eq(c->b.currency, code))
		return "currency: a batch has one";
	if (!gs_printable(p->narration))
		return "descriptionText: a short text is needed";
	c->b.currency = code;
	for (size_t i = 0; i + 1 < c->n; i++)
		if (str_eq(c->list[i].instruction, p->instruction))
			return "requestId: it comes twice";
	return NULL;
}

static const char *parties_read(struct req *r, struct gs *g)
{
	struct parties *c = NEW(r->a, struct parties);
	str program = str_trim(req_header(r, "X-Program-Id"));
	const json *list = r->body;
	const char *wrong = NULL;
	g->more = c;
	g->request = str_trim(req_header(r, "X-CorrelationID"));
	c->b = (struct payout_batch){
	    .entity = g->entity, .program = program.n ? program : g->entity, .request = g->request};
	if (!str_eq(req_field(r, "type"), STR("raw")))
		return "type: raw";
	if (!g->request.n || g->request.n > CORRELATION)
		return "X-CorrelationID: 1 to 20 characters are needed";
	if (program.n && !program_of(r->db, g->entity, program))
		return "X-Program-Id: no program of this institution";
	if (!json_is(list, JSON_ARRAY) || !list->count || list->count > PAYOUT_BATCH)
		return "a list of 1 to 1000 instructions is needed";
	c->list = NEWN(r->a, struct payout, list->count);
	for (const json *o = list->first; o && !wrong; o = o->next)
		wrong = party_read(r, o, c);
	return wrong;
}

err prepare_gs_transactions(struct req *r)
{
	struct gs *g = gs_open(r, false, GS_CODE);
	const char *wrong = g ? parties_read(r, g) : NULL;
	if (wrong)
		return gs_say(r, GS_CODE, 400, "01", g->request, "%s", wrong);
	if (g)
		((struct parties *)g->more)->b.callback = gs_callback(r, g->entity);
	return OK;
}

err decide_gs_transactions(struct tx *tx, struct req *r)
{
	const struct gs *g = r->state;
	const struct parties *c = g->more;
	int64_t id;
	json *known;
	tx->actor.channel = STR("api");
	err e = request_known(tx, g->entity, "transactions", g->request, g->digest, &known);
	if (!e && !known && !(e = payout_receive(tx, &c->b, c->list, c->n, &id))) {
		known = json_object(tx->a);
		json_set_str(tx->a, known, "batchId", payout_number(tx->a, id));
		e = request_take(tx, g->entity, "transactions", g->request, g->digest, known);
	}
	return e ? gs_refused(tx, r, e, GS_CODE, 400, g->request) : gs_decided(tx, r, 202, known);
}

err answer_gs_transactions(struct req *r)
{
	scheduler_wake(r->k);
	return gs_answer(r);
}

/* ---- addresses, before anything is paid ---- */

struct addresses {
	str batch, callback;
	const json *list;
};

static const char *addresses_read(struct req *r, struct gs *g)
{
	struct addresses *c = NEW(r->a, struct addresses);
	str bank = json_str(r->body, "destinationDFSPID");
	g->more = c;
	g->request = str_trim(req_header(r, "X-Client-Correlation-ID"));
	c->batch = json_str(r->body, "batchId");
	c->list = json_get(r->body, "creditInstructions");
	c->callback = gs_callback(r, g->entity);
	if (!str_eq(req_field(r, "command"), STR("validate")))
		return "command: validate";
	if (!g->request.n || g->request.n > CORRELATION)
		return "X-Client-Correlation-ID: 1 to 20 characters are needed";
	if (!c->batch.n || c->batch.n > TOLD_BATCH || !bank.n || bank.n > BANK_MAX)
		return "batchId and destinationDFSPID are needed";
	if (!json_is(c->list, JSON_ARRAY) || !c->list->count || c->list->count > PAYOUT_BATCH)
		return "creditInstructions: a list of 1 to 1000 is needed";
	for (const json *o = c->list->first; o; o = o->next) {
		str id = json_str(o, "instructionID");
		if (!id.n || id.n > GS_INSTRUCTION)
			return "instructionID: 1 to 16 characters are needed";
		if (json_str(o, "financialAddress").n > ADDRESS_LONG)
			return "financialAddress: at most 34 characters";
	}
	return NULL;
}

err prepare_gs_addresses(struct req *r)
{
	struct gs *g = gs_open(r, false, GS_CODE);
	const char *wrong = g ? addresses_read(r, g) : NULL;
	return wrong ? gs_say(r, GS_CODE, 400, "01", g->request, "%s", wrong) : OK;
}

/* What the body is told of it, by GovStack's names. */
static json *told_json(arena *a, const struct gs *g, const json *known)
{
	json *v = json_object(a), *list = json_array(a);
	const json *failed = json_get(known, "failed");
	json_set_str(a, v, "clientCorrelationId", g->request);
	json_set_str(a, v, "batchId", json_str(known, "batch"));
	json_set_int(a, v, "numberOfFailedCases", json_int(known, "failures", 0));
	for (const json *f = failed->first; f; f = f->next) {
		json *o = json_push(list, json_object(a));
		json_set_str(a, o, "instructionID", json_text(json_at(f, 0)));
		json_set_str(a, o, "failureReason", json_text(json_at(f, 1)));
	}
	json_set(a, v, "failedAccountLookups", list);
	return v;
}

/* Kept as a validation before paying is, so that it can be asked for in the same way. */
static err addresses_check(struct tx *tx, const struct gs *g)
{
	const struct addresses *c = g->more;
	json *known = json_object(tx->a), *failed = json_array(tx->a);
	for (const json *o = c->list->first; o; o = o->next) {
		if (payee_address_good(json_str(o, "financialAddress")))
			continue;
		json *f = json_push(failed, json_array(tx->a));
		json_push(f, json_string(tx->a, json_str(o, "instructionID")));
		json_push(f, json_string(tx->a, STR("bad_address")));
	}
	json_set_str(tx->a, known, "batch", c->batch);
	json_set_int(tx->a, known, "failures", (int64_t)failed->count);
	json_set(tx->a, known, "failed", failed);
	if (c->callback.n)
		payout_tell(tx, g->entity, c->callback, str_cat(tx->a, STR("validation-"), g->request),
		            told_json(tx->a, g, known));
	return request_take(tx, g->entity, "validation", g->request, g->digest, known);
}

err decide_gs_addresses(struct tx *tx, struct req *r)
{
	const struct gs *g = r->state;
	json *known;
	tx->actor.channel = STR("api");
	err e = request_known(tx, g->entity, "validation", g->request, g->digest, &known);
	if (!e && !known)
		e = addresses_check(tx, g);
	if (e)
		return gs_refused(tx, r, e, GS_CODE, 400, g->request);
	return gs_decided(tx, r, 202, gs_code(tx->a, "00", g->request, STR("Addresses looked at")));
}

err answer_gs_addresses(struct req *r)
{
	scheduler_wake(r->k);
	return gs_answer(r);
}

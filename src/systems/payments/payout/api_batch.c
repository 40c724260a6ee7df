/* api_batch.c - GovStack's bulk payments: validated, handed over, asked about. */
#include "systems/payments/payout/api.h"
#include "systems/payments/routes.h"
#include "systems/payments/statements.h"

#include "kernel/outbox/outbox.h"

#define PROGRAM_NAMES "SourceBBID|sourceBBID"
#define BATCH_NAMES   "BatchID|batchID|batchId"
#define LIST_NAMES    "CreditInstructions|creditInstructions"
#define SOURCE_NAMES  "Source_BatchID|source_BatchID|BatchID|batchID"
#define PAGE_MOST     100
#define PLACES_MOST   1000000

struct call {
	struct payout_batch b;
	struct payout *list;
	size_t n;
};

/* One currency for the whole batch: it is one account that pays. */
static const char *instruction_read(const json *o, struct call *c, bool narrated)
{
	struct payout *p = &c->list[c->n++];
	str code = gs_member(o, "Currency|currency");
	*p = (struct payout){.no = (int64_t)c->n,
	                     .instruction = gs_member(o, "InstructionID|instructionID"),
	                     .payee = gs_member(o, "PayeeFunctionalID|payeeFunctionalID"),
	                     .narration = gs_member(o, "Narration|narration")};
	if (p->instruction.n != GS_INSTRUCTION)
		return "InstructionID: 16 characters are needed";
	if (p->payee.n != GS_PAYEE)
		return "PayeeFunctionalID: 20 characters are needed";
	if (!gs_amount(gs_member(o, "Amount|amount"), code, &p->amount))
		return "Amount, Currency: an amount above nothing in a currency's units";
	if (c->b.currency.n && !str_eq(c->b.currency, code))
		return "Currency: a batch has one";
	if (!gs_printable(p->narration) || (narrated && !p->narration.n))
		return "Narration: a short text is needed";
	c->b.currency = code;
	for (size_t i = 0; i + 1 < c->n; i++)
		if (str_eq(c->list[i].instruction, p->instruction))
			return "InstructionID: it comes twice";
	return NULL;
}

static const char *list_read(struct req *r, struct call *c, bool narrated)
{
	const json *list = gs_value(r->body, LIST_NAMES);
	const char *wrong = NULL;
	if (!json_is(list, JSON_ARRAY) || !list->count || list->count > PAYOUT_BATCH)
		return "CreditInstructions: a list of 1 to 1000 is needed";
	c->list = NEWN(r->a, struct payout, list->count);
	for (const json *o = list->first; o && !wrong; o = o->next)
		wrong = instruction_read(o, c, narrated);
	return wrong;
}

/* `narrated`: each instruction says what it is for. */
static const char *form_wrong(struct req *r, struct gs *g, bool narrated)
{
	struct call *c = NEW(r->a, struct call);
	g->more = c;
	g->program = gs_member(r->body, PROGRAM_NAMES);
	c->b = (struct payout_batch){.entity = g->entity,
	                             .program = g->program,
	                             .request = g->request,
	                             .reference = gs_member(r->body, BATCH_NAMES)};
	if (g->request.n != GS_REQUEST)
		return "RequestID: 12 characters are needed";
	if (g->program.n != GS_PROGRAM || !program_of(r->db, g->entity, g->program))
		return "SourceBBID: no program of this institution";
	if (c->b.reference.n != GS_BATCH)
		return "BatchID: 12 characters are needed";
	return list_read(r, c, narrated);
}

/* ---- validation before paying ---- */

err prepare_gs_prepayment(struct req *r)
{
	struct gs *g = gs_open(r, false, GS_CODE);
	const char *wrong = g ? form_wrong(r, g, true) : NULL;
	/* The interface tells a refusal by its code, not by its status. */
	return wrong ? gs_say(r, GS_CODE, 200, "01", g->request, "%s", wrong) : OK;
}

/* Who of the payees could be paid now. What is kept is short, so that a thousand fit into
 * one record: pairs of an instruction and a reason, nobody's number. */
static json *validated(struct tx *tx, const struct call *c)
{
	json *answer = json_object(tx->a), *failed = json_array(tx->a);
	for (size_t i = 0; i < c->n; i++) {
		struct payee p = {0};
		payee_find(tx->db, tx->a, c->b.entity, c->list[i].payee, &p);
		str why = payee_refused(&p);
		if (!why.n)
			continue;
		json *o = json_push(failed, json_array(tx->a));
		json_push(o, json_string(tx->a, c->list[i].instruction));
		json_push(o, json_string(tx->a, why));
	}
	json_set_str(tx->a, answer, "batch", c->b.reference);
	json_set_int(tx->a, answer, "failures", (int64_t)failed->count);
	json_set(tx->a, answer, "failed", failed);
	return answer;
}

static json *validation_json(arena *a, str request, const json *known)
{
	json *v = gs_code(a, "00", request, STR("Validated"));
	const json *failed = json_get(known, "failed");
	json *list = json_array(a);
	for (const json *f = failed ? failed->first : NULL; f; f = f->next) {
		json *o = json_push(list, json_object(a));
		json_set_str(a, o, "instructionID", json_text(json_at(f, 0)));
		json_set_str(a, o, "failureReason", json_text(json_at(f, 1)));
	}
	json_set_str(a, v, "Source_BatchID", json_str(known, "batch"));
	json_set_int(a, v, "NumberFailedCases", json_int(known, "failures", 0));
	json_set(a, v, "FailedAccounts", list);
	return v;
}

err decide_gs_prepayment(struct tx *tx, struct req *r)
{
	const struct gs *g = r->state;
	json *known;
	tx->actor.channel = STR("api");
	err e = request_known(tx, g->entity, "validation", g->request, g->digest, &known);
	if (e)
		return gs_refused(tx, r, e, GS_CODE, 200, g->request);
	if (!known) {
		known = validated(tx, g->more);
		e = request_take(tx, g->entity, "validation", g->request, g->digest, known);
	}
	return e ? e : gs_decided(tx, r, 200, validation_json(tx->a, g->request, known));
}

err answer_gs_prepayment(struct req *r)
{
	return gs_answer(r);
}

/* Asked for by POST, and changes nothing. */
err prepare_gs_prepayment_result(struct req *r)
{
	struct gs *g = gs_open(r, false, GS_CODE);
	if (!g)
		return OK;
	json *known = request_answer(r->db, r->a, g->entity, "validation", g->request);
	if (!known || !str_eq(json_str(known, "batch"), gs_member(r->body, SOURCE_NAMES)))
		return gs_say(r, GS_CODE, 200, "01", g->request, "no such validation");
	return req_view(r, "", validation_json(r->a, g->request, known));
}

err decide_gs_prepayment_result(struct tx *tx, struct req *r)
{
	(void)r;
	return tx_fail(tx, ERR_internal, "", "a result is only read");
}

err answer_gs_prepayment_result(struct req *r)
{
	return gs_answer(r);
}

/* ---- handing a batch over ---- */

err prepare_gs_bulk(struct req *r)
{
	struct gs *g = gs_open(r, false, GS_CODE);
	const char *wrong = g ? form_wrong(r, g, false) : NULL;
	if (wrong)
		return gs_say(r, GS_CODE, 400, "01", g->request, "%s", wrong);
	if (g)
		((struct call *)g->more)->b.callback = gs_callback(r, g->entity);
	return OK;
}

err decide_gs_bulk(struct tx *tx, struct req *r)
{
	const struct gs *g = r->state;
	const struct call *c = g->more;
	int64_t id;
	json *known;
	tx->actor.channel = STR("api");
	err e = request_known(tx, g->entity, "bulk", g->request, g->digest, &known);
	if (!e && !known) {
		known = json_object(tx->a);
		json_set_str(tx->a, known, "batch", c->b.reference);
		if (!(e = payout_receive(tx, &c->b, c->list, c->n, &id)))
			e = request_take(tx, g->entity, "bulk", g->request, g->digest, known);
	}
	if (e)
		return gs_refused(tx, r, e, GS_CODE, 400, g->request);
	json *v = gs_code(tx->a, "00", g->request, STR("Batch taken; it is being carried out"));
	json_set_str(tx->a, v, "BatchID", c->b.reference);
	return gs_decided(tx, r, 200, v);
}

err answer_gs_bulk(struct req *r)
{
	scheduler_wake(r->k);
	return gs_answer(r);
}

/* ---- asking about one ---- */

static bool batch_asked(struct req *r, struct payout_batch *b)
{
	struct gs *g = gs_open(r, false, GS_CODE);
	str reference = req_field(r, "batchId");
	if (!g)
		return false;
	if (payout_batch_find(r->db, r->a, g->entity, reference, b))
		return true;
	gs_say(r, GS_CODE, 404, "01", req_field(r, "X-CorrelationID"), "there is no such batch");
	return false;
}

err page_gs_batch(struct req *r)
{
	struct payout_batch b;
	if (!batch_asked(r, &b))
		return OK;
	return req_view(r, "", payout_batch_json(r->a, &b));
}

static json *transfer_json(struct req *r, const struct payout_batch *b, const struct payout *p)
{
	json *o = json_object(r->a);
	bool paid = str_eq(p->state, STR("paid"));
	json_set_str(r->a, o, "transactionId",
	             str_fmt(r->a, "payout:%lld:%lld", (long long)b->id, (long long)p->no));
	json_set_str(r->a, o, "instructionId", p->instruction);
	json_set_str(r->a, o, "startedAt", time_print(r->a, b->at));
	json_set(r->a, o, "completedAt",
	         p->ended ? json_string(r->a, time_print(r->a, p->ended)) : json_null(r->a));
	json_set_str(r->a, o, "status",
	             paid                               ? STR("COMPLETED")
	             : str_eq(p->state, STR("waiting")) ? STR("IN_PROGRESS")
	                                                : STR("FAILED"));
	json_set_str(r->a, o, "statusDetail", p->state);
	json_set_str(r->a, o, "payeePartyId", p->payee);
	json_set_str(r->a, o, "payeePartyIdType", STR("FUNCTIONAL_ID"));
	json_set_str(r->a, o, "payerPartyId", b->entity);
	json_set(r->a, o, "amount", gs_money(r->a, p->amount, b->currency));
	json_set_str(r->a, o, "currency", b->currency);
	json_set_str(r->a, o, "direction", STR("OUTGOING"));
	json_set_str(r->a, o, "errorInformation", p->reason);
	json_set_str(r->a, o, "batchId", b->reference);
	return o;
}

err page_gs_batch_detail(struct req *r)
{
	struct payout_batch b;
	static const char *const states[] = {"waiting", "paid", "failed", "returned"};
	if (!batch_asked(r, &b))
		return OK;
	str status = req_field(r, "status"), state = {0};
	for (size_t i = 0; i < COUNT(states); i++)
		if (str_eq(status, str_of(states[i])))
			state = status;
	if (status.n && !state.n)
		return gs_say(r, GS_CODE, 400, "01", (str){0}, "status: waiting, paid, failed, returned");
	int64_t size = req_field_int(r, "pageSize", PAGE_MOST, 1, PAGE_MOST);
	int64_t from = req_field_int(r, "pageNo", 0, 0, PLACES_MOST) * size;
	struct payout *p = NEWN(r->a, struct payout, (size_t)PAYOUT_BATCH);
	size_t n = payout_list(r->db, r->a, b.id, state, 0, p, PAYOUT_BATCH);
	json *list = json_array(r->a);
	for (size_t i = (size_t)from; i < n && i < (size_t)(from + size); i++)
		json_push(list, transfer_json(r, &b, &p[i]));
	return req_view(r, "", list);
}

/* By the address that GovStack's description has. */
err page_gs_batch_details(struct req *r)
{
	return page_gs_batch_detail(r);
}

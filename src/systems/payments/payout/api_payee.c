/* api_payee.c - GovStack's account mapper: whom a body pays, and where to. */
#include "systems/payments/payout/api.h"
#include "systems/payments/routes.h"

#define LIST_NAMES    "Beneficiaries|beneficiaries"
#define PAYEE_NAMES   "PayeeFunctionalID|payeeFunctionalID|payeeIdentity"
#define PROGRAM_NAMES "SourceBBID|sourceBBID"
#define ADDRESS_NAMES "FinancialAddress|financialAddress"
#define WAY_NAMES     "PaymentModality|paymentModality"
#define BANK_NAMES    "BankingInstitutionCode|bankingInstitutionCode"
#define ADDRESS_LONG  30

struct call {
	bool fresh;
	bool mapper; /* the account mapper's shape: shorter ids, the program in a header */
	struct payee_change list[PAYEES_MAX];
	size_t n;
};

/* Left out is not the same as empty: it stays as it is. */
static str optional(const json *o, const char *names)
{
	str s = gs_member(o, names);
	return gs_value(o, names) ? (str){s.p ? s.p : "", s.n} : (str){0};
}

/* What is wrong with the request's form, or NULL. */
static const char *list_read(struct req *r, struct call *c)
{
	const json *list = gs_value(r->body, LIST_NAMES);
	if (!json_is(list, JSON_ARRAY) || !list->count || list->count > PAYEES_MAX)
		return "Beneficiaries: a list of 1 to 200 is needed";
	for (const json *o = list->first; o; o = o->next) {
		str status = gs_member(o, "Status|status");
		struct payee_change *p = &c->list[c->n++];
		*p = (struct payee_change){.number = gs_member(o, PAYEE_NAMES),
		                           .modality = optional(o, WAY_NAMES),
		                           .address = optional(o, ADDRESS_NAMES),
		                           .bank = optional(o, BANK_NAMES),
		                           .active = -1};
		if (p->number.n != GS_PAYEE && (!c->mapper || !p->number.n || p->number.n > GS_PAYEE))
			return "PayeeFunctionalID: 20 characters are needed";
		if (p->address.n > ADDRESS_LONG)
			return "FinancialAddress: at most 30 characters";
		if (status.n)
			p->active = str_eq(status, STR("0")) ? 0 : 1;
		for (size_t i = 0; i + 1 < c->n; i++)
			if (str_eq(c->list[i].number, p->number))
				return "PayeeFunctionalID: it comes twice";
	}
	return NULL;
}

/* The program is named in the request, or in the mapper's header; there the body itself
 * may be meant. */
static const char *names_wrong(struct req *r, struct gs *g, const struct call *c)
{
	size_t n = g->request.n;
	g->program = gs_member(r->body, PROGRAM_NAMES);
	if (n != GS_REQUEST && (!c->mapper || !n || n > GS_REQUEST))
		return "RequestID: 12 characters are needed";
	if (program_of(r->db, g->entity, g->program) || (c->mapper && !g->program.n))
		return NULL;
	return "SourceBBID: no program of this institution";
}

static err prepare(struct req *r, bool fresh, bool mapper)
{
	struct gs *g = gs_open(r, false, GS_CODE);
	if (!g)
		return OK;
	struct call *c = NEW(r->a, struct call);
	g->more = c;
	c->fresh = fresh;
	c->mapper = mapper;
	const char *wrong = names_wrong(r, g, c);
	if (!wrong)
		wrong = list_read(r, c);
	return wrong ? gs_say(r, GS_CODE, 400, "01", g->request, "%s", wrong) : OK;
}

/* What became of it, without anybody's number: cases are told by their places. */
static err changes(struct tx *tx, const struct gs *g, json **answer)
{
	const struct call *c = g->more;
	json *failed = json_array(tx->a);
	*answer = json_object(tx->a);
	for (size_t i = 0; i < c->n; i++) {
		str why;
		err e = payee_set(tx, g->entity, &c->list[i], c->fresh, &why);
		if (e)
			return e;
		if (!why.n)
			continue;
		json *o = json_push(failed, json_object(tx->a));
		json_set_int(tx->a, o, "place", (int64_t)i);
		json_set_str(tx->a, o, "reason", why);
	}
	json_set_int(tx->a, *answer, "done", (int64_t)(c->n - failed->count));
	json_set(tx->a, *answer, "failed", failed);
	return OK;
}

static json *failed_cases(arena *a, const struct call *c, const json *failed)
{
	json *list = json_array(a);
	for (const json *f = failed ? failed->first : NULL; f; f = f->next) {
		const struct payee_change *p = &c->list[json_int(f, "place", 0)];
		json *o = json_push(list, json_object(a));
		json_set_str(a, o, "payeeIdentity", p->number);
		json_set_str(a, o, "paymentModality", p->modality);
		json_set_str(a, o, "failureReason", json_str(f, "reason"));
	}
	return list;
}

static err decide(struct tx *tx, struct req *r)
{
	const struct gs *g = r->state;
	const struct call *c = g->more;
	const char *kind = c->fresh ? "payee_register" : "payee_update";
	json *answer;
	tx->actor.channel = STR("api");
	err e = request_known(tx, g->entity, kind, g->request, g->digest, &answer);
	if (e)
		return gs_refused(tx, r, e, GS_CODE, 400, g->request);
	if (!answer && (e = changes(tx, g, &answer)))
		return e;
	/* What came to nothing was not done: it may be asked again. */
	if (json_int(answer, "done", 0) && !request_answer(tx->db, tx->a, g->entity, kind, g->request))
		e = request_take(tx, g->entity, kind, g->request, g->digest, answer);
	r->decided = answer;
	return e;
}

static err answer(struct req *r)
{
	const struct gs *g = r->state;
	const struct call *c = g->more;
	if (json_get(r->decided, "status"))
		return gs_answer(r);
	bool done = json_int(r->decided, "done", 0) > 0;
	const json *failed = json_get(r->decided, "failed");
	json *v = gs_code(r->a, done ? "00" : "01", g->request,
	                  done ? STR("Request taken") : STR("No beneficiary was changed"));
	json_set_int(r->a, v, "numberFailedCases", failed ? (int64_t)failed->count : 0);
	json_set(r->a, v, "failedCases", failed_cases(r->a, c, failed));
	req_view(r, "", v);
	r->status = done ? 200 : 400;
	return OK;
}

err prepare_gs_payee_register(struct req *r)
{
	return prepare(r, true, false);
}

err decide_gs_payee_register(struct tx *tx, struct req *r)
{
	return decide(tx, r);
}

err answer_gs_payee_register(struct req *r)
{
	return answer(r);
}

err prepare_gs_payee_update(struct req *r)
{
	return prepare(r, false, false);
}

err decide_gs_payee_update(struct tx *tx, struct req *r)
{
	return decide(tx, r);
}

err answer_gs_payee_update(struct req *r)
{
	return answer(r);
}

/* The same by the names of the account mapper. */
err prepare_gs_mapper_register(struct req *r)
{
	return prepare(r, true, true);
}

err decide_gs_mapper_register(struct tx *tx, struct req *r)
{
	return decide(tx, r);
}

err answer_gs_mapper_register(struct req *r)
{
	return answer(r);
}

err prepare_gs_mapper_update(struct req *r)
{
	return prepare(r, false, true);
}

err decide_gs_mapper_update(struct tx *tx, struct req *r)
{
	return decide(tx, r);
}

err answer_gs_mapper_update(struct req *r)
{
	return answer(r);
}

/* ---- looking some up ---- */

static void found(struct req *r, const struct gs *g, str number, json *list)
{
	struct payee p;
	if (!payee_find(r->db, r->a, g->entity, number, &p))
		return;
	json *o = json_push(list, json_object(r->a));
	json_set_str(r->a, o, "payeeIdentity", p.number);
	json_set_str(r->a, o, "paymentModality", p.modality);
	json_set_str(r->a, o, "financialAddress", p.address);
	json_set_str(r->a, o, "bankingInstitutionCode", p.bank);
}

static err found_view(struct req *r, str request, json *list)
{
	json *v = json_object(r->a);
	json_set_str(r->a, v, "requestId", request);
	json_set(r->a, v, "paymentModalityList", list);
	return req_view(r, "", v);
}

/* Asked for by PUT, and changes nothing. */
err prepare_gs_payees(struct req *r)
{
	struct gs *g = gs_open(r, false, GS_CODE);
	const json *asked = gs_value(r->body, "payeePartyIds");
	json *list = json_array(r->a);
	if (!g)
		return OK;
	if (!json_is(asked, JSON_ARRAY) || !asked->count || asked->count > PAYEES_MAX)
		return gs_say(r, GS_CODE, 400, "01", g->request, "payeePartyIds: a list of 1 to 200");
	for (const json *o = asked->first; o; o = o->next)
		found(r, g, json_text(o), list);
	return found_view(r, g->request, list);
}

err decide_gs_payees(struct tx *tx, struct req *r)
{
	(void)r;
	return tx_fail(tx, ERR_internal, "", "payees are only looked up");
}

err answer_gs_payees(struct req *r)
{
	return gs_answer(r);
}

err page_gs_payee(struct req *r)
{
	struct gs *g = gs_open(r, false, GS_CODE);
	if (!g)
		return OK;
	str request = req_field(r, "requestId"), number = req_field(r, "payeeIdentity");
	if (!number.n || !request.n)
		return gs_say(r, GS_CODE, 400, "01", request, "payeeIdentity and requestId are needed");
	json *list = json_array(r->a);
	found(r, g, number, list);
	return found_view(r, request, list);
}

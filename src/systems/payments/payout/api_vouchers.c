/*
 * api_vouchers.c - GovStack's vouchers by the batch: made, activated, cancelled together;
 * and one redeemed by its serial and secret.
 */
#include "systems/payments/payout/api.h"
#include "systems/payments/routes.h"

#define LIST_NAMES   "voucherInstructions|VoucherInstructions"
#define BATCH_NAMES  "batchID|BatchID"
#define SERIAL_NAMES "serialNumber|voucherSerialNumber"
#define NUMBER       "voucherNumber"

enum deed { MAKE, ACTIVATE, CANCEL, REDEEM };

struct call {
	enum deed deed;
	str batch;
	struct voucher_order order[VOUCHERS_MAX];
	str instruction[VOUCHERS_MAX];
	int64_t serial[VOUCHERS_MAX];
	size_t n;
	str number, agent; /* of the one that is redeemed */
};

/* No program is named in these calls but in a header; the body itself is meant else. */
static str program_meant(struct req *r, str entity)
{
	str name = str_trim(req_header(r, "X-Registering-Institution-Id"));
	return program_of(r->db, entity, name) ? name : entity;
}

static const char *order_read(struct req *r, const struct gs *g, const json *o, struct call *c)
{
	struct payee p = {0};
	struct voucher_order *v = &c->order[c->n];
	str payee = gs_member(o, "payeeFunctionalID|PayeeFunctionalID");
	*v = (struct voucher_order){.entity = g->entity,
	                            .program = g->program,
	                            .group = gs_member(o, "groupCode|GroupCode"),
	                            .currency = gs_member(o, "currency|Currency")};
	c->instruction[c->n] = gs_member(o, "instructionID|InstructionID");
	if (!c->instruction[c->n].n || c->instruction[c->n].n > GS_INSTRUCTION)
		return "instructionID: 1 to 16 characters are needed";
	if (!gs_amount(gs_member(o, "amount|Amount"), v->currency, &v->amount))
		return "amount, currency: an amount above nothing in a currency's units";
	if (payee.n && !payee_find(r->db, r->a, g->entity, payee, &p))
		return "payeeFunctionalID: this payee is not registered";
	v->payee = p.id;
	c->n++;
	return NULL;
}

static const char *list_read(struct req *r, const struct gs *g, struct call *c)
{
	const json *list = gs_value(r->body, LIST_NAMES);
	const char *wrong = NULL;
	if (!json_is(list, JSON_ARRAY) || !list->count || list->count > VOUCHERS_MAX)
		return "voucherInstructions: a list of 1 to 100 is needed";
	for (const json *o = list->first; o && !wrong; o = o->next) {
		if (c->deed == MAKE)
			wrong = order_read(r, g, o, c);
		else
			c->serial[c->n++] = gs_serial(gs_member(o, SERIAL_NAMES));
	}
	return wrong;
}

static err prepare(struct req *r, enum deed deed)
{
	struct gs *g = gs_open(r, false, GS_CODE);
	if (!g)
		return OK;
	struct call *c = NEW(r->a, struct call);
	g->more = c;
	g->program = program_meant(r, g->entity);
	c->deed = deed;
	c->batch = gs_member(r->body, BATCH_NAMES);
	const char *wrong = !g->request.n || g->request.n > GS_REQUEST
	                        ? "requestID: 1 to 12 characters are needed"
	                    : c->batch.n > GS_BATCH ? "batchID: at most 12 characters"
	                                            : list_read(r, g, c);
	return wrong ? gs_say(r, GS_CODE, 400, "01", g->request, "%s", wrong) : OK;
}

/* ---- made ---- */

static json *made_json(struct tx *tx, const struct call *c, size_t i, int64_t serial, str number)
{
	json *o = json_object(tx->a);
	json_set_str(tx->a, o, "instructionID", c->instruction[i]);
	json_set_str(tx->a, o, "serialNumber", str_fmt(tx->a, "%lld", (long long)serial));
	if (number.n)
		json_set_str(tx->a, o, NUMBER, gs_wrapped(tx, number));
	json_set_str(tx->a, o, "currency", c->order[i].currency);
	json_set(tx->a, o, "amount", gs_money(tx->a, c->order[i].amount, c->order[i].currency));
	return o;
}

/* Asked again by the same request id: the same serials; the numbers were told. */
static err make(struct tx *tx, struct req *r, const struct gs *g, const struct call *c)
{
	struct voucher_made *made = NEWN(tx->a, struct voucher_made, VOUCHERS_MAX);
	json *known, *list = json_array(tx->a);
	err e = request_known(tx, g->entity, "vouchers", g->request, g->digest, &known);
	bool fresh = !known;
	if (!e && fresh && !(e = voucher_make(tx, c->order, c->n, made))) {
		known = json_object(tx->a);
		json_set_int(tx->a, known, "first", made[0].serial);
		e = request_take(tx, g->entity, "vouchers", g->request, g->digest, known);
	}
	if (e)
		return gs_refused(tx, r, e, GS_CODE, 400, g->request);
	for (size_t i = 0; i < c->n; i++)
		json_push(list, made_json(tx, c, i, json_int(known, "first", 0) + (int64_t)i,
		                          fresh ? made[i].number : (str){0}));
	json *v = gs_code(tx->a, "00", g->request, STR("Vouchers made"));
	json_set_str(tx->a, v, "batchID", c->batch);
	json_set(tx->a, v, "voucherInstructions", list);
	return gs_decided(tx, r, 200, v);
}

/* ---- activated, cancelled ---- */

/* A refusal is told, and the others go on: it recorded nothing. */
static err each(struct tx *tx, const struct gs *g, const struct call *c, json *failed)
{
	for (size_t i = 0; i < c->n; i++) {
		err e = c->deed == ACTIVATE ? voucher_activate(tx, g->entity, c->serial[i])
		                            : voucher_cancel(tx, g->entity, c->serial[i]);
		if (e && !gs_told(e))
			return e;
		if (!e)
			continue;
		json *o = json_push(failed, json_object(tx->a));
		json_set_str(tx->a, o, "serialNumber", str_fmt(tx->a, "%lld", (long long)c->serial[i]));
		json_set_str(tx->a, o, "failureReason", str_dup(tx->a, tx->fault.detail));
		tx->fault = (struct fault){0};
	}
	return OK;
}

static err move(struct tx *tx, struct req *r, const struct gs *g, const struct call *c)
{
	const char *kind = c->deed == ACTIVATE ? "vouchers_activate" : "vouchers_cancel";
	json *known;
	err e = request_known(tx, g->entity, kind, g->request, g->digest, &known);
	if (!e && !known) {
		known = json_object(tx->a);
		e = each(tx, g, c, json_set(tx->a, known, "failed", json_array(tx->a)));
		e = e ? e : request_take(tx, g->entity, kind, g->request, g->digest, known);
	}
	if (e)
		return gs_refused(tx, r, e, GS_CODE, 400, g->request);
	const json *failed = json_get(known, "failed");
	bool all = failed && failed->count == c->n;
	json *v = gs_code(tx->a, all ? "01" : "00", g->request, all ? STR("None") : STR("Done"));
	json_set_int(tx->a, v, "numberFailedCases", failed ? (int64_t)failed->count : 0);
	json_set(tx->a, v, "failedCases", failed ? json_copy(tx->a, failed) : json_array(tx->a));
	return gs_decided(tx, r, 200, v);
}

/* ---- one is redeemed, by its serial and its secret ---- */

static err redeem_prepare(struct req *r)
{
	struct gs *g = gs_open(r, false, GS_CODE);
	if (!g)
		return OK;
	struct call *c = NEW(r->a, struct call);
	g->more = c;
	c->deed = REDEEM;
	c->serial[0] = gs_serial(gs_member(r->body, SERIAL_NAMES));
	c->number = gs_member(r->body, "voucherSecretNumber");
	c->agent = gs_member(r->body, "agentID");
	bool named = g->request.n && g->request.n <= GS_REQUEST;
	return named && c->serial[0] && gs_serial(c->number) && c->agent.n
	           ? OK
	           : gs_say(
	                 r, GS_CODE, 400, "01", g->request,
	                 "requestID, voucherSerialNumber, voucherSecretNumber and agentID are needed");
}

/* At most 20 characters, as the interface has it. */
static const char *redeem_word(err e)
{
	return e == (err)ERR_voucher_used       ? "Already used"
	       : e == (err)ERR_voucher_expired  ? "Expired"
	       : e == (err)ERR_voucher_merchant ? "No such merchant"
	       : e == (err)ERR_payout_funds     ? "No funds"
	                                        : "Invalid voucher";
}

static json *redeemed_json(struct tx *tx, const struct call *c, const struct voucher *v, err e)
{
	json *o = json_object(tx->a);
	int64_t place = c->serial[0] - VOUCHER_SERIAL + 1; /* a voucher is redeemed once */
	json_set_int(tx->a, o, "status", e ? 0 : 1);
	json_set_str(tx->a, o, "message", e ? str_of(redeem_word(e)) : STR("Redeemed"));
	json_set_str(tx->a, o, "serialNumber", str_fmt(tx->a, "%lld", (long long)c->serial[0]));
	json_set(tx->a, o, "value",
	         e ? json_number(tx->a, STR("0.0")) : gs_money(tx->a, v->amount, v->currency));
	json_set_str(tx->a, o, "timestamp", time_print(tx->a, tx->now));
	if (!e)
		json_set_str(tx->a, o, "transactionId", str_fmt(tx->a, "V%lld", (long long)place));
	return o;
}

/* The interface tells a refusal by its status 0, in an answer of 200. */
static err redeem(struct tx *tx, struct req *r, const struct gs *g, const struct call *c)
{
	struct voucher v = {0};
	struct redemption by = {.name = c->agent};
	json *known;
	err e = request_known(tx, g->entity, "voucher_redeem", g->request, g->digest, &known);
	if (e)
		return gs_refused(tx, r, e, GS_CODE, 400, g->request);
	if (known)
		return gs_decided(tx, r, 200, known);
	if (!voucher_by_number(tx->db, tx->a, g->entity, c->number, &v) || v.serial != c->serial[0])
		e = tx_fail(tx, ERR_voucher_number, "", "Invalid voucher number");
	else
		e = voucher_redeem(tx, &v, &by);
	if (e && !gs_told(e))
		return e;
	json *body = redeemed_json(tx, c, &v, e);
	tx->fault = (struct fault){0};
	if (!e)
		e = request_take(tx, g->entity, "voucher_redeem", g->request, g->digest, body);
	else
		e = OK;
	return e ? e : gs_decided(tx, r, 200, body);
}

static err decide(struct tx *tx, struct req *r)
{
	const struct gs *g = r->state;
	const struct call *c = g->more;
	tx->actor.channel = STR("api");
	if (c->deed == REDEEM)
		return redeem(tx, r, g, c);
	return c->deed == MAKE ? make(tx, r, g, c) : move(tx, r, g, c);
}

err prepare_gs_vouchers(struct req *r)
{
	str command = req_field(r, "command");
	if (str_eq(command, STR("redeem")))
		return redeem_prepare(r);
	if (command.n && !str_eq(command, STR("cancel")))
		return gs_say(r, GS_CODE, 400, "01", (str){0}, "command: cancel, redeem, or none");
	return prepare(r, command.n ? CANCEL : MAKE);
}

err decide_gs_vouchers(struct tx *tx, struct req *r)
{
	return decide(tx, r);
}

err answer_gs_vouchers(struct req *r)
{
	json *body = gs_body(r), *list = json_get(body, "voucherInstructions");
	for (json *o = list ? list->first : NULL; o; o = o->next)
		if (json_get(o, NUMBER) && !gs_unwrapped(r, o, NUMBER))
			return req_fail(r, ERR_internal, "", "a voucher's number cannot be opened");
	req_view(r, "", body);
	r->status = (int)json_int(r->decided, "status", 200);
	return OK;
}

err prepare_gs_vouchers_activate(struct req *r)
{
	if (!str_eq(req_field(r, "command"), STR("activate")))
		return gs_say(r, GS_CODE, 400, "01", (str){0}, "command: activate");
	return prepare(r, ACTIVATE);
}

err decide_gs_vouchers_activate(struct tx *tx, struct req *r)
{
	return decide(tx, r);
}

err answer_gs_vouchers_activate(struct req *r)
{
	return gs_answer(r);
}

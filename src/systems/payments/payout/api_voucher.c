/* api_voucher.c - GovStack's vouchers: made, activated, redeemed, looked at, cancelled. */
#include "systems/payments/payout/api.h"
#include "systems/payments/routes.h"
#include "systems/payments/statements.h"

#define SERIAL_NAMES  "voucher_serial_number|voucherserialnumber|voucherSerialNumber"
#define PROGRAM_NAMES "Gov_Stack_BB|govStackBB"

struct call {
	struct voucher_order order;
	struct redemption redeem;
	str number;
	int64_t serial;
};

static err invalid(struct req *r)
{
	return gs_say(r, GS_MESSAGE, 400, "", (str){0}, "Invalid request");
}

static err says(struct req *r, int status, const char *what)
{
	return gs_say(r, GS_MESSAGE, status, "", (str){0}, "%s", what);
}

/* An object with every member of the list, of whatever kind. */
static bool has(const json *body, const char *const *names, size_t n)
{
	if (!json_is(body, JSON_OBJECT))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!gs_value(body, names[i]))
			return false;
	return true;
}

static struct gs *begin(struct req *r, const char *const *names, size_t n, struct call **out)
{
	struct gs *g = gs_open(r, false, GS_MESSAGE);
	if (!g)
		return NULL;
	if (!has(r->body, names, n)) {
		invalid(r);
		return NULL;
	}
	g->more = *out = NEW(r->a, struct call);
	g->program = gs_member(r->body, PROGRAM_NAMES);
	return g;
}

static bool own_program(struct req *r, const struct gs *g)
{
	if (program_of(r->db, g->entity, g->program))
		return true;
	says(r, 460, "Gov Stack Building Block does not exist");
	return false;
}

/* ---- preactivation ---- */

err prepare_gs_voucher_make(struct req *r)
{
	static const char *const names[] = {"voucher_amount", "voucher_currency", "voucher_group",
	                                    PROGRAM_NAMES};
	struct call *c;
	struct gs *g = begin(r, names, COUNT(names), &c);
	currency known;
	if (!g || !own_program(r, g))
		return OK;
	c->order = (struct voucher_order){.entity = g->entity,
	                                  .program = g->program,
	                                  .group = gs_member(r->body, "voucher_group"),
	                                  .currency = gs_member(r->body, "voucher_currency")};
	if (!currency_find(c->order.currency, &known))
		return says(r, 453, "Invalid currency");
	if (!gs_amount(gs_member(r->body, "voucher_amount"), c->order.currency, &c->order.amount))
		return says(r, 452, "Invalid amount");
	return OK;
}

/* The number is told once: what is kept of the answer has it wrapped. */
err decide_gs_voucher_make(struct tx *tx, struct req *r)
{
	const struct gs *g = r->state;
	const struct call *c = g->more;
	struct voucher_made made;
	tx->actor.channel = STR("api");
	err e = voucher_make(tx, &c->order, 1, &made);
	if (e)
		return gs_refused(tx, r, e, GS_MESSAGE, 0, (str){0});
	json *body = json_object(tx->a);
	json_set_str(tx->a, body, "voucher_number", gs_wrapped(tx, made.number));
	json_set_str(tx->a, body, "voucher_serial_number",
	             str_fmt(tx->a, "%lld", (long long)made.serial));
	json_set_str(tx->a, body, "expiry_date_time", time_print(tx->a, made.expires));
	return gs_decided(tx, r, 200, body);
}

err answer_gs_voucher_make(struct req *r)
{
	json *body = gs_body(r);
	if (json_get(body, "voucher_number") && !gs_unwrapped(r, body, "voucher_number"))
		return req_fail(r, ERR_internal, "", "the voucher's number cannot be opened");
	req_view(r, "", body);
	r->status = (int)json_int(r->decided, "status", 200);
	return OK;
}

/* ---- activation ---- */

err prepare_gs_voucher_activate(struct req *r)
{
	static const char *const names[] = {SERIAL_NAMES, PROGRAM_NAMES};
	struct call *c;
	struct gs *g = begin(r, names, COUNT(names), &c);
	if (!g || !own_program(r, g))
		return OK;
	c->serial = gs_serial(gs_member(r->body, SERIAL_NAMES));
	return c->serial ? OK : says(r, 456, "Invalid voucher serial number");
}

static err result(struct tx *tx, struct req *r, const char *name, const char *text)
{
	json *body = json_object(tx->a);
	json_set_str(tx->a, body, name, str_of(text));
	return gs_decided(tx, r, 200, body);
}

err decide_gs_voucher_activate(struct tx *tx, struct req *r)
{
	const struct gs *g = r->state;
	const struct call *c = g->more;
	tx->actor.channel = STR("api");
	err e = voucher_activate(tx, g->entity, c->serial);
	return e ? gs_refused(tx, r, e, GS_MESSAGE, 0, (str){0})
	         : result(tx, r, "result_status", "Voucher activated");
}

err answer_gs_voucher_activate(struct req *r)
{
	return gs_answer(r);
}

/* ---- redemption ---- */

err prepare_gs_voucher_redeem(struct req *r)
{
	static const char *const names[] = {"voucher_number", PROGRAM_NAMES, "merchant_name",
	                                    "merchant_bank_details"};
	struct call *c;
	struct gs *g = begin(r, names, COUNT(names), &c);
	if (!g || !own_program(r, g))
		return OK;
	c->number = gs_member(r->body, "voucher_number");
	c->redeem = (struct redemption){.name = gs_member(r->body, "merchant_name"),
	                                .account = gs_member(r->body, "merchant_bank_details"),
	                                .group = gs_member(r->body, "merchant_voucher_group"),
	                                .override = json_truth(r->body, "override")};
	return gs_serial(c->number) ? OK : says(r, 461, "Invalid voucher number");
}

err decide_gs_voucher_redeem(struct tx *tx, struct req *r)
{
	const struct gs *g = r->state;
	const struct call *c = g->more;
	struct voucher v;
	tx->actor.channel = STR("api");
	err e = OK;
	if (!voucher_by_number(tx->db, tx->a, g->entity, c->number, &v))
		e = tx_fail(tx, ERR_voucher_number, "", "Invalid voucher number");
	else
		e = voucher_redeem(tx, &v, &c->redeem);
	if (e)
		return gs_refused(tx, r, e, GS_MESSAGE, 0, (str){0});
	json *body = json_object(tx->a);
	json_set_str(tx->a, body, "result_status", STR("Voucher redeemed"));
	json_set_str(tx->a, body, "serial_number", str_fmt(tx->a, "%lld", (long long)v.serial));
	json_set(tx->a, body, "value", gs_money(tx->a, v.amount, v.currency));
	json_set_str(tx->a, body, "currency", v.currency);
	json_set_str(tx->a, body, "timestamp", time_print(tx->a, tx->now));
	return gs_decided(tx, r, 200, body);
}

err answer_gs_voucher_redeem(struct req *r)
{
	return gs_answer(r);
}

/* ---- status ---- */

static const char *status_word(str state)
{
	static const struct {
		const char *state, *word;
	} words[] = {{"preactivated", "Pre-Activated"},
	             {"activated", "Activated"},
	             {"suspended", "Suspended"},
	             {"cancelled", "Purged"}};
	for (size_t i = 0; i < COUNT(words); i++)
		if (str_eq(state, str_of(words[i].state)))
			return words[i].word;
	return "Not Existing";
}

static bool plain(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = (char)(s.p[i] | 32);
		if (!(c >= 'a' && c <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-')
			return false;
	}
	return s.n > 0;
}

err page_gs_voucher_status(struct req *r)
{
	struct voucher v;
	str sent = req_param(r, "serial");
	struct gs *g = gs_open(r, false, GS_MESSAGE);
	if (!g)
		return OK;
	if (!plain(sent))
		return invalid(r);
	int64_t serial = gs_serial(sent);
	if (!serial || !voucher_by_serial(r->db, r->a, g->entity, serial, &v))
		return says(r, 456, "Invalid voucher number");
	if (str_eq(v.state, STR("consumed")))
		return says(r, 458, "Voucher number already used");
	if (voucher_over(&v, r->now))
		return says(r, 459, "Voucher has expired");
	json *body = json_object(r->a);
	json_set_str(r->a, body, "voucher_status", str_of(status_word(v.state)));
	json_set_str(r->a, body, "voucher_amount", json_text(gs_money(r->a, v.amount, v.currency)));
	json_set_str(r->a, body, "voucher_currency", v.currency);
	json_set_str(r->a, body, "voucher_group", v.group);
	json_set_str(r->a, body, "expiry_date_time", time_print(r->a, v.expires));
	return req_view(r, "", body);
}

/* The same as a number: 2 pre-activated, 3 activated, 4 suspended, 6 purged, 9 no voucher.
 * What was used or is over is purged: nobody is paid by it any more. */
static int64_t status_number(const struct voucher *v, instant now)
{
	str word = str_of(status_word(v->state));
	if (voucher_over(v, now) || str_eq(v->state, STR("consumed")))
		return 6;
	return str_eq(word, STR("Pre-Activated")) ? 2
	       : str_eq(word, STR("Activated"))   ? 3
	       : str_eq(word, STR("Suspended"))   ? 4
	                                          : 6;
}

err page_gs_voucher_number(struct req *r)
{
	struct voucher v;
	str sent = req_param(r, "serial");
	struct gs *g = gs_open(r, false, GS_MESSAGE);
	if (!g)
		return OK;
	int64_t serial = gs_serial(sent);
	bool asked = str_eq(req_field(r, "fields"), STR("status"));
	bool found = asked && serial && voucher_by_serial(r->db, r->a, g->entity, serial, &v);
	json *body = json_object(r->a);
	json_set_int(r->a, body, "status", found ? status_number(&v, r->now) : 9);
	if (!found)
		json_set_str(r->a, body, "message",
		             asked ? STR("Invalid voucher serial number") : STR("fields: status"));
	json_set_str(r->a, body, "serialNumber", str_sub(sent, 0, GS_SERIAL));
	json_set(r->a, body, "value",
	         found ? gs_money(r->a, v.amount, v.currency) : json_number(r->a, STR("0.0")));
	req_view(r, "", body);
	r->status = found ? 200 : 400;
	return OK;
}

/* ---- cancellation ---- */

err prepare_gs_voucher_cancel(struct req *r)
{
	static const char *const names[] = {SERIAL_NAMES, PROGRAM_NAMES};
	struct call *c;
	struct gs *g = begin(r, names, COUNT(names), &c);
	if (!g)
		return OK;
	str serial = gs_member(r->body, SERIAL_NAMES);
	c->serial = str_eq(serial, req_param(r, "serial")) ? gs_serial(serial) : 0;
	if (!c->serial || !program_of(r->db, g->entity, g->program))
		return says(r, 463, "Invalid voucher");
	return OK;
}

err decide_gs_voucher_cancel(struct tx *tx, struct req *r)
{
	const struct gs *g = r->state;
	const struct call *c = g->more;
	tx->actor.channel = STR("api");
	err e = voucher_cancel(tx, g->entity, c->serial);
	return e ? gs_refused(tx, r, e, GS_MESSAGE, 0, (str){0})
	         : result(tx, r, "message", "Voucher cancelled");
}

err answer_gs_voucher_cancel(struct req *r)
{
	return gs_answer(r);
}

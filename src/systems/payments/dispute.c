#include "systems/payments/dispute.h"

#include "base/log.h"
#include "kernel/cases/cases.h"
#include "kernel/documents/documents.h"
#include "kernel/journal.h"
#include "systems/payments/statements.h"
#include "systems/payments/zip.h"

#define REFERENCE_MAX 64
#define REASON_MAX    500
#define DOCUMENTS_MAX 32

static struct dispute dispute_read(rows *r, arena *a)
{
	return (struct dispute){
	    .id = db_int(r, 0),
	    .order = db_int(r, 1),
	    .attempt = db_int(r, 2),
	    .reference = str_dup(a, db_text(r, 3)),
	    .reason = str_dup(a, db_text(r, 4)),
	    .amount = db_int(r, 5),
	    .currency = str_dup(a, db_text(r, 6)),
	    .state = str_dup(a, db_text(r, 7)),
	    .answer_by = db_int(r, 8),
	    .at = db_int(r, 9),
	    .ended = db_int(r, 10),
	};
}

bool dispute_get(dbc *c, arena *a, int64_t id, struct dispute *out)
{
	rows *r = db_query(c, &sql_dispute_get, D_INT(id));
	bool found = db_next(r);
	if (found)
		*out = dispute_read(r, a);
	db_done(r);
	return found;
}

size_t order_disputes(dbc *c, arena *a, int64_t order, struct dispute *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_dispute_list, D_INT(order));
	while (n < max && db_next(r))
		out[n++] = dispute_read(r, a);
	db_done(r);
	return n;
}

static err dispute_emit(struct tx *tx, const char *kind, const struct order *o,
                        const struct dispute *d, str outcome)
{
	json *v = json_object(tx->a);
	json_set_int(tx->a, v, "dispute", d->id);
	json_set_int(tx->a, v, "order", d->order);
	json_set_int(tx->a, v, "attempt", d->attempt);
	json_set_str(tx->a, v, "reference", d->reference);
	json_set_str(tx->a, v, "reason", d->reason);
	json_set_int(tx->a, v, "amount", d->amount);
	json_set_str(tx->a, v, "currency", d->currency);
	json_set_int(tx->a, v, "answer_by", d->answer_by);
	json_set_str(tx->a, v, "state", outcome);
	return tx_emit(tx, (struct emission){.kind = kind,
	                                     .entity = o->entity,
	                                     .subject = o->payer,
	                                     .case_id = o->case_id,
	                                     .data = v});
}

static err dispute_book(struct tx *tx, const struct order *o, const struct dispute *d,
                        const char *step, str debit, str credit)
{
	struct posting p = {.key = str_fmt(tx->a, "dispute:%lld:%s", (long long)d->id, step),
	                    .entity = o->entity,
	                    .currency = d->currency,
	                    .debit = debit,
	                    .credit = credit,
	                    .amount = d->amount,
	                    .reference = o->reference};
	return ledger_post(tx, &p, 1);
}

static str disputed(arena *a, const struct order *o)
{
	return str_cat(a, STR("asset/disputed/"), o->provider);
}

err dispute_open(struct tx *tx, int64_t order, str reference, str reason, int64_t amount,
                 int64_t *id)
{
	struct order o;
	struct attempt t[ATTEMPTS_MAX];
	struct dispute d = {.id = tx_id(tx),
	                    .order = order,
	                    .reference = str_trim(reference),
	                    .reason = str_trim(reason),
	                    .amount = amount,
	                    .answer_by = tx->now + DISPUTE_ANSWER};
	if (!order_get(tx->db, tx->a, order, &o) || !o.captured)
		return tx_fail(tx, ERR_payment_state, "", "the order is not paid");
	if (!d.reference.n || d.reference.n > REFERENCE_MAX || d.reason.n > REASON_MAX)
		return tx_fail(tx, ERR_bad_input, "reference", "a dispute has the bank's reference");
	if (amount <= 0 || amount > o.captured - o.refunded)
		return tx_fail(tx, ERR_payment_amount, "amount", "more than the payer still has paid");
	size_t n = order_attempts(tx->db, tx->a, order, t, ATTEMPTS_MAX);
	for (size_t i = 0; i < n; i++)
		if (str_eq(t[i].state, STR("captured")))
			d.attempt = t[i].id;
	d.currency = o.currency;
	*id = d.id;
	json *p = json_object(tx->a);
	json_set_int(tx->a, p, "dispute", d.id);
	tx_later(tx, "payment.dispute_due", str_fmt(tx->a, "%lld", (long long)d.id),
	         d.answer_by - DISPUTE_WARN, p);
	err e = dispute_emit(tx, "payment.dispute_opened", &o, &d, STR("opened"));
	return e ? e
	         : dispute_book(tx, &o, &d, "open", disputed(tx->a, &o),
	                        asset_of(tx->a, o.provider, o.method));
}

static err dispute_move(struct tx *tx, int64_t id, const char *to, struct order *o,
                        struct dispute *d)
{
	if (!dispute_get(tx->db, tx->a, id, d) || !order_get(tx->db, tx->a, d->order, o))
		return tx_fail(tx, ERR_not_found, "", "there is no such dispute");
	bool over =
	    d->ended || (str_eq(str_of(to), STR("answered")) && !str_eq(d->state, STR("opened")));
	if (over)
		return tx_fail(tx, ERR_payment_state, "", "the dispute is %.*s", STRF(d->state));
	return dispute_emit(tx, "payment.dispute_moved", o, d, str_of(to));
}

err dispute_answer(struct tx *tx, int64_t id)
{
	struct order o;
	struct dispute d;
	return dispute_move(tx, id, "answered", &o, &d);
}

err dispute_end(struct tx *tx, int64_t id, bool won)
{
	struct order o;
	struct dispute d;
	err e = dispute_move(tx, id, won ? "won" : "lost", &o, &d);
	if (e)
		return e;
	str to = won ? asset_of(tx->a, o.provider, o.method) : STR("expense/disputes");
	return dispute_book(tx, &o, &d, "end", to, disputed(tx->a, &o));
}

/* ---- evidence ---- */

static json *attempts_json(dbc *c, arena *a, int64_t order)
{
	struct attempt *t = NEWN(a, struct attempt, ATTEMPTS_MAX);
	json *list = json_array(a);
	size_t n = order_attempts(c, a, order, t, ATTEMPTS_MAX);
	for (size_t i = 0; i < n; i++) {
		json *o = json_push(list, json_object(a));
		json_set_str(a, o, "provider", t[i].provider);
		json_set_str(a, o, "method", t[i].method);
		json_set_str(a, o, "channel", t[i].channel);
		json_set_str(a, o, "reference", t[i].reference);
		json_set_str(a, o, "last4", t[i].last4);
		json_set_int(a, o, "amount", t[i].amount);
		json_set_str(a, o, "state", t[i].state);
		json_set_str(a, o, "opened", time_print(a, t[i].opened));
	}
	return list;
}

static json *messages_json(dbc *c, arena *a, int64_t order)
{
	json *list = json_array(a);
	rows *r = db_query(c, &sql_order_messages, D_INT(order));
	while (db_next(r)) {
		json *o = json_push(list, json_object(a));
		json_set_str(a, o, "at", time_print(a, db_int(r, 0)));
		json_set_str(a, o, "message", str_dup(a, db_text(r, 2)));
		json_set_str(a, o, "outcome", str_dup(a, db_text(r, 3)));
		json_set_int(a, o, "amount", db_int(r, 4));
		json_set_str(a, o, "verdict", str_dup(a, db_text(r, 6)));
	}
	db_done(r);
	return list;
}

static str log_json(dbc *c, arena *a, const struct order *o, const struct dispute *d)
{
	json *v = json_object(a);
	json_set_str(a, v, "order", o->reference);
	json_set_int(a, v, "total", o->total);
	json_set_str(a, v, "currency", o->currency);
	json_set_str(a, v, "paid", time_print(a, o->paid));
	json_set_str(a, v, "dispute", d->reference);
	json_set_str(a, v, "reason", d->reason);
	json_set(a, v, "attempts", attempts_json(c, a, o->id));
	json_set(a, v, "messages", messages_json(c, a, o->id));
	return json_print(a, v);
}

/* What the payer got for it. */
static str service_json(struct kernel *k, dbc *c, arena *a, const struct order *o)
{
	struct kase q;
	json *v = json_object(a);
	json_set_str(a, v, "service", o->service);
	json_set_str(a, v, "told", o->fulfilled ? time_print(a, o->fulfilled) : (str){0});
	if (o->case_id && case_get(c, a, o->case_id, &q)) {
		json_set_str(a, v, "reference", q.reference);
		json_set_str(a, v, "state", q.state);
		json_set_str(a, v, "outcome", q.outcome);
		json *timeline = case_timeline(k, c, a, o->case_id, false);
		if (timeline)
			json_set(a, v, "timeline", timeline);
	}
	return json_print(a, v);
}

err dispute_bundle(struct kernel *k, dbc *c, arena *a, const struct dispute *d, str *zip)
{
	struct zip_file f[ZIP_FILES_MAX];
	struct order o;
	struct receipt r[LINES_MAX];
	struct issued *doc = NEWN(a, struct issued, DOCUMENTS_MAX);
	json *proof = NULL;
	size_t n = 0;
	if (!order_get(c, a, d->order, &o))
		return ERR_not_found;
	f[n++] = (struct zip_file){STR("log.json"), log_json(c, a, &o, d)};
	f[n++] = (struct zip_file){STR("service.json"), service_json(k, c, a, &o)};
	size_t receipts = order_receipts(c, a, o.id, r, LINES_MAX);
	if (receipts && journal_prove(k, c, a, r[0].seq, &proof) == OK && proof)
		f[n++] = (struct zip_file){STR("journal-proof.json"), json_print(a, proof)};
	size_t docs = o.case_id ? documents_of_case(c, a, o.case_id, doc, DOCUMENTS_MAX) : 0;
	for (size_t i = 0; i < docs && n < ZIP_FILES_MAX; i++) {
		str pdf;
		if (document_bytes(k, c, a, &doc[i], &pdf) == OK)
			f[n++] = (struct zip_file){str_cat(a, doc[i].number, STR(".pdf")), pdf};
	}
	*zip = zip_make(a, f, n);
	return zip->n ? OK : ERR_too_large;
}

/* The clock: an answer is due soon and nobody has given it. */
err job_dispute_due(struct job *j)
{
	struct dispute d;
	dbc *c = db_reader(j->k->db);
	bool open = dispute_get(c, j->a, json_int(j->payload, "dispute", 0), &d) &&
	            str_eq(d.state, STR("opened"));
	db_clear(c);
	db_reader_return(c);
	if (open)
		log_event(LOG_ERROR, "payment.dispute_due", L_INT("dispute", d.id),
		          L_INT("hours", (d.answer_by - kernel_now(j->k)) / HOUR));
	return OK;
}

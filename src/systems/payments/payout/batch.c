/*
 * batch.c - instructions to pay, handed over together and carried out together.
 *
 * What can be paid of a batch is paid by one call of the ledger: linked transfers, all
 * or none. What cannot is named with its reason. When the body has not enough money for
 * all that could be paid, nothing is: which of them come first is not ours to say.
 */
#include "systems/payments/payout/payout.h"
#include "systems/payments/statements.h"

#include "base/log.h"
#include "kernel/outbox/post.h"
#include "kernel/vault.h"

static struct payout_batch batch_read(rows *r, arena *a)
{
	return (struct payout_batch){
	    .id = db_int(r, 0),
	    .entity = str_dup(a, db_text(r, 1)),
	    .program = str_dup(a, db_text(r, 2)),
	    .reference = str_dup(a, db_text(r, 3)),
	    .request = str_dup(a, db_text(r, 4)),
	    .currency = str_dup(a, db_text(r, 5)),
	    .instructions = db_int(r, 6),
	    .total = db_int(r, 7),
	    .paid = db_int(r, 8),
	    .failed = db_int(r, 9),
	    .paid_amount = db_int(r, 10),
	    .state = str_dup(a, db_text(r, 11)),
	    .callback = str_dup(a, db_text(r, 12)),
	    .at = db_int(r, 13),
	    .ended = db_int(r, 14),
	};
}

static bool batch_one(rows *r, arena *a, struct payout_batch *out)
{
	bool found = db_next(r);
	if (found)
		*out = batch_read(r, a);
	db_done(r);
	return found;
}

bool payout_batch_get(dbc *c, arena *a, int64_t id, struct payout_batch *out)
{
	return batch_one(db_query(c, &sql_payout_batch_get, D_INT(id)), a, out);
}

bool payout_batch_find(dbc *c, arena *a, str entity, str reference, struct payout_batch *out)
{
	return batch_one(db_query(c, &sql_payout_batch_find, D_TEXT(entity), D_TEXT(reference)), a,
	                 out);
}

size_t payout_batches(dbc *c, arena *a, str entity, int64_t before, struct payout_batch *out,
                      size_t max)
{
	size_t n = 0;
	rows *r =
	    db_query(c, &sql_payout_batch_list, D_TEXT(entity), D_INT(before), D_INT((int64_t)max));
	while (n < max && db_next(r))
		out[n++] = batch_read(r, a);
	db_done(r);
	return n;
}

size_t payout_list(dbc *c, arena *a, int64_t batch, str state, int64_t from, struct payout *out,
                   size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_payout_list, D_INT(batch), D_TEXT(state), D_INT(from),
	                   D_INT((int64_t)max));
	while (n < max && db_next(r))
		out[n++] = (struct payout){
		    .no = db_int(r, 0),
		    .instruction = str_dup(a, db_text(r, 1)),
		    .payee = str_dup(a, db_text(r, 2)),
		    .narration = str_dup(a, db_text(r, 3)),
		    .amount = db_int(r, 4),
		    .modality = str_dup(a, db_text(r, 5)),
		    .state = str_dup(a, db_text(r, 6)),
		    .reason = str_dup(a, db_text(r, 7)),
		    .ended = db_int(r, 8),
		};
	db_done(r);
	return n;
}

/* ---- handing over ---- */

static void chunk_json(struct tx *tx, const struct payout *p, size_t n, json *d, json *secret)
{
	json *list = json_set(tx->a, d, "list", json_array(tx->a));
	json *sealed = json_set(tx->a, secret, "list", json_array(tx->a));
	for (size_t i = 0; i < n; i++) {
		json *o = json_push(list, json_object(tx->a));
		json_set_int(tx->a, o, "no", p[i].no);
		json_set_str(tx->a, o, "instruction", p[i].instruction);
		json_set_int(tx->a, o, "amount", p[i].amount);
		json *s = json_push(sealed, json_object(tx->a));
		json_set_str(tx->a, s, "payee", p[i].payee);
		json_set_str(tx->a, s, "narration", p[i].narration);
	}
}

static err chunk_emit(struct tx *tx, const struct payout_batch *b, const char *kind, json *d,
                      json *secret)
{
	json_set_int(tx->a, d, "batch", b->id);
	return tx_emit(
	    tx, (struct emission){
	            .kind = kind, .entity = b->entity, .subject = b->id, .data = d, .secret = secret});
}

static err received_emit(struct tx *tx, const struct payout_batch *b, const struct payout *p,
                         size_t n)
{
	err e = OK;
	for (size_t from = 0; from < n && !e; from += PAYOUT_CHUNK) {
		json *d = json_object(tx->a), *secret = json_object(tx->a);
		if (from == 0) {
			json_set_str(tx->a, d, "program", b->program);
			json_set_str(tx->a, d, "reference", b->reference);
			json_set_str(tx->a, d, "request", b->request);
			json_set_str(tx->a, d, "currency", b->currency);
			json_set_int(tx->a, d, "instructions", b->instructions);
			json_set_int(tx->a, d, "total", b->total);
			json_set_str(tx->a, d, "callback", b->callback);
		}
		chunk_json(tx, p + from, n - from < PAYOUT_CHUNK ? n - from : PAYOUT_CHUNK, d, secret);
		e = chunk_emit(tx, b, from ? "payment.payout_more" : "payment.payout_received", d, secret);
	}
	return e;
}

static void batch_later(struct tx *tx, const char *job, int64_t id)
{
	json *p = json_object(tx->a);
	json_set_int(tx->a, p, "batch", id);
	tx_later(tx, job, str_fmt(tx->a, "%lld", (long long)id), 0, p);
}

str payout_number(arena *a, int64_t id)
{
	return str_fmt(a, "%lld", (long long)id);
}

err payout_receive(struct tx *tx, const struct payout_batch *b, const struct payout *p, size_t n,
                   int64_t *id)
{
	struct payout_batch known, made = *b;
	money sum = {0};
	if (!n || n > PAYOUT_BATCH)
		return tx_fail(tx, ERR_bad_input, "", "a batch has 1 to %d instructions", PAYOUT_BATCH);
	for (size_t i = 0; i < n; i++)
		if (p[i].amount <= 0 || !money_add(sum, (money){p[i].amount}, &sum))
			return tx_fail(tx, ERR_payment_amount, "amount", "each amount is above nothing");
	if (b->reference.n && payout_batch_find(tx->db, tx->a, b->entity, b->reference, &known))
		return tx_fail(tx, ERR_payout_request, "batch", "this batch was handed over before");
	made.id = *id = tx_id(tx);
	made.reference = b->reference.n ? b->reference : payout_number(tx->a, made.id);
	made.instructions = (int64_t)n;
	made.total = sum.minor;
	batch_later(tx, "payment.payout", made.id);
	return received_emit(tx, &made, p, n);
}

/* ---- carrying out ---- */

struct carried {
	struct payout_batch b;
	struct payout *p;
	size_t n;
	struct posting *post;
	size_t posts;
	json *failed, *paid;
	int64_t amount;
};

static void fails(struct tx *tx, struct carried *c, int64_t no, str reason)
{
	json *o = json_push(c->failed, json_object(tx->a));
	json_set_int(tx->a, o, "no", no);
	json_set_str(tx->a, o, "reason", reason);
}

static str payout_key_of(arena *a, int64_t batch, int64_t no)
{
	return str_fmt(a, "payout:%lld:%lld", (long long)batch, (long long)no);
}

/* Who can be paid, and how. */
static void batch_sort(struct tx *tx, struct carried *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct payee payee = {0};
		const struct payout *p = &c->p[i];
		payee_find(tx->db, tx->a, c->b.entity, p->payee, &payee);
		str why = payee_refused(&payee);
		if (why.n) {
			fails(tx, c, p->no, why);
			continue;
		}
		json *o = json_push(c->paid, json_object(tx->a));
		json_set_int(tx->a, o, "no", p->no);
		json_set_str(tx->a, o, "by", payee.modality);
		c->amount += p->amount;
		c->post[c->posts++] = (struct posting){.key = payout_key_of(tx->a, c->b.id, p->no),
		                                       .entity = c->b.entity,
		                                       .currency = c->b.currency,
		                                       .debit = STR("expense/payouts"),
		                                       .credit = STR(PAYOUT_FUNDING),
		                                       .amount = p->amount,
		                                       .reference = c->b.reference};
	}
}

static err done_emit(struct tx *tx, const struct carried *c)
{
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "batch", c->b.id);
	json_set_int(tx->a, d, "amount", c->amount);
	json_set(tx->a, d, "paid", c->paid);
	json_set(tx->a, d, "failed", c->failed);
	return tx_emit(
	    tx, (struct emission){.kind = "payment.payout_done", .entity = c->b.entity, .data = d});
}

err payout_job(struct tx *tx, const struct job *j)
{
	struct carried c = {.failed = json_array(tx->a), .paid = json_array(tx->a)};
	if (!payout_batch_get(tx->db, tx->a, json_int(j->payload, "batch", 0), &c.b) ||
	    !str_eq(c.b.state, STR("received")))
		return OK;
	c.p = NEWN(tx->a, struct payout, PAYOUT_BATCH);
	c.post = NEWN(tx->a, struct posting, PAYOUT_BATCH);
	c.n = payout_list(tx->db, tx->a, c.b.id, (str){0}, 0, c.p, PAYOUT_BATCH);
	batch_sort(tx, &c);
	if (c.posts && fund_left(tx->db, c.b.entity, c.b.currency) < c.amount) {
		for (const json *o = c.paid->first; o; o = o->next)
			fails(tx, &c, json_int(o, "no", 0), STR("no_funds"));
		c.paid = json_array(tx->a);
		c.posts = 0;
		c.amount = 0;
	}
	if (c.b.callback.n)
		batch_later(tx, "payment.payout_tell", c.b.id);
	err e = done_emit(tx, &c);
	return e || !c.posts ? e : ledger_post(tx, c.post, c.posts);
}

err payout_return(struct tx *tx, int64_t batch, str instruction, str reason)
{
	struct payout_batch b;
	rows *r = db_query(tx->db, &sql_payout_get, D_INT(batch), D_TEXT(instruction));
	bool found = db_next(r);
	int64_t no = found ? db_int(r, 0) : 0, amount = found ? db_int(r, 1) : 0;
	bool paid = found && str_eq(db_text(r, 2), STR("paid"));
	db_done(r);
	if (!found || !payout_batch_get(tx->db, tx->a, batch, &b))
		return tx_fail(tx, ERR_not_found, "", "there is no such instruction");
	if (!paid)
		return tx_fail(tx, ERR_payment_state, "", "only what was paid can come back");
	if (!reason.n || reason.n > PAYOUT_TEXT)
		return tx_fail(tx, ERR_bad_input, "reason", "say why it came back");
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "batch", batch);
	json_set_int(tx->a, d, "no", no);
	json_set_str(tx->a, d, "reason", reason);
	struct posting p = {.key = str_cat(tx->a, payout_key_of(tx->a, batch, no), STR(":returned")),
	                    .entity = b.entity,
	                    .currency = b.currency,
	                    .debit = STR(PAYOUT_FUNDING),
	                    .credit = STR("expense/payouts"),
	                    .amount = amount,
	                    .reference = b.reference};
	err e = tx_emit(
	    tx, (struct emission){.kind = "payment.payout_returned", .entity = b.entity, .data = d});
	return e ? e : ledger_post(tx, &p, 1);
}

/* ---- telling the program ---- */

static void money_member(arena *a, json *v, const char *name, int64_t minor, str code)
{
	currency c;
	if (currency_find(code, &c))
		json_set(a, v, name, json_number(a, money_print(a, (money){minor}, c)));
}

json *payout_batch_json(arena *a, const struct payout_batch *b)
{
	json *v = json_object(a);
	json_set_str(a, v, "requestId", b->request);
	json_set_str(a, v, "batchId", b->reference);
	json_set_int(a, v, "TotalTransactions", b->instructions);
	json_set_int(a, v, "ongoing", b->instructions - b->paid - b->failed);
	json_set_int(a, v, "failed", b->failed);
	json_set_int(a, v, "completed", b->paid);
	money_member(a, v, "totalAmount", b->total, b->currency);
	money_member(a, v, "completed_amount", b->paid_amount, b->currency);
	money_member(a, v, "ongoing_amount", b->ended ? 0 : b->total, b->currency);
	money_member(a, v, "failed_amount", b->ended ? b->total - b->paid_amount : 0, b->currency);
	json_set_str(a, v, "result_file", (str){0});
	json_set_str(a, v, "resultGeneratedAt", time_print(a, b->ended));
	json_set_str(a, v, "note", b->state);
	return v;
}

/* What is told, and where: a batch as it stands by then, or what was handed over. */
static bool told_read(const struct job *j, dbc *c, struct post *p, str *entity)
{
	struct payout_batch b;
	const json *body = json_get(j->payload, "body");
	if (body) {
		*entity = json_str(j->payload, "entity");
		*p = (struct post){.url = json_str(j->payload, "url"),
		                   .id = json_str(j->payload, "id"),
		                   .body = json_print(j->a, body)};
		return true;
	}
	if (!payout_batch_get(c, j->a, json_int(j->payload, "batch", 0), &b))
		return false;
	*entity = b.entity;
	*p = (struct post){.url = b.callback,
	                   .id = str_fmt(j->a, "payout-%lld", (long long)b.id),
	                   .body = json_print(j->a, payout_batch_json(j->a, &b))};
	return true;
}

/* The callback was checked against the body's address when the request was taken. */
err payout_tell_job(struct job *j)
{
	struct post p;
	str entity, wrapped = {0};
	dbc *c = db_reader(j->k->db);
	bool found = told_read(j, c, &p, &entity);
	str id = found ? str_cat(j->a, STR("agency:"), entity) : (str){0};
	rows *r = db_query(c, &sql_provider_secret_get, D_TEXT(id));
	wrapped = db_next(r) ? str_dup(j->a, db_text(r, 0)) : (str){0};
	db_done(r);
	db_clear(c);
	db_reader_return(c);
	if (!found ||
	    !vault_unwrap(j->k, j->a, str_cat(j->a, STR("payment-provider|"), id), wrapped, &p.secret))
		return OK;
	return post_signed(j, &p);
}

void payout_tell(struct tx *tx, str entity, str url, str id, json *body)
{
	json *p = json_object(tx->a);
	json_set_str(tx->a, p, "entity", entity);
	json_set_str(tx->a, p, "url", url);
	json_set_str(tx->a, p, "id", id);
	json_set(tx->a, p, "body", body);
	tx_later(tx, "payment.payout_tell", str_fmt(tx->a, "%.*s:%.*s", STRF(entity), STRF(id)), 0, p);
}

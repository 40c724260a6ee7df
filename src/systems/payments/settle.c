/*
 * settle.c - matching a provider's statement, and the bank's line for it.
 */
#include "systems/payments/settle.h"
#include "systems/payments/statements.h"

#include <stdlib.h>

#define VERDICT_OK "matched"

struct matching {
	struct tx *tx;
	str provider;
	int64_t batch;
	json *entries, *exceptions, *sums;
	struct settle_report *report;
	const struct settle_entry **sorted; /* by what they are of, then as they stand */
	size_t n;
	struct posting *posting; /* not posted yet: many at once cost less each */
	size_t n_postings;
};

static err post_entry(struct matching *m, const struct settle_entry *e, const struct order *o,
                      const struct refund *r, bool surplus);

/* ---- what belongs to an exception ---- */

static void exception_add(struct matching *m, const char *kind, str what, int64_t order,
                          int64_t attempt, int64_t expected, int64_t found)
{
	arena *a = m->tx->a;
	json *x = json_object(a);
	json_set_str(a, x, "kind", str_of(kind));
	json_set_str(a, x, "what", what);
	json_set_int(a, x, "order", order);
	json_set_int(a, x, "attempt", attempt);
	json_set_int(a, x, "expected", expected);
	json_set_int(a, x, "found", found);
	json_push(m->exceptions, x);
	m->report->exceptions++;
}

static void entry_add(struct matching *m, const struct settle_entry *e, const char *verdict)
{
	arena *a = m->tx->a;
	json *x = json_object(a);
	json_set_str(a, x, "kind", e->refund ? STR("refund") : STR("payment"));
	json_set_int(a, x, "id", e->id);
	json_set_str(a, x, "payment", e->payment);
	json_set_str(a, x, "reference", e->reference);
	json_set_int(a, x, "amount", e->amount);
	json_set_str(a, x, "currency", e->currency);
	json_set_int(a, x, "at", e->at);
	json_set_str(a, x, "verdict", str_of(verdict));
	json_push(m->entries, x);
}

/* ---- finding entries ---- */

static int entry_compare(const struct settle_entry *x, const struct settle_entry *y)
{
	if (x->refund != y->refund)
		return x->refund ? 1 : -1;
	return (x->id > y->id) - (x->id < y->id);
}

static int entry_order(const void *x, const void *y)
{
	const struct settle_entry *a = *(const struct settle_entry *const *)x;
	const struct settle_entry *b = *(const struct settle_entry *const *)y;
	int by = entry_compare(a, b);
	return by ? by : (a > b) - (a < b);
}

static void entries_sort(struct matching *m, const struct statement *s)
{
	m->n = s->n;
	m->sorted = NEWN(m->tx->a, const struct settle_entry *, s->n + 1);
	for (size_t i = 0; i < s->n; i++)
		m->sorted[i] = &s->entry[i];
	qsort(m->sorted, m->n, sizeof *m->sorted, entry_order);
}

/* The first entry of the same payment or refund, or NULL. */
static const struct settle_entry *entry_first(const struct matching *m, bool refund, int64_t id)
{
	const struct settle_entry key = {.refund = refund, .id = id};
	size_t low = 0, high = m->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (entry_compare(m->sorted[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < m->n && entry_compare(m->sorted[low], &key) == 0 ? m->sorted[low] : NULL;
}

/* ---- matching one entry ---- */

static bool settled(struct tx *tx, bool refund, int64_t id)
{
	return db_query_int(tx->db, &sql_settled_get, 0,
	                    D_TEXT(refund ? STR("refund") : STR("payment")), D_INT(id)) != 0;
}

static bool matches(const char *verdict)
{
	return str_eq(str_of(verdict), STR(VERDICT_OK));
}

static err match_payment(struct matching *m, const struct settle_entry *e, const char **verdict)
{
	struct attempt t = {0};
	struct order o;
	bool told, known = e->id &&
	                   attempt_and_order(m->tx->db, m->tx->a, e->id, m->provider, (str){0}, &t, &o,
	                                     &told) &&
	                   str_eq(t.provider, m->provider);
	bool captured = known && str_eq(t.state, STR("captured"));
	bool same = known && t.amount == e->amount && str_eq(t.currency, e->currency);
	*verdict = !known                            ? "extra"
	           : settled(m->tx, false, t.id)     ? "twice"
	           : captured && !same               ? "amount"
	           : captured                        ? VERDICT_OK
	           : str_eq(t.state, STR("surplus")) ? VERDICT_OK
	                                             : "state";
	if (matches(*verdict))
		return post_entry(m, e, &o, NULL, str_eq(t.state, STR("surplus")));
	exception_add(m, *verdict, str_fmt(m->tx->a, "%.*s %.*s", STRF(e->payment), STRF(e->order)),
	              known ? t.order : 0, known ? t.id : 0, known ? t.amount : 0, e->amount);
	return OK;
}

static err match_refund(struct matching *m, const struct settle_entry *e, const char **verdict)
{
	struct refund r;
	struct order o;
	str what = str_fmt(m->tx->a, "%.*s %.*s", STRF(e->reference), STRF(e->order));
	bool known = e->id && refund_get(m->tx->db, m->tx->a, e->id, &r) &&
	             order_get(m->tx->db, m->tx->a, r.order, &o);
	*verdict = !known                                                       ? "extra"
	           : settled(m->tx, true, e->id)                                ? "twice"
	           : r.amount != -e->amount || !str_eq(r.currency, e->currency) ? "amount"
	           : !str_eq(r.state, STR("done"))                              ? "state"
	                                                                        : VERDICT_OK;
	if (matches(*verdict))
		return post_entry(m, e, &o, &r, false);
	exception_add(m, *verdict, what, known ? r.order : 0, known ? r.attempt : 0,
	              known ? -r.amount : 0, e->amount);
	return OK;
}

/* ---- booking ---- */

static void sum_add(struct matching *m, str entity, str code, int64_t amount)
{
	arena *a = m->tx->a;
	for (json *x = m->sums->first; x; x = x->next)
		if (str_eq(json_str(x, "entity"), entity) && str_eq(json_str(x, "currency"), code)) {
			json_set_int(a, x, "amount", json_int(x, "amount", 0) + amount);
			return;
		}
	json *x = json_object(a);
	json_set_str(a, x, "entity", entity);
	json_set_str(a, x, "currency", code);
	json_set_int(a, x, "amount", amount);
	json_push(m->sums, x);
}

static err post_all(struct matching *m)
{
	size_t n = m->n_postings;
	m->n_postings = 0;
	return n ? ledger_post(m->tx, m->posting, n) : OK;
}

static struct posting on_its_way(struct matching *m, str key, str entity, const struct order *o,
                                 int64_t amount, bool back)
{
	str transit = str_cat(m->tx->a, STR("asset/transit/"), m->provider);
	str owed = str_cat(m->tx->a, STR("asset/receivable/"), m->provider);
	sum_add(m, entity, o->currency, back ? -amount : amount);
	return (struct posting){.key = key,
	                        .entity = entity,
	                        .currency = o->currency,
	                        .debit = back ? owed : transit,
	                        .credit = back ? transit : owed,
	                        .amount = amount,
	                        .reference = o->reference};
}

/* Money that was never owed belongs to the order's entity until it has gone back. */
static bool whole(const struct settle_entry *e, const struct order *o, const struct refund *r)
{
	return r ? str_eq(r->kind, STR("surplus")) : o->captured == 0 || e->amount != o->total;
}

static err post_entry(struct matching *m, const struct settle_entry *e, const struct order *o,
                      const struct refund *r, bool surplus)
{
	struct line *l;
	arena *a = m->tx->a;
	size_t n = 0;
	bool back = e->refund;
	err full = m->n_postings + LINES_MAX > LEDGER_LINKED_MAX ? post_all(m) : OK;
	if (full)
		return full;
	struct posting *p = m->posting + m->n_postings;
	str key = str_fmt(a, "settle:%s:%lld", back ? "refund" : "payment", (long long)e->id);
	if (surplus || whole(e, o, r)) {
		p[n++] = on_its_way(m, key, o->entity, o, back ? -e->amount : e->amount, back);
	} else if (back) {
		size_t lines = order_lines(m->tx->db, a, o->id, &l);
		for (const json *part = r->parts->first; part; part = part->next)
			for (size_t i = 0; i < lines; i++)
				if (l[i].no == json_int(part, "line", 0))
					p[n++] = on_its_way(m, str_fmt(a, "%.*s:%lld", STRF(key), (long long)l[i].no),
					                    l[i].entity, o, json_int(part, "amount", 0), true);
	} else {
		size_t lines = order_lines(m->tx->db, a, o->id, &l);
		for (size_t i = 0; i < lines; i++)
			p[n++] = on_its_way(m, str_fmt(a, "%.*s:%lld", STRF(key), (long long)l[i].no),
			                    l[i].entity, o, l[i].amount, false);
	}
	m->report->matched++;
	m->report->sum += e->amount;
	m->n_postings += n;
	return OK;
}

/* ---- recording ---- */

#define PART_BYTES  40000 /* of an event; a record of the journal holds 65535 */
#define ENTRY_BYTES 200   /* of an entry or exception, without its texts */

static size_t item_bytes(const json *x)
{
	return ENTRY_BYTES + json_str(x, "payment").n + json_str(x, "reference").n +
	       json_str(x, "what").n;
}

/* Moves items from the head of *rest into `part` until it is full. */
static void part_fill(json *part, json **rest, size_t *bytes)
{
	for (json *x = *rest, *next; x && *bytes < PART_BYTES; x = next) {
		next = x->next;
		*bytes += item_bytes(x);
		json_push(part, x);
		*rest = next;
	}
}

/* A long statement is several events: the batch with what fits, and what follows. Its
 * entries come before its exceptions, as they were found. */
static err settled_emit(struct matching *m, json *d)
{
	arena *a = m->tx->a;
	json *entry = m->entries->first, *exception = m->exceptions->first;
	const char *kind = "payment.settled";
	json_set_int(a, d, "count", (int64_t)m->entries->count);
	err e = OK;
	do {
		size_t bytes = 0;
		json *entries = json_set(a, d, "entries", json_array(a));
		json *exceptions = json_set(a, d, "exceptions", json_array(a));
		part_fill(entries, &entry, &bytes);
		if (!entry)
			part_fill(exceptions, &exception, &bytes);
		e = tx_emit(m->tx, (struct emission){.kind = kind, .data = d});
		kind = "payment.settled_more";
		d = json_object(a);
		json_set_int(a, d, "batch", m->batch);
		json_set_str(a, d, "provider", m->provider);
	} while (!e && (entry || exception));
	return e;
}

/* ---- a statement ---- */

static void find_missing(struct matching *m, instant from, instant to)
{
	rows *r = db_query(m->tx->db, &sql_unsettled, D_TEXT(m->provider), D_INT(from), D_INT(to));
	while (db_next(r)) {
		int64_t attempt = db_int(r, 0);
		if (!entry_first(m, false, attempt))
			exception_add(m, "missing", str_fmt(m->tx->a, "%lld", (long long)attempt), db_int(r, 1),
			              attempt, db_int(r, 2), 0);
	}
	db_done(r);
}

err settle_take(struct tx *tx, str provider, const struct statement *s, instant from, instant to,
                struct settle_report *out)
{
	arena *a = tx->a;
	struct matching m = {
	    .tx = tx,
	    .provider = provider,
	    .batch = tx_id(tx),
	    .entries = json_array(a),
	    .exceptions = json_array(a),
	    .sums = json_array(a),
	    .report = out,
	};
	*out = (struct settle_report){.batch = m.batch};
	int64_t known = db_query_int(tx->db, &sql_batch_known, 0, D_TEXT(provider), D_TEXT(s->hash));
	if (known) {
		*out = (struct settle_report){.batch = known, .known = true};
		return OK;
	}
	m.posting = NEWN(a, struct posting, LEDGER_LINKED_MAX);
	entries_sort(&m, s);
	for (size_t i = 0; i < s->n; i++) {
		const char *verdict = VERDICT_OK;
		const struct settle_entry *e = &s->entry[i];
		bool again = e->id && entry_first(&m, e->refund, e->id) != e;
		err failed = OK;
		if (again)
			exception_add(&m, verdict = "twice", e->payment, 0, e->refund ? 0 : e->id, 0,
			              e->amount);
		else
			failed = e->refund ? match_refund(&m, e, &verdict) : match_payment(&m, e, &verdict);
		if (failed)
			return failed;
		entry_add(&m, e, verdict);
	}
	err failed = post_all(&m);
	if (failed)
		return failed;
	find_missing(&m, from, to);
	json *d = json_object(a);
	json_set_int(a, d, "batch", m.batch);
	json_set_str(a, d, "provider", provider);
	json_set_str(a, d, "name", s->name);
	json_set_str(a, d, "reference", s->reference);
	json_set_str(a, d, "hash", s->hash);
	json_set_int(a, d, "from", from);
	json_set_int(a, d, "to", to);
	json_set_int(a, d, "sum", out->sum);
	json_set(a, d, "sums", m.sums);
	return settled_emit(&m, d);
}

/* ---- the bank ---- */

struct payout {
	int64_t batch, sum;
	str provider, currency;
};

static bool payout_find(struct tx *tx, str reference, struct payout *out)
{
	rows *r = db_query(tx->db, &sql_batch_open, D_TEXT(reference));
	bool found = db_next(r);
	if (found)
		*out = (struct payout){db_int(r, 0), db_int(r, 1), str_dup(tx->a, db_text(r, 2)), {0}};
	db_done(r);
	return found;
}

/* Each entity's part of what arrived and of what the provider kept. */
static err post_payout(struct tx *tx, const struct payout *w, int64_t amount)
{
	struct posting p[2 * LINES_MAX];
	int64_t part[LINES_MAX], sum = 0;
	str entity[LINES_MAX], code[LINES_MAX];
	money fee[LINES_MAX];
	size_t n = 0, m = 0;
	str transit = str_cat(tx->a, STR("asset/transit/"), w->provider);
	rows *r = db_query(tx->db, &sql_batch_sums, D_INT(w->batch));
	while (n < LINES_MAX && db_next(r)) {
		entity[n] = str_dup(tx->a, db_text(r, 0));
		code[n] = str_dup(tx->a, db_text(r, 1));
		part[n] = db_int(r, 2);
		sum += part[n++];
	}
	db_done(r);
	if (!n || !money_share((money){sum - amount}, part, n, fee))
		return tx_fail(tx, ERR_payment_amount, "", "the statement's sums cannot be split");
	for (size_t i = 0; i < n; i++) {
		str key = str_fmt(tx->a, "bank:%lld:%.*s", (long long)w->batch, STRF(entity[i]));
		struct posting one = {.key = key,
		                      .entity = entity[i],
		                      .currency = code[i],
		                      .debit = STR("asset/bank"),
		                      .credit = transit,
		                      .amount = part[i] - fee[i].minor,
		                      .reference = w->provider};
		if (one.amount > 0)
			p[m++] = one;
		one.key = str_cat(tx->a, key, STR(":fee"));
		one.debit = str_cat(tx->a, STR("expense/provider/"), w->provider);
		one.amount = fee[i].minor;
		if (one.amount > 0)
			p[m++] = one;
	}
	return m ? ledger_post(tx, p, m) : OK;
}

err bank_take(struct tx *tx, const struct statement *s, struct settle_report *out)
{
	arena *a = tx->a;
	struct matching m = {
	    .tx = tx,
	    .provider = STR("bank"),
	    .batch = tx_id(tx),
	    .entries = json_array(a),
	    .exceptions = json_array(a),
	    .sums = json_array(a),
	    .report = out,
	};
	json *paid = json_array(a);
	*out = (struct settle_report){.batch = m.batch};
	int64_t known = db_query_int(tx->db, &sql_batch_known, 0, D_TEXT(m.provider), D_TEXT(s->hash));
	if (known) {
		*out = (struct settle_report){.batch = known, .known = true};
		return OK;
	}
	for (size_t i = 0; i < s->n; i++) {
		const struct settle_entry *e = &s->entry[i];
		struct payout w;
		bool found = payout_find(tx, e->payment, &w);
		bool fits = found && e->amount <= w.sum &&
		            w.sum - e->amount <= w.sum / 1000 * SETTLE_FEE_MAX + SETTLE_FEE_MAX;
		for (json *x = paid->first; x && fits; x = x->next)
			fits = json_int(x, "batch", 0) != w.batch;
		entry_add(&m, e, fits ? VERDICT_OK : "bank");
		if (!fits) {
			exception_add(&m, "bank", e->payment, 0, 0, found ? w.sum : 0, e->amount);
			continue;
		}
		err failed = post_payout(tx, &w, e->amount);
		if (failed)
			return failed;
		json *x = json_object(a);
		json_set_int(a, x, "batch", w.batch);
		json_set_int(a, x, "amount", e->amount);
		json_push(paid, x);
		out->matched++;
		out->sum += e->amount;
	}
	json *d = json_object(a);
	json_set_int(a, d, "batch", m.batch);
	json_set_str(a, d, "provider", m.provider);
	json_set_str(a, d, "name", s->name);
	json_set_str(a, d, "reference", s->reference);
	json_set_str(a, d, "hash", s->hash);
	json_set_int(a, d, "from", 0);
	json_set_int(a, d, "to", 0);
	json_set_int(a, d, "sum", out->sum);
	json_set(a, d, "paid", paid);
	return settled_emit(&m, d);
}

err exception_resolve(struct tx *tx, int64_t id, str resolution)
{
	rows *r = db_query(tx->db, &sql_exception_get, D_INT(id));
	bool found = db_next(r), open = found && str_eq(db_text(r, 2), STR("open"));
	db_done(r);
	resolution = str_trim(resolution);
	if (!found)
		return tx_fail(tx, ERR_not_found, "", "there is no such exception");
	if (!open)
		return tx_fail(tx, ERR_payment_state, "", "the exception is resolved");
	if (!resolution.n || resolution.n > EXCEPTION_REASON)
		return tx_fail(tx, ERR_bad_input, "resolution", "say what became of it");
	json *d = json_object(tx->a);
	json_set_int(tx->a, d, "exception", id);
	json_set_str(tx->a, d, "resolution", resolution);
	return tx_emit(tx, (struct emission){.kind = "payment.exception_resolved", .data = d});
}

/* replay.c - what would have happened; see replay.h. */
#include "kernel/cases/replay_in.h"

#include "kernel/cases/statements.h"
#include "kernel/head.h"

#include <stdlib.h>

#define PAGE_CASES    256
#define SCRATCH_BYTES ((size_t)64 * 1024 * 1024)

struct replaying {
	struct kernel *k;
	dbc *c;
	arena *a, *scratch;
	const struct replay_ask *q;
	const struct pack *p;
	struct replay *out;
	void (*each)(void *ctx, const struct replay_case *x);
	void *ctx;
	int64_t began;
	/* where the next page begins */
	instant at;
	int64_t id;
};

static const struct service_decision *decision_of(const struct service *s, str id)
{
	for (size_t i = 0; s && i < s->n_decisions; i++)
		if (str_eq(s->decisions[i].id, id))
			return &s->decisions[i];
	return NULL;
}

/* ---- answers ---- */

static struct replay_answer answer_of(struct replaying *m, const struct service *s,
                                      struct replay_one *one)
{
	struct replay_answer r = {0};
	struct decision_answer d = {0};
	if (!m->q->decision.n) {
		r.text = replay_process(one, s);
		return r;
	}
	const struct service_decision *by = decision_of(s, m->q->decision);
	currency cur;
	if (!by || service_decide(m->scratch, s, by->id, one->context, one->submitted, &d) != OK)
		return r;
	r.rule = d.rule;
	if (d.has_amount && currency_find(by->currency, &cur)) {
		r.amount = d.amount;
		r.currency = by->currency;
		r.text = str_fmt(m->scratch, "%.*s %.*s", STRF(by->currency),
		                 STRF(money_print(m->scratch, d.amount, cur)));
	} else if (d.value && !json_is(d.value, JSON_NULL)) {
		r.text = json_canonical(m->scratch, d.value);
	}
	return r;
}

/* ---- sums and pairs ---- */

static struct replay_sum *sum_of(struct replaying *m, str code)
{
	struct replay *o = m->out;
	for (size_t i = 0; i < o->n_sums; i++)
		if (str_eq(o->sum[i].currency, code))
			return &o->sum[i];
	if (o->n_sums == REPLAY_CURRENCIES_MAX)
		return NULL;
	o->sum[o->n_sums] = (struct replay_sum){.currency = str_dup(m->a, code)};
	return &o->sum[o->n_sums++];
}

static void add_amount(struct replaying *m, const struct replay_answer *x, bool now)
{
	struct replay_sum *s = x->currency.n ? sum_of(m, x->currency) : NULL;
	if (!s)
		return;
	s->cases += !now;
	*(now ? &s->now.minor : &s->then.minor) += x->amount.minor;
}

static void add_pair(struct replaying *m, const struct replay_case *x)
{
	struct replay *o = m->out;
	for (size_t i = 0; i < o->n_pairs; i++)
		if (str_eq(o->pair[i].then, x->then.text) && str_eq(o->pair[i].now, x->now.text)) {
			o->pair[i].n++;
			return;
		}
	if (o->n_pairs == REPLAY_PAIRS_MAX) {
		o->others++;
		return;
	}
	o->pair[o->n_pairs++] =
	    (struct replay_pair){str_dup(m->a, x->then.text), str_dup(m->a, x->now.text), 1,
	                         x->now.rule ? json_copy(m->a, x->now.rule) : NULL};
}

static int by_number(const void *x, const void *y)
{
	const struct replay_pair *a = x, *b = y;
	if (a->n != b->n)
		return a->n < b->n ? 1 : -1;
	int order = str_cmp(a->then, b->then);
	return order ? order : str_cmp(a->now, b->now);
}

/* ---- one case ---- */

/* Does deciding again give what was recorded? Of decisions amounts are, of processes how
 * they ended; what was withdrawn ended by no step of its own. */
static bool as_recorded(struct replaying *m, const struct event *e, const struct replay_case *x)
{
	if (m->q->decision.n && !str_eq(json_str(e->data, "decision"), m->q->decision))
		return true;
	if (m->q->decision.n)
		return str_eq(json_str(e->data, "currency"), x->then.currency) &&
		       json_int(e->data, "fee", 0) == x->then.amount.minor;
	rows *r = db_query(m->c, &sql_replay_outcome, D_INT(x->id));
	str ended = db_next(r) ? str_dup(m->scratch, db_text(r, 0)) : (str){0};
	db_done(r);
	return !ended.n || str_eq(ended, STR("withdrawn")) ||
	       str_eq(x->then.text, str_cat(m->scratch, STR("end:"), ended));
}

static void one_case(struct replaying *m, const struct event *e, instant submitted)
{
	struct replay *o = m->out;
	o->cases++;
	const json *answers = json_get(e->secret, "answers");
	if (!answers) {
		o->erased++;
		return;
	}
	struct replay_case x = {.id = e->case_id,
	                        .version = json_int(e->data, "version", 0),
	                        .reference = json_str(e->data, "reference"),
	                        .entity = e->entity,
	                        .submitted = submitted};
	struct replay_one one = {.a = m->scratch, .c = m->c, .p = m->p, .e = e, .submitted = submitted};
	one.context =
	    service_context(m->scratch, m->p, json_get(e->secret, "applicant"), answers, submitted);
	const struct service *then = service_at(m->k, m->c, m->q->candidate->id, x.version);
	x.then = answer_of(m, then, &one);
	x.now = answer_of(m, m->q->candidate, &one);
	o->unequal += !as_recorded(m, e, &x);
	add_amount(m, &x.then, false);
	add_amount(m, &x.now, true);
	if (str_eq(x.then.text, x.now.text)) {
		o->same++;
		return;
	}
	o->changed++;
	o->lost += !x.now.text.n;
	o->gained += !x.then.text.n;
	add_pair(m, &x);
	if (m->each)
		m->each(m->ctx, &x);
}

/* ---- pages of cases ---- */

static bool over_budget(const struct replaying *m)
{
	if (m->q->cases_max && m->out->cases >= m->q->cases_max)
		return true;
	return m->q->micros_max && clock_monotonic() - m->began >= m->q->micros_max;
}

/* How many cases the page held. */
static err page(struct replaying *m, int *n)
{
	err e = OK;
	*n = 0;
	rows *r = db_query(m->c, &sql_replay_page, D_TEXT(m->q->candidate->id), D_INT(m->at),
	                   D_INT(m->id), D_INT(m->q->to), D_INT(PAGE_CASES));
	while (!e && !m->out->limited && db_next(r)) {
		struct journal_row row;
		arena_mark mark = arena_save(m->scratch);
		if (over_budget(m)) {
			m->out->limited = true;
			break;
		}
		if (!journal_row_read(r, &row)) {
			e = ERR_internal;
			break;
		}
		m->at = db_int(r, 13);
		m->id = row.e.case_id;
		e = journal_row_open(m->k, m->c, m->scratch, &row);
		if (!e)
			one_case(m, &row.e, m->at);
		arena_rewind(m->scratch, mark);
		(*n)++;
	}
	db_done(r);
	return e ? e : db_error(m->c);
}

err case_replay(struct kernel *k, dbc *c, arena *a, const struct replay_ask *q,
                void (*each)(void *ctx, const struct replay_case *x), void *ctx, struct replay *out)
{
	struct replaying m = {.k = k,
	                      .c = c,
	                      .a = a,
	                      .q = q,
	                      .p = pack_current(k),
	                      .out = out,
	                      .each = each,
	                      .ctx = ctx,
	                      .began = clock_monotonic(),
	                      .at = q->from - 1,
	                      .id = INT64_MAX};
	*out = (struct replay){0};
	if (q->decision.n ? !decision_of(q->candidate, q->decision) : !q->candidate->process)
		return ERR_decision_unknown;
	jmp_buf oom;
	m.scratch = arena_create(SCRATCH_BYTES);
	if (!m.scratch)
		return ERR_out_of_memory;
	volatile err e = OK;
	arena_guard(m.scratch, &oom);
	if (setjmp(oom) == 0) {
		int n = PAGE_CASES;
		while (!e && n == PAGE_CASES)
			e = page(&m, &n);
	} else {
		e = ERR_out_of_memory;
	}
	arena_destroy(m.scratch);
	if (out->n_pairs)
		qsort(out->pair, out->n_pairs, sizeof *out->pair, by_number);
	out->micros = clock_monotonic() - m.began;
	return e;
}

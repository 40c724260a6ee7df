/* submit.c - from a draft to a case with a number, a fee and a process; and what
 * the applicant may do afterwards. */
#include "kernel/cases/cases_in.h"
#include "kernel/cases/statements.h"

#include "base/utf8.h"
#include "kernel/journal.h"

struct case_ready;

struct submission {
	struct tx *tx;
	struct kase q;
	const struct pack *p;
	const struct service *s;
	json *applicant, *answers, *context;
	const struct service_decision *fee_by; /* NULL: the service is free */
	struct decision_answer fee;
	const struct case_ready *ready; /* what was done before the command, or NULL */
};

struct case_ready {
	struct submission m;
	struct person who;
	instant at;
	struct ahead ahead;
	struct submitted_ahead names;
	const struct first_step *first; /* may be NULL */
};

/* Complaints are counted here, not shown: their texts need no catalogue. */
static str key_itself(void *ctx, arena *a, bool arabic, str key, const json *params)
{
	(void)ctx;
	(void)a;
	(void)arabic;
	(void)params;
	return key;
}

static struct form_env quiet(const struct pack *p, instant now)
{
	return (struct form_env){.today = p->calendar ? calendar_day(p->calendar, now) : now / DAY,
	                         .text = key_itself};
}

err form_check(struct tx *tx, const struct form *f, const json *answers)
{
	struct form_env env = quiet(pack_current(tx->k), tx->now);
	struct form_errors errors = {0};
	size_t page = 0;
	if (form_complete(f, answers, &env, tx->a, &page, &errors))
		return OK;
	str field = errors.count ? errors.at[0].field : form_page_id(f, page);
	return tx_fail(tx, ERR_form_incomplete, str_c(tx->a, field), "the page %.*s is not complete",
	               STRF(form_page_id(f, page)));
}

static err eligible(struct submission *m)
{
	const json *refusal = service_refusal(m->tx->a, m->s, m->context, m->tx->now);
	if (!refusal)
		return OK;
	return tx_fail(m->tx, ERR_not_eligible, "", "%.*s", STRF(json_str(refusal, "en")));
}

static err fix_fee(struct submission *m)
{
	for (size_t i = 0; i < m->s->n_decisions && !m->fee_by; i++)
		if (m->s->decisions[i].amount.n)
			m->fee_by = &m->s->decisions[i];
	if (!m->fee_by)
		return OK;
	err e = service_decide(m->tx->a, m->s, m->fee_by->id, m->context, m->tx->now, &m->fee);
	if (!e && (!m->fee.has_amount || m->fee.amount.minor < 0))
		return tx_fail(m->tx, ERR_case_engine, "", "the decision %.*s gives no amount",
		               STRF(m->fee_by->id));
	return e;
}

/* "IDL" from service.json, or the first letters of the words of its id. */
static str prefix_of(arena *a, const struct service *s)
{
	str given = json_str(s->definition, "reference"), rest = s->id, word;
	if (given.n)
		return given;
	buf b = buf_make(a, 16);
	while (str_cut(&rest, '-', &word))
		for (size_t i = 0; i < word.n && i < 1; i++)
			buf_putc(&b, (char)(word.p[i] >= 'a' && word.p[i] <= 'z' ? word.p[i] - 32 : word.p[i]));
	return buf_str(&b);
}

void case_number_take(struct tx *tx, const struct service *s, json *d)
{
	const struct pack *p = pack_current(tx->k);
	str prefix = prefix_of(tx->a, s);
	int64_t year = civil_of(tx->now, p ? p->utc_offset : 0).year;
	const struct dbv keys[] = {D_TEXT(prefix), D_INT(year)};
	int64_t n = held_sum(tx->db, &case_numbers, keys) + 1;
	json_set_str(tx->a, d, "reference",
	             str_fmt(tx->a, "%.*s-%lld-%06lld", STRF(prefix), (long long)year, (long long)n));
	json_set_str(tx->a, d, "prefix", prefix);
	json_set_int(tx->a, d, "year", year);
	json_set_int(tx->a, d, "number", n);
}

static json *secret_of(const struct submission *m)
{
	arena *a = m->tx->a;
	json *secret = json_object(a);
	if (m->fee.trace)
		json_set(a, secret, "trace", json_share(a, m->fee.trace));
	json_set(a, secret, "answers", json_share(a, m->answers));
	json_set(a, secret, "applicant", json_share(a, m->applicant));
	return secret;
}

static err emit_submitted(struct submission *m)
{
	struct tx *tx = m->tx;
	json *d = json_object(tx->a);
	json_set_str(tx->a, d, "service", m->s->id);
	json_set_int(tx->a, d, "version", m->s->version);
	json_set_str(tx->a, d, "channel", tx->actor.channel);
	json_set_int(tx->a, d, "due", case_due_first(tx, m->s));
	case_number_take(tx, m->s, d);
	if (m->fee_by) {
		json_set_str(tx->a, d, "decision", m->fee_by->id);
		json_set_int(tx->a, d, "fee", m->fee.amount.minor);
		json_set_str(tx->a, d, "currency", m->fee_by->currency);
		if (m->fee.rule)
			json_set(tx->a, d, "rule", json_share(tx->a, m->fee.rule));
	}
	m->q.entity = m->s->entity;
	struct emission e = emission_of(&m->q, "case.submitted", d, NULL);
	e.ahead = m->ready ? &m->ready->ahead : NULL;
	e.secret = e.ahead ? e.ahead->secret : secret_of(m);
	return tx_emit(tx, e);
}

/* Another undecided case of the same person and service. */
static err alone(struct submission *m)
{
	struct kase other;
	if (!json_truth(m->s->definition, "one_open_case") ||
	    !case_open_of(m->tx->db, m->tx->a, m->q.applicant, m->q.service, &other) ||
	    other.id == m->q.id || str_eq(other.state, STR("draft")))
		return OK;
	return tx_fail(m->tx, ERR_case_open, "", "%.*s is not decided yet", STRF(other.reference));
}

/* Of a draft that was read: the service, and what its rules and texts look at. */
static err gather(struct submission *m, const struct person *who, const json *answers)
{
	struct tx *tx = m->tx;
	if (!str_eq(m->q.state, STR("draft")))
		return tx_fail(tx, ERR_case_state, "", "the application was sent already");
	m->s = m->p ? pack_service(m->p, m->q.service) : NULL;
	if (!m->s || !m->s->process)
		return tx_fail(tx, ERR_case_state, "", "this service is no longer offered");
	m->applicant = person_view(tx->a, who);
	m->answers = form_submit_answers(m->s->form, answers, tx->a);
	m->context = service_context(tx->a, m->p, m->applicant, m->answers, tx->now);
	return OK;
}

static err examine(struct submission *m)
{
	err e = eligible(m);
	if (!e)
		e = form_check(m->tx, m->s->form, m->answers);
	return e ? e : fix_fee(m);
}

static err submit(struct submission *m)
{
	err e = emit_submitted(m);
	struct body sent = {.person = m->applicant, .answers = m->answers};
	struct cause with = {.body = &sent, .first = m->ready ? m->ready->first : NULL};
	return e ? e : case_advance(m->tx, m->q.id, NULL, with);
}

err case_submit(struct tx *tx, int64_t id)
{
	struct submission m = {.tx = tx, .p = pack_current(tx->k)};
	struct person who;
	err e = case_own(tx, id, &m.q);
	if (e)
		return e;
	if (!person_get(tx->db, tx->a, m.q.applicant, &who))
		return tx_fail(tx, ERR_not_found, "", "no such person");
	e = gather(&m, &who, case_answers(tx->db, tx->a, id));
	if (!e)
		e = alone(&m);
	if (!e)
		e = examine(&m);
	return e ? e : submit(&m);
}

/* ---- in two parts ---- */

/* As the case will be when case.submitted is recorded. */
static const struct first_step *first_step(const struct submission *m)
{
	struct kase q = m->q;
	struct body sent = {.person = m->applicant, .answers = m->answers};
	q.state = STR("submitted");
	q.version = m->s->version;
	if (m->fee_by) {
		q.fee = m->fee.amount;
		q.currency = m->fee_by->currency;
	}
	return case_first_step(m->tx, &q, m->s, &sent);
}

const struct case_ready *case_make_ready(struct kernel *k, dbc *c, arena *a, const struct kase *q,
                                         const struct person *who, const json *answers)
{
	struct tx tx = {.k = k, .db = c, .a = a, .now = kernel_now(k)}; /* it records nothing */
	struct case_ready *r = NEW(a, struct case_ready);
	*r = (struct case_ready){
	    .m = {.tx = &tx, .p = pack_current(k), .q = *q}, .who = *who, .at = tx.now};
	bool good =
	    gather(&r->m, who, answers) == OK && examine(&r->m) == OK &&
	    journal_seal_ahead(&tx, "case.submitted", q->applicant, secret_of(&r->m), &r->ahead);
	if (good)
		r->first = first_step(&r->m);
	explicit_bzero(&tx.key, sizeof tx.key);
	r->m.tx = NULL;
	r->names.names = person_words(a, r->m.applicant);
	r->ahead.derived = &r->names;
	return good ? r : NULL;
}

/* Rules may look at the clock: in another second they are asked again. */
static bool still_so(struct tx *tx, const struct case_ready *ready, const struct kase *q)
{
	struct person who;
	return q->revision == ready->m.q.revision && str_eq(q->state, ready->m.q.state) &&
	       pack_current(tx->k) == ready->m.p && tx->now / SECOND == ready->at / SECOND &&
	       person_get(tx->db, tx->a, q->applicant, &who) && person_equal(&who, &ready->who);
}

err case_submit_ready(struct tx *tx, const struct case_ready *ready, bool *stands)
{
	struct submission m = ready->m;
	struct kase q;
	err e = case_own(tx, m.q.id, &q);
	*stands = !e && still_so(tx, ready, &q);
	if (!*stands)
		return e;
	m.tx = tx;
	m.q = q;
	m.ready = ready;
	e = alone(&m);
	return e ? e : submit(&m);
}

/* ---- afterwards ---- */

static bool applicant_task(struct tx *tx, int64_t id, struct task *out)
{
	struct task list[DESKS_MAX];
	size_t n = case_tasks(tx->db, tx->a, id, true, list, DESKS_MAX);
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i].role, STR("applicant"))) {
			*out = list[i];
			return true;
		}
	return false;
}

err case_answer(struct tx *tx, int64_t id, const json *answers)
{
	struct kase q;
	struct task t;
	err e = case_own(tx, id, &q);
	if (e)
		return e;
	if (!applicant_task(tx, id, &t))
		return tx_fail(tx, ERR_case_state, "", "nothing is asked of the applicant");
	const struct service *s = service_at(tx->k, tx->db, q.service, q.version);
	json *all =
	    answers ? form_submit_answers(s->form, answers, tx->a) : case_answers(tx->db, tx->a, id);
	e = form_check(tx, s->form, all);
	if (e)
		return e;
	json *d = notice(tx, &q), *secret = json_object(tx->a);
	json_set_int(tx->a, d, "task", t.id);
	json_set(tx->a, secret, "answers", all);
	e = tx_emit(tx, emission_of(&q, "case.answered", d, secret));
	struct bpmn_trigger done = {.kind = BPMN_TASK_COMPLETED, .instance = t.instance};
	return e ? e : case_advance(tx, id, &done, (struct cause){0});
}

err case_withdraw(struct tx *tx, int64_t id, str reason)
{
	struct kase q;
	err e = case_own(tx, id, &q);
	if (e)
		return e;
	if (str_eq(q.state, STR("draft")))
		return tx_fail(tx, ERR_case_state, "", "a draft is discarded, not withdrawn");
	if (q.closed || q.outcome.n)
		return tx_fail(tx, ERR_case_closed, "", "the case is decided: %.*s", STRF(q.outcome));
	e = case_edge(tx, &q, CASE_WITHDRAW);
	if (e)
		return e;
	if (utf8_length(reason) > REASON_MAX_CHARS)
		return tx_fail(tx, ERR_bad_input, "reason", "at most %d characters", REASON_MAX_CHARS);
	struct bpmn_trigger t = {.kind = BPMN_CANCEL, .name = STR("withdrawn")};
	return case_advance(tx, id, &t, (struct cause){.reason = reason});
}

err case_rate(struct tx *tx, int64_t id, int rating, str words)
{
	struct kase q;
	err e = case_own(tx, id, &q);
	if (e)
		return e;
	if (!q.outcome.n || str_eq(q.outcome, STR("withdrawn")))
		return tx_fail(tx, ERR_case_state, "", "a case is rated once it is decided");
	if (q.rating)
		return tx_fail(tx, ERR_case_state, "rating", "the service was rated already");
	if (rating < 1 || rating > 5)
		return tx_fail(tx, ERR_bad_input, "rating", "choose 1 to 5");
	if (utf8_length(words) > REASON_MAX_CHARS)
		return tx_fail(tx, ERR_bad_input, "words", "at most %d characters", REASON_MAX_CHARS);
	json *d = notice(tx, &q), *secret = json_object(tx->a);
	json_set_int(tx->a, d, "rating", rating);
	json_set_str(tx->a, secret, "words", words);
	return tx_emit(tx, emission_of(&q, "case.rated", d, secret));
}

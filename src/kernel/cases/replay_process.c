/*
 * replay_process.c - another process over what people did in a case.
 *
 * The process runs from what the applicant sent; each task gets the answers that were
 * given at the element of the same id, in their order; decisions are asked, other work is
 * taken as done. When no answer fits and some are left, the timer that is due first
 * fires: so what was escalated is escalated again. Where nothing moves any more, the case
 * would wait.
 */
#include "kernel/cases/cases_in.h"
#include "kernel/cases/replay_in.h"
#include "kernel/cases/statements.h"

#define DONE_MAX  64
#define JOBS_MAX  64
#define MOVES_MAX 300

struct done {
	str element, outcome;
	json *answers;
	bool used;
};

struct sim {
	arena *a;
	const struct pack *p;
	const struct service *s;
	const json *context;
	json *state;
	str outcome;
	struct done *done;
	size_t n_done, left;
	struct {
		int64_t instance;
		const json *data;
	} job[JOBS_MAX];
	size_t n_jobs;
	instant now;
};

static size_t answers_of(dbc *c, arena *a, int64_t id, struct done *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_replay_tasks, D_INT(id));
	while (n < max && db_next(r))
		out[n++] = (struct done){.element = str_dup(a, db_text(r, 0)),
		                         .outcome = str_dup(a, db_text(r, 1)),
		                         .answers = json_parse(a, str_dup(a, db_text(r, 2)), NULL)};
	db_done(r);
	return n;
}

/* What the step asked for, and the outcome its last end declares. */
static void heed(struct sim *m, const struct bpmn_run *run)
{
	for (const struct bpmn_effect *f = run->first; f; f = f->next) {
		if (f->kind == BPMN_JOB_REQUESTED && m->n_jobs < JOBS_MAX) {
			m->job[m->n_jobs].instance = f->instance;
			m->job[m->n_jobs++].data = f->data;
		}
		if (f->kind != BPMN_ENTERED)
			continue;
		const json *el = bpmn_element_json(m->a, m->s->process, f->element);
		str said = json_text(json_path(el, "attributes.outcome"));
		if (said.n)
			m->outcome = said;
	}
}

static bool step(struct sim *m, const struct bpmn_trigger *t)
{
	struct bpmn_run run = case_run(m->a, m->p, m->now);
	json *next;
	if (bpmn_step(m->s->process, m->state, t, &run, &next) != OK)
		return false;
	m->state = next;
	heed(m, &run);
	return true;
}

static bool do_job(struct sim *m)
{
	if (!m->n_jobs)
		return false;
	int64_t instance = m->job[--m->n_jobs].instance;
	const json *data = m->job[m->n_jobs].data;
	json *vars = json_object(m->a);
	if (str_eq(json_str(data, "kind"), STR("businessRuleTask"))) {
		str decision = json_str(data, "decision"), into = json_str(data, "resultVariable");
		struct decision_answer d = {0};
		service_decide(m->a, m->s, decision, m->context, m->now, &d);
		json_set_key(m->a, vars, into.n ? into : decision, d.value ? d.value : json_null(m->a));
	}
	struct bpmn_trigger t = {.kind = BPMN_JOB_DONE, .instance = instance, .vars = vars};
	step(m, &t); /* work that was withdrawn meanwhile is no matter */
	return true;
}

static json *vars_of(struct sim *m, const struct done *d, str element)
{
	json *vars = d->answers && json_is(d->answers, JSON_OBJECT) ? json_copy(m->a, d->answers)
	                                                            : json_object(m->a);
	str result = json_str(bpmn_element_json(m->a, m->s->process, element), "resultVariable");
	if (d->outcome.n)
		json_set_str(m->a, vars, "decision", d->outcome);
	if (d->outcome.n && result.n)
		json_set_key(m->a, vars, result, json_string(m->a, d->outcome));
	return vars;
}

static bool do_task(struct sim *m, const json *waits)
{
	for (const json *v = waits->first; v; v = v->next) {
		str element = json_str(v, "element");
		for (size_t i = 0; str_eq(json_str(v, "kind"), STR("task")) && i < m->n_done; i++) {
			struct done *d = &m->done[i];
			if (d->used || !str_eq(d->element, element))
				continue;
			struct bpmn_trigger t = {.kind = BPMN_TASK_COMPLETED,
			                         .instance = json_int(v, "instance", 0),
			                         .vars = vars_of(m, d, element)};
			d->used = true;
			m->left--;
			return step(m, &t);
		}
	}
	return false;
}

static bool do_timer(struct sim *m, const json *waits)
{
	const json *first = NULL;
	for (const json *v = waits->first; v; v = v->next)
		if (str_eq(json_str(v, "kind"), STR("timer")) && json_get(v, "due") &&
		    (!first || json_int(v, "due", 0) < json_int(first, "due", 0)))
			first = v;
	if (!first || !m->left)
		return false;
	if (m->now < json_int(first, "due", 0))
		m->now = json_int(first, "due", 0);
	struct bpmn_trigger t = {.kind = BPMN_TIMER_FIRED, .instance = json_int(first, "instance", 0)};
	return step(m, &t);
}

/* "end:approved", "at:review": how it ends, or the first step it waits at. */
static str result_of(struct sim *m)
{
	str status = bpmn_status(m->state);
	if (str_eq(status, STR("incident")))
		return STR("incident");
	if (!str_eq(status, STR("active")))
		return str_cat(m->a, STR("end:"), m->outcome.n ? m->outcome : STR("approved"));
	const json *waits = bpmn_waiting(m->a, m->state);
	for (const json *v = waits->first; v; v = v->next)
		if (str_eq(json_str(v, "kind"), STR("task")))
			return str_cat(m->a, STR("at:"), json_str(v, "element"));
	return waits->first ? str_cat(m->a, STR("at:"), json_str(waits->first, "element")) : (str){0};
}

str replay_process(struct replay_one *one, const struct service *s)
{
	arena *a = one->a;
	struct done done[DONE_MAX];
	struct sim m = {
	    .a = a, .p = one->p, .s = s, .context = one->context, .done = done, .now = one->submitted};
	if (!s || !s->process)
		return (str){0};
	m.n_done = m.left = answers_of(one->c, a, one->e->case_id, done, DONE_MAX);
	struct body sent = {.person = json_get(one->e->secret, "applicant"),
	                    .answers = json_get(one->e->secret, "answers")};
	json *about = json_object(a);
	json_set_str(a, about, "reference", json_str(one->e->data, "reference"));
	json_set_str(a, about, "service", s->id);
	money fee = {json_int(one->e->data, "fee", 0)};
	json *vars = case_vars(a, &sent, fee, json_str(one->e->data, "currency"), about);
	struct bpmn_run run = case_run(a, m.p, m.now);
	if (bpmn_start(s->process, (str){0}, vars, &run, &m.state) != OK)
		return (str){0};
	heed(&m, &run);
	bool moved = true;
	for (int i = 0; moved && i < MOVES_MAX && str_eq(bpmn_status(m.state), STR("active")); i++) {
		const json *waits = bpmn_waiting(a, m.state);
		moved = do_job(&m) || do_task(&m, waits) || do_timer(&m, waits);
	}
	return result_of(&m);
}

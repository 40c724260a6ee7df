/*
 * foresee.c - what sending an application will ask for at once.
 *
 * The process is started as case_submit starts it, over the draft's answers, and what
 * the kernel carries out by itself is carried out: rules are asked, work that nobody is
 * waited for is done. Where it stands then is where the case will stand once it is sent.
 */
#include "kernel/cases/cases_in.h"

struct foresight {
	arena *a;
	const struct case_sending *w;
	const json *context;
	json *state;
	bool payment; /* waits for it */
};

/* False: nothing goes on by itself from here. */
static bool done_at_once(struct foresight *m, const struct bpmn_effect *f, json **vars)
{
	*vars = json_object(m->a);
	if (!is_rule(f))
		return work_at_once(json_str(f->data, "type"), m->w->fee);
	str decision = json_str(f->data, "decision"), into = json_str(f->data, "resultVariable");
	struct decision_answer d = {0};
	if (service_decide(m->a, m->w->s, decision, m->context, m->w->now, &d) != OK)
		return false;
	json_set_key(m->a, *vars, into.n ? into : decision, d.value ? d.value : json_null(m->a));
	return true;
}

/* A step appends to the effects of the run, so those that follow are met here, too. */
static void follow(struct foresight *m, struct bpmn_run *run)
{
	size_t n = 0;
	for (const struct bpmn_effect *f = run->first; f && n < AUTO_STEPS_MAX; f = f->next) {
		json *vars, *next;
		if (f->kind != BPMN_JOB_REQUESTED)
			continue;
		struct bpmn_trigger t = {.kind = BPMN_JOB_DONE, .instance = f->instance};
		if (!done_at_once(m, f, &vars))
			continue;
		n++;
		t.vars = vars;
		if (bpmn_step(m->w->s->process, m->state, &t, run, &next) == OK)
			m->state = next;
	}
}

static bool waits_for_payment(const struct foresight *m)
{
	const json *waits = bpmn_waiting(m->a, m->state);
	for (const json *v = waits->first; v; v = v->next) {
		const json *el = bpmn_element_json(m->a, m->w->s->process, json_str(v, "element"));
		if (str_eq(json_str(v, "kind"), STR("job")) &&
		    str_eq(json_str(el, "type"), STR("payment")))
			return true;
	}
	return false;
}

enum case_payment case_pays(arena *a, const struct case_sending *w)
{
	struct foresight m = {.a = a, .w = w};
	struct body sent = {.person = w->applicant, .answers = w->answers};
	struct bpmn_run run = case_run(a, w->p, w->now);
	json *about = json_object(a);
	if (!w->fee.minor || !w->s->process || !bpmn_asks(w->s->process, STR("payment")))
		return CASE_PAYS_NOTHING;
	json_set_str(a, about, "reference", STR("0")); /* it has none yet */
	json_set_str(a, about, "service", w->s->id);
	json_set_int(a, about, "version", w->s->version);
	m.context = service_context(a, w->p, w->applicant, w->answers, w->now);
	json *vars = case_vars(a, &sent, w->fee, w->currency, about);
	if (bpmn_start(w->s->process, (str){0}, vars, &run, &m.state) != OK)
		return CASE_PAYS_LATER; /* sending will be refused, and tell why */
	follow(&m, &run);
	return waits_for_payment(&m) ? CASE_PAYS_NOW : CASE_PAYS_LATER;
}

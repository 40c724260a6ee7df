#include "app/live.h"

#include "kernel/authority/authority.h"
#include "kernel/outbox/outbox.h"

/* What one command does, for the decide functions below. */
struct doing {
	struct live *l;
	struct task task;
	json *value;
	struct officer *officer;
	int64_t instance;
};

void live_trouble(struct live *l, str what)
{
	if (!l->trouble.n)
		l->trouble = what;
}

err live_run(struct live *l, int64_t person, err (*decide)(struct tx *tx, void *ctx), void *ctx)
{
	struct action x = {.k = l->k,
	                   .a = l->a,
	                   .actor = {.person = person, .channel = person ? l->channel : STR("cli")},
	                   .decide = decide,
	                   .ctx = ctx};
	err e = kernel_run(&x);
	if (e && e != ERR_case_four_eyes)
		live_trouble(l, str_fmt(l->a, "%s: %.*s", err_find(e)->name, STRF(x.fault.detail)));
	return e;
}

static err run(struct live *l, int64_t person, err (*decide)(struct tx *, void *), struct doing *d)
{
	d->l = l;
	return live_run(l, person, decide, d);
}

/* ---- looking ---- */

struct kase live_case(struct live *l)
{
	struct kase q = {0};
	dbc *c = db_reader(l->k->db);
	case_get(c, l->a, l->id, &q);
	db_reader_return(c);
	return q;
}

size_t live_tasks(struct live *l, struct task *out)
{
	dbc *c = db_reader(l->k->db);
	size_t n = case_tasks(c, l->a, l->id, true, out, TASKS_MAX);
	db_reader_return(c);
	return n;
}

/* The instance of a service task that waits; 0 if none does. */
int64_t live_waits(struct live *l, str element)
{
	int64_t instance = 0;
	dbc *c = db_reader(l->k->db);
	json *list = case_waiting(c, l->a, l->id);
	db_reader_return(c);
	for (const json *v = list->first; v; v = v->next)
		if (str_eq(json_str(v, "element"), element) && str_eq(json_str(v, "kind"), STR("job")))
			instance = json_int(v, "instance", 0);
	return instance;
}

/* ---- officers ---- */

static err hire(struct tx *tx, void *ctx)
{
	struct doing *d = ctx;
	err e = OK;
	for (int i = 0; i < OFFICERS_OF && e == OK; i++) {
		struct person p = {.national_number = str_fmt(tx->a, "99%05zu%02d", d->l->crew->n, i),
		                   .name_en = STR("Trial Officer"),
		                   .name_ar = STR("موظف تجريبي"),
		                   .nationality = STR("BHR"),
		                   .group = STR("citizen"),
		                   .birth_date = STR("1980-01-01"),
		                   .language = STR("en"),
		                   .staff = true};
		e = person_register(tx, &p);
		d->officer->id[i] = p.id;
		if (e == OK)
			e = role_grant(tx, p.id, d->officer->role, d->officer->entity, 0);
	}
	return e;
}

static struct officer *officer_for(struct live *l, str role, str entity)
{
	struct doing d = {0};
	for (size_t i = 0; i < l->crew->n; i++)
		if (str_eq(l->crew->officer[i].role, role) && str_eq(l->crew->officer[i].entity, entity))
			return &l->crew->officer[i];
	if (l->crew->n == OFFICERS_MAX) {
		live_trouble(l, STR("the scenarios ask for too many roles"));
		return NULL;
	}
	d.officer = &l->crew->officer[l->crew->n];
	*d.officer =
	    (struct officer){.role = str_dup(l->crew->a, role), .entity = str_dup(l->crew->a, entity)};
	if (run(l, 0, hire, &d))
		return NULL;
	l->crew->n++;
	return d.officer;
}

/* ---- steps ---- */

static err claim(struct tx *tx, void *ctx)
{
	return task_claim(tx, ((struct doing *)ctx)->task.id);
}

static err complete(struct tx *tx, void *ctx)
{
	struct doing *d = ctx;
	struct kase q;
	case_get(tx->db, tx->a, d->l->id, &q);
	return task_complete(tx, d->task.id, q.revision, json_str(d->l->step, "outcome"),
	                     json_str(d->l->step, "reason"), json_get(d->l->step, "vars"));
}

static void do_task(struct live *l, str element)
{
	struct task list[TASKS_MAX];
	struct doing d = {0};
	size_t n = live_tasks(l, list), i = 0;
	while (i < n && !str_eq(list[i].element, element))
		i++;
	if (i == n) {
		live_trouble(l, str_fmt(l->a, "the task \"%.*s\" is not open", STRF(element)));
		return;
	}
	d.task = list[i];
	struct officer *by = officer_for(l, list[i].role, list[i].entity);
	for (int k = 0; by && k < OFFICERS_OF && by->id[k]; k++) {
		err e = run(l, by->id[k], claim, &d);
		if (e == OK)
			run(l, by->id[k], complete, &d);
		if (e != ERR_case_four_eyes)
			return;
	}
	live_trouble(l, STR("no officer may do it: each has done what another must have done"));
}

static err work(struct tx *tx, void *ctx)
{
	struct doing *d = ctx;
	return case_work_done(tx, d->l->id, d->instance, NULL);
}

/* A document that the platform has made by itself meanwhile is done already. */
static void do_work(struct live *l, str element)
{
	struct doing d = {.instance = live_waits(l, element)};
	if (!d.instance) {
		live_trouble(l, str_fmt(l->a, "the process does not wait for \"%.*s\"", STRF(element)));
		return;
	}
	const json *el = bpmn_element_json(l->a, l->s->process, element);
	if (str_eq(json_str(el, "type"), STR("issue")))
		scheduler_drain(l->k);
	if (live_waits(l, element) == d.instance)
		run(l, 0, work, &d);
}

static json *merged(struct live *l, const json *changes)
{
	if (l->prepare)
		changes = l->prepare(l, changes);
	dbc *c = db_reader(l->k->db);
	json *all = json_copy(l->a, case_answers(c, l->a, l->id));
	db_reader_return(c);
	for (const json *v = changes ? changes->first : NULL; v; v = v->next)
		json_set_key(l->a, all, v->key, json_copy(l->a, v));
	return all;
}

static err answer(struct tx *tx, void *ctx)
{
	struct doing *d = ctx;
	return case_answer(tx, d->l->id, d->value);
}

static err withdraw(struct tx *tx, void *ctx)
{
	struct doing *d = ctx;
	return case_withdraw(tx, d->l->id, json_str(d->l->step, "withdraw"));
}

static err open_draft(struct tx *tx, void *ctx)
{
	struct doing *d = ctx;
	struct kase q;
	err e = draft_open(tx, d->l->s, d->l->applicant, &q);
	d->l->id = q.id;
	return e;
}

static err save(struct tx *tx, void *ctx)
{
	struct doing *d = ctx;
	return draft_save(tx, d->l->id, d->value, NULL);
}

static err submit(struct tx *tx, void *ctx)
{
	return case_submit(tx, ((struct doing *)ctx)->l->id);
}

bool live_apply(struct live *l, const json *answers, bool refused)
{
	struct doing d = {0};
	if (run(l, l->applicant, open_draft, &d))
		return false;
	d.value = merged(l, answers);
	if (run(l, l->applicant, save, &d))
		return false;
	err e = run(l, l->applicant, submit, &d);
	if (refused && e == ERR_not_eligible)
		l->trouble = (str){0};
	else if (refused)
		live_trouble(l, STR("the application was accepted"));
	return e == OK && !refused;
}

void live_step(struct live *l, const json *step)
{
	struct doing d = {0};
	l->step = step;
	if (json_get(step, "work")) {
		do_work(l, json_str(step, "work"));
	} else if (json_get(step, "task")) {
		do_task(l, json_str(step, "task"));
	} else if (json_get(step, "withdraw")) {
		run(l, l->applicant, withdraw, &d);
	} else {
		d.value = merged(l, json_get(step, "answer"));
		run(l, l->applicant, answer, &d);
	}
}

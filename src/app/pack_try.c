#include "app/pack_try.h"

#include "app/systems.h"
#include "kernel/authority/authority.h"
#include "kernel/cases/cases.h"
#include "kernel/journal.h"
#include "kernel/outbox/outbox.h"
#include "kernel/pack/demo.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TRIAL_ARENA_BYTES ((size_t)512 * 1024 * 1024)
#define OFFICERS_MAX      64
#define TASKS_MAX         64
#define OFFICERS_OF       2 /* of each role, so that four-eyes steps find the second */

struct officer {
	str role, entity;
	int64_t id[OFFICERS_OF];
};

struct trial {
	arena *a;
	struct kernel *k;
	const struct organ *organs[APP_ORGANS_MAX];
	char dir[64];
	instant now;
	const struct pack_source *source;
	const struct pack *pack;
	struct demo *people;
	struct officer officer[OFFICERS_MAX];
	size_t n_officers;
	/* of the scenario under way */
	const struct service *s;
	const json *step;
	int64_t applicant, id;
	str trouble;
};

/* What one command does, for the decide functions below. */
struct doing {
	struct trial *t;
	struct task task;
	json *value;
	struct officer *officer;
	int64_t instance;
};

static instant trial_now(void *ctx)
{
	return ((struct trial *)ctx)->now;
}

static void trouble(struct trial *t, str what)
{
	if (!t->trouble.n)
		t->trouble = what;
}

static err run(struct trial *t, int64_t person, err (*decide)(struct tx *, void *), struct doing *d)
{
	struct action x = {.k = t->k,
	                   .a = t->a,
	                   .actor = {.person = person, .channel = STR("web")},
	                   .decide = decide,
	                   .ctx = d};
	d->t = t;
	err e = kernel_run(&x);
	if (e && e != ERR_case_four_eyes)
		trouble(t, str_fmt(t->a, "%s: %.*s", err_find(e)->name, STRF(x.fault.detail)));
	return e;
}

/* ---- a platform of its own ---- */

static err put(struct tx *tx, void *ctx)
{
	struct trial *t = ((struct doing *)ctx)->t;
	err e = pack_put(tx, t->source, t->pack);
	return e || !t->people ? e : demo_put(tx, t->people);
}

static bool begin(struct trial *t, const struct config *c, str *why)
{
	size_t n = app_organs(t->organs);
	struct doing d = {0};
	snprintf(t->dir, sizeof t->dir, "/tmp/diwan-try.XXXXXX");
	if (!mkdtemp(t->dir)) {
		*why = STR("no temporary folder can be made");
		return false;
	}
	struct kernel_options o = {.database = str_fmt(t->a, "sqlite:%s/trial.db", t->dir),
	                           .data_dir = str_of(t->dir),
	                           .clock = {trial_now, t},
	                           .organs = t->organs,
	                           .n_organs = n,
	                           .config = c,
	                           .migrate = true};
	if (kernel_open(&o, &t->k, why) != OK)
		return false;
	if (run(t, 0, put, &d) == OK && pack_refresh(t->k, why) == OK) {
		*why = (str){0};
		return true;
	}
	*why = t->trouble.n ? t->trouble : *why;
	return false;
}

static int forget(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static void end(struct trial *t)
{
	kernel_close(t->k);
	if (t->dir[0])
		nftw(t->dir, forget, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- looking ---- */

static struct kase look(struct trial *t)
{
	struct kase q = {0};
	dbc *c = db_reader(t->k->db);
	case_get(c, t->a, t->id, &q);
	db_reader_return(c);
	return q;
}

static size_t open_tasks(struct trial *t, struct task *out)
{
	dbc *c = db_reader(t->k->db);
	size_t n = case_tasks(c, t->a, t->id, true, out, TASKS_MAX);
	db_reader_return(c);
	return n;
}

/* The instance of a service task that waits; 0 if none does. */
static int64_t waiting_work(struct trial *t, str element)
{
	int64_t instance = 0;
	dbc *c = db_reader(t->k->db);
	json *list = case_waiting(c, t->a, t->id);
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
		struct person p = {.national_number = str_fmt(tx->a, "99%05zu%02d", d->t->n_officers, i),
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

static struct officer *officer_for(struct trial *t, str role, str entity)
{
	struct doing d = {0};
	for (size_t i = 0; i < t->n_officers; i++)
		if (str_eq(t->officer[i].role, role) && str_eq(t->officer[i].entity, entity))
			return &t->officer[i];
	if (t->n_officers == OFFICERS_MAX) {
		trouble(t, STR("the scenarios ask for too many roles"));
		return NULL;
	}
	d.officer = &t->officer[t->n_officers];
	*d.officer = (struct officer){.role = str_dup(t->a, role), .entity = str_dup(t->a, entity)};
	if (run(t, 0, hire, &d))
		return NULL;
	t->n_officers++;
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
	case_get(tx->db, tx->a, d->t->id, &q);
	return task_complete(tx, d->task.id, q.revision, json_str(d->t->step, "outcome"),
	                     json_str(d->t->step, "reason"), json_get(d->t->step, "vars"));
}

static void do_task(struct trial *t, str element)
{
	struct task list[TASKS_MAX];
	struct doing d = {0};
	size_t n = open_tasks(t, list), i = 0;
	while (i < n && !str_eq(list[i].element, element))
		i++;
	if (i == n) {
		trouble(t, str_fmt(t->a, "the task \"%.*s\" is not open", STRF(element)));
		return;
	}
	d.task = list[i];
	struct officer *by = officer_for(t, list[i].role, list[i].entity);
	for (int k = 0; by && k < OFFICERS_OF; k++) {
		err e = run(t, by->id[k], claim, &d);
		if (e == OK)
			run(t, by->id[k], complete, &d);
		if (e != ERR_case_four_eyes)
			return;
	}
	trouble(t, STR("no officer may do it: each has done what another must have done"));
}

static err work(struct tx *tx, void *ctx)
{
	struct doing *d = ctx;
	return case_work_done(tx, d->t->id, d->instance, NULL);
}

/* A document that the platform has made by itself meanwhile is done already. */
static void do_work(struct trial *t, str element)
{
	struct doing d = {.instance = waiting_work(t, element)};
	if (!d.instance) {
		trouble(t, str_fmt(t->a, "the process does not wait for \"%.*s\"", STRF(element)));
		return;
	}
	const json *el = bpmn_element_json(t->a, t->s->process, element);
	if (str_eq(json_str(el, "type"), STR("issue")))
		scheduler_drain(t->k);
	if (waiting_work(t, element) == d.instance)
		run(t, 0, work, &d);
}

static json *merged(struct trial *t, const json *changes)
{
	dbc *c = db_reader(t->k->db);
	json *all = json_copy(t->a, case_answers(c, t->a, t->id));
	db_reader_return(c);
	for (const json *v = changes ? changes->first : NULL; v; v = v->next)
		json_set_key(t->a, all, v->key, json_copy(t->a, v));
	return all;
}

static err answer(struct tx *tx, void *ctx)
{
	struct doing *d = ctx;
	return case_answer(tx, d->t->id, d->value);
}

static err withdraw(struct tx *tx, void *ctx)
{
	struct doing *d = ctx;
	return case_withdraw(tx, d->t->id, json_str(d->t->step, "withdraw"));
}

/* "P30D" or "PT5H": an hour at a time, so that timers come in their order. */
static void pass_time(struct trial *t, str text)
{
	bool days = text.p[text.n - 1] == 'D';
	int64_t n = 0;
	str_i64(str_sub(text, days ? 1 : 2, text.n - 1), &n);
	for (int64_t i = 0; i < n; i++) {
		t->now += days ? DAY : HOUR;
		scheduler_drain(t->k);
	}
}

static void expect(struct trial *t, const json *v)
{
	struct kase q = look(t);
	str then = json_str(v, "then");
	const json *open = json_get(v, "open");
	if (then.n && !str_eq(q.state, then))
		trouble(t, str_fmt(t->a, "the case is %.*s, not %.*s", STRF(q.state), STRF(then)));
	struct task list[TASKS_MAX];
	size_t n = open ? open_tasks(t, list) : 0;
	for (const json *o = open ? open->first : NULL; o; o = o->next) {
		size_t i = 0;
		while (i < n && !str_eq(list[i].element, o->s))
			i++;
		if (i == n)
			trouble(t, str_fmt(t->a, "the task \"%.*s\" is not open", STRF(o->s)));
	}
	if (open && n != open->count)
		trouble(t, str_fmt(t->a, "%zu tasks are open, not %zu", n, open->count));
}

static void do_step(struct trial *t, const json *v)
{
	struct doing d = {0};
	t->step = v;
	t->now += MINUTE;
	if (json_get(v, "work")) {
		do_work(t, json_str(v, "work"));
	} else if (json_get(v, "task")) {
		do_task(t, json_str(v, "task"));
	} else if (json_get(v, "wait")) {
		pass_time(t, json_str(v, "wait"));
	} else if (json_get(v, "withdraw")) {
		run(t, t->applicant, withdraw, &d);
	} else {
		d.value = merged(t, json_get(v, "answer"));
		run(t, t->applicant, answer, &d);
	}
	expect(t, v);
}

/* ---- a scenario ---- */

static err open_draft(struct tx *tx, void *ctx)
{
	struct doing *d = ctx;
	struct kase q;
	err e = draft_open(tx, d->t->s, d->t->applicant, &q);
	d->t->id = q.id;
	return e;
}

static err save(struct tx *tx, void *ctx)
{
	struct doing *d = ctx;
	return draft_save(tx, d->t->id, d->value, NULL);
}

static err submit(struct tx *tx, void *ctx)
{
	return case_submit(tx, ((struct doing *)ctx)->t->id);
}

static int64_t person_of(struct trial *t, str account)
{
	const json *v = json_get(t->pack->demo, "accounts");
	struct person p = {0};
	for (v = v ? v->first : NULL; v && !str_eq(json_str(v, "id"), account); v = v->next)
		continue;
	dbc *c = db_reader(t->k->db);
	person_by_number(c, t->a, json_str(v, "national_number"), &p);
	db_reader_return(c);
	return p.id;
}

/* Sent, or refused as expected: then nothing follows. */
static bool apply(struct trial *t, const json *v)
{
	struct doing d = {0};
	bool refused = json_get(v, "refused") != NULL;
	if (run(t, t->applicant, open_draft, &d))
		return false;
	d.value = merged(t, json_get(v, "answers"));
	if (run(t, t->applicant, save, &d))
		return false;
	err e = run(t, t->applicant, submit, &d);
	if (refused && e == ERR_not_eligible)
		t->trouble = (str){0};
	else if (refused)
		trouble(t, STR("the application was accepted"));
	return e == OK && !refused;
}

static str live(struct trial *t, const json *v)
{
	int64_t fee = json_int(v, "fee_minor", -1), n = 0;
	t->trouble = (str){0};
	time_parse(json_str(v, "at"), &t->now);
	t->applicant = person_of(t, json_str(v, "applicant"));
	if (!apply(t, v))
		return t->trouble;
	expect(t, v);
	if (fee >= 0 && look(t).fee.minor != fee)
		trouble(t, str_fmt(t->a, "the fee is %lld", (long long)look(t).fee.minor));
	const json *steps = json_get(v, "steps");
	for (const json *s = steps ? steps->first : NULL; s && !t->trouble.n; s = s->next) {
		n++;
		do_step(t, s);
	}
	str outcome = json_str(v, "outcome");
	if (!t->trouble.n && !str_eq(look(t).outcome, outcome))
		trouble(t, str_fmt(t->a, "the outcome is \"%.*s\"", STRF(look(t).outcome)));
	return t->trouble.n && n ? str_fmt(t->a, "step %lld: %.*s", (long long)n, STRF(t->trouble))
	                         : t->trouble;
}

/* Each scenario has a platform to itself: time goes forward only, and what one
 * person did does not stand in the next one's way. */
static str try_one(struct trial *t, const struct config *c, str service, const json *v, str *why)
{
	str trouble = {0};
	struct rebuild_report r;
	time_parse(json_str(v, "at"), &t->now);
	if (begin(t, c, why)) {
		t->s = pack_service(pack_current(t->k), service);
		trouble = live(t, v);
		if (journal_rebuild(t->k, t->a, false, &r) != OK || r.different)
			trouble = STR("the journal does not give the same tables again");
	}
	end(t);
	return trouble;
}

bool pack_try(arena *a, const struct config *c, const struct pack_source *s, const struct pack *p,
              str service, void (*told)(void *ctx, const struct trial_result *r), void *ctx,
              str *why)
{
	struct demo *people = demo_prepare(NULL, a, p);
	bool good = true;
	*why = (str){0};
	for (size_t i = 0; i < p->n_services; i++) {
		const struct service *x = &p->services[i];
		const json *list = json_get(x->scenarios, "scenarios");
		if (service.n && !str_eq(service, x->id))
			continue;
		for (const json *v = list ? list->first : NULL; v && !why->n; v = v->next) {
			arena *own = arena_create(TRIAL_ARENA_BYTES);
			struct trial t = {.a = own, .source = s, .pack = p, .people = people};
			struct trial_result r = {x->id, json_text(json_path(v, "name.en")), {0}};
			r.trouble = try_one(&t, c, x->id, v, why);
			good &= !r.trouble.n && !why->n;
			if (why->n)
				*why = str_dup(a, *why);
			else
				told(ctx, &r);
			arena_destroy(own);
		}
	}
	return good;
}

/* tasks.c - lists of application files and of their open tasks; completing one. */
#include "systems/desk/registration/registration.h"

#define LINES 200 /* read at a time */

bool reg_first_task(dbc *c, arena *a, int64_t case_id, struct task *out)
{
	return case_tasks(c, a, case_id, true, out, 1) == 1;
}

static str number(arena *a, int64_t id)
{
	return id ? str_fmt(a, "%lld", (long long)id) : (str){0};
}

/* ---- what a list asks for ---- */

struct asked {
	struct case_filter f;
	int64_t skip, max;
	bool nothing; /* a filter that no case can meet */
	struct kase one;
	bool single; /* only `one` */
};

static bool sort_read(struct req *r, struct case_filter *f)
{
	str by = req_field(r, "sortBy"), order = req_field(r, "sortOrder");
	bool asc = str_eq(order, STR("asc")), desc = str_eq(order, STR("desc"));
	f->sort = str_eq(by, STR("dueDate")) ? CASE_BY_DUE : CASE_BY_RECEIVED;
	f->descending = desc;
	if (!by.n && !order.n)
		return true;
	return (asc || desc) && (str_eq(by, STR("created")) || str_eq(by, STR("dueDate")));
}

static bool count_read(struct req *r, const char *name, int64_t otherwise, int64_t most,
                       int64_t *out)
{
	str s = req_field(r, name);
	*out = otherwise;
	return !s.n || (str_i64(s, out) && *out >= 0 && *out <= most);
}

/* firstResult, maxResult, sortBy, sortOrder, and the filters that both lists have. */
static err asked_read(struct req *r, struct asked *q)
{
	str service = req_field(r, "serviceId"), applicant = req_field(r, "applicantId");
	str *entity;
	struct person p;
	*q = (struct asked){.f.holder = CASE_ANYBODY};
	q->f.n_entities =
	    may_where(&r->session.rights, PERM_case_read, r->a, &entity, &q->f.everywhere);
	q->f.entities = entity;
	if (!sort_read(r, &q->f) || !count_read(r, "firstResult", 0, REG_SKIP_MAX, &q->skip) ||
	    !count_read(r, "maxResult", REG_RESULTS, REG_RESULTS_MAX, &q->max))
		return reg_refuse(r, 400, "desk.registration.bad_list");
	if (service.n) {
		const struct service *s = reg_service(r, service);
		q->nothing |= !s;
		q->f.service = s ? s->id : (str){0};
	}
	if (applicant.n) {
		q->nothing |= !person_by_number(r->db, r->a, applicant, &p);
		q->f.applicant = q->nothing ? 0 : p.id;
	}
	return OK;
}

/* Calls `each` for the cases of a list, in order, until it gives false. */
static void cases_each(struct req *r, struct asked *q, bool (*each)(void *, struct kase *),
                       void *ctx)
{
	struct case_line *l = NEWN(r->a, struct case_line, LINES);
	struct kase k;
	size_t n = q->nothing || q->single ? 0 : LINES, seen = 0;
	if (q->single && !q->nothing)
		each(ctx, &q->one);
	while (n == LINES && seen <= REG_SKIP_MAX) {
		n = case_list(r->db, r->a, &q->f, l, LINES);
		seen += n;
		for (size_t i = 0; i < n; i++)
			if (case_get(r->db, r->a, l[i].id, &k) && !each(ctx, &k))
				return;
		if (n) {
			q->f.more = true;
			q->f.after_key = l[n - 1].key;
			q->f.after_id = l[n - 1].id;
		}
	}
}

struct listing {
	struct req *r;
	struct asked q;
	json *list;
	int64_t seen;
	int64_t assignee; /* of tasks; -1: any */
	int64_t task;     /* only tasks of the case whose first task it is; 0: any */
};

/* Is the next one on the page that is asked for? */
static bool on_page(struct listing *g)
{
	return g->seen++ >= g->q.skip && (int64_t)g->list->count < g->q.max;
}

/* ---- application files ---- */

static json *line(struct req *r, const struct kase *q)
{
	json *o = json_object(r->a);
	struct task t;
	const struct pack *p = pack_current(r->k);
	const struct service *s = p ? pack_service(p, q->service) : NULL;
	json_set_str(r->a, o, "fileId", q->reference);
	if (reg_first_task(r->db, r->a, q->id, &t)) {
		json_set_str(r->a, o, "mainTaskId", number(r->a, t.id));
		json_set_str(r->a, o, "taskTitle", req_pick(r, desk_task_name(r, &t)));
		json_set_str(r->a, o, "roleId", t.role);
		json_set_str(r->a, o, "roleName", reg_role(r, t.role));
	}
	json_set_str(r->a, o, "assigneeId", number(r->a, q->holder));
	json_set_str(r->a, o, "operatorName", reg_name(r, q->holder));
	json_set(r->a, o, "status", reg_status(r, q));
	json_set_str(r->a, o, "applicantId", reg_applicant_id(r, q->applicant));
	reg_time(r, o, "created", q->opened);
	reg_time(r, o, "registered", q->submitted);
	json_set_str(r->a, o, "description", s ? req_pick(r, json_get(s->card, "summary")) : (str){0});
	json_set_str(r->a, o, "serviceName", reg_title(r, s, q->service));
	json_set_str(r->a, o, "serviceId", reg_service_id(r->a, q->service));
	json_set_str(r->a, o, "eformId", reg_form_id(r->a, q->service, (str){0}));
	return o;
}

static bool file_listed(void *ctx, struct kase *q)
{
	struct listing *g = ctx;
	if (on_page(g))
		json_push(g->list, line(g->r, q));
	return (int64_t)g->list->count < g->q.max;
}

err page_reg_files(struct req *r)
{
	struct listing g = {.r = r, .list = json_array(r->a)};
	err e = reg_enter(r, true);
	if (!e && !reg_answered(r))
		e = asked_read(r, &g.q);
	if (e || reg_answered(r))
		return e;
	cases_each(r, &g.q, file_listed, &g);
	return req_content(r, "application/json", json_print(r->a, g.list), NULL);
}

/* ---- tasks ---- */

static json *task_line(struct req *r, const struct kase *q, const struct task *t, const char *name)
{
	json *o = json_object(r->a);
	json_set_str(r->a, o, "taskId", number(r->a, t->id));
	json_set_str(r->a, o, name, req_pick(r, desk_task_name(r, t)));
	json_set_str(r->a, o, "assigneeId", number(r->a, t->holder));
	json_set_str(r->a, o, "roleId", t->role);
	reg_time(r, o, "created", t->opened);
	json_set_str(r->a, o, "description", t->element);
	json_set_str(r->a, o, "fileId", q->reference);
	json_set_str(r->a, o, "serviceId", reg_service_id(r->a, q->service));
	json_set_str(r->a, o, "serviceName", req_pick(r, desk_service(r, q->service)));
	json_set_str(r->a, o, "eFormId", reg_form_id(r->a, q->service, t->form));
	json_set(r->a, o, "status", reg_status(r, q));
	return o;
}

/* May this caller see it? A task of the applicant's is seen by who sees the case. */
static bool task_seen(struct req *r, const struct task *t, enum permission p)
{
	return str_eq(t->role, STR("applicant")) ? desk_allowed(r, p, t->case_id)
	                                         : may(&r->session.rights, p, t->entity);
}

static bool tasks_listed(void *ctx, struct kase *q)
{
	struct listing *g = ctx;
	struct task t[TASKS_MAX];
	size_t n = case_tasks(g->r->db, g->r->a, q->id, true, t, TASKS_MAX);
	for (size_t i = 0; i < n; i++) {
		if ((g->assignee >= 0 && t[i].holder != g->assignee) ||
		    !task_seen(g->r, &t[i], PERM_case_read) || !on_page(g))
			continue;
		json *o = json_push(g->list, task_line(g->r, q, &t[i], "name"));
		json_set_str(g->r->a, o, "mainTaskId", number(g->r->a, t[0].id));
	}
	return (int64_t)g->list->count < g->q.max;
}

/* The list is of one case: that of the task, or of the reference. */
static void only(struct req *r, struct asked *q, bool found)
{
	q->single = true;
	q->nothing |= !found || !desk_allowed(r, PERM_case_read, q->one.id);
}

static void tasks_filter(struct req *r, struct listing *g)
{
	str file = req_field(r, "fileId"), main = req_field(r, "mainTaskId");
	str assignee = req_field(r, "assigneeId");
	struct task t = {0}, first;
	int64_t id = 0;
	g->assignee = -1;
	if (file.n)
		only(r, &g->q, case_by_reference(r->db, r->a, file, &g->q.one));
	if (main.n) {
		int64_t before = g->q.single ? g->q.one.id : 0;
		bool found = str_i64(main, &id) && task_get(r->db, r->a, id, &t) &&
		             reg_first_task(r->db, r->a, t.case_id, &first) && first.id == id &&
		             (!before || before == t.case_id) &&
		             case_get(r->db, r->a, t.case_id, &g->q.one);
		only(r, &g->q, found);
	}
	if (assignee.n) {
		g->q.nothing |= !str_i64(assignee, &g->assignee) || g->assignee <= 0;
		if (!g->q.nothing)
			g->q.f.holder = CASE_ANYBODY; /* several may hold tasks of one case */
	}
}

err page_reg_tasks(struct req *r)
{
	struct listing g = {.r = r, .list = json_array(r->a)};
	err e = reg_enter(r, false);
	if (!e && !reg_answered(r))
		e = asked_read(r, &g.q);
	if (e || reg_answered(r))
		return e;
	tasks_filter(r, &g);
	cases_each(r, &g.q, tasks_listed, &g);
	return req_content(r, "application/json", json_print(r->a, g.list), NULL);
}

/* ---- one task ---- */

struct work {
	struct task t;
	struct kase q;
};

/* The open task of the address, for who may do p with it; else the answer is set. */
static err task_of(struct req *r, enum permission p, struct work *w)
{
	int64_t id;
	err e = reg_enter(r, false);
	if (e || reg_answered(r))
		return e;
	bool there = req_param_id(r, "task", &id) && task_get(r->db, r->a, id, &w->t) && !w->t.closed &&
	             case_get(r->db, r->a, w->t.case_id, &w->q);
	if (there && task_seen(r, &w->t, p))
		return OK;
	denial_record(r->k, r->actor, p, str_of(r->route->name), there ? w->t.entity : (str){0});
	return reg_nothing(r);
}

err page_reg_task(struct req *r)
{
	struct work w;
	struct registration told;
	err e = task_of(r, PERM_case_read, &w);
	if (e || reg_answered(r))
		return e;
	e = desk_record_reading(r, &w.q, STR("api"));
	if (e)
		return e;
	json *o = task_line(r, &w.q, &w.t, "taskName");
	reg_told(r->db, r->a, w.q.id, &told);
	json_set(r->a, o, "formVariables", reg_wrap(r->a, case_answers(r->db, r->a, w.q.id)));
	json_set(r->a, o, "data", reg_wrap(r->a, told.task == w.t.id ? told.operator : NULL));
	return req_view(r, "", o);
}

err prepare_reg_complete(struct req *r)
{
	struct work *w = NEW(r->a, struct work);
	r->state = w;
	err e = task_of(r, PERM_case_work, w);
	if (e || reg_answered(r))
		return e;
	if (str_eq(w->t.role, STR("applicant")) && !reg_acts_for(r, w->q.applicant, w->q.service))
		return reg_refuse(r, 404, "desk.registration.no_mandate");
	const json *data = json_get(r->body, "data");
	bool good = json_is(r->body, JSON_OBJECT) && (!data || json_is(data, JSON_OBJECT));
	return good ? OK : reg_refuse(r, 400, "desk.registration.bad_file");
}

/* What is left of the data once outcome and reason are taken are answers of the form. */
static err officer_completes(struct tx *tx, const struct work *w, json *data)
{
	struct registration told;
	struct kase q;
	str outcome = json_str(data, "outcome"), reason = str_trim(json_str(data, "reason"));
	reg_told(tx->db, tx->a, w->q.id, &told);
	json_remove(data, STR("outcome"));
	json_remove(data, STR("reason"));
	json *answers = reg_merge(tx->a, told.task == w->t.id ? told.operator : NULL, data);
	err e = task_claim(tx, w->t.id);
	if (!e && !case_get(tx->db, tx->a, w->q.id, &q))
		e = tx_fail(tx, ERR_not_found, "", "no such case");
	return e ? e : task_complete(tx, w->t.id, q.revision, outcome, reason, answers);
}

err decide_reg_complete(struct tx *tx, struct req *r)
{
	const struct work *w = r->state;
	json *data = reg_unwrap(tx->a, json_get(r->body, "data"));
	str outcome = json_str(data, "outcome");
	r->decided = json_object(tx->a);
	json_set_bool(tx->a, r->decided, "alone", true);
	json_set_int(tx->a, r->decided, "task", w->t.id);
	json_set_int(tx->a, r->decided, "case", w->q.id);
	json_set_str(tx->a, r->decided, "outcome", outcome);
	if (str_eq(w->t.role, STR("applicant")))
		return case_answer(tx, w->q.id,
		                   reg_merge(tx->a, case_answers(tx->db, tx->a, w->q.id), data));
	return officer_completes(tx, w, data);
}

err answer_reg_complete(struct req *r)
{
	struct kase q;
	json *o = json_object(r->a), *variables = json_object(r->a), *given = json_object(r->a);
	if (!case_get(r->db, r->a, json_int(r->decided, "case", 0), &q))
		return reg_nothing(r);
	json_set_str(r->a, o, "taskId", number(r->a, json_int(r->decided, "task", 0)));
	json_set_str(r->a, o, "fileId", q.reference);
	json_set_str(r->a, o, "serviceId", reg_service_id(r->a, q.service));
	json_set(r->a, o, "status", reg_status(r, &q));
	json_set_str(r->a, given, "outcome", json_str(r->decided, "outcome"));
	json_set(r->a, json_set(r->a, variables, "decision", json_object(r->a)), "data",
	         reg_wrap(r->a, given));
	json_set(r->a, o, "variables", variables);
	return req_view(r, "", o);
}

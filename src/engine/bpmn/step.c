/* step.c - the way in: starting a case, one trigger, one step. */
#include "engine/bpmn/state.h"

static void engine_begin(struct engine *g, const struct bpmn *b, struct bpmn_run *run)
{
	*g = (struct engine){.b = b, .run = run, .a = run->a, .next_id = 1};
	g->budget = run->budget ? run->budget : BPMN_BUDGET;
}

static err start(const struct bpmn *b, const struct bpmn_el *process, const struct bpmn_el *at,
                 const json *vars, struct bpmn_run *run, json **state)
{
	struct engine g;

	engine_begin(&g, b, run);
	g.root = node_new(&g, NULL, process);
	g.root->vars = vars_shared(&g, vars);
	emit(&g, BPMN_ENTERED, process->id, g.root->id);
	if (!at)
		scope_open(&g, g.root);
	else if (listen_event_subs(&g, g.root) && !g.root->interrupted)
		push(&g, g.root, at, (struct entry){.fired = at->kind != K_START});
	drain(&g);
	deadlines_settle(&g);
	*state = state_encode(&g);
	return OK;
}

/* A conditional start event whose condition the variables fulfil. */
static const struct bpmn_el *start_that_holds(const struct bpmn_el *process, const json *vars,
                                              struct bpmn_run *run)
{
	str why = {0};

	for (const struct bpmn_el *e = process->members; e; e = e->next_member)
		for (const struct bpmn_evdef *ev = e->kind == K_START ? &e->ev : NULL; ev; ev = ev->next) {
			const json *given = vars ? vars : json_object(run->a);
			json *v =
			    ev->condition ? bpmn_expr_eval(ev->condition, run->a, given, run->now, &why) : NULL;
			if (v && v->type == JSON_BOOL && v->b)
				return e;
		}
	return NULL;
}

err bpmn_start(const struct bpmn *b, str id, const json *vars, struct bpmn_run *run, json **state)
{
	const struct bpmn_el *p = id.n ? bpmn_el(b, id) : NULL;
	bool none = false, any = false;

	for (size_t i = 0; !id.n && !p && i < b->n_els; i++)
		if (b->els[i]->kind == K_PROCESS && b->els[i]->executable)
			p = b->els[i];
	if (!p || p->kind != K_PROCESS || !p->executable)
		return ERR_bpmn_no_process;
	for (const struct bpmn_el *e = p->members; e; e = e->next_member) {
		any |= bpmn_starts(e);
		none |= e->kind == K_START && e->ev.kind == E_NONE;
	}
	if (any && !none) { /* a condition that holds is a start as good as any */
		const struct bpmn_el *at = start_that_holds(p, vars, run);
		return at ? start(b, p, at, vars, run, state) : ERR_bpmn_no_start;
	}
	return start(b, p, NULL, vars, run, state);
}

err bpmn_start_at(const struct bpmn *b, str id, const json *vars, struct bpmn_run *run,
                  json **state)
{
	const struct bpmn_el *e = bpmn_el(b, id);

	if (!e || !e->scope || e->scope->kind != K_PROCESS || !e->scope->executable || !bpmn_starts(e))
		return ERR_bpmn_no_start;
	return start(b, e->scope, e, vars, run, state);
}

/* ---- triggers ---------------------------------------------------------- */

static err work_done(struct engine *g, const struct bpmn_trigger *t)
{
	struct node *n = node_find(g->root, t->instance);
	enum wait wait = t->kind == BPMN_TASK_COMPLETED ? WAIT_TASK : WAIT_JOB;

	if (!n || n->wait != wait)
		return ERR_bpmn_no_instance;
	vars_merge(g, n, t->vars);
	node_complete(g, n);
	return OK;
}

static err job_failed(struct engine *g, const struct bpmn_trigger *t)
{
	struct node *n = node_find(g->root, t->instance);

	if (!n || !n->wait)
		return ERR_bpmn_no_instance;
	if (t->kind == BPMN_JOB_ERROR && throw_error(g, n, t->name, t->vars))
		return OK;
	if (t->kind == BPMN_JOB_ERROR)
		park(g, n, PHASE_OPEN, "bpmn.error.uncaught",
		     str_fmt(g->a, "nothing catches the error \"%.*s\"", STRF(t->name)));
	else
		park(g, n, PHASE_OPEN, "bpmn.job.failed", t->name);
	return OK;
}

static err timer_fired(struct engine *g, const struct bpmn_trigger *t)
{
	struct node *n = NULL;
	struct sub *s = sub_find(g, t->instance, &n);

	if (!s || s->kind != E_TIMER || s->paused)
		return ERR_bpmn_no_instance;
	sub_fire(g, n, s, t->vars);
	return OK;
}

static err message_came(struct engine *g, const struct bpmn_trigger *t)
{
	for (struct node *n = g->root; n; n = node_walk(g->root, n))
		for (struct sub *s = n->subs; s; s = s->next)
			if (s->kind == E_MESSAGE && str_eq(s->name, t->name) &&
			    (!s->has_key || str_eq(s->key, t->key))) {
				sub_fire(g, n, s, t->vars);
				return OK;
			}
	return ERR_bpmn_no_receiver;
}

/* Clears an incident's node so that it can begin anew. */
static void clear(struct engine *g, struct node *n)
{
	emit(g, BPMN_RESOLVED, n->el->id, n->id);
	n->phase = PHASE_NONE;
	n->incident = (str){0};
}

static err retry(struct engine *g, const struct bpmn_trigger *t)
{
	struct node *n = node_find(g->root, t->instance);

	if (!n || !n->phase)
		return ERR_bpmn_no_instance;
	enum phase phase = n->phase;
	clear(g, n);
	if (phase == PHASE_LEAVE) {
		if (n->body)
			node_leave(g, n);
		else
			node_complete(g, n);
		return OK;
	}
	cancel_children(g, n, NULL);
	n->interrupted = false;
	if (n == g->root)
		scope_open(g, n);
	else
		node_open(g, n);
	return OK;
}

static err move(struct engine *g, const struct bpmn_trigger *t)
{
	struct node *n = node_find(g->root, t->instance);
	const struct bpmn_el *to = bpmn_el(g->b, t->name);

	if (!n || n == g->root || n->inner || !to || !bpmn_can_move(n->el, to))
		return ERR_bpmn_no_instance;
	if (n->phase)
		clear(g, n);
	push(g, n->parent, to, (struct entry){0});
	node_cancel(g, n);
	return OK;
}

/* A case now on a new version: boundary events that came with it listen too,
 * those that are gone no longer do (decoding refused what cannot be mapped). */
static err migrated(struct engine *g)
{
	for (struct node *n = g->root; n; n = node_walk(g->root, n)) {
		if (n->inner || n->flow || n->phase)
			continue;
		for (const struct bpmn_el *x = n->el->boundaries; x; x = x->next_boundary) {
			const struct sub *s = n->subs;
			while (s && s->el != x)
				s = s->next;
			if (!s && x->ev.kind != E_CONDITION)
				event_listen(g, n, x);
		}
	}
	return OK;
}

static err apply(struct engine *g, const struct bpmn_trigger *t)
{
	switch (t->kind) {
	case BPMN_TASK_COMPLETED:
	case BPMN_JOB_DONE:
		return work_done(g, t);
	case BPMN_JOB_FAILED:
	case BPMN_JOB_ERROR:
		return job_failed(g, t);
	case BPMN_TIMER_FIRED:
		return timer_fired(g, t);
	case BPMN_MESSAGE:
		return message_came(g, t);
	case BPMN_SIGNAL:
		signal_all(g, t->name, t->vars);
		return OK;
	case BPMN_SET_VARS:
		vars_merge(g, g->root, t->vars);
		return OK;
	case BPMN_RETRY:
		return retry(g, t);
	case BPMN_MOVE:
		return move(g, t);
	case BPMN_CANCEL:
		finish(g, STR("cancelled"), t->name);
		return OK;
	case BPMN_MIGRATE:
		return migrated(g);
	case BPMN_HOLD:
	case BPMN_GO_ON:
		g->held = t->kind == BPMN_HOLD;
		return OK;
	case BPMN_AGAIN:
		break; /* no step of a state, see again() */
	}
	return ERR_bad_input;
}

static void count_live(struct node *root)
{
	for (struct node *n = root; n; n = node_walk(root, n)) {
		n->live = 0;
		for (struct node *c = n->first; c; c = c->next)
			n->live++;
	}
}

/* Anew from one element, as the case's ids and variables stand. */
static err again(const struct bpmn *b, const json *state, const struct bpmn_trigger *t,
                 struct bpmn_run *run, json **new_state)
{
	struct engine g;
	const struct bpmn_el *process = bpmn_el(b, json_str(state, "p")), *at = bpmn_el(b, t->name);
	const json *vars = json_get(state, "vars");

	if (json_int(state, "v", 0) != STATE_VERSION || !process || process->kind != K_PROCESS)
		return ERR_bpmn_state_broken;
	while (at && at->scope && at->scope != process) /* within: the whole activity again */
		at = at->scope;
	if (!at || at->scope != process || at->kind == K_BOUNDARY || at->kind == K_START ||
	    at->event_sub)
		return ERR_bpmn_no_instance;
	engine_begin(&g, b, run);
	g.next_id = json_int(state, "n", 1);
	g.root = node_new(&g, NULL, process);
	g.root->vars = vars_shared(&g, vars);
	vars_merge(&g, g.root, t->vars);
	emit(&g, BPMN_ENTERED, process->id, g.root->id);
	if (listen_event_subs(&g, g.root) && !g.root->interrupted)
		push(&g, g.root, at, (struct entry){0});
	drain(&g);
	deadlines_settle(&g);
	*new_state = state_encode(&g);
	return OK;
}

err bpmn_step(const struct bpmn *b, const json *state, const struct bpmn_trigger *t,
              struct bpmn_run *run, json **new_state)
{
	struct engine g;
	struct bpmn_effect *first = run->first, *last = run->last;

	if (t->kind == BPMN_AGAIN)
		return again(b, state, t, run, new_state);
	engine_begin(&g, b, run);
	err e = state_decode(&g, state, t->kind == BPMN_MIGRATE ? t->vars : NULL);
	if (!e) {
		count_live(g.root);
		e = apply(&g, t);
	}
	if (e) { /* nothing happened, so nothing is told */
		run->first = first;
		run->last = last;
		if (last)
			last->next = NULL;
		return e;
	}
	drain(&g);
	deadlines_settle(&g);
	*new_state = state_encode(&g);
	return OK;
}

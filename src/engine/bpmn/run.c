/* run.c - tokens move: entering, leaving, joining, scopes that end. */
#include "engine/bpmn/state.h"

void push(struct engine *g, struct node *scope, const struct bpmn_el *el, struct entry more)
{
	struct entry *q = NEW(g->a, struct entry);

	*q = more;
	q->scope = scope;
	q->el = el;
	scope->live++;
	if (g->queue_end)
		g->queue_end->next = q;
	else
		g->queue = q;
	g->queue_end = q;
}

void park(struct engine *g, struct node *n, enum phase phase, const char *rule, str what)
{
	unlisten(g, n, false);
	n->phase = phase;
	n->wait = WAIT_NONE;
	n->incident = str_fmt(g->a, "%s: %.*s", rule, STRF(what));
	struct bpmn_effect *f = emit(g, BPMN_INCIDENT, n->el->id, n->id);
	f->name = str_of(rule);
	f->data = json_object(g->a);
	json_set_str(g->a, f->data, "what", what);
}

void finish(struct engine *g, str status, str code)
{
	if (g->finished)
		return;
	cancel_children(g, g->root, NULL);
	unlisten(g, g->root, false);
	bool whole = str_eq(status, STR("completed")) || str_eq(status, STR("terminated"));
	emit(g, whole ? BPMN_LEFT : BPMN_CANCELLED, g->root->el->id, g->root->id);
	g->finished = true;
	g->status = status;
	g->code = code;
	struct bpmn_effect *f = emit(g, BPMN_COMPLETED, g->root->el->id, g->root->id);
	f->name = status;
	if (code.n) {
		f->data = json_object(g->a);
		json_set_str(g->a, f->data, "code", code);
	}
}

/* ---- ad-hoc sub-processes ------------------------------------------------ */

/* Something nothing leads to, which the ad-hoc's performer would begin with. */
static bool begins(const struct bpmn_el *e)
{
	return !e->n_in && !e->event_sub && !e->for_compensation && e->kind != K_BOUNDARY &&
	       !(e->kind == K_CATCH && e->ev.kind == E_LINK);
}

/* Each part is offered once: all together, or in order as the one before ends. */
static bool ad_hoc_next(struct engine *g, struct node *n)
{
	int64_t at = 0;
	bool any = false;

	for (const struct bpmn_el *e = n->el->members; e; e = e->next_member) {
		if (!begins(e) || at++ < n->started)
			continue;
		n->started++;
		any = true;
		push(g, n, e, (struct entry){0});
		if (n->el->ordered)
			break;
	}
	return any;
}

/* Looks at the completion condition after an activity ended; true when it ended all. */
static bool ad_hoc_enough(struct engine *g, struct node *n)
{
	str why = {0};

	if (!n->el->completion || !vars_true(g, n, n->el->completion, &why))
		return false;
	n->started = INT64_MAX; /* nothing further begins */
	if (n->el->keep_remaining)
		return false;
	cancel_children(g, n, NULL);
	node_complete(g, n);
	return true;
}

/* ---- going in ---------------------------------------------------------- */

static void enter(struct engine *g, struct entry *q)
{
	const struct bpmn_el *el = q->el;

	bool joins = el->kind == K_PARALLEL || el->kind == K_INCLUSIVE || el->kind == K_COMPLEX;
	if (q->flow && ((joins && el->n_in > 1) || el->start_quantity > 1)) {
		join_arrive(g, q->scope, el, q->flow);
		return;
	}
	struct node *n = node_new(g, q->scope, el);
	n->owner = q->owner;
	n->vars = q->vars;
	n->inner = q->inner;
	if (--g->budget < 0) {
		park(g, n, PHASE_OPEN, "bpmn.budget", STR("the step made too many moves; a loop?"));
		return;
	}
	int depth = 0;
	for (struct node *p = n; p; p = p->parent)
		depth++;
	if (depth > NODE_MAX_DEPTH || g->nodes > BPMN_MAX_INSTANCES) {
		park(g, n, PHASE_OPEN, "bpmn.limit",
		     depth > NODE_MAX_DEPTH ? STR("scopes and calls are nested too deeply")
		                            : STR("too many element instances are open"));
		return;
	}
	if (q->fired) {
		emit(g, BPMN_ENTERED, el->id, n->id);
		node_complete(g, n);
		return;
	}
	node_open(g, n);
}

void node_open(struct engine *g, struct node *n)
{
	str why = {0};

	n->phase = PHASE_NONE;
	n->incident = (str){0};
	if (n->el->loop && !n->inner) {
		n->body = true;
		if (listen_boundaries(g, n) && !n->dead)
			loop_open(g, n);
		return;
	}
	emit(g, BPMN_ENTERED, n->el->id, n->id);
	if (n->inner)
		loop_pass_open(g, n);
	else if (!listen_boundaries(g, n))
		return;
	if (n->dead)
		return;
	if (!vars_map_in(g, n, &why)) {
		park(g, n, PHASE_OPEN, "bpmn.expression", why);
		return;
	}
	if (n->el->kind == K_PROCESS)
		scope_open(g, n);
	else if (bpmn_is_activity(n->el) || n->el->kind == K_GLOBAL_TASK)
		activity_open(g, n);
	else if (n->el->kind == K_THROW || n->el->kind == K_END)
		throw_open(g, n);
	else if (n->el->kind == K_CATCH && n->el->ev.kind != E_LINK)
		event_listen(g, n, n->el);
	else if (n->el->kind == K_EVENT_GATEWAY) {
		for (const struct bpmn_flow *f = n->el->out; f && !n->dead; f = f->next_out)
			if (!event_listen(g, n, f->target))
				return;
	} else
		node_complete(g, n);
}

/* Starts a process or sub-process: its none start event, or, in a scope
 * without any start event, everything nothing leads to. */
void scope_open(struct engine *g, struct node *n)
{
	bool any = false;

	if (!listen_event_subs(g, n) || n->interrupted || n->dead)
		return;
	if (n->el->ad_hoc) {
		ad_hoc_next(g, n);
		return;
	}
	for (const struct bpmn_el *e = n->el->members; e; e = e->next_member)
		if (e->kind == K_START) {
			any = true;
			if (e->ev.kind == E_NONE)
				push(g, n, e, (struct entry){0});
		}
	if (!any)
		for (const struct bpmn_el *e = n->el->members; e; e = e->next_member)
			if (begins(e))
				push(g, n, e, (struct entry){0});
	scope_check(g, n);
}

/* ---- going out --------------------------------------------------------- */

/* Which flows a leaving token takes; false when the element is parked. */
bool choose(struct engine *g, struct node *n, const struct bpmn_flow **taken, size_t *count)
{
	const struct bpmn_el *el = n->el;
	bool one = el->kind == K_EXCLUSIVE, met = false; /* met: some condition is true */
	str why = {0};

	*count = 0;
	for (const struct bpmn_flow *f = el->out; f; f = f->next_out) {
		if (f == el->default_flow)
			continue;
		bool yes = el->kind == K_PARALLEL || !f->condition;
		if (!yes) {
			json *v = vars_eval(g, n, f->condition, &why);
			if (!v) {
				park(g, n, PHASE_LEAVE, "bpmn.expression",
				     str_fmt(g->a, "flow %.*s: %.*s", STRF(f->id), STRF(why)));
				return false;
			}
			yes = v->type == JSON_BOOL && v->b;
			met |= yes;
		}
		if (yes)
			taken[(*count)++] = f;
		if (yes && one)
			return true;
	}
	if (!met && el->default_flow)
		taken[(*count)++] = el->default_flow;
	if (!*count && el->out) {
		park(g, n, PHASE_LEAVE, "bpmn.flow.none",
		     STR("no outgoing flow has a true condition, and there is no default"));
		return false;
	}
	return true;
}

void take(struct engine *g, struct node *scope, const struct bpmn_flow **taken, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (int64_t k = 0; k < taken[i]->source->completion_quantity; k++) {
			emit(g, BPMN_FLOW, taken[i]->id, 0);
			push(g, scope, taken[i]->target, (struct entry){.flow = taken[i]});
		}
}

/* The called process hands its variables back to the caller. */
static void return_vars(struct engine *g, struct node *process)
{
	struct node *call = process->parent;

	if (call->el->outputs || call->el->keep_child_vars)
		for (json *v = process->vars ? process->vars->first : NULL; v; v = v->next)
			vars_local(g, call, v->key, json_copy(g->a, v));
	else
		vars_merge(g, call->parent, process->vars);
}

static void removed(struct engine *g, struct node *n)
{
	struct node *parent = n->parent;
	bool activity = bpmn_is_activity(n->el) && !n->el->event_sub && !n->owner;

	unlisten(g, n, false);
	node_unlink(g, n);
	if (parent->el->ad_hoc && activity && ad_hoc_enough(g, parent))
		return;
	if (n->owner) {
		for (struct node *c = parent->first; c; c = c->next)
			if (c->id == n->owner) {
				compensation_next(g, c);
				return;
			}
	}
	scope_check(g, parent);
}

void node_leave(struct engine *g, struct node *n)
{
	const struct bpmn_flow **taken = NEWN(g->a, const struct bpmn_flow *, n->el->n_out + 1);
	size_t count;

	if (!choose(g, n, taken, &count))
		return;
	if (!n->body)
		emit(g, BPMN_LEFT, n->el->id, n->id);
	compensation_note(g, n);
	take(g, n->parent, taken, count);
	removed(g, n);
}

void node_complete(struct engine *g, struct node *n)
{
	str why = {0};

	if (n->dead || g->finished)
		return;
	if (n->el->kind == K_PROCESS)
		return_vars(g, n);
	if (n->wait) {
		struct bpmn_effect *f = NULL;
		if (n->wait == WAIT_TASK) {
			f = emit(g, BPMN_TASK_CLOSED, n->el->id, n->id);
			f->data = json_object(g->a);
			json_set_bool(g->a, f->data, "completed", true);
		}
		n->wait = WAIT_NONE;
	}
	if (!vars_map_out(g, n, &why)) {
		park(g, n, PHASE_LEAVE, "bpmn.expression", why);
		return;
	}
	if (n->inner) {
		emit(g, BPMN_LEFT, n->el->id, n->id);
		loop_pass_done(g, n);
		return;
	}
	node_leave(g, n);
}

void scope_check(struct engine *g, struct node *n)
{
	if (n->dead || n->live || g->finished || n->body || n->phase)
		return;
	if (!n->parent)
		finish(g, STR("completed"), (str){0});
	else if (!n->el->ad_hoc || n->interrupted || !ad_hoc_next(g, n))
		node_complete(g, n);
}

/* ---- being withdrawn --------------------------------------------------- */

static void drop_entries(struct engine *g, const struct node *scope)
{
	for (struct entry *q = g->queue; q; q = q->next)
		if (q->scope == scope && q->el) {
			q->el = NULL;
			q->scope->live--;
		}
}

void cancel_children(struct engine *g, struct node *scope, const struct node *except)
{
	drop_entries(g, scope);
	for (struct node *c = scope->first, *next; c; c = next) {
		next = c->next;
		if (c != except)
			node_cancel(g, c);
	}
}

void node_cancel(struct engine *g, struct node *n)
{
	if (n->dead)
		return;
	cancel_children(g, n, NULL);
	unlisten(g, n, false);
	if (n->wait == WAIT_TASK) {
		struct bpmn_effect *f = emit(g, BPMN_TASK_CLOSED, n->el->id, n->id);
		f->data = json_object(g->a);
		json_set_bool(g->a, f->data, "completed", false);
	} else if (n->wait == WAIT_JOB)
		emit(g, BPMN_JOB_CANCELLED, n->el->id, n->id);
	if (!n->flow && !n->body)
		emit(g, BPMN_CANCELLED, n->el->id, n->id);
	node_unlink(g, n);
}

/* Moves tokens until nothing can move. */
void drain(struct engine *g)
{
	for (;;) {
		while (g->queue && !g->finished) {
			struct entry *q = g->queue;
			g->queue = q->next;
			if (!g->queue)
				g->queue_end = NULL;
			if (!q->el || q->scope->dead)
				continue;
			q->scope->live--;
			enter(g, q);
			if (!q->scope->dead)
				scope_check(g, q->scope);
		}
		if (g->finished)
			return;
		if (g->dirty && conditions_settle(g))
			continue;
		if (g->joins && joins_settle(g))
			continue;
		if (!g->queue)
			return;
	}
}

/* throw.c - events a case throws: messages, signals, errors, escalations,
 * compensation, links, terminate. */
#include "engine/bpmn/state.h"

/* ---- errors and escalations: upwards, to the nearest that catches -------- */

const struct bpmn_evdef *event_def(const struct bpmn_el *el, enum bpmn_event kind)
{
	for (const struct bpmn_evdef *def = &el->ev; def; def = def->next)
		if (def->kind == kind)
			return def;
	return NULL;
}

static bool code_fits(const struct bpmn_el *el, enum bpmn_event kind, str code, bool exact)
{
	for (const struct bpmn_evdef *def = &el->ev; def; def = def->next)
		if (def->kind == kind && (exact ? def->code.n && str_eq(def->code, code) : !def->code.n))
			return true;
	return false;
}

static const struct bpmn_el *handler_in(const struct node *scope, enum bpmn_event kind, str code,
                                        bool exact)
{
	for (const struct bpmn_el *e = scope->el->members; e; e = e->next_member) {
		if (!e->event_sub)
			continue;
		for (const struct bpmn_el *x = e->members; x; x = x->next_member)
			if (x->kind == K_START && code_fits(x, kind, code, exact))
				return x;
	}
	return NULL;
}

static const struct bpmn_el *boundary_of(const struct node *n, enum bpmn_event kind, str code,
                                         bool exact)
{
	for (const struct bpmn_el *x = n->el->boundaries; x; x = x->next_boundary)
		if (code_fits(x, kind, code, exact))
			return x;
	return NULL;
}

/* Where something thrown by `from` is caught; *at is the node that has `el`. */
static const struct bpmn_el *catcher(struct node *from, enum bpmn_event kind, str code,
                                     struct node **at)
{
	const struct node *child = NULL;

	for (struct node *n = from; n; child = n, n = n->parent) {
		const struct bpmn_el *el = NULL;
		bool scope = n->el->kind == K_PROCESS || n->el->kind == K_SUBPROCESS;
		*at = n;
		if (scope && child && !n->body && !n->interrupted && !child->el->event_sub) {
			if ((el = handler_in(n, kind, code, true)) || (el = handler_in(n, kind, code, false)))
				return el;
		}
		if (!n->inner &&
		    ((el = boundary_of(n, kind, code, true)) || (el = boundary_of(n, kind, code, false))))
			return el;
	}
	return NULL;
}

bool throw_error(struct engine *g, struct node *from, str code, const json *vars)
{
	struct node *at;
	const struct bpmn_el *el = catcher(from, E_ERROR, code, &at);

	if (!el)
		return false;
	catch_event(g, at, el, vars);
	return true;
}

/* ---- signals ----------------------------------------------------------- */

void signal_all(struct engine *g, str name, const json *vars)
{
	int64_t last = g->next_id; /* what is opened by this signal does not hear it */

	for (struct node *n = g->root; n && !g->finished;) {
		struct sub *s = n->subs;
		while (s && !(s->kind == E_SIGNAL && s->id < last && !s->held && str_eq(s->name, name)))
			s = s->next;
		if (!s) {
			n = node_walk(g->root, n);
			continue;
		}
		s->held = true; /* once for each signal */
		sub_fire(g, n, s, vars);
		n = g->root;
	}
	for (struct node *n = g->finished ? NULL : g->root; n; n = node_walk(g->root, n))
		for (struct sub *s = n->subs; s; s = s->next)
			if (s->kind == E_SIGNAL)
				s->held = false;
}

/* ---- compensation ------------------------------------------------------ */

static const struct bpmn_el *handler_of(const struct bpmn_el *el)
{
	for (const struct bpmn_el *x = el->boundaries; x; x = x->next_boundary)
		if (event_def(x, E_COMPENSATE) && x->handler)
			return x->handler;
	return NULL;
}

/* The start of a sub-process's own compensation event sub-process. */
static const struct bpmn_el *own_handler(const struct bpmn_el *el)
{
	for (const struct bpmn_el *e = el->members; e; e = e->next_member)
		for (const struct bpmn_el *x = e->event_sub ? e->members : NULL; x; x = x->next_member)
			if (x->kind == K_START && event_def(x, E_COMPENSATE))
				return x;
	return NULL;
}

void compensation_note(struct engine *g, struct node *n)
{
	if (!bpmn_is_activity(n->el) || n->el->for_compensation || n->el->event_sub || n->inner)
		return;
	bool nested = n->el->kind == K_SUBPROCESS && (n->done || own_handler(n->el));
	if (!nested && !handler_of(n->el))
		return;
	struct record *r = NEW(g->a, struct record);
	r->el = n->el;
	r->vars = n->vars;
	r->nested = n->done;
	r->next = n->parent->done;
	n->parent->done = r;
}

static void take_records(struct node *scope, str activity, struct record ***tail)
{
	struct record **at = &scope->done;

	while (*at) {
		struct record *r = *at;
		if (activity.n && !str_eq(r->el->id, activity)) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		r->next = NULL;
		**tail = r;
		*tail = &r->next;
	}
}

static void compensate(struct engine *g, struct node *n, str activity)
{
	struct record **tail = &n->pending;
	struct node *scope = n->parent;

	take_records(scope, activity, &tail);
	if (scope->el->event_sub && scope->parent && !scope->owner)
		take_records(scope->parent, activity, &tail);
	compensation_next(g, n);
}

/* ---- a transaction that is cancelled ----------------------------------- */

/* Everything is undone: it leaves by its cancel event, or, without one, ends here. */
static void cancelled(struct engine *g, struct node *n)
{
	struct node *at = n->parent, *parent;
	const struct bpmn_el *out = NULL;

	emit(g, BPMN_LEFT, n->el->id, n->id);
	node_unlink(g, n);
	if (at->inner)
		at = at->parent;
	for (const struct bpmn_el *x = at->el->boundaries; x && !out; x = x->next_boundary)
		if (event_def(x, E_CANCEL))
			out = x;
	parent = at->parent;
	if (out)
		push(g, parent, out, (struct entry){0});
	node_cancel(g, at);
	scope_check(g, parent);
}

/* A cancel end event: what runs in the transaction is withdrawn, what was done in
 * it (also in sub-processes still open) is compensated, latest first. */
static void cancel_transaction(struct engine *g, struct node *n)
{
	struct node *at = n->parent;
	struct record **tail;

	while (!at->el->transaction && at->parent)
		at = at->parent;
	struct node *work = n;
	if (work->parent != at) {
		work = node_new(g, at, n->el);
		emit(g, BPMN_ENTERED, work->el->id, work->id);
	}
	tail = &work->pending;
	for (struct node *x = node_walk(at, at); x; x = node_walk(at, x))
		take_records(x, (str){0}, &tail);
	take_records(at, (str){0}, &tail);
	cancel_children(g, at, work);
	unlisten(g, at, false);
	at->interrupted = true;
	compensation_next(g, work);
}

/* Starts what undoes a record; false when nothing of its own does. */
static bool undo(struct engine *g, struct node *n, struct record *r)
{
	const struct bpmn_el *handler = handler_of(r->el), *start = own_handler(r->el);
	json *vars = r->vars ? json_copy(g->a, r->vars) : NULL;

	if (handler) {
		push(g, n->parent, handler, (struct entry){.owner = n->id, .vars = vars});
	} else if (start) {
		struct node *sub = node_new(g, n->parent, start->scope);
		sub->owner = n->id;
		sub->vars = vars;
		sub->done = r->nested;
		emit(g, BPMN_ENTERED, sub->el->id, sub->id);
		push(g, sub, start, (struct entry){0});
	}
	return handler || start;
}

/* One handler after the other, latest first; then the event goes on. */
void compensation_next(struct engine *g, struct node *n)
{
	struct record *r;

	while ((r = n->pending)) {
		n->pending = r->next;
		if (undo(g, n, r))
			return;
		struct record *last = r->nested; /* has no handler: what was done in it has */
		while (last && last->next)
			last = last->next;
		if (last) {
			last->next = n->pending;
			n->pending = r->nested;
		}
	}
	if (event_def(n->el, E_CANCEL))
		cancelled(g, n);
	else if (n->el->events > 1)
		throw_open(g, n);
	else
		node_complete(g, n);
}

/* ---- throwing ---------------------------------------------------------- */

static bool throw_message(struct engine *g, struct node *n, const struct bpmn_evdef *ev)
{
	str why = {0};
	json *key = NULL;

	if (ev->key && !(key = vars_eval(g, n, ev->key, &why))) {
		park(g, n, PHASE_OPEN, "bpmn.message.key", why);
		return false;
	}
	struct bpmn_effect *f = emit(g, BPMN_MESSAGE_THROWN, n->el->id, n->id);
	f->name = ev->name;
	f->data = json_object(g->a);
	if (key)
		json_set_str(g->a, f->data, "key", json_text(key));
	if (n->vars)
		json_set(g->a, f->data, "vars", json_copy(g->a, n->vars));
	return true;
}

static void throw_signal(struct engine *g, struct node *n, const struct bpmn_evdef *ev)
{
	struct bpmn_effect *f = emit(g, BPMN_SIGNAL_THROWN, n->el->id, n->id);

	f->name = ev->name;
	f->data = json_object(g->a);
	if (n->vars)
		json_set(g->a, f->data, "vars", json_copy(g->a, n->vars));
	signal_all(g, ev->name, n->vars);
}

static void terminate(struct engine *g, struct node *n)
{
	struct node *scope = n->parent;

	emit(g, BPMN_LEFT, n->el->id, n->id);
	node_unlink(g, n);
	cancel_children(g, scope, NULL);
	unlisten(g, scope, true);
	if (scope->parent)
		scope_check(g, scope);
	else
		finish(g, STR("terminated"), (str){0});
}

static void throw_escalation(struct engine *g, struct node *n, const struct bpmn_evdef *ev)
{
	struct node *at;
	const struct bpmn_el *el = catcher(n, E_ESCALATION, ev->code, &at);

	if (el)
		catch_event(g, at, el, NULL);
}

/* One definition; false when it has taken over what becomes of the event. */
static bool throw_one(struct engine *g, struct node *n, const struct bpmn_evdef *ev)
{
	switch (ev->kind) {
	case E_MESSAGE:
		return throw_message(g, n, ev);
	case E_SIGNAL:
		throw_signal(g, n, ev);
		return !n->dead;
	case E_ESCALATION:
		throw_escalation(g, n, ev);
		return !n->dead;
	case E_ERROR:
		emit(g, BPMN_LEFT, n->el->id, n->id);
		if (!throw_error(g, n, ev->code, NULL))
			finish(g, STR("error"), ev->code);
		return false;
	case E_TERMINATE:
		terminate(g, n);
		return false;
	case E_COMPENSATE:
		compensate(g, n, ev->activity);
		return false;
	case E_CANCEL:
		cancel_transaction(g, n);
		return false;
	case E_LINK:
		push(g, n->parent, n->el->link_to, (struct entry){0});
		return true;
	default:
		return true;
	}
}

/* In a multiple event what ends the branch comes last; `started` counts the
 * definitions already thrown, for compensation may take many steps. */
static const struct bpmn_evdef *next_throw(const struct node *n)
{
	int64_t skip = n->started;

	for (int last = 0; last < 2; last++)
		for (const struct bpmn_evdef *ev = &n->el->ev; ev; ev = ev->next) {
			bool ends = ev->kind == E_ERROR || ev->kind == E_TERMINATE || ev->kind == E_CANCEL;
			if (ends == (last == 1) && skip-- == 0)
				return ev;
		}
	return NULL;
}

void throw_open(struct engine *g, struct node *n)
{
	for (const struct bpmn_evdef *ev; (ev = next_throw(n));) {
		n->started++;
		if (!throw_one(g, n, ev)) {
			n->started -= n->phase != PHASE_NONE; /* parked: a retry throws it again */
			return;
		}
	}
	node_complete(g, n);
}

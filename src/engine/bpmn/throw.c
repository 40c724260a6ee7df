/* throw.c - events a case throws: messages, signals, errors, escalations,
 * compensation, links, terminate. */
#include "engine/bpmn/state.h"

/* ---- errors and escalations: upwards, to the nearest that catches -------- */

static bool code_fits(const struct bpmn_el *el, enum bpmn_event kind, str code, bool exact)
{
	if (el->ev.kind != kind)
		return false;
	return exact ? el->ev.code.n && str_eq(el->ev.code, code) : !el->ev.code.n;
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
		if (x->ev.kind == E_COMPENSATE && x->handler)
			return x->handler;
	return NULL;
}

/* The start of a sub-process's own compensation event sub-process. */
static const struct bpmn_el *own_handler(const struct bpmn_el *el)
{
	for (const struct bpmn_el *e = el->members; e; e = e->next_member)
		for (const struct bpmn_el *x = e->event_sub ? e->members : NULL; x; x = x->next_member)
			if (x->kind == K_START && x->ev.kind == E_COMPENSATE)
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

static void compensate(struct engine *g, struct node *n)
{
	struct record **tail = &n->pending;
	struct node *scope = n->parent;

	take_records(scope, n->el->ev.activity, &tail);
	if (scope->el->event_sub && scope->parent && !scope->owner)
		take_records(scope->parent, n->el->ev.activity, &tail);
	compensation_next(g, n);
}

/* One handler after the other, latest first; then the event goes on. */
void compensation_next(struct engine *g, struct node *n)
{
	struct record *r = n->pending;

	if (!r) {
		node_complete(g, n);
		return;
	}
	n->pending = r->next;
	const struct bpmn_el *handler = handler_of(r->el), *start = own_handler(r->el);
	struct entry work = {.owner = n->id, .vars = r->vars ? json_copy(g->a, r->vars) : NULL};
	if (handler) {
		push(g, n->parent, handler, work);
	} else if (start) {
		struct node *sub = node_new(g, n->parent, start->scope);
		sub->owner = n->id;
		sub->vars = work.vars;
		sub->done = r->nested;
		emit(g, BPMN_ENTERED, sub->el->id, sub->id);
		push(g, sub, start, (struct entry){0});
	} else {
		struct record *last = r->nested;
		while (last && last->next)
			last = last->next;
		if (last) {
			last->next = n->pending;
			n->pending = r->nested;
		}
		compensation_next(g, n);
	}
}

/* ---- throwing ---------------------------------------------------------- */

static bool throw_message(struct engine *g, struct node *n)
{
	str why = {0};
	json *key = NULL;

	if (n->el->ev.key && !(key = vars_eval(g, n, n->el->ev.key, &why))) {
		park(g, n, PHASE_OPEN, "bpmn.message.key", why);
		return false;
	}
	struct bpmn_effect *f = emit(g, BPMN_MESSAGE_THROWN, n->el->id, n->id);
	f->name = n->el->ev.name;
	f->data = json_object(g->a);
	if (key)
		json_set_str(g->a, f->data, "key", json_text(key));
	if (n->vars)
		json_set(g->a, f->data, "vars", json_copy(g->a, n->vars));
	return true;
}

static void throw_signal(struct engine *g, struct node *n)
{
	struct bpmn_effect *f = emit(g, BPMN_SIGNAL_THROWN, n->el->id, n->id);

	f->name = n->el->ev.name;
	f->data = json_object(g->a);
	if (n->vars)
		json_set(g->a, f->data, "vars", json_copy(g->a, n->vars));
	signal_all(g, n->el->ev.name, n->vars);
}

static void throw_link(struct engine *g, struct node *n)
{
	for (const struct bpmn_el *x = n->parent->el->members; x; x = x->next_member)
		if (x->kind == K_CATCH && x->ev.kind == E_LINK && str_eq(x->ev.name, n->el->ev.name)) {
			push(g, n->parent, x, (struct entry){0});
			break;
		}
	node_complete(g, n);
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

static void throw_escalation(struct engine *g, struct node *n)
{
	struct node *at;
	const struct bpmn_el *el = catcher(n, E_ESCALATION, n->el->ev.code, &at);

	if (el)
		catch_event(g, at, el, NULL);
}

void throw_open(struct engine *g, struct node *n)
{
	switch (n->el->ev.kind) {
	case E_MESSAGE:
		if (!throw_message(g, n))
			return;
		break;
	case E_SIGNAL:
		throw_signal(g, n);
		break;
	case E_ESCALATION:
		throw_escalation(g, n);
		break;
	case E_ERROR: {
		str code = n->el->ev.code;
		emit(g, BPMN_LEFT, n->el->id, n->id);
		if (!throw_error(g, n, code, NULL))
			finish(g, STR("error"), code);
		return;
	}
	case E_TERMINATE:
		terminate(g, n);
		return;
	case E_COMPENSATE:
		compensate(g, n);
		return;
	case E_LINK:
		throw_link(g, n);
		return;
	default:
		break;
	}
	node_complete(g, n);
}

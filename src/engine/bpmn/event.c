/* event.c - what a case listens for, and what happens when it comes. */
#include "engine/bpmn/state.h"

static struct sub *sub_new(struct engine *g, struct node *n, const struct bpmn_el *el,
                           const struct bpmn_evdef *def, int64_t nth)
{
	struct sub **tail = &n->subs;
	struct sub *s = NEW(g->a, struct sub);

	s->id = g->next_id++;
	s->el = el;
	s->def = def;
	s->nth = nth;
	s->kind = def->kind;
	s->name = def->name;
	while (*tail)
		tail = &(*tail)->next;
	return *tail = s;
}

/* ---- timers ------------------------------------------------------------ */

/* The text of a timer: literal or computed. */
static bool timer_text(struct engine *g, struct node *n, const struct bpmn_evdef *ev, str *out,
                       str *why)
{
	*out = ev->time;
	if (out->n)
		return true;
	json *v = vars_eval(g, n, ev->time_expr, why);
	*out = json_text(v);
	return v != NULL;
}

static bool timer_start(struct engine *g, struct node *n, struct sub *s, str *why)
{
	const struct bpmn_evdef *ev = s->def;
	struct bpmn_span span;
	instant at;
	str text;
	bool good;

	if (!timer_text(g, n, ev, &text, why))
		return false;
	if (ev->timer == TIMER_DATE)
		good = bpmn_date_parse(text, g->run->offset, &s->due);
	else if (ev->timer == TIMER_DURATION) {
		good = bpmn_span_parse(text, &span);
		if (good)
			s->due = deadline_after(g, ev, g->run->now, span);
	} else {
		good = bpmn_cycle_parse(text, &s->repeats, &at, &span);
		if (good)
			s->due = at ? at : deadline_after(g, ev, g->run->now, span);
		s->name = text;
	}
	if (!good)
		*why = str_fmt(g->a, "\"%.*s\" is not a time in ISO 8601", STRF(text));
	return good;
}

/* A cycle comes again; false when it was the last time. */
static bool timer_again(struct engine *g, struct sub *s)
{
	struct bpmn_span span;
	int64_t count;
	instant at;

	if (s->kind != E_TIMER || s->def->timer != TIMER_CYCLE)
		return s->kind != E_TIMER;
	if (s->repeats == 1 || s->repeats == 0 || !bpmn_cycle_parse(s->name, &count, &at, &span))
		return false;
	if (s->repeats > 0)
		s->repeats--;
	instant next = deadline_after(g, s->def, s->due, span);
	if (next <= s->due)
		return false;
	s->due = next;
	emit(g, BPMN_TIMER_SET, s->el->id, s->id)->due = s->due;
	return true;
}

/* ---- subscriptions ----------------------------------------------------- */

static void announce(struct engine *g, const struct sub *s, bool open)
{
	if (s->kind == E_TIMER && s->paused)
		return;
	if (s->kind == E_TIMER) {
		emit(g, open ? BPMN_TIMER_SET : BPMN_TIMER_CANCELLED, s->el->id, s->id)->due = s->due;
		return;
	}
	if (s->kind != E_MESSAGE && s->kind != E_SIGNAL)
		return;
	struct bpmn_effect *f = emit(g, open ? BPMN_SUBSCRIBED : BPMN_UNSUBSCRIBED, s->el->id, s->id);
	f->name = s->name;
	f->data = json_object(g->a);
	json_set_str(g->a, f->data, "kind", s->kind == E_MESSAGE ? STR("message") : STR("signal"));
	if (s->has_key)
		json_set_str(g->a, f->data, "key", s->key);
}

static void sub_drop(struct node *n, const struct sub *s)
{
	for (struct sub **at = &n->subs; *at; at = &(*at)->next)
		if (*at == s) {
			*at = s->next;
			return;
		}
}

void unlisten(struct engine *g, struct node *n, bool starts_only)
{
	for (struct sub *s = n->subs, *next; s; s = next) {
		next = s->next;
		if (starts_only && s->el->kind != K_START)
			continue;
		sub_drop(n, s);
		announce(g, s, false);
	}
}

static bool listen_one(struct engine *g, struct node *n, const struct bpmn_el *el,
                       const struct bpmn_evdef *def, int64_t nth)
{
	str why = {0};

	if (def->kind == E_NONE || def->kind == E_ERROR || def->kind == E_ESCALATION ||
	    def->kind == E_COMPENSATE || def->kind == E_CANCEL)
		return true; /* these are found by whoever throws */
	struct sub *s = sub_new(g, n, el, def, nth);
	if (s->kind == E_TIMER && !timer_start(g, n, s, &why)) {
		sub_drop(n, s);
		park(g, n, PHASE_OPEN, "bpmn.timer", why);
		return false;
	}
	if (s->kind == E_MESSAGE && def->key) {
		json *v = vars_eval(g, n, def->key, &why);
		if (!v || v->type == JSON_NULL) {
			sub_drop(n, s);
			park(g, n, PHASE_OPEN, "bpmn.message.key",
			     why.n ? why : STR("the correlation key has no value"));
			return false;
		}
		s->has_key = true;
		s->key = json_text(v);
	}
	if (s->kind == E_CONDITION && el->all_events) {
		g->dirty = true; /* looked at when the other definitions listen too */
		return true;
	}
	if (s->kind == E_CONDITION) {
		s->held = vars_true(g, n, def->condition, &why);
		if (s->held)
			sub_fire(g, n, s, NULL);
		return !n->dead && !n->interrupted;
	}
	announce(g, s, true);
	return true;
}

bool event_listen(struct engine *g, struct node *n, const struct bpmn_el *el)
{
	int64_t nth = 0;

	for (const struct bpmn_evdef *def = &el->ev; def; def = def->next)
		if (!listen_one(g, n, el, def, nth++))
			return false;
	return true;
}

bool listen_boundaries(struct engine *g, struct node *n)
{
	for (const struct bpmn_el *x = n->el->boundaries; x; x = x->next_boundary)
		if (!event_listen(g, n, x))
			return false;
	return true;
}

bool listen_event_subs(struct engine *g, struct node *n)
{
	for (const struct bpmn_el *e = n->el->members; e; e = e->next_member) {
		if (e->kind != K_SUBPROCESS || !e->event_sub)
			continue;
		for (const struct bpmn_el *x = e->members; x; x = x->next_member)
			if (x->kind == K_START && !event_listen(g, n, x))
				return false;
	}
	return true;
}

struct sub *sub_find(struct engine *g, int64_t id, struct node **holder)
{
	for (struct node *n = g->root; n; n = node_walk(g->root, n))
		for (struct sub *s = n->subs; s; s = s->next)
			if (s->id == id) {
				*holder = n;
				return s;
			}
	return NULL;
}

/* ---- catching ---------------------------------------------------------- */

static void start_event_sub(struct engine *g, struct node *scope, const struct bpmn_el *start,
                            const json *vars)
{
	if (start->interrupting) {
		unlisten(g, scope, true);
		cancel_children(g, scope, NULL);
		scope->interrupted = true;
	}
	vars_merge(g, scope, vars);
	struct node *n = node_new(g, scope, start->scope);
	emit(g, BPMN_ENTERED, n->el->id, n->id);
	push(g, n, start, (struct entry){0});
	listen_event_subs(g, n);
}

/* An event reached node `n`, caught by `el`: its boundary, the start of one of
 * its event sub-processes, a target of its gateway, or itself. */
void catch_event(struct engine *g, struct node *n, const struct bpmn_el *el, const json *vars)
{
	if (el->kind == K_BOUNDARY) {
		vars_merge(g, n->parent, vars);
		push(g, n->parent, el, (struct entry){0});
		if (el->interrupting)
			node_cancel(g, n);
	} else if (el->kind == K_START) {
		start_event_sub(g, n, el, vars);
	} else if (n->el->kind == K_EVENT_GATEWAY) {
		struct node *scope = n->parent;
		vars_merge(g, scope, vars);
		push(g, scope, el, (struct entry){.fired = true});
		unlisten(g, n, false);
		emit(g, BPMN_LEFT, n->el->id, n->id);
		node_unlink(g, n);
	} else {
		vars_merge(g, n, vars);
		node_complete(g, n);
	}
}

/* A parallel multiple event: one of its definitions was met. True when all were;
 * one that does not interrupt then listens anew. */
static bool all_met(struct engine *g, struct node *n, struct sub *s, const json *vars)
{
	const struct bpmn_el *el = s->el;

	sub_drop(n, s);
	if (s->kind != E_TIMER)
		announce(g, s, false);
	for (const struct sub *x = n->subs; x; x = x->next)
		if (x->el == el) {
			vars_merge(g, n, vars);
			return false;
		}
	if (!el->interrupting && (el->kind == K_BOUNDARY || el->kind == K_START))
		event_listen(g, n, el);
	return true;
}

void sub_fire(struct engine *g, struct node *n, struct sub *s, const json *vars)
{
	const struct bpmn_el *el = s->el;
	bool stays = (el->kind == K_BOUNDARY || el->kind == K_START) && !el->interrupting;

	if (el->all_events) {
		if (all_met(g, n, s, vars))
			catch_event(g, n, el, vars);
		return;
	}
	if (el->kind == K_CATCH && el == n->el && s->kind == E_TIMER && timer_again(g, s)) {
		/* A cycle on an intermediate event lets a token go each time. */
		emit(g, BPMN_LEFT, el->id, n->id);
		for (const struct bpmn_flow *f = el->out; f; f = f->next_out) {
			emit(g, BPMN_FLOW, f->id, 0);
			push(g, n->parent, f->target, (struct entry){.flow = f});
		}
		return;
	}
	if (!stays || !timer_again(g, s)) {
		sub_drop(n, s);
		if (s->kind != E_TIMER)
			announce(g, s, false);
	}
	catch_event(g, n, el, vars);
}

/* Looks at every waiting condition again; true when one fired. */
bool conditions_settle(struct engine *g)
{
	str why = {0};

	g->dirty = false;
	for (struct node *n = g->root; n; n = node_walk(g->root, n))
		for (struct sub *s = n->subs; s; s = s->next) {
			if (s->kind != E_CONDITION)
				continue;
			bool now = vars_true(g, n, s->def->condition, &why);
			bool rising = now && !s->held;
			s->held = now;
			if (rising) {
				g->dirty = true;
				sub_fire(g, n, s, NULL);
				return true;
			}
		}
	return false;
}

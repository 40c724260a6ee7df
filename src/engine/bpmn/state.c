/*
 * state.c - the tree of nodes, and its form as JSON.
 *
 * {"v": 1, "p": process, "s": status, "n": next id, "c": error code, "vars": {},
 *  "h": held, "t": node}; a node: {"i": id, "e": element, "f": flow, "k": "t"|"j",
 *  "b": body, "x": inner, "z": interrupted, "o": owner, "v": {}, "h": phase,
 *  "r": incident, "l": [total, started, finished], "m": items, "q": collected,
 *  "a": started, "g": [flows a complex gateway heard],
 *  "w": [subscriptions], "d": [completed], "u": [to compensate], "t": [nodes]}.
 */
#include "engine/bpmn/state.h"

struct bpmn_effect *emit(struct engine *g, enum bpmn_effect_kind kind, str element, int64_t id)
{
	struct bpmn_effect *f = NEW(g->a, struct bpmn_effect);

	f->kind = kind;
	f->element = element;
	f->instance = id;
	if (g->run->last)
		g->run->last->next = f;
	else
		g->run->first = f;
	return g->run->last = f;
}

static void link_node(struct node *parent, struct node *n)
{
	n->parent = parent;
	if (!parent)
		return;
	n->prev = parent->last;
	if (parent->last)
		parent->last->next = n;
	else
		parent->first = n;
	parent->last = n;
	parent->live++;
}

struct node *node_new(struct engine *g, struct node *parent, const struct bpmn_el *el)
{
	struct node *n = NEW(g->a, struct node);

	n->id = g->next_id++;
	n->el = el;
	link_node(parent, n);
	g->nodes++;
	return n;
}

void node_unlink(struct engine *g, struct node *n)
{
	struct node *p = n->parent;

	n->dead = true;
	g->nodes--;
	if (!p)
		return;
	if (n->prev)
		n->prev->next = n->next;
	else
		p->first = n->next;
	if (n->next)
		n->next->prev = n->prev;
	else
		p->last = n->prev;
	p->live--;
}

struct node *node_walk(const struct node *root, const struct node *n)
{
	if (n->first)
		return n->first;
	while (n != root && !n->next)
		n = n->parent;
	return n == root ? NULL : n->next;
}

struct node *node_find(struct node *root, int64_t id)
{
	for (struct node *n = root; n; n = node_walk(root, n))
		if (n->id == id)
			return n;
	return NULL;
}

/* ---- encoding ---------------------------------------------------------- */

static json *encode_sub(struct engine *g, const struct sub *s)
{
	json *v = json_object(g->a);

	json_set_int(g->a, v, "i", s->id);
	json_set_str(g->a, v, "e", s->el->id);
	json_set_int(g->a, v, "k", s->kind);
	if (s->kind == E_TIMER)
		json_set_int(g->a, v, s->paused ? "l" : "d", s->paused ? s->left : s->due);
	if (s->nth)
		json_set_int(g->a, v, "x", s->nth);
	if (s->repeats)
		json_set_int(g->a, v, "r", s->repeats);
	if (s->name.n)
		json_set_str(g->a, v, "n", s->name);
	if (s->has_key)
		json_set_str(g->a, v, "y", s->key);
	if (s->held)
		json_set_bool(g->a, v, "h", true);
	return v;
}

static json *encode_records(struct engine *g, const struct record *r)
{
	json *list = json_array(g->a);

	for (; r; r = r->next) {
		json *v = json_push(list, json_object(g->a)) ? list->last : NULL;
		json_set_str(g->a, v, "e", r->el->id);
		if (r->vars)
			json_set(g->a, v, "v", r->vars);
		if (r->nested)
			json_set(g->a, v, "d", encode_records(g, r->nested));
	}
	return list;
}

static void encode_loop(struct engine *g, const struct node *n, json *v)
{
	json *counts = json_array(g->a);

	json_push(counts, json_int_new(g->a, n->total));
	json_push(counts, json_int_new(g->a, n->started));
	json_push(counts, json_int_new(g->a, n->finished));
	json_set(g->a, v, "l", counts);
	if (n->items)
		json_set(g->a, v, "m", n->items);
	if (n->collected)
		json_set(g->a, v, "q", n->collected);
	json_set_bool(g->a, v, "b", true);
}

static json *encode_node(struct engine *g, const struct node *n)
{
	json *v = json_object(g->a);

	json_set_int(g->a, v, "i", n->id);
	json_set_str(g->a, v, "e", n->el->id);
	if (n->flow)
		json_set_str(g->a, v, "f", n->flow->id);
	if (n->wait)
		json_set_str(g->a, v, "k", n->wait == WAIT_TASK ? STR("t") : STR("j"));
	if (n->inner)
		json_set_bool(g->a, v, "x", true);
	if (n->interrupted)
		json_set_bool(g->a, v, "z", true);
	if (n->owner)
		json_set_int(g->a, v, "o", n->owner);
	if (n->vars && n->parent)
		json_set(g->a, v, "v", n->vars);
	if (n->phase) {
		json_set_int(g->a, v, "h", n->phase);
		json_set_str(g->a, v, "r", n->incident);
	}
	if (n->body)
		encode_loop(g, n, v);
	else if (n->started)
		json_set_int(g->a, v, "a", n->started);
	if (n->passed)
		json_set(g->a, v, "g", n->passed);
	if (n->subs) {
		json *list = json_set(g->a, v, "w", json_array(g->a));
		for (const struct sub *s = n->subs; s; s = s->next)
			json_push(list, encode_sub(g, s));
	}
	if (n->done)
		json_set(g->a, v, "d", encode_records(g, n->done));
	if (n->pending)
		json_set(g->a, v, "u", encode_records(g, n->pending));
	if (n->first) {
		json *list = json_set(g->a, v, "t", json_array(g->a));
		for (const struct node *c = n->first; c; c = c->next)
			json_push(list, encode_node(g, c));
	}
	return v;
}

static bool any_incident(const struct node *root)
{
	for (const struct node *n = root; n; n = node_walk(root, n))
		if (n->phase)
			return true;
	return false;
}

json *state_encode(struct engine *g)
{
	json *v = json_object(g->a);
	bool parked = !g->finished && any_incident(g->root);

	json_set_int(g->a, v, "v", STATE_VERSION);
	json_set_str(g->a, v, "p", g->root->el->id);
	json_set_str(g->a, v, "s", g->finished ? g->status : parked ? STR("incident") : STR("active"));
	json_set_int(g->a, v, "n", g->next_id);
	if (g->code.n)
		json_set_str(g->a, v, "c", g->code);
	if (g->held && !g->finished)
		json_set_bool(g->a, v, "h", true);
	json_set(g->a, v, "vars", g->root->vars);
	if (!g->finished)
		json_set(g->a, v, "t", encode_node(g, g->root));
	return v;
}

/* ---- decoding ---------------------------------------------------------- */

struct decoder {
	struct engine *g;
	const json *plan; /* of a migration: old id -> new id */
	err e;
	int depth;
};

static const struct bpmn_el *element(struct decoder *d, str id)
{
	str to = json_text(json_get_str(d->plan, id));
	const struct bpmn_el *el = bpmn_el(d->g->b, to.n ? to : id);

	if (!el && !d->e)
		d->e = d->plan ? ERR_bpmn_migration : ERR_bpmn_state_broken;
	return el;
}

static struct record *decode_records(struct decoder *d, const json *list)
{
	struct record *first = NULL, **tail = &first;

	for (const json *v = list ? list->first : NULL; v && !d->e; v = v->next) {
		struct record *r = *tail = NEW(d->g->a, struct record);
		tail = &r->next;
		r->el = element(d, json_str(v, "e"));
		r->vars = json_get(v, "v") ? json_copy(d->g->a, json_get(v, "v")) : NULL;
		r->nested = decode_records(d, json_get(v, "d"));
	}
	return first;
}

/* A migration to a version without this boundary or start event: it no longer
 * listens. What must be mapped is an element that holds a token, not this. */
static bool gone(struct decoder *d, const json *v)
{
	str id = json_str(v, "e"), to = json_text(json_get_str(d->plan, id));
	enum bpmn_event kind = (enum bpmn_event)json_int(v, "k", 0);

	if (!d->plan || to.n || bpmn_el(d->g->b, id))
		return false;
	if (kind == E_TIMER && !json_get(v, "l"))
		emit(d->g, BPMN_TIMER_CANCELLED, id, json_int(v, "i", 0))->due = json_int(v, "d", 0);
	else if (kind == E_MESSAGE || kind == E_SIGNAL)
		emit(d->g, BPMN_UNSUBSCRIBED, id, json_int(v, "i", 0))->name = json_str(v, "n");
	return true;
}

static struct sub *decode_subs(struct decoder *d, const json *list)
{
	struct sub *first = NULL, **tail = &first;

	for (const json *v = list ? list->first : NULL; v && !d->e; v = v->next) {
		if (gone(d, v))
			continue;
		struct sub *s = *tail = NEW(d->g->a, struct sub);
		tail = &s->next;
		s->id = json_int(v, "i", 0);
		s->el = element(d, json_str(v, "e"));
		s->kind = (enum bpmn_event)json_int(v, "k", 0);
		s->due = json_int(v, "d", 0);
		s->paused = json_get(v, "l") != NULL;
		s->left = json_int(v, "l", 0);
		s->repeats = json_int(v, "r", 0);
		s->name = json_str(v, "n");
		s->has_key = json_get(v, "y") != NULL;
		s->key = json_str(v, "y");
		s->held = json_truth(v, "h");
		s->nth = json_int(v, "x", 0);
		s->def = s->el ? &s->el->ev : NULL;
		for (int64_t i = 0; s->def && i < s->nth; i++)
			s->def = s->def->next;
		if (!s->def || s->def->kind != s->kind)
			d->e = d->plan ? ERR_bpmn_migration : ERR_bpmn_state_broken;
	}
	return first;
}

static void decode_loop(struct decoder *d, const json *v, struct node *n)
{
	const json *counts = json_get(v, "l");

	json_i64(json_at(counts, 0), &n->total);
	json_i64(json_at(counts, 1), &n->started);
	json_i64(json_at(counts, 2), &n->finished);
	if (json_get(v, "m"))
		n->items = json_copy(d->g->a, json_get(v, "m"));
	if (json_get(v, "q"))
		n->collected = json_copy(d->g->a, json_get(v, "q"));
	n->body = true;
}

/* Would this element wait in this way? Guards a migration. */
static bool fits(const struct node *n)
{
	const struct bpmn_el *el = n->el, *up = n->parent ? n->parent->el : NULL;

	if (n->wait == WAIT_TASK && el->kind != K_USER && el->kind != K_GLOBAL_TASK)
		return false;
	if (n->wait == WAIT_JOB && !bpmn_is_activity(el) && el->kind != K_GLOBAL_TASK)
		return false;
	if (n->body && !el->loop)
		return false;
	if (!up || n->inner || up->kind == K_CALL)
		return true;
	return el->scope == up;
}

static struct node *decode_node(struct decoder *d, const json *v, struct node *parent)
{
	struct node *n = NEW(d->g->a, struct node);
	str wait = json_str(v, "k"), flow = json_str(v, "f");

	if (++d->depth > NODE_MAX_DEPTH + 2 || !json_is(v, JSON_OBJECT)) {
		d->e = ERR_bpmn_state_broken;
		return NULL;
	}
	n->id = json_int(v, "i", 0);
	n->el = element(d, json_str(v, "e"));
	if (!n->el)
		return NULL;
	link_node(parent, n);
	d->g->nodes++;
	n->inner = json_truth(v, "x");
	n->interrupted = json_truth(v, "z");
	n->owner = json_int(v, "o", 0);
	n->vars = json_get(v, "v") ? json_copy(d->g->a, json_get(v, "v")) : NULL;
	n->wait = str_eq(wait, STR("t")) ? WAIT_TASK : wait.n ? WAIT_JOB : WAIT_NONE;
	n->phase = (enum phase)json_int(v, "h", 0);
	n->incident = json_str(v, "r");
	n->started = json_int(v, "a", 0);
	if (json_get(v, "l"))
		decode_loop(d, v, n);
	if (json_get(v, "g")) {
		n->passed = json_copy(d->g->a, json_get(v, "g"));
		d->g->joins = true;
	}
	if (flow.n) {
		str to = json_text(json_get_str(d->plan, flow));
		struct bpmn_slot *s = bpmn_find(d->g->b, to.n ? to : flow);
		n->flow = s ? s->flow : NULL;
		if (!n->flow || n->flow->target != n->el)
			d->e = d->plan ? ERR_bpmn_migration : ERR_bpmn_state_broken;
		d->g->joins |= n->el->kind == K_INCLUSIVE || n->el->kind == K_COMPLEX;
	}
	if (!fits(n))
		d->e = d->plan ? ERR_bpmn_migration : ERR_bpmn_state_broken;
	n->subs = decode_subs(d, json_get(v, "w"));
	n->done = decode_records(d, json_get(v, "d"));
	n->pending = decode_records(d, json_get(v, "u"));
	const json *children = json_get(v, "t");
	for (const json *c = children ? children->first : NULL; c && !d->e; c = c->next)
		decode_node(d, c, n);
	d->depth--;
	return n;
}

err state_decode(struct engine *g, const json *state, const json *plan)
{
	struct decoder d = {.g = g, .plan = plan};
	const json *tree = json_get(state, "t");

	if (json_int(state, "v", 0) != STATE_VERSION)
		return ERR_bpmn_state_broken;
	if (!tree)
		return ERR_bpmn_finished;
	g->next_id = json_int(state, "n", 1);
	g->held = json_truth(state, "h");
	g->root = decode_node(&d, tree, NULL);
	if (d.e)
		return d.e;
	g->root->vars = vars_shared(g, json_get(state, "vars"));
	return OK;
}

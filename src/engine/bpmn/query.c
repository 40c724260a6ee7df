/* query.c - what can be asked of a model and of a state. */
#include "engine/bpmn/state.h"

str bpmn_status(const json *state)
{
	return json_str(state, "s");
}

const json *bpmn_vars(const json *state)
{
	return json_get(state, "vars");
}

static json *waiting_one(arena *a, json *list, const char *kind, const json *v)
{
	json *w = json_object(a);

	json_set_str(a, w, "kind", str_of(kind));
	json_set_str(a, w, "element", json_str(v, "e"));
	json_set_int(a, w, "instance", json_int(v, "i", 0));
	json_push(list, w);
	return w;
}

static void waiting_subs(arena *a, json *list, const json *node)
{
	const json *subs = json_get(node, "w");

	for (const json *s = subs ? subs->first : NULL; s; s = s->next) {
		enum bpmn_event kind = (enum bpmn_event)json_int(s, "k", 0);
		const char *name = kind == E_TIMER     ? "timer"
		                   : kind == E_MESSAGE ? "message"
		                   : kind == E_SIGNAL  ? "signal"
		                                       : "condition";
		json *w = waiting_one(a, list, name, s);
		if (kind == E_TIMER && json_get(s, "l"))
			json_set_int(a, w, "left", json_int(s, "l", 0));
		else if (kind == E_TIMER)
			json_set_int(a, w, "due", json_int(s, "d", 0));
		else if (json_str(s, "n").n)
			json_set_str(a, w, "name", json_str(s, "n"));
		if (json_get(s, "y"))
			json_set_str(a, w, "key", json_str(s, "y"));
	}
}

static void waiting_in(arena *a, json *list, const json *node, int depth)
{
	const json *children = json_get(node, "t");
	str wait = json_str(node, "k");

	if (depth > JSON_MAX_DEPTH)
		return;
	if (json_get(node, "h"))
		json_set_str(a, waiting_one(a, list, "incident", node), "name", json_str(node, "r"));
	else if (wait.n)
		waiting_one(a, list, str_eq(wait, STR("t")) ? "task" : "job", node);
	else if (json_get(node, "f"))
		waiting_one(a, list, "join", node);
	else if (children && depth)
		waiting_one(a, list, "scope", node);
	waiting_subs(a, list, node);
	for (const json *c = children ? children->first : NULL; c; c = c->next)
		waiting_in(a, list, c, depth + 1);
}

json *bpmn_waiting(arena *a, const json *state)
{
	json *list = json_array(a);

	if (json_get(state, "t"))
		waiting_in(a, list, json_get(state, "t"), 0);
	return list;
}

/* ---- where an operator may move a step --------------------------------- */

bool bpmn_can_move(const struct bpmn_el *from, const struct bpmn_el *to)
{
	return to->scope && to->scope == from->scope && to->kind != K_BOUNDARY && to->kind != K_START &&
	       !to->event_sub && !to->for_compensation;
}

static void steps_in(arena *a, const struct bpmn *b, json *list, const json *node, int depth)
{
	const json *children = json_get(node, "t");
	const struct bpmn_el *el = bpmn_el(b, json_str(node, "e"));
	bool parked = json_get(node, "h") != NULL;

	if (depth > JSON_MAX_DEPTH)
		return;
	for (const json *c = children ? children->first : NULL; c; c = c->next)
		steps_in(a, b, list, c, depth + 1);
	if (!depth || !el || json_get(node, "x") || (children && !parked && !json_get(node, "b")))
		return;
	json *v = json_push(list, json_object(a)), *to = json_array(a);
	json_set_int(a, v, "instance", json_int(node, "i", 0));
	json_set_str(a, v, "element", el->id);
	json_set_bool(a, v, "parked", parked);
	for (const struct bpmn_el *m = el->scope ? el->scope->members : NULL; m; m = m->next_member)
		if (bpmn_can_move(el, m))
			json_push(to, json_string(a, m->id));
	json_set(a, v, "to", to);
}

/* What a state names and another version lacks, once each; with what could stand for it. */
static void missing_in(arena *a, const struct bpmn *from, const struct bpmn *to, json *found,
                       const json *node, int depth)
{
	const json *children = json_get(node, "t");
	const struct bpmn_el *el = bpmn_el(from, json_str(node, "e")), *there;

	if (depth > JSON_MAX_DEPTH)
		return;
	there = el ? bpmn_el(to, el->id) : NULL;
	if (el && depth && (!there || there->kind != el->kind) && !json_get_str(found, el->id)) {
		json *list = json_set_key(a, found, el->id, json_array(a));
		for (size_t i = 0; i < to->n_els; i++)
			if (to->els[i]->kind == el->kind && to->els[i]->scope)
				json_push(list, json_string(a, to->els[i]->id));
	}
	for (const json *c = children ? children->first : NULL; c; c = c->next)
		missing_in(a, from, to, found, c, depth + 1);
}

json *bpmn_missing(arena *a, const struct bpmn *from, const struct bpmn *to, const json *state)
{
	json *found = json_object(a);

	if (json_get(state, "t"))
		missing_in(a, from, to, found, json_get(state, "t"), 0);
	return found;
}

json *bpmn_steps(arena *a, const struct bpmn *b, const json *state)
{
	json *list = json_array(a);

	if (json_get(state, "t"))
		steps_in(a, b, list, json_get(state, "t"), 0);
	return list;
}

static const char *event_name(enum bpmn_event kind)
{
	static const char *const names[] = {"none",       "message",   "timer",     "error",
	                                    "escalation", "signal",    "condition", "compensate",
	                                    "link",       "terminate", "cancel"};
	return names[kind];
}

/* Does a case begin here? A start event, a receive task that instantiates, or
 * what an instantiating event-based gateway leads to. */
bool bpmn_starts(const struct bpmn_el *e)
{
	if (e->kind == K_START || (e->kind == K_RECEIVE && e->instantiate))
		return true;
	for (const struct bpmn_flow *f = e->in; f; f = f->next_in)
		if (f->source->kind == K_EVENT_GATEWAY && f->source->instantiate)
			return true;
	return false;
}

static void start_one(arena *a, json *starts, const struct bpmn_el *e, const struct bpmn_evdef *def)
{
	json *s = json_object(a);

	json_push(starts, s);
	json_set_str(a, s, "element", e->id);
	json_set_str(a, s, "kind", str_of(event_name(def->kind)));
	if (def->name.n)
		json_set_str(a, s, "name", def->name);
	if (def->time.n)
		json_set_str(a, s, "timer", def->time);
}

json *bpmn_processes(arena *a, const struct bpmn *b)
{
	json *list = json_array(a);

	for (size_t i = 0; i < b->n_els; i++) {
		const struct bpmn_el *p = b->els[i];
		if (p->kind != K_PROCESS)
			continue;
		json *v = json_object(a), *starts = json_array(a);
		json_push(list, v);
		json_set_str(a, v, "id", p->id);
		json_set_str(a, v, "name", p->name);
		json_set_bool(a, v, "executable", p->executable);
		json_set(a, v, "starts", starts);
		for (const struct bpmn_el *e = p->members; e; e = e->next_member)
			if (bpmn_starts(e))
				for (const struct bpmn_evdef *def = &e->ev; def; def = def->next)
					start_one(a, starts, e, def);
	}
	return list;
}

bool bpmn_asks(const struct bpmn *b, str type)
{
	for (size_t i = 0; i < b->n_els; i++)
		if (str_eq(b->els[i]->type, type))
			return true;
	return false;
}

bool bpmn_reads(const struct bpmn *b, str variable)
{
	const struct bpmn_read *r = b->reads;
	while (r && !str_eq(r->name, variable))
		r = r->next;
	return r || b->hands_over_all;
}

static void headers(arena *a, const struct bpmn_el *e, json *v)
{
	const struct xml_node *ext = xml_child(e->node, "extensionElements");
	const struct xml_node *list = xml_child_ns(ext, NS_ZEEBE, "taskHeaders");
	json *h;

	if (!list)
		return;
	h = json_set(a, v, "headers", json_object(a));
	for (const struct xml_node *x = list->first; x; x = x->next)
		if (x->ns == NS_ZEEBE && str_eq(x->name, STR("header")))
			json_set_key(a, h, xml_attr(x, "key"), json_string(a, xml_attr(x, "value")));
}

json *bpmn_element_json(arena *a, const struct bpmn *b, str id)
{
	const struct bpmn_el *e = bpmn_el(b, id);
	const struct {
		const char *name;
		str value;
	} texts[] = {{"role", e ? e->role : (str){0}},
	             {"form", e ? e->form : (str){0}},
	             {"type", e ? e->type : (str){0}},
	             {"due", e ? e->due : (str){0}},
	             {"dueUnit", e ? e->due_unit : (str){0}},
	             {"decision", e ? e->decision : (str){0}},
	             {"resultVariable", e ? e->result : (str){0}}};

	if (!e)
		return NULL;
	json *v = json_object(a), *attributes;
	json_set_str(a, v, "id", e->id);
	json_set_str(a, v, "kind", e->node->name);
	json_set_str(a, v, "name", e->name);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i].value.n)
			json_set_str(a, v, texts[i].name, texts[i].value);
	attributes = json_set(a, v, "attributes", json_object(a));
	for (const struct xml_attr *at = e->node->attrs; at; at = at->next)
		if (at->ns == NS_DIWAN)
			json_set_key(a, attributes, at->name, json_string(a, at->value));
	headers(a, e, v);
	return v;
}

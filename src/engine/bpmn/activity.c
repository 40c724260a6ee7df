/* activity.c - what each kind of activity does when it begins. */
#include "engine/bpmn/state.h"

static void ask_person(struct engine *g, struct node *n)
{
	n->wait = WAIT_TASK;
	struct bpmn_effect *f = emit(g, BPMN_TASK_OPENED, n->el->id, n->id);
	f->name = n->el->name;
	f->due = deadline_of_task(g, n->el);
	f->data = bpmn_element_json(g->a, g->b, n->el->id);
	if (n->vars)
		json_set(g->a, f->data, "local", json_copy(g->a, n->vars));
}

static void ask_worker(struct engine *g, struct node *n)
{
	n->wait = WAIT_JOB;
	struct bpmn_effect *f = emit(g, BPMN_JOB_REQUESTED, n->el->id, n->id);
	f->name = n->el->type;
	f->data = bpmn_element_json(g->a, g->b, n->el->id);
	if (n->vars)
		json_set(g->a, f->data, "local", json_copy(g->a, n->vars));
}

static void compute(struct engine *g, struct node *n)
{
	str why = {0};
	json *v = vars_eval(g, n, n->el->script, &why);

	if (!v) {
		park(g, n, PHASE_OPEN, "bpmn.expression", why);
		return;
	}
	if (n->el->result.n)
		vars_set(g, n, n->el->result, v);
	node_complete(g, n);
}

/* A called process works on its own variables: what is mapped in, or all. */
static void call(struct engine *g, struct node *n)
{
	const struct bpmn_el *callee = n->el->callee;
	json *vars = NULL;

	if (callee->kind == K_PROCESS)
		vars = !n->el->inputs && !n->el->keep_parent_vars ? json_copy(g->a, vars_visible(g, n))
		       : n->vars                                  ? json_copy(g->a, n->vars)
		                                                  : json_object(g->a);
	push(g, n, callee, (struct entry){.vars = vars});
}

static bool global_is(const struct bpmn_el *e, const char *name)
{
	return e->kind == K_GLOBAL_TASK && xml_is(e->node, name);
}

void activity_open(struct engine *g, struct node *n)
{
	const struct bpmn_el *el = n->el;
	bool scope = el->kind == K_SUBPROCESS || el->kind == K_CALL || el->kind == K_RECEIVE;

	if (!scope && el->kind != K_USER && json_get_str(g->run->as_jobs, el->id))
		ask_worker(g, n);
	else if (el->kind == K_SUBPROCESS)
		scope_open(g, n);
	else if (el->kind == K_CALL)
		call(g, n);
	else if (el->kind == K_USER || global_is(el, "globalUserTask"))
		ask_person(g, n);
	else if (el->kind == K_SERVICE || (el->kind == K_RULE && !el->script) ||
	         global_is(el, "globalBusinessRuleTask") || (el->kind == K_SEND && !el->ev.name.n))
		ask_worker(g, n);
	else if (el->kind == K_SEND)
		throw_open(g, n);
	else if (el->kind == K_RECEIVE)
		event_listen(g, n, el);
	else if (el->script)
		compute(g, n);
	else
		node_complete(g, n);
}

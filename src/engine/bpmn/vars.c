/* vars.c - variables: who sees which, and where a value is written. */
#include "engine/bpmn/state.h"

/* The innermost scope that has the name takes the value, else the process. */
void vars_set(struct engine *g, struct node *n, str name, const json *v)
{
	while (n->el->kind != K_PROCESS && n->parent && !json_get_str(n->vars, name))
		n = n->parent;
	if (!n->vars)
		n->vars = json_object(g->a);
	json_set_key(g->a, n->vars, str_dup(g->a, name), json_copy(g->a, v));
	g->dirty = true;
}

json *vars_shared(struct engine *g, const json *vars)
{
	json *own = json_object(g->a);
	for (const json *v = json_is(vars, JSON_OBJECT) ? vars->first : NULL; v; v = v->next)
		json_set_key(g->a, own, v->key, json_share(g->a, v));
	return own;
}

void vars_merge(struct engine *g, struct node *n, const json *object)
{
	for (const json *v = json_is(object, JSON_OBJECT) ? object->first : NULL; v; v = v->next)
		vars_set(g, n, v->key, v);
}

void vars_local(struct engine *g, struct node *n, str name, json *v)
{
	if (!n->vars)
		n->vars = json_object(g->a);
	json_set_key(g->a, n->vars, name, v);
	g->dirty = true;
}

json *vars_visible(struct engine *g, struct node *n)
{
	struct node *chain[NODE_MAX_DEPTH * 2 + 4];
	size_t depth = 0;

	for (; n; n = n->parent) {
		if (n->vars && depth < sizeof chain / sizeof *chain)
			chain[depth++] = n;
		if (n->el->kind == K_PROCESS)
			break;
	}
	if (depth == 0)
		return json_object(g->a);
	if (depth == 1)
		return chain[0]->vars;
	json *all = json_object(g->a);
	while (depth--)
		for (json *v = chain[depth]->vars->first; v; v = v->next) {
			json *shallow = NEW(g->a, json); /* shares the value, has its own siblings */
			*shallow = *v;
			shallow->next = NULL;
			json_set_key(g->a, all, v->key, shallow);
		}
	return all;
}

json *vars_eval(struct engine *g, struct node *n, const struct feel_expr *e, str *why)
{
	if (!e) {
		*why = STR("there is no expression");
		return NULL;
	}
	return bpmn_expr_eval(e, g->a, vars_visible(g, n), g->run->now, why);
}

bool vars_true(struct engine *g, struct node *n, const struct feel_expr *e, str *why)
{
	json *v = vars_eval(g, n, e, why);

	return json_is(v, JSON_BOOL) && v->b;
}

static bool map(struct engine *g, struct node *n, const struct bpmn_map *m, bool inward, str *why)
{
	for (; m; m = m->next) {
		json *v = m->source ? vars_eval(g, n, m->source, why)
		                    : json_get_str(vars_visible(g, n), m->source_name);
		if (m->source && !v)
			return false;
		if (!v)
			continue;
		if (inward)
			vars_local(g, n, m->target, json_copy(g->a, v));
		else
			vars_set(g, n->parent ? n->parent : n, m->target, v);
	}
	return true;
}

bool vars_map_in(struct engine *g, struct node *n, str *why)
{
	return map(g, n, n->el->inputs, true, why);
}

bool vars_map_out(struct engine *g, struct node *n, str *why)
{
	return map(g, n, n->el->outputs, false, why);
}

#include "engine/dmn/model.h"

#include <string.h>

enum { IMPORT_DEPTH = 8 };

/* One run: values by element number, computed when something needs them. */

struct dmn_run dmn_run_make(arena *a)
{
	return (struct dmn_run){
	    .a = a, .steps_max = FEEL_STEPS, .depth_max = FEEL_DEPTH, .diags = diags_make(a, (str){0})};
}

static feel_value with_frame(struct env *e, const struct node *n, uint32_t slots,
                             const feel_value *global)
{
	feel_value *local = e->local;
	const feel_value *before = e->global;
	uint32_t size = e->n_local;
	e->local = NEWN(e->a, feel_value, slots);
	e->n_local = slots;
	e->global = global;
	feel_value v = n->eval(n, e);
	e->local = local;
	e->global = before;
	e->n_local = size;
	return v;
}

static feel_value function_value(struct env *e, struct model_run *r, const struct element *el)
{
	struct feel_function *f = NEW(e->a, struct feel_function);
	*f = *el->fn;
	f->global = r->value;
	return (feel_value){.kind = FEEL_FUNCTION, .fn = f};
}

static void trace_decision(struct env *e, struct model_run *r, const struct element *el,
                           feel_value v)
{
	if (!r->run->trace)
		return;
	json *t = json_object(e->a);
	json_set_str(e->a, t, "decision", el->name);
	json_set_str(e->a, t, "id", el->id);
	json_set(e->a, t, "value", feel_to_json(e->a, v));
	json_push(r->run->trace_out, t);
}

static feel_value view_value(struct env *e, struct model_run *r, const struct element *el)
{
	struct feel_context *c = NEW(e->a, struct feel_context);
	c->e = NEWN(e->a, struct feel_entry, el->n_needs);
	for (size_t i = 0; i < el->n_needs; i++) {
		run_need(e, r, el->needs[i]);
		c->e[c->n++] =
		    (struct feel_entry){r->m->element[el->needs[i]]->name, r->value[el->needs[i]]};
	}
	return (feel_value){.kind = FEEL_CONTEXT, .ctx = c};
}

/* An imported input within its import's member, {"model": {"input": ..}}, or by the path,
 * "model.input"; what that imports in its turn too. */
static const feel_value *given_within(struct env *e, struct model_run *r, const struct part *from,
                                      feel_value within, str path, const struct element *el,
                                      int depth)
{
	for (const struct import *i = from->imports; i && depth < IMPORT_DEPTH; i = i->next) {
		if (!i->part || !i->name.n)
			continue;
		const feel_value *c = feel_get(within, i->name), *v = NULL;
		str here = str_fmt(e->a, "%.*s%.*s.", STRF(path), STRF(i->name));
		if (i->part == el->part)
			v = c ? feel_get(*c, el->name) : NULL;
		if (!v && i->part == el->part)
			v = feel_get(r->inputs, str_cat(e->a, here, el->name));
		if (!v)
			v = given_within(e, r, i->part, c ? *c : feel_null(), here, el, depth + 1);
		if (v)
			return v;
	}
	return NULL;
}

static const feel_value *given(struct env *e, struct model_run *r, const struct element *el)
{
	const feel_value *v = NULL;
	if (el->part != r->m->parts)
		v = given_within(e, r, r->m->parts, r->inputs, (str){0}, el, 0);
	return v ? v : feel_get(r->inputs, el->name);
}

static feel_value decide(struct env *e, struct model_run *r, const struct element *el)
{
	if (!el->logic)
		return env_fail(e, "the decision '%.*s' has no expression", STRF(el->name));
	feel_value v = with_frame(e, el->logic, el->n_slots, r->value);
	v = feel_coerce(e, v, el->type, el->name);
	trace_decision(e, r, el, v);
	return v;
}

void run_need(struct env *e, struct model_run *r, uint32_t number)
{
	const struct element *el = r->m->element[number];
	if (r->state[number] == VALUE_KNOWN)
		return;
	if (r->state[number] == VALUE_RUNNING) {
		/* a knowledge model that requires itself is no error: it is a function */
		if (el->kind == ELEMENT_DECISION)
			env_fail(e, "'%.*s' requires itself", STRF(el->name));
		return;
	}
	if (e->depth++ >= e->depth_max)
		env_stop(e, ERR_budget);
	r->state[number] = VALUE_RUNNING;
	if (el->kind == ELEMENT_MODEL || el->kind == ELEMENT_SERVICE)
		r->value[number] = function_value(e, r, el);
	if (el->kind == ELEMENT_DECISION || el->kind == ELEMENT_MODEL) {
		for (size_t i = 0; i < el->n_needs; i++)
			run_need(e, r, el->needs[i]);
		for (size_t i = 0; i < el->n_views; i++)
			run_need(e, r, el->views[i]);
	}
	if (el->kind == ELEMENT_INPUT) {
		const feel_value *v = given(e, r, el);
		r->value[number] = v ? feel_input(e, *v, el->type, el->name)
		                     : env_fail(e, "the input '%.*s' is absent", STRF(el->name));
	} else if (el->kind == ELEMENT_DECISION) {
		r->value[number] = decide(e, r, el);
	} else if (el->kind == ELEMENT_VIEW) {
		r->value[number] = view_value(e, r, el);
	}
	r->state[number] = VALUE_KNOWN;
	e->depth--;
}

/* A service's decisions see only its parameters, whatever the caller knows. */
feel_value run_service(const struct feel_function *f, struct env *e, const feel_value *args)
{
	const struct element *el = f->data;
	struct model_run *outer = e->model, inner = *outer;
	const feel_value *given = e->given;
	feel_value answer = feel_null();
	inner.value = NEWN(e->a, feel_value, outer->m->n);
	inner.state = NEWN(e->a, uint8_t, outer->m->n);
	for (size_t i = 0; i < el->n_params; i++) {
		inner.value[el->params[i]] = args[i];
		inner.state[el->params[i]] = VALUE_KNOWN;
	}
	e->model = &inner;
	e->given = NULL;
	for (size_t i = 0; i < el->n_outputs; i++) {
		run_need(e, &inner, el->outputs[i]);
		feel_value v = inner.value[el->outputs[i]];
		answer = el->n_outputs == 1
		             ? v
		             : feel_put(e->a, answer, inner.m->element[el->outputs[i]]->name, v);
	}
	e->model = outer;
	e->given = given;
	return f->result ? feel_coerce(e, answer, f->result, el->name) : answer;
}

/* --- entry -------------------------------------------------------------------------- */

struct request {
	struct model_run r;
	const struct element *el;
	json **out; /* the answer as JSON too; may be NULL */
};

/* Calls a service or knowledge model with the inputs as its parameters. */
static feel_value invoke(struct env *e, struct request *q)
{
	const struct feel_function *f = q->el->fn;
	feel_value *args = NEWN(e->a, feel_value, f->n_params);
	run_need(e, &q->r, q->el->number);
	for (uint32_t i = 0; i < f->n_params; i++) {
		const feel_value *v = feel_get(q->r.inputs, f->params[i]);
		if (!v && q->el->kind == ELEMENT_SERVICE)
			v = given(e, &q->r, q->r.m->element[q->el->params[i]]);
		if (!v)
			env_fail(e, "the input '%.*s' is absent", STRF(f->params[i]));
		args[i] = v ? *v : feel_null();
		if (v && f->types && f->types[i])
			args[i] = feel_input(e, *v, f->types[i], f->params[i]);
	}
	return env_call(e, q->r.value[q->el->number], args, f->n_params);
}

static feel_value answer(struct env *e, void *arg)
{
	struct request *q = arg;
	e->model = &q->r;
	e->given = &q->r.inputs;
	feel_value v;
	if (q->el->kind == ELEMENT_SERVICE || q->el->kind == ELEMENT_MODEL) {
		v = invoke(e, q);
	} else {
		run_need(e, &q->r, q->el->number);
		v = q->r.value[q->el->number];
	}
	if (q->out && feel_exceeds(v, FEEL_JSON_PARTS))
		env_stop(e, ERR_budget);
	if (q->out)
		*q->out = feel_to_json(e->a, v);
	return v;
}

static err evaluate(const struct dmn *m, str key, feel_value inputs, struct dmn_run *run,
                    feel_value *out, json **as_json)
{
	struct element *el = dmn_find(m, m->parts, key);
	if (!el)
		el = dmn_find(m, NULL, key);
	if (!el)
		return ERR_decision_unknown;
	struct feel_run fr = {.a = run->a,
	                      .steps_max = run->steps_max,
	                      .depth_max = run->depth_max,
	                      .now = run->now,
	                      .zones = run->zones,
	                      .diags = &run->diags};
	if (run->trace)
		run->trace_out = json_array(run->a);
	struct request q = {.el = el,
	                    .out = as_json,
	                    .r = {.m = m,
	                          .value = NEWN(run->a, feel_value, m->n),
	                          .state = NEWN(run->a, uint8_t, m->n),
	                          .inputs = inputs,
	                          .run = run}};
	return env_run(&fr, q.r.value, 1, &q.r, answer, &q, out);
}

err dmn_eval(const struct dmn *m, str key, const json *inputs, struct dmn_run *run, json **out)
{
	feel_value v;
	return evaluate(m, key, feel_of_json(run->a, inputs), run, &v, out);
}

err dmn_eval_value(const struct dmn *m, str key, feel_value inputs, struct dmn_run *run,
                   feel_value *out)
{
	return evaluate(m, key, inputs, run, out, NULL);
}

ptrdiff_t dmn_version_at(const struct dmn_version *v, size_t n, int64_t day)
{
	ptrdiff_t found = -1;
	for (size_t i = 0; i < n; i++)
		if (day >= v[i].from && day < v[i].to && (found < 0 || v[i].from > v[found].from))
			found = (ptrdiff_t)i;
	return found;
}

/* loop.c - standard loops and multi-instance activities. */
#include "engine/bpmn/state.h"

static void counters(struct engine *g, struct node *body)
{
	int64_t active = body->started - body->finished;

	vars_local(g, body, STR("numberOfInstances"), json_int_new(g->a, body->total));
	vars_local(g, body, STR("numberOfActiveInstances"), json_int_new(g->a, active));
	vars_local(g, body, STR("numberOfCompletedInstances"), json_int_new(g->a, body->finished));
}

static void next_pass(struct engine *g, struct node *body)
{
	json *vars = json_object(g->a);
	const json *item = json_at(body->items, (size_t)body->started);

	body->started++;
	json_set_int(g->a, vars, "loopCounter", body->started);
	if (item && body->el->loop->item.n)
		json_set_key(g->a, vars, body->el->loop->item, json_copy(g->a, item));
	push(g, body, body->el, (struct entry){.inner = true, .vars = vars});
}

static void loop_end(struct engine *g, struct node *body)
{
	if (body->collected && body->el->loop->out_collection.n)
		vars_set(g, body->parent, body->el->loop->out_collection, body->collected);
	node_leave(g, body);
}

/* How many passes; false when the body is parked. */
static bool measure(struct engine *g, struct node *body)
{
	const struct bpmn_loop *l = body->el->loop;
	str why = {0};
	json *v = vars_eval(g, body, l->collection ? l->collection : l->cardinality, &why);

	if (!v) {
		park(g, body, PHASE_OPEN, "bpmn.expression", why);
		return false;
	}
	if (l->collection && v->type == JSON_ARRAY) {
		body->items = v;
		body->total = (int64_t)v->count;
	} else if (l->collection || !json_i64(v, &body->total) || body->total < 0) {
		park(g, body, PHASE_OPEN, "bpmn.loop.count",
		     l->collection ? STR("the collection is not a list")
		                   : STR("the number of instances is not a whole number from 0"));
		return false;
	}
	if (body->total > BPMN_MAX_LOOP) {
		park(g, body, PHASE_OPEN, "bpmn.limit", STR("too many instances in one loop"));
		return false;
	}
	return true;
}

static bool again(struct engine *g, struct node *body)
{
	const struct bpmn_loop *l = body->el->loop;
	str why = {0};

	if (l->maximum >= 0 && body->finished >= l->maximum)
		return false;
	return !l->condition || vars_true(g, body, l->condition, &why);
}

void loop_open(struct engine *g, struct node *body)
{
	const struct bpmn_loop *l = body->el->loop;

	body->total = body->started = body->finished = 0;
	body->items = body->collected = NULL;
	if (!l->multi) {
		if (l->maximum != 0 && (!l->test_before || again(g, body)))
			next_pass(g, body);
		else
			loop_end(g, body);
		return;
	}
	if (!measure(g, body))
		return;
	if (l->output) {
		body->collected = json_array(g->a);
		for (int64_t i = 0; i < body->total; i++)
			json_push(body->collected, json_null(g->a));
	}
	counters(g, body);
	if (!body->total) {
		loop_end(g, body);
		return;
	}
	do
		next_pass(g, body);
	while (!l->sequential && body->started < body->total);
	counters(g, body);
}

void loop_pass_open(struct engine *g, struct node *inner)
{
	(void)g, (void)inner; /* boundary events listen at the body, not at each pass */
}

static void collect(struct engine *g, struct node *body, struct node *inner)
{
	int64_t pass = json_int(inner->vars, "loopCounter", 1);
	str why = {0};
	json *v = vars_eval(g, inner, body->el->loop->output, &why);
	json *at = json_at(body->collected, (size_t)pass - 1);

	if (!v || !at)
		return;
	json *next = at->next;
	*at = *json_copy(g->a, v);
	at->next = next;
	at->key = (str){0};
}

/* Behaviour "none" and "one" (BPMN 2.0.2, table 10.28): what completions throw
 * reaches the activity's own boundary and interrupts nothing. */
static void behave(struct engine *g, struct node *body)
{
	const struct bpmn_loop *l = body->el->loop;

	if (!l->behavior_kind || (!l->behavior_each && body->finished != 1))
		return;
	for (const struct bpmn_el *x = body->el->boundaries; x; x = x->next_boundary) {
		str name = x->ev.name.n ? x->ev.name : x->ev.code;
		if (x->ev.kind == l->behavior_kind && str_eq(name, l->behavior_signal))
			push(g, body->parent, x, (struct entry){0});
	}
}

void loop_pass_done(struct engine *g, struct node *inner)
{
	struct node *body = inner->parent;
	const struct bpmn_loop *l = body->el->loop;
	str why = {0};

	body->finished++;
	if (body->collected)
		collect(g, body, inner);
	unlisten(g, inner, false);
	node_unlink(g, inner);
	if (!l->multi) {
		if (again(g, body))
			next_pass(g, body);
		else
			loop_end(g, body);
		return;
	}
	behave(g, body);
	counters(g, body);
	bool enough = l->completion && vars_true(g, body, l->completion, &why);
	if (enough)
		cancel_children(g, body, NULL);
	if (enough || body->finished == body->total)
		loop_end(g, body);
	else if (l->sequential) {
		next_pass(g, body);
		counters(g, body);
	}
}

/* rules_flow.c - the standard's rules on sequence flows and gateways. */
#include "engine/bpmn/model.h"

/* ---- sequence flows ---------------------------------------------------- */

static void flow_rules(struct bpmn *b, const struct bpmn_flow *f)
{
	const struct xml_node *n = f->node;

	if (!f->source || !f->target) {
		bpmn_refuse(b, n, "bpmn.flow.endpoint", "connect events, activities and gateways",
		            "the %s of this flow is not a flow node", f->source ? "target" : "source");
		return;
	}
	if (f->source->scope != f->target->scope ||
	    (f->source->scope && f->source->scope->node != n->parent))
		bpmn_refuse(b, n, "bpmn.flow.scope", "use messages or events between scopes",
		            "a sequence flow cannot cross the border of a process or sub-process");
	const struct xml_node *c = xml_child(n, "conditionExpression");
	if (!c)
		return;
	if (!c->text.n)
		bpmn_refuse(b, c, "bpmn.flow.condition", "write a condition in FEEL",
		            "the condition is empty");
	if (f->source->default_flow == f)
		bpmn_refuse(b, n, "bpmn.flow.default-condition", "remove the condition",
		            "a default flow cannot have a condition");
	if (f->source->n_out < 2)
		bpmn_refuse(b, n, "bpmn.flow.condition-alone", "add another outgoing flow",
		            "a conditional flow must not be the only way out");
	if (bpmn_is_event(f->source) || f->source->kind == K_EVENT_GATEWAY)
		bpmn_refuse(b, n, "bpmn.flow.condition-source", "put a gateway in between",
		            "flows that leave an event cannot have conditions");
}

static void default_rules(struct bpmn *b, const struct bpmn_el *e)
{
	if (!xml_has(e->node, "default"))
		return;
	if (!e->default_flow || e->default_flow->source != e)
		bpmn_refuse(b, e->node, "bpmn.flow.default", "name one of its outgoing flows",
		            "the default flow does not leave this element");
}

/* ---- gateways ---------------------------------------------------------- */

static void gateway_rules(struct bpmn *b, const struct bpmn_el *e)
{
	str d = xml_attr(e->node, "gatewayDirection");
	const char *wrong = NULL;

	if (e->n_in < 2 && e->n_out < 2)
		wrong = "a gateway must have several incoming or several outgoing flows";
	else if (str_eq(d, STR("Converging")) && (e->n_out > 1 || e->n_in < 2))
		wrong = "a converging gateway has several incoming flows and one outgoing";
	else if (str_eq(d, STR("Diverging")) && (e->n_in > 1 || e->n_out < 2))
		wrong = "a diverging gateway has one incoming flow and several outgoing";
	else if (str_eq(d, STR("Mixed")) && (e->n_in < 2 || e->n_out < 2))
		wrong = "a mixed gateway has several incoming and several outgoing flows";
	if (wrong)
		bpmn_refuse(b, e->node, "bpmn.gateway.direction", "mend the flows or gatewayDirection",
		            "%s", wrong);
	if (e->kind == K_COMPLEX && e->n_in > 1 && !e->activation)
		bpmn_refuse(b, e->node, "bpmn.complex-gateway.activation",
		            "write activationCondition, such as activationCount >= 2",
		            "a complex gateway that joins must say when it goes on");
}

static bool caught_behind(const struct bpmn_el *t)
{
	if (t->kind == K_RECEIVE)
		return true;
	for (const struct bpmn_evdef *ev = &t->ev; ev; ev = ev->next)
		if (t->kind != K_CATCH || (ev->kind != E_MESSAGE && ev->kind != E_TIMER &&
		                           ev->kind != E_SIGNAL && ev->kind != E_CONDITION))
			return false;
	return true;
}

static void event_gateway_rules(struct bpmn *b, const struct bpmn_el *e)
{
	if (e->n_out < 2)
		bpmn_refuse(b, e->node, "bpmn.event-gateway.ways", "draw two or more ways out",
		            "an event-based gateway chooses between at least two events");
	if (e->instantiate && e->n_in)
		bpmn_refuse(b, e->node, "bpmn.instantiate.incoming", "remove the incoming flow",
		            "nothing leads to what starts a process");
	bool message = false, receive = false;
	for (const struct bpmn_flow *f = e->out; f; f = f->next_out) {
		const struct bpmn_el *t = f->target;
		message |= t->kind == K_CATCH && t->ev.kind == E_MESSAGE;
		receive |= t->kind == K_RECEIVE;
		if (!caught_behind(t))
			bpmn_refuse(b, f->node, "bpmn.event-gateway.target",
			            "use message, timer, signal or conditional catch events, or receive tasks",
			            "an event-based gateway cannot lead to this %.*s", STRF(t->node->name));
		else if (t->n_in > 1)
			bpmn_refuse(b, t->node, "bpmn.event-gateway.target", "give it one incoming flow",
			            "what an event-based gateway leads to has no other incoming flow");
		if (t->kind == K_RECEIVE && t->boundaries)
			bpmn_refuse(b, t->node, "bpmn.event-gateway.target", "move the boundary event",
			            "a receive task behind an event-based gateway has no boundary events");
	}
	if (message && receive)
		bpmn_refuse(b, e->node, "bpmn.event-gateway.mixed", "use one of the two",
		            "message events and receive tasks cannot stand behind the same gateway");
}

/* ---- dead ends --------------------------------------------------------- */

/* Where a scope has start events, everything else has a flow leading to it; where
 * it has end events, everything else leads on. */
static void connected(struct bpmn *b, const struct bpmn_el *e, bool start, bool end)
{
	bool node = bpmn_is_activity(e) || bpmn_is_gateway(e);

	if (!node || e->event_sub || e->for_compensation)
		return;
	if (start && !e->n_in && !e->instantiate)
		bpmn_refuse(b, e->node, "bpmn.flow.unreached", "connect it, or remove it",
		            "no flow leads to this %.*s, though its scope has a start event",
		            STRF(e->node->name));
	if (end && !e->n_out)
		bpmn_refuse(b, e->node, "bpmn.flow.dead-end", "connect it to an end event",
		            "no flow leaves this %.*s, though its scope has an end event",
		            STRF(e->node->name));
}

static void dead_ends(struct bpmn *b, const struct bpmn_el *scope)
{
	bool start = false, end = false;

	for (const struct bpmn_el *x = scope->members; x; x = x->next_member) {
		start |= x->kind == K_START;
		end |= x->kind == K_END;
	}
	for (const struct bpmn_el *x = scope->members; x; x = x->next_member)
		connected(b, x, start, end);
}

void bpmn_check_flow(struct bpmn *b)
{
	for (size_t i = 0; i < b->n_flows; i++)
		flow_rules(b, b->flows[i]);
	for (size_t i = 0; i < b->n_els; i++) {
		const struct bpmn_el *e = b->els[i];
		default_rules(b, e);
		if (bpmn_is_gateway(e))
			gateway_rules(b, e);
		if (e->kind == K_EVENT_GATEWAY)
			event_gateway_rules(b, e);
		if (e->members)
			dead_ends(b, e);
	}
}

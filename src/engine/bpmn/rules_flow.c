/* rules_flow.c - the standard's rules on flows, gateways, events and scopes. */
#include "engine/bpmn/model.h"

#define BIT(kind) (1u << (kind))

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
	if (e->kind != K_EVENT_GATEWAY)
		return;
	bool message = false, receive = false;
	for (const struct bpmn_flow *f = e->out; f; f = f->next_out) {
		const struct bpmn_el *t = f->target;
		bool event = t->kind == K_CATCH && (t->ev.kind == E_MESSAGE || t->ev.kind == E_TIMER ||
		                                    t->ev.kind == E_SIGNAL || t->ev.kind == E_CONDITION);
		message |= t->kind == K_CATCH && t->ev.kind == E_MESSAGE;
		receive |= t->kind == K_RECEIVE;
		if (!event && t->kind != K_RECEIVE)
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

/* ---- which event stands where ------------------------------------------ */

static unsigned allowed(const struct bpmn_el *e)
{
	unsigned catching = BIT(E_MESSAGE) | BIT(E_TIMER) | BIT(E_SIGNAL) | BIT(E_CONDITION);

	switch (e->kind) {
	case K_START:
		if (e->scope->kind == K_PROCESS)
			return BIT(E_NONE) | catching;
		if (!e->scope->event_sub)
			return BIT(E_NONE);
		return catching | BIT(E_ERROR) | BIT(E_ESCALATION) | BIT(E_COMPENSATE);
	case K_CATCH:
		return catching | BIT(E_LINK);
	case K_THROW:
		return BIT(E_NONE) | BIT(E_MESSAGE) | BIT(E_ESCALATION) | BIT(E_COMPENSATE) | BIT(E_LINK) |
		       BIT(E_SIGNAL);
	case K_BOUNDARY:
		return catching | BIT(E_ERROR) | BIT(E_ESCALATION) | BIT(E_COMPENSATE);
	default:
		return BIT(E_NONE) | BIT(E_MESSAGE) | BIT(E_ERROR) | BIT(E_ESCALATION) | BIT(E_COMPENSATE) |
		       BIT(E_SIGNAL) | BIT(E_TERMINATE);
	}
}

static void timer_rules(struct bpmn *b, const struct bpmn_el *e)
{
	static const char *const names[] = {"timeDate", "timeDuration", "timeCycle"};
	int found = 0;

	for (int i = 0; i < 3; i++) {
		const struct xml_node *x = xml_child(e->ev.node, names[i]);
		if (!x)
			continue;
		found++;
		bool word = true; /* a bare name is more likely a mistake than a variable */
		for (size_t k = 0; k < x->text.n; k++)
			word &= (x->text.p[k] | 0x20) >= 'a' && (x->text.p[k] | 0x20) <= 'z';
		if (!e->ev.time.n && (word || !e->ev.time_expr))
			bpmn_refuse(b, x, "bpmn.timer.value",
			            "write ISO 8601, such as P3D or R4/PT1H, or =expression",
			            "\"%.*s\" is not a time", STRF(x->text));
	}
	if (found != 1)
		bpmn_refuse(b, e->ev.node, "bpmn.timer.one", "keep timeDate, timeDuration or timeCycle",
		            found ? "a timer has only one of date, duration and cycle"
		                  : "this timer says no time");
}

static void definition_rules(struct bpmn *b, const struct bpmn_el *e)
{
	const struct xml_node *n = e->ev.node ? e->ev.node : e->node;

	if (e->ev.kind == E_TIMER)
		timer_rules(b, e);
	if (e->ev.kind == E_MESSAGE && !e->ev.name.n)
		bpmn_refuse(b, n, "bpmn.message.reference", "name the message with messageRef",
		            "this event names no message");
	if (e->ev.kind == E_SIGNAL && !e->ev.name.n)
		bpmn_refuse(b, n, "bpmn.signal.reference", "name the signal with signalRef",
		            "this event names no signal");
	if (e->ev.kind == E_CONDITION && !e->ev.condition)
		bpmn_refuse(b, n, "bpmn.condition.missing", "write the condition in FEEL",
		            "this event has no condition");
	if (e->ev.kind == E_ERROR && e->kind == K_END && !e->ev.code.n)
		bpmn_refuse(b, n, "bpmn.error.reference", "name the error with errorRef",
		            "this event throws no named error");
	if (e->ev.kind == E_ESCALATION && (e->kind == K_END || e->kind == K_THROW) && !e->ev.code.n)
		bpmn_refuse(b, n, "bpmn.escalation.reference", "name it with escalationRef",
		            "this event throws no named escalation");
	if (e->ev.activity.n) {
		const struct bpmn_el *a = bpmn_el(b, e->ev.activity);
		if (!a || !bpmn_is_activity(a))
			bpmn_refuse(b, n, "bpmn.compensation.activity", "name an activity",
			            "activityRef does not name an activity");
	}
}

static void event_rules(struct bpmn *b, const struct bpmn_el *e)
{
	const struct xml_node *n = e->node;

	if (!(allowed(e) & BIT(e->ev.kind)))
		bpmn_refuse(b, n, "bpmn.event.kind", "choose another event",
		            e->ev.kind ? "this kind of event cannot stand on a %.*s%s"
		                       : "a %.*s%s must say what it waits for",
		            STRF(n->name),
		            e->scope && e->scope->event_sub ? " of an event sub-process" : "");
	else
		definition_rules(b, e);
	bool link = e->ev.kind == E_LINK;
	if ((e->kind == K_START || e->kind == K_BOUNDARY || (link && e->kind == K_CATCH)) && e->n_in)
		bpmn_refuse(b, n, "bpmn.event.incoming", "remove the incoming flow",
		            "no flow leads into this event");
	if ((e->kind == K_END || (link && e->kind == K_THROW)) && e->n_out)
		bpmn_refuse(b, n, "bpmn.event.outgoing", "remove the outgoing flow",
		            "no flow leaves this event");
	bool needs_in = (e->kind == K_CATCH && !link) || e->kind == K_THROW;
	if (needs_in && !e->n_in)
		bpmn_refuse(b, n, "bpmn.event.no-incoming", "connect it", "nothing leads to this event");
	bool needs_out = e->kind == K_START || e->kind == K_CATCH || (e->kind == K_THROW && !link) ||
	                 (e->kind == K_BOUNDARY && e->ev.kind != E_COMPENSATE);
	if (needs_out && !e->n_out)
		bpmn_refuse(b, n, "bpmn.event.no-outgoing", "connect it", "nothing follows this event");
	if (!e->interrupting && (e->ev.kind == E_ERROR || e->ev.kind == E_COMPENSATE) &&
	    (e->kind == K_BOUNDARY || e->kind == K_START))
		bpmn_refuse(b, n, "bpmn.event.non-interrupting", "let it interrupt",
		            "errors and compensation always interrupt");
}

static void link_rules(struct bpmn *b, const struct bpmn_el *e)
{
	size_t throws = 0, catches = 0;

	if (e->ev.kind != E_LINK || (e->kind != K_CATCH && e->kind != K_THROW))
		return;
	for (const struct bpmn_el *x = e->scope->members; x; x = x->next_member)
		if (x->ev.kind == E_LINK && str_eq(x->ev.name, e->ev.name)) {
			throws += x->kind == K_THROW;
			catches += x->kind == K_CATCH;
		}
	if (!throws || !catches)
		bpmn_refuse(b, e->node, "bpmn.link.pair", "use the same name on both sides",
		            "the link \"%.*s\" has no %s", STRF(e->ev.name),
		            throws ? "catch event" : "throw event");
	if (catches > 1 && e->kind == K_CATCH)
		bpmn_refuse(b, e->node, "bpmn.link.targets", "keep one catch event",
		            "a link has only one target");
	/* source and target, where given, must agree with the names. */
	const struct xml_node *ref = xml_child(e->ev.node, e->kind == K_THROW ? "target" : "source");
	const struct xml_node *other = ref ? bpmn_node(b, xml_ref(ref->text)) : NULL;
	if (ref && (!other || !str_eq(xml_attr(other, "name"), e->ev.name)))
		bpmn_refuse(b, ref, "bpmn.link.reference", "refer to the link event of the same name",
		            "the link refers to an event of another name");
}

static void boundary_rules(struct bpmn *b, const struct bpmn_el *e)
{
	if (e->kind != K_BOUNDARY)
		return;
	if (!e->attached || !bpmn_is_activity(e->attached) || e->attached->scope != e->scope) {
		bpmn_refuse(b, e->node, "bpmn.boundary.attached", "attach it to an activity beside it",
		            "this boundary event is attached to nothing it could be on");
		return;
	}
	bool scope = e->attached->kind == K_SUBPROCESS || e->attached->kind == K_CALL;
	if (e->ev.kind == E_ESCALATION && !scope && e->attached->kind != K_USER)
		bpmn_refuse(b, e->node, "bpmn.boundary.escalation", "put it on a sub-process",
		            "nothing in this activity can escalate");
	if (e->ev.kind != E_COMPENSATE)
		return;
	if (e->n_out)
		bpmn_refuse(b, e->node, "bpmn.compensation.flow", "use an association",
		            "no sequence flow leaves a compensation event");
	if (!e->handler)
		bpmn_refuse(b, e->node, "bpmn.compensation.handler", "associate it with an activity",
		            "this compensation event has no handler");
	else if (!e->handler->for_compensation || !bpmn_is_activity(e->handler))
		bpmn_refuse(b, e->handler->node, "bpmn.compensation.handler", "set isForCompensation",
		            "what compensates must be an activity marked isForCompensation");
}

/* ---- activities and scopes --------------------------------------------- */

static void compensation_rules(struct bpmn *b, const struct bpmn_el *e)
{
	bool used = e->event_sub;

	if (!e->for_compensation || !bpmn_is_activity(e))
		return;
	if (e->n_in || e->n_out)
		bpmn_refuse(b, e->node, "bpmn.compensation.flow", "remove the flows",
		            "a compensation activity is outside the normal flow");
	for (size_t i = 0; i < b->n_els && !used; i++)
		used = b->els[i]->handler == e;
	if (!used)
		bpmn_refuse(b, e->node, "bpmn.compensation.unused",
		            "associate it with a compensation boundary event",
		            "nothing ever starts this compensation activity");
}

static void scope_rules(struct bpmn *b, const struct bpmn_el *e)
{
	size_t starts = 0, ends = 0, none = 0;

	for (const struct bpmn_el *x = e->members; x; x = x->next_member) {
		starts += x->kind == K_START;
		none += x->kind == K_START && x->ev.kind == E_NONE;
		ends += x->kind == K_END;
	}
	if ((starts == 0) != (ends == 0))
		bpmn_refuse(b, e->node, "bpmn.scope.start-end", "draw both or neither",
		            starts ? "there is a start event but no end event"
		                   : "there is an end event but no start event");
	if (none > 1)
		bpmn_refuse(b, e->node, "bpmn.scope.starts", "keep one none start event",
		            "more than one none start event");
	if (!e->event_sub)
		return;
	if (e->n_in || e->n_out)
		bpmn_refuse(b, e->node, "bpmn.event-sub.flow", "remove the flows",
		            "no sequence flow touches an event sub-process");
	if (starts != 1)
		bpmn_refuse(b, e->node, "bpmn.event-sub.start", "keep exactly one start event",
		            "an event sub-process has one start event");
	if (e->boundaries)
		bpmn_refuse(b, e->node, "bpmn.event-sub.boundary", "remove the boundary event",
		            "an event sub-process has no boundary events");
}

static void call_rules(struct bpmn *b, const struct bpmn_el *e)
{
	if (!e->callee || (e->callee->kind != K_PROCESS && e->callee->kind != K_GLOBAL_TASK)) {
		bpmn_refuse(b, e->node, "bpmn.call.target", "put the called process into the same file",
		            "calledElement names no process or global task of this file");
		return;
	}
	bool none = false, any = false;
	for (const struct bpmn_el *x = e->callee->members; x; x = x->next_member) {
		any |= x->kind == K_START;
		none |= x->kind == K_START && x->ev.kind == E_NONE;
	}
	if (any && !none)
		bpmn_refuse(b, e->node, "bpmn.call.start", "add a none start event to it",
		            "the called process has no none start event");
}

void bpmn_check_flow(struct bpmn *b)
{
	for (size_t i = 0; i < b->n_flows; i++)
		flow_rules(b, b->flows[i]);
	for (size_t i = 0; i < b->n_els; i++) {
		const struct bpmn_el *e = b->els[i];
		default_rules(b, e);
		if (e->kind >= K_EXCLUSIVE && e->kind <= K_EVENT_GATEWAY)
			gateway_rules(b, e);
		if (bpmn_is_event(e) && e->events < 2 && e->ev.kind != E_CANCEL && e->scope &&
		    e->scope->kind != K_UNSUPPORTED)
			event_rules(b, e);
		link_rules(b, e);
		boundary_rules(b, e);
		compensation_rules(b, e);
		if (e->kind == K_PROCESS || e->kind == K_SUBPROCESS)
			scope_rules(b, e);
		if (e->kind == K_CALL)
			call_rules(b, e);
		if (e->kind == K_RECEIVE && !e->ev.name.n)
			bpmn_refuse(b, e->node, "bpmn.message.reference", "name it with messageRef",
			            "this receive task names no message");
	}
}

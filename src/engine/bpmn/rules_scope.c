/* rules_scope.c - the standard's rules on processes, sub-processes and calls. */
#include "engine/bpmn/model.h"

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

/* An ad-hoc sub-process holds activities, and neither starts nor ends. */
static void ad_hoc_rules(struct bpmn *b, const struct bpmn_el *e)
{
	bool any = false;

	for (const struct bpmn_el *x = e->members; x; x = x->next_member) {
		any |= bpmn_is_activity(x);
		if (x->kind == K_START || x->kind == K_END)
			bpmn_refuse(b, x->node, "bpmn.ad-hoc.event", "remove it",
			            "an ad-hoc sub-process has no start and end events");
	}
	if (!any)
		bpmn_refuse(b, e->node, "bpmn.ad-hoc.empty", "put activities into it",
		            "an ad-hoc sub-process must hold an activity");
	if (e->event_sub)
		bpmn_refuse(b, e->node, "bpmn.ad-hoc.event", "use an ordinary event sub-process",
		            "an ad-hoc sub-process is not triggered by an event");
}

static void transaction_rules(struct bpmn *b, const struct bpmn_el *e)
{
	str method = xml_attr(e->node, "method");

	if (!bpmn_is_uri(method))
		bpmn_refuse(b, e->node, "bpmn.transaction.method", "write ##Compensate, or leave it out",
		            "the method \"%.*s\" is not a URI", STRF(method));
	else if (method.n && !str_eq(method, STR("##Compensate")))
		bpmn_refuse(b, e->node, "bpmn.profile.transaction-method",
		            "write ##Compensate, or leave it out",
		            "a transaction is undone by compensation only");
	if (e->event_sub)
		bpmn_refuse(b, e->node, "bpmn.transaction.event", "use an ordinary event sub-process",
		            "a transaction is not triggered by an event");
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
	if (e->ad_hoc)
		ad_hoc_rules(b, e);
	if (e->kind == K_SUBPROCESS && xml_child(e->node, "ioSpecification"))
		bpmn_refuse(b, e->node, "bpmn.scope.data", "describe the data at its tasks",
		            "a sub-process has no inputs and outputs of its own");
	if (!e->event_sub)
		return;
	if (e->n_in || e->n_out)
		bpmn_refuse(b, e->node, "bpmn.event-sub.flow", "remove the flows",
		            "no sequence flow touches an event sub-process");
	if (starts != 1)
		bpmn_refuse(b, e->node, "bpmn.event-sub.start", "keep exactly one start event",
		            "an event sub-process has one start event");
	if (e->loop)
		bpmn_refuse(b, e->node, "bpmn.event-sub.loop", "put the loop on an activity in it",
		            "an event sub-process is begun by its event alone, and never a loop");
	if (e->boundaries)
		bpmn_refuse(b, e->node, "bpmn.event-sub.boundary", "remove the boundary event",
		            "an event sub-process has no boundary events");
}

static void call_rules(struct bpmn *b, const struct bpmn_el *e)
{
	bool process = e->callee && e->callee->kind == K_PROCESS && e->callee->executable;
	if (!process && !(e->callee && e->callee->kind == K_GLOBAL_TASK)) {
		bpmn_refuse(b, e->node, "bpmn.call.target", "put the called process into the same file",
		            "calledElement names nothing in this file that can run");
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

void bpmn_check_scopes(struct bpmn *b)
{
	for (size_t i = 0; i < b->n_els; i++) {
		const struct bpmn_el *e = b->els[i];
		compensation_rules(b, e);
		if (e->kind == K_PROCESS || e->kind == K_SUBPROCESS)
			scope_rules(b, e);
		if (e->transaction)
			transaction_rules(b, e);
		if (e->kind == K_CALL)
			call_rules(b, e);
	}
}

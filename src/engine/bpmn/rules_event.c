/* rules_event.c - the standard's rules on events: which stands where, what each
 * must say, links, boundaries. */
#include "engine/bpmn/model.h"

#define BIT(kind) (1u << (kind))

/* ---- which event stands where ------------------------------------------ */

static bool in_transaction(const struct bpmn_el *e)
{
	for (e = e->scope; e; e = e->scope)
		if (e->transaction)
			return true;
	return false;
}

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
		return catching | BIT(E_ERROR) | BIT(E_ESCALATION) | BIT(E_COMPENSATE) | BIT(E_CANCEL);
	default:
		return BIT(E_NONE) | BIT(E_MESSAGE) | BIT(E_ERROR) | BIT(E_ESCALATION) | BIT(E_COMPENSATE) |
		       BIT(E_SIGNAL) | BIT(E_TERMINATE) | BIT(E_CANCEL);
	}
}

/* A bare name, or what looks like ISO 8601 but is not: more likely a mistake than a
 * formula, which may always be begun with "=". */
static bool meant_as_time(str s)
{
	bool word = true, plain = true;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i], small = (char)(c | 0x20);
		bool letter = (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9');
		word &= letter;
		plain &= letter || str_chr(STR("/:.-+ "), c) >= 0;
	}
	bool begins = s.n > 1 && (s.p[0] == 'P' || s.p[0] == 'R' || (s.p[0] >= '0' && s.p[0] <= '9'));
	return word || (plain && begins);
}

static void timer_rules(struct bpmn *b, const struct bpmn_evdef *ev)
{
	static const char *const names[] = {"timeDate", "timeDuration", "timeCycle"};
	int found = 0;

	for (int i = 0; i < 3; i++) {
		const struct xml_node *x = xml_child(ev->node, names[i]);
		if (!x)
			continue;
		found++;
		if (!ev->time.n && (meant_as_time(x->text) || !ev->time_expr))
			bpmn_refuse(b, x, "bpmn.timer.value",
			            "write ISO 8601, such as P3D or R4/PT1H, or =expression",
			            "\"%.*s\" is not a time", STRF(x->text));
	}
	if (ev->calendar == CALENDAR_UNKNOWN)
		bpmn_refuse(b, ev->node, "bpmn.timer.calendar", "write working_days or working_time",
		            "diwan:calendar names no way of counting");
	if (found != 1)
		bpmn_refuse(b, ev->node, "bpmn.timer.one", "keep timeDate, timeDuration or timeCycle",
		            found ? "a timer has only one of date, duration and cycle"
		                  : "this timer says no time");
}

static void thrown_rules(struct bpmn *b, const struct bpmn_el *e, const struct bpmn_evdef *ev)
{
	const struct xml_node *n = ev->node ? ev->node : e->node;

	if (ev->kind == E_ERROR && e->kind == K_END) {
		const struct xml_node *what = bpmn_node(b, xml_ref(xml_attr(n, "errorRef")));
		if (!ev->code.n)
			bpmn_refuse(b, n, "bpmn.error.reference", "name the error with errorRef",
			            "this event throws no named error");
		else if (!xml_attr(what, "errorCode").n)
			bpmn_refuse(b, what, "bpmn.error.code", "give the error an errorCode",
			            "an error that is thrown needs a code");
	}
	if (ev->kind == E_ESCALATION && (e->kind == K_END || e->kind == K_THROW)) {
		const struct xml_node *what = bpmn_node(b, xml_ref(xml_attr(n, "escalationRef")));
		if (!ev->code.n)
			bpmn_refuse(b, n, "bpmn.escalation.reference", "name it with escalationRef",
			            "this event throws no named escalation");
		else if (!xml_attr(what, "escalationCode").n)
			bpmn_refuse(b, what, "bpmn.escalation.code", "give the escalation an escalationCode",
			            "an escalation that is thrown needs a code");
	}
	if (ev->kind == E_CANCEL && e->kind == K_END && !in_transaction(e))
		bpmn_refuse(b, n, "bpmn.cancel.transaction", "put it into a transaction",
		            "a cancel end event stands only in a transaction");
	if (ev->kind == E_CANCEL && e->kind == K_BOUNDARY && e->attached && !e->attached->transaction)
		bpmn_refuse(b, n, "bpmn.cancel.transaction", "attach it to a transaction",
		            "a cancel boundary event stands only on a transaction");
	if (ev->activity.n) {
		const struct bpmn_el *a = bpmn_el(b, ev->activity);
		if (!a || !bpmn_is_activity(a))
			bpmn_refuse(b, n, "bpmn.compensation.activity", "name an activity",
			            "activityRef does not name an activity");
	}
}

static void definition_rules(struct bpmn *b, const struct bpmn_el *e, const struct bpmn_evdef *ev)
{
	const struct xml_node *n = ev->node ? ev->node : e->node;

	if (ev->kind == E_TIMER)
		timer_rules(b, ev);
	if (ev->kind == E_MESSAGE && !ev->name.n)
		bpmn_refuse(b, n, "bpmn.message.reference", "name the message with messageRef",
		            "this event names no message");
	if (ev->kind == E_SIGNAL && !ev->name.n)
		bpmn_refuse(b, n, "bpmn.signal.reference", "name the signal with signalRef",
		            "this event names no signal");
	if (ev->kind == E_CONDITION && !ev->condition)
		bpmn_refuse(b, n, "bpmn.condition.missing", "write the condition in FEEL",
		            "this event has no condition");
	if (ev->kind == E_LINK && !ev->name.n)
		bpmn_refuse(b, n, "bpmn.link.name", "give the link a name", "this link has no name");
	thrown_rules(b, e, ev);
}

/* Several definitions in one event: what the standard leaves for them. */
static void multiple_rules(struct bpmn *b, const struct bpmn_el *e)
{
	size_t ends = 0;

	for (const struct bpmn_evdef *ev = &e->ev; ev; ev = ev->next) {
		if (e->events > 1 && ev->kind == E_LINK)
			bpmn_refuse(b, ev->node, "bpmn.event.multiple", "give the link an event of its own",
			            "a link cannot stand beside other definitions");
		ends += ev->kind == E_ERROR || ev->kind == E_TERMINATE || ev->kind == E_CANCEL;
		bool thrown = ev->kind == E_ERROR || ev->kind == E_ESCALATION || ev->kind == E_CANCEL ||
		              ev->kind == E_COMPENSATE;
		if (e->all_events && e->events > 1 && thrown)
			bpmn_refuse(b, ev->node, "bpmn.event.multiple", "wait for it in an event of its own",
			            "an event that waits for all of several cannot wait for this one");
	}
	if (e->kind == K_END && ends > 1)
		bpmn_refuse(b, e->node, "bpmn.event.multiple", "keep one of them",
		            "an end event can end its branch in one way only");
	if (e->all_events && e->events > 1 && e->kind == K_START && e->scope->kind == K_PROCESS)
		bpmn_refuse(b, e->node, "bpmn.profile.parallel-multiple-start",
		            "start at one event and wait for the others",
		            "a process that starts only after several events is not carried out");
}

static void kind_rules(struct bpmn *b, const struct bpmn_el *e, const struct bpmn_evdef *ev)
{
	const struct xml_node *n = e->node;

	if (!(allowed(e) & BIT(ev->kind)))
		bpmn_refuse(b, n, "bpmn.event.kind", "choose another event",
		            ev->kind ? "this kind of event cannot stand on a %.*s%s"
		                     : "a %.*s%s must say what it waits for",
		            STRF(n->name),
		            e->scope && e->scope->event_sub ? " of an event sub-process" : "");
	else
		definition_rules(b, e, ev);
	bool always = ev->kind == E_ERROR || ev->kind == E_COMPENSATE || ev->kind == E_CANCEL;
	if (!e->interrupting && always && (e->kind == K_BOUNDARY || e->kind == K_START))
		bpmn_refuse(b, n, "bpmn.event.non-interrupting", "let it interrupt",
		            "errors, cancel and compensation always interrupt");
}

static void event_rules(struct bpmn *b, const struct bpmn_el *e)
{
	const struct xml_node *n = e->node;

	for (const struct bpmn_evdef *ev = &e->ev; ev; ev = ev->next)
		kind_rules(b, e, ev);
	multiple_rules(b, e);
	bool link = e->ev.kind == E_LINK;
	if ((e->kind == K_START || e->kind == K_BOUNDARY || (link && e->kind == K_CATCH)) && e->n_in)
		bpmn_refuse(b, n, "bpmn.event.incoming", "remove the incoming flow",
		            "no flow leads into this event");
	if ((e->kind == K_END || (link && e->kind == K_THROW)) && e->n_out)
		bpmn_refuse(b, n, "bpmn.event.outgoing", "remove the outgoing flow",
		            "no flow leaves this event");
	bool needs_in = (e->kind == K_CATCH && !link) || e->kind == K_THROW || e->kind == K_END;
	if (needs_in && !e->n_in)
		bpmn_refuse(b, n, "bpmn.event.no-incoming", "connect it", "nothing leads to this event");
	bool needs_out = e->kind == K_START || e->kind == K_CATCH || (e->kind == K_THROW && !link) ||
	                 (e->kind == K_BOUNDARY && e->ev.kind != E_COMPENSATE);
	if (needs_out && !e->n_out)
		bpmn_refuse(b, n, "bpmn.event.no-outgoing", "connect it", "nothing follows this event");
}

static size_t targets(const struct xml_node *n)
{
	size_t k = 0;

	for (const struct xml_node *x = xml_child(n, "target"); x; x = xml_next(x, "target"))
		k++;
	return k;
}

/* A throw event leads to one catch event of its own scope. */
static void link_throw(struct bpmn *b, const struct bpmn_el *e)
{
	size_t named = 0;

	for (const struct bpmn_el *x = e->scope->members; x; x = x->next_member)
		named += x->kind == K_CATCH && x->ev.kind == E_LINK && str_eq(x->ev.name, e->ev.name);
	if (targets(e->ev.node) > 1 || (named > 1 && !targets(e->ev.node)))
		bpmn_refuse(b, e->node, "bpmn.link.targets", "keep one", "a link has only one target");
	else if (!e->link_to)
		bpmn_refuse(b, e->node, "bpmn.link.pair", "use the same name on both sides",
		            "the link \"%.*s\" has no catch event", STRF(e->ev.name));
	else if (e->link_to->scope != e->scope)
		bpmn_refuse(b, e->node, "bpmn.link.scope", "use messages or events between scopes",
		            "a link leads only within its own process or sub-process");
}

/* Source and target must agree: what names its other end is named by it. */
static void link_catch(struct bpmn *b, const struct bpmn_el *e)
{
	bool any = false;

	for (size_t i = 0; i < b->n_els; i++)
		any |= b->els[i]->link_to == e;
	if (!any)
		bpmn_refuse(b, e->node, "bpmn.link.pair", "use the same name on both sides",
		            "the link \"%.*s\" has no throw event", STRF(e->ev.name));
	for (const struct xml_node *s = xml_child(e->ev.node, "source"); s; s = xml_next(s, "source")) {
		bool found = false;
		for (size_t i = 0; i < b->n_els && !found; i++)
			found = b->els[i]->link_to == e && b->els[i]->ev.node &&
			        str_eq(xml_attr(b->els[i]->ev.node, "id"), xml_ref(s->text));
		if (!found)
			bpmn_refuse(b, s, "bpmn.link.reference", "let both ends refer to one another",
			            "this source does not lead to this link");
	}
}

static void link_rules(struct bpmn *b, const struct bpmn_el *e)
{
	if (e->ev.kind == E_LINK && e->kind == K_THROW)
		link_throw(b, e);
	else if (e->ev.kind == E_LINK && e->kind == K_CATCH)
		link_catch(b, e);
}

static bool event_has(const struct bpmn_el *e, enum bpmn_event kind)
{
	for (const struct bpmn_evdef *ev = &e->ev; ev; ev = ev->next)
		if (ev->kind == kind)
			return true;
	return false;
}

/* Do both catch the very same error, escalation or compensation? */
static bool same_catch(const struct bpmn_evdef *x, const struct bpmn_evdef *y)
{
	bool code = x->kind == E_ERROR || x->kind == E_ESCALATION;

	return x->kind == y->kind && (x->kind == E_COMPENSATE || (code && str_eq(x->code, y->code)));
}

static void one_catches(struct bpmn *b, const struct bpmn_el *e, const struct bpmn_el *other)
{
	for (const struct bpmn_evdef *x = &e->ev; x; x = x->next)
		for (const struct bpmn_evdef *y = other ? &other->ev : NULL; y; y = y->next)
			if (same_catch(x, y))
				bpmn_refuse(b, other->node, "bpmn.boundary.same", "keep one of them",
				            "another event catches the same at the same place, before this one");
}

static const struct bpmn_el *start_of(const struct bpmn_el *scope)
{
	const struct bpmn_el *m = scope->members;

	while (m && m->kind != K_START)
		m = m->next_member;
	return m;
}

/* Of two that catch the same error at one place the second would never do anything. */
static void twice_caught(struct bpmn *b, const struct bpmn_el *e)
{
	for (const struct bpmn_el *x = e->boundaries; x; x = x->next_boundary)
		for (const struct bpmn_el *y = x->next_boundary; y; y = y->next_boundary)
			one_catches(b, x, y);
	if (!e->event_sub || !e->scope || !start_of(e))
		return;
	for (const struct bpmn_el *y = e->next_member; y; y = y->next_member)
		if (y->event_sub)
			one_catches(b, start_of(e), start_of(y));
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
	if (event_has(e, E_ESCALATION) && !scope && e->attached->kind != K_USER)
		bpmn_refuse(b, e->node, "bpmn.boundary.escalation", "put it on a sub-process",
		            "nothing in this activity can escalate");
	if (!event_has(e, E_COMPENSATE))
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

void bpmn_check_events(struct bpmn *b)
{
	for (size_t i = 0; i < b->n_els; i++) {
		const struct bpmn_el *e = b->els[i];
		if (bpmn_is_event(e) && e->scope && e->scope->kind != K_UNSUPPORTED)
			event_rules(b, e);
		link_rules(b, e);
		boundary_rules(b, e);
		twice_caught(b, e);
		if (e->kind == K_RECEIVE && !e->ev.name.n)
			bpmn_refuse(b, e->node, "bpmn.message.reference", "name it with messageRef",
			            "this receive task names no message");
		if (e->kind == K_RECEIVE && e->instantiate && e->n_in)
			bpmn_refuse(b, e->node, "bpmn.instantiate.incoming", "remove the incoming flow",
			            "nothing leads to what starts a process");
	}
}

/* load.c - from the XML tree to the model; judges nothing but identity. */
#include "engine/bpmn/model.h"
#include "engine/feel/feel.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What only matters for a process that runs: beginnings of rules. */
static bool for_running(str rule)
{
	static const char *const rules[] = {
	    "bpmn.profile.",       "bpmn.expression.",      "bpmn.script.",
	    "bpmn.operation.",     "bpmn.timer.",           "bpmn.call.",
	    "bpmn.loop.",          "bpmn.message.",         "bpmn.signal.reference",
	    "bpmn.error.",         "bpmn.escalation.",      "bpmn.condition.missing",
	    "bpmn.flow.condition", "bpmn.complex-gateway.", "bpmn.transaction.method"};

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (str_starts(rule, str_of(rules[i])) && !str_eq(rule, STR("bpmn.profile.import")))
			return true;
	return false;
}

bool bpmn_never_runs(const struct xml_node *n)
{
	while (n && !xml_is(n, "process"))
		n = n->parent;
	return n && !xml_flag(n, "isExecutable", true);
}

void bpmn_refuse(struct bpmn *b, const struct xml_node *n, const char *rule, const char *hint,
                 const char *fmt, ...)
{
	va_list ap;
	char text[400];

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	/* Of a partner's process that is drawn and never run this is only worth telling. */
	enum severity s = bpmn_never_runs(n) && for_running(str_of(rule)) ? DIAG_WARNING : DIAG_ERROR;
	struct diag *g = diags_add(b->d, s, rule, n ? n->line : 0, n ? n->col : 0, "%s", text);
	if (!g)
		return;
	g->hint = str_of(hint);
	for (; n && !g->element.n; n = n->parent)
		g->element = xml_attr(n, "id");
}

/* ---- the table of ids -------------------------------------------------- */

static struct bpmn_slot *slot(const struct bpmn *b, str id)
{
	size_t mask = b->n_slots - 1, i = str_hash(id, 0) & mask;

	while (b->slots[i].node && !str_eq(b->slots[i].id, id))
		i = (i + 1) & mask;
	return &b->slots[i];
}

struct bpmn_slot *bpmn_find(const struct bpmn *b, str id)
{
	if (!id.n)
		return NULL;
	struct bpmn_slot *s = slot(b, id);
	return s->node ? s : NULL;
}

struct bpmn_el *bpmn_el(const struct bpmn *b, str id)
{
	struct bpmn_slot *s = bpmn_find(b, id);

	return s ? s->el : NULL;
}

const struct xml_node *bpmn_node(const struct bpmn *b, str id)
{
	struct bpmn_slot *s = bpmn_find(b, id);

	return s ? s->node : NULL;
}

static void index_ids(struct bpmn *b)
{
	size_t n = 0;

	for (const struct xml_node *x = b->root; x; x = xml_walk(b->root, x))
		n += xml_has(x, "id");
	for (b->n_slots = 16; b->n_slots < n * 2; b->n_slots *= 2)
		;
	b->slots = NEWN(b->a, struct bpmn_slot, b->n_slots);
	for (const struct xml_node *x = b->root; x; x = xml_walk(b->root, x)) {
		str id = xml_attr(x, "id");
		if (!id.n || (x->ns != NS_BPMN && x->ns != NS_BPMNDI))
			continue;
		struct bpmn_slot *s = slot(b, id);
		if (!s->node)
			*s = (struct bpmn_slot){.id = id, .node = x};
		else if (b->check)
			bpmn_refuse(b, x, "bpmn.id.duplicate", "give every element an id of its own",
			            "the id \"%.*s\" was already used on line %u", STRF(id), s->node->line);
	}
}

/* ---- expressions and attributes ---------------------------------------- */

static void reads(struct bpmn *b, str name)
{
	struct bpmn_read **at = &b->reads;
	while (*at && !str_eq((*at)->name, name))
		at = &(*at)->next;
	if (*at || !name.n)
		return;
	*at = NEW(b->a, struct bpmn_read);
	(*at)->name = name;
}

static const struct feel_expr *expr(struct bpmn *b, const struct xml_node *n, str text)
{
	str why = {0};

	if (!text.n || !b->check)
		return NULL;
	const struct feel_expr *e = bpmn_expr_parse(b->a, text, &why);
	if (!e)
		bpmn_refuse(b, n, "bpmn.expression.syntax", "write it in FEEL", "\"%.*s\": %.*s",
		            (int)(text.n < 100 ? text.n : 100), text.p, STRF(why));
	const str *name = NULL;
	size_t names = e ? feel_free_names(e, &name) : 0;
	for (size_t i = 0; i < names; i++)
		reads(b, name[i]);
	return e;
}

static const struct feel_expr *expr_child(struct bpmn *b, const struct xml_node *n,
                                          const char *name)
{
	struct xml_node *x = xml_child(n, name);

	return x ? expr(b, x, x->text) : NULL;
}

/* A zeebe extension element below `n`. */
static struct xml_node *zeebe(const struct xml_node *n, const char *name)
{
	return xml_child_ns(xml_child(n, "extensionElements"), NS_ZEEBE, name);
}

static struct xml_node *diwan(const struct xml_node *n, const char *name)
{
	return xml_child_ns(xml_child(n, "extensionElements"), NS_DIWAN, name);
}

static str either(str x, str y)
{
	return x.n ? x : y;
}

/* ---- event definitions ------------------------------------------------- */

static const struct {
	const char *name;
	enum bpmn_event kind;
} event_names[] = {
    {"messageEventDefinition", E_MESSAGE},       {"timerEventDefinition", E_TIMER},
    {"errorEventDefinition", E_ERROR},           {"escalationEventDefinition", E_ESCALATION},
    {"signalEventDefinition", E_SIGNAL},         {"conditionalEventDefinition", E_CONDITION},
    {"compensateEventDefinition", E_COMPENSATE}, {"linkEventDefinition", E_LINK},
    {"terminateEventDefinition", E_TERMINATE},   {"cancelEventDefinition", E_CANCEL},
};

static enum bpmn_event event_kind(const struct xml_node *n)
{
	for (size_t i = 0; n && i < sizeof event_names / sizeof *event_names; i++)
		if (xml_is(n, event_names[i].name))
			return event_names[i].kind;
	return E_NONE;
}

static void message(struct bpmn *b, str ref, struct bpmn_evdef *ev)
{
	const struct xml_node *m = bpmn_node(b, xml_ref(ref));

	if (!m)
		return;
	ev->name = either(xml_attr(m, "name"), xml_attr(m, "id"));
	struct xml_node *s = diwan(m, "subscription");
	if (s)
		ev->key = expr(b, s, xml_attr(s, "key"));
	else if ((s = zeebe(m, "subscription")))
		ev->key = expr(b, s, xml_attr(s, "correlationKey"));
}

static void timer(struct bpmn *b, const struct xml_node *n, struct bpmn_evdef *ev)
{
	static const char *const names[] = {"timeDate", "timeDuration", "timeCycle"};
	struct bpmn_span span;
	int64_t count;
	instant at;

	str calendar = xml_attr_ns(n, NS_DIWAN, "calendar");
	ev->calendar = !calendar.n                             ? CALENDAR_NONE
	               : str_eq(calendar, STR("working_days")) ? CALENDAR_DAYS
	               : str_eq(calendar, STR("working_time")) ? CALENDAR_TIME
	                                                       : CALENDAR_UNKNOWN;
	ev->pauses_for = xml_attr_ns(n, NS_DIWAN, "pausesFor");
	for (int i = 0; i < 3; i++) {
		struct xml_node *x = xml_child(n, names[i]);
		if (!x)
			continue;
		ev->timer = (enum bpmn_timer)i;
		bool literal = i == TIMER_DATE       ? bpmn_date_parse(x->text, 0, &at)
		               : i == TIMER_DURATION ? bpmn_span_parse(x->text, &span)
		                                     : bpmn_cycle_parse(x->text, &count, &at, &span);
		if (literal)
			ev->time = x->text;
		else
			ev->time_expr = expr(b, x, x->text);
	}
}

static void event_definition(struct bpmn *b, const struct xml_node *n, struct bpmn_evdef *ev)
{
	const struct xml_node *ref;

	ev->kind = event_kind(n);
	ev->node = n;
	switch (ev->kind) {
	case E_MESSAGE:
		message(b, xml_attr(n, "messageRef"), ev);
		break;
	case E_TIMER:
		timer(b, n, ev);
		break;
	case E_ERROR:
		if ((ref = bpmn_node(b, xml_ref(xml_attr(n, "errorRef")))))
			ev->code = either(xml_attr(ref, "errorCode"), xml_attr(ref, "id"));
		break;
	case E_ESCALATION:
		if ((ref = bpmn_node(b, xml_ref(xml_attr(n, "escalationRef")))))
			ev->code = either(xml_attr(ref, "escalationCode"), xml_attr(ref, "id"));
		break;
	case E_SIGNAL:
		if ((ref = bpmn_node(b, xml_ref(xml_attr(n, "signalRef")))))
			ev->name = either(xml_attr(ref, "name"), xml_attr(ref, "id"));
		break;
	case E_CONDITION:
		ev->condition = expr_child(b, n, "condition");
		break;
	case E_COMPENSATE:
		ev->activity = xml_ref(xml_attr(n, "activityRef"));
		break;
	case E_LINK:
		ev->name = either(xml_attr(n, "name"), xml_attr(n, "id"));
		break;
	default:
		break;
	}
}

static void events(struct bpmn *b, struct bpmn_el *e)
{
	struct bpmn_evdef **tail = NULL;

	for (const struct xml_node *x = e->node->first; x; x = x->next) {
		const struct xml_node *def = x;
		if (xml_is(x, "eventDefinitionRef"))
			def = bpmn_node(b, xml_ref(x->text));
		if (event_kind(def) == E_NONE)
			continue;
		struct bpmn_evdef *ev = &e->ev;
		if (e->events++)
			ev = *tail = NEW(b->a, struct bpmn_evdef);
		event_definition(b, def, ev);
		tail = &ev->next;
	}
}

/* ---- loops, mappings --------------------------------------------------- */

/* The variable a data reference stands for: an object's or input's name. */
static str data_name(const struct bpmn *b, str ref)
{
	const struct xml_node *n = bpmn_node(b, xml_ref(ref));

	if (!n)
		return xml_ref(ref);
	str object = xml_attr(n, "dataObjectRef");
	if (object.n)
		return data_name(b, object);
	return either(xml_attr(n, "name"), xml_attr(n, "id"));
}

static void loop_behavior(struct bpmn *b, const struct xml_node *n, struct bpmn_loop *l)
{
	struct bpmn_evdef ev = {0};
	str behavior = xml_attr(n, "behavior");
	bool each = str_eq_nocase(behavior, STR("none"));

	if (!each && !str_eq_nocase(behavior, STR("one")))
		return;
	const struct xml_node *def =
	    bpmn_node(b, xml_ref(xml_attr(n, each ? "noneBehaviorEventRef" : "oneBehaviorEventRef")));
	if (!def)
		return;
	event_definition(b, def, &ev);
	l->behavior_each = each;
	l->behavior_kind = ev.kind;
	l->behavior_signal = ev.name.n ? ev.name : ev.code;
}

static void loop(struct bpmn *b, struct bpmn_el *e)
{
	const struct xml_node *n = xml_child(e->node, "multiInstanceLoopCharacteristics");
	const struct xml_node *s = xml_child(e->node, "standardLoopCharacteristics"), *x;

	if (!n && !s)
		return;
	struct bpmn_loop *l = e->loop = NEW(b->a, struct bpmn_loop);
	if (!n) {
		l->test_before = xml_flag(s, "testBefore", false);
		l->condition = expr_child(b, s, "loopCondition");
		l->maximum = -1;
		if (xml_has(s, "loopMaximum") &&
		    (!str_i64(xml_attr(s, "loopMaximum"), &l->maximum) || l->maximum < 0))
			l->maximum = -2; /* refused by the rules */
		return;
	}
	l->multi = true;
	l->sequential = xml_flag(n, "isSequential", false);
	l->cardinality = expr_child(b, n, "loopCardinality");
	l->completion = expr_child(b, n, "completionCondition");
	if ((x = xml_child(n, "loopDataInputRef")))
		l->collection = expr(b, x, data_name(b, x->text));
	if ((x = xml_child(n, "inputDataItem")))
		l->item = either(xml_attr(x, "name"), xml_attr(x, "id"));
	if ((x = xml_child(n, "loopDataOutputRef")))
		l->out_collection = data_name(b, x->text);
	if ((x = xml_child(n, "outputDataItem")))
		l->out_item = either(xml_attr(x, "name"), xml_attr(x, "id"));
	if ((x = zeebe(n, "loopCharacteristics"))) {
		l->collection = expr(b, x, xml_attr(x, "inputCollection"));
		l->item = xml_attr(x, "inputElement");
		l->out_collection = xml_attr(x, "outputCollection");
		l->output = expr(b, x, xml_attr(x, "outputElement"));
	}
	if (!l->output && l->out_item.n)
		l->output = expr(b, n, l->out_item);
	loop_behavior(b, n, l);
}

static struct bpmn_map **add_map(struct bpmn *b, struct bpmn_map **tail, struct bpmn_map m)
{
	*tail = NEW(b->a, struct bpmn_map);
	**tail = m;
	reads(b, m.source_name);
	return &(*tail)->next;
}

/* dataInputAssociation, dataOutputAssociation: by name, or with a transformation. */
static struct bpmn_map **associations(struct bpmn *b, const struct xml_node *n, const char *name,
                                      struct bpmn_map **tail)
{
	for (struct xml_node *x = xml_child(n, name); x; x = xml_next(x, name)) {
		struct xml_node *src = xml_child(x, "sourceRef"), *dst = xml_child(x, "targetRef");
		struct xml_node *how = xml_child(x, "transformation"), *as = xml_child(x, "assignment");
		for (; as; as = xml_next(as, "assignment")) {
			struct xml_node *from = xml_child(as, "from"), *to = xml_child(as, "to");
			if (from && to)
				tail = add_map(b, tail,
				               (struct bpmn_map){.source = expr(b, from, from->text),
				                                 .target = data_name(b, to->text)});
		}
		if (!dst || (!src && !how) || (!how && xml_child(x, "assignment")))
			continue;
		tail = add_map(b, tail,
		               (struct bpmn_map){.source = how ? expr(b, how, how->text) : NULL,
		                                 .source_name = how ? (str){0} : data_name(b, src->text),
		                                 .target = data_name(b, dst->text)});
	}
	return tail;
}

static void mappings(struct bpmn *b, struct bpmn_el *e)
{
	struct bpmn_map **in = associations(b, e->node, "dataInputAssociation", &e->inputs);
	struct bpmn_map **out = associations(b, e->node, "dataOutputAssociation", &e->outputs);
	struct xml_node *io[2] = {zeebe(e->node, "ioMapping"), diwan(e->node, "ioMapping")};

	for (int i = 0; i < 2; i++)
		for (struct xml_node *x = io[i] ? io[i]->first : NULL; x; x = x->next) {
			struct bpmn_map m = {.source = expr(b, x, xml_attr(x, "source")),
			                     .target = xml_attr(x, "target")};
			if (str_eq(x->name, STR("input")))
				in = add_map(b, in, m);
			else if (str_eq(x->name, STR("output")))
				out = add_map(b, out, m);
		}
}

/* ---- elements ---------------------------------------------------------- */

static const struct {
	const char *name;
	enum bpmn_kind kind;
} kinds[] = {
    {"task", K_TASK},
    {"manualTask", K_MANUAL},
    {"userTask", K_USER},
    {"serviceTask", K_SERVICE},
    {"sendTask", K_SEND},
    {"receiveTask", K_RECEIVE},
    {"scriptTask", K_SCRIPT},
    {"businessRuleTask", K_RULE},
    {"callActivity", K_CALL},
    {"subProcess", K_SUBPROCESS},
    {"startEvent", K_START},
    {"endEvent", K_END},
    {"intermediateCatchEvent", K_CATCH},
    {"intermediateThrowEvent", K_THROW},
    {"boundaryEvent", K_BOUNDARY},
    {"exclusiveGateway", K_EXCLUSIVE},
    {"parallelGateway", K_PARALLEL},
    {"inclusiveGateway", K_INCLUSIVE},
    {"eventBasedGateway", K_EVENT_GATEWAY},
    {"globalTask", K_GLOBAL_TASK},
    {"globalUserTask", K_GLOBAL_TASK},
    {"globalManualTask", K_GLOBAL_TASK},
    {"globalScriptTask", K_GLOBAL_TASK},
    {"globalBusinessRuleTask", K_GLOBAL_TASK},
    {"adHocSubProcess", K_SUBPROCESS},
    {"transaction", K_SUBPROCESS},
    {"complexGateway", K_COMPLEX},
    {"implicitThrowEvent", K_UNSUPPORTED},
};

static bool kind_of(const struct xml_node *n, enum bpmn_kind *kind)
{
	for (size_t i = 0; n->ns == NS_BPMN && i < sizeof kinds / sizeof *kinds; i++)
		if (str_eq(n->name, str_of(kinds[i].name))) {
			*kind = kinds[i].kind;
			return true;
		}
	return false;
}

static int64_t quantity(const struct xml_node *n, const char *name)
{
	int64_t v = 1;

	if (xml_has(n, name) && !str_i64(xml_attr(n, name), &v))
		v = 0; /* refused by the rules */
	return v;
}

/* What the standard's own attributes say of how an element behaves. */
static void behaviour(struct bpmn *b, struct bpmn_el *e)
{
	const struct xml_node *n = e->node;

	e->start_quantity = quantity(n, "startQuantity");
	e->completion_quantity = quantity(n, "completionQuantity");
	e->all_events = xml_flag(n, "parallelMultiple", false);
	e->instantiate = xml_flag(n, "instantiate", false);
	e->transaction = xml_is(n, "transaction");
	e->ad_hoc = xml_is(n, "adHocSubProcess");
	e->ordered = str_eq(xml_attr(n, "ordering"), STR("Sequential"));
	e->keep_remaining = !xml_flag(n, "cancelRemainingInstances", true);
	if (e->ad_hoc)
		e->completion = expr_child(b, n, "completionCondition");
	if (e->kind == K_COMPLEX)
		e->activation = expr_child(b, n, "activationCondition");
}

static void attributes(struct bpmn *b, struct bpmn_el *e)
{
	const struct xml_node *n = e->node, *x;

	e->role = xml_attr_ns(n, NS_DIWAN, "role");
	e->form = xml_attr_ns(n, NS_DIWAN, "form");
	e->due = xml_attr_ns(n, NS_DIWAN, "due");
	e->due_unit = xml_attr_ns(n, NS_DIWAN, "dueUnit");
	e->type = xml_attr_ns(n, NS_DIWAN, "type");
	e->decision = xml_attr_ns(n, NS_DIWAN, "decision");
	e->result = xml_attr_ns(n, NS_DIWAN, "resultVariable");
	if (!e->role.n && (x = zeebe(n, "assignmentDefinition")))
		e->role = either(xml_attr(x, "candidateGroups"), xml_attr(x, "assignee"));
	if (!e->form.n && (x = zeebe(n, "formDefinition")))
		e->form = either(xml_attr(x, "formId"), xml_attr(x, "formKey"));
	if (!e->due.n && (x = zeebe(n, "taskSchedule")))
		e->due = xml_attr(x, "dueDate");
	if (!e->type.n && (x = zeebe(n, "taskDefinition")))
		e->type = xml_attr(x, "type");
	if (!e->decision.n && (x = zeebe(n, "calledDecision"))) {
		e->decision = xml_attr(x, "decisionId");
		e->result = either(e->result, xml_attr(x, "resultVariable"));
	}
	x = xml_child(n, "script");
	if (e->kind == K_SCRIPT || xml_is(n, "globalScriptTask"))
		e->script = x ? expr(b, x, x->text) : NULL;
	if (!e->script && (x = zeebe(n, "script"))) {
		e->script = expr(b, x, xml_attr(x, "expression"));
		e->result = either(e->result, xml_attr(x, "resultVariable"));
	}
	if ((e->kind == K_SEND || e->kind == K_RECEIVE) && xml_has(n, "messageRef")) {
		e->ev.kind = E_MESSAGE;
		message(b, xml_attr(n, "messageRef"), &e->ev);
	}
	if (e->kind == K_CALL) {
		e->called = xml_ref(xml_attr(n, "calledElement"));
		if (!e->called.n && (x = zeebe(n, "calledElement")))
			e->called = xml_attr(x, "processId");
		x = zeebe(n, "calledElement");
		e->keep_parent_vars = !xml_flag(x, "propagateAllParentVariables", true);
		e->keep_child_vars = !xml_flag(x, "propagateAllChildVariables", true);
	}
}

static struct bpmn_el *add_el(struct bpmn *b, const struct xml_node *n, enum bpmn_kind kind,
                              struct bpmn_el *scope)
{
	if (b->n_els + b->n_flows >= BPMN_MAX_ELEMENTS)
		return NULL;
	struct bpmn_el *e = NEW(b->a, struct bpmn_el);
	e->id = xml_attr(n, "id");
	e->name = xml_attr(n, "name");
	e->kind = kind;
	e->node = n;
	e->scope = scope;
	e->index = (uint32_t)b->n_els;
	e->executable = xml_flag(n, "isExecutable", true);
	e->event_sub = xml_flag(n, "triggeredByEvent", false);
	e->for_compensation = xml_flag(n, "isForCompensation", false);
	e->interrupting = xml_flag(n, kind == K_BOUNDARY ? "cancelActivity" : "isInterrupting", true);
	b->els[b->n_els++] = e;
	struct bpmn_slot *s = bpmn_find(b, e->id);
	if (s && s->node == n)
		s->el = e;
	if (scope) {
		if (scope->last_member)
			scope->last_member->next_member = e;
		else
			scope->members = e;
		scope->last_member = e;
	}
	return e;
}

static bool is_scope(const struct bpmn_el *e)
{
	return e->kind == K_PROCESS || e->kind == K_SUBPROCESS || e->kind == K_UNSUPPORTED;
}

static void collect(struct bpmn *b, const struct xml_node *n, struct bpmn_el *scope)
{
	enum bpmn_kind kind;

	for (const struct xml_node *x = n->first; x; x = x->next) {
		if (xml_is(x, "sequenceFlow")) {
			if (b->n_els + b->n_flows >= BPMN_MAX_ELEMENTS)
				return;
			struct bpmn_flow *f = NEW(b->a, struct bpmn_flow);
			f->id = xml_attr(x, "id");
			f->name = xml_attr(x, "name");
			f->node = x;
			b->flows[b->n_flows++] = f;
			struct bpmn_slot *s = bpmn_find(b, f->id);
			if (s && s->node == x)
				s->flow = f;
		} else if (kind_of(x, &kind)) {
			struct bpmn_el *e = add_el(b, x, kind, scope);
			if (e && is_scope(e))
				collect(b, x, e);
		}
	}
}

static void connect(struct bpmn *b)
{
	for (size_t i = 0; i < b->n_flows; i++) {
		struct bpmn_flow *f = b->flows[i], **tail;
		f->source = bpmn_el(b, xml_ref(xml_attr(f->node, "sourceRef")));
		f->target = bpmn_el(b, xml_ref(xml_attr(f->node, "targetRef")));
		f->condition = expr_child(b, f->node, "conditionExpression");
		if (!f->source || !f->target)
			continue;
		for (tail = &f->source->out; *tail; tail = &(*tail)->next_out)
			;
		*tail = f;
		f->source->n_out++;
		for (tail = &f->target->in; *tail; tail = &(*tail)->next_in)
			;
		*tail = f;
		f->target->n_in++;
	}
}

/* A node's own list says in which order its flows are tried and taken. */
static void order_out(struct bpmn *b, struct bpmn_el *e)
{
	struct bpmn_flow **at = &e->out;

	for (const struct xml_node *x = xml_child(e->node, "outgoing"); x;
	     x = xml_next(x, "outgoing")) {
		struct bpmn_slot *s = bpmn_find(b, xml_ref(x->text));
		struct bpmn_flow **from = at;
		while (*from && (!s || *from != s->flow))
			from = &(*from)->next_out;
		struct bpmn_flow *f = *from;
		if (!f)
			continue;
		*from = f->next_out;
		f->next_out = *at;
		*at = f;
		at = &f->next_out;
	}
}

static void attach(struct bpmn *b, struct bpmn_el *e)
{
	struct bpmn_slot *s = bpmn_find(b, xml_ref(xml_attr(e->node, "default")));

	e->default_flow = s ? s->flow : NULL;
	if (e->kind == K_CALL) {
		e->callee = bpmn_el(b, e->called);
		b->hands_over_all |= !e->inputs && !e->keep_parent_vars;
	}
	if (e->kind != K_BOUNDARY)
		return;
	e->attached = bpmn_el(b, xml_ref(xml_attr(e->node, "attachedToRef")));
	if (!e->attached)
		return;
	struct bpmn_el **tail = &e->attached->boundaries;
	while (*tail)
		tail = &(*tail)->next_boundary;
	*tail = e;
}

static bool is_link(const struct bpmn_el *e, enum bpmn_kind kind)
{
	return e->kind == kind && e->ev.kind == E_LINK;
}

/* Does the link definition `ev` name the other one, by id, among its `ref`? */
static bool refers(const struct bpmn_evdef *ev, const char *ref, const struct bpmn_evdef *other)
{
	for (const struct xml_node *x = xml_child(ev->node, ref); x; x = xml_next(x, ref))
		if (str_eq(xml_ref(x->text), xml_attr(other->node, "id")))
			return true;
	return false;
}

/* A link's other end: by target or source where the file gives them, else by name. */
static void pair_link(struct bpmn *b, struct bpmn_el *e)
{
	if (!is_link(e, K_THROW))
		return;
	bool by_target = xml_child(e->ev.node, "target");
	for (size_t i = 0; i < b->n_els && !e->link_to; i++) {
		struct bpmn_el *x = b->els[i];
		if (is_link(x, K_CATCH) &&
		    (refers(&e->ev, "target", &x->ev) || (!by_target && refers(&x->ev, "source", &e->ev))))
			e->link_to = x;
	}
	for (struct bpmn_el *x = e->scope->members; x && !by_target && !e->link_to; x = x->next_member)
		if (is_link(x, K_CATCH) && str_eq(x->ev.name, e->ev.name))
			e->link_to = x;
}

/* association: from a compensation boundary to its handler. */
static void handlers(struct bpmn *b)
{
	for (const struct xml_node *x = b->root; x; x = xml_walk(b->root, x)) {
		if (!xml_is(x, "association"))
			continue;
		struct bpmn_el *from = bpmn_el(b, xml_ref(xml_attr(x, "sourceRef")));
		struct bpmn_el *to = bpmn_el(b, xml_ref(xml_attr(x, "targetRef")));
		if (from && to && from->kind == K_BOUNDARY && from->ev.kind == E_COMPENSATE)
			from->handler = to;
	}
}

/* A lane gives its role (diwan:role, else its name) to its nodes that have none. */
static void lanes(struct bpmn *b)
{
	for (const struct xml_node *x = b->root; x; x = xml_walk(b->root, x)) {
		if (!xml_is(x, "flowNodeRef") || !xml_is(x->parent, "lane"))
			continue;
		struct bpmn_el *e = bpmn_el(b, xml_ref(x->text));
		str role = either(xml_attr_ns(x->parent, NS_DIWAN, "role"), xml_attr(x->parent, "name"));
		if (e && !e->role.n && e->kind == K_USER)
			e->role = role;
	}
}

static struct bpmn *load(arena *a, str text, struct diags *d, bool check)
{
	struct bpmn *b = NEW(a, struct bpmn);
	enum bpmn_kind kind;

	if (text.n > BPMN_MAX_BYTES) {
		diags_add(d, DIAG_ERROR, "bpmn.xml.limit", 0, 0, "the file is larger than 4 MiB");
		return NULL;
	}
	*b = (struct bpmn){.a = a, .d = d, .check = check, .root = bpmn_xml(a, text, d)};
	if (!b->root)
		return NULL;
	if (!xml_is(b->root, "definitions")) {
		bpmn_refuse(b, b->root, "bpmn.xml.vocabulary",
		            "the root must be <definitions> in the BPMN 2.0 namespace",
		            "this is not a BPMN 2.0 file");
		return NULL;
	}
	index_ids(b);
	size_t most = 0;
	for (const struct xml_node *x = b->root; x; x = xml_walk(b->root, x))
		most += x->ns == NS_BPMN;
	b->els = NEWN(a, struct bpmn_el *, most);
	b->flows = NEWN(a, struct bpmn_flow *, most);
	for (const struct xml_node *x = b->root->first; x; x = x->next) {
		struct bpmn_el *p = NULL;
		if (xml_is(x, "process") && (p = add_el(b, x, K_PROCESS, NULL)))
			collect(b, x, p);
		else if (kind_of(x, &kind) && kind == K_GLOBAL_TASK)
			add_el(b, x, kind, NULL);
	}
	if (b->n_els + b->n_flows >= BPMN_MAX_ELEMENTS) {
		bpmn_refuse(b, b->root, "bpmn.xml.limit", "split the model into several files",
		            "more than %d elements and flows", BPMN_MAX_ELEMENTS);
		return NULL;
	}
	connect(b);
	for (size_t i = 0; i < b->n_els; i++) {
		events(b, b->els[i]);
		order_out(b, b->els[i]);
		attributes(b, b->els[i]);
		behaviour(b, b->els[i]);
		loop(b, b->els[i]);
		mappings(b, b->els[i]);
		attach(b, b->els[i]);
	}
	for (size_t i = 0; i < b->n_els; i++)
		pair_link(b, b->els[i]);
	handlers(b);
	lanes(b);
	return b;
}

struct bpmn *bpmn_read(arena *a, str xml, struct diags *d)
{
	struct bpmn *b = load(a, xml, d, false);

	if (b)
		b->d = NULL;
	return b;
}

struct bpmn *bpmn_load(arena *a, str xml, struct diags *d)
{
	size_t before = d->errors;
	struct bpmn *b = load(a, xml, d, true);

	if (!b)
		return NULL;
	bpmn_check_vocabulary(b);
	bpmn_check_profile(b);
	bpmn_check_refs(b);
	bpmn_check_flow(b);
	bpmn_check_events(b);
	bpmn_check_scopes(b);
	bpmn_check_data(b);
	b->d = NULL;
	return d->errors > before ? NULL : b;
}

/*
 * rules_refs.c - what a file names must be in it, lists of flows must agree with
 * the flows, and expressions must be meant for a machine.
 */
#include "engine/bpmn/model.h"

/* ---- references ---------------------------------------------------------- */

static const struct {
	const char *element, *attribute, *target; /* NULL: of any element; anything with an id */
	bool outside;                             /* may name a type that another file defines */
} references[] = {{NULL, "itemSubjectRef", "itemDefinition", false},
                  {NULL, "itemRef", "itemDefinition", false},
                  {NULL, "evaluatesToTypeRef", "itemDefinition", true},
                  {"error", "structureRef", "itemDefinition", true},
                  {"escalation", "structureRef", "itemDefinition", true},
                  {"signal", "structureRef", "itemDefinition", true},
                  {NULL, "dataStoreRef", "dataStore", false},
                  {NULL, "processRef", "process", false},
                  {NULL, "definitionalCollaborationRef", "collaboration", false},
                  {NULL, "categoryValueRef", "categoryValue", false},
                  {NULL, "partitionElementRef", NULL, false},
                  {"messageFlow", "messageRef", "message", false},
                  {"sendTask", "messageRef", "message", false},
                  {"receiveTask", "messageRef", "message", false},
                  {"messageEventDefinition", "messageRef", "message", false},
                  {"signalEventDefinition", "signalRef", "signal", false},
                  {"errorEventDefinition", "errorRef", "error", false},
                  {"escalationEventDefinition", "escalationRef", "escalation", false},
                  {"ioBinding", "inputDataRef", NULL, false},
                  {"ioBinding", "outputDataRef", NULL, false}};

static const struct {
	const char *element, *target; /* NULL: anything with an id */
} children[] = {{"flowNodeRef", NULL},
                {"categoryValueRef", "categoryValue"},
                {"supports", "process"},
                {"supportedInterfaceRef", "interface"},
                {"interfaceRef", "interface"},
                {"endPointRef", "endPoint"},
                {"participantRef", "participant"},
                {"innerParticipantRef", "participant"},
                {"outerParticipantRef", "participant"},
                {"inMessageRef", "message"},
                {"outMessageRef", "message"},
                {"errorRef", "error"},
                {"correlationPropertyRef", "correlationProperty"},
                {"dataInputRefs", "dataInput"},
                {"optionalInputRefs", "dataInput"},
                {"whileExecutingInputRefs", "dataInput"},
                {"inputSetRefs", "inputSet"},
                {"dataOutputRefs", "dataOutput"},
                {"optionalOutputRefs", "dataOutput"},
                {"whileExecutingOutputRefs", "dataOutput"},
                {"outputSetRefs", "outputSet"}};

static void missing(struct bpmn *b, const struct xml_node *n, const char *name, str ref)
{
	bpmn_refuse(b, n, "bpmn.reference", "name what the file defines",
	            "%s names \"%.*s\", which this file does not define as what it must be", name,
	            STRF(ref));
}

/* A prefix of another namespace means a type or a file outside: not ours to judge. */
static bool is_local(str ref)
{
	return ref.n && str_chr(ref, ':') < 0;
}

static void reference_rules(struct bpmn *b, const struct xml_node *n)
{
	for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
		str ref = xml_attr(n, references[i].attribute);
		if (!is_local(ref) || (references[i].element && !xml_is(n, references[i].element)))
			continue;
		const struct xml_node *to = bpmn_node(b, ref);
		bool wrong = to && references[i].target && !xml_is(to, references[i].target);
		if (wrong || (!to && !references[i].outside))
			missing(b, n, references[i].attribute, ref);
	}
	for (size_t i = 0; i < sizeof children / sizeof *children; i++) {
		if (!xml_is(n, children[i].element) || !is_local(n->text))
			continue;
		const struct xml_node *to = bpmn_node(b, n->text);
		if (!to || (children[i].target && !xml_is(to, children[i].target)))
			missing(b, n, children[i].element, n->text);
	}
	if (!xml_is(n, "association"))
		return;
	str ends[] = {xml_attr(n, "sourceRef"), xml_attr(n, "targetRef")};
	for (int i = 0; i < 2; i++)
		if (!bpmn_node(b, xml_ref(ends[i])))
			missing(b, n, i ? "targetRef" : "sourceRef", ends[i]);
}

/* A definition inside a throw event is that event's alone; a shared one stands at
 * the top of the file or in a catch event. */
static void shared_definition(struct bpmn *b, const struct xml_node *n)
{
	if (!xml_is(n, "eventDefinitionRef"))
		return;
	const struct xml_node *def = bpmn_node(b, xml_ref(n->text));
	if (!def)
		missing(b, n, "eventDefinitionRef", n->text);
	else if (xml_is(def->parent, "endEvent") || xml_is(def->parent, "intermediateThrowEvent"))
		bpmn_refuse(b, n, "bpmn.event.shared", "define it at the top of the file",
		            "what a throw event defines cannot be used by another event");
}

/* ---- lanes --------------------------------------------------------------- */

static const struct xml_node *process_of(const struct xml_node *n)
{
	while (n && !xml_is(n, "process"))
		n = n->parent;
	return n;
}

static bool in_lane(const struct xml_node *lane, str id)
{
	for (const struct xml_node *x = xml_child(lane, "flowNodeRef"); x;
	     x = xml_next(x, "flowNodeRef"))
		if (str_eq(xml_ref(x->text), id))
			return true;
	return false;
}

/* A lane holds flow nodes of its process, and of the lanes of a set only one does. */
static void lane_rules(struct bpmn *b, const struct xml_node *n)
{
	if (!xml_is(n, "flowNodeRef") || !xml_is(n->parent, "lane"))
		return;
	str id = xml_ref(n->text);
	const struct bpmn_el *e = bpmn_el(b, id);
	if (bpmn_node(b, id) && (!e || e->kind == K_PROCESS || process_of(e->node) != process_of(n)))
		bpmn_refuse(b, n, "bpmn.lane.member", "name events, activities and gateways of the process",
		            "\"%.*s\" is no flow node of this process", STRF(id));
	for (const struct xml_node *l = xml_next(n->parent, "lane"); l; l = xml_next(l, "lane"))
		if (in_lane(l, id))
			bpmn_refuse(b, n, "bpmn.lane.twice", "keep it in one of them",
			            "\"%.*s\" stands in two lanes: whose is it?", STRF(id));
}

/* ---- incoming, outgoing -------------------------------------------------- */

static bool lists(const struct xml_node *n, const char *side, str id)
{
	for (const struct xml_node *x = xml_child(n, side); x; x = xml_next(x, side))
		if (str_eq(xml_ref(x->text), id))
			return true;
	return false;
}

/* Modelers list a node's flows in it. A file may leave all lists out; where it
 * has them they must be whole and true. */
static void flow_lists(struct bpmn *b)
{
	bool any = false;

	for (const struct xml_node *x = b->root; x; x = xml_walk(b->root, x))
		any |= xml_is(x, "incoming") || xml_is(x, "outgoing");
	if (!any)
		return;
	for (size_t i = 0; i < b->n_flows; i++) {
		const struct bpmn_flow *f = b->flows[i];
		const struct bpmn_el *ends[] = {f->source, f->target};
		for (int k = 0; k < 2; k++)
			if (ends[k] && !lists(ends[k]->node, k ? "incoming" : "outgoing", f->id))
				bpmn_refuse(b, ends[k]->node, "bpmn.flow.listed", "list it, or no flow at all",
				            "the flow \"%.*s\" is missing among this element's %s", STRF(f->id),
				            k ? "incoming flows" : "outgoing flows");
	}
	for (const struct xml_node *x = b->root; x; x = xml_walk(b->root, x)) {
		bool in = xml_is(x, "incoming");
		const struct bpmn_el *e = bpmn_el(b, xml_attr(x->parent, "id"));
		if ((!in && !xml_is(x, "outgoing")) || !e)
			continue;
		const struct bpmn_slot *s = bpmn_find(b, xml_ref(x->text));
		if (!s || !s->flow || (in ? s->flow->target : s->flow->source) != e)
			bpmn_refuse(b, x, "bpmn.flow.listed", "remove it from the list",
			            "\"%.*s\" is no %s flow of this element", STRF(x->text), x->name.p);
	}
}

/* ---- the diagram --------------------------------------------------------- */

static size_t count_of(const struct xml_node *n, int ns, const char *name)
{
	size_t count = 0;

	for (const struct xml_node *x = n->first; x; x = x->next)
		count += x->ns == ns && str_eq(x->name, str_of(name));
	return count;
}

static void odd(struct bpmn *b, const struct xml_node *n, const char *rule, const char *what)
{
	struct diag *g = diags_add(b->d, DIAG_WARNING, rule, n->line, n->col, "%s", what);

	if (g)
		g->hint = STR("draw it again in a modeler, or remove it from the diagram");
}

/* What is drawn wrongly is told; it runs all the same, and is laid out anew. */
static void diagram_rules(struct bpmn *b, const struct xml_node *n)
{
	if (n->ns != NS_BPMNDI)
		return;
	str of = xml_attr(n, "bpmnElement");
	bool shape = str_eq(n->name, STR("BPMNShape")), edge = str_eq(n->name, STR("BPMNEdge"));
	if (is_local(of) && !bpmn_node(b, of))
		odd(b, n, "bpmn.diagram.reference", "it draws an element that this file does not have");
	if (shape && !count_of(n, NS_DC, "Bounds"))
		odd(b, n, "bpmn.diagram.place", "a shape without its place is not drawn");
	if (edge && count_of(n, NS_DI, "waypoint") < 2)
		odd(b, n, "bpmn.diagram.place", "a line needs two points");
}

/* ---- expressions --------------------------------------------------------- */

/* Text without any sign of a formula: a name, or words for a human reader. */
static bool is_prose(str s)
{
	bool digits = true;

	s = str_trim(s);
	if (str_eq(s, STR("true")) || str_eq(s, STR("false")))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (str_chr(STR("=<>()[]{}+*/?\""), c) >= 0)
			return false;
		digits &= c >= '0' && c <= '9';
	}
	return !digits;
}

static bool is_time(const struct xml_node *n)
{
	return xml_is(n, "timeDate") || xml_is(n, "timeDuration") || xml_is(n, "timeCycle");
}

/* The standard: an expression without xsi:type tFormalExpression is in natural
 * language. Of flows one that is plainly a formula is taken, of timers one in ISO
 * 8601 or with a leading "=". */
static bool is_formal(const struct xml_node *n)
{
	struct bpmn_span span;
	int64_t count;
	instant at;

	if (xml_is(n, "conditionExpression"))
		return !is_prose(n->text);
	return is_time(n) &&
	       (str_starts(n->text, STR("=")) || bpmn_date_parse(n->text, 0, &at) ||
	        bpmn_span_parse(n->text, &span) || bpmn_cycle_parse(n->text, &count, &at, &span));
}

static void expression_rules(struct bpmn *b, const struct xml_node *n)
{
	static const char *const names[] = {"conditionExpression",
	                                    "condition",
	                                    "completionCondition",
	                                    "loopCondition",
	                                    "activationCondition",
	                                    "loopCardinality",
	                                    "from",
	                                    "timeDate",
	                                    "timeDuration",
	                                    "timeCycle"};
	static const char *const formal[] = {"transformation", "dataPath", "messagePath"};
	bool typed = str_ends(xml_attr_ns(n, NS_XSI, "type"), STR("tFormalExpression"));
	bool expression = typed;

	for (size_t i = 0; i < sizeof formal / sizeof *formal; i++)
		expression |= xml_is(n, formal[i]);
	for (size_t i = 0; i < sizeof names / sizeof *names && !typed; i++) {
		if (!xml_is(n, names[i]))
			continue;
		expression = true;
		if (n->text.n && !is_formal(n))
			bpmn_refuse(b, n, "bpmn.expression.natural",
			            "write it in FEEL and set xsi:type=\"tFormalExpression\"",
			            "\"%.*s\" is not marked as an expression, and so for human readers",
			            (int)(n->text.n < 80 ? n->text.n : 80), n->text.p);
	}
	if (expression && !n->text.n)
		bpmn_refuse(b, n, "bpmn.expression.empty", "write the expression", "this %.*s is empty",
		            STRF(n->name));
}

void bpmn_check_refs(struct bpmn *b)
{
	for (const struct xml_node *n = b->root; n; n = xml_walk(b->root, n)) {
		diagram_rules(b, n);
		if (n->ns != NS_BPMN)
			continue;
		reference_rules(b, n);
		shared_definition(b, n);
		lane_rules(b, n);
		expression_rules(b, n);
	}
	flow_lists(b);
}

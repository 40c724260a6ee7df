/*
 * rules_profile.c - what a file must not hold because the engine would not carry
 * it out, and who is who. "Refuse, never ignore."
 */
#include "engine/bpmn/model.h"

#define MAX_QUANTITY 1000 /* tokens an activity takes or makes at once */

/* Elements outside the profile, wherever they stand. */
static const struct {
	const char *element, *rule, *hint;
} outside[] = {
    {"complexBehaviorDefinition", "bpmn.profile.complex-behavior", "use none, one or all"},
    {"import", "bpmn.profile.import", "put what is used into this file"},
    {"implicitThrowEvent", "bpmn.profile.implicit-throw", "use an intermediate throw event"},
    {"choreography", "bpmn.profile.choreography", "describe the processes of each party"},
    {"globalChoreographyTask", "bpmn.profile.choreography", "describe the processes"},
    {"choreographyTask", "bpmn.profile.choreography", "use tasks in a process"},
    {"callChoreography", "bpmn.profile.choreography", "use call activities in a process"},
    {"subChoreography", "bpmn.profile.choreography", "use sub-processes"},
    {"globalConversation", "bpmn.profile.conversation", "use a collaboration"},
    {"conversation", "bpmn.profile.conversation", "use message flows"},
    {"subConversation", "bpmn.profile.conversation", "use message flows"},
    {"callConversation", "bpmn.profile.conversation", "use message flows"},
    {"performer", "bpmn.profile.resource", "name the role with diwan:role or a lane"},
    {"humanPerformer", "bpmn.profile.resource", "name the role with diwan:role or a lane"},
    {"potentialOwner", "bpmn.profile.resource", "name the role with diwan:role or a lane"},
    {"resourceRole", "bpmn.profile.resource", "name the role with diwan:role or a lane"},
    {"correlationSubscription", "bpmn.profile.correlation",
     "put a subscription key on the message"},
};

/* type "/" subtype, both tokens of RFC 2045. */
static bool is_mime(str s)
{
	ptrdiff_t slash = str_chr(s, '/');

	if (slash <= 0 || (size_t)slash + 1 >= s.n)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool token = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		             c == '-' || c == '+' || c == '.' || c == '_';
		if (!token && i != (size_t)slash)
			return false;
	}
	return true;
}

static bool is_feel(str language)
{
	str s = str_trim(language);

	return str_find(s, STR("FEEL")) >= 0 || str_eq_nocase(s, STR("feel")) ||
	       str_eq_nocase(s, STR("application/feel")) || str_eq_nocase(s, STR("text/feel"));
}

static void texts(struct bpmn *b, const struct xml_node *n)
{
	if ((xml_is(n, "documentation") || xml_is(n, "textAnnotation")) && xml_has(n, "textFormat") &&
	    !is_mime(xml_attr(n, "textFormat")))
		bpmn_refuse(b, n, "bpmn.text.format", "write a media type such as text/plain",
		            "\"%.*s\" is not a media type", STRF(xml_attr(n, "textFormat")));
	if (xml_has(n, "language") && !is_feel(xml_attr(n, "language")))
		bpmn_refuse(b, n, "bpmn.expression.language", "write the expression in FEEL",
		            "the expression language \"%.*s\" is not carried out",
		            STRF(xml_attr(n, "language")));
	const char *format = xml_is(n, "globalScriptTask") ? "scriptLanguage" : "scriptFormat";
	if (xml_has(n, format) && !is_feel(xml_attr(n, format)))
		bpmn_refuse(b, n, "bpmn.script.language", "write the script in FEEL",
		            "the script language \"%.*s\" is not carried out", STRF(xml_attr(n, format)));
}

static void expression_language(struct bpmn *b)
{
	str language = xml_attr(b->root, "expressionLanguage");

	/* The standard's default, which modelers write without being asked. */
	if (language.n && !is_feel(language) && str_find(language, STR("XPath")) < 0)
		bpmn_refuse(b, b->root, "bpmn.expression.language", "set expressionLanguage to FEEL",
		            "the expression language \"%.*s\" is not carried out", STRF(language));
}

static void quantities(struct bpmn *b, const struct xml_node *n)
{
	static const char *const names[] = {"startQuantity", "completionQuantity"};

	for (int i = 0; i < 2; i++) {
		int64_t v = 1;
		bool number = !xml_has(n, names[i]) || str_i64(xml_attr(n, names[i]), &v);
		if (!number || v < 1)
			bpmn_refuse(b, n, "bpmn.quantity.value", "write a whole number from 1",
			            "%s must be 1 or more", names[i]);
		else if (v > MAX_QUANTITY)
			bpmn_refuse(b, n, "bpmn.profile.quantity", "use a multi-instance activity",
			            "%s above %d is not carried out", names[i], MAX_QUANTITY);
	}
}

static void attributes(struct bpmn *b, const struct xml_node *n)
{
	if (xml_is(n, "eventBasedGateway") && str_eq(xml_attr(n, "eventGatewayType"), STR("Parallel")))
		bpmn_refuse(b, n, "bpmn.profile.parallel-event-gateway", "use a parallel gateway",
		            "a parallel event-based gateway is not carried out");
	if (xml_is(n, "sequenceFlow") && !xml_flag(n, "isImmediate", true) && !bpmn_never_runs(n))
		bpmn_refuse(b, n, "bpmn.flow.immediate", "remove isImmediate",
		            "a flow of an executable process must be immediate");
	if (xml_is(n, "process") && str_eq(xml_attr(n, "processType"), STR("Public")) &&
	    !bpmn_never_runs(n))
		bpmn_refuse(b, n, "bpmn.process.public", "make it private",
		            "a public process cannot be executable");
	if (xml_is(n, "participantMultiplicity")) {
		int64_t low = 0, high = 1;
		if (xml_has(n, "minimum"))
			str_i64(xml_attr(n, "minimum"), &low);
		if (xml_has(n, "maximum"))
			str_i64(xml_attr(n, "maximum"), &high);
		if (low < 0 || high < low || high < 1)
			bpmn_refuse(b, n, "bpmn.participant.multiplicity",
			            "minimum from 0, maximum from 1 and not below minimum",
			            "the participant's multiplicity is impossible");
	}
}

/* Extension elements of modelers that are carried out, or only tell something. */
static bool is_known_extension(const struct xml_node *n)
{
	static const char *const known[] = {"assignmentDefinition",
	                                    "calledDecision",
	                                    "calledElement",
	                                    "formDefinition",
	                                    "header",
	                                    "input",
	                                    "ioMapping",
	                                    "loopCharacteristics",
	                                    "output",
	                                    "properties",
	                                    "property",
	                                    "script",
	                                    "subscription",
	                                    "taskDefinition",
	                                    "taskHeaders",
	                                    "taskSchedule",
	                                    "userTask",
	                                    "userTaskForm",
	                                    "versionTag"};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_eq(n->name, str_of(known[i])))
			return true;
	return false;
}

/* What another engine would do, and we would not. */
static void extensions(struct bpmn *b, const struct xml_node *n)
{
	if (n->ns == NS_ENGINE || (n->ns == NS_ZEEBE && !is_known_extension(n)))
		bpmn_refuse(b, n, "bpmn.profile.extension", "see docs/process-author.md for what is read",
		            "the extension element \"%.*s\" is not carried out", STRF(n->name));
	for (const struct xml_attr *at = n->attrs; at; at = at->next)
		if (at->ns == NS_ENGINE) {
			bpmn_refuse(b, n, "bpmn.profile.extension",
			            "use attributes of urn:diwan:bpmn:1, see docs/process-author.md",
			            "the attribute \"%.*s\" of another engine is not carried out",
			            STRF(at->name));
			return;
		}
}

static void elements(struct bpmn *b, const struct xml_node *n)
{
	for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
		if (xml_is(n, outside[i].element))
			bpmn_refuse(b, n, outside[i].rule, outside[i].hint,
			            "%s is outside the profile and is not carried out", outside[i].element);
}

static void identity(struct bpmn *b, const struct bpmn_el *e)
{
	if (!e->id.n)
		bpmn_refuse(b, e->node, "bpmn.id.missing", "give it an id", "this %.*s has no id",
		            STRF(e->node->name));
	const struct xml_node *multi = xml_child(e->node, "multiInstanceLoopCharacteristics");
	if (multi && xml_child(e->node, "standardLoopCharacteristics"))
		bpmn_refuse(b, e->node, "bpmn.loop.both", "keep one of them",
		            "an activity cannot be both a loop and multi-instance");
	if (e->loop && !e->loop->multi && e->loop->maximum < -1)
		bpmn_refuse(b, e->node, "bpmn.loop.maximum", "write a whole number from 0",
		            "loopMaximum must be a whole number and not negative");
	if (multi && e->loop && !e->loop->cardinality && !e->loop->collection)
		bpmn_refuse(b, multi, "bpmn.loop.count", "add loopCardinality or loopDataInputRef",
		            "a multi-instance activity must say how many instances");
	if (multi && str_eq_nocase(xml_attr(multi, "behavior"), STR("complex")))
		bpmn_refuse(b, multi, "bpmn.profile.complex-behavior", "use none, one or all",
		            "complex behaviour of multi-instance is not carried out");
	if ((e->kind == K_SCRIPT || xml_is(e->node, "globalScriptTask")) && !e->script &&
	    !xml_child(e->node, "script"))
		bpmn_refuse(b, e->node, "bpmn.script.missing", "write the script in FEEL",
		            "this script task has no script");
	if (e->kind == K_SCRIPT && xml_child(e->node, "script") && !xml_has(e->node, "scriptFormat"))
		bpmn_refuse(b, e->node, "bpmn.script.format", "set scriptFormat to feel",
		            "this script does not say its language");
	if (e->kind == K_SCRIPT && xml_child(e->node, "script") &&
	    !xml_child(e->node, "script")->text.n)
		bpmn_refuse(b, e->node, "bpmn.script.missing", "write the script in FEEL",
		            "the script is empty");
}

void bpmn_check_profile(struct bpmn *b)
{
	bool executable = false;

	for (const struct xml_node *n = b->root; n; n = xml_walk(b->root, n)) {
		extensions(b, n);
		if (n->ns != NS_BPMN)
			continue;
		elements(b, n);
		texts(b, n);
		quantities(b, n);
		attributes(b, n);
	}
	expression_language(b);
	for (size_t i = 0; i < b->n_els; i++) {
		identity(b, b->els[i]);
		executable |= b->els[i]->kind == K_PROCESS && b->els[i]->executable;
	}
	for (size_t i = 0; i < b->n_flows; i++)
		if (!b->flows[i]->id.n)
			bpmn_refuse(b, b->flows[i]->node, "bpmn.id.missing", "give it an id",
			            "this sequence flow has no id");
	if (!executable)
		bpmn_refuse(b, b->root, "bpmn.process.missing",
		            "add a <process>, or set isExecutable to true",
		            "the file holds no process that can run");
}

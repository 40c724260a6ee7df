/*
 * Models that import others: by a prefix, without one, over two levels; types, decisions,
 * inputs, knowledge models and services of theirs; and how their inputs are given.
 */
#include "unit.h"

#include "engine/dmn/dmn.h"

#define HEAD "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' namespace='urn:"
#define IMPORT(ns, as)                                                                             \
	"<import namespace='urn:" ns "' name='" as                                                     \
	"' importType='https://www.omg.org/spec/DMN/20230324/MODEL/'/>"

static const char base[] =
    HEAD "base' name='base'>"
         "<itemDefinition name='tPerson'><itemComponent name='name'><typeRef>string</typeRef>"
         "</itemComponent><itemComponent name='age'><typeRef>number</typeRef></itemComponent>"
         "</itemDefinition>"
         "<inputData id='p' name='Person'><variable name='Person' typeRef='tPerson'/></inputData>"
         "<decision id='a' name='Is Adult'><variable name='Is Adult' typeRef='boolean'/>"
         "<informationRequirement><requiredInput href='#p'/></informationRequirement>"
         "<literalExpression><text>Person.age >= 18</text></literalExpression></decision>"
         "<businessKnowledgeModel id='h' name='Say Hello'><variable name='Say Hello'/>"
         "<encapsulatedLogic><formalParameter name='who' typeRef='tPerson'/><literalExpression>"
         "<text>\"Hello \" + who.name</text></literalExpression></encapsulatedLogic>"
         "</businessKnowledgeModel>"
         "<decisionService id='s' name='Adult Service'><variable name='Adult Service'/>"
         "<outputDecision href='#a'/><inputData href='#p'/></decisionService></definitions>";

/* What both importing models say, the names with and without a prefix. */
#define DECISION(prefix)                                                                           \
	"<inputData id='q' name='Other'><variable name='Other' typeRef='" prefix "tPerson'/>"          \
	"</inputData>"                                                                                 \
	"<decision id='d' name='D'><variable name='D' typeRef='string'/>"                              \
	"<informationRequirement><requiredDecision href='urn:base#a'/></informationRequirement>"       \
	"<informationRequirement><requiredInput href='urn:base#p'/></informationRequirement>"          \
	"<knowledgeRequirement><requiredKnowledge href='urn:base#h'/></knowledgeRequirement>"          \
	"<literalExpression><text>if " prefix "Is Adult then " prefix "Say Hello(" prefix              \
	"Person) else \"too young\"</text></literalExpression></decision>"                             \
	"<decision id='e' name='E'><variable name='E'/>"                                               \
	"<informationRequirement><requiredInput href='#q'/></informationRequirement>"                  \
	"<knowledgeRequirement><requiredKnowledge href='urn:base#s'/></knowledgeRequirement>"          \
	"<literalExpression><text>[Other instance of " prefix "tPerson, " prefix                       \
	"Adult Service(Other)]</text></literalExpression></decision></definitions>"

static const char prefixed[] = HEAD "m' name='m'>" IMPORT("base", "base") DECISION("base.");
static const char plain[] = HEAD "m' name='m'>" IMPORT("base", "") DECISION("");
static const char middle[] = HEAD "middle' name='middle'>" IMPORT(
    "base",
    "in here") "<decision id='b' name='B'><variable name='B'/>"
               "<informationRequirement><requiredDecision "
               "href='urn:base#a'/></informationRequirement>"
               "<knowledgeRequirement><requiredKnowledge href='urn:base#s'/></knowledgeRequirement>"
               "<invocation><literalExpression><text>in here.Adult "
               "Service</text></literalExpression>"
               "<binding><parameter name='Person'/><literalExpression><text>{name: \"x\", age: "
               "if in here.Is Adult then 1 else "
               "99}</text></literalExpression></binding></invocation>"
               "</decision></definitions>";
static const char top[] = HEAD "top' name='top'>" IMPORT(
    "middle",
    "mid") "<decision id='c' name='C'><variable name='C'/>"
           "<informationRequirement><requiredDecision "
           "href='urn:middle#b'/></informationRequirement>"
           "<literalExpression><text>mid.B</text></literalExpression></decision></definitions>";

static str result(arena *a, const char *const *models, size_t n, const char *decision,
                  const char *inputs)
{
	struct diags d = diags_make(a, STR("model"));
	str xml[4];
	json *out = NULL;
	for (size_t i = 0; i < n; i++)
		xml[i] = str_of(models[i]);
	const struct dmn *m = dmn_load_set(a, xml, n, &d);
	if (d.count)
		print_message("%.*s", STRF(diags_print(a, &d)));
	assert_int_equal(d.count, 0);
	struct dmn_run run = dmn_run_make(a);
	assert_int_equal(dmn_eval(m, str_of(decision), json_parse(a, str_of(inputs), NULL), &run, &out),
	                 OK);
	return json_print(a, out);
}

static void test_with_and_without_a_prefix(void **state)
{
	arena *a = *state;
	static const char *const sets[2][2] = {{prefixed, base}, {plain, base}};
	for (size_t i = 0; i < 2; i++) {
		assert_str(result(a, sets[i], 2, "D", "{\"Person\": {\"name\": \"Ali\", \"age\": 20}}"),
		           "\"Hello Ali\"");
		assert_str(result(a, sets[i], 2, "D", "{\"Person\": {\"name\": \"Ali\", \"age\": 2}}"),
		           "\"too young\"");
		assert_str(result(a, sets[i], 2, "E", "{\"Other\": {\"name\": \"Ali\", \"age\": 20}}"),
		           "[true,true]");
		assert_str(result(a, sets[i], 2, "E", "{\"Other\": {\"name\": \"Ali\", \"age\": \"x\"}}"),
		           "[false,null]");
	}
}

static void test_the_inputs_of_an_import_stand_in_its_name(void **state)
{
	arena *a = *state;
	static const char *const set[] = {prefixed, base}, *const three[] = {top, middle, base};
	assert_str(result(a, set, 2, "D", "{\"base\": {\"Person\": {\"name\": \"A\", \"age\": 20}}}"),
	           "\"Hello A\"");
	assert_str(result(a, set, 2, "D", "{\"base.Person\": {\"name\": \"A\", \"age\": 20}}"),
	           "\"Hello A\"");
	assert_str(result(a, three, 3, "C",
	                  "{\"mid\": {\"in here\": {\"Person\": {\"name\": \"A\", \"age\": 20}}}}"),
	           "false");
	assert_str(result(a, three, 3, "C", "{\"mid.in here.Person\": {\"name\": \"A\", \"age\": 2}}"),
	           "true");
	assert_str(result(a, three, 3, "C", "{\"Person\": {\"name\": \"A\", \"age\": 2}}"), "true");
}

static void test_what_is_not_here_is_told(void **state)
{
	arena *a = *state;
	struct diags d = diags_make(a, STR("model"));
	str xml = str_of(prefixed);
	dmn_load_set(a, &xml, 1, &d);
	assert_non_null(d.first);
	assert_str(d.first->rule, "dmn.import");
	assert_true(d.first->hint.n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    UNIT(test_with_and_without_a_prefix),
	    UNIT(test_the_inputs_of_an_import_stand_in_its_name),
	    UNIT(test_what_is_not_here_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

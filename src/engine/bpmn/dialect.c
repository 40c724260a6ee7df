#include "engine/bpmn/dialect.h"

#define MAX_NODES 100000

static const struct xml_namespace namespaces[] = {
    {"http://www.omg.org/spec/BPMN/20100524/MODEL", NS_BPMN},
    {"http://www.omg.org/spec/BPMN/20100524/DI", NS_BPMNDI},
    {"http://www.omg.org/spec/DD/20100524/DC", NS_DC},
    {"http://www.omg.org/spec/DD/20100524/DI", NS_DI},
    {"urn:diwan:bpmn:1", NS_DIWAN},
    {"http://camunda.org/schema/zeebe/1.0", NS_ZEEBE},
    {"http://camunda.org/schema/1.0/bpmn", NS_ENGINE},
    {"http://activiti.org/bpmn", NS_ENGINE},
    {"http://flowable.org/bpmn", NS_ENGINE},
    {"http://www.w3.org/2001/XMLSchema-instance", NS_XSI},
};

struct xml_node *bpmn_xml(arena *a, str text, struct diags *d)
{
	static const struct xml_dialect dialect = {
	    .syntax = "bpmn.xml.syntax",
	    .doctype = "bpmn.xml.doctype",
	    .limit = "bpmn.xml.limit",
	    .memory = "bpmn.xml.memory",
	    .namespaces = namespaces,
	    .n_namespaces = sizeof namespaces / sizeof *namespaces,
	    .max_nodes = MAX_NODES,
	};

	return xml_parse(a, text, &dialect, d);
}

bool xml_is(const struct xml_node *n, const char *name)
{
	return n && n->ns == NS_BPMN && str_eq(n->name, str_of(name));
}

struct xml_node *xml_child(const struct xml_node *n, const char *name)
{
	return xml_child_ns(n, NS_BPMN, name);
}

struct xml_node *xml_next(const struct xml_node *n, const char *name)
{
	return xml_first_ns(n->next, NS_BPMN, name);
}

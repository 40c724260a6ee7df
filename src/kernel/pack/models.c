/* Decisions and processes of a pack, with the examples that stand beside them. */
#include "kernel/pack/models.h"

#include "engine/bpmn/cases.h"
#include "engine/bpmn/dialect.h"

#include <setjmp.h>
#include <string.h>

#define EXAMPLES_ARENA_BYTES ((size_t)256 * 1024 * 1024)

/* ---- where a text stands ---- */

static uint32_t line_of(str text, str needle)
{
	ptrdiff_t at = str_find(text, needle);
	uint32_t line = 1;
	for (ptrdiff_t i = 0; i < at; i++)
		line += text.p[i] == '\n';
	return line;
}

/* A value to tell at when all that is known is a line. */
static const json *line_value(struct check *c, uint32_t line)
{
	json *v = json_null(c->a);
	v->line = line;
	v->col = 1;
	return v;
}

/* ---- expressions ---- */

const struct feel_expr *model_expr(struct check *c, const struct pack_file *f, const json *v)
{
	/* Declared, for `today` would otherwise be the function of that name. */
	static const str names[] = {STR_INIT("applicant"), STR_INIT("answers"), STR_INIT("today"),
	                            STR_INIT("fees")};
	struct diags d = diags_make(c->a, f->path);
	const struct feel_expr *e = feel_compile(c->a, json_text(v), names, COUNT(names), &d);
	if (!e)
		check_error(c, f, v, "pack.feel",
		            "FEEL over applicant, answers, today and fees; see docs/service-author.md.",
		            "this is not an expression: %.*s, at its column %u",
		            STRF(d.first ? d.first->what : (str){0}), d.first ? d.first->col : 1);
	return e;
}

/* ---- decisions ---- */

struct examples {
	struct check *c;
	const struct pack_file *f;
	size_t n;
};

static void told(void *ctx, const struct dmn_case *t)
{
	struct examples *x = ctx;
	x->n++;
	if (t->passed)
		return;
	str name = str_fmt(x->c->a, "id=\"%.*s\"", STRF(t->id));
	check_error(x->c, x->f, line_value(x->c, line_of(x->f->bytes, name)), "pack.example",
	            "Correct the table or the example: a pack with a failing example is refused.",
	            "example %.*s of %.*s gives %.*s, not %.*s%s%.*s", STRF(t->id), STRF(t->decision),
	            STRF(t->got), STRF(t->expected), t->diagnostic.n ? ": " : "", STRF(t->diagnostic));
}

static bool has_name(const json *list, str name)
{
	for (const json *v = list ? list->first : NULL; v; v = v->next)
		if (str_eq(json_str(v, "name"), name))
			return true;
	return false;
}

const struct dmn *model_decision(struct check *c, struct pack_file *f,
                                 const struct pack_file *owner, const json *name)
{
	c->d->file = f->path;
	struct dmn *m = dmn_load(c->a, f->bytes, c->d);
	if (!m || c->trusted)
		return m;
	c->d->file = f->path;
	dmn_check(c->a, m, c->d);
	if (!has_name(json_get(dmn_describe(c->a, m), "decisions"), json_text(name)))
		check_error(c, owner, name, "pack.decision.name",
		            "Write the name of a decision of the model, as its XML has it.",
		            "%.*s has no decision \"%.*s\"", STRF(f->path), STRF(json_text(name)));
	return m;
}

/* The examples run in memory of their own, so that a pack's size stays bounded. */
void model_decision_examples(struct check *c, const struct dmn *m, const struct pack_file *f)
{
	if (!m || c->trusted)
		return;
	arena *scratch = arena_create(EXAMPLES_ARENA_BYTES);
	struct examples x = {.c = c, .f = f};
	jmp_buf oom;
	arena_guard(scratch, &oom);
	if (setjmp(oom) == 0) {
		struct dmn_run like = dmn_run_make(scratch);
		c->d->file = f->path;
		if (dmn_test(scratch, m, f->bytes, true, &like, told, &x, c->d) && !x.n)
			check_error(c, f, NULL, "pack.example.none", "Write at least one testCase.",
			            "the file holds no example");
	} else {
		check_error(c, f, NULL, "pack.example.memory", "Make the examples smaller.",
		            "the examples need more than %zu MiB", EXAMPLES_ARENA_BYTES >> 20);
	}
	arena_destroy(scratch);
}

/* ---- processes ---- */

static void run_case(struct check *c, arena *scratch, str process, const struct pack_file *f,
                     const json *which)
{
	str why = {0};
	if (bpmn_case_run(scratch, process, f->doc, which, &why))
		return;
	check_error(c, f, which, "pack.example",
	            "Correct the process or the case: a pack with a failing case is refused.",
	            "case \"%.*s\": %.*s", STRF(json_str(which, "name")), STRF(why));
}

void model_process_examples(struct check *c, str process, const struct pack_file *f)
{
	const json *cases = json_get(f->doc, "cases");
	if (c->trusted || !f->doc)
		return;
	if (!str_eq(json_str(f->doc, "format"), STR("diwan-bpmn-test/1")) || !cases || !cases->count) {
		check_error(c, f, f->doc, "pack.example.format",
		            "{\"format\": \"diwan-bpmn-test/1\", \"bpmn\": ..., \"cases\": [...]}",
		            "this is no file of process cases");
		return;
	}
	arena *scratch = arena_create(EXAMPLES_ARENA_BYTES);
	jmp_buf oom;
	for (const json *volatile v = cases->first; v; v = v->next) {
		arena_guard(scratch, &oom);
		if (setjmp(oom) == 0)
			run_case(c, scratch, process, f, v);
		else
			check_error(c, f, v, "pack.example.memory", "Make the case shorter.",
			            "this case needs more than %zu MiB", EXAMPLES_ARENA_BYTES >> 20);
		arena_guard(scratch, NULL);
		arena_reset(scratch);
	}
	arena_destroy(scratch);
}

/* ---- what the elements of a process name ---- */

static void bad(struct check *c, const struct pack_file *f, const struct xml_node *n,
                const char *rule, const char *hint, const char *what, str name)
{
	c->d->file = f->path;
	struct diag *g =
	    diags_add(c->d, DIAG_ERROR, rule, n->line, n->col, "%s \"%.*s\"", what, STRF(name));
	g->hint = str_of(hint);
	g->element = xml_attr(n, "id");
}

static bool has_message(const json *messages, str id)
{
	const json *list = json_get(messages, "messages");
	for (const json *v = list ? list->first : NULL; v; v = v->next)
		if (str_eq(json_str(v, "id"), id))
			return true;
	return false;
}

static void check_service_task(struct check *c, const struct pack_file *f, const struct xml_node *n,
                               const struct service *s)
{
	str type = xml_attr_ns(n, NS_DIWAN, "type"), decision = xml_attr_ns(n, NS_DIWAN, "decision");
	str document = xml_attr_ns(n, NS_DIWAN, "document");
	str message = xml_attr_ns(n, NS_DIWAN, "message");
	const json *d = json_get_str(json_get(s->definition, "decisions"), decision);
	if (!type.n && s->process) /* as modelers of another make write it */
		type = json_str(bpmn_element_json(c->a, s->process, xml_attr(n, "id")), "type");
	if (!str_eq(type, STR("payment")) && !str_eq(type, STR("issue")) &&
	    !str_eq(type, STR("remind")))
		bad(c, f, n, "pack.process.type", "diwan:type is payment, issue or remind.",
		    "no room of the platform does work of the type", type);
	if (str_eq(type, STR("payment")) && (!d || !json_get(d, "amount")))
		bad(c, f, n, "pack.process.decision",
		    "diwan:decision names a decision of service.json that has \"amount\".",
		    "the payment has no such decision", decision);
	if (str_eq(type, STR("issue")) && !json_get_str(s->definition, document))
		bad(c, f, n, "pack.process.document",
		    "diwan:document names the member of service.json whose file is issued.",
		    "service.json has no document", document);
	if (str_eq(type, STR("remind")) && !has_message(s->messages, message))
		bad(c, f, n, "pack.process.message", "diwan:message names a message of messages.json.",
		    "there is no message", message);
}

/* Every answer an officer may give has words in both languages. */
static void check_outcomes(struct check *c, const struct pack_file *f, const struct xml_node *n,
                           const struct service *s)
{
	static const str common[] = {STR_INIT("approve"), STR_INIT("reject"), STR_INIT("return")};
	str rest = xml_attr_ns(n, NS_DIWAN, "outcomes"), one;
	while (rest.n && str_cut(&rest, ' ', &one)) {
		bool known = !one.n || json_get_str(json_get(s->definition, "outcomes"), one);
		for (size_t i = 0; i < COUNT(common); i++)
			known |= str_eq(one, common[i]);
		if (!known)
			bad(c, f, n, "pack.process.outcome",
			    "Give it a text in \"outcomes\" of service.json; approve, reject and return have "
			    "one.",
			    "officers could not read the outcome", one);
	}
}

static void check_user_task(struct check *c, const struct pack_file *f, const struct xml_node *n,
                            const struct service *s)
{
	str role = xml_attr_ns(n, NS_DIWAN, "role");
	const json *by = json_get_str(json_get(s->definition, "roles"), xml_attr(n, "id"));
	if (!check_has_id(c, ID_ROLE, role))
		bad(c, f, n, "pack.process.role", "diwan:role is \"applicant\" or a role of roles.json.",
		    "there is no role", role);
	else if (by && !str_eq(json_text(by), role))
		bad(c, f, n, "pack.process.role", "Write the same role in the process.",
		    "service.json gives this task another role than", role);
	check_outcomes(c, f, n, s);
	str form = xml_attr_ns(n, NS_DIWAN, "form"), entity = xml_attr_ns(n, NS_DIWAN, "entity");
	if (form.n && !json_get_str(json_get(s->definition, "forms"), form))
		bad(c, f, n, "pack.process.form", "diwan:form names a member of \"forms\" in service.json.",
		    "service.json has no form", form);
	if (entity.n && !check_has_id(c, ID_ENTITY, entity))
		bad(c, f, n, "pack.process.entity", "diwan:entity names a body of entities.json.",
		    "there is no government body", entity);
}

static void check_rule_task(struct check *c, const struct pack_file *f, const struct xml_node *n,
                            const struct service *s)
{
	str decision = xml_attr_ns(n, NS_DIWAN, "decision");
	if (!json_get_str(json_get(s->definition, "decisions"), decision))
		bad(c, f, n, "pack.process.decision", "diwan:decision names a decision of service.json.",
		    "service.json has no decision", decision);
}

/* Who decides on appeals, and where a case then begins anew. */
static void check_appeal(struct check *c, const struct pack_file *f, const struct xml_node *root,
                         const struct service *s)
{
	const json *appeal = json_get(s->definition, "appeal");
	str role = json_str(appeal, "role"), at = json_str(appeal, "at");
	if (role.n && !check_has_id(c, ID_ROLE, role))
		bad(c, f, root, "pack.service.appeal", "appeal.role of service.json is one of roles.json.",
		    "there is no role", role);
	if (at.n && s->process && !bpmn_element_json(c->a, s->process, at))
		bad(c, f, root, "pack.service.appeal",
		    "appeal.at of service.json names an element of the process.",
		    "the process has no element", at);
}

static bool declares(const struct xml_node *root, str outcome)
{
	for (const struct xml_node *n = root; n; n = xml_walk(root, n))
		if (xml_is(n, "endEvent") && str_eq(xml_attr_ns(n, NS_DIWAN, "outcome"), outcome))
			return true;
	return false;
}

void model_ends(struct check *c, const struct pack_file *f, const struct service *s)
{
	struct diags quiet = diags_make(c->a, f->path);
	struct xml_node *root = c->trusted ? NULL : bpmn_xml(c->a, s->process_xml, &quiet);
	const json *ends = json_get(f->doc, "ends");
	for (const json *v = root && ends ? ends->first : NULL; v; v = v->next)
		if (!service_ended(v->key) && !declares(root, v->key))
			check_error(c, f, v, "pack.service.ends",
			            "Use approved, issued, rejected, withdrawn, or the diwan:outcome of an end "
			            "event.",
			            "no case ends as \"%.*s\"", STRF(v->key));
	for (const struct xml_node *n = root; n; n = xml_walk(root, n)) {
		str outcome = xml_is(n, "endEvent") ? xml_attr_ns(n, NS_DIWAN, "outcome") : (str){0};
		if (outcome.n && !service_ended(outcome) && !json_get_str(ends, outcome))
			check_warning(c, f, ends ? ends : f->doc, "pack.service.ends",
			              "Say in \"ends\" of service.json how people read it.",
			              "the outcome \"%.*s\" has no text", STRF(outcome));
	}
}

void model_process_names(struct check *c, const struct pack_file *f, const struct service *s)
{
	struct diags quiet = diags_make(c->a, f->path);
	struct xml_node *root = c->trusted ? NULL : bpmn_xml(c->a, s->process_xml, &quiet);
	if (root)
		check_appeal(c, f, root, s);
	for (const struct xml_node *n = root; n; n = xml_walk(root, n)) {
		if (xml_is(n, "serviceTask"))
			check_service_task(c, f, n, s);
		else if (xml_is(n, "userTask"))
			check_user_task(c, f, n, s);
		else if (xml_is(n, "businessRuleTask"))
			check_rule_task(c, f, n, s);
	}
}

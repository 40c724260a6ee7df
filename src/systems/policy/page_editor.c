/*
 * page_editor.c - a change in bpmn-js or dmn-js, where an operator fetched them
 * (tools/editors.sh). What was drawn is saved by the form that saves text.
 */
#include "systems/policy/policy_in.h"

#include "web/server.h"

str policy_editor(struct req *r, const struct model *m)
{
	str kind = m->process ? STR("bpmn") : STR("dmn");
	bool xml = !str_ends(m->file, STR(".json")); /* a table of stages is no drawing */
	str file = str_fmt(r->a, "editors/%.*s/modeler.js", STRF(kind));
	return xml && server_has_asset(r->server, file) ? kind : (str){0};
}

/* A process without a diagram gets one: the editor draws what it is told where. */
static str drawable(struct req *r, const struct model *m, const struct checked *k)
{
	struct diags d = diags_make(r->a, m->file);
	const struct bpmn *b = m->process ? bpmn_read(r->a, k->text, &d) : NULL;
	return b ? bpmn_with_diagram(r->a, b, k->text) : k->text;
}

err page_policy_editor(struct req *r)
{
	struct at at;
	struct checked k;
	err e = policy_at(r, PERM_policy_write, &at);
	if (e)
		return e;
	str kind = policy_editor(r, &at.m);
	if (!kind.n || !policy_may_edit(&at.ch))
		return req_redirect(r, "/policy/changes/%lld", (long long)at.ch.id);
	policy_check(r, &at.ch, &at.m, &k);
	json *v = json_object(r->a);
	policy_crumbs(r, v, &at);
	json_set(r->a, v, "change", policy_change_view(r, at.p, &at.ch));
	json_set(r->a, v, "title", at.m.title);
	json_set_str(r->a, v, "kind", kind);
	json_set_str(r->a, v, "text", drawable(r, &at.m, &k));
	r->style_attributes = true;
	return req_view(r, "policy/editor", v);
}

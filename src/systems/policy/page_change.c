/* page_change.c - a change: its text, what the check says, what it changes. */
#include "systems/policy/policy_in.h"

bool policy_may_edit(const struct change *ch)
{
	return str_eq(ch->state, STR("draft")) || str_eq(ch->state, STR("rejected"));
}

/* ---- rules that came and rules that went ---- */

static str rule_key(struct req *r, const json *rule)
{
	json *k = json_array(r->a);
	json_push(k, json_copy(r->a, json_get(rule, "inputs")));
	json_push(k, json_copy(r->a, json_get(rule, "outputs")));
	return json_canonical(r->a, k);
}

static bool has_rule(struct req *r, const json *table, str key)
{
	const json *rules = json_get(table, "rules");
	for (const json *x = rules ? rules->first : NULL; x; x = x->next)
		if (str_eq(rule_key(r, x), key))
			return true;
	return false;
}

static json *compare(struct req *r, json *table, const json *old)
{
	json *gone = json_array(r->a);
	const json *rules = json_get(table, "rules"), *before = json_get(old, "rules");
	for (json *x = rules ? rules->first : NULL; x; x = x->next)
		json_set_bool(r->a, x, "fresh", !has_rule(r, old, rule_key(r, x)));
	for (const json *x = before ? before->first : NULL; x; x = x->next)
		if (!has_rule(r, table, rule_key(r, x)))
			json_push(gone, json_copy(r->a, x));
	json_set(r->a, table, "gone", gone);
	return table;
}

/* The cells of each rule as {"code", "label": of its column}. */
static void name_cells(struct req *r, json *rules, const char *member, const json *columns)
{
	for (json *x = rules ? rules->first : NULL; x; x = x->next) {
		json *named = json_array(r->a);
		const json *texts = json_get(x, member), *column = columns ? columns->first : NULL;
		for (const json *t = texts ? texts->first : NULL; t; t = t->next) {
			json *o = json_push(named, json_object(r->a));
			json_set_str(r->a, o, "code", t->s);
			if (json_get(column, "label"))
				json_set(r->a, o, "label", json_copy(r->a, json_get(column, "label")));
			column = column ? column->next : NULL;
		}
		json_set(r->a, x, member, named);
	}
}

static json *named(struct req *r, json *table)
{
	static const char *const lists[] = {"rules", "gone"};
	for (size_t i = 0; i < COUNT(lists); i++) {
		name_cells(r, json_get(table, lists[i]), "inputs", json_get(table, "input_columns"));
		name_cells(r, json_get(table, lists[i]), "outputs", json_get(table, "output_columns"));
	}
	return table;
}

static const struct dmn *model_of(const struct service *s, str id)
{
	for (size_t i = 0; s && i < s->n_decisions; i++)
		if (str_eq(s->decisions[i].id, id))
			return s->decisions[i].model;
	return NULL;
}

static json *tables(struct req *r, const struct at *at, const struct service *s)
{
	json *out = json_array(r->a);
	const struct dmn *now = model_of(s, at->m.id);
	const struct dmn *then =
	    model_of(service_at(r->k, r->db, at->ch.service, at->ch.base), at->m.id);
	const json *all = now ? json_get(dmn_describe(r->a, now), "decisions") : NULL;
	for (const json *d = all ? all->first : NULL; d; d = d->next) {
		json *t = dmn_table_view(r->a, now, json_str(d, "name"));
		if (t)
			json_push(out,
			          named(r, compare(r, t, then ? dmn_table_view(r->a, then, json_str(d, "name")) : NULL)));
	}
	return out;
}

/* ---- the page ---- */

static json *check_view(struct req *r, const struct model *m, const struct checked *k)
{
	json *o = json_object(r->a);
	json_set_bool(r->a, o, "good", k->s != NULL);
	json_set_int(r->a, o, "errors", (int64_t)k->d.errors + (k->why.n > 0));
	json_set(r->a, o, "list", policy_diags(r, m, &k->d));
	json_set_str(r->a, o, "why", k->why);
	return o;
}

static void texts(struct req *r, json *v, const struct at *at, const struct checked *k)
{
	json_set_str(r->a, v, "text", k->text);
	json_set_str(r->a, v, "tests", k->tests);
	json_set_bool(r->a, v, "has_tests", at->m.tests.n > 0);
	json_set_bool(r->a, v, "text_long", k->text.n > REQ_MAX_FIELD_BYTES);
	json_set_bool(r->a, v, "tests_long", k->tests.n > REQ_MAX_FIELD_BYTES);
	json_set_str(r->a, v, "accept",
	             str_ends(at->m.file, STR(".json")) ? STR(".json")
	             : at->m.process                    ? STR(".bpmn,.xml")
	                                                : STR(".dmn,.xml"));
}

/* What the reader may do with it. */
static void rights(struct req *r, json *v, const struct at *at)
{
	const struct change *ch = &at->ch;
	bool proposed = str_eq(ch->state, STR("proposed"));
	bool publisher = may(&r->session.rights, PERM_policy_publish, at->s->entity);
	bool hand = change_has_hand(r->db, ch->id, r->session.person);
	json_set_bool(r->a, v, "may_edit", policy_may_edit(ch));
	json_set_bool(r->a, v, "may_withdraw", hand && (policy_may_edit(ch) || proposed));
	json_set_bool(r->a, v, "may_decide", proposed && publisher && !hand);
	json_set_bool(r->a, v, "own", proposed && hand);
	json_set_bool(r->a, v, "stale", (policy_may_edit(ch) || proposed) && ch->base != at->newest);
}

json *policy_change_page(struct req *r, struct at *at, struct checked *k)
{
	json *v = json_object(r->a);
	policy_crumbs(r, v, at);
	json_set(r->a, v, "errors", json_array(r->a));
	json_set(r->a, v, "form", json_object(r->a));
	json_set(r->a, v, "change", policy_change_view(r, at->p, &at->ch));
	json_set_str(r->a, v, "model", at->m.id);
	json_set(r->a, v, "title", at->m.title);
	json_set_bool(r->a, v, "process", at->m.process);
	json_set_int(r->a, v, "newest", at->newest);
	texts(r, v, at, k);
	if (policy_may_edit(&at->ch))
		json_set_str(r->a, v, "editor", policy_editor(r, &at->m));
	rights(r, v, at);
	json_set_bool(r->a, v, "unchanged", k->unchanged);
	json_set(r->a, v, "check", check_view(r, &at->m, k));
	if (k->s && !at->m.process)
		json_set(r->a, v, "tables", tables(r, at, k->s));
	if (k->s && at->m.process)
		json_set_str(r->a, v, "diagram",
		             str_fmt(r->a, "/%s/policy/changes/%lld/diagram", lang_code(r->lang),
		                     (long long)at->ch.id));
	policy_asked_view(r, v, at);
	return v;
}

err page_policy_change(struct req *r)
{
	struct at at;
	struct checked k;
	err e = policy_at(r, PERM_policy_write, &at);
	if (e)
		return e;
	policy_check(r, &at.ch, &at.m, &k);
	return req_view(r, "policy/change", policy_change_page(r, &at, &k));
}

err page_policy_diagram(struct req *r)
{
	struct at at;
	struct checked k;
	err e = policy_at(r, PERM_policy_write, &at);
	if (e)
		return e;
	policy_check(r, &at.ch, &at.m, &k);
	if (!k.s || !k.s->process)
		return req_fail(r, ERR_not_found, "", "there is nothing to draw");
	const char *names = r->lang == LANG_AR ? "name_ar" : NULL;
	return req_content(r, "image/svg+xml", bpmn_svg_in(r->a, k.s->process, NULL, names), NULL);
}

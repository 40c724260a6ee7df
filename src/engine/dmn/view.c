#include "engine/dmn/model.h"

/* What people see of a model: its contents, and a table as rows of text. */

static const struct dxml *extensions(const struct dxml *n)
{
	const struct dxml *e = n ? n->first : NULL;
	while (e && !str_eq(e->name, STR("extensionElements")))
		e = e->next;
	return e ? e->first : NULL;
}

str dmn_label(const struct dxml *n, str lang)
{
	for (const struct dxml *l = extensions(n); l; l = l->next)
		if (str_eq(l->name, STR("label")) && str_eq(dxml_get(l, "lang"), lang))
			return str_trim(l->text);
	return str_eq(lang, STR("en")) ? dxml_get(n, "label") : (str){0};
}

/* {"en": .., "ar": ..}: the languages there are. English is the label, or the name. */
static json *labels(arena *a, const struct dxml *n, str name)
{
	json *o = json_object(a);
	str en = dmn_label(n, STR("en")), ar = dmn_label(n, STR("ar"));
	json_set_str(a, o, "en", en.n ? en : name);
	if (ar.n)
		json_set_str(a, o, "ar", ar);
	return o;
}

/* What the values of a list mean: {"citizen": {"en": .., "ar": ..}}, of those told. */
static json *meanings(arena *a, const struct dxml *values)
{
	json *o = json_object(a);
	for (const struct dxml *v = extensions(values); v; v = v->next) {
		str of = dxml_get(v, "of");
		if (!str_eq(v->name, STR("value")) || !of.n)
			continue;
		json *one = json_get_str(o, of);
		if (!one)
			one = json_set_key(a, o, of, json_object(a));
		json_set_key(a, one, dxml_get(v, "lang"), json_string(a, str_trim(v->text)));
	}
	return o;
}

/* The members of the context a decision gives, by the item definition of its type. */
static json *results(arena *a, const struct element *el)
{
	json *list = json_array(a);
	str ref = dxml_get(dxml_child(el->src, "variable"), "typeRef");
	const struct dxml *type = dmn_type_source(el->part, ref);
	const struct dxml *c = dxml_child(type, "itemComponent");
	for (; c; c = dxml_sibling(c, "itemComponent")) {
		json *o = json_push(list, json_object(a));
		json_set_str(a, o, "name", dxml_get(c, "name"));
		json_set(a, o, "label", labels(a, c, dxml_get(c, "name")));
	}
	return list;
}

static json *summary(arena *a, const struct dmn *m, const struct element *el)
{
	json *o = json_object(a), *needs = json_array(a);
	json_set_str(a, o, "name", el->name);
	json_set_str(a, o, "id", el->id);
	json_set_str(a, o, "type", el->type ? el->type->name : (str){0});
	json_set(a, o, "label", labels(a, el->src, el->name));
	if (el->kind == ELEMENT_INPUT)
		return o;
	json_set_str(a, o, "question", dxml_text(el->src, "question"));
	for (size_t i = 0; i < el->n_needs; i++)
		json_push(needs, json_string(a, m->element[el->needs[i]]->name));
	json_set(a, o, "requires", needs);
	json_set_bool(a, o, "table", el->table != NULL);
	json_set(a, o, "results", results(a, el));
	return o;
}

json *dmn_describe(arena *a, const struct dmn *m)
{
	json *o = json_object(a);
	json *lists[4] = {json_array(a), json_array(a), json_array(a), json_array(a)};
	static const char *const names[4] = {"inputs", "decisions", "models", "services"};
	json_set_str(a, o, "name", m->parts->name);
	json_set_str(a, o, "namespace", m->parts->ns);
	for (size_t i = 0; i < m->n; i++)
		if (m->element[i]->kind != ELEMENT_VIEW && m->element[i]->part == m->parts)
			json_push(lists[m->element[i]->kind], summary(a, m, m->element[i]));
	for (size_t i = 0; i < 4; i++)
		json_set(a, o, names[i], lists[i]);
	return o;
}

/* The annotations of a rule by the names of their columns ("en", "ar"). */
static json *annotations(arena *a, const struct table *t, const struct rule *r)
{
	json *o = json_object(a);
	const struct dxml *name = dxml_child(t->src, "annotation");
	for (const struct dxml *e = dxml_child(r->src, "annotationEntry"); e && name;
	     e = dxml_sibling(e, "annotationEntry"), name = dxml_sibling(name, "annotation"))
		json_set_key(a, o, dxml_get(name, "name"), json_string(a, dxml_text(e, "text")));
	return o;
}

static json *columns(arena *a, const struct element *el, const struct table *t, bool inputs)
{
	json *list = json_array(a);
	const char *kind = inputs ? "input" : "output";
	size_t i = 0;
	for (const struct dxml *c = dxml_child(t->src, kind); c; c = dxml_sibling(c, kind), i++) {
		const struct column *col = inputs ? &t->in[i] : &t->out[i];
		json *o = json_object(a);
		str name = inputs ? col->label : col->name.n ? col->name : t->name;
		json_set_str(a, o, "name", name);
		/* an output without a name is what the decision is called */
		bool own = inputs || col->name.n;
		json_set(a, o, "label", labels(a, own ? c : el->src, own ? name : el->name));
		json_set_str(a, o, "type", col->type ? col->type->name : (str){0});
		const struct dxml *values = dxml_child(c, inputs ? "inputValues" : "outputValues");
		json_set_str(a, o, "values", dxml_text(values, "text"));
		json_set(a, o, "meanings", meanings(a, values));
		if (!inputs)
			json_set_str(a, o, "default", dxml_text(dxml_child(c, "defaultOutputEntry"), "text"));
		json_push(list, o);
	}
	return list;
}

json *dmn_table_view(arena *a, const struct dmn *m, str key)
{
	const struct element *el = dmn_find(m, NULL, key);
	const struct table *t = el ? el->table : NULL;
	if (!t)
		return NULL;
	json *o = json_object(a), *in = json_array(a), *out = json_array(a), *rules = json_array(a);
	str hit = dxml_get(t->src, "hitPolicy");
	json_set_str(a, o, "name", el->name);
	json_set(a, o, "label", labels(a, el->src, el->name));
	json_set(a, o, "input_columns", columns(a, el, t, true));
	json_set(a, o, "output_columns", columns(a, el, t, false));
	json_set_str(a, o, "hit", hit.n ? hit : STR("UNIQUE"));
	json_set_str(a, o, "aggregation", dxml_get(t->src, "aggregation"));
	for (size_t i = 0; i < t->n_in; i++)
		json_push(in, json_string(a, t->in[i].label));
	for (size_t i = 0; i < t->n_out; i++)
		json_push(out, json_string(a, t->out[i].name.n ? t->out[i].name : el->name));
	for (size_t r = 0; r < t->n_rules; r++) {
		const struct rule *rule = &t->rule[r];
		json *x = json_object(a), *ci = json_array(a), *co = json_array(a);
		for (size_t i = 0; i < t->n_in; i++)
			json_push(ci, json_string(a, rule->in[i].text.n ? rule->in[i].text : STR("-")));
		for (size_t i = 0; i < t->n_out; i++)
			json_push(co, json_string(a, rule->out_text[i]));
		json_set_str(a, x, "id", rule->id);
		json_set(a, x, "inputs", ci);
		json_set(a, x, "outputs", co);
		json_set_str(a, x, "annotation", rule->annotation);
		json_set(a, x, "annotations", annotations(a, t, rule));
		json_push(rules, x);
	}
	json_set(a, o, "inputs", in);
	json_set(a, o, "outputs", out);
	json_set(a, o, "rules", rules);
	return o;
}

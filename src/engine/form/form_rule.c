/* Conditions over answers: what is shown, what is asked, what is computed. */
#include "engine/form/form_in.h"

/* ---- answers ---- */

const json *form_value(const json *v, const str *path, size_t n)
{
	for (size_t i = 0; i < n && v; i++)
		v = json_get_str(v, path[i]);
	return v;
}

void form_value_set(arena *a, json *object, const str *path, size_t n, json *v)
{
	if (n > 1) {
		json *inner = json_get_str(object, path[0]);
		if (!json_is(inner, JSON_OBJECT)) {
			if (!v)
				return;
			inner = json_set_key(a, object, path[0], json_object(a));
		}
		form_value_set(a, inner, path + 1, n - 1, v);
		if (!inner->count)
			json_remove(object, path[0]);
	} else if (v) {
		json_set_key(a, object, path[0], v);
	} else {
		json_remove(object, path[0]);
	}
}

str form_name(arena *a, str prefix, str name)
{
	return prefix.n ? str_cat(a, prefix, name) : name;
}

/* ---- conditions ---- */

bool condition_load(arena *a, const json *v, struct condition *out, struct diags *d)
{
	str source = json_is(v, JSON_STRING) ? v->s : json_str(v, "feel");
	if (source.n) {
		out->feel = expression_load(a, v, source, d);
		return out->feel != NULL;
	}
	const json *scope = json_get(v, "scope"), *schema = json_get(v, "schema");
	if (!scope || !schema) {
		diags_add(d, DIAG_ERROR, "form.condition", v ? v->line : 0, v ? v->col : 0,
		          "a condition is FEEL text, or has a scope and a schema");
		return false;
	}
	out->schema = schema_compile(a, schema, NULL, d);
	return scope_read(a, scope, &out->path, &out->n_path, d) && out->schema;
}

bool condition_true(const struct condition *c, const json *answers, arena *a)
{
	if (c->feel) {
		const json *v = expression_value(c->feel, answers, a);
		return json_is(v, JSON_BOOL) && v->b;
	}
	const json *v = form_value(answers, c->path, c->n_path);
	struct schema_run run = {.a = a, .assert_formats = true};
	return v && schema_validate(c->schema, v, &run) == SCHEMA_VALID;
}

static bool rule_allows(const struct item *i, const json *answers, arena *a, bool asking)
{
	switch (i->effect) {
	case EFFECT_NONE:
		return true;
	case EFFECT_SHOW:
		return condition_true(&i->when, answers, a);
	case EFFECT_HIDE:
		return !condition_true(&i->when, answers, a);
	case EFFECT_ENABLE:
		return !asking || condition_true(&i->when, answers, a);
	case EFFECT_DISABLE:
		return !asking || !condition_true(&i->when, answers, a);
	}
	return true;
}

bool item_shown(const struct item *i, const json *answers, arena *a)
{
	for (; i; i = i->parent)
		if (!rule_allows(i, answers, a, false))
			return false;
	return true;
}

bool item_asked(const struct item *i, const json *answers, arena *a)
{
	if (i->fixed)
		return false;
	for (; i; i = i->parent)
		if (!rule_allows(i, answers, a, true))
			return false;
	return true;
}

static void compute_in(const struct item *i, json *answers, arena *a)
{
	if (i->computed && item_shown(i, answers, a)) {
		json *v = expression_value(i->computed, answers, a);
		form_value_set(a, answers, i->path, i->n_path, json_is(v, JSON_NULL) ? NULL : v);
	}
	for (const struct item *c = i->kind == ITEM_GROUP ? i->first : NULL; c; c = c->next)
		compute_in(c, answers, a);
}

void form_compute(const struct form *f, json *answers, arena *a)
{
	for (size_t p = 0; p < f->n_pages; p++)
		compute_in(f->pages[p].body, answers, a);
}

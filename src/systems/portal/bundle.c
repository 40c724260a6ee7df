/*
 * bundle.c - the services of a life event, begun together from one page.
 *
 * Which these are, the pack says ("bundle" of a life event). What several of their forms
 * ask alike (the same name, the same schema, a plain question) is asked here once, and
 * stands in the draft of each that was chosen. What one form alone asks, what registers
 * know, files and declarations stay with their form.
 */
#include "systems/portal/applying.h"

#define BUNDLE_MAX 10

struct part {
	const struct service *s;
	const json *refusal;
	struct kase open; /* id 0: none */
	bool chosen;
};

struct bundle {
	const json *event;
	struct part part[BUNDLE_MAX];
	size_t n;
	struct form *shared; /* NULL: nothing is asked alike */
	struct form_result given;
};

static bool draft(const struct part *p)
{
	return p->open.id && str_eq(p->open.state, STR("draft"));
}

static bool may_begin(const struct part *p)
{
	return !p->refusal && !draft(p) &&
	       !(p->open.id && json_truth(p->s->definition, "one_open_case"));
}

/* ---- what is asked alike ---- */

/* The question as its form's layout has it, if it is a plain one. */
static const json *question(const json *form, str name)
{
	const json *pages = json_path(form, "layout.elements");
	str scope = {0};
	for (const json *p = pages ? pages->first : NULL; p; p = p->next)
		for (const json *c = json_get(p, "elements")->first; c; c = c->next) {
			scope = json_str(c, "scope");
			if (!str_starts(scope, STR("#/properties/")) ||
			    !str_eq(str_sub(scope, STR("#/properties/").n, scope.n), name))
				continue;
			bool plain = str_eq(json_str(c, "type"), STR("Control")) && !json_get(c, "rule") &&
			             !json_get(c, "computed");
			const json *prefill = json_get(c, "prefill");
			bool fixed = prefill && json_get(prefill, "edit") && !json_truth(prefill, "edit");
			return plain && !fixed ? c : NULL;
		}
	return NULL;
}

static bool asks_alike(const struct part *p, const json *property)
{
	const json *form = p->s->form ? form_document(p->s->form) : NULL;
	const json *mine =
	    form ? json_get_str(json_path(form, "schema.properties"), property->key) : NULL;
	return mine && json_equal(mine, property) && question(form, property->key);
}

static bool is_required(const json *form, str name)
{
	const json *list = json_path(form, "schema.required");
	for (const json *v = list ? list->first : NULL; v; v = v->next)
		if (str_eq(json_text(v), name))
			return true;
	return false;
}

/* A form document of one page, as engine/form reads it. */
static json *shared_document(arena *a, const struct bundle *b)
{
	json *doc = json_object(a), *schema, *properties, *required, *asked;
	json_set_str(a, doc, "id", STR("bundle"));
	json_set_int(a, doc, "version", 1);
	schema = json_set(a, doc, "schema", json_object(a));
	json_set_str(a, schema, "type", STR("object"));
	required = json_set(a, schema, "required", json_array(a));
	properties = json_set(a, schema, "properties", json_object(a));
	json *layout = json_set(a, doc, "layout", json_object(a));
	json_set_str(a, layout, "type", STR("Categorization"));
	json *page = json_push(json_set(a, layout, "elements", json_array(a)), json_object(a));
	json_set_str(a, page, "type", STR("Category"));
	json_set_str(a, page, "id", STR("shared"));
	json_set(a, page, "label", json_copy(a, json_get(b->event, "name")));
	asked = json_set(a, page, "elements", json_array(a));
	for (size_t i = 0; i < b->n; i++) {
		const json *form = b->part[i].s->form ? form_document(b->part[i].s->form) : NULL;
		const json *all = form ? json_path(form, "schema.properties") : NULL;
		for (const json *p = all ? all->first : NULL; p; p = p->next) {
			size_t n = 0;
			for (size_t k = 0; k < b->n; k++)
				n += asks_alike(&b->part[k], p);
			if (n < 2 || !question(form, p->key) || json_get(p, "$ref") || json_get(p, "const") ||
			    json_get_str(properties, p->key))
				continue;
			json_set_key(a, properties, p->key, json_copy(a, p));
			json_push(asked, json_copy(a, question(form, p->key)));
			if (is_required(form, p->key))
				json_push(required, json_string(a, p->key));
		}
	}
	return asked->count ? doc : NULL;
}

/* ---- reading ---- */

static err bundle_read(struct req *r, struct bundle *b)
{
	const struct pack *p = pack_current(r->k);
	const json *events = p ? json_get(p->life_events, "life_events") : NULL;
	struct person who;
	for (const json *e = events ? events->first : NULL; e && !b->event; e = e->next)
		if (str_eq(json_str(e, "id"), req_param(r, "id")) && json_get(e, "bundle"))
			b->event = e;
	if (!b->event || !person_get(r->db, r->a, r->session.person, &who))
		return req_fail(r, ERR_not_found, "", "there is nothing at this address");
	json *context = service_context(r->a, p, person_view(r->a, &who), json_object(r->a), r->now);
	for (const json *i = json_get(b->event, "bundle")->first; i && b->n < BUNDLE_MAX; i = i->next) {
		struct part *t = &b->part[b->n];
		*t = (struct part){.s = pack_service(p, json_text(i))};
		if (!t->s || !t->s->process || !t->s->form)
			continue;
		t->refusal = service_refusal(r->a, t->s, context, r->now);
		case_open_of(r->db, r->a, who.id, t->s->id, &t->open);
		b->n++;
	}
	struct diags d = diags_make(r->a, STR("bundle"));
	json *doc = shared_document(r->a, b);
	b->shared = doc ? form_load(r->a, doc, &d) : NULL;
	return OK;
}

/* ---- the page ---- */

static json *part_view(struct req *r, const struct part *p)
{
	json *o = service_view(r->a, p->s, p->s->id);
	json_set(r->a, o, "summary", json_copy(r->a, json_get(p->s->card, "summary")));
	json_set_bool(r->a, o, "may_begin", may_begin(p));
	json_set_bool(r->a, o, "chosen", p->chosen);
	if (p->refusal)
		json_set(r->a, o, "refusal", json_copy(r->a, p->refusal));
	else if (p->open.id) {
		view_case_state(r, o, &p->open);
		json_set_str(r->a, o, "href",
		             view_href(r, draft(p) ? "/applications/%s/continue" : "/applications/%s",
		                       str_c(r->a, case_name(r->a, &p->open))));
	}
	return o;
}

static json *bundle_view(struct req *r, const struct bundle *b)
{
	struct form_env env = form_env_of(r);
	json *v = json_object(r->a), *event = json_set(r->a, v, "event", json_object(r->a));
	json_set_str(r->a, event, "id", json_str(b->event, "id"));
	json_set(r->a, event, "title", json_copy(r->a, json_get(b->event, "name")));
	json_set_str(r->a, v, "back",
	             view_href(r, "/life-events/%s", str_c(r->a, json_str(b->event, "id"))));
	json *list = json_set(r->a, v, "services", json_array(r->a));
	bool any = false;
	for (size_t i = 0; i < b->n; i++) {
		json_push(list, part_view(r, &b->part[i]));
		any |= may_begin(&b->part[i]);
	}
	json_set_bool(r->a, v, "may_begin", any);
	if (b->shared && any) {
		json *page = form_page_view(b->shared, 0, b->given.answers, b->given.raw,
		                            b->given.answers ? &b->given.errors : NULL, &env, r->a);
		json_set(r->a, v, "page", page);
		json_set(r->a, v, "errors", json_copy(r->a, json_get(page, "errors")));
	}
	return v;
}

err page_portal_bundle(struct req *r)
{
	struct bundle b = {0};
	err e = bundle_read(r, &b);
	for (size_t i = 0; i < b.n; i++)
		b.part[i].chosen = true;
	return e ? e : req_view(r, "portal/bundle", bundle_view(r, &b));
}

/* ---- beginning ---- */

static size_t chosen_read(struct req *r, struct bundle *b)
{
	str typed[BUNDLE_MAX];
	size_t n = 0, asked = req_field_all(r, "service", typed, BUNDLE_MAX);
	for (size_t i = 0; i < b->n; i++)
		for (size_t k = 0; k < asked && !b->part[i].chosen; k++)
			if (str_eq(typed[k], b->part[i].s->id) && may_begin(&b->part[i])) {
				b->part[i].chosen = true;
				n++;
			}
	return n;
}

err prepare_portal_bundle(struct req *r)
{
	struct bundle *b = NEW(r->a, struct bundle);
	struct form_env env = form_env_of(r);
	r->state = b;
	err e = bundle_read(r, b);
	if (e)
		return e;
	size_t n = chosen_read(r, b);
	if (b->shared) {
		struct form_field *field = NEWN(r->a, struct form_field, r->n_fields + 1);
		for (size_t i = 0; i < r->n_fields; i++)
			field[i] = (struct form_field){r->fields[i].name, r->fields[i].value, NULL};
		b->given = form_page_accept(b->shared, 0, field, r->n_fields, NULL, NULL, &env, r->a);
	}
	if (n && !b->given.errors.count)
		return OK;
	json *v = bundle_view(r, b);
	if (!n)
		view_error(r, v, "service", view_text(r, "portal.bundle.choose", 0, NULL));
	return req_again(r, "portal/bundle", v);
}

/* The draft's answers with those that its form has and the page asked. */
static json *merged(struct tx *tx, const struct part *p, int64_t id, const json *given)
{
	const json *known = json_path(form_document(p->s->form), "schema.properties");
	json *answers = case_answers(tx->db, tx->a, id);
	if (!answers)
		answers = json_object(tx->a);
	for (const json *g = given ? given->first : NULL; g; g = g->next)
		if (json_get_str(known, g->key)) {
			json_remove(answers, g->key);
			json_set_key(tx->a, answers, g->key, json_copy(tx->a, g));
		}
	return answers;
}

err decide_portal_bundle(struct tx *tx, struct req *r)
{
	const struct bundle *b = r->state;
	int64_t n = 0;
	for (size_t i = 0; i < b->n; i++) {
		const struct part *p = &b->part[i];
		struct kase q;
		if (!p->chosen)
			continue;
		err e = draft_open(tx, p->s, r->session.person, &q);
		if (!e)
			e = draft_save(tx, q.id, merged(tx, p, q.id, b->given.answers), json_object(tx->a));
		if (e)
			return e;
		n++;
	}
	r->decided = json_object(tx->a);
	json_set_int(tx->a, r->decided, "begun", n);
	return OK;
}

err answer_portal_bundle(struct req *r)
{
	req_flash(r, "portal.bundle.begun");
	return req_redirect(r, "/life-events/%s/start", str_c(r->a, req_param(r, "id")));
}

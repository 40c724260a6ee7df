/* services.c - what can be applied for, and the questions that are asked: open to all. */
#include "systems/desk/registration/registration.h"

/* ASCII letters without case; others as they are. */
static bool has_words(struct req *r, str text, str words)
{
	return str_find(str_lower(r->a, text), str_lower(r->a, words)) >= 0;
}

static bool named(struct req *r, const struct service *s, str words)
{
	const json *title = json_get(s->card, "title");
	return has_words(r, json_str(title, "en"), words) || has_words(r, json_str(title, "ar"), words);
}

static void property(struct req *r, json *list, const char *code, str value)
{
	json *o = json_push(list, json_object(r->a));
	json_set_str(r->a, o, "code", str_of(code));
	json_set_str(r->a, o, "value", value);
}

static json *service_json(struct req *r, const struct service *s)
{
	json *o = json_object(r->a), *body = json_array(r->a);
	json_set_str(r->a, o, "id", reg_service_id(r->a, s->id));
	json_set_str(r->a, o, "name", reg_title(r, s, s->id));
	json_set_str(r->a, o, "version", str_fmt(r->a, "%lld", (long long)s->version));
	json_set_str(r->a, o, "type", STR("Public"));
	json_set_bool(r->a, o, "isExecutable", true);
	json_set_bool(r->a, o, "isClosed", false);
	json_set_str(r->a, o, "description", req_pick(r, json_get(s->card, "summary")));
	property(r, body, "id", s->id);
	property(r, body, "entity", s->entity);
	property(r, body, "reference", json_str(s->definition, "reference"));
	json_set(r->a, o, "serviceBody", body);
	return o;
}

/* A list is no view: what has no name of its own is sent as it is. */
static err list_sent(struct req *r, const json *list)
{
	return req_content(r, "application/json", json_print(r->a, list), NULL);
}

err page_reg_services(struct req *r)
{
	const struct pack *p = pack_current(r->k);
	str name = req_field(r, "name");
	json *list = json_array(r->a);
	for (size_t i = 0; p && i < p->n_services; i++)
		if (reg_offered(r, &p->services[i]) && named(r, &p->services[i], name))
			json_push(list, service_json(r, &p->services[i]));
	return list_sent(r, list);
}

err page_reg_service(struct req *r)
{
	const struct service *s = reg_service(r, req_param(r, "service"));
	return s ? req_view(r, "", service_json(r, s)) : reg_nothing(r);
}

static json *form_json(struct req *r, const struct service *s, str key)
{
	json *o = json_object(r->a);
	json_set_str(r->a, o, "eFormId", reg_form_id(r->a, s->id, key));
	json_set_str(r->a, o, "name", key.n ? key : reg_title(r, s, s->id));
	json_set_str(r->a, o, "description", req_pick(r, json_get(s->card, "summary")));
	json_set_str(r->a, o, "version", str_fmt(r->a, "%lld", (long long)s->version));
	json_set_bool(r->a, o, "latest", true);
	return o;
}

err page_reg_forms(struct req *r)
{
	const struct service *s = reg_service(r, req_param(r, "service"));
	json *list = json_array(r->a);
	if (!s)
		return reg_nothing(r);
	json_push(list, form_json(r, s, (str){0}));
	for (size_t i = 0; i < s->n_forms; i++)
		json_push(list, form_json(r, s, s->forms[i].key));
	return list_sent(r, list);
}

err page_reg_form(struct req *r)
{
	str key = req_param(r, "form"), id;
	const struct service *s = str_cut(&key, '.', &id) ? reg_service(r, id) : NULL;
	bool whole = str_eq(key, STR("application"));
	const struct form *f = s ? whole ? s->form : service_form(s, key) : NULL;
	if (!f)
		return reg_nothing(r);
	json *o = form_json(r, s, whole ? (str){0} : key);
	json_set(r->a, o, "schema", json_share(r->a, json_get(form_document(f), "schema")));
	return req_view(r, "", o);
}

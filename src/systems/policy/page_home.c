/* page_home.c - the rules and processes a person may write, and changes under way. */
#include "systems/policy/policy_in.h"

static json *models(struct req *r, const struct service *s)
{
	struct model list[POLICY_MODELS_MAX];
	json *out = json_array(r->a);
	size_t n = policy_models(r, s, list, POLICY_MODELS_MAX);
	for (size_t i = 0; i < n; i++) {
		json *o = json_push(out, json_object(r->a));
		json_set_str(r->a, o, "href",
		             str_fmt(r->a, "/%s/policy/services/%.*s/%.*s", lang_code(r->lang), STRF(s->id),
		                     STRF(list[i].id)));
		json_set(r->a, o, "title", list[i].title);
	}
	return out;
}

err page_policy_home(struct req *r)
{
	const struct pack *p = pack_current(r->k);
	json *v = json_object(r->a), *services = json_set(r->a, v, "services", json_array(r->a)),
	     *open = json_set(r->a, v, "changes", json_array(r->a));
	if (!p)
		return req_fail(r, ERR_unavailable, "", "no country pack is in force yet");
	for (size_t i = 0; i < p->n_services; i++) {
		const struct service *s = &p->services[i];
		if (!s->definition || !may(&r->session.rights, PERM_policy_write, s->entity))
			continue;
		json *o = json_push(services, policy_service_view(r, s));
		json_set(r->a, o, "models", models(r, s));
	}
	struct change *list = NEWN(r->a, struct change, POLICY_CHANGES_MAX);
	size_t n = changes_open(r->db, r->a, list, POLICY_CHANGES_MAX);
	for (size_t i = 0; i < n; i++)
		if (may(&r->session.rights, PERM_policy_write, list[i].entity) &&
		    pack_service(p, list[i].service) && !str_eq(list[i].model, STR(POLICY_CARD)))
			json_push(open, policy_change_view(r, p, &list[i]));
	return req_view(r, "policy/home", v);
}

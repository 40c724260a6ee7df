/* page_api.c - the guide for programs: JSON, a table, CPSV-AP (CAT-09, CAT-13). */
#include "base/embed.h"
#include "systems/guide/guide_in.h"
#include "web/server.h"

/* The public card: everything of the pack's but what is for its editors. */
static json *card_public(struct req *r, const struct pack *p, const struct service *s)
{
	json *v = json_copy(r->a, s->card);
	json_remove(v, STR("sources"));
	json_set_str(
	    r->a, v, "uri",
	    str_fmt(r->a, "%.*s/id/service/%.*s", STRF(server_public_url(r->server)), STRF(s->id)));
	json_set(r->a, v, "provider_name", guide_entity_name(r->a, p, s->entity));
	json_set_bool(r->a, v, "online", guide_online(s));
	return v;
}

err page_guide_api_list(struct req *r)
{
	const struct pack *p;
	err e = guide_pack(r, &p);
	if (e)
		return e;
	int64_t day = calendar_day(p->calendar, r->now);
	json *v = json_object(r->a), *list = json_set(r->a, v, "services", json_array(r->a));
	for (size_t i = 0; i < p->n_services; i++)
		if (guide_in_force(&p->services[i], day))
			json_push(list, guide_result(r->a, p, &p->services[i]));
	json_set_int(r->a, v, "count", (int64_t)list->count);
	r->cacheable = true;
	return req_view(r, "guide/index", v);
}

err page_guide_api_card(struct req *r)
{
	const struct pack *p;
	err e = guide_pack(r, &p);
	if (e)
		return e;
	const struct service *s = pack_service(p, req_param(r, "id"));
	if (guide_moved(r, "/api/services/", ""))
		return OK;
	if (!s || !guide_in_force(s, calendar_day(p->calendar, r->now)))
		return req_fail(r, ERR_not_found, "", "there is no such service");
	r->cacheable = true;
	return req_view(r, "guide/service", card_public(r, p, s));
}

err page_guide_csv(struct req *r)
{
	const struct pack *p;
	err e = guide_pack(r, &p);
	if (e)
		return e;
	r->cacheable = true;
	return req_content(r, "text/csv; charset=utf-8", guide_table(r->a, p), "guide.csv");
}

/* The whole guide in one of its forms; a pack may be too large for one answer. */
static err export(struct req *r, bool as_json, const char *type, const char *name)
{
	const struct pack *p;
	err e = guide_pack(r, &p);
	if (e)
		return e;
	str all = guide_turtle(r->a, p, server_public_url(r->server));
	if (as_json && all.n)
		all = guide_json_ld(r->a, all);
	if (!all.n)
		return req_fail(r, ERR_internal, "", "the guide is larger than one answer may be");
	r->cacheable = true;
	return req_content(r, type, all, name);
}

err page_guide_cpsv(struct req *r)
{
	return export(r, false, "text/turtle; charset=utf-8", "guide.ttl");
}

err page_guide_cpsv_json(struct req *r)
{
	return export(r, true, "application/ld+json", "guide.jsonld");
}

err page_guide_openapi(struct req *r)
{
	str text;
	if (!embed_find(STR("src/systems/guide/openapi.json"), &text))
		return req_fail(r, ERR_internal, "", "the description is missing");
	r->cacheable = true;
	return req_content(r, "application/json", text, NULL);
}

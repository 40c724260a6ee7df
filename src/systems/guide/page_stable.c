/* page_stable.c - addresses that stay: a service's URI, its former ids, the card that
 * other sites show in a frame (CAT-13). */
#include "systems/guide/guide_in.h"
#include "web/server.h"

bool guide_moved(struct req *r, const char *before, const char *after)
{
	const struct pack *p = pack_current(r->k);
	str id = req_param(r, "id");
	const struct service *s = pack_service(p, id) ? NULL : pack_service_formerly(p, id);
	if (!s)
		return false;
	req_redirect(r, "%s%s%s", before, str_c(r->a, s->id), after);
	return true;
}

/* The URI of the service itself (httpRange-14: see other): its page, or its data. */
err page_guide_id(struct req *r)
{
	const struct pack *p;
	const struct service *s;
	const char *to = r->wants_json ? "/api/services/" : "/services/";
	if (guide_moved(r, to, ""))
		return OK;
	err e = guide_service(r, &p, &s);
	return e ? e : req_redirect(r, "%s%s", to, str_c(r->a, s->id));
}

err page_guide_embed(struct req *r)
{
	const struct pack *p;
	const struct service *s;
	if (guide_moved(r, "/embed/services/", ""))
		return OK;
	err e = guide_service(r, &p, &s);
	if (e)
		return e;
	json *v = json_object(r->a), *about = json_set(r->a, v, "service", json_object(r->a));
	json_set_str(r->a, about, "id", s->id);
	json_set(r->a, about, "title", json_copy(r->a, json_get(s->card, "title")));
	json_set(r->a, about, "summary", json_copy(r->a, json_get(s->card, "summary")));
	json_set(r->a, about, "time", guide_duration(r, json_get(s->card, "process_time")));
	json_set(r->a, about, "entity", guide_entity_name(r->a, p, s->entity));
	json_set_bool(r->a, about, "online", guide_online(s));
	r->cacheable = true;
	r->framed = true;
	return req_view(r, "guide/embed", v);
}

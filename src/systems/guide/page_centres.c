/* page_centres.c - where a service is given, the nearest centre first (CAT-08).
 *
 * Near is what the pack says of governorates ("near"), in that order: a reader names
 * the own one, and nobody is asked for a position. */
#include "systems/guide/guide_in.h"

#define CENTRES_MAX 200
#define EVERYWHERE  1000 /* a centre that stands in no governorate comes last */

json *guide_areas(struct req *r, const struct pack *p, str chosen)
{
	json *items = json_array(r->a), *none = json_push(items, json_object(r->a));
	json_set_str(r->a, none, "value", (str){0});
	json_set(r->a, none, "text", view_both(r, "guide.area.choose"));
	for (const json *i = guide_first(p->entities); i; i = i->next) {
		if (!str_eq(json_str(i, "kind"), STR("governorate")))
			continue;
		json *o = json_push(items, json_object(r->a));
		json_set_str(r->a, o, "value", json_str(i, "id"));
		json_set(r->a, o, "text", json_copy(r->a, json_get(i, "name")));
		json_set_bool(r->a, o, "selected", str_eq(json_str(i, "id"), chosen));
	}
	return items;
}

/* 0 in the area itself, then as near as its list says. */
static int distance(const json *area, str there)
{
	int n = 0;
	if (!there.n || !area)
		return EVERYWHERE;
	if (str_eq(there, json_str(area, "id")))
		return 0;
	const json *near = json_get(area, "near");
	for (const json *i = near ? near->first : NULL; i; i = i->next, n++)
		if (str_eq(json_text(i), there))
			return n + 1;
	return EVERYWHERE - 1;
}

struct placed {
	const json *centre;
	int far;
};

static size_t placed_of(const struct pack *p, const struct service *s, const json *area,
                        struct placed *out)
{
	size_t n = 0;
	const json *list = json_get(s->card, "centres");
	for (const json *i = list ? list->first : NULL; i && n < CENTRES_MAX; i = i->next) {
		const json *c = guide_item(p->centres, json_text(i));
		if (!c)
			continue;
		int far = distance(area, json_str(c, "governorate"));
		size_t at = n++;
		for (; at > 0 && out[at - 1].far > far; at--)
			out[at] = out[at - 1];
		out[at] = (struct placed){c, far};
	}
	return n;
}

static json *centre_view(struct req *r, const struct pack *p, const json *c)
{
	json *o = json_object(r->a);
	json_set(r->a, o, "name", json_copy(r->a, json_get(c, "name")));
	json_set(r->a, o, "kind",
	         view_both(r, str_c(r->a, str_cat(r->a, STR("guide.centre."), json_str(c, "kind")))));
	if (json_get(c, "governorate"))
		json_set(r->a, o, "area", guide_entity_name(r->a, p, json_str(c, "governorate")));
	if (json_get(c, "address"))
		json_set(r->a, o, "address", json_copy(r->a, json_get(c, "address")));
	if (json_get(c, "hours"))
		json_set(r->a, o, "hours", json_copy(r->a, json_get(c, "hours")));
	return o;
}

err page_guide_centres(struct req *r)
{
	const struct pack *p;
	const struct service *s;
	if (guide_moved(r, "/services/", "/centres"))
		return OK;
	err e = guide_service(r, &p, &s);
	if (e)
		return e;
	str chosen = req_field(r, "area");
	const json *area = guide_item(p->entities, chosen);
	struct placed all[CENTRES_MAX];
	size_t n = placed_of(p, s, area, all);
	json *v = json_object(r->a);
	guide_service_crumbs(r, p, s, v);
	guide_crumb(r, json_get(v, "crumbs"), json_copy(r->a, json_get(s->card, "title")),
	            str_c(r->a, str_cat(r->a, STR("/services/"), s->id)));
	json_set(r->a, v, "service", guide_about(r, s));
	json_set(r->a, v, "areas", guide_areas(r, p, chosen));
	json *list = json_set(r->a, v, "centres", json_array(r->a));
	for (size_t i = 0; i < n; i++) {
		json *o = json_push(list, centre_view(r, p, all[i].centre));
		json_set_bool(r->a, o, "nearest",
		              area && all[i].far < EVERYWHERE - 1 && all[i].far == all[0].far);
	}
	r->cacheable = r->session.level != SESSION_FULL;
	return req_view(r, "guide/centres", v);
}

/*
 * home.c - the first page: search, what waits for the reader, where to begin.
 */
#include "systems/portal/applying.h"

#define ATTENTION_MAX 10
#define CASES_MAX     100
#define CARDS_MAX     6

static bool waits(const struct kase *q)
{
	return str_eq(q->state, STR("draft")) || str_eq(q->state, STR("returned")) ||
	       str_eq(q->state, STR("unpaid"));
}

void attention_view(struct req *r, json *v)
{
	struct kase *q = NEWN(r->a, struct kase, CASES_MAX);
	size_t n = cases_of(r->db, r->a, r->session.person, q, CASES_MAX);
	json *list = json_set(r->a, v, "attention", json_array(r->a));
	for (size_t i = 0; i < n && list->count < ATTENTION_MAX; i++) {
		if (!waits(&q[i]))
			continue;
		const struct service *s = case_service(r->k, r->db, &q[i]);
		json *o = json_push(list, json_object(r->a));
		json_set(r->a, o, "service",
		         json_copy(r->a, json_get(service_view(r->a, s, q[i].service), "title")));
		view_case_state(r, o, &q[i]);
		json_set_str(r->a, o, "reference", q[i].reference);
		json_set_str(r->a, o, "href",
		             view_href(r, "/applications/%s", str_c(r->a, case_name(r->a, &q[i]))));
	}
}

/* Services that can be completed here, in the pack's order. */
static void online(struct req *r, json *v, const struct pack *p)
{
	json *list = json_set(r->a, v, "popular", json_array(r->a));
	for (size_t i = 0; i < p->n_services && list->count < CARDS_MAX; i++) {
		const struct service *s = &p->services[i];
		if (!s->process)
			continue;
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "id", s->id);
		json_set(r->a, o, "title", json_copy(r->a, json_get(s->card, "title")));
		json_set(r->a, o, "summary", json_copy(r->a, json_get(s->card, "summary")));
	}
}

static int64_t services_of_event(const struct pack *p, str id)
{
	int64_t n = 0;
	for (size_t i = 0; i < p->n_services; i++) {
		const json *list = json_get(p->services[i].card, "life_events");
		for (const json *e = list ? list->first : NULL; e; e = e->next)
			n += str_eq(json_text(e), id);
	}
	return n;
}

static void life_events(struct req *r, json *v, const struct pack *p)
{
	const json *all = json_get(p->life_events, "life_events");
	json *list = json_set(r->a, v, "life_events", json_array(r->a));
	for (const json *e = all ? all->first : NULL; e; e = e->next) {
		int64_t n = services_of_event(p, json_str(e, "id"));
		if (!n)
			continue;
		json *o = json_push(list, json_object(r->a));
		json_set_str(r->a, o, "id", json_str(e, "id"));
		json_set(r->a, o, "title", json_copy(r->a, json_get(e, "name")));
		json_set_int(r->a, o, "count", n);
	}
}

err page_portal_home(struct req *r)
{
	const struct pack *p = pack_current(r->k);
	json *v = json_object(r->a);
	r->cacheable = true;
	if (r->session.level == SESSION_FULL)
		attention_view(r, v);
	if (p) {
		online(r, v, p);
		life_events(r, v, p);
	}
	return req_view(r, "portal/home", v);
}

err page_portal_accessibility(struct req *r)
{
	r->cacheable = true;
	return req_view(r, "portal/accessibility", json_object(r->a));
}

err page_portal_privacy(struct req *r)
{
	r->cacheable = true;
	return req_view(r, "portal/privacy", json_object(r->a));
}

/* page_browse.c - by letter, by life event, by body. */
#include "base/utf8.h"
#include "kernel/search/search.h"
#include "systems/guide/guide_in.h"

#include <stdlib.h>

struct sorted {
	const struct service *s;
	str key; /* folded, without article */
};

static int by_key(const void *x, const void *y)
{
	const struct sorted *p = x, *q = y;
	int c = str_cmp(p->key, q->key);
	return c ? c : str_cmp(p->s->id, q->s->id);
}

static str sort_key(struct req *r, str title)
{
	str key = search_fold(r->a, title);
	if (str_starts(key, STR("ال")) && utf8_length(key) > 4)
		key = str_sub(key, sizeof "ال" - 1, key.n);
	return key;
}

static str upper(struct req *r, str letter)
{
	if (letter.n == 1 && letter.p[0] >= 'a' && letter.p[0] <= 'z')
		return str_fmt(r->a, "%c", letter.p[0] - 32);
	return letter;
}

err page_guide_az(struct req *r)
{
	const struct pack *p;
	err e = guide_pack(r, &p);
	if (e)
		return e;
	int64_t day = calendar_day(p->calendar, r->now);
	struct sorted *v = NEWN(r->a, struct sorted, p->n_services + 1);
	size_t n = 0;
	for (size_t i = 0; i < p->n_services; i++)
		if (guide_in_force(&p->services[i], day))
			v[n++] = (struct sorted){
			    &p->services[i], sort_key(r, req_pick(r, json_get(p->services[i].card, "title")))};
	qsort(v, n, sizeof *v, by_key);
	json *view = json_object(r->a), *letters = json_set(r->a, view, "letters", json_array(r->a));
	json *services = NULL;
	str last = {0};
	for (size_t i = 0; i < n; i++) {
		str letter = utf8_sub(v[i].key, 0, 1);
		if (!services || !str_eq(letter, last)) {
			json *l = json_push(letters, json_object(r->a));
			json_set_str(r->a, l, "letter", upper(r, letter));
			json_set_str(r->a, l, "id", str_fmt(r->a, "letter-%u", letters->count));
			services = json_set(r->a, l, "services", json_array(r->a));
			last = letter;
		}
		json_push(services, guide_result(r->a, p, v[i].s));
	}
	json *crumbs = json_set(r->a, view, "crumbs", guide_crumbs(r));
	guide_crumb(r, crumbs, view_both(r, "guide.title"), "/guide");
	guide_crumb(r, crumbs, view_both(r, "guide.az"), NULL);
	r->cacheable = true;
	return req_view(r, "guide/az", view);
}

/* The services for which `wanted` holds, as results; counts them. */
static json *chosen(struct req *r, const struct pack *p,
                    bool (*wanted)(const struct service *s, str id), str id, size_t *n)
{
	int64_t day = calendar_day(p->calendar, r->now);
	json *list = json_array(r->a);
	for (size_t i = 0; i < p->n_services; i++)
		if (guide_in_force(&p->services[i], day) && wanted(&p->services[i], id))
			json_push(list, guide_result(r->a, p, &p->services[i]));
	*n = list->count;
	return list;
}

static bool of_event(const struct service *s, str id)
{
	return guide_lists(json_get(s->card, "life_events"), id);
}

static bool of_body(const struct service *s, str id)
{
	return str_eq(s->entity, id);
}

static json *other_events(struct req *r, const struct pack *p, str id)
{
	json *others = json_array(r->a);
	for (const json *i = guide_first(p->life_events); i; i = i->next) {
		if (str_eq(json_str(i, "id"), id))
			continue;
		json *o = json_push(others, json_object(r->a));
		json_set_str(r->a, o, "id", json_str(i, "id"));
		json_set(r->a, o, "title", json_copy(r->a, json_get(i, "name")));
	}
	return others;
}

err page_guide_life_event(struct req *r)
{
	const struct pack *p;
	err e = guide_pack(r, &p);
	if (e)
		return e;
	str id = req_param(r, "id");
	const json *event = guide_item(p->life_events, id);
	if (!event)
		return req_fail(r, ERR_not_found, "", "there is no such life event");
	size_t n;
	json *v = json_object(r->a), *crumbs = json_set(r->a, v, "crumbs", guide_crumbs(r));
	guide_crumb(r, crumbs, view_both(r, "guide.title"), "/guide");
	guide_crumb(r, crumbs, json_copy(r->a, json_get(event, "name")), NULL);
	json *about = json_set(r->a, v, "event", json_object(r->a));
	json_set_str(r->a, about, "id", id);
	json_set(r->a, about, "title", json_copy(r->a, json_get(event, "name")));
	json_set(r->a, about, "summary", json_copy(r->a, json_get(event, "description")));
	const json *bundle = json_get(event, "bundle");
	json_set_int(r->a, about, "bundle", bundle ? (int64_t)bundle->count : 0);
	json_set_str(r->a, about, "start", view_href(r, "/life-events/%.*s/start", STRF(id)));
	json_set(r->a, v, "services", chosen(r, p, of_event, id, &n));
	json_set_int(r->a, v, "count", (int64_t)n);
	json_set(r->a, v, "others", other_events(r, p, id));
	r->cacheable = true;
	return req_view(r, "guide/life-event", v);
}

err page_guide_entity(struct req *r)
{
	const struct pack *p;
	err e = guide_pack(r, &p);
	if (e)
		return e;
	str id = req_param(r, "id");
	const json *body = guide_item(p->entities, id);
	if (!body)
		return req_fail(r, ERR_not_found, "", "there is no such body");
	size_t n;
	int64_t ended;
	json *v = json_object(r->a), *crumbs = json_set(r->a, v, "crumbs", guide_crumbs(r));
	guide_crumb(r, crumbs, view_both(r, "guide.title"), "/guide");
	guide_crumb(r, crumbs, json_copy(r->a, json_get(body, "name")), NULL);
	json *about = json_set(r->a, v, "entity", json_object(r->a));
	json_set_str(r->a, about, "id", id);
	json_set(r->a, about, "name", json_copy(r->a, json_get(body, "name")));
	json_set_str(r->a, about, "phone", json_str(body, "telephone"));
	json_set_str(r->a, about, "website", json_str(body, "site"));
	json_set_bool(r->a, about, "ended",
	              date_parse(json_str(body, "until"), &ended) &&
	                  ended < calendar_day(p->calendar, r->now));
	json *former = json_get(body, "former_names");
	json_set(r->a, v, "former", former ? json_copy(r->a, former) : json_array(r->a));
	json_set_bool(r->a, v, "aside",
	              json_str(about, "phone").n || json_str(about, "website").n ||
	                  (former && former->count));
	json_set(r->a, v, "services", chosen(r, p, of_body, id, &n));
	json_set_int(r->a, v, "count", (int64_t)n);
	guide_paper_view(r, v, id, n);
	r->cacheable = true;
	return req_view(r, "guide/entity", v);
}

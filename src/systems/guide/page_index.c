/* page_index.c - the guide's front page: words and filters, all in the URL. */
#include "kernel/search/search.h"
#include "systems/guide/guide_in.h"
#include "web/escape.h"

struct query {
	str q, life_event, audience, entity;
	bool online;
	int64_t page;
};

static struct query query_read(struct req *r)
{
	return (struct query){
	    .q = str_trim(req_field(r, "q")),
	    .life_event = req_field(r, "life_event"),
	    .audience = req_field(r, "audience"),
	    .entity = req_field(r, "entity"),
	    .online = str_eq(req_field(r, "online"), STR("1")),
	    .page = req_field_int(r, "page", 1, 1, 1000),
	};
}

static bool passes(const struct query *q, const struct service *s, int64_t day)
{
	return guide_in_force(s, day) &&
	       (!q->life_event.n || guide_lists(json_get(s->card, "life_events"), q->life_event)) &&
	       (!q->audience.n || guide_lists(json_get(s->card, "audiences"), q->audience)) &&
	       (!q->entity.n || str_eq(s->entity, q->entity)) && (!q->online || guide_online(s));
}

/* Those that match, in order; `corrected` when a letter had to be changed. */
static size_t find(struct req *r, const struct pack *p, const struct query *q,
                   const struct service **out, bool *corrected)
{
	int64_t day = calendar_day(p->calendar, r->now);
	size_t n = 0;
	if (!q->q.n) {
		for (size_t i = 0; i < p->n_services && n < GUIDE_FOUND_MAX; i++)
			if (passes(q, &p->services[i], day))
				out[n++] = &p->services[i];
		return n;
	}
	struct search_found f = search_find(r->k, r->db, r->a, STR("guide"), q->q, GUIDE_FOUND_MAX);
	*corrected = f.corrected || f.partial;
	for (size_t i = 0; i < f.n; i++) {
		const struct service *s = pack_service(p, f.hits[i].id);
		if (s && passes(q, s, day))
			out[n++] = s;
	}
	return n;
}

/* A select's items: "All"; the caller adds those that may be chosen. */
static json *options(struct req *r)
{
	json *items = json_array(r->a), *all = json_push(items, json_object(r->a));
	json_set_str(r->a, all, "value", (str){0});
	json_set(r->a, all, "text", view_both(r, "guide.all"));
	return items;
}

static void option(struct req *r, json *items, const json *of, str chosen)
{
	json *o = json_push(items, json_object(r->a));
	str id = json_str(of, "id");
	json_set_str(r->a, o, "value", id);
	json_set(r->a, o, "text", json_copy(r->a, json_get(of, "name")));
	if (str_eq(id, chosen))
		json_set_bool(r->a, o, "selected", true);
}

static json *options_of(struct req *r, const json *document, str chosen)
{
	json *items = options(r);
	for (const json *i = guide_first(document); i; i = i->next)
		option(r, items, i, chosen);
	return items;
}

/* Only bodies that have a card are worth choosing; in the order of the pack. */
static json *bodies(struct req *r, const struct pack *p, str chosen)
{
	json *items = options(r);
	for (const json *i = guide_first(p->entities); i; i = i->next) {
		const struct pack_entity *e = pack_entity(p, json_str(i, "id"));
		if (e && e->services)
			option(r, items, i, chosen);
	}
	return items;
}

static void parameter(buf *b, const char *name, str value)
{
	if (!value.n)
		return;
	buf_putc(b, b->n ? '&' : '?');
	buf_puts(b, name);
	buf_putc(b, '=');
	url_encode(b, value);
}

static str page_href(struct req *r, const struct query *q, int64_t page)
{
	buf b = buf_make(r->a, 4096);
	parameter(&b, "q", q->q);
	parameter(&b, "life_event", q->life_event);
	parameter(&b, "audience", q->audience);
	parameter(&b, "entity", q->entity);
	parameter(&b, "online", q->online ? STR("1") : (str){0});
	if (page > 1)
		parameter(&b, "page", str_fmt(r->a, "%lld", (long long)page));
	return str_fmt(r->a, "/%s/guide%.*s", lang_code(r->lang), STRF(buf_str(&b)));
}

static json *pages(struct req *r, const struct query *q, size_t found)
{
	int64_t last = ((int64_t)found + GUIDE_PAGE_SIZE - 1) / GUIDE_PAGE_SIZE;
	json *v = json_object(r->a), *items = json_array(r->a);
	if (q->page > 1)
		json_set_str(r->a, v, "previous", page_href(r, q, q->page - 1));
	if (q->page < last)
		json_set_str(r->a, v, "next", page_href(r, q, q->page + 1));
	for (int64_t i = 1; i <= last && last > 1; i++) {
		bool near = i == 1 || i == last || (i >= q->page - 1 && i <= q->page + 1);
		bool gap = !near && (i == q->page - 2 || i == q->page + 2);
		if (!near && !gap)
			continue;
		json *o = json_push(items, json_object(r->a));
		if (gap) {
			json_set_bool(r->a, o, "ellipsis", true);
			continue;
		}
		json_set_int(r->a, o, "number", i);
		json_set_str(r->a, o, "href", page_href(r, q, i));
		if (i == q->page)
			json_set_bool(r->a, o, "current", true);
	}
	json_set(r->a, v, "items", items);
	return v;
}

static void filters(struct req *r, const struct pack *p, const struct query *q, json *v)
{
	json *online = json_set(r->a, v, "online", json_array(r->a));
	json *box = json_push(online, json_object(r->a));
	json_set_str(r->a, box, "id", STR("online"));
	json_set_str(r->a, box, "value", STR("1"));
	json_set(r->a, box, "text", view_both(r, "guide.online_only"));
	json_set_bool(r->a, box, "checked", q->online);
	json_set(r->a, v, "life_events", options_of(r, p->life_events, q->life_event));
	json_set(r->a, v, "audiences", options_of(r, p->audiences, q->audience));
	json_set(r->a, v, "entities", bodies(r, p, q->entity));
}

err page_guide_index(struct req *r)
{
	const struct pack *p;
	err e = guide_pack(r, &p);
	if (e)
		return e;
	struct query q = query_read(r);
	const struct service **found = NEWN(r->a, const struct service *, GUIDE_FOUND_MAX);
	bool corrected = false;
	size_t n = find(r, p, &q, found, &corrected), from = (size_t)(q.page - 1) * GUIDE_PAGE_SIZE;
	size_t shown = from < n ? n - from : 0;
	json *v = json_object(r->a), *crumbs = json_set(r->a, v, "crumbs", guide_crumbs(r));
	guide_crumb(r, crumbs, view_both(r, "guide.title"), NULL);
	json_set_str(r->a, v, "q", q.q);
	json_set_bool(r->a, v, "filtered",
	              q.q.n || q.life_event.n || q.audience.n || q.entity.n || q.online);
	json_set_bool(r->a, v, "close", corrected && n);
	json_set_int(r->a, v, "count", (int64_t)n);
	json_set_str(r->a, v, "all_href", view_href(r, "/guide/az"));
	filters(r, p, &q, v);
	json_set(r->a, v, "services",
	         guide_results(r->a, p, found + (from < n ? from : 0),
	                       shown < GUIDE_PAGE_SIZE ? shown : GUIDE_PAGE_SIZE));
	json_set(r->a, v, "pages", pages(r, &q, n));
	r->cacheable = true;
	return req_view(r, "guide/index", v);
}

#include "systems/guide/guide_in.h"
#include "web/server.h"

#include <stdarg.h>
#include <stdio.h>

err guide_pack(struct req *r, const struct pack **p)
{
	*p = pack_current(r->k);
	return *p ? OK : req_fail(r, ERR_unavailable, "", "no country pack is in force yet");
}

const json *guide_first(const json *document)
{
	const json *m = document ? document->first : NULL;
	while (m && m->type != JSON_ARRAY) /* "$schema" or a note may stand before it */
		m = m->next;
	return m ? m->first : NULL;
}

const json *guide_item(const json *document, str id)
{
	for (const json *i = guide_first(document); i; i = i->next)
		if (str_eq(json_str(i, "id"), id))
			return i;
	return NULL;
}

json *guide_entity_name(arena *a, const struct pack *p, str id)
{
	const struct pack_entity *e = pack_entity(p, id);
	return e ? json_copy(a, json_get(e->about, "name")) : json_string(a, id);
}

bool guide_lists(const json *ids, str id)
{
	for (const json *i = ids ? ids->first : NULL; i; i = i->next)
		if (str_eq(json_text(i), id))
			return true;
	return false;
}

bool guide_in_force(const struct service *s, int64_t day)
{
	return s->from <= day && day <= s->to;
}

bool guide_online(const struct service *s)
{
	return s->definition != NULL;
}

json *guide_result(arena *a, const struct pack *p, const struct service *s)
{
	json *v = json_object(a);
	json_set_str(a, v, "id", s->id);
	json_set(a, v, "title", json_copy(a, json_get(s->card, "title")));
	json_set(a, v, "summary", json_copy(a, json_get(s->card, "summary")));
	json_set(a, v, "entity", guide_entity_name(a, p, s->entity));
	json_set_bool(a, v, "online", guide_online(s));
	return v;
}

json *guide_results(arena *a, const struct pack *p, const struct service *const *s, size_t n)
{
	json *list = json_array(a);
	for (size_t i = 0; i < n; i++)
		json_push(list, guide_result(a, p, s[i]));
	return list;
}

void guide_crumb(struct req *r, json *crumbs, json *text, const char *href)
{
	json *c = json_push(crumbs, json_object(r->a));
	json_set(r->a, c, "text", text);
	if (href)
		json_set_str(r->a, c, "href", view_href(r, "%s", href));
}

json *guide_crumbs(struct req *r)
{
	json *crumbs = json_array(r->a);
	guide_crumb(r, crumbs, view_both(r, "web.nav.home"), "/");
	return crumbs;
}

json *guide_time(const struct paper *w, const json *duration)
{
	str key = str_fmt(w->a, "guide.duration.%.*s", STRF(json_str(duration, "unit")));
	int64_t n = json_int(duration, "value", 0);
	if (!n)
		return guide_message(w, "guide.duration.at_once", (str){0});
	return text_pair(w->a, message_text(w->texts, w->a, LANG_EN, key, n, NULL, false),
	                 message_text(w->texts, w->a, LANG_AR, key, n, NULL, false));
}

json *guide_duration(struct req *r, const json *duration)
{
	struct paper w = {.a = r->a, .texts = server_settings(r->server)->texts};
	return guide_time(&w, duration);
}

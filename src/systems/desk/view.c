/* view.c - members of views that the desk's pages build in the same way. */
#include "systems/desk/desk_in.h"

#include "web/escape.h"

#include <stdio.h>

str desk_text(const struct req *r, const char *key, const json *args)
{
	return message_text(server_settings(r->server)->texts, r->a, r->lang, str_of(key), 0, args,
	                    false);
}

str desk_href(const struct req *r, const char *fmt, ...)
{
	char text[REQ_MAX_URI_BYTES];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return str_fmt(r->a, "/%s%s", lang_code(r->lang), text);
}

json *desk_two(arena *a, str en, str ar)
{
	json *o = json_object(a);
	json_set_str(a, o, "en", en);
	json_set_str(a, o, "ar", ar);
	return o;
}

json *desk_person(struct req *r, int64_t id)
{
	struct person p;
	return id && person_get(r->db, r->a, id, &p) ? desk_two(r->a, p.name_en, p.name_ar) : NULL;
}

json *desk_entity(struct req *r, str id)
{
	struct entity e = {.name_en = id, .name_ar = id};
	entity_get(r->db, r->a, id, r->now, &e);
	return desk_two(r->a, e.name_en, e.name_ar);
}

json *desk_service(struct req *r, str id)
{
	const struct pack *p = pack_current(r->k);
	const struct service *s = p ? pack_service(p, id) : NULL;
	const json *title = s ? json_get(s->card, "title") : NULL;
	return title ? json_copy(r->a, title) : desk_two(r->a, id, id);
}

static int64_t local_day(const struct req *r, instant t)
{
	t += server_settings(r->server)->utc_offset * SECOND;
	return t / DAY - (t % DAY < 0);
}

void desk_day(struct req *r, json *o, const char *name, instant t)
{
	json_set_str(r->a, o, name, t ? date_print(r->a, local_day(r, t)) : (str){0});
}

json *desk_choice(struct req *r, json *list, str value, json *text)
{
	json *o = json_push(list, json_object(r->a));
	json_set_str(r->a, o, "value", value);
	json_set(r->a, o, "text", text);
	return o;
}

void desk_error(struct req *r, json *view, const char *field, str text)
{
	json *list = json_get(view, "errors"), *form = json_get(view, "form");
	if (!list)
		list = json_set(r->a, view, "errors", json_array(r->a));
	if (!form)
		form = json_set(r->a, view, "form", json_object(r->a));
	json *e = json_push(list, json_object(r->a)), *f = json_get(form, field);
	json_set_str(r->a, e, "text", text);
	json_set_str(r->a, e, "href", str_fmt(r->a, "#%s", field));
	if (!f)
		f = json_set(r->a, form, field, json_object(r->a));
	json_set_str(r->a, f, "error", text);
}

str desk_due_state(struct req *r, str state, instant due)
{
	const struct pack *p = pack_current(r->k);
	if (!due || !(str_eq(state, STR("submitted")) || str_eq(state, STR("review"))))
		return (str){0};
	if (due < r->now)
		return STR("late");
	if (local_day(r, due) == local_day(r, r->now))
		return STR("today");
	return p && p->calendar && calendar_days_between(p->calendar, r->now, due) <= SOON_DAYS
	           ? STR("soon")
	           : (str){0};
}

str desk_escaped(arena *a, str s)
{
	buf b = buf_make(a, 3 * s.n + 1);
	url_encode(&b, s);
	return buf_str(&b);
}

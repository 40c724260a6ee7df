/* view.c - members of views that the desk's pages build in the same way. */
#include "systems/desk/desk_in.h"

#include "web/escape.h"

#include <stdio.h>

json *desk_person(struct req *r, int64_t id)
{
	struct person p;
	return id && person_get(r->db, r->a, id, &p) ? text_pair(r->a, p.name_en, p.name_ar) : NULL;
}

json *desk_service(struct req *r, str id)
{
	const struct pack *p = pack_current(r->k);
	const struct service *s = p ? pack_service(p, id) : NULL;
	const json *title = s ? json_get(s->card, "title") : NULL;
	return title ? json_copy(r->a, title) : text_pair(r->a, id, id);
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
	if (!due || !(str_eq(state, STR("submitted")) || str_eq(state, STR("review")) ||
	              str_eq(state, STR("appealed"))))
		return (str){0};
	if (due < r->now)
		return STR("late");
	if (view_local_day(r, due) == view_local_day(r, r->now))
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

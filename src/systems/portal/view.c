/*
 * view.c - members of views that several pages build in the same way.
 */
#include "systems/portal/portal_in.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

str view_text(const struct req *r, const char *key, int64_t n, const json *args)
{
	return message_text(server_settings(r->server)->texts, r->a, r->lang, str_of(key), n, args,
	                    false);
}

static json *member(struct req *r, json *o, const char *name)
{
	json *m = json_get(o, name);
	return m ? m : json_set(r->a, o, name, json_object(r->a));
}

void view_value(struct req *r, json *view, const char *field, str value)
{
	json_set_str(r->a, member(r, member(r, view, "form"), field), "value", value);
}

void view_error(struct req *r, json *view, const char *field, str text)
{
	json *list = json_get(view, "errors");
	if (!list)
		list = json_set(r->a, view, "errors", json_array(r->a));
	json *e = json_push(list, json_object(r->a));
	json_set_str(r->a, e, "text", text);
	json_set_str(r->a, e, "href", str_fmt(r->a, "#%s", field));
	json_set_str(r->a, member(r, member(r, view, "form"), field), "error", text);
}

bool view_has_errors(const json *view)
{
	const json *list = json_get(view, "errors");
	return list && list->count > 0;
}

void view_at(struct req *r, json *o, const char *name, instant t)
{
	json_set_str(r->a, o, name, t ? time_print(r->a, t) : (str){0});
}

static int64_t local_day(const struct req *r, instant t)
{
	t += server_settings(r->server)->utc_offset * SECOND;
	return t / DAY - (t % DAY < 0);
}

int64_t today_of(const struct req *r)
{
	return local_day(r, r->now);
}

void view_day(struct req *r, json *o, const char *name, instant t)
{
	json_set_str(r->a, o, name, t ? date_print(r->a, local_day(r, t)) : (str){0});
}

str view_href(const struct req *r, const char *fmt, ...)
{
	char text[REQ_MAX_URI_BYTES];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return str_fmt(r->a, "/%s%s", lang_code(r->lang), text);
}

json *view_crumb(struct req *r, json *view, str text, str href)
{
	json *list = json_get(view, "crumbs");
	if (!list)
		list = json_set(r->a, view, "crumbs", json_array(r->a));
	json *c = json_push(list, json_object(r->a));
	json_set_str(r->a, c, "text", text);
	if (href.n)
		json_set_str(r->a, c, "href", href);
	return c;
}

json *view_entity(struct req *r, str id, instant at)
{
	struct entity e = {.name_en = id, .name_ar = id};
	json *two = json_object(r->a);
	entity_get(r->db, r->a, id, at, &e);
	json_set_str(r->a, two, "en", e.name_en);
	json_set_str(r->a, two, "ar", e.name_ar);
	return two;
}

/* ---- people ---- */

str number_normal(arena *a, str typed)
{
	buf b = buf_make(a, typed.n + 1);
	while (typed.n) {
		str before = typed;
		uint32_t c = utf8_next(&typed);
		if (c >= 0x660 && c <= 0x669)
			buf_putc(&b, (char)('0' + (c - 0x660)));
		else if (c >= 0x6F0 && c <= 0x6F9)
			buf_putc(&b, (char)('0' + (c - 0x6F0)));
		else if (c > 0x20 && c != '-' && c != 0xA0 && !(c >= 0x200B && c <= 0x206F))
			buf_put(&b, (str){before.p, before.n - typed.n});
	}
	return str_dup(a, buf_str(&b));
}

instant last_of(dbc *c, int64_t person, const char *kind, int64_t *seq)
{
	rows *r = db_query(c, &sql_portal_last_of, D_INT(person), D_TEXT(str_of(kind)));
	bool found = db_next(r);
	int64_t where = found ? db_int(r, 0) : 0;
	instant at = found ? db_int(r, 1) : 0;
	db_done(r);
	if (seq)
		*seq = where;
	return at;
}

str next_of(struct req *r)
{
	str next = req_field(r, "next");
	str lang = str_sub(next, 0, 3);
	if ((str_eq(lang, STR("/en")) || str_eq(lang, STR("/ar"))) && (next.n == 3 || next.p[3] == '/'))
		next = next.n == 3 ? STR("/") : str_sub(next, 3, next.n);
	bool safe = next.n && next.n < 2000 && next.p[0] == '/' && str_chr(next, '\\') < 0 &&
	            !str_starts(next, STR("//")) && !str_starts(next, STR("/sign-"));
	for (size_t i = 0; i < next.n && safe; i++)
		safe = (unsigned char)next.p[i] > 0x20 && (unsigned char)next.p[i] < 0x7F;
	return safe ? next : (str){0};
}

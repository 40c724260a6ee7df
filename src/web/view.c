#include "web/view.h"

#include "web/server.h"

#include <stdarg.h>
#include <stdio.h>

str view_text(const struct req *r, const char *key, int64_t n, const json *args)
{
	return message_text(server_settings(r->server)->texts, r->a, r->lang, str_of(key), n, args,
	                    false);
}

json *view_both(const struct req *r, const char *key)
{
	const struct messages *t = server_settings(r->server)->texts;
	return text_pair(r->a, message_raw(t, LANG_EN, str_of(key), 0),
	                 message_raw(t, LANG_AR, str_of(key), 0));
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

str view_base(struct req *r)
{
	str base = server_public_url(r->server);
	return base.n ? base : str_cat(r->a, STR("http://"), req_header(r, "Host"));
}

/* ---- states of cases ---- */

json *view_state_text(const struct req *r, const struct service *s, str state, str outcome)
{
	const json *own = service_end_text(s, state, outcome);
	if (own)
		return json_copy(r->a, own);
	return view_both(r, str_c(r->a, str_cat(r->a, STR("case.state."), state)));
}

void view_state(const struct req *r, json *o, const struct service *s, str state, str outcome)
{
	json_set_str(r->a, o, "state", state);
	json_set(r->a, o, "state_label",
	         state.n ? view_state_text(r, s, state, outcome) : text_pair(r->a, state, state));
}

void view_case_state(struct req *r, json *o, const struct kase *q)
{
	const struct service *s =
	    q->outcome.n ? service_at(r->k, r->db, q->service, q->version) : NULL;
	view_state(r, o, s, q->state, q->outcome);
}

/* ---- forms ---- */

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

/* ---- times ---- */

void view_at(struct req *r, json *o, const char *name, instant t)
{
	json_set_str(r->a, o, name, t ? time_print(r->a, t) : (str){0});
}

int64_t view_local_day(const struct req *r, instant t)
{
	t += server_settings(r->server)->utc_offset * SECOND;
	return t / DAY - (t % DAY < 0);
}

int64_t view_today(const struct req *r)
{
	return view_local_day(r, r->now);
}

void view_day(struct req *r, json *o, const char *name, instant t)
{
	json_set_str(r->a, o, name, t ? date_print(r->a, view_local_day(r, t)) : (str){0});
}

/* ---- names ---- */

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
	entity_get(r->db, r->a, id, at, &e);
	return text_pair(r->a, e.name_en, e.name_ar);
}

void view_file(struct req *r, json *o, str type, int64_t bytes)
{
	int64_t kb = (bytes + 1023) / 1024;
	bool large = kb >= 1024;
	str kind, rest = type,
	          size = large ? str_fmt(r->a, "%lld.%lld", (long long)(kb / 1024),
	                                 (long long)(kb % 1024 * 10 / 1024))
	                       : number_text(r->a, kb, false);
	if (!str_cut(&rest, '/', &kind) || !rest.n)
		rest = type;
	buf b = buf_make(r->a, rest.n + 1);
	for (size_t i = 0; i < rest.n; i++)
		buf_putc(&b, (char)(rest.p[i] >= 'a' && rest.p[i] <= 'z' ? rest.p[i] - 32 : rest.p[i]));
	json *args = json_object(r->a);
	json_set_str(r->a, args, "size", size);
	json_set_str(r->a, o, "type", buf_str(&b));
	json_set_str(r->a, o, "size", view_text(r, large ? "web.size.mb" : "web.size.kb", kb, args));
}

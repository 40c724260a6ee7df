#include "web/req.h"

#include "web/exchange.h"

#include <stdio.h>
#include <string.h>

/* ---- reading ---- */

str req_param(const struct req *r, const char *name)
{
	for (size_t i = 0; i < r->n_params; i++)
		if (str_eq(r->params[i].name, str_of(name)))
			return r->params[i].value;
	return (str){0};
}

bool req_param_id(const struct req *r, const char *name, int64_t *out)
{
	int64_t id;
	if (!str_i64(req_param(r, name), &id) || id <= 0)
		return false;
	*out = id;
	return true;
}

str req_field(const struct req *r, const char *name)
{
	for (size_t i = 0; i < r->n_fields; i++)
		if (str_eq(r->fields[i].name, str_of(name)))
			return r->fields[i].value;
	return (str){0};
}

size_t req_field_all(const struct req *r, const char *name, str *out, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < r->n_fields && n < max; i++)
		if (str_eq(r->fields[i].name, str_of(name)))
			out[n++] = r->fields[i].value;
	return n;
}

int64_t req_field_int(const struct req *r, const char *name, int64_t otherwise, int64_t least,
                      int64_t most)
{
	int64_t v;
	if (!str_i64(str_trim(req_field(r, name)), &v))
		return otherwise;
	return v < least ? least : v > most ? most : v;
}

const struct upload *req_upload(const struct req *r, const char *field)
{
	for (size_t i = 0; i < r->n_uploads; i++)
		if (str_eq(r->uploads[i].field, str_of(field)))
			return &r->uploads[i];
	return NULL;
}

err req_require(struct req *r, enum permission p, str entity)
{
	if (may(&r->session.rights, p, entity))
		return OK;
	r->server->metrics.denied++;
	if (r->session.level == SESSION_FULL)
		denial_record(r->k, r->actor, p, str_of(r->route->name), entity);
	return req_fail(r, ERR_not_found, "", "there is nothing at this address");
}

/* ---- answering ---- */

err req_view(struct req *r, const char *template, json *view)
{
	r->status = 200;
	r->template = str_of(template);
	r->view = view;
	return OK;
}

err req_again(struct req *r, const char *template, json *view)
{
	req_view(r, template, view);
	r->status = 422;
	return OK;
}

err req_redirect(struct req *r, const char *path_fmt, ...)
{
	char text[REQ_MAX_URI_BYTES];
	va_list ap;
	va_start(ap, path_fmt);
	int n = vsnprintf(text, sizeof text, path_fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof text)
		return req_fail(r, ERR_internal, "", "a redirect's address is too long");
	r->redirect = str_dup(r->a, (str){text, (size_t)n});
	r->redirect_absolute = str_find(r->redirect, STR("://")) > 0;
	r->status = 303;
	return OK;
}

err req_content(struct req *r, const char *type, str bytes, const char *filename)
{
	r->status = 200;
	r->content = bytes;
	r->content_type = str_of(type);
	r->filename = str_dup(r->a, str_of(filename));
	return OK;
}

err req_stream(struct req *r, const char *type, const char *filename,
               void (*piece)(struct req *r, buf *out))
{
	r->piece = piece;
	return req_content(r, type, (str){0}, filename);
}

err req_fail(struct req *r, err code, const char *field, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	r->fault = (struct fault){code, str_dup(r->a, str_of(field)), str_dup(r->a, str_of(text))};
	return code;
}

void req_session(struct req *r, const struct session *s)
{
	r->set_session = str_dup(r->a, s->token);
}

void req_flash(struct req *r, const char *message_key)
{
	r->flash = str_of(message_key);
}

str req_text(const struct req *r, const char *key)
{
	return message_raw(r->server->o.texts, r->lang, str_of(key), 0);
}

str req_pick(const struct req *r, const json *two)
{
	str own = json_str(two, lang_code(r->lang));
	return own.n ? own : json_str(two, r->lang == LANG_AR ? "en" : "ar");
}

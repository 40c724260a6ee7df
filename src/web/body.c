/*
 * body.c - reading what a request carries, within its limits.
 *
 * Forms and JSON are collected whole and parsed at the end; multipart goes through
 * libmicrohttpd's post processor part by part. What is too large or malformed is
 * remembered in x->refused and the rest read away, so that the client hears why;
 * a client that sends far more than it may is cut off.
 */
#include "web/exchange.h"

#include "base/utf8.h"

#include <stddef.h>
#include <string.h>

#define POST_BUFFER_BYTES ((size_t)32 * 1024)
#define EXCESS_FACTOR     2 /* of the limit, read away before the connection is cut */

str header(const struct exchange *x, const char *name)
{
	const char *v = NULL;
	size_t n = 0;
	if (MHD_lookup_connection_value_n(x->c, MHD_HEADER_KIND, name, strlen(name), &v, &n) != MHD_YES)
		return (str){0};
	return (str){v, v ? n : 0};
}

static err refuse(struct exchange *x, err code, const char *why)
{
	if (!x->refused) {
		x->refused = code;
		x->refused_why = str_of(why);
	}
	return code;
}

/* For n fields in all; most forms have few, and 500 would take 16 KiB. */
static void fields_room(struct exchange *x, size_t n)
{
	struct req *r = &x->r;
	if (n <= x->fields_max)
		return;
	size_t max = n > 2 * x->fields_max ? n : 2 * x->fields_max;
	struct field *all = arena_raw(x->a, max * sizeof *all);
	if (r->n_fields)
		memcpy(all, r->fields, r->n_fields * sizeof *all);
	r->fields = all;
	x->fields_max = max;
}

bool fields_parse(struct exchange *x, str text)
{
	struct req *r = &x->r;
	size_t max = r->n_fields + 1;
	for (size_t i = 0; i < text.n; i++)
		max += text.p[i] == '&';
	max = max > REQ_MAX_FIELDS ? REQ_MAX_FIELDS : max;
	fields_room(x, max);
	return form_parse(x->a, text, r->fields, &r->n_fields, max);
}

static bool type_is(str content_type, const char *type)
{
	str name;
	str_cut(&content_type, ';', &name);
	return str_eq_nocase(str_trim(name), str_of(type));
}

static bool takes_upload(struct exchange *x, str type)
{
	return route_takes_files(x->match.write) && type_is(type, "multipart/form-data");
}

/* `empty`: the request says that it has no body; then its type is no matter to an
 * interface made elsewhere. */
static err type_check(struct exchange *x, str type, bool empty)
{
	bool call = route_is_call(x->match.write), files = route_takes_files(x->match.write);
	bool is_json = type_is(type, "application/json");
	bool is_form = type_is(type, "application/x-www-form-urlencoded");
	bool bare = call && (!type.n || empty) && made_elsewhere(&x->r);
	if (bare || takes_upload(x, type) || (is_form && !call) || (is_json && !files))
		return OK;
	return refuse(x, ERR_media_type,
	              call && files ? "send multipart/form-data"
	              : call        ? "send application/json"
	                            : "send a form, or application/json");
}

static enum MHD_Result part_take(void *cls, enum MHD_ValueKind kind, const char *key,
                                 const char *filename, const char *type, const char *encoding,
                                 const char *data, uint64_t offset, size_t size);

str req_header(const struct req *r, const char *name)
{
	const char *base = (const char *)r - offsetof(struct exchange, r);
	return header((const struct exchange *)(const void *)base, name);
}

err body_begin(struct exchange *x)
{
	str type = header(x, "Content-Type"), length = header(x, "Content-Length");
	x->body_max = route_takes_files(x->match.write) ? REQ_MAX_BODY_BYTES : REQ_MAX_FORM_BYTES;
	int64_t declared = 0;
	if (length.n && (!str_i64(length, &declared) || declared < 0))
		return refuse(x, ERR_request_bad, "the Content-Length is not a number");
	if (declared > (int64_t)x->body_max)
		return refuse(x, ERR_too_large, "the request is larger than this page takes");
	if (type_check(x, type, length.n && declared == 0))
		return x->refused;
	x->body = buf_make(x->a, x->body_max);
	if (!takes_upload(x, type))
		return OK;
	x->r.uploads = NEWN(x->a, struct upload, REQ_MAX_FILES);
	x->post = MHD_create_post_processor(x->c, POST_BUFFER_BYTES, part_take, x);
	return x->post ? OK : refuse(x, ERR_request_bad, "the multipart boundary is missing");
}

/* ---- multipart ---- */

/* The value under way is complete: give it its final bytes. */
static void part_close(struct exchange *x)
{
	struct req *r = &x->r;
	if (!x->part.a)
		return;
	str bytes = buf_str(&x->part);
	if (x->part.over)
		refuse(x, ERR_form_too_large, "a field or a file is too large");
	if (x->part_is_file)
		r->uploads[r->n_uploads - 1].bytes = bytes;
	else
		r->fields[r->n_fields - 1].value = bytes;
	x->part = (buf){0};
}

static bool part_open(struct exchange *x, const char *key, const char *filename, const char *type)
{
	struct req *r = &x->r;
	part_close(x);
	str name = str_of(key);
	if (name.n > REQ_MAX_NAME_BYTES || utf8_check(name) >= 0 || utf8_check(str_of(filename)) >= 0)
		return refuse(x, ERR_request_bad, "a field's name cannot be read") == OK;
	x->part_is_file = filename != NULL;
	if (x->part_is_file) {
		if (r->n_uploads == REQ_MAX_FILES)
			return refuse(x, ERR_form_too_large, "too many files") == OK;
		r->uploads[r->n_uploads++] = (struct upload){.field = str_dup(x->a, name),
		                                             .filename = str_dup(x->a, str_of(filename)),
		                                             .declared_type = str_dup(x->a, str_of(type))};
	} else {
		if (r->n_fields == REQ_MAX_FIELDS)
			return refuse(x, ERR_form_too_large, "too many fields") == OK;
		fields_room(x, r->n_fields + 1);
		r->fields[r->n_fields++] = (struct field){.name = str_dup(x->a, name)};
	}
	x->part = buf_make(x->a, x->part_is_file ? REQ_MAX_BODY_BYTES : REQ_MAX_FIELD_BYTES);
	return true;
}

static enum MHD_Result part_take(void *cls, enum MHD_ValueKind kind, const char *key,
                                 const char *filename, const char *type, const char *encoding,
                                 const char *data, uint64_t offset, size_t size)
{
	struct exchange *x = cls;
	(void)kind;
	(void)encoding;
	if (x->refused)
		return MHD_YES;
	if (!key)
		refuse(x, ERR_request_bad, "a part of the form has no name");
	else if (offset > 0 || part_open(x, key, filename, type))
		buf_put(&x->part, (str){data, size});
	return MHD_YES;
}

/* ---- taking and ending ---- */

bool body_take(struct exchange *x, const char *data, size_t n)
{
	x->body_bytes += n;
	if (x->body_bytes > x->body_max * EXCESS_FACTOR)
		return false;
	if (x->body_bytes > x->body_max)
		refuse(x, ERR_too_large, "the request is larger than this page takes");
	if (x->refused)
		return true;
	if (!x->post)
		buf_put(&x->body, (str){data, n});
	else if (MHD_post_process(x->post, data, n) != MHD_YES)
		refuse(x, ERR_request_bad, "the multipart form is malformed");
	return true;
}

static err fields_check(struct exchange *x)
{
	for (size_t i = 0; i < x->r.n_fields; i++) {
		str v = x->r.fields[i].value;
		if (utf8_check(v) >= 0 || (v.n && memchr(v.p, 0, v.n)))
			return refuse(x, ERR_request_bad, "a field's text is not UTF-8");
	}
	return OK;
}

static err json_take(struct exchange *x)
{
	json_error e;
	x->r.raw = buf_str(&x->body);
	x->r.body = json_parse(x->a, x->r.raw, &e);
	if (x->r.body)
		return OK;
	x->refused = ERR_bad_syntax;
	x->refused_why = str_fmt(x->a, "line %u, column %u: %.*s", e.line, e.col, STRF(e.what));
	return x->refused;
}

err body_end(struct exchange *x)
{
	if (x->post) {
		bool whole = MHD_destroy_post_processor(x->post) == MHD_YES;
		x->post = NULL;
		part_close(x);
		if (!whole)
			refuse(x, ERR_request_bad, "the multipart form ends too early");
		return x->refused ? x->refused : fields_check(x);
	}
	if (x->refused)
		return x->refused;
	bool nothing = buf_str(&x->body).n == 0 && made_elsewhere(&x->r);
	if (!nothing && type_is(header(x, "Content-Type"), "application/json"))
		return json_take(x);
	if (!fields_parse(x, buf_str(&x->body)))
		return refuse(x, ERR_request_bad, "the form is malformed or has too many fields");
	return OK;
}

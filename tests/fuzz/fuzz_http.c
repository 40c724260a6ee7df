/*
 * The small parsers of HTTP: a letter for the parser, then what a stranger sent. u: text in
 * an address or a form; f: a urlencoded form, read as the types that pages ask for; t: a
 * request's target; c: a Cookie header; l: Accept-Language and Accept; e: If-None-Match;
 * i: Idempotency-Key; a: an address to listen on. What they let through is what http.h says.
 */
#include "base/utf8.h"
#include "web/escape.h"
#include "web/http.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_ARENA_BYTES ((size_t)64 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* UTF-8, and of control characters only tab and the ends of lines. */
static void must_be_text(str s)
{
	if (utf8_check(s) >= 0)
		abort();
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F)
			abort();
	}
}

static void text(arena *a, str s)
{
	str plain, again;
	if (!url_decode(a, s, false, &plain))
		return;
	must_be_text(plain);
	buf b = buf_make(a, s.n * 3 + 16);
	url_encode(&b, plain);
	if (!url_decode(a, buf_str(&b), false, &again) || !str_eq(plain, again))
		abort();
}

static void typed(const struct req *r, str name)
{
	str all[8];
	int64_t id = 0;
	const char *p = name.p ? name.p : "";
	int64_t v = req_field_int(r, p, 7, 1, 1000);
	if (v < 1 || v > 1000 || req_field_all(r, p, all, 8) > 8)
		abort();
	if (req_param_id(r, p, &id) && id <= 0)
		abort();
}

static void form(arena *a, str s)
{
	struct field *fields = NEWN(a, struct field, REQ_MAX_FIELDS);
	struct req r = {.a = a, .fields = fields};
	if (!form_parse(a, s, fields, &r.n_fields, REQ_MAX_FIELDS))
		return;
	if (r.n_fields > REQ_MAX_FIELDS)
		abort();
	for (size_t i = 0; i < r.n_fields && i < REQ_MAX_PARAMS; i++)
		r.params[r.n_params++] = fields[i];
	for (size_t i = 0; i < r.n_fields; i++) {
		must_be_text(fields[i].name);
		must_be_text(fields[i].value);
		typed(&r, (str){str_c(a, fields[i].name), fields[i].name.n});
	}
}

static void target(arena *a, str s)
{
	str path;
	if (target_refused(s))
		return;
	if (s.n == 0 || s.n > REQ_MAX_URI_BYTES || s.p[0] != '/' || !url_decode(a, s, false, &path))
		abort();
	str before = s, rest;
	str_cut(&before, '?', &rest); /* what follows is words, not a path */
	for (str part; str_cut(&rest, '/', &part);)
		if (str_eq(part, STR("..")) || str_eq(part, STR(".")))
			abort();
}

static void cookie(str s)
{
	static const char *const names[] = {"diwan", "lang", "digits", "diwan_flash", ""};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		str v = cookie_find(s, str_of(names[i]));
		if (v.n && (v.p < s.p || v.p + v.n > s.p + s.n))
			abort();
	}
}

static void listen_on(str s)
{
	str host;
	int port;
	if (listen_parse(s, &host, &port) && (port < 0 || port > 65535))
		abort();
}

static void parse(arena *a, char which, str s)
{
	str key;
	if (which == 'u')
		text(a, s);
	else if (which == 'f')
		form(a, s);
	else if (which == 't')
		target(a, s);
	else if (which == 'c')
		cookie(s);
	else if (which == 'l' && accept_json(s) && accept_language(s) >= LANG_COUNT)
		abort();
	else if (which == 'e')
		etag_listed(s, STR("\"0123456789abcdef-br\""));
	else if (which == 'i' && idempotency_key_parse(s, &key) && (!key.n || key.n > 255))
		abort();
	else if (which == 'a')
		listen_on(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static arena *a;
	jmp_buf oom;
	if (!a)
		a = arena_create(FUZZ_ARENA_BYTES);
	arena_reset(a);
	arena_guard(a, &oom);
	if (setjmp(oom) || !size)
		return 0;
	/* A copy of its own size, so that a byte read behind it is seen. */
	char *own = malloc(size);
	memcpy(own, data, size);
	parse(a, own[0], (str){own + 1, size - 1});
	free(own);
	return 0;
}

/*
 * answer.c - from a handler's result to bytes: view to HTML or JSON, refusal to the
 * error page or problem details (RFC 9457), headers, compression, cache.
 */
#include "web/escape.h"
#include "web/exchange.h"

#include "base/log.h"

#include <openssl/sha.h>
#include <string.h>

#define ERROR_TEMPLATE "errors/error"
#define FLASH_COOKIE   "diwan_flash"
#define DIGITS_FIELD   "digits"
#define RETRY_SECONDS  5

struct reply {
	int status;
	str body, type, etag, cache, location, disposition, allow;
	enum coding coding;
	bool vary, close, retry;
};

/* ---- headers ---- */

static void add(struct MHD_Response *m, const char *name, const char *value)
{
	MHD_add_response_header(m, name, value);
}

static void add_str(struct exchange *x, struct MHD_Response *m, const char *name, str value)
{
	if (value.n)
		add(m, name, str_c(x->a, value));
}

static void security_headers(const struct exchange *x, struct MHD_Response *m)
{
	const struct server *s = x->s;
	str policy = x->r.framed             ? s->policy_framed
	             : x->r.style_attributes ? s->policy_styles
	                                     : s->policy;
	add(m, "Content-Security-Policy", policy.p);
	add(m, "X-Content-Type-Options", "nosniff");
	add(m, "Referrer-Policy", "same-origin");
	add(m, "Cross-Origin-Opener-Policy", "same-origin");
	add(m, "Cross-Origin-Resource-Policy", x->r.framed ? "cross-origin" : "same-origin");
	add(m, "Permissions-Policy", "camera=(), microphone=(), geolocation=()");
	if (s->https)
		add(m, "Strict-Transport-Security", "max-age=31536000; includeSubDomains");
}

static void set_cookie(struct exchange *x, struct MHD_Response *m, const char *name, str value,
                       const char *more)
{
	str line = str_fmt(x->a, "%s=%.*s; Path=/; HttpOnly; SameSite=Lax%s%s", name, STRF(value),
	                   x->s->https ? "; Secure" : "", more);
	add(m, "Set-Cookie", line.p);
}

static str flash_read(struct exchange *x)
{
	str key = cookie_find(header(x, "Cookie"), STR(FLASH_COOKIE));
	return key.n && key.n < 64 && message_known(x->s->o.texts, key) ? key : (str){0};
}

/* Someone whose browser prefers the other language has chosen this one. */
static bool language_chosen(struct exchange *x)
{
	str preferred = header(x, "Accept-Language");
	str kept = cookie_find(header(x, "Cookie"), STR("lang"));
	if (!x->lang_in_path || (!kept.n && !preferred.n))
		return false;
	return x->r.lang != (kept.n ? lang_of(kept) : accept_language(preferred));
}

/* "arab" or "latn" when the reader has just chosen the digits of Arabic pages. */
static str digits_chosen(struct exchange *x)
{
	str to = req_field(&x->r, DIGITS_FIELD);
	bool known = str_eq(to, STR("arab")) || str_eq(to, STR("latn"));
	return x->r.method == METHOD_GET && known ? to : (str){0};
}

static bool arabic_digits(struct exchange *x)
{
	str to = digits_chosen(x);
	if (!to.n)
		to = cookie_find(header(x, "Cookie"), STR(DIGITS_FIELD));
	return x->r.lang == LANG_AR && str_eq(to, STR("arab"));
}

static void cookies(struct exchange *x, struct MHD_Response *m, bool page)
{
	struct req *r = &x->r;
	const char *name = session_cookie_name(x->s);
	if (r->clear_session)
		set_cookie(x, m, name, (str){0}, "; Max-Age=0");
	else if (r->set_session.n)
		set_cookie(x, m, name, r->set_session, "");
	else if (x->token_fresh)
		set_cookie(x, m, name, x->token, "");
	if (r->flash.n)
		set_cookie(x, m, FLASH_COOKIE, r->flash, "; Max-Age=60");
	else if (page && flash_read(x).n)
		set_cookie(x, m, FLASH_COOKIE, (str){0}, "; Max-Age=0");
	if (page && digits_chosen(x).n)
		set_cookie(x, m, DIGITS_FIELD, digits_chosen(x), "; Max-Age=31536000");
	if (page && language_chosen(x))
		set_cookie(x, m, "lang", str_of(lang_code(r->lang)), "; Max-Age=31536000");
}

static long long retry_seconds(const struct exchange *x)
{
	return x->r.retry_after ? (long long)x->r.retry_after : RETRY_SECONDS;
}

static void reply_headers(struct exchange *x, struct MHD_Response *m, const struct reply *p)
{
	security_headers(x, m);
	add_str(x, m, "Content-Type", p->type);
	add_str(x, m, "Cache-Control", p->cache);
	add_str(x, m, "ETag", p->etag);
	add_str(x, m, "Location", p->location);
	add_str(x, m, "Content-Disposition", p->disposition);
	add_str(x, m, "Allow", p->allow);
	if (coding_name(p->coding))
		add(m, "Content-Encoding", coding_name(p->coding));
	if (p->vary)
		add(m, "Vary", "Accept-Encoding");
	if (p->close)
		add(m, "Connection", "close");
	add_str(x, m, "RateLimit-Policy", x->r.limit_policy);
	add_str(x, m, "RateLimit", x->r.limit);
	if (p->retry)
		add_str(x, m, "Retry-After", str_fmt(x->a, "%lld", retry_seconds(x)));
	if (p->status == 401)
		add(m, "WWW-Authenticate", "Cookie realm=\"diwan\"");
}

static enum MHD_Result queue(struct exchange *x, struct MHD_Response *m, int status, size_t bytes)
{
	x->status = status;
	x->sent = x->head ? 0 : bytes;
	x->stage = STAGE_ANSWERED;
	return MHD_queue_response(x->c, (unsigned)status, m);
}

/* ---- what is made while it is sent ---- */

#define STREAM_BLOCK ((size_t)64 * 1024)

struct stream {
	struct exchange *x;
	buf made; /* the present piece */
	size_t taken;
};

/* False: it could not be made. An empty piece is the end. */
static bool stream_piece(struct stream *s)
{
	struct exchange *x = s->x;
	struct req *r = &x->r;
	jmp_buf full;
	volatile bool good = false;
	s->made.n = s->taken = 0;
	r->db = db_reader(r->k->db);
	arena_mark m = arena_save(x->a);
	arena_guard(x->a, &full);
	if (setjmp(full) == 0) {
		r->piece(r, &s->made);
		good = !db_error(r->db) && !s->made.over;
	}
	arena_guard(x->a, NULL);
	arena_rewind(x->a, m);
	db_reader_return(r->db);
	r->db = NULL;
	return good;
}

static ssize_t stream_read(void *ctx, uint64_t at, char *out, size_t max)
{
	struct stream *s = ctx;
	(void)at;
	if (s->taken == s->made.n && !stream_piece(s))
		return MHD_CONTENT_READER_END_WITH_ERROR;
	size_t n = s->made.n - s->taken;
	if (!n)
		return MHD_CONTENT_READER_END_OF_STREAM;
	n = n < max ? n : max;
	memcpy(out, s->made.p + s->taken, n);
	s->taken += n;
	s->x->sent += n;
	return (ssize_t)n;
}

/* It stands in the arena of the exchange, which ends after the answer. */
static struct MHD_Response *stream_make(struct exchange *x)
{
	struct stream *s = NEW(x->a, struct stream);
	s->x = x;
	s->made = buf_make(x->a, REQ_PIECE_BYTES);
	s->made.p = NEWN(x->a, char, REQ_PIECE_BYTES + 1);
	s->made.cap = REQ_PIECE_BYTES;
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, stream_read, s, NULL);
}

static enum MHD_Result send_reply(struct exchange *x, const struct reply *p, bool page)
{
	/* The bytes are the arena's or the program's: both outlive the answer. */
	struct MHD_Response *m = x->r.piece && p->status == 200
	                             ? stream_make(x)
	                             : MHD_create_response_from_buffer(
	                                   p->body.n, (void *)(uintptr_t)(p->body.p ? p->body.p : ""),
	                                   MHD_RESPMEM_PERSISTENT);
	if (!m)
		return MHD_NO;
	reply_headers(x, m, p);
	cookies(x, m, page);
	add_str(x, m, "X-Request-Id", x->r.id);
	enum MHD_Result done = queue(x, m, p->status, p->body.n);
	MHD_destroy_response(m);
	return done;
}

/* ---- pages ---- */

static void token_make(struct exchange *x)
{
	char raw[SESSION_TOKEN_BYTES];
	rng random = rng_system();
	if (x->token.n)
		return;
	rng_bytes(&random, raw, sizeof raw);
	x->token = str_base64url(x->a, (str){raw, sizeof raw});
	x->token_fresh = true;
}

static str other_url(struct exchange *x)
{
	const struct req *r = &x->r;
	const char *other = lang_code(r->lang == LANG_AR ? LANG_EN : LANG_AR);
	return str_fmt(x->a, "/%s%.*s%s%.*s", other, STRF(r->path), r->query.n ? "?" : "",
	               STRF(r->query));
}

/* ---- the menu ---- */

#define NAV_MAX 24

static bool nav_shown(const struct req *r, const struct nav_item *n)
{
	if (n->permission == PERM_public)
		return true;
	return r->session.level == SESSION_FULL &&
	       (n->permission == PERM_signed_in || may_somewhere(&r->session.rights, n->permission));
}

/* Shown items of all rooms in the order of their places. */
static size_t nav_collect(struct exchange *x, const struct nav_item **out)
{
	size_t n = 0;
	for (size_t i = 0; i < x->s->o.n_systems; i++)
		for (size_t k = 0; k < x->s->o.systems[i]->n_nav && n < NAV_MAX; k++) {
			const struct nav_item *item = &x->s->o.systems[i]->nav[k];
			size_t at = n;
			if (!nav_shown(&x->r, item))
				continue;
			for (n++; at > 0 && out[at - 1]->place > item->place; at--)
				out[at] = out[at - 1];
			out[at] = item;
		}
	return n;
}

static bool nav_current(str path, str item)
{
	if (item.n <= 1 || path.n == item.n)
		return str_eq(path, item);
	return str_starts(path, item) && path.p[item.n] == '/';
}

/* The pages of its lists stand under "My space", but for those that the menu names. */
static bool in_space(const struct exchange *x, const struct nav_item *const *item, size_t n)
{
	str path = x->r.path;
	for (size_t i = 0; i < n; i++)
		if (nav_current(path, str_of(item[i]->path)))
			return strcmp(item[i]->path, SPACE_PATH) == 0;
	for (size_t i = 0; i < x->s->o.n_systems; i++)
		for (size_t k = 0; k < x->s->o.systems[i]->n_space; k++) {
			const char *list = x->s->o.systems[i]->space[k].path;
			if (list && nav_current(path, str_of(list)))
				return true;
		}
	return false;
}

static void nav_members(struct exchange *x, json *v)
{
	struct req *r = &x->r;
	const struct nav_item *item[NAV_MAX];
	size_t n = nav_collect(x, item);
	json *nav = n ? json_set(x->a, v, "nav", json_array(x->a)) : NULL;
	for (size_t i = 0; i < n; i++) {
		json *o = json_push(nav, json_object(x->a));
		json_set_str(x->a, o, "href", str_fmt(x->a, "/%s%s", lang_code(r->lang), item[i]->path));
		json_set_str(x->a, o, "key", str_of(item[i]->key));
		json_set_bool(x->a, o, "current",
		              strcmp(item[i]->path, SPACE_PATH) == 0
		                  ? in_space(x, item, n)
		                  : nav_current(r->path, str_of(item[i]->path)));
		json_set_int(x->a, o, "count", item[i]->count && r->db ? item[i]->count(r) : 0);
	}
}

/* This page with the other digits: its query, and the choice behind it. */
static str digits_url(struct exchange *x)
{
	struct req *r = &x->r;
	buf b = buf_make(x->a, 2 * REQ_MAX_URI_BYTES);
	buf_fmt(&b, "/ar%.*s?", STRF(r->path));
	for (str rest = r->query, part; str_cut(&rest, '&', &part);)
		if (part.n && !str_starts(part, STR(DIGITS_FIELD "=")))
			buf_fmt(&b, "%.*s&", STRF(part));
	buf_fmt(&b, DIGITS_FIELD "=%s", arabic_digits(x) ? "latn" : "arab");
	return buf_str(&b);
}

static void common_members(struct exchange *x, json *v)
{
	struct req *r = &x->r;
	arena *a = x->a;
	bool ar = r->lang == LANG_AR;
	json_set_str(a, v, "lang", str_of(lang_code(r->lang)));
	json_set_str(a, v, "dir", ar ? STR("rtl") : STR("ltr"));
	json_set_str(a, v, "other_lang", ar ? STR("en") : STR("ar"));
	if (r->method == METHOD_GET || x->match.page)
		json_set_str(a, v, "other_url", other_url(x));
	if (ar && (r->method == METHOD_GET || x->match.page))
		json_set_str(a, v, "digits_url", digits_url(x));
	json_set_bool(a, v, "arabic_digits", arabic_digits(x));
	json_set_str(a, v, "path", r->path);
	json_set_str(a, v, "csrf", session_csrf(a, x->token, STR("form")));
	json_set_str(a, v, "flash", flash_read(x));
	json_set_int(a, v, "now", r->now);
	json_set_str(a, v, "request_id", r->id);
	if (x->s->o.banner)
		json_set(a, v, "banner", json_copy(a, x->s->o.banner));
	if (r->session.level == SESSION_FULL) {
		json *user = json_set(a, v, "user", json_object(a));
		str name = ar ? r->session.name_ar : r->session.name_en;
		json_set_str(a, user, "name", name.n ? name : r->session.name_en);
		json_set_bool(a, user, "staff", r->session.staff);
	}
	nav_members(x, v);
	for (size_t i = 0; i < x->s->o.n_systems && r->db; i++)
		if (x->s->o.systems[i]->decorate)
			x->s->o.systems[i]->decorate(r, v);
}

/* Milliseconds in front, so that keys that are used together stand together in their table. */
static str form_key_new(struct exchange *x)
{
	char raw[12];
	rng_bytes(rng_thread(), raw, sizeof raw);
	return str_fmt(x->a, "%011llx%.*s", (unsigned long long)(x->r.now / (SECOND / 1000)),
	               STRF(str_base64url(x->a, (str){raw, sizeof raw})));
}

static bool html_render(struct exchange *x, str template, json *view, bool *has_form, buf *out)
{
	const struct server_options *o = &x->s->o;
	bool fresh = !x->token.n;
	token_make(x);
	common_members(x, view);
	struct template_env env = {
	    .texts = o->texts,
	    .lang = lang_code(x->r.lang),
	    .arabic_digits = arabic_digits(x),
	    .csrf = json_str(view, "csrf"),
	    .form_key = form_key_new(x),
	    .has_form = has_form,
	    .currency = o->currency,
	    .utc_offset = o->utc_offset,
	    .assets = x->s->assets,
	};
	bool done = template_render(o->templates, &env, template, view, x->a, out);
	if (fresh && !*has_form) { /* nothing uses the token: no cookie */
		x->token = (str){0};
		x->token_fresh = false;
	}
	return done;
}

static enum coding coding_asked(struct exchange *x)
{
	return coding_best(coding_accepted(header(x, "Accept-Encoding")));
}

static void compress_reply(struct exchange *x, struct reply *p)
{
	str smaller;
	enum coding c = coding_asked(x);
	p->vary = true;
	if (c == CODING_IDENTITY || p->body.n < COMPRESS_MIN_BYTES ||
	    !compress_bytes(x->a, c, EFFORT_FAST, p->body, &smaller))
		return;
	p->body = smaller;
	p->coding = c;
}

/* ---- refusals ---- */

static str text_of(struct exchange *x, const char *name, const char *suffix)
{
	str key = str_fmt(x->a, "error.%s%s", name, suffix);
	return message_known(x->s->o.texts, key) ? message_raw(x->s->o.texts, x->r.lang, key, 0)
	                                         : (str){0};
}

static str problem(struct exchange *x, const struct err_info *info)
{
	struct req *r = &x->r;
	arena *a = x->a;
	json *o = json_object(a);
	str title = text_of(x, info->name, "");
	json_set_str(a, o, "type",
	             str_fmt(a, "%.*s/problems/%s", STRF(x->s->o.public_url), info->name));
	json_set_str(a, o, "title", title.n ? title : str_of(info->name));
	json_set_int(a, o, "status", info->http);
	if (info->http < 500)
		json_set_str(a, o, "detail", r->fault.detail);
	json_set_str(a, o, "instance", str_cat(a, STR("urn:request:"), r->id));
	json_set_int(a, o, "code", info->code);
	json_set_bool(a, o, "retryable", info->retryable);
	if (r->fault.field.n) {
		json *e = json_push(json_set(a, o, "errors", json_array(a)), json_object(a));
		json_set_str(a, e, "field", r->fault.field);
		json_set_str(a, e, "detail", r->fault.detail);
	}
	return json_print(a, o);
}

static str error_page(struct exchange *x, const struct err_info *info)
{
	struct req *r = &x->r;
	arena *a = x->a;
	json *v = json_object(a);
	bool has_form = false;
	/* The template itself says what these mean in general. */
	bool general = info->code < 1100 && (info->http == 403 || info->http == 404 ||
	                                     info->http == 500 || info->http == 503);
	json_set_int(a, v, "status", info->http);
	json_set_str(a, v, "text", general ? (str){0} : text_of(x, info->name, ""));
	json_set_str(a, v, "hint", general ? (str){0} : text_of(x, info->name, ".hint"));
	json_set_int(a, v, "retry_after", info->retryable ? retry_seconds(x) : 0);
	json_set_str(a, v, "back", (str){0});
	json_set_str(a, v, "sign_in", str_fmt(a, "/%s%.*s", lang_code(r->lang), STRF(x->s->o.sign_in)));
	buf out = buf_make(a, TEMPLATE_OUTPUT_MAX);
	if (template_known(x->s->o.templates, STR(ERROR_TEMPLATE)) &&
	    html_render(x, STR(ERROR_TEMPLATE), v, &has_form, &out))
		return buf_str(&out);
	return str_fmt(a, "<!doctype html><html lang=\"en\"><title>%d</title><p>%d %s (%.*s)\n",
	               info->http, info->http, info->name, STRF(r->id));
}

static str allowed(const struct exchange *x)
{
	str list = {0};
	for (enum method m = 0; m < METHOD_COUNT; m++) {
		if (!x->match.of[m])
			continue;
		str one = m == METHOD_GET ? STR("GET, HEAD") : str_of(method_name(m));
		list = list.n ? str_fmt(x->a, "%.*s, %.*s", STRF(list), STRF(one)) : one;
	}
	return list.n ? list : STR("GET, HEAD");
}

static enum MHD_Result answer_error(struct exchange *x, err e)
{
	struct req *r = &x->r;
	const struct err_info *info = err_find(r->fault.code ? r->fault.code : e);
	if (info->http >= 500)
		log_event(LOG_ERROR, "request.failed", L_STR("id", r->id), L_INT("code", e),
		          L_STR("detail", r->fault.detail));
	struct reply p = {
	    .status = info->http,
	    .cache = STR("no-store"),
	    .close = info->code == ERR_request_bad || info->http == 413 || info->http == 414,
	    .retry = info->retryable,
	    .allow = info->http == 405 ? allowed(x) : (str){0},
	    .type = r->wants_json ? STR("application/problem+json") : STR("text/html; charset=utf-8"),
	    .body = r->wants_json ? problem(x, info) : error_page(x, info),
	};
	return send_reply(x, &p, false);
}

/* ---- what is kept ---- */

static str etag_of(arena *a, str bytes, enum coding c)
{
	unsigned char h[SHA256_DIGEST_LENGTH];
	const char *coding = coding_name(c);
	SHA256((const unsigned char *)bytes.p, bytes.n, h);
	return str_fmt(a, "\"%.*s%s%s\"", STRF(str_hex(a, (str){(char *)h, 8})), coding ? "-" : "",
	               coding ? coding : "");
}

static str cache_key(struct exchange *x)
{
	return str_fmt(x->a, "%d%.*s", (int)coding_asked(x), STRF(x->target));
}

static bool may_use_cache(struct exchange *x)
{
	const struct req *r = &x->r;
	return !x->s->o.no_page_cache && r->method == METHOD_GET && !r->wants_json &&
	       !cookie_find(header(x, "Cookie"), str_of(session_cookie_name(x->s))).n &&
	       !flash_read(x).n && !language_chosen(x) && !digits_chosen(x).n && !arabic_digits(x);
}

static struct MHD_Response *kept(struct exchange *x, const struct reply *p)
{
	struct MHD_Response *m = MHD_create_response_from_buffer(
	    p->body.n, (void *)(uintptr_t)(p->body.p ? p->body.p : ""), MHD_RESPMEM_MUST_COPY);
	if (m)
		reply_headers(x, m, p);
	return m;
}

static void kept_make(struct exchange *x, struct reply *p, struct cached_page *out)
{
	str whole = p->body;
	compress_reply(x, p);
	out->etag = p->etag = etag_of(x->a, whole, p->coding);
	out->bytes = p->body.n;
	out->full = kept(x, p);
}

static enum MHD_Result unchanged_send(struct exchange *x, str etag)
{
	struct reply same = {.status = 304, .etag = etag, .cache = STR("no-cache"), .vary = true};
	struct MHD_Response *m = kept(x, &same);
	if (!m)
		return MHD_NO;
	enum MHD_Result done = queue(x, m, same.status, 0);
	MHD_destroy_response(m);
	return done;
}

static bool kept_send(void *ctx, const struct cached_page *p)
{
	struct exchange *x = ctx;
	if (!p->full)
		return false;
	if (etag_listed(header(x, "If-None-Match"), p->etag))
		return unchanged_send(x, p->etag) == MHD_YES;
	return queue(x, p->full, 200, p->bytes) == MHD_YES;
}

bool answer_cached(struct exchange *x)
{
	if (!x->match.page || x->match.page->permission != PERM_public || !may_use_cache(x))
		return false;
	return page_cache_use(x->s->cache, cache_key(x), kernel_public_generation(x->r.k), x->r.now,
	                      kept_send, x, &x->asked_again);
}

static enum MHD_Result answer_public(struct exchange *x, struct reply *p)
{
	struct cached_page made = {0};
	p->cache = STR("no-cache");
	p->vary = true;
	x->s->metrics.cache_misses++;
	/* From the cache it would go out at once. */
	if (x->asked_again && (!x->r.db || db_reader_durable(x->r.db))) {
		kept_make(x, p, &made);
		bool sent = kept_send(x, &made);
		page_cache_put(x->s->cache, cache_key(x), x->generation, x->r.now, &made);
		return sent ? MHD_YES : MHD_NO;
	}
	str whole = p->body;
	compress_reply(x, p);
	p->etag = etag_of(x->a, whole, p->coding);
	if (etag_listed(header(x, "If-None-Match"), p->etag)) {
		p->status = 304;
		p->body = (str){0};
		p->coding = CODING_IDENTITY;
	}
	return send_reply(x, p, true);
}

/* ---- results ---- */

static enum MHD_Result answer_page(struct exchange *x)
{
	struct req *r = &x->r;
	bool has_form = false;
	buf out = buf_make(x->a, TEMPLATE_OUTPUT_MAX);
	json *view = r->view ? r->view : json_object(x->a);
	if (!html_render(x, r->template, view, &has_form, &out))
		return answer_error(x, req_fail(r, ERR_internal, "", "the template failed"));
	struct reply p = {.status = r->status ? r->status : 200,
	                  .body = buf_str(&out),
	                  .type = STR("text/html; charset=utf-8"),
	                  .cache = STR("no-store")};
	bool plain = !has_form && r->session.level == SESSION_NONE && !flash_read(x).n;
	if (r->cacheable && plain && p.status == 200)
		return answer_public(x, &p);
	compress_reply(x, &p);
	return send_reply(x, &p, true);
}

static enum MHD_Result answer_json(struct exchange *x)
{
	struct reply p = {.status = x->r.status ? x->r.status : 200,
	                  .body = json_print(x->a, x->r.view),
	                  .type = STR("application/json"),
	                  .cache = STR("no-store")};
	str whole = p.body;
	compress_reply(x, &p);
	/* A program may keep what it read and ask whether it still holds. */
	if (x->r.method == METHOD_GET && p.status == 200 && str_starts(x->r.path, STR("/api/"))) {
		p.cache = STR("private, no-cache");
		p.etag = etag_of(x->a, whole, p.coding);
		if (etag_listed(header(x, "If-None-Match"), p.etag)) {
			p.status = 304;
			p.body = (str){0};
			p.coding = CODING_IDENTITY;
		}
	}
	return send_reply(x, &p, false);
}

/* A header's quoted text: RFC 6266 with RFC 8187 for what is not ASCII. */
static str disposition(struct exchange *x, str filename)
{
	buf b = buf_make(x->a, 8 * REQ_MAX_NAME_BYTES);
	buf_puts(&b, "attachment; filename*=UTF-8''");
	url_encode(&b, str_sub(filename, 0, REQ_MAX_NAME_BYTES));
	return buf_str(&b);
}

static enum MHD_Result answer_content(struct exchange *x)
{
	struct req *r = &x->r;
	struct reply p = {.status = r->status ? r->status : 200,
	                  .body = r->content,
	                  .type = r->content_type,
	                  .cache = r->cacheable ? STR("no-cache") : STR("no-store"),
	                  .disposition = r->filename.n ? disposition(x, r->filename) : (str){0}};
	if (r->cacheable) {
		p.etag = etag_of(x->a, p.body, CODING_IDENTITY);
		if (etag_listed(header(x, "If-None-Match"), p.etag)) {
			p.status = 304;
			p.body = (str){0};
		}
	}
	return send_reply(x, &p, false);
}

static enum MHD_Result answer_redirect(struct exchange *x)
{
	struct req *r = &x->r;
	bool bare = r->redirect_absolute || str_starts(r->redirect, STR("/api/"));
	struct reply p = {
	    .status = r->status,
	    .cache = STR("no-store"),
	    .location =
	        bare ? r->redirect : str_fmt(x->a, "/%s%.*s", lang_code(r->lang), STRF(r->redirect)),
	};
	return send_reply(x, &p, false);
}

static enum MHD_Result answer_asset(struct exchange *x)
{
	struct asset_content c;
	str name = str_sub(x->r.path, sizeof ASSETS_PREFIX - 1, x->r.path.n);
	if (!asset_find(x->s->assets, name, coding_accepted(header(x, "Accept-Encoding")), &c))
		return answer_error(x, req_fail(&x->r, ERR_not_found, "", "no such file"));
	str version = req_field(&x->r, "v");
	bool forever = c.immutable || (version.n && str_find(c.etag, version) == 1);
	struct reply p = {.status = 200,
	                  .body = c.bytes,
	                  .type = c.type,
	                  .etag = c.etag,
	                  .coding = c.coding,
	                  .vary = true,
	                  .cache = forever ? STR("public, max-age=31536000, immutable")
	                                   : STR("public, max-age=3600")};
	if (etag_listed(header(x, "If-None-Match"), c.etag)) {
		p.status = 304;
		p.body = (str){0};
		p.coding = CODING_IDENTITY;
	}
	return send_reply(x, &p, false);
}

enum MHD_Result answer(struct exchange *x, err e)
{
	struct req *r = &x->r;
	if (e)
		return answer_error(x, e);
	if (r->redirect.n)
		return answer_redirect(x);
	if (r->content_type.n)
		return answer_content(x);
	if (r->view && r->wants_json)
		return answer_json(x);
	if (r->view || r->template.n)
		return answer_page(x);
	if (str_starts(r->path, STR(ASSETS_PREFIX)))
		return answer_asset(x);
	return answer_error(x, req_fail(r, ERR_internal, "", "the handler gave no result"));
}

enum MHD_Result answer_exhausted(struct exchange *x)
{
	static const char text[] = "{\"title\":\"out of memory\",\"status\":503}\n";
	struct MHD_Response *m = MHD_create_response_from_buffer(
	    sizeof text - 1, (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
	if (!m)
		return MHD_NO;
	add(m, "Content-Type", "application/problem+json");
	add(m, "Connection", "close");
	enum MHD_Result done = queue(x, m, 503, sizeof text - 1);
	MHD_destroy_response(m);
	return done;
}

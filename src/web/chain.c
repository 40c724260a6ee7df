/*
 * chain.c - what every request goes through, in this order: headers that agree
 * with each other, language, route, body, session, permission, origin and token
 * of a form, idempotency key, then the handler.
 */
#include "web/escape.h"
#include "web/exchange.h"

#include "base/log.h"

#include <openssl/sha.h>
#include <string.h>

#define REQUEST_ID_MAX 64

static err refuse(struct exchange *x, err code, const char *why)
{
	return req_fail(&x->r, code, "", "%s", why);
}

/* ---- headers ---- */

struct header_count {
	int host, length, coding, type, bad, n;
	bool hides_nul;
};

static bool value_is_clean(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)p[i] < 0x20 && p[i] != '\t') || p[i] == 0x7F)
			return false;
	return true;
}

static bool name_is_clean(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] <= 0x20 || (unsigned char)p[i] >= 0x7F ||
		    strchr("()<>@,;:\\\"/[]?={}", p[i]))
			return false;
	return n > 0;
}

static enum MHD_Result count_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                    size_t name_n, const char *value, size_t value_n)
{
	struct header_count *c = cls;
	str key = {name, name_n};
	(void)kind;
	c->n++;
	c->bad += !name_is_clean(name, name_n) || (value && !value_is_clean(value, value_n));
	c->bad += c->hides_nul && value && value[value_n + 1] != 0;
	c->host += str_eq_nocase(key, STR("Host"));
	c->length += str_eq_nocase(key, STR("Content-Length"));
	c->coding += str_eq_nocase(key, STR("Transfer-Encoding"));
	c->type += str_eq_nocase(key, STR("Content-Type"));
	return MHD_YES;
}

static bool digits(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0 && s.n < 16;
}

/* Two readers of one request (a proxy and we) must not be able to disagree on
 * where it ends: RFC 9112, 6.1 to 6.3 and 11.2. */
static const char *headers_refused(struct exchange *x, bool old_http)
{
	struct header_count c = {.hides_nul = library_hides_nul()};
	MHD_get_connection_values_n(x->c, MHD_HEADER_KIND, count_header, &c);
	if (c.bad)
		return "a header has characters that do not belong there";
	if (c.host > 1 || c.length > 1 || c.coding > 1 || c.type > 1)
		return "a header that may come once came twice";
	if (c.host == 0 && !old_http)
		return "the Host header is missing";
	if (c.coding && (c.length || old_http))
		return "Transfer-Encoding stands beside Content-Length or in HTTP/1.0";
	if (c.coding && !str_eq_nocase(header(x, "Transfer-Encoding"), STR("chunked")))
		return "the only Transfer-Encoding is chunked";
	if (c.length && !digits(header(x, "Content-Length")))
		return "the Content-Length is not a number";
	if (x->known_method && x->r.method == METHOD_GET &&
	    (c.coding || (c.length && !str_eq(header(x, "Content-Length"), STR("0")))))
		return "a GET request has no body";
	return NULL;
}

/* ---- language and route ---- */

static void language(struct exchange *x)
{
	struct req *r = &x->r;
	str path = r->path;
	bool en = str_eq(str_sub(path, 0, 3), STR("/en")), ar = str_eq(str_sub(path, 0, 3), STR("/ar"));
	x->full_path = path;
	if ((en || ar) && (path.n == 3 || path.p[3] == '/')) {
		x->lang_in_path = true;
		r->lang = en ? LANG_EN : LANG_AR;
		r->path = path.n == 3 ? STR("/") : str_sub(path, 3, path.n);
		return;
	}
	str chosen = cookie_find(header(x, "Cookie"), STR("lang"));
	if (str_eq(chosen, STR("en")) || str_eq(chosen, STR("ar")))
		r->lang = lang_of(chosen);
	else
		r->lang = accept_language(header(x, "Accept-Language"));
}

static bool without_language(str path)
{
	return str_starts(path, STR("/api/")) || str_starts(path, STR("/hooks/")) ||
	       str_eq(path, STR("/openapi.json"));
}

static err query_parse(struct exchange *x)
{
	if (fields_parse(x, x->r.query))
		return OK;
	return refuse(x, ERR_request_bad, "the query is malformed or has too many fields");
}

static str request_id(struct exchange *x)
{
	str given = header(x, "X-Request-Id");
	bool plain = given.n >= 8 && given.n <= REQUEST_ID_MAX;
	for (size_t i = 0; i < given.n && plain; i++) {
		char c = given.p[i];
		plain = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-';
	}
	if (plain)
		return str_dup(x->a, given);
	char raw[8];
	rng_bytes(rng_thread(), raw, sizeof raw);
	return str_hex(x->a, (str){raw, sizeof raw});
}

static err write_begin(struct exchange *x)
{
	if (!x->match.write || x->lang_in_path == without_language(x->r.path))
		return refuse(x, methods_offered(&x->match) ? ERR_method_not_allowed : ERR_not_found,
		              "nothing takes this request");
	x->r.route = x->match.write;
	err e = body_begin(x);
	return e ? refuse(x, e, x->refused_why.p) : OK;
}

/* METHOD_GET, and false, for one that nothing here takes. */
static bool method_of(const char *name, enum method *out)
{
	*out = METHOD_GET;
	for (enum method m = 0; m < METHOD_COUNT; m++)
		if (strcmp(name, method_name(m)) == 0) {
			*out = m;
			return true;
		}
	return false;
}

err chain_begin(struct exchange *x, const char *method, const char *version)
{
	struct req *r = &x->r;
	r->id = request_id(x);
	x->head = strcmp(method, "HEAD") == 0;
	x->known_method = method_of(method, &r->method) || x->head;
	bool writes = r->method != METHOD_GET;
	r->path = x->target;
	str query = x->target;
	str_cut(&query, '?', &r->path);
	r->query = query;
	language(x);
	r->wants_json = without_language(r->path) || accept_json(header(x, "Accept"));
	if (x->refused)
		return req_fail(r, x->refused, "", "the address is refused: %.*s", STRF(x->refused_why));
	if (library_hides_nul() && version != x->target_end + 1)
		return refuse(x, ERR_request_bad, "the request line has a NUL or no version");
	const char *why = headers_refused(x, strcmp(version, MHD_HTTP_VERSION_1_1) != 0);
	if (why)
		return refuse(x, ERR_request_bad, why);
	if (str_starts(r->path, STR(ASSETS_PREFIX)) || builtin_is(r->path))
		return writes ? refuse(x, ERR_method_not_allowed, "this address is only read") : OK;
	router_find(x->s->router, x->a, r->path, &x->match);
	x->match.write = writes ? x->match.of[r->method] : NULL;
	memcpy(r->params, x->match.params, sizeof r->params);
	r->n_params = x->match.n_params;
	if (!x->known_method)
		return refuse(x, ERR_method_not_allowed, "this method is not offered");
	err e = query_parse(x);
	return e || !writes ? e : write_begin(x);
}

/* ---- who ---- */

const char *session_cookie_name(const struct server *s)
{
	return s->https ? "__Host-diwan" : "diwan";
}

static void session_find(struct exchange *x)
{
	struct req *r = &x->r;
	x->token = cookie_find(header(x, "Cookie"), str_of(session_cookie_name(x->s)));
	if (x->token.n != TOKEN_CHARS)
		x->token = (str){0};
	if (!x->token.n)
		return;
	r->session = session_read(r->db, x->a, x->token, r->now);
	if (r->session.level == SESSION_NONE)
		return;
	if (r->now - r->session.used >= SESSION_TOUCH)
		session_touch(r->k, r->session.id, r->now);
	r->actor.person = r->session.level == SESSION_FULL ? r->session.person : 0;
	for (size_t i = 0; i < r->session.rights.n && !r->actor.entity.n; i++)
		if (!str_eq(r->session.rights.grants[i].entity, STR("*")))
			r->actor.entity = r->session.rights.grants[i].entity;
}

static err to_sign_in(struct exchange *x)
{
	struct req *r = &x->r;
	str page = x->s->o.sign_in;
	struct match m;
	bool there = router_find(x->s->router, x->a, page, &m) && m.page && m.page != r->route;
	if (r->wants_json || r->method != METHOD_GET || !there)
		return refuse(x, ERR_sign_in_needed, "sign in first");
	buf next = buf_make(x->a, 4 * REQ_MAX_URI_BYTES);
	url_encode(&next, x->target);
	r->redirect = str_fmt(x->a, "%.*s?next=%.*s", STRF(page), STRF(buf_str(&next)));
	r->status = 303;
	return OK;
}

/* OK and no redirect: the handler may run. */
static err permission(struct exchange *x)
{
	struct req *r = &x->r;
	enum permission p = r->route->permission;
	if (p == PERM_public || p == PERM_signed_call)
		return OK;
	if (r->session.level != SESSION_FULL)
		return to_sign_in(x);
	if (p == PERM_signed_in || may_somewhere(&r->session.rights, p))
		return OK;
	x->s->metrics.denied++;
	denial_record(r->k, r->actor, p, str_of(r->route->name), (str){0});
	return refuse(x, ERR_forbidden, "a role is missing");
}

/* ---- forms ---- */

static bool same_origin(struct exchange *x)
{
	str site = header(x, "Sec-Fetch-Site"), origin = header(x, "Origin");
	if (site.n && !str_eq(site, STR("same-origin")) && !str_eq(site, STR("none")))
		return false;
	if (!origin.n)
		return true;
	str own = x->s->origin;
	if (!own.n)
		own = str_cat(x->a, STR("http://"), header(x, "Host"));
	return str_eq_nocase(origin, own);
}

static err form_check(struct exchange *x)
{
	struct req *r = &x->r;
	if (!same_origin(x)) {
		x->s->metrics.refused_forms++;
		return refuse(x, ERR_origin_refused, "the form was sent from another site");
	}
	str given = req_field(r, "csrf");
	if (!given.n)
		given = header(x, "X-CSRF-Token");
	str expected = x->token.n ? session_csrf(x->a, x->token, STR("form")) : (str){0};
	if (expected.n && str_eq_secret(given, expected))
		return OK;
	x->s->metrics.refused_forms++;
	return refuse(x, ERR_form_expired, "the form's token is missing or from another session");
}

static void hash_text(SHA256_CTX *h, str s)
{
	uint64_t n = s.n; /* lengths, so that no two requests read the same */
	SHA256_Update(h, &n, sizeof n);
	SHA256_Update(h, s.p ? s.p : "", s.n);
}

static str request_hash(struct exchange *x)
{
	const struct req *r = &x->r;
	SHA256_CTX h;
	unsigned char out[SHA256_DIGEST_LENGTH];
	SHA256_Init(&h);
	hash_text(&h, x->token); /* kept nowhere: a stored hash tells no password */
	hash_text(&h, r->path);
	for (size_t i = 0; i < r->n_fields; i++) {
		if (str_eq(r->fields[i].name, STR("csrf")) ||
		    str_eq(r->fields[i].name, STR("idempotency_key")))
			continue;
		hash_text(&h, r->fields[i].name);
		hash_text(&h, r->fields[i].value);
	}
	for (size_t i = 0; i < r->n_uploads; i++) {
		hash_text(&h, r->uploads[i].field);
		hash_text(&h, r->uploads[i].bytes);
	}
	if (r->body)
		hash_text(&h, json_canonical(x->a, r->body));
	SHA256_Final(out, &h);
	return str_hex(x->a, (str){(char *)out, sizeof out});
}

static err idempotency(struct exchange *x)
{
	struct req *r = &x->r;
	bool call = route_is_call(r->route), hook = call && str_starts(r->path, STR("/hooks/"));
	str sent = header(x, hook ? "Webhook-Id" : "Idempotency-Key");
	bool bare = (hook || made_elsewhere(r)) && sent.n <= REQ_MAX_NAME_BYTES;
	if (bare && sent.n)
		r->idempotency_key = sent;
	else if (sent.n && !idempotency_key_parse(sent, &r->idempotency_key))
		return refuse(x, ERR_idempotency_missing, "the Idempotency-Key is not a quoted string");
	if (call && !sent.n && !made_elsewhere(r))
		return refuse(x, ERR_idempotency_missing,
		              hook ? "this call needs a Webhook-Id header"
		                   : "this call needs an Idempotency-Key header");
	if (!r->idempotency_key.n)
		r->idempotency_key = req_field(r, "idempotency_key");
	if (r->idempotency_key.n > REQ_MAX_NAME_BYTES)
		return refuse(x, ERR_idempotency_missing, "the idempotency key is too long");
	return OK;
}

/* ---- the handler ---- */

static bool has_result(const struct req *r)
{
	return r->view || r->redirect.n || r->content_type.n;
}

static err page_run(struct exchange *x)
{
	err e = x->r.route->page(&x->r);
	if (!e && db_error(x->r.db)) {
		log_event(LOG_ERROR, "page.database", L_STR("id", x->r.id),
		          L_STR("why", db_error_text(x->r.db)));
		e = db_error(x->r.db);
	}
	return e;
}

static err command_decide(struct tx *tx, void *ctx)
{
	struct exchange *x = ctx;
	x->r.decided = NULL;
	x->r.fault = (struct fault){0};
	err e = x->r.route->decide(tx, &x->r);
	if (e && !tx->fault.code)
		tx->fault = x->r.fault;
	if (!e)
		tx_answer(tx, x->r.decided);
	return e;
}

static void command_done(struct action *act, err result)
{
	struct exchange *x = act->done_ctx;
	x->decided = result;
	MHD_resume_connection(x->c);
}

/* Whose keys of commands these are: two programs may choose the same one. */
static str caller(struct exchange *x)
{
	unsigned char h[SHA256_DIGEST_LENGTH];
	str key = header(x, "Authorization");
	if (!key.n)
		key = header(x, "X-API-Key");
	if (!key.n)
		return STR("call");
	SHA256((const unsigned char *)key.p, key.n, h);
	return str_cat(x->a, STR("call:"), str_hex(x->a, (str){(char *)h, sizeof h}));
}

static str command_scope(struct exchange *x)
{
	str who = x->r.session.id.n ? x->r.session.id : caller(x);
	return str_fmt(x->a, "%s:%.*s", x->r.route->name, STRF(who));
}

/* Prepare refused, or showed its form again. Was it because this very command was
 * done before (see "alone" in req.h)? Then the answer is the one given then. */
static bool done_before(struct exchange *x)
{
	struct req *r = &x->r;
	json *answer = NULL;
	if (!r->idempotency_key.n || db_error(r->db) ||
	    !kernel_answered(r->db, x->a, command_scope(x), r->idempotency_key, request_hash(x),
	                     &answer) ||
	    !json_truth(answer, "alone"))
		return false;
	r->view = NULL;
	r->redirect = r->content_type = (str){0};
	r->fault = (struct fault){0};
	r->status = 0;
	r->state = NULL;
	r->decided = answer;
	x->s->metrics.replayed++;
	return true;
}

static err command_submit(struct exchange *x)
{
	struct req *r = &x->r;
	x->action = (struct action){
	    .k = r->k,
	    .a = x->a,
	    .actor = r->actor,
	    .decide = command_decide,
	    .ctx = x,
	    .idempotency_scope = command_scope(x),
	    .idempotency_key = r->idempotency_key,
	    .request_hash = request_hash(x),
	    .done = command_done,
	    .done_ctx = x,
	};
	if (r->db)
		db_reader_release(r->db); /* what it read is durable before the command is */
	r->db = NULL;
	x->stage = STAGE_DECIDING;
	arena_guard(x->a, NULL); /* from here on the arena is the writer's */
	if (x->handed_over)
		*x->handed_over = true;
	else
		MHD_suspend_connection(x->c); /* before: the command may be done at once */
	if (kernel_submit(&x->action))
		return OK;
	x->decided = ERR_unavailable;
	x->action.fault = (struct fault){.code = ERR_unavailable};
	MHD_resume_connection(x->c);
	return OK;
}

err chain_decided(struct exchange *x)
{
	struct req *r = &x->r;
	if (x->decided) {
		r->fault = x->action.fault;
		return x->decided;
	}
	if (x->action.replayed) {
		x->s->metrics.replayed++;
		r->decided = x->action.answer;
	}
	r->db = db_reader(r->k->db);
	err e = r->route->answer(r);
	return e ? e : db_error(r->db);
}

static err write_run(struct exchange *x)
{
	struct req *r = &x->r;
	err e = route_is_call(r->route) ? OK : form_check(x);
	if (!e)
		e = idempotency(x);
	bool allowed = !e;
	if (!e)
		e = r->route->prepare(r);
	if (!e && db_error(r->db))
		e = db_error(r->db);
	if (!e && !has_result(r))
		return command_submit(x);
	return allowed && done_before(x) ? r->route->answer(r) : e;
}

/* A path that lacks its language, or ends in '/', is led to the right one. */
static bool lead(struct exchange *x)
{
	struct req *r = &x->r;
	str path = r->path;
	bool slash = path.n > 1 && path.p[path.n - 1] == '/';
	if (slash)
		path = str_sub(path, 0, path.n - 1);
	struct match m;
	if (without_language(path) || r->method != METHOD_GET || (x->lang_in_path && !slash) ||
	    (path.n > 1 && path.p[1] == '/') || !router_find(x->s->router, x->a, path, &m) || !m.page)
		return false;
	r->redirect = r->query.n ? str_fmt(x->a, "%.*s?%.*s", STRF(path), STRF(r->query)) : path;
	r->status = x->lang_in_path ? 308 : 302;
	return true;
}

static err page_find(struct exchange *x)
{
	if (lead(x))
		return OK;
	if (!x->match.page || x->lang_in_path == without_language(x->r.path))
		return refuse(x, methods_offered(&x->match) ? ERR_method_not_allowed : ERR_not_found,
		              "there is nothing at this address");
	x->r.route = x->match.page;
	return OK;
}

err chain_run(struct exchange *x)
{
	struct req *r = &x->r;
	bool writes = r->method != METHOD_GET;
	err e = writes ? body_end(x) : page_find(x);
	if (e && !r->fault.code)
		refuse(x, e, str_c(x->a, x->refused_why));
	if (e || has_result(r))
		return e;
	x->generation = kernel_public_generation(r->k);
	r->db = db_reader(r->k->db);
	session_find(x);
	e = permission(x);
	if (e || has_result(r))
		return e;
	return writes ? write_run(x) : page_run(x);
}

/* A server over a kernel in a fresh folder, a small room, and raw sockets. */
#ifndef WEB_UNIT_H
#define WEB_UNIT_H

#include "kernel_unit.h"

#include "web/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#define ROUTES_DEF   "web/routes.def"
#define ROUTES_TABLE unit_routes
#include "web/declare.h"

#define ANSWER_MAX ((size_t)4 * 1024 * 1024)

struct site {
	struct unit *u;
	struct server *s;
	struct messages *texts;
};

/* ---- the room ---- */

static int unit_decided; /* commands decided, over all tests of the program */

err page_unit_home(struct req *r)
{
	r->cacheable = true;
	json *v = json_object(r->a);
	json_set_str(r->a, v, "q", req_field(r, "q"));
	return req_view(r, "home", v);
}

err page_unit_card(struct req *r)
{
	json *v = json_object(r->a);
	json_set_str(r->a, v, "id", req_param(r, "id"));
	return req_view(r, "card", v);
}

err page_unit_fixed(struct req *r)
{
	return req_content(r, "text/plain", STR("fixed"), "list é.txt");
}

err page_unit_form(struct req *r)
{
	return req_view(r, "form", json_object(r->a));
}

err page_unit_sign_in(struct req *r)
{
	return req_view(r, "form", json_object(r->a));
}

err page_unit_mine(struct req *r)
{
	return req_view(r, "card", json_object(r->a));
}

err page_unit_desk(struct req *r)
{
	return req_view(r, "card", json_object(r->a));
}

err page_unit_greedy(struct req *r)
{
	for (;;)
		(void)arena_alloc(r->a, 1, 1024 * 1024, 16);
}

static err sent_decide(struct tx *tx, struct req *r)
{
	unit_decided++;
	if (str_eq(req_field(r, "text"), STR("refuse")))
		return tx_fail(tx, ERR_conflict, "text", "this text is refused");
	r->decided = json_object(tx->a);
	json_set_str(tx->a, r->decided, "text", req_field(r, "text"));
	json_set_int(tx->a, r->decided, "no", unit_decided);
	return OK;
}

err prepare_unit_send(struct req *r)
{
	if (!req_field(r, "text").n)
		return req_again(r, "form", json_object(r->a));
	return OK;
}

err decide_unit_send(struct tx *tx, struct req *r)
{
	return sent_decide(tx, r);
}

err answer_unit_send(struct req *r)
{
	req_flash(r, "unit.saved");
	return req_redirect(r, "/cards/%lld", (long long)json_int(r->decided, "no", 0));
}

err prepare_unit_upload(struct req *r)
{
	return req_upload(r, "file") ? OK : req_fail(r, ERR_form_invalid, "file", "choose a file");
}

err decide_unit_upload(struct tx *tx, struct req *r)
{
	return sent_decide(tx, r);
}

err answer_unit_upload(struct req *r)
{
	const struct upload *u = req_upload(r, "file");
	return req_content(r, "text/plain",
	                   str_fmt(r->a, "%.*s %.*s %zu %.*s", STRF(u->filename),
	                           STRF(u->declared_type), u->bytes.n, STRF(req_field(r, "text"))),
	                   NULL);
}

err prepare_unit_call(struct req *r)
{
	return r->body ? OK : req_fail(r, ERR_form_invalid, "", "send JSON");
}

err decide_unit_call(struct tx *tx, struct req *r)
{
	return sent_decide(tx, r);
}

err answer_unit_call(struct req *r)
{
	return req_view(r, "card", r->decided);
}

err prepare_unit_change(struct req *r)
{
	return prepare_unit_call(r);
}

err decide_unit_change(struct tx *tx, struct req *r)
{
	return sent_decide(tx, r);
}

err answer_unit_change(struct req *r)
{
	json_set_bool(r->a, r->decided, "changed", true);
	return req_view(r, "card", r->decided);
}

err prepare_unit_put(struct req *r)
{
	return prepare_unit_call(r);
}

err decide_unit_put(struct tx *tx, struct req *r)
{
	return sent_decide(tx, r);
}

err answer_unit_put(struct req *r)
{
	return req_view(r, "card", r->decided);
}

err prepare_unit_files(struct req *r)
{
	return prepare_unit_upload(r);
}

err decide_unit_files(struct tx *tx, struct req *r)
{
	return sent_decide(tx, r);
}

err answer_unit_files(struct req *r)
{
	return answer_unit_upload(r);
}

static const char *const unit_public_kinds[] = {"role.defined"};

static const struct organ unit_organ = {
    .name = "systems/unit", .public_kinds = unit_public_kinds, .n_public_kinds = 1};

/* ---- the server ---- */

__attribute__((unused)) static struct templates *site_templates(arena *a,
                                                                const struct messages *texts)
{
	struct diags d = diags_make(a, (str){0});
	struct templates *t = templates_make(a, texts, &d);
	templates_add(t, STR("home"),
	              STR("<html lang=\"{{lang}}\" dir=\"{{dir}}\"><p>{{t \"unit.home\"}}"
	                  " {{q}}</p><a href=\"{{other_url}}\">x</a></html>\n"));
	templates_add(t, STR("card"),
	              STR("<html lang=\"{{lang}}\">[{{id}}]{{#if flash}}{{t flash}}{{/if}}"
	                  "{{user.name}}</html>\n"));
	templates_add(t, STR("form"),
	              STR("<html lang=\"{{lang}}\"><form method=\"post\">{{csrf_field}}"
	                  "</form></html>\n"));
	templates_add(t, STR("errors/error"),
	              STR("<html lang=\"{{lang}}\">error {{status}} {{text}}"
	                  " {{request_id}}</html>\n"));
	templates_link(t);
	if (d.errors)
		fail_msg("%.*s", STRF(diags_print(a, &d)));
	return t;
}

/* `timeout`: seconds after which a silent connection is closed. */
__attribute__((unused)) static struct site *site_start_patient(int timeout)
{
	static const struct organ *const organs[] = {&unit_organ};
	struct unit *u = unit_start(organs, 1);
	struct site *w = NEW(u->a, struct site);
	struct system *room = NEW(u->a, struct system);
	const struct system **systems = NEWN(u->a, const struct system *, 1);
	*room =
	    (struct system){.organ = &unit_organ, .routes = unit_routes, .n_routes = unit_routes_count};
	systems[0] = room;
	struct diags d = diags_make(u->a, STR("unit"));
	w->u = u;
	w->texts = messages_load(u->a, &d);
	messages_add(w->texts,
	             STR("unit.home\n  en: Welcome\n  ar: مرحبًا\nunit.saved\n  en: Saved\n  ar: حُفظ\n"),
	             &d);
	struct server_options o = {
	    .k = u->k,
	    .listen = STR("127.0.0.1:0"),
	    .threads = 2,
	    .systems = systems,
	    .n_systems = 1,
	    .texts = w->texts,
	    .templates = site_templates(u->a, w->texts),
	    .currency = STR("BHD"),
	    .quiet = true,
	    .timeout = timeout,
	    .connections_per_address = 64,
	    .security_contact = STR("mailto:security@example.org"),
	};
	str why = {0};
	if (server_start(u->a, &o, &w->s, &why) != OK)
		fail_msg("%.*s", STRF(why));
	return w;
}

__attribute__((unused)) static struct site *site_start(void)
{
	return site_start_patient(3);
}

__attribute__((unused)) static void site_stop(struct site *w)
{
	server_stop(w->s, 5);
	unit_stop(w->u);
}

/* ---- raw sockets ---- */

__attribute__((unused)) static int site_connect(struct site *w)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons((uint16_t)server_port(w->s)),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_true(fd >= 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

#define SITE_WAIT 120000 /* milliseconds: for an answer that comes in one on an idle machine */

/* Everything until the server closes or is silent for `wait` milliseconds. */
__attribute__((unused)) static str site_read(struct site *w, int fd, int wait)
{
	buf b = buf_make(w->u->a, ANSWER_MAX);
	char part[8192];
	struct pollfd p = {.fd = fd, .events = POLLIN};
	while (poll(&p, 1, wait) == 1) {
		ssize_t n = recv(fd, part, sizeof part, 0);
		if (n <= 0)
			break;
		buf_put(&b, (str){part, (size_t)n});
	}
	return buf_str(&b);
}

/* Sends the bytes as they are and reads the whole answer. */
__attribute__((unused)) static str site_raw(struct site *w, str bytes, int wait)
{
	int fd = site_connect(w);
	size_t sent = 0;
	while (sent < bytes.n) {
		ssize_t n = send(fd, bytes.p + sent, bytes.n - sent, MSG_NOSIGNAL);
		if (n <= 0)
			break;
		sent += (size_t)n;
	}
	str got = site_read(w, fd, wait);
	close(fd);
	return got;
}

/* One request; the connection closes after its answer. */
__attribute__((unused)) static str site_get(struct site *w, const char *target, const char *headers)
{
	return site_raw(w,
	                str_fmt(w->u->a,
	                        "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n",
	                        target, headers),
	                SITE_WAIT);
}

/* A writing request by any method. */
__attribute__((unused)) static str site_send(struct site *w, const char *method, const char *target,
                                             const char *headers, const char *type, str body)
{
	str head = str_fmt(w->u->a,
	                   "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
	                   "Content-Type: %s\r\nContent-Length: %zu\r\n%s\r\n",
	                   method, target, type, body.n, headers);
	return site_raw(w, str_cat(w->u->a, head, body), SITE_WAIT);
}

__attribute__((unused)) static str site_post(struct site *w, const char *target,
                                             const char *headers, const char *type, str body)
{
	return site_send(w, "POST", target, headers, type, body);
}

__attribute__((unused)) static int status_of(str answer)
{
	int64_t status = 0;
	if (str_starts(answer, STR("HTTP/1.")))
		str_i64(str_sub(answer, 9, 12), &status);
	return (int)status;
}

/* The value of a header, or of the n-th of that name. */
__attribute__((unused)) static str header_of(str answer, const char *name, int nth)
{
	for (str line; str_cut(&answer, '\n', &line) && str_trim(line).n;) {
		str value = line, key;
		str_cut(&value, ':', &key);
		if (value.p && str_eq_nocase(key, str_of(name)) && nth-- == 0)
			return str_trim(value);
	}
	return (str){0};
}

__attribute__((unused)) static str body_of(str answer)
{
	ptrdiff_t at = str_find(answer, STR("\r\n\r\n"));
	return at < 0 ? (str){0} : str_sub(answer, (size_t)at + 4, answer.n);
}

/* The body of an answer that was sent in chunks; empty when it was cut before its end. */
__attribute__((unused)) static str chunks_of(arena *a, str answer)
{
	str rest = body_of(answer), line;
	buf b = buf_make(a, 16 * ANSWER_MAX);
	while (str_cut(&rest, '\n', &line)) {
		size_t n = strtoul(str_c(a, line), NULL, 16);
		if (!n)
			return buf_str(&b);
		buf_put(&b, str_sub(rest, 0, n));
		rest = str_sub(rest, n + 2, rest.n);
	}
	return (str){0};
}

__attribute__((unused)) static str between(str s, const char *before, const char *after)
{
	ptrdiff_t at = str_find(s, str_of(before));
	if (at < 0)
		return (str){0};
	s = str_sub(s, (size_t)at + strlen(before), s.n);
	return str_sub(s, 0, (size_t)str_find(s, str_of(after)));
}

#endif

/*
 * server.c - libmicrohttpd: threads, connections, and an exchange's stages.
 *
 * Several internal threads poll connections of their own. A request that waits
 * for its commit is suspended and holds no thread; the writer resumes it. One that
 * carries files goes aside (aside.h).
 */
#include "web/exchange.h"

#include "base/log.h"
#include "web/openapi.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECTION_BYTES        ((size_t)24 * 1024) /* the library's; wiped for each request */
#define ANSWER_BYTES            ((size_t)6 * 1024)  /* of it, kept for the head of an answer */
#define RECORD_BYTES            64                  /* that it takes for a value */
#define CONNECTIONS             4096
#define CONNECTIONS_PER_ADDRESS 256
#define TIMEOUT_SECONDS         20
#define THREADS_MIN             2
#define THREADS_MAX             64
#define DRAIN_STEP_MICROS       5000
#define AFTER_ASIDE_SECONDS     2

/* ---- arenas ---- */

static arena *arena_take(struct server *s)
{
	pthread_mutex_lock(&s->lock);
	arena *a = s->n_idle ? s->idle[--s->n_idle] : NULL;
	pthread_mutex_unlock(&s->lock);
	return a ? a : arena_create(REQUEST_ARENA_BYTES);
}

static void arena_give(struct server *s, arena *a)
{
	arena_guard(a, NULL);
	arena_reset(a);
	pthread_mutex_lock(&s->lock);
	bool kept = s->n_idle < IDLE_ARENAS;
	if (kept)
		s->idle[s->n_idle++] = a;
	pthread_mutex_unlock(&s->lock);
	if (!kept)
		arena_destroy(a);
}

/* ---- an exchange ---- */

static str client_address(struct exchange *x)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(x->c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	char text[INET6_ADDRSTRLEN] = "";
	if (info && info->client_addr->sa_family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, info->client_addr, sizeof v4);
		inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
	} else if (info && info->client_addr->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;
		memcpy(&v6, info->client_addr, sizeof v6);
		inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
	}
	return str_dup(x->a, str_of(text));
}

/* The last address in X-Forwarded-For is what the front server saw. */
static void forwarded_address(struct exchange *x)
{
	str list = header(x, "X-Forwarded-For"), last = {0};
	for (str part; str_cut(&list, ',', &part);)
		last = str_trim(part);
	if (x->s->o.trust_proxy && last.n && last.n < INET6_ADDRSTRLEN)
		x->r.address = str_dup(x->a, last);
}

bool library_hides_nul(void)
{
	return str_starts(str_of(MHD_get_version()), STR("0."));
}

static void db_give(struct exchange *x)
{
	if (x->r.db)
		db_reader_return(x->r.db);
	x->r.db = NULL;
}

static void request_logged(struct exchange *x, bool whole)
{
	struct server *s = x->s;
	int64_t micros = clock_monotonic() - x->started;
	metrics_request(&s->metrics, x->status, micros, x->sent);
	if (s->o.quiet)
		return;
	log_event(LOG_INFO, "request", L_STR("id", x->r.id),
	          L_STR("method", str_of(method_name(x->r.method))),
	          L_STR("route", x->r.route ? str_of(x->r.route->name) : STR("-")),
	          L_INT("status", x->status), L_INT("micros", micros), L_INT("bytes", (int64_t)x->sent),
	          L_STR("end", whole ? STR("sent") : STR("cut")));
}

static void exchange_end(struct exchange *x, bool whole)
{
	struct server *s = x->s;
	if (x->post)
		MHD_destroy_post_processor(x->post);
	db_give(x);
	request_logged(x, whole);
	arena_give(s, x->a);
	s->metrics.in_flight--;
}

/* What the library keeps for us beside a connection. It has the exchange too: a
 * request that fails between its first line and its headers is never reported as
 * completed. */
struct line {
	struct exchange *current;
};

static struct line *line_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info ? info->socket_context : NULL;
}

/* Called with the request target before anything else of the request. */
static void *request_begins(void *cls, const char *target, struct MHD_Connection *c)
{
	struct server *s = cls;
	struct line *line = line_of(c);
	if (line && line->current)
		exchange_end(line->current, false);
	arena *a = line ? arena_take(s) : NULL;
	if (!a)
		return NULL;
	struct exchange *x = NEW(a, struct exchange);
	x->s = s;
	x->c = c;
	x->a = a;
	x->started = clock_monotonic();
	str raw = str_of(target);
	x->target_end = target + raw.n;
	const char *why = target_refused(raw);
	x->target = str_dup(a, str_sub(raw, 0, REQ_MAX_URI_BYTES));
	if (why) {
		x->refused = raw.n > REQ_MAX_URI_BYTES ? ERR_uri_too_long : ERR_request_bad;
		x->refused_why = str_of(why);
	}
	s->metrics.in_flight++;
	line->current = x;
	return x;
}

static void request_ends(void *cls, struct MHD_Connection *c, void **ctx,
                         enum MHD_RequestTerminationCode why)
{
	struct exchange *x = *ctx;
	struct line *line = line_of(c);
	(void)cls;
	if (x)
		exchange_end(x, why == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	if (line)
		line->current = NULL;
	*ctx = NULL;
}

static void seen_durable(struct db_waiting *w)
{
	struct exchange *x = (struct exchange *)(void *)((char *)w - offsetof(struct exchange, seen));
	MHD_resume_connection(x->c);
}

/* The answer stands ready, and goes out once all that it tells is on the disk. */
static enum MHD_Result finish(struct exchange *x, err e)
{
	enum MHD_Result done = answer(x, e);
	dbc *db_of = x->r.db;
	x->r.db = NULL;
	int64_t point = db_of ? db_reader_release(db_of) : 0;
	if (point && done == MHD_YES) {
		MHD_suspend_connection(x->c); /* before: it may be durable by now */
		x->seen = (struct db_waiting){.ready = seen_durable, .point = point};
		db_wait(x->r.k->db, &x->seen);
	}
	return done;
}

/* ---- headers too large to be answered ---- */

struct weight {
	size_t bytes, records;
};

static enum MHD_Result weigh(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n,
                             const char *value, size_t value_n)
{
	struct weight *w = cls;
	w->records++;
	if (kind == MHD_HEADER_KIND)
		w->bytes += name_n + value_n + sizeof ": \r\n";
	if (kind == MHD_HEADER_KIND && str_eq_nocase((str){name, name_n}, STR("Cookie")))
		w->bytes += value_n + 1; /* the library parses a copy */
	(void)value;
	return MHD_YES;
}

/* Do the headers leave no room for an answer's? What the library cannot even read it
 * answers by itself, with 431 too. */
static bool crowded(const struct exchange *x)
{
	struct weight w = {.bytes = x->target.n};
	MHD_get_connection_values_n(
	    x->c, (enum MHD_ValueKind)(MHD_HEADER_KIND | MHD_COOKIE_KIND | MHD_GET_ARGUMENT_KIND),
	    weigh, &w);
	return w.bytes + w.records * RECORD_BYTES > CONNECTION_BYTES - ANSWER_BYTES;
}

/* Past the library, which would find no memory to write it; it closes the connection. */
static enum MHD_Result answer_crowded(struct exchange *x)
{
#define CROWDED "{\"title\":\"the request headers are too large\",\"status\":431}\n"
	_Static_assert(sizeof CROWDED - 1 == 59, "its length stands in the text");
	static const char text[] = "HTTP/1.1 431 Request Header Fields Too Large\r\n"
	                           "Connection: close\r\nCache-Control: no-store\r\n"
	                           "Content-Type: application/problem+json\r\n"
	                           "Content-Length: 59\r\n\r\n" CROWDED;
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(x->c, MHD_CONNECTION_INFO_CONNECTION_FD);
	ssize_t n = send(info->connect_fd, text, sizeof text - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	x->status = MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE;
	x->sent = n > 0 ? (size_t)n : 0;
	x->stage = STAGE_ANSWERED;
	return MHD_NO;
}

static enum MHD_Result first_call(struct exchange *x, const char *method, const char *version)
{
	struct server *s = x->s;
	x->stage = STAGE_BODY;
	x->r.a = x->a;
	x->r.k = s->o.k;
	x->r.server = s;
	x->r.now = kernel_now(s->o.k);
	x->r.address = client_address(x);
	forwarded_address(x);
	err e = chain_begin(x, method, version);
	if (crowded(x))
		return answer_crowded(x);
	x->r.actor.channel = x->r.wants_json ? STR("api") : STR("web");
	if (e)
		return finish(x, e);
	return MHD_YES;
}

/* ---- aside ---- */

/* In a thread of its own. Once the writer has the exchange, it is not touched: it may be
 * answered and gone. */
static void run_aside(void *what)
{
	struct exchange *x = what;
	bool handed_over = false;
	jmp_buf full;
	x->handed_over = &handed_over;
	arena_guard(x->a, &full);
	if (setjmp(full) == 0) {
		err e = chain_run(x);
		if (handed_over)
			return;
		x->returned = e;
	} else {
		x->exhausted = true;
	}
	arena_guard(x->a, NULL);
	x->stage = STAGE_RETURNED;
	MHD_resume_connection(x->c);
}

/* What carries files is looked into by other processes, which takes its time. */
static bool takes_time(const struct exchange *x)
{
	return x->match.write && route_takes_files(x->match.write) && x->r.n_uploads;
}

static enum MHD_Result set_aside(struct exchange *x)
{
	x->away = true;
	x->stage = STAGE_ASIDE;
	arena_guard(x->a, NULL); /* from here on the arena is the other thread's */
	MHD_suspend_connection(x->c);
	if (aside_put(x->s->aside, x))
		return MHD_YES;
	x->returned = ERR_unavailable;
	x->stage = STAGE_RETURNED;
	MHD_resume_connection(x->c);
	return MHD_YES;
}

static enum MHD_Result last_call(struct exchange *x)
{
	if (answer_cached(x))
		return MHD_YES;
	if (builtin_answer(x) || str_starts(x->r.path, STR(ASSETS_PREFIX)))
		return finish(x, x->r.fault.code);
	if (takes_time(x))
		return set_aside(x);
	err e = chain_run(x);
	return x->stage == STAGE_DECIDING ? MHD_YES : finish(x, e);
}

static enum MHD_Result advance(struct exchange *x, const char *method, const char *version,
                               const char *data, size_t *size)
{
	if (x->stage == STAGE_NEW)
		return first_call(x, method, version);
	if (x->stage == STAGE_BODY && *size) {
		bool go_on = x->r.method != METHOD_GET && body_take(x, data, *size);
		*size = 0;
		return go_on ? MHD_YES : MHD_NO;
	}
	if (x->stage == STAGE_BODY)
		return last_call(x);
	if (x->stage == STAGE_RETURNED)
		return x->exhausted ? answer_exhausted(x) : finish(x, x->returned);
	return x->stage == STAGE_DECIDING ? finish(x, chain_decided(x)) : MHD_YES;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *c, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **ctx)
{
	struct exchange *x = *ctx;
	(void)cls;
	(void)c;
	(void)url;
	if (!x)
		return MHD_NO;
	jmp_buf full;
	x->away = false;
	arena_guard(x->a, &full);
	if (setjmp(full)) {
		log_event(LOG_ERROR, "request.memory", L_INT("bytes", (int64_t)arena_used(x->a)));
		return x->stage == STAGE_ANSWERED ? MHD_NO : answer_exhausted(x);
	}
	enum MHD_Result done = advance(x, method, version, data, size);
	if (!x->away && x->stage != STAGE_DECIDING) /* else the arena is another's now */
		arena_guard(x->a, NULL);
	return done;
}

static void connection_changed(void *cls, struct MHD_Connection *c, void **ctx,
                               enum MHD_ConnectionNotificationCode what)
{
	struct server *s = cls;
	struct line *line = *ctx;
	(void)c;
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		/* As long as the connection, which no arena of ours is. */
		*ctx = calloc(1, sizeof(struct line));
		s->metrics.connections++;
		return;
	}
	if (line && line->current)
		exchange_end(line->current, false);
	free(line);
	s->metrics.connections--;
}

/* ---- starting and stopping ---- */

static void web_errors(void)
{
	static const struct err_info errors[] = {
#define ERROR(name, code, http, retry) {code, #name, http, retry},
#include "web/errors.def"
#undef ERROR
	};
	static bool done; /* once a process, as the kernel's */
	if (!done)
		err_register(errors, COUNT(errors));
	done = true;
}

static bool address_of(arena *a, str text, struct sockaddr_storage *out, bool *v6)
{
	str host;
	int port;
	if (!listen_parse(text, &host, &port))
		return false;
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	memset(out, 0, sizeof *out);
	if (str_eq(host, STR("localhost")))
		host = STR("127.0.0.1");
	*v6 = inet_pton(AF_INET6, str_c(a, host), &six.sin6_addr) == 1;
	if (!*v6 && inet_pton(AF_INET, str_c(a, host), &v4.sin_addr) != 1)
		return false;
	memcpy(out, *v6 ? (void *)&six : (void *)&v4, *v6 ? sizeof six : sizeof v4);
	return true;
}

static void library_log(void *cls, const char *fmt, va_list ap)
{
	char text[256];
	(void)cls;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	vsnprintf(text, sizeof text, fmt, ap); /* the library's own formats */
#pragma GCC diagnostic pop
	log_event(LOG_DEBUG, "http.library", L_STR("text", str_trim(str_of(text))));
}

static unsigned or_default(int v, unsigned otherwise)
{
	return v > 0 ? (unsigned)v : otherwise;
}

static bool listen_start(struct server *s, struct sockaddr_storage *address, bool v6)
{
	const struct server_options *o = &s->o;
	unsigned threads = or_default(o->threads, THREADS_MIN);
	threads = threads < THREADS_MIN ? THREADS_MIN : threads > THREADS_MAX ? THREADS_MAX : threads;
	unsigned per_address = o->trust_proxy && !o->connections_per_address
	                           ? 0
	                           : or_default(o->connections_per_address, CONNECTIONS_PER_ADDRESS);
	unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
	                 (v6 ? MHD_USE_IPv6 : 0);
	/* The library is not to be strict: it would look for the Host header among headers it
	 * had just given up for want of memory, and close the connection instead of answering
	 * 431. What strictness asks for (a Host, no space in the address) http.h and chain.c do. */
	s->daemon = MHD_start_daemon(
	    flags, 0, NULL, NULL, handle, s, MHD_OPTION_EXTERNAL_LOGGER, library_log, NULL,
	    MHD_OPTION_SOCK_ADDR, (struct sockaddr *)address, MHD_OPTION_THREAD_POOL_SIZE, threads,
	    MHD_OPTION_CONNECTION_LIMIT, or_default(o->connections, CONNECTIONS),
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, per_address, MHD_OPTION_CONNECTION_TIMEOUT,
	    or_default(o->timeout, TIMEOUT_SECONDS), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    CONNECTION_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u,
	    MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024u, MHD_OPTION_URI_LOG_CALLBACK, request_begins, s,
	    MHD_OPTION_NOTIFY_COMPLETED, request_ends, s, MHD_OPTION_NOTIFY_CONNECTION,
	    connection_changed, s, MHD_OPTION_END);
	if (!s->daemon)
		return false;
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
	s->port = info ? info->port : 0;
	return true;
}

static void policy(struct server *s)
{
	s->https = str_starts(s->o.public_url, STR("https://"));
	s->origin = s->o.public_url;
	while (s->origin.n && s->origin.p[s->origin.n - 1] == '/')
		s->origin = str_sub(s->origin, 0, s->origin.n - 1);
	str rules = str_fmt(s->a,
	                    "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; "
	                    "img-src 'self' data:; connect-src 'self'; form-action 'self'%s%.*s; "
	                    "base-uri 'none'; frame-ancestors ",
	                    s->o.form_targets.n ? " " : "", STRF(s->o.form_targets));
	s->policy = str_fmt(s->a, "%.*s'none'", STRF(rules));
	s->policy_framed = str_fmt(s->a, "%.*s*", STRF(rules));
	s->policy_styles = str_cat(s->a, s->policy, STR("; style-src-attr 'unsafe-inline'"));
}

err server_start(arena *a, const struct server_options *o, struct server **out, str *why)
{
	struct server *s = NEW(a, struct server);
	struct sockaddr_storage address;
	bool v6;
	web_errors();
	s->a = a;
	s->o = *o;
	if (!s->o.sign_in.n)
		s->o.sign_in = STR("/sign-in");
	policy(s);
	pthread_mutex_init(&s->lock, NULL);
	s->router = router_build(a, o->systems, o->n_systems, why);
	if (!s->router || !openapi_merge(a, o->systems, o->n_systems, &s->api, why))
		return ERR_internal;
	if (!address_of(a, o->listen, &address, &v6)) {
		*why = str_fmt(a, "cannot listen on \"%.*s\": write address:port", STRF(o->listen));
		return ERR_bad_input;
	}
	s->assets = assets_load(a);
	s->cache = page_cache_create(&s->metrics);
	s->aside = aside_start(a, run_aside);
	if (s->assets && s->o.editors.n &&
	    !assets_add_folder(s->assets, a, s->o.editors, STR("editors"), why)) {
		aside_stop(s->aside);
		page_cache_destroy(s->cache);
		assets_free(s->assets);
		return ERR_unavailable;
	}
	s->limiter = limiter_create(a);
	if (!s->assets || !s->cache || !s->aside || !listen_start(s, &address, v6)) {
		*why = str_fmt(a, "cannot listen on %.*s: %s", STRF(o->listen), strerror(errno));
		aside_stop(s->aside);
		page_cache_destroy(s->cache);
		assets_free(s->assets);
		return ERR_unavailable;
	}
	*out = s;
	return OK;
}

bool server_has_asset(const struct server *s, str name)
{
	return asset_known(s->assets, name);
}

int server_port(const struct server *s)
{
	return s->port;
}

str server_public_url(const struct server *s)
{
	return s->o.public_url;
}

str server_api(const struct server *s)
{
	return s->api;
}

const struct server_options *server_settings(const struct server *s)
{
	return &s->o;
}

static void drain(struct server *s, int seconds)
{
	instant until = clock_monotonic() + seconds * SECOND;
	while (s->metrics.in_flight > 0 && clock_monotonic() < until)
		usleep(DRAIN_STEP_MICROS);
}

void server_stop(struct server *s, int seconds)
{
	if (!s)
		return;
	atomic_store(&s->stopping, true);
	MHD_socket listening = MHD_quiesce_daemon(s->daemon);
	drain(s, seconds);
	aside_stop(s->aside);
	drain(s, AFTER_ASIDE_SECONDS); /* the library must not stop over a suspended one */
	MHD_stop_daemon(s->daemon);
	if (listening != MHD_INVALID_SOCKET)
		close(listening);
	page_cache_destroy(s->cache);
	assets_free(s->assets);
	for (size_t i = 0; i < s->n_idle; i++)
		arena_destroy(s->idle[i]);
	pthread_mutex_destroy(&s->lock);
}

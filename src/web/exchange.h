/*
 * exchange.h - one request inside the server, from its first byte to its log line.
 *
 * Private to the web room: server.c moves an exchange through its stages, body.c
 * reads what it carries, chain.c decides, answer.c writes.
 */
#ifndef WEB_EXCHANGE_H
#define WEB_EXCHANGE_H

#include "web/aside.h"
#include "web/assets.h"
#include "web/compress.h"
#include "web/http.h"
#include "web/limit.h"
#include "web/page_cache.h"
#include "web/router.h"
#include "web/server.h"

#include <microhttpd.h>
#include <pthread.h>

#define REQUEST_ARENA_BYTES ((size_t)64 * 1024 * 1024)
#define IDLE_ARENAS         64 /* kept for the next requests */
#define TOKEN_CHARS         43 /* base64url of SESSION_TOKEN_BYTES */

struct server {
	arena *a;
	struct server_options o;
	struct MHD_Daemon *daemon;
	struct router *router;
	struct assets *assets;
	struct page_cache *cache;
	struct limiter *limiter;
	struct aside *aside;
	struct metrics metrics;
	str policy;        /* Content-Security-Policy */
	str policy_framed; /* the same for a page that other sites may frame */
	str policy_styles; /* the same for a page with req.style_attributes */
	str api;           /* what all systems describe of their interfaces for programs */
	str origin;        /* of public_url: "https://services.example" */
	bool https;
	int port;
	atomic_bool stopping;
	pthread_mutex_t lock; /* of the idle arenas */
	arena *idle[IDLE_ARENAS];
	size_t n_idle;
};

enum stage { STAGE_NEW, STAGE_BODY, STAGE_ASIDE, STAGE_RETURNED, STAGE_DECIDING, STAGE_ANSWERED };

struct exchange {
	struct server *s;
	struct MHD_Connection *c;
	arena *a;
	enum stage stage;
	struct req r;
	struct match match;
	instant started;        /* monotonic */
	str target;             /* as sent: path and query */
	const char *target_end; /* where the library's copy of it ends */
	str full_path;          /* with the language */
	bool head, known_method, lang_in_path;
	err refused; /* found while reading; answered when it is read */
	str refused_why;

	size_t fields_max; /* for which r.fields has room */

	/* the body */
	struct MHD_PostProcessor *post;
	buf body;
	size_t body_bytes, body_max;
	buf part; /* the multipart value being read */
	bool part_is_file;

	str token; /* of the session cookie */
	bool token_fresh;
	struct action action;
	err decided;

	/* aside.h: `away` is the web thread's own, the rest is left for it by the other */
	bool away;
	bool *handed_over; /* in the other: set when the writer has the exchange */
	err returned;
	bool exhausted;

	struct db_waiting seen; /* what the answer tells becomes durable first */

	uint64_t generation; /* of public facts, before the page read them */
	bool asked_again;    /* a page that may be kept, and was asked for before */

	int status; /* answered */
	size_t sent;
};

/* ---- body.c ---- */

/* The fields of a query or a form, after those that are there; false: malformed, or more
 * than REQ_MAX_FIELDS in all. */
bool fields_parse(struct exchange *x, str text);
/* A request header; empty if absent. */
str header(const struct exchange *x, const char *name);
/* Reads what the headers say of the body; refuses what the route does not take. */
err body_begin(struct exchange *x);
/* False: give the connection up. */
bool body_take(struct exchange *x, const char *data, size_t n);
err body_end(struct exchange *x);

/* Interfaces whose shape was set elsewhere (GOV.UK Pay's, GovStack's): see route.h. */
static inline bool made_elsewhere(const struct req *r)
{
	return str_starts(r->path, STR("/api/pay/")) || str_starts(r->path, STR("/api/govstack/"));
}

/* ---- chain.c ---- */

/* The headers are read: what can be refused by them alone is refused. */
err chain_begin(struct exchange *x, const char *method, const char *version);
/* Everything is read. Sets x->stage to STAGE_DECIDING (and *x->handed_over, if that is
 * given: the connection is suspended already) when the exchange waits for a command,
 * and is then not the caller's any more; else the answer is in x->r. */
err chain_run(struct exchange *x);
/* The command is decided. */
err chain_decided(struct exchange *x);

/* ---- answer.c ---- */

enum MHD_Result answer(struct exchange *x, err e);
/* When memory ran out: a constant answer. */
enum MHD_Result answer_exhausted(struct exchange *x);
bool answer_cached(struct exchange *x);

/* ---- builtin.c ---- */

/* /healthz and its like, assets, "/": true when it has answered. */
bool builtin_answer(struct exchange *x);
bool builtin_is(str path);

const char *session_cookie_name(const struct server *s); /* chain.c */

/* Before 1.0 libmicrohttpd takes a NUL in a request's head for the end of a text.
 * Where such a text ends is then told by what follows it in the library's buffer:
 * a target by the version, a header's value by its line's second terminator. */
bool library_hides_nul(void); /* server.c */

#endif

/*
 * req.h - one request, and how it is answered.
 *
 * The life of a request: accepted and parsed within fixed limits; language taken
 * off the path (/en/..., /ar/...); route found; session read; the route's
 * permission asked; a writing request's origin, CSRF token and idempotency key
 * checked; then
 *   a page (GET):    page_<name>(r)            reads, sets a view, returns
 *   an action (POST): prepare_<name>(r)        parses and validates, no state
 *                     decide_<name>(tx, r)     in the writer's transaction
 *                     answer_<name>(r)         after the commit: redirect or view
 * prepare and answer run in a web thread (prepare of what carries files in another, so
 * that it may wait: aside.h) with a reader connection (r->db), decide
 * in the writer thread with tx->db only. When prepare has set a result itself
 * (req_again: the form was not right), nothing is decided. Between them the connection is
 * suspended, so that a waiting write holds no thread.
 *
 * HTML and JSON are two renderings of the same result: a view (JSON object) and
 * the name of a template. A path that begins with /api/ or a request that
 * prefers application/json gets the view itself.
 *
 * decide hands what it learned to answer through r->decided (a JSON object, made
 * in tx->a): a repeated idempotency key skips decide and gets the first r->decided
 * again, with r->state as prepare left it. Nothing secret belongs there: it is kept.
 * A command that takes away what its own prepare looks for (a draft is discarded)
 * sets the member "alone": then a repetition is answered though prepare refuses it,
 * from r->decided alone, with r->state NULL.
 *
 * What every HTML view gets besides its own members: lang dir other_lang other_url
 * digits_url (Arabic pages) arabic_digits path csrf user{name,staff} (absent for
 * visitors) nav banner flash now request_id.
 *
 * A handler returns OK after it has set a result, or refuses with req_fail, which
 * the server turns into the error page, or RFC 9457 problem details.
 */
#ifndef WEB_REQ_H
#define WEB_REQ_H

#include "kernel/i18n/i18n.h"
#include "kernel/identity/identity.h"
#include "kernel/kernel.h"
#include "kernel/session/session.h"
#include "web/errors.h"

/* HEAD is answered as GET is, without the body. Whatever is not METHOD_GET writes. */
enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_COUNT };

#define REQ_MAX_FIELDS      500 /* form and query fields together */
#define REQ_MAX_FILES       10
#define REQ_MAX_FIELD_BYTES ((size_t)64 * 1024)
#define REQ_MAX_BODY_BYTES  ((size_t)8 * 1024 * 1024) /* of an UPLOAD */
#define REQ_MAX_FORM_BYTES  ((size_t)1024 * 1024)     /* of an ACTION or a CALL */
#define REQ_MAX_NAME_BYTES  256
#define REQ_MAX_URI_BYTES   4096
#define REQ_MAX_PARAMS      4

struct field {
	str name, value;
};

struct upload {
	str field, filename, declared_type;
	str bytes;
};

struct server;
struct route;

struct req {
	arena *a;
	struct kernel *k;
	struct server *server;
	dbc *db; /* a reader; not in decide */
	instant now;
	const struct route *route;
	enum method method;
	str path;  /* without the language: "/services/x" */
	str query; /* raw, without '?' */
	enum lang lang;
	bool wants_json;
	str address; /* of the client, for throttling */
	str id;      /* request id, echoed in X-Request-Id */
	struct session session;
	struct actor actor; /* from the session; decide gets it in tx */
	str idempotency_key;

	struct field params[REQ_MAX_PARAMS]; /* of the route's path */
	size_t n_params;
	struct field *fields; /* query, then form */
	size_t n_fields;
	struct upload *uploads;
	size_t n_uploads;
	const json *body; /* a JSON request's document */
	str raw;          /* its bytes as they were sent: what a signature is over */

	void *state;   /* from prepare to decide to answer */
	json *decided; /* decide's answer; replayed for a repeated key */
	struct fault fault;

	/* the result */
	int status;
	str template;
	json *view;
	str redirect;              /* 303 to this path (language is added) */
	bool redirect_absolute;    /* `redirect` is a full URL, as it stands */
	str content, content_type; /* something else than a page: a file */
	str filename;              /* Content-Disposition: attachment */
	void (*piece)(struct req *r, buf *out); /* of what is made while it is sent: req_stream */
	bool framed;               /* other sites may show the page in a frame */
	bool style_attributes;     /* it runs a drawing library that writes style attributes in
	                            * markup: its policy allows these, but no inline script and
	                            * no style element */
	bool cacheable;            /* public page: ETag, no-cache; else no-store */
	str limit_policy, limit;   /* fields of rate limits (limit.h); empty: none */
	int64_t retry_after;       /* seconds; 0: as long as errors of its kind wait */
	str set_session;           /* new cookie token; see req_session */
	bool clear_session;
	str flash; /* message key for the next page */
};

/* ---- reading ---- */

str req_param(const struct req *r, const char *name);                   /* of the path */
bool req_param_id(const struct req *r, const char *name, int64_t *out); /* decimal id */
str req_field(const struct req *r, const char *name); /* first of that name, or empty */
size_t req_field_all(const struct req *r, const char *name, str *out, size_t max);
int64_t req_field_int(const struct req *r, const char *name, int64_t otherwise, int64_t least,
                      int64_t most);
const struct upload *req_upload(const struct req *r, const char *field);

/* A header as it was sent (the last of that name, at most); empty if absent. */
str req_header(const struct req *r, const char *name);

/* May the signed-in person do p for the entity? If not: the denial is journalled
 * and the answer is ERR_not_found (existence is not disclosed). */
err req_require(struct req *r, enum permission p, str entity);

/* ---- answering ---- */

err req_view(struct req *r, const char *template, json *view); /* 200 */
err req_redirect(struct req *r, const char *path_fmt, ...) __attribute__((format(printf, 2, 3)));
err req_content(struct req *r, const char *type, str bytes, const char *filename);
/* A file too long to be held, made while it is sent: `piece` adds the next part to `out`, at
 * most REQ_PIECE_BYTES, until it adds nothing. Each time r->db is a reader, and what is made
 * in r->a is thrown away afterwards; what has to last stands in r->state. When it cannot go
 * on the connection is cut, so that nobody takes a part for the whole. */
#define REQ_PIECE_BYTES ((size_t)1024 * 1024)
err req_stream(struct req *r, const char *type, const char *filename,
               void (*piece)(struct req *r, buf *out));
err req_fail(struct req *r, err code, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* A form page again, with its errors: status 422, same template, nothing lost. */
err req_again(struct req *r, const char *template, json *view);
/* Puts the session's new token in the cookie. */
void req_session(struct req *r, const struct session *s);
/* A one-time notice shown on the next page ("saved"), by message key. */
void req_flash(struct req *r, const char *message_key);

/* Text of the catalogue in the reader's language. */
str req_text(const struct req *r, const char *key);
/* {"en":..,"ar":..} in the reader's language. */
str req_pick(const struct req *r, const json *two);

#endif

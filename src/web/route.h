/*
 * route.h - the routes of a room, declared in routes.def.
 *
 *     PAGE(name, "/path/:param", permission, "doc")
 *     ACTION(name, "/path", permission, "event.kind", "doc")
 *     UPLOAD(name, "/path", permission, "event.kind", "doc")   multipart allowed
 *     CALL(name, "/api/path", permission, "event.kind", "doc") JSON body, no CSRF:
 *                                 for callers without a session cookie; each names
 *                                 its request by an Idempotency-Key header, or
 *                                 below /hooks/ by Webhook-Id (Standard Webhooks);
 *                                 below /api/pay/ and /api/govstack/, interfaces made
 *                                 elsewhere, the key may be bare or absent, and so may
 *                                 the body
 *     PUT(name, "/api/path", permission, "event.kind", "doc")
 *     PATCH(name, "/api/path", permission, "event.kind", "doc") a CALL by that method,
 *                                 which no form can send
 *     FILES(name, "/api/path", permission, "event.kind", "doc") a CALL whose body is
 *                                 multipart, and nothing else
 * A page's permission and an action's permission and event are mandatory: a
 * public write without an event does not compile. A parameter is ":name"; two
 * routes may not match the same path. `event` is the event (or the first of
 * several) that the action records.
 *
 * How a room includes it is in web/declare.h. A path is below the language:
 * "/guide" is reached as /en/guide and /ar/guide; a path below /api/ or /hooks/
 * has no language, nor has /openapi.json.
 */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include "kernel/authority/authority.h"
#include "web/req.h"

enum route_kind { ROUTE_PAGE, ROUTE_ACTION, ROUTE_UPLOAD, ROUTE_CALL, ROUTE_FILES };

/* The two methods that a page and a form have, and those of programs. */
const char *method_name(enum method m);

struct route {
	const char *name, *path;
	enum route_kind kind;
	enum method method;
	enum permission permission;
	const char *event; /* NULL for pages */
	const char *doc;
	err (*page)(struct req *r);
	err (*prepare)(struct req *r);
	err (*decide)(struct tx *tx, struct req *r);
	err (*answer)(struct req *r);
};

/* For programs: no session, no token of a form, a key that names the request. */
static inline bool route_is_call(const struct route *r)
{
	return r->kind == ROUTE_CALL || r->kind == ROUTE_FILES;
}

static inline bool route_takes_files(const struct route *r)
{
	return r->kind == ROUTE_UPLOAD || r->kind == ROUTE_FILES;
}

/* An entry of the menu, for those who have the permission. */
struct nav_item {
	int place;        /* order in the menu: home 10, guide 20, my space 25, inbox 40, desk 50,
	                   * statistics 60, accounts 70 */
	const char *key;  /* of the message: "web.nav.home" */
	const char *path; /* below the language; current there and below */
	enum permission permission;
	int64_t (*count)(struct req *r); /* what is new there; may be NULL */
};

#define SPACE_PATH "/me"

/* A list of "My space" (/me): what of this room is the reader's own. The page is the
 * portal's; each room brings its lists, as it brings entries of the menu. */
struct space_list {
	int place;        /* favourites 5, drafts 10, applications 20, bills 30, payments 35,
	                   * documents 40, appointments 50, messages 60, history 70 */
	const char *id;   /* of its section in the page: "bills" */
	const char *key;  /* of its heading */
	const char *none; /* of the sentence that stands where there is nothing */
	const char *path; /* the whole list, below the language; NULL: there is no other page */
	/* Adds at most `max` items {"title", "href", "text"} and, where they have them, "at"
	 * (instant), "day" (date), "state" (of a case), "amount" (money), "fresh" (not read).
	 * Returns how many there are in all. */
	int64_t (*items)(struct req *r, json *list, size_t max);
};

/* One of the platform's rooms, as app/systems.c lists them. */
struct system {
	const struct organ *organ;
	const struct route *routes;
	size_t n_routes;
	const struct nav_item *nav;
	size_t n_nav;
	const struct space_list *space;
	size_t n_space;
	/* Optional: its interface for programs, an embedded OpenAPI document; all of them
	 * together are /openapi.json. */
	const char *api;
	/* Optional: members this room adds to every page's view (an unread count). */
	void (*decorate)(struct req *r, json *view);
};

/* Every route as JSON: [{"name","method","path","permission","event","doc","room"}].
 * For `diwan routes --json` and the test that walks them all. */
json *routes_json(arena *a, const struct system *const *systems, size_t n);

#endif

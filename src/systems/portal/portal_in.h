/* What the portal's pages share. Private to this room. */
#ifndef SYSTEMS_PORTAL_IN_H
#define SYSTEMS_PORTAL_IN_H

#include "systems/portal/portal.h"

#include "kernel/identity/identity.h"
#include "kernel/kernel.h"
#include "web/server.h"

#define ROUTES_DEF "systems/portal/routes.def"
#include "web/declare.h"

#define STMT(n, t) extern struct sql sql_##n;
#include "systems/portal/statements.def"
#undef STMT

/* ---- views ---- */

/* The catalogue's text in the reader's language, with its placeholders filled. */
str view_text(const struct req *r, const char *key, int64_t n, const json *args);
/* form.<field>.value of a form written by hand. */
void view_value(struct req *r, json *view, const char *field, str value);
/* The same text at the field and in the summary; form.<field>.error, errors[]. */
void view_error(struct req *r, json *view, const char *field, str text);
bool view_has_errors(const json *view);
/* RFC 3339, or "" for no time at all. */
void view_at(struct req *r, json *o, const char *name, instant t);
/* The civil day of an instant where the country is. */
void view_day(struct req *r, json *o, const char *name, instant t);
int64_t today_of(const struct req *r);
/* "/en/applications": an address of this platform in the reader's language. */
str view_href(const struct req *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
json *view_crumb(struct req *r, json *view, str text, str href);
/* The entity's name at an instant as {"en","ar"}. */
json *view_entity(struct req *r, str id, instant at);

/* ---- folds ---- */

#define EVENT(name, kind, version, doc) void fold_##name(dbc *c, arena *a, const struct event *e);
#define FACT(kind, version, doc)
#define RETIRED(fold, kind, version, doc)
#include "systems/portal/events.def"
#undef EVENT
#undef FACT
#undef RETIRED
void fold_change_over(dbc *c, arena *a, const struct event *e);
void fold_change_erased(dbc *c, arena *a, const struct event *e);
void fold_erasure_done(dbc *c, arena *a, const struct event *e);

/* ---- people ---- */

/* Digits of any script as ASCII digits, without what people put between them. */
str number_normal(arena *a, str typed);
/* When an event of this kind last happened to the person, and its place; 0 = never. */
instant last_of(dbc *c, int64_t person, const char *kind, int64_t *seq);
/* A local address out of `next`, safe to be led to; empty if it is none. */
str next_of(struct req *r);

#endif

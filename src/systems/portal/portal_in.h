/* What the portal's pages share. Private to this room. */
#ifndef SYSTEMS_PORTAL_IN_H
#define SYSTEMS_PORTAL_IN_H

#include "systems/portal/portal.h"

#include "kernel/identity/identity.h"
#include "kernel/kernel.h"
#include "web/server.h"
#include "web/view.h"

#define ROUTES_DEF "systems/portal/routes.def"
#include "web/declare.h"

#define STMT(n, t) extern struct sql sql_##n;
#include "systems/portal/statements.def"
#undef STMT

/* ---- views ---- */

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

/* ---- my space ---- */

/* "attention": what waits for the reader. */
void attention_view(struct req *r, json *v);

int64_t space_drafts(struct req *r, json *list, size_t max);
int64_t space_applications(struct req *r, json *list, size_t max);
int64_t space_documents(struct req *r, json *list, size_t max);
int64_t space_appointments(struct req *r, json *list, size_t max);
int64_t space_history(struct req *r, json *list, size_t max);

/* ---- people ---- */

/* Digits of any script as ASCII digits, without what people put between them. */
str number_normal(arena *a, str typed);
/* When an event of this kind last happened to the person, and its place; 0 = never. */
instant last_of(dbc *c, int64_t person, const char *kind, int64_t *seq);
/* A local address out of `next`, safe to be led to; empty if it is none. */
str next_of(struct req *r);

#endif

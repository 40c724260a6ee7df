/* The portal as the platform sees it. */
#include "systems/portal/portal_in.h"

#include "kernel/identity/organ.h"

#define ROUTES_DEF   "systems/portal/routes.def"
#define ROUTES_TABLE portal_routes
#include "web/declare.h"

#define DB_STATEMENTS     "systems/portal/statements.def"
#define DB_STATEMENT_LIST portal_statements
#include "db/declare.h"

static const struct event_kind events[] = {
#define EVENT(name, kind, version, doc)   {kind, version, fold_##name, doc},
#define FACT(kind, version, doc)          {kind, version, NULL, doc},
#define RETIRED(fold, kind, version, doc) {kind, version, fold, doc}, /* the kernel's */
#include "systems/portal/events.def"
#undef EVENT
#undef FACT
#undef RETIRED
};

static const struct follow follows[] = {
    {"case.answered", fold_change_over},
    {"case.withdrawn", fold_change_over},
    {"person.erased", fold_change_erased},
    {"person.erased", fold_erasure_done},
};

static const struct derived derived[] = {
    {"portal_change", "person, case_id"},
    {"portal_erasure", "person"},
};

/* What the home page reads. */
static const char *const public_kinds[] = {"pack.loaded"};

static const struct nav_item nav[] = {
    {10, "web.nav.home", "/", PERM_public, NULL},
    {25, "portal.space.title", SPACE_PATH, PERM_signed_in, NULL},
    {70, "web.nav.accounts", "/admin/accounts", PERM_entity_admin, NULL},
};

static const struct space_list space[] = {
    {10, "drafts", "portal.space.drafts", "portal.space.drafts_none", "/applications",
     space_drafts},
    {20, "applications", "portal.applications.title", "portal.space.applications_none",
     "/applications", space_applications},
    {40, "documents", "web.nav.documents", "portal.document.none", "/documents", space_documents},
    {50, "appointments", "portal.space.appointments", "portal.space.appointments_none", NULL,
     space_appointments},
    {70, "history", "portal.space.history", "portal.history.none", "/me/history", space_history},
};

static const struct organ organ = {
    .name = "systems/portal",
    .events = events,
    .n_events = COUNT(events),
    .follows = follows,
    .n_follows = COUNT(follows),
    .derived = derived,
    .n_derived = COUNT(derived),
    .public_kinds = public_kinds,
    .n_public_kinds = COUNT(public_kinds),
    .statements = portal_statements,
};

const struct system portal_system = {
    .organ = &organ,
    .routes = portal_routes,
    .n_routes = sizeof portal_routes / sizeof *portal_routes,
    .nav = nav,
    .n_nav = COUNT(nav),
    .space = space,
    .n_space = COUNT(space),
};

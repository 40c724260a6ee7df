/* The operator's pages as the platform sees them. */
#include "systems/operator/operator_in.h"

#define ROUTES_DEF   "systems/operator/routes.def"
#define ROUTES_TABLE operator_routes
#include "web/declare.h"

#define DB_STATEMENTS     "systems/operator/statements.def"
#define DB_STATEMENT_LIST operator_statements
#include "db/declare.h"

static const struct event_kind events[] = {
#define EVENT(name, kind, version, doc) {kind, version, NULL, doc},
#include "systems/operator/events.def"
#undef EVENT
};

static const struct organ organ = {
    .name = "systems/operator",
    .events = events,
    .n_events = COUNT(events),
    .statements = operator_statements,
};

static const struct nav_item nav[] = {
    {85, "web.nav.operator", "/operator", PERM_operator_run, NULL}};

const struct system operator_system = {
    .organ = &organ,
    .routes = operator_routes,
    .n_routes = COUNT(operator_routes),
    .nav = nav,
    .n_nav = COUNT(nav),
};

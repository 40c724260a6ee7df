#include "systems/policy/policy_in.h"

#define ROUTES_DEF   "systems/policy/routes.def"
#define ROUTES_TABLE policy_routes
#include "web/declare.h"

#define DB_STATEMENTS     "systems/policy/statements.def"
#define DB_STATEMENT_LIST policy_statements
#include "db/declare.h"

static const struct event_kind events[] = {
#define EVENT(name, kind, version, doc) {kind, version, fold_##name, doc},
#include "systems/policy/events.def"
#undef EVENT
};

static const struct derived derived[] = {
    {"policy_change", "id"},
    {"policy_hand", "change_id, person"},
};

static const struct err_info errors[] = {
#define ERROR(name, code, http, retry) {code, #name, http, retry},
#include "systems/policy/errors.def"
#undef ERROR
};

static const struct organ organ = {
    .name = "systems/policy",
    .events = events,
    .n_events = COUNT(events),
    .derived = derived,
    .n_derived = COUNT(derived),
    .errors = errors,
    .n_errors = COUNT(errors),
    .statements = policy_statements,
};

static const struct nav_item nav[] = {
    {71, "cards.nav", "/cards", PERM_editor_edit, NULL},
    {72, "web.nav.policy", "/policy", PERM_policy_write, NULL},
};

const struct system policy_system = {
    .organ = &organ,
    .routes = policy_routes,
    .n_routes = COUNT(policy_routes),
    .nav = nav,
    .n_nav = COUNT(nav),
};

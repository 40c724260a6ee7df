#include "systems/guide/guide_in.h"

#define ROUTES_DEF   "systems/guide/routes.def"
#define ROUTES_TABLE guide_routes
#include "web/declare.h"

static const struct event_kind events[] = {
#define EVENT(name, kind, version, doc) {kind, version, fold_##name, doc},
#include "systems/guide/events.def"
#undef EVENT
};

static const struct follow follows[] = {
    {"pack.loaded", guide_follow_pack},
    {"case.rated", guide_follow_rating},
    {"person.erased", guide_follow_erased},
};

static const struct reactor reactors[] = {
    {"pack.loaded", guide_react_pack},
    {"service.published", guide_react_published},
};

static const struct job_command jobs[] = {
    {"guide.review", guide_review_job, 0},
    {"guide.index", guide_index_job, 0},
};

static const struct derived derived[] = {
    {"guide_rating", "service"},
    {"guide_feedback", "id"},
    {"guide_stale", "service"},
    {"guide_star", "person, service"},
};

static const struct err_info errors[] = {
#define ERROR(name, code, http, retry) {code, #name, http, retry},
#include "systems/guide/errors.def"
#undef ERROR
};

static const char *const public_kinds[] = {"pack.loaded", "case.rated", "service.published",
                                           "guide.card_indexed"};

static const struct organ organ = {
    .name = "systems/guide",
    .events = events,
    .n_events = COUNT(events),
    .follows = follows,
    .n_follows = COUNT(follows),
    .reactors = reactors,
    .n_reactors = COUNT(reactors),
    .job_commands = jobs,
    .n_job_commands = COUNT(jobs),
    .public_kinds = public_kinds,
    .n_public_kinds = COUNT(public_kinds),
    .derived = derived,
    .n_derived = COUNT(derived),
    .errors = errors,
    .n_errors = COUNT(errors),
    .statements = guide_statements,
};

static const struct nav_item nav[] = {
    {20, "web.nav.guide", "/guide", PERM_public, NULL},
    {75, "web.nav.feedback", "/guide/feedback", PERM_editor_edit, NULL},
};

static const struct space_list space[] = {
    {5, "favourites", "guide.favourites", "guide.favourites.none", NULL, guide_stars},
};

const struct system guide_system = {
    .organ = &organ,
    .routes = guide_routes,
    .n_routes = COUNT(guide_routes),
    .nav = nav,
    .n_nav = COUNT(nav),
    .space = space,
    .n_space = COUNT(space),
};

/* Statistics as the platform sees them. */
#include "systems/report/report_in.h"

#define ROUTES_DEF   "systems/report/routes.def"
#define ROUTES_TABLE report_routes
#include "web/declare.h"

static const struct follow follows[] = {
    {"pack.loaded", report_follow_pack},          {"case.submitted", report_follow_submitted},
    {"case.approved", report_follow_decided},     {"case.rejected", report_follow_decided},
    {"case.withdrawn", report_follow_decided},    {"case.rated", report_follow_rated},
    {"payment.captured", report_follow_captured}, {"document.issued", report_follow_issued},
};

static const struct derived derived[] = {
    {"report_day", "indicator, day, service"},
    {"report_case", "case_id"},
    {"report_setting", "name"},
};

static const char *const public_kinds[] = {"case.submitted", "case.approved", "case.rejected",
                                           "case.withdrawn", "case.rated",    "payment.captured",
                                           "document.issued"};

static const struct organ organ = {
    .name = "systems/report",
    .follows = follows,
    .n_follows = COUNT(follows),
    .public_kinds = public_kinds,
    .n_public_kinds = COUNT(public_kinds),
    .derived = derived,
    .n_derived = COUNT(derived),
    .statements = report_statements,
};

static const struct nav_item nav[] = {{60, "web.nav.statistics", "/statistics", PERM_public, NULL}};

const struct system report_system = {
    .organ = &organ,
    .routes = report_routes,
    .n_routes = COUNT(report_routes),
    .nav = nav,
    .n_nav = COUNT(nav),
};

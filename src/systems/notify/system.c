/* Notices as the platform sees them. */
#include "systems/notify/notify_in.h"

#define ROUTES_DEF   "systems/notify/routes.def"
#define ROUTES_TABLE notify_routes
#include "web/declare.h"

#define MAIL_ATTEMPTS 12
#define CODE_ATTEMPTS 4 /* a code is good for ten minutes */

static const struct event_kind events[] = {
#define EVENT(name, kind, version, doc) {kind, version, fold_##name, doc},
#include "systems/notify/events.def"
#undef EVENT
};

/* What a messages.json may name in "on". */
static const struct reactor reactors[] = {
    {"case.submitted", notify_react},
    {"case.returned", notify_react},
    {"case.answered", notify_react},
    {"case.approved", notify_react},
    {"case.rejected", notify_react},
    {"case.withdrawn", notify_react},
    {"case.suspended", notify_react},
    {"case.resumed", notify_react},
    {"case.reopened", notify_react},
    {"case.split", notify_react},
    {"case.appealed", notify_react},
    {"case.appeal_decided", notify_react},
    {"task.opened", notify_react},
    {"task.overdue", notify_react},
    {"payment.captured", notify_react},
    {"payment.refund_done", notify_react},
    {"document.issued", notify_react},
    {"document.revoked", notify_react},
    {"document.issued", notify_react_receipt},
    {"payment.link_sent", notify_react_link},
    {"portal.code_sent", notify_react_code},
    {"guide.card_stale", notify_react_stale},
};

static const struct follow follows[] = {{"person.erased", notify_follow_erased}};

static const struct job_kind jobs[] = {
    {"notify.mail", notify_mail_job, MAIL_ATTEMPTS},
    {"notify.code", notify_code_job, CODE_ATTEMPTS},
};

static const struct derived derived[] = {{"notice", "recipient, id"}};

static const struct err_info errors[] = {
#define ERROR(name, code, http, retry) {code, #name, http, retry},
#include "systems/notify/errors.def"
#undef ERROR
};

static const struct organ organ = {
    .name = "systems/notify",
    .events = events,
    .n_events = COUNT(events),
    .follows = follows,
    .n_follows = COUNT(follows),
    .reactors = reactors,
    .n_reactors = COUNT(reactors),
    .jobs = jobs,
    .n_jobs = COUNT(jobs),
    .derived = derived,
    .n_derived = COUNT(derived),
    .errors = errors,
    .n_errors = COUNT(errors),
    .statements = notify_statements,
};

static const struct nav_item nav[] = {
    {40, "web.nav.inbox", "/inbox", PERM_signed_in, notify_unread},
    {90, "web.nav.mail", "/operator/mail", PERM_operator_run, NULL},
};

static const struct space_list space[] = {
    {60, "messages", "notify.inbox.title", "notify.inbox.none", "/inbox", space_messages},
};

const struct system notify_system = {
    .organ = &organ,
    .routes = notify_routes,
    .n_routes = COUNT(notify_routes),
    .nav = nav,
    .n_nav = COUNT(nav),
    .space = space,
    .n_space = COUNT(space),
};

#include "systems/payments/payments.h"

#include "systems/payments/agency.h"
#include "systems/payments/bills.h"
#include "systems/payments/dispute.h"
#include "systems/payments/hold.h"
#include "systems/payments/lead.h"
#include "systems/payments/order.h"
#include "systems/payments/payout/payout.h"
#include "systems/payments/react.h"
#include "systems/payments/statements.h"
#include "systems/payments/token.h"

#define ROUTES_DEF   "systems/payments/routes.def"
#define ROUTES_TABLE payments_routes
#include "web/declare.h"

static const struct event_kind events[] = {
#define EVENT(name, kind, version, doc) {kind, version, fold_##name, doc},
#include "systems/payments/events.def"
#undef EVENT
};

static const struct reactor reactors[] = {
    {"work.requested", react_work_requested},   {"work.cancelled", react_work_cancelled},
    {"payment.failed", react_agency_news},      {"payment.expired", react_agency_news},
    {"payment.refund_done", react_agency_news},
};

static const struct follow follows[] = {{"person.erased", token_follow_erased}};

static const struct job_kind jobs[] = {
    {"payment.enquire", job_enquire, 0},     {"payment.fulfil", job_fulfil, 1000},
    {"payment.refund", job_refund, 1000},    {"payment.probe", job_probe, 0},
    {"payment.expire", job_expire_order, 0}, {"payment.dispute_due", job_dispute_due, 0},
    {"payment.tell", job_agency_news, 1000}, {"payment.hold", job_hold, 1000},
    {"payment.lead", job_lead, 20},          {"payment.payout_tell", payout_tell_job, 0},
};

static const struct job_command job_commands[] = {
    {"payment.payout", payout_job, 1000},
    {"payment.voucher_expire", voucher_expire_job, 1000},
};

/* In the order in which rows name each other. */
static const struct derived derived[] = {
    {"pay_order", "id"},
    {"pay_line", "order_id, no"},
    {"pay_attempt", "id"},
    {"pay_message", "provider, message"},
    {"pay_receipt", "entity, year, no"},
    {"pay_refund", "id"},
    {"pay_provider", "id"},
    {"pay_health", "provider"},
    {"pay_switch", "provider"},
    {"pay_batch", "id"},
    {"pay_batch_sum", "batch, entity, currency"},
    {"pay_settled", "kind, id"},
    {"pay_exception", "id"},
    {"pay_close", "entity, day"},
    {"pay_bill", "id"},
    {"pay_line_bill", "order_id, no"},
    {"pay_share", "gl, beneficiary"},
    {"pay_distribution", "entity, gl, period, currency"},
    {"pay_dispute", "id"},
    {"pay_token", "id"},
    {"pay_api_key", "hash"},
    {"pay_webhook", "entity"},
    {"pay_api_order", "order_id"},
    {"pay_hold", "attempt"},
    {"pay_lead", "attempt"},
    {"pay_program", "name"},
    {"pay_request", "entity, kind, request"},
    {"pay_funding", "id"},
    {"pay_payee", "id"},
    {"pay_merchant", "id"},
    {"pay_voucher_group", "entity, code"},
    {"pay_voucher", "id"},
    {"pay_payout_batch", "id"},
    {"pay_payout", "batch, no"},
    {"pay_rtp", "id"},
    {"pay_link", "hash"},
};

static const struct err_info errors[] = {
#define ERROR(name, code, http, retry) {code, #name, http, retry},
#include "systems/payments/errors.def"
#undef ERROR
};

static const struct organ payments_organ = {
    .name = "systems/payments",
    .events = events,
    .n_events = COUNT(events),
    .follows = follows,
    .n_follows = COUNT(follows),
    .reactors = reactors,
    .n_reactors = COUNT(reactors),
    .jobs = jobs,
    .n_jobs = COUNT(jobs),
    .job_commands = job_commands,
    .n_job_commands = COUNT(job_commands),
    .derived = derived,
    .n_derived = COUNT(derived),
    .errors = errors,
    .n_errors = COUNT(errors),
    .statements = payments_statements,
};

static const struct nav_item nav[] = {
    {55, "payments.nav.desk", "/payments-desk", PERM_pay_read, NULL},
};

static const struct space_list space[] = {
    {30, "bills", "payments.bills.title", "payments.bills.none", "/bills", space_bills},
    {35, "payments", "payments.history.title", "payments.history.none", "/payments",
     space_payments},
};

const struct system payments_system = {
    .organ = &payments_organ,
    .routes = payments_routes,
    .n_routes = COUNT(payments_routes),
    .nav = nav,
    .n_nav = COUNT(nav),
    .space = space,
    .n_space = COUNT(space),
    .api = "src/systems/payments/openapi.json",
};

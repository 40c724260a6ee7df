#include "kernel/ledger/private.h"

#include "kernel/ledger/statements.h"

static const struct event_kind events[] = {
#define EVENT(name, kind, version, doc) {kind, version, fold_##name, doc},
#include "kernel/ledger/events.def"
#undef EVENT
};

/* In the order in which rows name each other. */
static const struct derived derived[] = {
    {"ledger_book", "id"},
    {"ledger_account", "id"},
    {"ledger_transfer", "id"},
};

static const struct err_info errors[] = {
#define ERROR(name, code, http, retry) {code, #name, http, retry},
#include "kernel/ledger/errors.def"
#undef ERROR
};

/* A pending transfer's time is over; somebody else may have ended it. */
static err expire_decide(struct tx *tx, void *ctx)
{
	str key = *(str *)ctx;
	rows *r = db_query(tx->db, &sql_ledger_transfer_get, D_TEXT(key));
	bool pending = db_next(r) && str_eq(db_text(r, 5), STR("pending"));
	db_done(r);
	return pending ? ledger_finish(tx, key, LEDGER_EXPIRE, 0) : OK;
}

static err job_expire(struct job *j)
{
	str key = json_str(j->payload, "key");
	struct action act = {.k = j->k,
	                     .a = j->a,
	                     .actor = {.channel = STR("timer")},
	                     .decide = expire_decide,
	                     .ctx = &key};
	err e = kernel_run(&act);
	j->fault = act.fault;
	return e;
}

static const struct job_kind jobs[] = {{"ledger.expire", job_expire, 0}};

const struct organ ledger_organ = {
    .name = "kernel/ledger",
    .events = events,
    .n_events = COUNT(events),
    .jobs = jobs,
    .n_jobs = COUNT(jobs),
    .derived = derived,
    .n_derived = COUNT(derived),
    .errors = errors,
    .n_errors = COUNT(errors),
    .statements = ledger_statements,
};

#include "kernel/cases/cases_in.h"
#include "kernel/cases/fold.h"
#include "kernel/cases/statements.h"

#define DB_STATEMENTS     "kernel/cases/statements.def"
#define DB_STATEMENT_LIST kernel_cases_statements
#include "db/declare.h"

static void statements(void)
{
	kernel_cases_statements();
	case_tables();
}

static const struct event_kind events[] = {
#define EVENT(name, kind, version, doc) {kind, version, fold_##name, doc},
#include "kernel/cases/events.def"
#undef EVENT
};

static const struct follow follows[] = {
    {"person.erased", fold_case_person_erased},
};

static const struct reactor reactors[] = {
    {"case.thrown", case_thrown_react},
    {"document.issued", case_document_react},
};

static const struct job_command jobs[] = {
    {"case.timer", case_timer_job, 0},
    {"case.draft_expire", case_draft_job, 0},
};

static const struct derived derived[] = {
    {"case_file", "applicant, id"},         {"case_body", "applicant, case_id"},
    {"case_desk", "case_id, entity"},       {"case_count", "entity, service, state"},
    {"case_word", "entity, word, case_id"}, {"case_task", "id"},
    {"case_wait", "case_id, instance"},     {"case_work", "case_id, instance"},
    {"case_incident", "case_id, instance"}, {"case_number", "prefix, year"},
    {"case_reader", "case_id, person"},
};

const struct organ cases_organ = {
    .name = "kernel/cases",
    .events = events,
    .n_events = COUNT(events),
    .follows = follows,
    .n_follows = COUNT(follows),
    .reactors = reactors,
    .n_reactors = COUNT(reactors),
    .job_commands = jobs,
    .n_job_commands = COUNT(jobs),
    .derived = derived,
    .n_derived = COUNT(derived),
    .statements = statements,
};

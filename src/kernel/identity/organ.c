#include "kernel/identity/organ.h"

#include "kernel/identity/statements.h"
#include "kernel/kernel.h"
#include "kernel/statements.h"

static const struct event_kind events[] = {
#define EVENT(name, kind, version, doc) {kind, version, fold_##name, doc},
#include "kernel/identity/events.def"
#undef EVENT
};

static const struct derived derived[] = {
	{"person", "id"},
	{"role", "name"},
	{"role_grant", "person, role, entity"},
	{"denial", "seq"},
	{"entity", "id"},
	{"entity_name", "entity, since"},
	{"mandate", "id"},
};

static const struct err_info errors[] = {
#define ERROR(name, code, http, retry) {code, #name, http, retry},
#include "kernel/errors.def"
#include "db/errors.def"
#undef ERROR
};

static void statements(void)
{
	kernel_statements();
	identity_statements();
	person_tables();
}

const struct organ identity_organ = {
	.name = "kernel",
	.events = events,
	.n_events = COUNT(events),
	.derived = derived,
	.n_derived = COUNT(derived),
	.errors = errors,
	.n_errors = COUNT(errors),
	.statements = statements,
};

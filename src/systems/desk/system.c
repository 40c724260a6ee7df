/* The desk as the platform sees it. */
#include "systems/desk/desk_in.h"

#define ROUTES_DEF   "systems/desk/routes.def"
#define ROUTES_TABLE desk_routes
#include "web/declare.h"

#define DB_STATEMENTS     "systems/desk/statements.def"
#define DB_STATEMENT_LIST desk_statements_declare
#include "db/declare.h"

/* Each event of a case asks for it, and few bodies have a hook. */
struct held_sum desk_hooks = {.name = "desk_hook", .n_keys = 1, .get = &sql_desk_hook_count};

static void statements(void)
{
	desk_statements_declare();
	held_declare_sum(&desk_hooks);
}

static void fold_desk_search_saved(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_desk_search_set, D_INT(e->actor), D_TEXT(json_str(e->data, "name")),
	        D_TEXT(json_str(e->data, "query")));
}

static void fold_desk_search_removed(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_desk_search_delete, D_INT(e->actor), D_TEXT(json_str(e->data, "name")));
}

static void fold_desk_cover_set(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_desk_cover_set, D_INT(e->actor), D_INT(json_int(e->data, "substitute", 0)),
	        D_INT(json_int(e->data, "since", 0)), D_INT(json_int(e->data, "until", 0)));
}

static void fold_desk_cover_ended(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_desk_cover_delete, D_INT(e->actor));
}

static void fold_desk_key_made(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_desk_key_set, D_TEXT(json_str(e->data, "hash")), D_TEXT(e->entity),
	        D_INT(json_int(e->data, "person", 0)), D_TEXT(json_str(e->data, "name")), D_INT(e->at),
	        D_INT(e->actor), D_INT(json_int(e->data, "until", 0)));
}

static void fold_desk_key_ended(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_desk_key_end, D_TEXT(json_str(e->data, "hash")), D_INT(e->at));
}

static void fold_desk_hook_set(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_desk_hook_set, D_TEXT(e->entity), D_TEXT(json_str(e->data, "url")),
	        D_INT(e->at));
}

static void fold_desk_hook_ended(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_desk_hook_delete, D_TEXT(e->entity));
}

static void fold_desk_document_sent(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_desk_document_set, D_TEXT(json_str(e->data, "file")), D_TEXT(e->entity),
	        D_INT(e->subject), D_INT(e->at), D_TEXT(json_str(e->secret, "metadata")));
}

static void fold_desk_registration_told(dbc *c, arena *a, const struct event *e)
{
	const json *operator= json_get(e->secret, "operator");
	db_exec(c, &sql_desk_registration_set, D_INT(e->case_id), D_INT(e->subject),
	        D_TEXT(json_str(e->secret, "name")), D_INT(json_int(e->secret, "created", 0)),
	        D_INT(json_int(e->data, "task", 0)),
	        D_TEXT(operator? json_print(a, operator) : STR("")));
}

static void follow_person_erased(dbc *c, arena *a, const struct event *e)
{
	(void)a;
	db_exec(c, &sql_desk_document_forget, D_INT(e->subject));
	db_exec(c, &sql_desk_registration_forget, D_INT(e->subject));
}

static const struct follow follows[] = {{"person.erased", follow_person_erased}};

static const struct event_kind events[] = {
#define EVENT(name, kind, version, doc) {kind, version, fold_##name, doc},
#include "systems/desk/events.def"
#undef EVENT
};

static const struct derived derived[] = {
    {"desk_search", "person, name"}, {"desk_cover", "person"},  {"desk_key", "hash"},
    {"desk_hook", "entity"},         {"desk_document", "file"}, {"desk_registration", "case_id"},
};

/* What agencies' programs are told; openapi.json lists the same. */
static const struct reactor reactors[] = {
    {"case.submitted", desk_hook_react}, {"case.split_off", desk_hook_react},
    {"case.returned", desk_hook_react},  {"case.answered", desk_hook_react},
    {"case.suspended", desk_hook_react}, {"case.resumed", desk_hook_react},
    {"case.approved", desk_hook_react},  {"case.rejected", desk_hook_react},
    {"case.withdrawn", desk_hook_react}, {"case.reopened", desk_hook_react},
    {"case.appealed", desk_hook_react},  {"case.appeal_decided", desk_hook_react},
    {"task.opened", desk_hook_react},
};

static const struct job_kind jobs[] = {{"desk.hook", desk_hook_job, 0}};

static const struct nav_item nav[] = {
    {50, "web.nav.desk", "/desk", PERM_case_read, NULL},
    {75, "desk.nav.keys", "/admin/keys", PERM_entity_admin, NULL},
};

static const struct organ organ = {
    .name = "systems/desk",
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
    .statements = statements,
};

const struct system desk_system = {
    .organ = &organ,
    .routes = desk_routes,
    .n_routes = sizeof desk_routes / sizeof *desk_routes,
    .nav = nav,
    .n_nav = COUNT(nav),
    .api = "src/systems/desk/openapi.json",
};

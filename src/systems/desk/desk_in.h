/* What the desk's pages share. Private to this room. */
#ifndef SYSTEMS_DESK_IN_H
#define SYSTEMS_DESK_IN_H

#include "systems/desk/desk.h"

#include "db/held.h"
#include "kernel/cases/cases.h"
#include "kernel/pack/pack.h"
#include "web/server.h"
#include "web/view.h"

#define ROUTES_DEF "systems/desk/routes.def"
#include "web/declare.h"

#define STMT(n, t) extern struct sql sql_##n;
#include "systems/desk/statements.def"
#undef STMT
extern struct held_sum desk_hooks; /* how many an entity has */

#define PAGE_LINES           25
#define LOOK_MAX             1200 /* lines looked at for what no index knows, a page */
#define LOOK_PAGE            400
#define LOOK_AT_FIRST        31  /* lines whose names and words are read at once: these, then more */
#define LOOK_COUNT           100 /* how far what is looked for is counted */
#define EXPORT_PAGE          500 /* lines of a table made at once */
#define SELECTED_MAX         100 /* cases of one bulk action */
#define TERMS_MAX            32  /* of a query */
#define ENTITIES_MAX         256
#define OFFICERS_MAX         200
#define SEARCHES_MAX         50
#define QUERY_BYTES          500
#define TASKS_MAX            32
#define API_CALLS_A_MINUTE   600 /* of one key */
#define API_REFUSED_A_MINUTE 60  /* of one address without a good key */
#define SOON_DAYS            2   /* working days before a case is due that it is due soon */

/* ---- view.c ---- */

json *desk_person(struct req *r, int64_t id); /* {"en","ar"}, or NULL */
json *desk_service(struct req *r, str id);    /* its title */
json *desk_choice(struct req *r, json *list, str value, json *text);
void desk_error(struct req *r, json *view, const char *field, str text);
/* "late", "today", "soon" or "": only while the time runs. */
str desk_due_state(struct req *r, str state, instant due);
str desk_escaped(arena *a, str s); /* for a part of an address */

/* ---- query.c: what is asked of the list ---- */

struct desk_query {
	struct case_filter f;
	str q; /* as typed */
	str states[TERMS_MAX];
	size_t n_states;
	str entities[ENTITIES_MAX];
	size_t n_entities; /* that this reader may see */
	bool all_entities;
	str assignee, sort;
	str words[TERMS_MAX]; /* in the applicant's names */
	size_t n_words;
	str phrases[TERMS_MAX], without[TERMS_MAX];
	size_t n_phrases, n_without;
	const str *tokens; /* of common words: looked for line by line */
	size_t n_tokens;
	str no_states[TERMS_MAX], no_services[TERMS_MAX], no_entities[TERMS_MAX];
	size_t n_no_states, n_no_services, n_no_entities;
	str reference;        /* the query is just this number */
	bool filtered, wrong; /* wrong: a term that nothing understands */
	str wrong_term;
	bool late;    /* asked for by a term */
	bool nothing; /* no case can be meant */
	bool looks; /* for what no index tells: how many there are is not known */
	bool begun, ended; /* reading: desk_query_lines */
};

/* Reads the address: q, state, assignee, service, entity, sort, after. */
void desk_query_read(struct req *r, struct desk_query *q);
/* The address of the same list with another sort, or page; NULLs as they are. */
str desk_query_href(struct req *r, const struct desk_query *q, const char *path, const char *sort,
                    str after);
/* The next lines, which match also what no index knows (phrases, exclusions). It goes on
 * where it stopped the time before. Fewer than `max` are no end: it looks at LOOK_MAX lines
 * at most; `ended` says that there are no more. */
size_t desk_query_lines(struct req *r, struct desk_query *q, struct case_line *out, size_t max);
/* "KEY.ID" from which the page goes on that shows `shown` of these n lines; empty: none. */
str desk_query_next(struct req *r, const struct desk_query *q, const struct case_line *l, size_t n,
                    size_t shown);

/* ---- case.c ---- */

/* The case of the address, if this officer may do p with it; else ERR_not_found,
 * journalled alike whether it exists or not. */
err desk_case_of(struct req *r, enum permission p, struct kase *out);
/* Has this officer that permission for an entity with a part in the case? */
bool desk_allowed(struct req *r, enum permission p, int64_t id);
/* The page; `problem` is a message told at its top, or NULL. */
json *desk_case_view(struct req *r, const struct kase *q);
/* The open task this officer holds, else the first they could take. */
bool desk_task_of(struct req *r, const struct kase *q, struct task *out);
/* Colleagues who could do tasks of the entity: choices of a select. */
json *desk_colleagues(struct req *r, str entity, int64_t but);
/* Does the officer stand in for that holder now? */
bool desk_stands_in(dbc *c, int64_t officer, int64_t holder, instant now);

/* Records that the officer read the case, at most once an hour. */
err desk_record_reading(struct req *r, const struct kase *q, str purpose);

/* ---- course.c: what is done to a case beside its process ---- */

/* The acts that this officer may do now ("acts") and related cases ("related"). */
void desk_course_view(struct req *r, const struct kase *q, json *view);
/* Is the case decided together with another that is still open? */
bool desk_led(struct req *r, const struct kase *q);
/* {"en","ar"}: as the process names it, or as the desk does. */
json *desk_task_name(struct req *r, const struct task *t);

/* ---- keys.c ---- */

#define KEY_PREFIX "dk_"
#define KEY_BYTES  32
str desk_key_hash(arena *a, str key);

/* ---- api.c: who calls, by a key ---- */

/* By Authorization: Bearer; sets the session and the actor. */
err desk_caller(struct req *r);
/* By the hash of a key that somebody trusted named; empty: of none. */
err desk_caller_by(struct req *r, str hash);

/* Entities whose accounts the reader manages. */
size_t desk_own_entities(struct req *r, str **out);

/* ---- hooks.c: agencies' programs are told of their cases ---- */
err desk_hook_react(struct tx *tx, const struct event *e);
err desk_hook_job(struct job *j);

/* ---- inspect.c: forms that the holder of a task fills ---- */

struct form_env desk_form_env(struct req *r);
/* What was typed into the task's form: answers, what is not valid, and why. */
struct filled {
	json *answers, *raw;
	struct form_errors errors;
};
void desk_form_read(struct req *r, const struct form *f, struct filled *out);
/* The form's questions, all pages one after the other: task_form of the case page.
 * Adds the errors to the page's own. */
void desk_form_view(struct req *r, const struct form *f, const struct filled *in, json *view);
/* What holders of tasks filled in before: findings of the case page. */
void desk_findings(struct req *r, const struct kase *q, const struct service *s, json *view);

/* ---- searches.c ---- */
json *desk_searches(struct req *r);

#endif

/* cases_in.h - what the files of kernel/cases share. Private to kernel/cases. */
#ifndef KERNEL_CASES_IN_H
#define KERNEL_CASES_IN_H

#include "db/held.h"
#include "kernel/cases/cases.h"

#define CASES_OF_PERSON_MAX 10000           /* cases of one person that an erasure ends */
#define DESKS_MAX           64              /* entities with a part in one case */
#define AUTO_STEPS_MAX      1000            /* steps that follow one trigger by themselves */
#define STEP_INCIDENTS_MAX  50              /* told of one step; more stand in its state */
#define CASE_NO_DUE         (INT64_MAX - 1) /* in case_desk: sorts behind every date */
#define CASE_READ_EVERY     (1 * HOUR)
#define REASON_MAX_CHARS    1000
#define NOTE_MAX_CHARS      4000
#define JOINED_MAX          50 /* cases decided with one */

/* tables.c: the tables whose rows are held in hand, by the case's id (case_body: and
 * the applicant's), and their columns in order. */
#define CASE_FILE(X)                                                                               \
	X(id)                                                                                          \
	X(reference) X(service) X(version) X(entity) X(applicant) X(agent) X(state) X(outcome)         \
	    X(channel) X(opened) X(submitted) X(changed) X(closed) X(due) X(holder) X(revision) X(fee) \
	        X(fee_rule) X(paused) X(currency) X(rating) X(suspended) X(joined) X(split_from)       \
	            X(appealed) X(appeals)
#define CASE_BODY(X)                                                                               \
	X(case_id) X(applicant) X(person) X(answers) X(raw) X(process) X(trace) X(reason) X(words) X(names)
#define CASE_DESK(X)                                                                               \
	X(case_id) X(entity) X(applicant) X(service) X(state) X(holder) X(due) X(submitted)
#define COLUMN(name) FILE_##name,
enum { CASE_FILE(COLUMN) FILE_COLUMNS };
#undef COLUMN
#define COLUMN(name) BODY_##name,
enum { CASE_BODY(COLUMN) BODY_COLUMNS };
#undef COLUMN
#define COLUMN(name) DESK_##name,
enum { CASE_DESK(COLUMN) DESK_COLUMNS };
#undef COLUMN
extern struct held_table case_file, case_body, case_desk;
extern struct held_sum case_sums;    /* by entity, service and state */
extern struct held_sum case_numbers; /* the last one given, by prefix and year */
void case_tables(void);

/* What a step reads of case_body, parsed; absent parts are NULL. */
struct body {
	json *person, *answers, *process;
};
bool body_get(dbc *c, arena *a, const struct kase *q, struct body *out);
bool task_of_instance(dbc *c, arena *a, int64_t case_id, int64_t instance, struct task *out);

/* An element's role: its own, or what service.json maps it to. */
str service_role(const struct service *s, const json *element);
/* {"reference","service","version"}: what every notice names. */
json *notice(struct tx *tx, const struct kase *q);
struct emission emission_of(const struct kase *q, const char *kind, json *data, json *secret);

/* What led to a step, told in its events. */
struct cause {
	str outcome;         /* of the task that is completed */
	str reason;          /* the officer's or the applicant's words */
	const json *answers; /* of the form of the task, or NULL */
	const struct body *body; /* of the case, where it is at hand; otherwise it is read */
	const struct first_step *first; /* of the process, run before this command */
};

/* One step of the case's process and all that follows from it by itself: runs the
 * engine, records case.advanced and an event for each effect. NULL starts the
 * process. The engine's refusal is ERR_case_engine, and nothing is recorded. */
err case_advance(struct tx *tx, int64_t id, const struct bpmn_trigger *t, struct cause cause);
/* The same for triggers that nobody waits for (timers, work): when the engine
 * refuses, the case is parked with an incident. */
err case_advance_or_park(struct tx *tx, int64_t id, const struct bpmn_trigger *t);

/* The first step without what it records: the process begun over what `q` will be once it
 * is sent, by a `tx` that only reads. NULL: not before it is sent, for it would be refused or
 * looks at the case's reference, which the command gives. */
const struct first_step *case_first_step(struct tx *tx, const struct kase *q,
                                         const struct service *s, const struct body *sent);

/* A step's surroundings: the country's hours and calendar. `p` may be NULL. */
struct bpmn_run case_run(arena *a, const struct pack *p, instant now);
/* What a process starts with: {answers, applicant, fee, case}. */
json *case_vars(arena *a, const struct body *b, money fee, str code, json *about);
/* Work that is done as soon as it is asked for: nobody is waited for. */
bool work_at_once(str type, money fee);

/* due.c */
instant case_due_first(struct tx *tx, const struct service *s);
instant case_due_shifted(struct tx *tx, const struct service *s, const struct kase *q);
instant working_days(void *ctx, instant from, int64_t days);
instant working_time(void *ctx, instant from, int64_t micros);
int64_t working_between(void *ctx, instant from, instant to);

/* work.c: a business rule task, one of the service's decisions asked now; *vars: what it
 * gave. */
bool is_rule(const struct bpmn_effect *f);
err rule_decide(struct tx *tx, const struct service *s, const struct bpmn_effect *f,
                const struct body *b, json **vars);
/* work.c: carries out a service task that the process asks for. `done`: it is
 * done already, with *vars. */
err work_request(struct tx *tx, const struct kase *q, const struct service *s,
                 const struct bpmn_effect *f, bool *done, json **vars);
err case_timer_job(struct tx *tx, const struct job *j);
err case_draft_job(struct tx *tx, const struct job *j);
err case_thrown_react(struct tx *tx, const struct event *e);
err case_document_react(struct tx *tx, const struct event *e);

/* course.c: refuses what no edge of edges.def allows. */
err case_edge(struct tx *tx, const struct kase *q, enum case_act act);
/* An officer of an entity with a part in the case, on no matter of their own. */
err case_officer(struct tx *tx, const struct kase *q, enum permission p);
err reason_needed(struct tx *tx, str reason);
/* The officers' task that decided the case by then, if one did. */
bool task_decided(dbc *c, arena *a, int64_t id, instant by, struct task *out);
/* The case goes back to the task that decided it, or to what service.json names. */
err case_again(struct tx *tx, const struct kase *q, const json *vars);
/* A notice with the time that is promised for the new decision. */
json *case_anew(struct tx *tx, const struct kase *q);
/* appeal.c: an officer decides on the appeal. */
err appeal_decide(struct tx *tx, const struct kase *q, const struct task *t, str outcome,
                  str reason);
/* submit.c: the next number of a service's cases: "reference", "prefix", ... into d. */
void case_number_take(struct tx *tx, const struct service *s, json *d);

/* fold.c: the words of a person's names, each once, in the order of their bytes, with a
 * space between: a desk finds the case by them. */
str person_words(arena *a, const json *person);
/* What case.submitted's fold would work out of its secret part; see struct ahead. */
struct submitted_ahead {
	str names;
};

/* ERR_form_incomplete, with the first field at fault, unless the form is complete. */
err form_check(struct tx *tx, const struct form *f, const json *answers);

/* Reads the case, and refuses what is not this actor's own with ERR_not_found. */
err case_own(struct tx *tx, int64_t id, struct kase *out);
err case_any(struct tx *tx, int64_t id, struct kase *out);
/* "Yusuf Khalid, 2026-11-24T10:00:00Z" */
str who_when(struct tx *tx, int64_t person, instant at);
/* An officer may not work on their own matter. */
err four_eyes(struct tx *tx, const struct kase *q, const struct task *t, int64_t officer);

#endif

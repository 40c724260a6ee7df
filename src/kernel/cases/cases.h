/*
 * cases.h - a person's matter with government, from draft to outcome.
 *
 * A case carries one service (kernel/pack) in one version. Its life is the
 * service's BPMN process; what is stored of it is the state that engine/bpmn
 * gives back (event case.advanced, sealed: it holds answers). Everything else
 * here is derived from events: the case's row, its open and closed tasks, timers.
 *
 * Its visible state follows from what the process waits for:
 *   draft      not sent yet              unpaid    a payment is asked for
 *   submitted  a task nobody has taken   review    a task somebody holds
 *   returned   a task of the applicant   approved  outcome, document being made
 *   issued     outcome and document      rejected  withdrawn
 *   suspended  an officer stopped it     appealed  a rejection is looked at again
 *
 * The engine's effects become events and jobs in the same transaction:
 *   user task     task.opened / task.closed; role "applicant" is the applicant's
 *   service task  event work.requested {type, instance, element, attributes, ...}: the
 *                 room that does that type reacts, and later calls case_work_done or
 *                 case_work_failed. type "payment": systems/payments, unless the fee
 *                 is zero, for then nothing is asked; "issue": kernel/documents
 *                 (asked for here); "remind": event task.overdue, which the notices
 *                 of the service follow, and the process goes on at once.
 *   timer         a job "case.timer" due then
 *   message, signal, incident   case.waiting / case.thrown / case.incident
 *
 * Permissions: the functions below check the state and the person's part (holder
 * of the task, applicant, four eyes); who may reach them at all, the route and
 * req_require say.
 */
#ifndef KERNEL_CASES_H
#define KERNEL_CASES_H

#include "kernel/identity/identity.h"
#include "kernel/pack/pack.h"

#define DRAFT_KEPT (30 * DAY) /* after its last change */

struct kase {
	int64_t id;
	str reference; /* "IDL-2026-000042": prefix of the service, year, number */
	str service;
	int64_t version; /* of the service */
	str entity;
	int64_t applicant;  /* person whose matter it is */
	int64_t agent;      /* who acts for them, or 0 */
	str state, outcome; /* see above; "" while undecided */
	str channel;
	instant opened, submitted, changed, closed;
	instant due;      /* of the decision; 0 = none; moves while the applicant owes an answer */
	int64_t holder;   /* person who took its open task, or 0 */
	int64_t revision; /* rises with each event: optimistic lock */
	str reason;       /* of what was decided last, or of a return until it is answered */
	money fee;
	str currency;   /* of the fee; empty: there is none */
	json *fee_rule; /* {"en","ar"}, or NULL */
	instant paused; /* since when the applicant owes something; 0 = the time runs */
	int64_t rating; /* 1 to 5, 0 = not rated */
	instant suspended;  /* since when; 0 = it is not */
	int64_t joined;     /* the case it is decided with, or 0 */
	int64_t split_from; /* the case it was a part of, or 0 */
	instant appealed;   /* when it was last appealed; 0 = never */
	int64_t appeals;    /* how often */
};

struct task {
	int64_t id, case_id, instance;
	str element, role, entity;
	json *name;    /* {"en","ar"} */
	str *outcomes; /* "approve" ...; none: it is only done */
	size_t n_outcomes;
	str form;       /* key of a form the holder fills, or empty */
	int64_t holder; /* 0 = free */
	instant opened, due, closed;
	str outcome;
	instant taken;
	int64_t closer; /* who did it */
	str four_eyes;  /* element whose doer may not do this one, or empty */
	/* instance 0 is a task of no process: to decide on an appeal (element "appeal",
	 * outcomes uphold and allow). It has no name: its element is one. */
	json *answers; /* of its form, once done; or NULL */
};

/* ---- reading (any connection) ---- */

bool case_get(dbc *c, arena *a, int64_t id, struct kase *out);
bool case_by_reference(dbc *c, arena *a, str reference, struct kase *out);
/* A person's cases, newest change first. */
size_t cases_of(dbc *c, arena *a, int64_t person, struct kase *out, size_t max);
/* The open undecided case or draft of a person for a service, if there is one. */
bool case_open_of(dbc *c, arena *a, int64_t person, str service, struct kase *out);
json *case_answers(dbc *c, arena *a, int64_t id);   /* as submitted or drafted */
json *case_applicant(dbc *c, arena *a, int64_t id); /* the person, as at submission */
json *case_trace(dbc *c, arena *a, int64_t id);     /* of the decision on the fee; or NULL */
json *case_waiting(dbc *c, arena *a, int64_t id);   /* see bpmn_waiting */
/* Of a draft that was read, in one reading: case_answers, and what was typed (form.h). */
void case_typed(dbc *c, arena *a, const struct kase *q, json **answers, json **raw);
/* Parked steps: [{"instance","rule","what","at"}]. When very many are parked in one step
 * (a budget spent), the first 50; case_steps tells all. */
json *case_incidents(dbc *c, arena *a, int64_t id);
/* Of all cases, the newest first: the same with "case" (id), "reference", "service",
 * "entity". For operators. */
json *cases_parked(dbc *c, arena *a, size_t max);
size_t case_tasks(dbc *c, arena *a, int64_t id, bool open_only, struct task *out, size_t max);
bool task_get(dbc *c, arena *a, int64_t id, struct task *out);
/* The timeline: [{"key": "case.event.submitted", "at", "by": {"en","ar"}, "entity",
 * "about": {"en","ar"} (the document issued), "label": {"en","ar"} (what the service
 * calls this end, instead of the key's text), "text"}],
 * newest first, from the journal. `officer`: with names of officers and notes. */
json *case_timeline(struct kernel *k, dbc *c, arena *a, int64_t id, bool officer);
/* From sending to the end of the latest decided cases of a service, those that ended
 * at `since` or later, the latest first; returns how many, at most `max`. */
struct case_time {
	instant submitted, closed;
};
size_t case_times(dbc *c, str service, instant since, struct case_time *out, size_t max);
/* Who read it: [{"at","entity","person","purpose"}], newest first. */
json *case_reads(struct kernel *k, dbc *c, arena *a, int64_t id);
/* What was written to people about it: [{"at","to","subject","body","inbox","email"}],
 * newest first, as it was sent; texts are {"en","ar"}. */
json *case_messages(struct kernel *k, dbc *c, arena *a, int64_t id);
/* The process with the case's path on it: how often each element was passed, and how
 * long the case stood there (the median), as `span` writes it. In Arabic, where the
 * process has Arabic names. */
str case_diagram(struct kernel *k, dbc *c, arena *a, const struct kase *q, bool arabic,
                 str (*span)(void *ctx, arena *a, int64_t micros), void *ctx);
/* Who had it for how long: [{"party": "applicant"|"entity"|"platform", "micros"}]. */
json *case_delays(struct kernel *k, dbc *c, arena *a, const struct kase *q);

/* ---- lists for the desks of entities ---- */

#define CASE_ANYBODY     (-1)  /* of a filter's holder */
#define CASE_COUNT_MAX   10000 /* a filtered list is counted up to here: by one index, */
#define CASE_COUNT_SOME  1000  /* and when its lines have to be read */

enum case_sort { CASE_BY_DUE, CASE_BY_RECEIVED };

/* Which cases, in which order, after which. Entities are those whose desks the
 * reader may see: a case of others is neither listed nor counted. */
struct case_filter {
	const str *entities;
	size_t n_entities;
	bool everywhere;   /* of every entity */
	const str *states; /* none: every one but drafts */
	size_t n_states;
	str service;                            /* empty = any */
	int64_t holder;                         /* CASE_ANYBODY, 0 = nobody, or a person */
	int64_t applicant;                      /* 0 = anybody */
	/* In the applicant's names, all of them: tokens of search_tokens. For words that are
	 * not common (case_words_common); others are soon found in the list itself. */
	const str *words;
	size_t n_words;
	instant due_from, due_before;           /* 0 = open */
	instant received_from, received_before; /* 0 = open */
	enum case_sort sort;
	bool descending;
	bool more; /* after the line with this key and id, not from the start */
	int64_t after_key, after_id;
	int64_t count_most;               /* case_count goes no further; 0 = as far as is cheap */
	const struct case_groups *groups; /* of case_groups_read; NULL: read again each time */
};

struct case_line {
	int64_t id, applicant, holder;
	str entity, service, state;
	instant due, submitted; /* due 0 = none */
	int64_t key;            /* what it is sorted by, for `after_key` */
};

/* What the filter's entities have at all, whatever else it asks: read once for a page that
 * lists, counts and offers choices. */
const struct case_groups *case_groups_read(dbc *c, arena *a, const struct case_filter *f);
/* The entities of them, each once; at most `max`. */
size_t case_groups_entities(const struct case_groups *g, str *out, size_t max);
/* A page of a list, by keyset; each page costs the same. */
size_t case_list(dbc *c, arena *a, const struct case_filter *f, struct case_line *out, size_t max);
/* Has even the rarest of the filter's words too many cases to read them all? */
bool case_words_common(dbc *c, arena *a, const struct case_filter *f);
/* Clears `good` of those lines that lack one of the words. */
void case_keep_words(dbc *c, const struct case_line *l, size_t n, const str *words, size_t n_words,
                     bool *good);
/* How many there are, whatever the words; *capped when there are more than that, and they would have had to
 * be counted one by one. */
int64_t case_count(dbc *c, arena *a, const struct case_filter *f, bool *capped);
/* Ids of the services of which the filter's entities have cases, in their order. */
size_t case_services(dbc *c, arena *a, const struct case_filter *f, str **out);
/* The applicants' names of those lines that are `good`, "English | Arabic"; the others of
 * names[] stay as they are, and where one was erased. */
void case_names(dbc *c, arena *a, const struct case_line *l, size_t n, const bool *good, str *names);
/* Their references and outcomes; the others of out[] stay as they are. */
void case_references(dbc *c, arena *a, const struct case_line *l, size_t n, str *out,
                     str *outcomes);
/* Entities with a part in the case. */
size_t case_entities(dbc *c, arena *a, int64_t id, str *out, size_t max);
/* How many cases each service has in each state: [{"entity","service","state","n"}]. */
json *case_counts(dbc *c, arena *a, const struct case_filter *f);

/* What officers did with tasks of an entity in [from, to): how often they sent back to the
 * applicant (outcome "return"), rejected ("reject"), let go on (any other outcome). */
struct case_done_filter {
	str entity, service, role; /* service and role: empty = any */
	int64_t officer;           /* 0 = any */
	instant from, to;
};
struct case_done {
	int64_t returned, rejected, onward;
};
struct case_done case_done_count(dbc *c, const struct case_done_filter *f);

/* ---- the applicant (for decide functions) ---- */

err draft_open(struct tx *tx, const struct service *s, int64_t person, struct kase *out);
err draft_save(struct tx *tx, int64_t id, const json *answers, const json *raw);
err draft_discard(struct tx *tx, int64_t id);
/* Checks eligibility and the whole form again, fixes the fee, starts the process. */
err case_submit(struct tx *tx, int64_t id);
/* The same in two parts. Before the command is queued, in the thread that asks for it and
 * with its connection: `answers` of the draft `q` checked as case_submit does, the fee
 * fixed, what is personal sealed. NULL when anything would be refused. */
struct case_ready;
const struct case_ready *case_make_ready(struct kernel *k, dbc *c, arena *a, const struct kase *q,
                                         const struct person *who, const json *answers);
/* Then in the command. It counts only if case, person and pack are as they were and it is
 * the same second: otherwise *stands is false, and nothing has been done. */
err case_submit_ready(struct tx *tx, const struct case_ready *ready, bool *stands);
/* What sending will do about the fee, foreseen by running the process up to where it waits
 * first: pay at once, or be asked for it later, after somebody looked at the application.
 * CASE_PAYS_NOTHING: there is no fee, or the process never asks for one. */
enum case_payment { CASE_PAYS_NOTHING, CASE_PAYS_NOW, CASE_PAYS_LATER };
struct case_sending {
	const struct pack *p;
	const struct service *s;
	json *applicant, *answers;
	money fee;
	str currency;
	instant now;
};
enum case_payment case_pays(arena *a, const struct case_sending *w);
/* Answers a request for information with changed answers; closes the applicant's task. */
err case_answer(struct tx *tx, int64_t id, const json *answers);
err case_withdraw(struct tx *tx, int64_t id, str reason);
err case_rate(struct tx *tx, int64_t id, int rating, str words); /* 1 to 5, once */

/* ---- beside the process: edges.def tells from where to where, and who ---- */

enum case_act {
	CASE_WITHDRAW,
	CASE_APPEAL,
	CASE_DROP,
	CASE_UPHOLD,
	CASE_ALLOW,
	CASE_REOPEN,
	CASE_SUSPEND,
	CASE_RESUME,
	CASE_SPLIT,
	CASE_JOIN,
	CASE_SEPARATE,
};
/* Is there an edge from this state? Who may walk it, the command itself checks. */
bool case_act_fits(str state, enum case_act act);

/* The applicant asks that a rejection be looked at again: within the time that the
 * service sets ("appeal" in service.json), by an officer who had no part in it. Upheld,
 * it stands; allowed, the case goes back to the task that was decided wrongly, and is
 * decided anew, again by another officer. Once a case. */
err case_appeal(struct tx *tx, int64_t id, str words);
err case_appeal_drop(struct tx *tx, int64_t id);
/* Until when this case may be appealed; 0 = it may not be. */
instant case_appeal_until(struct kernel *k, dbc *c, arena *a, const struct kase *q);

/* An officer stops the case: its time and all its timers stand still, nothing in it can
 * be decided, until an officer lets it go on. The applicant is told why. */
err case_suspend(struct tx *tx, int64_t id, str reason);
err case_resume(struct tx *tx, int64_t id, str reason);
/* Takes a decision back: the task that made it is open again. Not once a document was
 * issued: that is revoked, and asked for anew. Needs case.reopen. */
err case_reopen(struct tx *tx, int64_t id, str reason);
/* Makes a second case of the same applicant with the same answers, at the same task and
 * with the same promised time, without a fee: two matters that are decided each on its
 * own. Not while branches run in parallel. */
err case_split(struct tx *tx, int64_t id, str reason, struct kase *out);
/* Lets a case be decided together with another of the same service and entity, at the
 * same task: what is decided there is decided here. */
err case_join(struct tx *tx, int64_t id, int64_t lead, str reason);
err case_separate(struct tx *tx, int64_t id);
/* Cases that are decided with this one. */
size_t cases_joined(dbc *c, arena *a, int64_t lead, struct kase *out, size_t max);
/* Cases that were split off from this one. */
size_t case_parts(dbc *c, arena *a, int64_t id, struct kase *out, size_t max);

/* ---- officers ---- */

/* Four eyes: on one's own matter, where the process wants another than who did the step
 * before, and after an appeal where one had a part in the decision. */
bool task_barred(dbc *c, arena *a, const struct kase *q, const struct task *t, int64_t officer);
err task_claim(struct tx *tx, int64_t task); /* ERR_case_taken */
err task_release(struct tx *tx, int64_t task);
err task_assign(struct tx *tx, int64_t task, int64_t to);
/* `revision` is that of the page the officer saw: ERR_conflict if it moved on.
 * `reason` is told to the applicant; needed for every outcome but "approve" and those
 * that the service lists in "no_reason". `vars` are the answers of the task's form, if
 * it has one, and are checked by it. */
bool outcome_needs_reason(const struct service *s, str outcome);
const struct form *task_form(const struct service *s, const struct task *t); /* or NULL */
err task_complete(struct tx *tx, int64_t task, int64_t revision, str outcome, str reason,
                  const json *vars);
err case_note(struct tx *tx, int64_t id, str text); /* for officers only */
/* Records that the actor read the case (case.read), at most once an hour each. */
err case_read(struct tx *tx, int64_t id, str purpose);
/* Whether that was done within the hour, so that no command is needed. */
bool case_read_lately(dbc *c, int64_t id, int64_t person, instant now);

/* ---- work of other rooms ---- */

err case_work_done(struct tx *tx, int64_t id, int64_t instance, const json *vars);
err case_work_failed(struct tx *tx, int64_t id, int64_t instance, str reason);
err case_message(struct tx *tx, str name, str key, const json *vars); /* BPMN message */

/* ---- operators ---- */

/* Where the case stands: [{"instance", "element", "name": {"en","ar"}, "parked": bool,
 * "to": [{"element", "name"}]}]; "to": where case_move takes it. */
json *case_steps(struct kernel *k, dbc *c, arena *a, const struct kase *q);
/* What a plan for this version has to name: [{"element", "name", "to": [...]}]; NULL
 * when there is no such version. */
json *case_missing(struct kernel *k, dbc *c, arena *a, const struct kase *q, int64_t to_version);
/* Would case_migrate be carried out? Tried on the state as it is, nothing is kept. */
bool case_fits(struct kernel *k, dbc *c, arena *a, const struct kase *q, int64_t to_version,
               const json *plan);
err case_retry(struct tx *tx, int64_t id, int64_t instance);
err case_move(struct tx *tx, int64_t id, int64_t instance, str element);
err case_migrate(struct tx *tx, int64_t id, int64_t to_version, const json *plan);

extern const struct organ cases_organ;

#endif

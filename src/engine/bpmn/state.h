/*
 * state.h - a running case in memory, and the moves the engine's files share.
 *
 * A case is a tree of nodes: the process, in it tokens, open activities, nested
 * scopes. It is decoded from the state's JSON at the start of a step and encoded
 * again at its end; nothing else survives a step. Nodes taken out are marked
 * dead, because the queue and callers further up may still hold them.
 */
#ifndef ENGINE_BPMN_STATE_H
#define ENGINE_BPMN_STATE_H

#include "engine/bpmn/model.h"

#define STATE_VERSION  1
#define NODE_MAX_DEPTH 50 /* nested scopes and calls; two levels of JSON each */

enum wait { WAIT_NONE, WAIT_TASK, WAIT_JOB };
enum phase { PHASE_NONE, PHASE_OPEN, PHASE_LEAVE };

struct sub { /* something outside that a node listens for */
	int64_t id;
	const struct bpmn_el *el; /* boundary, start, catch event or receive task */
	const struct bpmn_evdef *def;
	int64_t nth; /* of a multiple event: which of its definitions */
	enum bpmn_event kind;
	instant due;
	int64_t repeats; /* of a cycle: firings left, -1 endless */
	str name;        /* message or signal; for a cycle its text */
	str key;
	bool has_key, held; /* held: the condition was true last time */
	bool paused;        /* a timer that stands still; what is left of it: */
	int64_t left;
	struct sub *next;
};

struct record { /* a completed activity that can be compensated */
	const struct bpmn_el *el;
	json *vars;
	struct record *nested, *next; /* latest first */
};

struct node {
	int64_t id, owner; /* owner: the compensation event this works for */
	const struct bpmn_el *el;
	const struct bpmn_flow *flow; /* of a token waiting at a join */
	struct node *parent, *first, *last, *next, *prev;
	size_t live; /* children and queued entries */
	json *vars;  /* local variables, or NULL */
	struct sub *subs;
	struct record *done, *pending;
	enum wait wait;
	enum phase phase; /* of an incident: where a retry goes on */
	str incident;
	bool body, inner; /* of a loop: the whole, and one pass */
	bool interrupted, dead;
	int64_t total, started, finished; /* of a loop body; started: also of an ordered ad-hoc */
	json *items, *collected;
	json *passed; /* of a complex gateway that waits for its reset: the flows it heard */
};

struct entry { /* a token on its way into an element */
	struct node *scope;
	const struct bpmn_el *el;
	const struct bpmn_flow *flow;
	json *vars;
	int64_t owner;
	bool inner, fired;
	struct entry *next;
};

struct engine {
	const struct bpmn *b;
	struct bpmn_run *run;
	arena *a;
	struct node *root;
	int64_t next_id, budget;
	size_t nodes;
	struct entry *queue, *queue_end;
	bool dirty, joins; /* variables changed; tokens wait at inclusive joins */
	bool finished, held; /* held: all timers stand still */
	str status, code;
	json *vars; /* of the process, kept after it ended */
};

/* state.c */
err state_decode(struct engine *g, const json *state, const json *plan);
json *state_encode(struct engine *g);
struct node *node_new(struct engine *g, struct node *parent, const struct bpmn_el *el);
void node_unlink(struct engine *g, struct node *n);
struct node *node_find(struct node *n, int64_t id);
struct node *node_walk(const struct node *root, const struct node *n);
struct bpmn_effect *emit(struct engine *g, enum bpmn_effect_kind kind, str element, int64_t id);

/* vars.c */
void vars_set(struct engine *g, struct node *n, str name, const json *v);
void vars_merge(struct engine *g, struct node *n, const json *object);
/* The same variables to be set anew; values are never changed in place, so they are not
 * copied. */
json *vars_shared(struct engine *g, const json *vars);
void vars_local(struct engine *g, struct node *n, str name, json *v);
json *vars_visible(struct engine *g, struct node *n);
/* NULL and *why on failure. */
json *vars_eval(struct engine *g, struct node *n, const struct feel_expr *e, str *why);
bool vars_true(struct engine *g, struct node *n, const struct feel_expr *e, str *why);
bool vars_map_in(struct engine *g, struct node *n, str *why);
bool vars_map_out(struct engine *g, struct node *n, str *why);

/* run.c: tokens and scopes */
void push(struct engine *g, struct node *scope, const struct bpmn_el *el, struct entry more);
void drain(struct engine *g);
void node_open(struct engine *g, struct node *n);
void node_complete(struct engine *g, struct node *n);
void node_cancel(struct engine *g, struct node *n);
void node_leave(struct engine *g, struct node *n);
void scope_open(struct engine *g, struct node *n);
void scope_check(struct engine *g, struct node *n);
void cancel_children(struct engine *g, struct node *scope, const struct node *except);
void finish(struct engine *g, str status, str code);
void park(struct engine *g, struct node *n, enum phase phase, const char *rule, str what);
bool joins_settle(struct engine *g);
void join_arrive(struct engine *g, struct node *scope, const struct bpmn_el *el,
                 const struct bpmn_flow *flow);
/* The flows `n` leaves by; false when it is parked instead. */
bool choose(struct engine *g, struct node *n, const struct bpmn_flow **taken, size_t *count);
void take(struct engine *g, struct node *scope, const struct bpmn_flow **taken, size_t n);

/* loop.c */
void loop_open(struct engine *g, struct node *body);
void loop_pass_open(struct engine *g, struct node *inner);
void loop_pass_done(struct engine *g, struct node *inner);

/* activity.c */
void activity_open(struct engine *g, struct node *n);

/* event.c: listening and catching */
bool event_listen(struct engine *g, struct node *n, const struct bpmn_el *el);
void unlisten(struct engine *g, struct node *n, bool starts_only);
bool listen_boundaries(struct engine *g, struct node *n);
bool listen_event_subs(struct engine *g, struct node *n);
void sub_fire(struct engine *g, struct node *n, struct sub *s, const json *vars);
bool conditions_settle(struct engine *g);
struct sub *sub_find(struct engine *g, int64_t id, struct node **holder);

/* deadline.c: time as the business calendar counts it */
instant deadline_after(struct engine *g, const struct bpmn_evdef *ev, instant from,
                       struct bpmn_span span);
/* When a person's task should be done; 0 = it does not say. */
instant deadline_of_task(struct engine *g, const struct bpmn_el *el);
/* Stops and restarts the timers that stand still while somebody owes an answer. */
void deadlines_settle(struct engine *g);

/* throw.c: throwing, errors, compensation */
void throw_open(struct engine *g, struct node *n);
bool throw_error(struct engine *g, struct node *from, str code, const json *vars);
void signal_all(struct engine *g, str name, const json *vars);
void catch_event(struct engine *g, struct node *n, const struct bpmn_el *el, const json *vars);
void compensation_note(struct engine *g, struct node *n);
void compensation_next(struct engine *g, struct node *n);
/* Has the element a definition of this kind and code (exact, or catching all)? */
const struct bpmn_evdef *event_def(const struct bpmn_el *el, enum bpmn_event kind);

#endif

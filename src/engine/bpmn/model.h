/*
 * model.h - a loaded BPMN file, as the engine's own rooms see it.
 *
 * Built by load.c from the XML tree, checked by the rules_*.c files, read by
 * everything else. Elements stand in one array; scopes (process, sub-process)
 * chain their members. Immutable once loaded.
 */
#ifndef ENGINE_BPMN_MODEL_H
#define ENGINE_BPMN_MODEL_H

#include "engine/bpmn/bpmn.h"
#include "engine/bpmn/expr.h"
#include "engine/bpmn/dialect.h"

enum bpmn_kind {
	K_PROCESS,
	K_SUBPROCESS,
	K_TASK,
	K_MANUAL,
	K_USER,
	K_SERVICE,
	K_SEND,
	K_RECEIVE,
	K_SCRIPT,
	K_RULE,
	K_CALL,
	K_GLOBAL_TASK,
	K_START,
	K_END,
	K_CATCH,
	K_THROW,
	K_BOUNDARY,
	K_EXCLUSIVE,
	K_PARALLEL,
	K_INCLUSIVE,
	K_COMPLEX,
	K_EVENT_GATEWAY,
	K_UNSUPPORTED
};

enum bpmn_event {
	E_NONE,
	E_MESSAGE,
	E_TIMER,
	E_ERROR,
	E_ESCALATION,
	E_SIGNAL,
	E_CONDITION,
	E_COMPENSATE,
	E_LINK,
	E_TERMINATE,
	E_CANCEL
};

enum bpmn_timer { TIMER_DATE, TIMER_DURATION, TIMER_CYCLE };

enum bpmn_calendar { CALENDAR_NONE, CALENDAR_DAYS, CALENDAR_TIME, CALENDAR_UNKNOWN };

struct bpmn_evdef {
	enum bpmn_event kind;
	str name;                    /* of the message, signal, link */
	str code;                    /* of the error or escalation; empty catches all */
	const struct feel_expr *key; /* message correlation */
	const struct feel_expr *condition;
	enum bpmn_timer timer;
	str time; /* literal ISO 8601; empty: time_expr */
	const struct feel_expr *time_expr;
	enum bpmn_calendar calendar;
	str pauses_for; /* role whose open tasks stop the time */
	str activity;   /* whose compensation */
	const struct xml_node *node;
	struct bpmn_evdef *next; /* of a multiple event */
};

struct bpmn_flow {
	str id, name;
	struct bpmn_el *source, *target;
	const struct feel_expr *condition;
	const struct xml_node *node;
	struct bpmn_flow *next_out, *next_in;
};

struct bpmn_map { /* an input or output mapping */
	const struct feel_expr *source;
	str source_name; /* instead of an expression: a variable */
	str target;
	struct bpmn_map *next;
};

struct bpmn_loop {
	bool multi, sequential, test_before;
	const struct feel_expr *cardinality, *collection, *completion, *condition, *output;
	int64_t maximum; /* standard loop; -1 = none */
	str item, out_collection, out_item;
	str behavior_signal; /* behaviour none/one: what each/first completion throws */
	enum bpmn_event behavior_kind;
	bool behavior_each;
};

struct bpmn_el {
	str id, name;
	enum bpmn_kind kind;
	struct bpmn_evdef ev;
	size_t events; /* event definitions it has in the file */
	const struct xml_node *node;
	struct bpmn_el *scope;                               /* NULL for a process */
	struct bpmn_el *members, *last_member, *next_member; /* of a scope */
	struct bpmn_flow *out, *in, *default_flow;
	size_t n_out, n_in;
	struct bpmn_el *attached; /* boundary: to what */
	struct bpmn_el *boundaries, *next_boundary;
	struct bpmn_el *handler; /* compensation boundary: its activity */
	struct bpmn_el *link_to; /* link throw event: its catch event */
	bool event_sub, interrupting, for_compensation, executable;
	bool transaction, ad_hoc, ordered; /* ordered: an ad-hoc's parts one by one */
	bool keep_remaining;               /* ad-hoc: what still runs may end by itself */
	bool all_events;                   /* parallelMultiple: waits for every definition */
	bool instantiate;
	bool keep_parent_vars, keep_child_vars;      /* a call hands over only what is mapped */
	int64_t start_quantity, completion_quantity; /* tokens taken and made, from 1 */
	const struct feel_expr *activation;          /* complex gateway */
	const struct feel_expr *completion;          /* ad-hoc sub-process */
	struct bpmn_loop *loop;
	struct bpmn_map *inputs, *outputs;
	const struct feel_expr *script;
	str result, role, form, type, due, due_unit, decision;
	str called;
	struct bpmn_el *callee;
	uint32_t index; /* in bpmn.els */
};

struct bpmn_read {
	str name;
	struct bpmn_read *next;
};

struct bpmn {
	arena *a;
	struct xml_node *root;
	struct bpmn_el **els;
	size_t n_els;
	struct bpmn_flow **flows;
	size_t n_flows;
	struct bpmn_slot *slots; /* id -> node, element, flow; open addressing */
	size_t n_slots;
	struct bpmn_read *reads; /* variables that expressions and mappings name, each once */
	bool hands_over_all;     /* a call without input mappings */
	bool check;              /* expressions are compiled and must be right */
	struct diags *d; /* while loading */
};

struct bpmn_slot {
	str id;
	const struct xml_node *node;
	struct bpmn_el *el;
	struct bpmn_flow *flow;
};

/* NULL when there is no such id. */
struct bpmn_slot *bpmn_find(const struct bpmn *b, str id);
struct bpmn_el *bpmn_el(const struct bpmn *b, str id);
const struct xml_node *bpmn_node(const struct bpmn *b, str id);

static inline bool bpmn_is_activity(const struct bpmn_el *e)
{
	return e->kind >= K_SUBPROCESS && e->kind <= K_CALL;
}

static inline bool bpmn_is_gateway(const struct bpmn_el *e)
{
	return e->kind >= K_EXCLUSIVE && e->kind <= K_EVENT_GATEWAY;
}

static inline bool bpmn_is_event(const struct bpmn_el *e)
{
	return e->kind >= K_START && e->kind <= K_BOUNDARY;
}

/* Can a case begin at this element, and not only at a none start event? */
bool bpmn_starts(const struct bpmn_el *e);

/* Can a token that stands at one element be moved to the other? */
bool bpmn_can_move(const struct bpmn_el *from, const struct bpmn_el *to);

/* Does it belong to a process with isExecutable="false"? */
bool bpmn_never_runs(const struct xml_node *n);

/* One error about a node: rule, node, what, hint. */
void bpmn_refuse(struct bpmn *b, const struct xml_node *n, const char *rule, const char *hint,
                 const char *fmt, ...) __attribute__((format(printf, 5, 6)));

bool bpmn_is_uri(str s);

/* The rules, by subject. */
void bpmn_check_vocabulary(struct bpmn *b); /* elements, attributes and values of BPMN */
void bpmn_check_profile(struct bpmn *b); /* what we do not carry out, and identity */
void bpmn_check_refs(struct bpmn *b);    /* what is named exists; expressions are formal */
void bpmn_check_flow(struct bpmn *b);    /* flows and gateways */
void bpmn_check_events(struct bpmn *b);  /* which event stands where, links, boundaries */
void bpmn_check_scopes(struct bpmn *b);  /* processes, sub-processes, calls, compensation */
void bpmn_check_data(struct bpmn *b);    /* data, messages, items, calls */

/* ISO 8601 durations and repetitions (timer.c). */
struct bpmn_span {
	int64_t months, days;
	instant micros;
	bool negative;
};
bool bpmn_span_parse(str s, struct bpmn_span *out);
instant bpmn_span_add(instant t, struct bpmn_span s, int32_t offset);
/* "R4/PT5S", "R/2026-01-01T00:00:00Z/P1D": *repeats is -1 for no end; *start 0
 * when not given. */
bool bpmn_cycle_parse(str s, int64_t *repeats, instant *start, struct bpmn_span *every);
/* A date-time; without zone it is local time at `offset`. */
bool bpmn_date_parse(str s, int32_t offset, instant *out);

#endif

/*
 * bpmn.h - a service's process, as BPMN 2.0 (ISO/IEC 19510), run as a function.
 *
 * bpmn_load reads a file, checks it against the declared profile (README.md) and
 * refuses by a named rule everything the engine would not carry out. What it
 * returns is immutable and may be shared by threads; it lives in the arena.
 *
 * Running is a pure function: (state, trigger) -> (state', effects). The state
 * is one JSON object holding the case's variables and everything that waits; the
 * caller stores it and carries out the effects in the same transaction. The
 * engine asks no clock: `now` comes with each step. A step that returns an error
 * has changed nothing. The old state is never modified.
 *
 * Own attributes are read in namespace urn:diwan:bpmn:1 (role, form, due,
 * dueUnit, type, decision, resultVariable, key, calendar, pausesFor, ...) and from the
 * zeebe: extension elements that modelers write (assignmentDefinition,
 * formDefinition, taskDefinition, taskHeaders, subscription, ioMapping, script,
 * calledDecision, calledElement, loopCharacteristics).
 *
 * Time: a timer with diwan:calendar="working_days" counts its days as working
 * days, with "working_time" its hours and minutes too, by the calendar the caller
 * passes in. With diwan:pausesFor="applicant" it stands still as long as a task of
 * that role is open anywhere in the case, and goes on with what was left: it is
 * withdrawn (BPMN_TIMER_CANCELLED) and set anew. BPMN_HOLD does the same to all timers.
 */
#ifndef ENGINE_BPMN_BPMN_H
#define ENGINE_BPMN_BPMN_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/json.h"
#include "base/str.h"
#include "base/time.h"
#include "engine/bpmn/errors.h"

#define BPMN_MAX_BYTES     ((size_t)4 * 1024 * 1024) /* of a file */
#define BPMN_MAX_ELEMENTS  5000                      /* flow nodes and flows of a file */
#define BPMN_MAX_INSTANCES 10000                     /* open element instances of a case */
#define BPMN_MAX_LOOP      2000                      /* instances of one multi-instance */
#define BPMN_BUDGET        20000                     /* moves of one step, unless told */

struct bpmn;

/* NULL when refused: then `d` holds at least one error. The text must outlive
 * the result. */
struct bpmn *bpmn_load(arena *a, str xml, struct diags *d);
/* Reads without asking that it can run: for drawing and interchange. Only what
 * is not BPMN at all (not XML, a DOCTYPE, another vocabulary) is refused. */
struct bpmn *bpmn_read(arena *a, str xml, struct diags *d);

/* What an effect tells. `element` is the BPMN id, `instance` the number of the
 * element instance (or of the timer or subscription), unique within the case. */
enum bpmn_effect_kind {
	BPMN_ENTERED,       /* an element instance began */
	BPMN_LEFT,          /* ... completed */
	BPMN_CANCELLED,     /* ... was withdrawn */
	BPMN_FLOW,          /* a sequence flow (element) was taken */
	BPMN_TASK_OPENED,   /* user task; data: see bpmn_element_json; due, if it has one */
	BPMN_TASK_CLOSED,   /* data {"completed": bool} */
	BPMN_JOB_REQUESTED, /* service, send or business rule task: data {"type", ...} */
	BPMN_JOB_CANCELLED,
	BPMN_TIMER_SET, /* due */
	BPMN_TIMER_CANCELLED,
	BPMN_SUBSCRIBED, /* name, data {"kind": "message"|"signal", "key"?} */
	BPMN_UNSUBSCRIBED,
	BPMN_MESSAGE_THROWN, /* name, data {"key"?, "vars"} */
	BPMN_SIGNAL_THROWN,  /* name, data {"vars"}; own waiters were already reached */
	BPMN_INCIDENT,       /* name = rule, data {"what"}; the instance is parked */
	BPMN_RESOLVED,       /* an incident was retried or moved away */
	BPMN_COMPLETED       /* the case; name = completed|terminated|error|cancelled */
};

struct bpmn_effect {
	enum bpmn_effect_kind kind;
	str element, name;
	int64_t instance;
	instant due;
	json *data;
	struct bpmn_effect *next;
};

/* One step's surroundings and results. Set a, now and, if wanted, the rest; the
 * engine appends to first/last. Everything returned lives in `a`, but the values of
 * variables stay where they were: keep what was given, and do not change it. */
struct bpmn_run {
	arena *a;
	instant now;
	int32_t offset; /* seconds east of UTC, for "P1D" and local dates */
	int64_t budget; /* moves; 0 = BPMN_BUDGET */
	/* Elements (keys of an object) whose work the caller does although the
	 * engine could: trials of a draft, tests. NULL = none. */
	const json *as_jobs;
	/* The business calendar. Adds working days, adds working time (microseconds),
	 * measures working time; NULL counts Sunday to Thursday, all hours. */
	instant (*working_days)(void *ctx, instant from, int64_t days);
	void *ctx;
	struct bpmn_effect *first, *last;
	instant (*working_time)(void *ctx, instant from, int64_t micros);
	int64_t (*working_between)(void *ctx, instant from, instant to);
};

enum bpmn_trigger_kind {
	BPMN_TASK_COMPLETED, /* instance, vars */
	BPMN_JOB_DONE,       /* instance, vars */
	BPMN_JOB_FAILED,     /* instance, name = reason: parks the case */
	BPMN_JOB_ERROR,      /* instance, name = BPMN error code, vars */
	BPMN_TIMER_FIRED,    /* instance */
	BPMN_MESSAGE,        /* name, key, vars: to one waiter */
	BPMN_SIGNAL,         /* name, vars: to every waiter */
	BPMN_SET_VARS,       /* vars */
	BPMN_RETRY,          /* instance of an incident */
	BPMN_MOVE,           /* instance, name = id of an element of the same scope */
	BPMN_CANCEL,         /* the whole case; name = reason */
	BPMN_MIGRATE,        /* vars = plan {"old id": "new id"}; the model is the new one */
	BPMN_AGAIN,          /* name = id of an element of the process, vars: see below */
	BPMN_HOLD,           /* every timer stands still ... */
	BPMN_GO_ON           /* ... and goes on with what was left */
};

struct bpmn_trigger {
	enum bpmn_trigger_kind kind;
	int64_t instance;
	str name, key;
	const json *vars;
};

/* Starts a process at its none start event; without one, at a conditional start
 * event whose condition `vars` fulfil. An empty id means the only executable
 * process of the file. */
err bpmn_start(const struct bpmn *b, str process, const json *vars, struct bpmn_run *run,
               json **state);
/* Starts at a message, signal, timer or conditional start event. */
err bpmn_start_at(const struct bpmn *b, str start_event, const json *vars, struct bpmn_run *run,
                  json **state);
/* BPMN_AGAIN leaves what `state` waits for behind and begins anew with one token at
 * the element, and with the variables as they were, whether the case had ended or not. */
err bpmn_step(const struct bpmn *b, const json *state, const struct bpmn_trigger *t,
              struct bpmn_run *run, json **new_state);

/* "active", "incident", "completed", "terminated", "error" or "cancelled". */
str bpmn_status(const json *state);
const json *bpmn_vars(const json *state);
/* Everything that waits: [{"kind": "task"|"job"|"timer"|"message"|"signal"|
 * "incident"|"join"|"scope", "element", "instance", "due"?, "left"?, "name"?,
 * "key"?}]. A timer that stands still has no "due" but what is "left" of it. */
json *bpmn_waiting(arena *a, const json *state);

/* Where the tokens stand: [{"instance", "element", "parked": bool, "to": [ids of the
 * elements that BPMN_MOVE takes it to]}]. A scope whose parts stand somewhere is none
 * of them, unless it is parked itself. */
json *bpmn_steps(arena *a, const struct bpmn *b, const json *state);

/* What a plan of migration has to name: {"old id": [ids of the same kind in `to`]}, of
 * the elements where something stands and that `to` has not. Whether a plan will do,
 * bpmn_step says. */
json *bpmn_missing(arena *a, const struct bpmn *from, const struct bpmn *to, const json *state);

/* The file's processes [{"id", "name", "executable", "starts": [{"element",
 * "kind", "name"?, "timer"?}]}]: what the kernel needs to start them. */
json *bpmn_processes(arena *a, const struct bpmn *b);
/* Is there an element anywhere that asks for work of this type? */
bool bpmn_asks(const struct bpmn *b, str type);
/* May what happens anywhere depend on this variable of the process? Also when it is handed
 * to a called process with all others. */
bool bpmn_reads(const struct bpmn *b, str variable);
/* An element: {"id", "kind", "name", "role"?, "form"?, "type"?, "due"?,
 * "attributes": {...}, "headers"?: {...}}; NULL if there is none. */
json *bpmn_element_json(arena *a, const struct bpmn *b, str id);

/* The diagram as SVG; laid out here where the file has no diagram data. `path`
 * (may be NULL) marks what happened: {"element or flow id": {"state":
 * "done"|"active"|"error", "count"?, "note"?, "title"?}}: count and note stand at the
 * element, the title shows when pointed at. Ids are prefixed by "bpmn-". */
str bpmn_svg(arena *a, const struct bpmn *b, const json *path);
/* The same with the texts of one of our own attributes, such as "name_ar", instead of
 * the names, where an element has it. */
str bpmn_svg_in(arena *a, const struct bpmn *b, const json *path, const char *ours);

/* The text of the file with a diagram in it, laid out here, for editors that need one;
 * the text itself where it has one. */
str bpmn_with_diagram(arena *a, const struct bpmn *b, str xml);

/* What happened, as bpmn_svg's path, from a trace in the order of time:
 *     [{"kind": "entered"|"left"|"cancelled"|"flow"|"incident", "element", "case"?,
 *       "instance"?, "at" (microseconds)}, ...]
 * of one case or of many. An element gets its "count", its "state" (active while
 * one is open, error while one is parked, else done) and "micros", the median
 * time between its being entered and left; `span` writes that as the note. NULL:
 * no note. */
json *bpmn_path(arena *a, const json *trace, str (*span)(void *ctx, arena *a, int64_t micros),
                void *ctx);

/* Compiles a table of stages, as policy people write it, into BPMN with a layout:
 *     {"process": id, "name": text, "stages": [{"stage": id, "name", "name_ar",
 *      "who": role, "form": key, "type": service, "decision": FEEL condition,
 *      "working_days": n, "then": stage, "else": stage, and what passes through to
 *      the element: "outcomes", "entity", "fee", "document", "message", "reminder",
 *      "four_eyes", "note"}, ...]}
 * A row with "who" is a person's task, one with "type" a service's. "decision"
 * chooses between "then" and "else"; without it the case goes to "then", by
 * default the next row. "end:approved" ends the case with that outcome. After
 * "working_days" a reminder (service type "remind") goes out, the task stays.
 * Empty and diagnostics when the table is wrong. */
str bpmn_from_stages(arena *a, const json *table, struct diags *d);

#endif

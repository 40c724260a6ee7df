/* Any bytes as a process: load it, draw it, and if it can run, drive it a while,
 * storing and reading its state between steps. */
#include "engine/bpmn/bpmn.h"

#include <setjmp.h>

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define STEPS       12
#define BUDGET      200

static struct bpmn_trigger next_trigger(arena *a, const json *state, int turn)
{
	json *waiting = bpmn_waiting(a, state);
	const json *w = waiting->count ? json_at(waiting, (size_t)turn % waiting->count) : NULL;
	str kind = json_str(w, "kind");
	struct bpmn_trigger t = {.kind = BPMN_TASK_COMPLETED,
	                         .instance = json_int(w, "instance", 0),
	                         .name = json_str(w, "name"),
	                         .key = json_str(w, "key")};

	if (str_eq(kind, STR("job")))
		t.kind = turn % 3 ? BPMN_JOB_DONE : BPMN_JOB_ERROR;
	else if (str_eq(kind, STR("timer")))
		t.kind = BPMN_TIMER_FIRED;
	else if (str_eq(kind, STR("message")))
		t.kind = BPMN_MESSAGE;
	else if (str_eq(kind, STR("signal")))
		t.kind = BPMN_SIGNAL;
	else if (str_eq(kind, STR("incident")))
		t.kind = BPMN_RETRY;
	return t;
}

static void drive(arena *a, const struct bpmn *b)
{
	struct bpmn_run run = {.a = a, .budget = BUDGET};
	json *state = NULL;

	if (bpmn_start(b, (str){0}, NULL, &run, &state))
		return;
	for (int turn = 0; turn < STEPS; turn++) {
		struct bpmn_run step = {.a = a, .budget = BUDGET, .now = turn * HOUR};
		struct bpmn_trigger t = next_trigger(a, state, turn);
		json *next = NULL;
		if (bpmn_step(b, state, &t, &step, &next) == OK)
			state = json_parse(a, json_print(a, next), NULL);
		if (!state)
			__builtin_trap(); /* a state that cannot be stored and read again */
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static arena *a;
	jmp_buf oom;

	if (!a)
		a = arena_create(ARENA_BYTES);
	arena_reset(a);
	arena_guard(a, &oom);
	if (!setjmp(oom)) {
		str text = {(const char *)data, size};
		struct diags d = diags_make(a, STR("fuzz.bpmn"));
		struct bpmn *b = bpmn_load(a, text, &d);
		if (b)
			drive(a, b);
		else if (!d.errors)
			__builtin_trap(); /* refused without a reason */
		b = bpmn_read(a, text, &d);
		if (b)
			bpmn_svg(a, b, NULL);
	}
	return 0;
}

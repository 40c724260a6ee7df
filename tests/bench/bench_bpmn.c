/*
 * bench_bpmn [seconds]: process instances a second on one core, in memory.
 *
 *   automatic   five steps and an exclusive gateway in one bpmn_start
 *   people      the same with five user tasks: six steps, the state printed and
 *               read again between them, as a database column would hold it
 */
#include "engine/bpmn/bpmn.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_BYTES ((size_t)64 * 1024 * 1024)

static str model(arena *a, const char *task)
{
	buf o = buf_make(a, 16384);

	buf_puts(&o,
	         "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "
	         "targetNamespace=\"urn:b\"><process id=\"p\"><startEvent id=\"s\"/>"
	         "<endEvent id=\"e\"/><endEvent id=\"x\"/><exclusiveGateway id=\"g\" default=\"no\"/>");
	for (int i = 1; i <= 5; i++)
		buf_fmt(&o, "<%s id=\"t%d\"/>", task, i);
	buf_puts(&o,
	         "<sequenceFlow id=\"f0\" sourceRef=\"s\" targetRef=\"t1\"/>"
	         "<sequenceFlow id=\"f1\" sourceRef=\"t1\" targetRef=\"t2\"/>"
	         "<sequenceFlow id=\"f2\" sourceRef=\"t2\" targetRef=\"g\"/>"
	         "<sequenceFlow id=\"yes\" sourceRef=\"g\" targetRef=\"t3\">"
	         "<conditionExpression>amount &gt; 100</conditionExpression></sequenceFlow>"
	         "<sequenceFlow id=\"no\" sourceRef=\"g\" targetRef=\"x\"/>"
	         "<sequenceFlow id=\"f3\" sourceRef=\"t3\" targetRef=\"t4\"/>"
	         "<sequenceFlow id=\"f4\" sourceRef=\"t4\" targetRef=\"t5\"/>"
	         "<sequenceFlow id=\"f5\" sourceRef=\"t5\" targetRef=\"e\"/></process></definitions>");
	return buf_str(&o);
}

/* One instance from start to end; false if it did not get there. */
static bool instance(arena *a, const struct bpmn *b, const json *vars)
{
	struct bpmn_run run = {.a = a};
	json *state = NULL;

	if (bpmn_start(b, STR("p"), vars, &run, &state))
		return false;
	while (str_eq(bpmn_status(state), STR("active"))) {
		struct bpmn_run next = {.a = a};
		state = json_parse(a, json_print(a, state), NULL);
		struct bpmn_trigger t = {.kind = BPMN_TASK_COMPLETED,
		                         .instance =
		                             json_int(bpmn_waiting(a, state)->first, "instance", 0)};
		if (bpmn_step(b, state, &t, &next, &state))
			return false;
	}
	return str_eq(bpmn_status(state), STR("completed"));
}

static int measure(const char *name, const char *task, instant time)
{
	arena *keep = arena_create(ARENA_BYTES), *a = arena_create(ARENA_BYTES);
	struct diags d = diags_make(keep, STR("bench"));
	struct bpmn *b = bpmn_load(keep, model(keep, task), &d);
	json *vars = json_object(keep);
	instant start = clock_monotonic(), end = start;
	long n = 0;

	json_set_int(keep, vars, "amount", 250);
	for (; b && end - start < time; end = clock_monotonic())
		for (int i = 0; i < 100; i++, n++) {
			arena_reset(a);
			if (!instance(a, b, vars))
				return 1;
		}
	printf("%s: %lld instances/s\n", name,
	       (long long)(n * SECOND / (end - start ? end - start : 1)));
	arena_destroy(a);
	arena_destroy(keep);
	return b ? 0 : 1;
}

int main(int argc, char **argv)
{
	int64_t seconds = 3;

	if (argc > 1 && (!str_i64(str_of(argv[1]), &seconds) || seconds < 1 || seconds > 60))
		return 2;
	return measure("automatic", "task", seconds * SECOND) |
	       measure("people", "userTask", seconds * SECOND);
}

/*
 * Random well-structured processes: killed after every step and resumed from the
 * stored text, they do exactly what they do when nothing is killed.
 */
#include "bpmn_unit.h"

#include "base/rng.h"

#define PROCESSES 100
#define MAX_STEPS 2000

struct maker {
	buf out;
	int next;
	rng r;
};

struct ends {
	int in, out; /* first and last element of a block */
};

static struct ends block(struct maker *m, int depth);

static void flow(struct maker *m, int from, int to, const char *condition)
{
	buf_fmt(&m->out, "<sequenceFlow id=\"f%d\" sourceRef=\"e%d\" targetRef=\"e%d\">", m->next++,
	        from, to);
	if (condition)
		buf_fmt(&m->out, "<conditionExpression>%s</conditionExpression>", condition);
	buf_puts(&m->out, "</sequenceFlow>");
}

static struct ends leaf(struct maker *m)
{
	static const char *const texts[] = {
	    "<userTask id=\"e%d\"/>",
	    "<serviceTask id=\"e%d\"/>",
	    "<manualTask id=\"e%d\"/>",
	    "<scriptTask id=\"e%d\" scriptFormat=\"feel\" diwan:resultVariable=\"x\">"
	    "<script>if x = null then 1 else x + 1</script></scriptTask>",
	    "<userTask id=\"e%d\"><multiInstanceLoopCharacteristics><loopCardinality "
	    "xsi:type=\"tFormalExpression\">3"
	    "</loopCardinality></multiInstanceLoopCharacteristics></userTask>",
	    "<serviceTask id=\"e%d\"><multiInstanceLoopCharacteristics isSequential=\"true\">"
	    "<loopCardinality "
	    "xsi:type=\"tFormalExpression\">2</loopCardinality></multiInstanceLoopCharacteristics></"
	    "serviceTask>",
	    "<userTask id=\"e%d\"><standardLoopCharacteristics loopMaximum=\"2\"/></userTask>",
	    "<intermediateCatchEvent id=\"e%d\"><timerEventDefinition><timeDuration>PT1H"
	    "</timeDuration></timerEventDefinition></intermediateCatchEvent>",
	    "<intermediateCatchEvent id=\"e%d\" parallelMultiple=\"true\"><timerEventDefinition>"
	    "<timeDuration>PT1H</timeDuration></timerEventDefinition><timerEventDefinition>"
	    "<timeDuration>PT2H</timeDuration></timerEventDefinition></intermediateCatchEvent>",
	};
	const char *text = texts[rng_below(&m->r, sizeof texts / sizeof *texts)];
	int id = m->next++;
	ptrdiff_t at = str_find(str_of(text), STR("%d"));

	buf_put(&m->out, str_sub(str_of(text), 0, (size_t)at));
	buf_fmt(&m->out, "%d%s", id, text + at + 2);
	return (struct ends){id, id};
}

static struct ends split(struct maker *m, int depth, const char *gateway, bool conditions)
{
	int in = m->next++, out = m->next++;
	int branches = 2 + (int)rng_below(&m->r, 2);

	buf_fmt(&m->out, "<%s id=\"e%d\"%s", gateway, in, conditions ? "" : "/>");
	int fallback = m->next;
	if (conditions)
		buf_fmt(&m->out, " default=\"d%d\"/>", fallback);
	buf_fmt(&m->out, "<%s id=\"e%d\"/>", gateway, out);
	for (int i = 0; i < branches; i++) {
		struct ends b = block(m, depth - 1);
		if (conditions && i == 0)
			buf_fmt(&m->out, "<sequenceFlow id=\"d%d\" sourceRef=\"e%d\" targetRef=\"e%d\"/>",
			        fallback, in, b.in);
		else
			flow(m, in, b.in, !conditions ? NULL : i == 1 ? "x &gt; 2" : "x &lt; 6");
		flow(m, b.out, out, NULL);
	}
	return (struct ends){in, out};
}

/* Two of three arrivals go on; the third is heard while the rest runs. */
static struct ends some_of(struct maker *m, int depth)
{
	int in = m->next++, out = m->next++;

	buf_fmt(&m->out,
	        "<parallelGateway id=\"e%d\"/><complexGateway id=\"e%d\"><activationCondition "
	        "xsi:type=\"tFormalExpression\">"
	        "activationCount &gt;= 2</activationCondition></complexGateway>",
	        in, out);
	for (int i = 0; i < 3; i++) {
		struct ends b = block(m, depth - 1);
		flow(m, in, b.in, NULL);
		flow(m, b.out, out, NULL);
	}
	return (struct ends){in, out};
}

static struct ends ad_hoc(struct maker *m)
{
	int id = m->next++;

	buf_fmt(&m->out, "<adHocSubProcess id=\"e%d\" ordering=\"%s\">", id,
	        rng_below(&m->r, 2) ? "Sequential" : "Parallel");
	for (int i = 0; i < 3; i++)
		buf_fmt(&m->out, "<userTask id=\"e%d\"/>", m->next++);
	if (rng_below(&m->r, 2))
		buf_puts(
		    &m->out,
		    "<completionCondition xsi:type=\"tFormalExpression\">x &gt; 3</completionCondition>");
	buf_puts(&m->out, "</adHocSubProcess>");
	return (struct ends){id, id};
}

static struct ends scope(struct maker *m, int depth)
{
	int id = m->next++, start = m->next++, end = m->next++;
	const char *tag = rng_below(&m->r, 3) ? "subProcess" : "transaction";

	buf_fmt(&m->out, "<%s id=\"e%d\"><startEvent id=\"e%d\"/><endEvent id=\"e%d\"/>", tag, id,
	        start, end);
	struct ends b = block(m, depth - 1);
	flow(m, start, b.in, NULL);
	flow(m, b.out, end, NULL);
	buf_fmt(&m->out, "</%s>", tag);
	int late = m->next++, work = m->next++, done = m->next++;
	buf_fmt(&m->out,
	        "<boundaryEvent id=\"e%d\" attachedToRef=\"e%d\" cancelActivity=\"false\">"
	        "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>"
	        "</boundaryEvent><serviceTask id=\"e%d\"/><endEvent id=\"e%d\"/>",
	        late, id, work, done);
	flow(m, late, work, NULL);
	flow(m, work, done, NULL);
	return (struct ends){id, id};
}

static struct ends block(struct maker *m, int depth)
{
	uint64_t kind = depth > 0 ? rng_below(&m->r, 9) : 0;

	if (kind == 1)
		return split(m, depth, "exclusiveGateway", true);
	if (kind == 2)
		return split(m, depth, "parallelGateway", false);
	if (kind == 3)
		return split(m, depth, "inclusiveGateway", true);
	if (kind == 4)
		return scope(m, depth);
	if (kind == 5)
		return some_of(m, depth < 3 ? depth : 3);
	if (kind == 6)
		return ad_hoc(m);
	if (kind == 0)
		return leaf(m);
	struct ends x = block(m, depth - 1), y = block(m, depth - 1);
	flow(m, x.out, y.in, NULL);
	return (struct ends){x.in, y.out};
}

static str random_process(arena *a, uint64_t seed)
{
	struct maker m = {.out = buf_make(a, BPMN_MAX_BYTES), .r = rng_seeded(seed)};

	buf_puts(&m.out, HEAD "<process id=\"p\" isExecutable=\"true\">");
	int start = m.next++, end = m.next++;
	buf_fmt(&m.out, "<startEvent id=\"e%d\"/><endEvent id=\"e%d\"/>", start, end);
	struct ends b = block(&m, 7);
	flow(&m, start, b.in, NULL);
	flow(&m, b.out, end, NULL);
	buf_puts(&m.out, "</process>" TAIL);
	return buf_str(&m.out);
}

static void note(buf *trace, const struct bpmn_run *run)
{
	for (const struct bpmn_effect *f = run->first; f; f = f->next)
		buf_fmt(trace, "%d %.*s %lld %lld\n", f->kind, STRF(f->element), (long long)f->instance,
		        (long long)f->due);
}

/* Runs to the end; with `kill`, everything but the text of the state is forgotten
 * between steps. Returns the trace of effects and the last state. */
static str run_through(arena *a, str xml, uint64_t seed, bool kill)
{
	struct bpmn *b = load(a, xml);
	buf trace = buf_make(a, (size_t)16 * 1024 * 1024);
	rng r = rng_seeded(seed);
	instant now = NOW;
	json *state = NULL;
	struct bpmn_run run = {.a = a, .now = now};

	assert_int_equal(bpmn_start(b, STR("p"), NULL, &run, &state), OK);
	note(&trace, &run);
	int steps = 0;
	for (; steps < MAX_STEPS; steps++) {
		if (kill) {
			state = json_parse(a, json_print(a, state), NULL);
			b = load(a, str_dup(a, xml));
		}
		json *waiting = bpmn_waiting(a, state), *w = waiting->first, *next = NULL;
		uint64_t pick = waiting->count ? rng_below(&r, waiting->count) : 0;
		struct bpmn_trigger t = {.vars = json_object(a)};
		json_set_int(a, (json *)t.vars, "x", (int64_t)rng_below(&r, 8));
		for (size_t i = 0; i < waiting->count + pick; i++) {
			str kind = json_str(w, "kind");
			t.instance = json_int(w, "instance", 0);
			bool task = str_eq(kind, STR("task")), job = str_eq(kind, STR("job"));
			bool timer = str_eq(kind, STR("timer"));
			t.kind = task ? BPMN_TASK_COMPLETED : job ? BPMN_JOB_DONE : BPMN_TIMER_FIRED;
			if (i >= pick && (task || job || timer))
				break;
			t.instance = 0;
			w = w->next ? w->next : waiting->first;
		}
		if (!t.instance)
			break;
		now += HOUR;
		run = (struct bpmn_run){.a = a, .now = now};
		assert_int_equal(bpmn_step(b, state, &t, &run, &next), OK);
		state = next;
		note(&trace, &run);
	}
	assert_true(steps < MAX_STEPS);
	assert_str(bpmn_status(state), "completed");
	buf_put(&trace, json_print(a, state));
	return buf_str(&trace);
}

/* proves: CORE-05 */
static void killed_and_resumed_is_the_same(void **s)
{
	arena *a = *s;
	size_t longest = 0;

	for (uint64_t seed = 1; seed <= PROCESSES; seed++) {
		arena_reset(a);
		str xml = random_process(a, seed);
		str whole = run_through(a, xml, seed, false), killed = run_through(a, xml, seed, true);
		if (!str_eq(whole, killed))
			fail_msg("process %llu differs:\n%.*s", (unsigned long long)seed, STRF(xml));
		longest = whole.n > longest ? whole.n : longest;
	}
	print_message("# longest trace: %zu bytes\n", longest);
	assert_true(longest > 5000); /* else the processes are too small to show anything */
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(killed_and_resumed_is_the_same)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

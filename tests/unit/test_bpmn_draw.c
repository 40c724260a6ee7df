/* Drawing: a place for everything, and what happened written on it. */
#include "bpmn_unit.h"

#include "engine/bpmn/draw.h"

#include <dirent.h>

#define FOLDER "tests/unit/data/bpmn"

static bool overlap(const struct shape *x, const struct shape *y)
{
	return x->x < y->x + y->w && y->x < x->x + x->w && x->y < y->y + y->h && y->y < x->y + x->h;
}

/* A flow that runs through an element it does not belong to. */
static size_t crossings(const struct drawing *d, const struct edge *e)
{
	size_t n = 0;

	for (const struct shape *s = d->shapes; s; s = s->next) {
		str id = s->el->id;
		if (s->expanded || s->el->kind == K_BOUNDARY || bpmn_is_event(s->el) ||
		    str_eq(id, xml_attr(e->node, "sourceRef")) ||
		    str_eq(id, xml_attr(e->node, "targetRef")))
			continue;
		for (size_t i = 1; i < e->n; i++) {
			struct shape line = {.x = e->x[i - 1] < e->x[i] ? e->x[i - 1] : e->x[i],
			                     .y = e->y[i - 1] < e->y[i] ? e->y[i - 1] : e->y[i]};
			line.w = (e->x[i - 1] > e->x[i] ? e->x[i - 1] : e->x[i]) - line.x + 1;
			line.h = (e->y[i - 1] > e->y[i] ? e->y[i - 1] : e->y[i]) - line.y + 1;
			n += overlap(&line, s);
		}
	}
	return n;
}

static void look_at(arena *a, const char *path, size_t *shapes, size_t *crossed)
{
	struct bpmn *b = load(a, file(a, path));
	struct drawing d = {0};

	layout(a, b, &d);
	for (const struct shape *x = d.shapes; x; x = x->next) {
		++*shapes;
		for (const struct shape *y = x->next; y; y = y->next)
			if (x->el->scope == y->el->scope && x->el->kind != K_BOUNDARY &&
			    y->el->kind != K_BOUNDARY && overlap(x, y))
				fail_msg("%s: %.*s lies over %.*s", path, STRF(x->el->id), STRF(y->el->id));
	}
	for (const struct edge *e = d.edges; e; e = e->next) {
		assert_true(e->n >= 2);
		if (xml_is(e->node, "sequenceFlow"))
			*crossed += crossings(&d, e);
	}
}

static void nothing_lies_over_anything(void **s)
{
	DIR *dir = opendir(FOLDER);
	struct dirent *e;
	size_t shapes = 0, crossed = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)))
		if (str_ends(str_of(e->d_name), STR(".bpmn")))
			look_at(*s, str_c(*s, str_fmt(*s, FOLDER "/%s", e->d_name)), &shapes, &crossed);
	closedir(dir);
	look_at(*s, "tests/unit/data/card.bpmn", &shapes, &crossed);
	assert_true(shapes > 150);
	assert_int_equal(crossed, 0);
}

static void note(arena *a, json *trace, const struct bpmn_run *run, int64_t number)
{
	static const struct {
		enum bpmn_effect_kind kind;
		const char *name;
	} kinds[] = {{BPMN_ENTERED, "entered"},
	             {BPMN_LEFT, "left"},
	             {BPMN_CANCELLED, "cancelled"},
	             {BPMN_FLOW, "flow"},
	             {BPMN_INCIDENT, "incident"}};

	for (const struct bpmn_effect *f = run->first; f; f = f->next)
		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
			if (f->kind != kinds[i].kind)
				continue;
			json *v = json_object(a);
			json_set_str(a, v, "kind", str_of(kinds[i].name));
			json_set_str(a, v, "element", f->element);
			json_set_int(a, v, "case", number);
			json_set_int(a, v, "instance", f->instance);
			json_set_int(a, v, "at", run->now);
			json_push(trace, v);
		}
}

static str hours(void *ctx, arena *a, int64_t micros)
{
	(void)ctx;
	return str_fmt(a, "%lld h", (long long)(micros / HOUR));
}

/* Three cases: reviewed after 1, 3 and 9 hours; one sent back, one stuck. */
static void counts_and_times_stand_on_the_drawing(void **s)
{
	static const struct {
		int64_t hours;
		const char *decision;
	} cases[] = {{1, "{\"decision\": \"reject\"}"},
	             {3, "{\"decision\": \"return\"}"},
	             {9, "{\"decision\": \"perhaps\"}"}};
	arena *a = *s;
	struct bpmn *b = load(a, file(a, "tests/unit/data/card.bpmn"));
	json *trace = json_array(a);

	for (int i = 0; i < 3; i++) {
		struct bpmn_run run = {.a = a, .now = NOW};
		struct bpmn_trigger t = {.kind = BPMN_JOB_DONE};
		json *state;
		assert_int_equal(bpmn_start(b, (str){0}, NULL, &run, &state), OK);
		note(a, trace, &run, i);
		run.first = run.last = NULL;
		t.instance = instance_of(a, state, "job", "payment");
		assert_int_equal(bpmn_step(b, state, &t, &run, &state), OK);
		note(a, trace, &run, i);
		run = (struct bpmn_run){.a = a, .now = NOW + cases[i].hours * HOUR};
		t = (struct bpmn_trigger){.kind = BPMN_TASK_COMPLETED,
		                          .instance = instance_of(a, state, "task", "review"),
		                          .vars = json_parse(a, str_of(cases[i].decision), NULL)};
		assert_int_equal(bpmn_step(b, state, &t, &run, &state), OK);
		note(a, trace, &run, i);
	}
	json *path = bpmn_path(a, trace, hours, NULL), *review = json_get(path, "review");
	assert_int_equal(json_int(review, "count", 0), 3);
	assert_int_equal(json_int(review, "micros", 0), 3 * HOUR); /* the median */
	assert_str(json_str(review, "state"), "done");
	assert_str(json_str(json_get(path, "applicant_answer"), "state"), "active");
	assert_str(json_str(json_get(path, "decided"), "state"), "error");
	assert_int_equal(json_int(json_get(path, "rejected"), "count", 0), 1);
	str svg = bpmn_svg(a, b, path);
	assert_true(str_find(svg, STR(">3 \u00B7 3 h</text>")) > 0);
	assert_true(str_find(svg, STR("class=\"node error\" id=\"bpmn-decided\"")) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(nothing_lies_over_anything),
	                                   UNIT(counts_and_times_stand_on_the_drawing)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

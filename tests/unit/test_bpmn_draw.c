/* Drawing: a place for everything, and what happened written on it. */
#include "bpmn_unit.h"

#include "engine/bpmn/draw.h"

#include <dirent.h>
#include <unistd.h>

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

static bool boxes_meet(struct box x, struct box y)
{
	return x.x < y.x + y.w && y.x < x.x + x.w && x.y < y.y + y.h && y.y < x.y + x.h;
}

/* The labels of events, gateways and flows; those of activities stand within them. */
static size_t labels_of(const struct drawing *d, const struct label **out, size_t max)
{
	size_t n = 0;

	for (const struct shape *s = d->shapes; s; s = s->next)
		if (n < max && s->label.n && s->el && !bpmn_is_activity(s->el))
			out[n++] = &s->label;
	for (const struct edge *e = d->edges; e; e = e->next)
		if (n < max && e->label.n)
			out[n++] = &e->label;
	return n;
}

#define LABELS_MAX 400

static size_t labels_are_free(arena *a, const char *path, const char *ours)
{
	arena_mark mark = arena_save(a);
	str text = file(a, path);
	struct diags diags = diags_make(a, str_of(path));
	struct drawing d = {0};
	const struct label *l[LABELS_MAX];

	if (str_ends(str_of(path), STR(".json")))
		text = bpmn_from_stages(a, json_parse(a, text, NULL), &diags);
	if (diags.errors)
		fail_msg("%.*s", STRF(diags_print(a, &diags)));
	drawing_of(a, load(a, text), NULL, ours, &d);
	size_t n = labels_of(&d, l, LABELS_MAX);
	for (size_t i = 0; i < n; i++) {
		for (const struct shape *s = d.shapes; s; s = s->next)
			if (!l[i]->given && label_over_shape(label_box(l[i]), s))
				fail_msg("%s: \"%.*s\" lies over %.*s", path, STRF(l[i]->text),
				         STRF(xml_attr(s->node, "id")));
		for (size_t k = i + 1; k < n; k++)
			if (!(l[i]->given && l[k]->given) && boxes_meet(label_box(l[i]), label_box(l[k])))
				fail_msg("%s: \"%.*s\" lies over \"%.*s\"", path, STRF(l[i]->text),
				         STRF(l[k]->text));
	}
	arena_rewind(a, mark);
	return n;
}

/* In both languages, in every process of the packs. */
static void no_label_lies_over_anything(void **s)
{
	static const char *const names[] = {"process.bpmn", "process.stages.json"};
	DIR *dir = opendir("packs/bahrain/services");
	struct dirent *e;
	size_t processes = 0, labels = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)))
		for (size_t i = 0; i < 2; i++) {
			const char *path = str_c(
			    *s, str_fmt(*s, "packs/bahrain/services/%s/%s", e->d_name, names[i]));
			if (access(path, R_OK))
				continue;
			processes++;
			labels += labels_are_free(*s, path, NULL);
			labels += labels_are_free(*s, path, "name_ar");
		}
	closedir(dir);
	assert_true(processes > 12);
	assert_true(labels > 300);
}

/* Where the file says where a name stands, it stands there. */
static void bounds_of_the_file_are_kept(void **s)
{
	arena *a = *s;
	str xml = STR(HEAD
	    "<process id=\"p\" isExecutable=\"true\"><startEvent id=\"s\" name=\"Begin\"/>"
	    FLOW("f", "s", "e") "<endEvent id=\"e\"/></process>"
	    "<bpmndi:BPMNDiagram xmlns:bpmndi=\"http://www.omg.org/spec/BPMN/20100524/DI\" "
	    "xmlns:dc=\"http://www.omg.org/spec/DD/20100524/DC\" "
	    "xmlns:di=\"http://www.omg.org/spec/DD/20100524/DI\"><bpmndi:BPMNPlane bpmnElement=\"p\">"
	    "<bpmndi:BPMNShape bpmnElement=\"s\"><dc:Bounds x=\"0\" y=\"0\" width=\"36\" height=\"36\"/>"
	    "<bpmndi:BPMNLabel><dc:Bounds x=\"100\" y=\"200\" width=\"60\" height=\"14\"/>"
	    "</bpmndi:BPMNLabel></bpmndi:BPMNShape><bpmndi:BPMNShape bpmnElement=\"e\">"
	    "<dc:Bounds x=\"90\" y=\"0\" width=\"36\" height=\"36\"/></bpmndi:BPMNShape>"
	    "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>" TAIL);
	str svg = bpmn_svg(a, load(a, xml), NULL);

	if (str_find(svg, STR("<text x=\"130\" y=\"211\">")) < 0)
		fail_msg("%.*s", STRF(svg));
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
	assert_true(str_find(svg, STR(">3 \u00B7 3 h</tspan></text>")) > 0);
	assert_true(str_find(svg, STR("class=\"node error\" id=\"bpmn-decided\"")) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT(nothing_lies_over_anything),
	                                   UNIT(no_label_lies_over_anything),
	                                   UNIT(bounds_of_the_file_are_kept),
	                                   UNIT(counts_and_times_stand_on_the_drawing)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* stages.c - a table of stages becomes a BPMN process with a layout. */
#include "engine/bpmn/draw.h"

#include <stdarg.h>
#include <stdio.h>

#define STAGES_MAX       200
#define STAGES_MAX_BYTES ((size_t)1024 * 1024)
#define MAX_DAYS         3650

struct compiler {
	arena *a;
	struct diags *d;
	const json *rows;
	buf out;
	json *ends; /* outcomes that have an end event */
};

__attribute__((format(printf, 5, 6))) static void
wrong(struct compiler *c, const json *at, const char *rule, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char line[400];
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	struct diag *g =
	    diags_add(c->d, DIAG_ERROR, rule, at ? at->line : 0, at ? at->col : 0, "%s", line);
	g->hint = str_of(hint);
	g->element = json_str(at, "stage");
}

static void put(struct compiler *c, str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char ch = s.p[i];
		if (ch == '<')
			buf_puts(&c->out, "&lt;");
		else if (ch == '>')
			buf_puts(&c->out, "&gt;");
		else if (ch == '&')
			buf_puts(&c->out, "&amp;");
		else if (ch == '"')
			buf_puts(&c->out, "&quot;");
		else
			buf_putc(&c->out, ch);
	}
}

/* ` name="value"`, if there is a value. */
static void attr(struct compiler *c, const char *name, str value)
{
	if (!value.n)
		return;
	buf_fmt(&c->out, " %s=\"", name);
	put(c, value);
	buf_putc(&c->out, '"');
}

static const json *row_of(const struct compiler *c, str stage)
{
	for (const json *r = c->rows->first; r; r = r->next)
		if (str_eq(json_str(r, "stage"), stage))
			return r;
	return NULL;
}

static bool is_name(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char ch = s.p[i];
		bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_';
		if (!letter && !(i && ((ch >= '0' && ch <= '9') || ch == '-')))
			return false;
	}
	return s.n > 0 && s.n <= 60;
}

static bool is_end(str to)
{
	return str_eq(to, STR("end")) || (str_starts(to, STR("end:")) && to.n > 4);
}

/* The id of what a target names; an end event is noted to be written later. */
static str target(struct compiler *c, str to)
{
	if (!is_end(to))
		return to;
	str outcome = to.n > 4 ? str_sub(to, 4, to.n) : STR("ended");
	json_set_bool(c->a, c->ends, str_c(c->a, outcome), true);
	return str_fmt(c->a, "end_%.*s", STRF(outcome));
}

static void check_target(struct compiler *c, const json *row, const char *column)
{
	str to = json_str(row, column);

	if (!to.n)
		return;
	if (is_end(to) ? !is_name(to.n > 4 ? str_sub(to, 4, to.n) : to) : !row_of(c, to))
		wrong(c, row, "stages.target", "name a stage of the table, or end:outcome",
		      "\"%s\" leads to \"%.*s\", which is no stage", column, STRF(to));
}

/* What a column means that only passes through to the element. */
static const struct {
	const char *column, *attribute;
} passed[] = {{"name_ar", "diwan:name_ar"},   {"who", "diwan:role"},
              {"form", "diwan:form"},         {"type", "diwan:type"},
              {"outcomes", "diwan:outcomes"}, {"entity", "diwan:entity"},
              {"fee", "diwan:decision"},      {"document", "diwan:document"},
              {"message", "diwan:message"},   {"four_eyes", "diwan:fourEyes"}};

static bool is_column(str name)
{
	static const char *const others[] = {"stage", "name",         "decision", "then",
	                                     "else",  "working_days", "reminder", "note"};

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (str_eq(name, str_of(others[i])))
			return true;
	for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
		if (str_eq(name, str_of(passed[i].column)))
			return true;
	return false;
}

/* A list is written with spaces between. */
static str cell(struct compiler *c, const json *row, const char *column)
{
	const json *v = json_get(row, column);
	str all = {0};

	if (!json_is(v, JSON_ARRAY))
		return json_text(v);
	for (const json *x = v->first; x; x = x->next)
		all = all.n ? str_fmt(c->a, "%.*s %.*s", STRF(all), STRF(json_text(x))) : json_text(x);
	return all;
}

static void check_row(struct compiler *c, const json *row)
{
	str id = json_str(row, "stage");
	int64_t days = json_int(row, "working_days", 0);

	for (const json *v = row->first; v; v = v->next)
		if (!is_column(v->key))
			wrong(c, v, "stages.column", "see docs/process-author.md for the columns",
			      "there is no column \"%.*s\"", STRF(v->key));

	if (!is_name(id) || str_starts(id, STR("end_")) || str_starts(id, STR("start")))
		wrong(c, row, "stages.name", "use letters, digits, _ and -, beginning with a letter",
		      "the stage's name \"%.*s\" cannot be used", STRF(id));
	else if (row_of(c, id) != row)
		wrong(c, row, "stages.duplicate", "give every stage a name of its own",
		      "the stage \"%.*s\" stands twice", STRF(id));
	bool who = json_str(row, "who").n > 0, type = json_str(row, "type").n > 0;
	if (who ? type : !type && !json_str(row, "decision").n)
		wrong(c, row, "stages.who",
		      "write who does it, or the type of service; a decision alone only chooses",
		      "the stage \"%.*s\" must say who does it", STRF(id));
	if (json_str(row, "decision").n && (!json_str(row, "then").n || !json_str(row, "else").n))
		wrong(c, row, "stages.decision", "fill in both", "a decision needs \"then\" and \"else\"");
	if (!json_str(row, "decision").n && json_str(row, "else").n)
		wrong(c, row, "stages.decision", "write the decision, or leave \"else\" empty",
		      "\"else\" without a decision");
	if (json_get(row, "working_days") && (days < 1 || days > MAX_DAYS))
		wrong(c, row, "stages.days", "a whole number of days from 1", "working_days is impossible");
	check_target(c, row, "then");
	check_target(c, row, "else");
}

static void flow(struct compiler *c, str id, str from, str to, str name, str condition)
{
	buf_puts(&c->out, "<sequenceFlow");
	attr(c, "id", id);
	attr(c, "name", name);
	attr(c, "sourceRef", from);
	attr(c, "targetRef", target(c, to));
	if (!condition.n) {
		buf_puts(&c->out, "/>\n");
		return;
	}
	buf_puts(&c->out, "><conditionExpression xsi:type=\"tFormalExpression\">");
	put(c, condition);
	buf_puts(&c->out, "</conditionExpression></sequenceFlow>\n");
}

static void reminder(struct compiler *c, str id, int64_t days, str message)
{
	arena *a = c->a;

	buf_fmt(&c->out,
	        "<boundaryEvent id=\"%.*s_late\" attachedToRef=\"%.*s\" cancelActivity=\"false\">"
	        "<timerEventDefinition diwan:calendar=\"working_days\"><timeDuration "
	        "xsi:type=\"tFormalExpression\">P%lldD"
	        "</timeDuration></timerEventDefinition></boundaryEvent>\n"
	        "<serviceTask id=\"%.*s_remind\" diwan:type=\"remind\"",
	        STRF(id), STRF(id), (long long)days, STRF(id));
	attr(c, "diwan:message", message);
	buf_fmt(&c->out, "/>\n<endEvent id=\"%.*s_reminded\"/>\n", STRF(id));
	str late = str_cat(a, id, STR("_late")), remind = str_cat(a, id, STR("_remind"));
	flow(c, str_cat(a, late, STR("_flow")), late, remind, (str){0}, (str){0});
	flow(c, str_cat(a, remind, STR("_flow")), remind, str_cat(a, id, STR("_reminded")), (str){0},
	     (str){0});
}

/* Where the case goes by a row's decision. */
static void choice(struct compiler *c, const json *row, str gate)
{
	str id = json_str(row, "stage"), other = str_cat(c->a, id, STR("_else"));

	buf_puts(&c->out, "<exclusiveGateway");
	attr(c, "id", gate);
	if (str_eq(gate, id))
		attr(c, "name", json_str(row, "name"));
	attr(c, "default", other);
	buf_puts(&c->out, "/>\n");
	flow(c, str_cat(c->a, id, STR("_then")), gate, json_str(row, "then"), (str){0},
	     json_str(row, "decision"));
	flow(c, other, gate, json_str(row, "else"), (str){0}, (str){0});
}

static void stage(struct compiler *c, const json *row)
{
	str id = json_str(row, "stage"), then = json_str(row, "then"), who = json_str(row, "who");
	str decision = json_str(row, "decision");
	int64_t days = json_int(row, "working_days", 0);

	if (!who.n && !json_str(row, "type").n) {
		choice(c, row, id);
		return;
	}
	if (!then.n)
		then = row->next ? json_str(row->next, "stage") : STR("end");
	buf_puts(&c->out, who.n ? "<userTask" : "<serviceTask");
	attr(c, "id", id);
	attr(c, "name", json_str(row, "name"));
	for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
		attr(c, passed[i].attribute, cell(c, row, passed[i].column));
	if (days && who.n) {
		attr(c, "diwan:due", str_fmt(c->a, "%lld", (long long)days));
		attr(c, "diwan:dueUnit", STR("working_days"));
	}
	buf_puts(&c->out, "/>\n");
	str out = str_cat(c->a, id, STR("_done"));
	str gate = str_cat(c->a, id, STR("_decision"));
	flow(c, out, id, decision.n ? gate : then, (str){0}, (str){0});
	if (decision.n)
		choice(c, row, gate);
	if (days)
		reminder(c, id, days, json_str(row, "reminder"));
}

static void process(struct compiler *c, const json *table)
{
	str id = json_str(table, "process");

	buf_puts(&c->out,
	         "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	         "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "
	         "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
	         "xmlns:diwan=\"urn:diwan:bpmn:1\" targetNamespace=\"urn:diwan:stages\" "
	         "expressionLanguage=\"https://www.omg.org/spec/DMN/20191111/FEEL/\">\n<process");
	attr(c, "id", id);
	attr(c, "name", json_str(table, "name"));
	buf_puts(&c->out, " isExecutable=\"true\">\n<startEvent id=\"start\"/>\n");
	flow(c, STR("start_flow"), STR("start"), json_str(c->rows->first, "stage"), (str){0}, (str){0});
	for (const json *r = c->rows->first; r; r = r->next)
		stage(c, r);
	for (const json *e = c->ends->first; e; e = e->next) {
		buf_fmt(&c->out, "<endEvent id=\"end_%.*s\" name=\"%.*s\" diwan:outcome=\"%.*s\"/>\n",
		        STRF(e->key), STRF(e->key), STRF(e->key));
	}
	buf_puts(&c->out, "</process>\n");
}

str bpmn_from_stages(arena *a, const json *table, struct diags *d)
{
	struct compiler c = {.a = a, .d = d, .rows = json_get(table, "stages"), .ends = json_object(a)};
	size_t before = d->errors;

	c.out = buf_make(a, STAGES_MAX_BYTES);
	if (!is_name(json_str(table, "process")))
		wrong(&c, table, "stages.process", "write \"process\": a name", "the process has no name");
	if (!json_is(c.rows, JSON_ARRAY) || !c.rows->count || c.rows->count > STAGES_MAX) {
		wrong(&c, table, "stages.rows", "write 1 to 200 rows under \"stages\"",
		      "the table has no rows, or too many");
		return (str){0};
	}
	for (const json *r = c.rows->first; r; r = r->next)
		check_row(&c, r);
	if (d->errors > before)
		return (str){0};
	process(&c, table);
	str body = str_dup(a, buf_str(&c.out));
	struct bpmn *b = bpmn_load(a, str_cat(a, body, STR("</definitions>\n")), d);
	if (!b || c.out.over)
		return (str){0};
	diagram_write(&c.out, a, b, json_str(table, "process"));
	buf_puts(&c.out, "</definitions>\n");
	return c.out.over ? (str){0} : buf_str(&c.out);
}

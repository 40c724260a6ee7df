/* read.c - cases and tasks out of their tables. */
#include "kernel/cases/cases_in.h"
#include "kernel/cases/statements.h"

static json *parse(arena *a, str text)
{
	return text.n ? json_parse(a, str_dup(a, text), NULL) : NULL;
}

static void read_case(rows *r, arena *a, struct kase *q)
{
	*q = (struct kase){
	    .id = db_int(r, 0),
	    .reference = str_dup(a, db_text(r, 1)),
	    .service = str_dup(a, db_text(r, 2)),
	    .version = db_int(r, 3),
	    .entity = str_dup(a, db_text(r, 4)),
	    .applicant = db_int(r, 5),
	    .agent = db_int(r, 6),
	    .state = str_dup(a, db_text(r, 7)),
	    .outcome = str_dup(a, db_text(r, 8)),
	    .channel = str_dup(a, db_text(r, 9)),
	    .opened = db_int(r, 10),
	    .submitted = db_int(r, 11),
	    .changed = db_int(r, 12),
	    .closed = db_int(r, 13),
	    .due = db_int(r, 14),
	    .holder = db_int(r, 15),
	    .revision = db_int(r, 16),
	    .fee = {db_int(r, 17)},
	    .fee_rule = parse(a, db_text(r, 18)),
	    .paused = db_int(r, 19),
	    .currency = str_dup(a, db_text(r, 20)),
	    .rating = db_int(r, 21),
	    .suspended = db_int(r, 22),
	    .joined = db_int(r, 23),
	    .split_from = db_int(r, 24),
	    .appealed = db_int(r, 25),
	    .appeals = db_int(r, 26),
	    .reason = str_dup(a, db_text(r, 27)),
	};
}

static bool one_case(arena *a, rows *r, struct kase *out)
{
	bool found = db_next(r);
	if (found)
		read_case(r, a, out);
	db_done(r);
	return found;
}

bool case_get(dbc *c, arena *a, int64_t id, struct kase *out)
{
	return one_case(a, db_query(c, &sql_case_get, D_INT(id)), out);
}

bool case_by_reference(dbc *c, arena *a, str reference, struct kase *out)
{
	return one_case(a, db_query(c, &sql_case_by_reference, D_TEXT(reference)), out);
}

size_t cases_of(dbc *c, arena *a, int64_t person, struct kase *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_case_of, D_INT(person), D_INT((int64_t)max));
	while (n < max && db_next(r))
		read_case(r, a, &out[n++]);
	db_done(r);
	return n;
}

bool case_open_of(dbc *c, arena *a, int64_t person, str service, struct kase *out)
{
	return one_case(a, db_query(c, &sql_case_open_of, D_INT(person), D_TEXT(service)), out);
}

bool body_get(dbc *c, arena *a, const struct kase *q, struct body *out)
{
	*out = (struct body){0};
	rows *r = db_query(c, &sql_case_body, D_INT(q->applicant), D_INT(q->id));
	bool found = db_next(r);
	if (found)
		*out = (struct body){
		    .person = parse(a, db_text(r, 0)),
		    .answers = parse(a, db_text(r, 1)),
		    .raw = parse(a, db_text(r, 2)),
		    .process = parse(a, db_text(r, 3)),
		    .trace = parse(a, db_text(r, 4)),
		    .reason = str_dup(a, db_text(r, 5)),
		    .words = str_dup(a, db_text(r, 6)),
		};
	db_done(r);
	return found;
}

/* One part of it, the columns of case_body being numbered from 0; NULL if absent. */
static json *body_part(dbc *c, arena *a, int64_t id, int part)
{
	rows *r = db_query(c, &sql_case_body_of, D_INT(id));
	json *v = db_next(r) ? parse(a, db_text(r, part)) : NULL;
	db_done(r);
	return v;
}

static json *or_empty(arena *a, json *v)
{
	return v ? v : json_object(a);
}

json *case_applicant(dbc *c, arena *a, int64_t id)
{
	return or_empty(a, body_part(c, a, id, 0));
}

json *case_answers(dbc *c, arena *a, int64_t id)
{
	return or_empty(a, body_part(c, a, id, 1));
}

json *case_raw(dbc *c, arena *a, int64_t id)
{
	return or_empty(a, body_part(c, a, id, 2));
}

json *case_waiting(dbc *c, arena *a, int64_t id)
{
	return bpmn_waiting(a, body_part(c, a, id, 3));
}

json *case_trace(dbc *c, arena *a, int64_t id)
{
	return body_part(c, a, id, 4);
}

json *case_incidents(dbc *c, arena *a, int64_t id)
{
	json *list = json_array(a);
	rows *r = db_query(c, &sql_incident_list, D_INT(id));
	while (db_next(r)) {
		json *v = json_object(a);
		json_set_int(a, v, "instance", db_int(r, 0));
		json_set_str(a, v, "rule", str_dup(a, db_text(r, 1)));
		json_set_str(a, v, "what", str_dup(a, db_text(r, 2)));
		json_set_str(a, v, "at", time_print(a, db_int(r, 3)));
		json_push(list, v);
	}
	db_done(r);
	return list;
}

json *cases_parked(dbc *c, arena *a, size_t max)
{
	json *list = json_array(a);
	rows *r = db_query(c, &sql_incident_newest, D_INT((int64_t)max));
	while (db_next(r)) {
		json *v = json_push(list, json_object(a));
		json_set_int(a, v, "instance", db_int(r, 0));
		json_set_str(a, v, "rule", str_dup(a, db_text(r, 1)));
		json_set_str(a, v, "what", str_dup(a, db_text(r, 2)));
		json_set_str(a, v, "at", time_print(a, db_int(r, 3)));
		json_set_int(a, v, "case", db_int(r, 4));
		json_set_str(a, v, "reference", str_dup(a, db_text(r, 5)));
		json_set_str(a, v, "service", str_dup(a, db_text(r, 6)));
		json_set_str(a, v, "entity", str_dup(a, db_text(r, 7)));
	}
	db_done(r);
	return list;
}

/* ---- tasks ---- */

static void split(arena *a, str words, struct task *t)
{
	str word, rest = words;
	size_t n = 0;
	t->outcomes = NEWN(a, str, words.n / 2 + 1);
	while (rest.n && str_cut(&rest, ' ', &word))
		if (word.n)
			t->outcomes[n++] = word;
	t->n_outcomes = n;
}

static void read_task(rows *r, arena *a, struct task *t)
{
	*t = (struct task){
	    .id = db_int(r, 0),
	    .case_id = db_int(r, 1),
	    .instance = db_int(r, 2),
	    .element = str_dup(a, db_text(r, 3)),
	    .role = str_dup(a, db_text(r, 4)),
	    .entity = str_dup(a, db_text(r, 5)),
	    .name = parse(a, db_text(r, 6)),
	    .form = str_dup(a, db_text(r, 8)),
	    .holder = db_int(r, 9),
	    .opened = db_int(r, 10),
	    .due = db_int(r, 11),
	    .closed = db_int(r, 12),
	    .outcome = str_dup(a, db_text(r, 13)),
	    .taken = db_int(r, 14),
	    .closer = db_int(r, 15),
	    .four_eyes = str_dup(a, db_text(r, 16)),
	    .answers = parse(a, db_text(r, 17)),
	};
	split(a, str_dup(a, db_text(r, 7)), t);
}

static bool one_task(arena *a, rows *r, struct task *out)
{
	bool found = db_next(r);
	if (found)
		read_task(r, a, out);
	db_done(r);
	return found;
}

bool task_get(dbc *c, arena *a, int64_t id, struct task *out)
{
	return one_task(a, db_query(c, &sql_task_get, D_INT(id)), out);
}

bool task_of_instance(dbc *c, arena *a, int64_t case_id, int64_t instance, struct task *out)
{
	return one_task(a, db_query(c, &sql_task_at, D_INT(case_id), D_INT(instance)), out);
}

size_t case_tasks(dbc *c, arena *a, int64_t id, bool open_only, struct task *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, open_only ? &sql_task_list_open : &sql_task_list, D_INT(id),
	                   D_INT((int64_t)max));
	while (n < max && db_next(r))
		read_task(r, a, &out[n++]);
	db_done(r);
	return n;
}

size_t case_times(dbc *c, str service, instant since, struct case_time *out, size_t max)
{
	size_t n = 0;
	rows *r = db_query(c, &sql_case_times, D_TEXT(service), D_INT(since), D_INT((int64_t)max));
	while (n < max && db_next(r))
		out[n++] = (struct case_time){db_int(r, 0), db_int(r, 1)};
	db_done(r);
	return n;
}
